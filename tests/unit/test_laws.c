/* Laws that hold for any shape, over the public functions of sim/: what a model keeps, in blocks, in chunks of a
 * prompt, over several devices, and at sizes where products leave 64 bits. Shapes come from a fixed seed. */
#include "scene/catalog.h"
#include "sim/cost.h"
#include "sim/count.h"
#include "sim/sizing.h"
#include "sim/traffic.h"
#include "sim/work.h"

#include <glib.h>

enum { CASES = 400, SEED = 20261128, MOST_STREAMS = 4 };

static const struct device device = {
    .id = "device", .capacity_bytes = INT64_C(80) << 30, .bandwidth = INT64_C(3350000000000), .fp16_tflops = 989,
    .bf16_tflops = 989, .fp8_tflops = 1979, .link_bandwidth = INT64_C(900000000000)
};
static const struct format fp32 = { DTYPE_FP32 }, bf16 = { DTYPE_BF16 }, fp16 = { DTYPE_FP16 }, fp8 = { DTYPE_FP8 },
                           int8 = { DTYPE_INT8 }, int4 = { DTYPE_INT4 };

static int64_t any(GRand *r, int64_t low, int64_t high)
{
    return low + (int64_t)(g_rand_double(r) * (double)(high - low + 1));
}

/* A format with or without scales. */
static struct format any_format(GRand *r)
{
    struct format f = { .type = g_rand_int_range(r, 0, DTYPE_COUNT) };
    if (dtype_bits(f.type) > 8 || g_rand_boolean(r)) return f;
    f.group = any(r, 1, 64), f.scale_bits = 16, f.zero_bits = 16 * any(r, 0, 1);
    return f;
}

/* --- models: their common widths, or streams of every kind --- */

struct shape { struct model model; struct stream streams[MOST_STREAMS]; };

static struct stream any_stream(GRand *r)
{
    struct stream s = { .name = (char *)"some", .layers = any(r, 1, 400) };
    s.keep = g_rand_int_range(r, KEEP_ALL, KEEP_STATE + 1);
    s.span = any(r, 1, 9000), s.sinks = s.keep == KEEP_WINDOW ? any(r, 0, 8) : 0;
    if (s.keep == KEEP_STATE)
        s.state_heads = any(r, 1, 64), s.state_rows = any(r, 1, 256), s.state_columns = any(r, 1, 256);
    else if (g_rand_boolean(r)) s.latent = any(r, 1, 600), s.rope = any(r, 1, 80);
    else s.kv_heads = any(r, 1, 64), s.k_width = any(r, 1, 300), s.v_width = any(r, 0, 300);
    return s;
}

static const struct model *any_listed(GRand *r, struct shape *out)
{
    *out = (struct shape){ .model = { .id = (char *)"any", .layers = 400, .heads = 64 } };
    out->model.caches = (struct list){ out->streams, (size_t)any(r, 1, MOST_STREAMS) };
    for (size_t i = 0; i < out->model.caches.n; i++) out->streams[i] = any_stream(r);
    return &out->model;
}

static struct model any_plain(GRand *r)
{
    struct model m = { .id = (char *)"any", .name = (char *)"Any", .attention = ATTENTION_GQA, .layers = any(r, 1, 400),
                       .head_dim = any(r, 1, 300), .kv_heads = any(r, 1, 32), .vocab = any(r, 1, 300000) };
    m.full_layers = m.layers;
    m.heads = m.kv_heads * any(r, 1, 16);
    m.hidden = any(r, 1, 20000);
    m.params_total = m.params_active = 2 * m.vocab * m.hidden + any(r, 1, INT64_C(500000000000));
    return m;
}

static struct model any_latent(GRand *r)
{
    struct model m = any_plain(r);
    m.attention = ATTENTION_MLA;
    m.kv_lora_rank = any(r, 1, 600), m.qk_rope_head_dim = any(r, 1, 80);
    m.qk_nope_head_dim = any(r, 1, 200), m.v_head_dim = any(r, 1, 200);
    return m;
}

/* --- what is kept --- */

/* Never less for a token more, and a decode step reads no more of it than there is. */
static void test_context(void)
{
    GRand *r = g_rand_new_with_seed(SEED);
    for (int i = 0; i < CASES; i++) {
        struct shape shape;
        const struct model *m = any_listed(r, &shape);
        struct format f = any_format(r);
        int64_t last = cache_bytes(m, f, 0);
        for (int64_t tokens = any(r, 1, 100), n = 0; n < 40; n++, tokens += n % 3 ? 1 : any(r, 1, 2000)) {
            int64_t bytes = cache_bytes(m, f, tokens);
            g_assert_cmpint(bytes, >=, last);
            g_assert_cmpint(traffic_cache_read(m, &SPLIT_NONE, f, tokens - 1, 1), <=, bytes);
            last = bytes;
        }
    }
    g_rand_free(r);
}

