/* Streams: what each kind of layer keeps, counted and in closed form, with numbers worked out by hand. */
#include "sim/cache.h"
#include "sim/cache_facts.h"

#include <glib.h>
#include <string.h>

enum { STREAMS = 600, SEED = 5 };

static const struct format BF16 = { .type = DTYPE_BF16 };

static struct model with_caches(struct stream *streams, size_t n)
{
    return (struct model){ .id = "made", .name = "Made", .layers = 10, .source = "made up", .caches = { streams, n } };
}

/* Gemma-4-31B: 10 full layers of 4 KV heads x 512, 50 windowed ones of 16 x 256 and 1,024 tokens. */
static void test_two_widths(void)
{
    struct stream s[] = {
        { .name = "full", .layers = 10, .kv_heads = 4, .k_width = 512, .v_width = 512 },
        { .name = "window", .layers = 50, .keep = KEEP_WINDOW, .span = 1024, .kv_heads = 16, .k_width = 256, .v_width = 256 },
    };
    struct model m = with_caches(s, 2);
    g_assert_cmpint(cache_bytes_per_token(&m, BF16), ==, (10 * 4 * 1024 + 50 * 16 * 512) * 2);
    g_assert_cmpint(cache_bytes(&m, BF16, 100000), ==, INT64_C(100000) * 10 * 4 * 1024 * 2 + INT64_C(1024) * 50 * 16 * 512 * 2);
    char text[96];
    g_assert_cmpstr(cache_formula(&m, BF16, text, sizeof text), ==, "2·10·4·512·2 + 2·50·16·256·2 B");
    g_assert_true(cache_bends(&m) && cache_forgets(&m));
    g_assert_cmpint(cache_bytes_next(&m, BF16, 1023), ==, 880 << 10);
    g_assert_cmpint(cache_bytes_next(&m, BF16, 1024), ==, 80 << 10);
}

/* DeepSeek-V3.2: the latent of V3 and an indexer key of 128 FP8 numbers with one 32-bit scale, 132 B a layer. */
static void test_indexer(void)
{
    struct stream s[] = {
        { .name = "latent", .layers = 61, .latent = 512, .rope = 64 },
        { .name = "indexer", .layers = 61, .kv_heads = 1, .k_width = 128, .stored = 1 + DTYPE_FP8, .group = 128, .scale_bits = 32 },
    };
    struct model m = with_caches(s, 2);
    g_assert_cmpint(cache_bytes_per_token(&m, BF16), ==, 61 * (1152 + 132));
    g_assert_cmpint(cache_bytes_per_token(&m, (struct format){ .type = DTYPE_FP8 }), ==, 61 * (576 + 132));
    g_assert_false(cache_bends(&m));
}

/* What a query reads, and what for, changes nothing of what is kept. */
static void test_reads(void)
{
    struct stream chosen = { .name = "latent", .layers = 61, .latent = 512, .rope = 64 }, all = chosen;
    struct stream shared = { .name = "by4", .layers = 21, .keep = KEEP_EVERY, .span = 4, .kv_heads = 1, .k_width = 512 },
        keys = shared;
    chosen.reads = 2048, shared.shared = true, shared.reads = 512, keys.index_heads = 64;
    for (int64_t tokens = 1; tokens < 10000; tokens = tokens * 3 + 1) {
        g_assert_cmpint(stream_bytes(&chosen, &BF16, tokens), ==, stream_bytes(&all, &BF16, tokens));
        g_assert_cmpint(stream_bytes(&shared, &BF16, tokens), ==, 21 * (tokens / 4) * 1024);
        g_assert_cmpint(stream_bytes(&shared, &BF16, tokens), ==, stream_bytes_counted(&shared, &BF16, tokens));
        g_assert_cmpint(stream_bytes(&keys, &BF16, tokens), ==, 21 * (tokens / 4) * 1024);
    }
    g_assert_cmpint(stream_entries(&chosen, 10000), ==, 10000);
}

