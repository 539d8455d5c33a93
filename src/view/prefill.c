/* Chapter 1: the whole prompt goes through the model in one pass.
 *
 * Everything happens to all tokens at once: chips enter together, their twins go in together, K, Q and V appear in one
 * beat, every row of the matrix fills at the same time. Nothing here runs token by token, because nothing in prefill
 * does.
 */
#include "view/attention.h"
#include "view/parts.h"

#include <math.h>

/* The prompt is there from the first frame on, which must stand alone as a picture. */
enum part { ENTER, FEED, FLOW, COMB, PROJECT, SCORE, WORDS, SAMPLE, PARTS };

static const struct { double start, length; enum ease ease; } parts[PARTS] = {
    [ENTER] = { -0.3, 0.3, EASE_OUT },    [FEED] = { 0.9, 0.45, EASE_IN_OUT }, [FLOW] = { 1.4, 0.5, EASE_OUT },
    [COMB] = { 1.75, 0.6, EASE_OUT },     [PROJECT] = { 2.3, 0.3, EASE_OUT },  [SCORE] = { 3.4, 0.6, EASE_LINEAR },
    [WORDS] = { 3.6, 0.3, EASE_OUT },     [SAMPLE] = { 5.4, 0.3, EASE_OUT },
};
static const double length_s = 7.5;

static const struct moment moments[] = {
    { "prompt", 0.5, "the prompt's tokens stand in the sentence" },
    { "input", 1.35, "all tokens are at the input of the pass" },
    { "keys", 2.6, "K, Q and V of all tokens are there" },
    { "scores", 4.0, "all scores are there" },
    { "kept", 4.6, "K and V stay behind" },
    { "next", 5.7, "the first new token is chosen" },
    { "end", 7.5, "the end of the action" },
};

static const struct row rows[] = { HEAD_ROWS(struct prefill_options, head), ROW_END };

struct prefill { const struct trace *trace; struct head_shown head; char *provenance; };

static void *prefill_open(const void *options, const struct view_env *env, double *length)
{
    const struct prefill_options *o = options;
    struct head_shown head;
    if (!head_shown_open(&head, &o->head, env)) return NULL;
    struct prefill *p = g_new0(struct prefill, 1);
    p->trace = env->trace;
    p->head = head;
    p->provenance = head_shown_provenance(&p->head);
    *length = length_s;
    return p;
}

static void prefill_close(void *sim)
{
    struct prefill *p = sim;
    head_shown_close(&p->head);
    g_free(p->provenance);
    g_free(p);
}

static const struct moment *prefill_moments(const void *sim, int *count)
{
    (void)sim;
    *count = G_N_ELEMENTS(moments);
    return moments;
}

static void prefill_facts(const void *sim, double now, struct facts *facts)
{
    const struct prefill *p = sim;
    double scored = ease_span(EASE_LINEAR, now, parts[SCORE].start, parts[SCORE].length);
    attention_facts(p->trace, p->head.seen, facts,
                    (struct pass_progress){ now >= parts[FEED].start + parts[FEED].length, scored,
                                            now >= parts[PROJECT].start });
    head_shown_facts(&p->head, facts);
    attention_look_facts(p->trace, p->head.seen, facts, p->trace->n_prompt - 1);
    attention_next_facts(p->trace, facts, 0);
}

static double progress(enum part part, double now)
{
    return ease_span(parts[part].ease, now, parts[part].start, parts[part].length);
}

/* --- the input --- */

/* The stack shows every token while there is room for words, otherwise the first, the last, and how many are between.
 */
struct stack { int items, head; double pitch, depth; }; /* head: items before the fold, -1 without one */

static struct stack stack_of(const struct attention *a)
{
    const struct canvas *c = a->c;
    int n = a->trace->n_prompt;
    struct stack s = { n, -1, a->row_pitch, a->row_depth };
    if (c->plan == PLAN_SMALL) s.items = a->gap ? MIN(n, a->slots) : n;
    if (c->plan == PLAN_SMALL || a->row_pitch >= canvas_font(c, TEXT_SMALL).size + px(c, 6)) return s;
    double most = floor((a->value - a->key - a->depth - px(c, 30)) / px(c, 32));
    if (n > most) s.items = (int)most, s.head = 3;
    s.pitch = px(c, 32);
    s.depth = px(c, 28);
    return s;
}

