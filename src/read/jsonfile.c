/* json-glib 1.6 parses nested arrays by recursion without a limit, so a hostile file could overflow the stack. The
 * guard walks the text once and refuses deep nesting before the parser sees it. It also refuses comments and single
 * quotes, which JSON does not have but json-glib takes: a quote inside them would hide brackets from the guard.
 */
#include "read/jsonfile.h"

#include "read/fail.h"

#include <string.h>

enum { DEEPEST = 32 }; /* the files read here need 3 */

/* NULL, or what is wrong on the given line, which counts from 1. */
static const char *find_fault(const char *text, size_t length, int *line)
{
    int depth = 0;
    gboolean quoted = FALSE;
    const char *bad;

    *line = 1;
    if (!g_utf8_validate(text, (gssize)length, &bad)) {
        for (const char *p = text; p < bad; p++)
            *line += *p == '\n';
        return "this is not UTF-8 text";
    }
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        *line += c == '\n';
        if (quoted && c == '\\')
            i++;
        else if (c == '"')
            quoted = !quoted;
        else if (!quoted && (c == '/' || c == '#' || c == '\''))
            return "this is not JSON, which has no comments and no single quotes";
        else if (!quoted && (c == '{' || c == '['))
            depth++;
        else if (!quoted && (c == '}' || c == ']'))
            depth--;
        if (depth > DEEPEST)
            return "the brackets are nested too deep";
    }
    return quoted || depth > 0 ? "this is not JSON: it ends before its quotes and brackets are closed" : NULL;
}

/* json-glib's message is "<data>:2:8: Parse error: unexpected character `}', expected ...". What it expected is often
 * not what JSON allows there, so it is left out. */
static void fail_parse(const char *message, const char *where, int code, GError **error)
{
    static const char start[] = "<data>:", kind[] = "Parse error: ";
    const char *what = strstr(message, kind);
    guint64 line = g_str_has_prefix(message, start) ? g_ascii_strtoull(message + strlen(start), NULL, 10) : 0;

    what = what ? what + strlen(kind) : message;
    const char *end = strstr(what, ", expected");
    g_autofree char *said = end ? g_strndup(what, (gsize)(end - what)) : g_strdup(what);
    if (line)
        fail_with(error, code, "%s: line %" G_GUINT64_FORMAT ": this is not JSON: %s.", where, line, said);
    else
        fail_with(error, code, "%s: this is not JSON: %s.", where, said);
}

JsonObject *jsonfile_parse(const char *text, size_t length, const char *where, int code, GError **error)
{
    int line;
    const char *fault = find_fault(text, length, &line);
    if (fault) {
        fail_with(error, code, "%s: line %d: %s.", where, line, fault);
        return NULL;
    }
    g_autoptr(JsonParser) parser = json_parser_new_immutable();
    g_autoptr(GError) why = NULL;
    if (!json_parser_load_from_data(parser, text, (gssize)length, &why)) {
        fail_parse(why->message, where, code, error);
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
