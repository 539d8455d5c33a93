/* A style is data: a table of colours by role, ramps, sequence colours and fonts. A drawing never names a colour. */
#pragma once
#include "base/color.h"
#include "dl/measure.h"

#define STYLE_ROLES(X) \
    X(bg) X(surface) X(surface2) X(line) X(grid) X(substrate) X(die) X(die_line) X(chip) X(chip_line) X(chip2) \
    X(chip2_line) X(rail_done) X(rail_todo) X(text) X(text2) X(text3) X(accent) X(query_ink) X(key_ink) X(value_ink) \
    X(attention_ink) X(new_ink) X(recomputed_ink) X(weights_ink) X(warning_ink) X(critical_ink) X(query) X(key) \
    X(value) X(attention) X(output) X(new_fill) X(new_line) X(cached_line) X(recomputed) X(weights) X(saved) X(warning) \
    X(critical)

enum style_ramp { RAMP_QUERY, RAMP_KEY, RAMP_VALUE, RAMP_OUTPUT, RAMP_ATTENTION, STYLE_RAMP_COUNT };
enum { STYLE_RAMP_STOPS = 5, STYLE_SEQUENCES = 8 };

struct ramp { int n; struct rgba stops[STYLE_RAMP_STOPS]; };

struct style {
    char *name, *summary, *inherit; /* inherit: the style or file that it is laid over; NULL: none */
    char *file;        /* where it was read; NULL: nowhere */
#define X(role) struct rgba role;
    STYLE_ROLES(X)
#undef X
    struct ramp ramps[STYLE_RAMP_COUNT];
    bool ramp_jump;    /* the attention ramp has two halves with a jump between them */
    struct rgba sequences[STYLE_SEQUENCES];
    double kept_alpha; /* strength of a kept column over the background */
    double next_tint;  /* strength of new_fill inside the sampled-next chip; 0 for none */
    bool sequence_border, sequence_slash; /* print: outlined cells, and a slash from E on */
    char *families[FONT_FAMILY_COUNT];
    /* What the style promises, held by lint/style.h: the least contrast of text, and Q, K and V that differ in grey. */
    double text_contrast;
    bool grey_safe;
};

/* Evenly spaced stops, linear between them; t is clamped to [0, 1]. */
struct rgba style_ramp(const struct style *s, enum style_ramp ramp, double t);
/* An ink made quiet: mixed into the opaque `under`, of which 1 - t shows, but never so far that the text stands out less
 * than the style promises. */
struct rgba style_quiet(const struct style *s, struct rgba ink, struct rgba under, double t);
/* The slash on a cell of this colour. */
struct rgba style_slash(const struct style *s, struct rgba cell);
/* Sequence colour by order of arrival; wraps after eight. */
struct rgba style_sequence(const struct style *s, int index);
