/* kvreel trace: a run of a model kept in a file, what such a file holds, and files of other programs checked. */
#include "cmd/cmd.h"
#include "cmd/progress.h"
#include "conf/conf.h"
#include "lm/measure.h"
#include "lm/tracefile.h"
#include "sink/atomic.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

/* --- options --- */

struct trace_wishes { char *prompt; int64_t steps, top_k, seed; double temperature, top_p; };

static const struct row wish_rows[] = {
    ROW_TEXT(struct trace_wishes, prompt, "prompt", .optional = true, .help = "What the model reads first.",
             .example = "\"Mia has a red kite.\""),
    ROW_INT(struct trace_wishes, steps, "steps", .def = "5", .min = 0, .max = 8000,
            .help = "Decode steps after the prompt."),
    ROW_REAL(struct trace_wishes, temperature, "temperature", .def = "0.0", .min = 0, .max = 10,
             .help = "Sampling temperature; 0 takes the likeliest token."),
    ROW_INT(struct trace_wishes, top_k, "top_k", .def = "0", .min = 0, .max = 1000000,
            .help = "Sample among the likeliest so many tokens; 0: all."),
    ROW_REAL(struct trace_wishes, top_p, "top_p", .def = "0.0", .min = 0, .max = 1,
             .help = "Then among the fewest likeliest that hold this share of what top-k left; 0 or 1: all."),
    ROW_INT(struct trace_wishes, seed, "seed", .def = "7", .min = 0, .max = 9e15, .help = "Seed of the sampling."),
    ROW_END
};

/* --- writing --- */

struct output { struct atomic *file; int64_t bytes; };

static gboolean put(void *to, const void *data, size_t n, GError **error)
{
    struct output *o = to;
    o->bytes += (int64_t)n;
    return atomic_write(o->file, data, n, error);
}

/* Signals wait until the file has its name or is gone, so that an interrupt leaves no half of it. -1 and error, or how
 * many bytes it has. */
static int64_t write_file(const struct trace *t, bool squares, const char *path, GError **error)
{
    struct output o = { 0 };
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    o.file = atomic_open(path, error);
    bool good = o.file && tracefile_write(t, squares, put, &o, error) && atomic_commit(o.file, error);
    atomic_close(o.file);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return good ? o.bytes : -1;
}

static char *plural(int n, const char *what) { return g_strdup_printf("%d %s%s", n, what, n == 1 ? "" : "s"); }

static int keep(const struct args *a, const struct trace *t, const char *path)
{
    g_autoptr(GError) error = NULL;
    int64_t bytes = write_file(t, !args_get(a, "--compact"), path, &error);
    if (bytes < 0) {
        complain("%s", error->message);
        return EXIT_WORLD;
    }
    g_autofree char *size = text_bytes(bytes), *layers = plural(t->shape.layers, "layer"),
                    *heads = plural(t->shape.heads, "head"), *steps = plural(t->n_passes - 1, "decode step"),
                    *tokens = plural(t->n_prompt, "token");
    if (!args_get(a, "--quiet"))
        printf("%s  %s with %s, %s of prompt and %s, %s\n", path, layers, heads, tokens, steps, size);
    return EXIT_DONE;
}

/* --- running a model --- */

struct watching { struct progress progress; gint64 start; };

static void watch(void *to, int64_t done, int64_t total)
{
    struct watching *w = to;
    progress_show(&w->progress, done, total, (double)(g_get_monotonic_time() - w->start) / 1e6);
}

/* Where the trace goes when nobody says: below out/, which is made. NULL after telling. */
static char *default_path(const struct lm *g)
{
    if (g_mkdir_with_parents("out", 0777)) {
        complain("The folder out cannot be made: %s; name a file with -o.", g_strerror(errno));
        return NULL;
    }
    return g_strdup_printf("out/%s.trace.safetensors", lm_name(g));
}

