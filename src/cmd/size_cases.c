/* Options to cases. Each option is a list; the cases are all combinations, contexts running fastest. */
#include "base/suggest.h"
#include "base/unit.h"
#include "cmd/import.h"
#include "cmd/size.h"

#include <string.h>

enum { MOST_CASES = 20000 };
static const int64_t MOST_TOKENS = 1000000000000, MOST_SEQUENCES = 1000000;

struct reading {
    const struct args *args;
    const struct catalog *catalog;
    struct diags *diags;
    GPtrArray *imported;         /* struct hfconfig */
    GPtrArray *models, *devices; /* const struct model *, const struct device * */
    GArray *weights, *caches;    /* int: enum dtype; -1 in weights: as published */
    GArray *batches, *contexts;  /* int64_t */
    int64_t group, scale_bits, zero_bits, block, reserve;
    struct split split;
};

/* --- one option --- */

/* The words of a list, without empty ones. */
static char **words_of(const char *text)
{
    GPtrArray *out = g_ptr_array_new();
    g_auto(GStrv) parts = g_strsplit(text, ",", -1);
    for (char **p = parts; *p; p++)
        if (*g_strstrip(*p)) g_ptr_array_add(out, g_strdup(*p));
    g_ptr_array_add(out, NULL);
    return (char **)g_ptr_array_free(out, FALSE);
}

static void report_unknown(struct reading *r, const char *option, const char *word, const char **ids, const char *list)
{
    const char *near = suggest(word, ids);
    diag(r->diags, NULL, 0,
         "%s: \"%s\" is not in the catalog%s%s%s; `kvreel list %s` names all, and * stands for any letters.", option,
         word, near ? "; did you mean \"" : "", near ? near : "", near ? "\"" : "", list);
}

/* A path of a config.json, or of the folder that has it. False: it is a word for the catalog. */
static bool read_import(struct reading *r, const char *word)
{
    if (!strchr(word, '/') && !g_str_has_suffix(word, ".json")) return false;
    struct hfconfig *c = import_read(word);
    if (c) {
        g_ptr_array_add(r->imported, c);
        g_ptr_array_add(r->models, &c->model);
    } else diag(r->diags, NULL, 0, "--model: \"%s\" cannot be read as a model.", word);
    return true;
}

/* Entries whose id is the word or fits its pattern. ids[i] is that of the i-th of `entries`, each of so many bytes. */
static void read_entries(struct reading *r, const char *option, const char *text, const char **ids, const void *entries,
                         size_t bytes, const char *list, GPtrArray *out)
{
    g_auto(GStrv) words = words_of(text);
    for (char **w = words; *w; w++) {
        guint before = out->len;
        if (out == r->models && read_import(r, *w)) continue;
        for (size_t i = 0; ids[i]; i++)
            if (g_pattern_match_simple(*w, ids[i])) g_ptr_array_add(out, (char *)entries + i * bytes);
        if (out->len == before) report_unknown(r, option, *w, ids, list);
    }
}

static void read_types(struct reading *r, const char *option, const char *text, GArray *out)
{
    g_auto(GStrv) words = words_of(text);
    for (char **w = words; *w; w++) {
        g_autofree char *lower = g_ascii_strdown(*w, -1);
        int type = dtype_find(lower);
        const char *near = suggest(lower, dtype_names);
        if (type >= 0) g_array_append_val(out, type);
        else
            diag(r->diags, NULL, 0,
                 "%s: \"%s\" is no number format%s%s%s; formats are fp32, bf16, fp16, fp8, int8 and int4.", option, *w,
                 near ? "; did you mean \"" : "", near ? near : "", near ? "\"" : "");
    }
}

static bool parse_count(const char *text, bool tokens, int64_t most, int64_t *out)
{
    return (tokens ? unit_parse_tokens(text, out) : unit_parse_count(text, out)) && *out >= 1 && *out <= most;
}

/* "4K", or "4K..64K", which doubles from its start and ends at its end. */
static bool read_range(const char *word, bool tokens, int64_t most, GArray *out)
{
    const char *dots = strstr(word, "..");
    g_autofree char *left = dots ? g_strndup(word, (gsize)(dots - word)) : g_strdup(word);
    int64_t from, to;
    if (!parse_count(left, tokens, most, &from)) return false;
    to = from;
    if (dots && (!parse_count(dots + 2, tokens, most, &to) || to < from)) return false;
    for (; from < to; from *= 2) g_array_append_val(out, from);
    g_array_append_val(out, to);
    return true;
}

