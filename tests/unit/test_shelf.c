/* Prompts that begin alike: the shelf against blocks that are looked at one by one, the scheduler against the prefix
 * cache of real tokens, and runs whose log is counted again. */
#include "serve/latency.h"
#include "serve/prefix.h"
#include "serve/shelf.h"

#include <string.h>

enum { SEED = 20260711, GROUPS = 3, DEEP = 12, USERS = 8, STAMPS = 4000 };

static const struct step_linear plain = { .fixed_ns = 100, .token_ps = 10000 };

/* --- the shelf --- */

/* Every block by itself: its users, and since when it has none (0: it has, or is not cached). */
struct slow {
    struct { bool cached; int users; int64_t idle_since; } blocks[GROUPS][DEEP];
    int64_t own[STAMPS]; /* idle ones of nobody's, by the moment */
    int64_t now, evicted, evicted_shared;
};

static void slow_use(struct slow *s, int group, int from, int to)
{
    for (int i = 0; i < to; i++) {
        if (i >= from) s->blocks[group][i].users++;
        s->blocks[group][i].cached = true;
        s->blocks[group][i].idle_since = 0;
    }
}

static void slow_leave(struct slow *s, int group, int blocks)
{
    for (int i = 0; i < blocks; i++)
        if (--s->blocks[group][i].users == 0) s->blocks[group][i].idle_since = s->now;
}

static int64_t slow_idle(const struct slow *s)
{
    int64_t idle = 0;
    for (int64_t i = 0; i <= s->now; i++) idle += s->own[i];
    for (int g = 0; g < GROUPS; g++)
        for (int i = 0; i < DEEP; i++) idle += s->blocks[g][i].idle_since > 0;
    return idle;
}

/* The longest idle; of equals, which are of one group, the deepest. */
static void slow_evict(struct slow *s)
{
    int64_t oldest = STAMPS;
    int group = -1, block = -1;
    for (int64_t i = s->now; i > 0; i--)
        if (s->own[i]) oldest = i;
    for (int g = 0; g < GROUPS; g++)
        for (int i = 0; i < DEEP; i++) {
            int64_t since = s->blocks[g][i].idle_since;
            if (since == 0 || since > oldest) continue;
            oldest = since, group = g, block = i;
        }
    s->evicted++;
    if (group < 0) {
        s->own[oldest]--;
        return;
    }
    s->evicted_shared++;
    s->blocks[group][block].cached = false;
    s->blocks[group][block].idle_since = 0;
}

static void assert_same_shelf(const struct shelf *shelf, const struct slow *slow)
{
    struct shelf_counters count = shelf_counters(shelf);
    for (int g = 0; g < GROUPS; g++) {
        int64_t cached = 0, used = 0;
        while (cached < DEEP && slow->blocks[g][cached].cached) cached++;
        while (used < DEEP && slow->blocks[g][used].users > 0) used++;
        g_assert_cmpint(shelf_cached(shelf, g), ==, cached);
        g_assert_cmpint(shelf_used(shelf, g), ==, used);
    }
    g_assert_cmpint(count.idle, ==, slow_idle(slow));
    g_assert_cmpint(count.evicted, ==, slow->evicted);
    g_assert_cmpint(count.evicted_shared, ==, slow->evicted_shared);
}

static void test_slow(void)
{
    GRand *r = g_rand_new_with_seed(SEED);
    for (int round = 0; round < 60; round++) {
        struct shelf *shelf = shelf_new(GROUPS);
        struct slow *slow = g_new0(struct slow, 1);
        struct { int group, blocks; } users[USERS] = { 0 };
        for (slow->now = 1; slow->now < 300; slow->now++) {
            int u = g_rand_int_range(r, 0, USERS), what = g_rand_int_range(r, 0, 6), n = g_rand_int_range(r, 0, 8);
            int group = users[u].blocks ? users[u].group : g_rand_int_range(r, 0, GROUPS);
            if (what < 3 && users[u].blocks < DEEP) {
                int to = g_rand_int_range(r, users[u].blocks + 1, DEEP + 1);
                shelf_use(shelf, group, users[u].blocks, to);
                slow_use(slow, group, users[u].blocks, to);
                users[u].group = group, users[u].blocks = to;
            } else if (what < 5 && users[u].blocks) {
                shelf_leave(shelf, group, users[u].blocks);
                slow_leave(slow, group, users[u].blocks);
                users[u].blocks = 0;
            } else if (what == 5 && n < 4) {
                shelf_idle(shelf, n);
                slow->own[slow->now] = n;
            } else if (what == 5) {
                shelf_shrink(shelf, n);
                while (slow_idle(slow) > n) slow_evict(slow);
            }
            assert_same_shelf(shelf, slow);
        }
        g_assert_cmpint(slow->evicted_shared, >, 0);
        g_assert_cmpint(slow->evicted, >, slow->evicted_shared);
        g_free(slow);
        shelf_free(shelf);
    }
    shelf_free(NULL);
    g_rand_free(r);
}

