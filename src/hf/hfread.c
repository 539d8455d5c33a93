/* Asking a config.json for keys. Every key that is asked for is remembered, so that at the end those that nobody asked
 * for can be named: they are either known to say nothing about cache, weights and context (the table below), or were
 * not understood.
 */
#include "hf/hfread.h"
#include "read/jsonfile.h"

#include <math.h>
#include <string.h>

/* Patterns of keys without a bearing on shapes: training, tokens, rotary angles, routing, generation, bookkeeping. */
static const char *const harmless[] = {
    "*_token_id", "*_token_ids", "*_token_index", "*dropout*", "*_pdrop", "*rope*", "rotary*", "*rotary_*",
    "*_eps", "*_epsilon", "initializer*", "*init_std*", "*_init", "init_*", "*_act", "*_activation", "*_act_fn",
    "activation_*", "*activation", "architectures", "auto_map", "transformers_version", "_name_or_path",
    "use_cache", "*softcap*", "*scaling_factor", "*multiplier*", "*_scale", "scale_*", "*aux_loss*",
    "*router_*", "output_*", "return_*", "topk_*", "n_group", "norm_topk_prob", "scoring_func*", "seq_aux",
    "ep_size", "pretraining_tp", "*_implementation", "summary_*", "task_specific_params",
    "gradient_checkpointing", "layerdrop", "prefix", "scoring*", "alibi*", "apply_residual*",
    "attention_softmax*", "*_in_fp32", "*fp32*", "masked_softmax*", "slow_but_exact", "offset_alibi",
    "skip_bias_add*", "unk_token_id", "num_logits_to_keep", "use_mamba_kernels", "time_step_*", "rescale_*",
    "residual_*", "*_kernels*", "use_flash*", "use_sdpa", "use_parallel*", "bidirectional*",
    "use_bidirectional*", "query_pre_attn*", "logit*", "*_logit*", "partial_*",
    "original_max_position_embeddings", "initial_context_length", "swiglu_*", "hidden_act*",
    "quantization_config", "compression_config", "model_type", "moe_router*", "n_ctx", "is_decoder",
    "is_encoder_decoder", "cross_attention*", "add_cross_attention", "num_beam*", "*_length", "length_penalty",
    "*_ngram_*", "*_penalty", "bad_words_ids", "suppress_tokens", "begin_suppress_tokens", "do_sample",
    "early_stopping", "finetuning_task", "id2label", "label2id", "problem_type", "pruned_heads",
    "remove_invalid_values", "temperature", "top_k", "top_p", "typical_p", "tf_legacy_loss",
    "tie_encoder_decoder", "tokenizer_class", "torchscript", "use_bfloat16", "chunk_size_feed_forward",
    "num_return_sequences", "chunk_size", "mamba_chunk_size", "index_topk*", "index_n_heads", "index_skip*",
    "indexer_rope*", "index_share*", "mtp_*", "num_nextn_predict_layers", "num_mtp_modules", "*_mtp*",
    "attn_temperature*", "floor_scale", "for_llm_compressor", "cache_implementation", "vision_*", "audio_*",
    "image_*", "video_*", "mm_*", "no_rope_layer*", "use_mrope", "embd_pdrop", "classifier_*", "z_loss*",
    "norm_type", "pre_seq_len", "prefix_projection", "fp32_residual*", "post_layer_norm", "apply_query*",
    "interleaved_qkv", "clip_qkv", "emb_*", "reorder_and_upcast_attn", "scale_attn*", "max_window_layers",
    "_attn*", "attn_pdrop", "resid_pdrop", "mup_*", "dim_model_base", "scale_depth", "use_logits_*",
    "_remove_final_layer_norm", "router*", "calc_mamba*", "moe_renormalize", "use_grouped_topk",
    "num_expert_group", "mla_*", "moe_use_aux*", "moe_capacity*", "moe_gate*", "moe_norm*", "moe_group*",
    "kv_dtype", "sep_token_id", "position_embedding_type", "sinkhorn*", "ffn_mult", "ffn_hidden_act",
    "normalization_function", "embedding_multiplier", "residual_multiplier", "expert_dtype", "n_kernels",
    "use_routing_bias", "attention_value_scale", "*_sink_bias", "time_step_limit", "mamba_hidden_act",
    "mlp_hidden_act", "scale_embedding", "max_sequence_length", "rope_interleave", "tensor_parallel*", "pad_id",
    "eos_id", "bos_id", "use_unified*", "ignore_index", "*placeholder*", "*jitter*", "mlp_type",
    "*_runner_input", "inference_runner", "pad_key_length", "pre_allocate_kv_cache", "max_batch_size",
    "n_special", "predict_special_tokens", "use_dynamic_ntk", "use_logn_attn", "is_llama_config",
    "transformers.js_config", "full_attn_mod", "interpolate_factor", NULL
};

