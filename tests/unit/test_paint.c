/* The painter's promises: damage painting equals full painting, exact blending and coverage, nothing from outside
 * reaches a pixel, and vector pages keep their text. */
#include "dl/dl.h"
#include "paint/blend.h"
#include "paint/mask.h"
#include "paint/paint.h"
#include "paint/round.h"
#include "style/style.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct rgba black = { 0, 0, 0, 255 }, white = { 255, 255, 255, 255 };
static const struct font words = { FONT_WORDS, 400, 22 }, display = { FONT_DISPLAY, 600, 40 };
static const struct font mono = { FONT_MONO, 500, 20 };

static struct fonts *open_fonts(const char *words_family, GError **error)
{
    struct style style = { 0 };
    style.families[FONT_WORDS] = (char *)words_family;
    style.families[FONT_DISPLAY] = (char *)"Inter Display";
    style.families[FONT_MONO] = (char *)"JetBrains Mono";
    return fonts_open(&style, error);
}

static struct fonts *good_fonts(void)
{
    GError *error = NULL;
    struct fonts *fonts = open_fonts("Inter", &error);
    g_assert_no_error(error);
    return fonts;
}

static struct rgba pixel(const struct painter *p, int width, int x, int y)
{
    uint32_t v = painter_pixels(p)[y * width + x];
    return (struct rgba){ (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v, (uint8_t)(v >> 24) };
}

/* Square cells. */
static struct dl_heat heat_of(double x, double y, int cols, int rows, int cell, int gap, double radius)
{
    uint16_t size = (uint16_t)cell, pitch = (uint16_t)(cell + gap);
    return (struct dl_heat){ .x = x, .y = y, .cols = (uint16_t)cols, .rows = (uint16_t)rows, .cell_w = size,
                             .cell_h = size, .pitch_x = pitch, .pitch_y = pitch, .radius = radius };
}

/* --- lists that change --- */

enum { W = 412, H = 300, ITEMS = 26 };

static int pick(GRand *r, int n) { return g_rand_int_range(r, 0, n); }

/* Anywhere around the frame, on sixteenths. */
static double place(GRand *r, int size) { return pick(r, (size + 80) * 16) / 16.0 - 40; }

static struct rgba any_color(GRand *r)
{
    static const uint8_t alphas[] = { 255, 255, 255, 128, 1, 77, 254 };
    return (struct rgba){ (uint8_t)pick(r, 256), (uint8_t)pick(r, 256), (uint8_t)pick(r, 256), alphas[pick(r, 7)] };
}

static void add_rect(struct dl *dl, GRand *r)
{
    struct box b = { place(r, W), place(r, H), pick(r, 200 * 16) / 16.0, pick(r, 150 * 16) / 16.0 };
    double radius = pick(r, 2) ? pick(r, 400) / 16.0 : 0, width = pick(r, 96) / 16.0, dash = pick(r, 5) ? 0 : 7;
    struct rgba fill = pick(r, 4) ? any_color(r) : RGBA_NONE, stroke = pick(r, 2) ? any_color(r) : RGBA_NONE;
    dl_rect(dl, b, .radius = radius, .fill = fill, .stroke = stroke, .width = width, .dash_on = dash, .dash_off = 6);
}

static void add_text(struct dl *dl, GRand *r)
{
    static const char *const texts[] = { "decode step 12", "KV", "1,234.5 GiB", "fi -> ffi", "Σ = ∑", "" };
    const struct font fonts[] = { words, display, mono };
    char counter[32];
    g_snprintf(counter, sizeof counter, "%d tokens", pick(r, 100000));
    int which = pick(r, 8);
    const char *text = which < 6 ? texts[which] : counter;
    dl_text_turned(dl, place(r, W), place(r, H), pick(r, 4) ? 0 : -45, fonts[pick(r, 3)], any_color(r), text);
}

static void add_path(struct dl *dl, GRand *r)
{
    dl_move_to(dl, place(r, W), place(r, H));
    for (int i = pick(r, 4); i >= 0; i--) {
        if (pick(r, 2)) dl_line_to(dl, place(r, W), place(r, H));
        else dl_curve_to(dl, place(r, W), place(r, H), place(r, W) * 2, place(r, H), place(r, W), place(r, H));
    }
    int end = pick(r, 3);
    if (end == 0) dl_close(dl);
    if (end == 0) dl_fill(dl, any_color(r));
    else if (end == 1) dl_stroke(dl, pick(r, 64) / 16.0, any_color(r), .dash_on = 9, .dash_off = 7);
    else dl_stroke(dl, pick(r, 64) / 16.0, any_color(r));
}

static void add_heat(struct dl *dl, GRand *r)
{
    struct rgba cells[9 * 7];
    for (size_t i = 0; i < G_N_ELEMENTS(cells); i++) cells[i] = pick(r, 5) ? any_color(r) : RGBA_NONE;
    uint16_t w = (uint16_t)(1 + pick(r, 20)), h = (uint16_t)(1 + pick(r, 20)), gap = (uint16_t)pick(r, 4);
    struct dl_heat args = { .x = place(r, W), .y = place(r, H), .cols = 9, .rows = 7, .cell_w = w, .cell_h = h,
                            .pitch_x = w + gap, .pitch_y = h + gap, .radius = pick(r, 2) ? 0 : pick(r, 64) / 16.0 };
    dl_heat(dl, args, cells);
}

static void add_beam(struct dl *dl, GRand *r)
{
    struct box b = { place(r, W), place(r, H), pick(r, 900) / 16.0, pick(r, 3000) / 16.0 };
    struct rgba top = any_color(r), bottom = any_color(r);
    dl_beam(dl, b, top, bottom);
}

static void add_item(struct dl *dl, GRand *r, int depth)
{
    switch (pick(r, depth < 2 ? 7 : 6)) {
    case 0:
    case 1: add_rect(dl, r); return;
    case 2: add_text(dl, r); return;
    case 3: add_path(dl, r); return;
    case 4: add_heat(dl, r); return;
    case 5: add_beam(dl, r); return;
    default:
        dl_clip(dl, (struct box){ pick(r, W), pick(r, H), pick(r, W), pick(r, H) });
        for (int i = pick(r, 4); i >= 0; i--) add_item(dl, r, depth + 1);
        dl_unclip(dl);
    }
}

/* Each item is drawn from a seed of its own, so a change of one seed changes one item. */
static void build(struct dl *dl, const struct measurer *m, const guint32 *seeds, struct rgba ground)
{
    dl_begin(dl, W, H, ground, NULL, m);
    for (int i = 0; i < ITEMS; i++) {
        GRand *r = g_rand_new_with_seed(seeds[i]);
        add_item(dl, r, 0);
        g_rand_free(r);
    }
}

/* Pixels of unchanged tiles must be what they were, since sinks rely on it. */
static void assert_damage_is_honest(const struct damage *d, const uint32_t *before, const uint32_t *after)
{
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++)
            if (before[y * W + x] != after[y * W + x])
                g_assert_cmpint(d->changed[y / DAMAGE_TILE * d->cols + x / DAMAGE_TILE], ==, 1);
}

