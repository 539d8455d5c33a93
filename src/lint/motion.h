/* What changes from picture to picture: numbers that go too soon, flashes, and long stretches of nothing. */
#pragma once
#include "dl/dl.h"
#include "lint/finding.h"
#include "scene/story.h"

struct motion;

struct motion *motion_new(const struct story *story, GArray *findings);
void motion_free(struct motion *m);
/* The picture from `us` on. in_transition: the list is between two chapters. */
void motion_see(struct motion *m, const struct dl *dl, int64_t us, int chapter, bool in_transition);
/* The film ends. */
void motion_end(struct motion *m, int64_t us);
