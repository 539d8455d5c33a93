/* The SVG writer. Cairo's would turn text into outlines, so this one is our own: rectangles, texts, paths,
 * gradients and clips, op by op. A text carries its measured width, so a reader without the fonts keeps the
 * layout.
 */
#include "paint/fonts.h"
#include "paint/outline.h"
#include "paint/pixels.h"

#include <string.h>

struct svg {
    GString *out;
    struct fonts *fonts;
    const struct dl *list;
    int ids;   /* for clips and gradients */
    int open;  /* clips not yet closed */
};

/* With at most four decimals, which is exact for sixteenths, and no trailing zeros. */
static void put_number(GString *out, double v)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    g_ascii_formatd(text, sizeof text, "%.4f", v);
    size_t n = strlen(text);
    while (text[n - 1] == '0') n--;
    if (text[n - 1] == '.') n--;
    if (n == 2 && text[0] == '-' && text[1] == '0') g_string_append_c(out, '0');
    else g_string_append_len(out, text, (gssize)n);
}

static void put(struct svg *s, const char *name, double v)
{
    g_string_append_printf(s->out, " %s=\"", name);
    put_number(s->out, v);
    g_string_append_c(s->out, '"');
}

/* name="#rrggbb", and name-opacity where the colour is not opaque; "none" at alpha 0. */
static void put_color(struct svg *s, const char *name, const char *opacity, struct rgba c)
{
    if (!c.a) {
        g_string_append_printf(s->out, " %s=\"none\"", name);
        return;
    }
    g_string_append_printf(s->out, " %s=\"#%02x%02x%02x\"", name, c.r, c.g, c.b);
    if (c.a < 255) put(s, opacity, c.a / 255.0);
}

static void put_stroke(struct svg *s, struct rgba stroke, double width, double dash_on, double dash_off)
{
    if (!stroke.a || width <= 0) return;
    put_color(s, "stroke", "stroke-opacity", stroke);
    put(s, "stroke-width", width);
    if (dash_on <= 0 || dash_off <= 0) return;
    g_string_append(s->out, " stroke-dasharray=\"");
    put_number(s->out, dash_on);
    g_string_append_c(s->out, ' ');
    put_number(s->out, dash_off);
    g_string_append_c(s->out, '"');
}

static void put_box(struct svg *s, struct box b)
{
    g_string_append(s->out, "<rect");
    put(s, "x", b.x);
    put(s, "y", b.y);
    put(s, "width", b.w);
    put(s, "height", b.h);
}

static void svg_rect(struct svg *s, const struct dl_rect *r)
{
    put_box(s, r->box);
    if (r->radius > 0) put(s, "rx", MIN(r->radius, MIN(r->box.w, r->box.h) / 2));
    put_color(s, "fill", "fill-opacity", r->fill);
    put_stroke(s, r->stroke, r->width, r->dash_on, r->dash_off);
    g_string_append(s->out, "/>\n");
}

/* Escaped for XML 1.0, which cannot hold control characters at all. */
static void put_text(struct svg *s, const char *text, size_t len)
{
    char *valid = g_utf8_make_valid(text, (gssize)len);
    GString *shown = g_string_new(NULL);
    for (const char *p = valid; *p; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        g_string_append_unichar(shown, g_unichar_iscntrl(c) || (c & 0xFFFE) == 0xFFFE ? 0xFFFD : c);
    }
    char *escaped = g_markup_escape_text(shown->str, (gssize)shown->len);
    g_string_append(s->out, escaped);
    g_free(escaped);
    g_string_free(shown, TRUE);
    g_free(valid);
}

static void svg_text(struct svg *s, const struct dl_text *t)
{
    static const char *const classes[FONT_FAMILY_COUNT] = { "words", "display", "mono" };
    const char *text = dl_string(s->list, t->text);
    struct text_size size;
    const struct measurer *m = fonts_measurer(s->fonts);
    m->measure(m->self, t->font, text, t->len, &size);
    g_string_append_printf(s->out, "<text class=\"%s\"", classes[t->font.family]);
    put(s, "x", t->x);
    put(s, "y", t->y);
    put(s, "font-size", t->font.size);
    if (t->font.weight != 400) put(s, "font-weight", t->font.weight);
    put_color(s, "fill", "fill-opacity", t->color);
    if (size.width > 0) {
        put(s, "textLength", size.width);
        g_string_append(s->out, " lengthAdjust=\"spacingAndGlyphs\"");
    }
    if (t->turn != 0) {
        g_string_append(s->out, " transform=\"rotate(");
        const double numbers[] = { t->turn, t->x, t->y };
        for (int i = 0; i < 3; i++) {
            if (i) g_string_append_c(s->out, ' ');
            put_number(s->out, numbers[i]);
        }
        g_string_append(s->out, ")\"");
    }
    g_string_append_c(s->out, '>');
    put_text(s, text, t->len);
    g_string_append(s->out, "</text>\n");
}

