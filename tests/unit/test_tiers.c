/* Tiers: small cases by hand, random runs against one stack by age that is cut into tiers, and the break-even. */
#include "serve/tiers.h"

#include <glib.h>

#include <string.h>

enum { SEED = 19700902, KEYS = 60, MOST_BLOCKS = 64 };

static int64_t use_one(struct tiers *t, int64_t key) { return tiers_use(t, &key, 1).up_ns; }

/* --- by hand --- */

static void test_by_hand(void)
{
    const struct tier tiers[] = { { "hbm", 2, 0, 0 }, { "host", 1, 50000000000, 10000 },
                                  { "disk", 1, 2000000000, 80000 } };
    struct tiers *t = tiers_new(tiers, 3, 2097152);
    tiers_use(t, (const int64_t[]){ 1, 2, 3, 4 }, 4);
    g_assert_cmpint(tiers_find(t, 4), ==, 0);
    g_assert_cmpint(tiers_find(t, 3), ==, 0);
    g_assert_cmpint(tiers_find(t, 2), ==, 1);
    g_assert_cmpint(tiers_find(t, 1), ==, 2);
    struct tier_counts host = tiers_counts_of(t, 1), disk = tiers_counts_of(t, 2);
    g_assert_cmpint(host.blocks_down, ==, 2); /* in one transfer: 2 x 2 MiB / 50 GB/s */
    g_assert_cmpint(host.transfers_down, ==, 1);
    g_assert_cmpint(host.down_ns, ==, 10000 + 83887);
    g_assert_cmpint(disk.down_ns, ==, 80000 + 1048576);
    /* from the disk, over both roads; 3, 2 go down one floor each */
    g_assert_cmpint(use_one(t, 1), ==, 80000 + 1048576 + 10000 + 41944);
    g_assert_cmpint(tiers_find(t, 3), ==, 1);
    g_assert_cmpint(tiers_find(t, 2), ==, 2);
    g_assert_cmpint(use_one(t, 1), ==, 0);
    use_one(t, 5); /* 2 is dropped */
    g_assert_cmpint(tiers_find(t, 2), ==, -1);
    g_assert_cmpint(tiers_counts(t).dropped, ==, 1);
    g_assert_cmpint(tiers_counts(t).misses, ==, 5);
    int64_t keys[2];
    g_assert_cmpint(tiers_keys(t, 0, keys, 2), ==, 2);
    g_assert_cmpint(keys[0], ==, 5);
    g_assert_cmpint(keys[1], ==, 1);
    g_assert_cmpint(tiers_keys(t, 2, keys, 0), ==, 1);
    tiers_free(t);
    tiers_free(NULL);
}

static void test_faults(void)
{
    struct tier tiers[2] = { { "hbm", 2, 0, 0 }, { "host", 1, 1, 0 } };
    g_assert_null(tiers_fault(tiers, 2, 1));
    g_assert_nonnull(tiers_fault(tiers, 0, 1));
    g_assert_nonnull(tiers_fault(tiers, TIERS_MOST + 1, 1));
    g_assert_nonnull(tiers_fault(tiers, 2, 0));
    tiers[1].bytes_per_s = 0;
    g_assert_nonnull(tiers_fault(tiers, 2, 1));
    g_assert_null(tiers_fault(tiers, 1, 1));
    tiers[1].bytes_per_s = 1, tiers[1].latency_ns = -1;
    g_assert_nonnull(tiers_fault(tiers, 2, 1));
    tiers[1].latency_ns = 0, tiers[0].blocks = 0;
    g_assert_nonnull(tiers_fault(tiers, 2, 1));
    tiers[0].blocks = INT64_MAX;
    g_assert_null(tiers_fault(tiers, 2, 1));
    g_assert_nonnull(tiers_fault(tiers, 2, 2));
}

