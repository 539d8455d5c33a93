/* What the ops of a display list cover: the geometry that lints ask about, without a pixel. */
#pragma once
#include "dl/dl.h"

/* A text's ink as a rectangle that may be turned: local (u, v) runs along the baseline and down from it. */
struct ink { double x, y, cos, sin, left, top, right, bottom; };

struct ink ink_of_text(const struct dl *dl, const struct dl_text *t, const struct measurer *measurer);
struct dl_point ink_point(const struct ink *ink, double u, double v); /* local to frame */
struct box ink_bounds(const struct ink *ink);
/* How deep two inks lie in each other, in pixels: the least shift that parts them; 0 or less when they are apart. */
double ink_overlap(const struct ink *a, const struct ink *b);
/* Length of the part of the segment that lies inside the ink grown by `grow` (may be negative). */
double ink_crossing(const struct ink *ink, double grow, struct dl_point a, struct dl_point b);

/* The lines that an op strokes (of rectangles and paths; none for other kinds) as straight pieces of two points each
 * (struct dl_point), into `out`, emptied first. A rectangle that is only filled is a line along its longer side, as wide
 * as its shorter one: whoever asks decides how thin a line is. */
void op_lines(const struct dl *dl, const struct dl_op *op, GArray *out, double *width, struct rgba *color);

/* What `under` becomes at (x, y) when the op is drawn there. Texts draw nothing here. `scratch`: for outlines. */
struct rgba op_over(const struct dl *dl, const struct dl_op *op, double x, double y, struct rgba under, GArray *scratch);
