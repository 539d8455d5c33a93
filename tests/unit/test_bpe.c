/* Joining on ids: the order of merges against a slow reference, and the pairs looked at in words that are long. */
#include "tok/bpe.h"

#include <string.h>

enum { LETTERS = 4, MERGES = 40, LONGEST = 24, WORDS = 3000, LONG_WORD = 100000 };

struct rule { int left, right, joint; };

/* The definition: of all pairs the one of lowest rank, the leftmost of equals, is joined, until there is none. */
static int join_slowly(const struct rule *rules, int *ids, int n)
{
    for (;;) {
        int best = MERGES, at = -1;
        for (int i = 0; i + 1 < n; i++)
            for (int r = 0; r < best; r++)
                if (rules[r].left == ids[i] && rules[r].right == ids[i + 1]) {
                    best = r;
                    at = i;
                }
        if (at < 0)
            return n;
        ids[at] = rules[best].joint;
        memmove(ids + at + 1, ids + at + 2, sizeof *ids * (size_t)(n - at - 2));
        n--;
    }
}

/* Rules as a training would leave them: each pair once, of letters and joints that are there already. */
static struct bpe *make_rules(GRand *rand, struct rule *rules)
{
    struct bpe *b = bpe_new();
    for (int r = 0; r < MERGES; r++) {
        gboolean known = TRUE;
        while (known) {
            rules[r] = (struct rule){ g_rand_int_range(rand, 0, LETTERS + r), g_rand_int_range(rand, 0, LETTERS + r),
                                      LETTERS + r };
            known = FALSE;
            for (int k = 0; k < r; k++)
                known |= rules[k].left == rules[r].left && rules[k].right == rules[r].right;
        }
        bpe_add(b, rules[r].left, rules[r].right, rules[r].joint);
    }
    g_assert_cmpint(bpe_merges(b), ==, MERGES);
    return b;
}

static void test_order(void)
{
    GRand *rand = g_rand_new_with_seed(5);
    int joined = 0;
    for (int round = 0; round < WORDS; round++) {
        struct rule rules[MERGES];
        struct bpe *b = make_rules(rand, rules);
        int n = g_rand_int_range(rand, 0, LONGEST + 1), ids[LONGEST], want[LONGEST];
        for (int i = 0; i < n; i++)
            ids[i] = want[i] = g_rand_int_range(rand, 0, LETTERS);
        int left = join_slowly(rules, want, n);
        joined += n - left;
        g_assert_cmpint(bpe_join(b, ids, n, NULL), ==, left);
        g_assert_cmpmem(ids, sizeof *ids * (size_t)left, want, sizeof *want * (size_t)left);
        bpe_free(b);
    }
    g_assert_cmpint(joined, >, WORDS); /* else the words tested nothing */
    g_rand_free(rand);
}

/* Of a pair added twice the later rank and joint hold. */
static void test_twice(void)
{
    struct bpe *b = bpe_new();
    bpe_add(b, 0, 1, 2);
    bpe_add(b, 1, 1, 3);
    bpe_add(b, 0, 1, 4);
    int ids[] = { 0, 1, 1 }, other[] = { 0, 1 };
    g_assert_cmpint(bpe_join(b, ids, 3, NULL), ==, 2);
    g_assert_cmpint(ids[0], ==, 0);
    g_assert_cmpint(ids[1], ==, 3);
    g_assert_cmpint(bpe_join(b, other, 2, NULL), ==, 1);
    g_assert_cmpint(other[0], ==, 4);
    bpe_free(b);
}

/* A word of 100,000 letters, all equal or of four kinds: no more than three looks for a letter. */
static void test_long_word(void)
{
    GRand *rand = g_rand_new_with_seed(6);
    struct rule rules[MERGES];
    struct bpe *doubling = bpe_new(), *b = make_rules(rand, rules);
    g_autofree int *ids = g_new0(int, LONG_WORD);
    gint64 looked = 0;

    for (int i = 0; i < 16; i++)
        bpe_add(doubling, i, i, i + 1);
    /* 65,536 + 32,768 + 1,024 + 512 + 128 + 32 */
    g_assert_cmpint(bpe_join(doubling, ids, LONG_WORD, &looked), ==, 6);
    g_assert_cmpint(looked, <=, 3 * LONG_WORD);
    for (int i = 0; i < LONG_WORD; i++)
        ids[i] = g_rand_int_range(rand, 0, LETTERS);
    looked = 0;
    g_assert_cmpint(bpe_join(b, ids, LONG_WORD, &looked), <, LONG_WORD);
    g_assert_cmpint(looked, >=, LONG_WORD - 1);
    g_assert_cmpint(looked, <=, 3 * LONG_WORD);
    bpe_free(doubling);
    bpe_free(b);
    g_rand_free(rand);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/bpe/order", test_order);
    g_test_add_func("/bpe/twice", test_twice);
    g_test_add_func("/bpe/long-word", test_long_word);
    return g_test_run();
}