static int stack_token(const struct attention *a, const struct stack *s, int item)
{
    if (s->head >= 0 && item < s->head) return item;
    return s->head >= 0 && item == s->head ? -1 : a->trace->n_prompt - s->items + item;
}

static void draw_twin(const struct attention *a, const struct stack *s, int item, struct sentence words, double t)
{
    const struct canvas *c = a->c;
    int token = stack_token(a, s, item);
    double y = round(a->rows_mid - s->items * s->pitch / 2 + (s->pitch - s->depth) / 2) + item * s->pitch;
    struct box to = { a->input, y, a->input_length, s->depth };
    struct font f = canvas_font(c, TEXT_SMALL), mono = font_weight(canvas_font(c, TEXT_COLUMN), 500);
    if (token < 0) {
        if (c->facts)
            facts_leaf(c->facts, "pass.folded", a->trace->n_prompt - s->items + 1, UNIT_COUNT,
                       "counted: tokens that the stack has no room for");
        dl_fade(c->dl, t);
        const char *words_between = canvas_wording(c, f, to.w, WORDINGS("… {pass.folded} more", "… {pass.folded}"));
        g_autofree char *text = template_expand(words_between, c->facts);
        canvas_template(c, round(box_mid_x(to) - canvas_width(c, f, text) / 2), canvas_baseline(c, f, box_mid_y(to)), f,
                        c->style->text3, words_between, to.w, 1, 0, 0);
        dl_restore(c->dl);
        return;
    }
    const char *name = a->trace->tokens[token].text;
    struct box from = { attention_chip_x(a, words, token), a->sentence.y, part_chip_width(c, name), a->sentence.h };
    struct box b = { round(mix(from.x, to.x, t)), round(mix(from.y, to.y, t)), round(mix(from.w, to.w, t)),
                     round(mix(from.h, to.h, t)) };
    char text[64];
    /* Cut for its place in the stack from the start: words do not change as they move. */
    for (int chars = 10; chars > 1; chars--)
        if (canvas_width(c, mono, token_cut(name, chars, text, sizeof text)) <= to.w - px(c, 8)) break;
    dl_rect(c->dl, b, .radius = MIN(px(c, 8), floor(b.h / 3)), .fill = c->style->chip2, .stroke = c->style->chip2_line,
            .width = px(c, c->plan == PLAN_SMALL ? 1 : 2));
    if (c->plan != PLAN_SMALL)
        dl_text_of_fact_mid(c->dl, box_mid_x(b), canvas_baseline(c, mono, box_mid_y(b)), mono, c->style->text, DL_QUOTED,
                            text);
}

/* A brace whose nose points at the blocks, from lo to hi across. */
static void draw_brace(const struct attention *a, double along, double lo, double hi, double nose_at)
{
    const struct canvas *c = a->c;
    double r = px(c, 10), nose = px(c, 8);
    struct dl_point p[] = {
        attention_at(a, along, lo),
        attention_at(a, along + r, lo),
        attention_at(a, along + r, nose_at - r),
        attention_at(a, along + r, nose_at - r / 3),
        attention_at(a, along + r + nose, nose_at),
        attention_at(a, along + r, nose_at + r / 3),
        attention_at(a, along + r, nose_at + r),
        attention_at(a, along + r, hi),
        attention_at(a, along, hi),
    };
    dl_move_to(c->dl, p[0].x, p[0].y);
    dl_corner_to(c->dl, p[1].x, p[1].y, p[2].x, p[2].y, r);
    dl_line_to(c->dl, p[2].x, p[2].y);
    dl_curve_to(c->dl, p[3].x, p[3].y, p[4].x, p[4].y, p[4].x, p[4].y);
    dl_curve_to(c->dl, p[4].x, p[4].y, p[5].x, p[5].y, p[6].x, p[6].y);
    dl_corner_to(c->dl, p[7].x, p[7].y, p[8].x, p[8].y, r);
    dl_line_to(c->dl, p[8].x, p[8].y);
    dl_stroke(c->dl, px(c, 2), c->style->text3);
}

struct nose { double along, across; };

static struct nose nose_of(const struct attention *a, struct sentence words)
{
    const struct canvas *c = a->c;
    if (!a->turned) return (struct nose){ a->input + a->input_length + px(c, 8) + px(c, 18), a->mid };
    double end = attention_chip_x(a, words, a->trace->n_prompt - 1) +
                 part_chip_width(c, a->trace->tokens[a->trace->n_prompt - 1].text);
    return (struct nose){ box_bottom(a->sentence) + px(c, 8) + px(c, 18), round((a->sentence.x + end) / 2) };
}

