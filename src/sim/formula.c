/* Formulas: one line of text that is read by people and computed again by the program.
 *
 * "2 × [layers] × [KV heads]; a key and a value" over two deps, 32 and 8, is in words "2 × layers × KV heads; a key and
 * a value", with its values "2 × 32 × 8", and evaluates to 512. The reader below descends through the grammar of
 * sim/fact.h; what it does not know makes the formula prose, which has words and values, but no result.
 *
 * Doubles are enough: whole numbers stay exact below 2^53, and there a quotient that is no whole number never rounds to
 * one, so "rounded up" and "rounded down" are exact, too.
 */
#include "sim/exact.h"
#include "sim/fact.h"

#include <math.h>
#include <string.h>

/* --- text --- */

int formula_brackets(const char *formula)
{
    int n = 0;
    for (const char *s = formula; s && *s; s++) n += *s == '[';
    return n;
}

char *facts_formula(const struct facts *f, int index)
{
    const char *formula = facts_at(f, index)->formula;
    if (!formula) return NULL;
    GString *out = g_string_new(NULL);
    for (const char *s = formula; *s; s++)
        if (*s != '[' && *s != ']') g_string_append_c(out, *s);
    return g_string_free(out, FALSE);
}

char *facts_formula_with_values(const struct facts *f, int index)
{
    const struct fact *fact = facts_at(f, index);
    if (!fact->formula) return NULL;
    GString *out = g_string_new(NULL);
    int next = 0;
    for (const char *s = fact->formula; *s && *s != ';'; s++) {
        char text[FACT_EXACT_SIZE];
        if (*s != '[') {
            g_string_append_c(out, *s);
            continue;
        }
        if (next < fact->n_deps)
            g_string_append(out, facts_exact(f, facts_deps(f, fact)[next++], text, sizeof text));
        s += strcspn(s, "]");
        if (!*s) break;
    }
    return g_string_free(out, FALSE);
}

/* Whole numbers in groups of three. */
static void write_whole(double value, char *out, size_t size)
{
    char digits[32];
    g_snprintf(digits, sizeof digits, "%" G_GINT64_FORMAT, (int64_t)value);
    size_t n = strlen(digits), at = 0;
    for (size_t i = 0; i < n && at + 2 < size; i++) {
        if (i && (n - i) % 3 == 0) out[at++] = ',';
        out[at++] = digits[i];
    }
    out[at] = '\0';
}

/* The shortest decimal number that is this double, 0 or more. */
static void write_real(double value, char *out, size_t size)
{
    if (value == floor(value) && value < 1e15) {
        write_whole(value, out, size);
        return;
    }
    for (int digits = 6; digits <= 17; digits++) {
        char format[8];
        g_snprintf(format, sizeof format, "%%.%dg", digits);
        g_ascii_formatd(out, (int)size, format, value);
        if (g_ascii_strtod(out, NULL) == value) return;
    }
}

char *facts_exact(const struct facts *f, int index, char *buf, size_t size)
{
    const struct fact *fact = facts_at(f, index);
    if (fact->kind == FACT_INT || fact->kind == FACT_UNKNOWN)
        return facts_text(f, index, unit_is_bytes(fact->unit) ? FORM_BYTES : FORM_PLAIN, buf, size);
    if (fact->kind == FACT_WORD) {
        g_snprintf(buf, (gulong)size, "“%s”", fact->word);
        return buf;
    }
    char digits[40];
    write_real(fabs(fact->r), digits, sizeof digits);
    g_snprintf(buf, (gulong)size, "%s%s%s", fact->r < 0 ? "−" : "", digits,
               unit_is_bytes(fact->unit) ? " B" : "");
    return buf;
}

/* --- evaluation --- */

struct reader { const struct facts *facts; const struct fact *fact; const char *at; int next; bool good; };

static double read_sum(struct reader *r);

/* Moves behind `word` if it comes next, after spaces. */
static bool take(struct reader *r, const char *word)
{
    while (*r->at == ' ') r->at++;
    if (!g_str_has_prefix(r->at, word)) return false;
    r->at += strlen(word);
    return true;
}

static double fail(struct reader *r)
{
    r->good = false;
    return 0;
}

static double read_bracket(struct reader *r)
{
    r->at += strcspn(r->at, "]");
    if (!take(r, "]") || r->next >= r->fact->n_deps) return fail(r);
    const struct fact *dep = facts_at(r->facts, facts_deps(r->facts, r->fact)[r->next++]);
    return dep->kind == FACT_INT || dep->kind == FACT_REAL ? dep->r : fail(r);
}

static double read_value(struct reader *r)
{
    if (take(r, "[")) return read_bracket(r);
    if (take(r, "(")) {
        double sum = read_sum(r);
        return take(r, ")") ? sum : fail(r);
    }
    char *end;
    if (!g_ascii_isdigit(*r->at)) return fail(r);
    double number = g_ascii_strtod(r->at, &end);
    r->at = end;
    return number;
}

static double read_power(struct reader *r)
{
    if (take(r, "√")) {
        double under = read_value(r);
        return under >= 0 ? sqrt(under) : fail(r);
    }
    double value = read_value(r);
    if (take(r, "²")) return value * value;
    if (!take(r, "^")) return value;
    double power = read_value(r);
    return power >= 0 && power < 1e15 && power == floor(power) ? exact_pow_int(value, (int64_t)power) : fail(r);
}

static double read_product(struct reader *r)
{
    double product = read_power(r);
    while (r->good) {
        if (take(r, "×")) product *= read_power(r);
        else if (take(r, "÷")) product /= read_power(r);
        else break;
    }
    return product;
}

static double read_sum(struct reader *r)
{
    double sum = read_product(r);
    while (r->good) {
        if (take(r, "+")) sum += read_product(r);
        else if (take(r, "−")) sum -= read_product(r);
        else break;
    }
    return sum;
}

static double read_formula(struct reader *r)
{
    double value = read_sum(r);
    while (r->good && take(r, ",")) {
        if (take(r, "rounded up")) value = ceil(value);
        else if (take(r, "rounded down")) value = floor(value);
        else if (take(r, "at least")) value = fmax(value, read_value(r));
        else if (take(r, "at most")) value = fmin(value, read_value(r));
        else fail(r);
    }
    bool ended = take(r, ";") || !*r->at;
    return ended && r->next == r->fact->n_deps ? value : fail(r);
}

bool facts_evaluate(const struct facts *f, int index, double *value)
{
    const struct fact *fact = facts_at(f, index);
    if (!fact->formula || (fact->kind != FACT_INT && fact->kind != FACT_REAL)) return false;
    struct reader r = { f, fact, fact->formula, 0, true };
    *value = read_formula(&r);
    return r.good;
}

bool facts_agree(const struct facts *f, int index, double value)
{
    const struct fact *fact = facts_at(f, index);
    if (fact->kind == FACT_INT) return value == fact->r;
    return fabs(value - fact->r) <= 1e-9 * fmax(fabs(value), fabs(fact->r));
}
