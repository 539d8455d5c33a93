/* Words in time: can captions and titles be read, and do they change while something moves? */
#pragma once
#include "lint/finding.h"
#include "run/frame.h"

/* When, after the chapter's start, whoever began with the caption that stands at into_us has read it; 0 without one. */
int64_t captions_read_by(const struct chapter *c, int64_t into_us);

void captions_reading(const struct story *story, GArray *findings);
void captions_moving(const struct story *story, struct framer *framer, GArray *findings);

/* Fills file and line: the cue's text for a caption, the title's line for a title, the chapter's for the rest. */
void captions_find_line(const struct story *story, struct finding *f);
