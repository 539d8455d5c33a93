/* LZW as GIF uses it: variable code width, clear and end codes, bytes in blocks of at most 255. */
#pragma once
#include <glib.h>
#include <stdint.h>

/* Appends the coded picture: the byte of the code size, the blocks and the empty one. Each pixel may be written as
 * either `first[i]` or `second[i]`, whichever continues a known string: where a pixel shows no change, "transparent"
 * and its colour are the same to a viewer. bits: 2 to 8, enough for every value. */
void lzw_encode(GByteArray *out, int bits, const uint8_t *first, const uint8_t *second, size_t n);
