/* Any bytes at all as a config.json. Nothing may crash or leak; a file that is refused says why; what is read has no more
 * layers of all kinds than caches, and every size that follows from it is unknown or a number.
 */
#include "hf/hfconfig.h"
#include "sim/layout.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(const struct model *m)
{
    struct layout l = layout_of(m);
    struct format bf16 = { DTYPE_BF16, 0, 0, 0 };
    g_assert_cmpint(m->full_layers + m->windowed_layers + m->linear_layers, <=, 2 * m->layers);
    for (int i = 0; i < l.n; i++) g_assert_cmpint(stream_bytes(&l.streams[i], &bf16, 100000000), >=, -1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = g_strndup((const char *)data, size); /* a reader past the end is then seen */
    struct hfconfig *c = hfconfig_read(text, size, "config.json", &error);
    g_assert_true(!c == (error != NULL));
    if (c) walk(&c->model);
    for (guint i = 0; c && i < c->remarks->len; i++) {
        const char *said = g_array_index(c->remarks, struct hfremark, i).text;
        g_assert_true(g_utf8_validate(said, -1, NULL));
        g_assert_null(strchr(said, '\n'));
    }
    hfconfig_free(c);
    return 0;
}
