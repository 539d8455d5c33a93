/* Building a display list.
 *
 * The pen is what is open while a list is being built: scopes (who an op is), states (alpha and shift), clips, and the
 * outline under construction. Ops that end up invisible are not pushed, but they still count in their scope, so that the
 * keys of their neighbours do not depend on what happens to be visible.
 */
#include "dl/dl.h"
#include "dl/hash.h"
#include "sim/fact.h"

#include <math.h>
#include <string.h>

struct scope { uint64_t hash; uint32_t ordinal, name; };
struct state { double alpha, dx, dy; };

struct dl_pen {
    const struct facts *facts;
    int32_t book;
    const struct measurer *measurer;
    GArray *scopes, *states, *clips;   /* struct scope, struct state, struct box */
    guint first_verb, first_point;     /* of the open outline */
    GArray *scratch;                   /* struct dl_point: flattened outlines */
};

#define top_of(array, type) (&g_array_index(array, type, (array)->len - 1))

struct dl *dl_new(void)
{
    struct dl *dl = g_new0(struct dl, 1);
    dl->ops = g_array_new(FALSE, FALSE, sizeof(struct dl_op));
    dl->points = g_array_new(FALSE, FALSE, sizeof(struct dl_point));
    dl->verbs = g_array_new(FALSE, FALSE, 1);
    dl->colors = g_array_new(FALSE, FALSE, sizeof(struct rgba));
    dl->chars = g_array_new(FALSE, FALSE, 1);
    dl->pen = g_new0(struct dl_pen, 1);
    dl->pen->scopes = g_array_new(FALSE, FALSE, sizeof(struct scope));
    dl->pen->states = g_array_new(FALSE, FALSE, sizeof(struct state));
    dl->pen->clips = g_array_new(FALSE, FALSE, sizeof(struct box));
    dl->pen->scratch = g_array_new(FALSE, FALSE, sizeof(struct dl_point));
    return dl;
}

void dl_free(struct dl *dl)
{
    if (!dl) return;
    GArray *all[] = { dl->ops, dl->points, dl->verbs, dl->colors, dl->chars,
                      dl->pen->scopes, dl->pen->states, dl->pen->clips, dl->pen->scratch };
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++) g_array_free(all[i], TRUE);
    g_free(dl->pen);
    g_free(dl);
}

void dl_read_from(struct dl *dl, const struct facts *facts, int book)
{
    dl->pen->facts = facts;
    dl->pen->book = book;
}

static uint32_t keep_string(struct dl *dl, const char *text, size_t len)
{
    uint32_t at = dl->chars->len;
    g_array_append_vals(dl->chars, text, (guint)len);
    g_array_append_vals(dl->chars, "", 1);
    return at;
}

void dl_begin(struct dl *dl, int width, int height, struct rgba background, const struct facts *facts,
              const struct measurer *measurer)
{
    GArray *all[] = { dl->ops, dl->points, dl->verbs, dl->colors, dl->chars,
                      dl->pen->scopes, dl->pen->states, dl->pen->clips };
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++) g_array_set_size(all[i], 0);
    dl->width = width;
    dl->height = height;
    dl->background = background;
    dl_read_from(dl, facts, 0);
    dl->pen->measurer = measurer;
    dl->pen->first_verb = dl->pen->first_point = 0;
    struct scope root = { 0x6B76, 0, keep_string(dl, "frame", 5) };
    struct state plain = { 1, 0, 0 };
    struct box all_of_it = { 0, 0, width, height };
    g_array_append_val(dl->pen->scopes, root);
    g_array_append_val(dl->pen->states, plain);
    g_array_append_val(dl->pen->clips, all_of_it);
}

static void copy_array(GArray *to, const GArray *from)
{
    g_array_set_size(to, 0);
    if (from->len) g_array_append_vals(to, from->data, from->len);
}

