/* The motion sheet: a group for each move of a chapter. Frames are taken at equal steps back from the move's last one, which
 * shows where it arrives; a frame that repeats the one before is left out. Whether it repeats is told by the list without
 * the rail, which goes on while everything else rests.
 */
#include "sheet/moves.h"
#include "sheet/sheet.h"

#include <math.h>
#include <string.h>

struct pen {
    struct sheet *sheet;
    const struct story *story;
    const struct take *take;
    struct framer *framer, *without_rail;
};

static int64_t time_of(const struct take *take, int64_t frame) { return llround(rate_seconds(take->fps, frame) * 1e6); }

/* The last moment of the view that came after `from`, up to the frame; NULL: none. */
static const char *moment_reached(const struct chapter *c, int64_t after_us, int64_t us)
{
    int n;
    const struct moment *m = c->view->moments(c->sim, &n);
    const char *name = NULL;
    for (int i = 0; i < n; i++) {
        int64_t at = c->start_us + chapter_time_of(c, MIN(m[i].at, c->action));
        if (m[i].at > 0 && at > after_us && at <= us) name = m[i].name;
    }
    return name;
}

static int add_frames(struct pen *p, struct sheet_group *g, const struct move *m)
{
    const struct chapter *c = &p->story->chapters[m->chapter];
    uint64_t last = 0;
    int repeats = 0;
    int64_t count = (m->end - 1 - m->first) / m->step, before = time_of(p->take, m->end - 1 - count * m->step) - 1;
    for (int64_t k = count; k >= 0; k--) {
        int64_t n = m->end - 1 - k * m->step, us = time_of(p->take, n);
        uint64_t hash = dl_hash(framer_draw(p->without_rail, n));
        if (k < count && hash == last) {
            repeats++;
            continue;
        }
        last = hash;
        struct sheet_cell *cell = sheet_add_cell(g, framer_draw(p->framer, n));
        cell->time = sheet_time_ms(us);
        cell->name = g_strdup(moment_reached(c, before, us));
        cell->length = g_strdup_printf("%" G_GINT64_FORMAT, n);
        before = us;
    }
    return repeats;
}

/* A moment's description with a capital, without what it says of other scenes; NULL of NULL. Caller frees. */
static char *sentence(const char *what)
{
    if (!what) return NULL;
    char *out = g_strndup(what, strcspn(what, ";"));
    out[0] = g_ascii_toupper(out[0]);
    return out;
}

static void add_move(struct pen *p, const struct move *m, int number)
{
    struct sheet_group *g = sheet_add_group(p->sheet);
    const struct chapter *c = &p->story->chapters[m->chapter];
    int64_t from_us = time_of(p->take, m->first), to_us = time_of(p->take, m->end);
    g_autofree char *from = sheet_time_ms(from_us), *to = sheet_time_ms(to_us);
    g->label = g_strdup_printf("%d · %s", number, m->name);
    g->title = m->from < 0 ? g_strdup_printf("From %s into %s", c[-1].name, c->name) : sentence(m->what);
    int repeats = add_frames(p, g, m);
    g_autofree char *left_out = repeats ? g_strdup_printf(" · %d repeated left out", repeats) : g_strdup("");
    g_autofree char *every = m->step > 1 ? g_strdup_printf("every %d frames", m->step) : g_strdup("every frame");
    g->time = g_strdup_printf("%s to %s · %s, %.4g ms%s", from, to, every, rate_seconds(p->take->fps, m->step) * 1e3, left_out);
    struct sheet_part part = { from_us - c->start_us, to_us - c->start_us, g_strdup(m->name) };
    struct sheet_mark mark = { part.from_us, g_strdup_printf("%d", number) };
    g_array_append_val(p->sheet->parts, part);
    g_array_append_val(p->sheet->marks, mark);
}

struct sheet *motion_sheet_new(const struct story *story, const struct take *take, int chapter, double at, int columns,
                               const struct measurer *measurer)
{
    const struct chapter *c = &story->chapters[chapter];
    struct take without_rail = *take;
    without_rail.rail = false;
    double aspect = (double)take->width / take->height;
    if (!columns) columns = aspect > 1.4 ? 6 : aspect >= 0.75 ? 8 : 9;
    struct pen p = { sheet_new(take->style, columns), story, take, framer_new(story, take, measurer), framer_new(story, &without_rail, measurer) };
    g_autoptr(GArray) moves = moves_of(story, take, chapter, p.without_rail);
    int only = isnan(at) ? -1 : moves_reaching(moves, at);
    g_autofree char *start = sheet_time(c->start_us), *length = sheet_length(c->length_us);
    p.sheet->kind = g_strdup_printf("Motion of chapter %d, %s", chapter + 1, c->name);
    p.sheet->title = sheet_film_title(story);
    p.sheet->facts = g_strdup_printf("from %s, %s · %d × %d at %.4g frames a second · style %s · under each frame its time and number", start, length, take->width,
                                     take->height, 1 / rate_seconds(take->fps, 1), take->style->name);
    p.sheet->bar_us = c->length_us;
    for (guint i = 0; i < moves->len; i++)
        if (only < 0 || only == (int)i) add_move(&p, &g_array_index(moves, struct move, i), (int)i + 1);
    framer_free(p.framer);
    framer_free(p.without_rail);
    return p.sheet;
}
