/* Parts that several views share; one part, one look. Positions are device pixels, made with px(). */
#pragma once
#include "view/canvas.h"

/* A length that depends on the plan: the usual one (wide and square), in tall and in small pictures. */
double px_by_plan(const struct canvas *c, double usual, double tall, double small);

enum chip_state { CHIP_PROMPT, CHIP_GENERATED, CHIP_NEW, CHIP_NEXT };

/* A token's chip with its left edge at x, centred on y; returns its width. The text is cut in the middle after 12 characters. */
double part_chip(const struct canvas *c, double x, double y, const char *token, enum chip_state state);
double part_chip_width(const struct canvas *c, const char *token);
double part_chip_height(const struct canvas *c);

/* A panel: surface with a thin border. */
void part_panel(const struct canvas *c, struct box box);

/* A filled triangle with its tip at (x, y), pointing along (dx, dy), of `size` pixels. */
void part_arrow_head(const struct canvas *c, double x, double y, double dx, double dy, double size, struct rgba color);

/* Column labels, rising at 45 degrees from (x, y), the middle of the column's top; new: bold in new ink. */
void part_column_label(const struct canvas *c, double x, double y, const char *token, bool is_new, struct rgba color);

/* A box with a warning triangle, a verdict and a reason below it (template or NULL). */
void part_state_box(const struct canvas *c, struct box box, const char *verdict, const char *reason, struct rgba role,
                    struct rgba ink);

/* Pixels that the verdict of such a box may take. */
double part_state_room(const struct canvas *c, struct box box);

/* The letter of a sequence, counted from 0: A to Z, then A again. Colours come back earlier, see style_sequence(). */
char part_sequence_letter(int sequence);
/* A square tag with that letter. */
void part_letter(const struct canvas *c, struct box box, int sequence, struct font f, struct rgba fill, struct rgba ink);
