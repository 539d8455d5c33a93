/* The reader on files that are right, and on files that lie, each with its own message. */
#include "lm/lm.h"
#include "read/safetensors.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

static char *path_of(const char *folder) { return g_build_filename(folder, "x.safetensors", NULL); }

/* A file of this announced length, header and data bytes. */
static char *write_raw(const char *folder, guint64 length, const char *header, const void *data, gsize n)
{
    char *path = path_of(folder);
    g_autoptr(GByteArray) file = g_byte_array_new();
    length = GUINT64_TO_LE(length);
    g_byte_array_append(file, (const guint8 *)&length, 8);
    g_byte_array_append(file, (const guint8 *)header, (guint)strlen(header));
    g_byte_array_append(file, data, (guint)n);
    g_assert_true(g_file_set_contents(path, (const char *)file->data, (gssize)file->len, NULL));
    return path;
}

static void test_values(void)
{
    /* An odd header length puts every number at an odd address. */
    static const char header[] = "{\"__metadata__\":{\"format\":\"pt\"},"
                                 "\"b\":{\"dtype\":\"BF16\",\"shape\":[3],\"data_offsets\":[16,22]},"
                                 "\"h\":{\"dtype\":\"F16\",\"shape\":[2,4],\"data_offsets\":[0,16]},"
                                 "\"s\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[22,26]},\"e\":{\"dtype\":"
                                 "\"I64\",\"shape\":[0,5],"
                                 "\"data_offsets\":[26,26]}}";
    static const guint16 words[] = { 0x3c00, 0xc000, 0x0001, 0x8400, 0x7bff, 0x3555, 0x7c00, 0x8000, /* halves */
                                     0x3f80, 0xc0a0, 0x0080,                                         /* bfloats */
                                     0x0fdb, 0x4049 }; /* one single: pi */
    static const float halves[] = { 1, -2, 0x1p-24f, -0x1p-14f, 65504, 0x1.554p-2f, INFINITY, -0.0f };
    g_assert_cmpint(strlen(header) % 2, ==, 1);
    g_autofree char *folder = g_dir_make_tmp("st-XXXXXX", NULL);
    g_autofree char *path = write_raw(folder, strlen(header), header, words, sizeof words);
    g_autoptr(GError) error = NULL;
    struct safetensors *s = safetensors_open(path, &error);
    g_assert_no_error(error);
    float out[8];
    const struct tensor *t = safetensors_find(s, "h");
    g_assert_cmpint(t->dims, ==, 2);
    tensor_read(t, 0, 8, out);
    g_assert_cmpmem(out, sizeof out, halves, sizeof halves);
    tensor_read(t, 4, 1, out);
    g_assert_cmpfloat(out[0], ==, 65504);
    tensor_read(safetensors_find(s, "b"), 0, 3, out);
    g_assert_cmpfloat(out[0], ==, 1);
    g_assert_cmpfloat(out[1], ==, -5);
    g_assert_cmpfloat(out[2], ==, 0x1p-126f);
    t = safetensors_find(s, "s");
    g_assert_cmpint(t->dims, ==, 0);
    tensor_read(t, 0, 1, out);
    g_assert_cmpfloat(out[0], ==, 0x1.921fb6p+1f);
    g_assert_cmpint(safetensors_find(s, "e")->count, ==, 0);
    g_assert_null(safetensors_find(s, "__metadata__"));
    safetensors_close(s);
    g_remove(path);
    g_rmdir(folder);
}

