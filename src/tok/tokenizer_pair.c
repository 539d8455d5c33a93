/* vocab.json and merges.txt, GPT-2's first form: entries with their ids, and one merge a line. */
#include "tok/tokenizer_parts.h"

#include "read/fail.h"
#include "read/jsonfile.h"
#include "read/jsonkeys.h"

#include <string.h>

/* The whole of folder/name; NULL and error. Free with g_free. */
static char *read_file(const char *folder, const char *name, char **path, size_t *length, GError **error)
{
    g_autoptr(GError) why = NULL;
    char *text = NULL;
    *path = g_build_filename(folder, name, NULL);
    if (!g_file_get_contents(*path, &text, length, &why))
        fail_with(error, LM_ERROR_FILE,
                  "%s cannot be read: %s. A model's tokens are in tokenizer.json, or in vocab.json and merges.txt.",
                  *path, why->message);
    return text;
}

static gboolean read_vocab(struct tokenizer *t, const char *folder, GError **error)
{
    g_autofree char *path = NULL;
    size_t length;
    g_autofree char *text = read_file(folder, "vocab.json", &path, &length, error);
    if (!text)
        return FALSE;
    g_autoptr(JsonObject) object = jsonfile_parse(text, length, path, LM_ERROR_VOCAB, error);
    if (!object)
        return FALSE;
    JsonObjectIter iter;
    const char *entry;
    JsonNode *node;
    json_object_iter_init(&iter, object);
    while (json_object_iter_next(&iter, &entry, &node))
        if (!tokenizer_add(t, path, entry, node, error))
            return FALSE;
    return TRUE;
}

/* One line "left right". made: [vocab], set for what a merge makes. */
static gboolean add_line(struct tokenizer *t, const char *path, int line, const char *text, gboolean *made,
                         GError **error)
{
    g_auto(GStrv) parts = g_strsplit(text, " ", -1);
    g_autofree char *lacking = NULL;
    int joint;
    if (g_strv_length(parts) != 2 || !*parts[0] || !*parts[1])
        return fail_with(error, LM_ERROR_VOCAB, "%s:%d: a merge is two pieces with one space between them.", path,
                         line);
    if (!tokenizer_add_merge(t, parts[0], parts[1], &joint, &lacking))
        return fail_with(error, LM_ERROR_VOCAB, "%s:%d: \"%s\" is not in vocab.json.", path, line, lacking);
    made[joint] = TRUE;
    return TRUE;
}

/* Whether an entry is a special token, which no merge makes: "<|endoftext|>", "<pad>", "[MASK]". */
static gboolean is_special(const char *entry)
{
    return (*entry == '<' && g_str_has_suffix(entry, ">")) || (*entry == '[' && g_str_has_suffix(entry, "]"));
}

/* A file that was cut short would give other tokens in silence: then tokens of several bytes come out of no merge, and
 * the last line has no end, or there are more of them than the merges make. Some such tokens alone are let pass, since
 * small vocabularies made by hand have them. The one with the lowest id is named: there the file ends too early. */
static gboolean check_reached(const struct tokenizer *t, const char *path, gboolean ended, const gboolean *made,
                              GError **error)
{
    const char *lost = NULL;
    int lost_id = t->vocab, n_lost = 0, n_made = 0;
    GHashTableIter iter;
    gpointer entry, value;

    g_hash_table_iter_init(&iter, t->ids);
    while (g_hash_table_iter_next(&iter, &entry, &value)) {
        int id = GPOINTER_TO_INT(value) - 1;
        gboolean misses = !made[id] && g_utf8_strlen(entry, -1) > 1 && !is_special(entry);
        n_made += made[id];
        n_lost += misses;
        if (misses && id < lost_id) {
            lost = entry;
            lost_id = id;
        }
    }
    if (!lost || (ended && n_lost <= n_made))
        return TRUE;
    g_autofree char *shown = jsonkeys_shown(lost);
    return fail_with(error, LM_ERROR_VOCAB,
                     "%s: none of its %d merges makes \"%s\", token %d of vocab.json; the file seems to be cut short.",
                     path, bpe_merges(t->bpe), shown, lost_id);
}

static gboolean read_merges(struct tokenizer *t, const char *folder, GError **error)
{
    g_autofree char *path = NULL;
    g_autofree gboolean *made = g_new0(gboolean, t->vocab);
    size_t length;
    g_autofree char *text = read_file(folder, "merges.txt", &path, &length, error);
    if (!text)
        return FALSE;
    if (!g_utf8_validate(text, (gssize)length, NULL))
        return fail_with(error, LM_ERROR_VOCAB, "%s is not UTF-8 text.", path);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (int i = 0; lines[i]; i++) {
        g_strchomp(lines[i]);
        if (*lines[i] && !g_str_has_prefix(lines[i], "#version") && !add_line(t, path, i + 1, lines[i], made, error))
            return FALSE;
    }
    return check_reached(t, path, length > 0 && text[length - 1] == '\n', made, error);
}

struct tokenizer *tokenizer_load_pair(const char *folder, int vocab, GError **error)
{
    struct tokenizer *t = tokenizer_new(vocab, normalizer_new(NULL, folder, NULL), pretoken_gpt2());
    if (read_vocab(t, folder, error) && read_merges(t, folder, error))
        return t;
    tokenizer_free(t);
    return NULL;
}
