/* Options of the GIF sink, `video.gif`. */
#pragma once
#include <stdint.h>

struct gif_options {
    int64_t colors; /* of the palette, the transparent one included */
};
