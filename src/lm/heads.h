/* What a model's heads do, measured on held-out stories with marks (data/heads/stories.json): for each head and each role
 * the share of its attention that lies where the role says, a mean over all cases of the stories.
 *
 *   previous   from each token to the one before
 *   first      from each token to the first of all, on which attention rests that nothing else asks for
 *   same       from a word's token that was said before to where it was said
 *   induction  from a word's token that was said before to what followed it then
 *   reference  from the token before a marked word, where that word is foretold, to the earlier mentions of the same
 *   syntax     from a verb to its subject, where another word stands between them
 *   distant    from each token to those at least HEADS_DISTANT before it
 *
 * The first token counts in `first` alone, and the one before in `previous` alone, so that a head which always looks there
 * earns nothing elsewhere: cases whose places are only these are left out (marks.h). Chance is what an even spread over
 * all tokens so far would put on the same places.
 *
 * Sources: Clark et al., "What Does BERT Look At?", 2019 (previous, first, and verbs to subjects); Olsson et al.,
 * "In-context Learning and Induction Heads", 2022 (induction); Wang et al., "Interpretability in the Wild", 2022 (same:
 * duplicate token heads; reference: as name movers do); Xiao et al., "Efficient Streaming Language Models with Attention
 * Sinks", 2023 (first).
 */
#pragma once
#include "lm/lm.h"

#include <stdbool.h>

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
    int stories, held;         /* measured, of so many that the file holds */
    int64_t cases[HEAD_ROLES]; /* places that were looked from; 0: the role could not be measured */
    double chance[HEAD_ROLES]; /* 0 to 1 */
    double *scores;            /* [L][H][HEAD_ROLES], 0 to 1; 0 where there was no case */
};

static inline double heads_score(const struct heads *h, int layer, int head, enum head_role role)
{
    return h->scores[((layer - 1) * h->heads + head - 1) * HEAD_ROLES + role]; /* counted from 1 */
}
/* How far a score is above chance, on the way to 1: (score - chance) / (1 - chance), as Cohen's kappa. */
double heads_lift(const struct heads *h, int layer, int head, enum head_role role);
/* The head with the highest score in a role; ties go to the lower layer, then the lower head. layer or head may be given
 * (not 0), the best of that layer is then found. */
void heads_best(const struct heads *h, enum head_role role, int *layer, int *head);
/* The role that a head is best called by: the one with the highest lift, if that is HEADS_CLEAR or more; `distant` only
 * where no other is. HEAD_ROLES: none stands out. */
#define HEADS_CLEAR 0.25
enum head_role heads_call(const struct heads *h, int layer, int head);
/* What may be said of a head in a role: the role's line (head_role_lines), or, where its lift is below HEADS_SOME, that
 * it does so hardly more than chance would. So the best head of a model that lacks the role is not said to have it. */
#define HEADS_SOME 0.05
const char *heads_claim(const struct heads *h, int layer, int head, enum head_role role);
void heads_free(struct heads *h); /* accepts NULL */

/* As JSON, for a trace that is kept in a file, and back. `where` names the file in errors; the numbers must be those of a
 * measurement of so many layers and heads. */
char *heads_to_json(const struct heads *h);
struct heads *heads_from_json(const char *text, size_t length, int layers, int heads, const char *where, GError **error);
