/* The report of kvreel impact. People get the catalogs' entries, then scene by scene what changes, under the moments at
 * which it changes in the same way, the words first, the numbers of the words next, then the largest changes.
 */
#include "cmd/impact_tell.h"
#include "cmd/cmd.h"

#include <string.h>

enum { WIDTH = 100, FEW = 5, VALUE_MOST = 60, NAMES_MOST = 6, KEYS_MOST = 24, GROUPS_MOST = 10 };

static int letters(const char *text) { return (int)g_utf8_strlen(text, -1); }

/* "1 scene", "3 scenes". Caller frees. */
static char *counted(int n, const char *one, const char *more)
{
    return g_strdup_printf("%d %s", n, n == 1 ? one : more);
}

/* At most so many letters of a text, from `from` on; where some are left out stands "…". Caller frees. */
static char *cut(const char *text, int from, int most)
{
    int end = MIN(from + most, letters(text));
    g_autofree char *part = g_utf8_substring(text, from, end);
    return g_strconcat(from ? "…" : "", part, end < letters(text) ? "…" : "", NULL);
}

/* Where to cut two long texts so that what differs is seen. */
static int cut_from(const char *a, const char *b, int most)
{
    int same = 0;
    if (letters(a) <= most && letters(b) <= most) return 0;
    for (; *a && g_utf8_get_char(a) == g_utf8_get_char(b); a = g_utf8_next_char(a), b = g_utf8_next_char(b)) same++;
    return MAX(same - most / 3, 0);
}

static void pad(GString *out, const char *text, int width)
{
    g_string_append_printf(out, "%s%*s", text, MAX(width - letters(text), 0), "");
}

/* --- entries --- */

static const char *kind_word(const struct impact_entry *e) { return e->device ? "device" : "model"; }

static void put_key(GString *out, const struct impact_entry *e, int width)
{
    const char *was = e->old ? e->old : "not said", *is = e->now ? e->now : "not said";
    int from = cut_from(was, is, VALUE_MOST);
    g_autofree char *old = cut(was, from, VALUE_MOST), *now = cut(is, from, VALUE_MOST);
    int start = 6 + width;
    g_string_append(out, "    ");
    pad(out, e->key, width);
    if (start + letters(old) + 3 + letters(now) <= WIDTH) g_string_append_printf(out, "  %s → %s\n", old, now);
    else g_string_append_printf(out, "  %s\n%*s→ %s\n", old, start - 2, "", now);
}

static void put_changed_entries(GString *out, const GPtrArray *entries, bool all)
{
    const struct impact_entry *before = NULL;
    int width = 0, told = 0, left = 0;
    for (guint i = 0; i < entries->len; i++) {
        const struct impact_entry *e = g_ptr_array_index(entries, i);
        if (e->key) width = MAX(width, letters(e->key));
    }
    for (guint i = 0; i < entries->len; i++) {
        const struct impact_entry *e = g_ptr_array_index(entries, i);
        if (!e->key) continue;
        if (!all && told == KEYS_MOST) {
            left++;
            continue;
        }
        if (!before || before->device != e->device || strcmp(before->id, e->id))
            g_string_append_printf(out, "  %s %s\n", kind_word(e), e->id);
        put_key(out, e, width);
        before = e;
        told++;
    }
    if (left) g_string_append_printf(out, "  and %d more key%s\n", left, left == 1 ? "" : "s");
}

/* "  gone: device a100, model b", over as many lines as it takes. */
static void put_lone_entries(GString *out, const GPtrArray *entries, bool device, bool gone)
{
    int column = 0;
    for (guint i = 0; i < entries->len; i++) {
        const struct impact_entry *e = g_ptr_array_index(entries, i);
        if (e->key || e->device != device || e->before != gone) continue;
        if (!column) {
            g_autofree char *lead = g_strdup_printf("  %s %s", gone ? "gone:" : "new:", kind_word(e));
            g_string_append_printf(out, "%s ", lead);
            column = letters(lead) + 1;
        } else if (column + 2 + letters(e->id) > WIDTH - 1) {
            g_string_append(out, ",\n    ");
            column = 4;
        } else {
            g_string_append(out, ", ");
            column += 2;
        }
        g_string_append(out, e->id);
        column += letters(e->id);
    }
    if (column) g_string_append_c(out, '\n');
}

