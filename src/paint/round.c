/* Coverage of rounded rectangles by counting.
 *
 * A pixel row is cut into 32 lines. On each line the shape is one stretch from a to b, in 1/256 pixel: straight
 * sides are exact because edges lie on sixteenths, and in a corner the stretch is shortened by r - sqrt(r^2 - d^2)
 * at the distance d from the corner's centre line. A pixel's coverage is the sum of its 32 stretches, 0 to 8192,
 * rounded to 255 levels. An outline is the shape grown by half the width less the shape shrunk by it.
 */
#include "paint/round.h"

#include "paint/pixels.h"

#include <glib.h>
#include <math.h>

enum { LINES = 32, FINE = 256, FULL = LINES * FINE };

/* A solid rounded rectangle; edges and radius in 1/32 pixel. */
struct solid { int x0, y0, x1, y1, r; };

static struct solid solid_of(const struct round_box *b, int grow)
{
    struct solid s = { 2 * b->x0 - grow, 2 * b->y0 - grow, 2 * b->x1 + grow, 2 * b->y1 + grow, 2 * b->radius };
    /* A square corner stays square; a round one keeps its centre. */
    if (s.r) s.r = MAX(s.r + grow, 0);
    return s;
}

/* One axis: the first pixel, the number of pixels, and which of them repeats. `corner` pixels at either end, in
 * 1/32. */
static void plan_axis(int lo, int hi, int corner, int *first, int *count, struct round_repeat *repeat)
{
    *first = floor_div(lo, LINES);
    *count = ceil_div(hi, LINES) - *first;
    int head = ceil_div(lo + corner, LINES) - *first + 1, tail = *first + *count - floor_div(hi - corner, LINES) + 1;
    *repeat = (struct round_repeat){ head, MAX(*count - head - tail - 1, 0) };
    *count -= repeat->extra;
}

struct round_plan round_plan(struct round_box b)
{
    struct round_plan p = { 0 };
    b.radius = MAX(MIN(b.radius, MIN(b.x1 - b.x0, b.y1 - b.y0) / 2), 0);
    struct solid outer = solid_of(&b, b.width);
    int corner = MAX(outer.r, 2 * b.width + 2 * b.radius);
    plan_axis(outer.x0, outer.x1, corner, &p.x, &p.w, &p.columns);
    plan_axis(outer.y0, outer.y1, corner, &p.y, &p.h, &p.rows);
    p.shape = b;
    p.shape.x0 -= p.x * 16;
    p.shape.x1 -= (p.x + p.columns.extra) * 16;
    p.shape.y0 -= p.y * 16;
    p.shape.y1 -= (p.y + p.rows.extra) * 16;
    return p;
}

/* How much the corner takes from a line at `d` beyond the corner's centre line; d and r and the result in 1/256
 * pixel. */
static int corner_inset(int r, int d)
{
    if (d <= 0) return 0;
    if (d >= r) return r;
    int64_t square = (int64_t)r * r - (int64_t)d * d;
    return r - (int)sqrt((double)square); /* IEEE square roots are exact to the last bit on every machine */
}

/* Adds `sign` times a stretch of one line: `sums` gets the parts of the two end pixels, `steps` the whole pixels
 * between as differences. */
static void add_stretch(int *sums, int *steps, int a, int b, int sign)
{
    int i = a / FINE, j = b / FINE;
    if (i == j) {
        sums[i] += sign * (b - a);
        return;
    }
    sums[i] += sign * (FINE - a % FINE);
    sums[j] += sign * (b % FINE);
    steps[i + 1] += sign * FINE;
    steps[j] -= sign * FINE;
}

static void add_row(const struct solid *s, int y, int *sums, int *steps, int sign)
{
    if (s->x1 <= s->x0) return;
    int unit = FINE / LINES;
    for (int line = 0; line < LINES; line++) {
        int at = LINES * y + line; /* the line's centre is half a unit below */
        if (at < s->y0 || at >= s->y1) continue;
        int mid = at * unit + unit / 2;
        int d = MAX((s->y0 + s->r) * unit - mid, mid - (s->y1 - s->r) * unit);
        int inset = corner_inset(s->r * unit, d);
        int a = s->x0 * unit + inset, b = s->x1 * unit - inset;
        if (a < b) add_stretch(sums, steps, a, b, sign);
    }
}

void round_cover(const struct round_box *shape, struct mask *m)
{
    struct solid outer = solid_of(shape, shape->width), inner = solid_of(shape, -shape->width);
    size_t n = (size_t)m->w + 2;
    int *sums = g_new(int, 2 * n), *steps = sums + n;
    for (int y = 0; y < m->h; y++) {
        memset(sums, 0, 2 * n * sizeof *sums);
        add_row(&outer, y, sums, steps, 1);
        if (shape->width) add_row(&inner, y, sums, steps, -1);
        int whole_pixels = 0;
        for (int x = 0; x < m->w; x++) {
            whole_pixels += steps[x];
            m->cover[y * m->stride + x] = (uint8_t)(((sums[x] + whole_pixels) * 255 + FULL / 2) / FULL);
        }
    }
    g_free(sums);
}
