/* kvreel impact: which scenes another catalog changes, and what in them.
 *
 * Every scene is opened with each of the two catalogs and compared (scene/impact.h). A scene with mistakes cannot be;
 * that it breaks, or is mended, is what the catalogs do to it.
 */
#include "cmd/cmd.h"
#include "cmd/impact_pictures.h"
#include "cmd/impact_tell.h"
#include "conf/conf.h"
#include "scene/catalog.h"

#include <stdio.h>
#include <string.h>

/* --- catalogs --- */

static bool is_folder(const char *path) { return g_file_test(path, G_FILE_TEST_IS_DIR); }

/* folder/name, or the one of home where the folder has none. Caller frees. */
static char *file_of(const char *folder, const char *name, const char *home, bool *found)
{
    char *path = g_build_filename(folder, name, NULL);
    if (g_file_test(path, G_FILE_TEST_EXISTS)) {
        *found = true;
        return path;
    }
    g_free(path);
    return g_build_filename(home, "data", name, NULL);
}

/* From a folder with the two files, or with data/. */
static struct catalog *catalog_of_folder(const char *path, const char *home, struct diags *diags)
{
    bool found = false;
    g_autofree char *data = g_build_filename(path, "data", NULL);
    const char *folder = is_folder(data) ? data : path;
    g_autofree char *models = file_of(folder, "models.cfg", home, &found);
    g_autofree char *devices = file_of(folder, "devices.cfg", home, &found);
    if (found) return catalog_read_files(models, devices, diags);
    diag(diags, NULL, 0, "%s: this folder has no models.cfg, no devices.cfg and no data/ with them.", path);
    return NULL;
}

/* From one file, which says by its key what it holds; the other one is home's. */
static struct catalog *catalog_of_file(const char *path, const char *home, struct diags *diags)
{
    struct conf *conf = conf_read_file(path, NULL, diags);
    if (!conf) return NULL;
    bool models = conf_child(conf_root(conf), "models"), devices = conf_child(conf_root(conf), "devices");
    conf_free(conf);
    g_autofree char *other = g_build_filename(home, "data", models ? "devices.cfg" : "models.cfg", NULL);
    if (models) return catalog_read_files(path, other, diags);
    if (devices) return catalog_read_files(other, path, diags);
    diag(diags, path, 0, "This file is no catalog: it has neither models = ( ... ) nor devices = ( ... ).");
    return NULL;
}

static struct catalog *read_catalog(const char *path, const char *home, struct diags *diags)
{
    return is_folder(path) ? catalog_of_folder(path, home, diags) : catalog_of_file(path, home, diags);
}

/* --- scenes --- */

/* A file that has chapters; one that does not read may have some, and its mistakes are told later. */
static bool is_scene(const char *path)
{
    struct diags *unused = diags_new();
    struct conf *conf = conf_read_file(path, NULL, unused);
    bool scene = !conf || conf_child(conf_root(conf), "chapters");
    conf_free(conf);
    diags_free(unused);
    return scene;
}

static int by_name(gconstpointer a, gconstpointer b) { return strcmp(*(char *const *)a, *(char *const *)b); }

/* Links are not followed, so that no folder is searched twice or for ever. */
static void search_folder(const char *folder, GPtrArray *out)
{
    GDir *dir = g_dir_open(folder, 0, NULL);
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    for (const char *name; dir && (name = g_dir_read_name(dir));)
        if (*name != '.') g_ptr_array_add(names, g_strdup(name));
    g_ptr_array_sort(names, by_name);
    for (guint i = 0; i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);
        char *path = g_build_filename(folder, name, NULL);
        bool link = g_file_test(path, G_FILE_TEST_IS_SYMLINK), file = g_file_test(path, G_FILE_TEST_IS_REGULAR);
        bool cfg = file && g_str_has_suffix(name, ".cfg") && !g_str_has_suffix(name, ".inc.cfg");
        if (!link && is_folder(path)) search_folder(path, out);
        if (!link && cfg && is_scene(path)) g_ptr_array_add(out, g_steal_pointer(&path));
        g_free(path);
    }
    g_ptr_array_free(names, TRUE);
    if (dir) g_dir_close(dir);
}

static void add_scenes(const char *word, GPtrArray *out, struct diags *diags)
{
    guint before = out->len;
    if (is_folder(word)) {
        search_folder(word, out);
        if (out->len == before) diag(diags, NULL, 0, "%s: there is no scene in this folder.", word);
    } else if (!g_file_test(word, G_FILE_TEST_EXISTS)) {
        diag(diags, NULL, 0, "%s: there is no such scene or folder.", word);
    } else if (!is_scene(word)) {
        diag(diags, word, 0, "This file is no scene: it has no chapters = ( ... ).");
    } else {
        g_ptr_array_add(out, g_strdup(word));
    }
}

