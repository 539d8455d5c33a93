/* The frame around the picture. Positions are the grid of the design: header on two baselines, caption on one, the rail
 * at the foot (at the head on tall screens); small pictures keep the caption alone. */
#include "view/chrome.h"

#include <math.h>

/* Ways to set a text, tried in this order until one holds it whole; the last one cuts what is left. In units: the size of
 * the type, its lines, the first baseline from the head of its place, and from one line to the next. */
struct setting { double size; int lines; double y, pitch; };
enum { SETTINGS = 4 };

static const struct setting title_settings[PLAN_COUNT][SETTINGS] = {
    [PLAN_WIDE] = { { 44, 1, 86, 0 }, { 38, 1, 86, 0 }, { 32, 2, 76, 37 } },
    [PLAN_SQUARE] = { { 37, 1, 84, 0 }, { 33, 1, 84, 0 }, { 30, 2, 78, 35 } },
    [PLAN_TALL] = { { 62, 2, 150, 74 }, { 54, 2, 144, 66 }, { 42, 3, 131, 50 } },
};
static const struct setting caption_settings[PLAN_COUNT][SETTINGS] = {
    [PLAN_WIDE] = { { 32, 1, 62, 0 }, { 28, 1, 61, 0 }, { 25, 2, 45, 33 } },
    [PLAN_SQUARE] = { { 30, 2, 48, 40 }, { 27, 2, 48, 38 }, { 24, 3, 42, 33 } },
    [PLAN_TALL] = { { 40, 2, 56, 52 }, { 36, 2, 54, 48 }, { 30, 3, 38, 36 } },
    [PLAN_SMALL] = { { 18, 1, 31, 0 }, { 18, 2, 26, 20 }, { 16, 2, 27, 19 } },
};

/* Draws a template whose facts are of another moment than the picture's, from the top of `room` on and as wide. */
static void said(const struct canvas *c, struct facts *facts, int book, struct box room, enum text_role role,
                 const struct setting *settings, const char *text)
{
    struct canvas then = *c;
    struct font f = canvas_font(c, role);
    double least = MIN(f.size, canvas_font(c, TEXT_SMALL).size);
    const struct setting *s = settings;
    then.facts = facts;
    dl_read_from(c->dl, facts, book);
    for (;; s++) {
        f.size = (uint16_t)MAX(round(s->size * c->unit), least);
        if (s == settings + SETTINGS - 1 || !s[1].lines || canvas_template_fits(&then, f, text, room.w, s->lines)) break;
    }
    canvas_template(&then, room.x, room.y + px(c, s->y), f, c->style->text, text, room.w, s->lines, px(c, s->pitch), 0);
    dl_read_from(c->dl, c->facts, BOOK_NOW);
}

/* Where a provenance breaks into lines it breaks at its dots, not inside a phrase: "head 2" stays together. */
static char *keep_phrases(const char *text)
{
    GString *out = g_string_new(NULL);
    for (const char *t = text ? text : ""; *t; t++) {
        bool at_dot = *t == ' ' && (g_str_has_prefix(t + 1, "·") || g_str_has_suffix(out->str, "·"));
        if (*t == ' ' && !at_dot) g_string_append(out, "\u00a0");
        else g_string_append_c(out, *t);
    }
    return g_string_free(out, FALSE);
}

/* The least that a provenance takes on its two lines: a chapter's name may have the rest. */
static double provenance_width(const struct canvas *c, const char *text)
{
    g_autofree char *phrases = keep_phrases(text);
    return canvas_template_width(c, canvas_font(c, TEXT_SMALL), phrases, c->safe.w, 2);
}

static void draw_provenance(const struct canvas *c, const char *text, double y, double room)
{
    struct font small = canvas_font(c, TEXT_SMALL);
    double right = box_right(c->safe), pitch = round(small.size * 1.2);
    dl_enter(c->dl, "provenance", -1);
    g_autofree char *phrases = keep_phrases(text);
    if (!canvas_template_fits(c, small, phrases, room, 2)) g_free(phrases), phrases = g_strdup(text);
    if (c->plan == PLAN_TALL) canvas_template(c, right, y - px(c, 15), small, c->style->text3, phrases, room, 2, px(c, 36), 1);
    else if (canvas_template_fits(c, small, text, room, 1)) canvas_template(c, right, y, small, c->style->text3, text, room, 1, 0, 1);
    else canvas_template(c, right, MAX(y - round(0.5 * pitch), c->safe.y + small.size - 1), small, c->style->text3, phrases, room, 2, pitch, 1);
    dl_leave(c->dl);
}

/* The state of the moment stands where the title ends; returns the room that it takes. */
static double draw_state(const struct canvas *c, const char *text, double y, bool at_left)
{
    struct font label = canvas_font(c, TEXT_LABEL);
    bool beside = c->plan == PLAN_WIDE;
    double room = beside ? canvas_template_width(c, label, text, c->safe.w / 3, 1) : 0;
    if (room <= 0) return 0;
    dl_enter(c->dl, "state", -1);
    canvas_template(c, at_left ? c->safe.x : box_right(c->safe), y - px(c, 2), label, c->style->text2, text, room + 1, 1, 0, !at_left);
    dl_leave(c->dl);
    return room + px(c, 40);
}

