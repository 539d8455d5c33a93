/* config.json files as entries: every layout in tests/configs against its golden entry and against the catalog, traps
 * one by one, parameters against published totals and against a closed form, and files that lie.
 */
#include "conf/conf.h"
#include "scene/catalog.h"
#include "hf/hfconfig.h"
#include "sim/layout.h"
#include "lm/lm.h"

#include <string.h>

/* --- reading --- */

static struct hfconfig *read_text(const char *text)
{
    g_autoptr(GError) error = NULL;
    struct hfconfig *c = hfconfig_read(text, strlen(text), "config.json", &error);
    g_assert_no_error(error);
    return c;
}

static char *file_path(const char *name) { return g_test_build_filename(G_TEST_DIST, "tests", "configs", name, NULL); }

static struct hfconfig *read_named(const char *id)
{
    g_autofree char *name = g_strconcat(id, ".json", NULL), *path = file_path(name), *text = NULL;
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    return read_text(text);
}

static gint compare_texts(gconstpointer a, gconstpointer b) { return strcmp(*(char *const *)a, *(char *const *)b); }

/* Ids of all files, sorted. */
static GPtrArray *all_ids(void)
{
    g_autofree char *folder = file_path(".");
    GPtrArray *ids = g_ptr_array_new_with_free_func(g_free);
    GDir *dir = g_dir_open(folder, 0, NULL);
    for (const char *name; (name = g_dir_read_name(dir));)
        if (g_str_has_suffix(name, ".json")) g_ptr_array_add(ids, g_strndup(name, strlen(name) - strlen(".json")));
    g_dir_close(dir);
    g_ptr_array_sort(ids, compare_texts);
    return ids;
}

static const char *remark_of(const struct hfconfig *c, enum hfremark_kind kind)
{
    for (guint i = 0; i < c->remarks->len; i++)
        if (g_array_index(c->remarks, struct hfremark, i).kind == kind)
            return g_array_index(c->remarks, struct hfremark, i).text;
    return NULL;
}

/* --- golden entries --- */

static void test_golden(void)
{
    g_autoptr(GPtrArray) ids = all_ids();
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < ids->len; i++) {
        struct hfconfig *c = read_named(ids->pdata[i]);
        g_string_append_printf(text, "%s\n", (char *)ids->pdata[i]);
        conf_write_rows(model_rows, &c->model, 4, text);
        for (guint k = 0; k < c->remarks->len; k++)
            g_string_append_printf(text, "    # %s\n", g_array_index(c->remarks, struct hfremark, k).text);
        hfconfig_free(c);
    }
    g_autofree char *path = file_path("golden.txt"), *want = NULL;
    if (!g_strcmp0(g_getenv("KVREEL_GOLDEN"), "write")) g_assert_true(g_file_set_contents(path, text->str, -1, NULL));
    g_assert_true(g_file_get_contents(path, &want, NULL, NULL));
    g_assert_cmpstr(text->str, ==, want);
    g_assert_cmpuint(ids->len, >, 70);
}

/* --- against the catalog --- */

/* Where file and catalog differ, and why. */
static const struct { const char *id, *key, *why; } explained[] = {
    { "gemma-3-27b", "vocab", "the file leaves it to the class, which pads 262,144 to 262,208 for pictures" },
    { "gemma-3-4b", "vocab", "the same" },
    { "gemma-3-27b", "params_total", "64 more rows of embeddings" },
    { "gemma-3-27b", "params_active", "the same" },
    { "gemma-3-4b", "params_total", "64 more rows of embeddings" },
    { "gemma-3-4b", "params_active", "the same" },
    { "deepseek-v2-lite", "max_context", "the file names the length after extension by YaRN" },
    { "deepseek-v3", "max_context", "the same" },
    { "mimo-v2-flash", "native_dtype", "the file is that of quantized weights" },
    { "kimi-k2.5", "native_dtype", "this copy leaves out that attention and shared experts were not quantized" },
};
static const char *const from_elsewhere[] = { "id",     "name",       "family", "released", "caches",
                                              "source", "confidence", "note",   NULL };

struct comparison { const char *id; bool used[G_N_ELEMENTS(explained)]; };

static bool is_unknown(const struct row *row, const void *field)
{
    if (row->kind == ROW_KIND_TEXT) return !*(char *const *)field;
    if (row->kind == ROW_KIND_CHOICE) return !strcmp(row->key, "tied_embeddings") && !*(const int *)field;
    return !*(const int64_t *)field;
}

