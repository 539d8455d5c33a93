/* The way of caches from the prefill pool to the decode pool: one link, first come, first served. A request sets out
 * when the link is free and the decode pool has blocks, a place and nobody of its own waiting; from then on it has both
 * there. The link is busy for bytes / bandwidth; the last byte arrives one latency later, and then the prefill pool's
 * blocks are free.
 *
 * 32 blocks of 2 MiB over 50 x 10^9 B/s: 67,108,864 / 50 = 1,342,178 ns (rounded up), and the latency.
 */
#include "serve/server.h"

void link_send(struct server *s, int32_t id) { queue_push_back(&s->link.line, id); }

/* Nobody sets out past one who was sent back, so there is always a place for those. */
static bool has_room(const struct server *s, const struct engine *e, int64_t blocks)
{
    int64_t others = e->running->len + e->coming;
    if (e->waiting.count > 0 || others >= e->options->max_sequences) return false;
    return blocks <= e->free_blocks - (others > 0 ? s->options->watermark_blocks : 0);
}

static void set_out(struct server *s, struct engine *from, struct engine *to, int32_t id)
{
    struct seat *seat = &s->seats[id];
    int64_t blocks = seat->blocks, bytes = blocks * s->options->block_bytes;
    int64_t moving = server_move_ns(s, bytes, s->options->link_bytes_per_s);
    if (__builtin_add_overflow(s->now, moving, &s->link.free_ns) ||
        __builtin_add_overflow(s->link.free_ns, s->options->link_latency_ns, &seat->due_ns)) {
        s->run->fault = "The clock is beyond 64 bits of nanoseconds.";
        s->link.free_ns = seat->due_ns = s->now;
    }
    to->free_blocks -= blocks;
    to->coming++;
    queue_push_back(&s->link.moving, id);
    server_add_bytes(s, &s->run->transferred_bytes, bytes);
    server_log(s, EVENT_TRANSFER_BEGUN, from->pool, id, blocks, bytes);
}

void link_begin(struct server *s)
{
    struct engine *from = &s->engines[POOL_PREFILL], *to = &s->engines[POOL_DECODE];
    while (s->link.line.count > 0 && s->link.free_ns <= s->now &&
           has_room(s, to, s->seats[queue_first(&s->link.line)].blocks))
        set_out(s, from, to, queue_pop(&s->link.line));
}

void link_deliver(struct server *s)
{
    struct engine *from = &s->engines[POOL_PREFILL], *to = &s->engines[POOL_DECODE];
    while (s->link.moving.count > 0 && s->seats[queue_first(&s->link.moving)].due_ns <= s->now) {
        int32_t id = queue_pop(&s->link.moving);
        struct seat *seat = &s->seats[id];
        int64_t blocks = seat->blocks;
        engine_leave(s, from, id);
        seat->blocks = blocks;
        to->coming--;
        g_array_append_val(to->running, id);
        server_log(s, EVENT_TRANSFER_ENDED, to->pool, id, s->now - s->run->served[id].first_token_ns,
                   blocks * s->options->block_bytes);
    }
}

/* When something may happen on the link by itself. */
int64_t link_next_ns(const struct server *s)
{
    int64_t due = s->link.moving.count > 0 ? s->seats[queue_first(&s->link.moving)].due_ns : SERVER_NEVER;
    bool waits = s->link.line.count > 0 && s->link.free_ns > s->now;
    return waits ? MIN(due, s->link.free_ns) : due;
}
