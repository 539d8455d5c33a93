/* Options of the MP4 sink, `video.mp4`. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct mp4_options {
    int64_t crf;  /* x264's constant rate factor, 1 to 51; 0 would be lossless, in a profile that few players have */
    int preset;   /* index into the row's choices */
    bool cfr;     /* every frame is coded, held ones too */
};
