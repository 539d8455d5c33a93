/* The Llama family against a plain reference in double precision, its two roads against each other, its counters
 * against the closed form, its positions against their formula, and the mistakes of its config.json against their
 * messages. */
#include "gpt_folder.h"
#include "lm/lm.h"
#include "lm/rope.h"

#include <math.h>

static const int IDS[] = { 3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3 };

enum { TEXT = G_N_ELEMENTS(IDS) };

/* Grouped heads in all ways: all own, groups of 2 and 3, one for all; together wider and narrower than the width. */
static const struct folder SHAPES[] = {
    { .kind = "llama", .layers = 1, .heads = 1, .kv_heads = 1, .head_dim = 4, .width = 4, .inner = 7, .vocab = 97,
      .context = 16, .prefix = "", .dtype = "F32" },
    { .kind = "llama", .layers = 2, .heads = 4, .kv_heads = 2, .head_dim = 6, .width = 24, .inner = 36, .vocab = 101,
      .context = 32, .prefix = "model.", .dtype = "BF16", .own_head = TRUE },
    { .kind = "llama", .layers = 2, .heads = 6, .kv_heads = 2, .head_dim = 8, .width = 20, .inner = 33, .vocab = 110,
      .context = 131072, .prefix = "model.", .dtype = "F16", .qkv_bias = TRUE, .out_bias = TRUE, .mlp_bias = TRUE },
    { .kind = "mistral", .layers = 1, .heads = 5, .kv_heads = 1, .head_dim = 2, .width = 12, .inner = 9, .vocab = 97,
      .context = 16, .prefix = "", .dtype = "F32", .own_head = TRUE },
    { .kind = "qwen2", .layers = 3, .heads = 4, .kv_heads = 2, .head_dim = 4, .width = 16, .inner = 24, .vocab = 120,
      .context = 64, .prefix = "model.", .dtype = "BF16", .qkv_bias = TRUE },
};

static struct lm *load(const struct folder *f)
{
    g_autoptr(GError) error = NULL;
    struct lm *g = lm_load(f->path, &error);
    g_assert_no_error(error);
    return g;
}

/* ---- the reference: whole sequence at once, textbook formulas, libm ---- */

static const float *values(const struct folder *f, int layer, const char *part)
{
    g_autofree char *name = g_strdup_printf("layers.%d.%s", layer, part);
    return folder_values(f, name);
}

static void reference_norm(int c, const double *x, const float *gain, double *y)
{
    double square = 0;
    for (int i = 0; i < c; i++)
        square += x[i] * x[i] / c;
    for (int i = 0; i < c; i++)
        y[i] = x[i] / sqrt(square + 1e-6) * gain[i];
}

static void reference_linear(const struct folder *f, int layer, const char *part, gboolean has_bias, const double *x,
                             int in, int out, double *y)
{
    g_autofree char *weight = g_strconcat(part, ".weight", NULL), *bias = g_strconcat(part, ".bias", NULL);
    const float *w = values(f, layer, weight), *b = has_bias ? values(f, layer, bias) : NULL;
    for (int j = 0; j < out; j++) {
        y[j] = b ? b[j] : 0;
        for (int i = 0; i < in; i++)
            y[j] += w[j * in + i] * x[i];
    }
}

/* One head's D numbers as D/2 complex ones, each multiplied by e^(i angle). */
static void reference_turn(int d, double theta, int position, double *x)
{
    for (int i = 0; i < d / 2; i++) {
        double angle = position * pow(theta, -2.0 * i / d), re = x[i], im = x[i + d / 2];
        x[i] = re * cos(angle) - im * sin(angle);
        x[i + d / 2] = re * sin(angle) + im * cos(angle);
    }
}

struct cached { double *q, *k, *v; }; /* [n][H D], [n][KV D], [n][KV D] */

static void reference_project(const struct folder *f, int layer, double theta, int t, const double *x, struct cached *c)
{
    int d = f->head_dim, mixed = f->heads * d, shared = f->kv_heads * d;
    double *q = c->q + t * mixed, *k = c->k + t * shared, *v = c->v + t * shared;
    reference_linear(f, layer, "self_attn.q_proj", f->qkv_bias, x, f->width, mixed, q);
    reference_linear(f, layer, "self_attn.k_proj", f->qkv_bias, x, f->width, shared, k);
    reference_linear(f, layer, "self_attn.v_proj", f->qkv_bias, x, f->width, shared, v);
    for (int h = 0; h < f->heads; h++)
        reference_turn(d, theta, t, q + h * d);
    for (int h = 0; h < f->kv_heads; h++)
        reference_turn(d, theta, t, k + h * d);
}