static bool is_harmless(const char *key)
{
    for (const char *const *p = harmless; *p; p++)
        if (g_pattern_match_simple(*p, key)) return true;
    return false;
}

char *hf_line(const char *text)
{
    char *line = g_utf8_make_valid(text, -1);
    for (char *p = line; *p; p++)
        if (g_ascii_iscntrl(*p)) *p = '?';
    return line;
}

void hf_say(struct hf *f, enum hfremark_kind kind, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *said = g_strdup_vprintf(format, args);
    va_end(args);
    struct hfremark r = { kind, hf_line(said) };
    if (g_hash_table_contains(f->said, r.text)) { /* once is enough */
        g_free(r.text);
        return;
    }
    g_hash_table_add(f->said, r.text);
    g_array_append_val(f->out->remarks, r);
}

/* --- keys --- */

static JsonNode *find_node(struct hf *f, const char *key)
{
    g_hash_table_add(f->asked, (gpointer)key);
    JsonNode *node = json_object_get_member(f->object, key);
    return node || f->outer == f->object ? node : json_object_get_member(f->outer, key);
}

JsonNode *hf_node(struct hf *f, const char *key)
{
    JsonNode *node = find_node(f, key);
    return node && !JSON_NODE_HOLDS_NULL(node) ? node : NULL;
}

/* It stands, as null. */
static bool is_null(struct hf *f, const char *key)
{
    JsonNode *node = find_node(f, key);
    return node && JSON_NODE_HOLDS_NULL(node);
}

static int64_t class_default(struct hf *f, const char *key)
{
    if (!f->family) return -1;
    for (const struct hf_default *d = f->family->defaults; d->key; d++)
        if (!strcmp(d->key, key)) {
            hf_say(f, HFREMARK_MISSING, "\"%s\" is not there; %" G_GINT64_FORMAT ", the default of %s, is taken.", key,
                   d->value, hf_text(f, "model_type"));
            return d->value;
        }
    return -1;
}

/* -1: not a whole number from 0 to 9 x 10^15. A list of one number for all layers counts as that number. */
static int64_t whole(JsonNode *node)
{
    if (JSON_NODE_HOLDS_ARRAY(node)) {
        JsonArray *a = json_node_get_array(node);
        guint n = json_array_get_length(a);
        int64_t first =
            n && JSON_NODE_HOLDS_VALUE(json_array_get_element(a, 0)) ? whole(json_array_get_element(a, 0)) : -1;
        for (guint i = 1; i < n; i++)
            if (!JSON_NODE_HOLDS_VALUE(json_array_get_element(a, i)) || whole(json_array_get_element(a, i)) != first)
                return -1;
        return first;
    }
    if (!JSON_NODE_HOLDS_VALUE(node)) return -1;
    GType type = json_node_get_value_type(node);
    double real = type == G_TYPE_DOUBLE ? json_node_get_double(node) : -1;
    if (type == G_TYPE_DOUBLE && real >= 0 && real <= 9e15 && floor(real) == real) return (int64_t)real;
    int64_t v = type == G_TYPE_INT64 ? json_node_get_int(node) : -1;
    return v > (int64_t)9e15 ? -1 : v;
}

int64_t hf_int(struct hf *f, const char *key)
{
    JsonNode *node = find_node(f, key);
    if (!node) return class_default(f, key);
    if (JSON_NODE_HOLDS_NULL(node)) return -1;
    int64_t v = whole(node);
    if (v >= 0) return v;
    hf_say(f, HFREMARK_WRONG, "\"%s\" is not one whole number from 0 to 9e15, so it was not read.", key);
    return -1;
}

int64_t hf_int_or(struct hf *f, const char *key, int64_t otherwise)
{
    int64_t v = hf_int(f, key);
    return v < 0 ? otherwise : v;
}

bool hf_flag(struct hf *f, const char *key, bool otherwise)
{
    JsonNode *node = hf_node(f, key);
    if (!node) return otherwise;
    if (JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_BOOLEAN)
        return json_node_get_boolean(node);
    hf_say(f, HFREMARK_WRONG, "\"%s\" is neither true nor false, so it was not read.", key);
    return otherwise;
}

const char *hf_text(struct hf *f, const char *key)
{
    JsonNode *node = hf_node(f, key);
    return node && JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING
               ? json_node_get_string(node)
               : NULL;
}

