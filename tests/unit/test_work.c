/* Operations: hand-worked numbers, loops against closed forms, and laws. */
#include "sim/work.h"
#include "split_models.h"

enum { SHAPES = 400, SEED = 20240507 };

static void test_known(void)
{
    struct work w = work_decode(&llama_8b, 1, 8192);
    g_assert_cmpint(work_body_params(&llama_8b), ==, 6979588096);
    g_assert_cmpint(work_last_params(&llama_8b), ==, 525336576);
    g_assert_cmpint((int64_t)w.body, ==, 2 * INT64_C(6979588096));
    g_assert_cmpint((int64_t)w.logits, ==, 2 * INT64_C(525336576));
    g_assert_cmpint((int64_t)w.attention, ==, 4294967296);
    w = work_decode(&llama_8b, 32, 8192);
    g_assert_cmpint((int64_t)w.attention, ==, 32 * INT64_C(4294967296));
}

/* A tied table multiplies as the last matrix and is no part of the body. */
static void test_tied(void)
{
    struct model m = llama_8b;
    m.tied_embeddings = SAID_YES, m.params_total = m.params_active = 6979588096 + 525336576;
    g_assert_cmpint(work_body_params(&m), ==, 6979588096);
    m.vocab = 0;
    g_assert_cmpint(work_body_params(&m), ==, -1);
    g_assert_true(work_decode(&m, 1, 1).body < 0);
    struct work w = work_decode(&m, 1, 1);
    g_assert_true(work_total(&w) < 0);
}

/* Absorbed: 128 heads x (576 + 512) x 2 a score; with keys and values made: 128 x (192 + 128) x 2. */
static void test_latent(void)
{
    struct stream s = layout_of(&deepseek_v3).streams[0];
    g_assert_cmpint(work_score_ops(&deepseek_v3, &s, WORK_ABSORBED), ==, 278528);
    g_assert_cmpint(work_score_ops(&deepseek_v3, &s, WORK_MATERIALISED), ==, 81920);
    g_assert_cmpint(work_prefill_form(&deepseek_v3), ==, WORK_MATERIALISED);
    g_assert_true(work_prefill(&deepseek_v3, 0, 100, 1).attention == (__int128)61 * 5050 * 81920);
    struct model m = deepseek_v3;
    m.qk_nope_head_dim = 0;
    g_assert_cmpint(work_prefill_form(&m), ==, WORK_ABSORBED);
}

static void test_partial(void)
{
    g_assert_true(work_is_partial(&qwen3_next));
    g_assert_false(work_is_partial(&gpt_oss));
    g_assert_true(work_decode(&qwen3_next, 1, 1000).attention == (__int128)12 * 1000 * 2 * 16 * 512);
    struct stream indexer = { .name = "indexer", .layers = 1, .kv_heads = 1, .k_width = 128 };
    g_assert_cmpint(work_score_ops(&deepseek_v3, &indexer, WORK_ABSORBED), ==, 0);
}

/* 10^23 operations do not wrap. */
static void test_large(void)
{
    struct model m = llama_70b;
    m.layers = 400, m.heads = 128;
    __int128 scores = (__int128)100000000 * 100000001 / 2;
    g_assert_true(work_prefill(&m, 0, 100000000, 1).attention == 400 * scores * 2 * 128 * 256);
    g_assert_true(work_decode(&m, 32, 100000000).attention == (__int128)400 * 32 * 100000000 * 2 * 128 * 256);
    struct stream s = { .name = "full", .layers = 1, .kv_heads = 1, .k_width = 1, .v_width = 1 };
    g_assert_cmpint(work_scores(&s, 0, INT64_MAX - 1), ==, -1);
    g_assert_cmpint(work_scores(&s, INT64_MAX, 1), ==, -1);
}

/* --- laws --- */

static struct stream any_stream(GRand *r)
{
    return (struct stream){ .name = "any", .layers = 1, .keep = g_rand_int_range(r, KEEP_ALL, KEEP_STATE + 1),
                           .span = g_rand_int_range(r, 1, 20),
                            .sinks = g_rand_int_range(r, 0, 4), .kv_heads = 1, .k_width = 1, .v_width = 1 };
}

static void test_counted(void)
{
    GRand *r = g_rand_new_with_seed(SEED);
    for (int i = 0; i < SHAPES; i++) {
        struct stream s = any_stream(r);
        int64_t prefix = g_rand_int_range(r, 0, 60), tokens = g_rand_int_range(r, 0, 60);
        g_assert_cmpint(work_scores(&s, prefix, tokens), ==, work_scores_counted(&s, prefix, tokens));
    }
    g_rand_free(r);
}

/* A prompt in chunks takes the operations of a prompt at once. */
static void test_chunks(void)
{
    GRand *r = g_rand_new_with_seed(SEED + 1);
    for (int i = 0; i < SHAPES; i++) {
        const struct model *m = any_model(r);
        int64_t tokens = g_rand_int_range(r, 1, 100000), chunk = g_rand_int_range(r, 1, 9000);
        struct work once = work_prefill(m, 0, tokens, 1);
        __int128 sum = 0;
        for (int64_t done = 0; done < tokens; done += chunk) {
            int64_t n = MIN(chunk, tokens - done);
            struct work w = work_prefill(m, done, n, done + n == tokens);
            sum += work_total(&w);
        }
        g_assert_true(sum == work_total(&once));
    }
    g_rand_free(r);
}

/* Decoding a text token after token takes what pre-filling it takes, but for the form of MLA and the logits. */
static void test_decoded(void)
{
    const struct model *const models[] = { &llama_8b, &gpt_oss, &qwen3_next };
    for (size_t i = 0; i < G_N_ELEMENTS(models); i++) {
        struct work once = work_prefill(models[i], 0, 300, 300);
        __int128 sum = 0;
        for (int64_t context = 1; context <= 300; context++) {
            struct work w = work_decode(models[i], 1, context);
            sum += work_total(&w);
        }
        g_assert_true(sum == work_total(&once));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/work/known", test_known);
    g_test_add_func("/work/tied", test_tied);
    g_test_add_func("/work/latent", test_latent);
    g_test_add_func("/work/partial", test_partial);
    g_test_add_func("/work/large", test_large);
    g_test_add_func("/work/law/counted", test_counted);
    g_test_add_func("/work/law/chunks", test_chunks);
    g_test_add_func("/work/law/decoded", test_decoded);
    return g_test_run();
}
