/* One head of a trace, and which head is shown.
 *
 * Which head is shown, where the options leave it open: the one that looks back at what it is about to say. For each
 * decode row whose next token is a word that stood in the text before, take the sum of the head's shares on the earlier
 * places of that word (not the first position, where heads rest, nor the row's own), less what an even spread would put
 * there. The mean over these rows is the head's reference score; the highest wins. Where no row has such a word, the
 * mean over the rows of the sum of squared shares on positions other than the first and the own decides: it is high
 * when much of the attention lies on few places. Ties go to the lower layer, then the lower head. With no decode step
 * the prompt's last row is taken.
 */
#include "lm/attend.h"
#include "tok/tokentext.h"
#include "lm/trace_make.h"

#include <math.h>
#include <string.h>

/* Adds one decode row: what lies on earlier places of the token that comes next. */
static void score_reference(const struct trace *t, const float *row, int position, struct trace_score *score)
{
    const struct trace_token *next = &t->tokens[position + 1];
    double on = 0;
    int places = 0;

    for (int j = 1; j < position; j++)
        if (t->tokens[j].id == next->id) {
            on += row[j];
            places++;
        }
    if (places && tokentext_is_word(next->text)) {
        score->reference += on - (double)places / (position + 1);
        score->references++;
    }
}

struct trace_score trace_score_head(const struct trace *t, const float *shares)
{
    struct trace_score score = { 0 };
    int first = t->n_passes > 1 ? t->n_prompt : t->n_prompt - 1;

    for (int i = first; i < t->n_tokens; i++) {
        const float *row = shares + (size_t)i * (size_t)t->n_tokens;
        score_reference(t, row, i, &score);
        for (int j = 1; j < i; j++)
            score.focus += (double)row[j] * row[j];
    }
    score.focus /= t->n_tokens - first;
    score.reference /= MAX(score.references, 1);
    return score;
}

/* Which rows have a reference does not depend on the head, so either all heads are compared by it or none. */
static gboolean is_better(struct trace_score a, struct trace_score b)
{
    return a.references ? a.reference > b.reference : a.focus > b.focus;
}

void trace_choose_head(struct trace *t)
{
    struct trace_score best = { .reference = -INFINITY, .focus = -INFINITY };

    for (int l = 1; l <= t->shape.layers; l++)
        for (int h = 1; h <= t->shape.heads; h++) {
            if ((t->options.layer && l != t->options.layer) || (t->options.head && h != t->options.head))
                continue;
            struct trace_head *seen = trace_head_new(t, l, h);
            struct trace_score score = trace_score_head(t, seen->shares);
            if (t->layer == 0 || is_better(score, best)) {
                best = score;
                t->layer = l;
                t->head = h;
            }
            trace_head_free(seen);
        }
}

/* ---- what the views see of it ---- */

static int compare_floats(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return x < y ? -1 : x > y;
}

/* Nearest-rank percentiles of the four arrays together. */
static void measure_range(struct trace_head *head)
{
    size_t each = (size_t)head->n * (size_t)head->width, n = 4 * each;
    const float *const arrays[] = { head->q, head->k, head->v, head->out };
    g_autofree float *all = g_new(float, n);

    for (int i = 0; i < 4; i++)
        memcpy(all + (size_t)i * each, arrays[i], each * sizeof *all);
    qsort(all, n, sizeof *all, compare_floats);
    head->low = all[n / 100];
    head->high = all[n - 1 - n / 100];
}

struct trace_head *trace_head_new(const struct trace *t, int layer, int head)
{
    const struct lm_shape *s = &t->shape;
    g_assert(layer > 0 && layer <= s->layers && head > 0 && head <= s->heads);
    size_t n = (size_t)t->n_tokens, each = n * (size_t)s->head_dim, square = n * n;
    size_t number = (size_t)(layer - 1) * (size_t)s->heads + (size_t)(head - 1);
    size_t shared = (size_t)(layer - 1) * (size_t)s->kv_heads + (size_t)((head - 1) / (s->heads / s->kv_heads));
    struct trace_head *h = g_new0(struct trace_head, 1);

    *h = (struct trace_head){ .layer = layer, .head = head, .n = t->n_tokens, .width = s->head_dim,
                              .q = t->q + number * each, .out = t->out + number * each,
                              .k = t->k + shared * each, .v = t->v + shared * each,
                              .dots = g_new0(float, square), .scores = g_new0(float, square),
                              .shares = g_new0(float, square) };
    for (size_t i = 0; i < n && !t->shares; i++)
        attend_row(h->q + i * (size_t)h->width, h->k, (int)i + 1, h->width, h->dots + i * n, h->scores + i * n,
                   h->shares + i * n);
    if (t->shares) {
        memcpy(h->dots, t->dots + number * square, square * sizeof(float));
        memcpy(h->scores, t->scores + number * square, square * sizeof(float));
        memcpy(h->shares, t->shares + number * square, square * sizeof(float));
    }
    measure_range(h);
    return h;
}

void trace_head_free(struct trace_head *h)
{
    if (!h)
        return;
    g_free(h->dots);
    g_free(h->scores);
    g_free(h->shares);
    g_free(h);
}

double trace_tone(const struct trace_head *h, const float *vector, int cell, int cells)
{
    int width = h->width;
    g_assert(cells > 0 && cell >= 0 && cell < cells);
    int from = (int)((int64_t)cell * width / cells), to = (int)((int64_t)(cell + 1) * width / cells);
    double sum = 0;

    to = MAX(to, from + 1); /* more cells than numbers: a number fills several cells */
    for (int i = from; i < to; i++)
        sum += vector[i];
    if (!(h->high > h->low))
        return 0.5;
    return CLAMP((sum / (to - from) - h->low) / (h->high - h->low), 0, 1);
}
