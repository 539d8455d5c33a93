/* Stories with marks: what a word refers to, and which subject a verb has. Marks are bytes of the text, so they hold for
 * every tokenizer; here they become positions of one model's tokens, and those become the cases of every role.
 *
 *     { "about": "...", "stories": [ { "text": "Ana has a red cup. She likes the red cup.",
 *         "references": [[33, 36, [[10, 13]]], ...], "verbs": [[4, 7, 0, 3], ...] }, ... ] }
 *
 * All byte ranges are half-open and hold words. A reference is a word that follows from the story, then its earlier
 * mentions; a verb is followed by its subject.
 */
#pragma once
#include "lm/heads.h"

struct marks_range { int from, to; }; /* half-open; of bytes or of positions */

struct marks_reference { struct marks_range word; int n; struct marks_range *earlier; };
struct marks_verb { struct marks_range word, subject; };
struct marks_story {
    char *text;
    int n_references, n_verbs;
    struct marks_reference *references;
    struct marks_verb *verbs;
};
struct marks { int n; struct marks_story *stories; };

/* NULL and error (LM_ERROR_MARKS): what is wrong in which story of the file. */
struct marks *marks_read(const char *path, GError **error);
struct marks *marks_parse(const char *text, size_t length, const char *where, GError **error);
void marks_free(struct marks *m); /* accepts NULL */

/* A story as a model's tokens. bytes[i] is what token i covers of the text; empty for a token that stands for nothing in
 * it (a beginning of text). */
struct marks_tokens { int n, *ids; struct marks_range *bytes; };
/* At most max tokens; the rest of the story is then not there. false and error: the model cannot write the text. */
bool marks_encode(const struct lm *g, const char *text, int max, struct marks_tokens *t, GError **error);
void marks_tokens_clear(struct marks_tokens *t);
/* Which bytes of the text token i of n covers, from the tokens' own bytes; exposed for tests. false: they do not spell the
 * text's beginning. */
struct marks_word { const char *bytes; size_t length; };
bool marks_align(const char *text, const struct marks_word *words, int n, struct marks_range *bytes);

/* One place to look from, and the positions that the role says; the share on these is the case's score. */
struct marks_case { enum head_role role; int row, first, n; }; /* n ranges from `first` in `ranges` */
struct marks_cases { GArray *cases, *ranges; };                 /* struct marks_case; struct marks_range */
/* All cases of a story for all roles. Where a mark's word has several tokens, a reference is asked at the token before its
 * first one, a verb at its last; any token of an earlier mention or of a subject counts. */
struct marks_cases marks_cases(const struct marks_story *story, const struct marks_tokens *t);
void marks_cases_clear(struct marks_cases *c);
/* Adds the shares [max][max] of one head over all cases of the story to sums[HEAD_ROLES]. */
void marks_add_shares(const struct marks_cases *c, const float *shares, int max, double *sums);
/* Adds how many cases there are, and what an even spread gives: both [HEAD_ROLES]. */
void marks_add_chance(const struct marks_cases *c, int64_t *cases, double *sums);
