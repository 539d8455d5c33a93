/* The arithmetic under the model: one matrix product and a few row operations, on AVX2-sized vectors.
 *
 * `real` is float for training. Compiled with -DREAL=double the same code runs in double precision, where finite
 * differences are sharp enough to check a gradient to many digits. Every sum has one fixed order, so a result depends
 * on nothing but its inputs.
 */
#ifndef TRAIN_KERNEL_H
#define TRAIN_KERNEL_H

#include <stdbool.h>

#ifndef REAL
#define REAL float
#endif

typedef REAL real;
typedef real vec __attribute__((vector_size(32)));
typedef real vec_any __attribute__((vector_size(32), aligned(sizeof(real)), may_alias));

enum { KERNEL_LANES = 32 / sizeof(real) };

static inline vec kernel_load(const real *p)
{
	return *(const vec_any *)p;
}

static inline void kernel_store(real *p, vec v)
{
	*(vec_any *)p = v;
}

static inline real kernel_lane_sum(vec v)
{
	real sum = 0;

	for (int i = 0; i < KERNEL_LANES; i++)
		sum += v[i];
	return sum;
}

/* A matrix as the product sees it: element (i, j) lies at data[i * row + j * column]. A transpose swaps the strides. */
struct kernel_matrix {
	const real *data;
	int row, column;
};

/* Room for packed operands; one for each thread. */
struct kernel_scratch;

struct kernel_scratch *kernel_scratch_create(void);
void kernel_scratch_destroy(struct kernel_scratch *s);

/* C = A B, or C += A B if `add`.  A [m, k], B [k, n], C [m, n] row-major without gaps. */
void kernel_matmul(struct kernel_scratch *s, int m, int n, int k, struct kernel_matrix a, struct kernel_matrix b,
		   real *c, bool add);

/* For the row operations n is a multiple of KERNEL_LANES. */
real kernel_dot(const real *x, const real *y, int n);
void kernel_axpy(real *y, real alpha, const real *x, int n); /* y += alpha x */

/* x = exp(x - shift); returns the sum of the results. Any n. */
real kernel_exp_sum(real *x, real shift, int n);

/* GELU in its tanh form:  y = x s,  s = 1 / (1 + exp(-2u)),  u = sqrt(2/pi) (x + 0.044715 x^3)  */
void kernel_gelu(real *y, const real *x, int n);
void kernel_gelu_back(real *dx, const real *dy, const real *x, int n); /* dx = dy GELU'(x); may be in place */

#endif
