/* Finds FFmpeg's functions by name. libavformat brings libavcodec and libavutil with it, and a look-up through its
 * handle reaches theirs. The version asked for is the one whose headers this was compiled with: structs differ between
 * others. */
#include "sink/av.h"

#include "sink/sink.h"

#include <dlfcn.h>

#define SONAME "libavformat.so." G_STRINGIFY(LIBAVFORMAT_VERSION_MAJOR)
#define PACKAGES \
    "libavformat" G_STRINGIFY(LIBAVFORMAT_VERSION_MAJOR) " and libavcodec" G_STRINGIFY(LIBAVCODEC_VERSION_MAJOR)

bool av_load(struct av *av, GError **error)
{
    void *library = dlopen(SONAME, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    const char *missing = NULL;
    if (library) {
#define X(name) \
        if (!(av->name = (__typeof__(&name))dlsym(library, #name))) missing = #name;
        AV_FUNCTIONS(X)
#undef X
        dlclose(library); /* gives back the handle; RTLD_NODELETE keeps the code */
    }
    if (library && !missing) return true;
    g_set_error(error, SINK_ERROR, SINK_ERROR_ENCODER,
                "A video needs FFmpeg's libraries, and %s could not be used (%s); install Debian's " PACKAGES ".",
                SONAME, missing ? missing : dlerror());
    return false;
}
