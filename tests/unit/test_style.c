/* Styles: files that inherit, the promises that every style is checked for, and the sheet that shows one. */
#include "lint/style.h"
#include "paint/paint.h"
#include "sheet/specimen.h"
#include "story_fixture.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

/* --- files that inherit --- */

struct folder { char *path; GPtrArray *files; };

static struct folder folder_new(void)
{
    return (struct folder){ g_dir_make_tmp("kvreel-style-XXXXXX", NULL), g_ptr_array_new_with_free_func(g_free) };
}

static void folder_write(struct folder *f, const char *name, const char *text)
{
    char *path = g_build_filename(f->path, name, NULL);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
    g_ptr_array_add(f->files, path);
}

static void folder_free(struct folder *f)
{
    for (guint i = 0; i < f->files->len; i++) g_remove(f->files->pdata[i]);
    g_rmdir(f->path);
    g_ptr_array_free(f->files, TRUE);
    g_free(f->path);
}

/* The style, and in `said` what was wrong, without the folder's name. */
static struct style *read_style(const struct folder *f, const char *name, GString *said)
{
    struct diags *diags = diags_new();
    struct style *s = style_read(".", name, f->path, (struct place){ "scene.cfg", 7 }, diags);
    g_autofree char *folder = g_strconcat(f->path, "/", NULL);
    g_string_truncate(said, 0);
    diags_print(diags, said);
    g_string_replace(said, folder, "", 0);
    diags_free(diags);
    return s;
}

static void test_inherits(void)
{
    struct folder f = folder_new();
    g_autoptr(GString) said = g_string_new(NULL);
    folder_write(&f, "mine.cfg", "name = \"mine\";\nsummary = \"ours\";\ninherit = \"print\";\naccent = \"#123456\";\nramp_key = [\"#000000\", \"#FFFFFF\"];\n");
    folder_write(&f, "grandchild.cfg", "let = { strong = \"#654321\"; };\nname = \"grandchild\";\nsummary = \"ours too\";\ninherit = \"mine.cfg\";\ntext = \"$strong\";\n");
    struct style *print = open_style("print"), *s = read_style(&f, "mine.cfg", said);
    g_assert_cmpstr(said->str, ==, "");
    g_assert_cmpstr(s->name, ==, "mine");
    g_assert_cmpstr(s->summary, ==, "ours");
    g_assert_cmpstr(s->inherit, ==, "print");
    g_assert_true(color_equal(s->accent, (struct rgba){ 0x12, 0x34, 0x56, 255 }) && color_equal(s->key, print->key));
    g_assert_true(s->ramps[RAMP_KEY].n == 2 && s->ramps[RAMP_VALUE].n == print->ramps[RAMP_VALUE].n);
    g_assert_true(s->grey_safe && s->sequence_slash && s->kept_alpha == print->kept_alpha); /* promises are handed down */
    style_free(s);
    s = read_style(&f, "grandchild.cfg", said);
    g_assert_cmpstr(said->str, ==, "");
    g_assert_true(color_equal(s->text, (struct rgba){ 0x65, 0x43, 0x21, 255 }));
    g_assert_true(color_equal(s->accent, (struct rgba){ 0x12, 0x34, 0x56, 255 }) && color_equal(s->bg, print->bg));
    style_free(s);
    style_free(print);
    folder_free(&f);
}

/* A name of the parent's `let` means what it says there, also where the child has one of the same name. */
static void test_let_stays_at_home(void)
{
    struct folder f = folder_new();
    g_autoptr(GString) said = g_string_new(NULL);
    folder_write(&f, "parent.cfg", "let = { ink = \"#111111\"; };\nname = \"p\";\nsummary = \"p\";\ninherit = \"paper\";\ntext = \"$ink\";\n");
    folder_write(&f, "child.cfg", "let = { ink = \"#222222\"; };\nname = \"c\";\nsummary = \"c\";\ninherit = \"parent.cfg\";\ntext2 = \"$ink\";\n");
    struct style *s = read_style(&f, "child.cfg", said);
    g_assert_cmpstr(said->str, ==, "");
    g_assert_true(s->text.r == 0x11 && s->text2.r == 0x22);
    style_free(s);
    folder_free(&f);
}

