/* A contact sheet: frames of a film in groups, with words under them; and its layout on pages.
 *
 *     struct sheet *sheet = board_new(story, &take, columns, measurer);   // or motion_sheet_new()
 *     GArray *pages = sheet_pages(sheet, &form, measurer);                // struct dl_page
 *
 * What a sheet shows is decided by board.c and motion.c; how it looks is decided in sheet.c alone.
 */
#pragma once
#include "dl/page.h"
#include "run/frame.h"

struct sheet_cell {
    struct dl *list;   /* the frame */
    char *number, *time, *name, *length; /* one line under it: bold, time, what it is, and at the right how long */
    char *title, *text; /* below: as many lines as they need; NULL: none */
};

struct sheet_group {
    char *label, *title, *note; /* "1 · Prefill", its title, where its numbers come from; title and note may be NULL */
    char *time;                 /* at the right of the label */
    GArray *cells;              /* struct sheet_cell */
};

/* A stretch of the bar under the head, and a mark on it; times count from the bar's left end. */
struct sheet_part { int64_t from_us, to_us; char *label; };
struct sheet_mark { int64_t us; char *label; };

struct sheet {
    const struct style *style;
    int columns;
    char *kind, *title, *facts; /* "Storyboard", the film's title, "1:15.4 · 1920 × 1080 · ..." */
    GArray *groups;
    GArray *parts, *marks;
    int64_t bar_us;             /* length of the bar */
};

/* Pages are SHEET_WIDTH wide. A page is at most `height` tall; `full`: every page is exactly that. */
enum { SHEET_WIDTH = 1920, SHEET_MOST_COLUMNS = 12 };
struct sheet_form { int height; bool full; };

/* style must outlive the sheet. columns 0: as the take's proportions want. */
struct sheet *sheet_new(const struct style *style, int columns);
void sheet_free(struct sheet *s); /* accepts NULL */
struct sheet_group *sheet_add_group(struct sheet *s);
struct sheet_cell *sheet_add_cell(struct sheet_group *g, const struct dl *frame);

/* struct dl_page, at least one; their insets are lists of the sheet, which must live longer. Free with g_array_unref(). */
GArray *sheet_pages(const struct sheet *s, const struct sheet_form *form, const struct measurer *measurer);

/* "1:05.2"; with milliseconds, "1:05.217"; a length, "2.8 s" or from a minute on as a time. Caller frees. */
char *sheet_time(int64_t us);
char *sheet_length(int64_t us);
char *sheet_time_ms(int64_t us);

/* The title that the scene gives its film, or the scene's name. Caller frees. */
char *sheet_film_title(const struct story *story);

/* A frame for each telling moment of the film. */
struct sheet *board_new(const struct story *story, const struct take *take, int columns, const struct measurer *measurer);
/* Frames of the moves of a chapter, or of the one that reaches `at` (NAN: all); see moves.h. */
struct sheet *motion_sheet_new(const struct story *story, const struct take *take, int chapter, double at, int columns,
                               const struct measurer *measurer);
