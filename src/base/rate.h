/* Exact time: a moment is a frame number over a rational rate; lengths in scene files are whole microseconds. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct rate { int64_t num, den; }; /* frames per second = num / den, both positive, lowest terms */

/* "60", "12.5", "30000/1001"; false when the text is no rate from 0.1 to 1000. */
bool rate_parse(const char *text, struct rate *out);

/* round(us x rate): the frame on which a moment falls. Halves round up. us is at least 0 and below 2^50. */
int64_t rate_frame_at(struct rate r, int64_t us);

/* Seconds from frame `from` to frame `n`. */
static inline double rate_seconds(struct rate r, int64_t frames)
{
    return (double)frames * (double)r.den / (double)r.num;
}
