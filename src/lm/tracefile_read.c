/* Reading a trace: the JSON first, then the shapes of the tensors against it and against each other, then their
 * numbers, and only then what follows from them. Sizes come from tensors that lie in the file whole, so no header can
 * ask for more memory than a few times the file and the squares of MOST_TOKENS.
 */
#include "lm/tracefile.h"

#include "read/fail.h"
#include "lm/heads.h"
#include "read/jsonfile.h"
#include "read/safetensors.h"
#include "lm/trace_make.h"
#include "lm/tracefile_parts.h"

#include <math.h>
#include <string.h>

enum { MOST_TOKENS = 8192, LONGEST_NAME = 80 };

struct reading {
    const char *path;
    struct safetensors *file;
    JsonObject *json;
    struct trace *t;
    int *ids; /* [n_tokens + 1] */
    gboolean sampling_told;
    GError **error;
};

/* ---- what ran ---- */

static gboolean is_text(JsonNode *node)
{
    return node && JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING;
}

/* A text under `key`, copied; NULL where there is none, which is an error when `needed` says what is. */
static gboolean take_text(const struct reading *r, JsonObject *object, const char *key, const char *needed, char **text)
{
    JsonNode *node = json_object_get_member(object, key);
    *text = is_text(node) ? g_strdup(json_node_get_string(node)) : NULL;
    if (node ? !*text : needed != NULL)
        return fail_with(r->error, LM_ERROR_TRACE, "%s: \"%s\" must be a text%s%s.", r->path, key, needed ? ": " : "",
                         needed ? needed : "");
    return TRUE;
}

/* Whether a text is a line that a screen and a terminal show as it stands. */
static gboolean is_line(const char *text)
{
    size_t n = strlen(text);
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)text[i] < 32 || text[i] == 127)
            return FALSE;
    return n > 0 && n <= LONGEST_NAME;
}

/* An object under `key`; NULL and TRUE where there is none and none is needed. */
static gboolean find_object(const struct reading *r, const char *key, gboolean needed, JsonObject **object)
{
    JsonNode *node = json_object_get_member(r->json, key);
    *object = node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
    if (node ? !*object : needed)
        return fail_with(r->error, LM_ERROR_TRACE, "%s: \"%s\" must be an object { ... }.", r->path, key);
    return TRUE;
}

static gboolean take_number(const struct reading *r, JsonObject *object, const char *key, gint64 least, gint64 most,
                            gint64 *number)
{
    gboolean found;
    return jsonfile_int(object, key, least, most, number, &found, r->path, LM_ERROR_TRACE, r->error);
}

/* The place of a word in a list, -1 when it is not there. */
static int find_word(const char *const *words, const char *word)
{
    for (int i = 0; words[i]; i++)
        if (strcmp(words[i], word) == 0)
            return i;
    return -1;
}

/* FALSE where nothing is said. */
static gboolean take_flag(const struct reading *r, JsonObject *object, const char *key, gboolean *flag)
{
    JsonNode *node = json_object_get_member(object, key);
    if (node && !(JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_BOOLEAN))
        return fail_with(r->error, LM_ERROR_TRACE, "%s: \"%s\" must be true or false.", r->path, key);
    *flag = node && json_node_get_boolean(node);
    return TRUE;
}

static gboolean read_family(struct reading *r, JsonObject *model)
{
    g_autofree char *name = NULL;
    if (!take_text(r, model, "family", "\"gpt2\" or \"llama\"", &name))
        return FALSE;
    int family = find_word(family_names, name);
    if (family < 0)
        return fail_with(r->error, LM_ERROR_TRACE,
                         "%s: the family \"%s\" is not known; \"gpt2\" (as many K/V heads as heads, an MLP of two "
                         "matrices) or \"llama\" (an MLP with a gate) can be shown.",
                         r->path, name);
    r->t->shape.family = (enum lm_family)family;
    return TRUE;
}

