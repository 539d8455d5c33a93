/* Time in a story: chapters on an exact clock of microseconds, and the action inside a chapter with its holds.
 *
 *   chapter  |-- lead --|-- action, stopped at each hold --|-- rest --|
 */
#include "scene/story.h"
#include "base/unit.h"

#include <math.h>
#include <string.h>

const struct chapter *story_chapter_at(const struct story *s, int64_t us)
{
    int i = s->n_chapters - 1;
    while (i > 0 && us < s->chapters[i].start_us) i--;
    return &s->chapters[i];
}

double chapter_action_at(const struct chapter *c, int64_t us)
{
    double run = (double)MAX(us - c->lead_us, 0);
    for (int i = 0; i < c->n_cues; i++) {
        double reached = c->cues[i].at * 1e6 / c->said.pace;
        if (run <= reached) break;
        run = MAX(reached, run - (double)c->cues[i].hold_us);
    }
    return MIN(run * c->said.pace / 1e6, c->action);
}

int64_t chapter_time_of(const struct chapter *c, double at)
{
    int64_t us = c->lead_us + llround(at * 1e6 / c->said.pace);
    for (int i = 0; i < c->n_cues; i++)
        if (c->cues[i].at < at) us += c->cues[i].hold_us;
    return us;
}

/* --- stills ---------------------------------------------------------------------------------------------------------- */

static const int64_t APART_US = (int64_t)(RESTS_APART_S * 1e6);
static const int64_t READ_US = 1000000; /* a still that is no step of a fill has numbers of its own to be read */

/* A rest that a cue names is one that the film speaks about: it is shown even when others must give way. */
struct rest { double at; bool fill, named; };

static int rest_by_time(const void *a, const void *b)
{
    const struct rest *x = a, *y = b;
    return x->at < y->at ? -1 : x->at > y->at;
}

static GArray *rests_of(const struct chapter *c)
{
    GArray *all = g_array_new(FALSE, FALSE, sizeof(struct rest));
    struct rests r = { 0 };
    if (c->view->rests) r = c->view->rests(c->sim);
    for (int i = 0; i < r.n; i++) g_array_append_val(all, ((struct rest){ r.at[i], r.fill, false }));
    int n;
    const struct moment *m = c->view->moments(c->sim, &n);
    for (int i = 0; i < n && !c->view->rests; i++) g_array_append_val(all, ((struct rest){ m[i].at, false, false }));
    for (int i = 0; i < c->n_cues; i++)
        if (c->cues[i].moment) g_array_append_val(all, ((struct rest){ c->cues[i].at, r.fill, true }));
    g_array_sort(all, rest_by_time);
    return all;
}

static void add_still(struct chapter *c, struct rest r)
{
    struct still *last = &c->stills[c->n_stills - 1];
    int64_t start = chapter_time_of(c, r.at), room = start - (c->n_stills > 1 ? last->start_us : c->lead_us / 2);
    if (r.at <= 0 || start <= last->start_us) return;
    bool crowded = room < (r.fill ? APART_US : READ_US);
    if (crowded && (!r.named || c->n_stills == 1)) return;
    if (crowded) c->n_stills--;
    /* Just after: times are sums of seconds, and what ends now shall have ended. */
    c->stills[c->n_stills++] = (struct still){ r.at + 1e-9, start, r.fill };
}

static void place_stills(struct chapter *c, int64_t next_lead_us)
{
    GArray *rests = rests_of(c);
    c->stills = g_new0(struct still, rests->len + 1);
    c->n_stills = 1; /* the first comes with the chapter itself */
    for (guint i = 0; i < rests->len; i++) add_still(c, g_array_index(rests, struct rest, i));
    g_array_free(rests, TRUE);
    const struct still *last = &c->stills[c->n_stills - 1];
    if (c->n_stills > 1 && last->start_us > c->length_us + next_lead_us / 2 - APART_US) c->n_stills--;
}

