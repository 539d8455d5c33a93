/* Rows to text: help, the manual, the starter scene, the list of keys. All walk the same rows as the reader. */
#include "conf/node.h"

#include <string.h>

enum { WIDTH = 80, INDENT = 2, KEY_MOST = 26, DEFAULT_MOST = 14 };

static char *join_path(const char *prefix, const char *key)
{
    return prefix && *prefix ? g_strdup_printf("%s.%s", prefix, key) : g_strdup(key);
}

/* "chapters[]" as the prefix of the rows below a list, "video" below a group. */
static char *path_below(const struct row *row, const char *path)
{
    return g_strdup_printf("%s%s", path, row->kind == ROW_KIND_LIST ? "[]" : "");
}

static bool has_rows(const struct row *row) { return row->kind == ROW_KIND_GROUP || row->kind == ROW_KIND_LIST; }

/* What stands when the key does not: its default as written, or a word. Caller frees. */
static char *default_word(const struct row *row)
{
    if (has_rows(row)) return g_strdup("");
    if (row->def) return *row->def ? g_strdup(row->def) : g_strdup("\"\"");
    if (row->optional || row->kind == ROW_KIND_TEXTS || row->kind == ROW_KIND_COLORS) return g_strdup("none");
    return g_strdup("required");
}

/* Words of text from column `column` on, wrapped before WIDTH; further lines begin at `indent`. Ends the line. */
static void append_wrapped(GString *out, const char *text, long column, long indent)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    bool first = true;
    for (char **w = words; *w; w++) {
        long n = g_utf8_strlen(*w, -1);
        if (!first && column + 1 + n > WIDTH) {
            g_string_append_printf(out, "\n%*s", (int)indent, "");
            column = indent;
            first = true;
        }
        g_string_append_printf(out, "%s%s", first ? "" : " ", *w);
        column += n + !first;
        first = false;
    }
    g_string_append_c(out, '\n');
}

/* ---- the aligned list ---- */

struct columns { long key, def; };

static void measure(const struct row *rows, const char *prefix, struct columns *w)
{
    for (const struct row *r = rows; r->kind != ROW_KIND_END; r++) {
        g_autofree char *path = join_path(prefix, r->key), *def = default_word(r);
        long key_size = g_utf8_strlen(path, -1), def_size = g_utf8_strlen(def, -1);
        if (key_size <= KEY_MOST) w->key = MAX(w->key, key_size);
        if (def_size <= DEFAULT_MOST) w->def = MAX(w->def, def_size);
        if (!has_rows(r)) continue;
        g_autofree char *below = path_below(r, path);
        measure(r->rows, below, w);
    }
}

/* Pads from `column` to `to`, on a new line when what stands there is too wide. */
static void pad_to(GString *out, long column, long to)
{
    if (column + INDENT > to) { g_string_append_c(out, '\n'); column = 0; }
    g_string_append_printf(out, "%*s", (int)(to - column), "");
}

static void append_list(const struct row *rows, const char *prefix, struct columns w, GString *out)
{
    long def_at = INDENT + w.key + INDENT, help_at = def_at + w.def + INDENT;
    for (const struct row *r = rows; r->kind != ROW_KIND_END; r++) {
        g_autofree char *path = join_path(prefix, r->key), *def = default_word(r);
        g_string_append_printf(out, "%*s%s", INDENT, "", path);
        long column = INDENT + g_utf8_strlen(path, -1);
        if (*def) {
            pad_to(out, column, def_at);
            g_string_append(out, def);
            column = def_at + g_utf8_strlen(def, -1);
        }
        if (r->help) {
            pad_to(out, column, help_at);
            append_wrapped(out, r->help, help_at, help_at);
        } else
            g_string_append_c(out, '\n');
        if (!has_rows(r)) continue;
        g_autofree char *below = path_below(r, path);
        append_list(r->rows, below, w, out);
    }
}

void conf_help_rows(const struct row *rows, const char *prefix, GString *out)
{
    struct columns w = { 0, 0 };
    measure(rows, prefix, &w);
    append_list(rows, prefix, w, out);
}

/* ---- one key ---- */

static void append_fact(GString *out, const char *name, const char *text)
{
    g_string_append_printf(out, "  %-9s", name);
    append_wrapped(out, text, 11, 11);
}

