/* The walk over panels and rows; the inner loops are in matmul_tile.h, compiled for vectors of four floats, which every
 * x86-64 and AArch64 processor has, and on x86-64 again for eight (AVX2), taken where the processor can.
 *
 * Each output's sum runs over the inputs in order in all of them, and no fused multiply-add is used, so row 3 of a pass
 * over seven rows has the bits that it has alone, on every processor. Four rows at once read each weight once instead
 * of four times, which is what makes prefill fast.
 */
#include "lm/matmul.h"

#include <glib.h>

enum { ALIGNMENT = 64, TILE_ROWS = 4 };

#define TILE_LANES 4
#define TILE_TARGET
#define TILE(name) name##_by_4
#include "lm/matmul_tile.h"

#ifdef __x86_64__
#define TILE_LANES 8
#define TILE_TARGET __attribute__((target("avx2")))
#define TILE(name) name##_by_8
#include "lm/matmul_tile.h"
#endif

gboolean matmul_is_wide(void)
{
#ifdef __x86_64__
    return __builtin_cpu_supports("avx2") != 0;
#else
    return FALSE;
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

static void store_rows(const struct matrix *m, const float *sums, int rows, int first, int columns, float *y)
{
    for (int r = 0; r < rows; r++, y += m->out, sums += MATMUL_PANEL)
        for (int l = 0; l < columns; l++)
            y[first + l] = m->bias ? sums[l] + m->bias[first + l] : sums[l];
}

static void run_panel(const float *x, int rows, int in, float *panel, gboolean wide, float *sums)
{
#ifdef __x86_64__
    if (wide) {
        panel_by_8(x, rows, in, panel, sums);
        return;
    }
#endif
    (void)wide;
    panel_by_4(x, rows, in, panel, sums);
}

struct work matmul_with(const struct matrix *m, const float *x, int rows, float *y, gboolean wide)
{
    float sums[TILE_ROWS * MATMUL_PANEL];
    struct work done = { 0 };

    for (int first = 0; first < m->out; first += MATMUL_PANEL) {
        int columns = MIN(MATMUL_PANEL, m->out - first);
        for (int row = 0, taken; row < rows; row += taken) {
            taken = rows - row >= TILE_ROWS ? TILE_ROWS : 1;
            run_panel(x + (size_t)row * (size_t)m->in, taken, m->in, m->panels + (size_t)first * (size_t)m->in, wide,
                      sums);
            store_rows(m, sums, taken, first, columns, y + (size_t)row * (size_t)m->out);
            done.adds += (int64_t)taken * m->in * columns;
        }
        done.bytes += (int64_t)sizeof(float) * columns * (m->in + (m->bias ? 1 : 0));
    }
    return done;
}

struct work matmul(const struct matrix *m, const float *x, int rows, float *y)
{
    return matmul_with(m, x, rows, y, matmul_is_wide());
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
