/* Telling where facts come from. A fact is told once: its formula in words, the formula with its values, then what it
 * was computed from in the same way, indented; a leaf ends with its source. A fact that was told already, in whichever
 * book, is only named. Every formula that can be computed is computed again on the way; one that gives another value
 * than the fact has would be a mistake in this program.
 */
#include "cmd/why_tell.h"
#include "base/suggest.h"
#include "cmd/cmd.h"
#include "view/chrome.h"

#include <stdio.h>
#include <string.h>

enum { INDENT = 4, LINE = 116 };

struct told { int book, fact; };

struct telling {
    const struct books *books;
    GString *out;
    GArray *told;
    GHashTable *sources; /* of catalog entries, told already */
    struct tally tally;
};

static const struct facts *book_of(const struct telling *t, int book) { return t->books->book[book]; }

/* --- what was told --- */

static bool same_leaf(const struct fact *a, const struct fact *b)
{
    return !strcmp(a->id, b->id) && a->kind == b->kind && a->i == b->i && a->r == b->r && !g_strcmp0(a->word, b->word) &&
           !g_strcmp0(a->formula, b->formula) && !g_strcmp0(a->source, b->source) && a->n_deps == b->n_deps;
}

static bool same_tree(const struct facts *f, int a, const struct facts *g, int b)
{
    const struct fact *x = facts_at(f, a), *y = facts_at(g, b);
    if (!same_leaf(x, y)) return false;
    for (int i = 0; i < x->n_deps; i++)
        if (!same_tree(f, facts_deps(f, x)[i], g, facts_deps(g, y)[i])) return false;
    return true;
}

static bool was_told(const struct telling *t, int book, int fact)
{
    for (guint i = 0; i < t->told->len; i++) {
        const struct told *old = &g_array_index(t->told, struct told, i);
        if (same_tree(book_of(t, old->book), old->fact, book_of(t, book), fact)) return true;
    }
    return false;
}

/* Whether the formula was computed again. */
static bool compute(const struct facts *f, int fact)
{
    double value;
    if (!facts_evaluate(f, fact, &value)) return false;
    if (!facts_agree(f, fact, value)) {
        const struct fact *v = facts_at(f, fact);
        g_error("%s is %.17g, but its formula \"%s\" gives %.17g", v->id, v->r, v->formula, value);
    }
    return true;
}

static void count(struct telling *t, int book, int fact)
{
    struct told told = { book, fact };
    const struct facts *f = book_of(t, book);
    g_array_append_val(t->told, told);
    const struct fact *v = facts_at(f, fact);
    if (!v->formula && v->kind == FACT_UNKNOWN) t->tally.unknown++;
    else if (!v->formula) t->tally.leaves++;
    else if (compute(f, fact)) t->tally.computed++;
    else t->tally.prose++;
}

/* --- lines --- */

static int width_of(const char *text) { return (int)g_utf8_strlen(text, -1); }

/* A column: a text that is too long for it still has a space behind it. */
static void put_padded(GString *out, const char *text, int width)
{
    g_string_append(out, text);
    for (int i = MIN(width_of(text), width + 1); i < width + 2; i++) g_string_append_c(out, ' ');
}

/* "= words", and "= values" below it in the same column. The cursor stands in that column. */
static void put_formula(GString *out, const struct facts *f, int fact, int column)
{
    g_autofree char *words = facts_formula(f, fact), *values = facts_formula_with_values(f, fact);
    g_string_append(out, "= ");
    text_wrap(out, column + 2, 0, LINE, words);
    g_string_append_printf(out, "%*s= ", column, "");
    text_wrap(out, column + 2, 0, LINE, values);
}

/* A leaf's source, and that it is unknown where it is. The keys of one catalog entry share a long source: once is enough. */
static void put_source(struct telling *t, const struct fact *fact, int column)
{
    const char *colon = strstr(fact->source, ": "), *before = fact->kind == FACT_UNKNOWN ? "n/a: " : "";
    bool full = colon && strlen(colon) > 60, again = full && !g_hash_table_add(t->sources, (gpointer)(colon + 2));
    g_autofree char *words = again ? g_strdup_printf("%s%.*s: as above", before, (int)(colon - fact->source), fact->source)
                                   : g_strconcat(before, fact->source, NULL);
    text_wrap(t->out, column, 2, LINE, words);
}

