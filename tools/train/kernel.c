/* The matrix product, packed and blocked for the caches, and the vector operations around it.
 *
 * A product C = A B is cut into tiles of 6 x 16 floats. A tile lives in twelve vector registers while k runs; two more
 * hold a row of B and one a broadcast element of A, which fills the sixteen registers of AVX2:
 *
 *     for each k:   b0 b1 = B[k, 0..15]     acc[i] += A[i, k] * (b0 b1)     for i in 0..5
 *
 * Both operands are first copied ("packed") so that the inner loop reads them in the order in which they lie. A
 * transpose is then only another way of packing, and one kernel serves the three products of a layer: X W, dY W^T and
 * X^T dY. The copy costs one pass over A for each 16 columns' worth of work, under a tenth of the time at the sizes
 * used here.
 */
#include "kernel.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include <glib.h>

enum {
	TILE_ROWS = 6,
	TILE_VECS = 2,
	TILE_COLS = TILE_VECS * KERNEL_LANES,
	BLOCK_K = 256, /* a packed column panel of B, 256 x 16 floats, is 16 KiB: half of a first-level cache */
	BLOCK_M = 96,  /* a packed block of A, 96 x 256 floats, is 96 KiB: in the second level */
	BLOCK_N = 512,
};

struct kernel_scratch {
	real a[BLOCK_M * BLOCK_K] __attribute__((aligned(64)));
	real b[BLOCK_N * BLOCK_K] __attribute__((aligned(64)));
};

struct kernel_scratch *kernel_scratch_create(void)
{
	struct kernel_scratch *s = aligned_alloc(64, sizeof *s);

	if (!s)
		g_error("no memory for packed matrices");
	return s;
}

void kernel_scratch_destroy(struct kernel_scratch *s)
{
	free(s);
}

/* Copies count x depth elements into panels of `wide`: panel p holds, for each k, elements p*wide .. p*wide + wide - 1.
 * The last panel is filled up with zeros, so the kernel never asks where the matrix ends. */
static void pack(real *to, const real *from, int count, int depth, int stride, int stride_k, int wide)
{
	for (int start = 0; start < count; start += wide) {
		int have = MIN(wide, count - start);

		for (int k = 0; k < depth; k++, to += wide) {
			const real *in = from + (long)start * stride + (long)k * stride_k;

			if (have == wide && stride == 1) {
				for (int i = 0; i < wide; i++)
					to[i] = in[i];
				continue;
			}
			for (int i = 0; i < have; i++)
				to[i] = in[(long)i * stride];
			for (int i = have; i < wide; i++)
				to[i] = 0;
		}
	}
}

/* One tile:  a [depth, 6] packed, b [depth, 16] packed, c with row stride ldc, of which rows x cols exist. */
static void tile(int depth, const real *a, const real *b, real *c, int ldc, int rows, int cols, bool add)
{
	vec acc[TILE_ROWS][TILE_VECS] = { 0 };

	for (int k = 0; k < depth; k++, a += TILE_ROWS, b += TILE_COLS) {
		vec b0 = kernel_load(b);
		vec b1 = kernel_load(b + KERNEL_LANES);

#pragma GCC unroll 6
		for (int i = 0; i < TILE_ROWS; i++) {
			acc[i][0] += b0 * a[i];
			acc[i][1] += b1 * a[i];
		}
	}
	if (rows == TILE_ROWS && cols == TILE_COLS) {
#pragma GCC unroll 6
		for (int i = 0; i < TILE_ROWS; i++, c += ldc) {
			kernel_store(c, add ? kernel_load(c) + acc[i][0] : acc[i][0]);
			kernel_store(c + KERNEL_LANES, add ? kernel_load(c + KERNEL_LANES) + acc[i][1] : acc[i][1]);
		}
		return;
	}

	real edge[TILE_ROWS][TILE_COLS];

#pragma GCC unroll 6
	for (int i = 0; i < TILE_ROWS; i++) {
		kernel_store(edge[i], acc[i][0]);
		kernel_store(edge[i] + KERNEL_LANES, acc[i][1]);
	}
	for (int i = 0; i < rows; i++)
		for (int j = 0; j < cols; j++)
			c[(long)i * ldc + j] = edge[i][j] + (add ? c[(long)i * ldc + j] : 0);
}

