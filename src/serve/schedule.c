/* The clock: it jumps from event to event. At each moment arrivals come first, then the ends of steps, then what the
 * link brings; then the link and every idle pool begin what they can. Between two moments nothing changes, so the areas
 * under "blocks in use", "sequences" and "requests in the system" are exact sums of amount × ns.
 *
 * One request of 10 + 3 tokens under a budget of 100, each step 1,000 ns: first token at 1,000, the others at 2,000 and
 * 3,000. The area of requests is 3,000, over 3,000 ns one request on average: arrival rate × mean latency (Little).
 */
#include "serve/server.h"

/* --- small services --- */

void server_log(struct server *s, enum event_kind kind, int pool, int32_t id, int64_t a, int64_t b)
{
    if (s->options->events < event_level_of(kind)) return;
    struct event e = { .time_ns = s->now, .a = a, .b = b, .request = id, .kind = kind, .pool = pool };
    g_array_append_val(s->run->events, e);
}

int64_t server_blocks(const struct server *s, int64_t tokens)
{
    const struct cache_model *cache = &s->options->cache;
    if (cache->blocks) return cache->blocks(cache->model, tokens);
    return (tokens + s->options->block_tokens - 1) / s->options->block_tokens;
}

int64_t server_move_ns(struct server *s, int64_t bytes, int64_t bytes_per_s)
{
    if (bytes == 0) return 0;
    __int128 ns = ((__int128)bytes * 1000000000 + bytes_per_s - 1) / bytes_per_s;
    if (ns <= INT64_MAX) return (int64_t)ns;
    s->run->fault = "A cache takes longer to move than the clock can tell.";
    return 0;
}

void server_add_bytes(struct server *s, int64_t *sum, int64_t bytes)
{
    if (__builtin_add_overflow(*sum, bytes, sum)) s->run->fault = "The bytes that were moved are beyond 64 bits.";
}

/* --- what may be asked --- */

static const char *pool_fault(const struct pool_options *p, int64_t block_bytes)
{
    int64_t bytes;
    if (p->token_budget < 1 || p->token_budget > LOAD_MOST_TOKENS)
        return "A step's budget is 1 to 1,000,000,000 tokens.";
    if (p->max_sequences < 1 || p->max_sequences > 1000000) return "A batch has 1 to 1,000,000 sequences.";
    if (p->blocks < 1 || __builtin_mul_overflow(p->blocks, block_bytes, &bytes))
        return "The cache needs at least one block, and its bytes must fit 64 bits.";
    return p->step.step_ns ? NULL : "A pool needs a model of its time.";
}

static const char *division_fault(const struct schedule_options *o)
{
    if (o->batching == BATCHING_STATIC) return "Pools for prefill and decode need continuous batching.";
    if (o->link_bytes_per_s < 1 || o->link_latency_ns < 0)
        return "The link needs at least 1 byte a second and a latency of 0 or more.";
    return pool_fault(&o->decode, o->block_bytes);
}

const char *schedule_fault(const struct schedule_options *o)
{
    if (o->block_tokens < 1 || o->block_tokens > LOAD_MOST_TOKENS) return "A block has 1 to 1,000,000,000 tokens.";
    if (o->prefix_cache && o->cache.blocks) return "A prefix cache needs blocks that each hold the same tokens.";
    if (o->block_bytes < 0 || o->watermark_blocks < 0) return "A block's bytes and the watermark are 0 or more.";
    if (o->preemption == PREEMPT_SWAP && o->swap_bytes_per_s < 1) return "Swapping needs at least 1 byte a second.";
    const char *fault = pool_fault(&o->pool, o->block_bytes);
    if (!fault && o->disaggregated) fault = division_fault(o);
    return fault ? fault : draft_fault(&o->draft);
}

/* --- arrivals --- */

/* Whether a pool can ever hold so many tokens of a request. Without chunks even what a preempted request computes again
 * must fit in one step. */
static bool fits(struct server *s, int pool, const struct pool_options *o, int32_t id, int64_t tokens)
{
    int64_t blocks = server_blocks(s, tokens);
    bool enough = blocks <= o->blocks, at_once = s->options->chunked || tokens <= o->token_budget;
    if (!enough) server_log(s, EVENT_REFUSED_BLOCKS, pool, id, blocks, o->blocks);
    else if (!at_once) server_log(s, EVENT_REFUSED_TOKENS, pool, id, tokens, o->token_budget);
    return enough && at_once;
}

static bool can_serve(struct server *s, int32_t id)
{
    const struct schedule_options *o = s->options;
    const struct request *r = &s->load->requests[id];
    int64_t most = r->prompt + r->output - 1;
    if (!o->disaggregated) return fits(s, 0, &o->pool, id, most);
    return fits(s, POOL_PREFILL, &o->pool, id, r->prompt) && fits(s, POOL_DECODE, &o->decode, id, most);
}

static void take_arrivals(struct server *s)
{
    for (; s->arrived < s->load->count && s->load->requests[s->arrived].arrival_ns <= s->now; s->arrived++) {
        int32_t id = (int32_t)s->arrived;
        const struct request *r = &s->load->requests[id];
        server_log(s, EVENT_ARRIVED, 0, id, r->prompt, r->output);
        if (can_serve(s, id)) {
            queue_push_back(&s->engines[0].waiting, id);
            s->in_system++;
        } else {
            s->run->served[id].refused = true;
            s->run->refused++;
        }
    }
}