/* The catalog has some numbers as they were published, rounded: the file's must round to about that. */
static bool is_rounded(const char *key, int64_t ours, int64_t theirs)
{
    if (!g_str_has_prefix(key, "params_") || theirs % 100000000) return false;
    if (!strcmp(key, "params_active")) return true; /* makers count embeddings or not */
    return ours > theirs - theirs / 16 && ours < theirs + theirs / 16;
}

static bool is_explained(struct comparison *c, const char *key)
{
    for (size_t i = 0; i < G_N_ELEMENTS(explained); i++)
        if (!strcmp(explained[i].id, c->id) && !strcmp(explained[i].key, key)) return c->used[i] = true;
    return false;
}

static void tell_difference(const char *key, const struct row *row, const void *a, const void *b, void *data)
{
    struct comparison *c = data;
    if (g_strv_contains(from_elsewhere, key) || g_str_has_prefix(key, "caches") || is_unknown(row, a) ||
        is_unknown(row, b))
        return;
    if (row->kind == ROW_KIND_COUNT || row->kind == ROW_KIND_INT)
        if (is_rounded(key, *(const int64_t *)a, *(const int64_t *)b)) return;
    if (is_explained(c, key)) return;
    g_autoptr(GString) text = g_string_new(NULL);
    conf_write_value(row, a, text);
    g_string_append(text, " in the file, in the catalog ");
    conf_write_value(row, b, text);
    g_test_message("%s: %s: %s", c->id, key, text->str);
    g_test_fail();
}

/* Bytes that grow or have grown; states aside. -1 unknown. */
static int64_t token_bytes(const struct model *m, int64_t tokens)
{
    struct layout l = layout_of(m);
    struct format bf16 = { DTYPE_BF16, 0, 0, 0 };
    int64_t sum = 0;
    for (int i = 0; i < l.n; i++)
        if (l.streams[i].keep != KEEP_STATE) sum += stream_bytes(&l.streams[i], &bf16, tokens);
    return l.n < 0 ? -1 : sum;
}

/* A window of another span is told already. */
static void compare_bytes(struct comparison *c, const struct model *ours, const struct model *theirs)
{
    int64_t a = token_bytes(ours, 100000), b = token_bytes(theirs, 100000);
    if (a < 0 || b < 0 || a == b || ours->sliding_window != theirs->sliding_window || is_explained(c, "caches")) return;
    g_test_message("%s: %ld bytes by the file, %ld by the catalog", c->id, (long)a, (long)b);
    g_test_fail();
}

static void test_catalog(void)
{
    struct diags *diags = diags_new();
    g_autofree char *data = g_test_build_filename(G_TEST_DIST, "data", NULL);
    struct catalog *catalog = catalog_read(data, diags);
    g_autoptr(GPtrArray) ids = all_ids();
    struct comparison c = { 0 };
    int compared = 0;
    for (guint i = 0; i < ids->len; i++) {
        const struct model *theirs = catalog_model(catalog, c.id = ids->pdata[i]);
        if (!theirs) continue;
        struct hfconfig *ours = read_named(c.id);
        conf_compare(model_rows, &ours->model, theirs, tell_difference, &c);
        compare_bytes(&c, &ours->model, theirs);
        compared++;
        hfconfig_free(ours);
    }
    g_assert_cmpint(compared, >, 45);
    for (size_t i = 0; i < G_N_ELEMENTS(explained); i++) {
        if (!c.used[i]) g_test_message("%s: %s differs no longer", explained[i].id, explained[i].key);
        g_assert_true(c.used[i]);
    }
    catalog_free(catalog);
    diags_free(diags);
}

/* --- parameters --- */

