/* Four tables of counters. A waste of 42 slots in 52 blocks of 16 is [slots] − [tokens stored] = 832 − 790, and its
 * share 42 ÷ 832 = 5.0%.
 */
#include "serve/alloc_facts.h"
#include "sim/count.h"

static int leaf(struct facts *book, const char *id, int64_t value, const char *source)
{
    return facts_leaf(book, id, value, UNIT_COUNT, source);
}

static int difference(struct facts *book, const char *id, const char *formula, int from, int less)
{
    int64_t rest = facts_at(book, from)->i - facts_at(book, less)->i;
    return facts_int(book, id, rest, UNIT_COUNT, formula, FACTS(from, less));
}

static int product(struct facts *book, const char *id, const char *formula, int a, int b)
{
    return facts_int(book, id, facts_at(book, a)->i * facts_at(book, b)->i, UNIT_COUNT, formula, FACTS(a, b));
}

static void share(struct facts *book, const char *id, const char *formula, int part, int whole)
{
    facts_real(book, id, facts_at(book, part)->r / facts_at(book, whole)->r, UNIT_SHARE, formula, FACTS(part, whole));
}

/* Blocks that are known, times bytes that may not be. */
static void bytes_of(struct facts *book, const char *id, const char *formula, int blocks, int64_t block_bytes)
{
    int64_t bytes = count_times(facts_at(book, blocks)->i, block_bytes);
    if (bytes < 0) {
        facts_unknown(book, id, UNIT_BYTES, block_bytes < 0 ? "bytes of a block: unknown" : "beyond 64 bits");
        return;
    }
    int each = facts_leaf(book, "pages.block_bytes", block_bytes, UNIT_BYTES, "given: bytes of a block");
    facts_int(book, id, bytes, UNIT_BYTES, formula, FACTS(blocks, each));
}

void alloc_facts_pages(const struct pages *p, int64_t block_bytes, struct facts *book)
{
    const struct pages_counters *c = pages_counters(p);
    int blocks = leaf(book, "pages.blocks", pages_blocks(p), "given: blocks of the pool");
    int block = leaf(book, "pages.block_tokens", pages_block_tokens(p), "given: tokens of a block");
    int used = leaf(book, "pages.used", c->used, "counted: blocks in use");
    int stored = leaf(book, "pages.stored", c->stored, "counted: tokens in the blocks, shared ones once");
    int entries = leaf(book, "pages.table_entries", c->table_entries, "counted: entries of all block tables");
    int saved = leaf(book, "pages.shared_saved", c->shared_saved, "counted: table entries that name a block again");
    leaf(book, "pages.peak", c->peak, "counted: most blocks in use at once");
    leaf(book, "pages.sequences", c->sequences, "counted: open sequences");
    leaf(book, "pages.tokens", c->tokens, "counted: tokens of all sequences, shared ones for each");
    leaf(book, "pages.copies", c->copies, "counted: shared blocks copied to be written");
    leaf(book, "pages.copied_tokens", c->copied_tokens, "counted: tokens in those copies");
    leaf(book, "pages.refusals", c->refusals, "counted: appends without a free block");
    difference(book, "pages.free", "[blocks] − [used blocks]", blocks, used);
    int slots = product(book, "pages.slots", "[used blocks] × [tokens a block]", used, block);
    int waste = difference(book, "pages.waste", "[slots] − [tokens stored]", slots, stored);
    share(book, "pages.waste_share", "[empty slots] ÷ [slots]", waste, slots);
    share(book, "pages.shared_share", "[blocks saved] ÷ [table entries]", saved, entries);
    bytes_of(book, "pages.used_bytes", "[used blocks] × [bytes a block]", used, block_bytes);
}

void alloc_facts_prefix(const struct prefix *p, int64_t block_bytes, struct facts *book)
{
    const struct prefix_counters *c = prefix_counters(p);
    int block = leaf(book, "prefix.block_tokens", pages_block_tokens(prefix_pages(p)), "given: tokens of a block");
    int queried = leaf(book, "prefix.queried", c->queried_tokens, "counted: tokens of the prompts");
    int hits = leaf(book, "prefix.hits", c->hit_tokens, "counted: prompt tokens found in cached blocks");
    int cached = leaf(book, "prefix.cached", c->cached, "counted: cached blocks");
    leaf(book, "prefix.queries", c->queries, "counted: prompts let in");
    leaf(book, "prefix.evictions", c->evictions, "counted: cached blocks given up for others");
    leaf(book, "prefix.refusals", c->refusals, "counted: prompts and appends without room");
    leaf(book, "prefix.collisions", c->collisions, "counted: equal keys of unequal prefixes");
    leaf(book, "prefix.idle", c->idle, "counted: cached blocks without a user");
    difference(book, "prefix.misses", "[prompt tokens] − [hit tokens]", queried, hits);
    share(book, "prefix.hit_share", "[hit tokens] ÷ [prompt tokens]", hits, queried);
    product(book, "prefix.cached_tokens", "[cached blocks] × [tokens a block]", cached, block);
    bytes_of(book, "prefix.cached_bytes", "[cached blocks] × [bytes a block]", cached, block_bytes);
}

