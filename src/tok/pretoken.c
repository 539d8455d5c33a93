/* Steps in the order of the file, each of which cuts the pieces of the one before. Llama 3 has a Split by its pattern
 * and a ByteLevel that cuts nothing; SmolLM2 has Digits, one by one, and a ByteLevel with GPT-2's pattern, so that
 * " 12" is " ", "1" and "2". GPT-2's pattern is that of encoder.py of github.com/openai/gpt-2.
 *
 * A pattern parts a text into matches and what lies between. Isolated keeps both as pieces, Removed drops the matches,
 * MergedWithPrevious and MergedWithNext join a match to its neighbour, Contiguous joins matches that touch; "invert"
 * takes the matches for what lies between.
 */
#include "tok/pretoken.h"

#include "read/fail.h"
#include "read/jsonkeys.h"
#include "tok/pattern.h"

#include <string.h>

static const char GPT2_PATTERN[] =
    "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

enum behavior { ISOLATED, REMOVED, MERGED_PREVIOUS, MERGED_NEXT, CONTIGUOUS };
static const char *const BEHAVIORS[] = { "Isolated", "Removed", "MergedWithPrevious", "MergedWithNext", "Contiguous" };

enum scheme { ALWAYS, FIRST, NEVER };
static const char *const SCHEMES[] = { "always", "first", "never" };

enum step_kind { STEP_SPLIT, STEP_SPACE, STEP_METASPACE };

struct step {
    enum step_kind kind;
    struct pattern *pattern; /* SPLIT */
    enum behavior behavior;  /* SPLIT */
    gboolean invert;         /* SPLIT */
    char *mark;              /* METASPACE: instead of a space */
    enum scheme scheme;      /* METASPACE: whether it is put before a text */
};

struct pretoken {
    GArray *steps; /* of struct step */
    gboolean bytes;
};

struct range {
    size_t from, to;
    gboolean hit;
};

struct cutting {
    const struct pretoken *p;
    pretoken_take take;
    void *data;
};

/* ---- reading ---- */

static void step_clear(void *data)
{
    struct step *s = data;
    pattern_free(s->pattern);
    g_free(s->mark);
}

static void add_split(struct pretoken *p, struct pattern *pattern, enum behavior behavior, gboolean invert)
{
    g_assert(pattern);
    struct step s = { .kind = STEP_SPLIT, .pattern = pattern, .behavior = behavior, .invert = invert };
    g_array_append_val(p->steps, s);
}

static void add_pattern(struct pretoken *p, const char *text, enum behavior behavior)
{
    add_split(p, pattern_new(text, FALSE, NULL), behavior, FALSE);
}

static void add_byte_level(struct pretoken *p, gboolean space, gboolean cut)
{
    struct step s = { .kind = STEP_SPACE };
    if (space)
        g_array_append_val(p->steps, s);
    if (cut)
        add_pattern(p, GPT2_PATTERN, ISOLATED);
    p->bytes = TRUE;
}

/* The place of the text under `key` in a list of names; `standard` when there is none. */
static gboolean read_choice(JsonObject *o, const char *key, const char *const *names, int n, int standard, int *choice,
                            const char *where, GError **error)
{
    const char *text;
    *choice = standard;
    if (!jsonkeys_text(o, key, standard < 0, &text, where, error))
        return FALSE;
    if (!text)
        return TRUE;
    for (*choice = 0; *choice < n; ++*choice)
        if (strcmp(names[*choice], text) == 0)
            return TRUE;
    g_autofree char *shown = jsonkeys_shown(text), *first = g_strdup(names[0]);
    for (int i = 1; i < n; i++) {
        char *longer = g_strconcat(first, i + 1 < n ? ", " : " and ", names[i], NULL);
        g_free(first);
        first = longer;
    }
    return fail_with(error, LM_ERROR_VOCAB, "%s: \"%s\" is \"%s\"; %s can be read.", where, key, shown, first);
}

static gboolean read_byte_level(struct pretoken *p, JsonObject *o, const char *where, GError **error)
{
    gboolean space = TRUE, cut = TRUE;
    if (!jsonkeys_flag(o, "add_prefix_space", &space, where, error) ||
        !jsonkeys_flag(o, "use_regex", &cut, where, error))
        return FALSE;
    add_byte_level(p, space, cut);
    return TRUE;
}

static gboolean read_digits(struct pretoken *p, JsonObject *o, const char *where, GError **error)
{
    gboolean single = FALSE;
    if (!jsonkeys_flag(o, "individual_digits", &single, where, error))
        return FALSE;
    add_pattern(p, "\\p{N}", single ? ISOLATED : CONTIGUOUS);
    return TRUE;
}

