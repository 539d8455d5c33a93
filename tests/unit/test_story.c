/* scene/: chapters on an exact clock, holds that stop the action, moments that can be found. */
#include "run/frame.h"
#include "story_fixture.h"

#include <math.h>

static const char two_chapters[] =
    "video = { size = \"gif\"; fps = 30; };\n"
    "run = { prompt = \"Mia has a red kite. Tom has\"; steps = 2; };\n"
    "chapters = (\n"
    "  { view = \"prefill\"; hold = 1.0; cues = ( { text = \"{prompt.tokens} tokens.\"; },\n"
    "      { on = \"keys\"; text = \"Keys.\"; hold = 2.0; name = \"here\"; }, { at = \"3\"; hold = 0.5; } ); },\n"
    "  { view = \"decode\"; name = \"Steps\"; pace = 2.0; hold = 0; }\n"
    ");\n";

static void test_holds(void)
{
    struct story *s = open_text(two_chapters);
    const struct chapter *c = &s->chapters[0];
    double keys = c->cues[1].at;
    int64_t reached = llround(keys * 1e6);
    g_assert_cmpint(c->lead_us, ==, 0);
    g_assert_cmpint(c->cues[1].start_us, ==, reached);
    g_assert_cmpfloat(chapter_action_at(c, reached), ==, keys);
    g_assert_cmpfloat(chapter_action_at(c, reached + 1999999), ==, keys); /* two seconds of rest */
    g_assert_true(fabs(chapter_action_at(c, reached + 2100000) - (keys + 0.1)) < 1e-9);
    g_assert_cmpint(chapter_time_of(c, 3), ==, 3000000 + 2000000);
    g_assert_cmpfloat(chapter_action_at(c, c->length_us), ==, c->action);
    g_assert_cmpint(c->length_us, ==, llround(c->action * 1e6) + 2500000 + 1000000);
    story_free(s);
}

static void test_chapters_follow(void)
{
    struct story *s = open_text(two_chapters);
    const struct chapter *a = &s->chapters[0], *b = &s->chapters[1];
    g_assert_cmpint(b->start_us, ==, a->length_us);
    g_assert_cmpint(b->lead_us, >, 0);
    g_assert_cmpint(b->length_us, ==, b->lead_us + llround(b->action * 1e6 / 2));
    g_assert_true(story_chapter_at(s, a->length_us - 1) == a && story_chapter_at(s, a->length_us) == b);
    g_assert_cmpint(s->length_us, ==, b->start_us + b->length_us);
    struct take take = { 640, 360, { 30, 1 }, NULL, true };
    g_assert_cmpint(take_chapter_frame(s, &take, 1), ==, rate_frame_at(take.fps, b->start_us));
    g_assert_cmpint(take_frames(s, &take), ==, rate_frame_at(take.fps, s->length_us));
    story_free(s);
}

static int64_t time_of(const struct story *s, const char *text)
{
    int64_t us = -1;
    g_autofree char *why = NULL;
    g_assert_true(story_find_time(s, text, &us, &why));
    return us;
}

static void test_find_time(void)
{
    struct story *s = open_text(two_chapters);
    const struct chapter *a = &s->chapters[0], *b = &s->chapters[1];
    g_autofree char *why = NULL;
    int64_t us;
    g_assert_cmpint(time_of(s, "1.25"), ==, 1250000);
    g_assert_cmpint(time_of(s, "0:02"), ==, 2000000);
    g_assert_cmpint(time_of(s, "prefill/here"), ==, a->cues[1].start_us + 450000);
    g_assert_cmpint(time_of(s, "steps/end"), ==, b->start_us + chapter_time_of(b, b->action));
    g_assert_cmpint(time_of(s, "here"), ==, a->cues[1].start_us + 450000);
    g_assert_cmpint(time_of(s, "decode"), ==, b->start_us + b->length_us - 1000);
    g_assert_false(story_find_time(s, "steps/nowhere", &us, &why));
    g_assert_nonnull(strstr(why, "moments of Steps are: step 1"));
    g_clear_pointer(&why, g_free);
    g_assert_false(story_find_time(s, "999", &us, &why));
    story_free(s);
}

/* A chapter's length may be fixed: the rest after its action fills it. */
static void test_seconds(void)
{
    struct story *s = open_text("chapters = ( { view = \"prefill\"; seconds = \"20\"; } );");
    g_assert_cmpint(s->length_us, ==, 20000000);
    g_assert_cmpfloat(chapter_action_at(&s->chapters[0], 19000000), ==, s->chapters[0].action);
    story_free(s);
}

