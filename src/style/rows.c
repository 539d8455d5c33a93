/* A style file key by key. The roles come from the one list in style.h. */
#include "style/rows.h"

#define ROLE_ROW(role) ROW_COLOR(struct style, role, #role, .help = "Colour of the role " #role ".", .example = "\"#0A0F1E\""),

const struct row style_rows[] = {
    ROW_TEXT(struct style, name, "name", .help = "Name of the style.", .example = "\"midnight\""),
    ROW_TEXT(struct style, summary, "summary", .help = "What the style is for, in a few words.", .example = "\"dark, for video\""),
    ROW_TEXT(struct style, inherit, "inherit", .optional = true, .help = "A style, or a .cfg file beside this one, whose keys hold where this file says nothing; name and summary are its own.", .example = "\"midnight\""),
    STYLE_ROLES(ROLE_ROW)
    ROW_REAL(struct style, kept_alpha, "kept_alpha", .def = "0.6", .min = 0.1, .max = 1, .help = "Strength of a kept K or V column over the background."),
    ROW_REAL(struct style, next_tint, "next_tint", .def = "0.0", .min = 0, .max = 1, .help = "Strength of new_fill inside the chip of the sampled next token."),
    ROW_BOOL(struct style, ramp_jump, "ramp_jump", .def = "false", .help = "The attention ramp has two halves with a jump between them."),
    ROW_BOOL(struct style, sequence_border, "sequence_border", .def = "false", .help = "Outline every cell of a sequence."),
    ROW_BOOL(struct style, sequence_slash, "sequence_slash", .def = "false", .help = "Mark sequences E to H with a slash."),
    ROW_REAL(struct style, text_contrast, "text_contrast", .def = "4.5", .min = 4.5, .max = 21, .help = "Promise: every text has at least this contrast (WCAG 2: 4.5 is level AA, the least that a style may promise; 7 is AAA)."),
    ROW_BOOL(struct style, grey_safe, "grey_safe", .def = "false", .help = "Promise: Q, K and V can be told apart when printed in grey."),
    ROW_TEXT(struct style, families[FONT_WORDS], "font_words", .def = "Inter", .help = "Font family for words."),
    ROW_TEXT(struct style, families[FONT_DISPLAY], "font_display", .def = "Inter Display", .help = "Font family for titles and large numbers."),
    ROW_TEXT(struct style, families[FONT_MONO], "font_mono", .def = "JetBrains Mono", .help = "Font family for tokens, formulas and columns of numbers."),
    ROW_END
};

#define RAMP_HELP .min = 2, .max = STYLE_RAMP_STOPS, .help = "Stops of the ramp, dark to strong, evenly spaced.", .example = "[\"#162647\", \"#4F8DFF\"]"

const struct row style_list_rows[] = {
    ROW_COLORS(struct style_lists, ramps[RAMP_QUERY], "ramp_query", RAMP_HELP),
    ROW_COLORS(struct style_lists, ramps[RAMP_KEY], "ramp_key", RAMP_HELP),
    ROW_COLORS(struct style_lists, ramps[RAMP_VALUE], "ramp_value", RAMP_HELP),
    ROW_COLORS(struct style_lists, ramps[RAMP_OUTPUT], "ramp_output", RAMP_HELP),
    ROW_COLORS(struct style_lists, ramps[RAMP_ATTENTION], "ramp_attention", RAMP_HELP),
    ROW_COLORS(struct style_lists, sequences, "sequences", .min = STYLE_SEQUENCES, .max = STYLE_SEQUENCES, .help = "Colours of sequences A to H of a batch."),
    ROW_END
};

const char *style_take_lists(struct style *s, const struct style_lists *lists)
{
    if (s->ramp_jump && lists->ramps[RAMP_ATTENTION].n != 4)
        return "ramp_jump is true, so ramp_attention must have 4 colours, two for each half.";
    for (int i = 0; i < STYLE_RAMP_COUNT; i++) {
        const struct colors *c = &lists->ramps[i];
        s->ramps[i].n = (int)c->n;
        for (size_t k = 0; k < c->n; k++) s->ramps[i].stops[k] = c->items[k];
    }
    for (int i = 0; i < STYLE_SEQUENCES; i++) s->sequences[i] = lists->sequences.items[i];
    return NULL;
}