/* Query head h reads head h / (H / KV) of K and V. */
static void reference_attention(const struct folder *f, const struct cached *c, int t, double *mixed)
{
    int d = f->head_dim, group = f->heads / f->kv_heads;
    for (int h = 0; h < f->heads; h++) {
        const double *q = c->q + (t * f->heads + h) * d;
        double sum = 0, *out = mixed + h * d;
        memset(out, 0, sizeof *out * (size_t)d);
        for (int pass = 0; pass < 2; pass++) /* first the denominator, then the shares */
            for (int j = 0; j <= t; j++) {
                int at = (j * f->kv_heads + h / group) * d;
                const double *k = c->k + at, *v = c->v + at;
                double score = 0;
                for (int i = 0; i < d; i++)
                    score += q[i] * k[i] / sqrt(d);
                sum += pass ? 0 : exp(score);
                for (int i = 0; pass && i < d; i++)
                    out[i] += exp(score) / sum * v[i];
            }
    }
}

static void reference_mlp(const struct folder *f, int layer, const double *x, double *y)
{
    g_autofree double *up = g_new(double, f->inner), *gate = g_new(double, f->inner);
    reference_linear(f, layer, "mlp.up_proj", f->mlp_bias, x, f->width, f->inner, up);
    reference_linear(f, layer, "mlp.gate_proj", f->mlp_bias, x, f->width, f->inner, gate);
    for (int i = 0; i < f->inner; i++)
        up[i] *= gate[i] / (1 + exp(-gate[i]));
    reference_linear(f, layer, "mlp.down_proj", f->mlp_bias, up, f->inner, f->width, y);
}

static void reference_layer(const struct folder *f, int layer, double theta, int n, double *x)
{
    int c = f->width, mixed = f->heads * f->head_dim, shared = f->kv_heads * f->head_dim;
    g_autofree double *y = g_new(double, c), *z = g_new(double, c), *m = g_new(double, mixed),
                      *q = g_new(double, n * mixed), *k = g_new(double, n * shared), *v = g_new(double, n * shared);
    struct cached cached = { q, k, v };
    for (int t = 0; t < n; t++) {
        reference_norm(c, x + t * c, values(f, layer, "input_layernorm.weight"), y);
        reference_project(f, layer, theta, t, y, &cached);
    }
    for (int t = 0; t < n; t++) {
        reference_attention(f, &cached, t, m);
        reference_linear(f, layer, "self_attn.o_proj", f->out_bias, m, mixed, c, z);
        for (int i = 0; i < c; i++)
            x[t * c + i] += z[i];
        reference_norm(c, x + t * c, values(f, layer, "post_attention_layernorm.weight"), y);
        reference_mlp(f, layer, y, z);
        for (int i = 0; i < c; i++)
            x[t * c + i] += z[i];
    }
}

static void reference_logits(const struct folder *f, double theta, const int *ids, int n, double *logits)
{
    int c = f->width;
    const float *embed = folder_values(f, "embed_tokens.weight"),
                *head = f->own_head ? folder_values(f, "lm_head.weight") : embed;
    g_autofree double *x = g_new(double, n * c), *y = g_new(double, c);
    for (int i = 0; i < n * c; i++)
        x[i] = embed[ids[i / c] * c + i % c];
    for (int l = 0; l < f->layers; l++)
        reference_layer(f, l, theta, n, x);
    reference_norm(c, x + (n - 1) * c, folder_values(f, "norm.weight"), y);
    for (int v = 0; v < f->vocab; v++) {
        logits[v] = 0;
        for (int i = 0; i < c; i++)
            logits[v] += y[i] * head[v * c + i];
    }
}

static void check_reference(const struct folder *f, double theta)
{
    struct lm *g = load(f);
    g_autofree float *logits = g_new(float, f->vocab);
    g_autofree double *expected = g_new(double, f->vocab);
    for (int n = 1; n <= TEXT; n += 5) {
        lm_forward(g, NULL, IDS, n, logits, NULL, NULL);
        reference_logits(f, theta, IDS, n, expected);
        for (int v = 0; v < f->vocab; v++)
            g_assert_cmpfloat_with_epsilon(logits[v], expected[v], 2e-4);
    }
    lm_free(g);
}