/* One entry for each full group of tokens; the last group waits. */
static void test_compressed(void)
{
    struct stream s = { .name = "every-4", .layers = 3, .keep = KEEP_EVERY, .span = 4, .kv_heads = 1, .k_width = 512 };
    g_assert_cmpint(stream_bytes(&s, &BF16, 3), ==, 0);
    g_assert_cmpint(stream_bytes(&s, &BF16, 4), ==, 3 * 1024);
    g_assert_cmpint(stream_bytes(&s, &BF16, 11), ==, 2 * 3 * 1024);
    struct model m = with_caches(&s, 1);
    g_assert_cmpint(cache_bytes_per_token(&m, BF16), ==, 3 * 1024 / 4);
}

/* Llama 4's chunks are emptied at each multiple of 8,192; room is needed for a full one. */
static void test_chunk(void)
{
    struct stream s = { .name = "chunk", .layers = 36, .keep = KEEP_CHUNK, .span = 8192, .kv_heads = 8, .k_width = 128, .v_width = 128 };
    g_assert_cmpint(stream_entries(&s, 8191), ==, 8191);
    g_assert_cmpint(stream_entries(&s, 8193), ==, 8192);
}

static void test_sinks(void)
{
    struct stream s = { .name = "window", .layers = 1, .keep = KEEP_WINDOW, .span = 1020, .sinks = 4, .kv_heads = 1, .k_width = 1, .v_width = 1 };
    g_assert_cmpint(stream_entries(&s, 1000), ==, 1000);
    g_assert_cmpint(stream_entries(&s, 5000), ==, 1024);
    s.sinks = INT64_MAX;
    g_assert_cmpint(stream_entries(&s, 5000), ==, 5000);
}

/* A state is there from the first token on and never grows; its own type does not follow the cache's. */
static void test_state(void)
{
    struct stream s[] = {
        { .name = "full", .layers = 12, .kv_heads = 2, .k_width = 256, .v_width = 256 },
        { .name = "state", .layers = 36, .keep = KEEP_STATE, .state_heads = 32, .state_rows = 128, .state_columns = 128, .stored = 1 + DTYPE_FP32 },
        { .name = "conv", .layers = 36, .keep = KEEP_STATE, .state_heads = 1, .state_rows = 8192, .state_columns = 3, .stored = 1 + DTYPE_BF16 },
    };
    struct model m = with_caches(s, 3);
    int64_t state = 36 * (32 * 128 * 128 * 4 + 8192 * 3 * 2);
    g_assert_cmpint(cache_state_bytes(&m, BF16), ==, state);
    g_assert_cmpint(cache_bytes(&m, BF16, 0), ==, state);
    g_assert_cmpint(cache_bytes(&m, (struct format){ .type = DTYPE_FP8 }, 1000), ==, state + 1000 * 12 * 1024);
    g_assert_cmpint(cache_bytes_per_token(&m, BF16), ==, 12 * 1024 * 2);
    g_assert_true(cache_bends(&m) && !cache_forgets(&m));
    s[1].state_heads = 0; /* nobody knows its size */
    g_assert_cmpint(cache_state_bytes(&m, BF16), ==, -1);
    g_assert_cmpint(cache_bytes(&m, BF16, 1), ==, 12 * 1024 * 2 + 36 * 8192 * 3 * 2);
}

/* llama.cpp: q8_0 keeps 34 bytes for 32 numbers, q4_0 18. Llama-2-7B, 4,096 tokens: 2 x 32 x 4,096 x 4,096 numbers. */
static void test_scales(void)
{
    struct model m = { .attention = ATTENTION_MHA, .layers = 32, .full_layers = 32, .kv_heads = 32, .head_dim = 128 };
    int64_t numbers = INT64_C(2) * 32 * 4096 * 4096;
    g_assert_cmpint(cache_bytes(&m, (struct format){ DTYPE_INT8, 32, 16, 0 }, 4096), ==, numbers / 32 * 34);
    g_assert_cmpint(cache_bytes(&m, format_usual(DTYPE_INT4), 4096), ==, numbers / 32 * 18);
    g_assert_cmpint(cache_bytes(&m, (struct format){ DTYPE_INT4, 64, 16, 16 }, 4096), ==, numbers / 64 * 36);
    m.head_dim = 80; /* groups end with their vector: three scales for 80 numbers */
    g_assert_cmpint(cache_bytes_per_token(&m, format_usual(DTYPE_INT4)), ==, 2 * 32 * 32 * (80 * 4 + 3 * 16) / 8);
    char text[64];
    g_assert_cmpstr(format_label(&(struct format){ DTYPE_INT4, 64, 16, 16 }, text, sizeof text), ==, "INT4, a 16-bit scale and a zero point for 64 numbers");
    g_assert_cmpstr(format_label(&BF16, text, sizeof text), ==, "BF16");
}

