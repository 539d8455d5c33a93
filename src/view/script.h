/* What lines of text need to know about characters, from GLib's tables: where a line may break without a space, what must
 * stay together, and which way a word runs.
 */
#pragma once
#include <glib.h>
#include <stdbool.h>

/* Way that a piece of text runs: by its first letter, or, where it has none, by having a digit or not. */
enum direction { DIRECTION_NEUTRAL, DIRECTION_NUMBER, DIRECTION_LEFT_TO_RIGHT, DIRECTION_RIGHT_TO_LEFT };

enum direction script_direction(const char *text);
/* Are the two drawn as one sign: a letter and its marks, an emoji and what is joined to it, a Hangul syllable's parts? */
bool script_joins(gunichar before, gunichar after);
/* May a line break between two characters that have no space between them? Chinese and Japanese characters allow it, but
 * nothing breaks before closing punctuation or after opening. Korean breaks at its spaces. */
bool script_may_break(gunichar before, gunichar after);
/* The end of the sign that starts at `text`, which is not empty. */
const char *script_next(const char *text);
/* Punctuation that belongs to the sentence rather than to the word which it touches. */
bool script_is_sentence_mark(gunichar c);
