/* Lines of a template: filled piece by piece, then drawn. Facts keep their identity: each becomes its own op, so that what
 * is on the screen can be traced; words between them are one op.
 *
 * A line that runs from the right is laid out in stretches of one direction, the first at the right edge; inside a stretch
 * of Latin words and numbers the pieces go from left to right. Letters are shaped where they are painted.
 */
#include "view/canvas.h"
#include "view/pieces.h"

#include <math.h>
#include <string.h>

struct line { guint first, end; double width; bool cut; };

/* A template about to be laid out in a font. */
struct setting {
    const struct canvas *c;
    struct font font;
    GArray *pieces;
    bool right_to_left;
    double space;
};

static double width_of(const struct setting *t, const struct piece *p) { return canvas_width(t->c, t->font, p->text->str); }

static struct setting set_up(const struct canvas *c, struct font f, const char *text)
{
    struct setting t = { .c = c, .font = f };
    t.pieces = pieces_cut(text, c->facts, &t.right_to_left);
    t.space = canvas_width(c, f, "a b") - canvas_width(c, f, "ab");
    return t;
}

/* The end of the run of pieces that starts at `at` and does not break, and its width. */
static guint run_end(const struct setting *t, guint at, double *width)
{
    *width = 0;
    do *width += width_of(t, piece_at(t->pieces, at));
    while (++at < t->pieces->len && !piece_at(t->pieces, at)->may_break);
    return at;
}

/* A run that is wider than a line may break between any two signs and at its facts: an address, or a sentence in Thai. */
static void shatter_wide_runs(const struct setting *t, double max_width)
{
    double width;
    for (guint at = 0, end; at < t->pieces->len; at = end) {
        end = run_end(t, at, &width);
        for (guint i = at; width > max_width && i < end;) {
            if (i > at) piece_at(t->pieces, i)->may_break = true;
            guint n = pieces_shatter(t->pieces, i);
            i += n;
            end += n - 1;
        }
    }
}

/* The pieces from `at` that fit into max_width (one unbreakable run at least). */
static struct line fill_line(const struct setting *t, guint at, double max_width)
{
    struct line line = { at, at, 0, false };
    while (line.end < t->pieces->len) {
        double run;
        guint end = run_end(t, line.end, &run);
        double gap = line.end > at && piece_at(t->pieces, line.end)->space_before ? t->space : 0;
        if (line.end > at && line.width + gap + run > max_width) break;
        line.width += gap + run;
        line.end = end;
    }
    return line;
}

static bool holds(const struct setting *t, double width, int max_lines)
{
    guint at = 0;
    for (int i = 0; i < max_lines && at < t->pieces->len; i++) {
        struct line line = fill_line(t, at, width);
        if (line.width > width) return false;
        at = line.end;
    }
    return at == t->pieces->len;
}

/* The least width at which so many lines hold it all, to the pixel; max_width where they never do. */
static double least_width(const struct setting *t, double max_width, int max_lines)
{
    if (!holds(t, max_width, max_lines)) return max_width;
    double low = 0, high = max_width;
    while (high - low > 1) {
        double width = (low + high) / 2;
        if (holds(t, width, max_lines)) high = width;
        else low = width;
    }
    return high;
}

/* The lines of a text that needs several are about equally long, and no more than they have to be. */
static double balanced_width(const struct setting *t, double max_width, int max_lines)
{
    for (int lines = 1; lines <= max_lines; lines++)
        if (holds(t, max_width, lines)) return lines == 1 ? max_width : least_width(t, max_width, lines);
    return max_width;
}

/* Drops pieces from the end of a line, and signs of the last one, until an ellipsis fits behind it. */
static void cut_line(const struct setting *t, struct line *line, double max_width)
{
    double room = max_width - canvas_width(t->c, t->font, "…");
    struct piece *last = piece_at(t->pieces, line->end - 1);
    for (; line->width > room && line->end > line->first + 1; line->end--, last--)
        line->width -= width_of(t, last) + (last->space_before ? t->space : 0);
    while (line->width > room) {
        double before = width_of(t, last);
        if (!piece_shorten(last)) break;
        line->width -= before - width_of(t, last);
    }
    line->cut = true;
}

/* A dot that separates what a line break separates already is not drawn, at either end of the line. */
static struct line without_dots(const struct setting *t, struct line line)
{
    double dot = canvas_width(t->c, t->font, "·") + t->space;
    bool first = line.first > 0 && !strcmp(piece_at(t->pieces, line.first)->text->str, "·");
    bool last = line.end < t->pieces->len && !strcmp(piece_at(t->pieces, line.end - 1)->text->str, "·");
    if (line.end - line.first <= (guint)first + last) return line; /* nothing but dots */
    return (struct line){ line.first + first, line.end - last, line.width - (first + last) * dot, line.cut };
}

/* --- drawing --- */

/* Pieces first..end from left to right; returns where they end. */
static double draw_rightwards(const struct setting *t, double x, double y, struct rgba color, guint first, guint end)
{
    struct dl *dl = t->c->dl;
    g_autoptr(GString) words = g_string_new(NULL);
    for (guint i = first; i < end; i++) {
        const struct piece *p = piece_at(t->pieces, i);
        bool gap = i > first && p->space_before;
        if (p->fact < 0) {
            if (gap) g_string_append_c(words, ' ');
            g_string_append(words, p->text->str);
            continue;
        }
        if (words->len) x += dl_text(dl, x, y, t->font, color, words->str);
        g_string_truncate(words, 0);
        if (gap) x += t->space;
        dl_text_of_fact(dl, x, y, t->font, color, p->fact, p->text->str);
        x += width_of(t, p);
    }
    if (words->len) x += dl_text(dl, x, y, t->font, color, words->str);
    return x;
}

