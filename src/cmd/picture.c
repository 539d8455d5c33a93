/* The suffix says what the list becomes: pixels, or a vector page whose text stays text. */
#include "cmd/picture.h"
#include "sink/atomic.h"
#include "sink/png.h"

bool picture_can_write(const char *path)
{
    return g_str_has_suffix(path, ".png") || g_str_has_suffix(path, ".svg") || g_str_has_suffix(path, ".pdf");
}

bool picture_write(struct fonts *fonts, const struct dl *list, const char *path, GError **error)
{
    if (g_str_has_suffix(path, ".png")) {
        struct painter *painter = painter_new(fonts, list->width, list->height);
        painter_paint(painter, list);
        bool ok = png_write(path, painter_pixels(painter), list->width, list->height, error);
        painter_free(painter);
        return ok;
    }
    GByteArray *bytes = g_str_has_suffix(path, ".svg") ? paint_svg(fonts, list, error) : paint_pdf(fonts, list, error);
    bool ok = bytes && atomic_write_file(path, bytes->data, bytes->len, error);
    if (bytes) g_byte_array_unref(bytes);
    return ok;
}
