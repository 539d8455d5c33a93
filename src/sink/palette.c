/* Palettes: the commonest colours are kept exactly, so that flat areas (the background above all) never shift; the rest
 * is cut into boxes, always the one with the largest error at the place that removes most of it, and the boxes' means
 * settle by a few rounds of k-means. The eye's unequal sensitivity enters as weights of 2, 4 and 3 for red, green and
 * blue. A colour counts with its pixels to the power of 3/4: nearly the least squared error of all, yet thin coloured
 * lines keep their hue beside large areas. Everything is decided by whole numbers and by IEEE arithmetic in one order,
 * and ties by the colour itself. */
#include "sink/palette.h"

#include <glib.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_SIZE = 256, MAX_PINNED = 16, ROUNDS = 6 };

static const int sensitivity[3] = { 2, 4, 3 }; /* red, green, blue */

struct seen { uint32_t color; uint64_t pixels; uint8_t index; };

struct palette {
    GArray *seen;            /* struct seen, by id */
    uint32_t *slots;         /* id + 1 by hash of the colour; 0: empty */
    uint32_t n_slots;        /* a power of two */
    uint32_t last;           /* id of the last colour counted: runs are long */
    uint32_t colors[MAX_SIZE];
    int size;
};

struct point { uint8_t c[3]; uint32_t id; double weight; };
struct cut { guint from, to; int axis; double error; };

#define seen_at(p, i) (&g_array_index((p)->seen, struct seen, i))

struct palette *palette_new(void)
{
    struct palette *p = g_new0(struct palette, 1);
    p->seen = g_array_new(FALSE, FALSE, sizeof(struct seen));
    p->n_slots = 4096;
    p->slots = g_new0(uint32_t, p->n_slots);
    return p;
}

void palette_free(struct palette *p)
{
    if (!p) return;
    g_array_unref(p->seen);
    g_free(p->slots);
    g_free(p);
}

static uint32_t slot_of(const struct palette *p, uint32_t color)
{
    uint32_t slot = (color * 2654435761u >> 8) & (p->n_slots - 1);
    while (p->slots[slot] && seen_at(p, p->slots[slot] - 1)->color != color) slot = (slot + 1) & (p->n_slots - 1);
    return slot;
}

static void grow(struct palette *p)
{
    p->n_slots *= 2;
    g_free(p->slots);
    p->slots = g_new0(uint32_t, p->n_slots);
    for (guint id = 0; id < p->seen->len; id++) p->slots[slot_of(p, seen_at(p, id)->color)] = id + 1;
}

uint32_t palette_count(struct palette *p, uint32_t color)
{
    if (p->seen->len && seen_at(p, p->last)->color == color) {
        seen_at(p, p->last)->pixels++;
        return p->last;
    }
    if (p->seen->len * 2 >= p->n_slots) grow(p);
    uint32_t slot = slot_of(p, color);
    if (!p->slots[slot]) {
        struct seen fresh = { color, 0, 0 };
        g_array_append_val(p->seen, fresh);
        p->slots[slot] = p->seen->len;
    }
    p->last = p->slots[slot] - 1;
    seen_at(p, p->last)->pixels++;
    return p->last;
}

static uint32_t point_color(const struct point *p)
{
    return (uint32_t)p->c[0] << 16 | (uint32_t)p->c[1] << 8 | p->c[2];
}

static int by_weight(const void *a, const void *b)
{
    const struct point *x = a, *y = b;
    if (x->weight != y->weight) return x->weight < y->weight ? 1 : -1;
    return point_color(x) < point_color(y) ? -1 : 1;
}

#define BY_AXIS(axis) \
    static int by_axis_##axis(const void *a, const void *b) \
    { \
        const struct point *x = a, *y = b; \
        if (x->c[axis] != y->c[axis]) return x->c[axis] - y->c[axis]; \
        return point_color(x) < point_color(y) ? -1 : 1; \
    }
BY_AXIS(0)
BY_AXIS(1)
BY_AXIS(2)

/* Finds the box's axis with the largest squared error, and that error. */
static void measure_cut(const struct point *points, struct cut *box)
{
    box->error = -1;
    for (int axis = 0; axis < 3; axis++) {
        double n = 0, sum = 0, squares = 0;
        for (guint i = box->from; i < box->to; i++) {
            double w = points[i].weight, v = points[i].c[axis];
            n += w;
            sum += w * v;
            squares += w * v * v;
        }
        double error = (squares - sum * sum / n) * sensitivity[axis];
        if (error > box->error) {
            box->error = error;
            box->axis = axis;
        }
    }
}

/* Sorts the box along its axis and says where the second half begins: where (sum of left)^2 / n + the same of the right
 * is largest, which is where the error that remains is smallest. */
