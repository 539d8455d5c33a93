/* How many bytes a KV cache keeps. A full layer keeps, for every token, one key and one value of D numbers for each of
 * G KV heads; a multi-head latent (MLA) layer keeps one latent vector and one rotary key, shared by all heads; a
 * windowed layer forgets all but the last W tokens. So a sequence of S tokens keeps
 *
 *     (full layers x S + windowed layers x min(S, W)) x entry numbers,   entry = 2 G D,   or rank + rope for MLA
 *
 * Llama-3.1-70B, FP16, 131,072 tokens: 80 x 131,072 x 2 x 8 x 128 x 2 B = 42,949,672,960 B = 40 GiB.
 *
 * Chunked layers (Llama 4) keep between 1 and W tokens; they are counted as windowed, which is their most.
 * Numbers of 4 bits are packed two to a byte; scales of quantised caches are not counted.
 */
#include "sim/cache.h"

#include <glib.h>

const char *const dtype_names[] = { "fp32", "bf16", "fp16", "fp8", "int8", "int4", NULL };
const char *const dtype_labels[] = { "FP32", "BF16", "FP16", "FP8", "INT8", "INT4", NULL };
static const int bits[] = { 32, 16, 16, 8, 8, 4 };
G_STATIC_ASSERT(G_N_ELEMENTS(dtype_names) == DTYPE_COUNT + 1);
G_STATIC_ASSERT(G_N_ELEMENTS(dtype_labels) == DTYPE_COUNT + 1);
G_STATIC_ASSERT(G_N_ELEMENTS(bits) == DTYPE_COUNT);

int dtype_bits(enum dtype t) { return bits[t]; }

/* a x b and a + b of counts; -1 when an operand is unknown (negative) or the result does not fit. */
static int64_t times(int64_t a, int64_t b)
{
    int64_t product;
    return a < 0 || b < 0 || __builtin_mul_overflow(a, b, &product) ? -1 : product;
}

static int64_t plus(int64_t a, int64_t b)
{
    int64_t sum;
    return a < 0 || b < 0 || __builtin_add_overflow(a, b, &sum) ? -1 : sum;
}

/* Bytes of `numbers` numbers, a part of a byte counted whole. */
static int64_t bytes_of(int64_t numbers, enum dtype t)
{
    if (numbers < 0) return -1;
    __int128 bytes = ((__int128)numbers * bits[t] + 7) / 8;
    return bytes > INT64_MAX ? -1 : (int64_t)bytes;
}

int64_t cache_entry(const struct model *m)
{
    if (m->attention == ATTENTION_MLA)
        return m->kv_lora_rank > 0 && m->qk_rope_head_dim > 0 ? plus(m->kv_lora_rank, m->qk_rope_head_dim) : -1;
    return m->kv_heads > 0 && m->head_dim > 0 ? times(2, times(m->kv_heads, m->head_dim)) : -1;
}

struct cache_layers cache_layers(const struct model *m)
{
    const struct cache_layers none = { -1, -1, -1 };
    if (m->full_layers < 0 || m->windowed_layers < 0 || m->linear_layers < 0) return none;
    if (!m->full_layers && !m->windowed_layers && !m->linear_layers) {
        if (m->layers <= 0 || m->sliding_window) return none; /* a window, but which layers have it? */
        return (struct cache_layers){ m->layers, 0, 0 };
    }
    if (m->windowed_layers && m->sliding_window <= 0) return none;
    return (struct cache_layers){ m->full_layers, m->windowed_layers, m->linear_layers };
}

int64_t cache_bytes(const struct model *m, enum dtype t, int64_t tokens)
{
    struct cache_layers layers = cache_layers(m);
    int64_t kept = plus(times(layers.full, tokens), times(layers.windowed, MIN(tokens, m->sliding_window)));
    return bytes_of(times(kept, cache_entry(m)), t);
}

int64_t cache_bytes_per_token(const struct model *m, enum dtype t)
{
    struct cache_layers layers = cache_layers(m);
    return bytes_of(times(plus(layers.full, layers.windowed), cache_entry(m)), t);
}

/* Numbers that one layer keeps for one token, one at a time. */
static int64_t count_entry(const struct model *m)
{
    int64_t n = 0;
    if (m->attention == ATTENTION_MLA) {
        for (int64_t i = 0; i < m->kv_lora_rank; i++) n++;
        for (int64_t i = 0; i < m->qk_rope_head_dim; i++) n++;
        return n;
    }
    for (int kv = 0; kv < 2; kv++)
        for (int64_t head = 0; head < m->kv_heads; head++)
            for (int64_t i = 0; i < m->head_dim; i++) n++;
    return n;
}

int64_t cache_bytes_counted(const struct model *m, enum dtype t, int64_t tokens)
{
    struct cache_layers layers = cache_layers(m);
    int64_t n = 0;
    if (layers.full < 0 || cache_entry(m) < 0 || tokens < 0) return -1;
    for (int64_t layer = 0; layer < layers.full; layer++)
        for (int64_t token = 0; token < tokens; token++) n += count_entry(m);
    for (int64_t layer = 0; layer < layers.windowed; layer++)
        for (int64_t token = 0; token < tokens; token++)
            if (token >= tokens - m->sliding_window) n += count_entry(m); /* earlier ones have left the window */
    return bytes_of(n, t);
}

int64_t weight_bytes(const struct model *m, enum dtype t)
{
    return m->params_total > 0 ? bytes_of(m->params_total, t) : -1;
}

char *cache_formula(const struct model *m, enum dtype t, char *buf, size_t size)
{
    const char *width = bits[t] == 4 ? "0.5" : bits[t] == 8 ? "1" : bits[t] == 16 ? "2" : "4";
    struct cache_layers layers = cache_layers(m);
    int64_t n = plus(layers.full, layers.windowed);
    if (n < 0 || cache_entry(m) < 0)
        g_snprintf(buf, size, "n/a");
    else if (m->attention == ATTENTION_MLA)
        g_snprintf(buf, size, "%" G_GINT64_FORMAT "·(%" G_GINT64_FORMAT "+%" G_GINT64_FORMAT ")·%s B",
                   n, m->kv_lora_rank, m->qk_rope_head_dim, width);
    else
        g_snprintf(buf, size, "2·%" G_GINT64_FORMAT "·%" G_GINT64_FORMAT "·%" G_GINT64_FORMAT "·%s B",
                   n, m->kv_heads, m->head_dim, width);
    return buf;
}
