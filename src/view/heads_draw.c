/* The picture of the heads view: the grid and its words, then one head from near.
 *
 * The near head stands in the geometry of the attention views: its columns are the cache's columns, in their places. In
 * tall frames, which are turned, a triangle is turned as well: a token's row runs downwards.
 */
#include "view/heads_draw.h"
#include "base/ease.h"
#include "view/attention.h"
#include "view/parts.h"

#include <math.h>

struct sheet {
    const struct canvas *c;
    const struct head_grid *g;
    double now;
    struct attention a;                   /* the sentence, and the near head's columns and rows */
    struct box words, near_words;         /* places of the words: while roles are told, and beside the near head */
    double x, y, w, h, step_x, step_y;    /* the first triangle, and from one to the next */
    int cells;                            /* of a triangle's side */
    double pitch_x, pitch_y, cell_w, cell_h;
    double foot;                          /* baseline of what is said below the grid, 0: nothing */
};

static const double dim_most = 0.62, dim_told = 0.3, grow_at = 0.15, grow_s = 0.9, leave_s = 0.3;

static double span(const struct sheet *s, enum ease curve, double start, double length)
{
    return ease_span(curve, s->now, start, length);
}

static int fact(const struct sheet *s, const char *id) { return facts_find(s->c->facts, id); }

static int role_fact(const struct sheet *s, const struct told *t, const char *what)
{
    char id[64];
    g_snprintf(id, sizeof id, "head.%s.%s", t->name, what);
    return fact(s, id);
}

/* --- layout --- */

static bool is_cut(const struct head_grid *g) { return g->layers.n < g->layers.of || g->heads.n < g->heads.of; }

static void place_cells(struct sheet *s, double w, double h)
{
    double least = MAX(2, px(s->c, 2));
    s->cells = MAX(1, MIN(s->g->cells, (int)floor(MIN(w, h) / least)));
    s->pitch_x = MAX(1, floor(w / s->cells));
    s->pitch_y = MAX(1, floor(h / s->cells));
    double pitch = MIN(s->pitch_x, s->pitch_y), gap = pitch >= px(s->c, 8) ? MAX(1, px(s->c, 2)) : pitch >= 5 ? 1 : 0;
    s->cell_w = s->pitch_x - gap;
    s->cell_h = s->pitch_y - gap;
    s->w = s->pitch_x * s->cells - gap;
    s->h = s->pitch_y * s->cells - gap;
}

/* Triangles with the names of layers to their left and of heads above. */
static void place_grid(struct sheet *s, struct box area)
{
    const struct canvas *c = s->c;
    int rows = s->g->layers.n, columns = s->g->heads.n;
    bool named = c->plan != PLAN_SMALL;
    double apart = MAX(rows, columns) <= 6 ? px_by_plan(c, 22, 26, 9) : px_by_plan(c, 9, 10, 3);
    if (is_cut(s->g)) s->foot = box_bottom(area) - px(c, 4), box_cut_bottom(&area, px_by_plan(c, 40, 52, 24));
    if (named) {
        const char *widest = s->g->layers.of > 9 ? "layer 00" : "layer 0";
        box_cut_left(&area, ceil(canvas_width(c, canvas_font(c, TEXT_SMALL), widest)) + px(c, 16));
        box_cut_top(&area, px_by_plan(c, 34, 46, 0));
    }
    double w = floor((area.w - (columns - 1) * apart) / columns), h = floor((area.h - (rows - 1) * apart) / rows);
    w = MIN(w, floor(h * (c->plan == PLAN_WIDE ? 1.75 : 1.25)));
    h = MIN(h, w);
    place_cells(s, w, h);
    s->step_x = s->w + apart;
    s->step_y = s->h + apart;
    s->x = area.x + floor((area.w - columns * s->step_x + apart) / 2);
    s->y = area.y + (c->plan == PLAN_WIDE ? 0 : floor(MAX(0, area.h - rows * s->step_y + apart) / 2));
}

static struct box tile_box(const struct sheet *s, int i, int j)
{
    return (struct box){ s->x + j * s->step_x, s->y + i * s->step_y, s->w, s->h };
}

static int place_in(const struct grid_axis *axis, int number)
{
    int i = 0;
    while (i < axis->n - 1 && axis->shown[i] != number) i++;
    return i;
}

static struct box tile_of(const struct sheet *s, int layer, int head)
{
    return tile_box(s, place_in(&s->g->layers, layer), place_in(&s->g->heads, head));
}

/* Without bands and blocks a turned frame has room for larger columns. */
static void spread_columns(struct sheet *s)
{
    struct attention *a = &s->a;
    double space = a->pitch - a->width, top = box_bottom(a->sentence) + px(s->c, 120);
    a->pitch = floor(MIN(px(s->c, 54), (s->near_words.y - px(s->c, 48) - top) / a->slots));
    a->width = a->pitch - space;
    a->length = a->slots * a->pitch - space;
    a->first = top;
}

/* The near head's matrix hangs under its columns' names, and its newest row ends as the strip. */
static void place_near(struct sheet *s)
{
    const struct canvas *c = s->c;
    struct attention *a = &s->a;
    int rows = MAX(1, MIN(s->g->n, a->slots));
    if (a->turned) spread_columns(s);
    double from = a->turned ? a->label + px(c, 22) : a->label + px(c, 16), to = box_bottom(c->stage) - px(c, 16);
    if (c->plan == PLAN_SMALL) from = box_bottom(a->sentence) + px(c, 34);
    if (a->turned) to = box_right(c->stage) - px(c, 24);
    a->row_pitch = MAX(2, floor(MIN(px_by_plan(c, 40, 46, 17), (to - from) / rows)));
    a->row_depth = a->row_pitch - MAX(1, round(a->row_pitch * 0.12));
    a->rows_mid = round(from + rows * a->row_pitch / 2);
    double last = from + rows * a->row_pitch - a->strip / 2, least = from + px_by_plan(c, 220, 320, 110);
    a->mid = round(CLAMP(MAX(last, least), from + a->strip, to - a->strip / 2));
}

