/* Angles are worked out in double precision and turned into float32 cosines and sines, so they are exact to a float's
 * last place at every position; transformers multiplies in float32, which at position 10,000 is off by up to 0.001
 * radians of the fastest pairs' turn.
 *
 * Worked number: theta 10,000 and D 128. Pair 63 turns by 10,000^(-126/128) = 0.000115478 a position: once in 54,410.
 */
#include "lm/rope.h"

#include "sim/exact.h"

#include <glib.h>

static double scale_llama3(const struct rope *r, double step)
{
    double wavelength = 2 * G_PI / step;
    if (wavelength < r->original / r->high)
        return step;
    if (wavelength > r->original / r->low)
        return step / r->factor;
    double kept = (r->original / wavelength - r->low) / (r->high - r->low);
    return (1 - kept) * step / r->factor + kept * step;
}

double *rope_steps(const struct rope *r, int head_dim)
{
    double *steps = g_new(double, head_dim / 2), log_theta = exact_log(r->theta);
    for (int i = 0; i < head_dim / 2; i++) {
        steps[i] = exact_exp(-2.0 * i / head_dim * log_theta);
        if (r->scaling == ROPE_LINEAR)
            steps[i] /= r->factor;
        else if (r->scaling == ROPE_LLAMA3)
            steps[i] = scale_llama3(r, steps[i]);
    }
    return steps;
}

void rope_turns(const double *steps, int head_dim, int position, float *turns)
{
    int half = head_dim / 2;
    for (int i = 0; i < half; i++) {
        double sine, cosine;
        exact_sincos(position * steps[i], &sine, &cosine);
        turns[i] = (float)cosine;
        turns[half + i] = (float)sine;
    }
}

void rope_rotate(const float *turns, int head_dim, float *x)
{
    int half = head_dim / 2;
    const float *cosine = turns, *sine = turns + half;
    for (int i = 0; i < half; i++) {
        float a = x[i], b = x[half + i];
        x[i] = a * cosine[i] - b * sine[i];
        x[half + i] = b * cosine[i] + a * sine[i];
    }
}