void alloc_facts_reserve(const struct reserve *r, int64_t next, struct facts *book)
{
    const struct reserve_counters *c = reserve_counters(r);
    int slots = leaf(book, "reserve.slots", reserve_slots(r), "given: slots of the memory");
    int taken = leaf(book, "reserve.taken", c->taken, "counted: slots of all regions");
    int asked = leaf(book, "reserve.asked", c->asked, "counted: slots that were asked for");
    int used = leaf(book, "reserve.used", c->used, "counted: tokens written");
    int small = leaf(book, "reserve.too_small", reserve_too_small(r, next), "counted: slots in too small holes");
    leaf(book, "reserve.regions", c->regions, "counted: regions");
    leaf(book, "reserve.holes", c->holes, "counted: holes");
    leaf(book, "reserve.to_come", c->to_come, "counted: slots for tokens to come");
    leaf(book, "reserve.never", c->never, "counted: slots that no token will fill");
    leaf(book, "reserve.largest_hole", reserve_largest_hole(r), "counted: slots of the largest hole");
    leaf(book, "reserve.refusals", c->refusals, "counted: regions without a hole");
    leaf(book, "reserve.fragmented", c->fragmented, "counted: such with enough free slots, but not in one piece");
    int free_slots = difference(book, "reserve.free", "[slots] − [taken]", slots, taken);
    int empty = difference(book, "reserve.empty", "[taken] − [used]", taken, used);
    difference(book, "reserve.rounded", "[taken] − [asked for]", taken, asked);
    share(book, "reserve.empty_share", "[empty] ÷ [taken]", empty, taken);
    share(book, "reserve.too_small_share", "[in too small holes] ÷ [free]", small, free_slots);
}

static const char *const strategies[RESERVE_STRATEGIES][3] = {
    [RESERVE_MAXIMUM] = { "reserve.maximum.slots", "reserve.maximum.empty", "reserve.maximum.empty_share" },
    [RESERVE_POWERS] = { "reserve.powers.slots", "reserve.powers.empty", "reserve.powers.empty_share" },
    [RESERVE_PAGED] = { "reserve.paged.slots", "reserve.paged.empty", "reserve.paged.empty_share" },
    [RESERVE_EXACT] = { "reserve.exact.slots", "reserve.exact.empty", "reserve.exact.empty_share" },
};

bool alloc_facts_compare(const int64_t *lengths, int64_t n, int64_t max_length, int64_t block_tokens,
                         struct facts *book)
{
    struct reserve_use use[RESERVE_STRATEGIES];
    if (!reserve_compare(lengths, n, max_length, block_tokens, use)) return false;
    int slots[RESERVE_STRATEGIES];
    int sequences = leaf(book, "reserve.sequences", n, "given: sequences");
    int longest = leaf(book, "reserve.longest", max_length, "given: the longest that a sequence may become");
    int block = leaf(book, "reserve.block_tokens", block_tokens, "given: tokens of a block");
    int tokens = leaf(book, "reserve.tokens", use[RESERVE_EXACT].used, "counted: tokens of all sequences");
    int blocks = leaf(book, "reserve.paged.blocks", use[RESERVE_PAGED].slots / block_tokens,
                      "counted: blocks, each sequence's tokens rounded up to whole ones");
    slots[RESERVE_MAXIMUM] = product(book, strategies[RESERVE_MAXIMUM][0], "[sequences] × [longest]",
                                     sequences, longest);
    slots[RESERVE_POWERS] = leaf(book, strategies[RESERVE_POWERS][0], use[RESERVE_POWERS].slots,
                                 "counted: slots, each sequence's tokens rounded up to a power of two");
    slots[RESERVE_PAGED] = product(book, strategies[RESERVE_PAGED][0], "[blocks] × [tokens a block]", blocks, block);
    slots[RESERVE_EXACT] = facts_int(book, strategies[RESERVE_EXACT][0], use[RESERVE_EXACT].slots, UNIT_COUNT,
                                     "[tokens]", FACTS(tokens));
    for (int s = 0; s < RESERVE_STRATEGIES; s++) {
        int empty = difference(book, strategies[s][1], "[slots] − [tokens]", slots[s], tokens);
        share(book, strategies[s][2], "[empty slots] ÷ [slots]", empty, slots[s]);
    }
    return true;
}
