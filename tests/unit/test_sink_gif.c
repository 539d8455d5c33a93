/* The GIF sink: pictures and times as an outside decoder sees them, the palette, and LZW at its edges. */
#include "sink/gif.h"

#include "test_sink_av.h"
#include "test_sink_film.h"

#include "sink/lzw.h"
#include "sink/palette.h"

#include <math.h>

static void render(struct toy *t, int colors, const char *path)
{
    GError *error = NULL;
    g_assert_true(toy_render(t, toy_class("gif"), &(struct gif_options){ colors }, path, &error));
    g_assert_no_error(error);
}

static struct packet_times times_of(const struct decoded *d, guint i)
{
    return g_array_index(d->packets, struct packet_times, i);
}

/* Squared error of a decoded picture against the film's frame n, summed over pixels and colours. */
static double error_of(const struct toy *t, const AVFrame *f, int64_t n)
{
    double sum = 0;
    toy_paint(t, n, t->before);
    for (int y = 0; y < t->film.height; y++)
        for (int x = 0; x < t->film.width; x++)
            for (int shift = 0; shift < 24; shift += 8) {
                int is = (int)(decoded_pixel(f, x, y) >> shift & 255);
                int was = (int)(t->before[y * t->film.width + x] >> shift & 255);
                sum += (is - was) * (is - was);
            }
    return sum;
}

/* PSNR in dB over all frames of a film at 25 a second: each against the picture that is on the screen at its moment. */
static double film_psnr(const struct toy *t, const struct decoded *d)
{
    double sum = 0;
    guint i = 0;
    for (int64_t n = 0; n < t->film.frames; n++) {
        while (i + 1 < d->frames->len && decoded_frame(d, i + 1)->pts <= 4 * n) i++;
        sum += error_of(t, decoded_frame(d, i), n);
    }
    return 10 * log10(255.0 * 255 * 3 * t->film.width * t->film.height * (double)t->film.frames / sum);
}

static void shows_the_film(void)
{
    static const struct { int colors; double psnr; } cases[] = { { 256, INFINITY }, { 64, 40 }, { 16, 30 } };
    char *folder = toy_folder(), *path = g_build_filename(folder, "film.gif", NULL);
    struct toy t;
    toy_init(&t, 150, 90, (struct rate){ 25, 1 }, 60);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        render(&t, cases[i].colors, path);
        struct decoded *d = decode(path);
        double psnr = film_psnr(&t, d);
        g_test_message("%d colors: %.1f dB", cases[i].colors, psnr);
        g_assert_true(psnr >= cases[i].psnr);
        g_assert_cmpuint(d->frames->len, <=, 31); /* held pictures are not repeated */
        g_assert_cmpint(times_of(d, d->packets->len - 1).duration, ==, 120);
        decoded_free(d);
    }
    g_assert_cmpint(toy_count_files(folder), ==, 1);
    toy_clear(&t);
    toy_remove(folder);
    g_free(path);
}

static void delays_are_honest(void)
{
    static const struct rate rates[] = { { 15, 1 }, { 60, 1 }, { 30000, 1001 }, { 100, 1 }, { 1, 1 } };
    char *folder = toy_folder(), *path = g_build_filename(folder, "film.gif", NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(rates); i++) {
        struct toy t;
        toy_init(&t, 100, 60, rates[i], 50);
        render(&t, 256, path);
        struct decoded *d = decode(path);
        int64_t end = 0;
        for (guint k = 0; k < d->packets->len; k++) {
            struct packet_times p = times_of(d, k);
            g_assert_cmpint(p.pts, ==, end);
            g_assert_cmpint(p.duration, >=, 2);
            end = p.pts + p.duration;
            bool some = false; /* it shows a frame whose moment is within two hundredths of its own */
            for (int64_t n = 0; !some && n < t.film.frames; n++)
                some = fabs(100 * rate_seconds(rates[i], n) - (double)p.pts) <= 2 &&
                       error_of(&t, decoded_frame(d, k), n) == 0;
            g_assert_true(some);
        }
        g_assert_cmpfloat(error_of(&t, decoded_frame(d, d->frames->len - 1), 49), ==, 0);
        g_assert_cmpfloat((double)end, >=, 100 * rate_seconds(rates[i], 50) - 0.5);
        decoded_free(d);
        toy_clear(&t);
    }
    toy_remove(folder);
    g_free(path);
}

