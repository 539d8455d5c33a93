/* From picture to picture.
 *
 * Numbers: each drawn fact is followed by its key from its coming to its going, also through a transition. A number that
 * rests must stay long enough to be read; one that counts need not be read at each value, but must be there for as long.
 *
 * Flashes: the picture is a grid of 32 x 18 cells, and each counts how often its mean luminance turns back by 0.1 or more
 * (WCAG 2.3.1: a flash is a pair of opposite changes, the darker state below 0.8). It takes cells of 2.8 % of the picture:
 * a quarter of a field of ten degrees, which is 341 x 256 pixels of 1024 x 768.
 *
 * Dead time: the hash of the picture without its rail stays.
 */
#include "lint/changes.h"
#include "dl/hash.h"
#include "lint/shape.h"
#include "lint/captions.h"
#include "view/chrome.h"

#include <string.h>

/* 7 turns are over three flashes. */
enum { COLS = 32, ROWS = 18, FINE = 2, TURNS = 7, CELLS_LEAST = COLS * ROWS * 28 / 1000 };
static const double flash_step = 0.1, flash_dark = 0.8;
static const int64_t second_us = 1000000, look_us = 2500000, patience_us = 3000000;

/* came_us: since when it is there. counts: it has left a value before that could be read. */
struct number {
    uint64_t key;
    int64_t came_us, changed_us;
    bool counts;
    int chapter;
    guint picture;
    char text[48], name[48];
    struct box box;
};
struct point {
    double extreme;
    int direction;
    int64_t turns[TURNS];
    int next;
};

struct changes {
    const struct story *story;
    GArray *findings, *scratch;
    GHashTable *numbers; /* key -> struct number */
    guint picture; /* counts distinct pictures */
    int64_t flowing_from; /* when the present transition began; -1: none */
    struct point points[COLS * ROWS];
    struct rgba colors[COLS * ROWS * FINE * FINE]; /* of the present picture */
    double light[256]; /* linear light of an 8-bit value */
    int64_t flash_until;
    uint64_t still_hash;
    int64_t still_from;
    int still_chapter;
};

struct changes *changes_new(const struct story *story, GArray *findings)
{
    struct changes *m = g_new0(struct changes, 1);
    m->story = story;
    m->findings = findings;
    m->scratch = g_array_new(FALSE, FALSE, sizeof(struct dl_point));
    m->numbers = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
    for (int i = 0; i < COLS * ROWS; i++) {
        m->points[i].extreme = -1;
        for (int k = 0; k < TURNS; k++) m->points[i].turns[k] = -second_us - 1;
    }
    for (int v = 0; v < 256; v++)
        m->light[v] = color_luminance((struct rgba){ (uint8_t)v, (uint8_t)v, (uint8_t)v, 255 });
    m->flash_until = m->flowing_from = -1;
    return m;
}

void changes_free(struct changes *m)
{
    g_hash_table_destroy(m->numbers);
    g_array_free(m->scratch, TRUE);
    g_free(m);
}

/* --- numbers ------------------------------------------------------------------------------------------------------------ */

static void number_goes(struct changes *m, const struct number *n, int64_t us)
{
    int64_t need = words_number_us(n->text);
    int64_t shown = us - (n->counts ? n->came_us : n->changed_us);
    if (shown >= need) return;
    struct finding f = {
        .rule = LINT_BRIEF, .chapter = n->chapter, .from_us = us - shown, .to_us = us, .at_us = n->changed_us
    };
    f.a = (struct lint_object){ g_strdup(n->name), g_strdup(n->text), n->box };
    f.text = g_strdup_printf(
        "The number “%s” (%s) goes after %.2f s; to read it takes %.2f. Lower the chapter's pace, or hold the picture there.",
        n->text, n->name, (double)shown / 1e6, (double)need / 1e6);
    findings_add(m->findings, f);
}

