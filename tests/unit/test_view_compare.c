/* The compare view: counts against their closed forms and against the cells that are drawn, identities, and mistakes.
 */
#include "base/diag.h"
#include "dl/hash.h"
#include "sim/catalog.h"
#include "lm/trace.h"
#include "view/compare.h"

#include <math.h>
#include <string.h>

static struct style style;

static void make_style(void)
{
    uint8_t n = 1;
#define X(role) style.role = (struct rgba){ n, (uint8_t)(255 - n), 7, 255 }, n++;
    STYLE_ROLES(X)
#undef X
}

static struct model models[] = {
    { .id = "gpt2-124m",
      .name = "GPT-2 (124M)",
      .params_total = 124439808,
      .layers = 12,
      .hidden = 768,
      .heads = 12,
      .kv_heads = 12,
      .head_dim = 64,
      .intermediate = 3072,
      .vocab = 50257,
      .max_context = 1024,
      .source = "config.json" },
    { .id = "grouped",
      .name = "Grouped",
      .params_total = 1,
      .layers = 2,
      .hidden = 64,
      .heads = 4,
      .kv_heads = 2,
      .head_dim = 16,
      .intermediate = 256,
      .vocab = 10,
      .attention = ATTENTION_GQA,
      .source = "made up" },
};
static const struct catalog catalog = { models, G_N_ELEMENTS(models), NULL, 0 };

static struct trace *make_trace(int n_prompt, int steps)
{
    struct trace *t = g_new0(struct trace, 1);
    t->shape = (struct lm_shape){ 4, 4, 4, 128, 32, 512, 601, 1024, LM_GPT2, 900000 };
    t->model_name = "tale";
    t->n_prompt = n_prompt, t->n_tokens = n_prompt + steps, t->n_passes = steps + 1;
    t->tokens = g_new0(struct trace_token, t->n_tokens + 1);
    for (int i = 0; i <= t->n_tokens; i++) t->tokens[i].text = i % 3 ? "counterrevolutionary" : "a";
    t->passes = g_new0(struct trace_pass, t->n_passes);
    for (int s = 0; s < t->n_passes; s++) {
        t->passes[s].tokens = n_prompt + s;
        t->passes[s].without_cache = lm_count_formula(t->shape, 0, n_prompt + s);
        t->passes[s].with_cache = s ? lm_count_formula(t->shape, n_prompt + s - 1, 1) : t->passes[s].without_cache;
    }
    t->n_growth = MIN(t->n_tokens, TRACE_GROWTH);
    for (int i = 0; i < t->n_growth; i++) {
        t->growth[i].with_cache = lm_count_formula(t->shape, i, 1);
        t->growth[i].without_cache = lm_count_formula(t->shape, 0, i + 1);
    }
    return t;
}

struct play { struct trace *trace; void *sim; double length; struct facts *book; struct dl *dl; struct diags *diags; };

static struct play play_open(struct compare_options o, struct trace *trace, const struct view *before)
{
    struct play p = { .trace = trace, .book = facts_new(), .dl = dl_new(), .diags = diags_new() };
    struct view_env env = { .trace = trace, .catalog = &catalog, .diags = p.diags, .file = "walk.cfg", .line = 7,
                            .before = before, .follows_on = before != NULL };
    if (!o.pace) o.pace = 0.9;
    p.sim = view_compare.open(&o, &env, &p.length);
    return p;
}

static void play_close(struct play *p)
{
    view_compare.close(p->sim);
    facts_free(p->book);
    dl_free(p->dl);
    diags_free(p->diags);
    if (p->trace) g_free(p->trace->tokens), g_free(p->trace->passes), g_free(p->trace);
}

static double moment_at(const struct play *p, const char *name)
{
    int n;
    const struct moment *m = view_compare.moments(p->sim, &n);
    for (int i = 0; i < n; i++)
        if (!strcmp(m[i].name, name)) return m[i].at;
    g_error("no moment \"%s\"", name);
}

