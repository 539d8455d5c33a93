/* Contiguous regions against a slow memory that marks every slot, and strategies against the allocators themselves. */
#include "serve/holes.h"
#include "serve/pages.h"
#include "serve/reserve.h"

#include <glib.h>
#include <string.h>

enum { ROUNDS = 60, STEPS = 250, SEED = 19650701 };

static void test_known_numbers(void)
{
    const int64_t lengths[] = { 213, 97, 330, 150 };
    const struct reserve_use expected[] = { { 2048, 790, 1258 }, { 1152, 790, 362 }, { 832, 790, 42 },
                                            { 790, 790, 0 } };
    struct reserve_use out[RESERVE_STRATEGIES];
    g_assert_true(reserve_compare(lengths, 4, 512, 16, out));
    g_assert_cmpmem(out, sizeof out, expected, sizeof expected);
}

/* Three regions, the middle one given back: half of the memory is free, and a region of half of it finds no place. */
static void test_fragments(void)
{
    struct reserve *r = reserve_new(100, RESERVE_FIRST_FIT);
    int32_t a = reserve_take(r, 25, 10), b = reserve_take(r, 25, 25), c = reserve_take(r, 25, 0);
    g_assert_cmpint(a, >=, 0);
    g_assert_cmpint(c, >=, 0);
    reserve_give(r, b);
    g_assert_cmpint(reserve_counters(r)->holes, ==, 2);
    g_assert_cmpint(reserve_largest_hole(r), ==, 25);
    g_assert_cmpint(reserve_take(r, 50, 1), ==, -1);
    g_assert_cmpint(reserve_counters(r)->fragmented, ==, 1);
    g_assert_cmpint(reserve_too_small(r, 50), ==, 50);
    g_assert_cmpint(reserve_too_small(r, 25), ==, 0);
    g_assert_cmpint(reserve_take(r, 51, 1), ==, -1);
    g_assert_cmpint(reserve_counters(r)->fragmented, ==, 1);
    g_assert_true(reserve_append(r, a, 4));
    g_assert_false(reserve_append(r, a, 7));
    g_assert_false(reserve_append(r, a, -1));
    g_assert_cmpint(reserve_counters(r)->used, ==, 4);
    g_assert_cmpint(reserve_counters(r)->to_come, ==, 6);
    g_assert_cmpint(reserve_counters(r)->never, ==, 15 + 25);
    g_assert_null(reserve_fault(r));
    reserve_free(r);
    reserve_free(NULL);
    g_assert_null(reserve_new(0, RESERVE_BUDDY));
}

static void test_overflow(void)
{
    struct reserve_use out[RESERVE_STRATEGIES];
    int64_t half = INT64_MAX / 2 + 1;
    g_assert_false(reserve_compare((int64_t[]){ half, half }, 2, half, 1, out));
    g_assert_false(reserve_compare((int64_t[]){ half + 1 }, 1, INT64_MAX, 1, out));         /* no such power of two */
    g_assert_true(reserve_compare((int64_t[]){ 1 }, 1, 1, INT64_MAX, out));
    g_assert_false(reserve_compare((int64_t[]){ 1, 1 }, 2, 1, INT64_MAX, out));
    g_assert_false(reserve_compare((int64_t[]){ 1, 9 }, 2, 8, 1, out));
    g_assert_false(reserve_compare((int64_t[]){ 0 }, 1, 8, 1, out));
    g_assert_false(reserve_compare((int64_t[]){ 1 }, 1, 8, 0, out));
    struct reserve *r = reserve_new(INT64_MAX, RESERVE_BUDDY);
    g_assert_cmpint(reserve_take(r, half + 1, 1), ==, -1);
    int32_t a = reserve_take(r, half - 1, half - 1);
    g_assert_true(reserve_append(r, a, half - 1));
    g_assert_cmpint(reserve_counters(r)->taken, ==, half);
    g_assert_null(reserve_fault(r));
    reserve_free(r);
}

/* --- against a memory of marked slots --- */

enum { MOST = 300 };
/* marks: 0 free, else a region's number */
struct slow { int64_t slots; int32_t marks[MOST]; enum reserve_placement placement; };

static int64_t free_run(const struct slow *s, int64_t i)
{
    int64_t n = 0;
    while (i + n < s->slots && !s->marks[i + n]) n++;
    return n;
}

static bool is_free(const struct slow *s, int64_t i, int64_t n)
{
    return i + n <= s->slots && free_run(s, i) >= n;
}

