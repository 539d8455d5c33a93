/* Device memory: weights and the caches of a batch on one device, when it is full, and how many devices are needed.
 * Activations, workspace and fragmentation are not counted; whoever shows these numbers says so.
 */
#pragma once
#include "sim/cache.h"
#include "sim/fact.h"

#define MEMORY_WARN_SHARE 0.8 /* from here on films warn */

struct memory_plan {
    const struct model *model;
    const struct device *device;
    struct weights weights;
    struct format cache;
    int sequences;           /* of equal length */
    const char *by;          /* who chose all this, before the key: "command line: --"; NULL: a scene file */
};

/* How bytes are written beside a device's capacity, so that a picture has one family of units: in powers of ten where
 * its maker counts so, with a capacity that is no whole number of GiB but of MB, as on-chip memory has. NULL: powers of
 * two. */
enum unit memory_unit(const struct device *d);

/* Facts of one moment, by id:
 *
 *   mem.context, mem.sequences, mem.model_limit      the scene's choice; the model's own limit
 *   mem.kv_per_token, mem.kv_sequence, mem.kv_total  bytes of caches; below them what sim/cache_facts.h tells
 *   mem.kv_next                                      bytes that the next token adds to its sequence at this moment
 *   mem.weights, mem.total, mem.capacity             bytes; mem.weight_value_bytes of one parameter
 *   mem.share, mem.over, mem.devices                 of the capacity; bytes beyond it; devices that hold the total
 *   mem.full_at, mem.warn_at, mem.room               context at 100% and at mem.warn_share (80%); tokens still free in
 *                                                    each sequence
 *
 * and leaves with their source. Unknown inputs make unknown facts. */
struct memory_facts {
    int weights, kv_per_token, kv_next, context, sequences, kv_sequence, kv_total, total, capacity, share, over,
        devices, full_at, room, model_limit, warn_at;
};
struct memory_facts memory_at(const struct memory_plan *plan, int64_t context, struct facts *facts);

/* The same numbers bare, for layout. What is unknown is -1. */
struct memory_state { int64_t weights, per_sequence, total, capacity; int devices; };
struct memory_state memory_state_at(const struct memory_plan *plan, int64_t context);
/* Largest context (tokens in each sequence) that fits the given share of `devices` devices; 0: not one token, perhaps
 * not even the weights; -1: unknown; MEMORY_ENDLESS: no context fills them, because every cached layer has a window. By
 * bisection over cache_bytes(), so it holds for every architecture. */
#define MEMORY_ENDLESS INT64_MAX
int64_t memory_full_at(const struct memory_plan *plan, int devices, double share);
