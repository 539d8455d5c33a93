/* Optimal string alignment distance over lower-cased bytes, bounded: words here are keys and names, not texts. */
#include "base/suggest.h"

#include <glib.h>

enum { LONGEST = 63 };

static int distance(const char *a, const char *b)
{
    int n = (int)MIN(strlen(a), LONGEST), m = (int)MIN(strlen(b), LONGEST);
    int d[LONGEST + 1][LONGEST + 1];
    for (int i = 0; i <= n; i++) d[i][0] = i;
    for (int j = 0; j <= m; j++) d[0][j] = j;
    for (int i = 1; i <= n; i++)
        for (int j = 1; j <= m; j++) {
            char x = g_ascii_tolower(a[i - 1]), y = g_ascii_tolower(b[j - 1]);
            int best = MIN(d[i - 1][j], d[i][j - 1]) + 1;
            best = MIN(best, d[i - 1][j - 1] + (x != y));
            if (i > 1 && j > 1 && x == g_ascii_tolower(b[j - 2]) && g_ascii_tolower(a[i - 2]) == y)
                best = MIN(best, d[i - 2][j - 2] + 1);
            d[i][j] = best;
        }
    return d[n][m];
}

const char *suggest(const char *word, const char *const *candidates)
{
    const char *best = NULL;
    int limit = (int)strlen(word) / 3 + 1, nearest = limit + 1;
    for (; *candidates; candidates++) {
        int far = distance(word, *candidates);
        /* "gpt2" for "gpt2-124m": a word that was only begun is nearest of all. */
        if (strlen(word) >= 3 && g_ascii_strncasecmp(word, *candidates, strlen(word)) == 0) far = 0;
        if (far < nearest) { nearest = far; best = *candidates; }
    }
    return best;
}
