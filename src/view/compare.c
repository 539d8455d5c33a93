/* The compare view. A row is a pass through the model, a column is a position of the text. Without a cache each pass
 * computes every position so far again; with one it computes the new ones and reads the rest.
 *
 * The counts come from one of three places. Measured while the scene's model ran both ways: read token by token, row s
 * has s + 1 tokens; or read as passes, row 0 is the prompt's pass and row s decode step s. Or by formula, for a shape
 * in the catalog: row s is the step that has s + 1 tokens, from one token on, and lm_count_formula() counts a GPT-2 of
 * that shape. 16 steps of GPT-2 (124M): 136 token passes against 16, and 12,183,711,744 multiply-adds against
 * 1,979,019,264, 6.2 times as many (the vocabulary layer is paid once a step on both sides).
 *
 * A row appears at once, never cell by cell: within a pass all positions are computed together. A pass counts from the
 * moment at which its row appears.
 */
#include "view/compare.h"
#include "base/suggest.h"
#include "sim/catalog.h"
#include "view/attention.h"
#include "view/compare_draw.h"

#include <string.h>

enum { MOST_COLUMNS = 512, MOST_STEPS = 64, SHAPE_STEPS = 16, SLOW_ROWS = 3 };
static const double LEAD_IN = 0.5, LEAST_BEAT = 0.26, QUICKER = 0.74, LAST_REST = 1.6;

/* --- options --- */

static const char *const reads[] = { "tokens", "passes", NULL };

static const struct row compare_rows[] = {
    ROW_TEXT(struct compare_options, shape, "shape", .optional = true,
             .help = "Model of the catalog whose shape is counted, from one token on; without it the scene's run is "
                     "shown as measured, or gpt2-124m where the scene has none.",
             .example = "\"gpt2-124m\""),
    ROW_CHOICE(struct compare_options, read, "read", .def = "tokens", .choices = reads,
               .help = "How the scene's run is read: one token at a time from the first on (at most 24 of them), or as "
                       "it really ran, the prompt in one pass and then decode steps."),
    ROW_INT(struct compare_options, steps, "steps", .def = "0", .min = 0, .max = MOST_STEPS,
            .help = "Rows of the triangles; 0 shows the whole run, or 16 steps of a shape."),
    ROW_REAL(struct compare_options, pace, "seconds_per_row", .def = "0.9", .min = 0.05, .max = 10, .unit = "seconds",
             .help = "Time of each of the first rows; later ones come faster."),
    ROW_END
};

/* --- opening --- */

static void add_counts(struct count *sum, const struct lm_count *c)
{
    sum->passes += c->token_passes;
    sum->adds += lm_count_total(c);
    sum->bytes += lm_bytes_total(&c->bytes);
}

static void rows_of_trace(struct compare *k, const struct trace *t)
{
    struct count with = { 0 }, without = { 0 };
    k->shape = t->shape;
    for (int s = 0; s < k->n_rows; s++) {
        int before = s ? t->passes[s - 1].tokens : 0;
        add_counts(&with, &t->passes[s].with_cache);
        add_counts(&without, &t->passes[s].without_cache);
        k->rows[s] = (struct row_of){ t->passes[s].tokens, t->passes[s].tokens - before, 0, with, without };
    }
}

static void rows_of_growth(struct compare *k, const struct trace *t)
{
    struct count with = { 0 }, without = { 0 };
    k->shape = t->shape;
    for (int s = 0; s < k->n_rows; s++) {
        add_counts(&with, &t->growth[s].with_cache);
        add_counts(&without, &t->growth[s].without_cache);
        k->rows[s] = (struct row_of){ s + 1, 1, 0, with, without };
    }
}

static void rows_of_shape(struct compare *k)
{
    struct count with = { 0 }, without = { 0 };
    for (int s = 0; s < k->n_rows; s++) {
        struct lm_count one = lm_count_formula(k->shape, s, 1), all = lm_count_formula(k->shape, 0, s + 1);
        add_counts(&with, &one);
        add_counts(&without, &all);
        k->rows[s] = (struct row_of){ s + 1, 1, 0, with, without };
    }
}

