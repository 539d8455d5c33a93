/* Offload tiers against plain arrays that are shifted by hand. */
#include "serve/tiers.h"

enum { SEED = 7, STEPS = 4000, BLOCKS = 14 };

static const struct tier three[] = { { "HBM", 3, 3350000000000, 0 }, { "host", 4, 32000000000, 10000 },
                                     { "disk", 2, 7000000000, 80000 } };

static void test_known_numbers(void)
{
    g_assert_cmpint(tiers_transfer_ns(three[1], 1 << 20), ==, 42768);
    g_assert_cmpint(tiers_transfer_ns(three[2], 1), ==, 80001); /* rounded up */
    g_assert_cmpint(tiers_transfer_ns((struct tier){ "slow", 1, 1, 0 }, INT64_MAX), ==, -1);
    /* 131,072 B a token: 4.096 us to load; at 8 us to compute, 10 us of latency are earned after 2.56 tokens */
    g_assert_cmpint(tiers_break_even(three[1], 131072, 20e-6), ==, 1);
    g_assert_cmpint(tiers_break_even(three[1], 131072, 8e-6), ==, 3);
    g_assert_cmpint(tiers_break_even(three[1], 131072, 4e-6), ==, -1);
    g_assert_cmpint(tiers_break_even(three[0], 131072, 4e-6), ==, 0);
}

static void test_random(void)
{
    GRand *rand = g_rand_new_with_seed(SEED);
    struct tiers *t = tiers_new(three, 3, 4096);
    struct facts *f = facts_new();
    int64_t up[3] = { 0 }, down[3] = { 0 };
    GArray *tier[3];
    for (int i = 0; i < 3; i++) tier[i] = g_array_new(FALSE, FALSE, sizeof(int64_t));
    for (int step = 0; step < STEPS; step++) {
        int64_t block = g_rand_int_range(rand, 0, BLOCKS), shown[8];
        int found = -1;
        for (int i = 0; i < 3; i++)
            for (guint k = 0; k < tier[i]->len && found < 0; k++)
                if (g_array_index(tier[i], int64_t, k) == block) found = i, g_array_remove_index(tier[i], k);
        up[MAX(found, 0)] += found > 0;
        g_array_prepend_val(tier[0], block);
        for (int i = 0; i < 3 && tier[i]->len > three[i].capacity; i++) {
            int64_t last = g_array_index(tier[i], int64_t, tier[i]->len - 1);
            g_array_set_size(tier[i], tier[i]->len - 1);
            if (i < 2) g_array_prepend_val(tier[i + 1], last), down[i + 1]++;
        }
        g_assert_cmpint(tiers_use(t, block), ==, found);
        for (int i = 0; i < 3; i++) {
            g_assert_cmpint(tiers_blocks(t, i, shown, 8), ==, tier[i]->len);
            for (guint k = 0; k < tier[i]->len; k++) g_assert_cmpint(shown[k], ==, g_array_index(tier[i], int64_t, k));
            struct tiers_counts c = tiers_count(t, i);
            g_assert_cmpint(c.up_bytes, ==, up[i] * 4096);
            g_assert_cmpint(c.down_bytes, ==, down[i] * 4096);
            g_assert_cmpint(c.ns, ==, (up[i] + down[i]) * tiers_transfer_ns(three[i], 4096));
        }
    }
    tiers_facts(t, f);
    g_assert_cmpint(facts_at(f, facts_find(f, "tiers.1.up_bytes"))->i, ==, up[1] * 4096);
    for (int i = 0; i < 3; i++) g_array_free(tier[i], TRUE);
    facts_free(f);
    tiers_free(t);
    g_rand_free(rand);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/tiers/known-numbers", test_known_numbers);
    g_test_add_func("/tiers/random", test_random);
    return g_test_run();
}
