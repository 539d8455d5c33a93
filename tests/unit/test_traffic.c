/* Bytes of a step: hand-worked numbers, loops against closed forms, and what FlashAttention saves. */
#include "sim/cache.h"
#include "sim/exact.h"
#include "sim/traffic.h"
#include "split_models.h"

#include <math.h>

enum { SHAPES = 300, SEED = 20220527 };

static const struct format bf16 = { .type = DTYPE_BF16 };
static const struct split one = SPLIT_NONE;

static void test_experts(void)
{
    g_assert_cmpfloat(traffic_experts(8, 2, 1), ==, 2);
    g_assert_cmpfloat(traffic_experts(8, 2, 2), ==, 3.5);
    g_assert_cmpfloat(traffic_experts(8, 2, 0), ==, 0);
    g_assert_cmpfloat(traffic_experts(0, 0, 5), ==, 0);
    g_assert_cmpfloat(traffic_experts(256, 8, 1000000), ==, 256);
    for (int64_t experts = 1; experts < 300; experts += 7)
        for (int64_t tokens = 0; tokens < 500; tokens += 13) {
            double met = traffic_experts(experts, 1, tokens);
            g_assert_cmpfloat_with_epsilon(met, traffic_experts_counted(experts, 1, tokens), 1e-9);
            g_assert_cmpfloat(met, <=, fmin((double)experts, (double)tokens + 1e-9));
        }
}

static void test_power(void)
{
    double product = 1;
    for (int n = 0; n < 40; n++, product *= 0.75) g_assert_cmpfloat_with_epsilon(exact_pow_int(0.75, n), product,
            1e-15);
    g_assert_cmpfloat(exact_pow_int(3, 13), ==, 1594323);
    g_assert_cmpfloat(exact_pow_int(0, 0), ==, 1);
    g_assert_cmpfloat(exact_pow_int(0.5, INT64_MAX), ==, 0);
}

/* One token of Mixtral reads its active parameters less a table; many read all but a table. */
static void test_weights(void)
{
    struct traffic_weights few = traffic_weights(&mixtral, &one, DTYPE_BF16, 1, 1), many = traffic_weights(&mixtral,
            &one, DTYPE_BF16, 4096, 1);
    double table = 32000.0 * 4096;
    g_assert_cmpfloat(few.dense + few.experts, ==, 2 * (12879925248 - table));
    g_assert_cmpfloat_with_epsilon(many.dense + many.experts, 2 * (46702792704 - table), 1);
    g_assert_cmpfloat(few.dense - traffic_weights(&mixtral, &one, DTYPE_BF16, 1, 0).dense, ==, 2 * table);
    few = traffic_weights(&llama_8b, &one, DTYPE_INT4, 1, 1);
    g_assert_cmpfloat(few.dense, ==, (8030261248 - 525336576) / 2.0);
    g_assert_cmpfloat(few.experts, ==, 0);
    /* 8 devices with an expert each, whose 8 tokens meet here, too */
    struct traffic_weights spread = traffic_weights(&mixtral, &(struct split){ 1, 1, 8, 8 }, DTYPE_FP8, 1, 1);
    g_assert_cmpfloat(spread.experts, ==, traffic_experts(8, 2, 8) * 5637144576.0 / 8);
}

static void test_cache(void)
{
    g_assert_cmpint(traffic_cache_read(&llama_8b, &one, bf16, 8191, 1), ==, cache_bytes(&llama_8b, bf16, 8192));
    g_assert_cmpint(traffic_cache_read(&gpt_oss, &one, bf16, 8191, 1), ==, cache_bytes(&gpt_oss, bf16, 8192));
    g_assert_cmpint(traffic_cache_read(&llama_8b, &one, bf16, 0, 0), ==, 0);
    g_assert_cmpint(traffic_cache_written(&llama_8b, &one, bf16, 100), ==, 100 * 131072);
    g_assert_cmpint(traffic_cache_written(&gpt_oss, &one, bf16, 100), ==, 100 * cache_bytes_per_token(&gpt_oss, bf16));
    struct split sixteen = { 16, 1, 1, 1 };
    /* a head each, not half of one */
    g_assert_cmpint(traffic_cache_read(&llama_70b, &sixteen, bf16, 999, 1), ==, 1000 * 40960);
    g_assert_cmpint(traffic_cache_read(&deepseek_v3, &sixteen, bf16, 999, 1), ==, 1000 * 70272);
    g_assert_cmpint(traffic_activations(&llama_8b, &one, DTYPE_BF16, 1, 1), ==, (4096 * 129 + 128256) * 2);
    g_assert_cmpint(traffic_activations(&llama_8b, &one, DTYPE_BF16, INT64_MAX / 4, 1), ==, -1);
}

