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
    if (s->keep == KEEP_CHUNK) return (place - 1) % s->span + 1;
    return stream_entries(s, place);
}

static __int128 triangle(__int128 n) { return n * (n + 1) / 2; }

static __int128 scores_until(const struct stream *s, int64_t tokens)
{
    __int128 n = tokens, span = s->span;
    switch ((enum keep)s->keep) {
    case KEEP_ALL: return triangle(n);
    case KEEP_WINDOW: span += s->sinks; return n <= span ? triangle(n) : triangle(span) + (n - span) * span;
    case KEEP_CHUNK: return n / span * triangle(span) + triangle(n % span);
    case KEEP_EVERY: return span * triangle(n / span - 1) + n / span * (n % span + 1);
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

static bool is_attended(const struct stream *s) { return s->keep != KEEP_STATE && (s->latent > 0 || s->v_width > 0); }

int64_t work_score_ops(const struct model *m, const struct stream *s, enum work_form form)
{
    if (s->keep == KEEP_STATE || (s->latent <= 0 && s->kv_heads > 0 && s->k_width > 0 && !s->v_width)) return 0;
    int64_t key = s->k_width > 0 ? s->k_width : -1, value = s->v_width, heads = m->heads > 0 ? m->heads : -1;
    if (s->latent > 0 && form == WORK_ABSORBED) key = count_plus(s->latent, s->rope), value = s->latent;
    else if (s->latent > 0) key = count_plus(m->qk_nope_head_dim, s->rope), value = m->v_head_dim;
    return count_times(2, count_times(heads, count_plus(key, value)));
}

bool work_is_partial(const struct model *m)
{
    struct layout l = layout_of(m);
    for (int i = 0; i < l.n; i++)
        if (!is_attended(&l.streams[i])) return true;
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

static __int128 attention(const struct model *m, int64_t sequences, int64_t prefix, int64_t tokens, enum work_form form)
{
    struct layout l = layout_of(m);
    __int128 sum = l.n < 0 ? -1 : 0;
    for (int i = 0; i < l.n; i++) {
        const struct stream *s = &l.streams[i];
        int64_t ops = work_score_ops(m, s, form);
        __int128 each = ops ? wider(wide(s->layers, ops), work_scores(s, prefix, tokens)) : 0;
        sum = wide_plus(sum, wider(each, sequences));
    }
    return sum;
}

static struct work work_of(const struct model *m, int64_t tokens, int64_t logits, __int128 scores)
{
    return (struct work){ wider(wide(work_body_params(m), tokens), 2), wider(wide(work_last_params(m), logits), 2),
                         scores };
}

struct work work_prefill(const struct model *m, int64_t prefix, int64_t tokens, int64_t logits)
{
    return work_of(m, tokens, logits, attention(m, 1, prefix, tokens, work_prefill_form(m)));
}

struct work work_decode(const struct model *m, int64_t sequences, int64_t context)
{
    return work_of(m, sequences, sequences, attention(m, sequences, MAX(context, 1) - 1, 1, WORK_ABSORBED));
}

__int128 work_total(const struct work *w) { return wide_plus(w->body, wide_plus(w->logits, w->attention)); }