/* Words that end at `right`. They are embedded between two marks that are never drawn, so that the painter, which sets
 * every text from the left, puts their punctuation on the right side and turns their brackets. */
static double draw_words_leftwards(const struct setting *t, double right, double y, struct rgba color, GString *words)
{
    if (!words->len) return right;
    g_string_prepend(words, "\u202B");
    g_string_append(words, "\u202C");
    double width = canvas_width(t->c, t->font, words->str);
    dl_text(t->c->dl, right - width, y, t->font, color, words->str);
    g_string_truncate(words, 0);
    return right - width;
}

/* Pieces first..end from right to left, the first ending at x; returns where the last begins. */
static double draw_leftwards(const struct setting *t, double x, double y, struct rgba color, guint first, guint end)
{
    g_autoptr(GString) words = g_string_new(NULL);
    for (guint i = first; i < end; i++) {
        const struct piece *p = piece_at(t->pieces, i);
        bool gap = i > first && p->space_before;
        if (p->fact < 0) {
            if (gap && !words->len) x -= t->space;
            else if (gap) g_string_append_c(words, ' ');
            g_string_append(words, p->text->str);
            continue;
        }
        x = draw_words_leftwards(t, x, y, color, words) - (gap ? t->space : 0) - width_of(t, p);
        dl_text_of_fact(t->c->dl, x, y, t->font, color, p->fact, p->text->str);
    }
    return draw_words_leftwards(t, x, y, color, words);
}

static double stretch_width(const struct setting *t, guint first, guint end)
{
    double width = 0;
    for (guint i = first; i < end; i++)
        width += width_of(t, piece_at(t->pieces, i)) + (i > first && piece_at(t->pieces, i)->space_before ? t->space : 0);
    return width;
}

/* A line whose right end is x: stretch by stretch, from the right. Returns where it ends. */
static double draw_from_right(const struct setting *t, double x, double y, struct rgba color, struct line line)
{
    for (guint at = line.first, end; at < line.end; at = end) {
        enum direction d = piece_at(t->pieces, at)->direction;
        for (end = at + 1; end < line.end && piece_at(t->pieces, end)->direction == d;) end++;
        if (at > line.first && piece_at(t->pieces, at)->space_before) x -= t->space;
        double start = x;
        if (d == DIRECTION_LEFT_TO_RIGHT) {
            x -= stretch_width(t, at, end);
            draw_rightwards(t, x, y, color, at, end);
        } else {
            x = draw_leftwards(t, start, y, color, at, end);
        }
    }
    return x;
}

/* x: the left end, or the right one with `from_right`. */
static void draw_line(const struct setting *t, double x, double y, struct rgba color, struct line line, bool from_right)
{
    double dots = line.cut ? canvas_width(t->c, t->font, "…") : 0, left = from_right ? x - line.width - dots : x;
    double end = t->right_to_left ? draw_from_right(t, left + line.width + dots, y, color, line) - dots
                                  : draw_rightwards(t, left, y, color, line.first, line.end);
    if (line.cut) dl_text_of_fact(t->c->dl, end, y, t->font, color, DL_CUT, "…");
}

int canvas_template(const struct canvas *c, double x, double y, struct font f, struct rgba color, const char *text,
                    double max_width, int max_lines, double line_pitch, int align)
{
    if (!text || !*text) return 0;
    struct setting t = set_up(c, f, text);
    int lines = 0;
    if (max_lines > 1) shatter_wide_runs(&t, max_width);
    double width = balanced_width(&t, max_width, max_lines), right = align ? x : x + max_width;
    for (guint at = 0; at < t.pieces->len && lines < max_lines; lines++) {
        struct line line = fill_line(&t, at, width);
        at = line.end;
        if (line.width > max_width || (lines == max_lines - 1 && at < t.pieces->len)) cut_line(&t, &line, max_width);
        struct line shown = without_dots(&t, line);
        bool from_right = align || t.right_to_left;
        draw_line(&t, from_right ? right : x, y + lines * line_pitch, color, shown, from_right);
    }
    g_array_unref(t.pieces);
    return lines;
}

bool canvas_template_fits(const struct canvas *c, struct font f, const char *text, double max_width, int max_lines)
{
    if (!text || !*text) return true;
    struct setting t = set_up(c, f, text);
    bool fits = holds(&t, max_width, max_lines);
    g_array_unref(t.pieces);
    return fits;
}

double canvas_template_width(const struct canvas *c, struct font f, const char *text, double max_width, int max_lines)
{
    if (!text || !*text) return 0;
    struct setting t = set_up(c, f, text);
    double width = max_lines > 1 ? least_width(&t, max_width, max_lines) : MIN(fill_line(&t, 0, INFINITY).width, max_width);
    g_array_unref(t.pieces);
    return width;
}

struct font canvas_font_fitting(const struct canvas *c, struct font f, const char *text, double room)
{
    uint16_t least = canvas_font(c, TEXT_SMALL).size;
    while (f.size > least && !canvas_template_fits(c, f, text, room, 1)) f.size--;
    return f;
}

const char *canvas_wording(const struct canvas *c, struct font f, double room, const char *const *wordings)
{
    while (wordings[1] && !canvas_template_fits(c, f, wordings[0], room, 1)) wordings++;
    return wordings[0];
}
