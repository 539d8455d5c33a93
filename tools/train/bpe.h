/* Byte-level byte-pair encoding, as GPT-2 has it: any text goes in, and comes back unchanged.
 *
 *     GHashTable *pieces = bpe_pieces_create();
 *     bpe_pieces_add(pieces, "Mia has a red kite.");
 *     struct bpe *b = bpe_learn(pieces, 1024);
 *     GArray *ids = g_array_new(FALSE, FALSE, sizeof(int));
 *     bpe_encode(b, "Mia has a red kite.", ids, NULL);
 *
 * Ids: 0..255 the bytes in GPT-2's order, then one for each merge, last "<|endoftext|>".
 */
#ifndef TRAIN_BPE_H
#define TRAIN_BPE_H

#include <stdbool.h>

#include <glib.h>

struct bpe;

/* A tally of the pieces that the pre-tokenizer cuts text into. Free with g_hash_table_unref. */
GHashTable *bpe_pieces_create(void);
void bpe_pieces_add(GHashTable *pieces, const char *text);

/* Merges the commonest neighbours until each piece is one token or the vocabulary holds `most` tokens. */
struct bpe *bpe_learn(GHashTable *pieces, int most);
void bpe_destroy(struct bpe *b);

/* vocab.json and merges.txt in the folder, in the layout of Hugging Face's GPT-2. NULL with an error if it fails.
 * Loading rebuilds the vocabulary from the merges and insists that vocab.json says the same. */
bool bpe_write(const struct bpe *b, const char *folder, GError **error);
struct bpe *bpe_load(const char *folder, GError **error);

int bpe_size(const struct bpe *b);
int bpe_end(const struct bpe *b); /* the id of "<|endoftext|>" */

/* Appends to ids (int) the text's tokens and, unless NULL, to starts (int) the byte where each begins. */
void bpe_encode(struct bpe *b, const char *text, GArray *ids, GArray *starts);

/* The bytes of a token, *length of them; owned by b. */
const char *bpe_bytes(const struct bpe *b, int id, int *length);

#endif
