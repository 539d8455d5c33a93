/* The scheduler: a run worked out by hand, closed forms, and laws that hold for any load and any server. */
#include "serve/latency.h"

#include <math.h>
#include <string.h>

enum { RUNS = 1500, SEED = 20260611 };

static const struct step_linear plain = { .fixed_ns = 100, .token_ps = 10000 };

static struct schedule_options small_server(void)
{
    return (struct schedule_options){
        .pool = { .token_budget = 8, .max_sequences = 3, .blocks = 5, .step = { step_linear_ns, &plain } },
        .block_tokens = 4, .block_bytes = 1000, .chunked = true, .events = EVENTS_ALL, .keep_steps = true,
    };
}

static struct schedule *run_fine(const struct load *load, const struct schedule_options *o)
{
    struct schedule *run = schedule_run(load, o);
    if (run->fault) g_error("%s", run->fault);
    return run;
}

static void assert_fact(const struct facts *book, const char *id, double value)
{
    const struct fact *fact = facts_at(book, facts_find(book, id));
    if (fabs(fact->r - value) > 1e-9 * fabs(value)) g_error("%s is %.17g, not %.17g", id, fact->r, value);
}

/* --- by hand --- */

/* Steps of 100 ns and 10 ns a token, 5 blocks of 4 tokens, 8 tokens a step:
 *
 *     0     #0 6 tokens in 2 blocks, #1 2 of its 6 in 1              8 tokens, 180 ns
 *     180   #0 decodes, #1 4 more in 2 blocks, #2 3 of its 9 in 1    8 tokens, 180 ns
 *     360   #2 would need 2 more blocks, none is free: it goes; #0 and #1 decode, 120 ns; and again at 480
 *     600   both are done; #2 begins anew, 8 tokens, 180 ns; 1 token, 110 ns; decodes, 110 ns */
static void test_golden(void)
{
    struct request requests[] = { { 0, 6, 4 }, { 0, 6, 3 }, { 50, 9, 2 } };
    struct load load = { requests, 3 };
    struct schedule_options o = small_server();
    struct schedule *run = run_fine(&load, &o);
    g_autofree char *text = events_text(run->events), *want = NULL;
    g_assert_true(g_file_get_contents("tests/serve/three-requests.txt", &want, NULL, NULL));
    g_assert_cmpstr(text, ==, want);
    g_assert_cmpint(run->recomputed_tokens, ==, 3);
    g_assert_cmpint(run->preemptions, ==, 1);
    g_assert_cmpint(run->pools[0].peak_blocks, ==, 5);
    g_assert_cmpint(run->pools[0].steps, ==, 7);
    g_assert_cmpint(run->pools[0].busy_ns, ==, 1000);
    g_assert_true(run->pools[0].block_area == 180 * 3 + 180 * 5 + 120 * 4 + 120 * 5 + 180 * 2 + 110 * 3 + 110 * 3);
    g_assert_true(run->pools[0].sequence_area == 180 * 2 + 180 * 3 + 120 * 2 + 120 * 2 + 180 + 110 + 110);
    g_assert_true(run->request_area == 600 + 600 + 950);
    struct latency l = latency_of(run, &(struct service_limits){ .ttft_ns = 400, .tpot_ns = 130 });
    g_assert_cmpint(l.ttft.p50, ==, 360);
    g_assert_cmpint(l.ttft.most, ==, 840);
    g_assert_cmpint(l.tpot.p50, ==, 120); /* 140, 120, 110 */
    g_assert_cmpint(l.queue.p99, ==, 130);
    g_assert_cmpfloat(l.latency.mean_ns, ==, (600 + 600 + 950) / 3.0);
    g_assert_cmpint(l.within, ==, 1);
    struct facts *book = facts_new();
    latency_facts(run, &l, book);
    assert_fact(book, "serve.throughput", 9e6);
    assert_fact(book, "serve.goodput", 1e6);
    assert_fact(book, "serve.in_system", 2.15);
    assert_fact(book, "serve.cache_occupancy", 3540 / 5000.0);
    assert_fact(book, "serve.batch", 1.78);
    assert_fact(book, "serve.utilisation", 1);
    assert_fact(book, "serve.computed_tokens", 6 + 3 + 6 + 2 + 9 + 1 + 3);
    assert_fact(book, "serve.ttft_mean", (180 + 360 + 840) / 3.0 * 1e-9);
    assert_fact(book, "serve.queue_max", 130e-9);
    facts_free(book);
    schedule_free(run);
}

/* Swapping instead: at 360 the block of #2 goes, 1,000 B at 10^10 B/s are 100 ns; at 600 it comes back, as long. Then 6
 * tokens, 160 ns: first token at 100 + 600 + 100 + 160 = 960. */
static void test_swap(void)
{
    struct request requests[] = { { 0, 6, 4 }, { 0, 6, 3 }, { 50, 9, 2 } };
    struct load load = { requests, 3 };
    struct schedule_options o = small_server();
    o.preemption = PREEMPT_SWAP, o.swap_bytes_per_s = 10000000000;
    struct schedule *run = run_fine(&load, &o);
    g_assert_cmpint(run->recomputed_tokens, ==, 0);
    g_assert_cmpint(run->swapped_bytes, ==, 2000);
    g_assert_cmpint(run->served[2].first_token_ns, ==, 960);
    g_assert_cmpint(run->served[2].finished_ns, ==, 1070);
    schedule_free(run);
}

/* Two pools: prefill of 6 takes 160 ns; 2 blocks of 1,000 B at 10^10 B/s are 200 ns, the latency 50; then decodes of
 * 110 ns. The second request waits for the link: it is ready at 320, the link free at 360, so it lands at 610, within
 * the decode from 520 to 630; then 120 ns together, and the second alone. */
