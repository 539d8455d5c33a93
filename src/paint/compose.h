/* Putting masks and plain boxes on the frame, cut to an area. A pixel's new value depends on nothing but its old
 * one, the shape and the colour; never on the area. */
#pragma once
#include "paint/mask.h"
#include "paint/pixels.h"
#include "paint/round.h"

/* The frame: rows of `width` pixels. Areas passed below lie inside it. */
struct target { uint32_t *pixels; int width; };

/* Edges in sixteenths of a pixel. */
struct fine_box { int x0, y0, x1, y1; };

/* A mask with its origin at (x, y). */
void compose_mask(const struct target *t, const struct mask *m, int x, int y, struct rgba color, struct area area);
/* A rounded rectangle or its outline, from the mask of its plan. */
void compose_round(const struct target *t, const struct mask *m, const struct round_plan *plan, struct rgba color,
                   struct area area);
/* A box; pixels at fractional edges get the exact share of the colour. */
void compose_box(const struct target *t, struct fine_box box, struct rgba color, struct area area);
/* A box whose colour runs from top to bottom. */
void compose_beam(const struct target *t, struct fine_box box, struct rgba top, struct rgba bottom, struct area area);
