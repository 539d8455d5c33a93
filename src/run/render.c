/* The loop: frame -> list -> damage -> sinks.
 *
 * Workers take jobs off a list that was fixed before they started. Each keeps a desk (fonts, painter, framer) for the take
 * it last drew. Parts of segmented sinks are joined in order by the calling thread while the workers go on.
 */
#include "run/render.h"

#include <math.h>
#include <string.h>

enum { SEGMENT_SECONDS = 5, MOST_OUTPUTS = 16 };

struct job {
    const struct take *take;
    int64_t first, count;
    bool whole;                  /* all frames for the sinks that take no parts; else one segment for those that do */
    void *parts[MOST_OUTPUTS];   /* by output; filled by the worker */
    bool done;
};

struct render {
    const struct story *story;
    const struct render_output *outputs;
    int n_outputs;
    void *sinks[MOST_OUTPUTS];
    struct film films[MOST_OUTPUTS];
    struct film_chapter *chapters[MOST_OUTPUTS];
    GArray *jobs;                /* struct job */
    guint next_job;
    const struct render_options *options;
    GMutex lock;
    GCond changed;
    GError *error;               /* the first one; set means stop */
    int64_t done, total;
    struct render_report report;
};

struct desk {
    const struct take *take;
    struct fonts *fonts;
    struct painter *painter;
    struct framer *framer;
    struct dl *last;
};

static bool same_take(const struct take *a, const struct take *b)
{
    return a->width == b->width && a->height == b->height && a->fps.num == b->fps.num && a->fps.den == b->fps.den &&
           a->style == b->style && a->rail == b->rail;
}

static void desk_clear(struct desk *d)
{
    framer_free(d->framer);
    painter_free(d->painter);
    fonts_free(d->fonts);
    dl_free(d->last);
    *d = (struct desk){ 0 };
}

static bool desk_set(struct desk *d, const struct story *story, const struct take *take, GError **error)
{
    if (d->take && same_take(d->take, take)) return true;
    desk_clear(d);
    if (!(d->fonts = fonts_open(take->style, error))) return false;
    d->take = take;
    d->painter = painter_new(d->fonts, take->width, take->height);
    d->framer = framer_new(story, take, fonts_measurer(d->fonts));
    d->last = dl_new();
    return true;
}

static bool is_stopped(struct render *r)
{
    return (r->options->stop && *r->options->stop) || g_atomic_pointer_get(&r->error);
}

static void fail(struct render *r, GError *error)
{
    g_mutex_lock(&r->lock);
    if (r->error) g_error_free(error);
    else g_atomic_pointer_set(&r->error, error);
    g_cond_broadcast(&r->changed);
    g_mutex_unlock(&r->lock);
}

/* --- one job ---------------------------------------------------------------------------------------------------------- */

static bool takes_part(const struct render *r, const struct job *job, int output)
{
    const struct render_output *o = &r->outputs[output];
    return same_take(&o->take, job->take) && (o->sink->part_open != NULL) == !job->whole;
}

static bool open_parts(struct render *r, struct job *job, GError **error)
{
    for (int i = 0; i < r->n_outputs && !job->whole; i++)
        if (takes_part(r, job, i) && !(job->parts[i] = r->outputs[i].sink->part_open(r->sinks[i], job->first, job->count, error)))
            return false;
    return true;
}

static bool end_parts(struct render *r, struct job *job, GError **error)
{
    for (int i = 0; i < r->n_outputs && !job->whole; i++)
        if (job->parts[i] && !r->outputs[i].sink->part_end(job->parts[i], error)) return false;
    return true;
}

static bool send(struct render *r, struct job *job, const struct frame *frame, GError **error)
{
    for (int i = 0; i < r->n_outputs; i++) {
        const struct sink_class *sink = r->outputs[i].sink;
        if (!takes_part(r, job, i)) continue;
        if (!(job->whole ? sink->frame(r->sinks[i], frame, error) : sink->part_frame(job->parts[i], frame, error))) return false;
    }
    return true;
}

struct tally { int64_t frames, pictures, tiles, painted; };

static void add_tally(struct render *r, struct tally *t)
{
    g_mutex_lock(&r->lock);
    r->done += t->frames;
    r->report.frames += t->frames;
    r->report.pictures += t->pictures;
    r->report.tiles += t->tiles;
    r->report.tiles_painted += t->painted;
    g_mutex_unlock(&r->lock);
    *t = (struct tally){ 0 };
}

