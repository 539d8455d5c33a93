/* One row from one node: reading, bounds, and the sentences for what goes wrong.
 *
 * A scalar is first brought into one form, its kind and its text (numbers print in the shortest way that reads back as
 * the same number), so that a file, the command line and a row's default are read by the same few lines, and 0.1 s is
 * exactly 100,000 microseconds.
 */
#include "conf/node.h"

#include "base/suggest.h"
#include "base/unit.h"

#include <errno.h>
#include <math.h>
#include <string.h>

enum { QUOTED_LETTERS = 40 };
static const int64_t longest_us = (int64_t)1 << 50; /* what rate_frame_at takes: 35 years */

struct written { enum node_kind kind; const char *text; };
enum verdict { VALUE_FINE, VALUE_WRONG_TYPE, VALUE_WRONG_FORM, VALUE_OUT_OF_BOUNDS };

/* ---- numbers as text ---- */

/* Shortest decimal without an exponent; where that would be absurdly long, with one. */
void value_print_real(double v, char *out)
{
    char format[8];
    for (int places = 0; places <= 20 && fabs(v) < 1e18; places++) {
        g_snprintf(format, sizeof format, "%%.%df", places);
        g_ascii_formatd(out, NUMBER_BYTES, format, v);
        if (g_ascii_strtod(out, NULL) == v) return;
    }
    g_ascii_dtostr(out, NUMBER_BYTES, v);
}

void value_print_bytes(int64_t v, char *out)
{
    static const char *const units[] = { "TiB", "TB", "GiB", "GB", "MiB", "MB", "KiB", "kB", "B" };
    static const int64_t sizes[] = { (int64_t)1 << 40, 1000000000000, 1 << 30, 1000000000, 1 << 20, 1000000,
                                     1 << 10, 1000, 1 };
    size_t i = 0;
    while (sizes[i] > 1 && (v < sizes[i] || v % sizes[i])) i++;
    g_snprintf(out, NUMBER_BYTES, "%" G_GINT64_FORMAT " %s", v / sizes[i], units[i]);
}

static void print_bound(const struct row *row, double v, char *out)
{
    bool bytes = row->kind == ROW_KIND_BYTES || row->kind == ROW_KIND_BYTE_RATE;
    if (bytes) value_print_bytes(fabs(v) < 0x1p63 ? (int64_t)v : 0, out); /* a bound that is none may be infinite */
    else value_print_real(v, out);
    if (row->kind == ROW_KIND_BYTE_RATE) g_strlcat(out, "/s", NUMBER_BYTES);
    if (row->kind == ROW_KIND_TIME) g_strlcat(out, " s", NUMBER_BYTES);
}

/* ---- bounds ---- */

static bool is_bounded(const struct row *row) { return row->min != 0 || row->max != 0; }
static bool has_min(const struct row *row) { return is_bounded(row) && isfinite(row->min); }
static bool has_max(const struct row *row) { return is_bounded(row) && isfinite(row->max) && row->max >= row->min; }

static bool in_bounds(const struct row *row, double v)
{
    return (!has_min(row) || v >= row->min) && (!has_max(row) || v <= row->max);
}

/* " from 0 to 51", " from 1 up", " up to 8", "". */
static void append_bounds(GString *out, const struct row *row)
{
    char lo[NUMBER_BYTES], hi[NUMBER_BYTES];
    print_bound(row, row->min, lo);
    print_bound(row, row->max, hi);
    if (has_min(row) && has_max(row)) g_string_append_printf(out, " from %s to %s", lo, hi);
    else if (has_min(row)) g_string_append_printf(out, " from %s up", lo);
    else if (has_max(row)) g_string_append_printf(out, " up to %s", hi);
}

