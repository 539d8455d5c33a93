/* The book of facts, and how a fact is written.
 *
 * A book is an array of facts, an array of dependency lists laid end to end, and an open-addressing table from id to
 * index. Resetting it empties the three and keeps their memory, so that a book that has held one frame holds the next
 * without allocating. Dependencies are indices, never pointers, so the arrays may move while they grow.
 *
 * Writing works on integers where the fact is one: 67,600,130,048 B is 62.96 GiB by whole-number rounding (halves up),
 * not by what a double makes of it. No function of the C locale is used.
 */
#include "sim/fact.h"

#include <math.h>
#include <string.h>

struct facts {
    GArray *facts;         /* struct fact */
    GArray *deps;          /* int */
    uint32_t *slots;       /* index + 1 of the fact whose id hashes here; 0: free; at most half of them are taken */
    uint32_t n_slots;      /* a power of two */
    GStringChunk *words;
    bool unseen;           /* of facts to come */
};

enum { FIRST_SLOTS = 256 };

/* --- the book --- */

struct facts *facts_new(void)
{
    struct facts *f = g_new0(struct facts, 1);
    f->facts = g_array_new(FALSE, FALSE, sizeof(struct fact));
    f->deps = g_array_new(FALSE, FALSE, sizeof(int));
    f->n_slots = FIRST_SLOTS;
    f->slots = g_new0(uint32_t, f->n_slots);
    f->words = g_string_chunk_new(1024);
    return f;
}

void facts_free(struct facts *f)
{
    if (!f) return;
    g_array_free(f->facts, TRUE);
    g_array_free(f->deps, TRUE);
    g_free(f->slots);
    g_string_chunk_free(f->words);
    g_free(f);
}

void facts_reset(struct facts *f)
{
    g_array_set_size(f->facts, 0);
    g_array_set_size(f->deps, 0);
    memset(f->slots, 0, f->n_slots * sizeof f->slots[0]);
}

void facts_put_unseen(struct facts *f, bool unseen) { f->unseen = unseen; }

int facts_count(const struct facts *f) { return (int)f->facts->len; }

const struct fact *facts_at(const struct facts *f, int index)
{
    if (index < 0 || index >= facts_count(f)) g_error("fact %d asked of a book that holds %d", index, facts_count(f));
    return &g_array_index(f->facts, struct fact, index);
}

const int *facts_deps(const struct facts *f, const struct fact *fact)
{
    return &g_array_index(f->deps, int, fact->first_dep);
}

const char *facts_word(struct facts *f, const char *text) { return g_string_chunk_insert_const(f->words, text); }

/* The slot of an id: the one that holds it, or the free one where it would go. */
static uint32_t slot_of(const struct facts *f, const char *id)
{
    uint32_t slot = g_str_hash(id) & (f->n_slots - 1);
    while (f->slots[slot] && strcmp(facts_at(f, (int)f->slots[slot] - 1)->id, id)) slot = (slot + 1) & (f->n_slots - 1);
    return slot;
}

int facts_find(const struct facts *f, const char *id) { return (int)f->slots[slot_of(f, id)] - 1; }

static void grow_slots(struct facts *f)
{
    g_free(f->slots);
    f->n_slots *= 2;
    f->slots = g_new0(uint32_t, f->n_slots);
    for (int i = 0; i < facts_count(f); i++) f->slots[slot_of(f, facts_at(f, i)->id)] = (uint32_t)i + 1;
}

/* The place for a fact of this id: its old one, or a new one at the end. */
static int claim(struct facts *f, const char *id)
{
    int index = facts_find(f, id);
    if (index >= 0) return index;
    if (f->facts->len >= f->n_slots / 2) grow_slots(f);
    index = facts_count(f);
    g_array_set_size(f->facts, f->facts->len + 1);
    struct fact *fact = &g_array_index(f->facts, struct fact, index);
    *fact = (struct fact){ .id = id, .unseen = f->unseen };
    f->slots[slot_of(f, id)] = (uint32_t)index + 1;
    return index;
}

