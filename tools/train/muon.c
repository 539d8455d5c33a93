/* Muon: momentum whose singular values are all made one, for the hidden matrices (Keller Jordan and others, "Muon: An
 * optimizer for hidden layers in neural networks", 2024).
 *
 * A gradient has a few large directions and many small ones, which a step along it never gets to. With equal singular
 * values a step moves all of them. Five Newton-Schulz steps come near enough, and they are nothing but matrix products:
 *
 *     A = X X^T,   X <- a X + (b A + c A A) X,   a, b, c = 3.4445, -4.7750, 2.0315
 *
 * from X scaled to Frobenius norm 1. X lies on its longer side, so that A is small.
 */
#include "muon.h"

#include <math.h>
#include <string.h>

#include <glib.h>

enum { STEPS = 5 };

#define MOMENTUM ((real)0.95)

static const real A = (real)3.4445, B = (real)-4.7750, C = (real)2.0315;

struct muon_room {
	struct kernel_scratch *scratch;
	real *x, *next, *update; /* [most] */
	real *a, *mixed;	 /* [side, side] */
};

struct muon_room *muon_room_create(int most, int side)
{
	struct muon_room *r = g_new(struct muon_room, 1);

	r->scratch = kernel_scratch_create();
	r->x = g_new(real, most);
	r->next = g_new(real, most);
	r->update = g_new(real, most);
	r->a = g_new(real, side * side);
	r->mixed = g_new(real, side * side);
	return r;
}

void muon_room_destroy(struct muon_room *r)
{
	if (!r)
		return;
	kernel_scratch_destroy(r->scratch);
	g_free(r->x);
	g_free(r->next);
	g_free(r->update);
	g_free(r->a);
	g_free(r->mixed);
	g_free(r);
}

/* One Newton-Schulz step on r->x [m, n], m <= n. */
static void newton_schulz(struct muon_room *r, int m, int n)
{
	struct kernel_matrix x = { r->x, n, 1 }, across = { r->x, 1, n }, a = { r->a, m, 1 };

	kernel_matmul(r->scratch, m, m, n, x, across, r->a, false);
	kernel_matmul(r->scratch, m, m, m, a, a, r->mixed, false);
	for (int i = 0; i < m * m; i++)
		r->mixed[i] = B * r->a[i] + C * r->mixed[i];
	kernel_matmul(r->scratch, m, n, m, (struct kernel_matrix){ r->mixed, m, 1 }, x, r->next, false);
	for (int i = 0; i < m * n; i++)
		r->x[i] = A * r->x[i] + r->next[i];
}

void muon_orthogonalise(struct muon_room *r, real *x, int rows, int cols)
{
	int m = MIN(rows, cols), n = MAX(rows, cols);
	int row = rows <= cols ? cols : 1, column = rows <= cols ? 1 : cols; /* of x as [m, n] */
	double norm = 0;

	for (int i = 0; i < m * n; i++)
		norm += (double)x[i] * (double)x[i];

	real scale = (real)(1 / (sqrt(norm) + 1e-20));

	for (int i = 0; i < m; i++)
		for (int j = 0; j < n; j++)
			r->x[(size_t)i * n + j] = scale * x[(size_t)i * row + (size_t)j * column];
	for (int step = 0; step < STEPS; step++)
		newton_schulz(r, m, n);
	for (int i = 0; i < m; i++)
		for (int j = 0; j < n; j++)
			x[(size_t)i * row + (size_t)j * column] = r->x[(size_t)i * n + j];
}

void muon_step(struct muon_room *r, const struct muon_block *b, real *weights, const real *grads, real *momentum,
	       real pace, real keep)
{
	real stride = pace * (real)sqrt((double)MAX(b->rows, b->cols));

	for (int i = 0; i < b->rows; i++)
		for (int j = 0; j < b->cols; j++) {
			size_t at = b->offset + (size_t)i * b->stride + j;

			momentum[at] = MOMENTUM * momentum[at] + (1 - MOMENTUM) * grads[at];
			/* Nesterov's look ahead */
			r->update[(size_t)i * b->cols + j] = MOMENTUM * momentum[at] + (1 - MOMENTUM) * grads[at];
		}
	muon_orthogonalise(r, r->update, b->rows, b->cols);
	for (int i = 0; i < b->rows; i++)
		for (int j = 0; j < b->cols; j++) {
			size_t at = b->offset + (size_t)i * b->stride + j;

			weights[at] = keep * weights[at] - stride * r->update[(size_t)i * b->cols + j];
		}
}
