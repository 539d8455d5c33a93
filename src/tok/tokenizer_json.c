/* tokenizer.json, as huggingface/tokenizers writes it:
 *
 *     { "normalizer": null, "pre_tokenizer": { "type": "ByteLevel", ... }, "post_processor": ...,
 *       "added_tokens": [ { "id": 0, "content": "<|endoftext|>", "special": true, ... } ],
 *       "model": { "type": "BPE", "vocab": { "!": 0, ... }, "merges": [ "Ġ t", ["h", "e"], ... ] } }
 *
 * "decoder", "truncation" and "padding" are not needed: a prompt is encoded whole, and a token's bytes follow from its
 * entry.
 */
#include "tok/tokenizer_parts.h"

#include "read/fail.h"
#include "read/jsonfile.h"
#include "read/jsonkeys.h"

#include <string.h>

/* ---- model ---- */

/* A text that must be missing or empty, because words are not made of parts with marks here. */
static gboolean need_empty(JsonObject *model, const char *key, const char *where, GError **error)
{
    const char *text;
    if (!jsonkeys_text(model, key, FALSE, &text, where, error))
        return FALSE;
    return !text || !*text || fail_with(error, LM_ERROR_VOCAB, "%s: \"%s\" must be empty or null.", where, key);
}

static gboolean check_kind(JsonObject *model, const char *where, GError **error)
{
    const char *type;
    JsonNode *dropout = json_object_get_member(model, "dropout");
    if (!jsonkeys_text(model, "type", FALSE, &type, where, error))
        return FALSE;
    if (type && strcmp(type, "BPE") != 0) {
        g_autofree char *shown = jsonkeys_shown(type);
        return fail_with(error, LM_ERROR_VOCAB, "%s: the type is \"%s\"; only \"BPE\" can be read.", where, shown);
    }
    if (dropout && !JSON_NODE_HOLDS_NULL(dropout) &&
        !(JSON_NODE_HOLDS_VALUE(dropout) && json_node_get_double(dropout) == 0))
        return fail_with(error, LM_ERROR_VOCAB, "%s: \"dropout\" must be 0 or null.", where);
    return need_empty(model, "continuing_subword_prefix", where, error) &&
           need_empty(model, "end_of_word_suffix", where, error);
}

static gboolean read_entries(struct tokenizer *t, JsonObject *model, const char *where, GError **error)
{
    JsonObject *vocab;
    JsonObjectIter iter;
    const char *entry, *unk;
    JsonNode *node;
    if (!jsonkeys_object(model, "vocab", TRUE, &vocab, where, error) ||
        !jsonkeys_text(model, "unk_token", FALSE, &unk, where, error))
        return FALSE;
    json_object_iter_init(&iter, vocab);
    while (json_object_iter_next(&iter, &entry, &node))
        if (!tokenizer_add(t, where, entry, node, error))
            return FALSE;
    t->unk = unk ? tokenizer_id(t, unk) : -1;
    if (!unk || t->unk >= 0)
        return TRUE;
    g_autofree char *shown = jsonkeys_shown(unk);
    return fail_with(error, LM_ERROR_VOCAB, "%s: \"unk_token\" is \"%s\", which is not in \"vocab\".", where, shown);
}

/* The halves of a merge: "Ġ t" or ["Ġ", "t"]. NULL when it is neither. */
static char **read_halves(JsonNode *node)
{
    const char *text = jsonkeys_node_text(node), *halves[3] = { NULL };
    if (text) {
        char **parts = g_strsplit(text, " ", -1);
        if (g_strv_length(parts) == 2)
            return parts;
        g_strfreev(parts);
        return NULL;
    }
    JsonArray *pair = JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
    if (!pair || json_array_get_length(pair) != 2)
        return NULL;
    for (guint i = 0; i < 2; i++)
        halves[i] = jsonkeys_node_text(json_array_get_element(pair, i));
    return halves[0] && halves[1] ? g_strdupv((char **)halves) : NULL;
}

static gboolean read_merges(struct tokenizer *t, JsonObject *model, const char *where, GError **error)
{
    JsonArray *list;
    if (!jsonkeys_list(model, "merges", TRUE, &list, where, error))
        return FALSE;
    for (guint i = 0; i < json_array_get_length(list); i++) {
        g_auto(GStrv) halves = read_halves(json_array_get_element(list, i));
        g_autofree char *lacking = NULL;
        int joint;
        if (!halves || !*halves[0] || !*halves[1])
            return fail_with(error, LM_ERROR_VOCAB,
                             "%s: item %u of \"merges\" must be two pieces, as \"a b\" or [\"a\", \"b\"].", where,
                             i + 1);
        if (!tokenizer_add_merge(t, halves[0], halves[1], &joint, &lacking))
            return fail_with(error, LM_ERROR_VOCAB,
                             "%s: item %u of \"merges\" needs \"%s\", which is not in \"vocab\".", where, i + 1,
                             lacking);
    }
    return TRUE;
}

