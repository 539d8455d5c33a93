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

/* DeepSeek-V3.2: 61 layers x 2,048 chosen latents x 278,528, and an indexer of 64 heads over all keys, 128 wide. */
static void test_chosen(void)
{
    struct work w = work_decode(&deepseek_v32, 4, 131072);
    g_assert_cmpint((int64_t)w.attention, ==, 4 * INT64_C(61) * 2048 * 278528);
    g_assert_cmpint((int64_t)w.scoring, ==, 4 * INT64_C(61) * 131072 * 2 * 64 * 128);
    g_assert_true(work_total(&w) == w.body + w.logits + w.attention + w.scoring);
    g_assert_false(work_is_partial(&deepseek_v32));
    w = work_prefill(&deepseek_v32, 0, 3000, 1);
    g_assert_cmpint((int64_t)w.attention, ==, 61 * INT64_C(81920) * (2048 * 2049 / 2 + 952 * 2048));
    g_assert_cmpint((int64_t)w.scoring, ==, 61 * INT64_C(16384) * (3000 * 3001 / 2));
    w = work_decode(&deepseek_v32, 1, 2048);
    g_assert_true(w.attention == work_decode(&deepseek_v3, 1, 2048).attention);
    g_assert_true(work_decode(&deepseek_v3, 1, 2048).scoring == 0);
}

/* DeepSeek-V4-Flash: a vector is multiplied as key and as value, 64 heads x (512 + 512) x 2. A query at 131,072 reads
 * 128 of the window, 512 of 32,768 and all of 1,024. */
static void test_shared(void)
{
    g_assert_cmpint(work_score_ops(&deepseek_v4, &shared_streams[0], WORK_ABSORBED), ==, 131072);
    g_assert_cmpint(work_score_ops(&deepseek_v4, &shared_streams[3], WORK_ABSORBED), ==, 0);
    g_assert_cmpint((int64_t)work_decode(&deepseek_v4, 1, 131072).attention, ==,
                    (43 * 128 + 21 * 512 + 20 * 1024) * INT64_C(131072));
    g_assert_cmpint((int64_t)work_decode(&deepseek_v4, 1, 1024).attention, ==,
                    (43 * 128 + 21 * 256 + 20 * 8) * INT64_C(131072));
    g_assert_true(work_decode(&deepseek_v4, 1, 131072).scoring == 0);
    g_assert_true(work_is_partial(&deepseek_v4)); /* its indexer */
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
    s.keep = KEEP_EVERY, s.span = INT64_MAX, s.reads = INT64_MAX;
    g_assert_cmpint(work_scores(&s, 0, INT64_MAX - 1), ==, 0);
    s.span = 1, s.reads = 1;
    g_assert_cmpint(work_scores(&s, 0, INT64_MAX - 1), ==, INT64_MAX - 1);
}

/* --- laws --- */

static struct stream any_stream(GRand *r)
{
    return (struct stream){ .name = "any", .layers = 1, .keep = g_rand_int_range(r, KEEP_ALL, KEEP_STATE + 1),
                           .span = g_rand_int_range(r, 1, 20), .reads = MAX(g_rand_int_range(r, -20, 20), 0),
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

/* Choosing never reads more, choosing more never less, and choosing from no more than there are reads all. */
static void test_reads(void)
{
    GRand *r = g_rand_new_with_seed(SEED + 2);
    for (int i = 0; i < SHAPES; i++) {
        struct stream all = any_stream(r), some, most;
        all.reads = 0, some = most = all;
        int64_t prefix = g_rand_int_range(r, 0, 100000), tokens = g_rand_int_range(r, 0, 100000);
        some.reads = g_rand_int_range(r, 1, 5000), most.reads = MAX(work_reach(&all, prefix + tokens), 20000);
        g_assert_cmpint(work_scores(&some, prefix, tokens), <=, work_scores(&all, prefix, tokens));
        g_assert_cmpint(work_scores(&some, prefix, tokens), <=, tokens * some.reads);
        g_assert_cmpint(work_scores(&most, prefix, tokens), ==, work_scores(&all, prefix, tokens));
        most = some, most.reads++;
        g_assert_cmpint(work_scores(&some, prefix, tokens), <=, work_scores(&most, prefix, tokens));
        g_assert_cmpint(work_reach(&some, prefix + 1), <=, work_reach(&all, prefix + 1));
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
    const struct model *const models[] = { &llama_8b, &gpt_oss, &qwen3_next, &deepseek_v4 };
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
    g_test_add_func("/operations/known", test_known);
    g_test_add_func("/operations/tied", test_tied);
    g_test_add_func("/operations/latent", test_latent);
    g_test_add_func("/operations/partial", test_partial);
    g_test_add_func("/operations/chosen", test_chosen);
    g_test_add_func("/operations/shared", test_shared);
    g_test_add_func("/operations/large", test_large);
    g_test_add_func("/operations/law/counted", test_counted);
    g_test_add_func("/operations/law/reads", test_reads);
    g_test_add_func("/operations/law/chunks", test_chunks);
    g_test_add_func("/operations/law/decoded", test_decoded);
    return g_test_run();
}
