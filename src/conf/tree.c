/* The tree of a conf: libconfig's settings become nodes that know their file and line, overrides change them, and a
 * text "$name" leads to `let.name`. This file is the only one that knows libconfig. */
#include "conf/node.h"

#include "base/suggest.h"

#include <libconfig.h>
#include <string.h>

enum { LET_STEPS = 16 };

void conf_report(struct conf *c, struct diags *diags, struct place place, const char *format, ...)
{
    if (!diags || c->mistakes > CONF_MAX_MISTAKES) return;
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    if (c->mistakes++ < CONF_MAX_MISTAKES) diag(diags, place.file, place.line, "%s", text);
    else diag(diags, NULL, 0, "There are more than %d mistakes; the others are not shown.", CONF_MAX_MISTAKES);
}

void node_report(const struct conf_node *node, struct diags *diags, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    conf_report(node->conf, diags, node->place, "%s", text);
}

/* ---- building ---- */

static struct conf_node *node_new(struct conf *c, struct conf_node *parent, const char *key, struct place place)
{
    struct conf_node *n = g_new0(struct conf_node, 1);
    n->conf = c;
    n->parent = parent;
    n->key = g_strdup(key);
    n->place = place;
    if (parent) g_ptr_array_add(parent->items, n);
    return n;
}

/* Empties a node, leaving its key, place and parent. */
static void node_empty(struct conf_node *n)
{
    if (n->kind == NODE_TEXT || n->kind == NODE_TYPED) g_free(n->u.text);
    if (n->items) g_ptr_array_free(n->items, TRUE);
    n->items = NULL;
}

static void node_free(gpointer node)
{
    struct conf_node *n = node;
    if (!n) return;
    node_empty(n);
    g_free(n->key);
    g_free(n);
}

static void node_hold(struct conf_node *n, enum node_kind kind)
{
    n->kind = kind;
    n->items = g_ptr_array_new_with_free_func(node_free);
}

/* Escapes (\x..) can smuggle in what the file itself could not hold. */
static void check_text(struct conf_node *n, struct diags *diags)
{
    bool bad = !g_utf8_validate(n->u.text, -1, NULL);
    for (const char *c = n->u.text; !bad && *c; c++) bad = (guchar)*c < ' ' && *c != '\n' && *c != '\t';
    if (!bad) return;
    g_autofree char *path = conf_path(n);
    node_report(n, diags, "%s holds a control character or a broken letter; texts are UTF-8, with \\n and \\t.",
                path);
    n->u.text[0] = '\0';
}

struct builder { struct source *source; const int *lines; guint n, next; };

static void take_setting(struct conf_node *n, const config_setting_t *setting, struct builder *b);

static void take_items(struct conf_node *n, const config_setting_t *setting, struct builder *b)
{
    for (int i = 0; i < config_setting_length(setting); i++) {
        const config_setting_t *item = config_setting_get_elem(setting, (unsigned)i);
        g_assert(b->next < b->n);
        struct place place = source_place(b->source, b->lines[b->next++]);
        take_setting(node_new(n->conf, n, config_setting_name(item), place), item, b);
    }
}

static void take_setting(struct conf_node *n, const config_setting_t *setting, struct builder *b)
{
    const char *text;
    switch (config_setting_type(setting)) {
    case CONFIG_TYPE_GROUP: node_hold(n, NODE_GROUP); break;
    case CONFIG_TYPE_LIST: node_hold(n, NODE_LIST); break;
    case CONFIG_TYPE_ARRAY: node_hold(n, NODE_ARRAY); break;
    case CONFIG_TYPE_BOOL: n->kind = NODE_BOOL; n->u.flag = config_setting_get_bool(setting); break;
    case CONFIG_TYPE_FLOAT: n->kind = NODE_REAL; n->u.real = config_setting_get_float(setting); break;
    case CONFIG_TYPE_STRING:
        text = config_setting_get_string(setting);
        n->kind = NODE_TEXT;
        n->u.text = g_strdup(text ? text : "");
        check_text(n, b->source->diags);
        break;
    default: n->kind = NODE_INT; n->u.whole = config_setting_get_int64(setting); break;
    }
    if (n->items) take_items(n, setting, b);
}

/* false after reporting. The syntax was checked, so libconfig has nothing to say unless the check is wrong. */
static bool build(struct conf *c, struct source *s, const GArray *lines)
{
    config_t config;
    config_init(&config);
    bool ok = config_read_string(&config, s->text->str);
    if (ok) {
        struct builder b = { s, (const int *)(const void *)lines->data, lines->len, 0 };
        c->root = node_new(c, NULL, NULL, (struct place){ source_place(s, 1).file, 0 });
        take_setting(c->root, config_root_setting(&config), &b);
    } else
        conf_report(c, s->diags, source_place(s, config_error_line(&config)), "libconfig refuses this: %s.",
                    config_error_text(&config));
    config_destroy(&config);
    return ok;
}