static void read_counts(struct reading *r, const char *option, const char *text, bool tokens, int64_t most, GArray *out)
{
    g_auto(GStrv) words = words_of(text);
    for (char **w = words; *w; w++)
        if (!read_range(*w, tokens, most, out))
            diag(r->diags, NULL, 0,
                 "%s: \"%s\" is no %s; write a whole number such as %s, a list such as %s, or a range such as %s, "
                 "which doubles.",
                 option, *w, tokens ? "number of tokens" : "number of sequences", tokens ? "8192 or 8Ki" : "8",
                 tokens ? "4K,32K" : "1,8,32", tokens ? "4Ki..1Mi" : "1..64");
}

static int64_t read_number(struct reading *r, const char *option, int64_t usual, int64_t least, int64_t most)
{
    const char *text = args_get(r->args, option);
    int64_t value;
    if (!text) return usual;
    if (unit_parse_tokens(text, &value) && value >= least && value <= most) return value;
    diag(r->diags, NULL, 0, "%s: \"%s\" is no whole number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT ".", option,
         text, least, most);
    return usual;
}

/* --- all of them --- */

/* -1: as usual, 8,192 tokens or as many as the model allows. */
static int64_t context_of(const struct model *m, int64_t tokens)
{
    enum { USUAL = 8192 };
    return tokens >= 0 ? tokens : m->max_context > 0 ? MIN(m->max_context, USUAL) : USUAL;
}

/* Room that does not hold what is in it. */
static void check_reserve(struct reading *r)
{
    for (guint m = 0; r->reserve && m < r->models->len; m++)
        for (guint i = 0; i < r->contexts->len; i++) {
            int64_t context = context_of(r->models->pdata[m], g_array_index(r->contexts, int64_t, i));
            if (context <= r->reserve) continue;
            diag(r->diags, NULL, 0, "--reserve: room for %" G_GINT64_FORMAT " tokens does not hold a context of %"
                 G_GINT64_FORMAT "; reserve at least that.", r->reserve, context);
            return;
        }
}

static void read_all(struct reading *r)
{
    const char *model = args_get(r->args, "--model"), *device = args_get(r->args, "--device"),
               *weights = args_get(r->args, "--weights");
    const char *cache = args_get(r->args, "--cache"), *batch = args_get(r->args, "--batch"),
               *context = args_get(r->args, "--context");
    const char *word = g_ptr_array_index(r->args->words, 0);
    int published = -1;
    int64_t usual = -1;
    g_autofree const char **models = catalog_model_ids(r->catalog), **devices = catalog_device_ids(r->catalog);
    if (model) read_entries(r, "--model", model, models, r->catalog->models, sizeof(struct model), "models", r->models);
    else
        diag(r->diags, NULL, 0, "Which model? Name it with --model, such as --model %s.", word ? word : "llama-3.1-8b");
    if (device)
        read_entries(r, "--device", device, devices, r->catalog->devices, sizeof(struct device), "devices", r->devices);
    if (weights) read_types(r, "--weights", weights, r->weights);
    else g_array_append_val(r->weights, published);
    read_types(r, "--cache", cache ? cache : "bf16", r->caches);
    read_counts(r, "--batch", batch ? batch : "1", false, MOST_SEQUENCES, r->batches);
    if (context) read_counts(r, "--context", context, true, MOST_TOKENS, r->contexts);
    else g_array_append_val(r->contexts, usual);
    r->group = read_number(r, "--group", -1, 0, 65536);
    r->scale_bits = read_number(r, "--scale-bits", -1, 1, 64);
    r->zero_bits = read_number(r, "--zero-bits", -1, 0, 64);
    r->block = read_number(r, "--block", 16, 1, 1 << 20);
    r->reserve = read_number(r, "--reserve", 0, 1, MOST_TOKENS);
    r->split = (struct split){ read_number(r, "--tensor", 1, 1, 65536), read_number(r, "--pipeline", 1, 1, 65536),
                               read_number(r, "--data", 1, 1, 65536), read_number(r, "--expert", 1, 1, 65536) };
    check_reserve(r);
    if (!device && split_devices(&r->split) > 1)
        diag(r->diags, NULL, 0, "--tensor, --pipeline and --data share a model over devices; say which with --device.");
    for (guint i = 0; i < r->models->len; i++) {
        g_autofree char *refusal = split_refusal(&r->split, r->models->pdata[i]);
        if (refusal) diag(r->diags, NULL, 0, "%s: %s", ((const struct model *)r->models->pdata[i])->id, refusal);
    }
}

