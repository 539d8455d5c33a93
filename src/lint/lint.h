/* Looking at a whole film before it is drawn: every distinct picture of a take, and what changes between them.
 *
 * Pictures are looked at 30 times a second (or as often as the film has frames), laid out but never painted. A fault of a
 * picture counts when it lasts for LINT_LASTING_US outside of transitions; what passes faster is on its way.
 *
 * Reading times: a caption 60 ms a character and 2 s at least; a title 50 ms and 1.5 s; a number 50 ms and 0.35 s more; a
 * wide character (Chinese, Japanese, Korean) counts as three, being about a syllable.
 */
#pragma once
#include "lint/finding.h"
#include "run/frame.h"

enum { LINT_RATE = 30, LINT_LASTING_US = 400000 };

/* All findings of one take, by time; the caller unrefs. The measurer belongs to the calling thread. */
GArray *lint_film(const struct story *story, const struct take *take, const struct measurer *measurer);
