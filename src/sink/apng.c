/* Animated PNG: lossless, and small where little moves. Every picture after the first is the changed rectangle only,
 * put over the canvas as it is (fcTL, then fdAT with its own zlib stream); the number of pictures in acTL is known at
 * the end and written over its placeholder then. Chunks: https://www.w3.org/TR/png-3/#apng-chunks */
#include "sink/sink.h"

#include "sink/atomic.h"
#include "sink/delta.h"
#include "sink/png.h"

#include <string.h>

struct apng {
    const struct film *film;
    struct atomic *out;
    struct png_coder *coder;
    uint32_t *shown;        /* the canvas after the last picture */
    GByteArray *data;       /* the picture that waits for its length, as a zlib stream */
    struct patch patch;     /* where it goes */
    int64_t start;          /* the frame at which it starts */
    uint32_t pictures;      /* written */
    uint32_t chunks;        /* fcTL and fdAT share one count */
    int64_t control_at;     /* offset of acTL */
};

static void apng_close(void *sink)
{
    struct apng *a = sink;
    if (!a) return;
    atomic_close(a->out);
    png_coder_free(a->coder);
    g_byte_array_unref(a->data);
    g_free(a->shown);
    g_free(a);
}

static void put_control(GByteArray *out, uint32_t pictures)
{
    GByteArray *control = g_byte_array_new();
    png_put_u32(control, pictures);
    png_put_u32(control, 0); /* loops for ever */
    png_put_chunk(out, "acTL", control->data, control->len);
    g_byte_array_unref(control);
}

static void *apng_open(const struct film *film, const void *options, const char *path, GError **error)
{
    (void)options;
    struct atomic *out = atomic_open(path, error);
    if (!out) return NULL;
    struct apng *a = g_new0(struct apng, 1);
    a->film = film;
    a->out = out;
    a->coder = png_coder_new();
    a->shown = g_new(uint32_t, (size_t)film->width * (size_t)film->height);
    a->data = g_byte_array_new();
    GByteArray *head = g_byte_array_new();
    png_put_start(head, film->width, film->height);
    a->control_at = head->len;
    put_control(head, 0);
    bool ok = atomic_write(out, head->data, head->len, error);
    g_byte_array_unref(head);
    if (ok) return a;
    apng_close(a);
    return NULL;
}

static int64_t common_divisor(int64_t a, int64_t b)
{
    while (b) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* Seconds from frame `start` to `end` as a fraction of 16-bit numbers: exact where possible, otherwise between the two
 * moments rounded to the finest of 1/1000, 1/100, 1/10 and 1 s that can hold it, so that rounding does not add up. */
static void put_delay(GByteArray *out, struct rate fps, int64_t start, int64_t end)
{
    int64_t num = (end - start) * fps.den, den = fps.num, divisor = common_divisor(num, den);
    num /= divisor;
    den /= divisor;
    for (int64_t unit = 1000; (num > UINT16_MAX || den > UINT16_MAX) && unit > 0; unit /= 10) {
        num = (2 * end * fps.den * unit / fps.num + 1) / 2 - (2 * start * fps.den * unit / fps.num + 1) / 2;
        den = unit;
    }
    png_put_u16(out, (uint16_t)MIN(num, UINT16_MAX));
    png_put_u16(out, (uint16_t)den);
}

/* Writes the waiting picture, which ends at frame `end`. */
static bool write_picture(struct apng *a, int64_t end, GError **error)
{
    GByteArray *out = g_byte_array_new(), *body = g_byte_array_new();
    png_put_u32(body, a->chunks++);
    png_put_u32(body, (uint32_t)a->patch.w);
    png_put_u32(body, (uint32_t)a->patch.h);
    png_put_u32(body, (uint32_t)a->patch.x);
    png_put_u32(body, (uint32_t)a->patch.y);
    put_delay(body, a->film->fps, a->start, end);
    g_byte_array_append(body, (uint8_t[]){ 0, 0 }, 2); /* the picture stays; its pixels replace */
    png_put_chunk(out, "fcTL", body->data, body->len);
    if (!a->pictures++) {
        png_put_chunk(out, "IDAT", a->data->data, a->data->len);
    } else {
        g_byte_array_set_size(body, 0);
        png_put_u32(body, a->chunks++);
        g_byte_array_append(body, a->data->data, a->data->len);
        png_put_chunk(out, "fdAT", body->data, body->len);
    }
    bool ok = atomic_write(a->out, out->data, out->len, error);
    g_byte_array_unref(out);
    g_byte_array_unref(body);
    return ok;
}

static bool apng_frame(void *sink, const struct frame *frame, GError **error)
{
    struct apng *a = sink;
    int width = a->film->width, height = a->film->height;
    bool first = a->data->len == 0;
    struct patch patch = { 0, 0, width, height };
    if (!first) {
        if (!delta_find(a->shown, frame->pixels, width, height, frame->damage, &patch)) return true;
        if (!write_picture(a, frame->number, error)) return false;
    }
    delta_copy(a->shown, frame->pixels, width, patch);
    a->patch = patch;
    a->start = frame->number;
    size_t n;
    const uint32_t *corner = frame->pixels + (size_t)patch.y * (size_t)width + (size_t)patch.x;
    const uint8_t *packed = png_coder_pack(a->coder, corner, width, patch.w, patch.h, &n);
    g_byte_array_set_size(a->data, 0);
    g_byte_array_append(a->data, packed, (guint)n);
    return true;
}

static bool apng_finish(void *sink, GError **error)
{
    struct apng *a = sink;
    int64_t unit = 1000 * a->film->fps.den, hold = (SINK_LOOP_HOLD_MS * a->film->fps.num + unit - 1) / unit;
    if (!write_picture(a, MAX(a->film->frames, a->start + hold), error)) return false;
    GByteArray *bytes = g_byte_array_new();
    put_control(bytes, a->pictures);
    bool ok = atomic_patch(a->out, a->control_at, bytes->data, bytes->len, error);
    g_byte_array_set_size(bytes, 0);
    png_put_chunk(bytes, "IEND", NULL, 0);
    ok = ok && atomic_write(a->out, bytes->data, bytes->len, error) && atomic_commit(a->out, error);
    g_byte_array_unref(bytes);
    return ok;
}

static const char *const suffixes[] = { ".apng", NULL };

const struct sink_class sink_apng = {
    .name = "apng",
    .suffixes = suffixes,
    .summary = "An animated PNG: every pixel exact, loops; for web pages.",
    .loops = true,
    .open = apng_open,
    .frame = apng_frame,
    .finish = apng_finish,
    .close = apng_close,
};