/* Under the chips; behind them where the paths of a short prompt would cross the words. */
static void name_turned_input(const struct attention *a, struct sentence words)
{
    static const char name[] = "input of this pass";
    const struct canvas *c = a->c;
    struct font f = canvas_font(c, TEXT_SMALL);
    struct rgba ink = c->style->text3;
    const char *next = a->trace->tokens[a->trace->n_prompt].text;
    double w = canvas_width(c, f, name);
    words.grow = 0; /* the place is the same before and after the next token */
    double nose = nose_of(a, words).across;
    double behind = 2 * nose - a->sentence.x + px(c, 12) + part_chip_width(c, next) + px(c, 24);
    if (a->sentence.x + w + px(c, 12) <= nose || behind + w > box_right(a->sentence))
        dl_text(c->dl, a->sentence.x, box_bottom(a->sentence) + px(c, 60), f, ink, name);
    else
        dl_text(c->dl, round(behind), canvas_baseline(c, f, box_mid_y(a->sentence)), f, ink, name);
}

static void draw_input(const struct attention *a, struct sentence words, double feed)
{
    const struct canvas *c = a->c;
    if (feed <= 0) return;
    struct stack s = stack_of(a);
    struct nose nose = nose_of(a, words);
    dl_enter(c->dl, "input", -1);
    dl_fade(c->dl, MIN(1, feed * 3));
    if (!a->turned)
        for (int i = 0; i < s.items; i++) draw_twin(a, &s, i, words, feed);
    dl_restore(c->dl);
    dl_fade(c->dl, CLAMP(feed * 4 - 3, 0.0, 1.0));
    double half = s.items * s.pitch / 2, top = a->turned ? a->sentence.x : a->rows_mid - half + px(c, 2);
    double bottom = a->turned ? 2 * nose.across - a->sentence.x : a->rows_mid + half - px(c, 2);
    if (c->plan != PLAN_SMALL) draw_brace(a, nose.along - px(c, 18), top, bottom, nose.across);
    if (a->turned) name_turned_input(a, words);
    else if (c->plan != PLAN_SMALL) attention_input_label(a, a->rows_mid - half - px(c, 16), "input of this pass");
    dl_restore(c->dl);
    dl_leave(c->dl);
}

static int fact(const struct canvas *c, const char *id) { return facts_find(c->facts, id); }

/* --- queries, one for each row --- */

static void query_arrow(const struct attention *a, double along, double across, double to, double size)
{
    struct dl_point p = attention_at(a, along, across), q = attention_at(a, to - size, across),
                    tip = attention_at(a, to, across), d = attention_at(a, 1, 0);
    dl_move_to(a->c->dl, p.x, p.y);
    dl_line_to(a->c->dl, q.x, q.y);
    dl_stroke(a->c->dl, px(a->c, 2), a->c->style->query);
    part_arrow_head(a->c, tip.x, tip.y, d.x, d.y, size, a->c->style->query);
}

static void query_stripe(const struct attention *a, int row, double at, double cell, int cells)
{
    struct rgba colors[16];
    const float *q = a->seen->q + (size_t)row * (size_t)a->trace->shape.head_dim;
    for (int i = 0; i < cells; i++) colors[i] = style_ramp(a->c->style, RAMP_QUERY, trace_tone(a->seen, q, i, cells));
    struct box b = attention_box(a, at, attention_row_at(a, row, a->trace->n_prompt), cell, a->row_depth);
    attention_stripe(a, b, a->turned, cells, colors);
}

static void query_bracket(const struct attention *a, double along, double line)
{
    const struct canvas *c = a->c;
    int n = a->trace->n_prompt;
    double lo = attention_row_at(a, 0, n), hi = attention_row_at(a, n - 1, n) + a->row_depth, r = px(c, 7);
    struct dl_point p[] = { attention_at(a, along + r, lo), attention_at(a, along, lo), attention_at(a, along, hi),
                            attention_at(a, along + r, hi) };
    struct dl_point from = attention_at(a, a->block + a->block_length, a->mid), to = attention_at(a, along, a->mid);
    dl_move_to(c->dl, p[0].x, p[0].y);
    dl_corner_to(c->dl, p[1].x, p[1].y, p[2].x, p[2].y, r);
    dl_corner_to(c->dl, p[2].x, p[2].y, p[3].x, p[3].y, r);
    dl_line_to(c->dl, p[3].x, p[3].y);
    dl_stroke(c->dl, px(c, 2), color_fade(c->style->query, line));
    dl_move_to(c->dl, from.x, from.y);
    dl_line_to(c->dl, mix(from.x, to.x, line), mix(from.y, to.y, line));
    dl_stroke(c->dl, px(c, 3), c->style->query);
}

