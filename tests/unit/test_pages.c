/* Paged allocation: every token that was written is found where the tables say, whatever was forked and freed. */
#include "serve/pages.h"

#include <glib.h>
#include <string.h>

enum { ROUNDS = 60, STEPS = 250, SEED = 20230912 };

static void test_known_numbers(void)
{
    const int64_t lengths[] = { 213, 97, 330, 150 }, blocks[] = { 14, 7, 21, 10 };
    struct pages *p = pages_new(1000, 16);
    for (int i = 0; i < 4; i++) {
        int64_t n;
        int32_t seq = pages_open(p);
        g_assert_cmpint(pages_needs(p, seq, lengths[i]), ==, blocks[i]);
        g_assert_true(pages_append(p, seq, lengths[i]));
        pages_table(p, seq, &n);
        g_assert_cmpint(n, ==, blocks[i]);
    }
    g_assert_cmpint(pages_counters(p)->tokens, ==, 790);
    g_assert_cmpint(pages_counters(p)->used, ==, 52);
    g_assert_cmpint(pages_waste(p), ==, 42);
    g_assert_null(pages_fault(p));
    pages_free(p);
}

/* Figure 8 of the paper: two samples share a prompt; the first to write into the shared last block gets the copy, the
 * other then writes in place. */
static void test_copy_on_write(void)
{
    struct pages *p = pages_new(10, 4);
    int32_t a = pages_open(p);
    g_assert_true(pages_append(p, a, 7));
    int32_t b = pages_fork(p, a);
    g_assert_cmpint(pages_counters(p)->used, ==, 2);
    g_assert_cmpint(pages_counters(p)->shared_saved, ==, 2);
    g_assert_cmpint(pages_block(p, 1).users, ==, 2);
    g_assert_true(pages_append(p, a, 1));
    g_assert_cmpint(pages_counters(p)->copies, ==, 1);
    g_assert_cmpint(pages_counters(p)->copied_tokens, ==, 3);
    g_assert_cmpint(pages_slot(p, a, 7), ==, 2 * 4 + 3);
    g_assert_cmpint(pages_slot(p, b, 6), ==, 1 * 4 + 2);
    g_assert_true(pages_append(p, b, 1));
    g_assert_cmpint(pages_counters(p)->copies, ==, 1);
    g_assert_cmpint(pages_slot(p, b, 7), ==, 1 * 4 + 3);
    g_assert_cmpint(pages_slot(p, b, 8), ==, -1);
    g_assert_cmpint(pages_counters(p)->stored, ==, 12);
    g_assert_cmpint(pages_counters(p)->tokens, ==, 16);
    g_assert_null(pages_fault(p));
    /* A full last block is shared without a copy. */
    int32_t c = pages_fork(p, a);
    g_assert_true(pages_append(p, c, 1));
    g_assert_cmpint(pages_counters(p)->copies, ==, 1);
    g_assert_cmpint(pages_counters(p)->used, ==, 4);
    pages_free(p);
}

static void test_refusals(void)
{
    struct pages *p = pages_new(4, 8);
    int32_t a = pages_open(p), b = pages_open(p);
    g_assert_true(pages_append(p, a, 20));
    g_assert_false(pages_append(p, b, 9));
    g_assert_cmpint(pages_tokens(p, b), ==, 0);
    g_assert_cmpint(pages_counters(p)->used, ==, 3);
    g_assert_cmpint(pages_counters(p)->refusals, ==, 1);
    g_assert_true(pages_append(p, b, 8));
    int32_t c = pages_fork(p, a);
    g_assert_cmpint(pages_needs(p, c, 1), ==, 1);
    g_assert_false(pages_append(p, c, 1)); /* no block for the copy */
    g_assert_true(pages_append(p, c, 0));
    g_assert_cmpint(pages_slot(p, c, 19), ==, pages_slot(p, a, 19));
    pages_close(p, a);
    g_assert_true(pages_append(p, c, 4)); /* alone now: in place */
    g_assert_false(pages_append(p, c, 1));
    g_assert_cmpint(pages_needs(p, c, INT64_MAX), ==, -1);
    g_assert_false(pages_append(p, c, INT64_MAX));
    g_assert_cmpint(pages_needs(p, c, -1), ==, -1);
    g_assert_null(pages_fault(p));
    pages_free(p);
}

static void test_overflow(void)
{
    g_assert_null(pages_new(0, 16));
    g_assert_null(pages_new(16, 0));
    g_assert_null(pages_new((int64_t)1 << 31, 1));
    g_assert_null(pages_new(4, INT64_MAX / 2));
    struct pages *p = pages_new(2, INT64_MAX / 2);
    int32_t a = pages_open(p);
    g_assert_true(pages_append(p, a, INT64_MAX - 1));
    g_assert_cmpint(pages_waste(p), ==, 0);
    g_assert_cmpint(pages_fork(p, a), ==, -1); /* twice as many tokens are beyond 64 bits */
    g_assert_cmpint(pages_counters(p)->sequences, ==, 1);
    g_assert_cmpint(pages_slot(p, a, INT64_MAX - 2), ==, INT64_MAX - 2);
    g_assert_null(pages_fault(p));
    pages_free(p);
    pages_free(NULL);
    p = pages_new(INT32_MAX, 1 << 20); /* costs nothing until it is used */
    g_assert_cmpint(pages_touched(p), ==, 0);
    g_assert_cmpint(pages_block(p, INT32_MAX - 1).fill, ==, 0);
    pages_free(p);
}