/* Totals that makers' files have (the sizes of their weights), without heads for further tokens. */
static void test_published_totals(void)
{
    static const struct { const char *id; int64_t total; } published[] = {
        { "llama-3.1-8b", 8030261248 },
        { "llama-3.2-1b", 1235814400 },
        { "llama-2-70b", 68976648192 },
        { "mistral-7b-v0.1", 7241732096 },
        { "mixtral-8x7b", 46702792704 },
        { "qwen2.5-7b", 7615616512 },
        { "qwen2.5-0.5b", 494032768 },
        { "qwen1.5-moe-a2.7b", 14315784192 },
        { "qwen3-8b", 8190735360 },
        { "qwen3-30b-a3b", 30532122624 },
        { "qwen3-next-80b-a3b", 79674391296 },
        { "gemma-2b", 2506172416 },
        { "gemma-2-9b", 9241705984 },
        { "gemma-3-1b", 999885952 },
        { "phi-2", 2779683840 },
        { "phi-1.5", 1418270720 },
        { "phi-3-mini-4k", 3821079552 },
        { "phi-3.5-moe", 41873153344 },
        { "gpt-oss-20b", 20914757184 },
        { "gpt-oss-120b", 116829156672 },
        { "deepseek-v2-lite", 15706484224 },
        { "deepseek-v3", 671026419200 },
        { "kimi-k2", 1026408232448 },
        { "glm-4.5-air", 106852251264 },
        { "chatglm3-6b", 6243584000 },
        { "opt-1.3b", 1315758080 },
        { "opt-350m", 331196416 },
        { "opt-13b", 12853473280 },
        { "gpt2-124m", 124439808 },
        { "starcoderbase-1b", 1137207296 },
        { "gptj-6b", 6050882784 },
        { "pythia-6.9b", 6857302016 },
        { "falcon-7b", 6921720704 },
        { "falcon-40b", 41303293952 },
        { "falcon-rw-1b", 1311625216 },
        { "bloom-176b", 176247271424 },
        { "jamba-1.5-mini", 51570323328 },
        { "llama-4-scout", 107769861120 },
        { "llama-4-maverick", 400711848960 },
        { "dbrx", 131596523520 },
        { "tiny-aya-3.35b", 3349227520 },
        { "aya-23-8b", 8028033024 },
        { "olmo-2-7b", 7298617344 },
        { "olmo-3-7b", 7298011136 },
        { "exaone-4.0-32b", 32003216384 },
        { "stablelm-2-1.6b", 1644515328 },
        { "starcoder2-7b", 7173923840 },
        { "internlm2.5-7b", 7737708544 },
        { "minicpm-2b", 2724880896 },
        { "smollm3-3b", 3075098624 },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(published); i++) {
        struct hfconfig *c = read_named(published[i].id);
        if (c->model.params_total != published[i].total) g_test_message("%s", published[i].id);
        g_assert_cmpint(c->model.params_total, ==, published[i].total);
        g_assert_cmpint(c->model.params_active, <=, published[i].total);
        hfconfig_free(c);
    }
}

/* The sum over layers against a closed form, for shapes that nobody published. */
static void test_closed_form(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(4);
    for (int i = 0; i < 300; i++) {
        int64_t L = g_rand_int_range(rand, 1, 400), kv = g_rand_int_range(rand, 1, 17),
                n = kv * g_rand_int_range(rand, 1, 9), d = 8 * g_rand_int_range(rand, 1, 33);
        int64_t h = 16 * g_rand_int_range(rand, 1, 1200), w = g_rand_int_range(rand, 1, 60000),
                V = g_rand_int_range(rand, 1, 300000), E = g_rand_int_range(rand, 2, 300);
        int64_t k = g_rand_int_range(rand, 1, (gint32)E), tied = g_rand_boolean(rand);
        g_autofree char *text =
            g_strdup_printf("{\"model_type\":\"qwen3_moe\",\"num_hidden_layers\":%ld,\"hidden_size\":%ld,\"num_"
                            "attention_heads\":%ld,\"num_key_value_heads\":%ld,\"head_dim\":%ld,"
                            "\"moe_intermediate_size\":%ld,\"vocab_size\":%ld,\"num_experts\":%ld,\"num_experts_per_"
                            "tok\":%ld,\"tie_word_embeddings\":%s,\"dtype\":\"bfloat16\","
                            "\"max_position_embeddings\":4096}",
                            (long)L, (long)h, (long)n, (long)kv, (long)d, (long)w, (long)V, (long)E, (long)k,
                            tied ? "true" : "false");
        struct hfconfig *c = read_text(text);
        int64_t rest = (2 - tied) * V * h + h + L * (h * d * (2 * n + 2 * kv) + 2 * h + 2 * d + h * E);
        g_assert_cmpint(c->model.params_total, ==, rest + L * E * 3 * h * w);
        g_assert_cmpint(c->model.params_active, ==, rest + L * k * 3 * h * w);
        hfconfig_free(c);
    }
}

