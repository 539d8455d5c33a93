/* The attention picture of chapters 1 and 2: one fixed plan and the parts that stand in it.
 *
 *     struct attention a;
 *     attention_layout(&a, canvas, trace, head);
 *     attention_bands(&a);
 *     for (int i = 0; i < n; i++) attention_column(&a, BAND_KEY, i, n, (struct column_look){ .alpha = 1 });
 *
 * Two axes. Tokens follow one another `along`; `across` runs from the key band over the attention to the value band. In
 * wide, square and small frames along is x and across is y. Tall frames are turned: along is y, across is x. Label,
 * key, score and value of a token always share their place along; that alignment is the point of the picture.
 *
 * Slots: the columns that fit. While there are more tokens than slots, the first columns and the newest ones keep their
 * places and a gap stands for the rest; one more token then moves the newest columns by one slot.
 *
 * The layout depends on the frame, the plan and the trace's total of tokens, never on the moment.
 */
#pragma once
#include "base/ease.h"
#include "lm/heads.h"
#include "lm/trace.h"
#include "view/canvas.h"
#include "view/view.h"

enum band { BAND_KEY, BAND_VALUE };
enum block { BLOCK_KEY, BLOCK_QUERY, BLOCK_VALUE };

struct attention {
    const struct canvas *c;
    const struct trace *trace;
    const struct trace_head *seen;        /* the head that is shown */
    bool turned;
    double first, pitch, width, length;   /* along: first column, pitch, width, length of all slots */
    int slots, head, gap;                 /* gap: slots that stand for hidden columns, 0 when all tokens fit */
    int cells;                            /* per stripe: 16, 4 or 1 */
    double cell, depth;                   /* across: one cell of a stripe, and a whole stripe */
    double input, input_length, input_depth, block, block_length, block_depth, query, query_length, out, out_length;
    double label, key_path, key, mid, value, value_path, strip, rows_mid, row_pitch, row_depth;
    struct box sentence, panel;           /* panel is empty in plans that have none */
};

void attention_layout(struct attention *a, const struct canvas *c, const struct trace *t, const struct trace_head *seen);
/* A box from its place along and across, and a point. */
struct box attention_box(const struct attention *a, double along, double across, double length, double depth);
struct dl_point attention_at(const struct attention *a, double along, double across);

/* Where column i stands when `count` columns exist (a fraction: between two counts), and how visible it is. */
struct slot { double at, alpha; };
struct slot attention_slot(const struct attention *a, int i, double count);
int attention_hidden(const struct attention *a, int count);
/* Colour of a share in the strip (relative to the row's largest) and in the matrix. */
double attention_tone(const struct attention *a, int row, int column);
double attention_matrix_tone(const struct attention *a, int row, int column);

/* --- parts -------------------------------------------------------------------------------------------------------- */

/* The sentence: tokens 0 .. end - 1 as chips, and token `end` as the sampled one as far as `grow` says. fresh: the
 * index that is new, -1 for none. commit: the sampled chip turns new and the new one old. */
struct sentence { int end; double grow, enter; int fresh; double commit; };
void attention_sentence(const struct attention *a, struct sentence s);
/* Left edge of the chip of token i in that sentence. */
double attention_chip_x(const struct attention *a, struct sentence s, int i);

/* A row of cells from the first one's box on, downwards or to the right. */
void attention_stripe(const struct attention *a, struct box cell, bool down, int cells, const struct rgba *colors);
void attention_bands(const struct attention *a);
/* strength 0 is kept, 1 is new; outline is the alpha of the new outline; slide moves it along, in pixels. */
struct column_look { double alpha, strength, outline, slide; };
void attention_column(const struct attention *a, enum band band, int i, double count, struct column_look look);
/* fresh: the column that is new, -1 for none; strength: how new it is, 1 new and 0 kept. */
struct label_look { int fresh; double alpha, strength; };
void attention_label(const struct attention *a, int i, double count, struct label_look look);
void attention_gap(const struct attention *a, double count);
/* "K cache" and two lines of templates under it. */
void attention_band_label(const struct attention *a, enum band band, const char *line, const char *new_line,
                          double new_alpha);

void attention_blocks(const struct attention *a);
/* The curve from a place to a block, up to the part `t` of it. */
void attention_feed_path(const struct attention *a, enum block block, double along, double across, double t);
/* The path from block to column(s): comb drops at every visible column, otherwise only at the last of `count`.
 * dots: seconds since the first dot left, negative for none. */
struct band_path { double count, drawn, dots; bool comb; };
void attention_band_path(const struct attention *a, enum band band, struct band_path p);
/* The new token at its input place. t: how far it has come from the sentence. */
void attention_input(const struct attention *a, int token, double from_x, double t);
/* Words above the input, or "input" where they have no room. */
void attention_input_label(const struct attention *a, double baseline, const char *words);
/* Stripe of the new query and its arrows; line: how far they are drawn, alpha: of the stripe. */
void attention_query(const struct attention *a, int row, double line, double alpha);