static void test_reference(void)
{
    for (size_t s = 0; s < G_N_ELEMENTS(SHAPES); s++) {
        struct folder f = folder_new_llama(SHAPES[s]);
        check_reference(&f, 10000);
        folder_save_config(&f, ",\"rope_theta\":500000.0,\"rope_scaling\":null,\"rms_norm_eps\":1e-06");
        check_reference(&f, 500000);
        folder_save_config(&f, ",\"rope_parameters\":{\"rope_type\":\"default\",\"rope_theta\":300}");
        check_reference(&f, 300);
        folder_free(&f);
    }
}

/* ---- positions ---- */

static void test_steps(void)
{
    struct rope r = { .theta = 10000 };
    g_autofree double *plain = rope_steps(&r, 128);
    g_assert_cmpfloat(plain[0], ==, 1);
    g_assert_cmpfloat(fabs(plain[63] / 1.15478198468945e-4 - 1), <, 1e-13);
    r = (struct rope){ .theta = 10000, .scaling = ROPE_LINEAR, .factor = 4 };
    g_autofree double *linear = rope_steps(&r, 128);
    r = (struct rope){ 500000, ROPE_LLAMA3, 8, 1, 4, 8192 };
    g_autofree double *llama3 = rope_steps(&r, 128);
    for (int i = 0; i < 64; i++) {
        double step = pow(500000, -i / 64.0), turns = 8192 * step / (2 * G_PI); /* in the original context */
        double kept = CLAMP((turns - 1) / (4 - 1), 0, 1);
        g_assert_cmpfloat(linear[i], ==, plain[i] / 4);
        g_assert_cmpfloat(fabs(llama3[i] / (step / 8 * (1 - kept) + step * kept) - 1), <, 1e-12);
    }
    /* the three parts all occur */
    g_assert_cmpfloat(fabs(llama3[63] * 8 / pow(500000, -63 / 64.0) - 1), <, 1e-12);
    g_assert_cmpfloat(fabs(llama3[28] / pow(500000, -28 / 64.0) - 1), <, 1e-12);
    g_assert_true(llama3[33] < pow(500000, -33 / 64.0) * 0.99 && llama3[33] > pow(500000, -33 / 64.0) / 7.9);
}

/* A rotation keeps lengths, and q . k depends on the distance alone. */
static void test_rotation(void)
{
    struct rope r = { .theta = 10000 };
    g_autofree double *steps = rope_steps(&r, 8);
    static const int places[] = { 0, 1, 17, 1000, 131071 };
    for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
        float q[8] = { 1, 2, 3, 4, 5, 6, 7, 8 }, k[8] = { 3, -1, 2, 0.5f, -2, 1, 4, -3 }, turns[8], near[8];
        double dot = 0, squares = 0, expected = 0;
        rope_turns(steps, 8, places[i] + 3, turns);
        rope_turns(steps, 8, places[i], near);
        rope_rotate(turns, 8, q);
        rope_rotate(near, 8, k);
        for (int d = 0; d < 8; d++) {
            dot += (double)q[d] * k[d];
            squares += (double)q[d] * q[d];
        }
        const double q0[8] = { 1, 2, 3, 4, 5, 6, 7, 8 }, k0[8] = { 3, -1, 2, 0.5, -2, 1, 4, -3 };
        for (int d = 0; d < 4; d++) { /* the real part of q e^(3 i w) times the conjugate of k */
            double re = q0[d] * k0[d] + q0[d + 4] * k0[d + 4], im = q0[d + 4] * k0[d] - q0[d] * k0[d + 4];
            expected += re * cos(3 * steps[d]) - im * sin(3 * steps[d]);
        }
        g_assert_cmpfloat_with_epsilon(dot, expected, 1e-5);
        g_assert_cmpfloat_with_epsilon(squares, 204, 1e-4);
    }
}

/* ---- with and without a cache ---- */

