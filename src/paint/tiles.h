/* What changed: a 64-bit signature for each tile of 16 x 16 pixels, made of what the ops show there.
 *
 * Two frames whose tile has the same signature have the same pixels there. A signature may differ where no pixel
 * does, which costs a repaint and nothing else. An op signs only what it shows inside the tile: a heatmap its
 * cells one by one, a rectangle the edges that come near, and an opaque inside forgets all that lies below.
 */
#pragma once
#include "paint/paint.h"
#include "paint/pixels.h"

struct tiles {
    int width, height, cols, rows;
    uint64_t *sign, *last;  /* cols x rows */
    uint8_t *changed;
    uint32_t *first;        /* ops with a lower number than this are not painted in the tile; background: 0 */
    bool painted;           /* last holds the frame's signatures */
};

enum { TILE_NOTHING = UINT32_MAX / 2 }; /* in `first`: no op at all, the tile has not changed */

void tiles_init(struct tiles *t, int width, int height);
void tiles_finish(struct tiles *t);
/* Signs the list, compares with the last one and returns how many tiles changed. Op i has the number i + 1. */
int tiles_compare(struct tiles *t, const struct dl *list);

/* The tiles of an area that want op `number`, as rectangles of pixels cut to the area. */
struct tile_runs { const struct tiles *tiles; struct area area; uint32_t number; int row, col; };

struct tile_runs tile_runs_begin(const struct tiles *t, struct area area, uint32_t number);
bool tile_runs_next(struct tile_runs *r, struct area *out);
