/* Packages: where the banks stand, and which bytes each cell of a bank holds.
 *
 * Placement follows what the catalog knows. HBM: two columns of stacks beside the die (rows above and below it in tall
 * pictures), sites without a working stack stay blank. GDDR and LPDDR with known channels: a ring of chips, clockwise
 * from the top left. SRAM: the grid lies in the die. Whatever is unknown is drawn as one bank, because a picture must
 * not invent stacks.
 *
 * A bank is one heat op. A cell that two runs share takes the colour of the run at its right end, and the runs before
 * it are laid over it as rectangles from its left edge; so is the last cell, which may be filled in part.
 */
#include "view/package.h"
#include "view/parts.h"

#include <math.h>
#include <string.h>

enum { MOST_BANKS = 16, MOST_CELLS = 1024, MOST_CORES = 400 };

struct rgba package_color(const struct style *s, int owner)
{
    return owner == PACKAGE_WEIGHTS ? s->weights : style_sequence(s, owner);
}

bool package_slashed(const struct style *s, int owner)
{
    return owner == PACKAGE_WEIGHTS || owner >= STYLE_SEQUENCES || (s->sequence_slash && owner >= STYLE_SEQUENCES / 2);
}

/* --- what the catalog says --- */

static bool has_stacks(const struct device *d) { return d->memory == MEMORY_HBM && d->stacks > 0 && d->stacks <= 12; }

static bool has_channels(const struct device *d)
{
    return (d->memory == MEMORY_GDDR || d->memory == MEMORY_LPDDR) && d->channels >= 2 && d->channels <= MOST_BANKS;
}

int package_banks(const struct device *d)
{
    return has_stacks(d) ? (int)d->stacks : has_channels(d) ? (int)d->channels : 1;
}

const char *package_bank_word(const struct device *d)
{
    if (has_stacks(d)) return "HBM";
    if (has_channels(d)) return "channel";
    return d->memory_type && *d->memory_type ? d->memory_type : d->memory == MEMORY_SRAM ? "SRAM" : "memory";
}

/* Cells that a bank should have, more or less. */
static double wanted_cells(const struct device *d)
{
    return has_stacks(d) ? 64 : has_channels(d) ? 20 : d->memory == MEMORY_SRAM ? 384 : 256;
}

int64_t package_cell(const struct device *d)
{
    double wanted = (double)d->capacity_bytes / package_banks(d) / wanted_cells(d), best = INFINITY;
    int64_t cell = 1;
    bool binary = memory_unit(d) == UNIT_BYTES;
    /* From MB on, a round number of decimal bytes can be written exactly. */
    for (int64_t step = !binary && wanted > 300000 ? 1000000 : 1; step < INT64_MAX / 1000; step *= binary ? 2 : 10) {
        const int64_t round_ones[] = { step, 2 * step, 5 * step / 2, 5 * step };
        for (int i = 0; i < (binary ? 1 : 4); i++) {
            double off = fabs(log((double)round_ones[i] / wanted));
            if (off < best) best = off, cell = round_ones[i];
        }
    }
    return cell;
}

/* --- where things stand --- */

struct plan_of { struct box die, banks[MOST_BANKS]; int n; bool die_holds_bank; };

/* n boxes in a line from `at`, `w` x `h` each, `gap` apart, down or across. */
static void line_of_boxes(struct plan_of *to, int n, double x, double y, double w, double h, double gap, bool down)
{
    for (int i = 0; i < n; i++)
        to->banks[to->n++] = (struct box){ x + (down ? 0 : i * (w + gap)), y + (down ? i * (h + gap) : 0), w, h };
}

static double pad_of(const struct canvas *c) { return px_by_plan(c, 18, 22, 8); }
static double gap_of(const struct canvas *c) { return px_by_plan(c, 8, 16, 6); }
static double link_of(const struct canvas *c) { return px_by_plan(c, 22, 24, 9); }

