/* Cache bytes: numbers that are published or worked out by hand, and laws that hold for any shape. */
#include "sim/cache.h"

#include <glib.h>

#include <string.h>

/* Without scales. */
static struct format plain(enum dtype t) { return (struct format){ .type = t }; }

enum { SHAPES = 400, SEED = 20240723 };

static const struct model llama_8b = { .attention = ATTENTION_GQA, .params_total = 8030261248, .layers = 32,
                                       .heads = 32, .kv_heads = 8, .head_dim = 128, .full_layers = 32 };
static const struct model llama_70b = { .attention = ATTENTION_GQA, .layers = 80, .heads = 64, .kv_heads = 8,
                                        .head_dim = 128, .full_layers = 80 };
static const struct model deepseek_v3 = { .attention = ATTENTION_MLA, .layers = 61, .heads = 128, .head_dim = 128,
                                          .kv_lora_rank = 512, .qk_rope_head_dim = 64, .full_layers = 61 };
static const struct model mistral_v01 = { .attention = ATTENTION_GQA, .layers = 32, .heads = 32, .kv_heads = 8,
                                          .head_dim = 128, .sliding_window = 4096, .windowed_layers = 32 };
static const struct model gpt_oss_20b = { .attention = ATTENTION_GQA, .layers = 24, .heads = 64, .kv_heads = 8,
                                          .head_dim = 64, .sliding_window = 128, .full_layers = 12,
                                          .windowed_layers = 12 };
static const struct model qwen3_next = { .attention = ATTENTION_GQA, .layers = 48, .heads = 16, .kv_heads = 2,
                                         .head_dim = 256, .full_layers = 12, .linear_layers = 36 };

static void test_known_numbers(void)
{
    g_assert_cmpint(cache_bytes_per_token(&llama_8b, plain(DTYPE_FP16)), ==, 131072);
    g_assert_cmpint(cache_bytes_per_token(&llama_70b, plain(DTYPE_FP16)), ==, 327680);
    g_assert_cmpint(cache_bytes(&llama_70b, plain(DTYPE_FP16), 131072), ==, 42949672960);
    g_assert_cmpint(cache_bytes(&llama_70b, plain(DTYPE_FP16), 131072), ==, (int64_t)40 << 30);
    g_assert_cmpint(cache_bytes_per_token(&deepseek_v3, plain(DTYPE_BF16)), ==, 70272);
    g_assert_cmpint(cache_bytes_per_token(&llama_8b, plain(DTYPE_FP8)), ==, 65536);
    g_assert_cmpint(cache_bytes_per_token(&llama_8b, plain(DTYPE_INT4)), ==, 32768);
    g_assert_cmpint(cache_bytes_per_token(&llama_8b, plain(DTYPE_FP32)), ==, 262144);
    g_assert_cmpint(weight_bytes(&llama_8b, weights_all(DTYPE_FP16)), ==, 16060522496);
    g_assert_cmpint(cache_bytes(&llama_8b, plain(DTYPE_FP16), 0), ==, 0);
}

/* Two numbers of 4 bits share a byte over the whole sequence; an odd one at the end takes its own. */
static void test_half_bytes(void)
{
    struct model m = { .attention = ATTENTION_MLA, .layers = 1, .full_layers = 1, .kv_lora_rank = 3,
                       .qk_rope_head_dim = 2 };
    g_assert_cmpint(cache_bytes(&m, plain(DTYPE_INT4), 1), ==, 3);
    g_assert_cmpint(cache_bytes(&m, plain(DTYPE_INT4), 2), ==, 5);
}

static void test_windows(void)
{
    g_assert_cmpint(cache_bytes(&mistral_v01, plain(DTYPE_FP16), 4096), ==, 4096 * INT64_C(131072));
    g_assert_cmpint(cache_bytes(&mistral_v01, plain(DTYPE_FP16), 32768), ==, 4096 * INT64_C(131072));
    /* 12 x (131,072 + 128) x 2 x 8 x 64 x 2 B */
    g_assert_cmpint(cache_bytes(&gpt_oss_20b, plain(DTYPE_BF16), 131072), ==, 12 * (131072 + 128) * INT64_C(2048));
    g_assert_cmpint(cache_bytes_per_token(&gpt_oss_20b, plain(DTYPE_BF16)), ==, 24 * 2048);
}

/* A quarter of the layers keep a growing cache; the state of the others is not in the number. */
static void test_linear(void)
{
    struct model dense = qwen3_next;
    dense.full_layers = 48;
    dense.linear_layers = 0;
    g_assert_cmpint(4 * cache_bytes(&qwen3_next, plain(DTYPE_BF16), 1000), ==, cache_bytes(&dense, plain(DTYPE_BF16), 1000));
}

