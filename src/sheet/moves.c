/* Where a chapter is cut into moves. Every rest ends one, and so does a moment of the view that comes at least MOVE_LEAST_US
 * after the last cut, so that a move is long enough to be looked at. A move goes on into the rest that follows until the
 * words of its cue have come in; the rest of a rest shows nothing new.
 */
#include "sheet/moves.h"
#include "base/suggest.h"

#include <math.h>
#include <string.h>

enum { MOVE_LEAST_US = 700000, WORDS_IN_US = 450000, MOST_FRAMES = 24 };

/* A moment, or a cue where no moment is; rests for rest_us. */
struct stop { double at; int64_t rest_us; const char *name, *what; };

static int by_time(const void *a, const void *b, void *unused)
{
    const struct stop *x = a, *y = b;
    (void)unused;
    return x->at < y->at ? -1 : x->at > y->at;
}

/* Sorted; of one time there is one. The last is the end of the action. */
static GArray *stops_of(const struct chapter *c)
{
    GArray *all = g_array_new(FALSE, FALSE, sizeof(struct stop)), *out = g_array_new(FALSE, FALSE, sizeof(struct stop));
    int n;
    const struct moment *m = c->view->moments(c->sim, &n);
    for (int i = 0; i < n; i++) {
        struct stop s = { MIN(m[i].at, c->action), 0, m[i].name, m[i].what };
        g_array_append_val(all, s);
    }
    for (int i = 0; i < c->n_cues; i++) {
        struct stop s = { c->cues[i].at, c->cues[i].hold_us, c->cues[i].name, NULL };
        if (s.rest_us) g_array_append_val(all, s);
    }
    struct stop end = { c->action, 0, "end", NULL };
    g_array_append_val(all, end);
    g_qsort_with_data(all->data, all->len, sizeof end, by_time, NULL);
    for (guint i = 0; i < all->len; i++) {
        const struct stop *s = &g_array_index(all, struct stop, i);
        struct stop *last = out->len ? &g_array_index(out, struct stop, out->len - 1) : NULL;
        if (!last || s->at > last->at) {
            g_array_append_val(out, *s);
            continue;
        }
        last->rest_us += s->rest_us;
        if (!last->name) last->name = s->name;
        if (!last->what) last->what = s->what;
    }
    g_array_free(all, TRUE);
    return out;
}

/* Leaves out the frames at both ends that only repeat; of the still ones at the start the last stays: the pose that the
 * move leaves. False when nothing moves. */
static bool trim(struct move *m, struct framer *bare)
{
    int64_t first = -1, last = -1;
    uint64_t before = dl_hash(framer_draw(bare, m->first));
    for (int64_t n = m->first + 1; n < m->end; n++) {
        uint64_t now = dl_hash(framer_draw(bare, n));
        if (now != before && first < 0) first = n - 1;
        if (now != before) last = n;
        before = now;
    }
    if (first < 0) return false;
    m->first = first;
    m->end = last + 1;
    return true;
}

struct cutting { const struct story *story; const struct take *take; struct framer *bare; GArray *moves; };

/* from_us and to_us: times of the film. A chapter in which nothing moves has a move for all that. */
static void add_move(struct cutting *k, struct move m, int64_t from_us, int64_t to_us, bool last)
{
    const struct take *take = k->take;
    int64_t begin = take_chapter_frame(k->story, take, m.chapter), after = take_chapter_frame(k->story, take, m.chapter + 1);
    if (m.chapter + 1 == k->story->n_chapters) after = take_frames(k->story, take);
    m.first = MIN(MAX(rate_frame_at(take->fps, from_us), begin), after - 1);
    m.end = CLAMP(rate_frame_at(take->fps, to_us) + 1, m.first + 1, MAX(after, m.first + 1));
    if (!trim(&m, k->bare) && !(last && !k->moves->len)) return;
    m.step = (int)((m.end - m.first + MOST_FRAMES - 1) / MOST_FRAMES);
    g_array_append_val(k->moves, m);
}

GArray *moves_of(const struct story *story, const struct take *take, int chapter, struct framer *bare)
{
    const struct chapter *c = &story->chapters[chapter];
    struct cutting k = { story, take, bare, g_array_new(FALSE, FALSE, sizeof(struct move)) };
    GArray *stops = stops_of(c);
    if (c->lead_us) {
        struct move lead = { .chapter = chapter, .name = "transition", .from = -1, .to = 0 };
        add_move(&k, lead, c->start_us, c->start_us + c->lead_us, false);
    }
    int64_t from_us = c->lead_us;
    double from = 0;
    for (guint i = 0; i < stops->len; i++) {
        const struct stop *s = &g_array_index(stops, struct stop, i);
        bool last = i + 1 == stops->len;
        int64_t at_us = chapter_time_of(c, s->at), rest = last ? c->length_us - at_us : s->rest_us;
        int64_t to_us = at_us + MIN(rest, WORDS_IN_US);
        if (!last && s->at <= 0) from_us = at_us + s->rest_us;
        if (!last && (s->at <= 0 || (!s->rest_us && at_us - from_us < MOVE_LEAST_US))) continue;
        struct move m = { .chapter = chapter, .name = s->name, .what = s->what, .from = from, .to = s->at };
        add_move(&k, m, c->start_us + from_us, c->start_us + to_us, last);
        from = s->at;
        from_us = at_us + s->rest_us;
    }
    g_array_free(stops, TRUE);
    return k.moves;
}

