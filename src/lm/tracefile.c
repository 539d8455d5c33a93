/* Writing a trace: the JSON that says what ran, the header around it, then the tensors one after another. Nothing is
 * held twice: squares are made head by head.
 */
#include "lm/tracefile.h"

#include "read/fail.h"
#include "read/jsonfile.h"
#include "lm/trace_make.h"
#include "lm/tracefile_parts.h"

#include <math.h>
#include <string.h>

enum { ALIGNED = 8, CHUNK = 4096 };

#define KEY(name, least, most, needed) { #name, offsetof(struct lm_shape, name), least, most, needed }
const struct shape_key shape_keys[] = {
    KEY(layers, 1, 1024, FALSE),      KEY(heads, 1, 1024, FALSE),     KEY(kv_heads, 1, 1024, FALSE),
    KEY(head_dim, 1, 4096, FALSE),    KEY(vocab, 1, 1 << 24, FALSE),  KEY(width, 1, 1 << 16, TRUE),
    KEY(inner, 1, 1 << 20, TRUE),     KEY(max_tokens, 0, G_MAXINT, FALSE), { NULL, 0, 0, 0, FALSE },
};
#undef KEY
const struct bias_key bias_keys[] = {
    { "qkv_bias", offsetof(struct lm_shape, qkv_bias) }, { "out_bias", offsetof(struct lm_shape, out_bias) },
    { "mlp_bias", offsetof(struct lm_shape, mlp_bias) }, { NULL, 0 },
};
const char *const family_names[] = { [LM_GPT2] = "gpt2", [LM_LLAMA] = "llama", NULL };
const char *const origin_names[] = { "trained", "seeded", NULL };
const char *const origin_words[] = { "trained", "demo: random weights", NULL };

/* ---- what ran, as JSON ---- */

static void put_text(JsonBuilder *b, const char *key, const char *text)
{
    json_builder_set_member_name(b, key);
    json_builder_add_string_value(b, text);
}

static void put_number(JsonBuilder *b, const char *key, gint64 number)
{
    json_builder_set_member_name(b, key);
    json_builder_add_int_value(b, number);
}

static void put_model(JsonBuilder *b, const struct trace *t)
{
    json_builder_set_member_name(b, "model");
    json_builder_begin_object(b);
    put_text(b, "name", t->model_name);
    put_text(b, "family", family_names[t->shape.family]);
    for (const struct shape_key *k = shape_keys; k->key; k++)
        put_number(b, k->key, *(const int *)((const char *)&t->shape + k->offset));
    put_number(b, "params", t->shape.params);
    for (const struct bias_key *k = bias_keys; k->key; k++) {
        json_builder_set_member_name(b, k->key);
        json_builder_add_boolean_value(b, *(const gboolean *)((const char *)&t->shape + k->offset));
    }
    for (size_t i = 0; origin_names[i]; i++)
        if (g_strcmp0(t->origin, origin_words[i]) == 0)
            put_text(b, "origin", origin_names[i]);
    json_builder_end_object(b);
}

/* A text where the bytes are one that looks like itself; else {"hex": "e282"}. */
static void put_piece(JsonBuilder *b, const char *bytes, size_t length)
{
    gboolean plain = g_utf8_validate(bytes, (gssize)length, NULL);
    for (size_t i = 0; plain && i < length; i++)
        plain = (unsigned char)bytes[i] >= 32 && bytes[i] != 127;
    if (plain) {
        g_autofree char *text = g_strndup(bytes, length);
        json_builder_add_string_value(b, text);
        return;
    }
    g_autoptr(GString) hex = g_string_new(NULL);
    for (size_t i = 0; i < length; i++)
        g_string_append_printf(hex, "%02x", (unsigned char)bytes[i]);
    json_builder_begin_object(b);
    put_text(b, "hex", hex->str);
    json_builder_end_object(b);
}

static int compare_ids(gconstpointer a, gconstpointer b)
{
    int x = GPOINTER_TO_INT(a), y = GPOINTER_TO_INT(b);
    return x < y ? -1 : x > y;
}

/* By id, so that equal traces give equal bytes. */
static void put_pieces(JsonBuilder *b, const struct trace *t)
{
    g_autoptr(GList) ids = g_list_sort(g_hash_table_get_keys(t->pieces), compare_ids);
    json_builder_set_member_name(b, "pieces");
    json_builder_begin_object(b);
    for (GList *l = ids; l; l = l->next) {
        char key[16];
        size_t length;
        const char *bytes = trace_piece(t, GPOINTER_TO_INT(l->data), &length);
        g_snprintf(key, sizeof key, "%d", GPOINTER_TO_INT(l->data));
        json_builder_set_member_name(b, key);
        put_piece(b, bytes, length);
    }
    json_builder_end_object(b);
}

static void put_sampling(JsonBuilder *b, const struct trace_options *o)
{
    json_builder_set_member_name(b, "sampling");
    json_builder_begin_object(b);
    json_builder_set_member_name(b, "temperature");
    json_builder_add_double_value(b, o->temperature);
    put_number(b, "top_k", o->top_k);
    json_builder_set_member_name(b, "top_p");
    json_builder_add_double_value(b, o->top_p);
    put_number(b, "seed", (gint64)o->seed);
    json_builder_end_object(b);
}

static char *generate(JsonBuilder *b)
{
    g_autoptr(JsonNode) root = json_builder_get_root(b);
    g_autoptr(JsonGenerator) generator = json_generator_new();
    json_generator_set_root(generator, root);
    return json_generator_to_data(generator, NULL);
}

