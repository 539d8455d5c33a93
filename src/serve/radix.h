/* Prefix cache as a radix tree (RadixAttention, SGLang, Zheng et al. 2024, arXiv:2312.07104): an edge holds any number
 * of tokens and is split where two sequences part, so a hit ends at any token. A path in use is locked; when room is
 * needed, unlocked leaves go, least recently used first, whole.
 */
#pragma once
#include "sim/fact.h"

/* Owned by the tree, to be read only. The root has no tokens and never goes. */
struct radix_node {
    int64_t id, start, n, used; /* tokens [start, start + n) of the sequence; the clock of the last use */
    int32_t *tokens;
    int64_t users;              /* locks on this node and below */
    struct radix_node *parent;
    GHashTable *children;       /* first token -> node; NULL before the first */
};

struct radix;

struct radix *radix_new(int64_t capacity); /* tokens */
void radix_free(struct radix *r); /* accepts NULL */
const struct radix_node *radix_root(const struct radix *r);

/* Tokens of the longest stored prefix; changes nothing. */
int64_t radix_match(const struct radix *r, const int32_t *tokens, int64_t n);
/* Stores a sequence of at least one token and locks its path until radix_release() of the node that is returned, which
 * ends it. hit, may be NULL: how many tokens were there. NULL when evicting all that is unlocked leaves too little
 * room; no token goes then. */
struct radix_node *radix_insert(struct radix *r, const int32_t *tokens, int64_t n, int64_t *hit);
void radix_release(struct radix *r, struct radix_node *node);

/* locked: tokens that may not go; evicted: tokens gone so far. */
struct radix_counts { int64_t capacity, stored, locked, nodes, queries, hits, misses, evicted, splits, refused; };
struct radix_counts radix_count(const struct radix *r);
const char *radix_fault(const struct radix *r); /* NULL, or what is wrong */
/* radix.queries, .hits, .misses, .asked, .hit_share, .stored, .nodes, .evicted */
void radix_facts(const struct radix *r, struct facts *facts);
