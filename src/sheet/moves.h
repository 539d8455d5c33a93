/* The moves of a chapter: the stretches between its rests and moments, each shown by at most 24 frames. */
#pragma once
#include "run/frame.h"

struct move {
    int chapter;
    const char *name;      /* the moment or cue that it reaches; "transition" for the way into the chapter */
    const char *what;      /* what is there then; NULL: not told */
    double from, to;       /* seconds of action, (from, to] */
    int64_t first, end;    /* frames of the film, first <= n < end; the last one is the first that shows what comes to rest */
    int step;              /* frames between two that are shown, counted back from the last */
};

/* struct move, by time, at least one; a stretch in which nothing moves is none. Strings belong to the story. `bare` draws
 * the take without its rail, which goes on while all else rests. */
GArray *moves_of(const struct story *story, const struct take *take, int chapter, struct framer *bare);
/* Which of the moves reaches `at`: seconds of action, below 0 for the transition. */
int moves_reaching(const GArray *moves, double at);
/* "decode", "2", "decode/step 1 scores", "2/transition": the chapter, and the moment as above; *at is NAN where the text
 * names none. False: unknown; `why` then says what there is (caller frees). */
bool moves_find(const struct story *story, const char *text, int *chapter, double *at, char **why);