/* The facts' formulas are those of plain blocks: as many KV heads as heads, and an MLP of two matrices, four times as
 * wide. */
static bool is_plain(const struct model *m)
{
    return m->attention == ATTENTION_MHA && m->kv_heads == m->heads && m->heads * m->head_dim == m->hidden &&
           m->intermediate == 4 * m->hidden && m->layers > 0 && m->vocab > 0 && m->hidden < 1 << 20;
}

static const struct model *find_shape(const char *id, const struct view_env *env)
{
    const struct model *m = catalog_model(env->catalog, id);
    if (m && is_plain(m)) return m;
    if (m) {
        diag(env->diags, env->file, env->line,
             "shape \"%s\" has grouped KV heads or a gated MLP, which this view's formulas do not count; write a model "
             "of plain blocks such as \"gpt2-124m\".",
             id);
        return NULL;
    }
    g_autofree const char **ids = catalog_model_ids(env->catalog);
    const char *near = suggest(id, ids);
    diag(env->diags, env->file, env->line, "shape \"%s\" is not in the catalog%s%s%s; `kvreel list models` names all.",
         id, near ? "; did you mean \"" : "", near ? near : "", near ? "\"" : "");
    return NULL;
}

/* When each row appears: the first ones slowly, then faster and faster, then steadily. */
static void set_clock(struct compare *k, double pace)
{
    double t = LEAD_IN, beat = pace;
    for (int s = 0; s < k->n_rows; s++) {
        k->rows[s].at = t;
        t += beat;
        if (s + 1 >= SLOW_ROWS) beat = MAX(beat * QUICKER, MIN(LEAST_BEAT, pace));
    }
    k->length = k->rows[k->n_rows - 1].at + LAST_REST;
}

static void name_moments(struct compare *k)
{
    k->moments = g_new0(struct moment, k->n_rows + 2);
    for (int s = 0; s < k->n_rows; s++) {
        bool prefill = k->prefill && s == 0;
        char *name = prefill ? g_strdup("prefill") : g_strdup_printf("step %d", k->prefill ? s : s + 1);
        double shown = k->rows[s].at + COMPARE_ENTER;
        if (s + 1 < k->n_rows) shown = MIN(shown, k->rows[s + 1].at - 0.01);
        k->moments[k->n_moments++] =
            (struct moment){ name, shown, prefill ? "the prompt's pass" : "the row of this step" };
    }
    k->moments[k->n_moments++] =
        (struct moment){ g_strdup("half"), k->moments[(k->n_rows - 1) / 2].at, "half of the rows" };
    k->moments[k->n_moments++] = (struct moment){ g_strdup("all"), k->length, "all rows" };
}

static void compare_close(void *sim)
{
    struct compare *k = sim;
    if (!k) return;
    for (int i = 0; i < k->n_moments; i++) g_free((char *)k->moments[i].name);
    g_free(k->moments);
    g_strfreev(k->labels);
    g_free(k->rows);
    g_free(k->run_source);
    g_free(k);
}

static void take_labels(struct compare *k, const struct trace *t)
{
    if (!t || t->n_tokens + 1 < k->columns) return;
    k->labels = g_new0(char *, k->columns + 1);
    for (int i = 0; i < k->columns; i++) k->labels[i] = g_strdup(t->tokens[i].text);
}

