/* What is written comes back bit by bit; a file that another program made is read, in any of the three types; a file
 * that lies ends in a sentence. */
#include "gpt_folder.h"
#include "lm/heads.h"
#include "lm/tracefile.h"

#include <math.h>

static struct folder folder;
static struct lm *model;
static char *path; /* of the file that a test writes */

static gboolean put_bytes(void *to, const void *data, size_t n, GError **error)
{
    (void)error;
    g_byte_array_append(to, data, (guint)n);
    return TRUE;
}

static GByteArray *write_trace(const struct trace *t, gboolean squares)
{
    GByteArray *bytes = g_byte_array_new();
    g_assert_true(tracefile_write(t, squares, put_bytes, bytes, NULL));
    return bytes;
}

static struct trace *run(struct trace_options options)
{
    g_autoptr(GError) error = NULL;
    struct trace *t = trace_run(model, &options, &error);
    g_assert_no_error(error);
    return t;
}

static struct trace *read_bytes(const GByteArray *bytes, const char *json, GError **error)
{
    g_assert_true(g_file_set_contents(path, (const char *)bytes->data, (gssize)bytes->len, NULL));
    return tracefile_read(path, 0, 0, json, error);
}

static struct trace *read_good(const GByteArray *bytes)
{
    g_autoptr(GError) error = NULL;
    struct trace *t = read_bytes(bytes, NULL, &error);
    g_assert_no_error(error);
    return t;
}

static void assert_refused(const GByteArray *bytes, const char *json, const char *words)
{
    g_autoptr(GError) error = NULL;
    struct trace *t = read_bytes(bytes, json, &error);
    if (t || !error)
        g_error("nothing is wrong with a file that should be refused: %s", words);
    if (error->domain != LM_ERROR || !strstr(error->message, words) || !strstr(error->message, ".safetensors"))
        g_error("\"%s\" does not say \"%s\"", error->message, words);
    g_assert_cmpint(error->message[strlen(error->message) - 1], ==, '.');
}

/* ---- the round trip ---- */

static size_t vectors_of(const struct trace *t, int heads)
{
    return sizeof(float) * (size_t)(t->shape.layers * heads * t->n_tokens * t->shape.head_dim);
}

static void assert_same_pass(const struct trace_pass *a, const struct trace_pass *b)
{
    g_assert_cmpint(a->tokens, ==, b->tokens);
    g_assert_cmpint(a->n_candidates, ==, b->n_candidates);
    g_assert_cmpint(a->sampled, ==, b->sampled);
    g_assert_cmpint(a->kept, ==, b->kept);
    g_assert_cmpfloat(a->cut, ==, b->cut);
    for (int c = 0; c < a->n_candidates; c++) {
        g_assert_cmpint(a->candidates[c].id, ==, b->candidates[c].id);
        g_assert_cmpstr(a->candidates[c].text, ==, b->candidates[c].text);
        g_assert_cmpfloat(a->candidates[c].share, ==, b->candidates[c].share);
    }
    g_assert_cmpmem(&a->with_cache, sizeof a->with_cache, &b->with_cache, sizeof b->with_cache);
    g_assert_cmpmem(&a->without_cache, sizeof a->without_cache, &b->without_cache, sizeof b->without_cache);
}

static void assert_same_head(const struct trace *a, const struct trace *b, int layer, int head)
{
    struct trace_head *x = trace_head_new(a, layer, head), *y = trace_head_new(b, layer, head);
    size_t square = sizeof(float) * (size_t)(x->n * x->n);
    g_assert_cmpmem(x->dots, square, y->dots, square);
    g_assert_cmpmem(x->scores, square, y->scores, square);
    g_assert_cmpmem(x->shares, square, y->shares, square);
    g_assert_cmpfloat(x->low, ==, y->low);
    g_assert_cmpfloat(x->high, ==, y->high);
    trace_head_free(x);
    trace_head_free(y);
}