/* --- servers and loads --- */

static struct schedule_options small_server(void)
{
    return (struct schedule_options){
        .pool = { .token_budget = 8, .max_sequences = 3, .blocks = 8, .step = { step_linear_ns, &plain } },
        .block_tokens = 4, .block_bytes = 1000, .chunked = true, .prefix_cache = true, .swap_bytes_per_s = 10000000000,
        .events = EVENTS_ALL, .keep_steps = true,
    };
}

static struct schedule *run_fine(const struct load *load, const struct schedule_options *o)
{
    struct schedule *run = schedule_run(load, o);
    if (run->fault) g_error("%s", run->fault);
    return run;
}

static struct load random_load(GRand *r, struct request *requests, int gap)
{
    struct load load = { requests, g_rand_int_range(r, 2, 41) };
    int64_t at = 0;
    int groups = g_rand_int_range(r, 1, 5);
    for (int64_t i = 0; i < load.count; i++) {
        int prompt = g_rand_int_range(r, 1, 41);
        requests[i] = (struct request){ at, prompt, g_rand_int_range(r, 1, 21), g_rand_int_range(r, prompt / 2, prompt),
                                        g_rand_int_range(r, 0, groups) };
        at += g_rand_int_range(r, gap / 2, gap);
    }
    return load;
}

/* Longer than any of these requests takes alone. */
enum { APART = 200000 };

static struct schedule_options random_server(GRand *r)
{
    struct schedule_options o = small_server();
    o.block_tokens = g_rand_int_range(r, 1, 9);
    o.pool.blocks = (60 + o.block_tokens - 1) / o.block_tokens + g_rand_int_range(r, 0, 30);
    o.pool.token_budget = g_rand_int_range(r, 1, 80);
    o.pool.max_sequences = g_rand_int_range(r, 1, 9);
    o.watermark_blocks = g_rand_int_range(r, 0, 4);
    o.preemption = g_rand_int_range(r, 0, 3) ? PREEMPT_RECOMPUTE : PREEMPT_SWAP;
    return o;
}

/* --- by hand --- */

/* 10 tokens each, the first 9 alike, so 2 blocks of 4. #0 computes 8 in the first step; at 180 it computes 2, and #1
 * finds those 8 and computes 2 as well: 4 tokens, 140 ns. 3 blocks, and one more for #1. */
static void test_golden(void)
{
    struct request requests[] = { { 0, 10, 1, 9, 0 }, { 50, 10, 1, 9, 0 } };
    struct schedule_options o = small_server();
    struct schedule *run = run_fine(&(struct load){ requests, 2 }, &o);
    g_autofree char *text = events_text(run->events);
    g_assert_cmpstr(text, ==,
        "0 pool 0 #0 arrived: prompt 10, output 1\n"
        "0 pool 0 #0 admitted: waited 0 ns\n"
        "0 pool 0 #0 chunk: 8 tokens behind 0\n"
        "50 pool 0 #1 arrived: prompt 10, output 1\n"
        "180 pool 0 #0 chunk: 2 tokens behind 8\n"
        "180 pool 0 #1 hit: 8 tokens of 10\n"
        "180 pool 0 #1 admitted: waited 130 ns\n"
        "180 pool 0 #1 chunk: 2 tokens behind 8\n"
        "320 pool 0 #0 first token: after 320 ns, cache 10\n"
        "320 pool 0 #0 finished: after 320 ns, output 1\n"
        "320 pool 0 #1 first token: after 270 ns, cache 10\n"
        "320 pool 0 #1 finished: after 270 ns, output 1\n");
    g_assert_cmpint(run->pools[0].peak_blocks, ==, 4);
    g_assert_true(run->pools[0].block_area == 180 * 2 + 140 * 4);
    g_assert_true(run->prompt_tokens == 20 && run->hit_tokens == 8 && run->prefill_tokens == 12);
    g_assert_true(run->served[0].hit_tokens == 0 && run->served[1].hit_tokens == 8);
    struct latency l = latency_of(run, NULL);
    struct facts *book = facts_new();
    latency_facts(run, &l, book);
    g_assert_cmpfloat(facts_at(book, facts_find(book, "serve.hit_share"))->r, ==, 0.4);
    g_assert_cmpfloat(facts_at(book, facts_find(book, "serve.hit_tokens"))->r, ==, 8);
    facts_free(book);
    schedule_free(run);
}

