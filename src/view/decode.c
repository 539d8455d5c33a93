/* Chapter 2: one token at a time, reading the cache.
 *
 * A step is a table of beats, each with its start and length at full speed. Faster steps compress the table; the order
 * never changes. From the scores on, a beat begins when the one before has ended: softmax needs every score, the mix
 * every share, and the prediction the mix. What the step before left behind (its paths, beams, numbers, its gold)
 * leaves at the end of that step, when the sampled token turns new: so a step's picture follows from its own beats
 * alone, and only one token is ever gold.
 *
 * When the chapter before was prefill, the first 0.9 s fold its N x N matrix: the old rows fade and fold towards the
 * last, and the last row, the same marks, moves to the middle and grows into the strip.
 */
#include "view/attention.h"
#include "view/parts.h"

#include <math.h>

static const struct row rows[] = {
    ROW_INT(struct decode_options, steps, "steps", .def = "0", .min = 0, .max = 100000, .unit = "steps",
            .help = "How many decode steps are shown; 0 shows all of the run.", .example = "5"),
    ROW_INT(struct decode_options, slow_steps, "slow_steps", .def = "2", .min = 0, .max = 100000, .unit = "steps",
            .help = "How many steps run at full length, 3 seconds each; later ones take 1.2 seconds, then 0.4.",
            .example = "1"),
    ROW_BOOL(struct decode_options, scores, "scores", .def = "false",
             .help = "Steps at full length show the scores, before softmax makes shares of them; each is a second longer."),
    HEAD_ROWS(struct decode_options, head),
    ROW_END
};

enum beat { FEED, FLOW, QUERY, APPEND, SCORE, SHARE, MIX, PREDICT, SAMPLE, SETTLE, COMMIT, BEATS };

struct beat_time { double start, length; enum ease ease; };
/* Seconds of a step at full length. */
static const struct beat_time beats[BEATS] = {
    [FEED] = { 0, 0.35, EASE_IN_OUT },  [FLOW] = { 0.25, 0.4, EASE_OUT },    [QUERY] = { 0.5, 0.3, EASE_OUT },
    [APPEND] = { 0.6, 0.4, EASE_OUT },  [SCORE] = { 1.0, 0.35, EASE_LINEAR }, [SHARE] = { 1.35, 0.3, EASE_OUT },
    [MIX] = { 1.65, 0.3, EASE_IN_OUT }, [PREDICT] = { 1.95, 0.4, EASE_OUT }, [SAMPLE] = { 2.35, 0.3, EASE_OUT },
    [SETTLE] = { 2.75, 0.25, EASE_IN_OUT }, [COMMIT] = { 2.8, 0.2, EASE_IN_OUT },
};
static const double joins_s = 0.65; /* APPEND has begun */
static const double full_s = 3, middle_s = 1.2, fast_s = 0.4, dots_from_s = 0.5, tail_s = 0.6;
static const double scores_s = 1.2; /* how long scores stand before they turn into shares */
enum { MIDDLE_STEPS = 3 };

/* The fold, as in the motion study; the last row's growth ends it. */
enum lead { OLD_FADE, OLD_FOLD, LEAVE, KEEP, PANEL, GROW, DIM, FIRST_COMMIT, LEADS };
static const struct beat_time fold[LEADS] = {
    [OLD_FADE] = { 0, 0.3, EASE_LINEAR }, [OLD_FOLD] = { 0, 0.5, EASE_IN_OUT },
    [LEAVE] = { 0, 0.25, EASE_IN },       [KEEP] = { 0.1, 0.4, EASE_IN_OUT },
    [PANEL] = { 0.25, 0.25, EASE_OUT },   [GROW] = { 0.5, 0.4, EASE_IN_OUT },
    [DIM] = { 0.55, 0.35, EASE_IN_OUT },  [FIRST_COMMIT] = { 0.7, 0.2, EASE_IN_OUT },
};
static const double fold_s = 0.9, plain_lead_s = 0.5;

struct decode {
    const struct trace *trace;
    struct head_shown head;
    bool folds;              /* begins on prefill's end pose */
    double lead;             /* seconds before step 1 */
    int steps, scored;       /* the first `scored` steps show their scores */
    double *starts;          /* [steps + 1]: seconds; the last is the end of the last step */
    struct moment *moments;
    int n_moments;
    double *rests;           /* see decode_rests() */
    int n_rests;
    char *provenance;
};

/* --- the clock --- */

static double step_length(int64_t slow, int step)
{
    return step <= slow ? full_s : step <= slow + MIDDLE_STEPS ? middle_s : fast_s;
}

/* Between the scores and the shares of a step. */
static double rest_of(const struct decode *d, int step) { return step <= d->scored ? scores_s : 0; }

/* How long a second of the table lasts. */
static double scale_of(const struct decode *d, int step)
{
    return (d->starts[step] - d->starts[step - 1] - rest_of(d, step)) / full_s;
}

