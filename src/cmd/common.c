/* What the verbs share: finding home, opening a scene, saying what went wrong. */
#include "cmd/cmd.h"
#include "base/suggest.h"
#include "paint/paint.h"
#include "run/render.h"
#include "scene/catalog.h"
#include "sink/sink.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void complain(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    fprintf(stderr, "kvreel: %s\n", text);
}

void print_diags(const struct diags *d)
{
    g_autoptr(GString) text = g_string_new(NULL);
    diags_print(d, text);
    fputs(text->str, stderr);
    if (diags_count(d) > 1) fprintf(stderr, "%u mistakes.\n", diags_count(d));
}

static void print_json(const struct diags *d)
{
    printf("[");
    for (guint i = 0; i < diags_count(d); i++) {
        const struct diag_item *it = diags_item(d, i);
        g_autofree char *text = text_json(it->text), *file = text_json(it->file ? it->file : "");
        printf("%s{\"file\":%s,\"line\":%d,\"text\":%s}", i ? "," : "", file, it->line, text);
    }
    printf("]\n");
}

void tell_mistakes(const struct args *a, const struct diags *d)
{
    if (args_get(a, "--json")) print_json(d);
    else print_diags(d);
}

int exit_code_of(const GError *error)
{
    if (g_error_matches(error, RENDER_ERROR, RENDER_ERROR_STOPPED)) return EXIT_STOPPED;
    if (g_error_matches(error, SINK_ERROR, SINK_ERROR_SIZE)) return EXIT_MISTAKE;
    return error->domain == PAINT_ERROR ? EXIT_FONT : EXIT_WORLD;
}

static bool is_home(const char *folder)
{
    g_autofree char *styles = g_build_filename(folder, "styles", NULL), *data = g_build_filename(folder, "data", NULL);
    return g_file_test(styles, G_FILE_TEST_IS_DIR) && g_file_test(data, G_FILE_TEST_IS_DIR);
}

char *find_home(const struct args *a)
{
    const char *said = args_get(a, "--home");
    if (said) {
        if (is_home(said)) return g_strdup(said);
        complain("--home %s: this folder has no data/ and styles/.", said);
        return NULL;
    }
    static const char *const places[] = { "../share/kvreel", "..", "../..", "." };
    g_autofree char *exe = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *folder = exe ? g_path_get_dirname(exe) : g_strdup(".");
    for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
        g_autofree char *home = g_build_filename(folder, places[i], NULL);
        if (is_home(home)) return g_canonicalize_filename(home, NULL);
    }
    complain("The folder with data/ and styles/ is not beside the program (%s); name it with --home.", folder);
    return NULL;
}

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static const char **models_at(const char *folder, GDir **dir)
{
    GPtrArray *names = g_ptr_array_new();
    const char *name;
    *dir = g_dir_open(folder, 0, NULL);
    while (*dir && (name = g_dir_read_name(*dir))) g_ptr_array_add(names, (gpointer)g_intern_string(name));
    g_ptr_array_sort(names, by_name);
    g_ptr_array_add(names, NULL);
    return (const char **)g_ptr_array_free(names, FALSE);
}

char *find_running_model(const char *home, const char *word)
{
    g_autofree char *models = g_build_filename(home, "data", "models", NULL);
    char *folder = strchr(word, '/') ? NULL : g_build_filename(models, word, NULL);
    if (folder && g_file_test(folder, G_FILE_TEST_IS_DIR)) return folder;
    g_free(folder);
    if (g_file_test(word, G_FILE_TEST_IS_DIR)) return g_strdup(word);
    GDir *dir;
    g_autofree const char **names = models_at(models, &dir);
    const char *near = suggest(word, names);
    g_autofree char *all = g_strjoinv(", ", (char **)names);
    complain("There is no model \"%s\"%s%s%s; name a folder in Hugging Face layout, or one of data/models: %s.", word,
             near ? "; did you mean \"" : "", near ? near : "", near ? "\"" : "", all);
    if (dir) g_dir_close(dir);
    return NULL;
}

struct catalog *open_catalog(const struct args *a, int *code)
{
    g_autofree char *home = find_home(a), *data = home ? g_build_filename(home, "data", NULL) : NULL;
    *code = EXIT_WORLD;
    if (!home) return NULL;
    struct diags *diags = diags_new();
    struct catalog *catalog = catalog_read(data, diags);
    bool good = !diags_count(diags);
    print_diags(diags);
    diags_free(diags);
    *code = good ? EXIT_DONE : EXIT_MISTAKE;
    if (good) return catalog;
    catalog_free(catalog);
    return NULL;
}

