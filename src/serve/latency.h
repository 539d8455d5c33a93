/* What a run was like for those who asked: times, rates and how full the server was.
 *
 *     time to first token (TTFT)    first token - arrival
 *     time per output token (TPOT)  (last token - first token) / (output - 1), to the nearest ns; needs 2 tokens
 *     latency                       last token - arrival
 *     queue time                    first admission - arrival
 *
 * A percentile is a nearest rank: p of n sorted values is the one at place ceil(p n / 100), counted from 1.
 */
#pragma once
#include "serve/schedule.h"
#include "sim/fact.h"

/* ns, -1 where n is 0 */
struct times { int64_t n; double sum_ns, mean_ns; int64_t p50, p90, p95, p99, most; };

struct service_limits { int64_t ttft_ns, tpot_ns; }; /* 0: none */

struct latency {
    struct times ttft, tpot, latency, queue; /* of finished requests */
    int64_t within;                          /* finished within both limits */
    struct service_limits limits;
};

/* Of a run without a fault. */
struct latency latency_of(const struct schedule *run, const struct service_limits *limits); /* NULL: no limits */
/* The values are sorted in place. */
struct times latency_times(int64_t *values, int64_t n);

/* Writes the facts serve.requests, refused, finished, span, output_tokens, throughput, requests_per_second,
 * in_system; within, goodput, attained, ttft_limit, tpot_limit; ttft, tpot, latency and queue each with _sum,
 * _count, _mean, _p50, _p90, _p95, _p99, _max (seconds); prefill_tokens, decode_tokens, computed_tokens,
 * prompt_tokens, hit_tokens, hit_share, evicted_shared_blocks, recomputed_tokens, recomputed_share, preemptions,
 * swapped_bytes, transferred_bytes, drafted, accepted, rejected, acceptance; and of a pool steps, blocks,
 * peak_blocks, blocks_used, cache_occupancy, max_sequences, batch, batch_occupancy, busy, utilisation. The ids of a
 * divided server's pools begin with serve.prefill. and serve.decode. instead. */
void latency_facts(const struct schedule *run, const struct latency *l, struct facts *book);
