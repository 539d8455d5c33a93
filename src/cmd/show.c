/* kvreel show: one model or device of the catalog, with what follows from it. */
#include "base/suggest.h"
#include "cmd/cmd.h"
#include "conf/conf.h"
#include "scene/catalog.h"
#include "sim/cache.h"
#include "sim/count.h"

#include <stdio.h>
#include <string.h>

enum { LABEL = 22, LINE = 100 };

static void put_text(GString *out, const char *label, const char *text)
{
    g_string_append_printf(out, "  %-*s", LABEL, label);
    text_wrap(out, LABEL + 2, 0, LINE, text);
}

/* --- every key of the entry --- */

/* A value as the catalog writes it; NULL where nobody could verify it. */
static char *value_of(const struct row *row, const void *entry)
{
    const char *field = (const char *)entry + row->offset, *choice;
    switch (row->kind) {
    case ROW_KIND_INT: case ROW_KIND_BYTES: case ROW_KIND_BYTE_RATE:
        if (!*(const int64_t *)field) return NULL;
        if (!strcmp(row->key, "year")) return g_strdup_printf("%" G_GINT64_FORMAT, *(const int64_t *)field);
        if (row->kind == ROW_KIND_INT) return text_count(*(const int64_t *)field);
        break;
    case ROW_KIND_REAL:
        if (*(const double *)field == 0) return NULL;
        break;
    case ROW_KIND_TEXT:
        return g_strdup(*(char *const *)field);
    case ROW_KIND_CHOICE:
        choice = row->choices[*(const int *)field];
        return g_strdup(strcmp(choice, "unknown") ? choice : NULL);
    default:
        return NULL;
    }
    g_autoptr(GString) text = g_string_new(NULL);
    conf_write_value(row, field, text);
    return g_strdup(g_strstrip(g_strdelimit(text->str, "\"", ' ')));
}

/* Keys that the head, the summary or the end has already, and lists. */
static bool is_told_apart(const struct row *row)
{
    static const char *const keys[] = { "id", "name", "source", "note", "confidence", "price_date", "price_source" };
    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
        if (!strcmp(row->key, keys[i])) return true;
    return row->kind == ROW_KIND_LIST;
}

static void put_keys(GString *out, const struct row *rows, const void *entry,
                     bool (*concerns)(const void *entry, const char *key))
{
    for (const struct row *row = rows; row->kind != ROW_KIND_END; row++) {
        if (is_told_apart(row) || !concerns(entry, row->key)) continue;
        g_autofree char *value = value_of(row, entry);
        g_string_append_printf(out, "  %-*s%-22s  %s\n", LABEL, row->key, value ? value : "n/a", row->help);
    }
}

/* --- a model --- */

/* A key that does not fit this kind of model says nothing by being absent. */
static bool concerns_model(const void *entry, const char *key)
{
    const struct model *m = entry;
    const struct { const char *prefix; bool applies; } rules[] = {
        { "kv_lora_rank", m->attention == ATTENTION_MLA }, { "q_lora_rank", m->attention == ATTENTION_MLA },
        { "qk_", m->attention == ATTENTION_MLA },          { "v_head_dim", m->v_head_dim > 0 },
        { "sliding_window", m->windowed_layers > 0 },      { "windowed_layers", m->windowed_layers > 0 },
        { "linear_layers", m->linear_layers > 0 },         { "experts", m->experts > 0 },
        { "shared_experts", m->shared_experts > 0 },       { "dense_", m->dense_layers > 0 },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rules); i++)
        if (g_str_has_prefix(key, rules[i].prefix)) return rules[i].applies;
    return true;
}

static char *kept_text(const struct stream *s)
{
    g_autofree char *span = text_count(s->span), *sinks = text_count(s->sinks);
    switch ((enum keep)s->keep) {
    case KEEP_ALL:    return g_strdup("every token");
    case KEEP_WINDOW: return s->sinks ? g_strdup_printf("the last %s tokens, the first %s", span, sinks)
                                      : g_strdup_printf("the last %s tokens", span);
    case KEEP_CHUNK:  return g_strdup_printf("the chunk of %s tokens", span);
    case KEEP_EVERY:  return g_strdup_printf("one for %s tokens", span);
    case KEEP_STATE:  return g_strdup("a fixed state");
    }
    return NULL;
}

static char *entry_text(const struct stream *s)
{
#define N "%" G_GINT64_FORMAT
    if (stream_numbers(s) < 0) return g_strdup("n/a");
    if (s->state_heads > 0) return g_strdup_printf(N " × " N " × " N, s->state_heads, s->state_rows, s->state_columns);
    if (s->latent > 0) return g_strdup_printf(N " + " N, s->latent, s->rope);
    if (s->v_width > 0) return g_strdup_printf(N " × (" N " + " N ")", s->kv_heads, s->k_width, s->v_width);
    return g_strdup_printf(N " × " N, s->kv_heads, s->k_width);
#undef N
}

