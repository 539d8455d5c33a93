/* The shared parts: chips, panels, arrow heads, labels, state boxes and letter tags. */
#include "view/parts.h"

#include <math.h>

enum { TOKEN_CHARS = 12 };

double px_by_plan(const struct canvas *c, double usual, double tall, double small)
{
    return px(c, c->plan == PLAN_SMALL ? small : c->plan == PLAN_TALL ? tall : usual);
}

static double chip_padding(const struct canvas *c) { return px(c, c->plan == PLAN_SMALL ? 8 : c->plan == PLAN_TALL ? 16 : 12); }

double part_chip_height(const struct canvas *c) { return px(c, c->plan == PLAN_SMALL ? 32 : c->plan == PLAN_TALL ? 56 : 42); }

double part_chip_width(const struct canvas *c, const char *token)
{
    char text[128];
    /* Measured in the widest weight that the chip can have: a chip keeps its width for life. */
    struct font f = font_weight(canvas_font(c, TEXT_CHIP), 700);
    double w = canvas_width(c, f, token_cut(token, TOKEN_CHARS, text, sizeof text)) + 2 * chip_padding(c);
    return ceil(MAX(w, part_chip_height(c) * 0.86));
}

double part_chip(const struct canvas *c, double x, double y, const char *token, enum chip_state state)
{
    const struct style *s = c->style;
    char text[128];
    token_cut(token, TOKEN_CHARS, text, sizeof text);
    double w = part_chip_width(c, token), h = part_chip_height(c);
    struct box box = { x, round(y - h / 2), w, h };
    double radius = px(c, c->plan == PLAN_TALL ? 12 : 9);
    struct font f = canvas_font(c, TEXT_CHIP);
    struct rgba ink = s->text;
    switch (state) {
    case CHIP_PROMPT:
        dl_rect(c->dl, box, .radius = radius, .fill = s->chip, .stroke = s->chip_line, .width = px(c, 2));
        ink = s->text2;
        break;
    case CHIP_GENERATED:
        dl_rect(c->dl, box, .radius = radius, .fill = s->chip2, .stroke = s->chip2_line, .width = px(c, 2));
        break;
    case CHIP_NEW:
        dl_rect(c->dl, box, .radius = radius, .fill = s->new_fill, .stroke = s->new_line, .width = px(c, 3));
        dl_rect(c->dl, box_inset(box, -px(c, 4)), .radius = radius + px(c, 4), .stroke = color_fade(s->new_fill, 0.28), .width = px(c, 3));
        f = font_weight(f, 700);
        ink = color_ink_on(s->new_fill);
        break;
    case CHIP_NEXT:
        dl_rect(c->dl, box, .radius = radius, .fill = color_fade(s->new_fill, s->next_tint), .stroke = s->new_line,
                .width = px(c, 2), .dash_on = px(c, 7), .dash_off = px(c, 6));
        ink = s->new_ink;
        break;
    }
    dl_text_of_fact_mid(c->dl, box_mid_x(box), canvas_baseline(c, f, y), f, ink, DL_QUOTED, text);
    return w;
}

void part_panel(const struct canvas *c, struct box box)
{
    dl_rect(c->dl, box, .radius = px(c, 14), .fill = c->style->surface, .stroke = c->style->line, .width = px(c, 2));
}

void part_arrow_head(const struct canvas *c, double x, double y, double dx, double dy, double size, struct rgba color)
{
    double bx = x - dx * size * 1.2, by = y - dy * size * 1.2, half = size * 0.62;
    dl_move_to(c->dl, x, y);
    dl_line_to(c->dl, bx - dy * half, by + dx * half);
    dl_line_to(c->dl, bx + dy * half, by - dx * half);
    dl_close(c->dl);
    dl_fill(c->dl, color);
}

void part_column_label(const struct canvas *c, double x, double y, const char *token, bool is_new, struct rgba color)
{
    char text[128];
    struct font f = canvas_font(c, TEXT_COLUMN);
    if (is_new) f = font_weight(f, 700);
    token_cut(token, TOKEN_CHARS, text, sizeof text);
    dl_text_of_fact_turned(c->dl, x + round(f.size * 0.25), y, -45, f, color, DL_QUOTED, text);
}

/* Where the words of the verdict start: behind the icon. */
static double verdict_x(const struct canvas *c, struct box box)
{
    double icon = canvas_font(c, TEXT_HEADING).size * 1.25;
    return box.x + px(c, c->plan == PLAN_SMALL ? 8 : 16) + round(icon * 1.4);
}

double part_state_room(const struct canvas *c, struct box box)
{
    return box_right(box) - verdict_x(c, box) - px(c, c->plan == PLAN_SMALL ? 8 : 16) / 2;
}

void part_state_box(const struct canvas *c, struct box box, const char *verdict, const char *reason, struct rgba role,
                    struct rgba ink)
{
    dl_rect(c->dl, box, .radius = px(c, 10), .fill = color_fade(role, 0.17), .stroke = role, .width = px(c, 2));
    struct font bold = font_weight(canvas_font(c, TEXT_HEADING), 700);
    double pad = px(c, c->plan == PLAN_SMALL ? 8 : 16), icon = bold.size * 1.25;
    double y = reason ? round(box.y + box.h * 0.34) : box_mid_y(box);
    double ix = box.x + pad + icon / 2, top = y - icon / 2, foot = y + icon / 2;
    dl_move_to(c->dl, ix, top);
    dl_line_to(c->dl, ix + icon * 0.56, foot);
    dl_line_to(c->dl, ix - icon * 0.56, foot);
    dl_close(c->dl);
    dl_fill(c->dl, role);
    struct rgba mark = color_ink_on(role);
    double bar = MAX(2, round(icon * 0.1));
    dl_rect(c->dl, ((struct box){ round(ix - bar / 2), round(y - icon * 0.14), bar, round(icon * 0.34) }), .fill = mark);
    dl_rect(c->dl, ((struct box){ round(ix - bar / 2), round(foot - icon * 0.2), bar, bar }), .fill = mark);
    double tx = verdict_x(c, box), room = part_state_room(c, box);
    bold = canvas_font_fitting(c, bold, verdict, room);
    canvas_template(c, tx, canvas_baseline(c, bold, y), bold, ink, verdict, room, 1, 0, 0);
    struct font small = canvas_font_fitting(c, canvas_font(c, TEXT_LABEL), reason, box.w - 2 * pad);
    if (reason)
        canvas_template(c, box.x + pad, canvas_baseline(c, small, round(box.y + box.h * 0.74)), small, ink, reason,
                        box.w - 2 * pad, 1, 0, 0);
}

char part_sequence_letter(int sequence) { return (char)('A' + sequence % ('Z' - 'A' + 1)); }

void part_letter(const struct canvas *c, struct box box, int sequence, struct font f, struct rgba fill, struct rgba ink)
{
    char letter[2] = { part_sequence_letter(sequence), 0 };
    dl_rect(c->dl, box, .radius = MIN(px(c, 7), box.w / 4), .fill = fill);
    dl_text_mid(c->dl, box_mid_x(box), canvas_baseline(c, f, box_mid_y(box)), f, ink, letter);
}
