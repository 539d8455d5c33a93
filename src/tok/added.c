/* A tree with a node for every beginning of a token; the step from a node by a byte is looked up in one table. So a
 * text costs its length times the longest token at most, with thousands of tokens as with one.
 */
#include "tok/added.h"

#include <string.h>

struct node {
    gboolean ends; /* a token ends here */
    struct added_token token;
};

struct added {
    GPtrArray *nodes;  /* of struct node; the root first */
    GHashTable *steps; /* node x 256 + byte -> the next node's place, never 0 */
};

struct added *added_new(void)
{
    struct added *a = g_new0(struct added, 1);
    a->nodes = g_ptr_array_new_with_free_func(g_free);
    a->steps = g_hash_table_new(NULL, NULL);
    g_ptr_array_add(a->nodes, g_new0(struct node, 1));
    return a;
}

void added_free(struct added *a)
{
    if (!a)
        return;
    g_ptr_array_free(a->nodes, TRUE);
    g_hash_table_destroy(a->steps);
    g_free(a);
}

static gpointer step_key(guint node, char byte) { return GSIZE_TO_POINTER((gsize)node * 256 + (unsigned char)byte); }

/* The node after a byte; 0 where no token goes on. */
static guint step(const struct added *a, guint node, char byte)
{
    return GPOINTER_TO_UINT(g_hash_table_lookup(a->steps, step_key(node, byte)));
}

gboolean added_insert(struct added *a, const char *text, const struct added_token *token)
{
    guint at = 0;
    for (const char *p = text; *p; p++) {
        guint next = step(a, at, *p);
        if (next == 0) {
            next = a->nodes->len;
            g_hash_table_insert(a->steps, step_key(at, *p), GUINT_TO_POINTER(next));
            g_ptr_array_add(a->nodes, g_new0(struct node, 1));
        }
        at = next;
    }
    struct node *n = g_ptr_array_index(a->nodes, at);
    if (at == 0 || n->ends)
        return FALSE;
    n->ends = TRUE;
    n->token = *token;
    return TRUE;
}

/* The longest token that starts at `from`; NULL: none. */
static const struct added_token *find_longest(const struct added *a, const char *text, size_t length, size_t from,
                                              size_t *to)
{
    const struct added_token *found = NULL;
    guint at = 0;
    for (size_t i = from; i < length && (at = step(a, at, text[i])) != 0; i++) {
        const struct node *n = g_ptr_array_index(a->nodes, at);
        if (n->ends) {
            found = &n->token;
            *to = i + 1;
        }
    }
    return found;
}

/* Letters, marks, numbers but fractions and their like, and connecting punctuation: \w in the source's patterns. */
static gboolean is_word(gunichar c)
{
    GUnicodeType type = g_unichar_type(c);
    return g_unichar_isalpha(c) || g_unichar_ismark(c) || type == G_UNICODE_DECIMAL_NUMBER ||
           type == G_UNICODE_LETTER_NUMBER || type == G_UNICODE_CONNECT_PUNCTUATION;
}

static gboolean inside_word(const char *text, size_t length, size_t from, size_t to)
{
    return (from > 0 && is_word(g_utf8_get_char(g_utf8_prev_char(text + from)))) ||
           (to < length && is_word(g_utf8_get_char(text + to)));
}

const struct added_token *added_find(const struct added *a, const char *text, size_t length, size_t *from, size_t *to)
{
    const size_t begin = *from;
    size_t at = begin, end = begin;
    const struct added_token *found = NULL;

    for (; !found && at < length; at += found ? 0 : 1) {
        found = find_longest(a, text, length, at, &end);
        if (found && found->single_word && inside_word(text, length, at, end)) {
            found = NULL;
            at = end - 1;
        }
    }
    if (!found)
        return NULL;
    while (found->left && at > begin && g_unichar_isspace(g_utf8_get_char(g_utf8_prev_char(text + at))))
        at = (size_t)(g_utf8_prev_char(text + at) - text);
    while (found->right && end < length && g_unichar_isspace(g_utf8_get_char(text + end)))
        end = (size_t)(g_utf8_next_char(text + end) - text);
    *from = at;
    *to = end;
    return found;
}
