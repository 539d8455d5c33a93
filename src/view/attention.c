/* The fixed plan of the attention picture, and the columns that stand in it.
 *
 * The plan is a table, one entry per kind of frame, in design units from the stage's corner. `a` is a place along the
 * tokens; the other places are across them. A turned frame swaps the two when boxes and points are made, and nowhere
 * else; only words, which never turn with the picture, ask whether it is turned.
 */
#include "view/attention.h"
#include "view/parts.h"

#include <math.h>

struct ground {
    double width, height; /* what the plan takes of the stage; 0: as much as there is */
    double sentence;      /* middle of the chips, from the top */
    struct { double a, length, depth; } input, block;
    struct { double a, length; } query, out;     /* out.a negative: from the end of the stage */
    struct {
        double a, span, tail;                    /* span 0: the stage's width less a and tail */
        double pitch, least, space;              /* pitch at most and at least; space between columns at the most */
        int base, full, head, gap; /* slots; full: when not all tokens fit, `gap` of them stand for the rest */
        int cells;
    } columns;
    double label, key_path, key, mid, value, value_path; /* across */
    double depth, strip, row_pitch;
    struct box panel;                            /* h 0: to the bottom of the stage; w 0: none */
};

static const struct ground grounds[PLAN_COUNT] = {
    [PLAN_WIDE] = {
        .width = 1728, .height = 702, .sentence = 21, .input = { 0, 134, 56 }, .block = { 256, 84, 76 },
        .query = { 368, 104 }, .out = { 1262, 30 },
        .columns = { .a = 500, .span = 736, .pitch = 46, .least = 22, .space = 6,
                     .base = 16, .full = 18, .head = 2, .gap = 4, .cells = 16 },
        .label = 126, .key_path = 138, .key = 160, .mid = 419, .value = 566, .value_path = 700,
        .depth = 112, .strip = 48, .row_pitch = 32, .panel = { 1328, 0, 400, 700 },
    },
    [PLAN_SQUARE] = {
        .height = 660, .sentence = 21, .input = { 0, 106, 52 }, .block = { 186, 72, 68 },
        .query = { 276, 92 }, .out = { -32, 28 },
        .columns = { .a = 394, .tail = 56, .pitch = 46, .least = 22, .space = 6,
                     .base = 12, .full = 16, .head = 2, .gap = 2, .cells = 16 },
        .label = 126, .key_path = 138, .key = 160, .mid = 398, .value = 524, .value_path = 658,
        .depth = 112, .strip = 48, .row_pitch = 30,
    },
    [PLAN_TALL] = {
        .width = 952, .sentence = 28, .input = { 84, 56, 190 }, .block = { 184, 64, 92 },
        .query = { 264, 64 }, .out = { 894, 24 },
        .columns = { .a = 360, .span = 512, .pitch = 32, .least = 31, .space = 5,
                     .base = 16, .full = 16, .head = 2, .gap = 1, .cells = 16 },
        .label = 184, .key_path = 204, .key = 230, .mid = 566, .value = 742, .value_path = 928,
        .depth = 160, .strip = 84, .row_pitch = 38, .panel = { 0, 940, 952, 0 },
    },
    [PLAN_SMALL] = {
        .width = 600, .height = 300, .sentence = 20, .input = { 0, 86, 34 },
        .columns = { .a = 130, .span = 286, .pitch = 22, .least = 22, .space = 2,
                     .base = 13, .full = 13, .head = 2, .gap = 1, .cells = 4 },
        .key_path = 48, .key = 72, .mid = 161, .value = 226, .value_path = 296,
        .depth = 52, .strip = 30, .row_pitch = 10, .panel = { 428, 66, 172, 200 },
    },
};