void dl_copy(struct dl *to, const struct dl *from)
{
    to->width = from->width;
    to->height = from->height;
    to->background = from->background;
    copy_array(to->ops, from->ops);
    copy_array(to->points, from->points);
    copy_array(to->verbs, from->verbs);
    copy_array(to->colors, from->colors);
    copy_array(to->chars, from->chars);
}

static uint32_t append_array(GArray *to, const GArray *from)
{
    uint32_t at = to->len;
    if (from->len) g_array_append_vals(to, from->data, from->len);
    return at;
}

void dl_append(struct dl *dl, const struct dl *from)
{
    uint32_t points = append_array(dl->points, from->points), verbs = append_array(dl->verbs, from->verbs);
    uint32_t colors = append_array(dl->colors, from->colors), chars = append_array(dl->chars, from->chars);
    dl->pen->first_verb = dl->verbs->len;
    dl->pen->first_point = dl->points->len;
    for (guint i = 0; i < from->ops->len; i++) {
        struct dl_op op = *dl_op_at(from, i);
        op.name += chars;
        switch (op.kind) {
        case DL_TEXT: op.text.text += chars; break;
        case DL_HEAT: op.heat.color += colors; break;
        case DL_PATH:
            op.path.verb += verbs;
            op.path.point += points;
            break;
        case DL_RECT: case DL_BEAM: case DL_CLIP: case DL_UNCLIP: case DL_KIND_COUNT: break;
        }
        g_array_append_val(dl->ops, op);
    }
}

/* --- scopes and states --- */

void dl_enter(struct dl *dl, const char *name, int index)
{
    const struct scope *outer = top_of(dl->pen->scopes, struct scope);
    size_t n = strlen(name);
    char text[96];
    if (index >= 0) n = (size_t)g_snprintf(text, sizeof text, "%s %d", name, index);
    else n = g_strlcpy(text, name, sizeof text);
    n = MIN(n, sizeof text - 1);
    struct scope s = { hash_bytes(outer->hash, text, n), 0, keep_string(dl, text, n) };
    g_array_append_val(dl->pen->scopes, s);
}

void dl_leave(struct dl *dl)
{
    g_assert(dl->pen->scopes->len > 1);
    g_array_set_size(dl->pen->scopes, dl->pen->scopes->len - 1);
}

void dl_fade(struct dl *dl, double t)
{
    struct state s = *top_of(dl->pen->states, struct state);
    s.alpha *= CLAMP(t, 0.0, 1.0);
    g_array_append_val(dl->pen->states, s);
}

void dl_shift(struct dl *dl, double dx, double dy)
{
    struct state s = *top_of(dl->pen->states, struct state);
    s.dx += round(dx);
    s.dy += round(dy);
    g_array_append_val(dl->pen->states, s);
}

void dl_restore(struct dl *dl)
{
    g_assert(dl->pen->states->len > 1);
    g_array_set_size(dl->pen->states, dl->pen->states->len - 1);
}

/* --- pushing --- */

static double snap16(double v) { return floor(v * 16 + 0.5) / 16; }

static struct box snap_box(struct box b)
{
    double x = snap16(b.x), y = snap16(b.y);
    return (struct box){ x, y, snap16(b.x + b.w) - x, snap16(b.y + b.h) - y };
}

static struct rgba faded(const struct dl *dl, struct rgba c)
{
    return color_fade(c, top_of(dl->pen->states, struct state)->alpha);
}

/* The whole pixels that a shape's box grown by `grow` touches. */
static struct box pixels_of(struct box b, double grow)
{
    double x = floor(b.x - grow), y = floor(b.y - grow);
    return (struct box){ x, y, ceil(b.x + b.w + grow) - x, ceil(b.y + b.h + grow) - y };
}