static bool draw_frames(struct render *r, struct job *job, struct desk *desk, GError **error)
{
    struct tally tally = { 0 };
    bool ok = true;
    painter_forget(desk->painter);
    for (int64_t n = job->first; ok && n < job->first + job->count && !is_stopped(r); n++) {
        const struct dl *list = framer_draw(desk->framer, n);
        bool repeat = n > job->first && dl_equal(list, desk->last);
        tally.frames++;
        if (!repeat) {
            const struct damage *damage = painter_paint(desk->painter, list);
            dl_copy(desk->last, list);
            if (damage->tiles_changed || n == job->first) {
                struct frame frame = { n, painter_pixels(desk->painter), damage, list };
                tally.pictures++;
                tally.tiles += damage->cols * damage->rows;
                tally.painted += damage->tiles_changed;
                ok = send(r, job, &frame, error);
            }
        }
        if (tally.frames == 16) add_tally(r, &tally);
    }
    add_tally(r, &tally);
    return ok;
}

static bool do_job(struct render *r, struct job *job, struct desk *desk, GError **error)
{
    return desk_set(desk, r->story, job->take, error) && open_parts(r, job, error) && draw_frames(r, job, desk, error) &&
           end_parts(r, job, error);
}

static gpointer work(gpointer data)
{
    struct render *r = data;
    struct desk desk = { 0 };
    while (!is_stopped(r)) {
        GError *error = NULL;
        g_mutex_lock(&r->lock);
        struct job *job = r->next_job < r->jobs->len ? &g_array_index(r->jobs, struct job, r->next_job++) : NULL;
        g_mutex_unlock(&r->lock);
        if (!job) break;
        if (!do_job(r, job, &desk, &error)) {
            fail(r, error);
            break;
        }
        g_mutex_lock(&r->lock);
        job->done = true;
        g_cond_broadcast(&r->changed);
        g_mutex_unlock(&r->lock);
    }
    desk_clear(&desk);
    return NULL;
}

/* --- the plan ----------------------------------------------------------------------------------------------------------- */

static bool is_first_of_take(const struct render *r, int output)
{
    for (int i = 0; i < output; i++)
        if (same_take(&r->outputs[i].take, &r->outputs[output].take)) return false;
    return true;
}

static bool any_output(const struct render *r, const struct take *take, bool parts)
{
    for (int i = 0; i < r->n_outputs; i++)
        if (same_take(&r->outputs[i].take, take) && (r->outputs[i].sink->part_open != NULL) == parts) return true;
    return false;
}

/* Equal pieces of each chapter, none longer than SEGMENT_SECONDS. */
static void plan_segments(struct render *r, const struct take *take)
{
    double most = fmax(1, floor(SEGMENT_SECONDS / rate_seconds(take->fps, 1)));
    for (int i = 0; i < r->story->n_chapters; i++) {
        int64_t first = take_chapter_frame(r->story, take, i), end = take_chapter_frame(r->story, take, i + 1);
        if (i == r->story->n_chapters - 1) end = take_frames(r->story, take);
        int64_t pieces = (int64_t)ceil((double)(end - first) / most);
        for (int64_t k = 0; k < pieces; k++) {
            int64_t from = first + (end - first) * k / pieces, to = first + (end - first) * (k + 1) / pieces;
            struct job job = { .take = take, .first = from, .count = to - from };
            if (to > from) g_array_append_val(r->jobs, job);
        }
    }
}

/* Whole-film jobs come first, because they take longest. */
static void plan(struct render *r)
{
    for (int i = 0; i < r->n_outputs; i++) {
        const struct take *take = &r->outputs[i].take;
        struct job whole = { .take = take, .count = take_frames(r->story, take), .whole = true };
        if (is_first_of_take(r, i) && any_output(r, take, false)) g_array_append_val(r->jobs, whole);
    }
    for (int i = 0; i < r->n_outputs; i++)
        if (is_first_of_take(r, i) && any_output(r, &r->outputs[i].take, true)) plan_segments(r, &r->outputs[i].take);
    for (guint i = 0; i < r->jobs->len; i++) r->total += g_array_index(r->jobs, struct job, i).count;
}

