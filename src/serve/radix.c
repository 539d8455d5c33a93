/* Radix tree of token sequences. "1 2 3 4" and then "1 2 5" make the edges "1 2", below it "3 4" and "5": 5 tokens
 * stored of 7, and 2 hit. A split puts a new node above the old one, so that whoever has locked the old one keeps the
 * whole path.
 */
#include "serve/radix.h"

struct radix {
    struct radix_node root;
    GTree *idle; /* leaves without a lock, oldest first */
    int64_t clock, next_id;
    struct radix_counts n;
};

static gint older(gconstpointer a, gconstpointer b, gpointer data)
{
    const struct radix_node *x = a, *y = b;
    (void)data;
    if (x->used != y->used) return x->used < y->used ? -1 : 1;
    return (x->id > y->id) - (x->id < y->id);
}

struct radix *radix_new(int64_t capacity)
{
    struct radix *r = g_new0(struct radix, 1);
    r->n.capacity = capacity;
    r->idle = g_tree_new_full(older, NULL, NULL, NULL);
    return r;
}

static void node_clear(struct radix_node *node)
{
    if (node->children) g_hash_table_destroy(node->children);
    g_free(node->tokens);
}

static void node_free(gpointer data)
{
    node_clear(data);
    g_free(data);
}

void radix_free(struct radix *r)
{
    if (!r) return;
    node_clear(&r->root);
    g_tree_destroy(r->idle);
    g_free(r);
}

const struct radix_node *radix_root(const struct radix *r) { return &r->root; }

static struct radix_node *child(const struct radix_node *node, int32_t token)
{
    return node->children ? g_hash_table_lookup(node->children, GINT_TO_POINTER(token)) : NULL;
}

static int64_t common(const struct radix_node *node, const int32_t *tokens, int64_t n)
{
    int64_t i = 0;
    while (i < n && i < node->n && node->tokens[i] == tokens[i]) i++;
    return i;
}

int64_t radix_match(const struct radix *r, const int32_t *tokens, int64_t n)
{
    const struct radix_node *node = &r->root;
    int64_t at = 0;
    while (at < n && (node = child(node, tokens[at]))) {
        int64_t part = common(node, tokens + at, n - at);
        at += part;
        if (part < node->n) break;
    }
    return at;
}

static struct radix_node *attach(struct radix *r, struct radix_node *parent, const int32_t *tokens, int64_t n)
{
    struct radix_node *node = g_new0(struct radix_node, 1);
    *node = (struct radix_node){ .id = ++r->next_id, .start = parent->start + parent->n, .n = n, .parent = parent };
    node->tokens = g_memdup2(tokens, (gsize)n * sizeof *tokens);
    if (!parent->children) parent->children = g_hash_table_new_full(NULL, NULL, NULL, node_free);
    g_hash_table_insert(parent->children, GINT_TO_POINTER(tokens[0]), node);
    r->n.nodes++;
    return node;
}

/* The first `at` tokens of a node become a node of their own, above it. */
static struct radix_node *split(struct radix *r, struct radix_node *low, int64_t at)
{
    g_hash_table_steal(low->parent->children, GINT_TO_POINTER(low->tokens[0]));
    struct radix_node *high = attach(r, low->parent, low->tokens, at);
    int32_t *rest = g_memdup2(low->tokens + at, (gsize)(low->n - at) * sizeof *rest);
    g_free(low->tokens);
    low->tokens = rest;
    low->n -= at;
    low->start += at;
    low->parent = high;
    high->users = low->users;
    high->used = low->used;
    high->children = g_hash_table_new_full(NULL, NULL, NULL, node_free);
    g_hash_table_insert(high->children, GINT_TO_POINTER(rest[0]), low);
    r->n.splits++;
    return high;
}

static bool is_idle_leaf(const struct radix_node *node)
{
    return node->parent && !node->users && (!node->children || !g_hash_table_size(node->children));
}

static void lock(struct radix *r, struct radix_node *node)
{
    for (; node->parent; node = node->parent) {
        if (is_idle_leaf(node)) g_tree_remove(r->idle, node);
        if (!node->users++) r->n.locked += node->n;
    }
}

static void evict(struct radix *r)
{
    struct radix_node *node = g_tree_node_value(g_tree_node_first(r->idle)), *parent = node->parent;
    g_tree_remove(r->idle, node);
    r->n.stored -= node->n;
    r->n.evicted += node->n;
    r->n.nodes--;
    g_hash_table_remove(parent->children, GINT_TO_POINTER(node->tokens[0]));
    if (is_idle_leaf(parent)) g_tree_insert(r->idle, parent, parent);
}