static void layout_columns(struct attention *a, const struct ground *g, double span)
{
    const struct canvas *c = a->c;
    int total = a->trace->n_tokens, base = MAX(total, g->columns.base);
    double most = px(c, g->columns.pitch), least = px(c, g->columns.least);
    bool all_fit = floor(span / base) >= least;
    /* Where some must hide, the others get room for their numbers. */
    a->slots = all_fit ? base : g->columns.full;
    a->pitch = floor(MIN(most, span / a->slots));
    a->head = g->columns.head;
    a->gap = all_fit ? 0 : g->columns.gap;
    a->width = a->pitch - MAX(MIN(2, px(c, 2)), round(g->columns.space * c->unit * a->pitch / most));
    a->length = a->slots * a->pitch - (a->pitch - a->width);
    /* Levels of detail: all cells, four, or one flat cell. */
    a->cells = c->plan == PLAN_SMALL || a->width < 26 ? (a->width < 11 ? 1 : 4) : g->columns.cells;
    a->cells = MIN(a->cells, a->trace->shape.head_dim);
    a->cell = MAX(1, round(px(c, g->depth) / a->cells));
    a->depth = a->cell * a->cells;
}

static void layout_rows(struct attention *a, const struct ground *g)
{
    int rows = MAX(1, MIN(a->trace->n_prompt, a->slots));
    double rim = px(a->c, a->turned ? 26 : a->c->plan == PLAN_SMALL ? 12 : 15);
    a->rows_mid = round((a->key + a->depth + a->value) / 2);
    double room = a->value - (a->key + a->depth) - 2 * rim;
    a->row_pitch = MAX(2, floor(MIN(px(a->c, g->row_pitch), room / rows)));
    a->row_depth = a->row_pitch - MAX(1, round(a->row_pitch * 0.12));
}

static void layout_across(struct attention *a, const struct ground *g, double origin)
{
    const struct canvas *c = a->c;
    /* The stripes' whole cells may sum to a little more or less than the plan: keep the middle of the band. */
    double slack = floor((a->depth - px(c, g->depth)) / 2);
    a->key = origin + px(c, g->key) - slack;
    a->value = origin + px(c, g->value) - slack;
    a->label = origin + px(c, g->label);
    a->key_path = origin + px(c, g->key_path);
    a->value_path = origin + px(c, g->value_path);
    a->mid = origin + px(c, g->mid);
    a->strip = px(c, g->strip);
    layout_rows(a, g);
}

void attention_layout(struct attention *a, const struct canvas *c, const struct trace *t, const struct trace_head *seen)
{
    const struct ground *g = &grounds[c->plan];
    *a = (struct attention){ .c = c, .trace = t, .seen = seen, .turned = c->plan == PLAN_TALL };
    double x = c->stage.x, y = c->stage.y, wide = g->width > 0 ? px(c, g->width) : c->stage.w;
    x += floor(MAX(0, c->stage.w - wide) / 2);
    if (g->height > 0) y += floor(MAX(0, c->stage.h - px(c, g->height)) / 2);
    double along = a->turned ? y : x;
    a->input = along + px(c, g->input.a);
    a->input_length = px(c, g->input.length);
    a->input_depth = px(c, g->input.depth);
    a->block = along + px(c, g->block.a);
    a->block_length = px(c, g->block.length);
    a->block_depth = px(c, g->block.depth);
    a->query = along + px(c, g->query.a);
    a->query_length = px(c, g->query.length);
    a->out = along + px(c, g->out.a) + (g->out.a < 0 ? wide : 0);
    a->out_length = px(c, g->out.length);
    a->first = along + px(c, g->columns.a);
    layout_columns(a, g,
                   g->columns.span > 0 ? px(c, g->columns.span) : wide - px(c, g->columns.a) - px(c, g->columns.tail));
    layout_across(a, g, a->turned ? x : y);
    if (g->panel.w > 0) {
        double top = y + px(c, g->panel.y), h = g->panel.h > 0 ? px(c, g->panel.h) : box_bottom(c->stage) - top;
        a->panel = (struct box){ x + px(c, g->panel.x), top, px(c, g->panel.w), h };
    }
    double right = c->plan == PLAN_WIDE ? a->panel.x - px(c, 28) : x + wide, height = part_chip_height(c);
    a->sentence = (struct box){ x, y + px(c, g->sentence) - height / 2, right - x, height };
}

struct box attention_box(const struct attention *a, double along, double across, double length, double depth)
{
    return a->turned ? (struct box){ across, along, depth, length } : (struct box){ along, across, length, depth };
}

struct dl_point attention_at(const struct attention *a, double along, double across)
{
    return a->turned ? (struct dl_point){ across, along } : (struct dl_point){ along, across };
}

/* --- slots --- */

