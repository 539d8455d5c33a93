/* Progress of long work on standard error: a bar on a terminal, a line now and then elsewhere, JSON lines for machines. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum progress_kind { PROGRESS_NONE, PROGRESS_BAR, PROGRESS_LINES, PROGRESS_JSON };

/* what: the things that are done, "frames"; rate: so many of them a second, "fps" or "stories a second". */
struct progress { enum progress_kind kind; double last; int columns; const char *what, *rate; };

/* Of frames, unless the caller changes that. What fits: none when quiet, else by --json and by whether standard error is a terminal. */
struct progress progress_for(bool quiet, bool json);
void progress_show(struct progress *p, int64_t done, int64_t total, double seconds);
/* Takes the bar away. */
void progress_end(struct progress *p);
