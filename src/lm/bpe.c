/* The alphabet: 188 bytes that print (! to ~, ¡ to ¬, ® to ÿ) stand for themselves as characters U+0021 to U+00FF; the
 * other 68 become U+0100, U+0101, ... in order, so the space, the 33rd of them, is U+0120 "Ġ". Source: encoder.py of
 * github.com/openai/gpt-2, bytes_to_unicode(); the pattern is the one of the same file. Example: with the merges "Ġ t",
 * "h e" and "Ġt he", " the" is the one token "Ġthe".
 *
 * Pieces are merged by ids: a pair of ids is looked up as one 64-bit key. Of the pairs in a word the lowest rank is
 * joined everywhere from left to right, then the search starts again, as in the source.
 */
#include "lm/bpe.h"

#include "lm/fail.h"
#include "lm/jsonfile.h"

#include <string.h>

static const char PATTERN[] = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

enum { BYTES = 256 };

struct merge {
    gint64 pair;
    int rank, id;
}; /* pair: left id x 2^32 + right id */

struct piece {
    char *bytes;
    size_t length;
};

struct bpe {
    GRegex *words;
    int vocab;
    struct piece *pieces; /* [vocab] */
    int byte_ids[BYTES];  /* -1: the vocabulary lacks it */
    struct merge *merges;
    GHashTable *index; /* &merge->pair -> struct merge * */
};

static gboolean byte_prints(int byte)
{
    return (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
}

/* The byte that a character of the alphabet stands for, or -1. */
static int byte_of(gunichar c)
{
    if (c < BYTES)
        return byte_prints((int)c) ? (int)c : -1;
    for (int byte = 0, next = BYTES; byte < BYTES; byte++)
        if (!byte_prints(byte) && (gunichar)next++ == c)
            return byte;
    return -1;
}

/* The bytes of a vocabulary entry. An entry outside the alphabet (some added special tokens) keeps its own UTF-8. */
static struct piece piece_from(const char *entry, gboolean *in_alphabet)
{
    GString *bytes = g_string_new(NULL);
    *in_alphabet = TRUE;
    for (const char *p = entry; *p; p = g_utf8_next_char(p)) {
        int byte = byte_of(g_utf8_get_char(p));
        if (byte < 0) {
            *in_alphabet = FALSE;
            g_string_assign(bytes, entry);
            break;
        }
        g_string_append_c(bytes, (char)byte);
    }
    size_t length = bytes->len;
    return (struct piece){ g_string_free(bytes, FALSE), length };
}

/* The whole of folder/name; NULL and error. Free with g_free; length may be NULL. */
static char *read_file(const char *folder, const char *name, char **path, size_t *length, GError **error)
{
    g_autoptr(GError) why = NULL;
    char *text = NULL;
    *path = g_build_filename(folder, name, NULL);
    if (!g_file_get_contents(*path, &text, length, &why))
        fail_with(error, LM_ERROR_FILE, "%s cannot be read: %s.", *path, why->message);
    return text;
}

static gboolean add_piece(struct bpe *b, const char *path, const char *entry, JsonNode *node, GHashTable *ids,
                          GError **error)
{
    gint64 id = jsonfile_is_int(node) ? json_node_get_int(node) : -1;
    if (id < 0 || id >= b->vocab)
        return fail_with(error, LM_ERROR_VOCAB,
                         "%s: the id of \"%s\" must be a whole number from 0 to %d, below config.json's vocab_size.",
                         path, entry, b->vocab - 1);
    if (b->pieces[id].bytes)
        return fail_with(error, LM_ERROR_VOCAB, "%s gives the id %d to two tokens, one of them \"%s\".", path, (int)id,
                         entry);
    gboolean in_alphabet;
    b->pieces[id] = piece_from(entry, &in_alphabet);
    if (in_alphabet && b->pieces[id].length == 1)
        b->byte_ids[(unsigned char)b->pieces[id].bytes[0]] = (int)id;
    g_hash_table_insert(ids, g_strdup(entry), GINT_TO_POINTER((int)id + 1));
    return TRUE;
}

static gboolean read_vocab(struct bpe *b, const char *folder, GHashTable *ids, GError **error)
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
        if (!add_piece(b, path, entry, node, ids, error))
            return FALSE;
    return TRUE;
}