static const struct fact *fact_at(struct play *p, double now, const char *id)
{
    facts_reset(p->book);
    view_compare.facts(p->sim, now, p->book);
    int i = facts_find(p->book, id);
    g_assert_cmpint(i, >=, 0);
    return facts_at(p->book, i);
}

static void draw(struct play *p, struct dl *dl, double now, int width, int height)
{
    struct canvas c = { .dl = dl, .style = &style, .facts = p->book };
    canvas_set_size(&c, width, height);
    facts_reset(p->book);
    view_compare.facts(p->sim, now, p->book);
    dl_begin(dl, width, height, style.bg, p->book, &measurer_fake);
    view_compare.draw(p->sim, now, &c);
}

/* 16 steps of GPT-2 (124M): the sums written out in the design. */
static void test_shape_numbers(void)
{
    struct play p = play_open((struct compare_options){ .shape = "gpt2-124m", .steps = 16 }, NULL, NULL);
    g_assert_nonnull(p.sim);
    double at = moment_at(&p, "all");
    g_assert_cmpint(fact_at(&p, at, "cost.passes_without")->i, ==, 136);
    g_assert_cmpint(fact_at(&p, at, "cost.passes_with")->i, ==, 16);
    g_assert_cmpfloat(fact_at(&p, at, "cost.passes_ratio")->r, ==, 8.5);
    g_assert_cmpint(fact_at(&p, at, "cost.adds_without")->i, ==, 12183711744);
    g_assert_cmpint(fact_at(&p, at, "cost.adds_with")->i, ==, 1979019264);
    g_assert_cmpfloat_with_epsilon(fact_at(&p, at, "cost.adds_ratio")->r, 6.2, 0.05);
    g_assert_cmpint(fact_at(&p, 0, "cost.passes_without")->i, ==, 0);
    g_assert_cmpint(fact_at(&p, 0, "cost.passes_ratio")->kind, ==, FACT_UNKNOWN);
    g_assert_cmpint(fact_at(&p, 0, "cost.all_passes_without")->i, ==, 136);
    play_close(&p);
}

/* At every moment the counters are those of a whole number of steps, by the closed forms. */
static void test_never_untrue(void)
{
    struct play p = play_open((struct compare_options){ .shape = "gpt2-124m", .steps = 20 }, NULL, NULL);
    int64_t before = 0;
    for (double t = 0; t <= p.length; t += 0.05) {
        int64_t s = fact_at(&p, t, "cost.step")->i;
        g_assert_cmpint(s, >=, before);
        g_assert_cmpint(s, <=, before + 1);
        g_assert_cmpint(fact_at(&p, t, "cost.passes_without")->i, ==, s * (s + 1) / 2);
        g_assert_cmpint(fact_at(&p, t, "cost.passes_with")->i, ==, s);
        g_assert_cmpint(fact_at(&p, t, "cost.again")->i, ==, s * (s - 1) / 2);
        before = s;
    }
    g_assert_cmpint(before, ==, 20);
    play_close(&p);
}