/* One painter that goes on, and one that starts anew for every list and so has no memory at all. */
struct pair { struct fonts *fonts; struct painter *goes_on; uint32_t *before; int64_t repainted, tiles; };

static void pair_check(struct pair *p, const struct dl *dl)
{
    memcpy(p->before, painter_pixels(p->goes_on), 4 * W * H);
    const struct damage *d = painter_paint(p->goes_on, dl);
    assert_damage_is_honest(d, p->before, painter_pixels(p->goes_on));
    p->repainted += d->tiles_changed;
    p->tiles += d->cols * d->rows;
    struct painter *anew = painter_new(p->fonts, W, H);
    painter_paint(anew, dl);
    g_assert_cmpmem(painter_pixels(p->goes_on), 4 * W * H, painter_pixels(anew), 4 * W * H);
    painter_free(anew);
}

static struct pair pair_new(void)
{
    struct fonts *fonts = good_fonts();
    return (struct pair){ fonts, painter_new(fonts, W, H), g_new0(uint32_t, W * H), 0, 0 };
}

static void pair_free(struct pair *p)
{
    g_assert_cmpint(p->repainted, >, 0);
    g_assert_cmpint(p->repainted * 2, <, p->tiles); /* damage saves something */
    painter_free(p->goes_on);
    fonts_free(p->fonts);
    g_free(p->before);
}

/* Ops of all kinds that come and go. */
static void test_damage_equals_full(void)
{
    struct pair p = pair_new();
    struct dl *dl = dl_new();
    GRand *r = g_rand_new_with_seed(20240607);
    guint32 seeds[ITEMS];
    struct rgba ground = { 14, 17, 22, 255 };
    for (int i = 0; i < ITEMS; i++) seeds[i] = g_rand_int(r);
    for (int step = 0; step < 160; step++) {
        seeds[pick(r, ITEMS)] = g_rand_int(r);
        if (step % 40 == 39) ground.g = (uint8_t)pick(r, 256);
        build(dl, fonts_measurer(p.fonts), seeds, ground);
        pair_check(&p, dl);
    }
    g_rand_free(r);
    dl_free(dl);
    pair_free(&p);
}

/* A panel over a heatmap, its bar, a clip over fixed content, and a counter: every number drifts in small steps,
 * which is what a signature that forgets an edge would miss. */
enum { DRIFTS = 20 };

