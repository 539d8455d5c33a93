/* The forward pass, layer by layer over the rows of the pass. GPT-2 (Radford et al., "Language Models are Unsupervised
 * Multitask Learners", 2019):
 *
 *     x = embed(token) + position
 *     x += out(attend(qkv(norm(x))))                    each layer; norm: LayerNorm
 *     x += down(gelu(up(norm(x))))
 *     logits = head^T norm(x_last)                      head: the embedding where tied
 *
 * The Llama family (Touvron et al., arXiv:2302.13971; Jiang et al., arXiv:2310.06825; Qwen, arXiv:2407.10671) has no
 * positions in x but rotates q and k by them (rope.h) before k is cached, norms are RMSNorms (Zhang and Sennrich,
 * arXiv:1910.07467), and the MLP has a gate (Shazeer, arXiv:2002.05202):
 *
 *     x += down(silu(gate(norm(x))) * up(norm(x)))
 *
 * With or without a cache there is one piece of code: a pass without one gets an empty cache of its own, so K and V of
 * all tokens are computed again. A row never depends on the other rows of its pass (see matmul.h), so both roads give
 * the same bits.
 *
 * Worked numbers: GPT-2 124M (L 12, C 768, V 50,257), 16 steps from a text of one token on: without a cache the passes
 * are 1, 2, ..., 16 tokens long, 12,183,711,744 multiply-adds; with one each is 1 token long, 1,979,019,264. Its token
 * at position 0 touches 494,613,504 bytes, nearly all of its 497,759,232 bytes of weights: all but norms and positions.
 */
#include "lm/attend.h"
#include "lm/rope.h"
#include "lm/weights.h"
#include "sim/exact.h"

#include <math.h>
#include <string.h>

struct lm_cache {
    struct lm_shape shape;
    int max, tokens;
    float *k, *v; /* [L][KV][max][D] */
};

struct pass {
    const struct lm *g;
    struct lm_cache *cache;
    struct lm_look *look;
    struct lm_count done;
    int first, n;  /* positions first .. first + n - 1 */
    float *x;      /* [n][C] */
    float *normed; /* [n][C] */
    float *qkv;    /* [n][(H + 2KV) D] */
    float *mixed;  /* [n][H D] */
    float *inner;  /* [n][I] */
    float *gate;   /* [n][I], of the Llama family */
    float *turns;  /* [n][D], of the Llama family: see rope.h */
    float *dots, *scores, *shares; /* [H / KV][first + n]: of one query of each head that shares a head of K and V */
};

