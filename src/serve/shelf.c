/* Idle blocks lie in runs: the blocks from..to of one group, or of nobody, that lost their last user at one moment.
 * Runs hang in a list by that moment; eviction takes the oldest run's last block. A group's runs follow each other from
 * `used` to `cached`, and the deeper one is always older, for its last user used the others, too. So a group's oldest
 * run ends at `cached`, and an eviction shortens the group there.
 *
 * Users of 2, 5 and 5 blocks: used 5. One of the 5 leaves: nothing idles. The other leaves: run 2..5. The last leaves:
 * run 0..2, which is evicted after the first.
 */
#include "serve/shelf.h"

#include <glib.h>

struct run {
    int64_t from, to;
    struct group *group;       /* NULL: blocks of nobody's */
    struct run *older, *newer; /* of all */
    struct run *deeper;        /* of the group; valid while `to` is below what the group has cached */
};

struct group {
    int64_t cached, used;
    struct run *first;         /* the idle run at `used`; valid while that is below `cached` */
    int64_t *users, size;      /* how many use exactly so many blocks, 1 or more */
};

struct shelf {
    struct group *groups;
    int64_t n_groups;
    struct run *oldest, *newest;
    struct shelf_counters count;
};

struct shelf *shelf_new(int64_t groups)
{
    struct shelf *s = g_new0(struct shelf, 1);
    s->groups = g_new0(struct group, groups);
    s->n_groups = groups;
    return s;
}

void shelf_free(struct shelf *s)
{
    if (!s) return;
    for (int64_t i = 0; i < s->n_groups; i++) g_free(s->groups[i].users);
    for (struct run *r = s->oldest, *next; r; r = next) {
        next = r->newer;
        g_free(r);
    }
    g_free(s->groups);
    g_free(s);
}

int64_t shelf_cached(const struct shelf *s, int64_t group) { return s->groups[group].cached; }
int64_t shelf_used(const struct shelf *s, int64_t group) { return s->groups[group].used; }
struct shelf_counters shelf_counters(const struct shelf *s) { return s->count; }

/* --- runs --- */

static struct run *add_run(struct shelf *s, struct group *group, int64_t from, int64_t to)
{
    struct run *r = g_new(struct run, 1);
    *r = (struct run){ .from = from, .to = to, .group = group, .older = s->newest };
    *(s->newest ? &s->newest->newer : &s->oldest) = r;
    s->newest = r;
    s->count.idle += to - from;
    return r;
}

static void remove_run(struct shelf *s, struct run *r)
{
    *(r->older ? &r->older->newer : &s->oldest) = r->newer;
    *(r->newer ? &r->newer->older : &s->newest) = r->older;
    g_free(r);
}

void shelf_idle(struct shelf *s, int64_t blocks)
{
    if (blocks > 0) add_run(s, NULL, 0, blocks);
}

void shelf_shrink(struct shelf *s, int64_t most)
{
    while (s->count.idle > most) {
        struct run *r = s->oldest;
        int64_t n = MIN(s->count.idle - most, r->to - r->from);
        r->to -= n;
        s->count.idle -= n;
        s->count.evicted += n;
        if (r->group) {
            r->group->cached -= n;
            s->count.evicted_shared += n;
        }
        if (r->from == r->to) remove_run(s, r);
    }
}

/* --- users --- */

static int64_t *users_of(struct group *g, int64_t blocks)
{
    if (blocks >= g->size) {
        int64_t size = MAX(blocks + 1, 2 * g->size);
        g->users = g_renew(int64_t, g->users, size);
        for (int64_t i = g->size; i < size; i++) g->users[i] = 0;
        g->size = size;
    }
    return &g->users[blocks];
}

/* The idle blocks up to `to` have a user again. */
static void wake(struct shelf *s, struct group *g, int64_t to)
{
    while (g->used < MIN(to, g->cached)) {
        struct run *r = g->first;
        s->count.idle -= MIN(to, r->to) - g->used;
        g->used = r->from = MIN(to, r->to);
        if (r->from < r->to) continue;
        g->first = r->deeper;
        remove_run(s, r);
    }
}

void shelf_use(struct shelf *s, int64_t group, int64_t from, int64_t to)
{
    struct group *g = &s->groups[group];
    g_assert(to > from && from <= g->used);
    if (from > 0) --*users_of(g, from);
    ++*users_of(g, to);
    wake(s, g, to);
    g->used = MAX(g->used, to);
    g->cached = MAX(g->cached, to);
}

void shelf_leave(struct shelf *s, int64_t group, int64_t blocks)
{
    struct group *g = &s->groups[group];
    int64_t before = g->used;
    g_assert(blocks <= g->used && *users_of(g, blocks) > 0);
    --*users_of(g, blocks);
    while (g->used > 0 && g->users[g->used] == 0) g->used--;
    if (g->used == before) return;
    struct run *r = add_run(s, g, g->used, before);
    r->deeper = g->first;
    g->first = r;
}
