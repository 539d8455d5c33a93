/* Filled structs back to text, and what differs between two of them, both by the rows that filled them. Text that was
 * written here and is read again gives the same struct to the last bit: whole numbers beyond 32 bits carry an L, bytes
 * the largest unit that divides them, times every microsecond, a dollar at the head of a text another dollar.
 */
#include "conf/node.h"

#include <string.h>

enum { LINE_LETTERS = 118 };

static const void *field_of(const struct row *row, const void *in) { return (const char *)in + row->offset; }

static size_t length_of(const struct row *row, const void *field)
{
    if (row->kind == ROW_KIND_TEXTS) return ((const struct texts *)field)->n;
    if (row->kind == ROW_KIND_COLORS) return ((const struct colors *)field)->n;
    return row->kind == ROW_KIND_LIST ? ((const struct list *)field)->n : 0;
}

static const void *item_of(const struct row *row, const void *field, size_t i)
{
    return (const char *)((const struct list *)field)->items + i * row->size;
}

/* ---- what differs ---- */

static bool same_items(const struct row *row, const void *a, const void *b)
{
    const struct texts *texts[] = { a, b };
    const struct colors *colors[] = { a, b };
    size_t n = length_of(row, a);
    bool same = n == length_of(row, b);
    for (size_t i = 0; same && i < n; i++) {
        if (row->kind == ROW_KIND_TEXTS) same = !strcmp(texts[0]->items[i], texts[1]->items[i]);
        else if (row->kind == ROW_KIND_COLORS) same = color_equal(colors[0]->items[i], colors[1]->items[i]);
        else same = conf_same(row->rows, item_of(row, a, i), item_of(row, b, i));
    }
    return same;
}

static bool same_field(const struct row *row, const void *a, const void *b)
{
    switch (row->kind) {
    case ROW_KIND_END: return true;
    case ROW_KIND_TEXT: return !g_strcmp0(*(char *const *)a, *(char *const *)b);
    case ROW_KIND_REAL: return *(const double *)a == *(const double *)b;
    case ROW_KIND_TEXTS: case ROW_KIND_COLORS: case ROW_KIND_LIST: return same_items(row, a, b);
    case ROW_KIND_GROUP: return conf_same(row->rows, a, b);
    case ROW_KIND_BOOL: case ROW_KIND_INT: case ROW_KIND_CHOICE: case ROW_KIND_PICK: case ROW_KIND_RATE: case ROW_KIND_TIME:
    case ROW_KIND_COUNT: case ROW_KIND_BYTES: case ROW_KIND_BYTE_RATE: case ROW_KIND_COLOR: break;
    }
    return !memcmp(a, b, value_size(row)); /* none of these has padding */
}

bool conf_same(const struct row *rows, const void *a, const void *b)
{
    for (; rows->kind != ROW_KIND_END; rows++)
        if (!same_field(rows, field_of(rows, a), field_of(rows, b))) return false;
    return true;
}

static void compare_at(const struct row *rows, const char *path, const void *a, const void *b, conf_differs tell,
                       void *data)
{
    for (; rows->kind != ROW_KIND_END; rows++) {
        const void *x = field_of(rows, a), *y = field_of(rows, b);
        g_autofree char *key = g_strconcat(path, *path ? "." : "", rows->key, NULL);
        if (same_field(rows, x, y)) continue;
        if (rows->kind == ROW_KIND_GROUP) {
            compare_at(rows->rows, key, x, y, tell, data);
        } else if (rows->kind == ROW_KIND_LIST && length_of(rows, x) == length_of(rows, y)) {
            for (size_t i = 0; i < length_of(rows, x); i++) {
                g_autofree char *item = g_strdup_printf("%s[%zu]", key, i + 1);
                compare_at(rows->rows, item, item_of(rows, x, i), item_of(rows, y, i), tell, data);
            }
        } else {
            tell(key, rows, x, y, data);
        }
    }
}

void conf_compare(const struct row *rows, const void *a, const void *b, conf_differs tell, void *data)
{
    compare_at(rows, "", a, b, tell, data);
}

/* ---- one value ---- */

static void append_text(GString *out, const char *text)
{
    g_autofree char *escaped = g_strconcat(text[0] == '$' ? "$" : "", text, NULL); /* "$$" is a dollar, no name */
    value_append_quoted(out, escaped, -1);
}

