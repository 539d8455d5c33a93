/* What one query makes of n keys: the forward pass and whoever looks at a recorded run compute it with this code, so both
 * have the same bits.
 *
 *     dots[j] = q . k_j        scores[j] = dots[j] / sqrt(D)        shares = softmax(scores)
 *
 * Source: Vaswani et al., "Attention Is All You Need", 2017, section 3.2.1.
 */
#pragma once

/* q [D], keys [n][D]; each of the three has room for n. Shares are summed in double, from the first to the last. */
void attend_row(const float *q, const float *keys, int n, int head_dim, float *dots, float *scores, float *shares);
