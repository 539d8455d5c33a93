/* The picture of the compare view: two triangles on one clock, their counters between, and the running total.
 *
 * Both sides have the same cells and the same rows, so the eye compares areas. The cells of the side with a cache carry
 * the identities of the decode view's strip (the query's position, then the key's): between the chapters the strip
 * flies into its row.
 */
#include "view/compare_draw.h"
#include "base/ease.h"
#include "view/parts.h"

#include <math.h>

enum { MOST_RECTS = 1800 };
static const char a_row[] = "counted: rows of the triangle, which are steps";
static const double TURNED_PITCH = 1.33; /* of the font's size: closer columns have no room for turned labels */

/* One triangle: column 0, row 0 at (x, y). */
struct triangle { double x, y, pitch_x, pitch_y, cell_w, cell_h, w, h; };

struct layout {
    struct triangle left, right;
    struct box counters, plot;    /* plot empty: not in this plan */
    double heading_y, label_y, legend_y; /* 0: not in this plan */
    bool step_numbers, turned;    /* turned: tokens over the columns, instead of positions */
};

static bool labels_fit(const struct canvas *c, const struct compare *k, const struct triangle *t)
{
    return k->labels && t->pitch_x >= canvas_font(c, TEXT_COLUMN).size * TURNED_PITCH;
}

/* Characters of a turned label that fit below `up` pixels and left of `right`. */
static int label_chars(const struct canvas *c, double up, double right)
{
    double size = canvas_font(c, TEXT_COLUMN).size, glyph = 0.6 * size * M_SQRT1_2;
    return CLAMP((int)((MIN(up, right) - size * 0.6) / glyph), 2, 12);
}

/* How far the labels of the last columns reach beyond the triangle. */
static double label_overhang(const struct canvas *c, const struct compare *k, const struct triangle *t, double up)
{
    double size = canvas_font(c, TEXT_COLUMN).size, most = 0;
    int fit = label_chars(c, up, INFINITY);
    for (int i = 0; i < k->columns; i++) {
        int chars = (int)MIN(g_utf8_strlen(k->labels[i], -1), fit);
        double end = i * t->pitch_x + t->cell_w / 2 + size * 0.6 + chars * 0.6 * size * M_SQRT1_2;
        most = MAX(most, end + 1 - t->w);
    }
    return ceil(most);
}

static struct triangle triangle_in(const struct canvas *c, const struct compare *k, double x, double y, double w,
                                   double h)
{
    struct triangle t = { .x = x, .y = y };
    double gap = px_by_plan(c, 4, 4, 2);
    t.pitch_x = MAX(1, floor((w + gap) / k->columns));
    t.pitch_x = MIN(t.pitch_x, px(c, 64));
    /* Cells may be taller than wide: a run of many prompt tokens and few steps is a low, wide picture. */
    t.pitch_y = MAX(1, floor(MIN((h + gap) / k->n_rows, t.pitch_x * 1.5)));
    if (k->columns == k->n_rows) t.pitch_x = t.pitch_y = MIN(t.pitch_x, t.pitch_y);
    gap = MIN(t.pitch_x, t.pitch_y) < px(c, 9) ? (MIN(t.pitch_x, t.pitch_y) < 4 ? 0 : 1) : gap;
    t.cell_w = t.pitch_x - gap;
    t.cell_h = t.pitch_y - gap;
    t.w = k->columns * t.pitch_x - gap;
    t.h = k->n_rows * t.pitch_y - gap;
    return t;
}

/* Two triangles with the counters between; the plot under them. */
static void layout_wide(struct layout *l, const struct canvas *c, const struct compare *k)
{
    struct box s = c->stage;
    double numbers = MAX(px(c, 72), ceil(canvas_width(c, canvas_font(c, TEXT_SMALL), "prefill")) + px(c, 18)),
           numbers_right = px(c, 44), mid = px(c, 448), gap = px(c, 38), overhang = px(c, 48);
    double top = px(c, 128), foot = px(c, 54),
           w = floor((s.w - mid - 2 * gap - numbers - numbers_right - overhang) / 2);
    l->left = triangle_in(c, k, s.x + numbers, s.y + top, w, s.h - top - foot);
    l->right = l->left;
    l->turned = labels_fit(c, k, &l->left);
    double reach = px(c, 7), up = top - px(c, 48);
    if (l->turned) reach = CLAMP(label_overhang(c, k, &l->left, up), reach, overhang);
    l->right.x = box_right(s) - reach - l->right.w;
    double free = l->right.x - numbers_right - (l->left.x + l->left.w); /* between the triangles, labels apart */
    double x = round(l->left.x + l->left.w + (free - mid) / 2);
    l->counters = (struct box){ x, s.y + px(c, 44), mid, s.h - px(c, 44) };
    l->plot = box_cut_bottom(&l->counters, l->counters.h - px(c, 306));
    double foot_of_triangle = l->left.y + l->left.h;
    l->plot.h = MAX(foot_of_triangle - l->plot.y, px(c, 200));
    l->heading_y = s.y + px(c, 20);
    l->label_y = s.y + top - px(c, 14);
    l->legend_y = foot_of_triangle + px(c, 32);
    l->step_numbers = true;
}

