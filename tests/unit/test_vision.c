/* base/vision: the published pairs of CIEDE2000, and the tables of the design recomputed from the style files. */
#include "base/vision.h"
#include "story_fixture.h"

#include <math.h>

/* Sharma, Wu and Dalal 2005, table 1: two CIELAB colours and their distance. */
static const struct { struct lab x, y; double distance; } published[] = {
    { { 50, 2.6772, -79.7751 }, { 50, 0, -82.7485 }, 2.0425 },
    { { 50, 3.1571, -77.2803 }, { 50, 0, -82.7485 }, 2.8615 },
    { { 50, 2.8361, -74.02 }, { 50, 0, -82.7485 }, 3.4412 },
    { { 50, -1.3802, -84.2814 }, { 50, 0, -82.7485 }, 1.0000 },
    { { 50, -1.1848, -84.8006 }, { 50, 0, -82.7485 }, 1.0000 },
    { { 50, -0.9009, -85.5211 }, { 50, 0, -82.7485 }, 1.0000 },
    { { 50, 0, 0 }, { 50, -1, 2 }, 2.3669 },
    { { 50, -1, 2 }, { 50, 0, 0 }, 2.3669 },
    { { 50, 2.49, -0.001 }, { 50, -2.49, 0.0009 }, 7.1792 },
    { { 50, 2.49, -0.001 }, { 50, -2.49, 0.001 }, 7.1792 },
    { { 50, 2.49, -0.001 }, { 50, -2.49, 0.0011 }, 7.2195 },
    { { 50, 2.49, -0.001 }, { 50, -2.49, 0.0012 }, 7.2195 },
    { { 50, -0.001, 2.49 }, { 50, 0.0009, -2.49 }, 4.8045 },
    { { 50, -0.001, 2.49 }, { 50, 0.001, -2.49 }, 4.8045 },
    { { 50, -0.001, 2.49 }, { 50, 0.0011, -2.49 }, 4.7461 },
    { { 50, 2.5, 0 }, { 50, 0, -2.5 }, 4.3065 },
    { { 50, 2.5, 0 }, { 73, 25, -18 }, 27.1492 },
    { { 50, 2.5, 0 }, { 61, -5, 29 }, 22.8977 },
    { { 50, 2.5, 0 }, { 56, -27, -3 }, 31.9030 },
    { { 50, 2.5, 0 }, { 58, 24, 15 }, 19.4535 },
    { { 50, 2.5, 0 }, { 50, 3.1736, 0.5854 }, 1.0000 },
    { { 50, 2.5, 0 }, { 50, 3.2972, 0 }, 1.0000 },
    { { 50, 2.5, 0 }, { 50, 1.8634, 0.5757 }, 1.0000 },
    { { 50, 2.5, 0 }, { 50, 3.2592, 0.335 }, 1.0000 },
    { { 60.2574, -34.0099, 36.2677 }, { 60.4626, -34.1751, 39.4387 }, 1.2644 },
    { { 63.0109, -31.0961, -5.8663 }, { 62.8187, -29.7946, -4.0864 }, 1.2630 },
    { { 61.2901, 3.7196, -5.3901 }, { 61.4292, 2.248, -4.962 }, 1.8731 },
    { { 35.0831, -44.1164, 3.7933 }, { 35.0232, -40.0716, 1.5901 }, 1.8645 },
    { { 22.7233, 20.0904, -46.694 }, { 23.0331, 14.973, -42.5619 }, 2.0373 },
    { { 36.4612, 47.858, 18.3852 }, { 36.2715, 50.5065, 21.2231 }, 1.4146 },
    { { 90.8027, -2.0831, 1.441 }, { 91.1528, -1.6435, 0.0447 }, 1.4441 },
    { { 90.9257, -0.5406, -0.9208 }, { 88.6381, -0.8985, -0.7239 }, 1.5381 },
    { { 6.7747, -0.2908, -2.4247 }, { 5.8714, -0.0985, -2.2286 }, 0.6377 },
    { { 2.0776, 0.0795, -1.135 }, { 0.9033, -0.0636, -0.5514 }, 0.9082 },
};