JsonObject *hf_group(struct hf *f, const char *key)
{
    JsonNode *node = hf_node(f, key);
    return node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

JsonArray *hf_array(struct hf *f, const char *key)
{
    JsonNode *node = hf_node(f, key);
    return node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
}

JsonArray *hf_by_layer(struct hf *f, const char *key)
{
    JsonArray *list = hf_array(f, key);
    if (!list || json_array_get_length(list) == (guint64)f->m->layers) return list;
    hf_say(f, HFREMARK_WRONG,
           "\"%s\" has %u entries, but there are %" G_GINT64_FORMAT " layers, so which of them keep what is not known.",
           key, json_array_get_length(list), f->m->layers);
    f->mixers_known = false;
    return NULL;
}

int64_t hf_alias(struct hf *f, const char *const *names)
{
    const char *said = NULL;
    int64_t value = -1;
    for (const char *const *n = names; *n; n++) {
        if (!hf_node(f, *n)) continue;
        int64_t v = hf_int(f, *n);
        if (v < 0) continue;
        if (!said) {
            said = *n;
            value = v;
        } else if (v != value)
            hf_say(f, HFREMARK_WRONG,
                   "\"%s\" is %" G_GINT64_FORMAT ", but \"%s\" is %" G_GINT64_FORMAT "; the first holds.", said, value,
                   *n, v);
    }
    for (const char *const *n = names; !said && *n; n++)
        if (!is_null(f, *n) && (value = class_default(f, *n)) >= 0) return value;
    return value;
}

int64_t hf_in_group(struct hf *f, const char *group, const char *key)
{
    JsonObject *g = hf_group(f, group);
    JsonNode *node = g ? json_object_get_member(g, key) : NULL;
    if (!node || JSON_NODE_HOLDS_NULL(node)) return -1;
    int64_t v = whole(node);
    if (v < 0)
        hf_say(f, HFREMARK_WRONG, "\"%s\" of \"%s\" is not one whole number from 0 to 9e15, so it was not read.", key,
               group);
    return v;
}

/* --- keys that nobody asked for, and keys that stand twice --- */

/* Nothing is said by a key that is null, false, 0, empty or a text of an option. */
static bool says_nothing(JsonNode *node)
{
    if (JSON_NODE_HOLDS_NULL(node)) return true;
    if (JSON_NODE_HOLDS_ARRAY(node)) return !json_array_get_length(json_node_get_array(node));
    if (JSON_NODE_HOLDS_OBJECT(node)) return !json_object_get_size(json_node_get_object(node));
    GType type = json_node_get_value_type(node);
    return (type == G_TYPE_BOOLEAN && !json_node_get_boolean(node)) ||
           (type == G_TYPE_INT64 && !json_node_get_int(node));
}

void hf_say_unknown(struct hf *f)
{
    g_autoptr(GList) keys = json_object_get_members(f->object);
    for (GList *k = keys; k; k = k->next) {
        const char *key = k->data;
        if (g_hash_table_contains(f->asked, key) || is_harmless(key) ||
            says_nothing(json_object_get_member(f->object, key)))
            continue;
        hf_say(f, HFREMARK_UNKNOWN, "\"%.60s\" was not understood.", key);
    }
}

/* The end of the quoted text that starts at i, at its closing quote. */
static size_t quote_end(const char *text, size_t length, size_t i)
{
    for (i++; i < length && text[i] != '"'; i++)
        if (text[i] == '\\') i++;
    return MIN(i, length);
}

/* The text was parsed before, so its brackets and quotes close, and nest at most 32 deep. */
void hf_say_twins(struct hf *f, const char *text, size_t length)
{
    g_autoptr(GPtrArray) open = g_ptr_array_new_with_free_func((GDestroyNotify)g_hash_table_unref);
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '{' || text[i] == '[')
            g_ptr_array_add(open, g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL));
        else if ((text[i] == '}' || text[i] == ']') && open->len) g_ptr_array_set_size(open, (gint)open->len - 1);
        if (text[i] != '"') continue;
        size_t end = quote_end(text, length, i), after = end + 1;
        while (after < length && g_ascii_isspace(text[after])) after++;
        if (after < length && text[after] == ':' && open->len) {
            char *key = g_strndup(text + i + 1, end - i - 1);
            if (g_hash_table_contains(open->pdata[open->len - 1], key))
                hf_say(f, HFREMARK_WRONG, "\"%.60s\" is written twice; the last one holds.", key);
            g_hash_table_add(open->pdata[open->len - 1], key);
        }
        i = end;
    }
}

char *hf_plain_json(const char *text, size_t length)
{
    static const char *const words[] = { "-Infinity", "Infinity", "NaN" };
    g_autoptr(GString) out = g_string_sized_new(length);
    for (size_t i = 0; i < length;) {
        size_t n = text[i] == '"' ? MIN(quote_end(text, length, i) + 1, length) - i : 1;
        const char *found = NULL;
        for (size_t w = 0; w < G_N_ELEMENTS(words) && !found; w++)
            if (!strncmp(text + i, words[w], MIN(strlen(words[w]), length - i)) && strlen(words[w]) <= length - i)
                found = words[w];
        if (found) g_string_append(out, "null");
        else g_string_append_len(out, text + i, (gssize)n);
        i += found ? strlen(found) : n;
    }
    return g_string_free(g_steal_pointer(&out), FALSE);
}
