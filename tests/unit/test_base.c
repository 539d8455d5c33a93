/* base/: what GLib lacks. */
#include "base/box.h"
#include "base/color.h"
#include "base/diag.h"
#include "base/ease.h"
#include "base/rate.h"
#include "base/suggest.h"
#include "base/unit.h"

#include <glib.h>
#include <math.h>

static void test_rates(void)
{
    struct rate r;
    g_assert_true(rate_parse("60", &r) && r.num == 60 && r.den == 1);
    g_assert_true(rate_parse("12.5", &r) && r.num == 25 && r.den == 2);
    g_assert_true(rate_parse("30000/1001", &r) && r.num == 30000 && r.den == 1001);
    static const char *const wrong[] = { "", "0", "-5", "12.", "1/0", "60 fps", "1001", "1e3", "0.05", "12.5/1", ".5" };
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) g_assert_false(rate_parse(wrong[i], &r));
}

/* Frames come from the exact time, never from a sum of rounded lengths: 1001 chapters of one third of a second at 60 fps
 * end on the frame of the whole, and a day at 29.97 is off by nothing. */
static void test_frames_are_exact(void)
{
    struct rate r = { 60, 1 }, ntsc = { 30000, 1001 };
    g_assert_cmpint(rate_frame_at(r, 333333 * (int64_t)1001), ==, 20020);
    g_assert_cmpint(rate_frame_at(r, 8333), ==, 0);
    g_assert_cmpint(rate_frame_at(r, 8334), ==, 1);
    g_assert_cmpint(rate_frame_at(ntsc, (int64_t)86400 * 1000000), ==, 2589411);
    g_assert_cmpint(rate_frame_at((struct rate){ 25, 2 }, 40000), ==, 1); /* halves round up */
    g_assert_true(fabs(rate_seconds(ntsc, 30000) - 1001) < 1e-12);
}

static void test_units(void)
{
    int64_t v;
    g_assert_true(unit_parse_bytes("80 GB", &v) && v == 80000000000);
    g_assert_true(unit_parse_bytes("80GiB", &v) && v == (int64_t)80 << 30);
    g_assert_true(unit_parse_bytes("2.5 KiB", &v) && v == 2560);
    g_assert_false(unit_parse_bytes("80", &v));
    g_assert_false(unit_parse_bytes("0.3 B", &v));
    g_assert_false(unit_parse_bytes("80 gb", &v));
    g_assert_true(unit_parse_count("128Ki", &v) && v == 131072);
    g_assert_true(unit_parse_count("128K", &v) && v == 131072);
    g_assert_true(unit_parse_count("128k", &v) && v == 128000);
    g_assert_true(unit_parse_count("1Mi", &v) && v == 1 << 20);
    g_assert_true(unit_parse_count("131_072", &v) && v == 131072);
    g_assert_false(unit_parse_count("99999999999999999999", &v));
    g_assert_true(unit_parse_byte_rate("3.35 TB/s", &v) && v == 3350000000000);
    g_assert_false(unit_parse_byte_rate("3.35 TB", &v));
    g_assert_true(unit_parse_time("2.5", &v) && v == 2500000);
    g_assert_true(unit_parse_time("250 ms", &v) && v == 250000);
    g_assert_true(unit_parse_time("1:05.5", &v) && v == 65500000);
    g_assert_false(unit_parse_time("1:75", &v));
    g_assert_false(unit_parse_time("soon", &v));
}

static void test_easing(void)
{
    for (int e = EASE_LINEAR; e <= EASE_IN_OUT; e++) {
        double last = 0;
        g_assert_cmpfloat(ease((enum ease)e, 0), ==, 0);
        g_assert_cmpfloat(ease((enum ease)e, 1), ==, 1);
        g_assert_cmpfloat(ease((enum ease)e, 2), ==, 1);
        for (int i = 1; i <= 100; i++) {
            double v = ease((enum ease)e, i / 100.0);
            g_assert_cmpfloat(v, >=, last);
            last = v;
        }
    }
    g_assert_true(fabs(ease(EASE_IN_OUT, 0.5) - 0.5) < 1e-6);
    g_assert_true(ease(EASE_OUT, 0.3) > 0.7 && ease(EASE_IN, 0.7) < 0.35);
    g_assert_cmpfloat(ease_span(EASE_LINEAR, 1.5, 1, 2), ==, 0.25);
    g_assert_cmpfloat(ease_span(EASE_OUT, 1, 1, 0), ==, 1);
}

