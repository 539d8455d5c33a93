/* Characters, asked of GLib: line breaking classes (UAX #14), scripts, general categories. */
#include "view/script.h"

static bool runs_right_to_left(gunichar c)
{
    switch (g_unichar_get_script(c)) {
    case G_UNICODE_SCRIPT_HEBREW:
    case G_UNICODE_SCRIPT_ARABIC:
    case G_UNICODE_SCRIPT_SYRIAC:
    case G_UNICODE_SCRIPT_THAANA:
    case G_UNICODE_SCRIPT_NKO:
    case G_UNICODE_SCRIPT_SAMARITAN:
    case G_UNICODE_SCRIPT_MANDAIC:
    case G_UNICODE_SCRIPT_ADLAM: return true;
    default: return false;
    }
}

enum direction script_direction(const char *text)
{
    enum direction found = DIRECTION_NEUTRAL;
    for (const char *p = text; *p; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        if (c == 0x200E) return DIRECTION_LEFT_TO_RIGHT;                 /* the two marks that authors write for this */
        if (c == 0x200F || c == 0x061C) return DIRECTION_RIGHT_TO_LEFT;
        if (g_unichar_isalpha(c)) return runs_right_to_left(c) ? DIRECTION_RIGHT_TO_LEFT : DIRECTION_LEFT_TO_RIGHT;
        if (g_unichar_isdigit(c)) found = DIRECTION_NUMBER;
    }
    return found;
}

static bool is_flag_letter(gunichar c) { return c >= 0x1F1E6 && c <= 0x1F1FF; }

bool script_joins(gunichar before, gunichar after)
{
    enum { JOINER = 0x200D, VIRAMA = 9 /* its combining class */ };
    if (g_unichar_ismark(after) || after == JOINER || before == JOINER || g_unichar_iszerowidth(after)) return true;
    if (g_unichar_combining_class(before) == VIRAMA && g_unichar_isalpha(after)) return true;
    return (after >= 0x1F3FB && after <= 0x1F3FF) || (is_flag_letter(before) && is_flag_letter(after));
}

static bool never_ends_a_line(gunichar c)
{
    switch (g_unichar_break_type(c)) {
    case G_UNICODE_BREAK_OPEN_PUNCTUATION:
    case G_UNICODE_BREAK_NON_BREAKING_GLUE:
    case G_UNICODE_BREAK_WORD_JOINER:
    case G_UNICODE_BREAK_BEFORE:
    case G_UNICODE_BREAK_PREFIX: return true;
    default: return g_unichar_type(c) == G_UNICODE_INITIAL_PUNCTUATION;
    }
}

static bool never_starts_a_line(gunichar c)
{
    switch (g_unichar_break_type(c)) {
    case G_UNICODE_BREAK_CLOSE_PUNCTUATION:
    case G_UNICODE_BREAK_CLOSE_PARANTHESIS:
    case G_UNICODE_BREAK_EXCLAMATION:
    case G_UNICODE_BREAK_NON_STARTER:
    case G_UNICODE_BREAK_CONDITIONAL_JAPANESE_STARTER:
    case G_UNICODE_BREAK_INFIX_SEPARATOR:
    case G_UNICODE_BREAK_SYMBOL:
    case G_UNICODE_BREAK_INSEPARABLE:
    case G_UNICODE_BREAK_AFTER:
    case G_UNICODE_BREAK_HYPHEN:
    case G_UNICODE_BREAK_NON_BREAKING_GLUE:
    case G_UNICODE_BREAK_WORD_JOINER:
    case G_UNICODE_BREAK_POSTFIX: return true;
    default: return g_unichar_type(c) == G_UNICODE_FINAL_PUNCTUATION || c == '"' || c == '\'';
    }
}

static bool is_hangul(gunichar c) { return g_unichar_get_script(c) == G_UNICODE_SCRIPT_HANGUL; }

bool script_may_break(gunichar before, gunichar after)
{
    if (!g_unichar_iswide(before) && !g_unichar_iswide(after)) return false;
    if (is_hangul(before) || is_hangul(after)) return false;
    return !script_joins(before, after) && !never_ends_a_line(before) && !never_starts_a_line(after);
}

const char *script_next(const char *text)
{
    const char *next = g_utf8_next_char(text);
    while (*next && script_joins(g_utf8_get_char(g_utf8_prev_char(next)), g_utf8_get_char(next)))
        next = g_utf8_next_char(next);
    return next;
}

bool script_is_sentence_mark(gunichar c)
{
    switch (g_unichar_type(c)) {
    case G_UNICODE_OPEN_PUNCTUATION:
    case G_UNICODE_CLOSE_PUNCTUATION:
    case G_UNICODE_INITIAL_PUNCTUATION:
    case G_UNICODE_FINAL_PUNCTUATION: return true;
    case G_UNICODE_OTHER_PUNCTUATION:
        return c != '%' && c != '#' && c != '@' && c != '&' && c != '*' && c != '/' && c != '\\' && c != 0x066A;
    default: return false;
    }
}
