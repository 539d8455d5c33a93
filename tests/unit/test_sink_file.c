/* Files that appear whole or not at all, the registry, and the sinks' behaviour when the world fails them. */
#include "sink/atomic.h"

#include "test_sink_film.h"

#include "sink/gif.h"
#include "sink/mp4.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <utime.h>

static void written_and_equal_untouched(void)
{
    char *folder = toy_folder(), *path = g_build_filename(folder, "a.txt", NULL), *text;
    GError *error = NULL;
    GStatBuf before, after;
    g_assert_true(atomic_write_file(path, "hello", 5, &error));
    g_assert_cmpint(utime(path, &(struct utimbuf){ 1000, 1000 }), ==, 0);
    g_assert_true(atomic_write_file(path, "hello", 5, &error));
    g_assert_cmpint(g_stat(path, &before), ==, 0);
    g_assert_cmpint(before.st_mtime, ==, 1000);
    g_assert_true(atomic_write_file(path, "hallo", 5, &error));
    g_assert_cmpint(g_stat(path, &after), ==, 0);
    g_assert_cmpint(after.st_mtime, >, 1000);
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_assert_cmpstr(text, ==, "hallo");
    g_assert_cmpint(toy_count_files(folder), ==, 1);
    g_free(text);
    toy_remove(folder);
    g_free(path);
}

static void patched(void)
{
    char *folder = toy_folder(), *path = g_build_filename(folder, "a.txt", NULL), *text;
    struct atomic *a = atomic_open(path, NULL);
    g_assert_true(atomic_write(a, "count ?, ", 9, NULL));
    g_assert_true(atomic_patch(a, 6, "2", 1, NULL));
    g_assert_true(atomic_write(a, "end", 3, NULL));
    g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
    g_assert_true(atomic_commit(a, NULL));
    atomic_close(a);
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_assert_cmpstr(text, ==, "count 2, end");
    g_free(text);
    toy_remove(folder);
    g_free(path);
}

static void abandoned(void)
{
    char *folder = toy_folder(), *path = g_build_filename(folder, "a.txt", NULL), *text;
    g_assert_true(g_file_set_contents(path, "old", -1, NULL));
    struct atomic *a = atomic_open(path, NULL), *b = atomic_open(path, NULL); /* two at a time have two hidden names */
    g_assert_cmpstr(atomic_beside(a), !=, atomic_beside(b));
    g_assert_true(atomic_write(a, "new", 3, NULL));
    g_assert_cmpint(toy_count_files(folder), ==, 3);
    atomic_close(a);
    atomic_close(b);
    atomic_close(NULL);
    g_assert_cmpint(toy_count_files(folder), ==, 1);
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_assert_cmpstr(text, ==, "old");
    g_free(text);
    toy_remove(folder);
    g_free(path);
}

static void assert_refused(const char *path, const char *because)
{
    GError *error = NULL;
    g_assert_false(atomic_write_file(path, "x", 1, &error));
    g_assert_error(error, SINK_ERROR, SINK_ERROR_FILE);
    g_assert_true(g_str_has_prefix(error->message, path));
    g_assert_nonnull(strstr(error->message, because));
    g_assert_true(g_str_has_suffix(error->message, "."));
    g_error_free(error);
}

