/* A frame is a function of its number: drawn cold or in sequence, with damage or whole, it is the same. And goldens of
 * display lists, which need no font: every view at one telling moment, in the small plan. */
#include "paint/paint.h"
#include "run/frame.h"
#include "story_fixture.h"

#include <string.h>

static const char film[] =
    "video = { size = \"gif\"; };\n"
    "run = { prompt = \"Mia has a red kite. Tom has\"; steps = 3; };\n"
    "chapters = (\n"
    "  { view = \"prefill\"; title = \"Prefill reads the whole prompt\"; cues = ( { text = \"{prompt.tokens} tokens.\"; }, { on = \"scores\"; text = \"{pass.scores} scores.\"; hold = 1.0; } ); },\n"
    "  { view = \"decode\"; title = \"Decode computes only the new token\"; cues = ( { text = \"{cache.columns_now} columns.\"; } ); },\n"
    "  { view = \"compare\"; title = \"Without a cache, every step repeats the past\"; },\n"
    "  { view = \"memory\"; title = \"Chats fill the memory\"; stops = [\"64K\", \"128K\"]; cues = ( { text = \"{mem.total} of {mem.capacity}.\"; } ); }\n"
    ");\n";

/* Frames in sequence against frames by themselves: the list and every pixel. */
static void compare_frames(struct take take)
{
    struct story *s = open_text(film);
    struct style *style = open_style("midnight");
    take.style = style;
    g_autoptr(GError) error = NULL;
    struct fonts *fonts = fonts_open(style, &error);
    g_assert_no_error(error);
    struct framer *goes_on = framer_new(s, &take, fonts_measurer(fonts));
    struct painter *painter = painter_new(fonts, take.width, take.height), *whole = painter_new(fonts, take.width, take.height);
    size_t bytes = 4 * (size_t)take.width * (size_t)take.height;
    int64_t repeats = 0, n = take_frames(s, &take);
    for (int64_t i = 0; i < n; i++) {
        struct framer *cold = framer_new(s, &take, fonts_measurer(fonts));
        const struct dl *list = framer_draw(goes_on, i);
        g_assert_true(dl_equal(list, framer_draw(cold, i)));
        repeats += painter_paint(painter, list)->tiles_changed == 0;
        painter_forget(whole);
        painter_paint(whole, list);
        g_assert_cmpmem(painter_pixels(painter), bytes, painter_pixels(whole), bytes);
        framer_free(cold);
    }
    if (take.fps.num > 10 * take.fps.den) g_assert_cmpint(repeats, >, n / 10); /* holds are holds; the rail moves four times a second */
    painter_free(painter);
    painter_free(whole);
    framer_free(goes_on);
    fonts_free(fonts);
    style_free(style);
    story_free(s);
}

static void test_small(void) { compare_frames((struct take){ 640, 360, { 12, 1 }, NULL, true }); }
static void test_wide(void) { compare_frames((struct take){ 1920, 1080, { 3, 2 }, NULL, true }); }
static void test_tall(void) { compare_frames((struct take){ 540, 960, { 3, 1 }, NULL, true }); }

/* Frames drawn backwards are those drawn forwards. */
static void test_backwards(void)
{
    struct story *s = open_text(film);
    struct style *style = open_style("paper");
    struct take take = { 640, 360, { 2, 1 }, style, true };
    struct framer *f = framer_new(s, &take, &measurer_fake);
    int64_t n = take_frames(s, &take);
    g_autofree uint64_t *forward = g_new(uint64_t, n);
    for (int64_t i = 0; i < n; i++) forward[i] = dl_hash(framer_draw(f, i));
    for (int64_t i = n - 1; i >= 0; i--) g_assert_cmpuint(dl_hash(framer_draw(f, i)), ==, forward[i]);
    framer_free(f);
    style_free(style);
    story_free(s);
}

static void compare_golden(const char *name, const char *text)
{
    g_autofree char *path = g_strdup_printf("tests/lists/%s.txt", name), *want = NULL;
    g_autoptr(GError) error = NULL;
    if (!g_strcmp0(g_getenv("KVREEL_GOLDEN"), "write")) g_file_set_contents(path, text, -1, &error);
    g_assert_no_error(error);
    g_file_get_contents(path, &want, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(text, ==, want);
}

static void test_lists(void)
{
    static const char *const moments[][2] = {
        { "prefill/scores", "prefill-scores" }, { "decode/step 1 next", "decode-step-1-next" },
        { "compare/all", "compare-all" }, { "memory/128K", "memory-128K" },
    };
    struct story *s = open_text(film);
    struct style *style = open_style("midnight");
    struct take take = { 640, 360, { 25, 2 }, style, true };
    struct framer *f = framer_new(s, &take, &measurer_fake);
    for (size_t i = 0; i < G_N_ELEMENTS(moments); i++) {
        int64_t us;
        g_autofree char *why = NULL;
        g_autoptr(GString) text = g_string_new(NULL);
        g_assert_true(story_find_time(s, moments[i][0], &us, &why));
        dl_dump(framer_draw_at(f, us, NULL), text);
        compare_golden(moments[i][1], text->str);
    }
    framer_free(f);
    style_free(style);
    story_free(s);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/frames/small", test_small);
    g_test_add_func("/frames/wide", test_wide);
    g_test_add_func("/frames/tall", test_tall);
    g_test_add_func("/frames/backwards", test_backwards);
    g_test_add_func("/frames/lists", test_lists);
    return g_test_run();
}
