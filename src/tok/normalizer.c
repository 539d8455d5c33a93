/* Steps in the order of the file. Llama 2 has Prepend "▁" and Replace " " by "▁", so "a b" becomes "▁a▁b"; Qwen2 has
 * NFC, so "e" and U+0301 become "é". The meaning of each type is that of huggingface/tokenizers, src/normalizers/.
 */
#include "tok/normalizer.h"

#include "read/fail.h"
#include "read/jsonkeys.h"
#include "tok/pattern.h"

#include <string.h>

enum step_kind { STEP_FORM, STEP_PREPEND, STEP_REPLACE };

struct step {
    enum step_kind kind;
    GNormalizeMode form;
    char *text;              /* PREPEND: before; REPLACE: instead */
    struct pattern *pattern; /* REPLACE */
    gboolean of_space;       /* REPLACE: the pattern is one space */
};

struct normalizer {
    GArray *steps; /* of struct step */
};

static const struct {
    const char *name;
    GNormalizeMode form;
} FORMS[] = {
    { "NFC", G_NORMALIZE_NFC },
    { "NFD", G_NORMALIZE_NFD },
    { "NFKC", G_NORMALIZE_NFKC },
    { "NFKD", G_NORMALIZE_NFKD },
};

static void step_clear(void *data)
{
    struct step *s = data;
    g_free(s->text);
    pattern_free(s->pattern);
}

static gboolean read_prepend(struct normalizer *n, JsonObject *o, const char *where, GError **error)
{
    const char *text;
    if (!jsonkeys_text(o, "prepend", TRUE, &text, where, error))
        return FALSE;
    struct step s = { .kind = STEP_PREPEND, .text = g_strdup(text) };
    g_array_append_val(n->steps, s);
    return TRUE;
}

static gboolean read_replace(struct normalizer *n, JsonObject *o, const char *where, GError **error)
{
    const char *instead;
    gboolean of_space;
    if (!jsonkeys_text(o, "content", TRUE, &instead, where, error))
        return FALSE;
    struct pattern *pattern = pattern_read(o, where, &of_space, error);
    if (!pattern)
        return FALSE;
    struct step s = { .kind = STEP_REPLACE, .text = g_strdup(instead), .pattern = pattern, .of_space = of_space };
    g_array_append_val(n->steps, s);
    return TRUE;
}

static gboolean read_step(struct normalizer *n, JsonObject *o, const char *where, GError **error);

static gboolean read_sequence(struct normalizer *n, JsonObject *o, const char *where, GError **error)
{
    JsonArray *list;
    gboolean good = jsonkeys_list(o, "normalizers", TRUE, &list, where, error);
    for (guint i = 0; good && i < json_array_get_length(list); i++) {
        g_autofree char *part = g_strdup_printf("%s[%u]", where, i);
        JsonObject *item = jsonkeys_item(list, i, "normalizers", where, error);
        good = item && read_step(n, item, part, error);
    }
    return good;
}

static gboolean read_step(struct normalizer *n, JsonObject *o, const char *where, GError **error)
{
    const char *type;
    if (!jsonkeys_text(o, "type", TRUE, &type, where, error))
        return FALSE;
    if (strcmp(type, "Sequence") == 0)
        return read_sequence(n, o, where, error);
    if (strcmp(type, "Prepend") == 0)
        return read_prepend(n, o, where, error);
    if (strcmp(type, "Replace") == 0)
        return read_replace(n, o, where, error);
    for (gsize i = 0; i < G_N_ELEMENTS(FORMS); i++)
        if (strcmp(type, FORMS[i].name) == 0) {
            struct step s = { .kind = STEP_FORM, .form = FORMS[i].form };
            g_array_append_val(n->steps, s);
            return TRUE;
        }
    g_autofree char *shown = jsonkeys_shown(type);
    return fail_with(error, LM_ERROR_VOCAB,
                     "%s: the type is \"%s\"; NFC, NFD, NFKC, NFKD, Prepend, Replace and Sequence can be read.", where,
                     shown);
}

struct normalizer *normalizer_new(JsonObject *object, const char *path, GError **error)
{
    struct normalizer *n = g_new0(struct normalizer, 1);
    g_autofree char *where = g_strconcat(path, ": normalizer", NULL);
    n->steps = g_array_new(FALSE, TRUE, sizeof(struct step));
    g_array_set_clear_func(n->steps, step_clear);
    if (!object || read_step(n, object, where, error))
        return n;
    normalizer_free(n);
    return NULL;
}

void normalizer_free(struct normalizer *n)
{
    if (!n)
        return;
    g_array_free(n->steps, TRUE);
    g_free(n);
}

const char *normalizer_space(const struct normalizer *n)
{
    for (guint i = 0; i < n->steps->len; i++) {
        const struct step *s = &g_array_index(n->steps, struct step, i);
        if (s->of_space)
            return s->text;
    }
    return NULL;
}

/* NULL and error. */
static char *replace_all(const struct step *s, const char *text, GError **error)
{
    GString *out = g_string_new(NULL);
    size_t length = strlen(text), kept = 0, from = 0, to;
    const char *why = NULL;

    while (from <= length && pattern_find(s->pattern, text, length, &from, &to, &why)) {
        g_string_append_len(out, text + kept, (gssize)(from - kept));
        g_string_append(out, s->text);
        kept = to;
        from = pattern_after(text, length, from, to);
    }
    g_string_append_len(out, text + kept, (gssize)(length - kept));
    char *result = g_string_free(out, FALSE);
    if (!why)
        return result;
    g_free(result);
    fail_with(error, LM_ERROR_TEXT, "The text cannot be normalized: %s.", why);
    return NULL;
}

static char *apply_step(const struct step *s, const char *text, GError **error)
{
    switch (s->kind) {
    case STEP_FORM: return g_utf8_normalize(text, -1, s->form);
    case STEP_PREPEND: return *text ? g_strconcat(s->text, text, NULL) : g_strdup("");
    case STEP_REPLACE: return replace_all(s, text, error);
    }
    g_assert_not_reached();
}

char *normalizer_apply(const struct normalizer *n, const char *text, size_t length, GError **error)
{
    char *now = g_strndup(text, length);
    for (guint i = 0; now && i < n->steps->len; i++) {
        char *next = apply_step(&g_array_index(n->steps, struct step, i), now, error);
        g_free(now);
        now = next;
    }
    return now;
}
