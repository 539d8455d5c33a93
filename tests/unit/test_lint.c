/* lint/: planted faults. Each scene in tests/faults has one fault, named by its file up to the first dash; exactly that is
 * found, and told as the text beside it says. tests/faults/fine.cfg has none.
 */
#include "cmd/findings.h"
#include "lint/picture.h"
#include "paint/paint.h"
#include "scene/styles.h"
#include "view_drawing.h"

#include <stdlib.h>

static struct story *open_file(const char *path)
{
    static const char *const no_keys[] = { "mp4", "gif", NULL };
    struct story_options options = { .home = ".", .sink_keys = no_keys };
    struct diags *diags = diags_new();
    struct story *story = story_open(path, &options, diags);
    g_autoptr(GString) said = g_string_new(NULL);
    diags_print(diags, said);
    g_assert_cmpstr(said->str, ==, "");
    diags_free(diags);
    return story;
}

static GArray *look_at(const struct story *story, struct outputs *outputs)
{
    struct output_wishes wishes = { .folder = "out" };
    struct diags *diags = diags_new();
    GError *error = NULL;
    outputs_plan(story, &wishes, outputs, diags);
    g_assert_cmpuint(diags_count(diags), ==, 0);
    diags_free(diags);
    GArray *all = findings_all(story, outputs, &error);
    g_assert_no_error(error);
    return all;
}

static const struct finding *only_finding(const GArray *all)
{
    const struct finding *found = NULL;
    for (guint i = 0; i < all->len; i++) {
        const GArray *list = g_array_index(all, struct output_findings, i).findings;
        if (list->len) found = &g_array_index(list, struct finding, 0);
    }
    return found;
}

static void compare_with_golden(const char *path, const char *text)
{
    g_autofree char *golden = g_strdup_printf("%.*s.txt", (int)(strlen(path) - strlen(".cfg")), path), *want = NULL;
    if (!g_strcmp0(g_getenv("KVREEL_GOLDEN"), "write")) g_file_set_contents(golden, text, -1, NULL);
    g_assert_true(g_file_get_contents(golden, &want, NULL, NULL));
    g_assert_cmpstr(text, ==, want);
}

static void test_scene(gconstpointer data)
{
    const char *path = data;
    g_autofree char *base = g_path_get_basename(path);
    struct story *story = open_file(path);
    struct outputs outputs;
    GArray *all = look_at(story, &outputs);
    g_autoptr(GString) text = g_string_new(NULL);
    findings_tell(story, all, text);
    bool fine = g_str_has_prefix(base, "fine");
    if (findings_all_count(all) != (fine ? 0 : 1)) g_test_message("%s", text->str);
    g_assert_cmpuint(findings_all_count(all), ==, fine ? 0 : 1);
    if (!fine && findings_all_count(all)) g_assert_true(g_str_has_prefix(base, lint_rule_names[only_finding(all)->rule]));
    compare_with_golden(path, text->str);
    findings_all_free(all);
    outputs_clear(&outputs);
    story_free(story);
}

/* One caption after another has the same place and key, but each typed number is a finding of its own, with its own line. */
static void test_each_caption(void)
{
    struct story *story = open_file("tests/unit/two-typed.cfg");
    struct outputs outputs;
    GArray *all = look_at(story, &outputs);
    const GArray *list = g_array_index(all, struct output_findings, 0).findings;
    g_assert_cmpuint(list->len, ==, 2);
    for (guint i = 0; i < list->len; i++) {
        g_assert_cmpint(g_array_index(list, struct finding, i).rule, ==, LINT_TYPED);
        g_assert_cmpint(g_array_index(list, struct finding, i).line, ==, 6 + (int)i);
    }
    findings_all_free(all);
    outputs_clear(&outputs);
    story_free(story);
}

static int by_text(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static void add_planted(GPtrArray *paths)
{
    GDir *dir = g_dir_open("tests/faults", 0, NULL);
    const char *name;
    while (dir && (name = g_dir_read_name(dir)))
        if (g_str_has_suffix(name, ".cfg") && !g_str_has_prefix(name, "style-")) g_ptr_array_add(paths, g_build_filename("tests", "faults", name, NULL));
    if (dir) g_dir_close(dir);
    qsort(paths->pdata, paths->len, sizeof(char *), by_text);
    for (guint i = 0; i < paths->len; i++) {
        g_autofree char *where = g_strconcat("/lint/", g_ptr_array_index(paths, i), NULL);
        g_test_add_data_func(where, g_ptr_array_index(paths, i), test_scene);
    }
}

/* Each rule has at least one scene that breaks it, and there are twenty or more. */
static void test_every_rule(gconstpointer data)
{
    const GPtrArray *paths = data;
    g_assert_cmpuint(paths->len, >, 20);
    for (int r = 0; r < LINT_RULE_COUNT; r++) {
        g_autofree char *prefix = g_strconcat("tests/faults/", lint_rule_names[r], NULL);
        bool found = false;
        for (guint i = 0; i < paths->len; i++) found |= g_str_has_prefix(g_ptr_array_index(paths, i), prefix);
        if (!found) g_test_message("no scene for %s", lint_rule_names[r]);
        g_assert_true(found);
    }
}

static void test_numbers(void)
{
    static const char *const numbers[] = { "40 GiB", "about 3", "64K", "(2)", "a = 5", "1/2", "−3", "4×", "٣ صفوف", "Ⅻ times", "½ of it", "⑥ chats", "Six chats", "eighty gibibytes" };
    static const char *const names[] = { "GPT-2", "H100", "FP16", "no number", "", "Llama-3.1-8B", "K", "W₁", "x²", "one pass", "tenth", "often" };
    for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) g_assert_true(text_has_number(numbers[i]));
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) g_assert_false(text_has_number(names[i]));
}

int main(int argc, char **argv)
{
    paint_clean_environment();
    g_test_init(&argc, &argv, NULL);
    g_test_set_nonfatal_assertions(); /* one wrong scene must not hide the next */
    GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);
    g_test_add_func("/lint/numbers", test_numbers);
    g_test_add_func("/lint/each caption", test_each_caption);
    add_planted(paths);
    g_test_add_data_func("/lint/every rule has a planted fault", paths, test_every_rule);
    int code = g_test_run();
    g_ptr_array_free(paths, TRUE);
    return code;
}
