/* Findings of all outputs of a film.
 *
 * Outputs that show the same pictures are looked at once. Each take is walked by its own thread with its own fonts; the
 * order of the findings does not depend on the threads.
 */
#include "cmd/findings.h"
#include "lint/lint.h"
#include "lint/style.h"
#include "paint/paint.h"
#include "sheet/marks.h"
#include "sink/png.h"

#include <stdio.h>
#include <string.h>

enum { MOST_PICTURES = 24 };

struct job {
    const struct story *story;
    const struct render_output *output;
    GArray *findings;
    GError *error;
};

static gpointer look(gpointer data)
{
    struct job *j = data;
    struct fonts *fonts = fonts_open(j->output->take.style, &j->error);
    if (fonts) {
        j->findings = lint_film(j->story, &j->output->take, fonts_measurer(fonts));
        lint_style(j->output->take.style, j->output->take.style->file, j->findings);
    }
    fonts_free(fonts);
    return NULL;
}

static bool same_pictures(const struct take *a, const struct take *b)
{
    return a->width == b->width && a->height == b->height && a->style == b->style && a->rail == b->rail &&
           a->reduced == b->reduced;
}

static bool is_twin(const struct outputs *outputs, int i)
{
    for (int k = 0; k < i; k++)
        if (same_pictures(&outputs->items[k].take, &outputs->items[i].take)) return true;
    return false;
}

static bool known(const GArray *all, guint n, const struct finding *f)
{
    for (guint i = 0; i < n; i++) {
        const GArray *list = g_array_index(all, struct output_findings, i).findings;
        for (guint k = 0; k < list->len; k++) {
            const struct finding *g = &g_array_index(list, struct finding, k);
            if (g->rule == f->rule && g->from_us == f->from_us && !strcmp(g->text, f->text)) return true;
        }
    }
    return false;
}

GArray *findings_all(const struct story *story, const struct outputs *outputs, GError **error)
{
    GArray *jobs = g_array_new(FALSE, TRUE, sizeof(struct job)),
           *all = g_array_new(FALSE, FALSE, sizeof(struct output_findings));
    for (int i = 0; i < outputs->n; i++) {
        struct job j = { story, &outputs->items[i], NULL, NULL };
        if (!is_twin(outputs, i)) g_array_append_val(jobs, j);
    }
    GThread **threads = g_new0(GThread *, jobs->len);
    for (guint i = 1; i < jobs->len; i++) threads[i] = g_thread_new("lint", look, &g_array_index(jobs, struct job, i));
    if (jobs->len) look(&g_array_index(jobs, struct job, 0));
    for (guint i = 0; i < jobs->len; i++) {
        struct job *j = &g_array_index(jobs, struct job, i);
        if (i) g_thread_join(threads[i]);
        if (j->error && error && !*error) g_propagate_error(error, j->error);
        else g_clear_error(&j->error);
        for (guint k = 0; j->findings && k < j->findings->len;) {
            if (known(all, all->len, &g_array_index(j->findings, struct finding, k)))
                g_array_remove_index(j->findings, k);
            else k++;
        }
        struct output_findings of = { j->output, j->findings ? j->findings : findings_new() };
        g_array_append_val(all, of);
    }
    g_free(threads);
    g_array_free(jobs, TRUE);
    if (!error || !*error) return all;
    findings_all_free(all);
    return NULL;
}

void findings_all_free(GArray *all)
{
    for (guint i = 0; all && i < all->len; i++) g_array_unref(g_array_index(all, struct output_findings, i).findings);
    if (all) g_array_free(all, TRUE);
}

guint findings_all_count(const GArray *all)
{
    guint n = 0;
    for (guint i = 0; i < all->len; i++) n += g_array_index(all, struct output_findings, i).findings->len;
    return n;
}

/* --- telling --------------------------------------------------------------------------------------------------------------- */

