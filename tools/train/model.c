/* The transformer. Forward, for each of L layers:
 *
 *     x  = x + proj(attention(norm(x)))         attention: softmax(q k^T / sqrt(D)) v, a token sees itself and those before
 *     x  = x + proj(gelu(fc(norm(x))))
 *
 * then logits = norm(x) wte^T, with the token embedding wte used a second time as the head ("tied").
 *
 * Backward walks the same road from the end. Each step turns dy, the gradient of its output, into dx and adds to its
 * weights' gradients. For y = x W + b:   dx = dy W^T,   dW += x^T dy,   db += the sum of dy's rows.
 *
 * The gradient is checked against finite differences in gradcheck.c.
 */
#include "model.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <glib.h>

#include "random.h"

#define NORM_EPSILON ((real)1e-5)

/* Of the initial values: radians a token, and a gain large enough for attention to choose one token. */
#define FASTEST_WAVE 2.5
#define SLOWEST_WAVE 0.05
#define LOOK_GAIN 1.4
#define MATCH_GAIN 4.0
#define APART_GAIN 2.2
#define FIRST_COPY 0.2

/* --- the parameters -------------------------------------------------------------------------------------------- */

int model_tensor_count(const struct model_config *c)
{
	return 2 + c->layers * MODEL_PARTS + 2;
}

/* rows and cols in units of the width */
static const struct {
	const char *name;
	int rows, cols;
} PARTS[MODEL_PARTS] = {
	[MODEL_LN_1_WEIGHT] = { "ln_1.weight", 0, 1 },
	[MODEL_LN_1_BIAS] = { "ln_1.bias", 0, 1 },
	[MODEL_C_ATTN_WEIGHT] = { "attn.c_attn.weight", 1, 3 },
	[MODEL_C_ATTN_BIAS] = { "attn.c_attn.bias", 0, 3 },
	[MODEL_ATTN_PROJ_WEIGHT] = { "attn.c_proj.weight", 1, 1 },
	[MODEL_ATTN_PROJ_BIAS] = { "attn.c_proj.bias", 0, 1 },
	[MODEL_LN_2_WEIGHT] = { "ln_2.weight", 0, 1 },
	[MODEL_LN_2_BIAS] = { "ln_2.bias", 0, 1 },
	[MODEL_C_FC_WEIGHT] = { "mlp.c_fc.weight", 1, 4 },
	[MODEL_C_FC_BIAS] = { "mlp.c_fc.bias", 0, 4 },
	[MODEL_MLP_PROJ_WEIGHT] = { "mlp.c_proj.weight", 4, 1 },
	[MODEL_MLP_PROJ_BIAS] = { "mlp.c_proj.bias", 0, 1 },
};

struct model_tensor model_tensor_at(const struct model_config *c, int index)
{
	struct model_tensor t = { .offset = 0 };

	for (int i = 0; i <= index; i++) {
		int part = (i - 2) % MODEL_PARTS, last = i - 2 - c->layers * MODEL_PARTS;

		t.offset += t.count;
		if (i == 0 || i == 1) {
			g_strlcpy(t.name, i ? "wpe.weight" : "wte.weight", sizeof t.name);
			t.rows = i ? c->context : c->vocab;
			t.cols = c->width;
		} else if (last >= 0) {
			g_strlcpy(t.name, last ? "ln_f.bias" : "ln_f.weight", sizeof t.name);
			t.rows = 0;
			t.cols = c->width;
		} else {
			snprintf(t.name, sizeof t.name, "h.%d.%s", (i - 2) / MODEL_PARTS, PARTS[part].name);
			t.rows = PARTS[part].rows * c->width;
			t.cols = PARTS[part].cols * c->width;
		}
		t.count = (size_t)MAX(t.rows, 1) * t.cols;
		t.decays = t.rows > 0;
	}
	return t;
}

size_t model_parameter_count(const struct model_config *c)
{
	struct model_tensor last = model_tensor_at(c, model_tensor_count(c) - 1);

	return last.offset + last.count;
}

/* Radians a token, from the fastest wave to the slowest in equal ratios. */
static double wave(int index, int waves)
{
	return FASTEST_WAVE * pow(SLOWEST_WAVE / FASTEST_WAVE, (double)index / (waves - 1));
}

