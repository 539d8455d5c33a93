/* Caches that forget. With 4 sinks and a window of 8, position 12 goes to slot 4 + (12 - 4) mod 8 = 4, where position 4
 * was.
 *
 * Heavy hitters keep each position's attention summed over all steps. When H + R + 1 are there, the least of those that
 * are not among the last R goes.
 */
#include "serve/evict.h"

#include <string.h>

int64_t evict_ring_kept(struct evict_ring r, int64_t tokens)
{
    int64_t most;
    return __builtin_add_overflow(r.sinks, r.window, &most) ? tokens : MIN(tokens, most);
}

int64_t evict_ring_slot(struct evict_ring r, int64_t position)
{
    return position < r.sinks ? position : r.sinks + (position - r.sinks) % r.window;
}

int64_t evict_ring_position(struct evict_ring r, int64_t slot, int64_t tokens)
{
    if (slot >= tokens) return -1;
    if (slot < r.sinks) return slot;
    return slot + (tokens - 1 - slot) / r.window * r.window;
}

int64_t evict_ring_evicted(struct evict_ring r, int64_t tokens)
{
    return evict_ring_kept(r, tokens) < tokens ? tokens - 1 - r.window : -1;
}

struct evict_heavy {
    int64_t heavy, recent, seen;
    GArray *positions, *sums;
};

struct evict_heavy *evict_heavy_new(int64_t heavy, int64_t recent)
{
    g_assert(heavy >= 0 && recent > 0);
    struct evict_heavy *h = g_new0(struct evict_heavy, 1);
    h->heavy = heavy;
    h->recent = recent;
    h->positions = g_array_new(FALSE, FALSE, sizeof(int64_t));
    h->sums = g_array_new(FALSE, FALSE, sizeof(double));
    return h;
}

void evict_heavy_free(struct evict_heavy *h)
{
    if (!h) return;
    g_array_free(h->positions, TRUE);
    g_array_free(h->sums, TRUE);
    g_free(h);
}

int64_t evict_heavy_step(struct evict_heavy *h, const double *scores)
{
    const double none = 0;
    guint least = 0;
    g_array_append_val(h->positions, h->seen);
    g_array_append_val(h->sums, none);
    h->seen++;
    double *sums = (double *)(void *)h->sums->data;
    for (guint i = 0; i < h->sums->len; i++) sums[i] += scores[i];
    if (h->sums->len <= h->recent || h->sums->len - h->recent <= h->heavy) return -1;
    for (guint i = 1; i < h->sums->len - h->recent; i++)
        if (sums[i] <= sums[least]) least = i;
    int64_t gone = g_array_index(h->positions, int64_t, least);
    g_array_remove_index(h->positions, least);
    g_array_remove_index(h->sums, least);
    return gone;
}

int64_t evict_heavy_kept(const struct evict_heavy *h, const int64_t **positions, const double **sums)
{
    if (positions) *positions = (const int64_t *)(const void *)h->positions->data;
    if (sums) *sums = (const double *)(const void *)h->sums->data;
    return h->positions->len;
}

void evict_facts(struct evict_ring r, int64_t tokens, struct facts *f)
{
    int64_t n = evict_ring_kept(r, tokens);
    int seen = facts_leaf(f, "evict.tokens", tokens, UNIT_TOKENS, "counted: tokens seen");
    int kept = facts_leaf(f, "evict.kept", n, UNIT_TOKENS, "counted: tokens in the sinks and the window");
    facts_int(f, "evict.evicted", tokens - n, UNIT_TOKENS, "[tokens] − [kept]", FACTS(seen, kept));
    if (tokens)
        facts_real(f, "evict.kept_share", (double)n / (double)tokens, UNIT_SHARE, "[kept] ÷ [tokens]",
                   FACTS(kept, seen));
}
