/* Contact sheets: the moments that are chosen, the moves that are cut, exact reduction, layout, and the same bytes. */
#include "paint/paint.h"
#include "paint/reduce.h"
#include "sheet/lines.h"
#include "sheet/moves.h"
#include "sheet/sheet.h"
#include "sheet/shots.h"
#include "story_fixture.h"

#include <math.h>
#include <string.h>

static const char film[] =
    "title = \"Film\";\n"
    "video = { size = \"640x360\"; fps = 25; };\n"
    "run = { prompt = \"Mia has a red kite. Tom has\"; steps = 2; };\n"
    "chapters = (\n"
    "  { view = \"prefill\"; title = \"Prefill\"; hold = 1.0; cues = ( { text = \"One {prompt.tokens}.\"; },\n"
    "    { on = \"keys\"; text = \"Two.\"; hold = 1.5; }, { on = \"keys\"; title = \"Two too\"; }, { on = \"scores\"; text = \"Three.\"; hold = 0.1; } ); },\n"
    "  { view = \"decode\"; title = \"Decode\"; cues = ( { text = \"Four.\"; hold = 1.0; }, { on = \"step 1 keys\"; text = \"Five {trace.layers}.\"; } ); },\n"
    "  { view = \"memory\"; title = \"Memory\"; stops = [\"64K\", \"128K\"]; }\n"
    ");\n";

struct set { struct story *story; struct style *style; struct take take; struct framer *bare, *framer; };

static struct set open_set(int width, int height)
{
    struct set s = { open_text(film), open_style("midnight") };
    s.take = (struct take){ width, height, { 25, 1 }, s.style, true };
    struct take without_rail = s.take;
    without_rail.rail = false;
    s.bare = framer_new(s.story, &without_rail, &measurer_fake);
    s.framer = framer_new(s.story, &s.take, &measurer_fake);
    return s;
}

static void close_set(struct set *s)
{
    framer_free(s->bare);
    framer_free(s->framer);
    style_free(s->style);
    story_free(s->story);
}

/* --- moments ------------------------------------------------------------------------------------------------------------ */

static const struct shot *shot_at(const GArray *shots, guint i) { return &g_array_index(shots, struct shot, i); }

static void test_one_shot_a_cue(void)
{
    static const char *const captions[] = { "One {prompt.tokens}.", "Two.", "Three.", NULL, "Four.", "Five {trace.layers}.", NULL };
    struct set s = open_set(640, 360);
    g_autoptr(GArray) shots = shots_of(s.story, s.bare);
    g_assert_cmpuint(shots->len, ==, G_N_ELEMENTS(captions));
    for (guint i = 0; i < shots->len; i++) {
        const struct shot *shot = shot_at(shots, i);
        g_assert_cmpstr(shot->caption, ==, captions[i]);
        g_assert_cmpint(shot->us, >=, shot->from_us);
        g_assert_cmpint(shot->us, <, shot->to_us);
        if (i) g_assert_cmpint(shot->us, >, shot_at(shots, i - 1)->us);
        g_assert_true(story_chapter_at(s.story, shot->us) == &s.story->chapters[shot->chapter]);
    }
    g_assert_cmpstr(shot_at(shots, 1)->title, ==, "Two too"); /* two cues of one moment are one */
    g_assert_cmpstr(shot_at(shots, 3)->name, ==, "last pose");
    g_assert_cmpint(shot_at(shots, 6)->cue, ==, -1); /* a chapter without cues shows its last pose */
    close_set(&s);
}

/* The caption of a list: its text, and how far it has come in. */
static const struct dl_op *caption_of(const struct dl *list)
{
    for (guint i = 0; i < list->ops->len; i++) {
        const struct dl_op *op = dl_op_at(list, i);
        if (op->kind == DL_TEXT && !strcmp(dl_string(list, op->name), "caption")) return op;
    }
    return NULL;
}

static void test_words_are_in(void)
{
    static const char *const begins[] = { "One", "Two.", "Three.", "Three.", "Four.", "Five" };
    struct set s = open_set(640, 360);
    g_autoptr(GArray) shots = shots_of(s.story, s.bare);
    for (guint i = 0; i < G_N_ELEMENTS(begins); i++) {
        const struct dl *list = framer_draw_at(s.framer, shot_at(shots, i)->us, NULL);
        const struct dl_op *caption = caption_of(list);
        g_assert_nonnull(caption);
        g_assert_true(g_str_has_prefix(dl_string(list, caption->text.text), begins[i]));
        g_assert_cmpuint(caption->text.color.a, ==, 255);
    }
    close_set(&s);
}