/* --- traps --- */

/* A small llama with more keys; they may repeat its own, the last one holds. */
static struct hfconfig *read_with(const char *type, const char *more)
{
    g_autofree char *text = g_strdup_printf("{\"model_type\":\"%s\",\"num_hidden_layers\":12,\"hidden_size\":512,\"num_"
                                            "attention_heads\":8,\"intermediate_size\":1024,\"vocab_size\":1000,"
                                            "\"max_position_embeddings\":8192,\"torch_dtype\":\"bfloat16\"%s%s}",
                                            type, *more ? "," : "", more);
    return read_text(text);
}

struct trap { const char *type, *more; int64_t kv_heads, head_dim, full, windowed, window; };

static void test_traps(void)
{
    static const struct trap traps[] = {
        { "llama", "", 8, 64, 12, 0, 0 }, /* both heads and their width follow */
        { "llama", "\"num_key_value_heads\":null", 8, 64, 12, 0, 0 },
        { "llama", "\"num_key_value_heads\":2,\"head_dim\":128", 2, 128, 12, 0, 0 }, /* what stands wins */
        { "llama", "\"head_dim\":null", 8, 64, 12, 0, 0 },
        { "llama", "\"num_key_value_heads\":4.0", 4, 64, 12, 0, 0 },
        { "mistral", "\"num_key_value_heads\":2,\"sliding_window\":4096", 2, 64, 0, 12, 4096 },
        { "mistral", "\"num_key_value_heads\":2,\"sliding_window\":null", 2, 64, 12, 0, 0 },
        { "mistral", "\"num_key_value_heads\":2", 2, 64, 0, 12, 4096 }, /* the class has one by default */
        { "mistral", "\"num_key_value_heads\":2,\"sliding_window\":8192", 2, 64, 12, 0,
          0 }, /* as wide as the context */
        { "qwen2", "\"sliding_window\":1024,\"use_sliding_window\":false,\"max_window_layers\":8", 8, 64, 12, 0, 0 },
        { "qwen2", "\"sliding_window\":1024,\"max_window_layers\":8", 8, 64, 12, 0, 0 },
        { "qwen2", "\"sliding_window\":1024,\"use_sliding_window\":true,\"max_window_layers\":8", 8, 64, 8, 4, 1024 },
        { "gemma2", "\"head_dim\":32,\"sliding_window\":512", 8, 32, 6, 6, 512 },
        { "gemma2", "", 8, 256, 6, 6, 4096 }, /* hidden / heads is 64, the class says 256 */
        { "gemma3_text",
          "\"head_dim\":32,\"num_key_value_heads\":1,\"sliding_window\":512,\"sliding_window_pattern\":4", 1, 32, 3, 9,
          512 },
        { "gemma3_text", "\"head_dim\":32,\"num_key_value_heads\":1,\"sliding_window\":512", 1, 32, 2, 10, 512 },
        { "gemma3_text",
          "\"head_dim\":32,\"num_key_value_heads\":1,\"sliding_window\":512,\"sliding_window_pattern\":4,\"layer_"
          "types\":["
          "\"full_attention\",\"full_attention\",\"full_attention\",\"full_attention\",\"full_attention\",\"full_"
          "attention\",\"full_attention\","
          "\"full_attention\",\"full_attention\",\"full_attention\",\"full_attention\",\"sliding_attention\"]",
          1, 32, 11, 1, 512 }, /* the list wins */
        { "falcon", "\"multi_query\":true", 1, 64, 12, 0, 0 },
        { "falcon", "\"multi_query\":false", 8, 64, 12, 0, 0 },
        { "falcon", "\"multi_query\":true,\"new_decoder_architecture\":true,\"num_kv_heads\":2", 2, 64, 12, 0, 0 },
        { "falcon", "\"multi_query\":true,\"num_kv_heads\":8", 1, 64, 12, 0, 0 },
        { "phi3", "\"sliding_window\":2047", 8, 64, 0, 12, 2047 },
        { "phi3", "\"sliding_window\":262144", 8, 64, 12, 0, 0 },
        { "gpt_oss", "\"sliding_window\":128", 8, 64, 6, 6, 128 },
        { "chatglm", "\"multi_query_attention\":true,\"multi_query_group_num\":2,\"kv_channels\":32", 2, 32, 12, 0, 0 },
        { "chatglm", "\"multi_query_attention\":false,\"multi_query_group_num\":2", 8, 64, 12, 0, 0 },
        { "gpt_bigcode", "\"multi_query\":true", 1, 64, 12, 0, 0 },
        { "jamba", "\"attn_layer_period\":4,\"attn_layer_offset\":2", 8, 64, 3, 0, 0 },
        { "exaone4", "\"sliding_window\":128,\"sliding_window_pattern\":\"LLG\"", 8, 64, 4, 8, 128 },
        { "exaone4", "\"sliding_window\":null,\"sliding_window_pattern\":\"LLG\"", 8, 64, 12, 0, 0 },
        { "gemma4_text", "\"head_dim\":64,\"sliding_window\":512,\"num_kv_shared_layers\":6", 8, 64, 1, 5, 512 },
        { "llama4_text", "\"attention_chunk_size\":1024", 8, 64, 3, 9, 1024 },
        { "phi", "\"partial_rotary_factor\":0.4", 8, 64, 12, 0, 0 }, /* rotates fewer numbers, keeps all */
    };
    for (size_t i = 0; i < G_N_ELEMENTS(traps); i++) {
        struct hfconfig *c = read_with(traps[i].type, traps[i].more);
        const struct model *m = &c->model;
        const int64_t got[] = { m->kv_heads, m->head_dim, m->full_layers, m->windowed_layers, m->sliding_window };
        const int64_t want[] = { traps[i].kv_heads, traps[i].head_dim, traps[i].full, traps[i].windowed,
                                 traps[i].window };
        if (memcmp(got, want, sizeof got))
            g_test_message("%s %s: %ld heads of %ld, %ld full, %ld windowed, window %ld", traps[i].type, traps[i].more,
                           (long)got[0], (long)got[1], (long)got[2], (long)got[3], (long)got[4]);
        g_assert_cmpmem(got, sizeof got, want, sizeof want);
        hfconfig_free(c);
    }
}