static gboolean read_model(struct tokenizer *t, JsonObject *root, const char *path, GError **error)
{
    g_autofree char *where = g_strconcat(path, ": model", NULL);
    JsonObject *model;
    return jsonkeys_object(root, "model", TRUE, &model, path, error) && check_kind(model, where, error) &&
           jsonkeys_flag(model, "byte_fallback", &t->byte_fallback, where, error) &&
           jsonkeys_flag(model, "fuse_unk", &t->fuse_unk, where, error) &&
           jsonkeys_flag(model, "ignore_merges", &t->whole_words, where, error) &&
           read_entries(t, model, where, error) && read_merges(t, model, where, error);
}

/* ---- added tokens ---- */

/* A token that the vocabulary has keeps its id there; one that it lacks gets the id that it names. */
static gboolean claim_id(struct tokenizer *t, JsonObject *o, const char *text, const char *where, int *id,
                         GError **error)
{
    JsonNode *node = json_object_get_member(o, "id");
    g_autofree char *shown = jsonkeys_shown(text);
    *id = tokenizer_id(t, text);
    if (*id < 0) {
        if (!tokenizer_add_plain(t, where, text, node, error))
            return FALSE;
        *id = tokenizer_id(t, text);
    } else if (!node || !jsonfile_is_int(node) || json_node_get_int(node) != *id)
        return fail_with(error, LM_ERROR_VOCAB, "%s: the id of \"%s\" must be %d, as in the model's \"vocab\".", where,
                         shown, *id);
    g_free(t->pieces[*id].bytes);
    t->pieces[*id] = (struct piece){ g_strdup(text), strlen(text) };
    return TRUE;
}

static gboolean add_token(struct tokenizer *t, JsonObject *o, const char *where, GError **error)
{
    const char *text;
    gboolean special = FALSE;
    struct added_token token = { 0 };
    if (!jsonkeys_text(o, "content", TRUE, &text, where, error) ||
        !jsonkeys_flag(o, "single_word", &token.single_word, where, error) ||
        !jsonkeys_flag(o, "lstrip", &token.left, where, error) ||
        !jsonkeys_flag(o, "rstrip", &token.right, where, error) ||
        !jsonkeys_flag(o, "special", &special, where, error))
        return FALSE;
    gboolean normal = !special;
    if (!jsonkeys_flag(o, "normalized", &normal, where, error))
        return FALSE;
    if (!*text)
        return fail_with(error, LM_ERROR_VOCAB, "%s: \"content\" is empty; an added token needs a text.", where);
    if (!claim_id(t, o, text, where, &token.id, error))
        return FALSE;
    g_autofree char *form = normal ? normalizer_apply(t->normalizer, text, strlen(text), error) : g_strdup(text);
    if (form)
        added_insert(normal ? t->normal : t->raw, form, &token);
    return form != NULL;
}

static gboolean read_added(struct tokenizer *t, JsonObject *root, const char *path, GError **error)
{
    JsonArray *list;
    gboolean good = jsonkeys_list(root, "added_tokens", FALSE, &list, path, error);
    for (guint i = 0; good && list && i < json_array_get_length(list); i++) {
        g_autofree char *where = g_strdup_printf("%s: added_tokens[%u]", path, i);
        JsonObject *item = jsonkeys_item(list, i, "added_tokens", path, error);
        good = item && add_token(t, item, where, error);
    }
    return good;
}

/* ---- what stands around a text ---- */

/* Appends the ids of a template's special token. */
static gboolean add_special(const struct tokenizer *t, JsonObject *o, JsonObject *part, GArray *out, const char *where,
                            GError **error)
{
    const char *name;
    JsonObject *all, *token;
    JsonArray *ids;
    if (!jsonkeys_text(part, "id", TRUE, &name, where, error) ||
        !jsonkeys_object(o, "special_tokens", TRUE, &all, where, error))
        return FALSE;
    g_autofree char *shown = jsonkeys_shown(name), *place = g_strdup_printf("%s: special_tokens.%s", where, shown);
    if (!jsonkeys_object(all, name, TRUE, &token, where, error) ||
        !jsonkeys_list(token, "ids", TRUE, &ids, place, error))
        return FALSE;
    for (guint i = 0; i < json_array_get_length(ids); i++) {
        JsonNode *node = json_array_get_element(ids, i);
        gint64 id = jsonfile_is_int(node) ? json_node_get_int(node) : -1;
        int found = (int)id;
        if (id < 0 || id >= t->vocab || !t->pieces[id].bytes)
            return fail_with(error, LM_ERROR_VOCAB, "%s: \"ids\" must be ids of tokens that the file has.", place);
        g_array_append_val(out, found);
    }
    return TRUE;
}