/* Whole formats are multiples of each other, scales come on top, and finer groups never take less. */
static void test_formats(void)
{
    GRand *r = g_rand_new_with_seed(SEED + 1);
    for (int i = 0; i < CASES; i++) {
        struct shape shape;
        const struct model *m = any_listed(r, &shape);
        int64_t tokens = any(r, 0, 1000000), group = any(r, 1, 64), one = cache_bytes(m, fp8, tokens);
        g_assert_cmpint(cache_bytes(m, fp16, tokens), ==, 2 * one);
        g_assert_cmpint(cache_bytes(m, bf16, tokens), ==, 2 * one);
        g_assert_cmpint(cache_bytes(m, fp32, tokens), ==, 4 * one);
        g_assert_cmpint(cache_bytes(m, int8, tokens), ==, one);
        g_assert_cmpint(cache_bytes(m, int4, tokens) - one / 2, >=, 0);
        g_assert_cmpint(cache_bytes(m, int4, tokens) - one / 2, <=, MOST_STREAMS); /* half bytes of each stream */
        int64_t fine = cache_bytes(m, (struct format){ DTYPE_INT8, group, 16, 0 }, tokens);
        int64_t coarse = cache_bytes(m, (struct format){ DTYPE_INT8, 2 * group, 16, 0 }, tokens);
        g_assert_cmpint(fine, >=, coarse);
        if (one > 0) g_assert_cmpint(coarse, >, one);
    }
    g_rand_free(r);
}

/* A cache that groups of heads share is smaller by the size of a group, one that all share by the heads. */
static void test_groups(void)
{
    GRand *r = g_rand_new_with_seed(SEED + 2);
    for (int i = 0; i < CASES; i++) {
        struct model gqa = any_plain(r), mha, mqa;
        struct format f = any_format(r);
        int64_t tokens = 8 * any(r, 1, 100000); /* so that half bytes come out even */
        mha = mqa = gqa;
        mha.attention = ATTENTION_MHA, mha.kv_heads = mha.heads;
        mqa.attention = ATTENTION_MQA, mqa.kv_heads = 1;
        int64_t all = cache_bytes(&mha, f, tokens);
        g_assert_cmpint(cache_bytes(&gqa, f, tokens) * (gqa.heads / gqa.kv_heads), ==, all);
        g_assert_cmpint(cache_bytes(&mqa, f, tokens) * mqa.heads, ==, all);
    }
    g_rand_free(r);
}

static struct model materialised(const struct model *mla)
{
    struct model m = *mla;
    m.attention = ATTENTION_MHA;
    m.kv_heads = mla->heads;
    m.head_dim = mla->qk_nope_head_dim + mla->qk_rope_head_dim;
    m.caches = (struct list){ 0 };
    return m;
}

/* A latent against the keys and values that it stands for: in the proportion of their widths. */
static void test_latent(void)
{
    GRand *r = g_rand_new_with_seed(SEED + 3);
    for (int i = 0; i < CASES; i++) {
        struct model mla = any_latent(r), mha = materialised(&mla);
        int64_t tokens = any(r, 1, 1000), latent = cache_bytes(&mla, bf16, tokens);
        int64_t widths = mla.heads * (mha.head_dim + mha.v_head_dim), kept = mla.kv_lora_rank + mla.qk_rope_head_dim;
        g_assert_cmpint(cache_bytes(&mha, bf16, tokens) * kept, ==, latent * widths);
    }
    g_rand_free(r);
}

/* And every model that was built so keeps less than those would be: a tenth at most, but for the smallest. */
static void test_latent_catalog(void)
{
    struct catalog *c = catalog_read("data", NULL);
    int latents = 0;
    for (size_t i = 0; i < c->n_models; i++) {
        struct model mha = materialised(&c->models[i]);
        if (c->models[i].attention != ATTENTION_MLA || c->models[i].caches.n) continue;
        if (mha.qk_nope_head_dim <= 0 || mha.v_head_dim <= 0) continue;
        int64_t latent = cache_bytes(&c->models[i], bf16, 4096);
        g_assert_cmpint(latent, >, 0);
        g_assert_cmpint(cache_bytes(&mha, bf16, 4096), >, (mha.heads > 16 ? 10 : 1) * latent);
        latents++;
    }
    g_assert_cmpint(latents, >, 0);
    catalog_free(c);
}

