/* What a pool of the scheduler has cached: the leading full blocks of each group's common text, by number alone, and
 * the blocks that nobody uses. It is serve/prefix.h without tokens: who uses a block uses all before it, so of each
 * group the first `used` blocks have users, and those behind them up to `cached` are idle.
 *
 * Idle blocks count as free in the pool. When their place is needed, the one goes that is without a user for the
 * longest time, and of equals the deepest. A request's own blocks idle, too, though nobody will ask for them: a cache
 * cannot know, so they push others out, as in vLLM.
 */
#pragma once
#include <stdint.h>

struct shelf;

struct shelf *shelf_new(int64_t groups);
void shelf_free(struct shelf *s); /* accepts NULL */

int64_t shelf_cached(const struct shelf *s, int64_t group);
int64_t shelf_used(const struct shelf *s, int64_t group);
/* A user of the group's first `from` blocks (0: no user yet) becomes one of its first `to`, which is more. Blocks that
 * were not cached are from now on. */
void shelf_use(struct shelf *s, int64_t group, int64_t from, int64_t to);
/* A user of so many blocks, 1 or more, leaves. */
void shelf_leave(struct shelf *s, int64_t group, int64_t blocks);
/* So many full blocks of a request's own have lost their user; 0 is fine. Before its shared ones: they are deeper. */
void shelf_idle(struct shelf *s, int64_t blocks);
/* Leaves at most so many idle blocks. */
void shelf_shrink(struct shelf *s, int64_t most);

struct shelf_counters { int64_t idle, evicted, evicted_shared; }; /* evicted: ever */
struct shelf_counters shelf_counters(const struct shelf *s);