static void append_count(GString *out, const struct row *row)
{
    char lo[NUMBER_BYTES], hi[NUMBER_BYTES];
    value_print_real(row->min, lo);
    value_print_real(row->max, hi);
    if (has_min(row) && has_max(row) && row->min == row->max) g_string_append_printf(out, " (%s of them)", lo);
    else if (has_min(row) && has_max(row)) g_string_append_printf(out, " (%s to %s of them)", lo, hi);
    else if (has_min(row)) g_string_append_printf(out, " (at least %s)", lo);
    else if (has_max(row)) g_string_append_printf(out, " (at most %s)", hi);
}

/* ---- what a row accepts, in words ---- */

void value_append_keys(GString *out, const struct row *rows)
{
    for (const struct row *r = rows; r->kind != ROW_KIND_END; r++)
        g_string_append_printf(out, "%s%s", r == rows ? "" : ", ", r->key);
}

static void append_choices(GString *out, const struct row *row)
{
    g_autofree char *list = g_strjoinv(", ", (char **)(guintptr)row->choices);
    g_string_append(out, list);
}

static void append_unit(GString *out, const struct row *row)
{
    if (row->unit && row->kind != ROW_KIND_TIME) g_string_append_printf(out, " of %s", row->unit);
    append_bounds(out, row);
}

/* Kinds with a notation of their own. */
static void append_notation(GString *out, const struct row *row)
{
    static const struct { const char *what, *such_as; } notes[] = {
        [ROW_KIND_RATE] = { "a rate", "60, 12.5 or \"30000/1001\"" },
        [ROW_KIND_TIME] = { "a time", "2.5 (seconds), \"250 ms\" or \"1:30\"" },
        [ROW_KIND_COUNT] = { "a count", "4096 or \"128Ki\"" },
        [ROW_KIND_BYTES] = { "bytes with their unit", "\"80 GB\" or \"16 KiB\"" },
        [ROW_KIND_BYTE_RATE] = { "bytes per second with their unit", "\"900 GB/s\" or \"3.35 TB/s\"" },
        [ROW_KIND_COLOR] = { "a colour", "\"#1E90FF\", or \"#1E90FF80\" with its alpha" },
    };
    g_string_append(out, notes[row->kind].what);
    append_unit(out, row);
    g_string_append_printf(out, " such as %s", notes[row->kind].such_as);
}

char *conf_accepts(const struct row *row)
{
    GString *out = g_string_new(NULL);
    switch (row->kind) {
    case ROW_KIND_END: break;
    case ROW_KIND_BOOL: g_string_append(out, "true or false"); break;
    case ROW_KIND_INT: g_string_append(out, "a whole number"); append_unit(out, row); break;
    case ROW_KIND_REAL: g_string_append(out, "a number"); append_unit(out, row); break;
    case ROW_KIND_TEXT: g_string_append(out, "text"); break;
    case ROW_KIND_CHOICE: g_string_append(out, "one of "); append_choices(out, row); break;
    case ROW_KIND_PICK:
        g_string_append(out, "a whole number");
        append_unit(out, row);
        g_string_append(out, ", or one of ");
        append_choices(out, row);
        break;
    case ROW_KIND_RATE: case ROW_KIND_TIME: case ROW_KIND_COUNT: case ROW_KIND_BYTES: case ROW_KIND_BYTE_RATE:
    case ROW_KIND_COLOR: append_notation(out, row); break;
    case ROW_KIND_TEXTS:
        g_string_append(out, "an array of texts");
        append_count(out, row);
        g_string_append(out, " such as [\"a\", \"b\"]");
        break;
    case ROW_KIND_COLORS:
        g_string_append(out, "an array of colours");
        append_count(out, row);
        g_string_append(out, " such as [\"#1E90FF\", \"#FF8C00\"]");
        break;
    case ROW_KIND_GROUP:
        g_string_append(out, "a group { ... } with the keys ");
        value_append_keys(out, row->rows);
        break;
    case ROW_KIND_LIST:
        g_string_append(out, "a list ( { ... }, { ... } ) of groups");
        append_count(out, row);
        g_string_append(out, " with the keys ");
        value_append_keys(out, row->rows);
        break;
    }
    return g_string_free(out, FALSE);
}

