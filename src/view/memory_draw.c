/* The picture of the memory view: a ledger, the device's package, the batch or a second package, and a ruler.
 *
 * Every part asks the same struct now: the context of the moment, the bytes at that context, and how far each state
 * (over 80%, over capacity, past the model's limit) has faded in. The four plans are four ways to cut the stage.
 */
#include "view/memory_draw.h"
#include "base/ease.h"
#include "view/parts.h"

#include <math.h>
#include <string.h>

static const double READING_S = 1; /* words that would leave sooner do not come */

/* What the picture of one moment needs. */
struct now {
    const struct memory *m;
    double t;
    int64_t context;
    struct memory_state s;
    double warn, full, over, past; /* how far each state has faded in */
    struct rgba ink;          /* of the total */
    struct package_run runs[PACKAGE_RUNS];
    int n_runs;
};

/* Where one thing takes another's place, the old one goes before the new one comes: words never lie over words. */
static double going(double t) { return 1 - MIN(2 * t, 1); }
static double coming(double t) { return MAX(2 * t - 1, 0); }

static int fact(const struct canvas *c, const char *id)
{
    int i = facts_find(c->facts, id);
    if (i < 0) g_error("the memory view draws %s, which its facts lack", id);
    return i;
}

static double faded_in(const struct canvas *c, double now, double since)
{
    return since < 0 || c->reduced ? 1 : ease_span(EASE_LINEAR, now, since, MEMORY_CROSS_FADE);
}

static struct now look(const struct memory *m, const struct canvas *c, double t)
{
    struct now n = { .m = m, .t = t, .context = memory_context_at(m, t), .n_runs = 1 + m->plan.sequences };
    n.s = memory_state_at(&m->plan, n.context);
    n.runs[0] = (struct package_run){ PACKAGE_WEIGHTS, n.s.weights };
    for (int i = 1; i < n.n_runs; i++) n.runs[i] = (struct package_run){ i - 1, n.s.per_sequence };
    n.warn = n.s.total > MEMORY_WARN_SHARE * (double)n.s.capacity ? faded_in(c, t, m->passes_warn) : 0;
    n.full = m->full_at > 0 && n.context >= m->full_at ? faded_in(c, t, m->reaches_full) : 0;
    n.over = n.s.total > n.s.capacity ? faded_in(c, t, m->passes_full) : 0;
    double before_full = m->reaches_full - m->passes_limit;
    bool soon_full = before_full > 0 && before_full < READING_S;
    n.past = m->limit > 0 && n.context > m->limit && !soon_full ? faded_in(c, t, m->passes_limit) : 0;
    n.ink = color_mix(color_mix(c->style->text, c->style->warning_ink, n.warn), c->style->critical_ink, n.over);
    return n;
}

static double template_width(const struct canvas *c, struct font f, const char *text)
{
    g_autofree char *words = template_expand(text, c->facts);
    return canvas_width(c, f, words);
}

/* The model's name in one line of `room`: whole and as large as it fits, else without its brackets. */
static void draw_name(const struct canvas *c, double x, double y, struct font f, struct rgba ink, double room)
{
    struct font least = f;
    least.size = MIN(f.size, canvas_font(c, TEXT_SMALL).size);
    const char *name = canvas_wording(c, least, room, WORDINGS("{model.name}", "{model.short_name}"));
    canvas_template(c, x, y, canvas_font_fitting(c, f, name, room), ink, name, room, 1, 0, 0);
}

/* The total in large figures with its unit behind, smaller where `room` is too narrow; returns the width. */
static double draw_hero(const struct canvas *c, const struct now *n, double x, double y, double room)
{
    struct font hero = canvas_font(c, TEXT_HERO), unit = canvas_font(c, TEXT_HEADING);
    int total = fact(c, "mem.total");
    char text[64];
    facts_text(c->facts, total, FORM_AUTO, text, sizeof text);
    char *space = strrchr(text, ' ');
    if (space) *space = 0;
    double behind = space ? round(hero.size * 0.14) + canvas_width(c, unit, space + 1) : 0;
    while (hero.size > unit.size && canvas_width(c, hero, text) + behind > room) hero.size--;
    double w = dl_text_of_fact(c->dl, x, y, hero, n->ink, total, text);
    w += round(hero.size * 0.14);
    return space ? w + dl_text_of_fact(c->dl, x + w, y, unit, n->ink, total, space + 1) : w;
}

/* A stretch of a bar in its owner's colour; outlined as cells are where the style asks for it. */
static void fill_bar(const struct canvas *c, struct box box, double radius, struct rgba color)
{
    double width = MAX(1, px(c, 1.5));
    dl_rect(c->dl, box, .radius = radius, .fill = color);
    if (c->style->sequence_border && MIN(box.w, box.h) > 4 * width)
        dl_rect(c->dl, box_inset(box, width / 2), .radius = MAX(0, radius - width / 2), .stroke = c->style->chip2_line, .width = width);
}

/* The sample of the weights in a key, with the slash that their cells have. */
static void draw_weights_sample(const struct canvas *c, struct box box)
{
    const struct style *s = c->style;
    double inset = round(box.w * 0.24);
    dl_rect(c->dl, box, .radius = px(c, 4), .fill = s->weights);
    dl_move_to(c->dl, box.x + inset, box_bottom(box) - inset);
    dl_line_to(c->dl, box_right(box) - inset, box.y + inset);
    dl_stroke(c->dl, MAX(1, px(c, 2)), style_slash(s, s->weights));
}

/* A sequence's letter, in the larger piece of its segment where the mark of the capacity cuts it; none where none fits.
 */
static void draw_bar_letter(const struct canvas *c, struct box part, double mark, double width, int owner,
                            struct font f)
{
    char letter[2] = { part_sequence_letter(owner), 0 };
    double from = mark - px(c, 1), to = mark + width + px(c, 1), right = box_right(part);
    if (from < right && to > part.x) {
        bool before = from - part.x >= right - to;
        if (!before) part.x = MAX(part.x, to);
        part.w = (before ? MIN(right, from) : right) - part.x;
    }
    if (part.w <= canvas_width(c, f, "D") + px(c, 4)) return;
    dl_text_mid(c->dl, box_mid_x(part), canvas_baseline(c, f, box_mid_y(part)), f,
                color_ink_on(package_color(c->style, owner)), letter);
}

