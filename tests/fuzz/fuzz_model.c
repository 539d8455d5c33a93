/* Any bytes at all as one file of a model's folder, the others being right. The first byte says which file; the rest
 * is what it holds. Nothing may crash or leak; a folder that is refused says why in one line; one that is read can be
 * asked for tokens, and runs.
 *
 * Starts in the program's folder, with the folders gpt2-tiny, llama-tiny and llama-tokenizer of
 * tests/independent/make_folder.py in build/fuzz/folders.
 */
#include "lm/lm.h"

#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct { const char *folder, *file; } targets[] = {
    { "gpt2-tiny", "model.safetensors" }, { "gpt2-tiny", "config.json" }, { "gpt2-tiny", "vocab.json" },
    { "gpt2-tiny", "merges.txt" },        { "llama-tiny", "config.json" },
    { "llama-tiny", "model.safetensors.index.json" }, { "llama-tiny", "model-00002-of-00002.safetensors" },
    { "llama-tokenizer", "tokenizer.json" },
};
enum { TOKENS = 16 };

/* A copy of the folder whose `file` can be written. */
static char *copy_folder(const char *root, int target)
{
    g_autofree char *from = g_build_filename("build/fuzz/folders", targets[target].folder, NULL);
    g_autofree char *here = g_get_current_dir(), *name = g_strdup_printf("%d", target);
    char *to = g_build_filename(root, name, NULL);
    GDir *dir = g_dir_open(from, 0, NULL);
    g_assert_nonnull(dir);
    g_assert_cmpint(g_mkdir(to, 0700), ==, 0);
    for (const char *entry; (entry = g_dir_read_name(dir));) {
        g_autofree char *source = g_build_filename(here, from, entry, NULL), *link = g_build_filename(to, entry, NULL);
        if (strcmp(entry, targets[target].file) != 0) g_assert_cmpint(symlink(source, link), ==, 0);
    }
    g_dir_close(dir);
    return to;
}

static const char *folder_of(int target)
{
    static char *root, *folders[G_N_ELEMENTS(targets)];
    if (!root) root = g_dir_make_tmp("kvreel-fuzz-XXXXXX", NULL);
    if (!folders[target]) folders[target] = copy_folder(root, target);
    return folders[target];
}

static void run(const struct lm *g)
{
    int ids[TOKENS];
    g_autoptr(GError) error = NULL;
    struct lm_shape s = lm_shape(g);
    int n = lm_encode(g, "Mia has it, 12 o'clock", ids, MIN(TOKENS, s.max_tokens), &error);
    g_assert_true((n < 0) == (error != NULL));
    n = MIN(n, MIN(TOKENS, s.max_tokens));
    if (n <= 0) return;
    g_autofree float *logits = g_new(float, s.vocab);
    struct lm_cache *cache = lm_cache_new(g, n);
    if (n > 1) lm_forward(g, cache, ids, n - 1, NULL, NULL, NULL);
    lm_forward(g, cache, ids + n - 1, 1, logits, NULL, NULL);
    lm_cache_free(cache);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    int target = data[0] % (int)G_N_ELEMENTS(targets);
    g_autoptr(GError) error = NULL;
    g_autofree char *path = g_build_filename(folder_of(target), targets[target].file, NULL);
    FILE *file = fopen(path, "wb");
    g_assert_true(file && fwrite(data + 1, 1, size - 1, file) == size - 1 && fclose(file) == 0);
    struct lm *g = lm_load(folder_of(target), &error);
    g_assert_true(!g == (error != NULL));
    if (error) {
        g_assert_true(g_utf8_validate(error->message, -1, NULL));
        g_assert_null(strchr(error->message, '\n'));
    } else
        run(g);
    lm_free(g);
    return 0;
}
