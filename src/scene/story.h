/* A story: a scene file read, checked and opened; everything that frames are made from. Immutable once open, so that any
 * number of threads may draw from it.
 *
 * Time. A chapter starts at an exact number of microseconds; its first frame is round(start x fps). Inside it: first the
 * transition from the chapter before (none in the first), then the action with its holds, then the final rest.
 */
#pragma once
#include "base/diag.h"
#include "conf/conf.h"
#include "scene/scene.h"
#include "scene/words.h"
#include "lm/heads.h"
#include "lm/trace.h"
#include "style/style.h"
#include "view/view.h"

struct cue {
    const char *text, *title, *name, *moment;
    double at;
    int64_t start_us, hold_us;
    struct place text_place, title_place;
};

/* A picture that a film with reduced motion shows: the action as it stands at `at`, from start_us (after the chapter's
 * start) on. fill: it follows the one before by growing. */
struct still { double at; int64_t start_us; bool fill; };
enum { STILL_FADE_US = 200000 }; /* the longest that one picture takes to give way to the next */

struct chapter {
    const struct view *view;
    struct scene_chapter said;
    void *options, *sim;
    const char *name;
    struct cue *cues; /* by time; start_us counts from the chapter's start */
    int n_cues;
    struct words *captions, *titles; /* by time, without overlap; titles also without gaps, where there is one */
    int n_captions, n_titles;
    struct still *stills; /* by time; the first is the action's beginning */
    int n_stills;
    double action;    /* seconds of action, at pace 1 */
    int64_t start_us, length_us, lead_us; /* lead: transition from the chapter before */
    struct place place, title_place;
};

struct story {
    struct conf *conf;
    char *path, *folder, *home;
    struct scene scene;
    struct catalog *own_catalog;       /* NULL: it was handed in */
    const struct catalog *catalog;
    struct lm *lm;
    struct trace *trace;               /* NULL: no chapter shows a run */
    struct heads *heads;               /* NULL: no head is asked for by its role */
    struct chapter *chapters;
    const char **rail;
    int n_chapters;
    int64_t length_us;
};

struct story_options {
    const char *text;                  /* the scene itself, instead of reading the file `path`; NULL: read it */
    const char *home;                  /* the folder that has data/ and styles/ */
    const char *const *allow;          /* further folders from which a scene may read models; NULL-ended or NULL */
    const char *const *overrides;      /* "video.fps", "24", ..., NULL-ended pairs */
    const char *const *sink_keys;      /* names of groups under `video` that sinks read themselves; NULL-ended */
    const struct catalog *catalog;     /* instead of reading home's; must outlive the story; NULL: read it */
};

/* NULL or a story; every mistake is in diags (a story with diags must not be drawn). */
struct story *story_open(const char *path, const struct story_options *options, struct diags *diags);
void story_free(struct story *s); /* accepts NULL */

/* Where a moment of the film is: the chapter, and seconds into it; `us` is clamped to the film. */
const struct chapter *story_chapter_at(const struct story *s, int64_t us);
/* Seconds of action at `us` after the chapter's start: holds stop it, the pace scales it. */
double chapter_action_at(const struct chapter *c, int64_t us);
/* Which of the chapter's stills stands at `us` after its start. */
const struct still *chapter_still_at(const struct chapter *c, int64_t us);
/* The other way: when, after the chapter's start, the action reaches `at` (before a hold there). */
int64_t chapter_time_of(const struct chapter *c, double at);
/* Works out the stills of all chapters, whose times are known. */
void story_place_stills(struct story *s);

/* The names of a chapter's moments and cues, each once and by time. NULL-ended; free the array alone. */
const char **chapter_moment_names(const struct chapter *c);
/* When, in seconds of action, a cue or moment of that name falls. False: there is none. */
bool chapter_find_moment(const struct chapter *c, const char *name, double *at);
/* What a time of the film is asked by, before the slash: the chapter's name, or its number where another has that name.
 * Caller frees. */
char *story_chapter_word(const struct story *s, int chapter);
/* "; chapters 2 and 4 have that name, too: write 2/start": what a name alone does not reach; "" where it reaches all.
 * Caller frees. */
char *story_other_chapters(const struct story *s, int chapter, const char *name);
/* A time as people give it: "12.4", "1:05", a chapter's name, "decode/step 2", "2/step 2", a cue's name. False: unknown;
 * `why` then says what would have been accepted (caller frees). */
bool story_find_time(const struct story *s, const char *text, int64_t *us, char **why);

