/* Style files: one libconfig file each, every role a key. A file may inherit: it is then laid over the one it names. */
#include "scene/styles.h"
#include "base/suggest.h"
#include "conf/conf.h"
#include "style/rows.h"

#include <string.h>

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

char **style_names(const char *home)
{
    g_autofree char *folder = g_build_filename(home, "styles", NULL);
    GPtrArray *names = g_ptr_array_new();
    GDir *dir = g_dir_open(folder, 0, NULL);
    const char *file;
    while (dir && (file = g_dir_read_name(dir)))
        if (g_str_has_suffix(file, ".cfg")) g_ptr_array_add(names, g_strndup(file, strlen(file) - 4));
    if (dir) g_dir_close(dir);
    if (names->len) qsort(names->pdata, names->len, sizeof(char *), by_name);
    g_ptr_array_add(names, NULL);
    return (char **)g_ptr_array_free(names, FALSE);
}

/* A style as it was asked for: its name, where, and the folder in which a .cfg of that name lies; by: the style file
 * that inherits from it, NULL when a scene or a person asks. */
struct asked { const char *name, *folder; struct place where; const struct asked *by; const char *path; };

static char *find_file(const char *home, const struct asked *a, struct diags *diags)
{
    const char *beside = a->by ? "this one" : "the scene";
    if (g_str_has_suffix(a->name, ".cfg") && !strchr(a->name, '/')) {
        char *path = g_build_filename(a->folder, a->name, NULL);
        if (g_file_test(path, G_FILE_TEST_IS_REGULAR)) return path;
        diag(diags, a->where.file, a->where.line, "There is no style file \"%s\" beside %s.", a->name, beside);
        g_free(path);
        return NULL;
    }
    g_auto(GStrv) names = style_names(home);
    if (g_strv_contains((const char *const *)names, a->name)) {
        g_autofree char *file = g_strconcat(a->name, ".cfg", NULL);
        return g_build_filename(home, "styles", file, NULL);
    }
    const char *near = suggest(a->name, (const char *const *)names);
    g_autofree char *all = g_strjoinv(", ", names);
    diag(diags, a->where.file, a->where.line, "There is no style \"%s\"%s%s%s; styles are: %s, or a .cfg file beside %s.", a->name,
         near ? "; did you mean \"" : "", near ? near : "", near ? "\"" : "", all, beside);
    return NULL;
}

/* Reports that a file inherits, over others or at once, from itself. */
static bool is_circle(const struct asked *last, struct diags *diags)
{
    g_autoptr(GString) way = g_string_new(NULL);
    for (const struct asked *a = last->by; a; a = a->by) {
        g_autofree char *link = g_strdup_printf("%s%s", a->name, way->len ? " > " : "");
        g_string_prepend(way, link);
        if (strcmp(a->path, last->path)) continue;
        diag(diags, last->where.file, last->where.line,
             "inherit leads in a circle: %s > %s; the last file of a chain inherits from none.", way->str, last->name);
        return true;
    }
    return false;
}

/* The file with all that it inherits laid under it. NULL after reporting. */
static struct conf *read_chain(const char *home, struct asked *a, struct diags *diags)
{
    static const char *const own[] = { "name", "summary", "inherit", NULL };
    g_autofree char *path = find_file(home, a, diags);
    a->path = path;
    struct conf *conf = path && !is_circle(a, diags) ? conf_read_file(path, NULL, diags) : NULL;
    const struct conf_node *inherit = conf ? conf_child(conf_root(conf), "inherit") : NULL;
    if (!inherit) return conf;
    g_autofree char *folder = g_path_get_dirname(path);
    struct asked parent = { conf_text(inherit), folder, conf_place(inherit), a, NULL };
    struct conf *base = NULL;
    if (parent.name) base = read_chain(home, &parent, diags);
    else diag(diags, parent.where.file, parent.where.line, "inherit is no text; it names a style, as in inherit = \"midnight\";");
    if (base) conf_inherit(conf, base, own, diags);
    else conf_free(conf);
    return base ? conf : NULL;
}

struct style *style_read(const char *home, const char *name, const char *scene_folder, struct place where, struct diags *diags)
{
    guint before = diags_count(diags);
    struct asked asked = { name, scene_folder, where, NULL, NULL };
    struct conf *conf = read_chain(home, &asked, diags);
    if (!conf) return NULL;
    struct style *s = g_new0(struct style, 1);
    struct style_lists lists = { 0 };
    conf_fill(conf_root(conf), (struct conf_target[]){ { style_rows, s }, { style_list_rows, &lists }, { 0 } }, diags);
    const char *mistake = diags_count(diags) > before ? NULL : style_take_lists(s, &lists);
    if (mistake) {
        /* One of the two keys may be inherited: the other is the one that was written for this style. */
        const struct conf_node *root = conf_root(conf), *jump = conf_child(root, "ramp_jump");
        struct place ramp = conf_place(conf_child(root, "ramp_attention"));
        if (strcmp(ramp.file, conf_place(root).file)) ramp = conf_place(jump);
        diag(diags, ramp.file, ramp.line, "%s", mistake);
    }
    s->file = g_strdup(conf_place(conf_root(conf)).file);
    conf_clear(style_list_rows, &lists);
    conf_free(conf);
    if (diags_count(diags) == before) return s;
    style_free(s);
    return NULL;
}

void style_free(struct style *s)
{
    if (!s) return;
    conf_clear(style_rows, s);
    g_free(s->file);
    g_free(s);
}