void radix_release(struct radix *r, struct radix_node *node)
{
    r->clock++;
    for (; node->parent; node = node->parent) {
        node->used = r->clock; /* locked: in no tree */
        if (!--node->users) r->n.locked -= node->n;
        if (is_idle_leaf(node)) g_tree_insert(r->idle, node, node);
    }
}

/* The node at which the stored prefix ends; splits there. */
static struct radix_node *descend(struct radix *r, const int32_t *tokens, int64_t n)
{
    struct radix_node *node = &r->root, *next;
    for (int64_t at = 0; at < n && (next = child(node, tokens[at])); at += node->n) {
        int64_t part = common(next, tokens + at, n - at);
        node = part < next->n ? split(r, next, part) : next;
    }
    return node;
}

struct radix_node *radix_insert(struct radix *r, const int32_t *tokens, int64_t n, int64_t *hit)
{
    g_assert(n > 0);
    struct radix_node *node = descend(r, tokens, n);
    int64_t found = node->start + node->n, need = n - found;
    lock(r, node);
    if (need > r->n.capacity - r->n.locked) {
        radix_release(r, node);
        r->n.refused++;
        return NULL;
    }
    while (r->n.capacity - r->n.stored < need) evict(r);
    if (need) {
        node = attach(r, node, tokens + found, need);
        r->n.stored += need;
        r->n.locked += need;
        node->users = 1;
    }
    r->n.queries++;
    r->n.hits += found;
    r->n.misses += need;
    if (hit) *hit = found;
    return node;
}

struct radix_counts radix_count(const struct radix *r) { return r->n; }

struct sums { int64_t nodes, stored, locked, idle; bool bad; };

static void walk(const struct radix *r, const struct radix_node *node, struct sums *s)
{
    GHashTableIter iter;
    gpointer token, item;
    if (!node->children) return;
    g_hash_table_iter_init(&iter, node->children);
    while (g_hash_table_iter_next(&iter, &token, &item)) {
        struct radix_node *c = item;
        s->bad |= c->n < 1 || c->tokens[0] != GPOINTER_TO_INT(token) || c->parent != node;
        s->bad |= c->start != node->start + node->n || (node->parent && c->users > node->users);
        s->bad |= is_idle_leaf(c) && !g_tree_lookup(r->idle, c);
        s->nodes++;
        s->stored += c->n;
        s->locked += c->users ? c->n : 0;
        s->idle += is_idle_leaf(c);
        walk(r, c, s);
    }
}

const char *radix_fault(const struct radix *r)
{
    struct sums s = { 0 };
    walk(r, &r->root, &s);
    if (s.bad) return "a node does not fit its parent";
    if (s.nodes != r->n.nodes || s.stored != r->n.stored || s.locked != r->n.locked) return "tokens are miscounted";
    if (s.idle != g_tree_nnodes(r->idle)) return "the leaves that may go are miscounted";
    return s.stored <= r->n.capacity ? NULL : "more is stored than fits";
}

void radix_facts(const struct radix *r, struct facts *f)
{
    facts_leaf(f, "radix.queries", r->n.queries, UNIT_COUNT, "counted: sequences looked up");
    int hits = facts_leaf(f, "radix.hits", r->n.hits, UNIT_TOKENS, "counted: tokens found in the tree");
    int misses = facts_leaf(f, "radix.misses", r->n.misses, UNIT_TOKENS, "counted: tokens added");
    int asked = facts_int(f, "radix.asked", r->n.hits + r->n.misses, UNIT_TOKENS, "[found] + [added]",
                          FACTS(hits, misses));
    if (r->n.queries)
        facts_real(f, "radix.hit_share", (double)r->n.hits / (double)(r->n.hits + r->n.misses), UNIT_SHARE,
                   "[found] ÷ [all tokens]", FACTS(hits, asked));
    facts_leaf(f, "radix.stored", r->n.stored, UNIT_TOKENS, "counted: tokens in the tree");
    facts_leaf(f, "radix.nodes", r->n.nodes, UNIT_COUNT, "counted: edges of the tree");
    facts_leaf(f, "radix.evicted", r->n.evicted, UNIT_TOKENS, "counted: tokens evicted");
}
