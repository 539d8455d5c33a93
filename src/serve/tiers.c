/* Offload tiers. 1 MiB over 32 GB/s with 10 us of latency: 10,000 + 1,048,576 / 32 = 42,768 ns. */
#include "serve/tiers.h"

#include <math.h>

struct held { int64_t block; int tier; GList link; };

struct tiers {
    struct tier tier[TIERS_MOST];
    struct tiers_counts n[TIERS_MOST];
    GQueue queue[TIERS_MOST]; /* most recently used first */
    GHashTable *held;         /* &held->block -> held */
    int64_t block_bytes;
    int tiers;
};

struct tiers *tiers_new(const struct tier *tiers, int n, int64_t block_bytes)
{
    g_assert(n > 0 && n <= TIERS_MOST && block_bytes > 0);
    struct tiers *t = g_new0(struct tiers, 1);
    for (int i = 0; i < n; i++) t->tier[i] = tiers[i];
    t->held = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
    t->block_bytes = block_bytes;
    t->tiers = n;
    return t;
}

void tiers_free(struct tiers *t)
{
    if (!t) return;
    g_hash_table_destroy(t->held);
    g_free(t);
}

int64_t tiers_transfer_ns(struct tier tier, int64_t bytes)
{
    if (tier.bandwidth <= 0 || bytes < 0) return -1;
    __int128 ns = ((__int128)bytes * 1000000000 + tier.bandwidth - 1) / tier.bandwidth + tier.latency_ns;
    return ns > INT64_MAX ? -1 : (int64_t)ns;
}

static void add(int64_t *sum, int64_t value)
{
    if (*sum < 0 || value < 0 || __builtin_add_overflow(*sum, value, sum)) *sum = -1;
}

static void put(struct tiers *t, struct held *h, int tier)
{
    h->tier = tier;
    g_queue_push_head_link(&t->queue[tier], &h->link);
}

/* Makes tier 0 fit again, and each below it that this fills. */
static void demote(struct tiers *t)
{
    for (int i = 0; i < t->tiers && t->queue[i].length > t->tier[i].capacity; i++) {
        struct held *h = g_queue_pop_tail_link(&t->queue[i])->data;
        if (i + 1 == t->tiers) {
            t->n[i].dropped++;
            g_hash_table_remove(t->held, &h->block);
            return;
        }
        put(t, h, i + 1);
        add(&t->n[i + 1].down_bytes, t->block_bytes);
        add(&t->n[i + 1].ns, tiers_transfer_ns(t->tier[i + 1], t->block_bytes));
    }
}

int tiers_use(struct tiers *t, int64_t block)
{
    struct held *h = g_hash_table_lookup(t->held, &block);
    int found = h ? h->tier : -1;
    if (h) {
        g_queue_unlink(&t->queue[found], &h->link);
        t->n[found].hits++;
    } else {
        h = g_new0(struct held, 1);
        h->block = block;
        h->link.data = h;
        g_hash_table_insert(t->held, &h->block, h);
    }
    if (found > 0) {
        add(&t->n[found].up_bytes, t->block_bytes);
        add(&t->n[found].ns, tiers_transfer_ns(t->tier[found], t->block_bytes));
    }
    put(t, h, 0);
    demote(t);
    return found;
}

int tiers_find(const struct tiers *t, int64_t block)
{
    const struct held *h = g_hash_table_lookup(t->held, &block);
    return h ? h->tier : -1;
}

int64_t tiers_blocks(const struct tiers *t, int tier, int64_t *blocks, int64_t size)
{
    int64_t n = 0;
    for (const GList *l = t->queue[tier].head; l; l = l->next, n++)
        if (n < size) blocks[n] = ((const struct held *)l->data)->block;
    return n;
}

struct tiers_counts tiers_count(const struct tiers *t, int tier)
{
    struct tiers_counts n = t->n[tier];
    n.held = t->queue[tier].length;
    return n;
}

int64_t tiers_break_even(struct tier tier, int64_t token_bytes, double recompute_s)
{
    double gain_s = recompute_s - (double)token_bytes / (double)tier.bandwidth;
    if (tier.bandwidth <= 0 || !(gain_s > 0)) return -1;
    if (tier.latency_ns <= 0) return 0;
    double tokens = floor((double)tier.latency_ns / 1e9 / gain_s) + 1;
    return tokens < 9e18 ? (int64_t)tokens : -1;
}

void tiers_facts(const struct tiers *t, struct facts *f)
{
    for (int i = 0; i < t->tiers; i++) {
        struct tiers_counts n = tiers_count(t, i);
        const struct { const char *name; int64_t value; enum unit unit; const char *source; } rows[] = {
            { "held", n.held, UNIT_COUNT, "counted: blocks in the tier" },
            { "hits", n.hits, UNIT_COUNT, "counted: blocks found in the tier" },
            { "down_bytes", n.down_bytes, UNIT_BYTES, "counted: bytes moved into the tier" },
            { "up_bytes", n.up_bytes, UNIT_BYTES, "counted: bytes moved up from the tier" },
        };
        char id[40];
        for (guint k = 0; k < G_N_ELEMENTS(rows); k++) {
            g_snprintf(id, sizeof id, "tiers.%d.%s", i, rows[k].name);
            if (rows[k].value < 0) facts_unknown(f, facts_word(f, id), rows[k].unit, rows[k].source);
            else facts_leaf(f, facts_word(f, id), rows[k].value, rows[k].unit, rows[k].source);
        }
        g_snprintf(id, sizeof id, "tiers.%d.seconds", i);
        if (n.ns < 0) facts_unknown(f, facts_word(f, id), UNIT_SECONDS, "counted: time of the tier's transfers");
        else facts_leaf_real(f, facts_word(f, id), (double)n.ns / 1e9, UNIT_SECONDS,
                             "counted: time of the tier's transfers");
    }
}
