/* Stories through the model, side by side. A worker takes a story, runs it without a cache, and adds up its heads; what it
 * found waits in the story's own place until all are done, and is then summed in the order of the file. */
#include "lm/measure.h"

#include "read/fail.h"

enum { MOST_TOKENS = 512 }; /* of a story: the shares of all heads grow with the square */

/* One story's part of the sums. */
struct part {
    const struct marks_story *story;
    struct marks_tokens tokens;
    int64_t cases[HEAD_ROLES];
    double chance[HEAD_ROLES], *sums; /* [L][H][HEAD_ROLES] */
};

struct work { const struct lm *g; struct lm_shape shape; struct part *parts; GAsyncQueue *done; };

/* A pool's work; `number` counts from 1, since a pool takes no NULL. */
static void run_story(gpointer number, gpointer data)
{
    struct work *w = data;
    struct part *p = &w->parts[GPOINTER_TO_INT(number) - 1];
    int n = p->tokens.n, heads = w->shape.layers * w->shape.heads;
    struct marks_cases cases = marks_cases(p->story, &p->tokens);
    g_autofree float *shares = g_new0(float, (gsize)heads * (gsize)n * (gsize)n);
    struct lm_look look = { .shares = shares, .max_rows = n };

    lm_forward(w->g, NULL, p->tokens.ids, n, NULL, NULL, &look);
    p->sums = g_new0(double, (gsize)heads * HEAD_ROLES);
    for (int h = 0; h < heads; h++)
        marks_add_shares(&cases, shares + (size_t)h * (size_t)n * (size_t)n, n, p->sums + (size_t)h * HEAD_ROLES);
    marks_add_chance(&cases, p->cases, p->chance);
    marks_cases_clear(&cases);
    g_async_queue_push(w->done, number);
}

static void run_stories(struct work *w, int n, const struct measure_options *o)
{
    GThreadPool *pool = g_thread_pool_new(run_story, w, (int)g_get_num_processors(), TRUE, NULL);
    for (int i = 1; i <= n; i++)
        g_thread_pool_push(pool, GINT_TO_POINTER(i), NULL);
    for (int i = 1; i <= n; i++) {
        g_async_queue_pop(w->done);
        if (o->progress)
            o->progress(i, n, o->data);
    }
    g_thread_pool_free(pool, FALSE, TRUE);
}

/* Encodes stories until there are enough; returns how many, -1 and error when one cannot be written. */
static int take_stories(struct work *w, const struct marks *m, const struct measure_options *o, GError **error)
{
    int most = MIN(w->shape.max_tokens, MOST_TOKENS), n = 0;
    int64_t spent = 0;
    while (n < m->n && (o->stories ? n < o->stories : n < MEASURE_LEAST || spent < MEASURE_BUDGET)) {
        struct part *p = &w->parts[n++];
        p->story = &m->stories[n - 1];
        if (!marks_encode(w->g, p->story->text, most, &p->tokens, error))
            return -1;
        struct lm_count cost = lm_count_formula(w->shape, 0, p->tokens.n);
        spent += lm_count_total(&cost) - cost.vocabulary; /* no logits are asked for */
    }
    return n;
}

static struct heads *sum_parts(const struct work *w, int n, int held)
{
    struct heads *h = g_new0(struct heads, 1);
    int values = w->shape.layers * w->shape.heads * HEAD_ROLES;
    *h = (struct heads){ .layers = w->shape.layers, .heads = w->shape.heads, .stories = n, .held = held,
                         .scores = g_new0(double, values) };
    for (int i = 0; i < n; i++) {
        const struct part *p = &w->parts[i];
        for (int role = 0; role < HEAD_ROLES; role++) {
            h->cases[role] += p->cases[role];
            h->chance[role] += p->chance[role];
        }
        for (int k = 0; k < values; k++)
            h->scores[k] += p->sums[k];
    }
    for (int k = 0; k < values; k++)
        h->scores[k] /= (double)MAX(h->cases[k % HEAD_ROLES], 1);
    for (int role = 0; role < HEAD_ROLES; role++)
        h->chance[role] /= (double)MAX(h->cases[role], 1);
    return h;
}

struct heads *heads_measure(const struct lm *g, const struct marks *m, const struct measure_options *o, GError **error)
{
    struct work w = { g, lm_shape(g), g_new0(struct part, m->n), g_async_queue_new() };
    struct heads *h = NULL;
    int n = take_stories(&w, m, o, error);
    if (n > 0) {
        run_stories(&w, n, o);
        h = sum_parts(&w, n, m->n);
    }
    for (int i = 0; i < m->n; i++) {
        marks_tokens_clear(&w.parts[i].tokens);
        g_free(w.parts[i].sums);
    }
    g_free(w.parts);
    g_async_queue_unref(w.done);
    return h;
}