/* Whether a shell takes the word as it is. */
static bool is_plain(const char *word)
{
    const char *c = word;
    while (g_ascii_isalnum(*c) || (*c && strchr(".,/:_-", *c))) c++;
    return c > word && *c == '\0';
}

/* The option that sets the key of a path of the help, where there is one. "style.text" stands in a file of its own, and
 * keys of a scene without a point have no option. Every other first word is a view, whose keys stand in chapters.
 * NULL: none; else caller frees. */
static char *option_of(const char *path, const char **where)
{
    static const struct { const char *topic, *option; } known[] = { /* longer ones first */
        { "video.outputs.", "video.outputs.1." }, { "video.", "video." }, { "run.", "run." },
        { "chapters.cues.", "chapters.1.cues.1." }, { "chapters.", "chapters.1." },
        { "scene.", NULL }, { "style.", NULL }, { "model.", NULL }, { "device.", NULL },
    };
    *where = "";
    if (strstr(path, "[]")) { /* items of lists are numbered */
        g_auto(GStrv) parts = g_strsplit(path, "[]", -1);
        return g_strjoinv(".1", parts);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
        if (!g_str_has_prefix(path, known[i].topic)) continue;
        const char *key = path + strlen(known[i].topic);
        if (g_ascii_isdigit(*key)) return g_strdup(path); /* the item is numbered already */
        return known[i].option ? g_strconcat(known[i].option, key, NULL) : NULL;
    }
    const char *key = strchr(path, '.');
    if (!key) return NULL;
    *where = " in a chapter of this view";
    return g_strconcat("chapters.1", key, NULL);
}

void conf_help_row(const struct row *row, const char *path, GString *out)
{
    g_autofree char *accepts = conf_accepts(row), *def = default_word(row);
    g_string_append_printf(out, "%s\n", path);
    if (row->help) {
        g_string_append(out, "  ");
        append_wrapped(out, row->help, 2, 2);
    }
    g_string_append_c(out, '\n');
    if (has_rows(row)) {
        g_autofree char *below = path_below(row, path);
        conf_help_rows(row->rows, below, out);
        return;
    }
    append_fact(out, "Accepts", accepts);
    append_fact(out, "Default", def);
    if (!row->example && !row->def) return;
    g_autofree char *sample = value_typed(row->example ? row->example : row->def);
    g_autofree char *written = value_written(row, sample), *line = g_strdup_printf("%s = %s;", row->key, written);
    append_fact(out, "Example", line);
    const char *where;
    g_autofree char *option = option_of(path, &where);
    if (!option) return;
    g_autofree char *word = g_shell_quote(sample);
    g_autofree char *typed = g_strdup_printf("--%s %s%s", option, is_plain(sample) ? sample : word, where);
    append_fact(out, "Option", typed);
}

/* ---- manual ---- */

/* Text for roff: no escapes, no requests at the start of a line, hyphens that stay hyphens. */
static void append_roff(GString *out, const char *text)
{
    if (*text == '.' || *text == '\'') g_string_append(out, "\\&");
    for (const char *c = text; *c; c++) {
        if (*c == '\\') g_string_append(out, "\\e");
        else if (*c == '-') g_string_append(out, "\\-");
        else if (*c == '\'') g_string_append(out, "\\(aq");
        else if (*c == '`') g_string_append(out, "\\(ga");
        else if (*c == '^') g_string_append(out, "\\(ha");
        else if (*c == '~') g_string_append(out, "\\(ti");
        else if (*c == '\n') g_string_append_c(out, ' ');
        else g_string_append_c(out, *c);
    }
}

/* A line that ends with a point; own words begin with a large letter. */
static void append_roff_sentence(GString *out, const char *text, bool own)
{
    g_autoptr(GString) s = g_string_new(text);
    if (own) s->str[0] = g_ascii_toupper(s->str[0]);
    if (!g_str_has_suffix(s->str, ".")) g_string_append_c(s, '.');
    append_roff(out, s->str);
    g_string_append_c(out, '\n');
}