static void test_disaggregated(void)
{
    struct request requests[] = { { 0, 6, 4 }, { 0, 6, 4 } };
    struct load load = { requests, 2 };
    struct schedule_options o = small_server();
    o.pool.token_budget = 6;
    o.decode = o.pool;
    o.disaggregated = true, o.link_bytes_per_s = 10000000000, o.link_latency_ns = 50;
    struct schedule *run = run_fine(&load, &o);
    g_assert_cmpint(run->served[0].first_token_ns, ==, 160);
    g_assert_cmpint(run->served[1].first_token_ns, ==, 320);
    g_assert_cmpint(run->served[0].finished_ns, ==, 160 + 250 + 110 + 110 + 120);
    g_assert_cmpint(run->served[1].finished_ns, ==, 630 + 120 + 110 + 110);
    g_assert_cmpint(run->transferred_bytes, ==, 4000);
    g_assert_true(run->pools[0].peak_blocks == 4 && run->pools[1].peak_blocks == 5); /* at 630: 9 and 7 entries */
    g_assert_true(run->pools[0].block_area == 160 * 2 + 250 * 4 + 200 * 2); /* until they are there, at 410 and 610 */
    g_assert_true(run->pools[1].block_area == 200 * 2 + 270 * 4 + 120 * 5 + 110 * 2 + 110 * 3);
    schedule_free(run);
}

/* #0 has 2 of 5 blocks, #1 would take 1: it may come beside #0 as long as 2 stay free, not 3. Alone it always may. */
static void test_watermark(void)
{
    struct request requests[] = { { 0, 6, 3 }, { 0, 6, 3 } };
    struct load load = { requests, 2 };
    struct schedule_options o = small_server();
    o.watermark_blocks = 2;
    struct schedule *run = run_fine(&load, &o);
    g_assert_cmpint(run->served[1].admitted_ns, ==, 0);
    schedule_free(run);
    o.watermark_blocks = 3;
    run = run_fine(&load, &o);
    g_assert_cmpint(run->served[1].admitted_ns, ==, run->served[0].finished_ns);
    schedule_free(run);
    o.watermark_blocks = 1000;
    run = run_fine(&load, &o);
    g_assert_cmpint(run->finished, ==, 2);
    schedule_free(run);
}

/* A static batch of three: the fourth waits for the longest, although a member is done after the first step. Its blocks
 * stay taken, 1 + 2 + 1 of them, until the batch is done. */
/* Two prompts of 12 tokens are 3 blocks each of the 4 there are: by its first chunk the second comes and is preempted, by
 * its whole prompt it waits. */
static void test_whole_prompts(void)
{
    struct request requests[] = { { 0, 12, 4 }, { 0, 12, 4 } };
    struct load load = { requests, 2 };
    struct schedule_options o = small_server();
    o.pool.blocks = 4, o.pool.token_budget = 16, o.block_tokens = 4;
    struct schedule *run = run_fine(&load, &o);
    g_assert_cmpint(run->preemptions, >, 0);
    schedule_free(run);
    o.whole_prompts = true;
    run = run_fine(&load, &o);
    g_assert_cmpint(run->preemptions, ==, 0);
    g_assert_cmpint(run->served[1].admitted_ns, ==, run->served[0].finished_ns);
    schedule_free(run);
}

/* A block for four tokens, but never more than two of them: what a window of eight keeps. */
static int64_t windowed_blocks(const void *most, int64_t tokens) { return MIN((tokens + 3) / 4, *(const int64_t *)most); }

static void test_windowed_cache(void)
{
    struct request requests[] = { { 0, 40, 20 }, { 0, 40, 20 } };
    struct load load = { requests, 2 };
    int64_t most = 2;
    struct schedule_options o = small_server();
    o.pool.blocks = 4, o.block_tokens = 4, o.pool.token_budget = 100;
    struct schedule *run = schedule_run(&load, &o);
    g_assert_cmpint(run->refused, ==, 2);
    schedule_free(run);
    o.cache = (struct cache_model){ windowed_blocks, &most };
    run = run_fine(&load, &o);
    g_assert_cmpint(run->finished, ==, 2);
    g_assert_cmpint(run->preemptions, ==, 0);
    g_assert_cmpint(run->pools[0].peak_blocks, ==, 4);
    g_assert_cmpint(run->served[1].admitted_ns, ==, 0);
    schedule_free(run);
    most = INT64_MAX; /* the same as without a model */
    o.pool.blocks = 100;
    run = run_fine(&load, &o);
    o.cache = (struct cache_model){ NULL, NULL };
    struct schedule *plain_run = run_fine(&load, &o);
    g_assert_cmpint(run->end_ns, ==, plain_run->end_ns);
    g_assert_cmpint(run->pools[0].peak_blocks, ==, plain_run->pools[0].peak_blocks);
    schedule_free(plain_run);
    schedule_free(run);
    o.cache = (struct cache_model){ windowed_blocks, &most };
    o.prefix_cache = true;
    run = schedule_run(&load, &o);
    g_assert_nonnull(run->fault);
    schedule_free(run);
}

static void test_static_batch(void)
{
    struct request requests[] = { { 0, 2, 1 }, { 0, 2, 5 }, { 0, 2, 2 }, { 0, 2, 1 } };
    struct schedule_options o = small_server();
    o.batching = BATCHING_STATIC;
    struct schedule *run = run_fine(&(struct load){ requests, 4 }, &o);
    g_assert_cmpint(run->served[0].finished_ns, ==, 160);
    g_assert_cmpint(run->served[1].finished_ns, ==, 160 + 120 + 110 * 3);
    g_assert_cmpint(run->served[3].admitted_ns, ==, run->served[1].finished_ns);
    g_assert_true(run->pools[0].block_area == 610 * (1 + 2 + 1) + 120);
    g_assert_true(run->pools[0].sequence_area == 160 * 3 + 120 * 2 + 330 + 120);
    schedule_free(run);
}

/* k = 2, accepted 0, 2, 1, ...: 7 tokens are the prefill's, then 1, 3, and 2 of a draft that is cut to one. */
static void test_measured(void)
{
    const int measured[] = { 0, 2, 1 };
    struct request requests[] = { { 0, 6, 7 } };
    struct load load = { requests, 1 };
    struct schedule_options o = small_server();
    o.draft = (struct draft_options){ .tokens = 2, .measured = measured, .n_measured = 3 };
    struct schedule *run = run_fine(&load, &o);
    g_assert_cmpint(run->pools[0].steps, ==, 4);
    g_assert_cmpint(run->decode_tokens, ==, 3 + 3 + 2);
    g_assert_cmpint(run->drafted, ==, 5);
    g_assert_cmpint(run->accepted, ==, 3);
    g_assert_cmpint(run->output_tokens, ==, 7);
    g_assert_cmpint(run->served[0].finished_ns, ==, 160 + 130 + 130 + 120);
    schedule_free(run);
}