static gboolean read_origin(struct reading *r, JsonObject *model)
{
    g_autofree char *name = NULL;
    if (!take_text(r, model, "origin", NULL, &name))
        return FALSE;
    int origin = name ? find_word(origin_names, name) : -1;
    if (name && origin < 0)
        return fail_with(r->error, LM_ERROR_TRACE,
                         "%s: the origin \"%s\" is not known; write \"trained\" or \"seeded\", or leave it out.",
                         r->path, name);
    r->t->origin = name ? origin_words[origin] : NULL;
    return TRUE;
}

/* Numbers that are not said stay 0 until the tensors tell them. */
static gboolean read_model(struct reading *r)
{
    JsonObject *model;
    struct trace *t = r->t;
    if (!find_object(r, "model", TRUE, &model) ||
        !take_text(r, model, "name", "what the film calls the model", &t->model_name))
        return FALSE;
    if (!is_line(t->model_name) || (t->program && !is_line(t->program)))
        return fail_with(
            r->error, LM_ERROR_TRACE,
            "%s: the model's \"name\" and the \"program\" must be texts of 1 to %d bytes without line breaks "
            "or other control characters.",
            r->path, LONGEST_NAME);
    for (const struct shape_key *k = shape_keys; k->key; k++) {
        gint64 number = 0;
        gboolean found;
        if (!jsonfile_int(model, k->key, k->least, k->most, &number, k->needed ? NULL : &found, r->path, LM_ERROR_TRACE,
                          r->error))
            return FALSE;
        *(int *)((char *)&t->shape + k->offset) = (int)number;
    }
    for (const struct bias_key *k = bias_keys; k->key; k++)
        if (!take_flag(r, model, k->key, (gboolean *)((char *)&t->shape + k->offset)))
            return FALSE;
    return take_number(r, model, "params", 0, G_MAXINT64, &t->shape.params) && read_family(r, model) &&
           read_origin(r, model);
}

/* ---- tokens ---- */

static gboolean read_ids(struct reading *r)
{
    JsonNode *node = json_object_get_member(r->json, "ids");
    JsonArray *array = node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
    guint n = array ? json_array_get_length(array) : 0;
    gint64 n_prompt = 0;
    if (n < 2 || n > MOST_TOKENS + 1)
        return fail_with(
            r->error, LM_ERROR_TRACE,
            "%s: \"ids\" must list 2 to %d token ids: of every token that was computed, and of the one that "
            "came last.",
            r->path, MOST_TOKENS + 1);
    if (!jsonfile_int(r->json, "n_prompt", 1, n - 1, &n_prompt, NULL, r->path, LM_ERROR_TRACE, r->error))
        return FALSE;
    r->ids = g_new(int, n);
    for (guint i = 0; i < n; i++) {
        JsonNode *id = json_array_get_element(array, i);
        gboolean good = jsonfile_is_int(id) && json_node_get_int(id) >= 0 && json_node_get_int(id) < 1 << 24;
        if (!good)
            return fail_with(r->error, LM_ERROR_TRACE, "%s: \"ids\" has something that is no token id at place %u.",
                             r->path, i + 1);
        r->ids[i] = (int)json_node_get_int(id);
    }
    r->t->n_tokens = (int)n - 1;
    r->t->n_prompt = (int)n_prompt;
    r->t->n_passes = r->t->n_tokens - r->t->n_prompt + 1;
    r->t->options.steps = r->t->n_passes - 1;
    return TRUE;
}

/* Bytes that two hexadecimal digits each write; NULL when it is something else. */
static GBytes *read_hex(const char *hex)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    for (; hex[0] && hex[1]; hex += 2) {
        int high = g_ascii_xdigit_value(hex[0]), low = g_ascii_xdigit_value(hex[1]);
        if (high < 0 || low < 0)
            return NULL;
        guint8 byte = (guint8)(high * 16 + low);
        g_byte_array_append(bytes, &byte, 1);
    }
    return hex[0] ? NULL : g_bytes_new(bytes->data, bytes->len);
}

