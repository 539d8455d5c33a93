/* kvreel help: verbs, topics, views with their moments and facts, and any single key. */
#include "cmd/cmd.h"
#include "cmd/topics.h"
#include "base/suggest.h"
#include "conf/conf.h"

#include <stdio.h>
#include <string.h>

enum { LINE = 110 };

static void overview(GString *out)
{
    g_string_append(out, "kvreel films how a large language model remembers.\n\n  kvreel VERB ...\n\n");
    for (const struct verb *const *v = verbs; *v; v++) {
        g_string_append_printf(out, "  %-12s", (*v)->name);
        text_wrap(out, 14, 0, LINE, (*v)->summary);
    }
    g_string_append(out, "\n`kvreel help TOPIC` explains:\n\n");
    GArray *topics = topics_all();
    for (guint i = 0; i < topics->len; i++) {
        const struct topic *t = &g_array_index(topics, struct topic, i);
        g_string_append_printf(out, "  %-15s ", t->key);
        text_wrap(out, 18, 0, LINE, t->summary);
    }
    topics_free(topics);
    g_string_append(out, "\nAnd any key: kvreel help video.fps\n");
}

/* A view's moments and facts, from a scene that holds nothing but it. */
static void describe_view(const struct view *view, const char *home, GString *out)
{
    g_autofree char *text = g_strdup_printf("chapters = ( { view = \"%s\"; } );\n", view->name);
    static const char *const none[] = { NULL };
    struct story_options options = { text, home, NULL, NULL, none };
    struct diags *diags = diags_new();
    struct story *story = story_open("(help)", &options, diags);
    if (story && !diags_count(diags)) {
        const struct chapter *c = &story->chapters[0];
        struct facts *facts = facts_new();
        int n;
        const struct moment *m = view->moments(c->sim, &n);
        g_string_append(out, "\nMoments, for `on = \"...\"` in a cue (times at pace 1, with the default options):\n\n");
        for (int i = 0; i < n; i++) g_string_append_printf(out, "  %-18s %6.2f s  %s\n", m[i].name, m[i].at, m[i].what ? m[i].what : "");
        view->facts(c->sim, c->action, facts);
        g_string_append(out, "\nFacts, for {fact} or {fact:form} in captions (values at the end, with the default options):\n\n");
        for (int i = 0; i < facts_count(facts); i++) {
            char value[96];
            g_string_append_printf(out, "  %-24s %s\n", facts_at(facts, i)->id, facts_text(facts, i, FORM_AUTO, value, sizeof value));
        }
        g_autofree char *forms = g_strjoinv(", ", (char **)fact_form_names());
        g_string_append_printf(out, "\nForms: %s.\n", forms);
        facts_free(facts);
    }
    story_free(story);
    diags_free(diags);
}

/* `heads` is a verb and a view: the topic then comes after the verb's help, below a line that says so. */
static bool help_topic(const char *word, bool after_verb, const char *home, GString *out)
{
    GArray *topics = topics_all();
    bool found = false;
    for (guint i = 0; i < topics->len && !found; i++) {
        const struct topic *t = &g_array_index(topics, struct topic, i);
        if (strcmp(t->key, word)) continue;
        if (after_verb) g_string_append_printf(out, "\nIn a scene, view = \"%s\" is a view:\n\n", t->key);
        g_string_append_printf(out, "%s: %s\n\n", t->key, t->summary);
        if (t->rows) conf_help_rows(t->rows, "", out);
        if (t->view && home) describe_view(t->view, home, out);
        found = true;
    }
    topics_free(topics);
    return found;
}

/* "video.fps", "chapters.cues.hold", "memory.device": the topic is all but the last part. */
static bool help_key(const char *word, GString *out)
{
    GArray *topics = topics_all();
    const struct row *best = NULL;
    for (guint i = 0; i < topics->len && !best; i++) {
        const struct topic *t = &g_array_index(topics, struct topic, i);
        size_t n = strlen(t->key);
        bool inside = !strncmp(word, t->key, n) && word[n] == '.';
        if (t->rows && inside) best = conf_find_row(t->rows, word + n + 1);
        else if (t->rows && !strcmp(t->key, "scene")) best = conf_find_row(t->rows, word);
    }
    topics_free(topics);
    if (best) conf_help_row(best, word, out);
    return best;
}

static int complain_unknown(const char *word)
{
    GArray *topics = topics_all();
    GPtrArray *names = g_ptr_array_new();
    for (guint i = 0; i < topics->len; i++) g_ptr_array_add(names, g_array_index(topics, struct topic, i).key);
    for (const struct verb *const *v = verbs; *v; v++) g_ptr_array_add(names, (gpointer)(*v)->name);
    g_ptr_array_add(names, NULL);
    const char *near = suggest(word, (const char *const *)names->pdata);
    if (near) complain("There is no help on \"%s\"; did you mean \"%s\"? `kvreel help` lists all topics.", word, near);
    else complain("There is no help on \"%s\"; `kvreel help` lists all topics.", word);
    g_ptr_array_free(names, TRUE);
    topics_free(topics);
    return EXIT_MISTAKE;
}

static int run(const struct verb *verb, int argc, char **argv)
{
    struct args a;
    int code;
    if (!args_read(verb, argc, argv, &a, &code)) return code;
    const char *word = g_ptr_array_index(a.words, 0);
    g_autoptr(GString) out = g_string_new(NULL);
    code = EXIT_DONE;
    bool known = true;
    if (!word) {
        overview(out);
    } else {
        const struct verb *about = NULL;
        for (const struct verb *const *v = verbs; *v; v++)
            if (!strcmp((*v)->name, word)) about = *v;
        g_autofree char *home = find_home(&a);
        if (about) verb_help(about, out);
        known = help_topic(word, about != NULL, home, out) || about || help_key(word, out);
    }
    if (!known) code = complain_unknown(word);
    fputs(out->str, stdout);
    args_clear(&a);
    return code;
}

static const struct arg args[] = { { "--home", "DIR", "Folder with data/ and styles/." }, { 0 } };

const struct verb verb_help_verb = { "help", "[TOPIC or KEY]", "Explains verbs, views, outputs and every key of the scene language.", args, run };
