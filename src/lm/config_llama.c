/* The keys of transformers' LlamaConfig, MistralConfig and Qwen2Config, with the defaults of those classes.
 *
 * Mistral and Qwen2 can have layers whose tokens see only the last sliding_window positions. In a text that is no
 * longer than the window such a layer is a plain one, so the window is a limit on the text here.
 */
#include "lm/config_keys.h"

#include <string.h>

enum { MOST_LAYERS = 1000, MOST_VOCAB = 2000000 };

static gboolean is_qwen(const char *kind) { return strcmp(kind, "qwen2") == 0; }

static gboolean check_kind(const struct config *c, JsonObject *object, GError **error)
{
    const char *curve = config_text(object, "hidden_act");
    double turned;
    if (curve && strcmp(curve, "silu") != 0 && strcmp(curve, "swish") != 0)
        return config_fail(c, error, "hidden_act is \"%s\"; only \"silu\" can be run.", curve);
    if (!config_number(c, object, "partial_rotary_factor", 0, 2, &(double){ 1 }, &turned, error))
        return FALSE;
    return turned == 1 || config_fail(c, error, "partial_rotary_factor must be 1 or null.");
}

/* Only LlamaConfig lets num_key_value_heads follow from the heads. */
static gboolean read_heads(struct config *c, JsonObject *object, const char *kind, GError **error)
{
    struct lm_shape *s = &c->shape;
    if (!config_size(c, object, "num_attention_heads", CONFIG_MOST_WIDTH, &s->heads, error))
        return FALSE;
    if (strcmp(kind, "llama") == 0
            ? !config_size_or(c, object, "num_key_value_heads", CONFIG_MOST_WIDTH, s->heads, &s->kv_heads, error)
            : !config_size(c, object, "num_key_value_heads", CONFIG_MOST_WIDTH, &s->kv_heads, error))
        return FALSE;
    if (s->heads % s->kv_heads)
        return config_fail(c, error,
                           "num_attention_heads %d cannot be shared evenly among num_key_value_heads %d heads.",
                           s->heads, s->kv_heads);
    if (!config_has(object, "head_dim") && s->width % s->heads)
        return config_fail(c, error,
                           "hidden_size %d cannot be shared evenly among num_attention_heads %d heads, and head_dim "
                           "is not given.",
                           s->width, s->heads);
    if (!config_size_or(c, object, "head_dim", CONFIG_MOST_WIDTH, MAX(1, s->width / s->heads), &s->head_dim, error))
        return FALSE;
    if (s->head_dim % 2)
        return config_fail(c, error, "a head has %d numbers; rotary positions need an even number.", s->head_dim);
    return (gint64)s->heads * s->head_dim <= CONFIG_MOST_WIDTH ||
           config_fail(c, error, "num_attention_heads %d x head_dim %d is more than %d.", s->heads, s->head_dim,
                       CONFIG_MOST_WIDTH);
}

static gboolean read_context(struct config *c, JsonObject *object, const char *kind, GError **error)
{
    int window;
    gboolean windowed = is_qwen(kind) ? config_flag(object, "use_sliding_window", FALSE) : strcmp(kind, "llama") != 0;
    if (!config_size(c, object, "max_position_embeddings", CONFIG_MOST_TOKENS, &c->shape.max_tokens, error) ||
        !config_size_or(c, object, "sliding_window", G_MAXINT, G_MAXINT, &window, error))
        return FALSE;
    if (windowed)
        c->shape.max_tokens = MIN(c->shape.max_tokens, window);
    return TRUE;
}

static gboolean read_sizes(struct config *c, JsonObject *object, const char *kind, GError **error)
{
    struct lm_shape *s = &c->shape;
    return config_size(c, object, "num_hidden_layers", MOST_LAYERS, &s->layers, error) &&
           config_size(c, object, "hidden_size", CONFIG_MOST_WIDTH, &s->width, error) &&
           config_size(c, object, "intermediate_size", CONFIG_MOST_WIDTH, &s->inner, error) &&
           config_size(c, object, "vocab_size", MOST_VOCAB, &s->vocab, error) &&
           read_heads(c, object, kind, error) && read_context(c, object, kind, error);
}

static gboolean read_llama3(struct config *c, JsonObject *group, GError **error)
{
    struct rope *r = &c->rope;
    if (!config_number(c, group, "factor", 0, 1e6, NULL, &r->factor, error) ||
        !config_number(c, group, "low_freq_factor", 0, 1e6, NULL, &r->low, error) ||
        !config_number(c, group, "high_freq_factor", 0, 1e6, NULL, &r->high, error) ||
        !config_number(c, group, "original_max_position_embeddings", 0, 1e9, NULL, &r->original, error))
        return FALSE;
    return r->low < r->high || config_fail(c, error, "low_freq_factor must be below high_freq_factor.");
}

/* The group that says how positions are stretched; `name` is its key. */
static gboolean read_scaling(struct config *c, JsonObject *group, const char *name, GError **error)
{
    const char *type = config_text(group, config_has(group, "rope_type") ? "rope_type" : "type");
    if (!type || strcmp(type, "default") == 0)
        return TRUE;
    if (strcmp(type, "linear") == 0) {
        c->rope.scaling = ROPE_LINEAR;
        return config_number(c, group, "factor", 0, 1e6, NULL, &c->rope.factor, error);
    }
    if (strcmp(type, "llama3") == 0) {
        c->rope.scaling = ROPE_LLAMA3;
        return read_llama3(c, group, error);
    }
    return config_fail(c, error, "%s asks for \"%s\"; \"default\", \"linear\" and \"llama3\" can be run.", name, type);
}

/* rope_theta stands beside the group rope_scaling, or, in newer files, in the group rope_parameters. */
static gboolean read_rope(struct config *c, JsonObject *object, GError **error)
{
    const char *name = config_has(object, "rope_parameters") ? "rope_parameters" : "rope_scaling";
    JsonNode *node = json_object_get_member(object, name);
    JsonObject *group = node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
    double theta;

    if (config_has(object, name) && !group)
        return config_fail(c, error, "%s must be a group { ... } or null.", name);
    if (!config_number(c, object, "rope_theta", 1, 1e15, &(double){ 10000 }, &theta, error) ||
        (group && !config_number(c, group, "rope_theta", 1, 1e15, &theta, &theta, error)))
        return FALSE;
    c->rope.theta = theta;
    return !group || read_scaling(c, group, name, error);
}

static enum config_bias read_bias(JsonObject *object, const char *key)
{
    if (!config_has(object, key))
        return CONFIG_BIAS_BY_FILE;
    return config_flag(object, key, FALSE) ? CONFIG_BIAS_ALL : CONFIG_BIAS_NONE;
}

static void read_biases(struct config *c, JsonObject *object, const char *kind)
{
    gboolean llama = strcmp(kind, "llama") == 0;
    c->out_bias = llama ? read_bias(object, "attention_bias") : CONFIG_BIAS_NONE;
    c->qkv_bias = is_qwen(kind) ? CONFIG_BIAS_ALL : c->out_bias;
    c->mlp_bias = llama ? read_bias(object, "mlp_bias") : CONFIG_BIAS_NONE;
}

gboolean config_read_llama(struct config *c, JsonObject *object, const char *kind, GError **error)
{
    c->shape.family = LM_LLAMA;
    c->tied = config_flag(object, "tie_word_embeddings", FALSE);
    read_biases(c, object, kind);
    return check_kind(c, object, error) && read_sizes(c, object, kind, error) && read_rope(c, object, error) &&
           config_number(c, object, "rms_norm_eps", 0, 1, &(double){ 1e-6 }, &c->epsilon, error);
}
