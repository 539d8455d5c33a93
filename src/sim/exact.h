/* Functions that libm leaves to each machine, fixed here: only IEEE additions, products and divisions in one order, so
 * the same bytes come out everywhere. Compile with -ffp-contract=off. */
#pragma once
#include <stddef.h>
#include <stdint.h>

/* e^x, relative error below 4e-16. 0 below -708 (results would be denormal), infinity above 709. */
double exact_exp(double x);
/* The natural logarithm, relative error below 1e-15, of denormal numbers too. -infinity at 0, NaN below. */
double exact_log(double x);
/* Sine and cosine of x radians, absolute error below 4e-16 for |x| up to EXACT_TURN_MOST; NaN beyond. */
enum { EXACT_TURN_MOST = 1 << 20 };
void exact_sincos(double x, double *sine, double *cosine);
/* GPT-2's "gelu_new":  x / 2 (1 + tanh u),  u = sqrt(2/pi) (x + 0.044715 x^3).  Computed as x / (1 + e^(-2u)), which is
 * the same function; absolute error below 1e-7 max(1, |x|). Source: Hendrycks and Gimpel, arXiv:1606.08415, sec. 2. */
float exact_gelu(float x);
/* x / (1 + e^(-x)), Llama's "silu"; relative error below 1.2e-7 from -80 up. Source: Elfwing et al.,
 * arXiv:1702.03118, sec. 2. */
float exact_silu(float x);
/* Each of n numbers in place; where the processor can, several at once, with the same bits. */
void exact_gelu_row(float *x, size_t n);
void exact_silu_row(float *x, size_t n);
/* base^n by squaring; n at least 0. */
double exact_pow_int(double base, int64_t n);
