/* kvreel pages: sequences laid into memory by several strategies, and how much of it stays empty. */
#include "base/suggest.h"
#include "cmd/pages.h"
#include "cmd/serve.h"
#include "cmd/why_tell.h"
#include "conf/conf.h"
#include "scene/catalog.h"
#include "serve/alloc_facts.h"
#include "sim/cache_facts.h"
#include "sim/leaf.h"

#include <stdio.h>
#include <string.h>

struct pages_options {
    char *lengths, *model; /* model: NULL: slots alone, without bytes */
    int cache;             /* enum dtype */
    int64_t sequences, longest, block, seed;
};

#define ROW_OF(kind, field, ...) ROW_##kind(struct pages_options, field, #field, __VA_ARGS__)

static const struct row pages_rows[] = {
    ROW_OF(
        TEXT, lengths, .def = "500~0.8", .example = "\"213,97,330,150\"",
        .help =
            "Tokens of each sequence: 213,97,330,150; or drawn, as 100..900 evenly spread, or 500~0.8 log-normal with"
            " that mean."),
    ROW_OF(COUNT, sequences, .def = "64", .min = 1, .max = 1e6,
           .help = "Sequences to draw, where their lengths are not listed."),
    ROW_OF(COUNT, longest, .def = "2048", .min = 1, .max = 1e9, .unit = "tokens",
           .help = "The longest that a sequence may become."),
    ROW_OF(COUNT, block, .def = "16", .min = 1, .max = 1 << 20, .unit = "tokens", .help = "Tokens in a block."),
    ROW_OF(INT, seed, .def = "7", .min = 0, .max = 9e15, .help = "Seed of the drawn lengths."),
    ROW_OF(TEXT, model, .optional = true, .help = "Model of the catalog, for bytes.", .example = "\"llama-3.1-8b\""),
    ROW_OF(CHOICE, cache, .def = "bf16", .choices = dtype_names, .help = "Number format of its cache."),
    ROW_END
};

/* From the best to the worst. */
static const struct {
    const char *name, *label, *bytes;
} strategies[] = {
    { "exact", "as many as there are tokens", "pages.exact_bytes" },
    { "paged", "in blocks, taken as needed", "pages.paged_bytes" },
    { "powers", "rounded up to a power of two", "pages.powers_bytes" },
    { "maximum", "the longest set aside for each", "pages.maximum_bytes" },
};

/* --- lengths --- */

static int64_t *draw_lengths(const struct pages_options *o, int64_t *n, struct diags *diags)
{
    struct load_options lo = { o->sequences,
                               ARRIVALS_AT_ONCE,
                               1,
                               serve_length("--lengths", o->lengths, diags),
                               { LENGTH_FIXED, 1, 1, 0, 0 },
                               (uint64_t)o->seed };
    if (lo.prompt.kind == LENGTH_LOG_NORMAL) lo.prompt.high = o->longest;
    const char *fault = load_options_fault(&lo);
    if (fault) diag(diags, NULL, 0, "--lengths: %s", fault);
    if (diags_count(diags)) return NULL;
    struct load *load = load_make(&lo);
    int64_t *lengths = g_new(int64_t, load->count);
    *n = load->count;
    for (int64_t i = 0; i < load->count; i++) lengths[i] = load->requests[i].prompt;
    load_free(load);
    return lengths;
}

static int64_t *read_lengths(const struct pages_options *o, int64_t *n, struct diags *diags)
{
    if (!strchr(o->lengths, ',')) return draw_lengths(o, n, diags);
    g_auto(GStrv) words = g_strsplit(o->lengths, ",", -1);
    int64_t *lengths = g_new0(int64_t, g_strv_length(words));
    *n = 0;
    for (char **w = words; *w; w++) {
        guint64 value;
        if (!*g_strstrip(*w)) continue;
        if (g_ascii_string_to_unsigned(*w, 10, 1, (guint64)o->longest, &value, NULL)) lengths[(*n)++] = (int64_t)value;
        else
            diag(diags, NULL, 0,
                 "--lengths: \"%s\" is no number of tokens from 1 to %" G_GINT64_FORMAT
                 ", which is what --longest allows.",
                 *w, o->longest);
    }
    return lengths;
}

