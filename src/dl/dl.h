/* The display list: what one frame shows, as a flat array of tagged plain structs.
 *
 *     struct dl *dl = dl_new();
 *     dl_begin(dl, 1920, 1080, style->bg, facts, measurer);
 *     dl_enter(dl, "chip", 3);                            // identity: chip/3, and every op inside has one under it
 *     dl_rect(dl, box, .radius = 9, .fill = chip, .stroke = line, .width = 2);
 *     dl_text(dl, x, baseline, font, ink, "moving");
 *     dl_leave(dl);
 *
 * Ops draw in order. Coordinates are device pixels, rounded to 1/16. Strings, points and colours sit in side arrays and
 * are reached by offset, so a list holds no pointers: it can be copied, hashed, compared, printed and blended.
 *
 * Identity: dl_enter() opens a named scope; an op's key is a hash of the open scopes and its ordinal in the innermost.
 * Two lists' ops with the same key are the same thing seen at two moments; dl_tween() moves one into the other.
 * dl_fade() and dl_shift() act on all ops pushed until the matching dl_restore().
 */
#pragma once
#include "base/box.h"
#include "base/color.h"
#include "dl/measure.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct facts;

/* What a text is that is no fact: words of the view or the scene, in which a digit would be a typed number; or something
 * quoted as it was read (a token, a name), in which digits are part of it; or the ellipsis that stands for words for which
 * there was no room, behind the text that it cuts. */
enum { DL_WORDS = -1, DL_QUOTED = -2, DL_CUT = -3 };

enum dl_kind { DL_RECT, DL_TEXT, DL_PATH, DL_HEAT, DL_BEAM, DL_CLIP, DL_UNCLIP, DL_KIND_COUNT };

/* Rounded rectangle: fill inside, stroke centred on the outline. dash_on 0: solid. */
struct dl_rect { struct box box; double radius; struct rgba fill, stroke; double width, dash_on, dash_off; };
/* One line of text. x, y: origin of the baseline, on whole pixels when turn is 0. turn: degrees, 0 or -45 (rising).
 * fact: index in its book, DL_WORDS, DL_QUOTED or DL_CUT; book: as given to dl_read_from(). */
struct dl_text { double x, y, turn; struct font font; struct rgba color; uint32_t text, len; int32_t fact, book; };
/* An outline of verbs ('M', 'L', 'C', 'Z') over points (1, 1, 3 and 0 of them each). width 0: no stroke. Round caps and joins. */
struct dl_path { uint32_t verb, n_verbs, point, n_points; struct rgba fill, stroke; double width, dash_on, dash_off; };
/* cols x rows cells of cell_w x cell_h at whole pixels, pitch apart, row-major colours; radius 0 draws hard edges. */
struct dl_heat { double x, y; uint16_t cols, rows, cell_w, cell_h, pitch_x, pitch_y; double radius; uint32_t color; };
/* A rectangle whose colour runs from top to bottom: the only gradient there is. */
struct dl_beam { struct box box; struct rgba top, bottom; };
/* Following ops are cut to this whole-pixel box until the matching DL_UNCLIP; clips nest. */
struct dl_clip { struct box box; };

struct dl_op {
    enum dl_kind kind;
    uint32_t name;   /* offset of the scope's name, "chip 3", for dumps and lints */
    uint64_t key;    /* identity, never 0 */
    struct box box;  /* all pixels that this op may touch lie inside (already cut by open clips) */
    union {
        struct dl_rect rect;
        struct dl_text text;
        struct dl_path path;
        struct dl_heat heat;
        struct dl_beam beam;
        struct dl_clip clip;
    };
};

struct dl_point { double x, y; };

struct dl {
    int width, height;
    struct rgba background;
    GArray *ops;     /* struct dl_op */
    GArray *points;  /* struct dl_point */
    GArray *verbs;   /* char */
    GArray *colors;  /* struct rgba */
    GArray *chars;   /* char; NUL-terminated strings one after another */
    struct dl_pen *pen; /* state while building; not part of the list's value */
};

struct dl *dl_new(void);
void dl_free(struct dl *dl); /* accepts NULL */

/* Starts an empty list. facts may be NULL when no fact is pushed; both must outlive the building. */
void dl_begin(struct dl *dl, int width, int height, struct rgba background, const struct facts *facts,
              const struct measurer *measurer);
/* Facts that follow are of another book: what a caption says is of its own moment. `book` is kept in the ops. */
void dl_read_from(struct dl *dl, const struct facts *facts, int book);
/* Makes `to` equal to `from`. */
void dl_copy(struct dl *to, const struct dl *from);
/* Draws another list's ops as they are, keys and all, over what is there; open scopes, states and clips do not act on
 * them. For marks and notes upon a frame. */
void dl_append(struct dl *dl, const struct dl *from);

static inline const struct dl_op *dl_op_at(const struct dl *dl, guint i) { return &g_array_index(dl->ops, struct dl_op, i); }
static inline const char *dl_string(const struct dl *dl, uint32_t offset) { return &g_array_index(dl->chars, char, offset); }

/* --- scopes and states ------------------------------------------------------------------------------------------- */

