/* The sheet is the wide plan's grid on a longer page: three bands of sections, each a heading with its samples. Samples are
 * drawn by the parts that films use, and every number is computed from the style or measured on it here.
 */
#include "sheet/specimen.h"
#include "base/vision.h"
#include "view/parts.h"

#include <math.h>
#include <string.h>

enum { LEFT = 96, MIDDLE = 640, RIGHT = 1240, END = 1824, BAND_1 = 206, BAND_2 = 824, BAND_3 = 1196, FOOT = 1648 };

/* Cut, so that no measure looks better than it is. */
static const char *measure(char buf[16], double v)
{
    g_snprintf(buf, 16, "%.1f", floor(v * 10) / 10);
    return buf;
}

static struct font mono(const struct canvas *c) { return font_weight(canvas_font(c, TEXT_CELL), 400); }

static void heading(const struct canvas *c, double x, double y, const char *words)
{
    struct font f = canvas_font(c, TEXT_HEADING);
    f.size = 24;
    dl_text(c->dl, x, y, f, c->style->text, words);
}

static void words(const struct canvas *c, double x, double y, struct rgba ink, const char *text)
{
    dl_text(c->dl, x, y, canvas_font(c, TEXT_SMALL), ink, text);
}

static void words_mid(const struct canvas *c, double x, double y, struct rgba ink, const char *text)
{
    dl_text_mid(c->dl, x, y, canvas_font(c, TEXT_SMALL), ink, text);
}

static void number_right(const struct canvas *c, double x, double y, struct rgba ink, double v)
{
    char buf[16];
    dl_text_right(c->dl, x, y, mono(c), ink, measure(buf, v));
}

/* A field of colour; one that hardly stands out from the page gets a thin line around it. */
static void swatch(const struct canvas *c, struct box b, struct rgba color)
{
    bool faint = color_contrast(color, c->style->bg) < 1.5;
    dl_rect(c->dl, b, .radius = 6, .fill = color);
    if (faint) dl_rect(c->dl, box_inset(b, 1), .radius = 5, .stroke = c->style->line, .width = 2);
}

static void draw_header(const struct canvas *c)
{
    const struct style *s = c->style;
    char promise[128], buf[16], name[256], origin[256];
    struct font title = canvas_font(c, TEXT_TITLE);
    g_snprintf(promise, sizeof promise, "promises text at %s:1%s", measure(buf, s->text_contrast),
               s->grey_safe ? " · Q, K and V apart in grey" : "");
    dl_text(c->dl, LEFT, 88, canvas_font(c, TEXT_CHAPTER), s->accent, "Style");
    double x = LEFT + dl_text(c->dl, LEFT, 140, title, s->text, token_cut(s->name, 24, name, sizeof name)) + 24;
    canvas_template(c, x, 140, canvas_font(c, TEXT_LABEL), s->text2, s->summary, END - 440 - x, 1, 0, 0);
    dl_text_right(c->dl, END, 88, canvas_font(c, TEXT_SMALL), s->text3, promise);
    if (!s->inherit) return;
    g_autofree char *parent = g_strdup_printf("inherits from %s", token_cut(s->inherit, 24, origin, sizeof origin));
    dl_text_right(c->dl, END, 140, canvas_font(c, TEXT_LABEL), s->text2, parent);
}

/* --- roles --- */

enum { SURFACES = 14, INKS = 13, MARKS = 13, ROLE_PITCH = 38 };

struct role { const char *name; struct rgba color; };

#define ONE(role) + 1
G_STATIC_ASSERT(SURFACES + INKS + MARKS == 0 STYLE_ROLES(ONE));

/* One role a line: its colour, its name, its value. */
static void draw_role(const struct canvas *c, const struct role *r, double x, double mid, double hex_at, struct rgba ink)
{
    char hex[8];
    g_snprintf(hex, sizeof hex, "#%02X%02X%02X", r->color.r, r->color.g, r->color.b);
    swatch(c, (struct box){ x, mid - 13, 40, 26 }, r->color);
    words(c, x + 54, canvas_baseline(c, canvas_font(c, TEXT_SMALL), mid), ink, r->name);
    dl_text(c->dl, x + hex_at, canvas_baseline(c, mono(c), mid), mono(c), c->style->text3, hex);
}