static double beat_start(const struct decode *d, int step, enum beat b)
{
    return d->starts[step - 1] + beats[b].start * scale_of(d, step) + (b > SCORE ? rest_of(d, step) : 0);
}

static double beat_end(const struct decode *d, int step, enum beat b)
{
    return beat_start(d, step, b) + beats[b].length * scale_of(d, step);
}

static void name_moments(struct decode *d)
{
    static const struct { const char *suffix; int beat; const char *what; } kinds[] = {
        { "", -1, "the step begins: its token is new" },
        { " keys", APPEND, "its K and V have joined the cache" },
        { " scaled", SCORE, "its scores are there, scaled, and no shares yet" },
        { " scores", SHARE, "its scores are shares" },
        { " mix", MIX, "the values are mixed" },
        { " next", SAMPLE, "the next token is chosen" },
    };
    d->moments = g_new0(struct moment, (gsize)d->steps * G_N_ELEMENTS(kinds) + 2);
    for (int step = 1; step <= d->steps; step++)
        for (size_t k = 0; k < G_N_ELEMENTS(kinds); k++) {
            if (kinds[k].beat == SCORE && step > d->scored) continue;
            double at = kinds[k].beat < 0 ? d->starts[step - 1] : beat_end(d, step, (enum beat)kinds[k].beat);
            d->moments[d->n_moments++] = (struct moment){ g_strdup_printf("step %d%s", step, kinds[k].suffix), at,
                                                          kinds[k].what };
        }
    d->moments[d->n_moments++] = (struct moment){ g_strdup("end"), d->starts[d->steps] + tail_s,
                                                  "the end of the action" };
}

/* A step at full length rests at each of its moments, a faster one when its column has joined and when its token is
 * chosen, the fastest only then: a picture that nobody can read is none. From step 2 on the first rest is when
 * the column has begun to join, which rest_pose() shows as done: a second after the choice of the step before and a second
 * before the scores, so that there is time to see each. The mix gives way to the choice that follows so soon. */
static void place_rests(struct decode *d)
{
    static const enum beat at[] = { APPEND, SCORE, SHARE, MIX, SAMPLE };
    d->rests = g_new0(double, (gsize)d->steps * (G_N_ELEMENTS(at) + 1));
    for (int step = 1; step <= d->steps; step++) {
        double length = d->starts[step] - d->starts[step - 1];
        if (step == 1) d->rests[d->n_rests++] = d->starts[0];
        else if (length > middle_s + 0.1) d->rests[d->n_rests++] = d->starts[step - 1] + joins_s;
        for (size_t b = 0; b < G_N_ELEMENTS(at); b++) {
            bool full = length > middle_s + 0.1, middle = !full && length > fast_s + 0.1;
            bool kept = at[b] == SAMPLE || (at[b] == SCORE && step <= d->scored) ||
                        (at[b] != SCORE && full && (step == 1 || at[b] == SHARE)) ||
                        (middle && at[b] == APPEND);
            if (kept) d->rests[d->n_rests++] = beat_end(d, step, at[b]);
        }
    }
}

static void *decode_open(const void *options, const struct view_env *env, double *length)
{
    const struct decode_options *o = options;
    const struct trace *t = env->trace;
    int most = t->n_passes - 1;
    if (most < 1) {
        diag(env->diags, env->file, env->line,
             "This chapter shows decode steps, but the run of the model has none; give the run at least 1 step.");
        return NULL;
    }
    if (o->steps > most) {
        diag(env->diags, env->file, env->line,
             "steps is %" G_GINT64_FORMAT ", but the run of the model has %d decode steps; write 0 to %d.", o->steps,
             most, most);
        return NULL;
    }
    struct head_shown head;
    if (!head_shown_open(&head, &o->head, env)) return NULL;
    struct decode *d = g_new0(struct decode, 1);
    d->trace = t;
    d->head = head;
    d->folds = env->before == &view_prefill && env->follows_on;
    d->lead = d->folds ? fold_s : plain_lead_s;
    d->steps = o->steps ? (int)o->steps : most;
    d->starts = g_new0(double, (gsize)d->steps + 1);
    d->starts[0] = d->lead;
    d->scored = o->scores ? (int)MIN(o->slow_steps, d->steps) : 0;
    for (int i = 1; i <= d->steps; i++)
        d->starts[i] = d->starts[i - 1] + step_length(o->slow_steps, i) + rest_of(d, i);
    d->provenance = head_shown_provenance(&d->head);
    name_moments(d);
    place_rests(d);
    *length = d->starts[d->steps] + tail_s;
    return d;
}

static void decode_close(void *sim)
{
    struct decode *d = sim;
    for (int i = 0; i < d->n_moments; i++) g_free((char *)d->moments[i].name);
    g_free(d->moments);
    g_free(d->starts);
    g_free(d->rests);
    g_free(d->provenance);
    head_shown_close(&d->head);
    g_free(d);
}

static const struct moment *decode_moments(const void *sim, int *count)
{
    const struct decode *d = sim;
    *count = d->n_moments;
    return d->moments;
}

