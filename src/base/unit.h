/* Quantities as people write them: "80 GB", "128Ki", "3.35 TB/s". KiB and Ki are powers of two, kB and k powers of ten. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

/* Bytes: a number with B, kB, MB, GB, TB, KiB, MiB, GiB, TiB; the unit must stand. */
bool unit_parse_bytes(const char *text, int64_t *out);
/* Counts: a number with nothing, k, M, G (powers of ten) or Ki, Mi, Gi, K (powers of two: K tokens are 1,024). */
bool unit_parse_count(const char *text, int64_t *out);
/* Tokens as they are written on the screen: K, M and G are powers of two, too. */
bool unit_parse_tokens(const char *text, int64_t *out);
/* Bytes per second: bytes, then "/s". */
bool unit_parse_byte_rate(const char *text, int64_t *out);
/* Seconds to whole microseconds: "2", "2.5", "2.5 s", "250 ms", "1:30" (minutes and seconds). */
bool unit_parse_time(const char *text, int64_t *us);