static void assert_same(const struct trace *a, const struct trace *b)
{
    g_assert_cmpmem(&a->shape, sizeof a->shape, &b->shape, sizeof b->shape);
    g_assert_cmpstr(a->model_name, ==, b->model_name);
    g_assert_cmpstr(a->origin, ==, b->origin);
    g_assert_true(a->counted == b->counted);
    g_assert_cmpint(a->layer * 100 + a->head, ==, b->layer * 100 + b->head);
    g_assert_cmpint(a->n_prompt, ==, b->n_prompt);
    g_assert_cmpint(a->n_tokens, ==, b->n_tokens);
    g_assert_cmpint(a->n_passes, ==, b->n_passes);
    g_assert_cmpstr(a->options.prompt, ==, b->options.prompt);
    g_assert_cmpint(a->options.steps, ==, b->options.steps);
    g_assert_cmpint(a->options.top_k, ==, b->options.top_k);
    g_assert_cmpfloat(a->options.top_p, ==, b->options.top_p);
    g_assert_cmpfloat(a->options.temperature, ==, b->options.temperature);
    g_assert_cmpuint(a->options.seed, ==, b->options.seed);
    for (int i = 0; i <= a->n_tokens; i++) {
        g_assert_cmpint(a->tokens[i].id, ==, b->tokens[i].id);
        g_assert_cmpstr(a->tokens[i].text, ==, b->tokens[i].text);
    }
    for (int p = 0; p < a->n_passes; p++)
        assert_same_pass(&a->passes[p], &b->passes[p]);
    g_assert_cmpint(a->n_growth, ==, b->n_growth);
    g_assert_cmpmem(a->growth, sizeof a->growth, b->growth, sizeof b->growth);
    g_assert_cmpmem(a->q, vectors_of(a, a->shape.heads), b->q, vectors_of(b, b->shape.heads));
    g_assert_cmpmem(a->k, vectors_of(a, a->shape.kv_heads), b->k, vectors_of(b, b->shape.kv_heads));
    g_assert_cmpmem(a->v, vectors_of(a, a->shape.kv_heads), b->v, vectors_of(b, b->shape.kv_heads));
    g_assert_cmpmem(a->out, vectors_of(a, a->shape.heads), b->out, vectors_of(b, b->shape.heads));
    g_assert_cmpmem(a->logits, sizeof(float) * (size_t)(a->n_passes * a->shape.vocab), b->logits,
                    sizeof(float) * (size_t)(b->n_passes * b->shape.vocab));
    for (int l = 1; l <= a->shape.layers; l++)
        for (int h = 1; h <= a->shape.heads; h++)
            assert_same_head(a, b, l, h);
}

static void test_round(void)
{
    static const struct trace_options runs[] = {
        { .prompt = "hello there", .steps = 5 },
        { .prompt = "a" },
        { .prompt = "say \"it\\\"", .steps = 9, .temperature = 0.7, .top_k = 12, .top_p = 0.9, .seed = 1ull << 53 },
        { .prompt = "warm", .steps = 20, .temperature = 3, .seed = 1 },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(runs); i++)
        for (int squares = 0; squares < 2; squares++) {
            struct trace *t = run(runs[i]);
            g_autoptr(GByteArray) first = write_trace(t, squares);
            struct trace *back = read_good(first);
            g_assert_cmpstr(back->file, ==, path);
            g_assert_null(t->file);
            g_assert_true(back->counted);
            g_assert_true(!back->shares == !squares);
            assert_same(t, back);
            g_autoptr(GByteArray) second = write_trace(back, squares);
            g_assert_cmpmem(first->data, first->len, second->data, second->len);
            trace_free(back);
            trace_free(t);
        }
}

/* Bytes that are no text survive, and so do their neighbours. */
static void test_bytes(void)
{
    static const struct { int id; const char *bytes; size_t length; } pieces[] = {
        { 90, "\xe2\x82", 2 }, { 91, "\0", 1 }, { 92, "\n", 1 }, { 93, "\xff\"", 2 }, { 96, "é\\", 3 }, { 95, "", 0 },
    };
    struct trace *t = run((struct trace_options){ .prompt = "abc", .steps = 2 });
    g_hash_table_remove_all(t->pieces);
    for (int i = 0; i < t->n_prompt; i++) { /* candidates beside them are then known by number alone */
        char c = (char)(33 + t->tokens[i].id);
        g_hash_table_insert(t->pieces, GINT_TO_POINTER(t->tokens[i].id), g_bytes_new(&c, 1));
    }
    for (size_t i = 0; i < G_N_ELEMENTS(pieces); i++)
        g_hash_table_insert(t->pieces, GINT_TO_POINTER(pieces[i].id), g_bytes_new(pieces[i].bytes, pieces[i].length));
    g_autoptr(GByteArray) bytes = write_trace(t, FALSE);
    struct trace *back = read_good(bytes);
    for (size_t i = 0; i < G_N_ELEMENTS(pieces); i++) {
        size_t length;
        const char *got = trace_piece(back, pieces[i].id, &length);
        g_assert_nonnull(got);
        g_assert_cmpmem(got, length, pieces[i].bytes, pieces[i].length);
    }
    trace_free(back);
    trace_free(t);
}