/* Positions start as waves of D / 2 frequencies in the first D dimensions, tokens as noise in the others. With waves
 * "two back" is one rotation, the same everywhere; from noise each position would have to learn its neighbours by
 * itself, and the rare late ones never would.  wpe [context, C], wte [V, C] */
static void init_embeddings(const struct model_config *c, real *wpe, real *wte, double spread)
{
	int d = c->width / c->heads;

	for (int at = 0; at < c->context; at++)
		for (int i = 0; i < c->width; i += 2) {
			real *pair = wpe + (size_t)at * c->width + i;
			double turn = at * wave(i / 2, d / 2);

			pair[0] = i < d ? (real)(sqrt(2) * spread * sin(turn)) : 0;
			pair[1] = i < d ? (real)(sqrt(2) * spread * cos(turn)) : 0;
		}
	for (int id = 0; id < c->vocab; id++)
		memset(wte + (size_t)id * c->width, 0, d * sizeof *wte);
}

/* The first layer's head h starts by looking h + 1 tokens back: its query is the position's waves turned back by so
 * much, its key the waves themselves. Recall takes two layers, "what stood before me?" and then "where was that said?",
 * and neither is of use before the other is there; training from noise sat on a plateau for thousands of steps.  attn
 * [C, 3C] */
static void init_look_back(const struct model_config *c, real *attn)
{
	int d = c->width / c->heads, stride = 3 * c->width;

	for (int h = 0; h < c->heads; h++)
		for (int i = 0; i < d; i += 2) {
			double turn = (h + 1) * wave(i / 2, d / 2);
			real *query = attn + (size_t)i * stride + h * d + i, *key = query + c->width;

			query[0] += (real)(LOOK_GAIN * cos(turn));
			query[1] += (real)(LOOK_GAIN * sin(turn));
			query[stride] -= (real)(LOOK_GAIN * sin(turn));
			query[stride + 1] += (real)(LOOK_GAIN * cos(turn));
			key[0] += (real)LOOK_GAIN;
			key[stride + 1] += (real)LOOK_GAIN;
		}
}

/* Half of the second layer's heads start by matching: half of a head's dimensions give query and key the same view of
 * the content, the other half see the position's waves with opposite signs, so that a token finds where its words, or
 * those that it looked back at, were said elsewhere, and not itself.  attn [C, 3C] */
static void init_match(const struct model_config *c, real *attn)
{
	int d = c->width / c->heads, stride = 3 * c->width;

	for (int h = 0; h < c->heads / 2; h++)
		for (int i = 0; i < d; i++)
			for (int row = 0; row < c->width; row++) {
				real *query = attn + (size_t)row * stride + h * d + i, *key = query + c->width;

				if (i < d / 2 && row >= d) {
					*query *= (real)MATCH_GAIN;
					*key = *query;
				} else if (i >= d / 2 && row == i - d / 2) {
					*query = -(real)APART_GAIN;
					*key = (real)APART_GAIN;
				}
			}
}

/* What a head copies comes out in the terms in which it went in: W_v W_proj starts near a multiple of the identity, as
 * it is found in trained models (after Trockman and Kolter, "Mimetic Initialization of Self-Attention Layers", 2023).
 * attn [C, 3C], proj [C, C] with a row for each dimension of the heads' outputs */
static void init_copying(const struct model_config *c, const real *attn, real *proj, double shrink)
{
	const double alike = 0.7, own = sqrt(1 - alike * alike);
	int width = c->width;

	for (int row = 0; row < width; row++)
		for (int i = 0; i < width; i++) {
			real value = attn[(size_t)row * 3 * width + 2 * width + i], *out = proj + (size_t)i * width + row;

			*out = (real)(alike * shrink * value + own * *out);
		}
}

/* GPT-2 draws from N(0, 0.02^2) at width 768. The same signal at width C takes 0.02 sqrt(768 / C). The two projections
 * that write into the residual stream are shrunk by sqrt(2L), because 2L of them add up there. What starts otherwise is
 * told above. */
