/* Boxes: axis-aligned rectangles in device pixels, y downwards.
 *
 * Layout is done by cutting boxes: take a strip off one side, keep the rest.
 *
 *     struct box rest = page, head = box_cut_top(&rest, 120);
 */
#pragma once
#include <stdbool.h>

struct box { double x, y, w, h; };

static inline double box_right(struct box b)  { return b.x + b.w; }
static inline double box_bottom(struct box b) { return b.y + b.h; }
static inline double box_mid_x(struct box b)  { return b.x + b.w / 2; }
static inline double box_mid_y(struct box b)  { return b.y + b.h / 2; }

static inline struct box box_inset(struct box b, double d)
{
    return (struct box){ b.x + d, b.y + d, b.w - 2 * d, b.h - 2 * d };
}

/* Smallest box that holds both; an empty box adds nothing. */
struct box box_join(struct box a, struct box b);
/* Common part; width or height 0 when there is none. */
struct box box_meet(struct box a, struct box b);
static inline bool box_is_empty(struct box b) { return b.w <= 0 || b.h <= 0; }

/* Cut a strip of the given size off `rest` and return it. */
struct box box_cut_top(struct box *rest, double size);
struct box box_cut_bottom(struct box *rest, double size);
struct box box_cut_left(struct box *rest, double size);
struct box box_cut_right(struct box *rest, double size);
