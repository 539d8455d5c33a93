/* What changes from picture to picture: numbers that go too soon, flashes, and long stretches of nothing. */
#pragma once
#include "dl/dl.h"
#include "lint/finding.h"
#include "scene/story.h"

struct changes;

struct changes *changes_new(const struct story *story, GArray *findings);
void changes_free(struct changes *m);
/* The picture from `us` on. in_transition: the list is between two chapters. */
void changes_see(struct changes *m, const struct dl *dl, int64_t us, int chapter, bool in_transition);
/* The film ends. */
void changes_end(struct changes *m, int64_t us);