/* Side by side, everything else below. */
static void layout_stacked(struct layout *l, const struct canvas *c, const struct compare *k)
{
    struct box s = c->stage;
    bool tall = c->plan == PLAN_TALL;
    double numbers = px(c, tall ? 50 : 44), gap = px(c, tall ? 28 : 24), reach = px(c, 6), foot = px(c, tall ? 88 : 72);
    double w = floor((s.w - 2 * numbers - gap - reach) / 2), counters = px(c, tall ? 330 : 108);
    /* Tokens over the columns need room; numbers less, and tall pictures have neither. */
    static const double heads[] = { 128, 78, 60 };
    double head = 0, right = box_right(s) - reach;
    for (int i = tall ? 2 : 0; i < 3; i++) {
        head = px(c, heads[i]);
        l->left = triangle_in(c, k, s.x + numbers, s.y + head, w,
                              s.h - head - foot - counters - (tall ? px(c, 300) : 0));
        l->turned = i == 0 && labels_fit(c, k, &l->left);
        if (l->turned || i) break;
    }
    /* Where the height is the limit, each triangle with its numbers stands in the middle of its half. */
    double aside = floor((w - l->left.w) / 2);
    l->left.x += aside;
    l->right = l->left;
    l->right.x = right - aside - l->left.w;
    double y = l->left.y + l->left.h;
    l->heading_y = s.y + px(c, tall ? 20 : 16);
    l->label_y = tall ? 0 : s.y + head - px(c, 14);
    l->legend_y = y + px(c, tall ? 40 : 32);
    y += foot;
    if (!tall) y = (y + box_bottom(s) - counters) / 2; /* the space that is left lies on both sides of the numbers */
    l->counters = (struct box){ s.x, round(y), s.w, counters };
    if (tall)
        l->plot = (struct box){ s.x, y + counters, s.w, MIN(box_bottom(s) - y - counters - px(c, 50), px(c, 480)) };
    l->step_numbers = true;
}

static void layout_small(struct layout *l, const struct canvas *c, const struct compare *k)
{
    struct box s = c->stage;
    double mid = px(c, 176), gap = px(c, 12), head = px(c, 28), w = floor((s.w - mid - 2 * gap) / 2);
    l->left = triangle_in(c, k, s.x, s.y + head, w, s.h - head - px(c, 8));
    l->left.y += floor((s.h - head - px(c, 8) - l->left.h) / 3);
    l->right = l->left;
    l->left.x += px(c, 2);
    l->right.x = box_right(s) - px(c, 2) - l->left.w;
    l->heading_y = l->left.y - px(c, 16);
    double legend_y = l->left.y + l->left.h + px(c, 24);
    if (legend_y + px(c, 8) <= box_bottom(s)) l->legend_y = legend_y;
    l->counters = (struct box){ round(s.x + s.w / 2 - mid / 2), s.y, mid, s.h };
}

/* What the heading and the shortest legend of the right side take: a triangle of a cell or two is narrower. */
static double words_width(const struct canvas *c)
{
    struct font heading = canvas_font(c, TEXT_HEADING), f = canvas_font(c, TEXT_LABEL);
    double swatches = 2 * (px_by_plan(c, 20, 28, 16) + px_by_plan(c, 12, 12, 6)) +
                      px(c, c->plan == PLAN_WIDE ? 32 : c->plan == PLAN_SMALL ? 16 : 20);
    if (c->plan == PLAN_SMALL)
        return MAX(canvas_width(c, heading, "KV cache"), swatches + canvas_width(c, f, "new") + canvas_width(c, f, "read"));
    double words = canvas_template_width(c, f, "new: {cost.all_passes_with}", c->safe.w, 1) +
                   canvas_template_width(c, f, "read: {cost.all_passes_without}", c->safe.w, 1);
    return MAX(canvas_width(c, heading, "With a KV cache"), swatches + words);
}

static struct layout lay_out(const struct canvas *c, const struct compare *k)
{
    struct layout l = { 0 };
    switch (c->plan) {
    case PLAN_WIDE:   layout_wide(&l, c, k); break;
    case PLAN_SQUARE:
    case PLAN_TALL:   layout_stacked(&l, c, k); break;
    case PLAN_SMALL:  layout_small(&l, c, k); break;
    case PLAN_COUNT:  break;
    }
    l.right.x = MIN(l.right.x, floor(box_right(c->safe) - words_width(c)));
    return l;
}