void model_init(const struct model_config *c, real *params, uint64_t seed)
{
	struct random_state r = random_seeded(seed, 0);
	double spread = 0.02 * sqrt(768.0 / c->width), shrink = 1 / sqrt(2.0 * c->layers);

	for (int i = 0; i < model_tensor_count(c); i++) {
		struct model_tensor t = model_tensor_at(c, i);
		double scale = strstr(t.name, "c_proj") ? spread * shrink : spread;
		bool gain = strstr(t.name, "ln_") && g_str_has_suffix(t.name, "weight");

		for (size_t j = 0; j < t.count; j++)
			params[t.offset + j] = (real)(t.rows ? scale * random_normal(&r) : gain);
	}
	init_embeddings(c, params + model_tensor_at(c, 1).offset, params, spread);
	for (int l = 0; l < c->layers; l++) {
		real *attn = params + model_tensor_at(c, 2 + l * MODEL_PARTS + MODEL_C_ATTN_WEIGHT).offset;
		real *proj = params + model_tensor_at(c, 2 + l * MODEL_PARTS + MODEL_ATTN_PROJ_WEIGHT).offset;

		init_copying(c, attn, proj, l ? shrink : FIRST_COPY);
		if (l == 0)
			init_look_back(c, attn);
		if (l == 1)
			init_match(c, attn);
	}
}

/* --- memory ---------------------------------------------------------------------------------------------------- */

/* What the backward pass needs of a layer. */
struct layer_state {
	real *in;	       /* [N, C] the residual stream as it came in */
	real *norm_1, *norm_2; /* [N, C] */
	real *rstd_1, *rstd_2; /* [N] one over the standard deviation */
	real *mean_1, *mean_2; /* [N] */
	real *qkv;	       /* [N, 3C] */
	real *weights;	       /* for each story of T tokens and each head: [T, T] after the softmax, zero above the diagonal */
	real *mixed;	       /* [N, C] the heads' outputs side by side */
	real *middle;	       /* [N, C] the residual stream after attention */
	real *fc, *gelu;       /* [N, 4C] before and after */
};

struct model_work {
	struct model_config config;
	struct kernel_scratch *scratch;
	size_t *offsets; /* [tensors] */
	int most_tokens;
	struct layer_state *layers;
	real *last, *norm, *mean, *rstd;     /* [N, C] after the layers, [N, C] normed, [N], [N] */
	real *logits;			     /* [N, V]; in the backward pass their gradient */
	real *dx, *dnorm, *dqkv, *dwide;     /* [N, C], [N, C], [N, 3C], [N, 4C] */
	real *dweights;			     /* [context] */
};

struct model_work *model_work_create(const struct model_config *c, int most_tokens)
{
	struct model_work *w = g_new0(struct model_work, 1);
	size_t n = most_tokens, width = c->width;

	g_assert(c->width % c->heads == 0 && (c->width / c->heads) % KERNEL_LANES == 0);
	w->config = *c;
	w->scratch = kernel_scratch_create();
	w->most_tokens = most_tokens;
	w->offsets = g_new(size_t, model_tensor_count(c));
	for (int i = 0; i < model_tensor_count(c); i++)
		w->offsets[i] = model_tensor_at(c, i).offset;
	w->layers = g_new0(struct layer_state, c->layers);
	for (int l = 0; l < c->layers; l++) {
		struct layer_state *s = &w->layers[l];

		s->in = g_new(real, n * width);
		s->norm_1 = g_new(real, n * width);
		s->norm_2 = g_new(real, n * width);
		s->mean_1 = g_new(real, n);
		s->mean_2 = g_new(real, n);
		s->rstd_1 = g_new(real, n);
		s->rstd_2 = g_new(real, n);
		s->qkv = g_new(real, n * width * 3);
		s->weights = g_new(real, n * c->context * c->heads);
		s->mixed = g_new(real, n * width);
		s->middle = g_new(real, n * width);
		s->fc = g_new(real, n * width * 4);
		s->gelu = g_new(real, n * width * 4);
	}
	w->last = g_new(real, n * width);
	w->norm = g_new(real, n * width);
	w->mean = g_new(real, n);
	w->rstd = g_new(real, n);
	w->logits = g_new(real, n * c->vocab);
	w->dx = g_new(real, n * width);
	w->dnorm = g_new(real, n * width);
	w->dqkv = g_new(real, n * width * 3);
	w->dwide = g_new(real, n * width * 4);
	w->dweights = g_new(real, c->context);
	return w;
}

