/* dl/: building, signing, dumping and tweening display lists. */
#include "dl/dl.h"
#include "sim/fact.h"

#include <glib.h>
#include <math.h>
#include <stdlib.h>

static const struct rgba red = { 255, 0, 0, 255 }, blue = { 0, 0, 255, 255 }, bg = { 10, 15, 30, 255 };
static const struct font mono = { FONT_MONO, 500, 20 };

static struct dl *start(void)
{
    struct dl *dl = dl_new();
    dl_begin(dl, 640, 360, bg, NULL, &measurer_fake);
    return dl;
}

static void assert_dump(const struct dl *dl, const char *want)
{
    g_autoptr(GString) out = g_string_new(NULL);
    dl_dump(dl, out);
    g_assert_cmpstr(out->str, ==, want);
}

static void test_dump(void)
{
    struct dl *dl = start();
    dl_enter(dl, "chip", 3);
    dl_rect(dl, ((struct box){ 10, 20, 100, 42 }), .radius = 9, .fill = red, .stroke = blue, .width = 2);
    g_assert_cmpfloat(dl_text(dl, 22, 48.4, mono, blue, "moving"), ==, 72);
    dl_leave(dl);
    dl_move_to(dl, 0, 0);
    dl_line_to(dl, 30, 40);
    dl_stroke(dl, 3, color_fade(red, 0.5));
    dl_heat(dl, (struct dl_heat){ .x = 5, .y = 6, .cols = 2, .rows = 1, .cell_w = 4, .cell_h = 4, .pitch_x = 5, .pitch_y = 5 },
            (struct rgba[]){ red, blue });
    assert_dump(dl, "frame 640x360 #0A0F1E\n"
                    "rect  [chip 3] at 10,20,100,42 r9 fill #FF0000 line #0000FF w2\n"
                    "text  [chip 3] at 22,48 m20/500 #0000FF \"moving\"\n"
                    "path  [frame] at 0,0,33,43 2 points line #FF0000/128 w3\n"
                    "heat  [frame] at 5,6 2x1 cells of 4x4 first #FF0000 last #0000FF\n");
    dl_free(dl);
}

/* Facts reach the screen as facts: the op remembers which, and the text is the book's. */
static void test_fact_text(void)
{
    struct facts *facts = facts_new();
    int scores = facts_leaf(facts, "pass.scores", 131072, UNIT_COUNT, "a test");
    struct dl *dl = dl_new();
    dl_begin(dl, 640, 360, bg, facts, &measurer_fake);
    dl_fact_right(dl, 200, 50, mono, red, scores, FORM_AUTO);
    const struct dl_op *op = dl_op_at(dl, 0);
    g_assert_cmpint(op->text.fact, ==, scores);
    g_assert_cmpstr(dl_string(dl, op->text.text), ==, "131,072");
    g_assert_cmpfloat(op->text.x, ==, 200 - 7 * 12);
    dl_free(dl);
    facts_free(facts);
}

static uint64_t key_of(const struct dl *dl, guint i) { return dl_op_at(dl, i)->key; }

/* What an op is called does not depend on whether its neighbours can be seen. */
static void test_keys(void)
{
    struct dl *dl = start();
    for (int visible = 0; visible < 2; visible++) {
        dl_enter(dl, "part", 1);
        dl_rect(dl, ((struct box){ 0, 0, 9, 9 }), .fill = visible ? red : RGBA_NONE);
        dl_rect(dl, ((struct box){ 9, 0, 9, 9 }), .fill = blue);
        dl_leave(dl);
    }
    g_assert_cmpuint(dl->ops->len, ==, 3);
    g_assert_cmpuint(key_of(dl, 0), ==, key_of(dl, 2));
    g_assert_cmpuint(key_of(dl, 0), !=, key_of(dl, 1));
    dl_free(dl);
}

static void test_states(void)
{
    struct dl *dl = start();
    dl_fade(dl, 0.5);
    dl_shift(dl, 10.4, 0);
    dl_rect(dl, ((struct box){ 0, 0, 9, 9 }), .fill = red);
    dl_restore(dl);
    dl_fade(dl, 0);
    dl_rect(dl, ((struct box){ 0, 0, 9, 9 }), .fill = red);
    dl_restore(dl);
    dl_restore(dl);
    g_assert_cmpuint(dl->ops->len, ==, 1);
    g_assert_cmpint(dl_op_at(dl, 0)->rect.fill.a, ==, 128);
    g_assert_cmpfloat(dl_op_at(dl, 0)->rect.box.x, ==, 10);
    dl_free(dl);
}