static struct rests decode_rests(const void *sim)
{
    const struct decode *d = sim;
    return (struct rests){ d->rests, d->n_rests, false };
}

/* --- what is true --- */

/* The step whose beats run: 1 to steps. */
static int step_at(const struct decode *d, double now)
{
    int lo = 1, hi = d->steps;
    while (lo < hi) {
        int mid = (lo + hi + 1) / 2;
        if (now >= d->starts[mid - 1]) lo = mid;
        else hi = mid - 1;
    }
    return lo;
}

/* Beats touch, and their ends are sums of seconds: what is over is over, and what begins now has not begun. */
static double whole(double t) { return t < 1e-6 ? 0 : t > 1 - 1e-6 ? 1 : t; }

/* A beat's progress, without regard to how motion is shown. */
static double progress(const struct decode *d, int step, enum beat b, double now)
{
    return whole(ease_span(EASE_LINEAR, now, beat_start(d, step, b), beats[b].length * scale_of(d, step)));
}

/* What came of a column at each stage: q . k, divided by the root of D, and after softmax. A trace that scaled its scores
 * in another way has them as they are. */
struct stages { const char *dot, *score, *share; int width; };

static void cell_facts(const struct trace_head *h, struct facts *f, const struct stages *s, int row, int i)
{
    size_t at = (size_t)row * (size_t)h->n + (size_t)i;
    char id[32];
    g_snprintf(id, sizeof id, "dot.%d", i + 1);
    int dot = facts_leaf_real(f, facts_word(f, id), h->dots[at], UNIT_NUMBER, s->dot);
    double scaled = (double)h->dots[at] / sqrt(h->width);
    bool by_root = fabs(scaled - (double)h->scores[at]) <= 1e-5 * MAX(fabs(scaled), 1);
    g_snprintf(id, sizeof id, "score.%d", i + 1);
    if (by_root)
        facts_real(f, facts_word(f, id), scaled, UNIT_NUMBER, "[q·k] ÷ √[numbers per vector]", FACTS(dot, s->width));
    else facts_leaf_real(f, facts_word(f, id), h->scores[at], UNIT_NUMBER, s->score);
    g_snprintf(id, sizeof id, "share.%d", i + 1);
    facts_leaf_real(f, facts_word(f, id), h->shares[at], UNIT_SHARE, s->share);
}

static int same_column(const struct facts *f, const char *stage, int column)
{
    char id[32];
    g_snprintf(id, sizeof id, "%s.%d", stage, column + 1);
    return facts_find(f, id);
}

static struct stages stages_of(const struct trace_head *h, struct facts *f)
{
    const char *const formats[] = {
        "computed while the model ran: layer %d, head %d, the query of this step times the column's key",
        "computed while the model ran: layer %d, head %d, its scores as it scaled them",
        "computed while the model ran: layer %d, head %d, softmax of the scores of this row",
    };
    const char *words[G_N_ELEMENTS(formats)];
    for (size_t i = 0; i < G_N_ELEMENTS(formats); i++) {
        char text[128];
        g_snprintf(text, sizeof text, formats[i], h->layer, h->head);
        words[i] = facts_word(f, text);
    }
    return (struct stages){ words[0], words[1], words[2], facts_find(f, "trace.vector") };
}

static void share_facts(const struct decode *d, struct facts *f, int row)
{
    const struct trace *t = d->trace;
    const float *shares = d->head.seen->shares + (size_t)row * (size_t)t->n_tokens;
    struct stages stages = stages_of(d->head.seen, f);
    int top = 0;
    for (int i = 0; i <= row; i++) {
        if (shares[i] > shares[top]) top = i;
        cell_facts(d->head.seen, f, &stages, row, i);
    }
    int share = same_column(f, "share", top), dot = same_column(f, "dot", top), score = same_column(f, "score", top);
    facts_real(f, "step.dot", facts_at(f, dot)->r, UNIT_NUMBER, "[q·k of the column with the largest share]", FACTS(dot));
    facts_real(f, "step.score", facts_at(f, score)->r, UNIT_NUMBER, "[score of the column with the largest share]",
               FACTS(score));
    facts_real(f, "step.share", shares[top], UNIT_SHARE, "[largest share of the row]; softmax makes it of the score",
               FACTS(share));
    facts_real(f, "step.top_share", shares[top], UNIT_SHARE, "[largest share of the row]", FACTS(share));
    facts_leaf_word(f, "step.token", t->tokens[row].text, "chosen while the model ran, at the pass before this step");
    int column = facts_int(f, "step.top_column", top + 1, UNIT_COUNT, "the place of [largest share] in its row",
                           FACTS(share));
    facts_in_words(f, "step.top_token", t->tokens[top].text, "the token of column [column]", FACTS(column));
}

