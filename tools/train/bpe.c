/* Byte-pair encoding: learning the merges, applying them, and the two files that hold them.
 *
 * Text is first cut into pieces (words with their leading space, numbers, punctuation, white space); merges never cross
 * a piece. A piece starts as its bytes. Learning repeats: count all neighbouring pairs, weighted by how often the piece
 * occurs, and make the commonest pair one new token. Encoding replays this: of the pairs present, join the one learned
 * first.
 *
 *     " kite"  ->  20 6b 69 74 65  ->  ... ->  " k" "ite"  ->  " kite"
 *
 * In the files a byte is written as a printable character, because JSON and a line-based text cannot hold raw bytes:
 * printable Latin-1 stands for itself, the other 68 bytes take the characters from U+0100 on. A space becomes U+0120,
 * "Ġ".
 */
#include "bpe.h"

#include <string.h>

enum { BYTES = 256 };
#define END_TEXT "<|endoftext|>"

struct token {
	char *bytes; /* may hold a 0 byte: length says how many */
	int length;
	int left, right; /* the two tokens merged, or -1 */
};

struct bpe {
	GArray *tokens; /* struct token: bytes, merges, end of text */
	GHashTable *merges; /* pair -> id; a lower id was learned earlier */
	GHashTable *cache;  /* piece -> GArray of ids */
	int byte_id[BYTES];
};

/* --- cutting text into pieces ---------------------------------------------------------------------------------- */

enum class { CLASS_SPACE, CLASS_LETTER, CLASS_NUMBER, CLASS_OTHER };

static enum class class_at(const char *p, const char *end, int *length)
{
	gunichar c = g_utf8_get_char_validated(p, end - p);

	if (c == (gunichar)-1 || c == (gunichar)-2) {
		*length = 1;
		return CLASS_OTHER;
	}
	*length = g_utf8_next_char(p) - p;
	switch (g_unichar_type(c)) {
	case G_UNICODE_DECIMAL_NUMBER:
	case G_UNICODE_LETTER_NUMBER:
	case G_UNICODE_OTHER_NUMBER:
		return CLASS_NUMBER;
	default:
		return g_unichar_isalpha(c) ? CLASS_LETTER : g_unichar_isspace(c) || c == '\v' ? CLASS_SPACE : CLASS_OTHER;
	}
}

/* The length of the piece at p, which is not the end. This is GPT-2's expression
 *     's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
 * by hand. Of several spaces before a word the last goes with the word. */
static int piece_length(const char *p, const char *end)
{
	static const char *const endings[] = { "'s", "'t", "'re", "'ve", "'m", "'ll", "'d" };
	const char *q = p;
	int step, last = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(endings); i++)
		if (g_str_has_prefix(p, endings[i]))
			return strlen(endings[i]);

	if (*p == ' ' && p + 1 < end && class_at(p + 1, end, &step) != CLASS_SPACE)
		q++;

	enum class class = class_at(q, end, &step);

	while (q < end && class_at(q, end, &step) == class)
		q += last = step;
	if (class == CLASS_SPACE && q < end && q - p > last)
		q -= last;
	return q - p;
}