static int64_t keep_work(const void *works, const struct step_work *work)
{
    g_array_append_vals(*(GArray *const *)works, work, 1);
    return 100;
}

/* In one step: #0 computes 10 tokens, #1 finds 8 of them and computes 2 behind them, 9 + 10 pairs. */
static void test_same_step(void)
{
    static const struct step_work want = { .prefill_chunks = 2, .prefill_tokens = 12, .prefill_pairs = 55 + 19,
                                           .logits = 2 };
    struct request requests[] = { { 0, 10, 1, 9, 0 }, { 0, 10, 1, 9, 0 } };
    struct schedule_options o = small_server();
    GArray *works = g_array_new(FALSE, FALSE, sizeof(struct step_work));
    o.pool.token_budget = 100;
    o.pool.step = (struct step_model){ keep_work, &works };
    schedule_free(run_fine(&(struct load){ requests, 2 }, &o));
    g_assert_cmpmem(works->data, works->len * sizeof want, &want, sizeof want);
    g_array_free(works, TRUE);
}

/* A static batch begins with nothing cached, so both take 3 blocks and compute all 10 tokens: 8; 2 and 6; 4. With its
 * 4th and its 8th token #1 gives a block of its own for that of #0. The next batch finds both. */
static void test_static_batch(void)
{
    static const int64_t used[] = { 6, 5, 4, 3 };
    struct request requests[] = { { 0, 10, 1, 9, 0 }, { 0, 10, 1, 9, 0 }, { 0, 10, 1, 9, 0 } };
    struct schedule_options o = small_server();
    o.batching = BATCHING_STATIC, o.pool.max_sequences = 2;
    struct schedule *run = run_fine(&(struct load){ requests, 3 }, &o);
    g_assert_cmpint(run->steps->len, ==, 4);
    for (guint i = 0; i < 4; i++)
        g_assert_cmpint(g_array_index(run->steps, struct step_record, i).blocks_used, ==, used[i]);
    g_assert_true(run->prefill_tokens == 22 && run->hit_tokens == 8 && run->served[2].hit_tokens == 8);
    schedule_free(run);
}

/* 5 blocks: #0 leaves 2 shared and 1 of its own idle, and the 4th, which was begun, is free. #1 needs 3 and takes the
 * free ones and the deepest idle one, so #2 still finds 2; #3 needs 5, so #4 finds nothing. */
static void test_eviction(void)
{
    struct request requests[] = { { 0, 13, 1, 9, 0 }, { 10000, 12, 1, 0, 1 }, { 20000, 12, 1, 9, 0 },
                                  { 30000, 20, 1, 0, 1 }, { 40000, 12, 1, 9, 0 } };
    static const int64_t hits[] = { 0, 0, 8, 0, 0 };
    struct schedule_options o = small_server();
    o.pool.blocks = 5;
    struct schedule *run = run_fine(&(struct load){ requests, 5 }, &o);
    for (int i = 0; i < 5; i++) g_assert_cmpint(run->served[i].hit_tokens, ==, hits[i]);
    g_assert_cmpint(run->evicted_shared_blocks, ==, 2);
    schedule_free(run);
}

/* --- the same as with tokens --- */

/* A group's common tokens are numbered by group, all others are unlike any. */
static void fill_tokens(int32_t *tokens, const struct request *r, int32_t *next)
{
    for (int64_t i = 0; i < r->prompt + r->output - 1; i++)
        tokens[i] = i < r->shared ? (int32_t)(r->group * 1000 + i) : (*next)++;
}

