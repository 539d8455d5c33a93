/* From the keys of a config.json to a catalog entry, in four steps: the group that describes the language model, the
 * common keys under all their names, what the family says on top (hf/hffamily.c), and what follows from both: which
 * layers keep what, and how many parameters there are (hf/hfparams.c).
 *
 * Gemma-3-27B: num_hidden_layers 62, sliding_window 1024 and a pattern of 6 make layers 6, 12, ... 60 full, that is 10,
 * and 52 windowed.
 */
#include "sim/count.h"
#include "read/fail.h"
#include "sim/format.h"
#include "hf/hfread.h"
#include "read/jsonfile.h"
#include "sim/layout.h"

#include <string.h>

/* One number under the names that makers give it. */
struct common { size_t offset; const char *names[9]; };
#define FIELD(field) offsetof(struct model, field)

static const struct common commons[] = {
    { FIELD(layers), { "num_layers", "num_hidden_layers", "n_layer", "n_layers" } },
    { FIELD(hidden), { "hidden_size", "n_embd", "d_model", "n_embed" } },
    { FIELD(heads), { "num_attention_heads", "n_head", "n_heads", "num_heads" } },
    { FIELD(kv_heads), { "num_key_value_heads", "num_kv_heads", "n_head_kv", "kv_n_heads", "multi_query_group_num" } },
    { FIELD(head_dim), { "head_dim", "attention_head_dim", "kv_channels" } },
    { FIELD(v_head_dim), { "v_head_dim" } },
    { FIELD(intermediate), { "intermediate_size", "n_inner", "ffn_dim", "ffn_hidden_size" } },
    { FIELD(vocab), { "padded_vocab_size", "vocab_size" } },
    { FIELD(max_context),
      { "max_position_embeddings", "n_positions", "max_seq_len", "max_sequence_length", "seq_length",
        "model_max_length" } },
    { FIELD(q_lora_rank), { "q_lora_rank" } },
    { FIELD(kv_lora_rank), { "kv_lora_rank" } },
    { FIELD(qk_nope_head_dim), { "qk_nope_head_dim" } },
    { FIELD(qk_rope_head_dim), { "qk_rope_head_dim" } },
    { FIELD(experts), { "num_local_experts", "num_experts", "n_routed_experts", "moe_num_experts" } },
    { FIELD(experts_per_token),
      { "num_experts_per_tok", "num_experts_per_token", "experts_per_token", "moe_topk", "moe_k", "moe_top_k",
        "top_k_experts" } },
    { FIELD(shared_experts), { "n_shared_experts", "num_shared_experts", "moe_num_shared_experts" } },
};

static int64_t *field_at(struct model *m, size_t offset) { return (int64_t *)((char *)m + offset); }

/* --- the group --- */

static JsonObject *group_in(JsonObject *o, const char *key)
{
    JsonNode *node = json_object_get_member(o, key);
    return node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

/* Models that also see and hear keep the language model in a group of its own. */
static JsonObject *language_group(JsonObject *outer)
{
    static const char *const names[] = { "thinker_config", "text_config", "llm_config", "language_config",
                                         "language_model_config" };
    JsonObject *o = outer;
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        JsonObject *inner = group_in(o, names[i]);
        if (inner) o = inner;
    }
    return o;
}

/* --- common keys --- */

static void read_commons(struct hf *f)
{
    for (size_t i = 0; i < G_N_ELEMENTS(commons); i++) {
        int64_t v = hf_alias(f, commons[i].names);
        *field_at(f->m, commons[i].offset) = MAX(v, 0);
    }
    const char *const widths[] = { "moe_intermediate_size", "expert_ffn_hidden_size", "expert_intermediate_size",
                                   NULL };
    int64_t width = hf_alias(f, widths);
    if (f->m->experts <= 1) f->m->experts = f->m->experts_per_token = f->m->shared_experts = 0;
    else if (width > 0) {
        f->m->dense_intermediate = f->m->intermediate;
        f->m->intermediate = width;
    }
    bool tied = hf_flag(f, "tie_word_embeddings", f->family && f->family->tied);
    f->m->tied_embeddings = f->family || hf_node(f, "tie_word_embeddings") ? tied ? SAID_YES : SAID_NO : SAID_NOTHING;
}

