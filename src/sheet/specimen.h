/* A specimen sheet: everything that a style is made of, on one page, with what can be measured beside it.
 *
 *     dl_begin(dl, SPECIMEN_WIDTH, SPECIMEN_HEIGHT, style->bg, NULL, measurer);
 *     specimen_draw(dl, style, findings);
 */
#pragma once
#include "dl/dl.h"
#include "lint/finding.h"
#include "style/style.h"

enum { SPECIMEN_WIDTH = 1920, SPECIMEN_HEIGHT = 1748 };

/* findings: what is wrong with the style (lint/style.h); the sheet ends with them, or says that there are none. */
void specimen_draw(struct dl *dl, const struct style *s, const GArray *findings);
