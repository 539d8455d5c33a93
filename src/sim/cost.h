/* How long a step takes at least, and what it costs: a roofline over operations, bytes of memory and bytes of the
 * links.
 *
 *     time = max(operations / rate, bytes / bandwidth) + sent bytes / one direction of the link
 *
 * as "Roofline" (Williams, Waterman, Patterson, 2009) has it, at the device's peak rates, with computing and memory
 * overlapped and the links not. So times are lower bounds, and tokens a second upper bounds: real kernels reach a
 * part of the peaks.
 *
 * Of sparse models the weights read are an expectation (sim/traffic.h), and so is what follows from them.
 *
 * One copy of the model handles one micro-batch at a time, stage after stage of its pipeline, while the other stages
 * work on other micro-batches: with a batch of B, D copies and P stages each holds ceil(B / (D P)) sequences, and B
 * tokens come out in the time of one step. Tensor ranks work at once. So a step's operations and bytes are those of one
 * tensor rank over all stages, P devices. A prompt goes through the stages whole, one after another: cut into chunks,
 * its stages could work at once, so with P > 1 the time of its prefill is no lower bound (tokens a second remain an
 * upper one).
 */
#pragma once
#include "sim/catalog.h"
#include "sim/format.h"
#include "sim/split.h"

/* A model on devices: what runs, in which numbers, split how. */
struct setup {
    const struct model *model;
    const struct device *device; /* never NULL: without a device there is no time */
    enum dtype weights, activations;
    struct format cache;
    struct split split;
    int64_t batch;          /* sequences in flight, over all devices */
    const char *by;         /* who chose all this, before the key: "command line: --" */
};

/* Operations a second of the matrix products: FP8 weights the FP8 rate, INT8 weights with INT8 activations the INT8
 * rate, all others that of 16-bit numbers, since narrower weights are widened before they are multiplied. A device
 * without an FP8 rate widens, too. BF16 where there is no rate for it: FP16's. FP32: unknown. 0 unknown. Attention
 * is done in the activations' type, an indexer's scoring in FP8. *key: the catalog's key of the rate. */
double cost_rate(const struct device *d, enum dtype weights, enum dtype activations, const char **key);

enum cost_bound { COST_UNKNOWN, COST_COMPUTE, COST_MEMORY };

/* A step of one tensor rank over all stages. Seconds, bytes, operations; NAN is unknown. */
struct cost_step {
    int64_t sequences;      /* in the micro-batch */
    double matrix_ops, attention_ops, scoring_ops; /* scoring: of an indexer (sim/work.h) */
    double weights, cache_read, cache_written, activations, bytes; /* bytes: their sum */
    double sent;
    double compute_s, memory_s, network_s, time_s;
    double intensity, ridge; /* operations a byte: the step's, and where computing takes as long as memory */
    enum cost_bound bound;
    double tokens_per_s;    /* of all devices together */
};

/* One sequence (of each micro-batch): `tokens` behind `prefix` cached ones, and the logits of its last token. */
struct cost_step cost_prefill(const struct setup *setup, int64_t prefix, int64_t tokens);
/* Each sequence of the batch gets one token, which sees `context` tokens, itself included. */
struct cost_step cost_decode(const struct setup *setup, int64_t context);

/* All devices at their power limit (an upper bound) for the time of a token (a lower bound). NAN unknown. */
double cost_joules_per_token(const struct setup *setup, const struct cost_step *s);
double cost_usd_per_million(const struct setup *setup, const struct cost_step *s);

/* --- for a scheduler: a mixed step, in whole nanoseconds --- */

/* What a step adds up from; times in nanoseconds of one tensor rank. */
struct cost_stream_rates { double reach, every, prefill_score, decode_score, entry; };
struct cost_rates {
    bool known;
    double token, logits;                  /* computing: of a token, of its logits */
    double token_memory, logits_memory;    /* memory: entries and activations of a token; logits written */
    double token_network;
    double dense, last, experts_all;       /* memory: weights without and with the last matrix; all experts */
    double missed;                         /* 1 - k / E */
    int64_t met_by;                        /* tokens elsewhere that meet the same experts, with one here */
    double state_memory;                   /* of one sequence */
    int n;
    struct cost_stream_rates streams[CACHE_MOST_STREAMS];
};
struct cost_rates cost_rates_of(const struct setup *setup); /* known is false where a rate is unknown */

/* What a mixed step does: pairs are the tokens that each new token may see without any window, summed; context the
 * cached tokens of the decoded sequences, their new ones included. Each decoded sequence has one token, and its
 * drafts. */
struct cost_load {
    int64_t prefill_tokens, prefill_pairs;
    int64_t decode_sequences, decode_tokens, decode_pairs, decode_context;
    int64_t logits;         /* tokens that need theirs */
};

/* With full layers alone exact, rounded up to a whole nanosecond. Of windowed layers the sum of windows is taken as the
 * smaller of the sum of contexts and tokens x window, which is at least what it is. Reading the cached prefix of a
 * prompt's later chunks is not counted. Never falls as a part grows; 0 for no work, -1 beyond 64 bits or when rates are
 * unknown. */
int64_t cost_load_ns(const struct cost_rates *r, const struct cost_load *load);
/* The same without drafts. */
int64_t cost_step_ns(const struct cost_rates *r, int64_t prefill_tokens, int64_t score_pairs, int64_t decode_sequences,
                     int64_t context_tokens, int64_t logits);
