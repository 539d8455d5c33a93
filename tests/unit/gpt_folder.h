/* A small random GPT-2 or Llama folder for tests, with its weights at hand. Written without the product's code, so that
 * a reader and a writer cannot share a mistake. Weights are multiples of 1/128 below 2, exact in F32, F16 and BF16.
 */
#pragma once
#include <glib.h>
#include <glib/gstdio.h>
#include <stdint.h>
#include <string.h>

struct folder_tensor {
    char *name;
    int rows, columns;
    float *values;
}; /* rows 0: one dimension */

struct folder {
    int layers, heads, width, vocab, context;
    const char *prefix, *dtype; /* "transformer.", "model." or ""; "F32", "F16" or "BF16" */
    /* The Llama family: model_type ("llama", "mistral", "qwen2"; NULL: GPT-2), and what GPT-2 does not have. */
    const char *kind;
    int kv_heads, head_dim, inner;
    gboolean own_head, qkv_bias, out_bias, mlp_bias;
    uint32_t state;
    char *path;
    GArray *tensors; /* struct folder_tensor */
    GString *header;
    GByteArray *data;
};

static inline void folder_write(const struct folder *f, const char *name, const void *data, gssize length)
{
    g_autofree char *path = g_build_filename(f->path, name, NULL);
    g_assert_true(g_file_set_contents(path, data, length, NULL));
}

static inline float folder_number(struct folder *f)
{
    f->state = f->state * 1664525u + 1013904223u;
    return (float)((int)(f->state >> 26) - 32) / 32.0f;
}

static inline uint32_t folder_bits(const char *dtype, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    if (strcmp(dtype, "BF16") == 0)
        return bits >> 16;
    if (strcmp(dtype, "F32") == 0)
        return bits;
    uint32_t exponent = bits >> 23 & 255;
    return (bits >> 16 & 0x8000) | (exponent ? (exponent - 112) << 10 | (bits >> 13 & 0x3ff) : 0);
}

static inline void folder_tensor(struct folder *f, const char *name, int rows, int columns, float scale, float middle)
{
    int n = (rows ? rows : 1) * columns, size = strcmp(f->dtype, "F32") == 0 ? 4 : 2;
    struct folder_tensor t = { g_strdup(name), rows, columns, g_new(float, n) };
    guint begin = f->data->len;
    for (int i = 0; i < n; i++) {
        t.values[i] = middle + scale * folder_number(f);
        uint32_t bits = GUINT32_TO_LE(folder_bits(f->dtype, t.values[i]));
        g_byte_array_append(f->data, (const guint8 *)&bits, (guint)size);
    }
    g_array_append_val(f->tensors, t);
    g_string_append_printf(f->header, "%s\"%s%s\":{\"dtype\":\"%s\",\"shape\":[", f->header->len > 1 ? "," : "",
                           f->prefix, name, f->dtype);
    if (rows)
        g_string_append_printf(f->header, "%d,", rows);
    g_string_append_printf(f->header, "%d],\"data_offsets\":[%u,%u]}", columns, begin, f->data->len);
}

static inline void folder_layer(struct folder *f, int layer)
{
    int c = f->width;
    const struct {
        const char *name;
        int rows, columns;
        float scale, middle;
    } parts[] = {
        { "ln_1.weight", 0, c, 0.25f, 1 },           { "ln_1.bias", 0, c, 0.25f, 0 },
        { "attn.c_attn.weight", c, 3 * c, 0.5f, 0 }, { "attn.c_attn.bias", 0, 3 * c, 0.25f, 0 },
        { "attn.c_proj.weight", c, c, 0.25f, 0 },    { "attn.c_proj.bias", 0, c, 0.25f, 0 },
        { "ln_2.weight", 0, c, 0.25f, 1 },           { "ln_2.bias", 0, c, 0.25f, 0 },
        { "mlp.c_fc.weight", c, 4 * c, 0.5f, 0 },    { "mlp.c_fc.bias", 0, 4 * c, 0.25f, 0 },
        { "mlp.c_proj.weight", 4 * c, c, 0.25f, 0 }, { "mlp.c_proj.bias", 0, c, 0.25f, 0 },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
        g_autofree char *name = g_strdup_printf("h.%d.%s", layer, parts[i].name);
        folder_tensor(f, name, parts[i].rows, parts[i].columns, parts[i].scale, parts[i].middle);
    }
}