static char *describe(const struct trace *t)
{
    g_autoptr(JsonBuilder) b = json_builder_new();
    json_builder_begin_object(b);
    put_model(b, t);
    put_text(b, "program", t->program ? t->program : "kvreel " KVREEL_VERSION);
    put_text(b, "prompt", t->options.prompt);
    put_number(b, "n_prompt", t->n_prompt);
    json_builder_set_member_name(b, "ids");
    json_builder_begin_array(b);
    for (int i = 0; i <= t->n_tokens; i++)
        json_builder_add_int_value(b, t->tokens[i].id);
    json_builder_end_array(b);
    put_pieces(b, t);
    put_sampling(b, &t->options);
    json_builder_set_member_name(b, "counted");
    json_builder_add_boolean_value(b, t->counted);
    json_builder_end_object(b);
    return generate(b);
}

/* ---- the file ---- */

struct writing {
    const struct trace *t;
    tracefile_put put;
    void *to;
    GError **error;
};

struct part { const char *name; gint64 shape[4]; int dims; };

static gint64 part_count(const struct part *p)
{
    gint64 count = 1;
    for (int i = 0; i < p->dims; i++)
        count *= p->shape[i];
    return count;
}

static void put_list(JsonBuilder *b, const char *key, const gint64 *numbers, int n)
{
    json_builder_set_member_name(b, key);
    json_builder_begin_array(b);
    for (int i = 0; i < n; i++)
        json_builder_add_int_value(b, numbers[i]);
    json_builder_end_array(b);
}

static gboolean write_header(const struct writing *w, const struct part *parts, size_t n)
{
    g_autoptr(JsonBuilder) b = json_builder_new();
    g_autofree char *what = describe(w->t);
    gint64 at = 0;
    json_builder_begin_object(b);
    json_builder_set_member_name(b, "__metadata__");
    json_builder_begin_object(b);
    put_text(b, "format", TRACEFILE_FORMAT);
    put_text(b, "version", TRACEFILE_VERSION);
    put_text(b, "trace", what);
    if (w->t->roles)
        put_text(b, "heads", w->t->roles);
    json_builder_end_object(b);
    for (size_t i = 0; i < n; i++) {
        gint64 ends[] = { at, at + (gint64)sizeof(float) * part_count(&parts[i]) };
        json_builder_set_member_name(b, parts[i].name);
        json_builder_begin_object(b);
        put_text(b, "dtype", "F32");
        put_list(b, "shape", parts[i].shape, parts[i].dims);
        put_list(b, "data_offsets", ends, 2);
        json_builder_end_object(b);
        at = ends[1];
    }
    json_builder_end_object(b);
    g_autofree char *json = generate(b);
    g_autoptr(GString) header = g_string_new(json);
    while (header->len % ALIGNED) /* spaces, as the format's own library fills up */
        g_string_append_c(header, ' ');
    guint64 length = GUINT64_TO_LE((guint64)header->len);
    return w->put(w->to, &length, sizeof length, w->error) && w->put(w->to, header->str, header->len, w->error);
}

static gboolean write_floats(const struct writing *w, const float *numbers, size_t n)
{
    guint32 words[CHUNK];
    for (size_t i = 0; i < n; i += CHUNK) {
        size_t some = MIN(n - i, CHUNK);
        memcpy(words, numbers + i, some * sizeof *words);
        for (size_t k = 0; k < some; k++)
            words[k] = GUINT32_TO_LE(words[k]);
        if (!w->put(w->to, words, some * sizeof *words, w->error))
            return FALSE;
    }
    return TRUE;
}

enum square { RAW, SCORES, WEIGHTS };

/* One kind of square of all heads. What a mask takes away stands as -infinity. */
static gboolean write_squares(const struct writing *w, enum square kind)
{
    const struct trace *t = w->t;
    gboolean good = TRUE;
    for (int l = 1; l <= t->shape.layers; l++)
        for (int h = 1; h <= t->shape.heads && good; h++) {
            struct trace_head *head = trace_head_new(t, l, h);
            float *square = kind == RAW ? head->dots : kind == SCORES ? head->scores : head->shares;
            size_t n = (size_t)head->n;
            for (size_t i = 0; i < n && kind == SCORES; i++)
                for (size_t j = i + 1; j < n; j++)
                    square[i * n + j] = -INFINITY;
            good = write_floats(w, square, n * n);
            trace_head_free(head);
        }
    return good;
}

gboolean tracefile_write(const struct trace *t, gboolean squares, tracefile_put put, void *to, GError **error)
{
    gint64 l = t->shape.layers, h = t->shape.heads, kv = t->shape.kv_heads, n = t->n_tokens, d = t->shape.head_dim;
    const struct part parts[] = {
        { "logits", { t->n_passes, t->shape.vocab }, 2 },
        { "q", { l, h, n, d }, 4 },
        { "k", { l, kv, n, d }, 4 },
        { "v", { l, kv, n, d }, 4 },
        { "out", { l, h, n, d }, 4 },
        { "scores_raw", { l, h, n, n }, 4 },
        { "scores", { l, h, n, n }, 4 },
        { "weights", { l, h, n, n }, 4 },
    };
    const float *const arrays[] = { t->logits, t->q, t->k, t->v, t->out };
    struct writing w = { t, put, to, error };
    if (!write_header(&w, parts, squares ? G_N_ELEMENTS(parts) : G_N_ELEMENTS(arrays)))
        return FALSE;
    for (size_t i = 0; i < G_N_ELEMENTS(arrays); i++)
        if (!write_floats(&w, arrays[i], (size_t)part_count(&parts[i])))
            return FALSE;
    return !squares || (write_squares(&w, RAW) && write_squares(&w, SCORES) && write_squares(&w, WEIGHTS));
}