void model_work_destroy(struct model_work *w)
{
	if (!w)
		return;
	for (int l = 0; l < w->config.layers; l++) {
		struct layer_state *s = &w->layers[l];
		real *all[] = { s->in,	s->norm_1,  s->norm_2, s->mean_1, s->mean_2, s->rstd_1, s->rstd_2,
				s->qkv, s->weights, s->mixed,  s->middle, s->fc,     s->gelu };

		for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
			g_free(all[i]);
	}

	real *all[] = { w->last, w->norm, w->mean, w->rstd, w->logits, w->dx, w->dnorm, w->dqkv, w->dwide, w->dweights };

	for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
		g_free(all[i]);
	g_free(w->layers);
	g_free(w->offsets);
	kernel_scratch_destroy(w->scratch);
	g_free(w);
}

/* Where a tensor of layer l lies, in the parameters or in the gradients alike. */
static real *part_of(const struct model_work *w, const real *flat, int l, enum model_part part)
{
	return (real *)flat + w->offsets[2 + l * MODEL_PARTS + part];
}

static real *last_norm_of(const struct model_work *w, const real *flat, int bias)
{
	return (real *)flat + w->offsets[2 + w->config.layers * MODEL_PARTS + bias];
}

/* --- the pieces ------------------------------------------------------------------------------------------------ */

/* y = x W + b.  x [n, in], w [in, out], y [n, out] */
static void linear(struct kernel_scratch *s, real *y, const real *x, const real *w, const real *b, int n, int in, int out)
{
	for (int i = 0; i < n; i++)
		memcpy(y + (size_t)i * out, b, out * sizeof *y);
	kernel_matmul(s, n, out, in, (struct kernel_matrix){ x, in, 1 }, (struct kernel_matrix){ w, out, 1 }, y, true);
}

/* dx = dy W^T,  dw += x^T dy,  db += rows of dy */
static void linear_back(struct kernel_scratch *s, real *dx, real *dw, real *db, const real *dy, const real *x,
			const real *w, int n, int in, int out)
{
	kernel_matmul(s, n, in, out, (struct kernel_matrix){ dy, out, 1 }, (struct kernel_matrix){ w, 1, out }, dx, false);
	kernel_matmul(s, in, out, n, (struct kernel_matrix){ x, 1, in }, (struct kernel_matrix){ dy, out, 1 }, dw, true);
	for (int i = 0; i < n; i++)
		kernel_axpy(db, 1, dy + (size_t)i * out, out);
}

/* y = (x - mean) rstd gain + bias, row by row.  x, y [n, c] */
static void norm(real *y, real *mean, real *rstd, const real *x, const real *gain, const real *bias, int n, int c)
{
	for (int i = 0; i < n; i++, x += c, y += c) {
		vec sum = { 0 }, squares = { 0 };

		for (int j = 0; j < c; j += KERNEL_LANES)
			sum += kernel_load(x + j);
		mean[i] = kernel_lane_sum(sum) / c;
		for (int j = 0; j < c; j += KERNEL_LANES) {
			vec d = kernel_load(x + j) - mean[i];

			squares += d * d;
		}
		rstd[i] = (real)(1 / sqrt((double)(kernel_lane_sum(squares) / c + NORM_EPSILON)));
		for (int j = 0; j < c; j += KERNEL_LANES)
			kernel_store(y + j, (kernel_load(x + j) - mean[i]) * rstd[i] * kernel_load(gain + j) +
						    kernel_load(bias + j));
	}
}

