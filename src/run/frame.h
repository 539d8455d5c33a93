/* From a frame number to a display list: a pure function of (story, take, number).
 *
 * A take is one way of drawing a story: a size, a rate, a style, and whether things move. A framer holds the memory for
 * doing it; it belongs to one thread.
 */
#pragma once
#include "base/rate.h"
#include "dl/dl.h"
#include "scene/story.h"

struct take { int width, height; struct rate fps; const struct style *style; bool rail, reduced; };

int64_t take_frames(const struct story *story, const struct take *take);
/* First frame of a chapter, and of the end for i = n_chapters. */
int64_t take_chapter_frame(const struct story *story, const struct take *take, int i);

struct framer;
struct framer *framer_new(const struct story *story, const struct take *take, const struct measurer *measurer);
void framer_free(struct framer *f); /* accepts NULL */
/* The list of a frame; lives until the next call. */
const struct dl *framer_draw(struct framer *f, int64_t number);
/* The same at an exact time of the film; `facts`, if not NULL, gets the book of that moment. */
const struct dl *framer_draw_at(struct framer *f, int64_t us, const struct facts **facts);
/* The book that texts of the last drawn list refer to: BOOK_NOW, BOOK_TITLE or BOOK_CAPTION of view/chrome.h. During a
 * transition the list also has texts of the chapter before, whose books are gone. */
const struct facts *framer_book(const struct framer *f, int book);
/* When the text of BOOK_TITLE or BOOK_CAPTION was said, in time of the film: its book is of that moment. */
int64_t framer_said_us(const struct framer *f, int book);
