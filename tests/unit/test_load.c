/* Loads: what a seed gives, its means against their closed forms, and what is refused; and the
 * line that requests wait in. */
#include "serve/load.h"
#include "serve/queue.h"

#include <glib.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { MANY = 200000 };

static const struct length ten = { LENGTH_FIXED, .low = 10 };

static void test_arrivals(void)
{
    struct load_options o = { .count = 5, .rate_per_s = 3, .prompt = ten, .output = ten };
    static const int64_t thirds[] = { 0, 333333333, 666666667, 1000000000, 1333333333 };
    struct load *once = load_make(&o);
    o.arrivals = ARRIVALS_EVEN;
    struct load *even = load_make(&o);
    for (int i = 0; i < 5; i++) {
        g_assert_cmpint(once->requests[i].arrival_ns, ==, 0);
        g_assert_cmpint(even->requests[i].arrival_ns, ==, thirds[i]);
        g_assert_cmpint(even->requests[i].prompt, ==, 10);
        g_assert_null(load_fault(even));
    }
    load_free(once);
    load_free(even);
    load_free(NULL);
}

/* Exponential gaps: mean and deviation 1 / rate, and e^-1 of them longer than that. */
static void test_poisson(void)
{
    struct load_options o = { .count = MANY, .arrivals = ARRIVALS_POISSON, .rate_per_s = 8, .prompt = ten,
                              .output = ten, .seed = 5 };
    struct load *load = load_make(&o);
    double sum = 0, squares = 0, longer = 0;
    int64_t before = 0;
    for (int i = 0; i < MANY; i++) {
        double gap = (double)(load->requests[i].arrival_ns - before) / 1e9;
        before = load->requests[i].arrival_ns;
        g_assert_cmpfloat(gap, >=, 0);
        sum += gap, squares += gap * gap, longer += gap > 0.125;
    }
    double mean = sum / MANY;
    g_assert_cmpfloat(fabs(mean - 0.125), <, 4 * 0.125 / sqrt(MANY));
    g_assert_cmpfloat(fabs(sqrt(squares / MANY - mean * mean) - 0.125), <, 0.002);
    g_assert_cmpfloat(fabs(longer / MANY - exp(-1)), <, 4 * 0.5 / sqrt(MANY));
    g_assert_null(load_fault(load));
    load_free(load);
}

static void test_lengths(void)
{
    struct load_options o = { .count = MANY, .prompt = { LENGTH_UNIFORM, .low = 3, .high = 7 },
                              .output = { LENGTH_LOG_NORMAL, .mean = 500, .sigma = 0.8 }, .seed = 9 };
    struct load *load = load_make(&o);
    int64_t seen[10] = { 0 };
    double sum = 0, logs = 0, squares = 0;
    for (int i = 0; i < MANY; i++) {
        g_assert_true(load->requests[i].prompt >= 3 && load->requests[i].prompt <= 7);
        seen[load->requests[i].prompt]++;
        double length = (double)load->requests[i].output;
        sum += length, logs += log(length), squares += log(length) * log(length);
    }
    for (int i = 3; i <= 7; i++) g_assert_cmpfloat(fabs((double)seen[i] - MANY / 5.0), <, 4 * sqrt(MANY / 5.0));
    /* deviation of a log-normal: mean x sqrt(e^(sigma^2) - 1) */
    g_assert_cmpfloat(fabs(sum / MANY - 500), <, 4 * 500 * sqrt(exp(0.64) - 1) / sqrt(MANY));
    double mu = logs / MANY;
    g_assert_cmpfloat(fabs(sqrt(squares / MANY - mu * mu) - 0.8), <, 0.01);
    load_free(load);
}

static void test_narrow_lengths(void)
{
    struct load_options o = { .count = 1000,
                              .prompt = { LENGTH_LOG_NORMAL, .low = 90, .high = 110, .mean = 100, .sigma = 1 },
                              .output = { LENGTH_LOG_NORMAL, .mean = 77, .sigma = 0 } };
    struct load *load = load_make(&o);
    bool low = false, high = false;
    for (int i = 0; i < 1000; i++) {
        g_assert_true(load->requests[i].prompt >= 90 && load->requests[i].prompt <= 110);
        low |= load->requests[i].prompt == 90, high |= load->requests[i].prompt == 110;
        g_assert_cmpint(load->requests[i].output, ==, 77);
    }
    g_assert_true(low && high);
    load_free(load);
}

/* The same seed gives the same load; another seed or rate changes what it should, and nothing else. */
static void test_seeds(void)
{
    struct load_options o = { .count = 300, .arrivals = ARRIVALS_POISSON, .rate_per_s = 2, .seed = 1,
                              .prompt = { LENGTH_UNIFORM, .low = 1, .high = 1000 },
                              .output = { LENGTH_LOG_NORMAL, .mean = 100, .sigma = 1 } };
    struct load *a = load_make(&o), *b = load_make(&o);
    g_assert_cmpmem(a->requests, 300 * sizeof *a->requests, b->requests, 300 * sizeof *b->requests);
    load_free(b);
    o.rate_per_s = 4;
    b = load_make(&o);
    for (int i = 0; i < 300; i++) {
        g_assert_cmpint(a->requests[i].prompt, ==, b->requests[i].prompt);
        g_assert_cmpint(a->requests[i].output, ==, b->requests[i].output);
        g_assert_cmpint(ABS(a->requests[i].arrival_ns - 2 * b->requests[i].arrival_ns), <=, 2 * 300);
    }
    load_free(b);
    o.seed = 2;
    b = load_make(&o);
    g_assert_cmpint(memcmp(a->requests, b->requests, 300 * sizeof *a->requests), !=, 0);
    load_free(a);
    load_free(b);
}

