/* Taking away what users' environments can do to a pixel.
 *
 * A private font configuration is not enough: FreeType reads FREETYPE_PROPERTIES (stem darkening, interpreter),
 * HarfBuzz HB_SHAPER_LIST, and Pango picks fonts for a script by PANGO_LANGUAGE and LANGUAGE. Pango also has
 * fontconfig read the user's whole configuration in a thread of its own, although nobody asks for it; an empty one
 * set beforehand spares that.
 */
#include "paint/paint.h"

#include <fontconfig/fontconfig.h>

static bool is_heard(const char *name)
{
    static const char *const prefixes[] = { "FREETYPE_", "HB_", "PANGO", "FC_", "FONTCONFIG_", "CAIRO_" };
    for (size_t i = 0; i < G_N_ELEMENTS(prefixes); i++)
        if (g_str_has_prefix(name, prefixes[i])) return true;
    return g_str_equal(name, "LANGUAGE");
}

void paint_clean_environment(void)
{
    char **names = g_listenv();
    for (char **name = names; *name; name++)
        if (is_heard(*name)) g_unsetenv(*name);
    g_strfreev(names);
    FcConfig *empty = FcConfigCreate();
    FcConfigSetCurrent(empty);
    FcConfigDestroy(empty);
}
