/* A server of language models, event by event: who is served in which step, and what that does to their times.
 *
 *     struct schedule_options o = {
 *         .pool = { .token_budget = 2048, .max_sequences = 256, .blocks = 20000, .step = model },
 *         .block_tokens = 16, .block_bytes = 2097152, .chunked = true,
 *     };
 *     struct schedule *run = schedule_run(load, &o);
 *
 * The policy is that of vLLM's V1 scheduler (continuous batching: Yu et al., OSDI '22; chunked prefill: Agrawal et al.,
 * arXiv:2403.02310; blocks and preemption: Kwon et al., arXiv:2309.06180): each step has one budget of tokens for
 * prefill and decode; who runs is served first, in the order of admission, then who waits, first come, first served.
 * Without a free block the one that was admitted last goes back to the front of the line.
 *
 * With a prefix cache, who is admitted finds the full blocks of its group's common tokens that the pool has cached:
 * they are not computed again, and those with a user take no further room. A block is cached from the step on that
 * computes it, for whoever is admitted later, even in the same step (as vLLM does); of two who compute the same block,
 * one's is kept. For such prompts that is serve/prefix.h exactly; serve/shelf.h does it without tokens. The pool that
 * only decodes has no prefix cache: whole prompts are sent to it. A preempted request finds its group's blocks again,
 * not its own; swapping moves shared blocks with the rest.
 *
 * Time is whole nanoseconds from 0. The same load and options give the same run, byte for byte.
 */
#pragma once
#include "serve/draft.h"
#include "serve/events.h"
#include "serve/load.h"
#include "serve/step.h"

#include <stdbool.h>

enum batching {
    BATCHING_CONTINUOUS,
    /* A batch is taken from the line when the one before is done, each member with memory for its whole length; blocks
     * and places come back when the last member is done. Those who are done cost no more time: a kind baseline. */
    BATCHING_STATIC,
};

enum preemption {
    PREEMPT_RECOMPUTE, /* drop the cache, compute it again */
    PREEMPT_SWAP       /* move it to the host and back; both moves delay their step. The host's memory has no end */
};

/* Blocks that a sequence of so many tokens holds, never fewer for more, the same up to the next multiple of block_tokens;
 * for caches that do not grow by a block for every block_tokens, as with windows. Must be pure. */
struct cache_model {
    int64_t (*blocks)(const void *model, int64_t tokens); /* NULL: one for every block_tokens */
    const void *model;
};

struct pool_options {
    int64_t token_budget, max_sequences; /* of one step; drafted tokens count */
    int64_t blocks;                      /* of cache memory */
    struct step_model step;
};

struct schedule_options {
    struct pool_options pool;   /* the only one; when disaggregated, the one that reads prompts */
    struct pool_options decode; /* when disaggregated */
    int64_t block_tokens, block_bytes; /* tokens and bytes of a block, all layers together */
    struct cache_model cache;
    int64_t watermark_blocks;   /* stay free when somebody is admitted beside others */
    bool whole_prompts;         /* who comes needs free blocks for all tokens that are known, not for the first chunk alone
                                 * (vLLM's scheduler_reserve_full_isl) */
    bool chunked;               /* a prompt may be split over steps; else a request must fit in one step's budget */
    bool prefix_cache;
    enum batching batching;
    enum preemption preemption;
    int64_t swap_bytes_per_s;
    /* Prefill and decode in pools of their own (Zhong et al., arXiv:2401.09670). A request's blocks cross one link, one
     * request after another, once the other pool has room; until they are there the prefill pool keeps its own. */
    bool disaggregated;
    int64_t link_bytes_per_s, link_latency_ns;
    struct draft_options draft;
    uint64_t seed;              /* of the acceptance draws, a stream for each request */
    enum event_level events;
    bool keep_steps;
};

/* times: -1 while it has not come to that */
struct served {
    int64_t admitted_ns, first_token_ns, finished_ns;
    int64_t recomputed_tokens; /* computed although they had been in the cache before */
    int64_t hit_tokens;        /* of the prompt, found in the prefix cache and never computed for it */
    int32_t preemptions;
    bool refused;
};

struct step_record {
    int64_t begin_ns, end_ns;
    int64_t prefill_tokens, decode_sequences, decode_tokens, blocks_used, swapped_bytes;
    int64_t waiting; /* when it began */
    int32_t sequences, pool;
};

/* Areas are sums of amount × ns: their quotient by a time is the mean over that time. */
struct pool_totals {
    int64_t steps, busy_ns, peak_blocks, peak_sequences;
    __int128 block_area, sequence_area;
};

struct schedule {
    const char *fault; /* NULL, or a sentence: load or options are wrong (nothing ran), or the run had to stop */
    const struct load *load;
    struct schedule_options options;
    struct served *served;  /* one a request */
    GArray *events;         /* struct event */
    GArray *steps;          /* struct step_record, in the order of their ends */
    int n_pools;
    struct pool_totals pools[2];
    int64_t finished, refused, output_tokens; /* tokens: delivered */
    int64_t prefill_tokens, decode_tokens; /* computed; with what was computed again, and with drafts */
    int64_t recomputed_tokens, preemptions, swapped_bytes, transferred_bytes; /* swapped: both ways */
    int64_t prompt_tokens, hit_tokens; /* of those who were admitted */
    int64_t evicted_blocks, evicted_shared_blocks; /* cached ones whose place was needed; of them, of a group's */
    int64_t drafted, accepted; /* the rest was rejected */
    int64_t begin_ns, end_ns;  /* first arrival, last token */
    __int128 request_area;     /* requests in the system × ns */
};

/* NULL, or a sentence that says what is wrong. */
const char *schedule_fault(const struct schedule_options *o);

/* Never NULL. The load must outlive the run. */
struct schedule *schedule_run(const struct load *load, const struct schedule_options *o);
void schedule_free(struct schedule *run); /* accepts NULL */
