/* Blending rows, in plain C: red and blue at once in two 16-bit lanes of a word, and pixels in groups, which the
 * compiler turns into vectors. Empty groups are skipped, since most of a text's mask is empty. The same code
 * compiled for AVX2 painted whole frames no faster, so there is only this one.
 */
#include "paint/blend.h"

#include <string.h>

enum { GROUP = 8 };

/* round(v / 255) for 0 <= v <= 255 * 255 */
static inline uint32_t div255(uint32_t v)
{
    v += 128;
    return (v + (v >> 8)) >> 8;
}

static inline uint32_t mix(uint32_t under, uint32_t red_blue, uint32_t green, uint32_t a)
{
    uint32_t rb = (under & 0xFF00FF) * (255 - a) + red_blue * a + 0x800080;
    uint32_t g = (under >> 8 & 0xFF) * (255 - a) + green * a + 0x80;
    rb = (rb + (rb >> 8 & 0xFF00FF)) >> 8 & 0xFF00FF;
    g = (g + (g >> 8)) & 0xFF00;
    return 0xFF000000 | rb | g;
}

void blend_masked(uint32_t *restrict pixels, const uint8_t *restrict cover, size_t n, struct rgba color)
{
    uint32_t rb = (uint32_t)color.r << 16 | color.b, g = color.g, alpha = color.a;
    size_t i = 0;
    for (; i + GROUP <= n; i += GROUP) {
        uint64_t any;
        memcpy(&any, cover + i, GROUP);
        if (!any) continue;
        for (size_t k = 0; k < GROUP; k++) pixels[i + k] = mix(pixels[i + k], rb, g, div255(cover[i + k] * alpha));
    }
    for (; i + GROUP / 2 <= n; i += GROUP / 2)
        for (size_t k = 0; k < GROUP / 2; k++) pixels[i + k] = mix(pixels[i + k], rb, g, div255(cover[i + k] * alpha));
    for (; i < n; i++) pixels[i] = mix(pixels[i], rb, g, div255(cover[i] * alpha));
}

void blend_flat(uint32_t *pixels, size_t n, struct rgba color, unsigned cover)
{
    uint32_t rb = (uint32_t)color.r << 16 | color.b, g = color.g, a = div255(cover * color.a);
    size_t i = 0;
    if (a == 0) return;
    if (a == 255) {
        uint32_t solid = 0xFF000000 | rb | g << 8;
        for (; i < n; i++) pixels[i] = solid;
        return;
    }
    for (; i + GROUP <= n; i += GROUP)
        for (size_t k = 0; k < GROUP; k++) pixels[i + k] = mix(pixels[i + k], rb, g, a);
    for (; i < n; i++) pixels[i] = mix(pixels[i], rb, g, a);
}
