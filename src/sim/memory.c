/* What fills a device: total = weights + sequences x cache of one sequence.
 *
 * Llama-3.1-8B in FP16 with six sequences of 65,536 tokens: 16,060,522,496 + 6 x 65,536 x 131,072 = 67,600,130,048 B.
 * On 80 x 10^9 B that is 84.5 %, and the device is full at (80,000,000,000 - 16,060,522,496) / (6 x 131,072) = 81,303
 * tokens in each sequence.
 */
#include "sim/memory.h"
#include "sim/cache_facts.h"
#include "sim/count.h"
#include "sim/leaf.h"
#include "sim/weight_facts.h"

/* Far beyond any context: a cache that still fits here has stopped growing. */
#define MOST_TOKENS INT64_C(1000000000000)

static int64_t caches_bytes(const struct memory_plan *plan, int64_t context)
{
    return count_times(plan->sequences, cache_bytes(plan->model, plan->cache, context));
}

static int64_t total_bytes(const struct memory_plan *plan, int64_t context)
{
    return count_plus(weight_bytes(plan->model, plan->weights), caches_bytes(plan, context));
}

static int64_t capacity_of(const struct memory_plan *plan)
{
    return plan->device && plan->device->capacity_bytes > 0 ? plan->device->capacity_bytes : -1;
}

struct memory_state memory_state_at(const struct memory_plan *plan, int64_t context)
{
    struct memory_state s = {
        .weights = weight_bytes(plan->model, plan->weights),
        .per_sequence = cache_bytes(plan->model, plan->cache, context),
        .total = total_bytes(plan, context),
        .capacity = capacity_of(plan),
    };
    s.devices = (int)MIN(count_over(s.total, s.capacity), INT_MAX);
    return s;
}

int64_t memory_full_at(const struct memory_plan *plan, int devices, double share)
{
    int64_t capacity = capacity_of(plan);
    if (capacity < 0 || devices < 1 || total_bytes(plan, 0) < 0) return -1;
    __int128 all = (__int128)capacity * devices;
    /* A share of 1 stays an integer: the border is exact to the byte. */
    __int128 limit = share == 1 ? all : (__int128)((double)all * share);
    int64_t fits = 0, full = MOST_TOKENS;
    int64_t most = total_bytes(plan, MOST_TOKENS);
    if (total_bytes(plan, 0) > limit) return 0;
    if (most >= 0 && most <= limit) return MEMORY_ENDLESS;
    while (full - fits > 1) { /* fits: it does; full: it does not, or is beyond 64 bits */
        int64_t middle = fits + (full - fits) / 2, total = total_bytes(plan, middle);
        if (total >= 0 && total <= limit) fits = middle;
        else full = middle;
    }
    return fits;
}

/* --- the same as facts --- */

enum unit memory_unit(const struct device *d)
{
    bool decimal = d && d->capacity_bytes % (INT64_C(1) << 30) && d->capacity_bytes % 1000000 == 0;
    return decimal ? UNIT_BYTES_DECIMAL : UNIT_BYTES;
}

struct writer {
    const struct memory_plan *plan;
    struct facts *facts;
    enum unit unit;     /* of its bytes */
    bool straight;      /* the cache is so many bytes a token */
};

static const char *by(const struct writer *w, const char *key)
{
    g_autofree char *text = g_strconcat(w->plan->by ? w->plan->by : "scene file: ", key, NULL);
    return facts_word(w->facts, text);
}

static void total_facts(const struct writer *w, struct memory_facts *f, int64_t context, struct memory_state s)
{
    const struct memory_plan *plan = w->plan;
    const struct model *m = plan->model;
    const char *batch = plan->by ? "batch" : "sequences"; /* the command line's word, or the scene's */
    f->weights = weight_bytes_fact(m, &plan->weights, w->unit, by(w, "weights"), w->facts);
    f->sequences = facts_leaf(w->facts, "mem.sequences", plan->sequences, UNIT_COUNT, by(w, batch));
    f->kv_total = fact_whole(w->facts, "mem.kv_total", caches_bytes(plan, context), w->unit,
                             "[sequences] × [cache of one sequence]", FACTS(f->sequences, f->kv_sequence));
    f->total = fact_whole(w->facts, "mem.total", s.total, w->unit, "[weights] + [caches]",
                          FACTS(f->weights, f->kv_total));
}

