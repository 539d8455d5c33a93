/* Characters that no font can show are found before anything is drawn: a box on the screen would be a wrong film. */
#pragma once
#include "cmd/outputs.h"

/* Adds a mistake for every text of the scene, its captions, titles, names and tokens, that has such a character. False and
 * error when the fonts themselves are missing. */
bool glyphs_check(const struct story *story, const struct style *style, struct diags *diags, GError **error);