static void test_published_pairs(void)
{
    g_assert_cmpuint(G_N_ELEMENTS(published), ==, 34);
    for (size_t i = 0; i < G_N_ELEMENTS(published); i++) {
        double there = vision_ciede2000(published[i].x, published[i].y), back = vision_ciede2000(published[i].y, published[i].x);
        if (fabs(there - published[i].distance) > 0.00005 || fabs(back - there) > 1e-9)
            g_error("pair %zu: %.6f and back %.6f, published %.4f", i + 1, there, back, published[i].distance);
    }
}

static void test_known_colours(void)
{
    struct rgba red, grey;
    g_assert_true(color_parse("#FF0000", &red) && color_parse("#808080", &grey));
    struct lab lab = vision_lab(red);
    g_assert_true(fabs(lab.l - 53.24) < 0.03 && fabs(lab.a - 80.09) < 0.03 && fabs(lab.b - 67.20) < 0.03);
    for (int v = 0; v < VISION_COUNT; v++) {
        struct rgba seen = vision_see(grey, (enum vision)v);
        g_assert_true(ABS(seen.r - 128) <= 1 && ABS(seen.g - 128) <= 1 && ABS(seen.b - 128) <= 1); /* grey stays grey */
        g_assert_cmpfloat(vision_distance(red, red, (enum vision)v), ==, 0);
    }
    g_assert_true(color_equal(vision_see(red, VISION_NORMAL), red));
}

/* Q-K, Q-V, K-V, new-K, again-new, attention-Q, attention-V. New against K is the outline of its column; against what is
 * computed again it is the fill of its cell, which in paper is another colour. */
static const struct { const char *style; enum vision vision; double distances[7]; } marks[] = {
    { "midnight", VISION_NORMAL, { 50.0, 43.9, 55.1, 31.1, 53.4, 34.6, 48.8 } },
    { "midnight", VISION_DEUTERANOPIA, { 61.0, 34.6, 25.1, 13.5, 23.2, 27.2, 11.5 } },
    { "midnight", VISION_PROTANOPIA, { 55.2, 41.5, 24.8, 19.7, 37.7, 17.8, 26.2 } },
    { "midnight", VISION_TRITANOPIA, { 68.4, 19.4, 67.4, 22.7, 32.4, 57.7, 64.2 } },
    { "midnight", VISION_GREY, { 6.1, 17.7, 11.8, 15.2, 24.5, 16.6, 1.2 } },
    { "paper", VISION_NORMAL, { 50.7, 41.9, 52.8, 49.9, 50.3, 31.6, 50.7 } },
    { "paper", VISION_DEUTERANOPIA, { 63.1, 33.1, 23.5, 54.1, 25.3, 15.4, 17.7 } },
    { "paper", VISION_PROTANOPIA, { 57.5, 39.9, 19.6, 45.6, 39.6, 11.5, 37.1 } },
    { "paper", VISION_TRITANOPIA, { 64.4, 13.6, 61.8, 47.9, 26.5, 61.6, 64.1 } },
    { "paper", VISION_GREY, { 8.2, 10.0, 1.8, 37.2, 25.9, 0.0, 10.0 } },
    { "print", VISION_NORMAL, { 46.0, 44.6, 48.7, 39.8, 32.3, 24.6, 52.4 } },
    { "print", VISION_DEUTERANOPIA, { 56.4, 37.3, 23.5, 40.6, 28.8, 14.3, 31.4 } },
    { "print", VISION_PROTANOPIA, { 50.5, 42.3, 26.5, 34.0, 17.5, 13.2, 44.5 } },
    { "print", VISION_TRITANOPIA, { 52.9, 26.5, 58.5, 39.8, 34.3, 46.5, 61.2 } },
    { "print", VISION_GREY, { 12.0, 26.4, 14.3, 30.4, 20.2, 5.9, 31.9 } },
    { "contrast", VISION_NORMAL, { 44.4, 34.7, 48.7, 29.1, 51.9, 28.3, 45.3 } },
    { "contrast", VISION_DEUTERANOPIA, { 51.2, 25.4, 23.7, 11.0, 22.1, 17.9, 9.1 } },
    { "contrast", VISION_PROTANOPIA, { 47.1, 32.1, 21.4, 16.7, 31.9, 11.4, 21.5 } },
    { "contrast", VISION_TRITANOPIA, { 58.6, 13.6, 61.7, 19.7, 23.7, 50.3, 59.5 } },
    { "contrast", VISION_GREY, { 0.3, 9.1, 9.4, 11.4, 14.4, 8.4, 0.7 } },
};

