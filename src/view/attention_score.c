/* What stands between the bands: the matrix of a whole pass, the strip of one row, and what joins them to keys and
 * values.
 *
 * A row has one identity for life: row r, cell c, first its coloured rectangle, then its number. The matrix's last row
 * grows into the strip by moving these same marks.
 */
#include "view/attention.h"
#include "view/parts.h"

#include <math.h>
#include <string.h>

static int row_slot(const struct attention *a, int row, int n)
{
    return (int)round((attention_slot(a, row, n).at - a->first) / a->pitch);
}

double attention_row_at(const struct attention *a, int row, int n)
{
    int used = a->gap ? MIN(n, a->slots) : n;
    return round(a->rows_mid - used * a->row_pitch / 2 + (a->row_pitch - a->row_depth) / 2) +
           row_slot(a, row, n) * a->row_pitch;
}

static double cell_radius(const struct attention *a, double depth)
{
    return MIN(px(a->c, a->c->plan == PLAN_SMALL ? 4 : 5), floor(depth / 4));
}

/* dim: a row of the past sinks towards the ramp's lower end, so that it keeps its hue. */
static struct rgba cell_color(const struct attention *a, double tone, double dim)
{
    struct rgba c = style_ramp(a->c->style, RAMP_ATTENTION, tone * (1 - 0.55 * dim));
    return dim > 0 ? color_mix(c, a->c->style->bg, 0.3 * dim) : c;
}

/* --- the matrix --- */

static int future_size(const struct attention *a) { return (int)MAX(2, px(a->c, 4)); }

bool attention_has_future(const struct attention *a, int n) { return n > 1 && a->row_pitch >= 2 * future_size(a); }

static void draw_future(const struct attention *a, int n, double filled, double alpha)
{
    enum { MOST = 48 };
    struct rgba colors[MOST * MOST];
    int used = MIN(a->gap ? MIN(n, a->slots) : n, MOST), size = future_size(a);
    if (alpha <= 0 || !attention_has_future(a, n)) return;
    for (int row = 0; row < used; row++)
        for (int col = 0; col < used; col++) {
            bool in_gap = attention_hidden(a, n) &&
                          ((col >= a->head && col < a->head + a->gap) || (row >= a->head && row < a->head + a->gap));
            struct rgba *c = &colors[a->turned ? col * used + row : row * used + col];
            *c = col > row && !in_gap ? color_fade(a->c->style->line, CLAMP(filled - col, 0.0, 1.0)) : RGBA_NONE;
        }
    double along = round(a->first + a->width / 2 - size / 2.0),
           across = round(attention_row_at(a, 0, n) + a->row_depth / 2 - size / 2.0);
    struct dl_point at = attention_at(a, along, across), pitch = attention_at(a, a->pitch, a->row_pitch);
    dl_fade(a->c->dl, alpha);
    dl_enter(a->c->dl, "future", -1);
    dl_heat(a->c->dl,
            (struct dl_heat){ .x = at.x,
                              .y = at.y,
                              .cols = (uint16_t)used,
                              .rows = (uint16_t)used,
                              .cell_w = (uint16_t)size,
                              .cell_h = (uint16_t)size,
                              .pitch_x = (uint16_t)pitch.x,
                              .pitch_y = (uint16_t)pitch.y,
                              .radius = size / 2.0 },
            colors);
    dl_leave(a->c->dl);
    dl_restore(a->c->dl);
}

void attention_matrix(const struct attention *a, int n, struct matrix_look look)
{
    struct dl *dl = a->c->dl;
    double last = attention_row_at(a, n - 1, n);
    draw_future(a, n, look.filled, 1 - look.fade);
    for (int row = 0; row < n; row++) {
        struct slot place = attention_slot(a, row, n);
        bool is_last = row == n - 1;
        double alpha = place.alpha * (is_last ? 1 : 1 - look.fade), across = attention_row_at(a, row, n),
               depth = a->row_depth;
        if (alpha <= 0) continue;
        across = mix(across, is_last ? round(a->mid - a->strip / 2) : last, is_last ? look.grow : look.fold);
        depth = mix(depth, is_last ? a->strip : depth * 0.5, is_last ? look.grow : look.fold);
        dl_fade(dl, alpha);
        dl_enter(dl, "row", row);
        for (int col = 0; col <= row; col++) {
            struct slot slot = attention_slot(a, col, n);
            double shown = slot.alpha * CLAMP(look.filled - col, 0.0, 1.0);
            if (shown <= 0) continue;
            double tone = attention_matrix_tone(a, row, col);
            if (is_last) tone = mix(tone, attention_tone(a, row, col), look.grow);
            dl_enter(dl, "cell", col);
            dl_fade(dl, shown);
            dl_rect(dl, attention_box(a, slot.at, round(across), a->width, round(depth)),
                    .radius = cell_radius(a, depth), .fill = cell_color(a, tone, is_last ? look.dim : 0));
            dl_restore(dl);
            dl_leave(dl);
        }
        dl_leave(dl);
        dl_restore(dl);
    }
}