/* Everything that is in memory on one bar, with a mark where one device ends. Returns the mark's x. */
static double draw_bar(const struct canvas *c, const struct now *n, struct box box)
{
    const struct style *s = c->style;
    double scale = (double)MAX(n->s.capacity, n->s.total), gap = MAX(1, px(c, 2)), at = 0;
    struct font f = font_weight(canvas_font(c, TEXT_SMALL), 700);
    double w = px_by_plan(c, 3, 4, 3), reach = px_by_plan(c, 8, 12, 4);
    double mark =
        box.x + round(box.w * (double)n->s.capacity / scale) - (n->s.capacity >= n->s.total ? w : round(w / 2));
    dl_enter(c->dl, "bar", -1);
    dl_rect(c->dl, box, .fill = s->grid);
    for (int i = 0; i < n->n_runs; i++) {
        double x = box.x + round(box.w * at / scale),
               end = box.x + round(box.w * (at + (double)n->runs[i].bytes) / scale);
        at += (double)n->runs[i].bytes;
        struct box part = { x, box.y, end - x - (end - x > 4 * gap ? gap : 0), box.h };
        struct rgba color = package_color(s, n->runs[i].owner);
        fill_bar(c, part, 0, color);
        if (n->runs[i].owner >= 0 && box.h >= f.size) draw_bar_letter(c, part, mark, w, n->runs[i].owner, f);
    }
    dl_rect(c->dl, ((struct box){ mark - px(c, 1), box.y - reach, w + px(c, 2), box.h + 2 * reach }),
            .fill = color_fade(s->surface, n->over));
    dl_rect(c->dl, ((struct box){ mark, box.y - reach, w, box.h + 2 * reach }),
            .fill = color_mix(s->text2, c->plan == PLAN_TALL ? s->text : s->critical, n->over));
    dl_leave(c->dl);
    return mark;
}

/* --- the state of the moment, in words --- */

static void quiet_box(const struct canvas *c, struct box box, const char *verdict, const char *reason)
{
    const struct style *s = c->style;
    struct font bold = font_weight(canvas_font(c, TEXT_HEADING), 600), small = canvas_font(c, TEXT_LABEL);
    double pad = px_by_plan(c, 16, 16, 8), y = reason ? round(box.y + box.h * 0.34) : box_mid_y(box);
    dl_rect(c->dl, box, .radius = px(c, 10), .fill = s->surface2, .stroke = s->line, .width = px(c, 2));
    canvas_template(c, box.x + pad, canvas_baseline(c, bold, y), bold, s->text2, verdict, box.w - 2 * pad, 1, 0, 0);
    if (reason && template_width(c, small, reason) > box.w - 2 * pad) small = canvas_font(c, TEXT_SMALL);
    if (reason)
        canvas_template(c, box.x + pad, canvas_baseline(c, small, round(box.y + box.h * 0.74)), small, s->text2, reason,
                        box.w - 2 * pad, 1, 0, 0);
}

static const char *room_words(const struct canvas *c, const struct memory *m, double room)
{
    if (m->full_at == MEMORY_ENDLESS) return "the window bounds the cache";
    struct font f = canvas_font(c, TEXT_SMALL);
    if (m->plan.sequences == 1)
        return canvas_wording(c, f, room, WORDINGS("room for {mem.room} more tokens", "room for {mem.room} more"));
    return canvas_wording(c, f, room, WORDINGS("room for {mem.room} more tokens each", "room for {mem.room} more each",
                                               "{mem.room} more each"));
}

/* One of four boxes, the next one fading in over the last. Small pictures have no room for reasons. */
static void draw_state(const struct canvas *c, const struct now *n, struct box box, bool reasons)
{
    const struct style *s = c->style;
    const struct memory *m = n->m;
    double pad = px_by_plan(c, 16, 16, 8);
    const char *room = reasons ? room_words(c, m, box.w - 2 * pad) : NULL;
    struct font small = canvas_font(c, TEXT_SMALL);
    const char *beyond = canvas_wording(c, small, box.w - 2 * pad, WORDINGS("past the model's {mem.model_limit} limit",
                                                                            "past its {mem.model_limit} limit"));
    const char *next = canvas_wording(c, small, box.w - 2 * pad, WORDINGS("the next token does not fit", "no token more fits"));
    const char *over = n->past > 0 ? beyond : "{mem.over} does not fit";
    const char *needs = canvas_wording(c, font_weight(small, 700), part_state_room(c, box), WORDINGS(m->verdict, "needs {mem.devices}"));
    const char *warns = "over {mem.warn_share} full", *past = "past model limit",
               *limit = "made for {mem.model_limit} tokens";
    const char *fits = g_str_equal(m->word, "GPU") ? "fits on one GPU" : "fits on one device";
    double amber = MAX(MAX(n->warn, n->past), n->full);
    struct rgba role = color_mix(color_mix(s->line, s->warning, amber), s->critical, n->over);
    dl_enter(c->dl, "state box", -1);
    dl_rect(c->dl, box, .radius = px(c, 10), .fill = s->surface, .stroke = role, .width = px(c, 2));
    dl_fade(c->dl, going(MAX(amber, n->over)));
    quiet_box(c, box, fits, room);
    dl_restore(c->dl);
    dl_fade(c->dl, coming(amber) * going(n->full) * going(n->over));
    if (n->past > 0) part_state_box(c, box, past, reasons ? limit : NULL, s->warning, s->warning_ink);
    else part_state_box(c, box, warns, room, s->warning, s->warning_ink);
    dl_restore(c->dl);
    dl_fade(c->dl, coming(n->full) * going(n->over));
    part_state_box(c, box, m->full_verdict, reasons ? next : NULL, s->warning, s->warning_ink);
    dl_restore(c->dl);
    dl_fade(c->dl, coming(n->over));
    part_state_box(c, box, needs, reasons ? over : NULL, s->critical, s->critical_ink);
    dl_restore(c->dl);
    dl_leave(c->dl);
}

/* --- the ledger --- */

/* `shorter` stands for words that have no room beside their number. The number of a row that `grows` keeps the room of the
 * widest that it becomes, so that its words do not change on the way. */
