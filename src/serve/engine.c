/* One step of one pool. When it begins:
 *
 *     1. who runs gets tokens, oldest first: one that decodes its last token and the drafts behind it, one that
 *        prefills as many as the budget still has. Where blocks are missing, the youngest goes back to the line.
 *     2. if they all had room, who waits is admitted, in order, while budget, places and blocks last.
 *     3. the time model says how long that takes; blocks that are swapped move first.
 *
 * When it ends: a prefill that has reached the end of what is known yields a token, a decode its accepted drafts and
 * one token; rejected drafts leave the cache again.
 *
 * With blocks of 4 tokens, a prompt of 10 under a budget of 8 is computed as 8 + 2 and holds 2, then 3 blocks. A second
 * one that begins with the same 9 tokens finds 8 of them, computes 2 and takes 1 block.
 */
#include "serve/server.h"

static int32_t running_at(const struct engine *e, guint i) { return g_array_index(e->running, int32_t, i); }

/* --- blocks --- */

/* How many of its first blocks belong to its group once it has so many tokens in the cache. Here and below a product
 * spares a division in each step of each request. */
static int64_t shared_blocks(const struct server *s, int32_t id, int64_t tokens)
{
    int64_t shared = MIN(tokens, s->load->requests[id].shared), n = s->seats[id].shared;
    return shared < (n + 1) * s->options->block_tokens ? n : shared / s->options->block_tokens;
}

/* Blocks that it lacks for a cache of so many tokens. */
static int64_t further_blocks(const struct server *s, const struct seat *seat, int64_t tokens)
{
    int64_t block = s->options->block_tokens;
    if (!s->options->cache.blocks) return tokens <= seat->blocks * block ? 0 : server_blocks(s, tokens) - seat->blocks;
    bool same = seat->blocks > 0 && seat->computed > 0 && (tokens - 1) / block == (seat->computed - 1) / block;
    return same ? 0 : MAX(0, server_blocks(s, tokens) - seat->blocks);
}

/* Of them and of its own, those that others of its group hold for it. */
static int64_t held_by_others(const struct server *s, const struct engine *e, int32_t id, int64_t tokens)
{
    int64_t n = s->seats[id].shared, shared = shared_blocks(s, id, tokens);
    return shared == n ? 0 : MAX(0, MIN(shared, shelf_used(e->shelf, s->load->requests[id].group)) - n);
}

/* Free blocks that this takes; below 0 when a block of its own gives way to its group's. */
static int64_t missing_blocks(const struct server *s, const struct engine *e, int32_t id, int64_t tokens)
{
    int64_t further = further_blocks(s, &s->seats[id], tokens);
    return e->shelf ? further - held_by_others(s, e, id, tokens) : further;
}

static void take_free(struct engine *e, int64_t blocks)
{
    g_assert(blocks <= e->free_blocks);
    e->free_blocks -= blocks;
    if (e->shelf) shelf_shrink(e->shelf, e->free_blocks);
}

/* Returns how many others held for it. */
static int64_t share_blocks(struct server *s, struct engine *e, int32_t id, int64_t tokens)
{
    struct seat *seat = &s->seats[id];
    int64_t held = held_by_others(s, e, id, tokens), shared = shared_blocks(s, id, tokens);
    if (shared > seat->shared) shelf_use(e->shelf, s->load->requests[id].group, seat->shared, shared);
    seat->shared = (int32_t)shared;
    return held;
}

static inline void hold_blocks(struct server *s, struct engine *e, int32_t id, int64_t tokens)
{
    struct seat *seat = &s->seats[id];
    int64_t further = further_blocks(s, seat, tokens), held = e->shelf ? share_blocks(s, e, id, tokens) : 0;
    seat->blocks += further;
    take_free(e, further - held);
}

void engine_leave(struct server *s, struct engine *e, int32_t id)
{
    struct seat *seat = &s->seats[id];
    int64_t group = s->load->requests[id].group;
    e->free_blocks += seat->blocks - seat->shared;
    if (e->shelf) shelf_idle(e->shelf, seat->computed / s->options->block_tokens - seat->shared);
    if (seat->shared > 0) {
        int64_t used = shelf_used(e->shelf, group);
        shelf_leave(e->shelf, group, seat->shared);
        e->free_blocks += used - shelf_used(e->shelf, group);
    }
    seat->blocks = seat->shared = 0;
}

/* --- how much a request may compute in this step --- */

static int64_t known_tokens(const struct server *s, int32_t id)
{
    return s->load->requests[id].prompt + s->seats[id].made;
}