static bool is_one_of(const char *word, const char *words)
{
    g_auto(GStrv) all = g_strsplit(words, " ", -1);
    return g_strv_contains((const char *const *)all, word);
}

static char mixer_named(const char *word)
{
    if (is_one_of(word, "full_attention attention full global global_attention")) return HF_FULL;
    if (is_one_of(word, "sliding_attention sliding_window sliding local local_attention sliding_window_attention"))
        return HF_WINDOW;
    if (is_one_of(word, "chunked_attention chunked")) return HF_CHUNK;
    if (is_one_of(word, "linear_attention linear mamba mamba2 kda recurrent")) return HF_STATE;
    return is_one_of(word, "moe mlp") ? HF_NONE : 0;
}

/* A list with one word for each layer. */
static void read_layer_types(struct hf *f, const char *key)
{
    JsonArray *list = hf_by_layer(f, key);
    f->mixers_listed |= hf_array(f, key) != NULL;
    for (guint i = 0; list && i < json_array_get_length(list); i++) {
        JsonNode *node = json_array_get_element(list, i);
        bool is_text = JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING;
        char kind = is_text ? mixer_named(json_node_get_string(node)) : 0;
        if (!kind) {
            hf_say(f, HFREMARK_UNKNOWN, "\"%s\" has %s%.40s, which was not understood.", key,
                   is_text ? "layers of the kind " : "an entry",
                   is_text ? json_node_get_string(node) : " that is no text");
            f->mixers_known = false;
            return;
        }
        f->mixers[i] = kind;
    }
}

static void settle_heads(struct hf *f)
{
    struct model *m = f->m;
    if (!m->kv_heads) m->kv_heads = m->heads;
    if (!m->head_dim && m->heads && m->hidden % m->heads == 0) m->head_dim = m->hidden / m->heads;
    if (!m->intermediate && m->experts) m->intermediate = m->dense_intermediate;
}

/* Sparse layers: after the first dense ones, or listed with a 0 or 1 for each layer. */
static void settle_channels(struct hf *f)
{
    struct model *m = f->m;
    int64_t dense = m->experts ? MIN(hf_int_or(f, "first_k_dense_replace", 0), m->layers) : m->layers;
    memset(f->channels, HF_DENSE, (size_t)dense);
    JsonArray *list = hf_array(f, "moe_layer_freq");
    int64_t step = m->experts && !list ? hf_int_or(f, "moe_layer_freq", 1) : 1;
    for (int64_t i = dense; step > 1 && i < m->layers; i++)
        if (i % step) f->channels[i] = HF_DENSE;
    if (!m->experts || !list) return;
    if (json_array_get_length(list) != (guint64)m->layers) {
        hf_say(f, HFREMARK_WRONG, "\"moe_layer_freq\" has %u entries, but there are %" G_GINT64_FORMAT " layers.",
               json_array_get_length(list), m->layers);
        f->shape.countable = false;
        return;
    }
    for (guint i = 0; i < json_array_get_length(list); i++)
        if (jsonfile_is_int(json_array_get_element(list, i)) && !json_array_get_int_element(list, i))
            f->channels[i] = HF_DENSE;
}

/* --- what is kept --- */

static int64_t count_letters(const char *letters, char one)
{
    int64_t n = 0;
    for (; *letters; letters++) n += *letters == one;
    return n;
}

static void add_stream(GArray *out, struct stream s, int64_t layers, const char *name)
{
    if (layers <= 0) return;
    s.name = g_strdup(name);
    s.layers = layers;
    g_array_append_val(out, s);
}

static void own_entry(const struct model *m, struct stream *s)
{
    if (m->attention == ATTENTION_MLA) {
        s->latent = m->kv_lora_rank;
        s->rope = m->qk_rope_head_dim;
    } else if (!s->kv_heads) {
        s->kv_heads = m->kv_heads;
        s->k_width = m->head_dim;
        s->v_width = m->v_head_dim ? m->v_head_dim : m->head_dim;
    }
}

