/* Counting operations.
 *
 * Llama-3.1-8B: 8,030,261,248 parameters less two tables of 128,256 x 4,096 leave a body of 6,979,588,096; a decoded
 * token takes 2 x 6,979,588,096 + 2 x 525,336,576 operations and, at a context of 8,192, 32 x 8,192 x 2 x 32 x 256 =
 * 4,294,967,296 more for attention.
 *
 * Scores of n tokens after p cached ones are F(p + n) - F(p), where F(S) = reach(1) + ... + reach(S):
 *
 *     all      S (S + 1) / 2
 *     window   the same up to w = sinks + W, then w for each token
 *     chunk    C (C + 1) / 2 for each full chunk, r (r + 1) / 2 for the rest
 *     every    with q = floor(S / E), r = S mod E:  E q (q - 1) / 2 + q (r + 1)
 *
 * A query that chooses at most R entries stops there: a triangle goes on as R for each token from its R-th row on, and
 * of `every` all places from E R on see R. DeepSeek-V3.2 at 131,072 tokens: a decoded one takes 61 x 2,048 x 278,528 =
 * 34.8 x 10^9 operations of attention, and its indexer 61 x 131,072 x 2 x 64 x 128 = 131.0 x 10^9 to choose.
 */
#include "sim/work.h"
#include "sim/count.h"
#include "sim/split.h"

#include <glib.h>

/* --- parameters --- */

int64_t work_last_params(const struct model *m) { return split_params_of(m).table; }

int64_t work_body_params(const struct model *m)
{
    struct split_params p = split_params_of(m);
    return count_plus(p.rest, p.expert ? count_times(p.expert, m->experts_per_token) : 0);
}

/* --- scores --- */

int64_t work_reach(const struct stream *s, int64_t place)
{
    if (s->keep == KEEP_STATE) return 0;
    int64_t seen = s->keep == KEEP_CHUNK ? (place - 1) % s->span + 1 : stream_entries(s, place);
    return s->reads > 0 ? MIN(seen, s->reads) : seen;
}

/* min(1, most) + ... + min(n, most) */
static __int128 triangle(__int128 n, __int128 most)
{
    return n <= most ? n * (n + 1) / 2 : most * (most + 1) / 2 + (n - most) * most;
}

/* of `every`: floor(1 / span) + ... + floor(n / span) */
static __int128 grouped(__int128 n, __int128 span)
{
    __int128 groups = n / span;
    return span * groups * (groups - 1) / 2 + groups * (n % span + 1);
}

static __int128 scores_until(const struct stream *s, int64_t tokens)
{
    __int128 n = tokens, span = s->span, most = s->reads > 0 ? s->reads : INT64_MAX;
    switch ((enum keep)s->keep) {
    case KEEP_ALL: return triangle(n, most);
    case KEEP_WINDOW: return triangle(n, MIN(span + s->sinks, most));
    case KEEP_CHUNK: return n / span * triangle(span, most) + triangle(n % span, most);
    case KEEP_EVERY:
        if (n < span * most) return grouped(n, span);
        return grouped(span * most - 1, span) + (n - span * most + 1) * most;
    case KEEP_STATE: return 0;
    }
    return -1;
}

static bool is_countable(const struct stream *s, int64_t prefix, int64_t tokens)
{
    return prefix >= 0 && tokens >= 0 && count_plus(prefix, tokens) >= 0 && stream_entries(s, 0) >= 0;
}

int64_t work_scores(const struct stream *s, int64_t prefix, int64_t tokens)
{
    if (!is_countable(s, prefix, tokens)) return -1;
    __int128 scores = scores_until(s, prefix + tokens) - scores_until(s, prefix);
    return scores > INT64_MAX ? -1 : (int64_t)scores;
}

int64_t work_scores_counted(const struct stream *s, int64_t prefix, int64_t tokens)
{
    int64_t sum = 0;
    if (!is_countable(s, prefix, tokens)) return -1;
    for (int64_t i = 1; i <= tokens; i++) sum += work_reach(s, prefix + i);
    return sum;
}

