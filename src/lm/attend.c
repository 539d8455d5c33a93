#include "lm/attend.h"

#include "sim/exact.h"

#include <math.h>
#include <string.h>

static void share_row(int n, const float *scores, float top, float *shares)
{
    double sum = 0;
    for (int j = 0; j < n; j++) {
        shares[j] = (float)exact_exp((double)scores[j] - (double)top);
        sum += shares[j];
    }
    for (int j = 0; j < n; j++)
        shares[j] = (float)(shares[j] / sum);
}

struct work attend_rows(const float *q, int group, const float *keys, int n, int head_dim, float *dots, float *scores,
                        float *shares)
{
    const float scale = (float)(1 / sqrt(head_dim));
    struct work done = { 0 };

    for (int j = 0; j < n; j++, keys += head_dim) {
        for (int g = 0; g < group; g++) {
            dots[g * n + j] = matmul_dot(q + g * head_dim, keys, head_dim);
            done.adds += head_dim;
        }
        done.bytes += (int64_t)sizeof *keys * head_dim;
    }
    for (int g = 0; g < group; g++, dots += n, scores += n, shares += n) {
        float top = -INFINITY;
        for (int j = 0; j < n; j++) {
            scores[j] = dots[j] * scale;
            top = fmaxf(top, scores[j]);
        }
        share_row(n, scores, top, shares);
    }
    return done;
}

struct work attend_mix(const float *shares, int group, const float *values, int n, int head_dim, float *out)
{
    struct work done = { 0 };

    memset(out, 0, sizeof *out * (size_t)group * (size_t)head_dim);
    for (int j = 0; j < n; j++, values += head_dim) {
        for (int g = 0; g < group; g++) {
            float share = shares[g * n + j], *sum = out + g * head_dim;
            for (int d = 0; d < head_dim; d++)
                sum[d] += share * values[d];
            done.adds += head_dim;
        }
        done.bytes += (int64_t)sizeof *values * head_dim;
    }
    return done;
}

void attend_row(const float *q, const float *keys, int n, int head_dim, float *dots, float *scores, float *shares)
{
    attend_rows(q, 1, keys, n, head_dim, dots, scores, shares);
}
