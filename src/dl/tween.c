/* From one list to another: what is in both moves, what is only in one leaves or arrives. Or, dissolving, nothing moves.
 *
 * Identity does the work: a token's chip has the same key in two chapters, so it stays where it is while everything else
 * changes around it; a row of a matrix becomes the strip because both call it by the same name. Leaving ops are drawn
 * first (under), then the second list in its own order.
 */
#include "base/ease.h"
#include "dl/dl.h"

#include <math.h>
#include <string.h>

static void lerp_box(struct box *to, struct box a, struct box b, double t)
{
    *to = (struct box){ mix(a.x, b.x, t), mix(a.y, b.y, t), mix(a.w, b.w, t), mix(a.h, b.h, t) };
}

static double snap16(double v) { return floor(v * 16 + 0.5) / 16; }

static struct box snap_box(struct box b) { return (struct box){ snap16(b.x), snap16(b.y), snap16(b.w), snap16(b.h) }; }

/* Can a become b by moving? Otherwise the two are cross-faded. */
static bool same_thing(const struct dl *la, const struct dl_op *a, const struct dl *lb, const struct dl_op *b)
{
    if (a->kind != b->kind) return false;
    switch (a->kind) {
    case DL_TEXT:
        return a->text.font.family == b->text.font.family && a->text.turn == b->text.turn && a->text.len == b->text.len &&
               !memcmp(dl_string(la, a->text.text), dl_string(lb, b->text.text), a->text.len);
    case DL_PATH:
        return a->path.n_verbs == b->path.n_verbs && a->path.n_points == b->path.n_points &&
               !memcmp(&g_array_index(la->verbs, char, a->path.verb), &g_array_index(lb->verbs, char, b->path.verb), a->path.n_verbs);
    case DL_HEAT: return a->heat.cols == b->heat.cols && a->heat.rows == b->heat.rows;
    case DL_RECT:
    case DL_BEAM: return true;
    case DL_CLIP:
    case DL_UNCLIP:
    case DL_KIND_COUNT: break;
    }
    return false;
}

/* Appends a copy of an op with its side arrays; the caller may change it. */
static struct dl_op *copy_op(struct dl *out, const struct dl *from, const struct dl_op *op)
{
    struct dl_op c = *op;
    const char *name = dl_string(from, op->name);
    c.name = out->chars->len;
    g_array_append_vals(out->chars, name, (guint)strlen(name) + 1);
    if (op->kind == DL_TEXT) {
        c.text.text = out->chars->len;
        g_array_append_vals(out->chars, dl_string(from, op->text.text), op->text.len + 1);
    } else if (op->kind == DL_PATH) {
        c.path.verb = out->verbs->len;
        c.path.point = out->points->len;
        g_array_append_vals(out->verbs, &g_array_index(from->verbs, char, op->path.verb), op->path.n_verbs);
        g_array_append_vals(out->points, &g_array_index(from->points, struct dl_point, op->path.point), op->path.n_points);
    } else if (op->kind == DL_HEAT) {
        c.heat.color = out->colors->len;
        g_array_append_vals(out->colors, &g_array_index(from->colors, struct rgba, op->heat.color),
                            (guint)op->heat.cols * op->heat.rows);
    }
    g_array_append_val(out->ops, c);
    return &g_array_index(out->ops, struct dl_op, out->ops->len - 1);
}

static void fade_op(struct dl *out, struct dl_op *op, double t)
{
    switch (op->kind) {
    case DL_RECT:
        op->rect.fill = color_fade(op->rect.fill, t);
        op->rect.stroke = color_fade(op->rect.stroke, t);
        break;
    case DL_TEXT:
        op->text.color = color_fade(op->text.color, t);
        break;
    case DL_PATH:
        op->path.fill = color_fade(op->path.fill, t);
        op->path.stroke = color_fade(op->path.stroke, t);
        break;
    case DL_HEAT:
        for (guint i = 0; i < (guint)op->heat.cols * op->heat.rows; i++) {
            struct rgba *c = &g_array_index(out->colors, struct rgba, op->heat.color + i);
            *c = color_fade(*c, t);
        }
        break;
    case DL_BEAM:
        op->beam.top = color_fade(op->beam.top, t);
        op->beam.bottom = color_fade(op->beam.bottom, t);
        break;
    case DL_CLIP:
    case DL_UNCLIP:
    case DL_KIND_COUNT: break;
    }
}