static void ledger_row(const struct canvas *c, struct box box, double y, const char *words, const char *shorter,
                       int number, bool grows, bool sum)
{
    const struct style *s = c->style;
    struct font f = canvas_font(c, TEXT_LABEL), mono = font_family(f, FONT_MONO);
    if (sum) f = font_weight(f, 600), mono = font_weight(mono, 600);
    char text[64], name[64];
    g_snprintf(name, sizeof name, "ledger %s", facts_at(c->facts, number)->id);
    dl_enter(c->dl, name, -1); /* so that a row stays itself when the one above takes another form */
    facts_text(c->facts, number, FORM_AUTO, text, sizeof text);
    double w = canvas_width(c, mono, text), room = box.w - MAX(w, grows ? canvas_width(c, mono, "999.9 MiB") : 0) - px(c, 8);
    if (!canvas_template_fits(c, f, words, room, 1)) words = shorter;
    dl_text_of_fact(c->dl, box_right(box) - w, canvas_baseline(c, mono, y), mono, s->text, number, text);
    canvas_template(c, box.x, canvas_baseline(c, f, y), f, sum ? s->text : s->text2, words, room, 1, 0, 0);
    dl_leave(c->dl);
}

/* The design's height of the ledger; a lower panel squeezes its lines together. */
enum { LEDGER_HEIGHT = 702 };

static double ledger_y(const struct canvas *c, struct box panel, double units)
{
    return panel.y + round(px(c, units) * MIN(1, panel.h / px(c, LEDGER_HEIGHT)));
}

/* Who it is, and how much that is of what there is. */
static void draw_ledger_head(const struct canvas *c, const struct now *n, struct box in)
{
    const struct style *s = c->style;
    const struct memory *m = n->m;
    struct font heading = canvas_font(c, TEXT_HEADING), label = canvas_font(c, TEXT_LABEL);
    struct font small = canvas_font(c, TEXT_SMALL);
    struct font bold = font_weight(small, 600);
    const char *sub = m->plan.sequences == 1 ? "one {device.name} · {mem.sequences} sequence"
                                             : "one {device.name} · {mem.sequences} sequences";
    g_autofree char *one = g_strdup_printf("one %s", m->word);
    double y = canvas_baseline(c, heading, ledger_y(c, in, 36)), w = canvas_width(c, bold, one);
    draw_name(c, in.x, y, heading, s->text, in.w);
    y = canvas_baseline(c, small, ledger_y(c, in, 71));
    const char *who = canvas_wording(c, small, in.w, WORDINGS(sub, sub + strlen("one "), "{device.name} × {mem.sequences}"));
    canvas_template(c, in.x, y, small, s->text3, who, in.w, 1, 0, 0);
    draw_hero(c, n, in.x - px(c, 2), ledger_y(c, in, 164), in.w);
    y = canvas_baseline(c, label, ledger_y(c, in, 193));
    canvas_template(c, in.x, y, label, s->text2, "of {mem.capacity}, {mem.share}", in.w, 1, 0, 0);
    double mark = draw_bar(c, n, (struct box){ in.x, ledger_y(c, in, 222), in.w, px(c, 26) });
    double x = round(CLAMP(mark - w / 2, in.x, box_right(in) - w));
    y = canvas_baseline(c, bold, ledger_y(c, in, 273));
    dl_text(c->dl, x, y, bold, color_fade(s->critical_ink, n->over), one);
}

/* How a token's bytes come about: the formula, or what the layers keep, or of how many kinds that is. */
static void draw_how(const struct canvas *c, const struct memory *m, double x, double y, double room)
{
    struct font mono = font_family(canvas_font(c, TEXT_SMALL), FONT_MONO);
    g_autofree char *layers = g_strconcat(m->kinds, " layers", NULL);
    const char *how[] = { m->formula, layers, m->kinds };
    for (size_t i = 0; i < G_N_ELEMENTS(how); i++) {
        if (canvas_width(c, mono, how[i]) > room) continue;
        dl_text_of_fact(c->dl, x, y, mono, c->style->text3, fact(c, "mem.kv_per_token"), how[i]);
        return;
    }
    canvas_template(c, x, y, mono, c->style->text3, "{cache.kinds} kinds of cache", room, 1, 0, 0);
}

/* How the total comes about, line by line. */
static void draw_ledger_rows(const struct canvas *c, const struct now *n, struct box in)
{
    const struct style *s = c->style;
    const struct memory *m = n->m;
    struct font label = canvas_font(c, TEXT_LABEL);
    bool bends = cache_bends(m->plan.model), forgets = cache_forgets(m->plan.model);
    double swatch = px(c, 20), indent = swatch + px(c, 14), y = ledger_y(c, in, 314);
    struct box first = { in.x + indent, 0, in.w - indent, 0 };
    struct box sample = { in.x, round(y - swatch / 2), swatch, swatch };
    draw_weights_sample(c, sample);
    ledger_row(c, first, y, "weights", "weights", fact(c, "mem.weights"), false, false);
    dl_rect(c->dl, ((struct box){ in.x, ledger_y(c, in, 335), in.w, px(c, 2) }), .fill = s->line);
    ledger_row(c, in, ledger_y(c, in, 360), forgets ? "KV per token, at first" : "KV per token",
               forgets ? "KV/token, at first" : "KV/token", fact(c, "mem.kv_per_token"), false, false);
    y = canvas_baseline(c, canvas_font(c, TEXT_SMALL), ledger_y(c, in, 391));
    draw_how(c, m, in.x, y, in.w);
    /* The form is chosen by the widest context that it may have to hold, so that it does not change on the way. */
    double room = in.w - canvas_width(c, font_family(label, FONT_MONO), "999.9 MiB") - px(c, 8);
    bool plain = canvas_width(c, label, "× 888,888 tokens") <= room && facts_at(c->facts, fact(c, "mem.context"))->i < 1000000;
    const char *tokens = bends ? "{mem.context} tokens" : "× {mem.context} tokens";
    if (plain) tokens = bends ? "{mem.context:plain} tokens" : "× {mem.context:plain} tokens";
    const char *shorter = canvas_width(c, label, "× 1,023K tokens") <= room ? tokens : "{mem.context} tokens";
    ledger_row(c, in, ledger_y(c, in, 430), shorter, shorter, fact(c, "mem.kv_sequence"), true, false);
    const char *sequences = m->plan.sequences == 1 ? "× {mem.sequences} sequence" : "× {mem.sequences} sequences";
    ledger_row(c, in, ledger_y(c, in, 469), sequences, "× {mem.sequences}", fact(c, "mem.kv_total"), true, false);
    dl_rect(c->dl, ((struct box){ in.x, ledger_y(c, in, 490), in.w, px(c, 2) }), .fill = s->line);
    ledger_row(c, in, ledger_y(c, in, 515), "weights + cache", "total", fact(c, "mem.total"), true, true);
}

