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

static const struct chapter *chapter_named(const struct story *s, const char *name, size_t len)
{
    for (int i = 0; i < s->n_chapters; i++) {
        const char *words[] = { s->chapters[i].name, s->chapters[i].view->name };
        for (int k = 0; k < 2; k++)
            if (strlen(words[k]) == len && !g_ascii_strncasecmp(words[k], name, len)) return &s->chapters[i];
    }
    return NULL;
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

static char *what_there_is(const struct story *s, const struct chapter *c)
{
    GString *out = g_string_new(NULL);
    if (c) {
        int n;
        const struct moment *m = c->view->moments(c->sim, &n);
        g_string_append_printf(out, "moments of %s are:", c->name);
        for (int i = 0; i < n; i++) g_string_append_printf(out, "%s %s", i ? "," : "", m[i].name);
        for (int i = 0; i < c->n_cues; i++)
            if (c->cues[i].name) g_string_append_printf(out, ", %s", c->cues[i].name);
        return g_string_free(out, FALSE);
    }
    g_string_append_printf(out, "write seconds from 0 to %.6g, minutes:seconds, or a chapter (", (double)s->length_us / 1e6);
    for (int i = 0; i < s->n_chapters; i++) g_string_append_printf(out, "%s%s", i ? ", " : "", s->chapters[i].name);
    g_string_append(out, "), alone or with one of its moments: decode/next");
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
    *why = what_there_is(s, c);
    return false;
}