static void check_type(const char *type, const char *more, int tied, const char *native)
{
    struct hfconfig *c = read_with(type, more);
    g_assert_cmpint(c->model.tied_embeddings, ==, tied);
    g_assert_cmpstr(c->model.native_dtype, ==, native);
    hfconfig_free(c);
}

/* The default of tie_word_embeddings differs; dtype is the newer name; what is quantized has its own type. */
static void test_ties_and_types(void)
{
    check_type("llama", "", SAID_NO, "bf16");
    check_type("llama", "\"tie_word_embeddings\":true", SAID_YES, "bf16");
    check_type("gemma2", "", SAID_YES, "bf16");
    check_type("gemma2", "\"tie_word_embeddings\":false", SAID_NO, "bf16");
    check_type("gpt2", "", SAID_YES, "bf16");
    check_type("nobody-knows", "", SAID_NOTHING, "bf16");
    check_type("llama", "\"dtype\":\"float16\"", SAID_NO, "fp16");
    check_type("llama", "\"quantization_config\":{\"quant_method\":\"fp8\"}", SAID_NO, "fp8");
    check_type("llama", "\"quantization_config\":{\"quant_method\":\"mxfp4\"}", SAID_NO, "mxfp4");
    check_type("llama", "\"quantization_config\":{\"quant_method\":\"modelopt\",\"quant_algo\":\"NVFP4\"}", SAID_NO,
               "nvfp4");
    check_type("llama", "\"quantization_config\":{\"quant_method\":\"gptq\",\"bits\":4}", SAID_NO, "int4");
    check_type("llama", "\"quantization_config\":{\"quant_method\":\"bitsandbytes\",\"load_in_8bit\":true}", SAID_NO,
               "int8");
    check_type("llama", "\"quantization_config\":{\"quant_method\":\"novel\"}", SAID_NO, NULL);
}

static void check_experts(const char *more, const char *native, const char *experts)
{
    g_autofree char *all = g_strconcat("\"num_local_experts\":8,\"num_experts_per_tok\":2,", more, NULL);
    struct hfconfig *c = read_with("mixtral", all);
    g_assert_cmpstr(c->model.native_dtype, ==, native);
    g_assert_cmpstr(c->model.expert_dtype, ==, experts);
    hfconfig_free(c);
}

/* Whether experts alone are quantized: in MXFP4 as transformers does it, where attention is left out, or where it is
 * said. */