/* --- the strip --- */

/* A cell's number, where it has room. */
static void draw_number(const struct attention *a, struct box b, int fact, const char *text, struct rgba under, double alpha)
{
    const struct canvas *c = a->c;
    struct font f = font_weight(canvas_font(c, TEXT_CELL), 500);
    if (alpha <= 0 || b.h < 0.9 * f.size) return;
    double room = b.w - px(c, 2), w = canvas_width(c, f, text);
    if (w > room) f.size = (uint16_t)floor(f.size * room / w); /* 100 in a narrow cell */
    double x = round(box_mid_x(b) - canvas_width(c, f, text) / 2);
    dl_fade(c->dl, alpha);
    dl_text_of_fact(c->dl, x, canvas_baseline(c, f, box_mid_y(b)), f, color_ink_on(under), fact, text);
    dl_restore(c->dl);
}

/* The fact "name.column" of the row; -1 where no number has room. */
static int cell_fact(const struct attention *a, const char *name, int col)
{
    char id[32];
    const struct canvas *c = a->c;
    struct font f = font_weight(canvas_font(c, TEXT_CELL), 500);
    double room = a->turned ? a->strip : a->width;
    if (c->plan == PLAN_SMALL || !c->facts || room < canvas_width(c, f, "00") + px(c, 2)) return -1;
    g_snprintf(id, sizeof id, "%s.%d", name, col + 1);
    return facts_find(c->facts, id);
}

static void draw_share(const struct attention *a, struct box b, int col, struct rgba under, double alpha)
{
    char text[16];
    int fact = cell_fact(a, "share", col);
    if (fact < 0) return;
    facts_text(a->c->facts, fact, FORM_NUMBER_ONLY, text, sizeof text);
    if (facts_at(a->c->facts, fact)->r < 0.005) g_strlcpy(text, "<1", sizeof text);
    draw_number(a, b, fact, text, under, alpha);
}

/* Tenths where the whole row has room for them, else whole numbers. */
static void score_text(const struct attention *a, int fact, bool tenths, char *text, size_t size)
{
    if (tenths) {
        facts_text(a->c->facts, fact, FORM_D1, text, size);
        return;
    }
    double whole = round(facts_at(a->c->facts, fact)->r);
    g_snprintf(text, (gulong)size, "%s%.0f", whole < 0 ? "−" : "", fabs(whole));
}

static bool scores_have_tenths(const struct attention *a, int row, double count)
{
    struct font f = font_weight(canvas_font(a->c, TEXT_CELL), 500);
    double room = (a->turned ? a->strip : a->width) - px(a->c, 2);
    char text[32];
    for (int col = 0; col <= row; col++) {
        int fact = cell_fact(a, "score", col);
        if (fact < 0 || attention_slot(a, col, count).alpha <= 0) continue;
        score_text(a, fact, true, text, sizeof text);
        if (canvas_width(a->c, f, text) > room) return false;
    }
    return true;
}

static void draw_score(const struct attention *a, struct box b, int col, bool tenths, struct rgba under, double alpha)
{
    char text[32];
    int fact = cell_fact(a, "score", col);
    if (fact < 0) return;
    score_text(a, fact, tenths, text, sizeof text);
    if (canvas_width(a->c, font_weight(canvas_font(a->c, TEXT_CELL), 500), text) <= (a->turned ? a->strip : a->width))
        draw_number(a, b, fact, text, under, alpha);
}

