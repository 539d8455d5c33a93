/* JSON from files that nobody has checked: json-glib behind a guard, and readers that say what was wrong.
 *
 * Every error is in the domain LM_ERROR with the code that the caller passes, and starts with `where` (a path, or a
 * path and what part of it).
 */
#pragma once
#include <json-glib/json-glib.h>

/* The object that the text holds. NULL and error when it is not UTF-8, nested too deep, no JSON, or no object.
 * Unref it. */
JsonObject *jsonfile_parse(const char *text, size_t length, const char *where, int code, GError **error);
/* A whole number in [min, max] under `key`. `found` false and the value untouched when the key is missing or null; NULL
 * found: it must stand. */
gboolean jsonfile_int(JsonObject *object, const char *key, gint64 min, gint64 max, gint64 *value, gboolean *found,
                      const char *where, int code, GError **error);
/* True when the node is a JSON integer. */
gboolean jsonfile_is_int(JsonNode *node);
