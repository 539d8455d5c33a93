/* A sentence from a format; see fail.h. */
#include "lm/fail.h"

gboolean fail_with(GError **error, enum lm_error code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    g_set_error_literal(error, LM_ERROR, (int)code, text);
    return FALSE;
}
