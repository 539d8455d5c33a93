/* Prefix cache. An entry is one full block: its tokens, its parent entry and the block in the pages, which the cache
 * holds as one user. Whoever uses a block uses its parent, so a parent is never evicted before its children: its last
 * use is no older, and of equal ones the deeper goes first.
 *
 * In blocks of 16, a prompt of 64 tokens that is asked twice hits 48 of them: the fourth block holds the last token.
 */
#include "serve/prefix.h"

#include <string.h>

struct entry {
    guint hash;
    int32_t block;
    int64_t depth, used; /* the clock when its last user left */
    struct entry *parent;
    const int32_t *tokens;
    int32_t size;
    bool idle; /* in the tree of those that may go */
};

struct prefix {
    struct pages *pages;
    GHashTable *entries; /* entry -> itself */
    GTree *idle;
    struct entry **of_block; /* NULL where a block is not cached */
    int32_t size;
    int64_t clock;
    struct prefix_counts n;
};

static guint entry_hash(gconstpointer e) { return ((const struct entry *)e)->hash; }

static gboolean entry_equal(gconstpointer a, gconstpointer b)
{
    const struct entry *x = a, *y = b;
    return x->parent == y->parent && !memcmp(x->tokens, y->tokens, (size_t)x->size * sizeof *x->tokens);
}

static gint goes_before(gconstpointer a, gconstpointer b, gpointer data)
{
    const struct entry *x = a, *y = b;
    (void)data;
    if (x->used != y->used) return x->used < y->used ? -1 : 1;
    if (x->depth != y->depth) return x->depth > y->depth ? -1 : 1;
    return (x->block > y->block) - (x->block < y->block);
}

struct prefix *prefix_new(int32_t blocks, int32_t block_size)
{
    struct prefix *c = g_new0(struct prefix, 1);
    c->pages = pages_new(blocks, block_size);
    c->size = block_size;
    c->entries = g_hash_table_new(entry_hash, entry_equal);
    c->idle = g_tree_new_full(goes_before, NULL, NULL, NULL);
    c->of_block = g_new0(struct entry *, blocks);
    return c;
}

static void entry_free(struct entry *e)
{
    g_free((int32_t *)e->tokens);
    g_free(e);
}

void prefix_free(struct prefix *c)
{
    if (!c) return;
    GHashTableIter iter;
    gpointer e;
    g_hash_table_iter_init(&iter, c->entries);
    while (g_hash_table_iter_next(&iter, &e, NULL)) entry_free(e);
    g_hash_table_destroy(c->entries);
    g_tree_destroy(c->idle);
    g_free(c->of_block);
    pages_free(c->pages);
    g_free(c);
}

const struct pages *prefix_pages(const struct prefix *c) { return c->pages; }

/* FNV-1a over the parent's hash and the tokens. */
static struct entry key_of(const struct prefix *c, struct entry *parent, const int32_t *tokens)
{
    guint hash = 2166136261u ^ (parent ? parent->hash : 0);
    for (int32_t i = 0; i < c->size; i++) hash = (hash ^ (guint)tokens[i]) * 16777619u;
    return (struct entry){ .hash = hash, .parent = parent, .tokens = tokens, .size = c->size,
                           .depth = parent ? parent->depth + 1 : 0 };
}

static struct entry *find(const struct prefix *c, struct entry *parent, const int32_t *tokens)
{
    struct entry key = key_of(c, parent, tokens);
    return g_hash_table_lookup(c->entries, &key);
}

int64_t prefix_match(const struct prefix *c, const int32_t *tokens, int64_t n)
{
    struct entry *e = NULL;
    int64_t hit = 0;
    while (hit + c->size < n && (e = find(c, e, tokens + hit))) hit += c->size;
    return hit;
}

static void evict(struct prefix *c)
{
    struct entry *e = g_tree_node_value(g_tree_node_first(c->idle));
    g_tree_remove(c->idle, e);
    g_hash_table_remove(c->entries, e);
    c->of_block[e->block] = NULL;
    pages_release(c->pages, e->block);
    entry_free(e);
    c->n.evictions++;
}

static void set_used(struct prefix *c, struct entry *e)
{
    if (e->idle) g_tree_remove(c->idle, e);
    e->idle = false;
}