static void test_expert_types(void)
{
    const char *groups = "],\"quant_method\":\"compressed-tensors\",\"config_groups\":{\"group_0\":{\"weights\":{";
    g_autofree char *some = g_strconcat("\"quantization_config\":{\"ignore\":[\"lm_head\",\"re:.*self_attn.*\"", groups,
                                        "\"num_bits\":4,\"type\":\"int\",\"group_size\":32}}}}", NULL);
    g_autofree char *all = g_strconcat("\"quantization_config\":{\"ignore\":[\"lm_head\",7", groups,
                                       "\"num_bits\":4,\"type\":\"float\",\"group_size\":16}}}}", NULL);
    check_experts("\"quantization_config\":{\"quant_method\":\"mxfp4\"}", "bf16", "mxfp4");
    check_experts(some, "bf16", "int4g32");
    check_experts(all, "nvfp4", NULL);
    check_experts("\"expert_dtype\":\"fp4\",\"quantization_config\":{\"quant_method\":\"fp8\"}", "fp8", "mxfp4");
    check_experts("\"expert_dtype\":\"fp8\",\"quantization_config\":{\"quant_method\":\"fp8\"}", "fp8", NULL);
    check_experts("\"quantization_config\":{\"quant_method\":\"fp8\"}", "fp8", NULL);
    check_experts("\"expert_dtype\":\"fp4\"", "bf16", NULL);
}

static const struct stream *find_stream(const struct hfconfig *c, const char *name)
{
    for (size_t i = 0; i < c->model.caches.n; i++)
        if (!strcmp(list_at(c->model.caches, struct stream, i)->name, name))
            return list_at(c->model.caches, struct stream, i);
    return NULL;
}

static void check_stream(const char *id, const char *name, int64_t layers, int64_t numbers)
{
    struct hfconfig *c = read_named(id);
    const struct stream *s = find_stream(c, name);
    g_assert_nonnull(s);
    g_assert_cmpint(s->layers, ==, layers);
    g_assert_cmpint(stream_numbers(s), ==, numbers);
    hfconfig_free(c);
}

static void check_chosen(const char *id, int64_t reads, int64_t index_heads)
{
    struct hfconfig *c = read_named(id);
    g_assert_cmpint(find_stream(c, "latent")->reads, ==, reads);
    g_assert_cmpint(find_stream(c, "indexer")->index_heads, ==, index_heads);
    hfconfig_free(c);
}

/* Sizes from vLLM's state shapes (mamba_utils.py) and from the makers' descriptions. */
static void test_streams(void)
{
    check_stream("jamba-1.5-mini", "full", 4, 8 * 256);
    check_stream("jamba-1.5-mini", "state", 28, 8192 * 16);
    check_stream("jamba-1.5-mini", "conv", 28, 8192 * 3);
    check_stream("qwen3-next-80b-a3b", "state", 36, 32 * 128 * 128);
    check_stream("qwen3-next-80b-a3b", "conv", 36, 24576);
    check_stream("qwen3.5-27b", "state", 48, 786432);
    check_stream("qwen3.5-27b", "conv", 48, 30720);
    check_stream("nemotron-3-nano-30b-a3b", "state", 23, 524288);
    check_stream("nemotron-3-nano-30b-a3b", "conv", 23, 18432);
    check_stream("nemotron-h-56b", "state", 54, 4194304);
    check_stream("kimi-k3", "state", 69, 1572864);
    check_stream("kimi-k3", "conv", 69, 110592);
    check_stream("kimi-k3", "latent", 24, 576);
    check_stream("deepseek-v3.2", "latent", 61, 576);
    check_stream("deepseek-v3.2", "indexer", 61, 128);
    check_stream("glm-5.2", "indexer", 21, 128); /* 57 layers share another's indices */
    check_chosen("deepseek-v3.2", 2048, 64);
    check_chosen("glm-5", 2048, 32);
    check_chosen("glm-5.2", 2048, 32);
    check_stream("gemma-4-26b-a4b", "full", 5, 2 * 1024);
    check_stream("gemma-4-26b-a4b", "window", 25, 8 * 512);
    check_stream("mimo-v2-flash", "full", 9, 4 * 320);
    check_stream("mimo-v2-flash", "window", 39, 8 * 320);
    check_stream("llama-4-scout", "chunk", 36, 8 * 256);
}

/* --- what is told --- */