struct slot attention_slot(const struct attention *a, int i, double count)
{
    double over = a->gap ? MAX(0, count - a->slots) : 0;
    if (i < a->head) return (struct slot){ a->first + i * a->pitch, 1 };
    double place = i - over, into_gap = CLAMP(a->head + a->gap - place, 0.0, 1.0);
    return (struct slot){ round(a->first + place * a->pitch), 1 - MIN(over, 1.0) * into_gap };
}

int attention_hidden(const struct attention *a, int count)
{
    return a->gap && count > a->slots ? count - a->slots + a->gap : 0;
}

static double largest_share(const struct attention *a, int row)
{
    const float *shares = a->seen->shares + (size_t)row * (size_t)a->trace->n_tokens;
    double most = 0;
    for (int i = 0; i <= row; i++) most = MAX(most, shares[i]);
    return most > 0 ? most : 1;
}

double attention_tone(const struct attention *a, int row, int column)
{
    double share = a->seen->shares[(size_t)row * (size_t)a->trace->n_tokens + (size_t)column];
    return 0.12 + 0.88 * share / largest_share(a, row);
}

double attention_matrix_tone(const struct attention *a, int row, int column)
{
    double share = a->seen->shares[(size_t)row * (size_t)a->trace->n_tokens + (size_t)column];
    return 0.14 + 0.86 * MIN(1, share / 0.7);
}

/* --- the sentence --- */

static double chip_space(const struct attention *a, int i)
{
    /* New chips have a halo: generated ones keep the wider space for life, so that no chip ever moves. */
    return px(a->c, i >= a->trace->n_prompt ? 12 : a->c->plan == PLAN_TALL ? 8 : 6);
}

static double dots_width(const struct attention *a)
{
    return ceil(canvas_width(a->c, canvas_font(a->c, TEXT_CHIP), "…") + px(a->c, 12));
}

struct line { int first; double x; };

/* The first chip that is shown when tokens 0 .. end - 1 stand in the line, and its left edge. */
static struct line sentence_line(const struct attention *a, int end)
{
    const struct trace *t = a->trace;
    int most = a->c->plan == PLAN_SMALL ? 5 : 1000;
    double dots = dots_width(a), room = a->sentence.w, used = 0;
    int i = end;
    while (i > 0 && end - i < most) {
        double next = used + part_chip_width(a->c, t->tokens[i - 1].text) + (i < end ? chip_space(a, i) : 0);
        if (next + (i > 1 ? dots : 0) > room) break;
        used = next;
        i--;
    }
    return (struct line){ i, a->sentence.x + (i > 0 ? dots : 0) };
}

static double line_x(const struct attention *a, struct line line, int i)
{
    double x = line.x;
    for (int j = line.first; j < i; j++)
        x += part_chip_width(a->c, a->trace->tokens[j].text) + chip_space(a, j + 1);
    return x;
}

static double sentence_shift(const struct attention *a, struct sentence s, struct line now)
{
    if (s.grow <= 0 || s.end > a->trace->n_tokens) return 0;
    struct line then = sentence_line(a, s.end + 1);
    int common = MAX(now.first, then.first);
    return (line_x(a, then, common) - line_x(a, now, common)) * s.grow;
}

double attention_chip_x(const struct attention *a, struct sentence s, int i)
{
    struct line now = sentence_line(a, s.end);
    return line_x(a, now, MAX(i, now.first)) + round(sentence_shift(a, s, now));
}

static void draw_state(const struct attention *a, double x, int i, enum chip_state state, double alpha)
{
    if (alpha <= 0) return;
    dl_fade(a->c->dl, alpha);
    part_chip(a->c, x, box_mid_y(a->sentence), a->trace->tokens[i].text, state);
    dl_restore(a->c->dl);
}

static void draw_chip(const struct attention *a, struct sentence s, int i, double x, double alpha)
{
    enum chip_state plain = i < a->trace->n_prompt ? CHIP_PROMPT : CHIP_GENERATED;
    dl_enter(a->c->dl, "chip", i);
    if (i == s.end) {
        /* One over the other, so that the token never pales in between. */
        draw_state(a, x, i, CHIP_NEXT, s.commit < 1 ? alpha : 0);
        draw_state(a, x, i, CHIP_NEW, alpha * s.commit);
    } else if (i == s.fresh) {
        draw_state(a, x, i, plain, s.commit > 0 ? alpha : 0);
        draw_state(a, x, i, CHIP_NEW, alpha * (1 - s.commit));
    } else draw_state(a, x, i, plain, alpha);
    dl_leave(a->c->dl);
}

