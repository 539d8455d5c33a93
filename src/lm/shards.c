/* The index is a list of promises. Each is checked against the shard's own header, which safetensors_open() has checked
 * against the shard's bytes.
 */
#include "lm/shards.h"

#include "read/fail.h"
#include "read/jsonfile.h"

#include <string.h>

struct shards {
    char *path;         /* what shards_path() says */
    GHashTable *files;  /* name in the folder -> struct safetensors * */
    GHashTable *index;  /* tensor's name -> const struct tensor * */
};

/* Adds a file's tensors. FALSE and error: one of them is in another file too. */
static gboolean add_tensors(struct shards *s, const struct safetensors *file, GError **error)
{
    for (int i = 0; i < safetensors_count(file); i++) {
        const struct tensor *t = safetensors_get(file, i), *twin = g_hash_table_lookup(s->index, t->name);
        if (twin)
            return fail_with(error, LM_ERROR_INDEX, "tensor \"%s\" stands twice, in %s and in %s.", t->name,
                             twin->path, t->path);
        g_hash_table_insert(s->index, t->name, (gpointer)t);
    }
    return TRUE;
}

static gboolean add_file(struct shards *s, const char *folder, const char *name, GError **error)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    struct safetensors *file = safetensors_open(path, error);
    if (!file)
        return FALSE;
    g_hash_table_insert(s->files, g_strdup(name), file);
    return add_tensors(s, file, error);
}

/* A name that can only mean a file in the folder itself. */
static gboolean is_plain_name(const char *name)
{
    return g_str_has_suffix(name, ".safetensors") && name[0] != '.' && !strpbrk(name, "/\\:");
}

/* Opens the shard that the index names for a tensor, unless it is open. */
static gboolean add_shard(struct shards *s, const char *folder, const char *tensor, JsonNode *node, GError **error)
{
    const char *name = JSON_NODE_HOLDS_VALUE(node) ? json_node_get_string(node) : NULL;
    if (!name || !is_plain_name(name))
        return fail_with(error, LM_ERROR_INDEX,
                         "%s: tensor \"%s\" is said to lie in \"%s\"; the name of a .safetensors file in the same "
                         "folder is needed.",
                         s->path, tensor, name ? name : "(no text)");
    if (g_hash_table_contains(s->files, name))
        return TRUE;
    g_autofree char *path = g_build_filename(folder, name, NULL);
    if (!g_file_test(path, G_FILE_TEST_EXISTS))
        return fail_with(error, LM_ERROR_FILE, "%s: tensor \"%s\" lies in \"%s\", which is not in the folder.",
                         s->path, tensor, name);
    return add_file(s, folder, name, error);
}

static gboolean check_tensor(const struct shards *s, const char *tensor, JsonNode *node, GError **error)
{
    const char *name = json_node_get_string(node);
    const struct safetensors *file = g_hash_table_lookup(s->files, name);
    return safetensors_find(file, tensor) ||
           fail_with(error, LM_ERROR_TENSOR_MISSING, "%s: tensor \"%s\" should lie in \"%s\", but is not there.",
                     s->path, tensor, name);
}

static gboolean add_map(struct shards *s, const char *folder, JsonObject *map, GError **error)
{
    JsonObjectIter iter;
    const char *tensor;
    JsonNode *node;

    json_object_iter_init(&iter, map);
    while (json_object_iter_next(&iter, &tensor, &node))
        if (!add_shard(s, folder, tensor, node, error))
            return FALSE;
    json_object_iter_init(&iter, map);
    while (json_object_iter_next(&iter, &tensor, &node))
        if (!check_tensor(s, tensor, node, error))
            return FALSE;
    return TRUE;
}

static gboolean open_index(struct shards *s, const char *folder, GError **error)
{
    g_autofree char *text = NULL;
    g_autoptr(GError) why = NULL;
    size_t length;

    if (!g_file_get_contents(s->path, &text, &length, &why))
        return fail_with(error, LM_ERROR_FILE, "%s cannot be read: %s.", s->path, why->message);
    g_autoptr(JsonObject) object = jsonfile_parse(text, length, s->path, LM_ERROR_INDEX, error);
    if (!object)
        return FALSE;
    JsonNode *map = json_object_get_member(object, "weight_map");
    if (!map || !JSON_NODE_HOLDS_OBJECT(map) || json_object_get_size(json_node_get_object(map)) == 0)
        return fail_with(error, LM_ERROR_INDEX,
                         "%s has no group \"weight_map\" that says which tensor lies in which file.", s->path);
    return add_map(s, folder, json_node_get_object(map), error);
}

static gboolean has_file(const char *folder, const char *name)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    return g_file_test(path, G_FILE_TEST_EXISTS);
}

/* transformers too takes the single file where both stand. */
static gboolean open_all(struct shards *s, const char *folder, GError **error)
{
    static const char single[] = "model.safetensors", index[] = "model.safetensors.index.json";
    gboolean sharded = !has_file(folder, single) && has_file(folder, index);

    s->path = g_build_filename(folder, sharded ? index : single, NULL);
    if (sharded)
        return open_index(s, folder, error);
    if (!has_file(folder, single) &&
        (has_file(folder, "pytorch_model.bin") || has_file(folder, "pytorch_model.bin.index.json")))
        return fail_with(error, LM_ERROR_FILE,
                         "%s does not exist; the folder holds pytorch_model.bin, a program of Python's pickle, which "
                         "is not run here. Convert it: load the model with transformers and call "
                         "save_pretrained(folder, safe_serialization=True).",
                         s->path);
    return add_file(s, folder, single, error);
}

static void close_file(void *file) { safetensors_close(file); }

struct shards *shards_open(const char *folder, GError **error)
{
    struct shards *s = g_new0(struct shards, 1);
    s->files = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, close_file);
    s->index = g_hash_table_new(g_str_hash, g_str_equal);
    if (open_all(s, folder, error))
        return s;
    shards_close(s);
    return NULL;
}

void shards_close(struct shards *s)
{
    if (!s)
        return;
    g_hash_table_destroy(s->index);
    g_hash_table_destroy(s->files);
    g_free(s->path);
    g_free(s);
}

const struct tensor *shards_find(const struct shards *s, const char *name)
{
    return g_hash_table_lookup(s->index, name);
}

const char *shards_path(const struct shards *s) { return s->path; }