/* The scene's run: 5 prompt tokens at once, then 6 steps. 5 + 6 + ... + 11 = 56 token passes against 11. */
static void test_run_numbers(void)
{
    struct play p = play_open((struct compare_options){ .read = COMPARE_PASSES }, make_trace(5, 6), NULL);
    double at = moment_at(&p, "prefill");
    g_assert_cmpint(fact_at(&p, at, "cost.passes_without")->i, ==, 5);
    g_assert_cmpint(fact_at(&p, at, "cost.passes_with")->i, ==, 5);
    g_assert_cmpint(fact_at(&p, at, "cost.step")->i, ==, 0);
    g_assert_cmpstr(view_compare.state(p.sim, at), ==, "prefill: {cost.prompt} tokens at once");
    at = moment_at(&p, "step 6");
    g_assert_cmpint(fact_at(&p, at, "cost.passes_without")->i, ==, 56);
    g_assert_cmpint(fact_at(&p, at, "cost.passes_with")->i, ==, 11);
    g_assert_cmpint(fact_at(&p, at, "cost.steps")->i, ==, 6);
    g_assert_cmpstr(fact_at(&p, at, "cost.model")->source, ==, "scene file: run.model");
    p.trace->file = "run.safetensors"; /* a run that was kept has no prompt or model in the scene */
    g_assert_cmpstr(fact_at(&p, at, "cost.model")->source, ==, "trace file: model.name");
    g_assert_cmpstr(fact_at(&p, at, "cost.prompt")->source, ==, "trace file: n_prompt");
    g_assert_cmpstr(fact_at(&p, at, "cost.text_tokens")->source, ==, "trace file: ids, less the last");
    g_assert_cmpstr(fact_at(&p, at, "cost.layers")->source, ==, "trace file: shape of q");
    p.trace->file = NULL;
    int64_t with = 0, without = 0;
    for (int s = 0; s < 7; s++) {
        with += lm_count_total(&p.trace->passes[s].with_cache);
        without += lm_count_total(&p.trace->passes[s].without_cache);
    }
    g_assert_cmpint(fact_at(&p, at, "cost.adds_with")->i, ==, with);
    g_assert_cmpint(fact_at(&p, at, "cost.adds_without")->i, ==, without);
    g_assert_nonnull(strstr(fact_at(&p, at, "cost.adds_without")->source, "tale"));
    play_close(&p);
}

static int cells_of(const struct dl *dl, const char *scope, struct rgba color)
{
    int n = 0;
    for (guint i = 0; i < dl->ops->len; i++) {
        const struct dl_op *op = dl_op_at(dl, i);
        if (strncmp(dl_string(dl, op->name), scope, strlen(scope))) continue;
        if (op->kind == DL_RECT && color_equal(op->rect.fill, color)) n++;
        for (int k = 0; op->kind == DL_HEAT && k < op->heat.rows * op->heat.cols; k++)
            n += color_equal(dl_heat_cell(dl, &op->heat, k % op->heat.cols, k / op->heat.cols), color);
    }
    return n;
}

/* What the eye counts is what the counters say.
 */
/* Read token by token, a run of 11 tokens is a triangle of 11 rows: 66 passes without a cache, 11 with one. */
static void test_run_token_by_token(void)
{
    struct play p = play_open((struct compare_options){ 0 }, make_trace(5, 6), NULL);
    view_compare.facts(p.sim, p.length, p.book);
    g_assert_cmpint(facts_at(p.book, facts_find(p.book, "cost.passes_without"))->i, ==, 66);
    g_assert_cmpint(facts_at(p.book, facts_find(p.book, "cost.passes_with"))->i, ==, 11);
    g_assert_cmpint(facts_at(p.book, facts_find(p.book, "cost.steps"))->i, ==, 11);
    g_assert_nonnull(facts_at(p.book, facts_find(p.book, "cost.adds_with"))->source);
    g_assert_cmpstr(view_compare.state(p.sim, p.length), ==, "step {cost.step} of {cost.steps}");
    play_close(&p);
}

/* Of a longer text, token by token, the state says which part is shown. */
static void test_longer_text(void)
{
    struct play p = play_open((struct compare_options){ 0 }, make_trace(40, 3), NULL);
    g_assert_cmpint(fact_at(&p, p.length, "cost.text_tokens")->i, ==, 43);
    g_assert_cmpint(fact_at(&p, p.length, "cost.steps")->i, ==, TRACE_GROWTH);
    g_autofree char *state = template_expand(view_compare.state(p.sim, p.length), p.book);
    g_assert_cmpstr(state, ==, "step 24 of 24 · the first 24 of 43 tokens");
    play_close(&p);
    p = play_open((struct compare_options){ .shape = "gpt2-124m" }, NULL, NULL);
    g_assert_cmpint(fact_at(&p, 0, "cost.text_tokens")->i, ==, 16);
    play_close(&p);
}

