/* Exact coverage of rounded rectangles and their outlines, in whole numbers, without Cairo.
 *
 * A rounded rectangle is the same in all columns between its corners, and in all rows. So its mask keeps one such
 * column and one such row and stands for rectangles of any size: `columns` and `rows` tell which one repeats, and
 * how often.
 */
#pragma once
#include "paint/mask.h"

/* Edges, radius and stroke width in sixteenths of a pixel; width 0: the inside, otherwise the outline centred on
 * the edge. */
struct round_box { int x0, y0, x1, y1, radius, width; };

/* Mask index `at` is drawn 1 + extra times; extra 0: every index once. */
struct round_repeat { int at, extra; };

struct round_plan {
    int x, y;                           /* where the mask's first pixel goes */
    int w, h;                           /* size of the mask */
    struct round_repeat columns, rows;
    struct round_box shape;             /* the shape to rasterise, relative to (x, y), repeats taken out */
};

/* radius is cut to half of the shorter side. */
struct round_plan round_plan(struct round_box box);
/* Fills the mask of a plan; w x h as planned, all zero before. */
void round_cover(const struct round_box *shape, struct mask *m);