static void lay_out(struct sheet *s)
{
    const struct canvas *c = s->c;
    struct box stage = c->stage, area = stage;
    attention_layout(&s->a, c, s->g->trace, s->g->seen);
    double top = box_bottom(s->a.sentence) + px_by_plan(c, 26, 30, 10);
    area.h = box_bottom(stage) - top;
    area.y = top;
    switch (c->plan) {
    case PLAN_WIDE:
        s->words = s->near_words = s->a.panel;
        area.w = s->words.x - px(c, 40) - area.x;
        break;
    case PLAN_SQUARE:
        s->words = area;
        s->words = box_cut_right(&area, px(c, 360));
        s->words.h -= px(c, 4);
        box_cut_right(&area, px(c, 28));
        s->near_words = (struct box){ stage.x, s->words.y + px(c, 30), px(c, 264), s->words.h - px(c, 30) };
        break;
    case PLAN_TALL:
        s->words = s->near_words = s->a.panel;
        area.h = s->words.y - px(c, 96) - area.y;
        break;
    case PLAN_SMALL:
        s->words = s->near_words = box_cut_right(&area, px(c, 176));
        box_cut_right(&area, px(c, 14));
        break;
    case PLAN_COUNT: break;
    }
    place_grid(s, area);
    place_near(s);
}

/* --- triangles --- */

/* Cell (row, column) of a triangle: where it stands, which in a turned frame is column, row. */
static int cell_at(const struct sheet *s, int row, int column)
{
    return s->a.turned ? column * s->cells + row : row * s->cells + column;
}

static struct rgba tone_of(const struct sheet *s, double share)
{
    return style_ramp(s->c->style, RAMP_ATTENTION, 0.14 + 0.86 * MIN(1, share / 0.7)); /* as in the matrix */
}

static struct rgba empty_cell(const struct sheet *s)
{
    return color_over(color_fade(s->c->style->grid, 0.6), s->c->style->bg);
}

static void draw_triangle(const struct sheet *s, int i, int j, double filled, double dim)
{
    float pooled[GRID_CELLS * GRID_CELLS];
    struct rgba colors[GRID_CELLS * GRID_CELLS];
    struct box b = tile_box(s, i, j);
    heads_pool(&s->g->shares[(size_t)(i * s->g->heads.n + j) * (size_t)(s->g->cells * s->g->cells)], s->g->cells,
               s->g->cells, pooled, s->cells);
    for (int row = 0; row < s->cells; row++)
        for (int col = 0; col < s->cells; col++) {
            struct rgba *to = &colors[cell_at(s, row, col)];
            struct rgba tone = tone_of(s, pooled[row * s->cells + col]);
            *to = color_mix(empty_cell(s), tone, CLAMP(filled - col, 0.0, 1.0));
            *to = col > row ? RGBA_NONE : color_mix(*to, s->c->style->bg, dim);
        }
    dl_heat(s->c->dl, ((struct dl_heat){ .x = b.x, .y = b.y, .cols = (uint16_t)s->cells, .rows = (uint16_t)s->cells,
                                         .cell_w = (uint16_t)s->cell_w, .cell_h = (uint16_t)s->cell_h,
                                         .pitch_x = (uint16_t)s->pitch_x, .pitch_y = (uint16_t)s->pitch_y,
                                         .radius = s->cell_w >= 8 && s->cell_h >= 8 ? 2 : 0 }), colors);
}

/* A matrix whose marks are those of the attention views, on its way from its triangle to its near place. */
struct flight { const struct trace_head *head; struct box tile; double t, fade, fold, grow, dim; };

static struct box cell_on_way(const struct sheet *s, const struct flight *f, int row, int col)
{
    const struct attention *a = &s->a;
    int n = s->g->n;
    double pitch_x = (s->w + s->pitch_x - s->cell_w) / n, pitch_y = (s->h + s->pitch_y - s->cell_h) / n;
    double x = f->tile.x + (a->turned ? row : col) * pitch_x, y = f->tile.y + (a->turned ? col : row) * pitch_y;
    struct box from = { x, y, pitch_x - (s->pitch_x - s->cell_w), pitch_y - (s->pitch_y - s->cell_h) };
    if (f->t <= 0) return from;
    double last = attention_row_at(a, n - 1, n), across = attention_row_at(a, row, n), depth = a->row_depth;
    bool newest = row == n - 1;
    across = mix(across, newest ? round(a->mid - a->strip / 2) : last, newest ? f->grow : f->fold);
    depth = mix(depth, newest ? a->strip : depth * 0.5, newest ? f->grow : f->fold);
    struct box to = attention_box(a, attention_slot(a, col, n).at, round(across), a->width, round(depth));
    return (struct box){ mix(from.x, to.x, f->t), mix(from.y, to.y, f->t), mix(from.w, to.w, f->t),
                         mix(from.h, to.h, f->t) };
}

static void draw_flight(const struct sheet *s, const struct flight *f)
{
    struct dl *dl = s->c->dl;
    int n = s->g->n;
    bool whole = n <= GRID_CELLS; /* each token has cells of its own in the triangle */
    for (int row = 0; row < n; row++) {
        bool newest = row == n - 1;
        double slot = attention_slot(&s->a, row, n).alpha, shown = whole ? mix(1, slot, f->t) : slot * f->t;
        if (!newest) shown *= 1 - f->fade;
        if (shown <= 0) continue;
        dl_enter(dl, "row", row);
        dl_fade(dl, shown);
        for (int col = 0; col <= row; col++) {
            double column = attention_slot(&s->a, col, n).alpha, alpha = whole ? mix(1, column, f->t) : column;
            double share = f->head->shares[(size_t)row * (size_t)f->head->n + (size_t)col];
            struct rgba color = tone_of(s, share);
            if (newest && f->grow > 0) /* its tone in the matrix, then in the strip */
                color = style_ramp(s->c->style, RAMP_ATTENTION, mix(attention_matrix_tone(&s->a, row, col),
                                                                    attention_tone(&s->a, row, col), f->grow));
            struct box b = cell_on_way(s, f, row, col);
            dl_enter(dl, "cell", col);
            dl_fade(dl, alpha);
            dl_rect(dl, b, .radius = MIN(mix(2, px(s->c, 5), f->t), floor(MIN(b.w, b.h) / 4)),
                    .fill = color_mix(color, s->c->style->bg, f->dim));
            dl_restore(dl);
            dl_leave(dl);
        }
        dl_restore(dl);
        dl_leave(dl);
    }
}

