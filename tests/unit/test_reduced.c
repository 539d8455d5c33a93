/* Reduced motion keeps its promises in every scene that ships: the times of the full film, nothing that moves, nothing
 * that runs along a path, numbers that belong to the picture, and no flash. Each law that speaks of motion is broken by
 * the full film of the same scene, so that it is known to see motion. */
#include "run/frame.h"
#include "story_fixture.h"
#include "view/chrome.h"

#include <math.h>
#include <string.h>

static const char *const scenes[] = { "walkthrough", "prefill", "decode", "compare", "memory" };
static const int sizes[][2] = { { 1920, 1080 }, { 640, 360 } };
enum { FPS = 30, FADE_FRAMES = 6 /* in 200 ms */ };

static struct story *open_scene(const char *name, bool reduced)
{
    static const char *const none[] = { NULL }, *const overrides[] = { "video.reduced_motion", "true", NULL };
    g_autofree char *path = g_strdup_printf("scenes/%s.cfg", name);
    struct story_options options = { NULL, ".", NULL, reduced ? overrides : NULL, none };
    struct diags *diags = diags_new();
    struct story *s = story_open(path, &options, diags);
    g_assert_cmpuint(diags_count(diags), ==, 0);
    diags_free(diags);
    return s;
}

static void test_times(void)
{
    for (size_t k = 0; k < G_N_ELEMENTS(scenes); k++) {
        struct story *full = open_scene(scenes[k], false), *reduced = open_scene(scenes[k], true);
        g_assert_cmpint(full->length_us, ==, reduced->length_us);
        for (int i = 0; i < full->n_chapters; i++) {
            const struct chapter *a = &full->chapters[i], *b = &reduced->chapters[i];
            g_assert_cmpint(a->start_us, ==, b->start_us);
            g_assert_cmpint(a->lead_us, ==, b->lead_us);
            g_assert_cmpint(a->length_us, ==, b->length_us);
            for (int n = 0; n < a->n_cues; n++) g_assert_cmpint(a->cues[n].start_us, ==, b->cues[n].start_us);
        }
        story_free(full);
        story_free(reduced);
    }
}

/* --- walking through a film ------------------------------------------------------------------------------------------ */

struct walk {
    const struct story *story;
    struct take take;
    struct framer *framer;
    GHashTable *places, *moved;  /* by key: the op's box as last seen; the frame of its last move, plus 1 */
    uint64_t last_hash;
    int moves, runners, restless; /* what broke a law */
};

static int64_t time_of(int64_t frame) { return frame * 1000000 / FPS; }

/* Does something begin or go on in (from, to]? */
static bool meets(int64_t from, int64_t to, int64_t start, int64_t length) { return start <= to && start + length > from; }

static bool may_change(const struct story *s, int64_t from, int64_t to)
{
    for (int i = 0; i < s->n_chapters; i++) {
        const struct chapter *c = &s->chapters[i];
        int64_t fade = MIN(STILL_FADE_US, c->lead_us), start = c->start_us;
        if (i && meets(from, to, start + (c->lead_us - fade) / 2, fade + 1)) return true;
        for (int k = 1; k < c->n_stills; k++) {
            const struct still *still = &c->stills[k];
            fade = still->fill ? 0 : STILL_FADE_US;
            if (meets(from, to, start + still->start_us - fade, fade + 1)) return true;
        }
        for (int k = 0; k < c->n_cues; k++)
            if (meets(from, to, start + c->cues[k].start_us, 1)) return true;
        for (int k = 0; k < c->n_captions; k++)
            if (meets(from, to, start + c->captions[k].to_us, 1)) return true;
        for (int k = 0; k < c->n_titles; k++)
            if (meets(from, to, start + c->titles[k].to_us, 1)) return true;
    }
    return false;
}

