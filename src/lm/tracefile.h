/* A run in a file, so that a film of it needs no model: one safetensors file (see safetensors.h).
 *
 *     q        [L, H, T, D]     as the scores use them, rotated where the model does that
 *     k, v     [L, KV, T, D]    as the cache holds them after the last step
 *     logits   [1 + steps, V]   of the prompt's pass and of each decode step
 *     out      [L, H, T, D]     each head's mix of values; may be left out
 *     scores_raw, scores, weights
 *              [L, H, T, T]     q . k; scaled by 1 / sqrt(D) and masked (-inf above the diagonal); softmax of each row.
 *                               All three, or none: they follow from q and k.
 *
 * F32; the reader takes F16 and BF16, too. L layers, H heads, KV heads of K and V, T tokens that were computed, D head
 * width, V vocabulary. The header's "__metadata__" has texts: "format" is "kvreel-trace", "version" is "1", "trace" is
 * JSON that says what ran, and "heads", which may be left out, what the heads were measured to do (heads_to_json()).
 * docs/TRACE.md describes it for programs that write one.
 *
 * Equal traces give equal bytes, and what is read is what was written, bit by bit.
 */
#pragma once
#include "lm/trace.h"

/* Where the bytes go, in order. FALSE and error stop the writing. */
typedef gboolean (*tracefile_put)(void *to, const void *data, size_t n, GError **error);
/* squares: with the three [L, H, T, T]. FALSE and error: put's, or a token that cannot be written. */
gboolean tracefile_write(const struct trace *t, gboolean squares, tracefile_put put, void *to, GError **error);

/* NULL and error: what is wrong with the file, in a sentence. Everything is checked: sizes, numbers that are infinite
 * or not numbers, ids, that shares sum to one with nothing above the diagonal, that each token is one that the sampling
 * can give, and that scores, weights and out are what q, k and v make of them, within 2 %, so that a tensor whose axes
 * are swapped is found. layer, head: to show, counted from 1; 0: chosen by measurement. json: instead of the header's
 * texts; NULL: those.
 */
struct trace *tracefile_read(const char *path, int layer, int head, const char *json, GError **error);