void attention_sentence(const struct attention *a, struct sentence s)
{
    struct dl *dl = a->c->dl;
    struct line now = sentence_line(a, s.end);
    bool growing = s.grow > 0 && s.end <= a->trace->n_tokens;
    int stays = growing ? sentence_line(a, s.end + 1).first : now.first, end = s.end + (growing ? 1 : 0);
    double x = now.x + round(sentence_shift(a, s, now)), halo = px(a->c, 8);
    struct font f = canvas_font(a->c, TEXT_CHIP);
    bool cut = now.first > 0 || stays > 0;
    dl_fade(dl, s.enter);
    dl_shift(dl, 0, px(a->c, 12) * (1 - s.enter));
    dl_enter(dl, "sentence", -1);
    if (cut) dl_text(dl, a->sentence.x, canvas_baseline(a->c, f, box_mid_y(a->sentence)), f, a->c->style->text3, "…");
    if (stays > now.first) { /* chips slide out under the dots */
        struct box window = box_inset(a->sentence, -halo);
        box_cut_left(&window, dots_width(a));
        dl_clip(dl, window);
    }
    dl_leave(dl);
    for (int i = now.first; i < end; i++) {
        draw_chip(a, s, i, x, i < stays ? 1 - s.grow : i == s.end ? s.grow : 1);
        x += part_chip_width(a->c, a->trace->tokens[i].text) + chip_space(a, i + 1);
    }
    dl_enter(dl, "sentence end", -1);
    if (stays > now.first) dl_unclip(dl);
    dl_leave(dl);
    dl_restore(dl);
    dl_restore(dl);
}

/* --- bands and columns --- */

static double band_edge(const struct attention *a, enum band band) { return band == BAND_KEY ? a->key : a->value; }

static struct box band_box(const struct attention *a, enum band band)
{
    double rim = px(a->c, a->c->plan == PLAN_SMALL ? 6 : 8);
    return box_inset(attention_box(a, a->first, band_edge(a, band), a->length, a->depth), -rim);
}

static void draw_slots(const struct attention *a, enum band band)
{
    struct rgba color = color_over(color_fade(a->c->style->grid, 0.6), a->c->style->surface), colors[256];
    int n = MIN(a->slots, (int)G_N_ELEMENTS(colors));
    for (int i = 0; i < n; i++) colors[i] = color;
    struct box b = attention_box(a, a->first, band_edge(a, band), a->width, a->depth);
    struct dl_heat heat = { .x = b.x, .y = b.y, .cols = 1, .rows = 1, .cell_w = (uint16_t)b.w, .cell_h = (uint16_t)b.h,
                            .pitch_x = (uint16_t)a->pitch, .pitch_y = (uint16_t)a->pitch };
    if (a->turned) heat.rows = (uint16_t)n;
    else heat.cols = (uint16_t)n;
    dl_heat(a->c->dl, heat, colors);
}

void attention_bands(const struct attention *a)
{
    const struct style *s = a->c->style;
    dl_enter(a->c->dl, "bands", -1);
    for (int band = BAND_KEY; band <= BAND_VALUE; band++) {
        dl_rect(a->c->dl, band_box(a, (enum band)band), .radius = px(a->c, 10), .fill = s->surface, .stroke = s->line,
                .width = px(a->c, 2));
        draw_slots(a, (enum band)band);
    }
    dl_leave(a->c->dl);
}

/* Colours of a stripe; few cells are stretched so that means still differ. */
static void stripe_colors(const struct attention *a, const float *vector, enum style_ramp ramp, double strength,
                          int cells, struct rgba *colors)
{
    const struct style *s = a->c->style;
    for (int i = 0; i < cells; i++) {
        double t = trace_tone(a->seen, vector, i, cells);
        if (cells < 16 && cells < a->trace->shape.head_dim) t = 0.5 + (t - 0.5) * 1.8;
        struct rgba c = style_ramp(s, ramp, cells == 1 ? 0.66 : t);
        colors[i] = color_over(color_fade(c, mix(s->kept_alpha, 1, strength)), s->bg);
    }
}

