/* Time, energy and money: published figures with their sources, the facts computed again, and laws. */
#include "scene/catalog.h"
#include "sim/cost.h"
#include "sim/cost_facts.h"
#include "sim/traffic.h"
#include "sim/work.h"
#include "split_models.h"

#include <math.h>

enum { SHAPES = 200, SEED = 20090401 };

static void assert_near(double value, double expected, double share)
{
    g_assert_cmpfloat_with_epsilon(value, expected, fabs(expected) * share);
}

/* Llama-3.1-8B on an H100, by hand: (7,504,924,672 x 2 + 8,192 x 131,072 + 131,072 + 1,313,280) B / 3.35 TB/s. */
static void test_by_hand(void)
{
    struct setup e = setup_of(&llama_8b, &h100);
    struct cost_step c = cost_decode(&e, 8192);
    g_assert_cmpfloat(c.weights, ==, 15009849344);
    g_assert_cmpfloat(c.cache_read, ==, 1073741824);
    g_assert_cmpfloat(c.bytes, ==, 15009849344.0 + 1073741824 + 131072 + (4096 * 129 + 128256) * 2);
    g_assert_cmpfloat(c.time_s, ==, c.bytes / 3.35e12);
    g_assert_cmpint(c.bound, ==, COST_MEMORY);
    assert_near(c.tokens_per_s, 208.2, 1e-3);
    assert_near(c.ridge, 295.2, 1e-3);
    assert_near(cost_joules_per_token(&e, &c), 700 / c.tokens_per_s, 1e-12);
    assert_near(cost_usd_per_million(&e, &c), 2.69 / 3600 / c.tokens_per_s * 1e6, 1e-12);
    c = cost_prefill(&e, 0, 8192);
    g_assert_cmpint(c.bound, ==, COST_COMPUTE);
    double attention = 32.0 * 8192 * 8193 / 2 * 2 * 32 * 256;
    assert_near(c.compute_s, (2 * 8192 * 6979588096.0 + 2 * 525336576.0 + attention) / 989e12, 1e-12);
}

/* jax-ml/scaling-book, inference.md: LLaMA-2-13B (26 GB in BF16, 6.7 GB of cache at 8,192 tokens) on eight TPU v5e
 * of 0.82 TB/s: step times 4.98 to 249.09 ms at batches of 1 to 240. Its cache is rounded (6,710,886,400 B), and it
 * counts no activations. */
static void test_scaling_book(void)
{
    static const struct { int64_t batch; double ms; } table[] = { { 1, 4.98 }, { 8, 12.13 }, { 16, 20.30 },
                                                                 { 32, 36.65 }, { 64, 69.33 }, { 240, 249.09 } };
    struct model m = { .id = "llama-2-13b", .attention = ATTENTION_MHA, .params_total = 13000000000,
        .params_active = 13000000000, .layers = 40, .hidden = 5120, .heads = 40, .kv_heads = 40, .head_dim = 128,
        .vocab = 32000, .tied_embeddings = SAID_YES };
    struct device v5e = { .id = "tpu-v5e", .bandwidth = 820000000000, .bf16_tflops = 197 };
    for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
        struct setup e = setup_of(&m, &v5e);
        e.split.tensor = 8, e.batch = table[i].batch;
        struct cost_step c = cost_decode(&e, 8192);
        assert_near(c.memory_s, table[i].ms / 1e3, 0.006);
        g_assert_cmpint(c.bound, ==, COST_MEMORY);
        g_assert_true(isnan(c.time_s)); /* the link is unknown */
        assert_near(c.ridge, 240.24, 1e-4); /* the same page: 240 */
    }
}

/* The same page's quiz: 30 x 10^9 parameters and 100 kB of cache a token in INT8 on 16 chips of 0.81 TB/s, four
 * sequences of 8,192: 2.5 ms (2.568, printed cut short). */
