/* Two catalogs, and one scene under each: entry by entry, moment by moment, fact by fact.
 *
 * Moments are paired by name, not by time: with a larger GPU "full" comes later, and it is still the moment of which
 * the scene speaks. A cue without a name is paired by its time in the action, which stands in the scene.
 */
#include "scene/impact.h"
#include "scene/catalog.h"

#include <math.h>
#include <string.h>

/* --- entries --- */

struct naming { GPtrArray *out; bool device; const char *id; };

static void clear_entry(gpointer p)
{
    struct impact_entry *e = p;
    g_free(e->id);
    g_free(e->key);
    g_free(e->old);
    g_free(e->now);
    g_free(e);
}

static void add_entry(const struct naming *n, bool before, bool after, const char *key, char *old, char *now)
{
    struct impact_entry *e = g_new0(struct impact_entry, 1);
    *e = (struct impact_entry){ n->device, before, after, g_strdup(n->id), g_strdup(key), old, now };
    g_ptr_array_add(n->out, e);
}

/* NULL for what the entry leaves open: an absent text, an empty list, a number at its default 0. */
static char *value_text(const struct row *row, const void *field)
{
    GString *out = g_string_new(NULL);
    bool whole = row->kind == ROW_KIND_INT || row->kind == ROW_KIND_BYTES || row->kind == ROW_KIND_BYTE_RATE;
    bool open = row->kind == ROW_KIND_LIST && !((const struct list *)field)->n;
    open |= row->def && whole && !*(const int64_t *)field;
    open |= row->def && row->kind == ROW_KIND_REAL && *(const double *)field == 0;
    if (!open) conf_write_value(row, field, out);
    return g_string_free(out, !out->len);
}

static void add_key(const char *key, const struct row *row, const void *a, const void *b, void *data)
{
    add_entry(data, true, true, key, value_text(row, a), value_text(row, b));
}

/* Entries of one kind; each struct begins with its id. */
struct kind { const struct row *rows; const void *items; size_t n, size; };

static const char *id_of(const struct kind *k, size_t i)
{
    const char *id = *(char *const *)((const char *)k->items + i * k->size);
    return id ? id : "";
}

static const void *find_entry(const struct kind *k, const char *id)
{
    for (size_t i = 0; i < k->n; i++)
        if (!strcmp(id_of(k, i), id)) return (const char *)k->items + i * k->size;
    return NULL;
}

static void compare_kind(bool device, struct kind old, struct kind now, GPtrArray *out)
{
    struct naming n = { out, device, NULL };
    for (size_t i = 0; i < old.n; i++) {
        n.id = id_of(&old, i);
        const void *other = find_entry(&now, n.id);
        if (other) conf_compare(old.rows, (const char *)old.items + i * old.size, other, add_key, &n);
        else add_entry(&n, true, false, NULL, NULL, NULL);
    }
    for (size_t i = 0; i < now.n; i++) {
        n.id = id_of(&now, i);
        if (!find_entry(&old, n.id)) add_entry(&n, false, true, NULL, NULL, NULL);
    }
}

GPtrArray *impact_entries(const struct catalog *old, const struct catalog *now)
{
    GPtrArray *out = g_ptr_array_new_with_free_func(clear_entry);
    G_STATIC_ASSERT(offsetof(struct model, id) == 0 && offsetof(struct device, id) == 0);
    compare_kind(false, (struct kind){ model_rows, old->models, old->n_models, sizeof(struct model) },
                 (struct kind){ model_rows, now->models, now->n_models, sizeof(struct model) }, out);
    compare_kind(true, (struct kind){ device_rows, old->devices, old->n_devices, sizeof(struct device) },
                 (struct kind){ device_rows, now->devices, now->n_devices, sizeof(struct device) }, out);
    return out;
}

/* --- changes --- */

static void clear_strings(struct impact_change *c)
{
    char *all[] = { c->id, c->old, c->now, c->old_exact, c->now_exact };
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++) g_free(all[i]);
}

static void clear_change(gpointer p)
{
    struct impact_change *c = p;
    clear_strings(c);
    g_array_free(c->at, TRUE);
    g_free(c);
}

static void clear_chapter(gpointer p)
{
    struct impact_chapter *c = p;
    g_free(c->name);
    g_ptr_array_free(c->moments, TRUE);
    g_ptr_array_free(c->changes, TRUE);
    g_free(c);
}