void attention_stripe(const struct attention *a, struct box cell, bool down, int cells, const struct rgba *colors)
{
    struct dl_heat heat = { .x = cell.x, .y = cell.y, .cols = (uint16_t)(down ? 1 : cells),
                            .rows = (uint16_t)(down ? cells : 1), .cell_w = (uint16_t)cell.w,
                            .cell_h = (uint16_t)cell.h, .pitch_x = (uint16_t)cell.w, .pitch_y = (uint16_t)cell.h };
    dl_heat(a->c->dl, heat, colors);
}

void attention_column(const struct attention *a, enum band band, int i, double count, struct column_look look)
{
    struct slot slot = attention_slot(a, i, count);
    double alpha = slot.alpha * look.alpha;
    if (alpha <= 0) return;
    const float *all = band == BAND_KEY ? a->seen->k : a->seen->v;
    struct rgba colors[16];
    stripe_colors(a, all + (size_t)i * (size_t)a->trace->shape.head_dim, band == BAND_KEY ? RAMP_KEY : RAMP_VALUE,
                  look.strength, a->cells, colors);
    double at = slot.at + round(look.slide);
    struct box b = attention_box(a, at, band_edge(a, band), a->width, a->cell);
    dl_fade(a->c->dl, alpha);
    dl_enter(a->c->dl, band == BAND_KEY ? "key" : "value", i);
    attention_stripe(a, b, !a->turned, a->cells, colors);
    double small = a->c->plan == PLAN_SMALL ? 2 : 3;
    struct box rim = box_inset(attention_box(a, at, band_edge(a, band), a->width, a->depth), -px(a->c, small));
    dl_rect(a->c->dl, rim, .radius = px(a->c, small + 2), .stroke = color_fade(a->c->style->new_line, look.outline),
            .width = px(a->c, small + 1));
    dl_leave(a->c->dl);
    dl_restore(a->c->dl);
}

/* Characters of a column's label that have room: rising towards the sentence, or, where columns are rows, to the left. */
static int label_chars(const struct attention *a, struct font f)
{
    double glyph = 0.6 * f.size, up = a->label - box_bottom(a->sentence) - 0.6 * f.size;
    int chars = a->turned ? (int)((a->label - a->c->safe.x) / glyph) : (int)(up / (glyph * M_SQRT1_2));
    return CLAMP(chars, 2, a->turned ? 10 : 8);
}

void attention_label(const struct attention *a, int i, double count, struct label_look look)
{
    struct slot slot = attention_slot(a, i, count);
    if (a->c->plan == PLAN_SMALL) return;
    bool is_new = i == look.fresh, bold = is_new && look.strength > 0.5;
    struct font f = canvas_font(a->c, TEXT_COLUMN);
    double apart = a->turned ? a->pitch / (1.1 * f.size) : a->pitch / (1.5 * f.size);
    int every = (int)ceil(1 / apart);
    /* Labels that would touch are left out; the newest has the right of way as long as it is new. */
    double alpha = slot.alpha * look.alpha;
    if (i % every) alpha *= is_new ? look.strength : 0;
    else if (look.fresh >= 0 && i < look.fresh && look.fresh - i < every) alpha *= 1 - look.strength;
    if (alpha <= 0) return;
    char text[64];
    token_cut(a->trace->tokens[i].text, label_chars(a, f), text, sizeof text);
    struct rgba color = color_mix(a->c->style->text2, a->c->style->new_ink, is_new ? look.strength : 0);
    dl_fade(a->c->dl, alpha);
    dl_enter(a->c->dl, "label", i);
    double middle = slot.at + a->width / 2;
    if (!a->turned) part_column_label(a->c, middle, a->label, text, bold, color);
    else if (bold)
        dl_text_of_fact_right(a->c->dl, a->label, canvas_baseline(a->c, f, middle), font_weight(f, 700), color,
                              DL_QUOTED, text);
    else dl_text_of_fact_right(a->c->dl, a->label, canvas_baseline(a->c, f, middle), f, color, DL_QUOTED, text);
    dl_leave(a->c->dl);
    dl_restore(a->c->dl);
}

