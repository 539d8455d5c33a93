/* Rasterising through Cairo and Pango, and through round.c for rounded rectangles.
 *
 * Glyphs are filled as outlines: Cairo 1.16 would put them on whole pixels, which makes letters wobble. A line
 * that its family can show is put together from masks of single glyphs at eighths of a pixel, so that a running
 * counter costs little; lines with fallback characters and turned lines are filled as one outline. Keys are bytes:
 * a kind, the parameters, then the text or the points relative to a whole pixel, so that a shape that moves by
 * whole pixels keeps its mask.
 */
#include "paint/raster.h"

#include "paint/fonts.h"

#include <string.h>

enum raster_kind { RASTER_TEXT, RASTER_GLYPH, RASTER_ROUND, RASTER_OUTLINE };

/* Glyphs lie on this many places in a pixel, across and down. */
enum { GLYPH_PHASES = 8, PHASE_UNITS = PANGO_SCALE / GLYPH_PHASES };

/* How far Cairo may replace a curve by straight lines, in pixels. */
#define RASTER_TOLERANCE 0.05

struct raster {
    struct fonts *fonts;
    struct mask_store *store;
    cairo_t *cr; /* paths are built in it, nothing is drawn */
    GByteArray *key;
    GArray *placed;   /* struct placed: scratch */
    GByteArray *line; /* pixels of a line that is being put together: scratch */
};

/* A glyph's number, the whole pixel where it goes, and its place in that pixel. */
struct placed { uint32_t id; int x, y, phase_x, phase_y; };

struct raster *raster_new(struct fonts *fonts, size_t limit_bytes)
{
    struct raster *r = g_new0(struct raster, 1);
    r->fonts = fonts;
    r->store = mask_store_new(limit_bytes);
    /* Without bounds, because Cairo leaves out glyphs that lie far outside of a surface, even from a path. */
    cairo_surface_t *endless = cairo_recording_surface_create(CAIRO_CONTENT_ALPHA, NULL);
    r->cr = cairo_create(endless);
    cairo_surface_destroy(endless);
    cairo_set_tolerance(r->cr, RASTER_TOLERANCE);
    r->key = g_byte_array_new();
    r->line = g_byte_array_new();
    r->placed = g_array_new(FALSE, FALSE, sizeof(struct placed));
    return r;
}

void raster_free(struct raster *r)
{
    if (!r) return;
    mask_store_free(r->store);
    cairo_destroy(r->cr);
    g_byte_array_unref(r->key);
    g_byte_array_unref(r->line);
    g_array_free(r->placed, TRUE);
    g_free(r);
}

static void key_add(struct raster *r, const void *data, size_t n) { g_byte_array_append(r->key, data, (guint)n); }

static void key_begin(struct raster *r, enum raster_kind kind)
{
    g_byte_array_set_size(r->key, 0);
    key_add(r, &kind, sizeof kind);
}

static const struct mask *known(struct raster *r) { return mask_store_find(r->store, r->key->data, r->key->len); }

static struct mask *add(struct raster *r, struct area a)
{
    if (area_is_empty(a)) a = (struct area){ 0 };
    return mask_store_add(r->store, r->key->data, r->key->len, a.x0, a.y0, a.x1 - a.x0, a.y1 - a.y0);
}

/* Draws the path that r->cr holds into a mask of the pixels `a`: filled, or stroked like `stroke`. */
static const struct mask *draw_path(struct raster *r, struct area a, const struct outline *stroke)
{
    struct mask *m = add(r, a);
    if (m->w > 0 && m->h > 0) {
        cairo_path_t *path = cairo_copy_path(r->cr);
        cairo_surface_t *surface =
            cairo_image_surface_create_for_data(m->cover, CAIRO_FORMAT_A8, m->w, m->h, m->stride);
        cairo_t *cr = cairo_create(surface);
        cairo_set_tolerance(cr, RASTER_TOLERANCE);
        cairo_set_antialias(cr, CAIRO_ANTIALIAS_GRAY);
        cairo_translate(cr, -m->x, -m->y);
        cairo_append_path(cr, path);
        if (stroke) {
            outline_set_stroke(stroke, cr);
            cairo_stroke(cr);
        } else {
            cairo_fill(cr);
        }
        cairo_destroy(cr);
        cairo_surface_finish(surface);
        g_assert(cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS);
        cairo_surface_destroy(surface);
        cairo_path_destroy(path);
    }
    mask_seal(m);
    cairo_new_path(r->cr);
    return m;
}

