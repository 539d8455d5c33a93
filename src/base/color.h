/* Colours: 8-bit sRGB with straight (not premultiplied) alpha, and the arithmetic that styles and lints need. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct rgba { uint8_t r, g, b, a; };

#define RGBA_NONE ((struct rgba){ 0, 0, 0, 0 })

static inline bool color_equal(struct rgba x, struct rgba y)
{
    return x.r == y.r && x.g == y.g && x.b == y.b && x.a == y.a;
}

/* "#RRGGBB" or "#RRGGBBAA"; false when the text is neither. */
bool color_parse(const char *text, struct rgba *out);
/* a at t = 0, b at t = 1, mixed in sRGB as CSS does; t is clamped. */
struct rgba color_mix(struct rgba a, struct rgba b, double t);
/* The same colour with its alpha multiplied by t in [0, 1]. */
struct rgba color_fade(struct rgba c, double t);
/* `c` painted over the opaque `under`. */
struct rgba color_over(struct rgba c, struct rgba under);
/* One 8-bit sRGB channel as linear light in [0, 1]. */
double color_linear(uint8_t v);
/* WCAG 2.x relative luminance in [0, 1], and contrast ratio in [1, 21]; alpha is ignored. */
double color_luminance(struct rgba c);
double color_contrast(struct rgba a, struct rgba b);
/* Black or white, whichever reads better on c. */
struct rgba color_ink_on(struct rgba c);
