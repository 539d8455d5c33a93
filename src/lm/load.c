/* Reading a model folder: what config.json promises is compared with what model.safetensors holds before anything is
 * allocated, so that a wrong pair of files ends in a sentence that names the tensor.
 *
 * Names are those of Hugging Face's GPT2LMHeadModel ("transformer.h.0.attn.c_attn.weight") or GPT2Model (without
 * "transformer."). Its Conv1D weights are [in][out], as they are used here. The attn.bias and attn.masked_bias buffers
 * are constants of that implementation and are not read.
 *
 * Parameters of GPT-2 124M: 50,257 x 768 + 1,024 x 768 + 12 x (12 x 768^2 + 13 x 768) + 2 x 768 = 124,439,808.
 */
#include "lm/lm.h"

#include "lm/fail.h"
#include "lm/jsonfile.h"
#include "lm/safetensors.h"
#include "lm/weights.h"

#include <math.h>
#include <string.h>


enum { MOST_LAYERS = 1000, MOST_WIDTH = 65536, MOST_VOCAB = 2000000, MOST_TOKENS = 1000000 };

struct loader {
    struct lm *g;
    char *path; /* of model.safetensors */
    struct safetensors *file;
    float *row; /* [4C]: a row of the tensor being read */
};

/* ---- config.json ---- */

static gboolean config_fail(const char *path, GError **error, const char *format, ...) G_GNUC_PRINTF(3, 4);
static gboolean config_fail(const char *path, GError **error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *why = g_strdup_vprintf(format, args);
    va_end(args);
    return fail_with(error, LM_ERROR_CONFIG, "%s: %s", path, why);
}

/* The text under a key, or NULL when it is missing, null or no text. */
static const char *config_text(JsonObject *config, const char *key)
{
    JsonNode *node = json_object_get_member(config, key);
    return node && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_string(node) : NULL;
}

static gboolean config_flag(JsonObject *config, const char *key, gboolean standard)
{
    JsonNode *node = json_object_get_member(config, key);
    gboolean given = node && JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_BOOLEAN;
    return given ? json_node_get_boolean(node) : standard;
}

static gboolean config_size(JsonObject *config, const char *path, const char *key, int most, int *out, GError **error)
{
    gint64 value;
    if (!jsonfile_int(config, key, 1, most, &value, NULL, path, LM_ERROR_CONFIG, error))
        return FALSE;
    *out = (int)value;
    return TRUE;
}

static gboolean read_sizes(struct lm_shape *s, JsonObject *config, const char *path, GError **error)
{
    const char *context = json_object_has_member(config, "n_positions") ? "n_positions" : "n_ctx";
    if (!config_size(config, path, "n_layer", MOST_LAYERS, &s->layers, error) ||
        !config_size(config, path, "n_head", MOST_WIDTH, &s->heads, error) ||
        !config_size(config, path, "n_embd", MOST_WIDTH, &s->width, error) ||
        !config_size(config, path, "vocab_size", MOST_VOCAB, &s->vocab, error) ||
        !config_size(config, path, context, MOST_TOKENS, &s->max_tokens, error))
        return FALSE;
    if (s->width % s->heads)
        return config_fail(path, error, "n_embd %d cannot be shared evenly among n_head %d heads.", s->width, s->heads);
    s->head_dim = s->width / s->heads;
    s->kv_heads = s->heads;
    s->inner = 4 * s->width;
    s->family = LM_GPT2;
    gint64 inner = 4 * (gint64)s->width;
    if (!jsonfile_int(config, "n_inner", 1, G_MAXINT, &inner, &(gboolean){ FALSE }, path, LM_ERROR_CONFIG, error))
        return FALSE;
    if (inner != 4 * (gint64)s->width)
        return config_fail(path, error, "n_inner must be 4 x n_embd, here %d, or null.", 4 * s->width);
    return TRUE;
}

