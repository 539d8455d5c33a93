/* The keys of transformers' GPT2Config. */
#include "lm/config_keys.h"

#include <string.h>

enum { MOST_LAYERS = 1000, MOST_VOCAB = 2000000 };

/* What this program does not do must not be asked for. */
static gboolean check_kind(const struct config *c, JsonObject *object, GError **error)
{
    const char *curve = config_text(object, "activation_function");
    if (curve && strcmp(curve, "gelu_new") != 0 && strcmp(curve, "gelu_pytorch_tanh") != 0)
        return config_fail(c, error, "activation_function is \"%s\"; only \"gelu_new\" can be run.", curve);
    if (!config_flag(object, "scale_attn_weights", TRUE))
        return config_fail(c, error, "scale_attn_weights must be true.");
    if (config_flag(object, "scale_attn_by_inverse_layer_idx", FALSE))
        return config_fail(c, error, "scale_attn_by_inverse_layer_idx must be false.");
    return TRUE;
}

static gboolean read_sizes(struct config *c, JsonObject *object, GError **error)
{
    struct lm_shape *s = &c->shape;
    const char *context = json_object_has_member(object, "n_positions") ? "n_positions" : "n_ctx";
    if (!config_size(c, object, "n_layer", MOST_LAYERS, &s->layers, error) ||
        !config_size(c, object, "n_head", CONFIG_MOST_WIDTH, &s->heads, error) ||
        !config_size(c, object, "n_embd", CONFIG_MOST_WIDTH, &s->width, error) ||
        !config_size(c, object, "vocab_size", MOST_VOCAB, &s->vocab, error) ||
        !config_size(c, object, context, CONFIG_MOST_TOKENS, &s->max_tokens, error) ||
        !config_size_or(c, object, "n_inner", CONFIG_MOST_WIDTH, 4 * s->width, &s->inner, error))
        return FALSE;
    if (s->width % s->heads)
        return config_fail(c, error, "n_embd %d cannot be shared evenly among n_head %d heads.", s->width, s->heads);
    s->head_dim = s->width / s->heads;
    s->kv_heads = s->heads;
    return TRUE;
}

gboolean config_read_gpt2(struct config *c, JsonObject *object, GError **error)
{
    c->shape.family = LM_GPT2;
    c->tied = config_flag(object, "tie_word_embeddings", TRUE);
    c->qkv_bias = c->out_bias = c->mlp_bias = CONFIG_BIAS_ALL;
    return check_kind(c, object, error) && read_sizes(c, object, error) &&
           config_number(c, object, "layer_norm_epsilon", 0, 1, &(double){ 1e-5 }, &c->epsilon, error);
}
