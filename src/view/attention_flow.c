/* What comes to the cache: the input of a step, the three weight blocks, and the paths from them.
 *
 * Key and value paths leave their block on the outer side, run along the band and drop into it: as a comb over all
 * columns when a whole prompt goes through, as a single drop for one token. That difference is how "in parallel" looks.
 */
#include "view/attention.h"
#include "view/parts.h"

#include <math.h>

static const double DOT_S = 0.7, DOT_GAP_S = 0.2; /* a dot's way, and between two dots */

static struct rgba block_color(const struct style *s, enum block b)
{
    return b == BLOCK_KEY ? s->key : b == BLOCK_QUERY ? s->query : s->value;
}

static double block_mid(const struct attention *a, enum block b)
{
    return b == BLOCK_KEY ? a->key + a->depth / 2 : b == BLOCK_QUERY ? a->mid : a->value + a->depth / 2;
}

void attention_blocks(const struct attention *a)
{
    static const char *const letters[] = { "K", "Q", "V" };
    const struct canvas *c = a->c;
    const struct style *s = c->style;
    const struct rgba inks[] = { s->key_ink, s->query_ink, s->value_ink };
    if (a->block_length <= 0) return;
    struct font big = font_weight(canvas_font(c, TEXT_HEADING), 600), small = canvas_font(c, TEXT_CHIP);
    big.size = (uint16_t)MAX(big.size, px(c, 34));
    small = font_weight(font_family(small, FONT_DISPLAY), 600);
    for (int i = BLOCK_KEY; i <= BLOCK_VALUE; i++) {
        struct rgba color = block_color(s, (enum block)i);
        double across = round(block_mid(a, (enum block)i) - a->block_depth / 2);
        struct box b = attention_box(a, a->block, across, a->block_length, a->block_depth);
        double w = canvas_width(c, big, "W"), all = w + canvas_width(c, small, letters[i]),
               x = round(box_mid_x(b) - all / 2);
        double y = canvas_baseline(c, big, box_mid_y(b)) - px(c, 2);
        dl_enter(c->dl, "block", i);
        dl_rect(c->dl, b, .radius = px(c, 12), .fill = color_over(color_fade(color, 0.16), s->bg), .stroke = color,
                .width = px(c, 2));
        dl_text(c->dl, x, y, big, inks[i], "W");
        dl_text(c->dl, x + w, y + px(c, 8), small, inks[i], letters[i]);
        dl_leave(c->dl);
    }
}

/* An arrow head whose tip is at a place along and across, pointing in a direction of the plan. */
static void head(const struct attention *a, double along, double across, double da, double dx, struct rgba color)
{
    struct dl_point p = attention_at(a, along, across), d = attention_at(a, da, dx);
    part_arrow_head(a->c, p.x, p.y, d.x, d.y, px(a->c, a->c->plan == PLAN_SMALL ? 8 : 10), color);
}

static void move_to(const struct attention *a, double along, double across)
{
    struct dl_point p = attention_at(a, along, across);
    dl_move_to(a->c->dl, p.x, p.y);
}

static void line_to(const struct attention *a, double along, double across)
{
    struct dl_point p = attention_at(a, along, across);
    dl_line_to(a->c->dl, p.x, p.y);
}

static double line_width(const struct attention *a) { return MAX(2, px(a->c, 3)); }

void attention_feed_path(const struct attention *a, enum block block, double along, double across, double t)
{
    if (a->block_length <= 0 || t <= 0) return;
    const struct canvas *c = a->c;
    struct rgba color = block_color(c->style, block);
    double tip = a->block - px(c, 4), end = tip - px(c, 8), to = block_mid(a, block), way = end - along;
    struct dl_point p1 = attention_at(a, along + way * 0.56, across), p2 = attention_at(a, along + way * 0.44, to),
                    p3 = attention_at(a, end, to);
    dl_enter(c->dl, "feed", (int)block);
    move_to(a, along, across);
    dl_curve_to(c->dl, p1.x, p1.y, p2.x, p2.y, p3.x, p3.y);
    dl_stroke_part(c->dl, line_width(a), color, 0, t);
    dl_fade(c->dl, CLAMP((t - 0.85) / 0.15, 0.0, 1.0));
    head(a, tip, to, 1, 0, color);
    dl_restore(c->dl);
    dl_leave(c->dl);
}

/* --- into the bands --- */

struct route { double along, across, run, tip, last; double out; }; /* where it starts, its long run, where it ends */

