/* The PNG format: signature, then chunks of (length, type, data, CRC-32 of type and data), numbers big-endian. A
 * picture is one zlib stream of rows, each a filter byte (0: none) and its RGB bytes. */
#include "sink/png.h"

#include "sink/atomic.h"

#include <libdeflate.h>
#include <string.h>

enum { LEVEL = 6 };

struct png_coder {
    struct libdeflate_compressor *deflate;
    uint8_t *rows, *packed;
    size_t rows_size, packed_size;
};

struct png_coder *png_coder_new(void)
{
    struct png_coder *c = g_new0(struct png_coder, 1);
    c->deflate = libdeflate_alloc_compressor(LEVEL);
    return c;
}

void png_coder_free(struct png_coder *c)
{
    if (!c) return;
    libdeflate_free_compressor(c->deflate);
    g_free(c->rows);
    g_free(c->packed);
    g_free(c);
}

const uint8_t *png_coder_pack(struct png_coder *c, const uint32_t *pixels, int stride, int w, int h, size_t *n)
{
    size_t need = (size_t)h * (1 + 3 * (size_t)w);
    if (need > c->rows_size) {
        c->rows = g_realloc(c->rows, need);
        c->packed_size = libdeflate_zlib_compress_bound(c->deflate, need);
        c->packed = g_realloc(c->packed, c->packed_size);
        c->rows_size = need;
    }
    uint8_t *to = c->rows;
    for (int y = 0; y < h; y++, pixels += stride) {
        *to++ = 0;
        for (int x = 0; x < w; x++) {
            *to++ = (uint8_t)(pixels[x] >> 16);
            *to++ = (uint8_t)(pixels[x] >> 8);
            *to++ = (uint8_t)pixels[x];
        }
    }
    *n = libdeflate_zlib_compress(c->deflate, c->rows, need, c->packed, c->packed_size);
    g_assert(*n > 0); /* the bound guarantees that it fits */
    return c->packed;
}

void png_put_u16(GByteArray *out, uint16_t v)
{
    g_byte_array_append(out, (uint8_t[]){ (uint8_t)(v >> 8), (uint8_t)v }, 2);
}

void png_put_u32(GByteArray *out, uint32_t v)
{
    g_byte_array_append(out, (uint8_t[]){ (uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v }, 4);
}

void png_put_chunk(GByteArray *out, const char type[4], const void *data, size_t n)
{
    png_put_u32(out, (uint32_t)n);
    guint start = out->len;
    g_byte_array_append(out, (const uint8_t *)type, 4);
    if (n) g_byte_array_append(out, data, (guint)n);
    png_put_u32(out, libdeflate_crc32(0, out->data + start, n + 4));
}

void png_put_start(GByteArray *out, int width, int height)
{
    static const uint8_t signature[] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n' };
    static const uint8_t rgb8[] = { 8, 2, 0, 0, 0 }; /* bits, RGB, deflate, filters by row, not interlaced */
    GByteArray *header = g_byte_array_new();
    png_put_u32(header, (uint32_t)width);
    png_put_u32(header, (uint32_t)height);
    g_byte_array_append(header, rgb8, sizeof rgb8);
    g_byte_array_append(out, signature, sizeof signature);
    png_put_chunk(out, "IHDR", header->data, header->len);
    png_put_chunk(out, "sRGB", (uint8_t[]){ 0 }, 1);
    g_byte_array_unref(header);
}

GByteArray *png_coder_encode(struct png_coder *c, const uint32_t *pixels, int width, int height)
{
    GByteArray *out = g_byte_array_new();
    size_t n;
    const uint8_t *packed = png_coder_pack(c, pixels, width, width, height, &n);
    png_put_start(out, width, height);
    png_put_chunk(out, "IDAT", packed, n);
    png_put_chunk(out, "IEND", NULL, 0);
    return out;
}

GByteArray *png_encode(const uint32_t *pixels, int width, int height)
{
    struct png_coder *c = png_coder_new();
    GByteArray *out = png_coder_encode(c, pixels, width, height);
    png_coder_free(c);
    return out;
}

bool png_write(const char *path, const uint32_t *pixels, int width, int height, GError **error)
{
    GByteArray *bytes = png_encode(pixels, width, height);
    bool ok = atomic_write_file(path, bytes->data, bytes->len, error);
    g_byte_array_unref(bytes);
    return ok;
}

bool png_is_pattern(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash && memchr(path, '%', (size_t)(slash - path))) return false;
    int numbers = 0;
    for (const char *p = slash ? slash + 1 : path; *p; p++) {
        if (*p != '%') continue;
        if (*++p == '%') continue;
        const char *digits = p;
        while (g_ascii_isdigit(*p)) p++;
        if (*p != 'd' || p - digits > 2) return false;
        numbers++;
    }
    return numbers == 1;
}