static void put_entries(GString *out, const GPtrArray *entries, bool all)
{
    g_autoptr(GString) sum = g_string_new(NULL);
    int keys = 0, gone = 0, fresh = 0;
    for (guint i = 0; i < entries->len; i++) {
        const struct impact_entry *e = g_ptr_array_index(entries, i);
        if (e->key) keys++;
        else if (e->before) gone++;
        else fresh++;
    }
    if (keys) g_string_append_printf(sum, ", %d key%s", keys, keys == 1 ? " differs" : "s differ");
    if (gone) g_string_append_printf(sum, ", %d entr%s gone", gone, gone == 1 ? "y is" : "ies are");
    if (fresh) g_string_append_printf(sum, ", %d entr%s new", fresh, fresh == 1 ? "y is" : "ies are");
    if (!sum->len) g_string_append(sum, ", no entry differs");
    g_string_append_printf(out, "Catalogs: %s.\n", sum->str + 2);
    if (keys + gone + fresh) g_string_append_c(out, '\n');
    put_changed_entries(out, entries, all);
    for (int i = 0; i < 4; i++) put_lone_entries(out, entries, i % 2, i < 2);
}

/* --- changes of a chapter --- */

static bool is_words(const struct impact_change *change)
{
    return change->kind == IMPACT_TITLE || change->kind == IMPACT_CAPTION;
}

static bool same_moments(const struct impact_change *a, const struct impact_change *b)
{
    return a->at->len == b->at->len && !memcmp(a->at->data, b->at->data, a->at->len * sizeof(int));
}

static const char *moment_name(const struct impact_chapter *c, const struct impact_change *change, guint i)
{
    return g_ptr_array_index(c->moments, g_array_index(change->at, int, i));
}

/* The line above changes of the same moments. */
static void put_moments(GString *out, const struct impact_chapter *c, const struct impact_change *change)
{
    g_string_append(out, "  ");
    if (!change->at->len) {
        g_string_append_printf(out, "chapter %d, %s", c->number, c->name);
    } else if (impact_always(c, change)) {
        g_string_append_printf(out, "chapter %d, %s: at all %u moments", c->number, c->name, c->moments->len);
    } else {
        int column = 2;
        guint n = MIN(change->at->len, NAMES_MOST);
        for (guint i = 0; i < n; i++) {
            const char *name = moment_name(c, change, i);
            if (i && column + 2 + letters(name) > WIDTH - 12 && (n = i)) break;
            g_string_append_printf(out, "%s%s", i ? ", " : "", name);
            column += letters(name) + (i ? 2 : 0);
        }
        if (n < change->at->len) g_string_append_printf(out, " and %u more", change->at->len - n);
    }
    g_string_append_c(out, '\n');
}

static const char *change_word(const struct impact_change *change)
{
    static const char *const words[] = { "length", "comes at", "title", "caption", NULL };
    return change->kind == IMPACT_FACT ? change->id : words[change->kind];
}

static void put_change(GString *out, const struct impact_change *c, int width)
{
    const char *old = c->seen ? c->old : c->old_exact, *now = c->seen ? c->now : c->now_exact;
    bool quoted = is_words(c);
    g_autofree char *was = g_strdup_printf(quoted ? "\"%s\"" : "%s", old ? old : "(not there)");
    g_autofree char *is = g_strdup_printf(quoted ? "\"%s\"" : "%s", now ? now : "(not there)");
    int start = 6 + width;
    g_string_append(out, "    ");
    pad(out, change_word(c), width);
    if (start + letters(was) + 3 + letters(is) <= WIDTH) g_string_append_printf(out, "  %s → %s", was, is);
    else g_string_append_printf(out, "  %s\n%*s→ %s", was, start - 2, "", is);
    g_string_append(out, c->seen ? "\n" : "  (below what is shown)\n");
}

/* What the report tells of a group without --all: what is seen, of the numbers the first few. */
static bool is_told(const struct impact_change *change, guint numbers_before, bool all)
{
    return all || (change->seen && (change->kind != IMPACT_FACT || numbers_before < FEW));
}

/* Changes first to end - 1 have the same moments, those to be seen first. */
static void put_group(GString *out, const struct impact_chapter *c, guint first, guint end, bool all)
{
    g_autoptr(GPtrArray) told = g_ptr_array_new();
    guint numbers = 0, left = 0;
    int width = 0;
    for (guint i = first; i < end; i++) {
        struct impact_change *change = g_ptr_array_index(c->changes, i);
        if (is_told(change, numbers, all)) {
            g_ptr_array_add(told, change);
            width = MAX(width, letters(change_word(change)));
            numbers += change->kind == IMPACT_FACT;
        } else {
            left += change->seen;
        }
    }
    if (!told->len) return;
    put_moments(out, c, g_ptr_array_index(c->changes, first));
    for (guint i = 0; i < told->len; i++) put_change(out, g_ptr_array_index(told, i), width);
    if (left) g_string_append_printf(out, "    and %u more\n", left);
}

