/* Leaves for what was counted, formulas for what follows from it. */
#include "serve/reuse_facts.h"
#include "sim/count.h"
#include "sim/leaf.h"

static const double ns = 1e-9; /* in seconds */

struct writer { struct facts *facts; const char *scope, *by; enum unit bytes; };

static const char *id_of(const struct writer *w, const char *what)
{
    char id[128];
    g_snprintf(id, sizeof id, "%s.%s", w->scope, what);
    return facts_word(w->facts, id);
}

static int counted(const struct writer *w, const char *what, int64_t value, const char *source)
{
    return facts_leaf(w->facts, id_of(w, what), value, UNIT_COUNT, source);
}

static int chosen(const struct writer *w, const char *what, int64_t value, enum unit unit)
{
    return facts_leaf(w->facts, id_of(w, what), value, unit, facts_word(w->facts, w->by));
}

/* A time of -1 did not fit. */
static int time_leaf(const struct writer *w, const char *what, int64_t time_ns, const char *source)
{
    const char *id = id_of(w, what);
    if (time_ns < 0) return facts_unknown(w->facts, id, UNIT_SECONDS, "the sum of nanoseconds is beyond 64 bits");
    return facts_leaf_real(w->facts, id, (double)time_ns * ns, UNIT_SECONDS, source);
}

static int whole(const struct writer *w, const char *what, int64_t value, enum unit unit, const char *formula,
                 const int *deps)
{
    return fact_whole(w->facts, id_of(w, what), value, unit, formula, deps);
}

static int share(const struct writer *w, const char *what, const char *formula, int part, int all)
{
    double value = facts_at(w->facts, part)->r / facts_at(w->facts, all)->r;
    return facts_real(w->facts, id_of(w, what), value, UNIT_SHARE, formula, FACTS(part, all));
}

/* --- the radix tree --- */

void reuse_facts_radix(const struct radix *tree, const char *by, struct facts *facts)
{
    struct writer w = { facts, "radix", by, UNIT_BYTES };
    struct radix_counts c = radix_counts(tree);
    counted(&w, "queries", c.queries, "counted: prompts looked up");
    int hit = counted(&w, "hit_tokens", c.hit_tokens, "counted: tokens of prompts that were cached");
    int missed = counted(&w, "missed_tokens", c.missed_tokens, "counted: tokens of prompts that were not cached");
    int asked = whole(&w, "asked_tokens", count_plus(c.hit_tokens, c.missed_tokens), UNIT_COUNT,
                      "[hit tokens] + [missed tokens]", FACTS(hit, missed));
    share(&w, "hit_share", "[hit tokens] ÷ [asked tokens]", hit, asked);

    int inserted = counted(&w, "inserted_tokens", c.inserted_tokens, "counted: tokens added to the tree");
    int evicted = counted(&w, "evicted_tokens", c.evicted_tokens, "counted: tokens evicted from the tree");
    counted(&w, "refused_tokens", c.refused_tokens, "counted: tokens without room beside what was in use");
    counted(&w, "evictions", c.evictions, "counted: leaves evicted");
    counted(&w, "nodes", c.nodes, "counted: edges of the tree");
    int tokens = whole(&w, "tokens", c.inserted_tokens - c.evicted_tokens, UNIT_COUNT,
                       "[inserted tokens] − [evicted tokens]", FACTS(inserted, evicted));
    int locked = counted(&w, "locked_tokens", c.locked_tokens, "counted: tokens that somebody uses");
    whole(&w, "evictable_tokens", c.tokens - c.locked_tokens, UNIT_COUNT, "[tokens] − [tokens in use]",
          FACTS(tokens, locked));
    int capacity = chosen(&w, "capacity", radix_capacity(tree), UNIT_COUNT);
    share(&w, "used_share", "[tokens] ÷ [capacity]", tokens, capacity);
}

/* --- tiers --- */

/* blocks, size: facts. */
static void bytes_fact(const struct writer *w, const char *what, int blocks, int size)
{
    int64_t bytes = count_times(facts_at(w->facts, blocks)->i, facts_at(w->facts, size)->i);
    whole(w, what, bytes, w->bytes, "[blocks] × [bytes a block]", FACTS(blocks, size));
}

static void road_facts(const struct writer *w, const struct tier *tier, const struct tier_counts *c, int size)
{
    chosen(w, "bandwidth", tier->bytes_per_s, w->bytes);
    time_leaf(w, "latency", tier->latency_ns, facts_word(w->facts, w->by));
    int up = counted(w, "blocks_up", c->blocks_up, "counted: blocks that left for the tier above");
    bytes_fact(w, "bytes_up", up, size);
    counted(w, "transfers_up", c->transfers_up, "counted: transfers to the tier above");
    time_leaf(w, "time_up", c->up_ns, "counted: time of these transfers, each rounded up to ns");
    int down = counted(w, "blocks_down", c->blocks_down, "counted: blocks that came from the tier above");
    bytes_fact(w, "bytes_down", down, size);
    counted(w, "transfers_down", c->transfers_down, "counted: transfers from the tier above");
    time_leaf(w, "time_down", c->down_ns, "counted: time of these transfers, each rounded up to ns");
}

