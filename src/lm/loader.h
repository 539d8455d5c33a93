/* How the families' readers take tensors out of a folder: each is checked against the shape that config.json asks for
 * before anything is allocated for it, so that a wrong pair of files ends in a sentence that names the tensor. All
 * functions report FALSE or NULL and an error in the domain LM_ERROR.
 */
#pragma once
#include "lm/config.h"
#include "lm/shards.h"
#include "lm/weights.h"

struct loader {
    struct lm *g; /* params is added to with every tensor that is read */
    const struct config *config;
    const struct shards *files;
    const char *prefix; /* what a model with an output layer writes before the names: "transformer." or "model." */
};

/* The tensor by its name with or without the prefix; NULL when there is none. */
const struct tensor *loader_find(const struct loader *in, const char *name);
/* The tensor, of exactly this shape (rows 0: one dimension) and of a dtype that can be read. Ask for it once. */
const struct tensor *loader_need(const struct loader *in, const char *name, int rows, int columns, GError **error);
/* Row r of the tensor becomes input r of the matrix, for outputs from `first` on; turned: output first + r. */
gboolean loader_fill(const struct tensor *t, gboolean turned, int first, struct matrix *m, GError **error);
/* A tensor as it lies, [columns], at out. */
gboolean loader_read(const struct loader *in, const char *name, int columns, float *out, GError **error);
/* A tensor as it lies, [rows][columns]; rows 0: one dimension. Free with g_free. */
float *loader_plain(const struct loader *in, const char *name, int rows, int columns, GError **error);
/* A matrix from a tensor [in][out], as GPT-2 has them, or `turned`, from [out][in]. */
gboolean loader_matrix(const struct loader *in, const char *name, int inputs, int outputs, gboolean turned,
                       struct matrix *m, GError **error);
/* The output layer's own tensor, where the model has one that it should use. */
gboolean loader_head(const struct loader *in, GError **error);

gboolean load_gpt2(struct loader *in, GError **error);
gboolean load_llama(struct loader *in, GError **error);