/* --- finding ------------------------------------------------------------------------------------------------------------ */

static int find_chapter(const struct story *s, const char *word)
{
    char *end;
    gint64 number = g_ascii_strtoll(word, &end, 10);
    for (int i = 0; i < s->n_chapters; i++)
        if (!g_ascii_strcasecmp(s->chapters[i].name, word)) return i;
    for (int i = 0; i < s->n_chapters; i++)
        if (!g_ascii_strcasecmp(s->chapters[i].view->name, word)) return i;
    return *word && !*end && number >= 1 && number <= s->n_chapters ? (int)number - 1 : -1;
}

static char *chapters_there_are(const struct story *s, const char *word)
{
    g_autofree const char **names = g_new0(const char *, s->n_chapters + 1);
    GString *all = g_string_new(NULL);
    for (int i = 0; i < s->n_chapters; i++) {
        names[i] = s->chapters[i].name;
        g_string_append_printf(all, "%s%d %s", i ? ", " : "", i + 1, names[i]);
    }
    const char *near = suggest(word, names);
    g_autofree char *guess = near ? g_strdup_printf("; did you mean \"%s\"?", near) : g_strdup(",");
    char *out = g_strdup_printf("there is no chapter \"%s\"%s%s chapters are: %s", word, guess, near ? " The" : " the", all->str);
    g_string_free(all, TRUE);
    return out;
}

/* Every name that a moment of the chapter has, and "transition" where one leads into it. NULL-ended; free the array alone. */
static const char **names_of(const struct chapter *c)
{
    g_autofree const char **names = chapter_moment_names(c);
    GPtrArray *out = g_ptr_array_new();
    if (c->lead_us) g_ptr_array_add(out, (gpointer)"transition");
    for (const char **n = names; *n; n++) g_ptr_array_add(out, (gpointer)*n);
    g_ptr_array_add(out, NULL);
    return (const char **)g_ptr_array_free(out, FALSE);
}

static bool find_moment(const struct chapter *c, const char *name, double *at)
{
    int n;
    const struct moment *m = c->view->moments(c->sim, &n);
    *at = -1;
    if (c->lead_us && !g_ascii_strcasecmp(name, "transition")) return true;
    for (int i = 0; i < c->n_cues; i++) {
        *at = c->cues[i].at;
        if (c->cues[i].name && !g_ascii_strcasecmp(c->cues[i].name, name)) return true;
    }
    for (int i = 0; i < n; i++) {
        *at = MIN(m[i].at, c->action);
        if (!g_ascii_strcasecmp(m[i].name, name)) return true;
    }
    return false;
}

static char *moments_there_are(const struct story *s, int chapter, const char *name, const char *word)
{
    const struct chapter *c = &s->chapters[chapter];
    g_autofree const char **names = names_of(c);
    g_autofree char *all = g_strjoinv(", ", (char **)names);
    const char *near = suggest(word, names);
    g_autofree char *guess = near ? g_strdup_printf("; did you mean \"%s\"?", near) : g_strdup(",");
    g_autofree char *others = story_other_chapters(s, chapter, name);
    return g_strdup_printf("%s has no moment \"%s\"%s%s moments are: %s%s", c->name, word, guess, near ? " Its" : " its", all,
                           others);
}

bool moves_find(const struct story *story, const char *text, int *chapter, double *at, char **why)
{
    const char *slash = strchr(text, '/');
    g_autofree char *word = slash ? g_strndup(text, (gsize)(slash - text)) : g_strdup(text);
    *at = NAN;
    *why = NULL;
    *chapter = find_chapter(story, word);
    if (*chapter < 0) *why = chapters_there_are(story, word);
    if (*chapter < 0 || !slash) return *chapter >= 0;
    if (find_moment(&story->chapters[*chapter], slash + 1, at)) return true;
    *why = moments_there_are(story, *chapter, word, slash + 1);
    return false;
}

int moves_reaching(const GArray *moves, double at)
{
    for (guint i = 0; i < moves->len; i++) {
        const struct move *m = &g_array_index(moves, struct move, i);
        if (at < 0 ? m->from < 0 : m->from >= 0 && at <= m->to) return (int)i;
    }
    return (int)moves->len - 1;
}
