/* From shapes and strings to masks: each rasterised once, whole, in a buffer of its own, so that its pixels cannot
 * depend on where or how often it is painted. */
#pragma once
#include "dl/measure.h"
#include "paint/mask.h"
#include "paint/outline.h"
#include "paint/pixels.h"
#include "paint/round.h"

struct fonts;
struct raster;

struct raster *raster_new(struct fonts *fonts, size_t limit_bytes);
void raster_free(struct raster *r); /* accepts NULL */

/* A mask is valid until the next call. Its origin is the start of the baseline. turn: degrees clockwise. */
const struct mask *raster_text(struct raster *r, struct font font, double turn, const char *text, size_t len);
/* Its origin is the plan's (x, y). */
const struct mask *raster_round(struct raster *r, const struct round_plan *plan);
/* Its origin is the whole pixel (*x, *y), found from the points. An outline larger than the frame is rasterised only
 * where the frame is. */
const struct mask *raster_outline(struct raster *r, const struct outline *o, struct area frame, int *x, int *y);