/* --- motion --- */

static double entered(const struct compare *k, int row, double now)
{
    double at = k->rows[row].at, next = row + 1 < k->n_rows ? k->rows[row + 1].at : at + 1;
    return ease_span(EASE_OUT, now, at, MIN(COMPARE_ENTER, 0.6 * (next - at)));
}

/* A place between 0 and the last row where the current row's outline is. */
static double outline_place(const struct compare *k, int row, double now)
{
    if (row <= 0) return 0;
    double next = row + 1 < k->n_rows ? k->rows[row + 1].at : INFINITY, beat = MIN(next - k->rows[row].at, 1);
    return row - 1 + ease_span(EASE_IN_OUT, now, k->rows[row].at, MIN(0.22, 0.6 * beat));
}

/* --- triangles --- */

static struct box cell_box(const struct triangle *t, int row, int column)
{
    return (struct box){ t->x + column * t->pitch_x, t->y + row * t->pitch_y, t->cell_w, t->cell_h };
}

static double cell_radius(const struct canvas *c, const struct triangle *t)
{
    return MIN(px_by_plan(c, 4, 4, 2), floor(MIN(t->cell_w, t->cell_h) / 4));
}

static struct dl_heat heat_of(const struct canvas *c, const struct compare *k, const struct triangle *t)
{
    uint16_t cols = (uint16_t)k->columns, rows = (uint16_t)k->n_rows;
    return (struct dl_heat){ t->x, t->y, cols, rows, (uint16_t)t->cell_w, (uint16_t)t->cell_h, (uint16_t)t->pitch_x,
                             (uint16_t)t->pitch_y, cell_radius(c, t), 0 };
}

/* Positions that a row does not have yet. */
static void draw_dots(const struct canvas *c, const struct compare *k, const struct triangle *t, int row)
{
    double dot = px(c, 4);
    if (MIN(t->pitch_x, t->pitch_y) < 3 * dot) return;
    struct rgba *colors = g_new0(struct rgba, (size_t)k->columns * k->n_rows);
    for (int r = 0; r < k->n_rows; r++)
        for (int i = r <= row ? k->rows[r].tokens : 0; i < k->columns; i++) colors[r * k->columns + i] = c->style->line;
    struct dl_heat heat = heat_of(c, k, t);
    heat.x += floor((t->cell_w - dot) / 2);
    heat.y += floor((t->cell_h - dot) / 2);
    heat.cell_w = heat.cell_h = (uint16_t)dot;
    heat.radius = dot / 2;
    dl_heat(c->dl, heat, colors);
    g_free(colors);
}

static void draw_without(const struct canvas *c, const struct compare *k, const struct triangle *t, int row, double now)
{
    const struct style *s = c->style;
    struct rgba *colors = g_new0(struct rgba, (size_t)k->columns * k->n_rows);
    for (int r = 0; r <= row; r++) {
        double shown = entered(k, r, now), strength = 0.8; /* the last row dims as the next one comes */
        if (r == row) strength = 1;
        else if (r + 1 == row) strength = mix(1, 0.8, entered(k, row, now));
        for (int i = 0; i < k->rows[r].tokens; i++) {
            bool fresh = i >= compare_first_new(k, r);
            struct rgba color = fresh ? s->new_fill : color_mix(s->bg, s->recomputed, strength);
            colors[r * k->columns + i] = color_fade(color, shown);
        }
    }
    dl_heat(c->dl, heat_of(c, k, t), colors);
    g_free(colors);
}

/* A row of the triangle with the cache. Its cells have the identities of the attention strip's cells: the query's
 * position, then the key's. */
static void draw_with_row(const struct canvas *c, const struct compare *k, const struct triangle *t, int r,
                          bool current, double shown)
{
    const struct style *s = c->style;
    double line = MAX(1, px_by_plan(c, 2, 2, 1));
    dl_enter(c->dl, "row", k->rows[r].tokens - 1);
    dl_fade(c->dl, shown);
    for (int i = 0; i < k->rows[r].tokens; i++) {
        struct box b = cell_box(t, r, i);
        dl_enter(c->dl, "cell", i);
        if (i >= compare_first_new(k, r)) dl_rect(c->dl, b, .radius = cell_radius(c, t), .fill = s->new_fill);
        else
            dl_rect(c->dl, box_inset(b, line / 2), .radius = cell_radius(c, t), .fill = s->chip,
                    .stroke = current ? s->chip2_line : s->chip_line, .width = line);
        dl_leave(c->dl);
    }
    dl_restore(c->dl);
    dl_leave(c->dl);
}

