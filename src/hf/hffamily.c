/* What each architecture says beyond its keys: which layers have a window, what a state holds, which projections have
 * biases, how wide the shared experts are. A family is a line in the table at the end, and a function where a line
 * cannot say it.
 *
 * Sources: transformers' configuration_*.py and modeling_*.py of each type; makers' own code for mimo_v2_flash,
 * longcat_flash, kimi_linear, minimax, nemotron_h, nemotron-nas, grok-1 and chatglm.
 */
#include "sim/count.h"
#include "sim/format.h"
#include "hf/hfread.h"

#include <string.h>

/* --- layers by rule; a list in the file, layer by layer, was read before and holds --- */

static void window_all(struct hf *f)
{
    if (f->m->sliding_window > 0 && !f->mixers_listed) memset(f->mixers, HF_WINDOW, (size_t)f->m->layers);
}

/* Each period's last layer is a full one, the others are of this kind. */
static void full_each(struct hf *f, int64_t period, enum hf_mixer other)
{
    for (int64_t i = 0; period > 0 && !f->mixers_listed && i < f->m->layers; i++)
        f->mixers[i] = (i + 1) % period ? (char)other : HF_FULL;
}

/* A list with a number for each layer: 1 says one thing, 0 the other. False and told when it is not as long. */
static bool by_list(struct hf *f, const char *key, enum hf_mixer one, enum hf_mixer zero)
{
    JsonArray *list = hf_by_layer(f, key);
    for (guint i = 0; list && i < json_array_get_length(list); i++) {
        JsonNode *node = json_array_get_element(list, i);
        bool is_int = JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_INT64;
        f->mixers[i] = (char)(is_int && json_node_get_int(node) == 1 ? one : zero);
    }
    return list;
}

/* --- parts that families share --- */

/* A state's type is named, or that of the weights; a cache's quantisation does not reach it. */
static int stored_as(const char *word)
{
    if (word && g_str_has_prefix(word, "torch.")) word += strlen("torch.");
    if (!g_strcmp0(word, "float32")) return 1 + DTYPE_FP32;
    if (!g_strcmp0(word, "float16")) return 1 + DTYPE_FP16;
    return !g_strcmp0(word, "bfloat16") ? 1 + DTYPE_BF16 : 0;
}

static int stored_weights(struct hf *f)
{
    const char *word = hf_text(f, "dtype");
    return stored_as(word ? word : hf_text(f, "torch_dtype"));
}

static int stored_state(struct hf *f)
{
    const char *word = hf_text(f, "mamba_ssm_dtype");
    int said = stored_as(word ? word : hf_text(f, "mamba_ssm_cache_dtype"));
    return said ? said : stored_weights(f);
}

/* heads matrices of rows x columns, and the last kernel - 1 inputs of a convolution over so many channels. */
static void keep_state(struct hf *f, int64_t heads, int64_t rows, int64_t columns, int64_t channels, int64_t kernel)
{
    if (heads <= 0 || rows <= 0 || columns <= 0) return;
    f->state = (struct stream){
        .state_heads = heads, .state_rows = rows, .state_columns = columns, .stored = stored_state(f)
    };
    if (channels > 0 && kernel > 1)
        f->conv = (struct stream){
            .state_heads = 1, .state_rows = channels, .state_columns = kernel - 1, .stored = stored_weights(f)
        };
}

static int64_t sum_of(const int64_t *terms, size_t n)
{
    int64_t sum = 0;
    for (size_t i = 0; i < n; i++) sum = count_plus(sum, terms[i]);
    return sum;
}
#define SUM(...) sum_of((const int64_t[]){ __VA_ARGS__ }, sizeof((const int64_t[]){ __VA_ARGS__ }) / sizeof(int64_t))

/* Mamba-2: one scalar decay a head (arXiv:2405.21060). */
static void mamba2(struct hf *f, int64_t heads, int64_t width, int64_t groups, int64_t state, int64_t kernel)
{
    bool bias = hf_flag(f, "mamba_proj_bias", false),
         conv_bias = hf_flag(f, "mamba_conv_bias", hf_flag(f, "use_conv_bias", true));
    int64_t inner = count_times(heads, width), channels = count_plus(inner, count_times(2, count_times(groups, state)));
    int64_t in = SUM(inner, channels, heads), hidden = f->m->hidden;
    keep_state(f, heads, width, state, channels, kernel);
    f->shape.state_mixer =
        SUM(count_times(hidden, in), bias ? in : 0, count_times(channels, kernel), conv_bias ? channels : 0,
            count_times(3, heads), inner, count_times(inner, hidden), bias ? hidden : 0);
}