/* Whose colour is whose: always where no batch stands beside the package, otherwise once its panel has left. */
static void draw_ledger_key(const struct canvas *c, const struct now *n, struct box in)
{
    const struct style *s = c->style;
    struct font f = font_weight(canvas_font(c, TEXT_SMALL), 700), words = canvas_font(c, TEXT_SMALL);
    bool all = n->m->plan.sequences <= MEMORY_ROWS;
    int tags = all ? n->m->plan.sequences : MEMORY_ROWS - 1;
    double size = px(c, 26), pitch = px(c, 34), y = ledger_y(c, in, 553), x = in.x;
    dl_fade(c->dl, c->plan == PLAN_WIDE ? coming(n->over) : 1);
    dl_enter(c->dl, "key", -1);
    for (int i = 0; i < tags; i++, x += pitch) {
        struct rgba color = package_color(s, i);
        part_letter(c, (struct box){ x, round(y - size / 2), size, size }, i, f, color, color_ink_on(color));
    }
    const char *more = "and {mem.more_sequences} more";
    if (template_width(c, words, more) > box_right(in) - x) more = "+{mem.more_sequences}";
    if (!all) canvas_template(c, x, canvas_baseline(c, words, y), words, s->text3, more, in.w, 1, 0, 0);
    dl_leave(c->dl);
    dl_restore(c->dl);
}

static void draw_ledger(const struct canvas *c, const struct now *n, struct box panel)
{
    const struct style *s = c->style;
    double pad = px(c, panel.w < px(c, 370) ? 20 : 26), top = ledger_y(c, panel, 583), foot = ledger_y(c, panel, 688);
    struct box in = { panel.x + pad, panel.y, panel.w - 2 * pad, panel.h };
    dl_enter(c->dl, "ledger", -1);
    dl_rect(c->dl, panel, .radius = px(c, 14), .fill = s->surface, .stroke = color_mix(s->line, s->critical, n->over),
            .width = px(c, n->over > 0 ? 3 : 2));
    draw_ledger_head(c, n, in);
    draw_ledger_rows(c, n, in);
    draw_ledger_key(c, n, in);
    draw_state(c, n, (struct box){ panel.x + px(c, 13), top, panel.w - px(c, 26), foot - top }, true);
    dl_leave(c->dl);
}

/* --- the batch --- */

static void draw_batch_row(const struct canvas *c, const struct now *n, int sequence, struct box row, double letter,
                           struct box track)
{
    const struct style *s = c->style;
    struct rgba color = package_color(s, sequence);
    struct font f = font_weight(canvas_font(c, TEXT_LABEL), 700),
                mono = font_family(canvas_font(c, TEXT_LABEL), FONT_MONO);
    double share = (double)n->context / (double)n->m->bars_to;
    dl_enter(c->dl, "sequence", sequence);
    part_letter(c, (struct box){ row.x, round(box_mid_y(row) - letter / 2), letter, letter }, sequence, f, color,
                color_ink_on(color));
    track.y = round(box_mid_y(row) - track.h / 2);
    dl_rect(c->dl, track, .radius = px(c, 4), .fill = s->grid);
    track.w = MAX(round(track.w * MIN(share, 1)), px(c, 6));
    fill_bar(c, track, px(c, 4), color);
    int number = fact(c, "mem.kv_sequence");
    dl_fact_right(c->dl, box_right(row), canvas_baseline(c, mono, box_mid_y(row)), mono, s->text, number, FORM_AUTO);
    dl_leave(c->dl);
}

/* The room below few sequences tells what one more token costs. */
static void draw_token_cost(const struct canvas *c, const struct now *n, double x, double y)
{
    const struct style *s = c->style;
    struct font label = canvas_font(c, TEXT_LABEL), big = canvas_font(c, TEXT_FORMULA);
    dl_text(c->dl, x, y - px(c, 52), label, s->text3, "every new token adds");
    dl_fact(c->dl, x, y, big, s->text, fact(c, "mem.kv_next"), FORM_AUTO);
    if (n->m->plan.sequences > 1) dl_text(c->dl, x, y + px(c, 40), label, s->text3, "to each sequence");
}

static void draw_batch_legend(const struct canvas *c, struct box in, double rule)
{
    const struct style *s = c->style;
    struct font label = canvas_font(c, TEXT_LABEL);
    double swatch = px(c, 20), gap = px(c, 12), y = rule + px(c, 27), baseline = canvas_baseline(c, label, y);
    struct box b = { in.x, round(y - swatch / 2), swatch, swatch };
    dl_rect(c->dl, ((struct box){ in.x, rule, in.w, px(c, 2) }), .fill = s->line);
    draw_weights_sample(c, b);
    b.x += swatch + gap;
    b.x += round(dl_text(c->dl, b.x, baseline, label, s->text2, "weights")) + px(c, 40);
    dl_rect(c->dl, b, .radius = px(c, 4), .fill = s->grid, .stroke = s->line, .width = px(c, 2));
    dl_text(c->dl, b.x + swatch + gap, baseline, label, s->text2, "unused");
}

/* The right end of the bars, as bars_end() of the view chose it. */
static int bars_fact(const struct canvas *c, const struct memory *m)
{
    if (m->bars_to == m->to)
        return facts_leaf(c->facts, "bars.to", m->bars_to, UNIT_TOKENS, "the ruler's right end (scene file: to, stops)");
    return facts_int(c->facts, "bars.to", m->bars_to, UNIT_TOKENS, "the first power of two from [full at] on",
                     FACTS(fact(c, "mem.full_at")));
}

