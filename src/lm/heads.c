#include "lm/heads.h"

#include <string.h>

const char *const head_role_names[] = { "previous", "first", "same", "induction", "reference", "syntax", "distant", NULL };

const char *const head_role_lines[] = {
    "looks at the token before",
    "rests on the first token",
    "looks at where the same word was said",
    "looks at what followed the same word",
    "looks back at what the next word refers to",
    "looks from a verb to its subject",
    "looks far back",
    NULL,
};
G_STATIC_ASSERT(G_N_ELEMENTS(head_role_names) == HEAD_ROLES + 1 && G_N_ELEMENTS(head_role_lines) == HEAD_ROLES + 1);

enum head_role head_role_find(const char *name)
{
    int role = 0;
    while (role < HEAD_ROLES && strcmp(head_role_names[role], name))
        role++;
    return (enum head_role)role;
}

double heads_lift(const struct heads *h, int layer, int head, enum head_role role)
{
    double chance = h->chance[role];
    return chance < 1 ? (heads_score(h, layer, head, role) - chance) / (1 - chance) : 0;
}

void heads_best(const struct heads *h, enum head_role role, int *layer, int *head)
{
    int best_layer = 0, best_head = 0;
    for (int l = 1; l <= h->layers; l++)
        for (int i = 1; i <= h->heads; i++) {
            if ((*layer && l != *layer) || (*head && i != *head))
                continue;
            if (!best_layer || heads_score(h, l, i, role) > heads_score(h, best_layer, best_head, role)) {
                best_layer = l;
                best_head = i;
            }
        }
    *layer = best_layer;
    *head = best_head;
}

enum head_role heads_call(const struct heads *h, int layer, int head)
{
    int best = ROLE_PREVIOUS;
    for (int role = 0; role < ROLE_DISTANT; role++)
        if (heads_lift(h, layer, head, (enum head_role)role) > heads_lift(h, layer, head, (enum head_role)best))
            best = role;
    if (heads_lift(h, layer, head, (enum head_role)best) < HEADS_CLEAR)
        best = ROLE_DISTANT;
    return heads_lift(h, layer, head, (enum head_role)best) < HEADS_CLEAR ? HEAD_ROLES : (enum head_role)best;
}

const char *heads_claim(const struct heads *h, int layer, int head, enum head_role role)
{
    if (heads_lift(h, layer, head, role) < HEADS_SOME)
        return "does so hardly more than chance would";
    return head_role_lines[role];
}

void heads_free(struct heads *h)
{
    if (!h)
        return;
    g_free(h->scores);
    g_free(h);
}