static gint64 pair_key(int left, int right) { return (gint64)left << 32 | (gint64)right; }

/* One line "left right". All three of left, right and their joint must be in the vocabulary. */
static gboolean add_merge(GArray *merges, const char *path, int line, const char *text, GHashTable *ids, GError **error)
{
    g_auto(GStrv) parts = g_strsplit(text, " ", -1);
    if (g_strv_length(parts) != 2 || !*parts[0] || !*parts[1])
        return fail_with(error, LM_ERROR_VOCAB, "%s:%d: a merge is two pieces with one space between them.", path,
                         line);
    g_autofree char *joint = g_strconcat(parts[0], parts[1], NULL);
    const char *const needed[] = { parts[0], parts[1], joint };
    int found[3];
    for (int i = 0; i < 3; i++) {
        found[i] = GPOINTER_TO_INT(g_hash_table_lookup(ids, needed[i])) - 1;
        if (found[i] < 0)
            return fail_with(error, LM_ERROR_VOCAB, "%s:%d: \"%s\" is not in vocab.json.", path, line, needed[i]);
    }
    struct merge merge = { pair_key(found[0], found[1]), (int)merges->len, found[2] };
    g_array_append_val(merges, merge);
    return TRUE;
}

/* Whether an entry is a special token, which no merge makes: "<|endoftext|>", "<pad>", "[MASK]". */
static gboolean is_special(const char *entry)
{
    return (*entry == '<' && g_str_has_suffix(entry, ">")) || (*entry == '[' && g_str_has_suffix(entry, "]"));
}

/* Every token of several bytes must come out of a merge; a file that was cut short would give other tokens in silence.
 * The one with the lowest id is named: there the file ends too early. */
static gboolean check_reached(const struct bpe *b, const char *path, const GArray *merges, GHashTable *ids,
                              GError **error)
{
    g_autofree gboolean *made = g_new0(gboolean, b->vocab);
    const char *lost = NULL;
    int lost_id = b->vocab;
    GHashTableIter iter;
    gpointer entry, value;

    for (guint i = 0; i < merges->len; i++)
        made[g_array_index(merges, struct merge, i).id] = TRUE;
    g_hash_table_iter_init(&iter, ids);
    while (g_hash_table_iter_next(&iter, &entry, &value)) {
        int id = GPOINTER_TO_INT(value) - 1;
        gboolean single = g_utf8_strlen(entry, -1) == 1;
        if (!single && !made[id] && id < lost_id && !is_special(entry)) {
            lost = entry;
            lost_id = id;
        }
    }
    if (!lost)
        return TRUE;
    return fail_with(error, LM_ERROR_VOCAB,
                     "%s: none of its %u merges makes \"%s\", token %d of vocab.json; the file seems to be cut short.",
                     path, merges->len, lost, lost_id);
}

static gboolean read_merges(struct bpe *b, const char *folder, GHashTable *ids, GError **error)
{
    g_autofree char *path = NULL;
    size_t length;
    g_autofree char *text = read_file(folder, "merges.txt", &path, &length, error);
    if (!text)
        return FALSE;
    if (!g_utf8_validate(text, (gssize)length, NULL))
        return fail_with(error, LM_ERROR_VOCAB, "%s is not UTF-8 text.", path);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    GArray *merges = g_array_new(FALSE, FALSE, sizeof(struct merge));
    gboolean good = TRUE;
    for (int i = 0; lines[i] && good; i++) {
        g_strchomp(lines[i]);
        if (*lines[i] && !g_str_has_prefix(lines[i], "#version"))
            good = add_merge(merges, path, i + 1, lines[i], ids, error);
    }
    good = good && check_reached(b, path, merges, ids, error);
    guint n = merges->len;
    b->merges = (struct merge *)(void *)g_array_free(merges, FALSE);
    for (guint i = n; i-- > 0;) /* backwards: of a repeated pair the first rank stays */
        g_hash_table_insert(b->index, &b->merges[i].pair, &b->merges[i]);
    return good;
}

