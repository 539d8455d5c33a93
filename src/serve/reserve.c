/* A list of regions and holes by address, in which neighbours are found in constant time, and an index of the holes.
 *
 * Sequences of 213, 97, 330 and 150 tokens, 790 in all: reserved at 512 each they take 2,048 slots, 1,258 of them empty
 * (61.4%); by powers of two 256 + 128 + 512 + 256 = 1,152, 362 empty (31.4%); in blocks of 16, 832, 42 empty (5.0%).
 */
#include "serve/reserve.h"
#include "serve/holes.h"

#include <glib.h>
#include <string.h>

enum { NONE = -1 };

struct segment { struct reserve_region region; int32_t before, after; bool hole; };

struct reserve {
    enum reserve_placement placement;
    int64_t slots;
    struct segment *segments; /* the first is always at 0 */
    int64_t n, size;
    int32_t unused;
    struct holes holes;
    struct reserve_counters count;
};

static struct segment *at(const struct reserve *r, int32_t i) { return &r->segments[i]; }

static int32_t new_segment(struct reserve *r)
{
    int32_t i = r->unused;
    if (i != NONE) {
        r->unused = at(r, i)->after;
        return i;
    }
    g_assert(r->n < INT32_MAX);
    if (r->n == r->size) {
        r->size = r->size ? 2 * r->size : 16;
        r->segments = g_renew(struct segment, r->segments, r->size);
    }
    return (int32_t)r->n++;
}

static struct hole hole_of(const struct reserve *r, int32_t i)
{
    return (struct hole){ at(r, i)->region.at, at(r, i)->region.slots, i };
}

static void list_hole(struct reserve *r, int32_t i)
{
    struct segment *s = at(r, i);
    s->hole = true;
    s->region = (struct reserve_region){ .id = NONE, .at = s->region.at, .slots = s->region.slots };
    holes_add(&r->holes, hole_of(r, i));
    r->count.holes++;
}

static void unlist_hole(struct reserve *r, int32_t i)
{
    holes_remove(&r->holes, hole_of(r, i));
    r->count.holes--;
}

/* Segment i keeps so many slots, the rest becomes a hole behind it. */
static void cut(struct reserve *r, int32_t i, int64_t slots)
{
    int32_t rest = new_segment(r);
    struct segment *s = at(r, i), *t = at(r, rest);
    *t = (struct segment){ .region = { .at = s->region.at + slots, .slots = s->region.slots - slots },
                           .before = i, .after = s->after };
    if (s->after != NONE) at(r, s->after)->before = rest;
    s->after = rest;
    s->region.slots = slots;
    list_hole(r, rest);
}

/* The segment behind i becomes part of it. Neither is listed. */
static void merge(struct reserve *r, int32_t i)
{
    int32_t gone = at(r, i)->after;
    struct segment *s = at(r, i), *t = at(r, gone);
    s->region.slots += t->region.slots;
    s->after = t->after;
    if (t->after != NONE) at(r, t->after)->before = i;
    *t = (struct segment){ .after = r->unused, .region.id = NONE };
    r->unused = gone;
}

static int64_t power_below(int64_t n) { return (int64_t)1 << (63 - __builtin_clzll((uint64_t)n)); }

/* -1: beyond 64 bits */
static int64_t power_above(int64_t n)
{
    int64_t p = power_below(n);
    return p == n ? p : p > INT64_MAX / 2 ? -1 : 2 * p;
}

struct reserve *reserve_new(int64_t slots, enum reserve_placement placement)
{
    if (slots < 1) return NULL;
    struct reserve *r = g_new0(struct reserve, 1);
    *r = (struct reserve){ .placement = placement, .slots = slots, .unused = NONE };
    holes_init(&r->holes, placement == RESERVE_FIRST_FIT ? HOLES_BY_ADDRESS : HOLES_BY_SIZE);
    int32_t i = new_segment(r);
    *at(r, i) = (struct segment){ .region.slots = slots, .before = NONE, .after = NONE };
    /* Any number is a sum of falling powers of two, each of which then begins at a multiple of itself. */
    while (placement == RESERVE_BUDDY && at(r, i)->region.slots != power_below(at(r, i)->region.slots)) {
        cut(r, i, power_below(at(r, i)->region.slots));
        int32_t rest = at(r, i)->after;
        unlist_hole(r, rest);
        list_hole(r, i);
        i = rest;
    }
    list_hole(r, i);
    return r;
}

void reserve_free(struct reserve *r)
{
    if (!r) return;
    holes_finish(&r->holes);
    g_free(r->segments);
    g_free(r);
}

/* --- regions --- */

int32_t reserve_take(struct reserve *r, int64_t slots, int64_t length)
{
    g_assert(slots > 0 && length >= 0 && length <= slots);
    bool buddy = r->placement == RESERVE_BUDDY;
    int64_t taken = buddy ? power_above(slots) : slots;
    const struct hole *hole = taken < 0 ? NULL : holes_fit(&r->holes, taken);
    if (!hole) {
        r->count.refusals++;
        r->count.fragmented += taken >= 0 && taken <= r->slots - r->count.taken;
        return -1;
    }
    int32_t i = hole->id;
    unlist_hole(r, i);
    while (buddy && at(r, i)->region.slots > taken) cut(r, i, at(r, i)->region.slots / 2);
    if (at(r, i)->region.slots > taken) cut(r, i, taken);
    struct segment *s = at(r, i);
    s->hole = false;
    s->region = (struct reserve_region){ i, s->region.at, taken, slots, 0, length };
    r->count.regions++;
    r->count.taken += taken;
    r->count.asked += slots;
    r->count.to_come += length;
    r->count.never += taken - length;
    return i;
}

