/* Several numbers at once through the functions of exact.c, included there once for each width of vector: ROW_LANES
 * doubles in a vector, ROW(name) the name of a function for it, ROW_TARGET the attribute that lets the compiler use
 * such vectors. No include guard, on purpose. Each lane does what the function for one number does, in its order.
 */
typedef double ROW(wide) __attribute__((vector_size(8 * ROW_LANES)));
typedef int64_t ROW(mask) __attribute__((vector_size(8 * ROW_LANES)));
typedef uint64_t ROW(bits) __attribute__((vector_size(8 * ROW_LANES)));
typedef float ROW(narrow) __attribute__((vector_size(4 * ROW_LANES)));

/* yes where the lanes of `where` are set, no elsewhere */
#define PICK(where, yes, no) ((ROW(wide))(((where) & (ROW(mask))(yes)) | (~(where) & (ROW(mask))(no))))

ROW_TARGET static inline __attribute__((always_inline)) void ROW(exp)(ROW(wide) *x)
{
    const double nearest = 0x1.8p52; /* a number that is added to it and taken from it comes back as a whole one */
    const ROW(wide) none = { 0 };
    ROW(mask) low = *x < -708, high = *x > 709;
    ROW(wide) c = PICK(low | high, none, *x), turns = c * LOG2_E;
    ROW(wide) away = turns + PICK(turns < 0, none - 0.5, none + 0.5), n = (away + nearest) - nearest;
    n -= PICK((n > away) & (away > 0), none + 1, none); /* the whole number next to `away` on the side of 0 */
    n += PICK((n < away) & (away < 0), none + 1, none);
    ROW(wide) r = (c - n * LN2_HIGH) - n * LN2_LOW, sum = none + SERIES[13];
    for (int k = 12; k >= 0; k--) sum = sum * r + SERIES[k];
    ROW(bits) power = (ROW(bits))(n + (nearest + 1023)) << 52; /* 2^n */
    *x = PICK(high, none + (double)INFINITY, PICK(low, none, sum * (ROW(wide))power));
}

/* The first ROW_LANES-fold of n numbers; returns how many were done. */
ROW_TARGET static size_t ROW(activate)(float *x, size_t n, bool gelu)
{
    size_t at = 0;
    for (; at + ROW_LANES <= n; at += ROW_LANES) {
        ROW(narrow) in;
        memcpy(&in, x + at, sizeof in);
        ROW(wide) w = __builtin_convertvector(in, ROW(wide));
        ROW(wide) e = gelu ? -2 * (ROOT_TWO_OVER_PI * (w + 0.044715 * w * w * w)) : -w;
        ROW(exp)(&e);
        in = __builtin_convertvector(w / (1 + e), ROW(narrow));
        memcpy(x + at, &in, sizeof in);
    }
    return at;
}

#undef PICK
#undef ROW_LANES
#undef ROW_TARGET
#undef ROW
