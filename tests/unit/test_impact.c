/* scene/impact: entries and scenes under two catalogs, held against the books of facts themselves. */
#include "scene/catalog.h"
#include "scene/impact.h"

#include <string.h>

#define SCENE "chapters = (\n" \
    "{ view = \"memory\"; name = \"Small\"; title = \"{device.name} has {mem.capacity}\";\n" \
    "  model = \"llama-3.1-8b\"; device = \"h100-sxm\"; sequences = 6; stops = [\"64K\", \"full\"];\n" \
    "  cues = ( { text = \"{mem.weights} stay.\"; }, { on = \"full\"; text = \"Full at {mem.context}.\"; hold = 1.0; },\n" \
    "           { at = 1.5; text = \"{mem.context:plain} tokens\"; } ); },\n" \
    "{ view = \"memory\"; name = \"Small\"; model = \"qwen2.5-7b\"; device = \"a100-80gb\";\n" \
    "  sequences = 2; stops = [\"8K\"]; } );\n"

static struct catalog *read_data(void)
{
    struct diags *d = diags_new();
    struct catalog *c = catalog_read("data", d);
    g_assert_cmpuint(diags_count(d), ==, 0);
    diags_free(d);
    return c;
}

static struct model *model_of(struct catalog *c, const char *id) { return (struct model *)catalog_model(c, id); }
static struct device *device_of(struct catalog *c, const char *id) { return (struct device *)catalog_device(c, id); }

static struct story *open_with(const struct catalog *c)
{
    static const char *const none[] = { NULL };
    struct story_options options = { .text = SCENE, .home = ".", .sink_keys = none, .catalog = c };
    struct diags *d = diags_new();
    struct story *s = story_open("test.cfg", &options, d);
    g_autoptr(GString) said = g_string_new(NULL);
    diags_print(d, said);
    g_assert_cmpstr(said->str, ==, "");
    diags_free(d);
    return s;
}

/* Both catalogs and both stories of a test; change `now` before open_both. */
struct both {
    struct catalog *old, *now;
    struct story *old_story, *now_story;
    GPtrArray *chapters;
    struct impact_sum sum;
};

static struct both both_new(void) { return (struct both){ .old = read_data(), .now = read_data() }; }

static void open_both(struct both *b)
{
    b->old_story = open_with(b->old);
    b->now_story = open_with(b->now);
    b->chapters = impact_chapters(b->old_story, b->now_story, &b->sum);
}

static void both_clear(struct both *b)
{
    g_ptr_array_free(b->chapters, TRUE);
    story_free(b->old_story);
    story_free(b->now_story);
    catalog_free(b->old);
    catalog_free(b->now);
}

/* NULL: any id, any moment. */
static const struct impact_change *find_change(const struct impact_chapter *c, enum impact_kind kind, const char *id,
                                               const char *moment)
{
    for (guint i = 0; i < c->changes->len; i++) {
        const struct impact_change *change = g_ptr_array_index(c->changes, i);
        if (change->kind != kind || (id && strcmp(change->id, id))) continue;
        if (!moment) return change;
        for (guint k = 0; k < change->at->len; k++)
            if (!strcmp(g_ptr_array_index(c->moments, g_array_index(change->at, int, k)), moment)) return change;
    }
    return NULL;
}

static void set_text(char **field, const char *text)
{
    g_free(*field);
    *field = g_strdup(text);
}

static void test_entries(void)
{
    struct both b = both_new();
    GPtrArray *same = impact_entries(b.old, b.now);
    g_assert_cmpuint(same->len, ==, 0);
    g_ptr_array_free(same, TRUE);
    model_of(b.now, "llama-3.1-8b")->kv_heads = 4;
    model_of(b.now, "qwen2.5-7b")->intermediate = 0;
    device_of(b.now, "h100-sxm")->capacity_bytes = (int64_t)94 << 30;
    set_text(&device_of(b.now, "a100-80gb")->id, "a100-new");
    GPtrArray *entries = impact_entries(b.old, b.now);
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < entries->len; i++) {
        const struct impact_entry *e = g_ptr_array_index(entries, i);
        g_string_append_printf(text, "%s %s %d%d %s %s %s\n", e->device ? "device" : "model", e->id, e->before, e->after,
                               e->key ? e->key : "-", e->old ? e->old : "-", e->now ? e->now : "-");
    }
    g_assert_cmpstr(text->str, ==,
                    "model llama-3.1-8b 11 kv_heads 8 4\nmodel qwen2.5-7b 11 intermediate 18944 -\n"
                    "device a100-80gb 10 - - -\n"
                    "device h100-sxm 11 capacity \"80 GiB\" \"94 GiB\"\ndevice a100-new 01 - - -\n");
    g_ptr_array_free(entries, TRUE);
    catalog_free(b.old);
    catalog_free(b.now);
}