/* Between the least score of a row and the largest, evenly: before softmax nothing stands out as much as after it. */
static double score_tone(const struct attention *a, int row, int col)
{
    const float *scores = a->seen->scores + (size_t)row * (size_t)a->trace->n_tokens;
    float low = scores[0], high = scores[0];
    for (int i = 1; i <= row; i++) low = MIN(low, scores[i]), high = MAX(high, scores[i]);
    return high > low ? 0.12 + 0.58 * (double)(scores[col] - low) / (double)(high - low) : 0.24;
}

/* What the hidden columns hold together, so that a row still adds up to a hundred. */
static void draw_hidden_share(const struct attention *a, int row, double count, double alpha)
{
    const struct canvas *c = a->c;
    if (!attention_hidden(a, (int)count) || !c->facts || alpha <= 0) return;
    const float *shares = a->seen->shares + (size_t)row * (size_t)a->trace->n_tokens;
    struct font f = canvas_font(c, TEXT_CELL);
    char text[32] = "… ";
    double sum = 0;
    int last = 0, first = row;
    for (int i = a->head; i <= row; i++)
        if (attention_slot(a, i, floor(count)).alpha <= 0) sum += shares[i], last = i, first = MIN(first, i);
    static const char where[] = "counted: columns that this frame has no room for";
    int from = facts_leaf(c->facts, "share.hidden_from", first + 1, UNIT_COUNT, where);
    int to = facts_leaf(c->facts, "share.hidden_to", last + 1, UNIT_COUNT, where);
    int fact = facts_real(c->facts, "share.hidden", sum, UNIT_SHARE,
                          "the shares of columns [first hidden] to [last hidden] added up", FACTS(from, to));
    if (sum < 0.005) g_strlcat(text, "<1", sizeof text);
    else facts_text(c->facts, fact, FORM_NUMBER_ONLY, text + strlen(text), sizeof text - strlen(text));
    double length = a->gap * a->pitch - (a->pitch - a->width);
    struct box b = attention_box(a, a->first + a->head * a->pitch, round(a->mid - a->strip / 2), length, a->strip);
    double w = canvas_width(c, f, text);
    if (w > b.w) return;
    dl_fade(c->dl, alpha);
    dl_enter(c->dl, "hidden share", -1);
    dl_text_of_fact(c->dl, round(box_mid_x(b) - w / 2), canvas_baseline(c, f, box_mid_y(b)), f, c->style->text3, fact,
                    text);
    dl_leave(c->dl);
    dl_restore(c->dl);
}

void attention_strip(const struct attention *a, int row, double count, struct strip_look look)
{
    const double unknown = 0.24; /* tone of a score that is no share yet */
    struct dl *dl = a->c->dl;
    bool tenths = look.scores && look.share < 1 && scores_have_tenths(a, row, count);
    dl_enter(dl, "row", row);
    for (int col = 0; col <= row; col++) {
        struct slot slot = attention_slot(a, col, count);
        double alpha = slot.alpha * CLAMP(look.filled - col, 0.0, 1.0);
        if (alpha <= 0) continue;
        struct box b = attention_box(a, slot.at, round(a->mid - a->strip / 2), a->width, a->strip);
        double before = look.scores ? score_tone(a, row, col) : unknown;
        struct rgba color = cell_color(a, mix(before, attention_tone(a, row, col), look.share), look.dim);
        dl_enter(dl, "cell", col);
        dl_fade(dl, alpha);
        dl_rect(dl, b, .radius = cell_radius(a, a->strip), .fill = color);
        /* One number at a time: the score leaves before the share comes. */
        if (look.scores) draw_score(a, b, col, tenths, color, 1 - 2 * look.share);
        draw_share(a, b, col, color, (look.scores ? 2 * look.share - 1 : look.share) * (1 - look.dim));
        dl_restore(dl);
        dl_leave(dl);
    }
    dl_leave(dl);
    draw_hidden_share(a, row, count, look.share * (1 - look.dim));
}

void attention_strip_border(const struct attention *a, double count, double alpha)
{
    const struct canvas *c = a->c;
    if (c->plan == PLAN_SMALL || count < 1) return;
    double end = MIN(count, a->gap ? a->slots : count), length = (end - 1) * a->pitch + a->width, rim = px(c, 4);
    struct box b = attention_box(a, a->first, round(a->mid - a->strip / 2), round(length), a->strip);
    dl_fade(c->dl, alpha);
    dl_enter(c->dl, "strip", -1);
    dl_rect(c->dl, box_inset(b, -rim), .radius = px(c, 8), .stroke = c->style->attention, .width = px(c, 2));
    dl_leave(c->dl);
    dl_restore(c->dl);
}