static bool open_sinks(struct render *r, GError **error)
{
    for (int i = 0; i < r->n_outputs; i++) {
        const struct render_output *o = &r->outputs[i];
        r->chapters[i] = g_new0(struct film_chapter, r->story->n_chapters);
        for (int k = 0; k < r->story->n_chapters; k++) {
            int64_t first = take_chapter_frame(r->story, &o->take, k);
            r->chapters[i][k] = (struct film_chapter){ r->story->chapters[k].name, first,
                                                       take_chapter_frame(r->story, &o->take, k + 1) - first };
        }
        r->films[i] = (struct film){ o->take.width, o->take.height, o->take.fps, take_frames(r->story, &o->take), o->take.style,
                                     r->story->scene.title, r->chapters[i], r->story->n_chapters };
        if (!(r->sinks[i] = o->sink->open(&r->films[i], o->options, o->path, error))) return false;
    }
    return true;
}

/* --- the calling thread -------------------------------------------------------------------------------------------------- */

static void report_progress(struct render *r, gint64 started)
{
    if (!r->options->progress) return;
    g_mutex_lock(&r->lock);
    int64_t done = r->done;
    g_mutex_unlock(&r->lock);
    r->options->progress(r->options->self, done, r->total, (double)(g_get_monotonic_time() - started) / 1e6);
}

/* Waits for a job while telling the progress; false when the work has stopped. */
static bool await_job(struct render *r, const struct job *job, gint64 started)
{
    bool done;
    do {
        g_mutex_lock(&r->lock);
        gint64 until = g_get_monotonic_time() + 100000;
        while (!job->done && !r->error && g_cond_wait_until(&r->changed, &r->lock, until)) continue;
        done = job->done;
        g_mutex_unlock(&r->lock);
        report_progress(r, started);
    } while (!done && !is_stopped(r));
    return done && !is_stopped(r);
}

static bool join_job(struct render *r, struct job *job, GError **error)
{
    for (int i = 0; i < r->n_outputs; i++) {
        if (!job->parts[i]) continue;
        void *part = g_steal_pointer(&job->parts[i]);
        if (!r->outputs[i].sink->part_join(r->sinks[i], part, error)) return false;
    }
    return true;
}

static bool finish_sinks(struct render *r, GError **error)
{
    for (int i = 0; i < r->n_outputs; i++)
        if (!r->outputs[i].sink->finish(r->sinks[i], error)) return false;
    return true;
}

static void clear(struct render *r)
{
    for (guint k = 0; k < r->jobs->len; k++)
        for (int i = 0; i < r->n_outputs; i++) {
            void *part = g_array_index(r->jobs, struct job, k).parts[i];
            if (part) r->outputs[i].sink->part_free(part);
        }
    for (int i = 0; i < r->n_outputs; i++) {
        if (r->sinks[i]) r->outputs[i].sink->close(r->sinks[i]);
        g_free(r->chapters[i]);
    }
    g_array_free(r->jobs, TRUE);
    g_mutex_clear(&r->lock);
    g_cond_clear(&r->changed);
}

bool render(const struct story *story, const struct render_output *outputs, int n_outputs,
            const struct render_options *options, struct render_report *report, GError **error)
{
    struct render r = { .story = story, .outputs = outputs, .n_outputs = n_outputs, .options = options };
    g_assert(n_outputs <= MOST_OUTPUTS);
    gint64 started = g_get_monotonic_time();
    g_mutex_init(&r.lock);
    g_cond_init(&r.changed);
    r.jobs = g_array_new(FALSE, TRUE, sizeof(struct job));
    plan(&r);
    GError *mine = NULL;
    bool ok = open_sinks(&r, &mine);
    int n_threads = ok ? MIN(options->threads ? options->threads : (int)g_get_num_processors(), (int)r.jobs->len) : 0;
    GThread **threads = g_new0(GThread *, n_threads + 1);
    for (int i = 0; i < n_threads; i++) threads[i] = g_thread_new("draw", work, &r);
    for (guint i = 0; ok && i < r.jobs->len; i++) {
        struct job *job = &g_array_index(r.jobs, struct job, i);
        ok = await_job(&r, job, started) && join_job(&r, job, &mine);
    }
    if (!ok && mine) fail(&r, g_error_copy(mine)); /* so that the workers stop too */
    if (!ok && !r.error && !mine) fail(&r, g_error_new(RENDER_ERROR, RENDER_ERROR_STOPPED, "Stopped."));
    for (int i = 0; i < n_threads; i++) g_thread_join(threads[i]);
    g_free(threads);
    ok = ok && finish_sinks(&r, &mine);
    if (report) {
        *report = r.report;
        report->seconds = (double)(g_get_monotonic_time() - started) / 1e6;
    }
    if (!ok && !mine) mine = g_steal_pointer(&r.error);
    g_clear_error(&r.error);
    clear(&r);
    if (!ok) g_propagate_error(error, mine);
    return ok;
}
