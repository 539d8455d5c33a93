/* A scanner that knows just enough of libconfig to find the parentheses of `models = ( ... )` and the braces of its
 * entries: quotes, the three kinds of comments, and nesting.
 */
#include "cmd/catalog_text.h"

#include <stdbool.h>
#include <string.h>

struct span { size_t start, end; }; /* end: behind the last byte */

struct scan {
    size_t close;        /* where the list's parenthesis closes; 0: there is no list */
    size_t last;         /* behind the last byte before it that is no space and no comment */
    char last_letter;
    GArray *entries;     /* struct span, with their braces */
};

/* Behind the comment or the quoted text that starts at i; i itself when none does. */
static size_t skip(const char *text, size_t i)
{
    if (text[i] == '#' || (text[i] == '/' && text[i + 1] == '/')) return i + strcspn(text + i, "\n");
    if (text[i] == '/' && text[i + 1] == '*') {
        const char *end = strstr(text + i + 2, "*/");
        return end ? (size_t)(end - text) + 2 : strlen(text);
    }
    if (text[i] != '"') return i;
    for (i++; text[i] && text[i] != '"'; i++)
        if (text[i] == '\\' && text[i + 1]) i++;
    return text[i] ? i + 1 : i;
}

static bool is_word(char c) { return g_ascii_isalnum(c) || c == '_' || c == '-' || c == '*'; }

/* Walks the list from behind its opening parenthesis. */
static void scan_list(const char *text, size_t i, struct scan *s)
{
    size_t start = 0;
    s->last = i;
    s->last_letter = '(';
    for (int depth = 1; text[i]; i++) {
        size_t after = skip(text, i);
        bool comment = after > i && text[i] != '"';
        if (comment || g_ascii_isspace(text[i])) {
            if (comment) i = after - 1;
            continue;
        }
        if (strchr("({[", text[i]) && depth++ == 1) start = i;
        if (strchr(")}]", text[i]) && --depth == 0) {
            s->close = i;
            return;
        }
        if (after > i) i = after - 1;
        s->last = i + 1;
        s->last_letter = text[i];
        if (text[i] == '}' && depth == 1) g_array_append_val(s->entries, ((struct span){ start, i + 1 }));
    }
}

static struct scan scan(const char *text)
{
    struct scan s = { .entries = g_array_new(FALSE, FALSE, sizeof(struct span)) };
    bool ours = false;
    int depth = 0;
    for (size_t i = 0; text[i] && !s.close; i++) {
        size_t after = skip(text, i);
        if (after > i) {
            i = after - 1;
            continue;
        }
        if (text[i] == '(' && ours && depth == 0) scan_list(text, i + 1, &s);
        if (is_word(text[i])) {
            size_t n = 0;
            while (is_word(text[i + n])) n++;
            ours = depth == 0 && n == strlen("models") && !strncmp(text + i, "models", n);
            i += n - 1;
        } else if (!g_ascii_isspace(text[i]) && text[i] != '=' && text[i] != ':')
            ours = false;
        depth += text[i] && strchr("({[", text[i]) ? 1 : text[i] && strchr(")}]", text[i]) ? -1 : 0;
    }
    return s;
}

/* The start of the line with the byte at i, where only spaces stand before it; else i. */
static size_t line_start(const char *text, size_t i)
{
    size_t at = i;
    while (at > 0 && (text[at - 1] == ' ' || text[at - 1] == '\t')) at--;
    return at == 0 || text[at - 1] == '\n' ? at : i;
}

char *catalog_text_put(const char *text, const char *entry, int replace)
{
    struct scan s = scan(text);
    g_autoptr(GArray) entries = s.entries;
    g_autoptr(GString) out = g_string_new(text);
    if (replace >= (int)entries->len) return NULL;
    g_autofree char *braced = g_strdup_printf("{\n%s    }", entry);
    if (replace >= 0) {
        struct span *old = &g_array_index(entries, struct span, replace);
        g_string_erase(out, (gssize)old->start, (gssize)(old->end - old->start));
        g_string_insert(out, (gssize)old->start, braced);
    } else if (!s.close) {
        g_string_append_printf(out, "%smodels = (\n    %s\n);\n",
                               out->len && out->str[out->len - 1] != '\n' ? "\n" : "", braced);
    } else {
        size_t at = line_start(text, s.close);
        bool comma = s.last_letter != '(' && s.last_letter != ',',
             own_line = at != s.close || (at > 0 && text[at - 1] == '\n');
        g_autofree char *line = g_strdup_printf("%s    %s\n", own_line ? "" : "\n", braced);
        g_string_insert(out, (gssize)at, line);
        if (comma) g_string_insert(out, (gssize)s.last, ",");
    }
    return g_string_free(g_steal_pointer(&out), FALSE);
}
