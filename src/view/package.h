/* A device's package drawn from the catalog: its memory as banks of cells around (or in) the die.
 *
 * Memory is drawn as one line of bytes, bank after bank, cell after cell in reading order, so that it can be read; real
 * allocators interleave. A cell is a round number of bytes (package_cell()), which somebody must print.
 */
#pragma once
#include "sim/memory.h"
#include "view/canvas.h"

enum { PACKAGE_WEIGHTS = -1, PACKAGE_RUNS = 1 + 32 };

/* Bytes that belong together, in the order in which they fill memory. */
struct package_run { int owner; int64_t bytes; }; /* owner: PACKAGE_WEIGHTS, or a sequence counted from 0 */

struct package {
    const struct device *device;
    const struct package_run *runs;
    int n_runs;
    int64_t first;       /* this package holds the line's bytes from here on */
    const char *title;   /* on the die, a template */
    const char *note;    /* below it, a template; NULL: none */
    const char *unit;    /* a second note, a template; NULL: none */
    const char *more;    /* a last line in critical ink, a template; NULL: none */
    int bank_fact;       /* bytes of one bank, -1: not shown */
    bool spare;          /* a package that would be needed: dashed outline, quiet die */
};

/* Bytes of one cell: 1, 2, 2.5 or 5 times a power of ten, or a power of two, as its bytes are written (memory_unit()). */
int64_t package_cell(const struct device *d);
/* How many banks the drawing has, and the word that names one ("HBM", "channel"). */
int package_banks(const struct device *d);
const char *package_bank_word(const struct device *d);

void package_draw(const struct canvas *c, struct box box, const struct package *p);
/* The first `bytes` of a package as rows of cells, without its die: the second device where there is no room for it. */
void package_strip(const struct canvas *c, struct box box, const struct package *p, int64_t bytes);

/* Colour of a run, and whether its cells carry a slash. */
struct rgba package_color(const struct style *s, int owner);
bool package_slashed(const struct style *s, int owner);