static void check_told(const char *type, const char *more, enum hfremark_kind kind, const char *part)
{
    struct hfconfig *c = read_with(type, more);
    const char *text = remark_of(c, kind);
    g_assert_nonnull(text);
    if (!strstr(text, part)) g_test_message("\"%s\" lacks \"%s\"", text, part);
    g_assert_nonnull(strstr(text, part));
    g_assert_cmpstr(c->model.confidence, ==, kind == HFREMARK_UNCOUNTED ? "high" : "medium");
    hfconfig_free(c);
}

static void test_remarks(void)
{
    check_told("nobody-knows", "", HFREMARK_ARCHITECTURE, "\"nobody-knows\" is no architecture");
    check_told("llama", "\"flux_capacitor\":3", HFREMARK_UNKNOWN, "\"flux_capacitor\" was not understood");
    check_told("llama", "\"layer_types\":[\"full_attention\"]", HFREMARK_WRONG,
               "has 1 entries, but there are 12 layers");
    check_told("llama", "\"num_key_value_heads\":3", HFREMARK_WRONG, "3 KV heads cannot serve 8");
    check_told("llama", "\"num_layers\":6", HFREMARK_WRONG, "\"num_layers\" is 6, but \"num_hidden_layers\" is 12");
    check_told("mixtral", "\"num_key_value_heads\":2,\"num_local_experts\":4,\"num_experts_per_tok\":8", HFREMARK_WRONG,
               "routed to 8 experts, but there are 4");
    check_told("llama", "\"vocab_size\":-5", HFREMARK_WRONG, "\"vocab_size\" is not one whole number");
    check_told("llama", "\"vocab_size\":9223372036854775808", HFREMARK_WRONG, "\"vocab_size\" is not one whole number");
    check_told("llama", "\"vocab_size\":1e300", HFREMARK_WRONG, "\"vocab_size\" is not one whole number");
    check_told("llama", "\"vocab_size\":\"many\"", HFREMARK_WRONG, "\"vocab_size\" is not one whole number");
    check_told("llama", "\"vocab_size\":[1,2]", HFREMARK_WRONG, "\"vocab_size\" is not one whole number");
    check_told("llama", "\"tie_word_embeddings\":\"yes\"", HFREMARK_WRONG, "neither true nor false");
    check_told("llama", "\"hidden_size\":512", HFREMARK_WRONG, "\"hidden_size\" is written twice");
    check_told("llama", "\"dtype\":\"float16\"", HFREMARK_WRONG, "\"dtype\" is fp16, but \"torch_dtype\" is bf16");
    check_told("llama", "\"max_position_embeddings\":null", HFREMARK_MISSING,
               "\"max_position_embeddings\", which matters");
    check_told("gemma2", "", HFREMARK_MISSING, "\"head_dim\" is not there; 256, the default of gemma2");
    check_told("nobody-knows", "\"sliding_window\":100", HFREMARK_UNKNOWN, "Which layers have the \"sliding_window\"");
    check_told("gemma4_text", "\"head_dim\":64,\"sliding_window\":512", HFREMARK_UNCOUNTED, "does not follow");
    struct hfconfig *c = read_with("llama", "\"rope_theta\":10000.0,\"attention_dropout\":0.1,\"bos_token_id\":1,\"rms_"
                                            "norm_eps\":1e-5,\"time_step_limit\":[0.0,Infinity]");
    g_assert_cmpuint(c->remarks->len, ==, 0);
    g_assert_cmpstr(c->model.confidence, ==, "high");
    hfconfig_free(c);
}

/* --- files that lie --- */

static void check_refused(const char *text, gssize length, const char *part)
{
    g_autoptr(GError) error = NULL;
    struct hfconfig *c = hfconfig_read(text, length < 0 ? strlen(text) : (size_t)length, "config.json", &error);
    g_assert_null(c);
    g_assert_error(error, LM_ERROR, LM_ERROR_CONFIG);
    if (!strstr(error->message, part)) g_test_message("\"%s\" lacks \"%s\"", error->message, part);
    g_assert_nonnull(strstr(error->message, part));
    g_assert_true(g_str_has_prefix(error->message, "config.json"));
}