static gboolean read_split(struct pretoken *p, JsonObject *o, const char *where, GError **error)
{
    gboolean invert = FALSE, of_space;
    int behavior;
    if (!jsonkeys_flag(o, "invert", &invert, where, error) ||
        !read_choice(o, "behavior", BEHAVIORS, G_N_ELEMENTS(BEHAVIORS), -1, &behavior, where, error))
        return FALSE;
    struct pattern *pattern = pattern_read(o, where, &of_space, error);
    if (pattern)
        add_split(p, pattern, (enum behavior)behavior, invert);
    return pattern != NULL;
}

static gboolean read_metaspace(struct pretoken *p, JsonObject *o, const char *where, GError **error)
{
    gboolean split = TRUE, prefix = TRUE;
    const char *mark;
    int scheme;
    if (!jsonkeys_text(o, "replacement", TRUE, &mark, where, error) ||
        !jsonkeys_flag(o, "split", &split, where, error) ||
        !jsonkeys_flag(o, "add_prefix_space", &prefix, where, error) ||
        !read_choice(o, "prepend_scheme", SCHEMES, G_N_ELEMENTS(SCHEMES), prefix ? ALWAYS : NEVER, &scheme, where,
                     error))
        return FALSE;
    if (g_utf8_strlen(mark, -1) != 1)
        return fail_with(error, LM_ERROR_VOCAB, "%s: \"replacement\" must be one character, such as \"▁\".", where);
    struct step s = { .kind = STEP_METASPACE, .mark = g_strdup(mark), .scheme = (enum scheme)scheme };
    g_array_append_val(p->steps, s);
    if (split)
        add_split(p, pattern_new(mark, TRUE, NULL), MERGED_NEXT, FALSE);
    return TRUE;
}

static gboolean read_step(struct pretoken *p, JsonObject *o, const char *where, GError **error);

static gboolean read_sequence(struct pretoken *p, JsonObject *o, const char *where, GError **error)
{
    JsonArray *list;
    gboolean good = jsonkeys_list(o, "pretokenizers", TRUE, &list, where, error);
    for (guint i = 0; good && i < json_array_get_length(list); i++) {
        g_autofree char *part = g_strdup_printf("%s[%u]", where, i);
        JsonObject *item = jsonkeys_item(list, i, "pretokenizers", where, error);
        good = item && read_step(p, item, part, error);
    }
    return good;
}

static const struct {
    const char *type;
    gboolean (*read)(struct pretoken *p, JsonObject *o, const char *where, GError **error);
} READERS[] = {
    { "ByteLevel", read_byte_level }, { "Digits", read_digits },     { "Metaspace", read_metaspace },
    { "Sequence", read_sequence },    { "Split", read_split },
};

static gboolean read_step(struct pretoken *p, JsonObject *o, const char *where, GError **error)
{
    const char *type;
    if (!jsonkeys_text(o, "type", TRUE, &type, where, error))
        return FALSE;
    if (p->bytes)
        return fail_with(error, LM_ERROR_VOCAB, "%s: nothing may follow a ByteLevel.", where);
    for (gsize i = 0; i < G_N_ELEMENTS(READERS); i++)
        if (strcmp(READERS[i].type, type) == 0)
            return READERS[i].read(p, o, where, error);
    g_autofree char *shown = jsonkeys_shown(type);
    return fail_with(error, LM_ERROR_VOCAB,
                     "%s: the type is \"%s\"; ByteLevel, Digits, Metaspace, Sequence and Split can be read.", where,
                     shown);
}

static struct pretoken *create(void)
{
    struct pretoken *p = g_new0(struct pretoken, 1);
    p->steps = g_array_new(FALSE, TRUE, sizeof(struct step));
    g_array_set_clear_func(p->steps, step_clear);
    return p;
}

struct pretoken *pretoken_new(JsonObject *object, const char *path, GError **error)
{
    struct pretoken *p = create();
    g_autofree char *where = g_strconcat(path, ": pre_tokenizer", NULL);
    if (!object || read_step(p, object, where, error))
        return p;
    pretoken_free(p);
    return NULL;
}

struct pretoken *pretoken_gpt2(void)
{
    struct pretoken *p = create();
    add_byte_level(p, FALSE, TRUE);
    return p;
}

void pretoken_free(struct pretoken *p)
{
    if (!p)
        return;
    g_array_free(p->steps, TRUE);
    g_free(p);
}

gboolean pretoken_bytes(const struct pretoken *p) { return p->bytes; }