/* One after another: each request hits what the prefix cache hits, and as many blocks are evicted. */
static void test_tokens(void)
{
    GRand *r = g_rand_new_with_seed(SEED + 1);
    struct request requests[64];
    int64_t hits = 0, evicted = 0, partial = 0;
    for (int i = 0; i < 600; i++) {
        struct load load = random_load(r, requests, 2 * APART);
        struct schedule_options o = random_server(r);
        if (i % 3 == 0) o.pool.blocks = 5000;
        if (i % 5 == 0) o.batching = BATCHING_STATIC;
        struct schedule *run = run_fine(&load, &o);
        struct prefix *p = prefix_new(o.pool.blocks, o.block_tokens, NULL);
        int32_t tokens[64], next = 1000000;
        for (int64_t k = 0; k < load.count; k++) {
            g_assert_true(k == 0 || run->served[k - 1].finished_ns < requests[k].arrival_ns);
            fill_tokens(tokens, &requests[k], &next);
            int64_t hit = prefix_hit(p, tokens, requests[k].prompt);
            g_assert_cmpint(run->served[k].hit_tokens, ==, hit);
            int32_t sequence = prefix_open(p, tokens, requests[k].prompt);
            g_assert_cmpint(sequence, >=, 0);
            for (int64_t t = requests[k].prompt; t < requests[k].prompt + requests[k].output - 1; t++)
                g_assert_true(prefix_append(p, sequence, &tokens[t], 1));
            prefix_close(p, sequence);
            partial += hit > 0 && hit < requests[k].shared / o.block_tokens * o.block_tokens;
        }
        g_assert_cmpint(run->hit_tokens, ==, prefix_counters(p)->hit_tokens);
        g_assert_cmpint(run->evicted_blocks, ==, prefix_counters(p)->evictions);
        hits += run->hit_tokens, evicted += run->evicted_shared_blocks;
        prefix_free(p);
        schedule_free(run);
    }
    g_assert_true(hits > 1000 && evicted > 1000 && partial > 100);
    g_rand_free(r);
}

/* --- the log, counted again --- */

struct holder { int64_t cache; bool here, begins; };

/* Blocks in use, each once: of those who are here all that they have, but of a group's first ones the longest row. */
static int64_t count_blocks(const struct schedule *run, const struct holder *holders)
{
    int64_t blocks = 0, used[8] = { 0 }, size = run->options.block_tokens;
    for (int64_t i = 0; i < run->load->count; i++) {
        const struct request *r = &run->load->requests[i];
        if (!holders[i].here) continue;
        int64_t shared = MIN(holders[i].cache, r->shared) / size;
        blocks += (holders[i].cache + size - 1) / size - shared;
        used[r->group] = MAX(used[r->group], shared);
    }
    for (int i = 0; i < 8; i++) blocks += used[i];
    return blocks;
}

/* What a group has cached if nothing was ever evicted: the longest that anybody computed. */
static int64_t most_cached(const struct schedule *run, const struct request *r, const int64_t *cached)
{
    return MIN(cached[r->group], r->shared / run->options.block_tokens) * run->options.block_tokens;
}

static void follow(const struct schedule *run, const struct event *e, struct holder *h, int64_t *cached)
{
    const struct request *r = &run->load->requests[e->request];
    if (e->kind == EVENT_ADMITTED || e->kind == EVENT_RESUMED) {
        h->here = true;
        h->begins = e->kind == EVENT_ADMITTED || run->options.preemption == PREEMPT_RECOMPUTE;
    } else if (e->kind == EVENT_PREEMPTED) {
        h->here = false;
    } else if (e->kind == EVENT_CHUNK) {
        if (h->begins && run->evicted_shared_blocks == 0) g_assert_cmpint(e->b, ==, most_cached(run, r, cached));
        if (h->begins) g_assert_cmpint(e->b, <=, most_cached(run, r, cached));
        h->begins = false;
        h->cache = e->a + e->b;
        cached[r->group] = MAX(cached[r->group], MIN(h->cache, r->shared) / run->options.block_tokens);
    }
}

static bool ends(const struct step_record *step, const struct event *e)
{
    if (e->time_ns != step->end_ns) return false;
    return e->kind == EVENT_FIRST_TOKEN || e->kind == EVENT_TOKENS || e->kind == EVENT_FINISHED;
}