void story_place_stills(struct story *s)
{
    for (int i = 0; i < s->n_chapters; i++)
        if (s->chapters[i].sim) place_stills(&s->chapters[i], i + 1 < s->n_chapters ? s->chapters[i + 1].lead_us : INT64_MAX / 2);
}

const struct still *chapter_still_at(const struct chapter *c, int64_t us)
{
    int lo = 0, hi = c->n_stills - 1;
    while (lo < hi) {
        int mid = (lo + hi + 1) / 2;
        if (us >= c->stills[mid].start_us) lo = mid;
        else hi = mid - 1;
    }
    return &c->stills[lo];
}

/* --- times as people give them --------------------------------------------------------------------------------------- */

/* By its name or its view's; "2" is the second chapter where no name is that. */
static const struct chapter *chapter_named(const struct story *s, const char *name, size_t len)
{
    for (int i = 0; i < s->n_chapters; i++) {
        const char *words[] = { s->chapters[i].name, s->chapters[i].view->name };
        for (int k = 0; k < 2; k++)
            if (strlen(words[k]) == len && !g_ascii_strncasecmp(words[k], name, len)) return &s->chapters[i];
    }
    char *end;
    guint64 number = g_ascii_isdigit(*name) ? g_ascii_strtoull(name, &end, 10) : 0;
    return number >= 1 && number <= (guint64)s->n_chapters && end == name + len ? &s->chapters[number - 1] : NULL;
}

enum { SETTLED_US = 450000 }; /* by then a cue's words have come in */

/* When the action is at `at` and, where it rests there at a cue, that cue's words have come in. */
static int64_t settled_time_of(const struct chapter *c, double at)
{
    int64_t rest = 0;
    for (int i = 0; i < c->n_cues; i++)
        if (c->cues[i].at == at) rest += c->cues[i].hold_us;
    return chapter_time_of(c, at) + MIN(rest, SETTLED_US);
}

/* A cue's name or a moment's, in one chapter; -1: neither. Where the action rests at a cue, the answer is a little later,
 * when its words are there too. */
static int64_t find_in_chapter(const struct chapter *c, const char *name)
{
    for (int i = 0; i < c->n_cues; i++)
        if (c->cues[i].name && !g_ascii_strcasecmp(c->cues[i].name, name))
            return c->start_us + c->cues[i].start_us + MIN(c->cues[i].hold_us, SETTLED_US);
    int n;
    const struct moment *m = c->view->moments(c->sim, &n);
    for (int i = 0; i < n; i++)
        if (!g_ascii_strcasecmp(m[i].name, name)) return c->start_us + settled_time_of(c, m[i].at);
    return -1;
}

struct name { double at; const char *text; };

static int name_by_time(const void *a, const void *b, void *unused)
{
    const struct name *x = a, *y = b;
    (void)unused;
    return x->at < y->at ? -1 : x->at > y->at;
}

static void add_name(GArray *names, double at, const char *text)
{
    struct name name = { at, text };
    for (guint i = 0; i < names->len; i++)
        if (!g_ascii_strcasecmp(g_array_index(names, struct name, i).text, text)) return;
    g_array_append_val(names, name);
}

const char **chapter_moment_names(const struct chapter *c)
{
    int n;
    const struct moment *m = c->view->moments(c->sim, &n);
    g_autoptr(GArray) names = g_array_new(FALSE, FALSE, sizeof(struct name));
    for (int i = 0; i < n; i++) add_name(names, m[i].at, m[i].name);
    for (int i = 0; i < c->n_cues; i++)
        if (c->cues[i].name) add_name(names, c->cues[i].at, c->cues[i].name);
    g_qsort_with_data(names->data, (int)names->len, sizeof(struct name), name_by_time, NULL);
    const char **out = g_new0(const char *, names->len + 1);
    for (guint i = 0; i < names->len; i++) out[i] = g_array_index(names, struct name, i).text;
    return out;
}