/* One line a sequence, and below them how long a bar can be. */
static double draw_batch_rows(const struct canvas *c, const struct now *n, struct box in, double top, double foot)
{
    const struct memory *m = n->m;
    struct font label = canvas_font(c, TEXT_LABEL), axis = font_family(canvas_font(c, TEXT_SMALL), FONT_MONO);
    int lines = MIN(m->plan.sequences, MEMORY_ROWS), rows = m->plan.sequences > lines ? lines - 1 : lines;
    double pitch = MIN(px(c, 60), floor((foot - top) / lines)), letter = MIN(px(c, 40), pitch - px(c, 6));
    double number = canvas_width(c, font_family(label, FONT_MONO), "000.0 GiB") + px(c, 16);
    double x = in.x + letter + px(c, 16), end = top + lines * pitch;
    struct box track = { x, 0, box_right(in) - number - x, px(c, 22) };
    for (int i = 0; i < rows; i++)
        draw_batch_row(c, n, i, (struct box){ in.x, top + i * pitch, in.w, pitch }, letter, track);
    if (rows < m->plan.sequences)
        canvas_template(c, x, canvas_baseline(c, label, end - pitch / 2), label, c->style->text2,
                        "and {mem.more_sequences} more, all the same", in.w, 1, 0, 0);
    int whole = bars_fact(c, m), half = facts_int(c->facts, "bars.half", m->bars_to / 2, UNIT_TOKENS,
                                                  "[right end] ÷ 2, rounded down", FACTS(whole));
    const int ends[] = { facts_leaf(c->facts, "bars.from", 0, UNIT_TOKENS, "every bar begins at no token"), half, whole };
    for (int i = 0; i < 3; i++) {
        char word[32];
        double at = i ? track.x + track.w * i / 2 : track.x + px(c, 6);
        facts_text(c->facts, ends[i], FORM_AUTO, word, sizeof word);
        dl_text_of_fact_mid(c->dl, at, canvas_baseline(c, axis, end + px(c, 26)), axis, c->style->text3, ends[i], word);
    }
    return lines <= 3 ? end : -1;
}

static void draw_batch(const struct canvas *c, const struct now *n, struct box panel)
{
    struct font heading = canvas_font(c, TEXT_HEADING), small = canvas_font(c, TEXT_SMALL);
    struct box in = box_inset(panel, px(c, 28));
    const char *sub = n->m->plan.sequences == 1 ? "one sequence, {mem.context:plain} tokens"
                                                : "{mem.sequences:word} sequences, {mem.context:plain} tokens each";
    dl_enter(c->dl, "batch", -1);
    part_panel(c, panel);
    dl_text(c->dl, in.x, canvas_baseline(c, heading, panel.y + px(c, 38)), heading, c->style->text, "The batch");
    double y = canvas_baseline(c, small, panel.y + px(c, 73));
    canvas_template(c, in.x, y, small, c->style->text3, sub, in.w, 1, 0, 0);
    double end = draw_batch_rows(c, n, in, panel.y + px(c, 102), box_bottom(panel) - px(c, 130));
    if (end > 0) draw_token_cost(c, n, in.x, end + px(c, 142));
    draw_batch_legend(c, in, box_bottom(panel) - px(c, 79));
    dl_leave(c->dl);
}

/* --- the ruler --- */

/* The knob's middle runs along the track, which is so much shorter than the place: its radius at each end. */
struct ruler { struct box track; double flag_y, label_y, lo, hi, inset; };

static double ruler_x(const struct ruler *r, int64_t context)
{
    double share = (log2((double)context) - r->lo) / (r->hi - r->lo);
    return r->track.x + round(r->track.w * CLAMP(share, 0.0, 1.0));
}

/* The context of tick k as a fact; the ends are the scene's. */
static int tick_fact(const struct canvas *c, const struct memory *m, int k, int64_t at)
{
    char id[32], formula[64];
    int from = facts_leaf(c->facts, "ruler.from", m->from, UNIT_TOKENS, "scene file: from");
    if (at == m->from) return from;
    if (at == m->to) return facts_leaf(c->facts, "ruler.to", at, UNIT_TOKENS, "scene file: to, or a larger stop");
    g_snprintf(id, sizeof id, "ruler.%d", k);
    g_snprintf(formula, sizeof formula, "%" G_GINT64_FORMAT " × [left end]", at / m->from);
    return facts_int(c->facts, facts_word(c->facts, id), at, UNIT_TOKENS, facts_word(c->facts, formula), FACTS(from));
}

/* Ticks at every doubling; as many of them carry a number as fit. */
static void draw_ticks(const struct canvas *c, const struct now *n, const struct ruler *r)
{
    const struct style *s = c->style;
    const struct memory *m = n->m;
    struct font f = font_family(canvas_font(c, TEXT_SMALL), FONT_MONO);
    char word[32];
    double widest = canvas_width(c, f, "0000K"), pitch = r->track.w / (r->hi - r->lo), tick = px_by_plan(c, 22, 22, 12);
    int stride = 1, k = 0;
    while (stride * pitch < widest * 1.15) stride *= 2;
    facts_text(c->facts, tick_fact(c, m, 0, m->to), FORM_AUTO, word, sizeof word);
    double last = box_right(r->track) + r->inset - canvas_width(c, f, word) - px(c, 8);
    for (int64_t at = m->from;; k++, at *= 2) {
        bool end = at >= m->to;
        if (end) at = m->to;
        double x = ruler_x(r, at), quiet = m->limit > 0 && at > m->limit ? 0.7 : 1;
        bool here = fabs(x - ruler_x(r, n->context)) < px(c, 3);
        struct rgba ink = here ? s->text : at <= n->context ? s->text2 : s->text3;
        if (c->plan != PLAN_SMALL && c->plan != PLAN_TALL && !end && k)
            dl_rect(c->dl, ((struct box){ x - px(c, 1), round(box_mid_y(r->track) - tick / 2), px(c, 2), tick }),
                    .fill = at <= n->context ? s->text2 : s->rail_done);
        int number = tick_fact(c, m, k, at);
        double w = canvas_width(c, f, facts_text(c->facts, number, FORM_AUTO, word, sizeof word)),
               mid = CLAMP(x, r->track.x - r->inset + w / 2, box_right(r->track) + r->inset - w / 2);
        if (end || ((here || k % stride == 0) && mid + w / 2 < last))
            if (!here || end || k % stride == 0 || c->plan == PLAN_WIDE)
                dl_text_of_fact_mid(c->dl, mid, canvas_baseline(c, f, r->label_y), here ? font_weight(f, 700) : f,
                                    style_quiet(s, ink, s->bg, quiet), number, word);
        if (end) break;
    }
}

/* A mark on the track with words of its own. They stand on one side of a mark, their own or the other one's. */
struct flag { bool shown; int64_t at; double x, w; const char *words; double from; };