/* Numbers that the present picture does not have went at `us`. */
static void forget_numbers(struct changes *m, int64_t us)
{
    GHashTableIter it;
    gpointer value;
    g_hash_table_iter_init(&it, m->numbers);
    while (g_hash_table_iter_next(&it, NULL, &value)) {
        if (((struct number *)value)->picture == m->picture) continue;
        number_goes(m, value, us);
        g_hash_table_iter_remove(&it);
    }
}

static bool is_number(const struct dl_op *op)
{
    return op->kind == DL_TEXT && op->text.fact >= 0 && op->text.book == BOOK_NOW && op->text.color.a >= 40;
}

static bool has_digit(const char *text) { return strpbrk(text, "0123456789"); }

static void see_numbers(struct changes *m, const struct dl *dl, int64_t us, int chapter)
{
    for (guint i = 0; i < dl->ops->len; i++) {
        const struct dl_op *op = dl_op_at(dl, i);
        const char *text = dl_string(dl, op->text.text);
        if (!is_number(op) || !has_digit(text)) continue;
        struct number *n = g_hash_table_lookup(m->numbers, &op->key);
        if (!n) {
            n = g_new0(struct number, 1);
            n->key = op->key;
            g_hash_table_insert(m->numbers, &n->key, n);
        }
        if (strcmp(n->text, text)) {
            if (!n->text[0]) n->came_us = us;
            else n->counts |= us - n->changed_us < words_number_us(n->text);
            n->changed_us = us;
            g_strlcpy(n->text, text, sizeof n->text);
        }
        n->chapter = chapter;
        n->picture = m->picture;
        n->box = op->box;
        g_strlcpy(n->name, dl_string(dl, op->name), sizeof n->name);
    }
    forget_numbers(m, m->flowing_from >= 0 ? m->flowing_from : us);
    m->flowing_from = -1;
}

/* --- flashes ------------------------------------------------------------------------------------------------------------- */

/* Mean luminance of the grid's cells, each from FINE x FINE points; texts are too fine to flash. */
static void sample(struct changes *m, const struct dl *dl, double out[COLS * ROWS])
{
    enum { W = COLS * FINE, H = ROWS * FINE };
    double w = (double)dl->width / W, h = (double)dl->height / H;
    for (int i = 0; i < W * H; i++) m->colors[i] = dl->background;
    for (guint i = 0; i < dl->ops->len; i++) {
        const struct dl_op *op = dl_op_at(dl, i);
        if (op->kind == DL_TEXT || op->kind == DL_CLIP || op->kind == DL_UNCLIP) continue;
        int x0 = MAX((int)(op->box.x / w), 0), x1 = MIN((int)(box_right(op->box) / w), W - 1);
        int y0 = MAX((int)(op->box.y / h), 0), y1 = MIN((int)(box_bottom(op->box) / h), H - 1);
        for (int y = y0; y <= y1; y++)
            for (int x = x0; x <= x1; x++)
                m->colors[y * W + x] = op_over(dl, op, (x + 0.5) * w, (y + 0.5) * h, m->colors[y * W + x], m->scratch);
    }
    memset(out, 0, sizeof(double) * COLS * ROWS);
    for (int i = 0; i < W * H; i++) {
        struct rgba c = m->colors[i];
        out[i / W / FINE * COLS + i % W / FINE] +=
            (0.2126 * m->light[c.r] + 0.7152 * m->light[c.g] + 0.0722 * m->light[c.b]) / (FINE * FINE);
    }
}

/* Has this point now turned more often than three flashes take? */
static bool point_sees(struct point *p, double luminance, int64_t us)
{
    if (p->extreme < 0) p->extreme = luminance;
    double step = luminance - p->extreme;
    if (p->direction == 0 ? step != 0 : step * p->direction > 0) {
        if (p->direction == 0) p->direction = step > 0 ? 1 : -1;
        p->extreme = luminance;
        return false;
    }
    if (step * -p->direction < flash_step || MIN(luminance, p->extreme) >= flash_dark) return false;
    p->direction = -p->direction;
    p->extreme = luminance;
    p->turns[p->next] = us;
    p->next = (p->next + 1) % TURNS;
    return us - p->turns[p->next] <= second_us; /* the oldest of the last seven */
}

