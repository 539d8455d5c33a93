/* Shares of a split model.
 *
 * Llama-3.1-70B on 8 tensor ranks: 8 KV heads, one on each, and 1/8 of the cache each. On 16 ranks each head is kept
 * twice: all ranks together keep twice the cache. DeepSeek-V3 on 8 tensor ranks keeps its latent 8 times.
 *
 * Traffic of one token, Llama-3.1-70B in BF16 on 8 ranks: 80 layers x 2 all-reduces x 2 x 7/8 x 8,192 x 2 B =
 * 4,587,520 B sent by each rank.
 *
 * KV heads of a rank as vLLM counts them: max(1, KV heads / ranks). Two all-reduces a layer forward: Narayanan et al.,
 * arXiv:2104.04473, section 2.3, which counts 8 b s h (t - 1) / t numbers for forward and backward together.
 */
#include "sim/split.h"
#include "sim/count.h"

#include <glib.h>

#define N G_GINT64_FORMAT

/* --- what can be split --- */

static char *refuse_heads(const struct split *s, const struct model *m)
{
    struct layout l = layout_of(m);
    if (m->heads > 0 && m->heads % s->tensor)
        return g_strdup_printf("%s has %" N " heads, which %" N " tensor ranks cannot share evenly.", m->id, m->heads,
                               s->tensor);
    for (int i = 0; i < l.n; i++) {
        int64_t kv = l.streams[i].kv_heads;
        if (l.streams[i].latent > 0 || kv <= 0) continue;
        if (kv >= s->tensor ? kv % s->tensor : s->tensor % kv)
            return g_strdup_printf("%s has %" N " KV heads; the tensor ranks must divide them or be a multiple of "
                                                "them, and %" N
                                   " is neither.", m->id, kv, s->tensor);
    }
    return NULL;
}

static char *refuse_experts(const struct split *s, const struct model *m)
{
    if (s->expert == 1) return NULL;
    if (m->experts <= 0) return g_strdup_printf("%s has no experts to split; leave the expert split at 1.", m->id);
    if (m->experts % s->expert)
        return g_strdup_printf("%s has %" N " experts, which %" N " expert ranks cannot share evenly.", m->id,
                               m->experts, s->expert);
    if (count_times(s->tensor, s->data) % s->expert)
        return g_strdup_printf("%" N " expert ranks must divide the tensor x data devices of a stage, which are "
                                     "%" N ".",
                               s->expert, count_times(s->tensor, s->data));
    if (s->expert % s->tensor && s->tensor % s->expert)
        return g_strdup_printf("One of %" N " expert ranks and %" N " tensor ranks must be a multiple of the other.",
                               s->expert, s->tensor);
    return NULL;
}

char *split_refusal(const struct split *s, const struct model *m)
{
    if (s->tensor < 1 || s->pipeline < 1 || s->data < 1 || s->expert < 1)
        return g_strdup("Every part of a split is at least 1.");
    if (split_devices(s) < 0) return g_strdup("That split needs more devices than can be counted.");
    if (m->layers > 0 && s->pipeline > m->layers)
        return g_strdup_printf("%s has %" N " layers; %" N " pipeline stages are more than that.", m->id, m->layers,
                               s->pipeline);
    char *heads = refuse_heads(s, m);
    return heads ? heads : refuse_experts(s, m);
}

int64_t split_devices(const struct split *s) { return count_times(s->tensor, count_times(s->pipeline, s->data)); }

int64_t split_stage_layers(const struct split *s, int64_t layers) { return count_over(layers, s->pipeline); }

int64_t split_kv_heads(const struct split *s, int64_t kv_heads)
{
    return kv_heads > 0 ? count_over(kv_heads, s->tensor) : -1;
}

int64_t split_kv_copies(const struct split *s, int64_t kv_heads)
{
    return kv_heads > 0 ? MAX(s->tensor / kv_heads, 1) : -1;
}

/* --- parameters --- */

static int64_t expert_by_params(const struct model *m)
{
    int64_t total = m->params_total > 0 ? m->params_total : -1, active = m->params_active > 0 ? m->params_active : -1;
    if (m->experts <= 0) return total == active && total > 0 ? 0 : -1;
    if (m->experts_per_token <= 0 || m->experts <= m->experts_per_token || active < 0 || total < active) return -1;
    return count_over(total - active, m->experts - m->experts_per_token);
}