/* Gated delta net (arXiv:2412.06464): a matrix of key x value for each value head. */
static void delta_net(struct hf *f)
{
    int64_t key_heads = hf_int(f, "linear_num_key_heads"), value_heads = hf_int(f, "linear_num_value_heads"),
            hidden = f->m->hidden;
    int64_t k = hf_int(f, "linear_key_head_dim"), v = hf_int(f, "linear_value_head_dim"),
            kernel = hf_int(f, "linear_conv_kernel_dim");
    int64_t keys = count_times(key_heads, k), values = count_times(value_heads, v), channels = SUM(keys, keys, values);
    keep_state(f, value_heads, k, v, channels, kernel);
    f->shape.state_mixer = SUM(count_times(hidden, SUM(channels, values, value_heads, value_heads)),
                               count_times(channels, kernel), value_heads, value_heads, v, count_times(values, hidden));
}

static void latent(struct hf *f)
{
    struct model *m = f->m;
    m->attention = ATTENTION_MLA;
    m->kv_heads = 0; /* all heads read one latent */
    m->head_dim = count_plus(m->qk_nope_head_dim, m->qk_rope_head_dim); /* whatever "head_dim" says */
    hf_node(f, "qk_head_dim");
}

/* Expert blocks beside the routed ones, each as wide as those. */
static void shared_by_count(struct hf *f)
{
    f->shape.shared_width = count_times(f->m->shared_experts, f->m->intermediate);
}

static void biases(struct hf *f, const char *key, bool otherwise)
{
    f->shape.qkv_bias = f->shape.out_bias = hf_flag(f, key, otherwise);
}

/* --- families --- */

static void adapt_llama(struct hf *f)
{
    biases(f, "attention_bias", false);
    f->shape.mlp_bias = hf_flag(f, "mlp_bias", false);
}

static void adapt_internlm2(struct hf *f) { biases(f, "bias", false); }
static void adapt_mistral(struct hf *f) { window_all(f); }

/* Its intermediate_size is that of both halves of the gated block. */
static void adapt_qwen(struct hf *f)
{
    f->m->intermediate /= 2;
    hf_flag(f, "no_bias", true);
}

/* Sliding layers come last, and only when they are switched on. */
static void adapt_qwen2(struct hf *f)
{
    struct model *m = f->m;
    if (!hf_flag(f, "use_sliding_window", false)) m->sliding_window = 0;
    int64_t first = hf_int_or(f, "max_window_layers", 28);
    for (int64_t i = first; m->sliding_window && !f->mixers_listed && i < m->layers; i++) f->mixers[i] = HF_WINDOW;
    const char *const again[] = { "qkv_bias", "attention_bias", "use_qk_norm" }; /* what the class says anyway */
    for (size_t i = 0; i < G_N_ELEMENTS(again); i++) hf_node(f, again[i]);
}

static void adapt_qwen3(struct hf *f)
{
    adapt_qwen2(f);
    biases(f, "attention_bias", false);
}

/* Dense layers are listed, or all but each decoder_sparse_step-th; a shared expert may have a width of its own. */
static void adapt_qwen_moe(struct hf *f)
{
    struct model *m = f->m;
    int64_t step = hf_int_or(f, "decoder_sparse_step", 1);
    for (int64_t i = 0; m->experts && step > 1 && i < m->layers; i++)
        if ((i + 1) % step) f->channels[i] = HF_DENSE;
    JsonArray *dense = hf_array(f, "mlp_only_layers");
    for (guint i = 0; m->experts && dense && i < json_array_get_length(dense); i++) {
        JsonNode *node = json_array_get_element(dense, i);
        int64_t at = JSON_NODE_HOLDS_VALUE(node) ? json_node_get_int(node) : -1;
        if (at >= 0 && at < m->layers) f->channels[at] = HF_DENSE;
    }
    f->shape.shared_width = hf_int_or(f, "shared_expert_intermediate_size", 0);
    if (f->shape.shared_width) m->shared_experts = 1;
    f->shape.shared_gate = f->shape.shared_width > 0;
}

static void adapt_qwen2_moe(struct hf *f)
{
    adapt_qwen2(f);
    adapt_qwen_moe(f);
}

static void adapt_qwen3_moe(struct hf *f)
{
    adapt_qwen3(f);
    adapt_qwen_moe(f);
}

/* Three delta nets, then one attention, whose queries are twice as wide: half of them gate. */
static void adapt_qwen3_next(struct hf *f)
{
    biases(f, "attention_bias", false);
    full_each(f, hf_int_or(f, "full_attention_interval", 4), HF_STATE);
    delta_net(f);
    adapt_qwen_moe(f);
    f->shape.query_gate = hf_flag(f, "attn_output_gate", true);
}

static void adapt_gemma2(struct hf *f) { full_each(f, 2, HF_WINDOW); }

static void adapt_gemma3(struct hf *f)
{
    const char *const names[] = { "sliding_window_pattern", "_sliding_window_pattern", NULL };
    int64_t period = hf_alias(f, names);
    full_each(f, period > 0 ? period : 6, HF_WINDOW);
}