static GBytes *read_piece(JsonNode *node)
{
    if (is_text(node))
        return g_bytes_new(json_node_get_string(node), strlen(json_node_get_string(node)));
    JsonNode *hex = JSON_NODE_HOLDS_OBJECT(node) ? json_object_get_member(json_node_get_object(node), "hex") : NULL;
    return is_text(hex) ? read_hex(json_node_get_string(hex)) : NULL;
}

/* Needs the vocabulary's size. */
static gboolean read_pieces(struct reading *r)
{
    JsonObject *pieces;
    JsonObjectIter iter;
    const char *key;
    JsonNode *node;
    if (!find_object(r, "pieces", FALSE, &pieces) || !pieces)
        return !json_object_get_member(r->json, "pieces");
    json_object_iter_init(&iter, pieces);
    while (json_object_iter_next(&iter, &key, &node)) {
        guint64 id;
        g_autoptr(GBytes) bytes = read_piece(node);
        if (!g_ascii_string_to_unsigned(key, 10, 0, (guint64)r->t->shape.vocab - 1, &id, NULL))
            return fail_with(r->error, LM_ERROR_TRACE, "%s: \"pieces\" names \"%s\", which is no id from 0 to %d.",
                             r->path, key, r->t->shape.vocab - 1);
        if (!bytes)
            return fail_with(
                r->error, LM_ERROR_TRACE,
                "%s: the piece of id %s must be a text, or {\"hex\": \"e282ac\"} where its bytes are none.", r->path,
                key);
        gsize length;
        const char *data = g_bytes_get_data(bytes, &length);
        trace_keep_piece(r->t, (int)id, length ? data : "", length);
    }
    return TRUE;
}

static gboolean check_ids(const struct reading *r)
{
    for (int i = 0; i <= r->t->n_tokens; i++)
        if (r->ids[i] >= r->t->shape.vocab)
            return fail_with(r->error, LM_ERROR_TRACE, "%s: token %d has the id %d; the vocabulary's ids are 0 to %d.",
                             r->path, i + 1, r->ids[i], r->t->shape.vocab - 1);
    return TRUE;
}

/* What is said, else what the prompt's pieces make; "" where not all are known or they are no text. */
static gboolean read_prompt(struct reading *r)
{
    char *said;
    if (!take_text(r, r->json, "prompt", NULL, &said))
        return FALSE;
    GString *text = g_string_new(NULL);
    gboolean known = TRUE;
    for (int i = 0; !said && i < r->t->n_prompt && known; i++) {
        size_t length;
        const char *bytes = trace_piece(r->t, r->ids[i], &length);
        known = bytes != NULL;
        if (known)
            g_string_append_len(text, bytes, (gssize)length);
    }
    if (!known || !g_utf8_validate(text->str, (gssize)text->len, NULL))
        g_string_truncate(text, 0);
    r->t->options.prompt = said ? said : g_strdup(text->str);
    g_string_free(text, TRUE);
    return TRUE;
}

/* ---- sampling, counts ---- */

static gboolean take_real(const struct reading *r, JsonObject *object, const char *key, double most, double *value)
{
    JsonNode *node = json_object_get_member(object, key);
    GType type = node && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_value_type(node) : G_TYPE_INVALID;
    if (node && (type == G_TYPE_INT64 || type == G_TYPE_DOUBLE))
        *value = json_node_get_double(node);
    if ((node && type != G_TYPE_INT64 && type != G_TYPE_DOUBLE) || !(*value >= 0 && *value <= most))
        return fail_with(r->error, LM_ERROR_TRACE, "%s: \"%s\" must be a number from 0 to %g.", r->path, key, most);
    return TRUE;
}