/* The whole pixels that the path touches when grown by `grow`. */
static struct area path_area(struct raster *r, double grow)
{
    double x0, y0, x1, y1;
    cairo_path_extents(r->cr, &x0, &y0, &x1, &y1);
    if (x1 <= x0 && y1 <= y0 && grow <= 0) return (struct area){ 0, 0, 0, 0 };
    return area_of((struct box){ x0 - grow, y0 - grow, x1 - x0 + 2 * grow, y1 - y0 + 2 * grow });
}

static const struct mask *raster_glyph(struct raster *r, struct font font, struct placed g)
{
    const uint32_t parts[] = { font.family, font.weight, font.size, g.id, (uint32_t)g.phase_x, (uint32_t)g.phase_y };
    key_begin(r, RASTER_GLYPH);
    key_add(r, parts, sizeof parts);
    const struct mask *m = known(r);
    if (m) return m;
    cairo_scaled_font_t *scaled = fonts_scaled(r->fonts, font);
    cairo_glyph_t glyph = { g.id, (double)g.phase_x / GLYPH_PHASES, (double)g.phase_y / GLYPH_PHASES };
    cairo_set_scaled_font(r->cr, scaled);
    cairo_glyph_path(r->cr, &glyph, 1);
    cairo_scaled_font_destroy(scaled);
    return draw_path(r, path_area(r, 0), NULL);
}

static void place_glyphs(GArray *into, const struct glyph *glyphs, size_t n)
{
    g_array_set_size(into, 0);
    for (size_t i = 0; i < n; i++) {
        int x = floor_div(glyphs[i].x + PHASE_UNITS / 2, PHASE_UNITS);
        int y = floor_div(glyphs[i].y + PHASE_UNITS / 2, PHASE_UNITS);
        int whole_x = floor_div(x, GLYPH_PHASES), whole_y = floor_div(y, GLYPH_PHASES);
        struct placed p = { glyphs[i].id, whole_x, whole_y, x - whole_x * GLYPH_PHASES, y - whole_y * GLYPH_PHASES };
        g_array_append_val(into, p);
    }
}

/* Coverages of two glyphs in one pixel add up, to 255 at most. */
static void add_mask(struct mask *to, const struct mask *from, int dx, int dy)
{
    for (int y = 0; y < from->h; y++) {
        uint8_t *out = to->cover + (y + from->y + dy - to->y) * to->stride + (from->x + dx - to->x);
        const uint8_t *in = from->cover + y * from->stride;
        for (int x = 0; x < from->w; x++) out[x] = (uint8_t)MIN(out[x] + in[x], 255);
    }
}

static void text_key(struct raster *r, struct font font, double turn, const char *text, size_t len)
{
    const uint32_t parts[] = { font.family, font.weight, font.size };
    key_begin(r, RASTER_TEXT);
    key_add(r, parts, sizeof parts);
    key_add(r, &turn, sizeof turn);
    key_add(r, text, len);
}

/* A line from masks of its glyphs. Any of these may drop out of the store when another mask is added, so they are
 * found once for the sizes and once more for the pixels, and the line is put together outside of the store. */
static const struct mask *compose_line(struct raster *r, struct font font, const char *text, size_t len)
{
    struct area all = { 0, 0, 0, 0 };
    for (guint i = 0; i < r->placed->len; i++) {
        struct placed p = g_array_index(r->placed, struct placed, i);
        const struct mask *g = raster_glyph(r, font, p);
        if (!g->w || !g->h) continue;
        struct area a = { p.x + g->x, p.y + g->y, p.x + g->x + g->w, p.y + g->y + g->h };
        if (area_is_empty(all)) all = a;
        else all = (struct area){ MIN(all.x0, a.x0), MIN(all.y0, a.y0), MAX(all.x1, a.x1), MAX(all.y1, a.y1) };
    }
    int w = all.x1 - all.x0, h = all.y1 - all.y0, stride = mask_stride(w);
    g_byte_array_set_size(r->line, (guint)(stride * h));
    memset(r->line->data, 0, r->line->len);
    struct mask line = { all.x0, all.y0, w, h, stride, r->line->data, NULL };
    for (guint i = 0; i < r->placed->len; i++) {
        struct placed p = g_array_index(r->placed, struct placed, i);
        add_mask(&line, raster_glyph(r, font, p), p.x, p.y);
    }
    text_key(r, font, 0, text, len);
    struct mask *m = add(r, all);
    memcpy(m->cover, line.cover, r->line->len);
    mask_seal(m);
    return m;
}

