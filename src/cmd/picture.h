/* One display list as one picture file: what `still` and `list styles --picture` write. */
#pragma once
#include "dl/dl.h"
#include "paint/paint.h"

/* Does the name end in .png, .svg or .pdf? */
bool picture_can_write(const char *path);
/* By the suffix; nothing half-written stays under the name. */
bool picture_write(struct fonts *fonts, const struct dl *list, const char *path, GError **error);