static void long_holds_are_split(void)
{
    char *folder = toy_folder(), *path = g_build_filename(folder, "film.gif", NULL);
    struct toy t;
    toy_init(&t, 32, 24, (struct rate){ 1, 1 }, 2000); /* one picture for 2000 s: over 65535 hundredths three times */
    const struct sink_class *class = toy_class("gif");
    void *sink = class->open(&t.film, &(struct gif_options){ 16 }, path, NULL);
    toy_draw(&t, 0);
    struct frame frame = toy_frame(&t, 0);
    g_assert_true(class->frame(sink, &frame, NULL));
    toy_draw(&t, TOY_STEP);
    frame = toy_frame(&t, 1999);
    g_assert_true(class->frame(sink, &frame, NULL));
    g_assert_true(class->finish(sink, NULL));
    class->close(sink);
    struct decoded *d = decode(path);
    g_assert_cmpuint(d->packets->len, ==, 5);
    g_assert_cmpint(times_of(d, 4).pts, ==, 199900);
    decoded_free(d);
    toy_clear(&t);
    toy_remove(folder);
    g_free(path);
}

static void same_bytes_twice_and_loops(void)
{
    char *folder = toy_folder(), *bytes;
    char *a = g_build_filename(folder, "a.gif", NULL), *b = g_build_filename(folder, "b.gif", NULL);
    gsize n;
    struct toy t;
    toy_init(&t, 150, 90, (struct rate){ 15, 1 }, 60);
    render(&t, 64, a);
    render(&t, 64, b);
    toy_assert_same_files(a, b);
    g_assert_true(g_file_get_contents(a, &bytes, &n, NULL));
    g_assert_nonnull(memmem(bytes, n, "NETSCAPE2.0\3\1\0\0\0", 16));
    g_assert_cmpint(bytes[n - 1], ==, ';');
    g_free(bytes);
    toy_clear(&t);
    toy_remove(folder);
    g_free(a);
    g_free(b);
}

/* A still film, of one colour and then of noise, through our coder and a decoder that is not ours: noise fills the
 * table of strings and makes it start again. */
static void stills(void)
{
    static const int sizes[][2] = { { 1, 1 }, { 2, 1 }, { 300, 200 } };
    char *folder = toy_folder(), *path = g_build_filename(folder, "film.gif", NULL);
    GRand *random = g_rand_new_with_seed(3);
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++)
        for (int colors = 1; colors <= 256; colors *= 4) {
            struct toy t;
            int width = sizes[i][0], height = sizes[i][1];
            toy_init(&t, width, height, (struct rate){ 25, 1 }, 1);
            for (int k = 0; k < width * height; k++)
                t.pixels[k] = 0xFF102000u | (uint32_t)g_rand_int_range(random, 0, colors);
            const struct sink_class *class = toy_class("gif");
            void *sink = class->open(&t.film, &(struct gif_options){ 256 }, path, NULL);
            g_assert_true(class->frame(sink, &(struct frame){ 0, t.pixels, NULL, NULL }, NULL));
            g_assert_true(class->finish(sink, NULL));
            class->close(sink);
            struct decoded *d = decode(path);
            for (int k = 0; k < width * height; k++)
                g_assert_cmphex(decoded_pixel(decoded_frame(d, 0), k % width, k / width), ==, t.pixels[k]);
            decoded_free(d);
            toy_clear(&t);
        }
    g_rand_free(random);
    toy_remove(folder);
    g_free(path);
}

