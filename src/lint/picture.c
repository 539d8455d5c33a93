/* Looking at one picture: texts against texts, lines, shapes, edges, and the ground that they stand on.
 *
 * Ops are looked at in the order in which they are drawn. What a text stands on is the colour that all ops before it leave
 * at some dozen points of its ink; what hides it are the fills after it. Texts that are almost transparent or wholly
 * hidden are not there for a viewer, and nothing is said about them.
 */
#include "lint/picture.h"
#include "dl/hash.h"
#include "lint/shape.h"

#include <math.h>
#include <string.h>

enum { POINT_ROWS = 3, POINT_COLS_MAX = 24 };
static const double text_alpha_least = 0.15; /* fainter texts are gone */
static const double touch_px = 1; /* two texts may share so much */
static const double optical_em = 0.03; /* ink may stick out of its advance by so much */
static const double shape_margin_px = 8; /* a halo, or an outline around what ends at the margin */
static const double crossing_px = 3; /* a line may cut a corner of an ink box by so much */
static const double rule_em = 0.25, rule_length = 4; /* a filled rectangle so thin and so many times longer is a line */
static const double hidden_share = 0.9, covered_share = 0.1;
static const double visible_ratio = 1.25; /* a line fainter than this does not disturb */
static const double ground_share = 0.1; /* so much of a text may stand on a worse ground */

struct seen_text {
    int op;
    struct ink ink;
    struct box bounds;
};

void looker_init(struct looker *l, const struct style *style, int width, int height, const struct measurer *measurer)
{
    *l = (struct looker){ .measurer = measurer };
    l->canvas.style = style;
    canvas_set_size(&l->canvas, width, height);
    for (int v = 0; v < 256; v++)
        l->luminance[v] = color_luminance((struct rgba){ (uint8_t)v, (uint8_t)v, (uint8_t)v, 255 });
    l->texts = g_array_new(FALSE, FALSE, sizeof(struct seen_text));
    l->scratch = g_array_new(FALSE, FALSE, sizeof(struct dl_point));
    l->lines = g_array_new(FALSE, FALSE, sizeof(struct dl_point));
    l->ratios = g_array_new(FALSE, FALSE, sizeof(struct fault));
}

void looker_finish(struct looker *l)
{
    GArray *all[] = { l->texts, l->scratch, l->lines, l->ratios };
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++) g_array_free(all[i], TRUE);
}

/* color_contrast() by table. */
static double contrast(const struct looker *l, struct rgba a, struct rgba b)
{
    const double *y = l->luminance;
    double la = 0.2126 * y[a.r] + 0.7152 * y[a.g] + 0.0722 * y[a.b],
           lb = 0.2126 * y[b.r] + 0.7152 * y[b.g] + 0.0722 * y[b.b];
    return (MAX(la, lb) + 0.05) / (MIN(la, lb) + 0.05);
}

static bool boxes_meet(struct box a, struct box b)
{
    return a.x < box_right(b) && b.x < box_right(a) && a.y < box_bottom(b) && b.y < box_bottom(a);
}

static struct rgba ground_at(struct looker *l, const struct dl *dl, int end, double x, double y)
{
    struct rgba ground = dl->background;
    for (int i = 0; i < end; i++) ground = op_over(dl, dl_op_at(dl, (guint)i), x, y, ground, l->scratch);
    return ground;
}

/* What an op is from picture to picture. Words that change are other words (the next caption has the key of the one
 * before); a number that changes is still the same number. */
static uint64_t identity(const struct dl *dl, int at)
{
    const struct dl_op *op = at >= 0 ? dl_op_at(dl, (guint)at) : NULL;
    if (!op) return 0;
    return op->kind == DL_TEXT && op->text.fact < 0 ? hash_bytes(op->key, dl_string(dl, op->text.text), op->text.len) : op->key;
}

static void add_fault(const struct dl *dl, GArray *out, struct fault f)
{
    uint64_t a = identity(dl, f.a), b = identity(dl, f.b);
    f.key = hash_u64(hash_u64(hash_u64(0, f.kind), MIN(a, b)), MAX(a, b));
    g_array_append_val(out, f);
}

/* --- which texts are there -------------------------------------------------------------------------------------------- */