static struct conf *read_conf(const char *name, const char *path, const char *text, const struct conf_limits *limits,
                              struct diags *diags)
{
    struct conf *c = g_new0(struct conf, 1);
    c->names = g_ptr_array_new_with_free_func(g_free);
    struct source s = { .conf = c, .diags = diags };
    GArray *lines = g_array_new(FALSE, FALSE, sizeof(int));
    bool ok = source_read(&s, name, path, text, limits) && check_syntax(&s, lines) && build(c, &s, lines);
    source_clear(&s);
    g_array_free(lines, TRUE);
    if (ok) return c;
    conf_free(c);
    return NULL;
}

struct conf *conf_read_file(const char *path, const struct conf_limits *limits, struct diags *diags)
{
    return read_conf(path, path, NULL, limits, diags);
}

struct conf *conf_read_text(const char *name, const char *text, struct diags *diags)
{
    return read_conf(name, NULL, text, NULL, diags);
}

void conf_free(struct conf *c)
{
    if (!c) return;
    node_free(c->root);
    g_ptr_array_free(c->names, TRUE);
    conf_free(c->base);
    g_free(c);
}

/* ---- asking ---- */

const struct conf_node *conf_root(const struct conf *c) { return c->root; }

static struct conf_node *child(const struct conf_node *group, const char *key)
{
    if (!group || group->kind != NODE_GROUP) return NULL;
    for (guint i = 0; i < group->items->len; i++) {
        struct conf_node *n = group->items->pdata[i];
        if (!strcmp(n->key, key)) return n;
    }
    return NULL;
}

const struct conf_node *conf_child(const struct conf_node *group, const char *key) { return child(group, key); }

int conf_length(const struct conf_node *node) { return node && node->items ? (int)node->items->len : 0; }

const struct conf_node *conf_item(const struct conf_node *node, int i)
{
    return i >= 0 && i < conf_length(node) ? node->items->pdata[i] : NULL;
}

const char *conf_text(const struct conf_node *node)
{
    const char *via;
    const struct conf_node *n = node ? node_resolve(node, &via) : NULL;
    return n ? node_text(n) : NULL;
}

const char *conf_key(const struct conf_node *node) { return node->key; }

struct place conf_place(const struct conf_node *node) { return node->place; }

struct place conf_place_of(const struct conf_node *group, const char *key)
{
    const struct conf_node *child = group && key ? conf_child(group, key) : NULL;
    return child ? conf_place(child) : group ? conf_place(group) : (struct place){ 0 };
}

char *conf_path(const struct conf_node *node)
{
    g_autoptr(GString) path = g_string_new(NULL);
    for (; node->parent; node = node->parent) {
        guint i = 0;
        if (node->key) {
            if (path->len && path->str[0] != '[') g_string_prepend_c(path, '.');
            g_string_prepend(path, node->key);
            continue;
        }
        g_ptr_array_find(node->parent->items, node, &i);
        g_autofree char *number = g_strdup_printf("[%u]%s", i + 1, path->len && path->str[0] != '[' ? "." : "");
        g_string_prepend(path, number);
    }
    return g_string_free(g_steal_pointer(&path), FALSE);
}

char *node_option(const struct conf_node *node)
{
    g_autofree char *path = conf_path(node);
    GString *out = g_string_new("--");
    for (const char *c = path; *c; c++)
        if (*c != ']') g_string_append_c(out, *c == '[' ? '.' : *c);
    return g_string_free(out, FALSE);
}

/* ---- let ---- */

/* What follows the dollar of "$name"; NULL for other texts. */
static const char *let_name(const struct conf_node *n)
{
    if (n->kind != NODE_TEXT && n->kind != NODE_TYPED) return NULL;
    return n->u.text[0] == '$' && n->u.text[1] != '$' ? n->u.text + 1 : NULL;
}

const char *node_text(const struct conf_node *n)
{
    if (n->kind != NODE_TEXT && n->kind != NODE_TYPED) return NULL;
    return n->u.text + (n->u.text[0] == '$' && n->u.text[1] == '$');
}

const struct conf_node *node_resolve(const struct conf_node *n, const char **via)
{
    const struct conf_node *lets = child(n->conf->root, "let");
    *via = NULL;
    for (int step = 0; n && let_name(n); step++) {
        if (step == LET_STEPS) return NULL;
        if (step == 0) *via = let_name(n);
        n = child(lets, let_name(n));
    }
    return n;
}

