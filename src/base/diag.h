/* The user's mistakes, collected so that all of them are reported at once.
 *
 *     struct diags *d = diags_new();
 *     diag(d, "walk.cfg", 12, "video.fps is \"sixty\", which is no rate; write a number such as 60, 12.5 or 30000/1001");
 *     if (diags_count(d)) { diags_print(d, stderr); return 2; }
 *
 * A message is one or two full sentences: it names the key as the user wrote it, says what was wrong, and ends with
 * what would have been accepted. Only cmd/ prints.
 */
#pragma once
#include <glib.h>

struct diag_item { char *file; int line; char *text; }; /* file NULL: no place in a file; line 0: the whole file */
struct diags;

struct diags *diags_new(void);
void diags_free(struct diags *d); /* accepts NULL */
void diag(struct diags *d, const char *file, int line, const char *format, ...) G_GNUC_PRINTF(4, 5);
guint diags_count(const struct diags *d);
const struct diag_item *diags_item(const struct diags *d, guint i); /* sorted by file in order of first mention, then line */
/* One line each: "file:line: text", appended to out. */
void diags_print(const struct diags *d, GString *out);
