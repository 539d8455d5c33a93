/* What a tokenizer.json does to a text before it is cut: Unicode forms (NFC, NFD, NFKC, NFKD), Prepend, Replace, and
 * Sequences of them. Others are refused by their name.
 */
#pragma once
#include "read/jsonfile.h"

struct normalizer;

/* From the object under "normalizer"; NULL: nothing is done to the text. NULL and error (LM_ERROR_VOCAB). */
struct normalizer *normalizer_new(JsonObject *object, const char *path, GError **error);
void normalizer_free(struct normalizer *n); /* accepts NULL */
/* What a space becomes, when a Replace says so ("▁"); NULL otherwise. */
const char *normalizer_space(const struct normalizer *n);
/* The normalized text, freed with g_free. NULL and error (LM_ERROR_TEXT) when a pattern gives up. */
char *normalizer_apply(const struct normalizer *n, const char *text, size_t length, GError **error);
