/* Lines are filled greedily: a line ends at the last place where it may before it gets too wide. Then the width is taken in
 * as far as the text still has as many lines, so that they are about equally long and no word is left alone.
 */
#include "sheet/lines.h"

static double width_of(const struct dl *dl, struct font font, const char *from, const char *to)
{
    g_autofree char *part = g_strndup(from, (gsize)(to - from));
    return dl_measure(dl, font, part).width;
}

/* A number and what it counts stay together: "63.0 GiB", "12 K". */
static bool is_inside_quantity(const char *text, const char *space)
{
    return space > text && g_ascii_isdigit(space[-1]) && g_ascii_isupper(space[1]);
}

/* The next place after `p` where a line may end: before a space or an ideograph, or the end. */
static const char *next_break(const char *p)
{
    const char *start = p;
    for (p = g_utf8_next_char(p); *p; p = g_utf8_next_char(p))
        if (*p == ' ' ? !is_inside_quantity(start, p) : g_unichar_iswide(g_utf8_get_char(p))) break;
    return p;
}

/* Where the line that starts at `s` ends; counts in *broken when that is inside a word. */
static const char *line_end(const struct dl *dl, struct font font, const char *s, double width, int *broken)
{
    const char *fits = s;
    for (const char *p = next_break(s); width_of(dl, font, s, p) <= width; p = next_break(p)) {
        fits = p;
        if (!*p) return p;
    }
    if (fits > s) return fits;
    fits = g_utf8_next_char(s); /* one word is too wide: break it, but never stand still */
    for (const char *p = fits; width_of(dl, font, s, p) <= width; p = g_utf8_next_char(p)) fits = p;
    ++*broken;
    return fits;
}

struct broken_text { GPtrArray *lines; int broken; };

static struct broken_text break_at(const struct dl *dl, struct font font, const char *text, double width)
{
    struct broken_text out = { g_ptr_array_new_with_free_func(g_free), 0 };
    for (const char *s = text; *s;) {
        while (*s == ' ') s++;
        if (!*s) break;
        const char *end = line_end(dl, font, s, width, &out.broken);
        g_ptr_array_add(out.lines, g_strndup(s, (gsize)(end - s)));
        s = end;
    }
    return out;
}

/* Each line is drawn alone: it gets the mark of a text from the right, and a stretch that is broken is closed and opened
 * again. */
static void mark_lines(GPtrArray *lines)
{
    bool open = false;
    for (guint i = 0; i < lines->len; i++) {
        g_autofree char *line = g_ptr_array_index(lines, i);
        bool was_open = open;
        for (const char *s = line; *s; s = g_utf8_next_char(s)) {
            gunichar c = g_utf8_get_char(s);
            if (c == 0x202A || c == 0x202C) open = c == 0x202A;
        }
        lines->pdata[i] = g_strconcat(lines_from_right(line) ? "" : "\u202B", was_open ? "\u202A" : "", line,
                                      open ? "\u202C" : "", "\u202C", NULL);
    }
}

bool lines_from_right(const char *text) { return g_str_has_prefix(text, "\u202B"); }

char **lines_of(const struct dl *dl, struct font font, const char *text, double width)
{
    g_autofree char *valid = g_utf8_make_valid(text ? text : "", -1);
    g_strstrip(g_strdelimit(valid, "\n\t", ' '));
    struct broken_text best = break_at(dl, font, valid, width);
    double low = width / 2, high = width;
    while (best.lines->len > 1 && high - low > width / 32) {
        struct broken_text next = break_at(dl, font, valid, (low + high) / 2);
        bool good = next.lines->len == best.lines->len && next.broken <= best.broken;
        if (good) high = (low + high) / 2;
        else low = (low + high) / 2;
        g_ptr_array_unref(good ? best.lines : next.lines);
        if (good) best = next;
    }
    if (lines_from_right(valid)) mark_lines(best.lines);
    g_ptr_array_add(best.lines, NULL);
    g_ptr_array_set_free_func(best.lines, NULL);
    return (char **)g_ptr_array_free(best.lines, FALSE);
}