static void gap_words(const struct attention *a, struct box b)
{
    const struct canvas *c = a->c;
    struct font f = canvas_font(c, TEXT_SMALL);
    double x = round(box_mid_x(b)), y = canvas_baseline(c, f, box_mid_y(b)), pitch = round(f.size * 1.3);
    static const char wide[] = "more columns";
    if (c->plan == PLAN_SMALL || !c->facts) {
        dl_text_mid(c->dl, x, y, f, c->style->text3, "…");
        return;
    }
    if (a->turned) {
        double room = b.w - px(c, 4);
        const char *words = canvas_wording(c, f, room, WORDINGS("… {cache.hidden} more", "… {cache.hidden}"));
        canvas_template(c, b.x + px(c, 4), y, f, c->style->text3, words, room, 1, 0, 0);
        return;
    }
    bool fits = canvas_width(c, f, wide) < b.w;
    dl_text_mid(c->dl, x, y - pitch, f, c->style->text3, "…");
    dl_fact_mid(c->dl, x, y, f, c->style->text3, facts_find(c->facts, "cache.hidden"), FORM_AUTO);
    dl_text_mid(c->dl, x, y + pitch, f, c->style->text3, fits ? wide : "more");
}

void attention_gap(const struct attention *a, double count)
{
    if (!a->gap || count <= a->slots) return;
    const struct canvas *c = a->c;
    double length = a->gap * a->pitch - (a->pitch - a->width);
    if (c->facts)
        facts_leaf(c->facts, "cache.hidden", attention_hidden(a, (int)floor(count)), UNIT_COUNT,
                   "counted: columns that this frame has no room for");
    dl_fade(c->dl, MIN(1, count - a->slots));
    dl_enter(c->dl, "gap", -1);
    for (int band = BAND_KEY; band <= BAND_VALUE; band++) {
        struct box b = attention_box(a, a->first + a->head * a->pitch, band_edge(a, (enum band)band), length, a->depth);
        dl_rect(c->dl, b, .fill = c->style->surface);
        gap_words(a, b);
    }
    dl_leave(c->dl);
    dl_restore(c->dl);
}

/* --- the bands' names --- */

static const struct {
    const char *name, *letter;
} band_names[] = { [BAND_KEY] = { "K cache", "K" }, [BAND_VALUE] = { "V cache", "V" } };

void attention_band_label(const struct attention *a, enum band band, const char *line, const char *new_line,
                          double new_alpha)
{
    const struct canvas *c = a->c;
    const struct style *s = c->style;
    struct font big = canvas_font(c, TEXT_BAND), f = canvas_font(c, TEXT_LABEL);
    struct rgba ink = band == BAND_KEY ? s->key_ink : s->value_ink;
    struct box b = band_box(a, band);
    double rise = px(c, 28);
    dl_enter(c->dl, "band label", (int)band);
    if (c->plan == PLAN_SMALL) {
        dl_text_mid(c->dl, b.x - px(c, 20), canvas_baseline(c, big, box_mid_y(b)), big, ink, band_names[band].letter);
    } else if (a->turned) {
        g_autofree char *kept = template_expand(line, c->facts);
        double y = b.y - px(c, 62), kept_w = canvas_width(c, f, kept) + px(c, 12);
        dl_text(c->dl, b.x, y, big, ink, band_names[band].name);
        canvas_template(c, b.x, y + px(c, 42), f, s->text2, line, b.w, 1, 0, 0);
        dl_fade(c->dl, new_alpha);
        canvas_template(c, b.x + round(kept_w), y + px(c, 42), font_weight(f, 600), s->new_ink, new_line, b.w, 1, 0, 0);
        dl_restore(c->dl);
    } else {
        double x = b.x - px(c, 22), y = b.y + px(c, 36), room = x - (a->block + a->block_length);
        dl_text_right(c->dl, x, canvas_baseline(c, big, y), big, ink, band_names[band].name);
        canvas_template(c, x, canvas_baseline(c, f, y + px(c, 35)), f, s->text2, line, room, 1, 0, 1);
        dl_fade(c->dl, new_alpha);
        canvas_template(c, x, canvas_baseline(c, f, y + px(c, 35) + rise), font_weight(f, 600), s->new_ink, new_line,
                        room, 1, 0, 1);
        dl_restore(c->dl);
    }
    dl_leave(c->dl);
}