static void draw_roles(const struct canvas *c)
{
    const struct style *s = c->style;
#define ROLE(role) { #role, s->role },
    const struct role all[] = { STYLE_ROLES(ROLE) }, *inks = all + SURFACES, *marks = inks + INKS;
#undef ROLE
    double top = BAND_1 + 36, inks_x = 376, marks_x = 864;
    heading(c, LEFT, BAND_1, "Surfaces and lines");
    heading(c, inks_x, BAND_1, "Text, on bg and surface");
    heading(c, marks_x, BAND_1, "Marks, on bg");
    for (int i = 0; i < SURFACES; i++) draw_role(c, &all[i], LEFT, top + i * ROLE_PITCH, 162, s->text2);
    for (int i = 0; i < INKS; i++) {
        double mid = top + i * ROLE_PITCH, y = canvas_baseline(c, mono(c), mid);
        draw_role(c, &inks[i], inks_x, mid, 228, inks[i].color);
        number_right(c, inks_x + 376, y, s->text2, color_contrast(inks[i].color, s->bg));
        number_right(c, inks_x + 440, y, s->text2, color_contrast(inks[i].color, s->surface));
    }
    for (int i = 0; i < MARKS; i++) {
        double mid = top + i * ROLE_PITCH;
        draw_role(c, &marks[i], marks_x, mid, 184, s->text2);
        number_right(c, marks_x + 332, canvas_baseline(c, mono(c), mid), s->text2, color_contrast(marks[i].color, s->bg));
    }
}

/* --- what different eyes see --- */

enum { EYE_X = RIGHT + 134, EYE_PITCH = 54 };

static void draw_eyes(const struct canvas *c)
{
    const struct style *s = c->style;
    static const char *const names[] = { "Q", "K", "V", "new", "again" }, *const pairs[] = { "Q–K", "Q–V", "K–V" };
    const struct rgba colors[] = { s->query, s->key, s->value, s->new_fill, s->recomputed };
    const int ends[][2] = { { 0, 1 }, { 0, 2 }, { 1, 2 } };
    heading(c, RIGHT, BAND_1, "To different eyes");
    for (int i = 0; i < 5; i++) words_mid(c, EYE_X + i * EYE_PITCH + 22, BAND_1 + 36, s->text2, names[i]);
    for (int i = 0; i < 3; i++)
        dl_text_right(c->dl, END - (2 - i) * 62, BAND_1 + 36, canvas_font(c, TEXT_SMALL), s->text2, pairs[i]);
    for (int v = 0; v < VISION_COUNT; v++) {
        double mid = BAND_1 + 72 + v * 48, y = canvas_baseline(c, mono(c), mid);
        words(c, RIGHT, y, s->text2, vision_names[v]);
        for (int i = 0; i < 5; i++)
            swatch(c, (struct box){ EYE_X + i * EYE_PITCH, mid - 20, 44, 40 }, vision_see(colors[i], (enum vision)v));
        for (int i = 0; i < 3; i++)
            number_right(c, END - (2 - i) * 62, y, s->text,
                         vision_distance(colors[ends[i][0]], colors[ends[i][1]], (enum vision)v));
    }
}

static void draw_sequence_tile(const struct canvas *c, struct box b, int sequence, enum vision v)
{
    const struct style *s = c->style;
    struct rgba color = vision_see(style_sequence(s, sequence), v);
    struct font f = font_weight(canvas_font(c, TEXT_SMALL), 700);
    part_letter(c, b, sequence, f, color, RGBA_NONE);
    if (s->sequence_slash && sequence >= STYLE_SEQUENCES / 2) {
        dl_move_to(c->dl, b.x + 9, box_bottom(b) - 9);
        dl_line_to(c->dl, box_right(b) - 9, b.y + 9);
        dl_stroke(c->dl, 2, style_slash(s, color));
    }
    part_letter(c, b, sequence, f, RGBA_NONE, color_ink_on(color));
    if (s->sequence_border) dl_rect(c->dl, box_inset(b, 1), .radius = 6, .stroke = vision_see(s->chip2_line, v), .width = 2);
}

static void draw_sequences(const struct canvas *c)
{
    const struct style *s = c->style;
    static const enum vision eyes[] = { VISION_NORMAL, VISION_DEUTERANOPIA, VISION_PROTANOPIA, VISION_GREY };
    double top = BAND_1 + 352;
    heading(c, RIGHT, top, "Sequences A to H");
    dl_text_right(c->dl, END, top, canvas_font(c, TEXT_SMALL), s->text2, "closest neighbours");
    for (int k = 0; k < (int)G_N_ELEMENTS(eyes); k++) {
        double mid = top + 42 + k * 46, y = canvas_baseline(c, mono(c), mid), closest = INFINITY;
        words(c, RIGHT, y, s->text2, vision_names[eyes[k]]);
        for (int i = 0; i < STYLE_SEQUENCES; i++)
            draw_sequence_tile(c, (struct box){ EYE_X + i * 46, mid - 19, 40, 38 }, i, eyes[k]);
        for (int i = 0; i + 1 < STYLE_SEQUENCES; i++)
            closest = MIN(closest, vision_distance(s->sequences[i], s->sequences[i + 1], eyes[k]));
        number_right(c, END, y, s->text, closest);
    }
}

