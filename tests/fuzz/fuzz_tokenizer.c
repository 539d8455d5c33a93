/* Any bytes at all as a tokenizer.json, then, after a byte 1, a text to encode. Nothing may crash, hang or leak; a file
 * that is refused says why in one line of UTF-8; every id that comes out has a token. */
#include "lm/lm.h"
#include "tok/tokenizer.h"

#include <string.h>

enum { VOCAB = 400 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_error(const GError *error)
{
    g_assert_nonnull(error);
    g_assert_true(g_utf8_validate(error->message, -1, NULL));
    g_assert_null(strchr(error->message, '\n'));
}

static void encode(const struct tokenizer *t, const char *text)
{
    g_autoptr(GError) error = NULL;
    int ids[256], n = tokenizer_encode(t, text, ids, 256, &error);
    if (n < 0)
        check_error(error);
    for (int i = 0; i < MIN(n, 256); i++) {
        size_t length;
        g_assert_true(ids[i] >= 0 && ids[i] < VOCAB);
        g_assert_nonnull(tokenizer_token(t, ids[i], &length));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GError) error = NULL;
    const uint8_t *part = size ? memchr(data, 1, size) : NULL;
    size_t length = part ? (size_t)(part - data) : size;
    g_autofree char *json = g_strndup((const char *)data, length); /* a reader past the end is then seen */
    g_autofree char *text = part ? g_strndup((const char *)part + 1, size - length - 1) : g_strdup("a b 12 <s>");
    struct tokenizer *t = tokenizer_parse(json, length, "tokenizer.json", VOCAB, &error);
    if (t)
        encode(t, text);
    else
        check_error(error);
    tokenizer_free(t);
    return 0;
}
