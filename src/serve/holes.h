/* The holes of a linear memory, found by address or by size in logarithmic time. No two begin at one address. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum holes_order { HOLES_BY_ADDRESS, HOLES_BY_SIZE }; /* equal sizes by address */

struct hole { int64_t at, slots; int32_t id; /* the caller's */ };
struct hole_node { struct hole hole; int64_t largest; int32_t left, right; uint64_t rank; };
struct holes { enum holes_order order; struct hole_node *nodes; int64_t n, size; int32_t root, unused; };

void holes_init(struct holes *h, enum holes_order order);
void holes_finish(struct holes *h);
void holes_add(struct holes *h, struct hole hole);
void holes_remove(struct holes *h, struct hole hole); /* aborts when there is none such */
/* The first one in the order that has so many slots. NULL: none; valid until the next change. */
const struct hole *holes_fit(const struct holes *h, int64_t slots);
int64_t holes_largest(const struct holes *h); /* 0 without holes */
