/* The fake measurer: layout tests must not depend on which fonts are installed. Marks that only steer the direction of
 * text, U+202A to U+202E, have no width, as in real fonts. */
#include "dl/measure.h"

#include <string.h>

static void fake_measure(void *self, struct font font, const char *text, size_t len, struct text_size *out)
{
    (void)self;
    size_t glyphs = 0;
    for (size_t i = 0; i < len; i++) glyphs += (text[i] & 0xC0) != 0x80;
    for (size_t i = 0; i + 2 < len; i++)
        glyphs -= !memcmp(text + i, "\xE2\x80", 2) && (unsigned char)text[i + 2] >= 0xAA && (unsigned char)text[i + 2] <= 0xAE;
    double width = 0.6 * font.size * (double)glyphs, ascent = 0.75 * font.size, descent = 0.25 * font.size;
    *out = (struct text_size){ width, ascent, descent, 0, width, -ascent, descent };
}

const struct measurer measurer_fake = { 0, fake_measure };