/* ---- text as it is written ---- */

void value_append_quoted(GString *out, const char *text, long letters)
{
    g_string_append_c(out, '"');
    for (const char *c = text; *c; c = g_utf8_next_char(c)) {
        if (letters-- == 0) { g_string_append(out, "..."); break; }
        if (*c == '"' || *c == '\\') g_string_append_c(out, '\\');
        if (*c == '\n') g_string_append(out, "\\n");
        else if (*c == '\t') g_string_append(out, "\\t");
        else if ((guchar)*c < ' ') g_string_append_printf(out, "\\x%02x", (unsigned)*c);
        else g_string_append_len(out, c, g_utf8_next_char(c) - c);
    }
    g_string_append_c(out, '"');
}

char *value_quoted(const char *text)
{
    GString *out = g_string_new(NULL);
    value_append_quoted(out, text, QUOTED_LETTERS);
    return g_string_free(out, FALSE);
}

/* What libconfig reads as a number of 32 bits. */
static bool is_bare_number(const char *text)
{
    size_t n = strspn(text, "0123456789.");
    return n > 0 && n < 10 && !text[n] && strcspn(text, ".") > 0 && strchr(text, '.') == strrchr(text, '.');
}

/* The items of an array on the command line: parted by commas, blanks around them dropped. Empty text: none. */
static char **split_items(const char *text)
{
    char **items = g_strsplit(text, ",", -1);
    for (char **i = items; *i; i++) g_strstrip(*i);
    if (items[0] && !items[1] && !*items[0]) { g_free(items[0]); items[0] = NULL; }
    return items;
}

static char *unquote(const char *text)
{
    size_t n = strlen(text);
    if (n < 2 || text[0] != '"' || text[n - 1] != '"') return g_strdup(text);
    g_autofree char *inner = g_strndup(text + 1, n - 2);
    return g_strcompress(inner);
}

char *value_typed(const char *text)
{
    size_t n = strlen(text);
    if (n < 2 || text[0] != '[' || text[n - 1] != ']') return unquote(text);
    g_autofree char *inner = g_strndup(text + 1, n - 2);
    g_auto(GStrv) items = split_items(inner);
    for (char **i = items; *i; i++) {
        char *item = unquote(*i);
        g_free(*i);
        *i = item;
    }
    return g_strjoinv(", ", items);
}

char *value_written(const struct row *row, const char *as_typed)
{
    GString *out = g_string_new(NULL);
    g_autofree char *text = value_typed(as_typed);
    if (row->kind == ROW_KIND_TEXTS || row->kind == ROW_KIND_COLORS) {
        g_auto(GStrv) items = split_items(text);
        g_string_append_c(out, '[');
        for (char **i = items; *i; i++) {
            if (i > items) g_string_append(out, ", ");
            value_append_quoted(out, *i, -1);
        }
        g_string_append_c(out, ']');
    } else if (row->kind == ROW_KIND_BOOL || row->kind == ROW_KIND_INT || row->kind == ROW_KIND_REAL
               || ((row->kind == ROW_KIND_PICK || row->kind == ROW_KIND_RATE || row->kind == ROW_KIND_TIME || row->kind == ROW_KIND_COUNT)
                   && is_bare_number(text)))
        g_string_append(out, text);
    else {
        g_autofree char *escaped = g_strconcat(text[0] == '$' ? "$" : "", text, NULL); /* "$$" is a dollar, no name */
        value_append_quoted(out, escaped, -1);
    }
    return g_string_free(out, FALSE);
}

/* ---- reading ---- */