/* With z = (x - mean) rstd and g = dy gain:  dx += rstd (g - average(g) - z average(g z)).  */
static void norm_back(real *dx, real *dgain, real *dbias, const real *dy, const real *x, const real *mean,
		      const real *rstd, const real *gain, int n, int c)
{
	for (int i = 0; i < n; i++, x += c, dy += c, dx += c) {
		vec sum = { 0 }, sum_z = { 0 };

		for (int j = 0; j < c; j += KERNEL_LANES) {
			vec z = (kernel_load(x + j) - mean[i]) * rstd[i];
			vec g = kernel_load(dy + j) * kernel_load(gain + j);

			sum += g;
			sum_z += g * z;
			kernel_store(dgain + j, kernel_load(dgain + j) + kernel_load(dy + j) * z);
			kernel_store(dbias + j, kernel_load(dbias + j) + kernel_load(dy + j));
		}

		real average = kernel_lane_sum(sum) / c, average_z = kernel_lane_sum(sum_z) / c;

		for (int j = 0; j < c; j += KERNEL_LANES) {
			vec z = (kernel_load(x + j) - mean[i]) * rstd[i];
			vec g = kernel_load(dy + j) * kernel_load(gain + j);

			kernel_store(dx + j, kernel_load(dx + j) + rstd[i] * (g - average - z * average_z));
		}
	}
}

/* One head of one story.  qkv: the story's rows, row stride 3C, already at this head; p [t, t]; out row stride C. */
static void attend(real *out, real *p, const real *qkv, int t, int c, int d)
{
	real scale = (real)(1 / sqrt((double)d));

	for (int i = 0; i < t; i++, p += t) {
		const real *q = qkv + (size_t)i * 3 * c;
		real most = -INFINITY;

		for (int j = 0; j <= i; j++) {
			p[j] = scale * kernel_dot(q, qkv + (size_t)j * 3 * c + c, d);
			most = MAX(most, p[j]);
		}

		real share = 1 / kernel_exp_sum(p, most, i + 1);

		memset(out + (size_t)i * c, 0, d * sizeof *out);
		for (int j = 0; j <= i; j++) {
			p[j] *= share;
			kernel_axpy(out + (size_t)i * c, p[j], qkv + (size_t)j * 3 * c + 2 * c, d);
		}
		for (int j = i + 1; j < t; j++)
			p[j] = 0;
	}
}

/* With y_i = sum_j p_ij v_j:  dp_ij = dy_i v_j;  through the softmax ds_ij = p_ij (dp_ij - sum_k p_ik dp_ik).
 * dqkv must be zero on entry; dp is room for t values. */
static void attend_back(real *dqkv, real *dp, const real *dout, const real *p, const real *qkv, int t, int c, int d)
{
	real scale = (real)(1 / sqrt((double)d));

	for (int i = 0; i < t; i++, p += t) {
		const real *dy = dout + (size_t)i * c;
		real mean = 0;

		for (int j = 0; j <= i; j++) {
			dp[j] = kernel_dot(dy, qkv + (size_t)j * 3 * c + 2 * c, d);
			mean += p[j] * dp[j];
		}
		for (int j = 0; j <= i; j++) {
			real ds = scale * p[j] * (dp[j] - mean);

			kernel_axpy(dqkv + (size_t)j * 3 * c + 2 * c, p[j], dy, d);
			kernel_axpy(dqkv + (size_t)i * 3 * c, ds, qkv + (size_t)j * 3 * c + c, d);
			kernel_axpy(dqkv + (size_t)j * 3 * c + c, ds, qkv + (size_t)i * 3 * c, d);
		}
	}
}

/* --- the whole ------------------------------------------------------------------------------------------------- */

/* y = a + b */
static void add(real *y, const real *a, const real *b, size_t count)
{
	for (size_t i = 0; i < count; i++)
		y[i] = a[i] + b[i];
}

