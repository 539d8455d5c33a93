/* kvreel: the table of verbs. */
#include "cmd/cmd.h"
#include "base/suggest.h"
#include "paint/paint.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

extern const struct verb verb_bench, verb_check, verb_heads, verb_help_verb, verb_impact, verb_import, verb_list, verb_manual, verb_new, verb_pages,
                         verb_render, verb_serve, verb_show, verb_size, verb_still, verb_storyboard, verb_trace, verb_why;

const struct verb *const verbs[] = {
    &verb_bench, &verb_check, &verb_heads, &verb_help_verb, &verb_impact, &verb_import, &verb_list, &verb_manual, &verb_new, &verb_pages, &verb_render,
    &verb_serve, &verb_show, &verb_size, &verb_still, &verb_storyboard, &verb_trace, &verb_why, NULL
};

static int complain_unknown(const char *word)
{
    const char *names[G_N_ELEMENTS(verbs)] = { NULL };
    for (size_t i = 0; verbs[i]; i++) names[i] = verbs[i]->name;
    const char *near = suggest(word, names);
    g_autofree char *all = g_strjoinv(", ", (char **)names);
    complain("\"%s\" is no verb%s%s%s; verbs are %s.", word, near ? "; did you mean " : "", near ? near : "", near ? "?" : "", all);
    return EXIT_MISTAKE;
}

int main(int argc, char **argv)
{
    paint_clean_environment();
    signal(SIGXFSZ, SIG_IGN); /* a file that grows beyond a limit is an error that is told, not the end */
    const char *word = argc > 1 ? argv[1] : "help";
    if (!strcmp(word, "--version") || !strcmp(word, "-V")) {
        printf("kvreel %s\n", KVREEL_VERSION);
        return EXIT_DONE;
    }
    if (!strcmp(word, "--help") || !strcmp(word, "-h")) word = "help";
    for (const struct verb *const *v = verbs; *v; v++)
        if (!strcmp((*v)->name, word)) {
            int code = argc > 1 ? (*v)->run(*v, argc - 1, argv + 1) : (*v)->run(*v, 1, argv);
            if (!fflush(stdout) && !ferror(stdout)) return code;
            complain("Standard output could not be written: %s.", g_strerror(errno));
            return code ? code : EXIT_WORLD;
        }
    return complain_unknown(word);
}