/* DeepSeek-V3.2 at 131,072 tokens: 61 x (2,048 latents of 1,152 B and 131,072 keys of 132 B); both are kept whole. */
static void test_chosen(void)
{
    g_assert_cmpint(traffic_cache_read(&deepseek_v32, &one, bf16, 131071, 1), ==,
                    61 * (2048 * INT64_C(1152) + 131072 * INT64_C(132)));
    g_assert_cmpint(traffic_cache_read(&deepseek_v32, &one, bf16, 2047, 1), ==, cache_bytes(&deepseek_v32, bf16, 2048));
    g_assert_cmpint(cache_bytes(&deepseek_v32, bf16, 131072), ==, 61 * INT64_C(131072) * (1152 + 132));
    g_assert_cmpint(traffic_cache_written(&deepseek_v32, &one, bf16, 131072), ==,
                    cache_bytes(&deepseek_v32, bf16, 131072));
    g_assert_cmpint(traffic_cache_read(&deepseek_v32, &one, bf16, 131072, 0), ==,
                    traffic_cache_read(&deepseek_v32, &one, bf16, 131071, 1)); /* of a prefix what one query reads */
    g_assert_cmpint(traffic_cache_read(&deepseek_v4, &one, bf16, 131071, 1), ==,
                    (43 * 128 + 21 * 512 + 20 * 1024) * INT64_C(1024) + 21 * 32768 * INT64_C(256));
}

static void test_attention_counted(void)
{
    GRand *r = g_rand_new_with_seed(SEED);
    for (int i = 0; i < SHAPES; i++) {
        int64_t n = g_rand_int_range(r, 1, 200), d = g_rand_int_range(r, 1, 65), rows = g_rand_int_range(r, 1, 130);
        int64_t on_chip = g_rand_int_range(r, (int)(4 * d), 20000);
        g_assert_cmpint(traffic_plain(n, d), ==, traffic_plain_counted(n, d));
        g_assert_cmpint(traffic_flash1(n, d, on_chip), ==, traffic_flash1_counted(n, d, on_chip));
        g_assert_cmpint(traffic_flash2(n, d, rows), ==, traffic_flash2_counted(n, d, rows));
    }
    g_rand_free(r);
}

/* arXiv:2205.14135, figure 2, measured on an A100: GPT-2 medium, N = 1,024, d = 64, 16 heads, batch 64, forward and
 * backward: 40.3 GB plain, 4.4 GB with FlashAttention. What is counted here is a floor under the first; a forward pass
 * alone, with an on-chip memory of 100 KB, is one under the second. */
static void test_published(void)
{
    double heads = 16 * 64, plain = (double)(traffic_plain(1024, 64) + traffic_plain_backward(1024, 64)) * heads * 2;
    g_assert_cmpfloat(plain, ==, 2 * heads * (11.0 * 1024 * 1024 + 12.0 * 1024 * 64));
    g_assert_cmpfloat(plain, <, 40.3e9);
    g_assert_cmpfloat(plain, >, 40.3e9 / 2);
    g_assert_cmpfloat((double)traffic_flash1(1024, 64, 50000) * heads * 2, <, 4.4e9);
    g_assert_cmpfloat((double)traffic_flash2(1024, 64, 128) * heads * 2, <, 4.4e9);
}

/* The saving is the scores: without them both move their inputs and outputs. It is no part of the cache. */
static void test_flash(void)
{
    for (int64_t n = 1024; n <= 131072; n *= 2) {
        int64_t plain = traffic_plain(n, 128), flash = traffic_flash2(n, 128, 128);
        g_assert_cmpint(flash, <, plain);
        g_assert_cmpint(plain - 4 * n * n, ==, 4 * n * 128);
        /* all queries at once: only what must move, and a statistic */
        g_assert_cmpint(traffic_flash2(n, 128, n), ==, 4 * n * 128 + n);
    }
    g_assert_cmpint(traffic_scratch(32, 8192, DTYPE_FP16, 1), ==, INT64_C(4294967296));
    g_assert_cmpint(traffic_scratch(128, 100000000, DTYPE_FP16, 32), ==, -1);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/traffic/experts", test_experts);
    g_test_add_func("/traffic/power", test_power);
    g_test_add_func("/traffic/weights", test_weights);
    g_test_add_func("/traffic/cache", test_cache);
    g_test_add_func("/traffic/chosen", test_chosen);
    g_test_add_func("/traffic/published", test_published);
    g_test_add_func("/traffic/flash", test_flash);
    g_test_add_func("/traffic/law/attention-counted", test_attention_counted);
    return g_test_run();
}