static void test_inherits_wrongly(void)
{
    static const struct { const char *file, *text, *said; } cases[] = {
        { "self.cfg", "inherit = \"self.cfg\";\n",
          "self.cfg:1: inherit leads in a circle: self.cfg > self.cfg; the last file of a chain inherits from none.\n" },
        { "a.cfg", "\ninherit = \"b.cfg\";\n",
          "b.cfg:1: inherit leads in a circle: a.cfg > b.cfg > a.cfg; the last file of a chain inherits from none.\n" },
        { "b.cfg", "inherit = \"a.cfg\";\n", NULL },
        { "unknown.cfg", "name = \"x\";\ninherit = \"midnite\";\n",
          "unknown.cfg:2: There is no style \"midnite\"; did you mean \"midnight\"; styles are: contrast, midnight, paper, print, or "
          "a .cfg file beside this one.\n" },
        { "nofile.cfg", "inherit = \"nowhere.cfg\";\n", "nofile.cfg:1: There is no style file \"nowhere.cfg\" beside this one.\n" },
        { "number.cfg", "inherit = 3;\n", "number.cfg:1: inherit is no text; it names a style, as in inherit = \"midnight\";\n" },
        { "nameless.cfg", "summary = \"x\";\ninherit = \"midnight\";\n",
          "nameless.cfg: name is missing; it must be text, as in name = \"midnight\";\n" },
        { "jump.cfg", "name = \"x\"; summary = \"x\";\ninherit = \"midnight\";\nramp_jump = true;\n",
          "jump.cfg:3: ramp_jump is true, so ramp_attention must have 4 colours, two for each half.\n" },
        { "few.cfg", "name = \"x\"; summary = \"x\";\ninherit = \"midnight\";\nsequences = [\"#000000\"];\n",
          "few.cfg:3: sequences has 1 item; it must be an array of colours (8 of them) such as [\"#1E90FF\", \"#FF8C00\"].\n" },
        { "broken.cfg", "name = \"x\"; summary = \"x\";\ninherit = \"parent.cfg\";\n",
          "parent.cfg:4: bg is \"black\"; it must be a colour such as \"#1E90FF\", or \"#1E90FF80\" with its alpha.\n"
          "parent.cfg:5: \"qeury\" is no key of the file; did you mean \"query\"?\n" },
        { "parent.cfg", "name = \"x\";\nsummary = \"x\";\ninherit = \"midnight\";\nbg = \"black\";\nqeury = \"#000000\";\n", NULL },
    };
    struct folder f = folder_new();
    g_autoptr(GString) said = g_string_new(NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) folder_write(&f, cases[i].file, cases[i].text);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        if (!cases[i].said) continue;
        g_assert_null(read_style(&f, cases[i].file, said));
        g_assert_cmpstr(said->str, ==, cases[i].said);
    }
    folder_free(&f);
}

/* --- what a style says of itself --- */

static void test_quiet_inks(void)
{
    static const char *const names[] = { "midnight", "paper", "print", "contrast" };
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        struct style *s = open_style(names[i]);
        for (double t = 0; t < 1.01; t += 0.05)
            g_assert_cmpfloat(color_contrast(style_quiet(s, s->text3, s->bg, t), s->bg), >=, s->text_contrast);
        g_assert_true(color_equal(style_quiet(s, s->text3, s->bg, 1), s->text3));
        g_assert_cmpfloat(color_contrast(style_quiet(s, s->text, s->bg, 0.5), s->bg), <, color_contrast(s->text, s->bg));
        /* An ink that breaks the promise already is not made worse. */
        g_assert_true(color_equal(style_quiet(s, s->grid, s->bg, 0.5), s->grid));
        style_free(s);
    }
}

static void test_ramp_jump(void)
{
    struct style *s = open_style("contrast");
    const struct ramp *r = &s->ramps[RAMP_ATTENTION];
    g_assert_true(s->ramp_jump && color_equal(style_ramp(s, RAMP_ATTENTION, 0), r->stops[0]));
    g_assert_true(color_equal(style_ramp(s, RAMP_ATTENTION, 0.5), r->stops[2]));
    g_assert_true(color_equal(style_ramp(s, RAMP_ATTENTION, 1), r->stops[3]));
    g_assert_cmpfloat(color_contrast(style_ramp(s, RAMP_ATTENTION, 0.499), r->stops[1]), <, 1.05);
    style_free(s);
}

/* --- lint --- */

static void test_shipped_styles_are_clean(void)
{
    g_auto(GStrv) names = style_names(".");
    g_assert_cmpuint(g_strv_length(names), ==, 4);
    for (char **n = names; *n; n++) {
        struct style *s = open_style(*n);
        GArray *findings = findings_new();
        lint_style(s, *n, findings);
        for (guint i = 0; i < findings->len; i++) g_test_message("%s: %s", *n, g_array_index(findings, struct finding, i).text);
        g_assert_cmpuint(findings->len, ==, 0);
        g_array_unref(findings);
        style_free(s);
    }
}