/* More were accepted in the measured run than are drafted here: all are. */
static void test_measured_more(void)
{
    struct draft_options o = { .tokens = 2, .measured = (const int[]){ 9, 1 }, .n_measured = 2 };
    const int64_t want[] = { 2, 1, 2, 1 };
    for (int64_t step = 0; step < 4; step++) g_assert_cmpint(draft_accepted(&o, 2, step, NULL), ==, want[step]);
}

static int64_t keep_work(const void *works, const struct step_work *work)
{
    g_array_append_vals(*(GArray *const *)works, work, 1);
    return 100;
}

/* 10 + 4 and 3 + 3 tokens, 8 a step, two drafts of which none is accepted: what the time model gets to see. */
static void test_work(void)
{
    static const struct step_work want[] = {
        { .prefill_chunks = 1, .prefill_tokens = 8, .prefill_pairs = 36 },
        { .prefill_chunks = 2, .prefill_tokens = 5, .prefill_pairs = 9 + 10 + 6, .logits = 2 },
        { .decode_sequences = 2, .decode_tokens = 5, .decode_pairs = 11 + 12 + 13 + 4 + 5, .decode_context = 13 + 5,
          .logits = 5, .draft_tokens = 3, .draft_passes = 2 },
        { .decode_sequences = 2, .decode_tokens = 3, .decode_pairs = 12 + 13 + 5, .decode_context = 13 + 5,
          .logits = 3, .draft_tokens = 1, .draft_passes = 1 },
        { .decode_sequences = 1, .decode_tokens = 1, .decode_pairs = 13, .decode_context = 13, .logits = 1 },
    };
    struct request requests[] = { { 0, 10, 4 }, { 0, 3, 3 } };
    GArray *works = g_array_new(FALSE, FALSE, sizeof(struct step_work));
    struct schedule_options o = small_server();
    o.pool.blocks = 100;
    o.pool.step = (struct step_model){ keep_work, &works };
    o.draft = (struct draft_options){ .tokens = 2, .acceptance = 0 };
    schedule_free(run_fine(&(struct load){ requests, 2 }, &o));
    g_assert_cmpmem(works->data, works->len * sizeof *want, want, sizeof want);
    g_array_free(works, TRUE);
}

static void test_linear(void)
{
    struct step_linear linear = { 1000, .token_ps = 2500, .pair_ps = 1, .context_ps = 2000, .draft_ns = 7 };
    struct step_work work = { .prefill_tokens = 10, .prefill_pairs = 55 };
    g_assert_cmpint(step_linear_ns(&linear, &work), ==, 1026); /* 1,025.055 */
    work = (struct step_work){ .decode_tokens = 2, .decode_pairs = 3000, .decode_context = 5, .draft_passes = 2 };
    g_assert_cmpint(step_linear_ns(&linear, &work), ==, 1000 + 5 + 3 + 10 + 14);
    linear.pair_ps = INT64_MAX / 2;
    g_assert_cmpint(step_linear_ns(&linear, &work), ==, -1);
}

/* --- closed forms --- */

/* One request alone: ceil(P / B) steps of prefill, O - 1 of decode; every pair once, however the prompt is cut. */
static void test_alone(void)
{
    GRand *r = g_rand_new_with_seed(SEED);
    for (int i = 0; i < RUNS; i++) {
        int64_t f = g_rand_int_range(r, 0, 1000), t = g_rand_int_range(r, 0, 50);
        int64_t p = g_rand_int_range(r, 0, 5), c = g_rand_int_range(r, 0, 5);
        struct step_linear linear = { f, .token_ps = 1000 * t, .pair_ps = 1000 * p, .context_ps = 1000 * c };
        int64_t prompt = g_rand_int_range(r, 1, 200), output = g_rand_int_range(r, 1, 50);
        int64_t budget = g_rand_int_range(r, 1, 250);
        struct request one = { g_rand_int_range(r, 0, 1000), prompt, output };
        struct schedule_options o = small_server();
        o.pool = (struct pool_options){ budget, 4, 1000, { step_linear_ns, &linear } };
        o.watermark_blocks = 2000;
        struct schedule *run = run_fine(&(struct load){ &one, 1 }, &o);
        int64_t first = (prompt + budget - 1) / budget * f + prompt * t + prompt * (prompt + 1) / 2 * p;
        int64_t n = output - 1, entries = n * prompt + n * (n + 1) / 2;
        g_assert_cmpint(run->served[0].admitted_ns, ==, one.arrival_ns);
        g_assert_cmpint(run->served[0].first_token_ns, ==, one.arrival_ns + first);
        g_assert_cmpint(run->served[0].finished_ns, ==, one.arrival_ns + first + n * (f + t) + entries * (p + c));
        g_assert_cmpint(run->pools[0].peak_blocks, ==, (prompt + output - 1 + 3) / 4);
        schedule_free(run);
    }
    g_rand_free(r);
}

static void test_expected_draft(void)
{
    enum { DRAWS = 200000 };
    struct random r = { SEED };
    g_assert_cmpfloat(fabs(draft_expected(0.8, 4) - 3.3616), <, 1e-12);
    g_assert_cmpfloat(draft_expected(1, 4), ==, 5);
    g_assert_cmpfloat(draft_expected(0, 4), ==, 1);
    for (int k = 1; k <= 8; k++)
        for (double alpha = 0; alpha < 1.05; alpha += 0.25) {
            struct draft_options o = { .tokens = k, .acceptance = MIN(alpha, 1) };
            double sum = 0, powers = 0;
            for (int i = 0; i < DRAWS; i++) sum += 1 + (double)draft_accepted(&o, k, i, &r);
            for (int j = 0; j <= k; j++) powers += pow(o.acceptance, j);
            g_assert_cmpfloat(fabs(draft_expected(o.acceptance, k) - powers), <, 1e-12);
            g_assert_cmpfloat(fabs(sum / DRAWS - draft_expected(o.acceptance, k)), <=, 4 * 0.5 * k / sqrt(DRAWS));
        }
}