/* Where the action rests at a cue, the cue's own picture is shown, and not one on the way to the next. */
static void test_rests_are_shown(void)
{
    struct set s = open_set(640, 360);
    g_autoptr(GArray) shots = shots_of(s.story, s.bare);
    const struct shot *two = shot_at(shots, 1), *three = shot_at(shots, 2);
    const struct chapter *c = &s.story->chapters[0];
    g_assert_cmpfloat(chapter_action_at(c, two->us - c->start_us), ==, c->cues[1].at);
    g_assert_cmpint(three->us - three->from_us, ==, 449000); /* held for less than its words take to come in */
    close_set(&s);
}

/* --- moves ---------------------------------------------------------------------------------------------------------------- */

static void test_moves(void)
{
    struct set s = open_set(640, 360);
    for (int k = 0; k < s.story->n_chapters; k++) {
        g_autoptr(GArray) moves = moves_of(s.story, &s.take, k, s.bare);
        int64_t first = take_chapter_frame(s.story, &s.take, k), end = take_chapter_frame(s.story, &s.take, k + 1), changes = 0;
        uint64_t last = dl_hash(framer_draw(s.bare, first));
        for (guint i = 0; i < moves->len; i++) {
            const struct move *m = &g_array_index(moves, struct move, i);
            g_assert_cmpint(m->first, >=, i ? m[-1].end - 1 : first);
            g_assert_cmpint(m->end, <=, end);
            g_assert_cmpint((m->end - m->first + m->step - 1) / m->step, <=, 24);
            if (m->end - m->first >= 12) g_assert_cmpint((m->end - m->first + m->step - 1) / m->step, >=, 12);
        }
        /* What changes, changes in a move. */
        for (int64_t n = first + 1; n < end; n++) {
            uint64_t now = dl_hash(framer_draw(s.bare, n));
            bool inside = false;
            for (guint i = 0; i < moves->len; i++) {
                const struct move *m = &g_array_index(moves, struct move, i);
                inside |= n >= m->first && n < m->end;
            }
            changes += now != last;
            if (now != last) g_assert_true(inside);
            last = now;
        }
        g_assert_cmpint(changes, >, 20);
        g_assert_cmpstr(g_array_index(moves, struct move, 0).name, ==, k ? "transition" : "input");
    }
    close_set(&s);
}

static void assert_unknown(const struct story *story, const char *text, const char *says)
{
    int chapter;
    double at;
    char *why;
    g_assert_false(moves_find(story, text, &chapter, &at, &why));
    g_assert_nonnull(strstr(why, says));
    g_free(why);
}

static void test_finding_moves(void)
{
    static const struct { const char *text; int chapter; const char *name; } known[] = {
        { "decode/step 1 keys", 1, "step 1 keys" }, { "2/TRANSITION", 1, "transition" }, { "1/keys", 0, "keys" }, { "Memory/128K", 2, "128K" },
    };
    struct set s = open_set(640, 360);
    int chapter;
    double at;
    char *why;
    for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
        g_assert_true(moves_find(s.story, known[i].text, &chapter, &at, &why));
        g_assert_cmpint(chapter, ==, known[i].chapter);
        g_autoptr(GArray) moves = moves_of(s.story, &s.take, chapter, s.bare);
        g_assert_cmpstr(g_array_index(moves, struct move, moves_reaching(moves, at)).name, ==, known[i].name);
    }
    g_assert_true(moves_find(s.story, "3", &chapter, &at, &why));
    g_assert_true(chapter == 2 && isnan(at));
    assert_unknown(s.story, "4", "there is no chapter \"4\", the chapters are: 1 Prefill, 2 Decode, 3 Memory");
    assert_unknown(s.story, "0", "no chapter");
    assert_unknown(s.story, "", "no chapter");
    assert_unknown(s.story, "prefil", "did you mean \"Prefill\"?");
    assert_unknown(s.story, "prefill/transition", "no moment \"transition\""); /* nothing leads into the first chapter */
    close_set(&s);
}

static void assert_unknown_time(const struct story *story, const char *text, const char *says)
{
    int64_t us;
    char *why;
    g_assert_false(story_find_time(story, text, &us, &why));
    g_assert_nonnull(strstr(why, says));
    g_free(why);
}