/* The end of the group that begins at first; the moments of all its changes are the same. */
static guint group_end(const struct impact_chapter *c, guint first)
{
    const struct impact_change *head = g_ptr_array_index(c->changes, first);
    guint end = first + 1;
    while (end < c->changes->len && same_moments(head, g_ptr_array_index(c->changes, end))) end++;
    return end;
}

/* alone: the film has no other chapter. Of many moments the first are told, and all that have words. */
static void put_chapter(GString *out, const struct impact_chapter *c, bool alone, bool all)
{
    guint groups = 0, moments = 0;
    for (guint first = 0, end; first < c->changes->len; first = end) {
        const struct impact_change *head = g_ptr_array_index(c->changes, first);
        bool words = is_words(head);
        end = group_end(c, first);
        for (guint i = first; i < end && !words; i++) words = is_words(g_ptr_array_index(c->changes, i));
        if (alone && head->kind == IMPACT_LENGTH) continue; /* it is the film's, which is told above */
        if (all || words || groups < GROUPS_MOST) put_group(out, c, first, end, all);
        else if (head->seen) moments += head->at->len;
        groups += head->seen;
    }
    if (moments) g_string_append_printf(out, "  and at %u more moment%s\n", moments, moments == 1 ? "" : "s");
}

/* --- scenes --- */

struct counts { int numbers, words, unseen; };

/* Numbers and words that change, each counted once a chapter. */
static struct counts count_changes(const struct scene_impact *s)
{
    struct counts n = { 0 };
    for (guint i = 0; i < s->chapters->len; i++) {
        const struct impact_chapter *c = g_ptr_array_index(s->chapters, i);
        g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
        g_autoptr(GHashTable) unseen = g_hash_table_new(g_str_hash, g_str_equal);
        for (guint k = 0; k < c->changes->len; k++) {
            const struct impact_change *change = g_ptr_array_index(c->changes, k);
            if (change->kind == IMPACT_FACT) g_hash_table_add(change->seen ? seen : unseen, change->id);
            n.words += is_words(change);
        }
        n.numbers += (int)g_hash_table_size(seen);
        GHashTableIter at;
        gpointer id;
        g_hash_table_iter_init(&at, unseen);
        while (g_hash_table_iter_next(&at, &id, NULL)) n.unseen += !g_hash_table_contains(seen, id);
    }
    return n;
}

/* Appends "2 texts" and the like to a list parted by commas. */
static void put_count(GString *out, int n, const char *one, const char *more)
{
    g_autofree char *text = counted(n, one, more);
    if (n) g_string_append_printf(out, "%s%s", out->len ? ", " : "", text);
}

static void put_chapters(GString *out, const struct scene_impact *s, bool all)
{
    for (guint i = 0; i < s->chapters->len; i++)
        put_chapter(out, g_ptr_array_index(s->chapters, i), s->sum.chapters == 1, all);
}

static void put_changed_scene(GString *out, const struct scene_impact *s, bool all)
{
    struct counts n = count_changes(s);
    g_autoptr(GString) what = g_string_new(NULL);
    put_count(what, n.numbers, "number", "numbers");
    put_count(what, n.words, "text", "texts");
    if (s->sum.old_us != s->sum.now_us)
        g_string_append_printf(what, "%slength %.3f s → %.3f s", what->len ? ", " : "", (double)s->sum.old_us / 1e6,
                               (double)s->sum.now_us / 1e6);
    if (!what->len) g_string_append(what, "times");
    put_count(what, n.unseen, "number below what is shown", "numbers below what is shown");
    g_string_append_printf(out, "\n%s: %s\n", s->path, what->str);
    put_chapters(out, s, all);
}

/* Changes that no number on the screen tells. */
static void put_unwritten_scene(GString *out, const struct scene_impact *s, bool all)
{
    g_autoptr(GString) what = g_string_new(s->pictures ? "pictures, but no number that they show" : NULL);
    put_count(what, count_changes(s).unseen, "number below what is shown", "numbers below what is shown");
    g_string_append_printf(out, "\n%s: %s\n", s->path, what->str);
    for (guint i = 0; s->pictures && i < s->pictures->len; i++) {
        if (i == FEW && !all) {
            g_string_append_printf(out, "  and %u more\n", s->pictures->len - i);
            break;
        }
        g_string_append_printf(out, "  %s\n", (char *)g_ptr_array_index(s->pictures, i));
    }
    if (all) put_chapters(out, s, all);
}