/* The same without identities, for triangles of very many cells. */
static void draw_with_heat(const struct canvas *c, const struct compare *k, const struct triangle *t, int row,
                           double now)
{
    struct rgba *colors = g_new0(struct rgba, (size_t)k->columns * k->n_rows);
    for (int r = 0; r <= row; r++)
        for (int i = 0; i < k->rows[r].tokens; i++) {
            struct rgba color = i >= compare_first_new(k, r) ? c->style->new_fill : c->style->chip_line;
            colors[r * k->columns + i] = color_fade(color, entered(k, r, now));
        }
    dl_heat(c->dl, heat_of(c, k, t), colors);
    g_free(colors);
}

static void draw_with(const struct canvas *c, const struct compare *k, const struct triangle *t, int row, double now)
{
    if ((k->columns + 1) * k->n_rows > MOST_RECTS) {
        draw_with_heat(c, k, t, row, now);
        return;
    }
    for (int r = 0; r <= row; r++) draw_with_row(c, k, t, r, r == row, entered(k, r, now));
    /* The strip of the chapter before has landed in its row; it leaves before the counting begins. */
    double strip = k->follows && k->strip_row > row && !c->reduced ? 1 - ease_span(EASE_IN, now, 0.15, 0.3) : 0;
    if (strip > 0) draw_with_row(c, k, t, k->strip_row, true, strip);
}

static void draw_outline(const struct canvas *c, const struct compare *k, const struct triangle *t, int row, double now)
{
    if (row < 0 || t->cell_h < 4) return;
    double reach = px_by_plan(c, 5, 5, 2);
    double place = outline_place(k, row, now), before = k->rows[(int)floor(place)].tokens,
           after = k->rows[(int)ceil(place)].tokens;
    double tokens = mix(before, after, place - floor(place)), y = round(t->y + place * t->pitch_y);
    struct box b = { t->x - reach, y - reach, round(tokens * t->pitch_x) - (t->pitch_x - t->cell_w) + 2 * reach,
                     t->cell_h + 2 * reach };
    dl_rect(c->dl, b, .radius = px_by_plan(c, 8, 8, 3), .stroke = color_fade(c->style->text, entered(k, 0, now)),
            .width = px(c, 2));
}

/* --- words around a triangle --- */

/* Every row's number that is a multiple of four, the first, and the current one in bold. */
static void draw_step_numbers(const struct canvas *c, const struct compare *k, const struct triangle *t, int row,
                              double heading_y, bool words_too)
{
    const struct style *s = c->style;
    struct font f = font_family(canvas_font(c, TEXT_SMALL), FONT_MONO), words = canvas_font(c, TEXT_SMALL);
    double x = t->x - px(c, c->plan == PLAN_WIDE ? 18 : 14);
    int offset = k->prefill ? 0 : 1, stride = t->pitch_y * 4 >= f.size * 1.3 ? 4 : 16;
    if (heading_y > 0) dl_text_right(c->dl, x, canvas_baseline(c, words, heading_y), words, s->text3, "step");
    for (int r = 0; r < k->n_rows; r++) {
        int number = r + offset;
        bool prefill = k->prefill && r == 0, current = r == row;
        bool near = row >= 0 && abs(r - row) * t->pitch_y < f.size * 1.15;
        if (!current && (near || !(prefill || number == 1 || number % stride == 0))) continue;
        if (!current && number == 1 && k->prefill) continue;
        struct font fit = prefill ? words : f;
        struct rgba ink = current ? s->text : s->text3;
        double y = canvas_baseline(c, fit, t->y + r * t->pitch_y + t->cell_h / 2);
        if (prefill && !words_too) continue;
        if (current) fit = font_weight(fit, 700);
        /* The current number is one thing that counts; the others stand still. */
        dl_enter(c->dl, current ? "current step" : "step", current ? -1 : r);
        if (prefill) dl_text_right(c->dl, x, y, fit, ink, "prefill");
        else dl_fact_right(c->dl, x, y, fit, ink, canvas_count(c, "row", number, number, a_row), FORM_PLAIN);
        dl_leave(c->dl);
    }
}

