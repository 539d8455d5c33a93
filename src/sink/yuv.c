/* Each plane is a rounded linear form of R'G'B' (ITU-R BT.709, 8 bits):
 *
 *     Y  = 16 + 219/255 (0.2126 R + 0.7152 G + 0.0722 B)           #0A0F1E -> 16 + 0.8588 x 15.02 = 28.9 -> 29
 *     Cb = 128 + 224/255 (B - luma) / 1.8556
 *     Cr = 128 + 224/255 (R - luma) / 1.5748
 *
 * in whole numbers with 24 and 23 binary places, which leaves less than 0.001 of a level beside the half from rounding,
 * and makes every pixel independent of how the picture is split.
 *
 * Siting: H.264 players that are told nothing, and many that are told otherwise, take a chroma sample to lie on the
 * left one of its two columns (midway between the two rows). So it is made to lie there, by weights 1-2-1 over the
 * columns around it, instead of averaging a 2 x 2 box, which lies half a pixel further right: coloured cells would show
 * a fringe on one side. The price is that a pixel touches the chroma of the column pair to its right: the first chroma
 * column right of a changed tile is converted again. */
#include "sink/yuv.h"

enum { LUMA_BITS = 24, CHROMA_BITS = 23, CHUNK = 256 /* chroma columns at a time */ };

#define KR 0.2126
#define KG 0.7152
#define KB 0.0722
#define LUMA(k) ((uint32_t)((k) * 219 / 255 * (1 << LUMA_BITS) + 0.5))
/* The chroma sums add eight pixels' worth of weight. Rounded away from zero by hand: a conversion cuts towards zero. */
#define CHROMA(k) ((int32_t)((k) * 224 / 255 / 8 * (1 << CHROMA_BITS) + ((k) < 0 ? -0.5 : 0.5)))
enum {
    CB_R = CHROMA(-KR / 1.8556), CB_G = CHROMA(-KG / 1.8556), CB_B = -(CB_R + CB_G), /* grey is exactly 128 */
    CR_G = CHROMA(-KG / 1.5748), CR_B = CHROMA(-KB / 1.5748), CR_R = -(CR_G + CR_B),
};

/* The whole conversion of a box is compiled twice from one text, so everything in it must end up in one function. */
#define ALWAYS_INLINE static inline __attribute__((always_inline))

static inline uint32_t red(uint32_t p) { return p >> 16 & 255; }
static inline uint32_t green(uint32_t p) { return p >> 8 & 255; }
static inline uint32_t blue(uint32_t p) { return p & 255; }

ALWAYS_INLINE void convert_luma(uint8_t *restrict y, const uint32_t *restrict pixels, int n)
{
    const uint32_t base = (16u << LUMA_BITS) + (1u << (LUMA_BITS - 1));
    for (int i = 0; i < n; i++) {
        uint32_t p = pixels[i];
        y[i] = (uint8_t)((base + LUMA(KR) * red(p) + LUMA(KG) * green(p) + LUMA(KB) * blue(p)) >> LUMA_BITS);
    }
}

/* Sums of two rows' colours for pixels from - 1 .. from + n - 2; the picture's first column stands in for the one
 * before. */
ALWAYS_INLINE void add_rows(int32_t *restrict r, int32_t *restrict g, int32_t *restrict b,
                            const uint32_t *restrict upper, const uint32_t *restrict lower, int from, int n)
{
    for (int i = from ? 0 : 1; i < n; i++) {
        uint32_t p = upper[from + i - 1], q = lower[from + i - 1];
        r[i] = (int32_t)(red(p) + red(q));
        g[i] = (int32_t)(green(p) + green(q));
        b[i] = (int32_t)(blue(p) + blue(q));
    }
    if (!from) {
        r[0] = r[1];
        g[0] = g[1];
        b[0] = b[1];
    }
}

