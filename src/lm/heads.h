/* What a model's heads do, measured on held-out stories with marks (data/heads/stories.json): for each head and each role
 * the mean share of its attention that lies where the role says, over all cases of the stories.
 *
 *   previous   from each position to the one before
 *   first      from each position to the first of the text
 *   same       from a word said before to where it was said last
 *   induction  from a word said before to what followed it then
 *   reference  from the token before a marked word to the earlier mentions of what it refers to
 *   syntax     from a verb to its subject
 *   distant    from each position to those at least HEADS_DISTANT before, the first of the text left out
 *
 * Source for previous, same and induction: Olsson et al., "In-context Learning and Induction Heads", 2022.
 */
#pragma once
#include "lm/lm.h"

enum head_role {
    ROLE_PREVIOUS, ROLE_FIRST, ROLE_SAME, ROLE_INDUCTION, ROLE_REFERENCE, ROLE_SYNTAX, ROLE_DISTANT, HEAD_ROLES
};

enum { HEADS_DISTANT = 10 };

/* "previous" and so on, NULL-ended, and one line on what the role is. */
extern const char *const head_role_names[];
extern const char *const head_role_lines[];
/* HEAD_ROLES: there is no such role. */
enum head_role head_role_find(const char *name);

struct heads {
    int layers, heads;
    int stories;               /* read */
    int64_t cases[HEAD_ROLES]; /* places that were looked at */
    double chance[HEAD_ROLES]; /* what an even spread of attention would score, 0 to 1 */
    double *scores;            /* [L][H][HEAD_ROLES], 0 to 1 */
};

static inline double heads_score(const struct heads *h, int layer, int head, enum head_role role)
{
    return h->scores[((layer - 1) * h->heads + head - 1) * HEAD_ROLES + role]; /* counted from 1 */
}
/* The head with the highest score in a role; ties go to the lower layer, then the lower head. layer or head may be given
 * (not 0), the best of that layer is then found. */
void heads_best(const struct heads *h, enum head_role role, int *layer, int *head);
void heads_free(struct heads *h); /* accepts NULL */
