/* kvreel bench: how far the whole render is from the encoder's own speed.
 *
 * The film is rendered (a), then the same pictures, made before, are encoded with the same settings, segments and threads
 * (b); both in turn, several times, so that a machine's moods strike both alike. The pictures are kept as the tiles that
 * changed, so that the store stays small; putting them back costs a copy, which counts against (b) and not for it.
 */
#include "cmd/bench_core.h"
#include "cmd/outputs.h"
#include "scene/catalog.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

/* --- recording: a sink whose parts remember pictures ------------------------------------------------------------------ */

struct picture { int64_t number; guint first_tile, n_tiles; size_t pixels; };
struct record_part { int64_t first, count; GArray *pictures, *tiles, *pixels; struct recording *recording; };
struct recording { GPtrArray *parts; int width, height; };

static void *record_open(const struct film *film, const void *options, const char *path, GError **error)
{
    (void)path, (void)error;
    struct recording *r = *(struct recording *const *)options;
    r->width = film->width;
    r->height = film->height;
    return r;
}

static bool record_finish(void *sink, GError **error) { return (void)error, sink != NULL; }
static void record_close(void *sink) { (void)sink; }

static void *record_part_open(void *sink, int64_t first, int64_t count, GError **error)
{
    (void)error;
    struct record_part *p = g_new0(struct record_part, 1);
    *p = (struct record_part){ first, count, g_array_new(FALSE, FALSE, sizeof(struct picture)), g_array_new(FALSE, FALSE, sizeof(int)),
                               g_array_new(FALSE, FALSE, 4), sink };
    return p;
}

static struct box tile_box(const struct recording *r, int cols, int tile)
{
    int x = tile % cols * DAMAGE_TILE, y = tile / cols * DAMAGE_TILE;
    return (struct box){ x, y, MIN(DAMAGE_TILE, r->width - x), MIN(DAMAGE_TILE, r->height - y) };
}

static bool record_part_frame(void *part, const struct frame *frame, GError **error)
{
    (void)error;
    struct record_part *p = part;
    const struct damage *d = frame->damage;
    struct picture pic = { frame->number, p->tiles->len, 0, p->pixels->len };
    for (int t = 0; t < d->cols * d->rows; t++) {
        if (!d->changed[t]) continue;
        struct box b = tile_box(p->recording, d->cols, t);
        g_array_append_val(p->tiles, t);
        for (int y = 0; y < (int)b.h; y++)
            g_array_append_vals(p->pixels, frame->pixels + ((size_t)b.y + (size_t)y) * (size_t)p->recording->width + (size_t)b.x, (guint)b.w);
        pic.n_tiles++;
    }
    g_array_append_val(p->pictures, pic);
    return true;
}

static bool record_part_end(void *part, GError **error) { return (void)error, part != NULL; }

static bool record_part_join(void *sink, void *part, GError **error)
{
    (void)error;
    g_ptr_array_add(((struct recording *)sink)->parts, part);
    return true;
}

static void record_part_free(void *part)
{
    struct record_part *p = part;
    g_array_free(p->pictures, TRUE);
    g_array_free(p->tiles, TRUE);
    g_array_free(p->pixels, TRUE);
    g_free(p);
}

static const char *const no_suffix[] = { NULL };
static const struct sink_class record_sink = {
    .name = "record", .suffixes = no_suffix, .summary = "keeps pictures in memory", .open = record_open, .finish = record_finish,
    .close = record_close, .part_open = record_part_open, .part_frame = record_part_frame, .part_end = record_part_end,
    .part_join = record_part_join, .part_free = record_part_free,
};

/* --- replaying: the recorded pictures into a real sink ------------------------------------------------------------------ */

struct replay {
    const struct recording *recording;
    const struct render_output *output;
    void *sink;
    void **parts;
    gint next;
    GError *error;
};