/* --- ramps, and what is kept --- */

static void draw_ramps(const struct canvas *c)
{
    const struct style *s = c->style;
    static const char *const names[STYLE_RAMP_COUNT] = { "query", "key", "value", "output", "attention" };
    enum { CELLS = 16, SHARES = 8, STRIP_X = LEFT + 108, WIDE = 384 };
    heading(c, LEFT, BAND_2, "Ramps");
    for (int r = 0; r < RAMP_ATTENTION; r++) {
        struct rgba colors[CELLS];
        double mid = BAND_2 + 42 + r * 44;
        for (int i = 0; i < CELLS; i++) colors[i] = style_ramp(s, (enum style_ramp)r, (double)i / (CELLS - 1));
        words(c, LEFT, canvas_baseline(c, canvas_font(c, TEXT_SMALL), mid), s->text2, names[r]);
        dl_heat(c->dl, (struct dl_heat){ STRIP_X, mid - 16, CELLS, 1, WIDE / CELLS, 32, WIDE / CELLS, 32, 0, 0 }, colors);
    }
    double mid = BAND_2 + 42 + RAMP_ATTENTION * 44 + 12;
    struct font f = canvas_font(c, TEXT_CELL);
    words(c, LEFT, canvas_baseline(c, canvas_font(c, TEXT_SMALL), mid), s->text2, names[RAMP_ATTENTION]);
    for (int i = 0; i < SHARES; i++) {
        struct box cell = { STRIP_X + i * WIDE / SHARES + 2, mid - 22, WIDE / SHARES - 4, 44 };
        struct rgba color = style_ramp(s, RAMP_ATTENTION, (double)i / (SHARES - 1)), ink = color_ink_on(color);
        char buf[16];
        double contrast = color_contrast(ink, color);
        if (contrast < 10) measure(buf, contrast);
        else g_snprintf(buf, sizeof buf, "%.0f", floor(contrast));
        dl_rect(c->dl, cell, .radius = 5, .fill = color);
        dl_text_mid(c->dl, box_mid_x(cell), canvas_baseline(c, f, mid), f, ink, buf);
    }
    dl_rect(c->dl, ((struct box){ STRIP_X - 2, mid - 26, WIDE + 4, 52 }), .radius = 8, .stroke = s->attention, .width = 2);
    words(c, STRIP_X, mid + 54, s->text3, "numbers: their contrast on the cell");
}

/* Some tone in [0, 1) for cell i of column k, the same in every style: the columns are texture, not data. */
static double texture(int i, int k) { return (i * i * (k + 2) + i * 7 + k * 5) % 17 / 17.0; }

/* Four kept columns and a new one, and how far apart the two looks are to the eye that sees least of it. */
static void draw_columns(const struct canvas *c, double x, double y, const char *letter, struct rgba hue, enum style_ramp ramp)
{
    const struct style *s = c->style;
    enum { COLUMNS = 5, CELLS = 16 };
    for (int k = 0; k < COLUMNS; k++) {
        struct rgba colors[CELLS];
        bool is_new = k == COLUMNS - 1;
        struct box b = { x + k * 46, y, 40, 7 * CELLS };
        for (int i = 0; i < CELLS; i++)
            colors[i] = color_mix(s->bg, style_ramp(s, ramp, texture(i, k)), is_new ? 1 : s->kept_alpha);
        dl_heat(c->dl, (struct dl_heat){ b.x, b.y, 1, CELLS, 40, 7, 40, 7, 0, 0 }, colors);
        if (is_new) dl_rect(c->dl, box_inset(b, -3), .radius = 5, .stroke = s->new_line, .width = 4);
    }
    double least = INFINITY;
    for (int v = VISION_NORMAL; v <= VISION_TRITANOPIA; v++)
        least = MIN(least, vision_distance(hue, color_mix(s->bg, hue, s->kept_alpha), (enum vision)v));
    char buf[16];
    g_autofree char *text = g_strdup_printf("%s: %s apart at worst", letter, measure(buf, least));
    words(c, x, y + 7 * CELLS + 32, s->text2, text);
}

static void draw_kept(const struct canvas *c)
{
    const struct style *s = c->style;
    heading(c, MIDDLE, BAND_2 + 148, "Kept and new");
    draw_columns(c, MIDDLE, BAND_2 + 170, "K", s->key, RAMP_KEY);
    draw_columns(c, MIDDLE + 280, BAND_2 + 170, "V", s->value, RAMP_VALUE);
}