static int64_t expert_by_shape(const struct model *m)
{
    if (m->experts <= 0 || m->hidden <= 0 || m->intermediate <= 0 || m->dense_layers < 0) return -1;
    return count_times(count_times(3, m->hidden), count_times(m->intermediate, m->layers - m->dense_layers));
}

bool split_expert_is_shaped(const struct model *m)
{
    int64_t shape = expert_by_shape(m), params = expert_by_params(m);
    return shape > 0 && params > 0 && ABS(shape - params) <= params / 20;
}

struct split_params split_params_of(const struct model *m)
{
    struct split_params p = { -1, m->tied_embeddings == SAID_YES ? 1 : 2, -1, -1 };
    if (m->vocab > 0 && m->hidden > 0) p.table = count_times(m->vocab, m->hidden);
    p.expert = split_expert_is_shaped(m) ? expert_by_shape(m) : expert_by_params(m);
    int64_t apart = count_plus(count_times(p.expert, MAX(m->experts, 0)), count_times(p.table, p.tables));
    if (apart >= 0 && m->params_total >= apart) p.rest = m->params_total - apart;
    return p;
}

/* --- weights --- */

/* Experts lie on the tensor ranks or on the expert ranks, whichever are more. */
static int64_t expert_ranks(const struct split *s) { return MAX(s->tensor, s->expert); }

int64_t split_weight_bytes(const struct split *s, const struct model *m, enum dtype t)
{
    struct split_params p = split_params_of(m);
    int64_t layers = m->layers > 0 ? m->layers : -1, stage = split_stage_layers(s, layers);
    if (s->tensor == 1 && s->pipeline == 1 && s->expert == 1)
        return m->params_total > 0 ? count_share(m->params_total, dtype_bits(t), 8) : -1;
    int64_t rest = count_over(count_share(p.rest, stage, layers), s->tensor);
    int64_t experts = p.expert ? count_over(count_share(count_times(p.expert, MAX(m->experts, 0)), stage, layers),
                                            expert_ranks(s)) : 0;
    int64_t tables = count_over(s->pipeline > 1 ? p.table : count_times(p.table, p.tables), s->tensor);
    return count_share(count_plus(rest, count_plus(experts, tables)), dtype_bits(t), 8);
}

/* --- the cache --- */

/* A state of several matrices is cut between them; one matrix, as a convolution or Mamba-1 keeps, along its channels,
 * which are its longer side (vLLM, model_executor/layers/mamba/mamba_utils.py). */
struct stream split_stream(const struct split *s, const struct stream *whole)
{
    struct stream part = *whole;
    int64_t *channels = part.state_rows > part.state_columns ? &part.state_rows : &part.state_columns;
    if (part.kv_heads > 0) part.kv_heads = count_over(part.kv_heads, s->tensor);
    if (part.state_heads > 1) part.state_heads = count_over(part.state_heads, s->tensor);
    else if (part.state_heads == 1) *channels = count_over(*channels, s->tensor);
    return part;
}

/* Bytes of one tensor rank with so many layers of the stream. */
static int64_t rank_bytes(const struct split *s, const struct stream *whole, const struct format *f, int64_t tokens,
                          int64_t layers)
{
    struct stream part = split_stream(s, whole);
    part.layers = layers;
    int64_t bytes = stream_bytes(&part, f, tokens);
    return bytes < 0 && part.keep == KEEP_STATE && stream_numbers(&part) < 0 ? 0 : bytes;
}

int64_t split_cache_bytes(const struct split *s, const struct model *m, struct format f, int64_t tokens)
{
    struct layout l = layout_of(m);
    int64_t sum = l.n < 0 || tokens < 0 ? -1 : 0;
    for (int i = 0; i < l.n; i++)
        sum = count_plus(sum, rank_bytes(s, &l.streams[i], &f, tokens, split_stage_layers(s, l.streams[i].layers)));
    return sum;
}

