/* What is left after top-k and top-p, and how often each token comes, against a plain second implementation: shares
 * sorted in a loop, cut-offs one after another on a list that is made to sum to one each time. */
#include "lm/sample.h"
#include "sim/random.h"

#include <glib.h>
#include <math.h>
#include <string.h>

enum { VOCAB = 40, DRAWS = 20000 };

struct plain { int ids[VOCAB], n; double shares[VOCAB]; };

static void make_one(struct plain *p)
{
    double sum = 0;
    for (int i = 0; i < p->n; i++)
        sum += p->shares[i];
    for (int i = 0; i < p->n; i++)
        p->shares[i] /= sum;
}

/* The distribution that the next token is drawn from. */
static struct plain cut_plainly(const float *logits, struct sampling how)
{
    struct plain p = { .n = VOCAB };
    for (int i = 0; i < VOCAB; i++) {
        p.ids[i] = i;
        p.shares[i] = exp(logits[i] / how.temperature);
    }
    make_one(&p);
    for (int i = 0; i < p.n; i++) /* by selection: the largest left, the lower id first */
        for (int j = i + 1; j < p.n; j++)
            if (p.shares[j] > p.shares[i] || (p.shares[j] == p.shares[i] && p.ids[j] < p.ids[i])) {
                double share = p.shares[i];
                int id = p.ids[i];
                p.shares[i] = p.shares[j];
                p.ids[i] = p.ids[j];
                p.shares[j] = share;
                p.ids[j] = id;
            }
    if (how.top_k && how.top_k < p.n)
        p.n = how.top_k;
    make_one(&p);
    double sum = 0;
    for (int i = 0; how.top_p > 0 && how.top_p < 1 && i < p.n; i++) {
        sum += p.shares[i];
        if (sum >= how.top_p)
            p.n = i + 1;
    }
    make_one(&p);
    return p;
}

static void fill(float *logits, uint64_t seed)
{
    struct random random = { seed };
    for (int i = 0; i < VOCAB; i++)
        logits[i] = (float)(2 * random_bell(&random));
}

static const struct sampling ways[] = {
    { .temperature = 1 },
    { .temperature = 0.6 },
    { .temperature = 1.7, .top_k = 5 },
    { .temperature = 1.7, .top_k = 1 },
    { .temperature = 1, .top_k = 1000 },
    { .temperature = 1, .top_p = 0.9 },
    { .temperature = 1, .top_p = 1e-9 },
    { .temperature = 1, .top_p = 1 },
    { .temperature = 0.8, .top_p = 0.5, .top_k = 10 },
    { .temperature = 2.5, .top_p = 0.7, .top_k = 3 },
};

static void test_left(void)
{
    struct sampler s;
    sampler_init(&s, VOCAB);
    for (uint64_t seed = 0; seed < 50; seed++)
        for (size_t w = 0; w < G_N_ELEMENTS(ways); w++) {
            float logits[VOCAB];
            fill(logits, seed);
            struct plain all = cut_plainly(logits, (struct sampling){ .temperature = ways[w].temperature }),
                         left = cut_plainly(logits, ways[w]);
            g_assert_cmpint(sampler_rank(&s, logits, ways[w]), ==, -1);
            g_assert_cmpint(s.kept, ==, left.n);
            double cut = 0;
            for (int i = 0; i < VOCAB; i++) {
                g_assert_cmpint(s.order[i], ==, all.ids[i]);
                g_assert_cmpfloat_with_epsilon(sampler_share(&s, s.order[i]), all.shares[i], 1e-12);
                cut += i < left.n ? 0 : all.shares[i];
            }
            g_assert_cmpfloat_with_epsilon(s.cut, cut, 1e-12);
            g_assert_true(left.n < VOCAB || s.cut == 0);
        }
    sampler_finish(&s);
}

/* Equal draws of unit give each token its share: the draw is the inverse of the running sum. */
static void test_draw(void)
{
    struct sampler s;
    float logits[VOCAB];
    fill(logits, 3);
    sampler_init(&s, VOCAB);
    for (size_t w = 0; w < G_N_ELEMENTS(ways); w++) {
        struct plain left = cut_plainly(logits, ways[w]);
        sampler_rank(&s, logits, ways[w]);
        double below = 0;
        for (int i = 0; i < left.n; i++) {
            g_assert_cmpint(sampler_draw(&s, below + left.shares[i] / 2), ==, i);
            below += left.shares[i];
        }
        g_assert_cmpint(sampler_draw(&s, 0), ==, 0);
        g_assert_cmpint(sampler_draw(&s, 1 - 0x1p-53), <, left.n);
    }
    sampler_finish(&s);
}

