/* Tokens are bytes; what is shown of them is text that a reader can tell apart, in letters that the styles' fonts have.
 */
#include "tok/tokentext.h"

#include <string.h>

/* The marks stand in both fonts of the styles, JetBrains Mono and Inter. ⏎, ⇥, ␣ and the control pictures do not; a
 * picture would then depend on what other fonts a machine has. */
static void display_character(GString *out, gunichar c)
{
    if (c == '\n')
        g_string_append(out, "¶");
    else if (c == '\t')
        g_string_append(out, "→");
    else if (c < 32 || c == 127)
        g_string_append_printf(out, "<%02X>", c);
    else if (c == ' ' || (g_unichar_isprint(c) && !g_unichar_isspace(c) && !g_unichar_iszerowidth(c)))
        g_string_append_unichar(out, c);
    else if (g_unichar_ismark(c))
        g_string_append_unichar(out, c);
    else
        g_string_append_printf(out, "<U+%04X>", c);
}

char *tokentext_shown(const char *bytes, size_t length)
{
    GString *out = g_string_new(NULL);
    size_t spaces = 0;

    while (spaces < length && bytes[spaces] == ' ')
        spaces++;
    for (size_t i = 0; spaces == length && i < length; i++)
        g_string_append(out, "·");
    for (size_t i = spaces ? 1 : 0; spaces < length && i < length;) {
        gunichar c = (unsigned char)bytes[i]; /* NUL too, which GLib would refuse */
        if (c >= 128)
            c = g_utf8_get_char_validated(bytes + i, (gssize)(length - i));
        gboolean valid = c != (gunichar)-1 && c != (gunichar)-2;
        if (valid)
            display_character(out, c);
        else
            g_string_append_printf(out, "<%02X>", (unsigned char)bytes[i]);
        i += valid ? (size_t)g_unichar_to_utf8(c, NULL) : 1;
    }
    return g_string_free(out, FALSE);
}

/* A special token in words: "<|endoftext|>" is "end of text", "<|im_start|>" is "im start". NULL: it is none. */
static char *special_words(const char *bytes, size_t length)
{
    const size_t open = strlen("<|"), close = strlen("|>");
    if (length <= open + close || memcmp(bytes, "<|", open) || memcmp(bytes + length - close, "|>", close))
        return NULL;
    char *words = g_strndup(bytes + open, length - open - close);
    for (char *c = words; *c; c++)
        if (!g_ascii_isalnum(*c) && *c != '_') {
            g_free(words);
            return NULL;
        }
    if (strcmp(words, "endoftext"))
        return g_strdelimit(words, "_", ' ');
    g_free(words);
    return g_strdup("end of text");
}

char *tokentext_of(int id, const char *bytes, size_t length)
{
    char *words = special_words(bytes, length);
    if (words)
        return words;
    return length ? tokentext_shown(bytes, length) : g_strdup_printf("<%d>", id);
}

gboolean tokentext_is_word(const char *text)
{
    for (const char *p = text; *p; p = g_utf8_next_char(p))
        if (g_unichar_isalnum(g_utf8_get_char(p)))
            return TRUE;
    return FALSE;
}
