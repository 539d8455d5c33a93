/* How a text is cut into words that no merge crosses: the pre_tokenizer of a tokenizer.json. ByteLevel, Digits,
 * Metaspace, Split and Sequences of them, with the meaning of huggingface/tokenizers, src/pre_tokenizers/; others are
 * refused by their name.
 */
#pragma once
#include "read/jsonfile.h"

struct pretoken;

/* From the object under "pre_tokenizer"; NULL: a text is one word. NULL and error (LM_ERROR_VOCAB). */
struct pretoken *pretoken_new(JsonObject *object, const char *path, GError **error);
struct pretoken *pretoken_gpt2(void); /* GPT-2's own: ByteLevel with its pattern, no space put before the text */
void pretoken_free(struct pretoken *p); /* accepts NULL */
/* Whether words are then read as bytes in the byte-level alphabet. */
gboolean pretoken_bytes(const struct pretoken *p);
/* What a space becomes in a word, when a Metaspace says so ("▁"); NULL otherwise. */
const char *pretoken_space(const struct pretoken *p);

/* Takes one word, never an empty one. FALSE ends the cutting. */
typedef gboolean (*pretoken_take)(void *data, const char *word, size_t length, GError **error);
/* Cuts a UTF-8 text and gives the words to `take` in order. `first`: the text is the beginning of what was typed (some
 * Metaspaces ask). FALSE: take's failure, or LM_ERROR_TEXT when a pattern gives up. */
gboolean pretoken_cut(const struct pretoken *p, const char *text, size_t length, gboolean first, pretoken_take take,
                      void *data, GError **error);
