/* Cut-offs only move the end of the order: what is left are its first `kept` ids. */
#include "lm/sample.h"

#include "sim/exact.h"

#include <glib.h>
#include <math.h>

void sampler_init(struct sampler *s, int vocab)
{
    *s = (struct sampler){ .vocab = vocab, .order = g_new(int, vocab), .weights = g_new(double, vocab) };
}

void sampler_finish(struct sampler *s)
{
    g_free(s->order);
    g_free(s->weights);
    *s = (struct sampler){ 0 };
}

static int compare_logits(gconstpointer a, gconstpointer b, gpointer logits)
{
    int x = *(const int *)a, y = *(const int *)b;
    float p = ((const float *)logits)[x], q = ((const float *)logits)[y];
    return p > q ? -1 : p < q ? 1 : x - y;
}

/* The sum of the first n weights, added in that order. */
static double sum_first(const struct sampler *s, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += s->weights[s->order[i]];
    return sum;
}

/* How many of the first `open` make up the nucleus. */
static int count_nucleus(const struct sampler *s, int open, double top_p)
{
    double wanted = top_p * sum_first(s, open), sum = 0;
    for (int i = 0; i < open; i++) {
        sum += s->weights[s->order[i]];
        if (sum >= wanted)
            return i + 1;
    }
    return open;
}

int sampler_rank(struct sampler *s, const float *logits, struct sampling how)
{
    gboolean greedy = how.temperature <= 0;
    double temperature = greedy ? 1 : how.temperature;

    for (int i = 0; i < s->vocab; i++) {
        if (!isfinite(logits[i]))
            return i;
        s->order[i] = i;
    }
    g_qsort_with_data(s->order, s->vocab, sizeof *s->order, compare_logits, (gpointer)logits);
    for (int i = 0; i < s->vocab; i++)
        s->weights[i] = exact_exp(((double)logits[i] - (double)logits[s->order[0]]) / temperature);
    s->sum = sum_first(s, s->vocab);

    int open = how.top_k > 0 ? MIN(how.top_k, s->vocab) : s->vocab;
    s->kept = greedy ? 1 : how.top_p > 0 && how.top_p < 1 ? count_nucleus(s, open, how.top_p) : open;
    s->left = sum_first(s, s->kept);
    s->cut = 0;
    for (int i = s->kept; i < s->vocab && !greedy; i++)
        s->cut += s->weights[s->order[i]];
    s->cut /= s->sum;
    return -1;
}

int sampler_draw(const struct sampler *s, double unit)
{
    double over = unit * s->left;
    for (int i = 0; i < s->kept; i++) {
        over -= s->weights[s->order[i]];
        if (over < 0)
            return i;
    }
    return 0; /* only where rounding left nothing over: the best one */
}
