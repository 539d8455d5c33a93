/* From text to tokens and back, as the model's family does it. A folder's tokenizer.json is read where there is one:
 * BPE on bytes (GPT-2, Llama 3, Qwen2, SmolLM2) or on characters (Llama 2, Mistral) with its normalizer,
 * pre_tokenizer, added_tokens and post_processor. Otherwise vocab.json and merges.txt are, as GPT-2's encoder.py reads
 * them: its pattern, and no token that a text could name.
 *
 * What a tokenizer.json says is done as transformers does it: added tokens are found in the text, special ones too,
 * and a template's beginning-of-text token is put before it. Unigram, WordPiece and WordLevel models are refused, as
 * is every step that is not known here.
 */
#pragma once
#include <glib.h>

struct tokenizer;

/* Ids must lie in [0, vocab). NULL and error in the domain LM_ERROR. */
struct tokenizer *tokenizer_load(const char *folder, int vocab, GError **error);
/* The same from the text of a tokenizer.json; messages call it `path`. */
struct tokenizer *tokenizer_parse(const char *text, size_t length, const char *path, int vocab, GError **error);
void tokenizer_free(struct tokenizer *t); /* accepts NULL */
/* As lm_encode and lm_token. */
int tokenizer_encode(const struct tokenizer *t, const char *text, int *ids, int max, GError **error);
const char *tokenizer_token(const struct tokenizer *t, int id, size_t *len);