static void forward_layer(struct model_work *w, const real *params, const struct model_batch *batch, int l, real *out)
{
	struct layer_state *s = &w->layers[l];
	int n = batch->start[batch->story_count], c = w->config.width, heads = w->config.heads, d = c / heads;
	real *p = s->weights;

	norm(s->norm_1, s->mean_1, s->rstd_1, s->in, part_of(w, params, l, MODEL_LN_1_WEIGHT),
	     part_of(w, params, l, MODEL_LN_1_BIAS), n, c);
	linear(w->scratch, s->qkv, s->norm_1, part_of(w, params, l, MODEL_C_ATTN_WEIGHT),
	       part_of(w, params, l, MODEL_C_ATTN_BIAS), n, c, 3 * c);
	for (int story = 0; story < batch->story_count; story++) {
		int start = batch->start[story], t = batch->start[story + 1] - start;

		for (int h = 0; h < heads; h++, p += t * t)
			attend(s->mixed + (size_t)start * c + h * d, p, s->qkv + (size_t)start * 3 * c + h * d, t, c, d);
	}
	linear(w->scratch, s->middle, s->mixed, part_of(w, params, l, MODEL_ATTN_PROJ_WEIGHT),
	       part_of(w, params, l, MODEL_ATTN_PROJ_BIAS), n, c, c);
	add(s->middle, s->middle, s->in, (size_t)n * c);

	norm(s->norm_2, s->mean_2, s->rstd_2, s->middle, part_of(w, params, l, MODEL_LN_2_WEIGHT),
	     part_of(w, params, l, MODEL_LN_2_BIAS), n, c);
	linear(w->scratch, s->fc, s->norm_2, part_of(w, params, l, MODEL_C_FC_WEIGHT), part_of(w, params, l, MODEL_C_FC_BIAS),
	       n, c, 4 * c);
	kernel_gelu(s->gelu, s->fc, n * 4 * c);
	linear(w->scratch, out, s->gelu, part_of(w, params, l, MODEL_MLP_PROJ_WEIGHT),
	       part_of(w, params, l, MODEL_MLP_PROJ_BIAS), n, 4 * c, c);
	add(out, out, s->middle, (size_t)n * c);
}

/* w->dx holds the gradient of the layer's output on entry and of its input on return. */
static void backward_layer(struct model_work *w, const real *params, real *grads, const struct model_batch *batch, int l)
{
	struct layer_state *s = &w->layers[l];
	int n = batch->start[batch->story_count], c = w->config.width, heads = w->config.heads, d = c / heads;
	const real *p = s->weights;

	linear_back(w->scratch, w->dwide, part_of(w, grads, l, MODEL_MLP_PROJ_WEIGHT), part_of(w, grads, l, MODEL_MLP_PROJ_BIAS),
		    w->dx, s->gelu, part_of(w, params, l, MODEL_MLP_PROJ_WEIGHT), n, 4 * c, c);
	kernel_gelu_back(w->dwide, w->dwide, s->fc, n * 4 * c);
	linear_back(w->scratch, w->dnorm, part_of(w, grads, l, MODEL_C_FC_WEIGHT), part_of(w, grads, l, MODEL_C_FC_BIAS),
		    w->dwide, s->norm_2, part_of(w, params, l, MODEL_C_FC_WEIGHT), n, c, 4 * c);
	norm_back(w->dx, part_of(w, grads, l, MODEL_LN_2_WEIGHT), part_of(w, grads, l, MODEL_LN_2_BIAS), w->dnorm, s->middle,
		  s->mean_2, s->rstd_2, part_of(w, params, l, MODEL_LN_2_WEIGHT), n, c);

	linear_back(w->scratch, w->dnorm, part_of(w, grads, l, MODEL_ATTN_PROJ_WEIGHT),
		    part_of(w, grads, l, MODEL_ATTN_PROJ_BIAS), w->dx, s->mixed, part_of(w, params, l, MODEL_ATTN_PROJ_WEIGHT),
		    n, c, c);
	memset(w->dqkv, 0, (size_t)n * 3 * c * sizeof *w->dqkv);
	for (int story = 0; story < batch->story_count; story++) {
		int start = batch->start[story], t = batch->start[story + 1] - start;

		for (int h = 0; h < heads; h++, p += t * t)
			attend_back(w->dqkv + (size_t)start * 3 * c + h * d, w->dweights, w->dnorm + (size_t)start * c + h * d, p,
				    s->qkv + (size_t)start * 3 * c + h * d, t, c, d);
	}
	linear_back(w->scratch, w->dnorm, part_of(w, grads, l, MODEL_C_ATTN_WEIGHT), part_of(w, grads, l, MODEL_C_ATTN_BIAS),
		    w->dqkv, s->norm_1, part_of(w, params, l, MODEL_C_ATTN_WEIGHT), n, c, 3 * c);
	norm_back(w->dx, part_of(w, grads, l, MODEL_LN_1_WEIGHT), part_of(w, grads, l, MODEL_LN_1_BIAS), w->dnorm, s->in,
		  s->mean_1, s->rstd_1, part_of(w, params, l, MODEL_LN_1_WEIGHT), n, c);
}

