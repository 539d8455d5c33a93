/* libx264 on one stretch, set up so that the same pictures give the same bytes everywhere: one thread, the same
 * arithmetic on every processor (cpu-independent), no signature (nal.h). One IDR picture at the start; x264 adds others
 * at scene cuts only. The encoder holds some hundred megabytes of look-ahead, so it is freed as soon as the stretch
 * ends. */
#include "sink/h264.h"

#include "sink/nal.h"
#include "sink/yuv.h"

struct h264_coder {
    AVCodecContext *context;
    AVFrame *picture;  /* stays from call to call, so that only what changed is converted */
    AVPacket *packet;
    int64_t last;      /* number of the last frame sent; -1: none */
};

static void coder_free(const struct av *av, struct h264_coder *c)
{
    if (!c) return;
    av->avcodec_free_context(&c->context);
    av->av_frame_free(&c->picture);
    av->av_packet_free(&c->packet);
    g_free(c);
}

void h264_free(struct h264 *h)
{
    if (!h) return;
    coder_free(h->settings->av, h->coder);
    h->settings->av->avcodec_parameters_free(&h->params);
    g_array_unref(h->coded);
    g_byte_array_unref(h->bytes);
    g_free(h);
}

static bool fail(const struct h264 *h, GError **error, const char *when, int code)
{
    char text[AV_ERROR_MAX_STRING_SIZE] = "unknown error";
    h->settings->av->av_strerror(code, text, sizeof text);
    g_set_error(error, SINK_ERROR, SINK_ERROR_ENCODER,
                "The H.264 encoder failed %s, for %d x %d pixels and frames %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT
                ": %s.", when, h->settings->width, h->settings->height, h->first, h->first + h->count - 1, text);
    return false;
}

static AVCodecContext *make_context(const struct h264_settings *s)
{
    AVCodecContext *c = s->av->avcodec_alloc_context3(s->codec);
    char *crf = g_strdup_printf("%d", s->crf);
    c->width = s->width;
    c->height = s->height;
    c->pix_fmt = AV_PIX_FMT_YUV420P;
    c->time_base = (AVRational){ (int)s->fps.den, (int)s->fps.num };
    c->framerate = (AVRational){ (int)s->fps.num, (int)s->fps.den };
    c->sample_aspect_ratio = (AVRational){ 1, 1 };
    c->color_range = AVCOL_RANGE_MPEG;
    c->color_primaries = AVCOL_PRI_BT709;
    c->color_trc = AVCOL_TRC_BT709;
    c->colorspace = AVCOL_SPC_BT709;
    c->chroma_sample_location = AVCHROMA_LOC_LEFT;
    c->thread_count = 1;
    c->flags |= AV_CODEC_FLAG_GLOBAL_HEADER | AV_CODEC_FLAG_CLOSED_GOP | AV_CODEC_FLAG_BITEXACT;
    s->av->av_opt_set(c->priv_data, "preset", s->preset, 0);
    s->av->av_opt_set(c->priv_data, "crf", crf, 0);
    s->av->av_opt_set(c->priv_data, "x264-params", "cpu-independent=1:keyint=infinite:open-gop=0:sliced-threads=0", 0);
    g_free(crf);
    return c;
}

static AVFrame *make_picture(const struct h264_settings *s)
{
    AVFrame *f = s->av->av_frame_alloc();
    f->format = AV_PIX_FMT_YUV420P;
    f->width = s->width;
    f->height = s->height;
    f->color_range = AVCOL_RANGE_MPEG;
    f->color_primaries = AVCOL_PRI_BT709;
    f->color_trc = AVCOL_TRC_BT709;
    f->colorspace = AVCOL_SPC_BT709;
    f->chroma_location = AVCHROMA_LOC_LEFT;
    return f;
}