/* A moment that the view names twice, or a cue that is named like one, is listed once and where it comes first in time. */
static void test_names_once(void)
{
    struct story *story = open_text("chapters = ( { view = \"memory\"; from = \"4K\"; to = \"128K\"; stops = [\"64K\", \"128K\"];"
                                    "  cues = ( { on = \"64K\"; text = \"A\"; }, { at = 1.0; name = \"early\"; text = \"B\"; } ); },"
                                    "  { view = \"memory\"; stops = [\"64K\"]; } );");
    int chapter;
    double at;
    char *why;
    assert_unknown(story, "1/xyzzyx", "Memory has no moment \"xyzzyx\", its moments are: start, early, 64K, warn, full, 128K, limit, end");
    assert_unknown(story, "memory/xyzzyx", "limit, end; chapter 2 has that name, too: write 2/start");
    g_assert_true(moves_find(story, "2/64K", &chapter, &at, &why) && chapter == 1);
    int64_t us;
    assert_unknown_time(story, "memory/xyzzyx", "start, early, 64K, warn, full, 128K, limit, end; chapter 2 has that name, too: write 2/start");
    assert_unknown_time(story, "xyzzyx", "a chapter (1 Memory, 2 Memory)");
    assert_unknown_time(story, "3/64K", "write seconds");
    g_assert_true(story_find_time(story, "2/64K", &us, &why) && us > story->chapters[1].start_us);
    g_assert_true(story_find_time(story, "memory/64K", &us, &why) && us < story->chapters[1].start_us);
    story_free(story);
}

/* --- reducing --------------------------------------------------------------------------------------------------------------- */

static void test_reduce(void)
{
    static const uint32_t row[6] = { 0xFFFFFFFF, 0xFF000000, 0xFF000000, 0xFF000000, 0xFFFFFFFF, 0xFFFFFFFF };
    uint32_t out[6] = { 0 };
    struct reducer *r = reducer_new();
    for (uint32_t i = 0; i < 256; i++) { /* what is even stays as it is, at any proportion */
        uint32_t flat[7 * 5], small[3 * 2];
        for (size_t k = 0; k < G_N_ELEMENTS(flat); k++) flat[k] = 0xFF000000 | i << 16 | (255 - i) << 8 | i / 2;
        reducer_run(r, flat, 7, 5, small, 3, 2, 3);
        for (size_t k = 0; k < G_N_ELEMENTS(small); k++) g_assert_cmphex(small[k], ==, flat[0]);
    }
    /* Half the light is 188 of 255, a quarter 137, three quarters 225: 1.055 x light^(1/2.4) - 0.055. */
    reducer_run(r, row, 2, 1, out, 1, 1, 1);
    g_assert_cmphex(out[0], ==, 0xFFBCBCBC);
    reducer_run(r, row, 2, 2, out, 1, 1, 1);
    g_assert_cmphex(out[0], ==, 0xFF898989);
    reducer_run(r, row + 3, 3, 1, out, 2, 1, 2); /* black, white, white: 1.5 pixels each, a third and all of the light */
    g_assert_cmphex(out[0], ==, 0xFF9C9C9C);
    g_assert_cmphex(out[1], ==, 0xFFFFFFFF);
    reducer_run(r, row, 6, 1, out, 6, 1, 6); /* its own size: itself */
    g_assert_cmpmem(out, sizeof out, row, sizeof row);
    reducer_free(r);
}

/* --- layout and bytes ----------------------------------------------------------------------------------------------------- */

static bool overlap(struct box a, struct box b) { return !box_is_empty(box_meet(a, b)); }

static void check_page(const struct dl_page *page, double aspect)
{
    struct box whole = { 0, 0, page->list->width, page->list->height };
    for (guint i = 0; i < page->insets->len; i++) {
        const struct dl_inset *in = &g_array_index(page->insets, struct dl_inset, i);
        struct box inside = box_meet(in->box, whole);
        g_assert_true(inside.w == in->box.w && inside.h == in->box.h && in->box.w <= in->list->width);
        g_assert_cmpfloat(fabs(in->box.w / in->box.h - aspect), <, 0.02 * aspect);
        for (guint k = 0; k < i; k++) g_assert_false(overlap(in->box, g_array_index(page->insets, struct dl_inset, k).box));
        for (guint k = 0; k < page->list->ops->len; k++) {
            const struct dl_op *op = dl_op_at(page->list, k);
            if (op->kind == DL_TEXT) g_assert_false(overlap(in->box, op->box));
        }
    }
    for (guint i = 0; i < page->list->ops->len; i++)
        for (guint k = 0; k < i; k++) {
            const struct dl_op *a = dl_op_at(page->list, i), *b = dl_op_at(page->list, k);
            if (a->kind != DL_TEXT) continue;
            g_assert_cmpfloat(box_bottom(a->box), <=, whole.h - 30);
            if (b->kind != DL_TEXT || !overlap(box_inset(a->box, 1), box_inset(b->box, 1))) continue;
            g_error("\"%s\" lies on \"%s\"", dl_string(page->list, a->text.text), dl_string(page->list, b->text.text));
        }
}