/* Drafts beyond the last token of the output would be for nothing. */
static int64_t decode_tokens(const struct server *s, int32_t id, int64_t budget)
{
    int64_t still = s->load->requests[id].output - s->seats[id].made;
    return MIN(1 + MIN(s->options->draft.tokens, still - 1), budget);
}

/* Tokens for its next step within the budget; 0: none. Sets whether it decodes. */
static int64_t next_tokens(const struct server *s, int32_t id, int64_t budget)
{
    struct seat *seat = &s->seats[id];
    int64_t left = known_tokens(s, id) - seat->computed;
    if (seat->made == s->load->requests[id].output) return 0; /* waits for its static batch */
    seat->decodes = seat->made > 0 && left == 1;
    if (seat->decodes) return decode_tokens(s, id, budget);
    return left <= budget ? left : s->options->chunked ? budget : 0;
}

static void add_decode(struct step_work *work, int64_t before, int64_t n)
{
    work->decode_sequences++;
    work->decode_tokens += n;
    work->decode_pairs += step_pairs(before, n);
    work->decode_context += before + n;
    work->logits += n;
    work->draft_tokens += n - 1;
    work->draft_passes = MAX(work->draft_passes, n - 1);
}

static void add_chunk(struct server *s, struct engine *e, int32_t id, int64_t n)
{
    struct seat *seat = &s->seats[id];
    e->work.prefill_chunks++;
    e->work.prefill_tokens += n;
    e->work.prefill_pairs += step_pairs(seat->computed, n);
    e->work.logits += seat->computed + n == known_tokens(s, id);
    server_log(s, EVENT_CHUNK, e->pool, id, n, seat->computed);
    if (seat->computed >= seat->reach) return;
    int64_t again = MIN(seat->computed + n, seat->reach) - seat->computed;
    s->run->recomputed_tokens += again;
    s->run->served[id].recomputed_tokens += again;
}

static void give_tokens(struct server *s, struct engine *e, int32_t id, int64_t n, int64_t *budget)
{
    struct seat *seat = &s->seats[id];
    hold_blocks(s, e, id, seat->computed + n);
    seat->step_tokens = (int32_t)n;
    *budget -= n;
    if (seat->decodes) add_decode(&e->work, seat->computed, n);
    else add_chunk(s, e, id, n);
}

/* --- who has to go --- */

static void swap(struct server *s, struct engine *e, int32_t id, enum event_kind kind, int64_t blocks)
{
    int64_t bytes = blocks * s->options->block_bytes;
    e->swap_bytes += bytes;
    server_add_bytes(s, &s->run->swapped_bytes, bytes);
    server_log(s, kind, e->pool, id, blocks, bytes);
}

static void preempt_youngest(struct server *s, struct engine *e)
{
    int32_t id = running_at(e, e->running->len - 1);
    struct seat *seat = &s->seats[id];
    g_array_set_size(e->running, e->running->len - 1);
    server_log(s, EVENT_PREEMPTED, e->pool, id, seat->blocks, seat->computed);
    s->run->preemptions++;
    s->run->served[id].preemptions++;
    seat->swapped = s->options->preemption == PREEMPT_SWAP;
    if (seat->swapped) swap(s, e, id, EVENT_SWAPPED_OUT, seat->blocks);
    engine_leave(s, e, id);
    if (!seat->swapped) seat->computed = 0;
    queue_push_front(&e->waiting, id);
}

/* Frees blocks for the i-th of those who run, from the youngest on, itself in the end. False: it gets no tokens now.
 * The last of all stays: what it lacks is on the link, or waits for it. */
static bool make_room(struct server *s, struct engine *e, guint i, int64_t tokens)
{
    int32_t id = running_at(e, i);
    while (missing_blocks(s, e, id, tokens) > e->free_blocks) {
        bool itself = e->running->len - 1 == i;
        if (itself && i == 0) return false;
        preempt_youngest(s, e);
        if (itself) return false;
    }
    return true;
}

/* False: memory was too short for somebody. */
static bool serve_running(struct server *s, struct engine *e, int64_t *budget)
{
    int64_t preemptions = s->run->preemptions;
    for (guint i = 0; i < e->running->len && *budget > 0; i++) {
        int32_t id = running_at(e, i);
        int64_t n = next_tokens(s, id, *budget);
        if (n == 0) continue;
        if (!make_room(s, e, i, s->seats[id].computed + n)) return false;
        give_tokens(s, e, id, n, budget);
    }
    return s->run->preemptions == preemptions;
}

/* --- who may come --- */