static void list_streams(struct hf *f, int64_t full, int64_t window, int64_t chunk, int64_t state)
{
    struct model *m = f->m;
    GArray *out = g_array_new(FALSE, TRUE, sizeof(struct stream));
    own_entry(m, &f->full);
    own_entry(m, &f->window);
    f->window.span = m->sliding_window;
    add_stream(out, f->full, full, m->attention == ATTENTION_MLA ? "latent" : "full");
    f->window.keep = KEEP_WINDOW;
    add_stream(out, f->window, window, "window");
    f->window.keep = KEEP_CHUNK;
    add_stream(out, f->window, chunk, "chunk");
    f->state.keep = f->conv.keep = KEEP_STATE;
    add_stream(out, f->state, state, "state");
    if (f->conv.state_heads) add_stream(out, f->conv, state, "conv");
    if (f->indexer.k_width) add_stream(out, f->indexer, f->indexer.layers ? f->indexer.layers : full, "indexer");
    m->caches.n = out->len;
    m->caches.items = g_array_free(out, FALSE);
}

static void settle_layers(struct hf *f)
{
    struct model *m = f->m;
    if (!f->mixers_known) return;
    if (m->sliding_window > 0 && m->max_context > 0 && m->sliding_window >= m->max_context) /* it never closes */
        for (char *p = f->mixers; *p; p++)
            if (*p == HF_WINDOW) *p = HF_FULL;
    int64_t full = count_letters(f->mixers, HF_FULL), window = count_letters(f->mixers, HF_WINDOW),
            chunk = count_letters(f->mixers, HF_CHUNK);
    int64_t state = count_letters(f->mixers, HF_STATE);
    if (!window && !chunk) m->sliding_window = 0;
    else if (!m->sliding_window)
        hf_say(f, HFREMARK_MISSING, "Layers have a window, but \"sliding_window\" is not there.");
    m->full_layers = full;
    m->windowed_layers = window + chunk;
    m->linear_layers = state;
    if (state && !f->state.state_heads)
        hf_say(f, HFREMARK_MISSING, "The size of the states of %" G_GINT64_FORMAT " layers is not known.", state);
    else if (state || chunk || f->streams_needed) list_streams(f, full, window, chunk, state);
    if (m->experts) m->dense_layers = count_letters(f->channels, HF_DENSE);
    if (m->experts && !m->dense_layers && !f->dense_beside) m->dense_intermediate = 0;
}

static void settle_kind(struct model *m)
{
    if (m->attention == ATTENTION_MLA) return;
    m->attention = m->kv_heads == 1 && m->heads > 1 ? ATTENTION_MQA
                   : m->kv_heads == m->heads        ? ATTENTION_MHA
                                                    : ATTENTION_GQA;
    if (m->v_head_dim == m->head_dim) m->v_head_dim = 0;
}

/* --- what contradicts, and what is missing --- */

static void say_contradictions(struct hf *f)
{
    struct model *m = f->m;
    if (m->kv_heads && m->heads % m->kv_heads)
        hf_say(f, HFREMARK_WRONG, "%" G_GINT64_FORMAT " KV heads cannot serve %" G_GINT64_FORMAT " query heads evenly.",
               m->kv_heads, m->heads);
    if (m->experts_per_token > m->experts)
        hf_say(f, HFREMARK_WRONG,
               "A token is routed to %" G_GINT64_FORMAT " experts, but there are %" G_GINT64_FORMAT ".",
               m->experts_per_token, m->experts);
    if (m->experts && hf_int_or(f, "first_k_dense_replace", 0) > m->layers)
        hf_say(f, HFREMARK_WRONG, "\"first_k_dense_replace\" is above the %" G_GINT64_FORMAT " layers.", m->layers);
}