struct bpe *bpe_load(const char *folder, int vocab, GError **error)
{
    g_autoptr(GHashTable) ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL); /* entry -> id + 1 */
    struct bpe *b = g_new0(struct bpe, 1);

    b->words = g_regex_new(PATTERN, G_REGEX_OPTIMIZE, 0, NULL);
    g_assert(b->words);
    b->vocab = vocab;
    b->pieces = g_new0(struct piece, vocab);
    b->index = g_hash_table_new(g_int64_hash, g_int64_equal);
    for (int i = 0; i < BYTES; i++)
        b->byte_ids[i] = -1;
    if (!read_vocab(b, folder, ids, error) || !read_merges(b, folder, ids, error)) {
        bpe_free(b);
        return NULL;
    }
    return b;
}

void bpe_free(struct bpe *b)
{
    if (!b)
        return;
    g_regex_unref(b->words);
    for (int i = 0; i < b->vocab; i++)
        g_free(b->pieces[i].bytes);
    g_free(b->pieces);
    g_hash_table_destroy(b->index);
    g_free(b->merges);
    g_free(b);
}

const char *bpe_token(const struct bpe *b, int id, size_t *len)
{
    g_assert(id >= 0 && id < b->vocab);
    *len = b->pieces[id].length;
    return b->pieces[id].bytes ? b->pieces[id].bytes : "";
}

static const struct merge *find_merge(const struct bpe *b, int left, int right)
{
    gint64 key = pair_key(left, right);
    return g_hash_table_lookup(b->index, &key);
}

/* The merge of lowest rank among all neighbours; NULL when none can be joined. */
static const struct merge *find_best(const struct bpe *b, const int *ids, int n)
{
    const struct merge *best = NULL;
    for (int i = 0; i + 1 < n; i++) {
        const struct merge *m = find_merge(b, ids[i], ids[i + 1]);
        if (m && (!best || m->rank < best->rank))
            best = m;
    }
    return best;
}

/* ids holds one id for each byte of a word on entry, its tokens on return. */
static int merge_word(const struct bpe *b, int *ids, int n)
{
    const struct merge *best;
    while ((best = find_best(b, ids, n))) {
        int kept = 0;
        for (int i = 0; i < n; kept++) {
            gboolean hit = i + 1 < n && pair_key(ids[i], ids[i + 1]) == best->pair;
            ids[kept] = hit ? best->id : ids[i];
            i += hit ? 2 : 1;
        }
        n = kept;
    }
    return n;
}

/* Appends a word's tokens to out. */
static gboolean encode_word(const struct bpe *b, const char *word, size_t length, GArray *out, GError **error)
{
    g_autofree int *ids = g_new(int, length);
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)word[i];
        ids[i] = b->byte_ids[byte];
        if (ids[i] < 0)
            return fail_with(error, LM_ERROR_TEXT,
                             "The model's vocabulary has no token for the byte 0x%02X in \"%.*s\"; write the text "
                             "without it.",
                             byte, (int)MIN(length, 40), word);
    }
    int n = merge_word(b, ids, (int)length);
    g_array_append_vals(out, ids, (guint)n);
    return TRUE;
}

static gboolean encode_words(const struct bpe *b, const char *text, GArray *out, GError **error)
{
    g_autoptr(GMatchInfo) info = NULL;
    g_autoptr(GError) why = NULL;
    gboolean good = TRUE;

    g_regex_match_full(b->words, text, -1, 0, 0, &info, &why);
    while (!why && good && g_match_info_matches(info)) {
        int from, to;
        g_match_info_fetch_pos(info, 0, &from, &to);
        good = encode_word(b, text + from, (size_t)(to - from), out, error);
        g_match_info_next(info, &why);
    }
    if (why)
        fail_with(error, LM_ERROR_TEXT, "The text cannot be cut into words: %s.", why->message);
    return good && !why;
}

int bpe_encode(const struct bpe *b, const char *text, int *ids, int max, GError **error)
{
    const char *end;
    if (!g_utf8_validate(text, -1, &end)) {
        fail_with(error, LM_ERROR_TEXT, "The text is not UTF-8: byte %d (0x%02X) starts no character.",
                  (int)(end - text) + 1, (unsigned char)*end);
        return -1;
    }
    g_autoptr(GArray) out = g_array_new(FALSE, FALSE, sizeof(int));
    if (!encode_words(b, text, out, error))
        return -1;
    if (max > 0 && out->len > 0)
        memcpy(ids, out->data, sizeof(int) * MIN((guint)max, out->len));
    return (int)out->len;
}