/* --- the grid --- */

/* How far the told role's outline is drawn, and how far the next one has taken its place. */
static double told_on(const struct sheet *s, int k) { return span(s, EASE_OUT, s->g->told[k].at, GRID_TELL); }

static double told_off(const struct sheet *s, int k)
{
    const struct head_grid *g = s->g;
    return span(s, EASE_OUT, k + 1 < g->n_told ? g->told[k + 1].at : g->clock.zoom, GRID_TELL);
}

static bool is_at(const struct told *t, int layer, int head) { return t->layer == layer && t->head == head; }

/* How far a triangle sinks into the background: those that nothing is said of more than those that were told. */
static double dim_of(const struct sheet *s, int layer, int head)
{
    const struct head_grid *g = s->g;
    double dim = g->n_told ? dim_most * told_on(s, 0) : 0;
    for (int k = 0; k < g->n_told; k++)
        if (is_at(&g->told[k], layer, head)) dim = mix(mix(dim, 0, told_on(s, k)), dim_told, told_off(s, k));
    return is_at(&g->near, layer, head) ? mix(dim, 0, span(s, EASE_OUT, g->clock.zoom, GRID_TELL / 2)) : dim;
}

static void draw_outline(const struct sheet *s, struct box tile, double alpha, double past)
{
    const struct style *style = s->c->style;
    double out = px_by_plan(s->c, 6, 7, 3), width = px_by_plan(s->c, 3, 4, 2);
    if (s->step_x - s->w < 2 * (out + width)) out = floor((s->step_x - s->w) / 3), width = MAX(2, px(s->c, 2));
    dl_rect(s->c->dl, box_inset(tile, -out), .radius = px(s->c, 8), .width = width,
            .stroke = color_fade(color_mix(style->text, style->cached_line, past), alpha));
}

/* A role's name in the empty half of its triangle, where it has room; `line` of several roles of one head. */
static void draw_tag(const struct sheet *s, struct box tile, const char *name, int line, double alpha, double past)
{
    const struct canvas *c = s->c;
    struct font f = font_weight(canvas_font(c, TEXT_SMALL), 600);
    double pitch = round(f.size * 1.25), need = (line + 1) * pitch, w = canvas_width(c, f, name);
    double room = s->a.turned ? floor((tile.h - need) / s->pitch_y) * s->pitch_x
                              : tile.w - ceil(need / s->pitch_y) * s->pitch_x;
    if (c->plan == PLAN_SMALL || w + px(c, 4) > room) return;
    double y = s->a.turned ? box_bottom(tile) - line * pitch - px(c, 3) : tile.y + line * pitch + round(f.size * 0.86);
    dl_fade(c->dl, alpha);
    dl_text(c->dl, s->a.turned ? tile.x : round(box_right(tile) - w), y, f,
            color_mix(c->style->text, c->style->text2, past), name);
    dl_restore(c->dl);
}

static void draw_marks(const struct sheet *s, double stays)
{
    const struct head_grid *g = s->g;
    for (int k = 0; k < g->n_told; k++) {
        const struct told *t = &g->told[k];
        double on = told_on(s, k) * stays;
        if (on <= 0) continue;
        struct box tile = tile_of(s, t->layer, t->head);
        int line = 0;
        for (int before = 0; before < k; before++) line += is_at(&g->told[before], t->layer, t->head);
        dl_enter(s->c->dl, "told", k);
        if (!line || told_off(s, k) <= 0) draw_outline(s, tile, on, told_off(s, k));
        draw_tag(s, tile, t->name, line, on, told_off(s, k));
        dl_leave(s->c->dl);
    }
}

static void draw_axis_name(const struct sheet *s, const char *id, const char *word, int number, double x, double y,
                           int align)
{
    const struct canvas *c = s->c;
    struct font f = canvas_font(c, TEXT_SMALL);
    char text[64];
    canvas_count(c, id, number, number, "counted: the layers and heads of the model, from 1 on");
    g_snprintf(text, sizeof text, "%s{%s.%d}", word, id, number);
    double w = canvas_template_width(c, f, text, c->stage.w, 1);
    canvas_template(c, align ? x : round(x - w / 2), y, f, c->style->text3, text, c->stage.w, 1, 0, align);
}

static void draw_axes(const struct sheet *s)
{
    const struct canvas *c = s->c;
    const struct head_grid *g = s->g;
    struct font f = canvas_font(c, TEXT_SMALL);
    double y = s->y - px_by_plan(c, 14, 18, 0), x = s->x - px(c, 16);
    bool wide = canvas_width(c, f, "head 00") + px(c, 10) <= s->step_x;
    if (c->plan == PLAN_SMALL || !c->facts) return;
    dl_enter(c->dl, "axes", -1);
    for (int i = 0; i < g->layers.n; i++)
        draw_axis_name(s, "grid.layer", "layer ", g->layers.shown[i], x,
                       canvas_baseline(c, f, s->y + i * s->step_y + s->h / 2), 1);
    for (int j = 0; j < g->heads.n; j++)
        draw_axis_name(s, "grid.head", wide ? "head " : "", g->heads.shown[j], s->x + j * s->step_x + s->w / 2, y, 0);
    if (!wide) dl_text_right(c->dl, x, y, f, c->style->text3, "head");
    if (s->foot > 0)
        canvas_template(c, s->x, s->foot, f, c->style->text3,
                        "{grid.layers_shown} of {trace.layers} layers, {grid.heads_shown} of {trace.heads} heads",
                        box_right(c->stage) - s->x, 1, 0, 0);
    dl_leave(c->dl);
}

