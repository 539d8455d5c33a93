/* A sink takes the frames of a film, in order, and leaves one file (or one folder of files) behind.
 *
 *   open     claims what is needed; nothing appears under the final name yet. Sizes and encoders that cannot work are
 *            refused here, before anything is made.
 *   frame    called once for every distinct picture, with the frame number at which it starts; the first number is 0. A
 *            picture that is held is not sent again. `pixels` is valid during the call; `damage` tells the tiles that
 *            differ from the last call (NULL: all of them), and is not looked at for the first picture.
 *   finish   called once, after all frames; the output appears whole under its final name, or not at all. An output
 *            equal to the file already there leaves that file untouched.
 *   close    frees, accepts NULL; without a successful finish before it, everything half-made is removed.
 *
 * Segments: a sink with part_open has no `frame`. It encodes stretches of the film apart, each in any thread, and
 * writes them one after another:
 *
 *   part_open   the stretch is frames first .. first + count - 1. The stretches are fixed by the story, not by the
 *               workers, or the bytes would depend on their number. Safe beside other parts and part_join.
 *   part_frame  like frame; the first picture of a part is always sent, with its number `first`, held or not.
 *   part_end    flushes the encoder, which frees its memory; the coded pictures stay in the part. Same thread.
 *   part_join   in the sink's thread, in the order of the film and without gaps; frees the part, whatever it returns.
 *   part_free   for a part that is not joined; accepts NULL.
 */
#pragma once
#include "base/rate.h"
#include "conf/row.h"
#include "paint/paint.h"

#include <glib.h>

struct style;

/* A film that loops shows its last picture at least this long, so that a viewer sees where it ends. */
enum { SINK_LOOP_HOLD_MS = 1200 };

/* What a sink may need to know of the film; all of it lives until close. */
struct film {
    int width, height;
    struct rate fps;
    int64_t frames;
    const struct style *style;
    const char *title;           /* UTF-8; may be NULL */
    const struct film_chapter { const char *title; int64_t first, frames; } *chapters;
    int n_chapters;
};

struct frame {
    int64_t number;              /* of the film */
    const uint32_t *pixels;      /* width x height, 0xFFRRGGBB */
    const struct damage *damage; /* against the last frame sent to this sink or part; NULL: everything may differ */
    const struct dl *list;       /* NULL where nobody has it: no pixel sink reads it */
};

struct sink_class {
    const char *name;            /* "mp4" */
    const char *const *suffixes; /* ".mp4", NULL-ended; matched at the end of the file name, longest first */
    const char *summary;
    const struct row *rows;      /* options under `video.<name>`, ends with ROW_END; NULL: none */
    size_t options_size;
    bool loops;                  /* GIF, APNG: repeats for ever; see SINK_LOOP_HOLD_MS */
    void *(*open)(const struct film *film, const void *options, const char *path, GError **error);
    bool (*frame)(void *sink, const struct frame *frame, GError **error);
    bool (*finish)(void *sink, GError **error);
    void (*close)(void *sink);
    /* Segmented sinks only. */
    void *(*part_open)(void *sink, int64_t first, int64_t count, GError **error);
    bool (*part_frame)(void *part, const struct frame *frame, GError **error);
    bool (*part_end)(void *part, GError **error);
    bool (*part_join)(void *sink, void *part, GError **error);
    void (*part_free)(void *part);
};

/* All sinks, alphabetical, ending with NULL. */
extern const struct sink_class *const sinks[];
/* By the suffix of a path, upper or lower case; NULL when no sink knows it. ".png" is a sequence and needs a pattern
 * for the frame number, "frames/%05d.png"; a single picture is png_write()'s business. */
const struct sink_class *sink_for_path(const char *path);

#define SINK_ERROR (g_quark_from_static_string("sink"))
/* ENCODER: missing or failed; FILE: cannot be written; SIZE: a picture size that the format cannot hold. */
enum sink_error { SINK_ERROR_ENCODER, SINK_ERROR_FILE, SINK_ERROR_SIZE };
