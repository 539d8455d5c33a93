/* H.264 byte streams (Annex B): start codes 00 00 01 before each unit. */
#pragma once
#include <glib.h>
#include <stdint.h>

/* Appends the units of the stream except supplemental information (SEI), in which x264 tells its version, settings and
 * thread count; nothing needed for decoding is in it, since no timing is signalled there. */
void nal_append_without_sei(GByteArray *out, const uint8_t *data, size_t n);