static void say_missing(struct hf *f)
{
    const struct model *m = f->m;
    const struct { const char *name; bool missing; } asked[] = {
        { "hidden_size", !m->hidden },
        { "num_attention_heads", !m->heads },
        { "vocab_size", !m->vocab },
        { "max_position_embeddings", !m->max_context },
        { "intermediate_size", !m->intermediate },
        { "head_dim", m->heads && m->attention != ATTENTION_MLA && !m->head_dim },
        { "num_experts_per_tok", m->experts && !m->experts_per_token },
        { "kv_lora_rank", m->attention == ATTENTION_MLA && !m->kv_lora_rank },
        { "qk_rope_head_dim", m->attention == ATTENTION_MLA && !m->qk_rope_head_dim },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(asked); i++)
        if (asked[i].missing) hf_say(f, HFREMARK_MISSING, "\"%s\", which matters, is not there.", asked[i].name);
    struct layout l = layout_of(m);
    if (l.n < 0) hf_say(f, HFREMARK_MISSING, "Which layers keep what is not known, so no size of a cache follows.");
}

/* --- the type of the weights --- */

static const char *type_named(const char *word)
{
    static const struct { const char *theirs, *ours; } types[] = {
        { "bfloat16", "bf16" }, { "float16", "fp16" }, { "half", "fp16" },
        { "float32", "fp32" },  { "float", "fp32" },   { "float8_e4m3fn", "fp8" },
    };
    if (word && g_str_has_prefix(word, "torch.")) word += strlen("torch.");
    for (size_t i = 0; word && i < G_N_ELEMENTS(types); i++)
        if (!strcmp(word, types[i].theirs)) return types[i].ours;
    return NULL;
}

static const char *text_in(JsonObject *o, const char *key)
{
    JsonNode *node = o ? json_object_get_member(o, key) : NULL;
    return node && JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING
               ? json_node_get_string(node)
               : NULL;
}

static int64_t int_in(JsonObject *o, const char *key)
{
    JsonNode *node = o ? json_object_get_member(o, key) : NULL;
    return node && jsonfile_is_int(node) ? json_node_get_int(node) : -1;
}

static const char *type_of_bits(int64_t bits, bool is_float)
{
    if (bits == 4) return is_float ? "fp4" : "int4";
    return bits == 8 ? is_float ? "fp8" : "int8" : NULL;
}

/* compressed-tensors: { "config_groups": { "group_0": { "weights": { "num_bits": 4, "type": "int" } } } }. */
static const char *type_of_groups(JsonObject *quantization)
{
    JsonObject *groups = group_in(quantization, "config_groups");
    g_autoptr(GList) names = groups ? json_object_get_members(groups) : NULL;
    JsonObject *one = names ? group_in(groups, names->data) : NULL, *weights = one ? group_in(one, "weights") : NULL;
    int64_t bits = int_in(weights, "num_bits"), group = int_in(weights, "group_size");
    bool is_float = !g_strcmp0(text_in(weights, "type"), "float");
    if (bits == 4 && is_float && (group == 16 || group == 32)) return group == 16 ? "nvfp4" : "mxfp4";
    return bits == 4 && group == 32 ? "int4g32" : type_of_bits(bits, is_float);
}

/* Whether a list of what stays as it is names the attention: then the experts are what was quantized. */
static bool leaves_attention(JsonObject *q)
{
    static const char *const lists[] = { "ignore", "modules_to_not_convert", "exclude_modules" };
    for (size_t i = 0; i < G_N_ELEMENTS(lists); i++) {
        JsonNode *node = json_object_get_member(q, lists[i]);
        JsonArray *list = node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
        for (guint k = 0; list && k < json_array_get_length(list); k++) {
            JsonNode *one = json_array_get_element(list, k);
            if (JSON_NODE_HOLDS_VALUE(one) && json_node_get_value_type(one) == G_TYPE_STRING &&
                strstr(json_node_get_string(one), "self_attn"))
                return true;
        }
    }
    return false;
}

static bool flag_in(JsonObject *o, const char *key)
{
    JsonNode *node = json_object_get_member(o, key);
    return node && JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_BOOLEAN &&
           json_node_get_boolean(node);
}

