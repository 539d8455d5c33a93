/* Weights in several files: the same model, the index's mistakes against their messages, and folders with random
 * damage, which end in a sentence or in a model that runs, never outside of a file. */
#include "gpt_folder.h"
#include "lm/lm.h"
#include "lm/shards.h"

static const char INDEX[] = "model.safetensors.index.json";
static const char *const FILES[] = { "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors" };
static const int IDS[] = { 3, 1, 4, 1, 5, 9, 2, 6 };

static const struct folder SHAPE = { .kind = "llama", .layers = 1, .heads = 2, .kv_heads = 1, .head_dim = 4, .width = 8,
                                     .inner = 12, .vocab = 97, .context = 16, .prefix = "model.", .dtype = "F32",
                                     .own_head = TRUE };

static const struct folder_tensor *tensor_of(const struct folder *f, guint i)
{
    return &g_array_index(f->tensors, struct folder_tensor, i);
}

/* Writes tensors first .. end - 1 in a file, and `extra`, with which the file repeats a tensor of another one. */
static void write_shard(const struct folder *f, const char *name, guint first, guint end, int extra)
{
    g_autoptr(GByteArray) data = g_byte_array_new(), file = g_byte_array_new();
    g_autoptr(GString) header = g_string_new("{\"__metadata__\":{\"format\":\"pt\"}");
    for (guint i = first; i < end + (extra >= 0); i++) {
        const struct folder_tensor *t = tensor_of(f, i < end ? i : (guint)extra);
        guint begin = data->len, numbers = (guint)((t->rows ? t->rows : 1) * t->columns);
        g_autofree char *rows = t->rows ? g_strdup_printf("%d,", t->rows) : g_strdup("");
        g_byte_array_append(data, (const guint8 *)t->values, 4 * numbers);
        g_string_append_printf(header, ",\"%s%s\":{\"dtype\":\"F32\",\"shape\":[%s%d],\"data_offsets\":[%u,%u]}",
                               strcmp(t->name, "lm_head.weight") == 0 ? "" : f->prefix, t->name, rows, t->columns,
                               begin, data->len);
    }
    g_string_append(header, "}");
    guint64 length = GUINT64_TO_LE((guint64)header->len);
    g_byte_array_append(file, (const guint8 *)&length, 8);
    g_byte_array_append(file, (const guint8 *)header->str, (guint)header->len);
    g_byte_array_append(file, data->data, data->len);
    folder_write(f, name, file->data, file->len);
}

static void write_index(const struct folder *f, guint split, const char *more)
{
    g_autoptr(GString) index = g_string_new("{\"metadata\":{\"total_size\":1},\"weight_map\":{");
    for (guint i = 0; i < f->tensors->len; i++)
        g_string_append_printf(index, "%s\"%s%s\":\"%s\"", i ? "," : "",
                               strcmp(tensor_of(f, i)->name, "lm_head.weight") == 0 ? "" : f->prefix,
                               tensor_of(f, i)->name, FILES[i >= split]);
    g_string_append_printf(index, "%s}}", more);
    folder_write(f, INDEX, index->str, (gssize)index->len);
}

static void drop(const struct folder *f, const char *name)
{
    g_autofree char *path = g_build_filename(f->path, name, NULL);
    g_remove(path);
}

/* A folder in two shards. */
static struct folder sharded(guint split)
{
    struct folder f = folder_new_llama(SHAPE);
    drop(&f, "model.safetensors");
    write_shard(&f, FILES[0], 0, split, -1);
    write_shard(&f, FILES[1], split, f.tensors->len, -1);
    write_index(&f, split, "");
    return f;
}

static void sharded_free(struct folder *f)
{
    drop(f, FILES[0]);
    drop(f, FILES[1]);
    drop(f, INDEX);
    folder_free(f);
}

static struct lm *load(const struct folder *f)
{
    g_autoptr(GError) error = NULL;
    struct lm *g = lm_load(f->path, &error);
    g_assert_no_error(error);
    return g;
}

static void test_same_model(void)
{
    struct folder whole = folder_new_llama(SHAPE);
    float expected[97], got[97];
    struct lm *g = load(&whole);
    lm_forward(g, NULL, IDS, 8, expected, NULL, NULL);
    int64_t params = lm_shape(g).params;
    lm_free(g);
    for (guint split = 1; split < whole.tensors->len; split += 4) {
        struct folder f = sharded(split);
        g = load(&f);
        lm_forward(g, NULL, IDS, 8, got, NULL, NULL);
        g_assert_cmpmem(got, sizeof got, expected, sizeof expected);
        g_assert_cmpint(lm_shape(g).params, ==, params);
        lm_free(g);
        sharded_free(&f);
    }
    folder_free(&whole);
}