/* "0:12.4". Caller frees. */
static char *time_text(int64_t us)
{
    int64_t tenths = (us + 50000) / 100000;
    return g_strdup_printf("%d:%02d.%d", (int)(tenths / 600), (int)(tenths / 10 % 60), (int)(tenths % 10));
}

static void tell_finding(const struct story *story, const struct finding *f, int number, const char *output,
                         GString *out)
{
    g_autofree char *from = time_text(f->from_us), *to = time_text(f->to_us);
    const struct box *a = &f->a.box, *b = &f->b.box;
    if (f->file && f->line) g_string_append_printf(out, "%s:%d: ", f->file, f->line);
    else if (f->file) g_string_append_printf(out, "%s: ", f->file);
    g_string_append_printf(out, "[%d %s] ", number, lint_rule_names[f->rule]);
    if (f->chapter >= 0) g_string_append_printf(out, "%s to %s, %s: ", from, to, story->chapters[f->chapter].name);
    g_string_append(out, f->text);
    if (!box_is_empty(*a)) {
        g_string_append_printf(out, " (%s, at %.0f,%.0f %.0f×%.0f", output, a->x, a->y, a->w, a->h);
        if (!box_is_empty(*b)) g_string_append_printf(out, " and %.0f,%.0f %.0f×%.0f", b->x, b->y, b->w, b->h);
        g_string_append_c(out, ')');
    }
    g_string_append_c(out, '\n');
}

void findings_tell(const struct story *story, const GArray *all, GString *out)
{
    int number = 0;
    for (guint i = 0; i < all->len; i++) {
        const struct output_findings *of = &g_array_index(all, struct output_findings, i);
        for (guint k = 0; k < of->findings->len; k++)
            tell_finding(story, &g_array_index(of->findings, struct finding, k), ++number, of->output->path, out);
    }
    for (guint i = 0; i < all->len; i++) {
        const struct output_findings *of = &g_array_index(all, struct output_findings, i);
        const struct take *t = &of->output->take;
        g_string_append_printf(out, "%s, %d×%d, %s: ", of->output->path, t->width, t->height, t->style->name);
        if (!of->findings->len)
            g_string_append(out, i ? "nothing more to stumble over\n" : "nothing to stumble over\n");
        else
            g_string_append_printf(out, "%u %s a viewer would stumble over\n", of->findings->len,
                                   of->findings->len == 1 ? "thing" : "things");
    }
}

static void tell_object_json(const char *key, const struct lint_object *o, GString *out)
{
    g_autofree char *name = text_json(o->name), *text = o->text ? text_json(o->text) : g_strdup("null");
    g_string_append_printf(out, ",\"%s\":{\"name\":%s,\"text\":%s", key, name, text);
    if (!box_is_empty(o->box))
        g_string_append_printf(out, ",\"box\":[%.0f,%.0f,%.0f,%.0f]", o->box.x, o->box.y, o->box.w, o->box.h);
    g_string_append_c(out, '}');
}

static void tell_finding_json(const struct story *story, const struct finding *f, const char *path, GString *out)
{
    g_autofree char *file = text_json(f->file ? f->file : ""), *text = text_json(f->text), *output = text_json(path);
    g_autofree char *chapter = f->chapter < 0 ? g_strdup("null") : text_json(story->chapters[f->chapter].name);
    g_string_append_printf(
        out,
        "{\"rule\":\"%s\",\"file\":%s,\"line\":%d,\"output\":%s,\"chapter\":%s,\"from\":%.3f,\"to\":%.3f,\"at\":%.3f,\"text\":%s",
        lint_rule_names[f->rule], file, f->line, output, chapter, (double)f->from_us / 1e6, (double)f->to_us / 1e6,
        (double)f->at_us / 1e6, text);
    if (f->a.name) tell_object_json("a", &f->a, out);
    if (f->b.name) tell_object_json("b", &f->b, out);
    g_string_append_c(out, '}');
}