static void test_clips(void)
{
    struct dl *dl = start();
    dl_clip(dl, (struct box){ 10, 10, 20, 20 });
    dl_rect(dl, ((struct box){ 0, 0, 100, 15 }), .fill = red);
    dl_rect(dl, ((struct box){ 100, 100, 5, 5 }), .fill = red); /* nothing of it is left */
    dl_unclip(dl);
    g_assert_cmpuint(dl->ops->len, ==, 3);
    struct box b = dl_op_at(dl, 1)->box;
    g_assert_true(b.x == 10 && b.y == 10 && b.w == 20 && b.h == 5);
    dl_free(dl);
}

static void test_hash_sees_everything(void)
{
    struct dl *a = start(), *b = start();
    dl_rect(a, ((struct box){ 0, 0, 9, 9 }), .fill = red);
    dl_rect(b, ((struct box){ 0, 0, 9, 9 }), .fill = red);
    g_assert_true(dl_equal(a, b));
    struct rgba cells[] = { red, blue };
    struct dl_heat heat = { .x = 5, .y = 6, .cols = 2, .rows = 1, .cell_w = 4, .cell_h = 4, .pitch_x = 5, .pitch_y = 5 };
    dl_heat(a, heat, cells);
    cells[1].g = 1;
    dl_heat(b, heat, cells);
    g_assert_false(dl_equal(a, b));
    dl_begin(b, 640, 360, bg, NULL, &measurer_fake);
    dl_rect(b, ((struct box){ 0, 0, 9, 9.0625 }), .fill = red);
    dl_begin(a, 640, 360, bg, NULL, &measurer_fake);
    dl_rect(a, ((struct box){ 0, 0, 9, 9 }), .fill = red);
    g_assert_false(dl_equal(a, b));
    dl_free(a);
    dl_free(b);
}

/* A path of 30 + 40 px: its halves, and the point where they meet. */
static void test_stroke_parts(void)
{
    struct dl *dl = start();
    dl_move_to(dl, 0, 0);
    dl_line_to(dl, 30, 0);
    dl_line_to(dl, 30, 40);
    struct dl_point direction, at = dl_outline_at(dl, 30 / 70.0, &direction);
    g_assert_true(at.x == 30 && at.y == 0);
    dl_stroke_part(dl, 2, red, 0.5, 1);
    const struct dl_op *op = dl_op_at(dl, 0);
    g_assert_cmpuint(op->path.n_points, ==, 2);
    g_assert_cmpfloat(g_array_index(dl->points, struct dl_point, op->path.point).y, ==, 5);
    dl_move_to(dl, 0, 0);
    dl_line_to(dl, 30, 0);
    dl_stroke_part(dl, 2, red, 0.4, 0.4);
    g_assert_cmpuint(dl->ops->len, ==, 1); /* nothing between 0.4 and 0.4 */
    dl_free(dl);
}

/* What is in both lists moves; what is in one leaves or arrives; the ends are exact. */
static void test_tween(void)
{
    struct dl *a = start(), *b = start(), *mid = dl_new();
    dl_enter(a, "row", 3);
    dl_rect(a, ((struct box){ 0, 0, 40, 40 }), .fill = red);
    dl_leave(a);
    dl_text(a, 10, 100, mono, red, "old");
    dl_enter(b, "row", 3);
    dl_rect(b, ((struct box){ 100, 200, 20, 20 }), .fill = blue);
    dl_leave(b);
    dl_text(b, 10, 100, mono, red, "new");
    dl_tween(mid, a, b, 0);
    g_assert_true(dl_equal(mid, a));
    dl_tween(mid, a, b, 1);
    g_assert_true(dl_equal(mid, b));
    dl_tween(mid, a, b, 0.5);
    g_assert_cmpuint(mid->ops->len, ==, 3);
    g_assert_cmpstr(dl_string(mid, dl_op_at(mid, 0)->text.text), ==, "old");
    const struct dl_op *moved = dl_op_at(mid, 1);
    g_assert_true(moved->rect.box.x == 50 && moved->rect.box.y == 100 && moved->rect.box.w == 30);
    g_assert_true(abs(moved->rect.fill.r - 128) <= 1 && abs(moved->rect.fill.b - 128) <= 1);
    g_assert_cmpint(dl_op_at(mid, 2)->text.color.a, <, 255);
    dl_free(a);
    dl_free(b);
    dl_free(mid);
}

/* A number on a cell that moves rides along instead of staying behind. */
static void test_tween_carries_texts(void)
{
    struct dl *a = start(), *b = start(), *mid = dl_new();
    for (int i = 0; i < 2; i++) {
        struct dl *dl = i ? b : a;
        dl_enter(dl, "cell", 0);
        dl_rect(dl, ((struct box){ i * 200, 0, 40, 40 }), .fill = red);
        if (!i) dl_text(dl, 10, 30, mono, blue, "99");
        dl_leave(dl);
    }
    dl_tween(mid, a, b, 0.2);
    g_assert_cmpuint(mid->ops->len, ==, 2);
    const struct dl_op *cell = dl_op_at(mid, 0), *text = dl_op_at(mid, 1);
    g_assert_true(cell->kind == DL_RECT && text->kind == DL_TEXT);
    g_assert_true(fabs(text->text.x - 10 - cell->rect.box.x) <= 1);
    dl_tween(mid, a, b, 0.5);
    g_assert_cmpuint(mid->ops->len, ==, 1);
    dl_free(a);
    dl_free(b);
    dl_free(mid);
}