static struct trace *run_model(const struct args *a, const struct lm *g, const struct trace_wishes *w, GError **error)
{
    struct watching watching = { progress_for(args_get(a, "--quiet"), false), g_get_monotonic_time() };
    watching.progress.what = "tokens";
    watching.progress.rate = "tokens a second";
    struct trace_options options = { .prompt = w->prompt, .steps = (int)w->steps, .temperature = w->temperature,
                                     .top_k = (int)w->top_k, .top_p = w->top_p, .seed = (uint64_t)w->seed,
                                     .tell = watch, .to = &watching };
    struct trace *t = trace_run(g, &options, error);
    progress_end(&watching.progress);
    return t;
}

/* Measures what the heads do, into the trace; false after telling. */
static bool measure_roles(const struct args *a, const struct lm *g, struct trace *t)
{
    g_autofree char *home = find_home(a);
    g_autofree char *path = home ? g_build_filename(home, "data", "heads", "stories.json", NULL) : NULL;
    g_autoptr(GError) error = NULL;
    struct marks *marks = path ? marks_read(path, &error) : NULL;
    struct heads *heads = marks ? heads_measure(g, marks, &(struct measure_options){ 0 }, &error) : NULL;
    if (heads) t->roles = heads_to_json(heads);
    else if (error) complain("The roles of heads cannot be measured: %s", error->message);
    heads_free(heads);
    marks_free(marks);
    return t->roles;
}

static int record_with(const struct args *a, const char *word, const struct trace_wishes *w)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *home = find_home(a), *folder = home ? find_running_model(home, word) : NULL, *path = g_strdup(args_get(a, "-o"));
    struct lm *g = folder ? lm_load(folder, &error) : NULL;
    if (g && !path) path = default_path(g);
    struct trace *t = g && path ? run_model(a, g, w, &error) : NULL;
    if (error) complain("%s", error->message);
    bool measured = t && (!args_get(a, "--heads") || measure_roles(a, g, t));
    int code = measured ? keep(a, t, path) : t ? EXIT_MISTAKE : g && !path ? EXIT_WORLD : EXIT_MISTAKE;
    trace_free(t);
    lm_free(g);
    return code;
}

static int record(const struct args *a, const char *word)
{
    struct trace_wishes wishes = { 0 };
    struct diags *diags = diags_new();
    args_fill(a, wish_rows, &wishes, diags);
    if (!wishes.prompt) diag(diags, NULL, 0, "What shall the model read? Write --prompt \"Mia has a red kite.\"");
    print_diags(diags);
    int code = diags_count(diags) ? EXIT_MISTAKE : record_with(a, word, &wishes);
    diags_free(diags);
    conf_clear(wish_rows, &wishes);
    return code;
}

/* --- what a file holds --- */

static void put_sampling(GString *out, const struct trace_options *o)
{
    if (o->temperature <= 0) {
        g_string_append(out, "  sampling  greedy: always the likeliest\n");
        return;
    }
    g_string_append_printf(out, "  sampling  temperature %g", o->temperature);
    if (o->top_k) g_string_append_printf(out, ", top-k %d", o->top_k);
    if (o->top_p > 0 && o->top_p < 1) g_string_append_printf(out, ", top-p %g", o->top_p);
    g_string_append_printf(out, ", seed %" G_GUINT64_FORMAT "\n", o->seed);
}

static void put_shape(GString *out, const struct trace *t)
{
    const struct lm_shape *s = &t->shape;
    g_autofree char *layers = plural(s->layers, "layer"), *heads = plural(s->heads, "head"),
                    *vocab = text_count(s->vocab);
    g_string_append_printf(out, "  model     %s: %s, %s of %d numbers", t->model_name, layers, heads, s->head_dim);
    if (s->kv_heads != s->heads) g_string_append_printf(out, ", %d of K and V", s->kv_heads);
    g_string_append_printf(out, ", width %d, vocabulary %s%s%s\n", s->width, vocab, t->origin ? ", " : "",
                           t->origin ? t->origin : "");
    g_string_append_printf(out, "  from      %s\n", t->program ? t->program : "a program that does not say its name");
    g_string_append_printf(out, "  heads     %s\n", t->roles ? "roles measured" : "roles not measured");
    g_string_append_printf(out, "  counts    %s\n", t->counted ? "counted while the model ran"
                                                                  : "by the closed form of its shape");
}