/* Stacks in two columns, the die between them. Empty sites count: they take a place. */
static struct plan_of plan_columns(const struct canvas *c, struct box box, int sites)
{
    struct plan_of p = { .n = 0 };
    double pad = pad_of(c), gap = gap_of(c), w = round(box.w * 0.25);
    int left = (sites + 1) / 2, right = sites - left;
    double h = MIN(floor((box.h - 2 * pad - (left - 1) * gap) / left), round(w * 1.5));
    double top = box.y + round((box.h - left * h - (left - 1) * gap) / 2);
    line_of_boxes(&p, left, box.x + pad, top, w, h, gap, true);
    line_of_boxes(&p, right, box_right(box) - pad - w, top, w, h, gap, true);
    double inset = pad + w + link_of(c), cut = round(box.h * (c->plan == PLAN_SMALL ? 0.08 : 0.132));
    p.die = (struct box){ box.x + inset, box.y + cut, box.w - 2 * inset, box.h - 2 * cut };
    if (!right) p.die.w = box_right(box) - pad - p.die.x;
    return p;
}

/* The same turned: stacks above and below. */
static struct plan_of plan_rows(const struct canvas *c, struct box box, int sites)
{
    struct plan_of p = { .n = 0 };
    double pad = pad_of(c), gap = gap_of(c), die_h = round(box.h * 0.165);
    int above = (sites + 1) / 2, below = sites - above;
    double w = floor((box.w - 2 * pad - (above - 1) * gap) / above);
    double h = floor((box.h - 2 * pad - die_h - 2 * link_of(c)) / 2);
    line_of_boxes(&p, above, box.x + pad, box.y + pad, w, h, gap, false);
    line_of_boxes(&p, below, box.x + pad, box_bottom(box) - pad - h, w, h, gap, false);
    p.die = (struct box){ box.x + pad, box.y + pad + h + link_of(c), box.w - 2 * pad, die_h };
    return p;
}

/* Chips around the die, clockwise from the top left. */
static struct plan_of plan_ring(const struct canvas *c, struct box box, int n)
{
    struct plan_of p = { .n = 0 };
    int side = n >= 14 ? 4 : n >= 8 ? 2 : n >= 5 ? 1 : 0, top = (n - 2 * side + 1) / 2, bottom = n - 2 * side - top;
    double pad = pad_of(c), gap = gap_of(c), link = link_of(c);
    double w = round(box.w * 0.15), h = round(box.h * 0.17), reach = side ? w + link : 0;
    p.die = (struct box){ box.x + pad + reach, box.y + pad + h + link, box.w - 2 * (pad + reach),
                          box.h - 2 * (pad + h + link) };
    double across = floor((p.die.w - (top - 1) * gap) / top),
           down = side ? floor((p.die.h - (side - 1) * gap) / side) : 0;
    across = MIN(across, round(w * 1.5));
    down = MIN(down, round(h * 1.25));
    double top_x = round(box_mid_x(p.die) - (top * (across + gap) - gap) / 2);
    double bottom_x = round(box_mid_x(p.die) - (bottom * (across + gap) - gap) / 2);
    double side_y = round(box_mid_y(p.die) - (side * (down + gap) - gap) / 2);
    line_of_boxes(&p, top, top_x, box.y + pad, across, h, gap, false);
    line_of_boxes(&p, side, box_right(box) - pad - w, side_y, w, down, gap, true);
    for (int i = bottom - 1; i >= 0; i--)
        line_of_boxes(&p, 1, bottom_x + i * (across + gap), box_bottom(box) - pad - h, across, h, gap, false);
    for (int i = side - 1; i >= 0; i--)
        line_of_boxes(&p, 1, box.x + pad, side_y + i * (down + gap), w, down, gap, true);
    return p;
}

