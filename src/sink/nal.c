/* A start code is 00 00 01; a zero before it belongs to it. Inside a unit the three bytes cannot occur, because the
 * coder puts a 03 between (ITU-T H.264, 7.4.1). The unit's type is in the low five bits of its first byte. */
#include "sink/nal.h"

enum { SEI = 6 };

/* Index of the first start code at or after `from`, including a zero before it; n when there is none. */
static size_t find_start(const uint8_t *data, size_t n, size_t from)
{
    for (size_t i = from; i + 3 <= n; i++)
        if (!data[i] && !data[i + 1] && data[i + 2] == 1) return i > from && !data[i - 1] ? i - 1 : i;
    return n;
}

void nal_append_without_sei(GByteArray *out, const uint8_t *data, size_t n)
{
    for (size_t at = find_start(data, n, 0); at < n;) {
        size_t unit = at + (data[at + 2] == 1 ? 3 : 4), end = find_start(data, n, unit);
        if (unit < n && (data[unit] & 31) != SEI) g_byte_array_append(out, data + at, (guint)(end - at));
        at = end;
    }
}
