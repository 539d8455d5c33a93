/* Style files: one libconfig file each, every role a key. */
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

static char *find_file(const char *home, const char *name, const char *scene_folder, struct place where, struct diags *diags)
{
    if (g_str_has_suffix(name, ".cfg") && !strchr(name, '/')) {
        char *path = g_build_filename(scene_folder, name, NULL);
        if (g_file_test(path, G_FILE_TEST_IS_REGULAR)) return path;
        diag(diags, where.file, where.line, "There is no style file \"%s\" beside the scene.", name);
        g_free(path);
        return NULL;
    }
    g_auto(GStrv) names = style_names(home);
    if (g_strv_contains((const char *const *)names, name)) {
        g_autofree char *file = g_strconcat(name, ".cfg", NULL);
        return g_build_filename(home, "styles", file, NULL);
    }
    const char *near = suggest(name, (const char *const *)names);
    g_autofree char *all = g_strjoinv(", ", names);
    diag(diags, where.file, where.line, "There is no style \"%s\"%s%s%s; styles are: %s, or a .cfg file beside the scene.", name,
         near ? "; did you mean \"" : "", near ? near : "", near ? "\"" : "", all);
    return NULL;
}

struct style *style_read(const char *home, const char *name, const char *scene_folder, struct place where, struct diags *diags)
{
    g_autofree char *path = find_file(home, name, scene_folder, where, diags);
    if (!path) return NULL;
    guint before = diags_count(diags);
    struct conf *conf = conf_read_file(path, NULL, diags);
    if (!conf) return NULL;
    struct style *s = g_new0(struct style, 1);
    struct style_lists lists = { 0 };
    conf_fill(conf_root(conf), (struct conf_target[]){ { style_rows, s }, { style_list_rows, &lists }, { 0 } }, diags);
    const char *mistake = diags_count(diags) > before ? NULL : style_take_lists(s, &lists);
    if (mistake) diag(diags, path, 0, "In this style, %s.", mistake);
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
    g_free(s);
}
