/* What a model asks of a device: one case of `kvreel size`, as facts.
 *
 * Beside the facts of sim/memory.h, by id:
 *
 *   size.block, size.blocks, size.block_tokens, size.paged, size.empty, size.empty_share, size.paged_total
 *           one sequence in blocks: how many, their tokens, their bytes, bytes of places without a token, its share of
 *           the paged bytes; the bytes of all sequences
 *   size.reserve, size.reserved_total, size.idle_share
 *           where room for `reserve` tokens is set aside for each sequence, as before paging: its bytes, and the share
 *           of them that holds no token
 *   size.most_sequences
 *           how many such sequences fit one device, in blocks
 *   size.here, size.device_total, size.device_share, size.device_over
 *           on one of several devices: sequences, weights and caches, their share of its memory, what is beyond it
 *
 * and with a device those of sim/cost_facts.h, flash.* where full layers have plain keys and values. Runtime overhead
 * (activations, workspace, fragmentation) is not counted; whoever shows these numbers says so.
 */
#pragma once
#include "sim/memory.h"
#include "sim/split.h"

struct sizing {
    const struct model *model;
    const struct device *device; /* NULL: nothing to fit into */
    struct weights weights;
    struct format cache;
    int64_t context, batch, block; /* tokens in each sequence, sequences, tokens in a block */
    struct split split;          /* over how many devices, and how */
    int64_t reserve;             /* tokens that room is set aside for in each sequence; 0: none */
};

/* Weights and caches on the fullest device; -1 unknown. */
int64_t sizing_device_bytes(const struct sizing *s);
/* Whether that fits the device; SIZING_UNKNOWN without a device, or when a part is unknown. */
enum sizing_fit { SIZING_UNKNOWN, SIZING_FITS, SIZING_OVER };
enum sizing_fit sizing_fit(const struct sizing *s);
/* The longest context of so many sequences that fits, and the most sequences of that length; by bisection over
 * sizing_device_bytes(). 0: not one; -1 unknown; MEMORY_ENDLESS: no length, or number, fills the devices. */
int64_t sizing_longest(const struct sizing *s);
int64_t sizing_most(const struct sizing *s);
/* The fewest devices, a power of two up to 1,024, that can share the layers and hold their parts; -1: none can. */
int64_t sizing_fewest(const struct sizing *s);
/* Bytes of one sequence in blocks: as if its last block were full. */
int64_t sizing_paged_bytes(const struct sizing *s, int64_t context);
void sizing_facts(const struct sizing *s, struct facts *facts);
