/* The running server, shared by schedule.c (the clock), engine.c (a pool's steps) and link.c (between two pools). */
#pragma once
#include "serve/queue.h"
#include "serve/schedule.h"
#include "serve/shelf.h"

enum { POOL_PREFILL, POOL_DECODE }; /* an undivided server is pool 0 */
#define SERVER_NEVER INT64_MAX

/* A request that has arrived. Between steps it holds the blocks of `computed` entries (in a static batch: of all). */
struct seat {
    int64_t computed, reach; /* entries in the cache now, and the most so far */
    int64_t made;            /* tokens of output */
    int64_t blocks;
    int64_t due_ns;          /* end of its transfer */
    int32_t draft_steps;
    int32_t shared;          /* of its blocks the first ones, which are its group's on the shelf */
    struct random random;
    int32_t step_tokens;     /* what the present step computes, 0: nothing */
    bool decodes, swapped;
};

struct engine {
    const struct pool_options *options;
    struct pool_totals *totals;
    int pool;
    GArray *running;       /* int32_t, in the order of admission */
    struct queue waiting;
    int64_t free_blocks;   /* without a user; idle ones of the shelf are among them */
    struct shelf *shelf;   /* NULL: no prefix cache, or nothing to share */
    int64_t coming;        /* requests on the link: they have blocks and a place here */
    int64_t finished;      /* members of a static batch */
    int64_t begin_ns, end_ns; /* of the step; end: SERVER_NEVER when idle */
    struct step_work work;
    int64_t swap_bytes, waiting_at_begin;
};

struct link { struct queue line, moving; int64_t free_ns; };

struct server {
    const struct load *load;
    const struct schedule_options *options;
    struct schedule *run;
    struct seat *seats;
    struct engine engines[2];
    struct link link;
    int64_t now, arrived, in_system;
};

void server_log(struct server *s, enum event_kind kind, int pool, int32_t id, int64_t a, int64_t b);
int64_t server_blocks(const struct server *s, int64_t tokens);
/* Nanoseconds to move bytes; sets the run's fault and returns 0 when beyond 64 bits. */
int64_t server_move_ns(struct server *s, int64_t bytes, int64_t bytes_per_s);
void server_add_bytes(struct server *s, int64_t *sum, int64_t bytes);

void engine_begin_step(struct server *s, struct engine *e); /* stays idle when there is nothing that it can do */
void engine_end_step(struct server *s, struct engine *e);
/* It gives back all its blocks, while `computed` still says how many of them are full. */
void engine_leave(struct server *s, struct engine *e, int32_t id);

void link_send(struct server *s, int32_t id); /* its prefill is done */
int64_t link_next_ns(const struct server *s); /* SERVER_NEVER: not by itself */
void link_deliver(struct server *s); /* what is due */
void link_begin(struct server *s);   /* what may set out */