static void capacity_facts(const struct writer *w, struct memory_facts *f, struct memory_state s)
{
    const struct device *d = w->plan->device;
    if (d)
        f->capacity = leaf_device(w->facts, d, "mem.capacity", d->capacity_bytes, w->unit, "capacity");
    else
        f->capacity = facts_unknown(w->facts, "mem.capacity", w->unit, "no device");
    /* Where an input is unknown these values mean nothing, and the book makes them unknown. */
    const int *both = FACTS(f->total, f->capacity);
    double share = (double)s.total / (double)s.capacity;
    f->share = facts_real(w->facts, "mem.share", share, UNIT_SHARE, "[total] ÷ [capacity]", both);
    f->over = facts_int(w->facts, "mem.over", MAX(s.total - s.capacity, 0), w->unit,
                        "[total] − [capacity], at least 0", both);
    f->devices = facts_int(w->facts, "mem.devices", count_over(s.total, s.capacity), UNIT_COUNT,
                           "[total] ÷ [capacity], rounded up; as if all of it could be split evenly", both);
}

/* The largest context that fits the capacity, or a share of it (a fact, or -1). Where windows or scales bend the line
 * there is no closed form, only the bisection. */
static int border_fact(const struct writer *w, const struct memory_facts *f, const char *id, int64_t tokens, int share)
{
    bool part = share >= 0;
    if (tokens == MEMORY_ENDLESS)
        return facts_unknown(w->facts, id, UNIT_TOKENS, "no context fills the device: every cached layer has a window");
    if (w->straight)
        return fact_whole(w->facts, id, tokens, UNIT_TOKENS,
                          part ? "([share] × [capacity] − [weights]) ÷ ([sequences] × [cache a token]), rounded down, "
                                 "at least 0"
                               : "([capacity] − [weights]) ÷ ([sequences] × [cache a token]), rounded down, at least 0",
                          part ? FACTS(share, f->capacity, f->weights, f->sequences, f->kv_per_token)
                               : FACTS(f->capacity, f->weights, f->sequences, f->kv_per_token));
    return fact_whole(w->facts, id, tokens, UNIT_TOKENS,
                      part ? "the largest context at which the caches of [sequences] fit into [share] of [capacity] "
                             "less [weights]"
                           : "the largest context at which the caches of [sequences] fit into [capacity] less "
                             "[weights]",
                      part ? FACTS(f->sequences, share, f->capacity, f->weights)
                           : FACTS(f->sequences, f->capacity, f->weights));
}

struct memory_facts memory_at(const struct memory_plan *plan, int64_t context, struct facts *facts)
{
    struct writer w = { plan, facts, memory_unit(plan->device), false };
    struct memory_state s = memory_state_at(plan, context);
    struct memory_facts f = { 0 };
    int64_t full_at = memory_full_at(plan, 1, 1);
    f.context = facts_leaf(facts, "mem.context", context, UNIT_TOKENS,
                           plan->by ? by(&w, "context") : "the ruler at this moment (scene file: from, to, stops)");
    struct cache_choice choice = { plan->model, plan->cache, by(&w, "cache"), w.unit };
    struct cache_facts cache = cache_facts_at(&choice, f.context, facts);
    w.straight = cache.straight;
    f.kv_per_token = cache.per_token;
    f.kv_next = cache.next;
    f.kv_sequence = cache.sequence;
    total_facts(&w, &f, context, s);
    capacity_facts(&w, &f, s);
    int warn = facts_leaf_real(facts, "mem.warn_share", MEMORY_WARN_SHARE, UNIT_SHARE,
                               "from here on kvreel's films warn");
    f.full_at = border_fact(&w, &f, "mem.full_at", full_at, -1);
    f.warn_at = border_fact(&w, &f, "mem.warn_at", memory_full_at(plan, 1, MEMORY_WARN_SHARE), warn);
    f.room = facts_int(facts, "mem.room", MAX(full_at - context, 0), UNIT_TOKENS, "[full at] − [context], at least 0",
                       FACTS(f.full_at, f.context));
    f.model_limit = leaf_model(facts, plan->model, "mem.model_limit", plan->model->max_context, UNIT_TOKENS,
                               "max_context");
    return f;
}
