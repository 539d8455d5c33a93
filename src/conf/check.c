/* The whole syntax, checked before libconfig sees it.
 *
 * libconfig 1.5 says "syntax error" and a line, forgets the name of a key that is written twice, wraps a bare integer
 * beyond 32 bits in silence, leaks on errors, and gives the last item of a list the line of the token after it. So a
 * small reader goes over the text first. What it lets through, libconfig accepts; it is a little stricter: a number
 * must end where it ends ("60fps" is refused), keys hold no `*`, numbers are finite and have digits, and a text ends on
 * the line where it begins.
 *
 *     settings = { NAME ("=" | ":") value [";" | ","] }
 *     value    = BOOL | INT | REAL | TEXT... | "[" scalars "]" | "(" values ")" | "{" settings "}"
 */
#include "conf/node.h"

#include <errno.h>
#include <math.h>
#include <string.h>

/* TOK_DOTTED: what could be a key but for its points and pluses. TOK_BAD was reported and ends the check. */
enum tok { TOK_END, TOK_NAME, TOK_DOTTED, TOK_BOOL, TOK_INT, TOK_LONG, TOK_REAL, TOK_TEXT, TOK_MARK, TOK_BAD };

struct token { enum tok kind; const char *at; int length, line; };

struct check {
    struct source *source;
    const char *at;
    int line, last_line; /* last_line: of the token before */
    struct token tok;
    GArray *lines;
    GString *path;
    int depth;
};

static void mistake(struct check *c, int line, const char *format, ...) G_GNUC_PRINTF(3, 4);
static void mistake(struct check *c, int line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    conf_report(c->source->conf, c->source->diags, source_place(c->source, line), "%s", text);
    c->source->failed = true;
}

/* ---- tokens ---- */

static void skip_blanks(struct check *c)
{
    for (;; c->at++) {
        if (c->at[0] == '#' || (c->at[0] == '/' && c->at[1] == '/')) c->at += strcspn(c->at, "\n");
        else if (c->at[0] == '/' && c->at[1] == '*') {
            for (c->at += 2; c->at[0] != '*' || c->at[1] != '/'; c->at++) c->line += c->at[0] == '\n';
            c->at++;
            continue;
        }
        if (!*c->at || !strchr(" \t\r\f\n", *c->at)) return;
        c->line += *c->at == '\n';
    }
}

static int name_length(const char *s)
{
    if (!g_ascii_isalpha(*s)) return 0;
    int n = 1;
    while (g_ascii_isalnum(s[n]) || s[n] == '-' || s[n] == '_') n++;
    return n;
}

static int digits_length(const char *s, bool hex)
{
    int n = 0;
    while (hex ? g_ascii_isxdigit(s[n]) : g_ascii_isdigit(s[n])) n++;
    return n;
}

static const char *skip_long(const char *s)
{
    return s[0] == 'L' ? s + 1 + (s[1] == 'L') : s;
}

/* Reports an integer that libconfig would read wrongly. */
static void check_integer(struct check *c, const struct token *t)
{
    g_autofree char *text = g_strndup(t->at, (gsize)t->length);
    bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    errno = 0;
    gint64 v = g_ascii_strtoll(text, NULL, hex ? 16 : 10);
    if (errno == ERANGE)
        mistake(c, t->line, "%.40s does not fit 64 bits; the largest whole number is 9223372036854775807L.", text);
    else if (t->kind == TOK_INT && (v > G_MAXINT32 || v < G_MININT32))
        mistake(c, t->line, "%s does not fit 32 bits; write %sL, or text with a unit such as \"4 GiB\".", text, text);
}

/* The kind of number that stands at s and its length; TOK_BAD: none does. */
static enum tok number_kind(const char *s, int *length)
{
    const char *c = s, *end;
    if (c[0] == '0' && (c[1] == 'x' || c[1] == 'X')) {
        int n = digits_length(c + 2, true);
        end = skip_long(c + 2 + n);
        *length = (int)(end - s);
        return n == 0 ? TOK_BAD : end > c + 2 + n ? TOK_LONG : TOK_INT;
    }
    c += *c == '-' || *c == '+';
    int whole = digits_length(c, false), part = c[whole] == '.' ? digits_length(c + whole + 1, false) : 0;
    if (!whole && !part) return TOK_BAD;
    end = c + whole + (c[whole] == '.' ? 1 + part : 0);
    bool real = c[whole] == '.';
    if (*end == 'e' || *end == 'E') {
        const char *power = end + 1 + (end[1] == '-' || end[1] == '+');
        if (digits_length(power, false)) { real = true; end = power + digits_length(power, false); }
    }
    if (real) { *length = (int)(end - s); return TOK_REAL; }
    *length = (int)(skip_long(end) - s);
    return skip_long(end) > end ? TOK_LONG : TOK_INT;
}

