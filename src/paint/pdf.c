/* PDF pages: each list replayed into Cairo's PDF surface. Texts go in as glyphs with their characters, so they
 * can be selected and searched. The only date in the file is a fixed one, because Cairo would otherwise write the
 * present.
 */
#include "paint/fonts.h"
#include "paint/outline.h"
#include "paint/pixels.h"

#include <cairo-pdf.h>

#define PDF_DATE "2000-01-01T00:00:00Z"

struct pdf { cairo_t *cr; struct fonts *fonts; const struct dl *list; };

static void set_color(struct pdf *p, struct rgba c)
{
    cairo_set_source_rgba(p->cr, c.r / 255.0, c.g / 255.0, c.b / 255.0, c.a / 255.0);
}

static void draw_outline(struct pdf *p, struct outline o, struct rgba color)
{
    outline_trace(&o, p->cr, 0, 0);
    set_color(p, color);
    if (o.width > 0) {
        outline_set_stroke(&o, p->cr);
        cairo_stroke(p->cr);
    } else {
        cairo_fill(p->cr);
    }
}

static void pdf_rect(struct pdf *p, const struct dl_rect *r)
{
    struct dl_point points[OUTLINE_RECT_POINTS];
    struct outline o = outline_of_rect(r, points);
    double width = o.width;
    o.width = 0;
    if (r->fill.a) draw_outline(p, o, r->fill);
    o.width = width;
    if (r->stroke.a && width > 0) draw_outline(p, o, r->stroke);
}

static void pdf_text(struct pdf *p, const struct dl_text *t)
{
    PangoLayoutLine *line = fonts_line(p->fonts, t->font, dl_string(p->list, t->text), t->len);
    cairo_save(p->cr);
    cairo_translate(p->cr, t->x, t->y);
    cairo_rotate(p->cr, t->turn * G_PI / 180);
    cairo_move_to(p->cr, 0, 0);
    set_color(p, t->color);
    pango_cairo_show_layout_line(p->cr, line);
    cairo_restore(p->cr);
    cairo_new_path(p->cr);
}

static void pdf_heat(struct pdf *p, const struct dl_heat *h)
{
    for (int row = 0; row < h->rows; row++)
        for (int col = 0; col < h->cols; col++) {
            struct box b = { h->x + col * h->pitch_x, h->y + row * h->pitch_y, h->cell_w, h->cell_h };
            struct dl_rect cell = { .box = b, .radius = h->radius, .fill = dl_heat_cell(p->list, h, col, row) };
            pdf_rect(p, &cell);
        }
}

static void pdf_beam(struct pdf *p, const struct dl_beam *b)
{
    cairo_pattern_t *run = cairo_pattern_create_linear(0, b->box.y, 0, box_bottom(b->box));
    const struct rgba stops[] = { b->top, b->bottom };
    for (int i = 0; i < 2; i++) {
        struct rgba c = stops[i];
        cairo_pattern_add_color_stop_rgba(run, i, c.r / 255.0, c.g / 255.0, c.b / 255.0, c.a / 255.0);
    }
    cairo_set_source(p->cr, run);
    cairo_rectangle(p->cr, b->box.x, b->box.y, b->box.w, b->box.h);
    cairo_fill(p->cr);
    cairo_pattern_destroy(run);
}

static void pdf_op(struct pdf *p, const struct dl_op *op)
{
    switch (op->kind) {
    case DL_RECT: pdf_rect(p, &op->rect); return;
    case DL_TEXT: pdf_text(p, &op->text); return;
    case DL_PATH:
        if (op->path.fill.a) draw_outline(p, outline_of_fill(p->list, &op->path), op->path.fill);
        if (op->path.stroke.a && op->path.width > 0)
            draw_outline(p, outline_of_stroke(p->list, &op->path), op->path.stroke);
        return;
    case DL_HEAT: pdf_heat(p, &op->heat); return;
    case DL_BEAM: pdf_beam(p, &op->beam); return;
    case DL_CLIP:
        cairo_save(p->cr);
        cairo_rectangle(p->cr, op->clip.box.x, op->clip.box.y, op->clip.box.w, op->clip.box.h);
        cairo_clip(p->cr);
        return;
    case DL_UNCLIP: cairo_restore(p->cr); return;
    case DL_KIND_COUNT: return;
    }
}

static cairo_status_t take_bytes(void *closure, const unsigned char *data, unsigned length)
{
    g_byte_array_append(closure, data, length);
    return CAIRO_STATUS_SUCCESS;
}

static void draw_list(struct pdf *p, const struct dl *list)
{
    struct rgba ground = list->background;
    ground.a = 255;
    p->list = list;
    set_color(p, ground);
    cairo_paint(p->cr);
    for (guint i = 0; i < list->ops->len; i++) pdf_op(p, dl_op_at(list, i));
}

static void draw_inset(struct pdf *p, const struct dl_inset *in)
{
    cairo_save(p->cr);
    cairo_rectangle(p->cr, in->box.x, in->box.y, in->box.w, in->box.h);
    cairo_clip(p->cr);
    cairo_translate(p->cr, in->box.x, in->box.y);
    cairo_scale(p->cr, in->box.w / in->list->width, in->box.h / in->list->height);
    draw_list(p, in->list);
    cairo_restore(p->cr);
}

/* width_points 0: one pixel is 1/96 inch. */
static GByteArray *document(struct fonts *fonts, const struct dl_page *pages, int n, double width_points, GError **error)
{
    GByteArray *out = g_byte_array_new();
    cairo_surface_t *surface = cairo_pdf_surface_create_for_stream(take_bytes, out, 1, 1);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, PDF_DATE);
    struct pdf p = { cairo_create(surface), fonts, NULL };
    for (int i = 0; i < n; i++) {
        const struct dl *list = pages[i].list;
        double scale = width_points > 0 ? width_points / list->width : 72.0 / 96;
        cairo_pdf_surface_set_size(surface, list->width * scale, list->height * scale);
        cairo_save(p.cr);
        cairo_scale(p.cr, scale, scale);
        draw_list(&p, list);
        for (guint k = 0; pages[i].insets && k < pages[i].insets->len; k++)
            draw_inset(&p, &g_array_index(pages[i].insets, struct dl_inset, k));
        cairo_restore(p.cr);
        cairo_show_page(p.cr);
    }
    cairo_status_t status = cairo_status(p.cr);
    cairo_destroy(p.cr);
    cairo_surface_finish(surface);
    if (status == CAIRO_STATUS_SUCCESS) status = cairo_surface_status(surface);
    cairo_surface_destroy(surface);
    if (status == CAIRO_STATUS_SUCCESS) return out;
    g_byte_array_unref(out);
    g_set_error(error, PAINT_ERROR, PAINT_ERROR_VECTOR, "Cairo could not write the PDF page: %s.",
                cairo_status_to_string(status));
    return NULL;
}

GByteArray *paint_pdf(struct fonts *fonts, const struct dl *list, GError **error)
{
    struct dl_page page = { (struct dl *)list, NULL };
    return document(fonts, &page, 1, 0, error);
}

GByteArray *paint_pdf_pages(struct fonts *fonts, const struct dl_page *pages, int n, double width_mm, GError **error)
{
    return document(fonts, pages, n, width_mm * 72 / 25.4, error);
}
