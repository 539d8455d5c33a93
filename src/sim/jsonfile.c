/* json-glib 1.6 parses nested arrays by recursion without a limit, so a hostile file could overflow the stack. The
 * guard walks the text once and refuses deep nesting before the parser sees it. It also refuses comments and single
 * quotes, which JSON does not have but json-glib takes: a quote inside them would hide brackets from the guard.
 */
#include "sim/jsonfile.h"

#include "sim/fail.h"

enum { DEEPEST = 32 }; /* the files read here need 3 */

/* NULL, or what is wrong, to follow the file's name. */
static const char *find_fault(const char *text, size_t length)
{
    int depth = 0;
    gboolean quoted = FALSE;

    if (!g_utf8_validate(text, (gssize)length, NULL))
        return "is not UTF-8 text";
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        if (quoted && c == '\\')
            i++;
        else if (c == '"')
            quoted = !quoted;
        else if (!quoted && (c == '/' || c == '#' || c == '\''))
            return "is not JSON: there is a comment or a single quote in it";
        else if (!quoted && (c == '{' || c == '['))
            depth++;
        else if (!quoted && (c == '}' || c == ']'))
            depth--;
        if (depth > DEEPEST)
            return "nests its brackets too deep";
    }
    return NULL;
}

JsonObject *jsonfile_parse(const char *text, size_t length, const char *where, int code, GError **error)
{
    const char *fault = find_fault(text, length);
    if (fault) {
        fail_with(error, code, "%s %s.", where, fault);
        return NULL;
    }
    g_autoptr(JsonParser) parser = json_parser_new_immutable();
    g_autoptr(GError) why = NULL;
    if (!json_parser_load_from_data(parser, text, (gssize)length, &why)) {
        fail_with(error, code, "%s is not JSON: %s.", where, why->message);
        return NULL;
    }
    JsonNode *root = json_parser_get_root(parser);
    if (!root || !JSON_NODE_HOLDS_OBJECT(root)) {
        fail_with(error, code, "%s does not hold a JSON object { ... }.", where);
        return NULL;
    }
    return json_object_ref(json_node_get_object(root));
}

gboolean jsonfile_is_int(JsonNode *node)
{
    return JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_INT64;
}

gboolean jsonfile_int(JsonObject *object, const char *key, gint64 min, gint64 max, gint64 *value, gboolean *found,
                      const char *where, int code, GError **error)
{
    JsonNode *node = json_object_get_member(object, key);
    gboolean given = node && !JSON_NODE_HOLDS_NULL(node);

    if (found)
        *found = given;
    if (!given) {
        if (!found)
            fail_with(error, code,
                      "%s has no \"%s\"; a whole number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT " is needed.",
                      where, key, min, max);
        return found != NULL;
    }
    if (!jsonfile_is_int(node) || json_node_get_int(node) < min || json_node_get_int(node) > max)
        return fail_with(error, code,
                         "%s: \"%s\" must be a whole number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT ".", where,
                         key, min, max);
    *value = json_node_get_int(node);
    return TRUE;
}
