/* Composing: loops over rows that pick stretches of them and hand these to blend.h. */
#include "paint/compose.h"

#include "paint/blend.h"

static uint32_t *pixel_at(const struct target *t, int x, int y) { return t->pixels + (size_t)y * (size_t)t->width + x; }

static void flat(const struct target *t, int y, int x0, int x1, struct area area, struct rgba color, unsigned cover)
{
    x0 = MAX(x0, area.x0);
    x1 = MIN(x1, area.x1);
    if (x0 < x1 && cover) blend_flat(pixel_at(t, x0, y), (size_t)(x1 - x0), color, cover);
}

/* `cover` belongs to pixel x0. */
static void masked(const struct target *t, int y, int x0, int x1, struct area area, struct rgba color,
                   const uint8_t *cover)
{
    int from = MAX(x0, area.x0);
    x1 = MIN(x1, area.x1);
    if (from < x1) blend_masked(pixel_at(t, from, y), cover + (from - x0), (size_t)(x1 - from), color);
}

void compose_mask(const struct target *t, const struct mask *m, int x, int y, struct rgba color, struct area area)
{
    int left = x + m->x, top = y + m->y;
    for (int row = MAX(0, area.y0 - top), end = MIN(m->h, area.y1 - top); row < end; row++) {
        struct mask_row r = m->rows[row];
        const uint8_t *cover = m->cover + row * m->stride;
        masked(t, top + row, left + r.from, left + r.full_from, area, color, cover + r.from);
        flat(t, top + row, left + r.full_from, left + r.full_to, area, color, 255);
        masked(t, top + row, left + r.full_to, left + r.to, area, color, cover + r.full_to);
    }
}

/* Which row of a mask is drawn at `at`. */
static int repeat_index(struct round_repeat r, int at)
{
    return at <= r.at ? at : at <= r.at + r.extra ? r.at : at - r.extra;
}

void compose_round(const struct target *t, const struct mask *m, const struct round_plan *p, struct rgba color,
                   struct area area)
{
    int height = m->h + p->rows.extra, extra = p->columns.extra, mid = p->columns.at;
    for (int row = MAX(0, area.y0 - p->y), end = MIN(height, area.y1 - p->y); row < end; row++) {
        int index = repeat_index(p->rows, row), y = p->y + row, x = p->x;
        struct mask_row r = m->rows[index];
        const uint8_t *cover = m->cover + index * m->stride;
        /* One run of a row is flat: the column that repeats, and all that is full around it. */
        bool full = !extra || (mid >= r.full_from && mid < r.full_to);
        int from = full ? r.full_from : mid, to = full ? r.full_to : mid + 1;
        if (r.from == r.to) continue;
        masked(t, y, x + r.from, x + from, area, color, cover + r.from);
        flat(t, y, x + from, x + to + extra, area, color, full ? 255 : cover[mid]);
        masked(t, y, x + to + extra, x + r.to + extra, area, color, cover + to);
    }
}

/* Sixteenths of pixel `at` that lie between lo and hi. */
static int share(int at, int lo, int hi)
{
    return MAX(MIN(hi, at * 16 + 16) - MAX(lo, at * 16), 0);
}

static unsigned cover_of(int share_x, int share_y) { return (unsigned)(share_x * share_y * 255 + 128) / 256; }

static void box_row(const struct target *t, int y, struct fine_box b, struct rgba color, struct area area)
{
    int high = share(y, b.y0, b.y1), left = floor_div(b.x0, 16), right = ceil_div(b.x1, 16) - 1;
    flat(t, y, left, left + 1, area, color, cover_of(share(left, b.x0, b.x1), high));
    flat(t, y, left + 1, right, area, color, cover_of(16, high));
    if (right > left) flat(t, y, right, right + 1, area, color, cover_of(share(right, b.x0, b.x1), high));
}

static struct area rows_of(struct fine_box b, struct area area)
{
    area.y0 = MAX(area.y0, floor_div(b.y0, 16));
    area.y1 = MIN(area.y1, ceil_div(b.y1, 16));
    return area;
}

void compose_box(const struct target *t, struct fine_box b, struct rgba color, struct area area)
{
    area = rows_of(b, area);
    if (b.x0 >= b.x1) return;
    for (int y = area.y0; y < area.y1; y++) box_row(t, y, b, color, area);
}

/* a at 0, b at `whole_way`, rounded. */
static uint8_t between(uint8_t a, uint8_t b, int64_t at, int64_t whole_way)
{
    return (uint8_t)((a * (whole_way - at) + b * at + whole_way / 2) / whole_way);
}

void compose_beam(const struct target *t, struct fine_box b, struct rgba top, struct rgba bottom, struct area area)
{
    int64_t height = b.y1 - b.y0;
    area = rows_of(b, area);
    if (b.x0 >= b.x1) return;
    for (int y = area.y0; y < area.y1; y++) {
        int64_t at = CLAMP(y * 16 + 8 - b.y0, 0, height);
        struct rgba c = { between(top.r, bottom.r, at, height), between(top.g, bottom.g, at, height),
                          between(top.b, bottom.b, at, height), between(top.a, bottom.a, at, height) };
        box_row(t, y, b, c, area);
    }
}