/* Counts the op in its scope; pushes it unless it cannot be seen. */
static void push(struct dl *dl, struct dl_op op, bool visible)
{
    struct scope *s = top_of(dl->pen->scopes, struct scope);
    op.key = hash_u64(s->hash, s->ordinal++) | 1;
    op.name = s->name;
    op.box = box_meet(op.box, *top_of(dl->pen->clips, struct box));
    if (visible && (!box_is_empty(op.box) || op.kind == DL_CLIP || op.kind == DL_UNCLIP)) g_array_append_val(dl->ops, op);
}

void dl_push_rect(struct dl *dl, struct box box, struct dl_rect_args a)
{
    const struct state *s = top_of(dl->pen->states, struct state);
    box.x += s->dx;
    box.y += s->dy;
    box = snap_box(box);
    a.width = MAX(a.width, 0);
    struct dl_op op = { .kind = DL_RECT, .box = pixels_of(box, a.stroke.a ? a.width / 2 : 0) };
    op.rect = (struct dl_rect){ box, MIN(a.radius, MIN(box.w, box.h) / 2), faded(dl, a.fill),
                                faded(dl, a.width > 0 ? a.stroke : RGBA_NONE), snap16(a.width), a.dash_on, a.dash_off };
    push(dl, op, box.w > 0 && box.h > 0 && (op.rect.fill.a || op.rect.stroke.a));
}

struct text_size dl_measure(const struct dl *dl, struct font font, const char *text)
{
    struct text_size size;
    const struct measurer *m = dl->pen->measurer;
    m->measure(m->self, font, text, strlen(text), &size);
    return size;
}

/* Ink box of a text turned about its origin. One pixel is added for antialiasing and rounded glyph origins. */
static struct box text_box(double x, double y, double turn, const struct text_size *t)
{
    if (turn == 0)
        return pixels_of((struct box){ x + t->ink_left, y + t->ink_top, t->ink_right - t->ink_left, t->ink_bottom - t->ink_top }, 1);
    double c = cos(turn * G_PI / 180), s = sin(turn * G_PI / 180);
    double xs[] = { t->ink_left, t->ink_right }, ys[] = { t->ink_top, t->ink_bottom };
    struct box b = { 0 };
    double lo_x = INFINITY, hi_x = -INFINITY, lo_y = INFINITY, hi_y = -INFINITY;
    for (int i = 0; i < 4; i++) {
        double px = x + xs[i & 1] * c - ys[i >> 1] * s, py = y + xs[i & 1] * s + ys[i >> 1] * c;
        lo_x = fmin(lo_x, px), hi_x = fmax(hi_x, px), lo_y = fmin(lo_y, py), hi_y = fmax(hi_y, py);
    }
    b = (struct box){ lo_x, lo_y, hi_x - lo_x, hi_y - lo_y };
    return pixels_of(b, 2);
}

static double push_text(struct dl *dl, double x, double y, double turn, struct font font, struct rgba color,
                        const char *text, int fact, double align)
{
    struct dl_op op = { .kind = DL_TEXT };
    const struct state *s = top_of(dl->pen->states, struct state);
    size_t len = strlen(text);
    if (!len) {
        push(dl, op, false);
        return 0;
    }
    struct text_size size = dl_measure(dl, font, text);
    x = round(x + s->dx - align * size.width);
    y = round(y + s->dy);
    color = faded(dl, color);
    op.box = text_box(x, y, turn, &size);
    op.text = (struct dl_text){ x, y, turn, font, color, 0, (uint32_t)len, fact, dl->pen->book };
    if (color.a) op.text.text = keep_string(dl, text, len);
    push(dl, op, color.a > 0);
    return size.width;
}

double dl_text(struct dl *dl, double x, double y, struct font font, struct rgba color, const char *text)
{
    return push_text(dl, x, y, 0, font, color, text, DL_WORDS, 0);
}

double dl_text_turned(struct dl *dl, double x, double y, double turn, struct font font, struct rgba color, const char *text)
{
    return push_text(dl, x, y, turn, font, color, text, DL_WORDS, 0);
}

