/* Masks: coverage of a shape or a string, 0 to 255 a pixel, rasterised once and kept.
 *
 * A store holds masks under byte keys and stays below a limit in bytes: what was not used for longest goes first.
 * A mask is valid until the next mask is added.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

/* A row's columns from <= x < to are not all empty, and full_from <= x < full_to among them are all 255: its
 * longest such run, empty when it is short. */
struct mask_row { int from, full_from, full_to, to; };

struct mask {
    int x, y, w, h;      /* where it lies, relative to its origin */
    int stride;          /* a multiple of 8 */
    uint8_t *cover;      /* h rows */
    struct mask_row *rows;
};

static inline int mask_stride(int w) { return (w + 7) & ~7; }

struct mask_store;

struct mask_store *mask_store_new(size_t limit_bytes);
void mask_store_free(struct mask_store *s); /* accepts NULL */
/* NULL when there is none under this key. */
const struct mask *mask_store_find(struct mask_store *s, const void *key, size_t key_len);
/* A new, empty mask: fill its cover, then call mask_seal(). The key must not be in the store. */
struct mask *mask_store_add(struct mask_store *s, const void *key, size_t key_len, int x, int y, int w, int h);
/* Works out the rows. */
void mask_seal(struct mask *m);
size_t mask_store_bytes(const struct mask_store *s);
