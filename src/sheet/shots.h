/* Which moments of a film its storyboard shows: one for each cue, and the last pose of a chapter where no cue shows it. */
#pragma once
#include "run/frame.h"

struct shot {
    int chapter, cue;        /* cue: index of the last one of its moment; -1: the chapter's last pose */
    int64_t us;              /* the moment that is drawn, in time of the film */
    int64_t from_us, to_us;  /* the cue's own time: until the next cue or the chapter's end */
    const char *name;        /* the cue's name or moment, "last pose"; NULL: none */
    const char *title, *caption; /* templates that the cue sets; NULL: none */
};

/* struct shot, by time. Strings belong to the story. `bare` draws the story without its rail, which goes on while all else
 * rests: so it is seen whether a last pose shows anything new. */
GArray *shots_of(const struct story *story, struct framer *bare);