static struct box place_of(const struct dl_op *op)
{
    switch (op->kind) {
    case DL_RECT: return op->rect.box;
    case DL_BEAM: return op->beam.box;
    case DL_HEAT: return (struct box){ op->heat.x, op->heat.y, op->heat.cell_w, op->heat.cell_h };
    case DL_TEXT: return (struct box){ op->text.x, op->text.y, op->text.len, op->text.font.size };
    case DL_PATH:
    case DL_CLIP:
    case DL_UNCLIP:
    case DL_KIND_COUNT: break;
    }
    return op->box;
}

/* An op may jump; it may not jump again within 200 ms. */
static void see_places(struct walk *w, const struct dl *list, int64_t frame)
{
    GHashTable *places = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
    for (guint i = 0; i < list->ops->len; i++) {
        const struct dl_op *op = dl_op_at(list, i);
        struct box at = place_of(op), *before = g_hash_table_lookup(w->places, &op->key);
        if (before && memcmp(before, &at, sizeof at)) {
            int64_t *last = g_hash_table_lookup(w->moved, &op->key);
            w->moves += last && frame - *last <= FADE_FRAMES;
            g_hash_table_replace(w->moved, g_memdup2(&op->key, sizeof op->key), g_memdup2(&frame, sizeof frame));
        }
        w->runners += op->kind == DL_RECT && g_str_has_prefix(dl_string(list, op->name), "path");
        g_hash_table_replace(places, g_memdup2(&op->key, sizeof op->key), g_memdup2(&at, sizeof at));
    }
    g_hash_table_destroy(w->places);
    w->places = places;
}

static struct walk walk_new(const struct story *s, const struct style *style, const int size[2], bool reduced)
{
    struct walk w = { .story = s, .take = { size[0], size[1], { FPS, 1 }, style, true, reduced } };
    w.framer = framer_new(s, &w.take, &measurer_fake);
    w.places = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
    w.moved = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
    return w;
}

static void walk_end(struct walk *w)
{
    framer_free(w->framer);
    g_hash_table_destroy(w->places);
    g_hash_table_destroy(w->moved);
}

static void walk_through(struct walk *w)
{
    int64_t n = take_frames(w->story, &w->take);
    for (int64_t i = 0; i < n; i++) {
        const struct dl *list = framer_draw(w->framer, i);
        uint64_t hash = dl_hash(list);
        int64_t from = time_of(i - 1) - 2, to = time_of(i) + 2; /* frames' times are rounded */
        if (i && hash != w->last_hash) w->restless += !may_change(w->story, from, to);
        if (!i || hash != w->last_hash) see_places(w, list, i);
        w->last_hash = hash;
    }
}

static void test_nothing_moves(void)
{
    struct style *style = open_style("midnight");
    for (size_t k = 0; k < G_N_ELEMENTS(scenes); k++) {
        struct story *s = open_scene(scenes[k], false);
        for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
            struct walk full = walk_new(s, style, sizes[i], false), reduced = walk_new(s, style, sizes[i], true);
            walk_through(&full);
            walk_through(&reduced);
            g_test_message("%s %d: full film %d moves, %d on paths, %d restless frames", scenes[k], sizes[i][0],
                           full.moves, full.runners, full.restless);
            g_assert_cmpint(full.moves, >, 0);
            g_assert_cmpint(full.restless, >, 0);
            if (!strcmp(scenes[k], "walkthrough")) g_assert_cmpint(full.runners, >, 0);
            g_assert_cmpint(reduced.moves, ==, 0);
            g_assert_cmpint(reduced.runners, ==, 0);
            g_assert_cmpint(reduced.restless, ==, 0);
            walk_end(&full);
            walk_end(&reduced);
        }
        story_free(s);
    }
    style_free(style);
}

/* --- numbers --------------------------------------------------------------------------------------------------------- */

static int count_named(const struct dl *list, const char *name)
{
    int n = 0;
    for (guint i = 0; i < list->ops->len; i++)
        n += dl_op_at(list, i)->kind == DL_HEAT && g_str_has_prefix(dl_string(list, dl_op_at(list, i)->name), name);
    return n;
}