/* Tokens over their columns, or positions where there are no tokens or too little room. */
static void draw_column_labels(const struct canvas *c, const struct compare *k, const struct triangle *t,
                               const struct layout *l, double right_end, int row)
{
    const struct style *s = c->style;
    struct font f = canvas_font(c, TEXT_COLUMN);
    int newest = row < 0 ? -1 : k->rows[row].tokens - 1, last = row < 0 ? -1 : compare_first_new(k, row);
    double up = l->label_y - (l->heading_y + px(c, 14));
    for (int i = 0; i < k->columns; i++) {
        double x = t->x + i * t->pitch_x + t->cell_w / 2;
        bool fresh = i >= last && i <= newest;
        struct rgba ink = fresh ? s->new_ink : style_quiet(s, s->text2, s->bg, i <= newest ? 1 : 0.4);
        char text[64];
        if (l->turned) {
            const char *token = token_cut(k->labels[i], label_chars(c, up, right_end - x), text, sizeof text);
            dl_enter(c->dl, "label", i);
            part_column_label(c, x, l->label_y, token, fresh, ink);
            dl_leave(c->dl);
        } else if (i == 0 || (i + 1) % (t->pitch_x * 4 > f.size * 2 ? 4 : 16) == 0) {
            int position = canvas_count(c, "column", i + 1, i + 1, "counted: positions of the text from its first token on");
            dl_fact_mid(c->dl, x, l->label_y, font_weight(f, fresh ? 700 : 400), ink, position, FORM_PLAIN);
        }
    }
}

static double template_width(const struct canvas *c, struct font f, const char *text)
{
    g_autofree char *words = template_expand(text, c->facts);
    return canvas_width(c, f, words);
}

/* Numbers come with the first row: before it nothing has been computed, and the picture of the chapter before may still
 * be leaving. */
static double counted(const struct compare *k, int row, double now)
{
    return row < 0 ? 0 : entered(k, 0, now);
}

/* Swatches with their counts; where these have no room, words alone. */
static void draw_legend(const struct canvas *c, double x, double y, double room, bool without)
{
    const struct style *s = c->style;
    struct font f = canvas_font(c, TEXT_LABEL);
    const char *words[2] = { without ? "new: {cost.passes_with}" : "computed: {cost.passes_with}",
                             without ? "computed again: {cost.again}" : "read from cache: {cost.read}" };
    const char *shorter[2] = { "new: {cost.passes_with}", without ? "again: {cost.again}" : "read: {cost.read}" };
    double swatch = px_by_plan(c, 20, 28, 16), gap = px_by_plan(c, 12, 12, 6), w[2];
    double between = px(c, c->plan == PLAN_WIDE ? 32 : c->plan == PLAN_SMALL ? 16 : 20);
    /* Small pictures have the counts in their middle alone. */
    if (c->plan == PLAN_SMALL) words[0] = shorter[0] = "new", words[1] = shorter[1] = without ? "again" : "read";
    for (int i = 0; i < 2; i++) w[i] = swatch + gap + template_width(c, f, words[i]);
    if (w[0] + w[1] + between > room)
        for (int i = 0; i < 2; i++) words[i] = shorter[i], w[i] = swatch + gap + template_width(c, f, words[i]);
    for (int i = 0; i < 2; i++) {
        struct box b = { round(x), round(y - swatch / 2), swatch, swatch };
        if (i == 0) dl_rect(c->dl, b, .radius = px(c, 4), .fill = s->new_fill);
        else if (without) dl_rect(c->dl, b, .radius = px(c, 4), .fill = color_mix(s->bg, s->recomputed, 0.9));
        else
            dl_rect(c->dl, box_inset(b, px(c, 1)), .radius = px(c, 4), .fill = s->chip, .stroke = s->chip2_line,
                    .width = px(c, 2));
        canvas_template(c, b.x + swatch + gap, canvas_baseline(c, f, y), f, s->text2, words[i], room, 1, 0, 0);
        x += w[i] + between;
    }
}

static void draw_side(const struct canvas *c, const struct compare *k, const struct layout *l, bool without, int row,
                      double now)
{
    const struct style *s = c->style;
    const struct triangle *t = without ? &l->left : &l->right;
    struct font heading = canvas_font(c, TEXT_HEADING);
    bool narrow = c->plan == PLAN_SMALL;
    dl_enter(c->dl, without ? "without" : "with", -1);
    dl_text(c->dl, t->x, canvas_baseline(c, heading, l->heading_y), heading, without ? s->recomputed_ink : s->new_ink,
            narrow ? (without ? "No cache" : "KV cache") : (without ? "Without a cache" : "With a KV cache"));
    draw_dots(c, k, t, row);
    if (without) draw_without(c, k, t, row, now);
    if (l->step_numbers)
        draw_step_numbers(c, k, t, row, c->plan == PLAN_WIDE && without ? l->label_y - px(c, 4) : 0,
                          c->plan == PLAN_WIDE && without);
    dl_enter(c->dl, without ? "legend left" : "legend right", -1);
    dl_fade(c->dl, counted(k, row, now));
    if (l->legend_y > 0)
        draw_legend(c, t->x, l->legend_y, without ? l->right.x - t->x - px(c, 16) : box_right(c->safe) - t->x, without);
    dl_restore(c->dl);
    dl_leave(c->dl);
    double right_end = without ? (c->plan == PLAN_WIDE ? l->counters.x - px(c, 8) : l->right.x) : box_right(c->safe);
    if (without && l->label_y > 0) draw_column_labels(c, k, t, l, right_end, row);
    dl_leave(c->dl);
    if (!without && l->label_y > 0) draw_column_labels(c, k, t, l, right_end, row);
    if (!without) draw_with(c, k, t, row, now);
    dl_enter(c->dl, without ? "outline left" : "outline right", -1);
    draw_outline(c, k, t, row, now);
    dl_leave(c->dl);
}

