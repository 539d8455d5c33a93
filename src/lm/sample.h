/* The next token out of a pass' logits: greedy, or drawn at a temperature from what top-k and top-p leave.
 *
 *     struct sampler s;
 *     sampler_init(&s, vocab);
 *     if (sampler_rank(&s, logits, (struct sampling){ .temperature = 0.8, .top_k = 40, .top_p = 0.95 }) < 0)
 *         id = s.order[sampler_draw(&s, random_unit(&random))];
 *     sampler_finish(&s);
 *
 * In the order in which transformers, vLLM and llama.cpp do it:
 *
 *   temperature  share_i = e^(logit_i / t) / sum over the whole vocabulary
 *   top-k        the k likeliest are left (Fan, Lewis and Dauphin, "Hierarchical Neural Story Generation", 2018)
 *   top-p        of what top-k left, made to sum to one again: the smallest set of the likeliest whose sum reaches p,
 *                at least one (nucleus sampling: Holtzman et al., "The Curious Case of Neural Text Degeneration", 2020)
 *
 * and the draw is from what is left, made to sum to one again. Equal logits rank by id, the lower first. Shares are
 * told of the whole vocabulary, whatever is cut off.
 */
#pragma once
#include <stdint.h>

/* temperature 0: the likeliest token is taken, and no cut-off acts. top_k 0: all. top_p 0 or 1: all. */
struct sampling { double temperature, top_p; int top_k; };

struct sampler {
    int vocab;
    int *order;      /* [V]: ids, best first */
    double *weights; /* [V], by id: e^((logit - best) / temperature); greedy: at temperature 1 */
    double sum;      /* of all weights */
    double left;     /* of the weights that can be drawn: those of the first `kept` of the order */
    /* What can come: 1 where the best is taken. cut: the share of the whole vocabulary that top-k and top-p took away:
     * 0 at temperature 0, where they do not act. */
    int kept;
    double cut;
};

void sampler_init(struct sampler *s, int vocab);
void sampler_finish(struct sampler *s);
/* Fills the sampler for the pass whose logits [V] these are. Returns -1, or the first id whose logit is not finite:
 * then nothing can be drawn. */
int sampler_rank(struct sampler *s, const float *logits, struct sampling how);
/* The place in the order of what `unit`, uniform in [0, 1), draws; less than kept. */
int sampler_draw(const struct sampler *s, double unit);
/* Of the whole vocabulary. */
static inline double sampler_share(const struct sampler *s, int id) { return s->weights[id] / s->sum; }