/* A kept K and V column against a new one. The design gives paper's at a strength of 0.66; at 0.64 they are as here. */
static const struct { const char *style; enum vision vision; double distances[2]; } kept[] = {
    { "midnight", VISION_NORMAL, { 23.7, 23.6 } },
    { "midnight", VISION_DEUTERANOPIA, { 23.8, 22.9 } },
    { "midnight", VISION_PROTANOPIA, { 22.5, 23.2 } },
    { "midnight", VISION_GREY, { 22.5, 22.6 } },
    { "paper", VISION_NORMAL, { 14.5, 11.9 } },
    { "paper", VISION_DEUTERANOPIA, { 12.2, 12.2 } },
    { "paper", VISION_PROTANOPIA, { 16.6, 11.1 } },
    { "paper", VISION_GREY, { 11.9, 11.0 } },
    { "print", VISION_NORMAL, { 20.2, 13.1 } },
    { "print", VISION_DEUTERANOPIA, { 17.9, 12.6 } },
    { "print", VISION_PROTANOPIA, { 22.2, 11.7 } },
    { "print", VISION_GREY, { 18.5, 11.9 } },
    { "contrast", VISION_NORMAL, { 25.5, 25.5 } },
    { "contrast", VISION_DEUTERANOPIA, { 25.6, 25.1 } },
    { "contrast", VISION_PROTANOPIA, { 25.3, 25.1 } },
    { "contrast", VISION_GREY, { 24.6, 24.8 } },
};

enum { MOST_OFF = 15 }; /* hundredths: the tables have one decimal */

static bool is_near(const char *what, const char *style, enum vision v, double is, double table)
{
    if (fabs(is - table) * 100 <= MOST_OFF) return true;
    g_test_message("%s of %s, %s: %.2f, in the table %.1f", what, style, vision_names[v], is, table);
    return false;
}

static void test_table_of_marks(void)
{
    static const char *const names[] = { "Q-K", "Q-V", "K-V", "new-K", "again-new", "attention-Q", "attention-V" };
    bool fine = true;
    for (size_t i = 0; i < G_N_ELEMENTS(marks); i++) {
        struct style *s = open_style(marks[i].style);
        const struct rgba pairs[7][2] = { { s->query, s->key }, { s->query, s->value }, { s->key, s->value },
                                          { s->new_line, s->key }, { s->recomputed, s->new_fill },
                                          { s->attention, s->query }, { s->attention, s->value } };
        for (int k = 0; k < 7; k++)
            fine &= is_near(names[k], s->name, marks[i].vision, vision_distance(pairs[k][0], pairs[k][1], marks[i].vision),
                            marks[i].distances[k]);
        style_free(s);
    }
    g_assert_true(fine);
}

static void test_table_of_kept(void)
{
    bool fine = true;
    for (size_t i = 0; i < G_N_ELEMENTS(kept); i++) {
        struct style *s = open_style(kept[i].style);
        const struct rgba hues[] = { s->key, s->value };
        for (int k = 0; k < 2; k++)
            fine &= is_near(k ? "kept-new V" : "kept-new K", s->name, kept[i].vision,
                            vision_distance(hues[k], color_mix(s->bg, hues[k], s->kept_alpha), kept[i].vision),
                            kept[i].distances[k]);
        style_free(s);
    }
    g_assert_true(fine);
}