/* Equal text under one key stays still through a tween: a token keeps its chip. */
static void test_tween_keeps_what_stays(void)
{
    struct dl *a = start(), *b = start(), *mid = dl_new();
    for (int i = 0; i < 2; i++) {
        struct dl *dl = i ? b : a;
        dl_enter(dl, "chip", 0);
        dl_text(dl, 10, 100, mono, red, "the");
        dl_leave(dl);
    }
    dl_tween(mid, a, b, 0.3);
    g_assert_true(dl_equal(mid, a));
    dl_free(a);
    dl_free(b);
    dl_free(mid);
}

/* Dissolving moves nothing: the bar is at its old place or its new one, the panel under it stays whole, what leaves keeps
 * its place in the order and gives up its identity, and a text changes at once. */
static void test_dissolve(void)
{
    struct dl *a = start(), *b = start(), *mid = dl_new();
    for (int i = 0; i < 2; i++) {
        struct dl *dl = i ? b : a;
        dl_rect(dl, ((struct box){ 0, 0, 300, 300 }), .fill = blue);
        dl_enter(dl, "bar", 0);
        dl_rect(dl, ((struct box){ 10, 10, i ? 200 : 40, 20 }), .fill = red);
        dl_leave(dl);
        dl_enter(dl, "count", 0);
        dl_text(dl, 10, 100, mono, red, i ? "13" : "12");
        dl_leave(dl);
    }
    dl_dissolve(mid, a, b, 0);
    g_assert_true(dl_equal(mid, a));
    dl_dissolve(mid, a, b, 1);
    g_assert_true(dl_equal(mid, b));
    for (double t = 0.1; t < 0.95; t += 0.1) {
        dl_dissolve(mid, a, b, t);
        g_assert_cmpuint(mid->ops->len, ==, 4);
        const struct dl_op *panel = dl_op_at(mid, 0), *text = NULL;
        g_assert_cmpint(panel->rect.fill.a, ==, 255);
        int words = 0;
        for (guint i = 1; i < 4; i++) {
            const struct dl_op *op = dl_op_at(mid, i);
            if (op->kind == DL_TEXT) words++, text = op;
            else if (op->key == dl_op_at(b, 1)->key) g_assert_cmpfloat(op->rect.box.w, ==, 200);
            else g_assert_cmpfloat(op->rect.box.w, ==, 40);
        }
        g_assert_cmpint(words, ==, 1);
        g_assert_cmpint(text->text.color.a, ==, 255);
        g_assert_cmpstr(dl_string(mid, text->text.text), ==, t < 0.5 ? "12" : "13");
    }
    dl_free(a);
    dl_free(b);
    dl_free(mid);
}

/* What leaves from under a clip is cut as it was there. */
static void test_dissolve_clips(void)
{
    struct dl *a = start(), *b = start(), *mid = dl_new();
    dl_clip(a, (struct box){ 0, 0, 50, 50 });
    dl_rect(a, ((struct box){ 10, 10, 90, 20 }), .fill = red);
    dl_unclip(a);
    dl_rect(a, ((struct box){ 10, 60, 90, 20 }), .fill = red);
    dl_dissolve(mid, a, b, 0.5);
    static const enum dl_kind want[] = { DL_CLIP, DL_RECT, DL_UNCLIP, DL_RECT };
    g_assert_cmpuint(mid->ops->len, ==, G_N_ELEMENTS(want));
    for (guint i = 0; i < G_N_ELEMENTS(want); i++) g_assert_cmpint(dl_op_at(mid, i)->kind, ==, want[i]);
    g_assert_cmpfloat(dl_op_at(mid, 0)->clip.box.w, ==, 50);
    dl_free(a);
    dl_free(b);
    dl_free(mid);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/dl/dump", test_dump);
    g_test_add_func("/dl/fact-text", test_fact_text);
    g_test_add_func("/dl/keys", test_keys);
    g_test_add_func("/dl/states", test_states);
    g_test_add_func("/dl/clips", test_clips);
    g_test_add_func("/dl/hash-sees-everything", test_hash_sees_everything);
    g_test_add_func("/dl/stroke-parts", test_stroke_parts);
    g_test_add_func("/dl/tween", test_tween);
    g_test_add_func("/dl/tween-carries-texts", test_tween_carries_texts);
    g_test_add_func("/dl/tween-keeps-what-stays", test_tween_keeps_what_stays);
    g_test_add_func("/dl/dissolve", test_dissolve);
    g_test_add_func("/dl/dissolve-clips", test_dissolve_clips);
    return g_test_run();
}
