/* The model's run of a story that is being opened. */
#pragma once
#include "scene/story.h"

/* Whether a chapter shows the run: its view needs one, or uses one and the scene has a `run`. */
bool story_wants_run(const struct story *s, const struct chapter *c);
/* Fills the story's lm, trace and heads if a chapter wants them. Its scene and chapters have been read; where diags say
 * why, trace stays NULL. */
void story_open_run(struct story *s, const struct story_options *options, struct diags *diags);