/* One bank beside the die, or in it. */
static struct plan_of plan_single(const struct canvas *c, struct box box, bool inside)
{
    struct plan_of p = { .n = 1, .die_holds_bank = inside };
    double pad = pad_of(c);
    struct box in = box_inset(box, pad);
    if (inside) {
        p.die = in;
        p.banks[0] = box_inset(in, pad);
        box_cut_top(&p.banks[0], px_by_plan(c, 76, 110, 44));
    } else if (c->plan == PLAN_TALL) {
        p.die = box_cut_top(&in, round(in.h * 0.2));
        box_cut_top(&in, link_of(c));
        p.banks[0] = in;
    } else {
        p.die = box_cut_left(&in, round(in.w * 0.36));
        p.die = (struct box){ p.die.x, p.die.y + round(p.die.h * 0.16), p.die.w, round(p.die.h * 0.68) };
        box_cut_left(&in, link_of(c));
        p.banks[0] = in;
    }
    return p;
}

static struct plan_of place(const struct canvas *c, struct box box, const struct device *d)
{
    if (has_stacks(d)) {
        int sites = (int)MIN(MAX(d->sites, d->stacks), MOST_BANKS);
        return c->plan == PLAN_TALL ? plan_rows(c, box, sites) : plan_columns(c, box, sites);
    }
    if (has_channels(d)) return plan_ring(c, box, (int)d->channels);
    return plan_single(c, box, d->memory == MEMORY_SRAM);
}

/* --- cells --- */

/* A grid of n cells in an area: as square as can be, with as few places left over as can be. Cells follow one another in
 * reading order, or column by column: in a low strip a run is a block then, and has room for its letter. */
struct grid { int cols, rows; bool by_columns; double x, y, pitch_x, pitch_y, cell_w, cell_h; };

static struct grid grid_in(const struct canvas *c, struct box area, int n)
{
    struct grid best = { .cols = 1, .rows = n };
    double least = INFINITY;
    for (int cols = 1; cols <= n; cols++) {
        int rows = (n + cols - 1) / cols;
        double bad =
            fabs(log(area.w / cols / (area.h / rows))) + (cols * rows > n ? 0.5 + 3.0 * (cols * rows - n) / n : 0);
        if (bad < least) least = bad, best.cols = cols, best.rows = rows;
    }
    double gap = MAX(1, px_by_plan(c, 2, 2, 1));
    best.pitch_x = MAX(1, floor((area.w + gap) / best.cols));
    best.pitch_y = MAX(1, floor((area.h + gap) / best.rows));
    /* Cells thinner than 3 pixels merge: a pattern of lines that fine would shimmer. */
    best.cell_w = best.pitch_x - gap < 3 ? best.pitch_x : best.pitch_x - gap;
    best.cell_h = best.pitch_y - gap < 3 ? best.pitch_y : best.pitch_y - gap;
    best.x = area.x + floor((area.w - ((best.cols - 1) * best.pitch_x + best.cell_w)) / 2);
    best.y = area.y + floor((area.h - ((best.rows - 1) * best.pitch_y + best.cell_h)) / 2);
    return best;
}

static int column_of(const struct grid *g, int k) { return g->by_columns ? k / g->rows : k % g->cols; }
static int row_of(const struct grid *g, int k) { return g->by_columns ? k % g->rows : k / g->cols; }

static struct box cell_box(const struct grid *g, int k)
{
    return (struct box){ g->x + column_of(g, k) * g->pitch_x, g->y + row_of(g, k) * g->pitch_y, g->cell_w, g->cell_h };
}

/* Where cell k is among the colours of the heat op, which are in reading order. */
static int heat_place(const struct grid *g, int k) { return row_of(g, k) * g->cols + column_of(g, k); }

/* The part of cell k that stands for its bytes from..to. */
static struct box part_of_cell(const struct grid *g, int k, int64_t cell, int64_t from, int64_t to)
{
    struct box b = cell_box(g, k);
    double x = b.x + round(b.w * (double)from / (double)cell), end = b.x + round(b.w * (double)to / (double)cell);
    return (struct box){ x, b.y, end - x, b.h };
}

