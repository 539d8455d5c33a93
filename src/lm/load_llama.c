/* Tensors by the names of Hugging Face's LlamaForCausalLM ("model.layers.0.self_attn.q_proj.weight") or LlamaModel
 * (without "model."); Mistral's and Qwen2's are the same. Linear weights are [out][in]. rotary_emb.inv_freq, which old
 * files hold, follows from config.json and is not read.
 *
 * Parameters of Llama-3.2-1B (tied): 128,256 x 2048 + 16 x (2048 x 3072 + 2048^2 + 3 x 2048 x 8192 + 2 x 2048) + 2048
 * = 1,235,814,400.
 */
#include "read/fail.h"
#include "lm/loader.h"

static gboolean load_gain(const struct loader *in, const char *name, struct norm *n, GError **error)
{
    n->gain = loader_plain(in, name, 0, in->g->shape.width, error);
    return n->gain != NULL;
}

/* Whether the model has this bias: what config.json says, and where it says nothing, whether the tensor is there. FALSE
 * and error when config.json says that there is none and the tensor is there. */
static gboolean decide_bias(const struct loader *in, const char *name, enum config_bias asked, gboolean *has,
                            GError **error)
{
    gboolean there = loader_find(in, name) != NULL;
    *has = asked == CONFIG_BIAS_ALL || (asked == CONFIG_BIAS_BY_FILE && there);
    if (there && !*has)
        return fail_with(error, LM_ERROR_CONFIG,
                         "%s holds a tensor \"%s\", but by config.json the model has no such bias.",
                         shards_path(in->files), name);
    return TRUE;
}

/* The first layer decides for all, so that a model with a bias here and there is refused. */
static gboolean decide_biases(struct loader *in, GError **error)
{
    struct lm_shape *s = &in->g->shape;
    const struct config *c = in->config;
    return decide_bias(in, "layers.0.self_attn.q_proj.bias", c->qkv_bias, &s->qkv_bias, error) &&
           decide_bias(in, "layers.0.self_attn.o_proj.bias", c->out_bias, &s->out_bias, error) &&
           decide_bias(in, "layers.0.mlp.up_proj.bias", c->mlp_bias, &s->mlp_bias, error);
}

/* A linear layer, or several that read the same input, side by side in one matrix. */
struct linear { const char *stem; int outputs; };

enum { MOST_PARTS = 3 };

static gboolean load_bias(const struct loader *in, const struct linear *parts, int n, int layer, gboolean has_bias,
                          struct matrix *m, GError **error)
{
    if (has_bias)
        m->bias = g_new0(float, m->out);
    for (int i = 0, first = 0; i < n; first += parts[i].outputs, i++) {
        g_autofree char *name = g_strdup_printf("layers.%d.%s.bias", layer, parts[i].stem);
        gboolean has;
        if (!decide_bias(in, name, has_bias ? CONFIG_BIAS_ALL : CONFIG_BIAS_NONE, &has, error) ||
            (has && !loader_read(in, name, parts[i].outputs, m->bias + first, error)))
            return FALSE;
    }
    return TRUE;
}

static gboolean load_linear(const struct loader *in, const struct linear *parts, int n, int layer, int inputs,
                            gboolean has_bias, struct matrix *m, GError **error)
{
    const struct tensor *tensors[MOST_PARTS];
    int outputs = 0;
    for (int i = 0; i < n; outputs += parts[i++].outputs) {
        g_autofree char *name = g_strdup_printf("layers.%d.%s.weight", layer, parts[i].stem);
        if (!(tensors[i] = loader_need(in, name, parts[i].outputs, inputs, error)))
            return FALSE;
    }
    *m = matrix_new(inputs, outputs);
    for (int i = 0, first = 0; i < n; first += parts[i++].outputs)
        if (!loader_fill(tensors[i], TRUE, first, m, error))
            return FALSE;
    return load_bias(in, parts, n, layer, has_bias, m, error);
}

static gboolean load_layer(const struct loader *in, int number, struct layer *l, GError **error)
{
    const struct lm_shape s = in->g->shape;
    int shared = s.kv_heads * s.head_dim, mixed = s.heads * s.head_dim;
    const struct linear qkv[] = { { "self_attn.q_proj", mixed },
                                  { "self_attn.k_proj", shared },
                                  { "self_attn.v_proj", shared } },
                        out = { "self_attn.o_proj", s.width }, gate = { "mlp.gate_proj", s.inner },
                        up = { "mlp.up_proj", s.inner }, down = { "mlp.down_proj", s.width };
    g_autofree char *norm1 = g_strdup_printf("layers.%d.input_layernorm.weight", number),
                    *norm2 = g_strdup_printf("layers.%d.post_attention_layernorm.weight", number);
    return load_gain(in, norm1, &l->before_attention, error) &&
           load_linear(in, qkv, 3, number, s.width, s.qkv_bias, &l->qkv, error) &&
           load_linear(in, &out, 1, number, mixed, s.out_bias, &l->out, error) &&
           load_gain(in, norm2, &l->before_mlp, error) &&
           load_linear(in, &gate, 1, number, s.width, s.mlp_bias, &l->gate, error) &&
           load_linear(in, &up, 1, number, s.width, s.mlp_bias, &l->up, error) &&
           load_linear(in, &down, 1, number, s.inner, s.mlp_bias, &l->down, error);
}

gboolean load_llama(struct loader *in, GError **error)
{
    struct lm *g = in->g;
    struct lm_shape *s = &g->shape;

    in->prefix = "model.";
    if (!loader_matrix(in, "embed_tokens.weight", s->width, s->vocab, TRUE, &g->embed, error) ||
        !loader_head(in, error) || !decide_biases(in, error))
        return FALSE;
    g->steps = rope_steps(&in->config->rope, s->head_dim);
    g->layers = g_new0(struct layer, s->layers);
    for (int i = 0; i < s->layers; i++)
        if (!load_layer(in, i, &g->layers[i], error))
            return FALSE;
    return load_gain(in, "norm.weight", &g->last, error);
}
