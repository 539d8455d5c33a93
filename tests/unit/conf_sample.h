/* A small language with every kind of row, for the tests and the fuzzer of conf. */
#pragma once

#include "conf/conf.h"

#include <math.h>

struct mp4 { int64_t crf; int preset; bool fast_start; };
struct video { struct rate fps; char *size; struct mp4 mp4; };
struct chapter { char *id; int view; int64_t hold; struct texts marks; };
struct owner { char *name; };
struct sample {
    char *title, *subtitle;
    struct video video;
    struct list chapters;
    int64_t seed, context, memory, bandwidth;
    double alpha, gain;
    bool loop;
    struct rgba accent;
    struct texts tags;
    struct colors ramp;
    struct owner owner;
};

static const char *const sample_views[] = { "compare", "decode", "memory", "prefill", NULL };
static const char *const sample_presets[] = { "fast", "medium", "slow", NULL };

static const struct row mp4_rows[] = {
    ROW_INT(struct mp4, crf, "crf", .def = "18", .min = 0, .max = 51, .help = "x264's constant rate factor."),
    ROW_CHOICE(struct mp4, preset, "preset", .def = "medium", .choices = sample_presets,
               .help = "How long x264 may search; slower presets make smaller files."),
    ROW_BOOL(struct mp4, fast_start, "fast_start", .def = "true", .help = "Puts the index at the front."),
    ROW_END
};
static const struct row video_rows[] = {
    ROW_RATE(struct video, fps, "fps", .def = "60", .min = 1, .max = 240, .help = "Frames per second.",
             .example = "30000/1001"),
    ROW_TEXT(struct video, size, "size", .def = "1920x1080", .help = "Width and height in pixels.",
             .example = "\"1280x720\""),
    ROW_GROUP(struct video, mp4, "mp4", mp4_rows, .help = "What the MP4 encoder does."),
    ROW_END
};
static const struct row chapter_rows[] = {
    ROW_TEXT(struct chapter, id, "id", .optional = true, .help = "A name for the command line.", .example = "intro"),
    ROW_CHOICE(struct chapter, view, "view", .choices = sample_views, .help = "What the chapter shows.",
               .example = "decode"),
    ROW_TIME(struct chapter, hold, "hold", .def = "2.5", .min = 0.1, .max = 60,
             .help = "How long its last picture stays."),
    ROW_TEXTS(struct chapter, marks, "marks", .max = 3, .min = 0, .help = "Words on the rail."),
    ROW_END
};
static const struct row owner_rows[] = {
    ROW_TEXT(struct owner, name, "name", .help = "Who made the film.", .example = "Ada"),
    ROW_END
};
static const struct row sample_rows[] = {
    ROW_TEXT(struct sample, title, "title", .help = "What the film is called.", .example = "A walk through the cache"),
    ROW_TEXT(struct sample, subtitle, "subtitle", .optional = true, .help = "A second line."),
    ROW_GROUP(struct sample, video, "video", video_rows, .help = "The picture's size and rate."),
    ROW_LIST(struct sample, chapters, "chapters", struct chapter, chapter_rows, .min = 1, .max = 4,
             .help = "The chapters in their order."),
    ROW_INT(struct sample, seed, "seed", .def = "7", .help = "Start of the random numbers."),
    ROW_COUNT(struct sample, context, "context", .def = "4096", .min = 1, .unit = "tokens", .help = "Context length.",
              .example = "128Ki"),
    ROW_BYTES(struct sample, memory, "memory", .def = "80 GB", .min = 1e9, .max = 1e12,
              .help = "Memory of the device."),
    ROW_BYTE_RATE(struct sample, bandwidth, "bandwidth", .def = "3.35 TB/s", .help = "Memory bandwidth."),
    ROW_REAL(struct sample, alpha, "alpha", .def = "0.5", .min = 0, .max = 1, .help = "Strength of what is kept."),
    ROW_REAL(struct sample, gain, "gain", .def = "1", .max = INFINITY, .unit = "decibels", .help = "Gain."),
    ROW_BOOL(struct sample, loop, "loop", .def = "false", .help = "Starts again at the end."),
    ROW_COLOR(struct sample, accent, "accent", .def = "#1E90FF", .help = "Colour of what is new."),
    ROW_TEXTS(struct sample, tags, "tags", .def = "cache, film", .help = "Words to find it by.",
              .example = "[\"a\", \"b c\"]"),
    ROW_COLORS(struct sample, ramp, "ramp", .def = "#000000, #FFFFFF", .min = 2, .max = 5, .help = "Dark to light."),
    ROW_GROUP(struct sample, owner, "owner", owner_rows, .optional = true, .help = "Who made it."),
    ROW_END
};