GHashTable *bpe_pieces_create(void)
{
	return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

void bpe_pieces_add(GHashTable *pieces, const char *text)
{
	const char *end = text + strlen(text);

	while (text < end) {
		int length = piece_length(text, end);
		char *piece = g_strndup(text, length);
		int count = GPOINTER_TO_INT(g_hash_table_lookup(pieces, piece));

		g_hash_table_replace(pieces, piece, GINT_TO_POINTER(count + 1));
		text += length;
	}
}

/* --- the vocabulary -------------------------------------------------------------------------------------------- */

static bool byte_is_printable(int byte)
{
	return (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
}

static gunichar byte_spelling(int byte)
{
	gunichar next = 256;

	if (byte_is_printable(byte))
		return byte;
	for (int i = 0; i < byte; i++)
		next += !byte_is_printable(i);
	return next;
}

static gpointer pair_key(int left, int right)
{
	return GINT_TO_POINTER(left << 15 | right);
}

static int tokens_add(struct bpe *b, const char *bytes, int length, int left, int right)
{
	struct token t = { g_memdup2(bytes, length + 1), length, left, right };

	t.bytes[length] = 0;
	g_array_append_val(b->tokens, t);
	return b->tokens->len - 1;
}

static struct token *token_at(const struct bpe *b, int id)
{
	return &g_array_index(b->tokens, struct token, id);
}

static void token_clear(void *token)
{
	g_free(((struct token *)token)->bytes);
}

static int merge_add(struct bpe *b, int left, int right)
{
	const struct token *l = token_at(b, left), *r = token_at(b, right);
	int length = l->length + r->length;
	char *joined = g_malloc(length + 1);

	memcpy(joined, l->bytes, l->length);
	memcpy(joined + l->length, r->bytes, r->length);
	joined[length] = 0;

	int id = tokens_add(b, joined, length, left, right);

	g_hash_table_insert(b->merges, pair_key(left, right), GINT_TO_POINTER(id));
	g_free(joined);
	return id;
}

/* The 256 byte tokens, printable ones first, as GPT-2 numbers them. */
static struct bpe *bpe_create(void)
{
	struct bpe *b = g_new0(struct bpe, 1);

	b->tokens = g_array_new(FALSE, FALSE, sizeof(struct token));
	g_array_set_clear_func(b->tokens, token_clear);
	b->merges = g_hash_table_new(NULL, NULL);
	b->cache = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_array_unref);
	for (int printable = 1; printable >= 0; printable--)
		for (int byte = 0; byte < BYTES; byte++)
			if (byte_is_printable(byte) == printable) {
				char bytes[2] = { (char)byte, 0 };

				b->byte_id[byte] = tokens_add(b, bytes, 1, -1, -1);
			}
	return b;
}

void bpe_destroy(struct bpe *b)
{
	if (!b)
		return;
	g_array_unref(b->tokens);
	g_hash_table_unref(b->merges);
	g_hash_table_unref(b->cache);
	g_free(b);
}

int bpe_size(const struct bpe *b)
{
	return b->tokens->len;
}

int bpe_end(const struct bpe *b)
{
	return b->tokens->len - 1;
}

const char *bpe_bytes(const struct bpe *b, int id, int *length)
{
	*length = token_at(b, id)->length;
	return token_at(b, id)->bytes;
}

/* --- learning -------------------------------------------------------------------------------------------------- */

struct piece {
	int *ids, length;
	int count;
};

/* Joins each (left, right) into id, from the left; returns the new length. */
static int join_pairs(int *ids, int length, int left, int right, int id)
{
	int kept = 0;

	for (int i = 0; i < length; i++) {
		if (i + 1 < length && ids[i] == left && ids[i + 1] == right)
			ids[kept++] = id, i++;
		else
			ids[kept++] = ids[i];
	}
	return kept;
}

/* The commonest pair; of equals the one with the lower ids, so that the order of a hash table never shows. */
static bool commonest_pair(const struct piece *pieces, int count, int *left, int *right)
{
	GHashTable *tally = g_hash_table_new(NULL, NULL);
	GHashTableIter iter;
	gpointer key, value;
	int best = 0, best_pair = 0;

	for (int p = 0; p < count; p++)
		for (int i = 0; i + 1 < pieces[p].length; i++) {
			key = pair_key(pieces[p].ids[i], pieces[p].ids[i + 1]);
			int seen = GPOINTER_TO_INT(g_hash_table_lookup(tally, key));

			g_hash_table_insert(tally, key, GINT_TO_POINTER(seen + pieces[p].count));
		}
	g_hash_table_iter_init(&iter, tally);
	while (g_hash_table_iter_next(&iter, &key, &value)) {
		int seen = GPOINTER_TO_INT(value), pair = GPOINTER_TO_INT(key);

		if (seen > best || (seen == best && pair < best_pair))
			best = seen, best_pair = pair;
	}
	g_hash_table_unref(tally);
	*left = best_pair >> 15;
	*right = best_pair & 0x7fff;
	return best > 0;
}

struct bpe *bpe_learn(GHashTable *table, int most)
{
	struct bpe *b = bpe_create();
	int count = g_hash_table_size(table), left, right;
	struct piece *pieces = g_new(struct piece, count), *p = pieces;
	GHashTableIter iter;
	gpointer key, value;

	g_hash_table_iter_init(&iter, table);
	for (; g_hash_table_iter_next(&iter, &key, &value); p++) {
		p->length = strlen(key);
		p->count = GPOINTER_TO_INT(value);
		p->ids = g_new(int, p->length);
		for (int i = 0; i < p->length; i++)
			p->ids[i] = b->byte_id[((unsigned char *)key)[i]];
	}
	while (bpe_size(b) + 1 < most && commonest_pair(pieces, count, &left, &right)) {
		int id = merge_add(b, left, right);

		for (int i = 0; i < count; i++)
			pieces[i].length = join_pairs(pieces[i].ids, pieces[i].length, left, right, id);
	}
	tokens_add(b, END_TEXT, strlen(END_TEXT), -1, -1);
	for (int i = 0; i < count; i++)
		g_free(pieces[i].ids);
	g_free(pieces);
	return b;
}

/* --- encoding -------------------------------------------------------------------------------------------------- */

static GArray *piece_encode(const struct bpe *b, const char *piece, int length)
{
	GArray *ids = g_array_sized_new(FALSE, FALSE, sizeof(int), length);
	int *id = (int *)(void *)ids->data;

	g_array_set_size(ids, length);
	for (int i = 0; i < length; i++)
		id[i] = b->byte_id[(unsigned char)piece[i]];
	for (;;) {
		int first = G_MAXINT;

		for (int i = 0; i + 1 < length; i++) {
			gpointer merged = g_hash_table_lookup(b->merges, pair_key(id[i], id[i + 1]));

			if (merged)
				first = MIN(first, GPOINTER_TO_INT(merged));
		}
		if (first == G_MAXINT)
			break;
		length = join_pairs(id, length, token_at(b, first)->left, token_at(b, first)->right, first);
	}
	g_array_set_size(ids, length);
	return ids;
}

void bpe_encode(struct bpe *b, const char *text, GArray *ids, GArray *starts)
{
	const char *p = text, *end = text + strlen(text);

	while (p < end) {
		int length = piece_length(p, end), start = p - text;
		char *piece = g_strndup(p, length);
		GArray *known = g_hash_table_lookup(b->cache, piece);

		if (known) {
			g_free(piece);
		} else {
			known = piece_encode(b, piece, length);
			g_hash_table_insert(b->cache, piece, known);
		}
		g_array_append_vals(ids, known->data, known->len);
		for (guint i = 0; starts && i < known->len; i++) {
			g_array_append_val(starts, start);
			start += token_at(b, g_array_index(known, int, i))->length;
		}
		p += length;
	}
}

/* --- files ----------------------------------------------------------------------------------------------------- */

static void spell(const struct bpe *b, int id, bool json, GString *out)
{
	const struct token *t = token_at(b, id);

	if (id == bpe_end(b)) {
		g_string_append(out, t->bytes);
		return;
	}
	for (int i = 0; i < t->length; i++) {
		gunichar c = byte_spelling((unsigned char)t->bytes[i]);

		if (!json)
			g_string_append_unichar(out, c);
		else if (c == '"' || c == '\\')
			g_string_append_printf(out, "\\%c", (char)c);
		else if (c < 127)
			g_string_append_c(out, (char)c);
		else
			g_string_append_printf(out, "\\u%04x", c);
	}
}

static char *vocab_text(const struct bpe *b)
{
	GString *out = g_string_new("{");

	for (int id = 0; id < bpe_size(b); id++) {
		g_string_append(out, id ? ", \"" : "\"");
		spell(b, id, true, out);
		g_string_append_printf(out, "\": %d", id);
	}
	g_string_append(out, "}");
	return g_string_free(out, FALSE);
}

static char *merges_text(const struct bpe *b)
{
	GString *out = g_string_new("#version: 0.2\n");

	for (int id = BYTES; id < bpe_end(b); id++) {
		spell(b, token_at(b, id)->left, false, out);
		g_string_append_c(out, ' ');
		spell(b, token_at(b, id)->right, false, out);
		g_string_append_c(out, '\n');
	}
	return g_string_free(out, FALSE);
}

bool bpe_write(const struct bpe *b, const char *folder, GError **error)
{
	char *vocab_path = g_build_filename(folder, "vocab.json", NULL);
	char *merges_path = g_build_filename(folder, "merges.txt", NULL);
	char *vocab = vocab_text(b), *merges = merges_text(b);
	bool fine = g_file_set_contents(vocab_path, vocab, -1, error) && g_file_set_contents(merges_path, merges, -1, error);

	g_free(vocab_path);
	g_free(merges_path);
	g_free(vocab);
	g_free(merges);
	return fine;
}

/* Reads the merges' lines into b; spelled maps a token's spelling to its id. */
static bool read_merges(struct bpe *b, char **lines, const char *path, GError **error)
{
	GHashTable *spelled = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	GString *word = g_string_new(NULL);
	bool fine = true;

	for (int id = 0; id < BYTES; id++) {
		g_string_truncate(word, 0);
		g_string_append_unichar(word, byte_spelling((unsigned char)token_at(b, id)->bytes[0]));
		g_hash_table_insert(spelled, g_strdup(word->str), GINT_TO_POINTER(id));
	}
	for (int i = 0; lines[i] && fine; i++) {
		char **half = g_strsplit(lines[i], " ", 2);
		gpointer left, right;

		if (*lines[i] && !g_str_has_prefix(lines[i], "#version")) {
			fine = g_strv_length(half) == 2 && g_hash_table_lookup_extended(spelled, half[0], NULL, &left) &&
			       g_hash_table_lookup_extended(spelled, half[1], NULL, &right);
			if (fine)
				g_hash_table_insert(spelled, g_strconcat(half[0], half[1], NULL),
						    GINT_TO_POINTER(merge_add(b, GPOINTER_TO_INT(left), GPOINTER_TO_INT(right))));
			else
				g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
					    "%s:%d: a merge must be two tokens that exist by then", path, i + 1);
		}
		g_strfreev(half);
	}
	tokens_add(b, END_TEXT, strlen(END_TEXT), -1, -1);
	g_hash_table_unref(spelled);
	g_string_free(word, TRUE);
	return fine;
}

struct bpe *bpe_load(const char *folder, GError **error)
{
	char *vocab_path = g_build_filename(folder, "vocab.json", NULL);
	char *merges_path = g_build_filename(folder, "merges.txt", NULL);
	char *vocab = NULL, *merges = NULL, *rebuilt = NULL;
	struct bpe *b = NULL;

	if (g_file_get_contents(vocab_path, &vocab, NULL, error) && g_file_get_contents(merges_path, &merges, NULL, error)) {
		char **lines = g_strsplit(merges, "\n", -1);

		b = bpe_create();
		if (!read_merges(b, lines, merges_path, error)) {
			bpe_destroy(b);
			b = NULL;
		}
		g_strfreev(lines);
	}
	if (b) {
		rebuilt = vocab_text(b);
		if (strcmp(rebuilt, vocab)) {
			g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s does not hold the vocabulary that %s builds",
				    vocab_path, merges_path);
			bpe_destroy(b);
			b = NULL;
		}
	}
	g_free(vocab_path);
	g_free(merges_path);
	g_free(vocab);
	g_free(merges);
	g_free(rebuilt);
	return b;
}