static gboolean read_sampling(struct reading *r)
{
    JsonObject *sampling;
    struct trace_options *o = &r->t->options;
    gint64 top_k = 0, seed = 0;
    if (!find_object(r, "sampling", FALSE, &sampling))
        return FALSE;
    r->sampling_told = sampling != NULL;
    if (!sampling)
        return TRUE;
    if (!take_real(r, sampling, "temperature", 100, &o->temperature) ||
        !take_real(r, sampling, "top_p", 1, &o->top_p) || !take_number(r, sampling, "top_k", 0, G_MAXINT, &top_k) ||
        !take_number(r, sampling, "seed", 0, G_MAXINT64, &seed))
        return FALSE;
    o->top_k = (int)top_k;
    o->seed = (uint64_t)seed;
    return TRUE;
}

/* The counts of a pass are those of the closed form: a run that counted has found the same, or it does not say so. */
static void fill_counts(struct trace *t)
{
    for (int p = 0; p < t->n_passes; p++) {
        struct trace_pass *pass = &t->passes[p];
        pass->tokens = t->n_prompt + p;
        pass->with_cache =
            p ? lm_count_formula(t->shape, pass->tokens - 1, 1) : lm_count_formula(t->shape, 0, t->n_prompt);
        pass->without_cache = lm_count_formula(t->shape, 0, pass->tokens);
    }
    t->n_growth = MIN(t->n_tokens, TRACE_GROWTH);
    for (int i = 0; i < t->n_growth; i++) {
        t->growth[i].with_cache = lm_count_formula(t->shape, i, 1);
        t->growth[i].without_cache = lm_count_formula(t->shape, 0, i + 1);
    }
}

/* Sums over all passes must fit 64 bits; in double, which cannot overflow here. */
static gboolean check_work(const struct reading *r)
{
    struct lm_shape s = r->t->shape;
    double tokens = r->t->n_tokens, passes = r->t->n_passes + TRACE_GROWTH, wide = MAX(s.width, s.heads * s.head_dim);
    double token =
        s.layers * (4.0 * s.width * wide + 3.0 * s.width * s.inner + 2 * tokens * wide) + (double)s.vocab * s.width;
    if (8 * passes * tokens * token < 1e18)
        return TRUE;
    return fail_with(
        r->error, LM_ERROR_TRACE,
        "%s: %d layers of width %d over %d tokens are more work than can be counted; the numbers of \"model\" "
        "are wrong.",
        r->path, s.layers, s.width, r->t->n_tokens);
}

/* ---- tensors ---- */

/* `want` as find_tensor() has it. */
static void fail_shape(const struct reading *r, const struct tensor *t, const gint64 *want, int dims)
{
    g_autofree char *is = tensor_shape_text(t->shape, t->dims);
    g_autoptr(GString) should = g_string_new("[");
    for (int i = 0; i < dims; i++) {
        if (i > 0)
            g_string_append(should, ", ");
        if (want[i] < 0)
            g_string_append(should, "any");
        else
            g_string_append_printf(should, "%" G_GINT64_FORMAT, want[i]);
    }
    fail_with(r->error, LM_ERROR_TENSOR_SHAPE,
              "%s: tensor \"%s\" has the shape %s; the header and the other tensors ask for %s], where \"ids\" make %d "
              "tokens (the last is not computed) and \"n_prompt\" makes %d passes of them.",
              r->path, t->name, is, should->str, r->t->n_tokens, r->t->n_passes);
}

/* -1 in `want`: any number, which is then filled in. Where the tensor is missing: NULL, and an error when needed. */
static const struct tensor *find_tensor(const struct reading *r, const char *name, gint64 *want, int dims,
                                        gboolean needed)
{
    const struct tensor *t = safetensors_find(r->file, name);
    if (!t) {
        if (needed)
            fail_with(r->error, LM_ERROR_TENSOR_MISSING, "%s has no tensor \"%s\"; q, k, v and logits are needed.",
                      r->path, name);
        return NULL;
    }
    if (t->type == TENSOR_OTHER) {
        fail_with(r->error, LM_ERROR_TENSOR_TYPE, "%s: tensor \"%s\" is %s; F32, F16 and BF16 can be read.", r->path,
                  name, t->type_name);
        return NULL;
    }
    gboolean same = t->dims == dims;
    for (int i = 0; i < dims && same; i++)
        same = t->shape[i] > 0 && (want[i] < 0 || t->shape[i] == want[i]);
    if (!same) {
        fail_shape(r, t, want, dims);
        return NULL;
    }
    for (int i = 0; i < dims; i++)
        want[i] = t->shape[i];
    return t;
}

