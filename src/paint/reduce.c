/* Area averaging in whole numbers. Lengths are counted in parts so small that both grids fall on whole parts: a pixel of
 * the picture is to_w parts wide and a new pixel w parts, because w x to_w parts are the whole row. So no weight is ever
 * rounded: 3 pixels to 2 weigh 2:1 and 1:2. Light is 16 bits a channel, and a sum of weights times light has at most
 * 16 + 13 + 13 bits.
 *
 * The mean of light, not of sRGB numbers, is what an eye sees from further away: thin light lines on a dark ground keep
 * their brightness.
 */
#include "paint/reduce.h"

#include <glib.h>
#include <math.h>
#include <string.h>

enum { LIGHT_MAX = 65535 };

struct reducer { uint16_t light[256]; uint8_t code[LIGHT_MAX + 1]; };

struct reducer *reducer_new(void)
{
    struct reducer *r = g_new(struct reducer, 1);
    for (int i = 0; i < 256; i++) {
        double s = i / 255.0;
        r->light[i] = (uint16_t)(LIGHT_MAX * (s <= 0.04045 ? s / 12.92 : pow((s + 0.055) / 1.055, 2.4)) + 0.5);
    }
    for (int v = 0, i = 0; v <= LIGHT_MAX; v++) { /* the code whose light is nearest */
        if (i < 255 && 2 * v > r->light[i] + r->light[i + 1]) i++;
        r->code[v] = (uint8_t)i;
    }
    return r;
}

void reducer_free(struct reducer *r) { g_free(r); }

/* Adds a row of light, `weight` times, to sums[to_w][3]. */
static void add_row(const struct reducer *r, const uint32_t *row, int w, uint64_t *sums, int to_w, uint64_t weight)
{
    int64_t filled = 0; /* parts of the new pixel that are taken */
    for (int x = 0; x < w; x++) {
        uint64_t red = r->light[row[x] >> 16 & 255], green = r->light[row[x] >> 8 & 255], blue = r->light[row[x] & 255];
        for (int64_t left = to_w; left > 0;) {
            int64_t parts = MIN(left, w - filled);
            sums[0] += red * (uint64_t)parts * weight;
            sums[1] += green * (uint64_t)parts * weight;
            sums[2] += blue * (uint64_t)parts * weight;
            left -= parts;
            filled += parts;
            if (filled == w) sums += 3, filled = 0;
        }
    }
}

static uint32_t mean(const struct reducer *r, const uint64_t *sums, uint64_t parts)
{
    uint32_t out = 0xFF;
    for (int c = 0; c < 3; c++) out = out << 8 | r->code[(sums[c] + parts / 2) / parts];
    return out;
}

void reducer_run(const struct reducer *r, const uint32_t *from, int w, int h, uint32_t *to, int to_w, int to_h, int stride)
{
    size_t n = 3 * (size_t)to_w;
    uint64_t *sums = g_new0(uint64_t, n);
    int64_t filled = 0;
    for (int y = 0; y < h; y++)
        for (int64_t left = to_h; left > 0;) {
            int64_t parts = MIN(left, h - filled);
            add_row(r, from + (size_t)y * (size_t)w, w, sums, to_w, (uint64_t)parts);
            left -= parts;
            filled += parts;
            if (filled < h) continue;
            for (int x = 0; x < to_w; x++) to[x] = mean(r, sums + 3 * x, (uint64_t)w * (uint64_t)h);
            memset(sums, 0, n * sizeof *sums);
            to += stride;
            filled = 0;
        }
    g_free(sums);
}