static void test_colors(void)
{
    struct rgba c, white = { 255, 255, 255, 255 }, black = { 0, 0, 0, 255 };
    g_assert_true(color_parse("#0A0F1E", &c) && c.r == 10 && c.g == 15 && c.b == 30 && c.a == 255);
    g_assert_true(color_parse("#0a0f1e80", &c) && c.a == 128);
    g_assert_false(color_parse("0A0F1E", &c));
    g_assert_false(color_parse("#0A0F1", &c));
    g_assert_false(color_parse("#0A0F1G", &c));
    g_assert_true(fabs(color_contrast(white, black) - 21) < 1e-9);
    /* The table of the design gives 17.5 for midnight's text on its background. */
    struct rgba text, bg;
    color_parse("#F2F5FF", &text);
    color_parse("#0A0F1E", &bg);
    g_assert_true(fabs(color_contrast(text, bg) - 17.5) < 0.05);
    c = color_mix(black, white, 0.5);
    g_assert_cmpint(c.r, ==, 128);
    c = color_mix(RGBA_NONE, white, 0.5); /* what cannot be seen lends no hue */
    g_assert_true(c.r == 255 && c.a == 128);
    g_assert_true(color_equal(color_over((struct rgba){ 255, 255, 255, 0 }, bg), bg));
    g_assert_true(color_equal(color_ink_on(white), black) && color_equal(color_ink_on(black), white));
}

static void test_suggestions(void)
{
    static const char *const words[] = { "prefill", "decode", "memory", "compare", "gpt2-124m", NULL };
    g_assert_cmpstr(suggest("decod", words), ==, "decode");
    g_assert_cmpstr(suggest("perfill", words), ==, "prefill");
    g_assert_cmpstr(suggest("MEMROY", words), ==, "memory");
    g_assert_cmpstr(suggest("gpt2", words), ==, "gpt2-124m");
    g_assert_null(suggest("zebra", words));
    g_assert_null(suggest("", words));
}

static void test_diags(void)
{
    struct diags *d = diags_new();
    diag(d, "b.cfg", 9, "Nine.");
    diag(d, "a.cfg", 4, "Four.");
    diag(d, "b.cfg", 2, "Two %s.", "really");
    diag(d, NULL, 0, "Nowhere.");
    diag(d, "a.cfg", 0, "Whole.");
    g_autoptr(GString) out = g_string_new(NULL);
    diags_print(d, out);
    g_assert_cmpstr(out->str, ==, "b.cfg:2: Two really.\nb.cfg:9: Nine.\na.cfg: Whole.\na.cfg:4: Four.\nNowhere.\n");
    g_assert_cmpuint(diags_count(d), ==, 5);
    diags_free(d);
}

static void test_boxes(void)
{
    struct box page = { 0, 0, 100, 80 }, head = box_cut_top(&page, 20), side = box_cut_right(&page, 30);
    g_assert_true(head.h == 20 && page.y == 20 && page.h == 60 && side.x == 70 && page.w == 70);
    g_assert_true(box_is_empty(box_meet(head, page)));
    struct box all = box_join(head, side);
    g_assert_true(all.x == 0 && all.y == 0 && all.w == 100 && all.h == 80);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/base/rates", test_rates);
    g_test_add_func("/base/frames-are-exact", test_frames_are_exact);
    g_test_add_func("/base/units", test_units);
    g_test_add_func("/base/easing", test_easing);
    g_test_add_func("/base/colors", test_colors);
    g_test_add_func("/base/suggestions", test_suggestions);
    g_test_add_func("/base/diags", test_diags);
    g_test_add_func("/base/boxes", test_boxes);
    return g_test_run();
}
