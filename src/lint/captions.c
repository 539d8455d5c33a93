/* Captions and titles against time. What they say is known from the story alone; whether something moves around them is
 * asked of four pictures, two before the change and two after.
 */
#include "lint/captions.h"
#include "dl/dl.h"
#include "view/canvas.h"

#include <math.h>
#include <string.h>

static const double moved_px = 2;
static const int64_t near_us = 60000, far_us = 200000; /* around a change of caption */

int64_t captions_read_by(const struct chapter *c, int64_t into_us)
{
    int64_t by = 0;
    for (int i = 0; i < c->n_captions; i++) {
        const struct words *w = &c->captions[i];
        if (into_us < w->from_us || into_us >= w->to_us) continue;
        g_autofree char *text = words_expand(c, w);
        by = MAX(w->from_us, c->lead_us) + words_caption_us(text);
    }
    return by;
}

static void read_words(const struct story *story, int chapter, const struct words *w, bool title, GArray *findings)
{
    const struct chapter *c = &story->chapters[chapter];
    int64_t from_us = MAX(w->from_us, c->lead_us);
    g_autofree char *text = words_expand(c, w);
    int64_t need = title ? words_title_us(text) : words_caption_us(text), shown = w->to_us - from_us;
    if (!*text || shown >= need) return;
    struct finding f = {
        .rule = LINT_READING, .chapter = chapter, .from_us = c->start_us + from_us, .to_us = c->start_us + w->to_us
    };
    f.at_us = f.to_us - 1;
    f.a = (struct lint_object){ g_strdup(title ? "title" : "caption"), g_strdup(text), { 0 } };
    f.file = g_strdup(w->place.file);
    f.line = w->place.line;
    if (shown <= 0)
        f.text = g_strdup_printf(
            "The %s “%s” is never shown, for another one stands in its place; leave one of them away.", f.a.name, text);
    else
        f.text = g_strdup_printf(
            "The %s “%s” stays for %.1f s; to read it takes %.1f. Give its cue a longer hold, or fewer words.",
            f.a.name, text, (double)shown / 1e6, (double)need / 1e6);
    findings_add(findings, f);
}

void captions_reading(const struct story *story, GArray *findings)
{
    for (int i = 0; i < story->n_chapters; i++) {
        const struct chapter *c = &story->chapters[i];
        for (int k = 0; k < c->n_titles; k++) read_words(story, i, &c->titles[k], true, findings);
        for (int k = 0; k < c->n_captions; k++) read_words(story, i, &c->captions[k], false, findings);
    }
}

/* --- moves around a change ----------------------------------------------------------------------------------------------- */

/* The names of the parts of the frame that are no picture. */
static bool is_chrome(const char *name)
{
    static const char *const words[] = { "caption", "title", "rail", "state", "provenance", "chapter name" };
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (g_str_has_prefix(name, words[i])) return true;
    return false;
}

struct seen {
    struct box box;
    guint text;
    char name[48];
}; /* text: hash of it, 0 for shapes */

/* Key of each op -> struct seen, of the picture at a time of the film. */
static GHashTable *boxes_at(struct framer *framer, int64_t us)
{
    GHashTable *out = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
    const struct dl *dl = framer_draw_at(framer, us, NULL);
    for (guint i = 0; i < dl->ops->len; i++) {
        const struct dl_op *op = dl_op_at(dl, i);
        if (op->kind == DL_CLIP || op->kind == DL_UNCLIP || is_chrome(dl_string(dl, op->name))) continue;
        gint64 *key = g_new(gint64, 1);
        struct seen *seen = g_new0(struct seen, 1);
        *key = (gint64)op->key;
        *seen =
            (struct seen){ .box = op->box, .text = op->kind == DL_TEXT ? g_str_hash(dl_string(dl, op->text.text)) : 0 };
        g_strlcpy(seen->name, dl_string(dl, op->name), sizeof seen->name);
        g_hash_table_insert(out, key, seen);
    }
    return out;
}

static bool moved(const struct seen *a, const struct seen *b)
{
    if (!a || !b || a->text != b->text) return false; /* a number that counts changes its width, not its place */
    return hypot(box_mid_x(a->box) - box_mid_x(b->box), box_mid_y(a->box) - box_mid_y(b->box)) > moved_px;
}

/* What moves from one picture to another; of several the first by name, whatever the table's order. NULL: nothing. */
static const struct seen *mover_between(GHashTable *a, GHashTable *b)
{
    GHashTableIter it;
    gpointer key, value;
    const struct seen *found = NULL;
    g_hash_table_iter_init(&it, a);
    while (g_hash_table_iter_next(&it, &key, &value)) {
        const struct seen *after = g_hash_table_lookup(b, key);
        if (moved(value, after) && (!found || strcmp(after->name, found->name) < 0)) found = after;
    }
    return found;
}

/* Does the picture move both before and after `us`? Then what moves after it. */
static bool find_mover(struct framer *framer, int64_t us, struct seen *mover)
{
    GHashTable *at[4] = { boxes_at(framer, us - far_us), boxes_at(framer, us - near_us), boxes_at(framer, us + near_us),
                          boxes_at(framer, us + far_us) };
    const struct seen *before = mover_between(at[0], at[1]), *after = mover_between(at[2], at[3]);
    bool found = before && after;
    if (found) *mover = *after;
    for (int k = 0; k < 4; k++) g_hash_table_destroy(at[k]);
    return found;
}

static void add_moving(const struct story *story, int chapter, const struct words *w, const struct seen *mover,
                       GArray *findings)
{
    const struct chapter *c = &story->chapters[chapter];
    int64_t us = c->start_us + w->from_us;
    struct finding f = { .rule = LINT_MOVING, .chapter = chapter, .from_us = us, .to_us = us + far_us, .at_us = us };
    f.a = (struct lint_object){ g_strdup("caption"), words_expand(c, w), { 0 } };
    f.b = (struct lint_object){ g_strdup(mover->name), NULL, mover->box };
    f.file = g_strdup(w->place.file);
    f.line = w->place.line;
    f.text = g_strdup_printf(
        "The caption “%s” comes while “%s” is on its way, and nobody can watch both; put the cue on a moment at which the picture rests, or give it a hold.",
        f.a.text, f.b.name);
    findings_add(findings, f);
}

void captions_moving(const struct story *story, struct framer *framer, GArray *findings)
{
    for (int i = 0; i < story->n_chapters; i++) {
        const struct chapter *c = &story->chapters[i];
        for (int k = 0; k < c->n_captions; k++) {
            const struct words *w = &c->captions[k];
            struct seen mover;
            if (w->from_us < c->lead_us + far_us || w->from_us + far_us > c->length_us) continue;
            if (find_mover(framer, c->start_us + w->from_us, &mover)) add_moving(story, i, w, &mover, findings);
        }
    }
}

/* --- places ----------------------------------------------------------------------------------------------------------------- */

void captions_find_line(const struct story *story, struct finding *f)
{
    if (f->file || f->chapter < 0) return;
    const struct chapter *c = &story->chapters[f->chapter];
    struct place place = c->place;
    bool caption = f->a.name && g_str_has_prefix(f->a.name, "caption"),
         title = f->a.name && g_str_has_prefix(f->a.name, "title");
    const struct words *all = caption ? c->captions : c->titles;
    for (int i = 0; i < (caption ? c->n_captions : title ? c->n_titles : 0); i++)
        if (f->from_us - c->start_us >= all[i].from_us - c->lead_us) place = all[i].place;
    f->file = g_strdup(place.file);
    f->line = place.line;
}
