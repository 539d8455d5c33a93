/* The forward pass of GPT-2 (Radford et al., "Language Models are Unsupervised Multitask Learners", 2019), layer by
 * layer over the rows of the pass:
 *
 *     x = embed(token) + position
 *     x += out(attend(qkv(norm(x))))       each layer
 *     x += down(gelu(up(norm(x))))
 *     logits = embed^T norm(x_last)
 *
 * With or without a cache there is one piece of code: a pass without one gets an empty cache of its own, so K and V of
 * all tokens are computed again. A row never depends on the other rows of its pass (see matmul.h), so both roads give
 * the same bits.
 *
 * Worked number: GPT-2 124M (L 12, C 768, V 50,257), 16 steps from a text of one token on: without a cache the passes
 * are 1, 2, ..., 16 tokens long, 12,183,711,744 multiply-adds; with one each is 1 token long, 1,979,019,264.
 */
#include "lm/attend.h"
#include "lm/weights.h"
#include "sim/exact.h"

#include <math.h>
#include <string.h>

struct lm_cache {
    struct lm_shape shape;
    int max, tokens;
    float *k, *v; /* [L][H][max][D] */
};

struct pass {
    const struct lm *g;
    struct lm_cache *cache;
    struct lm_look *look;
    struct lm_count done;
    int first, n;  /* positions first .. first + n - 1 */
    float *x;      /* [n][C] */
    float *normed; /* [n][C] */
    float *qkv;    /* [n][3C] */
    float *mixed;  /* [n][C] */
    float *inner;  /* [n][4C] */
    float *dots, *scores, *row; /* [first + n]: one query's, before and after scaling, and its shares */
};

struct lm_cache *lm_cache_new(const struct lm *g, int max_tokens)
{
    g_assert(max_tokens > 0 && max_tokens <= g->shape.max_tokens);
    struct lm_cache *c = g_new0(struct lm_cache, 1);
    size_t values = (size_t)g->shape.layers * (size_t)g->shape.width * (size_t)max_tokens;
    c->shape = g->shape;
    c->max = max_tokens;
    c->k = g_new0(float, values);
    c->v = g_new0(float, values);
    return c;
}

void lm_cache_free(struct lm_cache *c)
{
    if (!c)
        return;
    g_free(c->k);
    g_free(c->v);
    g_free(c);
}

int lm_cache_tokens(const struct lm_cache *c) { return c->tokens; }

struct lm_count lm_count_formula(struct lm_shape s, int first, int n)
{
    int64_t l = s.layers, c = s.width, rows = n;
    int64_t pairs = rows * first + rows * (rows + 1) / 2;
    return (struct lm_count){
        .projections = rows * l * 4 * c * c,
        .mlp = rows * l * 8 * c * c,
        .scores = l * c * pairs,
        .mix = l * c * pairs,
        .vocabulary = s.vocab * c,
        .token_passes = rows,
    };
}

/* Row `position` of one head in an array [L][H][max][D]. */
static float *head_row(float *base, struct lm_shape s, int max, int layer, int head, int position)
{
    size_t row = ((size_t)layer * (size_t)s.heads + (size_t)head) * (size_t)max + (size_t)position;
    return base + row * (size_t)s.head_dim;
}

static void look_row(float *array, const struct pass *p, int layer, int head, int position, const float *values)
{
    if (array)
        memcpy(head_row(array, p->g->shape, p->look->max_rows, layer, head, position), values,
               sizeof(float) * (size_t)p->g->shape.head_dim);
}

/* The first position + 1 entries of a row of scores or shares. */
static void look_square(float *array, const struct pass *p, int layer, int head, int position, const float *values)
{
    size_t rows = array ? (size_t)p->look->max_rows : 0;
    size_t square = (size_t)layer * (size_t)p->g->shape.heads + (size_t)head;
    if (array)
        memcpy(array + (square * rows + (size_t)position) * rows, values, sizeof(float) * ((size_t)position + 1));
}

/* Mean and variance are summed in double, from the first number to the last. */
static void norm_rows(const struct pass *p, const struct norm *norm, const float *x, int rows, float *y)
{
    int width = p->g->shape.width;
    for (int r = 0; r < rows; r++, x += width, y += width) {
        double mean = 0, variance = 0;
        for (int i = 0; i < width; i++)
            mean += x[i];
        mean /= width;
        for (int i = 0; i < width; i++)
            variance += (x[i] - mean) * (x[i] - mean);
        double scale = 1 / sqrt(variance / width + p->g->epsilon);
        for (int i = 0; i < width; i++)
            y[i] = (float)((x[i] - mean) * scale) * norm->gain[i] + norm->shift[i];
    }
}

static void embed_rows(const struct pass *p, const int *ids)
{
    const struct lm *g = p->g;
    int width = g->shape.width;
    const float *place = g->positions + (size_t)p->first * (size_t)width;
    float *x = p->x;

    for (int r = 0; r < p->n; r++, x += width, place += width) {
        g_assert(ids[r] >= 0 && ids[r] < g->shape.vocab);
        for (int i = 0; i < width; i++)
            x[i] = g->embed.panels[matrix_slot(&g->embed, i, ids[r])] + place[i];
    }
}

