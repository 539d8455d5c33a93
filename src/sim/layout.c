/* Streams from a model's keys, and what a stream holds.
 *
 *     bytes = layers x entries(tokens) x bits of an entry / 8
 *     entries: all S;  window min(S, sinks + W);  chunk min(S, C);  every floor(S / E);  state 1
 *
 * Gemma-3-27B, BF16, at 131,072 tokens: 10 full layers x 131,072 x 16 x (128 + 128) x 2 B + 52 windowed ones x 1,024 x
 * 16 x 256 x 2 B = 10,737,418,240 + 436,207,616 B.
 *
 * Sources: GQA (arXiv:2305.13245), MLA (DeepSeek-V2, arXiv:2405.04434, section 2.1), windows (Mistral 7B,
 * arXiv:2310.06825, section 2), sinks (StreamingLLM, arXiv:2309.17453).
 */
#include "sim/layout.h"
#include "sim/count.h"

#include <glib.h>

/* --- streams of a model --- */

static void add(struct layout *l, struct stream s) { l->streams[l->n++] = s; }

static struct layout listed(const struct model *m)
{
    struct layout l = { .n = 0 };
    if (m->caches.n > CACHE_MOST_STREAMS) return (struct layout){ .n = -1 };
    for (size_t i = 0; i < m->caches.n; i++) add(&l, *list_at(m->caches, struct stream, i));
    return l;
}

/* A stream of the model's common entry: keys and values by head, or a latent. */
static struct stream common(const struct model *m, const char *name, int64_t layers, enum keep keep)
{
    struct stream s = { .name = (char *)name, .layers = layers, .keep = keep };
    if (m->attention == ATTENTION_MLA) {
        s.latent = m->kv_lora_rank;
        s.rope = m->qk_rope_head_dim;
    } else {
        s.kv_heads = m->kv_heads;
        s.k_width = m->head_dim;
        s.v_width = m->v_head_dim > 0 ? m->v_head_dim : m->head_dim;
    }
    if (keep == KEEP_WINDOW) s.span = m->sliding_window;
    return s;
}

struct layout layout_of(const struct model *m)
{
    struct layout l = { .derived = true }, unknown = { .n = -1 };
    if (m->caches.n) return listed(m);
    if (m->full_layers < 0 || m->windowed_layers < 0 || m->linear_layers < 0) return unknown;
    bool plain = !m->full_layers && !m->windowed_layers && !m->linear_layers;
    if (plain && (m->layers <= 0 || m->sliding_window)) return unknown; /* a window, but which layers have it? */
    if (m->windowed_layers && m->sliding_window <= 0) return unknown;
    const char *name = m->attention == ATTENTION_MLA ? "latent" : "full";
    if (plain || m->full_layers) add(&l, common(m, name, plain ? m->layers : m->full_layers, KEEP_ALL));
    if (m->windowed_layers) add(&l, common(m, "window", m->windowed_layers, KEEP_WINDOW));
    struct stream state = { .name = (char *)"state", .layers = m->linear_layers, .keep = KEEP_STATE };
    if (m->linear_layers) add(&l, state);
    return l;
}

/* --- one stream --- */

int64_t stream_numbers(const struct stream *s)
{
    if (s->state_heads > 0 && (s->state_rows <= 0 || s->state_columns <= 0)) return -1;
    if (s->state_heads > 0) return count_times(s->state_heads, count_times(s->state_rows, s->state_columns));
    if (s->latent > 0) return s->rope > 0 ? count_plus(s->latent, s->rope) : -1;
    if (s->kv_heads <= 0 || s->k_width <= 0) return -1;
    return count_times(s->kv_heads, count_plus(s->k_width, s->v_width));
}

static bool has_span(const struct stream *s)
{
    return s->keep == KEEP_WINDOW || s->keep == KEEP_CHUNK || s->keep == KEEP_EVERY;
}

int64_t stream_entries(const struct stream *s, int64_t tokens)
{
    if (tokens < 0 || (s->span <= 0 && has_span(s))) return -1;
    switch ((enum keep)s->keep) {
    case KEEP_ALL:    return tokens;
    case KEEP_WINDOW: return s->sinks > INT64_MAX - s->span ? tokens : MIN(tokens, s->sinks + s->span);
    case KEEP_CHUNK:  return MIN(tokens, s->span);
    case KEEP_EVERY:  return tokens / s->span;
    case KEEP_STATE:  return 1;
    }
    g_error("stream %s keeps %d, which is nothing", s->name, s->keep);
}