static inline void folder_save_weights(const struct folder *f)
{
    g_autofree char *header = g_strconcat(f->header->str, "}", NULL);
    guint64 length = GUINT64_TO_LE((guint64)strlen(header));
    g_autoptr(GByteArray) file = g_byte_array_new();
    g_byte_array_append(file, (const guint8 *)&length, 8);
    g_byte_array_append(file, (const guint8 *)header, (guint)strlen(header));
    g_byte_array_append(file, f->data->data, f->data->len);
    folder_write(f, "model.safetensors", file->data, file->len);
}

static inline void folder_save_llama(const struct folder *f, const char *more)
{
    static const char *const said[] = { "false", "true" };
    g_autofree char *config = g_strdup_printf(
        "{\"model_type\":\"%s\",\"num_hidden_layers\":%d,\"num_attention_heads\":%d,\"num_key_value_heads\":%d,"
        "\"hidden_size\":%d,\"head_dim\":%d,\"intermediate_size\":%d,\"vocab_size\":%d,"
        "\"max_position_embeddings\":%d,\"attention_bias\":%s,\"mlp_bias\":%s,\"tie_word_embeddings\":%s%s}",
        f->kind, f->layers, f->heads, f->kv_heads, f->width, f->head_dim, f->inner, f->vocab, f->context,
        said[f->qkv_bias], said[f->mlp_bias], said[!f->own_head], more);
    folder_write(f, "config.json", config, -1);
}

/* `more`: further keys, each with a comma before it. */
static inline void folder_save_config(const struct folder *f, const char *more)
{
    if (f->kind) {
        folder_save_llama(f, more);
        return;
    }
    g_autofree char *config = g_strdup_printf("{\"model_type\":\"gpt2\",\"n_layer\":%d,\"n_head\":%d,\"n_embd\":%d,"
                                              "\"vocab_size\":%d,"
                                              "\"n_positions\":%d%s}",
                                              f->layers, f->heads, f->width, f->vocab, f->context, more);
    folder_write(f, "config.json", config, -1);
}

/* Ids 0 to 94 are the characters from "!" on and the space; the rest of the vocabulary has no text. */
static inline void folder_save_vocab(const struct folder *f)
{
    GString *vocab = g_string_new("{\"\\u0120\":94");
    for (int i = 0; i < 94 && i < f->vocab; i++)
        g_string_append_printf(vocab, ",\"\\u%04x\":%d", 33 + i, i);
    g_string_append(vocab, "}");
    folder_write(f, "vocab.json", vocab->str, -1);
    folder_write(f, "merges.txt", "#version: 0.2\n", -1);
    g_string_free(vocab, TRUE);
}

static inline void folder_part(struct folder *f, int layer, const char *part, int rows, int columns, float scale,
                               float middle)
{
    g_autofree char *name = g_strdup_printf("layers.%d.%s", layer, part);
    folder_tensor(f, name, rows, columns, scale, middle);
}

/* A linear layer of the Llama family, [out][in]. */
static inline void folder_linear(struct folder *f, int layer, const char *part, int out, int in, gboolean bias)
{
    g_autofree char *weight = g_strconcat(part, ".weight", NULL), *shift = g_strconcat(part, ".bias", NULL);
    folder_part(f, layer, weight, out, in, 0.5f, 0);
    if (bias)
        folder_part(f, layer, shift, 0, out, 0.25f, 0);
}