/* Times that do not fit are unknown, and stay so in sums. */
static void test_large(void)
{
    const struct tier slow = { "tape", 1, 1, 5 };
    g_assert_cmpint(tier_transfer_ns(&slow, 9000000000), ==, 9000000000 * INT64_C(1000000000) + 5);
    g_assert_cmpint(tier_transfer_ns(&slow, 10000000000), ==, -1);
    const struct tier tiers[] = { { "hbm", 1, 0, 0 }, { "tape", 4, 1, 5 } };
    struct tiers *t = tiers_new(tiers, 2, 5000000000);
    tiers_use(t, (const int64_t[]){ 1, 2, 3 }, 3);
    g_assert_cmpint(tiers_counts_of(t, 1).down_ns, ==, -1);
    use_one(t, 3);
    use_one(t, 2);
    g_assert_cmpint(tiers_counts_of(t, 1).down_ns, ==, -1);
    g_assert_cmpint(tiers_counts_of(t, 1).up_ns, ==, 5000000000 * INT64_C(1000000000) + 5);
    tiers_free(t);
}

/* --- the slow one: one stack, the last used first --- */

struct stack { int64_t keys[KEYS]; int n; };

static int stack_find(const struct stack *s, int64_t key)
{
    for (int i = 0; i < s->n; i++)
        if (s->keys[i] == key) return i;
    return -1;
}

static int tier_at_depth(const struct tier *tiers, int n, int depth)
{
    for (int i = 0; depth >= 0 && i < n; depth -= (int)tiers[i++].blocks)
        if (depth < tiers[i].blocks) return i;
    return -1;
}

/* Returns the depth where the key was, -1 for none. Deeper than all tiers, a key is on the stack, but in no tier. */
static int stack_use(struct stack *s, int64_t key)
{
    int depth = stack_find(s, key), from = depth < 0 ? s->n++ : depth;
    memmove(s->keys + 1, s->keys, (size_t)from * sizeof *s->keys);
    s->keys[0] = key;
    return depth;
}

struct moves { int64_t up[TIERS_MOST], down[TIERS_MOST]; }; /* of one call, in blocks */
struct expected {
    struct moves moved, transfers;
    int64_t hits[TIERS_MOST], up_ns[TIERS_MOST], down_ns[TIERS_MOST], misses;
};

/* Down a road goes one block a use, if all tiers above are full and the key came from below them or from nowhere. */
static void expect_use(struct expected *e, struct moves *call, const struct tier *tiers, int n, struct stack *s,
                       int64_t key)
{
    int had = s->n, depth = stack_use(s, key), was = tier_at_depth(tiers, n, depth);
    if (was < 0) e->misses++;
    else e->hits[was]++;
    for (int i = 1, above = 0; i < n; i++) {
        above += (int)tiers[i - 1].blocks;
        call->up[i] += was >= i;
        call->down[i] += had >= above && (was < 0 || was >= i);
    }
}

static int64_t ceil_ns(const struct tier *tier, int64_t blocks, int64_t block_bytes)
{
    if (!blocks) return 0;
    int64_t whole = blocks * block_bytes * 1000000000;
    return tier->latency_ns + whole / tier->bytes_per_s + (whole % tier->bytes_per_s > 0);
}

static void expect_call(struct expected *e, const struct moves *call, const struct tier *tiers, int n,
                        int64_t block_bytes)
{
    for (int i = 1; i < n; i++) {
        e->moved.up[i] += call->up[i];
        e->moved.down[i] += call->down[i];
        e->transfers.up[i] += call->up[i] > 0;
        e->transfers.down[i] += call->down[i] > 0;
        e->up_ns[i] += ceil_ns(&tiers[i], call->up[i], block_bytes);
        e->down_ns[i] += ceil_ns(&tiers[i], call->down[i], block_bytes);
    }
}

static void compare(const struct tiers *t, const struct stack *s, const struct expected *e)
{
    int n = tiers_number(t);
    int64_t held = 0, hits = 0;
    for (int i = 0, depth = 0; i < n; i++) {
        struct tier_counts c = tiers_counts_of(t, i);
        int64_t keys[MOST_BLOCKS];
        g_assert_cmpint(tiers_keys(t, i, keys, MOST_BLOCKS), ==, c.blocks);
        g_assert_cmpint(c.blocks, ==, CLAMP(s->n - depth, 0, tiers_at(t, i)->blocks));
        for (int k = 0; k < c.blocks; k++) g_assert_cmpint(keys[k], ==, s->keys[depth + k]);
        g_assert_cmpint(c.hits, ==, e->hits[i]);
        g_assert_cmpint(c.blocks_up, ==, e->moved.up[i]);
        g_assert_cmpint(c.blocks_down, ==, e->moved.down[i]);
        g_assert_cmpint(c.transfers_up, ==, e->transfers.up[i]);
        g_assert_cmpint(c.transfers_down, ==, e->transfers.down[i]);
        g_assert_cmpint(c.up_ns, ==, e->up_ns[i]);
        g_assert_cmpint(c.down_ns, ==, e->down_ns[i]);
        depth += (int)c.blocks;
        held += c.blocks;
        hits += c.hits;
    }
    struct tiers_counts all = tiers_counts(t);
    g_assert_cmpint(all.misses, ==, e->misses);
    g_assert_cmpint(all.uses, ==, hits + all.misses);
    g_assert_cmpint(all.misses, ==, held + all.dropped); /* what was made is somewhere, or was dropped */
    for (int i = n - 1, below = 0; i > 0; i--) {         /* what came down went up again, is there, or was dropped */
        struct tier_counts c = tiers_counts_of(t, i);
        below += (int)c.blocks;
        g_assert_cmpint(c.blocks_down, ==, c.blocks_up + below + all.dropped);
    }
}

