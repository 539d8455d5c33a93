/* Bytes of a KV cache, for any model of the catalog: the sum over its streams (sim/layout.h). Symbols: L layers, G KV
 * heads, D head width, S tokens, W window, b bytes each.
 *
 *   full attention       2 L G D b  a token                      Llama-3.1-8B, FP16: 2 x 32 x 8 x 128 x 2 = 131,072 B
 *   MLA                  L (rank + rope) b  a token              DeepSeek-V3, BF16: 61 x (512 + 64) x 2 = 70,272 B
 *   windowed layer       as full, but min(S, W) tokens
 *   linear layer         a fixed state, where the catalog knows its size
 */
#pragma once
#include "sim/layout.h"
#include "sim/weight_format.h"

#include <stddef.h>

/* Bytes that one sequence of `tokens` (0 or more) keeps. -1 when the model lacks a field that the formula needs, or
 * when the result is beyond 64 bits. Exact in integers. A state of unknown size is left out, as cache_state_bytes()
 * tells. */
int64_t cache_bytes(const struct model *m, struct format f, int64_t tokens);
/* The same by counting value after value; for tests, slow. */
int64_t cache_bytes_counted(const struct model *m, struct format f, int64_t tokens);
/* Bytes that the next token adds after so many: nothing in a window or chunk that is full; of compressed streams the
 * average. Gemma-4-31B, BF16: 880 KiB at first, 80 KiB from its window of 1,024 tokens on. */
int64_t cache_bytes_next(const struct model *m, struct format f, int64_t tokens);
/* The same while no window is full. */
int64_t cache_bytes_per_token(const struct model *m, struct format f);
/* The part that does not grow: 0 without linear layers, -1 when nobody knows its size. */
int64_t cache_state_bytes(const struct model *m, struct format f);
/* Whether the cache's bytes are not proportional to the tokens: windows, chunks, states, compressed streams. */
bool cache_bends(const struct model *m);
/* Whether a layer forgets: then a token costs less once its window is full. */
bool cache_forgets(const struct model *m);
int64_t weight_bytes(const struct model *m, struct weights w); /* total parameters, also of sparse models; -1 unknown */
/* "2·32·8·128·2 B": the per-token formula with its values. buf gets at most size bytes. */
char *cache_formula(const struct model *m, struct format f, char *buf, size_t size);
/* "32", "10 full + 52 window": the layers of each kind that keeps something; "n/a" when the model does not say. */
char *cache_kinds(const struct model *m, char *buf, size_t size);