static inline void folder_llama_layer(struct folder *f, int layer)
{
    int c = f->width, mixed = f->heads * f->head_dim, shared = f->kv_heads * f->head_dim;
    folder_part(f, layer, "input_layernorm.weight", 0, c, 0.25f, 1);
    folder_linear(f, layer, "self_attn.q_proj", mixed, c, f->qkv_bias);
    folder_linear(f, layer, "self_attn.k_proj", shared, c, f->qkv_bias);
    folder_linear(f, layer, "self_attn.v_proj", shared, c, f->qkv_bias);
    folder_linear(f, layer, "self_attn.o_proj", c, mixed, f->out_bias);
    folder_part(f, layer, "post_attention_layernorm.weight", 0, c, 0.25f, 1);
    folder_linear(f, layer, "mlp.gate_proj", f->inner, c, f->mlp_bias);
    folder_linear(f, layer, "mlp.up_proj", f->inner, c, f->mlp_bias);
    folder_linear(f, layer, "mlp.down_proj", c, f->inner, f->mlp_bias);
}

static inline void folder_start(struct folder *f)
{
    f->state = 12345;
    f->path = g_dir_make_tmp("gpt-XXXXXX", NULL);
    f->tensors = g_array_new(FALSE, FALSE, sizeof(struct folder_tensor));
    f->header = g_string_new("{");
    f->data = g_byte_array_new();
}

static inline void folder_save(const struct folder *f)
{
    folder_save_weights(f);
    folder_save_config(f, "");
    folder_save_vocab(f);
}

static inline struct folder folder_new(int layers, int heads, int width, int vocab, int context, const char *prefix,
                                       const char *dtype)
{
    struct folder f = { .layers = layers, .heads = heads, .width = width, .vocab = vocab, .context = context,
                        .prefix = prefix, .dtype = dtype };
    folder_start(&f);
    folder_tensor(&f, "wte.weight", vocab, width, 0.5f, 0);
    folder_tensor(&f, "wpe.weight", context, width, 0.5f, 0);
    for (int i = 0; i < layers; i++)
        folder_layer(&f, i);
    folder_tensor(&f, "ln_f.weight", 0, width, 0.25f, 1);
    folder_tensor(&f, "ln_f.bias", 0, width, 0.25f, 0);
    folder_save(&f);
    return f;
}

/* Of the Llama family: sizes, kind, prefix, dtype and biases as in `shape`. */
static inline struct folder folder_new_llama(struct folder shape)
{
    struct folder f = shape;
    folder_start(&f);
    folder_tensor(&f, "embed_tokens.weight", f.vocab, f.width, 0.5f, 0);
    for (int i = 0; i < f.layers; i++)
        folder_llama_layer(&f, i);
    folder_tensor(&f, "norm.weight", 0, f.width, 0.25f, 1);
    const char *prefix = f.prefix;
    f.prefix = "";
    if (f.own_head)
        folder_tensor(&f, "lm_head.weight", f.vocab, f.width, 0.5f, 0);
    f.prefix = prefix;
    folder_save(&f);
    return f;
}

static inline const float *folder_values(const struct folder *f, const char *name)
{
    for (guint i = 0; i < f->tensors->len; i++)
        if (strcmp(g_array_index(f->tensors, struct folder_tensor, i).name, name) == 0)
            return g_array_index(f->tensors, struct folder_tensor, i).values;
    g_assert_not_reached();
}

static inline void folder_free(struct folder *f)
{
    static const char *const names[] = { "config.json", "model.safetensors", "vocab.json", "merges.txt" };
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(f->path, names[i], NULL);
        g_remove(path);
    }
    g_rmdir(f->path);
    for (guint i = 0; i < f->tensors->len; i++) {
        g_free(g_array_index(f->tensors, struct folder_tensor, i).name);
        g_free(g_array_index(f->tensors, struct folder_tensor, i).values);
    }
    g_array_free(f->tensors, TRUE);
    g_string_free(f->header, TRUE);
    g_byte_array_unref(f->data);
    g_free(f->path);
}