size_t value_size(const struct row *row)
{
    switch (row->kind) {
    case ROW_KIND_END: case ROW_KIND_GROUP: return 0;
    case ROW_KIND_BOOL: return sizeof(bool);
    case ROW_KIND_REAL: return sizeof(double);
    case ROW_KIND_TEXT: return sizeof(char *);
    case ROW_KIND_CHOICE: return sizeof(int);
    case ROW_KIND_PICK: return sizeof(struct pick);
    case ROW_KIND_RATE: return sizeof(struct rate);
    case ROW_KIND_COLOR: return sizeof(struct rgba);
    case ROW_KIND_TEXTS: return sizeof(struct texts);
    case ROW_KIND_COLORS: return sizeof(struct colors);
    case ROW_KIND_LIST: return sizeof(struct list);
    case ROW_KIND_INT: case ROW_KIND_TIME: case ROW_KIND_COUNT: case ROW_KIND_BYTES: case ROW_KIND_BYTE_RATE: break;
    }
    return sizeof(int64_t);
}

/* Whether the row's kind may be written so. Typed text may be anything. */
static bool takes(const struct row *row, enum node_kind kind)
{
    if (kind == NODE_TYPED) return true;
    switch (row->kind) {
    case ROW_KIND_BOOL: return kind == NODE_BOOL;
    case ROW_KIND_INT: return kind == NODE_INT;
    case ROW_KIND_REAL: return kind == NODE_INT || kind == NODE_REAL;
    case ROW_KIND_CHOICE: case ROW_KIND_PICK: return kind == NODE_TEXT || kind == NODE_INT;
    case ROW_KIND_RATE: case ROW_KIND_TIME: case ROW_KIND_COUNT:
        return kind == NODE_INT || kind == NODE_REAL || kind == NODE_TEXT;
    default: return kind == NODE_TEXT;
    }
}

static enum verdict judge(const struct row *row, bool parsed, double v)
{
    if (!parsed) return VALUE_WRONG_FORM;
    return in_bounds(row, v) ? VALUE_FINE : VALUE_OUT_OF_BOUNDS;
}

static bool parse_int(const char *text, int64_t *out)
{
    char *end;
    errno = 0;
    *out = g_ascii_strtoll(text, &end, 10);
    return end != text && !*end && !errno && !g_ascii_isspace(text[0]);
}

static bool parse_real(const char *text, double *out)
{
    char *end;
    *out = g_ascii_strtod(text, &end);
    return end != text && !*end && isfinite(*out) && !g_ascii_isspace(text[0]);
}

static bool parse_choice(const struct row *row, const char *text, int *out)
{
    for (*out = 0; row->choices[*out]; ++*out)
        if (!strcmp(row->choices[*out], text)) return true;
    return false;
}

static enum verdict read_pick(const struct row *row, const char *text, struct pick *out)
{
    int word;
    *out = (struct pick){ 0 };
    if (parse_int(text, &out->number)) return judge(row, true, (double)out->number);
    if (!parse_choice(row, text, &word)) return VALUE_WRONG_FORM;
    *out = (struct pick){ .word = word + 1 };
    return VALUE_FINE;
}

