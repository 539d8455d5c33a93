/* Rows from a group: each key finds its row, each row its key or its default, and what is left over is a mistake with
 * the nearest known key beside it. */
#include "conf/node.h"

#include "base/suggest.h"

#include <string.h>

static void *field_of(const struct row *row, void *out) { return (char *)out + row->offset; }

static const struct row *row_of(const struct row *rows, const char *key, size_t length)
{
    for (; rows->kind != ROW_KIND_END; rows++)
        if (strlen(rows->key) == length && !strncmp(rows->key, key, length)) return rows;
    return NULL;
}

static const struct row *row_among(const struct conf_target *targets, const char *key)
{
    const struct row *row = NULL;
    for (; targets->rows && !row; targets++) row = row_of(targets->rows, key, strlen(key));
    return row;
}

/* ---- unknown keys ---- */

/* Every key that this group knows. Free the array with g_ptr_array_unref; the words are not its own. */
static GPtrArray *known_keys(const struct conf_target *targets, const char *const *except)
{
    GPtrArray *keys = g_ptr_array_new();
    for (; except && *except; except++) g_ptr_array_add(keys, (gpointer)(guintptr)*except);
    for (; targets->rows; targets++)
        for (const struct row *r = targets->rows; r->kind != ROW_KIND_END; r++)
            g_ptr_array_add(keys, (gpointer)(guintptr)r->key);
    g_ptr_array_add(keys, NULL);
    return keys;
}

/* The group below in which a key lives: "mp4" for a "crf" written one group too high. Caller frees; NULL: none. */
static char *find_below(const struct row *rows, const char *key)
{
    for (; rows->kind != ROW_KIND_END; rows++) {
        if (rows->kind != ROW_KIND_GROUP) continue;
        if (row_of(rows->rows, key, strlen(key))) return g_strdup(rows->key);
        g_autofree char *deeper = find_below(rows->rows, key);
        if (deeper) return g_strdup_printf("%s.%s", rows->key, deeper);
    }
    return NULL;
}

static void refuse_key(const struct conf_node *n, const struct conf_target *targets, const char *const *except,
                       struct diags *diags)
{
    g_autoptr(GPtrArray) keys = known_keys(targets, except);
    g_autofree char *path = conf_path(n), *group = conf_path(n->parent), *below = NULL;
    const char *where = *group ? group : "the file", *near = suggest(n->key, (const char *const *)keys->pdata);
    for (const struct conf_target *t = targets; t->rows && !below; t++) below = find_below(t->rows, n->key);
    if (below)
        node_report(n, diags, "\"%s\" is no key of %s; it belongs to %s%s%s.", path, where, group,
                    *group ? "." : "", below);
    else if (near)
        node_report(n, diags, "\"%s\" is no key of %s; did you mean \"%s\"?", path, where, near);
    else {
        g_autofree char *list = g_strjoinv(", ", (char **)keys->pdata);
        node_report(n, diags, "\"%s\" is no key of %s; its keys are %s.", path, where, list);
    }
}

static bool is_excepted(const char *const *except, const char *key)
{
    for (; except && *except; except++)
        if (!strcmp(*except, key)) return true;
    return false;
}

static void refuse_strangers(const struct conf_node *group, const struct conf_target *targets,
                             const char *const *except, struct diags *diags)
{
    for (int i = 0; i < conf_length(group); i++) {
        const struct conf_node *n = conf_item(group, i);
        if (row_among(targets, n->key) || is_excepted(except, n->key)) continue;
        if (!group->parent && !strcmp(n->key, "let")) continue;
        refuse_key(n, targets, except, diags);
    }
}

/* ---- what is missing ---- */

static bool is_required(const struct row *row)
{
    if (row->def || row->optional || row->kind == ROW_KIND_GROUP) return false;
    if (row->kind == ROW_KIND_TEXTS || row->kind == ROW_KIND_COLORS || row->kind == ROW_KIND_LIST) return row->min > 0;
    return true;
}

/* Reports a required key; holder is the nearest group that does stand, path leads from it to the key's group. */
static void refuse_absence(const struct row *row, const struct conf_node *holder, const char *path, struct diags *diags)
{
    g_autofree char *above = conf_path(holder), *accepts = conf_accepts(row);
    g_autofree char *sample = row->example ? value_written(row, row->example) : NULL;
    g_autoptr(GString) text = g_string_new(NULL);
    if (*above) g_string_append_printf(text, "%s.", above);
    if (*path) g_string_append_printf(text, "%s.", path);
    g_string_append_printf(text, "%s is missing; it must be %s", row->key, accepts);
    if (sample && row->kind != ROW_KIND_LIST) g_string_append_printf(text, ", as in %s = %s;", row->key, sample);
    else g_string_append_c(text, '.');
    node_report(holder, diags, "%s", text->str);
}