static void draw_chips(const struct canvas *c)
{
    static const struct { const char *token, *state; enum chip_state look; } chips[] = {
        { "green", "prompt", CHIP_PROMPT }, { "book", "generated", CHIP_GENERATED }, { "to", "new", CHIP_NEW },
        { "Leo", "sampled next", CHIP_NEXT } };
    double x = MIDDLE;
    heading(c, MIDDLE, BAND_2, "Token chips");
    for (size_t i = 0; i < G_N_ELEMENTS(chips); i++) {
        double chip = part_chip_width(c, chips[i].token), word = canvas_width(c, canvas_font(c, TEXT_SMALL), chips[i].state);
        double wide = ceil(MAX(chip, word));
        part_chip(c, x + round((wide - chip) / 2), BAND_2 + 44, chips[i].token, chips[i].look);
        words_mid(c, x + wide / 2, BAND_2 + 98, c->style->text3, chips[i].state);
        x += wide + 36;
    }
}

/* --- text on what it is read on --- */

static void draw_grounds(const struct canvas *c)
{
    const struct style *s = c->style;
    const struct { const char *name; struct rgba ink, ground; } tiles[] = {
        { "prompt chip", s->text2, s->chip }, { "generated chip", s->text, s->chip2 },
        { "new chip", color_ink_on(s->new_fill), s->new_fill }, { "panel row", s->text2, s->surface2 },
        { "empty slot", s->text3, s->grid }, { "die", s->text3, s->die },
        { "weight block", s->key_ink, color_over(color_fade(s->key, 0.16), s->bg) },
        { "warning box", s->warning_ink, color_over(color_fade(s->warning, 0.17), s->surface) },
        { "critical box", s->critical_ink, color_over(color_fade(s->critical, 0.17), s->surface) } };
    struct font f = font_weight(canvas_font(c, TEXT_CELL), 600);
    heading(c, RIGHT, BAND_2, "Text on what it is read on");
    for (int i = 0; i < (int)G_N_ELEMENTS(tiles); i++) {
        struct box b = { RIGHT + i % 3 * 200, BAND_2 + 20 + i / 3 * 96, 184, 44 };
        char buf[16], ratio[24];
        g_snprintf(ratio, sizeof ratio, "%s:1", measure(buf, color_contrast(tiles[i].ink, tiles[i].ground)));
        swatch(c, b, tiles[i].ground);
        dl_text_mid(c->dl, box_mid_x(b), canvas_baseline(c, f, box_mid_y(b)), f, tiles[i].ink, ratio);
        words_mid(c, box_mid_x(b), box_bottom(b) + 28, s->text2, tiles[i].name);
    }
}

/* --- type --- */

static double least_contrast(const struct style *s)
{
    const struct rgba inks[] = { s->text, s->text2, s->text3, s->accent, s->query_ink, s->key_ink, s->value_ink, s->attention_ink,
                                 s->new_ink, s->recomputed_ink, s->weights_ink, s->warning_ink, s->critical_ink };
    double least = INFINITY;
    for (size_t i = 0; i < G_N_ELEMENTS(inks); i++)
        least = MIN(least, MIN(color_contrast(inks[i], s->bg), color_contrast(inks[i], s->surface)));
    return least;
}

static void draw_type(const struct canvas *c)
{
    const struct style *s = c->style;
    char buf[16], least[24];
    g_snprintf(least, sizeof least, "%s:1", measure(buf, least_contrast(s)));
    const struct { const char *name, *sample; enum text_role role; } rows[] = {
        { "title", "The cache never moves", TEXT_TITLE }, { "number", least, TEXT_HERO },
        { "caption", "Its K and V join the cache.", TEXT_CAPTION }, { "heading", "Next token", TEXT_HEADING },
        { "band", "K cache", TEXT_BAND }, { "formula", "K + V", TEXT_FORMULA }, { "chip", "moving", TEXT_CHIP },
        { "label", "all rows fill at the same time", TEXT_LABEL } };
    double y[2] = { BAND_3, BAND_3 };
    heading(c, LEFT, BAND_3, "Type");
    for (int i = 0; i < (int)G_N_ELEMENTS(rows); i++) {
        struct font f = canvas_font(c, rows[i].role);
        double x = i < 4 ? LEFT : MIDDLE, *at = &y[i < 4 ? 0 : 1], base = *at + 32 + round(f.size * 0.73);
        g_autofree char *font = g_strdup_printf("%s · %s %d · %d px", rows[i].name, s->families[f.family], f.weight, f.size);
        double end = x + dl_text(c->dl, x, base, f, s->text, rows[i].sample);
        words(c, x, base + 32, s->text3, font);
        if (rows[i].role == TEXT_HERO) {
            words(c, end + 20, base - 28, s->text2, "the lowest contrast of text");
            words(c, end + 20, base, s->text2, "on bg or surface");
        }
        *at = base + 32;
    }
}