static void build_drift(struct dl *dl, const struct measurer *m, const double *v)
{
    struct rgba cells[30 * 20];
    char counter[32];
    for (int i = 0; i < 30 * 20; i++)
        cells[i] = (struct rgba){ (uint8_t)(i * 7), (uint8_t)(i * 3), (uint8_t)(int)(v[15] * 16 + i / 40), 255 };
    dl_begin(dl, W, H, black, NULL, m);
    dl_heat(dl, heat_of(40, 30, 30, 20, 9, 1, 2), cells);
    dl_rect(dl, ((struct box){ 60 + v[0], 50 + v[1], 150 + v[2], 120 + v[3] }), .radius = 24 + v[4],
            .fill = { 20, 40, 60, 255 });
    dl_rect(dl, ((struct box){ 70 + v[5], 70 + v[6], 200 + v[7], 24 + v[8] }), .radius = 6,
            .fill = { (uint8_t)(200 + v[14]), 80, 20, 128 }, .stroke = white, .width = 3 + v[9] / 4);
    dl_clip(dl, (struct box){ 180 + v[10], 60 + v[11], 120 + v[12], 150 + v[13] });
    dl_rect(dl, ((struct box){ 150, 40, 200, 240 }), .fill = { 90, 90, 130, 255 });
    dl_text(dl, 160, 150, display, white, "fixed content");
    dl_rect(dl, ((struct box){ 190, 170, 80, 200 }), .radius = 40, .stroke = { 0, 255, 90, 200 }, .width = 8);
    dl_unclip(dl);
    dl_clip(dl, (struct box){ 20 + v[16], 256, 300, 30 + v[17] });
    dl_text(dl, 20, 280, display, white, "only a text");
    dl_unclip(dl);
    dl_clip(dl, (struct box){ 350 + v[18], 256, 50, 30 });
    dl_heat(dl, heat_of(345, 250, 6, 4, 14, 0, 0), cells);
    dl_unclip(dl);
    dl_move_to(dl, -300 + v[19], 500); /* larger than the frame, so its mask is cut */
    dl_curve_to(dl, 100 + v[19], -200, 300 + v[19], -100, 800 + v[19], 400);
    dl_stroke(dl, 2.5, white);
    g_snprintf(counter, sizeof counter, "step %d", (int)(v[14] * 16));
    dl_text(dl, 100, 250, mono, white, counter);
}

static void test_damage_of_drift(void)
{
    struct pair p = pair_new();
    struct dl *dl = dl_new();
    GRand *r = g_rand_new_with_seed(77);
    double v[DRIFTS] = { 0 };
    for (int step = 0; step < 600; step++) {
        double *one = &v[pick(r, DRIFTS)], by = pick(r, 2) ? 1 / 16.0 : pick(r, 6), to = *one + (pick(r, 2) ? by : -by);
        *one = CLAMP(to, -12, 12);
        build_drift(dl, fonts_measurer(p.fonts), v);
        pair_check(&p, dl);
    }
    g_rand_free(r);
    dl_free(dl);
    pair_free(&p);
}

static void test_repeat(void)
{
    struct fonts *fonts = good_fonts();
    struct painter *p = painter_new(fonts, W, H);
    struct dl *dl = dl_new();
    guint32 seeds[ITEMS];
    for (guint32 i = 0; i < ITEMS; i++) seeds[i] = 31 * i + 7;
    build(dl, fonts_measurer(fonts), seeds, black);
    const struct damage *d = painter_paint(p, dl);
    g_assert_cmpint(d->cols, ==, 26);
    g_assert_cmpint(d->rows, ==, 19);
    g_assert_cmpint(d->tiles_changed, ==, 26 * 19);
    build(dl, fonts_measurer(fonts), seeds, black);
    d = painter_paint(p, dl);
    g_assert_cmpint(d->tiles_changed, ==, 0);
    for (int i = 0; i < d->cols * d->rows; i++) g_assert_cmpint(d->changed[i], ==, 0);
    painter_forget(p);
    g_assert_cmpint(painter_paint(p, dl)->tiles_changed, ==, 26 * 19);
    dl_free(dl);
    painter_free(p);
    fonts_free(fonts);
}

/* How many tiles change between step 0 and step 1 of a picture. */
static int changed_between(void (*build_step)(struct dl *dl, const struct measurer *m, int step))
{
    struct fonts *fonts = good_fonts();
    struct painter *p = painter_new(fonts, 640, 320);
    struct dl *dl = dl_new();
    int changed = 0;
    for (int step = 0; step < 2; step++) {
        build_step(dl, fonts_measurer(fonts), step);
        changed = painter_paint(p, dl)->tiles_changed;
    }
    dl_free(dl);
    painter_free(p);
    fonts_free(fonts);
    return changed;
}

/* Twenty pixels high from y = 13, so it stands on three tile rows. */
static void growing_bar(struct dl *dl, const struct measurer *m, int step)
{
    dl_begin(dl, 640, 320, black, NULL, m);
    dl_rect(dl, ((struct box){ 20, 13, 500 + step, 20 }), .radius = 6, .fill = white, .stroke = { 9, 9, 200, 255 },
            .width = 2);
}

static void one_cell(struct dl *dl, const struct measurer *m, int step)
{
    struct rgba cells[40 * 10];
    for (size_t i = 0; i < G_N_ELEMENTS(cells); i++) cells[i] = (struct rgba){ (uint8_t)(i * 7), 90, 120, 255 };
    cells[205].b = (uint8_t)(120 + step);
    dl_begin(dl, 640, 320, black, NULL, m);
    dl_heat(dl, heat_of(32, 64, 40, 10, 8, 0, 0), cells);
}

static void hidden_text(struct dl *dl, const struct measurer *m, int step)
{
    dl_begin(dl, 640, 320, black, NULL, m);
    dl_text(dl, 350 + step, 250, words, white, "hidden");
    dl_rect(dl, ((struct box){ 320, 192, 160, 96 }), .fill = { 30, 30, 30, 255 });
}

