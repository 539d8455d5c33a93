/* Entries by block: key, tokens, parent; a hash table of chains over them; and a list of those without a user.
 *
 * A sequence closes its blocks from the deepest to the first, each to the end of the list, and eviction takes from the
 * front: that is "longest unused first, then deepest" without a comparison. Who uses a block uses its parent, too, so a
 * parent is never without a user before its children are, and never evicted before them.
 *
 * Prompts of 40, 40 and 33 equal tokens in blocks of 16: 0 + 32 + 32 of 113 tokens are hits, for the third needs its
 * last token computed, and the 32 before it are two full blocks.
 */
#include "serve/prefix.h"

#include <glib.h>
#include <string.h>

enum { NONE = -1 };

struct entry {
    uint64_t key;
    int32_t *tokens;     /* NULL: not cached */
    int32_t parent;      /* a block, or NONE */
    int32_t depth;       /* blocks before it in its chain */
    int32_t next;        /* in its bucket */
    int32_t older, newer; /* in the list of the idle */
    bool idle;
};

struct tail { int32_t *tokens; int64_t n, size; }; /* of a sequence's begun block */

struct prefix {
    struct pages *pages;
    prefix_hash *hash;
    int64_t block_tokens;
    struct entry *entries;
    int64_t entries_size;
    int32_t *buckets;
    int64_t n_buckets;   /* a power of two */
    struct tail *tails;
    int64_t tails_size;
    int32_t oldest, newest;
    struct prefix_counters count;
};

/* FNV-1a over whole tokens, then stirred as SplitMix64 does, so that low bits depend on all. */
static uint64_t usual_hash(uint64_t parent, const int32_t *tokens, int64_t n)
{
    uint64_t h = parent ^ 0xcbf29ce484222325u;
    for (int64_t i = 0; i < n; i++) h = (h ^ (uint32_t)tokens[i]) * 0x100000001b3u;
    h = (h ^ (h >> 30)) * 0xbf58476d1ce4e5b9u;
    h = (h ^ (h >> 27)) * 0x94d049bb133111ebu;
    return h ^ (h >> 31);
}

static int32_t *new_buckets(int64_t n)
{
    int32_t *buckets = g_new(int32_t, n);
    for (int64_t i = 0; i < n; i++) buckets[i] = NONE;
    return buckets;
}

struct prefix *prefix_new(int64_t blocks, int64_t block_tokens, prefix_hash *hash)
{
    struct pages *pages = pages_new(blocks, block_tokens);
    if (!pages) return NULL;
    struct prefix *p = g_new0(struct prefix, 1);
    p->pages = pages;
    p->block_tokens = block_tokens;
    p->hash = hash ? hash : usual_hash;
    p->n_buckets = 64;
    p->buckets = new_buckets(p->n_buckets);
    p->oldest = p->newest = NONE;
    return p;
}

void prefix_free(struct prefix *p)
{
    if (!p) return;
    for (int64_t i = 0; i < p->entries_size; i++) g_free(p->entries[i].tokens);
    for (int64_t i = 0; i < p->tails_size; i++) g_free(p->tails[i].tokens);
    g_free(p->entries);
    g_free(p->tails);
    g_free(p->buckets);
    pages_free(p->pages);
    g_free(p);
}

/* --- the hash table --- */

static int32_t *bucket_of(const struct prefix *p, uint64_t key)
{
    return &p->buckets[key & (uint64_t)(p->n_buckets - 1)];
}

static bool is_content(const struct prefix *p, const struct entry *e, int32_t parent, const int32_t *tokens)
{
    return e->parent == parent && !memcmp(e->tokens, tokens, (size_t)p->block_tokens * sizeof *tokens);
}

/* The cached block of these tokens behind that parent, or NONE. */
static int32_t find(const struct prefix *p, uint64_t key, int32_t parent, const int32_t *tokens, int64_t *collisions)
{
    for (int32_t b = *bucket_of(p, key); b != NONE; b = p->entries[b].next) {
        if (p->entries[b].key != key) continue;
        if (is_content(p, &p->entries[b], parent, tokens)) return b;
        ++*collisions;
    }
    return NONE;
}

static void grow_buckets(struct prefix *p)
{
    g_free(p->buckets);
    p->n_buckets *= 2;
    p->buckets = new_buckets(p->n_buckets);
    for (int32_t b = 0; b < p->entries_size; b++) {
        if (!p->entries[b].tokens) continue;
        int32_t *bucket = bucket_of(p, p->entries[b].key);
        p->entries[b].next = *bucket;
        *bucket = b;
    }
}

static struct entry *entry_room(struct prefix *p, int32_t block)
{
    if (block >= p->entries_size) {
        int64_t size = MAX(block + 1, 2 * p->entries_size);
        p->entries = g_renew(struct entry, p->entries, size);
        memset(p->entries + p->entries_size, 0, (size_t)(size - p->entries_size) * sizeof *p->entries);
        p->entries_size = size;
    }
    return &p->entries[block];
}