/* The free buddy block that holds slot i: the largest aligned power of two around it that is free and inside. */
static int64_t buddy_block(const struct slow *s, int64_t i, int64_t *begin)
{
    int64_t size = 0;
    for (int64_t p = 1; p <= s->slots; p *= 2)
        if (is_free(s, i / p * p, p)) size = p;
    *begin = size ? i / size * size : i;
    return size;
}

/* Where a region has to go, -1: nowhere. */
static int64_t place(const struct slow *s, int64_t slots)
{
    int64_t best = -1, best_size = INT64_MAX;
    for (int64_t i = 0; i < s->slots;) {
        int64_t begin = i, size = s->placement == RESERVE_BUDDY ? buddy_block(s, i, &begin) : free_run(s, i);
        if (size >= slots && size < best_size) {
            best = begin;
            best_size = s->placement == RESERVE_FIRST_FIT ? 0 : size;
        }
        i = begin + MAX(size, 1);
    }
    return best;
}

static void mark(struct slow *s, int64_t begin, int64_t slots, int32_t what)
{
    for (int64_t i = 0; i < slots; i++) {
        g_assert_true(!s->marks[begin + i] != !what);
        s->marks[begin + i] = what;
    }
}

static struct reserve_region region(const struct reserve *r, int32_t id)
{
    int32_t cursor = 0;
    struct reserve_region out;
    while (reserve_next(r, &cursor, &out))
        if (out.id == id) return out;
    g_assert_not_reached();
}

static void look(const struct reserve *r, const struct slow *s)
{
    int64_t taken = 0, longest = 0, small = 0, too_small_for = s->slots / 5 + 1;
    g_assert_cmpstr(reserve_fault(r), ==, NULL);
    for (int64_t i = 0; i < s->slots; i++) taken += s->marks[i] != 0;
    for (int64_t i = 0; i < s->slots;) {
        int64_t begin = i, n = s->placement == RESERVE_BUDDY ? buddy_block(s, i, &begin) : free_run(s, i);
        longest = MAX(longest, n);
        small += n < too_small_for ? n : 0;
        i += MAX(n, 1);
    }
    g_assert_cmpint(reserve_counters(r)->taken, ==, taken);
    g_assert_cmpint(reserve_largest_hole(r), ==, longest);
    g_assert_cmpint(reserve_too_small(r, too_small_for), ==, small);
}

static void take(struct reserve *r, struct slow *s, GRand *rand, GArray *ids)
{
    int64_t asked = g_rand_int_range(rand, 1, (int)s->slots / 3 + 2), slots = 1, taken = reserve_counters(r)->taken;
    int64_t fragmented = reserve_counters(r)->fragmented;
    if (s->placement == RESERVE_BUDDY) while (slots < asked) slots *= 2;
    else slots = asked;
    int64_t expected = place(s, slots);
    int32_t id = reserve_take(r, asked, g_rand_int_range(rand, 0, (int)asked + 1));
    g_assert_true((id < 0) == (expected < 0));
    g_assert_cmpint(reserve_counters(r)->fragmented - fragmented, ==, id < 0 && slots <= s->slots - taken);
    if (id < 0) return;
    g_assert_cmpint(region(r, id).at, ==, expected);
    g_assert_cmpint(region(r, id).slots, ==, slots);
    mark(s, expected, slots, id + 1);
    g_array_append_val(ids, id);
}

static void test_against_slow(gconstpointer placement)
{
    GRand *rand = g_rand_new_with_seed(SEED);
    int64_t fragmented = 0;
    for (int round = 0; round < ROUNDS; round++) {
        enum reserve_placement how = (enum reserve_placement)GPOINTER_TO_INT(placement);
        struct slow s = { .slots = g_rand_int_range(rand, 1, MOST), .placement = how };
        struct reserve *r = reserve_new(s.slots, s.placement);
        g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(int32_t));
        for (int step = 0; step < STEPS; step++) {
            int what = g_rand_int_range(rand, 0, 10);
            if (what < 5 || !ids->len) {
                take(r, &s, rand, ids);
            } else {
                guint i = (guint)g_rand_int_range(rand, 0, (int)ids->len);
                struct reserve_region a = region(r, g_array_index(ids, int32_t, i));
                if (what < 7) {
                    g_assert_true(reserve_append(r, a.id, (a.length - a.used) / 2));
                } else {
                    reserve_give(r, a.id);
                    mark(&s, a.at, a.slots, 0);
                    g_array_remove_index_fast(ids, i);
                }
            }
            look(r, &s);
        }
        fragmented += reserve_counters(r)->fragmented;
        for (guint i = 0; i < ids->len; i++) reserve_give(r, g_array_index(ids, int32_t, i));
        int holes = how == RESERVE_BUDDY ? __builtin_popcountll((uint64_t)s.slots) : 1;
        g_assert_cmpint(reserve_counters(r)->holes, ==, holes);
        reserve_free(r);
    }
    g_assert_cmpint(fragmented, >, 100);
    g_rand_free(rand);
}

