/* Counters of allocators as facts: what was counted are leaves, the rest is arithmetic over them.
 *
 *   pages.*    blocks, block_tokens, used, free, peak, sequences, tokens, stored, slots, waste, waste_share,
 *              table_entries, shared_saved, shared_share, copies, copied_tokens, refusals, used_bytes, block_bytes
 *   reserve.*  slots, regions, holes, taken, asked, rounded, free, used, to_come, never, empty, empty_share,
 *              largest_hole, too_small, too_small_share, refusals, fragmented
 *   reserve.STRATEGY.*  slots, empty, empty_share; maximum, powers, paged, exact; beside reserve.sequences,
 *              reserve.tokens, reserve.longest, reserve.block_tokens, reserve.paged.blocks
 *   prefix.*   block_tokens, queries, queried, hits, misses, hit_share, evictions, refusals, collisions, cached, idle,
 *              cached_tokens, cached_bytes (with pages.block_bytes)
 *
 * Shares of nothing are unknown, and so are bytes where block_bytes are (-1).
 */
#pragma once
#include "serve/prefix.h"
#include "serve/reserve.h"
#include "sim/fact.h"

void alloc_facts_pages(const struct pages *p, int64_t block_bytes, struct facts *book);
void alloc_facts_prefix(const struct prefix *p, int64_t block_bytes, struct facts *book);
/* next: slots of the region for which holes may be too small */
void alloc_facts_reserve(const struct reserve *r, int64_t next, struct facts *book);
/* False, with nothing written, where reserve_compare() is. */
bool alloc_facts_compare(const int64_t *lengths, int64_t n, int64_t max_length, int64_t block_tokens,
                         struct facts *book);
