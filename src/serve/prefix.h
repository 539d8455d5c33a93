/* A prefix cache: blocks whose tokens were computed once are found again by whoever begins with the same tokens
 * (automatic prefix caching of vLLM). A block's key is the hash of its parent's key and of its own tokens, so it names
 * the whole prefix up to its end; only full blocks have one.
 *
 *     struct prefix *p = prefix_new(1000, 16, NULL);
 *     int32_t a = prefix_open(p, prompt, 40);     2 full blocks are cached, 8 tokens lie in a third
 *     int32_t b = prefix_open(p, prompt, 40);     hits 32 tokens, computes 8
 *
 * A hit is the longest chain that is cached, yet at most n - 1 tokens, rounded down to blocks: the last token has to be
 * computed, for its output is what comes next. When that is the end of a cached block, the block is computed again over
 * equal entries and shared all the same. So each content is stored once, and a cached block's parent is cached.
 * Keys only find candidates: the tokens are compared, so no collision gives a wrong hit.
 *
 * Blocks stay cached when their last user closes. When blocks are needed and none is free, the one goes that is without
 * a user for the longest time, and of equals the one deepest in its chain. All is constant time per block.
 */
#pragma once
#include "serve/pages.h"

/* parent: 0 at the first block */
typedef uint64_t prefix_hash(uint64_t parent, const int32_t *tokens, int64_t n);

struct prefix_counters {
    int64_t queries, queried_tokens, hit_tokens, missed_tokens; /* of prompts that were let in */
    int64_t evictions, refusals, collisions; /* collisions: equal keys of unequal prefixes that a look-up met */
    int64_t cached, idle; /* blocks now; idle: without a user */
};

struct prefix;

/* NULL as pages_new(). hash: NULL for the usual one. Freed with prefix_free(), which accepts NULL. */
struct prefix *prefix_new(int64_t blocks, int64_t block_tokens, prefix_hash *hash);
void prefix_free(struct prefix *p);

/* Tokens that a prompt would hit now. Counts nothing. */
int64_t prefix_hit(const struct prefix *p, const int32_t *tokens, int64_t n);
/* A sequence that begins with a prompt of n tokens, 1 or more. -1, with nothing changed but the refusals: no room. */
int32_t prefix_open(struct prefix *p, const int32_t *tokens, int64_t n);
/* Tokens that were generated. False, as above: no room. */
bool prefix_append(struct prefix *p, int32_t sequence, const int32_t *tokens, int64_t n);
void prefix_close(struct prefix *p, int32_t sequence);

const struct prefix_counters *prefix_counters(const struct prefix *p);
const struct pages *prefix_pages(const struct prefix *p);
/* NULL, or which rule above is broken; counts everything anew. */
const char *prefix_fault(const struct prefix *p);