static struct flag flag_at(const struct canvas *c, const struct ruler *r, bool shown, int64_t at, const char *words)
{
    double w = shown && words ? template_width(c, canvas_font(c, TEXT_SMALL), words) + 2 * px(c, 10) : 0;
    return (struct flag){ shown, at, ruler_x(r, MAX(at, 1)), w, words, 0 };
}

/* Whether no mark is under the words, and nothing beyond the track's ends. */
static bool flags_fit(const struct ruler *r, const struct flag *a, const struct flag *b)
{
    const struct flag *both[] = { a, b };
    for (int i = 0; i < 2; i++) {
        const struct flag *f = both[i], *other = both[1 - i];
        double to = f->from + f->w;
        if (!f->w) continue;
        if (f->from < r->track.x - 1 || to > box_right(r->track) + 1) return false;
        if (other->shown && other->x > f->from + 1 && other->x < to - 1) return false;
        if (other->w && MIN(to, other->from + other->w) > MAX(f->from, other->from) + 1) return false;
    }
    return true;
}

/* Finds sides for the words of two flags, a left of b: away from each other, both on one side of their own marks, both
 * in between; `together`: before or behind both marks, where the words beside a mark are its own. */
static bool place_flags(const struct ruler *r, struct flag *a, struct flag *b, bool together)
{
    const double froms[][2] = {
        { a->x - a->w, b->x }, { a->x, b->x }, { a->x - a->w, b->x - b->w }, { a->x, b->x - b->w },
        { a->x - a->w, a->x - a->w - b->w }, { b->x + b->w, b->x },
    };
    for (size_t i = together ? 4 : 0; i < (together ? 6 : 4); i++) {
        a->from = froms[i][0], b->from = froms[i][1];
        if (flags_fit(r, a, b)) return true;
    }
    return false;
}

static void draw_flag(const struct canvas *c, const struct ruler *r, const struct flag *f, struct rgba line,
                      struct rgba ink)
{
    struct font font = canvas_font(c, TEXT_SMALL);
    double gap = px(c, 10), w = px(c, 3), top = r->flag_y - px_by_plan(c, 12, 16, 12);
    if (!f->shown) return;
    dl_rect(c->dl, ((struct box){ f->x - round(w / 2), top, w, box_bottom(r->track) + px(c, 5) - top }), .fill = line);
    bool left = f->from < f->x - 1;
    double x = left ? f->from + f->w - gap : f->from + gap;
    if (f->w) canvas_template(c, x, canvas_baseline(c, font, r->flag_y), font, ink, f->words, r->track.w, 1, 0, left);
}

/* The same two contexts in every digit, where they would read alike and are not. */
static const char *flag_form(const struct canvas *c, const struct memory *m)
{
    char full[64], limit[64];
    facts_text(c->facts, fact(c, "mem.full_at"), FORM_AUTO, full, sizeof full);
    facts_text(c->facts, fact(c, "mem.model_limit"), FORM_AUTO, limit, sizeof limit);
    return m->full_at != m->limit && g_str_equal(full, limit) ? ":plain" : "";
}

/* Where the device is full, and the model's own limit. Their words get shorter until both have a place. */
static void draw_flags(const struct canvas *c, const struct now *n, const struct ruler *r)
{
    const struct style *s = c->style;
    const struct memory *m = n->m;
    bool has_full = m->full_at >= m->from && m->full_at < m->to, has_limit = m->limit >= m->from && m->limit <= m->to;
    const char *form = has_full && has_limit ? flag_form(c, m) : "";
    g_autofree char *full_short = g_strdup_printf("full at {mem.full_at%s}", form);
    g_autofree char *full_long = c->plan == PLAN_TALL ? g_strconcat(full_short, " tokens each", NULL)
                                                      : g_strdup_printf("%s %s", m->word, full_short);
    g_autofree char *limit_short = g_strdup_printf("limit {mem.model_limit%s}", form);
    g_autofree char *limit_long = g_strconcat("model ", limit_short, NULL);
    const struct { const char *full, *limit; bool together; } tries[] = {
        { full_long, limit_long, false }, { full_short, limit_long, false }, { full_short, limit_short, false },
        { full_long, limit_long, true },  { full_short, limit_long, true },  { full_short, limit_short, true },
        { full_short, NULL, false },      { NULL, NULL, false },
    };
    struct flag full, limit;
    bool full_first = !has_limit || m->full_at <= m->limit, fit = false;
    for (size_t i = c->plan == PLAN_SMALL ? 2 : 0; i < G_N_ELEMENTS(tries) && !fit; i++) {
        if (c->plan == PLAN_SMALL && tries[i].limit == limit_long) continue;
        full = flag_at(c, r, has_full, m->full_at, tries[i].full);
        limit = flag_at(c, r, has_limit, m->limit, tries[i].limit);
        fit = full_first ? place_flags(r, &full, &limit, tries[i].together)
                         : place_flags(r, &limit, &full, tries[i].together);
    }
    draw_flag(c, r, &limit, s->text2, s->text2);
    draw_flag(c, r, &full, s->warning, s->warning_ink);
}

static void draw_ruler(const struct canvas *c, const struct now *n, struct box box)
{
    const struct style *s = c->style;
    const struct memory *m = n->m;
    static const double flag[] = { 33, 33, 30, 18 }, track[] = { 63, 63, 76, 38 }, label[] = { 98, 98, 118, 59 };
    double thick = px_by_plan(c, 10, 14, 6), radius = px_by_plan(c, 13, 19, 8), line = px_by_plan(c, 5, 5, 3);
    double inset = radius + ceil(line / 2);
    struct ruler r = { { box.x + inset, box.y + px(c, track[c->plan]) - round(thick / 2), box.w - 2 * inset, thick },
                       box.y + px(c, flag[c->plan]),
                       box.y + px(c, label[c->plan]),
                       log2((double)m->from),
                       log2((double)m->to),
                       inset };
    struct box whole = { box.x, r.track.y, box.w, thick }; /* the line itself reaches to both margins */
    dl_enter(c->dl, "ruler", -1);
    dl_rect(c->dl, whole, .radius = thick / 2, .fill = s->rail_todo);
    double knob = ruler_x(&r, n->context), warn_x = m->warn_at > 0 ? ruler_x(&r, MIN(m->warn_at, m->to)) : r.track.x;
    double full_x = m->full_at > 0 ? ruler_x(&r, MIN(m->full_at, m->to)) : r.track.x;
    struct { double from, to; struct rgba color; } parts[] = {
        { box.x, MIN(knob, warn_x), s->accent },
        { warn_x, MIN(knob, full_x), s->warning },
        { full_x, knob, s->critical },
    };
    for (int i = 0; i < 3; i++) {
        double w = parts[i].to - parts[i].from;
        if (w > 0)
            dl_rect(c->dl, ((struct box){ parts[i].from, r.track.y, w, thick }),
                    .radius = parts[i].from > box.x ? 0 : thick / 2, .fill = parts[i].color);
    }
    draw_ticks(c, n, &r);
    draw_flags(c, n, &r);
    double mid = box_mid_y(r.track);
    dl_rect(c->dl, ((struct box){ knob - radius, mid - radius, 2 * radius, 2 * radius }), .radius = radius,
            .fill = s->bg, .stroke = s->text, .width = line);
    dl_leave(c->dl);
}