/* A tensor's numbers; NULL and error. square: those above the diagonal of its last two axes are read as 0, as they are
 * in memory; see tracefile.h for what may stand there. */
static float *read_numbers(const struct reading *r, const struct tensor *tensor, gboolean square)
{
    size_t count = (size_t)tensor->count, n = (size_t)r->t->n_tokens;
    float *numbers = g_try_new(float, count);
    if (!numbers) {
        fail_with(r->error, LM_ERROR_FILE, "%s: tensor \"%s\" does not fit into memory.", r->path, tensor->name);
        return NULL;
    }
    tensor_read(tensor, 0, tensor->count, numbers);
    for (size_t i = 0; i < count; i++) {
        size_t row = i / n % n, column = i % n;
        if (square && column > row && strcmp(tensor->name, "scores_raw") == 0)
            numbers[i] = 0; /* what a causal model does not compute */
        if (square && column > row && strcmp(tensor->name, "scores") == 0 && numbers[i] == -INFINITY)
            numbers[i] = 0;
        else if (square && column > row && numbers[i] != 0) {
            fail_with(
                r->error, LM_ERROR_TENSOR_VALUE,
                "%s: tensor \"%s\" has %g in row %d, column %d, above the diagonal, where %s must stand: no token "
                "sees a later one.",
                r->path, tensor->name, numbers[i], (int)row + 1, (int)column + 1,
                strcmp(tensor->name, "scores") ? "0" : "-infinity");
            g_free(numbers);
            return NULL;
        }
        if (!isfinite(numbers[i])) {
            fail_with(r->error, LM_ERROR_TENSOR_VALUE,
                      "%s: tensor \"%s\" has a number that is infinite or not a number.", r->path, tensor->name);
            g_free(numbers);
            return NULL;
        }
    }
    return numbers;
}

static gint64 said_or_any(int number) { return number ? number : -1; }

static gboolean take_tensor(const struct reading *r, const char *name, gint64 *want, int dims, float **to)
{
    const struct tensor *tensor = find_tensor(r, name, want, dims, TRUE);
    return tensor && (*to = read_numbers(r, tensor, FALSE));
}

/* The tensors that must be there, and the shape that they and the header agree on. */
static gboolean read_vectors(struct reading *r)
{
    struct trace *t = r->t;
    struct lm_shape *s = &t->shape;
    gint64 q[] = { said_or_any(s->layers), said_or_any(s->heads), t->n_tokens, said_or_any(s->head_dim) };
    gint64 logits[] = { t->n_passes, said_or_any(s->vocab) };
    if (!take_tensor(r, "q", q, 4, &t->q))
        return FALSE;
    gint64 k[] = { q[0], said_or_any(s->kv_heads), q[2], q[3] };
    if (!take_tensor(r, "k", k, 4, &t->k) || !take_tensor(r, "v", k, 4, &t->v) ||
        !take_tensor(r, "logits", logits, 2, &t->logits))
        return FALSE;
    const gint64 numbers[] = { q[0], q[1], k[1], q[3], logits[1] };
    for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
        if (numbers[i] > shape_keys[i].most)
            return fail_with(r->error, LM_ERROR_TENSOR_SHAPE,
                             "%s: the tensors have %" G_GINT64_FORMAT " %s; %" G_GINT64_FORMAT " are the most.",
                             r->path, numbers[i], shape_keys[i].key, shape_keys[i].most);
        *(int *)((char *)s + shape_keys[i].offset) = (int)numbers[i];
    }
    s->max_tokens = s->max_tokens ? s->max_tokens : t->n_tokens;
    if (s->heads % s->kv_heads)
        return fail_with(r->error, LM_ERROR_TENSOR_SHAPE, "%s: %d heads cannot share %d heads of K and V evenly.",
                         r->path, s->heads, s->kv_heads);
    if (s->family == LM_GPT2 && (s->kv_heads != s->heads || s->width != s->heads * s->head_dim))
        return fail_with(
            r->error, LM_ERROR_TRACE,
            "%s: a model of the family \"gpt2\" has as many K/V heads as heads, and their widths make up its "
            "width; %d heads of %d, %d of K and V, width %d are no such model.",
            r->path, s->heads, s->head_dim, s->kv_heads, s->width);
    if (t->n_tokens > s->max_tokens)
        return fail_with(r->error, LM_ERROR_TRACE, "%s has %d tokens, more than the model's \"max_tokens\", %d.",
                         r->path, t->n_tokens, s->max_tokens);
    return TRUE;
}

