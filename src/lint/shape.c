/* Ops as geometry: where a text's ink is, which lines an op strokes, and what colour it leaves at a point. Edges are
 * taken as hard and curves as eight straight pieces, which is far finer than what the lints decide.
 */
#include "lint/shape.h"

#include <math.h>
#include <string.h>

enum { CURVE_PIECES = 8 };

struct ink ink_of_text(const struct dl *dl, const struct dl_text *t, const struct measurer *measurer)
{
    struct text_size s;
    double turn = t->turn * G_PI / 180;
    measurer->measure(measurer->self, t->font, dl_string(dl, t->text), t->len, &s);
    return (struct ink){ t->x, t->y, cos(turn), sin(turn), s.ink_left, s.ink_top, s.ink_right, s.ink_bottom };
}

struct dl_point ink_point(const struct ink *i, double u, double v)
{
    return (struct dl_point){ i->x + u * i->cos - v * i->sin, i->y + u * i->sin + v * i->cos };
}

static void corners(const struct ink *i, struct dl_point out[4])
{
    out[0] = ink_point(i, i->left, i->top);
    out[1] = ink_point(i, i->right, i->top);
    out[2] = ink_point(i, i->right, i->bottom);
    out[3] = ink_point(i, i->left, i->bottom);
}

struct box ink_bounds(const struct ink *i)
{
    struct dl_point p[4];
    corners(i, p);
    double x0 = p[0].x, x1 = x0, y0 = p[0].y, y1 = y0;
    for (int k = 1; k < 4; k++) {
        x0 = MIN(x0, p[k].x), x1 = MAX(x1, p[k].x);
        y0 = MIN(y0, p[k].y), y1 = MAX(y1, p[k].y);
    }
    return (struct box){ x0, y0, x1 - x0, y1 - y0 };
}

/* The common length of both rectangles' shadows on an axis. */
static double shadow_overlap(const struct dl_point a[4], const struct dl_point b[4], double ax, double ay)
{
    double a0 = INFINITY, a1 = -INFINITY, b0 = INFINITY, b1 = -INFINITY;
    for (int k = 0; k < 4; k++) {
        double pa = a[k].x * ax + a[k].y * ay, pb = b[k].x * ax + b[k].y * ay;
        a0 = MIN(a0, pa), a1 = MAX(a1, pa), b0 = MIN(b0, pb), b1 = MAX(b1, pb);
    }
    return MIN(a1, b1) - MAX(a0, b0);
}

double ink_overlap(const struct ink *a, const struct ink *b)
{
    struct dl_point pa[4], pb[4];
    corners(a, pa);
    corners(b, pb);
    double least = shadow_overlap(pa, pb, a->cos, a->sin);
    least = MIN(least, shadow_overlap(pa, pb, -a->sin, a->cos));
    least = MIN(least, shadow_overlap(pa, pb, b->cos, b->sin));
    return MIN(least, shadow_overlap(pa, pb, -b->sin, b->cos));
}

/* Cuts the part [*t0, *t1] of a segment to where p + t d lies in [low, high]; false when nothing is left. */
static bool cut(double p, double d, double low, double high, double *t0, double *t1)
{
    if (fabs(d) < 1e-9) return p >= low && p <= high;
    double a = (low - p) / d, b = (high - p) / d;
    *t0 = MAX(*t0, MIN(a, b));
    *t1 = MIN(*t1, MAX(a, b));
    return *t0 < *t1;
}

double ink_crossing(const struct ink *i, double grow, struct dl_point a, struct dl_point b)
{
    double au = (a.x - i->x) * i->cos + (a.y - i->y) * i->sin, av = (a.y - i->y) * i->cos - (a.x - i->x) * i->sin;
    double bu = (b.x - i->x) * i->cos + (b.y - i->y) * i->sin, bv = (b.y - i->y) * i->cos - (b.x - i->x) * i->sin;
    double t0 = 0, t1 = 1;
    if (i->left - grow >= i->right + grow || i->top - grow >= i->bottom + grow) return 0;
    if (!cut(au, bu - au, i->left - grow, i->right + grow, &t0, &t1)) return 0;
    if (!cut(av, bv - av, i->top - grow, i->bottom + grow, &t0, &t1)) return 0;
    return (t1 - t0) * hypot(bu - au, bv - av);
}

