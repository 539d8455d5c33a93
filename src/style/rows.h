/* The keys of a style file. Ramps and sequence colours are lists in the file and arrays in the style, so they are read
 * into a struct of their own and taken over by style_take_lists(). */
#pragma once
#include "conf/row.h"
#include "style/style.h"

struct style_lists { struct colors ramps[STYLE_RAMP_COUNT], sequences; };

extern const struct row style_rows[];      /* struct style */
extern const struct row style_list_rows[]; /* struct style_lists */

/* Takes over lists that conf_fill() found right. NULL, or in a sentence what is wrong with the attention ramp. */
const char *style_take_lists(struct style *s, const struct style_lists *lists);
