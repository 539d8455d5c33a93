/* One iteration of a server ("step") as work, and how long that takes: the time model is plugged in. */
#pragma once
#include <stdint.h>

/* A chunk of n tokens behind `before` tokens of its sequence attends to before × n + n (n + 1) / 2 pairs of query and
 * key: each token to all before it and to itself. Also for decode, whose n is 1, or 1 + drafts. */
struct step_work {
    int64_t prefill_chunks, prefill_tokens; /* prompts, and what is computed again after a preemption */
    int64_t prefill_pairs;
    int64_t decode_sequences, decode_tokens; /* tokens: one a sequence, and its drafts */
    int64_t decode_pairs;
    int64_t decode_context;                 /* entries of cache that decode reads, each once: before + n */
    int64_t logits;                         /* positions whose logits are needed */
    int64_t draft_tokens, draft_passes;     /* passes: the longest draft, for the batch drafts together */
};

/* Nanoseconds of a step, 0 or more; -1 when they are unknown or beyond 64 bits. Must be pure. */
struct step_model {
    int64_t (*step_ns)(const void *model, const struct step_work *work);
    const void *model;
};

int64_t step_pairs(int64_t before, int64_t n); /* before + n at most 2^31: fits */

/* A model for tests and for reckoning by hand: fixed + a price for each thing; the sum is rounded up to whole ns. */
struct step_linear {
    int64_t fixed_ns;
    int64_t token_ps;   /* each token of prefill and decode */
    int64_t pair_ps;    /* prefill and decode */
    int64_t context_ps; /* entries read by decode */
    int64_t draft_ns;   /* a pass of the draft model */
};
int64_t step_linear_ns(const void *linear, const struct step_work *work);
