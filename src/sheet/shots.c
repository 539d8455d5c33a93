/* The telling moment of a cue: its words have come in, and the picture has arrived. Where the action rests at the cue, that
 * is the end of the rest. Where it runs on into the next cue, the picture just before that is the next cue's already; so it is
 * the last moment of the view that comes sooner, or half way where there is none. Where nothing follows, it is the end.
 */
#include "sheet/shots.h"

/* Old words leave and new ones come in 450 ms, and what nothing follows fades before its end: run/frame.c. */
enum { WORDS_IN_US = 450000, FADING_US = 150000, JUST_BEFORE_US = 1000 };

/* When the words of a cue make way for the next, or leave because they are no longer true. Cues of one moment are one. */
static int64_t own_end(const struct chapter *c, int cue)
{
    int64_t start = c->cues[cue].start_us, end = c->length_us;
    for (int i = c->n_cues - 1; i > cue; i--)
        if (c->cues[i].start_us > start) end = c->cues[i].start_us;
    for (int i = 0; i < c->n_captions; i++)
        if (c->captions[i].from_us == start && c->captions[i].to_us < end) end = MAX(c->captions[i].to_us - FADING_US, start + 1);
    return end;
}

/* The view's last moment in [from, end) of the chapter's time, or half way. */
static int64_t last_moment(const struct chapter *c, int64_t from, int64_t end)
{
    int n;
    int64_t best = -1;
    const struct moment *m = c->view->moments(c->sim, &n);
    for (int i = 0; i < n; i++) {
        int64_t at = chapter_time_of(c, MIN(m[i].at, c->action));
        if (at >= from && at < end) best = MAX(best, at);
    }
    return best < 0 ? from + (end - from) / 2 : best;
}

/* All in the chapter's time. rest: of the action, at the cue. */
static int64_t telling_moment(const struct chapter *c, int64_t from, int64_t end, int64_t rest)
{
    int64_t begun = MAX(from, c->lead_us), words_in = begun + WORDS_IN_US, until = end;
    if (rest > 0) until = MIN(MAX(begun + rest, words_in), end);
    else if (end < c->length_us && words_in < end) return last_moment(c, words_in, end);
    return MAX(until - JUST_BEFORE_US, from);
}

/* The cue at i and those of the same moment; returns the index behind them. */
static int add_cue(GArray *out, const struct chapter *c, int index, int i)
{
    struct shot s = { .chapter = index };
    int64_t rest = 0, from = c->cues[i].start_us;
    for (; i < c->n_cues && c->cues[i].start_us == from; i++) {
        const struct cue *cue = &c->cues[i];
        s.cue = i;
        rest += cue->hold_us;
        if (cue->name) s.name = cue->name;
        if (cue->title) s.title = cue->title;
        if (cue->text) s.caption = cue->text;
    }
    s.from_us = c->start_us + from;
    s.to_us = c->start_us + own_end(c, s.cue);
    s.us = c->start_us + telling_moment(c, from, own_end(c, s.cue), rest);
    g_array_append_val(out, s);
    return i;
}

/* A chapter's end shows something else than its last cue where the action went on after it. */
static void add_last_pose(GArray *out, const struct chapter *c, int index, struct framer *bare)
{
    struct shot s = { .chapter = index, .cue = -1, .name = "last pose", .to_us = c->start_us + c->length_us };
    s.from_us = MIN(c->start_us + chapter_time_of(c, c->action), s.to_us - JUST_BEFORE_US);
    s.us = s.to_us - JUST_BEFORE_US;
    uint64_t pose = dl_hash(framer_draw_at(bare, s.us, NULL));
    if (c->n_cues && dl_hash(framer_draw_at(bare, g_array_index(out, struct shot, out->len - 1).us, NULL)) == pose) return;
    g_array_append_val(out, s);
}

GArray *shots_of(const struct story *story, struct framer *bare)
{
    GArray *out = g_array_new(FALSE, FALSE, sizeof(struct shot));
    for (int k = 0; k < story->n_chapters; k++) {
        const struct chapter *c = &story->chapters[k];
        for (int i = 0; i < c->n_cues;) i = add_cue(out, c, k, i);
        add_last_pose(out, c, k, bare);
    }
    return out;
}
