/* The prefix cache against a slow one that keeps whole prefixes and compares them all. */
#include "serve/prefix.h"

#include <glib.h>
#include <string.h>

enum { ROUNDS = 90, STEPS = 200, SEED = 20231121 };

static uint64_t one_key(uint64_t parent, const int32_t *tokens, int64_t n)
{
    (void)parent, (void)tokens, (void)n;
    return 7;
}

/* Forgets the order, and all but two bits. */
static uint64_t few_keys(uint64_t parent, const int32_t *tokens, int64_t n)
{
    uint64_t sum = parent;
    for (int64_t i = 0; i < n; i++) sum += (uint64_t)tokens[i];
    return sum & 3;
}

static void count_up(int32_t *tokens, int n, int32_t from) { for (int i = 0; i < n; i++) tokens[i] = from + i; }

static void test_known_numbers(void)
{
    int32_t prompt[48];
    count_up(prompt, 48, 100);
    struct prefix *p = prefix_new(100, 16, NULL);
    prefix_open(p, prompt, 40);
    g_assert_cmpint(prefix_counters(p)->hit_tokens, ==, 0);
    prefix_open(p, prompt, 40);
    g_assert_cmpint(prefix_counters(p)->hit_tokens, ==, 32);
    prefix_open(p, prompt, 33);
    g_assert_cmpint(prefix_counters(p)->hit_tokens, ==, 64);
    g_assert_cmpint(prefix_counters(p)->missed_tokens, ==, 40 + 8 + 1);
    g_assert_cmpint(pages_counters(prefix_pages(p))->used, ==, 2 + 3);
    /* Its last token is the end of a cached block: the block is computed again, and stored once. */
    g_assert_cmpint(prefix_hit(p, prompt, 32), ==, 16);
    g_assert_cmpint(prefix_hit(p, prompt, 1), ==, 0);
    g_assert_cmpint(prefix_hit(p, prompt, 0), ==, 0);
    prefix_open(p, prompt, 32);
    g_assert_cmpint(prefix_counters(p)->hit_tokens, ==, 80);
    g_assert_cmpint(pages_counters(prefix_pages(p))->used, ==, 5);
    g_assert_null(prefix_fault(p));
    prefix_free(p);
}

/* What was generated is found again: the second turn of a chat. */
static void test_turns(void)
{
    int32_t text[64];
    count_up(text, 64, 0);
    struct prefix *p = prefix_new(100, 8, NULL);
    int32_t seq = prefix_open(p, text, 20);
    for (int i = 20; i < 30; i++) g_assert_true(prefix_append(p, seq, text + i, 1));
    prefix_close(p, seq);
    g_assert_cmpint(pages_counters(prefix_pages(p))->used, ==, 3); /* the begun block is gone */
    g_assert_cmpint(prefix_counters(p)->idle, ==, 3);
    prefix_open(p, text, 50);
    g_assert_cmpint(prefix_counters(p)->hit_tokens, ==, 24);
    g_assert_cmpint(prefix_counters(p)->idle, ==, 0);
    g_assert_null(prefix_fault(p));
    prefix_free(p);
}

static void test_eviction_order(void)
{
    int32_t a[8], b[8];
    count_up(a, 8, 0);
    count_up(b, 8, 50);
    struct prefix *p = prefix_new(4, 4, NULL);
    int32_t first = prefix_open(p, a, 8), second = prefix_open(p, b, 8);
    g_assert_cmpint(prefix_open(p, a, 5), ==, -1); /* all in use */
    g_assert_cmpint(prefix_counters(p)->refusals, ==, 1);
    g_assert_cmpint(prefix_counters(p)->queries, ==, 2);
    prefix_close(p, first);
    prefix_close(p, second);
    int32_t other[4] = { 90, 91, 92, 93 };
    prefix_close(p, prefix_open(p, other, 4)); /* takes the end of a's chain */
    g_assert_cmpint(prefix_hit(p, (int32_t[]){ 0, 1, 2, 3, 4, 5, 6, 7, 8 }, 9), ==, 4);
    g_assert_cmpint(prefix_hit(p, (int32_t[]){ 50, 51, 52, 53, 54, 55, 56, 57, 58 }, 9), ==, 8);
    g_assert_cmpint(prefix_counters(p)->evictions, ==, 1);
    g_assert_null(prefix_fault(p));
    prefix_free(p);
}

