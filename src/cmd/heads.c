/* kvreel heads: what the heads of a model do, measured on held-out stories. */
#include "cmd/heads.h"
#include "cmd/cmd.h"
#include "cmd/progress.h"
#include "base/suggest.h"
#include "lm/measure.h"

#include <stdio.h>
#include <string.h>


/* --- measuring --- */

struct watch { struct progress progress; GTimer *timer; };

static void tell_progress(int done, int total, void *data)
{
    struct watch *w = data;
    progress_show(&w->progress, done, total, g_timer_elapsed(w->timer, NULL));
}

static struct heads *measure(const struct lm *g, const struct marks *marks, int stories, bool quiet, GError **error)
{
    struct watch w = { progress_for(quiet, false), g_timer_new() };
    w.progress.what = "stories";
    w.progress.rate = "a second";
    struct heads *h = heads_measure(g, marks, &(struct measure_options){ stories, tell_progress, &w }, error);
    progress_end(&w.progress);
    g_timer_destroy(w.timer);
    return h;
}

static int tell(const struct args *a, const char *name, const struct heads *h, int role)
{
    g_autoptr(GString) out = g_string_new(NULL);
    g_autofree char *json = args_get(a, "--json") ? heads_to_json(h) : NULL;
    if (json) g_string_append(out, json);
    else if (args_get(a, "--csv")) heads_tell_csv(h, out);
    else if (role < HEAD_ROLES) heads_tell_role(name, h, (enum head_role)role, args_get(a, "--all"), out);
    else heads_tell(name, h, args_get(a, "--all"), out);
    fputs(out->str, stdout);
    return EXIT_DONE;
}

static int measure_model(const struct args *a, const char *home, const char *folder, int stories, int role)
{
    g_autofree char *path = g_build_filename(home, "data", "heads", "stories.json", NULL);
    g_autoptr(GError) error = NULL;
    struct lm *g = lm_load(folder, &error);
    struct marks *marks = g ? marks_read(path, &error) : NULL;
    bool quiet = args_get(a, "--json") || args_get(a, "--csv") || args_get(a, "--quiet");
    struct heads *h = marks ? measure(g, marks, stories, quiet, &error) : NULL;
    int code = h ? tell(a, lm_name(g), h, role) : EXIT_MISTAKE;
    if (!h) complain("%s", error->message);
    heads_free(h);
    marks_free(marks);
    lm_free(g);
    return code;
}

/* --- the command line --- */

/* HEAD_ROLES where none is named, -1 after printing. */
static int read_role(const struct args *a)
{
    const char *word = args_get(a, "--role");
    enum head_role role = word ? head_role_find(word) : HEAD_ROLES;
    if (!word || role < HEAD_ROLES) return (int)role;
    const char *near = suggest(word, head_role_names);
    g_autofree char *all = g_strjoinv(", ", (char **)(guintptr)head_role_names);
    complain("There is no role \"%s\"%s%s%s; roles are %s.", word, near ? "; did you mean \"" : "", near ? near : "",
             near ? "\"" : "", all);
    return -1;
}

/* 0 where none is said, -1 after printing. */
static int read_stories(const struct args *a)
{
    const char *word = args_get(a, "--stories");
    guint64 n = 0;
    if (!word || g_ascii_string_to_unsigned(word, 10, 1, 100000, &n, NULL)) return (int)n;
    complain("--stories is \"%s\"; it must be a whole number from 1 to 100000.", word);
    return -1;
}

static int run(const struct verb *verb, int argc, char **argv)
{
    struct args a;
    int code;
    if (!args_read(verb, argc, argv, &a, &code)) return code;
    const char *word = g_ptr_array_index(a.words, 0);
    int stories = read_stories(&a), role = read_role(&a);
    g_autofree char *home = find_home(&a), *folder = home && word ? find_running_model(home, word) : NULL;
    code = EXIT_MISTAKE;
    if (!word) complain("The heads of which model? Such as kvreel heads tale, or a folder in Hugging Face layout.");
    else if (g_ptr_array_index(a.words, 1))
        complain("One model at a time; \"%s\" is one word too many.", (char *)g_ptr_array_index(a.words, 1));
    else if (a.overrides->len > 1)
        complain("heads takes no key of a scene: --%s.", (char *)g_ptr_array_index(a.overrides, 0));
    else if (args_get(&a, "--json") && args_get(&a, "--csv")) complain("--json and --csv exclude each other.");
    else if (stories >= 0 && role >= 0 && folder) code = measure_model(&a, home, folder, stories, role);
    args_clear(&a);
    return code;
}

static const struct arg args[] = {
    { "--role", "ROLE", "All heads by one role, the best first." },
    { "--all", NULL, "Every head, where a model has so many that only the best are shown." },
    { "--stories", "N", "Measure on so many stories (default: all, or as many as take a few seconds)." },
    { "--json", NULL, "As JSON, with all digits." },
    { "--csv", NULL, "As a table for programs, with all digits." },
    { "--quiet", NULL, "No progress." },
    { "--home", "DIR", "Folder with data/ and styles/." },
    { 0 }
};

const struct verb verb_heads = {
    "heads", "MODEL",
    "Measures what each head of a model does: how much of its attention lies where a role says.",
    args, run, .details =
    "MODEL is a folder of data/models, or any folder in Hugging Face layout. The\n"
    "model reads held-out stories in which words and what they refer to are marked\n"
    "(data/heads/stories.json). A number is the mean share of a head's attention, in\n"
    "percent, over all cases of a role; chance is what an even spread would give.\n"
    "\n"
    "  previous   from each token to the one before\n"
    "  first      from each token to the first of all\n"
    "  same       from a word said before to where it was said\n"
    "  induction  from a word said before to what followed it then\n"
    "  reference  from the token before a word to what that word refers to\n"
    "  syntax     from a verb to its subject\n"
    "  distant    from each token to those ten or more before it\n"
    "\n"
    "A scene shows the best head of a role: run = { head = \"reference\"; };"
};
