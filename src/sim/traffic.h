/* Bytes between the device's memory and its processor in a step: the least that can move, each thing once.
 *
 *   weights      dense: every parameter but the table of embeddings, unless it is the last matrix, too
 *                sparse: of experts those that a token chose. With uniform routing T tokens meet E (1 - (1 - k/E)^T)
 *                different ones of E; that is an expectation, real routing is less even and meets fewer
 *                scales of quantised weights are not counted
 *   cache        what the step's tokens see is read, their entries are written; a state is read and written. Where a
 *                query chooses entries, those of one query, at most all: which ones others choose beside them is not
 *                known
 *   activations  the hidden vector in and out of both halves of every layer (4 x hidden a layer and token), the row of
 *                the embeddings, and the logits written. What happens inside of a half stays on the chip
 */
#pragma once
#include "sim/split.h"

/* Different experts that so many tokens choose; 0 for a dense model, all at most. */
double traffic_experts(int64_t experts, int64_t experts_per_token, int64_t tokens);
/* The same by a walk: the share not met yet shrinks token after token. */
double traffic_experts_counted(int64_t experts, int64_t experts_per_token, int64_t tokens);

/* Weights that one tensor rank reads over all stages when `tokens` of its copy's batch pass, and logits of some (or
 * none) are needed: dense part and experts apart. Where experts are split over more ranks than the tensor group,
 * those ranks' tokens meet here, too. -1 unknown. */
struct traffic_weights { double dense, experts; };
struct traffic_weights traffic_weights(const struct model *m, const struct split *s, enum dtype t, int64_t tokens,
                                       int64_t logits);

/* Cache that one tensor rank reads for `tokens` new ones behind `prefix` cached ones: prefill reads the prefix once,
 * decode (tokens = 1) all that the token sees. Written: the new entries. -1 unknown or beyond 64 bits. */
int64_t traffic_cache_read(const struct model *m, const struct split *s, struct format f, int64_t prefix,
                           int64_t tokens);
int64_t traffic_cache_written(const struct model *m, const struct split *s, struct format f, int64_t tokens);

/* Bytes of activations as said above, of one tensor rank: hidden vectors are whole on each, logits are cut. -1
 * unknown. */
int64_t traffic_activations(const struct model *m, const struct split *s, enum dtype t, int64_t tokens, int64_t logits);

/* --- attention alone: N queries and keys of one head, d wide, no mask; numbers moved, forward --- */

/* Plain (arXiv:2205.14135, algorithm 0): Q, K, V in, O out, and the N x N scores written, read, written as shares,
 * read: 4 N d + 4 N^2. Backward (algorithm 3): 8 N d + 7 N^2. */
int64_t traffic_plain(int64_t n, int64_t d);
int64_t traffic_plain_backward(int64_t n, int64_t d);
/* FlashAttention (arXiv:2205.14135, algorithm 1; theorem 2: of the order N^2 d^2 / M): keys and values by blocks of
 * ceil(M / 4d) of an on-chip memory of M numbers, and for each of those blocks Q, O and two statistics in, O and two
 * out: 2 N d + ceil(N / Bc) x N (3 d + 4). */
int64_t traffic_flash1(int64_t n, int64_t d, int64_t on_chip);
/* FlashAttention-2 (arXiv:2307.08691, algorithm 1): queries by blocks of `rows`, for each all keys and values, one
 * statistic: 2 N d + N + ceil(N / rows) x 2 N d. */
int64_t traffic_flash2(int64_t n, int64_t d, int64_t rows);
/* The same number by number over blocks. */
int64_t traffic_plain_counted(int64_t n, int64_t d);
int64_t traffic_flash1_counted(int64_t n, int64_t d, int64_t on_chip);
int64_t traffic_flash2_counted(int64_t n, int64_t d, int64_t rows);
/* Bytes of the score matrix that plain attention keeps while a layer works: heads x N x N x bytes a number x sequences.
 * FlashAttention keeps none. The cache and the operations are the same in both. */
int64_t traffic_scratch(int64_t heads, int64_t n, enum dtype t, int64_t sequences);
