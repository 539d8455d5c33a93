/* e^x by reduction to |r| <= ln(2)/2 and the Taylor series to r^13, whose rest is below 5e-18.
 *
 * x = n ln 2 + r, so e^x = 2^n e^r. ln 2 is subtracted in two parts: the first has 21 zero bits at its end, so n times
 * it is exact. e^1 comes out as 2.718281828459045.
 *
 * ln x goes the other way: x = 2^n m with m from sqrt(1/2) to sqrt(2), and with s = (m - 1) / (m + 1)
 *
 *     ln x = n ln 2 + 2 (s + s^3/3 + s^5/5 + ...)
 *
 * where |s| < 0.172, so that what follows s^25 is below 5e-21. ln 10 comes out as 2.302585092994046.
 *
 * For the sine and the cosine x = n pi/2 + r with |r| <= pi/4 (and a little), and n mod 4 says which of sin r, cos r,
 * -sin r and -cos r each is. pi/2 = A + B + C to 1e-36: A and B have 31 and 29 bits, and |n| < 2^20, so n A and n B are
 * exact. x - n A is exact too: both are multiples of 2^-53, and the difference is below 1. What is left are the
 * roundings of the two other subtractions, at most 2^-54 each, and that of n C, below 1e-29. Taylor series to r^17 and
 * r^18, whose rests are below 1e-19. sin 1 comes out as 0.8414709848078965.
 */
#include "sim/exact.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static const double LN2_HIGH = 0x1.62e42fee00000p-1, LN2_LOW = 0x1.a39ef35793c76p-33, LOG2_E = 0x1.71547652b82fep0;

static const double TWO_OVER_PI = 0x1.45f306dc9c883p-1, HALF_PI_A = 0x1.921fb54400000p+0,
                    HALF_PI_B = 0x1.0b4611a000000p-34, HALF_PI_C = 0x1.898cc51701b84p-64;

static const double ROOT_TWO_OVER_PI = 0.79788456080286535588;

/* 1/k! */
static const double SERIES[] = {
    1.0,        1.0,         1.0 / 2,      1.0 / 6,       1.0 / 24,       1.0 / 120,       1.0 / 720,
    1.0 / 5040, 1.0 / 40320, 1.0 / 362880, 1.0 / 3628800, 1.0 / 39916800, 1.0 / 479001600, 1.0 / 6227020800,
};

double exact_exp(double x)
{
    if (x != x)
        return x;
    if (x < -708)
        return 0;
    if (x > 709)
        return INFINITY;
    double turns = x * LOG2_E;
    int64_t n = (int64_t)(turns < 0 ? turns - 0.5 : turns + 0.5);
    double r = (x - (double)n * LN2_HIGH) - (double)n * LN2_LOW;
    double sum = SERIES[13];
    for (int k = 12; k >= 0; k--)
        sum = sum * r + SERIES[k];
    uint64_t bits = (uint64_t)(n + 1023) << 52; /* 2^n */
    double power;
    memcpy(&power, &bits, sizeof power);
    return sum * power;
}

/* sin r and cos r for |r| up to 0.8. */
static void turn_little(double r, double *sine, double *cosine)
{
    double square = r * r, s = 0, c = 0;
    for (int k = 8; k >= 1; k--) s = (1 + s) * -square / (2 * k * (2 * k + 1));
    for (int k = 9; k >= 2; k--) c = (1 + c) * -square / (2 * k * (2 * k - 1));
    *sine = r + r * s;
    double half = square / 2, left = 1 - half; /* what rounding took from 1 - half is 1 - left - half, exactly */
    *cosine = left + ((1 - left - half) - half * c);
}

void exact_sincos(double x, double *sine, double *cosine)
{
    *sine = *cosine = NAN;
    if (!(x >= -EXACT_TURN_MOST && x <= EXACT_TURN_MOST)) return;
    double turns = x * TWO_OVER_PI, s, c;
    int64_t n = (int64_t)(turns < 0 ? turns - 0.5 : turns + 0.5);
    double r = ((x - (double)n * HALF_PI_A) - (double)n * HALF_PI_B) - (double)n * HALF_PI_C;
    turn_little(r, &s, &c);
    int quarter = (int)(n & 3);
    *sine = quarter == 0 ? s : quarter == 1 ? c : quarter == 2 ? -s : -c;
    *cosine = quarter == 0 ? c : quarter == 1 ? -s : quarter == 2 ? -c : s;
}

double exact_log(double x)
{
    if (!(x > 0)) return x == 0 ? -INFINITY : NAN;
    if (x > DBL_MAX) return x;
    int n = -1023;
    if (x < DBL_MIN) x *= 0x1p54, n -= 54;
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    n += (int)(bits >> 52);
    bits = (bits & (UINT64_MAX >> 12)) | UINT64_C(1023) << 52;
    double m;
    memcpy(&m, &bits, sizeof m);
    if (m > 1.4142135623730951) m /= 2, n++;
    double s = (m - 1) / (m + 1), square = s * s, sum = 0;
    for (int k = 25; k >= 3; k -= 2) sum = (sum + 1.0 / k) * square;
    return n * LN2_HIGH + (n * LN2_LOW + 2 * (s + s * sum));
}

float exact_silu(float x)
{
    double wide = x;
    return (float)(wide / (1 + exact_exp(-wide)));
}

float exact_gelu(float x)
{
    double wide = x, u = ROOT_TWO_OVER_PI * (wide + 0.044715 * wide * wide * wide);
    return (float)(wide / (1 + exact_exp(-2 * u)));
}

#ifdef __x86_64__
#define ROW_LANES 4
#define ROW_TARGET __attribute__((target("avx2")))
#define ROW(name) name##_by_4
#include "sim/exact_row.h"

#define ROW_LANES 8
#define ROW_TARGET __attribute__((target("avx512f,avx512dq")))
#define ROW(name) name##_by_8
#include "sim/exact_row.h"

static size_t activate(float *x, size_t n, bool gelu)
{
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")) return activate_by_8(x, n, gelu);
    return __builtin_cpu_supports("avx2") ? activate_by_4(x, n, gelu) : 0;
}
#else
static size_t activate(float *x, size_t n, bool gelu)
{
    (void)x, (void)n, (void)gelu;
    return 0;
}
#endif

void exact_gelu_row(float *x, size_t n)
{
    for (size_t i = activate(x, n, true); i < n; i++) x[i] = exact_gelu(x[i]);
}

void exact_silu_row(float *x, size_t n)
{
    for (size_t i = activate(x, n, false); i < n; i++) x[i] = exact_silu(x[i]);
}

double exact_pow_int(double base, int64_t n)
{
    double power = 1;
    for (; n > 0; n /= 2, base *= base)
        if (n % 2) power *= base;
    return power;
}