const char *pretoken_space(const struct pretoken *p)
{
    for (guint i = 0; i < p->steps->len; i++)
        if (g_array_index(p->steps, struct step, i).mark)
            return g_array_index(p->steps, struct step, i).mark;
    return NULL;
}

/* ---- cutting ---- */

static void add_range(GArray *ranges, size_t from, size_t to, gboolean hit)
{
    struct range r = { from, to, hit };
    if (from < to)
        g_array_append_val(ranges, r);
}

/* Matches and what lies between, in order, none of them empty. NULL and why. */
static GArray *find_ranges(const struct step *s, const char *text, size_t length, const char **why)
{
    GArray *ranges = g_array_new(FALSE, FALSE, sizeof(struct range));
    size_t done = 0, from = 0, to;

    *why = NULL;
    while (from <= length && pattern_find(s->pattern, text, length, &from, &to, why)) {
        add_range(ranges, done, from, s->invert);
        add_range(ranges, from, to, !s->invert);
        done = to;
        from = pattern_after(text, length, from, to);
    }
    add_range(ranges, done, length, s->invert);
    if (!*why)
        return ranges;
    g_array_free(ranges, TRUE);
    return NULL;
}

/* Whether range i, not the first, joins the one before it. Of several matches in a row one joins its neighbour. */
static gboolean joins(enum behavior behavior, const struct range *r, guint i)
{
    switch (behavior) {
    case ISOLATED:
    case REMOVED: return FALSE;
    case MERGED_PREVIOUS: return r[i].hit && !r[i - 1].hit;
    case MERGED_NEXT: return r[i - 1].hit && !r[i].hit;
    case CONTIGUOUS: return r[i].hit == r[i - 1].hit;
    }
    g_assert_not_reached();
}

static gboolean cut(const struct cutting *c, guint step, const char *text, size_t length, gboolean first,
                    GError **error);

static gboolean cut_split(const struct cutting *c, guint step, const char *text, size_t length, gboolean first,
                          GError **error)
{
    const struct step *s = &g_array_index(c->p->steps, struct step, step);
    const char *why;
    g_autoptr(GArray) ranges = find_ranges(s, text, length, &why);
    gboolean good = ranges != NULL;

    if (!good)
        fail_with(error, LM_ERROR_TEXT, "The text cannot be cut into words: %s.", why);
    for (guint i = 0, next; good && i < ranges->len; i = next) {
        const struct range *r = (const struct range *)(const void *)ranges->data;
        for (next = i + 1; next < ranges->len && joins(s->behavior, r, next); next++)
            ;
        if (s->behavior != REMOVED || !r[i].hit)
            good = cut(c, step + 1, text + r[i].from, r[next - 1].to - r[i].from, first && r[i].from == 0, error);
    }
    return good;
}

static gboolean cut_space(const struct cutting *c, guint step, const char *text, size_t length, gboolean first,
                          GError **error)
{
    if (*text == ' ')
        return cut(c, step + 1, text, length, first, error);
    g_autofree char *spaced = g_strdup_printf(" %.*s", (int)length, text);
    return cut(c, step + 1, spaced, length + 1, first, error);
}

static gboolean cut_metaspace(const struct cutting *c, guint step, const char *text, size_t length, gboolean first,
                              GError **error)
{
    const struct step *s = &g_array_index(c->p->steps, struct step, step);
    g_autoptr(GString) marked = g_string_new(NULL);
    for (size_t i = 0; i < length; i++)
        if (text[i] == ' ')
            g_string_append(marked, s->mark);
        else
            g_string_append_c(marked, text[i]);
    if (!g_str_has_prefix(marked->str, s->mark) && (s->scheme == ALWAYS || (s->scheme == FIRST && first)))
        g_string_prepend(marked, s->mark);
    return cut(c, step + 1, marked->str, marked->len, first, error);
}

/* Applies the steps from number `step` on to one piece. */
static gboolean cut(const struct cutting *c, guint step, const char *text, size_t length, gboolean first,
                    GError **error)
{
    if (length == 0)
        return TRUE;
    if (step == c->p->steps->len)
        return c->take(c->data, text, length, error);
    switch (g_array_index(c->p->steps, struct step, step).kind) {
    case STEP_SPLIT: return cut_split(c, step, text, length, first, error);
    case STEP_SPACE: return cut_space(c, step, text, length, first, error);
    case STEP_METASPACE: return cut_metaspace(c, step, text, length, first, error);
    }
    g_assert_not_reached();
}

gboolean pretoken_cut(const struct pretoken *p, const char *text, size_t length, gboolean first, pretoken_take take,
                      void *data, GError **error)
{
    struct cutting c = { p, take, data };
    return cut(&c, 0, text, length, first, error);
}