static void check_chunks(const struct lm *g, int vocab, const int *chunks)
{
    g_autofree float *with = g_new(float, vocab), *without = g_new(float, vocab);
    struct lm_cache *cache = lm_cache_new(g, TEXT);
    for (int done = 0, i = 0; done < TEXT;) {
        int n = chunks[i] ? chunks[i++] : 1;
        lm_forward(g, cache, IDS + done, n, with, NULL, NULL);
        done += n;
        lm_forward(g, NULL, IDS, done, without, NULL, NULL);
        g_assert_cmpmem(with, sizeof *with * (size_t)vocab, without, sizeof *without * (size_t)vocab);
    }
    lm_cache_free(cache);
}

static void test_same_bits(void)
{
    for (size_t s = 0; s < G_N_ELEMENTS(SHAPES); s++) {
        struct folder f = folder_new_llama(SHAPES[s]);
        struct lm *g = load(&f);
        check_chunks(g, f.vocab, (const int[]){ 0 });
        check_chunks(g, f.vocab, (const int[]){ 3, 3, 3, 3, 3, 0 });
        check_chunks(g, f.vocab, (const int[]){ TEXT, 0 });
        check_chunks(g, f.vocab, (const int[]){ 7, 4, 0 });
        lm_free(g);
        folder_free(&f);
    }
}

static void assert_same_count(struct lm_count a, struct lm_count b)
{
    g_assert_cmpint(a.projections, ==, b.projections);
    g_assert_cmpint(a.scores, ==, b.scores);
    g_assert_cmpint(a.mix, ==, b.mix);
    g_assert_cmpint(a.mlp, ==, b.mlp);
    g_assert_cmpint(a.vocabulary, ==, b.vocabulary);
    g_assert_cmpint(a.token_passes, ==, b.token_passes);
    g_assert_cmpint(a.bytes.embedding, ==, b.bytes.embedding);
    g_assert_cmpint(a.bytes.projections, ==, b.bytes.projections);
    g_assert_cmpint(a.bytes.scores, ==, b.bytes.scores);
    g_assert_cmpint(a.bytes.mix, ==, b.bytes.mix);
    g_assert_cmpint(a.bytes.mlp, ==, b.bytes.mlp);
    g_assert_cmpint(a.bytes.vocabulary, ==, b.bytes.vocabulary);
}

static void test_counts(void)
{
    for (size_t s = 0; s < G_N_ELEMENTS(SHAPES); s++) {
        struct folder f = folder_new_llama(SHAPES[s]);
        struct lm *g = load(&f);
        struct lm_cache *cache = lm_cache_new(g, TEXT);
        g_autofree float *logits = g_new(float, f.vocab);
        struct lm_count prefill = { 0 }, chunk = { 0 }, decode = { 0 }, whole = { 0 };
        lm_forward(g, cache, IDS, 7, logits, &prefill, NULL);
        assert_same_count(prefill, lm_count_formula(lm_shape(g), 0, 7));
        lm_forward(g, cache, IDS + 7, 3, logits, &chunk, NULL);
        assert_same_count(chunk, lm_count_formula(lm_shape(g), 7, 3));
        lm_forward(g, cache, IDS + 10, 1, logits, &decode, NULL);
        assert_same_count(decode, lm_count_formula(lm_shape(g), 10, 1));
        lm_forward(g, NULL, IDS, TEXT, logits, &whole, NULL);
        assert_same_count(whole, lm_count_formula(lm_shape(g), 0, TEXT));
        lm_cache_free(cache);
        lm_free(g);
        folder_free(&f);
    }
}

/* Llama-3.2-1B, a token at position 1,000, by hand: 16 layers of 2048 x (2048 + 1024) + 2048^2 and of 3 x 2048 x 8192,
 * 32 heads of 64 over 1,001 positions, of which only 8 are read. */
static void test_known_counts(void)
{
    struct lm_shape shape = { .layers = 16, .heads = 32, .kv_heads = 8, .width = 2048, .head_dim = 64, .inner = 8192,
                              .vocab = 128256, .max_tokens = 131072, .family = LM_LLAMA };
    struct lm_count c = lm_count_formula(shape, 1000, 1);
    g_assert_cmpint(c.projections, ==, 167772160);
    g_assert_cmpint(c.mlp, ==, 805306368);
    g_assert_cmpint(c.vocabulary, ==, 262668288);
    g_assert_cmpint(c.scores, ==, 32800768);
    g_assert_cmpint(c.bytes.projections + c.bytes.mlp + c.bytes.vocabulary, ==, 4943 * 1000000L - 12736);
    g_assert_cmpint(c.bytes.scores, ==, 16L * 8 * 64 * 4 * 1002);
    g_assert_cmpint(c.bytes.embedding, ==, 8192);
}

