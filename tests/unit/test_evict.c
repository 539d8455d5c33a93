/* Caches that forget, against slow ones that look at every position there has been. */
#include "serve/evict.h"

#include <glib.h>

enum { SEED = 23091745, MOST = 300 };

/* --- ring --- */

static void test_ring_by_hand(void)
{
    struct evict_ring r = { 4, 1020 };
    g_assert_cmpint(evict_ring_kept(&r, 70000), ==, 1024);
    g_assert_true(evict_ring_holds(&r, 70000, 3));
    g_assert_false(evict_ring_holds(&r, 70000, 4));
    g_assert_false(evict_ring_holds(&r, 70000, 68979));
    g_assert_true(evict_ring_holds(&r, 70000, 68980));
    g_assert_cmpint(evict_ring_slot(&r, 69999), ==, 639);
    g_assert_cmpint(evict_ring_evicted(&r, 70000), ==, 68979);
    g_assert_cmpint(evict_ring_position(&r, 70000, 639), ==, 69999);
    g_assert_cmpint(evict_ring_rank(&r, 70000, 68980), ==, 4);
    g_assert_cmpint(evict_ring_rank(&r, 70000, 69999), ==, 1023);
    struct evict_ring window = { 0, 4096 };
    g_assert_cmpint(evict_ring_evicted(&window, 4096), ==, -1);
    g_assert_cmpint(evict_ring_evicted(&window, 4097), ==, 0);
    g_assert_cmpint(evict_ring_slot(&window, 4096), ==, 0);
}

/* StreamingLLM's own example (section 3.2): the cache holds 0 to 3 and 6 to 8 and takes in 9; the ranks are 0 to 7. */
static void test_ring_of_paper(void)
{
    struct evict_ring r = { 4, 4 };
    const int64_t held[] = { 0, 1, 2, 3, 6, 7, 8, 9 };
    for (int i = 0; i < 8; i++) g_assert_cmpint(evict_ring_rank(&r, 10, held[i]), ==, i);
    g_assert_cmpint(evict_ring_rank(&r, 10, 5), ==, -1);
}

static void test_ring_large(void)
{
    struct evict_ring r = { 4, INT64_MAX - 4 };
    g_assert_cmpint(evict_ring_kept(&r, INT64_MAX), ==, INT64_MAX);
    g_assert_cmpint(evict_ring_evicted(&r, INT64_MAX), ==, -1);
    g_assert_cmpint(evict_ring_position(&r, INT64_MAX, INT64_MAX - 1), ==, INT64_MAX - 1);
    r = (struct evict_ring){ 4, INT64_MAX / 2 + 10 };
    int64_t n = INT64_MAX, evicted = evict_ring_evicted(&r, n);
    g_assert_cmpint(evict_ring_slot(&r, evicted), ==, evict_ring_slot(&r, n - 1));
    g_assert_cmpint(evict_ring_position(&r, n, evict_ring_slot(&r, n - 1)), ==, n - 1);
    g_assert_cmpint(evict_ring_position(&r, n, r.sinks + r.window - 1), ==, r.sinks + r.window - 1);
    r = (struct evict_ring){ 0, INT64_MAX - 1 };
    g_assert_cmpint(evict_ring_position(&r, INT64_MAX, 0), ==, INT64_MAX - 1);
    g_assert_cmpint(evict_ring_position(&r, INT64_MAX, 1), ==, 1);
}

