/* Reading stories with marks. A mark that does not hold a word, or an earlier mention that is not earlier, would make
 * numbers that look like a measurement: the file is refused. */
#include "lm/marks.h"

#include "read/fail.h"
#include "read/jsonfile.h"

#include <string.h>

enum { MOST_BYTES = 8 << 20, MOST_STORIES = 100000 };

/* Where in the file one is. */
struct reader { const char *where; int story; const struct marks_story *of; GError **error; };

static bool refuse(const struct reader *r, const char *what)
{
    return fail_with(r->error, LM_ERROR_MARKS, "%s: story %d: %s.", r->where, r->story, what);
}

/* A member that holds a list; NULL after an error. */
static JsonArray *list_of(const struct reader *r, JsonObject *object, const char *key)
{
    JsonNode *node = json_object_get_member(object, key);
    if (node && JSON_NODE_HOLDS_ARRAY(node))
        return json_node_get_array(node);
    g_autofree char *what = g_strdup_printf("\"%s\" must be a list", key);
    refuse(r, what);
    return NULL;
}

/* Whole numbers of a list, from place `at` on. */
static bool read_numbers(JsonArray *list, guint at, int n, gint64 *out)
{
    for (guint i = 0; i < (guint)n; i++) {
        if (at + i >= json_array_get_length(list) || !jsonfile_is_int(json_array_get_element(list, at + i)))
            return false;
        out[i] = json_array_get_int_element(list, at + i);
    }
    return true;
}

/* Two numbers as the bytes of a word in the text. */
static bool read_word(const struct reader *r, JsonArray *list, guint at, struct marks_range *out)
{
    gint64 n[2];
    const char *text = r->of->text;
    if (!read_numbers(list, at, 2, n) || n[0] < 0 || n[0] >= n[1] || n[1] > (gint64)strlen(text))
        return refuse(r, "a mark must be two numbers, a word's first byte and the one after its last, within the text");
    *out = (struct marks_range){ (int)n[0], (int)n[1] };
    if (g_ascii_isspace(text[n[0]]) || g_ascii_isspace(text[n[1] - 1]))
        return refuse(r, "a mark must begin and end with a word, not with a space");
    return true;
}

/* An item of a list that must be a list; NULL after an error. */
static JsonArray *list_at(const struct reader *r, JsonArray *list, guint i, guint n, const char *form)
{
    JsonNode *node = json_array_get_element(list, i);
    if (JSON_NODE_HOLDS_ARRAY(node) && json_array_get_length(json_node_get_array(node)) == n)
        return json_node_get_array(node);
    refuse(r, form);
    return NULL;
}

static bool read_earlier(const struct reader *r, JsonArray *list, struct marks_reference *ref)
{
    ref->earlier = g_new0(struct marks_range, json_array_get_length(list));
    for (guint i = 0; i < json_array_get_length(list); i++) {
        JsonArray *one = list_at(r, list, i, 2, "an earlier mention must be [from, to]");
        if (!one || !read_word(r, one, 0, &ref->earlier[i]))
            return false;
        if (ref->earlier[i].to > ref->word.from)
            return refuse(r, "an earlier mention must end before the word that refers to it");
        ref->n++;
    }
    return ref->n > 0 || refuse(r, "a reference needs an earlier mention");
}

static bool read_references(const struct reader *r, JsonArray *list, struct marks_story *s)
{
    static const char form[] = "a reference must be [from, to, [[from, to], ...]]";
    s->references = g_new0(struct marks_reference, json_array_get_length(list));
    for (guint i = 0; i < json_array_get_length(list); i++) {
        JsonArray *one = list_at(r, list, i, 3, form);
        struct marks_reference *ref = &s->references[s->n_references++];
        if (!one || !read_word(r, one, 0, &ref->word))
            return false;
        if (!JSON_NODE_HOLDS_ARRAY(json_array_get_element(one, 2)))
            return refuse(r, form);
        if (!read_earlier(r, json_array_get_array_element(one, 2), ref))
            return false;
    }
    return true;
}

static bool read_verbs(const struct reader *r, JsonArray *list, struct marks_story *s)
{
    s->verbs = g_new0(struct marks_verb, json_array_get_length(list));
    for (guint i = 0; i < json_array_get_length(list); i++) {
        JsonArray *one = list_at(r, list, i, 4, "a verb must be [from, to, subject's from, subject's to]");
        struct marks_verb *v = &s->verbs[s->n_verbs++];
        if (!one || !read_word(r, one, 0, &v->word) || !read_word(r, one, 2, &v->subject))
            return false;
    }
    return true;
}

static bool read_story(struct reader *r, JsonNode *node, struct marks_story *s)
{
    r->of = s;
    if (!JSON_NODE_HOLDS_OBJECT(node))
        return refuse(r, "this must be an object { ... }");
    JsonObject *object = json_node_get_object(node);
    JsonNode *text = json_object_get_member(object, "text");
    if (!text || !JSON_NODE_HOLDS_VALUE(text) || json_node_get_value_type(text) != G_TYPE_STRING ||
        !*json_node_get_string(text))
        return refuse(r, "\"text\" must be the story");
    s->text = json_node_dup_string(text);
    JsonArray *references = list_of(r, object, "references");
    if (!references || !read_references(r, references, s))
        return false;
    JsonArray *verbs = list_of(r, object, "verbs");
    return verbs && read_verbs(r, verbs, s);
}

static bool read_stories(struct reader *r, JsonObject *root, struct marks *m)
{
    JsonNode *node = json_object_get_member(root, "stories");
    guint n = node && JSON_NODE_HOLDS_ARRAY(node) ? json_array_get_length(json_node_get_array(node)) : 0;
    if (n < 1 || n > MOST_STORIES)
        return fail_with(r->error, LM_ERROR_MARKS, "%s: \"stories\" must be a list of 1 to %d stories.", r->where,
                         MOST_STORIES);
    m->stories = g_new0(struct marks_story, n);
    for (guint i = 0; i < n; i++) {
        r->story = (int)i + 1;
        m->n++;
        if (!read_story(r, json_array_get_element(json_node_get_array(node), i), &m->stories[i]))
            return false;
    }
    return true;
}

struct marks *marks_parse(const char *text, size_t length, const char *where, GError **error)
{
    struct reader r = { .where = where, .error = error };
    g_autoptr(JsonObject) root = jsonfile_parse(text, length, where, LM_ERROR_MARKS, error);
    if (!root)
        return NULL;
    struct marks *m = g_new0(struct marks, 1);
    if (read_stories(&r, root, m))
        return m;
    marks_free(m);
    return NULL;
}

struct marks *marks_read(const char *path, GError **error)
{
    g_autofree char *text = NULL;
    gsize length;
    g_autoptr(GError) why = NULL;
    if (!g_file_get_contents(path, &text, &length, &why)) {
        fail_with(error, LM_ERROR_FILE, "The stories by which heads are measured cannot be read: %s.", why->message);
        return NULL;
    }
    if (length > MOST_BYTES) {
        fail_with(error, LM_ERROR_MARKS, "%s has more than %d MiB; stories with marks take less.", path, MOST_BYTES >> 20);
        return NULL;
    }
    return marks_parse(text, length, path, error);
}

void marks_free(struct marks *m)
{
    if (!m)
        return;
    for (int i = 0; i < m->n; i++) {
        struct marks_story *s = &m->stories[i];
        for (int k = 0; k < s->n_references; k++)
            g_free(s->references[k].earlier);
        g_free(s->references);
        g_free(s->verbs);
        g_free(s->text);
    }
    g_free(m->stories);
    g_free(m);
}
