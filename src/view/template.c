/* Templates: words and facts. A placeholder is {id} or {id:form}; {{ and }} are braces.
 *
 * A template is first cut into pieces that do not break (a word, a number with what touches it, or a word of a fact that
 * is words), then lines are filled piece by piece. Facts keep their identity: on its line each becomes its own op, so
 * that what is on the screen can be traced.
 */
#include "view/canvas.h"

#include <string.h>

struct piece { GString *text; int fact; bool space_before; };

static void free_piece(gpointer p) { g_string_free(((struct piece *)p)->text, TRUE); }

static void add_piece(GArray *pieces, const char *text, gsize length, int fact, bool space_before)
{
    struct piece p = { g_string_new_len(text, (gssize)length), fact, space_before };
    g_array_append_val(pieces, p);
}

/* A fact's text: a number is one piece, words break at their spaces. */
static void add_fact(GArray *pieces, const char *text, int fact, bool is_words, bool space_before)
{
    for (const char *end = is_words ? strchr(text, ' ') : NULL; end; end = strchr(text, ' ')) {
        add_piece(pieces, text, (gsize)(end - text), fact, space_before);
        text = end + 1;
        space_before = true;
    }
    add_piece(pieces, text, strlen(text), fact, space_before);
}

/* The placeholder that starts at *s (behind its brace), resolved into out. Moves *s behind the closing brace. */
static int read_placeholder(const char **s, const struct facts *facts, GString *out)
{
    const char *end = strchr(*s, '}');
    if (!end) end = *s + strlen(*s);
    g_autofree char *inner = g_strndup(*s, (gsize)(end - *s));
    char *colon = strchr(inner, ':'), buf[256];
    if (colon) *colon = 0;
    int fact = facts ? facts_find(facts, g_strstrip(inner)) : -1, form = colon ? fact_form_parse(colon + 1) : FORM_AUTO;
    g_string_append(out, fact >= 0 ? facts_text(facts, fact, form < 0 ? FORM_AUTO : (enum fact_form)form, buf, sizeof buf) : "n/a");
    *s = *end ? end + 1 : end;
    return fact;
}

static GArray *split(const char *text, const struct facts *facts)
{
    GArray *out = g_array_new(FALSE, FALSE, sizeof(struct piece));
    g_array_set_clear_func(out, free_piece);
    bool space = false, open = false;
    for (const char *s = text; *s;) {
        if (*s == ' ' || *s == '\n') {
            space = true;
            open = false;
            s++;
            continue;
        }
        if (*s == '{' && s[1] != '{') {
            g_autoptr(GString) said = g_string_new(NULL);
            s++;
            int fact = read_placeholder(&s, facts, said);
            add_fact(out, said->str, fact, fact >= 0 && facts_at(facts, fact)->kind == FACT_WORD, space);
            space = open = false;
            continue;
        }
        if (!open) {
            add_piece(out, "", 0, DL_WORDS, space);
            open = true;
            space = false;
        }
        struct piece *last = &g_array_index(out, struct piece, out->len - 1);
        if ((*s == '{' || *s == '}') && s[1] == *s) s++;
        g_string_append_c(last->text, *s++);
    }
    return out;
}

struct line { guint first, end; double width; };

/* The pieces from `at` that fit into max_width (one unbreakable run at least). Pieces without a space between them stay together. */
static struct line fill_line(const struct canvas *c, struct font f, const GArray *pieces, guint at, double max_width, double space)
{
    struct line line = { at, at, 0 };
    while (line.end < pieces->len) {
        double run = 0;
        guint i = line.end;
        do {
            run += canvas_width(c, f, g_array_index(pieces, struct piece, i).text->str);
        } while (++i < pieces->len && !g_array_index(pieces, struct piece, i).space_before);
        double gap = line.end > at ? space : 0;
        if (line.end > at && line.width + gap + run > max_width) break;
        line.width += gap + run;
        line.end = i;
    }
    return line;
}

/* The narrowest width at which a text that needs two lines still takes two: lines of a title are about equally long. */
static double balanced_width(const struct canvas *c, struct font f, const GArray *pieces, double max_width, int max_lines, double space)
{
    struct line first = fill_line(c, f, pieces, 0, max_width, space);
    if (max_lines != 2 || first.end >= pieces->len) return max_width;
    struct line rest = fill_line(c, f, pieces, first.end, max_width, space);
    if (rest.end < pieces->len) return max_width;
    double low = (first.width + rest.width) / 2, high = max_width;
    while (high - low > 1) {
        double width = (low + high) / 2;
        struct line a = fill_line(c, f, pieces, 0, width, space), b = fill_line(c, f, pieces, a.end, width, space);
        if (b.end >= pieces->len && b.width <= width && a.width <= width) high = width;
        else low = width;
    }
    return high;
}