/* The last num_kv_shared_layers borrow the cache of an earlier layer. Full layers have heads of another width. */
static void adapt_gemma4(struct hf *f)
{
    struct model *m = f->m;
    int64_t shared = MIN(hf_int_or(f, "num_kv_shared_layers", 0), m->layers);
    int64_t width = hf_int_or(f, "global_head_dim", m->head_dim),
            heads = hf_int_or(f, "num_global_key_value_heads", m->kv_heads);
    full_each(f, 6, HF_WINDOW);
    f->dense_beside = hf_flag(f, "enable_moe_block", false);
    memset(f->mixers + (m->layers - shared), HF_NONE, (size_t)shared);
    if (width != m->head_dim || heads != m->kv_heads) {
        f->full = (struct stream){ .kv_heads = heads, .k_width = width, .v_width = width };
        f->streams_needed = true;
    }
    const char *const told[] = { /* weights, which are not counted */
        "attention_k_eq_v", "hidden_size_per_layer_input", "vocab_size_per_layer_input", "use_double_wide_mlp",
        "laurel_rank", "altup_num_inputs", "altup_active_idx", "altup_correct_scale", "altup_coef_clip",
        "altup_lr_multiplier", "activation_sparsity_pattern"
    };
    for (size_t i = 0; i < G_N_ELEMENTS(told); i++) hf_node(f, told[i]);
}

static void adapt_phi(struct hf *f)
{
    if (!f->m->intermediate) f->m->intermediate = count_times(4, f->m->hidden); /* n_inner is null in the first files */
    if (hf_flag(f, "qk_layernorm", false)) f->shape.qk_norm = QK_BY_HEAD;
}

static void adapt_phimoe(struct hf *f)
{
    window_all(f);
    biases(f, "attention_bias", false);
    f->shape.head_bias = hf_flag(f, "lm_head_bias", false);
}

/* A number of each head stands in for a token to attend to: a parameter, and nothing that is cached. */
static void adapt_gpt_oss(struct hf *f)
{
    biases(f, "attention_bias", true);
    f->shape.full_sinks = f->shape.window_sinks = true;
    for (int64_t i = 0; !f->mixers_listed && i < f->m->layers; i++) f->mixers[i] = i % 2 ? HF_FULL : HF_WINDOW;
}

static void adapt_deepseek_v1(struct hf *f)
{
    biases(f, "attention_bias", false);
    shared_by_count(f);
}

static void adapt_deepseek(struct hf *f)
{
    latent(f);
    shared_by_count(f);
    hf_array(f, "mlp_layer_types"); /* says again what first_k_dense_replace does */
    if (hf_flag(f, "attention_bias", false)) f->shape.countable = false;
}

/* DeepSeek-V2 routes by softmax and has no bias to balance the load. */
static void adapt_deepseek_v2(struct hf *f)
{
    adapt_deepseek(f);
    f->shape.router_bias = 0;
}

/* Each layer's indexer keeps a key of its own, in 8 bits with a 32-bit scale for 128 of them (arXiv:2512.02556 and the
 * maker's inference code); layers that share another's indices keep none. */
static void adapt_sparse_deepseek(struct hf *f)
{
    const struct model *m = f->m;
    int64_t heads = hf_int(f, "index_n_heads"), width = hf_int(f, "index_head_dim");
    adapt_deepseek(f);
    f->indexer = (struct stream){ .keep = KEEP_ALL,
                                  .kv_heads = 1,
                                  .k_width = MAX(width, 0),
                                  .index_heads = MAX(heads, 0),
                                  .stored = 1 + DTYPE_FP8,
                                  .group = 128,
                                  .scale_bits = 32 };
    f->full.reads = MAX(hf_int(f, "index_topk"), 0);
    f->streams_needed = width > 0;
    f->shape.mixer_extra = SUM(count_times(m->q_lora_rank, count_times(heads, width)), count_times(m->hidden, width),
                               count_times(2, width), count_times(m->hidden, heads));
    JsonArray *kinds = hf_array(f, "indexer_types");
    for (guint i = 0; kinds && i < json_array_get_length(kinds); i++) {
        JsonNode *node = json_array_get_element(kinds, i);
        bool is_text = JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING;
        f->indexer.layers += !is_text || strcmp(json_node_get_string(node), "shared");
    }
}