/* `op` is a copy of b in out; moves it to where it is at t between a and b. */
static void blend_op(struct dl *out, struct dl_op *op, const struct dl *la, const struct dl_op *a, double t)
{
    struct dl_op b = *op;
    op->box = box_join(a->box, b.box); /* on the way it stays inside the hull of both */
    switch (op->kind) {
    case DL_RECT:
        lerp_box(&op->rect.box, a->rect.box, b.rect.box, t);
        op->rect.box = snap_box(op->rect.box);
        op->rect.radius = snap16(mix(a->rect.radius, b.rect.radius, t));
        op->rect.width = snap16(mix(a->rect.width, b.rect.width, t));
        op->rect.fill = color_mix(a->rect.fill, b.rect.fill, t);
        op->rect.stroke = color_mix(a->rect.stroke, b.rect.stroke, t);
        break;
    case DL_TEXT:
        op->text.x = round(mix(a->text.x, b.text.x, t));
        op->text.y = round(mix(a->text.y, b.text.y, t));
        op->text.font.size = (uint16_t)round(mix(a->text.font.size, b.text.font.size, t));
        op->text.color = color_mix(a->text.color, b.text.color, t);
        break;
    case DL_PATH:
        for (guint i = 0; i < op->path.n_points; i++) {
            struct dl_point *q = &g_array_index(out->points, struct dl_point, op->path.point + i);
            const struct dl_point *p = &g_array_index(la->points, struct dl_point, a->path.point + i);
            *q = (struct dl_point){ snap16(mix(p->x, q->x, t)), snap16(mix(p->y, q->y, t)) };
        }
        op->path.fill = color_mix(a->path.fill, b.path.fill, t);
        op->path.stroke = color_mix(a->path.stroke, b.path.stroke, t);
        break;
    case DL_HEAT:
        op->heat.x = round(mix(a->heat.x, b.heat.x, t));
        op->heat.y = round(mix(a->heat.y, b.heat.y, t));
        op->heat.cell_w = (uint16_t)round(mix(a->heat.cell_w, b.heat.cell_w, t));
        op->heat.cell_h = (uint16_t)round(mix(a->heat.cell_h, b.heat.cell_h, t));
        op->heat.pitch_x = (uint16_t)round(mix(a->heat.pitch_x, b.heat.pitch_x, t));
        op->heat.pitch_y = (uint16_t)round(mix(a->heat.pitch_y, b.heat.pitch_y, t));
        for (guint i = 0; i < (guint)op->heat.cols * op->heat.rows; i++) {
            struct rgba *c = &g_array_index(out->colors, struct rgba, op->heat.color + i);
            *c = color_mix(g_array_index(la->colors, struct rgba, a->heat.color + i), *c, t);
        }
        break;
    case DL_BEAM:
        lerp_box(&op->beam.box, a->beam.box, b.beam.box, t);
        op->beam.box = snap_box(op->beam.box);
        op->beam.top = color_mix(a->beam.top, b.beam.top, t);
        op->beam.bottom = color_mix(a->beam.bottom, b.beam.bottom, t);
        break;
    case DL_CLIP:
    case DL_UNCLIP:
    case DL_KIND_COUNT: break;
    }
}

static GHashTable *index_by_key(const struct dl *dl)
{
    GHashTable *t = g_hash_table_new(g_int64_hash, g_int64_equal);
    for (guint i = 0; i < dl->ops->len; i++)
        g_hash_table_insert(t, (gpointer)&dl_op_at(dl, i)->key, (gpointer)dl_op_at(dl, i));
    return t;
}

static bool is_clip(const struct dl_op *op) { return op->kind == DL_CLIP || op->kind == DL_UNCLIP; }

/* A leaving text that stands on a shape of its own scope which moves (a cell's number): it rides along, on top, and is
 * gone soon. Returns that shape's op in `a`, or NULL. */
static const struct dl_op *carrier(const struct dl *a, guint i)
{
    const struct dl_op *op = dl_op_at(a, i), *under = i ? dl_op_at(a, i - 1) : NULL;
    return op->kind == DL_TEXT && under && under->name == op->name && under->kind == DL_RECT ? under : NULL;
}

struct tween {
    struct dl *out;
    const struct dl *a, *b;
    GHashTable *in_a, *in_b;  /* by key */
    GHashTable *riders;       /* shape in b -> the text in a that rides on it */
    double move, leave, arrive, ride;
};

static const struct dl_op *twin_in(GHashTable *other, const struct dl *la, const struct dl_op *op, const struct dl *lb)
{
    const struct dl_op *twin = g_hash_table_lookup(other, &op->key);
    return twin && same_thing(la, op, lb, twin) ? twin : NULL;
}