/* --- packages --- */

static struct package package_of(const struct canvas *c, const struct now *n, bool second)
{
    const struct memory *m = n->m;
    struct package p = { .device = m->plan.device,
                         .runs = n->runs,
                         .n_runs = n->n_runs,
                         .title = "{device.name}",
                         .note = m->note,
                         .bank_fact = fact(c, "mem.bank") };
    if (c->plan == PLAN_SMALL) p.note = m->state; /* no header says it there */
    else p.unit = c->plan == PLAN_SQUARE ? m->state : m->channels;
    if (!second) return p;
    p.first = n->s.capacity;
    p.title = m->spare_title;
    facts_leaf(c->facts, "device.spare", 2, UNIT_COUNT, "counted: devices of this picture up to this one");
    p.note = "takes {mem.second}";
    p.unit = NULL;
    p.more = n->s.devices > 2 ? m->more_devices : NULL;
    p.spare = true;
    return p;
}

static void draw_first(const struct canvas *c, const struct now *n, struct box box)
{
    struct package p = package_of(c, n, false);
    dl_enter(c->dl, "package", 1);
    package_draw(c, box, &p);
    dl_leave(c->dl);
}

/* The name of the second device with the most devices that this film comes to need: the widest that it becomes. */
static double widest_spare_title(const struct canvas *c, const struct memory *m, struct font f)
{
    int devices = memory_state_at(&m->plan, m->legs[m->n_legs - 1].to).devices;
    g_autofree char *words = devices > 2 ? g_strdup_printf("%s 2 of %d", m->word, devices)
                                         : g_strdup_printf("%s 2", m->word);
    return canvas_width(c, f, words);
}

/* The second device as a strip of cells: dashed, with its name and what it takes at the left. */
static void draw_spare_strip(const struct canvas *c, const struct now *n, struct box box)
{
    const struct style *s = c->style;
    struct package p = package_of(c, n, true);
    struct font heading = canvas_font(c, TEXT_HEADING), small = canvas_font(c, TEXT_SMALL);
    double pad = px_by_plan(c, 16, 24, 8), gap = px(c, 8), mid = box_mid_y(box);
    if (p.more) p.title = n->m->spare_of;
    bool two = box.h > heading.size + small.size + px(c, 16);
    /* The words keep the room of the widest that they become, so that the cells stand still. */
    double title_w = widest_spare_title(c, n->m, heading), note_w = canvas_width(c, small, "takes 999.9 GiB");
    double w = two ? MAX(title_w, note_w) : title_w + gap + note_w;
    dl_enter(c->dl, "package", 2);
    dl_fade(c->dl, coming(n->over));
    dl_rect(c->dl, box, .radius = px_by_plan(c, 16, 16, 8), .fill = color_mix(s->bg, s->substrate, 0.6),
            .stroke = s->critical, .width = px_by_plan(c, 3, 3, 2), .dash_on = px(c, 10), .dash_off = px(c, 7));
    double line = round(heading.size * 0.6);
    canvas_template(c, box.x + pad, canvas_baseline(c, heading, two ? mid - line : mid), heading, s->text, p.title,
                    title_w + 1, 1, 0, 0);
    canvas_template(c, box.x + pad + (two ? 0 : w - note_w), canvas_baseline(c, small, two ? mid + line : mid), small,
                    s->critical_ink, p.note, note_w + 1, 1, 0, 0);
    struct box cells = { box.x + 2 * pad + w, box.y + pad, box.w - 3 * pad - w, box.h - 2 * pad };
    package_strip(c, cells, &p, n->s.capacity);
    dl_restore(c->dl);
    dl_leave(c->dl);
}

/* What stands in the strip's place while everything fits: how the cache comes about. */
static void draw_sum_strip(const struct canvas *c, const struct now *n, struct box box)
{
    const struct style *s = c->style;
    struct font f = canvas_font(c, TEXT_LABEL);
    /* Small pictures have no line that says what K is: there all contexts are in K. */
    g_autofree char *first = g_strdup_printf(n->m->plan.sequences == 1 ? "one sequence of {mem.context%s} tokens: {mem.kv_total}"
                                                                       : "{mem.sequences} sequences × {mem.context%s} tokens: {mem.kv_total}",
                                             c->plan == PLAN_SMALL ? "" : ":plain");
    double pad = px_by_plan(c, 16, 24, 16), mid = box_mid_y(box), line = round(f.size * 0.75);
    bool two = c->plan != PLAN_SMALL;
    dl_enter(c->dl, "sum", -1);
    dl_fade(c->dl, going(n->over));
    part_panel(c, box);
    canvas_template(c, box.x + pad, canvas_baseline(c, f, two ? mid - line : mid), f, s->text, first, box.w - 2 * pad,
                    1, 0, 0);
    if (two)
        canvas_template(c, box.x + pad, canvas_baseline(c, f, mid + line), f, s->text2,
                        "each token adds {mem.kv_next} to its sequence", box.w - 2 * pad, 1, 0, 0);
    dl_restore(c->dl);
    dl_leave(c->dl);
}

/* --- plans --- */