void conf_man_rows(const struct row *rows, const char *prefix, GString *out)
{
    for (const struct row *r = rows; r->kind != ROW_KIND_END; r++) {
        g_autofree char *path = join_path(prefix, r->key), *def = default_word(r), *accepts = conf_accepts(r);
        g_string_append(out, ".TP\n.B ");
        append_roff(out, path);
        g_string_append_c(out, '\n');
        if (r->help) append_roff_sentence(out, r->help, false);
        if (has_rows(r)) {
            if (!r->help) append_roff_sentence(out, accepts, true);
            g_autofree char *below = path_below(r, path);
            conf_man_rows(r->rows, below, out);
            continue;
        }
        append_roff_sentence(out, accepts, true);
        g_autofree char *standing = g_strdup_printf("Default: %s", def);
        append_roff_sentence(out, strcmp(def, "required") || r->def ? standing : def, true);
    }
}

/* ---- starter scene ---- */

static void append_starter(const struct row *rows, int indent, bool commented, GString *out);

/* A value to stand in the starter scene: the default, else the example, else the plainest of its kind. */
static const char *sample_of(const struct row *row)
{
    static const char *const plain[] = {
        [ROW_KIND_BOOL] = "false", [ROW_KIND_INT] = "1", [ROW_KIND_REAL] = "1.0", [ROW_KIND_TEXT] = "",
        [ROW_KIND_PICK] = "1",
        [ROW_KIND_RATE] = "60", [ROW_KIND_TIME] = "1", [ROW_KIND_COUNT] = "1024", [ROW_KIND_BYTES] = "16 GB",
        [ROW_KIND_BYTE_RATE] = "1 TB/s", [ROW_KIND_COLOR] = "#1E90FF", [ROW_KIND_TEXTS] = "", [ROW_KIND_COLORS] = "",
    };
    if (row->def) return row->def;
    if (row->example) return row->example;
    return row->kind == ROW_KIND_CHOICE ? row->choices[0] : plain[row->kind];
}

/* "# help", wrapped; `mark` stands before the indent when the whole part is a comment. */
static void append_comment(GString *out, const char *mark, int indent, const char *text)
{
    g_autoptr(GString) lines = g_string_new(NULL);
    int lead = (int)strlen(mark) + indent + 2;
    append_wrapped(lines, text, lead, 0);
    g_string_truncate(lines, lines->len - 1);
    g_auto(GStrv) parts = g_strsplit(lines->str, "\n", -1);
    for (char **p = parts; *p; p++) g_string_append_printf(out, "%s%*s# %s\n", mark, indent, "", *p);
}

static void append_starter_list(const struct row *r, int indent, GString *out)
{
    g_string_append_printf(out, "# %*s%s = (\n# %*s{\n", indent, "", r->key, indent + 4, "");
    append_starter(r->rows, indent + 8, true, out);
    g_string_append_printf(out, "# %*s}\n# %*s);\n", indent + 4, "", indent, "");
}

/* commented: the rows lie inside of a comment, so that taking away one "# " of each line makes them live. */
static void append_starter(const struct row *rows, int indent, bool commented, GString *out)
{
    const char *mark = commented ? "# " : "";
    for (const struct row *r = rows; r->kind != ROW_KIND_END; r++) {
        if (r->help) append_comment(out, mark, indent, r->help);
        if (r->kind == ROW_KIND_GROUP) {
            const char *off = commented || r->optional ? "# " : "";
            g_string_append_printf(out, "%s%*s%s = {\n", off, indent, "", r->key);
            append_starter(r->rows, indent + 4, *off, out);
            g_string_append_printf(out, "%s%*s};\n", off, indent, "");
        } else if (r->kind == ROW_KIND_LIST)
            append_starter_list(r, indent, out);
        else {
            bool array = r->kind == ROW_KIND_TEXTS || r->kind == ROW_KIND_COLORS;
            bool live = commented || (!r->def && !r->optional && !array);
            g_autofree char *written = value_written(r, sample_of(r));
            g_string_append_printf(out, "%s%*s%s%s = %s;\n", mark, indent, "", live ? "" : "# ", r->key, written);
        }
    }
}

void conf_starter_rows(const struct row *rows, int indent, GString *out) { append_starter(rows, indent, false, out); }

/* ---- keys ---- */

void conf_key_list(const struct row *rows, const char *prefix, GString *out)
{
    for (const struct row *r = rows; r->kind != ROW_KIND_END; r++) {
        g_autofree char *path = join_path(prefix, r->key);
        if (r->kind == ROW_KIND_GROUP) conf_key_list(r->rows, path, out);
        else if (r->kind != ROW_KIND_LIST) g_string_append_printf(out, "%s\n", path);
    }
}
