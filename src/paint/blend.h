/* Blending rows of opaque pixels: the only arithmetic between a colour and a frame.
 *
 * Every channel is round((colour * a + under * (255 - a)) / 255) with a = round(coverage * alpha / 255), in whole
 * numbers and exact. A pixel depends on nothing but itself, so a row may be cut anywhere.
 */
#pragma once
#include "base/color.h"

#include <stddef.h>
#include <stdint.h>

/* n pixels under a coverage of 0 to 255 each. */
void blend_masked(uint32_t *pixels, const uint8_t *cover, size_t n, struct rgba color);
/* n pixels under one coverage. */
void blend_flat(uint32_t *pixels, size_t n, struct rgba color, unsigned cover);
