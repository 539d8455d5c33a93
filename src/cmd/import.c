/* kvreel import: a config.json as an entry of the catalog of models. */
#include "cmd/catalog_text.h"
#include "cmd/import.h"
#include "cmd/cmd.h"
#include "conf/conf.h"
#include "scene/catalog.h"
#include "hf/hfconfig.h"
#include "sink/atomic.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

enum { MOST_BYTES = 4 << 20 };

struct models_file { struct list models; };
static const struct row file_rows[] = {
    ROW_LIST(struct models_file, models, "models", struct model, model_rows, .help = "The models."), ROW_END
};

/* --- reading --- */

static char *config_path(const char *word)
{
    return g_file_test(word, G_FILE_TEST_IS_DIR) ? g_build_filename(word, "config.json", NULL) : g_strdup(word);
}

/* Letters that an id has; everything else is a dash. Caller frees. */
static char *id_of(const char *name)
{
    char *id = g_ascii_strdown(name, -1);
    for (char *p = id; *p; p++)
        if (!g_ascii_isalnum(*p) && !strchr("._-", *p)) *p = '-';
    return id;
}

/* The folder of a config.json, or what another file is called without its suffix. Caller frees. */
static char *name_of(const char *path)
{
    g_autofree char *base = g_path_get_basename(path), *whole = g_canonicalize_filename(path, NULL);
    g_autofree char *folder = g_path_get_dirname(whole), *parent = g_path_get_basename(folder);
    if (g_str_has_suffix(base, ".json")) base[strlen(base) - strlen(".json")] = '\0';
    char *shown = g_filename_display_name(strcmp(base, "config") ? base : parent);
    return g_strdelimit(shown, "\n\r\t", ' ');
}

static void replace(char **field, const char *given)
{
    if (!given) return;
    g_free(*field);
    *field = g_strdup(given);
}

static void name_entry(const struct args *a, struct model *m)
{
    replace(&m->name, args_get(a, "--name"));
    replace(&m->id, args_get(a, "--id"));
    replace(&m->source, args_get(a, "--source"));
}

static struct hfconfig *read_file(const char *path, const char *shown)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    gsize length;
    GStatBuf about;
    if (g_stat(path, &about)) complain("%s: %s.", shown, g_strerror(errno));
    else if (!S_ISREG(about.st_mode)) complain("%s is no file.", shown);
    else if (about.st_size > MOST_BYTES) complain("%s has more than 4 MiB; a config.json has a few KB.", shown);
    else if (!g_file_get_contents(path, &text, &length, &error)) complain("%s.", error->message);
    else {
        struct hfconfig *c = hfconfig_read(text, length, shown, &error);
        if (!c) complain("%s", error->message);
        return c;
    }
    return NULL;
}

struct hfconfig *import_read(const char *word)
{
    g_autofree char *path = config_path(word), *shown = g_filename_display_name(path);
    struct hfconfig *c = read_file(path, shown);
    if (!c) return NULL;
    c->model.name = name_of(path);
    c->model.id = id_of(c->model.name);
    c->model.source = g_strdelimit(g_strdup(shown), "\n\r\t", ' ');
    for (guint i = 0; i < c->remarks->len; i++)
        fprintf(stderr, "%s: %s\n", shown, g_array_index(c->remarks, struct hfremark, i).text);
    return c;
}

/* --- writing --- */

/* The index of the entry with that id, -1: none; -2 after telling that the text is no catalog. */
static int find_entry(const char *path, const char *text, const char *id)
{
    struct diags *diags = diags_new();
    struct conf *conf = conf_read_text(path, text, diags);
    struct models_file file = { { 0 } };
    int found = -1;
    if (conf) {
        conf_fill(conf_root(conf), (struct conf_target[]){ { file_rows, &file }, { 0 } }, diags);
        for (size_t i = 0; i < file.models.n; i++)
            if (!g_strcmp0(list_at(file.models, struct model, i)->id, id)) found = (int)i;
        conf_clear(file_rows, &file);
        conf_free(conf);
    }
    if (diags_count(diags)) found = -2;
    print_diags(diags);
    diags_free(diags);
    return found;
}

static int put(const char *path, const char *text, const char *id, const char *entry, bool replace, int at)
{
    if (at >= 0 && !replace) {
        complain("%s has a model \"%s\"; name another with --id, or take --replace.", path, id);
        return EXIT_MISTAKE;
    }
    g_autofree char *edited = catalog_text_put(text, entry, at);
    g_autoptr(GError) error = NULL;
    if (!edited || find_entry(path, edited, id) < 0)
        complain("%s cannot be edited here; paste the entry that `kvreel import` prints.", path);
    else if (atomic_write_file(path, edited, strlen(edited), &error)) return EXIT_DONE;
    else {
        complain("%s", error->message);
        return EXIT_WORLD;
    }
    return EXIT_MISTAKE;
}

static int write_entry(const struct args *a, const char *id, const char *entry)
{
    const char *path = args_get(a, "-o");
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    if (!path) {
        printf("    {\n%s    },\n", entry);
        return EXIT_DONE;
    }
    if (!g_file_get_contents(path, &text, NULL, &error)) {
        if (!g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT)) {
            complain("%s.", error->message);
            return EXIT_WORLD;
        }
        text = g_strdup("");
    }
    int at = *text ? find_entry(path, text, id) : -1;
    return at == -2 ? EXIT_MISTAKE : put(path, text, id, entry, args_get(a, "--replace"), at);
}

static int import(const struct args *a, const char *word)
{
    struct hfconfig *c = import_read(word);
    if (!c) return EXIT_MISTAKE;
    name_entry(a, &c->model);
    g_autoptr(GString) entry = g_string_new(NULL);
    conf_write_rows(model_rows, &c->model, 8, entry);
    int code = write_entry(a, c->model.id, entry->str);
    hfconfig_free(c);
    return code;
}

static int run(const struct verb *verb, int argc, char **argv)
{
    struct args a;
    int code;
    if (!args_read(verb, argc, argv, &a, &code)) return code;
    const char *word = g_ptr_array_index(a.words, 0), *id = args_get(&a, "--id");
    code = EXIT_MISTAKE;
    if (!word) complain("Import what? A config.json, or the folder that has one.");
    else if (g_ptr_array_index(a.words, 1))
        complain("One model at a time; \"%s\" is one word too many.", (char *)g_ptr_array_index(a.words, 1));
    else if (a.overrides->len > 1)
        complain("import takes no key of a scene: --%s.", (char *)g_ptr_array_index(a.overrides, 0));
    else if (id && !*id) complain("--id needs a word.");
    else if (args_get(&a, "--replace") && !args_get(&a, "-o")) complain("--replace is for a catalog: add -o FILE.");
    else code = import(&a, word);
    args_clear(&a);
    return code;
}

static const struct arg args[] = {
    { "-o", "FILE", "Put the entry at the end of this catalog, or start one; all else in it stays as it is." },
    { "--replace", NULL, "Where the catalog has an entry of that id, put the new one in its place." },
    { "--id", "ID", "Name for scene files (default: after the folder or file)." },
    { "--name", "NAME", "Name on the screen (default: that of the folder or file)." },
    { "--source", "TEXT", "Where the file was found (default: its path)." },
    { 0 }
};

const struct verb verb_import = {
    "import", "FILE|FOLDER",
    "Reads a model's config.json, as Hugging Face's transformers library writes it, and prints an entry for the\n"
    "catalog of models. What could not be understood, or contradicts, is said on standard error.",
    args, run
};
