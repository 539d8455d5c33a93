/* Colour difference and simulated colour vision, step by step as the papers named in the header give them.
 *
 * Worked example: orange #F9823C and green #5BE6C2 lie 55.1 apart, and 24.8 apart to a protanope.
 */
#include "base/vision.h"

#include <glib.h>
#include <math.h>

const char *const vision_names[VISION_COUNT] = {
    [VISION_NORMAL] = "normal", [VISION_DEUTERANOPIA] = "deuteranopia", [VISION_PROTANOPIA] = "protanopia",
    [VISION_TRITANOPIA] = "tritanopia", [VISION_GREY] = "greyscale",
};

/* Rows give red, green and blue. Machado, Oliveira and Fernandes 2009, severity 1.0. */
static const double matrices[VISION_COUNT][3][3] = {
    [VISION_NORMAL] = { { 1, 0, 0 }, { 0, 1, 0 }, { 0, 0, 1 } },
    [VISION_DEUTERANOPIA] = { { 0.367322, 0.860646, -0.227968 },
                              { 0.280085, 0.672501, 0.047413 },
                              { -0.011820, 0.042940, 0.968881 } },
    [VISION_PROTANOPIA] = { { 0.152286, 1.052583, -0.204868 },
                            { 0.114503, 0.786281, 0.099216 },
                            { -0.003882, -0.048116, 1.051998 } },
    [VISION_TRITANOPIA] = { { 1.255528, -0.076749, -0.178779 },
                            { -0.078411, 0.930809, 0.147602 },
                            { 0.004733, 0.691367, 0.303900 } },
    [VISION_GREY] = { { 0.2126, 0.7152, 0.0722 }, { 0.2126, 0.7152, 0.0722 }, { 0.2126, 0.7152, 0.0722 } },
};

/* One row of a matrix times linear red, green and blue. */
static double times(const double row[3], struct rgba c)
{
    return row[0] * color_linear(c.r) + row[1] * color_linear(c.g) + row[2] * color_linear(c.b);
}

static uint8_t encoded(double linear)
{
    linear = CLAMP(linear, 0.0, 1.0);
    double s = linear <= 0.0031308 ? 12.92 * linear : 1.055 * pow(linear, 1 / 2.4) - 0.055;
    return (uint8_t)(s * 255 + 0.5);
}

struct rgba vision_see(struct rgba c, enum vision v)
{
    const double(*m)[3] = matrices[v];
    return (struct rgba){ encoded(times(m[0], c)), encoded(times(m[1], c)), encoded(times(m[2], c)), c.a };
}

static double lab_curve(double t)
{
    const double d = 6.0 / 29;
    return t > d * d * d ? cbrt(t) : t / (3 * d * d) + 4.0 / 29;
}

struct lab vision_lab(struct rgba c)
{
    /* sRGB primaries to XYZ (IEC 61966-2-1); the sum of each row is the white. */
    static const double xyz[3][3] = { { 0.4124, 0.3576, 0.1805 }, { 0.2126, 0.7152, 0.0722 }, { 0.0193, 0.1192, 0.9505 } };
    double f[3];
    for (int i = 0; i < 3; i++) f[i] = lab_curve(times(xyz[i], c) / (xyz[i][0] + xyz[i][1] + xyz[i][2]));
    return (struct lab){ 116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2]) };
}

/* --- CIEDE2000; names as in the paper, angles in degrees --- */

static double radians(double degrees) { return degrees * (G_PI / 180); }

static double hue(double a, double b)
{
    double h = a == 0 && b == 0 ? 0 : atan2(b, a) * (180 / G_PI);
    return h < 0 ? h + 360 : h;
}

/* 25^7 against the seventh power of a chroma: how far chroma counts as vivid. */
static double vivid(double chroma)
{
    double c7 = pow(chroma, 7);
    return sqrt(c7 / (c7 + 6103515625.0));
}

/* From h1 to h2 the short way round. Opposite hues are 180 apart, also where rounding makes it a little more. */
static double hue_step(double h1, double h2)
{
    double d = h2 - h1;
    return d > 180 + 1e-9 ? d - 360 : d < -180 - 1e-9 ? d + 360 : d;
}

double vision_ciede2000(struct lab x, struct lab y)
{
    double g = 0.5 * (1 - vivid((hypot(x.a, x.b) + hypot(y.a, y.b)) / 2));
    double a1 = x.a * (1 + g), a2 = y.a * (1 + g), c1 = hypot(a1, x.b), c2 = hypot(a2, y.b);
    double h1 = hue(a1, x.b), h2 = hue(a2, y.b);
    bool grey = c1 * c2 == 0;
    double step = grey ? 0 : hue_step(h1, h2);
    double l = y.l - x.l, c = c2 - c1, h = 2 * sqrt(c1 * c2) * sin(radians(step / 2));
    double mean_l = (x.l + y.l) / 2 - 50, mean_c = (c1 + c2) / 2, mean_h = grey ? h1 + h2 : h1 + step / 2;
    double t = 1 - 0.17 * cos(radians(mean_h - 30)) + 0.24 * cos(radians(2 * mean_h)) +
               0.32 * cos(radians(3 * mean_h + 6)) - 0.20 * cos(radians(4 * mean_h - 63));
    double s_l = 1 + 0.015 * mean_l * mean_l / sqrt(20 + mean_l * mean_l), s_c = 1 + 0.045 * mean_c;
    double s_h = 1 + 0.015 * mean_c * t;
    /* The mean's place on the circle, for the one term that is no cosine. */
    double around = mean_h < 0 ? mean_h + 360 : mean_h >= 360 ? mean_h - 360 : mean_h, blue = (around - 275) / 25;
    double r_t = -2 * vivid(mean_c) * sin(radians(60 * exp(-blue * blue)));
    l /= s_l, c /= s_c, h /= s_h;
    return sqrt(l * l + c * c + h * h + r_t * c * h);
}

double vision_distance(struct rgba x, struct rgba y, enum vision v)
{
    return vision_ciede2000(vision_lab(vision_see(x, v)), vision_lab(vision_see(y, v)));
}
