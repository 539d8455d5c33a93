/* One case: the memory's facts and those of its blocks.
 *
 * Llama-3.1-8B, BF16, 1,000 tokens in blocks of 16: 63 blocks, 1,008 tokens x 128 KiB = 126 MiB, of which 8 places are
 * empty, 1 MiB or 0.8 %. Source: Kwon et al. 2023, arXiv:2309.06180, section 4.
 */
#include "sim/sizing.h"
#include "sim/cost_facts.h"
#include "sim/count.h"
#include "sim/leaf.h"

#include <limits.h>
#include <math.h>

static int64_t blocked_tokens(const struct sizing *s, int64_t context)
{
    return count_times(count_over(context, s->block), s->block);
}

int64_t sizing_paged_bytes(const struct sizing *s, int64_t context)
{
    return cache_bytes(s->model, s->cache, blocked_tokens(s, context));
}

static const char BY[] = "command line: --";

static bool is_straight(const struct sizing *s)
{
    return !cache_bends(s->model) && s->cache.group <= 0 && dtype_bits(s->cache.type) % 8 == 0;
}

static void block_facts(const struct sizing *s, struct facts *f, enum unit unit)
{
    int context = facts_find(f, "mem.context"), per_token = facts_find(f, "mem.kv_per_token");
    int sequence = facts_find(f, "mem.kv_sequence"), sequences = facts_find(f, "mem.sequences");
    int block = facts_leaf(f, "size.block", s->block, UNIT_TOKENS, "command line: --block");
    int blocks = fact_whole(f, "size.blocks", count_over(s->context, s->block), UNIT_COUNT,
                            "[context] ÷ [block], rounded up", FACTS(context, block));
    int tokens = fact_whole(f, "size.block_tokens", blocked_tokens(s, s->context), UNIT_TOKENS, "[blocks] × [block]",
                            FACTS(blocks, block));
    int64_t bytes = sizing_paged_bytes(s, s->context), exact = cache_bytes(s->model, s->cache, s->context);
    int paged = fact_whole(f, "size.paged", bytes, unit,
                           is_straight(s) ? "[tokens in blocks] × [cache a token]"
                                          : "the cache of a sequence of [tokens in blocks], as mem.kv_sequence is "
                                            "worked out, [cache a token] at first", FACTS(tokens, per_token));
    int64_t unused = bytes < 0 || exact < 0 ? -1 : bytes - exact;
    int empty = fact_whole(f, "size.empty", unused, unit, "[cache in blocks] − [cache of one sequence]",
                           FACTS(paged, sequence));
    facts_real(f, "size.empty_share", bytes > 0 ? (double)unused / (double)bytes : NAN, UNIT_SHARE,
               "[empty] ÷ [cache in blocks]", FACTS(empty, paged));
    fact_whole(f, "size.paged_total", count_times(s->batch, bytes), unit, "[sequences] × [cache in blocks]",
               FACTS(sequences, paged));
}

/* Room set aside at a sequence's greatest length, whatever it comes to (arXiv:2309.06180, section 3). */
static void reserve_facts(const struct sizing *s, struct facts *f, enum unit unit)
{
    int per_token = facts_find(f, "mem.kv_per_token"), sequences = facts_find(f, "mem.sequences");
    int used = facts_find(f, "mem.kv_total");
    int64_t bytes = count_times(s->batch, cache_bytes(s->model, s->cache, s->reserve));
    int64_t taken = count_times(s->batch, cache_bytes(s->model, s->cache, s->context));
    int reserve = facts_leaf(f, "size.reserve", s->reserve, UNIT_TOKENS, "command line: --reserve");
    int all = fact_whole(f, "size.reserved_total", bytes, unit,
                         is_straight(s) ? "[sequences] × [reserved tokens] × [cache a token]"
                                        : "[sequences] times the cache of [reserved tokens], as mem.kv_sequence is "
                                          "worked out, [cache a token] at first", FACTS(sequences, reserve, per_token));
    double idle = bytes > 0 && taken >= 0 ? 1 - (double)taken / (double)bytes : NAN;
    facts_real(f, "size.idle_share", idle, UNIT_SHARE, "1 − [caches] ÷ [reserved]", FACTS(used, all));
}

static int64_t sequences_here(const struct sizing *s) { return count_over(s->batch, s->split.data); }

int64_t sizing_device_bytes(const struct sizing *s)
{
    int64_t cache = split_cache_bytes(&s->split, s->model, s->cache, s->context);
    return count_plus(split_weight_bytes(&s->split, s->model, s->weights), count_times(sequences_here(s), cache));
}

enum sizing_fit sizing_fit(const struct sizing *s)
{
    int64_t bytes = s->device ? sizing_device_bytes(s) : -1;
    if (bytes < 0 || s->device->capacity_bytes <= 0) return SIZING_UNKNOWN;
    return bytes <= s->device->capacity_bytes ? SIZING_FITS : SIZING_OVER;
}

/* The largest value of *field with which it fits; fit falls as it grows. */
static int64_t largest(struct sizing *s, int64_t *field, int64_t most)
{
    int64_t fits = 0, over = most;
    *field = 0;
    if (sizing_fit(s) == SIZING_UNKNOWN) return -1;
    *field = most;
    if (sizing_fit(s) == SIZING_FITS) return MEMORY_ENDLESS;
    while (over - fits > 1) {
        *field = fits + (over - fits) / 2;
        if (sizing_fit(s) == SIZING_FITS) fits = *field;
        else over = *field; /* or beyond 64 bits */
    }
    return fits;
}