static void adapt_kimi_linear(struct hf *f)
{
    JsonObject *linear = hf_group(f, "linear_attn_config");
    JsonNode *full = linear ? json_object_get_member(linear, "full_attn_layers") : NULL;
    JsonArray *at = full && JSON_NODE_HOLDS_ARRAY(full) ? json_node_get_array(full) : NULL;
    int64_t heads = hf_in_group(f, "linear_attn_config", "num_heads"),
            width = hf_in_group(f, "linear_attn_config", "head_dim");
    adapt_deepseek(f);
    if (!at) {
        hf_say(f, HFREMARK_MISSING, "\"linear_attn_config\" does not say which layers have attention.");
        f->mixers_known = false;
        return;
    }
    memset(f->mixers, HF_STATE, (size_t)f->m->layers);
    for (guint i = 0; i < json_array_get_length(at); i++) { /* they count from 1 */
        JsonNode *node = json_array_get_element(at, i);
        int64_t layer = JSON_NODE_HOLDS_VALUE(node) ? json_node_get_int(node) : 0;
        if (layer >= 1 && layer <= f->m->layers) f->mixers[layer - 1] = HF_FULL;
    }
    keep_state(f, heads, width, width, count_times(3, count_times(heads, width)),
               hf_in_group(f, "linear_attn_config", "short_conv_kernel_size"));
    f->state.stored = 1 + DTYPE_FP32; /* whatever the weights are */
    hf_node(f, "attn_res_block_size");
    hf_node(f, "routed_expert_hidden_size");
    hf_node(f, "latent_moe_use_norm");
}

/* Two attentions in each layer, so two caches. Channels are not doubled: nothing counts this family's parameters. */
static void adapt_longcat(struct hf *f)
{
    latent(f);
    g_autofree char *twice = g_strnfill((gsize)(2 * f->m->layers), HF_FULL);
    g_free(f->mixers);
    f->mixers = g_steal_pointer(&twice);
    f->dense_beside = true;
    hf_int(f, "zero_expert_num");
    hf_text(f, "zero_expert_type");
    hf_text(f, "attention_method");
}

static void adapt_glm(struct hf *f)
{
    f->shape.qkv_bias = hf_flag(f, "attention_bias", true);
    if (hf_flag(f, "use_qk_norm", false)) f->shape.qk_norm = QK_BY_HEAD;
    shared_by_count(f);
}

/* multi_query_attention switches the number of groups on. The projection to heads has a bias of its own. */
static void adapt_chatglm(struct hf *f)
{
    if (!hf_flag(f, "multi_query_attention", false)) f->m->kv_heads = f->m->heads;
    f->shape.qkv_bias = hf_flag(f, "add_qkv_bias", false) || hf_flag(f, "add_bias_linear", false);
    f->shape.out_bias = f->shape.mlp_bias = hf_flag(f, "add_bias_linear", false);
    f->shape.norm = hf_flag(f, "rmsnorm", true) ? 1 : 2;
}

static void adapt_opt(struct hf *f)
{
    f->shape.positions = count_plus(f->m->max_context, 2); /* the first two are never used */
    f->shape.word_width = hf_int_or(f, "word_embed_proj_dim", 0);
    f->shape.no_final_norm = !hf_flag(f, "do_layer_norm_before", true);
    if (!hf_flag(f, "enable_bias", true)) f->shape.qkv_bias = f->shape.out_bias = f->shape.mlp_bias = false;
    hf_flag(f, "layer_norm_elementwise_affine", true);
}

static void adapt_gpt2(struct hf *f)
{
    struct model *m = f->m;
    if (!m->intermediate) m->intermediate = count_times(4, m->hidden); /* n_inner is null */
    if (f->shape.positions) f->shape.positions = m->max_context;
    if (hf_flag(f, "multi_query", false)) m->kv_heads = 1;
}

static void adapt_gpt_neox(struct hf *f) { biases(f, "attention_bias", true); }

/* Three kinds of one name: a KV head for each query head (rw), one for all (7B), or some (40B, 180B). */
static void adapt_falcon(struct hf *f)
{
    struct model *m = f->m;
    bool fresh = hf_flag(f, "new_decoder_architecture", false), one = hf_flag(f, "multi_query", true),
         bias = hf_flag(f, "bias", false);
    bool parallel = hf_flag(f, "parallel_attn", true);
    if (!fresh) m->kv_heads = one ? 1 : m->heads;
    if (!m->intermediate) m->intermediate = count_times(4, m->hidden);
    f->shape.layer_norms = fresh ? (int)MIN(hf_int_or(f, "num_ln_in_parallel_attn", 2), 2) : parallel ? 1 : 2;
    f->shape.qkv_bias = f->shape.out_bias = f->shape.mlp_bias = bias;
}

static void adapt_bloom(struct hf *f)
{
    f->m->kv_heads = f->m->heads;
    if (!f->m->intermediate) f->m->intermediate = count_times(4, f->m->hidden);
}

/* Attention in each attn_layer_period-th layer, experts in each expert_layer_period-th; Mamba elsewhere
 * (arXiv:2312.00752): inner x state numbers. */
