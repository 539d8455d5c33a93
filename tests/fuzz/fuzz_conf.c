/* Any bytes at all: a text for conf_read_text, then overrides "key=value", parted by the byte 1. Nothing may crash or
 * leak; a text that is refused was reported; what the check lets through, libconfig accepts; messages are one line of
 * UTF-8. */
#include "../unit/conf_sample.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void override_all(struct conf *c, char **parts, struct diags *d)
{
    for (; *parts; parts++) {
        char *equals = strchr(*parts, '=');
        if (!equals) continue;
        *equals = '\0';
        conf_override(c, *parts, equals + 1, d);
    }
}

static void fill(struct conf *c, struct diags *d)
{
    static const char *const except[] = { "a", NULL };
    struct sample s;
    const struct conf_target targets[] = { { sample_rows, &s }, { 0 } };
    conf_fill_except(conf_root(c), targets, except, d);
    if (conf_child(conf_root(c), "zz")) g_assert_cmpuint(diags_count(d), >, 0);
    conf_clear(sample_rows, &s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_auto(GStrv) parts = g_strsplit(text, "\1", 8);
    struct diags *d = diags_new();
    struct conf *c = conf_read_text("fuzz.cfg", parts[0] ? parts[0] : "", d);
    if (c) {
        if (parts[0]) override_all(c, parts + 1, d);
        fill(c, d);
    } else
        g_assert_cmpuint(diags_count(d), >, 0);
    for (guint i = 0; i < diags_count(d); i++) {
        g_assert_false(g_str_has_prefix(diags_item(d, i)->text, "libconfig refuses this"));
        g_assert_true(g_utf8_validate(diags_item(d, i)->text, -1, NULL));
        g_assert_null(strchr(diags_item(d, i)->text, '\n'));
    }
    conf_free(c);
    diags_free(d);
    return 0;
}
