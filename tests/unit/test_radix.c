/* The radix tree: small trees by hand, and long random runs against a list of pieces that is searched to its end. */
#include "serve/radix.h"

#include <glib.h>

#include <stdlib.h>
#include <string.h>

enum { SEED = 23120710, ALPHABET = 3, LONGEST = 24, ROUNDS = 20, STEPS = 1000, MOST_LOCKS = 6 };

#define TOKENS(...) (const int32_t[]){ __VA_ARGS__ }, sizeof((int32_t[]){ __VA_ARGS__ }) / sizeof(int32_t)

/* --- by hand --- */

static void test_split(void)
{
    struct radix *t = radix_new(100);
    g_assert_cmpint(radix_match(t, TOKENS(1, 2, 3)).tokens, ==, 0);
    radix_insert(t, TOKENS(1, 2, 3, 4));
    radix_insert(t, TOKENS(1, 2, 5));
    const struct radix_node *stem = radix_root(t)->first_child;
    g_assert_cmpint(stem->n_tokens, ==, 2);
    g_assert_cmpint(stem->tokens[1], ==, 2);
    g_assert_cmpint(stem->first_child->tokens[0], ==, 3);
    g_assert_cmpint(stem->last_child->tokens[0], ==, 5);
    g_assert_true(stem->first_child->next == stem->last_child && stem->last_child->previous == stem->first_child);
    g_assert_cmpint(radix_match(t, TOKENS(1, 2, 3, 9)).tokens, ==, 3); /* splits 3 4 */
    g_assert_cmpint(radix_peek(t, TOKENS(1, 2, 3, 4, 5)), ==, 4);
    struct radix_counts c = radix_counts(t);
    g_assert_cmpint(c.tokens, ==, 5);
    g_assert_cmpint(c.nodes, ==, 4);
    g_assert_cmpint(c.queries, ==, 2);
    g_assert_cmpint(c.hit_tokens, ==, 3);
    g_assert_cmpint(c.missed_tokens, ==, 4);
    radix_free(t);
    radix_free(NULL);
}

/* The leaf goes, then its parent; what is in use stays, and so does all that it begins with. */
static void test_eviction(void)
{
    struct radix *t = radix_new(6);
    radix_insert(t, TOKENS(1, 2, 3));
    radix_insert(t, TOKENS(1, 2, 4));
    struct radix_hit hit = radix_insert(t, TOKENS(1, 2, 3)); /* 4 is the oldest leaf now */
    g_assert_true(radix_make_room(t, 3));
    g_assert_cmpint(radix_peek(t, TOKENS(1, 2, 4)), ==, 2);
    g_assert_cmpint(radix_peek(t, TOKENS(1, 2, 3)), ==, 3);
    radix_lock(t, hit.node);
    g_assert_false(radix_make_room(t, 4));
    g_assert_cmpint(radix_counts(t).locked_tokens, ==, 3);
    g_assert_cmpint(radix_insert(t, TOKENS(7, 7, 7, 7, 7)).tokens, ==, 3); /* room for three of the five */
    g_assert_cmpint(radix_counts(t).refused_tokens, ==, 2);
    g_assert_cmpint(radix_counts(t).tokens, ==, 6);
    radix_unlock(t, hit.node);
    g_assert_true(radix_make_room(t, 6));
    g_assert_cmpint(radix_counts(t).nodes, ==, 0);
    g_assert_null(radix_root(t)->first_child);
    g_assert_false(radix_make_room(t, 7));
    radix_free(t);
}

/* A match that ends within an edge splits it, so only what is used is locked. */
static void test_lock_part(void)
{
    struct radix *t = radix_new(4);
    radix_insert(t, TOKENS(1, 2, 3, 4));
    struct radix_hit hit = radix_match(t, TOKENS(1, 2, 9));
    radix_lock(t, hit.node);
    g_assert_cmpint(radix_counts(t).locked_tokens, ==, 2);
    struct radix_hit deeper = radix_match(t, TOKENS(1));
    radix_lock(t, deeper.node);
    radix_unlock(t, hit.node); /* still ends where it ended */
    g_assert_cmpint(radix_counts(t).locked_tokens, ==, 1);
    g_assert_true(radix_make_room(t, 3));
    radix_unlock(t, deeper.node);
    g_assert_cmpint(radix_counts(t).locked_tokens, ==, 0);
    radix_free(t);
}

static void test_empty(void)
{
    struct radix *t = radix_new(0);
    struct radix_hit hit = radix_insert(t, TOKENS(1, 2));
    g_assert_true(hit.node == radix_root(t));
    g_assert_cmpint(hit.tokens, ==, 0);
    radix_lock(t, hit.node);
    radix_unlock(t, hit.node);
    g_assert_cmpint(radix_match(t, NULL, 0).tokens, ==, 0);
    g_assert_cmpint(radix_counts(t).refused_tokens, ==, 2);
    radix_free(t);
}

