/* One list by age for each tier, and a table of all blocks by their keys.
 *
 * A transfer of b bytes takes latency + b × 10^9 ÷ bandwidth. A block of 2 MiB over 50 GB/s, 10 µs: 10,000 + 41,944 ns.
 *
 * Loading n tokens takes no longer than computing them when L + n b 10^9 / B <= n p, so from n = L B / (p B − b 10^9)
 * on, rounded up, and never when the denominator is not positive. Times are rounded up to whole ns; p and L are whole,
 * so the rounding changes nothing about who is first. 131,072 B a token at 50 GB/s are 2,621.44 ns; with p = 25,000 ns
 * and L = 10 ms: 10^7 / 22,378.56 = 446.9, so from 447 tokens on.
 */
#include "serve/tiers.h"
#include "sim/count.h"

#include <glib.h>

enum { NS = 1000000000 };

struct block { int64_t key; int tier; struct block *newer, *older; };

struct floor {
    struct tier tier;
    struct tier_counts counts;
    struct block *newest, *oldest;
    int64_t up, down; /* blocks over its road in this call */
};

struct tiers {
    int n;
    int64_t block_bytes;
    struct floor floors[TIERS_MOST];
    struct tiers_counts counts;
    GHashTable *blocks;
};

/* --- time --- */

static int64_t bytes_ns(int64_t bytes, int64_t bytes_per_s) { return count_share(bytes, NS, bytes_per_s); }

int64_t tier_transfer_ns(const struct tier *tier, int64_t bytes)
{
    return count_plus(tier->latency_ns, bytes_ns(bytes, tier->bytes_per_s));
}

int64_t tier_load_ns(const struct tier_load *l, int64_t tokens)
{
    return count_plus(l->latency_ns, bytes_ns(count_times(tokens, l->token_bytes), l->bytes_per_s));
}

int64_t tier_prefill_ns(const struct tier_load *l, int64_t tokens) { return count_times(tokens, l->prefill_token_ns); }

int64_t tier_break_even(const struct tier_load *l)
{
    if (l->latency_ns < 0 || l->bytes_per_s <= 0 || l->token_bytes < 0 || l->prefill_token_ns < 0) return -1;
    __int128 gain = (__int128)l->prefill_token_ns * l->bytes_per_s - (__int128)l->token_bytes * NS;
    __int128 latency = (__int128)l->latency_ns * l->bytes_per_s;
    if (gain <= 0) return gain == 0 && latency == 0 ? 1 : -1;
    __int128 tokens = latency / gain + (latency % gain != 0);
    return tokens > INT64_MAX ? -1 : MAX((int64_t)tokens, 1);
}

int64_t tier_break_even_searched(const struct tier_load *l, int64_t most)
{
    for (int64_t n = 1; n <= most; n++) {
        int64_t load = tier_load_ns(l, n), compute = tier_prefill_ns(l, n);
        if (load < 0 || compute < 0) return -1;
        if (load <= compute) return n;
    }
    return -1;
}

struct tier_load tiers_load(const struct tiers *t, int tier, int64_t token_bytes, int64_t prefill_token_ns)
{
    struct tier_load l = { 0, INT64_MAX, token_bytes, prefill_token_ns };
    for (int i = 1; i <= tier; i++) {
        l.latency_ns = count_plus(l.latency_ns, t->floors[i].tier.latency_ns);
        l.bytes_per_s = MIN(l.bytes_per_s, t->floors[i].tier.bytes_per_s);
    }
    return l;
}

/* --- blocks --- */

static void unlink_block(struct tiers *t, struct block *b)
{
    struct floor *f = &t->floors[b->tier];
    *(b->newer ? &b->newer->older : &f->newest) = b->older;
    *(b->older ? &b->older->newer : &f->oldest) = b->newer;
    f->counts.blocks--;
}

static void link_newest(struct tiers *t, struct block *b, int tier)
{
    struct floor *f = &t->floors[tier];
    b->tier = tier;
    b->newer = NULL;
    b->older = f->newest;
    *(b->older ? &b->older->newer : &f->oldest) = b;
    f->newest = b;
    f->counts.blocks++;
}

/* Where a tier holds one block too many, its oldest goes down, and so on. */
static void settle(struct tiers *t)
{
    for (int i = 0; i < t->n && t->floors[i].counts.blocks > t->floors[i].tier.blocks; i++) {
        struct block *oldest = t->floors[i].oldest;
        unlink_block(t, oldest);
        if (i + 1 < t->n) {
            link_newest(t, oldest, i + 1);
            t->floors[i + 1].down++;
        } else {
            g_hash_table_remove(t->blocks, &oldest->key);
            t->counts.dropped++;
        }
    }
}