static void decode_facts(const void *sim, double now, struct facts *f)
{
    const struct decode *d = sim;
    const struct trace *t = d->trace;
    int step = step_at(d, now), row = t->n_prompt + step - 1;
    int64_t n = row + 1;
    bool appended = progress(d, step, APPEND, now) > 0;
    attention_facts(t, d->head.seen, f, (struct pass_progress){ 1, 1, 1 });
    head_shown_facts(&d->head, f);
    int prompt = facts_find(f, "prompt.tokens");
    int s = facts_leaf(f, "step", step, UNIT_COUNT, "counted: decode steps begun at this moment");
    facts_leaf(f, "steps", d->steps, UNIT_COUNT,
               t->file ? "counted: decode steps of this chapter (scene file: steps; trace file: ids)"
                       : "counted: decode steps of this chapter (scene file: steps, run.steps)");
    int kept = facts_int(f, "cache.kept", row, UNIT_COUNT, "[prompt tokens] + [step] − 1; the columns of all passes before",
                         FACTS(prompt, s));
    int fresh = facts_leaf(f, "cache.new", 1, UNIT_COUNT, "counted: tokens that go in at one decode step");
    int columns = facts_int(f, "cache.columns", n, UNIT_COUNT, "[kept] + [new]", FACTS(kept, fresh));
    facts_int(f, "cache.columns_now", appended ? n : row, UNIT_COUNT,
              appended ? "[columns]; the new one has joined" : "[columns]; the new one has not joined yet",
              FACTS(appended ? columns : kept));
    facts_int(f, "step.scores", n, UNIT_COUNT, "[columns]; one score with each", FACTS(columns));
    facts_int(f, "step.scores_without", n * (n + 1) / 2, UNIT_COUNT,
              "[columns] × ([columns] + 1) ÷ 2; without a cache all rows are scored again", FACTS(columns, columns));
    const struct trace_pass *pass = &t->passes[step];
    int with = facts_leaf(f, "step.multiply_adds", lm_count_total(&pass->with_cache), UNIT_COUNT,
                          t->counted ? "counted while the model ran with its cache" : "closed form of the model's shape");
    int without = facts_leaf(f, "step.multiply_adds_without", lm_count_total(&pass->without_cache), UNIT_COUNT,
                             t->counted ? "counted while the model ran without a cache" : "closed form of the model's shape");
    double ratio = (double)lm_count_total(&pass->without_cache) / (double)lm_count_total(&pass->with_cache);
    facts_real(f, "step.multiply_adds_ratio", ratio, UNIT_RATIO, "[without a cache] ÷ [with the cache]", FACTS(without, with));
    share_facts(d, f, row);
    attention_next_facts(t, f, progress(d, step, PREDICT, now) > 0 ? step : step - 1);
}

/* --- the pose of a moment --- */

struct pose {
    int step, row;           /* row: position of the new token */
    double at[BEATS];        /* how far each beat is, eased */
    double dots;             /* seconds since the first dot left, negative for none */
    double bright;           /* beams brighten once while values mix */
    bool before;             /* step 1 has not begun */
    bool fast;               /* of many quick steps: no word changes in it */
    double lead[LEADS];
};

static struct pose pose_at(const struct decode *d, double now)
{
    struct pose p = { .step = step_at(d, now) };
    double start = d->starts[p.step - 1], length = d->starts[p.step] - start, scale = scale_of(d, p.step),
           u = now - start;
    p.row = d->trace->n_prompt + p.step - 1;
    p.before = u < 0;
    for (int b = 0; b < BEATS; b++) {
        p.at[b] = whole(ease_span(beats[b].ease, now, beat_start(d, p.step, (enum beat)b), beats[b].length * scale));
        if ((b == SETTLE || b == COMMIT) && p.step == d->steps) p.at[b] = 0; /* the last step stays as it is */
    }
    p.fast = length < dots_from_s && p.step < d->steps;
    double mixing = progress(d, p.step, MIX, now);
    p.bright = length < dots_from_s ? 0 : sin(G_PI * mixing);
    p.dots = length < dots_from_s || u < 0 ? -1 : (u - beats[FLOW].start * scale) / scale - 0.2;
    for (int l = 0; l < LEADS; l++) {
        double shift = d->folds ? 0 : plain_lead_s - fold_s;
        p.lead[l] = ease_span(fold[l].ease, now, fold[l].start + shift, fold[l].length);
    }
    return p;
}

/* --- drawing --- */

static void draw_columns(const struct attention *a, const struct pose *p, double count)
{
    double slide = px(a->c, 24) * (1 - p->at[APPEND]);
    for (int band = BAND_KEY; band <= BAND_VALUE; band++) {
        for (int i = 0; i < p->row; i++)
            attention_column(a, (enum band)band, i, count,
                             (struct column_look){ .alpha = 1, .strength = p->step == 1 ? 1 - p->lead[KEEP] : 0 });
        double outline = 1 - p->at[SETTLE];
        attention_column(a, (enum band)band, p->row, count,
                         (struct column_look){ p->at[APPEND] > 0 ? MIN(1, p->at[APPEND] * 2) : 0, outline,
                                               p->at[APPEND] * outline, slide });
    }
    attention_gap(a, count);
}