/* "single": a list of { "SpecialToken": { "id": "<s>" } } and, once, { "Sequence": ... }, which is the text. */
static gboolean read_template(struct tokenizer *t, JsonObject *o, const char *where, GError **error)
{
    JsonArray *list;
    int texts = 0;
    g_autoptr(GArray) before = g_array_new(FALSE, FALSE, sizeof(int));
    gboolean good = jsonkeys_list(o, "single", TRUE, &list, where, error);
    for (guint i = 0; good && i < json_array_get_length(list); i++) {
        JsonObject *item = jsonkeys_item(list, i, "single", where, error), *special, *text;
        good = item && jsonkeys_object(item, "SpecialToken", FALSE, &special, where, error) &&
               jsonkeys_object(item, "Sequence", !special, &text, where, error) &&
               (!special || add_special(t, o, special, texts ? t->after : before, where, error));
        texts += good && !special;
    }
    g_array_prepend_vals(t->before, before->data, before->len);
    if (good && texts != 1)
        return fail_with(error, LM_ERROR_VOCAB, "%s: \"single\" must hold one \"Sequence\", not %d.", where, texts);
    return good;
}

static gboolean read_processor(struct tokenizer *t, JsonObject *o, const char *where, GError **error);

static gboolean read_processors(struct tokenizer *t, JsonObject *o, const char *where, GError **error)
{
    JsonArray *list;
    gboolean good = jsonkeys_list(o, "processors", TRUE, &list, where, error);
    for (guint i = 0; good && i < json_array_get_length(list); i++) {
        g_autofree char *part = g_strdup_printf("%s[%u]", where, i);
        JsonObject *item = jsonkeys_item(list, i, "processors", where, error);
        good = item && read_processor(t, item, part, error);
    }
    return good;
}

static gboolean read_processor(struct tokenizer *t, JsonObject *o, const char *where, GError **error)
{
    const char *type;
    if (!jsonkeys_text(o, "type", TRUE, &type, where, error))
        return FALSE;
    if (strcmp(type, "ByteLevel") == 0) /* trims offsets, which nobody asks for here */
        return TRUE;
    if (strcmp(type, "TemplateProcessing") == 0)
        return read_template(t, o, where, error);
    if (strcmp(type, "Sequence") == 0)
        return read_processors(t, o, where, error);
    g_autofree char *shown = jsonkeys_shown(type);
    return fail_with(error, LM_ERROR_VOCAB,
                     "%s: the type is \"%s\"; ByteLevel, TemplateProcessing and Sequence can be read.", where, shown);
}

static gboolean read_around(struct tokenizer *t, JsonObject *root, const char *path, GError **error)
{
    g_autofree char *where = g_strconcat(path, ": post_processor", NULL);
    JsonObject *o;
    return jsonkeys_object(root, "post_processor", FALSE, &o, path, error) &&
           (!o || read_processor(t, o, where, error));
}

/* ---- the file ---- */

/* Without entries; NULL and error. */
static struct tokenizer *read_steps(JsonObject *root, const char *path, int vocab, GError **error)
{
    JsonObject *normal, *cut;
    if (!jsonkeys_object(root, "normalizer", FALSE, &normal, path, error) ||
        !jsonkeys_object(root, "pre_tokenizer", FALSE, &cut, path, error))
        return NULL;
    struct normalizer *normalizer = normalizer_new(normal, path, error);
    struct pretoken *pretoken = normalizer ? pretoken_new(cut, path, error) : NULL;
    if (pretoken)
        return tokenizer_new(vocab, normalizer, pretoken);
    normalizer_free(normalizer);
    return NULL;
}

struct tokenizer *tokenizer_parse(const char *text, size_t length, const char *path, int vocab, GError **error)
{
    g_autoptr(JsonObject) root = jsonfile_parse(text, length, path, LM_ERROR_VOCAB, error);
    struct tokenizer *t = root ? read_steps(root, path, vocab, error) : NULL;
    if (t && read_model(t, root, path, error) && read_added(t, root, path, error) && read_around(t, root, path, error))
        return t;
    tokenizer_free(t);
    return NULL;
}

struct tokenizer *tokenizer_load(const char *folder, int vocab, GError **error)
{
    g_autofree char *path = g_build_filename(folder, "tokenizer.json", NULL), *text = NULL;
    g_autoptr(GError) why = NULL;
    size_t length;

    if (g_file_get_contents(path, &text, &length, &why))
        return tokenizer_parse(text, length, path, vocab, error);
    if (g_error_matches(why, G_FILE_ERROR, G_FILE_ERROR_NOENT))
        return tokenizer_load_pair(folder, vocab, error);
    fail_with(error, LM_ERROR_FILE, "%s cannot be read: %s.", path, why->message);
    return NULL;
}
