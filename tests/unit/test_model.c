/* The model against a plain reference in double precision, its two roads against each other, its counters against the
 * closed form, and its folder's mistakes against their messages. */
#include "gpt_folder.h"
#include "sim/exact.h"
#include "lm/matmul.h"
#include "lm/lm.h"

#include <math.h>

/* ---- the reference: whole sequence at once, textbook formulas, libm ---- */

static const float *layer_values(const struct folder *f, int layer, const char *part)
{
    g_autofree char *name = g_strdup_printf("h.%d.%s", layer, part);
    return folder_values(f, name);
}

static void reference_norm(int c, const double *x, const float *gain, const float *shift, double *y)
{
    double mean = 0, square = 0;
    for (int i = 0; i < c; i++)
        mean += x[i] / c;
    for (int i = 0; i < c; i++)
        square += pow(x[i] - mean, 2) / c;
    for (int i = 0; i < c; i++)
        y[i] = (x[i] - mean) / sqrt(square + 1e-5) * gain[i] + shift[i];
}

static void reference_linear(const double *x, int in, int out, const float *weight, const float *bias, double *y)
{
    for (int j = 0; j < out; j++) {
        y[j] = bias[j];
        for (int i = 0; i < in; i++)
            y[j] += x[i] * weight[i * out + j];
    }
}

/* qkv [n][3C] to the mixed values of token t, [C]. */
static void reference_attention(const struct folder *f, const double *qkv, int t, double *mixed)
{
    int c = f->width, d = c / f->heads;
    for (int i = 0; i < c; i++)
        mixed[i] = 0;
    for (int h = 0; h < f->heads; h++) {
        double sum = 0;
        for (int pass = 0; pass < 2; pass++) /* first the denominator, then the shares */
            for (int j = 0; j <= t; j++) {
                double score = 0;
                for (int i = 0; i < d; i++)
                    score += qkv[t * 3 * c + h * d + i] * qkv[j * 3 * c + c + h * d + i];
                double e = exp(score / sqrt(d));
                sum += pass ? 0 : e;
                for (int i = 0; pass && i < d; i++)
                    mixed[h * d + i] += e / sum * qkv[j * 3 * c + 2 * c + h * d + i];
            }
    }
}

static void reference_layer(const struct folder *f, int layer, int n, double *x)
{
    int c = f->width;
    g_autofree double *y = g_new(double, c), *qkv = g_new(double, 3 * c * n), *inner = g_new(double, 4 * c),
                      *z = g_new(double, c);
    for (int t = 0; t < n; t++) {
        reference_norm(c, x + t * c, layer_values(f, layer, "ln_1.weight"), layer_values(f, layer, "ln_1.bias"), y);
        reference_linear(y, c, 3 * c, layer_values(f, layer, "attn.c_attn.weight"),
                         layer_values(f, layer, "attn.c_attn.bias"), qkv + 3 * c * t);
    }
    for (int t = 0; t < n; t++) {
        reference_attention(f, qkv, t, y);
        reference_linear(y, c, c, layer_values(f, layer, "attn.c_proj.weight"),
                         layer_values(f, layer, "attn.c_proj.bias"), z);
        for (int i = 0; i < c; i++)
            x[t * c + i] += z[i];
        reference_norm(c, x + t * c, layer_values(f, layer, "ln_2.weight"), layer_values(f, layer, "ln_2.bias"), y);
        reference_linear(y, c, 4 * c, layer_values(f, layer, "mlp.c_fc.weight"),
                         layer_values(f, layer, "mlp.c_fc.bias"), inner);
        for (int i = 0; i < 4 * c; i++)
            inner[i] = 0.5 * inner[i] * (1 + tanh(sqrt(2 / G_PI) * (inner[i] + 0.044715 * pow(inner[i], 3))));
        reference_linear(inner, 4 * c, c, layer_values(f, layer, "mlp.c_proj.weight"),
                         layer_values(f, layer, "mlp.c_proj.bias"), z);
        for (int i = 0; i < c; i++)
            x[t * c + i] += z[i];
    }
}