static void test_scaling_book_quiz(void)
{
    struct model m = { .id = "30b", .attention = ATTENTION_MHA, .params_total = 30000000000,
                      .params_active = 30000000000,
        .layers = 25, .hidden = 4096, .heads = 16, .kv_heads = 16, .head_dim = 125, .vocab = 32000,
        .tied_embeddings = SAID_YES };
    struct device v5e = { .id = "tpu-v5e", .bandwidth = 810000000000, .bf16_tflops = 197 };
    struct setup e = setup_of(&m, &v5e);
    e.split.tensor = 16, e.batch = 4, e.weights = DTYPE_INT8, e.cache.type = DTYPE_INT8;
    struct cost_step c = cost_decode(&e, 8192);
    g_assert_cmpfloat(c.cache_read * 16, ==, 4 * 8192 * 100000.0);
    assert_near(c.memory_s, 0.002568, 0.005);
}

/* baseten.co, llm-transformer-inference-guide: Llama-2-7B in 16 bits ("14 GB") on an A10 (125 TFLOPS, 600 GB/s):
 * 208.3 operations a byte; 23 ms a token from the weights alone; 350 tokens of prefill 39 ms from the matrices
 * alone. */
static void test_baseten(void)
{
    struct model m = { .id = "llama-2-7b", .attention = ATTENTION_MHA, .params_total = 7000000000,
        .params_active = 7000000000, .layers = 32, .hidden = 4096, .heads = 32, .kv_heads = 32, .head_dim = 128,
        .vocab = 32000, .tied_embeddings = SAID_YES };
    struct device a10 = { .id = "a10", .bandwidth = 600000000000, .fp16_tflops = 125 };
    struct setup e = setup_of(&m, &a10);
    e.weights = e.activations = DTYPE_FP16;
    struct cost_step c = cost_decode(&e, 1), p = cost_prefill(&e, 0, 350);
    assert_near(c.weights / 600e9, 0.02333, 1e-3);
    assert_near(c.ridge, 208.33, 1e-4);
    assert_near(c.time_s, 0.02333, 2e-3);
    assert_near(p.matrix_ops / 125e12, 0.0392, 0.02); /* it counts the last matrix for all tokens */
    g_assert_cmpfloat(p.matrix_ops / 125e12, <, 0.0392);
    struct stream full = layout_of(&m).streams[0];
    /* its 4 d N^2, without the 3 N^2 of softmax */
    g_assert_cmpint(work_score_ops(&m, &full, WORK_ABSORBED) / m.heads, ==, 4 * 128);
}

/* databricks.com, llm-inference-performance-engineering: 7B in 16 bits at 14 ms a token on 2 TB/s is a bandwidth
 * share of 50%. */
static void test_databricks(void)
{
    struct model m = { .id = "7b", .attention = ATTENTION_MHA, .params_total = 7000000000,
        .params_active = 7000000000, .layers = 32, .hidden = 4096, .heads = 32, .kv_heads = 32, .head_dim = 128,
        .vocab = 32000, .tied_embeddings = SAID_YES };
    struct device d = { .id = "a100", .bandwidth = 2000000000000, .fp16_tflops = 312 };
    struct setup e = setup_of(&m, &d);
    assert_near(cost_decode(&e, 1).time_s / 0.014, 0.5, 2e-3);
}