void reuse_facts_tiers(const struct tiers *t, const char *by, enum unit bytes, struct facts *facts)
{
    struct writer w = { facts, "tiers", by, bytes };
    struct tiers_counts all = tiers_counts(t);
    int size = chosen(&w, "block_bytes", tiers_block_bytes(t), bytes);
    int uses = counted(&w, "uses", all.uses, "counted: blocks asked for");
    int misses = counted(&w, "misses", all.misses, "counted: blocks that were in no tier");
    int found = whole(&w, "found", all.uses - all.misses, UNIT_COUNT, "[blocks asked for] − [misses]",
                      FACTS(uses, misses));
    share(&w, "hit_share", "[found] ÷ [blocks asked for]", found, uses);
    int dropped = counted(&w, "dropped", all.dropped, "counted: blocks dropped from the last tier");
    bytes_fact(&w, "bytes_dropped", dropped, size);
    for (int i = 0; i < tiers_number(t); i++) {
        const struct tier *tier = tiers_at(t, i);
        struct tier_counts c = tiers_counts_of(t, i);
        struct writer own = { facts, id_of(&w, tier->name), by, bytes };
        chosen(&own, "capacity", tier->blocks, UNIT_COUNT);
        int blocks = counted(&own, "blocks", c.blocks, "counted: blocks in the tier");
        bytes_fact(&own, "bytes", blocks, size);
        int hits = counted(&own, "hits", c.hits, "counted: blocks found in the tier");
        share(&own, "hit_share", "[hits] ÷ [blocks asked for]", hits, uses);
        if (i > 0) road_facts(&own, tier, &c, size);
    }
}

int reuse_facts_break_even(const char *name, const struct tier_load *l, const char *by, enum unit bytes,
                           struct facts *facts)
{
    struct writer top = { facts, "tiers", by, bytes }, w = { facts, id_of(&top, name), by, bytes };
    int latency = chosen(&w, "load_latency_ns", l->latency_ns, UNIT_COUNT);
    int speed = chosen(&w, "load_bandwidth", l->bytes_per_s, bytes);
    int token = chosen(&w, "token_bytes", l->token_bytes, bytes);
    int prefill = chosen(&w, "prefill_token_ns", l->prefill_token_ns, UNIT_COUNT);
    int64_t tokens = tier_break_even(l);
    if (tokens < 0)
        return facts_unknown(facts, id_of(&w, "break_even"), UNIT_TOKENS, "loading takes longer, whatever the length");
    return whole(&w, "break_even", tokens, UNIT_TOKENS,
                 "[latency] × [bandwidth] ÷ ([prefill of a token] × [bandwidth] − [bytes a token] × 1000000000), "
                 "rounded up, at least 1; in nanoseconds", FACTS(latency, speed, prefill, speed, token));
}

/* --- caches that forget --- */

static int kept_facts(const struct writer *w, int64_t kept, int positions, int room)
{
    int64_t n = facts_at(w->facts, positions)->i;
    int held = whole(w, "kept", kept, UNIT_TOKENS, "[positions], at most [room]", FACTS(positions, room));
    whole(w, "evicted", n - kept, UNIT_TOKENS, "[positions] − [kept]", FACTS(positions, held));
    share(w, "kept_share", "[kept] ÷ [positions]", held, positions);
    return held;
}

int reuse_facts_ring(const struct evict_ring *r, int positions, const char *by, struct facts *facts)
{
    struct writer w = { facts, "evict", by, UNIT_BYTES };
    int sinks = chosen(&w, "sinks", r->sinks, UNIT_TOKENS), window = chosen(&w, "window", r->window, UNIT_TOKENS);
    int64_t all = count_plus(r->sinks, r->window);
    int room = whole(&w, "room", all, UNIT_TOKENS, "[sinks] + [window]", FACTS(sinks, window));
    return kept_facts(&w, evict_ring_kept(r, facts_at(facts, positions)->i), positions, room);
}

int reuse_facts_heavy(const struct evict_heavy *h, const char *by, struct facts *facts)
{
    struct writer w = { facts, "evict", by, UNIT_BYTES };
    struct evict_heavy_counts c = evict_heavy_counts(h);
    int heavy = chosen(&w, "heavy", c.heavy, UNIT_TOKENS), recent = chosen(&w, "recent", c.recent, UNIT_TOKENS);
    int64_t all = count_plus(c.heavy, c.recent);
    int room = whole(&w, "room", all, UNIT_TOKENS, "[heavy] + [recent]", FACTS(heavy, recent));
    int steps = facts_leaf(facts, "evict.positions", c.steps, UNIT_TOKENS, "counted: steps of one position each");
    int attention = facts_leaf_real(facts, "evict.attention", c.attention, UNIT_NUMBER,
                                    "counted: attention that went to positions held, summed over the steps");
    share(&w, "attention_share", "[attention] ÷ [positions]; a step's attention sums to 1", attention, steps);
    return kept_facts(&w, c.kept, steps, room);
}