double dl_text_right(struct dl *dl, double x, double y, struct font font, struct rgba color, const char *text)
{
    return push_text(dl, x, y, 0, font, color, text, DL_WORDS, 1);
}

double dl_text_mid(struct dl *dl, double x, double y, struct font font, struct rgba color, const char *text)
{
    return push_text(dl, x, y, 0, font, color, text, DL_WORDS, 0.5);
}

static double push_fact(struct dl *dl, double x, double y, struct font font, struct rgba color, int fact, int form, double align)
{
    char text[64];
    facts_text(dl->pen->facts, fact, (enum fact_form)form, text, sizeof text);
    return push_text(dl, x, y, 0, font, color, text, fact, align);
}

double dl_fact(struct dl *dl, double x, double y, struct font font, struct rgba color, int fact, int form)
{
    return push_fact(dl, x, y, font, color, fact, form, 0);
}

double dl_fact_right(struct dl *dl, double x, double y, struct font font, struct rgba color, int fact, int form)
{
    return push_fact(dl, x, y, font, color, fact, form, 1);
}

double dl_fact_mid(struct dl *dl, double x, double y, struct font font, struct rgba color, int fact, int form)
{
    return push_fact(dl, x, y, font, color, fact, form, 0.5);
}

double dl_text_of_fact(struct dl *dl, double x, double y, struct font font, struct rgba color, int fact, const char *text)
{
    return push_text(dl, x, y, 0, font, color, text, fact, 0);
}

double dl_text_of_fact_right(struct dl *dl, double x, double y, struct font font, struct rgba color, int fact, const char *text)
{
    return push_text(dl, x, y, 0, font, color, text, fact, 1);
}

double dl_text_of_fact_mid(struct dl *dl, double x, double y, struct font font, struct rgba color, int fact, const char *text)
{
    return push_text(dl, x, y, 0, font, color, text, fact, 0.5);
}

double dl_text_of_fact_turned(struct dl *dl, double x, double y, double turn, struct font font, struct rgba color, int fact,
                              const char *text)
{
    return push_text(dl, x, y, turn, font, color, text, fact, 0);
}

void dl_heat(struct dl *dl, struct dl_heat a, const struct rgba *colors)
{
    const struct state *s = top_of(dl->pen->states, struct state);
    a.x = round(a.x + s->dx);
    a.y = round(a.y + s->dy);
    a.color = dl->colors->len;
    guint n = (guint)a.cols * a.rows;
    bool any = false;
    for (guint i = 0; i < n; i++) {
        struct rgba c = faded(dl, colors[i]);
        any |= c.a > 0;
        g_array_append_val(dl->colors, c);
    }
    double w = n ? (a.cols - 1) * a.pitch_x + a.cell_w : 0, h = n ? (a.rows - 1) * a.pitch_y + a.cell_h : 0;
    push(dl, (struct dl_op){ .kind = DL_HEAT, .box = { a.x, a.y, w, h }, .heat = a }, any);
}

void dl_beam(struct dl *dl, struct box box, struct rgba top, struct rgba bottom)
{
    const struct state *s = top_of(dl->pen->states, struct state);
    box.x += s->dx;
    box.y += s->dy;
    box = snap_box(box);
    struct dl_op op = { .kind = DL_BEAM, .box = pixels_of(box, 0), .beam = { box, faded(dl, top), faded(dl, bottom) } };
    push(dl, op, op.beam.top.a || op.beam.bottom.a);
}

void dl_clip(struct dl *dl, struct box box)
{
    const struct state *s = top_of(dl->pen->states, struct state);
    box.x += s->dx;
    box.y += s->dy;
    double x = round(box.x), y = round(box.y);
    box = (struct box){ x, y, round(box.x + box.w) - x, round(box.y + box.h) - y };
    box = box_meet(box, *top_of(dl->pen->clips, struct box));
    push(dl, (struct dl_op){ .kind = DL_CLIP, .box = box, .clip = { box } }, true);
    g_array_append_val(dl->pen->clips, box);
}

