/* A file that lies about its sizes must end in a sentence, not in a crash. So the order is: lengths against the size of
 * the map, then the JSON, then every entry against the bytes that are there, then all entries against each other.
 */
#include "read/safetensors.h"

#include "read/fail.h"
#include "read/jsonfile.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { LENGTH_BYTES = 8, LONGEST_HEADER = 100000000 /* the reference implementation's limit */ };

struct safetensors {
    GMappedFile *map;
    char *path;
    GArray *tensors;   /* struct tensor, in order of their bytes */
    GHashTable *index; /* name -> struct tensor * */
    JsonObject *notes; /* __metadata__; NULL: none */
};

static const struct {
    const char *name;
    int bytes;
    enum tensor_type type;
} TYPES[] = {
    { "F32", 4, TENSOR_F32 },    { "F16", 2, TENSOR_F16 },       { "BF16", 2, TENSOR_BF16 },
    { "F64", 8, TENSOR_OTHER },  { "I64", 8, TENSOR_OTHER },     { "I32", 4, TENSOR_OTHER },
    { "I16", 2, TENSOR_OTHER },  { "I8", 1, TENSOR_OTHER },      { "U64", 8, TENSOR_OTHER },
    { "U32", 4, TENSOR_OTHER },  { "U16", 2, TENSOR_OTHER },     { "U8", 1, TENSOR_OTHER },
    { "BOOL", 1, TENSOR_OTHER }, { "F8_E4M3", 1, TENSOR_OTHER }, { "F8_E5M2", 1, TENSOR_OTHER },
    { "F8_E8M0", 1, TENSOR_OTHER }, { "C64", 8, TENSOR_OTHER },
};

static void tensor_clear(void *data)
{
    struct tensor *t = data;
    g_free(t->name);
}

char *tensor_shape_text(const int64_t *shape, int dims)
{
    GString *text = g_string_new("[");
    for (int i = 0; i < dims; i++)
        g_string_append_printf(text, "%s%" G_GINT64_FORMAT, i ? ", " : "", shape[i]);
    g_string_append_c(text, ']');
    return g_string_free(text, FALSE);
}

/* The member when it is an array of whole numbers from 0 up; n of them at most `max`. -1 when it is anything else. */
static int read_numbers(JsonObject *entry, const char *key, int64_t *out, int max)
{
    JsonNode *node = json_object_get_member(entry, key);
    if (!node || !JSON_NODE_HOLDS_ARRAY(node))
        return -1;
    JsonArray *array = json_node_get_array(node);
    guint n = json_array_get_length(array);
    if (n > (guint)max)
        return -1;
    for (guint i = 0; i < n; i++) {
        JsonNode *item = json_array_get_element(array, i);
        if (!jsonfile_is_int(item) || json_node_get_int(item) < 0)
            return -1;
        out[i] = json_node_get_int(item);
    }
    return (int)n;
}

static gboolean read_type(const char *path, JsonObject *entry, struct tensor *t, int *bytes, GError **error)
{
    JsonNode *node = json_object_get_member(entry, "dtype");
    const char *name = node && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_string(node) : NULL;
    for (size_t i = 0; name && i < G_N_ELEMENTS(TYPES); i++)
        if (strcmp(name, TYPES[i].name) == 0) {
            t->type_name = TYPES[i].name;
            t->type = TYPES[i].type;
            *bytes = TYPES[i].bytes;
            return TRUE;
        }
    return fail_with(error, LM_ERROR_TENSOR_TYPE,
                     "%s: tensor \"%s\" has the unknown dtype %s; F32, F16 and BF16 can be read.", path, t->name,
                     name ? name : "(no text)");
}

/* Elements by the shape; -1 when the product exceeds what any file could hold. */
static int64_t count_elements(const struct tensor *t)
{
    gint64 count = 1;
    for (int i = 0; i < t->dims; i++) {
        if (t->shape[i] > 0 && count > (G_MAXINT64 >> 4) / t->shape[i])
            return -1;
        count *= t->shape[i];
    }
    return count;
}

static gboolean read_extent(const char *path, JsonObject *entry, struct tensor *t, int bytes, uint64_t available,
                            GError **error)
{
    int64_t offsets[2];
    t->dims = read_numbers(entry, "shape", t->shape, TENSOR_DIMS);
    if (t->dims < 0 || read_numbers(entry, "data_offsets", offsets, 2) != 2)
        return fail_with(error, LM_ERROR_TENSOR_HEADER,
                         "%s: tensor \"%s\" needs a shape of at most %d whole numbers and two data_offsets.", path,
                         t->name, TENSOR_DIMS);
    t->begin = (uint64_t)offsets[0];
    t->end = (uint64_t)offsets[1];
    if (t->begin > t->end || t->end > available)
        return fail_with(error, LM_ERROR_TENSOR_RANGE,
                         "%s: tensor \"%s\" lies at bytes %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT
                         ", but only %" G_GUINT64_FORMAT " bytes follow the header; the file is cut short or damaged.",
                         path, t->name, t->begin, t->end, available);
    t->count = count_elements(t);
    if (t->count < 0 || (uint64_t)t->count * (uint64_t)bytes != t->end - t->begin) {
        g_autofree char *shape = tensor_shape_text(t->shape, t->dims);
        return fail_with(error, LM_ERROR_TENSOR_SIZE,
                         "%s: tensor \"%s\" of shape %s in %s does not fill its %" G_GUINT64_FORMAT " bytes exactly.",
                         path, t->name, shape, t->type_name, t->end - t->begin);
    }
    return TRUE;
}