/* The right triangle's outline ends at the stage's right edge. */
static void test_right_margin(void)
{
    struct play p = play_open((struct compare_options){ .shape = "gpt2-124m" }, NULL, NULL);
    struct canvas c = { .width = 0 };
    double end = 0;
    draw(&p, p.dl, p.length, 1920, 1080);
    canvas_set_size(&c, 1920, 1080);
    for (guint i = 0; i < p.dl->ops->len; i++) end = MAX(end, box_right(dl_op_at(p.dl, i)->box));
    g_assert_cmpfloat_with_epsilon(end, box_right(c.stage), 4);
    play_close(&p);
}

static void test_cells_are_passes(void)
{
    static const int sizes[][2] = { { 1920, 1080 }, { 1080, 1080 }, { 1080, 1920 }, { 640, 360 } };
    struct play p = play_open((struct compare_options){ .read = COMPARE_PASSES }, make_trace(5, 6), NULL);
    struct rgba dim = color_mix(style.bg, style.recomputed, 0.8);
    for (size_t s = 0; s < G_N_ELEMENTS(sizes); s++) {
        draw(&p, p.dl, moment_at(&p, "step 6"), sizes[s][0], sizes[s][1]);
        g_assert_cmpint(cells_of(p.dl, "without", style.new_fill), ==, 11);
        g_assert_cmpint(cells_of(p.dl, "without", style.recomputed), ==, 10);
        g_assert_cmpint(cells_of(p.dl, "without", dim), ==, 35);
        g_assert_cmpint(cells_of(p.dl, "cell", style.new_fill), ==, 11);
        g_assert_cmpint(cells_of(p.dl, "cell", style.chip), ==, 45);
    }
    play_close(&p);
}

/* A cell of the side with a cache has the identity that the attention views give to the same query and key. */
static void test_identity(void)
{
    struct play p = play_open((struct compare_options){ .read = COMPARE_PASSES }, make_trace(5, 6), NULL);
    struct dl *strip = dl_new();
    draw(&p, p.dl, p.length, 1920, 1080);
    dl_begin(strip, 1920, 1080, style.bg, NULL, &measurer_fake);
    dl_enter(strip, "row", 9);
    dl_enter(strip, "cell", 4);
    dl_rect(strip, ((struct box){ 0, 0, 9, 9 }), .fill = style.new_fill);
    const struct dl_op *want = dl_op_at(strip, 0), *found = NULL;
    for (guint i = 0; i < p.dl->ops->len; i++)
        if (dl_op_at(p.dl, i)->key == want->key) found = dl_op_at(p.dl, i);
    g_assert_nonnull(found);
    g_assert_cmpint(found->kind, ==, DL_RECT);
    dl_free(strip);
    play_close(&p);
}

/* After the decode view, its last row is there at once, so that the strip has a place to fly to; then it leaves. */
static void test_follows_decode(void)
{
    static const struct view decode = { .name = "decode" };
    struct play p = play_open((struct compare_options){ .read = COMPARE_PASSES }, make_trace(5, 6), &decode);
    draw(&p, p.dl, 0, 1920, 1080);
    g_assert_cmpint(cells_of(p.dl, "cell", style.new_fill), ==, 1);
    g_assert_cmpint(cells_of(p.dl, "cell", style.chip), ==, 10);
    /* While it is there nothing is counted; the first numbers come with the first row, of the prompt's five. */
    for (double t = 0; t < 0.8; t += 0.011) {
        int numbers = 0, cells = 0;
        draw(&p, p.dl, t, 1920, 1080);
        for (guint i = 0; i < p.dl->ops->len; i++) {
            const struct dl_op *op = dl_op_at(p.dl, i);
            cells += g_str_has_prefix(dl_string(p.dl, op->name), "cell");
            numbers += op->kind == DL_TEXT && op->text.fact >= 0 && g_str_has_prefix(facts_at(p.book, op->text.fact)->id, "cost.");
        }
        g_assert_cmpint(numbers > 0, ==, t >= 0.5);
        if (numbers) g_assert_cmpint(cells, ==, 5);
    }
    play_close(&p);
    p = play_open((struct compare_options){ .read = COMPARE_PASSES }, make_trace(5, 6), NULL);
    draw(&p, p.dl, 0, 1920, 1080);
    g_assert_cmpint(cells_of(p.dl, "cell", style.chip), ==, 0);
    play_close(&p);
}

