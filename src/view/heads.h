/* All heads of the model over one text: small triangles, layer by row and head by column, what some of them do by
 * measurement, and one of them from near. */
#pragma once
#include "view/view.h"

struct heads_options {
    struct texts roles;  /* told one after another */
    struct pick head;    /* the one that is seen from near: the best in a role, or a number; 0: the run's */
    int64_t layer;       /* of that head; 0: where the role's best is, or the run's */
    int64_t step;        /* the pass whose newest token looks back: 0 the prompt's, or a decode step */
};

extern const struct view view_heads;
