/* The painter: display lists to pixels. The only owner of Cairo and Pango, with fonts.h.
 *
 * Each shape and each string is rasterised once, unclipped, into its own A8 mask by Cairo and Pango; filling and
 * blending is our own integer code. So a pixel does not depend on what else is repainted, and repainting only the
 * damaged tiles gives the same bytes as painting everything.
 *
 *     struct fonts *fonts = fonts_open(style, &error);
 *     struct painter *p = painter_new(fonts, 1920, 1080);
 *     const struct damage *d = painter_paint(p, list);     // d->tiles_changed == 0: the frame repeats the last one
 *     use(painter_pixels(p));
 *
 * A painter, its fonts and its measurer belong to one thread.
 */
#pragma once
#include "dl/dl.h"
#include "dl/measure.h"
#include "dl/page.h"

#include <glib.h>

struct style;
struct fonts;
struct painter;

#define PAINT_ERROR (g_quark_from_static_string("paint"))
enum paint_error { PAINT_ERROR_FONT, PAINT_ERROR_VECTOR };

/* Unsets the environment variables that FreeType, HarfBuzz, Pango and fontconfig listen to, so that they cannot
 * change a pixel, and keeps fontconfig from reading the user's configuration. For main, before the first thread
 * and the first use of this header. */
void paint_clean_environment(void);

enum { DAMAGE_TILE = 16 };

struct damage {
    int cols, rows;         /* tiles of 16 x 16 pixels; the last ones may be cut */
    int tiles_changed;      /* 0: same pixels as before */
    const uint8_t *changed; /* cols x rows, 1 where a tile was repainted */
};

/* Fonts of a style through a private font configuration that sees only those families' files, and for characters
 * that they lack a fixed list of Noto families (see fonts_find.c), each where installed. Errors (PAINT_ERROR_FONT)
 * name the family that is missing and the Debian package that has it. style must outlive the fonts only during
 * this call. */
struct fonts *fonts_open(const struct style *style, GError **error);
void fonts_free(struct fonts *f); /* accepts NULL */
/* A measurer over these fonts; lives as long as they do. */
const struct measurer *fonts_measurer(struct fonts *f);
/* The first character of `text` that neither the family nor a fallback has; 0 when all can be shown. Control
 * characters cannot be shown; U+FFFD stands for bytes that are not UTF-8. */
gunichar fonts_missing_glyph(struct fonts *f, enum font_family family, const char *text);
/* The Debian package of a fallback font that should have it; NULL where kvreel looks for no font of its script. */
const char *fonts_package_for(gunichar c);

struct painter *painter_new(struct fonts *fonts, int width, int height);
void painter_free(struct painter *p); /* accepts NULL */
/* Paints what differs from the last list, which must be of the painter's size. The result lives until the next
 * call. */
const struct damage *painter_paint(struct painter *p, const struct dl *list);
/* Forgets the last list: the next paint paints everything. */
void painter_forget(struct painter *p);
/* width x height pixels, rows 4 x width bytes apart, each 0xFFRRGGBB in native order. */
const uint32_t *painter_pixels(const struct painter *p);

/* One list as a vector page; text stays text, and one pixel is 1/96 inch. Equal lists give equal bytes. The result
 * is the whole file in memory; caller frees. NULL: PAINT_ERROR_VECTOR. */
GByteArray *paint_svg(struct fonts *fonts, const struct dl *list, GError **error);
GByteArray *paint_pdf(struct fonts *fonts, const struct dl *list, GError **error);
/* Some pages as one document, each width_mm wide. */
GByteArray *paint_pdf_pages(struct fonts *fonts, const struct dl_page *pages, int n, double width_mm, GError **error);

/* Pages in pixels. threads: 0 is one for each processor; the pixels do not depend on it. NULL: PAINT_ERROR_FONT. */
struct pager;
struct pager *pager_new(const struct style *style, int threads, GError **error);
void pager_free(struct pager *p); /* accepts NULL */
/* As painter_pixels(), of the page's size; lives until the next call. */
const uint32_t *pager_paint(struct pager *p, const struct dl_page *page);
