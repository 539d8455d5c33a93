/* The painter: compares a list with the last one by tiles, then replays its ops over the tiles that changed.
 *
 * An op is painted run by run of changed tiles. Its mask is made or found once, before the runs; an op that no
 * changed tile wants costs a look at its tiles. A list whose hash is the last one's costs the hash.
 */
#include "paint/paint.h"

#include "paint/compose.h"
#include "paint/raster.h"
#include "paint/tiles.h"

#include <string.h>

/* Masks kept by a painter. A 1080p frame of text and shapes needs about 2 MB; the rest holds earlier frames'
 * strings. */
enum { MASKS_LIMIT_BYTES = 24 << 20 };

struct painter {
    struct target target;
    struct raster *raster;
    struct tiles tiles;
    struct damage damage;
    uint64_t last_hash;
};

struct painter *painter_new(struct fonts *fonts, int width, int height)
{
    struct painter *p = g_new0(struct painter, 1);
    g_assert(width > 0 && height > 0);
    p->target = (struct target){ g_new0(uint32_t, (size_t)width * (size_t)height), width };
    p->raster = raster_new(fonts, MASKS_LIMIT_BYTES);
    tiles_init(&p->tiles, width, height);
    p->damage = (struct damage){ p->tiles.cols, p->tiles.rows, 0, p->tiles.changed };
    return p;
}

void painter_free(struct painter *p)
{
    if (!p) return;
    g_free(p->target.pixels);
    raster_free(p->raster);
    tiles_finish(&p->tiles);
    g_free(p);
}

void painter_forget(struct painter *p) { p->tiles.painted = false; }

const uint32_t *painter_pixels(const struct painter *p) { return p->target.pixels; }

static struct fine_box fine_box(struct box b)
{
    return (struct fine_box){ sixteenths(b.x), sixteenths(b.y), sixteenths(box_right(b)), sixteenths(box_bottom(b)) };
}

static void paint_round(struct painter *p, struct tile_runs runs, const struct dl_rect *r, int width, struct rgba color)
{
    struct fine_box b = fine_box(r->box);
    struct round_plan plan = round_plan((struct round_box){ b.x0, b.y0, b.x1, b.y1, sixteenths(r->radius), width });
    const struct mask *m = raster_round(p->raster, &plan);
    for (struct area run; tile_runs_next(&runs, &run);) compose_round(&p->target, m, &plan, color, run);
}

static void paint_outline(struct painter *p, struct tile_runs runs, struct outline o, struct rgba color)
{
    int x, y;
    struct area frame = { 0, 0, p->tiles.width, p->tiles.height };
    const struct mask *m = raster_outline(p->raster, &o, frame, &x, &y);
    for (struct area run; tile_runs_next(&runs, &run);) compose_mask(&p->target, m, x, y, color, run);
}

static void paint_rect(struct painter *p, struct tile_runs runs, const struct dl_rect *r)
{
    struct tile_runs again = runs;
    int width = sixteenths(r->width);
    if (r->fill.a && sixteenths(r->radius) == 0) {
        struct fine_box b = fine_box(r->box);
        for (struct area run; tile_runs_next(&runs, &run);) compose_box(&p->target, b, r->fill, run);
    } else if (r->fill.a) {
        paint_round(p, runs, r, 0, r->fill);
    }
    if (!r->stroke.a || width <= 0) return;
    struct dl_point points[OUTLINE_RECT_POINTS];
    if (r->dash_on > 0) paint_outline(p, again, outline_of_rect(r, points), r->stroke);
    else paint_round(p, again, r, width, r->stroke);
}

static void paint_text(struct painter *p, struct tile_runs runs, const struct dl *list, const struct dl_text *t)
{
    int x = whole(floor(t->x + 0.5)), y = whole(floor(t->y + 0.5));
    const struct mask *m = raster_text(p->raster, t->font, t->turn, dl_string(list, t->text), t->len);
    for (struct area run; tile_runs_next(&runs, &run);) compose_mask(&p->target, m, x, y, t->color, run);
}