void dl_unclip(struct dl *dl)
{
    g_assert(dl->pen->clips->len > 1);
    g_array_set_size(dl->pen->clips, dl->pen->clips->len - 1);
    push(dl, (struct dl_op){ .kind = DL_UNCLIP }, true);
}

/* --- outlines --- */

static void add_verb(struct dl *dl, char verb, int n, const struct dl_point *p)
{
    g_array_append_val(dl->verbs, verb);
    if (n) g_array_append_vals(dl->points, p, (guint)n);
}

void dl_move_to(struct dl *dl, double x, double y) { add_verb(dl, 'M', 1, &(struct dl_point){ x, y }); }
void dl_line_to(struct dl *dl, double x, double y) { add_verb(dl, 'L', 1, &(struct dl_point){ x, y }); }
void dl_close(struct dl *dl) { add_verb(dl, 'Z', 0, NULL); }

void dl_curve_to(struct dl *dl, double x1, double y1, double x2, double y2, double x, double y)
{
    add_verb(dl, 'C', 3, (struct dl_point[]){ { x1, y1 }, { x2, y2 }, { x, y } });
}

void dl_corner_to(struct dl *dl, double x, double y, double to_x, double to_y, double radius)
{
    struct dl_point at = *top_of(dl->points, struct dl_point);
    double in = hypot(x - at.x, y - at.y), out = hypot(to_x - x, to_y - y);
    double r = MIN(radius, MIN(in, out));
    if (r <= 0) {
        dl_line_to(dl, x, y);
        return;
    }
    double ix = (at.x - x) / in, iy = (at.y - y) / in, ox = (to_x - x) / out, oy = (to_y - y) / out;
    double near = 1 - 0.5523; /* control points of a quarter circle lie this far from the corner, as a share of r */
    dl_line_to(dl, x + ix * r, y + iy * r);
    dl_curve_to(dl, x + ix * r * near, y + iy * r * near, x + ox * r * near, y + oy * r * near, x + ox * r, y + oy * r);
}

static void end_outline(struct dl *dl, struct rgba fill, struct rgba stroke, double width, struct dl_stroke_args a)
{
    struct dl_pen *pen = dl->pen;
    const struct state *s = top_of(pen->states, struct state);
    struct dl_path p = { pen->first_verb, dl->verbs->len - pen->first_verb, pen->first_point,
                         dl->points->len - pen->first_point, faded(dl, fill), faded(dl, stroke), snap16(width), a.dash_on, a.dash_off };
    double lo_x = INFINITY, hi_x = -INFINITY, lo_y = INFINITY, hi_y = -INFINITY;
    for (guint i = 0; i < p.n_points; i++) {
        struct dl_point *q = &g_array_index(dl->points, struct dl_point, p.point + i);
        q->x = snap16(q->x + s->dx);
        q->y = snap16(q->y + s->dy);
        lo_x = fmin(lo_x, q->x), hi_x = fmax(hi_x, q->x), lo_y = fmin(lo_y, q->y), hi_y = fmax(hi_y, q->y);
    }
    struct dl_op op = { .kind = DL_PATH, .path = p };
    if (p.n_points) op.box = pixels_of((struct box){ lo_x, lo_y, hi_x - lo_x, hi_y - lo_y }, p.width / 2 + 1);
    push(dl, op, p.n_points > 1 && (p.fill.a || (p.stroke.a && p.width > 0)));
    pen->first_verb = dl->verbs->len;
    pen->first_point = dl->points->len;
}

void dl_fill(struct dl *dl, struct rgba fill) { end_outline(dl, fill, RGBA_NONE, 0, (struct dl_stroke_args){ 0 }); }

void dl_push_stroke(struct dl *dl, double width, struct rgba color, struct dl_stroke_args args)
{
    end_outline(dl, RGBA_NONE, color, width, args);
}

