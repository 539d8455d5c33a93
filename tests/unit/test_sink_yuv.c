/* The colour conversion against double precision, and its independence of how the picture is split. */
#include "sink/yuv.h"

#include <glib.h>
#include <math.h>
#include <string.h>

/* Rounding costs half a level; the whole-number coefficients may cost this much more. */
static const double tolerance = 0.5 + 0.001;

struct picture { int width, height; uint32_t *pixels; uint8_t *planes; struct yuv yuv; };

static void init(struct picture *p, int width, int height)
{
    p->width = width;
    p->height = height;
    p->pixels = g_new0(uint32_t, (size_t)(width * height));
    p->planes = g_malloc0((size_t)(width * height * 3 / 2));
    uint8_t *u = p->planes + width * height, *v = u + width * height / 4;
    p->yuv = (struct yuv){ width, height, { p->planes, u, v }, { width, width / 2, width / 2 } };
}

static void clear(struct picture *p)
{
    g_free(p->pixels);
    g_free(p->planes);
}

static void (*const converters[])(const struct yuv *, const uint32_t *, const struct damage *) = {
    yuv_convert, yuv_convert_plain,
};

static void luma_is_exact(void)
{
    struct picture p;
    init(&p, 256, 256);
    for (int red = 0; red < 256; red++) {
        for (int i = 0; i < 256 * 256; i++) p.pixels[i] = 0xFF000000u | (uint32_t)red << 16 | (uint32_t)i;
        converters[red % 2](&p.yuv, p.pixels, NULL);
        for (int i = 0; i < 256 * 256; i++) {
            double exact = 16 + 219 * (0.2126 * red + 0.7152 * (i >> 8) + 0.0722 * (i & 255)) / 255;
            g_assert_cmpfloat(fabs(p.planes[i] - exact), <=, tolerance);
        }
    }
    clear(&p);
}

/* One chroma sample in double precision: columns 1-2-1, rows 1-1, the first column repeated to the left. */
static void exact_chroma(const struct picture *p, int cx, int cy, double *cb, double *cr)
{
    double sum[3] = { 0, 0, 0 };
    for (int dy = 0; dy < 2; dy++)
        for (int dx = -1; dx <= 1; dx++) {
            uint32_t pixel = p->pixels[(2 * cy + dy) * p->width + MAX(0, 2 * cx + dx)];
            for (int c = 0; c < 3; c++) sum[c] += (dx ? 1 : 2) / 8.0 * (pixel >> (16 - 8 * c) & 255);
        }
    double luma = 0.2126 * sum[0] + 0.7152 * sum[1] + 0.0722 * sum[2];
    *cb = 128 + 224 * (sum[2] - luma) / 1.8556 / 255;
    *cr = 128 + 224 * (sum[0] - luma) / 1.5748 / 255;
}

static void chroma_is_exact(void)
{
    struct picture p;
    init(&p, 1100, 64); /* wider than one stretch of the converter */
    GRand *random = g_rand_new_with_seed(1);
    for (int round = 0; round < 8; round++) {
        for (int i = 0; i < p.width * p.height; i++) {
            uint32_t any = g_rand_int(random);
            uint32_t corner = (any & 1 ? 0xFF0000u : 0) | (any & 2 ? 0xFF00u : 0) | (any & 4 ? 0xFFu : 0);
            p.pixels[i] = 0xFF000000u | (round % 2 ? any : corner);
        }
        converters[round / 2 % 2](&p.yuv, p.pixels, NULL);
        for (int y = 0; y < p.height / 2; y++)
            for (int x = 0; x < p.width / 2; x++) {
                double cb, cr;
                exact_chroma(&p, x, y, &cb, &cr);
                g_assert_cmpfloat(fabs(p.yuv.plane[1][y * p.width / 2 + x] - cb), <=, tolerance);
                g_assert_cmpfloat(fabs(p.yuv.plane[2][y * p.width / 2 + x] - cr), <=, tolerance);
            }
    }
    g_rand_free(random);
    clear(&p);
}

static void known_colors(void)
{
    static const struct { uint32_t rgb; int y, cb, cr; } known[] = {
        { 0x000000, 16, 128, 128 }, { 0xFFFFFF, 235, 128, 128 }, { 0x808080, 126, 128, 128 },
        { 0xFF0000, 63, 102, 240 },
        { 0x00FF00, 173, 42, 26 },  { 0x0000FF, 32, 240, 118 },
    };
    struct picture p;
    init(&p, 16, 16);
    for (size_t k = 0; k < G_N_ELEMENTS(known); k++) {
        for (int i = 0; i < 256; i++) p.pixels[i] = 0xFF000000u | known[k].rgb;
        yuv_convert(&p.yuv, p.pixels, NULL);
        for (int i = 0; i < 256; i++) g_assert_cmpint(p.planes[i], ==, known[k].y);
        for (int i = 0; i < 64; i++) g_assert_cmpint(p.yuv.plane[1][i], ==, known[k].cb);
        for (int i = 0; i < 64; i++) g_assert_cmpint(p.yuv.plane[2][i], ==, known[k].cr);
    }
    clear(&p);
}

/* Changing single pixels and converting their tiles only must equal converting everything, at sizes that cut tiles. */
static void damage_equals_everything(void)
{
    static const int sizes[][2] = { { 64, 48 }, { 70, 50 }, { 18, 2 }, { 2, 18 } };
    GRand *random = g_rand_new_with_seed(7);
    for (size_t s = 0; s < G_N_ELEMENTS(sizes); s++) {
        struct picture part, whole;
        init(&part, sizes[s][0], sizes[s][1]);
        init(&whole, sizes[s][0], sizes[s][1]);
        struct damage damage = { .cols = (part.width + 15) / 16, .rows = (part.height + 15) / 16 };
        uint8_t *changed = g_malloc((size_t)(damage.cols * damage.rows));
        damage.changed = changed;
        yuv_convert(&part.yuv, part.pixels, NULL);
        for (int round = 0; round < 400; round++) {
            memset(changed, 0, (size_t)(damage.cols * damage.rows));
            for (int n = g_rand_int_range(random, 1, 4); n--;) {
                int x = g_rand_int_range(random, 0, part.width), y = g_rand_int_range(random, 0, part.height);
                part.pixels[y * part.width + x] = 0xFF000000u | g_rand_int(random);
                changed[y / 16 * damage.cols + x / 16] = 1;
            }
            yuv_convert(&part.yuv, part.pixels, &damage);
            yuv_convert_plain(&whole.yuv, part.pixels, NULL);
            size_t bytes = (size_t)(part.width * part.height * 3 / 2);
            g_assert_cmpmem(part.planes, bytes, whole.planes, bytes);
        }
        g_free(changed);
        clear(&part);
        clear(&whole);
    }
    g_rand_free(random);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sink/yuv/luma_is_exact", luma_is_exact);
    g_test_add_func("/sink/yuv/chroma_is_exact", chroma_is_exact);
    g_test_add_func("/sink/yuv/known_colors", known_colors);
    g_test_add_func("/sink/yuv/damage_equals_everything", damage_equals_everything);
    return g_test_run();
}
