/* Colour arithmetic. Luminance and contrast follow WCAG 2.2, section "relative luminance". */
#include "base/color.h"

#include <glib.h>
#include <math.h>

static int hex_pair(const char *s)
{
    int hi = g_ascii_xdigit_value(s[0]), lo = hi < 0 ? -1 : g_ascii_xdigit_value(s[1]);
    return lo < 0 ? -1 : hi * 16 + lo;
}

bool color_parse(const char *text, struct rgba *out)
{
    size_t n = strlen(text);
    if (text[0] != '#' || (n != 7 && n != 9)) return false;
    int v[4] = { 0, 0, 0, 255 };
    for (size_t i = 0; i < (n - 1) / 2; i++)
        if ((v[i] = hex_pair(text + 1 + 2 * i)) < 0) return false;
    *out = (struct rgba){ (uint8_t)v[0], (uint8_t)v[1], (uint8_t)v[2], (uint8_t)v[3] };
    return true;
}

static uint8_t lerp8(uint8_t a, uint8_t b, double t) { return (uint8_t)(a + (b - a) * t + 0.5); }

struct rgba color_mix(struct rgba a, struct rgba b, double t)
{
    t = CLAMP(t, 0.0, 1.0);
    /* What cannot be seen has no hue to give. */
    if (!a.a) a = (struct rgba){ b.r, b.g, b.b, 0 };
    if (!b.a) b = (struct rgba){ a.r, a.g, a.b, 0 };
    return (struct rgba){ lerp8(a.r, b.r, t), lerp8(a.g, b.g, t), lerp8(a.b, b.b, t), lerp8(a.a, b.a, t) };
}

struct rgba color_fade(struct rgba c, double t)
{
    c.a = (uint8_t)(c.a * CLAMP(t, 0.0, 1.0) + 0.5);
    return c;
}

struct rgba color_over(struct rgba c, struct rgba under)
{
    struct rgba out = color_mix(under, c, c.a / 255.0);
    out.a = 255;
    return out;
}

double color_linear(uint8_t v)
{
    double s = v / 255.0;
    return s <= 0.04045 ? s / 12.92 : pow((s + 0.055) / 1.055, 2.4);
}

double color_luminance(struct rgba c)
{
    return 0.2126 * color_linear(c.r) + 0.7152 * color_linear(c.g) + 0.0722 * color_linear(c.b);
}

double color_contrast(struct rgba a, struct rgba b)
{
    double la = color_luminance(a), lb = color_luminance(b);
    return (fmax(la, lb) + 0.05) / (fmin(la, lb) + 0.05);
}

struct rgba color_ink_on(struct rgba c)
{
    struct rgba black = { 0, 0, 0, 255 }, white = { 255, 255, 255, 255 };
    return color_contrast(c, black) >= color_contrast(c, white) ? black : white;
}