static gboolean add_tensor(struct safetensors *s, const char *name, JsonNode *node, const char *data,
                           uint64_t available, GError **error)
{
    struct tensor t = { .name = g_strdup(name), .path = s->path };
    int bytes = 0;

    if (!JSON_NODE_HOLDS_OBJECT(node)) {
        fail_with(error, LM_ERROR_TENSOR_HEADER, "%s: the header's entry \"%s\" is not an object.", s->path, name);
        g_free(t.name);
        return FALSE;
    }
    JsonObject *entry = json_node_get_object(node);
    if (!read_type(s->path, entry, &t, &bytes, error) || !read_extent(s->path, entry, &t, bytes, available, error)) {
        g_free(t.name);
        return FALSE;
    }
    t.data = data + t.begin;
    g_array_append_val(s->tensors, t);
    return TRUE;
}

static int compare_places(const void *a, const void *b)
{
    const struct tensor *x = a, *y = b;
    if (x->begin != y->begin)
        return x->begin < y->begin ? -1 : 1;
    if (x->end != y->end)
        return x->end < y->end ? -1 : 1;
    return strcmp(x->name, y->name);
}

/* The tensors must follow each other without gap or overlap and end with the file. */
static gboolean check_places(struct safetensors *s, uint64_t available, GError **error)
{
    uint64_t at = 0;
    const char *before = NULL;

    g_array_sort(s->tensors, compare_places);
    for (guint i = 0; i < s->tensors->len; i++) {
        const struct tensor *t = &g_array_index(s->tensors, struct tensor, i);
        if (t->begin < at)
            return fail_with(error, LM_ERROR_TENSOR_OVERLAP, "%s: tensors \"%s\" and \"%s\" overlap.", s->path, before,
                             t->name);
        if (t->begin > at)
            return fail_with(error, LM_ERROR_TENSOR_GAP,
                             "%s: %" G_GUINT64_FORMAT " bytes before tensor \"%s\" belong to no tensor.", s->path,
                             t->begin - at, t->name);
        at = t->end;
        before = t->name;
    }
    if (at != available)
        fail_with(error, LM_ERROR_TENSOR_GAP, "%s: %" G_GUINT64_FORMAT " bytes at the end belong to no tensor.",
                  s->path, available - at);
    return at == available;
}

/* The length of the header, or 0 and error. */
static uint64_t read_length(const struct safetensors *s, const char *bytes, uint64_t size, GError **error)
{
    if (size < LENGTH_BYTES) {
        fail_with(error, LM_ERROR_TENSOR_SHORT,
                  "%s is only %d bytes long; a safetensors file starts with 8 bytes that give its header's length.",
                  s->path, (int)size);
        return 0;
    }
    uint64_t length;
    memcpy(&length, bytes, sizeof length);
    length = GUINT64_FROM_LE(length);
    if (length > LONGEST_HEADER || length < 2) {
        fail_with(error, LM_ERROR_TENSOR_LENGTH,
                  "%s gives its header's length as %" G_GUINT64_FORMAT " bytes, which no safetensors file has (2 to "
                  "%d); this is another kind of file or it is damaged.",
                  s->path, length, LONGEST_HEADER);
        return 0;
    }
    if (length > size - LENGTH_BYTES) {
        fail_with(error, LM_ERROR_TENSOR_SHORT,
                  "%s ends inside its header: %d bytes are announced and %" G_GUINT64_FORMAT " are there.", s->path,
                  (int)length, size - LENGTH_BYTES);
        return 0;
    }
    return length;
}