static void test_against_stack(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(SEED);
    for (int round = 0; round < 60; round++) {
        int n = g_rand_int_range(rand, 1, 5);
        int64_t block_bytes = g_rand_int_range(rand, 1, 4000);
        struct tier tiers[4];
        for (int i = 0; i < n; i++)
            tiers[i] = (struct tier){ "t", g_rand_int_range(rand, 1, 16), g_rand_int_range(rand, 1, 1 << 30),
                                      g_rand_int_range(rand, 0, 5000) };
        struct tiers *t = tiers_new(tiers, n, block_bytes);
        struct stack s = { .n = 0 };
        struct expected e = { .misses = 0 };
        for (int step = 0; step < 400; step++) {
            struct moves call = { { 0 }, { 0 } };
            int64_t keys[12];
            int run = g_rand_int_range(rand, 0, 13), spread = g_rand_int_range(rand, 1, KEYS + 1);
            for (int i = 0; i < run; i++) keys[i] = g_rand_int_range(rand, 0, spread);
            struct tiers_use use = tiers_use(t, keys, run);
            for (int i = 0; i < run; i++) expect_use(&e, &call, tiers, n, &s, keys[i]);
            expect_call(&e, &call, tiers, n, block_bytes);
            int64_t up_ns = 0;
            for (int i = 1; i < n; i++) up_ns += ceil_ns(&tiers[i], call.up[i], block_bytes);
            g_assert_cmpint(use.up_ns, ==, up_ns);
            compare(t, &s, &e);
        }
        tiers_free(t);
    }
}

/* A larger top never hits less; the same room in all never misses more or less. */
static void test_larger_top(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(SEED);
    const struct tier small[] = { { "hbm", 5, 0, 0 }, { "host", 20, 100, 0 } };
    const struct tier large[] = { { "hbm", 6, 0, 0 }, { "host", 19, 100, 0 } };
    struct tiers *a = tiers_new(small, 2, 1), *b = tiers_new(large, 2, 1);
    for (int i = 0; i < 5000; i++) {
        int64_t key = g_rand_int_range(rand, 0, g_rand_int_range(rand, 1, KEYS));
        use_one(a, key);
        use_one(b, key);
        g_assert_cmpint(tiers_counts_of(a, 0).hits, <=, tiers_counts_of(b, 0).hits);
        g_assert_cmpint(tiers_counts_of(a, 1).blocks_up, >=, tiers_counts_of(b, 1).blocks_up);
        g_assert_cmpint(tiers_counts(a).misses, ==, tiers_counts(b).misses);
    }
    tiers_free(a);
    tiers_free(b);
}

/* --- break-even --- */

static void test_break_even_by_hand(void)
{
    struct tier_load l = { 10000000, 50000000000, 131072, 25000 };
    g_assert_cmpint(tier_break_even(&l), ==, 447);
    g_assert_cmpint(tier_load_ns(&l, 447), ==, 10000000 + 1171784);
    g_assert_cmpint(tier_prefill_ns(&l, 447), ==, 11175000);
    l.prefill_token_ns = 2621; /* loading a token takes 2,621.44 ns */
    g_assert_cmpint(tier_break_even(&l), ==, -1);
    l = (struct tier_load){ 0, 1000000000, 7, 7 }; /* the same, always */
    g_assert_cmpint(tier_break_even(&l), ==, 1);
    l.latency_ns = 1;
    g_assert_cmpint(tier_break_even(&l), ==, -1);
    l = (struct tier_load){ 0, 1000000000, 6, 7 };
    g_assert_cmpint(tier_break_even(&l), ==, 1);
    l = (struct tier_load){ INT64_MAX, INT64_MAX, 1, INT64_MAX }; /* no overflow within */
    g_assert_cmpint(tier_break_even(&l), ==, 2);
    l = (struct tier_load){ INT64_MAX, 1, 1, 1000000001 };
    g_assert_cmpint(tier_break_even(&l), ==, INT64_MAX);
    g_assert_cmpint(tier_break_even(&(struct tier_load){ 0, 0, 1, 1 }), ==, -1);
}