/* The open outline's first run as a polyline in pen->scratch; returns its length. */
static double flatten(const struct dl *dl)
{
    GArray *out = dl->pen->scratch;
    const struct dl_point *p = &g_array_index(dl->points, struct dl_point, dl->pen->first_point);
    double length = 0;
    g_array_set_size(out, 0);
    for (guint v = dl->pen->first_verb; v < dl->verbs->len; v++) {
        char verb = g_array_index(dl->verbs, char, v);
        int steps = verb == 'C' ? 24 : verb == 'Z' ? 0 : 1;
        for (int i = 1; i <= steps; i++) {
            struct dl_point q = p[0];
            if (verb == 'C') {
                double u = i / 24.0, w = 1 - u;
                struct dl_point a = g_array_index(out, struct dl_point, out->len - (guint)i); /* where the curve began */
                q.x = w * w * w * a.x + 3 * w * w * u * p[0].x + 3 * w * u * u * p[1].x + u * u * u * p[2].x;
                q.y = w * w * w * a.y + 3 * w * w * u * p[0].y + 3 * w * u * u * p[1].y + u * u * u * p[2].y;
            }
            if (out->len) {
                struct dl_point last = *top_of(out, struct dl_point);
                length += hypot(q.x - last.x, q.y - last.y);
            }
            g_array_append_val(out, q);
        }
        p += verb == 'C' ? 3 : verb == 'Z' ? 0 : 1;
    }
    return length;
}

/* The point `distance` along the flattened outline, and the index of the vertex behind it. */
static struct dl_point walk(const GArray *line, double distance, guint *next)
{
    struct dl_point at = g_array_index(line, struct dl_point, 0);
    for (guint i = 1; i < line->len; i++) {
        struct dl_point q = g_array_index(line, struct dl_point, i);
        double step = hypot(q.x - at.x, q.y - at.y);
        if (step >= distance || i + 1 == line->len) {
            double t = step > 0 ? MIN(distance / step, 1.0) : 1;
            *next = i;
            return (struct dl_point){ at.x + (q.x - at.x) * t, at.y + (q.y - at.y) * t };
        }
        distance -= step;
        at = q;
    }
    *next = line->len;
    return at;
}

void dl_stroke_part(struct dl *dl, double width, struct rgba color, double from, double to)
{
    GArray *line = dl->pen->scratch;
    double length = flatten(dl);
    bool some = to > from && length > 0;
    g_array_set_size(dl->verbs, dl->pen->first_verb);
    g_array_set_size(dl->points, dl->pen->first_point);
    if (some) {
        guint first, last;
        struct dl_point a = walk(line, CLAMP(from, 0.0, 1.0) * length, &first);
        struct dl_point b = walk(line, CLAMP(to, 0.0, 1.0) * length, &last);
        dl_move_to(dl, a.x, a.y);
        for (guint i = first; i < last; i++) {
            struct dl_point q = g_array_index(line, struct dl_point, i);
            dl_line_to(dl, q.x, q.y);
        }
        dl_line_to(dl, b.x, b.y);
    }
    end_outline(dl, RGBA_NONE, color, width, (struct dl_stroke_args){ 0 });
}

struct dl_point dl_outline_at(const struct dl *dl, double t, struct dl_point *direction)
{
    const GArray *line = dl->pen->scratch;
    double length = flatten(dl);
    guint next;
    g_assert(line->len > 1);
    struct dl_point at = walk(line, CLAMP(t, 0.0, 1.0) * length, &next);
    if (direction) {
        struct dl_point a = g_array_index(line, struct dl_point, next - 1), b = g_array_index(line, struct dl_point, next);
        double step = hypot(b.x - a.x, b.y - a.y);
        *direction = step > 0 ? (struct dl_point){ (b.x - a.x) / step, (b.y - a.y) / step } : (struct dl_point){ 1, 0 };
    }
    return at;
}
