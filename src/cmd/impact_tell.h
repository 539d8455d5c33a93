/* What a change of the catalogs does to scenes, told as text for people, as names, or as JSON. */
#pragma once
#include "scene/impact.h"

enum scene_state {
    SCENE_SAME,
    SCENE_UNSEEN,  /* numbers change, none of them as it is written, and no picture */
    SCENE_REDRAWN, /* pictures change, but no number as it is written */
    SCENE_CHANGES,
    SCENE_MENDED,  /* it has mistakes with the old catalogs alone */
    SCENE_BREAKS,  /* it has mistakes with the new catalogs that it had not */
    SCENE_WRONG,   /* it has the same mistakes with both: nothing can be said */
    SCENE_STATES
};

struct scene_impact {
    char *path;
    enum scene_state state;
    GPtrArray *chapters;     /* struct impact_chapter; NULL where a story has mistakes */
    struct impact_sum sum;
    GPtrArray *pictures;     /* char *: the moments of a REDRAWN scene whose pictures change; NULL otherwise */
    struct diags *mistakes;  /* the new ones, or the old ones where they are gone */
};

struct impact_report {
    const char *old, *now;   /* as named on the command line */
    const char *home_scenes; /* the folder whose scenes were looked at because none was named; NULL: some were */
    GPtrArray *entries;      /* struct impact_entry */
    GPtrArray *scenes;       /* struct scene_impact */
    int states[SCENE_STATES];
};

/* all: every change, not only the most telling. */
void impact_tell_text(const struct impact_report *r, bool all, GString *out);
void impact_tell_json(const struct impact_report *r, GString *out);
/* The scenes to render again, one a line. */
void impact_tell_names(const struct impact_report *r, GString *out);
