/* Paged allocation against a reference that keeps, for every sequence, the list of what it wrote. */
#include "serve/pages.h"

enum { SEED = 2309, STEPS = 4000, MOST = 24 };

static void test_known_numbers(void)
{
    const int64_t lengths[] = { 213, 97, 330, 150 };
    struct pages *p = pages_new(64, 16);
    struct facts *f = facts_new();
    double value;
    for (int i = 0; i < 4; i++) g_assert_true(pages_append(p, pages_open(p), lengths[i]));
    struct pages_counts c = pages_count(p);
    g_assert_cmpint(c.used, ==, 52);
    g_assert_cmpint(c.stored, ==, 790);
    g_assert_cmpint(c.waste, ==, 42);
    pages_facts(p, f);
    for (int i = 0; i < facts_count(f); i++)
        if (facts_at(f, i)->formula)
            g_assert_true(facts_evaluate(f, i, &value) && facts_agree(f, i, value));
    facts_free(f);
    pages_free(p);
}

static void test_copy_on_write(void)
{
    struct pages *p = pages_new(4, 16);
    int a = pages_open(p);
    g_assert_true(pages_append(p, a, 20));
    int b = pages_fork(p, a);
    g_assert_cmpint(pages_count(p).used, ==, 2);
    g_assert_true(pages_append(p, b, 1));
    g_assert_cmpint(pages_count(p).copies, ==, 1);
    g_assert_true(pages_append(p, a, 1)); /* alone again: no copy */
    g_assert_cmpint(pages_count(p).copies, ==, 1);
    g_assert_cmpint(pages_slot(p, a, 5), ==, pages_slot(p, b, 5));
    g_assert_cmpint(pages_slot(p, a, 17), !=, pages_slot(p, b, 17));
    g_assert_cmpint(pages_slot(p, a, 21), ==, -1);
    int owners[4];
    const int32_t *table;
    pages_blocks(p, a, &table);
    g_assert_cmpint(pages_owners(p, table[0], owners, 4), ==, 2);
    g_assert_cmpint(owners[1], ==, b);
    g_assert_false(pages_append(p, a, 60)); /* nothing half done */
    g_assert_cmpint(pages_length(p, a), ==, 21);
    g_assert_false(pages_append(p, a, INT64_MAX));
    g_assert_null(pages_fault(p));
    pages_free(p);
}

/* The reference: each token has a name; memory holds names; a sequence reads its own names back through its slots. */
static void write_names(struct pages *p, int id, GArray *mine, int64_t n, int64_t *memory, int64_t *name,
                        int64_t from_old)
{
    for (int64_t i = 0; i < n; i++) {
        ++*name;
        g_array_append_val(mine, *name);
    }
    for (int64_t t = from_old; t < (int64_t)mine->len; t++) /* a copied block is copied with its content */
        memory[pages_slot(p, id, t)] = g_array_index(mine, int64_t, t);
}

static void test_random(void)
{
    GRand *rand = g_rand_new_with_seed(SEED);
    struct pages *p = pages_new(60, 5);
    int64_t memory[300] = { 0 }, name = 0, refused = 0;
    GArray *names[MOST] = { NULL };
    for (int step = 0; step < STEPS; step++) {
        int id = g_rand_int_range(rand, 0, MOST), what = g_rand_int_range(rand, 0, 10);
        if (!names[id]) {
            int made = pages_open(p);
            if (made >= MOST) {
                pages_close(p, made);
                continue;
            }
            names[made] = g_array_new(FALSE, FALSE, sizeof(int64_t));
        } else if (what == 0) {
            pages_close(p, id);
            g_array_free(g_steal_pointer(&names[id]), TRUE);
        } else if (what == 1) {
            int made = pages_fork(p, id);
            if (made >= MOST) pages_close(p, made);
            else names[made] = g_array_copy(names[id]);
        } else {
            int64_t n = g_rand_int_range(rand, 0, 13), old = pages_length(p, id);
            if (pages_append(p, id, n)) write_names(p, id, names[id], n, memory, &name, n ? old - old % 5 : old);
            else refused++;
        }
        g_assert_null(pages_fault(p));
        for (int s = 0; s < MOST; s++)
            for (guint t = 0; names[s] && t < names[s]->len; t++)
                g_assert_cmpint(memory[pages_slot(p, s, t)], ==, g_array_index(names[s], int64_t, t));
    }
    g_assert_cmpint(refused, >, 0);
    g_assert_cmpint(pages_count(p).refused, ==, refused);
    g_assert_cmpint(pages_count(p).copies, >, 0);
    for (int s = 0; s < MOST; s++)
        if (names[s]) {
            pages_close(p, s);
            g_array_free(names[s], TRUE);
        }
    g_assert_cmpint(pages_count(p).used, ==, 0);
    pages_free(p);
    g_rand_free(rand);
}

/* Many sequences at once: the closed form of each sums to the counter. */
static void test_many(void)
{
    GRand *rand = g_rand_new_with_seed(SEED);
    struct pages *p = pages_new(4000000, 16);
    int64_t blocks = 0;
    for (int i = 0; i < 100000; i++) {
        int64_t n = g_rand_int_range(rand, 1, 600);
        blocks += pages_needed(n, 16);
        g_assert_true(pages_append(p, pages_open(p), n));
    }
    g_assert_cmpint(pages_count(p).used, ==, blocks);
    g_assert_null(pages_fault(p));
    pages_free(p);
    g_rand_free(rand);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pages/known-numbers", test_known_numbers);
    g_test_add_func("/pages/copy-on-write", test_copy_on_write);
    g_test_add_func("/pages/random", test_random);
    g_test_add_func("/pages/many", test_many);
    return g_test_run();
}