static int put(struct facts *f, struct fact fact, const int *deps)
{
    int index = claim(f, fact.id);
    fact.first_dep = (int)f->deps->len;
    fact.unseen = facts_at(f, index)->unseen;
    for (; deps && *deps >= 0; deps++, fact.n_deps++) {
        if (*deps == index) g_error("fact %s is said to depend on itself", fact.id);
        if (facts_at(f, *deps)->kind == FACT_UNKNOWN) fact.kind = FACT_UNKNOWN;
        g_array_append_val(f->deps, *deps);
    }
    if (fact.kind == FACT_UNKNOWN) fact.i = 0, fact.r = 0;
    g_array_index(f->facts, struct fact, index) = fact;
    return index;
}

static struct fact int_fact(const char *id, int64_t value, enum unit unit)
{
    return (struct fact){ .id = id, .kind = FACT_INT, .unit = unit, .i = value, .r = (double)value };
}

/* A real that is no finite number is nothing that could be shown: it is unknown. */
static struct fact real_fact(const char *id, double value, enum unit unit)
{
    return (struct fact){ .id = id, .kind = isfinite(value) ? FACT_REAL : FACT_UNKNOWN, .unit = unit, .r = value };
}

int facts_leaf(struct facts *f, const char *id, int64_t value, enum unit unit, const char *source)
{
    struct fact fact = int_fact(id, value, unit);
    fact.source = source;
    return put(f, fact, NULL);
}

int facts_leaf_real(struct facts *f, const char *id, double value, enum unit unit, const char *source)
{
    struct fact fact = real_fact(id, value, unit);
    fact.source = source;
    return put(f, fact, NULL);
}

int facts_int(struct facts *f, const char *id, int64_t value, enum unit unit, const char *formula, const int *deps)
{
    struct fact fact = int_fact(id, value, unit);
    fact.formula = formula;
    return put(f, fact, deps);
}

int facts_real(struct facts *f, const char *id, double value, enum unit unit, const char *formula, const int *deps)
{
    struct fact fact = real_fact(id, value, unit);
    fact.formula = formula;
    return put(f, fact, deps);
}

int facts_unknown(struct facts *f, const char *id, enum unit unit, const char *source)
{
    return put(f, (struct fact){ .id = id, .kind = FACT_UNKNOWN, .unit = unit, .source = source }, NULL);
}

int facts_leaf_word(struct facts *f, const char *id, const char *word, const char *source)
{
    return put(f, (struct fact){ .id = id, .kind = FACT_WORD, .unit = UNIT_COUNT, .word = word, .source = source }, NULL);
}

int facts_in_words(struct facts *f, const char *id, const char *words, const char *formula, const int *deps)
{
    return put(f, (struct fact){ .id = id, .kind = FACT_WORD, .unit = UNIT_COUNT, .word = words, .formula = formula }, deps);
}

/* --- how a fact is written --- */

/* A number that is about to be written: value / divisor with `places` decimals, then its unit. */
struct written {
    struct fact value;
    int64_t divisor;
    int places;
    const char *unit;
    bool gap;          /* a space before the unit */
};

static const int64_t KIB = 1024, MIB = 1 << 20, GIB = 1 << 30;

/* A family of units for bytes. What `next` of one unit would round to belongs to the unit above it. */
struct family { int64_t k, m, g, t; double next; const char *names[4]; };

static const struct family BINARY = { 1024, 1 << 20, 1 << 30, INT64_C(1) << 40, 1023.5, { "KiB", "MiB", "GiB", "TiB" } };
static const struct family DECIMAL = { 1000, 1000000, 1000000000, 1000000000000, 999.95, { "kB", "MB", "GB", "TB" } };

bool unit_is_bytes(enum unit unit) { return unit == UNIT_BYTES || unit == UNIT_BYTES_DECIMAL; }

static double magnitude(const struct fact *v) { return fabs(v->r); }

static bool divides(const struct fact *v, int64_t divisor)
{
    return v->kind == FACT_INT ? v->i % divisor == 0 : fmod(v->r, (double)divisor) == 0;
}

/* Whole when that is exact, one decimal otherwise. */
static struct written in_unit(const struct fact *v, int64_t divisor, const char *unit)
{
    return (struct written){ *v, divisor, divides(v, divisor) ? 0 : 1, unit, true };
}