/* Each count of 20,000 draws lies within five deviations (and three draws, for the rare ones) of what its share says;
 * the seeds are fixed, so it always does. */
static void test_frequencies(void)
{
    struct sampler s;
    float logits[VOCAB];
    fill(logits, 11);
    sampler_init(&s, VOCAB);
    for (size_t w = 0; w < G_N_ELEMENTS(ways); w++) {
        struct plain left = cut_plainly(logits, ways[w]);
        struct random random = { 1000 + w };
        int counts[VOCAB] = { 0 };
        sampler_rank(&s, logits, ways[w]);
        for (int i = 0; i < DRAWS; i++)
            counts[sampler_draw(&s, random_unit(&random))]++;
        for (int i = 0; i < VOCAB; i++) {
            double share = i < left.n ? left.shares[i] : 0;
            double most = share > 0 ? 5 * sqrt(DRAWS * share * (1 - share)) + 3 : 0;
            g_assert_cmpfloat(fabs(counts[i] - DRAWS * share), <=, most);
        }
    }
    sampler_finish(&s);
}

/* The best, the lower id of two; cut-offs do not act; shares are those at temperature 1. */
static void test_greedy(void)
{
    struct sampler s;
    const float logits[] = { 0, 2, 2, -1 };
    sampler_init(&s, 4);
    g_assert_cmpint(sampler_rank(&s, logits, (struct sampling){ .temperature = 0, .top_k = 2, .top_p = 0.5 }), ==, -1);
    g_assert_cmpint(s.order[0], ==, 1);
    g_assert_cmpint(s.order[1], ==, 2);
    g_assert_cmpint(s.kept, ==, 1);
    g_assert_cmpfloat(s.cut, ==, 0);
    g_assert_cmpint(sampler_draw(&s, 0.999), ==, 0);
    g_assert_cmpfloat_with_epsilon(sampler_share(&s, 1), exp(2) / (1 + 2 * exp(2) + exp(-1)), 1e-12);
    sampler_finish(&s);
}

/* The nucleus is the smallest set that reaches p: of 1/2, 1/4, 1/8, 1/8, exactly 3/4 needs two, a little more three.
 * top-p goes by what top-k left: of the first two, 2/3 and 1/3. */
static void test_nucleus(void)
{
    struct sampler s;
    const float l = (float)log(2), logits[] = { 2 * l, l, 0, 0 };
    sampler_init(&s, 4);
    static const struct { double p; int k, kept; double cut; } cases[] = {
        { 0.5 - 1e-6, 0, 1, 0.5 },  { 0.5 + 1e-6, 0, 2, 0.25 }, { 0.75 + 1e-6, 0, 3, 0.125 },
        { 0.875 + 1e-6, 0, 4, 0 },  { 0.6, 2, 1, 0.5 },         { 0.6, 0, 2, 0.25 },
        { 0.7, 2, 2, 0.25 },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        sampler_rank(&s, logits, (struct sampling){ .temperature = 1, .top_k = cases[i].k, .top_p = cases[i].p });
        g_assert_cmpint(s.kept, ==, cases[i].kept);
        g_assert_cmpfloat_with_epsilon(s.cut, cases[i].cut, 1e-7);
    }
    sampler_finish(&s);
}

static void test_not_finite(void)
{
    struct sampler s;
    float logits[] = { 0, 1, NAN, INFINITY };
    sampler_init(&s, 4);
    g_assert_cmpint(sampler_rank(&s, logits, (struct sampling){ .temperature = 1 }), ==, 2);
    logits[2] = 0;
    g_assert_cmpint(sampler_rank(&s, logits, (struct sampling){ .temperature = 1 }), ==, 3);
    sampler_finish(&s);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sample/left", test_left);
    g_test_add_func("/sample/draw", test_draw);
    g_test_add_func("/sample/frequencies", test_frequencies);
    g_test_add_func("/sample/greedy", test_greedy);
    g_test_add_func("/sample/nucleus", test_nucleus);
    g_test_add_func("/sample/not-finite", test_not_finite);
    return g_test_run();
}
