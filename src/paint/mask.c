/* The store of masks: a hash table over entries that are also chained by their last use. An entry is one block of
 * memory: itself, its rows, its key and its pixels. */
#include "paint/mask.h"

#include "dl/hash.h"

#include <glib.h>

struct entry {
    struct mask mask; /* first, so that a mask is its entry */
    struct entry *newer, *older;
    size_t bytes;
    guint hash;
    size_t key_len;
    const void *key;
};

struct mask_store {
    GHashTable *table; /* entry -> itself */
    struct entry *newest, *oldest;
    size_t bytes, limit_bytes;
};

static guint entry_hash(gconstpointer e) { return ((const struct entry *)e)->hash; }

static gboolean entry_equal(gconstpointer p, gconstpointer q)
{
    const struct entry *a = p, *b = q;
    return a->key_len == b->key_len && !memcmp(a->key, b->key, a->key_len);
}

struct mask_store *mask_store_new(size_t limit_bytes)
{
    struct mask_store *s = g_new0(struct mask_store, 1);
    s->table = g_hash_table_new_full(entry_hash, entry_equal, g_free, NULL);
    s->limit_bytes = limit_bytes;
    return s;
}

void mask_store_free(struct mask_store *s)
{
    if (!s) return;
    g_hash_table_destroy(s->table);
    g_free(s);
}

size_t mask_store_bytes(const struct mask_store *s) { return s->bytes; }

static void unchain(struct mask_store *s, struct entry *e)
{
    *(e->newer ? &e->newer->older : &s->newest) = e->older;
    *(e->older ? &e->older->newer : &s->oldest) = e->newer;
}

static void chain(struct mask_store *s, struct entry *e)
{
    e->newer = NULL;
    e->older = s->newest;
    *(s->newest ? &s->newest->newer : &s->oldest) = e;
    s->newest = e;
}

const struct mask *mask_store_find(struct mask_store *s, const void *key, size_t key_len)
{
    struct entry probe = { .hash = (guint)hash_bytes(0, key, key_len), .key = key, .key_len = key_len };
    struct entry *e = g_hash_table_lookup(s->table, &probe);
    if (!e) return NULL;
    if (e != s->newest) {
        unchain(s, e);
        chain(s, e);
    }
    return &e->mask;
}

static void drop_oldest(struct mask_store *s)
{
    struct entry *e = s->oldest;
    unchain(s, e);
    s->bytes -= e->bytes;
    g_hash_table_remove(s->table, e);
}

struct mask *mask_store_add(struct mask_store *s, const void *key, size_t key_len, int x, int y, int w, int h)
{
    int stride = mask_stride(w);
    size_t rows = sizeof(struct mask_row) * (size_t)h, room = (key_len + 7) & ~(size_t)7;
    size_t pixels = (size_t)stride * (size_t)h;
    size_t bytes = sizeof(struct entry) + rows + room + pixels;
    while (s->oldest && s->bytes + bytes > s->limit_bytes) drop_oldest(s);
    struct entry *e = g_malloc0(bytes);
    char *rest = (char *)(e + 1);
    e->mask = (struct mask){ x, y, w, h, stride, (uint8_t *)rest + rows + room, (struct mask_row *)rest };
    e->bytes = bytes;
    e->key = memcpy(rest + rows, key, key_len);
    e->key_len = key_len;
    e->hash = (guint)hash_bytes(0, key, key_len);
    s->bytes += bytes;
    chain(s, e);
    g_hash_table_add(s->table, e);
    return &e->mask;
}

/* Runs shorter than this are cheaper to blend with their neighbours. */
enum { FULL_RUN = 8 };

static struct mask_row row_of(const uint8_t *row, int w)
{
    struct mask_row r = { 0, 0, 0, w };
    while (r.from < r.to && !row[r.from]) r.from++;
    while (r.to > r.from && !row[r.to - 1]) r.to--;
    int best = FULL_RUN - 1;
    for (int x = r.from, start; x < r.to; x++) {
        for (start = x; x < r.to && row[x] == 255; x++) continue;
        if (x - start <= best) continue;
        best = x - start;
        r.full_from = start, r.full_to = x;
    }
    if (!r.full_to) r.full_from = r.full_to = r.to;
    return r;
}

void mask_seal(struct mask *m)
{
    for (int y = 0; y < m->h; y++) m->rows[y] = row_of(m->cover + (size_t)y * (size_t)m->stride, m->w);
}