static void test_rates(void)
{
    const char *key;
    struct device old = { .fp16_tflops = 125 }, none = { .bandwidth = 1 };
    g_assert_cmpfloat(cost_rate(&h100, DTYPE_FP8, DTYPE_BF16, &key), ==, 1979e12);
    g_assert_cmpstr(key, ==, "fp8_tflops");
    g_assert_cmpfloat(cost_rate(&old, DTYPE_FP8, DTYPE_FP16, &key), ==, 125e12);
    g_assert_cmpstr(key, ==, "fp16_tflops");
    g_assert_cmpfloat(cost_rate(&h100, DTYPE_INT4, DTYPE_BF16, &key), ==, 989e12);
    g_assert_cmpstr(key, ==, "bf16_tflops");
    g_assert_cmpfloat(cost_rate(&h100, DTYPE_INT8, DTYPE_BF16, NULL), ==, 989e12);
    g_assert_cmpfloat(cost_rate(&h100, DTYPE_INT8, DTYPE_INT8, NULL), ==, 1979e12);
    g_assert_cmpfloat(cost_rate(&h100, DTYPE_FP32, DTYPE_FP32, NULL), ==, 0);
    g_assert_cmpfloat(cost_rate(&none, DTYPE_BF16, DTYPE_BF16, NULL), ==, 0);
}

static void test_unknown(void)
{
    struct device d = { .id = "bare" };
    struct setup e = setup_of(&llama_8b, &d);
    struct cost_step c = cost_decode(&e, 100);
    g_assert_true(isnan(c.time_s) && isnan(c.tokens_per_s) && isnan(cost_joules_per_token(&e, &c)) &&
                  isnan(cost_usd_per_million(&e, &c)));
    g_assert_cmpint(c.bound, ==, COST_UNKNOWN);
    g_assert_cmpfloat(c.bytes, >, 0);
    struct cost_rates r = cost_rates_of(&e);
    g_assert_false(r.known);
    g_assert_cmpint(cost_step_ns(&r, 1, 1, 0, 0, 1), ==, -1);
    d.bandwidth = 1000000000; /* bytes, but no operations: still no time */
    c = cost_decode(&e, 100);
    g_assert_true(isnan(c.time_s) && !isnan(c.memory_s));
    struct model m = llama_8b;
    m.kv_heads = 0;
    e = setup_of(&m, &h100);
    g_assert_true(isnan(cost_decode(&e, 100).time_s));
}

/* DeepSeek-V3.2, FP8 on 8 H100s, four sequences of 131,072: the indexer computes at the rate of FP8, or of 16-bit
 * numbers where there is no other. */
static void test_chosen(void)
{
    struct device plain = h100;
    struct setup s = setup_of(&deepseek_v32, &h100);
    s.weights = DTYPE_FP8, s.split.tensor = 8, s.batch = 4;
    struct cost_step c = cost_decode(&s, 131072);
    g_assert_cmpfloat(c.cache_read, ==, 4 * 61 * (2048 * 1152.0 + 131072 * 132.0));
    g_assert_cmpfloat(c.attention_ops, ==, 4 * 61 * 2048 * 278528.0 / 8);
    g_assert_cmpfloat(c.scoring_ops, ==, 4 * 61 * 131072 * 16384.0 / 8);
    assert_near(c.compute_s, c.matrix_ops / 1979e12 + c.attention_ops / 989e12 + c.scoring_ops / 1979e12, 1e-12);
    assert_near(c.intensity, (c.matrix_ops + c.attention_ops + c.scoring_ops) / c.bytes, 1e-12);
    plain.fp8_tflops = 0, s.device = &plain;
    c = cost_decode(&s, 131072);
    assert_near(c.compute_s, (c.matrix_ops + c.attention_ops + c.scoring_ops) / 989e12, 1e-12);
    struct setup shared = setup_of(&deepseek_v4, &h100);
    g_assert_cmpfloat(cost_decode(&shared, 1024).attention_ops, ==, (43 * 128 + 21 * 256 + 20 * 8) * 131072.0);
}

static void test_large(void)
{
    struct model m = llama_70b;
    m.layers = 400;
    struct setup e = setup_of(&m, &h100);
    e.batch = 32;
    struct cost_step c = cost_decode(&e, 100000000);
    g_assert_cmpfloat(c.cache_read, ==, 32.0 * 100000000 * 400 * 4096);
    c = cost_prefill(&e, 0, 100000000);
    g_assert_cmpfloat(c.attention_ops, ==, 400 * (100000000.0 * 100000001 / 2) * 2 * 64 * 256);
    g_assert_true(isfinite(c.time_s));
    struct cost_rates r = cost_rates_of(&e);
    assert_near((double)cost_step_ns(&r, 100000000, 5000000050000000, 0, 0, 1), c.time_s * 1e9, 1e-12);
    g_assert_cmpint(cost_step_ns(&r, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX), ==, -1);
}