static struct sentence words_of(const struct pose *p)
{
    struct sentence s = {
        .end = p->row + 1, .grow = p->at[SAMPLE], .enter = 1, .fresh = p->row, .commit = p->at[COMMIT]
    };
    if (p->before)
        s = (struct sentence){ .end = p->row, .grow = 1, .enter = 1, .fresh = -1, .commit = p->lead[FIRST_COMMIT] };
    return s;
}

static void draw_paths(const struct attention *a, const struct pose *p, double count, double stays)
{
    if (p->at[FLOW] <= 0 || stays <= 0) return;
    double along = a->turned ? a->input + a->input_length + px(a->c, 10) : a->input + a->input_length + px(a->c, 8);
    dl_fade(a->c->dl, stays);
    for (int b = BLOCK_KEY; b <= BLOCK_VALUE; b++)
        attention_feed_path(a, (enum block)b, along, a->mid, CLAMP(p->at[FLOW] * 2, 0.0, 1.0));
    double drawn = a->block_length > 0 ? CLAMP(p->at[FLOW] * 1.6 - 0.6, 0.0, 1.0) : p->at[FLOW];
    for (int band = BAND_KEY; band <= BAND_VALUE; band++)
        attention_band_path(a, (enum band)band, (struct band_path){ count, drawn, p->dots, false });
    attention_query(a, p->row, p->at[QUERY], p->at[QUERY]);
    dl_restore(a->c->dl);
}

static void draw_input(const struct attention *a, const struct pose *p, struct sentence words, double stays)
{
    const struct canvas *c = a->c;
    if (p->at[FEED] <= 0) return;
    dl_fade(c->dl, stays);
    attention_input(a, p->row, attention_chip_x(a, words, p->row), p->at[FEED]);
    if (c->plan != PLAN_SMALL) {
        struct font f = canvas_font(c, TEXT_SMALL);
        struct box place = attention_box(a, a->input, round(a->mid - a->input_depth / 2), a->input_length,
                                         a->input_depth);
        dl_fade(c->dl, CLAMP(p->at[FEED] * 3 - 2, 0.0, 1.0));
        if (a->turned)
            dl_text(c->dl, a->sentence.x, canvas_baseline(c, f, box_mid_y(place)), f, c->style->text3,
                    "input of this step");
        else attention_input_label(a, place.y - px(c, 17), "input of this step");
        dl_restore(c->dl);
    }
    dl_restore(c->dl);
}

/* What the strip's numbers are called. One name leaves before the other comes. */
static struct notes_look notes_of(const struct attention *a, const struct decode *d, const struct pose *p)
{
    /* still pictures name what they show */
    struct notes_look look = { p->step == 1 || a->c->reduced ? p->at[SCORE] : 1, 0, 1, d->scored > 0 };
    if (p->step > d->scored) return look;
    double came = p->step == 1 ? 1 : p->at[SCORE];
    look.scores = CLAMP(2 * came - 1, 0.0, 1.0) * CLAMP(1 - 2 * p->at[SHARE], 0.0, 1.0);
    look.shares = p->at[SHARE] > 0 ? CLAMP(2 * p->at[SHARE] - 1, 0.0, 1.0) : CLAMP(1 - 2 * came, 0.0, 1.0);
    return look;
}

static void draw_scores(const struct attention *a, const struct decode *d, const struct pose *p, double count,
                        double stays)
{
    int n = a->trace->n_prompt;
    if (p->before) {
        if (!d->folds) return;
        attention_matrix(a, n,
                         (struct matrix_look){ n, p->lead[OLD_FADE], p->lead[OLD_FOLD], p->lead[GROW], p->lead[DIM] });
        attention_strip_border(a, n, CLAMP(p->lead[GROW] * 4 - 3, 0.0, 1.0));
        return;
    }
    double filled = p->at[SCORE] * (p->row + 1);
    if (p->at[SCORE] < 1 && (d->folds || p->step > 1))
        attention_strip(a, p->row - 1, count, (struct strip_look){ p->row, 1, 1, false });
    double border = p->at[APPEND];
    attention_strip_border(a, p->row + (border > 0 ? border : 0), d->folds || p->step > 1 ? 1 : border);
    attention_key_lines(a, count, filled, stays);
    attention_beams(a, p->row, count, p->at[SHARE], p->bright, stays);
    attention_strip(a, p->row, count, (struct strip_look){ filled, p->at[SHARE], 1 - stays, p->step <= d->scored });
    attention_notes(a, notes_of(a, d, p));
    attention_out(a, p->row, p->at[MIX], stays);
}

/* --- the panel of candidates --- */

/* dim: of a list that is history; told: how far its heading says so; cut: how far what was cut off is marked. */
struct guesses { const struct trace_pass *pass; double names, bars, chosen, dim, told, cut; };

