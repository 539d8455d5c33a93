/* kvreel manual: the manual page in roff, or a shell completion, from the same tables as everything else. */
#include "cmd/cmd.h"
#include "cmd/topics.h"
#include "conf/conf.h"

#include <stdio.h>
#include <string.h>

/* roff takes a backslash, and a dot or quote at a line's start, for its own. */
static void put_roff(GString *out, const char *text)
{
    if (*text == '.' || *text == '\'') g_string_append(out, "\\&");
    for (; *text; text++) {
        if (*text == '\\') g_string_append(out, "\\e");
        else if (*text == '-') g_string_append(out, "\\-");
        else g_string_append_c(out, *text);
    }
}

static void verb_page(const struct verb *v, GString *out)
{
    g_string_append_printf(out, ".SS \"kvreel %s\"\n.B kvreel %s\n", v->name, v->name);
    put_roff(out, v->usage);
    g_string_append(out, "\n.PP\n");
    put_roff(out, v->summary);
    g_string_append_c(out, '\n');
    if (v->details) {
        g_string_append(out, ".PP\n");
        put_roff(out, v->details);
        g_string_append_c(out, '\n');
    }
    for (const struct arg *a = v->args; a->name; a++) {
        g_string_append(out, ".TP\n.B ");
        put_roff(out, a->name);
        if (a->value_name) g_string_append_printf(out, " \\fI%s\\fR", a->value_name);
        g_string_append_c(out, '\n');
        put_roff(out, a->help);
        g_string_append_c(out, '\n');
    }
    if (v->rows) conf_man_rows(v->rows, "", out);
}

static void page(GString *out)
{
    g_string_append(out, ".TH KVREEL 1 \"\" \"kvreel " KVREEL_VERSION "\"\n.SH NAME\nkvreel \\- film how a large language model remembers\n"
                         ".SH SYNOPSIS\n.B kvreel\n.I VERB\n[...]\n.SH DESCRIPTION\n"
                         "A scene file scripts a walkthrough of the KV cache; a simulation works out every number; kvreel draws the film and encodes it.\n"
                         ".SH VERBS\n");
    for (const struct verb *const *v = verbs; *v; v++) verb_page(*v, out);
    g_string_append(out, ".SH THE SCENE LANGUAGE\nScene files are written in libconfig syntax.\n");
    GArray *topics = topics_all();
    for (guint i = 0; i < topics->len; i++) {
        const struct topic *t = &g_array_index(topics, struct topic, i);
        g_string_append_printf(out, ".SS \"%s\"\n", t->key);
        put_roff(out, t->summary);
        g_string_append_c(out, '\n');
        if (t->rows) conf_man_rows(t->rows, "", out);
    }
    topics_free(topics);
    g_string_append(out, ".SH EXIT STATUS\n.TP\n.B 0\nDone.\n.TP\n.B 1\nThe disk, the encoder or another thing outside failed.\n"
                         ".TP\n.B 2\nA mistake in the usage, the scene or a catalog.\n.TP\n.B 3\nA font is missing.\n.TP\n.B 4\nOf `kvreel impact`: some scene changes.\n.TP\n.B 130\nStopped by a signal; nothing half-made is left.\n");
}

/* Words for the shell: verbs first, then the options of the verb and every key as --key. */
static void completion(GString *out)
{
    g_string_append(out, "# bash completion for kvreel; put it where bash-completion looks, as \"kvreel\".\n_kvreel() {\n"
                         "    local word=${COMP_WORDS[COMP_CWORD]} words\n    case ${COMP_WORDS[1]} in\n");
    GString *all = g_string_new(NULL), *keys = g_string_new(NULL);
    GArray *topics = topics_all();
    for (guint i = 0; i < topics->len; i++) {
        const struct topic *t = &g_array_index(topics, struct topic, i);
        g_string_append_printf(all, " %s", t->key);
        bool in_a_list = !strcmp(t->key, "video.outputs"); /* addressed by number, so no word completes it */
        bool of_a_scene = !in_a_list && (!strncmp(t->key, "video", 5) || !strcmp(t->key, "run"));
        if (!of_a_scene || !t->rows) continue;
        g_autoptr(GString) list = g_string_new(NULL);
        g_autofree char *prefix = g_strconcat("--", t->key, NULL);
        conf_key_list(t->rows, prefix, list);
        g_string_append_c(keys, ' ');
        for (const char *s = list->str; *s; s++) g_string_append_c(keys, *s == '\n' ? ' ' : *s);
    }
    topics_free(topics);
    for (const struct verb *const *v = verbs; *v; v++) {
        g_string_append_printf(out, "    %s) words=\"", (*v)->name);
        for (const struct arg *a = (*v)->args; a->name; a++) g_string_append_printf(out, "%s ", a->name);
        for (const struct row *row = (*v)->rows; row && row->kind != ROW_KIND_END; row++) {
            g_autofree char *option = row_option(row);
            g_string_append_printf(out, "%s ", option);
        }
        if (!strcmp((*v)->name, "help")) g_string_append(out, all->str);
        else if (!strcmp((*v)->name, "list")) g_string_append(out, "models devices views styles outputs");
        else if (strstr((*v)->usage, "SCENE")) g_string_append(out, keys->str);
        g_string_append(out, "\" ;;\n");
    }
    g_string_append(out, "    *) words=\"");
    for (const struct verb *const *v = verbs; *v; v++) g_string_append_printf(out, "%s ", (*v)->name);
    g_string_append(out, "\" ;;\n    esac\n    COMPREPLY=($(compgen -W \"$words\" -- \"$word\") $(compgen -f -X '!*.cfg' -- \"$word\") $(compgen -d -S / -- \"$word\"))\n}\n"
                         "complete -o nospace -F _kvreel kvreel\n");
    g_string_free(all, TRUE);
    g_string_free(keys, TRUE);
}

static int run(const struct verb *verb, int argc, char **argv)
{
    struct args a;
    int code;
    if (!args_read(verb, argc, argv, &a, &code)) return code;
    g_autoptr(GString) out = g_string_new(NULL);
    if (args_get(&a, "--completion")) completion(out);
    else page(out);
    fputs(out->str, stdout);
    args_clear(&a);
    return EXIT_DONE;
}

static const struct arg args[] = { { "--completion", NULL, "Print a bash completion instead." }, { 0 } };

const struct verb verb_manual = { "manual", "[--completion]", "Prints the manual page (roff), or a shell completion.", args, run };