static void refused(void)
{
    char *folder = toy_folder(), *file = g_build_filename(folder, "file", NULL);
    char *missing = g_build_filename(folder, "no", "a.txt", NULL), *below = g_build_filename(file, "a.txt", NULL);
    g_assert_true(g_file_set_contents(file, "x", -1, NULL));
    assert_refused(missing, "there is no folder");
    assert_refused(below, "/file is a file, not a folder;");
    g_autofree char *deeper = g_build_filename(file, "no", "a.txt", NULL);
    assert_refused(deeper, "/file is a file, not a folder;");
    GError *error = NULL, *proc = NULL;
    atomic_fail(&error, "/nowhere/a.txt", EROFS);
    g_assert_nonnull(strstr(error->message, "on a disk that is read-only"));
    g_error_free(error);
    if (g_file_test("/proc/self", G_FILE_TEST_IS_DIR)) {
        g_assert_false(atomic_write_file("/proc/a.txt", "x", 1, &proc));
        g_assert_null(strstr(proc->message, "there is no folder"));
        g_assert_nonnull(strstr(proc->message, "the folder /proc "));
        g_error_free(proc);
    }
    assert_refused(folder, "it is a folder");
    if (geteuid() != 0) { /* root may write anywhere */
        char *inside = g_build_filename(folder, "a.txt", NULL);
        g_assert_cmpint(g_chmod(folder, 0500), ==, 0);
        assert_refused(inside, "may not be written to");
        g_assert_cmpint(g_chmod(folder, 0700), ==, 0);
        g_free(inside);
    }
    toy_remove(folder);
    g_free(file);
    g_free(missing);
    g_free(below);
}

/* Whole render of a noisy film through any sink; in parts where it has them. */
static bool render(struct toy *t, const struct sink_class *class, const void *options, const char *path, GError **error)
{
    if (!class->part_open) return toy_render(t, class, options, path, error);
    void *sink = class->open(&t->film, options, path, error), *part = NULL;
    bool ok = sink && (part = class->part_open(sink, 0, t->film.frames, error));
    memset(t->pixels, 0, (size_t)(t->film.width * t->film.height) * 4);
    for (int64_t n = 0; ok && n < t->film.frames; n++) {
        struct frame frame = toy_frame(t, n);
        if (toy_draw(t, n)) ok = class->part_frame(part, &frame, error);
    }
    ok = ok && class->part_end(part, error);
    if (ok) ok = class->part_join(sink, part, error);
    else if (sink) class->part_free(part);
    ok = ok && class->finish(sink, error);
    class->close(sink);
    return ok;
}

static void each_sink(void (*check)(struct toy *, const struct sink_class *, const void *options, const char *folder))
{
    const struct { const char *name; const void *options; } cases[] = {
        { "apng", NULL }, { "gif", &(struct gif_options){ 64 } }, { "hashes", NULL },
        { "mp4", &(struct mp4_options){ 18, 2, false } }, { "png", NULL },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        char *folder = toy_folder();
        struct toy t;
        toy_init(&t, 160, 96, (struct rate){ 25, 1 }, 40);
        t.film.n_chapters = 1;
        g_assert_nonnull(sinks[i]);
        g_assert_cmpstr(sinks[i]->name, ==, cases[i].name);
        check(&t, sinks[i], cases[i].options, folder);
        toy_clear(&t);
        toy_remove(folder);
    }
    g_assert_null(sinks[G_N_ELEMENTS(cases)]);
}

static char *path_for(const struct sink_class *class, const char *folder)
{
    return g_strconcat(folder, "/%04d", class->suffixes[0], NULL);
}

/* A limit on file sizes stands in for a full disk: writing fails in the middle, and nothing may be left. */
static void disk_full(struct toy *t, const struct sink_class *class, const void *options, const char *folder)
{
    char *path = path_for(class, folder);
    GError *error = NULL;
    struct rlimit old, small;
    g_assert_cmpint(getrlimit(RLIMIT_FSIZE, &old), ==, 0);
    small = (struct rlimit){ 100, old.rlim_max };
    g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &small), ==, 0);
    bool ok = render(t, class, options, path, &error);
    g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &old), ==, 0);
    g_assert_false(ok);
    g_assert_error(error, SINK_ERROR, SINK_ERROR_FILE);
    g_assert_true(g_str_has_prefix(error->message, folder));
    g_assert_nonnull(strstr(error->message, "cannot be written"));
    g_assert_null(strstr(error->message, ".part-"));
    g_assert_cmpint(toy_count_files(folder), ==, 0);
    g_error_free(error);
    g_free(path);
}

static void every_sink_survives_a_full_disk(void)
{
    signal(SIGXFSZ, SIG_IGN);
    each_sink(disk_full);
}