static void test_plans(void)
{
    static const int sizes[][2] = { { 1920, 1080 }, { 1280, 720 },  { 3840, 2160 },
                                    { 1080, 1080 }, { 1080, 1920 }, { 640, 360 } };
    static const int runs[][2] = { { 1, 0 }, { 1, 15 }, { 8, 12 }, { 40, 3 }, { 200, 40 } };
    for (size_t r = 0; r < G_N_ELEMENTS(runs); r++)
        for (size_t s = 0; s < G_N_ELEMENTS(sizes); s++) {
            struct play p = play_open((struct compare_options){ 0 }, make_trace(runs[r][0], runs[r][1]), NULL);
            struct dl *cold = dl_new();
            for (double t = 0; t <= p.length; t += p.length / 6) {
                draw(&p, p.dl, t, sizes[s][0], sizes[s][1]);
                draw(&p, cold, t, sizes[s][0], sizes[s][1]);
                g_assert_true(dl_equal(p.dl, cold));
                for (guint i = 0; i < p.dl->ops->len; i++) {
                    const struct dl_op *op = dl_op_at(p.dl, i);
                    g_assert_cmpfloat(op->box.x, >=, 0);
                    g_assert_cmpfloat(box_right(op->box), <=, sizes[s][0]);
                    g_assert_cmpfloat(box_bottom(op->box), <=, sizes[s][1]);
                    g_assert_true(op->kind != DL_RECT || (isfinite(op->rect.box.x) && isfinite(op->rect.box.w)));
                }
            }
            dl_free(cold);
            play_close(&p);
        }
}

static void expect_mistake(struct compare_options o, struct trace *trace, const char *part)
{
    struct play p = play_open(o, trace, NULL);
    g_assert_null(p.sim);
    const struct diag_item *item = diags_item(p.diags, 0);
    g_assert_cmpstr(item->file, ==, "walk.cfg");
    g_assert_cmpint(item->line, ==, 7);
    if (!strstr(item->text, part)) g_error("\"%s\" lacks \"%s\"", item->text, part);
    play_close(&p);
}

static void test_mistakes(void)
{
    expect_mistake((struct compare_options){ .shape = "gpt2-124" }, NULL,
                   "did you mean \"gpt2-124m\"; `kvreel list models`");
    expect_mistake((struct compare_options){ .shape = "grouped" }, NULL, "grouped KV heads");
    expect_mistake((struct compare_options){ .read = COMPARE_PASSES }, make_trace(600, 2), "602 tokens");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    make_style();
    g_test_add_func("/view/compare/shape", test_shape_numbers);
    g_test_add_func("/view/compare/never_untrue", test_never_untrue);
    g_test_add_func("/view/compare/run", test_run_numbers);
    g_test_add_func("/view/compare/run_token_by_token", test_run_token_by_token);
    g_test_add_func("/view/compare/longer_text", test_longer_text);
    g_test_add_func("/view/compare/right_margin", test_right_margin);
    g_test_add_func("/view/compare/cells", test_cells_are_passes);
    g_test_add_func("/view/compare/identity", test_identity);
    g_test_add_func("/view/compare/follows", test_follows_decode);
    g_test_add_func("/view/compare/plans", test_plans);
    g_test_add_func("/view/compare/mistakes", test_mistakes);
    return g_test_run();
}