void findings_tell_json(const struct story *story, const GArray *all, GString *out)
{
    bool first = true;
    g_string_append_c(out, '[');
    for (guint i = 0; i < all->len; i++) {
        const struct output_findings *of = &g_array_index(all, struct output_findings, i);
        for (guint k = 0; k < of->findings->len; k++, first = false) {
            if (!first) g_string_append_c(out, ',');
            tell_finding_json(story, &g_array_index(of->findings, struct finding, k), of->output->path, out);
        }
    }
    g_string_append(out, "]\n");
}

/* --- pictures --------------------------------------------------------------------------------------------------------------- */

static bool draw_moment(struct framer *framer, struct painter *painter, struct dl *marked,
                        const struct output_findings *of, struct fonts *fonts, int64_t us, int first_number,
                        const char *path, GError **error)
{
    const struct take *t = &of->output->take;
    GPtrArray *some = g_ptr_array_new();
    GArray *numbers = g_array_new(FALSE, FALSE, sizeof(int));
    for (guint k = 0; k < of->findings->len; k++) {
        const struct finding *f = &g_array_index(of->findings, struct finding, k);
        int number = first_number + (int)k;
        if (f->at_us != us) continue;
        g_ptr_array_add(some, (gpointer)f);
        g_array_append_val(numbers, number);
    }
    const struct dl *list = framer_draw_at(framer, us, NULL);
    marks_draw(marked, list, t->style, fonts_measurer(fonts), (const struct finding *const *)some->pdata,
               (const int *)numbers->data, (int)some->len);
    painter_paint(painter, marked);
    g_ptr_array_free(some, TRUE);
    g_array_free(numbers, TRUE);
    return png_write(path, painter_pixels(painter), t->width, t->height, error);
}

/* path for the first picture, path with "-2" and so on before its suffix for the others. Caller frees. */
static char *numbered(const char *path, int n)
{
    const char *dot = strrchr(path, '.');
    return n == 1 ? g_strdup(path) : g_strdup_printf("%.*s-%d%s", (int)(dot - path), path, n, dot);
}

static bool draw_output(const struct story *story, const struct output_findings *of, int first_number, const char *path,
                        int *n, GError **error)
{
    const struct take *t = &of->output->take;
    struct fonts *fonts = fonts_open(t->style, error);
    if (!fonts) return false;
    struct framer *framer = framer_new(story, t, fonts_measurer(fonts));
    struct painter *painter = painter_new(fonts, t->width, t->height);
    struct dl *marked = dl_new();
    bool ok = true;
    for (guint k = 0; ok && k < of->findings->len && *n < MOST_PICTURES; k++) {
        const struct finding *f = &g_array_index(of->findings, struct finding, k);
        int64_t us = f->at_us;
        bool drawn = box_is_empty(f->a.box) && box_is_empty(f->b.box); /* nothing to draw */
        for (guint e = 0; e < k && !drawn; e++) drawn = g_array_index(of->findings, struct finding, e).at_us == us;
        if (drawn) continue;
        g_autofree char *file = numbered(path, ++*n);
        ok = draw_moment(framer, painter, marked, of, fonts, us, first_number, file, error);
        if (ok) printf("%s  at %.3f s of %s\n", file, (double)us / 1e6, of->output->path);
    }
    dl_free(marked);
    painter_free(painter);
    framer_free(framer);
    fonts_free(fonts);
    return ok;
}

bool findings_draw(const struct story *story, const GArray *all, const char *path, GError **error)
{
    int n = 0, number = 1;
    for (guint i = 0; i < all->len; i++) {
        const struct output_findings *of = &g_array_index(all, struct output_findings, i);
        if (of->findings->len && !draw_output(story, of, number, path, &n, error)) return false;
        number += (int)of->findings->len;
    }
    if (!n && findings_all_count(all))
        printf("No picture was drawn: these findings are of words in time, and have no box.\n");
    if (n == MOST_PICTURES) printf("Only the first %d moments were drawn.\n", MOST_PICTURES);
    return true;
}
