/* Seeded randomness: SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014), one
 * word of state. Equal seeds give equal streams on every machine.
 */
#pragma once
#include <stdint.h>

struct random { uint64_t word; };

static inline uint64_t random_next(struct random *r)
{
    uint64_t z = (r->word += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* Uniform in [0, 1), 53 bits. */
static inline double random_unit(struct random *r)
{
    return (double)(random_next(r) >> 11) * 0x1p-53;
}

/* Near normal, mean 0 and deviation 1, by twelve uniform numbers: needs no logarithm, so no libm. */
static inline double random_bell(struct random *r)
{
    double sum = -6;
    for (int i = 0; i < 12; i++)
        sum += random_unit(r);
    return sum;
}
