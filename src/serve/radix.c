/* The tree, a table of all children by (parent, first token), and a heap of the leaves that may be evicted.
 *
 * The table makes a step down one look-up however many children there are. A path has one tick, and one leaf, so no two
 * leaves were used last at the same tick: the order of eviction needs no rule for ties. The parent of an evicted leaf
 * enters the heap wherever its own last use belongs, which a plain list by age could not do without a search.
 *
 * Of a split edge the upper part is the new node: whoever holds the lower one, a lock for instance, still ends where it
 * ended. "system A" and then "system B" over words: 1 edge of 2 tokens, then 3 edges of 1 token.
 */
#include "serve/radix.h"

#include <glib.h>

#include <string.h>

struct radix {
    int64_t capacity, tick, serial;
    struct radix_node root;
    GHashTable *children; /* a set of nodes, by their parent and first token */
    GPtrArray *heap;
    struct radix_counts counts;
};

/* --- the heap: the one used longest ago on top --- */

static struct radix_node *heap_at(const struct radix *t, int64_t i) { return g_ptr_array_index(t->heap, i); }

static void heap_put(struct radix *t, int64_t i, struct radix_node *node)
{
    g_ptr_array_index(t->heap, i) = node;
    node->heap_place = i;
}

static void heap_rise(struct radix *t, struct radix_node *node)
{
    int64_t i = node->heap_place;
    for (; i > 0; i = (i - 1) / 2) {
        struct radix_node *above = heap_at(t, (i - 1) / 2);
        if (above->last_use <= node->last_use) break;
        heap_put(t, i, above);
    }
    heap_put(t, i, node);
}

static void heap_sink(struct radix *t, struct radix_node *node)
{
    int64_t i = node->heap_place, n = t->heap->len;
    for (int64_t child; (child = 2 * i + 1) < n; i = child) {
        if (child + 1 < n && heap_at(t, child + 1)->last_use < heap_at(t, child)->last_use) child++;
        if (heap_at(t, child)->last_use >= node->last_use) break;
        heap_put(t, i, heap_at(t, child));
    }
    heap_put(t, i, node);
}

static void heap_add(struct radix *t, struct radix_node *node)
{
    node->heap_place = t->heap->len;
    g_ptr_array_add(t->heap, node);
    heap_rise(t, node);
}

static void heap_remove(struct radix *t, struct radix_node *node)
{
    int64_t place = node->heap_place;
    struct radix_node *last = heap_at(t, t->heap->len - 1);
    g_ptr_array_set_size(t->heap, (int)t->heap->len - 1);
    node->heap_place = -1;
    if (last == node) return;
    heap_put(t, place, last);
    heap_rise(t, last);
    heap_sink(t, last);
}

/* Puts the node into the heap or takes it out, as its children and users ask for. */
static void heap_settle(struct radix *t, struct radix_node *node)
{
    bool may_go = node != &t->root && !node->first_child && node->users == 0;
    if (may_go && node->heap_place < 0) heap_add(t, node);
    else if (!may_go && node->heap_place >= 0) heap_remove(t, node);
}

/* --- nodes --- */

static guint child_hash(gconstpointer p)
{
    const struct radix_node *node = p;
    uint64_t key = (uint64_t)node->parent->serial << 32 ^ (uint32_t)node->tokens[0];
    key = (key ^ key >> 33) * UINT64_C(0xff51afd7ed558ccd);
    return (guint)(key >> 32);
}

static gboolean child_equal(gconstpointer a, gconstpointer b)
{
    const struct radix_node *x = a, *y = b;
    return x->parent == y->parent && x->tokens[0] == y->tokens[0];
}

static struct radix_node *find_child(const struct radix *t, const struct radix_node *parent, int32_t token)
{
    struct radix_node key = { .parent = (struct radix_node *)parent, .tokens = &token };
    return g_hash_table_lookup(t->children, &key);
}

static struct radix_node *node_new(struct radix *t, struct radix_node *parent, const int32_t *tokens, int64_t n)
{
    struct radix_node *node = g_new0(struct radix_node, 1);
    node->parent = parent;
    node->memory = g_new(int32_t, n);
    memcpy(node->memory, tokens, (size_t)n * sizeof *tokens);
    node->tokens = node->memory;
    node->n_tokens = n;
    node->heap_place = -1;
    node->serial = ++t->serial;
    t->counts.nodes++;
    return node;
}

static void node_free(gpointer p)
{
    struct radix_node *node = p;
    g_free(node->memory);
    g_free(node);
}

static void link_last(struct radix_node *node)
{
    struct radix_node *parent = node->parent;
    node->previous = parent->last_child;
    node->next = NULL;
    *(node->previous ? &node->previous->next : &parent->first_child) = node;
    parent->last_child = node;
}

static void unlink_child(struct radix_node *node)
{
    *(node->previous ? &node->previous->next : &node->parent->first_child) = node->next;
    *(node->next ? &node->next->previous : &node->parent->last_child) = node->previous;
}

/* The new node stands where the old one stood among its siblings. */
static void take_place(struct radix_node *node, struct radix_node *old)
{
    node->previous = old->previous;
    node->next = old->next;
    *(node->previous ? &node->previous->next : &node->parent->first_child) = node;
    *(node->next ? &node->next->previous : &node->parent->last_child) = node;
}

/* Drops the first tokens. What they took is given back once it is more than half, so a split costs no more than the
 * prefix that asked for it, in the long run. */