/* The ring as memory: who writes where, and what was there before. */
static void play_ring(const struct evict_ring *r, int64_t steps)
{
    int64_t slots[2 * MOST], size = r->sinks + r->window;
    for (int64_t i = 0; i < size; i++) slots[i] = -1;
    for (int64_t n = 1, next = 0; n <= steps; n++) {
        g_assert_cmpint(evict_ring_slot(r, n - 1), ==, next);
        g_assert_cmpint(evict_ring_evicted(r, n), ==, slots[next]);
        slots[next] = n - 1;
        next = next + 1 == size ? r->sinks : next + 1;
        int64_t kept = 0, ranked = 0;
        for (int64_t i = 0; i < size; i++) {
            g_assert_cmpint(evict_ring_position(r, n, i), ==, slots[i]);
            kept += slots[i] >= 0;
            if (slots[i] >= 0) g_assert_true(evict_ring_holds(r, n, slots[i]));
        }
        g_assert_cmpint(kept, ==, evict_ring_kept(r, n));
        g_assert_cmpint(kept, ==, evict_ring_kept_counted(r, n));
        for (int64_t p = 0; p < n; p++) {
            bool held = evict_ring_holds(r, n, p);
            g_assert_cmpint(evict_ring_rank(r, n, p), ==, held ? ranked : -1);
            ranked += held;
        }
        g_assert_cmpint(evict_ring_position(r, n, size), ==, -1);
        g_assert_cmpint(evict_ring_position(r, n, -1), ==, -1);
    }
}

static void test_ring(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(SEED);
    for (int i = 0; i < 150; i++) {
        struct evict_ring r = { i % 3 ? g_rand_int_range(rand, 0, 20) : 0, g_rand_int_range(rand, 1, 60) };
        play_ring(&r, g_rand_int_range(rand, 1, MOST));
    }
}

/* --- heavy hitters --- */

/* Positions 0 to 4, two heavy and one recent. 1 and 2 are equal when the fourth comes: the older stays. */
static void test_heavy_by_hand(void)
{
    struct evict_heavy *h = evict_heavy_new(2, 1);
    const float rows[][5] = { { 1 }, { .5f, .5f }, { .5f, 0, .5f }, { .5f, 0, 0, .5f }, { 0, .25f, 9, .25f, .5f } };
    const int64_t evicted[] = { -1, -1, -1, 2, 3 };
    for (int i = 0; i < 5; i++) g_assert_cmpint(evict_heavy_step(h, rows[i]), ==, evicted[i]);
    int64_t n;
    const struct evict_held *held = evict_heavy_held(h, &n);
    g_assert_cmpint(n, ==, 3);
    g_assert_cmpint(held[0].position, ==, 0);
    g_assert_cmpfloat(held[0].score, ==, 2.5);
    g_assert_cmpint(held[1].position, ==, 1);
    g_assert_cmpfloat(held[1].score, ==, .75);
    g_assert_cmpint(held[2].position, ==, 4);
    struct evict_heavy_counts c = evict_heavy_counts(h);
    g_assert_cmpint(c.evicted, ==, 2);
    g_assert_cmpfloat(c.attention, ==, 5); /* the 9 went to a position that is gone */
    evict_heavy_free(h);
    evict_heavy_free(NULL);
}

struct slow { bool gone[MOST]; double sum[MOST]; };

/* Whom the rule names, by looking at all positions: fewest points, and of equals the newest. */
static int64_t slow_step(struct slow *s, int64_t heavy, int64_t recent, int64_t n, const float *row)
{
    int64_t held = 0, loser = -1;
    for (int64_t p = 0; p <= n; p++) {
        if (s->gone[p]) continue;
        s->sum[p] += row[p];
        held++;
    }
    if (held <= heavy + recent) return -1;
    for (int64_t p = 0, newer = held - 1; p <= n; p++) {
        if (s->gone[p]) continue;
        if (newer-- < recent) break;
        if (loser < 0 || s->sum[p] < s->sum[loser] || (s->sum[p] == s->sum[loser] && p > loser)) loser = p;
    }
    s->gone[loser] = true;
    return loser;
}

/* Coarse scores make ties common. */
static void random_row(GRand *rand, float *row, int64_t n, int levels)
{
    for (int64_t p = 0; p <= n; p++) row[p] = (float)g_rand_int_range(rand, 0, levels) / 8;
}