/* --- the clock --- */

static int64_t next_ns(const struct server *s)
{
    int64_t next = s->arrived < s->load->count ? s->load->requests[s->arrived].arrival_ns : SERVER_NEVER;
    for (int i = 0; i < s->run->n_pools; i++) next = MIN(next, s->engines[i].end_ns);
    return MIN(next, link_next_ns(s));
}

static void pass_time(struct server *s, int64_t now)
{
    int64_t ns = now - s->now;
    s->run->request_area += (__int128)s->in_system * ns;
    for (int i = 0; i < s->run->n_pools; i++) {
        struct engine *e = &s->engines[i];
        int64_t blocks = e->options->blocks - e->free_blocks, sequences = e->running->len - e->finished;
        e->totals->block_area += (__int128)blocks * ns;
        e->totals->sequence_area += (__int128)sequences * ns;
        e->totals->peak_blocks = MAX(e->totals->peak_blocks, blocks);
        e->totals->peak_sequences = MAX(e->totals->peak_sequences, sequences);
    }
    s->now = now;
}

static void run_all(struct server *s)
{
    for (int64_t next; !s->run->fault && (next = next_ns(s)) != SERVER_NEVER;) {
        pass_time(s, next);
        take_arrivals(s);
        for (int i = 0; i < s->run->n_pools; i++)
            if (s->engines[i].end_ns == s->now) engine_end_step(s, &s->engines[i]);
        link_deliver(s);
        link_begin(s);
        for (int i = 0; i < s->run->n_pools; i++)
            if (s->engines[i].end_ns == SERVER_NEVER) engine_begin_step(s, &s->engines[i]);
    }
    if (s->run->fault) return;
    g_assert(s->in_system == 0);
    for (int i = 0; i < s->run->n_pools; i++) g_assert(s->engines[i].free_blocks == s->engines[i].options->blocks);
}

/* --- a run from its begin to its end --- */

static void engine_init(struct server *s, int pool, const struct pool_options *o)
{
    s->engines[pool] = (struct engine){
        .options = o, .totals = &s->run->pools[pool], .pool = pool, .free_blocks = o->blocks,
        .running = g_array_new(FALSE, FALSE, sizeof(int32_t)), .end_ns = SERVER_NEVER,
    };
}

/* Only the pool that reads prompts has one, and only where some prompt shares something. */
static struct shelf *make_shelf(const struct load *load, const struct schedule_options *o)
{
    int64_t groups = 0;
    for (int64_t i = 0; o->prefix_cache && i < load->count; i++)
        if (load->requests[i].shared > 0) groups = MAX(groups, load->requests[i].group + 1);
    return groups > 0 ? shelf_new(groups) : NULL;
}

static void count_shelf(struct server *s)
{
    if (!s->engines[0].shelf) return;
    struct shelf_counters count = shelf_counters(s->engines[0].shelf);
    s->run->evicted_blocks = count.evicted;
    s->run->evicted_shared_blocks = count.evicted_shared;
}

static struct seat *make_seats(const struct load *load, uint64_t seed)
{
    struct seat *seats = g_new0(struct seat, load->count);
    struct random seeds = { seed };
    for (int64_t i = 0; i < load->count; i++) seats[i].random.word = random_next(&seeds);
    return seats;
}

static void run_finish(struct server *s)
{
    for (int i = 0; i < s->run->n_pools; i++) {
        g_array_free(s->engines[i].running, TRUE);
        queue_finish(&s->engines[i].waiting);
        shelf_free(s->engines[i].shelf);
    }
    queue_finish(&s->link.line);
    queue_finish(&s->link.moving);
    g_free(s->seats);
}

struct schedule *schedule_run(const struct load *load, const struct schedule_options *o)
{
    struct schedule *run = g_new0(struct schedule, 1);
    run->load = load;
    run->options = *o;
    run->n_pools = o->disaggregated ? 2 : 1;
    run->events = g_array_new(FALSE, FALSE, sizeof(struct event));
    run->steps = g_array_new(FALSE, FALSE, sizeof(struct step_record));
    run->fault = schedule_fault(o);
    if (!run->fault) run->fault = load_fault(load);
    if (run->fault) return run;
    struct served nothing = { -1, -1, -1 };
    run->served = g_new(struct served, load->count);
    for (int64_t i = 0; i < load->count; i++) run->served[i] = nothing;
    run->begin_ns = run->end_ns = load->requests[0].arrival_ns;
    struct server s = { .load = load, .options = &run->options, .run = run, .seats = make_seats(load, o->seed),
                        .now = run->begin_ns };
    engine_init(&s, 0, &run->options.pool);
    s.engines[0].shelf = make_shelf(load, o);
    if (o->disaggregated) engine_init(&s, POOL_DECODE, &run->options.decode);
    run_all(&s);
    count_shelf(&s);
    run_finish(&s);
    return run;
}

void schedule_free(struct schedule *run)
{
    if (!run) return;
    g_array_free(run->events, TRUE);
    g_array_free(run->steps, TRUE);
    g_free(run->served);
    g_free(run);
}