static int point_columns(const struct ink *ink, const struct dl_text *t)
{
    return CLAMP((int)((ink->right - ink->left) / (0.5 * t->font.size)), 2, POINT_COLS_MAX);
}

static struct dl_point point_of(const struct ink *ink, int col, int n_cols, int row)
{
    return ink_point(ink, ink->left + (ink->right - ink->left) * (col + 0.5) / n_cols,
                     ink->top + (ink->bottom - ink->top) * (row + 0.5) / POINT_ROWS);
}

static bool is_fill(const struct dl_op *op)
{
    switch (op->kind) {
    case DL_RECT: return op->rect.fill.a >= 128;
    case DL_PATH: return op->path.fill.a >= 128;
    case DL_HEAT: return true;
    case DL_BEAM: return op->beam.top.a >= 128 || op->beam.bottom.a >= 128;
    case DL_TEXT:
    case DL_CLIP:
    case DL_UNCLIP:
    case DL_KIND_COUNT: break;
    }
    return false;
}

/* The share of a text's points that one later fill takes away. */
static double covered_by(struct looker *l, const struct dl *dl, const struct seen_text *s, const struct dl_op *op)
{
    const struct dl_text *t = &dl_op_at(dl, (guint)s->op)->text;
    int cols = point_columns(&s->ink, t), covered = 0;
    struct rgba color = t->color;
    color.a = 255;
    for (int row = 0; row < POINT_ROWS; row++)
        for (int col = 0; col < cols; col++) {
            struct dl_point p = point_of(&s->ink, col, cols, row);
            struct rgba after = op_over(dl, op, p.x, p.y, color, l->scratch);
            covered += contrast(l, after, color) >= visible_ratio;
        }
    return (double)covered / (cols * POINT_ROWS);
}

/* Collects what a viewer can read, and says which texts a later fill takes away in part. */
static void find_texts(struct looker *l, const struct dl *dl, GArray *out)
{
    g_array_set_size(l->texts, 0);
    for (guint i = 0; i < dl->ops->len; i++) {
        const struct dl_op *op = dl_op_at(dl, i);
        if (op->kind != DL_TEXT || op->text.color.a < text_alpha_least * 255) continue;
        struct seen_text s = { (int)i, ink_of_text(dl, &op->text, l->measurer), { 0 } };
        s.bounds = ink_bounds(&s.ink);
        double worst = 0;
        int by = -1;
        for (guint k = i + 1; k < dl->ops->len && worst < hidden_share; k++) {
            const struct dl_op *later = dl_op_at(dl, k);
            if (!is_fill(later) || !boxes_meet(later->box, s.bounds)) continue;
            double share = covered_by(l, dl, &s, later);
            if (share > worst) worst = share, by = (int)k;
        }
        if (worst >= hidden_share) continue;
        if (worst > covered_share)
            add_fault(dl, out, (struct fault){ FAULT_COVER, 0, (int)i, by, worst, covered_share, RGBA_NONE });
        g_array_append_val(l->texts, s);
    }
}

/* --- overlap ------------------------------------------------------------------------------------------------------------ */

static void find_text_overlaps(struct looker *l, const struct dl *dl, GArray *out)
{
    for (guint i = 0; i < l->texts->len; i++)
        for (guint k = i + 1; k < l->texts->len; k++) {
            const struct seen_text *a = &g_array_index(l->texts, struct seen_text, i),
                                   *b = &g_array_index(l->texts, struct seen_text, k);
            if (!boxes_meet(a->bounds, b->bounds)) continue;
            double depth = ink_overlap(&a->ink, &b->ink);
            if (depth > touch_px)
                add_fault(dl, out, (struct fault){ FAULT_TEXTS, 0, a->op, b->op, depth, touch_px, RGBA_NONE });
        }
}

/* Is the line, op k, to be seen at p: does it differ from its ground, and has nothing but the text come over it? */
static bool line_shows(struct looker *l, const struct dl *dl, int k, int text, struct dl_point p, struct rgba color)
{
    struct rgba before = ground_at(l, dl, k, p.x, p.y), with = color_over(color, before);
    if (contrast(l, with, before) < visible_ratio) return false;
    return text < k || contrast(l, ground_at(l, dl, text, p.x, p.y), with) < 1.1;
}