/* --- the slow one: pieces of texts, each with the whole text up to its end --- */

struct piece { int32_t text[LONGEST]; int begin, end; int64_t last_use; int locks, users; };
struct naive { GArray *pieces; int64_t capacity, tick, evicted, refused; };

static struct piece *piece_at(const struct naive *n, guint i) { return &g_array_index(n->pieces, struct piece, i); }

static int common(const int32_t *a, int n_a, const int32_t *b, int n_b)
{
    int same = 0;
    while (same < n_a && same < n_b && a[same] == b[same]) same++;
    return same;
}

static int64_t naive_tokens(const struct naive *n)
{
    int64_t sum = 0;
    for (guint i = 0; i < n->pieces->len; i++) sum += piece_at(n, i)->end - piece_at(n, i)->begin;
    return sum;
}

static int naive_peek(const struct naive *n, const int32_t *text, int length)
{
    int longest = 0;
    for (guint i = 0; i < n->pieces->len; i++)
        longest = MAX(longest, common(piece_at(n, i)->text, piece_at(n, i)->end, text, length));
    return longest;
}

static void naive_split(struct naive *n, const int32_t *text, int at)
{
    for (guint i = 0; i < n->pieces->len; i++) {
        struct piece *p = piece_at(n, i), upper = *p;
        if (p->begin >= at || p->end <= at || common(p->text, p->end, text, at) < at) continue;
        p->begin = upper.end = at;
        upper.locks = 0;
        g_array_append_val(n->pieces, upper);
        return;
    }
}

static int naive_match(struct naive *n, const int32_t *text, int length)
{
    int longest = naive_peek(n, text, length);
    naive_split(n, text, longest);
    n->tick++;
    for (guint i = 0; i < n->pieces->len; i++) {
        struct piece *p = piece_at(n, i);
        if (p->end <= longest && common(p->text, p->end, text, longest) == p->end) p->last_use = n->tick;
    }
    return longest;
}

/* Whether q's text goes through p's end. */
static bool goes_through(const struct piece *p, const struct piece *q)
{
    return q->end >= p->end && common(p->text, p->end, q->text, q->end) == p->end;
}

static int naive_users(const struct naive *n, const struct piece *p)
{
    int users = 0;
    for (guint i = 0; i < n->pieces->len; i++) users += goes_through(p, piece_at(n, i)) ? piece_at(n, i)->locks : 0;
    return users;
}

static bool naive_is_leaf(const struct naive *n, const struct piece *p)
{
    for (guint i = 0; i < n->pieces->len; i++)
        if (piece_at(n, i) != p && goes_through(p, piece_at(n, i))) return false;
    return true;
}

static bool naive_may_go(const struct naive *n, const struct piece *p, const int32_t *keep, int kept)
{
    if (kept > 0 && p->end == kept && common(p->text, kept, keep, kept) == kept) return false;
    return naive_is_leaf(n, p) && !naive_users(n, p);
}

static void naive_room(struct naive *n, int64_t tokens, const int32_t *keep, int kept)
{
    while (n->capacity - naive_tokens(n) < tokens) {
        int oldest = -1;
        for (guint i = 0; i < n->pieces->len; i++) {
            struct piece *p = piece_at(n, i);
            if (!naive_may_go(n, p, keep, kept)) continue;
            if (oldest < 0 || p->last_use < piece_at(n, (guint)oldest)->last_use) oldest = (int)i;
        }
        if (oldest < 0) return;
        n->evicted += piece_at(n, (guint)oldest)->end - piece_at(n, (guint)oldest)->begin;
        g_array_remove_index_fast(n->pieces, (guint)oldest);
    }
}

static int naive_insert(struct naive *n, const int32_t *text, int length)
{
    int hit = naive_match(n, text, length);
    naive_room(n, length - hit, text, hit);
    int stored = (int)MIN(length - hit, n->capacity - naive_tokens(n));
    n->refused += length - hit - stored;
    struct piece p = { .begin = hit, .end = hit + stored, .last_use = n->tick };
    memcpy(p.text, text, (size_t)p.end * sizeof *text);
    if (stored) g_array_append_val(n->pieces, p);
    return p.end;
}

static struct piece *naive_ending(const struct naive *n, const int32_t *text, int end)
{
    for (guint i = 0; i < n->pieces->len; i++)
        if (piece_at(n, i)->end == end && common(piece_at(n, i)->text, end, text, end) == end) return piece_at(n, i);
    return NULL;
}

