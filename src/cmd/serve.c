/* kvreel serve: what a server does under a load, and how long who waits. */
#include "cmd/serve.h"
#include "cmd/why_tell.h"
#include "conf/conf.h"
#include "scene/catalog.h"

#include <stdio.h>
#include <string.h>

enum { MOST_STEPS_KEPT_FOR = 50000 };

/* A file whole or not at all. */
static bool write_file(const char *path, const GString *text)
{
    g_autoptr(GError) error = NULL;
    GFileSetContentsFlags whole = G_FILE_SET_CONTENTS_CONSISTENT;
    if (g_file_set_contents_full(path, text->str, (gssize)text->len, whole, 0666, &error)) return true;
    complain("%s", error->message);
    return false;
}

static int tell(const struct args *a, const struct serve *s)
{
    const char *events = args_get(a, "--events"), *steps = args_get(a, "--steps");
    g_autoptr(GString) out = g_string_new(NULL), file = g_string_new(NULL);
    if (events) {
        serve_events_csv(s, file);
        if (!write_file(events, file)) return EXIT_WORLD;
    }
    if (steps) {
        g_string_truncate(file, 0);
        serve_steps_csv(s, file);
        if (!write_file(steps, file)) return EXIT_WORLD;
    }
    if (args_get(a, "--json")) serve_tell_json(s, out);
    else serve_tell_text(s, out);
    fputs(out->str, stdout);
    return EXIT_DONE;
}

static int explain(const struct args *a, const struct serve *s)
{
    struct books books = { .book = { s->facts }, .nowhere = "of this run" };
    return why_tell_book(&books, a->words->pdata[0], args_get(a, "--json"));
}

/* Reads the options and the catalog, lets the server run and calls act. */
static int with_server(const struct args *a, int (*act)(const struct args *a, const struct serve *s))
{
    int code;
    struct catalog *catalog = open_catalog(a, &code);
    if (!catalog) return code;
    struct diags *diags = diags_new();
    struct serve_options options;
    args_fill(a, serve_rows, &options, diags);
    enum event_level events = args_get(a, "--events") ? EVENTS_ALL : EVENTS_NONE;
    bool steps = args_get(a, "--steps") || options.requests <= MOST_STEPS_KEPT_FOR;
    struct serve s = { 0 };
    bool ran = !diags_count(diags) && serve_open(&s, &options, catalog, events, steps, diags);
    code = ran ? act(a, &s) : EXIT_MISTAKE;
    print_diags(diags);
    serve_close(&s);
    conf_clear(serve_rows, &options);
    catalog_free(catalog);
    diags_free(diags);
    return code;
}

static int run_with(const struct verb *verb, int argc, char **argv, guint most_words,
                    int (*act)(const struct args *a, const struct serve *s))
{
    struct args a;
    int code;
    if (!args_read(verb, argc, argv, &a, &code)) return code;
    if (a.words->len > most_words + 1) {
        complain("\"%s\" is one word too many; options are written as --rate 8.", (char *)a.words->pdata[most_words]);
        code = EXIT_MISTAKE;
    } else code = with_server(&a, act);
    args_clear(&a);
    return code;
}

static int run(const struct verb *verb, int argc, char **argv) { return run_with(verb, argc, argv, 0, tell); }

static const struct arg args[] = {
    { "--json", NULL, "The numbers as JSON, each with its unit." },
    { "--events", "FILE", "Write all that happened, event by event, as CSV." },
    { "--steps", "FILE", "Write a line for each step, as CSV." },
    { "--home", "DIR", "Folder with data/ (default: beside the program)." },
    { 0 }
};

const struct verb verb_serve = {
    .name = "serve", .usage = "[--model MODEL] [--device DEVICE] [--rate 4] ...", .args = args, .rows = serve_rows,
    .run = run,
    .summary = "Lets a server of a model run under a load: waiting times, throughput, and how full its cache is.",
};

static const struct arg why_args[] = {
    { "--json", NULL, "The same as JSON." },
    { "--home", "DIR", "Folder with data/ (default: beside the program)." },
    { 0 }
};

int serve_why(int argc, char **argv)
{
    static const struct verb verb = {
        .name = "why serve", .usage = "[--model MODEL] ... [ID]", .args = why_args, .rows = serve_rows,
        .summary = "Tells where the numbers of `kvreel serve` come from, or the one with that id.",
    };
    return run_with(&verb, argc, argv, 1, explain);
}