bool stream_is_full(const struct stream *s, int64_t tokens)
{
    int64_t room = s->keep == KEEP_WINDOW ? count_plus(s->sinks, s->span) : s->span;
    return (s->keep == KEEP_WINDOW || s->keep == KEEP_CHUNK) && room > 0 && stream_entries(s, tokens) >= room;
}

struct format stream_format(const struct stream *s, struct format f)
{
    if (!s->stored) return f;
    return (struct format){ (enum dtype)(s->stored - 1), s->group, s->scale_bits, 0 };
}

/* Groups do not reach from one vector into the next. */
int64_t stream_scales(const struct stream *s, const struct format *f)
{
    struct format own = stream_format(s, *f);
    int64_t numbers = stream_numbers(s);
    if (numbers < 0 || s->state_heads > 0 || s->latent > 0) return format_scales(&own, numbers);
    return count_times(s->kv_heads, count_plus(format_scales(&own, s->k_width), format_scales(&own, s->v_width)));
}

int64_t stream_entry_bits(const struct stream *s, const struct format *f)
{
    struct format own = stream_format(s, *f);
    int64_t numbers = stream_numbers(s);
    if (numbers < 0 || s->state_heads > 0 || s->latent > 0) return format_vector_bits(&own, numbers);
    int64_t key = format_vector_bits(&own, s->k_width), value = format_vector_bits(&own, s->v_width);
    return count_times(s->kv_heads, count_plus(key, value));
}

int64_t stream_bytes(const struct stream *s, const struct format *f, int64_t tokens)
{
    return count_share(count_times(s->layers, stream_entries(s, tokens)), stream_entry_bits(s, f), 8);
}

int64_t stream_bytes_per_token(const struct stream *s, const struct format *f)
{
    int64_t shared_by = s->keep == KEEP_EVERY ? s->span : 1;
    return s->keep == KEEP_STATE ? 0 : count_share(s->layers, stream_entry_bits(s, f), count_times(8, shared_by));
}

int64_t stream_bytes_next(const struct stream *s, const struct format *f, int64_t tokens)
{
    int64_t bytes = stream_entries(s, tokens) < 0 ? -1 : stream_bytes_per_token(s, f);
    return bytes > 0 && stream_is_full(s, tokens) ? 0 : bytes;
}

/* --- the same by counting --- */

static bool is_kept(const struct stream *s, int64_t token, int64_t tokens)
{
    switch ((enum keep)s->keep) {
    case KEEP_ALL:    return true;
    case KEEP_WINDOW: return token < s->sinks || token >= tokens - s->span;
    case KEEP_CHUNK:  return token < s->span; /* the first chunk is the first to be full */
    case KEEP_EVERY:  return token % s->span == s->span - 1; /* the last token of a group makes its entry */
    case KEEP_STATE:  return false;
    }
    return false;
}

static int64_t count_vector(const struct format *f, int64_t numbers)
{
    int64_t sum = 0, in_group = 0;
    for (int64_t i = 0; i < numbers; i++) {
        sum += dtype_bits(f->type);
        if (f->group <= 0) continue;
        if (!in_group) sum += f->scale_bits + f->zero_bits;
        in_group = in_group + 1 < f->group ? in_group + 1 : 0;
    }
    return sum;
}

static int64_t count_entry(const struct stream *s, const struct format *f)
{
    int64_t sum = 0;
    if (s->state_heads > 0) return count_vector(f, s->state_heads * s->state_rows * s->state_columns);
    if (s->latent > 0) return count_vector(f, s->latent + s->rope);
    for (int64_t head = 0; head < s->kv_heads; head++) sum += count_vector(f, s->k_width) + count_vector(f, s->v_width);
    return sum;
}

int64_t stream_bytes_counted(const struct stream *s, const struct format *f, int64_t tokens)
{
    struct format own = stream_format(s, *f);
    int64_t sum = 0;
    if (tokens < 0 || stream_numbers(s) < 0 || stream_entries(s, tokens) < 0) return -1;
    for (int64_t layer = 0; layer < s->layers; layer++) {
        if (s->keep == KEEP_STATE) sum += count_entry(s, &own);
        for (int64_t token = 0; token < tokens; token++)
            if (is_kept(s, token, tokens)) sum += count_entry(s, &own);
    }
    return (sum + 7) / 8;
}