static void test_unknown(void)
{
    struct model m = llama_8b;
    m.kv_heads = 0;
    g_assert_cmpint(cache_bytes(&m, plain(DTYPE_FP16), 100), ==, -1);
    g_assert_cmpint(cache_bytes_counted(&m, plain(DTYPE_FP16), 100), ==, -1);
    g_assert_cmpint(cache_bytes_per_token(&m, plain(DTYPE_FP16)), ==, -1);
    m = llama_8b, m.head_dim = 0;
    g_assert_cmpint(cache_bytes(&m, plain(DTYPE_FP16), 100), ==, -1);
    m = llama_8b, m.params_total = 0;
    g_assert_cmpint(weight_bytes(&m, weights_all(DTYPE_FP16)), ==, -1);
    m = deepseek_v3, m.qk_rope_head_dim = 0;
    g_assert_cmpint(cache_bytes(&m, plain(DTYPE_FP16), 100), ==, -1);
    m = mistral_v01, m.sliding_window = 0;
    g_assert_cmpint(cache_bytes(&m, plain(DTYPE_FP16), 100), ==, -1);
    m = llama_8b, m.full_layers = 0; /* a plain transformer */
    g_assert_cmpint(cache_bytes(&m, plain(DTYPE_FP16), 100), ==, 100 * 131072);
    m.sliding_window = 4096; /* but not when it has a window that some unnamed layers use */
    g_assert_cmpint(cache_bytes(&m, plain(DTYPE_FP16), 100), ==, -1);
    m = llama_8b, m.full_layers = 0, m.layers = 0;
    g_assert_cmpint(cache_bytes(&m, plain(DTYPE_FP16), 100), ==, -1);
    g_assert_cmpint(cache_bytes(&llama_8b, plain(DTYPE_FP16), -1), ==, -1);
}

static void test_large(void)
{
    struct model m = { .attention = ATTENTION_MHA, .layers = 1000, .full_layers = 1000, .kv_heads = 128,
                       .head_dim = 256 };
    g_assert_cmpint(cache_bytes(&m, plain(DTYPE_FP32), 100000000), ==, INT64_C(26214400000000000)); /* 2.6e16 */
    m.layers = m.full_layers = INT64_MAX / 4;
    g_assert_cmpint(cache_bytes(&m, plain(DTYPE_FP32), 1), ==, -1);
    m = llama_8b, m.head_dim = INT64_MAX;
    g_assert_cmpint(cache_bytes_per_token(&m, plain(DTYPE_FP16)), ==, -1);
    m = llama_8b, m.params_total = INT64_MAX;
    g_assert_cmpint(weight_bytes(&m, weights_all(DTYPE_FP16)), ==, -1);
    g_assert_cmpint(weight_bytes(&m, weights_all(DTYPE_FP8)), ==, INT64_MAX);
    m = llama_8b, m.full_layers = INT64_MAX, m.windowed_layers = 1, m.sliding_window = 1;
    g_assert_cmpint(cache_bytes(&m, plain(DTYPE_FP16), 1), ==, -1);
}

static void test_formula(void)
{
    char buf[64];
    g_assert_cmpstr(cache_formula(&llama_70b, plain(DTYPE_FP16), buf, sizeof buf), ==, "2·80·8·128·2 B");
    g_assert_cmpstr(cache_formula(&llama_8b, plain(DTYPE_INT4), buf, sizeof buf), ==, "2·32·8·128·0.5 B");
    g_assert_cmpstr(cache_formula(&deepseek_v3, plain(DTYPE_FP8), buf, sizeof buf), ==, "61·(512+64)·1 B");
    g_assert_cmpstr(cache_formula(&gpt_oss_20b, plain(DTYPE_FP32), buf, sizeof buf), ==, "2·24·8·64·4 B");
    g_assert_cmpstr(cache_formula(&qwen3_next, plain(DTYPE_BF16), buf, sizeof buf), ==, "2·12·2·256·2 B");
    g_assert_cmpstr(cache_formula(&(struct model){ .layers = 3 }, plain(DTYPE_BF16), buf, sizeof buf), ==, "n/a");
}

static void test_names(void)
{
    for (int t = 0; t < DTYPE_COUNT; t++) {
        g_autofree char *upper = g_ascii_strup(dtype_names[t], -1);
        g_assert_cmpstr(upper, ==, dtype_labels[t]);
        const char *digits = dtype_names[t] + strcspn(dtype_names[t], "0123456789");
        g_assert_cmpint(dtype_bits(t), ==, g_ascii_strtoll(digits, NULL, 10));
    }
    g_assert_null(dtype_names[DTYPE_COUNT]);
}

/* --- laws, on small shapes from a fixed seed --- */