static void test_layout(void)
{
    static const int sizes[][2] = { { 640, 360 }, { 1080, 1080 }, { 540, 960 }, { 100, 64 } };
    static const struct sheet_form forms[] = { { 4096, false }, { 1357, true } };
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        struct set s = open_set(sizes[i][0], sizes[i][1]);
        for (int columns = 0; columns <= 12; columns += 6) {
            struct sheet *sheets[] = { board_new(s.story, &s.take, columns, &measurer_fake),
                                       motion_sheet_new(s.story, &s.take, 1, NAN, columns, &measurer_fake) };
            for (size_t k = 0; k < 4; k++) {
                GArray *pages = sheet_pages(sheets[k / 2], &forms[k % 2], &measurer_fake);
                for (guint p = 0; p < pages->len; p++) {
                    const struct dl_page *page = &g_array_index(pages, struct dl_page, p);
                    g_assert_cmpint(page->list->height, <=, forms[k % 2].height);
                    check_page(page, (double)sizes[i][0] / sizes[i][1]);
                }
                g_array_unref(pages);
            }
            sheet_free(sheets[0]);
            sheet_free(sheets[1]);
        }
        close_set(&s);
    }
}

/* Every word stays, no line is too wide, and what is too wide alone is broken. */
static void test_lines(void)
{
    static const char *const texts[] = {
        "One two three four five six seven eight nine ten", "  spaces   and\nlines ", "", "x",
        "averyverylongwordthatnolinecouldeverholdwithoutbreakingit somewhere", "语言模型如何记住它读过的每一个词", "😀😀😀😀😀😀😀😀😀😀",
    };
    const struct font f = { FONT_WORDS, 400, 20 };
    struct dl *dl = dl_new();
    dl_begin(dl, 100, 100, RGBA_NONE, NULL, &measurer_fake);
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        for (double width = 12; width < 400; width *= 1.7) {
            g_auto(GStrv) lines = lines_of(dl, f, texts[i], width);
            g_autofree char *joined = g_strjoinv("", lines), *all = g_strdup(texts[i]);
            for (char **l = lines; *l; l++) g_assert_true(dl_measure(dl, f, *l).width <= width || g_utf8_strlen(*l, -1) == 1);
            char *to[] = { joined, all };
            for (int k = 0; k < 2; k++) { /* without white space both are the same */
                char *w = to[k];
                for (char *p = to[k]; *p; p++) if (!g_ascii_isspace(*p)) *w++ = *p;
                *w = 0;
            }
            g_assert_cmpstr(joined, ==, all);
        }
    g_auto(GStrv) kept = lines_of(dl, f, "In all 63.0 GiB of it", 12 * 11); /* 11 characters a line */
    g_assert_cmpstr(kept[0], ==, "In all");
    g_assert_cmpstr(kept[1], ==, "63.0 GiB");
    dl_free(dl);
}

/* A text from the right: every line of it is marked, ends at the right edge, and keeps the order of what it quotes. */
static void test_from_right(void)
{
    static const char text[] = "chapters = ( { view = \"memory\"; title = \"Memory\"; stops = [\"64K\"];"
                               "  cues = ( { text = \"{mem.capacity} \u0645\u0631 {mem.sequences} \u0628\u0627\"; } ); } );";
    static const char wanted[] = "\u202B\u202A80.0 GiB\u202C \u0645\u0631 \u202A6\u202C \u0628\u0627\u202C";
    const struct font f = { FONT_WORDS, 400, 20 };
    struct story *story = open_text(text);
    struct style *style = open_style("midnight");
    struct take take = { 640, 360, { 25, 1 }, style, true };
    struct sheet *sheet = board_new(story, &take, 3, &measurer_fake);
    GArray *pages = sheet_pages(sheet, &(struct sheet_form){ 4096, false }, &measurer_fake);
    const struct dl_page *page = &g_array_index(pages, struct dl_page, 0);
    const struct dl_op *found = NULL;
    for (guint i = 0; i < page->list->ops->len; i++) {
        const struct dl_op *op = dl_op_at(page->list, i);
        if (op->kind == DL_TEXT && !strcmp(dl_string(page->list, op->text.text), wanted)) found = op;
    }
    g_assert_nonnull(found);
    g_assert_nonnull(strstr(sheet->facts, "1 frame of 1 chapter"));
    struct box frame = g_array_index(page->insets, struct dl_inset, 0).box;
    double width = dl_measure(page->list, found->text.font, wanted).width;
    g_assert_cmpfloat(fabs(found->text.x + width - box_right(frame)), <=, 1);
    g_auto(GStrv) lines = lines_of(page->list, f, "\u202B\u0645 \u202Aone two\u202C", 12 * 5);
    g_assert_cmpstr(lines[0], ==, "\u202B\u0645 \u202Aone\u202C\u202C");
    g_assert_cmpstr(lines[1], ==, "\u202B\u202Atwo\u202C\u202C");
    g_array_unref(pages);
    sheet_free(sheet);
    style_free(style);
    story_free(story);
}

