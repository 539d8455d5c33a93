/* GPT-2, forwards and backwards, on a batch of stories laid end to end.
 *
 * Field letters:  L layers, H heads, C width, D = C / H head width, V vocabulary, N tokens in a batch. Stories keep
 * their own lengths: all matrix products run over the N tokens at once, only attention and the positions know where a
 * story begins, so no padding is ever computed.
 */
#ifndef TRAIN_MODEL_H
#define TRAIN_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel.h"

struct model_config {
	int layers, heads, width, context, vocab;
};

/* The tensors in the order in which they lie in the flat parameter array: the two embeddings, twelve for each layer,
 * then the last norm. Matrices are [in, out], row-major. */
enum model_part {
	MODEL_LN_1_WEIGHT,
	MODEL_LN_1_BIAS,
	MODEL_C_ATTN_WEIGHT, /* [C, 3C]: query, key, value side by side */
	MODEL_C_ATTN_BIAS,
	MODEL_ATTN_PROJ_WEIGHT, /* [C, C] */
	MODEL_ATTN_PROJ_BIAS,
	MODEL_LN_2_WEIGHT,
	MODEL_LN_2_BIAS,
	MODEL_C_FC_WEIGHT, /* [C, 4C] */
	MODEL_C_FC_BIAS,
	MODEL_MLP_PROJ_WEIGHT, /* [4C, C] */
	MODEL_MLP_PROJ_BIAS,
	MODEL_PARTS
};

struct model_tensor {
	char name[40];	 /* as in the published gpt2 file: "h.0.attn.c_attn.weight" */
	int rows, cols;	 /* a vector has rows 0 */
	size_t offset;	 /* into the parameters */
	size_t count;
	bool decays;	 /* weight decay is for matrices */
};

int model_tensor_count(const struct model_config *c);
struct model_tensor model_tensor_at(const struct model_config *c, int index);
size_t model_parameter_count(const struct model_config *c);

/* GPT-2's initial values, scaled for a narrow model. */
void model_init(const struct model_config *c, real *params, uint64_t seed);

/* Stories end to end. Story s is tokens start[s] .. start[s + 1] - 1. */
struct model_batch {
	int story_count;
	const int *start;  /* [story_count + 1] */
	const int *input;  /* [N] */
	const int *target; /* [N], the next token; unused by model_logits */
	const real *weight; /* [N], how much each target counts; NULL: 1 */
};

/* Memory for one batch at a time; one for each thread. */
struct model_work;

struct model_work *model_work_create(const struct model_config *c, int most_tokens);
void model_work_destroy(struct model_work *w);

/* The logits [N, V], owned by w and valid until its next use. */
const real *model_logits(struct model_work *w, const real *params, const struct model_batch *batch);

/* The summed cross entropy of the batch in nats, each target times its weight. Unless grads is NULL, adds to it the
 * gradient of scale x that sum. */
double model_loss(struct model_work *w, const real *params, real *grads, const struct model_batch *batch, real scale);

#endif
