/* Memory before paging: each sequence gets one contiguous region for the longest that it may become.
 *
 *     struct reserve *r = reserve_new(4096, RESERVE_FIRST_FIT);
 *     int32_t a = reserve_take(r, 512, 213);   512 slots, of which it will come to fill 213
 *     reserve_append(r, a, 100);               100 used, 113 to come, 299 never
 *     reserve_give(r, a);
 *
 * What is not used has three names (Kwon et al. 2023, arXiv:2309.06180, section 3.1): slots for tokens to come, which
 * are reserved; slots that are never filled, internal fragmentation; holes that are too small for the next region,
 * external fragmentation. Taking and giving cost logarithmic time.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum reserve_placement {
    RESERVE_FIRST_FIT, /* the lowest hole that is large enough */
    RESERVE_BEST_FIT,  /* the smallest one; of equals, the lowest */
    RESERVE_BUDDY      /* powers of two at multiples of themselves; two free halves join again */
};

struct reserve_counters {
    int64_t regions, holes;  /* now */
    int64_t taken, asked;    /* slots of the regions; without what buddies round up */
    int64_t used, to_come, never; /* taken = used + to come + never */
    int64_t refusals, fragmented; /* so far; those with enough slots free, but not in one piece */
};

struct reserve_region {
    int32_t id;     /* -1: a hole, without used and length */
    int64_t at, slots, asked, used, length;
};

struct reserve;

/* NULL unless slots are positive. Frees with reserve_free(), which accepts NULL. */
struct reserve *reserve_new(int64_t slots, enum reserve_placement placement);
void reserve_free(struct reserve *r);

/* A region of so many slots, 1 or more, for a sequence that comes to `length` tokens, at most as many. Ids come again.
 * -1: no hole is large enough. */
int32_t reserve_take(struct reserve *r, int64_t slots, int64_t length);
/* False, with nothing changed: more than its length. */
bool reserve_append(struct reserve *r, int32_t region, int64_t tokens);
void reserve_give(struct reserve *r, int32_t region);

const struct reserve_counters *reserve_counters(const struct reserve *r);
int64_t reserve_slots(const struct reserve *r);
int64_t reserve_largest_hole(const struct reserve *r);
/* External fragmentation: slots in holes that are too small for a region of so many slots. Looks at every hole. */
int64_t reserve_too_small(const struct reserve *r, int64_t slots);
/* Regions and holes by address; the cursor begins at 0. False when there is no other. */
bool reserve_next(const struct reserve *r, int32_t *cursor, struct reserve_region *out);
/* NULL, or which rule above is broken; counts everything anew. */
const char *reserve_fault(const struct reserve *r);

/* --- strategies --- */

/* The paper's contenders: Orca (Max), Orca (Pow2), vLLM and, with lengths known beforehand, Orca (Oracle). */
enum reserve_strategy { RESERVE_MAXIMUM, RESERVE_POWERS, RESERVE_PAGED, RESERVE_EXACT, RESERVE_STRATEGIES };

struct reserve_use { int64_t slots, used, empty; };

/* Slots that n sequences of these lengths take, 1 to max_length each; blocks count for the paged one alone. False: a
 * length or the block is out of bounds, or a sum beyond 64 bits. */
bool reserve_compare(const int64_t *lengths, int64_t n, int64_t max_length, int64_t block_tokens,
                     struct reserve_use out[RESERVE_STRATEGIES]);
