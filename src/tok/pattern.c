/* The bound on work: one search may take LEAST_STEPS steps of PCRE2's matcher and STEPS_PER_BYTE more for each byte
 * that is left. What the families' patterns need grows with the longest run of spaces alone, one step for each.
 */
#include "tok/pattern.h"

#include "read/fail.h"
#include "read/jsonkeys.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <string.h>

enum { LONGEST = 20000, DEEPEST = 100, LEAST_STEPS = 100000, STEPS_PER_BYTE = 8, MOST_HEAP_KIB = 65536 };

static const char SPACES[] = "\\x{9}-\\x{d}\\x{20}\\x{85}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}"
                             "\\x{205f}\\x{3000}";

/* Alphabetic, Mark, Nd and Pc; letters in circles and squares are alphabetic symbols. Below U+0100 Oniguruma has a
 * table of its own, in which superscripts and fractions are word characters too. */
static const char WORD[] =
    "\\p{L}\\p{M}\\p{Nd}\\p{Nl}\\p{Pc}\\x{24b6}-\\x{24e9}\\x{1f130}-\\x{1f149}\\x{1f150}-\\x{1f169}"
    "\\x{1f170}-\\x{1f189}\\x{b2}\\x{b3}\\x{b9}\\x{bc}-\\x{be}";

struct pattern {
    pcre2_code *code;
    pcre2_match_data *match;
    pcre2_match_context *context;
};

/* The class that an escape of one letter stands for in Oniguruma, where PCRE2's is another; NULL: the same in both. */
static const char *class_of(char escape)
{
    switch (g_ascii_tolower(escape)) {
    case 's': return SPACES;
    case 'w': return WORD;
    case 'h': return "0-9A-Fa-f";
    default: return NULL;
    }
}

/* Writes an escape for PCRE2; p is after the backslash. */
static const char *rewrite_escape(const char *p, gboolean in_set, GString *out)
{
    const char *class = class_of(*p), *end = *p ? g_utf8_next_char(p) : p;
    gboolean negated = g_ascii_isupper(*p);
    if (class && !(in_set && negated))
        g_string_append_printf(out, in_set ? "%s%s" : negated ? "[^%s%s" : "[%s%s", class, in_set ? "" : "]");
    else {
        g_string_append_c(out, '\\');
        g_string_append_len(out, p, end - p);
    }
    return end;
}

/* The text for PCRE2. NULL and why. */
static char *rewrite(const char *text, char **why)
{
    GString *out = g_string_new(NULL);
    gboolean in_set = FALSE;
    const char *p = text, *fault = NULL;

    while (*p && !fault) {
        gboolean named = in_set && g_str_has_prefix(p, "[:");
        if (*p == '\\') {
            p = rewrite_escape(p + 1, in_set, out);
            continue;
        }
        if (in_set && ((*p == '[' && !named) || g_str_has_prefix(p, "&&")))
            fault = "a set inside a set is not read here";
        else if (named && !strstr(p, ":]"))
            fault = "\"[:\" has no \":]\"";
        const char *end = named && !fault ? strstr(p, ":]") + 2 : p + 1;
        gboolean opens = !in_set && *p == '[';
        in_set = opens || (in_set && *p != ']');
        end += opens && *end == '^';
        end += opens && *end == ']'; /* a "]" that stands first belongs to the set */
        g_string_append_len(out, p, end - p);
        p = end;
    }
    if (!fault)
        return g_string_free(out, FALSE);
    g_string_free(out, TRUE);
    *why = g_strdup(fault);
    return NULL;
}

static pcre2_code *compile(const char *text, gboolean literal, char **why)
{
    PCRE2_UCHAR message[256];
    int number;
    size_t at;
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    uint32_t options = literal ? PCRE2_LITERAL : PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C;

    pcre2_set_newline(context, PCRE2_NEWLINE_LF);
    pcre2_set_parens_nest_limit(context, DEEPEST);
    pcre2_code *code =
        pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, PCRE2_UTF | options, &number, &at, context);
    pcre2_compile_context_free(context);
    if (!code) {
        pcre2_get_error_message(number, message, sizeof message);
        *why = g_strdup((const char *)message);
    }
    return code;
}

struct pattern *pattern_new(const char *text, gboolean literal, char **why)
{
    gboolean bad = !g_utf8_validate(text, -1, NULL), verb = !literal && g_str_has_prefix(text, "(*");
    if (bad || verb || strlen(text) > LONGEST) {
        *why = g_strdup(bad    ? "it is not UTF-8"
                        : verb ? "a verb such as \"(*UTF)\" may not stand first"
                               : "it is too long");
        return NULL;
    }
    g_autofree char *rewritten = literal ? g_strdup(text) : rewrite(text, why);
    pcre2_code *code = rewritten ? compile(rewritten, literal, why) : NULL;
    if (!code)
        return NULL;
    struct pattern *p = g_new0(struct pattern, 1);
    p->code = code;
    p->match = pcre2_match_data_create_from_pattern(code, NULL);
    p->context = pcre2_match_context_create(NULL);
    pcre2_set_heap_limit(p->context, MOST_HEAP_KIB);
    return p;
}

struct pattern *pattern_read(JsonObject *o, const char *where, gboolean *of_space, GError **error)
{
    JsonObject *object;
    const char *text, *regex;
    if (!jsonkeys_object(o, "pattern", TRUE, &object, where, error) ||
        !jsonkeys_text(object, "String", FALSE, &text, where, error) ||
        !jsonkeys_text(object, "Regex", FALSE, &regex, where, error))
        return NULL;
    if ((text && *text) == (regex && *regex)) {
        fail_with(error, LM_ERROR_VOCAB, "%s: \"pattern\" must hold either a \"String\" or a \"Regex\", not empty.",
                  where);
        return NULL;
    }
    g_autofree char *why = NULL;
    struct pattern *p = pattern_new(text ? text : regex, text != NULL, &why);
    *of_space = strcmp(text ? text : regex, " ") == 0;
    if (!p) {
        g_autofree char *shown = jsonkeys_shown(text ? text : regex);
        fail_with(error, LM_ERROR_VOCAB, "%s: the pattern \"%s\" cannot be read: %s.", where, shown, why);
    }
    return p;
}

void pattern_free(struct pattern *p)
{
    if (!p)
        return;
    pcre2_match_data_free(p->match);
    pcre2_match_context_free(p->context);
    pcre2_code_free(p->code);
    g_free(p);
}

gboolean pattern_find(const struct pattern *p, const char *text, size_t length, size_t *from, size_t *to,
                      const char **why)
{
    size_t steps = LEAST_STEPS + STEPS_PER_BYTE * (length - *from);
    pcre2_set_match_limit(p->context, (uint32_t)MIN(steps, G_MAXINT));
    int found = pcre2_match(p->code, (PCRE2_SPTR)text, length, *from, PCRE2_NO_UTF_CHECK, p->match, p->context);
    const size_t *ends = pcre2_get_ovector_pointer(p->match);
    if (found < 0) {
        if (found != PCRE2_ERROR_NOMATCH)
            *why = "its pattern takes too many steps on this text";
        return FALSE;
    }
    *from = CLAMP(ends[0], *from, length); /* a \K could set it elsewhere */
    *to = MAX(ends[1], *from);
    return TRUE;
}

size_t pattern_after(const char *text, size_t length, size_t from, size_t to)
{
    if (to > from)
        return to;
    return to < length ? (size_t)(g_utf8_next_char(text + to) - text) : length + 1;
}