static bool open_trace(struct compare *k, const struct compare_options *o, const struct view_env *env)
{
    const struct trace *t = k->trace = env->trace;
    k->measured = true;
    k->prefill = o->read == COMPARE_PASSES;
    int most = k->prefill ? t->n_passes : t->n_growth;
    k->n_rows = o->steps ? (int)MIN(o->steps, most) : most;
    k->rows = g_new0(struct row_of, k->n_rows);
    if (k->prefill) rows_of_trace(k, t);
    else rows_of_growth(k, t);
    k->columns = k->rows[k->n_rows - 1].tokens;
    if (k->columns > MOST_COLUMNS) {
        diag(env->diags, env->file, env->line,
             "the run has %d tokens, more than this view can show; write a shorter prompt, or a `shape` and its "
             "`steps` (at most %d tokens).",
             k->columns, MOST_COLUMNS);
        return false;
    }
    k->text_tokens = t->n_tokens;
    if (!t->counted)
        k->provenance = k->prefill ? "counted on the {cost.model} shape: {cost.layers} layers, width {cost.width}"
                                   : "read token by token · counted on the {cost.model} shape: {cost.layers} layers, width {cost.width}";
    else k->provenance = k->prefill ? "counted while {cost.model} ran: {cost.layers} layers, width {cost.width}"
                               : "read token by token · counted while {cost.model} ran: {cost.layers} layers, width {cost.width}";
    k->model = t->model_name;
    k->run_source = g_strdup_printf(t->counted ? "counted multiply by multiply while %s ran both ways"
                                               : "closed form of the shape of %s: its trace has no counts", t->model_name);
    return true;
}

static bool open_shape(struct compare *k, const struct compare_options *o, const struct view_env *env)
{
    const struct model *m = find_shape(o->shape ? o->shape : "gpt2-124m", env);
    if (!m) return false;
    k->n_rows = o->steps ? (int)o->steps : SHAPE_STEPS;
    k->rows = g_new0(struct row_of, k->n_rows);
    k->columns = k->text_tokens = k->n_rows;
    k->shape = (struct lm_shape){ .layers = (int)m->layers, .heads = (int)m->heads, .kv_heads = (int)m->heads,
                                   .width = (int)m->hidden, .head_dim = (int)m->head_dim, .inner = 4 * (int)m->hidden,
                                   .vocab = (int)m->vocab, .max_tokens = (int)m->max_context, .params = m->params_total };
    rows_of_shape(k);
    k->provenance = "read token by token · counted on the {cost.model} shape: {cost.layers} layers, width {cost.width}";
    k->model = m->name;
    k->shape_id = m->id;
    k->shape_source = m->source ? m->source : "no source given";
    return true;
}

static void *compare_open(const void *options, const struct view_env *env, double *length)
{
    const struct compare_options *o = options;
    struct compare *k = g_new0(struct compare, 1);
    bool has_shape = o->shape && *o->shape;
    if (!(env->trace && !has_shape ? open_trace(k, o, env) : open_shape(k, o, env))) {
        compare_close(k);
        return NULL;
    }
    take_labels(k, env->trace);
    set_clock(k, o->pace);
    name_moments(k);
    bool decoded = env->follows_on && env->trace && env->before && !strcmp(env->before->name, "decode");
    for (int r = 0; decoded && r < k->n_rows; r++)
        if (k->rows[r].tokens == env->trace->n_tokens) k->follows = true, k->strip_row = r;
    *length = k->length;
    return k;
}

static const struct moment *compare_moments(const void *sim, int *count)
{
    *count = ((const struct compare *)sim)->n_moments;
    return ((const struct compare *)sim)->moments;
}

/* --- facts --- */

int compare_row_at(const struct compare *k, double now)
{
    int s = k->n_rows - 1;
    while (s >= 0 && now < k->rows[s].at) s--;
    return s;
}