static void draw_title_line(const struct canvas *c, const struct chrome *h, double chapter_y, double title_y)
{
    struct font chapter = canvas_font(c, TEXT_CHAPTER);
    facts_leaf(c->facts, "chapter.number", h->number, UNIT_COUNT, "scene file: this chapter's place among its chapters");
    g_autofree char *name = g_strdup_printf("{chapter.number} · %s", h->name);
    dl_enter(c->dl, "chapter name", h->number);
    double beside = provenance_width(c, h->provenance), most = MAX(c->safe.w - beside - px(c, 40), c->safe.w * 0.4);
    if (!canvas_template_fits(c, chapter, name, most, 1)) chapter.size = canvas_font(c, TEXT_SMALL).size;
    double name_width = canvas_template_width(c, chapter, name, most, 1);
    canvas_template(c, c->safe.x, chapter_y, chapter, c->style->accent, name, name_width + 1, 1, 0, 0);
    dl_leave(c->dl);
    draw_provenance(c, h->provenance, chapter_y, c->safe.w - name_width - px(c, 40));
    bool from_right = canvas_template_from_right(h->title);
    double state_room = draw_state(c, h->state, title_y, from_right);
    struct box room = { c->safe.x + (from_right ? state_room : 0), c->safe.y, c->safe.w - state_room, 0 };
    dl_enter(c->dl, "title", h->number);
    dl_fade(c->dl, h->title_alpha);
    said(c, h->title_facts, BOOK_TITLE, room, TEXT_TITLE, title_settings[c->plan], h->title);
    dl_restore(c->dl);
    dl_leave(c->dl);
}

/* Words under the rail: every chapter's name where each has room under its bar, else the current one's alone. */
static void draw_rail_words(const struct canvas *c, const struct chrome *h, double y, double width, double pitch)
{
    struct font f = canvas_font(c, TEXT_SMALL), bold = font_weight(f, 600);
    bool all = true;
    for (int i = 0; i < h->n_rail; i++) all = all && canvas_template_fits(c, bold, h->rail[i], width, 1);
    for (int i = 0; i < h->n_rail; i++) {
        bool now = i == h->number - 1;
        if (!all && !now) continue;
        double room = MIN(canvas_template_width(c, bold, h->rail[i], c->safe.w, 1) + 1, c->safe.w);
        double x = MIN(c->safe.x + i * pitch, box_right(c->safe) - room);
        dl_enter(c->dl, "rail word", i);
        canvas_template(c, MAX(x, c->safe.x), y, now ? bold : f, now ? c->style->text : c->style->text3, h->rail[i], room, 1, 0, 0);
        dl_leave(c->dl);
    }
}

/* The rail moves in whole pixels; who asks for a frame rounds its progress in time. */
static void draw_rail(const struct canvas *c, const struct chrome *h, double y, double thick, bool words)
{
    const struct style *s = c->style;
    double gap = MIN(px(c, 12), floor(c->safe.w / h->n_rail / 4)), width = floor((c->safe.w - gap * (h->n_rail - 1)) / h->n_rail);
    for (int i = 0; i < h->n_rail; i++) {
        struct box bar = { c->safe.x + i * (width + gap), y, width, thick };
        bool now = i == h->number - 1;
        dl_enter(c->dl, "rail", i);
        dl_rect(c->dl, bar, .radius = thick / 2, .fill = i < h->number - 1 ? s->rail_done : s->rail_todo);
        struct box done = { bar.x, bar.y, now ? MAX(round(width * h->progress), thick) : 0, thick };
        dl_rect(c->dl, done, .radius = thick / 2, .fill = s->accent);
        dl_leave(c->dl);
    }
    if (words) draw_rail_words(c, h, y + px(c, 34), width, width + gap);
}

static void draw_caption(const struct canvas *c, const struct chrome *h)
{
    if (!h->caption || h->caption_alpha <= 0) return;
    dl_enter(c->dl, "caption", -1);
    dl_fade(c->dl, h->caption_alpha);
    struct box room = { c->safe.x, box_bottom(c->stage), c->safe.w, 0 };
    said(c, h->caption_facts, BOOK_CAPTION, room, TEXT_CAPTION, caption_settings[c->plan], h->caption);
    dl_restore(c->dl);
    dl_leave(c->dl);
}

void chrome_draw(const struct canvas *c, const struct chrome *h)
{
    double top = c->safe.y, foot = box_bottom(c->stage);
    if (c->plan == PLAN_TALL && h->n_rail) draw_rail(c, h, top + px(c, 6), px(c, 6), false);
    if (c->plan == PLAN_WIDE) draw_title_line(c, h, top + px(c, 34), top + px(c, 86));
    if (c->plan == PLAN_SQUARE) draw_title_line(c, h, top + px(c, 30), top + px(c, 80));
    if (c->plan == PLAN_TALL) draw_title_line(c, h, top + px(c, 66), top + px(c, 150));
    draw_caption(c, h);
    if (c->plan == PLAN_WIDE && h->n_rail) draw_rail(c, h, foot + px(c, 104), px(c, 5), true);
    if (c->plan == PLAN_SQUARE && h->n_rail) draw_rail(c, h, foot + px(c, 132), px(c, 5), true);
}