static void test_unknown(void)
{
    struct stream s = { .name = "full", .layers = 2, .kv_heads = 2 };
    struct model m = with_caches(&s, 1);
    g_assert_cmpint(cache_bytes(&m, BF16, 10), ==, -1);
    s = (struct stream){ .name = "w", .layers = 2, .keep = KEEP_WINDOW, .kv_heads = 2, .k_width = 2, .v_width = 2 };
    g_assert_cmpint(cache_bytes(&m, BF16, 10), ==, -1);
    g_assert_cmpint(cache_bytes_counted(&m, BF16, 10), ==, -1);
    s.keep = KEEP_EVERY;
    g_assert_cmpint(cache_bytes(&m, BF16, 10), ==, -1);
    g_assert_cmpint(cache_bytes_per_token(&m, BF16), ==, -1);
    s.span = INT64_MAX;
    g_assert_cmpint(cache_bytes_per_token(&m, BF16), ==, -1);
    m.caches.n = CACHE_MOST_STREAMS + 1;
    g_assert_cmpint(layout_of(&m).n, ==, -1);
}

/* 100M tokens, 400 layers. */
static void test_large(void)
{
    struct stream s = { .name = "full", .layers = 400, .kv_heads = 128, .k_width = 512, .v_width = 512 };
    g_assert_cmpint(stream_bytes(&s, &(struct format){ .type = DTYPE_FP32 }, 100000000), ==, INT64_C(20971520000000000));
    s.layers = INT64_MAX;
    g_assert_cmpint(stream_bytes(&s, &BF16, 1), ==, -1);
}

/* --- laws --- */

static struct stream random_stream(GRand *r)
{
    struct stream s = { .name = (char *)"some", .layers = g_rand_int_range(r, 0, 4), .keep = g_rand_int_range(r, KEEP_ALL, KEEP_STATE + 1) };
    if (s.keep != KEEP_ALL) s.span = g_rand_int_range(r, 1, 9);
    if (s.keep == KEEP_WINDOW) s.sinks = g_rand_int_range(r, 0, 5);
    if (s.keep == KEEP_STATE) {
        s.state_heads = g_rand_int_range(r, 1, 4), s.state_rows = g_rand_int_range(r, 1, 6), s.state_columns = g_rand_int_range(r, 1, 6);
    } else if (g_rand_boolean(r)) s.latent = g_rand_int_range(r, 1, 20), s.rope = g_rand_int_range(r, 1, 9);
    else s.kv_heads = g_rand_int_range(r, 1, 4), s.k_width = g_rand_int_range(r, 1, 20), s.v_width = g_rand_int_range(r, 0, 20);
    if (g_rand_boolean(r)) {
        s.stored = g_rand_int_range(r, 1, DTYPE_COUNT + 1);
        if (g_rand_boolean(r)) s.group = g_rand_int_range(r, 1, 9), s.scale_bits = 8 << g_rand_int_range(r, 0, 3);
    }
    return s;
}

static struct format random_format(GRand *r)
{
    struct format f = { .type = g_rand_int_range(r, 0, DTYPE_COUNT) };
    if (g_rand_boolean(r)) f.group = g_rand_int_range(r, 1, 9), f.scale_bits = 16, f.zero_bits = g_rand_boolean(r) ? 16 : 0;
    return f;
}

