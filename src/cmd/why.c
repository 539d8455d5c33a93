/* kvreel why: where every number of one picture comes from.
 *
 * The picture is laid out as `kvreel still` draws it, but not painted. Its texts tell which facts stand on it, and their
 * books tell the rest: what a caption or title says is of its own moment, so it has a book of its own. In a transition
 * the texts of the chapter before have lost their book; there the film is moved on to the transition's end.
 */
#include "base/suggest.h"
#include "cmd/outputs.h"
#include "cmd/pages.h"
#include "cmd/serve.h"
#include "cmd/size.h"
#include "cmd/why_tell.h"
#include "run/frame.h"
#include "view/chrome.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* --- what stands on the picture --- */

/* One text of a fact: where it is, and where its scope is. */
struct found { const struct dl_op *op; double scope_x, scope_y; int line; };

/* Scopes from top to bottom and left to right, in bands; their texts line by line. */
static int reading_order(const void *a, const void *b, void *band)
{
    const struct found *x = a, *y = b;
    double height = *(double *)band, rows = floor(x->scope_y / height) - floor(y->scope_y / height);
    if (rows) return rows < 0 ? -1 : 1;
    double steps[] = { x->scope_x - y->scope_x, x->scope_y - y->scope_y, x->op->text.y - y->op->text.y,
                       x->op->text.x - y->op->text.x };
    for (size_t i = 0; i < G_N_ELEMENTS(steps); i++)
        if (steps[i]) return steps[i] < 0 ? -1 : 1;
    return 0;
}

static GArray *find_texts(const struct dl *list)
{
    GArray *out = g_array_new(FALSE, FALSE, sizeof(struct found));
    for (guint i = 0; i < list->ops->len; i++) {
        const struct dl_op *op = dl_op_at(list, i);
        if (op->kind != DL_TEXT || op->text.fact < 0 || !op->text.color.a) continue;
        struct found found = { op, op->text.x, op->text.y, 0 };
        g_array_append_val(out, found);
    }
    for (guint i = 0; i < out->len; i++) /* a scope begins where its first text does */
        for (guint k = 0; k < out->len; k++) {
            struct found *a = &g_array_index(out, struct found, i);
            const struct dl_op *b = g_array_index(out, struct found, k).op;
            if (strcmp(dl_string(list, a->op->name), dl_string(list, b->name))) continue;
            a->scope_x = MIN(a->scope_x, b->text.x);
            a->scope_y = MIN(a->scope_y, b->text.y);
        }
    double band = list->height / 12.0;
    g_qsort_with_data(out->data, (int)out->len, sizeof(struct found), reading_order, &band);
    return out;
}

static struct shown *find_shown(GArray *shown, const struct dl_op *op)
{
    for (guint i = 0; i < shown->len; i++) {
        struct shown *s = &g_array_index(shown, struct shown, i);
        if (s->book == op->text.book && s->fact == op->text.fact) return s;
    }
    return NULL;
}

static void clear_shown(gpointer p) { g_free(((struct shown *)p)->text); }

static GArray *new_shown(void)
{
    GArray *out = g_array_new(FALSE, FALSE, sizeof(struct shown));
    g_array_set_clear_func(out, clear_shown);
    return out;
}

/* Every fact of the picture once. A fact in several texts of one line and scope, such as a number and its unit in
 * another size, is one text. `only`: facts of that id alone; NULL: all. */
static GArray *facts_on(const struct framer *f, const struct dl *list, const char *only)
{
    GArray *texts = find_texts(list), *out = new_shown();
    const struct dl_op *before = NULL;
    for (guint i = 0; i < texts->len; i++) {
        const struct dl_op *op = g_array_index(texts, struct found, i).op;
        const char *text = dl_string(list, op->text.text), *where = dl_string(list, op->name);
        struct shown *old = find_shown(out, op);
        bool goes_on = old && before && before->text.fact == op->text.fact && before->text.book == op->text.book &&
                       before->text.y == op->text.y && !strcmp(dl_string(list, before->name), where);
        before = op;
        if (only && strcmp(facts_at(framer_book(f, op->text.book), op->text.fact)->id, only)) continue;
        if (!old) {
            struct shown s = { op->text.book, op->text.fact, where, g_strdup(text) };
            g_array_append_val(out, s);
        } else if (goes_on) {
            char *longer = g_strconcat(old->text, " ", text, NULL);
            g_free(old->text);
            old->text = longer;
        }
    }
    g_array_free(texts, TRUE);
    return out;
}

/* The facts to tell: all on the picture, or those of one id, drawn or not. NULL after a diagnostic. */
static GArray *facts_asked(const struct framer *f, const struct dl *list, const char *id, struct diags *diags)
{
    GArray *out = facts_on(f, list, id);
    const struct facts *now = framer_book(f, BOOK_NOW);
    char text[96];
    if (!id || out->len) return out;
    int fact = facts_find(now, id);
    if (fact >= 0) {
        struct shown s = { BOOK_NOW, fact, "", g_strdup(facts_text(now, fact, FORM_AUTO, text, sizeof text)) };
        g_array_append_val(out, s);
        return out;
    }
    GPtrArray *ids = g_ptr_array_new();
    for (int i = 0; i < facts_count(now); i++) g_ptr_array_add(ids, (gpointer)facts_at(now, i)->id);
    g_ptr_array_add(ids, NULL);
    const char *near = suggest(id, (const char *const *)ids->pdata);
    g_autofree char *all = g_strjoinv(", ", (char **)ids->pdata);
    diag(diags, NULL, 0, "\"%s\" is no fact of this moment%s%s%s; its facts are: %s.", id, near ? "; did you mean \"" : "",
         near ? near : "", near ? "\"" : "", all);
    g_ptr_array_free(ids, TRUE);
    g_array_free(out, TRUE);
    return NULL;
}

