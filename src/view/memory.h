/* Device memory while the context grows: weights, the caches of a batch, and where they stop fitting. */
#pragma once
#include "view/view.h"

struct memory_options {
    char *model, *device;
    int64_t sequences;
    int weights, cache;      /* of weights_choices; enum dtype */
    int64_t cache_group;     /* numbers to a scale; 0: no scales, -1: as usual */
    int64_t from, to;        /* tokens in each sequence: the ruler's ends */
    struct texts stops;      /* contexts at which it rests: "64K", or "full" */
    double rest;             /* seconds at each stop */
    double seconds_per_doubling;
};

extern const struct view view_memory;
