/* kvreel bench --core: how fast the simulation answers, in one thread. Each line is the median of several runs. */
#include "cmd/bench_core.h"
#include "scene/catalog.h"
#include "serve/latency.h"
#include "serve/prefix.h"
#include "sim/cost.h"
#include "sim/sizing.h"

#include <stdio.h>
#include <stdlib.h>

enum { RUNS = 7, STATES = 2000, REQUESTS = 100000 };

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median_of(double (*once)(const struct catalog *c), const struct catalog *c)
{
    double times[RUNS];
    for (int i = 0; i < RUNS; i++) times[i] = once(c);
    qsort(times, RUNS, sizeof times[0], by_value);
    return times[RUNS / 2];
}

/* Seconds of one state: cases of all models in turn, at growing contexts. */
static double time_states(const struct catalog *c)
{
    struct facts *facts = facts_new();
    gint64 start = g_get_monotonic_time();
    for (int i = 0; i < STATES; i++) {
        struct sizing s = { &c->models[(size_t)i % c->n_models], &c->devices[(size_t)i % c->n_devices], DTYPE_BF16,
                            format_usual(i % DTYPE_COUNT), 1000 + i * 97, 8, 16, SPLIT_NONE, 0 };
        facts_reset(facts);
        sizing_facts(&s, facts);
    }
    double seconds = (double)(g_get_monotonic_time() - start) / 1e6;
    facts_free(facts);
    return seconds / STATES;
}

/* Seconds of a run of a hundred thousand requests, with its log of requests. */
static double time_server(const struct catalog *c)
{
    (void)c;
    struct load_options lo = { REQUESTS, ARRIVALS_POISSON, 20, { LENGTH_LOG_NORMAL, 1, 8000, 500, 1 },
                               { LENGTH_UNIFORM, 100, 300, 0, 0 }, 7 };
    struct step_linear linear = { 5000000, 20000000, 5, 150000, 0 };
    struct schedule_options o = { .pool = { 2048, 256, 30000, { step_linear_ns, &linear } }, .block_tokens = 16,
                                  .block_bytes = 2097152, .chunked = true, .events = EVENTS_REQUESTS };
    gint64 start = g_get_monotonic_time();
    struct load *load = load_make(&lo);
    struct schedule *run = schedule_run(load, &o);
    double seconds = (double)(g_get_monotonic_time() - start) / 1e6;
    if (run->fault) g_error("%s", run->fault);
    schedule_free(run);
    load_free(load);
    return seconds;
}

/* Seconds of a million tokens appended one at a time to a thousand sequences in turn. */
static double time_pages(const struct catalog *c)
{
    (void)c;
    enum { TOKENS = 1000000, SEQUENCES = 1000 };
    struct pages *p = pages_new(TOKENS / 8, 16);
    int32_t ids[SEQUENCES];
    gint64 start = g_get_monotonic_time();
    for (int i = 0; i < SEQUENCES; i++) ids[i] = pages_open(p);
    for (int i = 0; i < TOKENS; i++)
        if (!pages_append(p, ids[i % SEQUENCES], 1)) g_error("the pool is too small");
    double seconds = (double)(g_get_monotonic_time() - start) / 1e6;
    pages_free(p);
    return seconds;
}

/* Seconds of ten thousand prompts of 512 tokens, a quarter of each shared by all, in a cache that holds a third. */
static double time_prefix(const struct catalog *c)
{
    (void)c;
    enum { PROMPTS = 10000, LENGTH = 512, BLOCK = 16 };
    struct prefix *p = prefix_new(PROMPTS * (LENGTH / BLOCK) / 3, BLOCK, NULL);
    int32_t tokens[LENGTH] = { 0 };
    gint64 start = g_get_monotonic_time();
    for (int i = 0; i < PROMPTS; i++) {
        for (int k = LENGTH / 4; k < LENGTH; k++) tokens[k] = i * LENGTH + k;
        int32_t id = prefix_open(p, tokens, LENGTH);
        if (id < 0) g_error("the cache is too small");
        prefix_close(p, id);
    }
    double seconds = (double)(g_get_monotonic_time() - start) / 1e6;
    prefix_free(p);
    return seconds;
}

void bench_core(const struct catalog *c)
{
    printf("simulation, one thread, median of %d\n", RUNS);
    printf("one state as facts     %8.1f µs  (%zu models and %zu devices in turn)\n", median_of(time_states, c) * 1e6,
           c->n_models, c->n_devices);
    printf("%d requests        %8.2f s   (a server under load, with its log)\n", REQUESTS, median_of(time_server, c));
    printf("a million tokens       %8.3f s   (appended one by one to paged sequences)\n", median_of(time_pages, c));
    printf("10000 prompts          %8.3f s   (of 512 tokens, through the prefix cache)\n", median_of(time_prefix, c));
}
