/* Bytes of a KV cache, by architecture. Symbols: L layers, G KV heads, D head width, S tokens, W window, b bytes each.
 *
 *   full attention       2 L G D b  a token                      Llama-3.1-8B, FP16: 2 x 32 x 8 x 128 x 2 = 131,072 B
 *   MLA                  L (rank + rope) b  a token              DeepSeek-V2 paper, section 2.1
 *   windowed layer       as full, but min(S, W) tokens           Mistral 7B paper, section 2
 *   linear layer         a fixed state, not counted here (unknown)
 *
 * Each quantity exists twice: a loop that counts and a closed form; a test holds them equal.
 */
#pragma once
#include "sim/catalog.h"
#include "sim/fact.h"

enum dtype { DTYPE_FP32, DTYPE_BF16, DTYPE_FP16, DTYPE_FP8, DTYPE_INT8, DTYPE_INT4, DTYPE_COUNT };
extern const char *const dtype_names[]; /* "fp32", ...; NULL-ended, for choices */
extern const char *const dtype_labels[]; /* "FP32", "BF16", ... */
int dtype_bits(enum dtype t);

/* Which layers keep a cache; all -1 when the model does not say. A model that names no kind of layer and no window is a
 * plain transformer: each of its layers is a full one. */
struct cache_layers { int64_t full, windowed, linear; };
struct cache_layers cache_layers(const struct model *m);
/* Numbers that one layer keeps for one token: 2 G D, or rank + rope. -1 when the model lacks a field. */
int64_t cache_entry(const struct model *m);

/* Bytes that one sequence of `tokens` (0 or more) keeps. -1 when the model lacks a field that the formula needs, or
 * when the result is beyond 64 bits. Exact in integers. Of a model with linear layers this is the growing part. */
int64_t cache_bytes(const struct model *m, enum dtype t, int64_t tokens);
/* The same by counting value after value; for tests, slow. */
int64_t cache_bytes_counted(const struct model *m, enum dtype t, int64_t tokens);
/* Bytes that the next token adds while no window is full. */
int64_t cache_bytes_per_token(const struct model *m, enum dtype t);
int64_t weight_bytes(const struct model *m, enum dtype t); /* total parameters, also of sparse models; -1 unknown */
/* "2·32·8·128·2 B": the per-token formula with its values. buf gets at most size bytes. */
char *cache_formula(const struct model *m, enum dtype t, char *buf, size_t size);