/* What the list is of: the choice to come, or the one that led to the token of this step. Never both words at once. */
static void draw_heading(const struct canvas *c, const struct guesses *l, double x, double baseline)
{
    static const char *const words[] = { "Next token", "Last choice" };
    const double alphas[] = { (1 - MIN(2 * l->told, 1)) * l->names, MAX(2 * l->told - 1, 0) };
    for (int i = 0; i < 2; i++) {
        if (alphas[i] <= 0) continue;
        dl_enter(c->dl, "heading", i);
        dl_fade(c->dl, alphas[i]);
        dl_text(c->dl, x, baseline, canvas_font(c, TEXT_HEADING), i ? c->style->text2 : c->style->text, words[i]);
        dl_restore(c->dl);
        dl_leave(c->dl);
    }
}

/* A share that rounds to nothing is not nothing, and one that rounds to all is not all. */
static void draw_percent(const struct canvas *c, double x, double y, struct font f, struct rgba ink, int fact)
{
    double share = facts_at(c->facts, fact)->r;
    bool whole = c->plan == PLAN_SMALL;
    double half = whole ? 0.005 : 0.0005; /* of the last digit */
    const char *words = share > 0 && share < half       ? (whole ? "<1%" : "<0.1%")
                        : share < 1 && share >= 1 - half ? (whole ? ">99%" : ">99.9%")
                                                         : NULL;
    if (!words) dl_fact_right(c->dl, x, y, f, ink, fact, whole ? FORM_PERCENT : FORM_PERCENT1);
    else dl_text_of_fact(c->dl, round(x - canvas_width(c, f, words)), y, f, ink, fact, words);
}

static void draw_candidate(const struct attention *a, const struct guesses *l, int i, struct box row, double bar_x,
                           double bar_w, int chars)
{
    const struct canvas *c = a->c;
    const struct style *s = c->style;
    bool chosen = i == l->pass->sampled && l->chosen > 0, cut = attention_cuts(a->trace, l->pass) && i >= l->pass->kept;
    char text[64], id[32];
    struct font f = font_weight(canvas_font(c, TEXT_COLUMN), chosen ? 700 : 500);
    double y = canvas_baseline(c, f, box_mid_y(row)), x = row.x, share = l->pass->candidates[i].share;
    struct rgba ink = color_mix(chosen ? s->text : s->text2, s->text3, cut ? MAX(l->dim, l->cut) : l->dim);
    if (c->plan != PLAN_SMALL)
        dl_rect(c->dl, ((struct box){ row.x - px(c, 14), row.y + px(c, 2), row.w + px(c, 28), row.h - px(c, 4) }),
                .radius = px(c, 8), .fill = color_fade(s->surface2, chosen ? l->chosen : 0));
    dl_text_of_fact(c->dl, x, y, f, ink, DL_QUOTED, token_cut(l->pass->candidates[i].text, chars, text, sizeof text));
    double h = MAX(6, px(c, c->plan == PLAN_TALL ? 22 : c->plan == PLAN_SMALL ? 12 : 18));
    struct box track = { bar_x, round(box_mid_y(row) - h / 2), bar_w, h }, bar = track;
    bar.w = MAX(px(c, 3), round(bar_w * share)) * l->bars;
    dl_fade(c->dl, (1 - 0.66 * l->dim) * (cut ? 1 - 0.5 * l->cut : 1));
    dl_rect(c->dl, track, .radius = px(c, 4), .fill = s->grid);
    dl_rect(c->dl, bar, .radius = px(c, 4),
            .fill = i == l->pass->sampled ? color_mix(s->cached_line, s->new_fill, l->chosen) : s->cached_line);
    dl_restore(c->dl);
    g_snprintf(id, sizeof id, "next.share.%d", i + 1);
    int fact = facts_find(c->facts, id);
    if (fact >= 0) draw_percent(c, box_right(row), y, f, ink, fact);
}

static void draw_list(const struct attention *a, const struct guesses *l, struct box rows_box, double pitch, int most,
                      int chars)
{
    const struct canvas *c = a->c;
    struct font f = font_weight(canvas_font(c, TEXT_COLUMN), 700);
    double one = canvas_width(c, f, "0"), name_w = ceil(one * chars) + px(c, c->plan == PLAN_SMALL ? 6 : 12);
    double share_w = ceil(one * (c->plan == PLAN_SMALL ? 4 : 6)) + px(c, c->plan == PLAN_SMALL ? 6 : 16);
    int n = MIN(MIN(l->pass->n_candidates, most), (int)floor((rows_box.h + 1) / pitch)), kept = l->pass->kept;
    dl_fade(c->dl, l->names);
    if (attention_cuts(a->trace, l->pass) && kept < n && l->cut > 0) {
        double y = rows_box.y + kept * pitch, width = MAX(1, px(c, 2));
        dl_enter(c->dl, "cut", -1);
        dl_rect(c->dl, ((struct box){ rows_box.x, round(y - width / 2), round(rows_box.w * l->cut), width }),
                .fill = c->style->text3);
        dl_leave(c->dl);
    }
    for (int i = 0; i < n; i++) {
        /* The sampled one is always shown: in the last row when it ranks below. */
        int which = i == n - 1 ? MAX(i, l->pass->sampled) : i;
        dl_enter(c->dl, "candidate", i);
        draw_candidate(a, l, which, (struct box){ rows_box.x, rows_box.y + i * pitch, rows_box.w, pitch },
                       rows_box.x + name_w, rows_box.w - name_w - share_w, chars);
        dl_leave(c->dl);
    }
    dl_restore(c->dl);
}

