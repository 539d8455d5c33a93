/* Bytes of weights with what they come from, down to the catalog's fields: mem.weights, and by id
 *
 *   model.params, model.experts, model.expert     parameters; experts of a layer; parameters of one, over all layers
 *   model.experts_all, model.params_but_experts   where experts have a format of their own
 *   mem.weight_value_bytes, mem.expert_value_bytes  bytes of one number; the second where experts' differ
 */
#pragma once
#include "sim/fact.h"
#include "sim/weight_format.h"

/* One expert over all layers: three matrices in each sparse one, or from the counts of parameters, as
 * split_params_of() says. */
int weight_expert_fact(const struct model *m, struct facts *facts);
/* by: who chose the weights, "command line: --weights". experts is that of the rest where they do not differ. */
struct weight_widths { int rest, experts; };
struct weight_widths weight_width_facts(const struct weights *w, enum unit unit, const char *by, struct facts *facts);
int weight_bytes_fact(const struct model *m, const struct weights *w, enum unit unit, const char *by,
                      struct facts *facts);