static void draw_wide(const struct canvas *c, const struct now *n)
{
    struct box rest = c->stage, ledger = box_cut_left(&rest, px(c, 384));
    box_cut_left(&rest, px(c, 36));
    struct box ruler = box_cut_bottom(&rest, px(c, 110));
    double gap = px(c, 28), half = floor((rest.w - gap) / 2);
    struct box first = box_cut_left(&rest, half);
    box_cut_left(&rest, gap);
    draw_ledger(c, n, ledger);
    draw_first(c, n, first);
    if (going(n->over) > 0) {
        dl_fade(c->dl, going(n->over));
        draw_batch(c, n, rest);
        dl_restore(c->dl);
    }
    if (coming(n->over) > 0) {
        struct package p = package_of(c, n, true);
        dl_enter(c->dl, "package", 2);
        dl_fade(c->dl, coming(n->over));
        package_draw(c, rest, &p);
        dl_restore(c->dl);
        dl_leave(c->dl);
    }
    draw_ruler(c, n, ruler);
}

static void draw_square(const struct canvas *c, const struct now *n)
{
    struct box rest = c->stage, ledger = box_cut_left(&rest, px(c, 350));
    box_cut_left(&rest, px(c, 20));
    struct box ruler = box_cut_bottom(&rest, px(c, 110)), strip = box_cut_bottom(&rest, px(c, 84));
    box_cut_bottom(&rest, px(c, 14));
    draw_ledger(c, n, ledger);
    draw_first(c, n, rest);
    draw_sum_strip(c, n, strip);
    draw_spare_strip(c, n, strip);
    draw_ruler(c, n, ruler);
}

/* Below the bar of the tall plan: the device's end, and what is beyond it. */
static void draw_bar_words(const struct canvas *c, const struct now *n, struct box box, double mark)
{
    const struct style *s = c->style;
    struct font f = font_weight(canvas_font(c, TEXT_LABEL), 500);
    g_autofree char *one = g_strdup_printf("one %s: {mem.capacity}", n->m->word);
    static const char of[] = "of {mem.capacity}, {mem.share}", much[] = "{mem.over} too much";
    double y = canvas_baseline(c, f, box_mid_y(box)), gap = px(c, 13), one_w = template_width(c, f, one),
           much_w = template_width(c, f, much);
    canvas_template(c, box.x, y, f, color_fade(s->text2, going(n->over)), of, box.w, 1, 0, 0);
    double one_x = CLAMP(mark - gap - one_w, box.x, box_right(box) - one_w - 2 * gap - much_w);
    canvas_template(c, round(one_x), y, f, color_fade(s->text, coming(n->over)), one, box.w, 1, 0, 0);
    canvas_template(c, round(one_x + one_w + 2 * gap), y, f, color_fade(s->critical_ink, coming(n->over)), much, box.w,
                    1, 0, 0);
}

static void draw_tall(const struct canvas *c, const struct now *n)
{
    struct box rest = c->stage, names = box_cut_top(&rest, px(c, 44)), hero = box_cut_top(&rest, px(c, 104));
    struct font f = canvas_font(c, TEXT_LABEL), small = canvas_font(c, TEXT_SMALL);
    double unit = template_width(c, small, n->m->state), y = canvas_baseline(c, f, names.y + px(c, 14));
    double room = names.w - unit - px(c, 24);
    const char *who = canvas_wording(c, small, room, WORDINGS("{model.name} on {device.name}",
                                                         "{model.short_name} on {device.name}", "{model.short_name}"));
    canvas_template(c, names.x, y, canvas_font_fitting(c, f, who, room), c->style->text2, who, room, 1, 0, 0);
    canvas_template(c, box_right(names), y, small, c->style->text3, n->m->state, unit + 1, 1, 0, 1);
    struct box state = { box_right(hero) - px(c, 394), hero.y + px(c, 6), px(c, 394), px(c, 88) };
    draw_hero(c, n, hero.x - px(c, 4), box_bottom(hero) - px(c, 18), state.x - hero.x - px(c, 20));
    draw_state(c, n, state, false);
    box_cut_top(&rest, px(c, 14));
    double mark = draw_bar(c, n, box_cut_top(&rest, px(c, 42)));
    draw_bar_words(c, n, box_cut_top(&rest, px(c, 62)), mark);
    struct box ruler = box_cut_bottom(&rest, px(c, 136)), strip = box_cut_bottom(&rest, px(c, 124));
    box_cut_bottom(&rest, px(c, 16));
    draw_first(c, n, rest);
    draw_sum_strip(c, n, strip);
    draw_spare_strip(c, n, strip);
    draw_ruler(c, n, ruler);
}

static void draw_small(const struct canvas *c, const struct now *n)
{
    const struct style *s = c->style;
    struct box rest = c->stage, ruler = box_cut_bottom(&rest, px(c, 66)), left = box_cut_left(&rest, px(c, 196));
    struct font f = canvas_font(c, TEXT_LABEL);
    box_cut_left(&rest, px(c, 16));
    draw_name(c, left.x, canvas_baseline(c, f, left.y + px(c, 12)), font_weight(f, 600), s->text2,
              rest.x - px(c, 6) - left.x);
    draw_hero(c, n, left.x - px(c, 1), left.y + px(c, 62), left.w);
    canvas_template(c, left.x, canvas_baseline(c, f, left.y + px(c, 82)), f, s->text2, "of {mem.capacity}, {mem.share}",
                    left.w, 1, 0, 0);
    draw_bar(c, n, (struct box){ left.x, left.y + px(c, 106), left.w, px(c, 22) });
    draw_state(c, n, (struct box){ left.x, box_bottom(left) - px(c, 66), left.w, px(c, 44) }, false);
    bool spills = n->m->passes_full < INFINITY; /* in this film; the package must not move when it does */
    struct box strip = box_cut_bottom(&rest, px(c, spills ? 42 : 0));
    if (spills) box_cut_bottom(&rest, px(c, 6));
    draw_first(c, n, rest);
    if (spills) draw_sum_strip(c, n, strip), draw_spare_strip(c, n, strip);
    draw_ruler(c, n, ruler);
}

void memory_draw(const void *sim, double now, struct canvas *c)
{
    struct now n = look(sim, c, now);
    switch (c->plan) {
    case PLAN_WIDE:   draw_wide(c, &n); break;
    case PLAN_SQUARE: draw_square(c, &n); break;
    case PLAN_TALL:   draw_tall(c, &n); break;
    case PLAN_SMALL:  draw_small(c, &n); break;
    case PLAN_COUNT:  break;
    }
}