static void find_crossing(struct looker *l, const struct dl *dl, int k, double width, struct rgba color,
                          const struct seen_text *s, GArray *out)
{
    double length = 0;
    struct dl_point middle = { 0, 0 };
    for (guint i = 0; i + 1 < l->lines->len; i += 2) {
        struct dl_point a = g_array_index(l->lines, struct dl_point, i),
                        b = g_array_index(l->lines, struct dl_point, i + 1);
        double part = ink_crossing(&s->ink, width / 2 - 1.5, a, b);
        if (part <= 0) continue;
        /* Where it crosses: the point of the piece that is nearest to the ink's middle. */
        struct dl_point m = ink_point(&s->ink, (s->ink.left + s->ink.right) / 2, (s->ink.top + s->ink.bottom) / 2);
        double dx = b.x - a.x, dy = b.y - a.y,
               t = CLAMP(((m.x - a.x) * dx + (m.y - a.y) * dy) / MAX(dx * dx + dy * dy, 1e-9), 0, 1);
        if (part > length) middle = (struct dl_point){ a.x + t * dx, a.y + t * dy };
        length += part;
    }
    if (length > crossing_px && line_shows(l, dl, k, s->op, middle, color))
        add_fault(dl, out, (struct fault){ FAULT_LINE, 0, s->op, k, length, crossing_px, RGBA_NONE });
}

/* Whether an op draws a line beside such a text: a stroke, or a thin filled rectangle. */
static bool is_line(const struct dl_op *op, double em)
{
    if (op->kind == DL_PATH) return op->path.stroke.a && op->path.width > 0;
    if (op->kind != DL_RECT) return false;
    if (op->rect.stroke.a && op->rect.width > 0) return true;
    double thin = MIN(op->rect.box.w, op->rect.box.h), length = MAX(op->rect.box.w, op->rect.box.h);
    return op->rect.fill.a && thin <= rule_em * em && length >= rule_length * thin;
}

static void find_crossings(struct looker *l, const struct dl *dl, GArray *out)
{
    for (guint k = 0; k < dl->ops->len; k++) {
        const struct dl_op *op = dl_op_at(dl, k);
        bool have = false;
        double width = 0;
        struct rgba color = RGBA_NONE;
        for (guint i = 0; i < l->texts->len; i++) {
            const struct seen_text *s = &g_array_index(l->texts, struct seen_text, i);
            if (!boxes_meet(op->box, s->bounds) || !is_line(op, dl_op_at(dl, (guint)s->op)->text.font.size)) continue;
            if (!have) op_lines(dl, op, l->lines, &width, &color);
            have = true;
            find_crossing(l, dl, (int)k, width, color, s, out);
        }
    }
}

/* --- cut, margin, size --------------------------------------------------------------------------------------------------- */

/* How far a box sticks out of another, at most. */
static double sticks_out(struct box inner, struct box outer)
{
    double x = MAX(outer.x - inner.x, box_right(inner) - box_right(outer));
    return MAX(x, MAX(outer.y - inner.y, box_bottom(inner) - box_bottom(outer)));
}

/* Where the op would draw if nothing cut it. */
static struct box whole_box(const struct dl_op *op)
{
    struct box b = op->box;
    if (op->kind == DL_RECT) b = op->rect.stroke.a ? box_inset(op->rect.box, -op->rect.width / 2) : op->rect.box;
    else if (op->kind == DL_BEAM) b = op->beam.box;
    else if (op->kind == DL_HEAT)
        b = (struct box){ op->heat.x, op->heat.y, (op->heat.cols - 1) * op->heat.pitch_x + op->heat.cell_w,
                          (op->heat.rows - 1) * op->heat.pitch_y + op->heat.cell_h };
    return b;
}

