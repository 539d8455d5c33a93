/* Times are sorted once, so every percentile is one of the values that were measured. Of 10 values 1 to 10 the median
 * is the 5th, p95 the 10th. The sum of latencies over the span is the mean number of requests in the system: L = λ W
 * (Little 1961), which the run counts a second time as an area.
 */
#include "serve/latency.h"

#include <stdlib.h>

#define SECOND_NS 1e9

static int compare_times(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static int64_t rank_of(int64_t percent, int64_t n) { return (percent * n + 99) / 100; }

struct times latency_times(int64_t *values, int64_t n)
{
    if (n == 0) return (struct times){ 0, 0, -1, -1, -1, -1, -1, -1 };
    __int128 sum = 0;
    for (int64_t i = 0; i < n; i++) sum += values[i];
    qsort(values, (size_t)n, sizeof *values, compare_times);
    return (struct times){
        .n = n, .sum_ns = (double)sum, .mean_ns = (double)sum / (double)n,
        .p50 = values[rank_of(50, n) - 1], .p90 = values[rank_of(90, n) - 1], .p95 = values[rank_of(95, n) - 1],
        .p99 = values[rank_of(99, n) - 1], .most = values[n - 1],
    };
}

static int64_t ttft_of(const struct schedule *run, int64_t i)
{
    return run->served[i].first_token_ns - run->load->requests[i].arrival_ns;
}

/* -1: one token has no time between tokens. */
static int64_t tpot_of(const struct schedule *run, int64_t i)
{
    int64_t gaps = run->load->requests[i].output - 1, ns = run->served[i].finished_ns - run->served[i].first_token_ns;
    return gaps == 0 ? -1 : ns / gaps + (ns % gaps >= gaps - gaps / 2);
}

static int64_t latency_of_one(const struct schedule *run, int64_t i)
{
    return run->served[i].finished_ns - run->load->requests[i].arrival_ns;
}

static int64_t queue_of(const struct schedule *run, int64_t i)
{
    return run->served[i].admitted_ns - run->load->requests[i].arrival_ns;
}

typedef int64_t time_reader(const struct schedule *run, int64_t i);

static struct times times_of(const struct schedule *run, time_reader *time_of, int64_t *room)
{
    int64_t n = 0;
    for (int64_t i = 0; i < run->load->count; i++)
        if (run->served[i].finished_ns >= 0 && time_of(run, i) >= 0) room[n++] = time_of(run, i);
    return latency_times(room, n);
}

static int64_t count_within(const struct schedule *run, const struct service_limits *limits)
{
    int64_t n = 0;
    for (int64_t i = 0; i < run->load->count; i++) {
        if (run->served[i].finished_ns < 0) continue;
        bool first = !limits->ttft_ns || ttft_of(run, i) <= limits->ttft_ns;
        n += first && (!limits->tpot_ns || tpot_of(run, i) <= limits->tpot_ns);
    }
    return n;
}

struct latency latency_of(const struct schedule *run, const struct service_limits *limits)
{
    g_assert(!run->fault);
    struct latency l = { .limits = limits ? *limits : (struct service_limits){ 0 } };
    int64_t *room = g_new(int64_t, run->load->count);
    l.ttft = times_of(run, ttft_of, room);
    l.tpot = times_of(run, tpot_of, room);
    l.latency = times_of(run, latency_of_one, room);
    l.queue = times_of(run, queue_of, room);
    l.within = count_within(run, &l.limits);
    g_free(room);
    return l;
}

/* --- the same as facts --- */

static const char *id_of(struct facts *book, const char *first, const char *second)
{
    char id[96];
    g_snprintf(id, sizeof id, "serve.%s%s", first, second);
    return facts_word(book, id);
}

static void rank_fact(struct facts *book, const char *name, int percent, const struct times *t, int64_t ns)
{
    char suffix[16], source[128];
    g_snprintf(suffix, sizeof suffix, "_p%d", percent);
    g_snprintf(source, sizeof source, "counted: place %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT
               " sorted times (nearest rank)", rank_of(percent, t->n), t->n);
    facts_leaf_real(book, id_of(book, name, suffix), (double)ns / SECOND_NS, UNIT_SECONDS, facts_word(book, source));
}

/* The fact of a quotient; unknown by zero. */
static int quotient(struct facts *book, const char *id, int above, int below, enum unit unit, const char *formula)
{
    double a = facts_at(book, above)->r, b = facts_at(book, below)->r;
    if (b == 0) return facts_unknown(book, id, unit, "nothing to divide by");
    return facts_real(book, id, a / b, unit, formula, FACTS(above, below));
}

/* "ttft", "times to first token" */
static int times_facts(struct facts *book, const char *name, const char *what, const struct times *t)
{
    static const char *const suffixes[] = { "_sum", "_mean", "_p50", "_p90", "_p95", "_p99", "_max" };
    char text[128];
    for (gsize i = 0; t->n == 0 && i < G_N_ELEMENTS(suffixes); i++)
        facts_unknown(book, id_of(book, name, suffixes[i]), UNIT_SECONDS, "no request has such a time");
    if (t->n == 0) return -1;
    g_snprintf(text, sizeof text, "counted: all %s", what);
    int sum = facts_leaf_real(book, id_of(book, name, "_sum"), t->sum_ns / SECOND_NS, UNIT_SECONDS,
                              facts_word(book, text));
    int n = facts_leaf(book, id_of(book, name, "_count"), t->n, UNIT_COUNT, "counted: requests with such a time");
    g_snprintf(text, sizeof text, "[sum of %s] ÷ [requests]", what);
    quotient(book, id_of(book, name, "_mean"), sum, n, UNIT_SECONDS, facts_word(book, text));
    rank_fact(book, name, 50, t, t->p50);
    rank_fact(book, name, 90, t, t->p90);
    rank_fact(book, name, 95, t, t->p95);
    rank_fact(book, name, 99, t, t->p99);
    facts_leaf_real(book, id_of(book, name, "_max"), (double)t->most / SECOND_NS, UNIT_SECONDS, "counted: the longest");
    return sum;
}

static void pool_facts(const struct schedule *run, int pool, int span, struct facts *book)
{
    const struct pool_totals *t = &run->pools[pool];
    const struct pool_options *o = pool == 0 ? &run->options.pool : &run->options.decode;
    const char *p = run->n_pools == 1 ? "" : pool == 0 ? "prefill." : "decode.";
    facts_leaf(book, id_of(book, p, "steps"), t->steps, UNIT_COUNT, "counted: steps");
    facts_leaf(book, id_of(book, p, "peak_blocks"), t->peak_blocks, UNIT_COUNT, "counted: most blocks in use at once");
    int blocks = facts_leaf(book, id_of(book, p, "blocks"), o->blocks, UNIT_COUNT, "server options: blocks");
    int places = facts_leaf(book, id_of(book, p, "max_sequences"), o->max_sequences, UNIT_COUNT,
                            "server options: max_sequences");
    int busy = facts_leaf_real(book, id_of(book, p, "busy"), (double)t->busy_ns / SECOND_NS, UNIT_SECONDS,
                               "counted: time within steps");
    int block_area = facts_leaf_real(book, id_of(book, p, "block_seconds"), (double)t->block_area / SECOND_NS,
                                     UNIT_NUMBER, "counted: blocks in use × time");
    int area = facts_leaf_real(book, id_of(book, p, "sequence_seconds"), (double)t->sequence_area / SECOND_NS,
                               UNIT_NUMBER, "counted: sequences in the batch × time");
    int used = quotient(book, id_of(book, p, "blocks_used"), block_area, span, UNIT_NUMBER, "[block time] ÷ [span]");
    int batch = quotient(book, id_of(book, p, "batch"), area, span, UNIT_NUMBER, "[sequence time] ÷ [span]");
    quotient(book, id_of(book, p, "cache_occupancy"), used, blocks, UNIT_SHARE, "[blocks in use] ÷ [blocks]");
    quotient(book, id_of(book, p, "batch_occupancy"), batch, places, UNIT_SHARE, "[sequences] ÷ [places]");
    quotient(book, id_of(book, p, "utilisation"), busy, span, UNIT_SHARE, "[time within steps] ÷ [span]");
}

static void work_facts(const struct schedule *run, struct facts *book)
{
    int prefill = facts_leaf(book, "serve.prefill_tokens", run->prefill_tokens, UNIT_COUNT,
                             "counted: tokens of prefill");
    int decode = facts_leaf(book, "serve.decode_tokens", run->decode_tokens, UNIT_COUNT,
                            "counted: tokens of decode, with drafts");
    int all = facts_int(book, "serve.computed_tokens", run->prefill_tokens + run->decode_tokens, UNIT_COUNT,
                        "[tokens of prefill] + [tokens of decode]", FACTS(prefill, decode));
    int prompts = facts_leaf(book, "serve.prompt_tokens", run->prompt_tokens, UNIT_COUNT,
                             "counted: tokens of the prompts that were admitted");
    int hit = facts_leaf(book, "serve.hit_tokens", run->hit_tokens, UNIT_COUNT,
                         "counted: tokens of prompts that the prefix cache had");
    quotient(book, "serve.hit_share", hit, prompts, UNIT_SHARE, "[found] ÷ [tokens of prompts]");
    facts_leaf(book, "serve.evicted_shared_blocks", run->evicted_shared_blocks, UNIT_COUNT,
               "counted: shared blocks that lost their place in the cache");
    int again = facts_leaf(book, "serve.recomputed_tokens", run->recomputed_tokens, UNIT_COUNT,
                           "counted: tokens computed again after preemptions");
    quotient(book, "serve.recomputed_share", again, all, UNIT_SHARE, "[computed again] ÷ [computed]");
    facts_leaf(book, "serve.preemptions", run->preemptions, UNIT_COUNT, "counted: preemptions");
    facts_leaf(book, "serve.swapped_bytes", run->swapped_bytes, UNIT_BYTES, "counted: bytes swapped out and in");
    facts_leaf(book, "serve.transferred_bytes", run->transferred_bytes, UNIT_BYTES,
               "counted: bytes from the prefill pool to the decode pool");
    int drafted = facts_leaf(book, "serve.drafted", run->drafted, UNIT_COUNT, "counted: drafted tokens");
    int accepted = facts_leaf(book, "serve.accepted", run->accepted, UNIT_COUNT, "counted: accepted drafts");
    facts_int(book, "serve.rejected", run->drafted - run->accepted, UNIT_COUNT, "[drafted] − [accepted]",
              FACTS(drafted, accepted));
    quotient(book, "serve.acceptance", accepted, drafted, UNIT_SHARE, "[accepted] ÷ [drafted]");
}

static void limit_fact(struct facts *book, const char *id, int64_t ns, const char *source)
{
    if (ns) facts_leaf_real(book, id, (double)ns / SECOND_NS, UNIT_SECONDS, source);
    else facts_unknown(book, id, UNIT_SECONDS, "no such limit was given");
}

void latency_facts(const struct schedule *run, const struct latency *l, struct facts *book)
{
    int requests = facts_leaf(book, "serve.requests", run->load->count, UNIT_COUNT, "counted: requests of the load");
    int refused = facts_leaf(book, "serve.refused", run->refused, UNIT_COUNT, "counted: requests that can never fit");
    int finished = facts_int(book, "serve.finished", run->load->count - run->refused, UNIT_COUNT,
                             "[requests] − [refused]", FACTS(requests, refused));
    int span = facts_leaf_real(book, "serve.span", (double)(run->end_ns - run->begin_ns) / SECOND_NS, UNIT_SECONDS,
                               "counted: from the first arrival to the last token");
    int tokens = facts_leaf(book, "serve.output_tokens", run->output_tokens, UNIT_COUNT, "counted: tokens of output");
    limit_fact(book, "serve.ttft_limit", l->limits.ttft_ns, "server options: limit of the time to first token");
    limit_fact(book, "serve.tpot_limit", l->limits.tpot_ns, "server options: limit of the time per output token");
    int within = facts_leaf(book, "serve.within", l->within, UNIT_COUNT, "counted: requests within the limits");
    quotient(book, "serve.throughput", tokens, span, UNIT_NUMBER, "[tokens of output] ÷ [span]; a second");
    quotient(book, "serve.requests_per_second", finished, span, UNIT_NUMBER, "[finished requests] ÷ [span]");
    quotient(book, "serve.goodput", within, span, UNIT_NUMBER, "[requests within the limits] ÷ [span]; a second");
    quotient(book, "serve.attained", within, finished, UNIT_SHARE,
             "[requests within the limits] ÷ [finished requests]");
    times_facts(book, "ttft", "times to first token", &l->ttft);
    times_facts(book, "tpot", "times per output token", &l->tpot);
    times_facts(book, "queue", "times in the queue", &l->queue);
    int sum = times_facts(book, "latency", "latencies", &l->latency);
    if (sum >= 0) quotient(book, "serve.in_system", sum, span, UNIT_NUMBER, "[all latencies] ÷ [span]; Little's law");
    else facts_unknown(book, "serve.in_system", UNIT_NUMBER, "no request was served");
    work_facts(run, book);
    for (int i = 0; i < run->n_pools; i++) pool_facts(run, i, span, book);
}