static bool all_fit(const int64_t *lengths, int64_t n, const struct pages_options *o, struct diags *diags)
{
    int64_t most = 0;
    for (int64_t i = 0; i < n; i++) most = MAX(most, lengths[i]);
    if (most > o->longest)
        diag(diags, NULL, 0,
             "--longest: %" G_GINT64_FORMAT " tokens are fewer than the longest sequence has, %" G_GINT64_FORMAT ".",
             o->longest, most);
    return most <= o->longest;
}

/* --- bytes --- */

/* A slot has bytes of its own where every token takes the same. */
static void put_bytes(const struct model *m, const struct pages_options *o, struct facts *f)
{
    struct cache_choice choice = { m, format_usual((enum dtype)o->cache), "command line: --cache", UNIT_BYTES };
    int one = facts_leaf(f, "mem.context", 1, UNIT_TOKENS, "by definition: one token");
    struct cache_facts cache = cache_facts_at(&choice, one, f);
    int64_t each = facts_at(f, cache.per_token)->i;
    for (size_t i = 0; i < G_N_ELEMENTS(strategies); i++) {
        g_autofree char *id = g_strdup_printf("reserve.%s.slots", strategies[i].name);
        int slots = facts_find(f, id);
        int64_t bytes;
        bool fits = !__builtin_mul_overflow(each, facts_at(f, slots)->i, &bytes);
        if (cache_bends(m))
            facts_unknown(f, strategies[i].bytes, UNIT_BYTES, "a token of this model does not always take the same");
        else
            fact_whole(f, strategies[i].bytes, fits ? bytes : -1, UNIT_BYTES, "[slots] × [cache a token]",
                       FACTS(slots, cache.per_token));
    }
}

/* NULL after adding to diags. */
static struct facts *compare(const struct pages_options *o, const struct catalog *catalog, struct diags *diags)
{
    int64_t n = 0;
    g_autofree int64_t *lengths = read_lengths(o, &n, diags);
    const struct model *m = o->model ? catalog_model(catalog, o->model) : NULL;
    g_autofree const char **ids = catalog_model_ids(catalog);
    if (o->model && !m) {
        const char *near = suggest(o->model, ids);
        diag(diags, NULL, 0, "--model: \"%s\" is not in the catalog%s%s%s; `kvreel list models` names all.", o->model,
             near ? "; did you mean \"" : "", near ? near : "", near ? "\"" : "");
    }
    if (diags_count(diags) || !all_fit(lengths, n, o, diags)) return NULL;
    struct facts *f = facts_new();
    if (!alloc_facts_compare(lengths, n, o->longest, o->block, f)) {
        diag(diags, NULL, 0, "These sequences make more slots than 64 bits can count.");
        facts_free(f);
        return NULL;
    }
    if (m) put_bytes(m, o, f);
    return f;
}

/* --- telling --- */

static const char *text_of(const struct facts *f, const char *strategy, const char *what, enum fact_form form,
                           char *buf, size_t size)
{
    g_autofree char *id = g_strdup_printf("reserve.%s.%s", strategy, what);
    return facts_text(f, facts_find(f, id), form, buf, size);
}

static void put_cell(GString *out, int width, const char *text)
{
    for (glong n = g_utf8_strlen(text, -1); n < width; n++) g_string_append_c(out, ' ');
    g_string_append(out, text);
}

/* Taken slots beside those of the maximum; full ones are dark. */
static void put_bar(const struct facts *f, const char *strategy, GString *out)
{
    enum { SIGNS = 30 };
    g_autofree char *id = g_strdup_printf("reserve.%s.slots", strategy);
    double most = facts_at(f, facts_find(f, "reserve.maximum.slots"))->r;
    int taken = (int)(facts_at(f, facts_find(f, id))->r / most * SIGNS + 0.5);
    int full = (int)(facts_at(f, facts_find(f, "reserve.tokens"))->r / most * SIGNS + 0.5);
    g_string_append(out, "  ");
    for (int i = 0; i < taken; i++) g_string_append(out, i < full ? "█" : "░");
    g_string_append_c(out, '\n');
}