static void test_damage_is_small(void)
{
    int bar = changed_between(growing_bar);
    g_assert_cmpint(bar, >=, 3);
    g_assert_cmpint(bar, <=, 9); /* the bar's end and its neighbours */
    g_assert_cmpint(changed_between(one_cell), ==, 1);
    g_assert_cmpint(changed_between(hidden_text), ==, 0);
}

/* --- blending and coverage --- */

static uint8_t exact(uint8_t color, uint8_t under, int cover, int alpha)
{
    int a = (int)floor(cover * alpha / 255.0 + 0.5);
    return (uint8_t)floor((color * a + under * (255 - a)) / 255.0 + 0.5);
}

static void test_blend_exact(void)
{
    GRand *r = g_rand_new_with_seed(5);
    for (int round = 0; round < 400; round++) {
        uint32_t pixels[67], flat[67], was[67];
        uint8_t cover[67];
        int n = pick(r, 68);
        unsigned one = (unsigned)pick(r, 256);
        struct rgba c = any_color(r);
        if (pick(r, 2)) c.a = (uint8_t)pick(r, 256);
        for (int i = 0; i < 67; i++) {
            was[i] = pixels[i] = flat[i] = 0xFF000000 | g_rand_int(r);
            cover[i] = (uint8_t)(pick(r, 3) ? (pick(r, 2) ? 255 : 0) : pick(r, 256));
        }
        blend_masked(pixels, cover, (size_t)n, c);
        blend_flat(flat, (size_t)n, c, one);
        for (int i = 0; i < 67; i++) {
            const uint8_t red = (uint8_t)(was[i] >> 16), green = (uint8_t)(was[i] >> 8), blue = (uint8_t)was[i];
            int m = i < n ? cover[i] : 0, f = i < n ? (int)one : 0;
            g_assert_cmphex(pixels[i], ==, 0xFF000000u | (uint32_t)exact(c.r, red, m, c.a) << 16 |
                                           (uint32_t)exact(c.g, green, m, c.a) << 8 | exact(c.b, blue, m, c.a));
            g_assert_cmphex(flat[i], ==, 0xFF000000u | (uint32_t)exact(c.r, red, f, c.a) << 16 |
                                         (uint32_t)exact(c.g, green, f, c.a) << 8 | exact(c.b, blue, f, c.a));
        }
    }
    g_rand_free(r);
}

/* White on black shows the coverage; any other pair of colours must be mixed by it. */
static void test_text_blend(void)
{
    struct fonts *fonts = good_fonts();
    struct painter *cover = painter_new(fonts, 200, 60), *mixed = painter_new(fonts, 200, 60);
    struct dl *dl = dl_new();
    const struct rgba ink = { 240, 100, 20, 180 }, ground = { 20, 60, 90, 255 };
    dl_begin(dl, 200, 60, black, NULL, fonts_measurer(fonts));
    dl_text(dl, 10, 40, display, white, "Query 8");
    painter_paint(cover, dl);
    dl_begin(dl, 200, 60, ground, NULL, fonts_measurer(fonts));
    dl_text(dl, 10, 40, display, ink, "Query 8");
    painter_paint(mixed, dl);
    int partial = 0, full = 0;
    for (int y = 0; y < 60; y++)
        for (int x = 0; x < 200; x++) {
            int m = pixel(cover, 200, x, y).r;
            struct rgba c = pixel(mixed, 200, x, y);
            partial += m > 0 && m < 255;
            full += m == 255;
            g_assert_cmpint(c.r, ==, exact(ink.r, ground.r, m, ink.a));
            g_assert_cmpint(c.g, ==, exact(ink.g, ground.g, m, ink.a));
            g_assert_cmpint(c.b, ==, exact(ink.b, ground.b, m, ink.a));
            g_assert_cmpint(c.a, ==, 255);
        }
    g_assert_cmpint(partial, >, 200);
    g_assert_cmpint(full, >, 200);
    dl_free(dl);
    painter_free(cover);
    painter_free(mixed);
    fonts_free(fonts);
}