struct story *open_story(const struct args *a, const char *path, const char *home, const struct catalog *catalog,
                         struct diags *diags)
{
    const char *keys[32];
    size_t n = 0;
    for (const struct sink_class *const *s = sinks; *s && n + 1 < G_N_ELEMENTS(keys); s++) keys[n++] = (*s)->name;
    keys[n] = NULL;
    g_autofree char **allow = args_all(a, "--allow");
    struct story_options options = { NULL, home, (const char *const *)allow, (const char *const *)a->overrides->pdata,
                                     keys, catalog };
    return story_open(path, &options, diags);
}

static struct story *open_scene(const struct verb *verb, const struct args *a, const char *home, struct diags *diags)
{
    const char *path = g_ptr_array_index(a->words, 0);
    if (!path) {
        diag(diags, NULL, 0, "Which scene? Name its file, or make one with `kvreel new my.cfg`.");
        return NULL;
    }
    guint most = 1 + verb->more_words; /* and the NULL at the end */
    if (a->words->len > most + 1)
        diag(diags, NULL, 0, "One scene at a time: \"%s\" is one word too many.",
             (char *)g_ptr_array_index(a->words, most));
    return open_story(a, path, home, NULL, diags);
}

int run_with_scene(const struct verb *verb, int argc, char **argv,
                   int (*act)(const struct args *a, const struct story *story, struct diags *diags))
{
    struct args a;
    int code;
    if (!args_read(verb, argc, argv, &a, &code)) return code;
    g_autofree char *home = find_home(&a);
    struct diags *diags = diags_new();
    struct story *story = home ? open_scene(verb, &a, home, diags) : NULL;
    code = home ? EXIT_MISTAKE : EXIT_WORLD;
    if (story) code = act(&a, story, diags);
    else tell_mistakes(&a, diags);
    story_free(story);
    diags_free(diags);
    args_clear(&a);
    return code;
}

char *text_json(const char *text)
{
    GString *out = g_string_new("\"");
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    for (const char *s = valid; *s; s++) {
        if (*s == '"' || *s == '\\') g_string_append_printf(out, "\\%c", *s);
        else if ((unsigned char)*s < 0x20) g_string_append_printf(out, "\\u%04x", *s);
        else g_string_append_c(out, *s);
    }
    return g_string_free(g_string_append_c(out, '"'), FALSE);
}

char *text_number(double number)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    for (int digits = 15; digits < 17; digits++) {
        char format[8];
        g_snprintf(format, sizeof format, "%%.%dg", digits);
        if (g_ascii_strtod(g_ascii_formatd(text, sizeof text, format, number), NULL) == number) return g_strdup(text);
    }
    return g_strdup(g_ascii_dtostr(text, sizeof text, number));
}

char *text_bytes(gint64 bytes)
{
    if (bytes < 1000) return g_strdup_printf("%" G_GINT64_FORMAT " B", bytes);
    if (bytes < 1000000) return g_strdup_printf("%.0f kB", (double)bytes / 1e3);
    return g_strdup_printf("%.1f MB", (double)bytes / 1e6);
}

char *text_seconds(double seconds)
{
    int whole = (int)ceil(seconds);
    return g_strdup_printf("%d:%02d", whole / 60, whole % 60);
}

char *text_count(int64_t n)
{
    struct facts *f = facts_new();
    char text[64];
    facts_text(f, facts_leaf(f, "n", n, UNIT_COUNT, ""), FORM_PLAIN, text, sizeof text);
    facts_free(f);
    return g_strdup(text);
}

char *text_memory(int64_t bytes)
{
    struct facts *f = facts_new();
    char text[64];
    int fact = bytes < 0 ? facts_unknown(f, "bytes", UNIT_BYTES, "") : facts_leaf(f, "bytes", bytes, UNIT_BYTES, "");
    facts_text(f, fact, FORM_AUTO, text, sizeof text);
    facts_free(f);
    return g_strdup(text);
}

void text_wrap(GString *out, int column, int hang, int end, const char *text)
{
    enum { LEAST = 44 };
    int room = MAX(end - column, LEAST), used = 0;
    g_auto(GStrv) words = g_strsplit_set(text, " \n", -1);
    for (char **w = words; *w; w++) {
        int n = (int)g_utf8_strlen(*w, -1);
        if (used && used + 1 + n > room) {
            g_string_append_printf(out, "\n%*s", column + hang, "");
            used = hang;
        } else if (used) {
            g_string_append_c(out, ' ');
            used++;
        }
        g_string_append(out, *w);
        used += n;
    }
    g_string_append_c(out, '\n');
}