static void draw_grid(const struct sheet *s)
{
    const struct head_grid *g = s->g;
    bool near = s->now >= g->clock.zoom, flies = g->carried && s->cells == g->n && !near;
    double stays = 1 - span(s, EASE_IN, g->clock.zoom, leave_s),
           filled = s->cells * span(s, EASE_LINEAR, g->clock.fill, 0.6);
    dl_fade(s->c->dl, stays);
    draw_axes(s);
    for (int i = 0; i < g->layers.n; i++)
        for (int j = 0; j < g->heads.n; j++) {
            int layer = g->layers.shown[i], head = g->heads.shown[j];
            bool carried = g->carried && layer == g->carried->layer && head == g->carried->head;
            bool leaves = near && s->cells == g->n && is_at(&g->near, layer, head);
            if (leaves || (flies && carried)) continue;
            dl_enter(s->c->dl, "head", (layer - 1) * g->heads.of + head - 1);
            draw_triangle(s, i, j, carried ? s->cells : filled, dim_of(s, layer, head));
            dl_leave(s->c->dl);
        }
    dl_restore(s->c->dl);
    if (flies)
        draw_flight(s, &(struct flight){ .head = g->carried, .tile = tile_of(s, g->carried->layer, g->carried->head),
                                         .dim = dim_of(s, g->carried->layer, g->carried->head) });
    draw_marks(s, stays);
}

/* --- words of the roles --- */

/* Small shares keep a decimal, so that chance is not nothing. */
static enum fact_form share_form(const struct sheet *s, int id)
{
    return facts_at(s->c->facts, id)->r < 0.02 ? FORM_PERCENT1 : FORM_PERCENT;
}

static void draw_bar(const struct sheet *s, struct box track, int score, int chance, double grown)
{
    const struct canvas *c = s->c;
    double share = facts_at(c->facts, score)->r, even = facts_at(c->facts, chance)->r;
    struct box bar = track;
    bar.w = MAX(px(c, 3), round(track.w * CLAMP(share, 0.0, 1.0))) * grown;
    dl_rect(c->dl, track, .radius = px(c, 4), .fill = c->style->grid);
    dl_rect(c->dl, bar, .radius = px(c, 4), .fill = c->style->attention);
    double mark = MAX(2, px(c, 2)), over = px(c, 4);
    dl_rect(c->dl, ((struct box){ round(track.x + track.w * CLAMP(even, 0.0, 1.0) - mark / 2), track.y - over, mark,
                                  track.h + 2 * over }), .fill = c->style->text2);
}

/* A bar, the score behind it and the chance level at the right end; in narrow places the chance in a second row. */
static void draw_score(const struct sheet *s, double x, double y, double w, int score, int chance, double grown)
{
    const struct canvas *c = s->c;
    struct font mono = font_weight(canvas_font(c, TEXT_CELL), 600), f = canvas_font(c, TEXT_SMALL);
    char text[32], words[48];
    facts_text(c->facts, chance, share_form(s, chance), text, sizeof text);
    g_snprintf(words, sizeof words, "chance %s", text);
    double chance_w = ceil(canvas_width(c, f, words)), score_w = ceil(canvas_width(c, mono, "100%")) + px(c, 10);
    bool beside = w - chance_w - score_w - px(c, 14) >= px_by_plan(c, 90, 120, 50);
    double bar = w - score_w - (beside ? chance_w + px(c, 16) : 0), h = px_by_plan(c, 16, 22, 12);
    draw_bar(s, (struct box){ x, round(y - h / 2), bar, h }, score, chance, grown);
    double end = x + bar + score_w;
    facts_text(c->facts, score, share_form(s, score), text, sizeof text);
    dl_text_of_fact_right(c->dl, end, canvas_baseline(c, mono, y), mono, c->style->text, score, text);
    double wide = beside ? x + w : x + chance_w, at = beside ? y : y + round(f.size * 1.45);
    dl_text_of_fact_right(c->dl, wide, canvas_baseline(c, f, at), f, c->style->text3, chance, words);
}

static void draw_place(const struct sheet *s, const struct told *t, double x, double y, struct font f, struct rgba ink,
                       int align)
{
    char text[96];
    g_snprintf(text, sizeof text, "layer {head.%s.layer}, head {head.%s.head}", t->name, t->name);
    canvas_template(s->c, x, y, f, ink, text, s->c->stage.w, 1, 0, align);
}

/* What is said of a head in its role: no more than was measured. */
static const char *claim(const struct sheet *s, const struct told *t)
{
    return heads_claim(s->g->measured, t->layer, t->head, t->role);
}

/* One role of the list: its name and head, its line where there is room, its score. */
static void draw_entry(const struct sheet *s, int k, struct box b)
{
    const struct canvas *c = s->c;
    const struct told *t = &s->g->told[k];
    struct font bold = font_weight(canvas_font(c, TEXT_LABEL), 600), f = canvas_font(c, TEXT_SMALL);
    double on = told_on(s, k), past = told_off(s, k);
    double tight = b.h < px(c, 140) ? px(c, 4) : 0, y = b.y + px(c, 24) - tight, pitch = px(c, 27) - tight / 2;
    if (on <= 0) return;
    dl_fade(c->dl, on);
    dl_enter(c->dl, "role", k);
    dl_rect(c->dl, ((struct box){ b.x - px(c, 12), b.y, b.w + px(c, 24), b.h - px(c, 6) }), .radius = px(c, 8),
            .fill = color_fade(c->style->surface2, 1 - past));
    dl_text(c->dl, b.x, canvas_baseline(c, bold, y), bold, color_mix(c->style->text, c->style->text2, past), t->name);
    draw_place(s, t, box_right(b), canvas_baseline(c, f, y), f, c->style->text2, 1);
    y += px(c, 31) - tight;
    if (b.h >= px(c, 124))
        y += pitch * canvas_template(c, b.x, canvas_baseline(c, f, y), f, c->style->text2,
                                         claim(s, t), b.w, 2, pitch, 0);
    draw_score(s, b.x, y + px(c, 5) - tight, b.w, role_fact(s, t, "score"), role_fact(s, t, "chance"),
               span(s, EASE_OUT, t->at + 0.2, 0.45));
    dl_leave(c->dl);
    dl_restore(c->dl);
}