/* Writes the field even when the verdict is against it; the caller's copy is then dropped. Texts are not copied. */
static enum verdict read_scalar(const struct row *row, struct written w, void *field)
{
    int64_t *whole = field;
    struct rate *rate = field;
    bool ok;
    if (!takes(row, w.kind)) return VALUE_WRONG_TYPE;
    switch (row->kind) {
    case ROW_KIND_BOOL:
        *(bool *)field = !strcmp(w.text, "true");
        return *(bool *)field || !strcmp(w.text, "false") ? VALUE_FINE : VALUE_WRONG_FORM;
    case ROW_KIND_INT: ok = parse_int(w.text, whole); return judge(row, ok, (double)*whole);
    case ROW_KIND_REAL: ok = parse_real(w.text, field); return judge(row, ok, *(double *)field);
    case ROW_KIND_TEXT: *(const char **)field = w.text; return VALUE_FINE;
    case ROW_KIND_CHOICE: return parse_choice(row, w.text, field) ? VALUE_FINE : VALUE_WRONG_FORM;
    case ROW_KIND_PICK: return read_pick(row, w.text, field);
    case ROW_KIND_RATE:
        ok = rate_parse(w.text, rate);
        return judge(row, ok, ok ? (double)rate->num / (double)rate->den : 0);
    case ROW_KIND_TIME:
        ok = unit_parse_time(w.text, whole) && *whole < longest_us;
        return judge(row, ok, (double)*whole / 1e6);
    case ROW_KIND_COUNT: ok = unit_parse_count(w.text, whole); return judge(row, ok, (double)*whole);
    case ROW_KIND_BYTES: ok = unit_parse_bytes(w.text, whole); return judge(row, ok, (double)*whole);
    case ROW_KIND_BYTE_RATE: ok = unit_parse_byte_rate(w.text, whole); return judge(row, ok, (double)*whole);
    case ROW_KIND_COLOR: return color_parse(w.text, field) ? VALUE_FINE : VALUE_WRONG_FORM;
    default: return VALUE_WRONG_TYPE;
    }
}

/* A scalar node in that one form; number is its place to print. */
static struct written write_node(const struct conf_node *n, char *number)
{
    struct written w = { n->kind, number };
    if (n->kind == NODE_BOOL) w.text = n->u.flag ? "true" : "false";
    else if (n->kind == NODE_INT) g_snprintf(number, NUMBER_BYTES, "%" G_GINT64_FORMAT, n->u.whole);
    else if (n->kind == NODE_REAL) value_print_real(n->u.real, number);
    else w.text = node_text(n);
    return w;
}

/* ---- complaints ---- */

/* `"high" (let.quality)`, `77`, `a list`. */
static char *describe(const struct conf_node *n, const char *via)
{
    char number[NUMBER_BYTES];
    g_autofree char *text = NULL;
    if (n->kind == NODE_GROUP) text = g_strdup("a group");
    else if (n->kind == NODE_LIST) text = g_strdup("a list");
    else if (n->kind == NODE_ARRAY) text = g_strdup("an array");
    else {
        struct written w = write_node(n, number);
        text = n->kind == NODE_TEXT || n->kind == NODE_TYPED ? value_quoted(w.text) : g_strdup(w.text);
    }
    return via ? g_strdup_printf("%s (let.%s)", text, via) : g_steal_pointer(&text);
}

static bool has_notation(const struct row *row)
{
    return row->kind >= ROW_KIND_RATE && row->kind <= ROW_KIND_COLORS;
}

/* An override asked for an item by number, and there is none. */
static void complain_hollow(const struct row *row, const struct conf_node *at, struct diags *diags)
{
    g_autofree char *path = conf_path(at), *option = node_option(at);
    const char *plain = row->kind == ROW_KIND_TEXTS ? "a, b" : "#1E90FF, #FF8C00";
    g_autofree char *sample = value_typed(row->example ? row->example : row->def && *row->def ? row->def : plain);
    if (row->kind == ROW_KIND_LIST)
        node_report_empty(at, at->place, diags);
    else if (row->kind == ROW_KIND_TEXTS || row->kind == ROW_KIND_COLORS)
        node_report(at, diags, "%s is an array, which is set whole: %s \"%s\".", path, option, sample);
    else if (row->kind == ROW_KIND_GROUP)
        node_report(at, diags, "%s is a group; its keys have names, no numbers.", path);
    else
        node_report(at, diags, "%s is a single value; it has no items.", path);
}