static struct model random_model(GRand *r)
{
    struct model m = { .attention = g_rand_int_range(r, ATTENTION_MHA, ATTENTION_MLA + 1) };
    m.full_layers = g_rand_int_range(r, 0, 4);
    m.windowed_layers = g_rand_int_range(r, 0, 4);
    m.linear_layers = g_rand_int_range(r, 0, 3);
    m.layers = m.full_layers + m.windowed_layers + m.linear_layers;
    if (!m.layers) m.layers = m.full_layers = 1;
    if (m.windowed_layers) m.sliding_window = g_rand_int_range(r, 1, 12);
    m.kv_heads = m.attention == ATTENTION_MQA ? 1 : g_rand_int_range(r, 1, 5);
    m.heads = m.kv_heads * (m.attention == ATTENTION_MHA ? 1 : g_rand_int_range(r, 1, 5));
    m.head_dim = g_rand_int_range(r, 1, 9);
    m.kv_lora_rank = g_rand_int_range(r, 1, 9);
    m.qk_rope_head_dim = g_rand_int_range(r, 1, 5);
    return m;
}

static void test_counted(void)
{
    GRand *r = g_rand_new_with_seed(SEED);
    for (int i = 0; i < SHAPES; i++) {
        struct model m = random_model(r);
        enum dtype t = g_rand_int_range(r, 0, DTYPE_COUNT);
        int64_t tokens = g_rand_int_range(r, 0, 20);
        g_assert_cmpint(cache_bytes(&m, plain(t), tokens), ==, cache_bytes_counted(&m, plain(t), tokens));
        g_assert_cmpint(cache_bytes_per_token(&m, plain(t)), ==, cache_bytes_counted(&m, plain(t), 1)); /* every window holds one */
    }
    g_rand_free(r);
}

static void test_monotone(void)
{
    GRand *r = g_rand_new_with_seed(SEED + 1);
    for (int i = 0; i < SHAPES; i++) {
        struct model m = random_model(r);
        enum dtype t = g_rand_int_range(r, 0, DTYPE_COUNT);
        int64_t last = 0;
        for (int64_t tokens = 1; tokens < 30; tokens++) {
            int64_t bytes = cache_bytes(&m, plain(t), tokens);
            g_assert_cmpint(bytes, >=, last);
            if (m.full_layers && dtype_bits(t) >= 8) g_assert_cmpint(bytes, >, last);
            last = bytes;
        }
    }
    g_rand_free(r);
}

/* Sharing KV heads among groups of query heads divides the cache by the size of a group; one group is MQA. */
static void test_groups(void)
{
    GRand *r = g_rand_new_with_seed(SEED + 2);
    for (int i = 0; i < SHAPES; i++) {
        struct model gqa = random_model(r), mha;
        int64_t tokens = g_rand_int_range(r, 1, 100000);
        gqa.attention = ATTENTION_GQA;
        mha = gqa;
        mha.attention = ATTENTION_MHA;
        mha.kv_heads = mha.heads;
        g_assert_cmpint(cache_bytes(&mha, plain(DTYPE_BF16), tokens), ==,
                        cache_bytes(&gqa, plain(DTYPE_BF16), tokens) * (gqa.heads / gqa.kv_heads));
    }
    g_rand_free(r);
}

/* A window never keeps more than no window, as much while it is not full, and less from then on. */
static void test_window_below_full(void)
{
    GRand *r = g_rand_new_with_seed(SEED + 3);
    for (int i = 0; i < SHAPES; i++) {
        struct model windowed = random_model(r), full;
        windowed.windowed_layers += 1;
        windowed.sliding_window = g_rand_int_range(r, 1, 5000);
        full = windowed;
        full.full_layers += full.windowed_layers;
        full.windowed_layers = 0;
        for (int64_t d = -2; d <= 2; d++) {
            int64_t tokens = MAX(windowed.sliding_window + d, 0);
            int64_t less = cache_bytes(&windowed, plain(DTYPE_FP16), tokens), more = cache_bytes(&full, plain(DTYPE_FP16), tokens);
            if (tokens <= windowed.sliding_window) g_assert_cmpint(less, ==, more);
            else g_assert_cmpint(less, <, more);
        }
    }
    g_rand_free(r);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cache/known-numbers", test_known_numbers);
    g_test_add_func("/cache/half-bytes", test_half_bytes);
    g_test_add_func("/cache/windows", test_windows);
    g_test_add_func("/cache/linear", test_linear);
    g_test_add_func("/cache/unknown", test_unknown);
    g_test_add_func("/cache/large", test_large);
    g_test_add_func("/cache/formula", test_formula);
    g_test_add_func("/cache/names", test_names);
    g_test_add_func("/cache/law/counted", test_counted);
    g_test_add_func("/cache/law/monotone", test_monotone);
    g_test_add_func("/cache/law/groups", test_groups);
    g_test_add_func("/cache/law/window-below-full", test_window_below_full);
    return g_test_run();
}