static void read_number(struct check *c, int length)
{
    struct token *t = &c->tok;
    int n = 0;
    t->kind = number_kind(t->at, &n);
    if (t->kind == TOK_BAD || n != length) {
        t->kind = TOK_INT;
        length = MIN(length, 40);
        mistake(c, t->line, "%.*s is no number; text stands in quotes: \"%.*s\".", length, t->at, length, t->at);
    } else if (t->kind == TOK_REAL && !isfinite(g_ascii_strtod(t->at, NULL)))
        mistake(c, t->line, "%.*s is too large for a number.", MIN(length, 40), t->at);
    else if (t->kind != TOK_REAL)
        check_integer(c, t);
}

/* A run of letters, digits and the marks of numbers. */
static void read_word(struct check *c)
{
    struct token *t = &c->tok;
    int n = 0;
    while (g_ascii_isalnum(c->at[n]) || (c->at[n] && strchr("_-+.", c->at[n]))) n++;
    t->length = n;
    c->at += n;
    if (!g_ascii_isalpha(*t->at)) { read_number(c, n); return; }
    t->kind = name_length(t->at) < n ? TOK_DOTTED : TOK_NAME;
    if ((n == 4 && !g_ascii_strncasecmp(t->at, "true", 4)) || (n == 5 && !g_ascii_strncasecmp(t->at, "false", 5)))
        t->kind = TOK_BOOL;
}

/* Escapes are libconfig's: \n \r \t \f \\ \" \xHH; a backslash before anything else stands for itself. No
 * line ends in a text (source.c). */
static void read_text(struct check *c)
{
    struct token *t = &c->tok;
    t->kind = TOK_TEXT;
    const char *s = t->at + 1;
    for (; *s != '"'; s++) {
        if (*s != '\\') continue;
        if ((s[1] == 'x' || s[1] == 'X') && s[2] == '0' && s[3] == '0')
            mistake(c, c->line, "A text cannot hold a zero byte (\\x00).");
        s++;
    }
    c->at = s + 1;
    t->length = (int)(c->at - t->at);
}

static void next(struct check *c)
{
    c->last_line = c->line;
    skip_blanks(c);
    c->tok = (struct token){ TOK_END, c->at, 0, c->line };
    if (!*c->at) return;
    if (*c->at == '"') { read_text(c); return; }
    if (g_ascii_isalnum(*c->at) || strchr("_-+.", *c->at)) { read_word(c); return; }
    c->tok.length = g_utf8_skip[*(const guchar *)c->at];
    c->at += c->tok.length;
    c->tok.kind = TOK_MARK;
    if (strchr("=:,;{}[]()", *c->tok.at)) return;
    c->tok.kind = TOK_BAD;
    if (*c->tok.at == '\'') mistake(c, c->line, "Text stands in double quotes: \"...\".");
    else if (*c->tok.at == '@') mistake(c, c->line, "@include must be the first word of its line.");
    else mistake(c, c->line, "%.*s has no meaning here; text stands in quotes.", c->tok.length, c->tok.at);
}

static bool at_mark(const struct check *c, char mark) { return c->tok.kind == TOK_MARK && *c->tok.at == mark; }

/* ---- structure ---- */

static bool check_value(struct check *c, const char *what);

static void note_line(struct check *c) { g_array_append_val(c->lines, c->tok.line); }

/* What stands in the way, for messages. */
static char *found(const struct check *c)
{
    if (c->tok.kind == TOK_END) return g_strdup("the end of the file");
    const char *quote = c->tok.kind == TOK_MARK ? "\"" : "";
    int n = MIN(c->tok.length, 40);
    while (n > 0 && (c->tok.at[n] & 0xC0) == 0x80) n--; /* no letter is cut in two */
    char *what = g_strdup_printf("%s%.*s%s%s", quote, n, c->tok.at, n < c->tok.length ? "..." : "", quote);
    return g_strdelimit(what, "\n\r\t\f", ' ');
}

