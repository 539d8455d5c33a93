/* PNG files, numbered sequences and animated PNG, read back by FFmpeg's decoders. */
#include "sink/png.h"

#include "test_sink_av.h"
#include "test_sink_film.h"

#include "sink/atomic.h"

static void assert_shows(const struct toy *t, const AVFrame *f, int64_t n)
{
    toy_paint(t, n, t->before);
    for (int y = 0; y < t->film.height; y++)
        for (int x = 0; x < t->film.width; x++)
            g_assert_cmphex(decoded_pixel(f, x, y), ==, t->before[y * t->film.width + x]);
}

static void assert_file_shows(const struct toy *t, const char *path, int64_t n)
{
    struct decoded *d = decode(path);
    g_assert_cmpuint(d->frames->len, ==, 1);
    assert_shows(t, decoded_frame(d, 0), n);
    decoded_free(d);
}

static void single(void)
{
    static const int sizes[][2] = { { 1, 1 }, { 97, 61 }, { 640, 360 } };
    char *folder = toy_folder(), *path = g_build_filename(folder, "still.png", NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        struct toy t;
        GError *error = NULL;
        toy_init(&t, sizes[i][0], sizes[i][1], (struct rate){ 25, 1 }, 1);
        toy_draw(&t, 0);
        g_assert_true(png_write(path, t.pixels, sizes[i][0], sizes[i][1], &error));
        assert_file_shows(&t, path, 0);
        GByteArray *a = png_encode(t.pixels, sizes[i][0], sizes[i][1]);
        GByteArray *b = png_encode(t.pixels, sizes[i][0], sizes[i][1]);
        g_assert_cmpmem(a->data, a->len, b->data, b->len);
        g_byte_array_unref(a);
        g_byte_array_unref(b);
        toy_clear(&t);
    }
    g_assert_cmpint(toy_count_files(folder), ==, 1);
    toy_remove(folder);
    g_free(path);
}

static void check_sequence(const struct toy *t, const char *folder, const char *pattern)
{
    for (int64_t n = 0; n < t->film.frames; n++) {
        char *name = g_strdup_printf(pattern, (int)n), *path = g_build_filename(folder, name, NULL);
        assert_file_shows(t, path, n);
        g_free(name);
        g_free(path);
    }
}

static void sequence_into_a_new_folder(void)
{
    char *folder = toy_folder(), *frames = g_build_filename(folder, "frames", NULL);
    char *path = g_build_filename(frames, "%05d.png", NULL);
    struct toy t;
    GError *error = NULL;
    toy_init(&t, 64, 40, (struct rate){ 25, 1 }, 30);
    g_assert_true(toy_render(&t, toy_class("png"), NULL, path, &error));
    check_sequence(&t, frames, "%05d.png");
    g_assert_cmpint(toy_count_files(frames), ==, 30);
    g_assert_cmpint(toy_count_files(folder), ==, 1);
    toy_clear(&t);
    toy_remove(folder);
    g_free(path);
    g_free(frames);
}

/* Other files stay, equal ones are not touched, and the tail of an earlier film goes. */
static void sequence_into_an_old_folder(void)
{
    char *folder = toy_folder(), *path = g_build_filename(folder, "f%3d%%.png", NULL);
    char *other = g_build_filename(folder, "notes.txt", NULL), *first = g_build_filename(folder, "f  0%.png", NULL);
    struct toy t;
    GError *error = NULL;
    GStatBuf before, after;
    toy_init(&t, 64, 40, (struct rate){ 25, 1 }, 30);
    g_assert_true(g_file_set_contents(other, "mine", -1, NULL));
    g_assert_true(toy_render(&t, toy_class("png"), NULL, path, &error));
    g_assert_cmpint(toy_count_files(folder), ==, 31);
    g_assert_cmpint(g_stat(first, &before), ==, 0);
    t.film.frames = 20;
    g_assert_true(toy_render(&t, toy_class("png"), NULL, path, &error));
    g_assert_cmpint(toy_count_files(folder), ==, 21);
    g_assert_cmpint(g_stat(first, &after), ==, 0);
    g_assert_cmpuint(before.st_ino, ==, after.st_ino);
    check_sequence(&t, folder, "f%3d%%.png");
    toy_clear(&t);
    toy_remove(folder);
    g_free(path);
    g_free(other);
    g_free(first);
}