static void assert_load_fails(const struct folder *f, int code, const char *words)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(lm_load(f->path, &error));
    g_assert_error(error, LM_ERROR, code);
    if (!strstr(error->message, words))
        g_error("\"%s\" does not say \"%s\"", error->message, words);
}

static void test_names(void)
{
    static const char *const names[] = { "../other.safetensors", "/etc/passwd", "sub/model.safetensors", "..", "",
                                         "a\\\\b.safetensors",   ".safetensors", "model.bin" };
    struct folder f = sharded(3);
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *more = g_strdup_printf(",\"extra\":\"%s\"", names[i]);
        write_index(&f, 3, more);
        assert_load_fails(&f, LM_ERROR_INDEX, "tensor \"extra\" is said to lie in");
    }
    write_index(&f, 3, ",\"extra\":7");
    assert_load_fails(&f, LM_ERROR_INDEX, "is said to lie in \"(no text)\"; the name of a .safetensors file");
    sharded_free(&f);
}

static void test_bad_index(void)
{
    struct folder f = sharded(3);
    write_index(&f, 3, ",\"extra\":\"model-00003-of-00003.safetensors\"");
    assert_load_fails(&f, LM_ERROR_FILE, "lies in \"model-00003-of-00003.safetensors\", which is not in the folder");
    write_index(&f, 3, ",\"extra\":\"model-00002-of-00002.safetensors\"");
    assert_load_fails(&f, LM_ERROR_TENSOR_MISSING,
                      "tensor \"extra\" should lie in \"model-00002-of-00002.safetensors\"");
    write_index(&f, 4, "");
    assert_load_fails(&f, LM_ERROR_TENSOR_MISSING,
                      "should lie in \"model-00001-of-00002.safetensors\", but is not there");
    folder_write(&f, INDEX, "{\"weight_map\":{}}", -1);
    assert_load_fails(&f, LM_ERROR_INDEX, "has no group \"weight_map\"");
    folder_write(&f, INDEX, "{\"weight_map\":[1]}", -1);
    assert_load_fails(&f, LM_ERROR_INDEX, "has no group \"weight_map\"");
    folder_write(&f, INDEX, "{", -1);
    assert_load_fails(&f, LM_ERROR_INDEX, "is not JSON");
    write_index(&f, 3, "");
    write_shard(&f, FILES[1], 3, f.tensors->len, 1);
    assert_load_fails(&f, LM_ERROR_INDEX, "stands twice");
    write_shard(&f, FILES[1], 3, f.tensors->len - 1, -1);
    assert_load_fails(&f, LM_ERROR_TENSOR_MISSING, "lm_head.weight");
    drop(&f, FILES[1]);
    assert_load_fails(&f, LM_ERROR_FILE, FILES[1]);
    folder_write(&f, FILES[1], "\377\377", 2);
    assert_load_fails(&f, LM_ERROR_TENSOR_SHORT, FILES[1]);
    sharded_free(&f);
}

/* transformers' older files are programs: nobody runs them here, and the message says what to do. */
static void test_pickle(void)
{
    static const char *const names[] = { "pytorch_model.bin", "pytorch_model.bin.index.json" };
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        struct folder f = folder_new_llama(SHAPE);
        drop(&f, "model.safetensors");
        assert_load_fails(&f, LM_ERROR_FILE, "model.safetensors cannot be read");
        folder_write(&f, names[i], "x", 1);
        assert_load_fails(&f, LM_ERROR_FILE, "save_pretrained(folder, safe_serialization=True)");
        drop(&f, names[i]);
        folder_free(&f);
    }
}

