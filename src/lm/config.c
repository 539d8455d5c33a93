/* The keys that all families share, and whose reader is asked for the rest. */
#include "lm/config.h"

#include "lm/config_keys.h"
#include "read/fail.h"
#include "read/jsonfile.h"

#include <string.h>

gboolean config_fail(const struct config *c, GError **error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *why = g_strdup_vprintf(format, args);
    va_end(args);
    return fail_with(error, LM_ERROR_CONFIG, "%s: %s", c->path, why);
}

gboolean config_has(JsonObject *object, const char *key)
{
    JsonNode *node = json_object_get_member(object, key);
    return node && !JSON_NODE_HOLDS_NULL(node);
}

const char *config_text(JsonObject *object, const char *key)
{
    JsonNode *node = json_object_get_member(object, key);
    return node && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_string(node) : NULL;
}

gboolean config_flag(JsonObject *object, const char *key, gboolean standard)
{
    JsonNode *node = json_object_get_member(object, key);
    gboolean given = node && JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_BOOLEAN;
    return given ? json_node_get_boolean(node) : standard;
}

gboolean config_size(const struct config *c, JsonObject *object, const char *key, int most, int *out, GError **error)
{
    gint64 value;
    if (!jsonfile_int(object, key, 1, most, &value, NULL, c->path, LM_ERROR_CONFIG, error))
        return FALSE;
    *out = (int)value;
    return TRUE;
}

gboolean config_size_or(const struct config *c, JsonObject *object, const char *key, int most, int standard, int *out,
                        GError **error)
{
    *out = standard;
    return !config_has(object, key) || config_size(c, object, key, most, out, error);
}

gboolean config_number(const struct config *c, JsonObject *object, const char *key, double low, double high,
                       const double *standard, double *out, GError **error)
{
    JsonNode *node = json_object_get_member(object, key);
    GType type = node && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_value_type(node) : G_TYPE_INVALID;

    if (standard && !config_has(object, key)) {
        *out = *standard;
        return TRUE;
    }
    *out = type == G_TYPE_INT64 || type == G_TYPE_DOUBLE ? json_node_get_double(node) : low;
    return (*out > low && *out < high) ||
           config_fail(c, error, "%s must be a number above %g and below %g.", key, low, high);
}

/* Weights that are not plain numbers, or of which a token passes through a part. */
static gboolean check_weights(const struct config *c, JsonObject *object, GError **error)
{
    static const char *const experts[] = { "num_local_experts", "num_experts", "n_routed_experts" };
    if (config_has(object, "quantization_config"))
        return config_fail(c, error,
                           "quantization_config says that the weights are quantised; weights in F32, F16 or BF16 can "
                           "be run.");
    for (size_t i = 0; i < G_N_ELEMENTS(experts); i++)
        if (config_has(object, experts[i]))
            return config_fail(c, error, "%s says that this is a mixture of experts; dense models can be run.",
                               experts[i]);
    return TRUE;
}

static gboolean read_family(struct config *c, JsonObject *object, GError **error)
{
    static const char *const llamas[] = { "llama", "mistral", "qwen2" };
    const char *kind = config_text(object, "model_type");

    if (!kind || strcmp(kind, "gpt2") == 0)
        return config_read_gpt2(c, object, error);
    for (size_t i = 0; i < G_N_ELEMENTS(llamas); i++)
        if (strcmp(kind, llamas[i]) == 0)
            return config_read_llama(c, object, kind, error);
    return config_fail(c, error,
                       "model_type is \"%s\"; \"gpt2\", \"llama\", \"mistral\" and \"qwen2\" models can be run.", kind);
}

static gboolean read_origin(struct config *c, JsonObject *object, GError **error)
{
    const char *origin = config_text(object, "kvreel_origin");
    if (origin && strcmp(origin, "trained") != 0 && strcmp(origin, "seeded") != 0)
        return config_fail(c, error, "kvreel_origin is \"%s\"; it may be \"trained\" or \"seeded\".", origin);
    c->origin = g_strdup(origin);
    return TRUE;
}

gboolean config_read(struct config *c, const char *folder, GError **error)
{
    g_autofree char *text = NULL;
    g_autoptr(GError) why = NULL;
    size_t length;

    *c = (struct config){ .path = g_build_filename(folder, "config.json", NULL) };
    if (!g_file_get_contents(c->path, &text, &length, &why))
        return fail_with(error, LM_ERROR_FILE,
                         "%s cannot be read: %s. A model is a folder as Hugging Face writes it: config.json, "
                         "model.safetensors and the files of its tokenizer.",
                         c->path, why->message);
    g_autoptr(JsonObject) object = jsonfile_parse(text, length, c->path, LM_ERROR_CONFIG, error);
    return object && read_family(c, object, error) && check_weights(c, object, error) && read_origin(c, object, error);
}

void config_clear(struct config *c)
{
    g_free(c->path);
    g_free(c->origin);
    *c = (struct config){ 0 };
}
