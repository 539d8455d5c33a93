/* Composing a frame: which chapter, how far into its action, which caption; then the view's picture and the chrome around
 * it. During a transition two poses are drawn, the last of one chapter and the first of the next, and the list between
 * them is what the frame shows.
 *
 * With reduced motion nothing is ever drawn on its way. The action shows its stills alone, each until the next: a still
 * gives way to the next within 200 ms, which end at the moment where that one belongs; one chapter gives way to the next
 * in the middle of the transition. Times are those of the full film, and so is every picture that stands.
 */
#include "run/frame.h"
#include "base/ease.h"
#include "view/chrome.h"

#include <math.h>

/* What was true when a cue was reached: the facts of its text, which stays as it was said. */
struct said { const struct chapter *chapter; double at; int64_t us; struct facts *facts; };

struct framer {
    const struct story *story;
    struct take take;
    struct canvas canvas;
    struct dl *list, *before, *between;
    struct facts *facts;
    struct said title, caption;
    const struct measurer *measurer;
    int64_t before_of; /* chapter whose last pose is in `before`; -1: none yet */
};

int64_t take_frames(const struct story *story, const struct take *take)
{
    return MAX(rate_frame_at(take->fps, story->length_us), 1);
}

int64_t take_chapter_frame(const struct story *story, const struct take *take, int i)
{
    return rate_frame_at(take->fps, i < story->n_chapters ? story->chapters[i].start_us : story->length_us);
}

struct framer *framer_new(const struct story *story, const struct take *take, const struct measurer *measurer)
{
    struct framer *f = g_new0(struct framer, 1);
    f->story = story;
    f->take = *take;
    f->list = dl_new();
    f->before = dl_new();
    f->between = dl_new();
    f->facts = facts_new();
    f->title.facts = facts_new();
    f->caption.facts = facts_new();
    f->before_of = -1;
    f->canvas.style = take->style;
    f->canvas.facts = f->facts;
    f->canvas.reduced = take->reduced;
    f->measurer = measurer;
    canvas_set_size(&f->canvas, take->width, take->height);
    return f;
}

void framer_free(struct framer *f)
{
    if (!f) return;
    dl_free(f->list);
    dl_free(f->before);
    dl_free(f->between);
    facts_free(f->facts);
    facts_free(f->title.facts);
    facts_free(f->caption.facts);
    g_free(f);
}

/* A text of a moment, and how far it has come in. NULL: none. from_us: when it was said, after the chapter's start. */
struct shown { const char *text; double alpha, at; int64_t from_us; };

/* A text that follows another: the old one leaves in 150 ms, the new one comes in 300. Both in one number: below 0 the
 * old one is still there. */
static double change(int64_t since_us, bool reduced)
{
    double t = (double)since_us / 1e6;
    if (reduced) return 1;
    return t < 0.15 ? -1 + ease(EASE_IN, t / 0.15) : ease(EASE_OUT, (t - 0.15) / 0.3);
}

/* How much is left of a text that nothing follows. */
static double leaving(int64_t left_us, bool reduced)
{
    double t = (double)left_us / 1e6;
    return reduced || t > 0.15 ? 1 : 1 - ease(EASE_IN, 1 - t / 0.15);
}

static struct shown shown_at(const struct chapter *c, const struct words *all, int n, int64_t us, bool reduced)
{
    int i = n - 1;
    while (i >= 0 && all[i].from_us > us) i--;
    if (i < 0 || us >= MAX(all[i].to_us, all[i].from_us + 1)) {
        if (i < 0 || all[i].to_us < c->length_us) return (struct shown){ 0 };
    }
    const struct words *w = &all[i], *before = i && all[i - 1].to_us == w->from_us ? w - 1 : NULL;
    double alpha = w->from_us ? change(us - w->from_us, reduced) : 1;
    if (alpha < 0 && before) w = before, alpha = -alpha;
    else if (i + 1 < n ? all[i + 1].from_us > w->to_us : w->to_us < c->length_us) alpha = MIN(alpha, leaving(w->to_us - us, reduced));
    return (struct shown){ w->text, MAX(alpha, 0), reduced ? chapter_still_at(c, w->from_us)->at : w->at, w->from_us };
}

/* The rail moves at most four times a second: a hold shall stay a hold. */
static double rail_progress(const struct chapter *c, int64_t us)
{
    int64_t quarter = us / 250000 * 250000;
    return CLAMP((double)quarter / (double)c->length_us, 0, 1);
}

static struct facts *facts_said(struct said *s, const struct chapter *c, struct shown shown)
{
    s->us = c->start_us + shown.from_us;
    if (s->chapter == c && s->at == shown.at) return s->facts;
    facts_reset(s->facts);
    c->view->facts(c->sim, shown.at, s->facts);
    s->chapter = c;
    s->at = shown.at;
    return s->facts;
}

