/* FFmpeg's libraries, loaded when the first video is opened: linking them would map some 130 libraries and cost every
 * start of the program, also `help`, about 30 ms. A call looks like this:
 *
 *     struct av av;
 *     if (!av_load(&av, &error)) return NULL;
 *     AVPacket *packet = av.av_packet_alloc();
 *
 * The names and types are those of FFmpeg's headers, checked when this compiles.
 */
#pragma once
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/opt.h>

#include <glib.h>
#include <stdbool.h>

#define AV_FUNCTIONS(X) \
    X(av_dict_free) X(av_dict_set) X(av_frame_alloc) X(av_frame_free) X(av_frame_get_buffer) X(av_frame_make_writable) \
    X(av_log_set_level) X(av_mallocz) X(av_opt_set) X(av_packet_alloc) X(av_packet_free) \
    X(av_packet_rescale_ts) X(av_packet_unref) X(av_strerror) X(av_write_frame) X(av_write_trailer) \
    X(avcodec_alloc_context3) X(avcodec_find_encoder_by_name) X(avcodec_free_context) X(avcodec_open2) \
    X(avcodec_parameters_alloc) X(avcodec_parameters_copy) X(avcodec_parameters_free) \
    X(avcodec_parameters_from_context) X(avcodec_receive_packet) X(avcodec_send_frame) \
    X(avformat_alloc_output_context2) X(avformat_free_context) X(avformat_new_stream) X(avformat_write_header) \
    X(avio_closep) X(avio_flush) X(avio_open) X(av_new_packet)

struct av {
#define X(name) __typeof__(&name) name;
    AV_FUNCTIONS(X)
#undef X
};

/* The libraries stay loaded for the rest of the program. Errors (SINK_ERROR_ENCODER) name the Debian package. */
bool av_load(struct av *av, GError **error);
