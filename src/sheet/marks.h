/* A frame with the boxes of findings drawn over it, each with its number. */
#pragma once
#include "dl/dl.h"
#include "lint/finding.h"
#include "style/style.h"

/* `numbers[i]` is written at the boxes of `findings[i]`. Draws into `out` from its beginning. */
void marks_draw(struct dl *out, const struct dl *frame, const struct style *style, const struct measurer *measurer,
                const struct finding *const *findings, const int *numbers, int n);