static void adapt_jamba(struct hf *f)
{
    struct model *m = f->m;
    int64_t period = hf_int_or(f, "attn_layer_period", 8), offset = hf_int_or(f, "attn_layer_offset", 4);
    int64_t each = hf_int_or(f, "expert_layer_period", 2), from = hf_int_or(f, "expert_layer_offset", 1);
    int64_t inner = count_times(hf_int_or(f, "mamba_expand", 2), m->hidden), state = hf_int_or(f, "mamba_d_state", 16);
    int64_t kernel = hf_int_or(f, "mamba_d_conv", 4), rank = hf_int_or(f, "mamba_dt_rank", count_over(m->hidden, 16));
    bool bias = hf_flag(f, "mamba_proj_bias", false), conv_bias = hf_flag(f, "mamba_conv_bias", true);
    for (int64_t i = 0; i < m->layers; i++) {
        if (!f->mixers_listed && period > 0) f->mixers[i] = i % period == offset ? HF_FULL : HF_STATE;
        if (m->experts && each > 0 && i % each != from) f->channels[i] = HF_DENSE;
    }
    m->sliding_window = 0;
    if (m->experts) m->dense_intermediate = m->intermediate;
    keep_state(f, 1, inner, state, inner, kernel);
    f->shape.state_mixer =
        SUM(count_times(m->hidden, count_times(2, inner)), bias ? count_times(2, inner) : 0, count_times(inner, kernel),
            conv_bias ? inner : 0, count_times(inner, count_plus(rank, count_times(2, state))),
            count_times(rank, inner), inner, count_times(inner, state), inner, count_times(inner, m->hidden),
            bias ? m->hidden : 0, rank, count_times(2, state));
}

/* One mixer in each layer: M a state, * attention, - channels, E experts. */
static void adapt_nemotron_h(struct hf *f)
{
    struct model *m = f->m;
    const char *pattern = hf_text(f, "hybrid_override_pattern");
    if (!pattern || strlen(pattern) != (size_t)m->layers) {
        hf_say(f, HFREMARK_WRONG,
               "\"hybrid_override_pattern\" is not a text with a letter for each of %" G_GINT64_FORMAT " layers.",
               m->layers);
        f->mixers_known = false;
        return;
    }
    for (int64_t i = 0; i < m->layers; i++) {
        f->mixers[i] = pattern[i] == 'M' ? HF_STATE : pattern[i] == '*' ? HF_FULL : HF_NONE;
        f->channels[i] = pattern[i] == '-' ? HF_DENSE : pattern[i] == 'E' ? HF_SPARSE : HF_NO_CHANNEL;
    }
    m->sliding_window = 0;
    f->shape.shared_width = hf_int_or(f, "moe_shared_expert_intermediate_size", 0);
    biases(f, "attention_bias", false);
    f->shape.mlp_bias = f->shape.expert_bias = hf_flag(f, "mlp_bias", false);
    if (hf_int_or(f, "moe_latent_size", 0)) f->shape.countable = false;
    hf_int(f, "expand");
    hf_flag(f, "use_bias", false);
    hf_int(f, "n_groups");
    mamba2(f, hf_int(f, "mamba_num_heads"), hf_int(f, "mamba_head_dim"), hf_int_or(f, "n_groups", 8),
           hf_int(f, "ssm_state_size"), hf_int_or(f, "conv_kernel", 4));
}

static void adapt_nemotron(struct hf *f)
{
    biases(f, "attention_bias", false);
    f->shape.mlp_bias = hf_flag(f, "mlp_bias", false);
}

/* Blocks that a search pruned: each says how many query heads share a KV head, or that it has no attention. */
static void adapt_nas(struct hf *f)
{
    struct model *m = f->m;
    JsonArray *blocks = hf_array(f, "block_configs");
    int64_t group = -1;
    bool fine = blocks && json_array_get_length(blocks) == (guint64)m->layers;
    for (guint i = 0; fine && i < json_array_get_length(blocks); i++) {
        JsonNode *node = json_array_get_element(blocks, i);
        JsonNode *part =
            JSON_NODE_HOLDS_OBJECT(node) ? json_object_get_member(json_node_get_object(node), "attention") : NULL;
        JsonNode *share = part && JSON_NODE_HOLDS_OBJECT(part)
                              ? json_object_get_member(json_node_get_object(part), "n_heads_in_group")
                              : NULL;
        int64_t each = share && JSON_NODE_HOLDS_VALUE(share) ? json_node_get_int(share) : 0;
        if (each <= 0) f->mixers[i] = HF_NONE;
        else if (group < 0 || group == each) group = each;
        else fine = false;
    }
    if (fine && group > 0) m->kv_heads = m->heads / group;
    else {
        hf_say(f, HFREMARK_UNKNOWN,
               "\"block_configs\" does not give the same number of KV heads to each of %" G_GINT64_FORMAT " layers.",
               m->layers);
        f->mixers_known = false;
    }
}

/* use_qk_norm norms all heads together. */
static void adapt_minimax_m2(struct hf *f)
{
    f->shape.qk_norm = hf_flag(f, "use_qk_norm", true) ? QK_WHOLE : QK_PLAIN;
    hf_text(f, "qk_norm_type");
    by_list(f, "attn_type_list", HF_FULL, HF_STATE);
    f->shape.shared_width = hf_int_or(f, "shared_intermediate_size", 0);
}