/* --- against a memory that is written --- */

struct world { struct pages *p; int64_t block; int32_t *memory; GPtrArray *texts; GArray *ids; int32_t next; };

static GArray *text_at(struct world *w, guint i) { return g_ptr_array_index(w->texts, i); }
static int32_t id_at(struct world *w, guint i) { return g_array_index(w->ids, int32_t, i); }

static int64_t distinct_blocks(struct world *w, int64_t *entries)
{
    g_autoptr(GHashTable) set = g_hash_table_new(NULL, NULL);
    *entries = 0;
    for (guint i = 0; i < w->ids->len; i++) {
        int64_t n;
        const int32_t *table = pages_table(w->p, id_at(w, i), &n);
        for (int64_t k = 0; k < n; k++) g_hash_table_add(set, GINT_TO_POINTER(table[k] + 1));
        *entries += n;
    }
    return g_hash_table_size(set);
}

static int64_t distinct_slots(struct world *w, int64_t *tokens)
{
    g_autoptr(GHashTable) set = g_hash_table_new(NULL, NULL);
    *tokens = 0;
    for (guint i = 0; i < w->ids->len; i++) {
        GArray *text = text_at(w, i);
        for (guint t = 0; t < text->len; t++) {
            int64_t slot = pages_slot(w->p, id_at(w, i), t);
            g_assert_cmpint(w->memory[slot], ==, g_array_index(text, int32_t, t));
            g_hash_table_add(set, GINT_TO_POINTER((int)slot + 1));
        }
        g_assert_cmpint(pages_tokens(w->p, id_at(w, i)), ==, text->len);
        *tokens += text->len;
    }
    return g_hash_table_size(set);
}

static void look(struct world *w)
{
    int64_t entries, tokens;
    const struct pages_counters *c = pages_counters(w->p);
    g_assert_cmpstr(pages_fault(w->p), ==, NULL);
    g_assert_cmpint(c->used, ==, distinct_blocks(w, &entries));
    g_assert_cmpint(c->shared_saved, ==, entries - c->used);
    g_assert_cmpint(c->stored, ==, distinct_slots(w, &tokens));
    g_assert_cmpint(c->tokens, ==, tokens);
    g_assert_cmpint(c->sequences, ==, w->ids->len);
}

/* Moves what a copied block held, as a kernel would, and writes the new tokens. */
static void append(struct world *w, guint i, int64_t tokens)
{
    int64_t n, after;
    int32_t id = id_at(w, i);
    const int32_t *table = pages_table(w->p, id, &n);
    int32_t last = n ? table[n - 1] : -1;
    int64_t fill = text_at(w, i)->len % w->block;
    int64_t needs = pages_needs(w->p, id, tokens), free_before = pages_free_blocks(w->p);
    bool shared = fill && pages_block(w->p, last).users > 1;
    int64_t copies = pages_counters(w->p)->copies;
    bool done = pages_append(w->p, id, tokens);
    g_assert_true(done == (needs <= free_before));
    g_assert_cmpint(pages_free_blocks(w->p), ==, done ? free_before - needs : free_before);
    g_assert_cmpint(pages_counters(w->p)->copies - copies, ==, done && shared && tokens > 0);
    if (!done) return;
    table = pages_table(w->p, id, &after);
    if (n && table[n - 1] != last)
        memcpy(w->memory + table[n - 1] * w->block, w->memory + last * w->block, (size_t)fill * sizeof *w->memory);
    for (int64_t t = 0; t < tokens; t++) {
        int32_t value = w->next++;
        w->memory[pages_slot(w->p, id, text_at(w, i)->len)] = value;
        g_array_append_val(text_at(w, i), value);
    }
}

static void add(struct world *w, int32_t id, const GArray *text)
{
    g_array_append_val(w->ids, id);
    g_ptr_array_add(w->texts, text ? g_array_copy((GArray *)text) : g_array_new(FALSE, FALSE, sizeof(int32_t)));
}

static void act(struct world *w, GRand *rand)
{
    int what = g_rand_int_range(rand, 0, 10);
    guint i = w->ids->len ? (guint)g_rand_int_range(rand, 0, (int)w->ids->len) : 0;
    if (!w->ids->len || what == 0) add(w, pages_open(w->p), NULL);
    else if (what < 7) append(w, i, g_rand_int_range(rand, 0, 3 * (int)w->block));
    else if (what < 9) add(w, pages_fork(w->p, id_at(w, i)), text_at(w, i));
    else {
        pages_close(w->p, id_at(w, i));
        g_array_remove_index_fast(w->ids, i);
        g_ptr_array_remove_index_fast(w->texts, i);
    }
}

