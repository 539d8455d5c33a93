/* The added tokens of a tokenizer.json ("<|endoftext|>"), which are found in a text before anything else is done to it.
 *
 * Special tokens are found too, as transformers does it: a prompt that says "<|endoftext|>" gets that token.
 */
#pragma once
#include <glib.h>

struct added;

/* single_word: not inside a longer word; left, right: takes the white space on that side with it. */
struct added_token {
    int id;
    gboolean single_word, left, right;
};

struct added *added_new(void);
void added_free(struct added *a); /* accepts NULL */
/* FALSE when the text is empty or there already. */
gboolean added_insert(struct added *a, const char *text, const struct added_token *token);
/* The first token at or after byte *from of text, the longest of several that start there: its bytes are *from .. *to.
 * NULL: none. */
const struct added_token *added_find(const struct added *a, const char *text, size_t length, size_t *from, size_t *to);