static void see_flashes(struct changes *m, const struct dl *dl, int64_t us, int chapter)
{
    double luminance[COLS * ROWS];
    struct box box = { 0, 0, 0, 0 };
    int n = 0;
    sample(m, dl, luminance);
    for (int i = 0; i < COLS * ROWS; i++) {
        if (!point_sees(&m->points[i], luminance[i], us)) continue;
        double w = (double)dl->width / COLS, h = (double)dl->height / ROWS;
        box = box_join(box, (struct box){ i % COLS * w, i / COLS * h, w, h });
        n++;
    }
    if (n < CELLS_LEAST || us <= m->flash_until) return;
    for (int v = 0; v < 256; v++)
        m->light[v] = color_luminance((struct rgba){ (uint8_t)v, (uint8_t)v, (uint8_t)v, 255 });
    m->flash_until = us + second_us;
    struct finding f = {
        .rule = LINT_FLASH, .chapter = chapter, .from_us = MAX(us - second_us, 0), .to_us = us, .at_us = us
    };
    f.a = (struct lint_object){ g_strdup("the picture"), NULL, box };
    f.text = g_strdup_printf(
        "%.0f%% of the picture flashes more than three times in a second, which can harm; slow the chapters down, or let them flow into each other.",
        100.0 * n / (COLS * ROWS));
    findings_add(m->findings, f);
}

/* --- dead time ------------------------------------------------------------------------------------------------------------ */

static uint64_t hash_without_rail(const struct dl *dl)
{
    uint64_t hash = hash_u64(0, (uint64_t)dl->width);
    for (guint i = 0; i < dl->ops->len; i++) {
        const struct dl_op *op = dl_op_at(dl, i);
        if (g_str_has_prefix(dl_string(dl, op->name), "rail")) continue;
        hash = dl_op_hash(dl, op, hash);
        for (int k = 0; op->kind == DL_HEAT && k < op->heat.cols * op->heat.rows; k++) {
            struct rgba c = dl_heat_cell(dl, &op->heat, k % op->heat.cols, k / op->heat.cols);
            hash = hash_u64(hash, (uint64_t)c.r << 24 | (uint64_t)c.g << 16 | (uint64_t)c.b << 8 | c.a);
        }
    }
    return hash;
}

static void stillness_ends(struct changes *m, int64_t us)
{
    const struct chapter *c = &m->story->chapters[m->still_chapter];
    int64_t read_by = c->start_us + captions_read_by(c, MAX(m->still_from - c->start_us, c->lead_us));
    int64_t done = MAX(m->still_from + look_us, read_by);
    if (us - done <= patience_us) return;
    struct finding f = {
        .rule = LINT_DEAD, .chapter = m->still_chapter, .from_us = m->still_from, .to_us = us, .at_us = done
    };
    f.text = g_strdup_printf(
        "Nothing changes for %.1f s, and everything has been read after %.1f; shorten the hold, or say more.",
        (double)(us - m->still_from) / 1e6, (double)(done - m->still_from) / 1e6);
    findings_add(m->findings, f);
}

void changes_see(struct changes *m, const struct dl *dl, int64_t us, int chapter, bool in_transition)
{
    uint64_t hash = hash_without_rail(dl);
    if (m->picture && hash == m->still_hash && chapter == m->still_chapter) return;
    if (m->picture) stillness_ends(m, us);
    m->still_hash = hash;
    m->still_from = us;
    m->still_chapter = chapter;
    m->picture++;
    see_flashes(m, dl, us, chapter);
    if (!in_transition) see_numbers(m, dl, us, chapter);
    else if (m->flowing_from < 0) m->flowing_from = us;
}

void changes_end(struct changes *m, int64_t us)
{
    if (!m->picture) return;
    stillness_ends(m, us);
    m->picture++;
    forget_numbers(m, us);
}
