/* A template cut into pieces: what stays together when lines are filled. Private to the templates of canvas.h. */
#pragma once
#include "sim/fact.h"
#include "view/script.h"

struct piece {
    GString *text;
    int fact;                 /* DL_WORDS: words */
    bool space_before;
    bool may_break;           /* a line may begin here */
    enum direction direction; /* where the template runs from the right: left to right or right to left; else unused */
};

/* Pieces of `text`, with facts resolved; free with g_array_unref(). */
GArray *pieces_cut(const char *text, const struct facts *facts, bool *right_to_left);
static inline struct piece *piece_at(const GArray *pieces, guint i) { return &g_array_index(pieces, struct piece, i); }
/* Replaces the words at `i` by one piece a sign, between each of which a line may break; returns how many there are. */
guint pieces_shatter(GArray *pieces, guint i);
/* Removes the last sign of a piece; false where there is only one. */
bool piece_shorten(struct piece *p);