/* GiB always has its decimal, so that a counting number keeps its width. */
static struct written in_gib(const struct fact *v) { return (struct written){ *v, GIB, 1, "GiB", true }; }

/* More than four digits before the point are too wide to be read at a glance, and a fifth that means something is enough. */
static struct written in_many_giga(const struct fact *v, const struct family *u)
{
    double m = magnitude(v) / (double)u->g;
    if (m >= 9999.5) return (struct written){ *v, u->t, 1, u->names[3], true };
    return (struct written){ *v, u->g, m >= 999.95 ? 0 : 1, u->names[2], true };
}

/* The same without its decimal from 1,000 on. */
static struct written in_short_unit(const struct fact *v, int64_t divisor, const char *unit)
{
    struct written w = in_unit(v, divisor, unit);
    if (magnitude(v) >= 999.95 * (double)divisor) w.places = 0;
    return w;
}

static struct written as_bytes(const struct fact *v, const struct family *u)
{
    double m = magnitude(v);
    if (m >= u->next * (double)u->m) return in_many_giga(v, u);
    if (m >= u->next * (double)u->k) return in_short_unit(v, u->m, u->names[1]);
    if (m >= (double)u->k) return in_short_unit(v, u->k, u->names[0]);
    return in_unit(v, 1, "B");
}

/* Token counts are rounded down, never up: "79K" of 81,303 tokens is a promise that can be kept. K = 1,024 tokens. */
static struct written as_tokens(const struct fact *v)
{
    int64_t n = v->kind == FACT_INT ? MAX(v->i, -INT64_MAX) : (int64_t)CLAMP(v->r, -1e18, 1e18);
    int64_t m = n < 0 ? -n : n;
    int64_t scale = m >= GIB ? GIB : m >= MIB ? MIB : m >= KIB ? KIB : 1;
    bool tenths = scale >= MIB || (scale == KIB && m < 10 * KIB);
    int64_t shown = (int64_t)((__int128)m * (tenths ? 10 : 1) / scale);
    struct fact value = int_fact(v->id, n < 0 ? -shown : shown, v->unit);
    const char *unit = scale == GIB ? "G" : scale == MIB ? "M" : scale == KIB ? "K" : "";
    return (struct written){ value, tenths ? 10 : 1, tenths && shown % 10 ? 1 : 0, unit, false };
}

static struct written as_percent(const struct fact *v, int places)
{
    return (struct written){ real_fact(v->id, v->r * 100, v->unit), 1, places, "%", false };
}

static struct written as_seconds(const struct fact *v)
{
    double m = magnitude(v);
    if (m == 0 || m >= 0.99995) return (struct written){ *v, 1, 2, "s", true };
    if (m >= 0.0009995) return (struct written){ real_fact(v->id, v->r * 1e3, v->unit), 1, 1, "ms", true };
    return (struct written){ real_fact(v->id, v->r * 1e6, v->unit), 1, 0, "µs", true };
}

/* Powers of ten with two decimals from a thousand on: 12.18 G. Bytes keep their B. */
static struct written as_si(const struct fact *v)
{
    static const struct { int64_t divisor; const char *plain, *bytes; } steps[] = {
        { 1000, "k", "kB" }, { 1000000, "M", "MB" }, { 1000000000, "G", "GB" }, { 1000000000000, "T", "TB" },
        { 1000000000000000, "P", "PB" }, { 1000000000000000000, "E", "EB" },
    };
    bool bytes = unit_is_bytes(v->unit);
    double m = magnitude(v);
    if (m < 1000) return (struct written){ *v, 1, divides(v, 1) ? 0 : 2, bytes ? "B" : "", bytes };
    size_t i = 0;
    while (i + 1 < G_N_ELEMENTS(steps) && m / (double)steps[i].divisor >= 999.995) i++;
    return (struct written){ *v, steps[i].divisor, 2, bytes ? steps[i].bytes : steps[i].plain, true };
}