/* In a run, too: tokens of output in a decode step of a long output. */
static void test_expected_in_run(void)
{
    struct request one = { 0, 10, 100001 };
    struct schedule_options o = small_server();
    o.pool.blocks = 100000;
    o.draft = (struct draft_options){ .tokens = 4, .acceptance = 0.7 };
    o.seed = 3;
    struct schedule *run = run_fine(&(struct load){ &one, 1 }, &o);
    double steps = (double)(run->pools[0].steps - 2); /* two of prefill */
    g_assert_cmpfloat(fabs(100000 / steps - draft_expected(0.7, 4)), <, 0.03);
    schedule_free(run);
}

static void test_ranks(void)
{
    int64_t values[] = { 7, 3, 10, 1, 9, 2, 8, 4, 6, 5 };
    struct times t = latency_times(values, 10);
    g_assert_true(t.p50 == 5 && t.p90 == 9 && t.p95 == 10 && t.p99 == 10 && t.most == 10 && t.mean_ns == 5.5);
    t = latency_times(values, 1);
    g_assert_true(t.p50 == 1 && t.p99 == 1 && t.most == 1);
    t = latency_times(values, 0);
    g_assert_true(t.n == 0 && t.p50 == -1 && t.mean_ns == -1);
    GRand *r = g_rand_new_with_seed(SEED);
    for (int i = 0; i < 200; i++) { /* the definition: the least value that p percent of all do not exceed */
        int64_t some[50], n = g_rand_int_range(r, 1, 51), below = 0;
        for (int64_t k = 0; k < n; k++) some[k] = g_rand_int_range(r, 0, 20);
        t = latency_times(some, n);
        for (int64_t k = 0; k < n; k++) below += some[k] <= t.p90;
        g_assert_cmpint(100 * below, >=, 90 * n);
        for (int64_t k = below = 0; k < n; k++) below += some[k] < t.p90;
        g_assert_cmpint(100 * below, <, 90 * n);
    }
    g_rand_free(r);
}

/* 5, 4 and 3 ns for 3, 3 and 2 gaps: 1.67, 1.33, 1.5. */
static void test_rounding(void)
{
    struct request requests[] = { { 0, 1, 4 }, { 0, 1, 4 }, { 0, 1, 3 } };
    struct served served[] = { { 0, 1, 6 }, { 0, 1, 5 }, { 0, 1, 4 } };
    struct load load = { requests, 3 };
    struct schedule run = { .load = &load, .served = served };
    struct latency l = latency_of(&run, NULL);
    g_assert_true(l.tpot.mean_ns == (2 + 1 + 2) / 3.0 && l.tpot.p50 == 2 && l.tpot.most == 2);
}

/* --- any load, any server --- */

static struct load random_load(GRand *r, struct request *requests)
{
    struct load load = { requests, g_rand_int_range(r, 1, 41) };
    int64_t at = 0, gap = g_rand_int_range(r, 1, 2000);
    for (int64_t i = 0; i < load.count; i++) {
        at += g_rand_int_range(r, 0, (gint32)gap);
        requests[i] = (struct request){ at, g_rand_int_range(r, 1, 41), g_rand_int_range(r, 1, 31) };
    }
    return load;
}

static struct pool_options random_pool(GRand *r)
{
    return (struct pool_options){ g_rand_int_range(r, 1, 80), g_rand_int_range(r, 1, 9), g_rand_int_range(r, 4, 70),
                                  { step_linear_ns, &plain } };
}

static struct schedule_options random_server(GRand *r)
{
    struct schedule_options o = {
        .pool = random_pool(r), .decode = random_pool(r), .block_tokens = g_rand_int_range(r, 1, 9), .block_bytes = 500,
        .watermark_blocks = g_rand_int_range(r, 0, 6), .chunked = g_rand_int_range(r, 0, 3) > 0,
        .batching = g_rand_int_range(r, 0, 4) ? BATCHING_CONTINUOUS : BATCHING_STATIC,
        .preemption = g_rand_boolean(r) ? PREEMPT_SWAP : PREEMPT_RECOMPUTE, .swap_bytes_per_s = 10000000000,
        .link_bytes_per_s = g_rand_boolean(r) ? 7000000000 : 70000000, .link_latency_ns = g_rand_int_range(r, 0, 3000),
        .seed = g_rand_int(r),
        .events = EVENTS_ALL, .keep_steps = true,
    };
    o.disaggregated = o.batching == BATCHING_CONTINUOUS && g_rand_int_range(r, 0, 3) == 0;
    if (g_rand_boolean(r)) o.draft = (struct draft_options){ g_rand_int_range(r, 1, 5), g_rand_double(r), NULL, 0 };
    return o;
}

/* A decode pool with hardly any room, drafts longer than what the others hold, and a slow link. */
static void make_tight(GRand *r, struct load *load, struct schedule_options *o)
{
    for (int64_t i = 0; i < load->count; i++) {
        load->requests[i].prompt = 1 + load->requests[i].prompt % 6;
        load->requests[i].output = 1 + load->requests[i].output % 12;
    }
    o->disaggregated = true, o->batching = BATCHING_CONTINUOUS, o->preemption = PREEMPT_SWAP;
    o->block_tokens = 1, o->decode.blocks = g_rand_int_range(r, 17, 26);
    o->decode.max_sequences = g_rand_int_range(r, 2, 6), o->link_bytes_per_s = 70000000;
    o->draft = (struct draft_options){ .tokens = g_rand_int_range(r, 4, 10), .acceptance = 0.3 };
}

/* Few groups, whose requests have different lengths in common. */
static void share_prompts(GRand *r, struct load *load, struct schedule_options *o)
{
    int groups = g_rand_int_range(r, 1, 4);
    o->prefix_cache = true;
    for (int64_t i = 0; i < load->count; i++) {
        load->requests[i].shared = g_rand_int_range(r, 0, (gint32)load->requests[i].prompt);
        load->requests[i].group = g_rand_int_range(r, 0, groups);
    }
}

/* The log, played again: what each request has must be what the log says it has. */
struct replay { int64_t cache, made, again, reach, hit; int state; }; /* 0 not here, 1 arrived, 2 runs, 3 out, 4 done */