static bool replay_part(struct replay *r, guint index, uint32_t *pixels, uint8_t *changed, GError **error)
{
    const struct record_part *p = g_ptr_array_index(r->recording->parts, index);
    int w = r->recording->width, cols = (w + DAMAGE_TILE - 1) / DAMAGE_TILE, rows = (r->recording->height + DAMAGE_TILE - 1) / DAMAGE_TILE;
    void *part = r->parts[index] = r->output->sink->part_open(r->sink, p->first, p->count, error);
    for (guint i = 0; part && i < p->pictures->len; i++) {
        const struct picture *pic = &g_array_index(p->pictures, struct picture, i);
        const uint32_t *from = &g_array_index(p->pixels, uint32_t, pic->pixels);
        memset(changed, 0, (size_t)cols * (size_t)rows);
        for (guint k = 0; k < pic->n_tiles; k++) {
            int tile = g_array_index(p->tiles, int, pic->first_tile + k);
            struct box b = tile_box(r->recording, cols, tile);
            for (int y = 0; y < (int)b.h; y++, from += (int)b.w)
                memcpy(pixels + ((size_t)b.y + (size_t)y) * (size_t)w + (size_t)b.x, from, 4 * (size_t)b.w);
            changed[tile] = 1;
        }
        struct damage damage = { cols, rows, (int)pic->n_tiles, changed };
        struct frame frame = { pic->number, pixels, &damage, NULL };
        if (!r->output->sink->part_frame(part, &frame, error)) return false;
    }
    return part && r->output->sink->part_end(part, error);
}

static gpointer replay_work(gpointer data)
{
    struct replay *r = data;
    size_t n = (size_t)r->recording->width * (size_t)r->recording->height;
    uint32_t *pixels = g_new0(uint32_t, n);
    uint8_t *changed = g_new0(uint8_t, n / DAMAGE_TILE);
    GError *error = NULL;
    for (gint i; !error && (i = g_atomic_int_add(&r->next, 1)) < (gint)r->recording->parts->len;) replay_part(r, (guint)i, pixels, changed, &error);
    if (error && !g_atomic_pointer_compare_and_exchange(&r->error, NULL, error)) g_error_free(error);
    g_free(pixels);
    g_free(changed);
    return NULL;
}

/* Seconds that encoding the recorded film takes; negative after an error. */
static double replay(const struct recording *recording, const struct render_output *output, const struct film *film, int threads, GError **error)
{
    struct replay r = { .recording = recording, .output = output };
    GThread *workers[64];
    gint64 start = g_get_monotonic_time();
    if (!(r.sink = output->sink->open(film, output->options, output->path, error))) return -1;
    r.parts = g_new0(void *, recording->parts->len);
    threads = CLAMP(threads, 1, 64);
    for (int i = 0; i < threads; i++) workers[i] = g_thread_new("encode", replay_work, &r);
    for (int i = 0; i < threads; i++) g_thread_join(workers[i]);
    bool ok = !r.error;
    for (guint i = 0; ok && i < recording->parts->len; i++) ok = output->sink->part_join(r.sink, r.parts[i], &r.error);
    ok = ok && output->sink->finish(r.sink, &r.error);
    output->sink->close(r.sink);
    g_free(r.parts);
    if (!ok) g_propagate_error(error, r.error);
    return ok ? (double)(g_get_monotonic_time() - start) / 1e6 : -1;
}

/* --- the report ------------------------------------------------------------------------------------------------------------ */

static int by_value(const void *a, const void *b) { return *(const double *)a < *(const double *)b ? -1 : *(const double *)a > *(const double *)b; }

static double median(double *v, int n)
{
    qsort(v, (size_t)n, sizeof *v, by_value);
    return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

static double peak_mib(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)u.ru_maxrss / 1024;
}

enum { MOST_RUNS = 25 };