ALWAYS_INLINE void convert_chroma(uint8_t *restrict u, uint8_t *restrict v, const int32_t *restrict r,
                                  const int32_t *restrict g, const int32_t *restrict b, int n)
{
    const int32_t base = (128 << CHROMA_BITS) + (1 << (CHROMA_BITS - 1));
    for (int i = 0; i < n; i++) {
        int32_t red8 = r[2 * i] + 2 * r[2 * i + 1] + r[2 * i + 2];
        int32_t green8 = g[2 * i] + 2 * g[2 * i + 1] + g[2 * i + 2];
        int32_t blue8 = b[2 * i] + 2 * b[2 * i + 1] + b[2 * i + 2];
        u[i] = (uint8_t)((base + CB_R * red8 + CB_G * green8 + CB_B * blue8) >> CHROMA_BITS);
        v[i] = (uint8_t)((base + CR_R * red8 + CR_G * green8 + CR_B * blue8) >> CHROMA_BITS);
    }
}

/* Chroma columns from .. to - 1 of the row whose upper pixel row is y. */
ALWAYS_INLINE void convert_chroma_row(const struct yuv *to, const uint32_t *pixels, int y, int from, int end)
{
    int32_t r[2 * CHUNK + 1], g[2 * CHUNK + 1], b[2 * CHUNK + 1];
    const uint32_t *upper = pixels + (size_t)y * (size_t)to->width, *lower = upper + to->width;
    uint8_t *u = to->plane[1] + (ptrdiff_t)(y / 2) * to->stride[1];
    uint8_t *v = to->plane[2] + (ptrdiff_t)(y / 2) * to->stride[2];
    for (; from < end; from += CHUNK) {
        int n = MIN(CHUNK, end - from);
        add_rows(r, g, b, upper, lower, 2 * from, 2 * n + 1);
        convert_chroma(u + from, v + from, r, g, b, n);
    }
}

/* Pixels x0 .. x1 - 1 of rows y0 .. y1 - 1, all even. */
ALWAYS_INLINE void convert_box(const struct yuv *to, const uint32_t *pixels, int x0, int x1, int y0, int y1)
{
    for (int y = y0; y < y1; y++) {
        uint8_t *luma = to->plane[0] + (ptrdiff_t)y * to->stride[0];
        convert_luma(luma + x0, pixels + (size_t)y * (size_t)to->width + x0, x1 - x0);
    }
    for (int y = y0; y < y1; y += 2) convert_chroma_row(to, pixels, y, x0 / 2, MIN(x1 / 2 + 1, to->width / 2));
}

static void convert_box_plain(const struct yuv *to, const uint32_t *pixels, int x0, int x1, int y0, int y1)
{
    convert_box(to, pixels, x0, x1, y0, y1);
}

/* The compiler's own vectors, three times as fast with AVX2. Whole numbers, so the bytes are the same. */
#ifdef __x86_64__
__attribute__((target("avx2")))
static void convert_box_avx2(const struct yuv *to, const uint32_t *pixels, int x0, int x1, int y0, int y1)
{
    convert_box(to, pixels, x0, x1, y0, y1);
}

static bool has_avx2(void) { return __builtin_cpu_supports("avx2"); }
#else
#define convert_box_avx2 convert_box_plain
static bool has_avx2(void) { return false; }
#endif

static void convert(const struct yuv *to, const uint32_t *pixels, const struct damage *damage,
                    void (*box)(const struct yuv *, const uint32_t *, int, int, int, int))
{
    if (!damage) {
        box(to, pixels, 0, to->width, 0, to->height);
        return;
    }
    for (int row = 0; row < damage->rows; row++) {
        const uint8_t *changed = damage->changed + (size_t)row * (size_t)damage->cols;
        for (int col = 0; col < damage->cols; col++) {
            if (!changed[col]) continue;
            int first = col;
            while (col < damage->cols && changed[col]) col++;
            box(to, pixels, first * DAMAGE_TILE, MIN(to->width, col * DAMAGE_TILE), row * DAMAGE_TILE,
                MIN(to->height, (row + 1) * DAMAGE_TILE));
        }
    }
}

void yuv_convert(const struct yuv *to, const uint32_t *pixels, const struct damage *damage)
{
    convert(to, pixels, damage, has_avx2() ? convert_box_avx2 : convert_box_plain);
}

void yuv_convert_plain(const struct yuv *to, const uint32_t *pixels, const struct damage *damage)
{
    convert(to, pixels, damage, convert_box_plain);
}