static void svg_path(struct svg *s, const struct dl_path *p)
{
    struct outline o = outline_of_fill(s->list, p);
    const struct dl_point *q = o.points;
    g_string_append(s->out, "<path d=\"");
    for (uint32_t i = 0; i < o.n_verbs; i++) {
        int n = o.verbs[i] == 'C' ? 3 : o.verbs[i] == 'Z' ? 0 : 1;
        g_string_append_c(s->out, o.verbs[i]);
        for (int k = 0; k < n; k++, q++) {
            if (k) g_string_append_c(s->out, ' ');
            put_number(s->out, q->x);
            g_string_append_c(s->out, ' ');
            put_number(s->out, q->y);
        }
    }
    g_string_append_c(s->out, '"');
    put_color(s, "fill", "fill-opacity", p->fill);
    put_stroke(s, p->stroke, p->width, p->dash_on, p->dash_off);
    g_string_append(s->out, " stroke-linecap=\"round\" stroke-linejoin=\"round\"/>\n");
}

static void svg_heat(struct svg *s, const struct dl_heat *h)
{
    g_string_append(s->out, h->radius > 0 ? "<g>\n" : "<g shape-rendering=\"crispEdges\">\n");
    for (int row = 0; row < h->rows; row++)
        for (int col = 0; col < h->cols; col++) {
            struct rgba c = dl_heat_cell(s->list, h, col, row);
            if (!c.a) continue;
            put_box(s, (struct box){ h->x + col * h->pitch_x, h->y + row * h->pitch_y, h->cell_w, h->cell_h });
            if (h->radius > 0) put(s, "rx", MIN(h->radius, MIN(h->cell_w, h->cell_h) / 2.0));
            put_color(s, "fill", "fill-opacity", c);
            g_string_append(s->out, "/>\n");
        }
    g_string_append(s->out, "</g>\n");
}

static void put_stop(struct svg *s, int offset, struct rgba c)
{
    g_string_append_printf(s->out, "<stop offset=\"%d\" stop-color=\"#%02x%02x%02x\"", offset, c.r, c.g, c.b);
    put(s, "stop-opacity", c.a / 255.0);
    g_string_append(s->out, "/>");
}

static void svg_beam(struct svg *s, const struct dl_beam *b)
{
    int id = ++s->ids;
    g_string_append_printf(s->out, "<linearGradient id=\"g%d\" x1=\"0\" y1=\"0\" x2=\"0\" y2=\"1\">", id);
    put_stop(s, 0, b->top);
    put_stop(s, 1, b->bottom);
    g_string_append(s->out, "</linearGradient>");
    put_box(s, b->box);
    g_string_append_printf(s->out, " fill=\"url(#g%d)\"/>\n", id);
}

static void svg_clip(struct svg *s, struct box b)
{
    int id = ++s->ids;
    s->open++;
    g_string_append_printf(s->out, "<clipPath id=\"g%d\">", id);
    put_box(s, b);
    g_string_append_printf(s->out, "/></clipPath><g clip-path=\"url(#g%d)\">\n", id);
}

static void svg_unclip(struct svg *s)
{
    g_assert(s->open > 0);
    s->open--;
    g_string_append(s->out, "</g>\n");
}

static void svg_op(struct svg *s, const struct dl_op *op)
{
    switch (op->kind) {
    case DL_RECT: svg_rect(s, &op->rect); return;
    case DL_TEXT: svg_text(s, &op->text); return;
    case DL_PATH: svg_path(s, &op->path); return;
    case DL_HEAT: svg_heat(s, &op->heat); return;
    case DL_BEAM: svg_beam(s, &op->beam); return;
    case DL_CLIP: svg_clip(s, op->clip.box); return;
    case DL_UNCLIP: svg_unclip(s); return;
    case DL_KIND_COUNT: return;
    }
}

static void put_family(struct svg *s, const char *class, enum font_family family, const char *generic,
                       const char *features)
{
    char *name = g_markup_escape_text(fonts_family_name(s->fonts, family), -1);
    g_string_append_printf(s->out, ".%s{font-family:'%s',%s;font-feature-settings:%s}", class, name, generic, features);
    g_free(name);
}

static void svg_head(struct svg *s)
{
    int w = s->list->width, h = s->list->height;
    g_string_append(s->out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\"");
    g_string_append_printf(s->out, " width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">\n", w, h, w, h);
    g_string_append(s->out, "<style>text{white-space:pre}");
    put_family(s, "words", FONT_WORDS, "sans-serif", "'tnum'");
    put_family(s, "display", FONT_DISPLAY, "sans-serif", "'tnum'");
    put_family(s, "mono", FONT_MONO, "monospace", "'tnum','calt' 0,'liga' 0");
    g_string_append(s->out, "</style>\n");
    put_box(s, (struct box){ 0, 0, w, h });
    struct rgba ground = s->list->background;
    ground.a = 255;
    put_color(s, "fill", "fill-opacity", ground);
    g_string_append(s->out, "/>\n");
}

GByteArray *paint_svg(struct fonts *fonts, const struct dl *list, GError **error)
{
    struct svg s = { g_string_new(NULL), fonts, list, 0, 0 };
    svg_head(&s);
    for (guint i = 0; i < list->ops->len; i++) svg_op(&s, dl_op_at(list, i));
    while (s.open) svg_unclip(&s);
    g_string_append(s.out, "</svg>\n");
    gsize len = s.out->len;
    if (len > G_MAXUINT) {
        g_string_free(s.out, TRUE);
        g_set_error(error, PAINT_ERROR, PAINT_ERROR_VECTOR, "The frame would make an SVG of more than 4 GiB.");
        return NULL;
    }
    return g_byte_array_new_take((guint8 *)g_string_free(s.out, FALSE), len);
}