/* The closed forms are what the allocators take. */
static void test_strategies(void)
{
    GRand *rand = g_rand_new_with_seed(SEED + 1);
    for (int round = 0; round < 300; round++) {
        int64_t lengths[20], n = g_rand_int_range(rand, 0, 21), most = g_rand_int_range(rand, 1, 3000);
        int64_t block = g_rand_int_range(rand, 1, 64), tokens = 0;
        struct reserve *maximum = reserve_new(1 << 20, RESERVE_FIRST_FIT);
        struct reserve *exact = reserve_new(1 << 20, RESERVE_BEST_FIT);
        struct reserve *powers = reserve_new(1 << 20, RESERVE_BUDDY);
        struct pages *pages = pages_new(1 << 20, block);
        for (int64_t i = 0; i < n; i++) {
            tokens += lengths[i] = g_rand_int_range(rand, 1, (int)most + 1);
            reserve_take(maximum, most, lengths[i]);
            reserve_take(exact, lengths[i], lengths[i]);
            reserve_take(powers, lengths[i], lengths[i]);
            pages_append(pages, pages_open(pages), lengths[i]);
        }
        struct reserve_use out[RESERVE_STRATEGIES];
        g_assert_true(reserve_compare(lengths, n, most, block, out));
        g_assert_cmpint(out[RESERVE_MAXIMUM].slots, ==, reserve_counters(maximum)->taken);
        g_assert_cmpint(out[RESERVE_MAXIMUM].empty, ==, reserve_counters(maximum)->never);
        g_assert_cmpint(out[RESERVE_POWERS].slots, ==, reserve_counters(powers)->taken);
        g_assert_cmpint(out[RESERVE_PAGED].slots, ==, pages_counters(pages)->used * block);
        g_assert_cmpint(out[RESERVE_PAGED].empty, ==, pages_waste(pages));
        g_assert_cmpint(out[RESERVE_EXACT].slots, ==, reserve_counters(exact)->taken);
        g_assert_cmpint(out[RESERVE_EXACT].empty, ==, 0);
        for (int s = 0; s < RESERVE_STRATEGIES; s++) g_assert_cmpint(out[s].used, ==, tokens);
        g_assert_cmpint(out[RESERVE_PAGED].empty, <=, n * (block - 1));
        g_assert_cmpint(out[RESERVE_POWERS].slots, <, 2 * tokens + (n == 0));
        reserve_free(maximum);
        reserve_free(exact);
        reserve_free(powers);
        pages_free(pages);
    }
    g_rand_free(rand);
}

/* 100,000 regions, every other one given back, and 100,000 more among some 50,000 holes. */
static void test_many(gconstpointer placement)
{
    enum { REGIONS = 100000 };
    struct reserve *r = reserve_new((int64_t)REGIONS * 4096, (enum reserve_placement)GPOINTER_TO_INT(placement));
    g_autofree int32_t *ids = g_new(int32_t, REGIONS);
    for (int i = 0; i < REGIONS; i++) ids[i] = reserve_take(r, 1 + (i * INT64_C(7919)) % 2048, 1);
    for (int i = 0; i < REGIONS; i += 2) reserve_give(r, ids[i]);
    for (int i = 0; i < REGIONS; i++) reserve_take(r, 1 + (i * INT64_C(104729)) % 2048, 1);
    g_assert_cmpint(reserve_counters(r)->regions, ==, REGIONS + REGIONS / 2);
    g_assert_null(reserve_fault(r));
    reserve_free(r);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/reserve/known-numbers", test_known_numbers);
    g_test_add_func("/reserve/fragments", test_fragments);
    g_test_add_func("/reserve/overflow", test_overflow);
    g_test_add_func("/reserve/strategies", test_strategies);
    const char *names[] = { "first-fit", "best-fit", "buddy" };
    for (int i = 0; i < 3; i++) {
        g_autofree char *slow = g_strdup_printf("/reserve/against-slow/%s", names[i]);
        g_autofree char *many = g_strdup_printf("/reserve/many/%s", names[i]);
        g_test_add_data_func(slow, GINT_TO_POINTER(i), test_against_slow);
        g_test_add_data_func(many, GINT_TO_POINTER(i), test_many);
    }
    return g_test_run();
}
