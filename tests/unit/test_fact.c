/* The book of facts: ids, unknowns, memory, and every way a fact is written. */
#include "sim/fact.h"

#include <locale.h>
#include <math.h>
#include <string.h>

static void assert_text(const struct facts *f, int index, enum fact_form form, const char *expected)
{
    char buf[128];
    g_assert_cmpstr(facts_text(f, index, form, buf, sizeof buf), ==, expected);
}

static void assert_int(int64_t value, enum unit unit, enum fact_form form, const char *expected)
{
    struct facts *f = facts_new();
    assert_text(f, facts_leaf(f, "x", value, unit, "test"), form, expected);
    facts_free(f);
}

static void assert_real(double value, enum unit unit, enum fact_form form, const char *expected)
{
    struct facts *f = facts_new();
    assert_text(f, facts_leaf_real(f, "x", value, unit, "test"), form, expected);
    facts_free(f);
}

static void test_book(void)
{
    struct facts *f = facts_new();
    int layers = facts_leaf(f, "model.layers", 32, UNIT_COUNT, "config.json");
    int heads = facts_leaf(f, "model.kv_heads", 8, UNIT_COUNT, "config.json");
    int both = facts_int(f, "kv.heads", 256, UNIT_COUNT, "layers x KV heads", FACTS(layers, heads));
    const struct fact *fact = facts_at(f, both);
    g_assert_cmpint(facts_count(f), ==, 3);
    g_assert_cmpint(facts_find(f, "kv.heads"), ==, both);
    g_assert_cmpint(facts_find(f, "kv.head"), ==, -1);
    g_assert_cmpint(fact->i, ==, 256);
    g_assert_cmpfloat(fact->r, ==, 256);
    g_assert_cmpstr(fact->formula, ==, "layers x KV heads");
    g_assert_null(fact->source);
    g_assert_cmpint(fact->n_deps, ==, 2);
    g_assert_cmpint(facts_deps(f, fact)[0], ==, layers);
    g_assert_cmpint(facts_deps(f, fact)[1], ==, heads);
    g_assert_cmpstr(facts_at(f, heads)->source, ==, "config.json");
    facts_free(f);
    facts_free(NULL);
}

static void test_repeated_id(void)
{
    struct facts *f = facts_new();
    int a = facts_leaf(f, "a", 1, UNIT_COUNT, "first"), b = facts_leaf(f, "b", 2, UNIT_COUNT, "other");
    g_assert_cmpint(facts_int(f, "a", 7, UNIT_BYTES, "b + 5", FACTS(b)), ==, a);
    g_assert_cmpint(facts_count(f), ==, 2);
    g_assert_cmpint(facts_at(f, a)->i, ==, 7);
    g_assert_null(facts_at(f, a)->source);
    g_assert_cmpint(facts_deps(f, facts_at(f, a))[0], ==, b);
    facts_free(f);
}

static void test_unknown(void)
{
    struct facts *f = facts_new();
    int known = facts_leaf(f, "known", 5, UNIT_COUNT, "test");
    int unknown = facts_unknown(f, "unknown", UNIT_BYTES, "nobody could verify it");
    int from = facts_int(f, "from", 10, UNIT_BYTES, "known x unknown", FACTS(known, unknown));
    int further = facts_real(f, "further", 0.5, UNIT_SHARE, "from / known", FACTS(from, known));
    g_assert_cmpint(facts_at(f, unknown)->kind, ==, FACT_UNKNOWN);
    g_assert_cmpint(facts_at(f, from)->kind, ==, FACT_UNKNOWN);
    g_assert_cmpint(facts_at(f, from)->i, ==, 0);
    g_assert_cmpint(facts_at(f, from)->n_deps, ==, 2); /* why it is unknown can still be followed */
    g_assert_cmpint(facts_at(f, further)->kind, ==, FACT_UNKNOWN);
    for (int form = FORM_AUTO; form <= FORM_WORD_CAP; form++)
        assert_text(f, further, form, form == FORM_UNIT_ONLY ? "" : "n/a");
    g_assert_cmpint(facts_at(f, facts_leaf_real(f, "nan", NAN, UNIT_NUMBER, "test"))->kind, ==, FACT_UNKNOWN);
    g_assert_cmpint(facts_at(f, facts_leaf_real(f, "inf", INFINITY, UNIT_NUMBER, "test"))->kind, ==, FACT_UNKNOWN);
    facts_free(f);
}

