/* Rendering a story into outputs: one pass over the film for all outputs that are drawn alike.
 *
 * Work is cut into jobs by the story alone (segments of at most SEGMENT_SECONDS that never cross a chapter's border), so
 * that any number of threads gives the same bytes. Sinks that can take parts get one part a segment; the others get all
 * frames in order from one job.
 */
#pragma once
#include "run/frame.h"
#include "sink/sink.h"

#include <glib.h>
#include <signal.h>

struct render_output { const struct sink_class *sink; const void *options; const char *path; struct take take; };

struct render_report {
    int64_t frames;          /* of all films drawn (one for each distinct take), repeats included */
    int64_t pictures;        /* frames that differ from the one before: painted, converted and sent */
    int64_t tiles, tiles_painted; /* of the pictures: all tiles, and those repainted */
    double seconds;
};

struct render_options {
    int threads;                     /* 0: one for each processor */
    const volatile sig_atomic_t *stop; /* nonzero: give up, leave nothing behind; may be NULL */
    /* Called now and then from the calling thread; may be NULL. */
    void (*progress)(void *self, int64_t done, int64_t total, double seconds);
    void *self;
};

#define RENDER_ERROR (g_quark_from_static_string("render"))
enum render_error { RENDER_ERROR_STOPPED };

/* All outputs appear, or (on error) none that was not finished. */
bool render(const struct story *story, const struct render_output *outputs, int n_outputs,
            const struct render_options *options, struct render_report *report, GError **error);