/* What this program does not do must not be asked for. */
static gboolean check_kind(JsonObject *config, const char *path, GError **error)
{
    const char *kind = config_text(config, "model_type"), *curve = config_text(config, "activation_function");
    if (kind && strcmp(kind, "gpt2") != 0)
        return config_fail(path, error, "model_type is \"%s\"; only \"gpt2\" models can be run.", kind);
    if (curve && strcmp(curve, "gelu_new") != 0 && strcmp(curve, "gelu_pytorch_tanh") != 0)
        return config_fail(path, error, "activation_function is \"%s\"; only \"gelu_new\" can be run.", curve);
    if (!config_flag(config, "scale_attn_weights", TRUE))
        return config_fail(path, error, "scale_attn_weights must be true.");
    if (config_flag(config, "scale_attn_by_inverse_layer_idx", FALSE))
        return config_fail(path, error, "scale_attn_by_inverse_layer_idx must be false.");
    return TRUE;
}

static gboolean read_rest(struct lm *g, JsonObject *config, const char *path, GError **error)
{
    const char *origin = config_text(config, "kvreel_origin");
    JsonNode *epsilon = json_object_get_member(config, "layer_norm_epsilon");

    g->epsilon = 1e-5;
    if (epsilon && !JSON_NODE_HOLDS_NULL(epsilon)) {
        g->epsilon = JSON_NODE_HOLDS_VALUE(epsilon) ? json_node_get_double(epsilon) : 0;
        if (!(g->epsilon > 0 && g->epsilon < 1))
            return config_fail(path, error, "layer_norm_epsilon must be a number above 0 and below 1, such as 1e-05.");
    }
    if (origin && strcmp(origin, "trained") != 0 && strcmp(origin, "seeded") != 0)
        return config_fail(path, error, "kvreel_origin is \"%s\"; it may be \"trained\" or \"seeded\".", origin);
    g->origin = g_strdup(origin);
    return TRUE;
}

/* `tied`: whether the output layer may be the embedding. */
static gboolean read_config(struct lm *g, const char *folder, gboolean *tied, GError **error)
{
    g_autofree char *path = g_build_filename(folder, "config.json", NULL), *text = NULL;
    g_autoptr(GError) why = NULL;
    size_t length;

    if (!g_file_get_contents(path, &text, &length, &why))
        return fail_with(error, LM_ERROR_FILE,
                         "%s cannot be read: %s. A model is a folder with config.json, model.safetensors, vocab.json "
                         "and merges.txt.",
                         path, why->message);
    g_autoptr(JsonObject) config = jsonfile_parse(text, length, path, LM_ERROR_CONFIG, error);
    if (!config || !check_kind(config, path, error) || !read_sizes(&g->shape, config, path, error) ||
        !read_rest(g, config, path, error))
        return FALSE;
    *tied = config_flag(config, "tie_word_embeddings", TRUE);
    return TRUE;
}

/* ---- model.safetensors ---- */

/* The tensor by its short name, of exactly this shape (rows 0: one dimension). NULL and error. */
static const struct tensor *need_tensor(const struct loader *in, const char *name, int rows, int columns,
                                        GError **error)
{
    g_autofree char *full = g_strconcat("transformer.", name, NULL);
    const struct tensor *t = safetensors_find(in->file, name);
    const int64_t all[] = { rows, columns }, *shape = rows ? all : all + 1;
    int dims = rows ? 2 : 1;

    t = t ? t : safetensors_find(in->file, full);
    if (!t) {
        fail_with(error, LM_ERROR_TENSOR_MISSING, "%s has no tensor \"%s\", also not as \"%s\".", in->path, name,
                  full);
        return NULL;
    }
    if (t->dims != dims || memcmp(t->shape, shape, sizeof *shape * (size_t)dims) != 0) {
        g_autofree char *has = tensor_shape_text(t->shape, t->dims), *wants = tensor_shape_text(shape, dims);
        fail_with(error, LM_ERROR_TENSOR_SHAPE, "%s: tensor \"%s\" has the shape %s; config.json asks for %s.",
                  in->path, t->name, has, wants);
        return NULL;
    }
    if (t->type == TENSOR_OTHER) {
        fail_with(error, LM_ERROR_TENSOR_TYPE, "%s: tensor \"%s\" holds %s; F32, F16 and BF16 can be read.", in->path,
                  t->name, t->type_name);
        return NULL;
    }
    return t;
}