/* What the heads do travels with the run, for as many layers and heads as it has. */
static void test_roles(void)
{
    double scores[2 * 2 * HEAD_ROLES] = { 0.25, 0.5, 1 };
    struct heads heads = { .layers = 2, .heads = 2, .stories = 3, .held = 4, .cases = { 5, 6 }, .scores = scores };
    struct trace *t = run((struct trace_options){ .prompt = "abc", .steps = 2 });
    t->roles = heads_to_json(&heads);
    g_autoptr(GByteArray) bytes = write_trace(t, FALSE);
    struct trace *back = read_good(bytes);
    g_assert_cmpstr(t->roles, ==, back->roles);
    trace_free(back);
    heads.heads = 1;
    g_free(t->roles);
    t->roles = heads_to_json(&heads);
    g_autoptr(GByteArray) few = write_trace(t, FALSE);
    assert_refused(few, NULL, "The \"heads\" of ");
    g_free(t->roles);
    t->roles = g_strdup("[[");
    g_autoptr(GByteArray) broken = write_trace(t, FALSE);
    assert_refused(broken, NULL, "The \"heads\" of ");
    trace_free(t);
}

static void test_layer(void)
{
    struct trace *t = run((struct trace_options){ .prompt = "hello there", .steps = 5 });
    g_autoptr(GByteArray) bytes = write_trace(t, TRUE);
    trace_free(read_good(bytes));
    t->layer = t->head = 0;
    g_autoptr(GError) error = NULL;
    struct trace *one = tracefile_read(path, 2, 1, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpint(one->layer * 10 + one->head, ==, 21);
    g_assert_null(tracefile_read(path, 3, 0, NULL, &error));
    g_assert_nonnull(strstr(error->message, "no layer 3; 1 to 2"));
    trace_free(one);
    trace_free(t);
}

/* ---- a file by another hand: one layer, two heads that share one of K and V, worked out here in double ---- */

enum { H = 2, T = 5, D = 3, V = 7, PASSES = 3 };

struct other {
    double q[H][T][D], k[T][D], v[T][D], out[H][T][D], raw[H][T][T], scores[H][T][T], weights[H][T][T];
    double logits[PASSES][V];
    int ids[T + 1];
    GString *header;
    GByteArray *data;
    const char *dtype, *json;
};

/* Numbers that 16 bits hold exactly. */
static double some(int i) { return ((i * 37) % 65 - 32) / 32.0; }

static void work_out(struct other *o)
{
    for (int h = 0; h < H; h++)
        for (int i = 0; i < T; i++) {
            double sum = 0;
            for (int j = 0; j < T; j++) {
                for (int d = 0; d < D; d++)
                    o->raw[h][i][j] += o->q[h][i][d] * o->k[j][d];
                o->scores[h][i][j] = j > i ? -INFINITY : o->raw[h][i][j] / sqrt(D);
                o->weights[h][i][j] = exp(o->scores[h][i][j]);
                sum += o->weights[h][i][j];
            }
            for (int j = 0; j < T; j++) {
                o->weights[h][i][j] /= sum;
                for (int d = 0; d < D; d++)
                    o->out[h][i][d] += o->weights[h][i][j] * o->v[j][d];
            }
        }
}

static const char other_json[] =
    "{\"model\":{\"name\":\"other\",\"family\":\"llama\",\"width\":8,\"inner\":12,\"out_bias\":true},"
    "\"n_prompt\":3,\"ids\":[1,2,6,5,4,3],"
    "\"pieces\":{\"1\":\"Once\",\"2\":\" upon\",\"6\":\" a\",\"5\":\" time\",\"4\":{\"hex\":\"e282\"}}}";

static void other_start(struct other *o, const char *dtype)
{
    static const int ids[] = { 1, 2, 6, 5, 4, 3 };
    *o = (struct other){ .dtype = dtype, .header = g_string_new("{"), .data = g_byte_array_new(), .json = other_json };
    memcpy(o->ids, ids, sizeof ids);
    for (int i = 0; i < H * T * D; i++)
        (&o->q[0][0][0])[i] = some(i);
    for (int i = 0; i < T * D; i++) {
        (&o->k[0][0])[i] = some(i + 100);
        (&o->v[0][0])[i] = some(i + 200);
    }
    for (int i = 0; i < PASSES * V; i++)
        (&o->logits[0][0])[i] = some(i + 300) * 0.5;
    for (int p = 0; p < PASSES; p++)
        o->logits[p][o->ids[3 + p]] = 1; /* the best: greedy */
    work_out(o);
}

static void put_tensor(struct other *o, const char *name, const char *shape, const double *numbers, int n)
{
    guint begin = o->data->len, size = strcmp(o->dtype, "F32") == 0 ? 4 : 2;
    for (int i = 0; i < n; i++) {
        guint32 bits = GUINT32_TO_LE(folder_bits(o->dtype, (float)numbers[i]));
        if (isinf(numbers[i]) && strcmp(o->dtype, "F16") == 0)
            bits = GUINT32_TO_LE(0xfc00);
        g_byte_array_append(o->data, (const guint8 *)&bits, size);
    }
    g_string_append_printf(o->header, "%s\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%u,%u]}",
                           o->header->len > 1 ? "," : "", name, o->dtype, shape, begin, o->data->len);
}

static void put_needed(struct other *o)
{
    put_tensor(o, "q", "[1,2,5,3]", &o->q[0][0][0], H * T * D);
    put_tensor(o, "k", "[1,1,5,3]", &o->k[0][0], T * D);
    put_tensor(o, "v", "[1,1,5,3]", &o->v[0][0], T * D);
    put_tensor(o, "logits", "[3,7]", &o->logits[0][0], PASSES * V);
}

static void put_squares(struct other *o)
{
    put_tensor(o, "scores_raw", "[1,2,5,5]", &o->raw[0][0][0], H * T * T);
    put_tensor(o, "scores", "[1,2,5,5]", &o->scores[0][0][0], H * T * T);
    put_tensor(o, "weights", "[1,2,5,5]", &o->weights[0][0][0], H * T * T);
}

static void put_all(struct other *o)
{
    put_needed(o);
    put_tensor(o, "out", "[1,2,5,3]", &o->out[0][0][0], H * T * D);
    put_squares(o);
}

/* The file; the other is used up. note: with the JSON in its header. */
static GByteArray *other_end(struct other *o, gboolean note)
{
    GByteArray *file = g_byte_array_new();
    if (note) {
        g_autofree char *json = g_strescape(o->json, NULL);
        g_string_append_printf(o->header, "%s\"__metadata__\":{\"format\":\"kvreel-trace\",\"version\":\"1\","
                               "\"trace\":\"%s\"}", o->header->len > 1 ? "," : "", json);
    }
    g_string_append_c(o->header, '}');
    guint64 length = GUINT64_TO_LE((guint64)o->header->len);
    g_byte_array_append(file, (const guint8 *)&length, 8);
    g_byte_array_append(file, (const guint8 *)o->header->str, (guint)o->header->len);
    g_byte_array_append(file, o->data->data, o->data->len);
    g_string_free(o->header, TRUE);
    g_byte_array_unref(o->data);
    return file;
}

static void assert_other(const struct trace *t, double close)
{
    struct other o;
    other_start(&o, "F32");
    g_assert_cmpint(t->n_prompt, ==, 3);
    g_assert_cmpint(t->n_passes, ==, PASSES);
    g_assert_cmpint(t->shape.kv_heads, ==, 1);
    g_assert_cmpint(t->shape.max_tokens, ==, T);
    g_assert_cmpstr(t->options.prompt, ==, "Once upon a");
    g_assert_cmpstr(t->tokens[1].text, ==, "upon");
    g_assert_cmpstr(t->tokens[4].text, ==, "<E2><82>");
    g_assert_cmpstr(t->tokens[5].text, ==, "<3>");
    g_assert_false(t->counted);
    g_assert_true(t->shape.out_bias && !t->shape.qkv_bias && !t->shape.mlp_bias);
    g_assert_null(t->origin);
    g_assert_cmpint(t->passes[1].sampled, ==, 0);
    struct lm_count count = lm_count_formula(t->shape, 3, 1);
    g_assert_cmpint(lm_count_total(&t->passes[1].with_cache), ==, lm_count_total(&count));
    for (int h = 0; h < H; h++) {
        struct trace_head *head = trace_head_new(t, 1, h + 1);
        for (int i = 0; i < T; i++)
            for (int j = 0; j < T; j++) {
                double low = j > i ? 0 : 1;
                g_assert_cmpfloat_with_epsilon(head->dots[i * T + j], low * o.raw[h][i][j], close);
                g_assert_cmpfloat_with_epsilon(head->scores[i * T + j], j > i ? 0 : o.scores[h][i][j], close);
                g_assert_cmpfloat_with_epsilon(head->shares[i * T + j], o.weights[h][i][j], close);
            }
        for (int i = 0; i < T * D; i++)
            g_assert_cmpfloat_with_epsilon(head->out[i], (&o.out[h][0][0])[i], close);
        trace_head_free(head);
    }
    g_byte_array_unref(other_end(&o, FALSE));
}

static void test_other(void)
{
    static const struct { const char *dtype; double close; } types[] = { { "F32", 1e-6 }, { "F16", 2e-3 },
                                                                         { "BF16", 2e-2 } };
    for (size_t i = 0; i < G_N_ELEMENTS(types); i++)
        for (int all = 0; all < 2; all++) {
            struct other o;
            other_start(&o, types[i].dtype);
            (all ? put_all : put_needed)(&o);
            g_autoptr(GByteArray) file = other_end(&o, TRUE);
            struct trace *t = read_good(file);
            assert_other(t, types[i].close);
            trace_free(t);
        }
    struct other o; /* the JSON apart from the file */
    other_start(&o, "F32");
    put_all(&o);
    g_autoptr(GByteArray) file = other_end(&o, FALSE);
    g_autoptr(GError) error = NULL;
    struct trace *t = read_bytes(file, other_json, &error);
    g_assert_no_error(error);
    assert_other(t, 1e-6);
    trace_free(t);
    assert_refused(file, NULL, "is no trace");
}

/* ---- files that lie ---- */

/* One number of a tensor is another. */
static void refuse_number(double *(*find)(struct other *), double number, const char *words)
{
    struct other o;
    other_start(&o, "F32");
    *find(&o) = number;
    put_all(&o);
    g_autoptr(GByteArray) file = other_end(&o, TRUE);
    assert_refused(file, NULL, words);
}

static double *of_q(struct other *o) { return &o->q[1][2][1]; }
static double *of_raw(struct other *o) { return &o->raw[1][3][1]; }
static double *of_scores(struct other *o) { return &o->scores[1][3][1]; }
static double *of_weights(struct other *o) { return &o->weights[1][3][1]; }
static double *of_future(struct other *o) { return &o->weights[0][1][2]; }
static double *of_unmasked(struct other *o) { return &o->scores[0][1][2]; }
static double *of_out(struct other *o) { return &o->out[0][4][2]; }
static double *of_logits(struct other *o) { return &o->logits[1][4]; }

static void test_numbers(void)
{
    refuse_number(of_q, NAN, "tensor \"q\" has a number that is infinite or not a number");
    refuse_number(of_logits, INFINITY, "tensor \"logits\" has a number that is infinite");
    refuse_number(of_weights, NAN, "tensor \"weights\" has a number");
    refuse_number(of_scores, -INFINITY, "tensor \"scores\" has a number that is infinite");
    refuse_number(of_q, 3, "layer 1, head 2, row 3: scores_raw is not the product");
    refuse_number(of_raw, 2, "layer 1, head 2, row 4: scores_raw is not the product");
    refuse_number(of_scores, 0.9, "row 4: scores is not scores_raw divided");
    refuse_number(of_weights, 0.9, "row 4: the weights do not sum to one");
    refuse_number(of_future, 0.25, "tensor \"weights\" has 0.25 in row 2, column 3, above the diagonal, where 0");
    refuse_number(of_unmasked, 1, "tensor \"scores\" has 1 in row 2, column 3, above the diagonal, where -infinity");
    refuse_number(of_out, 2, "head 1, row 5: out is not the weighted sum");
    refuse_number(of_logits, -3, "after pass 2 came the token 4, the 7. best by its logits; without \"sampling\"");
}

/* Weights that sum to one but are no softmax; axes that are swapped where sizes cannot tell. */
static void test_disagree(void)
{
    struct other o;
    other_start(&o, "F32");
    for (int j = 0; j <= 3; j++)
        o.weights[0][3][j] = 0.25;
    put_all(&o);
    g_autoptr(GByteArray) even = other_end(&o, TRUE);
    assert_refused(even, NULL, "row 4: weights is not the softmax");
    other_start(&o, "F32");
    double *k = &o.k[0][0], *v = &o.v[0][0];
    put_tensor(&o, "q", "[1,2,5,3]", &o.q[0][0][0], H * T * D);
    put_tensor(&o, "k", "[1,1,5,3]", v, T * D); /* K and V swapped */
    put_tensor(&o, "v", "[1,1,5,3]", k, T * D);
    put_tensor(&o, "logits", "[3,7]", &o.logits[0][0], PASSES * V);
    put_tensor(&o, "out", "[1,2,5,3]", &o.out[0][0][0], H * T * D);
    g_autoptr(GByteArray) swapped = other_end(&o, TRUE);
    assert_refused(swapped, NULL, "out is not the weighted sum of v");
}

static void refuse_tensors(void (*put)(struct other *), const char *words)
{
    struct other o;
    other_start(&o, "F32");
    put(&o);
    g_autoptr(GByteArray) file = other_end(&o, TRUE);
    assert_refused(file, NULL, words);
}

static void put_nothing(struct other *o) { (void)o; }
static void put_short(struct other *o)
{
    put_tensor(o, "q", "[1,2,4,3]", &o->q[0][0][0], H * 4 * D);
}
static void put_flat(struct other *o)
{
    put_tensor(o, "q", "[2,5,3]", &o->q[0][0][0], H * T * D);
}
static void put_empty(struct other *o)
{
    put_tensor(o, "q", "[0,2,5,3]", &o->q[0][0][0], 0);
}
static void put_uneven(struct other *o) /* heads that do not share evenly */
{
    put_tensor(o, "q", "[1,2,5,3]", &o->q[0][0][0], H * T * D);
    put_tensor(o, "k", "[1,4,5,3]", (const double[4 * T * D]){ 0 }, 4 * T * D);
    put_tensor(o, "v", "[1,4,5,3]", (const double[4 * T * D]){ 0 }, 4 * T * D);
    put_tensor(o, "logits", "[3,7]", &o->logits[0][0], PASSES * V);
}
static void put_few_logits(struct other *o)
{
    put_tensor(o, "q", "[1,2,5,3]", &o->q[0][0][0], H * T * D);
    put_tensor(o, "k", "[1,1,5,3]", &o->k[0][0], T * D);
    put_tensor(o, "v", "[1,1,5,3]", &o->v[0][0], T * D);
    put_tensor(o, "logits", "[2,7]", &o->logits[0][0], 2 * V);
}
static void put_one_square(struct other *o)
{
    put_needed(o);
    put_tensor(o, "weights", "[1,2,5,5]", &o->weights[0][0][0], H * T * T);
}
static void put_small_vocabulary(struct other *o)
{
    put_tensor(o, "q", "[1,2,5,3]", &o->q[0][0][0], H * T * D);
    put_tensor(o, "k", "[1,1,5,3]", &o->k[0][0], T * D);
    put_tensor(o, "v", "[1,1,5,3]", &o->v[0][0], T * D);
    put_tensor(o, "logits", "[3,6]", &o->logits[0][0], PASSES * 6);
}

static void test_tensors(void)
{
    refuse_tensors(put_nothing, "no tensor \"q\"");
    refuse_tensors(put_short,
                   "\"q\" has the shape [1, 2, 4, 3]; the header and the other tensors ask for [any, any, 5, any], "
                   "where \"ids\" make 5 tokens");
    refuse_tensors(put_flat, "\"q\" has the shape [2, 5, 3]");
    refuse_tensors(put_empty, "\"q\" has the shape [0, 2, 5, 3]");
    refuse_tensors(put_uneven, "2 heads cannot share 4 heads");
    refuse_tensors(put_few_logits,
                   "\"logits\" has the shape [2, 7]; the header and the other tensors ask for [3, any], ");
    refuse_tensors(put_one_square, "has 1 of the tensors scores_raw, scores and weights");
    refuse_tensors(put_small_vocabulary, "token 3 has the id 6; the vocabulary's ids are 0 to 5");
}

static void refuse_json(const char *json, const char *words)
{
    struct other o;
    other_start(&o, "F32");
    put_needed(&o);
    g_autoptr(GByteArray) file = other_end(&o, FALSE);
    assert_refused(file, json, words);
}

/* The good JSON with one part replaced. */
static void refuse_change(const char *from, const char *to, const char *words)
{
    const char *at = strstr(other_json, from);
    g_assert_nonnull(at);
    g_autoptr(GString) json = g_string_new_len(other_json, at - other_json);
    g_string_append(json, to);
    g_string_append(json, at + strlen(from));
    refuse_json(json->str, words);
}

static void test_json(void)
{
    refuse_json("", "hold a JSON object");
    refuse_json("[]", "hold a JSON object");
    refuse_json("{}", "\"model\" must be an object");
    refuse_json("{\"model\":{\"name\":7}}", "\"name\" must be a text");
    refuse_change("\"name\":\"other\"", "\"name\":\"\"", "must be texts of 1 to 80 bytes");
    refuse_change("\"name\":\"other\"", "\"name\":\"a\\u001b[2J\"", "without line breaks");
    refuse_change("\"n_prompt\":3", "\"n_prompt\":3,\"program\":\"a\\nb\"", "without line breaks");
    refuse_change("\"llama\"", "\"mamba\"", "the family \"mamba\" is not known");
    refuse_change("\"llama\"", "\"gpt2\"", "as many K/V heads as heads");
    refuse_change("\"width\":8,", "", "has no \"width\"");
    refuse_change("\"inner\":12", "\"inner\":-12", "\"inner\" must be a whole number from 1");
    refuse_change("\"inner\":12", "\"inner\":12,\"qkv_bias\":1", "\"qkv_bias\" must be true or false");
    refuse_change("\"inner\":12", "\"inner\":12,\"layers\":2",
                  "\"q\" has the shape [1, 2, 5, 3]; the header and the other tensors ask for [2, any, 5, any], ");
    refuse_change("\"inner\":12", "\"inner\":12,\"vocab\":9",
                  "\"logits\" has the shape [3, 7]; the header and the other tensors ask for [3, 9], ");
    refuse_change("\"inner\":12", "\"inner\":12,\"max_tokens\":4", "has 5 tokens, more than");
    refuse_change("\"inner\":12", "\"inner\":12,\"origin\":\"guessed\"", "origin \"guessed\"");
    refuse_change("\"n_prompt\":3", "\"n_prompt\":6", "\"n_prompt\" must be a whole number from 1 to 5");
    refuse_change("\"n_prompt\":3", "\"n_prompt\":2",
                  "\"logits\" has the shape [3, 7]; the header and the other tensors ask for [4, any], "
                  "where \"ids\" make 5 tokens (the last is not computed) and \"n_prompt\" makes 4 passes");
    refuse_change("[1,2,6,5,4,3]", "[1]", "\"ids\" must list");
    refuse_change("[1,2,6,5,4,3]", "\"x\"", "\"ids\" must list");
    refuse_change("[1,2,6,5,4,3]", "[1,2,-6,5,4,3]", "no token id at place 3");
    refuse_change("[1,2,6,5,4,3]", "[1,2,6,5,4,7]", "token 6 has the id 7; the vocabulary's ids are 0 to 6");
    refuse_change("\"1\":\"Once\"", "\"7\":\"Once\"", "names \"7\", which is no id from 0 to 6");
    refuse_change("\"1\":\"Once\"", "\"one\":\"Once\"", "names \"one\"");
    refuse_change("\"1\":\"Once\"", "\"1\":[]", "piece of id 1 must be a text");
    refuse_change("\"e282\"", "\"e28\"", "piece of id 4");
    refuse_change("\"e282\"", "\"e28x\"", "piece of id 4");
    refuse_change("\"n_prompt\":3", "\"n_prompt\":3,\"sampling\":7", "\"sampling\" must be an object");
    refuse_change("\"n_prompt\":3", "\"n_prompt\":3,\"sampling\":{\"temperature\":-1}",
                  "\"temperature\" must be a number");
    refuse_change("\"n_prompt\":3", "\"n_prompt\":3,\"sampling\":{\"top_p\":1.5}",
                  "\"top_p\" must be a number from 0 to 1");
    refuse_change("\"n_prompt\":3", "\"n_prompt\":3,\"sampling\":{\"top_k\":\"all\"}",
                  "\"top_k\" must be a whole number");
    refuse_change("\"n_prompt\":3", "\"n_prompt\":3,\"counted\":1", "\"counted\" must be true or false");
    refuse_change("\"n_prompt\":3", "\"n_prompt\":3,\"prompt\":[]", "\"prompt\" must be a text");
}

/* A token that the cut-off leaves out cannot have been drawn. */
static void test_sampled(void)
{
    struct trace *t = run((struct trace_options){ .prompt = "hello", .steps = 9, .temperature = 2, .seed = 5 });
    gboolean beyond = FALSE;
    for (int p = 0; p < t->n_passes; p++)
        beyond |= t->passes[p].sampled > 1;
    g_assert_true(beyond);
    t->options.top_k = 2;
    g_autoptr(GByteArray) file = write_trace(t, FALSE);
    assert_refused(file, NULL, "its \"sampling\" cannot have chosen it");
    trace_free(t);
}

static GByteArray *sample_file(gboolean squares)
{
    struct trace *t = run((struct trace_options){ .prompt = "hello", .steps = 2, .temperature = 1, .seed = 5 });
    GByteArray *bytes = write_trace(t, squares);
    trace_free(t);
    return bytes;
}

static void test_cut(void)
{
    g_autoptr(GByteArray) whole = sample_file(FALSE);
    for (guint n = 0; n < whole->len; n += n < 3000 ? 7 : 641) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GByteArray) part = g_byte_array_new();
        g_byte_array_append(part, whole->data, n);
        g_assert_null(read_bytes(part, NULL, &error));
        g_assert_nonnull(error);
    }
    g_autoptr(GByteArray) huge = sample_file(FALSE);
    memset(huge->data, 0xff, 8);
    assert_refused(huge, NULL, "gives its header's length as");
    memset(huge->data, 0, 8);
    huge->data[3] = 5; /* 83,886,080 bytes */
    assert_refused(huge, NULL, "ends inside its header");
}

