/* Reading a command line: a verb's own options from its table, --a.b VALUE as an override of the scene's key a.b. */
#include "base/suggest.h"
#include "cmd/cmd.h"
#include "conf/conf.h"

#include <stdio.h>
#include <string.h>

static const struct arg *find_arg(const struct verb *verb, const char *name)
{
    for (const struct arg *a = verb->args; a->name; a++)
        if (!strcmp(a->name, name)) return a;
    return NULL;
}

char *row_option(const struct row *row)
{
    return g_strdelimit(g_strconcat("--", row->key, NULL), "_", '-');
}

/* The row whose option that is, with hyphens or as the key itself. */
static const struct row *find_row(const struct verb *verb, const char *name)
{
    for (const struct row *row = verb->rows; row && row->kind != ROW_KIND_END; row++) {
        g_autofree char *option = row_option(row);
        if (!strcmp(option, name) || (g_str_has_prefix(name, "--") && !strcmp(name + 2, row->key))) return row;
    }
    return NULL;
}

static void report_unknown(const struct verb *verb, const char *name)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    for (const struct arg *a = verb->args; a->name; a++) g_ptr_array_add(names, g_strdup(a->name));
    for (const struct row *row = verb->rows; row && row->kind != ROW_KIND_END; row++)
        g_ptr_array_add(names, row_option(row));
    g_ptr_array_add(names, NULL);
    const char *near = suggest(name, (const char *const *)names->pdata);
    g_autofree char *all = g_strjoinv(", ", (char **)names->pdata);
    bool scene = strstr(verb->usage, "SCENE");
    if (near) complain("%s has no option %s; did you mean %s?", verb->name, name, near);
    else complain("%s has no option %s; it takes %s%s.", verb->name, name, all,
                  scene ? ", and --key.of.the.scene VALUE" : "");
    g_ptr_array_free(names, TRUE);
}

/* Reads one option at argv[i]; returns how many words it took, 0 after a complaint. */
static int read_option(const struct verb *verb, int argc, char **argv, int i, struct args *out)
{
    char *equals = argv[i][1] == '-' ? strchr(argv[i], '=') : NULL; /* --rate=4 */
    g_autofree char *name = equals ? g_strndup(argv[i], (gsize)(equals - argv[i])) : g_strdup(argv[i]);
    char *value = equals ? equals + 1 : i + 1 < argc ? argv[i + 1] : NULL;
    const struct arg *arg = find_arg(verb, name);
    const struct row *row = find_row(verb, name);
    bool override = row || (!arg && g_str_has_prefix(name, "--") && (strchr(name, '.') || !strcmp(name, "--title")));
    if (!arg && !override) {
        report_unknown(verb, name);
        return 0;
    }
    if (arg && !arg->value_name) {
        g_ptr_array_add(out->named, (gpointer)arg->name);
        g_ptr_array_add(out->named, "");
        return 1;
    }
    if (!value) {
        complain("%s needs a value%s%s.", name, arg ? ": " : "", arg ? arg->value_name : "");
        return 0;
    }
    GPtrArray *to = override ? out->overrides : out->named;
    g_ptr_array_add(to, override ? (gpointer)(row ? row->key : g_intern_string(name + 2)) : (gpointer)arg->name);
    g_ptr_array_add(to, value);
    return equals ? 1 : 2;
}

bool args_read(const struct verb *verb, int argc, char **argv, struct args *out, int *exit_code)
{
    *out = (struct args){ g_ptr_array_new(), g_ptr_array_new(), g_ptr_array_new() };
    *exit_code = EXIT_MISTAKE;
    for (int i = 1, took; i < argc; i += took) {
        took = 1;
        if (!strcmp(argv[i], "-h") || !strcmp(argv[i], "--help")) {
            g_autoptr(GString) text = g_string_new(NULL);
            verb_help(verb, text);
            fputs(text->str, stdout);
            *exit_code = EXIT_DONE;
            args_clear(out);
            return false;
        }
        if (argv[i][0] != '-' || !argv[i][1]) g_ptr_array_add(out->words, argv[i]);
        else if (!(took = read_option(verb, argc, argv, i, out))) {
            args_clear(out);
            return false;
        }
    }
    g_ptr_array_add(out->overrides, NULL);
    g_ptr_array_add(out->words, NULL);
    return true;
}

void args_clear(struct args *a)
{
    g_ptr_array_free(a->words, TRUE);
    g_ptr_array_free(a->named, TRUE);
    g_ptr_array_free(a->overrides, TRUE);
}

void args_fill(const struct args *a, const struct row *rows, void *out, struct diags *diags)
{
    struct conf *conf = conf_read_text("", "", diags);
    for (guint i = 0; a->overrides->pdata[i]; i += 2)
        conf_override(conf, a->overrides->pdata[i], a->overrides->pdata[i + 1], diags);
    conf_fill(conf_root(conf), (struct conf_target[]){ { rows, out }, { 0 } }, diags);
    conf_free(conf);
}

const char *args_get(const struct args *a, const char *name)
{
    for (guint i = a->named->len; i > 0; i -= 2)
        if (!strcmp(g_ptr_array_index(a->named, i - 2), name)) return g_ptr_array_index(a->named, i - 1);
    return NULL;
}

char **args_all(const struct args *a, const char *name)
{
    GPtrArray *out = g_ptr_array_new();
    for (guint i = 0; i < a->named->len; i += 2)
        if (!strcmp(g_ptr_array_index(a->named, i), name)) g_ptr_array_add(out, g_ptr_array_index(a->named, i + 1));
    g_ptr_array_add(out, NULL);
    return (char **)g_ptr_array_free(out, FALSE);
}

/* An option and what it does beside it, or below it where it is long. */
static void put_option(GString *out, const char *left, const char *help)
{
    enum { COLUMN = 24, LINE = 110 };
    int n = (int)g_utf8_strlen(left, -1);
    g_string_append_printf(out, "  %s", left);
    if (n + 4 > COLUMN) g_string_append_printf(out, "\n%*s", COLUMN, "");
    else g_string_append_printf(out, "%*s", COLUMN - 2 - n, "");
    text_wrap(out, COLUMN, 0, LINE, help);
}

void verb_help(const struct verb *verb, GString *out)
{
    g_string_append_printf(out, "kvreel %s %s\n\n%s\n", verb->name, verb->usage, verb->summary);
    if (verb->details) g_string_append_printf(out, "\n%s\n", verb->details);
    for (const struct arg *a = verb->args; a->name; a++) {
        g_autofree char *left = g_strdup_printf("%s %s", a->name, a->value_name ? a->value_name : "");
        if (a == verb->args) g_string_append_c(out, '\n');
        put_option(out, g_strchomp(left), a->help);
    }
    for (const struct row *row = verb->rows; row && row->kind != ROW_KIND_END; row++) {
        g_autofree char *option = row_option(row), *accepts = conf_accepts(row);
        bool usual = row->def && *row->def;
        g_autofree char *help = g_strdup_printf("%s %c%s%s%s.", row->help, g_ascii_toupper(accepts[0]), accepts + 1,
                                                usual ? "; default: " : "", usual ? row->def : "");
        put_option(out, option, help);
    }
}
