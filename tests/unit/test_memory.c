/* Device memory: the worked numbers of the boards, unknowns, the border of a full device, and golden books of facts.
 *
 * tests/facts/NAME.txt holds every fact of a sweep over contexts; KVREEL_GOLDEN=write writes them anew. The program
 * runs in the project's root.
 */
#include "sim/memory.h"

#include <string.h>

static const struct model llama_8b = {
    .id = "llama-3.1-8b", .name = "Llama-3.1-8B", .attention = ATTENTION_GQA, .params_total = 8030261248, .layers = 32,
    .heads = 32, .kv_heads = 8, .head_dim = 128, .max_context = 131072, .full_layers = 32,
    .source = "model_configs/meta-llama--Meta-Llama-3.1-8B_config.json" };
static const struct model deepseek_v3 = {
    .id = "deepseek-v3", .attention = ATTENTION_MLA, .params_total = 671026419200, .layers = 61, .heads = 128,
    .head_dim = 128, .kv_lora_rank = 512, .qk_rope_head_dim = 64, .max_context = 131072, .full_layers = 61,
    .source = "inference/configs/config_671B.json" };
static const struct model gpt_oss_20b = {
    .id = "gpt-oss-20b", .attention = ATTENTION_GQA, .params_total = 20914757184, .layers = 24, .heads = 64,
    .kv_heads = 8, .head_dim = 64, .max_context = 131072, .sliding_window = 128, .full_layers = 12,
    .windowed_layers = 12, .source = "model_configs/openai--gpt-oss-20b_config.json" };
static const struct model mistral_v01 = {
    .id = "mistral-7b-v0.1", .attention = ATTENTION_GQA, .params_total = 7241732096, .layers = 32, .heads = 32,
    .kv_heads = 8, .head_dim = 128, .max_context = 32768, .sliding_window = 4096, .windowed_layers = 32,
    .source = "litgpt/config.py" };
static const struct model qwen3_next = {
    .id = "qwen3-next-80b-a3b", .attention = ATTENTION_GQA, .params_total = 80000000000, .layers = 48, .heads = 16,
    .kv_heads = 2, .head_dim = 256, .max_context = 262144, .full_layers = 12, .linear_layers = 36,
    .source = "configuration_qwen3_next.py" };
static const struct device h100 = { .id = "h100-sxm", .capacity_bytes = (int64_t)80 << 30,
                                    .source = "GB read as GiB: serving tools size this part at exactly 80 GiB" };
static const struct device label_80gb = { .id = "80-gb", .capacity_bytes = 80000000000, .source = "the label" };

static struct memory_plan plan_of(const struct model *m, const struct device *d, int sequences)
{
    return (struct memory_plan){ m, d, weights_all(DTYPE_FP16), { DTYPE_FP16 }, sequences, NULL };
}

static void assert_fact(const struct facts *f, int index, enum fact_form form, const char *expected)
{
    char buf[64];
    g_assert_cmpstr(facts_text(f, index, form, buf, sizeof buf), ==, expected);
}

static void test_boards(void)
{
    struct facts *b = facts_new();
    struct memory_plan plan = plan_of(&llama_8b, &label_80gb, 6);
    struct memory_facts f = memory_at(&plan, 65536, b);
    assert_fact(b, f.weights, FORM_BYTES, "16,060,522,496 B");
    assert_fact(b, f.weights, FORM_GIB, "15.0 GiB");
    assert_fact(b, f.kv_per_token, FORM_KIB, "128 KiB");
    assert_fact(b, f.kv_total, FORM_GIB, "48.0 GiB");
    assert_fact(b, f.total, FORM_BYTES, "67,600,130,048 B");
    assert_fact(b, f.total, FORM_GIB, "63.0 GiB");
    assert_fact(b, f.share, FORM_PERCENT1, "84.5%");
    assert_fact(b, f.over, FORM_AUTO, "0 B");
    assert_fact(b, f.devices, FORM_WORD, "one");
    assert_fact(b, f.full_at, FORM_PLAIN, "81,303");
    assert_fact(b, f.full_at, FORM_AUTO, "79K");
    assert_fact(b, f.room, FORM_PLAIN, "15,767");
    assert_fact(b, f.model_limit, FORM_AUTO, "128K");
    facts_reset(b);
    f = memory_at(&plan, 131072, b);
    assert_fact(b, f.kv_total, FORM_GIB, "96.0 GiB");
    assert_fact(b, f.total, FORM_BYTES, "119,139,737,600 B");
    assert_fact(b, f.total, FORM_GIB, "111.0 GiB");
    assert_fact(b, f.share, FORM_PERCENT1, "148.9%");
    assert_fact(b, f.over, FORM_GIB, "36.5 GiB");
    assert_fact(b, f.devices, FORM_AUTO, "2");
    assert_fact(b, f.room, FORM_AUTO, "0");
    facts_free(b);
}

