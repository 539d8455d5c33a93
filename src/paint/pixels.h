/* Whole-pixel rectangles, and the stack of clips that the ops of a list open and close. */
#pragma once
#include "dl/dl.h"

#include <math.h>

/* Pixels x0 <= x < x1, y0 <= y < y1. */
struct area { int x0, y0, x1, y1; };

static inline bool area_is_empty(struct area a) { return a.x0 >= a.x1 || a.y0 >= a.y1; }

static inline struct area area_meet(struct area a, struct area b)
{
    return (struct area){ MAX(a.x0, b.x0), MAX(a.y0, b.y0), MIN(a.x1, b.x1), MIN(a.y1, b.y1) };
}

/* Far outside values are cut, so that sums of coordinates stay far from overflow. */
static inline int whole(double v) { return (int)CLAMP(v, -1e6, 1e6); }

static inline struct area area_of(struct box b)
{
    return (struct area){ whole(floor(b.x)), whole(floor(b.y)), whole(ceil(b.x + b.w)), whole(ceil(b.y + b.h)) };
}

/* b > 0 */
static inline int floor_div(int a, int b) { return a / b - (a % b < 0); }
static inline int ceil_div(int a, int b) { return a / b + (a % b > 0); }

/* Display lists hold sixteenths of a pixel; this makes them whole numbers. */
static inline int sixteenths(double v) { return (int)floor(CLAMP(v, -1e6, 1e6) * 16 + 0.5); }

/* The cells of a heatmap that touch an area: columns x0 <= col < x1 and rows y0 <= row < y1. */
static inline struct area heat_cells(const struct dl_heat *h, struct area a)
{
    int left = whole(h->x), top = whole(h->y), pitch_x = MAX(h->pitch_x, 1), pitch_y = MAX(h->pitch_y, 1);
    struct area touched = {
        ceil_div(a.x0 - left - h->cell_w + 1, pitch_x), ceil_div(a.y0 - top - h->cell_h + 1, pitch_y),
        ceil_div(a.x1 - left, pitch_x), ceil_div(a.y1 - top, pitch_y),
    };
    return area_meet(touched, (struct area){ 0, 0, h->cols, h->rows });
}

static inline struct area heat_cell_area(const struct dl_heat *h, int col, int row)
{
    int x = whole(h->x) + col * h->pitch_x, y = whole(h->y) + row * h->pitch_y;
    return (struct area){ x, y, x + h->cell_w, y + h->cell_h };
}

enum { CLIP_DEPTH = 32 };

struct clips { struct area open[CLIP_DEPTH]; int depth; };

static inline void clips_init(struct clips *c, int width, int height)
{
    c->open[0] = (struct area){ 0, 0, width, height };
    c->depth = 0;
}

static inline struct area clips_now(const struct clips *c) { return c->open[c->depth]; }

/* True when the op opened or closed a clip and so draws nothing. */
static inline bool clips_take(struct clips *c, const struct dl_op *op)
{
    if (op->kind == DL_CLIP) {
        g_assert(c->depth + 1 < CLIP_DEPTH);
        struct area inner = area_meet(clips_now(c), area_of(op->clip.box));
        c->open[++c->depth] = inner;
        return true;
    }
    if (op->kind != DL_UNCLIP) return false;
    g_assert(c->depth > 0);
    c->depth--;
    return true;
}

/* The pixels that an op may touch. */
static inline struct area clips_cut(const struct clips *c, const struct dl_op *op)
{
    return area_meet(clips_now(c), area_of(op->box));
}