static void find_cuts(struct looker *l, const struct dl *dl, GArray *out)
{
    struct box frame = { 0, 0, dl->width, dl->height };
    for (guint i = 0; i < dl->ops->len; i++) {
        const struct dl_op *op = dl_op_at(dl, i);
        if (op->kind == DL_TEXT || op->kind == DL_CLIP || op->kind == DL_UNCLIP) continue;
        double over = sticks_out(whole_box(op), frame), margin = sticks_out(whole_box(op), l->canvas.safe);
        if (over > touch_px) add_fault(dl, out, (struct fault){ FAULT_EDGE, 0, (int)i, -1, over, 0, RGBA_NONE });
        else if (margin > shape_margin_px)
            add_fault(dl, out, (struct fault){ FAULT_MARGIN, 0, (int)i, -1, margin, 0, RGBA_NONE });
    }
    for (guint i = 0; i < l->texts->len; i++) {
        const struct seen_text *s = &g_array_index(l->texts, struct seen_text, i);
        const struct dl_op *op = dl_op_at(dl, (guint)s->op);
        double edge = sticks_out(s->bounds, frame), clip = sticks_out(s->bounds, op->box),
               margin = sticks_out(s->bounds, l->canvas.safe);
        margin -= optical_em * op->text.font.size;
        if (edge > touch_px) add_fault(dl, out, (struct fault){ FAULT_EDGE, 0, s->op, -1, edge, 0, RGBA_NONE });
        else if (clip > touch_px) add_fault(dl, out, (struct fault){ FAULT_CLIP, 0, s->op, -1, clip, 0, RGBA_NONE });
        else if (margin > touch_px)
            add_fault(dl, out, (struct fault){ FAULT_MARGIN, 0, s->op, -1, margin, 0, RGBA_NONE });
    }
}

static void find_small(struct looker *l, const struct dl *dl, GArray *out)
{
    double least = canvas_font(&l->canvas, TEXT_SMALL).size, least_sub = canvas_font(&l->canvas, TEXT_SUB).size;
    for (guint i = 0; i < l->texts->len; i++) {
        const struct seen_text *s = &g_array_index(l->texts, struct seen_text, i);
        const struct dl_text *t = &dl_op_at(dl, (guint)s->op)->text;
        double floor_px =
            t->len <= 2 ? MIN(least, least_sub) : least; /* superscripts and subscripts are a letter or two */
        if (t->font.size < floor_px)
            add_fault(dl, out, (struct fault){ FAULT_SIZE, 0, s->op, -1, t->font.size, floor_px, RGBA_NONE });
    }
}

/* --- contrast ------------------------------------------------------------------------------------------------------------- */

static int by_measure(const void *a, const void *b)
{
    double x = ((const struct fault *)a)->measure, y = ((const struct fault *)b)->measure;
    return x < y ? -1 : x > y;
}

/* A line through a text or a shape over it is one fault, not also a bad ground. */
static bool is_crossed(const GArray *faults, int op)
{
    for (guint i = 0; i < faults->len; i++) {
        const struct fault *f = &g_array_index(faults, struct fault, i);
        if (f->a == op && (f->kind == FAULT_LINE || f->kind == FAULT_COVER)) return true;
    }
    return false;
}

static void find_faint(struct looker *l, const struct dl *dl, GArray *out)
{
    for (guint i = 0; i < l->texts->len; i++) {
        const struct seen_text *s = &g_array_index(l->texts, struct seen_text, i);
        if (is_crossed(out, s->op)) continue;
        const struct dl_text *t = &dl_op_at(dl, (guint)s->op)->text;
        int cols = point_columns(&s->ink, t), n_under = 0;
        int under[64];
        for (int k = 0; k < s->op && n_under < (int)G_N_ELEMENTS(under); k++) {
            const struct dl_op *op = dl_op_at(dl, (guint)k);
            if (op->kind != DL_TEXT && boxes_meet(op->box, s->bounds)) under[n_under++] = k;
        }
        g_array_set_size(l->ratios, 0);
        for (int p = 0; p < cols * POINT_ROWS; p++) {
            struct dl_point at = point_of(&s->ink, p % cols, cols, p / cols);
            struct rgba ground = dl->background;
            for (int k = 0; k < n_under; k++)
                ground = op_over(dl, dl_op_at(dl, (guint)under[k]), at.x, at.y, ground, l->scratch);
            struct fault f = { FAULT_CONTRAST,
                               0,
                               s->op,
                               -1,
                               contrast(l, color_over(t->color, ground), ground),
                               l->canvas.style->text_contrast,
                               ground };
            g_array_append_val(l->ratios, f);
        }
        qsort(l->ratios->data, l->ratios->len, sizeof(struct fault), by_measure);
        struct fault worst = g_array_index(l->ratios, struct fault, (guint)(ground_share * l->ratios->len));
        if (worst.measure < worst.floor - 0.05) add_fault(dl, out, worst);
    }
}