static void complain_type(const struct row *row, const struct conf_node *at, const struct conf_node *n, const char *via,
                          struct diags *diags)
{
    if (n->kind == NODE_HOLLOW) {
        if (at == n) complain_hollow(row, at, diags);
        return; /* below let: node_check_lets says so */
    }
    g_autofree char *path = conf_path(at), *what = describe(n, via), *accepts = conf_accepts(row), *sample = NULL;
    bool number = n->kind == NODE_INT || n->kind == NODE_REAL;
    const char *type = n->kind == NODE_TEXT ? "the text " : number ? "the number " : "";
    if ((row->example || row->def) && !has_notation(row) && !row->choices && row->kind != ROW_KIND_BOOL)
        sample = value_written(row, row->example ? row->example : row->def);
    node_report(at, diags, "%s is %s%s; write %s%s%s.", path, type, what, accepts, sample ? ", such as " : "",
                sample ? sample : "");
}

static void complain_form(const struct row *row, const struct conf_node *at, const struct conf_node *n, const char *via,
                          struct diags *diags)
{
    g_autofree char *path = conf_path(at), *what = describe(n, via), *accepts = conf_accepts(row);
    const char *text = node_text(n), *near = row->choices && text ? suggest(text, row->choices) : NULL;
    if (near) {
        bool pick = row->kind == ROW_KIND_PICK;
        g_autofree char *list = pick ? g_strdup(accepts) : g_strjoinv(", ", (char **)(guintptr)row->choices);
        node_report(at, diags, "%s is %s; did you mean \"%s\"? Accepted: %s.", path, what, near, list);
    } else
        node_report(at, diags, "%s is %s; it must be %s.", path, what, accepts);
}

void value_refuse(const struct row *row, const struct conf_node *node, struct diags *diags)
{
    const char *via;
    const struct conf_node *n = node_resolve(node, &via);
    if (!n) return; /* a name that leads nowhere: node_check_lets says so */
    if (node->kind != NODE_TYPED || row->kind == ROW_KIND_TEXTS || row->kind == ROW_KIND_COLORS) {
        complain_type(row, node, n, via, diags);
        return;
    }
    g_autofree char *path = conf_path(node);
    g_autoptr(GString) keys = g_string_new(NULL);
    value_append_keys(keys, row->rows);
    node_report(node, diags, "%s is a %s; on the command line its keys are set one by one: --%s%s.KEY, where "
                "KEY is one of %s.", path, row->kind == ROW_KIND_GROUP ? "group" : "list", path,
                row->kind == ROW_KIND_GROUP ? "" : ".1", keys->str);
}

void value_check_length(const struct row *row, const struct conf_node *node, size_t n, struct diags *diags)
{
    if (in_bounds(row, (double)n)) return;
    g_autofree char *path = conf_path(node), *accepts = conf_accepts(row);
    node_report(node, diags, "%s has %zu item%s; it must be %s.", path, n, n == 1 ? "" : "s", accepts);
}

/* ---- arrays ---- */

static const struct row text_item = { .key = "", .kind = ROW_KIND_TEXT };
static const struct row color_item = { .key = "", .kind = ROW_KIND_COLOR };

static void keep_items(const struct row *row, GArray *items, void *field)
{
    size_t n = items->len;
    void *data = g_array_free(items, n == 0);
    if (row->kind == ROW_KIND_TEXTS) *(struct texts *)field = (struct texts){ data, n };
    else *(struct colors *)field = (struct colors){ data, n };
}

static GArray *new_items(const struct row *row)
{
    return g_array_new(FALSE, FALSE, (guint)(row->kind == ROW_KIND_TEXTS ? sizeof(char *) : sizeof(struct rgba)));
}

/* Adds one item, whose text is copied. */
static enum verdict add_item(const struct row *row, struct written w, GArray *items)
{
    union { char *text; struct rgba color; } item = { NULL };
    enum verdict v = read_scalar(row->kind == ROW_KIND_TEXTS ? &text_item : &color_item, w, &item);
    if (v != VALUE_FINE) return v;
    if (row->kind == ROW_KIND_TEXTS) item.text = g_strdup(item.text);
    g_array_append_vals(items, &item, 1);
    return v;
}