static void reference_logits(const struct folder *f, const int *ids, int n, double *logits)
{
    int c = f->width;
    const float *embed = folder_values(f, "wte.weight"), *place = folder_values(f, "wpe.weight");
    g_autofree double *x = g_new(double, n *c), *y = g_new(double, c);
    for (int t = 0; t < n; t++)
        for (int i = 0; i < c; i++)
            x[t * c + i] = (double)embed[ids[t] * c + i] + place[t * c + i];
    for (int l = 0; l < f->layers; l++)
        reference_layer(f, l, n, x);
    reference_norm(c, x + (n - 1) * c, folder_values(f, "ln_f.weight"), folder_values(f, "ln_f.bias"), y);
    for (int v = 0; v < f->vocab; v++) {
        logits[v] = 0;
        for (int i = 0; i < c; i++)
            logits[v] += y[i] * embed[v * c + i];
    }
}

/* ---- numbers ---- */

static const int IDS[] = { 3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3 };

static struct lm *load(const struct folder *f)
{
    g_autoptr(GError) error = NULL;
    struct lm *g = lm_load(f->path, &error);
    g_assert_no_error(error);
    return g;
}

static void test_reference(void)
{
    static const struct {
        int layers, heads, width, vocab;
        const char *prefix, *dtype;
    } shapes[] = {
        { 1, 1, 4, 97, "", "F32" },
        { 2, 2, 16, 101, "transformer.", "F16" },
        { 3, 4, 36, 113, "", "BF16" },
    };
    for (size_t s = 0; s < G_N_ELEMENTS(shapes); s++) {
        struct folder f = folder_new(shapes[s].layers, shapes[s].heads, shapes[s].width, shapes[s].vocab, 16,
                                     shapes[s].prefix, shapes[s].dtype);
        struct lm *g = load(&f);
        g_autofree float *logits = g_new(float, f.vocab);
        g_autofree double *expected = g_new(double, f.vocab);
        for (int n = 1; n <= 16; n += 5) {
            lm_forward(g, NULL, IDS, n, logits, NULL, NULL);
            reference_logits(&f, IDS, n, expected);
            for (int v = 0; v < f.vocab; v++)
                g_assert_cmpfloat_with_epsilon(logits[v], expected[v], 1e-4);
        }
        lm_free(g);
        folder_free(&f);
    }
}

/* Prefill of the first 8 tokens in chunks as given, then one at a time; at the end of every pass equal to no cache. */
static void check_chunks(const struct lm *g, int vocab, const int *chunks)
{
    g_autofree float *with = g_new(float, vocab), *without = g_new(float, vocab);
    struct lm_cache *cache = lm_cache_new(g, 16);
    for (int done = 0, i = 0; done < 16;) {
        int n = chunks[i] ? chunks[i++] : 1;
        lm_forward(g, cache, IDS + done, n, with, NULL, NULL);
        done += n;
        g_assert_cmpint(lm_cache_tokens(cache), ==, done);
        lm_forward(g, NULL, IDS, done, without, NULL, NULL);
        g_assert_cmpmem(with, sizeof *with * (size_t)vocab, without, sizeof *without * (size_t)vocab);
    }
    lm_cache_free(cache);
}

static void test_same_bits(void)
{
    struct folder f = folder_new(2, 3, 33, 111, 16, "", "F32");
    struct lm *g = load(&f);
    check_chunks(g, f.vocab, (const int[]){ 8, 0 });
    check_chunks(g, f.vocab, (const int[]){ 3, 5, 0 });
    check_chunks(g, f.vocab, (const int[]){ 1, 2, 4, 1, 0 });
    check_chunks(g, f.vocab, (const int[]){ 16, 0 });
    lm_free(g);
    folder_free(&f);
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
    static const int shapes[][4] = { { 1, 1, 5, 97 },
                                     { 2, 4, 24, 100 },
                                     { 3, 2, 18, 131 } }; /* layers, heads, width, vocabulary */
    for (size_t s = 0; s < G_N_ELEMENTS(shapes); s++) {
        struct folder f = folder_new(shapes[s][0], shapes[s][1], shapes[s][2], shapes[s][3], 16, "", "F16");
        struct lm *g = load(&f);
        struct lm_cache *cache = lm_cache_new(g, 16);
        g_autofree float *logits = g_new(float, f.vocab);
        struct lm_count prefill = { 0 }, decode = { 0 }, whole = { 0 };
        lm_forward(g, cache, IDS, 7, logits, &prefill, NULL);
        assert_same_count(prefill, lm_count_formula(lm_shape(g), 0, 7));
        lm_forward(g, cache, IDS + 7, 1, logits, &decode, NULL);
        assert_same_count(decode, lm_count_formula(lm_shape(g), 7, 1));
        lm_forward(g, NULL, IDS, 16, logits, &whole, NULL);
        assert_same_count(whole, lm_count_formula(lm_shape(g), 0, 16));
        lm_cache_free(cache);
        lm_free(g);
        folder_free(&f);
    }
}

