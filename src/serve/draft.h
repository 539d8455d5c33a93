/* Speculative decoding: a small model drafts k tokens, the large one checks them in one step and keeps those before the
 * first that it would not have sampled, and one of its own. Leviathan, Kalman and Matias, arXiv:2211.17192.
 */
#pragma once
#include "sim/random.h"

struct draft_options {
    int64_t tokens;      /* k, drafted for each sequence in each step; 0: no speculation */
    double acceptance;   /* alpha: the chance that a drafted token is kept when all before it were */
    const int *measured; /* or NULL: how many were kept, step after step of a request; at its end from the start */
    int64_t n_measured;
};

/* NULL, or a sentence that says what is wrong. */
const char *draft_fault(const struct draft_options *o);
/* How many of `drafted` tokens (k, or fewer near the end) are kept in this request's step number `step`. */
int64_t draft_accepted(const struct draft_options *o, int64_t drafted, int64_t step, struct random *r);
/* Tokens that a step yields on average: 1 + alpha + ... + alpha^k = (1 - alpha^(k + 1)) / (1 - alpha). Section 3.1,
 * equation 1. */
double draft_expected(double acceptance, int64_t k);
