/* Lines of text: where they break, which way they run, what is cut, and that nothing leaves the safe area. Widths are the
 * fake measurer's: 0.6 of the size for every sign, so that a font of 10 pixels makes signs of 6.
 */
#include "view/canvas.h"
#include "view/chrome.h"
#include "view/script.h"

#include <string.h>

static const struct rgba ink = { 255, 255, 255, 255 };
static const struct font ten = { FONT_WORDS, 400, 10 };

struct page { struct dl *dl; struct style style; struct facts *facts; struct canvas c; int total; };

static struct page page_open(int width, int height)
{
    struct page p = { .dl = dl_new(), .facts = facts_new() };
    p.style.text = p.style.text2 = p.style.text3 = p.style.accent = ink;
    p.style.rail_done = p.style.rail_todo = ink;
    p.total = facts_leaf(p.facts, "mem.total", 17179869184, UNIT_BYTES, "made up");
    p.c = (struct canvas){ .dl = p.dl, .facts = p.facts };
    canvas_set_size(&p.c, width, height);
    return p;
}

static void page_begin(struct page *p)
{
    p->c.style = &p->style;
    dl_begin(p->dl, p->c.width, p->c.height, p->style.bg, p->facts, &measurer_fake);
}

static void page_close(struct page *p)
{
    dl_free(p->dl);
    facts_free(p->facts);
}

static const char *text_of(const struct dl *dl, guint i) { return dl_string(dl, dl_op_at(dl, i)->text.text); }

/* What stands on each line, from the top: its ops from left to right with "|" between, lines with "/". Direction marks are
 * left out. */
static char *lines_of(const struct dl *dl)
{
    GString *out = g_string_new(NULL);
    double y = -1, x = -1;
    for (guint done = 0; done < dl->ops->len; done++) {
        const struct dl_op *next = NULL;
        for (guint i = 0; i < dl->ops->len; i++) {
            const struct dl_op *op = dl_op_at(dl, i);
            bool later = op->text.y > y || (op->text.y == y && op->text.x > x);
            if (later && (!next || op->text.y < next->text.y || (op->text.y == next->text.y && op->text.x < next->text.x))) next = op;
        }
        if (done) g_string_append(out, next->text.y > y ? "/" : "|");
        y = next->text.y, x = next->text.x;
        for (const char *s = dl_string(dl, next->text.text); *s; s = g_utf8_next_char(s))
            if (g_utf8_get_char(s) != 0x202B && g_utf8_get_char(s) != 0x202C) g_string_append_unichar(out, g_utf8_get_char(s));
    }
    return g_string_free(out, FALSE);
}

/* `signs` of width fit on a line. */
static void expect_lines(const char *text, int signs, int lines, const char *wanted)
{
    struct page p = page_open(1920, 1080);
    page_begin(&p);
    canvas_template(&p.c, 100, 100, ten, ink, text, signs * 6, lines, 20, 0);
    g_autofree char *got = lines_of(p.dl);
    g_assert_cmpstr(got, ==, wanted);
    page_close(&p);
}

static void test_breaks(void)
{
    expect_lines("one two three", 8, 2, "one two/three");
    expect_lines("每个词元都占用显存", 5, 2, "每个词元都/占用显存");
    expect_lines("每个词元都，占用", 5, 3, "每个词元/都，占用"); /* no comma begins a line */
    expect_lines("词元（显存）用", 3, 3, "词元/（显/存）用"); /* and no bracket ends one */
    expect_lines("デコードする", 3, 3, "デコー/ドする"); /* nor does a long vowel begin one */
    expect_lines("占用{mem.total}的显存", 8, 3, "占用/16.0 GiB/的显存");
    expect_lines("캐시 전체를 읽고", 5, 3, "캐시/전체를/읽고"); /* Korean breaks at spaces */
    expect_lines("abcdefghijkl", 5, 3, "abcd/efgh/ijkl"); /* wider than a line: anywhere */
    expect_lines("e\xCC\x81" "e\xCC\x81" "e\xCC\x81" "e\xCC\x81", 4, 2, "e\xCC\x81" "e\xCC\x81/e\xCC\x81" "e\xCC\x81");
}