/* Both counts of a moment, and how they compare. */
static void put_counts(const struct compare *k, struct facts *f, const char *const ids[4], struct count with,
                       struct count without, const int *shape)
{
    const char *run = k->run_source;
    int a, b, p, q, steps = shape[0], layers = shape[1], width = shape[2], vocab = shape[3];
    if (k->measured) {
        a = facts_leaf(f, ids[0], without.passes, UNIT_COUNT, run);
        b = facts_leaf(f, ids[1], with.passes, UNIT_COUNT, run);
        p = facts_leaf(f, ids[2], without.adds, UNIT_COUNT, run);
        q = facts_leaf(f, ids[3], with.adds, UNIT_COUNT, run);
    } else {
        a = facts_int(f, ids[0], without.passes, UNIT_COUNT, "[steps] × ([steps] + 1) ÷ 2; each step computes all tokens so far",
                      FACTS(steps, steps));
        b = facts_int(f, ids[1], with.passes, UNIT_COUNT, "[steps]; one token each", FACTS(steps));
        p = facts_int(f, ids[2], without.adds, UNIT_COUNT,
                      "6 × [layers] × [width]² × [steps] × ([steps] + 1)"
                      " + [layers] × [width] × [steps] × ([steps] + 1) × ([steps] + 2) ÷ 3"
                      " + [steps] × [vocabulary] × [width]; matrices, scores and mixes, and the vocabulary layer once a"
                      " step",
                      FACTS(layers, width, steps, steps, layers, width, steps, steps, steps, steps, vocab, width));
        q = facts_int(f, ids[3], with.adds, UNIT_COUNT,
                      "12 × [layers] × [width]² × [steps] + [layers] × [width] × [steps] × ([steps] + 1)"
                      " + [steps] × [vocabulary] × [width]; matrices, scores and mixes, and the vocabulary layer once a"
                      " step",
                      FACTS(layers, width, steps, layers, width, steps, steps, steps, vocab, width));
    }
    if (strcmp(ids[0], "cost.passes_without")) return;
    int again = facts_int(f, "cost.again", without.passes - with.passes, UNIT_COUNT,
                          "[token passes without a cache] − [with one]", FACTS(a, b));
    facts_int(f, "cost.read", without.passes - with.passes, UNIT_COUNT,
              "[positions computed again without a cache]; these are read from it", FACTS(again));
    if (!with.passes) {
        facts_unknown(f, "cost.passes_ratio", UNIT_RATIO, "nothing has been computed yet");
        facts_unknown(f, "cost.adds_ratio", UNIT_RATIO, "nothing has been computed yet");
        return;
    }
    facts_real(f, "cost.passes_ratio", (double)without.passes / (double)with.passes, UNIT_RATIO,
               "[token passes without a cache] ÷ [with one]", FACTS(a, b));
    facts_real(f, "cost.adds_ratio", (double)without.adds / (double)with.adds, UNIT_RATIO,
               "[multiply-adds without a cache] ÷ [with one]", FACTS(p, q));
}

/* Bytes of memory that the passes touch; a trace file may hold none. */
static void put_bytes(const struct compare *k, struct facts *f, const char *const ids[3], struct count with,
                      struct count without)
{
    static const char closed[] = "closed form: each matrix once a pass, K and V entries as they are written and read; 4 bytes "
                                 "a number";
    const char *source = k->measured ? k->run_source : closed;
    if (!k->rows[k->n_rows - 1].with.bytes) return;
    int a = facts_leaf(f, ids[0], without.bytes, UNIT_BYTES, source);
    int b = facts_leaf(f, ids[1], with.bytes, UNIT_BYTES, source);
    if (!with.bytes) facts_unknown(f, ids[2], UNIT_RATIO, "nothing has been computed yet");
    else
        facts_real(f, ids[2], (double)without.bytes / (double)with.bytes, UNIT_RATIO,
                   "[bytes touched without a cache] ÷ [with one]", FACTS(a, b));
}

/* Where a number of the shape was read: its key in the catalog, or where the run has it. */
static const char *shape_key(const struct compare *k, struct facts *f, const char *key, enum shape_number number)
{
    if (k->trace) return attention_shape_source(k->trace, f, number);
    g_autofree char *text = g_strdup_printf("model %s, %s: %s", k->shape_id, key, k->shape_source);
    return facts_word(f, text);
}