static void replay_event(struct replay *p, const struct event *e, const struct schedule *run)
{
    const struct request *r = &run->load->requests[e->request];
    switch ((enum event_kind)e->kind) {
    case EVENT_ARRIVED:
        g_assert_true(p->state++ == 0 && e->time_ns >= r->arrival_ns);
        g_assert_true(e->a == r->prompt && e->b == r->output);
        break;
    case EVENT_REFUSED_BLOCKS:
    case EVENT_REFUSED_TOKENS:
        g_assert_true(p->state == 1 && e->a > e->b);
        p->state = 4;
        break;
    case EVENT_HIT: /* only where nothing is left of its own cache */
        g_assert_true((p->state == 1 || p->state == 3) && p->cache == 0 && e->pool == 0 && e->b == r->prompt);
        g_assert_true(e->a > 0 && e->a % run->options.block_tokens == 0 && e->a <= r->shared);
        p->hit += MAX(0, e->a - p->reach);
        p->cache = e->a;
        break;
    case EVENT_ADMITTED:
        g_assert_true(p->state++ == 1 && e->a == e->time_ns - r->arrival_ns);
        break;
    case EVENT_CHUNK:
        g_assert_true(p->state == 2 && e->b == p->cache && e->a > 0);
        for (int64_t i = 0; i < e->a; i++) p->again += p->cache++ < p->reach;
        g_assert_cmpint(p->cache, <=, r->prompt + p->made);
        break;
    case EVENT_FIRST_TOKEN:
        g_assert_true(p->state == 2 && p->made++ == 0 && p->cache == r->prompt && e->b == p->cache);
        break;
    case EVENT_SPECULATED:
        g_assert_true(e->a >= 0 && e->b >= 0 && e->a + e->b <= run->options.draft.tokens);
        break;
    case EVENT_TOKENS: /* all but the newest token are in the cache */
        p->made += e->a;
        p->cache = r->prompt + p->made - 1;
        g_assert_true(p->state == 2 && e->a >= 1 && e->b == p->made);
        break;
    case EVENT_PREEMPTED:
        g_assert_true(p->state++ == 2 && e->b == p->cache);
        g_assert_cmpint(e->a, ==, (p->cache + run->options.block_tokens - 1) / run->options.block_tokens);
        if (run->options.preemption == PREEMPT_RECOMPUTE) p->cache = 0;
        break;
    case EVENT_SWAPPED_OUT:
    case EVENT_SWAPPED_IN:
        g_assert_true(p->state == 3 && run->options.preemption == PREEMPT_SWAP);
        g_assert_true(e->a > 0 && e->b == e->a * run->options.block_bytes);
        break;
    case EVENT_RESUMED:
        g_assert_true(p->state-- == 3 && e->a == p->cache && e->b == p->reach - p->cache);
        break;
    case EVENT_TRANSFER_BEGUN:
        g_assert_true(p->state == 2 && p->made == 1);
        g_assert_cmpint(e->a, ==, (r->prompt + run->options.block_tokens - 1) / run->options.block_tokens);
        break;
    case EVENT_TRANSFER_ENDED:
        g_assert_true(p->state == 2 && p->made == 1 && e->a >= run->options.link_latency_ns);
        break;
    case EVENT_FINISHED:
        g_assert_true(p->state == 2 && p->made == r->output && e->b == r->output);
        g_assert_true(p->cache == r->prompt + r->output - 1);
        p->state = 4;
        break;
    case EVENT_KINDS: g_assert_not_reached();
    }
    p->reach = MAX(p->reach, p->cache);
}

/* What holds between requests. Of each pool: how many run, how many were sent back, and when last; and the link. */
struct crowd { int64_t running[2], out[2], sent_back_ns[2], link_free_ns, *due_ns; };

static int64_t move_ns(const struct schedule *run, int64_t bytes)
{
    return (bytes * 1000000000 + run->options.link_bytes_per_s - 1) / run->options.link_bytes_per_s;
}

static void crowd_event(struct crowd *c, const struct event *e, const struct schedule *run)
{
    bool crosses = run->options.disaggregated && run->load->requests[e->request].output > 1;
    if (e->kind == EVENT_ADMITTED) g_assert_cmpint(c->out[0], ==, 0); /* who was sent back comes first */
    if (e->kind == EVENT_ADMITTED || e->kind == EVENT_RESUMED) {
        g_assert_cmpint(e->time_ns, !=, c->sent_back_ns[e->pool]);
        c->running[e->pool]++;
        c->out[e->pool] -= e->kind == EVENT_RESUMED;
    } else if (e->kind == EVENT_PREEMPTED) {
        g_assert_cmpint(c->running[e->pool]--, >=, 2); /* the last one stays */
        c->out[e->pool]++;
        c->sent_back_ns[e->pool] = e->time_ns;
    } else if (e->kind == EVENT_TRANSFER_BEGUN) {
        g_assert_true(e->time_ns >= c->link_free_ns && c->out[1] == 0);
        c->link_free_ns = e->time_ns + move_ns(run, e->b);
        c->due_ns[e->request] = c->link_free_ns + run->options.link_latency_ns;
    } else if (e->kind == EVENT_TRANSFER_ENDED) {
        g_assert_cmpint(e->time_ns, ==, c->due_ns[e->request]);
        c->running[1]++;
    } else if (e->kind == EVENT_FINISHED || (e->kind == EVENT_FIRST_TOKEN && crosses)) {
        c->running[e->pool]--;
    }
}

static void check_log(const struct schedule *run)
{
    struct crowd crowd = { .sent_back_ns = { -1, -1 }, .due_ns = g_new0(int64_t, run->load->count) };
    struct replay *replays = g_new0(struct replay, run->load->count);
    int64_t before = 0, again = 0;
    for (guint i = 0; i < run->events->len; i++) {
        const struct event *e = &g_array_index(run->events, struct event, i);
        g_assert_cmpint(e->time_ns, >=, before);
        before = e->time_ns;
        replay_event(&replays[e->request], e, run);
        crowd_event(&crowd, e, run);
    }
    for (int64_t i = 0; i < run->load->count; i++) {
        g_assert_cmpint(replays[i].state, ==, 4);
        g_assert_cmpint(replays[i].again, ==, run->served[i].recomputed_tokens);
        g_assert_cmpint(replays[i].hit, ==, run->served[i].hit_tokens);
        again += replays[i].again;
    }
    g_assert_cmpint(again, ==, run->recomputed_tokens);
    g_assert_true(again == 0 || run->preemptions > 0);
    g_free(replays);
    g_free(crowd.due_ns);
}