static bool greedy(const struct trace *t) { return t->options.temperature <= 0; }
/* Where nothing is drawn by lot, nothing is sampled. */
static const char *chosen_word(const struct trace *t) { return greedy(t) ? "chosen" : "sampled"; }

#define TOP_K " · top-k {sampling.top_k}"
#define TOP_P " · top-p {sampling.top_p:d2}"

/* How the token is chosen, in the room there is. */
static const char *sampling_words(const struct attention *a, struct font f, double room)
{
    static const char *const wordings[4][3] = {
        { "temperature {sampling.temperature:d1}", "T {sampling.temperature:d1}" },
        { "temperature {sampling.temperature:d1}" TOP_K, "T {sampling.temperature:d1}" TOP_K },
        { "temperature {sampling.temperature:d1}" TOP_P, "T {sampling.temperature:d1}" TOP_P },
        { "temperature {sampling.temperature:d1}" TOP_K TOP_P, "T {sampling.temperature:d1}" TOP_K TOP_P },
    };
    const struct trace_options *o = &a->trace->options;
    if (greedy(a->trace)) return "chosen: the likeliest";
    return canvas_wording(a->c, f, room, wordings[(o->top_k > 0) + 2 * (o->top_p > 0 && o->top_p < 1)]);
}

static void draw_cut_words(const struct attention *a, const struct guesses *l, double x, double y, double room)
{
    struct font f = canvas_font(a->c, TEXT_SMALL);
    const char *words = attention_cut_words(a, l->pass, f, room);
    if (!words) return;
    dl_fade(a->c->dl, l->cut);
    canvas_template(a->c, x, canvas_baseline(a->c, f, y), f, a->c->style->text3, words, room, 1, 0, 0);
    dl_restore(a->c->dl);
}

static void wide_panel(const struct attention *a, const struct guesses *l, double sampled)
{
    const struct canvas *c = a->c;
    struct box p = a->panel;
    struct font heading = canvas_font(c, TEXT_HEADING), f = canvas_font(c, TEXT_LABEL),
                small = canvas_font(c, TEXT_SMALL);
    double x = p.x + px(c, 28);
    draw_heading(c, l, x, canvas_baseline(c, heading, p.y + px(c, 39)));
    double room = p.w - 2 * px(c, 28);
    canvas_template(c, x, canvas_baseline(c, small, p.y + px(c, 73)), small, c->style->text3,
                    sampling_words(a, small, room), room, 1, 0, 0);
    draw_cut_words(a, l, x, p.y + px(c, 99), room);
    draw_list(a, l, (struct box){ x, p.y + px(c, 118), p.w - px(c, 54), px(c, 56) * 8 }, px(c, 56), 8, 11);
    dl_rect(c->dl, ((struct box){ x, p.y + px(c, 579), p.w - 2 * px(c, 28), MAX(1, px(c, 2)) }),
            .fill = c->style->line);
    dl_fade(c->dl, sampled);
    const char *word = chosen_word(a->trace);
    double y = p.y + px(c, 625), w = canvas_width(c, f, word);
    dl_text(c->dl, x, canvas_baseline(c, f, y), f, c->style->text3, word);
    part_chip(c, x + ceil(w) + px(c, 18), y, l->pass->candidates[l->pass->sampled].text, CHIP_NEXT);
    dl_restore(c->dl);
    canvas_template(c, x, canvas_baseline(c, small, p.y + px(c, 674)), small, c->style->text3,
                    "shares among all {sampling.vocabulary} tokens", room, 1, 0, 0);
}

static void tall_panel(const struct attention *a, const struct guesses *l, double sampled)
{
    const struct canvas *c = a->c;
    struct box p = a->panel;
    struct font heading = canvas_font(c, TEXT_HEADING), f = canvas_font(c, TEXT_SMALL);
    double x = p.x + px(c, 36), y = p.y + px(c, 50), right = box_right(p) - px(c, 36);
    const char *next = l->pass->candidates[l->pass->sampled].text;
    draw_heading(c, l, x, canvas_baseline(c, heading, y));
    double top = y + px(c, 40);
    draw_list(a, l, (struct box){ x, top, right - x, box_bottom(p) - px(c, 8) - top }, px(c, 44), 8, 12);
    dl_fade(c->dl, sampled);
    double chip = right - part_chip_width(c, next);
    part_chip(c, chip, y, next, CHIP_NEXT);
    const char *word = chosen_word(a->trace);
    dl_text_right(c->dl, chip - px(c, 18), canvas_baseline(c, f, y), f, c->style->text3, word);
    dl_restore(c->dl);
    double left = x + ceil(canvas_width(c, heading, "Last choice")) + px(c, 24);
    draw_cut_words(a, l, left, y, chip - px(c, 36) - canvas_width(c, f, word) - left);
}

