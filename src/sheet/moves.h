/* The moves of a chapter: the stretches between its moments, each cut into 12 to 24 frames. */
#pragma once
#include "run/frame.h"

struct move {
    int chapter;
    const char *name;      /* the moment or cue that it reaches; "transition" for the way into the chapter */
    const char *what;      /* what is there then; NULL: not told */
    double from, to;       /* seconds of action, (from, to] */
    int64_t first, end;    /* frames of the film, first <= n < end */
    int step;              /* frames between two that are shown, counted back from the last */
};

/* struct move, by time. Strings belong to the story. */
GArray *moves_of(const struct story *story, const struct take *take, int chapter);
/* "decode", "2", "decode/step 1 scores", "2/transition": the chapter, and of its moves the one that reaches that moment,
 * or all (*move -1). False: unknown; `why` then says what there is (caller frees). */
bool moves_find(const struct story *story, const struct take *take, const char *text, int *chapter, int *move, char **why);
