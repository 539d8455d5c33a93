/* Inside the heads view: what it worked out when it was opened, for the file that draws it. */
#pragma once
#include "lm/heads.h"
#include "lm/trace.h"
#include "view/view.h"

/* SIDE: rows and columns of the grid at most. CELLS: of a triangle's side; more tokens share cells. */
enum { GRID_SIDE = 12, GRID_CELLS = 48 };

/* A role's best head, or the head that is seen from near; counted from 1. role is HEAD_ROLES where none is claimed. */
struct told { enum head_role role; int layer, head; double at; const char *name; };

/* Which layers, or heads of a layer, the grid has: n of `of`, counted from 1 and rising. */
struct grid_axis { int shown[GRID_SIDE], n, of; };

/* Times of the action, in seconds; see heads.c. */
struct grid_clock { double fill, zoom, fold, share, next, length; };

struct head_grid {
    const struct trace *trace;
    const struct heads *measured;
    int step, n;                 /* the pass, and how many tokens it knows */
    struct grid_axis layers, heads;
    int cells;                   /* of a triangle's side */
    float *shares;               /* [layers.n][heads.n][cells][cells]: the largest share of each cell's tokens */
    struct told told[HEAD_ROLES], near;
    bool own_layer, own_head;    /* the chapter says the near head's by number */
    int n_told, top;             /* top: the column that the newest token looks at most, in the near head */
    struct trace_head *seen;     /* the near head */
    struct trace_head *carried;  /* the one whose matrix the chapter before left; NULL: none */
    struct grid_clock clock;
    struct moment *moments;
    int n_moments;
    char *states[HEAD_ROLES];    /* of the told roles: "layer {head.previous.layer}, ..." */
    char *provenance;            /* "{run.model} · roles measured on ...", with random weights told as such */
};

#define GRID_TELL 0.3 /* seconds in which an outline or words appear */

/* The told role that is current at `now`: -1 before the first, n_told from the close look on. */
int heads_told_at(const struct head_grid *g, double now);
/* The share of cell (row, column) of the triangle at place (i, j) of the grid. */
static inline float heads_cell(const struct head_grid *g, int i, int j, int row, int column)
{
    return g
        ->shares[((size_t)(i * g->heads.n + j) * (size_t)g->cells + (size_t)row) * (size_t)g->cells + (size_t)column];
}
/* Groups the cells of a square of `n` into one of `m`, m <= n: each the largest of its group. */
void heads_pool(const float *from, int n, int stride, float *to, int m);

void heads_draw(const void *sim, double now, struct canvas *c);