static const char *type_quantized(JsonObject *q)
{
    const char *method = text_in(q, "quant_method"), *algorithm = text_in(q, "quant_algo"),
               *format = text_in(q, "format");
    if (algorithm && !strcmp(algorithm, "NVFP4")) return "nvfp4";
    if ((algorithm && !strcmp(algorithm, "FP8")) || (method && !algorithm && is_one_of(method, "fp8 fbgemm_fp8")))
        return "fp8";
    if ((method && !strcmp(method, "mxfp4")) || (format && g_str_has_prefix(format, "mxfp4"))) return "mxfp4";
    if (method && !algorithm && !strcmp(method, "compressed-tensors")) return type_of_groups(q);
    if (method && is_one_of(method, "gptq awq")) return type_of_bits(int_in(q, "bits"), false);
    if (method && !strcmp(method, "bitsandbytes"))
        return flag_in(q, "load_in_4bit") ? "int4" : flag_in(q, "load_in_8bit") ? "int8" : NULL;
    return NULL;
}

/* MXFP4 of transformers is of experts alone, as gpt-oss has it; DeepSeek-V4 names their type beside FP8 for the rest,
 * and there fp4 is MXFP4 (vllm/model_executor/models/deepseek_v4.py). */
static void read_expert_type(struct hf *f, JsonObject *q, const char *rest)
{
    struct model *m = f->m;
    bool fp4 = !g_strcmp0(hf_text(f, "expert_dtype"), "fp4");
    if (!g_strcmp0(text_in(q, "quant_method"), "mxfp4") || leaves_attention(q)) {
        m->expert_dtype = m->native_dtype;
        m->native_dtype = g_strdup(rest ? rest : "bf16");
    } else if (fp4 && !strcmp(m->native_dtype, "fp8")) m->expert_dtype = g_strdup("mxfp4");
}

static void read_type(struct hf *f)
{
    JsonObject *quantization = hf_group(f, "quantization_config");
    if (!quantization) quantization = hf_group(f, "compression_config");
    const char *one = type_named(hf_text(f, "dtype")), *other = type_named(hf_text(f, "torch_dtype"));
    if (one && other && strcmp(one, other))
        hf_say(f, HFREMARK_WRONG, "\"dtype\" is %s, but \"torch_dtype\" is %s; the first holds.", one, other);
    const char *type = quantization ? type_quantized(quantization) : one ? one : other;
    f->m->native_dtype = g_strdup(type);
    if (type && quantization && f->m->experts) read_expert_type(f, quantization, one ? one : other);
    if (!type && quantization)
        hf_say(f, HFREMARK_UNKNOWN,
               "\"quantization_config\" was not understood, so the type of the weights is not known.");
    else if (!type) hf_say(f, HFREMARK_MISSING, "\"dtype\" is not there, so the type of the weights is not known.");
}

/* --- all of it --- */

static void count_params(struct hf *f)
{
    int64_t total, active;
    hf_count_params(f, &total, &active);
    f->m->params_total = MAX(total, 0);
    f->m->params_active = MAX(active, 0);
    if (total < 0) hf_say(f, HFREMARK_UNCOUNTED, "The number of parameters does not follow from these keys.");
    else if (active < 0)
        hf_say(f, HFREMARK_UNCOUNTED, "The number of parameters that a token uses does not follow from these keys.");
}

static void read_family(struct hf *f)
{
    const char *type = text_in(f->object, "model_type");
    if (!type) type = text_in(f->outer, "model_type");
    f->family = type ? hf_find_family(type) : NULL;
    f->m->family = type ? hf_line(type) : NULL;
    if (f->family) f->shape = f->family->shape;
    else if (type)
        hf_say(f, HFREMARK_ARCHITECTURE,
               "\"%.60s\" is no architecture that is known here; what its common keys say was read.", type);
    else
        hf_say(f, HFREMARK_ARCHITECTURE,
               "\"model_type\" is not there, so the architecture is not known; what common keys say was read.");
}

