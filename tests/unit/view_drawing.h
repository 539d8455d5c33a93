/* A view of a test: it draws what its scene lists, faults and all. It stands beside the real views in this program's own
 * registry, so that a fault can be planted by a scene file.
 */
#pragma once
#include "view/attention.h"
#include "view/compare.h"
#include "view/memory.h"
#include "view/view.h"

#include <math.h>
#include <string.h>

/* A text (with `text` or `fact`), a line (with `line`) or else a rectangle; lengths in design units, times in seconds. */
struct drawing_item {
    char *name, *text, *fact;
    double x, y, w, h, size, turn, width, from, until, speed, blink;
    struct rgba fill, stroke, color;
    bool line, clip, scaled;
};

struct drawing { double length; struct list items; };

static const struct row drawing_item_rows[] = {
    ROW_TEXT(struct drawing_item, name, "name", .def = "thing"),
    ROW_TEXT(struct drawing_item, text, "text", .optional = true),
    ROW_TEXT(struct drawing_item, fact, "fact", .optional = true),
    ROW_REAL(struct drawing_item, x, "x", .def = "200"),
    ROW_REAL(struct drawing_item, y, "y", .def = "500"),
    ROW_REAL(struct drawing_item, w, "w", .def = "0"),
    ROW_REAL(struct drawing_item, h, "h", .def = "0"),
    ROW_REAL(struct drawing_item, size, "size", .def = "28"),
    ROW_REAL(struct drawing_item, turn, "turn", .def = "0"),
    ROW_REAL(struct drawing_item, width, "width", .def = "3"),
    ROW_REAL(struct drawing_item, from, "from", .def = "0"),
    ROW_REAL(struct drawing_item, until, "until", .def = "1000"),
    ROW_REAL(struct drawing_item, speed, "speed", .def = "0"), /* to the right, units a second */
    ROW_REAL(struct drawing_item, blink, "blink", .def = "0"), /* times a second */
    ROW_COLOR(struct drawing_item, fill, "fill", .optional = true),
    ROW_COLOR(struct drawing_item, stroke, "stroke", .optional = true),
    ROW_COLOR(struct drawing_item, color, "color", .optional = true),
    ROW_BOOL(struct drawing_item, line, "line", .def = "false"),
    ROW_BOOL(struct drawing_item, scaled, "scaled", .def = "false"), /* the size is of 1080 lines, and shrinks with them */
    ROW_BOOL(struct drawing_item, clip, "clip", .def = "false"), /* cuts a text to its box */
    ROW_END
};

static const struct row drawing_rows[] = {
    ROW_REAL(struct drawing, length, "length", .def = "5"),
    ROW_LIST(struct drawing, items, "items", struct drawing_item, drawing_item_rows),
    ROW_END
};

static void *drawing_open(const void *options, const struct view_env *env, double *length)
{
    (void)env;
    *length = ((const struct drawing *)options)->length;
    return (void *)options; /* they live as long as the chapter */
}

static void drawing_close(void *sim) { (void)sim; }

static const struct moment *drawing_moments(const void *sim, int *count)
{
    (void)sim;
    *count = 0;
    return NULL;
}

static void drawing_facts(const void *sim, double now, struct facts *facts)
{
    (void)sim;
    facts_leaf(facts, "drawing.known", 42, UNIT_COUNT, "counted by a test");
    facts_leaf(facts, "drawing.counter", (int64_t)floor(now * 20), UNIT_COUNT, "counted by a test");
    facts_unknown(facts, "drawing.unknown", UNIT_BYTES, "nobody published it");
}

static void drawing_item(const struct drawing_item *it, double now, const struct canvas *c)
{
    struct box box = { px(c, it->x + it->speed * now), px(c, it->y), px(c, it->w), px(c, it->h) };
    struct font f = { FONT_WORDS, 500, (uint16_t)(it->scaled ? it->size * c->height / 1080 : px(c, it->size)) };
    struct rgba ink = it->color.a ? it->color : c->style->text;
    double phase = now * it->blink;
    if (now < it->from || now >= it->until || phase - floor(phase) > 0.5) return;
    if (it->clip) dl_clip(c->dl, ((struct box){ box.x, box.y - 2 * f.size, box.w, 4 * f.size }));
    if (it->fact) dl_fact(c->dl, box.x, box.y, f, ink, facts_find(c->facts, it->fact), FORM_AUTO);
    else if (it->text && it->turn != 0) dl_text_turned(c->dl, box.x, box.y, it->turn, f, ink, it->text);
    else if (it->text) dl_text(c->dl, box.x, box.y, f, ink, it->text);
    if (it->clip) dl_unclip(c->dl);
    if (it->text || it->fact) return;
    if (!it->line) {
        dl_rect(c->dl, box, .fill = it->fill, .stroke = it->stroke, .width = it->stroke.a ? px(c, it->width) : 0);
        return;
    }
    dl_move_to(c->dl, box.x, box.y);
    dl_line_to(c->dl, box_right(box), box_bottom(box));
    dl_stroke(c->dl, px(c, it->width), it->stroke);
}

static void drawing_draw(const void *sim, double now, struct canvas *c)
{
    const struct drawing *d = sim;
    for (size_t i = 0; i < d->items.n; i++) {
        const struct drawing_item *it = list_at(d->items, struct drawing_item, i);
        dl_enter(c->dl, it->name, (int)i);
        drawing_item(it, now, c);
        dl_leave(c->dl);
    }
}

static const char *drawing_provenance(const void *sim) { return (void)sim, ""; }
static const char *drawing_state(const void *sim, double now) { return (void)sim, (void)now, ""; }

static const struct view view_drawing = {
    .name = "drawing", .summary = "What a test lists.", .rail = "Drawing", .rows = drawing_rows,
    .options_size = sizeof(struct drawing), .open = drawing_open, .close = drawing_close, .moments = drawing_moments,
    .facts = drawing_facts, .draw = drawing_draw, .provenance = drawing_provenance, .state = drawing_state,
};

/* This program's registry, in place of view/registry.c. */
const struct view *const views[] = { &view_compare, &view_decode, &view_drawing, &view_memory, &view_prefill, NULL };

const struct view *view_find(const char *name)
{
    for (const struct view *const *v = views; *v; v++)
        if (!strcmp((*v)->name, name)) return *v;
    return NULL;
}