/* --- facts --- */

/* Every formula that can be computed again gives the value; returns how many could. */
static int check_facts(const struct facts *f)
{
    int computed = 0;
    for (int i = 0; i < facts_count(f); i++) {
        double value;
        const struct fact *v = facts_at(f, i);
        g_assert_true(v->formula || v->source || v->kind == FACT_UNKNOWN);
        if (v->formula) g_assert_cmpint(formula_brackets(v->formula), ==, v->n_deps);
        if (!facts_evaluate(f, i, &value)) continue;
        if (!facts_agree(f, i, value)) g_error("%s is %.17g, its formula %s says %.17g", v->id, v->r, v->formula,
                                               value);
        computed++;
    }
    return computed;
}

static void test_facts(void)
{
    GRand *r = g_rand_new_with_seed(SEED);
    for (int i = 0; i < SHAPES; i++) {
        struct setup e = setup_of(any_model(r), &h100);
        struct facts *f = facts_new();
        int64_t tokens = g_rand_int_range(r, 1, 200000);
        e.split = i % 3 ? any_split(r) : SPLIT_NONE;
        if (e.model->experts > 0 && i % 2) e.split.expert = MIN(e.split.tensor * e.split.data, e.model->experts);
        e.batch = g_rand_int_range(r, 1, 300), e.weights = g_rand_int_range(r, DTYPE_BF16, DTYPE_COUNT);
        e.cache = format_usual(g_rand_int_range(r, 0, DTYPE_COUNT));
        g_autofree char *refusal = split_refusal(&e.split, e.model);
        if (!refusal) {
            int context = facts_leaf(f, "mem.context", tokens, UNIT_TOKENS, "test");
            struct cost_facts d = cost_decode_facts(&e, context, f);
            struct cost_facts p = cost_prefill_facts(&e, facts_leaf(f, "prefill.tokens", tokens, UNIT_TOKENS, "test"),
                                                     i % 2 ? 1000 : 0, f);
            cost_split_facts(&e, context, f);
            cost_flash_facts(&e, context, f);
            g_assert_cmpint(check_facts(f), >, 40);
            g_assert_cmpfloat(facts_at(f, d.time)->r, ==, cost_decode(&e, tokens).time_s);
            g_assert_cmpfloat(facts_at(f, p.time)->r, ==, cost_prefill(&e, i % 2 ? 1000 : 0, tokens).time_s);
            g_assert_cmpint(facts_at(f, p.usd)->kind, ==, FACT_REAL);
            g_assert_cmpfloat(facts_at(f, facts_find(f, "split.overhead"))->r, >=, 1);
        }
        facts_free(f);
    }
    g_rand_free(r);
}

/* Each model of the catalog on each of some devices: whatever is known agrees, and nothing is known without its
 * inputs. */
static void test_catalog(void)
{
    struct diags *diags = diags_new();
    struct catalog *c = catalog_read("data", diags);
    int timed = 0;
    for (size_t i = 0; i < c->n_models; i++)
        for (size_t k = i % 9; k < c->n_devices; k += 9) {
            struct setup e = setup_of(&c->models[i], &c->devices[k]);
            struct facts *f = facts_new();
            struct cost_facts d = cost_decode_facts(&e, facts_leaf(f, "mem.context", 8192, UNIT_TOKENS, "test"), f);
            cost_prefill_facts(&e, facts_leaf(f, "prefill.tokens", 8192, UNIT_TOKENS, "test"), 0, f);
            cost_split_facts(&e, facts_find(f, "mem.context"), f);
            check_facts(f);
            timed += facts_at(f, d.time)->kind == FACT_REAL;
            if (e.device->bandwidth <= 0 || e.model->params_total <= 0)
                g_assert_cmpint(facts_at(f, d.time)->kind, ==, FACT_UNKNOWN);
            facts_free(f);
        }
    g_assert_cmpint(timed, >, 300);
    catalog_free(c);
    diags_free(diags);
}