/* Ops after ops in one pixel: alpha, fractional edges, gradient and clip, against numbers worked out by hand. */
static void test_known_pixels(void)
{
    struct fonts *fonts = good_fonts();
    struct painter *p = painter_new(fonts, 64, 64);
    struct dl *dl = dl_new();
    dl_begin(dl, 64, 64, black, NULL, fonts_measurer(fonts));
    dl_rect(dl, ((struct box){ 2.25, 3.5, 4.5, 2 }), .fill = white);            /* columns 2 to 6, rows 3 to 5 */
    dl_rect(dl, ((struct box){ 20, 20, 10, 10 }), .fill = { 200, 100, 0, 128 });
    dl_beam(dl, (struct box){ 40, 0, 4, 4 }, (struct rgba){ 0, 0, 0, 255 }, (struct rgba){ 240, 80, 0, 255 });
    dl_clip(dl, (struct box){ 50, 50, 3, 3 });
    dl_rect(dl, ((struct box){ 48, 48, 10, 10 }), .fill = white);
    dl_unclip(dl);
    dl_rect(dl, ((struct box){ 10, 40, 12, 12 }), .stroke = white, .width = 2); /* ring from 9 to 23 */
    painter_paint(p, dl);
    g_assert_cmpint(pixel(p, 64, 2, 3).r, ==, 96);   /* 0.75 x 0.5 of 255 = 95.6 */
    g_assert_cmpint(pixel(p, 64, 3, 3).r, ==, 128);  /* 0.5 */
    g_assert_cmpint(pixel(p, 64, 2, 4).r, ==, 191);  /* 0.75 */
    g_assert_cmpint(pixel(p, 64, 4, 4).r, ==, 255);
    g_assert_cmpint(pixel(p, 64, 7, 4).r, ==, 0);
    g_assert_cmpint(pixel(p, 64, 25, 25).r, ==, 100); /* 200 x 128 / 255 = 100.4 */
    g_assert_cmpint(pixel(p, 64, 25, 25).g, ==, 50);
    g_assert_cmpint(pixel(p, 64, 41, 0).r, ==, 30);   /* an eighth of the way */
    g_assert_cmpint(pixel(p, 64, 41, 3).g, ==, 70);   /* seven eighths */
    g_assert_cmpint(pixel(p, 64, 49, 50).r, ==, 0);
    g_assert_cmpint(pixel(p, 64, 52, 52).r, ==, 255);
    g_assert_cmpint(pixel(p, 64, 53, 52).r, ==, 0);
    g_assert_cmpint(pixel(p, 64, 9, 39).r, ==, 255);
    g_assert_cmpint(pixel(p, 64, 10, 45).r, ==, 255);
    g_assert_cmpint(pixel(p, 64, 11, 45).r, ==, 0);
    g_assert_cmpint(pixel(p, 64, 22, 45).r, ==, 255);
    g_assert_cmpint(pixel(p, 64, 23, 45).r, ==, 0);
    dl_free(dl);
    painter_free(p);
    fonts_free(fonts);
}

static bool inside_round(double x, double y, struct box b, double r)
{
    double x0 = b.x, y0 = b.y, x1 = box_right(b), y1 = box_bottom(b);
    if (x < x0 || x >= x1 || y < y0 || y >= y1) return false;
    double dx = fmax(fmax(x0 + r - x, x - (x1 - r)), 0), dy = fmax(fmax(y0 + r - y, y - (y1 - r)), 0);
    return dx * dx + dy * dy <= r * r;
}

/* Every pixel of rounded rectangles, large ones too whose middle is not stored, against 32 x 32 samples of the
 * formula. */
static void test_round_coverage(void)
{
    static const struct { struct box b; double radius, width; } cases[] = {
        { { 5, 6, 90, 70 }, 9, 0 }, { { 5.25, 6.5, 80.5, 40.0625 }, 12.5, 0 }, { { 8, 8, 20, 20 }, 10, 0 },
        { { 8, 8, 84, 60 }, 9, 3 }, { { 10.5, 9.5, 11, 60 }, 4, 2 }, { { 9, 9, 6, 5 }, 2.5, 4 },
        { { 20.0625, 20, 60, 9 }, 4.5, 0 },
    };
    struct fonts *fonts = good_fonts();
    struct dl *dl = dl_new();
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct painter *p = painter_new(fonts, 104, 90);
        struct box b = cases[i].b;
        double half = cases[i].width / 2, r = cases[i].radius, worst = 0;
        dl_begin(dl, 104, 90, black, NULL, fonts_measurer(fonts));
        if (half > 0) dl_rect(dl, b, .radius = r, .stroke = white, .width = cases[i].width);
        else dl_rect(dl, b, .radius = r, .fill = white);
        painter_paint(p, dl);
        for (int y = 0; y < 90; y++)
            for (int x = 0; x < 104; x++) {
                int hits = 0;
                for (int s = 0; s < 32 * 32; s++) {
                    double sx = x + (s % 32 + 0.5) / 32, sy = y + (s / 32 + 0.5) / 32;
                    hits += inside_round(sx, sy, box_inset(b, -half), r + half) &&
                            !(half > 0 && inside_round(sx, sy, box_inset(b, half), fmax(r - half, 0)));
                }
                worst = fmax(worst, fabs(hits * 255 / 1024.0 - pixel(p, 104, x, y).r));
            }
        g_assert_cmpfloat(worst, <, 5); /* the samples' own error; a level of ours is 1/255 */
        painter_free(p);
    }
    dl_free(dl);
    fonts_free(fonts);
}

/* Large boxes must not need large masks. */
static void test_round_plan_is_small(void)
{
    struct round_plan p = round_plan((struct round_box){ 16 * 3, 16 * 5, 16 * 1903, 16 * 1005, 16 * 12, 32 });
    g_assert_cmpint(p.x, ==, 2);
    g_assert_cmpint(p.w + p.columns.extra, ==, 1902);
    g_assert_cmpint(p.h + p.rows.extra, ==, 1002);
    g_assert_cmpint(p.w, <, 50);
    g_assert_cmpint(p.h, <, 50);
}