/* --- both side by side --- */

struct sums { int64_t tokens, locked, nodes; };

/* Each node of the tree is one piece of the list, and the tree holds together. */
static void compare_below(const struct radix_node *node, const int32_t *text, int length, const struct naive *n,
                          struct sums *s)
{
    int64_t users = 0;
    const struct radix_node *last = NULL;
    for (const struct radix_node *c = node->first_child; c; last = c, c = c->next) {
        int32_t below[LONGEST];
        memcpy(below, text, (size_t)length * sizeof *text);
        memcpy(below + length, c->tokens, (size_t)c->n_tokens * sizeof *text);
        const struct piece *p = naive_ending(n, below, length + (int)c->n_tokens);
        g_assert_nonnull(p);
        g_assert_cmpint(p->begin, ==, length);
        g_assert_cmpint(p->last_use, ==, c->last_use);
        g_assert_cmpint(naive_users(n, p), ==, c->users);
        g_assert_true(c->parent == node && c->previous == last && c->last_use <= node->last_use);
        for (const struct radix_node *d = c->next; d; d = d->next) g_assert_cmpint(c->tokens[0], !=, d->tokens[0]);
        g_assert_cmpint(c->heap_place >= 0, ==, !c->first_child && !c->users);
        users += c->users;
        s->tokens += c->n_tokens;
        s->locked += c->users ? c->n_tokens : 0;
        s->nodes++;
        compare_below(c, below, length + (int)c->n_tokens, n, s);
    }
    g_assert_true(node->last_child == last);
    if (node->parent) g_assert_cmpint(users, <=, node->users);
}

static void compare(const struct radix *t, const struct naive *n)
{
    struct sums s = { 0, 0, 0 };
    struct radix_counts c = radix_counts(t);
    const int32_t nothing[1] = { 0 };
    compare_below(radix_root(t), nothing, 0, n, &s);
    g_assert_cmpint(s.nodes, ==, n->pieces->len);
    g_assert_cmpint(s.nodes, ==, c.nodes);
    g_assert_cmpint(s.tokens, ==, c.tokens);
    g_assert_cmpint(s.locked, ==, c.locked_tokens);
    g_assert_cmpint(c.inserted_tokens, ==, c.tokens + c.evicted_tokens);
    g_assert_cmpint(c.evicted_tokens, ==, n->evicted);
    g_assert_cmpint(c.refused_tokens, ==, n->refused);
    g_assert_cmpint(c.tokens, <=, radix_capacity(t));
}

struct lock { struct radix_node *node; int32_t text[LONGEST]; int end; };

static void unlock_one(struct radix *t, struct naive *n, struct lock *locks, int *n_locks, int i)
{
    radix_unlock(t, locks[i].node);
    if (locks[i].end) naive_ending(n, locks[i].text, locks[i].end)->locks--;
    locks[i] = locks[--*n_locks];
}

static void lock_one(struct radix *t, struct naive *n, struct radix_hit hit, const int32_t *text, struct lock *lock)
{
    radix_lock(t, hit.node);
    *lock = (struct lock){ .node = hit.node, .end = (int)hit.tokens };
    memcpy(lock->text, text, (size_t)hit.tokens * sizeof *text);
    if (lock->end) naive_ending(n, text, lock->end)->locks++;
}

struct run { struct radix *tree; struct naive naive; struct lock locks[MOST_LOCKS]; int n_locks; int64_t asked, hits; };

static void random_step(struct run *r, GRand *rand)
{
    int32_t text[LONGEST] = { 0 };
    int length = g_rand_int_range(rand, 0, LONGEST + 1), what = g_rand_int_range(rand, 0, 10);
    for (int i = 0; i < length; i++)
        if (!g_rand_int_range(rand, 0, 4)) text[i] = g_rand_int_range(rand, 0, ALPHABET);
    g_assert_cmpint(radix_peek(r->tree, text, length), ==, naive_peek(&r->naive, text, length));
    if (what < 4) {
        struct radix_hit hit = radix_match(r->tree, text, length);
        g_assert_cmpint(hit.tokens, ==, naive_match(&r->naive, text, length));
        r->asked += length;
        r->hits += hit.tokens;
        if (r->n_locks < MOST_LOCKS) lock_one(r->tree, &r->naive, hit, text, &r->locks[r->n_locks++]);
    } else if (what < 8) {
        g_assert_cmpint(radix_insert(r->tree, text, length).tokens, ==, naive_insert(&r->naive, text, length));
    } else if (what < 9) {
        if (r->n_locks) unlock_one(r->tree, &r->naive, r->locks, &r->n_locks, g_rand_int_range(rand, 0, r->n_locks));
    } else {
        bool room = radix_make_room(r->tree, length);
        naive_room(&r->naive, length, NULL, 0);
        g_assert_cmpint(room, ==, r->naive.capacity - naive_tokens(&r->naive) >= length);
    }
}

