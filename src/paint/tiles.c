/* Signing tiles, and walking over those that changed. */
#include "paint/tiles.h"

#include "dl/hash.h"

#include <string.h>

void tiles_init(struct tiles *t, int width, int height)
{
    *t = (struct tiles){ .width = width, .height = height };
    t->cols = ceil_div(width, DAMAGE_TILE);
    t->rows = ceil_div(height, DAMAGE_TILE);
    size_t n = (size_t)t->cols * (size_t)t->rows;
    t->sign = g_new0(uint64_t, n);
    t->last = g_new0(uint64_t, n);
    t->changed = g_new0(uint8_t, n);
    t->first = g_new0(uint32_t, n);
}

void tiles_finish(struct tiles *t)
{
    g_free(t->sign);
    g_free(t->last);
    g_free(t->changed);
    g_free(t->first);
}

/* Tiles that pixels touch; and tiles that lie whole inside them, where the frame's edge cuts the last ones. */
static struct area tiles_touched(struct area a)
{
    return (struct area){ floor_div(a.x0, DAMAGE_TILE), floor_div(a.y0, DAMAGE_TILE),
                          ceil_div(a.x1, DAMAGE_TILE), ceil_div(a.y1, DAMAGE_TILE) };
}

static struct area tiles_inside(const struct tiles *t, struct area a)
{
    return (struct area){ ceil_div(a.x0, DAMAGE_TILE), ceil_div(a.y0, DAMAGE_TILE),
                          a.x1 >= t->width ? t->cols : floor_div(a.x1, DAMAGE_TILE),
                          a.y1 >= t->height ? t->rows : floor_div(a.y1, DAMAGE_TILE) };
}

static uint64_t color_bits(struct rgba c)
{
    return (uint64_t)c.r | (uint64_t)c.g << 8 | (uint64_t)c.b << 16 | (uint64_t)c.a << 24;
}

static void sign_all(struct tiles *t, struct area area, uint64_t with)
{
    struct area tile = tiles_touched(area);
    for (int row = tile.y0; row < tile.y1; row++) {
        uint64_t *sign = t->sign + (size_t)row * (size_t)t->cols;
        for (int col = tile.x0; col < tile.x1; col++) sign[col] = hash_u64(sign[col], with);
    }
}

/* A rectangle seen from one axis of one tile: its two edges in sixteenths, those beyond reach all alike, and which
 * pixels of the tile the op may touch. */
static uint64_t near_edges(int lo, int hi, int cut_lo, int cut_hi, int tile, int reach)
{
    int first = tile * DAMAGE_TILE, from = first * 16, to = from + DAMAGE_TILE * 16;
    int a = CLAMP(lo, from - reach, to + reach) - from, b = CLAMP(hi, from - reach, to + reach) - from;
    int c = CLAMP(cut_lo - first, 0, DAMAGE_TILE), d = CLAMP(cut_hi - first, 0, DAMAGE_TILE);
    return (uint64_t)(a & 0xFFFFFF) << 40 | (uint64_t)(b & 0xFFFFFF) << 16 | (uint64_t)(c << 8 | d);
}

static void sign_rect(struct tiles *t, const struct dl_op *op, struct area area, uint32_t number)
{
    const struct dl_rect *r = &op->rect;
    int x0 = sixteenths(r->box.x), x1 = sixteenths(box_right(r->box));
    int y0 = sixteenths(r->box.y), y1 = sixteenths(box_bottom(r->box));
    int radius = MIN(sixteenths(r->radius), MIN(x1 - x0, y1 - y0) / 2), width = r->stroke.a ? sixteenths(r->width) : 0;
    int reach = radius + width + 32; /* a pixel further than this from an edge does not see where the edge is */
    uint64_t style = hash_u64(hash_u64(DL_RECT, color_bits(r->fill) << 32 | color_bits(r->stroke)),
                              (uint64_t)radius << 32 | (uint64_t)width);
    uint64_t flat = hash_u64(0, color_bits(r->fill));
    double inset = r->radius + (width ? r->width / 2 : 0);
    struct box in = box_inset(r->box, inset);
    struct area core = { whole(ceil(in.x)), whole(ceil(in.y)),
                         whole(floor(box_right(in))), whole(floor(box_bottom(in))) };
    struct area tile = tiles_touched(area), inside = tiles_inside(t, area_meet(core, area));
    for (int row = tile.y0; row < tile.y1; row++) {
        uint64_t *sign = t->sign + (size_t)row * (size_t)t->cols;
        uint64_t vertical = hash_u64(style, near_edges(y0, y1, area.y0, area.y1, row, reach));
        bool mid = row >= inside.y0 && row < inside.y1;
        for (int col = tile.x0; col < tile.x1; col++) {
            if (!mid || col < inside.x0 || col >= inside.x1) {
                sign[col] = hash_u64(hash_u64(sign[col], vertical), near_edges(x0, x1, area.x0, area.x1, col, reach));
            } else if (r->fill.a == 255) {
                sign[col] = flat;
                t->first[row * t->cols + col] = number;
            } else if (r->fill.a) {
                sign[col] = hash_u64(sign[col], flat);
            }
        }
    }
}

