/* Caches that share, move and forget, as facts. What was counted is a leaf; the rest is computed from it.
 *
 *   radix.*        queries, hit_tokens, missed_tokens, asked_tokens, hit_share, inserted_tokens, evicted_tokens,
 *                  tokens, refused_tokens, locked_tokens, evictable_tokens, nodes, evictions, capacity, used_share
 *   tiers.*        uses, misses, found, hit_share, dropped, bytes_dropped, block_bytes
 *   tiers.NAME.*   capacity, blocks, bytes, hits, hit_share; below the top also bandwidth, latency, and with _up and
 *                  _down: blocks, bytes, transfers, time
 *   evict.*        sinks, window, or heavy, recent, positions, attention, attention_share; both: room, kept, evicted,
 *                  kept_share
 *
 * Shares of nothing are unknown. by: who chose the capacities, "scene file: cache".
 */
#pragma once
#include "serve/evict.h"
#include "serve/radix.h"
#include "serve/tiers.h"
#include "sim/fact.h"

void reuse_facts_radix(const struct radix *tree, const char *by, struct facts *facts);

/* bytes: UNIT_BYTES or UNIT_BYTES_DECIMAL. */
void reuse_facts_tiers(const struct tiers *t, const char *by, enum unit bytes, struct facts *facts);
/* tiers.NAME.break_even, from load_latency_ns, load_bandwidth, token_bytes and prefill_token_ns. Unknown where loading
 * always takes longer. Returns its index. */
int reuse_facts_break_even(const char *name, const struct tier_load *load, const char *by, enum unit bytes,
                           struct facts *facts);

/* positions: the fact that holds how many there have been. Returns the index of evict.kept. */
int reuse_facts_ring(const struct evict_ring *r, int positions, const char *by, struct facts *facts);
int reuse_facts_heavy(const struct evict_heavy *h, const char *by, struct facts *facts);
