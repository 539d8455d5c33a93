/* GIF89a, written here: a picture is the rectangle that changed, its unchanged pixels transparent, in LZW.
 *
 * One palette serves the whole film, so that nothing flickers and every picture can build on the last one. It is made
 * from the pixels of all pictures, because a film has thousands of colours (antialiased text, blended ramps): on three
 * finished pictures, a palette of the style's 69 colours and their halfway mixtures with the background, 138 in all,
 * reached 34 to 38 dB of PSNR, and one of 127 colours made from the pixels 47 to 53 dB. Films are not drawn twice for
 * that: while pictures arrive, the colours are counted and the changed pixels kept as packed colour numbers; at the end
 * the palette is chosen and the pictures are written. No dithering: noise would move where nothing moves.
 *
 * Delays are whole hundredths of a second and players stretch those under two. So a picture starts at its moment
 * rounded, never at a sum of rounded delays, and pictures that would stay for less than two hundredths make way for the
 * next. */
#include "sink/gif.h"

#include "sink/atomic.h"
#include "sink/delta.h"
#include "sink/lzw.h"
#include "sink/palette.h"
#include "sink/sink.h"

#include <libdeflate.h>
#include <string.h>

enum { MIN_DELAY = 2, MAX_DELAY = 65535 };

/* One picture in waiting: ids of its changed pixels plus 1, row by row, 0 where nothing changed; packed. */
struct change { int64_t number; struct patch patch; uint8_t *packed; size_t packed_size; };

struct gif {
    const struct film *film;
    int max_colors;
    struct atomic *out;
    struct palette *palette;
    struct libdeflate_compressor *pack;
    GArray *changes;        /* struct change */
    uint32_t *shown;        /* the last picture */
    uint32_t *ids;          /* room for one change, unpacked */
    uint8_t *packed;        /* room for one change, packed */
    size_t packed_size;
};

/* The second half: what the writer of pictures works on. Canvases hold palette indices. */
struct canvas {
    GByteArray *bytes;
    int width, bits, transparent;
    uint8_t *shown, *now;   /* what a viewer has; what the film is at */
    struct patch patch;     /* the pixels where the two may differ; w = 0: none */
    uint8_t *first, *second; /* room for a picture's two spellings, see lzw.h */
    int64_t start;          /* of the last picture written, in hundredths; -1: none yet */
    guint delay_at;         /* where its delay is to be written */
};

static void gif_close(void *sink)
{
    struct gif *g = sink;
    if (!g) return;
    atomic_close(g->out);
    palette_free(g->palette);
    libdeflate_free_compressor(g->pack);
    for (guint i = 0; i < g->changes->len; i++) g_free(g_array_index(g->changes, struct change, i).packed);
    g_array_unref(g->changes);
    g_free(g->shown);
    g_free(g->ids);
    g_free(g->packed);
    g_free(g);
}

static void *gif_open(const struct film *film, const void *options, const char *path, GError **error)
{
    if (film->width > UINT16_MAX || film->height > UINT16_MAX) {
        g_set_error(error, SINK_ERROR, SINK_ERROR_SIZE,
                    "%s would be %d x %d pixels, and a GIF can be at most %d wide and high.", path, film->width,
                    film->height, UINT16_MAX);
        return NULL;
    }
    struct atomic *out = atomic_open(path, error);
    if (!out) return NULL;
    struct gif *g = g_new0(struct gif, 1);
    size_t pixels = (size_t)film->width * (size_t)film->height;
    g->film = film;
    g->max_colors = (int)((const struct gif_options *)options)->colors;
    g->out = out;
    g->palette = palette_new();
    g->pack = libdeflate_alloc_compressor(1);
    g->changes = g_array_new(FALSE, FALSE, sizeof(struct change));
    g->shown = g_new(uint32_t, pixels);
    g->ids = g_new(uint32_t, pixels);
    g->packed_size = libdeflate_deflate_compress_bound(g->pack, pixels * sizeof *g->ids);
    g->packed = g_malloc(g->packed_size);
    return g;
}

