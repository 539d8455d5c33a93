/* Byte-level BPE as GPT-2 does it: text is cut into words by one pattern, each word into bytes, and the pair of
 * neighbours that comes first in merges.txt is joined until no pair is left.
 *
 * vocab.json and merges.txt write each byte as one visible character ("Ġ" is the space); see bpe.c.
 */
#pragma once
#include <glib.h>

struct bpe;

/* Reads vocab.json and merges.txt of a folder; ids must lie in [0, vocab). NULL and error in the domain LM_ERROR. */
struct bpe *bpe_load(const char *folder, int vocab, GError **error);
void bpe_free(struct bpe *b); /* accepts NULL */
/* As lm_encode and lm_token. */
int bpe_encode(const struct bpe *b, const char *text, int *ids, int max, GError **error);
const char *bpe_token(const struct bpe *b, int id, size_t *len);
