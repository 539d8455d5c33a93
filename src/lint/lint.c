/* The walk over a film.
 *
 * Each distinct picture is looked at once. A fault is known by its rule and the keys of its objects, so that the same one
 * in the next picture goes on; it becomes a finding when it has lasted. At the end, findings that say the same of things of
 * one kind ("label 3", "label 4") in one chapter become one that counts them.
 */
#include "lint/lint.h"
#include "lint/changes.h"
#include "lint/picture.h"
#include "lint/captions.h"

#include <string.h>

/* A fault that is there: since when, and as a finding at its most telling moment so far. */
struct lasting {
    uint64_t key;
    struct fault best;
    struct finding finding;
    int64_t from_us;
    guint picture;
};

struct walk {
    const struct story *story;
    struct framer *framer;
    struct looker looker;
    GArray *faults; /* struct fault, of the present picture */
    GHashTable *lasting; /* key -> struct lasting */
    guint picture;
    GArray *findings;
};

static const struct facts *book_of(const void *framer, int book) { return framer_book(framer, book); }

static void clear_strings(struct finding *f)
{
    GArray *one = findings_new(); /* frees what is in it */
    findings_add(one, *f);
    g_array_unref(one);
}

static void fault_ends(struct walk *w, struct lasting *l, int64_t us)
{
    l->finding.from_us = l->from_us;
    l->finding.to_us = us;
    if (us - l->from_us >= LINT_LASTING_US) {
        captions_find_line(w->story, &l->finding);
        findings_add(w->findings, l->finding);
    } else {
        clear_strings(&l->finding);
    }
    g_free(l);
}

/* Faults that the present picture does not have are over. */
static void end_faults(struct walk *w, int64_t us)
{
    GHashTableIter it;
    gpointer value;
    g_hash_table_iter_init(&it, w->lasting);
    while (g_hash_table_iter_next(&it, NULL, &value)) {
        struct lasting *l = value;
        if (l->picture == w->picture) continue;
        g_hash_table_iter_steal(&it);
        fault_ends(w, l, us);
    }
}

static void see_picture(struct walk *w, const struct dl *dl, int64_t us, int chapter, bool in_transition)
{
    w->picture++;
    g_array_set_size(w->faults, 0);
    if (!in_transition) picture_faults(&w->looker, dl, w->faults);
    for (guint i = 0; i < w->faults->len; i++) {
        const struct fault *f = &g_array_index(w->faults, struct fault, i);
        struct lasting *l = g_hash_table_lookup(w->lasting, &f->key);
        bool more = !l || fault_tells_more(f, &l->best);
        if (!l) {
            l = g_new0(struct lasting, 1);
            l->key = f->key;
            l->from_us = us;
            g_hash_table_insert(w->lasting, &l->key, l);
        } else if (more) {
            clear_strings(&l->finding);
        }
        l->picture = w->picture;
        if (!more) continue;
        l->best = *f;
        l->finding = fault_finding(&w->looker, dl, f);
        l->finding.chapter = chapter;
        l->finding.at_us = us;
    }
    end_faults(w, us);
}

/* --- many of one kind ---------------------------------------------------------------------------------------------------- */

/* The name without the number at its end: "label 3" is a "label". */
static char *stem(const char *name)
{
    size_t n = name ? strlen(name) : 0;
    while (n && g_ascii_isdigit(name[n - 1])) n--;
    return g_strndup(name ? name : "", n);
}

static bool alike(const struct finding *a, const struct finding *b)
{
    if (a->rule != b->rule || a->chapter != b->chapter || a->line != b->line || a->rule == LINT_READING ||
        a->rule == LINT_MOVING)
        return false;
    if (a->cause || b->cause) return a->cause == b->cause;
    g_autofree char *aa = stem(a->a.name), *ab = stem(a->b.name), *ba = stem(b->a.name), *bb = stem(b->b.name);
    return !strcmp(aa, ba) && !strcmp(ab, bb);
}