static bool gif_frame(void *sink, const struct frame *frame, GError **error)
{
    (void)error;
    struct gif *g = sink;
    int width = g->film->width, height = g->film->height;
    bool first = g->changes->len == 0;
    struct patch p = { 0, 0, width, height };
    if (!first && !delta_find(g->shown, frame->pixels, width, height, frame->damage, &p)) return true;
    uint32_t *id = g->ids;
    for (int y = p.y; y < p.y + p.h; y++) {
        size_t row = (size_t)y * (size_t)width;
        for (size_t i = row + (size_t)p.x; i < row + (size_t)(p.x + p.w); i++)
            *id++ = first || frame->pixels[i] != g->shown[i] ? palette_count(g->palette, frame->pixels[i]) + 1 : 0;
    }
    delta_copy(g->shown, frame->pixels, width, p);
    size_t bytes = (size_t)(id - g->ids) * sizeof *id;
    size_t packed = libdeflate_deflate_compress(g->pack, g->ids, bytes, g->packed, g->packed_size);
    struct change c = { frame->number, p, g_memdup2(g->packed, packed), packed };
    g_array_append_val(g->changes, c);
    return true;
}

static void put_u16(GByteArray *out, int v)
{
    g_byte_array_append(out, (uint8_t[]){ (uint8_t)v, (uint8_t)(v >> 8) }, 2);
}

static void put_head(const struct gif *g, struct canvas *c, int colors)
{
    g_byte_array_append(c->bytes, (const uint8_t *)"GIF89a", 6);
    put_u16(c->bytes, g->film->width);
    put_u16(c->bytes, g->film->height);
    /* One palette for all pictures. */
    g_byte_array_append(c->bytes, (uint8_t[]){ (uint8_t)(0xF0 | (c->bits - 1)), 0, 0 }, 3);
    for (int i = 0; i < 1 << c->bits; i++) {
        uint32_t color = i < colors ? palette_color(g->palette, i) : 0;
        g_byte_array_append(c->bytes, (uint8_t[]){ (uint8_t)(color >> 16), (uint8_t)(color >> 8), (uint8_t)color }, 3);
    }
    g_byte_array_append(c->bytes, (const uint8_t *)"\x21\xFF\x0BNETSCAPE2.0\x03\x01\0\0\0", 19); /* loops for ever */
}

/* Brings one change into the film's canvas. */
static void apply(struct gif *g, struct canvas *c, const struct change *change, struct libdeflate_decompressor *unpack)
{
    struct patch p = change->patch;
    size_t bytes = (size_t)p.w * (size_t)p.h * sizeof *g->ids;
    enum libdeflate_result result =
        libdeflate_deflate_decompress(unpack, change->packed, change->packed_size, g->ids, bytes, NULL);
    g_assert(result == LIBDEFLATE_SUCCESS); /* packed by us, in this memory */
    const uint32_t *id = g->ids;
    for (int y = p.y; y < p.y + p.h; y++)
        for (int x = p.x; x < p.x + p.w; x++, id++)
            if (*id) c->now[(size_t)y * (size_t)c->width + (size_t)x] = palette_index(g->palette, *id - 1);
    if (!c->patch.w) c->patch = p;
    int right = MAX(c->patch.x + c->patch.w, p.x + p.w), bottom = MAX(c->patch.y + c->patch.h, p.y + p.h);
    int left = MIN(c->patch.x, p.x), top = MIN(c->patch.y, p.y);
    c->patch = (struct patch){ left, top, right - left, bottom - top };
}

/* Cuts the patch down to the pixels whose index changed; false when there is none. The first one is always whole. */
static bool shrink(struct canvas *c)
{
    if (c->start < 0) return true;
    struct patch p = c->patch;
    int left = p.x + p.w, right = -1, top = -1, bottom = -1;
    for (int y = p.y; y < p.y + p.h; y++)
        for (int x = p.x; x < p.x + p.w; x++) {
            size_t i = (size_t)y * (size_t)c->width + (size_t)x;
            if (c->shown[i] == c->now[i]) continue;
            left = MIN(left, x);
            right = MAX(right, x);
            if (top < 0) top = y;
            bottom = y;
        }
    c->patch = (struct patch){ left, top, right - left + 1, bottom - top + 1 };
    if (right < 0) c->patch = (struct patch){ 0 };
    return right >= 0;
}