/* Rates and operations in powers of 1,000. */
static struct written as_scaled(const struct fact *v)
{
    static const char *const names[][7] = {
        { "FLOP", "kFLOP", "MFLOP", "GFLOP", "TFLOP", "PFLOP", "EFLOP" },
        { "FLOPS", "kFLOPS", "MFLOPS", "GFLOPS", "TFLOPS", "PFLOPS", "EFLOPS" },
        { "B/s", "kB/s", "MB/s", "GB/s", "TB/s", "PB/s", "EB/s" },
    };
    int64_t divisor = 1;
    int i = 0;
    for (; i < 6 && magnitude(v) / (double)divisor >= 999.995; i++) divisor *= 1000;
    return (struct written){ *v, divisor, divides(v, divisor) || magnitude(v) / (double)divisor >= 1000 ? 0 : 2, names[v->unit - UNIT_OPERATIONS][i], true };
}

static struct written as_joules(const struct fact *v)
{
    double m = magnitude(v);
    if (m == 0 || m >= 0.9995) return (struct written){ *v, 1, 2, "J", true };
    if (m >= 0.0009995) return (struct written){ real_fact(v->id, v->r * 1e3, v->unit), 1, 1, "mJ", true };
    return (struct written){ real_fact(v->id, v->r * 1e6, v->unit), 1, 0, "µJ", true };
}

static struct written as_digits(const struct fact *v, int places)
{
    return (struct written){ *v, 1, places, "", false };
}

static struct written as_auto(const struct fact *v)
{
    switch (v->unit) {
    case UNIT_COUNT:   return as_digits(v, 0);
    case UNIT_TOKENS:  return as_tokens(v);
    case UNIT_BYTES:   return as_bytes(v, &BINARY);
    case UNIT_BYTES_DECIMAL: return as_bytes(v, &DECIMAL);
    case UNIT_SHARE:   return as_percent(v, 0);
    case UNIT_RATIO:   return (struct written){ *v, 1, 1, "×", false };
    case UNIT_NUMBER:  return as_digits(v, v->kind == FACT_INT ? 0 : 2);
    case UNIT_SECONDS: return as_seconds(v);
    case UNIT_OPERATIONS: case UNIT_OPERATIONS_PER_S: case UNIT_BYTES_PER_S: return as_scaled(v);
    case UNIT_WATTS:   return (struct written){ *v, 1, divides(v, 1) ? 0 : 1, "W", true };
    case UNIT_JOULES:  return as_joules(v);
    case UNIT_USD:     return (struct written){ *v, 1, magnitude(v) < 1 ? 3 : 2, "USD", true };
    }
    g_error("fact %s has unit %d, which is none", v->id, v->unit);
}

static struct written in_form(const struct fact *v, enum fact_form form)
{
    switch (form) {
    case FORM_AUTO: case FORM_NUMBER_ONLY: case FORM_UNIT_ONLY: return as_auto(v);
    case FORM_PLAIN: case FORM_WORD: case FORM_WORD_CAP: return as_digits(v, divides(v, 1) ? 0 : 2);
    case FORM_GIB:      return in_gib(v);
    case FORM_MIB:      return in_unit(v, MIB, "MiB");
    case FORM_KIB:      return in_unit(v, KIB, "KiB");
    case FORM_GB:       return in_short_unit(v, 1000000000, "GB");
    case FORM_TIB:      return in_unit(v, GIB << 10, "TiB");
    case FORM_TB:       return in_unit(v, 1000000000000, "TB");
    case FORM_MB:       return in_unit(v, 1000000, "MB");
    case FORM_BYTES:    return in_unit(v, 1, "B");
    case FORM_PERCENT:  return as_percent(v, 0);
    case FORM_PERCENT1: return as_percent(v, 1);
    case FORM_SI:       return as_si(v);
    case FORM_K:        return as_tokens(v);
    case FORM_D1:       return as_digits(v, 1);
    case FORM_D2:       return as_digits(v, 2);
    case FORM_D3:       return as_digits(v, 3);
    }
    g_error("fact %s is to be written in form %d, which is none", v->id, form);
}

