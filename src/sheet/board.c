/* The storyboard: a group for each chapter, a frame for each telling moment, and under it what the viewer is told there. The
 * bar shows the film's time, so that its rhythm can be seen: chapters as stretches, frames as marks.
 */
#include "sheet/shots.h"
#include "sheet/sheet.h"
#include "view/chrome.h"

static void add_chapter(struct sheet *s, const struct story *story, const struct chapter *c, struct facts *facts)
{
    struct sheet_group *g = sheet_add_group(s);
    struct sheet_part part = { c->start_us, c->start_us + c->length_us, g_strdup(c->name) };
    g_autofree char *start = sheet_time(c->start_us), *length = sheet_length(c->length_us);
    facts_reset(facts);
    c->view->facts(c->sim, 0, facts);
    const char *provenance = c->view->provenance(c->sim);
    g->label = g_strdup_printf("%d · %s", (int)(c - story->chapters) + 1, c->name);
    g->title = c->said.title ? template_expand_marked(c->said.title, facts) : NULL;
    g->note = provenance ? template_expand_marked(provenance, facts) : NULL;
    g->time = g_strdup_printf("from %s, %s", start, length);
    g_array_append_val(s->parts, part);
}

/* Words are told with the facts of the frame's own books, as the film says them. */
static void add_shot(struct sheet *s, struct framer *framer, const struct shot *shot, int number)
{
    struct sheet_group *g = &g_array_index(s->groups, struct sheet_group, s->groups->len - 1);
    struct sheet_cell *cell = sheet_add_cell(g, framer_draw_at(framer, shot->us, NULL));
    cell->number = g_strdup_printf("%d", number);
    cell->time = sheet_time(shot->from_us);
    cell->name = g_strdup(shot->name);
    cell->length = sheet_length(shot->to_us - shot->from_us);
    if (shot->title) cell->title = template_expand_marked(shot->title, framer_book(framer, BOOK_TITLE));
    if (shot->caption) cell->text = template_expand_marked(shot->caption, framer_book(framer, BOOK_CAPTION));
    struct sheet_mark mark = { shot->from_us, g_strdup(cell->number) };
    g_array_append_val(s->marks, mark);
}

struct sheet *board_new(const struct story *story, const struct take *take, int columns, const struct measurer *measurer)
{
    struct sheet *s = sheet_new(take->style, columns);
    struct take without_rail = *take;
    without_rail.rail = false;
    struct framer *framer = framer_new(story, take, measurer), *bare = framer_new(story, &without_rail, measurer);
    struct facts *facts = facts_new();
    g_autoptr(GArray) shots = shots_of(story, bare);
    g_autofree char *length = sheet_time(story->length_us);
    s->kind = g_strdup("Storyboard");
    s->title = sheet_film_title(story);
    s->facts = g_strdup_printf("%s · %d × %d · style %s · %u frame%s of %d chapter%s", length, take->width, take->height,
                               take->style->name, shots->len, shots->len == 1 ? "" : "s", story->n_chapters, story->n_chapters > 1 ? "s" : "");
    s->bar_us = story->length_us;
    for (guint i = 0; i < shots->len; i++) {
        const struct shot *shot = &g_array_index(shots, struct shot, i);
        if (shot->chapter == (int)s->groups->len) add_chapter(s, story, &story->chapters[shot->chapter], facts);
        add_shot(s, framer, shot, (int)i + 1);
    }
    facts_free(facts);
    framer_free(framer);
    framer_free(bare);
    return s;
}