static double cell_radius(const struct canvas *c, const struct grid *g)
{
    return MIN(px(c, 2), floor(MIN(g->cell_w, g->cell_h) / 4));
}

/* A stretch of a bank: bytes from..to, counted from the bank's first byte, owned by one run. */
struct stretch { int owner; int64_t from, to; };

/* The stretches of the runs that lie in the bytes [first, first + size). */
static int stretches_in(const struct package *p, int64_t first, int64_t size, struct stretch *out)
{
    int n = 0;
    int64_t at = 0;
    for (int i = 0; i < p->n_runs; i++) {
        int64_t from = MAX(at - first, 0), to = MIN(at + p->runs[i].bytes - first, size);
        if (to > from) out[n++] = (struct stretch){ p->runs[i].owner, from, to };
        at += p->runs[i].bytes;
    }
    return n;
}

enum { LEAST_SLASHED = 5 };

static double least_side(const struct grid *g) { return MIN(g->cell_w, g->cell_h); }

/* A sequence whose colour is another's too, and whose cells are too small for slashes, has every third cell in the tone of a
 * slash instead. Where a style alone asks for slashes, tones suffice at that size: a pattern would be noise. */
static struct rgba cell_color(const struct style *s, const struct grid *g, int owner, int k)
{
    struct rgba color = package_color(s, owner);
    bool marked = owner >= STYLE_SEQUENCES && least_side(g) < LEAST_SLASHED && package_slashed(s, owner) && (column_of(g, k) + row_of(g, k)) % 3 == 0;
    return marked ? style_slash(s, color) : color;
}

/* Outlines of the used cells, inside them, as one outline. */
static void draw_borders(const struct canvas *c, const struct grid *g, const bool *used, int n)
{
    double least = least_side(g), width = least < 8 ? 1 : MAX(1, px(c, 1.5));
    bool any = false;
    for (int k = 0; k < n && least >= LEAST_SLASHED; k++) {
        if (!used[k]) continue;
        struct box b = box_inset(cell_box(g, k), width / 2);
        dl_move_to(c->dl, b.x, b.y);
        dl_line_to(c->dl, box_right(b), b.y);
        dl_line_to(c->dl, box_right(b), box_bottom(b));
        dl_line_to(c->dl, b.x, box_bottom(b));
        dl_close(c->dl);
        any = true;
    }
    if (any) dl_stroke(c->dl, width, c->style->chip2_line);
}

/* Slashes across the cells that a stretch fills whole, as one outline. */
static void draw_slashes(const struct canvas *c, const struct grid *g, const struct stretch *s, int64_t cell)
{
    double in_x = round(g->cell_w * 0.24), in_y = round(g->cell_h * 0.24);
    int64_t first = (s->from + cell - 1) / cell, end = s->to / cell;
    if (least_side(g) < LEAST_SLASHED || end <= first) return;
    for (int64_t k = first; k < end; k++) {
        struct box b = cell_box(g, (int)k);
        dl_move_to(c->dl, b.x + in_x, box_bottom(b) - in_y);
        dl_line_to(c->dl, box_right(b) - in_x, b.y + in_y);
    }
    struct rgba color = style_slash(c->style, package_color(c->style, s->owner));
    dl_stroke(c->dl, least_side(g) < 8 ? 1 : MAX(1, px(c, 2)), color);
}

/* The parts of cells that a stretch shares with its neighbours. */
static void draw_parts(const struct canvas *c, const struct grid *g, const struct stretch *s, int64_t cell)
{
    const int64_t ends[] = { s->from / cell, (s->to - 1) / cell };
    for (int i = 0; i < 2; i++) {
        int64_t k = ends[i], cell_from = k * cell, cell_to = cell_from + cell;
        int64_t from = MAX(s->from, cell_from), to = MIN(s->to, cell_to);
        if (to == cell_to || (i && ends[0] == ends[1])) continue; /* the heat op has the colour of a cell's right end */
        dl_rect(c->dl, part_of_cell(g, (int)k, cell, from - cell_from, to - cell_from),
                .fill = package_color(c->style, s->owner));
    }
}

