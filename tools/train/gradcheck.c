/* Is the backward pass the derivative of the forward pass? Asked of every tensor of a tiny model.
 *
 * Along a direction u of a tensor the derivative of the loss is  g . u  if the gradient g is right, and
 *
 *     (loss(w + h u) - loss(w - h u)) / 2h
 *
 * in any case. Two kinds of direction are tried: along g itself, where the answer |g| is largest, and a random one of
 * the same length (every element +-1), which no error in g can hide from for long. In double precision both agree to
 * eight digits; in float the loss has only seven, so the step is larger and the demand weaker.
 *
 * A check that cannot fail proves nothing: the last line spoils one gradient by 2 % and wants to be told so.
 */
#include "gradcheck.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <glib.h>

#include "model.h"
#include "muon.h"
#include "random.h"

static const struct model_config TINY = { .layers = 2, .heads = 2, .width = 16, .context = 12, .vocab = 23 };

enum { TOKENS = 25, DIRECTIONS = 6 };

struct check {
	struct model_work *work;
	struct model_batch batch;
	real *params, *moved, *grads;
	size_t count;
	double step, tolerance;
};

static double loss_at(struct check *k, const struct model_tensor *t, const double *direction, double step)
{
	memcpy(k->moved, k->params, k->count * sizeof *k->moved);
	for (size_t i = 0; i < t->count; i++)
		k->moved[t->offset + i] += (real)(step * direction[i]);
	return model_loss(k->work, k->moved, NULL, &k->batch, 1);
}

/* The worst disagreement over the directions, relative to the gradient's length. */
static double tensor_error(struct check *k, const struct model_tensor *t, struct random_state *r)
{
	double *direction = g_new(double, t->count), length = 0, worst = 0;

	for (size_t i = 0; i < t->count; i++)
		length += (double)k->grads[t->offset + i] * (double)k->grads[t->offset + i];
	length = sqrt(length);
	for (int d = 0; d < DIRECTIONS; d++) {
		double claimed = 0;

		for (size_t i = 0; i < t->count; i++) {
			double g = (double)k->grads[t->offset + i];

			direction[i] = d == 0 ? g / length : (random_below(r, 2) ? 1 : -1) / sqrt((double)t->count);
			claimed += g * direction[i];
		}

		double measured = (loss_at(k, t, direction, k->step) - loss_at(k, t, direction, -k->step)) / (2 * k->step);

		worst = fmax(worst, fabs(measured - claimed) / length);
	}
	g_free(direction);
	return worst;
}

/* y = X x or, across, y = X^T x.  X [rows, cols]; x and y as long as they must be. Returns |y|. */
static double times(const real *matrix, int rows, int cols, bool across, const double *x, double *y)
{
	double length = 0;

	for (int i = 0; i < (across ? cols : rows); i++) {
		y[i] = 0;
		for (int j = 0; j < (across ? rows : cols); j++)
			y[i] += (double)matrix[across ? (size_t)j * cols + i : (size_t)i * cols + j] * x[j];
		length += y[i] * y[i];
	}
	return sqrt(length);
}

/* With X = U S V^T and its orthogonal factor O = U T V^T, O X^T = U T S U^T is symmetric, and |O v| / |v| lies between
 * the smallest and the largest singular value of O, in whichever direction of the shorter side v points. X has singular
 * values from 1 down to 1/20. */