/* A window that is never full is none; sinks widen it by themselves; a chunk at its fullest is a window. */
static void test_windows(void)
{
    GRand *r = g_rand_new_with_seed(SEED + 4);
    for (int i = 0; i < CASES; i++) {
        struct stream window = any_stream(r);
        struct format f = any_format(r);
        window.keep = KEEP_WINDOW;
        if (window.state_heads) continue;
        struct stream all = window, chunk = window, wider = window, bare = window;
        all.keep = KEEP_ALL, chunk.keep = KEEP_CHUNK;
        chunk.sinks = wider.sinks = bare.sinks = 0;
        wider.span += window.sinks;
        for (int k = 0; k < 20; k++) {
            int64_t tokens = k < 10 ? window.span + window.sinks - 5 + k : any(r, 0, 30000);
            int64_t kept = stream_bytes(&window, &f, MAX(tokens, 0)), full = stream_bytes(&all, &f, MAX(tokens, 0));
            if (tokens <= window.span + window.sinks) g_assert_cmpint(kept, ==, full);
            else g_assert_cmpint(kept, <, full);
            g_assert_cmpint(kept, ==, stream_bytes(&wider, &f, MAX(tokens, 0)));
            g_assert_cmpint(kept, >=, stream_bytes(&bare, &f, MAX(tokens, 0)));
            g_assert_cmpint(stream_bytes(&chunk, &f, MAX(tokens, 0)), ==, stream_bytes(&bare, &f, MAX(tokens, 0)));
        }
    }
    g_rand_free(r);
}

/* A hybrid whose layers are all full is a plain transformer; linear layers of unknown states take nothing away from the
 * rest; and kinds of layers add up. */
static void test_hybrids(void)
{
    GRand *r = g_rand_new_with_seed(SEED + 5);
    for (int i = 0; i < CASES; i++) {
        struct model m = g_rand_boolean(r) ? any_plain(r) : any_latent(r), full, windowed, both, linear;
        struct format f = { .type = g_rand_int_range(r, 0, DTYPE_INT4) };
        int64_t tokens = any(r, 1, 1000000), some = any(r, 0, m.layers - 1);
        full = windowed = both = linear = m;
        m.full_layers = 0; /* all of them */
        g_assert_cmpint(cache_bytes(&m, f, tokens), ==, cache_bytes(&full, f, tokens));
        full.layers = full.full_layers = m.layers - some;
        windowed.full_layers = 0, windowed.layers = windowed.windowed_layers = some;
        both.full_layers = m.layers - some, both.windowed_layers = some;
        windowed.sliding_window = both.sliding_window = any(r, 1, 9000);
        linear.full_layers = m.layers - some, linear.linear_layers = some;
        int64_t window = some ? cache_bytes(&windowed, f, tokens) : 0, rest = cache_bytes(&full, f, tokens);
        g_assert_cmpint(cache_bytes(&both, f, tokens), ==, rest + window);
        g_assert_cmpint(cache_bytes(&linear, f, tokens), ==, rest);
        g_assert_cmpint(rest * m.layers, ==, cache_bytes(&m, f, tokens) * (m.layers - some));
    }
    g_rand_free(r);
}

/* --- batches and blocks --- */

static int64_t fact(const struct facts *f, const char *id) { return facts_at(f, facts_find(f, id))->i; }

static void test_batch(void)
{
    GRand *r = g_rand_new_with_seed(SEED + 6);
    for (int i = 0; i < CASES; i++) {
        struct model m = g_rand_boolean(r) ? any_plain(r) : any_latent(r);
        struct sizing s = { .model = &m, .device = &device, .weights = DTYPE_BF16, .cache = bf16, .split = SPLIT_NONE,
                            .context = any(r, 1, 100000), .batch = 1, .block = any(r, 1, 300) };
        struct setup e = { &m, &device, DTYPE_BF16, DTYPE_BF16, bf16, SPLIT_NONE, 1, "test: " };
        struct facts *one = facts_new(), *many = facts_new();
        double read = cost_decode(&e, s.context).cache_read, weights = cost_decode(&e, s.context).weights;
        sizing_facts(&s, one);
        s.batch = e.batch = any(r, 2, 64);
        sizing_facts(&s, many);
        g_assert_cmpint(fact(many, "mem.kv_total"), ==, s.batch * fact(one, "mem.kv_total"));
        g_assert_cmpint(fact(many, "size.paged_total"), ==, s.batch * fact(one, "size.paged_total"));
        g_assert_cmpint(fact(many, "mem.weights"), ==, fact(one, "mem.weights"));
        g_assert_true(cost_decode(&e, s.context).cache_read == (double)s.batch * read);
        g_assert_true(cost_decode(&e, s.context).weights == weights);
        facts_free(one);
        facts_free(many);
    }
    g_rand_free(r);
}