static void check_steps(const struct schedule *run)
{
    int64_t end[2] = { 0 }, busy[2] = { 0 }, prefill = 0, decode = 0, swapped = 0;
    for (guint i = 0; i < run->steps->len; i++) {
        const struct step_record *step = &g_array_index(run->steps, struct step_record, i);
        const struct pool_options *o = step->pool ? &run->options.decode : &run->options.pool;
        int64_t tokens = step->prefill_tokens + step->decode_tokens, moving = (step->swapped_bytes + 9) / 10;
        g_assert_cmpint(step->begin_ns, >=, end[step->pool]);
        g_assert_cmpint(step->end_ns - step->begin_ns, ==, moving + (tokens ? 100 + 10 * tokens : 0));
        g_assert_cmpint(tokens, <=, o->token_budget);
        g_assert_true(step->blocks_used >= 0 && step->blocks_used <= o->blocks && step->sequences <= o->max_sequences);
        end[step->pool] = step->end_ns;
        busy[step->pool] += step->end_ns - step->begin_ns;
        prefill += step->prefill_tokens, decode += step->decode_tokens, swapped += step->swapped_bytes;
    }
    for (int pool = 0; pool < run->n_pools; pool++) {
        const struct pool_options *o = pool ? &run->options.decode : &run->options.pool;
        const struct pool_totals *t = &run->pools[pool];
        __int128 span = run->end_ns - run->begin_ns;
        g_assert_true(t->peak_blocks <= o->blocks && t->peak_sequences <= o->max_sequences);
        g_assert_true(t->block_area <= t->peak_blocks * span && t->sequence_area <= t->peak_sequences * span);
    }
    g_assert_true(busy[0] == run->pools[0].busy_ns && busy[1] == run->pools[1].busy_ns);
    g_assert_true(prefill == run->prefill_tokens && decode == run->decode_tokens && swapped == run->swapped_bytes);
}

/* Sums over requests against the run's counters, and Little's law by areas, to the last ns. */
static void check_sums(const struct schedule *run)
{
    int64_t entries = 0, output = 0, blocks = 0, finished = 0, admitted_before = 0, hits = 0, prompts = 0;
    __int128 area = 0;
    for (int64_t i = 0; i < run->load->count; i++) {
        const struct request *r = &run->load->requests[i];
        const struct served *s = &run->served[i];
        g_assert_true(s->refused == (s->finished_ns < 0));
        if (s->refused) continue;
        g_assert_true(r->arrival_ns <= s->admitted_ns && s->admitted_ns < s->first_token_ns);
        g_assert_true(r->output == 1 ? s->finished_ns == s->first_token_ns : s->finished_ns > s->first_token_ns);
        g_assert_cmpint(s->admitted_ns, >=, admitted_before); /* first come, first served */
        admitted_before = s->admitted_ns;
        finished++, output += r->output, entries += r->prompt + r->output - 1;
        area += s->finished_ns - r->arrival_ns;
        hits += s->hit_tokens, prompts += r->prompt;
        g_assert_cmpint(s->hit_tokens, <=, r->shared);
        if (r->output > 1) blocks += (r->prompt + run->options.block_tokens - 1) / run->options.block_tokens;
    }
    g_assert_true(run->finished == finished && run->refused == run->load->count - finished);
    g_assert_cmpint(run->output_tokens, ==, output);
    g_assert_cmpint(run->prefill_tokens + run->decode_tokens, ==,
                    entries - hits + run->recomputed_tokens + run->drafted - run->accepted);
    g_assert_true(run->hit_tokens == hits && run->prompt_tokens == prompts);
    g_assert_true(area == run->request_area);
    g_assert_cmpint(run->transferred_bytes, ==, run->options.disaggregated ? blocks * run->options.block_bytes : 0);
}

static void check_facts(const struct schedule *run)
{
    struct facts *book = facts_new();
    struct latency l = latency_of(run, &(struct service_limits){ .ttft_ns = 3000 });
    int evaluated = 0;
    latency_facts(run, &l, book);
    for (int i = 0; i < facts_count(book); i++) {
        const struct fact *fact = facts_at(book, i);
        double value;
        g_assert_true(fact->source || (fact->formula && formula_brackets(fact->formula) == fact->n_deps));
        if (!facts_evaluate(book, i, &value)) continue;
        evaluated++;
        if (!facts_agree(book, i, value)) g_error("%s is %.17g, not %.17g", fact->id, fact->r, value);
    }
    g_assert_cmpint(evaluated, >=, 3);
    if (run->finished) {
        double counted = (double)run->request_area / (double)(run->end_ns - run->begin_ns);
        double computed = facts_at(book, facts_find(book, "serve.in_system"))->r;
        g_assert_cmpfloat_with_epsilon(computed, counted, 1e-9 * counted);
        g_assert_cmpint(evaluated, >=, 15);
        g_assert_cmpfloat(facts_at(book, facts_find(book, "serve.ttft_p50"))->r, ==, (double)l.ttft.p50 / 1e9);
    }
    facts_free(book);
}

/* Each kind of thing must have been seen, else the laws were held against nothing. */
static void test_laws(void)
{
    GRand *r = g_rand_new_with_seed(SEED);
    struct request requests[64];
    int64_t seen[EVENT_KINDS] = { 0 }, again_in_decode_pool = 0, swaps_alone = 0;
    for (int i = 0; i < RUNS; i++) {
        struct load load = random_load(r, requests);
        struct schedule_options o = random_server(r);
        if (i % 4 == 0) make_tight(r, &load, &o);
        if (i % 2 == 0) share_prompts(r, &load, &o);
        struct schedule *run = run_fine(&load, &o);
        check_log(run);
        check_steps(run);
        check_sums(run);
        check_facts(run);
        for (guint k = 0; k < run->events->len; k++) {
            const struct event *e = &g_array_index(run->events, struct event, k);
            seen[e->kind]++;
            again_in_decode_pool += e->kind == EVENT_RESUMED && e->pool == 1;
        }
        for (guint k = 0; k < run->steps->len; k++) {
            const struct step_record *step = &g_array_index(run->steps, struct step_record, k);
            swaps_alone += step->prefill_tokens + step->decode_tokens == 0;
            g_assert_cmpint(step->prefill_tokens + step->decode_tokens + step->swapped_bytes, >, 0);
        }
        schedule_free(run);
    }
    g_assert_cmpint(swaps_alone, >, 0);
    for (int kind = 0; kind < EVENT_KINDS; kind++) g_assert_cmpint(seen[kind], >, 20);
    g_assert_cmpint(again_in_decode_pool, >, 20);
    g_rand_free(r);
}

