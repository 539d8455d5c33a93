/* A sequence's cache as facts.
 *
 * Of a model with one kind of growing layer, without scales:
 *
 *   model.kv_heads, model.head_dim (or model.kv_lora_rank, model.qk_rope_head_dim), model.cache_layers,
 *   mem.value_bytes, mem.kv_per_token, mem.kv_next (what the next token adds), mem.kv_sequence
 *
 * Of all others the same three sums, over cache.NAME.* of each stream: layers, what an entry is made of, .numbers,
 * .scales, .entry_bytes, .entries (kept by one layer), .per_token, .open (1 while a window has a free entry), .bytes.
 * mem.state is the part that does not grow. An unknown input makes an unknown fact, but a state of unknown size is left
 * out of the sums, whose formulas say so.
 */
#pragma once
#include "sim/cache.h"
#include "sim/fact.h"

struct cache_choice {
    const struct model *model;
    struct format format;
    const char *by;      /* who chose the format: "scene file: cache" */
    enum unit unit;      /* in which bytes are written */
};

/* Indices of mem.kv_per_token, mem.kv_next and mem.kv_sequence; straight: the last is the first times the context. */
struct cache_facts { int per_token, next, sequence; bool straight; };

/* context: the fact that holds the tokens of the sequence. */
struct cache_facts cache_facts_at(const struct cache_choice *c, int context, struct facts *facts);
