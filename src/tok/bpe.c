/* A word is a linked list, and every pair of neighbours that can be joined waits in a heap by rank and place. Joining
 * one makes at most two new pairs, so a word of n letters takes O(n log n). A pair in the heap may be out of date,
 * because one of its halves was joined in the meantime: it is checked when it comes up.
 *
 * GPT-2's encoder.py joins all places of the best pair before it looks again; here, as in Hugging Face's tokenizers, a
 * new pair may come in between. The two differ only when a merge of lower rank needs the joint of a higher one, which
 * no learned file has. Example: with "h e", "Ġ t", "Ġt he" in this order, " the" is Ġ t h e, Ġ t he, Ġt he, Ġthe.
 */
#include "tok/bpe.h"

#include <string.h>

struct merge {
    gint64 pair; /* left id x 2^32 + right id */
    int rank, joint;
};

struct bpe {
    GHashTable *index; /* &merge->pair -> struct merge *, owned */
    int merges;
};

struct wait {
    const struct merge *merge;
    int at; /* the left half's place */
};

struct word {
    const struct bpe *b;
    int *ids;         /* [n]; -1 where an id was joined to its left neighbour */
    int *before, *after; /* [n]: the living neighbours' places; -1: none */
    GArray *heap;     /* of struct wait */
    gint64 looked;
};

static guint pair_hash(gconstpointer key) { return (guint)(*(const guint64 *)key * 0x9E3779B97F4A7C15u >> 32); }
static gint64 pair_key(int left, int right) { return (gint64)left << 32 | (gint64)right; }

struct bpe *bpe_new(void)
{
    struct bpe *b = g_new0(struct bpe, 1);
    b->index = g_hash_table_new_full(pair_hash, g_int64_equal, NULL, g_free);
    return b;
}

void bpe_free(struct bpe *b)
{
    if (!b)
        return;
    g_hash_table_destroy(b->index);
    g_free(b);
}

void bpe_add(struct bpe *b, int left, int right, int joint)
{
    struct merge *m = g_new(struct merge, 1);
    *m = (struct merge){ pair_key(left, right), b->merges++, joint };
    g_hash_table_replace(b->index, &m->pair, m);
}

int bpe_merges(const struct bpe *b) { return b->merges; }

static gboolean comes_first(const struct wait *a, const struct wait *b)
{
    return a->merge->rank != b->merge->rank ? a->merge->rank < b->merge->rank : a->at < b->at;
}

static void heap_push(GArray *heap, struct wait w)
{
    guint i = heap->len;
    g_array_append_val(heap, w);
    struct wait *all = (struct wait *)(void *)heap->data;
    for (; i > 0 && comes_first(&w, &all[(i - 1) / 2]); i = (i - 1) / 2)
        all[i] = all[(i - 1) / 2];
    all[i] = w;
}

static struct wait heap_pop(GArray *heap)
{
    struct wait *all = (struct wait *)(void *)heap->data, top = all[0], last = all[heap->len - 1];
    guint n = heap->len - 1, i = 0;
    g_array_set_size(heap, n);
    for (guint child = 1; child < n; child = 2 * i + 1) {
        child += child + 1 < n && comes_first(&all[child + 1], &all[child]);
        if (!comes_first(&all[child], &last))
            break;
        all[i] = all[child];
        i = child;
    }
    if (n > 0)
        all[i] = last;
    return top;
}

static const struct merge *find_merge(struct word *w, int left)
{
    int right = w->after[left];
    if (right < 0)
        return NULL;
    gint64 key = pair_key(w->ids[left], w->ids[right]);
    w->looked++;
    return g_hash_table_lookup(w->b->index, &key);
}

/* The pair whose left half stands at `left` waits from now on, if it can be joined. */
static void await(struct word *w, int left)
{
    const struct merge *m = left >= 0 ? find_merge(w, left) : NULL;
    if (m)
        heap_push(w->heap, (struct wait){ m, left });
}

static gboolean still_there(const struct word *w, const struct wait *pair)
{
    int right = w->ids[pair->at] < 0 ? -1 : w->after[pair->at];
    return right >= 0 && pair_key(w->ids[pair->at], w->ids[right]) == pair->merge->pair;
}

static void join(struct word *w, const struct wait *pair)
{
    int right = w->after[pair->at], next = w->after[right];
    w->ids[pair->at] = pair->merge->joint;
    w->ids[right] = -1;
    w->after[pair->at] = next;
    if (next >= 0)
        w->before[next] = pair->at;
    await(w, w->before[pair->at]);
    await(w, pair->at);
}

int bpe_join(const struct bpe *b, int *ids, int n, gint64 *looked)
{
    if (n < 2)
        return n;
    g_autofree int *before = g_new(int, n), *after = g_new(int, n);
    g_autoptr(GArray) heap = g_array_new(FALSE, FALSE, sizeof(struct wait));
    struct word w = { b, ids, before, after, heap, 0 };
    int kept = 0;

    for (int i = 0; i < n; i++) {
        before[i] = i - 1;
        after[i] = i + 1 < n ? i + 1 : -1;
    }
    for (int i = 0; i + 1 < n; i++)
        await(&w, i);
    while (heap->len > 0) {
        struct wait pair = heap_pop(heap);
        if (still_there(&w, &pair))
            join(&w, &pair);
    }
    for (int i = 0; i >= 0; i = after[i])
        ids[kept++] = ids[i];
    if (looked)
        *looked += w.looked;
    return kept;
}