static void draw_row_entry(const struct sheet *s, int k, struct box b)
{
    const struct canvas *c = s->c;
    const struct told *t = &s->g->told[k];
    struct font bold = font_weight(canvas_font(c, TEXT_SMALL), 600), f = canvas_font(c, TEXT_SMALL);
    double on = told_on(s, k), past = told_off(s, k), y = box_mid_y(b);
    if (on <= 0) return;
    dl_fade(c->dl, on);
    dl_enter(c->dl, "role", k);
    dl_rect(c->dl, ((struct box){ b.x - px(c, 16), b.y + px(c, 2), b.w + px(c, 32), b.h - px(c, 4) }),
            .radius = px(c, 10), .fill = color_fade(c->style->surface2, 1 - past));
    dl_text(c->dl, b.x, canvas_baseline(c, bold, y), bold, color_mix(c->style->text, c->style->text2, past), t->name);
    draw_place(s, t, b.x + px(c, 168), canvas_baseline(c, f, y), f, c->style->text2, 0);
    draw_score(s, b.x + px(c, 400), y, b.w - px(c, 400), role_fact(s, t, "score"), role_fact(s, t, "chance"),
               span(s, EASE_OUT, t->at + 0.2, 0.45));
    dl_leave(c->dl);
    dl_restore(c->dl);
}

/* How to read the grid, until roles are told. */
static const char reading[] = "Each triangle is one head. A row is a token; bright cells are what it looks at.";
static const char reading_turned[] =
    "Each triangle is one head. A column is a token; bright cells are what it looks at.";

static double reading_alpha(const struct sheet *s)
{
    return 1 - span(s, EASE_IN, (s->g->n_told ? s->g->told[0].at : s->g->clock.zoom) - 0.2, 0.2);
}

static void list_panel(const struct sheet *s)
{
    const struct canvas *c = s->c;
    struct box p = s->words, rest;
    struct font heading = canvas_font(c, TEXT_HEADING), f = canvas_font(c, TEXT_LABEL);
    double pad = px(c, 28);
    dl_text(c->dl, p.x + pad, canvas_baseline(c, heading, p.y + px(c, 39)), heading, c->style->text, "What heads do");
    rest = (struct box){ p.x + pad, p.y + px(c, 72), p.w - 2 * pad, p.h - px(c, 80) };
    dl_fade(c->dl, reading_alpha(s));
    dl_enter(c->dl, "reading", -1);
    canvas_template(c, rest.x, canvas_baseline(c, f, rest.y + px(c, 24)), f, c->style->text2, reading, rest.w, 5,
                    px(c, 32), 0);
    dl_leave(c->dl);
    dl_restore(c->dl);
    double pitch = MIN(px(c, 156), floor(rest.h / MAX(1, s->g->n_told)));
    for (int k = 0; k < s->g->n_told; k++) draw_entry(s, k, (struct box){ rest.x, rest.y + k * pitch, rest.w, pitch });
}

/* In tall frames the current role's line stands under the grid, above the list. */
static void tall_panel(const struct sheet *s)
{
    const struct canvas *c = s->c;
    struct box p = s->words;
    struct font f = canvas_font(c, TEXT_LABEL);
    double y = canvas_baseline(c, f, p.y - px(c, 40)), pad = px(c, 36),
           pitch = MIN(px(c, 64), floor((p.h - px(c, 20)) / MAX(1, s->g->n_told)));
    dl_fade(c->dl, reading_alpha(s));
    canvas_template(c, p.x, y - px(c, 24), f, c->style->text2, reading_turned, p.w, 2, px(c, 40), 0);
    dl_restore(c->dl);
    for (int k = 0; k < s->g->n_told; k++) {
        struct box row = { p.x + pad, p.y + round((p.h - pitch * s->g->n_told) / 2) + k * pitch, p.w - 2 * pad, pitch };
        double shown = told_on(s, k) * (1 - told_off(s, k));
        draw_row_entry(s, k, row);
        dl_fade(c->dl, shown);
        dl_enter(c->dl, "role line", k);
        canvas_template(c, p.x, y, f, c->style->text, claim(s, &s->g->told[k]), p.w, 1, 0, 0);
        dl_leave(c->dl);
        dl_restore(c->dl);
    }
}

