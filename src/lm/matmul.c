/* The walk over panels and rows; the inner loops are in matmul_tile.h, compiled for vectors of four floats, which every
 * x86-64 and AArch64 processor has, and on x86-64 again for eight (AVX2) and sixteen (AVX-512), taken where the
 * processor can.
 *
 * Each output's sum runs over the inputs in order in all of them, and no fused multiply-add is used, so row 3 of a pass
 * over seven rows has the bits that it has alone, on every processor. A few panels are taken at a time and used for all
 * rows of the pass while they are in the second-level cache, so a weight comes from memory once a pass.
 */
#include "lm/matmul.h"

#include <glib.h>

enum { ALIGNMENT = 64, MOST_ROWS = 8, MOST_COLUMNS = 8, BLOCK_FLOATS = 1 << 16 };

/* Sums of neighbouring outputs, as far as these exist, with their bias into a row of y. */
static inline void store(const struct matrix *m, const float *sums, int first, int n, float *y)
{
    for (int l = 0; l < n && first + l < m->out; l++)
        y[first + l] = m->bias ? sums[l] + m->bias[first + l] : sums[l];
}

#define TILE_LANES 4
#define TILE_ROWS 4
#define TILE_TARGET
#define TILE(name) name##_by_4
#include "lm/matmul_tile.h"

#ifdef __x86_64__
#define TILE_LANES 8
#define TILE_ROWS 4
#define TILE_TARGET __attribute__((target("avx2")))
#define TILE(name) name##_by_8
#include "lm/matmul_tile.h"

#define TILE_LANES 16
#define TILE_ROWS 8
#define TILE_TARGET __attribute__((target("avx512f")))
#define TILE(name) name##_by_16
#include "lm/matmul_tile.h"
#endif

int matmul_lanes(void)
{
#ifdef __x86_64__
    return __builtin_cpu_supports("avx512f") ? 16 : __builtin_cpu_supports("avx2") ? 8 : 4;
#else
    return 4;
#endif
}

struct matrix matrix_new(int in, int out)
{
    g_assert(in > 0 && out > 0);
    size_t panels = ((size_t)out + MATMUL_PANEL - 1) / MATMUL_PANEL;
    return (struct matrix){
        .in = in,
        .out = out,
        .panels = g_aligned_alloc0(panels * (size_t)in, MATMUL_PANEL * sizeof(float), ALIGNMENT),
    };
}

void matrix_clear(struct matrix *m)
{
    g_aligned_free(m->panels);
    g_free(m->bias);
    *m = (struct matrix){ 0 };
}

static void run_block(const struct matrix *m, const float *x, int rows, int first, int panels, int lanes, float *y)
{
#ifdef __x86_64__
    if (lanes == 16) {
        block_by_16(m, x, rows, first, panels, y);
        return;
    }
    if (lanes == 8) {
        block_by_8(m, x, rows, first, panels, y);
        return;
    }
#endif
    (void)lanes;
    block_by_4(m, x, rows, first, panels, y);
}

/* Panels at a time: as many as one row keeps sums for, and with more rows no more than half a cache of 512 KiB. */
static int block_panels(const struct matrix *m, int rows)
{
    int fit = (int)(BLOCK_FLOATS / ((int64_t)m->in * MATMUL_PANEL));
    return rows == 1 ? MOST_COLUMNS : CLAMP(fit, 2, MOST_COLUMNS);
}

struct work matmul_with(const struct matrix *m, const float *x, int rows, float *y, int lanes)
{
    const int most = lanes == 16 ? 8 : 4, panels = (m->out + MATMUL_PANEL - 1) / MATMUL_PANEL;
    const int block = block_panels(m, rows);
    struct work done = { 0 };

    for (int panel = 0; panel < panels; panel += block) {
        int taken = MIN(block, panels - panel), first = panel * MATMUL_PANEL;
        int columns = MIN(taken * MATMUL_PANEL, m->out - first);
        for (int row = 0, some; row < rows; row += some) {
            some = MIN(most, rows - row);
            run_block(m, x + (size_t)row * (size_t)m->in, some, first, taken, lanes,
                      y + (size_t)row * (size_t)m->out);
            done.adds += (int64_t)some * m->in * columns;
        }
        done.bytes += (int64_t)sizeof(float) * columns * (m->in + (m->bias ? 1 : 0));
    }
    return done;
}

struct work matmul(const struct matrix *m, const float *x, int rows, float *y)
{
    return matmul_with(m, x, rows, y, matmul_lanes());
}

float matmul_dot(const float *x, const float *y, int n)
{
    lanes_by_4 a = { 0 }, b = { 0 };
    int i = 0;

    for (; i + 8 <= n; i += 8) {
        const lanes_any_by_4 *p = (const lanes_any_by_4 *)(x + i), *q = (const lanes_any_by_4 *)(y + i);
        a += p[0] * q[0];
        b += p[1] * q[1];
    }
    a += b;
    float sum = ((a[0] + a[1]) + a[2]) + a[3];
    for (; i < n; i++)
        sum += x[i] * y[i];
    return sum;
}
