/* One table for the language: a row describes one key, beside the struct field that it fills.
 *
 *     struct video { struct rate fps; int64_t crf; char *size; };
 *     static const struct row video_rows[] = {
 *         ROW_RATE(struct video, fps, "fps", .def = "60", .help = "Frames per second.", .example = "30000/1001"),
 *         ROW_INT(struct video, crf, "crf", .def = "18", .min = 0, .max = 51, .help = "x264's constant rate factor."),
 *         ROW_END
 *     };
 *
 * The field's C type is checked against the row's kind when this compiles. Reader, defaults, bounds, did-you-mean,
 * overrides (--video.fps 24), help, manual, completion and the starter scene all walk these rows.
 */
#pragma once
#include "base/color.h"
#include "base/list.h"
#include "base/rate.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum row_kind {
    ROW_KIND_END, ROW_KIND_BOOL, ROW_KIND_INT, ROW_KIND_REAL, ROW_KIND_TEXT, ROW_KIND_CHOICE, ROW_KIND_PICK, ROW_KIND_RATE,
    ROW_KIND_TIME, ROW_KIND_COUNT, ROW_KIND_BYTES, ROW_KIND_BYTE_RATE, ROW_KIND_COLOR, ROW_KIND_TEXTS, ROW_KIND_COLORS,
    ROW_KIND_GROUP, ROW_KIND_LIST,
};

/* Where a value stood in its file, with lines from 1. Line 0: the whole file, or an override ("--video.fps"). */
struct place { const char *file; int line; };

/* Texts (base/list.h) and colours are written ["a", "b"], lists of groups ( {...}, {...} ). */
struct colors { struct rgba *items; size_t n; };
/* One of many, by its number or by a word that says which. */
struct pick { int64_t number, word; /* the word's place in the row's choices, from 1; 0: the number holds */ };

struct row {
    const char *key;
    enum row_kind kind;
    size_t offset;
    const char *def;      /* default as on the command line (no quotes, arrays with commas); NULL: required, except that
                           * TEXTS, COLORS and LIST are then empty and a GROUP gets the defaults of its rows */
    bool optional;        /* may be left out although def is NULL; the field is then zeroed and NULL. A GROUP that may
                           * be left out does not miss its required keys when it is absent */
    double min, max;      /* bounds; both 0: none; max below min or INFINITY: no upper one. TIME in seconds, RATE in
                           * frames per second; for TEXTS, COLORS and LIST the number of items */
    const char *unit;     /* of an INT, REAL or COUNT, for people: "tokens", "pixels" */
    const char *const *choices; /* CHOICE: NULL-ended, the field gets the index; PICK: the words beside numbers */
    const char *help;     /* one sentence */
    const char *example;  /* a value, as it stands in a file or on the command line: "80 GB" or 80 GB */
    const struct row *rows; /* GROUP and LIST */
    size_t size;          /* LIST: bytes of one item */
};

#define ROW_FIELD(T, field, ctype) \
    .offset = offsetof(T, field) + 0 * sizeof(char[_Generic(((T *)0)->field, ctype: 1, default: -1)])

#define ROW_BOOL(T, f, k, ...)  { .key = k, .kind = ROW_KIND_BOOL, ROW_FIELD(T, f, bool), __VA_ARGS__ }
#define ROW_INT(T, f, k, ...)   { .key = k, .kind = ROW_KIND_INT, ROW_FIELD(T, f, int64_t), __VA_ARGS__ }
#define ROW_REAL(T, f, k, ...)  { .key = k, .kind = ROW_KIND_REAL, ROW_FIELD(T, f, double), __VA_ARGS__ }
#define ROW_TEXT(T, f, k, ...)  { .key = k, .kind = ROW_KIND_TEXT, ROW_FIELD(T, f, char *), __VA_ARGS__ }
#define ROW_CHOICE(T, f, k, ...) { .key = k, .kind = ROW_KIND_CHOICE, ROW_FIELD(T, f, int), __VA_ARGS__ }
/* head = 3 or head = "reference"; min and max bound the number */
#define ROW_PICK(T, f, k, ...)  { .key = k, .kind = ROW_KIND_PICK, ROW_FIELD(T, f, struct pick), __VA_ARGS__ }
#define ROW_RATE(T, f, k, ...)  { .key = k, .kind = ROW_KIND_RATE, ROW_FIELD(T, f, struct rate), __VA_ARGS__ }
/* whole microseconds; a number of seconds, or text with a unit */
#define ROW_TIME(T, f, k, ...)  { .key = k, .kind = ROW_KIND_TIME, ROW_FIELD(T, f, int64_t), __VA_ARGS__ }
#define ROW_COUNT(T, f, k, ...) { .key = k, .kind = ROW_KIND_COUNT, ROW_FIELD(T, f, int64_t), __VA_ARGS__ }
#define ROW_BYTES(T, f, k, ...) { .key = k, .kind = ROW_KIND_BYTES, ROW_FIELD(T, f, int64_t), __VA_ARGS__ }
#define ROW_BYTE_RATE(T, f, k, ...) { .key = k, .kind = ROW_KIND_BYTE_RATE, ROW_FIELD(T, f, int64_t), __VA_ARGS__ }
#define ROW_COLOR(T, f, k, ...) { .key = k, .kind = ROW_KIND_COLOR, ROW_FIELD(T, f, struct rgba), __VA_ARGS__ }
#define ROW_TEXTS(T, f, k, ...) { .key = k, .kind = ROW_KIND_TEXTS, ROW_FIELD(T, f, struct texts), __VA_ARGS__ }
#define ROW_COLORS(T, f, k, ...) { .key = k, .kind = ROW_KIND_COLORS, ROW_FIELD(T, f, struct colors), __VA_ARGS__ }
#define ROW_GROUP(T, f, k, sub, ...) \
    { .key = k, .kind = ROW_KIND_GROUP, .offset = offsetof(T, f), .rows = sub, __VA_ARGS__ }
#define ROW_LIST(T, f, k, item, sub, ...) \
    { .key = k, .kind = ROW_KIND_LIST, ROW_FIELD(T, f, struct list), .rows = sub, .size = sizeof(item), __VA_ARGS__ }
#define ROW_END { .kind = ROW_KIND_END }