static void test_refused(void)
{
    g_autofree char *deep = g_strnfill(100000, '['), *nested = g_strconcat("{\"a\":", deep, NULL);
    check_refused("", -1, "does not hold a JSON object");
    check_refused("[]", -1, "does not hold a JSON object");
    check_refused("{", -1, "it ends before");
    check_refused("{\"a\":1,}", -1, "not JSON");
    check_refused(nested, -1, "nested too deep");
    check_refused("\xff\xfe", -1, "not UTF-8");
    check_refused("{\"a\":\0}", 7, "not UTF-8");
    check_refused("{}", -1, "describes no language model");
    check_refused("{\"model_type\":\"llama\",\"hidden_size\":512}", -1, "names no number of layers");
    check_refused("{\"model_type\":\"llama\",\"num_hidden_layers\":12}", -1, "or no width");
    check_refused("{\"model_type\":\"llama\",\"num_hidden_layers\":9000000000000000,\"hidden_size\":5}", -1,
                  "more than any model has");
    check_refused("{\"model_type\":7,\"num_hidden_layers\":\"x\",\"hidden_size\":{}}", -1,
                  "describes no language model");
    check_refused("{\"text_config\":{\"model_type\":\"llama\"},\"model_type\":\"llava\"}", -1,
                  "describes no language model");
}

/* Sums beyond 64 bits are unknown, not wrong. */
static void test_overflow(void)
{
    struct hfconfig *c =
        read_with("llama",
                  "\"hidden_size\":9000000000000000,\"vocab_size\":9000000000000000,\"num_hidden_layers\":10000");
    g_assert_cmpint(c->model.params_total, ==, 0);
    g_assert_nonnull(remark_of(c, HFREMARK_UNCOUNTED));
    hfconfig_free(c);
}

/* Files with random bytes, cuts and repeats: an error or an entry with fields in bounds, never more. */
static void test_mutations(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(44);
    g_autoptr(GPtrArray) ids = all_ids();
    static const char *const values[] = { "null", "-1",   "0",     "9223372036854775807", "\"x\"", "[]", "{}",
                                          "true", "1e99", "[[1]]", "{\"a\":{}}" };
    for (int round = 0; round < 3000; round++) {
        g_autofree char *name = g_strconcat(ids->pdata[g_rand_int_range(rand, 0, (gint32)ids->len)], ".json", NULL),
                        *path = file_path(name), *read = NULL;
        g_assert_true(g_file_get_contents(path, &read, NULL, NULL));
        g_autoptr(GString) text = g_string_new(read);
        for (int n = g_rand_int_range(rand, 1, 4); n > 0; n--) {
            gssize at = g_rand_int_range(rand, 0, (gint32)text->len);
            const char *colon = strchr(text->str + at, ':'), *end = colon ? strpbrk(colon, ",}\n") : NULL;
            if (g_rand_int_range(rand, 0, 10) && end) { /* another value */
                gssize from = colon + 1 - text->str;
                g_string_erase(text, from, end - colon - 1);
                g_string_insert(text, from, values[g_rand_int_range(rand, 0, G_N_ELEMENTS(values))]);
            } else if (g_rand_boolean(rand))
                g_string_erase(text, at, g_rand_int_range(rand, 0, (gint32)(text->len - (gsize)at)));
            else
                text->str[at] = (char)g_rand_int_range(rand, 1, 128);
            if (!text->len) g_string_append_c(text, '{');
        }
        g_autoptr(GError) error = NULL;
        struct hfconfig *c = hfconfig_read(text->str, text->len, "config.json", &error);
        g_assert_true(!c == (error != NULL));
        if (c)
            g_assert_cmpint(c->model.full_layers + c->model.windowed_layers + c->model.linear_layers, <=,
                            2 * c->model.layers);
        hfconfig_free(c);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/hfconfig/golden", test_golden);
    g_test_add_func("/hfconfig/catalog", test_catalog);
    g_test_add_func("/hfconfig/published-totals", test_published_totals);
    g_test_add_func("/hfconfig/closed-form", test_closed_form);
    g_test_add_func("/hfconfig/traps", test_traps);
    g_test_add_func("/hfconfig/ties-and-types", test_ties_and_types);
    g_test_add_func("/hfconfig/expert-types", test_expert_types);
    g_test_add_func("/hfconfig/streams", test_streams);
    g_test_add_func("/hfconfig/remarks", test_remarks);
    g_test_add_func("/hfconfig/refused", test_refused);
    g_test_add_func("/hfconfig/overflow", test_overflow);
    g_test_add_func("/hfconfig/mutations", test_mutations);
    return g_test_run();
}