/* Numbers first .. first + n - 1 of a tensor, all of them finite. */
static gboolean read_finite(const struct loader *in, const struct tensor *t, int64_t first, int n, float *out,
                            GError **error)
{
    tensor_read(t, first, n, out);
    for (int i = 0; i < n; i++)
        if (!isfinite(out[i]))
            return fail_with(error, LM_ERROR_TENSOR_VALUE,
                             "%s: number %" G_GINT64_FORMAT " of tensor \"%s\" is infinite or not a number.", in->path,
                             first + i + 1, t->name);
    return TRUE;
}

/* A tensor as it lies, [rows][columns]; rows 0: one dimension. NULL and error. Free with g_free. */
static float *load_plain(const struct loader *in, const char *name, int rows, int columns, GError **error)
{
    const struct tensor *t = need_tensor(in, name, rows, columns, error);
    if (!t)
        return NULL;
    float *values = g_new(float, t->count);
    for (int64_t at = 0; at < t->count; at += columns)
        if (!read_finite(in, t, at, columns, values + at, error)) {
            g_free(values);
            return NULL;
        }
    return values;
}

/* Fills m with the tensor's [in][out], or, `turned`, its [out][in]. */
static gboolean load_panels(const struct loader *in, const char *name, int inputs, int outputs, gboolean turned,
                            struct matrix *m, GError **error)
{
    int rows = turned ? outputs : inputs, columns = turned ? inputs : outputs;
    const struct tensor *t = need_tensor(in, name, rows, columns, error);
    if (!t)
        return FALSE;
    *m = matrix_new(inputs, outputs);
    for (int r = 0; r < rows; r++) {
        if (!read_finite(in, t, (int64_t)r * columns, columns, in->row, error))
            return FALSE;
        for (int c = 0; c < columns; c++)
            m->panels[turned ? matrix_slot(m, c, r) : matrix_slot(m, r, c)] = in->row[c];
    }
    return TRUE;
}

static gboolean load_matrix(const struct loader *in, const char *stem, int inputs, int outputs, struct matrix *m,
                            GError **error)
{
    g_autofree char *weight = g_strconcat(stem, ".weight", NULL), *bias = g_strconcat(stem, ".bias", NULL);
    if (!load_panels(in, weight, inputs, outputs, FALSE, m, error))
        return FALSE;
    m->bias = load_plain(in, bias, 0, outputs, error);
    return m->bias != NULL;
}

static gboolean load_norm(const struct loader *in, const char *stem, struct norm *n, GError **error)
{
    g_autofree char *gain = g_strconcat(stem, ".weight", NULL), *shift = g_strconcat(stem, ".bias", NULL);
    n->gain = load_plain(in, gain, 0, in->g->shape.width, error);
    if (n->gain)
        n->shift = load_plain(in, shift, 0, in->g->shape.width, error);
    return n->shift != NULL;
}

static gboolean load_layer(const struct loader *in, int number, struct layer *l, GError **error)
{
    int c = in->g->shape.width;
    g_autofree char *ln1 = g_strdup_printf("h.%d.ln_1", number), *ln2 = g_strdup_printf("h.%d.ln_2", number),
                    *qkv = g_strdup_printf("h.%d.attn.c_attn", number),
                    *out = g_strdup_printf("h.%d.attn.c_proj", number), *up = g_strdup_printf("h.%d.mlp.c_fc", number),
                    *down = g_strdup_printf("h.%d.mlp.c_proj", number);
    return load_norm(in, ln1, &l->before_attention, error) && load_matrix(in, qkv, c, 3 * c, &l->qkv, error) &&
           load_matrix(in, out, c, c, &l->out, error) && load_norm(in, ln2, &l->before_mlp, error) &&
           load_matrix(in, up, c, 4 * c, &l->up, error) && load_matrix(in, down, 4 * c, c, &l->down, error);
}

