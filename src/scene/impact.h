/* What a change of the catalogs does: which entries differ, and what differs in a story opened with each catalog.
 *
 *     GPtrArray *entries = impact_entries(old_catalog, new_catalog);     struct impact_entry
 *     GPtrArray *chapters = impact_chapters(old_story, new_story, &sum); struct impact_chapter, those that change
 *
 * The stories are one scene, without mistakes, so that they have the same chapters. Each moment and cue is held against
 * the one of its name, at its own time: the book of facts, the caption and title said there, and when it falls. A
 * change that is the same at several moments is one change.
 */
#pragma once
#include "scene/story.h"

/* An entry that is in one catalog alone (key NULL), or one key of it that differs; values as they stand in a file, NULL
 * where the entry does not say. */
struct impact_entry { bool device, before, after; char *id, *key, *old, *now; };

enum impact_kind {
    IMPACT_LENGTH,   /* of the chapter */
    IMPACT_TIME,     /* of a moment, from the chapter's start */
    IMPACT_TITLE, IMPACT_CAPTION, /* with its numbers */
    IMPACT_FACT,
};

struct impact_change {
    enum impact_kind kind;
    char *id;                    /* of a FACT */
    char *old, *now;             /* as written on the screen; NULL: it does not stand there */
    char *old_exact, *now_exact; /* of a FACT: every digit */
    bool seen;                   /* the two differ as written, not only beyond the last digit shown */
    bool said;                   /* a FACT that a caption or title of the chapter names */
    double size;                 /* how much a number changes: 0 not, 1 by the whole of the larger one */
    GArray *at;                  /* int: indexes of moments */
};

struct impact_chapter {
    int number;                  /* from 1 */
    char *name;
    GPtrArray *moments;          /* char *: all that were compared, as `kvreel still --at` takes them */
    GPtrArray *changes;          /* struct impact_change, the most telling first among those of the same moments */
};

struct impact_sum {
    int64_t old_us, now_us;      /* the film's length */
    int chapters;
    int facts;                   /* compared, over all moments */
    int sources;                 /* facts of a chapter whose source alone is another */
};

GPtrArray *impact_entries(const struct catalog *old, const struct catalog *now);
GPtrArray *impact_chapters(const struct story *old, const struct story *now, struct impact_sum *sum);
/* Whether a change is the same at all moments of its chapter, of which there are several. */
bool impact_always(const struct impact_chapter *c, const struct impact_change *change);