/* All three squares or none. */
static gboolean read_squares(struct reading *r)
{
    static const char *const names[] = { "scores_raw", "scores", "weights" };
    struct trace *t = r->t;
    float **const to[] = { &t->dots, &t->scores, &t->shares };
    gint64 want[] = { t->shape.layers, t->shape.heads, t->n_tokens, t->n_tokens };
    int there = 0;
    for (int i = 0; i < 3; i++)
        there += safetensors_find(r->file, names[i]) != NULL;
    if (there != 0 && there != 3)
        return fail_with(r->error, LM_ERROR_TENSOR_MISSING,
                         "%s has %d of the tensors scores_raw, scores and weights; all three are needed, or none.",
                         r->path, there);
    for (int i = 0; i < there; i++) {
        const struct tensor *tensor = find_tensor(r, names[i], want, 4, TRUE);
        if (!tensor || !(*to[i] = read_numbers(r, tensor, TRUE)))
            return FALSE;
    }
    return TRUE;
}

/* Reads out, or works it out. */
static gboolean read_out(struct reading *r)
{
    struct trace *t = r->t;
    gint64 want[] = { t->shape.layers, t->shape.heads, t->n_tokens, t->shape.head_dim };
    if (safetensors_find(r->file, "out"))
        return take_tensor(r, "out", want, 4, &t->out);
    size_t each = (size_t)t->n_tokens * (size_t)t->shape.head_dim;
    if (!(t->out = g_try_new0(float, (size_t)t->shape.layers *(size_t)t->shape.heads *each)))
        return fail_with(r->error, LM_ERROR_FILE, "%s: the mixes of its heads do not fit into memory.", r->path);
    for (int l = 1; l <= t->shape.layers; l++)
        for (int h = 1; h <= t->shape.heads; h++) {
            struct trace_head *head = trace_head_new(t, l, h);
            float *out = t->out + ((size_t)(l - 1) * (size_t)t->shape.heads + (size_t)(h - 1)) * each;
            tracefile_mix(head->shares, head->v, head->n, head->width, out);
            trace_head_free(head);
        }
    return TRUE;
}

/* ---- passes ---- */

/* Where the id stands in the order, or would with equals: an id whose logit is another's stands as high as that one. */
static int find_place(const struct sampler *s, int id)
{
    int place = 0;
    while (s->order[place] != id)
        place++;
    return place;
}

/* Programs round a nucleus differently: one token more is let pass, and equal logits in any order. */
static gboolean can_come(const struct sampler *s, const struct trace_options *o, int place)
{
    int last = s->kept - 1 + (o->temperature > 0 && o->top_p > 0 && o->top_p < 1 && s->kept < s->vocab);
    return place <= last || s->weights[s->order[place]] == s->weights[s->order[last]];
}

static gboolean show_passes(struct reading *r, struct sampler *s)
{
    struct trace *t = r->t;
    const struct trace_options *o = &t->options;
    for (int p = 0; p < t->n_passes; p++) {
        int id = r->ids[t->n_prompt + p];
        sampler_rank(s, t->logits + (size_t)p * (size_t)s->vocab,
                     (struct sampling){ o->temperature, o->top_p, o->top_k });
        int place = find_place(s, id);
        if (!can_come(s, o, place))
            return fail_with(r->error, LM_ERROR_TRACE,
                             "%s: after pass %d came the token %d, the %d. best by its logits; %s.", r->path, p + 1, id,
                             place + 1,
                             r->sampling_told ? "its \"sampling\" cannot have chosen it"
                                              : "without \"sampling\" every token must be the best");
        trace_show_pass(t, &t->passes[p], s, place);
    }
    return TRUE;
}