static struct segment *region_at(const struct reserve *r, int32_t region)
{
    g_assert(region >= 0 && region < r->n && at(r, region)->region.id == region);
    return at(r, region);
}

bool reserve_append(struct reserve *r, int32_t region, int64_t tokens)
{
    struct reserve_region *s = &region_at(r, region)->region;
    if (tokens < 0 || tokens > s->length - s->used) return false;
    s->used += tokens;
    r->count.used += tokens;
    r->count.to_come -= tokens;
    return true;
}

static bool joins(const struct reserve *r, int32_t i, int32_t neighbour)
{
    if (neighbour == NONE || !at(r, neighbour)->hole) return false;
    if (r->placement != RESERVE_BUDDY) return true;
    const struct reserve_region *a = &at(r, i)->region, *b = &at(r, neighbour)->region;
    return a->slots == b->slots && (a->at ^ a->slots) == b->at;
}

void reserve_give(struct reserve *r, int32_t region)
{
    struct reserve_region was = region_at(r, region)->region;
    int32_t i = region;
    r->count.regions--;
    r->count.taken -= was.slots;
    r->count.asked -= was.asked;
    r->count.used -= was.used;
    r->count.to_come -= was.length - was.used;
    r->count.never -= was.slots - was.length;
    for (;;) {
        int32_t before = at(r, i)->before, after = at(r, i)->after;
        if (joins(r, i, before)) {
            unlist_hole(r, before);
            merge(r, before);
            i = before;
        } else if (joins(r, i, after)) {
            unlist_hole(r, after);
            merge(r, i);
        } else {
            break;
        }
    }
    list_hole(r, i);
}

/* --- reading --- */

const struct reserve_counters *reserve_counters(const struct reserve *r) { return &r->count; }
int64_t reserve_slots(const struct reserve *r) { return r->slots; }
int64_t reserve_largest_hole(const struct reserve *r) { return holes_largest(&r->holes); }

bool reserve_next(const struct reserve *r, int32_t *cursor, struct reserve_region *out)
{
    if (*cursor == NONE) return false;
    *out = at(r, *cursor)->region;
    *cursor = at(r, *cursor)->after;
    return true;
}

int64_t reserve_too_small(const struct reserve *r, int64_t slots)
{
    int64_t sum = 0;
    int32_t cursor = 0;
    for (struct reserve_region s; reserve_next(r, &cursor, &s);) sum += s.id == NONE && s.slots < slots ? s.slots : 0;
    return sum;
}

static const char *region_fault(const struct reserve *r, const struct segment *s, const struct segment *last)
{
    const struct reserve_region *a = &s->region;
    if (s->hole != (a->id == NONE)) return "a hole is a region";
    if (a->slots < 1 || a->used > a->length || a->length > a->slots) return "a region holds more than it has";
    if (r->placement == RESERVE_BUDDY) {
        if (a->slots != power_below(a->slots) || a->at % a->slots) return "a buddy is not where it belongs";
        if (last && last->hole && s->hole && last->region.slots == a->slots && (a->at ^ a->slots) == last->region.at)
            return "two free halves are not joined";
    } else if (last && last->hole && s->hole) {
        return "two holes touch";
    }
    return NULL;
}

const char *reserve_fault(const struct reserve *r)
{
    struct reserve_counters c = { .refusals = r->count.refusals, .fragmented = r->count.fragmented };
    const char *fault = NULL;
    int64_t end = 0, largest = 0;
    int32_t before = NONE;
    for (int32_t i = 0; i != NONE && !fault; before = i, i = at(r, i)->after) {
        const struct reserve_region *a = &at(r, i)->region;
        fault = region_fault(r, at(r, i), before == NONE ? NULL : at(r, before));
        if (a->at != end || at(r, i)->before != before) fault = "the list has a gap";
        end += a->slots;
        if (at(r, i)->hole) {
            c.holes++;
            largest = MAX(largest, a->slots);
            continue;
        }
        c.regions++;
        c.taken += a->slots;
        c.asked += a->asked;
        c.used += a->used;
        c.to_come += a->length - a->used;
        c.never += a->slots - a->length;
    }
    if (fault) return fault;
    if (end != r->slots) return "the list does not cover the memory";
    if (largest != reserve_largest_hole(r)) return "the largest hole is not the index's";
    return memcmp(&c, &r->count, sizeof c) ? "slots are miscounted" : NULL;
}

/* --- strategies --- */

static int64_t slots_of(enum reserve_strategy strategy, int64_t length, int64_t max_length, int64_t block)
{
    int64_t slots = length;
    switch (strategy) {
    case RESERVE_MAXIMUM: return max_length;
    case RESERVE_POWERS: return power_above(length);
    case RESERVE_PAGED: return __builtin_mul_overflow((length - 1) / block + 1, block, &slots) ? -1 : slots;
    default: return slots;
    }
}

bool reserve_compare(const int64_t *lengths, int64_t n, int64_t max_length, int64_t block_tokens,
                     struct reserve_use out[RESERVE_STRATEGIES])
{
    if (block_tokens < 1) return false;
    for (int s = 0; s < RESERVE_STRATEGIES; s++) {
        out[s] = (struct reserve_use){ 0 };
        for (int64_t i = 0; i < n; i++) {
            if (lengths[i] < 1 || lengths[i] > max_length) return false;
            int64_t slots = slots_of((enum reserve_strategy)s, lengths[i], max_length, block_tokens);
            if (slots < 0 || __builtin_add_overflow(out[s].slots, slots, &out[s].slots)) return false;
            out[s].used += lengths[i]; /* never more than slots */
        }
        out[s].empty = out[s].slots - out[s].used;
    }
    return true;
}
