/* Every number of every film can be traced: no text has a typed digit, every fact goes back to leaves that have a source,
 * and formulas that can be computed again give the fact's own value. The scenes that come with kvreel, in four sizes. */
#include "run/frame.h"
#include "story_fixture.h"
#include "view/chrome.h"

#include <string.h>

static const char *const scenes[] = { "compare", "decode", "heads", "memory", "prefill", "walkthrough" };
static const struct take sizes[] = {
    { 1920, 1080, { 2, 1 }, NULL, true },
    { 1080, 1080, { 2, 1 }, NULL, true },
    { 1080, 1920, { 2, 1 }, NULL, true },
    { 640, 360, { 2, 1 }, NULL, true },
};

static struct story *open_scene(const char *name)
{
    static const char *const none[] = { NULL };
    g_autofree char *path = g_strdup_printf("scenes/%s.cfg", name);
    struct story_options options = { NULL, ".", NULL, NULL, none };
    struct diags *diags = diags_new();
    struct story *s = story_open(path, &options, diags);
    g_assert_cmpuint(diags_count(diags), ==, 0);
    diags_free(diags);
    return s;
}

/* A digit that no letter of its own word stands before: "64K" and "2", but not "H100" or "GPT-2". */
static bool has_typed_digit(const char *text)
{
    bool letter = false;
    for (const char *s = text; *s; s = g_utf8_next_char(s)) {
        gunichar c = g_utf8_get_char(s);
        if (g_unichar_isspace(c)) letter = false;
        else if (g_unichar_isalpha(c)) letter = true;
        else if (g_unichar_isdigit(c) && !letter) return true;
    }
    return false;
}

struct tally { int facts, formulas, evaluated, drawn; };

static void check_fact(const struct facts *f, int i, struct tally *tally)
{
    const struct fact *fact = facts_at(f, i);
    double value;
    tally->facts++;
    if (!fact->formula) {
        if (!fact->source || !*fact->source || fact->n_deps) g_error("%s is a leaf without a source, or with deps", fact->id);
        return;
    }
    if (!fact->n_deps || formula_brackets(fact->formula) != fact->n_deps)
        g_error("%s has %d deps for \"%s\"", fact->id, fact->n_deps, fact->formula);
    for (int k = 0; k < fact->n_deps; k++) {
        const struct fact *dep = facts_at(f, facts_deps(f, fact)[k]); /* aborts where there is none */
        g_assert_true(dep != fact && (dep->formula || dep->source));
    }
    if (fact->kind != FACT_INT && fact->kind != FACT_REAL) return;
    tally->formulas++;
    if (!facts_evaluate(f, i, &value)) return;
    tally->evaluated++;
    if (!facts_agree(f, i, value)) g_error("%s is %.17g, but \"%s\" gives %.17g", fact->id, fact->r, fact->formula, value);
}

static void check_list(const struct dl *list, const struct framer *f, struct tally *tally)
{
    for (guint i = 0; i < list->ops->len; i++) {
        const struct dl_op *op = dl_op_at(list, i);
        if (op->kind != DL_TEXT) continue;
        const char *text = dl_string(list, op->text.text);
        if (op->text.fact == DL_WORDS && has_typed_digit(text)) g_error("[%s] has the typed text \"%s\"", dl_string(list, op->name), text);
        if (op->text.fact < 0) continue;
        facts_at(framer_book(f, op->text.book), op->text.fact); /* aborts where there is none */
        tally->drawn++;
    }
}

/* Twice a second through a whole film; within a transition the facts of the chapter that leaves are gone. */
static struct tally check_film(const char *name, struct take take)
{
    struct tally tally = { 0 };
    struct story *s = open_scene(name);
    struct style *style = open_style("midnight");
    take.style = style;
    struct framer *f = framer_new(s, &take, &measurer_fake);
    for (int64_t us = 0; us < s->length_us; us += 500000) {
        const struct chapter *c = story_chapter_at(s, us);
        const struct facts *now;
        const struct dl *list = framer_draw_at(f, MAX(us, c->start_us + c->lead_us), &now);
        check_list(list, f, &tally);
        for (int book = BOOK_NOW; book <= BOOK_CAPTION; book++)
            for (int i = 0; i < facts_count(framer_book(f, book)); i++) check_fact(framer_book(f, book), i, &tally);
    }
    framer_free(f);
    style_free(style);
    story_free(s);
    return tally;
}

