/* Tensors by the names of Hugging Face's GPT2LMHeadModel ("transformer.h.0.attn.c_attn.weight") or GPT2Model (without
 * "transformer."). Its Conv1D weights are [in][out], as they are used here. The attn.bias and attn.masked_bias buffers
 * are constants of that implementation and are not read.
 *
 * Parameters of GPT-2 124M: 50,257 x 768 + 1,024 x 768 + 12 x (12 x 768^2 + 13 x 768) + 2 x 768 = 124,439,808.
 */
#include "lm/loader.h"

static gboolean load_matrix(const struct loader *in, const char *stem, int inputs, int outputs, struct matrix *m,
                            GError **error)
{
    g_autofree char *weight = g_strconcat(stem, ".weight", NULL), *bias = g_strconcat(stem, ".bias", NULL);
    if (!loader_matrix(in, weight, inputs, outputs, FALSE, m, error))
        return FALSE;
    m->bias = loader_plain(in, bias, 0, outputs, error);
    return m->bias != NULL;
}

static gboolean load_norm(const struct loader *in, const char *stem, struct norm *n, GError **error)
{
    g_autofree char *gain = g_strconcat(stem, ".weight", NULL), *shift = g_strconcat(stem, ".bias", NULL);
    n->gain = loader_plain(in, gain, 0, in->g->shape.width, error);
    if (n->gain)
        n->shift = loader_plain(in, shift, 0, in->g->shape.width, error);
    return n->shift != NULL;
}

static gboolean load_layer(const struct loader *in, int number, struct layer *l, GError **error)
{
    int c = in->g->shape.width, inner = in->g->shape.inner;
    g_autofree char *ln1 = g_strdup_printf("h.%d.ln_1", number), *ln2 = g_strdup_printf("h.%d.ln_2", number),
                    *qkv = g_strdup_printf("h.%d.attn.c_attn", number),
                    *out = g_strdup_printf("h.%d.attn.c_proj", number), *up = g_strdup_printf("h.%d.mlp.c_fc", number),
                    *down = g_strdup_printf("h.%d.mlp.c_proj", number);
    return load_norm(in, ln1, &l->before_attention, error) && load_matrix(in, qkv, c, 3 * c, &l->qkv, error) &&
           load_matrix(in, out, c, c, &l->out, error) && load_norm(in, ln2, &l->before_mlp, error) &&
           load_matrix(in, up, c, inner, &l->up, error) && load_matrix(in, down, inner, c, &l->down, error);
}

gboolean load_gpt2(struct loader *in, GError **error)
{
    struct lm *g = in->g;
    struct lm_shape *s = &g->shape;

    in->prefix = "transformer.";
    s->qkv_bias = s->out_bias = s->mlp_bias = TRUE;
    if (!loader_head(in, error) || !loader_matrix(in, "wte.weight", s->width, s->vocab, TRUE, &g->embed, error))
        return FALSE;
    g->positions = loader_plain(in, "wpe.weight", s->max_tokens, s->width, error);
    if (!g->positions)
        return FALSE;
    g->layers = g_new0(struct layer, s->layers);
    for (int i = 0; i < s->layers; i++)
        if (!load_layer(in, i, &g->layers[i], error))
            return FALSE;
    return load_norm(in, "ln_f", &g->last, error);
}