/* In blocks of one token a cache is itself, in larger ones never less and never a block more; without windows so many
 * blocks are so many times one. */
static void test_blocks(void)
{
    GRand *r = g_rand_new_with_seed(SEED + 7);
    for (int i = 0; i < CASES; i++) {
        struct shape shape;
        const struct model *m = any_listed(r, &shape);
        struct model straight = any_plain(r);
        int64_t context = any(r, 1, 300000), block = any(r, 1, 3000);
        struct sizing s = { .model = m, .cache = any_format(r), .context = context, .batch = 1, .block = 1 };
        s.split = SPLIT_NONE;
        int64_t exact = cache_bytes(m, s.cache, context);
        g_assert_cmpint(sizing_paged_bytes(&s, context), ==, exact);
        s.block = block;
        g_assert_cmpint(sizing_paged_bytes(&s, context), >=, exact);
        g_assert_cmpint(sizing_paged_bytes(&s, context), <=, cache_bytes(m, s.cache, context + block - 1));
        s.model = &straight, s.cache = bf16;
        int64_t blocks = (context + block - 1) / block;
        g_assert_cmpint(sizing_paged_bytes(&s, context), ==, blocks * cache_bytes(&straight, bf16, block));
    }
    g_rand_free(r);
}

/* --- a prompt in chunks --- */

/* Chunk after chunk a prompt costs the same operations and writes the same entries as at once; and its last token alone
 * costs what decoding it would. */
static void test_chunks(void)
{
    GRand *r = g_rand_new_with_seed(SEED + 8);
    for (int i = 0; i < CASES; i++) {
        struct model m = any_plain(r);
        int64_t tokens = any(r, 1, 100000), windowed = any(r, 0, m.layers - 1), written = 0;
        if (windowed) m.full_layers -= windowed, m.windowed_layers = windowed, m.sliding_window = any(r, 1, 9000);
        struct work all = work_prefill(&m, 0, tokens, 1), sum = { 0, 0, 0 }, part = all;
        for (int64_t done = 0, n; done < tokens; done += n) {
            n = tokens - done == 1 ? 1 : any(r, 1, tokens - 1 - done); /* the last token comes alone */
            part = work_prefill(&m, done, n, done + n == tokens);
            sum.body += part.body, sum.logits += part.logits, sum.attention += part.attention;
            written += traffic_cache_written(&m, &SPLIT_NONE, bf16, n);
        }
        struct work decode = work_decode(&m, 1, tokens);
        g_assert_true(all.body > 0 && all.attention > 0 && all.logits > 0);
        g_assert_true(sum.body == all.body && sum.logits == all.logits && sum.attention == all.attention);
        g_assert_true(part.body == decode.body && part.logits == decode.logits && part.attention == decode.attention);
        g_assert_cmpint(written, ==, traffic_cache_written(&m, &SPLIT_NONE, bf16, tokens));
        if (!windowed) g_assert_cmpint(written, ==, cache_bytes(&m, bf16, tokens));
    }
    g_rand_free(r);
}

/* --- several devices --- */

/* Devices together keep at least the whole cache: as much where heads divide, `tensor` times as much of a latent. */
static void test_split(void)
{
    GRand *r = g_rand_new_with_seed(SEED + 9);
    for (int i = 0; i < CASES; i++) {
        bool latent = g_rand_boolean(r);
        struct model m = latent ? any_latent(r) : any_plain(r);
        struct split s = { 1 << any(r, 0, 5), any(r, 1, MIN(m.layers, 12)), any(r, 1, 4), 1 };
        if (!latent) m.kv_heads = 1 << any(r, 0, 5), m.heads = 32 * any(r, 1, 4);
        int64_t tokens = any(r, 1, 100000), whole = cache_bytes(&m, bf16, tokens), ranks = s.tensor * s.pipeline;
        int64_t sum = split_cache_sum(&s, &m, bf16, tokens), fullest = split_cache_bytes(&s, &m, bf16, tokens);
        int64_t copies = latent ? s.tensor : MAX(s.tensor / m.kv_heads, 1);
        g_assert_cmpint(sum, ==, copies * whole);
        g_assert_cmpint(fullest, <=, whole);
        g_assert_cmpint(fullest * ranks, >=, sum);
        int64_t weights = split_weight_bytes(&s, &m, DTYPE_BF16);
        g_assert_cmpint(weights, <=, weight_bytes(&m, DTYPE_BF16));
        g_assert_cmpint(weights * ranks, >=, weight_bytes(&m, DTYPE_BF16));
    }
    g_rand_free(r);
}

