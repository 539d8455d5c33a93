/* The layout. A page is filled from the top: head, bar, then group after group in rows of frames. A row is never parted from
 * its words, nor a group's heading from its first row; a group that goes on overleaf says so. Heights come from the words as
 * they really break, so nothing is cut and nothing overlaps.
 */
#include "sheet/sheet.h"
#include "sheet/lines.h"
#include "view/canvas.h"

#include <math.h>
#include <string.h>

enum {
    MARGIN = 72, GAP_X = 32, GAP_ROW = 40, GAP_GROUP = 36, FRAME_TO_WORDS = 30, CELL_PITCH = 26, TITLE_PITCH = 27, LABEL_PITCH = 28, HEADING_PITCH = 36,
    SHORT_HEAD = 44,
};

static const struct font font_kind = { FONT_WORDS, 600, 20 }, font_name = { FONT_DISPLAY, 600, 46 }, font_facts = { FONT_WORDS, 400, 20 };
static const struct font font_label = { FONT_WORDS, 600, 20 }, font_heading = { FONT_DISPLAY, 600, 28 }, font_note = { FONT_WORDS, 400, 18 };
static const struct font font_number = { FONT_WORDS, 600, 18 }, font_cell = { FONT_WORDS, 400, 18 }, font_text = { FONT_WORDS, 400, 19 };
static const struct font font_title = { FONT_DISPLAY, 600, 20 };

struct layout {
    const struct sheet *sheet;
    const struct style *style;
    struct sheet_form form;
    const struct measurer *measurer;
    GArray *pages;      /* struct dl_page */
    struct dl *dl;      /* of the page that is being filled */
    double y;           /* next free line of pixels on it */
    double pitch, frame_w, frame_h; /* of a column, and of a frame in it */
    int columns;
};

/* --- memory ------------------------------------------------------------------------------------------------------------- */

static void clear_cell(gpointer p)
{
    struct sheet_cell *c = p;
    char *all[] = { c->number, c->time, c->name, c->length, c->title, c->text };
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++) g_free(all[i]);
    dl_free(c->list);
}

static void clear_group(gpointer p)
{
    struct sheet_group *g = p;
    char *all[] = { g->label, g->title, g->note, g->time };
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++) g_free(all[i]);
    g_array_unref(g->cells);
}

static void clear_part(gpointer p) { g_free(((struct sheet_part *)p)->label); }
static void clear_mark(gpointer p) { g_free(((struct sheet_mark *)p)->label); }

static GArray *array_of(size_t size, GDestroyNotify clear)
{
    GArray *a = g_array_new(FALSE, TRUE, (guint)size);
    g_array_set_clear_func(a, clear);
    return a;
}

struct sheet *sheet_new(const struct style *style, int columns)
{
    struct sheet *s = g_new0(struct sheet, 1);
    s->style = style;
    s->columns = columns;
    s->groups = array_of(sizeof(struct sheet_group), clear_group);
    s->parts = array_of(sizeof(struct sheet_part), clear_part);
    s->marks = array_of(sizeof(struct sheet_mark), clear_mark);
    return s;
}

void sheet_free(struct sheet *s)
{
    if (!s) return;
    g_array_unref(s->groups);
    g_array_unref(s->parts);
    g_array_unref(s->marks);
    g_free(s->kind);
    g_free(s->title);
    g_free(s->facts);
    g_free(s);
}

struct sheet_group *sheet_add_group(struct sheet *s)
{
    struct sheet_group g = { .cells = array_of(sizeof(struct sheet_cell), clear_cell) };
    g_array_append_val(s->groups, g);
    return &g_array_index(s->groups, struct sheet_group, s->groups->len - 1);
}

struct sheet_cell *sheet_add_cell(struct sheet_group *g, const struct dl *frame)
{
    struct sheet_cell c = { .list = dl_new() };
    dl_copy(c.list, frame);
    g_array_append_val(g->cells, c);
    return &g_array_index(g->cells, struct sheet_cell, g->cells->len - 1);
}

char *sheet_time(int64_t us)
{
    int64_t tenths = (us + 50000) / 100000;
    return g_strdup_printf("%d:%02d.%d", (int)(tenths / 600), (int)(tenths / 10 % 60), (int)(tenths % 10));
}

char *sheet_length(int64_t us)
{
    int64_t tenths = (us + 50000) / 100000;
    return tenths < 600 ? g_strdup_printf("%d.%d s", (int)(tenths / 10), (int)(tenths % 10)) : sheet_time(us);
}