/* --- words ------------------------------------------------------------------------------------------------------------------ */

/* Roman numerals, fractions and numbers in circles count as well. */
static bool is_numeral(gunichar c)
{
    GUnicodeType type = g_unichar_type(c);
    return g_unichar_isdigit(c) || type == G_UNICODE_LETTER_NUMBER || type == G_UNICODE_OTHER_NUMBER;
}

bool text_has_number(const char *text)
{
    static const char *const words[] = { "three",   "four",     "five",    "six",     "seven",  "eight",
                                         "nine",    "ten",      "eleven",  "twelve",  "twenty", "thirty",
                                         "forty",   "fifty",    "sixty",   "seventy", "eighty", "ninety",
                                         "hundred", "thousand", "million", "billion", "dozen",  NULL };
    bool inside = false; /* of a word */
    for (const char *s = text; *s; s = g_utf8_next_char(s)) {
        gunichar c = g_utf8_get_char(s);
        if (!inside && is_numeral(c)) return true;
        if (!inside && g_unichar_isalpha(c)) {
            const char *end = s;
            while (g_unichar_isalpha(g_utf8_get_char(end))) end = g_utf8_next_char(end);
            g_autofree char *word = g_ascii_strdown(s, end - s);
            if (g_strv_contains(words, word)) return true;
        }
        if (g_unichar_isalpha(c)) inside = true;
        else if (g_unichar_isspace(c) || c == '(' || c == '=' || c == '/' || c == 0xB7) inside = false;
    }
    return false;
}

static void find_words(struct looker *l, const struct dl *dl, GArray *out)
{
    for (guint i = 0; i < l->texts->len; i++) {
        int at = g_array_index(l->texts, struct seen_text, i).op;
        const struct dl_op *op = dl_op_at(dl, (guint)at);
        const struct dl_text *t = &op->text;
        const struct facts *book = t->fact >= 0 && l->book ? l->book(l->self, t->book) : NULL;
        enum fault_kind kind = FAULT_KIND_COUNT;
        if (t->fact == DL_WORDS && text_has_number(dl_string(dl, t->text))) kind = FAULT_TYPED;
        else if (book && t->fact < facts_count(book) && facts_at(book, t->fact)->kind == FACT_UNKNOWN)
            kind = FAULT_UNKNOWN;
        else if (t->fact == DL_CUT) kind = FAULT_ELLIPSIS;
        if (kind == FAULT_ELLIPSIS && at > 0 && dl_op_at(dl, (guint)at - 1)->kind == DL_TEXT)
            at--; /* the text that it cuts */
        if (kind != FAULT_KIND_COUNT) add_fault(dl, out, (struct fault){ kind, 0, at, -1, 0, 0, RGBA_NONE });
    }
}

void picture_faults(struct looker *l, const struct dl *dl, GArray *out)
{
    find_texts(l, dl, out);
    find_text_overlaps(l, dl, out);
    find_crossings(l, dl, out);
    find_cuts(l, dl, out);
    find_small(l, dl, out);
    find_faint(l, dl, out);
    find_words(l, dl, out);
}

/* --- telling ------------------------------------------------------------------------------------------------------------------ */

static const enum lint_rule rules[FAULT_KIND_COUNT] = {
    [FAULT_TEXTS] = LINT_OVERLAP, [FAULT_LINE] = LINT_OVERLAP,    [FAULT_COVER] = LINT_OVERLAP,
    [FAULT_EDGE] = LINT_CUT,      [FAULT_CLIP] = LINT_CUT,        [FAULT_ELLIPSIS] = LINT_CUT,
    [FAULT_MARGIN] = LINT_MARGIN, [FAULT_SIZE] = LINT_SIZE,       [FAULT_CONTRAST] = LINT_CONTRAST,
    [FAULT_TYPED] = LINT_TYPED,   [FAULT_UNKNOWN] = LINT_UNKNOWN,
};

enum lint_rule fault_rule(enum fault_kind kind) { return rules[kind]; }

bool fault_tells_more(const struct fault *a, const struct fault *b)
{
    /* A faint text is told as it is when it stands out best: on its way in or out it is fainter, and may be. */
    return a->measure > b->measure;
}

