/* Measuring the roles of a model's heads: stories are run through it, and the shares of all heads are looked at.
 *
 * How much is measured: stories in the order of the file until the passes have cost MEASURE_BUDGET multiply-adds, but
 * never fewer than MEASURE_LEAST. So a small model reads them all, and GPT-2 124M a few. Stories are shared among
 * threads; sums are made in the order of the file, so they have the same bits on any number of threads.
 */
#pragma once
#include "lm/marks.h"

#define MEASURE_BUDGET ((int64_t)10000000000)
enum { MEASURE_LEAST = 4 };

struct measure_options {
    int stories;                                          /* 0: by the budget; else so many, or all that there are */
    void (*progress)(int done, int total, void *data);    /* called in the caller's thread; NULL: not */
    void *data;
};

/* NULL and error when there is no story, or the model cannot write one. */
struct heads *heads_measure(const struct lm *g, const struct marks *m, const struct measure_options *o, GError **error);
