/* Inside the memory view: what it worked out when it was opened, for the file that draws it. */
#pragma once
#include "sim/memory.h"
#include "view/package.h"
#include "view/view.h"

enum { MEMORY_STOPS = 16, MEMORY_ROWS = 8 /* lines of the batch */ };
#define MEMORY_MOST_TOKENS (INT64_C(1) << 30)
#define MEMORY_CROSS_FADE 0.32

struct leg { double start, run, move, rest; int64_t from, to; double doublings; };

struct memory {
    struct memory_plan plan;
    int64_t from, to, full_at, warn_at, limit, bars_to;
    double seconds_per_doubling, length;
    double passes_warn, reaches_full, passes_full, passes_limit; /* when; below 0: from the start; INFINITY: never */
    int64_t stops[MEMORY_STOPS]; /* their contexts, in the scene's order */
    struct leg legs[MEMORY_STOPS + 1];
    int n_legs;
    struct moment *moments;
    int n_moments;
    double *rests;
    int n_rests;
    const char *word;        /* "GPU" or "device" */
    const char *state;
    char *provenance, *formula, *kinds, *note, *more_devices, *spare_title, *spare_of, *verdict, *full_verdict,
        *channels, *cores_source, *banks_source, *cell_source, *model_source, *kinds_source, *device_source;
};

/* Tokens in each sequence at a moment. */
int64_t memory_context_at(const struct memory *m, double now);

void memory_draw(const void *sim, double now, struct canvas *c);
