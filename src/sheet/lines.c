/* Lines are filled greedily: a line ends at the last place where it may before it gets too wide. Then the width is taken in
 * as far as the text still has as many lines, so that they are about equally long and no word is left alone.
 */
#include "sheet/lines.h"

static double width_of(const struct dl *dl, struct font font, const char *from, const char *to)
{
    g_autofree char *part = g_strndup(from, (gsize)(to - from));
    return dl_measure(dl, font, part).width;
}

/* The next place after `p` where a line may end: before a space or an ideograph, or the end. */
static const char *next_break(const char *p)
{
    for (p = g_utf8_next_char(p); *p; p = g_utf8_next_char(p))
        if (*p == ' ' || g_unichar_iswide(g_utf8_get_char(p))) break;
    return p;
}

/* Where the line that starts at `s` ends. */
static const char *line_end(const struct dl *dl, struct font font, const char *s, double width)
{
    const char *fits = s;
    for (const char *p = next_break(s); width_of(dl, font, s, p) <= width; p = next_break(p)) {
        fits = p;
        if (!*p) return p;
    }
    if (fits > s) return fits;
    fits = g_utf8_next_char(s); /* one word is too wide: break it, but never stand still */
    for (const char *p = fits; width_of(dl, font, s, p) <= width; p = g_utf8_next_char(p)) fits = p;
    return fits;
}

static GPtrArray *break_at(const struct dl *dl, struct font font, const char *text, double width)
{
    GPtrArray *out = g_ptr_array_new_with_free_func(g_free);
    for (const char *s = text; *s;) {
        while (*s == ' ') s++;
        if (!*s) break;
        const char *end = line_end(dl, font, s, width);
        g_ptr_array_add(out, g_strndup(s, (gsize)(end - s)));
        s = end;
    }
    return out;
}

char **lines_of(const struct dl *dl, struct font font, const char *text, double width)
{
    g_autofree char *valid = g_utf8_make_valid(text ? text : "", -1);
    g_strstrip(g_strdelimit(valid, "\n\t", ' '));
    GPtrArray *best = break_at(dl, font, valid, width);
    double low = width / 2, high = width;
    while (best->len > 1 && high - low > width / 32) {
        GPtrArray *lines = break_at(dl, font, valid, (low + high) / 2);
        bool same = lines->len == best->len;
        if (same) high = (low + high) / 2;
        else low = (low + high) / 2;
        g_ptr_array_unref(same ? best : lines);
        if (same) best = lines;
    }
    g_ptr_array_add(best, NULL);
    g_ptr_array_set_free_func(best, NULL);
    return (char **)g_ptr_array_free(best, FALSE);
}