static void test_facts_told(void)
{
    struct facts *f = facts_new();
    struct setup e = setup_of(&llama_8b, &h100);
    char text[64];
    struct cost_facts d = cost_decode_facts(&e, facts_leaf(f, "mem.context", 8192, UNIT_TOKENS, "test"), f);
    g_assert_cmpstr(facts_text(f, d.time, FORM_AUTO, text, sizeof text), ==, "4.8 ms");
    g_assert_cmpstr(facts_text(f, d.bound, FORM_AUTO, text, sizeof text), ==, "memory");
    g_assert_cmpstr(facts_text(f, facts_find(f, "device.rate"), FORM_AUTO, text, sizeof text), ==, "989 TFLOPS");
    g_assert_cmpstr(facts_text(f, facts_find(f, "decode.mbu"), FORM_AUTO, text, sizeof text), ==, "100%");
    g_assert_cmpstr(facts_at(f, facts_find(f, "device.usd_per_hour"))->source, ==,
                    "device h100-sxm, usd_per_hour, 2026-09-05: a list");
    g_assert_nonnull(strstr(facts_at(f, d.time)->formula, "lower bound"));
    struct device bare = { .id = "bare" };
    e.device = &bare;
    d = cost_decode_facts(&e, facts_find(f, "mem.context"), f);
    g_assert_cmpstr(facts_text(f, d.time, FORM_AUTO, text, sizeof text), ==, "n/a");
    g_assert_cmpstr(facts_text(f, d.usd, FORM_AUTO, text, sizeof text), ==, "n/a");
    g_assert_cmpstr(facts_text(f, d.bound, FORM_AUTO, text, sizeof text), ==, "n/a");
    facts_free(f);
}

/* What cannot be known says so, down to the key that is missing, and what can be known stays known. */
static void test_link_unknown(void)
{
    static const char *const unknown[] = { "decode.time_network", "decode.time", "decode.tokens_per_s", "decode.mbu",
        "energy.decode_token", "cost.decode_usd", "prefill.time_network", "prefill.time", "prefill.tokens_per_s" };
    static const char *const known[] = { "decode.time_compute", "decode.time_memory", "decode.time_device",
        "decode.bound", "decode.bytes_sent", "prefill.time_device" };
    struct device lonely = h100;
    struct setup s = setup_of(&llama_8b, &lonely);
    lonely.link_bandwidth = 0, s.split.tensor = 2;
    struct facts *f = facts_new();
    int tokens = facts_leaf(f, "mem.context", 8192, UNIT_TOKENS, "test");
    cost_decode_facts(&s, tokens, f);
    cost_prefill_facts(&s, tokens, 0, f);
    for (size_t i = 0; i < G_N_ELEMENTS(unknown); i++)
        g_assert_cmpint(facts_at(f, facts_find(f, unknown[i]))->kind, ==, FACT_UNKNOWN);
    for (size_t i = 0; i < G_N_ELEMENTS(known); i++)
        g_assert_cmpint(facts_at(f, facts_find(f, known[i]))->kind, !=, FACT_UNKNOWN);
    g_assert_true(g_str_has_prefix(facts_at(f, facts_find(f, "device.link"))->source,
                                   "nobody published it for device h100-sxm, link_bandwidth, both directions"));
    g_assert_true(isnan(cost_decode(&s, 8192).time_s) && isnan(cost_prefill(&s, 0, 8192).time_s));
    struct cost_rates r = cost_rates_of(&s);
    g_assert_cmpint(cost_step_ns(&r, 0, 0, 1, 8192, 1), ==, -1);
    facts_free(f);
}