/* Home's scenes, named from this folder where they lie below it. Caller frees. */
static char *scenes_of(const char *home)
{
    g_autofree char *here = g_get_current_dir(), *scenes = g_build_filename(home, "scenes", NULL);
    size_t n = strlen(here);
    return g_strdup(!strncmp(scenes, here, n) && scenes[n] == '/' ? scenes + n + 1 : scenes);
}

/* The scenes that are named, each once; without any, home's. */
static GPtrArray *find_scenes(const struct args *a, const char *home_scenes, struct diags *diags)
{
    GPtrArray *all = g_ptr_array_new_with_free_func(g_free), *once = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 2; i + 1 < a->words->len; i++) add_scenes(g_ptr_array_index(a->words, i), all, diags);
    if (a->words->len <= 3) add_scenes(home_scenes, all, diags);
    for (guint i = 0; i < all->len; i++)
        if (g_hash_table_add(seen, g_canonicalize_filename(g_ptr_array_index(all, i), NULL)))
            g_ptr_array_add(once, g_strdup(g_ptr_array_index(all, i)));
    g_ptr_array_free(all, TRUE);
    return once;
}

/* --- comparing --- */

static bool has_mistake(const struct diags *d, const struct diag_item *item)
{
    for (guint i = 0; i < diags_count(d); i++) {
        const struct diag_item *other = diags_item(d, i);
        bool same_place = item->line == other->line && !g_strcmp0(item->file, other->file);
        if (same_place && !strcmp(item->text, other->text)) return true;
    }
    return false;
}

/* Those of `of` that `without` has not. */
static struct diags *mistakes_beyond(const struct diags *of, const struct diags *without)
{
    struct diags *out = diags_new();
    for (guint i = 0; i < diags_count(of); i++) {
        const struct diag_item *item = diags_item(of, i);
        if (!without || !has_mistake(without, item)) diag(out, item->file, item->line, "%s", item->text);
    }
    return out;
}

static enum scene_state state_of(const GPtrArray *chapters)
{
    enum scene_state state = chapters->len ? SCENE_UNSEEN : SCENE_SAME;
    for (guint i = 0; i < chapters->len; i++) {
        const struct impact_chapter *c = g_ptr_array_index(chapters, i);
        for (guint k = 0; k < c->changes->len; k++)
            if (((struct impact_change *)g_ptr_array_index(c->changes, k))->seen) state = SCENE_CHANGES;
    }
    return state;
}

/* Where no written number changes, the pictures may all the same. */
static bool look_at_pictures(struct scene_impact *s, const struct story *old, const struct story *now, GError **error)
{
    struct diags *unused = diags_new(); /* a style that does not read is told when the scene is rendered */
    GPtrArray *pictures = impact_pictures(old, now, unused, error);
    diags_free(unused);
    if (pictures && pictures->len) {
        s->state = SCENE_REDRAWN;
        s->pictures = g_steal_pointer(&pictures);
    }
    if (pictures) g_ptr_array_free(pictures, TRUE);
    return !*error;
}

struct side { struct diags *diags; struct story *story; };

/* False with an error. */
static bool judge(struct scene_impact *s, const struct side *old, const struct side *now, bool entries_differ,
                  GError **error)
{
    bool was_wrong = diags_count(old->diags), is_wrong = diags_count(now->diags);
    if (!was_wrong && !is_wrong) {
        s->chapters = impact_chapters(old->story, now->story, &s->sum);
        s->state = state_of(s->chapters);
        return s->state == SCENE_CHANGES || !entries_differ || look_at_pictures(s, old->story, now->story, error);
    }
    s->state = SCENE_MENDED;
    s->mistakes = is_wrong ? mistakes_beyond(now->diags, old->diags) : mistakes_beyond(old->diags, NULL);
    if (!is_wrong) return true;
    s->state = diags_count(s->mistakes) ? SCENE_BREAKS : SCENE_WRONG;
    if (s->state == SCENE_BREAKS) return true;
    diags_free(s->mistakes);
    s->mistakes = mistakes_beyond(now->diags, NULL);
    return true;
}

/* False with an error. */
static bool compare_scene(const struct args *a, const char *home, const struct catalog *const catalogs[2],
                          bool entries_differ, struct scene_impact *s, GError **error)
{
    struct side sides[2];
    for (int i = 0; i < 2; i++) {
        sides[i].diags = diags_new();
        sides[i].story = open_story(a, s->path, home, catalogs[i], sides[i].diags);
    }
    bool ok = judge(s, &sides[0], &sides[1], entries_differ, error);
    for (int i = 0; i < 2; i++) {
        story_free(sides[i].story);
        diags_free(sides[i].diags);
    }
    return ok;
}

static void clear_scene(gpointer p)
{
    struct scene_impact *s = p;
    if (s->chapters) g_ptr_array_free(s->chapters, TRUE);
    if (s->pictures) g_ptr_array_free(s->pictures, TRUE);
    diags_free(s->mistakes);
    g_free(s->path);
    g_free(s);
}

