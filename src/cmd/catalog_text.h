/* Editing the text of a catalog file without reading it into anything: what the edit does not touch stays as it was,
 * comments and spaces too. */
#pragma once
#include <glib.h>

/* The text with one more entry at the end of the list `models`, or with it in the place of entry number `replace` (from
 * 0; -1: at the end). entry: the lines between its braces, each with its end. A text without such a list gets one. NULL
 * when there is no such entry. Caller frees. The text must read as libconfig. */
char *catalog_text_put(const char *text, const char *entry, int replace);
