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

static void time_facts(const struct sizing *s, struct facts *f)
{
    struct setup setup = { s->model, s->device, s->weights, DTYPE_BF16, s->cache, s->split, s->batch, BY };
    int context = facts_find(f, "mem.context");
    cost_split_facts(&setup, context, f);
    cost_decode_facts(&setup, context, f);
    cost_prefill_facts(&setup, context, 0, f);
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
}
