/* One door for all: a member is there, missing, or of another type, and the sentence says which type was wanted. */
#include "read/jsonkeys.h"

#include "read/fail.h"

enum { LONGEST_SHOWN = 60 };

/* NULL when the member is missing or null. */
static JsonNode *find_member(JsonObject *o, const char *key)
{
    JsonNode *node = json_object_get_member(o, key);
    return node && !JSON_NODE_HOLDS_NULL(node) ? node : NULL;
}

/* What is said of a member that is not there or is of another type; TRUE when it may be missing. */
static gboolean refuse(JsonNode *node, const char *key, gboolean needed, const char *kind, const char *where,
                       GError **error)
{
    if (node)
        return fail_with(error, LM_ERROR_VOCAB, "%s: \"%s\" must be %s.", where, key, kind);
    return !needed || fail_with(error, LM_ERROR_VOCAB, "%s has no \"%s\"; %s is needed.", where, key, kind);
}

const char *jsonkeys_node_text(JsonNode *node)
{
    gboolean text = JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING;
    const char *value = text ? json_node_get_string(node) : NULL;
    return value && g_utf8_validate(value, -1, NULL) ? value : NULL; /* "\ud800", half a character, is no text */
}

gboolean jsonkeys_text(JsonObject *o, const char *key, gboolean needed, const char **value, const char *where,
                       GError **error)
{
    JsonNode *node = find_member(o, key);
    *value = node ? jsonkeys_node_text(node) : NULL;
    return *value || refuse(node, key, needed, "a text", where, error);
}

gboolean jsonkeys_object(JsonObject *o, const char *key, gboolean needed, JsonObject **value, const char *where,
                         GError **error)
{
    JsonNode *node = find_member(o, key);
    *value = node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
    return *value || refuse(node, key, needed, "an object { ... }", where, error);
}

gboolean jsonkeys_list(JsonObject *o, const char *key, gboolean needed, JsonArray **value, const char *where,
                       GError **error)
{
    JsonNode *node = find_member(o, key);
    *value = node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
    return *value || refuse(node, key, needed, "a list [ ... ]", where, error);
}

gboolean jsonkeys_flag(JsonObject *o, const char *key, gboolean *value, const char *where, GError **error)
{
    JsonNode *node = find_member(o, key);
    if (!node || !JSON_NODE_HOLDS_VALUE(node) || json_node_get_value_type(node) != G_TYPE_BOOLEAN)
        return refuse(node, key, FALSE, "true or false", where, error);
    *value = json_node_get_boolean(node);
    return TRUE;
}

JsonObject *jsonkeys_item(JsonArray *list, guint i, const char *key, const char *where, GError **error)
{
    JsonNode *node = json_array_get_element(list, i);
    if (JSON_NODE_HOLDS_OBJECT(node))
        return json_node_get_object(node);
    fail_with(error, LM_ERROR_VOCAB, "%s: item %u of \"%s\" must be an object { ... }.", where, i + 1, key);
    return NULL;
}

char *jsonkeys_shown(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    GString *out = g_string_new(NULL);
    int n = 0;
    const char *p = valid;
    for (; *p && n < LONGEST_SHOWN; p = g_utf8_next_char(p), n++) {
        gunichar c = g_utf8_get_char(p);
        if (g_unichar_isprint(c))
            g_string_append_unichar(out, c);
        else
            g_string_append_printf(out, "\\u%04X", c);
    }
    if (*p)
        g_string_append(out, "...");
    return g_string_free(out, FALSE);
}