/* GPT-2 124M, 16 steps from a text of one token on. */
static void test_known_counts(void)
{
    struct lm_shape shape = { .layers = 12, .heads = 12, .kv_heads = 12, .width = 768, .head_dim = 64, .inner = 3072,
                              .vocab = 50257, .max_tokens = 1024 };
    int64_t with = 0, without = 0, passes = 0;
    for (int step = 0; step < 16; step++) {
        struct lm_count one = lm_count_formula(shape, step, 1), all = lm_count_formula(shape, 0, step + 1);
        with += lm_count_total(&one);
        without += lm_count_total(&all);
        passes += all.token_passes;
    }
    g_assert_cmpint(without, ==, 12183711744);
    g_assert_cmpint(with, ==, 1979019264);
    g_assert_cmpint(passes, ==, 136);
    struct lm_count first = lm_count_formula(shape, 0, 1), later = lm_count_formula(shape, 1000, 1);
    /* by hand: 4 x (2 x 768 + 12 x (12 x 768^2 + 9 x 768 + 2 x 2 x 768) + 50,257 x 768) */
    g_assert_cmpint(lm_bytes_total(&first.bytes), ==, 494613504);
    /* 1,000 positions more, each with 12 x 2 x 768 numbers of K and V */
    g_assert_cmpint(lm_bytes_total(&later.bytes) - lm_bytes_total(&first.bytes), ==, 73728000);
}

static void test_look(void)
{
    struct folder f = folder_new(2, 2, 12, 97, 16, "", "F32");
    struct lm *g = load(&f);
    struct lm_cache *cache = lm_cache_new(g, 8);
    float shares[2][2][8][8] = { 0 }, scores[2][2][8][8] = { 0 }, v[2][2][8][6], out[2][2][8][6], logits[97];
    struct lm_look look = { .v = &v[0][0][0][0],
                             .out = &out[0][0][0][0],
                             .shares = &shares[0][0][0][0],
                             .scores = &scores[0][0][0][0],
                             .max_rows = 8 };
    lm_forward(g, cache, IDS, 5, logits, NULL, &look);
    for (int i = 5; i < 8; i++)
        lm_forward(g, cache, IDS + i, 1, logits, NULL, &look);
    for (int i = 0; i < 8; i++) {
        double sum = 0, mix = 0;
        for (int j = 0; j < 8; j++) {
            sum += shares[1][1][i][j];
            mix += (double)shares[1][1][i][j] * v[1][1][j][2];
            g_assert_true(j <= i || (shares[1][1][i][j] == 0 && scores[1][1][i][j] == 0));
            g_assert_cmpfloat_with_epsilon(shares[1][1][i][j] / shares[1][1][i][0],
                                           j <= i ? exp(scores[1][1][i][j] - scores[1][1][i][0]) : 0,
                                           1e-5 * (1 + exp(scores[1][1][i][j] - scores[1][1][i][0])));
        }
        g_assert_cmpfloat_with_epsilon(sum, 1, 1e-6);
        g_assert_cmpfloat_with_epsilon(mix, out[1][1][i][2], 1e-5);
    }
    lm_cache_free(cache);
    lm_free(g);
    folder_free(&f);
}

