/* What changed between two pictures, as one rectangle: what GIF and APNG store of a picture. */
#pragma once
#include "paint/paint.h"

struct patch { int x, y, w, h; };

/* The smallest rectangle that holds every pixel of `now` that differs from `before`, both width x height. Only tiles
 * that `damage` marks are looked at (NULL: all). false: nothing differs. */
bool delta_find(const uint32_t *before, const uint32_t *now, int width, int height, const struct damage *damage,
                struct patch *out);
/* Copies the rectangle's pixels. */
void delta_copy(uint32_t *to, const uint32_t *from, int width, struct patch p);
