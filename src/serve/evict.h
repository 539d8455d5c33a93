/* Caches that forget: which positions of a text a layer still holds.
 *
 * Window, and attention sinks with a window (Xiao et al., "Efficient Streaming Language Models with Attention
 * Sinks", arXiv:2309.17453): the first `sinks` positions stay, the last `window` ones go round in a ring behind them.
 * Position p has the slot p, or sinks + (p − sinks) mod window. Without sinks this is the plain sliding window.
 *
 * Heavy hitters (Zhang et al., "H2O", arXiv:2306.14048): the last `recent` positions stay, and of those before them the
 * `heavy` ones with the most attention, summed over all steps since they came in.
 *
 * Traps. gpt-oss's "sinks" are none of these: each is a learned logit of a head that takes part in the softmax and has
 * no key and no value, so it occupies no cache. A window of W that a model states may count the token itself or not;
 * here it does: W positions are held once the new one is in.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct evict_ring { int64_t sinks, window; }; /* sinks at least 0, window at least 1, together below 2^63 */

/* n: how many positions have been, the newest is n − 1. */
int64_t evict_ring_kept(const struct evict_ring *r, int64_t n);         /* n, at most sinks + window */
int64_t evict_ring_kept_counted(const struct evict_ring *r, int64_t n); /* position by position */
bool evict_ring_holds(const struct evict_ring *r, int64_t n, int64_t position);
/* What position n − 1 took the place of. -1: nothing. */
int64_t evict_ring_evicted(const struct evict_ring *r, int64_t n);
int64_t evict_ring_slot(const struct evict_ring *r, int64_t position);
int64_t evict_ring_position(const struct evict_ring *r, int64_t n, int64_t slot); /* -1: the slot is still empty */
/* Its place among those that are held, by age. Rotary angles of StreamingLLM go by this, not by the position in the
 * text (section 3.2). -1: it is not held. */
int64_t evict_ring_rank(const struct evict_ring *r, int64_t n, int64_t position);

/* --- heavy hitters --- */

struct evict_held { int64_t position; double score; };

/* heavy at least 0, recent at least 1: nobody evicts the token of the step itself. */
struct evict_heavy *evict_heavy_new(int64_t heavy, int64_t recent);
void evict_heavy_free(struct evict_heavy *h); /* accepts NULL */
/* A step of one more position n. row: the attention that the new token pays to the positions 0 to n, finite and not
 * negative; those that are not held are not read. Returns the evicted position, or -1. Of equal scores the older one
 * stays. Hazard: rows measured with a full cache are not what a forgetful cache would give, whose softmax shares out
 * what the evicted positions would have had. */
int64_t evict_heavy_step(struct evict_heavy *h, const float *row);
/* Ascending positions, valid until the next step. */
const struct evict_held *evict_heavy_held(const struct evict_heavy *h, int64_t *n);

struct evict_heavy_counts {
    int64_t heavy, recent; /* as chosen */
    int64_t steps, kept, evicted;
    double attention; /* of all rows, what went to positions that were held; a whole row of a softmax is 1 */
};
struct evict_heavy_counts evict_heavy_counts(const struct evict_heavy *h);
int64_t evict_heavy_kept(int64_t heavy, int64_t recent, int64_t steps); /* steps, at most heavy + recent */
