/* Cases of `kvreel size`: blocks, reservations and what fits, with laws over the shapes of the whole catalog's kinds. */
#include "sim/sizing.h"
#include "sim/count.h"

#include <glib.h>
#include <math.h>

enum { CASES = 800, SEED = 11 };

static const struct model llama_8b = { .id = "llama-3.1-8b", .name = "Llama-3.1-8B", .params_total = 8030261248, .layers = 32, .kv_heads = 8,
                                       .head_dim = 128, .attention = ATTENTION_GQA, .full_layers = 32, .max_context = 131072, .source = "made up" };
static const struct device h100 = { .id = "h100", .name = "H100", .capacity_bytes = INT64_C(80) << 30, .source = "made up" };

static int64_t value(const struct facts *f, const char *id)
{
    int fact = facts_find(f, id);
    g_assert_cmpint(fact, >=, 0);
    g_assert_cmpint(facts_at(f, fact)->kind, ==, FACT_INT);
    return facts_at(f, fact)->i;
}

/* 1,000 tokens: 63 blocks, 1,008 places, 8 of them empty. */
static void test_blocks(void)
{
    struct facts *f = facts_new();
    sizing_facts(&(struct sizing){ &llama_8b, &h100, DTYPE_BF16, { DTYPE_BF16 }, 1000, 8, 16, SPLIT_NONE, 8192 }, f);
    g_assert_cmpint(value(f, "size.blocks"), ==, 63);
    g_assert_cmpint(value(f, "size.paged"), ==, 1008 * 131072);
    g_assert_cmpint(value(f, "size.empty"), ==, 8 * 131072);
    g_assert_cmpint(value(f, "size.paged_total"), ==, 8 * 1008 * 131072);
    g_assert_cmpint(value(f, "size.reserved_total"), ==, INT64_C(8) * 8192 * 131072);
    g_assert_cmpfloat(fabs(facts_at(f, facts_find(f, "size.idle_share"))->r - (1 - 1000.0 / 8192)), <, 1e-12);
    g_assert_cmpint(value(f, "size.most_sequences"), ==, ((INT64_C(80) << 30) - 16060522496) / (1008 * 131072));
    facts_free(f);
}

static void test_without_device(void)
{
    struct facts *f = facts_new();
    sizing_facts(&(struct sizing){ &llama_8b, NULL, DTYPE_FP8, { DTYPE_FP8 }, 16, 1, 16, SPLIT_NONE, 0 }, f);
    g_assert_cmpint(value(f, "mem.weights"), ==, 8030261248);
    g_assert_cmpint(value(f, "size.empty"), ==, 0);
    g_assert_cmpint(facts_find(f, "size.most_sequences"), ==, -1);
    g_assert_cmpint(facts_find(f, "size.reserve"), ==, -1);
    facts_free(f);
}

/* 100M tokens, a batch of 32, 400 layers: beyond no border that matters, and unknown where it would be. */
static void test_large(void)
{
    struct model m = llama_8b;
    struct facts *f = facts_new();
    m.layers = m.full_layers = 400;
    sizing_facts(&(struct sizing){ &m, &h100, DTYPE_BF16, { DTYPE_FP32 }, 100000000, 32, 16, SPLIT_NONE, 0 }, f);
    g_assert_cmpint(value(f, "size.paged_total"), ==, INT64_C(100000000) * 32 * 400 * 2 * 8 * 128 * 4);
    m.layers = m.full_layers = INT64_C(1) << 50;
    facts_reset(f);
    sizing_facts(&(struct sizing){ &m, &h100, DTYPE_BF16, { DTYPE_FP32 }, 100000000, 32, 16, SPLIT_NONE, 200000000 }, f);
    g_assert_cmpint(facts_at(f, facts_find(f, "size.paged"))->kind, ==, FACT_UNKNOWN);
    g_assert_cmpint(facts_at(f, facts_find(f, "size.reserved_total"))->kind, ==, FACT_UNKNOWN);
    facts_free(f);
}

static struct model random_model(GRand *r)
{
    struct model m = llama_8b;
    m.attention = g_rand_boolean(r) ? ATTENTION_MLA : ATTENTION_GQA;
    m.kv_lora_rank = g_rand_int_range(r, 1, 600), m.qk_rope_head_dim = g_rand_int_range(r, 1, 80);
    m.kv_heads = g_rand_int_range(r, 1, 20), m.head_dim = g_rand_int_range(r, 1, 300);
    m.full_layers = g_rand_int_range(r, 0, 50), m.windowed_layers = g_rand_int_range(r, 0, 50);
    m.sliding_window = g_rand_int_range(r, 1, 5000);
    m.layers = m.full_layers + m.windowed_layers;
    if (!m.layers) m.layers = m.full_layers = 1;
    if (!m.windowed_layers) m.sliding_window = 0;
    return m;
}

