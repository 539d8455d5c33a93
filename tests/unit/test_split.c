/* Splits: hand-worked shares, the sentences of refusals, and laws over random shapes. */
#include "split_models.h"
#include "sim/cache.h"

enum { SHAPES = 300, SEED = 20190917 };

static const struct format bf16 = { .type = DTYPE_BF16 };

static void assert_refused(struct split s, const struct model *m, const char *sentence)
{
    g_autofree char *said = split_refusal(&s, m);
    g_assert_cmpstr(said, ==, sentence);
}

static void test_refusals(void)
{
    assert_refused(SPLIT_NONE, &llama_70b, NULL);
    assert_refused((struct split){ 16, 80, 2, 1 }, &llama_70b, NULL);
    assert_refused((struct split){ 8, 1, 4, 32 }, &deepseek_v3, NULL);
    /* a latent is not cut, whatever kv_heads says */
    assert_refused((struct split){ 128, 1, 1, 1 }, &deepseek_v3, NULL);
    assert_refused((struct split){ 0, 1, 1, 1 }, &llama_70b, "Every part of a split is at least 1.");
    assert_refused((struct split){ 3, 1, 1, 1 }, &llama_70b, "llama-70b has 64 heads, which 3 tensor ranks cannot "
                                                             "share evenly.");
    assert_refused((struct split){ 1, 81, 1, 1 }, &llama_70b, "llama-70b has 80 layers; 81 pipeline stages are more "
                                                              "than that.");
    assert_refused((struct split){ 1, 1, 2, 2 }, &llama_70b, "llama-70b has no experts to split; leave the expert "
                                                             "split at 1.");
    assert_refused((struct split){ 1, 1, 3, 3 }, &mixtral, "mixtral has 8 experts, which 3 expert ranks cannot share "
                                                           "evenly.");
    assert_refused((struct split){ 1, 1, 3, 2 }, &mixtral, "2 expert ranks must divide the tensor x data devices of "
                                                           "a stage, which are 3.");
    assert_refused((struct split){ INT64_MAX, 1, 3, 1 }, &mixtral, "That split needs more devices than can be "
                                                                   "counted.");
    struct model odd = llama_70b;
    odd.kv_heads = 6, odd.heads = 24;
    assert_refused((struct split){ 4, 1, 1, 1 }, &odd,
                   "llama-70b has 6 KV heads; the tensor ranks must divide them or be a multiple of them, and 4 is "
                   "neither.");
}

/* 327,680 B a token: an eighth on each of 8 ranks, no less on 16. */
static void test_heads(void)
{
    struct split eight = { 8, 1, 1, 1 }, sixteen = { 16, 1, 1, 1 }, stages = { 8, 4, 1, 1 };
    g_assert_cmpint(split_kv_heads(&eight, 8), ==, 1);
    g_assert_cmpint(split_kv_copies(&eight, 8), ==, 1);
    g_assert_cmpint(split_kv_copies(&sixteen, 8), ==, 2);
    g_assert_cmpint(split_cache_bytes(&eight, &llama_70b, bf16, 1000), ==, 1000 * 40960);
    g_assert_cmpint(split_cache_bytes(&sixteen, &llama_70b, bf16, 1000), ==, 1000 * 40960);
    g_assert_cmpint(split_cache_bytes(&stages, &llama_70b, bf16, 1000), ==, 1000 * 10240);
    g_assert_cmpint(split_cache_sum(&eight, &llama_70b, bf16, 1000), ==, 1000 * 327680);
    g_assert_cmpint(split_cache_sum(&sixteen, &llama_70b, bf16, 1000), ==, 2000 * 327680);
    g_assert_cmpint(split_cache_sum(&eight, &deepseek_v3, bf16, 1000), ==, 8 * INT64_C(1000) * 70272);
}

/* One expert of Mixtral is three matrices of 4,096 x 14,336 in 32 layers. */
static void test_params(void)
{
    struct split_params p = split_params_of(&mixtral);
    g_assert_cmpint(p.expert, ==, 32 * INT64_C(3) * 4096 * 14336);
    g_assert_cmpint(p.rest + 2 * p.table + 8 * p.expert, ==, mixtral.params_total);
    g_assert_cmpint(split_params_of(&deepseek_v3).expert, ==, 58 * INT64_C(3) * 7168 * 2048);
    g_assert_cmpint(split_params_of(&llama_8b).expert, ==, 0);
    /* The published 3.61 x 10^9 leave a table out; the shape says so: what remains is attention, about 24 x 26.5 x
     * 10^6. */
    g_assert_true(split_expert_is_shaped(&gpt_oss));
    g_assert_cmpint(split_params_of(&gpt_oss).expert, ==, 24 * INT64_C(3) * 2880 * 2880);
    g_assert_cmpint(split_params_of(&gpt_oss).rest / 24, >, 26400000);
    g_assert_cmpint(split_params_of(&gpt_oss).rest / 24, <, 27500000);
    struct model unsaid = mixtral;
    unsaid.experts = 0; /* sparse, but nobody said how */
    g_assert_cmpint(split_params_of(&unsaid).expert, ==, -1);
    g_assert_cmpint(split_weight_bytes(&(struct split){ 2, 1, 1, 1 }, &unsaid, DTYPE_BF16), ==, -1);
}

