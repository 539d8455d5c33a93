/* Caches that forget. Positions count from 0; "after n tokens" means that positions 0 to n - 1 were seen.
 *
 *   window       the last W                                     kept: min(n, W)
 *   sinks        the first S and the last W, in S + W slots     kept: min(n, S + W)
 *                StreamingLLM, Xiao et al. 2023, arXiv:2309.17453; a window is S = 0
 *   heavy        the last R and the H others with the most attention so far     kept: min(n, H + R)
 *                H2O, Zhang et al. 2023, arXiv:2306.14048
 *
 * Trap: the "sinks" of gpt-oss are learned logits in the softmax; they are no tokens and occupy no cache.
 */
#pragma once
#include "sim/fact.h"

struct evict_ring { int64_t sinks, window; }; /* 0 or more; 1 or more */

int64_t evict_ring_kept(struct evict_ring r, int64_t tokens); /* INT64_MAX at most */
/* The slot that a position is written to: itself among the sinks, else S + (position - S) mod W. */
int64_t evict_ring_slot(struct evict_ring r, int64_t position);
/* The position in a slot after n tokens; -1: still empty. */
int64_t evict_ring_position(struct evict_ring r, int64_t slot, int64_t tokens);
/* The position that leaves when token n (position n - 1) comes; -1: none. */
int64_t evict_ring_evicted(struct evict_ring r, int64_t tokens);

struct evict_heavy;

struct evict_heavy *evict_heavy_new(int64_t heavy, int64_t recent); /* 0 or more; 1 or more */
void evict_heavy_free(struct evict_heavy *h); /* accepts NULL */
/* The next position arrives and attends: scores has one value for each kept position, ascending, and last the new one.
 * Returns the position that is evicted, -1 when none is. Of equal sums the older token stays. */
int64_t evict_heavy_step(struct evict_heavy *h, const double *scores);
/* How many are kept; positions, ascending, and their sums live until the next step. Either may be NULL. */
int64_t evict_heavy_kept(const struct evict_heavy *h, const int64_t **positions, const double **sums);
/* evict.tokens, .kept, .evicted, .kept_share of a ring after n tokens */
void evict_facts(struct evict_ring r, int64_t tokens, struct facts *facts);
