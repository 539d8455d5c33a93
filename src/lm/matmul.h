/* The product of rows with a weight matrix, y = x W + b, in a fixed order of summation.
 *
 * Output j of a row is  (...((x0 W0j) + x1 W1j) + ...) + bj : one running sum over the inputs, from the first to the
 * last. Lanes of the processor hold different outputs, never parts of one sum, so neither the vector width nor the
 * number of rows in a call can change a bit of any row.
 *
 * W lies in panels of MATMUL_PANEL outputs: panel p, input i, lane l is W[i][p * MATMUL_PANEL + l], zero beyond the
 * last output.
 */
#pragma once
#include <glib.h>
#include <stddef.h>
#include <stdint.h>

enum { MATMUL_PANEL = 16 };

struct matrix { int in, out; float *panels, *bias; /* bias NULL: none */ };

/* Room for a zeroed matrix; out need not be a multiple of anything. */
struct matrix matrix_new(int in, int out);
void matrix_clear(struct matrix *m);
/* Where W[i][j] lies in m->panels. */
static inline size_t matrix_slot(const struct matrix *m, int i, int j)
{
    return ((size_t)(j / MATMUL_PANEL) * (size_t)m->in + (size_t)i) * MATMUL_PANEL + (size_t)(j % MATMUL_PANEL);
}

/* Multiply-adds done, and bytes of weights (or of a cache) that were read for them, each once however many rows used
 * it. */
struct work { int64_t adds, bytes; };

/* x [rows][in], y [rows][out]. Work is counted panel by panel, for outputs that exist. */
struct work matmul(const struct matrix *m, const float *x, int rows, float *y);
/* The same with vectors of 4, 8 or 16 floats, at most matmul_lanes(); same bits. */
struct work matmul_with(const struct matrix *m, const float *x, int rows, float *y, int lanes);
int matmul_lanes(void); /* the widest vectors of this processor: 16 with AVX-512, 8 with AVX2, else 4 */
/* Sum of x[i] y[i], in eight interleaved running sums that are added in a fixed order. */
float matmul_dot(const float *x, const float *y, int n);
