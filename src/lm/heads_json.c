/* A measurement as JSON and back:
 *
 *     { "layers": 4, "heads": 4, "stories": 150, "held": 200,
 *       "roles": [ { "name": "previous", "cases": 9100, "chance": 0.04, "scores": [L * H numbers, layer by layer] }, ... ] }
 *
 * Numbers are written with the fewest digits that read back as the same ones.
 */
#include "lm/heads.h"

#include "read/fail.h"
#include "read/jsonfile.h"

#include <math.h>

/* "%.17g" is enough for any double; fewer digits are taken where they say the same. */
static void append_number(GString *out, double v)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE], format[8];
    for (int digits = 1; digits <= 17; digits++) {
        g_snprintf(format, sizeof format, "%%.%dg", digits);
        g_ascii_formatd(text, sizeof text, format, v);
        if (g_ascii_strtod(text, NULL) == v)
            break;
    }
    g_string_append(out, text);
}

char *heads_to_json(const struct heads *h)
{
    GString *out = g_string_new(NULL);
    g_string_append_printf(out, "{\"layers\":%d,\"heads\":%d,\"stories\":%d,\"held\":%d,\"roles\":[", h->layers, h->heads,
                           h->stories, h->held);
    for (int role = 0; role < HEAD_ROLES; role++) {
        g_string_append_printf(out, "%s\n{\"name\":\"%s\",\"cases\":%" G_GINT64_FORMAT ",\"chance\":", role ? "," : "",
                               head_role_names[role], h->cases[role]);
        append_number(out, h->chance[role]);
        g_string_append(out, ",\"scores\":[");
        for (int i = 0; i < h->layers * h->heads; i++) {
            g_string_append(out, i ? "," : "");
            append_number(out, h->scores[i * HEAD_ROLES + role]);
        }
        g_string_append(out, "]}");
    }
    g_string_append(out, "]}\n");
    return g_string_free(out, FALSE);
}

/* ---- back ---- */

/* A share: a number from 0 to 1. Sums of shares may lie above 1 by rounding. */
static bool read_share(JsonNode *node, double *out)
{
    if (!node || !JSON_NODE_HOLDS_VALUE(node))
        return false;
    GType type = json_node_get_value_type(node);
    if (type != G_TYPE_DOUBLE && type != G_TYPE_INT64)
        return false;
    *out = json_node_get_double(node);
    return isfinite(*out) && *out >= 0 && *out <= 1 + 1e-6;
}

static bool read_role(struct heads *h, JsonObject *object, enum head_role role, const char *where, GError **error)
{
    JsonNode *list = json_object_get_member(object, "scores");
    int n = h->layers * h->heads;
    if (!jsonfile_int(object, "cases", 0, G_MAXINT64, &h->cases[role], NULL, where, LM_ERROR_MARKS, error))
        return false;
    bool good = list && JSON_NODE_HOLDS_ARRAY(list) && json_array_get_length(json_node_get_array(list)) == (guint)n;
    for (int i = 0; i < n && good; i++)
        good = read_share(json_array_get_element(json_node_get_array(list), (guint)i), &h->scores[i * HEAD_ROLES + role]);
    if (good && read_share(json_object_get_member(object, "chance"), &h->chance[role]))
        return true;
    return fail_with(error, LM_ERROR_MARKS, "%s: the role \"%s\" needs \"chance\" and \"scores\", numbers from 0 to 1, %d "
                     "scores for %d layers of %d heads.", where, head_role_names[role], n, h->layers, h->heads);
}

/* A role that the file does not have was not measured: no case. */
static bool read_roles(struct heads *h, JsonObject *root, const char *where, GError **error)
{
    JsonNode *list = json_object_get_member(root, "roles");
    if (!list || !JSON_NODE_HOLDS_ARRAY(list))
        return fail_with(error, LM_ERROR_MARKS, "%s: \"roles\" must be a list of what was measured.", where);
    for (guint i = 0; i < json_array_get_length(json_node_get_array(list)); i++) {
        JsonNode *one = json_array_get_element(json_node_get_array(list), i);
        JsonObject *object = JSON_NODE_HOLDS_OBJECT(one) ? json_node_get_object(one) : NULL;
        JsonNode *name = object ? json_object_get_member(object, "name") : NULL;
        bool text = name && JSON_NODE_HOLDS_VALUE(name) && json_node_get_value_type(name) == G_TYPE_STRING;
        enum head_role role = text ? head_role_find(json_node_get_string(name)) : HEAD_ROLES;
        g_autofree char *all = g_strjoinv(", ", (char **)(guintptr)head_role_names);
        if (role == HEAD_ROLES)
            return fail_with(error, LM_ERROR_MARKS, "%s: role %u has no name that is known; roles are %s.", where, i + 1, all);
        if (!read_role(h, object, role, where, error))
            return false;
    }
    return true;
}

struct heads *heads_from_json(const char *text, size_t length, int layers, int heads, const char *where, GError **error)
{
    gint64 said[4];
    g_autoptr(JsonObject) root = jsonfile_parse(text, length, where, LM_ERROR_MARKS, error);
    if (!root || !jsonfile_int(root, "layers", layers, layers, &said[0], NULL, where, LM_ERROR_MARKS, error) ||
        !jsonfile_int(root, "heads", heads, heads, &said[1], NULL, where, LM_ERROR_MARKS, error) ||
        !jsonfile_int(root, "stories", 1, G_MAXINT, &said[2], NULL, where, LM_ERROR_MARKS, error) ||
        !jsonfile_int(root, "held", said[2], G_MAXINT, &said[3], NULL, where, LM_ERROR_MARKS, error))
        return NULL;
    struct heads *h = g_new0(struct heads, 1);
    *h = (struct heads){ .layers = layers, .heads = heads, .stories = (int)said[2], .held = (int)said[3],
                         .scores = g_new0(double, (gsize)layers * (gsize)heads * HEAD_ROLES) };
    if (read_roles(h, root, where, error))
        return h;
    heads_free(h);
    return NULL;
}