static bool muon_holds(int rows, int cols)
{
	enum { SIDE = 48 };
	int side = MIN(rows, cols);
	bool wide = cols > rows, fine = true;
	struct random_state r = random_seeded(11, rows);
	struct muon_room *room = muon_room_create(rows * cols, side);
	real x[SIDE * SIDE], o[SIDE * SIDE];
	double v[SIDE], w[SIDE], u[SIDE], uneven = 0, size = 0, least = INFINITY, most = 0;

	/* Rows (or columns) of very different lengths have very different singular values. */
	for (int i = 0; i < rows * cols; i++)
		x[i] = o[i] = (real)(random_normal(&r) / (1 + (wide ? i / cols : i % cols)));
	muon_orthogonalise(room, o, rows, cols);
	for (int trial = 0; trial < 200; trial++) {
		double length = 0, there = 0, back = 0;

		for (int i = 0; i < side; i++) {
			v[i] = random_normal(&r);
			w[i] = random_normal(&r);
			length += v[i] * v[i];
		}

		double ratio = times(o, rows, cols, wide, v, u) / sqrt(length);

		least = MIN(least, ratio);
		most = MAX(most, ratio);

		/* v . (O X^T or O^T X) w, and the same with v and w exchanged */
		double xw[SIDE], ow[SIDE];

		times(x, rows, cols, wide, w, xw);
		times(o, rows, cols, wide, w, ow);
		double xv[SIDE];

		times(x, rows, cols, wide, v, xv);
		for (int i = 0; i < MAX(rows, cols); i++) {
			there += u[i] * xw[i];
			back += ow[i] * xv[i];
		}
		uneven = MAX(uneven, fabs(there - back));
		size = MAX(size, fabs(there));
	}
	fine = least >= 0.6 && most <= 1.3 && uneven <= 1e-3 * size;
	printf("muon, %2d x %-2d             stretches %.2f to %.2f, uneven %.0e %s\n", rows, cols, least, most,
	       uneven / size, fine ? "ok" : "WRONG");
	muon_room_destroy(room);
	return fine;
}

bool gradcheck_run(void)
{
	/* Three stories of 12, 1 and 12 tokens: the longest that fits, and the shortest. */
	static const int start[] = { 0, 12, 13, TOKENS };
	bool in_double = sizeof(real) == sizeof(double), fine = true;
	struct random_state r = random_seeded(5, 1);
	int input[TOKENS], target[TOKENS];
	real weight[TOKENS];
	struct check k = {
		.work = model_work_create(&TINY, TOKENS),
		.batch = { 3, start, input, target, weight },
		.count = model_parameter_count(&TINY),
		.step = in_double ? 1e-5 : 4e-3,
		.tolerance = in_double ? 1e-7 : 1e-3,
	};

	for (int i = 0; i < TOKENS; i++) {
		input[i] = random_below(&r, TINY.vocab);
		target[i] = random_below(&r, TINY.vocab);
		weight[i] = (real)(1 + random_below(&r, 4));
	}
	k.params = g_new(real, k.count);
	k.moved = g_new(real, k.count);
	k.grads = g_new0(real, k.count);
	model_init(&TINY, k.params, 3);
	/* Away from the initial zeros and ones, where a forgotten bias or gain would not show. */
	for (size_t i = 0; i < k.count; i++)
		k.params[i] += (real)(0.2 * random_normal(&r));
	model_loss(k.work, k.params, k.grads, &k.batch, 1);

	for (int i = 0; i < model_tensor_count(&TINY); i++) {
		struct model_tensor t = model_tensor_at(&TINY, i);
		double error = tensor_error(&k, &t, &r);

		printf("%-24s %9.1e %s\n", t.name, error, error <= k.tolerance ? "ok" : "WRONG");
		fine &= error <= k.tolerance;
	}

	struct model_tensor t = model_tensor_at(&TINY, 2 + MODEL_C_FC_WEIGHT);

	for (size_t i = 0; i < t.count; i++)
		k.grads[t.offset + i] *= (real)1.02;

	double error = tensor_error(&k, &t, &r);

	fine &= muon_holds(16, 48) && muon_holds(48, 16) && muon_holds(24, 24);
	printf("%-24s %9.1e %s\n", "spoiled by 2 %", error, error > k.tolerance ? "noticed" : "NOT NOTICED");
	fine &= error > k.tolerance;
	printf("%s in %s, tolerance %.0e\n", fine ? "All gradients agree" : "The gradients are wrong",
	       in_double ? "double" : "float", k.tolerance);
	model_work_destroy(k.work);
	g_free(k.params);
	g_free(k.moved);
	g_free(k.grads);
	return fine;
}