/* Small frames tell the current role alone. */
static void small_panel(const struct sheet *s)
{
    const struct canvas *c = s->c;
    struct box p = s->words;
    struct font f = canvas_font(c, TEXT_LABEL), heading = canvas_font(c, TEXT_HEADING),
                hero = canvas_font(c, TEXT_HERO);
    double pitch = px(c, 21);
    hero.size = (uint16_t)MAX(px(c, 30), f.size);
    dl_fade(c->dl, reading_alpha(s));
    canvas_template(c, p.x, p.y + px(c, 18), f, c->style->text2, reading, p.w, 6, pitch, 0);
    dl_restore(c->dl);
    for (int k = 0; k < s->g->n_told; k++) {
        const struct told *t = &s->g->told[k];
        double shown = told_on(s, k) * (1 - told_off(s, k)), y = p.y + px(c, 18);
        if (shown <= 0) continue;
        int score = role_fact(s, t, "score"), chance = role_fact(s, t, "chance");
        char text[32], words[48];
        dl_fade(c->dl, shown);
        dl_enter(c->dl, "role", k);
        dl_text(c->dl, p.x, y, heading, c->style->text, t->name);
        draw_place(s, t, p.x, y += px(c, 23), f, c->style->text3, 0);
        y += pitch *
             canvas_template(c, p.x, y + px(c, 24), f, c->style->text2, claim(s, t), p.w, 3, pitch, 0);
        y = p.y + px(c, 18 + 23 + 24 + 3 * 21 + 36);
        double w = dl_fact(c->dl, p.x, y, hero, c->style->attention_ink, score, share_form(s, score));
        facts_text(c->facts, chance, share_form(s, chance), text, sizeof text);
        g_snprintf(words, sizeof words, "chance %s", text);
        dl_text_of_fact(c->dl, p.x + ceil(w) + px(c, 12), y, f, c->style->text3, chance, words);
        dl_leave(c->dl);
        dl_restore(c->dl);
    }
}

/* --- the near head --- */

static double looked(const struct sheet *s) { return span(s, EASE_OUT, s->g->clock.share, 0.35); }
static double followed(const struct sheet *s) { return span(s, EASE_OUT, s->g->clock.next, 0.3); }

/* A token that is looked at or looks, as a column's name; the one that is looked at most in attention ink. */
static void draw_column_name(const struct sheet *s, int i, double alpha)
{
    const struct attention *a = &s->a;
    const struct canvas *c = s->c;
    struct font f = font_weight(canvas_font(c, TEXT_COLUMN), 700);
    struct slot slot = attention_slot(a, i, s->g->n);
    double middle = slot.at + a->width / 2;
    char text[64];
    dl_fade(c->dl, alpha * slot.alpha);
    dl_enter(c->dl, "looked at", i);
    if (!a->turned && c->plan != PLAN_SMALL) {
        token_cut(s->g->trace->tokens[i].text, 8, text, sizeof text);
        part_column_label(c, middle, a->label, text, true, c->style->attention_ink);
    } else if (a->turned) {
        token_cut(s->g->trace->tokens[i].text, 9, text, sizeof text);
        dl_text_of_fact_right(c->dl, a->label, canvas_baseline(c, f, middle), f, c->style->attention_ink, DL_QUOTED,
                              text);
    } else {
        token_cut(s->g->trace->tokens[i].text, 12, text, sizeof text);
        double w = canvas_width(c, f, text), x = CLAMP(middle - w / 2, c->stage.x, s->near_words.x - px(c, 8) - w);
        dl_text_of_fact(c->dl, round(x), box_bottom(a->sentence) + px(c, 24), f, c->style->attention_ink, DL_QUOTED,
                        text);
    }
    dl_leave(c->dl);
    dl_restore(c->dl);
}

static void draw_column_names(const struct sheet *s, double alpha)
{
    const struct attention *a = &s->a;
    int n = s->g->n, top = s->g->top;
    double look = looked(s), size = canvas_font(s->c, TEXT_COLUMN).size;
    int every = (int)ceil((a->turned ? 1.1 : 1.5) * size / a->pitch);
    for (int i = 0; i < n; i++) {
        double yields = i == top ? look : abs(i - top) < every ? look : 0; /* the one looked at has the right of way */
        attention_label(a, i, n, (struct label_look){ n - 1, alpha * (1 - yields), i == n - 1 ? look : 0 });
    }
    draw_column_name(s, top, alpha * look);
}

/* The rows' tokens, while there are rows; the newest one's stays. */
static void draw_row_names(const struct sheet *s, double alpha, double folded)
{
    const struct attention *a = &s->a;
    const struct canvas *c = s->c;
    struct font f = canvas_font(c, TEXT_COLUMN), bold = font_weight(f, 700);
    int n = s->g->n, every = (int)ceil(1.15 * f.size / a->row_pitch);
    double x = a->first - px(c, 14), room = x - c->stage.x;
    if (c->plan == PLAN_SQUARE) room = x - box_right(s->near_words) - px(c, 8);
    int chars = CLAMP((int)(room / (0.6 * f.size)), 2, 12);
    char text[64];
    for (int i = 0; i < n; i++) {
        bool newest = i == n - 1;
        double here = alpha * (newest ? 1 : (1 - folded) * attention_slot(a, i, n).alpha);
        if (here <= 0 || (!newest && (a->turned || c->plan == PLAN_SMALL || (n - 1 - i) % every))) continue;
        double across = round(attention_row_at(a, i, n) + a->row_depth / 2);
        if (newest) across = round(mix(across, a->mid, span(s, EASE_IN_OUT, s->g->clock.fold + 0.5, 0.4)));
        token_cut(s->g->trace->tokens[i].text, chars, text, sizeof text);
        dl_fade(c->dl, here);
        dl_enter(c->dl, "row name", i);
        if (a->turned)
            dl_text_of_fact_mid(c->dl, across, a->first - px(c, 16), bold, c->style->new_ink, DL_QUOTED, text);
        else
            dl_text_of_fact_right(c->dl, x, canvas_baseline(c, f, across), newest ? bold : f,
                                  newest ? c->style->new_ink : c->style->text2, DL_QUOTED, text);
        dl_leave(c->dl);
        dl_restore(c->dl);
    }
}