static void put_streams(GString *out, const struct model *m, struct format f)
{
    struct layout l = layout_of(m);
    g_string_append_printf(out, "\nWHAT ITS LAYERS KEEP\n  %-*s%6s  %-34s%-22s%12s\n", LABEL - 8, "", "layers", "of",
                           "numbers", dtype_labels[f.type]);
    if (l.n < 0) g_string_append(out, "  n/a: the model does not say which of its layers keep what\n");
    for (int i = 0; i < l.n; i++) {
        const struct stream *s = &l.streams[i];
        struct format own = stream_format(s, f);
        int64_t bits = stream_entry_bits(s, &f);
        bool other = own.type != f.type;
        g_autofree char *all = kept_text(s), *entry = entry_text(s), *reads = text_count(s->reads);
        g_autofree char *kept = s->reads > 0 ? g_strdup_printf("%s, %s are read", all, reads) : g_strdup(all);
        g_autofree char *bytes = text_memory(count_over(bits, 8));
        g_string_append_printf(out, "  %-*s%6" G_GINT64_FORMAT "  %-34s%-22s%12s%s%s\n", LABEL - 8, s->name, s->layers,
                               kept, entry, bytes, other ? " always " : "", other ? dtype_labels[own.type] : "");
    }
}

static void put_sizes(GString *out, const struct model *m)
{
    static const int64_t contexts[] = { 4096, 32768, 131072, 1048576 };
    static const enum dtype types[] = { DTYPE_BF16, DTYPE_FP8, DTYPE_INT4 };
    g_string_append_printf(out, "\nWHAT THAT TAKES\n  %-*s%14s%14s%14s%14s%14s%14s\n", LABEL - 8, "", "weights",
                           "a token", "4K", "32K", "128K", "1M");
    for (size_t t = 0; t < G_N_ELEMENTS(types); t++) {
        struct format f = format_usual(types[t]);
        g_autofree char *weights = text_memory(weight_bytes(m, types[t]));
        g_autofree char *token = text_memory(cache_bytes_per_token(m, f));
        g_string_append_printf(out, "  %-*s%14s%14s", LABEL - 8, dtype_labels[types[t]], weights, token);
        for (size_t c = 0; c < G_N_ELEMENTS(contexts); c++) {
            g_autofree char *bytes = text_memory(cache_bytes(m, f, contexts[c]));
            bool beyond = m->max_context > 0 && contexts[c] > m->max_context;
            g_string_append_printf(out, "%14s", beyond ? "beyond limit" : bytes);
        }
        g_string_append_c(out, '\n');
    }
}

static void put_end(GString *out, const char *source, const char *confidence, const char *note)
{
    g_string_append(out, "\nSOURCE\n");
    put_text(out, "source", source ? source : "n/a");
    put_text(out, "confidence", confidence ? confidence : "n/a");
    if (note) put_text(out, "note", note);
}

static void show_model(const struct model *m, GString *out)
{
    g_string_append_printf(out, "%s  (model %s)\n\n", m->name, m->id);
    put_keys(out, model_rows, m, concerns_model);
    put_streams(out, m, format_usual(DTYPE_BF16));
    put_sizes(out, m);
    put_end(out, m->source, m->confidence, m->note);
}

/* --- a device --- */

static bool concerns_device(const void *entry, const char *key)
{
    const struct device *d = entry;
    if (!strcmp(key, "stacks") || !strcmp(key, "sites")) return d->memory == MEMORY_HBM;
    if (!strcmp(key, "channels")) return d->memory == MEMORY_GDDR || d->memory == MEMORY_LPDDR;
    return strcmp(key, "core_word") && strcmp(key, "short_name");
}

static void show_device(const struct device *d, GString *out)
{
    g_string_append_printf(out, "%s  (device %s)\n\n", d->name, d->id);
    put_keys(out, device_rows, d, concerns_device);
    put_end(out, d->source, d->confidence, d->note);
    if (d->usd_per_hour > 0) {
        g_autofree char *price = g_strdup_printf("%s, %s", d->price_source ? d->price_source : "n/a",
                                                 d->price_date ? d->price_date : "n/a");
        put_text(out, "price", price);
    }
}

/* --- the verb --- */

static int show_entry(const struct catalog *c, const char *id)
{
    const struct model *m = catalog_model(c, id);
    const struct device *d = catalog_device(c, id);
    g_autoptr(GString) out = g_string_new(NULL);
    if (m) show_model(m, out);
    if (d) show_device(d, out);
    fputs(out->str, stdout);
    if (m || d) return EXIT_DONE;
    GPtrArray *ids = g_ptr_array_new();
    for (size_t i = 0; i < c->n_models; i++) g_ptr_array_add(ids, c->models[i].id);
    for (size_t i = 0; i < c->n_devices; i++) g_ptr_array_add(ids, c->devices[i].id);
    g_ptr_array_add(ids, NULL);
    const char *near = suggest(id, (const char *const *)ids->pdata);
    complain("\"%s\" is no model and no device of the catalog%s%s%s; `kvreel list models` and `kvreel list devices` "
             "name all.", id, near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
    g_ptr_array_free(ids, TRUE);
    return EXIT_MISTAKE;
}

static int run(const struct verb *verb, int argc, char **argv)
{
    struct args a;
    int code;
    if (!args_read(verb, argc, argv, &a, &code)) return code;
    struct catalog *catalog = open_catalog(&a, &code);
    if (catalog && a.words->len < 2) {
        complain("Show what? A model or a device, such as llama-3.1-8b or h100-sxm.");
        code = EXIT_MISTAKE;
    }
    for (guint i = 0; code == EXIT_DONE && i + 1 < a.words->len; i++) {
        if (i) printf("\n\n");
        code = show_entry(catalog, a.words->pdata[i]);
    }
    catalog_free(catalog);
    args_clear(&a);
    return code;
}

static const struct arg args[] = { { "--home", "DIR", "Folder with data/ (default: beside the program)." }, { 0 } };

const struct verb verb_show = {
    "show", "MODEL|DEVICE ...", "Shows a model or device of the catalog: what is known, from where, and what follows.",
    args, run
};