/* --- states and cells --- */

static void draw_cell(const struct canvas *c, struct box b, int which)
{
    const struct style *s = c->style;
    switch (which) {
    case 0: dl_rect(c->dl, b, .radius = 5, .fill = s->new_fill); break;
    case 1: dl_rect(c->dl, b, .radius = 5, .fill = s->recomputed); break;
    case 2: dl_rect(c->dl, box_inset(b, 1), .radius = 5, .stroke = s->chip_line, .width = 2); break;
    case 3: dl_rect(c->dl, ((struct box){ box_mid_x(b) - 3, box_mid_y(b) - 3, 6, 6 }), .radius = 3, .fill = s->line); break;
    case 4:
        dl_rect(c->dl, b, .radius = 5, .fill = s->weights);
        dl_move_to(c->dl, b.x + 10, box_bottom(b) - 10);
        dl_line_to(c->dl, box_right(b) - 10, b.y + 10);
        dl_stroke(c->dl, 2, style_slash(s, s->weights));
        break;
    case 5: dl_rect(c->dl, b, .radius = 5, .fill = s->grid); break;
    default:
        dl_rect(c->dl, box_inset(b, 1), .radius = 5, .stroke = s->saved, .width = 2, .dash_on = 6, .dash_off = 5);
        break;
    }
}

static void draw_states(const struct canvas *c)
{
    const struct style *s = c->style;
    static const char *const names[] = { "new", "again", "kept", "future", "weights", "unused", "saved" };
    double top = BAND_3 + 20;
    heading(c, RIGHT, BAND_3, "States and cells");
    part_state_box(c, (struct box){ RIGHT, top, END - RIGHT, 88 }, "nearly full", "room for a few more tokens each", s->warning,
                   s->warning_ink);
    part_state_box(c, (struct box){ RIGHT, top + 104, END - RIGHT, 88 }, "needs a second GPU", "the last chats do not fit",
                   s->critical, s->critical_ink);
    for (int i = 0; i < (int)G_N_ELEMENTS(names); i++) {
        struct box b = { RIGHT + 18 + i * 84, top + 228, 46, 46 };
        draw_cell(c, b, i);
        words_mid(c, box_mid_x(b), box_bottom(b) + 30, s->text2, names[i]);
    }
}

/* --- what the checks say --- */

static void draw_verdict(const struct canvas *c, const GArray *findings)
{
    const struct style *s = c->style;
    struct font caption = canvas_font(c, TEXT_CAPTION), small = canvas_font(c, TEXT_SMALL);
    enum { MOST = 2 };
    double y = findings->len ? FOOT - 24 : FOOT;
    if (findings->len == 0) dl_text(c->dl, LEFT, y, caption, s->text, "Every promise of this style is kept.");
    for (guint i = 0; i < MIN(findings->len, MOST); i++, y += 30) {
        const struct finding *f = &g_array_index(findings, struct finding, i);
        g_autofree char *more = findings->len > MOST && i == MOST - 1 ? g_strdup_printf(" And %u more.", findings->len - MOST) : NULL;
        g_autofree char *text = g_strconcat(f->text, more, NULL);
        canvas_template(c, LEFT, y, small, s->critical_ink, text, END - LEFT, 1, 0, 0);
    }
    words(c, LEFT, FOOT + 46, s->text3,
          "Distances: CIEDE2000 after simulation (Machado, Oliveira and Fernandes 2009, full severity, linear RGB). Contrast: WCAG 2. "
          "All are rounded down.");
}

void specimen_draw(struct dl *dl, const struct style *s, const GArray *findings)
{
    struct canvas c = { .dl = dl, .style = s };
    canvas_set_size(&c, 1920, 1080); /* the wide plan at one pixel a unit, on a longer page */
    c.width = SPECIMEN_WIDTH, c.height = SPECIMEN_HEIGHT;
    draw_header(&c);
    draw_roles(&c);
    draw_eyes(&c);
    draw_sequences(&c);
    draw_ramps(&c);
    draw_chips(&c);
    draw_kept(&c);
    draw_grounds(&c);
    draw_type(&c);
    draw_states(&c);
    draw_verdict(&c, findings);
}