/* Lightning attention: a matrix of head x head numbers for each head. */
static void adapt_minimax(struct hf *f)
{
    if (!f->mixers_listed) by_list(f, "attn_type_list", HF_FULL, HF_STATE);
    keep_state(f, f->m->heads, f->m->head_dim, f->m->head_dim, 0, 0);
    f->shape.shared_width = hf_int_or(f, "shared_intermediate_size", 0);
}

/* Three of four layers look no further back than the start of their chunk; where dense layers stand between sparse ones
 * they have a width of their own. */
static void adapt_llama4(struct hf *f)
{
    struct model *m = f->m;
    int64_t step = hf_int_or(f, "interleave_moe_layer_step", 1);
    for (int64_t i = 0; m->experts && step > 1 && i < m->layers; i++)
        if ((i + 1) % step) f->channels[i] = HF_DENSE;
    m->dense_intermediate = hf_int_or(f, "intermediate_size_mlp", 0);
    m->shared_experts = 1;
    m->sliding_window = hf_int_or(f, "attention_chunk_size", 8192);
    hf_array(f, "moe_layers");
    hf_flag(f, "use_qk_norm", true);
    if (!by_list(f, "no_rope_layers", HF_CHUNK, HF_FULL))
        full_each(f, hf_int_or(f, "no_rope_layer_interval", 4), HF_CHUNK);
    biases(f, "attention_bias", false);
    shared_by_count(f);
}

static void adapt_dbrx(struct hf *f)
{
    struct model *m = f->m;
    m->kv_heads = MAX(hf_in_group(f, "attn_config", "kv_n_heads"), 0);
    m->intermediate = MAX(hf_in_group(f, "ffn_config", "ffn_hidden_size"), 0);
    m->experts = MAX(hf_in_group(f, "ffn_config", "moe_num_experts"), 0);
    m->experts_per_token = MAX(hf_in_group(f, "ffn_config", "moe_top_k"), 0);
    memset(f->channels, HF_SPARSE, (size_t)m->layers);
}

static void adapt_cohere(struct hf *f)
{
    biases(f, "attention_bias", false);
    if (hf_flag(f, "use_qk_norm", false)) f->shape.qk_norm = QK_EACH;
}

static void adapt_cohere2(struct hf *f)
{
    biases(f, "attention_bias", false);
    const char *const names[] = { "sliding_window_pattern", "_sliding_window_pattern", NULL };
    int64_t period = hf_alias(f, names);
    full_each(f, period > 0 ? period : 4, HF_WINDOW);
    hf_text(f, "layer_switch");
    hf_int(f, "layer_switch");
    hf_text(f, "order_of_interleaved_layers");
}

static void adapt_olmo3(struct hf *f)
{
    biases(f, "attention_bias", false);
    full_each(f, 4, HF_WINDOW);
}

/* A number, or a text like LLLG: three local layers, then a global one. Small ones have neither. */
static void adapt_exaone4(struct hf *f)
{
    const char *pattern = hf_text(f, "sliding_window_pattern");
    if (!f->m->sliding_window) return;
    if (!pattern) full_each(f, hf_int_or(f, "sliding_window_pattern", 4), HF_WINDOW);
    for (int64_t i = 0; pattern && *pattern && !f->mixers_listed && i < f->m->layers; i++)
        f->mixers[i] = pattern[(size_t)i % strlen(pattern)] == 'L' ? HF_WINDOW : HF_FULL;
}

static void adapt_stablelm(struct hf *f)
{
    f->shape.qkv_bias = hf_flag(f, "use_qkv_bias", false);
    if (hf_flag(f, "qk_layernorm", false)) f->shape.countable = false;
    if (hf_flag(f, "use_parallel_residual", false)) f->shape.layer_norms = 1;
}

static void adapt_starcoder2(struct hf *f)
{
    window_all(f);
    biases(f, "use_bias", true);
    f->shape.mlp_bias = f->shape.qkv_bias;
}

/* Windowed layers have their own number of KV heads; keys are wider than values in both. */
static void adapt_mimo_v2(struct hf *f)
{
    struct model *m = f->m;
    int64_t v = m->v_head_dim ? m->v_head_dim : m->head_dim;
    int64_t swa_k = hf_int_or(f, "swa_head_dim", m->head_dim);
    f->full = (struct stream){ .kv_heads = m->kv_heads, .k_width = m->head_dim, .v_width = v };
    f->window = (struct stream){ .kv_heads = hf_int_or(f, "swa_num_key_value_heads", m->kv_heads),
                                 .k_width = swa_k,
                                 .v_width = hf_int_or(f, "swa_v_head_dim", v) };
    f->streams_needed = true;
    hf_int(f, "swa_num_attention_heads");
    hf_int(f, "attention_chunk_size");
    biases(f, "attention_bias", false);
    f->shape.out_bias = false;
    f->shape.full_sinks = hf_flag(f, "add_full_attention_sink_bias", false);
    f->shape.window_sinks = hf_flag(f, "add_swa_attention_sink_bias", false);
    if (!by_list(f, "hybrid_layer_pattern", HF_WINDOW, HF_FULL) && !f->mixers_listed && f->mixers_known) {
        hf_say(f, HFREMARK_MISSING, "\"hybrid_layer_pattern\", which matters, is not there.");
        f->mixers_known = false;
    }
    shared_by_count(f);
}