/* Two films that are rendered at once, and a folder that neither of them finds at first. */
static void two_sequences_into_one_new_folder(void)
{
    char *folder = toy_folder(), *frames = g_build_filename(folder, "frames", NULL);
    char *paths[] = { g_build_filename(frames, "a%d.png", NULL), g_build_filename(frames, "b%d.png", NULL) };
    struct toy t;
    void *open[2];
    toy_init(&t, 64, 40, (struct rate){ 25, 1 }, 30);
    for (int i = 0; i < 2; i++) g_assert_nonnull(open[i] = toy_class("png")->open(&t.film, NULL, paths[i], NULL));
    for (int64_t n = 0; n < t.film.frames; n++) {
        struct frame frame = toy_frame(&t, n);
        if (!toy_draw(&t, n)) continue;
        for (int i = 0; i < 2; i++) g_assert_true(toy_class("png")->frame(open[i], &frame, NULL));
    }
    for (int i = 0; i < 2; i++) {
        GError *error = NULL;
        toy_class("png")->finish(open[i], &error);
        g_assert_no_error(error);
        toy_class("png")->close(open[i]);
        g_free(paths[i]);
    }
    check_sequence(&t, frames, "a%d.png");
    check_sequence(&t, frames, "b%d.png");
    g_assert_cmpint(toy_count_files(frames), ==, 60);
    g_assert_cmpint(toy_count_files(folder), ==, 1);
    toy_clear(&t);
    toy_remove(folder);
    g_free(frames);
}

/* All frames or none: one that cannot be placed keeps the others away. */
static void sequence_with_a_folder_in_its_way(void)
{
    char *folder = toy_folder(), *path = g_build_filename(folder, "%d.png", NULL);
    char *other = g_build_filename(folder, "7.png", NULL);
    struct toy t;
    GError *error = NULL;
    toy_init(&t, 64, 40, (struct rate){ 25, 1 }, 30);
    g_assert_cmpint(g_mkdir(other, 0700), ==, 0);
    g_assert_false(toy_render(&t, toy_class("png"), NULL, path, &error));
    g_assert_error(error, SINK_ERROR, SINK_ERROR_FILE);
    g_assert_true(g_str_has_prefix(error->message, other));
    g_assert_nonnull(strstr(error->message, "because it is a folder"));
    g_assert_cmpint(toy_count_files(folder), ==, 1);
    g_error_free(error);
    toy_clear(&t);
    toy_remove(folder);
    g_free(path);
    g_free(other);
}

static void sequence_that_is_abandoned(void)
{
    char *folder = toy_folder();
    char *paths[] = { g_build_filename(folder, "new", "%d.png", NULL), g_build_filename(folder, "%d.png", NULL) };
    struct toy t;
    toy_init(&t, 64, 40, (struct rate){ 25, 1 }, 30);
    for (size_t i = 0; i < G_N_ELEMENTS(paths); i++) {
        void *sink = toy_class("png")->open(&t.film, NULL, paths[i], NULL);
        for (int n = 0; n < 3; n++) {
            toy_draw(&t, n);
            struct frame frame = toy_frame(&t, n);
            g_assert_true(toy_class("png")->frame(sink, &frame, NULL));
        }
        g_assert_cmpint(toy_count_files(folder), ==, 1);
        toy_class("png")->close(sink);
        g_assert_cmpint(toy_count_files(folder), ==, 0);
        g_free(paths[i]);
    }
    toy_clear(&t);
    toy_remove(folder);
}