/* A style with one fault, written as a file that inherits; it has exactly the finding. */
static const struct { const char *lines; enum lint_rule rule; const char *a, *b, *text; } faults[] = {
    { "inherit = \"midnight\"; value = \"#4FC0EC\";\n", LINT_VISION, "query", "value",
      "query #4F8DFF and value #4FC0EC are only 11.7 apart (CIEDE2000) with tritanopia; at least 13 is wanted: change query or value." },
    { "inherit = \"midnight\"; value = \"#E6C85B\";\n", LINT_VISION, "key", "value",
      "key #F9823C and value #E6C85B are only 8.6 apart (CIEDE2000) with deuteranopia; at least 15 is wanted: change key or value." },
    { "inherit = \"midnight\"; new_line = \"#F0A040\";\n", LINT_VISION, "new_line", "key",
      "new_line #F0A040 and key #F9823C are only 3.3 apart (CIEDE2000) with deuteranopia; at least 10 is wanted: change new_line or key." },
    { "inherit = \"midnight\"; recomputed = \"#F0C050\";\n", LINT_VISION, "recomputed", "new_fill",
      "recomputed #F0C050 and new_fill #FFDC5E are only 5.4 apart (CIEDE2000) with deuteranopia; at least 10 is wanted: change recomputed or new_fill." },
    { "inherit = \"paper\"; kept_alpha = 0.68;\n", LINT_VISION, "kept value", "value",
      "kept value #5BBBA4 and value #0F9D7E are only 9.2 apart (CIEDE2000) with tritanopia; at least 10 is wanted: change kept_alpha or value." },
    { "inherit = \"midnight\"; grey_safe = true;\n", LINT_VISION, "query", "key",
      "query #4F8DFF and key #F9823C are only 6.0 apart (CIEDE2000) in greyscale; at least 10 is wanted: change query or key." },
    { "inherit = \"midnight\"; sequences = [\"#38BDF8\", \"#5AC8F0\", \"#E0559F\", \"#DCE4F2\", \"#17977F\", \"#FFC9A0\", \"#2F63D8\", \"#B8682A\"];\n", LINT_VISION, "sequence A", "sequence B",
      "sequence A #38BDF8 and sequence B #5AC8F0 are only 4.5 apart (CIEDE2000) with protanopia; at least 15 is wanted: change colour 1 or 2 of sequences." },
    { "inherit = \"paper\"; text3 = \"#7A8198\";\n", LINT_CONTRAST, "text3", "die",
      "text3 #7A8198 has only 2.98:1 against die #E4E2DA; text_contrast promises 4.5:1: change text3 or die." },
    { "inherit = \"midnight\"; key_ink = \"#C05A20\";\n", LINT_CONTRAST, "key_ink", "key",
      "key_ink #C05A20 has only 3.45:1 against a tint of key #302123; text_contrast promises 4.5:1: change key_ink or key." },
    { "inherit = \"contrast\"; ramp_jump = false;\n", LINT_CONTRAST, "ramp_attention", "",
      "ramp_attention has the tone #A55C95, on which black and white reach only 4.60:1; text_contrast promises 7:1: change its stops." },
    { "inherit = \"contrast\"; sequences = [\"#4CC9FF\", \"#B6E33A\", \"#FF7DBE\", \"#FFFFFF\", \"#3FA98F\", \"#FFCF9E\", \"#7080A0\", \"#D98A3C\"];\n", LINT_CONTRAST, "sequence G", "",
      "sequence G has the tone #7080A0, on which black and white reach only 5.28:1; text_contrast promises 7:1: change colour 7 of sequences." },
};

static void test_faults_are_found(void)
{
    struct folder f = folder_new();
    g_autoptr(GString) said = g_string_new(NULL);
    bool fine = true;
    for (size_t i = 0; i < G_N_ELEMENTS(faults); i++) {
        g_autofree char *text = g_strconcat("name = \"x\"; summary = \"x\";\n", faults[i].lines, NULL);
        folder_write(&f, "faulty.cfg", text);
        struct style *s = read_style(&f, "faulty.cfg", said);
        g_assert_cmpstr(said->str, ==, "");
        GArray *findings = findings_new();
        lint_style(s, "faulty.cfg", findings);
        for (guint k = 0; k < findings->len; k++) {
            const struct finding *is = &g_array_index(findings, struct finding, k);
            bool wanted = k == 0 && is->rule == faults[i].rule && !strcmp(is->a.name, faults[i].a) &&
                          !strcmp(is->b.name, faults[i].b) && !strcmp(is->text, faults[i].text) &&
                          !strcmp(is->file, "faulty.cfg") && is->chapter == -1;
            if (!wanted) g_test_message("%s: %s | %s | %s", faults[i].lines, is->a.name, is->b.name, is->text);
            fine &= wanted;
        }
        if (findings->len == 0) g_test_message("%s: nothing was found", faults[i].lines);
        fine &= findings->len == 1;
        g_array_unref(findings);
        style_free(s);
    }
    folder_free(&f);
    g_assert_true(fine);
}

