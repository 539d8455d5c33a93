/* Templates: words and facts. A placeholder is {id} or {id:form}; {{ and }} are braces.
 *
 * A piece is a word, a fact, or a sign of a script that is written without spaces. A line may break before a piece that
 * has a space before it, or between two signs of which script_may_break() allows it; what touches otherwise stays
 * together. A template runs from the right when its first letter outside placeholders does. Its pieces then get a
 * direction each, in the spirit of the bidirectional algorithm (UAX #9) but by pieces: punctuation stands by itself and
 * takes the way of what surrounds it, and a number keeps to the Latin word beside it, so that "80 GB" reads as written.
 * Embeddings inside embeddings are not handled, nor are right-to-left words on both sides of a fact in a template that
 * runs from the left.
 */
#include "view/pieces.h"
#include "dl/dl.h"
#include "view/canvas.h"

#include <string.h>

static void free_piece(gpointer p) { g_string_free(((struct piece *)p)->text, TRUE); }

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

/* Where text that is being cut stands. */
struct cutter { GArray *out; bool space, open; };

static gunichar last_char(const GString *s) { return s->len ? g_utf8_get_char(g_utf8_prev_char(s->str + s->len)) : 0; }

static struct piece *add_piece(struct cutter *k, int fact)
{
    struct piece p = { g_string_new(NULL), fact, k->space, k->space, DIRECTION_NEUTRAL };
    g_array_append_val(k->out, p);
    k->space = false;
    return piece_at(k->out, k->out->len - 1);
}

static bool breaks_before(const GArray *pieces, guint i)
{
    const struct piece *p = piece_at(pieces, i);
    if (p->space_before || i == 0 || !p->text->len) return p->space_before;
    return script_may_break(last_char(piece_at(pieces, i - 1)->text), g_utf8_get_char(p->text->str));
}

/* A fact's text: a number is one piece, words break at their spaces. */
static void add_fact(struct cutter *k, const char **s, const struct facts *facts)
{
    g_autoptr(GString) said = g_string_new(NULL);
    int fact = read_placeholder(s, facts, said);
    bool is_words = fact >= 0 && facts_at(facts, fact)->kind == FACT_WORD;
    g_auto(GStrv) parts = g_strsplit(said->str, is_words ? " " : "\n", -1);
    for (char **part = parts; *part; part++) {
        if (part > parts) k->space = true;
        g_string_append(add_piece(k, fact >= 0 ? fact : DL_WORDS)->text, *part);
    }
    k->open = false;
}

static void add_char(struct cutter *k, gunichar c)
{
    gunichar before = k->open ? last_char(piece_at(k->out, k->out->len - 1)->text) : 0;
    if (!k->open || script_may_break(before, c)) add_piece(k, DL_WORDS);
    k->open = true;
    g_string_append_unichar(piece_at(k->out, k->out->len - 1)->text, c);
}

static GArray *cut(const char *text, const struct facts *facts)
{
    struct cutter k = { g_array_new(FALSE, FALSE, sizeof(struct piece)), false, false };
    g_array_set_clear_func(k.out, free_piece);
    for (const char *s = text; *s;) {
        if (*s == ' ' || *s == '\n') {
            k.space = true;
            k.open = false;
            s++;
        } else if (*s == '{' && s[1] != '{') {
            s++;
            add_fact(&k, &s, facts);
        } else {
            if ((*s == '{' || *s == '}') && s[1] == *s) s++;
            add_char(&k, g_utf8_get_char(s));
            s = g_utf8_next_char(s);
        }
    }
    for (guint i = 0; i < k.out->len; i++) piece_at(k.out, i)->may_break = breaks_before(k.out, i);
    return k.out;
}

/* The first letter outside placeholders decides. */
bool canvas_template_from_right(const char *text)
{
    if (!text) return false;
    g_autoptr(GString) words = g_string_new(NULL);
    for (const char *s = text; *s; s++) {
        if (*s != '{' || s[1] == '{') g_string_append_c(words, *s);
        else if (!(s = strchr(s, '}'))) break;
    }
    return script_direction(words->str) == DIRECTION_RIGHT_TO_LEFT;
}

/* Divides the words at `i` before `at`; the two stay together. */
static void divide(GArray *pieces, guint i, const char *at)
{
    struct piece *p = piece_at(pieces, i);
    gsize head = (gsize)(at - p->text->str);
    if (!head || !*at) return;
    struct piece rest = { g_string_new(at), p->fact, false, false, DIRECTION_NEUTRAL };
    g_string_truncate(p->text, head);
    g_array_insert_val(pieces, i + 1, rest);
}

