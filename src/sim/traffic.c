/* What moves in a step.
 *
 * Mixtral-8x7B, 8 experts, 2 a token: one token meets 2, two meet 8 x (1 - 0.75^2) = 3.5, eight 7.2.
 *
 * FlashAttention's published example (arXiv:2205.14135, figure 2: GPT-2 medium, N = 1,024, d = 64, 16 heads, batch
 * 64, forward and backward on an A100) says 40.3 GB (35.3 in the paper's first version) against 4.4 GB. Counted here,
 * in 16 bits: (11 N^2 + 12 N d) x 1,024 heads x 2 B = 25.2 GB for the plain one. The published figures were measured,
 * and masking or dropout would pass over the scores more often; so what is counted is a floor under them. The 4.4 GB
 * hold a backward pass of blocks, which is not counted here.
 */
#include "sim/traffic.h"
#include "sim/count.h"
#include "sim/exact.h"
#include "sim/work.h"

#include <glib.h>

/* --- weights --- */

double traffic_experts(int64_t experts, int64_t experts_per_token, int64_t tokens)
{
    if (experts <= 0) return 0;
    double missed = 1 - (double)experts_per_token / (double)experts;
    return (double)experts * (1 - exact_pow_int(missed, tokens));
}

double traffic_experts_counted(int64_t experts, int64_t experts_per_token, int64_t tokens)
{
    double unmet = (double)experts;
    for (int64_t i = 0; i < tokens; i++) unmet -= unmet * (double)experts_per_token / (double)experts;
    return (double)experts - unmet;
}

struct traffic_weights traffic_weights(const struct model *m, const struct split *s, enum dtype t, int64_t tokens,
                                       int64_t logits)
{
    struct split_params p = split_params_of(m);
    double bytes = dtype_bits(t) / 8.0;
    int64_t dense = logits > 0 ? count_plus(p.rest, p.table) : p.rest;
    int64_t ranks = MAX(s->tensor, s->expert), met_by = count_times(tokens, MAX(s->expert / s->tensor, 1));
    struct traffic_weights w = { dense < 0 || tokens < 0 ? -1 : (double)dense * bytes / (double)s->tensor, 0 };
    if (!p.expert) return w;
    if (p.expert < 0 || met_by < 0) return (struct traffic_weights){ w.dense, -1 };
    w.experts = traffic_experts(m->experts, m->experts_per_token, met_by) * (double)p.expert * bytes / (double)ranks;
    return w;
}

/* --- cache --- */

static int64_t entries_bytes(const struct split *s, const struct stream *whole, const struct format *f, int64_t entries)
{
    struct stream part = split_stream(s, whole);
    return count_share(count_times(part.layers, entries), stream_entry_bits(&part, f), 8);
}

static bool is_unknown_state(const struct stream *s) { return s->keep == KEEP_STATE && stream_numbers(s) < 0; }

int64_t traffic_cache_read(const struct model *m, const struct split *s, struct format f, int64_t prefix,
                           int64_t tokens)
{
    struct layout l = layout_of(m);
    int64_t sum = l.n < 0 || prefix < 0 || tokens < 0 ? -1 : 0;
    for (int i = 0; i < l.n && sum >= 0; i++) {
        const struct stream *stream = &l.streams[i];
        if (is_unknown_state(stream)) continue;
        if (stream_entries(stream, 0) < 0) return -1;
        int64_t place = tokens == 1 ? prefix + 1 : prefix;
        int64_t entries = stream->keep == KEEP_STATE ? 1 : place ? work_reach(stream, place) : 0;
        sum = count_plus(sum, entries_bytes(s, stream, &f, entries));
    }
    return sum;
}

int64_t traffic_cache_written(const struct model *m, const struct split *s, struct format f, int64_t tokens)
{
    struct layout l = layout_of(m);
    int64_t sum = l.n < 0 || tokens < 0 ? -1 : 0;
    for (int i = 0; i < l.n; i++) {
        const struct stream *stream = &l.streams[i];
        if (is_unknown_state(stream)) continue;
        int64_t entries = stream->keep == KEEP_STATE ? 1
                        : stream->keep == KEEP_EVERY ? count_over(tokens, stream->span) : tokens;
        sum = count_plus(sum, entries_bytes(s, stream, &f, entries));
    }
    return sum;
}

int64_t traffic_activations(const struct model *m, const struct split *s, enum dtype t, int64_t tokens, int64_t logits)
{
    int64_t hidden = m->hidden > 0 ? m->hidden : -1, layers = m->layers > 0 ? m->layers : -1;
    int64_t vocab = m->vocab > 0 ? m->vocab : -1;
    int64_t vectors = count_times(tokens, count_times(hidden, count_plus(count_times(4, layers), 1)));
    int64_t numbers = count_plus(count_times(vectors, s->tensor), count_times(logits, vocab)); /* of all ranks */
    return count_share(numbers, dtype_bits(t), count_times(8, s->tensor));
}

/* --- attention alone --- */

int64_t traffic_plain(int64_t n, int64_t d) { return count_times(count_times(4, n), count_plus(d, n)); }

int64_t traffic_plain_backward(int64_t n, int64_t d)
{
    return count_times(n, count_plus(count_times(8, d), count_times(7, n)));
}

static int64_t flash1_block(int64_t d, int64_t on_chip) { return count_over(on_chip, 4 * d); }

int64_t traffic_flash1(int64_t n, int64_t d, int64_t on_chip)
{
    int64_t blocks = count_over(n, flash1_block(d, on_chip));
    return count_plus(count_times(2 * d, n), count_times(blocks, count_times(n, 3 * d + 4)));
}

int64_t traffic_flash2(int64_t n, int64_t d, int64_t rows)
{
    return count_plus(count_times(2 * d + 1, n), count_times(count_over(n, rows), count_times(2 * d, n)));
}

int64_t traffic_plain_counted(int64_t n, int64_t d)
{
    int64_t moved = 0;
    for (int64_t i = 0; i < n; i++) {
        for (int64_t k = 0; k < d; k++) moved += 4; /* a row of Q, K and V in, of O out */
        for (int64_t j = 0; j < n; j++) moved += 4; /* a score out and in, its share out and in */
    }
    return moved;
}

int64_t traffic_flash1_counted(int64_t n, int64_t d, int64_t on_chip)
{
    int64_t moved = 0, columns = flash1_block(d, on_chip), rows = MIN(columns, d);
    for (int64_t j = 0; j < n; j += columns) {
        for (int64_t key = j; key < MIN(n, j + columns); key++) moved += 2 * d;
        for (int64_t i = 0; i < n; i += rows)
            for (int64_t query = i; query < MIN(n, i + rows); query++) moved += (d + d + 2) + (d + 2);
    }
    return moved;
}

int64_t traffic_flash2_counted(int64_t n, int64_t d, int64_t rows)
{
    int64_t moved = 0;
    for (int64_t i = 0; i < n; i += rows) {
        for (int64_t query = i; query < MIN(n, i + rows); query++) moved += d + d + 1;
        for (int64_t key = 0; key < n; key++) moved += 2 * d;
    }
    return moved;
}

int64_t traffic_scratch(int64_t heads, int64_t n, enum dtype t, int64_t sequences)
{
    return count_share(count_times(count_times(heads, sequences), count_times(n, n)), dtype_bits(t), 8);
}
