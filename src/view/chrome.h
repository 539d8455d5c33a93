/* What stands around every picture: header, caption and progress rail. */
#pragma once
#include "view/canvas.h"

struct chrome {
    int number;              /* of the chapter, from 1 */
    const char *name;        /* "Prefill" */
    const char *title, *provenance, *state, *caption; /* templates; NULL: none */
    double title_alpha, caption_alpha;
    /* Title and caption stand still: their facts are those of the moment at which they were said. */
    struct facts *title_facts, *caption_facts;
    const char *const *rail; /* one word a chapter */
    int n_rail;              /* 0: no rail */
    double progress;         /* of this chapter, 0 to 1 */
};

enum { BOOK_NOW, BOOK_TITLE, BOOK_CAPTION, BOOK_COUNT }; /* as kept in the list's texts */

void chrome_draw(const struct canvas *c, const struct chrome *chrome);