/* What is cached of its prompt's beginning counts as computed, looked up anew whenever it may come. Not where a cache
 * comes back from the host. */
static void look_up(struct server *s, const struct engine *e, int32_t id)
{
    const struct request *r = &s->load->requests[id];
    if (!e->shelf || r->shared < s->options->block_tokens || s->seats[id].swapped) return;
    int64_t blocks = MIN(shelf_cached(e->shelf, r->group), r->shared / s->options->block_tokens);
    s->seats[id].computed = blocks * s->options->block_tokens;
}

/* What it had computed before is no hit. */
static void count_hit(struct server *s, const struct engine *e, int32_t id)
{
    struct seat *seat = &s->seats[id];
    struct served *served = &s->run->served[id];
    int64_t prompt = s->load->requests[id].prompt, hit = MAX(0, seat->computed - seat->reach);
    if (served->admitted_ns < 0) s->run->prompt_tokens += prompt;
    if (seat->computed > 0 && !seat->swapped) server_log(s, EVENT_HIT, e->pool, id, seat->computed, prompt);
    seat->reach += hit;
    served->hit_tokens += hit;
    s->run->hit_tokens += hit;
}

static void enter(struct server *s, struct engine *e, int32_t id)
{
    struct seat *seat = &s->seats[id];
    struct served *served = &s->run->served[id];
    queue_pop(&e->waiting);
    g_array_append_val(e->running, id);
    count_hit(s, e, id);
    if (served->admitted_ns < 0) {
        served->admitted_ns = s->now;
        server_log(s, EVENT_ADMITTED, e->pool, id, s->now - s->load->requests[id].arrival_ns, 0);
        return;
    }
    if (seat->swapped) swap(s, e, id, EVENT_SWAPPED_IN, server_blocks(s, seat->computed));
    seat->swapped = false;
    server_log(s, EVENT_RESUMED, e->pool, id, seat->computed, seat->reach - seat->computed);
}

static bool has_place(const struct engine *e)
{
    return e->waiting.count > 0 && e->running->len < e->options->max_sequences;
}

static void admit(struct server *s, struct engine *e, int64_t *budget)
{
    while (*budget > 0 && has_place(e)) {
        int32_t id = queue_first(&e->waiting);
        look_up(s, e, id);
        int64_t n = next_tokens(s, id, *budget);
        int64_t kept_free = e->running->len > 0 ? s->options->watermark_blocks : 0;
        int64_t needed = s->options->whole_prompts ? known_tokens(s, id) : s->seats[id].computed + n;
        if (n == 0 || missing_blocks(s, e, id, needed) > e->free_blocks - kept_free) return;
        enter(s, e, id);
        give_tokens(s, e, id, n, budget);
    }
}

static void form_static_batch(struct server *s, struct engine *e)
{
    while (has_place(e)) {
        int32_t id = queue_first(&e->waiting);
        const struct request *r = &s->load->requests[id];
        struct seat *seat = &s->seats[id];
        look_up(s, e, id);
        int64_t rest = server_blocks(s, r->prompt + r->output - 1) - server_blocks(s, seat->computed);
        if (missing_blocks(s, e, id, seat->computed) + rest > e->free_blocks) return;
        enter(s, e, id);
        hold_blocks(s, e, id, seat->computed);
        take_free(e, rest);
        seat->blocks += rest;
    }
}

/* --- the step --- */

static int64_t step_ns(struct server *s, const struct engine *e)
{
    const struct step_model *model = &e->options->step;
    int64_t computing = 0, moving = server_move_ns(s, e->swap_bytes, s->options->swap_bytes_per_s), sum;
    if (e->work.prefill_chunks + e->work.decode_sequences > 0) computing = model->step_ns(model->model, &e->work);
    if (computing < 0) s->run->fault = "The time of a step is unknown.";
    if (computing < 0 || __builtin_add_overflow(computing, moving, &sum)) return -1;
    return sum;
}

void engine_begin_step(struct server *s, struct engine *e)
{
    int64_t budget = e->options->token_budget, ns;
    e->waiting_at_begin = e->waiting.count;
    e->work = (struct step_work){ 0 };
    e->swap_bytes = 0;
    if (s->options->batching == BATCHING_STATIC && e->running->len == 0) form_static_batch(s, e);
    if (serve_running(s, e, &budget) && s->options->batching == BATCHING_CONTINUOUS) admit(s, e, &budget);
    if (budget == e->options->token_budget && e->swap_bytes == 0) return;
    ns = step_ns(s, e);
    e->begin_ns = s->now;
    if (ns < 0 || __builtin_add_overflow(s->now, ns, &e->end_ns) || e->end_ns == SERVER_NEVER) {
        if (!s->run->fault) s->run->fault = "The clock is beyond 64 bits of nanoseconds.";
        e->end_ns = s->now;
    }
}