static const char *formula_of(const struct facts *f, const char *id) { return facts_at(f, facts_find(f, id))->formula; }

/* Sums over a pipeline's stages are not called one device's, nor a prompt's time through it a bound. */
static void test_stages_told(void)
{
    static const char *const sums[] = { "decode.ops", "decode.ops_attention", "decode.bytes_weights", "decode.bytes",
                                        "prefill.ops", "prefill.bytes_cache", "prefill.bytes_sent" };
    struct facts *f = facts_new();
    int tokens = facts_leaf(f, "mem.context", 8192, UNIT_TOKENS, "test");
    for (int stages = 1; stages <= 4; stages += 3) {
        struct setup s = setup_of(&deepseek_v32, &h100);
        s.split.pipeline = stages;
        cost_decode_facts(&s, tokens, f);
        cost_prefill_facts(&s, tokens, 100, f);
        for (size_t i = 0; i < G_N_ELEMENTS(sums); i++)
            g_assert_cmpint(!!strstr(formula_of(f, sums[i]), "a tensor rank's of all stages"), ==, stages > 1);
        g_assert_cmpint(!!strstr(formula_of(f, "prefill.time"), "no lower bound"), ==, stages > 1);
        g_assert_nonnull(strstr(formula_of(f, "decode.time"), "a lower bound"));
        g_assert_cmpint(check_facts(f), >, 40);
    }
    facts_free(f);
}

/* Llama-3.1-8B, 8,192 tokens, a layer: 4 GiB of scores in 16 bits, moved four times. The saving is not of the cache. */
static void test_flash(void)
{
    struct facts *f = facts_new();
    struct setup e = setup_of(&llama_8b, &h100);
    char text[64];
    cost_flash_facts(&e, facts_leaf(f, "prefill.tokens", 8192, UNIT_TOKENS, "test"), f);
    g_assert_cmpint(facts_at(f, facts_find(f, "flash.scratch_plain"))->i, ==, INT64_C(4294967296));
    g_assert_cmpint(facts_at(f, facts_find(f, "flash.bytes_plain"))->i, ==, 32 * INT64_C(4) * 8192 * (128 + 8192) * 2);
    g_assert_cmpint(facts_at(f, facts_find(f, "flash.scratch"))->i, ==, 0);
    g_assert_cmpstr(facts_text(f, facts_find(f, "flash.saved"), FORM_AUTO, text, sizeof text), ==, "2.0×");
    struct model wide = llama_8b;
    wide.head_dim = 0, e.model = &wide;
    cost_flash_facts(&e, facts_find(f, "prefill.tokens"), f);
    g_assert_cmpstr(facts_text(f, facts_find(f, "flash.saved"), FORM_AUTO, text, sizeof text), ==, "n/a");
    facts_free(f);
}

/* --- laws --- */

/* Rates are the same roofline: equal without windows, at least as long with them, within a nanosecond of rounding. */
static void test_rates_agree(void)
{
    GRand *r = g_rand_new_with_seed(SEED + 1);
    for (int i = 0; i < SHAPES; i++) {
        struct setup e = setup_of(any_model(r), &h100);
        e.split.tensor = 1 << g_rand_int_range(r, 0, 4), e.batch = g_rand_int_range(r, 1, 300);
        struct cost_rates rates = cost_rates_of(&e);
        int64_t context = g_rand_int_range(r, 1, 100000), prompt = g_rand_int_range(r, 1, 20000);
        double decode = cost_decode(&e, context).time_s * 1e9, prefill = cost_prefill(&e, 0, prompt).time_s * 1e9;
        g_assert_true(rates.known);
        double step = (double)cost_step_ns(&rates, 0, 0, e.batch, e.batch * context, e.batch);
        assert_near(step, ceil(decode), 1e-9 + 1 / decode);
        double whole = (double)cost_step_ns(&rates, prompt, prompt * (prompt + 1) / 2, 0, 0, 1);
        if (e.model->windowed_layers || e.model->caches.n) g_assert_cmpfloat(whole, >=, floor(prefill));
        else if (e.model->linear_layers == 0) assert_near(whole, ceil(prefill), 1e-9 + 1 / prefill);
    }
    g_rand_free(r);
}