/* What a look holds: K as the cache has it, so that q . k is the dot that was computed, in every head of a group. */
static void test_look(void)
{
    struct folder f = folder_new_llama(SHAPES[2]);
    struct lm *g = load(&f);
    enum { L = 2, H = 6, KV = 2, D = 8, N = 9 };
    static float q[L][H][N][D], k[L][KV][N][D], v[L][KV][N][D], out[L][H][N][D], dots[L][H][N][N], shares[L][H][N][N];
    struct lm_look look = { .q = &q[0][0][0][0], .k = &k[0][0][0][0], .v = &v[0][0][0][0], .out = &out[0][0][0][0],
                            .dots = &dots[0][0][0][0], .shares = &shares[0][0][0][0], .max_rows = N };
    struct lm_cache *cache = lm_cache_new(g, N);
    lm_forward(g, cache, IDS, 5, NULL, NULL, &look);
    for (int i = 5; i < N; i++)
        lm_forward(g, cache, IDS + i, 1, NULL, NULL, &look);
    for (int h = 0; h < H; h++)
        for (int i = 0; i < N; i++) {
            double mix = 0;
            for (int j = 0; j < N; j++) {
                double dot = 0;
                for (int d = 0; d < D; d++)
                    dot += (double)q[1][h][i][d] * k[1][h / 3][j][d];
                g_assert_cmpfloat_with_epsilon(dots[1][h][i][j], j <= i ? dot : 0, 1e-4);
                mix += (double)shares[1][h][i][j] * v[1][h / 3][j][3];
            }
            g_assert_cmpfloat_with_epsilon(out[1][h][i][3], mix, 1e-5);
        }
    lm_cache_free(cache);
    lm_free(g);
    folder_free(&f);
}

/* ---- config.json ---- */

static void assert_load_fails(const struct folder *f, int code, const char *words)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(lm_load(f->path, &error));
    g_assert_error(error, LM_ERROR, code);
    if (!strstr(error->message, words))
        g_error("\"%s\" does not say \"%s\"", error->message, words);
}

static void test_bad_config(void)
{
    static const struct { const char *more, *words; } cases[] = {
        { ",\"hidden_act\":\"gelu\"", "hidden_act is \"gelu\"; only \"silu\"" },
        { ",\"num_key_value_heads\":3", "num_attention_heads 4 cannot be shared evenly among num_key_value_heads 3" },
        { ",\"head_dim\":5", "a head has 5 numbers; rotary positions need an even number" },
        { ",\"head_dim\":1048576", "num_attention_heads 4 x head_dim 1048576 is more than" },
        { ",\"head_dim\":null,\"hidden_size\":22", "hidden_size 22 cannot be shared evenly" },
        { ",\"rope_scaling\":{\"type\":\"yarn\",\"factor\":4}",
          "rope_scaling asks for \"yarn\"; \"default\", \"linear\" and \"llama3\" can be run" },
        { ",\"rope_scaling\":{\"type\":\"linear\"}", "factor must be a number above 0" },
        { ",\"rope_scaling\":{\"rope_type\":\"llama3\",\"factor\":8,\"low_freq_factor\":4,\"high_freq_factor\":1,"
          "\"original_max_position_embeddings\":8192}", "low_freq_factor must be below high_freq_factor" },
        { ",\"rope_scaling\":4", "rope_scaling must be a group" },
        { ",\"rope_theta\":\"many\"", "rope_theta must be a number" },
        { ",\"rms_norm_eps\":0", "rms_norm_eps must be a number above 0 and below 1" },
        { ",\"partial_rotary_factor\":0.5", "partial_rotary_factor must be 1" },
        { ",\"max_position_embeddings\":0", "\"max_position_embeddings\" must be a whole number" },
        { ",\"quantization_config\":{\"bits\":4}", "quantised; weights in F32, F16 or BF16" },
        { ",\"num_local_experts\":8", "num_local_experts says that this is a mixture of experts" },
        { ",\"model_type\":\"qwen3_moe\"", "model_type is \"qwen3_moe\"; \"gpt2\", \"llama\"" },
    };
    struct folder f = folder_new_llama(SHAPES[1]);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        folder_save_config(&f, cases[i].more);
        assert_load_fails(&f, LM_ERROR_CONFIG, cases[i].words);
    }
    folder_save_config(&f, ",\"num_hidden_layers\":3");
    assert_load_fails(&f, LM_ERROR_TENSOR_MISSING, "\"layers.2.input_layernorm.weight\", also not as \"model.layers.2");
    folder_save_config(&f, ",\"attention_bias\":true");
    assert_load_fails(&f, LM_ERROR_TENSOR_MISSING, "q_proj.bias");
    folder_save_config(&f, ",\"intermediate_size\":35");
    assert_load_fails(&f, LM_ERROR_TENSOR_SHAPE,
                      "gate_proj.weight\" has the shape [36, 24]; config.json asks for [35, 24]");
    folder_free(&f);
    f = folder_new_llama(SHAPES[0]);
    folder_save_config(&f, ",\"tie_word_embeddings\":false");
    assert_load_fails(&f, LM_ERROR_TENSOR_MISSING, "lm_head.weight");
    folder_free(&f);
}