static void give_stream(struct model *m, const char *name, int64_t span)
{
    struct stream *s = g_new0(struct stream, 1);
    s->name = g_strdup(name);
    s->layers = 32;
    s->span = span;
    m->caches = (struct list){ s, 1 };
}

/* A list inside an entry: as a whole where it is new, by its keys where both have it. */
static void test_lists_in_entries(void)
{
    struct both b = both_new();
    give_stream(model_of(b.now, "llama-3.1-8b"), "all", 0);
    give_stream(model_of(b.old, "qwen2.5-7b"), "near", 4096);
    give_stream(model_of(b.now, "qwen2.5-7b"), "near", 1024);
    GPtrArray *entries = impact_entries(b.old, b.now);
    g_assert_cmpuint(entries->len, ==, 2);
    const struct impact_entry *whole = g_ptr_array_index(entries, 0), *part = g_ptr_array_index(entries, 1);
    g_assert_cmpstr(whole->key, ==, "caches");
    g_assert_null(whole->old);
    g_assert_cmpstr(whole->now, ==, "( { name = \"all\"; layers = 32; } )");
    g_assert_cmpstr(part->key, ==, "caches[1].span");
    g_assert_cmpstr(part->old, ==, "4096");
    g_assert_cmpstr(part->now, ==, "1024");
    g_ptr_array_free(entries, TRUE);
    catalog_free(b.old);
    catalog_free(b.now);
}

static void test_nothing_changes(void)
{
    struct both b = both_new();
    open_both(&b);
    g_assert_cmpuint(b.chapters->len, ==, 0);
    g_assert_cmpint(b.sum.facts, >, 100);
    g_assert_cmpint(b.sum.sources, ==, 0);
    g_assert_cmpint(b.sum.old_us, ==, b.sum.now_us);
    both_clear(&b);
}

static void test_larger_device(void)
{
    struct both b = both_new();
    device_of(b.now, "h100-sxm")->capacity_bytes = (int64_t)94 << 30;
    open_both(&b);
    g_assert_cmpuint(b.chapters->len, ==, 1);
    const struct impact_chapter *c = g_ptr_array_index(b.chapters, 0);
    const struct impact_change *capacity = find_change(c, IMPACT_FACT, "mem.capacity", NULL);
    g_assert_cmpstr(capacity->old, ==, "80.0 GiB");
    g_assert_cmpstr(capacity->now, ==, "94.0 GiB");
    g_assert_true(impact_always(c, capacity) && capacity->said && capacity->seen);
    const struct impact_change *time = find_change(c, IMPACT_TIME, NULL, "Small/full");
    g_assert_nonnull(time);
    double old_at, now_at;
    const struct chapter *old = &b.old_story->chapters[0], *now = &b.now_story->chapters[0];
    g_assert_true(chapter_find_moment(old, "full", &old_at) && chapter_find_moment(now, "full", &now_at));
    g_assert_cmpfloat(old_at, <, now_at);
    g_assert_cmpstr(find_change(c, IMPACT_TITLE, NULL, "Small/start")->now, ==, "H100 has 94.0 GiB");
    g_assert_true(g_str_has_prefix(find_change(c, IMPACT_CAPTION, NULL, "Small/full")->now, "Full at "));
    g_assert_nonnull(find_change(c, IMPACT_LENGTH, NULL, NULL));
    g_assert_cmpint(b.sum.now_us - b.sum.old_us, ==, now->length_us - old->length_us);
    for (guint i = 0; i < c->moments->len; i++) { /* what is named can be asked for */
        int64_t us;
        g_autofree char *why = NULL;
        g_assert_true(story_find_time(b.now_story, g_ptr_array_index(c->moments, i), &us, &why));
    }
    both_clear(&b);
}

static void test_second_chapter_of_a_name(void)
{
    struct both b = both_new();
    device_of(b.now, "a100-80gb")->capacity_bytes = (int64_t)40 << 30;
    open_both(&b);
    g_assert_cmpuint(b.chapters->len, ==, 1);
    const struct impact_chapter *c = g_ptr_array_index(b.chapters, 0);
    g_assert_cmpint(c->number, ==, 2);
    g_assert_nonnull(find_change(c, IMPACT_FACT, "mem.capacity", "2/8K"));
    both_clear(&b);
}

static void test_below_what_is_shown(void)
{
    struct both b = both_new();
    model_of(b.now, "llama-3.1-8b")->params_total++;
    open_both(&b);
    const struct impact_chapter *c = g_ptr_array_index(b.chapters, 0);
    const struct impact_change *weights = find_change(c, IMPACT_FACT, "mem.weights", NULL);
    g_assert_false(weights->seen);
    g_assert_cmpstr(weights->old, ==, weights->now);
    g_assert_cmpstr(weights->old_exact, ==, "16,060,522,496 B");
    g_assert_cmpstr(weights->now_exact, ==, "16,060,522,498 B");
    g_assert_null(find_change(c, IMPACT_CAPTION, NULL, NULL));
    both_clear(&b);
}

