/* Opening a model folder, and the reading of tensors that both families share.
 *
 * Weights are read through the map of their file, a row at a time, and each tensor's pages are given back when it has
 * been read, so a model takes the memory of its float32 weights and little more while it is loaded.
 */
#include "read/fail.h"
#include "lm/loader.h"

#include <math.h>
#include <string.h>

const struct tensor *loader_find(const struct loader *in, const char *name)
{
    g_autofree char *full = g_strconcat(in->prefix, name, NULL);
    const struct tensor *t = shards_find(in->files, name);
    return t ? t : shards_find(in->files, full);
}

const struct tensor *loader_need(const struct loader *in, const char *name, int rows, int columns, GError **error)
{
    const struct tensor *t = loader_find(in, name);
    const int64_t all[] = { rows, columns }, *shape = rows ? all : all + 1;
    int dims = rows ? 2 : 1;

    if (!t) {
        fail_with(error, LM_ERROR_TENSOR_MISSING, "%s has no tensor \"%s\", also not as \"%s%s\".",
                  shards_path(in->files), name, in->prefix, name);
        return NULL;
    }
    if (t->dims != dims || memcmp(t->shape, shape, sizeof *shape * (size_t)dims) != 0) {
        g_autofree char *has = tensor_shape_text(t->shape, t->dims), *wants = tensor_shape_text(shape, dims);
        fail_with(error, LM_ERROR_TENSOR_SHAPE, "%s: tensor \"%s\" has the shape %s; config.json asks for %s.",
                  t->path, t->name, has, wants);
        return NULL;
    }
    if (t->type == TENSOR_OTHER) {
        fail_with(error, LM_ERROR_TENSOR_TYPE, "%s: tensor \"%s\" holds %s; F32, F16 and BF16 can be read.", t->path,
                  t->name, t->type_name);
        return NULL;
    }
    in->g->shape.params += t->count;
    return t;
}

/* Numbers first .. first + n - 1 of a tensor, all of them finite. */
static gboolean read_finite(const struct tensor *t, int64_t first, int n, float *out, GError **error)
{
    tensor_read(t, first, n, out);
    for (int i = 0; i < n; i++)
        if (!isfinite(out[i]))
            return fail_with(error, LM_ERROR_TENSOR_VALUE,
                             "%s: number %" G_GINT64_FORMAT " of tensor \"%s\" is infinite or not a number.", t->path,
                             first + i + 1, t->name);
    return TRUE;
}

gboolean loader_read(const struct loader *in, const char *name, int columns, float *out, GError **error)
{
    const struct tensor *t = loader_need(in, name, 0, columns, error);
    return t && read_finite(t, 0, columns, out, error);
}

float *loader_plain(const struct loader *in, const char *name, int rows, int columns, GError **error)
{
    const struct tensor *t = loader_need(in, name, rows, columns, error);
    if (!t)
        return NULL;
    float *values = g_new(float, t->count);
    for (int64_t at = 0; at < t->count; at += columns)
        if (!read_finite(t, at, columns, values + at, error)) {
            g_free(values);
            return NULL;
        }
    tensor_release(t);
    return values;
}

gboolean loader_fill(const struct tensor *t, gboolean turned, int first, struct matrix *m, GError **error)
{
    int rows = (int)t->shape[0], columns = (int)t->shape[1];
    g_autofree float *row = g_new(float, columns);
    for (int r = 0; r < rows; r++) {
        if (!read_finite(t, (int64_t)r * columns, columns, row, error))
            return FALSE;
        for (int c = 0; c < columns; c++)
            m->panels[turned ? matrix_slot(m, c, first + r) : matrix_slot(m, r, first + c)] = row[c];
    }
    tensor_release(t);
    return TRUE;
}

gboolean loader_matrix(const struct loader *in, const char *name, int inputs, int outputs, gboolean turned,
                       struct matrix *m, GError **error)
{
    int rows = turned ? outputs : inputs, columns = turned ? inputs : outputs;
    const struct tensor *t = loader_need(in, name, rows, columns, error);
    if (!t)
        return FALSE;
    *m = matrix_new(inputs, outputs);
    return loader_fill(t, turned, 0, m, error);
}

gboolean loader_head(const struct loader *in, GError **error)
{
    const struct lm_shape *s = &in->g->shape;
    if (in->config->tied)
        return TRUE;
    if (!shards_find(in->files, "lm_head.weight"))
        return fail_with(error, LM_ERROR_TENSOR_MISSING,
                         "%s has no tensor \"lm_head.weight\", although by config.json the output layer is not tied "
                         "to the embedding (tie_word_embeddings).",
                         shards_path(in->files));
    return loader_matrix(in, "lm_head.weight", s->width, s->vocab, TRUE, &in->g->head, error);
}

/* ---- the model ---- */

static gboolean load_weights(struct lm *g, const struct config *config, const char *folder, GError **error)
{
    struct loader in = { .g = g, .config = config, .files = shards_open(folder, error) };
    gboolean good = in.files && (g->shape.family == LM_GPT2 ? load_gpt2(&in, error) : load_llama(&in, error));
    shards_close((struct shards *)in.files);
    return good;
}

struct lm *lm_load(const char *folder, GError **error)
{
    struct lm *g = g_new0(struct lm, 1);
    struct config config;
    gboolean good = config_read(&config, folder, error);

    g->name = g_path_get_basename(folder);
    g->shape = config.shape;
    g->epsilon = config.epsilon;
    g->origin = g_strdup(config.origin);
    good = good && (g->tokens = tokenizer_load(folder, g->shape.vocab, error)) && load_weights(g, &config, folder, error);
    config_clear(&config);
    if (good)
        return g;
    lm_free(g);
    return NULL;
}

static void norm_clear(struct norm *n)
{
    g_free(n->gain);
    g_free(n->shift);
}

static void layer_clear(struct layer *l)
{
    norm_clear(&l->before_attention);
    norm_clear(&l->before_mlp);
    matrix_clear(&l->qkv);
    matrix_clear(&l->out);
    matrix_clear(&l->gate);
    matrix_clear(&l->up);
    matrix_clear(&l->down);
}

void lm_free(struct lm *g)
{
    if (!g)
        return;
    for (int i = 0; g->layers && i < g->shape.layers; i++)
        layer_clear(&g->layers[i]);
    g_free(g->layers);
    norm_clear(&g->last);
    matrix_clear(&g->embed);
    matrix_clear(&g->head);
    g_free(g->positions);
    g_free(g->steps);
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