/* A column of text, cut where it is too wide. */
static void put_cell(GString *out, const char *text, int width)
{
    g_autofree char *cut = g_utf8_substring(text, 0, MIN(width, g_utf8_strlen(text, -1)));
    g_string_append_printf(out, "%s%*s", cut, width - (int)g_utf8_strlen(cut, -1), "");
}

/* A line a pass: what came, with its share, and what might have come. */
static void put_passes(GString *out, const struct trace *t)
{
    enum { WORD = 14, OTHERS = 3 };
    g_string_append(out, "\nPASSES\n  tokens  next            share  kept     cut     others\n");
    for (int p = 0; p < t->n_passes; p++) {
        const struct trace_pass *pass = &t->passes[p];
        g_string_append_printf(out, "  %6d  ", pass->tokens);
        put_cell(out, pass->candidates[pass->sampled].text, WORD);
        g_string_append_printf(out, " %5.1f %%  %-6d %5.1f %%", 100 * pass->candidates[pass->sampled].share, pass->kept,
                               100 * pass->cut);
        for (int c = 0, told = 0; c < pass->n_candidates && told < OTHERS; c++) {
            if (c == pass->sampled) continue;
            g_string_append_printf(out, "  %s %.1f %%", pass->candidates[c].text, 100 * pass->candidates[c].share);
            told++;
        }
        g_string_append_c(out, '\n');
    }
}

static void put_size(GString *out, const char *name, int64_t numbers, const char *what)
{
    g_autofree char *bytes = text_bytes(numbers * (int64_t)sizeof(float));
    g_string_append_printf(out, "  %-28s%10s  %s\n", name, bytes, what);
}

static void put_sizes(GString *out, const struct trace *t)
{
    const struct lm_shape *s = &t->shape;
    int64_t rows = (int64_t)s->layers * t->n_tokens, n = t->n_tokens;
    g_string_append(out, "\nTENSORS, in 32 bits a number\n");
    put_size(out, "q, out", 2 * rows * s->heads * s->head_dim, "of all heads");
    put_size(out, "k, v", 2 * rows * s->kv_heads * s->head_dim, "as the cache holds them");
    put_size(out, "scores_raw, scores, weights", 3 * rows * s->heads * n,
             t->shares ? "of all heads" : "not in the file: they follow from q and k");
    put_size(out, "logits", (int64_t)t->n_passes * s->vocab, "of all passes");
}

static void tell(const struct trace *t, GString *out)
{
    g_autofree char *shown = g_filename_display_name(t->file), *tokens = plural(t->n_prompt, "token"),
                    *steps = plural(t->n_passes - 1, "decode step");
    g_string_append_printf(out, "%s\n", shown);
    put_shape(out, t);
    g_string_append_printf(out, "  run       %s of prompt, %s\n", tokens, steps);
    put_sampling(out, &t->options);
    g_string_append(out, "\nTOKENS\n  ");
    g_autoptr(GString) words = g_string_new(NULL);
    for (int i = 0; i <= t->n_tokens; i++)
        g_string_append_printf(words, "%s%s%s", i ? " " : "", i == t->n_prompt ? "| " : "", t->tokens[i].text);
    text_wrap(out, 2, 0, 110, words->str);
    put_passes(out, t);
    put_sizes(out, t);
}

/* --- files --- */

/* The trace in a file, checked. NULL after telling. */
static struct trace *open_file(const struct args *a, const char *path)
{
    const char *about = args_get(a, "--about");
    g_autoptr(GError) error = NULL;
    g_autofree char *json = NULL;
    if (about && !g_file_get_contents(about, &json, NULL, &error)) {
        complain("%s.", error->message);
        return NULL;
    }
    struct trace *t = tracefile_read(path, 0, 0, json, &error);
    if (!t) complain("%s", error->message);
    return t;
}

