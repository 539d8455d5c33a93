/* Operations of a step, a multiplication and an addition counted as two.
 *
 *   body        2 x parameters that a token passes through, without tables of embeddings, for each token
 *   logits      2 x vocab x hidden, the last matrix, for each token that needs logits
 *   attention   2 x heads x (key width + value width), for each score, in each layer
 *   scoring     2 x index heads x key width, for each score of an indexer, which chooses what attention reads
 *               (DeepSeek-V3.2, arXiv:2512.02556, section 2.1)
 *
 * A score is one pair of a query's token and a kept token that it may see, itself included. Windows, chunks and
 * compressed streams have fewer, and where a query chooses what it reads, no more than it reads. One vector that is key
 * and value is multiplied twice. MLA has two forms: against the latent itself, where a head's key is rank + rotary
 * wide and its value rank ("absorbed", DeepSeek-V2, arXiv:2405.04434, section 2.1), as decoding does; and with keys
 * (nope + rotary) and values made from it, as prefill does. Making those of a cached prefix anew is not counted.
 *
 * Norms, softmax, rotations, activation functions, the states of linear layers and indexers whose heads are not known
 * are left out: the true count is larger. Norms' and biases' parameters are in the body as if they were matrices.
 */
#pragma once
#include "sim/layout.h"

#include <stdbool.h>

enum work_form { WORK_MATERIALISED, WORK_ABSORBED };

/* Exact; -1 unknown. 64 bits are too few: 100 million tokens of a large model take 10^23 operations. */
struct work { __int128 body, logits, attention, scoring; };

/* Parameters that multiply, of one token: the body; and the last matrix. -1 unknown. */
int64_t work_body_params(const struct model *m);
int64_t work_last_params(const struct model *m);

/* Scores in one layer of that stream when `tokens` new ones follow `prefix` cached ones. -1 unknown or beyond 64
 * bits. */
int64_t work_scores(const struct stream *s, int64_t prefix, int64_t tokens);
int64_t work_scores_counted(const struct stream *s, int64_t prefix, int64_t tokens); /* token after token */
/* Kept entries that the token at this place (1 is the first) reads. */
int64_t work_reach(const struct stream *s, int64_t place);
/* Operations of one score in one layer; -1 unknown, 0 for a stream whose scores are left out (states, keys alone whose
 * heads are not known). */
int64_t work_score_ops(const struct model *m, const struct stream *s, enum work_form form);
/* Whether its scores are an indexer's, which chooses: known heads over keys alone. */
bool work_is_scoring(const struct stream *s);
/* What is used for prefill: materialised where the model's widths are known, else absorbed; without MLA they are
 * one. */
enum work_form work_prefill_form(const struct model *m);
/* Whether streams are left out of the count. */
bool work_is_partial(const struct model *m);

/* Prefill of one sequence; logits: of how many of its tokens (1 for the answer's first token). */
struct work work_prefill(const struct model *m, int64_t prefix, int64_t tokens, int64_t logits);
/* One decode step of `sequences`, each of whose new tokens sees `context` tokens, itself included. */
struct work work_decode(const struct model *m, int64_t sequences, int64_t context);
/* Sum; -1 when a part is unknown. */
__int128 work_total(const struct work *w);