/* Wholly there or not at all: memory may come to rest at any share, and a half tag reads as a mistake. */
static void draw_tag(const struct canvas *c, const struct grid *g, const struct stretch *s, int64_t cell,
                     bool name_weights)
{
    int line = g->by_columns ? g->rows : g->cols;
    double first = (double)s->from / (double)cell / line, end = (double)s->to / (double)cell / line;
    double size = px_by_plan(c, 30, 46, 20), pitch = g->by_columns ? g->pitch_x : g->pitch_y;
    double room = MIN(end - first - 2, (end - first) * pitch / (size + px(c, 2)) - 1);
    if (room < 0 || (s->owner == PACKAGE_WEIGHTS && !name_weights)) return;
    double x = g->x + (g->cols * g->pitch_x - (g->pitch_x - g->cell_w)) / 2,
           y = round(g->y + (first + end) / 2 * g->pitch_y);
    if (g->by_columns) {
        x = round(g->x + (first + end) / 2 * g->pitch_x);
        y = round(g->y + (g->rows * g->pitch_y - (g->pitch_y - g->cell_h)) / 2);
    }
    struct font f = font_weight(canvas_font(c, c->plan == PLAN_TALL ? TEXT_LABEL : TEXT_SMALL), 700);
    struct rgba color = package_color(c->style, s->owner);
    if (color_contrast(color, c->style->bg) < c->style->text_contrast) color = c->style->text;
    if (s->owner == PACKAGE_WEIGHTS) {
        double w = canvas_width(c, font_weight(f, 500), "weights") + size * 0.6;
        if (w < g->cols * g->pitch_x) {
            dl_rect(c->dl, ((struct box){ round(x - w / 2), round(y - size / 2), round(w), size }), .radius = px(c, 9),
                    .fill = c->style->bg);
            dl_text_mid(c->dl, x, canvas_baseline(c, f, y), font_weight(f, 500), c->style->weights_ink, "weights");
        }
    } else {
        part_letter(c, (struct box){ round(x - size / 2), round(y - size / 2), size, size }, s->owner, f, c->style->bg,
                    color);
    }
}

/* The cells of `size` bytes from the line's byte `first` on. */
static void draw_cells(const struct canvas *c, struct box area, const struct package *p, int64_t first, int64_t size,
                       bool by_columns)
{
    struct stretch parts[PACKAGE_RUNS];
    struct rgba colors[MOST_CELLS];
    bool used[MOST_CELLS] = { false };
    int64_t cell = package_cell(p->device);
    int n = (int)MIN((size + cell - 1) / cell, MOST_CELLS), n_parts = stretches_in(p, first, size, parts);
    struct grid g = grid_in(c, area, n);
    g.by_columns = by_columns;
    struct rgba empty = p->spare ? color_mix(c->style->substrate, c->style->grid, 0.8) : c->style->grid;
    for (int k = 0; k < g.cols * g.rows && k < MOST_CELLS; k++)
        colors[heat_place(&g, k)] = k < size / cell ? empty : RGBA_NONE; /* what is left of the bank is less than a cell */
    for (int i = 0; i < n_parts; i++)
        for (int64_t k = parts[i].from / cell; k < n && k * cell < parts[i].to; k++) {
            if ((k + 1) * cell <= parts[i].to)
                colors[heat_place(&g, (int)k)] = cell_color(c->style, &g, parts[i].owner, (int)k);
            used[k] = true;
        }
    struct dl_heat heat = { g.x, g.y, (uint16_t)g.cols, (uint16_t)g.rows, (uint16_t)g.cell_w, (uint16_t)g.cell_h,
                            (uint16_t)g.pitch_x, (uint16_t)g.pitch_y, cell_radius(c, &g), 0 };
    dl_heat(c->dl, heat, colors);
    if (size % cell) dl_rect(c->dl, part_of_cell(&g, n - 1, cell, 0, size % cell), .fill = empty);
    for (int i = 0; i < n_parts; i++) draw_parts(c, &g, &parts[i], cell);
    if (c->style->sequence_border) draw_borders(c, &g, used, n);
    for (int i = 0; i < n_parts; i++)
        if (package_slashed(c->style, parts[i].owner)) draw_slashes(c, &g, &parts[i], cell);
    bool named = c->plan != PLAN_SMALL || first == 0; /* small pictures name the weights once */
    for (int i = 0; i < n_parts; i++) draw_tag(c, &g, &parts[i], cell, named);
}