/* attention_bias is for queries, keys and values; attention_out_bias for the rest. */
static void adapt_seed_oss(struct hf *f)
{
    f->shape.qkv_bias = hf_flag(f, "attention_bias", true);
    f->shape.out_bias = hf_flag(f, "attention_out_bias", false);
    f->shape.mlp_bias = hf_flag(f, "mlp_bias", false);
}

static void adapt_ernie(struct hf *f)
{
    struct model *m = f->m;
    int64_t from = hf_int_or(f, "moe_layer_start_index", 1), to = hf_int_or(f, "moe_layer_end_index", m->layers - 1);
    int64_t each = hf_int_or(f, "moe_layer_interval", 1);
    for (int64_t i = 0; m->experts && i < m->layers; i++)
        if (i < from || i > to || (each > 0 && (i + 1) % each)) f->channels[i] = HF_DENSE;
    f->shape.mlp_bias = f->shape.qkv_bias = f->shape.out_bias = hf_flag(f, "use_bias", false);
    shared_by_count(f);
}

static void adapt_granite_hybrid(struct hf *f)
{
    struct model *m = f->m;
    int64_t shared = hf_int_or(f, "shared_intermediate_size", 0);
    if (m->experts) f->shape.shared_width = shared;
    else m->intermediate = shared;
    int64_t heads = hf_int_or(f, "mamba_n_heads", 128), width = hf_int(f, "mamba_d_head");
    if (width < 0) width = heads > 0 ? count_times(hf_int_or(f, "mamba_expand", 2), m->hidden) / heads : -1;
    hf_int(f, "mamba_expand");
    hf_text(f, "mamba_d_head");
    mamba2(f, heads, width, hf_int_or(f, "mamba_n_groups", 1), hf_int_or(f, "mamba_d_state", 256),
           hf_int_or(f, "mamba_d_conv", 4));
    biases(f, "attention_bias", false);
}

/* --- the table --- */

/* So many norms of the stream in each layer. */
#define RMS(norms, ...) { .countable = true, .norm = 1, .layer_norms = norms, ##__VA_ARGS__ }
#define LAYER_NORM(norms, ...) { .countable = true, .norm = 2, .layer_norms = norms, ##__VA_ARGS__ }
#define UNCOUNTED { .norm = 1, .layer_norms = 2 }

