/* From cues to what is said when. */
#include "scene/words.h"
#include "scene/story.h"

#include <string.h>

static const double look_every_s = 0.02; /* of the action: how exactly the end of a truth is found */

static int64_t weight_of(const char *text)
{
    int64_t n = 0;
    for (const char *s = text; *s; s = g_utf8_next_char(s)) n += g_unichar_iswide(g_utf8_get_char(s)) ? 3 : 1;
    return n;
}

int64_t words_caption_us(const char *text) { return MAX(2000000, 60000 * weight_of(text)); }
int64_t words_title_us(const char *text) { return MAX(1500000, 50000 * weight_of(text)); }
int64_t words_number_us(const char *text) { return 350000 + 50000 * weight_of(text); }

static char *expand_at(const struct chapter *c, const char *text, double at, struct facts *facts)
{
    facts_reset(facts);
    c->view->facts(c->sim, at, facts);
    return template_expand(text, facts);
}

char *words_expand(const struct chapter *c, const struct words *w)
{
    struct facts *facts = facts_new();
    char *out = expand_at(c, w->text, w->at, facts);
    facts_free(facts);
    return out;
}

/* When, after the chapter's start, a text is no longer true and has been read; to_us if that does not come before. */
static int64_t end_of_truth(const struct chapter *c, const struct words *w, bool title)
{
    if (!strchr(w->text, '{')) return w->to_us;
    struct facts *facts = facts_new();
    g_autofree char *said = expand_at(c, w->text, w->at, facts);
    int64_t end = w->to_us, read = MAX(w->from_us, c->lead_us) + (title ? words_title_us(said) : words_caption_us(said));
    for (double t = w->at + look_every_s; t < c->action; t += look_every_s) {
        int64_t us = chapter_time_of(c, t);
        if (us >= w->to_us) break;
        g_autofree char *now = expand_at(c, w->text, t, facts);
        if (!strcmp(now, said)) continue;
        end = MIN(w->to_us, MAX(us, read));
        break;
    }
    facts_free(facts);
    return end;
}

static void add(GArray *out, struct words w)
{
    if (out->len) {
        struct words *last = &g_array_index(out, struct words, out->len - 1);
        last->to_us = MIN(last->to_us, w.from_us);
    }
    g_array_append_val(out, w);
}

static GArray *said_by_cues(const struct chapter *c, bool titles)
{
    GArray *out = g_array_new(FALSE, FALSE, sizeof(struct words));
    if (titles && c->said.title && *c->said.title) add(out, (struct words){ c->said.title, 0, 0, c->length_us, c->title_place });
    for (int i = 0; i < c->n_cues; i++) {
        const struct cue *cue = &c->cues[i];
        const char *text = titles ? cue->title : cue->text;
        if (text) add(out, (struct words){ text, cue->at, cue->start_us, c->length_us, titles ? cue->title_place : cue->text_place });
    }
    return out;
}

/* What is no longer true leaves; in place of a title the chapter's own comes back. */
static struct words *end_stale(const struct chapter *c, GArray *said, bool titles, int *n)
{
    GArray *out = g_array_new(FALSE, FALSE, sizeof(struct words));
    bool own = titles && c->said.title && *c->said.title;
    for (guint i = 0; i < said->len; i++) {
        struct words w = g_array_index(said, struct words, i), back = { c->said.title, 0, 0, w.to_us, c->title_place };
        if (!own || i) w.to_us = end_of_truth(c, &w, titles);
        if (own && back.to_us - w.to_us < words_title_us(c->said.title)) w.to_us = back.to_us; /* it could not be read */
        g_array_append_val(out, w);
        back.from_us = w.to_us;
        if (own && back.from_us < back.to_us) g_array_append_val(out, back);
    }
    g_array_free(said, TRUE);
    *n = (int)out->len;
    return (struct words *)g_array_free(out, FALSE);
}

void words_place(struct chapter *c)
{
    c->captions = end_stale(c, said_by_cues(c, false), false, &c->n_captions);
    c->titles = end_stale(c, said_by_cues(c, true), true, &c->n_titles);
}