/* The same load and options: the same log; less of a log changes nothing else. */
static void test_same(void)
{
    GRand *r = g_rand_new_with_seed(SEED + 1);
    struct request requests[64];
    for (int i = 0; i < 200; i++) {
        struct load load = random_load(r, requests);
        struct schedule_options o = random_server(r);
        struct schedule *a = run_fine(&load, &o), *b = run_fine(&load, &o);
        o.events = EVENTS_NONE, o.keep_steps = false;
        struct schedule *quiet = run_fine(&load, &o);
        o.events = EVENTS_REQUESTS;
        struct schedule *half = run_fine(&load, &o);
        g_autofree char *first = events_text(a->events), *second = events_text(b->events);
        g_assert_cmpstr(first, ==, second);
        g_assert_true(quiet->events->len == 0 && quiet->steps->len == 0);
        for (guint k = 0, at = 0; k < a->events->len; k++) { /* half is all without what comes with each step */
            const struct event *e = &g_array_index(a->events, struct event, k);
            if (event_level_of(e->kind) > EVENTS_REQUESTS) continue;
            const struct event *f = &g_array_index(half->events, struct event, at++);
            g_assert_true(e->time_ns == f->time_ns && e->kind == f->kind && e->request == f->request && e->a == f->a);
        }
        for (int64_t k = 0; k < load.count; k++) {
            g_assert_cmpint(a->served[k].finished_ns, ==, quiet->served[k].finished_ns);
            g_assert_cmpint(a->served[k].first_token_ns, ==, half->served[k].first_token_ns);
        }
        schedule_free(a), schedule_free(b), schedule_free(quiet), schedule_free(half);
    }
    g_rand_free(r);
}

static struct schedule_options ample(GRand *r)
{
    struct schedule_options o = random_server(r);
    o.disaggregated = false, o.draft.tokens = 0, o.batching = BATCHING_CONTINUOUS;
    o.pool.blocks = 100000, o.pool.token_budget = g_rand_int_range(r, 80, 200);
    return o;
}

/* How many drafts of a request are accepted does not hang on its company, but on the seed. */
static char *speculated(const struct schedule *run, int32_t request)
{
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < run->events->len; i++) {
        const struct event *e = &g_array_index(run->events, struct event, i);
        if (e->request == request && e->kind == EVENT_SPECULATED)
            g_string_append_printf(out, "%" G_GINT64_FORMAT "+%" G_GINT64_FORMAT " ", e->a, e->b);
    }
    return g_string_free(out, FALSE);
}

static void test_streams(void)
{
    GRand *r = g_rand_new_with_seed(SEED + 4);
    struct request requests[64];
    int others = 0;
    for (int i = 0; i < 100; i++) {
        struct load load = random_load(r, requests);
        struct schedule_options o = ample(r);
        o.draft = (struct draft_options){ .tokens = 3, .acceptance = 0.6 };
        o.pool.token_budget = 2000, o.pool.max_sequences = 64;
        struct schedule *together = run_fine(&load, &o);
        o.pool.max_sequences = 1;
        struct schedule *alone = run_fine(&load, &o);
        o.seed++;
        struct schedule *other = run_fine(&load, &o);
        for (int32_t k = 0; k < load.count; k++) {
            g_autofree char *a = speculated(together, k), *b = speculated(alone, k), *c = speculated(other, k);
            g_assert_cmpstr(a, ==, b);
            others += g_strcmp0(a, c) != 0;
        }
        schedule_free(together), schedule_free(alone), schedule_free(other);
    }
    g_assert_cmpint(others, >, 100);
    g_rand_free(r);
}

/* With memory for all, chunks change when a prompt is computed, not what: the same tokens, the same pairs. */
static int64_t sum_pairs(const void *sum, const struct step_work *work)
{
    int64_t *pairs = *(int64_t *const *)sum;
    *pairs += work->prefill_pairs;
    return 100;
}

static void test_chunks(void)
{
    GRand *r = g_rand_new_with_seed(SEED + 2);
    struct request requests[64];
    for (int i = 0; i < 300; i++) {
        struct load load = random_load(r, requests);
        int64_t pairs = 0, *sum = &pairs, want = 0;
        struct schedule_options o = ample(r);
        o.pool.step = (struct step_model){ sum_pairs, &sum };
        o.chunked = false;
        struct schedule *whole = run_fine(&load, &o);
        int64_t whole_pairs = pairs;
        pairs = 0, o.chunked = true, o.pool.token_budget = g_rand_int_range(r, 1, 80);
        struct schedule *chunked = run_fine(&load, &o);
        for (int64_t k = 0; k < load.count; k++) want += step_pairs(0, requests[k].prompt);
        g_assert_cmpint(whole->prefill_tokens, ==, chunked->prefill_tokens);
        g_assert_true(whole_pairs == want && pairs == want);
        schedule_free(whole), schedule_free(chunked);
    }
    g_rand_free(r);
}

/* The batch that waits for its last member is never done sooner, where memory is no question. */
static void test_static(void)
{
    GRand *r = g_rand_new_with_seed(SEED + 3);
    struct request requests[64];
    int later = 0;
    for (int i = 0; i < RUNS; i++) {
        struct load load = random_load(r, requests);
        struct schedule_options o = ample(r);
        o.pool.token_budget = 2000, o.watermark_blocks = 0;
        struct schedule *continuous = run_fine(&load, &o);
        o.batching = BATCHING_STATIC;
        struct schedule *batches = run_fine(&load, &o);
        g_assert_cmpint(continuous->end_ns, <=, batches->end_ns);
        later += continuous->end_ns < batches->end_ns;
        schedule_free(continuous), schedule_free(batches);
    }
    g_assert_cmpint(later, >, RUNS / 2);
    g_rand_free(r);
}