static void test_exact(void)
{
    g_assert_cmpfloat(exact_exp(0), ==, 1);
    g_assert_cmpfloat(exact_exp(-1000), ==, 0);
    g_assert_true(isinf(exact_exp(1000)) && isnan(exact_exp(NAN)));
    for (double x = -700; x < 700; x += 0.37)
        g_assert_cmpfloat(fabs(exact_exp(x) / exp(x) - 1), <, 5e-16);
    g_assert_cmpfloat(exact_log(1), ==, 0);
    g_assert_true(isnan(exact_log(-1)) && isnan(exact_log(NAN)) && isinf(exact_log(INFINITY)));
    g_assert_true(exact_log(0) == -INFINITY);
    for (double x = 0x1p-1060; x < 0x1p1000; x *= 1.37)
        g_assert_cmpfloat(fabs(exact_log(x) / log(x) - 1), <, 1e-15);
    for (double x = 0.4; x < 2.5; x += 1.0 / 8191)
        g_assert_cmpfloat(fabs(exact_log(x) - log(x)), <=, 1e-15 * fabs(log(x)));
    for (double x = 0.01; x < 700; x += 0.37)
        g_assert_cmpfloat(fabs(exact_log(exact_exp(x)) - x), <, 1e-15 * MAX(1, x));
    for (float x = -80; x < 80; x += 0.01f) {
        double silu = x / (1 + exp(-(double)x));
        g_assert_cmpfloat(fabs(exact_silu(x) - silu), <=, 1.2e-7 * fabs(silu));
    }
    for (float x = -12; x < 12; x += 0.01f) {
        double wide = x, tanh_form = 0.5 * wide * (1 + tanh(sqrt(2 / G_PI) * (wide + 0.044715 * pow(wide, 3))));
        g_assert_cmpfloat(fabs(exact_gelu(x) - tanh_form), <, 1e-7 * MAX(1, fabs(wide)));
    }
}

/* A row of numbers, of any length and whatever it holds: the bits of one number at a time. */
static void test_rows(void)
{
    enum { N = 40013 };
    static float gelu[N], silu[N];
    for (int i = 0; i < N; i++)
        gelu[i] = silu[i] = (float)(i - N / 2) * (i % 3 ? 0.001f : 0.05f);
    static const float odd[] = { 0,      -0.0f, INFINITY, -INFINITY, NAN,     1e30f,
                                 -1e30f, 708,   -708,     709.5f,    -709.5f, 1e-40f };
    memcpy(gelu + 3, odd, sizeof odd);
    memcpy(silu + 3, odd, sizeof odd);
    for (int from = 0, n = 0; from < N; from += n, n = MIN(n + 1, N - from)) {
        float one[600], two[600];
        for (int i = 0; i < n; i++) {
            one[i] = exact_gelu(gelu[from + i]);
            two[i] = exact_silu(silu[from + i]);
        }
        exact_gelu_row(gelu + from, (size_t)n);
        exact_silu_row(silu + from, (size_t)n);
        g_assert_cmpmem(gelu + from, sizeof *gelu * (size_t)n, one, sizeof *one * (size_t)n);
        g_assert_cmpmem(silu + from, sizeof *silu * (size_t)n, two, sizeof *two * (size_t)n);
        if (from + n == N)
            break;
    }
}

static void check_turn(double x)
{
    double s, c;
    exact_sincos(x, &s, &c);
    g_assert_cmpfloat(fabs(s - sin(x)), <, 4e-16);
    g_assert_cmpfloat(fabs(c - cos(x)), <, 4e-16);
}

/* Angles of all sizes, the multiples of pi/2 and of pi/4 and their neighbours among them, where little is left after
 * the subtraction. */
static void test_turns(void)
{
    double s, c;
    exact_sincos(0, &s, &c);
    g_assert_true(s == 0 && c == 1);
    exact_sincos(1, &s, &c);
    g_assert_true(s == 0x1.aed548f090ceep-1 && c == 0x1.14a280fb5068cp-1);
    for (double x = 0x1p-40; x < EXACT_TURN_MOST; x *= 1.00037) {
        check_turn(x);
        check_turn(-x);
    }
    for (int n = -1330000; n < 1330000; n += n % 7 ? 61 : 3) {
        check_turn(n * G_PI_4);
        check_turn(nextafter(n * G_PI_4, INFINITY));
        check_turn(n / 2.0);
    }
    check_turn(EXACT_TURN_MOST);
    exact_sincos(EXACT_TURN_MOST + 1.0, &s, &c);
    g_assert_true(isnan(s) && isnan(c));
    exact_sincos(NAN, &s, &c);
    g_assert_true(isnan(s) && isnan(c));
}