/* Paging never takes less than the exact bytes nor a block's bytes more; a larger block never less than one that divides
 * it; room set aside never less than what is used; every formula gives its value again. */
static void test_laws(void)
{
    GRand *r = g_rand_new_with_seed(SEED);
    for (int i = 0; i < CASES; i++) {
        struct model m = random_model(r);
        int64_t block = 1 << g_rand_int_range(r, 0, 9), context = g_rand_int_range(r, 1, 200000);
        struct sizing s = { &m, &h100, DTYPE_BF16, format_usual(g_rand_int_range(r, 0, DTYPE_COUNT)), context, g_rand_int_range(r, 1, 40), block, SPLIT_NONE,
                            context + g_rand_int_range(r, 0, 5000) };
        struct facts *f = facts_new();
        sizing_facts(&s, f);
        int64_t exact = cache_bytes(&m, s.cache, context), paged = sizing_paged_bytes(&s, context);
        g_assert_cmpint(paged, >=, exact);
        g_assert_cmpint(paged - exact, <=, (block - 1) * cache_bytes_per_token(&m, s.cache));
        s.block = 2 * block;
        g_assert_cmpint(sizing_paged_bytes(&s, context), >=, paged);
        g_assert_cmpint(value(f, "size.reserved_total"), >=, value(f, "mem.kv_total"));
        int64_t most = value(f, "size.most_sequences"), left = h100.capacity_bytes - weight_bytes(&m, DTYPE_BF16);
        g_assert_cmpint(count_times(most, paged), <=, left);
        g_assert_cmpint((most + 1) * paged, >, left);
        for (int k = 0; k < facts_count(f); k++) {
            double again;
            if (facts_evaluate(f, k, &again)) g_assert_true(facts_agree(f, k, again));
        }
        facts_free(f);
    }
    g_rand_free(r);
}

/* What is searched for fits, and one more does not; the fewest devices hold it, and half as many do not. */
static void test_reach(void)
{
    GRand *r = g_rand_new_with_seed(SEED);
    for (int i = 0; i < CASES; i++) {
        struct model m = random_model(r);
        m.heads = m.kv_heads * 4, m.hidden = 512, m.vocab = 1000;
        struct sizing s = { &m, &h100, DTYPE_BF16, format_usual(g_rand_int_range(r, 0, DTYPE_COUNT)), g_rand_int_range(r, 1, 200000),
                            g_rand_int_range(r, 1, 400), 16, SPLIT_NONE, 0 }, tried = s;
        int64_t longest = sizing_longest(&s), most = sizing_most(&s), fewest = sizing_fewest(&s);
        if (longest != MEMORY_ENDLESS) {
            tried.context = longest;
            g_assert_true(longest == 0 || sizing_fit(&tried) == SIZING_FITS);
            tried.context = longest + 1;
            g_assert_cmpint(sizing_fit(&tried), ==, SIZING_OVER);
        }
        tried = s, tried.batch = most;
        g_assert_true(most == 0 || sizing_fit(&tried) == SIZING_FITS);
        tried.batch = most + 1;
        g_assert_cmpint(sizing_fit(&tried), ==, SIZING_OVER);
        g_assert_true(fewest != 1 || sizing_fit(&s) == SIZING_FITS);
        tried = s, tried.split.tensor = fewest;
        g_assert_true(fewest < 0 || sizing_fit(&tried) == SIZING_FITS);
    }
    struct sizing nowhere = { &llama_8b, NULL, DTYPE_BF16, { DTYPE_BF16 }, 1000, 1, 16, SPLIT_NONE, 0 };
    g_assert_cmpint(sizing_fit(&nowhere), ==, SIZING_UNKNOWN);
    g_assert_cmpint(sizing_longest(&nowhere), ==, -1);
    g_assert_cmpint(sizing_fewest(&nowhere), ==, -1);
    g_rand_free(r);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sizing/blocks", test_blocks);
    g_test_add_func("/sizing/without-device", test_without_device);
    g_test_add_func("/sizing/large", test_large);
    g_test_add_func("/sizing/laws", test_laws);
    g_test_add_func("/sizing/reach", test_reach);
    return g_test_run();
}
