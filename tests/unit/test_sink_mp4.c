/* The MP4 sink: what a decoder finds in its files, and that the bytes depend on nothing but the film and its cuts. */
#include "sink/mp4.h"

#include "test_sink_av.h"
#include "test_sink_film.h"

#include "sink/nal.h"

enum { PRESET_ULTRAFAST, PRESET_VERYFAST = 2, PRESET_MEDIUM = 5 };

struct stretch { const struct toy *toy; void *sink, *part; int64_t first, count; };

/* Codes one part, in any thread; each has its own painter, as the runner's workers do. */
static void *code_stretch(void *data)
{
    struct stretch *s = data;
    const struct sink_class *class = toy_class("mp4");
    struct toy own;
    GError *error = NULL;
    toy_init(&own, s->toy->film.width, s->toy->film.height, s->toy->film.fps, s->toy->film.frames);
    s->part = class->part_open(s->sink, s->first, s->count, &error);
    g_assert_no_error(error);
    for (int64_t n = s->first; n < s->first + s->count; n++) {
        bool changed = toy_draw(&own, n);
        struct frame frame = toy_frame(&own, n);
        if (changed) g_assert_true(class->part_frame(s->part, &frame, &error));
    }
    g_assert_true(class->part_end(s->part, &error));
    toy_clear(&own);
    return NULL;
}

enum order { IN_ORDER, BACKWARDS, THREADS };

/* Renders a toy film in parts of `length` frames, coded in the order given and joined in the film's. */
static void render(struct toy *t, struct mp4_options options, int64_t length, enum order order, const char *path)
{
    const struct sink_class *class = toy_class("mp4");
    GError *error = NULL;
    void *sink = class->open(&t->film, &options, path, &error);
    g_assert_no_error(error);
    struct stretch stretches[16];
    GThread *threads[16];
    int n = 0;
    for (int64_t first = 0; first < t->film.frames; first += length, n++)
        stretches[n] = (struct stretch){ t, sink, NULL, first, MIN(length, t->film.frames - first) };
    for (int i = 0; i < n; i++) {
        if (order == THREADS) threads[i] = g_thread_new("part", code_stretch, &stretches[i]);
        else code_stretch(&stretches[order == BACKWARDS ? n - 1 - i : i]);
    }
    for (int i = 0; order == THREADS && i < n; i++) g_thread_join(threads[i]);
    for (int i = 0; i < n; i++) g_assert_true(class->part_join(sink, stretches[i].part, &error));
    g_assert_true(class->finish(sink, &error));
    class->close(sink);
}

static int64_t in_frames(const struct toy *t, const AVStream *stream, int64_t time)
{
    int64_t num = time * stream->time_base.num * t->film.fps.num, den = stream->time_base.den * t->film.fps.den;
    g_assert_cmpint(num % den, ==, 0);
    return num / den;
}

/* Pictures coded without cfr: those that differ, the first of every part, and the film's last. */
static int64_t count_coded(struct toy *t, int64_t part)
{
    int64_t n = 0;
    for (int64_t i = 0; i < t->film.frames; i++) n += toy_draw(t, i) || i % part == 0 || i == t->film.frames - 1;
    return n;
}

/* Times, flags, chapters, length and colours, as an outside decoder sees them. */
static void check_film(struct toy *t, const char *path, int64_t part, bool cfr)
{
    struct decoded *d = decode(path);
    const AVStream *stream = d->file->streams[0];
    int64_t last_dts = INT64_MIN;
    g_assert_cmpint(d->frames->len, ==, cfr ? t->film.frames : count_coded(t, part));
    g_assert_cmpint(d->packets->len, ==, d->frames->len);
    for (guint i = 0; i < d->packets->len; i++) {
        struct packet_times p = g_array_index(d->packets, struct packet_times, i);
        g_assert_cmpint(p.dts, >, last_dts);
        g_assert_cmpint(p.dts, <=, p.pts);
        last_dts = p.dts;
    }
    g_assert_true(g_array_index(d->packets, struct packet_times, 0).key);
    g_assert_cmpint(in_frames(t, stream, decoded_frame(d, 0)->pts), ==, 0);
    g_assert_cmpint(in_frames(t, stream, decoded_frame(d, d->frames->len - 1)->pts), ==, t->film.frames - 1);
    double seconds = rate_seconds(t->film.fps, t->film.frames);
    g_assert_cmpfloat_with_epsilon((double)d->file->duration / AV_TIME_BASE, seconds, 0.002);
    g_assert_cmpint(stream->codecpar->color_range, ==, AVCOL_RANGE_MPEG);
    g_assert_cmpint(stream->codecpar->color_space, ==, AVCOL_SPC_BT709);
    g_assert_cmpint(stream->codecpar->color_primaries, ==, AVCOL_PRI_BT709);
    g_assert_cmpint(stream->codecpar->color_trc, ==, AVCOL_TRC_BT709);
    g_assert_cmpint(stream->codecpar->chroma_location, ==, AVCHROMA_LOC_LEFT);
    g_assert_cmpint(stream->codecpar->format, ==, AV_PIX_FMT_YUV420P);
    for (guint i = 0; i < d->frames->len; i++) { /* the top right corner is always background, #0A0F1E */
        const AVFrame *f = decoded_frame(d, i);
        g_assert_cmpint(ABS(f->data[0][t->film.width - 1] - 29), <=, 2);
        g_assert_cmpint(ABS(f->data[1][t->film.width / 2 - 1] - 135), <=, 2);
        g_assert_cmpint(ABS(f->data[2][t->film.width / 2 - 1] - 125), <=, 2);
    }
    decoded_free(d);
}

