/* Reading quantities. Numbers are decimal and kept exact: digits go into an integer and a power of ten, and the result
 * must be whole (2.5 KiB is 2560 bytes; 0.3 B is refused). */
#include "base/unit.h"

#include <glib.h>

struct scale { const char *name; int64_t factor; };

static const struct scale byte_scales[] = {
    { "B", 1 }, { "kB", 1000 }, { "MB", 1000000 }, { "GB", 1000000000 }, { "TB", 1000000000000 },
    { "KiB", 1024 }, { "MiB", 1 << 20 }, { "GiB", 1 << 30 }, { "TiB", (int64_t)1 << 40 }, { NULL, 0 },
};
static const struct scale count_scales[] = {
    { "", 1 }, { "k", 1000 }, { "M", 1000000 }, { "G", 1000000000 },
    { "K", 1024 }, { "Ki", 1024 }, { "Mi", 1 << 20 }, { "Gi", 1 << 30 }, { NULL, 0 },
};
static const struct scale time_scales[] = { { "", 1000000 }, { "s", 1000000 }, { "ms", 1000 }, { "us", 1 }, { NULL, 0 } };

/* A decimal number as digits / 10^places. Underscores may group digits. */
static bool parse_decimal(const char **s, int64_t *digits, int64_t *power)
{
    bool any = false, point = false;
    *digits = 0;
    *power = 1;
    for (;; (*s)++) {
        if (**s == '.' && !point) { point = true; continue; }
        if (**s == '_' && any) continue;
        if (!g_ascii_isdigit(**s)) break;
        if (*digits > (INT64_MAX - 9) / 10 || *power > INT64_MAX / 10) return false;
        *digits = *digits * 10 + (**s - '0');
        if (point) *power *= 10;
        any = true;
    }
    return any;
}

static bool parse_scaled(const char *text, const struct scale *scales, int64_t *out)
{
    int64_t digits, power;
    const char *s = text;
    while (*s == ' ') s++;
    if (!parse_decimal(&s, &digits, &power)) return false;
    while (*s == ' ') s++;
    for (; scales->name; scales++) {
        if (strcmp(s, scales->name)) continue;
        __int128 v = (__int128)digits * scales->factor;
        if (v % power || v / power > INT64_MAX) return false;
        *out = (int64_t)(v / power);
        return true;
    }
    return false;
}

bool unit_parse_bytes(const char *text, int64_t *out) { return parse_scaled(text, byte_scales, out); }
bool unit_parse_count(const char *text, int64_t *out) { return parse_scaled(text, count_scales, out); }

bool unit_parse_tokens(const char *text, int64_t *out)
{
    bool power_of_two = g_str_has_suffix(text, "M") || g_str_has_suffix(text, "G");
    g_autofree char *exact = power_of_two ? g_strconcat(text, "i", NULL) : g_strdup(text);
    return unit_parse_count(exact, out);
}

bool unit_parse_byte_rate(const char *text, int64_t *out)
{
    if (!g_str_has_suffix(text, "/s")) return false;
    g_autofree char *bytes = g_strndup(text, strlen(text) - 2);
    return parse_scaled(bytes, byte_scales, out);
}

bool unit_parse_time(const char *text, int64_t *us)
{
    const char *colon = strchr(text, ':');
    if (!colon) return parse_scaled(text, time_scales, us);
    g_autofree char *head = g_strndup(text, (gsize)(colon - text));
    int64_t minutes, seconds;
    if (!parse_scaled(head, count_scales, &minutes) || !parse_scaled(colon + 1, time_scales, &seconds)) return false;
    if (minutes > 100000 || seconds >= 60000000) return false;
    *us = minutes * 60000000 + seconds;
    return true;
}