/* From "a, b", as typed; false when an item is wrong. */
static bool read_typed_items(const struct row *row, const char *text, void *field)
{
    GArray *items = new_items(row);
    g_auto(GStrv) parts = split_items(text);
    bool ok = true;
    for (char **p = parts; *p; p++)
        ok &= add_item(row, (struct written){ NODE_TYPED, *p }, items) == VALUE_FINE;
    keep_items(row, items, field);
    return ok;
}

/* From [ ] or ( ); wrong items are reported and left out. */
static void read_items(const struct row *row, const struct conf_node *array, void *field, struct diags *diags)
{
    const struct row *item_row = row->kind == ROW_KIND_TEXTS ? &text_item : &color_item;
    GArray *items = new_items(row);
    for (int i = 0; i < conf_length(array); i++) {
        char number[NUMBER_BYTES];
        const char *via;
        const struct conf_node *item = conf_item(array, i), *n = node_resolve(item, &via);
        if (!n) continue;
        enum verdict v = n->items ? VALUE_WRONG_TYPE : add_item(row, write_node(n, number), items);
        if (v == VALUE_WRONG_TYPE) complain_type(item_row, item, n, via, diags);
        else if (v == VALUE_WRONG_FORM) complain_form(item_row, item, n, via, diags);
    }
    keep_items(row, items, field);
}

static bool read_array(const struct row *row, const struct conf_node *node, void *field, struct diags *diags)
{
    const char *via;
    const struct conf_node *n = node_resolve(node, &via);
    if (!n) return false;
    if (n->kind == NODE_TYPED) {
        bool ok = read_typed_items(row, node_text(n), field);
        size_t length = row->kind == ROW_KIND_TEXTS ? ((struct texts *)field)->n : ((struct colors *)field)->n;
        if (ok) value_check_length(row, node, length, diags);
        else complain_form(row, node, n, via, diags);
    } else if (n->kind == NODE_ARRAY || n->kind == NODE_LIST) {
        read_items(row, n, field, diags);
        value_check_length(row, node, (size_t)conf_length(n), diags);
    } else {
        complain_type(row, node, n, via, diags);
        return false;
    }
    return true;
}

/* ---- a row ---- */

bool value_read(const struct row *row, const struct conf_node *node, void *field, struct diags *diags)
{
    union { int64_t whole; double real; bool flag; int choice; const char *text; struct rate rate; struct rgba color; struct pick pick; }
        got = { 0 };
    char number[NUMBER_BYTES];
    const char *via;
    if (row->kind == ROW_KIND_TEXTS || row->kind == ROW_KIND_COLORS) return read_array(row, node, field, diags);
    const struct conf_node *n = node_resolve(node, &via);
    if (!n) return false;
    enum verdict v = n->items ? VALUE_WRONG_TYPE : read_scalar(row, write_node(n, number), &got);
    if (v == VALUE_WRONG_TYPE) complain_type(row, node, n, via, diags);
    else if (v != VALUE_FINE) complain_form(row, node, n, via, diags);
    if (v != VALUE_FINE) return false;
    if (row->kind == ROW_KIND_TEXT) got.text = g_strdup(got.text);
    memcpy(field, &got, value_size(row));
    return true;
}

void value_default(const struct row *row, void *field)
{
    memset(field, 0, value_size(row));
    if (!row->def || row->kind == ROW_KIND_LIST || row->kind == ROW_KIND_GROUP) return;
    bool ok = row->kind == ROW_KIND_TEXTS || row->kind == ROW_KIND_COLORS
            ? read_typed_items(row, row->def, field)
            : read_scalar(row, (struct written){ NODE_TYPED, row->def }, field) == VALUE_FINE;
    if (!ok) g_error("the row \"%s\" has the default \"%s\", which it does not accept", row->key, row->def);
    if (row->kind == ROW_KIND_TEXT) *(char **)field = g_strdup(row->def);
}