/* |value| / divisor in decimal digits, with a point but no groups. */
static void write_digits(const struct written *w, char *out, size_t size)
{
    static const int64_t powers[] = { 1, 10, 100, 1000 };
    static const char *const formats[] = { "%.0f", "%.1f", "%.2f", "%.3f" };
    if (w->value.kind == FACT_REAL) {
        g_ascii_formatd(out, (int)size, formats[w->places], magnitude(&w->value) / (double)w->divisor);
        return;
    }
    unsigned __int128 m = w->value.i < 0 ? -(unsigned __int128)w->value.i : (unsigned __int128)w->value.i;
    uint64_t power = (uint64_t)powers[w->places], divisor = (uint64_t)w->divisor;
    unsigned __int128 rounded = (2 * m * power + divisor) / (2 * (unsigned __int128)divisor);
    uint64_t whole = (uint64_t)(rounded / power), rest = (uint64_t)(rounded % power);
    if (w->places) g_snprintf(out, size, "%" G_GUINT64_FORMAT ".%0*u", whole, w->places, (unsigned)rest);
    else g_snprintf(out, size, "%" G_GUINT64_FORMAT, whole);
}

/* A line of text being put together; the longest double with its groups and sign fits. */
struct line { char text[640]; size_t len; };

static void line_add(struct line *line, const char *text, size_t len)
{
    g_assert(line->len + len < sizeof line->text);
    memcpy(line->text + line->len, text, len);
    line->len += len;
    line->text[line->len] = '\0';
}

static void line_puts(struct line *line, const char *text) { line_add(line, text, strlen(text)); }

/* Groups of three before the point, and a real minus sign unless every digit is 0. */
static void write_number(const struct written *w, struct line *out)
{
    char digits[400]; /* the longest double has 309 digits before its point */
    write_digits(w, digits, sizeof digits);
    if (w->value.r < 0 && strpbrk(digits, "123456789")) line_puts(out, "−");
    size_t whole = strcspn(digits, ".");
    for (size_t i = 0; i < whole; i++) {
        if (i && (whole - i) % 3 == 0) line_puts(out, ",");
        line_add(out, digits + i, 1);
    }
    line_puts(out, digits + whole);
}

static const char *word_for(const struct fact *v)
{
    static const char *const words[] = { "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
                                         "ten", "eleven", "twelve" };
    if (v->kind != FACT_INT || v->i < 0 || v->i >= (int64_t)G_N_ELEMENTS(words)) return NULL;
    return words[v->i];
}

/* Cuts at a whole character. */
static char *copy_out(const char *text, char *buf, size_t size)
{
    const char *end;
    if (!size) return buf;
    g_strlcpy(buf, text, size);
    if (!g_utf8_validate(buf, -1, &end)) buf[end - buf] = '\0';
    return buf;
}

char *facts_text(const struct facts *f, int index, enum fact_form form, char *buf, size_t size)
{
    const struct fact *v = facts_at(f, index);
    struct line line = { .len = 0 };
    if (v->kind == FACT_UNKNOWN) return copy_out(form == FORM_UNIT_ONLY ? "" : "n/a", buf, size);
    if (v->kind == FACT_WORD) return copy_out(form == FORM_UNIT_ONLY ? "" : v->word, buf, size);
    const char *word = form == FORM_WORD || form == FORM_WORD_CAP ? word_for(v) : NULL;
    if (word) {
        copy_out(word, buf, size);
        if (form == FORM_WORD_CAP && size) buf[0] = g_ascii_toupper(buf[0]);
        return buf;
    }
    struct written w = in_form(v, form);
    if (form == FORM_UNIT_ONLY) return copy_out(w.unit, buf, size);
    write_number(&w, &line);
    if (w.gap && form != FORM_NUMBER_ONLY) line_puts(&line, " ");
    if (form != FORM_NUMBER_ONLY) line_puts(&line, w.unit);
    return copy_out(line.text, buf, size);
}

/* --- names of forms, in the order of enum fact_form --- */

static const char *const form_names[] = {
    "auto", "plain", "GiB", "MiB", "KiB", "GB", "MB", "TiB", "TB", "bytes", "percent", "percent1", "si", "K", "d1", "d2", "d3",
    "number", "unit", "word", "Word", NULL,
};
G_STATIC_ASSERT(G_N_ELEMENTS(form_names) == FORM_WORD_CAP + 2);

int fact_form_parse(const char *name)
{
    for (int i = 0; form_names[i]; i++)
        if (!strcmp(form_names[i], name)) return i;
    return -1;
}

const char *const *fact_form_names(void) { return form_names; }
