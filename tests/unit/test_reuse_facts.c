/* The facts of caches that share, move and forget: each formula gives its value again, and each id is there. */
#include "serve/reuse_facts.h"

#include <glib.h>

enum { SEED = 20231207 };

static const struct fact *fact_of(const struct facts *f, const char *id)
{
    int index = facts_find(f, id);
    if (index < 0) g_error("there is no fact %s", id);
    return facts_at(f, index);
}

/* Returns how many facts were computed again. */
static int recompute_all(const struct facts *f)
{
    int computed = 0;
    for (int i = 0; i < facts_count(f); i++) {
        const struct fact *fact = facts_at(f, i);
        g_assert_true(fact->formula || fact->source);
        if (!fact->formula || fact->kind == FACT_UNKNOWN) continue;
        double value;
        if (!facts_evaluate(f, i, &value)) g_error("%s: %s is no formula", fact->id, fact->formula);
        if (!facts_agree(f, i, value)) g_error("%s: %.17g, not %.17g", fact->id, fact->r, value);
        computed++;
    }
    return computed;
}

static void test_radix(void)
{
    struct facts *f = facts_new();
    struct radix *t = radix_new(8);
    reuse_facts_radix(t, "test", f);
    g_assert_cmpint(fact_of(f, "radix.hit_share")->kind, ==, FACT_UNKNOWN); /* nobody asked */
    const int32_t a[] = { 1, 2, 3, 4, 5 }, b[] = { 1, 2, 3, 9, 9, 9, 9, 9 };
    radix_match(t, a, 5);
    radix_insert(t, a, 5);
    struct radix_hit hit = radix_match(t, b, 8);
    radix_lock(t, hit.node);
    radix_insert(t, b, 8); /* 4 5 make room */
    reuse_facts_radix(t, "test", f);
    g_assert_cmpfloat(fact_of(f, "radix.hit_share")->r, ==, 3.0 / 13);
    g_assert_cmpint(fact_of(f, "radix.tokens")->i, ==, radix_counts(t).tokens);
    g_assert_cmpint(fact_of(f, "radix.evicted_tokens")->i, ==, 2);
    g_assert_cmpint(fact_of(f, "radix.evictable_tokens")->i, ==, 5);
    g_assert_cmpfloat(fact_of(f, "radix.used_share")->r, ==, 1);
    g_assert_cmpstr(fact_of(f, "radix.capacity")->source, ==, "test");
    g_assert_cmpint(recompute_all(f), ==, 5);
    radix_free(t);
    facts_free(f);
}

static void test_tiers(void)
{
    const struct tier tiers[] = { { "hbm", 2, 0, 0 }, { "host", 1, 50000000000, 10000 },
                                  { "disk", 1, 2000000000, 80000 } };
    struct facts *f = facts_new();
    struct tiers *t = tiers_new(tiers, 3, 2097152);
    tiers_use(t, (const int64_t[]){ 1, 2, 3, 4, 5, 2 }, 6);
    reuse_facts_tiers(t, "test", UNIT_BYTES, f);
    for (int i = 1; i < 3; i++) {
        struct tier_counts c = tiers_counts_of(t, i);
        g_autofree char *up = g_strdup_printf("tiers.%s.bytes_up", tiers[i].name);
        g_autofree char *down = g_strdup_printf("tiers.%s.time_down", tiers[i].name);
        g_assert_cmpint(fact_of(f, up)->i, ==, c.blocks_up * 2097152);
        g_assert_cmpfloat(fact_of(f, down)->r, ==, (double)c.down_ns * 1e-9);
    }
    g_assert_cmpint(fact_of(f, "tiers.host.bytes_up")->i, ==, 2097152); /* from the disk, through the host */
    g_assert_cmpint(fact_of(f, "tiers.disk.hits")->i, ==, 1);
    g_assert_cmpfloat(fact_of(f, "tiers.hit_share")->r, ==, 1.0 / 6);
    g_assert_cmpint(fact_of(f, "tiers.dropped")->i, ==, 1);
    g_assert_cmpint(facts_find(f, "tiers.hbm.bytes_up"), ==, -1); /* no road leads up from the top */
    g_assert_cmpint(recompute_all(f), ==, 3 + 3 * 2 + 2 * 2);
    tiers_free(t);
    facts_free(f);
}

static void test_large_times(void)
{
    const struct tier tiers[] = { { "hbm", 1, 0, 0 }, { "tape", 4, 1, 5 } };
    struct facts *f = facts_new();
    struct tiers *t = tiers_new(tiers, 2, 5000000000);
    tiers_use(t, (const int64_t[]){ 1, 2, 3 }, 3);
    reuse_facts_tiers(t, "test", UNIT_BYTES_DECIMAL, f);
    g_assert_cmpint(fact_of(f, "tiers.tape.time_down")->kind, ==, FACT_UNKNOWN);
    g_assert_cmpint(fact_of(f, "tiers.tape.bytes_down")->i, ==, 10000000000);
    tiers_free(t);
    facts_free(f);
}

static void test_break_even(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(SEED);
    struct facts *f = facts_new();
    for (int i = 0; i < 2000; i++) {
        struct tier_load l = { g_rand_int_range(rand, 0, 20000) * INT64_C(1000),
                               g_rand_int_range(rand, 1, 100) * INT64_C(1000000000),
                               g_rand_int_range(rand, 1, 400) * INT64_C(1024), g_rand_int_range(rand, 1, 200000) };
        int index = reuse_facts_break_even("host", &l, "test", UNIT_BYTES, f);
        int64_t tokens = tier_break_even(&l);
        if (tokens < 0) g_assert_cmpint(facts_at(f, index)->kind, ==, FACT_UNKNOWN);
        else {
            g_assert_cmpint(facts_at(f, index)->i, ==, tokens);
            g_assert_cmpint(recompute_all(f), ==, 1);
        }
    }
    facts_free(f);
}

static void test_ring(void)
{
    struct facts *f = facts_new();
    int positions = facts_leaf(f, "story.positions", 70000, UNIT_TOKENS, "test");
    int kept = reuse_facts_ring(&(struct evict_ring){ 4, 1020 }, positions, "test", f);
    g_assert_cmpint(facts_at(f, kept)->i, ==, 1024);
    g_assert_cmpint(fact_of(f, "evict.evicted")->i, ==, 70000 - 1024);
    g_assert_cmpint(recompute_all(f), ==, 4);
    facts_free(f);
}

static void test_heavy(void)
{
    struct facts *f = facts_new();
    struct evict_heavy *h = evict_heavy_new(1, 1);
    const float rows[][3] = { { 1 }, { .75f, .25f }, { .5f, .25f, .25f } };
    for (int i = 0; i < 3; i++) evict_heavy_step(h, rows[i]);
    int kept = reuse_facts_heavy(h, "test", f);
    g_assert_cmpint(facts_at(f, kept)->i, ==, 2);
    g_assert_cmpint(fact_of(f, "evict.evicted")->i, ==, evict_heavy_counts(h).evicted);
    g_assert_cmpfloat(fact_of(f, "evict.attention_share")->r, ==, 1);
    g_assert_cmpint(recompute_all(f), ==, 5);
    evict_heavy_free(h);
    facts_free(f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/reuse-facts/radix", test_radix);
    g_test_add_func("/reuse-facts/tiers", test_tiers);
    g_test_add_func("/reuse-facts/large-times", test_large_times);
    g_test_add_func("/reuse-facts/break-even", test_break_even);
    g_test_add_func("/reuse-facts/ring", test_ring);
    g_test_add_func("/reuse-facts/heavy", test_heavy);
    return g_test_run();
}
