/* Muon's step for one matrix: the momentum with all its singular values made (nearly) one. */
#ifndef TRAIN_MUON_H
#define TRAIN_MUON_H

#include <stddef.h>

#include "kernel.h"

/* A matrix that lies inside a larger one: element (i, j) at data[i * stride + j]. */
struct muon_block {
	size_t offset; /* into the parameters */
	int rows, cols, stride;
};

/* Memory for matrices of up to `most` elements whose shorter side is at most `side`; one for each thread. */
struct muon_room;

struct muon_room *muon_room_create(int most, int side);
void muon_room_destroy(struct muon_room *r);

/* x [rows, cols] with row stride `cols` becomes U V^T of its singular value decomposition U S V^T, nearly: the singular
 * values end between 0.7 and 1.2. A zero matrix stays zero. */
void muon_orthogonalise(struct muon_room *r, real *x, int rows, int cols);

/* weights -= pace x sqrt(max(rows, cols)) x orthogonalised (grad + momentum), so that a step's elements have a root
 * mean square of about `pace`; before that the weights shrink by the factor `keep`. All three hold the block at its
 * offset. */
void muon_step(struct muon_room *r, const struct muon_block *b, real *weights, const real *grads, real *momentum,
	       real pace, real keep);

#endif