/* Prints and returns the exit code. */
static int tell(const struct args *a, const struct impact_report *r)
{
    g_autoptr(GString) out = g_string_new(NULL);
    bool quiet = args_get(a, "--quiet");
    if (args_get(a, "--json")) impact_tell_json(r, out);
    else if (quiet) impact_tell_names(r, out);
    else impact_tell_text(r, args_get(a, "--all"), out);
    fputs(out->str, stdout);
    for (guint i = 0; quiet && i < r->scenes->len; i++) { /* what cannot be rendered is on no list of what to render */
        const struct scene_impact *s = g_ptr_array_index(r->scenes, i);
        if (s->state == SCENE_BREAKS || s->state == SCENE_WRONG) print_diags(s->mistakes);
    }
    if (r->states[SCENE_WRONG]) return EXIT_MISTAKE;
    bool same = r->states[SCENE_SAME] + r->states[SCENE_UNSEEN] == (int)r->scenes->len;
    return same ? EXIT_DONE : EXIT_CHANGED;
}

/* All scenes; the exit code. */
static int compare_scenes(const struct args *a, const char *home, const struct catalog *const catalogs[2],
                          const GPtrArray *paths, const char *home_scenes)
{
    g_autoptr(GError) error = NULL;
    struct impact_report r = { .old = a->words->pdata[0], .now = a->words->pdata[1], .home_scenes = home_scenes,
                               .entries = impact_entries(catalogs[0], catalogs[1]),
                               .scenes = g_ptr_array_new_with_free_func(clear_scene) };
    for (guint i = 0; i < paths->len && !error; i++) {
        struct scene_impact *s = g_new0(struct scene_impact, 1);
        s->path = g_strdup(g_ptr_array_index(paths, i));
        g_ptr_array_add(r.scenes, s);
        if (compare_scene(a, home, catalogs, r.entries->len, s, &error)) r.states[s->state]++;
    }
    if (error) complain("%s", error->message);
    int code = error ? exit_code_of(error) : tell(a, &r);
    g_ptr_array_free(r.entries, TRUE);
    g_ptr_array_free(r.scenes, TRUE);
    return code;
}

static int compare(const struct args *a, const char *home, struct diags *diags)
{
    g_autofree char *home_scenes = scenes_of(home);
    struct catalog *catalogs[2];
    for (int i = 0; i < 2; i++) catalogs[i] = read_catalog(a->words->pdata[i], home, diags);
    GPtrArray *paths = find_scenes(a, home_scenes, diags);
    int code = EXIT_MISTAKE;
    if (!diags_count(diags))
        code = compare_scenes(a, home, (const struct catalog *const[]){ catalogs[0], catalogs[1] }, paths,
                              a->words->len <= 3 ? home_scenes : NULL);
    g_ptr_array_free(paths, TRUE);
    for (int i = 0; i < 2; i++) catalog_free(catalogs[i]);
    return code;
}

static int run(const struct verb *verb, int argc, char **argv)
{
    struct args a;
    int code;
    if (!args_read(verb, argc, argv, &a, &code)) return code;
    struct diags *diags = diags_new();
    g_autofree char *home = find_home(&a);
    code = home ? EXIT_MISTAKE : EXIT_WORLD;
    if (home && a.words->len < 3)
        diag(diags, NULL, 0, "Which two catalogs? Name the old one and the new one: folders with models.cfg and "
             "devices.cfg, or one such file each.");
    else if (home && args_get(&a, "--quiet") && args_get(&a, "--json"))
        diag(diags, NULL, 0, "--quiet prints names and --json everything; keep one of them.");
    else if (home) code = compare(&a, home, diags);
    if (diags_count(diags)) tell_mistakes(&a, diags);
    diags_free(diags);
    args_clear(&a);
    return code;
}

static const struct arg args[] = {
    { "--all", NULL, "List every number that changes, also those whose change is too small to be seen." },
    { "--quiet", NULL, "Print only the scenes to render again, one a line." },
    { "--json", NULL, "Everything, as JSON." },
    ARGS_SCENE, { 0 }
};

const struct verb verb_impact = {
    .name = "impact", .usage = "OLD NEW [SCENE...]", .args = args, .run = run,
    .summary = "Compares two catalogs and tells which scenes, moments and numbers change.",
    .details = "OLD and NEW are folders with models.cfg and devices.cfg (or with data/), or one such file each; what\n"
               "is missing is taken from kvreel's own catalogs. SCENE is a scene file, or a folder that is searched\n"
               "for scenes; without any, kvreel's own scenes are compared. Moments are named as `kvreel still --at`\n"
               "takes them; when one comes is counted from its chapter's start. The exit code is 0 when no picture\n"
               "changes, 4 when some scene changes, breaks or is mended, and 2 after a mistake, also one that a\n"
               "scene has with both catalogs.",
};
