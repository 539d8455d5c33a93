/* Seeded randomness: SplitMix64, one 64-bit word of state. Equal seeds give equal streams on every machine.
 *
 *     struct random_state r = random_seeded(7, 0);
 *     int die = 1 + random_below(&r, 6);
 */
#ifndef TRAIN_RANDOM_H
#define TRAIN_RANDOM_H

#include <math.h>
#include <stdint.h>

struct random_state {
	uint64_t word;
};

static inline uint64_t random_next(struct random_state *r)
{
	uint64_t z = (r->word += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

/* A stream of its own for each (seed, index), so that story 1,000 can be made without making the 999 before it. */
static inline struct random_state random_seeded(uint64_t seed, uint64_t index)
{
	struct random_state r = { seed };

	r.word = random_next(&r) ^ (index * 0xd1342543de82ef95u);
	r.word = random_next(&r);
	return r;
}

/* Uniform in [0, n). The high bits are the good ones; the bias of the multiply is below n / 2^32. */
static inline int random_below(struct random_state *r, int n)
{
	return (int)(((random_next(r) >> 32) * (uint64_t)n) >> 32);
}

/* Uniform in (0, 1). */
static inline double random_unit(struct random_state *r)
{
	return ((double)(random_next(r) >> 11) + 0.5) / 9007199254740992.0;
}

/* Standard normal, by Box and Muller; the second value is thrown away to keep the state one word. */
static inline double random_normal(struct random_state *r)
{
	double radius = sqrt(-2.0 * log(random_unit(r)));

	return radius * cos(6.283185307179586 * random_unit(r));
}

#endif