static bool is_arrival(const struct event *e) { return e->kind == EVENT_ARRIVED || e->kind == EVENT_REFUSED_BLOCKS; }

/* Step by step: what began at its begin, then the decoded tokens at its end, whose entries were there within it. */
static void check_blocks(const struct schedule *run)
{
    struct holder *holders = g_new0(struct holder, run->load->count);
    int64_t cached[8] = { 0 };
    guint at = 0;
    for (guint k = 0; k < run->steps->len; k++) {
        const struct step_record *step = &g_array_index(run->steps, struct step_record, k);
        const struct event *events = (const struct event *)run->events->data;
        for (; at < run->events->len && (events[at].time_ns < step->end_ns || is_arrival(&events[at])); at++)
            follow(run, &events[at], &holders[events[at].request], cached);
        for (guint i = at; i < run->events->len && ends(step, &events[i]); i++)
            if (events[i].kind == EVENT_TOKENS)
                holders[events[i].request].cache = run->load->requests[events[i].request].prompt + events[i].b - 1;
        g_assert_cmpint(count_blocks(run, holders), ==, step->blocks_used);
        g_assert_cmpint(step->blocks_used, <=, run->options.pool.blocks);
        for (; at < run->events->len && ends(step, &events[at]); at++)
            if (events[at].kind == EVENT_FINISHED) holders[events[at].request].here = false;
    }
    g_free(holders);
}

static void test_counted(void)
{
    GRand *r = g_rand_new_with_seed(SEED + 2);
    struct request requests[64];
    int64_t preempted = 0, evicted = 0, again = 0, hits = 0;
    for (int i = 0; i < 1500; i++) {
        struct load load = random_load(r, requests, g_rand_int_range(r, 2, 2000));
        struct schedule_options o = random_server(r);
        o.chunked = g_rand_int_range(r, 0, 4) > 0 || o.pool.token_budget < 60;
        if (i % 4 == 0) o.pool.blocks = 5000;
        struct schedule *run = run_fine(&load, &o);
        check_blocks(run);
        int64_t prompts = 0, output = 0, logged = 0;
        for (guint k = 0; k < run->events->len; k++) {
            const struct event *e = &g_array_index(run->events, struct event, k);
            logged += e->kind == EVENT_HIT ? e->a : 0;
        }
        for (int64_t k = 0; k < load.count; k++) prompts += requests[k].prompt, output += requests[k].output;
        g_assert_true(run->finished == load.count && run->output_tokens == output && run->prompt_tokens == prompts);
        g_assert_cmpint(run->prefill_tokens + run->decode_tokens + run->hit_tokens, ==,
                        prompts + output - load.count + run->recomputed_tokens);
        preempted += run->preemptions, evicted += run->evicted_shared_blocks, hits += run->hit_tokens;
        again += logged - run->hit_tokens; /* found again after a preemption */
        schedule_free(run);
    }
    g_assert_true(preempted > 1000 && evicted > 1000 && again > 1000 && hits > 10000);
    g_rand_free(r);
}

/* --- laws --- */

/* Without a cache what is shared means nothing; without anything shared the cache means nothing. */
static void test_nothing_shared(void)
{
    GRand *r = g_rand_new_with_seed(SEED + 3);
    struct request requests[64];
    for (int i = 0; i < 300; i++) {
        struct load load = random_load(r, requests, g_rand_int_range(r, 2, 2000));
        struct schedule_options with = random_server(r), without = with;
        without.prefix_cache = false;
        struct schedule *off = run_fine(&load, &without);
        for (int64_t k = 0; k < load.count; k++) requests[k].shared = 0;
        struct schedule *none = run_fine(&load, &with), *neither = run_fine(&load, &without);
        g_autofree char *a = events_text(off->events), *b = events_text(none->events);
        g_autofree char *c = events_text(neither->events);
        g_assert_cmpstr(a, ==, c);
        g_assert_cmpstr(b, ==, c);
        g_assert_cmpmem(off->steps->data, off->steps->len * sizeof(struct step_record), neither->steps->data,
                        neither->steps->len * sizeof(struct step_record));
        g_assert_true(off->hit_tokens == 0 && none->hit_tokens == 0);
        schedule_free(off), schedule_free(none), schedule_free(neither);
    }
    g_rand_free(r);
}