static void put_deps(struct telling *t, int book, int fact, int indent);

static void put_dep(struct telling *t, int book, int fact, int indent, int value_width, int id_width)
{
    const struct facts *f = book_of(t, book);
    const struct fact *v = facts_at(f, fact);
    char exact[FACT_EXACT_SIZE];
    int column = indent + value_width + 2 + id_width + 2;
    g_string_append_printf(t->out, "%*s", indent, "");
    put_padded(t->out, facts_exact(f, fact, exact, sizeof exact), value_width);
    put_padded(t->out, v->id, id_width);
    if (was_told(t, book, fact)) {
        g_string_append(t->out, "see above\n");
        return;
    }
    count(t, book, fact);
    if (v->formula) put_formula(t->out, f, fact, column);
    else put_source(t, v, column);
    put_deps(t, book, fact, indent + INDENT);
}

/* What a fact was computed from; what its formula uses twice stands here once. */
static void put_deps(struct telling *t, int book, int fact, int indent)
{
    const struct facts *f = book_of(t, book);
    const struct fact *v = facts_at(f, fact);
    const int *deps = facts_deps(f, v);
    int value_width = 0, id_width = 0;
    char exact[FACT_EXACT_SIZE];
    for (int i = 0; i < v->n_deps; i++) {
        value_width = MAX(value_width, width_of(facts_exact(f, deps[i], exact, sizeof exact)));
        id_width = MAX(id_width, width_of(facts_at(f, deps[i])->id));
    }
    for (int i = 0; i < v->n_deps; i++) {
        bool again = false;
        for (int k = 0; k < i; k++) again |= deps[k] == deps[i];
        if (!again) put_dep(t, book, deps[i], indent, value_width, id_width);
    }
}

/* --- the whole picture --- */

/* Behind the exact value, where the unit is no part of it. */
static const char *unit_behind(const struct fact *v)
{
    if (v->kind != FACT_INT && v->kind != FACT_REAL) return "";
    switch (v->unit) {
    case UNIT_TOKENS:  return " tokens";
    case UNIT_SHARE:   return " (1 is all)";
    case UNIT_RATIO:   return " times";
    case UNIT_SECONDS: return " s";
    case UNIT_OPERATIONS: return " operations";
    case UNIT_OPERATIONS_PER_S: return " operations a second";
    case UNIT_BYTES_PER_S: return " B/s";
    case UNIT_WATTS:   return " W";
    case UNIT_JOULES:  return " J";
    case UNIT_USD:     return " USD";
    case UNIT_COUNT: case UNIT_NUMBER: case UNIT_BYTES: case UNIT_BYTES_DECIMAL: break;
    }
    return "";
}

static void put_shown(struct telling *t, const struct shown *s, const int widths[3])
{
    const struct facts *f = book_of(t, s->book);
    const struct fact *v = facts_at(f, s->fact);
    char exact[FACT_EXACT_SIZE];
    g_autofree char *where = *s->where ? g_strdup_printf("in \"%s\"", s->where) : g_strdup(t->books->nowhere);
    put_padded(t->out, s->text, widths[0]);
    put_padded(t->out, v->id, widths[1]);
    put_padded(t->out, where, widths[2]);
    g_string_append_printf(t->out, "%s%s", facts_exact(f, s->fact, exact, sizeof exact), unit_behind(v));
    if (s->book != BOOK_NOW)
        g_string_append_printf(t->out, ", said at %.3f s", (double)t->books->said_us[s->book] / 1e6);
    if (was_told(t, s->book, s->fact)) {
        g_string_append(t->out, ", see above\n");
        return;
    }
    g_string_append_printf(t->out, "\n%*s", INDENT, "");
    count(t, s->book, s->fact);
    if (v->formula) put_formula(t->out, f, s->fact, INDENT);
    else put_source(t, v, INDENT);
    put_deps(t, s->book, s->fact, 2 * INDENT);
}

