/* What a run and a trace file share in making a struct trace; for trace.c and tracefile*.c. */
#pragma once
#include "lm/sample.h"
#include "lm/trace.h"

struct trace *trace_new(void);
/* Remembers a token's bytes, once. */
void trace_keep_piece(struct trace *t, int id, const char *bytes, size_t length);
/* How many candidates a pass of this vocabulary has. */
static inline int trace_shown(int vocab) { return MIN(vocab, TRACE_CANDIDATES); }
/* Fills the pass' candidates, kept and cut; `place` in the sampler's order is the token that came. The pieces of the
 * candidates must be kept already; one without is shown by its number. */
void trace_show_pass(struct trace *t, struct trace_pass *pass, const struct sampler *s, int place);
/* Fills t->tokens from ids [n_tokens + 1]. */
void trace_show_tokens(struct trace *t, const int *ids);
/* Fills layer and head from the options; see tracehead.c. */
void trace_choose_head(struct trace *t);
/* FALSE and error when the shape has no such layer or head; 0 is any. `name`: of the model. */
gboolean trace_check_head(const char *name, struct lm_shape s, const struct trace_options *o, GError **error);
