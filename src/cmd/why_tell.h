/* Where facts come from, told as text for people or as JSON. */
#pragma once
#include "sim/fact.h"
#include "view/chrome.h"

/* Where facts live: a book for each of enum book, NULL where there is none, and when its words were said. */
struct books {
    const struct facts *book[BOOK_COUNT];
    int64_t said_us[BOOK_COUNT];
    const char *nowhere; /* said of facts without a scope */
};

/* A fact on the picture: its text as it stands there, and the scope that it stands in ("" where it is not drawn). */
struct shown { int book, fact; const char *where; char *text; };

struct tally { int numbers, words, computed, prose, leaves, unknown; };

/* Each fact with its formula, its values and what is below it, down to the sources; what was told is not told again. */
struct tally why_tell_text(const struct books *books, const GArray *shown, GString *out);
/* "12 numbers; 3 formulas computed again and agree; ..." */
void why_tell_counts(struct tally t, GString *out);
/* A JSON list of the same trees, each of them whole. */
void why_tell_json(const struct books *books, const GArray *shown, GString *out);
/* {"unit":"bytes","value":131072}: one fact without what is below it. */
void why_value_json(const struct fact *v, GString *out);
/* Prints what verbs without a picture show: their own list, or the fact of that id alone. Returns the exit code. */
int why_tell_sheet(const struct books *books, const GArray *shown, const char *id, bool json);
/* The same of all facts of a book. */
int why_tell_book(const struct books *books, const char *id, bool json);
/* Why a fact is unknown: the source of an unknown leaf below it. NULL where it is known. */
const char *why_unknown(const struct facts *book, int fact);