static int64_t count_params(const struct lm_shape *s, gboolean own_head)
{
    int64_t c = s->width;
    return (own_head ? 2 : 1) * s->vocab * c + s->max_tokens * c + s->layers * (12 * c * c + 13 * c) + 2 * c;
}

static gboolean load_weights(const struct loader *in, gboolean tied, GError **error)
{
    struct lm *g = in->g;
    struct lm_shape *s = &g->shape;
    gboolean own_head = safetensors_find(in->file, "lm_head.weight") != NULL;

    if (!own_head && !tied)
        return fail_with(error, LM_ERROR_TENSOR_MISSING,
                         "%s has no tensor \"lm_head.weight\", although config.json says that tie_word_embeddings is "
                         "false.",
                         in->path);
    if (!load_panels(in, "wte.weight", s->width, s->vocab, TRUE, &g->embed, error) ||
        (own_head && !tied && !load_panels(in, "lm_head.weight", s->width, s->vocab, TRUE, &g->head, error)))
        return FALSE;
    g->positions = load_plain(in, "wpe.weight", s->max_tokens, s->width, error);
    if (!g->positions)
        return FALSE;
    g->layers = g_new0(struct layer, s->layers);
    for (int i = 0; i < s->layers; i++)
        if (!load_layer(in, i, &g->layers[i], error))
            return FALSE;
    s->params = count_params(s, own_head && !tied);
    return load_norm(in, "ln_f", &g->last, error);
}

static gboolean read_weights(struct lm *g, const char *folder, gboolean tied, GError **error)
{
    g_autofree char *path = g_build_filename(folder, "model.safetensors", NULL);
    g_autofree float *row = g_new(float, 4 * g->shape.width);
    struct loader in = { .g = g, .path = path, .file = safetensors_open(path, error), .row = row };
    gboolean good = in.file && load_weights(&in, tied, error);
    safetensors_close(in.file);
    return good;
}

/* ---- the model ---- */

struct lm *lm_load(const char *folder, GError **error)
{
    struct lm *g = g_new0(struct lm, 1);
    gboolean tied = TRUE;

    g->name = g_path_get_basename(folder);
    if (read_config(g, folder, &tied, error) && (g->tokens = tokenizer_load(folder, g->shape.vocab, error)) &&
        read_weights(g, folder, tied, error))
        return g;
    lm_free(g);
    return NULL;
}

static void norm_clear(struct norm *n)
{
    g_free(n->gain);
    g_free(n->shift);
}

void lm_free(struct lm *g)
{
    if (!g)
        return;
    for (int i = 0; g->layers && i < g->shape.layers; i++) {
        struct layer *l = &g->layers[i];
        norm_clear(&l->before_attention);
        norm_clear(&l->before_mlp);
        matrix_clear(&l->qkv);
        matrix_clear(&l->out);
        matrix_clear(&l->up);
        matrix_clear(&l->down);
    }
    g_free(g->layers);
    norm_clear(&g->last);
    matrix_clear(&g->embed);
    matrix_clear(&g->head);
    g_free(g->positions);
    tokenizer_free(g->tokens);
    g_free(g->name);
    g_free(g->origin);
    g_free(g);
}

struct lm_shape lm_shape(const struct lm *g) { return g->shape; }
const char *lm_origin(const struct lm *g) { return g->origin; }
const char *lm_name(const struct lm *g) { return g->name; }

int lm_encode(const struct lm *g, const char *text, int *ids, int max, GError **error)
{
    return tokenizer_encode(g->tokens, text, ids, max, error);
}

const char *lm_token(const struct lm *g, int id, size_t *len) { return tokenizer_token(g->tokens, id, len); }