static void check_labels(const struct toy *t, const char *path)
{
    struct decoded *d = decode(path);
    g_assert_cmpstr(d->av_dict_get(d->file->metadata, "title", NULL, 0)->value, ==, "Toy");
    g_assert_null(d->av_dict_get(d->file->metadata, "creation_time", NULL, 0));
    g_assert_null(d->av_dict_get(d->file->metadata, "encoder", NULL, 0));
    g_assert_cmpint(d->file->nb_chapters, ==, t->film.n_chapters);
    for (int i = 0; i < t->film.n_chapters; i++) {
        const AVChapter *c = d->file->chapters[i];
        double unit = (double)c->time_base.num / c->time_base.den;
        g_assert_cmpstr(d->av_dict_get(c->metadata, "title", NULL, 0)->value, ==, t->film.chapters[i].title);
        double start = rate_seconds(t->film.fps, t->film.chapters[i].first);
        g_assert_cmpfloat_with_epsilon((double)c->start * unit, start, 0.002);
    }
    decoded_free(d);
}

static void decodes(void)
{
    static const struct { struct rate fps; int64_t frames, part; int preset; bool cfr; } cases[] = {
        { { 30, 1 }, 60, 60, PRESET_VERYFAST, false }, { { 60, 1 }, 67, 25, PRESET_VERYFAST, false },
        { { 30000, 1001 }, 60, 17, PRESET_MEDIUM, false }, { { 25, 2 }, 60, 30, PRESET_ULTRAFAST, false },
        { { 30, 1 }, 60, 25, PRESET_VERYFAST, true }, { { 24, 1 }, 1, 1, PRESET_VERYFAST, false },
        { { 30, 1 }, 11, 11, PRESET_VERYFAST, false },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        char *folder = toy_folder(), *path = g_build_filename(folder, "a film: 1.mp4", NULL);
        struct toy t;
        toy_init(&t, 162, 98, cases[i].fps, cases[i].frames);
        t.film.n_chapters = cases[i].frames == 60 ? 2 : 0;
        render(&t, (struct mp4_options){ 18, cases[i].preset, cases[i].cfr }, cases[i].part, IN_ORDER, path);
        check_labels(&t, path);
        check_film(&t, path, cases[i].part, cases[i].cfr);
        g_assert_cmpint(toy_count_files(folder), ==, 1);
        toy_clear(&t);
        toy_remove(folder);
        g_free(path);
    }
}

static void order_does_not_matter(void)
{
    char *folder = toy_folder(), *paths[4];
    struct toy t;
    toy_init(&t, 160, 96, (struct rate){ 30, 1 }, 100);
    for (int i = 0; i < 4; i++) {
        paths[i] = g_strdup_printf("%s/%d.mp4", folder, i);
        render(&t, (struct mp4_options){ 18, PRESET_VERYFAST, false }, 30, i % 3, paths[i]);
        toy_assert_same_files(paths[0], paths[i]);
    }
    for (int i = 0; i < 4; i++) g_free(paths[i]);
    toy_clear(&t);
    toy_remove(folder);
}

static bool contains(const char *bytes, gsize n, const char *text)
{
    return memmem(bytes, n, text, strlen(text)) != NULL;
}