static void test_mask_store(void)
{
    struct mask_store *s = mask_store_new(20000);
    char key[] = "mask 0";
    for (int i = 0; i < 9; i++) {
        key[5] = (char)('0' + i);
        struct mask *m = mask_store_add(s, key, sizeof key, i, -i, 50, 50);
        for (int x = 10; x < 30; x++) m->cover[3 * m->stride + x] = 255;
        mask_seal(m);
        g_assert_cmpuint(mask_store_bytes(s), <=, 20000);
        key[5] = '0';
        g_assert_nonnull(mask_store_find(s, key, sizeof key)); /* stays because it is used */
    }
    key[5] = '1';
    g_assert_null(mask_store_find(s, key, sizeof key));
    key[5] = '8';
    const struct mask *m = mask_store_find(s, key, sizeof key);
    g_assert_nonnull(m);
    g_assert_cmpint(m->x, ==, 8);
    g_assert_cmpint(m->rows[3].from, ==, 10);
    g_assert_cmpint(m->rows[3].to, ==, 30);
    g_assert_cmpint(m->rows[3].full_from, ==, 10);
    g_assert_cmpint(m->rows[3].full_to, ==, 30);
    g_assert_cmpint(m->rows[4].from, ==, m->rows[4].to);
    mask_store_free(s);
}

/* --- fonts --- */

static struct text_size size_of(struct fonts *f, struct font font, const char *text)
{
    struct text_size size;
    const struct measurer *m = fonts_measurer(f);
    m->measure(m->self, font, text, strlen(text), &size);
    return size;
}

static void test_measurer(void)
{
    struct fonts *f = good_fonts();
    struct text_size a = size_of(f, words, "1,111.11"), b = size_of(f, words, "8,888.88"), g = size_of(f, words, "gj|");
    g_assert_cmpfloat(a.width, ==, b.width); /* figures of one width */
    g_assert_cmpfloat(a.ascent, ==, g.ascent);
    g_assert_cmpfloat(a.descent, ==, g.descent);
    g_assert_cmpfloat(a.ascent, >, 0.7 * words.size);
    g_assert_cmpfloat(g.ink_bottom, >, 2);
    g_assert_cmpfloat(g.ink_top, <, -0.6 * words.size);
    g_assert_cmpfloat(size_of(f, words, "").width, ==, 0);
    /* Mono: every glyph alike, and no ligature for an arrow. */
    double one = size_of(f, mono, "M").width;
    g_assert_cmpfloat(one, >, 0.5 * mono.size);
    g_assert_cmpfloat_with_epsilon(size_of(f, mono, "->il=>!=").width, 8 * one, 0.01);
    /* Sizes grow in proportion, so nothing is rounded to pixels. */
    struct font twice = { FONT_WORDS, 400, 44 };
    g_assert_cmpfloat_with_epsilon(size_of(f, twice, "attention").width, 2 * size_of(f, words, "attention").width, 0.2);
    struct font heavy = { FONT_WORDS, 700, 22 };
    g_assert_cmpfloat(size_of(f, heavy, "attention").width, >, size_of(f, words, "attention").width + 1);
    g_assert_cmpfloat(size_of(f, words, "attention").width, ==, size_of(f, words, "attention").width);
    fonts_free(f);
}

/* The measured ink box, from which ops get their boxes, holds all that is painted. */
static void test_ink_is_not_cut(void)
{
    static const char *const texts[] = { "Qjgpy|", "fjord", "W(AVA)", "Ångström /", "شكرا" };
    struct fonts *fonts = good_fonts();
    const struct font all[] = { words, display, mono };
    for (size_t i = 0; i < G_N_ELEMENTS(texts) * 6; i++) {
        struct painter *cut = painter_new(fonts, 300, 300), *whole = painter_new(fonts, 300, 300);
        struct dl *dl = dl_new();
        dl_begin(dl, 300, 300, black, NULL, fonts_measurer(fonts));
        dl_text_turned(dl, 60, 200, i % 2 ? -45 : 0, all[i / 2 % 3], white, texts[i / 6]);
        g_assert_cmpuint(dl->ops->len, ==, 1);
        painter_paint(cut, dl);
        g_array_index(dl->ops, struct dl_op, 0).box = (struct box){ 0, 0, 300, 300 };
        painter_paint(whole, dl);
        g_assert_cmpmem(painter_pixels(cut), 300 * 300 * 4, painter_pixels(whole), 300 * 300 * 4);
        dl_free(dl);
        painter_free(cut);
        painter_free(whole);
    }
    fonts_free(fonts);
}

static void test_missing_family(void)
{
    GError *error = NULL;
    g_assert_null(open_fonts("Inter Tight Nowhere", &error));
    g_assert_error(error, PAINT_ERROR, PAINT_ERROR_FONT);
    g_assert_cmpstr(error->message, ==,
                    "The font \"Inter Tight Nowhere\", which the style asks for, is not in /usr/share/fonts or "
                    "/usr/local/share/fonts; install it there or name another font in the style.");
    g_clear_error(&error);
}

static void test_missing_glyph(void)
{
    struct fonts *f = good_fonts();
    g_assert_cmphex(fonts_missing_glyph(f, FONT_WORDS, "plain − 5 ± 2"), ==, 0);
    g_assert_cmphex(fonts_missing_glyph(f, FONT_MONO, "a\xf3\xb0\x80\x80z"), ==, 0xF0000); /* private use */
    g_assert_cmphex(fonts_missing_glyph(f, FONT_MONO, "tab\t"), ==, '\t');
    g_assert_cmphex(fonts_missing_glyph(f, FONT_MONO, "\xff"), ==, 0xFFFD);
    g_assert_cmphex(fonts_missing_glyph(f, FONT_WORDS, "x\xe2\x80\x8dy"), ==, 0); /* a joiner needs no glyph */
    fonts_free(f);
}

