/* A treap (Aragon and Seidel 1989): a search tree by the order, a heap by ranks that are hashed from node numbers, so
 * that its shape is that of a random tree, and the same in each run. A node knows the largest hole below it; so the
 * first fit is found without looking at holes that are too small.
 */
#include "serve/holes.h"
#include "sim/random.h"

#include <glib.h>

enum { NONE = -1 };

void holes_init(struct holes *h, enum holes_order order)
{
    *h = (struct holes){ .order = order, .root = NONE, .unused = NONE };
}

void holes_finish(struct holes *h) { g_free(h->nodes); }

static struct hole_node *node(const struct holes *h, int32_t i) { return &h->nodes[i]; }
static int64_t largest(const struct holes *h, int32_t i) { return i == NONE ? 0 : node(h, i)->largest; }
int64_t holes_largest(const struct holes *h) { return largest(h, h->root); }

static void refresh(const struct holes *h, int32_t i)
{
    struct hole_node *n = node(h, i);
    n->largest = MAX(n->hole.slots, MAX(largest(h, n->left), largest(h, n->right)));
}

static bool before(const struct holes *h, struct hole a, struct hole b)
{
    if (h->order == HOLES_BY_SIZE && a.slots != b.slots) return a.slots < b.slots;
    return a.at < b.at;
}

static int32_t new_node(struct holes *h, struct hole hole)
{
    int32_t i = h->unused;
    if (i != NONE) {
        h->unused = node(h, i)->left;
    } else {
        g_assert(h->n < INT32_MAX);
        if (h->n == h->size) {
            h->size = h->size ? 2 * h->size : 16;
            h->nodes = g_renew(struct hole_node, h->nodes, h->size);
        }
        i = (int32_t)h->n++;
    }
    struct random r = { (uint64_t)i };
    *node(h, i) = (struct hole_node){ hole, hole.slots, NONE, NONE, random_next(&r) };
    return i;
}

/* Into those before the hole, and the rest. */
static void split(struct holes *h, int32_t tree, struct hole at, int32_t *left, int32_t *right)
{
    if (tree == NONE) {
        *left = *right = NONE;
        return;
    }
    bool goes_left = before(h, node(h, tree)->hole, at);
    int32_t part;
    if (goes_left) {
        split(h, node(h, tree)->right, at, &part, right);
        node(h, tree)->right = part;
        *left = tree;
    } else {
        split(h, node(h, tree)->left, at, left, &part);
        node(h, tree)->left = part;
        *right = tree;
    }
    refresh(h, tree);
}

/* All of a lie before all of b. */
static int32_t join(struct holes *h, int32_t a, int32_t b)
{
    if (a == NONE || b == NONE) return a == NONE ? b : a;
    bool a_on_top = node(h, a)->rank > node(h, b)->rank;
    int32_t top = a_on_top ? a : b;
    if (a_on_top) node(h, a)->right = join(h, node(h, a)->right, b);
    else node(h, b)->left = join(h, a, node(h, b)->left);
    refresh(h, top);
    return top;
}

void holes_add(struct holes *h, struct hole hole)
{
    int32_t left, right, i = new_node(h, hole);
    split(h, h->root, hole, &left, &right);
    h->root = join(h, join(h, left, i), right);
}

static int32_t without(struct holes *h, int32_t tree, struct hole hole)
{
    g_assert(tree != NONE);
    struct hole_node *n = node(h, tree);
    if (n->hole.at == hole.at && n->hole.slots == hole.slots) {
        int32_t rest = join(h, n->left, n->right);
        n->left = h->unused;
        h->unused = tree;
        return rest;
    }
    if (before(h, hole, n->hole)) n->left = without(h, n->left, hole);
    else n->right = without(h, n->right, hole);
    refresh(h, tree);
    return tree;
}

void holes_remove(struct holes *h, struct hole hole) { h->root = without(h, h->root, hole); }

const struct hole *holes_fit(const struct holes *h, int64_t slots)
{
    int32_t i = h->root;
    if (largest(h, i) < slots || i == NONE) return NULL;
    for (;;) {
        const struct hole_node *n = node(h, i);
        if (n->left != NONE && largest(h, n->left) >= slots) i = n->left;
        else if (n->hole.slots >= slots) return &n->hole;
        else i = n->right;
    }
}