static void paint_path(struct painter *p, struct tile_runs runs, const struct dl *list, const struct dl_path *path)
{
    if (path->fill.a) paint_outline(p, runs, outline_of_fill(list, path), path->fill);
    if (path->stroke.a && path->width > 0) paint_outline(p, runs, outline_of_stroke(list, path), path->stroke);
}

/* The cells that touch `run`; `cell` is the mask of one, NULL where edges are hard. */
static void heat_run(struct painter *p, const struct dl *list, const struct dl_heat *h, const struct mask *cell,
                     struct round_plan *plan, struct area run)
{
    struct area cells = heat_cells(h, run);
    for (int row = cells.y0; row < cells.y1; row++)
        for (int col = cells.x0; col < cells.x1; col++) {
            struct rgba c = dl_heat_cell(list, h, col, row);
            struct area a = heat_cell_area(h, col, row);
            if (!c.a) continue;
            if (cell) {
                plan->x = a.x0, plan->y = a.y0;
                compose_round(&p->target, cell, plan, c, area_meet(a, run));
            } else {
                compose_box(&p->target, (struct fine_box){ a.x0 * 16, a.y0 * 16, a.x1 * 16, a.y1 * 16 }, c, run);
            }
        }
}

static void paint_heat(struct painter *p, struct tile_runs runs, const struct dl *list, const struct dl_heat *h)
{
    const struct mask *cell = NULL;
    int radius = sixteenths(h->radius);
    struct round_plan plan = round_plan((struct round_box){ 0, 0, h->cell_w * 16, h->cell_h * 16, radius, 0 });
    if (radius > 0) cell = raster_round(p->raster, &plan);
    for (struct area run; tile_runs_next(&runs, &run);) heat_run(p, list, h, cell, &plan, run);
}

static void paint_op(struct painter *p, struct tile_runs runs, const struct dl *list, const struct dl_op *op)
{
    switch (op->kind) {
    case DL_RECT: paint_rect(p, runs, &op->rect); return;
    case DL_TEXT: paint_text(p, runs, list, &op->text); return;
    case DL_PATH: paint_path(p, runs, list, &op->path); return;
    case DL_HEAT: paint_heat(p, runs, list, &op->heat); return;
    case DL_BEAM: {
        struct fine_box b = fine_box(op->beam.box);
        for (struct area run; tile_runs_next(&runs, &run);)
            compose_beam(&p->target, b, op->beam.top, op->beam.bottom, run);
        return;
    }
    case DL_CLIP:
    case DL_UNCLIP:
    case DL_KIND_COUNT: return;
    }
}

static void paint_tiles(struct painter *p, const struct dl *list)
{
    struct rgba ground = list->background;
    ground.a = 255;
    struct area run, frame = { 0, 0, p->tiles.width, p->tiles.height };
    for (struct tile_runs runs = tile_runs_begin(&p->tiles, frame, 0); tile_runs_next(&runs, &run);)
        compose_box(&p->target, (struct fine_box){ run.x0 * 16, run.y0 * 16, run.x1 * 16, run.y1 * 16 }, ground, run);
    struct clips clips;
    clips_init(&clips, p->tiles.width, p->tiles.height);
    for (guint i = 0; i < list->ops->len; i++) {
        const struct dl_op *op = dl_op_at(list, i);
        if (clips_take(&clips, op)) continue;
        struct tile_runs runs = tile_runs_begin(&p->tiles, clips_cut(&clips, op), i + 1), probe = runs;
        if (tile_runs_next(&probe, &run)) paint_op(p, runs, list, op);
    }
}

const struct damage *painter_paint(struct painter *p, const struct dl *list)
{
    g_assert(list->width == p->tiles.width && list->height == p->tiles.height);
    uint64_t hash = dl_hash(list);
    if (p->tiles.painted && hash == p->last_hash) {
        if (p->damage.tiles_changed) memset(p->tiles.changed, 0, (size_t)p->tiles.cols * (size_t)p->tiles.rows);
        p->damage.tiles_changed = 0;
        return &p->damage;
    }
    p->damage.tiles_changed = tiles_compare(&p->tiles, list);
    if (p->damage.tiles_changed) paint_tiles(p, list);
    p->last_hash = hash;
    return &p->damage;
}