/* Every row alone, in any company, with every width of vector: the same bits, in the documented order. */
static void check_matmul(int in, int out, int rows, gboolean has_bias)
{
    struct matrix m = matrix_new(in, out);
    g_autofree float *x = g_new(float, rows *in), *first = g_new(float, rows *out), *again = g_new(float, rows *out);
    uint32_t state = 1;
    m.bias = has_bias ? g_new(float, out) : NULL;
    for (int j = 0; j < out; j++) {
        if (has_bias)
            m.bias[j] = (float)j / 7;
        for (int i = 0; i < in; i++, state = state * 1664525u + 1013904223u)
            m.panels[matrix_slot(&m, i, j)] = (float)(int32_t)state * 1e-9f;
    }
    for (int i = 0; i < rows * in; i++, state = state * 1664525u + 1013904223u)
        x[i] = (float)(int32_t)state * 1e-9f;
    for (int lanes = 4; lanes <= matmul_lanes(); lanes *= 2) {
        struct work w = matmul_with(&m, x, rows, lanes == 4 ? first : again, lanes);
        g_assert_cmpint(w.adds, ==, (int64_t)rows * in * out);
        g_assert_cmpint(w.bytes, ==, 4 * (int64_t)(in + has_bias) * out);
        if (lanes > 4)
            g_assert_cmpmem(again, sizeof *x * (size_t)(rows * out), first, sizeof *x * (size_t)(rows * out));
    }
    for (int r = 0; r < rows; r++) {
        matmul(&m, x + r * in, 1, again);
        g_assert_cmpmem(again, sizeof *x * (size_t)out, first + r * out, sizeof *x * (size_t)out);
    }
    for (int j = 0; j < out; j++) { /* volatile keeps the compiler from another order */
        volatile float sum = 0;
        for (int i = 0; i < in; i++) {
            volatile float product = x[(rows - 1) * in + i] * m.panels[matrix_slot(&m, i, j)];
            sum += product;
        }
        g_assert_cmpfloat(has_bias ? sum + m.bias[j] : sum, ==, first[(rows - 1) * out + j]);
    }
    matrix_clear(&m);
}

static void test_matmul(void)
{
    static const int outs[] = { 1, 15, 16, 17, 45, 64, 127, 128, 130, 300 };
    for (size_t o = 0; o < G_N_ELEMENTS(outs); o++)
        for (int rows = 1; rows <= 18; rows++)
            check_matmul(37, outs[o], rows, rows % 2);
    check_matmul(1, 1, 1, TRUE);
}

/* ---- folders with a mistake ---- */

static void assert_load_fails(const struct folder *f, int code, const char *words)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(lm_load(f->path, &error));
    g_assert_error(error, LM_ERROR, code);
    g_assert_null(strstr(error->message, "<data>"));
    if (!strstr(error->message, words))
        g_error("\"%s\" does not say \"%s\"", error->message, words);
}

static void test_bad_config(void)
{
    static const struct {
        const char *text, *words;
    } cases[] = {
        { "{", "config.json: line 1: this is not JSON: it ends before its quotes and brackets are closed." },
        { "n_layer: 4\n", "config.json: line 1: this is not JSON: unexpected identifier `n_layer'." },
        { "{\n\"n_layer\": 4,\n}", "config.json: line 2: this is not JSON: unexpected character `,'." },
        { "[1]", "JSON object" },
        { "{\"n_layer\": 2 /* two */}", "comment" },
        { "{\"n_head\":2}", "has no \"n_layer\"" },
        { "{\"n_layer\":\"two\"}", "\"n_layer\" must be a whole number" },
        { "{\"n_layer\":0}", "\"n_layer\" must be a whole number" },
        { "{\"n_layer\":1,\"n_head\":5,\"n_embd\":12,\"vocab_size\":97,\"n_positions\":16}", "shared evenly" },
        { "{\"n_layer\":1,\"n_head\":2,\"n_embd\":12,\"vocab_size\":97,\"n_positions\":16,\"n_inner\":0}", "n_inner" },
        { "{\"model_type\":\"mixtral\"}", "\"gpt2\", \"llama\", \"mistral\" and \"qwen2\" models can be run" },
        { "{\"activation_function\":\"relu\"}", "\"relu\"" },
        { "{\"scale_attn_by_inverse_layer_idx\":true}", "scale_attn_by_inverse_layer_idx" },
    };
    struct folder f = folder_new(1, 2, 12, 97, 16, "", "F32");
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        folder_write(&f, "config.json", cases[i].text, -1);
        assert_load_fails(&f, LM_ERROR_CONFIG, cases[i].words);
    }
    folder_save_config(&f, ",\"kvreel_origin\":\"stolen\"");
    assert_load_fails(&f, LM_ERROR_CONFIG, "\"stolen\"");
    folder_save_config(&f, ",\"layer_norm_epsilon\":-1");
    assert_load_fails(&f, LM_ERROR_CONFIG, "layer_norm_epsilon");
    folder_save_config(&f, ",\"tie_word_embeddings\":false");
    assert_load_fails(&f, LM_ERROR_TENSOR_MISSING, "lm_head.weight");
    g_autofree char *deep = g_strnfill(100000, '[');
    folder_write(&f, "config.json", deep, -1);
    assert_load_fails(&f, LM_ERROR_CONFIG, "too deep");
    folder_free(&f);
}