static int show(const struct args *a, const char *path)
{
    struct trace *t = open_file(a, path);
    if (!t) return EXIT_MISTAKE;
    g_autoptr(GString) out = g_string_new(NULL);
    tell(t, out);
    fputs(out->str, stdout);
    trace_free(t);
    return EXIT_DONE;
}

static int check_and_keep(const struct args *a, const char *path)
{
    const char *to = args_get(a, "-o");
    struct trace *t = open_file(a, path);
    if (!t) return EXIT_MISTAKE;
    int code = EXIT_DONE;
    if (to) code = keep(a, t, to);
    else if (!args_get(a, "--quiet"))
        printf("%s is a trace that scenes can play: run = { trace = \"%s\"; };%s\n", path, path,
               args_get(a, "--about") ? " once -o FILE has written it with what --about says." : "");
    trace_free(t);
    return code;
}

static const char *option_given(const struct args *a, const char *const *names)
{
    for (; *names; names++)
        if (args_get(a, *names)) return *names;
    return NULL;
}

/* An option that the file's verb does not take; complains and is false then. */
static bool takes(const struct args *a, const char *verb, const char *const *no_names, bool wishes)
{
    const char *name = option_given(a, no_names);
    g_autofree char *key = a->overrides->len > 1 ? g_strdelimit(g_strdup(a->overrides->pdata[0]), "_", '-') : NULL;
    if (name) complain("%s takes no %s.", verb, name);
    else if (key && !wishes) complain("%s takes no --%s: the model has run already.", verb, key);
    return !name && (!key || wishes);
}

/* A trace that is looked at, a file that is imported, or a model that runs. */
static int dispatch(const struct args *a, const char *word)
{
    static const char *const not_of_import[] = { "--heads", NULL }, *const not_of_model[] = { "--about", NULL },
                             *const not_of_file[] = { "-o", "--compact", "--quiet", "--heads", NULL };
    bool file = g_file_test(word, G_FILE_TEST_IS_REGULAR) || g_str_has_suffix(word, ".safetensors");
    if (args_get(a, "--import"))
        return takes(a, "trace --import", not_of_import, false) ? check_and_keep(a, word) : EXIT_MISTAKE;
    if (file)
        return takes(a, "trace FILE", not_of_file, false) ? show(a, word) : EXIT_MISTAKE;
    return takes(a, "trace MODEL", not_of_model, true) ? record(a, word) : EXIT_MISTAKE;
}

static int run(const struct verb *verb, int argc, char **argv)
{
    struct args a;
    int code;
    if (!args_read(verb, argc, argv, &a, &code)) return code;
    const char *word = g_ptr_array_index(a.words, 0);
    code = EXIT_MISTAKE;
    if (!word) complain("Trace what? A model's folder or name, or a trace that a model left.");
    else if (g_ptr_array_index(a.words, 1))
        complain("One at a time; \"%s\" is one word too many.", (char *)g_ptr_array_index(a.words, 1));
    else code = dispatch(&a, word);
    args_clear(&a);
    return code;
}

static const struct arg args[] = {
    { "-o", "FILE", "The trace (default: out/NAME.trace.safetensors)." },
    { "--compact", NULL, "Leave out scores and weights, which follow from q and k and are the largest of a long text." },
    { "--heads", NULL, "Also measure what the heads do (see kvreel heads), so that scenes can name them by role." },
    { "--import", NULL, "Check a file that another program wrote, and with -o write it as a trace." },
    { "--about", "FILE", "With a file that has only tensors: the JSON that says what ran (docs/TRACE.md)." },
    { "--quiet", NULL, "Say nothing but mistakes." },
    { "--home", "DIR", "Folder with data/ and styles/ (default: beside the program)." },
    { 0 }
};

const struct verb verb_trace = {
    "trace", "MODEL|FILE --prompt TEXT [-o FILE]",
    "Runs a model once and keeps what it did: tokens, q, K, V, scores, weights, outputs and logits of all layers and\n"
    "heads. Scenes play it: run = { trace = \"FILE\"; }. Of a trace that is there, tells what it holds.",
    args, run, .rows = wish_rows
};
