/* RGB to the YUV 4:2:0 of video: BT.709, limited range (luma 16-235, chroma 16-240), chroma sited left. */
#pragma once
#include "paint/paint.h"

/* Planes Y, U, V of a picture whose width and height are even; the chroma planes have half of both. Not owned. */
struct yuv { int width, height; uint8_t *plane[3]; int stride[3]; };

/* Brings the picture up to date with the tiles that changed (NULL: all). The result is the same as converting
 * everything. */
void yuv_convert(const struct yuv *to, const uint32_t *pixels, const struct damage *damage);
/* The same bytes without the processor's extensions: the reference for tests. */
void yuv_convert_plain(const struct yuv *to, const uint32_t *pixels, const struct damage *damage);