static void test_break_even(void)
{
    enum { MOST = 4000 };
    g_autoptr(GRand) rand = g_rand_new_with_seed(SEED);
    int found = 0, never = 0;
    for (int i = 0; i < 3000; i++) {
        struct tier_load l = { g_rand_int_range(rand, 0, 1000000), g_rand_int_range(rand, 1, 2000000000),
                               g_rand_int_range(rand, 0, 5000), g_rand_int_range(rand, 0, 10000) };
        int64_t n = tier_break_even(&l), searched = tier_break_even_searched(&l, MOST);
        g_assert_cmpint(searched, ==, n > MOST ? -1 : n);
        if (n < 0) never++;
        else if (n <= MOST) found++;
        for (int64_t k = n; n > 0 && k < n + 50; k++) g_assert_cmpint(tier_load_ns(&l, k), <=, tier_prefill_ns(&l, k));
    }
    g_assert_cmpint(found, >, 500);
    g_assert_cmpint(never, >, 500);
}

static void test_way(void)
{
    const struct tier tiers[] = { { "hbm", 2, 0, 0 }, { "host", 1, 50, 10 }, { "disk", 1, 2, 80 },
                                  { "remote", 1, 9, 300 } };
    struct tiers *t = tiers_new(tiers, 4, 1);
    struct tier_load l = tiers_load(t, 3, 7, 8);
    g_assert_cmpint(l.latency_ns, ==, 390);
    g_assert_cmpint(l.bytes_per_s, ==, 2);
    g_assert_cmpint(l.token_bytes, ==, 7);
    g_assert_cmpint(l.prefill_token_ns, ==, 8);
    g_assert_cmpint(tiers_load(t, 1, 7, 8).bytes_per_s, ==, 50);
    tiers_free(t);
}

/* Four full tiers: what is in them and what left them is all that came. */
static void test_many(void)
{
    enum { OPERATIONS = 100000 };
    const struct tier tiers[] = { { "hbm", 1000, 0, 0 }, { "host", 4000, 50000000000, 10000 },
                                  { "disk", 16000, 7000000000, 80000 }, { "remote", 64000, 1000000000, 1000000 } };
    g_autoptr(GRand) rand = g_rand_new_with_seed(SEED);
    struct tiers *t = tiers_new(tiers, 4, 2097152);
    for (int i = 0; i < OPERATIONS; i++) use_one(t, g_rand_int_range(rand, 0, g_rand_int_range(rand, 1, 100000)));
    struct tiers_counts c = tiers_counts(t);
    int64_t kept = 0, hits = 0;
    for (int i = 0; i < 4; i++) {
        kept += tiers_counts_of(t, i).blocks;
        hits += tiers_counts_of(t, i).hits;
        g_assert_cmpint(tiers_counts_of(t, i).blocks, <=, tiers[i].blocks);
    }
    g_assert_cmpint(c.uses, ==, OPERATIONS);
    g_assert_cmpint(c.misses, ==, OPERATIONS - hits);
    g_assert_cmpint(c.misses, ==, kept + c.dropped);
    tiers_free(t);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/tiers/by-hand", test_by_hand);
    g_test_add_func("/tiers/faults", test_faults);
    g_test_add_func("/tiers/large", test_large);
    g_test_add_func("/tiers/against-stack", test_against_stack);
    g_test_add_func("/tiers/larger-top", test_larger_top);
    g_test_add_func("/tiers/break-even/by-hand", test_break_even_by_hand);
    g_test_add_func("/tiers/break-even", test_break_even);
    g_test_add_func("/tiers/way", test_way);
    g_test_add_func("/tiers/many", test_many);
    return g_test_run();
}
