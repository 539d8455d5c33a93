/* Members of a JSON object by the type that they must have, on top of jsonfile.h. Errors are LM_ERROR_VOCAB sentences
 * that start with `where`, a path and what part of it: "m/tokenizer.json: pre_tokenizer". What is returned belongs to
 * the object. A member that is missing or null is an error when it is `needed`; otherwise the value is NULL.
 */
#pragma once
#include "read/jsonfile.h"

gboolean jsonkeys_text(JsonObject *o, const char *key, gboolean needed, const char **value, const char *where,
                       GError **error);
gboolean jsonkeys_object(JsonObject *o, const char *key, gboolean needed, JsonObject **value, const char *where,
                         GError **error);
gboolean jsonkeys_list(JsonObject *o, const char *key, gboolean needed, JsonArray **value, const char *where,
                       GError **error);
/* *value stays when the member is missing or null. */
gboolean jsonkeys_flag(JsonObject *o, const char *key, gboolean *value, const char *where, GError **error);
/* Item i of the list under `key`, which must be an object. NULL and error. */
JsonObject *jsonkeys_item(JsonArray *list, guint i, const char *key, const char *where, GError **error);
/* The text of a node; NULL when it is none. */
const char *jsonkeys_node_text(JsonNode *node);
/* Any text as it can stand in a sentence: UTF-8 on one line, long ones cut. Free with g_free. */
char *jsonkeys_shown(const char *text);