/* From the strip back to the names: as wide as the share. */
static void draw_gaze(const struct sheet *s, double grow)
{
    const struct attention *a = &s->a;
    const struct canvas *c = s->c;
    int n = s->g->n;
    double from = a->turned ? a->label + px(c, 12) : a->label + px(c, 8), to = round(a->mid - a->strip / 2) - px(c, 5);
    if (c->plan == PLAN_SMALL) from = box_bottom(a->sentence) + px(c, 32), to += px(c, 2);
    if (grow <= 0) return;
    dl_enter(c->dl, "gaze", -1);
    for (int i = 0; i < n; i++) {
        struct slot slot = attention_slot(a, i, n);
        double weight = (attention_tone(a, n - 1, i) - 0.12) / 0.88, width = MAX(2, round(a->width * weight));
        double length = round((to - from) * grow);
        struct rgba color =
            color_over(color_fade(style_ramp(c->style, RAMP_ATTENTION, 0.75), mix(0.3, 0.85, weight)), c->style->bg);
        dl_rect(c->dl, attention_box(a, slot.at + floor((a->width - width) / 2), to - length, width, length),
                .fill = color_fade(color, slot.alpha));
    }
    dl_leave(c->dl);
}

static void draw_near(const struct sheet *s)
{
    const struct head_grid *g = s->g;
    const struct attention *a = &s->a;
    double start = g->clock.zoom, fold = g->clock.fold, look = looked(s),
           shown = span(s, EASE_OUT, start + grow_at + grow_s - 0.2, 0.2);
    struct flight f = { .head = g->seen, .tile = tile_of(s, g->near.layer, g->near.head),
                        .t = span(s, EASE_IN_OUT, start + grow_at, grow_s), .fade = span(s, EASE_LINEAR, fold, 0.35),
                        .fold = span(s, EASE_IN_OUT, fold, 0.5), .grow = span(s, EASE_IN_OUT, fold + 0.5, 0.4) };
    if (s->now < start) return;
    draw_gaze(s, look);
    if (look < 1) draw_flight(s, &f);
    dl_fade(s->c->dl, look);
    if (look > 0) attention_strip(a, g->n - 1, g->n, (struct strip_look){ g->n, 1, 0 });
    dl_restore(s->c->dl);
    attention_strip_border(a, g->n, span(s, EASE_OUT, fold + 0.9, 0.2));
    draw_column_names(s, shown);
    draw_row_names(s, shown, f.fade);
}

/* --- words beside the near head --- */

/* The tokens that it looks at, best first, with their shares. */
static double draw_shares(const struct sheet *s, double x, double y, double w, double pitch, int most)
{
    const struct canvas *c = s->c;
    const struct head_grid *g = s->g;
    const float *shares = g->seen->shares + (size_t)(g->n - 1) * (size_t)g->seen->n;
    struct font mono = font_weight(canvas_font(c, TEXT_COLUMN), 500);
    double one = canvas_width(c, mono, "0"), share_w = ceil(4 * one) + px(c, 8);
    int chars = CLAMP((int)(w * 0.42 / one), 3, 12);
    g_autofree bool *used = g_new0(bool, g->n);
    for (int k = 0; k < MIN(most, g->n); k++, y += pitch) {
        int best = -1;
        for (int i = 0; i < g->n; i++)
            if (!used[i] && (best < 0 || shares[i] > shares[best])) best = i;
        used[best] = true;
        char text[64], id[32];
        g_snprintf(id, sizeof id, "share.%d", best + 1);
        int share = fact(s, id);
        struct rgba ink = k ? c->style->text2 : c->style->attention_ink;
        struct font f = k ? mono : font_weight(mono, 700);
        dl_enter(c->dl, "looks at", k);
        dl_text_of_fact(c->dl, x, canvas_baseline(c, f, y), f, ink, DL_QUOTED,
                        token_cut(g->trace->tokens[best].text, chars, text, sizeof text));
        double left = x + ceil(chars * one) + px(c, 12), h = px_by_plan(c, 16, 22, 12);
        struct box track = { left, round(y - h / 2), x + w - share_w - left, h }, bar = track;
        bar.w = MAX(px(c, 3), round(track.w * shares[best])) * looked(s);
        dl_rect(c->dl, track, .radius = px(c, 4), .fill = c->style->grid);
        dl_rect(c->dl, bar, .radius = px(c, 4), .fill = k ? c->style->cached_line : c->style->attention);
        if (shares[best] < 0.005) dl_text_of_fact_right(c->dl, x + w, canvas_baseline(c, f, y), f, ink, share, "<1%");
        else dl_fact_right(c->dl, x + w, canvas_baseline(c, f, y), f, ink, share, FORM_PERCENT);
        dl_leave(c->dl);
    }
    return y;
}

static const char *next_text(const struct head_grid *g) { return g->trace->tokens[g->n].text; }

/* The token that comes next, behind what it is. */
static void draw_next(const struct sheet *s, double x, double y, const char *words)
{
    const struct canvas *c = s->c;
    struct font f = canvas_font(c, TEXT_LABEL);
    double w = *words ? ceil(canvas_width(c, f, words)) + px(c, 16) : 0;
    dl_fade(c->dl, followed(s));
    dl_enter(c->dl, "what comes", -1);
    if (*words) dl_text(c->dl, x, canvas_baseline(c, f, y), f, c->style->text2, words);
    part_chip(c, x + w, y, next_text(s->g), CHIP_NEXT);
    dl_leave(c->dl);
    dl_restore(c->dl);
}

static void rule(const struct canvas *c, double x, double y, double w)
{
    dl_rect(c->dl, ((struct box){ x, y, w, MAX(1, px(c, 2)) }), .fill = c->style->line);
}

static const char near_name[] = "Layer {look.layer}, head {look.head}", near_looks[] = "“{look.token}” looks at";

/* Name, line and score of the head; returns where it ends. */
static double draw_near_head(const struct sheet *s, double x, double y, double w, double pitch)
{
    const struct canvas *c = s->c;
    struct font heading = canvas_font_fitting(c, canvas_font(c, TEXT_HEADING), near_name, w),
                f = canvas_font(c, TEXT_SMALL);
    canvas_template(c, x, canvas_baseline(c, heading, y), heading, c->style->text, near_name, w, 1, 0, 0);
    y += round(pitch * 1.35);
    if (!s->g->near.name) return y;
    y += pitch * canvas_template(c, x, canvas_baseline(c, f, y), f, c->style->text2, claim(s, &s->g->near),
                                 w, 3, pitch, 0);
    draw_score(s, x, y + px(c, 10), w, fact(s, "look.score"), fact(s, "look.chance"), 1);
    return y + pitch;
}