bool chapter_find_moment(const struct chapter *c, const char *name, double *at)
{
    int n;
    const struct moment *m = c->view->moments(c->sim, &n);
    for (int i = 0; i < c->n_cues; i++)
        if (c->cues[i].name && !g_ascii_strcasecmp(c->cues[i].name, name)) {
            *at = c->cues[i].at;
            return true;
        }
    for (int i = 0; i < n; i++)
        if (!g_ascii_strcasecmp(m[i].name, name)) {
            *at = m[i].at;
            return true;
        }
    return false;
}

char *story_chapter_word(const struct story *s, int chapter)
{
    const struct chapter *c = &s->chapters[chapter];
    bool plain = !strchr(c->name, '/') && chapter_named(s, c->name, strlen(c->name)) == c;
    return plain ? g_strdup(c->name) : g_strdup_printf("%d", chapter + 1);
}

char *story_other_chapters(const struct story *s, int chapter, const char *name)
{
    GString *out = g_string_new(NULL);
    bool by_view = g_ascii_strcasecmp(s->chapters[chapter].name, name);
    int first = 0, n = 0, unused;
    for (int i = s->n_chapters - 1; i >= 0; i--) {
        const struct chapter *c = &s->chapters[i];
        if (i == chapter || g_ascii_strcasecmp(by_view ? c->view->name : c->name, name)) continue;
        g_autofree char *number = g_strdup_printf("%d%s", i + 1, !n ? "" : n == 1 ? " and " : ", ");
        g_string_prepend(out, number);
        first = i;
        n++;
    }
    if (!n) return g_string_free(out, FALSE);
    g_string_prepend(out, n == 1 ? "; chapter " : "; chapters ");
    g_string_append_printf(out, " %s that name, too: write %d/%s", n == 1 ? "has" : "have", first + 1,
                           s->chapters[first].view->moments(s->chapters[first].sim, &unused)->name);
    return g_string_free(out, FALSE);
}

/* c: the chapter that `word` named; NULL: none. */
static char *what_there_is(const struct story *s, const struct chapter *c, const char *word)
{
    if (c) {
        g_autofree const char **names = chapter_moment_names(c);
        g_autofree char *all = g_strjoinv(", ", (char **)names), *others = story_other_chapters(s, (int)(c - s->chapters), word);
        return g_strdup_printf("moments of %s are: %s%s", c->name, all, others);
    }
    GString *out = g_string_new(NULL);
    g_string_append_printf(out, "write seconds from 0 to %.6g, minutes:seconds, or a chapter (", (double)s->length_us / 1e6);
    for (int i = 0; i < s->n_chapters; i++) g_string_append_printf(out, "%s%d %s", i ? ", " : "", i + 1, s->chapters[i].name);
    g_string_append(out, "), alone by its name, or by name or number with one of its moments: decode/next, 2/next");
    return g_string_free(out, FALSE);
}

bool story_find_time(const struct story *s, const char *text, int64_t *us, char **why)
{
    *why = NULL;
    if (unit_parse_time(text, us)) {
        if (*us <= s->length_us) return true;
        *why = g_strdup_printf("the film lasts %.6g seconds", (double)s->length_us / 1e6);
        return false;
    }
    const char *slash = strchr(text, '/');
    const struct chapter *c = chapter_named(s, text, slash ? (size_t)(slash - text) : strlen(text));
    if (c && !slash) { /* a chapter alone: its last pose, which shows all of it */
        *us = c->start_us + c->length_us - 1000;
        return true;
    }
    if (c && (*us = find_in_chapter(c, slash + 1)) >= 0) return true;
    for (int i = 0; !c && i < s->n_chapters; i++)
        if ((*us = find_in_chapter(&s->chapters[i], text)) >= 0) return true;
    g_autofree char *word = g_strndup(text, slash ? (gsize)(slash - text) : strlen(text));
    *why = what_there_is(s, c, word);
    return false;
}