/* --- the specimen sheet --- */

static struct dl *draw_sheet(const struct style *s, struct fonts *fonts, const GArray *findings)
{
    struct dl *dl = dl_new();
    dl_begin(dl, SPECIMEN_WIDTH, SPECIMEN_HEIGHT, s->bg, NULL, fonts_measurer(fonts));
    specimen_draw(dl, s, findings);
    return dl;
}

/* How often a text stands on the list. */
static int count_text(const struct dl *dl, const char *text)
{
    int n = 0;
    for (guint i = 0; i < dl->ops->len; i++) {
        const struct dl_op *op = dl_op_at(dl, i);
        n += op->kind == DL_TEXT && !strcmp(dl_string(dl, op->text.text), text);
    }
    return n;
}

static void check_layout(const char *style, const struct dl *dl)
{
    struct box page = { 0, 0, SPECIMEN_WIDTH, SPECIMEN_HEIGHT }, safe = box_inset(page, 40);
    for (guint i = 0; i < dl->ops->len; i++) {
        const struct dl_op *a = dl_op_at(dl, i);
        struct box both = box_join(a->box, safe);
        if (both.w != safe.w || both.h != safe.h) g_error("%s: op %u leaves the sheet", style, i);
        for (guint k = i + 1; k < dl->ops->len && a->kind == DL_TEXT; k++) {
            const struct dl_op *b = dl_op_at(dl, k);
            if (b->kind == DL_TEXT && !box_is_empty(box_meet(a->box, b->box)))
                g_error("%s: \"%s\" lies on \"%s\"", style, dl_string(dl, a->text.text), dl_string(dl, b->text.text));
        }
    }
}

static void test_sheets(void)
{
    g_auto(GStrv) names = style_names(".");
    GArray *none = findings_new();
    for (char **n = names; *n; n++) {
        struct style *s = open_style(*n);
        struct fonts *fonts = fonts_open(s, NULL);
        g_assert_nonnull(fonts);
        struct dl *dl = draw_sheet(s, fonts, none), *again = draw_sheet(s, fonts, none);
        check_layout(*n, dl);
        g_assert_true(dl_equal(dl, again));
        g_assert_cmpint(count_text(dl, *n), ==, 1);
        g_assert_cmpint(count_text(dl, "Every promise of this style is kept."), ==, 1);
        if (!strcmp(*n, "midnight")) { /* measures of the design's tables, cut to one decimal */
            g_assert_cmpint(count_text(dl, "17.5"), ==, 1); /* text on bg */
            g_assert_cmpint(count_text(dl, "61.0"), ==, 1); /* Q and K with deuteranopia */
            g_assert_cmpint(count_text(dl, "20.6"), ==, 1); /* closest neighbours with protanopia */
        }
        dl_free(dl);
        dl_free(again);
        fonts_free(fonts);
        style_free(s);
    }
    g_array_unref(none);
}

/* What is wrong stands at the foot, and how much more there is. */
static void test_sheet_of_a_faulty_style(void)
{
    struct style *s = open_style("midnight");
    struct fonts *fonts = fonts_open(s, NULL);
    s->value = s->key;
    s->text3 = s->grid;
    GArray *findings = findings_new();
    lint_style(s, "faulty.cfg", findings);
    g_assert_cmpuint(findings->len, ==, 2);
    struct dl *dl = draw_sheet(s, fonts, findings);
    check_layout("faulty", dl);
    g_assert_cmpint(count_text(dl, "Every promise of this style is kept."), ==, 0);
    g_autofree char *first = g_strdup(g_array_index(findings, struct finding, 0).text);
    g_assert_cmpint(count_text(dl, first), ==, 1);
    dl_free(dl);
    g_array_unref(findings);
    fonts_free(fonts);
    style_free(s);
}

int main(int argc, char **argv)
{
    paint_clean_environment();
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/style/inherits", test_inherits);
    g_test_add_func("/style/let-stays-at-home", test_let_stays_at_home);
    g_test_add_func("/style/inherits-wrongly", test_inherits_wrongly);
    g_test_add_func("/style/quiet-inks", test_quiet_inks);
    g_test_add_func("/style/ramp-jump", test_ramp_jump);
    g_test_add_func("/style/lint/shipped", test_shipped_styles_are_clean);
    g_test_add_func("/style/lint/faults", test_faults_are_found);
    g_test_add_func("/style/sheets", test_sheets);
    g_test_add_func("/style/sheet-of-a-faulty-style", test_sheet_of_a_faulty_style);
    return g_test_run();
}