static void compare_facts(const void *sim, double now, struct facts *f)
{
    static const char *const current[] = { "cost.passes_without", "cost.passes_with", "cost.adds_without",
                                           "cost.adds_with" };
    static const char *const end[] = { "cost.all_passes_without", "cost.all_passes_with", "cost.all_adds_without",
                                       "cost.all_adds_with" };
    const struct compare *k = sim;
    int s = compare_row_at(k, now);
    struct row_of none = { 0 }, last = k->rows[k->n_rows - 1], at = s < 0 ? none : k->rows[s];
    const char *from = "counted: rows of this picture", *now_from = "counted: rows that have appeared at this moment";
    int prefill = k->prefill ? 1 : 0; /* row 0 is no step */
    bool file = k->trace && k->trace->file;
    int step = facts_leaf(f, "cost.step", MAX(s + 1 - prefill, 0), UNIT_COUNT, now_from);
    int steps = facts_leaf(f, "cost.steps", k->n_rows - prefill, UNIT_COUNT, from);
    facts_leaf(f, "cost.text_tokens", k->text_tokens, UNIT_COUNT,
               file ? "trace file: ids, less the last"
               : k->trace ? "counted: tokens of run.prompt and of the steps after it" : from);
    facts_leaf(f, "cost.tokens", at.tokens, UNIT_COUNT, "counted: tokens of the row of this moment");
    if (k->prefill)
        facts_leaf(f, "cost.prompt", k->rows[0].tokens, UNIT_COUNT,
                   file ? "trace file: n_prompt" : "counted: tokens of run.prompt in the scene file");
    facts_leaf_word(f, "cost.model", k->model,
                    file ? "trace file: model.name" : k->trace ? "scene file: run.model" : "scene file: shape");
    int layers = facts_leaf(f, "cost.layers", k->shape.layers, UNIT_COUNT, shape_key(k, f, "layers", SHAPE_LAYERS));
    int width = facts_leaf(f, "cost.width", k->shape.width, UNIT_COUNT, shape_key(k, f, "hidden", SHAPE_WIDTH));
    int vocab = facts_leaf(f, "cost.vocab", k->shape.vocab, UNIT_COUNT, shape_key(k, f, "vocab", SHAPE_VOCABULARY));
    put_counts(k, f, current, at.with, at.without, (const int[]){ step, layers, width, vocab });
    put_counts(k, f, end, last.with, last.without, (const int[]){ steps, layers, width, vocab });
    static const char *const bytes[] = { "cost.bytes_without", "cost.bytes_with", "cost.bytes_ratio" },
                      *const all_bytes[] = { "cost.all_bytes_without", "cost.all_bytes_with", "cost.all_bytes_ratio" };
    put_bytes(k, f, bytes, at.with, at.without);
    put_bytes(k, f, all_bytes, last.with, last.without);
    int a = facts_find(f, "cost.all_passes_without"), b = facts_find(f, "cost.all_passes_with");
    int p = facts_find(f, "cost.all_adds_without"), q = facts_find(f, "cost.all_adds_with");
    facts_real(f, "cost.all_passes_ratio", (double)last.without.passes / (double)last.with.passes, UNIT_RATIO,
               "[token passes without a cache] ÷ [with one]", FACTS(a, b));
    facts_real(f, "cost.all_adds_ratio", (double)last.without.adds / (double)last.with.adds, UNIT_RATIO,
               "[multiply-adds without a cache] ÷ [with one]", FACTS(p, q));
}

static const char *compare_provenance(const void *sim) { return ((const struct compare *)sim)->provenance; }

static const char *compare_state(const void *sim, double now)
{
    const struct compare *k = sim;
    int row = compare_row_at(k, now);
    if (row < 0) return "";
    if (k->prefill && row == 0) return "prefill: {cost.prompt} tokens at once";
    if (k->prefill) return "decode step {cost.step} of {cost.steps}";
    return k->text_tokens > k->n_rows
               ? "step {cost.step} of {cost.steps} · the first {cost.steps} of {cost.text_tokens} tokens"
               : "step {cost.step} of {cost.steps}";
}

const struct view view_compare = {
    .name = "compare",
    .summary = "the same text with and without a cache, row by row: what is computed again, and what it costs",
    .rail = "Cost",
    .uses_trace = true,
    .rows = compare_rows,
    .options_size = sizeof(struct compare_options),
    .open = compare_open,
    .close = compare_close,
    .moments = compare_moments,
    .facts = compare_facts,
    .draw = compare_draw,
    .provenance = compare_provenance,
    .state = compare_state,
};
