/* Prefix cache against a list of all prompts seen, which is right while nothing was evicted, and its laws beyond. */
#include "serve/prefix.h"

#include <string.h>

enum { SEED = 2309, STEPS = 3000, SIZE = 4, LONGEST = 30, MOST = 6 };

static void test_known_numbers(void)
{
    struct prefix *c = prefix_new(16, 16);
    struct facts *f = facts_new();
    int32_t tokens[64];
    int64_t hit;
    double value;
    for (int i = 0; i < 64; i++) tokens[i] = i;
    int a = prefix_admit(c, tokens, 64, &hit);
    g_assert_cmpint(hit, ==, 0);
    int b = prefix_admit(c, tokens, 64, &hit);
    g_assert_cmpint(hit, ==, 48);
    g_assert_cmpint(pages_count(prefix_pages(c)).used, ==, 4); /* the fourth, computed twice, is kept once */
    prefix_close(c, a);
    g_assert_cmpint(prefix_count(c).idle, ==, 0);
    prefix_close(c, b);
    g_assert_cmpint(prefix_count(c).idle, ==, 4);
    g_assert_cmpint(prefix_match(c, tokens, 16), ==, 0); /* its last token is always computed */
    g_assert_cmpint(prefix_match(c, tokens, 17), ==, 16);
    prefix_facts(c, f);
    for (int i = 0; i < facts_count(f); i++)
        if (facts_at(f, i)->formula)
            g_assert_true(facts_evaluate(f, i, &value) && facts_agree(f, i, value));
    facts_free(f);
    prefix_free(c);
}

/* The end of a chain goes before its beginning. */
static void test_deepest_first(void)
{
    struct prefix *c = prefix_new(4, 2);
    const int32_t one[] = { 1, 2, 3, 4, 5, 6, 7 }, two[] = { 9, 9, 9 };
    prefix_close(c, prefix_admit(c, one, 7, NULL)); /* three full blocks stay */
    prefix_close(c, prefix_admit(c, two, 3, NULL)); /* needs two: one is free */
    g_assert_cmpint(prefix_count(c).evictions, ==, 1);
    g_assert_cmpint(prefix_match(c, one, 7), ==, 4);
    prefix_free(c);
}

static int64_t longest(GPtrArray *seen, const int32_t *tokens, int64_t n)
{
    int64_t best = 0;
    for (guint s = 0; s < seen->len; s++) {
        const GArray *old = g_ptr_array_index(seen, s);
        int64_t common = 0;
        while (common < n && common < old->len && g_array_index(old, int32_t, common) == tokens[common]) common++;
        best = MAX(best, MIN(common, n - 1) / SIZE * SIZE);
    }
    return best;
}

static void run_random(int32_t blocks, bool roomy)
{
    GRand *rand = g_rand_new_with_seed(SEED);
    GPtrArray *seen = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);
    struct prefix *c = prefix_new(blocks, SIZE);
    int open[MOST];
    memset(open, -1, sizeof open);
    for (int step = 0; step < STEPS / (roomy ? 4 : 1); step++) {
        int i = g_rand_int_range(rand, 0, MOST);
        int32_t tokens[LONGEST];
        int64_t n = g_rand_int_range(rand, 1, LONGEST + 1), hit = -1;
        for (int64_t t = 0; t < n; t++) tokens[t] = g_rand_int_range(rand, 0, 8) == 0;
        if (open[i] >= 0) prefix_close(c, open[i]);
        int64_t bound = longest(seen, tokens, n);
        open[i] = prefix_admit(c, tokens, n, &hit);
        if (roomy) g_assert_cmpint(hit, ==, bound);
        else g_assert_cmpint(hit, <=, bound);
        GArray *copy = g_array_new(FALSE, FALSE, sizeof(int32_t));
        g_ptr_array_add(seen, g_array_append_vals(copy, tokens, (guint)n));
        g_assert_null(prefix_fault(c));
    }
    g_assert_cmpint(prefix_count(c).evictions > 0, ==, !roomy);
    g_assert_cmpint(prefix_count(c).hits, >, 0);
    prefix_free(c);
    g_ptr_array_unref(seen);
    g_rand_free(rand);
}

static void test_roomy(void) { run_random(8000, true); }
static void test_tight(void) { run_random(40, false); }

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/prefix/known-numbers", test_known_numbers);
    g_test_add_func("/prefix/deepest-first", test_deepest_first);
    g_test_add_func("/prefix/roomy", test_roomy);
    g_test_add_func("/prefix/tight", test_tight);
    return g_test_run();
}