static void insert(struct prefix *p, int32_t block, uint64_t key, int32_t parent, const int32_t *tokens)
{
    if (p->count.cached == p->n_buckets) grow_buckets(p);
    struct entry *e = entry_room(p, block);
    int32_t *bucket = bucket_of(p, key);
    *e = (struct entry){ .key = key, .parent = parent, .next = *bucket, .older = NONE, .newer = NONE,
                         .tokens = g_memdup2(tokens, (size_t)p->block_tokens * sizeof *tokens),
                         .depth = parent == NONE ? 0 : p->entries[parent].depth + 1 };
    *bucket = block;
    p->count.cached++;
    pages_hold(p->pages, block);
}

static void remove_entry(struct prefix *p, int32_t block)
{
    struct entry *e = &p->entries[block];
    int32_t *link = bucket_of(p, e->key);
    while (*link != block) link = &p->entries[*link].next;
    *link = e->next;
    g_free(e->tokens);
    e->tokens = NULL;
    p->count.cached--;
    pages_release(p->pages, block);
}

/* --- the idle --- */

static void make_idle(struct prefix *p, int32_t block)
{
    struct entry *e = &p->entries[block];
    e->idle = true;
    e->older = p->newest;
    e->newer = NONE;
    *(p->newest == NONE ? &p->oldest : &p->entries[p->newest].newer) = block;
    p->newest = block;
    p->count.idle++;
}

static void wake(struct prefix *p, int32_t block)
{
    struct entry *e = &p->entries[block];
    if (!e->idle) return;
    e->idle = false;
    *(e->older == NONE ? &p->oldest : &p->entries[e->older].newer) = e->newer;
    *(e->newer == NONE ? &p->newest : &p->entries[e->newer].older) = e->older;
    p->count.idle--;
}

static void make_free(struct prefix *p, int64_t blocks)
{
    while (pages_free_blocks(p->pages) < blocks) {
        int32_t victim = p->oldest;
        wake(p, victim);
        remove_entry(p, victim);
        p->count.evictions++;
    }
}

/* --- sequences --- */

/* Longest cached chain of the full blocks. */
struct chain { int64_t blocks, idle, collisions; int32_t last; };

static struct chain walk(const struct prefix *p, const int32_t *tokens, int64_t n)
{
    struct chain c = { .last = NONE };
    uint64_t key = 0;
    for (; c.blocks < n / p->block_tokens; c.blocks++) {
        const int32_t *own = tokens + c.blocks * p->block_tokens;
        key = p->hash(key, own, p->block_tokens);
        int32_t block = find(p, key, c.last, own, &c.collisions);
        if (block == NONE) break;
        c.idle += p->entries[block].idle;
        c.last = block;
    }
    return c;
}

static int64_t hit_tokens(const struct prefix *p, int64_t blocks, int64_t n)
{
    return n < 1 ? 0 : MIN(blocks, (n - 1) / p->block_tokens) * p->block_tokens;
}

int64_t prefix_hit(const struct prefix *p, const int32_t *tokens, int64_t n)
{
    return hit_tokens(p, walk(p, tokens, n).blocks, n);
}

static struct tail *tail_of(struct prefix *p, int32_t sequence)
{
    if (sequence >= p->tails_size) {
        int64_t size = MAX((int64_t)sequence + 1, 2 * p->tails_size);
        p->tails = g_renew(struct tail, p->tails, size);
        memset(p->tails + p->tails_size, 0, (size_t)(size - p->tails_size) * sizeof *p->tails);
        p->tails_size = size;
    }
    return &p->tails[sequence];
}

/* The sequence's last block is full: it becomes the cached one of its content, or gives way to it. */
static void cache_last(struct prefix *p, int32_t sequence, const int32_t *tokens)
{
    int64_t n;
    const int32_t *table = pages_table(p->pages, sequence, &n);
    int32_t block = table[n - 1], parent = n > 1 ? table[n - 2] : NONE;
    uint64_t key = p->hash(parent == NONE ? 0 : p->entries[parent].key, tokens, p->block_tokens);
    int32_t same = find(p, key, parent, tokens, &p->count.collisions);
    if (same == NONE) {
        insert(p, block, key, parent, tokens);
        return;
    }
    wake(p, same);
    pages_replace_last(p->pages, sequence, same);
}

static int64_t add_to_tail(struct tail *t, const int32_t *tokens, int64_t n)
{
    if (t->n + n > t->size) {
        t->size = MAX(t->n + n, 2 * t->size);
        t->tokens = g_renew(int32_t, t->tokens, t->size);
    }
    memcpy(t->tokens + t->n, tokens, (size_t)n * sizeof *tokens);
    t->n += n;
    return n;
}