/* Of sequences A to H: the closest two, the closest neighbours, and which comes nearest to the weights. */
static const struct { const char *style; enum vision vision; const char *pair; double apart; const char *neighbours; double beside;
                      const char *weights; double weighs; } sequences[] = {
    { "midnight", VISION_NORMAL, "AD", 23.2, "DE", 35.6, "G", 13.3 },
    { "midnight", VISION_DEUTERANOPIA, "CE", 8.0, "CD", 21.5, "G", 10.3 },
    { "midnight", VISION_PROTANOPIA, "CG", 12.0, "EF", 20.6, "G", 7.6 },
    { "paper", VISION_NORMAL, "AH", 18.3, "GH", 31.4, "G", 19.0 },
    { "paper", VISION_DEUTERANOPIA, "CH", 7.7, "DE", 21.6, "A", 6.3 },
    { "paper", VISION_PROTANOPIA, "CG", 9.9, "EF", 17.7, "A", 9.8 },
    { "print", VISION_NORMAL, "EH", 16.3, "GH", 40.7, "C", 19.9 },
    { "print", VISION_DEUTERANOPIA, "BG", 14.5, "BC", 19.7, "C", 16.5 },
    { "print", VISION_PROTANOPIA, "AC", 12.9, "GH", 30.0, "C", 12.8 },
    { "print", VISION_GREY, "AE", 7.4, "FG", 16.4, "C", 3.5 },
    { "contrast", VISION_NORMAL, "FH", 18.2, "FG", 31.5, "G", 13.4 },
    { "contrast", VISION_DEUTERANOPIA, "CG", 7.2, "CD", 18.7, "A", 7.0 },
    { "contrast", VISION_PROTANOPIA, "CG", 8.6, "EF", 16.9, "C", 11.4 },
};

static void test_table_of_sequences(void)
{
    bool fine = true;
    for (size_t i = 0; i < G_N_ELEMENTS(sequences); i++) {
        struct style *s = open_style(sequences[i].style);
        enum vision v = sequences[i].vision;
        double apart = INFINITY, beside = INFINITY, weighs = INFINITY;
        char pair[3] = "", neighbours[3] = "", weights[2] = "";
        for (int a = 0; a < STYLE_SEQUENCES; a++) {
            double d = vision_distance(s->sequences[a], s->weights, v);
            if (d < weighs) weighs = d, weights[0] = (char)('A' + a);
            for (int b = a + 1; b < STYLE_SEQUENCES; b++) {
                d = vision_distance(s->sequences[a], s->sequences[b], v);
                if (d < apart) apart = d, pair[0] = (char)('A' + a), pair[1] = (char)('A' + b);
                if (b == a + 1 && d < beside) beside = d, neighbours[0] = (char)('A' + a), neighbours[1] = (char)('A' + b);
            }
        }
        fine &= is_near("closest pair", s->name, v, apart, sequences[i].apart);
        fine &= is_near("closest neighbours", s->name, v, beside, sequences[i].beside);
        fine &= is_near("nearest to weights", s->name, v, weighs, sequences[i].weighs);
        g_assert_cmpstr(pair, ==, sequences[i].pair);
        g_assert_cmpstr(neighbours, ==, sequences[i].neighbours);
        g_assert_cmpstr(weights, ==, sequences[i].weights);
        style_free(s);
    }
    g_assert_true(fine);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/base/vision/published-pairs", test_published_pairs);
    g_test_add_func("/base/vision/known-colours", test_known_colours);
    g_test_add_func("/base/vision/table-of-marks", test_table_of_marks);
    g_test_add_func("/base/vision/table-of-kept", test_table_of_kept);
    g_test_add_func("/base/vision/table-of-sequences", test_table_of_sequences);
    return g_test_run();
}