static void put_mistakes(GString *out, const struct diags *d)
{
    g_autoptr(GString) text = g_string_new(NULL);
    diags_print(d, text);
    g_auto(GStrv) lines = g_strsplit(text->str, "\n", -1);
    for (char **l = lines; *l; l++)
        if (**l) g_string_append_printf(out, "  %s\n", *l);
}

static void put_scene(GString *out, const struct scene_impact *s, bool all)
{
    switch (s->state) {
    case SCENE_SAME: case SCENE_STATES: return;
    case SCENE_UNSEEN: case SCENE_REDRAWN: put_unwritten_scene(out, s, all); return;
    case SCENE_CHANGES: put_changed_scene(out, s, all); return;
    case SCENE_MENDED: g_string_append_printf(out, "\n%s is mended; it had\n", s->path); break;
    case SCENE_BREAKS: g_string_append_printf(out, "\n%s breaks\n", s->path); break;
    case SCENE_WRONG:
        g_string_append_printf(out, "\n%s cannot be compared: it has mistakes with both\n", s->path);
        break;
    }
    put_mistakes(out, s->mistakes);
}

/* Whether a scene is to be rendered again. */
static bool goes_again(const struct scene_impact *s)
{
    return s->state == SCENE_CHANGES || s->state == SCENE_REDRAWN || s->state == SCENE_MENDED;
}

static void put_sum(GString *out, const struct impact_report *r)
{
    static const struct { enum scene_state state; const char *one, *more; } words[] = {
        { SCENE_BREAKS, "breaks", "break" }, { SCENE_MENDED, "is mended", "are mended" },
        { SCENE_UNSEEN, "changes below what is shown", "change below what is shown" }, { SCENE_SAME, "stays", "stay" },
        { SCENE_WRONG, "cannot be compared", "cannot be compared" },
    };
    int n = r->states[SCENE_CHANGES] + r->states[SCENE_REDRAWN], again = n + r->states[SCENE_MENDED];
    int sources = 0;
    for (guint i = 0; i < r->scenes->len; i++)
        sources += ((struct scene_impact *)g_ptr_array_index(r->scenes, i))->sum.sources;
    g_autofree char *of = counted((int)r->scenes->len, "scene", "scenes");
    g_string_append_printf(out, "\n%d of %s change%s", n, of, n == 1 ? "s" : "");
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        int k = r->states[words[i].state];
        if (k) g_string_append_printf(out, ", %d %s", k, k == 1 ? words[i].one : words[i].more);
    }
    g_string_append(out, ".\n");
    if (sources)
        g_string_append_printf(out, "%d number%s another source, which no picture shows; `kvreel why` tells it.\n",
                               sources, sources == 1 ? " has" : "s have");
    if (!again) return;
    g_string_append_printf(out, "Render %s again:\n", again == 1 ? "it" : "them");
    for (guint i = 0; i < r->scenes->len && again <= FEW; i++) {
        const struct scene_impact *s = g_ptr_array_index(r->scenes, i);
        g_autofree char *quoted = g_shell_quote(s->path);
        bool plain = !s->path[strcspn(s->path, " '\"$\\&;()<>|*?[]#~`!")];
        if (goes_again(s)) g_string_append_printf(out, "  kvreel render %s\n", plain ? s->path : quoted);
    }
    if (again > FEW)
        g_string_append_printf(out, "  kvreel impact %s %s ... --quiet | xargs -d '\\n' -n 1 kvreel render\n", r->old,
                               r->now);
}

void impact_tell_text(const struct impact_report *r, bool all, GString *out)
{
    put_entries(out, r->entries, all);
    if (r->home_scenes)
        g_string_append_printf(out, "\nNo scene was named: these are the scenes of %s.\n", r->home_scenes);
    for (guint i = 0; i < r->scenes->len; i++) put_scene(out, g_ptr_array_index(r->scenes, i), all);
    put_sum(out, r);
}

void impact_tell_names(const struct impact_report *r, GString *out)
{
    for (guint i = 0; i < r->scenes->len; i++) {
        const struct scene_impact *s = g_ptr_array_index(r->scenes, i);
        if (goes_again(s)) g_string_append_printf(out, "%s\n", s->path);
    }
}

/* --- JSON --- */

/* ,"key":"text" or ,"key":null */
static void put_text(GString *out, const char *key, const char *text)
{
    g_autofree char *json = text ? text_json(text) : g_strdup("null");
    g_string_append_printf(out, ",\"%s\":%s", key, json);
}