/* Random bytes, other digits and other words in the header: a trace or a sentence, never more. */
static void test_mutations(void)
{
    static const char *const values[] = { "-1", "0",  "1",            "9223372036854775807", "null",
                                          "[]", "{}", "\\\"\\\"", "1e300",               "true" };
    g_autoptr(GRand) rand = g_rand_new_with_seed(55);
    for (int round = 0; round < 1500; round++) {
        g_autoptr(GByteArray) file = sample_file(round % 2);
        guint64 length;
        memcpy(&length, file->data, 8);
        g_autoptr(GString) header = g_string_new_len((const char *)file->data + 8, (gssize)GUINT64_FROM_LE(length));
        for (int n = g_rand_int_range(rand, 1, 4); n > 0; n--) {
            gssize at = g_rand_int_range(rand, 0, (gint32)header->len);
            const char *colon = strchr(header->str + at, ':'), *end = colon ? strpbrk(colon, ",}") : NULL;
            if (g_rand_int_range(rand, 0, 8) == 0)
                header->str[at] = (char)g_rand_int_range(rand, 1, 128);
            else if (end) {
                gssize from = colon + 1 - header->str;
                g_string_erase(header, from, end - colon - 1);
                g_string_insert(header, from, values[g_rand_int_range(rand, 0, G_N_ELEMENTS(values))]);
            }
        }
        if (g_rand_int_range(rand, 0, 4) == 0) /* a number of a tensor */
            file->data[g_rand_int_range(rand, (gint32)(8 + GUINT64_FROM_LE(length)), (gint32)file->len)] ^=
                (guint8)(1 << g_rand_int_range(rand, 0, 8));
        g_autoptr(GByteArray) changed = g_byte_array_new();
        guint64 now = GUINT64_TO_LE((guint64)header->len);
        g_byte_array_append(changed, (const guint8 *)&now, 8);
        g_byte_array_append(changed, (const guint8 *)header->str, (guint)header->len);
        g_byte_array_append(changed, file->data + 8 + GUINT64_FROM_LE(length),
                            (guint)(file->len - 8 - GUINT64_FROM_LE(length)));
        g_autoptr(GError) error = NULL;
        struct trace *t = read_bytes(changed, NULL, &error);
        g_assert_true(!t == (error != NULL));
        trace_free(t);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    folder = folder_new(2, 2, 20, 97, 32, "", "F32");
    model = lm_load(folder.path, NULL);
    g_assert_nonnull(model);
    path = g_build_filename(folder.path, "run.safetensors", NULL);
    g_test_add_func("/tracefile/round", test_round);
    g_test_add_func("/tracefile/bytes", test_bytes);
    g_test_add_func("/tracefile/roles", test_roles);
    g_test_add_func("/tracefile/layer", test_layer);
    g_test_add_func("/tracefile/other", test_other);
    g_test_add_func("/tracefile/numbers", test_numbers);
    g_test_add_func("/tracefile/disagree", test_disagree);
    g_test_add_func("/tracefile/tensors", test_tensors);
    g_test_add_func("/tracefile/json", test_json);
    g_test_add_func("/tracefile/sampled", test_sampled);
    g_test_add_func("/tracefile/cut", test_cut);
    g_test_add_func("/tracefile/mutations", test_mutations);
    int result = g_test_run();
    g_remove(path);
    g_free(path);
    lm_free(model);
    folder_free(&folder);
    return result;
}