/* Choosing what to read takes no longer than reading all, nor does choosing less; and choosing all takes as long. */
static void test_reads(void)
{
    GRand *r = g_rand_new_with_seed(SEED + 3);
    const struct model *const models[] = { &deepseek_v32, &deepseek_v4 };
    for (int i = 0; i < SHAPES; i++) {
        struct stream streams[4];
        struct model m = *models[i % 2];
        memcpy(streams, m.caches.items, m.caches.n * sizeof streams[0]);
        m.caches.items = streams;
        struct setup s = setup_of(&m, &h100);
        s.split.tensor = 1 << g_rand_int_range(r, 0, 4), s.batch = g_rand_int_range(r, 1, 300);
        int64_t context = g_rand_int_range(r, 1, 300000);
        int64_t reads[] = { g_rand_int_range(r, 1, 4000), 0, context, 0 };
        struct cost_step steps[8];
        int64_t ns[4];
        reads[1] = reads[0] + g_rand_int_range(r, 0, 9000);
        for (int k = 0; k < 4; k++) {
            streams[i % 2].reads = reads[k];
            steps[k] = cost_decode(&s, context), steps[k + 4] = cost_prefill(&s, 0, context);
            struct cost_rates rates = cost_rates_of(&s);
            ns[k] = cost_step_ns(&rates, 0, 0, s.batch, s.batch * context, s.batch);
        }
        for (int k = 0; k < 7; k += k == 2 ? 2 : 1) g_assert_cmpfloat(steps[k].time_s, <=, steps[k + 1].time_s);
        for (int k = 0; k < 3; k++) g_assert_cmpint(ns[k], <=, ns[k + 1]);
        g_assert_cmpfloat(steps[2].time_s, ==, steps[3].time_s);
        g_assert_cmpfloat(steps[6].time_s, ==, steps[7].time_s);
    }
    g_rand_free(r);
}

static void test_monotone(void)
{
    GRand *r = g_rand_new_with_seed(SEED + 2);
    for (int i = 0; i < SHAPES; i++) {
        struct setup e = setup_of(any_model(r), &h100), more;
        struct cost_rates rates = cost_rates_of(&e);
        int64_t context = g_rand_int_range(r, 1, 1000000);
        e.batch = g_rand_int_range(r, 1, 1000), more = e, more.batch++;
        g_assert_cmpfloat(cost_decode(&e, context + 1).time_s, >=, cost_decode(&e, context).time_s);
        g_assert_cmpfloat(cost_decode(&more, context).time_s, >=, cost_decode(&e, context).time_s);
        g_assert_cmpfloat(cost_prefill(&e, 0, context + 1).time_s, >=, cost_prefill(&e, 0, context).time_s);
        g_assert_cmpfloat(cost_prefill(&e, 1, context).time_s, >=, cost_prefill(&e, 0, context).time_s);
        struct cost_load few, many;
        for (int k = 0; k < 7; k++) ((int64_t *)&few)[k] = g_rand_int_range(r, 0, 3000);
        few.decode_tokens += few.decode_sequences; /* each has one at least */
        many = few;
        for (int k = 0; k < 7; k++) ((int64_t *)&many)[k] += g_rand_int_range(r, 0, 3);
        many.decode_tokens = MAX(many.decode_tokens, few.decode_tokens + many.decode_sequences - few.decode_sequences);
        g_assert_cmpint(cost_load_ns(&rates, &many), >=, cost_load_ns(&rates, &few));
    }
    g_rand_free(r);
    struct cost_rates rates = cost_rates_of(&(struct setup){ &llama_8b, &h100, DTYPE_BF16, DTYPE_BF16,
                                                             { .type = DTYPE_BF16 }, SPLIT_NONE, 1, NULL });
    g_assert_cmpint(cost_step_ns(&rates, 0, 0, 0, 0, 0), ==, 0);
}