static void no_signature_and_index_first(void)
{
    char *folder = toy_folder(), *path = g_build_filename(folder, "film.mp4", NULL), *bytes;
    gsize n;
    struct toy t;
    toy_init(&t, 160, 96, (struct rate){ 30, 1 }, 60);
    render(&t, (struct mp4_options){ 18, PRESET_VERYFAST, false }, 60, IN_ORDER, path);
    g_assert_true(g_file_get_contents(path, &bytes, &n, NULL));
    g_assert_false(contains(bytes, n, "x264"));
    g_assert_false(contains(bytes, n, "Lav"));
    g_assert_true(contains(bytes, n, "colr"));
    g_assert_cmpuint((gsize)memmem(bytes, n, "moov", 4), <, (gsize)memmem(bytes, n, "mdat", 4));
    g_free(bytes);
    toy_clear(&t);
    toy_remove(folder);
    g_free(path);
}

static void refuses_odd_sizes(void)
{
    static const int sizes[][2] = { { 161, 96 }, { 160, 97 } };
    static const char *const words[] = { "161 x 96", "160 x 97" };
    struct mp4_options options = { 18, PRESET_VERYFAST, false };
    char *folder = toy_folder(), *path = g_build_filename(folder, "film.mp4", NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        struct toy t;
        GError *error = NULL;
        toy_init(&t, sizes[i][0], sizes[i][1], (struct rate){ 30, 1 }, 10);
        g_assert_null(toy_class("mp4")->open(&t.film, &options, path, &error));
        g_assert_error(error, SINK_ERROR, SINK_ERROR_SIZE);
        g_assert_nonnull(strstr(error->message, words[i]));
        g_assert_cmpint(toy_count_files(folder), ==, 0);
        g_error_free(error);
        toy_clear(&t);
    }
    toy_remove(folder);
    g_free(path);
}

static void leaves_nothing_when_abandoned(void)
{
    char *folder = toy_folder(), *path = g_build_filename(folder, "film.mp4", NULL);
    const struct sink_class *class = toy_class("mp4");
    struct mp4_options options = { 18, PRESET_VERYFAST, false };
    struct toy t;
    toy_init(&t, 160, 96, (struct rate){ 30, 1 }, 60);
    for (int joined = 0; joined < 2; joined++) {
        void *sink = class->open(&t.film, &options, path, NULL);
        struct stretch s = { &t, sink, NULL, 0, 30 };
        code_stretch(&s);
        if (joined) g_assert_true(class->part_join(sink, s.part, NULL));
        else class->part_free(s.part);
        void *open_part = class->part_open(sink, 30, 30, NULL);
        g_assert_cmpint(toy_count_files(folder), ==, 1);
        class->part_free(open_part);
        class->close(sink);
        g_assert_cmpint(toy_count_files(folder), ==, 0);
    }
    class->close(NULL);
    class->part_free(NULL);
    toy_clear(&t);
    toy_remove(folder);
    g_free(path);
}

static void strips_sei(void)
{
    static const uint8_t stream[] = { 0, 0, 0, 1, 6, 5, 9, 0, 0, 3, 1, 0, 0, 1, 0x65, 1, 2, 0, 0, 3, 0, 0, 1, 6, 7,
                                      0, 0, 0, 1, 0x41, 8 };
    static const uint8_t rest[] = { 0, 0, 1, 0x65, 1, 2, 0, 0, 3, 0, 0, 0, 1, 0x41, 8 };
    GByteArray *out = g_byte_array_new();
    nal_append_without_sei(out, stream, sizeof stream);
    g_assert_cmpmem(out->data, out->len, rest, sizeof rest);
    g_byte_array_set_size(out, 0);
    nal_append_without_sei(out, stream, 3);
    nal_append_without_sei(out, stream, 0);
    g_assert_cmpuint(out->len, ==, 0);
    g_byte_array_unref(out);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sink/mp4/strips_sei", strips_sei);
    g_test_add_func("/sink/mp4/decodes", decodes);
    g_test_add_func("/sink/mp4/order_does_not_matter", order_does_not_matter);
    g_test_add_func("/sink/mp4/no_signature_and_index_first", no_signature_and_index_first);
    g_test_add_func("/sink/mp4/refuses_odd_sizes", refuses_odd_sizes);
    g_test_add_func("/sink/mp4/leaves_nothing_when_abandoned", leaves_nothing_when_abandoned);
    return g_test_run();
}