static void test_counted(void)
{
    GRand *r = g_rand_new_with_seed(SEED);
    for (int i = 0; i < STREAMS; i++) {
        struct stream s = random_stream(r);
        struct format f = random_format(r);
        int64_t tokens = g_rand_int_range(r, 0, 40);
        g_assert_cmpint(stream_bytes(&s, &f, tokens), ==, stream_bytes_counted(&s, &f, tokens));
        g_assert_cmpint(stream_bytes(&s, &f, tokens + 1), >=, stream_bytes(&s, &f, tokens));
        g_assert_cmpint(format_vector_bits(&f, 0), ==, 0);
    }
    g_rand_free(r);
}

/* What the next token adds is what counting one token more, or one whole group, finds more. */
static void test_next(void)
{
    GRand *r = g_rand_new_with_seed(SEED);
    for (int i = 0; i < STREAMS; i++) {
        struct stream s = random_stream(r);
        struct format f = random_format(r);
        s.layers *= 8; /* whole bytes */
        int64_t tokens = g_rand_int_range(r, 0, 20), more = s.keep == KEEP_EVERY ? s.span : 1;
        int64_t added = stream_bytes_counted(&s, &f, tokens + more) - stream_bytes_counted(&s, &f, tokens);
        g_assert_cmpint(stream_bytes_next(&s, &f, tokens), ==, (added + more - 1) / more);
        struct model m = with_caches(&s, 1);
        g_assert_cmpint(cache_bytes_next(&m, f, tokens), ==, (added + more - 1) / more);
    }
    g_rand_free(r);
}

/* A sum of streams is the sum of their bytes, in facts as in numbers, and every formula gives its value again. */
static void test_facts(void)
{
    static const char *const names[] = { "a", "b", "c" };
    GRand *r = g_rand_new_with_seed(SEED);
    for (int i = 0; i < STREAMS; i++) {
        struct stream s[3];
        int64_t tokens = g_rand_int_range(r, 0, 1000);
        for (int k = 0; k < 3; k++) {
            s[k] = random_stream(r);
            s[k].name = (char *)names[k];
            s[k].layers++;
        }
        struct model m = with_caches(s, (size_t)g_rand_int_range(r, 1, 4));
        struct cache_choice c = { &m, random_format(r), "scene file: cache", UNIT_BYTES };
        struct facts *facts = facts_new();
        int context = facts_leaf(facts, "mem.context", tokens, UNIT_TOKENS, "a test");
        struct cache_facts f = cache_facts_at(&c, context, facts);
        g_assert_cmpint(facts_at(facts, f.sequence)->i, ==, cache_bytes(&m, c.format, tokens));
        g_assert_cmpint(facts_at(facts, f.per_token)->i, ==, cache_bytes_per_token(&m, c.format));
        g_assert_cmpint(facts_at(facts, f.next)->i, ==, cache_bytes_next(&m, c.format, tokens));
        for (int k = 0; k < facts_count(facts); k++) {
            double value;
            if (!facts_at(facts, k)->formula || !facts_at(facts, k)->n_deps) continue; /* nothing grows: no sum */
            g_assert_cmpint(formula_brackets(facts_at(facts, k)->formula), ==, facts_at(facts, k)->n_deps);
            g_assert_true(facts_evaluate(facts, k, &value));
            g_assert_true(facts_agree(facts, k, value));
        }
        facts_free(facts);
    }
    g_rand_free(r);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/layout/two-widths", test_two_widths);
    g_test_add_func("/layout/indexer", test_indexer);
    g_test_add_func("/layout/reads", test_reads);
    g_test_add_func("/layout/compressed", test_compressed);
    g_test_add_func("/layout/chunk", test_chunk);
    g_test_add_func("/layout/sinks", test_sinks);
    g_test_add_func("/layout/state", test_state);
    g_test_add_func("/layout/scales", test_scales);
    g_test_add_func("/layout/unknown", test_unknown);
    g_test_add_func("/layout/large", test_large);
    g_test_add_func("/layout/law/counted", test_counted);
    g_test_add_func("/layout/law/next", test_next);
    g_test_add_func("/layout/law/facts", test_facts);
    return g_test_run();
}