/* Biases: as config.json says, and where it does not speak, as the weights are. */
static void test_biases(void)
{
    struct folder f = folder_new_llama(SHAPES[2]);
    g_autofree float *spoken = g_new(float, f.vocab), *silent = g_new(float, f.vocab);
    struct lm *g = load(&f);
    struct lm_shape s = lm_shape(g);
    g_assert_true(s.qkv_bias && s.out_bias && s.mlp_bias);
    lm_forward(g, NULL, IDS, 5, spoken, NULL, NULL);
    lm_free(g);
    folder_save_config(&f, ",\"attention_bias\":null,\"mlp_bias\":null");
    g = load(&f);
    lm_forward(g, NULL, IDS, 5, silent, NULL, NULL);
    g_assert_cmpmem(spoken, sizeof *spoken * (size_t)f.vocab, silent, sizeof *silent * (size_t)f.vocab);
    lm_free(g);
    folder_save_config(&f, ",\"attention_bias\":false");
    assert_load_fails(&f, LM_ERROR_CONFIG, "q_proj.bias\", but by config.json the model has no such bias");
    folder_save_config(&f, ",\"mlp_bias\":false");
    assert_load_fails(&f, LM_ERROR_CONFIG, "up_proj.bias");
    folder_free(&f);
}

/* The longest text: the context, or a sliding window that is shorter. */
static void test_context(void)
{
    static const struct { int shape; const char *more; int context; } cases[] = {
        { 2, "", 131072 },
        { 2, ",\"sliding_window\":5", 131072 }, /* Llama has none */
        { 3, "", 16 },
        { 3, ",\"sliding_window\":null", 16 },
        { 3, ",\"sliding_window\":7", 7 },
        { 3, ",\"sliding_window\":4096", 16 },
        { 4, ",\"sliding_window\":7,\"use_sliding_window\":false", 64 },
        { 4, ",\"sliding_window\":7,\"use_sliding_window\":true", 7 },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct folder f = folder_new_llama(SHAPES[cases[i].shape]);
        folder_save_config(&f, cases[i].more);
        struct lm *g = load(&f);
        g_assert_cmpint(lm_shape(g).max_tokens, ==, cases[i].context);
        g_assert_cmpint(lm_shape(g).family, ==, LM_LLAMA);
        g_assert_cmpint(lm_shape(g).kv_heads, ==, f.kv_heads);
        int64_t numbers = 0;
        for (guint t = 0; t < f.tensors->len; t++) {
            const struct folder_tensor *one = &g_array_index(f.tensors, struct folder_tensor, t);
            numbers += (one->rows ? one->rows : 1) * (int64_t)one->columns;
        }
        g_assert_cmpint(lm_shape(g).params, ==, numbers);
        lm_free(g);
        folder_free(&f);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/llama/reference", test_reference);
    g_test_add_func("/llama/steps", test_steps);
    g_test_add_func("/llama/rotation", test_rotation);
    g_test_add_func("/llama/same-bits", test_same_bits);
    g_test_add_func("/llama/counts", test_counts);
    g_test_add_func("/llama/known-counts", test_known_counts);
    g_test_add_func("/llama/look", test_look);
    g_test_add_func("/llama/bad-config", test_bad_config);
    g_test_add_func("/llama/biases", test_biases);
    g_test_add_func("/llama/context", test_context);
    return g_test_run();
}
