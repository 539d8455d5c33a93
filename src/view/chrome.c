/* The frame around the picture. Positions are the grid of the design: header on two baselines, caption on one, the rail
 * at the foot (at the head on tall screens); small pictures keep the caption alone. */
#include "view/chrome.h"

#include <math.h>

static const int caption_lines[PLAN_COUNT] = { [PLAN_WIDE] = 1, [PLAN_SQUARE] = 2, [PLAN_TALL] = 2, [PLAN_SMALL] = 2 };

int chrome_caption_lines(const struct canvas *c) { return caption_lines[c->plan]; }

/* Draws a template whose facts are of another moment than the picture's. */
static int said(const struct canvas *c, struct facts *facts, int book, double x, double y, enum text_role role, int size,
                const char *text, double room, int lines, double pitch)
{
    struct canvas then = *c;
    struct font f = canvas_font(c, role);
    if (size) f.size = (uint16_t)size;
    then.facts = facts;
    dl_read_from(c->dl, facts, book);
    int drawn = canvas_template(&then, x, y, f, c->style->text, text, room, lines, pitch, 0);
    dl_read_from(c->dl, c->facts, BOOK_NOW);
    return drawn;
}

/* Width that a template takes on one line, at most `max`: what its neighbour on the line must leave free. */
static double template_width(const struct canvas *c, struct font f, const char *text, double max)
{
    if (!text || !*text) return 0;
    g_autofree char *plain = template_expand(text, c->facts);
    return MIN(canvas_width(c, f, plain), max);
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

static void draw_title_line(const struct canvas *c, const struct chrome *h, double chapter_y, double title_y, double pitch)
{
    const struct style *s = c->style;
    bool tall = c->plan == PLAN_TALL;
    struct font chapter = canvas_font(c, TEXT_CHAPTER), small = canvas_font(c, TEXT_SMALL), label = canvas_font(c, TEXT_LABEL);
    double left = c->safe.x, right = box_right(c->safe);
    facts_leaf(c->facts, "chapter.number", h->number, UNIT_COUNT, "scene file: this chapter's place among its chapters");
    g_autofree char *name = g_strdup_printf("{chapter.number} · %s", h->name);
    dl_enter(c->dl, "chapter name", h->number);
    double name_width = template_width(c, chapter, name, c->safe.w / 2);
    canvas_template(c, left, chapter_y, chapter, s->accent, name, name_width + 1, 1, 0, 0);
    dl_leave(c->dl);
    dl_enter(c->dl, "provenance", -1);
    double room = c->safe.w - name_width - px(c, 40);
    g_autofree char *phrases = keep_phrases(h->provenance);
    if (tall) canvas_template(c, right, chapter_y - px(c, 15), small, s->text3, phrases, room, 2, px(c, 36), 1);
    else canvas_template(c, right, chapter_y, small, s->text3, h->provenance, room, 1, 0, 1);
    dl_leave(c->dl);
    double state_room = tall || c->plan == PLAN_SQUARE ? 0 : template_width(c, label, h->state, c->safe.w / 3);
    if (state_room > 0) {
        dl_enter(c->dl, "state", -1);
        canvas_template(c, right, title_y - px(c, 2), label, s->text2, h->state, state_room + 1, 1, 0, 1);
        dl_leave(c->dl);
        state_room += px(c, 40);
    }
    dl_enter(c->dl, "title", h->number);
    dl_fade(c->dl, h->title_alpha);
    int size = c->plan == PLAN_SQUARE ? (int)(canvas_font(c, TEXT_TITLE).size * 0.86) : 0;
    said(c, h->title_facts, BOOK_TITLE, left, title_y, TEXT_TITLE, size, h->title, c->safe.w - state_room, tall ? 2 : 1, pitch);
    dl_restore(c->dl);
    dl_leave(c->dl);
}

/* The rail moves in whole pixels; who asks for a frame rounds its progress in time. */
static void draw_rail(const struct canvas *c, const struct chrome *h, double y, double thick, bool words)
{
    const struct style *s = c->style;
    double gap = px(c, 12), width = floor((c->safe.w - gap * (h->n_rail - 1)) / h->n_rail);
    struct font f = canvas_font(c, TEXT_SMALL);
    for (int i = 0; i < h->n_rail; i++) {
        struct box bar = { c->safe.x + i * (width + gap), y, width, thick };
        bool now = i == h->number - 1;
        dl_enter(c->dl, "rail", i);
        dl_rect(c->dl, bar, .radius = thick / 2, .fill = i < h->number - 1 ? s->rail_done : s->rail_todo);
        struct box done = { bar.x, bar.y, now ? MAX(round(width * h->progress), thick) : 0, thick };
        dl_rect(c->dl, done, .radius = thick / 2, .fill = s->accent);
        if (words) canvas_template(c, bar.x, y + px(c, 34), now ? font_weight(f, 600) : f, now ? s->text : s->text3, h->rail[i], width, 1, 0, 0);
        dl_leave(c->dl);
    }
}

static void draw_caption(const struct canvas *c, const struct chrome *h, double y, double pitch)
{
    if (!h->caption || h->caption_alpha <= 0) return;
    dl_enter(c->dl, "caption", -1);
    dl_fade(c->dl, h->caption_alpha);
    said(c, h->caption_facts, BOOK_CAPTION, c->safe.x, y, TEXT_CAPTION, 0, h->caption, c->safe.w, caption_lines[c->plan], pitch);
    dl_restore(c->dl);
    dl_leave(c->dl);
}

/* Of a caption that may wrap, how many lines it takes. */
static int lines_of(const struct canvas *c, const char *text, const struct facts *facts)
{
    g_autofree char *plain = template_expand(text ? text : "", facts);
    return canvas_width(c, canvas_font(c, TEXT_CAPTION), plain) > c->safe.w ? 2 : 1;
}

void chrome_draw(const struct canvas *c, const struct chrome *h)
{
    double top = c->safe.y, foot = box_bottom(c->stage);
    switch (c->plan) {
    case PLAN_WIDE:
        draw_title_line(c, h, top + px(c, 34), top + px(c, 86), 0);
        draw_caption(c, h, foot + px(c, 62), 0);
        if (h->n_rail) draw_rail(c, h, foot + px(c, 104), px(c, 5), true);
        break;
    case PLAN_SQUARE:
        draw_title_line(c, h, top + px(c, 30), top + px(c, 80), 0);
        draw_caption(c, h, foot + px(c, 48), px(c, 40));
        if (h->n_rail) draw_rail(c, h, foot + px(c, 132), px(c, 5), h->n_rail <= 5);
        break;
    case PLAN_TALL:
        if (h->n_rail) draw_rail(c, h, top + px(c, 6), px(c, 6), false);
        draw_title_line(c, h, top + px(c, 66), top + px(c, 150), px(c, 70));
        draw_caption(c, h, foot + px(c, 56), px(c, 52));
        break;
    case PLAN_SMALL: {
        int lines = lines_of(c, h->caption, h->caption_facts);
        draw_caption(c, h, foot + px(c, lines > 1 ? 21 : 31), px(c, 21));
        break;
    }
    case PLAN_COUNT: break;
    }
}