static bool is_name(const char *s)
{
    if (!g_ascii_isalpha(*s)) return false;
    while (g_ascii_isalnum(*s) || *s == '_' || *s == '-') s++;
    return *s == '\0';
}

/* A reference that leads nowhere: to no name, from name to name without end, or it was none at all. */
static void refuse_let(const struct conf_node *n, struct diags *diags)
{
    const struct conf_node *lets = child(n->conf->root, "let");
    const char *name = let_name(n);
    g_autofree char *path = conf_path(n), *text = value_quoted(n->u.text), *list = NULL;
    if (!is_name(name) || strlen(name) > CONF_MAX_KEY) {
        g_autofree char *meant = g_strconcat("$", n->u.text, NULL), *written = value_quoted(meant);
        node_report(n, diags, "%s is %s, which is no name after the dollar; a text that begins with a dollar "
                    "is written %s.", path, text, written);
        return;
    }
    if (child(lets, name)) {
        node_report(n, diags, "%s is %s, which leads from name to name and to no value.", path, text);
        return;
    }
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (int i = 0; i < conf_length(lets) && lets->kind == NODE_GROUP; i++)
        g_ptr_array_add(names, (gpointer)(guintptr)conf_key(conf_item(lets, i)));
    g_ptr_array_add(names, NULL);
    const char *near = suggest(name, (const char *const *)names->pdata);
    list = g_strjoinv(", ", (char **)names->pdata);
    if (near) node_report(n, diags, "%s is %s, but let has no \"%s\"; did you mean \"$%s\"?", path, text, name, near);
    else if (*list) node_report(n, diags, "%s is %s, but let has no \"%s\"; its names are %s.", path, text, name, list);
    else node_report(n, diags, "%s is %s, but nothing is named: write let = { %s = ...; }, or \"$%s\" with a "
                     "second dollar for a text.", path, text, name, n->u.text);
}

static void check_lets_below(const struct conf_node *n, struct diags *diags)
{
    const char *via;
    if (let_name(n) && !node_resolve(n, &via)) refuse_let(n, diags);
    for (int i = 0; i < conf_length(n); i++) check_lets_below(n->items->pdata[i], diags);
}

void node_check_lets(struct conf *c, struct diags *diags)
{
    if (c->lets_checked || !diags) return;
    c->lets_checked = true;
    const struct conf_node *lets = child(c->root, "let");
    if (lets && lets->kind != NODE_GROUP)
        node_report(lets, diags, "let is no group; it names values for the file, as in let = { pause = 2.5; }.");
    for (int i = 0; lets && lets->kind == NODE_GROUP && i < conf_length(lets); i++) {
        const struct conf_node *n = lets->items->pdata[i];
        if (n->kind == NODE_GROUP || n->kind == NODE_LIST)
            node_report(n, diags, "let.%s is a %s; let names numbers, texts, true and false, and arrays.", n->key,
                        n->kind == NODE_GROUP ? "group" : "list");
        if (n->kind == NODE_HOLLOW)
            node_report(n, diags, "let.%s has no items to change; a value of let is set whole.", n->key);
    }
    check_lets_below(c->root, diags);
}

/* ---- inheritance ---- */

void conf_inherit(struct conf *c, struct conf *base, const char *const *own, struct diags *diags)
{
    GPtrArray *from = base->root->items;
    node_check_lets(base, diags);
    for (guint i = 0; i < from->len;) {
        struct conf_node *n = from->pdata[i];
        bool stays = !strcmp(n->key, "let") || g_strv_contains(own, n->key) || child(c->root, n->key);
        if (stays) {
            i++;
            continue;
        }
        n->parent = c->root;
        g_ptr_array_add(c->root->items, g_ptr_array_steal_index(from, i));
    }
    g_assert(!c->base);
    c->base = base;
}

/* ---- overrides ---- */

/* Items come from the file alone, except that the command line has its own way to name outputs. */
void node_report_empty(const struct conf_node *list, struct place place, struct diags *diags)
{
    g_autofree char *path = conf_path(list);
    bool outputs = !strcmp(path, "video.outputs");
    conf_report(list->conf, diags, place, "%s has 0 items in this scene; %s.", path,
                outputs ? "write -o FILE to add an output" : "they are added in the file");
}

static bool is_number(const char *part) { return part && *part && part[strspn(part, "0123456789")] == '\0'; }