/* A thousand facts and more than one reset: ids are found, and forgotten ones are not. */
static void test_many(void)
{
    struct facts *f = facts_new();
    for (int round = 0; round < 3; round++) {
        char id[32];
        for (int i = 0; i < 1000; i++) {
            g_snprintf(id, sizeof id, "round%d.fact%d", round, i);
            g_assert_cmpint(facts_leaf(f, facts_word(f, id), i, UNIT_COUNT, "test"), ==, i);
        }
        for (int i = 0; i < 1000; i++) {
            g_snprintf(id, sizeof id, "round%d.fact%d", round, i);
            g_assert_cmpint(facts_find(f, id), ==, i);
        }
        facts_reset(f);
        g_assert_cmpint(facts_count(f), ==, 0);
        g_assert_cmpint(facts_find(f, id), ==, -1);
    }
    facts_free(f);
}

static void test_words(void)
{
    struct facts *f = facts_new();
    char text[] = "made on the spot";
    const char *word = facts_word(f, text);
    text[0] = 'f';
    g_assert_cmpstr(word, ==, "made on the spot");
    facts_reset(f);
    g_assert_true(facts_word(f, "made on the spot") == word);
    facts_free(f);
}

static void test_out_of_range(void)
{
    if (g_test_subprocess()) {
        facts_at(facts_new(), 0);
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr("*fact 0 asked of a book that holds 0*");
}

static void test_counts(void)
{
    assert_int(0, UNIT_COUNT, FORM_AUTO, "0");
    assert_int(999, UNIT_COUNT, FORM_AUTO, "999");
    assert_int(1000, UNIT_COUNT, FORM_AUTO, "1,000");
    assert_int(131072, UNIT_COUNT, FORM_AUTO, "131,072");
    assert_int(12183711744, UNIT_COUNT, FORM_AUTO, "12,183,711,744");
    assert_int(-1234, UNIT_COUNT, FORM_AUTO, "−1,234");
    assert_int(INT64_MAX, UNIT_COUNT, FORM_PLAIN, "9,223,372,036,854,775,807");
    assert_int(INT64_MIN, UNIT_COUNT, FORM_PLAIN, "−9,223,372,036,854,775,808");
    assert_real(1999.6, UNIT_COUNT, FORM_AUTO, "2,000");
}

static void test_tokens(void)
{
    assert_int(1, UNIT_TOKENS, FORM_AUTO, "1");
    assert_int(1023, UNIT_TOKENS, FORM_AUTO, "1,023");
    assert_int(1024, UNIT_TOKENS, FORM_AUTO, "1K");
    assert_int(1536, UNIT_TOKENS, FORM_AUTO, "1.5K");
    assert_int(10239, UNIT_TOKENS, FORM_AUTO, "9.9K"); /* rounded down */
    assert_int(65536, UNIT_TOKENS, FORM_AUTO, "64K");
    assert_int(81303, UNIT_TOKENS, FORM_AUTO, "79K");
    assert_int(131072, UNIT_TOKENS, FORM_AUTO, "128K");
    assert_int(1048575, UNIT_TOKENS, FORM_AUTO, "1,023K");
    assert_int(1048576, UNIT_TOKENS, FORM_AUTO, "1M");
    assert_int(10485760, UNIT_TOKENS, FORM_AUTO, "10M");
    assert_int(1572864, UNIT_TOKENS, FORM_AUTO, "1.5M");
    assert_int((1 << 30) - 1, UNIT_TOKENS, FORM_AUTO, "1,023.9M");
    assert_int(1 << 30, UNIT_TOKENS, FORM_AUTO, "1G");
    assert_int(INT64_C(3) << 29, UNIT_TOKENS, FORM_AUTO, "1.5G");
    assert_int(81303, UNIT_TOKENS, FORM_PLAIN, "81,303");
    assert_int(65536, UNIT_TOKENS, FORM_NUMBER_ONLY, "64");
    assert_int(65536, UNIT_TOKENS, FORM_UNIT_ONLY, "K");
    assert_int(65536, UNIT_COUNT, FORM_K, "64K");
    assert_int(INT64_MIN, UNIT_TOKENS, FORM_AUTO, "−8,589,934,591.9G");
}

static void test_bytes(void)
{
    assert_int(2, UNIT_BYTES, FORM_AUTO, "2 B");
    assert_real(0.5, UNIT_BYTES, FORM_AUTO, "0.5 B");
    assert_int(1023, UNIT_BYTES, FORM_AUTO, "1,023 B");
    assert_int(131072, UNIT_BYTES, FORM_AUTO, "128 KiB");
    assert_int(327680, UNIT_BYTES, FORM_AUTO, "320 KiB");
    assert_int(70272, UNIT_BYTES, FORM_AUTO, "68.6 KiB");
    assert_int(1048575, UNIT_BYTES, FORM_AUTO, "1.0 MiB"); /* never 1,024.0 KiB */
    assert_int(1059061760, UNIT_BYTES, FORM_AUTO, "1,010 MiB"); /* four digits are enough */
    assert_int(268435456, UNIT_BYTES, FORM_AUTO, "256 MiB");
    assert_int(1073741823, UNIT_BYTES, FORM_AUTO, "1.0 GiB");
    assert_int(16060522496, UNIT_BYTES, FORM_AUTO, "15.0 GiB");
    assert_int(42949672960, UNIT_BYTES, FORM_AUTO, "40.0 GiB");
    assert_int(67600130048, UNIT_BYTES, FORM_AUTO, "63.0 GiB");
    assert_int(119139737600, UNIT_BYTES, FORM_AUTO, "111.0 GiB");
    assert_int(67600130048, UNIT_BYTES, FORM_NUMBER_ONLY, "63.0");
    assert_int(67600130048, UNIT_BYTES, FORM_UNIT_ONLY, "GiB");
    assert_int(67600130048, UNIT_BYTES, FORM_BYTES, "67,600,130,048 B");
    assert_int(67600130048, UNIT_BYTES, FORM_PLAIN, "67,600,130,048");
    assert_int(80000000000, UNIT_BYTES, FORM_GB, "80 GB");
    assert_int(80000000000, UNIT_BYTES, FORM_GIB, "74.5 GiB");
    assert_int(250000000, UNIT_BYTES, FORM_MB, "250 MB");
    assert_int(1536, UNIT_BYTES, FORM_MIB, "0.0 MiB");
    assert_int(1536, UNIT_BYTES, FORM_KIB, "1.5 KiB");
    assert_int(67600130048, UNIT_BYTES, FORM_SI, "67.60 GB");
    assert_int(((int64_t)1000 << 30) - ((int64_t)1 << 26), UNIT_BYTES, FORM_AUTO, "999.9 GiB");
    assert_int((int64_t)5000 << 30, UNIT_BYTES, FORM_AUTO, "5,000 GiB");
    assert_int(((int64_t)10000 << 30) - 1, UNIT_BYTES, FORM_AUTO, "9.8 TiB"); /* 10,000 GiB is too wide */
    assert_int((int64_t)9999 << 30, UNIT_BYTES, FORM_AUTO, "9,999 GiB");
    assert_int((int64_t)162036 << 30, UNIT_BYTES, FORM_AUTO, "158.2 TiB");
    assert_int((int64_t)5000 << 30, UNIT_BYTES, FORM_GIB, "5,000.0 GiB");
    assert_int(6223400000000, UNIT_BYTES, FORM_GB, "6,223 GB");
    assert_int(6223400000000, UNIT_BYTES, FORM_TB, "6.2 TB");
    assert_int((int64_t)3 << 40, UNIT_BYTES, FORM_TIB, "3 TiB");
    assert_int(-53687092, UNIT_BYTES, FORM_GIB, "−0.1 GiB"); /* half a tenth and above */
    assert_int(-53687091, UNIT_BYTES, FORM_GIB, "0.0 GiB");  /* below it, and zero has no sign */
}

/* The rules of the binary units with other units: nothing is written as a thousand of the unit below. */
static void test_decimal_bytes(void)
{
    static const struct { int64_t bytes; const char *text; } cases[] = {
        { 0, "0 B" },                       { 999, "999 B" },                { 1000, "1 kB" },
        { 131072, "131.1 kB" },             { 500000, "500 kB" },            { 999949, "999.9 kB" },
        { 999950, "1.0 MB" },               { 230000000, "230 MB" },         { 234881024, "234.9 MB" },
        { 999949999, "999.9 MB" },          { 999950000, "1.0 GB" },         { 1000000000, "1.0 GB" },
        { 44000000000, "44.0 GB" },         { 67600130048, "67.6 GB" },      { 999949999999, "999.9 GB" },
        { 999950000000, "1,000 GB" },       { 6223400000000, "6,223 GB" },   { 9999499999999, "9,999 GB" },
        { 9999500000000, "10.0 TB" },       { 158200000000000, "158.2 TB" }, { -67600130048, "−67.6 GB" },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        assert_int(cases[i].bytes, UNIT_BYTES_DECIMAL, FORM_AUTO, cases[i].text);
    assert_real(0.5, UNIT_BYTES_DECIMAL, FORM_AUTO, "0.5 B");
    assert_int(67600130048, UNIT_BYTES_DECIMAL, FORM_NUMBER_ONLY, "67.6");
    assert_int(67600130048, UNIT_BYTES_DECIMAL, FORM_UNIT_ONLY, "GB");
    assert_int(67600130048, UNIT_BYTES_DECIMAL, FORM_GIB, "63.0 GiB"); /* a form that is asked for holds */
    assert_int(131072, UNIT_BYTES_DECIMAL, FORM_KIB, "128 KiB");
    assert_int(67600130048, UNIT_BYTES_DECIMAL, FORM_BYTES, "67,600,130,048 B");
    assert_int(67600130048, UNIT_BYTES_DECIMAL, FORM_SI, "67.60 GB");
    struct facts *f = facts_new();
    char exact[FACT_EXACT_SIZE];
    int whole = facts_leaf(f, "whole", 230000000, UNIT_BYTES_DECIMAL, "test");
    int part = facts_leaf_real(f, "part", 0.5, UNIT_BYTES_DECIMAL, "test");
    g_assert_cmpstr(facts_exact(f, whole, exact, sizeof exact), ==, "230,000,000 B");
    g_assert_cmpstr(facts_exact(f, part, exact, sizeof exact), ==, "0.5 B");
    facts_free(f);
}

static void test_others(void)
{
    assert_real(0.845001, UNIT_SHARE, FORM_AUTO, "85%");
    assert_real(1.489, UNIT_SHARE, FORM_AUTO, "149%");
    assert_real(0.054, UNIT_SHARE, FORM_PERCENT1, "5.4%");
    assert_int(1, UNIT_SHARE, FORM_AUTO, "100%");
    assert_real(0.5, UNIT_SHARE, FORM_NUMBER_ONLY, "50");
    assert_real(0.5, UNIT_SHARE, FORM_UNIT_ONLY, "%");
    assert_real(8.5, UNIT_RATIO, FORM_AUTO, "8.5×");
    assert_int(4, UNIT_RATIO, FORM_AUTO, "4.0×");
    assert_real(8.5, UNIT_RATIO, FORM_NUMBER_ONLY, "8.5");
    assert_real(-0.18, UNIT_NUMBER, FORM_AUTO, "−0.18");
    assert_real(2.495, UNIT_NUMBER, FORM_D3, "2.495");
    assert_real(-0.001, UNIT_NUMBER, FORM_D1, "0.0");
    assert_real(1234.56, UNIT_NUMBER, FORM_D1, "1,234.6");
    assert_int(7, UNIT_COUNT, FORM_D2, "7.00");
    assert_real(0, UNIT_SECONDS, FORM_AUTO, "0.00 s");
    assert_real(1.25, UNIT_SECONDS, FORM_AUTO, "1.25 s");
    assert_real(0.0123, UNIT_SECONDS, FORM_AUTO, "12.3 ms");
    assert_real(0.99999, UNIT_SECONDS, FORM_AUTO, "1.00 s");
    assert_real(0.00034, UNIT_SECONDS, FORM_AUTO, "340 µs");
}

static void test_rates(void)
{
    assert_real(989e12, UNIT_OPERATIONS_PER_S, FORM_AUTO, "989 TFLOPS");
    assert_real(989.5e12, UNIT_OPERATIONS_PER_S, FORM_AUTO, "989.50 TFLOPS");
    assert_int(15009849344, UNIT_OPERATIONS, FORM_AUTO, "15.01 GFLOP");
    assert_real(1.25e23, UNIT_OPERATIONS, FORM_AUTO, "125,000 EFLOP");
    assert_int(3350000000000, UNIT_BYTES_PER_S, FORM_AUTO, "3.35 TB/s");
    assert_int(900000000000, UNIT_BYTES_PER_S, FORM_AUTO, "900 GB/s");
    assert_int(999995000, UNIT_BYTES_PER_S, FORM_AUTO, "1.00 GB/s"); /* never 1,000.00 MB/s */
    assert_int(12, UNIT_BYTES_PER_S, FORM_AUTO, "12 B/s");
    assert_real(700, UNIT_WATTS, FORM_AUTO, "700 W");
    assert_real(72.5, UNIT_WATTS, FORM_AUTO, "72.5 W");
    assert_real(3.361, UNIT_JOULES, FORM_AUTO, "3.36 J");
    assert_real(0.0114, UNIT_JOULES, FORM_AUTO, "11.4 mJ");
    assert_real(0.0000031, UNIT_JOULES, FORM_AUTO, "3 µJ");
    assert_real(2.69, UNIT_USD, FORM_AUTO, "2.69 USD");
    assert_real(0.0122, UNIT_USD, FORM_AUTO, "0.012 USD");
}

static void test_si(void)
{
    assert_int(999, UNIT_COUNT, FORM_SI, "999");
    assert_int(1000, UNIT_COUNT, FORM_SI, "1.00 k");
    assert_int(84934656, UNIT_COUNT, FORM_SI, "84.93 M");
    assert_int(12183711744, UNIT_COUNT, FORM_SI, "12.18 G");
    assert_int(1979019264, UNIT_COUNT, FORM_SI, "1.98 G");
    assert_int(999995000, UNIT_COUNT, FORM_SI, "1.00 G"); /* never 1,000.00 M */
    assert_int(INT64_MAX, UNIT_COUNT, FORM_SI, "9.22 E");
    assert_real(1.5, UNIT_NUMBER, FORM_SI, "1.50");
}

static void test_number_words(void)
{
    assert_int(0, UNIT_COUNT, FORM_WORD, "zero");
    assert_int(6, UNIT_COUNT, FORM_WORD, "six");
    assert_int(6, UNIT_COUNT, FORM_WORD_CAP, "Six");
    assert_int(12, UNIT_COUNT, FORM_WORD, "twelve");
    assert_int(13, UNIT_COUNT, FORM_WORD, "13");
    assert_int(-1, UNIT_COUNT, FORM_WORD_CAP, "−1");
    assert_int(2048, UNIT_COUNT, FORM_WORD, "2,048");
    assert_real(6, UNIT_NUMBER, FORM_WORD, "6");
}

/* Too small a buffer gets whole characters. */
static void test_short_buffer(void)
{
    struct facts *f = facts_new();
    int minus = facts_leaf(f, "minus", -1234, UNIT_COUNT, "test");
    char buf[8] = "kept";
    facts_text(f, minus, FORM_AUTO, buf, 0);
    g_assert_cmpstr(buf, ==, "kept");
    g_assert_cmpstr(facts_text(f, minus, FORM_AUTO, buf, 1), ==, "");
    g_assert_cmpstr(facts_text(f, minus, FORM_AUTO, buf, 3), ==, "");
    g_assert_cmpstr(facts_text(f, minus, FORM_AUTO, buf, 6), ==, "−1,");
    facts_free(f);
}

static void test_form_names(void)
{
    const char *const *names = fact_form_names();
    for (int i = 0; names[i]; i++) g_assert_cmpint(fact_form_parse(names[i]), ==, i);
    g_assert_cmpint(fact_form_parse("GiB"), ==, FORM_GIB);
    g_assert_cmpint(fact_form_parse("percent"), ==, FORM_PERCENT);
    g_assert_cmpint(fact_form_parse("K"), ==, FORM_K);
    g_assert_cmpint(fact_form_parse("number"), ==, FORM_NUMBER_ONLY);
    g_assert_cmpint(fact_form_parse("word"), ==, FORM_WORD);
    g_assert_cmpint(fact_form_parse("Word"), ==, FORM_WORD_CAP);
    g_assert_cmpint(fact_form_parse("gib"), ==, -1);
    g_assert_cmpint(fact_form_parse(""), ==, -1);
}

/* A locale that writes a decimal comma changes nothing; where the machine has none, the C locale is tested again. */
static void test_locale(void)
{
    setlocale(LC_ALL, "de_DE.UTF-8");
    assert_real(1234.5, UNIT_NUMBER, FORM_D1, "1,234.5");
    assert_int(67600130048, UNIT_BYTES, FORM_AUTO, "63.0 GiB");
    setlocale(LC_ALL, "C");
}

/* --- formulas --- */

/* What a formula over 6, 131,072 B and 2.5 gives, as often as it has brackets for them; NAN: it is prose. */
static double result_of(const char *formula)
{
    struct facts *f = facts_new();
    int a = facts_leaf(f, "a", 6, UNIT_COUNT, "test"), b = facts_leaf(f, "b", 131072, UNIT_BYTES, "test");
    int c = facts_leaf_real(f, "c", 2.5, UNIT_NUMBER, "test"), deps[4] = { -1, -1, -1, -1 };
    double value;
    for (int i = 0; i < formula_brackets(formula); i++) deps[i] = i == 0 ? a : i == 1 ? b : c;
    bool good = facts_evaluate(f, facts_real(f, "x", 1, UNIT_NUMBER, formula, deps), &value);
    facts_free(f);
    return good ? value : NAN;
}

static void test_evaluate(void)
{
    static const struct { const char *formula; double value; } good[] = {
        { "[a] + 1", 7 }, { "[a] × [b]", 786432 }, { "[b words] ÷ 4 − 1", 0.5 }, { "2 × ([a] + 0.5)²", 84.5 },
        { "10 − 3 − 2", 5 }, { "64 ÷ 4 ÷ 2", 8 }, { "2 + 3 × [a]", 20 }, { "[a] ÷ 4, rounded up", 2 },
        { "[a] ÷ 4, rounded down", 1 }, { "3 − [a], at least 0", 0 }, { "[a] − 3, at least 0", 3 },
        { "[a], at most [b]", 6 }, { "[a], at most 4, at least 1", 4 }, { "[a]; six, in words (2 × 3)", 6 }, { "((7))", 7 },
        { "3 × (1 − 1 ÷ 4)^2", 1.6875 }, { "2^[a]", 64 }, { "[a]^0", 1 }, { "2^(1 + 2)", 8 },
        { "√16", 4 }, { "[a] ÷ √(2 + 2)", 3 }, { "√([a] × [b] × 3)", 1536 }, { "2 × √([a] + 3)", 6 },
    };
    static const char *const prose[] = {
        "the place of [a] in its row", "[a] in words", "[a] [b]", "[a] + ", "( [a]", "[a] * 2", "[a], rounded", "", "[a] x 2",
        "sum of [a]", "[a] ×× 2", "− 2",
        "2^(1 ÷ 2)", "2^(0 − 1)", "2^", "√", "√(1 − 2)", "√√",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(good); i++) g_assert_cmpfloat(result_of(good[i].formula), ==, good[i].value);
    for (size_t i = 0; i < G_N_ELEMENTS(prose); i++) g_assert_true(isnan(result_of(prose[i])));
}

/* Leaves, words and unknown values have no formula that could be computed; a formula needs all its deps. */
static void test_not_evaluated(void)
{
    struct facts *f = facts_new();
    double value;
    int six = facts_leaf(f, "six", 6, UNIT_COUNT, "test"), none = facts_unknown(f, "none", UNIT_COUNT, "test");
    g_assert_false(facts_evaluate(f, six, &value));
    g_assert_false(facts_evaluate(f, facts_int(f, "more", 7, UNIT_COUNT, "[none] + 1", FACTS(none)), &value));
    g_assert_false(facts_evaluate(f, facts_in_words(f, "said", "six", "[six]", FACTS(six)), &value));
    g_assert_false(facts_evaluate(f, facts_int(f, "few", 12, UNIT_COUNT, "[six] + [six]", FACTS(six)), &value));
    g_assert_false(facts_evaluate(f, facts_int(f, "many", 6, UNIT_COUNT, "[six]", FACTS(six, six)), &value));
    facts_free(f);
}

static void test_agree(void)
{
    struct facts *f = facts_new();
    int whole = facts_leaf(f, "whole", 12183711744, UNIT_COUNT, "test");
    int third = facts_leaf_real(f, "third", 1.0 / 3, UNIT_SHARE, "test");
    g_assert_true(facts_agree(f, whole, 12183711744.0));
    g_assert_false(facts_agree(f, whole, 12183711745.0));
    g_assert_true(facts_agree(f, third, 1.0 / 3 + 1e-11));
    g_assert_false(facts_agree(f, third, 1.0 / 3 + 1e-8));
    facts_free(f);
}

static void test_formula_texts(void)
{
    struct facts *f = facts_new();
    int a = facts_leaf(f, "a", 6, UNIT_COUNT, "test"), b = facts_leaf(f, "b", 131072, UNIT_BYTES, "test");
    int c = facts_leaf_real(f, "c", 0.8, UNIT_SHARE, "test"), w = facts_leaf_word(f, "w", "kite", "test");
    int n = facts_unknown(f, "n", UNIT_TOKENS, "test");
    int x = facts_int(f, "x", 1, UNIT_COUNT, "[chats] × ([bytes a token] + [share]); of [all]", FACTS(a, b, c, a));
    int y = facts_in_words(f, "y", "y", "the word [token] and [limit]", FACTS(w, n));
    g_autofree char *words = facts_formula(f, x), *values = facts_formula_with_values(f, x);
    g_autofree char *prose = facts_formula_with_values(f, y);
    g_assert_cmpstr(words, ==, "chats × (bytes a token + share); of all");
    g_assert_cmpstr(values, ==, "6 × (131,072 B + 0.8)");
    g_assert_cmpstr(prose, ==, "the word “kite” and n/a");
    g_assert_null(facts_formula(f, a));
    g_assert_null(facts_formula_with_values(f, a));
    facts_free(f);
}

/* What comes new while the book is told so is unseen; what was there stays as it was. */
static void test_unseen(void)
{
    struct facts *f = facts_new();
    int drawn = facts_leaf(f, "a", 1, UNIT_COUNT, "counted");
    facts_put_unseen(f, true);
    facts_leaf(f, "a", 2, UNIT_COUNT, "counted");
    int said = facts_leaf(f, "b", 3, UNIT_COUNT, "counted");
    facts_put_unseen(f, false);
    facts_leaf(f, "b", 4, UNIT_COUNT, "counted");
    g_assert_false(facts_at(f, drawn)->unseen);
    g_assert_true(facts_at(f, said)->unseen);
    facts_free(f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/fact/formula/evaluate", test_evaluate);
    g_test_add_func("/fact/formula/not-evaluated", test_not_evaluated);
    g_test_add_func("/fact/formula/agree", test_agree);
    g_test_add_func("/fact/formula/texts", test_formula_texts);
    g_test_add_func("/fact/book", test_book);
    g_test_add_func("/fact/repeated-id", test_repeated_id);
    g_test_add_func("/fact/unknown", test_unknown);
    g_test_add_func("/fact/many", test_many);
    g_test_add_func("/fact/words", test_words);
    g_test_add_func("/fact/out-of-range", test_out_of_range);
    g_test_add_func("/fact/text/counts", test_counts);
    g_test_add_func("/fact/text/tokens", test_tokens);
    g_test_add_func("/fact/text/bytes", test_bytes);
    g_test_add_func("/fact/text/decimal_bytes", test_decimal_bytes);
    g_test_add_func("/fact/text/others", test_others);
    g_test_add_func("/fact/text/rates", test_rates);
    g_test_add_func("/fact/text/si", test_si);
    g_test_add_func("/fact/text/number-words", test_number_words);
    g_test_add_func("/fact/text/short-buffer", test_short_buffer);
    g_test_add_func("/fact/text/form-names", test_form_names);
    g_test_add_func("/fact/text/locale", test_locale);
    g_test_add_func("/fact/unseen", test_unseen);
    return g_test_run();
}