/* A capacity in powers of ten has everything beside it written so; one in GiB, and none at all, in powers of two. */
static void test_units(void)
{
    static const struct { const struct device *device; const char *weights, *per_token, *total; } cases[] = {
        { &label_80gb, "16.1 GB", "131.1 kB", "67.6 GB" },
        { &h100, "15.0 GiB", "128 KiB", "63.0 GiB" },
        { NULL, "15.0 GiB", "128 KiB", "63.0 GiB" },
    };
    struct facts *b = facts_new();
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        facts_reset(b);
        struct memory_plan plan = plan_of(&llama_8b, cases[i].device, 6);
        struct memory_facts f = memory_at(&plan, 65536, b);
        assert_fact(b, f.weights, FORM_AUTO, cases[i].weights);
        assert_fact(b, f.kv_per_token, FORM_AUTO, cases[i].per_token);
        assert_fact(b, f.total, FORM_AUTO, cases[i].total);
        g_assert_cmpint(facts_at(b, f.capacity)->unit, ==, memory_unit(cases[i].device));
    }
    facts_free(b);
}

/* The catalog's capacity rules: 80 GiB fill later than 80 GB. */
static void test_catalog_capacity(void)
{
    struct memory_plan plan = plan_of(&llama_8b, &h100, 6);
    g_assert_cmpint(memory_full_at(&plan, 1, 1), ==, ((INT64_C(80) << 30) - 16060522496) / (6 * 131072));
    g_assert_cmpint(memory_full_at(&plan, 1, 1), ==, 88804);
}

/* A device that is filled to its last byte is full, not over. */
static void test_exact_fit(void)
{
    struct device d = { .id = "exact", .capacity_bytes = 16060522496 + 1000 * INT64_C(131072) };
    struct memory_plan plan = plan_of(&llama_8b, &d, 1);
    g_assert_cmpint(memory_full_at(&plan, 1, 1), ==, 1000);
    g_assert_cmpint(memory_state_at(&plan, 1000).devices, ==, 1);
    g_assert_cmpint(memory_state_at(&plan, 1001).devices, ==, 2);
    d.capacity_bytes -= 1;
    g_assert_cmpint(memory_full_at(&plan, 1, 1), ==, 999);
}

static void test_state(void)
{
    struct memory_plan plan = plan_of(&llama_8b, &label_80gb, 6);
    struct memory_state s = memory_state_at(&plan, 131072);
    g_assert_cmpint(s.weights, ==, 16060522496);
    g_assert_cmpint(s.per_sequence, ==, 17179869184);
    g_assert_cmpint(s.total, ==, 119139737600);
    g_assert_cmpint(s.capacity, ==, 80000000000);
    g_assert_cmpint(s.devices, ==, 2);
}

static void test_weights_alone(void)
{
    struct facts *b = facts_new();
    struct memory_plan plan = plan_of(&deepseek_v3, &h100, 1);
    struct memory_facts f = memory_at(&plan, 0, b);
    assert_fact(b, f.full_at, FORM_AUTO, "0");
    assert_fact(b, f.room, FORM_AUTO, "0");
    assert_fact(b, f.kv_per_token, FORM_BYTES, "70,272 B");
    assert_fact(b, f.devices, FORM_AUTO, "16");
    g_assert_cmpint(memory_full_at(&plan, 16, 1), >, 0);
    facts_free(b);
}

/* All layers have a window: beyond 4,096 tokens nothing grows, so no context fills the device. */
static void test_endless(void)
{
    struct facts *b = facts_new();
    struct memory_plan plan = plan_of(&mistral_v01, &h100, 4);
    struct memory_facts f = memory_at(&plan, 1000000, b);
    g_assert_cmpint(memory_full_at(&plan, 1, 1), ==, MEMORY_ENDLESS);
    assert_fact(b, f.full_at, FORM_AUTO, "n/a");
    assert_fact(b, f.room, FORM_AUTO, "n/a");
    assert_fact(b, f.kv_sequence, FORM_AUTO, "512 MiB");
    plan.sequences = 1000; /* full before the windows are */
    g_assert_cmpint(memory_full_at(&plan, 1, 1), ==, ((INT64_C(80) << 30) - 2 * 7241732096) / (1000 * 131072));
    facts_free(b);
}

static void assert_unknown(const struct facts *b, const int *indices)
{
    for (; *indices >= 0; indices++) g_assert_cmpint(facts_at(b, *indices)->kind, ==, FACT_UNKNOWN);
}

