/* Did you mean: the nearest of some words to a mistyped one. */
#pragma once

/* The candidate within a small edit distance (adjacent swaps count as one edit, case does not count), or NULL.
 * candidates ends with NULL; of two equally near ones the first wins. */
const char *suggest(const char *word, const char *const *candidates);