/* --- operations of a score --- */

enum work_form work_prefill_form(const struct model *m)
{
    return m->qk_nope_head_dim > 0 && m->v_head_dim > 0 ? WORK_MATERIALISED : WORK_ABSORBED;
}

static bool is_keys_alone(const struct stream *s)
{
    return s->keep != KEEP_STATE && s->latent <= 0 && s->kv_heads > 0 && s->k_width > 0 && !s->v_width && !s->shared;
}

bool work_is_scoring(const struct stream *s) { return is_keys_alone(s) && s->index_heads > 0; }

int64_t work_score_ops(const struct model *m, const struct stream *s, enum work_form form)
{
    if (s->keep == KEEP_STATE) return 0;
    if (is_keys_alone(s)) return count_times(2, count_times(s->index_heads, s->k_width));
    int64_t key = s->k_width > 0 ? s->k_width : -1, heads = m->heads > 0 ? m->heads : -1;
    int64_t value = s->shared ? key : s->v_width;
    if (s->latent > 0 && form == WORK_ABSORBED) key = count_plus(s->latent, s->rope), value = s->latent;
    else if (s->latent > 0) key = count_plus(m->qk_nope_head_dim, s->rope), value = m->v_head_dim;
    return count_times(2, count_times(heads, count_plus(key, value)));
}

bool work_is_partial(const struct model *m)
{
    struct layout l = layout_of(m);
    for (int i = 0; i < l.n; i++)
        if (l.streams[i].keep == KEEP_STATE || (is_keys_alone(&l.streams[i]) && !work_is_scoring(&l.streams[i])))
            return true;
    return false;
}

/* --- a step --- */

static __int128 wide(int64_t a, int64_t b) { return a < 0 || b < 0 ? -1 : (__int128)a * b; }

/* Two factors of 63 bits always fit 128; a third may not. */
static __int128 wider(__int128 a, int64_t b)
{
    __int128 product;
    return a < 0 || b < 0 || __builtin_mul_overflow(a, (__int128)b, &product) ? -1 : product;
}

static __int128 wide_plus(__int128 a, __int128 b)
{
    __int128 sum;
    return a < 0 || b < 0 || __builtin_add_overflow(a, b, &sum) ? -1 : sum;
}

static void add_scores(struct work *w, const struct model *m, int64_t sequences, int64_t prefix, int64_t tokens,
                       enum work_form form)
{
    struct layout l = layout_of(m);
    w->attention = l.n < 0 ? -1 : 0;
    for (int i = 0; i < l.n; i++) {
        const struct stream *s = &l.streams[i];
        int64_t ops = work_score_ops(m, s, form);
        __int128 each = ops ? wider(wide(s->layers, ops), work_scores(s, prefix, tokens)) : 0;
        __int128 *sum = work_is_scoring(s) ? &w->scoring : &w->attention;
        *sum = wide_plus(*sum, wider(each, sequences));
    }
}

static struct work work_of(const struct model *m, int64_t tokens, int64_t logits)
{
    return (struct work){ wider(wide(work_body_params(m), tokens), 2), wider(wide(work_last_params(m), logits), 2),
                          0, 0 };
}

struct work work_prefill(const struct model *m, int64_t prefix, int64_t tokens, int64_t logits)
{
    struct work w = work_of(m, tokens, logits);
    add_scores(&w, m, 1, prefix, tokens, work_prefill_form(m));
    return w;
}

struct work work_decode(const struct model *m, int64_t sequences, int64_t context)
{
    struct work w = work_of(m, sequences, sequences);
    add_scores(&w, m, sequences, MAX(context, 1) - 1, 1, WORK_ABSORBED);
    return w;
}

__int128 work_total(const struct work *w)
{
    return wide_plus(wide_plus(w->body, w->logits), wide_plus(w->attention, w->scoring));
}