static void test_unknown(void)
{
    struct facts *b = facts_new();
    struct model m = llama_8b;
    struct device d = h100;
    struct memory_plan plan = plan_of(&m, &d, 6);
    struct memory_facts f;
    m.params_total = 0;
    f = memory_at(&plan, 65536, b);
    assert_unknown(b, FACTS(f.weights, f.total, f.share, f.over, f.devices, f.full_at, f.warn_at, f.room));
    assert_fact(b, f.kv_total, FORM_AUTO, "48.0 GiB");
    g_assert_cmpint(memory_state_at(&plan, 65536).devices, ==, -1);
    m = llama_8b, m.kv_heads = 0;
    f = memory_at(&plan, 65536, b);
    assert_unknown(b, FACTS(f.kv_per_token, f.kv_sequence, f.kv_total, f.total, f.full_at));
    assert_fact(b, f.weights, FORM_AUTO, "15.0 GiB");
    m = llama_8b, m.windowed_layers = 8; /* but no window */
    f = memory_at(&plan, 65536, b);
    assert_unknown(b, FACTS(f.kv_per_token, f.kv_sequence, f.full_at));
    g_assert_nonnull(strstr(facts_at(b, f.kv_per_token)->source, "does not say which"));
    m = llama_8b, m.full_layers = m.layers = 0;
    f = memory_at(&plan, 65536, b);
    assert_unknown(b, FACTS(f.kv_per_token, f.kv_total, f.total));
    m = llama_8b, m.max_context = 0, d.capacity_bytes = 0;
    f = memory_at(&plan, 65536, b);
    assert_unknown(b, FACTS(f.capacity, f.share, f.over, f.devices, f.full_at, f.warn_at, f.room, f.model_limit));
    assert_fact(b, f.total, FORM_AUTO, "63.0 GiB");
    plan.device = NULL;
    f = memory_at(&plan, 65536, b);
    assert_unknown(b, FACTS(f.capacity, f.share));
    facts_free(b);
}

/* Beyond 64 bits is unknown, never a wrapped number. */
static void test_large(void)
{
    struct facts *b = facts_new();
    struct model m = llama_8b;
    struct memory_plan plan = plan_of(&m, &h100, 32);
    m.layers = m.full_layers = 400;
    struct memory_facts f = memory_at(&plan, 100000000, b);
    assert_fact(b, f.kv_total, FORM_BYTES, "5,242,880,000,000,000 B");
    assert_fact(b, f.devices, FORM_AUTO, "61,036");
    m.head_dim = INT64_C(1) << 40;
    f = memory_at(&plan, 100000000, b);
    assert_unknown(b, FACTS(f.kv_sequence, f.kv_total, f.total, f.devices));
    g_assert_cmpstr(facts_at(b, f.kv_sequence)->source, ==, "the result is beyond 64 bits");
    facts_free(b);
}

/* What fits at n does not fit at n + 1, for random plans of every architecture. */
static void test_border(void)
{
    static const struct model *const models[] = { &llama_8b, &deepseek_v3, &gpt_oss_20b, &mistral_v01, &qwen3_next };
    GRand *r = g_rand_new_with_seed(1979);
    int borders = 0;
    for (int i = 0; i < 300; i++) {
        struct device d = { .capacity_bytes = g_rand_int_range(r, 1, 200) * INT64_C(999999937) };
        struct memory_plan plan = { models[i % G_N_ELEMENTS(models)], &d,
                                    weights_all(g_rand_int_range(r, 0, DTYPE_COUNT)),
                                    { g_rand_int_range(r, 0, DTYPE_COUNT) }, g_rand_int_range(r, 1, 64), NULL };
        int devices = g_rand_int_range(r, 1, 9);
        int64_t limit = d.capacity_bytes * devices, n = memory_full_at(&plan, devices, 1);
        if (n == MEMORY_ENDLESS) {
            g_assert_cmpint(memory_state_at(&plan, INT64_C(100000000)).total, <=, limit);
            continue;
        }
        g_assert_cmpint(memory_state_at(&plan, n + 1).total, >, limit);
        if (n > 0) g_assert_cmpint(memory_state_at(&plan, n).total, <=, limit);
        g_assert_cmpint(memory_full_at(&plan, devices, 0.8), <=, n);
        borders += n > 0;
    }
    g_assert_cmpint(borders, >, 100); /* the generator does reach real borders */
    g_rand_free(r);
}

/* The same book again gives the same facts at the same places: views may keep indices for a frame. */
static void test_reset(void)
{
    struct facts *b = facts_new();
    struct memory_plan plan = plan_of(&gpt_oss_20b, &h100, 6);
    struct memory_facts first = memory_at(&plan, 5000, b), again;
    int count = facts_count(b);
    facts_reset(b);
    again = memory_at(&plan, 6000, b);
    g_assert_cmpint(facts_count(b), ==, count);
    g_assert_cmpmem(&first, sizeof first, &again, sizeof again);
    facts_free(b);
}

