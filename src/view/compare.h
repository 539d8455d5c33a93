/* The same text with and without a cache: two triangles on one clock, and what each has cost so far. */
#pragma once
#include "view/view.h"

/* TOKENS: one token at a time from the first on. PASSES: the prompt in one pass, then decode steps, as it really ran. */
enum compare_read { COMPARE_TOKENS, COMPARE_PASSES };

struct compare_options {
    char *shape;     /* model of the catalog to count for; NULL: what the scene's run measured */
    int read;        /* how the run is read: enum compare_read */
    int64_t steps;   /* rows; 0: as many as the run has */
    double pace;     /* seconds of the first rows */
};

extern const struct view view_compare;
