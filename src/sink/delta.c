/* The changed rectangle. Damage says which tiles were repainted, which is more than what differs: a shape that moves
 * under another one repaints tiles and changes nothing. So the tiles only bound the search and the pixels decide. */
#include "sink/delta.h"

#include <string.h>

/* Smallest pixel rectangle around the changed tiles; w = 0 when there is none. */
static struct patch around_tiles(const struct damage *d, int width, int height)
{
    int left = d->cols, right = -1, top = d->rows, bottom = -1;
    for (int row = 0; row < d->rows; row++)
        for (int col = 0; col < d->cols; col++)
            if (d->changed[row * d->cols + col]) {
                left = MIN(left, col);
                right = MAX(right, col);
                top = MIN(top, row);
                bottom = row;
            }
    if (right < 0) return (struct patch){ 0 };
    int x = left * DAMAGE_TILE, y = top * DAMAGE_TILE;
    int end_x = MIN(width, (right + 1) * DAMAGE_TILE), end_y = MIN(height, (bottom + 1) * DAMAGE_TILE);
    return (struct patch){ x, y, end_x - x, end_y - y };
}

bool delta_find(const uint32_t *before, const uint32_t *now, int width, int height, const struct damage *damage,
                struct patch *out)
{
    struct patch search = damage ? around_tiles(damage, width, height) : (struct patch){ 0, 0, width, height };
    int left = width, right = -1, top = -1, bottom = -1;
    for (int y = search.y; y < search.y + search.h; y++) {
        const uint32_t *a = before + (size_t)y * (size_t)width, *b = now + (size_t)y * (size_t)width;
        if (!memcmp(a + search.x, b + search.x, (size_t)search.w * sizeof *a)) continue;
        int first = search.x, last = search.x + search.w - 1;
        while (a[first] == b[first]) first++;
        while (a[last] == b[last]) last--;
        left = MIN(left, first);
        right = MAX(right, last);
        if (top < 0) top = y;
        bottom = y;
    }
    if (right < 0) return false;
    *out = (struct patch){ left, top, right - left + 1, bottom - top + 1 };
    return true;
}

void delta_copy(uint32_t *to, const uint32_t *from, int width, struct patch p)
{
    for (int y = p.y; y < p.y + p.h; y++) {
        size_t at = (size_t)y * (size_t)width + (size_t)p.x;
        memcpy(to + at, from + at, (size_t)p.w * sizeof *to);
    }
}