/* --- banks, die, links --- */

/* "16 GB" or "16 GiB": a capacity is a size that somebody chose, so whole numbers are written without decimals. */
static void bank_capacity(const struct canvas *c, int number, char *out, size_t size)
{
    const struct fact *f = facts_at(c->facts, number);
    int64_t gib = INT64_C(1) << 30;
    if (f->unit == UNIT_BYTES && f->i % gib == 0) g_snprintf(out, size, "%d GiB", (int)(f->i / gib));
    else facts_text(c->facts, number, f->unit == UNIT_BYTES_DECIMAL && f->i >= 1000000000 ? FORM_GB : FORM_AUTO, out, size);
}

/* The header of a bank: its name, and its capacity where that fits. Returns what is left below. */
static struct box bank_header(const struct canvas *c, struct box box, const struct package *p, int index, int n)
{
    const struct style *s = c->style;
    double pad = px_by_plan(c, 9, 12, 4), foot = px_by_plan(c, 6, 12, 4);
    struct box area = { box.x + pad, box.y + foot, box.w - 2 * pad, box.h - 2 * foot };
    struct font f = canvas_font(c, TEXT_SMALL);
    double header = round(f.size * 1.3);
    if (c->plan == PLAN_SMALL || box.h < 2.6 * header) return area;
    char name[48], capacity[32] = "";
    int number = DL_QUOTED; /* a name of the memory's kind alone */
    if (has_channels(p->device)) g_snprintf(name, sizeof name, "%d", index + 1);
    else if (n > 1) g_snprintf(name, sizeof name, "%s %d", package_bank_word(p->device), index + 1);
    else g_strlcpy(name, package_bank_word(p->device), sizeof name);
    if (n > 1) number = canvas_count(c, "bank", index + 1, index + 1, "counted: parts of the memory, in drawing order");
    if (p->bank_fact >= 0 && !has_channels(p->device))
        bank_capacity(c, p->bank_fact, capacity, sizeof capacity);
    double y = canvas_baseline(c, f, area.y + round(header * 0.44)),
           room = area.w - canvas_width(c, f, capacity) - px(c, 8);
    struct rgba ink = p->spare ? style_quiet(s, s->text3, s->surface, 0.8) : s->text3;
    dl_text_of_fact(c->dl, area.x, y, f, p->spare ? ink : c->plan == PLAN_TALL ? s->text2 : s->text3, number, name);
    if (*capacity && canvas_width(c, f, name) <= room) {
        double w = canvas_width(c, f, capacity);
        dl_text_of_fact(c->dl, box_right(area) - w, y, f, ink, p->bank_fact, capacity);
    }
    box_cut_top(&area, header);
    return area;
}

static void draw_bank(const struct canvas *c, struct box box, const struct package *p, int index, int n)
{
    const struct style *s = c->style;
    int64_t capacity = p->device->capacity_bytes;
    int64_t from = (int64_t)((__int128)capacity * index / n), to = (int64_t)((__int128)capacity * (index + 1) / n);
    dl_enter(c->dl, "bank", index);
    dl_rect(c->dl, box, .radius = px_by_plan(c, 10, 10, 6), .fill = s->surface, .stroke = s->line, .width = px(c, 2));
    struct box area = bank_header(c, box, p, index, n);
    draw_cells(c, area, p, p->first + from, to - from, false);
    dl_leave(c->dl);
}

