/* Breaking a text into lines for a sheet. */
#pragma once
#include "dl/dl.h"

/* Lines of at most `width`, NULL-ended; an empty text has none. Breaks at spaces and beside ideographs, and inside a word
 * only where it alone is too wide. Of a text that begins with U+202B every line does, as template_expand_marked() has it. Nothing is ever cut: a review needs every word. g_strfreev() them. */
char **lines_of(const struct dl *dl, struct font font, const char *text, double width);
/* Whether a text or a line of it runs from the right. */
bool lines_from_right(const char *text);