static void play_heavy(GRand *rand, int64_t heavy, int64_t recent, int64_t steps, int levels)
{
    struct evict_heavy *h = evict_heavy_new(heavy, recent);
    struct slow s = { { false }, { 0 } };
    double attention = 0;
    for (int64_t n = 0; n < steps; n++) {
        float row[MOST];
        random_row(rand, row, n, levels);
        for (int64_t p = 0; p <= n; p++) attention += s.gone[p] ? 0 : row[p];
        g_assert_cmpint(evict_heavy_step(h, row), ==, slow_step(&s, heavy, recent, n, row));
        int64_t kept, i = 0;
        const struct evict_held *held = evict_heavy_held(h, &kept);
        for (int64_t p = 0; p <= n; p++) {
            if (s.gone[p]) {
                g_assert_cmpint(p, <=, n - recent); /* the recent ones are all there */
                continue;
            }
            g_assert_cmpint(held[i].position, ==, p);
            g_assert_cmpfloat(held[i++].score, ==, s.sum[p]);
        }
        g_assert_cmpint(kept, ==, i);
        g_assert_cmpint(kept, ==, evict_heavy_kept(heavy, recent, n + 1));
        struct evict_heavy_counts c = evict_heavy_counts(h);
        g_assert_cmpint(c.kept, ==, kept);
        g_assert_cmpint(c.steps, ==, c.kept + c.evicted);
        g_assert_cmpfloat(c.attention, ==, attention);
    }
    evict_heavy_free(h);
}

static void test_heavy(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(SEED);
    for (int i = 0; i < 150; i++)
        play_heavy(rand, i % 4 ? g_rand_int_range(rand, 0, 30) : 0, g_rand_int_range(rand, 1, 20),
                   g_rand_int_range(rand, 1, MOST), g_rand_int_range(rand, 1, 9));
}

/* Without heavy hitters the newest are held, which is a window; and where only the first positions are looked at, they
 * are the heavy ones, so these are sinks. */
static void test_heavy_is_ring(void)
{
    struct evict_ring window = { 0, 16 }, sinks = { 4, 16 };
    struct evict_heavy *h = evict_heavy_new(0, 16), *s = evict_heavy_new(4, 16);
    for (int64_t n = 0; n < MOST; n++) {
        float row[MOST] = { 1, 1, 1, 1 };
        g_assert_cmpint(evict_heavy_step(h, row), ==, evict_ring_evicted(&window, n + 1));
        g_assert_cmpint(evict_heavy_step(s, row), ==, evict_ring_evicted(&sinks, n + 1));
    }
    evict_heavy_free(h);
    evict_heavy_free(s);
}

/* A budget that has been full for long: each step evicts one. */
static void test_heavy_many(void)
{
    enum { STEPS = 100000, BUDGET = 256 };
    g_autoptr(GRand) rand = g_rand_new_with_seed(SEED);
    g_autofree float *row = g_new(float, STEPS);
    for (int i = 0; i < STEPS; i++) row[i] = (float)g_rand_double(rand);
    struct evict_heavy *h = evict_heavy_new(BUDGET / 2, BUDGET / 2);
    int64_t sum = 0;
    for (int i = 0; i < STEPS; i++) sum += evict_heavy_step(h, row) >= 0;
    g_assert_cmpint(sum, ==, STEPS - BUDGET);
    evict_heavy_free(h);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/evict/ring/by-hand", test_ring_by_hand);
    g_test_add_func("/evict/ring/of-paper", test_ring_of_paper);
    g_test_add_func("/evict/ring/large", test_ring_large);
    g_test_add_func("/evict/ring/against-memory", test_ring);
    g_test_add_func("/evict/heavy/by-hand", test_heavy_by_hand);
    g_test_add_func("/evict/heavy/against-all", test_heavy);
    g_test_add_func("/evict/heavy/is-ring", test_heavy_is_ring);
    g_test_add_func("/evict/heavy/many", test_heavy_many);
    return g_test_run();
}