static void test_bad_tensors(void)
{
    struct folder f = folder_new(1, 2, 12, 97, 16, "", "F32");
    f.layers = 2;
    folder_save_config(&f, "");
    assert_load_fails(&f, LM_ERROR_TENSOR_MISSING, "\"h.1.ln_1.weight\"");
    f.layers = 1;
    f.context = 17;
    folder_save_config(&f, "");
    assert_load_fails(&f, LM_ERROR_TENSOR_SHAPE, "[16, 12]; config.json asks for [17, 12]");
    f.context = 16;
    folder_save_config(&f, "");
    memset(f.data->data + 8, 0xff, 4);
    folder_save_weights(&f);
    assert_load_fails(&f, LM_ERROR_TENSOR_VALUE, "number 3 of tensor \"wte.weight\"");
    folder_free(&f);
}

static void test_bad_folder(void)
{
    struct folder f = folder_new(1, 1, 4, 97, 16, "", "F32");
    static const char *const names[] = { "vocab.json", "merges.txt", "model.safetensors", "config.json" };
    for (size_t i = G_N_ELEMENTS(names); i-- > 0;) {
        g_autofree char *path = g_build_filename(f.path, names[i], NULL), *hidden = g_strconcat(path, "-", NULL);
        g_assert_cmpint(g_rename(path, hidden), ==, 0);
        assert_load_fails(&f, LM_ERROR_FILE, names[i]);
        g_assert_cmpint(g_rename(hidden, path), ==, 0);
    }
    folder_free(&f);
}

/* Buffers that Hugging Face stores beside the weights are not read, an untied output layer is. */
static void test_other_tensors(void)
{
    struct folder f = folder_new(1, 2, 12, 97, 16, "transformer.", "F32");
    struct lm *g = load(&f);
    float tied[97], own[97];
    lm_forward(g, NULL, IDS, 4, tied, NULL, NULL);
    g_assert_cmpint(lm_shape(g).params, ==, 97 * 12 + 16 * 12 + 12 * 12 * 12 + 13 * 12 + 2 * 12);
    g_assert_null(lm_origin(g));
    lm_free(g);

    folder_tensor(&f, "h.0.attn.bias", 16, 16, 1, 0);
    f.prefix = "";
    folder_tensor(&f, "lm_head.weight", 97, 12, 0.5f, 0);
    folder_save_weights(&f);
    folder_save_config(&f, ",\"tie_word_embeddings\":true,\"kvreel_origin\":\"trained\"");
    g = load(&f);
    lm_forward(g, NULL, IDS, 4, own, NULL, NULL);
    g_assert_cmpmem(tied, sizeof tied, own, sizeof own);
    g_assert_cmpstr(lm_origin(g), ==, "trained");
    lm_free(g);

    folder_save_config(&f, ",\"tie_word_embeddings\":false");
    g = load(&f);
    lm_forward(g, NULL, IDS, 4, own, NULL, NULL);
    g_assert_true(memcmp(tied, own, sizeof own) != 0);
    g_assert_cmpint(lm_shape(g).params, ==, 2 * 97 * 12 + 16 * 12 + 12 * 12 * 12 + 13 * 12 + 2 * 12);
    lm_free(g);
    folder_free(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/model/exact", test_exact);
    g_test_add_func("/model/rows", test_rows);
    g_test_add_func("/model/turns", test_turns);
    g_test_add_func("/model/matmul", test_matmul);
    g_test_add_func("/model/reference", test_reference);
    g_test_add_func("/model/same-bits", test_same_bits);
    g_test_add_func("/model/counts", test_counts);
    g_test_add_func("/model/known-counts", test_known_counts);
    g_test_add_func("/model/look", test_look);
    g_test_add_func("/model/bad-config", test_bad_config);
    g_test_add_func("/model/bad-tensors", test_bad_tensors);
    g_test_add_func("/model/bad-folder", test_bad_folder);
    g_test_add_func("/model/other-tensors", test_other_tensors);
    return g_test_run();
}