static void test_weights(void)
{
    struct split one = SPLIT_NONE, tensor = { 8, 1, 1, 1 }, stages = { 1, 3, 1, 1 }, experts = { 1, 1, 8, 8 };
    g_assert_cmpint(split_weight_bytes(&one, &llama_70b, DTYPE_BF16), ==, 141107412992);
    g_assert_cmpint(split_weight_bytes(&tensor, &llama_70b, DTYPE_BF16), ==, 141107412992 / 8);
    int64_t table = 128256 * INT64_C(8192), rest = 70553706496 - 2 * table;
    g_assert_cmpint(split_weight_bytes(&stages, &llama_70b, DTYPE_FP8), ==, (rest * 27 + 79) / 80 + table);
    struct split_params p = split_params_of(&mixtral);
    g_assert_cmpint(split_weight_bytes(&experts, &mixtral, DTYPE_FP8), ==, p.rest + 2 * p.table + p.expert);
}

static void test_traffic(void)
{
    struct split eight = { 8, 1, 1, 1 }, stages = { 1, 4, 1, 1 }, experts = { 1, 1, 8, 8 }, inside = { 8, 1, 1, 8 };
    g_assert_cmpint(split_traffic_of(&eight, &llama_70b, DTYPE_BF16, 1).tensor, ==, 4587520);
    g_assert_cmpint(split_traffic_of(&stages, &llama_70b, DTYPE_BF16, 10).pipeline, ==, 3 * 10 * 16384);
    g_assert_cmpint(split_traffic_of(&stages, &llama_70b, DTYPE_BF16, 10).tensor, ==, 0);
    g_assert_cmpint(split_traffic_of(&experts, &mixtral, DTYPE_BF16, 1).expert, ==, 2 * 32 * 2 * 8192 * 7 / 8);
    g_assert_cmpint(split_traffic_of(&inside, &mixtral, DTYPE_BF16, 1).expert, ==, 0);
    for (int64_t ranks = 2; ranks < 20; ranks++) {
        struct split s = { ranks, 1, 1, 1 };
        struct model m = { .hidden = 8 * ranks, .layers = 1 };
        g_assert_cmpint(split_traffic_of(&s, &m, DTYPE_BF16, 1).tensor, ==, 2 * split_ring_counted(ranks, 16 * ranks));
    }
}

static void test_large(void)
{
    struct model m = llama_70b;
    m.layers = 400, m.params_total = m.params_active = 4000000000000;
    struct split s = { 64, 5, 16, 1 };
    g_assert_cmpint(split_cache_sum(&s, &m, bf16, 100000000), ==, 8 * INT64_C(100000000) * 400 * 4096);
    g_assert_cmpint(split_cache_bytes(&s, &m, bf16, 100000000), ==, INT64_C(100000000) * 80 * 512);
    g_assert_cmpint(split_traffic_of(&s, &m, DTYPE_BF16, 3200000000).tensor, ==,
                    INT64_C(3200000000) * 800 * 16384 * 63 / 32);
    g_assert_cmpint(split_traffic_of(&s, &m, DTYPE_BF16, INT64_MAX / 2).tensor, ==, -1);
}

/* --- laws --- */

static void test_counted(void)
{
    GRand *r = g_rand_new_with_seed(SEED);
    for (int i = 0; i < SHAPES; i++) {
        struct model m = *any_model(r);
        struct split s = any_split(r);
        m.layers = g_rand_int_range(r, 1, 12), m.full_layers = g_rand_int_range(r, 0, 6), m.windowed_layers = 0,
            m.linear_layers = 0;
        m.sliding_window = 0;
        int64_t tokens = g_rand_int_range(r, 0, 5);
        g_autofree char *refusal = split_refusal(&s, &m);
        if (refusal) continue;
        g_assert_cmpint(split_cache_sum(&s, &m, bf16, tokens), ==, split_cache_sum_counted(&s, &m, bf16, tokens));
    }
    g_rand_free(r);
}

/* No split keeps less than the whole; as many ranks as KV heads or fewer keep just that. */
static void test_overhead(void)
{
    GRand *r = g_rand_new_with_seed(SEED + 1);
    for (int i = 0; i < SHAPES; i++) {
        const struct model *m = any_model(r);
        struct split s = any_split(r);
        int64_t tokens = g_rand_int_range(r, 0, 100000), whole = cache_bytes(m, bf16, tokens);
        int64_t sum = split_cache_sum(&s, m, bf16, tokens);
        g_autofree char *refusal = split_refusal(&s, m);
        if (refusal) continue;
        g_assert_cmpint(sum, >=, whole);
        bool latent = m->attention == ATTENTION_MLA;
        int64_t copies = latent ? s.tensor : split_kv_copies(&s, m->kv_heads);
        g_assert_cmpint(sum, ==, whole * copies);
        g_assert_cmpint(split_cache_bytes(&s, m, bf16, tokens), >=,
                        (sum + s.tensor * s.pipeline - 1) / (s.tensor * s.pipeline));
        g_assert_cmpint(split_weight_bytes(&s, m, DTYPE_BF16) * s.tensor * s.pipeline, >=, 2 *
                        (m->params_total - split_params_of(m).table));
    }
    g_rand_free(r);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/split/refusals", test_refusals);
    g_test_add_func("/split/heads", test_heads);
    g_test_add_func("/split/params", test_params);
    g_test_add_func("/split/weights", test_weights);
    g_test_add_func("/split/traffic", test_traffic);
    g_test_add_func("/split/large", test_large);
    g_test_add_func("/split/law/counted", test_counted);
    g_test_add_func("/split/law/overhead", test_overhead);
    return g_test_run();
}