static void draw_leaving(struct tween *w)
{
    for (guint i = 0; i < w->a->ops->len; i++) {
        const struct dl_op *op = dl_op_at(w->a, i);
        if (is_clip(op)) {
            copy_op(w->out, w->a, op);
            continue;
        }
        if (twin_in(w->in_b, w->a, op, w->b)) continue;
        const struct dl_op *under = carrier(w->a, i), *moves = under ? twin_in(w->in_b, w->a, under, w->b) : NULL;
        if (moves) {
            g_hash_table_insert(w->riders, (gpointer)moves, (gpointer)op);
        } else if (w->leave > 0) {
            struct dl_op *left = copy_op(w->out, w->a, op);
            if (left->kind == DL_TEXT && left->text.fact >= 0) left->text.fact = DL_QUOTED; /* its book is closed */
            fade_op(w->out, left, w->leave);
        }
    }
}

static void draw_rider(struct tween *w, const struct dl_op *shape, const struct dl_op *under)
{
    const struct dl_op *rider = g_hash_table_lookup(w->riders, shape);
    if (!rider || w->ride <= 0) return;
    struct dl_op *text = copy_op(w->out, w->a, rider);
    double dx = round((box_mid_x(shape->rect.box) - box_mid_x(under->rect.box)) * w->move);
    double dy = round((box_mid_y(shape->rect.box) - box_mid_y(under->rect.box)) * w->move);
    if (text->text.fact >= 0) text->text.fact = DL_QUOTED;
    text->text.x += dx;
    text->text.y += dy;
    text->box.x += dx;
    text->box.y += dy;
    fade_op(w->out, text, w->ride);
}

static void draw_arriving(struct tween *w)
{
    for (guint i = 0; i < w->b->ops->len; i++) {
        const struct dl_op *op = dl_op_at(w->b, i), *twin = is_clip(op) ? NULL : twin_in(w->in_a, w->b, op, w->a);
        if (is_clip(op)) copy_op(w->out, w->b, op);
        else if (twin) blend_op(w->out, copy_op(w->out, w->b, op), w->a, twin, w->move);
        else if (w->arrive > 0) fade_op(w->out, copy_op(w->out, w->b, op), w->arrive);
        if (twin) draw_rider(w, op, twin);
    }
}

void dl_tween(struct dl *out, const struct dl *a, const struct dl *b, double t)
{
    if (t <= 0 || t >= 1) {
        dl_copy(out, t <= 0 ? a : b);
        return;
    }
    /* The two fades overlap, so that no picture lies between that is all but empty. */
    struct tween w = { out, a, b, index_by_key(a), index_by_key(b), g_hash_table_new(NULL, NULL), ease(EASE_IN_OUT, t),
                       1 - ease(EASE_IN_OUT, t / 0.7), ease(EASE_IN_OUT, (t - 0.15) / 0.85), 1 - ease(EASE_IN_OUT, t / 0.35) };
    dl_begin(out, b->width, b->height, color_mix(a->background, b->background, w.move), NULL, NULL);
    draw_leaving(&w);
    draw_arriving(&w);
    g_hash_table_destroy(w.in_a);
    g_hash_table_destroy(w.in_b);
    g_hash_table_destroy(w.riders);
}

/* --- dissolving ------------------------------------------------------------------------------------------------------ */

static bool same_outline(const struct dl *la, const struct dl_op *a, const struct dl *lb, const struct dl_op *b)
{
    return a->path.width == b->path.width && a->path.dash_on == b->path.dash_on && a->path.dash_off == b->path.dash_off &&
           !memcmp(&g_array_index(la->points, struct dl_point, a->path.point),
                   &g_array_index(lb->points, struct dl_point, b->path.point), a->path.n_points * sizeof(struct dl_point));
}

static bool same_box(struct box a, struct box b) { return a.x == b.x && a.y == b.y && a.w == b.w && a.h == b.h; }

/* Is the same thing at the same place, in the same size? Then at most its colours differ. */
static bool stands_still(const struct dl *la, const struct dl_op *a, const struct dl *lb, const struct dl_op *b)
{
    if (!same_thing(la, a, lb, b)) return false;
    switch (a->kind) {
    case DL_RECT:
        return same_box(a->rect.box, b->rect.box) && a->rect.radius == b->rect.radius && a->rect.width == b->rect.width &&
               a->rect.dash_on == b->rect.dash_on && a->rect.dash_off == b->rect.dash_off;
    case DL_TEXT:
        return a->text.x == b->text.x && a->text.y == b->text.y && a->text.font.size == b->text.font.size &&
               a->text.font.weight == b->text.font.weight;
    case DL_PATH: return same_outline(la, a, lb, b);
    case DL_HEAT:
        return a->heat.x == b->heat.x && a->heat.y == b->heat.y && a->heat.cell_w == b->heat.cell_w &&
               a->heat.cell_h == b->heat.cell_h && a->heat.pitch_x == b->heat.pitch_x &&
               a->heat.pitch_y == b->heat.pitch_y && a->heat.radius == b->heat.radius;
    case DL_BEAM: return same_box(a->beam.box, b->beam.box);
    case DL_CLIP:
    case DL_UNCLIP:
    case DL_KIND_COUNT: break;
    }
    return false;
}