/* A text's look must not depend on which other texts were set before it. */
static void test_order_does_not_matter(void)
{
    struct fonts *early = good_fonts(), *late = good_fonts();
    const char *plain = "plain ✓", *other = "你 ش ∛ ☃";
    struct text_size other_late = size_of(late, words, other), plain_late = size_of(late, words, plain);
    struct text_size plain_early = size_of(early, words, plain), other_early = size_of(early, words, other);
    g_assert_cmpfloat(plain_early.width, ==, plain_late.width);
    g_assert_cmpfloat(other_early.width, ==, other_late.width);
    fonts_free(early);
    fonts_free(late);
}

/* --- vector pages --- */

static void build_page(struct dl *dl, const struct measurer *m)
{
    struct rgba cells[6] = { white, black, { 10, 20, 30, 40 }, RGBA_NONE, white, black };
    dl_begin(dl, 640, 360, (struct rgba){ 14, 17, 22, 255 }, NULL, m);
    dl_rect(dl, ((struct box){ 10, 10, 100.5, 40 }), .radius = 9, .fill = { 1, 2, 3, 128 }, .stroke = white, .width = 2,
            .dash_on = 7, .dash_off = 6);
    dl_text(dl, 20, 100, words, white, "Keys & values <cached> \"now\"");
    dl_clip(dl, (struct box){ 0, 0, 300, 300 });
    dl_text_turned(dl, 20, 200, -45, mono, white, "turned");
    dl_clip(dl, (struct box){ 10, 10, 100, 100 });
    dl_heat(dl, heat_of(30, 30, 3, 2, 8, 1, 2), cells);
    dl_unclip(dl);
    dl_unclip(dl);
    dl_beam(dl, (struct box){ 200, 50, 12, 90 }, white, (struct rgba){ 255, 0, 0, 20 });
    dl_move_to(dl, 5, 5);
    dl_curve_to(dl, 50, 5, 80, 90, 120.0625, 99);
    dl_stroke(dl, 3, white);
    dl_text(dl, 20, 300, display, white, "bell \a");
}

static void collect_text(GMarkupParseContext *context, const char *text, gsize len, gpointer into, GError **error)
{
    (void)error;
    if (g_str_equal(g_markup_parse_context_get_element(context), "text")) {
        g_string_append_len(into, text, (gssize)len);
        g_string_append_c(into, '\n');
    }
}

static bool has(const GByteArray *bytes, const char *what)
{
    return memmem(bytes->data, bytes->len, what, strlen(what)) != NULL;
}

static void test_svg(void)
{
    GError *error = NULL;
    struct fonts *fonts = good_fonts(), *again = good_fonts();
    struct dl *dl = dl_new();
    build_page(dl, fonts_measurer(fonts));
    GByteArray *a = paint_svg(fonts, dl, &error), *b = paint_svg(again, dl, &error);
    g_assert_no_error(error);
    g_assert_cmpmem(a->data, a->len, b->data, b->len);
    const GMarkupParser parser = { .text = collect_text };
    GString *texts = g_string_new(NULL);
    GMarkupParseContext *context = g_markup_parse_context_new(&parser, 0, texts, NULL);
    g_markup_parse_context_parse(context, (const char *)a->data, a->len, &error);
    g_assert_no_error(error);
    g_markup_parse_context_end_parse(context, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(texts->str, ==, "Keys & values <cached> \"now\"\nturned\nbell \xef\xbf\xbd\n");
    g_assert_true(has(a, "width=\"640\" height=\"360\" viewBox=\"0 0 640 360\""));
    g_assert_true(has(a, "<path d=\"M5 5C50 5 80 90 120.0625 99\" fill=\"none\" stroke=\"#ffffff\""));
    g_assert_true(has(a, "font-family:'JetBrains Mono',monospace"));
    g_assert_true(has(a, "rotate(-45 20 200)"));
    g_assert_true(has(a, "fill=\"#010203\" fill-opacity=\"0.502\""));
    g_assert_true(has(a, " textLength=\""));
    g_markup_parse_context_free(context);
    g_string_free(texts, TRUE);
    g_byte_array_unref(a);
    g_byte_array_unref(b);
    dl_free(dl);
    fonts_free(fonts);
    fonts_free(again);
}

static void test_pdf(void)
{
    GError *error = NULL;
    struct fonts *fonts = good_fonts(), *again = good_fonts();
    struct dl *dl = dl_new();
    build_page(dl, fonts_measurer(fonts));
    GByteArray *a = paint_pdf(fonts, dl, &error);
    g_usleep(1100 * 1000); /* a date would have moved on */
    GByteArray *b = paint_pdf(again, dl, &error);
    g_assert_no_error(error);
    g_assert_cmpmem(a->data, a->len, b->data, b->len);
    g_assert_true(has(a, "%PDF-1."));
    g_assert_true(has(a, "20000101000000"));
    g_assert_true(has(a, "/MediaBox [ 0 0 480 270 ]"));
    g_assert_true(has(a, "/ToUnicode")); /* glyphs with their characters: text, not outlines */
    g_byte_array_unref(a);
    g_byte_array_unref(b);
    dl_free(dl);
    fonts_free(fonts);
    fonts_free(again);
}

/* --- the environment --- */

/* What a child process prints: a checksum over a frame's pixels and a vector page. */
static int print_checksum(bool cleaned)
{
    if (cleaned) paint_clean_environment();
    struct fonts *fonts = good_fonts();
    struct painter *p = painter_new(fonts, 640, 360);
    struct dl *dl = dl_new();
    build_page(dl, fonts_measurer(fonts));
    dl_text(dl, 320, 330, display, white, "AVATAR 1,111.1 To 你好 شكرا");
    painter_paint(p, dl);
    GByteArray *svg = paint_svg(fonts, dl, NULL);
    GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA256);
    g_checksum_update(sum, (const guchar *)painter_pixels(p), 640 * 360 * 4);
    g_checksum_update(sum, svg->data, svg->len);
    puts(g_checksum_get_string(sum));
    g_checksum_free(sum);
    g_byte_array_unref(svg);
    dl_free(dl);
    painter_free(p);
    fonts_free(fonts);
    return 0;
}

