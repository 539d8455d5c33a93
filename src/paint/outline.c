/* Outlines: the plain arrays of a display list handed to Cairo. */
#include "paint/outline.h"

struct outline outline_of_fill(const struct dl *list, const struct dl_path *p)
{
    return (struct outline){
        .verbs = &g_array_index(list->verbs, char, p->verb), .n_verbs = p->n_verbs,
        .points = &g_array_index(list->points, struct dl_point, p->point), .n_points = p->n_points,
    };
}

struct outline outline_of_stroke(const struct dl *list, const struct dl_path *p)
{
    struct outline o = outline_of_fill(list, p);
    o.width = p->width;
    o.dash_on = p->dash_on;
    o.dash_off = p->dash_off;
    return o;
}

struct outline outline_of_rect(const struct dl_rect *rect, struct dl_point q[OUTLINE_RECT_POINTS])
{
    struct box b = rect->box;
    double r = CLAMP(rect->radius, 0, MIN(b.w, b.h) / 2), k = r * (1 - 0.5522847498); /* a quarter circle's controls */
    double x0 = b.x, y0 = b.y, x1 = box_right(b), y1 = box_bottom(b);
    const struct dl_point all[OUTLINE_RECT_POINTS] = {
        { x0 + r, y0 }, { x1 - r, y0 }, { x1 - k, y0 }, { x1, y0 + k }, { x1, y0 + r },
        { x1, y1 - r }, { x1, y1 - k }, { x1 - k, y1 }, { x1 - r, y1 },
        { x0 + r, y1 }, { x0 + k, y1 }, { x0, y1 - k }, { x0, y1 - r },
        { x0, y0 + r }, { x0, y0 + k }, { x0 + k, y0 }, { x0 + r, y0 },
    };
    struct outline o = { .points = q, .width = rect->width, .dash_on = rect->dash_on, .dash_off = rect->dash_off };
    o.butt = true;
    if (r > 0) {
        memcpy(q, all, sizeof all);
        o.verbs = "MLCLCLCLCZ", o.n_verbs = 10, o.n_points = 17;
    } else {
        q[0] = all[0], q[1] = all[1], q[2] = all[5], q[3] = all[9];
        o.verbs = "MLLLZ", o.n_verbs = 5, o.n_points = 4;
    }
    return o;
}

void outline_trace(const struct outline *o, cairo_t *cr, double dx, double dy)
{
    const struct dl_point *p = o->points;
    for (uint32_t i = 0; i < o->n_verbs; i++) {
        switch (o->verbs[i]) {
        case 'M': cairo_move_to(cr, p->x + dx, p->y + dy), p++; break;
        case 'L': cairo_line_to(cr, p->x + dx, p->y + dy), p++; break;
        case 'C':
            cairo_curve_to(cr, p[0].x + dx, p[0].y + dy, p[1].x + dx, p[1].y + dy, p[2].x + dx, p[2].y + dy);
            p += 3;
            break;
        case 'Z': cairo_close_path(cr); break;
        }
    }
}

void outline_set_stroke(const struct outline *o, cairo_t *cr)
{
    double dash[] = { o->dash_on, o->dash_off };
    cairo_set_line_width(cr, o->width);
    cairo_set_line_join(cr, o->butt ? CAIRO_LINE_JOIN_MITER : CAIRO_LINE_JOIN_ROUND);
    cairo_set_line_cap(cr, o->butt ? CAIRO_LINE_CAP_BUTT : CAIRO_LINE_CAP_ROUND);
    cairo_set_dash(cr, dash, o->dash_on > 0 && o->dash_off > 0 ? 2 : 0, 0);
}