struct lm_cache *lm_cache_new(const struct lm *g, int max_tokens)
{
    struct lm_shape s = g->shape;
    g_assert(max_tokens > 0 && max_tokens <= s.max_tokens);
    struct lm_cache *c = g_new0(struct lm_cache, 1);
    size_t values = (size_t)s.layers * (size_t)s.kv_heads * (size_t)s.head_dim * (size_t)max_tokens;
    c->shape = s;
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

/* ---- the closed form ---- */

/* Numbers of the weights of one layer, biases included, that a pass reads. */
static void count_weights(struct lm_shape s, int64_t *projections, int64_t *mlp)
{
    int64_t c = s.width, mixed = (int64_t)s.heads * s.head_dim, shared = (int64_t)s.kv_heads * s.head_dim, i = s.inner;
    gboolean plain = s.family == LM_GPT2;
    int64_t ups = plain ? 1 : 2; /* matrices from C to I */
    *projections = c * (mixed + 2 * shared) + mixed * c;
    *projections += (plain || s.qkv_bias ? mixed + 2 * shared : 0) + (plain || s.out_bias ? c : 0);
    *mlp = (ups + 1) * c * i + (plain || s.mlp_bias ? ups * i + c : 0);
}

/* projections and mlp: 4 bytes times the weights of L layers; scores and mix: 4 L KV D for each token of the pass and
 * for each pair; embedding: 4 n C, and again for GPT-2's positions; vocabulary: 4 V C. */
static struct lm_bytes bytes_formula(struct lm_shape s, int64_t n, int64_t pairs)
{
    int64_t projections, mlp, number = sizeof(float), l = s.layers, shared = (int64_t)s.kv_heads * s.head_dim;
    count_weights(s, &projections, &mlp);
    return (struct lm_bytes){
        .embedding = number * n * s.width * (s.family == LM_GPT2 ? 2 : 1),
        .projections = number * l * projections,
        .scores = number * l * shared * (n + pairs),
        .mix = number * l * shared * (n + pairs),
        .mlp = number * l * mlp,
        .vocabulary = number * s.vocab * s.width,
    };
}

struct lm_count lm_count_formula(struct lm_shape s, int first, int n)
{
    int64_t l = s.layers, c = s.width, rows = n, mixed = (int64_t)s.heads * s.head_dim;
    int64_t pairs = rows * first + rows * (rows + 1) / 2;
    return (struct lm_count){
        .projections = rows * l * c * 2 * (mixed + (int64_t)s.kv_heads * s.head_dim),
        .mlp = rows * l * (s.family == LM_GPT2 ? 2 : 3) * c * s.inner,
        .scores = l * mixed * pairs,
        .mix = l * mixed * pairs,
        .vocabulary = s.vocab * c,
        .token_passes = rows,
        .bytes = bytes_formula(s, rows, pairs),
    };
}

/* ---- cache and look ---- */

/* Row `position` of head `head` of `heads` in an array [L][heads][max][D]. */
static float *head_row(float *base, const struct pass *p, int heads, int max, int layer, int head, int position)
{
    size_t row = ((size_t)layer * (size_t)heads + (size_t)head) * (size_t)max + (size_t)position;
    return base + row * (size_t)p->g->shape.head_dim;
}

static float *cache_row(float *base, const struct pass *p, int layer, int head, int position)
{
    return head_row(base, p, p->g->shape.kv_heads, p->cache->max, layer, head, position);
}

static void look_row(float *array, const struct pass *p, int heads, int layer, int head, int position,
                     const float *values)
{
    if (array)
        memcpy(head_row(array, p, heads, p->look->max_rows, layer, head, position), values,
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

/* ---- the parts of a layer ---- */

static void add_work(struct work w, int64_t *adds, int64_t *bytes)
{
    *adds += w.adds;
    *bytes += w.bytes;
}

static void norm_row(const struct norm *norm, double epsilon, const float *x, int width, float *y)
{
    double mean = 0, variance = 0;
    for (int i = 0; norm->shift && i < width; i++)
        mean += x[i];
    mean /= width;
    for (int i = 0; i < width; i++)
        variance += (x[i] - mean) * (x[i] - mean);
    double scale = 1 / sqrt(variance / width + epsilon);
    for (int i = 0; i < width; i++) {
        float gained = (float)((x[i] - mean) * scale) * norm->gain[i];
        y[i] = norm->shift ? gained + norm->shift[i] : gained;
    }
}

/* y = norm(x) for rows of C numbers; sums in double. An RMSNorm is a LayerNorm that takes the mean for 0. */
static void norm_rows(const struct pass *p, const struct norm *norm, const float *x, int rows, float *y)
{
    int width = p->g->shape.width;
    for (int r = 0; r < rows; r++, x += width, y += width)
        norm_row(norm, p->g->epsilon, x, width, y);
}

static void embed_rows(struct pass *p, const int *ids)
{
    const struct lm *g = p->g;
    int width = g->shape.width;
    float *x = p->x;

    for (int r = 0; r < p->n; r++, x += width) {
        g_assert(ids[r] >= 0 && ids[r] < g->shape.vocab);
        for (int i = 0; i < width; i++)
            x[i] = g->embed.panels[matrix_slot(&g->embed, i, ids[r])];
        p->done.bytes.embedding += (int64_t)sizeof *x * width;
        if (!g->positions)
            continue;
        const float *place = g->positions + (size_t)(p->first + r) * (size_t)width;
        for (int i = 0; i < width; i++)
            x[i] += place[i];
        p->done.bytes.embedding += (int64_t)sizeof *place * width;
    }
}

static size_t qkv_width(struct lm_shape s) { return ((size_t)s.heads + 2 * (size_t)s.kv_heads) * (size_t)s.head_dim; }

/* Turns Q and K of the pass' rows by their positions. */
static void rotate_rows(const struct pass *p)
{
    struct lm_shape s = p->g->shape;
    for (int r = 0; r < p->n; r++)
        for (int h = 0; h < s.heads + s.kv_heads; h++)
            rope_rotate(p->turns + (size_t)r * (size_t)s.head_dim, s.head_dim,
                        p->qkv + (size_t)r * qkv_width(s) + (size_t)h * (size_t)s.head_dim);
}

/* Appends K and V of the pass' rows to the cache. */
static void keep_rows(struct pass *p, int layer)
{
    struct lm_shape s = p->g->shape;
    size_t bytes = sizeof(float) * (size_t)s.head_dim;
    for (int r = 0; r < p->n; r++)
        for (int h = 0; h < s.kv_heads; h++) {
            const float *k = p->qkv + (size_t)r * qkv_width(s) + (size_t)(s.heads + h) * (size_t)s.head_dim,
                        *v = k + (size_t)s.kv_heads * (size_t)s.head_dim;
            memcpy(cache_row(p->cache->k, p, layer, h, p->first + r), k, bytes);
            memcpy(cache_row(p->cache->v, p, layer, h, p->first + r), v, bytes);
            p->done.bytes.scores += (int64_t)bytes;
            p->done.bytes.mix += (int64_t)bytes;
            if (p->look) {
                look_row(p->look->k, p, s.kv_heads, layer, h, p->first + r, k);
                look_row(p->look->v, p, s.kv_heads, layer, h, p->first + r, v);
            }
        }
}

static void look_head(const struct pass *p, int layer, int head, int position, const float *q, const float *out,
                      int of_group)
{
    size_t at = (size_t)of_group * (size_t)(position + 1);
    int heads = p->g->shape.heads;
    look_square(p->look->dots, p, layer, head, position, p->dots + at);
    look_square(p->look->scores, p, layer, head, position, p->scores + at);
    look_square(p->look->shares, p, layer, head, position, p->shares + at);
    look_row(p->look->q, p, heads, layer, head, position, q);
    look_row(p->look->out, p, heads, layer, head, position, out);
}

/* One row's queries of the heads that share K/V head `shared`, q [H / KV][D], against every position up to the row's
 * own; writes out [H / KV][D]. */
static void attend(struct pass *p, int layer, int shared, int position, const float *q, float *out)
{
    struct lm_shape s = p->g->shape;
    int group = s.heads / s.kv_heads, n = position + 1, d = s.head_dim;
    const float *k = cache_row(p->cache->k, p, layer, shared, 0), *v = cache_row(p->cache->v, p, layer, shared, 0);

    add_work(attend_rows(q, group, k, n, d, p->dots, p->scores, p->shares), &p->done.scores, &p->done.bytes.scores);
    add_work(attend_mix(p->shares, group, v, n, d, out), &p->done.mix, &p->done.bytes.mix);
    for (int i = 0; p->look && i < group; i++)
        look_head(p, layer, shared * group + i, position, q + i * d, out + i * d, i);
}

static void attend_all(struct pass *p, int layer)
{
    struct lm_shape s = p->g->shape;
    size_t group = (size_t)(s.heads / s.kv_heads) * (size_t)s.head_dim, mixed = (size_t)s.heads * (size_t)s.head_dim;
    for (int r = 0; r < p->n; r++)
        for (int h = 0; h < s.kv_heads; h++)
            attend(p, layer, h, p->first + r, p->qkv + (size_t)r * qkv_width(s) + (size_t)h * group,
                   p->mixed + (size_t)r * mixed + (size_t)h * group);
}

static void add_rows(float *x, const float *y, size_t n)
{
    for (size_t i = 0; i < n; i++)
        x[i] += y[i];
}

static void project(struct pass *p, const struct matrix *m, const float *x, float *y)
{
    add_work(matmul(m, x, p->n, y), &p->done.projections, &p->done.bytes.projections);
}

static void multiply_mlp(struct pass *p, const struct matrix *m, const float *x, float *y)
{
    add_work(matmul(m, x, p->n, y), &p->done.mlp, &p->done.bytes.mlp);
}

static void run_mlp(struct pass *p, const struct layer *l)
{
    size_t values = (size_t)p->n * (size_t)p->g->shape.inner;

    multiply_mlp(p, &l->up, p->normed, p->inner);
    if (p->g->shape.family == LM_GPT2) {
        exact_gelu_row(p->inner, values);
    } else {
        multiply_mlp(p, &l->gate, p->normed, p->gate);
        exact_silu_row(p->gate, values);
        for (size_t i = 0; i < values; i++)
            p->inner[i] *= p->gate[i];
    }
    multiply_mlp(p, &l->down, p->inner, p->normed);
}

static void run_layer(struct pass *p, int number)
{
    const struct layer *l = &p->g->layers[number];
    size_t values = (size_t)p->n * (size_t)p->g->shape.width;

    norm_rows(p, &l->before_attention, p->x, p->n, p->normed);
    project(p, &l->qkv, p->normed, p->qkv);
    if (p->turns)
        rotate_rows(p);
    keep_rows(p, number);
    attend_all(p, number);
    project(p, &l->out, p->mixed, p->normed);
    add_rows(p->x, p->normed, values);

    norm_rows(p, &l->before_mlp, p->x, p->n, p->normed);
    run_mlp(p, l);
    add_rows(p->x, p->normed, values);
}

static void run_layers(struct pass *p, const int *ids, float *logits)
{
    const struct lm *g = p->g;
    int width = g->shape.width;

    embed_rows(p, ids);
    for (int r = 0; p->turns && r < p->n; r++)
        rope_turns(g->steps, g->shape.head_dim, p->first + r, p->turns + (size_t)r * (size_t)g->shape.head_dim);
    for (int i = 0; i < g->shape.layers; i++)
        run_layer(p, i);
    p->done.token_passes += p->n;
    if (!logits)
        return;
    norm_rows(p, &g->last, p->x + (size_t)(p->n - 1) * (size_t)width, 1, p->normed);
    add_work(matmul(g->head.panels ? &g->head : &g->embed, p->normed, 1, logits), &p->done.vocabulary,
             &p->done.bytes.vocabulary);
}

static void count_add(struct lm_count *to, const struct lm_count *from)
{
    to->projections += from->projections;
    to->scores += from->scores;
    to->mix += from->mix;
    to->mlp += from->mlp;
    to->vocabulary += from->vocabulary;
    to->token_passes += from->token_passes;
    to->bytes.embedding += from->bytes.embedding;
    to->bytes.projections += from->bytes.projections;
    to->bytes.scores += from->bytes.scores;
    to->bytes.mix += from->bytes.mix;
    to->bytes.mlp += from->bytes.mlp;
    to->bytes.vocabulary += from->bytes.vocabulary;
}

/* The next `values` numbers of a block; with room NULL only counted. */
static float *take(float *room, size_t *used, size_t values)
{
    float *at = room ? room + *used : NULL;
    *used += values;
    return at;
}

/* Places a pass' arrays in a block, or, with room NULL, tells how many numbers they take. */
static size_t place_arrays(struct pass *p, float *room)
{
    struct lm_shape s = p->g->shape;
    gboolean llama = s.family == LM_LLAMA;
    size_t n = (size_t)p->n, used = 0, row = (size_t)(s.heads / s.kv_heads) * ((size_t)p->first + n);

    p->x = take(room, &used, n * (size_t)s.width);
    p->normed = take(room, &used, n * (size_t)s.width);
    p->qkv = take(room, &used, n * qkv_width(s));
    p->mixed = take(room, &used, n * (size_t)s.heads * (size_t)s.head_dim);
    p->inner = take(room, &used, n * (size_t)s.inner);
    p->gate = llama ? take(room, &used, n * (size_t)s.inner) : NULL;
    p->turns = llama ? take(room, &used, n * (size_t)s.head_dim) : NULL;
    p->dots = take(room, &used, row);
    p->scores = take(room, &used, row);
    p->shares = take(room, &used, row);
    return used;
}

void lm_forward(const struct lm *g, struct lm_cache *cache, const int *ids, int n, float *logits,
                 struct lm_count *count, struct lm_look *look)
{
    struct lm_cache *own = cache ? NULL : lm_cache_new(g, n);
    struct pass p = { .g = g, .cache = cache ? cache : own, .look = look, .n = n };

    p.first = p.cache->tokens;
    g_assert(n > 0 && p.first + n <= p.cache->max && (!look || p.first + n <= look->max_rows));
    g_autofree float *room = g_new(float, place_arrays(&p, NULL));
    place_arrays(&p, room);
    run_layers(&p, ids, logits);
    p.cache->tokens += n;
    if (count)
        count_add(count, &p.done);
    lm_cache_free(own);
}
