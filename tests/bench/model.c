/* How fast a model of a real one's shape runs: writes a folder with random weights, loads it, and takes a trace of 32
 * tokens and 32 steps, which does everything twice, with a cache and without.
 *
 *     make bench-model            GPT-2 124M, in build/bench/gpt2
 *     make bench-model MODEL=llama    Llama-3.2-1B's shape with 4 of its 16 layers, in bfloat16
 *
 * Prints seconds of the wall clock and of all processors, and the peak of memory. The folder is written once and kept.
 */
#include "lm/lm.h"
#include "lm/trace.h"

#include <glib/gstdio.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

struct part { const char *name; int rows, columns; double middle; }; /* rows 0: one dimension; %d: the layer */

static const struct part GPT2[] = {
    { "wte.weight", 50257, 768, 0 },           { "wpe.weight", 1024, 768, 0 },
    { "h.%d.ln_1.weight", 0, 768, 1 },         { "h.%d.ln_1.bias", 0, 768, 0 },
    { "h.%d.attn.c_attn.weight", 768, 2304, 0 }, { "h.%d.attn.c_attn.bias", 0, 2304, 0 },
    { "h.%d.attn.c_proj.weight", 768, 768, 0 }, { "h.%d.attn.c_proj.bias", 0, 768, 0 },
    { "h.%d.ln_2.weight", 0, 768, 1 },         { "h.%d.ln_2.bias", 0, 768, 0 },
    { "h.%d.mlp.c_fc.weight", 768, 3072, 0 },  { "h.%d.mlp.c_fc.bias", 0, 3072, 0 },
    { "h.%d.mlp.c_proj.weight", 3072, 768, 0 }, { "h.%d.mlp.c_proj.bias", 0, 768, 0 },
    { "ln_f.weight", 0, 768, 1 },              { "ln_f.bias", 0, 768, 0 },
};

static const struct part LLAMA[] = {
    { "model.embed_tokens.weight", 128256, 2048, 0 },
    { "model.layers.%d.input_layernorm.weight", 0, 2048, 1 },
    { "model.layers.%d.self_attn.q_proj.weight", 2048, 2048, 0 },
    { "model.layers.%d.self_attn.k_proj.weight", 512, 2048, 0 },
    { "model.layers.%d.self_attn.v_proj.weight", 512, 2048, 0 },
    { "model.layers.%d.self_attn.o_proj.weight", 2048, 2048, 0 },
    { "model.layers.%d.post_attention_layernorm.weight", 0, 2048, 1 },
    { "model.layers.%d.mlp.gate_proj.weight", 8192, 2048, 0 },
    { "model.layers.%d.mlp.up_proj.weight", 8192, 2048, 0 },
    { "model.layers.%d.mlp.down_proj.weight", 2048, 8192, 0 },
    { "model.norm.weight", 0, 2048, 1 },
};

static const struct kind {
    const char *name, *config;
    const struct part *parts;
    int n_parts, layers, bytes;
} KINDS[] = {
    { "gpt2",
      "{\"model_type\":\"gpt2\",\"n_layer\":12,\"n_head\":12,\"n_embd\":768,\"vocab_size\":50257,\"n_positions\":1024}",
      GPT2, G_N_ELEMENTS(GPT2), 12, 4 },
    { "llama",
      "{\"model_type\":\"llama\",\"num_hidden_layers\":4,\"num_attention_heads\":32,\"num_key_value_heads\":8,"
      "\"hidden_size\":2048,\"head_dim\":64,\"intermediate_size\":8192,\"vocab_size\":128256,"
      "\"max_position_embeddings\":131072,\"rope_theta\":500000.0,\"tie_word_embeddings\":true,\"rms_norm_eps\":1e-05,"
      "\"rope_scaling\":{\"rope_type\":\"llama3\",\"factor\":32.0,\"low_freq_factor\":1.0,\"high_freq_factor\":4.0,"
      "\"original_max_position_embeddings\":8192}}",
      LLAMA, G_N_ELEMENTS(LLAMA), 4, 2 },
};

/* ---- the folder ---- */

struct writer { FILE *file; GString *header; uint64_t at; uint32_t state; };

static void write_tensor(struct writer *w, const struct kind *k, const struct part *p)
{
    int64_t n = (int64_t)(p->rows ? p->rows : 1) * p->columns;
    for (int64_t i = 0; i < n; i++) {
        w->state = w->state * 1664525u + 1013904223u;
        float value = (float)(p->middle + ((double)(w->state >> 8) / (1 << 24) - 0.5) * 0.07);
        uint32_t bits;
        memcpy(&bits, &value, sizeof bits);
        bits = GUINT32_TO_LE(k->bytes == 2 ? bits >> 16 : bits);
        fwrite(&bits, (size_t)k->bytes, 1, w->file);
    }
}