void kernel_matmul(struct kernel_scratch *s, int m, int n, int k, struct kernel_matrix a, struct kernel_matrix b,
		   real *c, bool add)
{
	for (int j0 = 0; j0 < n; j0 += BLOCK_N) {
		int width = MIN(BLOCK_N, n - j0);

		for (int k0 = 0; k0 < k; k0 += BLOCK_K) {
			int depth = MIN(BLOCK_K, k - k0);

			pack(s->b, b.data + (long)k0 * b.row + (long)j0 * b.column, width, depth, b.column, b.row, TILE_COLS);
			for (int i0 = 0; i0 < m; i0 += BLOCK_M) {
				int height = MIN(BLOCK_M, m - i0);

				pack(s->a, a.data + (long)i0 * a.row + (long)k0 * a.column, height, depth, a.row, a.column,
				     TILE_ROWS);
				for (int j = 0; j < width; j += TILE_COLS)
					for (int i = 0; i < height; i += TILE_ROWS)
						tile(depth, s->a + (long)i * depth, s->b + (long)j * depth,
						     c + (long)(i0 + i) * n + j0 + j, n, MIN(TILE_ROWS, height - i),
						     MIN(TILE_COLS, width - j), add || k0 > 0);
			}
		}
	}
}

real kernel_dot(const real *x, const real *y, int n)
{
	vec sum = { 0 };

	for (int i = 0; i < n; i += KERNEL_LANES)
		sum += kernel_load(x + i) * kernel_load(y + i);
	return kernel_lane_sum(sum);
}

void kernel_axpy(real *y, real alpha, const real *x, int n)
{
	for (int i = 0; i < n; i += KERNEL_LANES)
		kernel_store(y + i, kernel_load(y + i) + alpha * kernel_load(x + i));
}

/* exp, lane by lane. In float: x = q ln 2 + r with |r| <= ln 2 / 2, then exp(x) = 2^q exp(r), exp(r) by its series to
 * the seventh power, whose rest is below 1e-8. 2^q is written straight into the exponent bits. Adding and subtracting
 * 1.5 x 2^23 rounds to the nearest integer. */
static vec vec_exp(vec x)
{
	if (sizeof(real) == sizeof(double)) {
		for (int i = 0; i < KERNEL_LANES; i++)
			x[i] = (real)exp((double)x[i]);
		return x;
	}

	typedef int32_t ints __attribute__((vector_size(32)));
	typedef float floats __attribute__((vector_size(32)));
	const float magic = 12582912.0f;
	floats v = (floats)x;
	floats low = (floats){ 0 } - 87.0f, high = (floats){ 0 } + 88.0f;
	ints under = v < low, over = v > high;

	/* Clamp to what 2^q can hold; a comparison of vectors gives a mask, all ones where it holds. */
	v = (floats)(((ints)v & ~under & ~over) | ((ints)low & under) | ((ints)high & over));

	floats q = (v * 1.44269504f + magic) - magic;
	floats r = v - q * 0.693359375f + q * 2.12194440e-4f;
	floats series = r * (1.0f / 5040) + 1.0f / 720;

	series = series * r + 1.0f / 120;
	series = series * r + 1.0f / 24;
	series = series * r + 1.0f / 6;
	series = series * r + 0.5f;
	series = series * r + 1.0f;
	series = series * r + 1.0f;

	ints power = (__builtin_convertvector(q, ints) + 127) << 23;

	return (vec)(series * (floats)power);
}

real kernel_exp_sum(real *x, real shift, int n)
{
	vec sum = { 0 };
	real tail = 0;
	int i = 0;

	for (; i + KERNEL_LANES <= n; i += KERNEL_LANES) {
		vec e = vec_exp(kernel_load(x + i) - shift);

		kernel_store(x + i, e);
		sum += e;
	}
	if (i < n) {
		vec e = { 0 };

		for (int j = i; j < n; j++)
			e[j - i] = x[j] - shift;
		e = vec_exp(e);
		for (int j = i; j < n; j++) {
			x[j] = e[j - i];
			tail += x[j];
		}
	}
	return kernel_lane_sum(sum) + tail;
}

#define GELU_SCALE ((real)0.7978845608028654) /* sqrt(2 / pi) */
#define GELU_CUBIC ((real)0.044715)

void kernel_gelu(real *y, const real *x, int n)
{
	for (int i = 0; i < n; i += KERNEL_LANES) {
		vec v = kernel_load(x + i);
		vec u = GELU_SCALE * (v + GELU_CUBIC * v * v * v);

		kernel_store(y + i, v / ((real)1 + vec_exp((real)-2 * u)));
	}
}

/* With y = x s and s = sigmoid(2u):  y' = s + x s (1 - s) 2 u',  u' = sqrt(2/pi) (1 + 3 * 0.044715 x^2).  */
void kernel_gelu_back(real *dx, const real *dy, const real *x, int n)
{
	for (int i = 0; i < n; i += KERNEL_LANES) {
		vec v = kernel_load(x + i);
		vec u = GELU_SCALE * (v + GELU_CUBIC * v * v * v);
		vec s = (real)1 / ((real)1 + vec_exp((real)-2 * u));
		vec slope = GELU_SCALE * ((real)1 + 3 * GELU_CUBIC * v * v);

		kernel_store(dx + i, kernel_load(dy + i) * (s + (real)2 * v * s * ((real)1 - s) * slope));
	}
}
