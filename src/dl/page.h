/* A page: a list that shows other lists, each scaled into a box of it. A contact sheet is some pages. */
#pragma once
#include "dl/dl.h"

/* box: whole pixels of the page, of the list's proportions; on top of the page's own ops. */
struct dl_inset { const struct dl *list; struct box box; };

struct dl_page { struct dl *list; GArray *insets; /* struct dl_inset */ };
