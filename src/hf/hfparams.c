/* Parameters from the shape: matrices, biases and norms, layer after layer.
 *
 *     attention  hidden x heads x k + hidden x kv_heads x (k + v) + heads x v x hidden
 *     latent     hidden x q_rank + q_rank x heads x (nope + rope)  [or hidden x heads x (nope + rope)]
 *                + hidden x (kv_rank + rope) + kv_rank x heads x (nope + v) + heads x v x hidden
 *     channels   3 x hidden x width with a gate, 2 x without; sparse: a router's row and such a block for each expert
 *
 * Llama-3.1-8B: 2 x 128,256 x 4,096 + 32 x (2 x 4,096 x 4,096 + 2 x 4,096 x 1,024 + 3 x 4,096 x 14,336 + 2 x 4,096)
 * + 4,096 = 8,030,261,248, the published number. A token passes through all of them but the experts that it is not
 * routed to. Heads for predicting further tokens (MTP) are not counted, nor are scales of quantised weights.
 *
 * Source: the modules in transformers' modeling_*.py, whose weights are these.
 */
#include "hf/hfread.h"
#include "sim/count.h"

#include <string.h>

static int64_t matrix(int64_t in, int64_t out, bool bias) { return count_plus(count_times(in, out), bias ? out : 0); }

static int64_t block(const struct hf *f, int64_t width, bool bias)
{
    int64_t in = matrix(f->m->hidden, width, bias);
    return count_plus(count_times(f->shape.plain_mlp ? 1 : 2, in), matrix(width, f->m->hidden, bias));
}

static int64_t head_norms(const struct hf *f, int64_t kv_heads, int64_t k)
{
    switch (f->shape.qk_norm) {
    case QK_PLAIN:   return 0;
    case QK_BY_HEAD: return count_times(2 * f->shape.norm, k);
    case QK_WHOLE:
    case QK_EACH:    return count_times(count_times(f->shape.norm, count_plus(f->m->heads, kv_heads)), k);
    }
    return -1;
}

static int64_t attention(const struct hf *f, bool window)
{
    const struct model *m = f->m;
    const struct stream *own = window && f->window.kv_heads ? &f->window : &f->full;
    int64_t kv_heads = own->kv_heads ? own->kv_heads : m->kv_heads, k = own->k_width ? own->k_width : m->head_dim;
    int64_t v = own->v_width ? own->v_width : m->v_head_dim ? m->v_head_dim : k;
    int64_t queries = count_times(count_times(m->heads, k), f->shape.query_gate ? 2 : 1);
    int64_t sum = matrix(m->hidden, queries, f->shape.qkv_bias);
    sum = count_plus(sum, matrix(m->hidden, count_times(kv_heads, k), f->shape.qkv_bias));
    sum = count_plus(sum, matrix(m->hidden, count_times(kv_heads, v), f->shape.qkv_bias));
    sum = count_plus(sum, matrix(count_times(m->heads, v), m->hidden, f->shape.out_bias));
    return count_plus(sum, head_norms(f, kv_heads, k));
}

static int64_t latent_attention(const struct model *m)
{
    int64_t k = m->head_dim, v = m->v_head_dim ? m->v_head_dim : m->qk_nope_head_dim;
    int64_t sum = count_times(m->q_lora_rank ? m->q_lora_rank : m->hidden, count_times(m->heads, k));
    if (m->q_lora_rank) sum = count_plus(sum, count_times(m->q_lora_rank, count_plus(m->hidden, 1)));
    sum = count_plus(sum, count_times(m->hidden, count_plus(m->kv_lora_rank, m->qk_rope_head_dim)));
    sum = count_plus(sum, m->kv_lora_rank); /* its norm */
    sum = count_plus(sum, count_times(m->kv_lora_rank, count_times(m->heads, count_plus(m->qk_nope_head_dim, v))));
    return count_plus(sum, count_times(count_times(m->heads, v), m->hidden));
}

static int64_t mixer(const struct hf *f, char kind)
{
    if (kind == HF_NONE) return 0;
    if (kind == HF_STATE) return f->shape.state_mixer > 0 ? f->shape.state_mixer : -1;
    int64_t sum = f->m->attention == ATTENTION_MLA ? latent_attention(f->m) : attention(f, kind == HF_WINDOW);
    bool sinks = kind == HF_FULL ? f->shape.full_sinks : f->shape.window_sinks;
    return count_plus(sum, sinks ? f->m->heads : 0);
}

/* With so many of a sparse layer's experts. */
static int64_t channels(const struct hf *f, char kind, int64_t experts)
{
    const struct model *m = f->m;
    if (kind == HF_NO_CHANNEL) return 0;
    if (kind == HF_DENSE)
        return block(f, m->experts && m->dense_intermediate ? m->dense_intermediate : m->intermediate,
                     f->shape.mlp_bias);
    int64_t sum = count_times(m->experts, count_plus(m->hidden, f->shape.router_bias));
    sum = count_plus(sum, count_times(experts, block(f, m->intermediate, f->shape.expert_bias)));
    if (f->shape.shared_width) sum = count_plus(sum, block(f, f->shape.shared_width, f->shape.mlp_bias));
    return count_plus(sum, f->shape.shared_gate ? m->hidden : 0);
}

/* Outside of layers. */
static int64_t ends(const struct hf *f)
{
    const struct model *m = f->m;
    const struct hf_shape *s = &f->shape;
    int64_t width = s->word_width ? s->word_width : m->hidden, sum = count_times(m->vocab, width);
    if (s->word_width && s->word_width != m->hidden)
        sum = count_plus(sum, count_times(2, count_times(width, m->hidden)));
    if (m->tied_embeddings != SAID_YES) sum = count_plus(sum, count_times(m->vocab, width));
    if (s->head_bias) sum = count_plus(sum, m->vocab);
    sum = count_plus(sum, count_times(s->positions, m->hidden));
    return count_plus(sum,
                      count_times(count_plus(s->embedding_norms, !s->no_final_norm), count_times(s->norm, m->hidden)));
}

static int64_t all(const struct hf *f, int64_t experts)
{
    int64_t indexers = f->indexer.layers ? f->indexer.layers : f->m->layers;
    int64_t sum = count_plus(ends(f), count_times(indexers, f->shape.mixer_extra));
    int64_t norms = count_times(f->shape.layer_norms, count_times(f->shape.norm, f->m->hidden));
    for (size_t i = 0; f->mixers[i]; i++) {
        sum = count_plus(sum, count_plus(mixer(f, f->mixers[i]), norms));
        sum = count_plus(sum, channels(f, f->channels[i], experts));
    }
    return sum;
}

void hf_count_params(const struct hf *f, int64_t *total, int64_t *active)
{
    const struct model *m = f->m;
    bool known =
        f->shape.countable && f->mixers_known && m->hidden > 0 && m->vocab > 0 && m->heads > 0 && m->intermediate > 0;
    *total = *active = -1;
    if (!known || (m->attention != ATTENTION_MLA && (m->kv_heads <= 0 || m->head_dim <= 0))) return;
    *total = all(f, m->experts);
    if (!m->experts || m->experts_per_token > 0) *active = all(f, m->experts_per_token);
}