/* --- counters --- */

static int fact(const struct canvas *c, const char *id)
{
    int i = facts_find(c->facts, id);
    if (i < 0) g_error("the compare view draws %s, which its facts lack", id);
    return i;
}

struct trio { const char *without, *with, *ratio, *widest_without, *widest_with; int form; double ratio_size; };

/* Three numbers on one line: left without, right with, the ratio in the middle of what lies between them. Their size is
 * that at which the last ones fit. Returns the middle of the ratio. */
static double draw_trio(const struct canvas *c, struct box line, double baseline, double size, struct trio t)
{
    const struct style *s = c->style;
    struct font f = canvas_font(c, TEXT_HERO), mid = f;
    char a[48], b[48], r[48];
    int ratio = fact(c, t.ratio);
    /* A number in powers of a thousand is widest with three digits before its point. */
    bool si = t.form == FORM_SI;
    facts_text(c->facts, fact(c, t.widest_without), (enum fact_form)t.form, a, sizeof a);
    facts_text(c->facts, fact(c, t.widest_with), (enum fact_form)t.form, b, sizeof b);
    if (si) g_strlcpy(a, "888.88 M", sizeof a), g_strlcpy(b, a, sizeof b);
    facts_text(c->facts, ratio, FORM_AUTO, r, sizeof r);
    double least = canvas_font(c, TEXT_LABEL).size;
    for (f.size = (uint16_t)px(c, size); f.size > least; f.size--) {
        mid.size = (uint16_t)MAX(round(f.size * t.ratio_size), least);
        if (canvas_width(c, f, a) + canvas_width(c, f, b) + canvas_width(c, mid, "8.8×") + 2 * px(c, 14) <= line.w)
            break;
    }
    double left = line.x + dl_fact(c->dl, line.x, baseline, f, s->recomputed_ink, fact(c, t.without), t.form);
    facts_text(c->facts, fact(c, t.with), (enum fact_form)t.form, b, sizeof b);
    double right = box_right(line) - canvas_width(c, f, b);
    dl_fact_right(c->dl, box_right(line), baseline, f, s->new_ink, fact(c, t.with), t.form);
    double x = (left + right) / 2;
    if (facts_at(c->facts, ratio)->kind != FACT_UNKNOWN)
        dl_fact(c->dl, round(x - canvas_width(c, mid, r) / 2), baseline, mid, s->text, ratio, FORM_AUTO);
    return x;
}

static const struct trio passes = {
    "cost.passes_without", "cost.passes_with", "cost.passes_ratio", "cost.all_passes_without", "cost.all_passes_with",
    FORM_PLAIN, 0.74,
};
static const struct trio adds = {
    "cost.adds_without", "cost.adds_with", "cost.adds_ratio", "cost.all_adds_without", "cost.all_adds_with",
    FORM_SI, 0.9,
};

static void draw_pass_words(const struct canvas *c, const struct compare *k, struct box box, double middle,
                            double baseline, double alpha)
{
    const struct style *s = c->style;
    struct font words = canvas_font(c, TEXT_LABEL), mono = font_family(words, FONT_MONO);
    struct font f = k->prefill ? words : mono;
    dl_text_of_fact(c->dl, box.x, baseline, f, s->text2, DL_QUOTED, k->prefill ? "all, every pass" : "N(N+1)/2");
    bool some = facts_at(c->facts, fact(c, passes.without))->i > facts_at(c->facts, fact(c, passes.with))->i;
    if (some) dl_text_mid(c->dl, middle, baseline, words, color_fade(s->text2, alpha), "fewer");
    dl_text_right(c->dl, box_right(box), baseline, f, s->text2, k->prefill ? "each once" : "N");
}