/* Neighbours of one fact, or of none, are drawn as one text. */
static void draw_line(const struct canvas *c, double x, double y, struct font f, struct rgba color, const GArray *pieces,
                      struct line line, double space)
{
    g_autoptr(GString) run = g_string_new(NULL);
    for (guint i = line.first; i < line.end; i++) {
        const struct piece *p = &g_array_index(pieces, struct piece, i);
        bool gap = i > line.first && p->space_before, first = i == line.first || p[-1].fact != p->fact;
        if (first) g_string_truncate(run, 0);
        /* A fact's text is its own: the space before it belongs to nobody. */
        if (gap && first && p->fact >= 0) x += space;
        else if (gap) g_string_append_c(run, ' ');
        g_string_append(run, p->text->str);
        if (i + 1 < line.end && p[1].fact == p->fact) continue;
        dl_text_of_fact(c->dl, x, y, f, color, p->fact, run->str);
        x += canvas_width(c, f, run->str);
    }
}

/* Drops pieces from the end of a line until an ellipsis fits behind it. */
static void cut_line(const struct canvas *c, struct font f, GArray *pieces, struct line *line, double max_width, double space)
{
    double dots = canvas_width(c, f, "…");
    struct piece *last = &g_array_index(pieces, struct piece, line->end - 1);
    while (line->width + dots > max_width && line->end > line->first + 1) {
        line->width -= canvas_width(c, f, last->text->str) + (last->space_before ? space : 0);
        line->end--;
        last--;
    }
    line->width += dots;
    if (last->fact == DL_WORDS) {
        g_string_append(last->text, "…");
        return;
    }
    struct piece more = { g_string_new("…"), DL_WORDS, false };
    g_array_insert_val(pieces, line->end++, more);
}

/* A dot that separates what a line break separates already is not drawn, at either end of the line. */
static struct line without_dots(const struct canvas *c, struct font f, const GArray *pieces, struct line line, double space)
{
    double dot = canvas_width(c, f, "·") + space;
    bool first = line.first > 0 && !strcmp(g_array_index(pieces, struct piece, line.first).text->str, "·");
    bool last = line.end < pieces->len && !strcmp(g_array_index(pieces, struct piece, line.end - 1).text->str, "·");
    if (line.end - line.first < 3) return line;
    return (struct line){ line.first + first, line.end - last, line.width - (first + last) * dot };
}

int canvas_template(const struct canvas *c, double x, double y, struct font f, struct rgba color, const char *text,
                    double max_width, int max_lines, double line_pitch, int align)
{
    if (!text || !*text) return 0;
    GArray *pieces = split(text, c->facts);
    double space = canvas_width(c, f, "a b") - canvas_width(c, f, "ab");
    int lines = 0;
    double width = balanced_width(c, f, pieces, max_width, max_lines, space);
    for (guint at = 0; at < pieces->len && lines < max_lines; lines++) {
        struct line line = fill_line(c, f, pieces, at, width, space);
        if (lines == max_lines - 1 && line.end < pieces->len) cut_line(c, f, pieces, &line, max_width, space);
        struct line shown = without_dots(c, f, pieces, line, space);
        draw_line(c, align ? x - shown.width : x, y + lines * line_pitch, f, color, pieces, shown, space);
        at = line.end;
    }
    g_array_free(pieces, TRUE);
    return lines;
}

char *template_expand(const char *text, const struct facts *facts)
{
    GArray *pieces = split(text, facts);
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < pieces->len; i++) {
        const struct piece *p = &g_array_index(pieces, struct piece, i);
        if (p->space_before && i) g_string_append_c(out, ' ');
        g_string_append(out, p->text->str);
    }
    g_array_free(pieces, TRUE);
    return g_string_free(out, FALSE);
}

char *template_mistake(const char *text, const struct facts *facts)
{
    for (const char *s = text; *s; s++) {
        if ((*s == '{' || *s == '}') && s[1] == *s) { s++; continue; }
        if (*s == '}') return g_strdup("\"}\" stands alone; write \"}}\" for a brace");
        if (*s != '{') continue;
        const char *end = strchr(s, '}');
        if (!end) return g_strdup("\"{\" is never closed; write \"{{\" for a brace");
        g_autofree char *inner = g_strndup(s + 1, (gsize)(end - s - 1));
        char *colon = strchr(inner, ':');
        if (colon) *colon = 0;
        if (facts_find(facts, g_strstrip(inner)) < 0) return g_strdup_printf("{%s} is no fact of this chapter", inner);
        if (colon && fact_form_parse(colon + 1) < 0) return g_strdup_printf("\"%s\" in {%s:%s} is no way to write a number", colon + 1, inner, colon + 1);
        s = end;
    }
    return NULL;
}