static struct route band_route(const struct attention *a, enum band band, double count, bool comb)
{
    double rim = px(a->c, a->c->plan == PLAN_SMALL ? 6 : 8);
    struct route r = { .run = band == BAND_KEY ? a->key_path : a->value_path, .out = band == BAND_KEY ? -1 : 1 };
    r.tip = band == BAND_KEY ? a->key - rim : a->value + a->depth + rim;
    r.last = attention_slot(a, (int)ceil(count) - 1, count).at + a->width / 2;
    if (a->block_length > 0) {
        r.along = a->block + round(a->block_length / 2);
        r.across = block_mid(a, band == BAND_KEY ? BLOCK_KEY : BLOCK_VALUE) + r.out * a->block_depth / 2;
    } else {
        r.along = a->input + round(a->input_length * 0.46);
        int rows = a->gap ? MIN(a->trace->n_prompt, a->slots) : a->trace->n_prompt;
        r.across = comb ? a->rows_mid + r.out * (rows * a->row_pitch / 2 + px(a->c, 2))
                        : a->mid + r.out * (a->input_depth / 2 + px(a->c, 6));
    }
    return r;
}

static void outline(const struct attention *a, struct route r)
{
    struct dl_point p = attention_at(a, r.along, r.run), q = attention_at(a, r.last, r.run);
    struct dl_point tip = attention_at(a, r.last, r.tip + r.out * px(a->c, 6));
    double radius = px(a->c, 12);
    move_to(a, r.along, r.across);
    dl_corner_to(a->c->dl, p.x, p.y, q.x, q.y, radius);
    dl_corner_to(a->c->dl, q.x, q.y, tip.x, tip.y, radius);
    dl_line_to(a->c->dl, tip.x, tip.y);
}

static void draw_dots(const struct attention *a, struct route r, double seconds, struct rgba color)
{
    struct dl_point at[3];
    double radius = px(a->c, 6);
    int n = 0;
    for (int i = 0; i < 3; i++) {
        double t = (seconds - i * DOT_GAP_S) / DOT_S;
        if (t <= 0.02 || t >= 0.97) continue;
        outline(a, r);
        at[n++] = dl_outline_at(a->c->dl, t, NULL);
        dl_stroke_part(a->c->dl, 1, RGBA_NONE, 0, 0); /* consumes the outline */
    }
    for (int i = 0; i < n; i++)
        dl_rect(a->c->dl, ((struct box){ at[i].x - radius, at[i].y - radius, 2 * radius, 2 * radius }),
                .radius = radius, .fill = color);
}

/* The drops of a comb that the run has passed. */
static void draw_comb(const struct attention *a, struct route r, struct band_path p, double reached, struct rgba color)
{
    for (int i = 0; i + 1 < p.count; i++) {
        struct slot slot = attention_slot(a, i, p.count);
        double middle = slot.at + a->width / 2, t = slot.alpha * CLAMP((reached - middle) / px(a->c, 24), 0.0, 1.0);
        if (t <= 0) continue;
        dl_fade(a->c->dl, t);
        move_to(a, middle, r.run);
        line_to(a, middle, r.tip + r.out * px(a->c, 8));
        dl_stroke(a->c->dl, line_width(a), color);
        head(a, middle, r.tip, 0, -r.out, color);
        dl_restore(a->c->dl);
    }
}

void attention_band_path(const struct attention *a, enum band band, struct band_path p)
{
    if (p.drawn <= 0) return;
    const struct canvas *c = a->c;
    struct rgba color = band == BAND_KEY ? c->style->key : c->style->value;
    struct route r = band_route(a, band, p.count, p.comb);
    double rise = fabs(r.run - r.across), length = rise + (r.last - r.along) + fabs(r.run - r.tip);
    dl_enter(c->dl, "path", (int)band);
    outline(a, r);
    dl_stroke_part(c->dl, line_width(a), color, 0, p.drawn);
    if (p.comb) draw_comb(a, r, p, r.along + p.drawn * length - rise, color);
    dl_fade(c->dl, CLAMP((p.drawn - 0.92) / 0.08, 0.0, 1.0));
    head(a, r.last, r.tip, 0, -r.out, color);
    dl_restore(c->dl);
    if (p.dots >= 0 && !c->reduced) draw_dots(a, r, p.dots, color);
    dl_leave(c->dl);
}

/* --- the new token and its query --- */

/* The largest size from `most` down to the chip's at which the text fits; at the chip's size it is cut. */
static struct font fit(const struct canvas *c, const char *token, double most, double room, char *text, size_t size)
{
    struct font f = font_weight(canvas_font(c, TEXT_CHIP), 700);
    uint16_t least = f.size;
    g_strlcpy(text, token, size);
    for (f.size = (uint16_t)MAX(most, least); f.size > least && canvas_width(c, f, text) > room; f.size--) {}
    for (int chars = 12; chars > 3 && canvas_width(c, f, text) > room; chars--) token_cut(token, chars, text, size);
    return f;
}

