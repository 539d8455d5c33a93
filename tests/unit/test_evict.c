/* Caches that forget, against arrays that are written slot by slot and sums over all steps. */
#include "serve/evict.h"

enum { SEED = 2309, SHAPES = 200, TOKENS = 80 };

static void test_ring(void)
{
    GRand *rand = g_rand_new_with_seed(SEED);
    for (int shape = 0; shape < SHAPES; shape++) {
        struct evict_ring r = { g_rand_int_range(rand, 0, 6), g_rand_int_range(rand, 1, 12) };
        int64_t slots[32];
        for (int i = 0; i < 32; i++) slots[i] = -1;
        for (int64_t n = 1; n <= TOKENS; n++) {
            int64_t at = evict_ring_slot(r, n - 1), kept = 0;
            g_assert_cmpint(at, <, r.sinks + r.window);
            g_assert_cmpint(evict_ring_evicted(r, n), ==, slots[at]);
            slots[at] = n - 1;
            for (int64_t i = 0; i < r.sinks + r.window; i++) {
                g_assert_cmpint(evict_ring_position(r, i, n), ==, slots[i]);
                if (slots[i] >= 0) g_assert_true(slots[i] < r.sinks || slots[i] >= n - r.window);
                kept += slots[i] >= 0;
            }
            g_assert_cmpint(evict_ring_kept(r, n), ==, kept);
        }
    }
    g_assert_cmpint(evict_ring_kept((struct evict_ring){ 4, INT64_MAX }, 100), ==, 100);
    g_rand_free(rand);
}

static void test_ties(void)
{
    struct evict_heavy *h = evict_heavy_new(1, 1);
    const double same[] = { 0, 0, 0 };
    g_assert_cmpint(evict_heavy_step(h, same), ==, -1);
    g_assert_cmpint(evict_heavy_step(h, same), ==, -1);
    g_assert_cmpint(evict_heavy_step(h, same), ==, 1);
    evict_heavy_free(h);
}

/* Reference: attention of every step to every position; what is gone gets none. */
static void test_heavy(void)
{
    GRand *rand = g_rand_new_with_seed(SEED);
    for (int shape = 0; shape < SHAPES; shape++) {
        int64_t heavy = g_rand_int_range(rand, 0, 8), recent = g_rand_int_range(rand, 1, 8);
        struct evict_heavy *h = evict_heavy_new(heavy, recent);
        double sum[TOKENS] = { 0 }, scores[TOKENS];
        bool gone[TOKENS] = { false };
        for (int64_t n = 1; n <= TOKENS; n++) {
            int64_t kept = 0, least = -1;
            for (int64_t p = 0; p < n; p++)
                if (!gone[p]) sum[p] += scores[kept++] = g_rand_int_range(rand, 0, 4);
            for (int64_t p = n - 1 - recent; kept > heavy + recent && p >= 0; p--)
                if (!gone[p] && (least < 0 || sum[p] < sum[least])) least = p;
            if (least >= 0) gone[least] = true;
            g_assert_cmpint(evict_heavy_step(h, scores), ==, least);
            const int64_t *positions;
            const double *sums;
            g_assert_cmpint(evict_heavy_kept(h, &positions, &sums), ==, MIN(n, heavy + recent));
            for (int64_t p = 0, i = 0; p < n; p++) {
                if (gone[p]) continue;
                g_assert_cmpint(positions[i], ==, p);
                g_assert_cmpfloat(sums[i++], ==, sum[p]);
            }
        }
        evict_heavy_free(h);
    }
    g_rand_free(rand);
}

static void test_facts(void)
{
    struct facts *f = facts_new();
    double value;
    evict_facts((struct evict_ring){ 4, 8 }, 48, f);
    g_assert_cmpint(facts_at(f, facts_find(f, "evict.evicted"))->i, ==, 36);
    g_assert_true(facts_evaluate(f, facts_find(f, "evict.kept_share"), &value));
    g_assert_cmpfloat(value, ==, 0.25);
    facts_free(f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/evict/ring", test_ring);
    g_test_add_func("/evict/ties", test_ties);
    g_test_add_func("/evict/heavy", test_heavy);
    g_test_add_func("/evict/facts", test_facts);
    return g_test_run();
}