static void put_row(const struct facts *f, size_t i, GString *out)
{
    char text[64];
    g_string_append_printf(out, "  %-32s", strategies[i].label);
    put_cell(out, 16, text_of(f, strategies[i].name, "slots", FORM_PLAIN, text, sizeof text));
    put_cell(out, 14, text_of(f, strategies[i].name, "empty", FORM_PLAIN, text, sizeof text));
    put_cell(out, 8, text_of(f, strategies[i].name, "empty_share", FORM_PERCENT1, text, sizeof text));
    int bytes = facts_find(f, strategies[i].bytes);
    if (bytes >= 0) put_cell(out, 12, facts_text(f, bytes, FORM_AUTO, text, sizeof text));
    put_bar(f, strategies[i].name, out);
}

static void put_text(const struct facts *f, GString *out)
{
    static const struct {
        const char *id, *words;
    } head[] = {
        { "reserve.sequences", " sequences, " },
        { "reserve.tokens", " tokens; blocks of " },
        { "reserve.block_tokens", ", at most " },
        { "reserve.longest", " tokens in each\n\n" },
    };
    char text[64];
    for (size_t i = 0; i < G_N_ELEMENTS(head); i++) {
        g_string_append(out, facts_text(f, facts_find(f, head[i].id), FORM_PLAIN, text, sizeof text));
        g_string_append(out, head[i].words);
    }
    g_string_append_printf(out, "  %-32s%16s%14s\n", "slots", "taken", "empty");
    for (size_t i = 0; i < G_N_ELEMENTS(strategies); i++) put_row(f, i, out);
    g_string_append(out, "\n`kvreel why pages` with the same options tells where each number comes from.\n");
}

static void put_json(const struct facts *f, GString *out)
{
    g_string_append_c(out, '{');
    for (int i = 0; i < facts_count(f); i++) {
        g_autofree char *id = text_json(facts_at(f, i)->id);
        g_string_append_printf(out, "%s\n  %s:", i ? "," : "", id);
        why_value_json(facts_at(f, i), out);
    }
    g_string_append(out, "\n}\n");
}

static int tell(const struct args *a, const struct facts *f)
{
    g_autoptr(GString) out = g_string_new(NULL);
    if (args_get(a, "--json")) put_json(f, out);
    else put_text(f, out);
    fputs(out->str, stdout);
    return EXIT_DONE;
}

static int explain(const struct args *a, const struct facts *f)
{
    struct books books = { .book = { f }, .nowhere = "of these sequences" };
    return why_tell_book(&books, a->words->pdata[0], args_get(a, "--json"));
}

/* --- the verbs --- */

static int run_with(const struct verb *verb, int argc, char **argv, guint most_words,
                    int (*act)(const struct args *a, const struct facts *f))
{
    struct args a;
    int code;
    if (!args_read(verb, argc, argv, &a, &code)) return code;
    struct catalog *catalog = a.words->len > most_words + 1 ? NULL : open_catalog(&a, &code);
    if (a.words->len > most_words + 1) {
        complain("\"%s\" is one word too many; options are written as --block 16.", (char *)a.words->pdata[most_words]);
        code = EXIT_MISTAKE;
    }
    if (catalog) {
        struct diags *diags = diags_new();
        struct pages_options o;
        args_fill(&a, pages_rows, &o, diags);
        struct facts *f = diags_count(diags) ? NULL : compare(&o, catalog, diags);
        code = f ? act(&a, f) : EXIT_MISTAKE;
        print_diags(diags);
        facts_free(f);
        conf_clear(pages_rows, &o);
        diags_free(diags);
    }
    catalog_free(catalog);
    args_clear(&a);
    return code;
}

static int run(const struct verb *verb, int argc, char **argv) { return run_with(verb, argc, argv, 0, tell); }

static const struct arg args[] = { { "--json", NULL, "The numbers as JSON, each with its unit." },
                                   { "--home", "DIR", "Folder with data/ (default: beside the program)." },
                                   { 0 } };

const struct verb verb_pages = {
    .name = "pages",
    .usage = "[--lengths 213,97,330,150] [--block 16] ...",
    .args = args,
    .rows = pages_rows,
    .run = run,
    .summary = "Lays sequences into memory by block, by power of two and by maximum: how much stays empty.",
};

int pages_why(int argc, char **argv)
{
    static const struct verb verb = {
        .name = "why pages",
        .usage = "[--lengths ...] ... [ID]",
        .args = args,
        .rows = pages_rows,
        .summary = "Tells where the numbers of `kvreel pages` come from, or the one with that id."
    };
    return run_with(&verb, argc, argv, 1, explain);
}
