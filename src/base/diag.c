/* Collected diagnostics: a growing array, sorted when it is read, so that the report follows the file from top to bottom. */
#include "base/diag.h"

struct diags { GArray *items; };

struct diags *diags_new(void)
{
    struct diags *d = g_new0(struct diags, 1);
    d->items = g_array_new(FALSE, FALSE, sizeof(struct diag_item));
    return d;
}

void diags_free(struct diags *d)
{
    if (!d) return;
    for (guint i = 0; i < d->items->len; i++) {
        g_free(g_array_index(d->items, struct diag_item, i).file);
        g_free(g_array_index(d->items, struct diag_item, i).text);
    }
    g_array_free(d->items, TRUE);
    g_free(d);
}

/* Where a new item belongs: behind all of its file up to its line; a new file goes last. */
static guint place_of(const struct diags *d, const char *file, int line)
{
    guint at = d->items->len;
    for (guint i = 0; i < d->items->len; i++) {
        const struct diag_item *it = &g_array_index(d->items, struct diag_item, i);
        if (g_strcmp0(it->file, file)) continue;
        if (it->line > line) return i;
        at = i + 1;
    }
    return at;
}

void diag(struct diags *d, const char *file, int line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct diag_item it = { g_strdup(file), line, g_strdup_vprintf(format, args) };
    va_end(args);
    g_array_insert_val(d->items, place_of(d, file, line), it);
}

guint diags_count(const struct diags *d) { return d->items->len; }

const struct diag_item *diags_item(const struct diags *d, guint i)
{
    return &g_array_index(d->items, struct diag_item, i);
}

void diags_print(const struct diags *d, GString *out)
{
    for (guint i = 0; i < d->items->len; i++) {
        const struct diag_item *it = diags_item(d, i);
        if (it->file && it->line) g_string_append_printf(out, "%s:%d: %s\n", it->file, it->line, it->text);
        else if (it->file) g_string_append_printf(out, "%s: %s\n", it->file, it->text);
        else g_string_append_printf(out, "%s\n", it->text);
    }
}