/* --- large numbers, and what is refused --- */

/* 32 requests of 100 M tokens at once: 5 x 10^15 pairs each, more than 2^53 in all. */
static void test_large(void)
{
    struct request requests[32];
    int64_t pairs = 0, *sum = &pairs, each = 100000000;
    for (int i = 0; i < 32; i++) requests[i] = (struct request){ 0, each, 2 };
    struct schedule_options o = small_server();
    o.pool = (struct pool_options){ 1000000000, 32, 1000000000, { sum_pairs, &sum } };
    o.block_tokens = 16, o.block_bytes = 400 * 65536;
    struct schedule *run = run_fine(&(struct load){ requests, 32 }, &o);
    g_assert_cmpint(run->prefill_tokens, ==, 32 * each);
    g_assert_cmpint(pairs, ==, 32 * (each * (each + 1) / 2));
    g_assert_cmpint(run->pools[0].steps, ==, 5); /* 10 in a step, less what decodes; the last one decodes alone */
    schedule_free(run);
}

static void assert_fault(struct schedule_options o, const char *words)
{
    struct request one[] = { { 0, 5, 3 } };
    struct schedule *run = schedule_run(&(struct load){ one, 1 }, &o);
    if (!run->fault || !strstr(run->fault, words)) g_error("\"%s\" has no \"%s\"", run->fault, words);
    schedule_free(run);
}

static int64_t unknown_ns(const void *model, const struct step_work *work)
{
    return model == NULL && work->prefill_tokens > 0 ? -1 : 5;
}

static void test_faults(void)
{
    static const struct step_linear eternal = { .fixed_ns = INT64_MAX / 2 };
    struct schedule_options o, fine = small_server();
    g_assert_null(schedule_fault(&fine));
    o = fine, o.pool.token_budget = 0, assert_fault(o, "budget");
    o = fine, o.pool.max_sequences = 0, assert_fault(o, "batch");
    o = fine, o.pool.blocks = 0, assert_fault(o, "block");
    o = fine, o.pool.blocks = INT64_MAX / 100, assert_fault(o, "64 bits");
    o = fine, o.pool.step.step_ns = NULL, assert_fault(o, "model");
    o = fine, o.block_tokens = 0, assert_fault(o, "block");
    o = fine, o.watermark_blocks = -1, assert_fault(o, "watermark");
    o = fine, o.preemption = PREEMPT_SWAP, assert_fault(o, "Swapping");
    o = fine, o.draft.tokens = 1, o.draft.acceptance = NAN, assert_fault(o, "acceptance");
    o = fine, o.draft.measured = (const int[]){ -1 }, o.draft.n_measured = 1, assert_fault(o, "measured");
    o = fine, o.disaggregated = true, assert_fault(o, "link");
    o.link_bytes_per_s = 1, assert_fault(o, "budget");
    o.batching = BATCHING_STATIC, assert_fault(o, "continuous");
    o = fine, o.pool.step = (struct step_model){ unknown_ns, NULL }, assert_fault(o, "unknown");
    o = fine, o.pool.step.model = &eternal, assert_fault(o, "clock");
    o = fine, o.disaggregated = true, o.decode = o.pool, o.link_bytes_per_s = 1, o.block_bytes = INT64_MAX / 8;
    assert_fault(o, "longer");
    schedule_free(NULL);
    struct schedule *run = schedule_run(&(struct load){ NULL, 0 }, &fine);
    g_assert_nonnull(run->fault);
    schedule_free(run);
}

/* Exactly what fits is served; one token more is refused, and nobody waits for it. */
static void test_refusal(void)
{
    struct request requests[] = { { 0, 18, 4 }, { 0, 17, 4 }, { 1, 20, 1 }, { 1, 21, 1 } };
    struct schedule_options o = small_server(); /* 5 blocks of 4 */
    struct schedule *run = run_fine(&(struct load){ requests, 4 }, &o);
    for (int i = 0; i < 4; i++) g_assert_cmpint(run->served[i].refused, ==, i == 0 || i == 3);
    g_assert_true(run->refused == 2 && run->finished == 2 && run->output_tokens == 5);
    schedule_free(run);
    o.chunked = false, o.pool.token_budget = 19;
    run = run_fine(&(struct load){ requests, 4 }, &o);
    g_assert_cmpint(run->finished, ==, 0);
    struct latency l = latency_of(run, NULL);
    g_assert_true(l.ttft.n == 0 && l.within == 0);
    check_facts(run);
    schedule_free(run);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/schedule/golden", test_golden);
    g_test_add_func("/schedule/swap", test_swap);
    g_test_add_func("/schedule/disaggregated", test_disaggregated);
    g_test_add_func("/schedule/watermark", test_watermark);
    g_test_add_func("/schedule/whole-prompts", test_whole_prompts);
    g_test_add_func("/schedule/windowed-cache", test_windowed_cache);
    g_test_add_func("/schedule/static-batch", test_static_batch);
    g_test_add_func("/schedule/measured-drafts", test_measured);
    g_test_add_func("/schedule/measured-more", test_measured_more);
    g_test_add_func("/schedule/work", test_work);
    g_test_add_func("/schedule/linear", test_linear);
    g_test_add_func("/schedule/rounding", test_rounding);
    g_test_add_func("/schedule/alone", test_alone);
    g_test_add_func("/schedule/expected-draft", test_expected_draft);
    g_test_add_func("/schedule/expected-in-run", test_expected_in_run);
    g_test_add_func("/schedule/ranks", test_ranks);
    g_test_add_func("/schedule/large", test_large);
    g_test_add_func("/schedule/faults", test_faults);
    g_test_add_func("/schedule/refusal", test_refusal);
    g_test_add_func("/schedule/law/log", test_laws);
    g_test_add_func("/schedule/law/same", test_same);
    g_test_add_func("/schedule/law/streams", test_streams);
    g_test_add_func("/schedule/law/chunks", test_chunks);
    g_test_add_func("/schedule/law/static", test_static);
    return g_test_run();
}