/* Verifying three drafts computes four tokens, and reads weights and cache as one does. */
static void test_drafts(void)
{
    struct setup e = setup_of(&llama_8b, &h100);
    struct cost_rates r = cost_rates_of(&e);
    struct cost_load plain = { 0, 0, 8, 8, 80000, 80000, 8 }, drafts = { 0, 0, 8, 32, 320000, 80000, 32 };
    int64_t one = cost_load_ns(&r, &plain), four = cost_load_ns(&r, &drafts);
    g_assert_cmpint(one, ==, cost_step_ns(&r, 0, 0, 8, 80000, 8));
    g_assert_cmpint(four, >, one);
    g_assert_cmpint(four, <, one + one / 100);
}

/* More tensor ranks than KV heads: each reads its whole head, so reading the cache gets no faster. */
static void test_replication(void)
{
    struct setup e = setup_of(&llama_70b, &h100);
    e.split.tensor = 8;
    double eight = cost_decode(&e, 100000).cache_read;
    e.split.tensor = 16;
    g_assert_cmpfloat(cost_decode(&e, 100000).cache_read, ==, eight);
    e.split.tensor = 4;
    g_assert_cmpfloat(cost_decode(&e, 100000).cache_read, ==, 2 * eight);
}

/* Copies and stages neither shorten a step of one sequence nor lengthen it; they add throughput. */
static void test_copies(void)
{
    struct setup e = setup_of(&llama_8b, &h100), copies;
    e.batch = 8, copies = e;
    copies.batch = 32, copies.split.data = 4;
    struct cost_step one = cost_decode(&e, 1000), four = cost_decode(&copies, 1000);
    g_assert_cmpfloat(four.time_s, ==, one.time_s);
    assert_near(four.tokens_per_s, 4 * one.tokens_per_s, 1e-12);
    assert_near(cost_usd_per_million(&copies, &four), cost_usd_per_million(&e, &one), 1e-12);
    copies.split.data = 1, copies.split.pipeline = 4;
    four = cost_decode(&copies, 1000);
    assert_near(four.time_s - four.network_s, one.time_s, 1e-12);
    g_assert_cmpfloat(four.network_s, >, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cost/by-hand", test_by_hand);
    g_test_add_func("/cost/scaling-book", test_scaling_book);
    g_test_add_func("/cost/scaling-book-quiz", test_scaling_book_quiz);
    g_test_add_func("/cost/baseten", test_baseten);
    g_test_add_func("/cost/databricks", test_databricks);
    g_test_add_func("/cost/rates", test_rates);
    g_test_add_func("/cost/unknown", test_unknown);
    g_test_add_func("/cost/chosen", test_chosen);
    g_test_add_func("/cost/large", test_large);
    g_test_add_func("/cost/facts", test_facts);
    g_test_add_func("/cost/facts-told", test_facts_told);
    g_test_add_func("/cost/link-unknown", test_link_unknown);
    g_test_add_func("/cost/stages-told", test_stages_told);
    g_test_add_func("/cost/catalog", test_catalog);
    g_test_add_func("/cost/flash", test_flash);
    g_test_add_func("/cost/law/rates-agree", test_rates_agree);
    g_test_add_func("/cost/law/reads", test_reads);
    g_test_add_func("/cost/law/monotone", test_monotone);
    g_test_add_func("/cost/law/drafts", test_drafts);
    g_test_add_func("/cost/law/replication", test_replication);
    g_test_add_func("/cost/law/copies", test_copies);
    return g_test_run();
}
