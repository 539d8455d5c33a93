/* Rational frame rates. 12.5 is kept as 25/2, 29.97 as 2997/100: what the user wrote, not what somebody guessed. */
#include "base/rate.h"

#include <glib.h>

static int64_t gcd(int64_t a, int64_t b) { return b ? gcd(b, a % b) : a; }

static bool digits(const char **s, int64_t *v, int *count)
{
    for (*count = 0; g_ascii_isdigit(**s) && *count < 9; (*s)++, (*count)++) *v = *v * 10 + (**s - '0');
    return *count > 0;
}

bool rate_parse(const char *text, struct rate *out)
{
    int64_t num = 0, den = 1;
    int n;
    const char *s = text;
    if (!digits(&s, &num, &n)) return false;
    if (*s == '.') {
        s++;
        if (!digits(&s, &num, &n) || n > 6) return false;
        while (n--) den *= 10;
    } else if (*s == '/') {
        s++;
        den = 0;
        if (!digits(&s, &den, &n)) return false;
    }
    if (*s || num <= 0 || den <= 0 || num > 1000 * den || den > 10 * num) return false;
    int64_t g = gcd(num, den);
    *out = (struct rate){ num / g, den / g };
    return true;
}

int64_t rate_frame_at(struct rate r, int64_t us)
{
    __int128 twice = (__int128)us * r.num * 2 + (__int128)1000000 * r.den;
    return (int64_t)(twice / ((__int128)2000000 * r.den));
}
