/* Facts of the allocators: each formula computed again gives its fact, and the published shares come out. */
#include "serve/alloc_facts.h"

#include <glib.h>

static const int64_t lengths[] = { 213, 97, 330, 150 };

/* All facts agree with their formulas; how many were computed. */
static int agree(const struct facts *f)
{
    int computed = 0;
    for (int i = 0; i < facts_count(f); i++) {
        double value;
        const struct fact *fact = facts_at(f, i);
        g_assert_true((fact->formula != NULL) != (fact->source != NULL));
        if (!fact->formula || fact->kind == FACT_UNKNOWN) continue;
        g_assert_true(facts_evaluate(f, i, &value));
        g_assert_true(facts_agree(f, i, value));
        computed++;
    }
    return computed;
}

static void is(const struct facts *f, const char *id, const char *text)
{
    char buf[64];
    int i = facts_find(f, id);
    g_assert_cmpint(i, >=, 0);
    enum fact_form form = facts_at(f, i)->unit == UNIT_SHARE ? FORM_PERCENT1 : FORM_PLAIN;
    g_assert_cmpstr(facts_text(f, i, form, buf, sizeof buf), ==, text);
}

static void test_pages(void)
{
    struct facts *f = facts_new();
    struct pages *p = pages_new(100, 16);
    alloc_facts_pages(p, -1, f);
    is(f, "pages.waste_share", "n/a");
    is(f, "pages.used_bytes", "n/a");
    for (int i = 0; i < 4; i++) pages_append(p, pages_open(p), lengths[i]);
    alloc_facts_pages(p, 2097152, f);
    is(f, "pages.used", "52");
    is(f, "pages.free", "48");
    is(f, "pages.slots", "832");
    is(f, "pages.waste", "42");
    is(f, "pages.waste_share", "5.0%");
    is(f, "pages.shared_share", "0.0%");
    g_assert_cmpint(facts_at(f, facts_find(f, "pages.used_bytes"))->i, ==, 52 * INT64_C(2097152));
    pages_append(p, pages_fork(p, 0), 1);
    alloc_facts_pages(p, INT64_MAX / 2, f);
    is(f, "pages.copies", "1");
    is(f, "pages.copied_tokens", "5");
    is(f, "pages.shared_saved", "13");
    is(f, "pages.used_bytes", "n/a"); /* beyond 64 bits */
    g_assert_cmpint(agree(f), ==, 5);
    pages_free(p);
    facts_free(f);
}

static void test_reserve(void)
{
    struct facts *f = facts_new();
    struct reserve *r = reserve_new(2048, RESERVE_FIRST_FIT);
    for (int i = 0; i < 4; i++) reserve_append(r, reserve_take(r, 512, lengths[i]), lengths[i]);
    alloc_facts_reserve(r, 512, f);
    is(f, "reserve.empty", "1,258");
    is(f, "reserve.empty_share", "61.4%");
    is(f, "reserve.too_small_share", "n/a");
    reserve_give(r, 1);
    alloc_facts_reserve(r, 513, f);
    is(f, "reserve.too_small_share", "100.0%");
    g_assert_cmpint(agree(f), ==, 5);
    reserve_free(r);
    facts_reset(f);
    g_assert_false(alloc_facts_compare(lengths, 4, 329, 16, f));
    g_assert_cmpint(facts_count(f), ==, 0);
    g_assert_true(alloc_facts_compare(lengths, 4, 512, 16, f));
    is(f, "reserve.tokens", "790");
    is(f, "reserve.maximum.slots", "2,048");
    is(f, "reserve.maximum.empty_share", "61.4%");
    is(f, "reserve.powers.empty_share", "31.4%");
    is(f, "reserve.paged.blocks", "52");
    is(f, "reserve.paged.empty_share", "5.0%");
    is(f, "reserve.exact.empty", "0");
    g_assert_cmpint(agree(f), ==, 11);
    facts_free(f);
}

static void test_prefix(void)
{
    struct facts *f = facts_new();
    struct prefix *p = prefix_new(100, 16, NULL);
    int32_t prompt[40] = { 7, 8, 9 };
    prefix_open(p, prompt, 40);
    prefix_open(p, prompt, 40);
    alloc_facts_prefix(p, 1000, f);
    is(f, "prefix.queries", "2");
    is(f, "prefix.hits", "32");
    is(f, "prefix.misses", "48");
    is(f, "prefix.hit_share", "40.0%");
    is(f, "prefix.cached_tokens", "32");
    g_assert_cmpint(facts_at(f, facts_find(f, "prefix.cached_bytes"))->i, ==, 2000);
    g_assert_cmpint(agree(f), ==, 4);
    prefix_free(p);
    facts_free(f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/alloc-facts/pages", test_pages);
    g_test_add_func("/alloc-facts/reserve", test_reserve);
    g_test_add_func("/alloc-facts/prefix", test_prefix);
    return g_test_run();
}