static void test_script(void)
{
    g_assert_false(script_may_break('a', 'b'));
    g_assert_true(script_may_break(0x4E00, 0x4E01));
    g_assert_true(script_may_break('a', 0x4E01));
    static const char closing[] = "。，、；：？！）」』】》〉〕｝’”…ーっァ々";
    static const char opening[] = "（「『【《〈〔｛‘“";
    for (const char *s = closing; *s; s = g_utf8_next_char(s)) g_assert_false(script_may_break(0x4E00, g_utf8_get_char(s)));
    for (const char *s = opening; *s; s = g_utf8_next_char(s)) g_assert_false(script_may_break(g_utf8_get_char(s), 0x4E00));
    for (const char *s = opening; *s; s = g_utf8_next_char(s)) g_assert_true(script_may_break(0x4E00, g_utf8_get_char(s)));
    static const char *const one_sign[] = { "e\xCC\x81", "क्षि", "👩‍🚀", "👍🏽", "🇩🇪", "א\xD6\xB8" };
    for (size_t i = 0; i < G_N_ELEMENTS(one_sign); i++) g_assert_cmpstr(script_next(one_sign[i]), ==, "");
    g_assert_cmpint(script_direction("12 (GPU)"), ==, DIRECTION_LEFT_TO_RIGHT);
    g_assert_cmpint(script_direction("«زكرة» GPU"), ==, DIRECTION_RIGHT_TO_LEFT);
    g_assert_cmpint(script_direction("…12"), ==, DIRECTION_NUMBER);
    g_assert_cmpint(script_direction("!"), ==, DIRECTION_NEUTRAL);
}

/* Read from the right: the first piece is the rightmost. Latin words and numbers beside them keep their order. */
static void test_right_to_left(void)
{
    expect_lines("שלום עולם", 20, 1, "שלום עולם");
    expect_lines("זיכרון {mem.total} מלא", 40, 1, "מלא|16.0 GiB|זיכרון");
    expect_lines("זיכרון של GPU H100 מלא!", 40, 1, "מלא!|GPU H100|זיכרון של");
    expect_lines("על GPU 80 GB.", 40, 1, ".|GPU 80 GB|על");
    expect_lines("זיכרון (KV cache) מלא", 40, 1, ") מלא|KV cache|זיכרון (");
    expect_lines("{mem.total} בזיכרון", 40, 1, "בזיכרון|16.0 GiB"); /* a placeholder does not decide */
    expect_lines("GPU ו-{mem.total}", 40, 1, "GPU ו-|16.0 GiB"); /* begins with Latin: from the left */
}

/* Every line ends at the right edge; the whole is as wide as from the left. */
static void test_right_edge(void)
{
    struct page p = page_open(1920, 1080);
    page_begin(&p);
    canvas_template(&p.c, 100, 100, ten, ink, "כל אסימון חדש קורא {mem.total} מן ה-cache ומוסיף עמודה", 150, 3, 20, 0);
    for (int line = 0; line < 3; line++) {
        double right = 0, left = 1e9;
        for (guint i = 0; i < p.dl->ops->len; i++) {
            const struct dl_text *t = &dl_op_at(p.dl, i)->text;
            if (t->y != 100 + 20 * line) continue;
            right = MAX(right, t->x + dl_measure(p.dl, ten, text_of(p.dl, i)).width);
            left = MIN(left, t->x);
        }
        g_assert_cmpfloat_with_epsilon(right, 250, 1);
        g_assert_cmpfloat(left, >=, 99);
    }
    guint facts = 0;
    for (guint i = 0; i < p.dl->ops->len; i++) facts += dl_op_at(p.dl, i)->text.fact == p.total;
    g_assert_cmpint(facts, ==, 1);
    page_close(&p);
}

/* What is cut ends in an op of its own, right behind the text that it cuts; what is whole has none. */
static void test_cut(void)
{
    static const struct { const char *text; int signs; const char *shown; } cases[] = {
        { "one two three", 9, "one two|…" }, { "abcdefghij", 5, "abcd|…" }, { "每个词元都占用", 5, "每个词元|…" },
        { "שלום עולם גדול", 10, "…|שלום עולם" }, { "one {mem.total} two", 10, "one|…" },
    };
    struct page p = page_open(1920, 1080);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        page_begin(&p);
        canvas_template(&p.c, 100, 100, ten, ink, cases[i].text, cases[i].signs * 6, 1, 20, 0);
        g_autofree char *got = lines_of(p.dl);
        g_assert_cmpstr(got, ==, cases[i].shown);
        const struct dl_op *last = dl_op_at(p.dl, p.dl->ops->len - 1);
        g_assert_cmpint(last->text.fact, ==, DL_CUT);
        g_assert_false(canvas_template_fits(&p.c, ten, cases[i].text, cases[i].signs * 6, 1));
        page_begin(&p);
        canvas_template(&p.c, 100, 100, ten, ink, cases[i].text, 600, 1, 20, 0);
        for (guint k = 0; k < p.dl->ops->len; k++) g_assert_cmpint(dl_op_at(p.dl, k)->text.fact, !=, DL_CUT);
    }
    page_close(&p);
}

