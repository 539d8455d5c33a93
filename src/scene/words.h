/* Captions and titles in time: which stands from when to when, and how long it takes to read.
 *
 * A text says what was true at its cue's moment. One with facts in it stands while they are true, and at least until it can
 * be read; then it leaves, so that no caption contradicts the picture above it. A title that leaves gives way to the
 * chapter's own.
 */
#pragma once
#include "conf/row.h"

#include <stdint.h>

struct chapter;

/* Times count from the chapter's start. at: of the action, whose facts the text has. */
struct words { const char *text; double at; int64_t from_us, to_us; struct place place; };

/* How long a text takes to read: a caption 60 ms a character and 2 s at least, a title 50 ms and 1.5 s, a number 50 ms and
 * 0.35 s more. A wide character (Chinese, Japanese, Korean) counts as three, being about a syllable. */
int64_t words_caption_us(const char *text);
int64_t words_title_us(const char *text);
int64_t words_number_us(const char *text);

/* Fills the chapter's captions and titles, by time and without overlap; its cues and times must be known. */
void words_place(struct chapter *c);
/* The text of `words` with the facts of its moment. Caller frees. */
char *words_expand(const struct chapter *c, const struct words *words);