static void test_films(void)
{
    struct tally all = { 0 };
    for (size_t i = 0; i < G_N_ELEMENTS(scenes); i++)
        for (size_t k = 0; k < G_N_ELEMENTS(sizes); k++) {
            struct tally t = check_film(scenes[i], sizes[k]);
            all = (struct tally){ all.facts + t.facts, all.formulas + t.formulas, all.evaluated + t.evaluated, all.drawn + t.drawn };
        }
    g_test_message("%d facts, %d formulas, %d of them computed again; %d texts of facts", all.facts, all.formulas, all.evaluated, all.drawn);
    g_assert_cmpint(all.drawn, >, 10000);
    g_assert_cmpint(10 * all.evaluated, >, 9 * all.formulas);
}

/* The frames of a transition are made of both chapters' texts. */
static void test_transitions(void)
{
    struct story *s = open_scene("walkthrough");
    struct style *style = open_style("midnight");
    struct tally none = { 0 };
    for (size_t k = 0; k < G_N_ELEMENTS(sizes); k++) {
        struct take take = sizes[k];
        take.style = style;
        struct framer *f = framer_new(s, &take, &measurer_fake);
        for (int i = 1; i < s->n_chapters; i++)
            for (int part = 0; part < 4; part++) {
                const struct dl *list = framer_draw_at(f, s->chapters[i].start_us + s->chapters[i].lead_us * part / 4, NULL);
                for (guint n = 0; n < list->ops->len; n++) {
                    const struct dl_op *op = dl_op_at(list, n);
                    if (op->kind == DL_TEXT && op->text.fact == DL_WORDS && has_typed_digit(dl_string(list, op->text.text)))
                        g_error("[%s] has the typed text \"%s\"", dl_string(list, op->name), dl_string(list, op->text.text));
                }
            }
        check_list(framer_draw_at(f, 0, NULL), f, &none);
        framer_free(f);
    }
    style_free(style);
    story_free(s);
}

/* What the tests above would find. */
static void test_digits(void)
{
    static const char *const names[] = { "H100", "GPT-2 with a cache", "FP16", "Llama-3.1-8B", "no number", "GB" };
    static const char *const typed[] = { "64K", "layer 2", "1 cell", "(124M)", "٣", "a 5b" };
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) g_assert_false(has_typed_digit(names[i]));
    for (size_t i = 0; i < G_N_ELEMENTS(typed); i++) g_assert_true(has_typed_digit(typed[i]));
}

/* Other models, formats and devices: every architecture's formulas hold. */
static void test_architectures(void)
{
    static const char *const chapters[] = {
        "model = \"deepseek-v3\"; cache = \"int4\"; weights = \"int4\"; device = \"mi300x\"; sequences = 1;",
        "model = \"mistral-7b-v0.1\"; sequences = 3; device = \"rtx-4090\"; weights = \"fp8\";",
        "model = \"gpt-oss-20b\"; weights = \"published\"; cache = \"int4\"; sequences = 2;",
        "model = \"qwen3-next-80b-a3b\"; sequences = 8; stops = [\"4K\", \"256K\"];",
        "model = \"llama-3.1-70b\"; sequences = 12; device = \"h200\"; weights = \"int8\"; cache = \"fp8\";",
    };
    struct style *style = open_style("paper");
    struct tally tally = { 0 };
    for (size_t i = 0; i < G_N_ELEMENTS(chapters); i++) {
        g_autofree char *text = g_strdup_printf("chapters = ( { view = \"memory\"; %s } );", chapters[i]);
        struct story *s = open_text(text);
        struct take take = sizes[0];
        take.style = style;
        struct framer *f = framer_new(s, &take, &measurer_fake);
        for (int64_t us = 0; us < s->length_us; us += 700000) {
            check_list(framer_draw_at(f, us, NULL), f, &tally);
            for (int k = 0; k < facts_count(framer_book(f, BOOK_NOW)); k++) check_fact(framer_book(f, BOOK_NOW), k, &tally);
        }
        framer_free(f);
        story_free(s);
    }
    style_free(style);
    g_test_message("%d formulas, %d of them computed again", tally.formulas, tally.evaluated);
    g_assert_cmpint(4 * tally.evaluated, >, 3 * tally.formulas);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/numbers/digits", test_digits);
    g_test_add_func("/numbers/films", test_films);
    g_test_add_func("/numbers/transitions", test_transitions);
    g_test_add_func("/numbers/architectures", test_architectures);
    return g_test_run();
}