char *sheet_time_ms(int64_t us)
{
    int64_t ms = (us + 500) / 1000;
    return g_strdup_printf("%d:%02d.%03d", (int)(ms / 60000), (int)(ms / 1000 % 60), (int)(ms % 1000));
}

char *sheet_film_title(const struct story *story)
{
    const char *title = story->scene.title;
    if (title && *title) return g_strconcat(canvas_template_from_right(title) ? "\u202B" : "", title, NULL);
    char *name = g_path_get_basename(story->path), *dot = strrchr(name, '.');
    if (dot) *dot = 0;
    return name;
}

/* --- pages -------------------------------------------------------------------------------------------------------------- */

static void clear_page(gpointer p)
{
    struct dl_page *page = p;
    dl_free(page->list);
    g_array_unref(page->insets);
}

static struct dl_page *page_now(struct layout *l) { return &g_array_index(l->pages, struct dl_page, l->pages->len - 1); }

static void open_page(struct layout *l)
{
    struct dl_page page = { dl_new(), g_array_new(FALSE, FALSE, sizeof(struct dl_inset)) };
    g_array_append_val(l->pages, page);
    l->dl = page.list;
    dl_begin(l->dl, SHEET_WIDTH, l->form.height, l->style->surface, NULL, l->measurer);
    l->y = MARGIN;
}

/* A page that need not be full ends below its last row. Nothing was drawn further down. */
static void close_page(struct layout *l)
{
    if (!l->form.full) l->dl->height = (int)MIN(l->y - GAP_ROW + MARGIN, l->form.height);
}

/* Lines that run from the right end where the room for them does. */
static double draw_lines(struct layout *l, double x, double y, struct font f, struct rgba color, const char *text, double width, double pitch)
{
    g_auto(GStrv) lines = lines_of(l->dl, f, text, width);
    for (char **s = lines; *s; s++, y += pitch) {
        if (lines_from_right(*s)) dl_text_right(l->dl, x + width, y, f, color, *s);
        else dl_text(l->dl, x, y, f, color, *s);
    }
    return y;
}

static double lines_height(const struct layout *l, struct font f, const char *text, double width, double pitch)
{
    g_auto(GStrv) lines = lines_of(l->dl, f, text, width);
    return g_strv_length(lines) * pitch;
}

/* --- head and bar ------------------------------------------------------------------------------------------------------- */

/* Marks above the bar, names below it; a label that would touch the one before or leave its part is left out. */
static void draw_bar(struct layout *l)
{
    const struct sheet *s = l->sheet;
    const struct style *st = l->style;
    double width = SHEET_WIDTH - 2 * MARGIN, scale = width / (double)MAX(s->bar_us, 1), y = l->y + 28, free_x = 0;
    for (guint i = 0; i < s->parts->len; i++) {
        const struct sheet_part *p = &g_array_index(s->parts, struct sheet_part, i);
        double x = round(MARGIN + (double)p->from_us * scale), end = round(MARGIN + (double)p->to_us * scale);
        dl_enter(l->dl, "part", (int)i);
        dl_rect(l->dl, ((struct box){ x, y, MAX(end - x - 4, 2), 6 }), .radius = 3, .fill = st->rail_done);
        if (dl_measure(l->dl, font_note, p->label).width <= end - x - 8) dl_text(l->dl, x, y + 32, font_note, st->text2, p->label);
        dl_leave(l->dl);
    }
    for (guint i = 0; i < s->marks->len; i++) {
        const struct sheet_mark *m = &g_array_index(s->marks, struct sheet_mark, i);
        double x = round(MARGIN + (double)m->us * scale), w = dl_measure(l->dl, font_note, m->label).width;
        dl_enter(l->dl, "mark", (int)i);
        dl_rect(l->dl, ((struct box){ x, y - 5, 2, 16 }), .fill = st->accent);
        if (x >= free_x) {
            dl_text(l->dl, x, y - 12, font_note, st->text2, m->label);
            free_x = x + w + 8;
        }
        dl_leave(l->dl);
    }
    l->y = y + 32 + GAP_GROUP;
}

static void draw_head(struct layout *l)
{
    const struct sheet *s = l->sheet;
    double width = SHEET_WIDTH - 2 * MARGIN;
    dl_enter(l->dl, "head", -1);
    dl_text(l->dl, MARGIN, l->y + 8, font_kind, l->style->accent, s->kind);
    l->y = draw_lines(l, MARGIN, l->y + 64, font_name, l->style->text, s->title, width, 54);
    l->y = draw_lines(l, MARGIN, l->y - 14, font_facts, l->style->text2, s->facts, width, 28);
    if (s->parts->len) draw_bar(l);
    dl_leave(l->dl);
}