struct tally why_tell_text(const struct books *books, const GArray *shown, GString *out)
{
    struct telling t = { books, out, g_array_new(FALSE, FALSE, sizeof(struct told)),
                         g_hash_table_new(g_str_hash, g_str_equal), { 0 } };
    int widths[3] = { 0 };
    for (guint i = 0; i < shown->len; i++) {
        const struct shown *s = &g_array_index(shown, struct shown, i);
        widths[0] = MAX(widths[0], MIN(width_of(s->text), 24));
        widths[1] = MAX(widths[1], width_of(facts_at(books->book[s->book], s->fact)->id));
        widths[2] = MAX(widths[2], *s->where ? MIN(width_of(s->where) + 5, 24) : 19);
    }
    for (guint i = 0; i < shown->len; i++) {
        const struct shown *s = &g_array_index(shown, struct shown, i);
        if (facts_at(books->book[s->book], s->fact)->kind == FACT_WORD) t.tally.words++;
        else t.tally.numbers++;
        put_shown(&t, s, widths);
    }
    g_array_free(t.told, TRUE);
    g_hash_table_unref(t.sources);
    return t.tally;
}

void why_tell_counts(struct tally t, GString *out)
{
    g_string_append_printf(out, "\n%d number%s", t.numbers, t.numbers == 1 ? "" : "s");
    if (t.words) g_string_append_printf(out, " and %d word%s", t.words, t.words == 1 ? "" : "s");
    if (t.computed)
        g_string_append_printf(out, "; %d formula%s", t.computed,
                               t.computed == 1 ? " computed again and agrees" : "s computed again and agree");
    if (t.prose) g_string_append_printf(out, "; %d told in words", t.prose);
    if (t.leaves) g_string_append_printf(out, "; %d %s with a source", t.leaves, t.leaves == 1 ? "leaf" : "leaves");
    if (t.unknown) g_string_append_printf(out, "; %d that nobody knows", t.unknown);
    g_string_append(out, ".\n");
}

const char *why_unknown(const struct facts *book, int fact)
{
    const struct fact *v = facts_at(book, fact);
    if (v->kind != FACT_UNKNOWN) return NULL;
    for (int i = 0; i < v->n_deps; i++) {
        const char *why = why_unknown(book, facts_deps(book, v)[i]);
        if (why) return why;
    }
    return v->source ? v->source : "the result is no number";
}

/* --- JSON --- */

static void json_text(GString *out, const char *key, const char *text)
{
    g_autofree char *quoted = text_json(text);
    g_string_append_printf(out, ",\"%s\":%s", key, quoted);
}

static void json_value(GString *out, const struct fact *v)
{
    g_string_append(out, ",\"value\":");
    switch (v->kind) {
    case FACT_UNKNOWN: g_string_append(out, "null"); break;
    case FACT_INT:     g_string_append_printf(out, "%" G_GINT64_FORMAT, v->i); break;
    case FACT_REAL: {
        g_autofree char *number = text_number(v->r);
        g_string_append(out, number);
        break;
    }
    case FACT_WORD: {
        g_autofree char *word = text_json(v->word);
        g_string_append(out, word);
        break;
    }
    }
}

static const char *unit_name(const struct fact *v)
{
    static const char *const units[] = { [UNIT_COUNT] = "count", [UNIT_TOKENS] = "tokens", [UNIT_BYTES] = "bytes",
                                         [UNIT_BYTES_DECIMAL] = "bytes", [UNIT_SHARE] = "share", [UNIT_RATIO] = "ratio",
                                         [UNIT_NUMBER] = "number", [UNIT_SECONDS] = "seconds", [UNIT_OPERATIONS] = "operations",
                                         [UNIT_OPERATIONS_PER_S] = "operations a second", [UNIT_BYTES_PER_S] = "bytes a second",
                                         [UNIT_WATTS] = "watts", [UNIT_JOULES] = "joules", [UNIT_USD] = "US dollars" };
    return v->kind == FACT_WORD ? "word" : units[v->unit];
}

void why_value_json(const struct fact *v, GString *out)
{
    g_string_append_printf(out, "{\"unit\":\"%s\"", unit_name(v));
    json_value(out, v);
    g_string_append_c(out, '}');
}