/* Room between the key band and the strip, and between strip and value band. */
static double rim_of(const struct attention *a) { return px(a->c, a->c->plan == PLAN_SMALL ? 6 : 8); }

void attention_key_lines(const struct attention *a, double count, double filled, double alpha)
{
    const struct canvas *c = a->c;
    double from = a->key + a->depth + rim_of(a) + px(c, c->plan == PLAN_SMALL ? 2 : 4);
    double to = round(a->mid - a->strip / 2) - px(c, c->plan == PLAN_SMALL ? 2 : 5), size = px(c, 7);
    struct rgba line = color_over(color_fade(c->style->key, 0.55), c->style->bg);
    bool heads = c->plan != PLAN_SMALL && a->pitch >= 3 * size;
    dl_fade(c->dl, alpha);
    dl_enter(c->dl, "key lines", -1);
    for (int i = 0; i < count; i++) {
        struct slot slot = attention_slot(a, i, count);
        double t = slot.alpha * CLAMP(filled - i, 0.0, 1.0), middle = slot.at + round(a->width / 2);
        if (t <= 0) continue;
        double end = heads ? to - size : to;
        dl_rect(c->dl, attention_box(a, middle - 1, from, MAX(2, px(c, 2)), round((end - from) * t)),
                .fill = color_fade(line, slot.alpha));
        if (!heads || t < 1) continue;
        struct dl_point p = attention_at(a, middle, to), d = attention_at(a, 0, 1);
        part_arrow_head(c, p.x, p.y, d.x, d.y, size, color_mix(line, c->style->key, 0.5));
    }
    dl_leave(c->dl);
    dl_restore(c->dl);
}

static struct rgba brighter(struct rgba c, double t)
{
    return color_mix(c, (struct rgba){ 255, 255, 255, c.a }, 0.13 * t);
}

/* A beam that runs sideways, in steps: the list's own beam runs downwards only. */
static void turned_beam(const struct attention *a, struct box b, double length, struct rgba first, struct rgba last)
{
    enum { STEP = 4, MOST = 128 };
    struct rgba colors[MOST];
    int steps = MIN(MOST, (int)ceil(length / STEP)), shown = MIN(steps, (int)ceil(b.w / STEP));
    for (int i = 0; i < shown; i++) colors[i] = color_mix(first, last, (i + 0.5) / steps);
    if (shown > 0)
        dl_heat(a->c->dl,
                (struct dl_heat){ .x = b.x,
                                  .y = b.y,
                                  .cols = (uint16_t)shown,
                                  .rows = 1,
                                  .cell_w = STEP,
                                  .cell_h = (uint16_t)b.h,
                                  .pitch_x = STEP,
                                  .pitch_y = (uint16_t)b.h },
                colors);
}

void attention_beams(const struct attention *a, int row, double count, double grow, double bright, double alpha)
{
    const struct canvas *c = a->c;
    const struct style *s = c->style;
    double from = round(a->mid + a->strip / 2) + px(c, c->plan == PLAN_SMALL ? 3 : 5),
           to = a->value - rim_of(a) - px(c, c->plan == PLAN_SMALL ? 2 : 5);
    struct rgba top = style_ramp(s, RAMP_ATTENTION, 0.75);
    if (grow <= 0) return;
    dl_fade(c->dl, alpha);
    dl_enter(c->dl, "beams", -1);
    for (int i = 0; i <= row; i++) {
        struct slot slot = attention_slot(a, i, count);
        if (slot.alpha <= 0) continue;
        double weight = (attention_tone(a, row, i) - 0.12) / 0.88, width = MAX(2, round(a->width * weight)),
               strength = mix(0.35, 0.9, weight);
        struct box b = attention_box(a, slot.at + floor((a->width - width) / 2), from, width,
                                     round((to - from) * grow));
        struct rgba first = brighter(color_over(color_fade(top, strength), s->bg), bright),
                    last = brighter(color_over(color_fade(s->value, strength), s->bg), bright);
        if (c->plan == PLAN_SMALL)
            dl_rect(c->dl, b,
                    .fill = color_fade(color_over(color_fade(top, mix(0.35, 0.7, weight)), s->bg), slot.alpha));
        else if (a->turned) turned_beam(a, b, to - from, color_fade(first, slot.alpha), color_fade(last, slot.alpha));
        else dl_beam(c->dl, b, color_fade(first, slot.alpha), color_fade(last, slot.alpha));
    }
    dl_leave(c->dl);
    dl_restore(c->dl);
}