/* Stages have `layers / pipeline` layers of a stream, the first `layers % pipeline` of them one more. */
int64_t split_cache_sum(const struct split *s, const struct model *m, struct format f, int64_t tokens)
{
    struct layout l = layout_of(m);
    int64_t sum = l.n < 0 || tokens < 0 ? -1 : 0;
    for (int i = 0; i < l.n; i++) {
        int64_t few = l.streams[i].layers / s->pipeline, fuller = l.streams[i].layers % s->pipeline;
        int64_t less = count_times(s->pipeline - fuller, rank_bytes(s, &l.streams[i], &f, tokens, few));
        int64_t more = count_times(fuller, rank_bytes(s, &l.streams[i], &f, tokens, few + 1));
        sum = count_plus(sum, count_times(s->tensor, count_plus(less, more)));
    }
    return sum;
}

/* One rank's part of a stream: it keeps a head when one of its query heads reads it. */
static int64_t part_counted(const struct split *s, const struct stream *whole, const struct format *f, int64_t tokens,
                            int64_t rank, int64_t layers)
{
    struct stream part = *whole;
    int64_t kv = 0;
    for (int64_t head = 0; head < whole->kv_heads; head++) {
        bool own = whole->kv_heads >= s->tensor ? head / (whole->kv_heads / s->tensor) == rank
                                                : rank / (s->tensor / whole->kv_heads) == head;
        kv += own;
    }
    part.kv_heads = kv;
    /* A state has no query heads to go by: its matrices, or one's channels, are dealt out, and each rank has room for as
     * many as the first. */
    int64_t *dealt = whole->state_heads != 1 ? &part.state_heads
                   : whole->state_rows > whole->state_columns ? &part.state_rows : &part.state_columns;
    int64_t all = *dealt, first = 0;
    for (int64_t i = 0; i < all; i++) first += i % s->tensor == 0;
    *dealt = first;
    if (part.keep == KEEP_STATE && stream_numbers(&part) < 0) return 0;
    part.layers = layers;
    return stream_bytes_counted(&part, f, tokens);
}

int64_t split_cache_sum_counted(const struct split *s, const struct model *m, struct format f, int64_t tokens)
{
    struct layout l = layout_of(m);
    int64_t sum = l.n < 0 || tokens < 0 ? -1 : 0;
    for (int64_t stage = 0; stage < s->pipeline; stage++)
        for (int64_t rank = 0; rank < s->tensor; rank++)
            for (int i = 0; i < l.n; i++) {
                int64_t layers = 0;
                for (int64_t layer = stage; layer < l.streams[i].layers; layer += s->pipeline) layers++;
                sum = count_plus(sum, part_counted(s, &l.streams[i], &f, tokens, rank, layers));
            }
    return sum;
}

/* --- traffic --- */

static int64_t ring(int64_t ranks, int64_t bytes) { return count_share(bytes, 2 * (ranks - 1), ranks); }

int64_t split_ring_counted(int64_t ranks, int64_t bytes)
{
    int64_t sent = 0, chunk = bytes / ranks;
    /* sums go round until each rank has one finished chunk */
    for (int64_t step = 0; step < ranks - 1; step++) sent += chunk;
    for (int64_t step = 0; step < ranks - 1; step++) sent += chunk; /* and these go round */
    return sent;
}

static int64_t to_experts(const struct split *s, const struct model *m, int64_t vectors)
{
    if (s->expert <= s->tensor) return 0; /* all ranks of the tensor group already have the vector */
    int64_t layers = m->layers - m->dense_layers, k = m->experts_per_token > 0 ? m->experts_per_token : -1;
    int64_t both = count_times(2, count_times(layers > 0 ? layers : -1, count_times(k, vectors)));
    return count_share(both, s->expert - s->tensor, count_times(s->expert, s->tensor));
}

struct split_traffic split_traffic_of(const struct split *s, const struct model *m, enum dtype activations,
                                      int64_t tokens)
{
    int64_t hidden = m->hidden > 0 ? m->hidden : -1, layers = m->layers > 0 ? m->layers : -1;
    int64_t vectors = count_times(tokens, count_share(hidden, dtype_bits(activations), 8));
    return (struct split_traffic){
        .tensor = s->tensor == 1 ? 0 : ring(s->tensor, count_times(count_times(2, layers), vectors)),
        .pipeline = s->pipeline == 1 ? 0 : count_share(s->pipeline - 1, vectors, s->tensor),
        .expert = to_experts(s, m, vectors),
    };
}
