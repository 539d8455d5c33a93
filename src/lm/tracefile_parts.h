/* The names in a trace file, for its writer and its reader. */
#pragma once
#include "lm/trace.h"

#include <stddef.h>

#define TRACEFILE_FORMAT "kvreel-trace"
#define TRACEFILE_VERSION "1"

/* A whole number of "model". needed: a file must say it; the others follow from the tensors, or default to 0. */
struct shape_key { const char *key; size_t offset; gint64 least, most; gboolean needed; };
extern const struct shape_key shape_keys[]; /* ends with key NULL */
/* Which biases a model of the Llama family has: true or false, false where nothing is said. */
struct bias_key { const char *key; size_t offset; };
extern const struct bias_key bias_keys[]; /* ends with key NULL */
/* "gpt2", ..., by enum lm_family; NULL-ended */
extern const char *const family_names[];
/* "trained": what a film may say of weights of that origin; both NULL-ended, in one order */
extern const char *const origin_names[], *const origin_words[];

/* FALSE and error when the numbers of a trace do not fit together, or its tensors are not those of a softmax over q .
 * k; `path` names the file. Needs everything but tokens, passes and the chosen head. */
gboolean tracefile_check(const struct trace *t, const char *path, GError **error);
/* Each head's mix of values from its shares, as lm_forward() computes it: row i of out [n][D]. */
void tracefile_mix(const float *shares, const float *v, int n, int width, float *out);