struct h264 *h264_open(const struct h264_settings *settings, int64_t first, int64_t count, GError **error)
{
    struct h264 *h = g_new0(struct h264, 1);
    h->settings = settings;
    h->first = first;
    h->count = count;
    h->coded = g_array_new(FALSE, FALSE, sizeof(struct h264_coded));
    h->bytes = g_byte_array_new();
    h->coder = g_new0(struct h264_coder, 1);
    h->coder->context = make_context(settings);
    h->coder->picture = make_picture(settings);
    h->coder->packet = settings->av->av_packet_alloc();
    h->coder->last = -1;
    int code = settings->av->avcodec_open2(h->coder->context, settings->codec, NULL);
    if (code >= 0) code = settings->av->av_frame_get_buffer(h->coder->picture, 0);
    if (code >= 0) return h;
    fail(h, error, "to start", code);
    h264_free(h);
    return NULL;
}

/* Takes what the encoder has ready. */
static bool collect(struct h264 *h, GError **error)
{
    const struct av *av = h->settings->av;
    AVPacket *packet = h->coder->packet;
    int code;
    while ((code = av->avcodec_receive_packet(h->coder->context, packet)) >= 0) {
        struct h264_coded coded = { h->first + packet->pts, h->bytes->len, 0, packet->flags & AV_PKT_FLAG_KEY };
        nal_append_without_sei(h->bytes, packet->data, (size_t)packet->size);
        coded.size = h->bytes->len - coded.at;
        g_array_append_val(h->coded, coded);
        av->av_packet_unref(packet);
    }
    return code == AVERROR(EAGAIN) || code == AVERROR_EOF || fail(h, error, "in the middle", code);
}

static bool send(struct h264 *h, int64_t number, GError **error)
{
    h->coder->picture->pts = number - h->first; /* from 0, so that equal stretches of two films give equal bytes */
    h->coder->last = number;
    int code = h->settings->av->avcodec_send_frame(h->coder->context, h->coder->picture);
    return code < 0 ? fail(h, error, "in the middle", code) : collect(h, error);
}

/* The picture that was sent last stays until frame `end`. */
static bool hold(struct h264 *h, int64_t end, GError **error)
{
    struct h264_coder *c = h->coder;
    if (!h->settings->cfr && end == h->settings->film_frames && c->last < end - 1) return send(h, end - 1, error);
    while (h->settings->cfr && c->last >= 0 && c->last + 1 < end)
        if (!send(h, c->last + 1, error)) return false;
    return true;
}

bool h264_frame(struct h264 *h, const struct frame *frame, GError **error)
{
    struct h264_coder *c = h->coder;
    bool first = c->last < 0;
    g_assert(first ? frame->number == h->first : frame->number > c->last && frame->number < h->first + h->count);
    if (!hold(h, frame->number, error)) return false;
    int code = h->settings->av->av_frame_make_writable(c->picture); /* a copy only if the encoder still reads it */
    if (code < 0) return fail(h, error, "in the middle", code);
    struct yuv yuv = { .width = h->settings->width, .height = h->settings->height };
    for (int i = 0; i < 3; i++) {
        yuv.plane[i] = c->picture->data[i];
        yuv.stride[i] = c->picture->linesize[i];
    }
    yuv_convert(&yuv, frame->pixels, first ? NULL : frame->damage);
    return send(h, frame->number, error);
}

bool h264_end(struct h264 *h, GError **error)
{
    const struct av *av = h->settings->av;
    if (!hold(h, h->first + h->count, error)) return false;
    int code = av->avcodec_send_frame(h->coder->context, NULL);
    if (code < 0) return fail(h, error, "at the end", code);
    if (!collect(h, error)) return false;
    h->params = av->avcodec_parameters_alloc();
    h->delay = h->coder->context->has_b_frames;
    code = av->avcodec_parameters_from_context(h->params, h->coder->context);
    if (code < 0) return fail(h, error, "at the end", code);
    coder_free(av, g_steal_pointer(&h->coder));
    return true;
}