/* The book is that of the view at this time. */
static void compare_book(const struct chapter *c, double at, const struct facts *book)
{
    struct facts *want = facts_new();
    c->view->facts(c->sim, at, want);
    for (int i = 0; i < facts_count(want); i++) {
        const struct fact *a = facts_at(want, i), *b = facts_at(book, facts_find(book, a->id));
        g_assert_true(a->kind == b->kind && a->i == b->i && a->r == b->r && !g_strcmp0(a->word, b->word));
    }
    facts_free(want);
}

static void check_columns(const struct dl *list, const struct facts *book)
{
    int columns = facts_find(book, "cache.columns_now"), pass = facts_find(book, "pass.columns_now");
    if (columns < 0) columns = pass;
    if (columns >= 0) g_assert_cmpint(count_named(list, "key "), ==, facts_at(book, columns)->i);
}

static const struct dl_op *find_key(const struct dl *list, uint64_t key)
{
    for (guint i = 0; i < list->ops->len; i++)
        if (dl_op_at(list, i)->key == key) return dl_op_at(list, i);
    return NULL;
}

/* The still as its view draws it, in full motion. */
static void draw_alone(struct dl *list, struct facts *facts, const struct chapter *c, double at, const struct take *take)
{
    struct canvas canvas = { .dl = list, .style = take->style, .facts = facts };
    canvas_set_size(&canvas, take->width, take->height);
    facts_reset(facts);
    c->view->facts(c->sim, at, facts);
    dl_begin(list, take->width, take->height, take->style->bg, facts, &measurer_fake);
    c->view->draw(c->sim, at, &canvas);
}

/* Every number that a frame shows as being of now is written as in the still drawn alone. Returns how many there are. */
static int check_numbers(const struct dl *list, const struct dl *alone)
{
    int n = 0;
    for (guint i = 0; i < list->ops->len; i++) {
        const struct dl_op *op = dl_op_at(list, i), *want = NULL;
        if (op->kind == DL_TEXT && op->text.fact >= 0 && op->text.book == BOOK_NOW) want = find_key(alone, op->key);
        if (!want) continue; /* of the header, which is checked by its book */
        g_assert_cmpstr(dl_string(list, op->text.text), ==, dl_string(alone, want->text.text));
        n++;
    }
    return n;
}

static int check_still(struct framer *f, const struct chapter *c, int n, const struct take *take)
{
    struct facts *facts = facts_new();
    struct dl *alone = dl_new();
    int64_t us = c->start_us + (n ? c->stills[n].start_us : c->lead_us), fade = n && !c->stills[n].fill ? STILL_FADE_US : 0;
    draw_alone(alone, facts, c, c->stills[n].at, take);
    const struct dl *list = framer_draw_at(f, us, NULL);
    int seen = check_numbers(list, alone);
    compare_book(c, c->stills[n].at, framer_book(f, BOOK_NOW));
    check_columns(list, framer_book(f, BOOK_NOW));
    for (int quarter = 1; fade && quarter < 4; quarter++)
        check_numbers(framer_draw_at(f, us - fade * quarter / 4, NULL), alone);
    dl_free(alone);
    facts_free(facts);
    return seen;
}

static void test_numbers(void)
{
    struct style *style = open_style("midnight");
    for (size_t k = 0; k < G_N_ELEMENTS(scenes); k++) {
        struct story *s = open_scene(scenes[k], true);
        struct take take = { 1920, 1080, { FPS, 1 }, style, true, true };
        struct framer *f = framer_new(s, &take, &measurer_fake);
        for (int i = 0; i < s->n_chapters; i++) {
            const struct chapter *c = &s->chapters[i];
            int seen = 0;
            for (int n = 0; n < c->n_stills; n++) seen += check_still(f, c, n, &take);
            g_assert_cmpint(seen, >, 0);
            for (int n = 0; n < c->n_cues; n++) { /* what is said is true of the picture that stands when it is said */
                if (!c->cues[n].text) continue;
                framer_draw_at(f, c->start_us + MAX(c->cues[n].start_us, c->lead_us), NULL);
                compare_book(c, chapter_still_at(c, c->cues[n].start_us)->at, framer_book(f, BOOK_CAPTION));
            }
        }
        framer_free(f);
        story_free(s);
    }
    style_free(style);
}

