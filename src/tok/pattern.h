/* Regular expressions as a tokenizer.json writes them. The reference reads them with Oniguruma in its Ruby syntax;
 * here PCRE2 does, in UTF-8 with Unicode classes, so that what the two read differently is rewritten or refused: \s is
 * Unicode's White_Space (PCRE2's also holds U+180E), \w holds marks and not "①", \h is a hexadecimal digit, ^ and $
 * stand at every line, only \n ends a line. Sets inside sets ("[a[b]]", "[a&&b]") are refused.
 *
 * A pattern comes from a file that nobody has checked: its length and the work of one search are bounded.
 */
#pragma once
#include "read/jsonfile.h"

struct pattern;

/* `literal`: the text stands for itself. NULL and why, half a sentence without a full stop that the caller frees. */
struct pattern *pattern_new(const char *text, gboolean literal, char **why);
/* From the "pattern" of an object: { "String": ... } or { "Regex": ... }. *of_space: it is the one character space.
 * NULL and error (LM_ERROR_VOCAB) that starts with `where`. */
struct pattern *pattern_read(JsonObject *o, const char *where, gboolean *of_space, GError **error);
void pattern_free(struct pattern *p); /* accepts NULL */
/* The first match at or after byte `from` of a UTF-8 text: *from and *to are set. FALSE: none, or *why is set (a static
 * text). An empty match is one too. */
gboolean pattern_find(const struct pattern *p, const char *text, size_t length, size_t *from, size_t *to,
                      const char **why);
/* Where to look for the next match: at the end of the last, or one character on when it was empty; length + 1: nowhere. */
size_t pattern_after(const char *text, size_t length, size_t from, size_t to);
