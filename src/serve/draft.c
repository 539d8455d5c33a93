/* Each drafted token is kept with the chance alpha, independently, until the first that is not. So at least j are kept
 * with the chance alpha^j, and 1 + alpha + ... + alpha^k tokens come out: for alpha = 0.8 and k = 4 these are 3.3616.
 */
#include "serve/draft.h"

#include <glib.h>

const char *draft_fault(const struct draft_options *o)
{
    if (o->tokens < 0 || o->tokens > 1024) return "A draft has 0 to 1,024 tokens.";
    if (!o->measured && !(o->acceptance >= 0 && o->acceptance <= 1)) return "The acceptance of drafts is from 0 to 1.";
    if (o->measured && o->n_measured < 1) return "The list of measured acceptances is empty.";
    for (int64_t i = 0; o->measured && i < o->n_measured; i++)
        if (o->measured[i] < 0) return "A measured acceptance is 0 or more tokens.";
    return NULL;
}

int64_t draft_accepted(const struct draft_options *o, int64_t drafted, int64_t step, struct random *r)
{
    if (o->measured) return MIN(o->measured[step % o->n_measured], drafted);
    int64_t accepted = 0;
    while (accepted < drafted && random_unit(r) < o->acceptance) accepted++;
    return accepted;
}

double draft_expected(double acceptance, int64_t k)
{
    double power = 1;
    for (int64_t i = 0; i <= k; i++) power *= acceptance;
    return acceptance == 1 ? (double)(k + 1) : (1 - power) / (1 - acceptance);
}
