/* kvreel size: how much a model and its cache take, and what fits. */
#include "cmd/size.h"
#include "cmd/why_tell.h"
#include "scene/catalog.h"

#include <stdio.h>
#include <string.h>

/* Reads the catalog and the cases and calls act; returns the exit code. */
static int with_cases(const struct args *a,
                      int (*act)(const struct args *a, const struct size_cases *c, struct diags *diags))
{
    int code;
    struct catalog *catalog = open_catalog(a, &code);
    if (!catalog) return code;
    struct diags *diags = diags_new();
    struct size_cases *cases = size_cases_read(a, catalog, diags);
    code = cases ? act(a, cases, diags) : EXIT_MISTAKE;
    print_diags(diags);
    size_cases_free(cases);
    catalog_free(catalog);
    diags_free(diags);
    return code;
}

static int tell(const struct args *a, const struct size_cases *c, struct diags *diags)
{
    const char *word = g_ptr_array_index(a->words, 0);
    if (word) {
        diag(diags, NULL, 0, "\"%s\" is one word too many; models are named with --model %s.", word, word);
        return EXIT_MISTAKE;
    }
    g_autoptr(GString) out = g_string_new(NULL);
    if (args_get(a, "--json") && args_get(a, "--csv")) {
        diag(diags, NULL, 0, "--json and --csv are two ways to write the same; choose one.");
        return EXIT_MISTAKE;
    }
    if (args_get(a, "--json")) size_tell_json(c, out);
    else if (args_get(a, "--csv")) size_tell_csv(c, out);
    else size_tell_text(c, out);
    fputs(out->str, stdout);
    return EXIT_DONE;
}

static int run(const struct verb *verb, int argc, char **argv)
{
    struct args a;
    int code;
    if (!args_read(verb, argc, argv, &a, &code)) return code;
    code = with_cases(&a, tell);
    args_clear(&a);
    return code;
}

static const struct arg args[] = { ARGS_SIZE,
                                   { "--json", NULL, "The numbers as JSON, each with its unit." },
                                   { "--csv", NULL, "The numbers as a table for programs: bytes, tokens, shares." },
                                   { "--home", "DIR", "Folder with data/ (default: beside the program)." },
                                   { 0 } };

const struct verb verb_size = {
    .name = "size",
    .usage = "--model MODEL [--device DEVICE] [--context 128Ki] [--batch 8] ...",
    .args = args,
    .run = run,
    .summary = "Says how much memory a model and its cache take, and what fits a device.",
};

/* --- kvreel why size --- */

static int explain(const struct args *a, const struct size_cases *c, struct diags *diags)
{
    if (c->n > 1) {
        diag(diags, NULL, 0,
             "These options make %d cases, and the numbers of one are told: give one model, device, context, ...",
             c->n);
        return EXIT_MISTAKE;
    }
    struct books books = { .book = { c->items[0].facts }, .nowhere = "not on the sheet" };
    GArray *shown = size_shown(&c->items[0]);
    int code = why_tell_sheet(&books, shown, a->words->pdata[0], args_get(a, "--json"));
    for (guint i = 0; i < shown->len; i++) g_free(g_array_index(shown, struct shown, i).text);
    g_array_free(shown, TRUE);
    return code;
}

static const struct arg why_args[] = { ARGS_SIZE,
                                       { "--json", NULL, "The same as JSON." },
                                       { "--home", "DIR", "Folder with data/ (default: beside the program)." },
                                       { 0 } };

int size_why(int argc, char **argv)
{
    static const struct verb verb = {
        .name = "why size",
        .usage = "--model MODEL ... [ID]",
        .args = why_args,
        .summary = "Tells where the numbers of `kvreel size` come from, or the one with that id."
    };
    struct args a;
    int code;
    if (!args_read(&verb, argc, argv, &a, &code)) return code;
    if (a.words->len > 2) {
        complain("One number at a time; \"%s\" is one word too many.", (char *)a.words->pdata[1]);
        code = EXIT_MISTAKE;
    } else code = with_cases(&a, explain);
    args_clear(&a);
    return code;
}