static struct format format_from(const struct reading *r, enum dtype type)
{
    struct format f = format_usual(type);
    if (r->group >= 0) f.group = r->group;
    if (f.group > 0) f.scale_bits = r->scale_bits >= 0 ? r->scale_bits : 16;
    if (f.group > 0 && r->zero_bits >= 0) f.zero_bits = r->zero_bits;
    return f;
}

static enum dtype weights_of(const struct model *m, int type)
{
    int published = dtype_find(m->native_dtype);
    return (enum dtype)(type >= 0 ? type : published >= 0 ? published : DTYPE_BF16);
}

static void add_case(struct size_cases *c, struct sizing s)
{
    struct size_case *item = &c->items[c->n++];
    *item = (struct size_case){ s, facts_new() };
    sizing_facts(&s, item->facts);
}

static void add_cases_of(struct size_cases *c, const struct reading *r, const struct model *model,
                         const struct device *device)
{
    for (guint w = 0; w < r->weights->len; w++)
        for (guint k = 0; k < r->caches->len; k++)
            for (guint b = 0; b < r->batches->len; b++)
                for (guint x = 0; x < r->contexts->len; x++)
                    add_case(c,
                             (struct sizing){ model, device, weights_of(model, g_array_index(r->weights, int, w)),
                                              format_from(r, (enum dtype)g_array_index(r->caches, int, k)),
                                              context_of(model, g_array_index(r->contexts, int64_t, x)),
                                              g_array_index(r->batches, int64_t, b), r->block, r->split, r->reserve });
}

static struct size_cases *make_cases(const struct reading *r)
{
    guint devices = MAX(r->devices->len, 1);
    guint64 n = (guint64)r->models->len * devices;
    const guint lists[] = { r->weights->len, r->caches->len, r->batches->len, r->contexts->len };
    for (size_t i = 0; i < G_N_ELEMENTS(lists); i++) n = MIN(n * lists[i], MOST_CASES + 1);
    if (n > MOST_CASES) {
        diag(r->diags, NULL, 0, "These options make more than %d cases; ask for fewer at a time.", MOST_CASES);
        return NULL;
    }
    struct size_cases *c = g_new0(struct size_cases, 1);
    c->items = g_new0(struct size_case, n);
    for (guint m = 0; m < r->models->len; m++)
        for (guint d = 0; d < devices; d++)
            add_cases_of(c, r, r->models->pdata[m], r->devices->len ? r->devices->pdata[d] : NULL);
    for (int i = 1; i < c->n; i++) {
        const struct sizing *a = &c->items[0].s, *b = &c->items[i].s;
        const bool differs[SIZE_KEYS] = { a->model != b->model,     a->device != b->device,
                                          a->weights != b->weights, a->cache.type != b->cache.type,
                                          a->batch != b->batch,     a->context != b->context };
        for (int k = 0; k < SIZE_KEYS; k++) c->varies[k] |= differs[k];
    }
    return c;
}

struct size_cases *size_cases_read(const struct args *a, const struct catalog *catalog, struct diags *diags)
{
    struct reading r = { a,
                         catalog,
                         diags,
                         g_ptr_array_new_with_free_func((GDestroyNotify)hfconfig_free),
                         g_ptr_array_new(),
                         g_ptr_array_new(),
                         g_array_new(FALSE, FALSE, sizeof(int)),
                         g_array_new(FALSE, FALSE, sizeof(int)),
                         g_array_new(FALSE, FALSE, sizeof(int64_t)),
                         g_array_new(FALSE, FALSE, sizeof(int64_t)),
                         0,
                         0,
                         0,
                         0,
                         0,
                         SPLIT_NONE };
    read_all(&r);
    struct size_cases *c = diags_count(diags) ? NULL : make_cases(&r);
    if (c) c->imported = r.imported;
    else g_ptr_array_free(r.imported, TRUE);
    GPtrArray *const entries[] = { r.models, r.devices };
    GArray *const lists[] = { r.weights, r.caches, r.batches, r.contexts };
    for (size_t i = 0; i < G_N_ELEMENTS(entries); i++) g_ptr_array_free(entries[i], TRUE);
    for (size_t i = 0; i < G_N_ELEMENTS(lists); i++) g_array_free(lists[i], TRUE);
    return c;
}

void size_cases_free(struct size_cases *c)
{
    if (!c) return;
    for (int i = 0; i < c->n; i++) facts_free(c->items[i].facts);
    g_ptr_array_free(c->imported, TRUE);
    g_free(c->items);
    g_free(c);
}