static struct lint_object object_of(const struct looker *l, const struct dl *dl, int at)
{
    const struct dl_op *op = dl_op_at(dl, (guint)at);
    struct ink ink;
    if (op->kind != DL_TEXT) return (struct lint_object){ g_strdup(dl_string(dl, op->name)), NULL, op->box };
    ink = ink_of_text(dl, &op->text, l->measurer);
    return (struct lint_object){ g_strdup(dl_string(dl, op->name)), g_strdup(dl_string(dl, op->text.text)),
                                 ink_bounds(&ink) };
}

/* "“Ana” (chip 3)", or "the shape “ruler”" where there is no text. Caller frees. */
static char *call(const struct lint_object *o)
{
    return o->text ? g_strdup_printf("“%s” (%s)", o->text, o->name) : g_strdup_printf("a shape of “%s”", o->name);
}

static char *sentence(const struct looker *l, const struct fault *f, const struct finding *found)
{
    g_autofree char *a = call(&found->a), *b = found->b.name ? call(&found->b) : NULL;
    const struct canvas *c = &l->canvas;
    switch (f->kind) {
    case FAULT_TEXTS:
        return g_strdup_printf("%s and %s lie on each other by %.0f pixels; texts must stand apart.", a, b,
                               ceil(f->measure));
    case FAULT_LINE:
        return g_strdup_printf("A line of “%s” crosses %s over %.0f pixels; a line must pass beside a text.",
                               found->b.name, a, ceil(f->measure));
    case FAULT_COVER:
        return g_strdup_printf("%s is covered to %.0f%% by %s; nothing may be drawn over a text.", a, f->measure * 100,
                               b);
    case FAULT_EDGE:
        return g_strdup_printf("%s is cut by the edge of the picture, %.0f pixels of it; it must lie inside.", a,
                               ceil(f->measure));
    case FAULT_CLIP:
        return g_strdup_printf("%s is cut by its box, %.0f pixels of it; it needs a shorter text or more room.", a,
                               ceil(f->measure));
    case FAULT_ELLIPSIS: {
        /* What a scene wrote can be shortened; a name of the catalogs, or a view's own words, need room. */
        bool written = g_str_has_prefix(found->a.name, "title") || g_str_has_prefix(found->a.name, "caption") ||
                       g_str_has_prefix(found->a.name, "chapter name");
        return g_strdup_printf("%s does not fit at %d×%d, and its last words are lost; %s.", a, c->width, c->height,
                               written ? "write it shorter" : "it needs a larger picture");
    }
    case FAULT_MARGIN:
        return g_strdup_printf("%s leaves the title-safe area by %.0f pixels; at %d×%d that is %.0f,%.0f %.0f×%.0f.", a,
                               ceil(f->measure), c->width, c->height, c->safe.x, c->safe.y, c->safe.w, c->safe.h);
    case FAULT_SIZE:
        return g_strdup_printf("%s is set in %.0f pixels; at %d×%d a text needs %.0f to be read.", a, f->measure,
                               c->width, c->height, f->floor);
    case FAULT_CONTRAST:
        return g_strdup_printf(
            "%s has a contrast of %.1f : 1 on the #%02X%02X%02X under it; the style “%s” asks for %.1f : 1.", a,
            f->measure, f->under.r, f->under.g, f->under.b, c->style->name, f->floor);
    case FAULT_TYPED:
        return g_strdup_printf(
            "%s has a number that somebody typed; write a fact in braces, so that it is true and stays true.", a);
    case FAULT_UNKNOWN: return g_strdup_printf("%s stands for a value that nobody knows; `kvreel why` tells which.", a);
    case FAULT_KIND_COUNT: break;
    }
    g_assert_not_reached();
}

struct finding fault_finding(const struct looker *l, const struct dl *dl, const struct fault *f)
{
    struct finding out = { .rule = rules[f->kind], .a = object_of(l, dl, f->a) };
    if (f->b >= 0) out.b = object_of(l, dl, f->b);
    const struct rgba ink = f->kind == FAULT_CONTRAST ? dl_op_at(dl, (guint)f->a)->text.color : RGBA_NONE;
    out.cause = (guint)ink.r << 24 | (guint)ink.g << 16 | (guint)ink.b << 8 | ink.a;
    out.text = sentence(l, f, &out);
    return out;
}