/* Reads LZW blocks back, as simply as possible. */
static GByteArray *lzw_decode(const uint8_t *data)
{
    GByteArray *codes = g_byte_array_new(), *out = g_byte_array_new();
    GBytes *table[4096] = { NULL };
    int bits = *data++, clear = 1 << bits, width = bits + 1, next = clear + 2, before = -1;
    for (; *data; data += *data + 1) g_byte_array_append(codes, data + 1, *data);
    for (size_t at = 0;;) {
        int code = 0;
        for (int i = 0; i < width; i++, at++) code |= (codes->data[at / 8] >> at % 8 & 1) << i;
        if (code == clear + 1) break;
        if (code == clear) {
            for (int i = 0; i < 4096; i++) g_clear_pointer(&table[i], g_bytes_unref);
            for (int i = 0; i < clear; i++) table[i] = g_bytes_new(&(uint8_t){ (uint8_t)i }, 1);
            width = bits + 1;
            next = clear + 2;
            before = -1;
            continue;
        }
        g_assert_true(table[code] || code == next);
        gsize n, m;
        if (before >= 0 && next < 4096) {
            const uint8_t *head = g_bytes_get_data(table[before], &n);
            const uint8_t *tail = g_bytes_get_data(table[code] ? table[code] : table[before], &m);
            uint8_t *string = g_malloc(n + 1);
            memcpy(string, head, n);
            string[n] = tail[0];
            table[next++] = g_bytes_new_take(string, n + 1);
            if (next == 1 << width && width < 12) width++;
        }
        const uint8_t *string = g_bytes_get_data(table[code], &n);
        g_byte_array_append(out, string, (guint)n);
        before = code;
    }
    for (int i = 0; i < 4096; i++)
        if (table[i]) g_bytes_unref(table[i]);
    g_byte_array_unref(codes);
    return out;
}

/* For every length up to where the table starts again, and with two spellings: each pixel comes back as one of them. */
static void lzw_round_trip(void)
{
    GRand *random = g_rand_new_with_seed(5);
    uint8_t first[9000], second[9000];
    for (int bits = 2; bits <= 8; bits++)
        for (int round = 0; round < 300; round++) {
            size_t n = round < 200 ? (size_t)round + 1 : (size_t)g_rand_int_range(random, 200, 9000);
            for (size_t i = 0; i < n; i++) {
                first[i] = (uint8_t)g_rand_int_range(random, 0, round % 2 ? 2 : 1 << bits);
                second[i] = round % 3 ? first[i] : (uint8_t)g_rand_int_range(random, 0, 1 << bits);
            }
            GByteArray *coded = g_byte_array_new();
            lzw_encode(coded, bits, first, second, n);
            GByteArray *back = lzw_decode(coded->data);
            g_assert_cmpuint(back->len, ==, n);
            for (size_t i = 0; i < n; i++) g_assert_true(back->data[i] == first[i] || back->data[i] == second[i]);
            g_byte_array_unref(coded);
            g_byte_array_unref(back);
        }
    g_rand_free(random);
}

static void palette_keeps_what_it_can(void)
{
    struct palette *p = palette_new();
    for (uint32_t i = 0; i < 40; i++) g_assert_cmpuint(palette_count(p, 0xFF000000u | i * 7919), ==, i);
    g_assert_cmpuint(palette_count(p, 0xFF000000u | 3 * 7919), ==, 3);
    g_assert_cmpint(palette_choose(p, 40), ==, 40);
    for (uint32_t i = 0; i < 40; i++)
        g_assert_cmphex(palette_color(p, palette_index(p, i)), ==, 0xFF000000u | i * 7919);
    palette_free(p);

    p = palette_new(); /* 20,000 greys and blues, one of which fills half of everything */
    for (int i = 0; i < 20000; i++) palette_count(p, 0xFF000000u | (uint32_t)(i % 200) << 8 | (uint32_t)(i / 200));
    for (int i = 0; i < 20000; i++) palette_count(p, TOY_BG);
    g_assert_cmpint(palette_choose(p, 32), ==, 32);
    g_assert_cmphex(palette_color(p, palette_index(p, palette_count(p, TOY_BG))), ==, TOY_BG);
    palette_free(p);
    palette_free(NULL);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sink/gif/lzw_round_trip", lzw_round_trip);
    g_test_add_func("/sink/gif/palette_keeps_what_it_can", palette_keeps_what_it_can);
    g_test_add_func("/sink/gif/stills", stills);
    g_test_add_func("/sink/gif/shows_the_film", shows_the_film);
    g_test_add_func("/sink/gif/delays_are_honest", delays_are_honest);
    g_test_add_func("/sink/gif/long_holds_are_split", long_holds_are_split);
    g_test_add_func("/sink/gif/same_bytes_twice_and_loops", same_bytes_twice_and_loops);
    return g_test_run();
}