static char *checksum_under(const char *flag, char **environment)
{
    GError *error = NULL;
    char *self = g_file_read_link("/proc/self/exe", NULL), *out = NULL;
    char *argv[] = { self, (char *)flag, NULL };
    int status;
    g_spawn_sync(NULL, argv, environment, G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, &out, NULL, &status, &error);
    g_assert_no_error(error);
    g_assert_true(g_spawn_check_wait_status(status, NULL));
    g_free(self);
    return out;
}

static void test_hostile_environment(void)
{
    static const char hostile_fonts[] =
        "<?xml version=\"1.0\"?><!DOCTYPE fontconfig SYSTEM \"fonts.dtd\"><fontconfig><match target=\"font\">"
        "<edit name=\"embolden\" mode=\"assign\"><bool>true</bool></edit></match></fontconfig>";
    char *folder = g_dir_make_tmp("paint-XXXXXX", NULL), *config = g_build_filename(folder, "fonts.conf", NULL);
    g_assert_true(g_file_set_contents(config, hostile_fonts, -1, NULL));
    char **plain = g_get_environ(), **hostile = g_strdupv(plain);
    const char *const settings[][2] = {
        { "FONTCONFIG_FILE", config }, { "HB_SHAPER_LIST", "fallback" }, { "PANGO_LANGUAGE", "ja" },
        { "FREETYPE_PROPERTIES", "cff:no-stem-darkening=0" }, { "LANGUAGE", "ja:ar" }, { "FC_LANG", "ja" },
        { "LC_ALL", "tr_TR.UTF-8" }, { "HOME", folder },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(settings); i++)
        hostile = g_environ_setenv(hostile, settings[i][0], settings[i][1], TRUE);
    char *expected = checksum_under("--checksum", plain), *cleaned = checksum_under("--checksum", hostile);
    char *uncleaned = checksum_under("--checksum-uncleaned", hostile);
    g_assert_cmpuint(strlen(expected), ==, 65);
    g_assert_cmpstr(cleaned, ==, expected);
    g_assert_cmpstr(uncleaned, !=, expected); /* so the settings do have teeth */
    g_strfreev(plain);
    g_strfreev(hostile);
    remove(config);
    remove(folder);
    g_free(config);
    g_free(folder);
    g_free(expected);
    g_free(cleaned);
    g_free(uncleaned);
}

int main(int argc, char **argv)
{
    if (argc == 2 && g_str_equal(argv[1], "--checksum")) return print_checksum(true);
    if (argc == 2 && g_str_equal(argv[1], "--checksum-uncleaned")) return print_checksum(false);
    g_test_init(&argc, &argv, NULL);
    paint_clean_environment();
    g_test_add_func("/paint/blend-exact", test_blend_exact);
    g_test_add_func("/paint/mask-store", test_mask_store);
    g_test_add_func("/paint/round-plan-is-small", test_round_plan_is_small);
    g_test_add_func("/paint/round-coverage", test_round_coverage);
    g_test_add_func("/paint/known-pixels", test_known_pixels);
    g_test_add_func("/paint/text-blend", test_text_blend);
    g_test_add_func("/paint/damage-equals-full", test_damage_equals_full);
    g_test_add_func("/paint/damage-of-drift", test_damage_of_drift);
    g_test_add_func("/paint/repeat", test_repeat);
    g_test_add_func("/paint/damage-is-small", test_damage_is_small);
    g_test_add_func("/paint/measurer", test_measurer);
    g_test_add_func("/paint/ink-is-not-cut", test_ink_is_not_cut);
    g_test_add_func("/paint/missing-family", test_missing_family);
    g_test_add_func("/paint/missing-glyph", test_missing_glyph);
    g_test_add_func("/paint/order-does-not-matter", test_order_does_not_matter);
    g_test_add_func("/paint/svg", test_svg);
    g_test_add_func("/paint/pdf", test_pdf);
    g_test_add_func("/paint/hostile-environment", test_hostile_environment);
    return g_test_run();
}