/* How many tokens of output come out of what was computed. Rejected drafts leave with their blocks. */
static int64_t yield(struct server *s, struct engine *e, int32_t id)
{
    struct seat *seat = &s->seats[id];
    int64_t n = seat->step_tokens;
    seat->computed += n;
    if (!seat->decodes) return seat->computed == known_tokens(s, id);
    if (s->options->draft.tokens == 0) return 1;
    int64_t accepted = draft_accepted(&s->options->draft, n - 1, seat->draft_steps++, &seat->random);
    int64_t rejected = n - 1 - accepted;
    seat->computed -= rejected;
    if (s->options->batching == BATCHING_CONTINUOUS) {
        int64_t keep = server_blocks(s, seat->computed);
        e->free_blocks += seat->blocks - keep;
        seat->blocks = keep;
    }
    s->run->drafted += n - 1;
    s->run->accepted += accepted;
    server_log(s, EVENT_SPECULATED, e->pool, id, accepted, rejected);
    return 1 + accepted;
}

static void deliver(struct server *s, struct engine *e, int32_t id, int64_t tokens)
{
    struct seat *seat = &s->seats[id];
    struct served *served = &s->run->served[id];
    const struct request *r = &s->load->requests[id];
    bool first = seat->made == 0;
    seat->made += tokens;
    s->run->output_tokens += tokens;
    if (first) {
        served->first_token_ns = s->now;
        server_log(s, EVENT_FIRST_TOKEN, e->pool, id, s->now - r->arrival_ns, seat->computed);
    } else {
        server_log(s, EVENT_TOKENS, e->pool, id, tokens, seat->made);
    }
    if (seat->made < r->output) return;
    served->finished_ns = s->now;
    s->run->finished++;
    s->run->end_ns = s->now;
    s->in_system--;
    server_log(s, EVENT_FINISHED, e->pool, id, s->now - r->arrival_ns, seat->made);
}

/* Whether the request stays in the batch. */
static bool complete(struct server *s, struct engine *e, int32_t id)
{
    struct seat *seat = &s->seats[id];
    if (seat->step_tokens == 0) return true;
    int64_t tokens = yield(s, e, id);
    seat->step_tokens = 0;
    seat->reach = MAX(seat->reach, seat->computed);
    if (tokens == 0) return true;
    deliver(s, e, id, tokens);
    if (seat->made < s->load->requests[id].output) {
        if (!s->options->disaggregated || e->pool == POOL_DECODE) return true;
        link_send(s, id);
        return false;
    }
    if (s->options->batching == BATCHING_STATIC) {
        e->finished++;
        return true;
    }
    engine_leave(s, e, id);
    return false;
}

static void end_static_batch(struct server *s, struct engine *e)
{
    for (guint i = 0; i < e->running->len; i++) engine_leave(s, e, running_at(e, i));
    g_array_set_size(e->running, 0);
    e->finished = 0;
}

static void record(struct server *s, const struct engine *e)
{
    struct step_record step = {
        .begin_ns = e->begin_ns, .end_ns = e->end_ns, .pool = e->pool, .waiting = e->waiting_at_begin,
        .prefill_tokens = e->work.prefill_tokens, .decode_sequences = e->work.decode_sequences,
        .decode_tokens = e->work.decode_tokens, .swapped_bytes = e->swap_bytes,
        .blocks_used = e->options->blocks - e->free_blocks, .sequences = (int32_t)e->running->len,
    };
    if (s->options->keep_steps) g_array_append_val(s->run->steps, step);
    e->totals->steps++;
    e->totals->busy_ns += e->end_ns - e->begin_ns;
    s->run->prefill_tokens += e->work.prefill_tokens;
    s->run->decode_tokens += e->work.decode_tokens;
}

void engine_end_step(struct server *s, struct engine *e)
{
    guint stay = 0;
    record(s, e);
    for (guint i = 0; i < e->running->len; i++) {
        int32_t id = running_at(e, i);
        if (complete(s, e, id)) g_array_index(e->running, int32_t, stay++) = id;
    }
    g_array_set_size(e->running, stay);
    if (s->options->batching == BATCHING_STATIC && e->finished == stay) end_static_batch(s, e);
    e->end_ns = SERVER_NEVER;
}
