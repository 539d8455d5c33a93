/* Findings: what a viewer of a film would stumble over, each with its moment, its objects and the line to change. */
#pragma once
#include "base/box.h"

#include <glib.h>
#include <stdint.h>

/* name, and what the rule looks for in one line */
#define LINT_RULES(X) \
    X(OVERLAP,  "overlap",  "Two texts lie on each other, a line crosses a text, or a shape covers one.") \
    X(CUT,      "cut",      "A text or shape is cut by its box, by the edge of the picture, or by an ellipsis where words are lost.") \
    X(MARGIN,   "margin",   "A text leaves the title-safe area.") \
    X(SIZE,     "size",     "A text is smaller than what can be read at this height of picture.") \
    X(CONTRAST, "contrast", "A text stands out too little from what is really under it.") \
    X(VISION,   "vision",   "Two colours of the style cannot be told apart by some viewers.") \
    X(READING,  "reading",  "A caption or title goes before it can be read.") \
    X(MOVING,   "moving",   "A caption changes in the middle of a move.") \
    X(BRIEF,    "brief",    "A number goes before it can be read.") \
    X(FLASH,    "flash",    "Something flashes more than three times in a second.") \
    X(DEAD,     "dead",     "Nothing changes, and everything has long been read.") \
    X(TYPED,    "typed",    "A number that was typed and is no fact.") \
    X(UNKNOWN,  "unknown",  "A value that nobody knows; it is shown as n/a.")

enum lint_rule {
#define X(id, name, help) LINT_##id,
    LINT_RULES(X)
#undef X
    LINT_RULE_COUNT
};

/* A thing on the screen: its scope's name ("chip 3"), its text if it has one, and where it is. Empty name: none. */
struct lint_object { char *name, *text; struct box box; };

struct finding {
    enum lint_rule rule;
    int chapter;              /* index; -1: the whole film or its style */
    int64_t from_us, to_us;   /* time of the film */
    int64_t at_us;            /* when it is worst: the boxes are of that picture */
    struct lint_object a, b;
    char *file; int line;     /* what to change; NULL: not one line of a file */
    char *text;               /* one sentence: what is wrong, with the measures, and what would be accepted */
};

extern const char *const lint_rule_names[LINT_RULE_COUNT], *const lint_rule_help[LINT_RULE_COUNT];

/* A list of findings that owns what is in them. */
GArray *findings_new(void);
/* Takes over the strings of `f`. */
void findings_add(GArray *findings, struct finding f);