/* --- the output --- */

static void out_arrow(const struct attention *a, double from, double to, double t)
{
    struct rgba color = a->c->style->output;
    if (t <= 0 || to <= from) return;
    double across = round(a->value + a->depth / 2), size = px(a->c, 10);
    struct dl_point p = attention_at(a, from, across), q = attention_at(a, from + (to - size - from) * t, across),
                    tip = attention_at(a, to, across), d = attention_at(a, 1, 0);
    dl_move_to(a->c->dl, p.x, p.y);
    dl_line_to(a->c->dl, q.x, q.y);
    dl_stroke(a->c->dl, MAX(2, px(a->c, 3)), color);
    if (t >= 1) part_arrow_head(a->c, tip.x, tip.y, d.x, d.y, size, color);
}

/* Small frames have no room for the vector: an arrow from the value band to the panel. */
static void small_out(const struct attention *a, double t)
{
    const struct canvas *c = a->c;
    double x = a->first + a->length + px(c, 8), y = round(a->value + a->depth / 2), up = a->panel.x + px(c, 8),
           tip = a->panel.y + px(c, 130);
    dl_move_to(c->dl, x, y);
    dl_corner_to(c->dl, up, y, up, tip, px(c, 8));
    dl_line_to(c->dl, up, tip + px(c, 6));
    dl_stroke_part(c->dl, px(c, 3), c->style->output, 0, t);
    if (t >= 1) part_arrow_head(c, up, tip, 0, -1, px(c, 9), c->style->output);
}

void attention_out(const struct attention *a, int row, double filled, double alpha)
{
    const struct canvas *c = a->c;
    if (filled <= 0) return;
    dl_fade(c->dl, alpha);
    dl_enter(c->dl, "out", -1);
    if (a->out_length <= 0) {
        small_out(a, filled);
        dl_leave(c->dl);
        dl_restore(c->dl);
        return;
    }
    enum { CELLS = 16 };
    int cells = MIN(CELLS, a->trace->shape.head_dim);
    struct rgba colors[CELLS];
    /* One after the other: out of the band, the vector, and on to the panel. */
    double leaves = CLAMP(filled * 3, 0.0, 1.0), arrives = CLAMP((filled - 0.3) / 0.45, 0.0, 1.0);
    const float *vector = a->seen->out + (size_t)row * (size_t)a->trace->shape.head_dim;
    double cell = MAX(1, floor(a->depth / cells)), across = round(a->value + (a->depth - cell * cells) / 2);
    for (int i = 0; i < cells; i++)
        colors[i] = color_fade(style_ramp(c->style, RAMP_OUTPUT, trace_tone(a->seen, vector, i, cells)),
                               CLAMP(arrives * cells - i, 0.0, 1.0));
    struct box b = attention_box(a, a->out, across, a->out_length, cell),
               all = attention_box(a, a->out, across, a->out_length, cell * cells);
    attention_stripe(a, b, !a->turned, cells, colors);
    /* It is the result of the whole band, and leaves at the band's edge. */
    out_arrow(a, a->first + a->length + rim_of(a) + px(c, 3), a->out - px(c, 5), leaves);
    bool leads_on = a->panel.w > 0;
    if (leads_on)
        out_arrow(a, a->out + a->out_length + px(c, 4), a->turned ? a->panel.y - px(c, 2) : a->panel.x - px(c, 4),
                  CLAMP(filled * 4 - 3, 0.0, 1.0));
    struct font f = font_weight(canvas_font(c, TEXT_LABEL), 600);
    dl_fade(c->dl, arrives);
    if (a->turned)
        dl_text_right(c->dl, all.x - px(c, 14), canvas_baseline(c, f, box_mid_y(all)), f, c->style->output, "out");
    else dl_text_mid(c->dl, box_mid_x(all), all.y - px(c, 14), f, c->style->output, "out");
    dl_restore(c->dl);
    dl_leave(c->dl);
    dl_restore(c->dl);
}