/* Makes pieces of their own of the marks around a Latin word or a number: they belong to the sentence. */
static void peel_marks(GArray *pieces, guint i)
{
    const char *start = piece_at(pieces, i)->text->str, *end = start + strlen(start), *first = start;
    if (piece_at(pieces, i)->fact != DL_WORDS || script_direction(start) == DIRECTION_RIGHT_TO_LEFT) return;
    while (*first && script_is_sentence_mark(g_utf8_get_char(first))) first = g_utf8_next_char(first);
    while (end > first && script_is_sentence_mark(g_utf8_get_char(g_utf8_prev_char(end)))) end = g_utf8_prev_char(end);
    divide(pieces, i, end); /* from behind: dividing moves what comes after */
    divide(pieces, i, piece_at(pieces, i)->text->str + (first - start));
}

/* Is there a Latin piece on that side, with nothing but numbers between? */
static bool has_latin_beside(const GArray *pieces, guint i, int step)
{
    for (guint at = i + (guint)step; at < pieces->len; at += (guint)step) { /* -1 wraps around beyond the length */
        enum direction d = script_direction(piece_at(pieces, at)->text->str);
        if (d != DIRECTION_NUMBER) return d == DIRECTION_LEFT_TO_RIGHT;
    }
    return false;
}

static void set_directions(GArray *pieces)
{
    for (guint i = pieces->len; i > 0; i--) peel_marks(pieces, i - 1);
    for (guint i = 0; i < pieces->len; i++) {
        struct piece *p = piece_at(pieces, i);
        enum direction own = script_direction(p->text->str);
        bool before = has_latin_beside(pieces, i, -1), after = has_latin_beside(pieces, i, 1);
        bool latin = own == DIRECTION_NUMBER ? before || after : own == DIRECTION_NEUTRAL && before && after;
        p->direction = own == DIRECTION_LEFT_TO_RIGHT || latin ? DIRECTION_LEFT_TO_RIGHT : DIRECTION_RIGHT_TO_LEFT;
    }
}

GArray *pieces_cut(const char *text, const struct facts *facts, bool *right_to_left)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    *right_to_left = canvas_template_from_right(valid);
    GArray *pieces = cut(valid, facts);
    if (*right_to_left) set_directions(pieces);
    return pieces;
}

guint pieces_shatter(GArray *pieces, guint i)
{
    struct piece whole = *piece_at(pieces, i);
    guint n = 0;
    if (whole.fact != DL_WORDS) return 1;
    whole.text = g_string_new(whole.text->str);
    g_array_remove_index(pieces, i);
    for (const char *s = whole.text->str; *s; n++) {
        const char *next = script_next(s);
        struct piece p = { g_string_new_len(s, next - s), DL_WORDS, !n && whole.space_before, n || whole.may_break,
                           whole.direction };
        g_array_insert_val(pieces, i + n, p);
        s = next;
    }
    g_string_free(whole.text, TRUE);
    return n;
}

bool piece_shorten(struct piece *p)
{
    const char *last = p->text->str;
    for (const char *next = last; *next; next = script_next(next)) last = next;
    if (last == p->text->str) return false;
    g_string_truncate(p->text, (gsize)(last - p->text->str));
    return true;
}

char *template_expand(const char *text, const struct facts *facts)
{
    bool right_to_left;
    GArray *pieces = pieces_cut(text, facts, &right_to_left);
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < pieces->len; i++) {
        const struct piece *p = piece_at(pieces, i);
        if (p->space_before && i) g_string_append_c(out, ' ');
        g_string_append(out, p->text->str);
    }
    g_array_unref(pieces);
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

/* Whether a piece of a template from the right reads from left to right: as part of a stretch, or as a fact, whose text is
 * one thing. What has letters that run from the right has no need. */
static bool keeps_its_order(const struct piece *p)
{
    return p->direction == DIRECTION_LEFT_TO_RIGHT || (p->fact >= 0 && script_direction(p->text->str) != DIRECTION_RIGHT_TO_LEFT);
}

char *template_expand_marked(const char *text, const struct facts *facts)
{
    bool right_to_left;
    if (!canvas_template_from_right(text)) return template_expand(text, facts);
    GArray *pieces = pieces_cut(text, facts, &right_to_left);
    GString *out = g_string_new("\u202B");
    bool open = false;
    for (guint i = 0; i < pieces->len; i++) {
        const struct piece *p = piece_at(pieces, i);
        bool goes_on = open && p->direction == DIRECTION_LEFT_TO_RIGHT && p[-1].direction == p->direction;
        if (open && !goes_on) g_string_append(out, "\u202C");
        if (p->space_before && i) g_string_append_c(out, ' ');
        open = keeps_its_order(p);
        if (open && !goes_on) g_string_append(out, "\u202A");
        g_string_append(out, p->text->str);
    }
    if (open) g_string_append(out, "\u202C");
    g_array_unref(pieces);
    return g_string_free(out, FALSE);
}
