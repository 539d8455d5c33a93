/* The checks of a style are a table of pairs, each with a floor for every kind of eye, and a table of texts, each with the
 * grounds that it is read on. One loop finds the worst of each. */
#include "lint/style.h"
#include "base/vision.h"

#include <math.h>

static void hex(struct rgba c, char out[8]) { g_snprintf(out, 8, "#%02X%02X%02X", c.r, c.g, c.b); }

/* Cut, not rounded: a measure below its floor must not be printed as the floor. */
static double one_decimal(double v) { return floor(v * 10) / 10; }
static double two_decimals(double v) { return floor(v * 100) / 100; }

static void report(GArray *findings, enum lint_rule rule, const char *file, const char *a, const char *b, char *text)
{
    findings_add(findings, (struct finding){ .rule = rule, .chapter = -1, .a = { .name = g_strdup(a) },
                                             .b = { .name = g_strdup(b) }, .file = g_strdup(file), .text = text });
}

/* --- colours that must differ --- */

struct floors { double of[VISION_COUNT]; }; /* 0: not asked */

struct pair { const char *a, *b; struct rgba x, y; const char *change; };

static void check_pair(GArray *findings, const char *file, const struct pair *p, struct floors floors)
{
    static const char *const eyes[VISION_COUNT] = {
        [VISION_NORMAL] = "to most eyes", [VISION_DEUTERANOPIA] = "with deuteranopia",
        [VISION_PROTANOPIA] = "with protanopia", [VISION_TRITANOPIA] = "with tritanopia", [VISION_GREY] = "in greyscale",
    };
    double worst = 1, distance = 0;
    int eye = -1;
    for (int v = 0; v < VISION_COUNT; v++) {
        double d = floors.of[v] > 0 ? vision_distance(p->x, p->y, (enum vision)v) : INFINITY;
        if (d / floors.of[v] >= worst) continue;
        worst = d / floors.of[v], distance = d, eye = v;
    }
    if (eye < 0) return;
    char x[8], y[8];
    hex(p->x, x), hex(p->y, y);
    char *text = g_strdup_printf("%s %s and %s %s are only %.1f apart (CIEDE2000) %s; at least %.0f is wanted: change %s.", p->a, x,
                                 p->b, y, one_decimal(distance), eyes[eye], floors.of[eye], p->change);
    report(findings, LINT_VISION, file, p->a, p->b, text);
}

static void check_roles(GArray *findings, const char *file, const struct style *s)
{
    const struct floors vectors = { { [VISION_NORMAL] = 15, [VISION_DEUTERANOPIA] = 15, [VISION_PROTANOPIA] = 15,
                                      [VISION_TRITANOPIA] = 13, [VISION_GREY] = s->grey_safe ? 10 : 0 } };
    const struct floors touching = { { [VISION_NORMAL] = 10, [VISION_DEUTERANOPIA] = 10, [VISION_PROTANOPIA] = 10,
                                       [VISION_TRITANOPIA] = 10 } };
    struct rgba kept_key = color_mix(s->bg, s->key, s->kept_alpha), kept_value = color_mix(s->bg, s->value, s->kept_alpha);
    const struct { struct pair pair; const struct floors *floors; } rows[] = {
        { { "query", "key", s->query, s->key, "query or key" }, &vectors },
        { { "query", "value", s->query, s->value, "query or value" }, &vectors },
        { { "key", "value", s->key, s->value, "key or value" }, &vectors },
        { { "new_line", "key", s->new_line, s->key, "new_line or key" }, &touching },
        { { "recomputed", "new_fill", s->recomputed, s->new_fill, "recomputed or new_fill" }, &touching },
        { { "weights", "recomputed", s->weights, s->recomputed, "weights or recomputed" }, &touching },
        { { "weights", "critical", s->weights, s->critical, "weights or critical" }, &touching },
        { { "new_fill", "bg", s->new_fill, s->bg, "new_fill or bg" }, &touching },
        { { "the least attention", "the most", style_ramp(s, RAMP_ATTENTION, 0), style_ramp(s, RAMP_ATTENTION, 1), "ramp_attention" }, &vectors },
        { { "kept key", "key", kept_key, s->key, "kept_alpha or key" }, &touching },
        { { "kept value", "value", kept_value, s->value, "kept_alpha or value" }, &touching },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) check_pair(findings, file, &rows[i].pair, *rows[i].floors);
}

static void check_sequences(GArray *findings, const char *file, const struct style *s)
{
    const struct floors neighbours = { { [VISION_NORMAL] = 15, [VISION_DEUTERANOPIA] = 15, [VISION_PROTANOPIA] = 15 } };
    for (int i = 0; i + 1 < STYLE_SEQUENCES; i++) {
        char a[16], b[16], change[64];
        g_snprintf(a, sizeof a, "sequence %c", 'A' + i);
        g_snprintf(b, sizeof b, "sequence %c", 'A' + i + 1);
        g_snprintf(change, sizeof change, "colour %d or %d of sequences", i + 1, i + 2);
        struct pair pair = { a, b, s->sequences[i], s->sequences[i + 1], change };
        check_pair(findings, file, &pair, neighbours);
    }
}

/* --- marks that must stand out --- */

static const double mark_contrast = 3; /* WCAG 2.1, 1.4.11: graphics that are needed to understand */