/* A later page opens with one line: as much as has room beside the page's number. */
static void draw_short_head(struct layout *l)
{
    double x = MARGIN, end = SHEET_WIDTH - MARGIN - 160;
    x += dl_text(l->dl, x, l->y + 8, font_kind, l->style->accent, l->sheet->kind) + 16;
    if (x + dl_measure(l->dl, font_facts, l->sheet->title).width <= end)
        dl_text(l->dl, x, l->y + 8, font_facts, l->style->text2, l->sheet->title);
    l->y += SHORT_HEAD;
}

static void number_pages(struct layout *l)
{
    for (guint i = 0; l->pages->len > 1 && i < l->pages->len; i++) {
        g_autofree char *text = g_strdup_printf("sheet %u of %u", i + 1, l->pages->len);
        struct dl *dl = g_array_index(l->pages, struct dl_page, i).list;
        dl_text_right(dl, SHEET_WIDTH - MARGIN, MARGIN + 8, font_facts, l->style->text3, text);
    }
}

/* --- groups and cells ----------------------------------------------------------------------------------------------------- */

/* What the label has beside the time at the right. */
static double label_room(const struct layout *l, const struct sheet_group *g)
{
    return SHEET_WIDTH - 2 * MARGIN - dl_measure(l->dl, font_note, g->time).width - 32;
}

static double heading_height(const struct layout *l, const struct sheet_group *g)
{
    double width = SHEET_WIDTH - 2 * MARGIN;
    return 30 + lines_height(l, font_label, g->label, label_room(l, g), LABEL_PITCH) +
           lines_height(l, font_heading, g->title, width, HEADING_PITCH) + lines_height(l, font_note, g->note, width, CELL_PITCH);
}

static void draw_heading(struct layout *l, const struct sheet_group *g, bool again)
{
    const struct style *s = l->style;
    double width = SHEET_WIDTH - 2 * MARGIN, y = l->y + 32;
    g_autofree char *label = again ? g_strdup_printf("%s, continued", g->label) : g_strdup(g->label);
    dl_rect(l->dl, ((struct box){ MARGIN, l->y, width, 2 }), .fill = s->line);
    dl_text_right(l->dl, SHEET_WIDTH - MARGIN, y, font_note, s->text2, g->time);
    y = draw_lines(l, MARGIN, y, font_label, s->accent, label, label_room(l, g), LABEL_PITCH);
    if (!again) {
        y = draw_lines(l, MARGIN, y + 10, font_heading, s->text, g->title, width, HEADING_PITCH) - 10;
        y = draw_lines(l, MARGIN, y + 2, font_note, s->text3, g->note, width, CELL_PITCH) - 2;
    }
    l->y = y - 2;
}

static double words_height(const struct layout *l, const struct sheet_cell *c, double width)
{
    return FRAME_TO_WORDS + lines_height(l, font_title, c->title, width, TITLE_PITCH) + lines_height(l, font_text, c->text, width, CELL_PITCH);
}

/* The line under a frame. In narrow columns what has no room is left out, the name first. */
static void draw_facts(struct layout *l, const struct sheet_cell *c, double x, double y, double width)
{
    const struct style *s = l->style;
    double at = x, right = x + width;
    if (c->number) at += dl_text(l->dl, at, y, font_number, s->accent, c->number) + 12;
    at += dl_text(l->dl, at, y, font_number, s->text, c->time) + 12;
    double length = c->length ? dl_measure(l->dl, font_cell, c->length).width : 0;
    if (length && at + length <= right) {
        dl_text_right(l->dl, right, y, font_cell, s->text3, c->length);
        right -= length + 12;
    }
    if (c->name && at + dl_measure(l->dl, font_cell, c->name).width <= right) dl_text(l->dl, at, y, font_cell, s->text3, c->name);
}

static void draw_cell(struct layout *l, const struct sheet_cell *c, double x, double width)
{
    const struct style *s = l->style;
    struct box frame = { x, l->y, l->frame_w, l->frame_h };
    struct dl_inset inset = { c->list, frame };
    g_array_append_val(page_now(l)->insets, inset);
    dl_rect(l->dl, box_inset(frame, -1), .stroke = s->line, .width = 2);
    double y = box_bottom(frame) + FRAME_TO_WORDS;
    draw_facts(l, c, x, y, width);
    y = draw_lines(l, x, y + TITLE_PITCH, font_title, s->text, c->title, width, TITLE_PITCH);
    draw_lines(l, x, y, font_text, s->text2, c->text, width, CELL_PITCH);
}