/* --- outlines --------------------------------------------------------------------------------------------------------- */

static void add_segment(GArray *out, struct dl_point a, struct dl_point b)
{
    g_array_append_val(out, a);
    g_array_append_val(out, b);
}

static void add_curve(GArray *out, struct dl_point a, const struct dl_point c[3])
{
    struct dl_point last = a;
    for (int k = 1; k <= CURVE_PIECES; k++) {
        double t = (double)k / CURVE_PIECES, s = 1 - t;
        double w0 = s * s * s, w1 = 3 * s * s * t, w2 = 3 * s * t * t, w3 = t * t * t;
        struct dl_point p = { w0 * a.x + w1 * c[0].x + w2 * c[1].x + w3 * c[2].x,
                              w0 * a.y + w1 * c[0].y + w2 * c[1].y + w3 * c[2].y };
        add_segment(out, last, p);
        last = p;
    }
}

/* `closed`: open parts get their closing line, as filling does. */
static void path_segments(const struct dl *dl, const struct dl_path *path, bool closed, GArray *out)
{
    struct dl_point start = { 0, 0 }, at = { 0, 0 };
    const struct dl_point *p = &g_array_index(dl->points, struct dl_point, path->point);
    for (uint32_t v = 0; v < path->n_verbs; v++) {
        switch (g_array_index(dl->verbs, char, path->verb + v)) {
        case 'M':
            if (closed && v) add_segment(out, at, start);
            start = at = *p++;
            break;
        case 'L':
            add_segment(out, at, *p);
            at = *p++;
            break;
        case 'C':
            add_curve(out, at, p);
            at = p[2];
            p += 3;
            break;
        case 'Z':
            add_segment(out, at, start);
            at = start;
            break;
        }
    }
    if (closed) add_segment(out, at, start);
}

void op_lines(const struct dl *dl, const struct dl_op *op, GArray *out, double *width, struct rgba *color)
{
    g_array_set_size(out, 0);
    *width = 0;
    *color = RGBA_NONE;
    if (op->kind == DL_RECT && op->rect.stroke.a && op->rect.width > 0) {
        struct box b = op->rect.box;
        struct dl_point p[] = {
            { b.x, b.y }, { box_right(b), b.y }, { box_right(b), box_bottom(b) }, { b.x, box_bottom(b) }
        };
        for (int k = 0; k < 4; k++) add_segment(out, p[k], p[(k + 1) % 4]);
        *width = op->rect.width;
        *color = op->rect.stroke;
    } else if (op->kind == DL_RECT && op->rect.fill.a) {
        struct box b = op->rect.box;
        double x = box_mid_x(b), y = box_mid_y(b);
        if (b.h > b.w) add_segment(out, (struct dl_point){ x, b.y }, (struct dl_point){ x, box_bottom(b) });
        else add_segment(out, (struct dl_point){ b.x, y }, (struct dl_point){ box_right(b), y });
        *width = MIN(b.w, b.h);
        *color = op->rect.fill;
    } else if (op->kind == DL_PATH && op->path.stroke.a && op->path.width > 0) {
        path_segments(dl, &op->path, false, out);
        *width = op->path.width;
        *color = op->path.stroke;
    }
}

/* --- colour at a point -------------------------------------------------------------------------------------------------- */

static bool in_box(struct box b, double x, double y)
{
    return x >= b.x && x < box_right(b) && y >= b.y && y < box_bottom(b);
}