/* --- words beside the strip --- */

/* text: a template. ink: 0 key, 1 attention, 2 value */
struct note { const char *head, *text; int ink; double across, alpha; };

static void draw_note(const struct attention *a, const struct note *n, double x, bool right)
{
    const struct canvas *c = a->c;
    const struct rgba inks[] = { c->style->key_ink, c->style->attention_ink, c->style->value_ink };
    struct font bold = font_weight(canvas_font(c, TEXT_LABEL), 600), f = canvas_font(c, TEXT_LABEL);
    double y = canvas_baseline(c, bold, n->across - px(c, 13)), y2 = canvas_baseline(c, f, n->across + px(c, 14));
    if (n->alpha <= 0) return;
    dl_fade(c->dl, n->alpha);
    if (right) {
        dl_text_right(c->dl, x, y, bold, inks[n->ink], n->head);
        dl_text_right(c->dl, x, y2, f, c->style->text3, n->text);
    } else {
        dl_text(c->dl, x, y, bold, inks[n->ink], n->head);
        canvas_template(c, x, y2, f, c->style->text3, n->text, c->width, 1, 0, 0);
    }
    dl_restore(c->dl);
}

/* The first note in one line, in the middle between the words at the key band and the query's letter. */
static void draw_matching_line(const struct attention *a, double right, bool scaled)
{
    const struct canvas *c = a->c;
    static const char head[] = "q · k", most[] = "match each key", least[] = "match keys", by[] = "÷ √{trace.vector}";
    struct font bold = font_weight(canvas_font(c, TEXT_LABEL), 600), f = canvas_font(c, TEXT_LABEL);
    double top = a->key + px(c, 104), bottom = a->mid - a->strip / 2 - px(c, 34),
           y = canvas_baseline(c, f, round((top + bottom) / 2)), gap = px(c, 12);
    double room = right - a->block + px(c, 16) - ceil(canvas_width(c, bold, head)) - gap;
    const char *text = scaled ? by : canvas_width(c, f, most) <= room ? most : least;
    g_autofree char *shown = template_expand(text, c->facts);
    canvas_template(c, right, y, f, c->style->text3, text, room, 1, 0, 1);
    dl_text_right(c->dl, right - ceil(canvas_width(c, f, shown)) - gap, y, bold, c->style->key_ink, head);
}

void attention_notes(const struct attention *a, struct notes_look look)
{
    const struct canvas *c = a->c;
    if (look.alpha <= 0 || c->plan == PLAN_SMALL || c->plan == PLAN_TALL) return;
    double above = (a->key + a->depth + a->mid - a->strip / 2) / 2, below = (a->mid + a->strip / 2 + a->value) / 2;
    const struct note notes[] = { { "q · k", "match each key", 0, above, 1 },
                                  { "scores", "q · k ÷ √{trace.vector}", 1, a->mid, look.scores },
                                  { "attention", "in percent", 1, a->mid, look.shares },
                                  { "mix values", "by share", 2, below, 1 } };
    int shown = MIN(a->trace->n_tokens, a->slots);
    double x = a->first + (shown - 1) * a->pitch + a->width + px(c, 18),
           room = canvas_width(c, canvas_font(c, TEXT_LABEL), "match each key");
    double limit = a->panel.w > 0 ? a->panel.x - px(c, 24) : c->stage.x + c->stage.w;
    dl_fade(c->dl, look.alpha);
    dl_enter(c->dl, "notes", -1);
    if (x + room <= limit) {
        for (size_t i = 0; i < G_N_ELEMENTS(notes); i++) draw_note(a, &notes[i], x, false);
    } else {
        /* No room behind the strip: before it, above and below the query. */
        struct note mixing = notes[3];
        if (a->width >= canvas_width(c, canvas_font(c, TEXT_CELL), "00") + px(c, 2)) mixing.text = "by share, in %";
        draw_matching_line(a, a->first - px(c, 30), look.scaled);
        draw_note(a, &mixing, a->first - px(c, 30), true);
    }
    dl_leave(c->dl);
    dl_restore(c->dl);
}