static const char *here(const struct check *c) { return c->path->len ? c->path->str : "the file"; }

/* Something other than the closing mark came. */
static bool refuse_close(struct check *c, char opener, char closer, int opened)
{
    struct place place = source_place(c->source, opened);
    if (c->tok.kind == TOK_END)
        mistake(c, opened, "The %c of %s is never closed: its %c is missing.", opener, here(c), closer);
    else
        mistake(c, c->tok.line, "\"%.*s\" cannot stand here: the %c of %s, opened on line %d, is closed by %c.",
                c->tok.length, c->tok.at, opener, here(c), place.line, closer);
    return false;
}

static bool enter(struct check *c)
{
    if (++c->depth <= CONF_MAX_DEPTH) return true;
    mistake(c, c->tok.line, "Groups and lists are nested more than %d deep.", CONF_MAX_DEPTH);
    return false;
}

static bool is_scalar(const struct check *c) { return c->tok.kind >= TOK_BOOL && c->tok.kind <= TOK_TEXT; }

static bool check_scalar(struct check *c)
{
    bool text = c->tok.kind == TOK_TEXT;
    do next(c); while (text && c->tok.kind == TOK_TEXT); /* "a" "b" is one text */
    return c->tok.kind != TOK_BAD;
}

static const char *kind_name(enum tok kind)
{
    return kind == TOK_TEXT ? "text" : kind == TOK_BOOL ? "true or false" : kind == TOK_INT ? "a whole number"
         : kind == TOK_LONG ? "a whole number with L" : "a number with a point";
}

/* One value of an array; all must be of one kind. */
static bool check_array_item(struct check *c, enum tok *kind)
{
    if (!is_scalar(c)) {
        if (c->tok.kind == TOK_MARK)
            mistake(c, c->tok.line, "%s is an array [ ], which holds numbers, texts or true and false alone; "
                    "a list of groups is written ( { ... }, { ... } ).", here(c));
        return c->tok.kind != TOK_MARK && check_value(c, "an item");
    }
    if (*kind == TOK_END) *kind = c->tok.kind;
    if (*kind != TOK_BAD && *kind != c->tok.kind) {
        mistake(c, c->tok.line, "%s mixes kinds: its first value is %s, this one is %s. All values in [ ] are of one "
                "kind.", here(c), kind_name(*kind), kind_name(c->tok.kind));
        *kind = TOK_BAD; /* said once */
    }
    note_line(c);
    return check_scalar(c);
}

static bool check_list_item(struct check *c, int number)
{
    gsize length = c->path->len;
    g_string_append_printf(c->path, "[%d]", number);
    note_line(c);
    bool ok = check_value(c, "an item");
    g_string_truncate(c->path, length);
    return ok;
}

/* An array or a list. */
static bool check_items(struct check *c, char opener, char closer)
{
    int opened = c->tok.line;
    enum tok kind = TOK_END;
    if (!enter(c)) return false;
    next(c);
    for (int i = 1; c->tok.kind != TOK_BAD && !at_mark(c, closer); i++) {
        if (c->tok.kind == TOK_END) return refuse_close(c, opener, closer, opened);
        if (!(opener == '(' ? check_list_item(c, i) : check_array_item(c, &kind))) return false;
        if (at_mark(c, closer)) break;
        if (!at_mark(c, ',')) {
            if (c->tok.kind == TOK_END || (c->tok.kind == TOK_MARK && strchr(";)}]", *c->tok.at)))
                return refuse_close(c, opener, closer, opened);
            mistake(c, c->tok.line, "A comma is missing before this item of %s.", here(c));
            continue;
        }
        next(c);
        if (at_mark(c, closer))
            mistake(c, c->last_line, "The comma before the %c of %s must go: no item follows it.", closer, here(c));
    }
    if (c->tok.kind == TOK_BAD) return false;
    next(c);
    c->depth--;
    return c->tok.kind != TOK_BAD;
}