static void check_marks(GArray *findings, const char *file, const struct style *s)
{
    const struct { const char *name; struct rgba color; } marks[] = {
        { "query", s->query }, { "key", s->key }, { "value", s->value }, { "attention", s->attention }, { "new_line", s->new_line },
        { "recomputed", s->recomputed }, { "weights", s->weights }, { "warning", s->warning }, { "critical", s->critical },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(marks); i++) {
        double contrast = color_contrast(marks[i].color, s->bg);
        char mark[8], ground[8];
        if (contrast >= mark_contrast) continue;
        hex(marks[i].color, mark), hex(s->bg, ground);
        report(findings, LINT_CONTRAST, file, marks[i].name, "bg",
               g_strdup_printf("%s %s has only %.2f:1 against bg %s; a mark that carries meaning needs %g:1: change %s.", marks[i].name, mark,
                               two_decimals(contrast), ground, mark_contrast, marks[i].name));
    }
}

/* --- text that must stand out --- */

enum { MOST_GROUNDS = 7 };

/* What a text is read on: a role, or a tint of it as blocks and state boxes have. */
struct ground { const char *name; struct rgba color; bool is_tint; };
struct read { const char *name; struct rgba ink; struct ground on[MOST_GROUNDS]; }; /* grounds end with a NULL name */

static void check_text(GArray *findings, const char *file, const struct style *s, const struct read *t)
{
    const struct ground *worst = NULL;
    double least = s->text_contrast;
    for (const struct ground *g = t->on; g < t->on + MOST_GROUNDS && g->name; g++) {
        double contrast = color_contrast(t->ink, g->color);
        if (contrast < least) worst = g, least = contrast;
    }
    if (!worst) return;
    char ink[8], ground[8];
    hex(t->ink, ink), hex(worst->color, ground);
    char *text = g_strdup_printf("%s %s has only %.2f:1 against %s%s %s; text_contrast promises %g:1: change %s or %s.", t->name, ink,
                                 two_decimals(least), worst->is_tint ? "a tint of " : "", worst->name, ground, s->text_contrast,
                                 t->name, worst->name);
    report(findings, LINT_CONTRAST, file, t->name, worst->name, text);
}

static struct ground tint(const char *role, struct rgba c, double strength, struct rgba under)
{
    return (struct ground){ role, color_over(color_fade(c, strength), under), true };
}

static void check_inks(GArray *findings, const char *file, const struct style *s)
{
    const struct ground bg = { "bg", s->bg }, surface = { "surface", s->surface }, surface2 = { "surface2", s->surface2 },
                        grid = { "grid", s->grid }, die = { "die", s->die }, substrate = { "substrate", s->substrate },
                        chip = { "chip", s->chip }, chip2 = { "chip2", s->chip2 };
    const struct read texts[] = {
        { "text", s->text, { bg, surface, surface2, die, chip2 } },
        { "text2", s->text2, { bg, surface, surface2, grid, die, chip } },
        { "text3", s->text3, { bg, surface, grid, die, substrate } },
        { "accent", s->accent, { bg, surface } },
        { "query_ink", s->query_ink, { bg, surface, tint("query", s->query, 0.16, s->bg) } },
        { "key_ink", s->key_ink, { bg, surface, tint("key", s->key, 0.16, s->bg) } },
        { "value_ink", s->value_ink, { bg, surface, tint("value", s->value, 0.16, s->bg) } },
        { "attention_ink", s->attention_ink, { bg, surface } },
        { "new_ink", s->new_ink, { bg, surface, tint("new_fill", s->new_fill, s->next_tint, s->bg) } },
        { "recomputed_ink", s->recomputed_ink, { bg, surface } },
        { "weights_ink", s->weights_ink, { bg, surface } },
        { "warning_ink", s->warning_ink, { bg, surface, tint("warning", s->warning, 0.17, s->surface) } },
        { "critical_ink", s->critical_ink, { bg, surface, die, tint("critical", s->critical, 0.17, s->surface) } },
        { "output", s->output, { bg, surface } }, /* the word at the output vector */
    };
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) check_text(findings, file, s, &texts[i]);
}

/* Black or white on what a number or a letter is written on. */
static void check_written_on(GArray *findings, const char *file, const struct style *s, const char *name, struct rgba under,
                             const char *change)
{
    double contrast = color_contrast(color_ink_on(under), under);
    if (contrast >= s->text_contrast) return;
    char ground[8];
    hex(under, ground);
    char *text = g_strdup_printf("%s has the tone %s, on which black and white reach only %.2f:1; text_contrast promises %g:1: "
                                 "change %s.", name, ground, two_decimals(contrast), s->text_contrast, change);
    report(findings, LINT_CONTRAST, file, name, "", text);
}

static struct rgba worst_of_ramp(const struct style *s)
{
    enum { STEPS = 256 };
    struct rgba worst = style_ramp(s, RAMP_ATTENTION, 0);
    for (int i = 1; i <= STEPS; i++) {
        struct rgba c = style_ramp(s, RAMP_ATTENTION, (double)i / STEPS);
        if (color_contrast(color_ink_on(c), c) < color_contrast(color_ink_on(worst), worst)) worst = c;
    }
    return worst;
}

static void check_letters(GArray *findings, const char *file, const struct style *s)
{
    for (int i = 0; i < STYLE_SEQUENCES; i++) {
        char name[16], change[32];
        g_snprintf(name, sizeof name, "sequence %c", 'A' + i);
        g_snprintf(change, sizeof change, "colour %d of sequences", i + 1);
        check_written_on(findings, file, s, name, s->sequences[i], change);
    }
}

void lint_style(const struct style *s, const char *file, GArray *findings)
{
    check_roles(findings, file, s);
    check_sequences(findings, file, s);
    check_marks(findings, file, s);
    check_inks(findings, file, s);
    check_written_on(findings, file, s, "new_fill", s->new_fill, "new_fill");
    check_written_on(findings, file, s, "ramp_attention", worst_of_ramp(s), "its stops");
    check_letters(findings, file, s);
}
