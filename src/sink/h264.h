/* One stretch of a film as H.264, coded apart from all others and kept in memory.
 *
 *     struct h264 *h = h264_open(&settings, first, count, &error);
 *     h264_frame(h, &frame, &error);      // the first one has the number `first`
 *     h264_end(h, &error);                // now h->coded and h->bytes hold everything
 *     h264_free(h);
 *
 * The stretch starts with an IDR picture and refers to nothing outside. A stretch belongs to one thread at a time.
 */
#pragma once
#include "sink/av.h"
#include "sink/sink.h"

struct h264_settings {
    const struct av *av;
    const AVCodec *codec;
    int width, height;    /* both even */
    struct rate fps;
    int64_t film_frames;  /* the film's last frame is coded in any case */
    int crf;
    const char *preset;
    bool cfr;             /* held pictures are coded for each of their frames */
};

/* A coded picture: bytes `at` .. `at + size - 1`; pts in frames of the film. */
struct h264_coded { int64_t pts; guint at, size; bool key; };

struct h264 {
    const struct h264_settings *settings;
    int64_t first, count;
    GArray *coded;               /* struct h264_coded, in decoding order */
    GByteArray *bytes;
    AVCodecParameters *params;   /* set by h264_end; the headers are its extradata */
    int delay;                   /* pictures of reordering */
    struct h264_coder *coder;    /* NULL after h264_end */
};

struct h264 *h264_open(const struct h264_settings *settings, int64_t first, int64_t count, GError **error);
bool h264_frame(struct h264 *h, const struct frame *frame, GError **error);
bool h264_end(struct h264 *h, GError **error);
void h264_free(struct h264 *h); /* accepts NULL */
