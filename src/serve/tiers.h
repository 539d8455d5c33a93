/* Offload tiers: HBM, host, disk, remote. A block that is used comes to tier 0; a full tier hands its least recently
 * used block one tier down; the last tier drops it. bandwidth and latency are those of the way to and from a tier; a
 * move between neighbours goes at the lower one's, a promotion at its source's. Moves are counted one after another.
 */
#pragma once
#include "sim/fact.h"

struct tier {
    const char *name;
    int64_t capacity;  /* blocks, 1 or more */
    int64_t bandwidth; /* bytes/s */
    int64_t latency_ns;
};
enum { TIERS_MOST = 8 };

struct tiers;

/* 1 to TIERS_MOST tiers, copied; block_bytes 1 or more. */
struct tiers *tiers_new(const struct tier *tiers, int n, int64_t block_bytes);
void tiers_free(struct tiers *t); /* accepts NULL */

/* Returns the tier that the block was found in, -1 when it was in none (it is stored as new, without a transfer). */
int tiers_use(struct tiers *t, int64_t block);
int tiers_find(const struct tiers *t, int64_t block); /* -1: nowhere */
/* Blocks of a tier, most recently used first; at most `size` are written, all are counted. */
int64_t tiers_blocks(const struct tiers *t, int tier, int64_t *blocks, int64_t size);

/* down: into this tier from above; up: out of it to tier 0. ns is for both; -1 once beyond 64 bits, as are bytes. */
struct tiers_counts { int64_t held, hits, down_bytes, up_bytes, ns, dropped; };
struct tiers_counts tiers_count(const struct tiers *t, int tier);

/* latency + bytes / bandwidth, rounded up; -1 beyond 64 bits or without a bandwidth. */
int64_t tiers_transfer_ns(struct tier tier, int64_t bytes);
/* The fewest tokens from which on loading is faster than computing them again; 0 when it always is, -1 when never:
 * latency / (recompute_s - token_bytes / bandwidth), the next whole number. */
int64_t tiers_break_even(struct tier tier, int64_t token_bytes, double recompute_s);
/* tiers.K.held, .hits, .down_bytes, .up_bytes, .seconds for each tier K from 0 on */
void tiers_facts(const struct tiers *t, struct facts *facts);