/* --- flashes --------------------------------------------------------------------------------------------------------- */

/* The frame as ten by ten fields of 1 %, each the mean of a few points that ops with a fill may cover. Words and lines
 * are thinner than that and left out. */
enum { FIELDS = 10, POINTS = 8, SIDE = FIELDS * POINTS };

static void cover(struct rgba grid[SIDE][SIDE], const struct dl *list, struct box b, struct rgba color)
{
    double sx = (double)list->width / SIDE, sy = (double)list->height / SIDE;
    if (!color.a) return;
    for (int y = MAX(0, (int)ceil(b.y / sy - 0.5)); y < SIDE && (y + 0.5) * sy < box_bottom(b); y++)
        for (int x = MAX(0, (int)ceil(b.x / sx - 0.5)); x < SIDE && (x + 0.5) * sx < box_right(b); x++)
            grid[y][x] = color_over(color, grid[y][x]);
}

static void cover_heat(struct rgba grid[SIDE][SIDE], const struct dl *list, const struct dl_heat *h)
{
    for (int row = 0; row < h->rows; row++)
        for (int col = 0; col < h->cols; col++)
            cover(grid, list, (struct box){ h->x + col * h->pitch_x, h->y + row * h->pitch_y, h->cell_w, h->cell_h },
                  dl_heat_cell(list, h, col, row));
}

static void luminances(const struct dl *list, double fields[FIELDS * FIELDS])
{
    struct rgba grid[SIDE][SIDE];
    for (int i = 0; i < SIDE * SIDE; i++) grid[i / SIDE][i % SIDE] = list->background;
    for (guint i = 0; i < list->ops->len; i++) {
        const struct dl_op *op = dl_op_at(list, i);
        if (op->kind == DL_RECT) cover(grid, list, op->rect.box, op->rect.fill);
        if (op->kind == DL_BEAM) cover(grid, list, op->beam.box, color_mix(op->beam.top, op->beam.bottom, 0.5));
        if (op->kind == DL_HEAT) cover_heat(grid, list, &op->heat);
    }
    memset(fields, 0, FIELDS * FIELDS * sizeof *fields);
    for (int i = 0; i < SIDE * SIDE; i++)
        fields[i / SIDE / POINTS * FIELDS + i % SIDE / POINTS] += color_luminance(grid[i / SIDE][i % SIDE]) / (POINTS * POINTS);
}

/* The last extreme of a field, which way it goes since, and when it last turned. */
struct field { double extreme; int way; int64_t turns[2]; };

/* Returns whether this is the third turn within a second. */
static bool see_field(struct field *f, double now, int64_t frame)
{
    double since = now - f->extreme;
    if (f->way * since > 0) f->extreme = now;
    if (fabs(since) < 0.1 || f->way * since > 0) return false;
    bool first = !f->way, flashes = !first && f->turns[0] && frame - f->turns[0] < FPS;
    f->way = since > 0 ? 1 : -1;
    f->extreme = now;
    if (first) return false;
    f->turns[0] = f->turns[1];
    f->turns[1] = frame + 1;
    return flashes;
}

