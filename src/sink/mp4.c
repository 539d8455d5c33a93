/* MP4: H.264 (h264.h) in libavformat's muxer, the index in front, so that a browser starts before all has arrived.
 *
 * The film is coded in parts whose bytes depend on the story's cuts and not on the workers, and joined here in order.
 *
 * Time. The unit is the film's frame. A held picture is not coded again (unless `cfr` asks for it): timestamps simply
 * jump. Only the film's last frame is coded in any case, so that the length is right in players that ignore durations.
 * Decoding times are made here for the whole film: with D pictures of reordering, packet i is decoded at the time at
 * which picture i - D is shown, which always rises and never comes after the picture's own time, across parts too. For
 * D = 2:
 *
 *     shown at   0   8   4   2   6  12 ...   (decoding order)
 *     decoded   -2  -1   0   2   4   6 ...   (0 2 4 6 8 12, two late; the first D count down to the start)
 *
 * The very last packet is decoded when it is shown and lasts to the film's end, so that the durations sum to its
 * length. */
#include "sink/mp4.h"

#include "sink/atomic.h"
#include "sink/h264.h"

#include <errno.h>
#include <string.h>

static const char *const presets[] = {
    "ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow", NULL
};

struct mp4 {
    const struct film *film;
    struct av av;
    struct h264_settings settings;
    char *path;
    struct atomic *out;
    AVFormatContext *mux;        /* NULL until the first part is joined: only then the parameters are known */
    AVStream *stream;
    int64_t next;                /* the frame at which the next part must begin */
    GArray *shown;               /* int64_t, presentation times of all joined pictures, rising */
    guint packets;               /* given to the muxer or waiting */
    AVPacket *waiting;           /* the latest packet, until it is known not to be the film's last; times in frames */
};

/* libavformat tells errors of the system as negative errno values. */
static bool fail(const struct mp4 *m, GError **error, int code)
{
    atomic_fail(error, m->path, code < 0 && code > -4096 ? -code : EIO);
    return false;
}

static void mp4_close(void *sink)
{
    struct mp4 *m = sink;
    if (!m) return;
    if (m->mux) {
        m->av.avio_closep(&m->mux->pb);
        m->av.avformat_free_context(m->mux);
    }
    m->av.av_packet_free(&m->waiting);
    atomic_close(m->out);
    g_array_unref(m->shown);
    g_free(m->path);
    g_free(m);
}

static bool check_size(const struct film *film, const char *path, GError **error)
{
    if (film->width % 2 == 0 && film->height % 2 == 0) return true;
    g_set_error(error, SINK_ERROR, SINK_ERROR_SIZE,
                "%s would be %d x %d pixels, and H.264 video needs an even width and an even height; %d x %d would do.",
                path, film->width, film->height, film->width + film->width % 2, film->height + film->height % 2);
    return false;
}

static void *mp4_open(const struct film *film, const void *options, const char *path, GError **error)
{
    const struct mp4_options *o = options;
    struct av av;
    if (!check_size(film, path, error) || !av_load(&av, error)) return NULL;
    const AVCodec *codec = av.avcodec_find_encoder_by_name("libx264");
    if (!codec) {
        g_set_error(error, SINK_ERROR, SINK_ERROR_ENCODER,
                    "%s cannot be encoded, because libavcodec lacks libx264; install Debian's libavcodec%d.",
                    path, LIBAVCODEC_VERSION_MAJOR);
        return NULL;
    }
    av.av_log_set_level(AV_LOG_QUIET); /* what matters comes back as an error code */
    struct atomic *out = atomic_open(path, error);
    if (!out) return NULL;
    struct mp4 *m = g_new0(struct mp4, 1);
    m->film = film;
    m->av = av;
    m->settings = (struct h264_settings){ &m->av, codec, film->width, film->height, film->fps, film->frames,
                                          (int)o->crf, presets[o->preset], o->cfr };
    m->path = g_strdup(path);
    m->out = out;
    m->shown = g_array_new(FALSE, FALSE, sizeof(int64_t));
    return m;
}

static void *mp4_part_open(void *sink, int64_t first, int64_t count, GError **error)
{
    const struct mp4 *m = sink;
    return h264_open(&m->settings, first, count, error);
}

static bool mp4_part_frame(void *part, const struct frame *frame, GError **error)
{
    return h264_frame(part, frame, error);
}

static bool mp4_part_end(void *part, GError **error) { return h264_end(part, error); }
static void mp4_part_free(void *part) { h264_free(part); }

/* --- joining ----------------------------------------------------------------------------------------------------- */

/* The muxer frees the array and its chapters. */
static void add_chapters(struct mp4 *m)
{
    const struct film *film = m->film;
    if (!film->n_chapters) return;
    m->mux->chapters = m->av.av_mallocz((size_t)film->n_chapters * sizeof(AVChapter *));
    for (int i = 0; i < film->n_chapters; i++) {
        const struct film_chapter *from = &film->chapters[i];
        AVChapter *to = m->av.av_mallocz(sizeof *to);
        to->id = i + 1;
        to->time_base = (AVRational){ (int)film->fps.den, (int)film->fps.num };
        to->start = from->first;
        to->end = from->first + from->frames;
        m->av.av_dict_set(&to->metadata, "title", from->title, 0);
        m->mux->chapters[m->mux->nb_chapters++] = to;
    }
}