/* Groups are even, beginnings are cut to leave a token, and all else is as without them. */
static void test_shared(void)
{
    struct load_options o = { .count = MANY, .arrivals = ARRIVALS_POISSON, .rate_per_s = 2, .seed = 1,
                              .prompt = { LENGTH_UNIFORM, .low = 1, .high = 100 }, .output = ten };
    struct load *without = load_make(&o);
    o.shared = 40, o.groups = 5;
    struct load *with = load_make(&o);
    int64_t seen[5] = { 0 };
    g_assert_null(load_fault(with));
    for (int i = 0; i < MANY; i++) {
        struct request a = without->requests[i], b = with->requests[i];
        g_assert_true(a.arrival_ns == b.arrival_ns && a.prompt == b.prompt && a.output == b.output);
        g_assert_true(a.shared == 0 && a.group == 0 && b.group >= 0 && b.group < 5);
        g_assert_cmpint(b.shared, ==, MIN(40, b.prompt - 1));
        seen[b.group]++;
    }
    for (int i = 0; i < 5; i++) g_assert_cmpfloat(fabs((double)seen[i] - MANY / 5.0), <, 4 * sqrt(MANY / 5.0));
    load_free(without);
    load_free(with);
}

/* Fixed forever: a change of the generator or of the logarithm would show here. */
static void test_known(void)
{
    struct load_options o = { .count = 3, .arrivals = ARRIVALS_POISSON, .rate_per_s = 1, .seed = 42,
                              .prompt = { LENGTH_UNIFORM, .low = 1, .high = 1000 },
                              .output = { LENGTH_LOG_NORMAL, .mean = 100, .sigma = 1 } };
    struct load *load = load_make(&o);
    g_autoptr(GString) text = g_string_new(NULL);
    for (int i = 0; i < 3; i++)
        g_string_append_printf(text, "%" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %" G_GINT64_FORMAT "\n",
                               load->requests[i].arrival_ns, load->requests[i].prompt, load->requests[i].output);
    g_assert_cmpstr(text->str, ==, "420515685 987 34\n3538341610 309 20\n4204553887 507 132\n");
    load_free(load);
}

static void test_faults(void)
{
    const struct load_options fine = { .count = 3, .arrivals = ARRIVALS_EVEN, .rate_per_s = 1, .prompt = ten,
                                       .output = ten };
    struct load_options bad[] = { fine, fine, fine, fine, fine, fine, fine, fine, fine };
    bad[0].count = 0;
    bad[1].rate_per_s = 0;
    bad[2].rate_per_s = NAN;
    bad[3].rate_per_s = 1e-10;
    bad[4].prompt.low = 0;
    bad[5].output = (struct length){ LENGTH_UNIFORM, .low = 5, .high = 4 };
    bad[6].output = (struct length){ LENGTH_LOG_NORMAL, .mean = 0 };
    bad[7].shared = -1;
    bad[8].groups = LOAD_MOST_GROUPS + 1;
    g_assert_null(load_options_fault(&fine));
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_assert_nonnull(load_options_fault(&bad[i]));
        g_assert_null(load_make(&bad[i]));
    }
    struct request late[] = { { 5, 1, 1 }, { 4, 1, 1 } }, empty[] = { { 0, 0, 1 } }, mute[] = { { 0, 1, 0 } };
    struct request large[] = { { 0, LOAD_MOST_TOKENS, 1 } }, most[] = { { 0, LOAD_MOST_TOKENS - 1, 1 } };
    g_assert_nonnull(load_fault(&(struct load){ late, 2 }));
    g_assert_nonnull(load_fault(&(struct load){ empty, 1 }));
    g_assert_nonnull(load_fault(&(struct load){ mute, 1 }));
    g_assert_nonnull(load_fault(&(struct load){ large, 1 }));
    struct request whole[] = { { 0, 5, 1, 5, 0 } }, stray[] = { { 0, 5, 1, 4, LOAD_MOST_GROUPS } };
    g_assert_nonnull(load_fault(&(struct load){ whole, 1 }));
    g_assert_nonnull(load_fault(&(struct load){ stray, 1 }));
    g_assert_nonnull(load_fault(&(struct load){ most, 0 }));
    g_assert_null(load_fault(&(struct load){ most, 1 }));
}

/* Against GLib's own queue. */
static void test_queue(void)
{
    GRand *r = g_rand_new_with_seed(11);
    GQueue *want = g_queue_new();
    struct queue q = { 0 };
    for (int i = 1; i < 20000; i++) {
        int what = g_rand_int_range(r, 0, 5);
        if (what < 2) queue_push_back(&q, i), g_queue_push_tail(want, GINT_TO_POINTER(i));
        else if (what < 3) queue_push_front(&q, i), g_queue_push_head(want, GINT_TO_POINTER(i));
        else if (q.count) {
            g_assert_cmpint(queue_first(&q), ==, GPOINTER_TO_INT(g_queue_peek_head(want)));
            g_assert_cmpint(queue_pop(&q), ==, GPOINTER_TO_INT(g_queue_pop_head(want)));
        }
        g_assert_cmpint(q.count, ==, g_queue_get_length(want));
    }
    queue_finish(&q);
    g_queue_free(want);
    g_rand_free(r);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/load/arrivals", test_arrivals);
    g_test_add_func("/load/poisson", test_poisson);
    g_test_add_func("/load/lengths", test_lengths);
    g_test_add_func("/load/narrow-lengths", test_narrow_lengths);
    g_test_add_func("/load/seeds", test_seeds);
    g_test_add_func("/load/shared", test_shared);
    g_test_add_func("/load/known", test_known);
    g_test_add_func("/load/faults", test_faults);
    g_test_add_func("/load/queue", test_queue);
    return g_test_run();
}
