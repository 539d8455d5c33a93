/* Where facts come from, told as text for people or as JSON. */
#pragma once
#include "run/frame.h"

struct diags;

/* A fact on the picture: its text as it stands there, and the scope that it stands in ("" where it is not drawn). */
struct shown { int book, fact; const char *where; char *text; };

struct tally { int numbers, words, computed, prose, leaves, unknown; };

/* Each fact with its formula, its values and what is below it, down to the sources; what was told is not told again. */
struct tally why_tell_text(const struct framer *f, const GArray *shown, GString *out);
/* A JSON list of the same trees, each of them whole. */
void why_tell_json(const struct framer *f, const GArray *shown, GString *out);
/* Why a fact is unknown: the source of an unknown leaf below it. NULL where it is known. */
const char *why_unknown(const struct facts *book, int fact);