static guint split_at(struct point *points, const struct cut *box)
{
    static int (*const orders[])(const void *, const void *) = { by_axis_0, by_axis_1, by_axis_2 };
    qsort(points + box->from, box->to - box->from, sizeof *points, orders[box->axis]);
    double all = 0, all_sum = 0, n = 0, sum = 0, best = -1;
    guint at = box->from + 1;
    for (guint i = box->from; i < box->to; i++) {
        all += points[i].weight;
        all_sum += points[i].weight * points[i].c[box->axis];
    }
    for (guint i = box->from; i + 1 < box->to; i++) {
        n += points[i].weight;
        sum += points[i].weight * points[i].c[box->axis];
        double gain = sum * sum / n + (all_sum - sum) * (all_sum - sum) / (all - n);
        if (gain > best) {
            best = gain;
            at = i + 1;
        }
    }
    return at;
}

/* Cuts points from .. n - 1 into at most `count` boxes. */
static int cut_boxes(struct point *points, guint from, guint n, struct cut *boxes, int count)
{
    int made = 1;
    boxes[0] = (struct cut){ .from = from, .to = n };
    measure_cut(points, &boxes[0]);
    while (made < count) {
        int worst = -1;
        for (int i = 0; i < made; i++)
            if (boxes[i].to - boxes[i].from > 1 && (worst < 0 || boxes[i].error > boxes[worst].error)) worst = i;
        if (worst < 0) break;
        guint at = split_at(points, &boxes[worst]);
        boxes[made] = (struct cut){ .from = at, .to = boxes[worst].to };
        boxes[worst].to = at;
        measure_cut(points, &boxes[worst]);
        measure_cut(points, &boxes[made++]);
    }
    return made;
}

struct mean { double weight, sum[3]; };

static void mean_add(struct mean *m, const struct point *p)
{
    m->weight += p->weight;
    for (int axis = 0; axis < 3; axis++) m->sum[axis] += p->weight * p->c[axis];
}

static uint32_t mean_color(const struct mean *m)
{
    uint32_t color = 0xFF;
    for (int axis = 0; axis < 3; axis++) color = color << 8 | (uint32_t)(m->sum[axis] / m->weight + 0.5);
    return color;
}

static int nearest(const uint32_t *colors, int size, const struct point *p)
{
    int best = 0, smallest = INT32_MAX;
    for (int i = 0; i < size; i++) {
        int r = p->c[0] - (int)(colors[i] >> 16 & 255), g = p->c[1] - (int)(colors[i] >> 8 & 255);
        int b = p->c[2] - (int)(colors[i] & 255);
        int distance = sensitivity[0] * r * r + sensitivity[1] * g * g + sensitivity[2] * b * b;
        if (distance < smallest) {
            smallest = distance;
            best = i;
        }
    }
    return best;
}

/* Gives every point the nearest colour, and every colour that is not pinned the mean of its points. */
static void settle(struct palette *p, const struct point *points, guint n, int pinned)
{
    for (int round = 0; round <= ROUNDS; round++) {
        struct mean means[MAX_SIZE] = { 0 };
        for (guint i = 0; i < n; i++) {
            int index = nearest(p->colors, p->size, &points[i]);
            seen_at(p, points[i].id)->index = (uint8_t)index;
            mean_add(&means[index], &points[i]);
        }
        if (round == ROUNDS) break; /* the last round only assigns */
        for (int i = pinned; i < p->size; i++)
            if (means[i].weight > 0) p->colors[i] = mean_color(&means[i]);
    }
}

static void keep_all(struct palette *p)
{
    p->size = (int)p->seen->len;
    for (int i = 0; i < p->size; i++) {
        p->colors[i] = seen_at(p, (guint)i)->color | 0xFF000000;
        seen_at(p, (guint)i)->index = (uint8_t)i;
    }
}

int palette_choose(struct palette *p, int size)
{
    guint n = p->seen->len;
    if (n <= (guint)size) {
        keep_all(p);
        return p->size;
    }
    struct point *points = g_new(struct point, n);
    for (guint i = 0; i < n; i++) {
        const struct seen *s = seen_at(p, i);
        points[i] = (struct point){ { (uint8_t)(s->color >> 16), (uint8_t)(s->color >> 8), (uint8_t)s->color }, i,
                                    sqrt((double)s->pixels) * sqrt(sqrt((double)s->pixels)) };
    }
    qsort(points, n, sizeof *points, by_weight);
    int pinned = MIN(MAX_PINNED, size / 2);
    for (int i = 0; i < pinned; i++) p->colors[i] = point_color(&points[i]) | 0xFF000000;
    struct cut boxes[MAX_SIZE];
    int made = cut_boxes(points, (guint)pinned, n, boxes, size - pinned);
    for (int i = 0; i < made; i++) {
        struct mean mean = { 0 };
        for (guint j = boxes[i].from; j < boxes[i].to; j++) mean_add(&mean, &points[j]);
        p->colors[pinned + i] = mean_color(&mean);
    }
    p->size = pinned + made;
    settle(p, points, n, pinned);
    g_free(points);
    return p->size;
}

uint32_t palette_color(const struct palette *p, int index) { return p->colors[index]; }
uint8_t palette_index(const struct palette *p, uint32_t id) { return seen_at(p, id)->index; }
