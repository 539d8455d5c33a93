/* Contiguous reservation. Spans form a list by address, so a span that is given back meets its neighbours; holes also
 * stand in a tree, by address for first fit and by (size, address) otherwise. Under buddy a hole of size 2^k starts at
 * a multiple of 2^k, and its partner starts at start XOR 2^k: a neighbour in the list.
 */
#include "serve/reserve.h"

#include "serve/pages.h"

struct reserve {
    int64_t slots, refused, stranded, free;
    enum reserve_placement placement;
    struct reserve_span *first;
    GTree *holes; /* span -> span */
};

static gint by_start(gconstpointer a, gconstpointer b, gpointer data)
{
    const struct reserve_span *x = a, *y = b;
    (void)data;
    return (x->start > y->start) - (x->start < y->start);
}

static gint by_size(gconstpointer a, gconstpointer b, gpointer data)
{
    const struct reserve_span *x = a, *y = b;
    return x->size != y->size ? (x->size > y->size) - (x->size < y->size) : by_start(a, b, data);
}

struct reserve *reserve_new(int64_t slots, enum reserve_placement placement)
{
    if (slots < 1 || (placement == RESERVE_BUDDY && (slots & (slots - 1)))) return NULL;
    struct reserve *r = g_new0(struct reserve, 1);
    r->slots = r->free = slots;
    r->placement = placement;
    r->first = g_new0(struct reserve_span, 1);
    r->first->size = slots;
    r->holes = g_tree_new_full(placement == RESERVE_FIRST_FIT ? by_start : by_size, NULL, NULL, NULL);
    g_tree_insert(r->holes, r->first, r->first);
    return r;
}

void reserve_free(struct reserve *r)
{
    if (!r) return;
    for (struct reserve_span *s = r->first, *next; s; s = next) {
        next = s->next;
        g_free(s);
    }
    g_tree_destroy(r->holes);
    g_free(r);
}

static struct reserve_span *find_hole(const struct reserve *r, int64_t size)
{
    if (r->placement != RESERVE_FIRST_FIT) {
        GTreeNode *node = g_tree_lower_bound(r->holes, &(struct reserve_span){ .size = size });
        return node ? g_tree_node_value(node) : NULL;
    }
    for (GTreeNode *node = g_tree_node_first(r->holes); node; node = g_tree_node_next(node)) {
        struct reserve_span *hole = g_tree_node_value(node);
        if (hole->size >= size) return hole;
    }
    return NULL;
}

/* Cuts a hole that is in no tree; the part behind becomes a hole of its own. */
static void cut(struct reserve *r, struct reserve_span *s, int64_t size)
{
    struct reserve_span *rest = g_new0(struct reserve_span, 1);
    *rest = (struct reserve_span){ s->start + size, s->size - size, 0, s, s->next };
    if (rest->next) rest->next->prev = rest;
    s->next = rest;
    s->size = size;
    g_tree_insert(r->holes, rest, rest);
}

/* The power of two from slots on; beyond 2^62 none fits. */
static int64_t round_up(int64_t slots)
{
    int64_t size = 1;
    while (size < slots && size <= INT64_MAX / 2) size *= 2;
    return size < slots ? INT64_MAX : size;
}

struct reserve_span *reserve_take(struct reserve *r, int64_t slots)
{
    g_assert(slots > 0);
    int64_t size = r->placement == RESERVE_BUDDY ? round_up(slots) : slots;
    struct reserve_span *s = find_hole(r, size);
    if (!s) {
        r->refused++;
        r->stranded += r->free >= size;
        return NULL;
    }
    g_tree_remove(r->holes, s);
    if (r->placement == RESERVE_BUDDY)
        while (s->size > size) cut(r, s, s->size / 2);
    else if (s->size > size)
        cut(r, s, size);
    s->asked = slots;
    r->free -= s->size;
    return s;
}

/* b, the hole behind the hole a, goes into it. */
static void join(struct reserve *r, struct reserve_span *a, struct reserve_span *b)
{
    a->size += b->size;
    a->next = b->next;
    if (a->next) a->next->prev = a;
    if (r->first == b) r->first = a;
    g_free(b);
}

static bool joins(const struct reserve *r, const struct reserve_span *s, const struct reserve_span *other)
{
    if (!other || other->asked) return false;
    return r->placement != RESERVE_BUDDY || (other->size == s->size && other->start == (s->start ^ s->size));
}

void reserve_give(struct reserve *r, struct reserve_span *s)
{
    g_assert(s->asked);
    s->asked = 0;
    r->free += s->size;
    for (;;) {
        if (joins(r, s, s->next)) {
            g_tree_remove(r->holes, s->next);
            join(r, s, s->next);
        } else if (joins(r, s, s->prev)) {
            s = s->prev;
            g_tree_remove(r->holes, s);
            join(r, s, s->next);
        } else {
            break;
        }
    }
    g_tree_insert(r->holes, s, s);
}

