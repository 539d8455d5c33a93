/* Byte-pair encoding on ids: which neighbours join into what, and in which order. What an id stands for is the
 * tokenizer's business (tokenizer.h).
 *
 *     struct bpe *b = bpe_new();
 *     bpe_add(b, h, e, he);
 *     n = bpe_join(b, ids, n, NULL);
 */
#pragma once
#include <glib.h>

struct bpe;

struct bpe *bpe_new(void);
void bpe_free(struct bpe *b); /* accepts NULL */
/* The next merge in rank. Of a pair that is added twice the later rank holds, as in the sources. */
void bpe_add(struct bpe *b, int left, int right, int joint);
int bpe_merges(const struct bpe *b); /* how often bpe_add was called */
/* Joins the pair of lowest rank, the leftmost of equals, until no neighbours can be joined; returns how many ids are
 * left. `looked`, if given, is increased by the pairs that were looked up: at most 3 for each id. */
int bpe_join(const struct bpe *b, int *ids, int n, gint64 *looked);