static void draw_blank_site(const struct canvas *c, struct box box, int index)
{
    const struct style *s = c->style;
    dl_enter(c->dl, "blank", index);
    struct rgba line = color_mix(s->substrate, s->line, 0.7);
    bool small = c->plan == PLAN_SMALL, roomy = !small && (c->plan == PLAN_TALL || box.h < px(c, 110));
    dl_rect(c->dl, box, .radius = px_by_plan(c, 10, 10, 6),
            .fill = small ? RGBA_NONE : color_mix(s->substrate, s->surface, 0.6), .stroke = line,
            .width = small ? MAX(1, px(c, 1)) : px(c, 2));
    struct font f = canvas_font(c, TEXT_SMALL);
    double y = roomy ? box_mid_y(box) : box.y + px(c, 20);
    if (!small && canvas_width(c, f, "blank site") < box.w - px(c, 12))
        dl_text_mid(c->dl, box_mid_x(box), canvas_baseline(c, f, y), f, s->text3, "blank site");
    double top = px_by_plan(c, 42, 42, 6), foot = px_by_plan(c, 14, 14, 6);
    for (int i = 0; i < 9 && !roomy; i++) {
        double x = round(box.x + box.w * (i + 1.5) / 11);
        dl_rect(c->dl, ((struct box){ x, box.y + top, MAX(1, px_by_plan(c, 2, 2, 1)), box.h - top - foot }),
                .fill = color_fade(s->line, small ? 0.7 : 0.45));
    }
    dl_leave(c->dl);
}

/* Memory lanes between a bank and the die, on the side where they face each other. */
static void draw_links(const struct canvas *c, struct box bank, struct box die, struct rgba color)
{
    int lanes = c->plan == PLAN_SMALL ? 3 : 7;
    double pitch = px_by_plan(c, 12.5, 24, 8), w = px(c, 2), margin = px(c, 12);
    bool beside = bank.x >= box_right(die) || box_right(bank) <= die.x;
    double lo = beside ? MAX(bank.y, die.y) : MAX(bank.x, die.x);
    double hi = beside ? MIN(box_bottom(bank), box_bottom(die)) : MIN(box_right(bank), box_right(die));
    double room = hi - lo - 2 * margin,
           from = beside ? MIN(box_right(bank), box_right(die)) : MIN(box_bottom(bank), box_bottom(die));
    double to = beside ? MAX(bank.x, die.x) : MAX(bank.y, die.y);
    while (lanes > 1 && (lanes - 1) * pitch > room) lanes -= 2;
    if (room < 0) return;
    for (int i = 0; i < lanes; i++) {
        double at = round((lo + hi) / 2 + (i - (lanes - 1) / 2.0) * pitch - w / 2);
        struct box b = beside ? (struct box){ from, at, to - from, w } : (struct box){ at, from, w, to - from };
        dl_rect(c->dl, b, .fill = color);
    }
}

static void draw_cores(const struct canvas *c, struct box area, int64_t cores, struct rgba color)
{
    struct rgba colors[2 * MOST_CORES];
    if (cores <= 0 || cores > MOST_CORES || area.h < px(c, 24) || area.w < px(c, 24)) return;
    struct grid g = grid_in(c, area, (int)cores);
    if (g.cell_w < 3 || g.cell_h < 3 || g.cols * g.rows > 2 * MOST_CORES) return;
    double gap = MAX(1, px_by_plan(c, 3, 3, 1));
    for (int i = 0; i < g.cols * g.rows; i++) colors[i] = i < cores ? color : RGBA_NONE;
    dl_heat(c->dl, (struct dl_heat){ g.x, g.y, (uint16_t)g.cols, (uint16_t)g.rows, (uint16_t)MAX(2, g.pitch_x - gap),
            (uint16_t)MAX(2, g.pitch_y - gap), (uint16_t)g.pitch_x, (uint16_t)g.pitch_y, px(c, 2), 0 }, colors);
}