int64_t sizing_longest(const struct sizing *s)
{
    struct sizing tried = *s;
    return largest(&tried, &tried.context, INT64_C(1000000000000));
}

int64_t sizing_most(const struct sizing *s)
{
    struct sizing tried = *s;
    return largest(&tried, &tried.batch, INT64_C(1000000000));
}

int64_t sizing_fewest(const struct sizing *s)
{
    struct sizing tried = *s;
    for (int64_t n = 1; n <= 1024; n *= 2) {
        tried.split = (struct split){ n, 1, 1, 1 };
        g_autofree char *refusal = split_refusal(&tried.split, s->model);
        if (!refusal && sizing_fit(&tried) == SIZING_FITS) return n;
    }
    return -1;
}

/* What no formula gives. deps: what it was searched with. */
static void searched(struct facts *f, const char *id, int64_t value, enum unit unit, const char *formula, const int *deps)
{
    if (value >= 0 && value != MEMORY_ENDLESS) facts_int(f, id, value, unit, formula, deps);
    else facts_unknown(f, id, unit, value < 0 ? "not known, or none" : "nothing fills the devices");
}

static void reach_facts(const struct sizing *s, struct facts *f)
{
    int capacity = facts_find(f, "mem.capacity"), weights = facts_find(f, "split.weights");
    int context = facts_find(f, "mem.context"), sequences = facts_find(f, "mem.sequences");
    searched(f, "size.longest", sizing_longest(s), UNIT_TOKENS,
             "the longest context of which [sequences] fit beside [weights on a device] into [capacity] on each device",
             FACTS(sequences, weights, capacity));
    searched(f, "size.most", sizing_most(s), UNIT_COUNT,
             "the most sequences of [context] that fit beside [weights on a device] into [capacity] on each device",
             FACTS(context, weights, capacity));
    searched(f, "size.fewest", sizing_fewest(s), UNIT_COUNT,
             "the smallest power of two of devices with [capacity] that share every layer and hold their parts of [total]",
             FACTS(capacity, facts_find(f, "mem.total")));
}

/* What one of several devices holds. */
static void device_facts(const struct sizing *s, struct facts *f, enum unit unit)
{
    int64_t total = sizing_device_bytes(s), capacity = s->device->capacity_bytes;
    int here = fact_whole(f, "size.here", sequences_here(s), UNIT_COUNT,
                          "[sequences] ÷ [copies of the model], rounded up",
                          FACTS(facts_find(f, "mem.sequences"), facts_find(f, "split.data")));
    int all = fact_whole(f, "size.device_total", total, unit,
                         "[weights on a device] + [sequences] × [cache of one on a device]",
                         FACTS(facts_find(f, "split.weights"), here, facts_find(f, "split.cache")));
    const int *both = FACTS(all, facts_find(f, "mem.capacity"));
    facts_real(f, "size.device_share", (double)total / (double)capacity, UNIT_SHARE, "[total] ÷ [capacity]", both);
    facts_int(f, "size.device_over", MAX(total - capacity, 0), unit, "[total] − [capacity], at least 0", both);
}

/* Whether its full layers have the keys and values that the plain keys of the entry describe. */
static bool has_common_heads(const struct model *m)
{
    struct layout l = layout_of(m);
    return l.derived && l.n > 0 && l.streams[0].keep == KEEP_ALL && l.streams[0].k_width > 0 &&
           l.streams[0].k_width == l.streams[0].v_width;
}

static void time_facts(const struct sizing *s, struct facts *f)
{
    struct setup setup = { s->model, s->device, s->weights, DTYPE_BF16, s->cache, s->split, s->batch, BY };
    int context = facts_find(f, "mem.context");
    cost_split_facts(&setup, context, f);
    cost_decode_facts(&setup, context, f);
    cost_prefill_facts(&setup, context, 0, f);
    if (has_common_heads(s->model)) cost_flash_facts(&setup, context, f);
}

/* How many of these sequences fit one device. */
static void most_fact(const struct sizing *s, struct facts *f)
{
    int capacity = facts_find(f, "mem.capacity"), weights = facts_find(f, "mem.weights");
    int paged = facts_find(f, "size.paged");
    int64_t left = s->device->capacity_bytes - weight_bytes(s->model, s->weights);
    int64_t each = sizing_paged_bytes(s, s->context);
    fact_whole(f, "size.most_sequences", each > 0 ? MAX(left, 0) / each : -1, UNIT_COUNT,
               "([capacity] − [weights]) ÷ [cache of one sequence in blocks], rounded down, at least 0",
               FACTS(capacity, weights, paged));
}

void sizing_facts(const struct sizing *s, struct facts *f)
{
    struct memory_plan plan = { s->model, s->device, s->weights, s->cache, (int)MIN(s->batch, INT_MAX), BY };
    memory_at(&plan, s->context, f);
    leaf_name(f, "model.name", s->model->name, s->model->source);
    if (s->device) leaf_name(f, "device.name", s->device->name, s->device->source);
    block_facts(s, f, memory_unit(s->device));
    if (s->reserve) reserve_facts(s, f, memory_unit(s->device));
    if (!s->device) return;
    most_fact(s, f);
    time_facts(s, f);
    device_facts(s, f, memory_unit(s->device));
    reach_facts(s, f);
}