static void test_token_cut(void)
{
    static const struct { const char *token; int chars; const char *cut; } cases[] = {
        { "kite", 12, "kite" }, { "Donaudampfschifffahrt", 12, "Donaud…fahrt" }, { "上下文缓存显存占用", 12, "上下文…占用" },
        { "e\xCC\x81" "bcdefghijklme\xCC\x81", 5, "e\xCC\x81" "b…me\xCC\x81" },
        { "end of text", 11, "end of text" }, { "end of text", 10, "end of…" }, { "end of text", 6, "end…" }, { "end of text", 3, "e…t" },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        char buf[64];
        g_assert_cmpstr(token_cut(cases[i].token, cases[i].chars, buf, sizeof buf), ==, cases[i].cut);
    }
    char small[16]; /* a letter under many marks: cut at a whole character */
    g_assert_true(g_utf8_validate(token_cut("a\xCC\x81\xCC\x81\xCC\x81\xCC\x81\xCC\x81\xCC\x81\xCC\x81\xCC\x81", 12, small, sizeof small), -1, NULL));
}

static void test_sizes(void)
{
    static const struct { int w, h; enum plan plan; int least_w, least_h; } cases[] = {
        { 1920, 1080, PLAN_WIDE, 0, 0 },   { 1280, 720, PLAN_WIDE, 0, 0 },    { 854, 480, PLAN_SMALL, 0, 0 },
        { 640, 360, PLAN_SMALL, 0, 0 },    { 1080, 1080, PLAN_SQUARE, 0, 0 }, { 720, 720, PLAN_SQUARE, 0, 0 },
        { 540, 960, PLAN_TALL, 0, 0 },     { 8192, 4608, PLAN_WIDE, 0, 0 },   { 64, 64, PLAN_SQUARE, 720, 720 },
        { 320, 180, PLAN_SMALL, 640, 360 }, { 480, 480, PLAN_SQUARE, 720, 720 }, { 1000, 300, PLAN_SMALL, 1200, 360 },
        { 300, 1000, PLAN_TALL, 540, 1800 },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct canvas c;
        int w, h;
        canvas_set_size(&c, cases[i].w, cases[i].h);
        g_assert_cmpint(c.plan, ==, cases[i].plan);
        g_assert_cmpint(canvas_size_readable(cases[i].w, cases[i].h, &w, &h), ==, cases[i].least_w == 0);
        if (!cases[i].least_w) continue;
        g_assert_cmpint(w, ==, cases[i].least_w);
        g_assert_cmpint(h, ==, cases[i].least_h);
        int same_w, same_h;
        g_assert_true(canvas_size_readable(w, h, &same_w, &same_h));
    }
}

static const char *const nasty[] = {
    "x",
    "A very long title that says far too much about what one accelerator can hold, and then goes on to say it all over again",
    "Pneumonoultramicroscopicsilicovolcanoconiosis-and-supercalifragilisticexpialidocious-and-more-and-even-more-of-it",
    "八十亿参数的模型在一块显卡上能容纳多少对话？每个词元都要占用显存，上下文越长，缓存越大，最终溢出到第二块显卡。",
    "كل محادثة تملأ الذاكرة نفسها {mem.total} حتى تفيض، ثم تحتاج إلى بطاقة GPU ثانية وثالثة ورابعة من طراز H100 SXM!",
    "โทเค็นใหม่แต่ละตัวอ่านแคชทั้งหมดและเพิ่มหนึ่งคอลัมน์เพราะส่วนที่เหลือทั้งหมดถูกอ่านจากแคชที่เก็บไว้แล้วในหน่วยความจำ",
    "{mem.total}{mem.total}{mem.total}{mem.total}{mem.total}{mem.total}{mem.total}{mem.total}{mem.total}{mem.total}{mem.total}",
    "{nobody.knows}", "…", "((((((((((((((((((((", "שלום", "\xE2\x80\x8F", " ",
};

static void draw_chrome(struct page *p, const char *text, int chapters, int number)
{
    const char *rail[64];
    for (int i = 0; i < chapters; i++) rail[i] = i % 2 ? text : "Memory";
    struct chrome h = { .number = number, .name = text, .title = text, .provenance = text, .state = text, .caption = text,
                        .title_alpha = 1, .caption_alpha = 1, .title_facts = p->facts, .caption_facts = p->facts,
                        .rail = rail, .n_rail = chapters, .progress = 0.5 };
    page_begin(p);
    chrome_draw(&p->c, &h);
}