/* One group and room for all: whoever arrives once the first prompt is read finds all full blocks that are alike. */
static void test_one_group(void)
{
    GRand *r = g_rand_new_with_seed(SEED + 4);
    struct request requests[64];
    int64_t found = 0;
    for (int i = 0; i < 300; i++) {
        struct load load = random_load(r, requests, g_rand_int_range(r, 2, 2000));
        struct schedule_options o = random_server(r);
        int64_t shared = g_rand_int_range(r, 1, 30);
        o.pool.blocks = 5000;
        for (int64_t k = 0; k < load.count; k++) {
            requests[k].prompt = shared + requests[k].prompt;
            requests[k].shared = shared, requests[k].group = 0;
        }
        struct schedule *run = run_fine(&load, &o);
        for (int64_t k = 1; k < load.count; k++) {
            if (requests[k].arrival_ns < run->served[0].first_token_ns) continue;
            g_assert_cmpint(run->served[k].hit_tokens, ==, shared / o.block_tokens * o.block_tokens);
            found += run->served[k].hit_tokens;
        }
        schedule_free(run);
    }
    g_assert_cmpint(found, >, 10000);
    g_rand_free(r);
}

/* One after another nobody waits longer for the first token, and who finds something no longer than before. */
static void test_sooner(void)
{
    GRand *r = g_rand_new_with_seed(SEED + 5);
    struct request requests[64];
    int64_t sooner = 0;
    for (int i = 0; i < 300; i++) {
        struct load load = random_load(r, requests, 2 * APART);
        struct schedule_options o = random_server(r);
        struct schedule *with = run_fine(&load, &o);
        o.prefix_cache = false;
        struct schedule *without = run_fine(&load, &o);
        for (int64_t k = 0; k < load.count; k++) {
            int64_t gain = without->served[k].first_token_ns - with->served[k].first_token_ns;
            g_assert_cmpint(gain, >=, 10 * with->served[k].hit_tokens); /* 10 ns a token, and steps that are spared */
            sooner += gain > 0;
        }
        struct latency a = latency_of(with, NULL), b = latency_of(without, NULL);
        g_assert_cmpfloat(a.ttft.mean_ns, <=, b.ttft.mean_ns);
        g_assert_cmpint(with->output_tokens, ==, without->output_tokens);
        schedule_free(with), schedule_free(without);
    }
    g_assert_cmpint(sooner, >, 1000);
    g_rand_free(r);
}

/* 32 prompts of 100 M tokens, all but the last alike: what is found, 31 x 99,999,984, is more than 2^31. */
static int64_t steady_ns(const void *model, const struct step_work *work)
{
    return model == NULL && work ? 1000 : -1;
}

static void test_large(void)
{
    struct request requests[32];
    int64_t each = 100000000, row = (each - 1) / 16 * 16;
    for (int i = 0; i < 32; i++) requests[i] = (struct request){ 0, each, 2, each - 1, 0 };
    struct schedule_options o = small_server();
    o.pool = (struct pool_options){ 1000000000, 32, 10000000, { steady_ns, NULL } };
    o.block_tokens = 16, o.block_bytes = 400 * 65536;
    struct schedule *run = run_fine(&(struct load){ requests, 32 }, &o);
    g_assert_cmpint(run->hit_tokens, ==, 31 * row);
    g_assert_cmpint(run->pools[0].peak_blocks, ==, row / 16 + 32 * 2); /* 16 + 1 entries behind the row */
    g_assert_cmpint(run->pools[0].steps, ==, 2);
    schedule_free(run);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/shelf/slow", test_slow);
    g_test_add_func("/shelf/golden", test_golden);
    g_test_add_func("/shelf/same-step", test_same_step);
    g_test_add_func("/shelf/static-batch", test_static_batch);
    g_test_add_func("/shelf/eviction", test_eviction);
    g_test_add_func("/shelf/tokens", test_tokens);
    g_test_add_func("/shelf/counted", test_counted);
    g_test_add_func("/shelf/law/nothing-shared", test_nothing_shared);
    g_test_add_func("/shelf/law/one-group", test_one_group);
    g_test_add_func("/shelf/law/sooner", test_sooner);
    g_test_add_func("/shelf/large", test_large);
    return g_test_run();
}