struct dissolve {
    struct dl *out;
    const struct dl *a, *b;
    GHashTable *in_a, *in_b;
    double t;
    guint next;     /* ops of `a` before this one have been told */
    GArray *clips;  /* open clips of `a` at `next`: struct dl_op */
};

/* Of one identity there is one op: what leaves gives its own up. */
static const uint64_t LEFT = 0x9e3779b97f4a7c15u;

/* An op of `a` that has no place in `b`, cut as it was there. */
static void draw_left(struct dissolve *d, const struct dl_op *op, double alpha)
{
    static const struct dl_op end = { .kind = DL_UNCLIP, .key = LEFT };
    for (guint i = 0; i < d->clips->len; i++) copy_op(d->out, d->a, &g_array_index(d->clips, struct dl_op, i))->key ^= LEFT;
    struct dl_op *left = copy_op(d->out, d->a, op);
    left->key ^= LEFT;
    if (left->kind == DL_TEXT && left->text.fact >= 0) left->text.fact = DL_QUOTED; /* its book is closed */
    fade_op(d->out, left, alpha);
    for (guint i = 0; i < d->clips->len; i++) copy_op(d->out, d->a, &end);
}

/* A text that takes another's place. */
static bool rewords(const struct dl_op *op, const struct dl_op *twin)
{
    return twin && op->kind == DL_TEXT && twin->kind == DL_TEXT;
}

/* How much is there of an op that arrives, `far` of the way on; what leaves is the same seen from the other end. Shapes
 * come as evenly as others go, so that no part of the picture brightens and darkens on the way; words never lie over
 * words. */
static double arrived(const struct dl_op *op, double far) { return op->kind == DL_TEXT ? MAX(0, 2 * far - 1) : far; }

/* Tells the ops of `a` up to `end`: those that leave are drawn where they stood in the order, so that what lay over a
 * panel still does. */
static void draw_left_until(struct dissolve *d, guint end)
{
    for (; d->next < end; d->next++) {
        const struct dl_op *op = dl_op_at(d->a, d->next);
        if (op->kind == DL_CLIP) g_array_append_val(d->clips, *op);
        if (op->kind == DL_UNCLIP && d->clips->len) g_array_set_size(d->clips, d->clips->len - 1);
        if (is_clip(op)) continue;
        const struct dl_op *twin = g_hash_table_lookup(d->in_b, &op->key);
        if (twin && stands_still(d->a, op, d->b, twin)) continue;
        double alpha = rewords(op, twin) ? d->t < 0.5 : arrived(op, 1 - d->t);
        if (alpha > 0) draw_left(d, op, alpha);
    }
}

static void draw_stays(struct dissolve *d, const struct dl_op *op)
{
    const struct dl_op *twin = is_clip(op) ? NULL : g_hash_table_lookup(d->in_a, &op->key);
    if (twin && stands_still(d->a, twin, d->b, op)) {
        draw_left_until(d, (guint)(twin - dl_op_at(d->a, 0)));
        blend_op(d->out, copy_op(d->out, d->b, op), d->a, twin, d->t);
        return;
    }
    double alpha = is_clip(op) ? 1 : rewords(op, twin) ? d->t >= 0.5 : arrived(op, d->t);
    if (alpha > 0) fade_op(d->out, copy_op(d->out, d->b, op), alpha);
}

void dl_dissolve(struct dl *out, const struct dl *a, const struct dl *b, double t)
{
    if (t <= 0 || t >= 1) {
        dl_copy(out, t <= 0 ? a : b);
        return;
    }
    struct dissolve d = { out, a, b, index_by_key(a), index_by_key(b), t, 0, g_array_new(FALSE, FALSE, sizeof(struct dl_op)) };
    dl_begin(out, b->width, b->height, color_mix(a->background, b->background, t), NULL, NULL);
    for (guint i = 0; i < b->ops->len; i++) draw_stays(&d, dl_op_at(b, i));
    draw_left_until(&d, a->ops->len);
    g_array_free(d.clips, TRUE);
    g_hash_table_destroy(d.in_a);
    g_hash_table_destroy(d.in_b);
}