/* --- golden books --- */

static void write_fact(const struct facts *b, int index, GString *out)
{
    char text[64], exact[64];
    const struct fact *fact = facts_at(b, index);
    facts_text(b, index, FORM_AUTO, text, sizeof text);
    facts_text(b, index, FORM_PLAIN, exact, sizeof exact);
    g_string_append_printf(out, "%-24s %s", fact->id, text);
    if (strcmp(text, exact)) g_string_append_printf(out, " (%s)", exact);
    if (fact->formula) g_string_append_printf(out, "\n    = %s\n    from", fact->formula);
    for (int i = 0; i < fact->n_deps; i++)
        g_string_append_printf(out, "%s %s", i ? "," : "", facts_at(b, facts_deps(b, fact)[i])->id);
    if (fact->source) g_string_append_printf(out, "\n    : %s", fact->source);
    g_string_append_c(out, '\n');
}

/* All facts at the first context, then only those that change from one context to the next. */
static char *sweep(const struct memory_plan *plan, int64_t from, int64_t to)
{
    GString *out = g_string_new(NULL);
    struct facts *b = facts_new();
    for (int64_t context = from; context <= to; context *= 2) {
        g_string_append_printf(out, "%s## %s on %s, sequences: %d, tokens in each: %" G_GINT64_FORMAT "\n\n",
                               context == from ? "" : "\n", plan->model->id, plan->device->id, plan->sequences,
                               context);
        facts_reset(b);
        memory_at(plan, context, b);
        for (int i = 0; i < facts_count(b); i++) {
            bool changing = false;
            for (const char *const *id = (const char *const[]){ "mem.context", "mem.window_kept", "mem.kv_sequence", "mem.kv_total",
                     "mem.kv_next", "mem.total", "mem.share", "mem.over", "mem.devices", "mem.room", NULL }; *id; id++)
                changing |= !strcmp(*id, facts_at(b, i)->id);
            if (context == from || changing) write_fact(b, i, out);
        }
    }
    facts_free(b);
    return g_string_free(out, FALSE);
}

static void assert_golden(const char *name, char *text)
{
    g_autofree char *path = g_strdup_printf("tests/facts/%s.txt", name), *expected = NULL, *actual = text;
    g_autoptr(GError) error = NULL;
    if (!g_strcmp0(g_getenv("KVREEL_GOLDEN"), "write")) {
        g_file_set_contents(path, actual, -1, &error);
        g_assert_no_error(error);
        return;
    }
    g_file_get_contents(path, &expected, NULL, &error);
    g_assert_no_error(error);
    g_auto(GStrv) want = g_strsplit(expected, "\n", -1), got = g_strsplit(actual, "\n", -1);
    for (guint i = 0; want[i] && got[i]; i++) /* line by line: a difference is then readable */
        g_assert_cmpstr(got[i], ==, want[i]);
    g_assert_cmpstr(actual, ==, expected);
}

static void test_golden(void)
{
    struct memory_plan dense = plan_of(&llama_8b, &h100, 6), latent = plan_of(&deepseek_v3, &h100, 1);
    struct memory_plan windowed = plan_of(&gpt_oss_20b, &h100, 6), linear = plan_of(&qwen3_next, &h100, 4);
    struct memory_plan all_windowed = plan_of(&mistral_v01, &h100, 4);
    latent.weights = weights_all(DTYPE_FP8);
    linear.weights = weights_all(DTYPE_INT4);
    linear.cache.type = DTYPE_FP8;
    assert_golden("llama-3.1-8b-on-h100", sweep(&dense, 4096, 1048576));
    assert_golden("deepseek-v3-on-h100", sweep(&latent, 131072, 131072));
    assert_golden("gpt-oss-20b-on-h100", sweep(&windowed, 64, 256));
    assert_golden("mistral-7b-v0.1-on-h100", sweep(&all_windowed, 4096, 8192));
    assert_golden("qwen3-next-80b-a3b-on-h100", sweep(&linear, 262144, 262144));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/memory/boards", test_boards);
    g_test_add_func("/memory/units", test_units);
    g_test_add_func("/memory/catalog-capacity", test_catalog_capacity);
    g_test_add_func("/memory/exact-fit", test_exact_fit);
    g_test_add_func("/memory/state", test_state);
    g_test_add_func("/memory/weights-alone", test_weights_alone);
    g_test_add_func("/memory/endless", test_endless);
    g_test_add_func("/memory/unknown", test_unknown);
    g_test_add_func("/memory/large", test_large);
    g_test_add_func("/memory/law/border", test_border);
    g_test_add_func("/memory/reset", test_reset);
    g_test_add_func("/memory/golden", test_golden);
    return g_test_run();
}
