/* Cache blocks in several tiers: HBM, host memory, disk, a remote store.
 *
 *     const struct tier tiers[] = { { "hbm", 1000, 0, 0 }, { "host", 8000, 50000000000, 10000 } };
 *     struct tiers *t = tiers_new(tiers, 2, 2097152);
 *     struct tiers_use use = tiers_use(t, keys, n);   // all n are in HBM now, as the most recently used
 *
 * A block is in one tier only. Where a tier is full, the block used longest ago goes one tier down; off the last one it
 * is dropped. A block that is used comes up to the top, through all tiers between. This is one stack by age, cut into
 * tiers, so what hits where follows from stack distances alone (Mattson et al., "Evaluation techniques for storage
 * hierarchies", IBM Systems Journal 9(2), 1970).
 *
 * Each tier but the top one has a road to the tier above it; its bandwidth holds for both ways, each on its own. What
 * one call moves over a road in one direction is one transfer: the latency once, then the bytes.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { TIERS_MOST = 8 };

struct tier {
    const char *name;          /* a lower-case word */
    int64_t blocks;            /* above 0 */
    int64_t bytes_per_s;       /* of the road upwards, above 0; not read of the top tier, nor is the latency */
    int64_t latency_ns;        /* of a transfer */
};

/* Of a tier. ns: the sum over the transfers, each rounded up. */
struct tier_counts {
    int64_t hits;                       /* blocks found here */
    int64_t blocks;                     /* here now */
    int64_t blocks_up, blocks_down;     /* that came over its road */
    int64_t transfers_up, transfers_down;
    int64_t up_ns, down_ns;
};

struct tiers_counts { int64_t uses, misses, dropped; }; /* blocks; a missed block is made anew, at the top */

/* Of one call. up_ns: the roads one after another, since a block crosses them so; down_ns: nobody need wait for it. */
struct tiers_use { int64_t hits[TIERS_MOST], misses, up_ns, down_ns; };

/* NULL, or a sentence that says what is wrong. */
const char *tiers_fault(const struct tier *tiers, int n, int64_t block_bytes);

/* Copies the tiers, not their names. Aborts where tiers_fault has something to say. */
struct tiers *tiers_new(const struct tier *tiers, int n, int64_t block_bytes);
void tiers_free(struct tiers *t); /* accepts NULL */

/* Uses the blocks in their order. A key names what the block holds, a hash of its prefix for instance. */
struct tiers_use tiers_use(struct tiers *t, const int64_t *keys, int64_t n);

int tiers_find(const struct tiers *t, int64_t key); /* the tier; -1: nowhere. Uses nothing */
int tiers_number(const struct tiers *t);
int64_t tiers_block_bytes(const struct tiers *t);
const struct tier *tiers_at(const struct tiers *t, int tier);
struct tier_counts tiers_counts_of(const struct tiers *t, int tier);
struct tiers_counts tiers_counts(const struct tiers *t);
/* Writes at most `most` keys of a tier, the last used first, and returns how many it has. */
int64_t tiers_keys(const struct tiers *t, int tier, int64_t *keys, int64_t most);

/* One transfer over a tier's road: latency + bytes ÷ bandwidth, rounded up to ns. -1: beyond 64 bits. */
int64_t tier_transfer_ns(const struct tier *tier, int64_t bytes);

/* Loading a prefix against computing it again, where computing takes so long a token. That grows with the length, as
 * attention looks back ever farther; one rate for all lengths favours computing. */
struct tier_load {
    int64_t latency_ns, bytes_per_s; /* of the whole way; of several roads the sum, and the narrowest */
    int64_t token_bytes;
    int64_t prefill_token_ns;
};

int64_t tier_load_ns(const struct tier_load *load, int64_t tokens);    /* -1: beyond 64 bits */
int64_t tier_prefill_ns(const struct tier_load *load, int64_t tokens); /* likewise */
/* The fewest tokens, at least one, from which on loading takes no longer. -1: it always takes longer, or the number is
 * beyond 64 bits. */
int64_t tier_break_even(const struct tier_load *load);
int64_t tier_break_even_searched(const struct tier_load *load, int64_t most); /* tries 1, 2, ..., most; -1: none */
/* The way from a tier to the top, as one load that streams through all roads. */
struct tier_load tiers_load(const struct tiers *t, int tier, int64_t token_bytes, int64_t prefill_token_ns);