static void test_collisions(void)
{
    struct prefix *p = prefix_new(20, 2, one_key);
    prefix_open(p, (int32_t[]){ 1, 2, 3, 4 }, 4);
    prefix_open(p, (int32_t[]){ 5, 6, 7, 8 }, 4);
    g_assert_cmpint(prefix_hit(p, (int32_t[]){ 3, 4, 1, 2, 9 }, 5), ==, 0);    /* the same blocks, elsewhere */
    g_assert_cmpint(prefix_hit(p, (int32_t[]){ 1, 2, 7, 8, 9 }, 5), ==, 2);    /* another's child */
    g_assert_cmpint(prefix_hit(p, (int32_t[]){ 5, 6, 7, 8, 9 }, 5), ==, 4);
    g_assert_cmpint(prefix_counters(p)->collisions, >, 0);
    g_assert_null(prefix_fault(p));
    prefix_free(p);
}

static void test_bounds(void)
{
    g_assert_null(prefix_new(0, 16, NULL));
    g_assert_null(prefix_new(16, -1, NULL));
    prefix_free(NULL);
    struct prefix *p = prefix_new(INT32_MAX, (int64_t)1 << 32, NULL); /* blocks of any size cost what is in them */
    int32_t seq = prefix_open(p, (int32_t[]){ 1, 2, 3 }, 3);
    g_assert_cmpint(prefix_counters(p)->cached, ==, 0);
    g_assert_cmpint(pages_tokens(prefix_pages(p), seq), ==, 3);
    prefix_free(p);
}

/* --- the slow one --- */

struct known { GArray *prefix; int64_t closed_at; }; /* a full block, by all tokens up to its end */
struct live { GArray *text; int32_t id; };
struct slow { int64_t blocks, block, now; GPtrArray *known, *live; struct prefix_counters count; };

static void known_free(gpointer k) { g_array_unref(((struct known *)k)->prefix); g_free(k); }
static void live_free(gpointer l) { g_array_unref(((struct live *)l)->text); g_free(l); }

static bool begins_with(const GArray *text, const GArray *prefix)
{
    return text->len >= prefix->len && !memcmp(text->data, prefix->data, prefix->len * sizeof(int32_t));
}

static bool is_used(const struct slow *s, const struct known *k)
{
    for (guint i = 0; i < s->live->len; i++)
        if (begins_with(((struct live *)g_ptr_array_index(s->live, i))->text, k->prefix)) return true;
    return false;
}

static bool knows(const struct slow *s, const GArray *text, int64_t n)
{
    for (guint i = 0; i < s->known->len; i++) {
        const struct known *k = g_ptr_array_index(s->known, i);
        if (k->prefix->len == n && begins_with(text, k->prefix)) return true;
    }
    return false;
}

static int64_t slow_used(const struct slow *s)
{
    int64_t begun = 0;
    for (guint i = 0; i < s->live->len; i++)
        begun += ((struct live *)g_ptr_array_index(s->live, i))->text->len % s->block > 0;
    return s->known->len + begun;
}

static int64_t slow_idle(const struct slow *s)
{
    int64_t idle = 0;
    for (guint i = 0; i < s->known->len; i++) idle += !is_used(s, g_ptr_array_index(s->known, i));
    return idle;
}

static void slow_evict(struct slow *s)
{
    guint best = s->known->len;
    for (guint i = 0; i < s->known->len; i++) {
        const struct known *k = g_ptr_array_index(s->known, i);
        const struct known *b = best < s->known->len ? g_ptr_array_index(s->known, best) : NULL;
        if (is_used(s, k)) continue;
        bool deeper = b && k->closed_at == b->closed_at && k->prefix->len > b->prefix->len;
        if (!b || k->closed_at < b->closed_at || deeper) best = i;
    }
    g_assert_cmpint(best, <, s->known->len);
    g_ptr_array_remove_index(s->known, best);
    s->count.evictions++;
}

