/* What a view draws on: a list, a style, the facts of the moment, and a box in one of four plans.
 *
 * Design units: the boards' pixels. One unit is one pixel at 1920 x 1080 (wide), at 1080 x 1080 (square), at 1080 x 1920
 * (tall) and at 640 x 360 (small, for what is less than two thirds of wide or square). px() turns units into whole device pixels. Views lay
 * themselves out in the box that they get; nothing is scaled as a whole.
 */
#pragma once
#include "base/box.h"
#include "dl/dl.h"
#include "sim/fact.h"
#include "style/style.h"

enum plan { PLAN_WIDE, PLAN_SQUARE, PLAN_TALL, PLAN_SMALL, PLAN_COUNT };

struct canvas {
    struct dl *dl;
    const struct style *style;
    struct facts *facts;   /* the book of this moment */
    int width, height;
    enum plan plan;
    double unit;           /* device pixels per design unit */
    struct box safe;       /* title-safe area of the frame */
    struct box stage;      /* where the picture goes: under the header, above the caption */
    bool reduced;          /* reduced motion: `now` is a rest of the view, and nothing runs along a path */
};

/* Fills plan, unit, safe and stage from the size. */
void canvas_set_size(struct canvas *c, int width, int height);

/* Whether a picture of this size can be read; the smallest of its shape that can. */
bool canvas_size_readable(int width, int height, int *least_width, int *least_height);

/* Design units to whole device pixels. */
double px(const struct canvas *c, double units);

/* Sizes per plan are those of the type table; none falls below the plan's minimum. */
enum text_role {
    TEXT_TITLE, TEXT_CAPTION, TEXT_HERO, TEXT_CHAPTER, TEXT_HEADING, TEXT_BAND, TEXT_LABEL, TEXT_SMALL, TEXT_CHIP,
    TEXT_COLUMN, TEXT_CELL, TEXT_FORMULA, TEXT_SUB, TEXT_ROLE_COUNT,
};
struct font canvas_font(const struct canvas *c, enum text_role role);
/* The same in another weight (400 to 700) or family. */
struct font font_weight(struct font f, int weight);
struct font font_family(struct font f, enum font_family family);

double canvas_width(const struct canvas *c, struct font f, const char *text);
/* Baseline that centres capitals of this font on y. */
double canvas_baseline(const struct canvas *c, struct font f, double y);

/* A token cut with an ellipsis to at most `chars` characters of a fixed-width font, wide ones counted twice and marks kept
 * with their letters: in its middle, or behind the last word that fits if it has several. buf gets the result. */
const char *token_cut(const char *text, int chars, char *buf, size_t size);

/* A number that only this picture has, such as a row's: the leaf "id.number" of the moment's book. Returns the fact. */
int canvas_count(const struct canvas *c, const char *id, int number, int64_t value, const char *source);

/* --- templates: texts with facts in them, "{kv.bytes_total:GiB} on one {device.name}" ----------------------------------- */

/* Draws a template's lines, the first at baseline y, wrapped at max_width: at most max_lines, the last of which ends in an
 * ellipsis of its own, with DL_CUT for its fact, where words have no room. Lines break at spaces and between Chinese or
 * Japanese characters, and anywhere between two signs in what is wider than a line. Facts are looked up in c->facts; an
 * unknown id is drawn as "n/a". Returns the number of lines.
 * align: 0 left at x, 1 right at x. A template whose first letter runs from right to left is set so, and ends at the right
 * edge, x + max_width. */
int canvas_template(const struct canvas *c, double x, double y, struct font f, struct rgba color, const char *text,
                    double max_width, int max_lines, double line_pitch, int align);
/* Whether that takes no more than max_lines, none of them cut. */
bool canvas_template_fits(const struct canvas *c, struct font f, const char *text, double max_width, int max_lines);
/* The font in the largest size, from its own down to that of small texts, at which one line of `room` holds the template. */
struct font canvas_font_fitting(const struct canvas *c, struct font f, const char *text, double room);
/* The first of some ways to say a thing that fits on one line of `room`; the last where none does. */
#define WORDINGS(...) (const char *const[]){ __VA_ARGS__, NULL }
const char *canvas_wording(const struct canvas *c, struct font f, double room, const char *const *wordings);
/* The least width at which so many lines hold it; at most max_width. */
double canvas_template_width(const struct canvas *c, struct font f, const char *text, double max_width, int max_lines);
/* Whether it is set from the right. NULL: no. */
bool canvas_template_from_right(const char *text);
/* The template as plain text (for alt texts, subtitles, sizes). Caller frees. */
char *template_expand(const char *text, const struct facts *facts);
/* The same for whoever draws it as one text: a template that is set from the right begins with U+202B, and what keeps its
 * order from left to right stands between U+202A and U+202C. lines_of() carries these marks over to its lines. */
char *template_expand_marked(const char *text, const struct facts *facts);
/* Checks every placeholder against a book: NULL, or the first one that is wrong, with why. Caller frees. */
char *template_mistake(const char *text, const struct facts *facts);
