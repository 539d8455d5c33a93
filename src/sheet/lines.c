/* Lines are filled greedily: a line ends at the last place where it may, before the first character that does not fit. */
#include "sheet/lines.h"

static double width_of(const struct dl *dl, struct font font, const char *from, const char *to)
{
    g_autofree char *part = g_strndup(from, (gsize)(to - from));
    return dl_measure(dl, font, part).width;
}

/* Where the line that starts at `s` ends. */
static const char *line_end(const struct dl *dl, struct font font, const char *s, double width)
{
    const char *may = NULL, *p = s;
    while (*p) {
        gunichar c = g_utf8_get_char(p);
        const char *next = g_utf8_next_char(p);
        if (p > s && (c == ' ' || g_unichar_iswide(c))) may = p;
        if (c != ' ' && p > s && width_of(dl, font, s, next) > width) return may ? may : p;
        p = next;
    }
    return p;
}

char **lines_of(const struct dl *dl, struct font font, const char *text, double width)
{
    GPtrArray *out = g_ptr_array_new();
    g_autofree char *valid = g_utf8_make_valid(text ? text : "", -1);
    g_strdelimit(valid, "\n\t", ' ');
    for (const char *s = valid; *s;) {
        while (*s == ' ') s++;
        if (!*s) break;
        const char *end = line_end(dl, font, s, width);
        g_ptr_array_add(out, g_strchomp(g_strndup(s, (gsize)(end - s))));
        s = end;
    }
    g_ptr_array_add(out, NULL);
    return (char **)g_ptr_array_free(out, FALSE);
}