/* A chapter's own keys and its view's stand in one group, so no view may take a chapter's name for its own. */
static void test_no_key_twice(void)
{
    for (const struct view *const *v = views; *v; v++)
        for (const struct row *r = (*v)->rows; r->kind != ROW_KIND_END; r++)
            for (const struct row *c = chapter_rows; c->kind != ROW_KIND_END; c++)
                g_assert_cmpstr(r->key, !=, c->key);
}

/* At the cue 6 chats of 64K are there; then the context grows on, and the cue's words are no longer true. */
static void test_words_stand_while_true(void)
{
    struct story *s = open_text("chapters = ( { view = \"memory\"; title = \"The claim\"; stops = [\"64K\", \"128K\"];\n"
                                "  cues = ( { text = \"Every token adds {mem.kv_per_token}.\"; },\n"
                                "           { on = \"64K\"; text = \"{mem.total} now.\"; title = \"At {mem.context}\"; hold = 0.5; } ); } );\n");
    const struct chapter *c = &s->chapters[0];
    int64_t cue = c->cues[1].start_us, grows = cue + c->cues[1].hold_us;
    g_assert_cmpint(c->n_captions, ==, 2);
    g_assert_cmpint(c->captions[0].to_us, ==, cue); /* always true: it stands until the next */
    g_assert_cmpint(c->captions[1].from_us, ==, cue);
    g_assert_cmpint(c->captions[1].to_us, ==, MAX(grows, cue + words_caption_us("63.0 GiB now."))); /* it can be read */
    g_assert_cmpint(c->captions[1].to_us, <, c->length_us);
    g_assert_cmpint(c->n_titles, ==, 3);
    g_assert_cmpint(c->titles[1].to_us, ==, c->titles[2].from_us);
    g_assert_cmpstr(c->titles[2].text, ==, "The claim"); /* the chapter's own comes back */
    g_assert_cmpint(c->titles[2].to_us, ==, c->length_us);
    story_free(s);
}

/* A compare chapter alone shows the scene's run where it has one, as it does beside chapters that need it. */
static void test_run_of_a_chapter_that_uses_it(void)
{
    static const char run[] = "run = { model = \"seeded\"; prompt = \"Ana has the\"; steps = 2; };\n",
                      passes[] = "{ view = \"compare\"; read = \"passes\"; }", prefill[] = "{ view = \"prefill\"; }";
    g_autofree char *alone = g_strdup_printf("%schapters = ( %s );", run, passes),
                    *beside = g_strdup_printf("%schapters = ( %s, %s );", run, prefill, passes);
    const char *const texts[] = { alone, beside };
    for (int i = 0; i < 2; i++) {
        struct story *s = open_text(texts[i]);
        struct facts *f = facts_new();
        const struct chapter *c = &s->chapters[i];
        c->view->facts(c->sim, c->action, f);
        g_assert_nonnull(s->trace);
        g_assert_cmpstr(facts_at(f, facts_find(f, "cost.model"))->word, ==, "seeded");
        g_assert_cmpint(facts_at(f, facts_find(f, "cost.steps"))->i, ==, 2);
        facts_free(f);
        story_free(s);
    }
}

/* Without a run nothing is run for it, and it counts a shape. */
static void test_no_run_of_a_chapter_that_uses_it(void)
{
    struct story *s = open_text("chapters = ( { view = \"compare\"; steps = 4; } );");
    struct facts *f = facts_new();
    g_assert_null(s->trace);
    s->chapters[0].view->facts(s->chapters[0].sim, 0, f);
    g_assert_cmpstr(facts_at(f, facts_find(f, "cost.model"))->word, !=, "tale");
    facts_free(f);
    story_free(s);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/story/holds", test_holds);
    g_test_add_func("/story/chapters-follow", test_chapters_follow);
    g_test_add_func("/story/find-time", test_find_time);
    g_test_add_func("/story/seconds", test_seconds);
    g_test_add_func("/story/no-key-twice", test_no_key_twice);
    g_test_add_func("/story/words stand while they are true", test_words_stand_while_true);
    g_test_add_func("/story/run of a chapter that uses it", test_run_of_a_chapter_that_uses_it);
    g_test_add_func("/story/no run of a chapter that uses it", test_no_run_of_a_chapter_that_uses_it);
    return g_test_run();
}
