/* A small film for the tests of sinks: a picture that depends on its frame number alone, with flat areas, a moving box
 * with soft edges, cells of many colours and long holds. */
#pragma once
#include "sink/sink.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

enum { TOY_STEP = 12, TOY_MOVE = 5 }; /* frames from move to move; frames that a move takes */
#define TOY_BG 0xFF0A0F1Eu

struct toy {
    struct film film;
    uint32_t *pixels, *before;
    uint8_t *changed;
    struct damage damage;
};

static inline void toy_init(struct toy *t, int width, int height, struct rate fps, int64_t frames)
{
    static const struct film_chapter chapters[] = {
        { "First: a \"start\"", 0, 20 }, { "Zweites Kapitel: über K/V", 20, 40 },
    };
    memset(t, 0, sizeof *t);
    t->film = (struct film){ .width = width, .height = height, .fps = fps, .frames = frames, .title = "Toy",
                             .chapters = chapters, .n_chapters = 2 };
    t->pixels = g_new0(uint32_t, (size_t)(width * height));
    t->before = g_new0(uint32_t, (size_t)(width * height));
    t->damage.cols = (width + DAMAGE_TILE - 1) / DAMAGE_TILE;
    t->damage.rows = (height + DAMAGE_TILE - 1) / DAMAGE_TILE;
    t->changed = g_new0(uint8_t, (size_t)(t->damage.cols * t->damage.rows));
    t->damage.changed = t->changed;
}

static inline void toy_clear(struct toy *t)
{
    g_free(t->pixels);
    g_free(t->before);
    g_free(t->changed);
}

static inline uint32_t toy_mix(uint32_t a, uint32_t b, int t, int n)
{
    uint32_t out = 0xFF;
    for (int shift = 16; shift >= 0; shift -= 8) {
        int x = (int)(a >> shift & 255), y = (int)(b >> shift & 255);
        out = out << 8 | (uint32_t)(x + (y - x) * t / n);
    }
    return out;
}

/* Paints frame n from nothing. */
static inline void toy_paint(const struct toy *t, int64_t n, uint32_t *to)
{
    int width = t->film.width, height = t->film.height;
    int step = (int)(n / TOY_STEP), into = (int)MIN(n % TOY_STEP, TOY_MOVE);
    int left = 4 + (step * 7 + into * 7 / TOY_MOVE) % MAX(1, width / 2), top = 6 + step % 3 * 5;
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            uint32_t color = TOY_BG;
            if (y > height / 2 && y < height - 8 && x > 8 && x < width - 8 && (x / 6 + y / 6) % 2)
                color = toy_mix(TOY_BG, x / 6 < step + 4 ? 0xFFE8B04Bu : 0xFF4FB3BFu, (x / 6 * 37 + y / 6 * 101) % 97,
                                96);
            if (x >= left && x < left + 20 && y >= top && y < top + 14) {
                bool edge = x == left || x == left + 19 || y == top || y == top + 13;
                color = edge ? toy_mix(color, 0xFFFFC857u, 1 + into, TOY_MOVE + 2) : 0xFFFFC857u;
            }
            to[y * width + x] = color;
        }
}

/* Moves to frame n; false when it shows the same picture as the last one drawn. Never false after toy_init(). */
static inline bool toy_draw(struct toy *t, int64_t n)
{
    int width = t->film.width, height = t->film.height;
    size_t pixels = (size_t)(width * height);
    memcpy(t->before, t->pixels, pixels * 4);
    toy_paint(t, n, t->pixels);
    memset(t->changed, 0, (size_t)(t->damage.cols * t->damage.rows));
    t->damage.tiles_changed = 0;
    for (int i = 0; i < width * height; i++)
        if (t->pixels[i] != t->before[i])
            t->changed[i / width / DAMAGE_TILE * t->damage.cols + i % width / DAMAGE_TILE] = 1;
    for (int i = 0; i < t->damage.cols * t->damage.rows; i++) t->damage.tiles_changed += t->changed[i];
    return t->damage.tiles_changed > 0;
}

static inline struct frame toy_frame(const struct toy *t, int64_t n)
{
    return (struct frame){ n, t->pixels, &t->damage, NULL };
}

/* Renders the film into a sink without parts. */
static inline bool toy_render(struct toy *t, const struct sink_class *class, const void *options, const char *path,
                              GError **error)
{
    void *sink = class->open(&t->film, options, path, error);
    bool ok = sink != NULL;
    memset(t->pixels, 0, (size_t)(t->film.width * t->film.height) * 4);
    for (int64_t n = 0; ok && n < t->film.frames; n++) {
        struct frame frame = toy_frame(t, n);
        if (toy_draw(t, n)) ok = class->frame(sink, &frame, error);
    }
    ok = ok && class->finish(sink, error);
    class->close(sink);
    return ok;
}

/* A new empty folder; toy_remove() removes it with what is in it. */
static inline char *toy_folder(void)
{
    char *folder = g_dir_make_tmp("sink-XXXXXX", NULL);
    g_assert_nonnull(folder);
    return folder;
}

static inline int toy_count_files(const char *folder)
{
    GDir *dir = g_dir_open(folder, 0, NULL);
    int n = 0;
    while (g_dir_read_name(dir)) n++;
    g_dir_close(dir);
    return n;
}

static inline void toy_remove(char *folder)
{
    GDir *dir = g_dir_open(folder, 0, NULL);
    for (const char *name; (name = g_dir_read_name(dir));) {
        char *path = g_build_filename(folder, name, NULL);
        if (g_file_test(path, G_FILE_TEST_IS_DIR)) toy_remove(path);
        else {
            g_unlink(path);
            g_free(path);
        }
    }
    g_dir_close(dir);
    g_rmdir(folder);
    g_free(folder);
}

static inline void toy_assert_same_files(const char *a, const char *b)
{
    char *x, *y;
    gsize n, m;
    g_assert_true(g_file_get_contents(a, &x, &n, NULL));
    g_assert_true(g_file_get_contents(b, &y, &m, NULL));
    g_assert_cmpmem(x, n, y, m);
    g_free(x);
    g_free(y);
}

static inline const struct sink_class *toy_class(const char *name)
{
    for (int i = 0; sinks[i]; i++)
        if (!strcmp(sinks[i]->name, name)) return sinks[i];
    g_assert_not_reached();
}