/* One head of one query: q [D] against every position up to its own; writes out [D]. */
static void attend(struct pass *p, int layer, int head, int position, const float *q, float *out)
{
    struct lm_shape s = p->g->shape;
    const float *k = head_row(p->cache->k, s, p->cache->max, layer, head, 0);
    const float *v = head_row(p->cache->v, s, p->cache->max, layer, head, 0);

    attend_row(q, k, position + 1, s.head_dim, p->dots, p->scores, p->row);
    p->done.scores += (int64_t)(position + 1) * s.head_dim;
    memset(out, 0, sizeof(float) * (size_t)s.head_dim);
    for (int j = 0; j <= position; j++, v += s.head_dim) {
        for (int d = 0; d < s.head_dim; d++)
            out[d] += p->row[j] * v[d];
        p->done.mix += s.head_dim;
    }
    if (p->look) {
        look_square(p->look->dots, p, layer, head, position, p->dots);
        look_square(p->look->scores, p, layer, head, position, p->scores);
        look_square(p->look->shares, p, layer, head, position, p->row);
        look_row(p->look->q, p, layer, head, position, q);
        look_row(p->look->out, p, layer, head, position, out);
    }
}

/* Appends K and V of the pass' rows to the cache. */
static void keep_rows(struct pass *p, int layer)
{
    struct lm_shape s = p->g->shape;
    size_t bytes = sizeof(float) * (size_t)s.head_dim;
    for (int r = 0; r < p->n; r++)
        for (int h = 0; h < s.heads; h++) {
            const float *k = p->qkv + (size_t)(3 * r + 1) * (size_t)s.width + (size_t)(h * s.head_dim),
                        *v = k + s.width;
            memcpy(head_row(p->cache->k, s, p->cache->max, layer, h, p->first + r), k, bytes);
            memcpy(head_row(p->cache->v, s, p->cache->max, layer, h, p->first + r), v, bytes);
            if (p->look) {
                look_row(p->look->k, p, layer, h, p->first + r, k);
                look_row(p->look->v, p, layer, h, p->first + r, v);
            }
        }
}

static void add_rows(float *x, const float *y, size_t n)
{
    for (size_t i = 0; i < n; i++)
        x[i] += y[i];
}

static void run_layer(struct pass *p, int number)
{
    const struct layer *l = &p->g->layers[number];
    struct lm_shape s = p->g->shape;
    size_t values = (size_t)p->n * (size_t)s.width;

    norm_rows(p, &l->before_attention, p->x, p->n, p->normed);
    p->done.projections += matmul(&l->qkv, p->normed, p->n, p->qkv);
    keep_rows(p, number);
    for (int r = 0; r < p->n; r++)
        for (int h = 0; h < s.heads; h++) {
            size_t at = (size_t)(h * s.head_dim);
            attend(p, number, h, p->first + r, p->qkv + (size_t)(3 * r) * (size_t)s.width + at,
                   p->mixed + (size_t)r * (size_t)s.width + at);
        }
    p->done.projections += matmul(&l->out, p->mixed, p->n, p->normed);
    add_rows(p->x, p->normed, values);

    norm_rows(p, &l->before_mlp, p->x, p->n, p->normed);
    p->done.mlp += matmul(&l->up, p->normed, p->n, p->inner);
    for (size_t i = 0; i < 4 * values; i++)
        p->inner[i] = exact_gelu(p->inner[i]);
    p->done.mlp += matmul(&l->down, p->inner, p->n, p->normed);
    add_rows(p->x, p->normed, values);
}

static void run_layers(struct pass *p, const int *ids, float *logits)
{
    const struct lm *g = p->g;
    int width = g->shape.width;

    embed_rows(p, ids);
    for (int i = 0; i < g->shape.layers; i++)
        run_layer(p, i);
    p->done.token_passes += p->n;
    if (!logits)
        return;
    norm_rows(p, &g->last, p->x + (size_t)(p->n - 1) * (size_t)width, 1, p->normed);
    p->done.vocabulary += matmul(g->head.panels ? &g->head : &g->embed, p->normed, 1, logits);
}

static void count_add(struct lm_count *to, const struct lm_count *from)
{
    to->projections += from->projections;
    to->scores += from->scores;
    to->mix += from->mix;
    to->mlp += from->mlp;
    to->vocabulary += from->vocabulary;
    to->token_passes += from->token_passes;
}

void lm_forward(const struct lm *g, struct lm_cache *cache, const int *ids, int n, float *logits,
                 struct lm_count *count, struct lm_look *look)
{
    struct lm_cache *own = cache ? NULL : lm_cache_new(g, n);
    struct pass p = { .g = g, .cache = cache ? cache : own, .look = look, .n = n };
    size_t values = (size_t)n * (size_t)g->shape.width;

    p.first = p.cache->tokens;
    g_assert(n > 0 && p.first + n <= p.cache->max && (!look || p.first + n <= look->max_rows));
    float *room = g_new(float, 10 * values + 3 * (size_t)(p.first + n));
    p.x = room;
    p.normed = p.x + values;
    p.qkv = p.normed + values;
    p.mixed = p.qkv + 3 * values;
    p.inner = p.mixed + values;
    p.row = p.inner + 4 * values;
    p.dots = p.row + p.first + n;
    p.scores = p.dots + p.first + n;
    run_layers(&p, ids, logits);
    p.cache->tokens += n;
    if (count)
        count_add(count, &p.done);
    g_free(room);
    lm_cache_free(own);
}