static void cut_front(struct radix_node *node, int64_t n)
{
    node->tokens += n;
    node->n_tokens -= n;
    if (node->tokens - node->memory <= node->n_tokens) return;
    int32_t *memory = g_new(int32_t, node->n_tokens);
    memcpy(memory, node->tokens, (size_t)node->n_tokens * sizeof *memory);
    g_free(node->memory);
    node->tokens = node->memory = memory;
}

/* The upper part is about to be used, which is when it gets its tick. */
static struct radix_node *split(struct radix *t, struct radix_node *lower, int64_t at)
{
    g_hash_table_steal(t->children, lower);
    struct radix_node *upper = node_new(t, lower->parent, lower->tokens, at);
    upper->users = lower->users;
    take_place(upper, lower);
    cut_front(lower, at);
    lower->parent = upper;
    link_last(lower);
    g_hash_table_add(t->children, upper);
    g_hash_table_add(t->children, lower);
    return upper;
}

static struct radix_node *append(struct radix *t, struct radix_node *parent, const int32_t *tokens, int64_t n)
{
    struct radix_node *node = node_new(t, parent, tokens, n);
    node->last_use = t->tick;
    link_last(node);
    g_hash_table_add(t->children, node);
    t->counts.tokens += n;
    t->counts.inserted_tokens += n;
    heap_settle(t, parent);
    heap_settle(t, node);
    return node;
}

static void evict(struct radix *t, struct radix_node *leaf)
{
    struct radix_node *parent = leaf->parent;
    heap_remove(t, leaf);
    unlink_child(leaf);
    t->counts.tokens -= leaf->n_tokens;
    t->counts.evicted_tokens += leaf->n_tokens;
    t->counts.evictions++;
    t->counts.nodes--;
    g_hash_table_remove(t->children, leaf);
    heap_settle(t, parent);
}

/* --- walking down --- */

/* into: how many of the last node's own tokens were the same. */
struct walk { struct radix_node *node; int64_t tokens, into; };

static struct walk walk_down(const struct radix *t, const int32_t *tokens, int64_t n)
{
    struct walk w = { (struct radix_node *)&t->root, 0, 0 };
    for (struct radix_node *child; w.tokens < n && w.into == w.node->n_tokens; w.node = child) {
        if (!(child = find_child(t, w.node, tokens[w.tokens]))) break;
        int64_t same = 0, most = MIN(child->n_tokens, n - w.tokens);
        while (same < most && child->tokens[same] == tokens[w.tokens + same]) same++;
        w.tokens += same;
        w.into = same;
    }
    return w;
}

static void touch(struct radix *t, struct radix_node *node)
{
    t->tick++;
    for (; node; node = node->parent) {
        node->last_use = t->tick;
        if (node->heap_place >= 0) heap_sink(t, node);
    }
}

static struct radix_hit reach(struct radix *t, const int32_t *tokens, int64_t n)
{
    struct walk w = walk_down(t, tokens, n);
    if (w.into < w.node->n_tokens) w.node = split(t, w.node, w.into);
    touch(t, w.node);
    return (struct radix_hit){ w.node, w.tokens };
}

struct radix_hit radix_match(struct radix *t, const int32_t *tokens, int64_t n)
{
    struct radix_hit hit = reach(t, tokens, n);
    t->counts.queries++;
    t->counts.hit_tokens += hit.tokens;
    t->counts.missed_tokens += n - hit.tokens;
    return hit;
}

int64_t radix_peek(const struct radix *t, const int32_t *tokens, int64_t n) { return walk_down(t, tokens, n).tokens; }

struct radix_hit radix_insert(struct radix *t, const int32_t *tokens, int64_t n)
{
    struct radix_hit hit = reach(t, tokens, n);
    radix_lock(t, hit.node); /* room is not made at its own cost */
    radix_make_room(t, n - hit.tokens);
    radix_unlock(t, hit.node);
    int64_t stored = MIN(n - hit.tokens, t->capacity - t->counts.tokens);
    t->counts.refused_tokens += n - hit.tokens - stored;
    if (!stored) return hit;
    struct radix_node *node = append(t, hit.node, tokens + hit.tokens, stored);
    return (struct radix_hit){ node, hit.tokens + stored };
}

/* --- use and eviction --- */

void radix_lock(struct radix *t, struct radix_node *node)
{
    for (; node != &t->root; node = node->parent) {
        if (node->users++ == 0) t->counts.locked_tokens += node->n_tokens;
        heap_settle(t, node);
    }
}

void radix_unlock(struct radix *t, struct radix_node *node)
{
    for (; node != &t->root; node = node->parent) {
        g_assert(node->users > 0);
        if (--node->users == 0) t->counts.locked_tokens -= node->n_tokens;
        heap_settle(t, node);
    }
}

bool radix_make_room(struct radix *t, int64_t tokens)
{
    while (t->heap->len > 0 && t->capacity - t->counts.tokens < tokens) evict(t, heap_at(t, 0));
    return t->capacity - t->counts.tokens >= tokens;
}

/* --- the whole --- */

struct radix *radix_new(int64_t capacity_tokens)
{
    struct radix *t = g_new0(struct radix, 1);
    t->capacity = MAX(capacity_tokens, 0);
    t->root.heap_place = -1;
    t->children = g_hash_table_new_full(child_hash, child_equal, node_free, NULL);
    t->heap = g_ptr_array_new();
    return t;
}

void radix_free(struct radix *t)
{
    if (!t) return;
    g_hash_table_destroy(t->children);
    g_ptr_array_free(t->heap, TRUE);
    g_free(t);
}

const struct radix_node *radix_root(const struct radix *t) { return &t->root; }
int64_t radix_capacity(const struct radix *t) { return t->capacity; }
struct radix_counts radix_counts(const struct radix *t) { return t->counts; }