static void near_list(const struct sheet *s)
{
    const struct canvas *c = s->c;
    struct box p = s->near_words;
    struct font f = canvas_font(c, TEXT_SMALL);
    bool wide = c->plan == PLAN_WIDE;
    double pad = px(c, wide ? 28 : 0), x = p.x + pad, w = p.w - 2 * pad,
           y = draw_near_head(s, x, p.y + px(c, 39), w, px(c, 28));
    y += px(c, wide ? 26 : 50);
    dl_fade(c->dl, looked(s));
    rule(c, x, y, w);
    y += px(c, 36);
    canvas_template(c, x, canvas_baseline(c, f, y), f, c->style->text3, near_looks, w, 1, 0, 0);
    y = draw_shares(s, x, y + px(c, 44), w, px(c, 44), 4);
    dl_restore(c->dl);
    dl_fade(c->dl, followed(s));
    rule(c, x, y + px(c, 4), w);
    dl_restore(c->dl);
    draw_next(s, x, y + px(c, 48), wide ? "and the next token is" : "next");
}

static void near_tall(const struct sheet *s)
{
    const struct canvas *c = s->c;
    struct box p = s->near_words;
    struct font f = canvas_font(c, TEXT_SMALL);
    double pad = px(c, 36), w = floor((p.w - 3 * pad) / 2), x = p.x + pad, right = x + w + pad;
    draw_near_head(s, x, p.y + px(c, 44), w, px(c, 38));
    dl_fade(c->dl, looked(s));
    canvas_template(c, right, canvas_baseline(c, f, p.y + px(c, 44)), f, c->style->text3, near_looks, w, 1, 0, 0);
    draw_shares(s, right, p.y + px(c, 96), w, px(c, 46), 3);
    dl_restore(c->dl);
    draw_next(s, x, p.y + px(c, 236), "next");
}

static void near_small(const struct sheet *s)
{
    const struct canvas *c = s->c;
    struct box p = s->near_words;
    struct font f = canvas_font(c, TEXT_LABEL), bold = font_weight(f, 600);
    canvas_template(c, p.x, p.y + px(c, 18), bold, c->style->text, near_name, p.w, 1, 0, 0);
    dl_fade(c->dl, looked(s));
    canvas_template(c, p.x, p.y + px(c, 48), f, c->style->text2, near_looks, p.w, 1, 0, 0);
    draw_shares(s, p.x, p.y + px(c, 72), p.w, px(c, 26), 3);
    dl_restore(c->dl);
    draw_next(s, p.x, p.y + px(c, 180), "next");
}

static void draw_words(const struct sheet *s)
{
    const struct canvas *c = s->c;
    double out = 1 - span(s, EASE_IN, s->g->clock.zoom, leave_s),
           in = span(s, EASE_OUT, s->g->clock.zoom + grow_at + grow_s - 0.3, GRID_TELL);
    if (!c->facts) return;
    if (c->plan == PLAN_WIDE || c->plan == PLAN_TALL) {
        dl_enter(c->dl, "pass panel", -1); /* the panel of the prefill view stays where it is */
        part_panel(c, s->words);
        dl_leave(c->dl);
    } else if (c->plan == PLAN_SQUARE) {
        dl_fade(c->dl, out);
        dl_enter(c->dl, "roles panel", -1);
        part_panel(c, s->words);
        dl_leave(c->dl);
        dl_restore(c->dl);
    }
    dl_enter(c->dl, "words", -1);
    dl_fade(c->dl, out);
    if (out > 0) (c->plan == PLAN_SMALL ? small_panel : c->plan == PLAN_TALL ? tall_panel : list_panel)(s);
    dl_restore(c->dl);
    dl_leave(c->dl);
    dl_enter(c->dl, "near words", -1);
    dl_fade(c->dl, in);
    if (in > 0) (c->plan == PLAN_SMALL ? near_small : c->plan == PLAN_TALL ? near_tall : near_list)(s);
    dl_restore(c->dl);
    dl_leave(c->dl);
}

/* --- the sentence --- */

/* An outline around a chip of the sentence, unless it is behind the dots. */
static void mark_chip(const struct sheet *s, struct sentence words, int i, struct rgba color, double alpha)
{
    const struct canvas *c = s->c;
    double x = attention_chip_x(&s->a, words, i);
    if (alpha <= 0 || x < s->a.sentence.x || x == attention_chip_x(&s->a, words, i + 1)) return;
    struct box chip = { x, s->a.sentence.y, part_chip_width(c, s->g->trace->tokens[i].text), s->a.sentence.h };
    dl_enter(c->dl, "marked chip", i);
    dl_rect(c->dl, box_inset(chip, px(c, 1)), .radius = px_by_plan(c, 9, 12, 8), .stroke = color_fade(color, alpha),
            .width = px_by_plan(c, 3, 4, 3));
    dl_leave(c->dl);
}

static void draw_sentence(const struct sheet *s)
{
    const struct canvas *c = s->c;
    const struct head_grid *g = s->g;
    const struct attention *a = &s->a;
    struct sentence words = { .end = g->n, .grow = g->carried ? 1 : followed(s), .enter = 1, .fresh = -1 };
    attention_sentence(a, words);
    mark_chip(s, words, g->n - 1, c->style->new_line, span(s, EASE_OUT, g->clock.fold + 0.5, GRID_TELL));
    if (g->top < g->n - 1) mark_chip(s, words, g->top, c->style->attention, looked(s));
}

void heads_draw(const void *sim, double now, struct canvas *c)
{
    struct sheet s = { .c = c, .g = sim, .now = now };
    lay_out(&s);
    draw_words(&s);
    draw_grid(&s);
    draw_near(&s);
    draw_sentence(&s);
}