static void test_same_bytes(void)
{
    struct set s = open_set(640, 360);
    g_autoptr(GError) error = NULL;
    struct fonts *fonts = fonts_open(s.style, &error);
    g_assert_no_error(error);
    struct sheet *sheet = board_new(s.story, &s.take, 0, fonts_measurer(fonts));
    GArray *pages = sheet_pages(sheet, &(struct sheet_form){ 900, true }, fonts_measurer(fonts));
    g_assert_cmpuint(pages->len, ==, 4);
    struct pager *one = pager_new(s.style, 1, &error), *three = pager_new(s.style, 3, &error);
    for (guint i = 0; i < pages->len; i++) {
        const struct dl_page *page = &g_array_index(pages, struct dl_page, i);
        size_t bytes = 4 * (size_t)page->list->width * (size_t)page->list->height;
        const uint32_t *a = pager_paint(one, page), *b = pager_paint(three, page);
        g_assert_cmpmem(a, bytes, b, bytes);
        for (guint k = 0; k < page->insets->len; k++) { /* each box shows its film's ground, not the page's */
            const struct dl_inset *in = &g_array_index(page->insets, struct dl_inset, k);
            struct rgba bg = s.style->bg;
            uint32_t corner = a[(size_t)in->box.y * (size_t)page->list->width + (size_t)in->box.x];
            g_assert_cmphex(corner, ==, 0xFF000000u | (uint32_t)bg.r << 16 | (uint32_t)bg.g << 8 | bg.b);
        }
    }
    GByteArray *first = paint_pdf_pages(fonts, (const struct dl_page *)pages->data, (int)pages->len, 297, &error);
    GByteArray *second = paint_pdf_pages(fonts, (const struct dl_page *)pages->data, (int)pages->len, 297, &error);
    g_assert_cmpmem(first->data, first->len, second->data, second->len);
    g_assert_nonnull(memmem(first->data, first->len, "/Count 4", strlen("/Count 4")));
    g_byte_array_unref(first);
    g_byte_array_unref(second);
    pager_free(one);
    pager_free(three);
    g_array_unref(pages);
    sheet_free(sheet);
    fonts_free(fonts);
    close_set(&s);
}

static void test_times(void)
{
    static const struct { int64_t us; const char *time, *length, *ms; } known[] = {
        { 0, "0:00.0", "0.0 s", "0:00.000" }, { 2849999, "0:02.8", "2.8 s", "0:02.850" }, { 59960000, "1:00.0", "1:00.0", "0:59.960" },
        { 75432100, "1:15.4", "1:15.4", "1:15.432" },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
        g_autofree char *time = sheet_time(known[i].us), *length = sheet_length(known[i].us), *ms = sheet_time_ms(known[i].us);
        g_assert_cmpstr(time, ==, known[i].time);
        g_assert_cmpstr(length, ==, known[i].length);
        g_assert_cmpstr(ms, ==, known[i].ms);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sheet/one-shot-a-cue", test_one_shot_a_cue);
    g_test_add_func("/sheet/words-are-in", test_words_are_in);
    g_test_add_func("/sheet/rests-are-shown", test_rests_are_shown);
    g_test_add_func("/sheet/moves", test_moves);
    g_test_add_func("/sheet/finding-moves", test_finding_moves);
    g_test_add_func("/sheet/names-once", test_names_once);
    g_test_add_func("/sheet/reduce", test_reduce);
    g_test_add_func("/sheet/layout", test_layout);
    g_test_add_func("/sheet/lines", test_lines);
    g_test_add_func("/sheet/from-right", test_from_right);
    g_test_add_func("/sheet/same-bytes", test_same_bytes);
    g_test_add_func("/sheet/times", test_times);
    return g_test_run();
}