/* Writes the pixels of `p` that changed; the delay follows when the next picture's moment is known. */
static void put_picture(struct canvas *c, struct patch p)
{
    bool whole = c->start < 0; /* the first one stands alone: nothing in it is transparent */
    size_t n = 0;
    for (int y = p.y; y < p.y + p.h; y++)
        for (int x = p.x; x < p.x + p.w; x++, n++) {
            size_t i = (size_t)y * (size_t)c->width + (size_t)x;
            c->second[n] = c->now[i];
            c->first[n] = !whole && c->now[i] == c->shown[i] ? (uint8_t)c->transparent : c->now[i];
            c->shown[i] = c->now[i];
        }
    g_byte_array_append(c->bytes, (uint8_t[]){ 0x21, 0xF9, 4, whole ? 0x04 : 0x05 }, 4); /* the picture stays */
    c->delay_at = c->bytes->len;
    put_u16(c->bytes, 0);
    g_byte_array_append(c->bytes, (uint8_t[]){ (uint8_t)c->transparent, 0, 0x2C }, 3);
    put_u16(c->bytes, p.x);
    put_u16(c->bytes, p.y);
    put_u16(c->bytes, p.w);
    put_u16(c->bytes, p.h);
    g_byte_array_append(c->bytes, (uint8_t[]){ 0 }, 1);
    lzw_encode(c->bytes, MAX(2, c->bits), c->first, c->second, n);
}

/* The last picture stays until `end`. A delay is 16 bits wide; what is left over goes to pictures of one pixel that
 * does not change. */
static void put_delay(struct canvas *c, int64_t end)
{
    for (;;) {
        int64_t left = end - c->start, delay = CLAMP(left, MIN_DELAY, MAX_DELAY);
        c->bytes->data[c->delay_at] = (uint8_t)delay;
        c->bytes->data[c->delay_at + 1] = (uint8_t)(delay >> 8);
        if (left <= MAX_DELAY) return;
        c->start += delay;
        put_picture(c, (struct patch){ 0, 0, 1, 1 });
    }
}

/* Writes the film's canvas as a picture that starts at `start`, unless a viewer has it already. */
static void show(struct canvas *c, int64_t start)
{
    if (!shrink(c)) return;
    struct patch p = c->patch;
    c->patch.w = 0;
    if (c->start >= 0) put_delay(c, start);
    put_picture(c, p);
    c->start = start;
}

static int64_t hundredths(const struct film *film, int64_t frame)
{
    return (200 * frame * film->fps.den / film->fps.num + 1) / 2;
}

/* Replays the changes. Each waits until the next one is far enough away; what comes sooner joins it. */
static void put_pictures(struct gif *g, struct canvas *c)
{
    struct libdeflate_decompressor *unpack = libdeflate_alloc_decompressor();
    int64_t start = 0; /* of the waiting picture */
    for (guint i = 0; i < g->changes->len; i++) {
        const struct change *change = &g_array_index(g->changes, struct change, i);
        int64_t at = hundredths(g->film, change->number);
        if (i && at - start >= MIN_DELAY) {
            show(c, start);
            start = at;
        }
        apply(g, c, change, unpack);
    }
    show(c, start);
    put_delay(c, MAX(hundredths(g->film, g->film->frames), c->start + SINK_LOOP_HOLD_MS / 10));
    libdeflate_free_decompressor(unpack);
}

static bool gif_finish(void *sink, GError **error)
{
    struct gif *g = sink;
    bool moves = g->changes->len > 1;
    int colors = palette_choose(g->palette, MAX(1, g->max_colors - moves));
    int entries = MAX(2, colors + moves), bits = 1;
    while (1 << bits < entries) bits++;
    size_t pixels = (size_t)g->film->width * (size_t)g->film->height;
    struct canvas c = {
        .bytes = g_byte_array_new(), .width = g->film->width, .bits = bits, .transparent = moves ? colors : 0,
        .start = -1, .shown = g_malloc(pixels), .now = g_malloc(pixels), .first = g_malloc(pixels),
        .second = g_malloc(pixels),
    };
    put_head(g, &c, colors);
    put_pictures(g, &c);
    g_byte_array_append(c.bytes, (const uint8_t *)";", 1);
    bool ok = atomic_write(g->out, c.bytes->data, c.bytes->len, error) && atomic_commit(g->out, error);
    g_byte_array_unref(c.bytes);
    g_free(c.shown);
    g_free(c.now);
    g_free(c.first);
    g_free(c.second);
    return ok;
}

static const char *const suffixes[] = { ".gif", NULL };

static const struct row rows[] = {
    ROW_INT(struct gif_options, colors, "colors", .def = "128", .min = 2, .max = 256, .example = "64",
            .help = "Colours of the palette, which serves the whole film; fewer make a smaller file."),
    ROW_END
};

const struct sink_class sink_gif = {
    .name = "gif",
    .suffixes = suffixes,
    .summary = "An animated GIF with one palette, without dithering; loops; for documents.",
    .rows = rows,
    .options_size = sizeof(struct gif_options),
    .loops = true,
    .open = gif_open,
    .frame = gif_frame,
    .finish = gif_finish,
    .close = gif_close,
};