static void draw_row(struct layout *l, const struct sheet_group *g, guint first, double height)
{
    double width = MAX(l->frame_w, l->pitch - GAP_X);
    for (guint i = first; i < g->cells->len && i < first + (guint)l->columns; i++) {
        dl_enter(l->dl, "cell", (int)i);
        draw_cell(l, &g_array_index(g->cells, struct sheet_cell, i), round(MARGIN + (i - first) * l->pitch), width);
        dl_leave(l->dl);
    }
    l->y += height;
}

static double row_height(const struct layout *l, const struct sheet_group *g, guint first)
{
    double words = 0, width = MAX(l->frame_w, l->pitch - GAP_X);
    for (guint i = first; i < g->cells->len && i < first + (guint)l->columns; i++)
        words = MAX(words, words_height(l, &g_array_index(g->cells, struct sheet_cell, i), width));
    return l->frame_h + words + GAP_ROW;
}

static double group_height(const struct layout *l, const struct sheet_group *g)
{
    double height = heading_height(l, g);
    for (guint i = 0; i < g->cells->len; i += (guint)l->columns) height += row_height(l, g, i);
    return height - GAP_ROW;
}

static void turn_page(struct layout *l)
{
    close_page(l);
    open_page(l);
    draw_short_head(l);
}

static bool has_room(const struct layout *l, double height) { return l->y + height + MARGIN <= l->form.height; }

/* A group that a page of its own would hold is not parted, unless this page is still nearly empty. */
static void draw_group(struct layout *l, const struct sheet_group *g, int index)
{
    double whole = group_height(l, g);
    if (!has_room(l, whole) && l->y > 0.4 * l->form.height && 2 * MARGIN + SHORT_HEAD + whole <= l->form.height) turn_page(l);
    for (guint i = 0; i < g->cells->len; i += (guint)l->columns) {
        double row = row_height(l, g, i);
        bool turn = !has_room(l, row - GAP_ROW + (i ? 0 : heading_height(l, g))) && page_now(l)->insets->len;
        if (turn) turn_page(l);
        dl_enter(l->dl, "group", index);
        if (!i || turn) draw_heading(l, g, i > 0);
        draw_row(l, g, i, row);
        dl_leave(l->dl);
    }
    l->y += GAP_GROUP - GAP_ROW / 2;
}

/* Places in the last rows of all groups that would stay empty. */
static guint empty_places(const struct sheet *s, guint columns)
{
    guint empty = 0;
    for (guint i = 0; i < s->groups->len; i++) {
        guint n = g_array_index(s->groups, struct sheet_group, i).cells->len;
        empty += (n + columns - 1) / columns * columns - n;
    }
    return empty;
}

/* Two numbers of columns suit each proportion of the frame; of them the one that leaves less empty. */
static int columns_for(const struct sheet *s, double aspect)
{
    guint few = aspect > 1.4 ? 3 : aspect >= 0.75 ? 4 : 5;
    if (s->columns) return MIN(s->columns, SHEET_MOST_COLUMNS);
    return (int)(empty_places(s, few + 1) < empty_places(s, few) ? few + 1 : few);
}

/* A frame is never made larger, nor taller than half a page. */
static void set_grid(struct layout *l)
{
    const struct sheet_group *g = &g_array_index(l->sheet->groups, struct sheet_group, 0);
    const struct dl *frame = g_array_index(g->cells, struct sheet_cell, 0).list;
    l->columns = columns_for(l->sheet, (double)frame->width / frame->height);
    l->pitch = floor((SHEET_WIDTH - 2.0 * MARGIN + GAP_X) / l->columns);
    double scale = MIN(MIN((l->pitch - GAP_X) / frame->width, 0.5 * l->form.height / frame->height), 1);
    l->frame_w = MAX(round(frame->width * scale), 1);
    l->frame_h = MAX(round(frame->height * scale), 1);
}

GArray *sheet_pages(const struct sheet *s, const struct sheet_form *form, const struct measurer *measurer)
{
    struct layout l = { .sheet = s, .style = s->style, .form = *form, .measurer = measurer };
    l.pages = array_of(sizeof(struct dl_page), clear_page);
    set_grid(&l);
    open_page(&l);
    draw_head(&l);
    for (guint i = 0; i < s->groups->len; i++) draw_group(&l, &g_array_index(s->groups, struct sheet_group, i), (int)i);
    l.y -= GAP_GROUP - GAP_ROW / 2;
    close_page(&l);
    number_pages(&l);
    return l.pages;
}