static void read_layers(struct hf *f)
{
    struct model *m = f->m;
    f->mixers = g_strnfill((gsize)m->layers, HF_FULL);
    f->channels = g_strnfill((gsize)m->layers, m->experts ? HF_SPARSE : HF_DENSE);
    settle_heads(f);
    settle_channels(f);
    read_layer_types(f, "layer_types");
    read_layer_types(f, "layers_block_type");
    const char *const windows[] = { "sliding_window", "sliding_window_size", NULL };
    m->sliding_window = MAX(hf_alias(f, windows), 0);
    if (f->family && f->family->adapt) f->family->adapt(f);
    else if (!f->family && m->sliding_window && !f->mixers_listed && hf_flag(f, "use_sliding_window", true)) {
        hf_say(f, HFREMARK_UNKNOWN, "Which layers have the \"sliding_window\" is not known.");
        f->mixers_known = false;
    }
    if (!f->family && m->kv_lora_rank) m->attention = ATTENTION_MLA;
    settle_kind(m);
    settle_layers(f);
}

static bool fails(const struct hf *f, const char *where, GError **error)
{
    const struct model *m = f->m;
    if (m->layers > HF_MOST_LAYERS)
        return !fail_with(error, LM_ERROR_CONFIG, "%s: %" G_GINT64_FORMAT " layers are more than any model has.",
                          where, m->layers);
    if (m->layers <= 0 || (m->hidden <= 0 && (m->heads <= 0 || m->head_dim <= 0)))
        return !fail_with(error, LM_ERROR_CONFIG,
                          "%s describes no language model: it names no number of layers, or no width of them "
                          "(\"num_hidden_layers\", \"hidden_size\").",
                          where);
    return false;
}

static bool read_all(struct hf *f, const char *where, GError **error)
{
    read_family(f);
    read_commons(f);
    if (fails(f, where, error)) return false;
    read_layers(f);
    say_contradictions(f);
    say_missing(f);
    read_type(f);
    count_params(f);
    hf_say_unknown(f);
    return true;
}

static const char *trust(const GArray *remarks)
{
    for (guint i = 0; i < remarks->len; i++)
        if (g_array_index(remarks, struct hfremark, i).kind != HFREMARK_UNCOUNTED) return "medium";
    return "high";
}

static void clear_remark(void *remark) { g_free(((struct hfremark *)remark)->text); }

struct hfconfig *hfconfig_read(const char *text, size_t length, const char *where, GError **error)
{
    bool whole = !memchr(text, 0, length); /* with a zero byte in it, the parser's guard says what is wrong */
    g_autofree char *plain = whole ? hf_plain_json(text, length) : NULL;
    g_autoptr(JsonObject) outer =
        jsonfile_parse(whole ? plain : text, whole ? strlen(plain) : length, where, LM_ERROR_CONFIG, error);
    if (!outer) return NULL;
    struct hfconfig *out = g_new0(struct hfconfig, 1);
    out->remarks = g_array_new(FALSE, TRUE, sizeof(struct hfremark));
    g_array_set_clear_func(out->remarks, clear_remark);
    g_autoptr(GHashTable) asked = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GHashTable) said = g_hash_table_new(g_str_hash, g_str_equal);
    struct hf f = { .outer = outer,
                    .object = language_group(outer),
                    .asked = asked,
                    .said = said,
                    .out = out,
                    .m = &out->model,
                    .mixers_known = true };
    bool fine = read_all(&f, where, error);
    if (fine) hf_say_twins(&f, text, length);
    g_free(f.mixers);
    g_free(f.channels);
    if (fine) out->model.confidence = g_strdup(trust(out->remarks));
    else g_clear_pointer(&out, hfconfig_free);
    return out;
}

void hfconfig_free(struct hfconfig *c)
{
    if (!c) return;
    struct model *m = &c->model;
    for (size_t i = 0; i < m->caches.n; i++) g_free(list_at(m->caches, struct stream, i)->name);
    g_free(m->caches.items);
    char *texts[] = { m->id, m->name, m->family, m->released, m->native_dtype, m->expert_dtype,
                      m->source, m->read, m->confidence, m->note };
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) g_free(texts[i]);
    g_array_unref(c->remarks);
    g_free(c);
}