/* The matrix: cells of the first `filled` columns, all rows at once. fade, fold and turn to strip as in the morph. */
struct matrix_look { double filled, fade, fold, grow, dim; };
void attention_matrix(const struct attention *a, int n, struct matrix_look look);
double attention_row_at(const struct attention *a, int row, int n);
/* Whether the matrix of n rows shows dots for the future. */
bool attention_has_future(const struct attention *a, int n);

/* One row as a strip. filled: cells; share: tones and numbers; dim: 1 for a row of the past; scores: what is no share
 * yet shows its scaled score. */
struct strip_look { double filled, share, dim; bool scores; };
void attention_strip(const struct attention *a, int row, double count, struct strip_look look);
void attention_strip_border(const struct attention *a, double count, double alpha);
void attention_key_lines(const struct attention *a, double count, double filled, double alpha);
void attention_beams(const struct attention *a, int row, double count, double grow, double bright, double alpha);
void attention_out(const struct attention *a, int row, double filled, double alpha);
/* Words beside the strip. scores and shares: how far its numbers are called so; scaled: the chapter shows scores. */
struct notes_look { double alpha, scores, shares; bool scaled; };
void attention_notes(const struct attention *a, struct notes_look look);

/* --- facts and words ---------------------------------------------------------------------------------------------- */

enum shape_number {
    SHAPE_LAYERS, SHAPE_HEADS, SHAPE_KV_HEADS, SHAPE_WIDTH, SHAPE_VECTOR, SHAPE_VOCABULARY, SHAPE_NUMBERS
};
/* Where a number of the shape was read: "tale: config.json n_layer", or "trace file: shape of q". Belongs to f. */
const char *attention_shape_source(const struct trace *t, struct facts *f, enum shape_number number);
/* The head of K and V that a head reads, counted from 1. */
static inline int attention_kv_head(const struct trace *t, const struct trace_head *seen)
{
    return (seen->head - 1) / (t->shape.heads / t->shape.kv_heads) + 1;
}
/* Whether top-k or top-p took tokens away before this pass' token was drawn. */
static inline bool attention_cuts(const struct trace *t, const struct trace_pass *p)
{
    return t->options.temperature > 0 && p->kept > 0 && p->kept < t->shape.vocab;
}

/* Facts of the trace and of the prompt's pass; *_now count while they come to be (0 to 1). */
struct pass_progress { double tokens, scores, columns; };
void attention_facts(const struct trace *t, const struct trace_head *seen, struct facts *f, struct pass_progress p);
/* Where the token of a row looks: "share.1" and so on, "look.token", and the column with most of its attention,
 * "look.top_column", "look.top_token", "look.top_share". */
void attention_look_facts(const struct trace *t, const struct trace_head *seen, struct facts *f, int row);
/* The candidates of a pass: "next.share.1" and so on. */
void attention_next_facts(const struct trace *t, struct facts *f, int pass);
/* A template of what top-k and top-p took away from a pass, for so much room. NULL: nothing. */
const char *attention_cut_words(const struct attention *a, const struct trace_pass *p, struct font f, double room);

/* --- the head of a chapter ---------------------------------------------------------------------------------------- */

/* The options `layer` and `head` of a view that shows one head, in its table and in its options. */
struct head_options { int64_t layer; struct pick head; };
#define HEAD_ROWS(T, field) \
    ROW_INT(T, field.layer, "layer", .def = "0", .min = 0, .max = 1000, \
            .help = "Layer to show, from 1; 0 is the run's, or that of the best head where `head` names a role.", \
            .example = "2"), \
    ROW_PICK(T, field.head, "head", .def = "0", .min = 0, .max = 1000, .choices = head_role_names, \
             .help = "Head to show, from 1, or what it does: the head that was measured to do it best; 0 is the run's.", \
             .example = "\"reference\"")

/* role: HEAD_ROLES where none was named. */
struct head_shown {
    const struct trace *trace;
    struct trace_head *seen;
    const struct heads *heads;
    enum head_role role;
    bool own_layer, own_head; /* the chapter says which by number */
    bool by_run;              /* the role is that of run.head */
};
/* False after a diag; then there is nothing to close. */
bool head_shown_open(struct head_shown *s, const struct head_options *o, const struct view_env *env);
void head_shown_close(struct head_shown *s);
/* After attention_facts(): where layer and head come from, and head.role, head.score, head.chance, head.cases of a role. */
void head_shown_facts(const struct head_shown *s, struct facts *f);
/* Provenance template. Caller frees. */
char *head_shown_provenance(const struct head_shown *s);

/* Chapter 1's picture as its end pose leaves it, less what chapter 2 takes over (bands, columns, labels, sentence,
 * matrix). */
void prefill_leftovers(const struct attention *a, double alpha);
/* The line under a band's name at that pose. */
const char *prefill_band_line(const struct attention *a);

struct prefill_options { struct head_options head; };
/* scores: steps at full length show scores before shares. */
struct decode_options { int64_t steps, slow_steps; bool scores; struct head_options head; };
extern const struct view view_prefill, view_decode;