/* Both of one kind and id. */
static bool same_change(const struct impact_change *a, const struct impact_change *b)
{
    return !g_strcmp0(a->old, b->old) && !g_strcmp0(a->now, b->now) && !g_strcmp0(a->old_exact, b->old_exact) &&
           !g_strcmp0(a->now_exact, b->now_exact);
}

bool impact_always(const struct impact_chapter *c, const struct impact_change *change)
{
    return c->moments->len > 1 && change->at->len == c->moments->len;
}

static char *time_text(int64_t us) { return g_strdup_printf("%.3f s", (double)us / 1e6); }

/* One chapter under both catalogs. */
struct pair {
    const struct chapter *old, *now;
    struct facts *old_facts, *now_facts;
    struct impact_chapter *out;
    GHashTable *known;   /* the changes by kind and id: GPtrArray of struct impact_change, which out owns */
    GHashTable *sources; /* ids whose source alone differs */
    struct impact_sum *sum;
};

static GPtrArray *known_like(struct pair *p, const struct impact_change *change)
{
    char *key = g_strdup_printf("%d %s", change->kind, change->id ? change->id : "");
    GPtrArray *like = g_hash_table_lookup(p->known, key);
    if (!like) g_hash_table_insert(p->known, g_strdup(key), like = g_ptr_array_new());
    g_free(key);
    return like;
}

/* Takes the strings over. A change that was there at an earlier moment gets one more. moment < 0: of the chapter. */
static void add_change(struct pair *p, int moment, struct impact_change change)
{
    GPtrArray *like = known_like(p, &change);
    struct impact_change *known = NULL;
    for (guint i = like->len; i > 0 && !known; i--)
        if (same_change(g_ptr_array_index(like, i - 1), &change)) known = g_ptr_array_index(like, i - 1);
    if (known) {
        clear_strings(&change);
    } else {
        known = g_memdup2(&change, sizeof change);
        known->at = g_array_new(FALSE, FALSE, sizeof(int));
        g_ptr_array_add(p->out->changes, known);
        g_ptr_array_add(like, known);
    }
    if (moment >= 0) g_array_append_val(known->at, moment);
}

/* --- facts --- */

static char *shown(const struct facts *f, int i, enum fact_form form)
{
    char text[FACT_EXACT_SIZE];
    return i < 0 ? NULL : g_strdup(facts_text(f, i, form, text, sizeof text));
}

/* The finest form in which a view writes a number of that unit: "81,303" beside "79K", "12.3 %" beside "12 %". What a
 * caption writes finer still is compared as its words. */
static enum fact_form finer_form(enum unit unit)
{
    return unit == UNIT_TOKENS ? FORM_PLAIN : unit == UNIT_SHARE ? FORM_PERCENT1 : FORM_AUTO;
}

static char *exact(const struct facts *f, int i)
{
    char text[FACT_EXACT_SIZE];
    return i < 0 ? NULL : g_strdup(facts_exact(f, i, text, sizeof text));
}

static bool is_number(const struct fact *f) { return f && (f->kind == FACT_INT || f->kind == FACT_REAL); }

static double size_of_change(const struct facts *a, int i, const struct facts *b, int k)
{
    const struct fact *x = i < 0 ? NULL : facts_at(a, i), *y = k < 0 ? NULL : facts_at(b, k);
    double most = is_number(x) && is_number(y) ? fmax(fabs(x->r), fabs(y->r)) : 0;
    return most > 0 ? fabs(x->r - y->r) / most : 1;
}

/* Whether a caption or title of the scene names the fact: "{id}" or "{id:form}". */
static bool is_said(const struct chapter *c, const char *id)
{
    g_autofree char *open = g_strconcat("{", id, NULL);
    for (int i = -1; i < c->n_cues; i++) {
        const char *texts[] = { i < 0 ? c->said.title : c->cues[i].text, i < 0 ? NULL : c->cues[i].title };
        for (int k = 0; k < 2; k++)
            for (const char *at = texts[k] ? strstr(texts[k], open) : NULL; at; at = strstr(at + 1, open))
                if (strchr(":}", at[strlen(open)])) return true;
    }
    return false;
}

