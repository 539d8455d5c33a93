/* A ring is arithmetic alone; heavy hitters need the scores of what is held, one number a position.
 *
 * 4 sinks, a window of 1,020, at 70,000 positions: 1,024 are held, 0 to 3 and 68,980 to 69,999; the newest is in slot
 * 4 + (69,999 − 4) mod 1,020 = 639, where 68,979 was.
 */
#include "serve/evict.h"

#include <glib.h>

/* --- ring --- */

int64_t evict_ring_kept(const struct evict_ring *r, int64_t n) { return MIN(n, r->sinks + r->window); }

bool evict_ring_holds(const struct evict_ring *r, int64_t n, int64_t position)
{
    return position >= 0 && position < n && (position < r->sinks || position >= n - r->window);
}

int64_t evict_ring_kept_counted(const struct evict_ring *r, int64_t n)
{
    int64_t kept = 0;
    for (int64_t p = 0; p < n; p++) kept += evict_ring_holds(r, n, p);
    return kept;
}

int64_t evict_ring_evicted(const struct evict_ring *r, int64_t n)
{
    return n > r->sinks + r->window ? n - 1 - r->window : -1;
}

int64_t evict_ring_slot(const struct evict_ring *r, int64_t position)
{
    return position < r->sinks ? position : r->sinks + (position - r->sinks) % r->window;
}

int64_t evict_ring_position(const struct evict_ring *r, int64_t n, int64_t slot)
{
    if (slot < 0 || slot >= evict_ring_kept(r, n)) return -1;
    if (slot < r->sinks) return slot;
    int64_t newest = n - 1, behind = evict_ring_slot(r, newest) - slot;
    return newest - (behind < 0 ? behind + r->window : behind);
}

int64_t evict_ring_rank(const struct evict_ring *r, int64_t n, int64_t position)
{
    if (!evict_ring_holds(r, n, position)) return -1;
    return position < r->sinks ? position : position - MAX(n - r->window - r->sinks, 0);
}

/* --- heavy hitters --- */

struct evict_heavy {
    GArray *held; /* struct evict_held, ascending positions */
    struct evict_heavy_counts counts;
};

struct evict_heavy *evict_heavy_new(int64_t heavy, int64_t recent)
{
    g_assert(heavy >= 0 && recent >= 1 && heavy <= INT64_MAX - recent);
    struct evict_heavy *h = g_new0(struct evict_heavy, 1);
    h->counts.heavy = heavy;
    h->counts.recent = recent;
    h->held = g_array_new(FALSE, FALSE, sizeof(struct evict_held));
    return h;
}

void evict_heavy_free(struct evict_heavy *h)
{
    if (!h) return;
    g_array_unref(h->held);
    g_free(h);
}

static struct evict_held *held_at(const struct evict_heavy *h, int64_t i)
{
    return &g_array_index(h->held, struct evict_held, i);
}

/* The one with the lowest score of those that are not recent, the newest of equals. */
static int64_t lightest(const struct evict_heavy *h)
{
    int64_t least = 0;
    for (int64_t i = 1; i < h->held->len - h->counts.recent; i++)
        if (held_at(h, i)->score <= held_at(h, least)->score) least = i;
    return least;
}

int64_t evict_heavy_step(struct evict_heavy *h, const float *row)
{
    struct evict_held newest = { h->counts.steps++, 0 };
    g_array_append_val(h->held, newest);
    for (int64_t i = 0; i < h->held->len; i++) {
        double attention = row[held_at(h, i)->position];
        held_at(h, i)->score += attention;
        h->counts.attention += attention;
    }
    int64_t evicted = -1;
    if (h->held->len > h->counts.heavy + h->counts.recent) {
        int64_t i = lightest(h);
        evicted = held_at(h, i)->position;
        g_array_remove_index(h->held, (guint)i);
        h->counts.evicted++;
    }
    h->counts.kept = h->held->len;
    return evicted;
}

const struct evict_held *evict_heavy_held(const struct evict_heavy *h, int64_t *n)
{
    *n = h->held->len;
    return held_at(h, 0);
}

struct evict_heavy_counts evict_heavy_counts(const struct evict_heavy *h) { return h->counts; }

int64_t evict_heavy_kept(int64_t heavy, int64_t recent, int64_t steps) { return MIN(steps, heavy + recent); }