static void sequence_without_a_place(void)
{
    char *folder = toy_folder(), *file = g_build_filename(folder, "file", NULL);
    char *paths[] = { g_build_filename(folder, "no", "such", "%d.png", NULL), g_build_filename(file, "%d.png", NULL),
                      g_build_filename(file, "sub", "%d.png", NULL) };
    static const char *const because[] = { "/no;", "/file is a file, not a folder;", "/file is a file, not a folder;" };
    struct toy t;
    toy_init(&t, 64, 40, (struct rate){ 25, 1 }, 30);
    g_assert_true(g_file_set_contents(file, "x", -1, NULL));
    for (size_t i = 0; i < G_N_ELEMENTS(paths); i++) {
        GError *error = NULL;
        g_assert_null(toy_class("png")->open(&t.film, NULL, paths[i], &error));
        g_assert_error(error, SINK_ERROR, SINK_ERROR_FILE);
        g_assert_true(g_str_has_prefix(error->message, folder));
        g_assert_nonnull(strstr(error->message, because[i]));
        g_error_free(error);
        g_free(paths[i]);
    }
    toy_clear(&t);
    toy_remove(folder);
    g_free(file);
}

static void patterns(void)
{
    g_assert_true(png_is_pattern("a/%05d.png"));
    g_assert_true(png_is_pattern("%d.png"));
    g_assert_true(png_is_pattern("x%%%3d.png"));
    g_assert_false(png_is_pattern("a/still.png"));
    g_assert_false(png_is_pattern("a/100%.png"));
    g_assert_false(png_is_pattern("%d-%d.png"));
    g_assert_false(png_is_pattern("%s.png"));
    g_assert_false(png_is_pattern("%123d.png"));
    g_assert_false(png_is_pattern("%d/a.png"));
    g_assert_false(png_is_pattern("%d/%d.png"));
}

static void animated(void)
{
    static const struct rate rates[] = { { 25, 1 }, { 30000, 1001 }, { 1234567, 100000 } };
    char *folder = toy_folder(), *path = g_build_filename(folder, "film.apng", NULL);
    char *again = g_build_filename(folder, "b.apng", NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(rates); i++) {
        struct toy t;
        GError *error = NULL;
        toy_init(&t, 101, 61, rates[i], 50);
        g_assert_true(toy_render(&t, toy_class("apng"), NULL, path, &error));
        g_assert_true(toy_render(&t, toy_class("apng"), NULL, again, &error));
        toy_assert_same_files(path, again);
        struct decoded *d = decode(path);
        const AVStream *stream = d->file->streams[0];
        double unit = (double)stream->time_base.num / stream->time_base.den;
        guint k = 0;
        memset(t.pixels, 0, 101 * 61 * 4);
        for (int64_t n = 0; n < t.film.frames; n++) {
            if (!toy_draw(&t, n)) continue;
            assert_shows(&t, decoded_frame(d, k), n);
            g_assert_cmpfloat_with_epsilon((double)decoded_frame(d, k++)->pts * unit, rate_seconds(rates[i], n), 0.002);
        }
        g_assert_cmpuint(d->frames->len, ==, k);
        struct packet_times last = g_array_index(d->packets, struct packet_times, k - 1);
        g_assert_cmpfloat((double)last.duration * unit, >=, 1.199);
        g_assert_cmpfloat((double)last.duration * unit, <=, 1.3);
        decoded_free(d);
        toy_clear(&t);
    }
    g_assert_cmpint(toy_count_files(folder), ==, 2);
    toy_remove(folder);
    g_free(path);
    g_free(again);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sink/png/single", single);
    g_test_add_func("/sink/png/patterns", patterns);
    g_test_add_func("/sink/png/sequence_into_a_new_folder", sequence_into_a_new_folder);
    g_test_add_func("/sink/png/sequence_into_an_old_folder", sequence_into_an_old_folder);
    g_test_add_func("/sink/png/two_sequences_into_one_new_folder", two_sequences_into_one_new_folder);
    g_test_add_func("/sink/png/sequence_with_a_folder_in_its_way", sequence_with_a_folder_in_its_way);
    g_test_add_func("/sink/png/sequence_that_is_abandoned", sequence_that_is_abandoned);
    g_test_add_func("/sink/png/sequence_without_a_place", sequence_without_a_place);
    g_test_add_func("/sink/apng/animated", animated);
    return g_test_run();
}
