/* Text sizes, asked of a measurer that the caller passes: Pango's in production, a fake one in tests. */
#pragma once
#include <stddef.h>
#include <stdint.h>

enum font_family { FONT_WORDS, FONT_DISPLAY, FONT_MONO, FONT_FAMILY_COUNT };

/* size is in whole device pixels (em height). weight is 400, 500, 600 or 700. */
struct font { uint8_t family; uint16_t weight, size; };

struct text_size {
    double width;  /* advance of the whole line */
    double ascent, descent; /* of the font, above and below the baseline, both positive; equal for every text of a font */
    double ink_left, ink_right, ink_top, ink_bottom; /* of the ink, relative to the origin; y downwards */
};

struct measurer {
    void *self;
    void (*measure)(void *self, struct font font, const char *text, size_t len, struct text_size *out);
};

/* Every glyph 0.6 em wide, ascent 0.75 em, descent 0.25 em; ink fills that box. Needs no font and no library. */
extern const struct measurer measurer_fake;