static gboolean read_passes(struct reading *r)
{
    struct sampler s;
    r->t->passes = g_new0(struct trace_pass, r->t->n_passes);
    fill_counts(r->t);
    sampler_init(&s, r->t->shape.vocab);
    gboolean good = show_passes(r, &s);
    sampler_finish(&s);
    return good;
}

/* ---- the file ---- */

static gboolean read_json(struct reading *r, const char *json)
{
    const char *format = safetensors_note(r->file, "format"), *version = safetensors_note(r->file, "version");
    const char *text = json ? json : safetensors_note(r->file, "trace");
    if (!json && g_strcmp0(format, TRACEFILE_FORMAT))
        return fail_with(r->error, LM_ERROR_TRACE,
                         "%s is no trace: its \"__metadata__\" does not say \"format\": \"" TRACEFILE_FORMAT "\".",
                         r->path);
    if (!json && g_strcmp0(version, TRACEFILE_VERSION))
        return fail_with(r->error, LM_ERROR_TRACE,
                         "%s is a trace of version %s; version " TRACEFILE_VERSION " can be read.", r->path,
                         version ? version : "(none)");
    if (!text)
        return fail_with(r->error, LM_ERROR_TRACE, "%s has no \"trace\" in its \"__metadata__\", which says what ran.",
                         r->path);
    g_autofree char *where = g_strdup_printf("The \"trace\" of %s", r->path);
    r->json = jsonfile_parse(text, strlen(text), where, LM_ERROR_TRACE, r->error);
    return r->json != NULL;
}

/* What its heads do, where the file says it; kept as text, which can be read. */
static gboolean read_roles(struct reading *r)
{
    const char *text = safetensors_note(r->file, "heads");
    struct lm_shape s = r->t->shape;
    g_autofree char *where = g_strdup_printf("The \"heads\" of %s", r->path);
    struct heads *heads = text ? heads_from_json(text, strlen(text), s.layers, s.heads, where, r->error) : NULL;
    r->t->roles = heads ? g_strdup(text) : NULL;
    heads_free(heads);
    return !text || r->t->roles;
}

static gboolean read_all(struct reading *r, const char *json)
{
    struct trace *t = r->t;
    if (!read_json(r, json) || !take_text(r, r->json, "program", NULL, &t->program) || !read_model(r) || !read_ids(r) ||
        !read_sampling(r) || !take_flag(r, r->json, "counted", &t->counted))
        return FALSE;
    if (!read_vectors(r) || !check_work(r) || !check_ids(r) || !read_pieces(r) || !read_prompt(r))
        return FALSE;
    if (!read_roles(r) || !trace_check_head(t->model_name, t->shape, &t->options, r->error))
        return FALSE;
    if (!read_squares(r) || !read_out(r) || !tracefile_check(t, r->path, r->error) || !read_passes(r))
        return FALSE;
    trace_show_tokens(t, r->ids);
    trace_choose_head(t);
    return TRUE;
}

struct trace *tracefile_read(const char *path, int layer, int head, const char *json, GError **error)
{
    struct reading r = { .path = path, .error = error, .file = safetensors_open(path, error) };
    if (!r.file)
        return NULL;
    r.t = trace_new();
    r.t->file = g_strdup(path);
    r.t->options.layer = layer;
    r.t->options.head = head;
    gboolean good = read_all(&r, json);
    g_clear_pointer(&r.json, json_object_unref);
    safetensors_close(r.file);
    g_free(r.ids);
    if (good)
        return r.t;
    trace_free(r.t);
    return NULL;
}