/* index < 0: no number in the name. */
void dl_enter(struct dl *dl, const char *name, int index);
void dl_leave(struct dl *dl);
/* Multiply the alpha of what follows by t; ops at alpha 0 are not pushed. */
void dl_fade(struct dl *dl, double t);
/* Move what follows by whole pixels. */
void dl_shift(struct dl *dl, double dx, double dy);
/* Undo the innermost dl_fade() or dl_shift(). */
void dl_restore(struct dl *dl);

/* --- pushing ----------------------------------------------------------------------------------------------------- */

struct dl_rect_args { double radius; struct rgba fill, stroke; double width, dash_on, dash_off; };
#define dl_rect(dl, box, ...) dl_push_rect(dl, box, (struct dl_rect_args){ __VA_ARGS__ })
void dl_push_rect(struct dl *dl, struct box box, struct dl_rect_args args);

/* Text at a baseline origin; returns the advance width. Nothing is drawn for an empty text. */
double dl_text(struct dl *dl, double x, double y, struct font font, struct rgba color, const char *text);
double dl_text_turned(struct dl *dl, double x, double y, double turn, struct font font, struct rgba color, const char *text);
/* A fact as text; form is an enum fact_form. The op remembers the fact. */
double dl_fact(struct dl *dl, double x, double y, struct font font, struct rgba color, int fact, int form);
/* A fact whose text was made already; or a quotation, with DL_QUOTED for its fact. The same ending at x, centred on x, or
 * turned about its origin. */
double dl_text_of_fact(struct dl *dl, double x, double y, struct font font, struct rgba color, int fact, const char *text);
double dl_text_of_fact_right(struct dl *dl, double x, double y, struct font font, struct rgba color, int fact, const char *text);
double dl_text_of_fact_mid(struct dl *dl, double x, double y, struct font font, struct rgba color, int fact, const char *text);
double dl_text_of_fact_turned(struct dl *dl, double x, double y, double turn, struct font font, struct rgba color, int fact,
                              const char *text);
/* The same, ending at x. */
double dl_text_right(struct dl *dl, double x, double y, struct font font, struct rgba color, const char *text);
double dl_fact_right(struct dl *dl, double x, double y, struct font font, struct rgba color, int fact, int form);
/* The same, centred on x. */
double dl_text_mid(struct dl *dl, double x, double y, struct font font, struct rgba color, const char *text);
double dl_fact_mid(struct dl *dl, double x, double y, struct font font, struct rgba color, int fact, int form);

/* Width and other sizes of a text, from the measurer given to dl_begin(). */
struct text_size dl_measure(const struct dl *dl, struct font font, const char *text);

/* An outline is built point by point and ended by one of the ends below, which consume it. */
void dl_move_to(struct dl *dl, double x, double y);
void dl_line_to(struct dl *dl, double x, double y);
void dl_curve_to(struct dl *dl, double x1, double y1, double x2, double y2, double x, double y);
/* A line to (x, y) whose corner there, towards (to_x, to_y), is rounded; continue with dl_line_to(to_x, to_y). */
void dl_corner_to(struct dl *dl, double x, double y, double to_x, double to_y, double radius);
void dl_close(struct dl *dl);
void dl_fill(struct dl *dl, struct rgba fill);
struct dl_stroke_args { double dash_on, dash_off; };
#define dl_stroke(dl, width, color, ...) dl_push_stroke(dl, width, color, (struct dl_stroke_args){ __VA_ARGS__ })
void dl_push_stroke(struct dl *dl, double width, struct rgba color, struct dl_stroke_args args);
/* Only the part between from and to, both in [0, 1] of its length; flattens curves. */
void dl_stroke_part(struct dl *dl, double width, struct rgba color, double from, double to);
/* Where the outline that is being built is at t in [0, 1] of its length, and its direction; does not consume it. */
struct dl_point dl_outline_at(const struct dl *dl, double t, struct dl_point *direction);

/* Copies cols x rows colours. Alpha 0 cells stay empty. */
void dl_heat(struct dl *dl, struct dl_heat args, const struct rgba *colors);
void dl_beam(struct dl *dl, struct box box, struct rgba top, struct rgba bottom);
void dl_clip(struct dl *dl, struct box box);
void dl_unclip(struct dl *dl);

/* --- reading ----------------------------------------------------------------------------------------------------- */

/* 64-bit signature of one op's appearance (not of its key or name); `seed` chains signatures. A heat op's signature
 * leaves its cell colours out: add dl_heat_cell(). */
uint64_t dl_op_hash(const struct dl *dl, const struct dl_op *op, uint64_t seed);
uint64_t dl_hash(const struct dl *dl);
bool dl_equal(const struct dl *a, const struct dl *b);
static inline struct rgba dl_heat_cell(const struct dl *dl, const struct dl_heat *heat, int col, int row)
{
    return g_array_index(dl->colors, struct rgba, heat->color + (uint32_t)row * heat->cols + (uint32_t)col);
}

/* One line an op, for goldens and for people. */
void dl_dump(const struct dl *dl, GString *out);

/* The list at t in (0, 1) between two lists of one size: ops with equal keys and kinds move from a to b, others leave
 * in the first part and arrive in the second. At 0 and 1 it shows a and b. */
void dl_tween(struct dl *out, const struct dl *a, const struct dl *b, double t);
/* The same when nothing may move: what stands where it stood stays, and its colours mix; a text that reads differently
 * changes at once in the middle; everything else leaves or arrives where it stands. */
void dl_dissolve(struct dl *out, const struct dl *a, const struct dl *b, double t);
