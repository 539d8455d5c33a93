/* Fonts inside paint/: from a font and a text to a laid out line. Private to this folder, with paint.h's public
 * part.
 *
 * A text whose characters its family has is laid out by a font map that knows nothing but that family. Only other
 * texts see the fallback families, so the set of installed fallbacks can never change a text that does not need
 * them.
 */
#pragma once
#include "dl/measure.h"
#include "paint/paint.h"

#include <fontconfig/fontconfig.h>
#include <pango/pangocairo.h>

/* The line of `text`, owned by the fonts, until the next call. Its origin is at the start of the baseline. */
PangoLayoutLine *fonts_line(struct fonts *f, struct font font, const char *text, size_t len);
/* A glyph of a line: its number in the font, and where its origin goes, in 1/1024 pixel from the line's. */
struct glyph { uint32_t id; int32_t x, y; };
/* The glyphs of `text`, owned by the fonts, until the next call; NULL with *n 0 when it needs more than its
 * family. */
const struct glyph *fonts_glyphs(struct fonts *f, struct font font, const char *text, size_t len, size_t *n);
/* The font that these glyphs are numbers of; the caller destroys it. */
cairo_scaled_font_t *fonts_scaled(struct fonts *f, struct font font);
/* The style's name of a family. */
const char *fonts_family_name(const struct fonts *f, enum font_family family);

/* --- finding files (fonts_find.c) --- */

/* Files of the families wanted and of the fallbacks. */
struct font_files {
    GPtrArray *base[FONT_FAMILY_COUNT]; /* paths, in a fixed order; empty when the family is not installed */
    GPtrArray *fallback;
};

void font_files_find(struct font_files *files, const char *const *families);
void font_files_clear(struct font_files *files);
/* ",Noto Sans,...": to be appended to a family. */
char *font_fallback_families(void);
/* The Debian package that has a family; NULL when unknown. */
const char *font_package(const char *family);