/* Item "2", or the one whose id is "intro". NULL after reporting. */
static struct conf_node *find_item(struct conf_node *list, const char *name, struct place place, struct diags *diags)
{
    g_autofree char *path = conf_path(list);
    guint64 number;
    int n = conf_length(list);
    if (!n) {
        node_report_empty(list, place, diags);
        return NULL;
    }
    if (g_ascii_string_to_unsigned(name, 10, 0, G_MAXINT, &number, NULL)) {
        if (number >= 1 && (int)number <= n) return list->items->pdata[number - 1];
        conf_report(list->conf, diags, place, "%s has %d item%s; there is no %s[%s].", path, n, n == 1 ? "" : "s", path,
                    name);
        return NULL;
    }
    g_autoptr(GPtrArray) ids = g_ptr_array_new();
    for (int i = 0; i < n; i++) {
        const char *id = conf_text(child(conf_item(list, i), "id"));
        if (id && !strcmp(id, name)) return list->items->pdata[i];
        if (id) g_ptr_array_add(ids, (gpointer)(guintptr)id);
    }
    g_ptr_array_add(ids, NULL);
    const char *near = suggest(name, (const char *const *)ids->pdata);
    g_autofree char *asked = value_quoted(name), *meant = value_quoted(near ? near : "");
    if (near)
        conf_report(list->conf, diags, place, "%s has no item with the id %s; did you mean %s?", path, asked, meant);
    else
        conf_report(list->conf, diags, place, "%s has no item with the id %s; items are named by their id or by a "
                    "number from 1 to %d.", path, asked, n);
    return NULL;
}

/* An item of an array was asked for, which has no name of its own. */
static void refuse_array_item(const struct conf_node *array, struct place place, struct diags *diags)
{
    g_autofree char *path = conf_path(array), *option = node_option(array);
    g_autoptr(GString) items = g_string_new(NULL);
    for (int i = 0; i < conf_length(array); i++) {
        const char *text = conf_text(conf_item(array, i));
        g_string_append_printf(items, "%s%s", i ? ", " : "", text ? text : "...");
    }
    conf_report(array->conf, diags, place, "%s is an array, which is set whole: %s \"%s\".", path, option, items->str);
}

/* The node that a key's part leads to, made when a group lacks it; `then` is the part after it or NULL. A number after
 * a node that is missing or an empty array makes it hollow: its row knows what it should be, so that conf_fill reports
 * it. NULL after reporting. */
static struct conf_node *step_into(struct conf_node *from, const char *part, const char *then, struct place place,
                                   struct diags *diags)
{
    if (from->kind == NODE_LIST) return find_item(from, part, place, diags);
    if (from->kind != NODE_GROUP) {
        g_autofree char *path = conf_path(from), *quoted = value_quoted(part);
        conf_report(from->conf, diags, place, "%s is a single value; it has no key %s.", path, quoted);
        return NULL;
    }
    struct conf_node *n = child(from, part);
    if (n && n->kind == NODE_ARRAY && is_number(then)) {
        if (conf_length(n)) {
            refuse_array_item(n, place, diags);
            return NULL;
        }
        n->kind = NODE_HOLLOW;
        n->place = place;
    }
    if (n) return n;
    if (!is_name(part)) {
        g_autofree char *path = conf_path(from), *quoted = value_quoted(part);
        conf_report(from->conf, diags, place, "%s cannot be a key%s%s; a key is letters, digits, - and _.", quoted,
                    *path ? " of " : "", path);
        return NULL;
    }
    n = node_new(from->conf, from, part, place);
    node_hold(n, is_number(then) ? NODE_HOLLOW : NODE_GROUP);
    return n;
}

void conf_override(struct conf *c, const char *key, const char *value, struct diags *diags)
{
    char *name = g_strconcat("--", key, NULL);
    struct place place = { name, 0 };
    g_ptr_array_add(c->names, name);
    g_auto(GStrv) parts = g_strsplit(key, ".", -1);
    if (!g_utf8_validate(key, -1, NULL) || !g_utf8_validate(value, -1, NULL)) {
        conf_report(c, diags, (struct place){ NULL, 0 }, "A key or value of the command line is no UTF-8 text.");
        return;
    }
    if (!parts[0] || g_strv_length(parts) > CONF_MAX_DEPTH) {
        conf_report(c, diags, place, "A key of the command line is written as in --video.fps.");
        return;
    }
    struct conf_node *n = c->root;
    for (char **part = parts; n && n->kind != NODE_HOLLOW && *part; part++)
        n = step_into(n, *part, part[1], place, diags);
    if (!n || n->kind == NODE_HOLLOW) return;
    node_empty(n);
    n->kind = NODE_TYPED;
    n->u.text = g_strdup(value);
    n->place = place;
}