/* In two lines, so that many queries are no wider than their block. */
static void name_queries(const struct attention *a)
{
    const struct canvas *c = a->c;
    struct font f = font_weight(canvas_font(c, TEXT_SMALL), 500);
    double x = a->block + round(a->block_length / 2), y = a->mid + a->block_depth / 2;
    dl_fact_mid(c->dl, x, canvas_baseline(c, f, y + px(c, 20)), f, c->style->query_ink, fact(c, "pass.tokens"),
                FORM_AUTO);
    dl_text_mid(c->dl, x, canvas_baseline(c, f, y + px(c, 46)), f, c->style->query_ink,
                a->trace->n_prompt == 1 ? "query" : "queries");
}

static void draw_queries(const struct attention *a, double line, double alpha)
{
    const struct canvas *c = a->c;
    int n = a->trace->n_prompt, cells = MIN(16, a->trace->shape.head_dim);
    if (a->query_length <= 0 || line <= 0) return;
    double inner = a->query + px(c, 6), cell = floor((a->query_length - px(c, 6)) / cells), end = inner + cell * cells;
    dl_enter(c->dl, "queries", -1);
    query_bracket(a, a->query - px(c, a->turned ? 4 : 6), line);
    dl_fade(c->dl, alpha);
    for (int row = 0; row < n; row++) {
        struct slot slot = attention_slot(a, row, n);
        if (slot.alpha <= 0) continue;
        query_stripe(a, row, inner, cell, cells);
        double across = attention_row_at(a, row, n) + round(a->row_depth / 2), tip = a->first - px(c, 6);
        if (a->row_pitch >= px(c, 16) && tip - end > px(c, 12)) query_arrow(a, end + px(c, 4), across, tip, px(c, 8));
    }
    if (c->plan == PLAN_WIDE) name_queries(a); /* elsewhere the words would stand on the value's path */
    dl_restore(c->dl);
    dl_leave(c->dl);
}

/* --- words and the panel --- */

/* Room for words right of the matrix, and how much they need. */
enum { LEAST_BESIDE = 130 };

static double beside_matrix(const struct attention *a)
{
    const struct canvas *c = a->c;
    double left = a->first + MIN(a->trace->n_prompt, a->slots) * a->pitch + px(c, 14);
    return (a->panel.w > 0 ? a->panel.x - px(c, 24) : c->stage.x + c->stage.w) - left;
}

/* Lines that a template takes; two at most. */
static int lines_of(const struct canvas *c, struct font f, const char *line, double room)
{
    g_autofree char *text = template_expand(line, c->facts);
    return canvas_width(c, f, text) > room ? 2 : 1;
}

/* What the matrix is, that its rows are not made one by one, and what its dots are. */
static void draw_matrix_words(const struct attention *a, double x, double room)
{
    const struct canvas *c = a->c;
    struct font small = canvas_font(c, TEXT_SMALL), bold = font_weight(canvas_font(c, TEXT_LABEL), 600);
    static const char name[] = "attention, {pass.tokens} × {pass.tokens}";
    static const char all_rows[] = "all rows fill at the same time";
    bool wide = room >= canvas_width(c, small, all_rows);
    const struct { const char *text; struct font f; struct rgba ink; bool shown; } lines[] = {
        { name, bold, c->style->attention_ink, true },
        { wide ? all_rows : "all rows fill at once", small, c->style->text3, a->trace->n_prompt > 1 },
        { wide ? "dots: the future, masked" : "dots: the future", small, c->style->text3,
          attention_has_future(a, a->trace->n_prompt) },
    };
    int n = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(lines); i++)
        if (lines[i].shown) n += lines_of(c, lines[i].f, lines[i].text, room);
    double pitch = px(c, 28), y = a->mid - round((n - 1) * pitch / 2) - px(c, n > 1 ? 8 : 0);
    for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
        if (!lines[i].shown) continue;
        y += pitch * canvas_template(c, x, canvas_baseline(c, lines[i].f, y), lines[i].f, lines[i].ink, lines[i].text,
                                     room, 2, pitch, 0);
        if (i == 0) y += px(c, 4);
    }
}