/* Turns the path about the origin. Not by a turned matrix while glyphs are traced: whether Cairo 1.16 then turns
 * them too depends on which font was set before. */
static void turn_path(struct raster *r, double turn)
{
    if (turn == 0) return;
    cairo_path_t *path = cairo_copy_path(r->cr);
    cairo_new_path(r->cr);
    cairo_save(r->cr);
    cairo_rotate(r->cr, turn * G_PI / 180);
    cairo_append_path(r->cr, path);
    cairo_restore(r->cr);
    cairo_path_destroy(path);
}

const struct mask *raster_text(struct raster *r, struct font font, double turn, const char *text, size_t len)
{
    text_key(r, font, turn, text, len);
    const struct mask *m = known(r);
    if (m) return m;
    size_t n;
    const struct glyph *glyphs = fonts_glyphs(r->fonts, font, text, len, &n);
    if (glyphs && turn == 0) {
        place_glyphs(r->placed, glyphs, n);
        return compose_line(r, font, text, len);
    }
    cairo_move_to(r->cr, 0, 0);
    pango_cairo_layout_line_path(r->cr, fonts_line(r->fonts, font, text, len));
    turn_path(r, turn);
    return draw_path(r, path_area(r, 0), NULL);
}

const struct mask *raster_round(struct raster *r, const struct round_plan *plan)
{
    key_begin(r, RASTER_ROUND);
    key_add(r, &plan->shape, sizeof plan->shape);
    const struct mask *m = known(r);
    if (m) return m;
    struct mask *made = add(r, (struct area){ 0, 0, plan->w, plan->h });
    round_cover(&plan->shape, made);
    mask_seal(made);
    return made;
}

/* The box of the points, which holds their curves. */
static struct box outline_box(const struct outline *o)
{
    double left = o->points[0].x, top = o->points[0].y, right = left, bottom = top;
    for (uint32_t i = 1; i < o->n_points; i++) {
        left = MIN(left, o->points[i].x), right = MAX(right, o->points[i].x);
        top = MIN(top, o->points[i].y), bottom = MAX(bottom, o->points[i].y);
    }
    return (struct box){ left, top, right - left, bottom - top };
}

/* The key ends with the window that an outline larger than the frame is cut to. */
static void outline_key(struct raster *r, const struct outline *o, int x, int y, const struct area *window)
{
    const double numbers[] = { o->width, o->dash_on, o->dash_off, o->butt };
    key_begin(r, RASTER_OUTLINE);
    key_add(r, numbers, sizeof numbers);
    for (uint32_t i = 0; i < o->n_points; i++) {
        const double at[] = { o->points[i].x - x, o->points[i].y - y };
        key_add(r, at, sizeof at);
    }
    key_add(r, o->verbs, o->n_verbs);
    if (window) key_add(r, window, sizeof *window);
}

const struct mask *raster_outline(struct raster *r, const struct outline *o, struct area frame, int *x, int *y)
{
    static const struct mask nothing;
    *x = *y = 0;
    if (!o->n_points) return &nothing;
    struct box b = outline_box(o);
    *x = whole(floor(b.x));
    *y = whole(floor(b.y));
    struct area window = { frame.x0 - *x, frame.y0 - *y, frame.x1 - *x, frame.y1 - *y };
    bool huge = b.w > frame.x1 - frame.x0 || b.h > frame.y1 - frame.y0;
    outline_key(r, o, *x, *y, huge ? &window : NULL);
    const struct mask *m = known(r);
    if (m) return m;
    outline_trace(o, r->cr, -*x, -*y);
    /* The corners of a dashed border reach further than half of the width. */
    struct area a = path_area(r, o->width > 0 ? o->width * 0.75 + 1 : 0);
    return draw_path(r, huge ? area_meet(a, window) : a, o->width > 0 ? o : NULL);
}
