/* Encoding. Added tokens part the text as typed; the rest is normalized, parted by the added tokens that ask for that,
 * cut into words, and each word is joined from bytes or characters. Example, SmolLM2: "<|im_start|>Hi 12" is
 * "<|im_start|>", then the words "Hi", " ", "1", "2".
 */
#include "tok/tokenizer_parts.h"

#include "read/fail.h"
#include "read/jsonfile.h"
#include "read/jsonkeys.h"

#include <string.h>

struct encoding {
    const struct tokenizer *t;
    GArray *out; /* of int */
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

static gunichar letter_of(int byte)
{
    int hidden = 0;
    if (byte_prints(byte))
        return (gunichar)byte;
    for (int b = 0; b < byte; b++)
        hidden += !byte_prints(b);
    return (gunichar)(BYTES + hidden);
}

/* ---- filling ---- */

struct tokenizer *tokenizer_new(int vocab, struct normalizer *normalizer, struct pretoken *pretoken)
{
    struct tokenizer *t = g_new0(struct tokenizer, 1);
    const char *replaced = normalizer_space(normalizer), *marked = pretoken_space(pretoken);
    t->vocab = vocab;
    t->unk = -1;
    t->normalizer = normalizer;
    t->pretoken = pretoken;
    t->byte_level = pretoken_bytes(pretoken);
    t->mark = g_strdup(replaced && *replaced ? replaced : marked);
    t->raw = added_new();
    t->normal = added_new();
    t->bpe = bpe_new();
    t->ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    t->pieces = g_new0(struct piece, vocab);
    t->before = g_array_new(FALSE, FALSE, sizeof(int));
    t->after = g_array_new(FALSE, FALSE, sizeof(int));
    for (int i = 0; i < BYTES; i++)
        t->byte_ids[i] = -1;
    return t;
}

void tokenizer_free(struct tokenizer *t)
{
    if (!t)
        return;
    normalizer_free(t->normalizer);
    pretoken_free(t->pretoken);
    added_free(t->raw);
    added_free(t->normal);
    bpe_free(t->bpe);
    g_hash_table_destroy(t->ids);
    for (int i = 0; i < t->vocab; i++)
        g_free(t->pieces[i].bytes);
    g_free(t->pieces);
    g_array_free(t->before, TRUE);
    g_array_free(t->after, TRUE);
    g_free(t->mark);
    g_free(t);
}

static struct piece piece_plain(const char *text) { return (struct piece){ g_strdup(text), strlen(text) }; }

/* The bytes of an entry in the alphabet. One outside it (some added tokens) keeps its own UTF-8. */
static struct piece piece_from_letters(const char *entry, gboolean *in_alphabet)
{
    GString *bytes = g_string_new(NULL);
    *in_alphabet = TRUE;
    for (const char *p = entry; *in_alphabet && *p; p = g_utf8_next_char(p)) {
        int byte = byte_of(g_utf8_get_char(p));
        *in_alphabet = byte >= 0;
        g_string_append_c(bytes, (char)byte);
    }
    size_t length = bytes->len;
    char *data = g_string_free(bytes, FALSE);
    if (*in_alphabet)
        return (struct piece){ data, length };
    g_free(data);
    return piece_plain(entry);
}

/* The byte of an entry "<0x0A>", or -1. */
static int fallback_byte(const char *entry)
{
    gboolean form = strlen(entry) == 6 && g_str_has_prefix(entry, "<0x") && entry[5] == '>';
    int high = form ? g_ascii_xdigit_value(entry[3]) : -1, low = form ? g_ascii_xdigit_value(entry[4]) : -1;
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/* An entry's bytes; *byte is set where the token is that of a single byte. */
static struct piece piece_from(const struct tokenizer *t, const char *entry, int *byte)
{
    gboolean in_alphabet;
    *byte = -1;
    if (t->byte_level) {
        struct piece p = piece_from_letters(entry, &in_alphabet);
        if (in_alphabet && p.length == 1)
            *byte = (unsigned char)p.bytes[0];
        return p;
    }
    if (t->byte_fallback && (*byte = fallback_byte(entry)) >= 0)
        return (struct piece){ g_strdup((char[]){ (char)*byte, '\0' }), 1 };
    g_auto(GStrv) parts = g_strsplit(entry, t->mark ? t->mark : " ", -1);
    g_autofree char *text = g_strjoinv(" ", parts);
    return piece_plain(text);
}

/* The id, if it is in range and free; -1 and error. */
static int take_id(const struct tokenizer *t, const char *path, const char *entry, JsonNode *node, GError **error)
{
    gint64 id = node && jsonfile_is_int(node) ? json_node_get_int(node) : -1;
    g_autofree char *shown = jsonkeys_shown(entry);
    if (id >= 0 && id < t->vocab && !t->pieces[id].bytes)
        return (int)id;
    if (id >= 0 && id < t->vocab)
        fail_with(error, LM_ERROR_VOCAB, "%s gives the id %d to two tokens, one of them \"%s\".", path, (int)id, shown);
    else
        fail_with(error, LM_ERROR_VOCAB,
                  "%s: the id of \"%s\" must be a whole number from 0 to %d, below config.json's vocab_size.", path,
                  shown, t->vocab - 1);
    return -1;
}

static gboolean add_piece(struct tokenizer *t, const char *path, const char *entry, JsonNode *node, gboolean plain,
                          GError **error)
{
    if (!g_utf8_validate(entry, -1, NULL)) {
        g_autofree char *shown = jsonkeys_shown(entry);
        return fail_with(error, LM_ERROR_VOCAB, "%s: the token \"%s\" is not UTF-8.", path, shown);
    }
    int id = take_id(t, path, entry, node, error), byte = -1;
    if (id < 0)
        return FALSE;
    t->pieces[id] = plain ? piece_plain(entry) : piece_from(t, entry, &byte);
    if (byte >= 0)
        t->byte_ids[byte] = id;
    g_hash_table_insert(t->ids, g_strdup(entry), GINT_TO_POINTER(id + 1));
    return TRUE;
}

gboolean tokenizer_add(struct tokenizer *t, const char *path, const char *entry, JsonNode *id, GError **error)
{
    return add_piece(t, path, entry, id, FALSE, error);
}

gboolean tokenizer_add_plain(struct tokenizer *t, const char *path, const char *text, JsonNode *id, GError **error)
{
    return add_piece(t, path, text, id, TRUE, error);
}

int tokenizer_id(const struct tokenizer *t, const char *entry)
{
    return GPOINTER_TO_INT(g_hash_table_lookup(t->ids, entry)) - 1;
}

gboolean tokenizer_add_merge(struct tokenizer *t, const char *left, const char *right, int *joint, char **lacking)
{
    g_autofree char *both = g_strconcat(left, right, NULL);
    const char *const needed[] = { left, right, both };
    int found[3];
    for (int i = 0; i < 3; i++) {
        found[i] = tokenizer_id(t, needed[i]);
        if (found[i] < 0) {
            *lacking = jsonkeys_shown(needed[i]);
            return FALSE;
        }
    }
    bpe_add(t->bpe, found[0], found[1], found[2]);
    *joint = found[2];
    return TRUE;
}

/* ---- encoding ---- */

/* The entry that is the word as a whole, or -1. */
static int whole_word(const struct tokenizer *t, const char *word, size_t length)
{
    g_autoptr(GString) entry = g_string_sized_new(2 * length);
    if (!t->byte_level)
        g_string_append_len(entry, word, (gssize)length);
    for (size_t i = 0; t->byte_level && i < length; i++)
        g_string_append_unichar(entry, letter_of((unsigned char)word[i]));
    return tokenizer_id(t, entry->str);
}

/* Appends the tokens of n bytes; FALSE: one has none, and nothing was appended. */
static gboolean add_bytes(const struct tokenizer *t, const char *bytes, size_t n, GArray *ids)
{
    guint before = ids->len;
    for (size_t i = 0; i < n; i++) {
        int id = t->byte_ids[(unsigned char)bytes[i]];
        if (id < 0) {
            g_array_set_size(ids, before);
            return FALSE;
        }
        g_array_append_val(ids, id);
    }
    return TRUE;
}

/* Appends one token for each character, or what stands for one that has none. NULL, or the character without any. */
static const char *add_characters(const struct tokenizer *t, const char *word, size_t length, GArray *ids)
{
    gboolean unknown = FALSE;
    for (const char *p = word, *next; p < word + length; p = next) {
        next = g_utf8_next_char(p);
        g_autofree char *character = g_strndup(p, (size_t)(next - p));
        int id = tokenizer_id(t, character);
        gboolean known = id >= 0 || (t->byte_fallback && add_bytes(t, p, (size_t)(next - p), ids));
        if (!known && t->unk < 0)
            return p;
        if (!known && !(unknown && t->fuse_unk))
            id = t->unk;
        if (id >= 0)
            g_array_append_val(ids, id);
        unknown = !known;
    }
    return NULL;
}

static gboolean fail_byte(const struct tokenizer *t, const char *word, size_t length, GError **error)
{
    size_t i = 0;
    while (t->byte_ids[(unsigned char)word[i]] >= 0)
        i++;
    g_autofree char *text = g_strndup(word, length), *shown = jsonkeys_shown(text);
    return fail_with(error, LM_ERROR_TEXT,
                     "The model's vocabulary has no token for the byte 0x%02X in \"%s\"; write the text without it.",
                     (unsigned char)word[i], shown);
}

static gboolean encode_word(void *data, const char *word, size_t length, GError **error)
{
    struct encoding *e = data;
    int whole = e->t->whole_words ? whole_word(e->t, word, length) : -1;
    if (whole >= 0) {
        g_array_append_val(e->out, whole);
        return TRUE;
    }
    g_autoptr(GArray) ids = g_array_sized_new(FALSE, FALSE, sizeof(int), (guint)length);
    if (e->t->byte_level && !add_bytes(e->t, word, length, ids))
        return fail_byte(e->t, word, length, error);
    const char *lost = e->t->byte_level ? NULL : add_characters(e->t, word, length, ids);
    if (lost)
        return fail_with(error, LM_ERROR_TEXT,
                         "The model's vocabulary has no token for the character U+%04X; write the text without it.",
                         g_utf8_get_char(lost));
    int n = bpe_join(e->t->bpe, (int *)(void *)ids->data, (int)ids->len, NULL);
    g_array_append_vals(e->out, ids->data, (guint)n);
    return TRUE;
}

typedef gboolean (*encode_rest)(struct encoding *e, const char *text, size_t length, gboolean first, GError **error);

/* Parts a text by added tokens; what lies between goes to `rest`. */
static gboolean encode_added(struct encoding *e, const struct added *a, const char *text, size_t length, gboolean first,
                             encode_rest rest, GError **error)
{
    size_t done = 0, from = 0, to;
    const struct added_token *token;
    while ((token = added_find(a, text, length, &from, &to))) {
        if (from > done && !rest(e, text + done, from - done, first && done == 0, error))
            return FALSE;
        g_array_append_val(e->out, token->id);
        done = from = to;
    }
    return done == length || rest(e, text + done, length - done, first && done == 0, error);
}

static gboolean encode_words(struct encoding *e, const char *text, size_t length, gboolean first, GError **error)
{
    return pretoken_cut(e->t->pretoken, text, length, first, encode_word, e, error);
}

static gboolean encode_normal(struct encoding *e, const char *text, size_t length, gboolean first, GError **error)
{
    g_autofree char *normal = normalizer_apply(e->t->normalizer, text, length, error);
    return normal && encode_added(e, e->t->normal, normal, strlen(normal), first, encode_words, error);
}

int tokenizer_encode(const struct tokenizer *t, const char *text, int *ids, int max, GError **error)
{
    const char *end;
    if (!g_utf8_validate(text, -1, &end)) {
        fail_with(error, LM_ERROR_TEXT, "The text is not UTF-8: byte %d (0x%02X) starts no character.",
                  (int)(end - text) + 1, (unsigned char)*end);
        return -1;
    }
    g_autoptr(GArray) out = g_array_new(FALSE, FALSE, sizeof(int));
    struct encoding e = { t, out };
    g_array_append_vals(out, t->before->data, t->before->len);
    if (!encode_added(&e, t->raw, text, strlen(text), TRUE, encode_normal, error))
        return -1;
    g_array_append_vals(out, t->after->data, t->after->len);
    if (max > 0 && out->len > 0)
        memcpy(ids, out->data, sizeof(int) * MIN((guint)max, out->len));
    return (int)out->len;
}

const char *tokenizer_token(const struct tokenizer *t, int id, size_t *len)
{
    g_assert(id >= 0 && id < t->vocab);
    *len = t->pieces[id].length;
    return t->pieces[id].bytes ? t->pieces[id].bytes : "";
}