/* A key, noted for its group: seen maps keys to lines. */
static bool check_key(struct check *c, GHashTable *seen)
{
    struct token name = c->tok;
    if (name.length > CONF_MAX_KEY) {
        mistake(c, name.line, "%.20s... is too long for a key, which has %d letters at most.", name.at, CONF_MAX_KEY);
        return false;
    }
    char *key = g_strndup(name.at, (gsize)name.length);
    if (name.kind == TOK_DOTTED)
        mistake(c, name.line, "%s is no key: keys hold letters, digits, - and _, and a key of a group stands inside of "
                "it, as in video = { fps = 60; }.", key);
    int before = GPOINTER_TO_INT(g_hash_table_lookup(seen, key));
    if (c->path->len) g_string_append_c(c->path, '.');
    g_string_append(c->path, key);
    note_line(c);
    if (before) {
        struct place first = source_place(c->source, before), again = source_place(c->source, name.line);
        bool same = first.file == again.file;
        mistake(c, name.line, "\"%s\" is written twice, first on line %d%s%s; a key stands once in its group.",
                c->path->str, first.line, same ? "" : " of ", same ? "" : first.file);
        g_free(key);
    } else
        g_hash_table_insert(seen, key, GINT_TO_POINTER(name.line));
    if (g_hash_table_size(seen) > CONF_MAX_KEYS) {
        mistake(c, name.line, "This group has more than %d keys.", CONF_MAX_KEYS);
        return false;
    }
    next(c);
    if (c->tok.kind == TOK_BAD) return false;
    if (at_mark(c, '=') || at_mark(c, ':')) return true;
    g_autofree char *what = found(c);
    mistake(c, name.line, "After \"%s\" an = is missing: %s came instead.", c->path->str, what);
    return false;
}

/* Settings up to the closing brace or, with opened 0, to the end of the text. */
static bool check_settings(struct check *c, int opened)
{
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    gsize length = c->path->len;
    while (c->tok.kind == TOK_NAME || c->tok.kind == TOK_DOTTED) {
        if (!check_key(c, seen)) return false;
        next(c);
        if (c->tok.kind == TOK_BAD || !check_value(c, c->path->str)) return false;
        g_string_truncate(c->path, length);
        if (at_mark(c, ';') || at_mark(c, ',')) next(c);
    }
    if (c->tok.kind == TOK_BAD) return false;
    if (opened ? at_mark(c, '}') : c->tok.kind == TOK_END) return true;
    if (opened && (c->tok.kind == TOK_END || at_mark(c, ')') || at_mark(c, ']')))
        return refuse_close(c, '{', '}', opened);
    if (!opened && c->tok.kind == TOK_MARK && strchr("}])", *c->tok.at)) {
        mistake(c, c->tok.line, "This %c closes nothing.", *c->tok.at);
        return false;
    }
    g_autofree char *what = found(c);
    mistake(c, c->tok.line, "%s cannot stand here; a key such as title = \"...\"; is due.", what);
    return false;
}

static bool check_group(struct check *c)
{
    int opened = c->tok.line;
    if (!enter(c)) return false;
    next(c);
    if (c->tok.kind == TOK_BAD || !check_settings(c, opened)) return false;
    next(c);
    c->depth--;
    return c->tok.kind != TOK_BAD;
}

static bool check_value(struct check *c, const char *what)
{
    if (is_scalar(c)) return check_scalar(c);
    if (at_mark(c, '[')) return check_items(c, '[', ']');
    if (at_mark(c, '(')) return check_items(c, '(', ')');
    if (at_mark(c, '{')) return check_group(c);
    g_autofree char *came = found(c);
    if (c->tok.kind == TOK_NAME || c->tok.kind == TOK_DOTTED) {
        mistake(c, c->tok.line, "%s stands without quotes; text is written \"%s\".", came, came);
        return check_scalar(c);
    }
    if (c->tok.kind != TOK_BAD)
        mistake(c, c->last_line, "The value of %s is missing: %s came instead.", what, came);
    return false;
}

bool check_syntax(struct source *s, GArray *lines)
{
    struct check c = { .source = s, .at = s->text->str, .line = 1, .lines = lines };
    c.path = g_string_new(NULL);
    next(&c);
    if (c.tok.kind != TOK_BAD) check_settings(&c, 0);
    g_string_free(c.path, TRUE);
    return !s->failed;
}
