/* Radix tree against a list of all sequences seen, which is right while nothing was evicted, and its laws beyond. */
#include "serve/radix.h"

enum { SEED = 2312, STEPS = 3000, LONGEST = 20, MOST = 6 };

static void test_split(void)
{
    const int32_t a[] = { 1, 2, 3, 4 }, b[] = { 1, 2, 5 };
    struct radix *r = radix_new(6);
    struct facts *f = facts_new();
    int64_t hit;
    double value;
    struct radix_node *first = radix_insert(r, a, 4, &hit);
    g_assert_cmpint(hit, ==, 0);
    radix_release(r, radix_insert(r, b, 3, &hit));
    g_assert_cmpint(hit, ==, 2);
    g_assert_cmpint(radix_count(r).stored, ==, 5);
    g_assert_cmpint(first->start, ==, 2); /* the lower half */
    g_assert_cmpint(first->parent->users, ==, 1);
    const int32_t other[] = { 7, 8, 9 };
    g_assert_null(radix_insert(r, other, 3, NULL)); /* 1 2 3 4 is locked: room for two */
    g_assert_cmpint(radix_match(r, b, 3), ==, 3);   /* and nothing went */
    radix_release(r, radix_insert(r, other, 2, NULL));
    g_assert_cmpint(radix_match(r, b, 3), ==, 2);
    radix_release(r, first);
    g_assert_null(radix_fault(r));
    radix_facts(r, f);
    g_assert_true(facts_evaluate(f, facts_find(f, "radix.hit_share"), &value));
    g_assert_true(facts_agree(f, facts_find(f, "radix.hit_share"), value));
    facts_free(f);
    radix_free(r);
}

static int64_t longest(GPtrArray *seen, const int32_t *tokens, int64_t n)
{
    int64_t best = 0;
    for (guint s = 0; s < seen->len; s++) {
        const GArray *old = g_ptr_array_index(seen, s);
        int64_t i = 0;
        while (i < n && i < old->len && g_array_index(old, int32_t, i) == tokens[i]) i++;
        best = MAX(best, i);
    }
    return best;
}

static void run_random(int64_t capacity, int steps, bool roomy)
{
    GRand *rand = g_rand_new_with_seed(SEED);
    GPtrArray *seen = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);
    struct radix *r = radix_new(capacity);
    struct radix_node *open[MOST] = { NULL };
    for (int step = 0; step < steps; step++) {
        int i = g_rand_int_range(rand, 0, MOST);
        int32_t tokens[LONGEST];
        int64_t n = g_rand_int_range(rand, 1, LONGEST + 1), hit = 0;
        for (int64_t t = 0; t < n; t++) tokens[t] = g_rand_int_range(rand, 0, 6) == 0;
        if (open[i]) radix_release(r, open[i]);
        int64_t bound = longest(seen, tokens, n), match = radix_match(r, tokens, n);
        open[i] = radix_insert(r, tokens, n, &hit);
        if (roomy) g_assert_cmpint(match, ==, bound);
        else g_assert_cmpint(match, <=, bound);
        if (open[i]) {
            g_assert_cmpint(hit, ==, match);
            g_assert_cmpint(radix_match(r, tokens, n), ==, n);
        }
        GArray *copy = g_array_new(FALSE, FALSE, sizeof(int32_t));
        g_ptr_array_add(seen, g_array_append_vals(copy, tokens, (guint)n));
        g_assert_null(radix_fault(r));
    }
    g_assert_cmpint(radix_count(r).evicted > 0, ==, !roomy);
    radix_free(r);
    g_ptr_array_unref(seen);
    g_rand_free(rand);
}

static void test_roomy(void) { run_random(100000, STEPS / 4, true); }
static void test_tight(void) { run_random(90, STEPS, false); }

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/radix/split", test_split);
    g_test_add_func("/radix/roomy", test_roomy);
    g_test_add_func("/radix/tight", test_tight);
    return g_test_run();
}
