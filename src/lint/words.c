/* Captions and titles against time. What they say is known from the story alone; whether something moves around them is
 * asked of four pictures, two before the change and two after.
 */
#include "lint/words.h"
#include "dl/dl.h"
#include "view/canvas.h"

#include <math.h>
#include <string.h>

static const double moved_px = 2;
static const int64_t near_us = 60000, far_us = 200000; /* around a change of caption */

/* Characters, wide ones as three. */
static int64_t weight_of(const char *text)
{
    int64_t n = 0;
    for (const char *s = text; *s; s = g_utf8_next_char(s)) n += g_unichar_iswide(g_utf8_get_char(s)) ? 3 : 1;
    return n;
}

int64_t words_caption_us(const char *text) { return MAX(2000000, 60000 * weight_of(text)); }
int64_t words_title_us(const char *text) { return MAX(1500000, 50000 * weight_of(text)); }
int64_t words_number_us(const char *text) { return 400000 + 50000 * weight_of(text); }

static char *expand(const struct chapter *c, const char *text, double at)
{
    struct facts *facts = facts_new();
    c->view->facts(c->sim, at, facts);
    char *out = template_expand(text, facts);
    facts_free(facts);
    return out;
}

/* A text of the chapter from when to when: the captions or the titles, one after another. */
struct span { const char *text; double at; int64_t from_us, to_us; struct place place; };

static GArray *spans_of(const struct chapter *c, bool titles)
{
    GArray *out = g_array_new(FALSE, FALSE, sizeof(struct span));
    struct span first = { c->said.title, 0, c->lead_us, c->length_us, c->title_place };
    if (titles && c->said.title && *c->said.title) g_array_append_val(out, first);
    for (int i = 0; i < c->n_cues; i++) {
        const struct cue *cue = &c->cues[i];
        const char *text = titles ? cue->title : cue->text;
        if (!text) continue;
        struct span s = { text, cue->at, MAX(cue->start_us, c->lead_us), c->length_us, titles ? cue->title_place : cue->text_place };
        if (out->len) g_array_index(out, struct span, out->len - 1).to_us = s.from_us;
        g_array_append_val(out, s);
    }
    return out;
}

int64_t words_read_by(const struct chapter *c, int64_t into_us)
{
    GArray *spans = spans_of(c, false);
    int64_t by = 0;
    for (guint i = 0; i < spans->len; i++) {
        const struct span *s = &g_array_index(spans, struct span, i);
        if (into_us < s->from_us || into_us >= s->to_us) continue;
        g_autofree char *text = expand(c, s->text, s->at);
        by = s->from_us + words_caption_us(text);
    }
    g_array_free(spans, TRUE);
    return by;
}

static void read_spans(const struct story *story, int chapter, bool titles, GArray *findings)
{
    const struct chapter *c = &story->chapters[chapter];
    GArray *spans = spans_of(c, titles);
    for (guint i = 0; i < spans->len; i++) {
        const struct span *s = &g_array_index(spans, struct span, i);
        g_autofree char *text = expand(c, s->text, s->at);
        int64_t need = titles ? words_title_us(text) : words_caption_us(text), shown = s->to_us - s->from_us;
        if (!*text || shown >= need) continue;
        struct finding f = { .rule = LINT_READING, .chapter = chapter, .from_us = c->start_us + s->from_us, .to_us = c->start_us + s->to_us };
        f.at_us = f.to_us - 1;
        f.a = (struct lint_object){ g_strdup(titles ? "title" : "caption"), g_strdup(text), { 0 } };
        f.file = g_strdup(s->place.file);
        f.line = s->place.line;
        f.text = g_strdup_printf("The %s “%s” stays for %.1f s; to read it takes %.1f. Give its cue a longer hold, or fewer words.",
                                 f.a.name, text, (double)shown / 1e6, (double)need / 1e6);
        findings_add(findings, f);
    }
    g_array_free(spans, TRUE);
}

void words_reading(const struct story *story, GArray *findings)
{
    for (int i = 0; i < story->n_chapters; i++) {
        read_spans(story, i, true, findings);
        read_spans(story, i, false, findings);
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

struct seen { struct box box; guint text; char name[48]; }; /* text: hash of it, 0 for shapes */

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
        *seen = (struct seen){ .box = op->box, .text = op->kind == DL_TEXT ? g_str_hash(dl_string(dl, op->text.text)) : 0 };
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

/* Something that moves both before and after `us`: its last box and name; false when there is nothing. */
static bool find_mover(struct framer *framer, int64_t us, struct seen *mover)
{
    GHashTable *at[4] = { boxes_at(framer, us - far_us), boxes_at(framer, us - near_us), boxes_at(framer, us + near_us), boxes_at(framer, us + far_us) };
    GHashTableIter it;
    gpointer key, value;
    bool found = false;
    g_hash_table_iter_init(&it, at[0]);
    while (g_hash_table_iter_next(&it, &key, &value)) {
        const struct seen *s[4] = { value };
        for (int k = 1; k < 4; k++) s[k] = g_hash_table_lookup(at[k], key);
        if (!moved(s[0], s[1]) || !moved(s[1], s[2]) || !moved(s[2], s[3])) continue;
        if (!found || strcmp(s[3]->name, mover->name) < 0) *mover = *s[3]; /* the same one whatever the table's order */
        found = true;
    }
    for (int k = 0; k < 4; k++) g_hash_table_destroy(at[k]);
    return found;
}

void words_moving(const struct story *story, struct framer *framer, GArray *findings)
{
    for (int i = 0; i < story->n_chapters; i++) {
        const struct chapter *c = &story->chapters[i];
        for (int k = 0; k < c->n_cues; k++) {
            const struct cue *cue = &c->cues[k];
            struct seen mover;
            int64_t us = c->start_us + cue->start_us;
            if (!cue->text || cue->start_us < c->lead_us + far_us || cue->start_us + far_us > c->length_us) continue;
            if (!find_mover(framer, us, &mover)) continue;
            struct finding f = { .rule = LINT_MOVING, .chapter = i, .from_us = us, .to_us = us + far_us, .at_us = us };
            f.a = (struct lint_object){ g_strdup("caption"), expand(c, cue->text, cue->at), { 0 } };
            f.b = (struct lint_object){ g_strdup(mover.name), NULL, mover.box };
            f.file = g_strdup(cue->text_place.file);
            f.line = cue->text_place.line;
            f.text = g_strdup_printf("The caption “%s” comes while “%s” is on its way, and nobody can watch both; put the cue on a moment at which the picture rests, or give it a hold.",
                                     f.a.text, f.b.name);
            findings_add(findings, f);
        }
    }
}

/* --- places ----------------------------------------------------------------------------------------------------------------- */

void words_place(const struct story *story, struct finding *f)
{
    if (f->file || f->chapter < 0) return;
    const struct chapter *c = &story->chapters[f->chapter];
    struct place place = c->place;
    bool caption = f->a.name && g_str_has_prefix(f->a.name, "caption"), title = f->a.name && g_str_has_prefix(f->a.name, "title");
    if (caption || title) {
        GArray *spans = spans_of(c, title);
        for (guint i = 0; i < spans->len; i++) {
            const struct span *s = &g_array_index(spans, struct span, i);
            if (f->from_us - c->start_us >= s->from_us - c->lead_us) place = s->place;
        }
        g_array_free(spans, TRUE);
    }
    f->file = g_strdup(place.file);
    f->line = place.line;
}
