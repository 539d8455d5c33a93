/* The numbers of sim/cost.h as facts, down to the catalog's leaves.
 *
 *   engine.batch, split.tensor, split.pipeline, split.data, split.expert           who chose them
 *   split.devices, split.stage_layers, split.kv_heads, split.kv_copies, split.weights, split.cache, split.cache_sum,
 *   split.overhead                                                                 what one device holds
 *                                                                                  (cost_split_facts)
 *   device.rate, device.attention_rate, device.bandwidth, device.link, device.tdp, device.usd_per_hour, device.ridge
 *   decode.ops_matrix, decode.ops_attention, decode.ops_scoring (with an indexer), decode.ops
 *                                                                                  of one tensor rank, all stages
 *   decode.bytes_weights, decode.bytes_cache, decode.bytes_written, decode.bytes_activations, decode.bytes,
 *   decode.bytes_sent
 *   decode.time_compute, decode.time_memory, decode.time_device, decode.time_network, decode.time,
 *   decode.bound ("compute" or "memory"), decode.intensity, decode.mfu, decode.mbu, decode.tokens_per_s
 *   energy.decode_token, energy.decode_kwh (a million tokens), cost.decode_usd (a million tokens)
 *
 * and the same with prefill in place of decode. Each formula says whether it is a bound. Unknown inputs make unknown
 * facts.
 */
#pragma once
#include "sim/cost.h"
#include "sim/fact.h"

/* Indices of facts. */
struct cost_facts { int ops, bytes, time, bound, intensity, ridge, tokens_per_s, joules, usd; };

/* context: the fact with the tokens that a new token sees, itself included; the sequence's cache is told with it
 * (sim/cache_facts.h). */
struct cost_facts cost_decode_facts(const struct setup *setup, int context, struct facts *facts);
/* tokens: the fact with the tokens of one prompt; prefix: how many cached ones it follows. */
struct cost_facts cost_prefill_facts(const struct setup *setup, int tokens, int64_t prefix, struct facts *facts);
/* What one device holds of the model and of a sequence of `context` tokens. Needs no device. */
void cost_split_facts(const struct setup *setup, int context, struct facts *facts);
/* Attention of one sequence in one layer, forward, without a mask, plain against FlashAttention-2 (sim/traffic.h),
 * for a prompt of `tokens` (a fact): flash.bytes_plain, flash.bytes, flash.saved, flash.scratch_plain,
 * flash.scratch, flash.ops (of both). Needs no device. Unknown for MLA, whose prefill has keys and values of its own
 * widths. */
void cost_flash_facts(const struct setup *setup, int tokens, struct facts *facts);