static void append_int(GString *out, int64_t v)
{
    g_string_append_printf(out, "%" G_GINT64_FORMAT "%s", v, v > INT32_MAX || v < INT32_MIN ? "L" : "");
}

static void append_real(GString *out, double v)
{
    char number[NUMBER_BYTES];
    value_print_real(v, number);
    g_string_append_printf(out, "%s%s", number, strpbrk(number, ".e") ? "" : ".0");
}

/* 2, "2.5 s": a bare number with a point would pass through a double, which has no room for the longest times. */
static void append_time(GString *out, int64_t us)
{
    int64_t rest = us % 1000000;
    int places = 6;
    if (!rest && us / 1000000 <= INT32_MAX) {
        append_int(out, us / 1000000);
        return;
    }
    for (; places > 1 && rest % 10 == 0; places--) rest /= 10;
    g_string_append_printf(out, "\"%" G_GINT64_FORMAT ".%0*d s\"", us / 1000000, places, (int)rest);
}

static void append_rate(GString *out, const struct rate *r)
{
    if (r->den == 1) append_int(out, r->num);
    else if (r->den > 1) g_string_append_printf(out, "\"%" G_GINT64_FORMAT "/%" G_GINT64_FORMAT "\"", r->num, r->den);
}

static void append_color(GString *out, struct rgba c)
{
    g_string_append_printf(out, "\"#%02X%02X%02X", c.r, c.g, c.b);
    if (c.a != 255) g_string_append_printf(out, "%02X", c.a);
    g_string_append_c(out, '"');
}

static void append_bytes(GString *out, int64_t bytes, const char *per)
{
    char number[NUMBER_BYTES];
    value_print_bytes(bytes, number);
    g_string_append_printf(out, "\"%s%s\"", number, per);
}

static void append_pick(GString *out, const struct row *row, const struct pick *pick)
{
    if (pick->word) append_text(out, row->choices[pick->word - 1]);
    else append_int(out, pick->number);
}

static void append_group(GString *out, const struct row *rows, const void *in);

static void append_items(GString *out, const struct row *row, const void *field)
{
    bool groups = row->kind == ROW_KIND_LIST;
    g_string_append(out, groups ? "(" : "[");
    for (size_t i = 0; i < length_of(row, field); i++) {
        g_string_append(out, i ? ", " : groups ? " " : "");
        if (row->kind == ROW_KIND_TEXTS) append_text(out, ((const struct texts *)field)->items[i]);
        else if (row->kind == ROW_KIND_COLORS) append_color(out, ((const struct colors *)field)->items[i]);
        else append_group(out, row->rows, item_of(row, field, i));
    }
    g_string_append(out, groups ? " )" : "]");
}

void conf_write_value(const struct row *row, const void *field, GString *out)
{
    const char *text = row->kind == ROW_KIND_TEXT ? *(char *const *)field : NULL;
    switch (row->kind) {
    case ROW_KIND_END: break;
    case ROW_KIND_BOOL: g_string_append(out, *(const bool *)field ? "true" : "false"); break;
    case ROW_KIND_INT: case ROW_KIND_COUNT: append_int(out, *(const int64_t *)field); break;
    case ROW_KIND_REAL: append_real(out, *(const double *)field); break;
    case ROW_KIND_TEXT: if (text) append_text(out, text); break;
    case ROW_KIND_CHOICE: append_text(out, row->choices[*(const int *)field]); break;
    case ROW_KIND_PICK: append_pick(out, row, field); break;
    case ROW_KIND_RATE: append_rate(out, field); break;
    case ROW_KIND_TIME: append_time(out, *(const int64_t *)field); break;
    case ROW_KIND_BYTES: append_bytes(out, *(const int64_t *)field, ""); break;
    case ROW_KIND_BYTE_RATE: append_bytes(out, *(const int64_t *)field, "/s"); break;
    case ROW_KIND_COLOR: append_color(out, *(const struct rgba *)field); break;
    case ROW_KIND_TEXTS: case ROW_KIND_COLORS: case ROW_KIND_LIST: append_items(out, row, field); break;
    case ROW_KIND_GROUP: append_group(out, row->rows, field); break;
    }
}

/* ---- whole structs ---- */