static void test_memory(void)
{
    GRand *rand = g_rand_new_with_seed(SEED);
    for (int round = 0; round < ROUNDS; round++) {
        int64_t blocks = g_rand_int_range(rand, 1, 40), block = g_rand_int_range(rand, 1, 9), peak = 0;
        struct world w = { pages_new(blocks, block), block, g_new0(int32_t, blocks * block),
                           g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref),
                           g_array_new(FALSE, FALSE, sizeof(int32_t)), 1 };
        for (int step = 0; step < STEPS; step++) {
            act(&w, rand);
            peak = MAX(peak, pages_counters(w.p)->used);
            look(&w);
        }
        g_assert_cmpint(pages_counters(w.p)->peak, ==, peak);
        while (w.ids->len) {
            pages_close(w.p, id_at(&w, 0));
            g_array_remove_index_fast(w.ids, 0);
        }
        g_assert_cmpint(pages_counters(w.p)->used, ==, 0);
        g_assert_cmpstr(pages_fault(w.p), ==, NULL);
        pages_free(w.p);
        g_free(w.memory);
        g_ptr_array_unref(w.texts);
        g_array_unref(w.ids);
    }
    g_rand_free(rand);
}

/* Without sharing: the sum of n / b, rounded up, however the n tokens came. */
static void test_closed_form(void)
{
    GRand *rand = g_rand_new_with_seed(SEED + 1);
    for (int round = 0; round < 300; round++) {
        int64_t block = g_rand_int_range(rand, 1, 100), blocks = 0, tokens = 0;
        struct pages *whole = pages_new(INT32_MAX, block), *single = pages_new(INT32_MAX, block);
        for (int i = 0; i < 10; i++) {
            int64_t n = g_rand_int_range(rand, 0, 500);
            int32_t a = pages_open(whole), b = pages_open(single);
            g_assert_true(pages_append(whole, a, n));
            for (int64_t t = 0; t < n; t++) g_assert_true(pages_append(single, b, 1));
            blocks += (n + block - 1) / block;
            tokens += n;
        }
        g_assert_cmpint(pages_counters(whole)->used, ==, blocks);
        g_assert_cmpint(pages_waste(whole), ==, blocks * block - tokens);
        const size_t size = sizeof(struct pages_counters);
        g_assert_cmpmem(pages_counters(whole), size, pages_counters(single), size);
        pages_free(whole);
        pages_free(single);
    }
    g_rand_free(rand);
}

/* A cache keeps full blocks beyond their sequences. */
static void test_holds(void)
{
    struct pages *p = pages_new(8, 4);
    int32_t a = pages_open(p), b = pages_open(p);
    g_assert_true(pages_append(p, a, 8));
    pages_hold(p, 0);
    g_assert_true(pages_adopt(p, b, 0));
    g_assert_cmpint(pages_slot(p, b, 3), ==, 3);
    pages_close(p, a);
    g_assert_cmpint(pages_counters(p)->used, ==, 1);
    pages_close(p, b);
    g_assert_cmpint(pages_counters(p)->used, ==, 1); /* held without a user */
    g_assert_cmpint(pages_counters(p)->stored, ==, 4);
    g_assert_null(pages_fault(p));
    a = pages_open(p);
    g_assert_true(pages_append(p, a, 4));
    pages_replace_last(p, a, 0);
    g_assert_cmpint(pages_counters(p)->used, ==, 1);
    pages_release(p, 0);
    g_assert_cmpint(pages_counters(p)->used, ==, 1);
    pages_close(p, a);
    g_assert_cmpint(pages_counters(p)->used, ==, 0);
    g_assert_null(pages_fault(p));
    pages_free(p);
}

/* 100,000 sequences of 640 tokens, 4,000,000 blocks, token by token in the end. */
static void test_many(void)
{
    enum { SEQUENCES = 100000 };
    struct pages *p = pages_new(5000000, 16);
    for (int i = 0; i < SEQUENCES; i++) g_assert_true(pages_append(p, pages_open(p), 600));
    for (int t = 0; t < 40; t++)
        for (int i = 0; i < SEQUENCES; i++) g_assert_true(pages_append(p, i, 1));
    g_assert_cmpint(pages_counters(p)->used, ==, SEQUENCES * 40);
    for (int i = 0; i < SEQUENCES; i++) pages_close(p, i);
    g_assert_cmpint(pages_counters(p)->used, ==, 0);
    g_assert_null(pages_fault(p));
    pages_free(p);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pages/known-numbers", test_known_numbers);
    g_test_add_func("/pages/copy-on-write", test_copy_on_write);
    g_test_add_func("/pages/refusals", test_refusals);
    g_test_add_func("/pages/overflow", test_overflow);
    g_test_add_func("/pages/memory", test_memory);
    g_test_add_func("/pages/closed-form", test_closed_form);
    g_test_add_func("/pages/holds", test_holds);
    g_test_add_func("/pages/many", test_many);
    return g_test_run();
}