/* Board order: label, numbers, words, rule, label, numbers, rule. */
static void draw_counters_wide(const struct canvas *c, const struct compare *k, struct box box, double alpha)
{
    const struct style *s = c->style;
    struct font label = canvas_font(c, TEXT_LABEL);
    dl_text(c->dl, box.x, canvas_baseline(c, label, box.y + px(c, 20)), label, s->text3, "token passes");
    dl_fade(c->dl, alpha);
    double middle = draw_trio(c, box, box.y + px(c, 102), 72, passes);
    draw_trio(c, box, box.y + px(c, 268), 44, adds);
    dl_restore(c->dl);
    draw_pass_words(c, k, box, middle, canvas_baseline(c, label, box.y + px(c, 130)), alpha);
    dl_rect(c->dl, ((struct box){ box.x, box.y + px(c, 168), box.w, px(c, 2) }), .fill = s->line);
    const char *words = "multiply-adds, vocabulary layer included",
               *fits = canvas_width(c, label, words) <= box.w ? words : "multiply-adds";
    dl_text(c->dl, box.x, canvas_baseline(c, label, box.y + px(c, 204)), label, s->text3, fits);
    dl_rect(c->dl, ((struct box){ box.x, box.y + px(c, 304), box.w, px(c, 2) }), .fill = s->line);
}

/* Two groups side by side (square), or one above the other (tall). */
static void draw_counters_stacked(const struct canvas *c, struct box box, double alpha)
{
    const struct style *s = c->style;
    bool tall = c->plan == PLAN_TALL;
    struct font label = canvas_font(c, TEXT_LABEL);
    double gap = px(c, 64), half = tall ? box.w : floor((box.w - gap) / 2);
    struct box first = { box.x, box.y, half, box.h }, second = first;
    if (tall) second.y += px(c, 172);
    else second.x += half + gap;
    double words = px(c, tall ? 26 : 24), number = px(c, tall ? 132 : 96);
    dl_text(c->dl, first.x, canvas_baseline(c, label, first.y + words), label, s->text3, "token passes");
    dl_text(c->dl, second.x, canvas_baseline(c, label, second.y + words), label, s->text3, "multiply-adds");
    dl_fade(c->dl, alpha);
    draw_trio(c, first, first.y + number, tall ? 104 : 64, passes);
    draw_trio(c, second, second.y + (tall ? px(c, 106) : number), tall ? 72 : 50, adds);
    dl_restore(c->dl);
    if (!tall)
        dl_rect(c->dl, ((struct box){ box_right(first) + round(gap / 2), first.y + px(c, 12), px(c, 2), px(c, 96) }),
                .fill = s->line);
}

static void draw_counters_small(const struct canvas *c, struct box box, double alpha)
{
    const struct style *s = c->style;
    struct font label = canvas_font(c, TEXT_LABEL);
    double y = box.y + round(box.h * 0.12);
    dl_text_mid(c->dl, box_mid_x(box), y + px(c, 12), label, s->text3, "token passes");
    struct font hero = canvas_font(c, TEXT_HERO), mid = font_weight(canvas_font(c, TEXT_HEADING), 600);
    mid.size = (uint16_t)px(c, 30);
    dl_fade(c->dl, alpha);
    dl_fact(c->dl, box.x, y + px(c, 56), hero, s->recomputed_ink, fact(c, passes.without), FORM_PLAIN);
    dl_fact_right(c->dl, box_right(box), y + px(c, 56), hero, s->new_ink, fact(c, passes.with), FORM_PLAIN);
    int ratio = fact(c, passes.ratio);
    if (facts_at(c->facts, ratio)->kind != FACT_UNKNOWN)
        dl_fact_mid(c->dl, box_mid_x(box), y + px(c, 94), mid, s->text, ratio, FORM_AUTO);
    draw_trio(c, box, y + px(c, 174), 22, adds);
    dl_restore(c->dl);
    dl_rect(c->dl, ((struct box){ box.x, y + px(c, 112), box.w, px(c, 2) }), .fill = s->line);
    dl_text_mid(c->dl, box_mid_x(box), y + px(c, 142), label, s->text3, "multiply-adds");
}

/* --- the running total --- */

struct plot { struct box area; double x_of_last, top; };

static struct dl_point plot_point(const struct compare *k, const struct plot *p, double row, bool without)
{
    int at = (int)floor(row), next = MIN(at + 1, k->n_rows - 1);
    double t = row - at, most = (double)k->rows[k->n_rows - 1].without.passes;
    double a = (double)(without ? k->rows[at].without.passes : k->rows[at].with.passes);
    double b = (double)(without ? k->rows[next].without.passes : k->rows[next].with.passes);
    double share = mix(a, b, t) / most, along = k->n_rows > 1 ? row / (k->n_rows - 1) : 1;
    return (struct dl_point){ p->area.x + along * (p->x_of_last - p->area.x),
                              box_bottom(p->area) - share * (box_bottom(p->area) - p->top) };
}