static bool in_round(struct box b, double radius, double x, double y)
{
    if (!in_box(b, x, y)) return false;
    double r = MIN(radius, MIN(b.w, b.h) / 2);
    double dx = MAX(MAX(b.x + r - x, x - (box_right(b) - r)), 0),
           dy = MAX(MAX(b.y + r - y, y - (box_bottom(b) - r)), 0);
    return dx * dx + dy * dy <= r * r || (dx == 0 || dy == 0);
}

static struct rgba rect_over(const struct dl_rect *r, double x, double y, struct rgba under)
{
    if (r->fill.a && in_round(r->box, r->radius, x, y)) under = color_over(r->fill, under);
    double half = r->width / 2;
    if (r->stroke.a && half > 0 && in_round(box_inset(r->box, -half), r->radius + half, x, y) &&
        !in_round(box_inset(r->box, half), MAX(r->radius - half, 0), x, y))
        under = color_over(r->stroke, under);
    return under;
}

static double distance2(struct dl_point a, struct dl_point b, double x, double y)
{
    double dx = b.x - a.x, dy = b.y - a.y, length2 = dx * dx + dy * dy;
    double t = length2 > 0 ? CLAMP(((x - a.x) * dx + (y - a.y) * dy) / length2, 0, 1) : 0;
    double ex = a.x + t * dx - x, ey = a.y + t * dy - y;
    return ex * ex + ey * ey;
}

static bool inside_outline(const GArray *segments, double x, double y)
{
    int winding = 0;
    for (guint i = 0; i + 1 < segments->len; i += 2) {
        struct dl_point a = g_array_index(segments, struct dl_point, i),
                        b = g_array_index(segments, struct dl_point, i + 1);
        double side = (b.x - a.x) * (y - a.y) - (x - a.x) * (b.y - a.y);
        if (a.y <= y && b.y > y && side > 0) winding++;
        else if (a.y > y && b.y <= y && side < 0) winding--;
    }
    return winding;
}

static struct rgba path_over(const struct dl *dl, const struct dl_path *p, double x, double y, struct rgba under,
                             GArray *scratch)
{
    g_array_set_size(scratch, 0);
    if (p->fill.a) {
        path_segments(dl, p, true, scratch);
        if (inside_outline(scratch, x, y)) under = color_over(p->fill, under);
    }
    if (!p->stroke.a || p->width <= 0) return under;
    g_array_set_size(scratch, 0);
    path_segments(dl, p, false, scratch);
    for (guint i = 0; i + 1 < scratch->len; i += 2)
        if (distance2(g_array_index(scratch, struct dl_point, i), g_array_index(scratch, struct dl_point, i + 1), x,
                      y) <= p->width * p->width / 4)
            return color_over(p->stroke, under);
    return under;
}

static struct rgba heat_over(const struct dl *dl, const struct dl_heat *h, double x, double y, struct rgba under)
{
    double u = x - h->x, v = y - h->y;
    if (u < 0 || v < 0 || !h->pitch_x || !h->pitch_y) return under;
    int col = (int)(u / h->pitch_x), row = (int)(v / h->pitch_y);
    if (col >= h->cols || row >= h->rows || u - col * h->pitch_x >= h->cell_w || v - row * h->pitch_y >= h->cell_h)
        return under;
    return color_over(dl_heat_cell(dl, h, col, row), under);
}

struct rgba op_over(const struct dl *dl, const struct dl_op *op, double x, double y, struct rgba under, GArray *scratch)
{
    if (!in_box(op->box, x, y)) return under;
    switch (op->kind) {
    case DL_RECT: return rect_over(&op->rect, x, y, under);
    case DL_PATH: return path_over(dl, &op->path, x, y, under, scratch);
    case DL_HEAT: return heat_over(dl, &op->heat, x, y, under);
    case DL_BEAM:
        if (!in_box(op->beam.box, x, y)) return under;
        return color_over(color_mix(op->beam.top, op->beam.bottom, (y - op->beam.box.y) / op->beam.box.h), under);
    case DL_TEXT:
    case DL_CLIP:
    case DL_UNCLIP:
    case DL_KIND_COUNT: break;
    }
    return under;
}