static gboolean read_header(struct safetensors *s, GError **error)
{
    const char *bytes = g_mapped_file_get_contents(s->map);
    uint64_t size = g_mapped_file_get_length(s->map), length = read_length(s, bytes, size, error);
    if (!length)
        return FALSE;
    g_autofree char *where = g_strdup_printf("The header of %s", s->path);
    g_autoptr(JsonObject) header = jsonfile_parse(bytes + LENGTH_BYTES, length, where, LM_ERROR_TENSOR_HEADER, error);
    if (!header)
        return FALSE;
    const char *data = bytes + LENGTH_BYTES + length;
    uint64_t available = size - LENGTH_BYTES - length;
    JsonObjectIter iter;
    const char *name;
    JsonNode *node;
    json_object_iter_init(&iter, header);
    JsonNode *notes = json_object_get_member(header, "__metadata__");
    if (notes && JSON_NODE_HOLDS_OBJECT(notes))
        s->notes = json_object_ref(json_node_get_object(notes));
    while (json_object_iter_next(&iter, &name, &node))
        if (strcmp(name, "__metadata__") != 0 && !add_tensor(s, name, node, data, available, error))
            return FALSE;
    return check_places(s, available, error);
}

struct safetensors *safetensors_open(const char *path, GError **error)
{
    if (g_file_test(path, G_FILE_TEST_IS_DIR)) {
        fail_with(error, LM_ERROR_FILE, "%s is a folder; name a safetensors file.", path);
        return NULL;
    }
    g_autoptr(GError) why = NULL;
    GMappedFile *map = g_mapped_file_new(path, FALSE, &why);
    if (!map) {
        fail_with(error, LM_ERROR_FILE, "%s cannot be read: %s.", path, why->message);
        return NULL;
    }
    struct safetensors *s = g_new0(struct safetensors, 1);
    s->map = map;
    s->path = g_strdup(path);
    s->tensors = g_array_new(FALSE, FALSE, sizeof(struct tensor));
    g_array_set_clear_func(s->tensors, tensor_clear);
    s->index = g_hash_table_new(g_str_hash, g_str_equal);
    if (!read_header(s, error)) {
        safetensors_close(s);
        return NULL;
    }
    for (guint i = 0; i < s->tensors->len; i++) {
        struct tensor *t = &g_array_index(s->tensors, struct tensor, i);
        g_hash_table_insert(s->index, t->name, t);
    }
    return s;
}

void safetensors_close(struct safetensors *s)
{
    if (!s)
        return;
    g_hash_table_destroy(s->index);
    g_array_free(s->tensors, TRUE);
    g_mapped_file_unref(s->map);
    g_clear_pointer(&s->notes, json_object_unref);
    g_free(s->path);
    g_free(s);
}

const struct tensor *safetensors_find(const struct safetensors *s, const char *name)
{
    return g_hash_table_lookup(s->index, name);
}

int safetensors_count(const struct safetensors *s) { return (int)s->tensors->len; }

const struct tensor *safetensors_get(const struct safetensors *s, int i)
{
    return &g_array_index(s->tensors, struct tensor, i);
}

void tensor_release(const struct tensor *t)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), start = ((uintptr_t)t->data + page - 1) / page * page,
              end = ((uintptr_t)t->data + (t->end - t->begin)) / page * page;
    if (end > start)
        madvise((void *)start, end - start, MADV_DONTNEED); /* the map is private and clean: nothing is lost */
}

const char *safetensors_note(const struct safetensors *s, const char *key)
{
    JsonNode *node = s->notes ? json_object_get_member(s->notes, key) : NULL;
    return node && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_string(node) : NULL;
}

/* IEEE half precision: sign, 5 bits of exponent (bias 15), 10 of fraction. */
static float half_value(uint16_t half)
{
    uint32_t sign = (uint32_t)(half & 0x8000) << 16, exponent = (half >> 10) & 31, fraction = half & 0x3ff;
    if (exponent == 0) {
        float small = (float)fraction * 0x1p-24f; /* denormal halves are ordinary floats */
        return sign ? -small : small;
    }
    uint32_t bits = sign | (exponent == 31 ? 255u : exponent + 112) << 23 | fraction << 13;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static float word_value(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static uint16_t read_half(const char *at)
{
    uint16_t half;
    memcpy(&half, at, sizeof half);
    return GUINT16_FROM_LE(half);
}

static uint32_t read_word(const char *at)
{
    uint32_t word;
    memcpy(&word, at, sizeof word);
    return GUINT32_FROM_LE(word);
}

void tensor_read(const struct tensor *t, int64_t first, int64_t n, float *out)
{
    g_assert(first >= 0 && n >= 0 && first <= t->count && n <= t->count - first);
    switch (t->type) {
    case TENSOR_F32:
        for (int64_t i = 0; i < n; i++)
            out[i] = word_value(read_word(t->data + 4 * (first + i)));
        return;
    case TENSOR_F16:
        for (int64_t i = 0; i < n; i++)
            out[i] = half_value(read_half(t->data + 2 * (first + i)));
        return;
    case TENSOR_BF16:
        for (int64_t i = 0; i < n; i++)
            out[i] = word_value((uint32_t)read_half(t->data + 2 * (first + i)) << 16);
        return;
    case TENSOR_OTHER:
        break;
    }
    g_assert_not_reached();
}
