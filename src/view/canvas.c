/* Plans, sizes and fonts: the grid and the type table as data. */
#include "view/canvas.h"
#include "view/script.h"

#include <math.h>
#include <string.h>

/* Sizes at one unit per pixel: wide and square, tall, small; and the least that each plan may show, in units. */
static const struct { enum font_family family; int weight, size[PLAN_COUNT]; } roles[TEXT_ROLE_COUNT] = {
    /*                                wide square tall small */
    [TEXT_TITLE]   = { FONT_DISPLAY, 600, { 44, 44, 62, 24 } },
    [TEXT_CAPTION] = { FONT_WORDS, 500, { 32, 30, 40, 18 } },
    [TEXT_HERO]    = { FONT_DISPLAY, 600, { 72, 64, 104, 40 } },
    [TEXT_CHAPTER] = { FONT_WORDS, 600, { 22, 22, 32, 16 } },
    [TEXT_HEADING] = { FONT_DISPLAY, 600, { 28, 26, 38, 18 } },
    [TEXT_BAND]    = { FONT_DISPLAY, 700, { 28, 26, 38, 28 } },
    [TEXT_LABEL]   = { FONT_WORDS, 400, { 22, 22, 30, 16 } },
    [TEXT_SMALL]   = { FONT_WORDS, 400, { 20, 20, 28, 16 } },
    [TEXT_CHIP]    = { FONT_MONO, 500, { 22, 22, 30, 18 } },
    [TEXT_COLUMN]  = { FONT_MONO, 400, { 20, 20, 28, 16 } },
    [TEXT_CELL]    = { FONT_MONO, 500, { 20, 20, 28, 16 } },
    [TEXT_FORMULA] = { FONT_MONO, 600, { 36, 34, 44, 24 } },
    [TEXT_SUB]     = { FONT_WORDS, 400, { 17, 17, 24, 16 } },
};

/* The least unit at which a plan can be read. Below it type keeps its least size, and no longer fits its places. */
static const double least_unit[PLAN_COUNT] = { [PLAN_WIDE] = 0.6666, [PLAN_SQUARE] = 0.6666, [PLAN_TALL] = 0.5, [PLAN_SMALL] = 1 };

void canvas_set_size(struct canvas *c, int width, int height)
{
    double w = width, h = height, aspect = w / h;
    c->width = width;
    c->height = height;
    if (aspect > 1.4) c->plan = PLAN_WIDE, c->unit = MIN(w / 1920, h / 1080);
    else if (aspect >= 0.75) c->plan = PLAN_SQUARE, c->unit = MIN(w, h) / 1080;
    else c->plan = PLAN_TALL, c->unit = MIN(w / 1080, h / 1920);
    if (aspect >= 1.25 && c->unit < least_unit[c->plan]) c->plan = PLAN_SMALL, c->unit = MIN(w / 640, h / 360);
    static const struct { double side, top, bottom, head, foot; } grid[PLAN_COUNT] = {
        /* margins, then what header and caption with rail take inside the safe area */
        [PLAN_WIDE] = { 96, 54, 54, 124, 146 },
        [PLAN_SQUARE] = { 54, 54, 54, 128, 184 },
        [PLAN_TALL] = { 64, 104, 220, 260, 120 },
        [PLAN_SMALL] = { 20, 14, 8, 0, 50 },
    };
    double side = px(c, grid[c->plan].side), top = px(c, grid[c->plan].top), bottom = px(c, grid[c->plan].bottom);
    c->safe = (struct box){ side, top, w - 2 * side, h - top - bottom };
    c->stage = c->safe;
    box_cut_top(&c->stage, px(c, grid[c->plan].head));
    box_cut_bottom(&c->stage, px(c, grid[c->plan].foot));
}

/* A length so many times as long, up to the next even number: video wants those. */
static int grown(int length, double factor) { return 2 * (int)ceil(length * factor / 2 - 1e-9); }

bool canvas_size_readable(int width, int height, int *least_width, int *least_height)
{
    struct canvas c;
    canvas_set_size(&c, width, height);
    double factor = MAX(least_unit[c.plan] / c.unit, 1);
    *least_width = grown(width, factor);
    *least_height = grown(height, factor);
    return factor <= 1;
}

double px(const struct canvas *c, double units) { return round(units * c->unit); }

struct font canvas_font(const struct canvas *c, enum text_role role)
{
    static const int least[PLAN_COUNT] = { [PLAN_WIDE] = 20, [PLAN_SQUARE] = 20, [PLAN_TALL] = 28, [PLAN_SMALL] = 16 };
    double floor_px = role == TEXT_SUB ? 0.8 * least[c->plan] : least[c->plan];
    /* 720p keeps 16 px where the scale alone would give 13. */
    double size = round(roles[role].size[c->plan] * c->unit), min = MAX(round(floor_px * c->unit), role == TEXT_SUB ? 13 : 16);
    return (struct font){ (uint8_t)roles[role].family, (uint16_t)roles[role].weight, (uint16_t)MAX(size, min) };
}

struct font font_weight(struct font f, int weight)
{
    f.weight = (uint16_t)weight;
    return f;
}

struct font font_family(struct font f, enum font_family family)
{
    f.family = (uint8_t)family;
    return f;
}

double canvas_width(const struct canvas *c, struct font f, const char *text) { return dl_measure(c->dl, f, text).width; }

double canvas_baseline(const struct canvas *c, struct font f, double y)
{
    (void)c;
    return round(y + 0.364 * f.size); /* half the cap height of both families, 0.727 em */
}

int canvas_count(const struct canvas *c, const char *id, int number, int64_t value, const char *source)
{
    char name[48];
    g_snprintf(name, sizeof name, "%s.%d", id, number);
    return facts_leaf(c->facts, facts_word(c->facts, name), value, UNIT_COUNT, source);
}
/* Columns of a fixed-width font that a sign takes: Chinese, Japanese and Korean ones take two. */
static int columns_of(const char *sign) { return g_unichar_iswide(g_utf8_get_char(sign)) ? 2 : 1; }

const char *token_cut(const char *text, int chars, char *buf, size_t size)
{
    int columns = 0, head = (chars - 1) - (chars - 1) / 2, tail = (chars - 1) / 2, used = 0;
    for (const char *s = text; *s; s = script_next(s)) columns += columns_of(s);
    if (columns <= chars && strlen(text) < size) {
        g_strlcpy(buf, text, size);
        return buf;
    }
    const char *word_end = text;
    int before = 0;
    for (const char *s = text; *s && before < chars; before += columns_of(s), s = script_next(s))
        if (*s == ' ') word_end = s;
    if (word_end > text && (size_t)(word_end - text) + sizeof "…" <= size) {
        g_snprintf(buf, (gulong)size, "%.*s…", (int)(word_end - text), text);
        return buf;
    }
    const char *head_end = text, *rest = text;
    for (; *head_end && used + columns_of(head_end) <= head; head_end = script_next(head_end)) used += columns_of(head_end);
    for (; *rest && columns > tail; rest = script_next(rest)) columns -= columns_of(rest);
    const char *valid_to;
    g_snprintf(buf, (gulong)size, "%.*s…%s", (int)(head_end - text), text, rest);
    if (!g_utf8_validate(buf, -1, &valid_to)) buf[valid_to - buf] = 0; /* a letter under dozens of marks */
    return buf;
}
