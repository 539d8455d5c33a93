/* Decoding with FFmpeg's libraries, so that what a sink wrote is read by code that is not ours. */
#pragma once
#include <dlfcn.h>
#include <glib.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <stdbool.h>

#define DECODE_FUNCTIONS(X) \
    X(av_frame_alloc) X(av_frame_clone) X(av_frame_free) X(av_frame_unref) X(av_packet_alloc) X(av_packet_free) \
    X(av_packet_unref) X(av_read_frame) X(avcodec_alloc_context3) X(avcodec_find_decoder) X(avcodec_free_context) \
    X(avcodec_open2) X(avcodec_parameters_to_context) X(avcodec_receive_frame) X(avcodec_send_packet) \
    X(avformat_close_input) X(avformat_find_stream_info) X(avformat_open_input) X(av_dict_get) X(av_log_set_level)

struct packet_times { int64_t pts, dts, duration; bool key; };

struct decoded {
#define X(name) __typeof__(&name) name;
    DECODE_FUNCTIONS(X)
#undef X
    AVFormatContext *file;
    GArray *packets;   /* struct packet_times */
    GPtrArray *frames; /* AVFrame */
};

static inline void decode_packet(struct decoded *d, AVCodecContext *codec, const AVPacket *packet)
{
    AVFrame *frame = d->av_frame_alloc();
    g_assert_cmpint(d->avcodec_send_packet(codec, packet), ==, 0);
    while (d->avcodec_receive_frame(codec, frame) >= 0) {
        g_ptr_array_add(d->frames, d->av_frame_clone(frame));
        d->av_frame_unref(frame);
    }
    d->av_frame_free(&frame);
}

/* Reads the first stream of a file; every error of the decoder fails the test. */
static inline struct decoded *decode(const char *path)
{
    struct decoded *d = g_new0(struct decoded, 1);
    void *library = dlopen("libavformat.so." G_STRINGIFY(LIBAVFORMAT_VERSION_MAJOR), RTLD_NOW | RTLD_NODELETE);
    g_assert_nonnull(library);
#define X(name) g_assert_nonnull(d->name = (__typeof__(&name))dlsym(library, #name));
    DECODE_FUNCTIONS(X)
#undef X
    dlclose(library);
    d->av_log_set_level(AV_LOG_QUIET);
    d->packets = g_array_new(FALSE, FALSE, sizeof(struct packet_times));
    d->frames = g_ptr_array_new();
    g_assert_cmpint(d->avformat_open_input(&d->file, path, NULL, NULL), ==, 0);
    g_assert_cmpint(d->avformat_find_stream_info(d->file, NULL), >=, 0);
    const AVCodecParameters *params = d->file->streams[0]->codecpar;
    const AVCodec *kind = d->avcodec_find_decoder(params->codec_id);
    AVCodecContext *codec = d->avcodec_alloc_context3(kind);
    d->avcodec_parameters_to_context(codec, params);
    codec->thread_count = 1;
    codec->err_recognition = AV_EF_EXPLODE;
    g_assert_cmpint(d->avcodec_open2(codec, kind, NULL), ==, 0);
    AVPacket *packet = d->av_packet_alloc();
    for (; d->av_read_frame(d->file, packet) >= 0; d->av_packet_unref(packet)) {
        if (packet->stream_index) continue;
        struct packet_times times = { packet->pts, packet->dts, packet->duration, packet->flags & AV_PKT_FLAG_KEY };
        g_array_append_val(d->packets, times);
        decode_packet(d, codec, packet);
    }
    decode_packet(d, codec, NULL);
    d->av_packet_free(&packet);
    d->avcodec_free_context(&codec);
    return d;
}

static inline void decoded_free(struct decoded *d)
{
    for (guint i = 0; i < d->frames->len; i++) {
        AVFrame *frame = d->frames->pdata[i];
        d->av_frame_free(&frame);
    }
    g_ptr_array_unref(d->frames);
    g_array_unref(d->packets);
    d->avformat_close_input(&d->file);
    g_free(d);
}

static inline const AVFrame *decoded_frame(const struct decoded *d, guint i) { return d->frames->pdata[i]; }

/* 0xFFRRGGBB of a frame in RGB24, RGBA or BGRA. */
static inline uint32_t decoded_pixel(const AVFrame *f, int x, int y)
{
    const uint8_t *row = f->data[0] + y * f->linesize[0];
    bool swapped = f->format == AV_PIX_FMT_BGRA;
    g_assert_true(swapped || f->format == AV_PIX_FMT_RGB24 || f->format == AV_PIX_FMT_RGBA);
    const uint8_t *c = row + (f->format == AV_PIX_FMT_RGB24 ? 3 : 4) * x;
    return 0xFF000000u | (uint32_t)c[swapped ? 2 : 0] << 16 | (uint32_t)c[1] << 8 | c[swapped ? 0 : 2];
}