/* The same for all that an absent group would have had to say. */
static void refuse_absent_group(const struct row *group, const struct conf_node *holder, const char *path,
                                struct diags *diags)
{
    g_autofree char *here = g_strconcat(path, *path ? "." : "", group->key, NULL);
    if (group->optional) return;
    for (const struct row *r = group->rows; r->kind != ROW_KIND_END; r++) {
        if (r->kind == ROW_KIND_GROUP) refuse_absent_group(r, holder, here, diags);
        else if (is_required(r)) refuse_absence(r, holder, here, diags);
    }
}

/* ---- rows ---- */

static void fill_list(const struct row *row, const struct conf_node *node, void *field, struct diags *diags)
{
    struct list *list = field;
    *list = (struct list){ NULL, 0 };
    if (!node) return;
    if (node->kind != NODE_LIST && (node->kind != NODE_ARRAY || conf_length(node))) {
        value_refuse(row, node, diags);
        return;
    }
    list->n = (size_t)conf_length(node);
    list->items = g_malloc0_n(list->n, row->size);
    const struct row item_row = { .key = row->key, .kind = ROW_KIND_GROUP, .rows = row->rows };
    for (size_t i = 0; i < list->n; i++) {
        const struct conf_node *item = conf_item(node, (int)i);
        struct conf_target targets[] = { { row->rows, (char *)list->items + i * row->size }, { 0 } };
        if (item->kind != NODE_GROUP) value_refuse(&item_row, item, diags);
        conf_fill(item->kind == NODE_GROUP ? item : NULL, targets, diags);
    }
    value_check_length(row, node, list->n, diags);
}

static void fill_row(const struct row *row, const struct conf_node *node, void *field, struct diags *diags)
{
    if (row->kind == ROW_KIND_LIST) fill_list(row, node, field, diags);
    else if (row->kind == ROW_KIND_GROUP) {
        const struct conf_target targets[] = { { row->rows, field }, { 0 } };
        bool stands = node && node->kind == NODE_GROUP;
        if (node && !stands) value_refuse(row, node, diags);
        conf_fill(stands ? node : NULL, targets, diags);
    } else if (!node || !value_read(row, node, field, diags))
        value_default(row, field);
}

void conf_fill_except(const struct conf_node *group, const struct conf_target *targets, const char *const *except,
                      struct diags *diags)
{
    if (group) node_check_lets(group->conf, diags);
    if (group && group->kind != NODE_GROUP) {
        const struct row row = { .key = "", .kind = ROW_KIND_GROUP, .rows = targets->rows };
        value_refuse(&row, group, diags);
        group = NULL;
    }
    for (const struct conf_target *t = targets; t->rows; t++)
        for (const struct row *r = t->rows; r->kind != ROW_KIND_END; r++) {
            bool mine = row_among(targets, r->key) == r; /* another target may have come first */
            const struct conf_node *node = mine ? conf_child(group, r->key) : NULL;
            fill_row(r, node, field_of(r, t->out), diags);
            if (!group || !mine || node) continue;
            if (r->kind == ROW_KIND_GROUP) refuse_absent_group(r, group, "", diags);
            else if (is_required(r)) refuse_absence(r, group, "", diags);
        }
    if (group) refuse_strangers(group, targets, except, diags);
}

void conf_fill(const struct conf_node *group, const struct conf_target *targets, struct diags *diags)
{
    conf_fill_except(group, targets, NULL, diags);
}

/* ---- clearing ---- */

static void clear_list(const struct row *row, struct list *list)
{
    for (size_t i = 0; i < list->n; i++) conf_clear(row->rows, (char *)list->items + i * row->size);
    g_free(list->items);
}

void conf_clear(const struct row *rows, void *out)
{
    for (; rows->kind != ROW_KIND_END; rows++) {
        void *field = field_of(rows, out);
        if (rows->kind == ROW_KIND_GROUP) conf_clear(rows->rows, field);
        else if (rows->kind == ROW_KIND_LIST) clear_list(rows, field);
        else if (rows->kind == ROW_KIND_TEXT) g_free(*(char **)field);
        else if (rows->kind == ROW_KIND_COLORS) g_free(((struct colors *)field)->items);
        else if (rows->kind == ROW_KIND_TEXTS) {
            struct texts *texts = field;
            for (size_t i = 0; i < texts->n; i++) g_free(texts->items[i]);
            g_free(texts->items);
        }
        memset(field, 0, value_size(rows));
    }
}

/* ---- finding ---- */

const struct row *conf_find_row(const struct row *rows, const char *dotted)
{
    const struct row *row = NULL;
    while (*dotted) {
        size_t n = strcspn(dotted, ".[");
        bool number = n > 0 && strspn(dotted, "0123456789") == n;
        if (!number && (!rows || !(row = row_of(rows, dotted, n)))) return NULL;
        if (number && (!row || row->kind != ROW_KIND_LIST)) return NULL;
        rows = row->rows;
        dotted += n;
        if (*dotted == '[' && row->kind == ROW_KIND_LIST) dotted += strspn(dotted, "[0123456789]");
        if (*dotted == '.') dotted++;
        else if (*dotted) return NULL;
    }
    return row;
}