void attention_input(const struct attention *a, int token, double from_x, double t)
{
    const struct canvas *c = a->c;
    const struct style *s = c->style;
    char text[96];
    struct box to = attention_box(a, a->input, round(a->mid - a->input_depth / 2), a->input_length, a->input_depth);
    struct box from = { from_x, a->sentence.y, part_chip_width(c, a->trace->tokens[token].text), a->sentence.h };
    struct box b = { round(mix(from.x, to.x, t)), round(mix(from.y, to.y, t)), round(mix(from.w, to.w, t)),
                     round(mix(from.h, to.h, t)) };
    struct font f = fit(c, a->trace->tokens[token].text, px(c, a->turned ? 34 : 26), to.w - px(c, 22), text,
                        sizeof text);
    f.size = (uint16_t)round(mix(canvas_font(c, TEXT_CHIP).size, f.size, t));
    dl_enter(c->dl, "input", -1);
    double radius = px(c, mix(9, 12, t));
    dl_rect(c->dl, b, .radius = radius, .fill = s->new_fill, .stroke = s->new_line, .width = px(c, 3));
    dl_rect(c->dl, box_inset(b, -px(c, 4)), .radius = radius + px(c, 4), .stroke = color_fade(s->new_fill, 0.28),
            .width = px(c, 3));
    dl_text_of_fact_mid(c->dl, box_mid_x(b), canvas_baseline(c, f, box_mid_y(b)), f, color_ink_on(s->new_fill),
                        DL_QUOTED, text);
    dl_leave(c->dl);
}

static void query_line(const struct attention *a, double from, double to, bool arrow, double t)
{
    if (t <= 0 || to <= from) return;
    move_to(a, from, a->mid);
    line_to(a, from + (to - (arrow ? px(a->c, 7) : 0) - from) * t, a->mid);
    dl_stroke(a->c->dl, line_width(a), a->c->style->query);
    if (arrow && t >= 1) head(a, to, a->mid, 1, 0, a->c->style->query);
}

void attention_query(const struct attention *a, int row, double line, double alpha)
{
    const struct canvas *c = a->c;
    double strip = a->first - px(c, c->plan == PLAN_SMALL ? 8 : 6);
    dl_enter(c->dl, "query", -1);
    if (a->query_length <= 0) {
        query_line(a, a->input + a->input_length + px(c, 8), strip, true, line);
        dl_leave(c->dl);
        return;
    }
    enum { CELLS = 16 };
    int cells = MIN(CELLS, a->trace->shape.head_dim);
    struct rgba colors[CELLS];
    double cell = floor(a->query_length / cells), at = round(a->query + (a->query_length - cell * cells) / 2),
           depth = a->strip - px(c, 2);
    for (int i = 0; i < cells; i++)
        colors[i] = style_ramp(
            c->style, RAMP_QUERY,
            trace_tone(a->seen, a->seen->q + (size_t)row * (size_t)a->trace->shape.head_dim, i, cells));
    struct box b = attention_box(a, at, round(a->mid - depth / 2), cell, depth),
               all = attention_box(a, at, round(a->mid - depth / 2), cell * cells, depth);
    query_line(a, a->block + a->block_length, at - px(c, 5), false, CLAMP(line * 2, 0.0, 1.0));
    dl_fade(c->dl, alpha);
    attention_stripe(a, b, a->turned, cells, colors);
    dl_rect(c->dl, box_inset(all, -px(c, 3)), .radius = px(c, 6), .stroke = c->style->new_line, .width = px(c, 3));
    struct font f = canvas_font(c, TEXT_BAND);
    if (a->turned)
        dl_text(c->dl, box_right(all) + px(c, 18), canvas_baseline(c, f, box_mid_y(all)) - px(c, 4), f,
                c->style->query_ink, "q");
    else dl_text_mid(c->dl, box_mid_x(all), all.y - px(c, 14), f, c->style->query_ink, "q");
    dl_restore(c->dl);
    query_line(a, at + cell * cells + px(c, 5), strip, true, CLAMP(line * 2 - 1, 0.0, 1.0));
    dl_leave(c->dl);
}

void attention_input_label(const struct attention *a, double baseline, const char *words)
{
    const struct canvas *c = a->c;
    struct font f = canvas_font(c, TEXT_SMALL);
    bool fits = canvas_width(c, f, words) <= a->input_length + px(c, 40);
    dl_text(c->dl, a->input, baseline, f, c->style->text3, fits ? words : "input");
}