/* Words on the die: centred above the cores, or at the left of a flat die. */
static void draw_die(const struct canvas *c, struct box die, const struct package *p, bool holds_bank)
{
    const struct style *s = c->style;
    double quiet = p->spare ? 0.55 : 1;
    dl_enter(c->dl, "die", -1);
    dl_rect(c->dl, die, .radius = px_by_plan(c, 12, 12, 6), .fill = color_mix(s->substrate, s->die, quiet),
            .stroke = color_mix(s->substrate, s->die_line, quiet), .width = px(c, 2));
    struct font title = canvas_font(c, TEXT_HEADING), small = canvas_font(c, TEXT_SMALL);
    bool flat = die.w > 2.6 * die.h && !holds_bank;
    double pad = px_by_plan(c, 16, 16, 6), room = die.w - 2 * pad;
    /* A die that holds its memory has room for two lines. */
    const char *note = holds_bank && p->more ? NULL : p->note, *texts[] = { p->title, note, p->unit, p->more };
    double lines = 1 + (note != NULL) + (p->unit != NULL) + (p->more != NULL),
           x = flat ? die.x + px(c, 30) : box_mid_x(die);
    double y = flat ? box_mid_y(die) - (lines - 1) * small.size * 0.75 : die.y + pad + title.size * 0.62;
    double used = 0;
    for (int i = 0; i < 4; i++) {
        if (!texts[i]) continue;
        struct font f = i == 0 ? title : i < 3 ? small : font_weight(small, 600);
        struct rgba ink = i == 0 ? (p->spare ? s->text2 : s->text) : i < 3 ? s->text3 : s->critical_ink;
        g_autofree char *words = template_expand(texts[i], c->facts);
        double w = canvas_width(c, f, words);
        if (w > room && i) continue;
        canvas_template(c, flat ? x : round(x - w / 2), canvas_baseline(c, f, round(y)), f, ink, texts[i], room, 1, 0,
                        0);
        used = MAX(used, w);
        y += (i ? small.size : title.size) * (i ? 1.4 : 1.12);
    }
    struct box area = flat ? (struct box){ x + used + px(c, 40), die.y + pad,
                                           box_right(die) - pad - (x + used + px(c, 40)), die.h - 2 * pad }
                           : (struct box){ die.x + pad, y, room, box_bottom(die) - pad - y };
    if (!holds_bank) draw_cores(c, area, p->device->cores, color_mix(s->die, s->die_line, p->spare ? 0.16 : 0.36));
    dl_leave(c->dl);
}

void package_draw(const struct canvas *c, struct box box, const struct package *p)
{
    const struct style *s = c->style;
    struct plan_of plan = place(c, box, p->device);
    int n = package_banks(p->device);
    double radius = px_by_plan(c, 18, 24, 10);
    if (p->spare)
        dl_rect(c->dl, box, .radius = radius, .fill = color_mix(s->bg, s->substrate, 0.6), .stroke = s->critical,
                .width = px(c, 3), .dash_on = px(c, 10), .dash_off = px(c, 7));
    else
        dl_rect(c->dl, box, .radius = radius, .fill = s->substrate, .stroke = s->line, .width = px(c, 2));
    for (int i = 0; i < n && !plan.die_holds_bank; i++)
        draw_links(c, plan.banks[i], plan.die, p->spare ? color_mix(s->substrate, s->die_line, 0.6) : s->die_line);
    draw_die(c, plan.die, p, plan.die_holds_bank);
    for (int i = 0; i < plan.n; i++)
        if (i < n) draw_bank(c, plan.banks[i], p, i, n);
        else draw_blank_site(c, plan.banks[i], i);
}

void package_strip(const struct canvas *c, struct box box, const struct package *p, int64_t bytes)
{
    dl_enter(c->dl, "strip", -1);
    draw_cells(c, box, p, p->first, bytes, true);
    dl_leave(c->dl);
}