static bool bench(const struct story *story, const struct render_output *output, int threads, int runs, GError **error)
{
    struct render_options options = { .threads = threads };
    struct render_report report;
    double whole[MOST_RUNS], encode[MOST_RUNS], ratio[MOST_RUNS];
    struct recording recording = { .parts = g_ptr_array_new_with_free_func(record_part_free) }, *pointer = &recording;
    const struct take *t = &output->take;
    struct film film = { t->width, t->height, t->fps, take_frames(story, t), t->style, NULL, NULL, 0 };
    struct render_output record = { &record_sink, &pointer, "(memory)", *t };
    if (!render(story, output, 1, &options, &report, error)) return false; /* warms up; its memory is the figure to quote */
    double memory = peak_mib();
    bool ok = render(story, &record, 1, &options, NULL, error);
    for (int i = 0; ok && i < runs; i++) {
        ok = render(story, output, 1, &options, &report, error) && (encode[i] = replay(&recording, output, &film, threads, error)) >= 0;
        whole[i] = report.seconds;
        ratio[i] = ok ? whole[i] / encode[i] : 0;
    }
    if (ok) {
        printf("%s  %d×%d, %d threads, %d runs in turn\n", story->path, t->width, t->height, threads, runs);
        printf("whole render           %8.2f s (median)\n", median(whole, runs));
        printf("encoding alone         %8.2f s (median)\n", median(encode, runs));
        double middle = median(ratio, runs);
        printf("ratio                  %8.3f   (median; %.3f to %.3f)\n", middle, ratio[0], ratio[runs - 1]);
        printf("frames                 %8" G_GINT64_FORMAT "\n", report.frames);
        printf("  painted and sent     %8" G_GINT64_FORMAT "\n", report.pictures);
        printf("  repeated             %8" G_GINT64_FORMAT "\n", report.frames - report.pictures);
        printf("pixels repainted       %8.1f %% of a painted picture\n", 100.0 * (double)report.tiles_painted / (double)MAX(report.tiles, 1));
        printf("peak memory            %8.0f MiB\n", memory);
    }
    g_ptr_array_free(recording.parts, TRUE);
    return ok;
}

static int run_bench(const struct args *a, const struct story *story, struct diags *diags)
{
    g_autofree char *folder = g_dir_make_tmp("kvreel-bench-XXXXXX", NULL);
    if (!folder) {
        complain("No temporary folder can be made.");
        return EXIT_WORLD;
    }
    g_autofree char *path = g_build_filename(folder, "film.mp4", NULL);
    char *files[] = { path, NULL };
    struct output_wishes wishes = { files, args_get(a, "--size"), args_get(a, "--fps"), args_get(a, "--style"), folder };
    struct outputs outputs;
    guint64 runs = 5, threads = g_get_num_processors();
    int code = EXIT_MISTAKE;
    if (args_get(a, "--runs") && !g_ascii_string_to_unsigned(args_get(a, "--runs"), 10, 1, MOST_RUNS, &runs, NULL))
        diag(diags, NULL, 0, "--runs is \"%s\"; write a number from 1 to %d.", args_get(a, "--runs"), MOST_RUNS);
    if (args_get(a, "-j") && !g_ascii_string_to_unsigned(args_get(a, "-j"), 10, 1, 64, &threads, NULL))
        diag(diags, NULL, 0, "-j is \"%s\"; write a number from 1 to 64.", args_get(a, "-j"));
    if (!outputs_plan(story, &wishes, &outputs, diags) || diags_count(diags)) {
        print_diags(diags);
    } else {
        g_autoptr(GError) error = NULL;
        bool ok = bench(story, &outputs.items[0], (int)threads, (int)runs, &error);
        if (!ok) complain("%s", error->message);
        code = ok ? EXIT_DONE : exit_code_of(error);
    }
    outputs_clear(&outputs);
    g_unlink(path);
    g_rmdir(folder);
    return code;
}

static int run(const struct verb *verb, int argc, char **argv)
{
    struct args a;
    int code;
    if (!args_read(verb, argc, argv, &a, &code)) return code;
    bool core = args_get(&a, "--core");
    struct catalog *catalog = core ? open_catalog(&a, &code) : NULL;
    args_clear(&a);
    if (catalog) bench_core(catalog);
    catalog_free(catalog);
    return core ? code : run_with_scene(verb, argc, argv, run_bench);
}

static const struct arg args[] = {
    { "--core", NULL, "Measure the simulation alone; takes no scene." },
    { "--size", "SIZE", "Size of the film." },
    { "--fps", "RATE", "Frames per second." },
    { "--style", "STYLE", "Style." },
    { "--runs", "N", "How often each side runs (default: 5)." },
    { "-j", "N", "Threads (default: one for each processor)." },
    ARGS_SCENE, { 0 }
};

const struct verb verb_bench = { "bench", "SCENE | --core", "Measures the whole render against encoding the same ready pictures.", args, run };
