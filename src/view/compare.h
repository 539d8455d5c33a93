/* The same text with and without a cache: two triangles on one clock, and what each has cost so far. */
#pragma once
#include "view/view.h"

struct compare_options {
    char *shape;     /* model of the catalog to count for; NULL: what the scene's run measured */
    int64_t steps;   /* rows; 0: as many as the run has */
    double pace;     /* seconds of the first rows */
};

extern const struct view view_compare;
