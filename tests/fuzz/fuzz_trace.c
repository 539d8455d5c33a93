/* Any bytes at all as a trace file. Nothing may crash or leak; a file that is refused says why in one line; of one that
 * is read every head can be looked at.
 */
#include "lm/tracefile.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *write_file(const uint8_t *data, size_t size)
{
    static char *path;
    if (!path) {
        g_autofree char *folder = g_dir_make_tmp("kvreel-fuzz-XXXXXX", NULL);
        path = g_build_filename(folder, "trace.safetensors", NULL);
    }
    FILE *file = fopen(path, "wb");
    g_assert_true(file && fwrite(data, 1, size, file) == size && fclose(file) == 0);
    return path;
}

static void look(const struct trace *t)
{
    for (int layer = 1; layer <= t->shape.layers; layer++)
        for (int head = 1; head <= t->shape.heads; head++) {
            struct trace_head *h = trace_head_new(t, layer, head);
            for (int i = 0; i < h->n * h->n; i++) g_assert_true(isfinite(h->shares[i]));
            trace_head_free(h);
        }
    for (int i = 0; i <= t->n_tokens; i++) g_assert_true(g_utf8_validate(t->tokens[i].text, -1, NULL));
    for (int i = 0; i < t->n_passes; i++) g_assert_cmpint(t->passes[i].sampled, <, t->passes[i].n_candidates);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GError) error = NULL;
    struct trace *t = tracefile_read(write_file(data, size), 0, 0, NULL, &error);
    g_assert_true(!t == (error != NULL));
    if (error) {
        g_assert_true(g_utf8_validate(error->message, -1, NULL));
        g_assert_null(strchr(error->message, '\n'));
    } else
        look(t);
    trace_free(t);
    return 0;
}