/* The sequence's full blocks from `from` on become entries, or are replaced by the entries that are there. */
static void keep_blocks(struct prefix *c, int sequence, struct entry *parent, const int32_t *tokens, int32_t from)
{
    const int32_t *table;
    int32_t full = (int32_t)(pages_length(c->pages, sequence) / c->size);
    pages_blocks(c->pages, sequence, &table);
    for (int32_t i = from; i < full; i++) {
        const int32_t *mine = tokens + (int64_t)i * c->size;
        struct entry *e = find(c, parent, mine);
        if (e) {
            set_used(c, e);
            pages_replace(c->pages, sequence, i, e->block);
        } else {
            e = g_new(struct entry, 1);
            *e = key_of(c, parent, mine);
            e->tokens = g_memdup2(mine, (gsize)c->size * sizeof *mine);
            e->block = table[i];
            pages_hold(c->pages, e->block);
            c->of_block[e->block] = e;
            g_hash_table_add(c->entries, e);
        }
        parent = e;
    }
}

int prefix_admit(struct prefix *c, const int32_t *tokens, int64_t n, int64_t *hit)
{
    int64_t found = prefix_match(c, tokens, n), at = 0;
    int sequence = pages_open(c->pages);
    struct entry *last = NULL;
    for (; at < found; at += c->size) {
        last = find(c, last, tokens + at);
        set_used(c, last);
        pages_lend(c->pages, sequence, last->block);
    }
    int64_t need = pages_needed(n - found, c->size);
    if (need > pages_count(c->pages).free + g_tree_nnodes(c->idle)) {
        prefix_close(c, sequence);
        c->n.refused++;
        return -1;
    }
    while (pages_count(c->pages).free < need) evict(c);
    pages_append(c->pages, sequence, n - found);
    keep_blocks(c, sequence, last, tokens, (int32_t)(found / c->size));
    c->n.queries++;
    c->n.hits += found;
    c->n.misses += n - found;
    if (hit) *hit = found;
    return sequence;
}

void prefix_close(struct prefix *c, int sequence)
{
    const int32_t *table;
    int32_t n = pages_blocks(c->pages, sequence, &table);
    c->clock++;
    for (int32_t i = 0; i < n; i++) {
        struct entry *e = c->of_block[table[i]];
        if (!e || pages_block_at(c->pages, e->block).users > 2) continue; /* the cache, this one, and others */
        e->used = c->clock;
        e->idle = true;
        g_tree_insert(c->idle, e, e);
    }
    pages_close(c->pages, sequence);
}

struct prefix_counts prefix_count(const struct prefix *c)
{
    struct prefix_counts n = c->n;
    n.cached = g_hash_table_size(c->entries);
    n.idle = g_tree_nnodes(c->idle);
    return n;
}

const char *prefix_fault(const struct prefix *c)
{
    GHashTableIter iter;
    gpointer item;
    int64_t idle = 0;
    g_hash_table_iter_init(&iter, c->entries);
    while (g_hash_table_iter_next(&iter, &item, NULL)) {
        struct entry *e = item;
        if (c->of_block[e->block] != e) return "a block does not know its entry";
        if (e->idle != (pages_block_at(c->pages, e->block).users == 1)) return "an entry with users may go, or none";
        if (e->parent && !e->idle && e->parent->idle) return "a parent may go before its child";
        if (e->parent && c->of_block[e->parent->block] != e->parent) return "a parent is gone";
        idle += e->idle;
    }
    return idle == g_tree_nnodes(c->idle) ? pages_fault(c->pages) : "the idle entries are miscounted";
}

void prefix_facts(const struct prefix *c, struct facts *f)
{
    struct prefix_counts n = prefix_count(c);
    facts_leaf(f, "prefix.queries", n.queries, UNIT_COUNT, "counted: prompts looked up");
    int hits = facts_leaf(f, "prefix.hits", n.hits, UNIT_TOKENS, "counted: tokens found in the cache");
    int misses = facts_leaf(f, "prefix.misses", n.misses, UNIT_TOKENS, "counted: tokens computed");
    int asked = facts_int(f, "prefix.asked", n.hits + n.misses, UNIT_TOKENS, "[found] + [computed]",
                          FACTS(hits, misses));
    if (n.hits + n.misses)
        facts_real(f, "prefix.hit_share", (double)n.hits / (double)(n.hits + n.misses), UNIT_SHARE,
                   "[found] ÷ [all tokens]", FACTS(hits, asked));
    facts_leaf(f, "prefix.evictions", n.evictions, UNIT_COUNT, "counted: blocks evicted");
    facts_leaf(f, "prefix.cached", n.cached, UNIT_COUNT, "counted: blocks in the cache");
}