/* An area as a number that tells areas of one frame apart. */
static uint64_t area_bits(struct area a)
{
    uint64_t x0 = (uint16_t)a.x0, y0 = (uint16_t)a.y0, x1 = (uint16_t)a.x1, y1 = (uint16_t)a.y1;
    return x0 << 48 | y0 << 32 | x1 << 16 | y1;
}

static void sign_heat(struct tiles *t, const struct dl *list, const struct dl_heat *h, struct area area)
{
    uint64_t shape = hash_u64(hash_double(DL_HEAT, h->radius), (uint64_t)h->cell_w << 32 | h->cell_h);
    struct area cells = heat_cells(h, area);
    for (int row = cells.y0; row < cells.y1; row++)
        for (int col = cells.x0; col < cells.x1; col++) {
            struct rgba c = dl_heat_cell(list, h, col, row);
            if (!c.a) continue;
            struct area whole_cell = heat_cell_area(h, col, row), seen = area_meet(whole_cell, area);
            uint64_t with = hash_u64(hash_u64(shape, area_bits(whole_cell)), color_bits(c));
            if (memcmp(&seen, &whole_cell, sizeof seen)) with = hash_u64(with, area_bits(seen));
            sign_all(t, seen, with);
        }
}

static void sign_op(struct tiles *t, const struct dl *list, const struct dl_op *op, struct area area, uint32_t number)
{
    if (area_is_empty(area)) return;
    switch (op->kind) {
    case DL_RECT:
        if (op->rect.dash_on > 0 && op->rect.stroke.a) sign_all(t, area, dl_op_hash(list, op, area_bits(area)));
        else sign_rect(t, op, area, number);
        return;
    case DL_HEAT: sign_heat(t, list, &op->heat, area); return;
    case DL_TEXT:
    case DL_PATH:
    case DL_BEAM: sign_all(t, area, dl_op_hash(list, op, area_bits(area))); return;
    case DL_CLIP:
    case DL_UNCLIP:
    case DL_KIND_COUNT: return;
    }
}

int tiles_compare(struct tiles *t, const struct dl *list)
{
    size_t n = (size_t)t->cols * (size_t)t->rows;
    uint64_t *swap = t->last;
    t->last = t->sign;
    t->sign = swap;
    uint64_t ground = hash_u64(0, color_bits(list->background));
    for (size_t i = 0; i < n; i++) t->sign[i] = ground;
    memset(t->first, 0, n * sizeof *t->first);
    struct clips clips;
    clips_init(&clips, t->width, t->height);
    for (guint i = 0; i < list->ops->len; i++) {
        const struct dl_op *op = dl_op_at(list, i);
        if (!clips_take(&clips, op)) sign_op(t, list, op, clips_cut(&clips, op), i + 1);
    }
    int changed = 0;
    for (size_t i = 0; i < n; i++) {
        bool differs = !t->painted || t->sign[i] != t->last[i];
        t->changed[i] = differs;
        changed += differs;
        if (!differs) t->first[i] = TILE_NOTHING;
    }
    t->painted = true;
    return changed;
}

/* --- runs --- */

struct tile_runs tile_runs_begin(const struct tiles *t, struct area area, uint32_t number)
{
    area = area_meet(area, (struct area){ 0, 0, t->width, t->height });
    struct area tile = tiles_touched(area);
    return (struct tile_runs){ t, area, number, area_is_empty(area) ? t->rows : tile.y0, tile.x0 };
}

static bool wants(const struct tile_runs *r, int row, int col)
{
    return r->tiles->first[row * r->tiles->cols + col] <= r->number;
}

static bool wants_all(const struct tile_runs *r, int row, struct area tile)
{
    for (int col = tile.x0; col < tile.x1; col++)
        if (!wants(r, row, col)) return false;
    return true;
}

/* A run is a stretch of one tile row; whole rows on top of each other become one. */
bool tile_runs_next(struct tile_runs *r, struct area *out)
{
    struct area tile = tiles_touched(r->area);
    for (; r->row < tile.y1; r->row++, r->col = tile.x0) {
        while (r->col < tile.x1 && !wants(r, r->row, r->col)) r->col++;
        if (r->col == tile.x1) continue;
        int from = r->col, top = r->row;
        while (r->col < tile.x1 && wants(r, r->row, r->col)) r->col++;
        if (from == tile.x0 && r->col == tile.x1) {
            while (++r->row < tile.y1 && wants_all(r, r->row, tile)) continue;
            r->col = tile.x0;
        }
        int bottom = MAX(r->row, top + 1), right = from == tile.x0 && r->col == tile.x0 ? tile.x1 : r->col;
        struct area run = { from * DAMAGE_TILE, top * DAMAGE_TILE, right * DAMAGE_TILE, bottom * DAMAGE_TILE };
        *out = area_meet(r->area, run);
        return true;
    }
    return false;
}
