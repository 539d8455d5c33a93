/* The registry: which sinks there are, and which one a file name asks for. */
#include "sink/sink.h"

#include "sink/png.h"

#include <string.h>

extern const struct sink_class sink_apng, sink_gif, sink_hashes, sink_mp4, sink_png;

const struct sink_class *const sinks[] = { &sink_apng, &sink_gif, &sink_hashes, &sink_mp4, &sink_png, NULL };

static bool ends_with(const char *path, const char *suffix)
{
    size_t n = strlen(path), m = strlen(suffix);
    return n > m && path[n - m - 1] != '/' && !g_ascii_strcasecmp(path + n - m, suffix);
}

const struct sink_class *sink_for_path(const char *path)
{
    const struct sink_class *best = NULL;
    size_t longest = 0;
    for (const struct sink_class *const *class = sinks; *class; class++)
        for (const char *const *suffix = (*class)->suffixes; *suffix; suffix++)
            if (strlen(*suffix) > longest && ends_with(path, *suffix)) {
                best = *class;
                longest = strlen(*suffix);
            }
    return best == &sink_png && !png_is_pattern(path) ? NULL : best;
}