static void slow_learn(struct slow *s, const GArray *text)
{
    for (int64_t n = s->block; n <= text->len; n += s->block) {
        if (knows(s, text, n)) continue;
        struct known *k = g_new0(struct known, 1);
        k->prefix = g_array_new(FALSE, FALSE, sizeof(int32_t));
        g_array_append_vals(k->prefix, text->data, (guint)n);
        g_ptr_array_add(s->known, k);
    }
}

static int64_t slow_chain(const struct slow *s, const GArray *text)
{
    int64_t n = 0;
    while (n + s->block <= text->len && knows(s, text, n + s->block)) n += s->block;
    return n;
}

static int64_t slow_hit(const struct slow *s, const GArray *text)
{
    int64_t most = 0;
    while (most + s->block <= (int64_t)text->len - 1) most += s->block;
    return MIN(slow_chain(s, text), most);
}

/* Room for so many new blocks, or false; who is live already keeps what it uses. */
static bool slow_make_room(struct slow *s, int64_t used, int64_t needs)
{
    if (used - slow_idle(s) + needs > s->blocks) {
        s->count.refusals++;
        return false;
    }
    for (; used + needs > s->blocks; used--) slow_evict(s);
    return true;
}

static bool slow_open(struct slow *s, struct live *l)
{
    int64_t used = slow_used(s), hit = slow_hit(s, l->text), chain = slow_chain(s, l->text);
    int64_t needs = (l->text->len - chain + s->block - 1) / s->block;
    g_ptr_array_add(s->live, l);
    if (!slow_make_room(s, used, needs)) {
        g_ptr_array_set_free_func(s->live, NULL);
        g_ptr_array_remove_index(s->live, s->live->len - 1);
        g_ptr_array_set_free_func(s->live, live_free);
        return false;
    }
    slow_learn(s, l->text);
    s->count.queries++;
    s->count.queried_tokens += l->text->len;
    s->count.hit_tokens += hit;
    s->count.missed_tokens += l->text->len - hit;
    return true;
}

static bool slow_append(struct slow *s, struct live *l, const GArray *more)
{
    int64_t room = (s->block - l->text->len % s->block) % s->block;
    int64_t needs = more->len > room ? (more->len - room + s->block - 1) / s->block : 0;
    if (!slow_make_room(s, slow_used(s), needs)) return false;
    g_array_append_vals(l->text, more->data, more->len);
    slow_learn(s, l->text);
    return true;
}

static void slow_close(struct slow *s, guint i)
{
    g_autoptr(GArray) text = g_array_ref(((struct live *)g_ptr_array_index(s->live, i))->text);
    g_ptr_array_remove_index(s->live, i);
    s->now++;
    for (guint k = 0; k < s->known->len; k++) {
        struct known *known = g_ptr_array_index(s->known, k);
        if (begins_with(text, known->prefix) && !is_used(s, known)) known->closed_at = s->now;
    }
}

/* --- both --- */

static GArray *some_text(GRand *rand, int longest)
{
    GArray *text = g_array_new(FALSE, FALSE, sizeof(int32_t));
    for (int n = g_rand_int_range(rand, 1, longest + 1); n > 0; n--) {
        int32_t token = g_rand_int_range(rand, 0, 6) == 0;
        g_array_append_val(text, token);
    }
    return text;
}

static void look(const struct prefix *p, const struct slow *s)
{
    const struct prefix_counters *c = prefix_counters(p);
    g_assert_cmpstr(prefix_fault(p), ==, NULL);
    g_assert_cmpint(c->queries, ==, s->count.queries);
    g_assert_cmpint(c->queried_tokens, ==, s->count.queried_tokens);
    g_assert_cmpint(c->hit_tokens, ==, s->count.hit_tokens);
    g_assert_cmpint(c->missed_tokens, ==, s->count.missed_tokens);
    g_assert_cmpint(c->evictions, ==, s->count.evictions);
    g_assert_cmpint(c->refusals, ==, s->count.refusals);
    g_assert_cmpint(c->cached, ==, s->known->len);
    g_assert_cmpint(c->idle, ==, slow_idle(s));
    g_assert_cmpint(pages_counters(prefix_pages(p))->used, ==, slow_used(s));
}