/* The row that the next token comes from. */
static void draw_last_row(const struct attention *a, double alpha)
{
    const struct canvas *c = a->c;
    int n = a->trace->n_prompt;
    if (alpha <= 0 || n < 2) return;
    double end = attention_slot(a, n - 1, n).at + a->width;
    struct box row = attention_box(a, a->first, attention_row_at(a, n - 1, n), end - a->first, a->row_depth);
    bool small = c->plan == PLAN_SMALL; /* rows lie closer there */
    dl_enter(c->dl, "last row", -1);
    dl_rect(c->dl, box_inset(row, -px(c, small ? 1 : 3)), .radius = px(c, small ? 3 : 6),
            .stroke = color_fade(c->style->attention, alpha), .width = px(c, 2));
    dl_leave(c->dl);
}

static void draw_words(const struct attention *a, double free_alpha, double alpha)
{
    const struct canvas *c = a->c;
    int n = a->trace->n_prompt, used = MIN(n, a->slots);
    if (c->plan == PLAN_SMALL || a->turned) return;
    struct font small = canvas_font(c, TEXT_SMALL);
    static const char free_words[] = "free, for what comes next";
    double left = a->first + used * a->pitch, right = a->first + a->length, middle = a->key + a->depth / 2;
    dl_enter(c->dl, "words", -1);
    dl_fade(c->dl, free_alpha);
    if (right - left > canvas_width(c, small, free_words) + px(c, 16))
        dl_text_mid(c->dl, round((left + right) / 2), canvas_baseline(c, small, middle), small, c->style->text3,
                    free_words);
    dl_restore(c->dl);
    dl_fade(c->dl, alpha);
    if (beside_matrix(a) >= px(c, LEAST_BESIDE)) draw_matrix_words(a, left + px(c, 14), beside_matrix(a));
    dl_restore(c->dl);
    dl_leave(c->dl);
}

/* "8 + 8": K columns and V columns, in their colours. */
static void draw_sum(const struct canvas *c, double x, double y, struct font f)
{
    int kept = fact(c, "pass.columns_now");
    x += dl_fact(c->dl, x, y, f, c->style->key_ink, kept, FORM_AUTO);
    x += dl_text(c->dl, x + px(c, 14), y, f, c->style->text3, "+") + px(c, 28);
    dl_fact(c->dl, x, y, f, c->style->value_ink, kept, FORM_AUTO);
}

static const char *const counted[] = { "tokens in, together", "attention scores", "K and V columns kept" };
static const char *const counted_one[] = { "token in", "attention score", "K and V columns kept" };
static const char *const counted_short[] = { "tokens in", "scores", "columns kept" };
static const char *const counted_short_one[] = { "token in", "score", "columns kept" };

static const char *counted_word(const struct attention *a, int i, bool brief)
{
    if (a->trace->n_prompt == 1) return (brief ? counted_short_one : counted_one)[i];
    return (brief ? counted_short : counted)[i];
}

/* What the dots are is said in the panel where the matrix has no room beside it. */
static bool panel_names_dots(const struct attention *a)
{
    return beside_matrix(a) < px(a->c, LEAST_BESIDE) && attention_has_future(a, a->trace->n_prompt);
}

/* How the number of scores comes about, behind its word, or below where that has no room; it joins the count, which must
 * not be at zero. */
static void draw_scores_formula(const struct attention *a, double x, double y, struct font f, double scored)
{
    const struct canvas *c = a->c;
    if (a->trace->n_prompt == 1) return;
    double w = ceil(canvas_width(c, f, counted_word(a, 1, false))) + px(c, 12);
    g_autofree char *formula = template_expand("({pass.tokens} · {pass.next_position} / 2)", c->facts);
    dl_fade(c->dl, CLAMP(2 * scored - 1, 0.0, 1.0));
    bool beside = x + w + canvas_width(c, f, formula) <= box_right(a->panel) - px(c, 12), dots = panel_names_dots(a);
    if (beside || !dots)
        dl_text_of_fact(c->dl, beside ? x + w : x, canvas_baseline(c, f, beside ? y : y + px(c, 28)), f, c->style->text2,
                        fact(c, "pass.scores"), formula);
    struct font small = canvas_font(c, TEXT_SMALL);
    if (dots)
        dl_text(c->dl, x, canvas_baseline(c, small, y + px(c, 28)), small, c->style->text3, "dots: the future, masked");
    dl_restore(c->dl);
}