/* One pose: chapter c, its action at `now`, in the words of `us` after its start. */
static void draw_pose(struct framer *f, struct dl *into, const struct chapter *c, int64_t us, double now)
{
    const struct story *s = f->story;
    struct shown title = shown_at(c, c->titles, c->n_titles, us, f->canvas.reduced);
    struct shown caption = shown_at(c, c->captions, c->n_captions, us, f->canvas.reduced);
    int number = (int)(c - s->chapters) + 1;
    f->canvas.dl = into;
    facts_reset(f->facts);
    c->view->facts(c->sim, now, f->facts);
    dl_begin(into, f->take.width, f->take.height, f->take.style->bg, f->facts, f->measurer);
    c->view->draw(c->sim, now, &f->canvas);
    struct chrome chrome = {
        .number = number, .name = c->name, .title = title.text, .caption = caption.text,
        .provenance = c->view->provenance(c->sim), .state = c->view->state(c->sim, now),
        .title_facts = facts_said(&f->title, c, title), .caption_facts = facts_said(&f->caption, c, caption),
        .title_alpha = title.alpha, .caption_alpha = caption.alpha,
        .rail = s->rail, .n_rail = f->take.rail && s->n_chapters > 1 ? s->n_chapters : 0, .progress = f->take.reduced ? 1 : rail_progress(c, us),
    };
    chrome_draw(&f->canvas, &chrome);
}

static const struct dl *draw_moving(struct framer *f, const struct chapter *c, int64_t us)
{
    int64_t before = c - f->story->chapters - 1;
    if (us >= c->lead_us) {
        draw_pose(f, f->list, c, us, chapter_action_at(c, us));
        return f->list;
    }
    if (f->before_of != before) draw_pose(f, f->before, c - 1, c[-1].length_us, chapter_action_at(c - 1, c[-1].length_us));
    f->before_of = before;
    draw_pose(f, f->list, c, 0, 0);
    /* Two chapters of one view are two cases of one idea: the one gives way to the other where it stands. */
    (c->view == c[-1].view ? dl_dissolve : dl_tween)(f->between, f->before, f->list, (double)us / (double)c->lead_us);
    return f->between;
}

/* Where the film is between two pictures that stand: 0 at the first, 1 at the second. */
static double fade_at(int64_t us, int64_t start, int64_t length)
{
    return length > 0 ? CLAMP((double)(us - start) / (double)length, 0, 1) : us >= start;
}

static const struct dl *draw_still(struct framer *f, const struct chapter *c, int64_t us)
{
    const struct still *still = chapter_still_at(c, us), *next = still + 1;
    bool leads = us < c->lead_us, last = next == c->stills + c->n_stills;
    int64_t fade = leads ? MIN(STILL_FADE_US, c->lead_us) : last || next->fill ? 0 : STILL_FADE_US;
    double t = leads ? fade_at(us, (c->lead_us - fade) / 2, fade) : fade ? fade_at(us, next->start_us - fade, fade) : 0;
    if (t < 1) {
        if (leads) draw_pose(f, f->before, c - 1, c[-1].length_us, chapter_still_at(c - 1, c[-1].length_us)->at);
        else draw_pose(f, f->before, c, us, still->at);
    }
    if (t <= 0) return f->before;
    draw_pose(f, f->list, c, leads ? 0 : us, leads ? 0 : next->at);
    if (t >= 1) return f->list;
    dl_dissolve(f->between, f->before, f->list, t);
    return f->between;
}

const struct dl *framer_draw_at(struct framer *f, int64_t us, const struct facts **facts)
{
    const struct story *s = f->story;
    us = CLAMP(us, 0, s->length_us);
    const struct chapter *c = story_chapter_at(s, us);
    const struct dl *shown = (f->take.reduced ? draw_still : draw_moving)(f, c, us - c->start_us);
    if (facts) *facts = f->facts;
    return shown;
}

const struct facts *framer_book(const struct framer *f, int book)
{
    return book == BOOK_TITLE ? f->title.facts : book == BOOK_CAPTION ? f->caption.facts : f->facts;
}

int64_t framer_said_us(const struct framer *f, int book) { return (book == BOOK_TITLE ? &f->title : &f->caption)->us; }

const struct dl *framer_draw(struct framer *f, int64_t number)
{
    /* Rounding a chapter's start to a frame may put its first frame up to half a frame before it: that frame is still its own. */
    int64_t us = llround(rate_seconds(f->take.fps, number) * 1e6);
    int i = f->story->n_chapters - 1;
    while (i > 0 && number < take_chapter_frame(f->story, &f->take, i)) i--;
    const struct chapter *c = &f->story->chapters[i];
    return framer_draw_at(f, CLAMP(us, c->start_us, c->start_us + c->length_us - (i + 1 < f->story->n_chapters)), NULL);
}