/* i, k: indexes in the two books, -1 where one has no such fact. */
static void compare_fact(struct pair *p, int moment, int i, int k)
{
    const struct fact *old = i < 0 ? NULL : facts_at(p->old_facts, i), *now = k < 0 ? NULL : facts_at(p->now_facts, k);
    const char *id = old ? old->id : now->id;
    struct impact_change c = { .kind = IMPACT_FACT, .old_exact = exact(p->old_facts, i),
                               .now_exact = exact(p->now_facts, k) };
    if ((old ? old : now)->unseen && !is_said(p->now, id)) {
        clear_strings(&c);
        return;
    }
    p->sum->facts++;
    if (old && now && !strcmp(c.old_exact, c.now_exact)) {
        if (g_strcmp0(old->source, now->source)) g_hash_table_add(p->sources, g_strdup(id));
        clear_strings(&c);
        return;
    }
    enum fact_form forms[] = { FORM_AUTO, finer_form((old ? old : now)->unit) };
    c.id = g_strdup(id);
    for (size_t form = 0; form < G_N_ELEMENTS(forms) && !c.seen; form++) {
        g_free(c.old);
        g_free(c.now);
        c.old = shown(p->old_facts, i, forms[form]);
        c.now = shown(p->now_facts, k, forms[form]);
        c.seen = g_strcmp0(c.old, c.now);
    }
    c.said = is_said(p->now, id);
    c.size = size_of_change(p->old_facts, i, p->now_facts, k);
    add_change(p, moment, c);
}

static void compare_books(struct pair *p, int moment)
{
    for (int i = 0; i < facts_count(p->old_facts); i++)
        compare_fact(p, moment, i, facts_find(p->now_facts, facts_at(p->old_facts, i)->id));
    for (int k = 0; k < facts_count(p->now_facts); k++)
        if (facts_find(p->old_facts, facts_at(p->now_facts, k)->id) < 0) compare_fact(p, moment, -1, k);
}

/* --- moments --- */

static void compare_said(struct pair *p, int moment, enum impact_kind kind, const char *text)
{
    if (!text) return;
    struct impact_change c = { .kind = kind, .seen = true, .size = 1, .old = template_expand(text, p->old_facts),
                               .now = template_expand(text, p->now_facts) };
    if (strcmp(c.old, c.now)) add_change(p, moment, c);
    else clear_strings(&c);
}

/* A moment that both have, at its time in each. */
static void compare_moment(struct pair *p, char *name, double old_at, double now_at)
{
    int moment = (int)p->out->moments->len;
    int64_t old_us = chapter_time_of(p->old, old_at), now_us = chapter_time_of(p->now, now_at);
    g_ptr_array_add(p->out->moments, name);
    facts_reset(p->old_facts);
    facts_reset(p->now_facts);
    p->old->view->facts(p->old->sim, old_at, p->old_facts);
    p->now->view->facts(p->now->sim, now_at, p->now_facts);
    if (ABS(now_us - old_us) >= 500)
        add_change(p, moment, (struct impact_change){ .kind = IMPACT_TIME, .old = time_text(old_us),
                                                      .now = time_text(now_us), .seen = true, .size = 1 });
    if (now_at == 0) compare_said(p, moment, IMPACT_TITLE, p->now->said.title);
    for (int i = 0; i < p->now->n_cues; i++) {
        if (p->now->cues[i].at != now_at) continue;
        compare_said(p, moment, IMPACT_TITLE, p->now->cues[i].title);
        compare_said(p, moment, IMPACT_CAPTION, p->now->cues[i].text);
    }
    compare_books(p, moment);
}

/* A moment of one side alone. */
static void tell_lone_moment(struct pair *p, char *name, const struct chapter *c, double at)
{
    char *when = time_text(chapter_time_of(c, at));
    struct impact_change change = { .kind = IMPACT_TIME, .seen = true, .size = 1 };
    *(c == p->old ? &change.old : &change.now) = when;
    int moment = (int)p->out->moments->len;
    g_ptr_array_add(p->out->moments, name);
    add_change(p, moment, change);
}

static bool has_time(const GArray *times, double at)
{
    for (guint i = 0; i < times->len; i++)
        if (fabs(g_array_index(times, double, i) - at) < 1e-9) return true;
    return false;
}