static void json_entry(GString *out, const struct impact_entry *e)
{
    g_string_append_printf(out, "{\"kind\":\"%s\"", kind_word(e));
    put_text(out, "id", e->id);
    put_text(out, "change", e->key ? "changed" : e->before ? "removed" : "added");
    if (e->key) {
        put_text(out, "key", e->key);
        put_text(out, "old", e->old);
        put_text(out, "new", e->now);
    }
    g_string_append_c(out, '}');
}

static void json_change(GString *out, const struct impact_chapter *c, const struct impact_change *change)
{
    static const char *const kinds[] = { "length", "time", "title", "caption", "number" };
    g_string_append_printf(out, "{\"kind\":\"%s\"", kinds[change->kind]);
    if (change->id) put_text(out, "id", change->id);
    put_text(out, "old", change->old);
    put_text(out, "new", change->now);
    if (change->kind == IMPACT_FACT) {
        put_text(out, "old_exact", change->old_exact);
        put_text(out, "new_exact", change->now_exact);
    }
    g_string_append_printf(out, ",\"seen\":%s,\"always\":%s,\"at\":[", change->seen ? "true" : "false",
                           impact_always(c, change) ? "true" : "false");
    for (guint i = 0; i < change->at->len; i++) {
        g_autofree char *name = text_json(moment_name(c, change, i));
        g_string_append_printf(out, "%s%s", i ? "," : "", name);
    }
    g_string_append(out, "]}");
}

static void json_chapter(GString *out, const struct impact_chapter *c)
{
    g_string_append_printf(out, "{\"number\":%d", c->number);
    put_text(out, "name", c->name);
    g_string_append(out, ",\"changes\":[\n");
    for (guint i = 0; i < c->changes->len; i++) {
        json_change(out, c, g_ptr_array_index(c->changes, i));
        g_string_append(out, i + 1 < c->changes->len ? ",\n" : "\n");
    }
    g_string_append(out, "]}");
}

static void json_scene(GString *out, const struct scene_impact *s)
{
    static const char *const states[] = { "same", "unseen", "redrawn", "changes", "mended", "breaks", "wrong" };
    G_STATIC_ASSERT(G_N_ELEMENTS(states) == SCENE_STATES);
    g_autofree char *path = text_json(s->path);
    g_autofree char *was = text_number((double)s->sum.old_us / 1e6), *is = text_number((double)s->sum.now_us / 1e6);
    g_string_append_printf(out, "{\"scene\":%s,\"state\":\"%s\"", path, states[s->state]);
    if (s->chapters) {
        g_string_append_printf(out, ",\"old_seconds\":%s,\"new_seconds\":%s", was, is);
        g_string_append_printf(out, ",\"facts\":%d,\"other_sources\":%d,\"chapters\":[", s->sum.facts, s->sum.sources);
        for (guint i = 0; i < s->chapters->len; i++) {
            g_string_append(out, i ? ",\n" : "\n");
            json_chapter(out, g_ptr_array_index(s->chapters, i));
        }
        g_string_append(out, "],\"pictures\":[");
        for (guint i = 0; s->pictures && i < s->pictures->len; i++) {
            g_autofree char *name = text_json(g_ptr_array_index(s->pictures, i));
            g_string_append_printf(out, "%s%s", i ? "," : "", name);
        }
        g_string_append_c(out, ']');
    } else {
        g_string_append(out, ",\"mistakes\":[");
        for (guint i = 0; i < diags_count(s->mistakes); i++) {
            const struct diag_item *item = diags_item(s->mistakes, i);
            g_string_append_printf(out, "%s{\"line\":%d", i ? "," : "", item->line);
            put_text(out, "file", item->file);
            put_text(out, "text", item->text);
            g_string_append_c(out, '}');
        }
        g_string_append_c(out, ']');
    }
    g_string_append_c(out, '}');
}

void impact_tell_json(const struct impact_report *r, GString *out)
{
    g_autofree char *old = text_json(r->old), *now = text_json(r->now);
    g_string_append_printf(out, "{\"old\":%s,\"new\":%s,\"entries\":[", old, now);
    for (guint i = 0; i < r->entries->len; i++) {
        g_string_append(out, i ? ",\n" : "\n");
        json_entry(out, g_ptr_array_index(r->entries, i));
    }
    g_string_append(out, "],\"scenes\":[");
    for (guint i = 0; i < r->scenes->len; i++) {
        g_string_append(out, i ? ",\n" : "\n");
        json_scene(out, g_ptr_array_index(r->scenes, i));
    }
    g_string_append(out, "]}\n");
}