static void draw_counter(const struct attention *a, int i, double x, double y, struct font hero)
{
    const struct canvas *c = a->c;
    if (i == 2) draw_sum(c, x, y, hero);
    else
        dl_fact(c->dl, x, y, hero, i ? c->style->attention_ink : c->style->text,
                fact(c, i ? "pass.scores_now" : "pass.tokens_now"), FORM_AUTO);
}

static void wide_panel(const struct attention *a, double scored, double sample)
{
    const struct canvas *c = a->c;
    struct box p = a->panel;
    struct font heading = canvas_font(c, TEXT_HEADING), hero = canvas_font(c, TEXT_HERO),
                f = canvas_font(c, TEXT_LABEL);
    double x = p.x + px(c, 28);
    hero.size = (uint16_t)MAX(px(c, 64), f.size);
    part_panel(c, p);
    dl_text(c->dl, x, canvas_baseline(c, heading, p.y + px(c, 39)), heading, c->style->text, "This pass");
    for (int i = 0; i < 3; i++) {
        double y = p.y + px(c, 128 + 140 * i + (i == 2 && panel_names_dots(a) ? 20 : 0));
        draw_counter(a, i, x, canvas_baseline(c, hero, y), hero);
        dl_text(c->dl, x, canvas_baseline(c, f, y + px(c, 51)), f, c->style->text2, counted_word(a, i, false));
    }
    draw_scores_formula(a, x, p.y + px(c, 128 + 140 + 51), f, scored);
    dl_fade(c->dl, sample);
    dl_rect(c->dl, ((struct box){ x, p.y + px(c, 547), p.w - 2 * px(c, 28), MAX(1, px(c, 2)) }),
            .fill = c->style->line);
    dl_text(c->dl, x, canvas_baseline(c, f, p.y + px(c, 584)), f, c->style->text3, "and the first new token");
    part_chip(c, x, p.y + px(c, 640), a->trace->tokens[a->trace->n_prompt].text, CHIP_NEXT);
    struct font small = canvas_font(c, TEXT_SMALL);
    double room = p.w - 2 * px(c, 28);
    const char *words = attention_cut_words(a, &a->trace->passes[0], small, room);
    if (words)
        canvas_template(c, x, canvas_baseline(c, small, p.y + px(c, 680)), small, c->style->text3, words, room, 1, 0, 0);
    dl_restore(c->dl);
}

static void tall_panel(const struct attention *a, double sample)
{
    const struct canvas *c = a->c;
    struct box p = a->panel;
    struct font heading = canvas_font(c, TEXT_HEADING), hero = canvas_font(c, TEXT_HERO),
                f = canvas_font(c, TEXT_SMALL);
    const char *next = a->trace->tokens[a->trace->n_prompt].text;
    hero.size = (uint16_t)px(c, 72);
    double x = p.x + px(c, 36), y = p.y + px(c, 56), column = floor((p.w - 2 * px(c, 36)) / 3),
           right = box_right(p) - px(c, 36);
    part_panel(c, p);
    dl_text(c->dl, x, canvas_baseline(c, heading, y), heading, c->style->text, "This pass");
    for (int i = 0; i < 3; i++) {
        double at = x + i * column, mid = round((y + px(c, 40) + box_bottom(p)) / 2);
        draw_counter(a, i, at, mid + px(c, 10), hero);
        dl_text(c->dl, at, mid + px(c, 62), f, c->style->text2, counted_word(a, i, true));
    }
    dl_fade(c->dl, sample);
    double chip = right - part_chip_width(c, next);
    part_chip(c, chip, y, next, CHIP_NEXT);
    dl_text_right(c->dl, chip - px(c, 18), canvas_baseline(c, f, y), f, c->style->text3, "the first new token");
    dl_restore(c->dl);
}

static void small_panel(const struct attention *a)
{
    const struct canvas *c = a->c;
    struct font hero = canvas_font(c, TEXT_HERO), f = canvas_font(c, TEXT_LABEL);
    hero.size = (uint16_t)MAX(px(c, 30), f.size);
    for (int i = 0; i < 3; i++) {
        double y = a->panel.y + px(c, 28 + 66 * i);
        draw_counter(a, i, a->panel.x, y, hero);
        dl_text(c->dl, a->panel.x, y + px(c, 22), f, c->style->text2, counted_word(a, i, true));
    }
}