static const struct hf_family families[] = {
    { "llama granite", false, RMS(2), adapt_llama },
    { "smollm3", true, RMS(2), adapt_qwen3 },
    { "internlm2 internlm", false, RMS(2), adapt_internlm2 },
    { "baichuan", false, RMS(2), NULL },
    { "orion", false, LAYER_NORM(2), NULL },
    { "qwen", false, RMS(2, .qkv_bias = true), adapt_qwen },
    { "minicpm", true, RMS(2), adapt_llama },
    { "mistral ministral ministral3", false,
      RMS(2), adapt_mistral, { { "sliding_window", 4096 }, { "num_key_value_heads", 8 } } },
    { "mixtral", false, RMS(2), adapt_mistral, { { "num_key_value_heads", 8 } } },
    { "qwen2 mimo qwen2_5_vl_text qwen2_vl_text qwen2_vl qwen2_5_vl", false,
      RMS(2, .qkv_bias = true), adapt_qwen2 },
    { "qwen2_moe", false, RMS(2, .qkv_bias = true), adapt_qwen2_moe },
    { "qwen3 qwen3_vl_text", false, RMS(2, .qk_norm = QK_BY_HEAD), adapt_qwen3 },
    { "qwen3_moe qwen3_vl_moe_text qwen3_omni_moe_text", false, RMS(2, .qk_norm = QK_BY_HEAD), adapt_qwen3_moe },
    { "qwen3_next qwen3_5 qwen3_5_text qwen3_5_moe qwen3_5_moe_text", false,
      RMS(2, .qk_norm = QK_BY_HEAD), adapt_qwen3_next },
    { "gemma", true, RMS(2), adapt_llama, { { "head_dim", 256 } } },
    { "gemma2", true, RMS(4), adapt_gemma2, { { "head_dim", 256 }, { "sliding_window", 4096 } } },
    { "gemma3 gemma3_text", true,
      RMS(4, .qk_norm = QK_BY_HEAD), adapt_gemma3,
      { { "head_dim", 256 }, { "num_attention_heads", 8 }, { "num_key_value_heads", 4 },
        { "vocab_size", 262208 }, { "max_position_embeddings", 131072 }, { "sliding_window", 4096 } } },
    { "gemma3n gemma3n_text gemma4 gemma4_text", true, UNCOUNTED, adapt_gemma4 },
    { "phi phi-msft", false,
      LAYER_NORM(1, .plain_mlp = true, .qkv_bias = true, .out_bias = true, .mlp_bias = true, .head_bias = true),
      adapt_phi },
    { "phi3", false, RMS(2), adapt_mistral },
    { "phimoe", false, LAYER_NORM(2), adapt_phimoe },
    { "gpt_oss", false, RMS(2, .expert_bias = true, .router_bias = 1), adapt_gpt_oss },
    { "deepseek", false, RMS(2), adapt_deepseek_v1 },
    { "deepseek_v2", false, RMS(2), adapt_deepseek_v2 },
    { "deepseek_v3 kimi_k2", false, RMS(2, .router_bias = 1), adapt_deepseek },
    { "deepseek_v32 glm_moe_dsa", false, RMS(2, .router_bias = 1), adapt_sparse_deepseek },
    { "kimi_linear", false, UNCOUNTED, adapt_kimi_linear },
    { "longcat_flash", false, UNCOUNTED, adapt_longcat },
    { "glm4_moe", false, RMS(2, .router_bias = 1), adapt_glm },
    { "glm", false, RMS(2), adapt_glm },
    { "glm4", false, RMS(4), adapt_glm },
    { "chatglm", false, RMS(2), adapt_chatglm },
    { "opt", true,
      LAYER_NORM(2, .plain_mlp = true, .qkv_bias = true, .out_bias = true, .mlp_bias = true), adapt_opt },
    { "gpt2 gpt_bigcode", true,
      LAYER_NORM(2, .plain_mlp = true, .qkv_bias = true, .out_bias = true, .mlp_bias = true, .positions = 1),
      adapt_gpt2 },
    { "gptj", false, LAYER_NORM(1, .plain_mlp = true, .mlp_bias = true, .head_bias = true), adapt_gpt2 },
    { "gpt_neox", false, LAYER_NORM(2, .plain_mlp = true, .mlp_bias = true), adapt_gpt_neox },
    { "falcon RefinedWebModel RefinedWeb", true,
      LAYER_NORM(2, .plain_mlp = true), adapt_falcon, { { "max_position_embeddings", 2048 } } },
    { "bloom", true,
      LAYER_NORM(2, .plain_mlp = true, .qkv_bias = true, .out_bias = true, .mlp_bias = true, .embedding_norms = 1),
      adapt_bloom },
    { "jamba", false, RMS(2), adapt_jamba },
    { "nemotron_h", false, RMS(1, .plain_mlp = true, .router_bias = 1), adapt_nemotron_h },
    { "nemotron", false, LAYER_NORM(2, .plain_mlp = true), adapt_nemotron },
    { "nemotron-nas", false, UNCOUNTED, adapt_nas },
    { "minimax_m2", false, RMS(2, .router_bias = 1), adapt_minimax_m2 },
    { "minimax minimax_text_01", false, UNCOUNTED, adapt_minimax },
    { "llama4 llama4_text", false, RMS(2), adapt_llama4 },
    { "grok-1", true, UNCOUNTED, NULL },
    { "dbrx", false, RMS(2), adapt_dbrx },
    { "cohere", true, RMS(1), adapt_cohere },
    { "cohere2", true, RMS(1), adapt_cohere2, { { "sliding_window", 4096 } } },
    { "olmo2", false, RMS(2, .qk_norm = QK_WHOLE), adapt_llama },
    { "olmo3", false, RMS(2, .qk_norm = QK_WHOLE), adapt_olmo3, { { "sliding_window", 4096 } } },
    { "exaone4", false, RMS(2, .qk_norm = QK_BY_HEAD), adapt_exaone4 },
    { "stablelm", false, LAYER_NORM(2), adapt_stablelm },
    { "starcoder2", true, LAYER_NORM(2, .plain_mlp = true), adapt_starcoder2 },
    { "mimo_v2_flash", false, RMS(2, .router_bias = 1), adapt_mimo_v2 },
    { "seed_oss", false, RMS(2), adapt_seed_oss },
    { "ernie4_5 ernie4_5_moe", true, RMS(2, .router_bias = 1), adapt_ernie },
    { "granitemoehybrid", false, RMS(2), adapt_granite_hybrid },
};

const struct hf_family *hf_find_family(const char *type)
{
    for (size_t i = 0; i < G_N_ELEMENTS(families); i++) {
        g_auto(GStrv) types = g_strsplit(families[i].types, " ", -1);
        if (g_strv_contains((const char *const *)types, type)) return &families[i];
    }
    return NULL;
}
