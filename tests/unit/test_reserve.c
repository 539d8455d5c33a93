/* Contiguous reservation against a map of single slots that is searched from end to end. */
#include "serve/reserve.h"

#include <string.h>

enum { SEED = 2309, STEPS = 6000, MOST = 24, SLOTS = 128 };

static void test_known_numbers(void)
{
    const int64_t lengths[] = { 213, 97, 330, 150 }, huge[] = { INT64_MAX, 1 };
    struct reserve_compare c = reserve_compare(lengths, 4, 512, 16);
    struct facts *f = facts_new();
    double value;
    g_assert_cmpint(c.ideal.reserved, ==, 790);
    g_assert_cmpint(c.contiguous.reserved, ==, 2048);
    g_assert_cmpint(c.contiguous.wasted, ==, 1258);
    g_assert_cmpfloat_with_epsilon(c.contiguous.share, 0.614, 0.0005);
    g_assert_cmpint(c.blocks, ==, 52);
    g_assert_cmpint(c.paged.reserved, ==, 832);
    g_assert_cmpint(c.paged.wasted, ==, 42);
    g_assert_cmpfloat_with_epsilon(c.paged.share, 0.050, 0.0005);
    g_assert_cmpint(reserve_compare(huge, 2, INT64_MAX, 16).blocks, ==, -1);
    g_assert_cmpint(reserve_compare(lengths, 4, 300, 16).blocks, ==, -1);
    reserve_facts(lengths, 4, 512, 16, f);
    for (int i = 0; i < facts_count(f); i++)
        if (facts_at(f, i)->formula)
            g_assert_true(facts_evaluate(f, i, &value) && facts_agree(f, i, value));
    facts_free(f);
}

/* Free slots are enough, but no hole is: external fragmentation. */
static void test_stranded(void)
{
    struct reserve *r = reserve_new(100, RESERVE_FIRST_FIT);
    struct reserve_span *s[10];
    for (int i = 0; i < 10; i++) s[i] = reserve_take(r, 10);
    for (int i = 0; i < 10; i += 2) reserve_give(r, s[i]);
    g_assert_null(reserve_take(r, 11));
    struct reserve_counts c = reserve_count(r);
    g_assert_cmpint(c.free, ==, 50);
    g_assert_cmpint(c.holes, ==, 5);
    g_assert_cmpint(c.largest_hole, ==, 10);
    g_assert_cmpint(c.stranded, ==, 1);
    reserve_free(r);
    g_assert_null(reserve_new(100, RESERVE_BUDDY));
}

/* Where the placement puts `slots`, by looking at every hole of the map (0 is free); -1: nowhere. */
static int place(const char *map, enum reserve_placement how, int slots)
{
    int best = -1, best_size = SLOTS + 1, size = 0;
    if (how == RESERVE_BUDDY) return -2; /* depends on the cuts, not on the map alone: see the invariants */
    for (int at = 0; at < SLOTS; at += size ? size : 1) {
        for (size = 0; at + size < SLOTS && !map[at + size]; size++) {}
        if (size < slots) continue;
        if (how == RESERVE_FIRST_FIT) return at;
        if (size < best_size) best = at, best_size = size;
    }
    return best;
}

static void run_random(enum reserve_placement how)
{
    GRand *rand = g_rand_new_with_seed(SEED);
    struct reserve *r = reserve_new(SLOTS, how);
    struct reserve_span *spans[MOST] = { NULL };
    char map[SLOTS] = { 0 };
    for (int step = 0; step < STEPS; step++) {
        int i = g_rand_int_range(rand, 0, MOST), slots = g_rand_int_range(rand, 1, 20);
        if (spans[i]) {
            memset(map + spans[i]->start, 0, (size_t)spans[i]->size);
            reserve_give(r, g_steal_pointer(&spans[i]));
        } else {
            int expected = place(map, how, slots);
            spans[i] = reserve_take(r, slots);
            if (expected != -2) g_assert_cmpint(spans[i] ? spans[i]->start : -1, ==, expected);
            for (int64_t k = 0; spans[i] && k < spans[i]->size; k++) {
                g_assert_cmpint(map[spans[i]->start + k], ==, 0);
                map[spans[i]->start + k] = 1;
            }
        }
        int64_t taken = 0;
        for (int k = 0; k < SLOTS; k++) taken += map[k];
        g_assert_cmpint(reserve_count(r).taken, ==, taken);
        g_assert_null(reserve_fault(r));
    }
    g_assert_cmpint(reserve_count(r).stranded, >, 0);
    for (int i = 0; i < MOST; i++)
        if (spans[i]) reserve_give(r, spans[i]);
    g_assert_cmpint(reserve_count(r).largest_hole, ==, SLOTS);
    reserve_free(r);
    g_rand_free(rand);
}

static void test_random(void)
{
    for (int how = RESERVE_FIRST_FIT; how <= RESERVE_BUDDY; how++) run_random((enum reserve_placement)how);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/reserve/known-numbers", test_known_numbers);
    g_test_add_func("/reserve/stranded", test_stranded);
    g_test_add_func("/reserve/random", test_random);
    return g_test_run();
}