/* --- sizes --- */

/* 100 million tokens, 32 sequences, 400 layers: all of it exact. */
static void test_large(void)
{
    GRand *r = g_rand_new_with_seed(SEED + 10);
    for (int i = 0; i < CASES; i++) {
        struct model m = any_plain(r);
        int64_t tokens = 100000000, batch = 32;
        m.layers = m.full_layers = 400;
        struct sizing s = { &m, &device, DTYPE_BF16, fp32, tokens, batch, 16, SPLIT_NONE, tokens };
        __int128 per_token = (__int128)2 * m.layers * m.kv_heads * m.head_dim * 4;
        __int128 pairs = (__int128)tokens * (tokens + 1) / 2, score = 4 * (__int128)m.heads * m.head_dim * m.layers;
        struct facts *f = facts_new();
        sizing_facts(&s, f);
        g_assert_true(fact(f, "mem.kv_total") == per_token * tokens * batch);
        g_assert_true(fact(f, "size.paged_total") == per_token * tokens * batch);
        g_assert_true(fact(f, "mem.total") == per_token * tokens * batch + 2 * (__int128)m.params_total);
        g_assert_true(work_prefill(&m, 0, tokens, 1).attention == score * pairs);
        g_assert_true(split_cache_sum(&SPLIT_NONE, &m, s.cache, tokens) == per_token * tokens);
        struct setup e = { &m, &device, DTYPE_BF16, DTYPE_BF16, s.cache, SPLIT_NONE, batch, "test: " };
        double time = cost_decode(&e, tokens).time_s;
        double floor = (double)(per_token * tokens * batch) / (double)device.bandwidth;
        g_assert_true(time >= floor && time < 2 * floor + 60);
        facts_free(f);
    }
    g_rand_free(r);
}

/* Beyond that a result is exact or unknown, and unknown only where it leaves 64 bits. */
static void test_beyond(void)
{
    GRand *r = g_rand_new_with_seed(SEED + 11);
    int exact = 0, unknown = 0;
    for (int i = 0; i < 10 * CASES; i++) {
        struct stream s = { .name = (char *)"some", .layers = INT64_C(1) << any(r, 0, 22), .keep = KEEP_ALL };
        s.kv_heads = any(r, 1, 1 << 14), s.k_width = any(r, 1, 1 << 14), s.v_width = any(r, 0, 1 << 14);
        struct format f = { .type = g_rand_int_range(r, 0, DTYPE_COUNT) };
        int64_t tokens = INT64_C(1) << any(r, 0, 40), bytes = stream_bytes(&s, &f, tokens);
        __int128 bits = (__int128)s.layers * tokens * s.kv_heads * (s.k_width + s.v_width) * dtype_bits(f.type);
        __int128 want = (bits + 7) / 8;
        g_assert_true(want > INT64_MAX ? bytes == -1 : bytes == want);
        exact += bytes >= 0, unknown += bytes < 0;
    }
    g_assert_cmpint(MIN(exact, unknown), >, CASES); /* both sides were seen */
    g_rand_free(r);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/laws/context", test_context);
    g_test_add_func("/laws/formats", test_formats);
    g_test_add_func("/laws/groups", test_groups);
    g_test_add_func("/laws/latent", test_latent);
    g_test_add_func("/laws/latent-catalog", test_latent_catalog);
    g_test_add_func("/laws/windows", test_windows);
    g_test_add_func("/laws/hybrids", test_hybrids);
    g_test_add_func("/laws/batch", test_batch);
    g_test_add_func("/laws/blocks", test_blocks);
    g_test_add_func("/laws/chunks", test_chunks);
    g_test_add_func("/laws/split", test_split);
    g_test_add_func("/laws/large", test_large);
    g_test_add_func("/laws/beyond", test_beyond);
    return g_test_run();
}
