/* How many bytes a KV cache keeps: the sum over what each kind of layer keeps.
 *
 * Llama-3.1-70B, FP16, 131,072 tokens: 80 x 131,072 x 2 x 8 x 128 x 2 B = 42,949,672,960 B = 40 GiB.
 */
#include "sim/cache.h"
#include "sim/count.h"
#include "sim/split.h"

#include <glib.h>

static bool grows(const struct stream *s) { return s->keep != KEEP_STATE; }

/* A state of unknown size is left out. */
static int64_t sum_streams(const struct model *m, struct format f, int64_t tokens,
                           int64_t (*bytes_of)(const struct stream *s, const struct format *f, int64_t tokens))
{
    struct layout l = layout_of(m);
    int64_t sum = l.n < 0 || tokens < 0 ? -1 : 0;
    for (int i = 0; i < l.n; i++) {
        int64_t bytes = bytes_of(&l.streams[i], &f, tokens);
        if (grows(&l.streams[i]) || bytes >= 0) sum = count_plus(sum, bytes);
    }
    return sum;
}

int64_t cache_bytes(const struct model *m, struct format f, int64_t tokens)
{
    return sum_streams(m, f, tokens, stream_bytes);
}

int64_t cache_bytes_counted(const struct model *m, struct format f, int64_t tokens)
{
    return sum_streams(m, f, tokens, stream_bytes_counted);
}

int64_t cache_bytes_next(const struct model *m, struct format f, int64_t tokens)
{
    return sum_streams(m, f, tokens, stream_bytes_next);
}

int64_t cache_bytes_per_token(const struct model *m, struct format f) { return cache_bytes_next(m, f, 0); }

int64_t cache_state_bytes(const struct model *m, struct format f)
{
    struct layout l = layout_of(m);
    int64_t sum = l.n < 0 ? -1 : 0;
    for (int i = 0; i < l.n; i++)
        if (!grows(&l.streams[i])) sum = count_plus(sum, stream_bytes(&l.streams[i], &f, 0));
    return sum;
}

bool cache_bends(const struct model *m)
{
    struct layout l = layout_of(m);
    for (int i = 0; i < l.n; i++)
        if (l.streams[i].keep != KEEP_ALL && (grows(&l.streams[i]) || stream_numbers(&l.streams[i]) >= 0)) return true;
    return false;
}

bool cache_forgets(const struct model *m)
{
    struct layout l = layout_of(m);
    for (int i = 0; i < l.n; i++)
        if (l.streams[i].keep == KEEP_WINDOW || l.streams[i].keep == KEEP_CHUNK) return true;
    return false;
}

int64_t weight_bytes(const struct model *m, struct weights w) { return split_weight_bytes(&SPLIT_NONE, m, w); }

/* --- the formula of one token --- */

static bool same_entry(const struct stream *a, const struct stream *b)
{
    return a->kv_heads == b->kv_heads && a->k_width == b->k_width && a->v_width == b->v_width &&
           a->latent == b->latent && a->rope == b->rope && a->stored == b->stored && a->group == b->group &&
           a->scale_bits == b->scale_bits && a->keep != KEEP_EVERY && b->keep != KEEP_EVERY;
}

/* Growing streams, those of one entry as one. */
static int merge(const struct layout *l, struct stream *out)
{
    int n = 0;
    for (int i = 0; i < l->n; i++) {
        int k = 0;
        if (!grows(&l->streams[i])) continue;
        while (k < n && !same_entry(&out[k], &l->streams[i])) k++;
        if (k < n) out[k].layers = count_plus(out[k].layers, l->streams[i].layers);
        else out[n++] = l->streams[i];
    }
    return n;
}

static void put_stream(GString *out, const struct stream *s, const struct format *f)
{
    int64_t numbers = stream_numbers(s);
    double bytes = (double)stream_entry_bits(s, f) / 8 / (double)numbers;
    char width[32];
    g_ascii_formatd(width, sizeof width, "%.6g", bytes);
#define N "%" G_GINT64_FORMAT
    if (s->latent > 0) g_string_append_printf(out, N "·(" N "+" N ")·%s", s->layers, s->latent, s->rope, width);
    else if (s->k_width == s->v_width)
        g_string_append_printf(out, "2·" N "·" N "·" N "·%s", s->layers, s->kv_heads, s->k_width, width);
    else if (s->v_width)
        g_string_append_printf(out, N "·" N "·(" N "+" N ")·%s", s->layers, s->kv_heads, s->k_width, s->v_width, width);
    else g_string_append_printf(out, N "·" N "·%s", s->layers, numbers, width);
    if (s->keep == KEEP_EVERY) g_string_append_printf(out, "÷" N, s->span);
#undef N
}

char *cache_formula(const struct model *m, struct format f, char *buf, size_t size)
{
    struct layout l = layout_of(m);
    struct stream streams[CACHE_MOST_STREAMS];
    int n = merge(&l, streams);
    g_autoptr(GString) out = g_string_new(NULL);
    for (int i = 0; i < n; i++) {
        if (i) g_string_append(out, " + ");
        put_stream(out, &streams[i], &f);
    }
    bool known = n > 0 && cache_bytes_per_token(m, f) >= 0;
    g_snprintf(buf, (gulong)size, known ? "%s B" : "n/a", out->str);
    return buf;
}

char *cache_kinds(const struct model *m, char *buf, size_t size)
{
    struct layout l = layout_of(m);
    g_autoptr(GString) out = g_string_new(NULL);
    bool plain = l.n == 1 && l.streams[0].keep == KEEP_ALL;
    for (int i = 0; i < l.n; i++)
        g_string_append_printf(out, "%s%" G_GINT64_FORMAT "%s%s", i ? " + " : "", l.streams[i].layers, plain ? "" : " ",
                               plain ? "" : l.streams[i].name);
    g_strlcpy(buf, l.n > 0 ? out->str : "n/a", size);
    return buf;
}