static void draw_panel(const struct attention *a, const struct pose *p, double alpha)
{
    const struct canvas *c = a->c;
    bool past = p->at[PREDICT] <= 0; /* the list that led to this step's token */
    double dim = past ? (p->step == 1 && p->before ? 0 : 1) : p->at[SETTLE];
    struct guesses l = { &a->trace->passes[past ? p->step - 1 : p->step], past ? 1 : MIN(1, p->at[PREDICT] * 3),
                         past ? 1 : p->at[PREDICT], past ? 1 - dim : p->at[SAMPLE] * (1 - p->at[SETTLE]), dim,
                         p->before || p->fast ? 1 : dim, past ? 1 : p->at[SAMPLE] };
    double sampled = past ? 1 - dim : p->at[SAMPLE] * (1 - p->at[SETTLE]);
    if (past && p->step == 1 && p->before) l.dim = p->lead[FIRST_COMMIT], l.chosen = sampled = 1 - l.dim;
    dl_enter(c->dl, "next panel", -1);
    if (c->plan == PLAN_WIDE || c->plan == PLAN_TALL) part_panel(c, a->panel);
    dl_fade(c->dl, alpha);
    if (c->plan == PLAN_WIDE) wide_panel(a, &l, sampled);
    else if (c->plan == PLAN_TALL) tall_panel(a, &l, sampled);
    else if (c->plan == PLAN_SMALL) {
        double y = a->panel.y + px(c, 18);
        draw_heading(c, &l, a->panel.x, y);
        draw_list(a, &l, (struct box){ a->panel.x, y + px(c, 12), a->panel.w, px(c, 28) * 3 }, px(c, 28), 3, 7);
        draw_cut_words(a, &l, a->panel.x + px(c, 24), y + px(c, 140), a->panel.w - px(c, 24));
    }
    dl_restore(c->dl);
    dl_leave(c->dl);
}

/* With reduced motion nothing moves in: a column that joins has joined. */
static double rest_pose(const struct decode *d, double now)
{
    int step = step_at(d, now);
    double joined = progress(d, step, APPEND, now);
    return joined > 0 && joined < 1 ? beat_end(d, step, APPEND) + 1e-9 : now;
}

static void decode_draw(const void *sim, double now, struct canvas *c)
{
    const struct decode *d = sim;
    struct attention a;
    attention_layout(&a, c, d->trace, d->head.seen);
    struct pose p = pose_at(d, c->reduced ? rest_pose(d, now) : now);
    struct sentence words = words_of(&p);
    double count = p.row + p.at[FEED], stays = 1 - p.at[SETTLE];
    attention_bands(&a);
    attention_blocks(&a);
    draw_panel(&a, &p, d->folds && p.before ? p.lead[PANEL] : 1);
    draw_columns(&a, &p, count);
    if (d->folds && p.before) prefill_leftovers(&a, 1 - p.lead[LEAVE]);
    draw_paths(&a, &p, count, stays);
    draw_scores(&a, d, &p, count, stays);
    for (int i = 0; i <= p.row; i++)
        attention_label(&a, i, count,
                        (struct label_look){ p.row, i == p.row ? p.at[APPEND] : 1, p.at[APPEND] * stays });
    const char *line = d->folds && p.before && p.lead[KEEP] < 0.5 ? prefill_band_line(&a)
                       : a.turned && p.row >= 1000                ? "{cache.kept}" /* turned frames have less room */
                                                                  : "{cache.kept} kept";
    for (int band = BAND_KEY; band <= BAND_VALUE; band++)
        attention_band_label(&a, (enum band)band, line, a.turned ? "+ {cache.new}" : "+ {cache.new} new",
                             p.at[APPEND] * stays);
    attention_sentence(&a, words);
    draw_input(&a, &p, words, stays);
}

static const char *decode_provenance(const void *sim) { return ((const struct decode *)sim)->provenance; }

static const char *decode_state(const void *sim, double now)
{
    (void)sim;
    (void)now;
    return "decode step {step}";
}

const struct view view_decode = {
    .name = "decode",
    .summary = "one token at a time: its query reads the kept keys and values, its own K and V join them",
    .rail = "Decode",
    .needs_trace = true,
    .rows = rows,
    .options_size = sizeof(struct decode_options),
    .open = decode_open,
    .close = decode_close,
    .moments = decode_moments,
    .rests = decode_rests,
    .facts = decode_facts,
    .draw = decode_draw,
    .provenance = decode_provenance,
    .state = decode_state,
};
