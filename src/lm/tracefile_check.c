/* Do the tensors of a trace say one thing? A file that another program wrote may have its axes swapped, its rotation
 * left out, its scale or its mask its own. Then q, k and v do not make the scores, weights and mixes that stand beside
 * them, and a film would show numbers that are not attention. Roundings of 16-bit numbers are let pass.
 */
#include "read/fail.h"
#include "lm/trace_make.h"
#include "lm/tracefile_parts.h"

#include <math.h>
#include <string.h>

static const double CLOSE = 0.02, SUM_CLOSE = 0.01;

struct checking {
    const struct trace *t;
    const char *path;
    int layer, head; /* counted from 1 */
    const float *q, *k, *v, *out, *dots, *scores, *shares;
    GError **error;
};

/* "x.safetensors: layer 2, head 3, row 5: " and what is wrong there. */
static gboolean fail_row(const struct checking *c, int row, const char *what)
{
    return fail_with(c->error, LM_ERROR_TRACE, "%s: layer %d, head %d, row %d: %s", c->path, c->layer, c->head, row + 1,
                     what);
}

static double norm(const float *x, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += (double)x[i] * x[i];
    return sqrt(sum);
}

static gboolean is_close(double a, double b, double size) { return fabs(a - b) <= CLOSE * size + 1e-5; }

/* Scores of one row against q . k, before and after the scale. */
static gboolean check_scores(const struct checking *c, int row)
{
    int d = c->t->shape.head_dim, n = c->t->n_tokens;
    const float *q = c->q + (size_t)row * (size_t)d, *dots = c->dots + (size_t)row * (size_t)n,
                *scores = c->scores + (size_t)row * (size_t)n;
    double length = norm(q, d), scale = 1 / sqrt(d);
    for (int j = 0; j <= row; j++) {
        const float *k = c->k + (size_t)j * (size_t)d;
        double dot = 0;
        for (int i = 0; i < d; i++)
            dot += (double)q[i] * k[i];
        if (!is_close(dots[j], dot, length * norm(k, d)))
            return fail_row(c, row,
                            "scores_raw is not the product of q and k; both must stand as the scores use them "
                            "(rotated), with heads before tokens.");
        if (!is_close(scores[j], dots[j] * scale, MAX(1, fabs(dots[j] * scale))))
            return fail_row(c, row,
                            "scores is not scores_raw divided by the square root of the head's width, the only "
                            "scale that can be shown.");
    }
    return TRUE;
}

static gboolean check_shares(const struct checking *c, int row)
{
    size_t at = (size_t)row * (size_t)c->t->n_tokens;
    const float *scores = c->scores + at, *shares = c->shares + at;
    double top = -INFINITY, sum = 0, all = 0;
    for (int j = 0; j <= row; j++)
        top = fmax(top, scores[j]);
    for (int j = 0; j <= row; j++) {
        sum += exp(scores[j] - top);
        all += shares[j];
    }
    if (!(fabs(all - 1) <= SUM_CLOSE))
        return fail_row(c, row, "the weights do not sum to one.");
    for (int j = 0; j <= row; j++)
        if (shares[j] < 0 || !is_close(shares[j], exp(scores[j] - top) / sum, 1))
            return fail_row(c, row, "weights is not the softmax of scores.");
    return TRUE;
}

/* A mix against its values; the size of a difference is that of the weighted values. */
static gboolean check_out(const struct checking *c, int row)
{
    int d = c->t->shape.head_dim;
    const float *shares = c->shares + (size_t)row * (size_t)c->t->n_tokens, *out = c->out + (size_t)row * (size_t)d;
    for (int i = 0; i < d; i++) {
        double mix = 0, size = 0;
        for (int j = 0; j <= row; j++) {
            double part = (double)shares[j] * c->v[(size_t)j * (size_t)d + (size_t)i];
            mix += part;
            size += fabs(part);
        }
        if (!is_close(out[i], mix, size))
            return fail_row(c, row,
                            "out is not the weighted sum of v, with weights from q and k (all rotated where the "
                            "model does that, and scaled by 1 / sqrt(D)).");
    }
    return TRUE;
}

static gboolean check_head(struct checking *c)
{
    struct trace_head *h = trace_head_new(c->t, c->layer, c->head);
    gboolean good = TRUE;
    c->q = h->q;
    c->k = h->k;
    c->v = h->v;
    c->out = h->out;
    c->dots = h->dots;
    c->scores = h->scores;
    c->shares = h->shares;
    for (int row = 0; row < h->n && good; row++)
        good = (!c->t->shares || (check_scores(c, row) && check_shares(c, row))) && check_out(c, row);
    trace_head_free(h);
    return good;
}

gboolean tracefile_check(const struct trace *t, const char *path, GError **error)
{
    struct checking c = { .t = t, .path = path, .error = error };
    for (c.layer = 1; c.layer <= t->shape.layers; c.layer++)
        for (c.head = 1; c.head <= t->shape.heads; c.head++)
            if (!check_head(&c))
                return FALSE;
    return TRUE;
}

void tracefile_mix(const float *shares, const float *v, int n, int width, float *out)
{
    memset(out, 0, sizeof(float) * (size_t)n * (size_t)width);
    for (int i = 0; i < n; i++, shares += n, out += width)
        for (int j = 0; j <= i; j++)
            for (int d = 0; d < width; d++)
                out[d] += shares[j] * v[(size_t)j * (size_t)width + (size_t)d];
}