/* --- telling --- */

static struct books books_of(const struct framer *f)
{
    struct books b = { .nowhere = "not on this picture" };
    for (int i = 0; i < BOOK_COUNT; i++) {
        b.book[i] = framer_book(f, i);
        if (i != BOOK_NOW) b.said_us[i] = framer_said_us(f, i);
    }
    return b;
}

static void tell_text(const struct framer *f, const struct story *story, const struct chapter *c, int64_t us,
                      int64_t asked_us, const GArray *shown)
{
    g_autoptr(GString) out = g_string_new(NULL);
    struct books books = books_of(f);
    g_string_append_printf(out, "%s, chapter %s, at %.3f s\n", story->path, c->name, (double)us / 1e6);
    if (us != asked_us)
        g_string_append_printf(out, "At %.3f s the chapter before is still leaving; this is when it has left.\n",
                               (double)asked_us / 1e6);
    g_string_append_c(out, '\n');
    struct tally t = why_tell_text(&books, shown, out);
    if (shown->len) why_tell_counts(t, out);
    else g_string_append(out, "No number stands on this picture.\n");
    fputs(out->str, stdout);
}

static void tell_json(const struct framer *f, const struct story *story, const struct chapter *c, int64_t us,
                      int64_t asked_us, const GArray *shown)
{
    g_autoptr(GString) out = g_string_new(NULL);
    struct books books = books_of(f);
    g_autofree char *path = text_json(story->path), *name = text_json(c->name);
    g_autofree char *at = text_number((double)us / 1e6), *asked = text_number((double)asked_us / 1e6);
    g_string_append_printf(out, "{\"scene\":%s,\"chapter\":%s,\"at\":%s,\"asked\":%s,\"facts\":", path, name, at, asked);
    why_tell_json(&books, shown, out);
    printf("%s}\n", out->str);
}

/* With --strict a number that nobody knows is a mistake of the scene. */
static void refuse_unknown(const struct framer *f, const struct chapter *c, const GArray *shown, struct diags *diags)
{
    for (guint i = 0; i < shown->len; i++) {
        const struct shown *s = &g_array_index(shown, struct shown, i);
        const struct facts *book = framer_book(f, s->book);
        const char *why = why_unknown(book, s->fact);
        if (why)
            diag(diags, c->place.file, c->place.line,
                 "%s is n/a in the chapter %s: %s; leave it out, or choose a model or device for which it is known.",
                 facts_at(book, s->fact)->id, c->name, why);
    }
}

static int tell(const struct args *a, const struct story *story, const struct take *take, int64_t asked_us, struct diags *diags)
{
    g_autoptr(GError) error = NULL;
    struct fonts *fonts = fonts_open(take->style, &error);
    if (!fonts) {
        complain("%s", error->message);
        return exit_code_of(error);
    }
    const struct chapter *c = story_chapter_at(story, asked_us);
    int64_t us = MAX(asked_us, c->start_us + c->lead_us);
    struct framer *framer = framer_new(story, take, fonts_measurer(fonts));
    const struct dl *list = framer_draw_at(framer, us, NULL);
    GArray *shown = facts_asked(framer, list, g_ptr_array_index(a->words, 1), diags);
    if (shown) (args_get(a, "--json") ? tell_json : tell_text)(framer, story, c, us, asked_us, shown);
    if (shown && args_get(a, "--strict")) refuse_unknown(framer, c, shown, diags);
    if (shown) g_array_free(shown, TRUE);
    framer_free(framer);
    fonts_free(fonts);
    print_diags(diags);
    return diags_count(diags) ? EXIT_MISTAKE : EXIT_DONE;
}

static int why(const struct args *a, const struct story *story, struct diags *diags)
{
    const char *at = args_get(a, "--at");
    struct outputs keep = { 0 };
    struct take take;
    int64_t us = 0;
    int code = EXIT_MISTAKE;
    g_autofree char *mistake = NULL;
    if (!diags_count(diags) && at && !story_find_time(story, at, &us, &mistake))
        diag(diags, NULL, 0, "--at is \"%s\"; %s.", at, mistake);
    outputs_take(story, args_get(a, "--size"), NULL, args_get(a, "--style"), false, &keep, &take, (struct place){ 0 }, diags);
    if (outputs_ready(a, story, &keep, diags, &code)) code = tell(a, story, &take, us, diags);
    outputs_clear(&keep);
    return code;
}

static int run(const struct verb *verb, int argc, char **argv)
{
    if (argc > 1 && !strcmp(argv[1], "pages")) return pages_why(argc - 1, argv + 1);
    if (argc > 1 && !strcmp(argv[1], "serve")) return serve_why(argc - 1, argv + 1);
    if (argc > 1 && !strcmp(argv[1], "size")) return size_why(argc - 1, argv + 1);
    return run_with_scene(verb, argc, argv, why);
}

static const struct arg args[] = {
    { "--at", "TIME", "12.4, 1:05, a chapter (its last pose), or a moment: memory/128K, 3/128K in the third chapter (default: 0)." },
    { "--size", "SIZE", "Size: 1080p, square, portrait, gif, 1280x720, ..." },
    { "--style", "STYLE", "Style." },
    { "--json", NULL, "The same as JSON." },
    { "--strict", NULL, "A number on the picture that nobody knows (n/a) is a mistake." },
    ARGS_SCENE, { 0 }
};

const struct verb verb_why = {
    .name = "why", .usage = "SCENE [--at TIME] [ID] | size|serve|pages ... [ID]", .more_words = 1, .args = args, .run = run,
    .summary = "Tells where every number of one picture comes from: its formula, its values, its sources.",
};
