/* A view draws one idea. It is a table of pure functions over a simulation that was opened once.
 *
 *   open    reads its options and the story's shared run, works out everything that does not depend on the moment, and
 *           says how long the action takes. Called once, before any frame. NULL: diagnostics tell why.
 *   moments names the times in the action that cues can refer to.
 *   facts   fills the book with what is true at `now`, before draw is called, for captions too.
 *   draw    pushes the picture at `now` (seconds of action, 0 to length) into canvas->dl, inside canvas->stage and, for
 *           the parts that carry over between chapters, at the shared geometry of view/attention.h.
 *
 * facts and draw are called from several threads at once on one simulation: they must not change it. They may be called
 * for any `now` in any order: a frame depends on nothing but its time.
 */
#pragma once
#include "base/diag.h"
#include "conf/row.h"
#include "sim/fact.h"
#include "view/canvas.h"

struct moment { const char *name; double at; const char *what; };

/* What a view gets to open its simulation. */
struct view_env {
    const struct trace *trace;     /* the story's run of the model; NULL where no view needs or uses it */
    const struct heads *heads;     /* what its heads do, measured; NULL unless a `head` of the scene is a role's name */
    const struct catalog *catalog;
    struct diags *diags;
    const char *file;              /* where the chapter stands, for diagnostics */
    int line;
    const struct view *before;     /* the previous chapter's view, NULL at the first */
    bool follows_on;               /* the previous chapter ended on the pose that this one starts from */
    int run_role;                  /* 1 + the role (lm/heads.h) by which run.head names the trace's head; 0: by none */
};

/* Times of the action, in order, at which the picture stands: nothing is half done, every number is what it will be. A
 * film with reduced motion shows those pictures alone, each until the next. fill: from one to the next something grows,
 * and they follow one another by cuts. */
struct rests { const double *at; int n; bool fill; };
/* Rests closer than this, in the film's seconds, give way: of three changes the last is at least a second after the
 * first, so that no place on the screen can turn from brighter to darker or back more than twice within a second. */
#define RESTS_APART_S 0.5

struct view {
    const char *name;
    const char *summary;   /* one line for `list views` */
    const char *rail;      /* its word on the progress rail unless the chapter gives one */
    bool needs_trace;      /* the model runs, with what the scene's `run` leaves out filled in */
    bool uses_trace;       /* it runs where the scene has a `run`; without one the view shows something else */
    const struct row *rows; /* options, ends with ROW_END */
    size_t options_size;
    void *(*open)(const void *options, const struct view_env *env, double *length);
    void (*close)(void *sim);
    const struct moment *(*moments)(const void *sim, int *count);
    struct rests (*rests)(const void *sim); /* NULL: the moments are the rests */
    void (*facts)(const void *sim, double now, struct facts *facts);
    void (*draw)(const void *sim, double now, struct canvas *canvas);
    /* Header words, top right: where the numbers come from, and the state of the moment ("decode step {step}"). Both are
     * templates like captions: {fact.id} or {fact.id:form}. NULL or "": nothing. */
    const char *(*provenance)(const void *sim);
    const char *(*state)(const void *sim, double now);
};

/* All views, alphabetical, ending with NULL. */
extern const struct view *const views[];
const struct view *view_find(const char *name);