static void name_tensor(struct writer *w, const struct kind *k, const struct part *p, int layer)
{
    int64_t bytes = (int64_t)k->bytes * (p->rows ? p->rows : 1) * p->columns;
    char **halves = g_strsplit(p->name, "%d", 2);
    g_autofree char *rows = p->rows ? g_strdup_printf("%d,", p->rows) : g_strdup(""),
                    *number = halves[1] ? g_strdup_printf("%d", layer) : g_strdup("");
    g_string_append_printf(w->header,
                           "%c\"%s%s%s\":{\"dtype\":\"%s\",\"shape\":[%s%d],\"data_offsets\":[%" PRIu64 ",%" PRIu64 "]}",
                           w->at ? ',' : '{', halves[0], number, halves[1] ? halves[1] : "", k->bytes == 2 ? "BF16" : "F32",
                           rows, p->columns, w->at, w->at + (uint64_t)bytes);
    w->at += (uint64_t)bytes;
    g_strfreev(halves);
}

/* Every tensor in turn: the model's own once, a layer's for each layer. */
static void for_all(struct writer *w, const struct kind *k, gboolean names)
{
    for (int i = 0; i < k->n_parts; i++)
        for (int l = 0; l < (strstr(k->parts[i].name, "%d") ? k->layers : 1); l++)
            if (names)
                name_tensor(w, k, &k->parts[i], l);
            else
                write_tensor(w, k, &k->parts[i]);
}

static void put(const char *folder, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    if (!g_file_set_contents(path, text, -1, NULL))
        g_error("%s cannot be written", path);
}

static void write_folder(const struct kind *k, const char *folder)
{
    g_autofree char *path = g_build_filename(folder, "model.safetensors", NULL),
                    *part = g_strconcat(path, ".part", NULL);
    struct writer w = { .header = g_string_new(NULL), .state = 1 };
    if (g_file_test(path, G_FILE_TEST_EXISTS))
        return;
    g_mkdir_with_parents(folder, 0777);
    put(folder, "config.json", k->config);
    g_autoptr(GString) vocab = g_string_new("{\"\\u0120\":94");
    for (int i = 0; i < 94; i++)
        g_string_append_printf(vocab, ",\"\\u%04x\":%d", 33 + i, i);
    g_string_append_c(vocab, '}');
    put(folder, "vocab.json", vocab->str);
    put(folder, "merges.txt", "#version: 0.2\n");
    for_all(&w, k, TRUE);
    g_string_append_c(w.header, '}');
    uint64_t length = GUINT64_TO_LE((guint64)w.header->len);
    if (!(w.file = g_fopen(part, "wb")))
        g_error("%s cannot be written", part);
    fwrite(&length, 8, 1, w.file);
    fwrite(w.header->str, 1, w.header->len, w.file);
    for_all(&w, k, FALSE);
    if (fclose(w.file) || g_rename(part, path))
        g_error("%s cannot be written", path);
    g_string_free(w.header, TRUE);
}

/* ---- the clock ---- */

struct clock { double wall, processors; };

static struct clock clock_now(void)
{
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    return (struct clock){ (double)g_get_monotonic_time() / 1e6,
                           (double)use.ru_utime.tv_sec + (double)use.ru_utime.tv_usec / 1e6 +
                               (double)use.ru_stime.tv_sec + (double)use.ru_stime.tv_usec / 1e6 };
}

static void report(const char *what, struct clock *since)
{
    struct clock now = clock_now();
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    printf("%-32s %7.2f s %7.2f s of processors, peak %.0f MiB\n", what, now.wall - since->wall,
           now.processors - since->processors, (double)use.ru_maxrss / 1024);
    *since = clock_now();
}

int main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    const struct kind *k = &KINDS[argc > 1 && strcmp(argv[1], "llama") == 0];
    g_autofree char *folder = g_build_filename(argc > 2 ? argv[2] : "build/bench", k->name, NULL);
    struct trace_options options = { .prompt = "thirty-two.characters.are.tokens", .steps = 32, .layer = 1, .head = 1 };

    write_folder(k, folder);
    struct clock c = clock_now();
    struct lm *g = lm_load(folder, &error);
    if (!g)
        g_error("%s", error->message);
    report("load", &c);
    int ids[64], n = lm_encode(g, options.prompt, ids, 64, &error);
    g_autofree float *logits = g_new(float, lm_shape(g).vocab);
    struct lm_cache *cache = lm_cache_new(g, n + 8);
    lm_forward(g, cache, ids, n, logits, NULL, NULL);
    report("prefill of 32 tokens", &c);
    for (int i = 0; i < 8; i++)
        lm_forward(g, cache, ids + i, 1, logits, NULL, NULL);
    report("8 decode steps", &c);
    lm_cache_free(cache);
    struct trace *t = trace_run(g, &options, &error);
    if (!t)
        g_error("%s", error->message);
    report("trace of 32 tokens and 32 steps", &c);
    trace_free(t);
    lm_free(g);
    return 0;
}