static const struct {
    guint64 longer;
    const char *header;
    gsize data;
    int code;
    const char *words;
} BAD[] = {
    { 1, "{}", 0, LM_ERROR_TENSOR_SHORT, "ends inside its header: 3 bytes are announced and 2 are there" },
    { 1u << 30, "{}", 0, LM_ERROR_TENSOR_LENGTH, "header's length as 1073741826" },
    { G_MAXUINT64, "{}", 0, LM_ERROR_TENSOR_LENGTH, "header's length as 1 bytes" },
    { G_MAXUINT64 - 2, "{}", 0, LM_ERROR_TENSOR_LENGTH, "header's length as 18446744073709551615" },
    { 0, "{\"a\":", 0, LM_ERROR_TENSOR_HEADER, "is not JSON" },
    { 0, "\xff\xff", 0, LM_ERROR_TENSOR_HEADER, "is not UTF-8" },
    { 0, "[]", 0, LM_ERROR_TENSOR_HEADER, "JSON object" },
    { 0, "{\"a\":7}", 0, LM_ERROR_TENSOR_HEADER, "entry \"a\" is not an object" },
    { 0, "{\"a\":{\"shape\":[1],\"data_offsets\":[0,4]}}", 4, LM_ERROR_TENSOR_TYPE, "unknown dtype (no text)" },
    { 0, "{\"a\":{\"dtype\":\"F12\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, LM_ERROR_TENSOR_TYPE,
      "unknown dtype F12" },
    { 0, "{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}", 4, LM_ERROR_TENSOR_HEADER,
      "whole numbers" },
    { 0, "{\"a\":{\"dtype\":\"F32\",\"shape\":[1.5],\"data_offsets\":[0,4]}}", 4, LM_ERROR_TENSOR_HEADER,
      "whole numbers" },
    { 0, "{\"a\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,1,1,1,1,1],\"data_offsets\":[0,4]}}", 4, LM_ERROR_TENSOR_HEADER,
      "at most 8" },
    { 0, "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0]}}", 4, LM_ERROR_TENSOR_HEADER,
      "two data_offsets" },
    { 0, "{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4, LM_ERROR_TENSOR_HEADER, "two data_offsets" },
    { 0, "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 4, LM_ERROR_TENSOR_RANGE,
      "only 4 bytes follow" },
    { 0, "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}}", 4, LM_ERROR_TENSOR_RANGE,
      "bytes 4 to 0" },
    { 0, "{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,4]}}", 4, LM_ERROR_TENSOR_SIZE,
      "shape [3] in F32" },
    { 0, "{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,0]}}", 0,
      LM_ERROR_TENSOR_SIZE, "shape [4611686018427387904, 4]" },
    { 0,
      "{\"a\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[0,4]},\"b\":{\"dtype\":\"F16\",\"shape\":[2],\"data_"
      "offsets\":[2,6]}}",
      6, LM_ERROR_TENSOR_OVERLAP, "\"a\" and \"b\" overlap" },
    { 0, "{\"a\":{\"dtype\":\"F16\",\"shape\":[1],\"data_offsets\":[2,4]}}", 4, LM_ERROR_TENSOR_GAP,
      "2 bytes before tensor \"a\"" },
    { 0, "{\"a\":{\"dtype\":\"F16\",\"shape\":[1],\"data_offsets\":[0,2]}}", 5, LM_ERROR_TENSOR_GAP,
      "3 bytes at the end" },
};

static void assert_fails(const char *path, int code, const char *words)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(safetensors_open(path, &error));
    g_assert_error(error, LM_ERROR, code);
    if (!strstr(error->message, words))
        g_error("\"%s\" does not say \"%s\"", error->message, words);
    g_assert_nonnull(strstr(error->message, "x.safetensors"));
}

static void test_bad(void)
{
    static const char zeros[16];
    g_autofree char *folder = g_dir_make_tmp("st-XXXXXX", NULL), *path = path_of(folder);
    assert_fails(path, LM_ERROR_FILE, "cannot be read");
    for (gssize n = 0; n < 8; n++) {
        g_assert_true(g_file_set_contents(path, zeros, n, NULL));
        assert_fails(path, LM_ERROR_TENSOR_SHORT, "bytes long");
    }
    for (gsize i = 0; i < G_N_ELEMENTS(BAD); i++) {
        g_free(write_raw(folder, strlen(BAD[i].header) + BAD[i].longer, BAD[i].header, zeros, BAD[i].data));
        assert_fails(path, BAD[i].code, BAD[i].words);
    }
    g_remove(path);
    g_rmdir(folder);
}

/* A good file cut anywhere never opens; with any bit of its header changed it is never read outside of itself. */
static void test_damage(void)
{
    static const char header[] = "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}";
    static const char zeros[8];
    g_autofree char *folder = g_dir_make_tmp("st-XXXXXX", NULL),
                    *path = write_raw(folder, strlen(header), header, zeros, 8), *good = NULL;
    gsize size;
    g_assert_true(g_file_get_contents(path, &good, &size, NULL));
    for (gsize n = 0; n < size; n++) {
        g_assert_true(g_file_set_contents(path, good, (gssize)n, NULL));
        g_assert_null(safetensors_open(path, NULL));
    }
    for (gsize i = 0; i < 8 + strlen(header); i++)
        for (int flip = 1; flip < 256; flip <<= 1) {
            good[i] = (char)(good[i] ^ flip);
            g_assert_true(g_file_set_contents(path, good, (gssize)size, NULL));
            struct safetensors *s = safetensors_open(path, NULL);
            const struct tensor *t = s ? safetensors_find(s, "a") : NULL;
            float out[8];
            if (t && t->type != TENSOR_OTHER && t->count <= 8)
                tensor_read(t, 0, t->count, out);
            safetensors_close(s);
            good[i] = (char)(good[i] ^ flip);
        }
    g_remove(path);
    g_rmdir(folder);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/safetensors/values", test_values);
    g_test_add_func("/safetensors/bad", test_bad);
    g_test_add_func("/safetensors/damage", test_damage);
    return g_test_run();
}