const real *model_logits(struct model_work *w, const real *params, const struct model_batch *batch)
{
	int n = batch->start[batch->story_count], c = w->config.width, layers = w->config.layers;
	const real *wte = params + w->offsets[0], *wpe = params + w->offsets[1];

	g_assert(n <= w->most_tokens);
	for (int story = 0; story < batch->story_count; story++) {
		g_assert(batch->start[story + 1] - batch->start[story] <= w->config.context);
		for (int i = batch->start[story]; i < batch->start[story + 1]; i++)
			add(w->layers[0].in + (size_t)i * c, wte + (size_t)batch->input[i] * c,
			    wpe + (size_t)(i - batch->start[story]) * c, c);
	}
	for (int l = 0; l < layers; l++)
		forward_layer(w, params, batch, l, l + 1 < layers ? w->layers[l + 1].in : w->last);
	norm(w->norm, w->mean, w->rstd, w->last, last_norm_of(w, params, 0), last_norm_of(w, params, 1), n, c);
	kernel_matmul(w->scratch, n, w->config.vocab, c, (struct kernel_matrix){ w->norm, c, 1 },
		      (struct kernel_matrix){ wte, 1, c }, w->logits, false);
	return w->logits;
}

/* Turns logits [n, v] into scale x weight x (probability - [is the target]), which is the gradient of scale x loss;
 * returns the loss. */
static double cross_entropy(real *logits, const int *target, const real *weight, real scale, int n, int v)
{
	double loss = 0;

	for (int i = 0; i < n; i++, logits += v) {
		real most = logits[0], aim = logits[target[i]];

		for (int j = 1; j < v; j++)
			most = MAX(most, logits[j]);

		real sum = kernel_exp_sum(logits, most, v), counts = weight ? weight[i] : 1;
		real share = scale * counts / sum;

		loss += (double)counts * (log((double)sum) + (double)(most - aim));
		for (int j = 0; j < v; j++)
			logits[j] *= share;
		logits[target[i]] -= scale * counts;
	}
	return loss;
}

double model_loss(struct model_work *w, const real *params, real *grads, const struct model_batch *batch, real scale)
{
	int n = batch->start[batch->story_count], c = w->config.width, v = w->config.vocab;
	const real *wte = params + w->offsets[0];

	model_logits(w, params, batch);

	double loss = cross_entropy(w->logits, batch->target, batch->weight, scale, n, v);

	if (!grads)
		return loss;

	real *dwte = grads + w->offsets[0], *dwpe = grads + w->offsets[1];

	kernel_matmul(w->scratch, n, c, v, (struct kernel_matrix){ w->logits, v, 1 }, (struct kernel_matrix){ wte, c, 1 },
		      w->dnorm, false);
	kernel_matmul(w->scratch, v, c, n, (struct kernel_matrix){ w->logits, 1, v }, (struct kernel_matrix){ w->norm, c, 1 },
		      dwte, true);
	memset(w->dx, 0, (size_t)n * c * sizeof *w->dx);
	norm_back(w->dx, last_norm_of(w, grads, 0), last_norm_of(w, grads, 1), w->dnorm, w->last, w->mean, w->rstd,
		  last_norm_of(w, params, 0), n, c);
	for (int l = w->config.layers - 1; l >= 0; l--)
		backward_layer(w, params, grads, batch, l);
	for (int story = 0; story < batch->story_count; story++)
		for (int i = batch->start[story]; i < batch->start[story + 1]; i++) {
			kernel_axpy(dwte + (size_t)batch->input[i] * c, 1, w->dx + (size_t)i * c, c);
			kernel_axpy(dwpe + (size_t)(i - batch->start[story]) * c, 1, w->dx + (size_t)i * c, c);
		}
	return loss;
}
