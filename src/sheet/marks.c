/* Boxes around what findings name: a frame in a colour that no view uses at this strength, with a tag at its corner. The
 * marks stand over the picture, so they are not looked at themselves.
 */
#include "sheet/marks.h"

#include <math.h>

static void draw_box(struct dl *out, const struct style *s, struct box b, double unit, bool dashed)
{
    struct box around = box_inset(b, -3 * unit);
    struct rgba ground = s->bg;
    dl_rect(out, around, .radius = 3 * unit, .stroke = ground, .width = 5 * unit);
    if (dashed) dl_rect(out, around, .radius = 3 * unit, .stroke = s->critical, .width = 3 * unit, .dash_on = 6 * unit, .dash_off = 5 * unit);
    else dl_rect(out, around, .radius = 3 * unit, .stroke = s->critical, .width = 3 * unit);
}

static void draw_tag(struct dl *out, const struct style *s, struct box b, double unit, int number)
{
    struct font f = { FONT_MONO, 700, (uint16_t)MAX(16, round(20 * unit)) };
    char text[16];
    g_snprintf(text, sizeof text, "%d", number);
    double w = dl_measure(out, f, text).width + 10 * unit, h = round(f.size * 1.3);
    double x = CLAMP(b.x - 3 * unit, 0, out->width - w), y = b.y - 3 * unit - h;
    if (y < 0) y = MIN(box_bottom(b) + 3 * unit, out->height - h);
    dl_rect(out, ((struct box){ round(x), round(y), ceil(w), h }), .radius = 3 * unit, .fill = s->critical);
    dl_text(out, round(x + 5 * unit), round(y + h / 2 + 0.364 * f.size), f, color_ink_on(s->critical), text);
}

void marks_draw(struct dl *out, const struct dl *frame, const struct style *style, const struct measurer *measurer,
                const struct finding *const *findings, const int *numbers, int n)
{
    double unit = MAX(1, round(MIN(frame->width, frame->height) / 720.0));
    dl_begin(out, frame->width, frame->height, frame->background, NULL, measurer);
    dl_append(out, frame);
    for (int i = 0; i < n; i++) {
        dl_enter(out, "mark", i);
        if (!box_is_empty(findings[i]->b.box)) draw_box(out, style, findings[i]->b.box, unit, true);
        if (!box_is_empty(findings[i]->a.box)) draw_box(out, style, findings[i]->a.box, unit, false);
        dl_leave(out);
    }
    for (int i = 0; i < n; i++) {
        struct box b = box_is_empty(findings[i]->a.box) ? findings[i]->b.box : findings[i]->a.box;
        if (box_is_empty(b)) continue;
        dl_enter(out, "tag", i);
        draw_tag(out, style, b, unit, numbers[i]);
        dl_leave(out);
    }
}
