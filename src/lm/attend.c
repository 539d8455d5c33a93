#include "lm/attend.h"

#include "lm/matmul.h"
#include "sim/exact.h"

#include <math.h>

void attend_row(const float *q, const float *keys, int n, int head_dim, float *dots, float *scores, float *shares)
{
    const float scale = (float)(1 / sqrt(head_dim));
    float top = -INFINITY;
    double sum = 0;

    for (int j = 0; j < n; j++, keys += head_dim) {
        dots[j] = matmul_dot(q, keys, head_dim);
        scores[j] = dots[j] * scale;
        top = fmaxf(top, scores[j]);
    }
    for (int j = 0; j < n; j++) {
        shares[j] = (float)exact_exp((double)scores[j] - (double)top);
        sum += shares[j];
    }
    for (int j = 0; j < n; j++)
        shares[j] = (float)(shares[j] / sum);
}