static bool is_zero(const struct row *row, const void *field)
{
    const char *bytes = field;
    for (size_t i = 0; i < value_size(row); i++)
        if (bytes[i]) return false;
    return true;
}

/* Whether reading gives the field what it holds although its key is left out. A required key can be left out only
 * where the group around it (`absent`) does not stand either, or where it has no value to write. */
static bool goes_unsaid(const struct row *row, const void *field, bool absent)
{
    union { int64_t whole; double real; char *text; struct rate rate; struct texts texts; struct pick pick; } plain;
    if (row->kind == ROW_KIND_GROUP) {
        for (const struct row *r = row->rows; r->kind != ROW_KIND_END; r++)
            if (!goes_unsaid(r, field_of(r, field), absent || row->optional)) return false;
        return true;
    }
    if (row->kind == ROW_KIND_LIST) return !length_of(row, field);
    if (!row->def && is_zero(row, field))
        return absent || row->optional || row->kind == ROW_KIND_TEXT || row->kind == ROW_KIND_RATE ||
               row->kind == ROW_KIND_TEXTS || row->kind == ROW_KIND_COLORS;
    if (!row->def) return false;
    value_default(row, &plain);
    bool same = same_field(row, field, &plain);
    const struct row one[] = { { .key = row->key, .kind = row->kind }, ROW_END };
    conf_clear(one, &plain);
    return same;
}

static void append_group(GString *out, const struct row *rows, const void *in)
{
    g_string_append(out, "{ ");
    for (; rows->kind != ROW_KIND_END; rows++) {
        if (goes_unsaid(rows, field_of(rows, in), false)) continue;
        g_string_append_printf(out, "%s = ", rows->key);
        conf_write_value(rows, field_of(rows, in), out);
        g_string_append(out, "; ");
    }
    g_string_append_c(out, '}');
}

/* A quoted text over several lines, cut behind its blanks; libconfig joins what stands side by side. */
static void append_wrapped(GString *out, const char *quoted, int indent)
{
    size_t room = (size_t)MAX(LINE_LETTERS - indent, 40);
    while (strlen(quoted) > room) {
        const char *cut = g_strrstr_len(quoted, (gssize)room - 1, " ");
        if (!cut && !(cut = strchr(quoted + 1, ' '))) break;
        if (cut <= quoted + 1) break;
        g_string_append_len(out, quoted, cut + 1 - quoted);
        g_string_append_printf(out, "\"\n%*s\"", indent, "");
        quoted = cut + 1;
        room = (size_t)MAX(LINE_LETTERS - indent - 1, 40);
    }
    g_string_append(out, quoted);
}

static void append_block(GString *out, const struct row *row, const void *field, int indent)
{
    if (row->kind == ROW_KIND_GROUP) {
        g_string_append(out, "{\n");
        conf_write_rows(row->rows, field, indent + 4, out);
        g_string_append_printf(out, "%*s}", indent, "");
        return;
    }
    g_string_append(out, "(\n");
    for (size_t i = 0; i < length_of(row, field); i++) {
        g_string_append_printf(out, "%*s{\n", indent + 4, "");
        conf_write_rows(row->rows, item_of(row, field, i), indent + 8, out);
        g_string_append_printf(out, "%*s}%s\n", indent + 4, "", i + 1 < length_of(row, field) ? "," : "");
    }
    g_string_append_printf(out, "%*s)", indent, "");
}

void conf_write_rows(const struct row *rows, const void *in, int indent, GString *out)
{
    int width = 0;
    for (const struct row *r = rows; r->kind != ROW_KIND_END; r++) width = MAX(width, (int)strlen(r->key));
    for (const struct row *r = rows; r->kind != ROW_KIND_END; r++) {
        const void *field = field_of(r, in);
        g_autoptr(GString) value = g_string_new(NULL);
        if (goes_unsaid(r, field, false)) continue;
        conf_write_value(r, field, value);
        g_string_append_printf(out, "%*s%-*s = ", indent, "", width, r->key);
        bool fits = indent + width + 3 + (int)value->len < LINE_LETTERS;
        if (r->kind == ROW_KIND_TEXT) append_wrapped(out, value->str, indent + width + 3);
        else if (!fits && r->rows) append_block(out, r, field, indent);
        else g_string_append(out, value->str);
        g_string_append(out, ";\n");
    }
}
