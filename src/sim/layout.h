/* Which layers keep what: a model's cache as a list of streams (struct stream in sim/catalog.h).
 *
 * Most models follow from their plain keys: full layers, windowed layers, latent ones. Others say it stream by stream
 * (`caches` in the catalog): second head widths, indexer keys, compressed streams, chunks, recurrent states, layers
 * that borrow another's cache and so keep none of their own.
 */
#pragma once
#include "sim/catalog.h"
#include "sim/format.h"

#include <stdbool.h>

enum { CACHE_MOST_STREAMS = 8 };

struct layout {
    struct stream streams[CACHE_MOST_STREAMS]; /* their texts belong to the model, or are literals */
    int n;              /* -1: the model does not say which of its layers keep what */
    bool derived;       /* from the plain keys, not from `caches` */
};

/* A model that names no kind of layer and no window is a plain transformer: each of its layers is a full one. */
struct layout layout_of(const struct model *m);

/* Numbers in one entry; -1 unknown. */
int64_t stream_numbers(const struct stream *s);
/* Entries that one layer holds room for when so many tokens (0 or more) have gone through it: of a chunk its fullest
 * moment so far, of a state one. Never falls as tokens grow. -1 when the span is unknown. */
int64_t stream_entries(const struct stream *s, int64_t tokens);
/* Whether the next token takes the place of an older one: a window or chunk without a free entry. */
bool stream_is_full(const struct stream *s, int64_t tokens);
/* The format of its numbers when the cache has format f. */
struct format stream_format(const struct stream *s, struct format f);
/* Scales, and bits with scales, in one entry. */
int64_t stream_scales(const struct stream *s, const struct format *f);
int64_t stream_entry_bits(const struct stream *s, const struct format *f);
/* Bytes of all its layers, a part of a byte counted whole; -1 unknown or beyond 64 bits. */
int64_t stream_bytes(const struct stream *s, const struct format *f, int64_t tokens);
/* stream_bytes() by counting token after token and number after number; for tests, slow. */
int64_t stream_bytes_counted(const struct stream *s, const struct format *f, int64_t tokens);
/* Bytes that the next token adds while no window is full, a part of a byte counted whole: of entries that several
 * tokens share the average, of a state none. -1 unknown or beyond 64 bits. */
int64_t stream_bytes_per_token(const struct stream *s, const struct format *f);
/* The same after so many tokens: nothing where it is full. */
int64_t stream_bytes_next(const struct stream *s, const struct format *f, int64_t tokens);
