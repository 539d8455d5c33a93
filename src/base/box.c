/* Box arithmetic: joins, intersections and the four cuts that layout is made of. */
#include "base/box.h"

struct box box_join(struct box a, struct box b)
{
    if (box_is_empty(a)) return b;
    if (box_is_empty(b)) return a;
    double x = a.x < b.x ? a.x : b.x, y = a.y < b.y ? a.y : b.y;
    double r = box_right(a) > box_right(b) ? box_right(a) : box_right(b);
    double d = box_bottom(a) > box_bottom(b) ? box_bottom(a) : box_bottom(b);
    return (struct box){ x, y, r - x, d - y };
}

struct box box_meet(struct box a, struct box b)
{
    double x = a.x > b.x ? a.x : b.x, y = a.y > b.y ? a.y : b.y;
    double r = box_right(a) < box_right(b) ? box_right(a) : box_right(b);
    double d = box_bottom(a) < box_bottom(b) ? box_bottom(a) : box_bottom(b);
    return (struct box){ x, y, r > x ? r - x : 0, d > y ? d - y : 0 };
}

struct box box_cut_top(struct box *rest, double size)
{
    struct box cut = { rest->x, rest->y, rest->w, size };
    rest->y += size;
    rest->h -= size;
    return cut;
}

struct box box_cut_bottom(struct box *rest, double size)
{
    rest->h -= size;
    return (struct box){ rest->x, box_bottom(*rest), rest->w, size };
}

struct box box_cut_left(struct box *rest, double size)
{
    struct box cut = { rest->x, rest->y, size, rest->h };
    rest->x += size;
    rest->w -= size;
    return cut;
}

struct box box_cut_right(struct box *rest, double size)
{
    rest->w -= size;
    return (struct box){ box_right(*rest), rest->y, size, rest->h };
}