static void json_fact(const struct facts *f, int fact, GString *out)
{
    const struct fact *v = facts_at(f, fact);
    g_autofree char *id = text_json(v->id);
    g_string_append_printf(out, "\"id\":%s", id);
    json_value(out, v);
    json_text(out, "unit", unit_name(v));
    if (v->source) json_text(out, "source", v->source);
    if (!v->formula) return;
    g_autofree char *words = facts_formula(f, fact), *values = facts_formula_with_values(f, fact);
    json_text(out, "formula", words);
    json_text(out, "values", values);
    g_string_append_printf(out, ",\"computed\":%s,\"from\":[", compute(f, fact) ? "true" : "false");
    for (int i = 0; i < v->n_deps; i++) {
        g_string_append(out, i ? ",{" : "{");
        json_fact(f, facts_deps(f, v)[i], out);
        g_string_append_c(out, '}');
    }
    g_string_append_c(out, ']');
}

void why_tell_json(const struct books *books, const GArray *shown, GString *out)
{
    static const char *const moments[] = { [BOOK_NOW] = "now", [BOOK_TITLE] = "title", [BOOK_CAPTION] = "caption" };
    g_string_append_c(out, '[');
    for (guint i = 0; i < shown->len; i++) {
        const struct shown *s = &g_array_index(shown, struct shown, i);
        g_autofree char *text = text_json(s->text), *where = text_json(s->where);
        g_string_append_printf(out, "%s{\"text\":%s,\"scope\":%s,\"moment\":\"%s\",", i ? ",\n" : "\n", text, where,
                               moments[s->book]);
        if (s->book != BOOK_NOW) {
            g_autofree char *said = text_number((double)books->said_us[s->book] / 1e6);
            g_string_append_printf(out, "\"said\":%s,", said);
        }
        json_fact(books->book[s->book], s->fact, out);
        g_string_append_c(out, '}');
    }
    g_string_append(out, "\n]");
}

/* --- without a picture --- */

static char *why_text(const struct facts *f, int fact)
{
    char text[96];
    return g_strdup(facts_text(f, fact, FORM_AUTO, text, sizeof text));
}

static void complain_of_id(const struct facts *f, const char *id)
{
    GPtrArray *ids = g_ptr_array_new();
    for (int i = 0; i < facts_count(f); i++) g_ptr_array_add(ids, (gpointer)facts_at(f, i)->id);
    g_ptr_array_add(ids, NULL);
    const char *near = suggest(id, (const char *const *)ids->pdata);
    g_autofree char *all = g_strjoinv(", ", (char **)ids->pdata);
    complain("\"%s\" is no number here%s%s%s; the numbers are: %s.", id, near ? "; did you mean \"" : "", near ? near : "", near ? "\"" : "", all);
    g_ptr_array_free(ids, TRUE);
}

int why_tell_sheet(const struct books *books, const GArray *shown, const char *id, bool json)
{
    const struct facts *f = books->book[BOOK_NOW];
    GArray *one = g_array_new(FALSE, FALSE, sizeof(struct shown));
    g_autoptr(GString) out = g_string_new(NULL);
    int fact = id ? facts_find(f, id) : -1, code = EXIT_DONE;
    struct shown alone = { BOOK_NOW, fact, "", fact >= 0 ? why_text(f, fact) : NULL };
    if (id) g_array_append_val(one, alone);
    if (id && fact < 0) {
        complain_of_id(f, id);
        code = EXIT_MISTAKE;
    } else if (json) {
        why_tell_json(books, id ? one : shown, out);
        g_string_append_c(out, '\n');
    } else why_tell_counts(why_tell_text(books, id ? one : shown, out), out);
    fputs(out->str, stdout);
    g_free(alone.text);
    g_array_free(one, TRUE);
    return code;
}

int why_tell_book(const struct books *books, const char *id, bool json)
{
    const struct facts *f = books->book[BOOK_NOW];
    GArray *shown = g_array_new(FALSE, FALSE, sizeof(struct shown));
    for (int i = 0; i < facts_count(f); i++) {
        struct shown one = { BOOK_NOW, i, "all", why_text(f, i) };
        g_array_append_val(shown, one);
    }
    int code = why_tell_sheet(books, shown, id, json);
    for (guint i = 0; i < shown->len; i++) g_free(g_array_index(shown, struct shown, i).text);
    g_array_free(shown, TRUE);
    return code;
}
