/* Rotary positions (RoPE): numbers i and i + D/2 of every query and key are a point in a plane, turned by an angle that
 * grows with the position, so that q . k depends on how far apart the two are.
 *
 *     angle of pair i at position m = m w_i,    w_i = theta^(-2i/D)
 *
 * Source: Su et al., "RoFormer", arXiv:2104.09864, section 3.2.2; pairs as in transformers' rotate_half(), w_i as in
 * its modeling_rope_utils.py. D is even, i counts from 0 to D/2 - 1.
 */
#pragma once

/* How w_i is changed for contexts longer than those of training. Linear: divided by `factor`. Llama 3: wavelengths
 * 2 pi / w_i above original / low are divided by `factor`, those below original / high stay, and between them the two
 * are mixed. */
enum rope_scaling { ROPE_PLAIN, ROPE_LINEAR, ROPE_LLAMA3 };

struct rope {
    double theta;
    enum rope_scaling scaling;
    double factor, low, high, original; /* low_freq_factor, high_freq_factor, original_max_position_embeddings */
};

/* w_i in radians, [D/2]. Free it. */
double *rope_steps(const struct rope *r, int head_dim);
/* turns [D]: the cosines of all pairs at a position, then their sines. */
void rope_turns(const double *steps, int head_dim, int position, float *turns);
/* Turns x [D] in place. */
void rope_rotate(const float *turns, int head_dim, float *x);