static int by_time(const void *a, const void *b)
{
    const struct finding *x = a, *y = b;
    if (x->from_us != y->from_us) return x->from_us < y->from_us ? -1 : 1;
    if (x->rule != y->rule) return (int)x->rule - (int)y->rule;
    return strcmp(x->text, y->text);
}

/* `f` is told with `main`: its box is kept if it is there at the same moment. */
static void join(struct finding *main, const struct finding *f)
{
    if (f->at_us != main->at_us || box_is_empty(f->a.box)) return;
    if (!main->others) main->others = g_array_new(FALSE, FALSE, sizeof(struct box));
    g_array_append_val(main->others, f->a.box);
}

static GArray *gather(GArray *findings)
{
    GArray *out = findings_new(), *more = g_array_new(FALSE, TRUE, sizeof(int));
    g_array_sort(findings, by_time);
    for (guint i = 0; i < findings->len; i++) {
        struct finding *f = &g_array_index(findings, struct finding, i);
        guint k = 0;
        while (k < out->len && !alike(&g_array_index(out, struct finding, k), f)) k++;
        if (k < out->len) {
            g_array_index(more, int, k)++;
            join(&g_array_index(out, struct finding, k), f);
            clear_strings(f);
        } else {
            findings_add(out, *f);
            g_array_set_size(more, out->len);
        }
    }
    for (guint k = 0; k < out->len; k++) {
        struct finding *f = &g_array_index(out, struct finding, k);
        int n = g_array_index(more, int, k);
        if (!n) continue;
        char *text = g_strdup_printf("%s And %d more like it.", f->text, n);
        g_free(f->text);
        f->text = text;
    }
    g_array_set_clear_func(findings, NULL); /* its strings have been taken over */
    g_array_unref(findings);
    g_array_free(more, TRUE);
    return out;
}

/* --- the film ------------------------------------------------------------------------------------------------------------- */

static void walk_film(struct walk *w, const struct take *take)
{
    struct changes *changes = changes_new(w->story, w->findings);
    uint64_t last = 0;
    int64_t n = take_frames(w->story, take);
    for (int64_t i = 0; i < n; i++) {
        const struct dl *dl = framer_draw(w->framer, i);
        uint64_t hash = dl_hash(dl);
        if (i && hash == last) continue;
        last = hash;
        int chapter = w->story->n_chapters - 1;
        while (chapter > 0 && i < take_chapter_frame(w->story, take, chapter)) chapter--;
        int64_t us = CLAMP((int64_t)(rate_seconds(take->fps, i) * 1e6), w->story->chapters[chapter].start_us,
                           w->story->length_us);
        bool in_transition = us < w->story->chapters[chapter].start_us + w->story->chapters[chapter].lead_us;
        see_picture(w, dl, us, chapter, in_transition);
        changes_see(changes, dl, us, chapter, in_transition);
    }
    w->picture++;
    end_faults(w, w->story->length_us);
    changes_end(changes, w->story->length_us);
    changes_free(changes);
}

GArray *lint_film(const struct story *story, const struct take *take, const struct measurer *measurer)
{
    struct take look = *take;
    if (rate_seconds(look.fps, LINT_RATE) < 1) look.fps = (struct rate){ LINT_RATE, 1 };
    struct walk w = { .story = story, .findings = findings_new() };
    w.framer = framer_new(story, &look, measurer);
    looker_init(&w.looker, take->style, take->width, take->height, measurer);
    w.looker.book = book_of;
    w.looker.self = w.framer;
    w.faults = g_array_new(FALSE, FALSE, sizeof(struct fault));
    w.lasting = g_hash_table_new(g_int64_hash, g_int64_equal);
    captions_reading(story, w.findings);
    walk_film(&w, &look);
    captions_moving(story, w.framer, w.findings);
    for (guint i = 0; i < w.findings->len; i++) captions_find_line(story, &g_array_index(w.findings, struct finding, i));
    g_hash_table_destroy(w.lasting);
    g_array_free(w.faults, TRUE);
    looker_finish(&w.looker);
    framer_free(w.framer);
    return gather(w.findings);
}
