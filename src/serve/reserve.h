/* Contiguous reservation, as before paging (vLLM paper, arXiv:2309.06180, section 3): a sequence holds one span of a
 * linear memory from start to end. Slots that are held and never written are internal fragmentation; holes too small
 * for the next sequence are external fragmentation.
 *
 *     first fit   the lowest hole that is large enough
 *     best fit    the smallest such hole, of equal ones the lowest
 *     buddy       sizes are powers of two, by halving; two free halves grow together. The memory is a power of two,
 *                 too.
 */
#pragma once
#include "sim/fact.h"

enum reserve_placement { RESERVE_FIRST_FIT, RESERVE_BEST_FIT, RESERVE_BUDDY };

struct reserve;

/* slots from 1 on; with RESERVE_BUDDY a power of two, else NULL. */
struct reserve *reserve_new(int64_t slots, enum reserve_placement placement);
void reserve_free(struct reserve *r); /* accepts NULL */

/* A stretch of memory, in order of address; owned by the reserve. asked is 0 in a hole; size >= asked under buddy. */
struct reserve_span { int64_t start, size, asked; struct reserve_span *prev, *next; };

/* NULL when no hole is large enough; nothing changes then. slots from 1 on. */
struct reserve_span *reserve_take(struct reserve *r, int64_t slots);
void reserve_give(struct reserve *r, struct reserve_span *span); /* span is gone afterwards */
const struct reserve_span *reserve_first(const struct reserve *r); /* walk by ->next */

/* taken includes what buddy rounds up, asked does not; stranded: refusals although free slots were enough. */
struct reserve_counts { int64_t slots, taken, asked, free, holes, largest_hole, refused, stranded; };
struct reserve_counts reserve_count(const struct reserve *r); /* walks the spans */
/* NULL, or what is wrong. */
const char *reserve_fault(const struct reserve *r);

/* What a list of lengths needs: real lengths (ideal), reserved at `most` slots each, and in blocks. share is
 * wasted / reserved, 0 of nothing; all -1 when a length is negative or beyond `most`, or a sum beyond 64 bits.
 * 213, 97, 330, 150 at 512: 2,048 slots, 1,258 wasted (61.4%); in blocks of 16: 832, 42 (5.0%). */
struct reserve_use { int64_t used, reserved, wasted; double share; };
struct reserve_compare { struct reserve_use ideal, contiguous, paged; int64_t blocks; };
struct reserve_compare reserve_compare(const int64_t *lengths, int n, int64_t most, int64_t block_size);
/* reserve.sequences, .most, .used, .slots, .waste, .waste_share; reserve.block_size, .blocks, .paged_slots,
 * .paged_waste, .paged_waste_share */
void reserve_facts(const int64_t *lengths, int n, int64_t most, int64_t block_size, struct facts *facts);
