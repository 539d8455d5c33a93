/* PNG, written with libdeflate: 8-bit RGB, no row filter (which beats the others on flat art), no dates. Same pixels,
 * same bytes. Single pictures here; the sequence of pictures is the sink "png". */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* The whole file in memory; caller frees. */
GByteArray *png_encode(const uint32_t *pixels, int width, int height);
bool png_write(const char *path, const uint32_t *pixels, int width, int height, GError **error);

/* Whether the last part of a path has exactly one %d, %4d or %04d and otherwise no % but %%. */
bool png_is_pattern(const char *path);

/* Parts of the format, for APNG. A coder keeps its buffers, so that a film allocates them once. */
struct png_coder;
struct png_coder *png_coder_new(void);
void png_coder_free(struct png_coder *c); /* accepts NULL */
/* The zlib stream of w x h pixels whose rows are `stride` pixels apart; lives until the next call. */
const uint8_t *png_coder_pack(struct png_coder *c, const uint32_t *pixels, int stride, int w, int h, size_t *n);
/* A whole file with the coder's buffers; caller frees. */
GByteArray *png_coder_encode(struct png_coder *c, const uint32_t *pixels, int width, int height);
void png_put_u16(GByteArray *out, uint16_t v);
void png_put_u32(GByteArray *out, uint32_t v);
void png_put_chunk(GByteArray *out, const char type[4], const void *data, size_t n);
/* Signature, IHDR and the word that the colours are sRGB. */
void png_put_start(GByteArray *out, int width, int height);