static void draw_panel(const struct attention *a, double alpha, double scored, double sample)
{
    const struct canvas *c = a->c;
    dl_fade(c->dl, alpha);
    dl_enter(c->dl, "pass panel", -1);
    if (c->plan == PLAN_WIDE) wide_panel(a, scored, sample);
    else if (c->plan == PLAN_TALL) tall_panel(a, sample);
    else if (c->plan == PLAN_SMALL) small_panel(a);
    dl_leave(c->dl);
    dl_restore(c->dl);
}

/* --- the whole picture --- */

static struct sentence words_at(const struct attention *a, double enter, double sample)
{
    return (struct sentence){ .end = a->trace->n_prompt, .grow = sample, .enter = enter, .fresh = -1 };
}

static void draw_paths(const struct attention *a, struct sentence words, double flow, double comb, double dots)
{
    struct nose nose = nose_of(a, words);
    for (int b = BLOCK_KEY; b <= BLOCK_VALUE; b++)
        attention_feed_path(a, (enum block)b, nose.along + px(a->c, 2), nose.across, flow);
    for (int band = BAND_KEY; band <= BAND_VALUE; band++)
        attention_band_path(a, (enum band)band, (struct band_path){ a->trace->n_prompt, comb, dots, true });
}

const char *prefill_band_line(const struct attention *a)
{
    bool narrow = a->turned && a->trace->n_prompt >= 1000;
    return narrow ? "{pass.columns_now}" : "{pass.columns_now} kept";
}

void prefill_leftovers(const struct attention *a, double alpha)
{
    if (alpha <= 0) return;
    struct sentence words = words_at(a, 1, 1);
    dl_fade(a->c->dl, alpha);
    draw_paths(a, words, 1, 1, -1);
    draw_queries(a, 1, 1);
    draw_last_row(a, 1);
    draw_input(a, words, 1);
    draw_words(a, 1, 1);
    dl_restore(a->c->dl);
    draw_panel(a, alpha, 1, 1);
}

static void prefill_draw(const void *sim, double now, struct canvas *c)
{
    const struct prefill *p = sim;
    struct attention a;
    attention_layout(&a, c, p->trace, p->head.seen);
    int n = p->trace->n_prompt;
    double project = progress(PROJECT, now), sample = progress(SAMPLE, now), words_alpha = progress(WORDS, now),
           scored = progress(SCORE, now);
    struct sentence words = words_at(&a, progress(ENTER, now), sample);
    attention_bands(&a);
    attention_blocks(&a);
    draw_panel(&a, 1, scored, sample);
    for (int band = BAND_KEY; band <= BAND_VALUE; band++)
        for (int i = 0; i < n; i++)
            attention_column(&a, (enum band)band, i, n, (struct column_look){ .alpha = project, .strength = 1 });
    attention_gap(&a, project > 0 ? n : 0);
    double dots = now - parts[COMB].start - 0.1;
    draw_paths(&a, words, progress(FLOW, now), progress(COMB, now), dots);
    draw_queries(&a, progress(COMB, now), project);
    attention_matrix(&a, n, (struct matrix_look){ .filled = n * scored });
    draw_last_row(&a, sample);
    for (int i = 0; i < n; i++) attention_label(&a, i, n, (struct label_look){ -1, project, 0 });
    const char *line = project > 0 ? prefill_band_line(&a) : "empty";
    for (int band = BAND_KEY; band <= BAND_VALUE; band++) attention_band_label(&a, (enum band)band, line, "", 0);
    draw_words(&a, project, words_alpha);
    attention_sentence(&a, words);
    draw_input(&a, words, progress(FEED, now));
}

static const char *prefill_provenance(const void *sim) { return ((const struct prefill *)sim)->provenance; }

static const char *prefill_state(const void *sim, double now)
{
    (void)sim;
    (void)now;
    return "pass {pass.number}";
}

const struct view view_prefill = {
    .name = "prefill",
    .summary = "the whole prompt goes through in one pass, and K and V stay behind",
    .rail = "Prefill",
    .needs_trace = true,
    .rows = rows,
    .options_size = sizeof(struct prefill_options),
    .open = prefill_open,
    .close = prefill_close,
    .moments = prefill_moments,
    .facts = prefill_facts,
    .draw = prefill_draw,
    .provenance = prefill_provenance,
    .state = prefill_state,
};