/* Descents apart, the title ends where the picture begins, and the caption begins where it ends. */
static void expect_apart(const struct page *p)
{
    for (guint i = 0; i < p->dl->ops->len; i++) {
        const struct dl_op *op = dl_op_at(p->dl, i);
        const char *name = dl_string(p->dl, op->name);
        if (g_str_has_prefix(name, "title")) g_assert_cmpfloat(op->text.y, <=, p->c.stage.y);
        if (!strcmp(name, "caption")) g_assert_cmpfloat(op->box.y, >=, box_bottom(p->c.stage) + 1);
        if (!strcmp(name, "caption")) g_assert_cmpfloat(op->text.y, <=, box_bottom(p->c.safe));
    }
}

/* Whatever words a scene has, on every plan: all texts lie in the safe area, but for descents; the header stays above the
 * picture and the caption below it. */
static void test_nasty(void)
{
    static const int sizes[][2] = { { 1920, 1080 }, { 1280, 720 },  { 1080, 1080 }, { 720, 720 },
                                    { 1080, 1920 }, { 540, 960 }, { 640, 360 }, { 2560, 1080 } };
    static const int chapters[] = { 1, 4, 12, 64 };
    for (size_t s = 0; s < G_N_ELEMENTS(sizes); s++)
        for (size_t n = 0; n < G_N_ELEMENTS(nasty) * G_N_ELEMENTS(chapters); n++) {
            int count = chapters[n % G_N_ELEMENTS(chapters)];
            const char *text = nasty[n / G_N_ELEMENTS(chapters)];
            struct page p = page_open(sizes[s][0], sizes[s][1]);
            draw_chrome(&p, text, count, count);
            for (guint i = 0; i < p.dl->ops->len; i++) {
                const struct dl_op *op = dl_op_at(p.dl, i);
                struct box safe = box_inset(p.c.safe, -3), b = op->box;
                if (op->kind == DL_TEXT) b.h -= op->text.font.size / 4.0;
                if (b.x < safe.x || box_right(b) > box_right(safe) || b.y < safe.y || box_bottom(b) > box_bottom(safe))
                    g_error("%dx%d, %d chapters, \"%s\": %s \"%s\" at %.0f,%.0f %.0fx%.0f leaves the safe area %.0f,%.0f %.0fx%.0f",
                            sizes[s][0], sizes[s][1], count, text, dl_string(p.dl, op->name),
                            op->kind == DL_TEXT ? text_of(p.dl, i) : "", b.x, b.y, b.w, b.h, safe.x, safe.y, safe.w, safe.h);
            }
            expect_apart(&p);
            page_close(&p);
        }
}

/* A title that is too long for one line is set smaller, then on more lines, before any of it is lost. */
static void test_titles_shrink(void)
{
    struct page p = page_open(1920, 1080);
    int last = 1000, lines = 0, lost = -1;
    for (int words = 4; words < 60; words += 2) {
        g_autoptr(GString) title = g_string_new("Every");
        for (int i = 0; i < words; i++) g_string_append(title, " word");
        struct chrome h = { .number = 1, .name = "Name", .title = title->str, .title_alpha = 1, .title_facts = p.facts,
                            .caption_facts = p.facts };
        page_begin(&p);
        chrome_draw(&p.c, &h);
        double y = 0;
        lines = 0;
        for (guint i = 0; i < p.dl->ops->len; i++) {
            const struct dl_op *op = dl_op_at(p.dl, i);
            if (strcmp(dl_string(p.dl, op->name), "title 1")) continue;
            if (op->text.fact == DL_CUT && lost < 0) lost = words;
            lines += op->text.y != y;
            y = op->text.y;
            g_assert_cmpint(op->text.font.size, <=, last);
            g_assert_cmpint(op->text.font.size, >=, 30);
            last = op->text.font.size;
        }
    }
    g_assert_cmpint(lines, ==, 2);
    g_assert_cmpint(lost, >, 30); /* 44 pixels hold 13 words on their line */
    page_close(&p);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/view/text/breaks", test_breaks);
    g_test_add_func("/view/text/script", test_script);
    g_test_add_func("/view/text/right_to_left", test_right_to_left);
    g_test_add_func("/view/text/right_edge", test_right_edge);
    g_test_add_func("/view/text/cut", test_cut);
    g_test_add_func("/view/text/token_cut", test_token_cut);
    g_test_add_func("/view/text/sizes", test_sizes);
    g_test_add_func("/view/text/nasty", test_nasty);
    g_test_add_func("/view/text/titles_shrink", test_titles_shrink);
    return g_test_run();
}