const struct reserve_span *reserve_first(const struct reserve *r) { return r->first; }

struct reserve_counts reserve_count(const struct reserve *r)
{
    struct reserve_counts c = { .slots = r->slots, .refused = r->refused, .stranded = r->stranded };
    for (const struct reserve_span *s = r->first; s; s = s->next) {
        c.asked += s->asked;
        if (s->asked) c.taken += s->size;
        else c.holes++, c.free += s->size, c.largest_hole = MAX(c.largest_hole, s->size);
    }
    return c;
}

const char *reserve_fault(const struct reserve *r)
{
    int64_t at = 0, holes = 0, unused = 0;
    for (const struct reserve_span *s = r->first; s; at += s->size, s = s->next) {
        if (s->start != at || s->size < 1 || s->asked > s->size) return "the spans do not cover the memory";
        if (s->next && s->next->prev != s) return "the list is broken";
        if (!s->asked && joins(r, s, s->next)) return "two holes have not grown together";
        if (!s->asked && !g_tree_lookup(r->holes, s)) return "a hole is not in the tree";
        if (r->placement == RESERVE_BUDDY && (s->size & (s->size - 1) || s->start % s->size)) return "no buddy";
        if (!s->asked) holes++, unused += s->size;
    }
    if (holes != g_tree_nnodes(r->holes)) return "the tree holds what is no hole";
    return at == r->slots && unused == r->free ? NULL : "the free slots are miscounted";
}

static struct reserve_use use(int64_t used, int64_t reserved)
{
    return (struct reserve_use){ used, reserved, reserved - used,
                                 reserved ? (double)(reserved - used) / (double)reserved : 0 };
}

struct reserve_compare reserve_compare(const int64_t *lengths, int n, int64_t most, int64_t block_size)
{
    const struct reserve_use none = { -1, -1, -1, -1 };
    const struct reserve_compare unknown = { none, none, none, -1 };
    int64_t used = 0, blocks = 0, contiguous, paged;
    for (int i = 0; i < n; i++) {
        if (lengths[i] < 0 || lengths[i] > most || __builtin_add_overflow(used, lengths[i], &used)) return unknown;
        blocks += pages_needed(lengths[i], block_size);
    }
    if (__builtin_mul_overflow(most, n, &contiguous) || __builtin_mul_overflow(blocks, block_size, &paged))
        return unknown;
    return (struct reserve_compare){ use(used, used), use(used, contiguous), use(used, paged), blocks };
}

void reserve_facts(const int64_t *lengths, int n, int64_t most, int64_t block_size, struct facts *f)
{
    struct reserve_compare c = reserve_compare(lengths, n, most, block_size);
    if (c.blocks < 0) return;
    int sequences = facts_leaf(f, "reserve.sequences", n, UNIT_COUNT, "counted: sequences");
    int each = facts_leaf(f, "reserve.most", most, UNIT_TOKENS, "chosen: slots reserved for each sequence");
    int used = facts_leaf(f, "reserve.used", c.ideal.used, UNIT_TOKENS, "counted: tokens of all sequences");
    int slots = facts_int(f, "reserve.slots", c.contiguous.reserved, UNIT_TOKENS, "[sequences] × [reserved each]",
                          FACTS(sequences, each));
    int waste = facts_int(f, "reserve.waste", c.contiguous.wasted, UNIT_TOKENS, "[slots] − [tokens]",
                          FACTS(slots, used));
    int size = facts_leaf(f, "reserve.block_size", block_size, UNIT_TOKENS, "chosen: tokens a block");
    int blocks = facts_leaf(f, "reserve.blocks", c.blocks, UNIT_COUNT, "counted: blocks that the sequences need");
    int paged = facts_int(f, "reserve.paged_slots", c.paged.reserved, UNIT_TOKENS, "[blocks] × [block size]",
                          FACTS(blocks, size));
    int empty = facts_int(f, "reserve.paged_waste", c.paged.wasted, UNIT_TOKENS, "[slots] − [tokens]",
                          FACTS(paged, used));
    if (c.contiguous.reserved)
        facts_real(f, "reserve.waste_share", c.contiguous.share, UNIT_SHARE, "[empty slots] ÷ [slots]",
                   FACTS(waste, slots));
    if (c.paged.reserved)
        facts_real(f, "reserve.paged_waste_share", c.paged.share, UNIT_SHARE, "[empty slots] ÷ [slots]",
                   FACTS(empty, paged));
}