static void test_types(void)
{
    static const struct { const char *dtype; int bytes; } types[] = { { "I8", 1 }, { "F8_E4M3", 1 }, { "F64", 8 } };
    for (size_t i = 0; i < G_N_ELEMENTS(types); i++) {
        struct folder f = sharded(3);
        g_autofree char *header = g_strdup_printf(
            "{\"model.layers.0.self_attn.q_proj.weight\":{\"dtype\":\"%s\",\"shape\":[8,8],\"data_offsets\":[0,%d]}}",
            types[i].dtype, 64 * types[i].bytes);
        guint64 length = GUINT64_TO_LE((guint64)strlen(header));
        g_autoptr(GByteArray) file = g_byte_array_new();
        g_byte_array_append(file, (const guint8 *)&length, 8);
        g_byte_array_append(file, (const guint8 *)header, (guint)strlen(header));
        g_byte_array_set_size(file, file->len + 64 * (guint)types[i].bytes);
        memset(file->data + 8 + strlen(header), 0, 64 * (size_t)types[i].bytes);
        folder_write(&f, "q.safetensors", file->data, file->len);
        g_assert_cmpstr(tensor_of(&f, 2)->name, ==, "layers.0.self_attn.q_proj.weight");
        write_shard(&f, FILES[0], 0, 2, -1);
        write_index(&f, 2, "");
        write_shard(&f, FILES[1], 3, f.tensors->len, -1);
        g_autofree char *path = g_build_filename(f.path, INDEX, NULL), *index = NULL;
        g_assert_true(g_file_get_contents(path, &index, NULL, NULL));
        char *at = strstr(strstr(index, "q_proj.weight"), FILES[1]); /* the index names the file of one tensor anew */
        g_autofree char *changed = g_strdup_printf("%.*sq.safetensors%s", (int)(at - index), index,
                                                   at + strlen(FILES[1]));
        folder_write(&f, INDEX, changed, -1);
        g_autofree char *words = g_strdup_printf("holds %s; F32, F16 and BF16 can be read", types[i].dtype);
        assert_load_fails(&f, LM_ERROR_TENSOR_TYPE, words);
        drop(&f, "q.safetensors");
        sharded_free(&f);
    }
}

/* ---- damage ---- */

struct damage { uint32_t state; };

static uint32_t draw(struct damage *d, uint32_t below)
{
    d->state = d->state * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)d->state * below >> 32);
}

/* One change of the first `within` bytes: a bit, a byte of JSON, a digit, a piece taken out, doubled or cut off. */
static void change(struct damage *d, GByteArray *file, uint32_t within)
{
    static const char useful[] = "0123456789{}[]\",:-.e ntf/";
    uint32_t at = draw(d, MIN(within, file->len)), n = 1 + draw(d, 12);
    n = MIN(n, file->len - at);
    switch (draw(d, 6)) {
    case 0: file->data[at] ^= (guint8)(1u << draw(d, 8)); break;
    case 1: file->data[at] = (guint8)useful[draw(d, sizeof useful - 1)]; break;
    case 2:
        for (uint32_t i = at; i < file->len; i++) /* the next digit */
            if (g_ascii_isdigit(file->data[i])) {
                file->data[i] = (guint8)('0' + draw(d, 10));
                break;
            }
        break;
    case 3: g_byte_array_remove_range(file, at, n); break;
    case 4: {
        g_autofree guint8 *piece = g_memdup2(file->data + at, n);
        g_byte_array_append(file, piece, n);
        memmove(file->data + at + n, file->data + at, file->len - n - at);
        memcpy(file->data + at, piece, n);
        break;
    }
    default: g_byte_array_set_size(file, at); break;
    }
}

/* Loads what may be damaged. True: it is a model still, and ran. */
static gboolean try_load(const struct folder *f)
{
    g_autoptr(GError) error = NULL;
    struct lm *g = lm_load(f->path, &error);
    if (!g) {
        g_assert_nonnull(error);
        g_assert_true(error->domain == LM_ERROR && strlen(error->message) > 20);
        return FALSE;
    }
    struct lm_shape s = lm_shape(g);
    g_autofree float *logits = g_new(float, s.vocab);
    int n = MIN(8, s.max_tokens);
    lm_forward(g, NULL, IDS, n, logits, NULL, NULL);
    lm_free(g);
    return TRUE;
}

static void test_damage(void)
{
    const char *const names[] = { "config.json", INDEX, FILES[0], FILES[1], "vocab.json" };
    struct folder f = sharded(5);
    struct damage d = { 2026 };
    int ran = 0, refused = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(f.path, names[i], NULL), *good = NULL;
        gsize length;
        g_assert_true(g_file_get_contents(path, &good, &length, NULL));
        for (int k = 0; k < 150; k++) {
            g_autoptr(GByteArray) file = g_byte_array_new();
            g_byte_array_append(file, (const guint8 *)good, (guint)length);
            for (uint32_t changes = 1 + draw(&d, 3); changes > 0 && file->len > 0; changes--)
                change(&d, file, 1000);
            folder_write(&f, names[i], file->len ? (const char *)file->data : "", file->len);
            *(try_load(&f) ? &ran : &refused) += 1;
        }
        folder_write(&f, names[i], good, (gssize)length);
    }
    g_assert_true(try_load(&f));
    g_assert_cmpint(refused, >, 400);
    g_assert_cmpint(ran, >, 10);
    sharded_free(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/shards/same-model", test_same_model);
    g_test_add_func("/shards/names", test_names);
    g_test_add_func("/shards/bad-index", test_bad_index);
    g_test_add_func("/shards/pickle", test_pickle);
    g_test_add_func("/shards/types", test_types);
    g_test_add_func("/shards/damage", test_damage);
    return g_test_run();
}