static void missing_folder(struct toy *t, const struct sink_class *class, const void *options, const char *folder)
{
    char *path = g_strconcat(folder, "/no/such/%04d", class->suffixes[0], NULL);
    GError *error = NULL;
    g_assert_false(render(t, class, options, path, &error));
    g_assert_error(error, SINK_ERROR, SINK_ERROR_FILE);
    g_assert_nonnull(strstr(error->message, "there is no folder"));
    g_assert_cmpint(toy_count_files(folder), ==, 0);
    g_error_free(error);
    g_free(path);
}

static void every_sink_names_a_missing_folder(void) { each_sink(missing_folder); }

static void equal_again(struct toy *t, const struct sink_class *class, const void *options, const char *folder)
{
    char *path = path_for(class, folder), *first = g_strdup(path);
    GError *error = NULL;
    GStatBuf before, after;
    if (class == toy_class("png")) {
        g_free(first);
        first = g_build_filename(folder, "0000.png", NULL);
    }
    g_assert_true(render(t, class, options, path, &error));
    int files = toy_count_files(folder);
    g_assert_cmpint(g_stat(first, &before), ==, 0);
    g_assert_true(render(t, class, options, path, &error));
    g_assert_cmpint(g_stat(first, &after), ==, 0);
    g_assert_cmpuint(before.st_ino, ==, after.st_ino);
    g_assert_cmpint(toy_count_files(folder), ==, files);
    g_free(path);
    g_free(first);
}

static void every_sink_leaves_an_equal_file(void) { each_sink(equal_again); }

static void hashes(void)
{
    char *folder = toy_folder(), *path = g_build_filename(folder, "film.hashes", NULL), *text;
    struct toy t;
    toy_init(&t, 64, 40, (struct rate){ 30000, 1001 }, 14);
    g_assert_true(toy_render(&t, toy_class("hashes"), NULL, path, NULL));
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    char **lines = g_strsplit(text, "\n", -1);
    g_assert_cmpstr(lines[0], ==, "64x40 at 30000/1001, 14 frames");
    g_assert_cmpuint(g_strv_length(lines), ==, 1 + 8 + 1); /* frames 0 to 5, 12 and 13, and the end */
    g_assert_true(g_str_has_prefix(lines[1], "0 "));
    g_assert_true(g_str_has_prefix(lines[7], "12 "));
    g_assert_cmpuint(strlen(lines[1]), ==, 2 + 16);
    g_assert_cmpstr(lines[1] + 2, !=, lines[2] + 2);
    g_strfreev(lines);
    g_free(text);
    toy_clear(&t);
    toy_remove(folder);
    g_free(path);
}

static void registry(void)
{
    static const struct { const char *path, *sink; } cases[] = {
        { "out/a.mp4", "mp4" }, { "a.b.GIF", "gif" }, { "a.apng", "apng" }, { "x.hashes", "hashes" },
        { "frames/%05d.png", "png" }, { "still.png", NULL }, { "a.mp3", NULL }, { ".mp4", NULL }, { "out/.gif", NULL },
        { "mp4", NULL }, { "", NULL },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        const struct sink_class *class = sink_for_path(cases[i].path);
        g_assert_cmpstr(class ? class->name : NULL, ==, cases[i].sink);
    }
    for (int i = 0; sinks[i] && sinks[i + 1]; i++) g_assert_cmpint(strcmp(sinks[i]->name, sinks[i + 1]->name), <, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sink/file/written_and_equal_untouched", written_and_equal_untouched);
    g_test_add_func("/sink/file/patched", patched);
    g_test_add_func("/sink/file/abandoned", abandoned);
    g_test_add_func("/sink/file/refused", refused);
    g_test_add_func("/sink/file/every_sink_survives_a_full_disk", every_sink_survives_a_full_disk);
    g_test_add_func("/sink/file/every_sink_names_a_missing_folder", every_sink_names_a_missing_folder);
    g_test_add_func("/sink/file/every_sink_leaves_an_equal_file", every_sink_leaves_an_equal_file);
    g_test_add_func("/sink/file/hashes", hashes);
    g_test_add_func("/sink/file/registry", registry);
    return g_test_run();
}
