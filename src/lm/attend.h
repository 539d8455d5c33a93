/* What queries make of n keys: the forward pass and whoever looks at a recorded run compute it with this code, so both
 * have the same bits.
 *
 *     dots[j] = q . k_j        scores[j] = dots[j] / sqrt(D)        shares = softmax(scores)
 *
 * Source: Vaswani et al., "Attention Is All You Need", 2017, section 3.2.1; queries of several heads that share one
 * head of K and V: Ainslie et al., arXiv:2305.13245.
 */
#pragma once
#include "lm/matmul.h"

/* q [group][D], keys [n][D]; each of the three has room for [group][n]. Each key is read once for all queries of the
 * group. Shares are summed in double, from the first to the last. */
struct work attend_rows(const float *q, int group, const float *keys, int n, int head_dim, float *dots, float *scores,
                        float *shares);
/* out [group][D]: the sum over j of shares [group][n] times values [n][D], from the first to the last; each value is
 * read once. */
struct work attend_mix(const float *shares, int group, const float *values, int n, int head_dim, float *out);
/* attend_rows() for one query. */
void attend_row(const float *q, const float *keys, int n, int head_dim, float *dots, float *scores, float *shares);
