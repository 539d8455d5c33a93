/* Counting without overflow: a negative operand is unknown, and so is a result beyond 64 bits; both give -1. */
#pragma once
#include <stdint.h>

static inline int64_t count_times(int64_t a, int64_t b)
{
    int64_t product;
    return a < 0 || b < 0 || __builtin_mul_overflow(a, b, &product) ? -1 : product;
}

static inline int64_t count_plus(int64_t a, int64_t b)
{
    int64_t sum;
    return a < 0 || b < 0 || __builtin_add_overflow(a, b, &sum) ? -1 : sum;
}

/* a / b, rounded up; b above 0. */
static inline int64_t count_over(int64_t a, int64_t b) { return a < 0 || b <= 0 ? -1 : a / b + (a % b != 0); }

/* a x b / c, rounded up, where only the result has to fit. c above 0. */
static inline int64_t count_share(int64_t a, int64_t b, int64_t c)
{
    if (a < 0 || b < 0 || c <= 0) return -1;
    unsigned __int128 product = (unsigned __int128)a * (unsigned __int128)b;
    unsigned __int128 whole = (product + (unsigned __int128)(c - 1)) / (unsigned __int128)c;
    return whole > INT64_MAX ? -1 : (int64_t)whole;
}
