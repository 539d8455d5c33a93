/* A sentence from a format; see fail.h. */
#include "read/fail.h"

/* What a file holds may stand in a sentence about it: a tensor's name, a piece of JSON. None of it reaches a terminal
 * as a line break or an escape. */
static void blank_controls(char *text)
{
    for (char *p = text; *p; p++)
        if (g_ascii_iscntrl(*p))
            *p = ' ';
}

gboolean fail_with(GError **error, enum lm_error code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *said = g_strdup_vprintf(format, args);
    va_end(args);
    g_autofree char *text = g_utf8_make_valid(said, -1);
    blank_controls(text);
    g_set_error_literal(error, LM_ERROR, (int)code, text);
    return FALSE;
}
