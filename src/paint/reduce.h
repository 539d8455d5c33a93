/* Making a picture smaller: each new pixel is the exact mean, in linear light, of the area that it covers. */
#pragma once
#include <stdint.h>

struct reducer;

struct reducer *reducer_new(void);
void reducer_free(struct reducer *r); /* accepts NULL */
/* from: w x h pixels 0xFFRRGGBB; to: to_w x to_h pixels whose rows are `stride` pixels apart. Any size to any size of at
 * most 8192 x 8192. A reducer may be used by several threads at once. */
void reducer_run(const struct reducer *r, const uint32_t *from, int w, int h, uint32_t *to, int to_w, int to_h, int stride);