/* There is room for all of it. */
static void write_tokens(struct prefix *p, int32_t sequence, const int32_t *tokens, int64_t n)
{
    struct tail *t = tail_of(p, sequence);
    while (n > 0) {
        int64_t some = add_to_tail(t, tokens, MIN(n, p->block_tokens - t->n));
        bool written = pages_append(p->pages, sequence, some);
        g_assert(written);
        if (t->n == p->block_tokens) {
            cache_last(p, sequence, t->tokens);
            t->n = 0;
        }
        tokens += some;
        n -= some;
    }
}

static bool has_room(struct prefix *p, int64_t needs, int64_t woken)
{
    if (needs >= 0 && needs <= pages_free_blocks(p->pages) + p->count.idle - woken) return true;
    p->count.refusals++;
    return false;
}

static void adopt_chain(struct prefix *p, int32_t sequence, struct chain c)
{
    g_autofree int32_t *blocks = g_new(int32_t, c.blocks);
    for (int64_t i = c.blocks - 1; i >= 0; i--) {
        blocks[i] = c.last;
        c.last = p->entries[c.last].parent;
    }
    for (int64_t i = 0; i < c.blocks; i++) {
        wake(p, blocks[i]);
        bool adopted = pages_adopt(p->pages, sequence, blocks[i]);
        g_assert(adopted);
    }
}

int32_t prefix_open(struct prefix *p, const int32_t *tokens, int64_t n)
{
    g_assert(n > 0);
    struct chain c = walk(p, tokens, n);
    int64_t cached = c.blocks * p->block_tokens, all;
    bool fits = !__builtin_add_overflow(pages_counters(p->pages)->tokens, n, &all);
    if (!has_room(p, fits ? (n - 1) / p->block_tokens + 1 - c.blocks : -1, c.idle)) return -1;
    int32_t id = pages_open(p->pages);
    if (id < 0) return -1;
    adopt_chain(p, id, c);
    make_free(p, pages_needs(p->pages, id, n - cached));
    write_tokens(p, id, tokens + cached, n - cached);
    int64_t hit = hit_tokens(p, c.blocks, n);
    p->count.queries++;
    p->count.queried_tokens += n;
    p->count.hit_tokens += hit;
    p->count.missed_tokens += n - hit;
    p->count.collisions += c.collisions;
    return id;
}

bool prefix_append(struct prefix *p, int32_t sequence, const int32_t *tokens, int64_t n)
{
    int64_t needs = pages_needs(p->pages, sequence, n);
    if (!has_room(p, needs, 0)) return false;
    make_free(p, needs);
    write_tokens(p, sequence, tokens, n);
    return true;
}

void prefix_close(struct prefix *p, int32_t sequence)
{
    int64_t n;
    const int32_t *table = pages_table(p->pages, sequence, &n);
    for (int64_t i = pages_tokens(p->pages, sequence) / p->block_tokens - 1; i >= 0; i--)
        if (pages_block(p->pages, table[i]).users == 1) make_idle(p, table[i]);
    pages_close(p->pages, sequence);
    struct tail *t = tail_of(p, sequence);
    g_free(t->tokens);
    *t = (struct tail){ 0 };
}

/* --- reading --- */

const struct prefix_counters *prefix_counters(const struct prefix *p) { return &p->count; }
const struct pages *prefix_pages(const struct prefix *p) { return p->pages; }

static const char *entry_fault(const struct prefix *p, int32_t block)
{
    const struct entry *e = &p->entries[block], *parent = e->parent == NONE ? NULL : &p->entries[e->parent];
    struct pages_block b = pages_block(p->pages, block);
    int64_t met = 0;
    if (!b.held) return "a cached block is not held";
    if (e->idle != (b.users == 0)) return "a block is idle and used, or neither";
    if (parent && !parent->tokens) return "a parent is not cached";
    if (e->depth != (parent ? parent->depth + 1 : 0)) return "a block has a wrong depth";
    if (parent && pages_block(p->pages, e->parent).users < b.users) return "a block has users that its parent lacks";
    if (e->key != p->hash(parent ? parent->key : 0, e->tokens, p->block_tokens)) return "a key is not its content's";
    return find(p, e->key, e->parent, e->tokens, &met) == block ? NULL : "a content is cached twice, or not found";
}

const char *prefix_fault(const struct prefix *p)
{
    const char *fault = pages_fault(p->pages);
    int64_t cached = 0, held = 0, idle = 0;
    for (int32_t b = 0; b < pages_touched(p->pages) && !fault; b++) {
        held += pages_block(p->pages, b).held;
        if (b >= p->entries_size || !p->entries[b].tokens) continue;
        cached++;
        fault = entry_fault(p, b);
    }
    for (int32_t b = p->oldest; b != NONE && idle <= cached && !fault; b = p->entries[b].newer, idle++)
        if (!p->entries[b].idle) fault = "a used block is listed as idle";
    if (fault) return fault;
    if (cached != p->count.cached || held != cached || idle != p->count.idle) return "cached blocks are miscounted";
    return p->count.hit_tokens + p->count.missed_tokens == p->count.queried_tokens ? NULL : "tokens are miscounted";
}