static void test_sources_are_no_numbers(void)
{
    struct both b = both_new();
    set_text(&device_of(b.now, "h100-sxm")->source, "another page");
    open_both(&b);
    g_assert_cmpuint(b.chapters->len, ==, 0);
    g_assert_cmpint(b.sum.sources, >, 0);
    both_clear(&b);
}

static void test_unknown_is_told(void)
{
    struct both b = both_new();
    device_of(b.now, "h100-sxm")->cores = 0;
    open_both(&b);
    const struct impact_chapter *c = g_ptr_array_index(b.chapters, 0);
    const struct impact_change *cores = find_change(c, IMPACT_FACT, "device.cores", NULL);
    g_assert_cmpstr(cores->old, ==, "132");
    g_assert_cmpstr(cores->now, ==, "n/a");
    both_clear(&b);
}

/* Every fact of every moment that both have, counted one by one, is found in the changes and nothing else is. */
static int differing_facts(const struct both *b, int chapter)
{
    const struct chapter *x = &b->old_story->chapters[chapter], *y = &b->now_story->chapters[chapter];
    struct facts *f = facts_new(), *g = facts_new();
    g_autofree const char **names = chapter_moment_names(y);
    int n = 0;
    for (const char **m = names; *m; m++) {
        double at, now_at;
        char p[FACT_EXACT_SIZE], q[FACT_EXACT_SIZE];
        if (!chapter_find_moment(x, *m, &at) || !chapter_find_moment(y, *m, &now_at)) continue;
        facts_reset(f);
        facts_reset(g);
        x->view->facts(x->sim, at, f);
        y->view->facts(y->sim, now_at, g);
        for (int i = 0; i < facts_count(f); i++) {
            if (facts_at(f, i)->unseen) continue; /* no caption here says one */
            int k = facts_find(g, facts_at(f, i)->id);
            n += k < 0 || strcmp(facts_exact(f, i, p, sizeof p), facts_exact(g, k, q, sizeof q));
        }
        for (int k = 0; k < facts_count(g); k++)
            n += !facts_at(g, k)->unseen && facts_find(f, facts_at(g, k)->id) < 0;
    }
    facts_free(f);
    facts_free(g);
    return n;
}

static int told_facts(const struct both *b, int chapter)
{
    int n = 0;
    for (guint i = 0; i < b->chapters->len; i++) {
        const struct impact_chapter *c = g_ptr_array_index(b->chapters, i);
        for (guint k = 0; c->number == chapter + 1 && k < c->changes->len; k++) {
            const struct impact_change *change = g_ptr_array_index(c->changes, k);
            for (guint m = 0; change->kind == IMPACT_FACT && m < change->at->len; m++) /* named moments alone */
                n += strchr(g_ptr_array_index(c->moments, g_array_index(change->at, int, m)), '/') != NULL;
        }
    }
    return n;
}

static void test_random_changes(void)
{
    GRand *r = g_rand_new_with_seed(44);
    for (int i = 0; i < 60; i++) {
        struct both b = both_new();
        struct model *m = model_of(b.now, g_rand_boolean(r) ? "llama-3.1-8b" : "qwen2.5-7b");
        struct device *d = device_of(b.now, g_rand_boolean(r) ? "h100-sxm" : "a100-80gb");
        if (g_rand_boolean(r)) m->layers = m->full_layers = g_rand_int_range(r, 16, 64);
        if (g_rand_boolean(r)) m->kv_heads = 1 << g_rand_int_range(r, 0, 4);
        if (g_rand_boolean(r)) d->capacity_bytes = (int64_t)g_rand_int_range(r, 60, 140) << 30;
        if (g_rand_boolean(r)) d->cores = g_rand_int_range(r, 0, 200);
        open_both(&b);
        for (int chapter = 0; chapter < 2; chapter++)
            g_assert_cmpint(told_facts(&b, chapter), ==, differing_facts(&b, chapter));
        both_clear(&b);
    }
    g_rand_free(r);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/impact/entries", test_entries);
    g_test_add_func("/impact/lists", test_lists_in_entries);
    g_test_add_func("/impact/nothing", test_nothing_changes);
    g_test_add_func("/impact/larger-device", test_larger_device);
    g_test_add_func("/impact/second-chapter", test_second_chapter_of_a_name);
    g_test_add_func("/impact/below", test_below_what_is_shown);
    g_test_add_func("/impact/sources", test_sources_are_no_numbers);
    g_test_add_func("/impact/unknown", test_unknown_is_told);
    g_test_add_func("/impact/random", test_random_changes);
    return g_test_run();
}