static void trace_line(const struct canvas *c, const struct compare *k, const struct plot *p, double to, bool without,
                       bool back)
{
    int last = (int)floor(to);
    for (int i = 0; i <= last + 1; i++) {
        double row = back ? (i == 0 ? to : last + 1 - i) : MIN(i, to);
        struct dl_point q = plot_point(k, p, row, without);
        if (i == 0 && !back) dl_move_to(c->dl, q.x, q.y);
        else dl_line_to(c->dl, q.x, q.y);
    }
}

static void draw_tip(const struct canvas *c, struct dl_point at, double y, struct rgba mark, struct rgba ink,
                     const char *id)
{
    double r = px(c, 7);
    struct font f = font_weight(font_family(canvas_font(c, TEXT_LABEL), FONT_MONO), 700);
    dl_rect(c->dl, ((struct box){ round(at.x) - r, round(at.y) - r, 2 * r, 2 * r }), .radius = r, .fill = mark);
    dl_fact(c->dl, round(at.x + 2 * r), canvas_baseline(c, f, y), f, ink, fact(c, id), FORM_PLAIN);
}

static void draw_plot(const struct canvas *c, const struct compare *k, struct box box, int row, double now)
{
    const struct style *s = c->style;
    struct font label = canvas_font(c, TEXT_LABEL), axis = font_family(canvas_font(c, TEXT_SMALL), FONT_MONO);
    struct font tip = font_weight(font_family(label, FONT_MONO), 700);
    char widest[48];
    facts_text(c->facts, fact(c, "cost.all_passes_without"), FORM_PLAIN, widest, sizeof widest);
    struct plot p = { .area = box };
    p.area.x += px(c, 6);
    p.area.w -= px(c, 6);
    p.x_of_last = box_right(box) - canvas_width(c, tip, widest) - px(c, 24);
    p.top = box.y + px_by_plan(c, 76, 84, 76);
    dl_enter(c->dl, "plot", -1);
    dl_text(c->dl, box.x, canvas_baseline(c, label, box.y + px_by_plan(c, 34, 26, 34)), label, s->text3,
            "token passes, running total");
    dl_rect(c->dl, ((struct box){ box.x, box_bottom(box), box.w, px(c, 2) }), .fill = s->line);
    int offset = k->prefill ? 0 : 1, stride = k->n_rows > 24 ? 8 : k->n_rows > 8 ? 4 : 1;
    double axis_y = canvas_baseline(c, axis, box_bottom(box) + axis.size * 1.15);
    for (int r = 0; r < k->n_rows; r++) {
        bool last = r == k->n_rows - 1;
        if (r && !last && ((r + offset) % stride || k->n_rows - 1 - r < stride * 0.6)) continue;
        dl_fact_mid(c->dl, plot_point(k, &p, r, false).x, axis_y, axis, r == row ? s->text : s->text3,
                    canvas_count(c, "row", r + offset, r + offset, a_row), FORM_PLAIN);
    }
    if (row >= 0) {
        double grown = entered(k, row, now), to = MAX(row - 1 + grown, 0);
        trace_line(c, k, &p, to, true, false);
        trace_line(c, k, &p, to, false, true);
        dl_close(c->dl);
        dl_fill(c->dl, color_fade(s->recomputed, 0.16));
        trace_line(c, k, &p, to, true, false);
        dl_stroke(c->dl, px(c, 4), s->recomputed);
        trace_line(c, k, &p, to, false, false);
        dl_stroke(c->dl, px(c, 4), s->new_line);
        struct dl_point a = plot_point(k, &p, to, true), b = plot_point(k, &p, to, false);
        dl_fade(c->dl, entered(k, 0, now));
        double low = MIN(b.y, box_bottom(box) - tip.size * 0.5);
        draw_tip(c, a, MIN(a.y, low - tip.size * 1.15), s->recomputed, s->recomputed_ink, "cost.passes_without");
        draw_tip(c, b, low, s->new_line, s->new_ink, "cost.passes_with");
        dl_restore(c->dl);
    }
    dl_leave(c->dl);
}

void compare_draw(const void *sim, double now, struct canvas *c)
{
    const struct compare *k = sim;
    struct layout l = lay_out(c, k);
    int row = compare_row_at(k, now);
    draw_side(c, k, &l, true, row, now);
    draw_side(c, k, &l, false, row, now);
    dl_enter(c->dl, "counters", -1);
    double alpha = counted(k, row, now);
    if (c->plan == PLAN_WIDE) draw_counters_wide(c, k, l.counters, alpha);
    else if (c->plan == PLAN_SMALL) draw_counters_small(c, l.counters, alpha);
    else draw_counters_stacked(c, l.counters, alpha);
    dl_leave(c->dl);
    if (l.plot.h > 0) draw_plot(c, k, l.plot, row, now);
}