/* Cues that have no name, and the chapter's two ends, where no named moment is. */
static void compare_unnamed(struct pair *p, const char *word, int64_t film_us, GArray *named)
{
    const struct chapter *c = p->now;
    for (int i = -1; i < c->n_cues; i++) {
        double at = i < 0 ? 0 : c->cues[i].at;
        if (has_time(named, at)) continue;
        g_array_append_val(named, at);
        char *when = g_strdup_printf("%.3f", (double)(film_us + chapter_time_of(c, at)) / 1e6);
        compare_moment(p, when, at, at);
    }
    if (!has_time(named, c->action)) compare_moment(p, g_strdup(word), p->old->action, c->action);
}

static void compare_moments(struct pair *p, const char *word)
{
    g_autofree const char **old = chapter_moment_names(p->old), **now = chapter_moment_names(p->now);
    g_autoptr(GArray) named = g_array_new(FALSE, FALSE, sizeof(double));
    double old_at = 0, now_at = 0;
    for (const char **m = now; *m; m++) {
        char *name = g_strdup_printf("%s/%s", word, *m);
        chapter_find_moment(p->now, *m, &now_at);
        g_array_append_val(named, now_at);
        if (chapter_find_moment(p->old, *m, &old_at)) compare_moment(p, name, old_at, now_at);
        else tell_lone_moment(p, name, p->now, now_at);
    }
    for (const char **m = old; *m; m++)
        if (!chapter_find_moment(p->now, *m, &now_at)) {
            chapter_find_moment(p->old, *m, &old_at);
            tell_lone_moment(p, g_strdup_printf("%s/%s", word, *m), p->old, old_at);
        }
    compare_unnamed(p, word, p->now->start_us, named);
}

/* --- chapters --- */

/* By the first moment, then those of more moments, so that what stands together comes together; then the words, what
 * the words name, and the largest changes. */
static int by_telling(gconstpointer a, gconstpointer b)
{
    const struct impact_change *x = *(struct impact_change *const *)a, *y = *(struct impact_change *const *)b;
    guint n = MIN(x->at->len, y->at->len);
    for (guint i = 0; i < n; i++) {
        int d = g_array_index(x->at, int, i) - g_array_index(y->at, int, i);
        if (d) return d;
    }
    if (x->at->len != y->at->len) return !n ? (int)x->at->len - (int)y->at->len : (int)y->at->len - (int)x->at->len;
    if (x->kind != y->kind) return (int)x->kind - (int)y->kind;
    if (x->seen != y->seen) return y->seen - x->seen;
    if (x->said != y->said) return y->said - x->said;
    if (x->size != y->size) return x->size > y->size ? -1 : 1;
    return g_strcmp0(x->id, y->id);
}

static void free_array(gpointer p) { g_ptr_array_free(p, TRUE); }

static struct impact_chapter *compare_chapter(const struct story *old, const struct story *now, int i,
                                              struct impact_sum *sum)
{
    struct impact_chapter *out = g_new0(struct impact_chapter, 1);
    g_autofree char *word = story_chapter_word(now, i);
    struct pair p = { &old->chapters[i], &now->chapters[i], facts_new(), facts_new(), out,
                      g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_array),
                      g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL), sum };
    *out = (struct impact_chapter){ i + 1, g_strdup(p.now->name), g_ptr_array_new_with_free_func(g_free),
                                    g_ptr_array_new_with_free_func(clear_change) };
    if (p.old->length_us != p.now->length_us)
        add_change(&p, -1, (struct impact_change){ .kind = IMPACT_LENGTH, .old = time_text(p.old->length_us),
                                                    .now = time_text(p.now->length_us), .seen = true, .size = 1 });
    compare_moments(&p, word);
    g_ptr_array_sort(out->changes, by_telling);
    sum->sources += (int)g_hash_table_size(p.sources);
    g_hash_table_destroy(p.sources);
    g_hash_table_destroy(p.known);
    facts_free(p.old_facts);
    facts_free(p.now_facts);
    return out;
}

GPtrArray *impact_chapters(const struct story *old, const struct story *now, struct impact_sum *sum)
{
    GPtrArray *out = g_ptr_array_new_with_free_func(clear_chapter);
    *sum = (struct impact_sum){ .old_us = old->length_us, .now_us = now->length_us,
                                 .chapters = MIN(old->n_chapters, now->n_chapters) };
    for (int i = 0; i < sum->chapters; i++) {
        struct impact_chapter *c = compare_chapter(old, now, i, sum);
        if (c->changes->len) g_ptr_array_add(out, c);
        else clear_chapter(c);
    }
    return out;
}