static void act(struct prefix *p, struct slow *s, GRand *rand)
{
    int what = g_rand_int_range(rand, 0, 10);
    guint i = s->live->len ? (guint)g_rand_int_range(rand, 0, (int)s->live->len) : 0;
    if (!s->live->len || what < 4) {
        struct live *l = g_new0(struct live, 1);
        l->text = some_text(rand, 5 * (int)s->block);
        g_assert_cmpint(prefix_hit(p, (int32_t *)l->text->data, l->text->len), ==, slow_hit(s, l->text));
        l->id = prefix_open(p, (int32_t *)l->text->data, l->text->len);
        bool opened = slow_open(s, l);
        g_assert_true(opened == (l->id >= 0));
        if (!opened) live_free(l);
    } else if (what < 7) {
        struct live *l = g_ptr_array_index(s->live, i);
        g_autoptr(GArray) more = some_text(rand, 2 * (int)s->block);
        bool done = prefix_append(p, l->id, (int32_t *)more->data, more->len);
        g_assert_true(slow_append(s, l, more) == done);
    } else {
        prefix_close(p, ((struct live *)g_ptr_array_index(s->live, i))->id);
        slow_close(s, i);
    }
}

static void test_against_slow(gconstpointer hash)
{
    GRand *rand = g_rand_new_with_seed(SEED);
    int64_t hits = 0, evictions = 0, refusals = 0;
    for (int round = 0; round < ROUNDS; round++) {
        struct slow s = { g_rand_int_range(rand, 5, 40), g_rand_int_range(rand, 1, 6), 0,
                          g_ptr_array_new_with_free_func(known_free),
                          g_ptr_array_new_with_free_func(live_free), { 0 } };
        struct prefix *p = prefix_new(s.blocks, s.block, (prefix_hash *)hash);
        for (int step = 0; step < STEPS; step++) {
            act(p, &s, rand);
            look(p, &s);
        }
        hits += s.count.hit_tokens, evictions += s.count.evictions, refusals += s.count.refusals;
        prefix_free(p);
        g_ptr_array_unref(s.known);
        g_ptr_array_unref(s.live);
    }
    g_assert_cmpint(hits, >, 1000); /* the workload reaches what it should */
    g_assert_cmpint(evictions, >, 1000);
    g_assert_cmpint(refusals, >, 100);
    g_rand_free(rand);
}

/* A million blocks of 100,000 prompts that share a system prompt of 512 tokens; memory for half of them. */
static void test_many(void)
{
    enum { PROMPTS = 100000, SYSTEM = 512, OWN = 160 };
    int32_t prompt[SYSTEM + OWN];
    struct prefix *p = prefix_new(500000, 16, NULL);
    count_up(prompt, SYSTEM, 0);
    for (int i = 0; i < PROMPTS; i++) {
        count_up(prompt + SYSTEM, OWN, i);
        prompt[SYSTEM] = 1000000 + i;
        int32_t seq = prefix_open(p, prompt, SYSTEM + OWN);
        prefix_close(p, seq);
    }
    const struct prefix_counters *c = prefix_counters(p);
    g_assert_cmpint(c->hit_tokens, ==, (int64_t)(PROMPTS - 1) * SYSTEM);
    g_assert_cmpint(c->evictions, ==, SYSTEM / 16 + PROMPTS * OWN / 16 - 500000);
    g_assert_null(prefix_fault(p));
    prefix_free(p);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/prefix/known-numbers", test_known_numbers);
    g_test_add_func("/prefix/turns", test_turns);
    g_test_add_func("/prefix/eviction-order", test_eviction_order);
    g_test_add_func("/prefix/collisions", test_collisions);
    g_test_add_func("/prefix/bounds", test_bounds);
    g_test_add_data_func("/prefix/against-slow", NULL, test_against_slow);
    g_test_add_data_func("/prefix/against-slow/few-keys", few_keys, test_against_slow);
    g_test_add_data_func("/prefix/against-slow/one-key", one_key, test_against_slow);
    g_test_add_func("/prefix/many", test_many);
    return g_test_run();
}