static void test_against_list(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(SEED);
    for (int round = 0; round < ROUNDS; round++) {
        int64_t capacity = g_rand_int_range(rand, 1, 120);
        GArray *pieces = g_array_new(FALSE, FALSE, sizeof(struct piece));
        struct run r = { .tree = radix_new(capacity), .naive = { pieces, capacity, 0, 0, 0 } };
        for (int step = 0; step < STEPS; step++) {
            random_step(&r, rand);
            compare(r.tree, &r.naive);
        }
        g_assert_cmpint(radix_counts(r.tree).hit_tokens, ==, r.hits);
        g_assert_cmpint(radix_counts(r.tree).missed_tokens, ==, r.asked - r.hits);
        while (r.n_locks) unlock_one(r.tree, &r.naive, r.locks, &r.n_locks, 0);
        g_assert_true(radix_make_room(r.tree, capacity)); /* what nobody uses can all go */
        g_assert_cmpint(radix_counts(r.tree).tokens, ==, 0);
        radix_free(r.tree);
        g_array_unref(pieces);
    }
}

/* --- closed form: without eviction the tree holds each different beginning once --- */

static int by_tokens(const void *a, const void *b)
{
    const int32_t *x = a, *y = b;
    for (int i = 0; i < LONGEST; i++)
        if (x[i] != y[i]) return x[i] < y[i] ? -1 : 1;
    return 0;
}

static void test_distinct_prefixes(void)
{
    enum { TEXTS = 500 };
    g_autoptr(GRand) rand = g_rand_new_with_seed(SEED);
    for (int round = 0; round < 20; round++) {
        int32_t texts[TEXTS][LONGEST];
        struct radix *t = radix_new(INT64_MAX);
        for (int k = 0; k < TEXTS; k++) {
            for (int i = 0; i < LONGEST; i++) texts[k][i] = g_rand_int_range(rand, 0, 2 + round / 4);
            radix_insert(t, texts[k], LONGEST);
        }
        qsort(texts, TEXTS, sizeof texts[0], by_tokens);
        int64_t distinct = LONGEST; /* of sorted texts, each adds what it does not share with the one before */
        for (int k = 1; k < TEXTS; k++) distinct += LONGEST - common(texts[k - 1], LONGEST, texts[k], LONGEST);
        g_assert_cmpint(radix_counts(t).tokens, ==, distinct);
        g_assert_cmpint(radix_counts(t).evicted_tokens, ==, 0);
        radix_free(t);
    }
}

/* Many operations, a wide root, and one long edge that is split again and again. */
static void test_many(void)
{
    enum { OPERATIONS = 100000, PROMPT = 64 };
    g_autoptr(GRand) rand = g_rand_new_with_seed(SEED);
    struct radix *t = radix_new(200000);
    for (int i = 0; i < OPERATIONS; i++) {
        int32_t prompt[PROMPT];
        for (int k = 0; k < PROMPT; k++) prompt[k] = k < 48 ? (i * 7919 % 4000) : g_rand_int_range(rand, 0, 50000);
        radix_match(t, prompt, PROMPT);
        radix_insert(t, prompt, PROMPT);
    }
    g_assert_cmpint(radix_counts(t).hit_tokens + radix_counts(t).missed_tokens, ==, (int64_t)OPERATIONS * PROMPT);
    g_assert_cmpint(radix_counts(t).tokens, <=, 200000);
    radix_free(t);
    enum { LONG = 3000 };
    int32_t *text = g_new0(int32_t, LONG);
    t = radix_new(LONG);
    radix_insert(t, text, LONG);
    for (int i = 1; i < LONG; i++) g_assert_cmpint(radix_match(t, text, i).tokens, ==, i);
    g_assert_cmpint(radix_counts(t).tokens, ==, LONG);
    g_assert_cmpint(radix_counts(t).nodes, ==, LONG);
    radix_free(t);
    g_free(text);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/radix/split", test_split);
    g_test_add_func("/radix/eviction", test_eviction);
    g_test_add_func("/radix/lock-part", test_lock_part);
    g_test_add_func("/radix/empty", test_empty);
    g_test_add_func("/radix/against-list", test_against_list);
    g_test_add_func("/radix/distinct-prefixes", test_distinct_prefixes);
    g_test_add_func("/radix/many", test_many);
    return g_test_run();
}