static int count_flashes(const struct story *s, const struct take *take)
{
    struct framer *f = framer_new(s, take, &measurer_fake);
    struct field fields[FIELDS * FIELDS] = { 0 };
    double now[FIELDS * FIELDS];
    uint64_t last = 0;
    int flashes = 0;
    for (int64_t i = 0; i < take_frames(s, take); i++) {
        const struct dl *list = framer_draw(f, i);
        uint64_t hash = dl_hash(list);
        if (i && hash == last) continue;
        last = hash;
        luminances(list, now);
        for (int k = 0; k < FIELDS * FIELDS; k++) {
            if (!i) fields[k].extreme = now[k];
            flashes += see_field(&fields[k], now[k], i);
        }
    }
    framer_free(f);
    return flashes;
}

/* The meter itself: a field that turns three times in a second flashes, twice does not. */
static void test_flash_meter(void)
{
    for (int turns = 2; turns <= 3; turns++) {
        struct field f = { 0 };
        int flashes = 0;
        for (int i = 0; i <= turns; i++) flashes += see_field(&f, i % 2 ? 0 : 0.2, 5 + 5 * i);
        g_assert_cmpint(flashes, ==, turns == 3);
    }
}

/* The fastest steps are the hardest: 0.4 seconds each. */
static const char fast[] =
    "run = { prompt = \"Mia has a red kite. Tom has\"; steps = 14; };\n"
    "chapters = ( { view = \"decode\"; slow_steps = 0; pace = 2.0; }, { view = \"compare\"; pace = 3.0; transition = 0.1; } );\n";

static void test_no_flash(void)
{
    struct style *styles[] = { open_style("midnight"), open_style("paper") };
    for (size_t k = 0; k <= G_N_ELEMENTS(scenes); k++) {
        struct story *s = k < G_N_ELEMENTS(scenes) ? open_scene(scenes[k], true) : open_text(fast);
        for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
            struct take take = { sizes[i][0], sizes[i][1], { FPS, 1 }, styles[i], true, true };
            g_assert_cmpint(count_flashes(s, &take), ==, 0);
        }
        story_free(s);
    }
    for (int i = 0; i < 2; i++) style_free(styles[i]);
}

/* What keeps flashes away from any scene: no three changes in a second. */
static void test_stills_keep_apart(void)
{
    for (size_t k = 0; k <= G_N_ELEMENTS(scenes); k++) {
        struct story *s = k < G_N_ELEMENTS(scenes) ? open_scene(scenes[k], true) : open_text(fast);
        int64_t last = -1000000;
        for (int i = 0; i < s->n_chapters; i++)
            for (int n = 0; n < s->chapters[i].n_stills; n++) {
                const struct chapter *c = &s->chapters[i];
                int64_t at = c->start_us + (n ? c->stills[n].start_us : c->lead_us / 2);
                g_assert_cmpint(at - last, >=, 500000);
                last = at;
            }
        story_free(s);
    }
}

/* --- a frame depends on its number alone ----------------------------------------------------------------------------- */

static void test_any_order(void)
{
    struct story *s = open_scene("walkthrough", true);
    struct style *style = open_style("paper");
    struct take take = { 640, 360, { 25, 2 }, style, true, true };
    struct framer *f = framer_new(s, &take, &measurer_fake);
    int64_t n = take_frames(s, &take);
    g_autofree uint64_t *forward = g_new(uint64_t, n);
    for (int64_t i = 0; i < n; i++) forward[i] = dl_hash(framer_draw(f, i));
    for (int64_t i = n - 1; i >= 0; i--) g_assert_cmpuint(dl_hash(framer_draw(f, i)), ==, forward[i]);
    framer_free(f);
    style_free(style);
    story_free(s);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/reduced/times", test_times);
    g_test_add_func("/reduced/nothing-moves", test_nothing_moves);
    g_test_add_func("/reduced/numbers", test_numbers);
    g_test_add_func("/reduced/flash-meter", test_flash_meter);
    g_test_add_func("/reduced/no-flash", test_no_flash);
    g_test_add_func("/reduced/stills-keep-apart", test_stills_keep_apart);
    g_test_add_func("/reduced/any-order", test_any_order);
    return g_test_run();
}
