/* A language model that really runs, of GPT-2's or of Llama's family (Llama, Mistral, Qwen2): weights from a Hugging
 * Face folder (config.json, model.safetensors or its shards, the tokenizer's files), a float32 forward pass with a
 * fixed order of summation, with and without a KV cache, counting every multiply-add it does and every byte it touches.
 *
 *     struct lm *g = lm_load("data/models/tale", &error);
 *     int n = lm_encode(g, "Mia has a red", ids, 64, &error);
 *     lm_forward(g, NULL, ids, n, logits, NULL, NULL);
 *
 * L layers, H heads, KV heads of K and V, C width, D head width, I width inside the MLP, V vocabulary, T tokens so far.
 */
#pragma once
#include "read/fail.h"

#include <stdint.h>

struct lm;

enum lm_family { LM_GPT2, LM_LLAMA };

/* kv_heads: heads of K and V, each shared by heads / kv_heads query heads (GPT-2: as many as heads). inner: width of
 * the MLP's inside. max_tokens: the longest text. Biases: those of the Llama family, which a file may have; GPT-2
 * always has all of them. */
struct lm_shape {
    int layers, heads, kv_heads, width, head_dim, inner, vocab, max_tokens;
    enum lm_family family;
    int64_t params;
    gboolean qkv_bias, out_bias, mlp_bias;
};

/* NULL and error: what is wrong with which file, in a sentence. Nothing outside `folder` is read. */
struct lm *lm_load(const char *folder, GError **error);
void lm_free(struct lm *g); /* accepts NULL */
struct lm_shape lm_shape(const struct lm *g);
/* "trained" or "seeded": config.json's "kvreel_origin", for the screen; NULL when the folder does not say (a downloaded
 * model). */
const char *lm_origin(const struct lm *g);
const char *lm_name(const struct lm *g); /* the folder's last part */

/* By the folder's tokenizer (tokenizer.h), with the tokens that it puts around every text. Returns the number of tokens
 * that the text has; the first `max` are written. -1 and error when the text is not UTF-8 or needs a byte or character
 * that the vocabulary lacks. */
int lm_encode(const struct lm *g, const char *text, int *ids, int max, GError **error);
/* A token's bytes, as typed (leading space included); not NUL-terminated UTF-8 in general, so the length is given.
 * Length 0: an id without an entry. Belongs to g. */
const char *lm_token(const struct lm *g, int id, size_t *len);

/* Bytes of float32 weights and cache entries that a pass touches in memory, by part: rows of the embedding (and of
 * positions); each weight matrix with its bias once a pass, however many rows use it; K (scores) and V (mix) of the
 * pass' tokens written once, and K and V of every position that a query row sees read once for each K/V head, so that
 * query heads which share one also share the reading. Norms and what lies between two matrices are not counted. */
struct lm_bytes { int64_t embedding, projections, scores, mix, mlp, vocabulary; };
static inline int64_t lm_bytes_total(const struct lm_bytes *b)
{
    return b->embedding + b->projections + b->scores + b->mix + b->mlp + b->vocabulary;
}

/* Multiply-adds by part, summed while they are done; biases, norms and rotations are not counted. projections: Q, K, V
 * and the attention's output matrix; token_passes: tokens that went through all layers. */
struct lm_count {
    int64_t projections, scores, mix, mlp, vocabulary, token_passes;
    struct lm_bytes bytes;
};
static inline int64_t lm_count_total(const struct lm_count *c)
{
    return c->projections + c->scores + c->mix + c->mlp + c->vocabulary;
}
/* The same numbers in closed form, for a pass over tokens first .. first + n - 1 (earlier ones read from a cache) that
 * asks for logits. Multiply-adds: projections n L C D (2H + 2KV), MLP n L 2 C I (Llama's has a gate: 3 C I), scores and
 * mix L H D each for every pair of a token with itself or an earlier one, vocabulary V C. For GPT-2's shape that is
 * 4 n L C^2, 8 n L C^2, L C a pair and V C; one GPT-2 124M token at position 0: 84,934,656 + 18,432 + 38,597,376.
 * Bytes: see forward.c. */
struct lm_count lm_count_formula(struct lm_shape s, int first, int n);

/* What passes leave to look at. Arrays are owned by the caller; any may be NULL. A row is a token's position from the
 * start of the text, so successive passes over one cache fill one picture. Entries that a pass does not compute stay
 * untouched. */
struct lm_look {
    float *q;      /* [L][H][max_rows][D] */
    float *k, *v;  /* [L][KV][max_rows][D], as the cache holds them: K and q rotated where the model does that */
    float *out;    /* [L][H][max_rows][D]: the head's mix of values */
    /* [L][H][max_rows][max_rows]; row = query position, nothing above the diagonal */
    float *dots;   /* q . k */
    float *scores; /* the same, scaled, before softmax */
    float *shares; /* after softmax */
    int max_rows;     /* more than the last position of the pass */
};

struct lm_cache; /* K and V of the tokens so far */
struct lm_cache *lm_cache_new(const struct lm *g, int max_tokens);
void lm_cache_free(struct lm_cache *c); /* accepts NULL */
int lm_cache_tokens(const struct lm_cache *c);

/* Runs tokens ids[0 .. n-1] that follow the cache's tokens, appends their K and V, and writes the logits of the last
 * one (V floats; NULL: not computed and not counted). With an empty cache and all tokens this is prefill; with one
 * token, decode.
 * Without a cache (NULL) everything is computed again from position 0 and forgotten. Each row's arithmetic is the same
 * whatever else is in the pass, so all roads to a token give bit-equal logits. `count` is added to. Ids must be in
 * [0, V) and the tokens must fit the cache and the model. */
void lm_forward(const struct lm *g, struct lm_cache *cache, const int *ids, int n, float *logits,
                 struct lm_count *count, struct lm_look *look);
