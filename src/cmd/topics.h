/* The language as topics: every group of rows under the name by which people ask for it. One list for help, the manual,
 * completion and the fuzz dictionary. */
#pragma once
#include "conf/row.h"

#include <glib.h>

struct view;

struct topic {
    char *key;             /* "video", "chapters", "chapters.cues", "video.mp4", "decode" */
    const char *summary;
    const struct row *rows; /* NULL: none */
    const struct view *view; /* of a view's topic */
};

GArray *topics_all(void); /* of struct topic; free with topics_free() */
void topics_free(GArray *topics);
