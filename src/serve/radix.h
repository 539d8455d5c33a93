/* A prefix cache as a radix tree: what several prompts begin with alike is kept once, token by token.
 *
 *     struct radix *tree = radix_new(100000);
 *     struct radix_hit hit = radix_match(tree, prompt, n);     // hit.tokens of the prompt need no prefill
 *     radix_lock(tree, hit.node);                              // nobody evicts them while the request runs
 *     ...
 *     radix_insert(tree, whole, n_whole);
 *     radix_unlock(tree, hit.node);
 *
 * The policy is RadixAttention's (Zheng et al., "SGLang", arXiv:2312.07104, section 3): an edge holds any number of
 * tokens and is split where a prompt leaves it; of the leaves that nobody uses the one used longest ago goes first,
 * whole, and then its parent may be a leaf. Time is a logical counter: each match and each insertion is one tick.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

/* Read it, walk it; all changes go through the functions below. Nodes stay where they are until they are evicted. */
struct radix_node {
    struct radix_node *parent, *first_child, *last_child, *previous, *next; /* children: in order of arrival */
    const int32_t *tokens; /* of the edge that leads here; none at the root */
    int64_t n_tokens;
    int64_t users;         /* locks on this node or below it: what is in use has all that it begins with in use */
    int64_t last_use;      /* tick; never before that of a child */
    int64_t serial;        /* of its making, for the order of anything */
    int32_t *memory;
    int64_t heap_place;    /* among the leaves that may be evicted; -1: not there */
};

struct radix_counts {
    int64_t queries, hit_tokens, missed_tokens;          /* of radix_match alone */
    int64_t inserted_tokens, refused_tokens;             /* refused: no room beside what is in use */
    int64_t evicted_tokens, evictions;
    int64_t tokens, locked_tokens, nodes;                /* now; the root is no node */
};

/* node: where the prefix ends, the root when it is empty. */
struct radix_hit { struct radix_node *node; int64_t tokens; };

struct radix *radix_new(int64_t capacity_tokens);
void radix_free(struct radix *tree); /* accepts NULL */

/* The longest cached prefix; splits an edge if the prefix ends within it. Takes time by the prefix's length. */
struct radix_hit radix_match(struct radix *tree, const int32_t *tokens, int64_t n);
/* Its length alone: changes and counts nothing. */
int64_t radix_peek(const struct radix *tree, const int32_t *tokens, int64_t n);
/* Keeps the tokens, evicting others for them; where all else is in use, as many of the first ones as have room. */
struct radix_hit radix_insert(struct radix *tree, const int32_t *tokens, int64_t n);

/* Locks are counted; each needs its unlock, which must name the same node. The root may be locked to no effect. */
void radix_lock(struct radix *tree, struct radix_node *node);
void radix_unlock(struct radix *tree, struct radix_node *node);

/* Evicts until so many tokens are free, or nothing is left that may go. False: there is not that much room. */
bool radix_make_room(struct radix *tree, int64_t tokens);

const struct radix_node *radix_root(const struct radix *tree);
int64_t radix_capacity(const struct radix *tree);
struct radix_counts radix_counts(const struct radix *tree);
