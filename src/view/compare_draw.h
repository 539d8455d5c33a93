/* Inside the compare view: the counts that it worked out when it was opened, for the file that draws them. */
#pragma once
#include "lm/trace.h"
#include "view/view.h"

#define COMPARE_ENTER 0.3 /* seconds in which a row appears */

struct count { int64_t passes, adds, bytes; };

struct row_of { int tokens, fresh; double at; struct count with, without; }; /* counts: all passes up to this one */

struct compare {
    struct row_of *rows;
    int n_rows, columns, text_tokens;
    bool measured;          /* by the scene's run; otherwise counted for a shape */
    const struct trace *trace; /* that run; NULL: a shape */
    bool prefill;           /* row 0 is the prompt's pass, and no step */
    bool follows;           /* the decode view's strip flies into its row */
    int strip_row;
    struct lm_shape shape;
    char **labels;          /* columns of them, or NULL: numbers */
    double length;
    const char *provenance, *model, *shape_id, *shape_source; /* model: a name; shape_id, _source: of the catalog */
    char *run_source;
    struct moment *moments;
    int n_moments;
};

/* The pass that is current at `now`; -1 before the first. */
int compare_row_at(const struct compare *k, double now);
/* The first position that a row computes for the first time. */
static inline int compare_first_new(const struct compare *k, int row)
{
    return k->rows[row].tokens - k->rows[row].fresh;
}

void compare_draw(const void *sim, double now, struct canvas *c);