/* Returns the tier where it was, or -1. */
static int use_block(struct tiers *t, int64_t key)
{
    struct block *b = g_hash_table_lookup(t->blocks, &key);
    int was = b ? b->tier : -1;
    if (b) unlink_block(t, b);
    else {
        b = g_new0(struct block, 1);
        b->key = key;
        g_hash_table_insert(t->blocks, &b->key, b);
    }
    for (int i = 1; i <= was; i++) t->floors[i].up++;
    link_newest(t, b, 0);
    settle(t);
    return was;
}

static int64_t move_ns(const struct tiers *t, const struct tier *tier, int64_t blocks)
{
    return blocks ? tier_transfer_ns(tier, count_times(blocks, t->block_bytes)) : 0;
}

/* Sums of times beyond 64 bits stay -1. */
static void count_moves(const struct tiers *t, struct floor *f, struct tiers_use *use)
{
    struct tier_counts *c = &f->counts;
    int64_t up_ns = move_ns(t, &f->tier, f->up), down_ns = move_ns(t, &f->tier, f->down);
    c->blocks_up += f->up;
    c->blocks_down += f->down;
    c->transfers_up += f->up > 0;
    c->transfers_down += f->down > 0;
    c->up_ns = count_plus(c->up_ns, up_ns);
    c->down_ns = count_plus(c->down_ns, down_ns);
    use->up_ns = count_plus(use->up_ns, up_ns);
    use->down_ns = count_plus(use->down_ns, down_ns);
}

struct tiers_use tiers_use(struct tiers *t, const int64_t *keys, int64_t n)
{
    struct tiers_use use = { 0 };
    for (int i = 0; i < t->n; i++) t->floors[i].up = t->floors[i].down = 0;
    for (int64_t i = 0; i < n; i++) {
        int tier = use_block(t, keys[i]);
        ++*(tier < 0 ? &use.misses : &use.hits[tier]);
    }
    t->counts.uses += n;
    t->counts.misses += use.misses;
    for (int i = 0; i < t->n; i++) {
        t->floors[i].counts.hits += use.hits[i];
        count_moves(t, &t->floors[i], &use);
    }
    return use;
}

/* --- the whole --- */

const char *tiers_fault(const struct tier *tiers, int n, int64_t block_bytes)
{
    if (n < 1 || n > TIERS_MOST) return "There is at least one tier, and at most eight.";
    if (block_bytes < 1) return "A block has at least one byte.";
    for (int i = 0; i < n; i++) {
        if (tiers[i].blocks < 1) return "A tier has room for at least one block.";
        if (count_times(tiers[i].blocks, block_bytes) < 0) return "A tier has fewer than 2^63 bytes.";
        if (i > 0 && tiers[i].bytes_per_s < 1) return "Below the top, a tier's bandwidth is at least 1 B/s.";
        if (i > 0 && tiers[i].latency_ns < 0) return "A latency is not negative.";
    }
    return NULL;
}

struct tiers *tiers_new(const struct tier *tiers, int n, int64_t block_bytes)
{
    g_assert(!tiers_fault(tiers, n, block_bytes));
    struct tiers *t = g_new0(struct tiers, 1);
    t->n = n;
    t->block_bytes = block_bytes;
    for (int i = 0; i < n; i++) t->floors[i].tier = tiers[i];
    t->blocks = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
    return t;
}

void tiers_free(struct tiers *t)
{
    if (!t) return;
    g_hash_table_destroy(t->blocks);
    g_free(t);
}

int tiers_find(const struct tiers *t, int64_t key)
{
    const struct block *b = g_hash_table_lookup(t->blocks, &key);
    return b ? b->tier : -1;
}

int tiers_number(const struct tiers *t) { return t->n; }
int64_t tiers_block_bytes(const struct tiers *t) { return t->block_bytes; }
const struct tier *tiers_at(const struct tiers *t, int tier) { return &t->floors[tier].tier; }
struct tier_counts tiers_counts_of(const struct tiers *t, int tier) { return t->floors[tier].counts; }
struct tiers_counts tiers_counts(const struct tiers *t) { return t->counts; }

int64_t tiers_keys(const struct tiers *t, int tier, int64_t *keys, int64_t most)
{
    const struct block *b = t->floors[tier].newest;
    for (int64_t i = 0; b && i < most; i++, b = b->older) keys[i] = b->key;
    return t->floors[tier].counts.blocks;
}
