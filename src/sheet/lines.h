/* Breaking a text into lines for a sheet. */
#pragma once
#include "dl/dl.h"

/* Lines of at most `width`, NULL-ended; an empty text has none. Breaks at spaces and beside ideographs, and inside a word
 * only where it alone is too wide. Nothing is ever cut: a review needs every word. g_strfreev() them. */
char **lines_of(const struct dl *dl, struct font font, const char *text, double width);