/* Opens the muxer on the hidden file. The name is given as "file:" so that a colon in it is no protocol. */
static bool start_file(struct mp4 *m, const AVCodecParameters *params, GError **error)
{
    char *url = g_strconcat("file:", atomic_beside(m->out), NULL);
    AVDictionary *how = NULL;
    int code = m->av.avformat_alloc_output_context2(&m->mux, NULL, "mp4", url);
    if (code >= 0) code = m->av.avio_open(&m->mux->pb, url, AVIO_FLAG_WRITE);
    g_free(url);
    if (code < 0) return fail(m, error, code);
    m->mux->flags |= AVFMT_FLAG_BITEXACT; /* no dates, no versions */
    if (m->film->title) m->av.av_dict_set(&m->mux->metadata, "title", m->film->title, 0);
    add_chapters(m);
    m->stream = m->av.avformat_new_stream(m->mux, NULL);
    m->stream->time_base = (AVRational){ (int)m->film->fps.den, (int)m->film->fps.num };
    m->stream->avg_frame_rate = (AVRational){ (int)m->film->fps.num, (int)m->film->fps.den };
    code = m->av.avcodec_parameters_copy(m->stream->codecpar, params);
    m->av.av_dict_set(&how, "movflags", "+faststart", 0);
    if (code >= 0) code = m->av.avformat_write_header(m->mux, &how);
    m->av.av_dict_free(&how);
    return code >= 0 || fail(m, error, code);
}

static bool flush_waiting(struct mp4 *m, GError **error)
{
    if (!m->waiting) return true;
    AVRational frames = { (int)m->film->fps.den, (int)m->film->fps.num };
    m->av.av_packet_rescale_ts(m->waiting, frames, m->stream->time_base);
    int code = m->av.av_write_frame(m->mux, m->waiting);
    m->av.av_packet_free(&m->waiting);
    return code >= 0 || fail(m, error, code);
}

static bool add_packet(struct mp4 *m, const struct h264 *part, const struct h264_coded *coded, GError **error)
{
    if (!flush_waiting(m, error)) return false;
    AVPacket *p = m->waiting = m->av.av_packet_alloc();
    int code = m->av.av_new_packet(p, (int)coded->size);
    if (code < 0) return fail(m, error, code);
    memcpy(p->data, part->bytes->data + coded->at, coded->size);
    int64_t i = m->packets++, delay = part->delay;
    p->pts = coded->pts;
    p->dts = i < delay ? i - delay : g_array_index(m->shown, int64_t, i - delay);
    p->duration = 1;
    p->flags = coded->key ? AV_PKT_FLAG_KEY : 0;
    g_assert(p->dts <= p->pts);
    return true;
}

static int by_time(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* All of a part's pictures are shown after those of the parts before it. */
static void add_times(struct mp4 *m, const struct h264 *part)
{
    guint from = m->shown->len;
    for (guint i = 0; i < part->coded->len; i++)
        g_array_append_val(m->shown, g_array_index(part->coded, struct h264_coded, i).pts);
    qsort(&g_array_index(m->shown, int64_t, from), part->coded->len, sizeof(int64_t), by_time);
}

static bool same_headers(const AVCodecParameters *a, const AVCodecParameters *b)
{
    return a->extradata_size == b->extradata_size && !memcmp(a->extradata, b->extradata, (size_t)a->extradata_size);
}

static bool join(struct mp4 *m, const struct h264 *part, GError **error)
{
    g_assert(part->params && part->first == m->next);
    if (!m->mux && !start_file(m, part->params, error)) return false;
    if (!same_headers(m->stream->codecpar, part->params)) {
        g_set_error(error, SINK_ERROR, SINK_ERROR_ENCODER,
                    "%s cannot be joined: the H.264 headers from frame %" G_GINT64_FORMAT 
                    " on differ from those before it.", m->path, part->first);
        return false;
    }
    m->next += part->count;
    add_times(m, part);
    for (guint i = 0; i < part->coded->len; i++)
        if (!add_packet(m, part, &g_array_index(part->coded, struct h264_coded, i), error)) return false;
    return true;
}

static bool mp4_part_join(void *sink, void *part, GError **error)
{
    bool ok = join(sink, part, error);
    h264_free(part);
    return ok;
}

static bool mp4_finish(void *sink, GError **error)
{
    struct mp4 *m = sink;
    g_assert(m->waiting && m->next == m->film->frames);
    m->waiting->dts = m->waiting->pts;
    m->waiting->duration = m->film->frames - m->waiting->pts;
    if (!flush_waiting(m, error)) return false;
    int code = m->av.av_write_trailer(m->mux);
    m->av.avio_flush(m->mux->pb);
    if (code >= 0) code = m->mux->pb->error;
    int closed = m->av.avio_closep(&m->mux->pb);
    if (code < 0 || closed < 0) return fail(m, error, code < 0 ? code : closed);
    return atomic_commit(m->out, error);
}

static const char *const suffixes[] = { ".mp4", NULL };

static const struct row rows[] = {
    ROW_INT(struct mp4_options, crf, "crf", .def = "18", .min = 1, .max = 51, .example = "23",
            .help = "Quality, x264's constant rate factor: lower is better and larger, 18 looks the same."),
    ROW_CHOICE(struct mp4_options, preset, "preset", .def = "veryfast", .choices = presets, .example = "slow",
               .help = "x264's trade of time for quality at one size."),
    ROW_BOOL(struct mp4_options, cfr, "cfr", .def = "false", .example = "true",
             .help = "Code every frame, held ones too, in about twice the time; for editors that want a steady rate."),
    ROW_END
};

const struct sink_class sink_mp4 = {
    .name = "mp4",
    .suffixes = suffixes,
    .summary = "H.264 video that plays everywhere, with the chapters of the film.",
    .rows = rows,
    .options_size = sizeof(struct mp4_options),
    .open = mp4_open,
    .finish = mp4_finish,
    .close = mp4_close,
    .part_open = mp4_part_open,
    .part_frame = mp4_part_frame,
    .part_end = mp4_part_end,
    .part_join = mp4_part_join,
    .part_free = mp4_part_free,
};
