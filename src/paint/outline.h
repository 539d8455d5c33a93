/* Outlines as Cairo wants them: of a path op, and of the dashed border of a rectangle. */
#pragma once
#include "dl/dl.h"

#include <cairo.h>

struct outline {
    const char *verbs;
    const struct dl_point *points;
    uint32_t n_verbs, n_points;
    double width, dash_on, dash_off; /* width 0: filled */
    bool butt;                       /* dashes end square: a rectangle's border; otherwise round */
};

/* A rounded rectangle takes at most this many points. */
enum { OUTLINE_RECT_POINTS = 17 };

struct outline outline_of_fill(const struct dl *list, const struct dl_path *path);
struct outline outline_of_stroke(const struct dl *list, const struct dl_path *path);
/* The border of a rect op; `points` gives the room. */
struct outline outline_of_rect(const struct dl_rect *rect, struct dl_point points[OUTLINE_RECT_POINTS]);
/* Adds the outline, moved by (dx, dy), to Cairo's path. */
void outline_trace(const struct outline *o, cairo_t *cr, double dx, double dy);
/* Sets width, dashes, caps and joins. */
void outline_set_stroke(const struct outline *o, cairo_t *cr);
