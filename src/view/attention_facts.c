/* The facts that chapters 1 and 2 share: the trace, the prompt's pass, and the candidates for the next token. */
#include "view/attention.h"

#include <string.h>

static void trace_facts(const struct trace *t, struct facts *f)
{
    static const char scene[] = "the scene's model run";
    const char *config = facts_word(f, t->model_name);
    facts_leaf(f, "trace.layer", t->layer, UNIT_COUNT, "the layer shown, counted from 1");
    facts_leaf(f, "trace.head", t->head, UNIT_COUNT, "the head shown, counted from 1");
    facts_leaf(f, "trace.layers", t->shape.layers, UNIT_COUNT, config);
    facts_leaf(f, "trace.heads", t->shape.heads, UNIT_COUNT, config);
    facts_leaf(f, "trace.vector", t->shape.head_dim, UNIT_COUNT, config);
    facts_leaf_real(f, "sampling.temperature", t->options.temperature, UNIT_NUMBER, scene);
    facts_leaf(f, "sampling.top_k", t->options.top_k, UNIT_COUNT, scene);
    facts_leaf(f, "sampling.seed", (int64_t)t->options.seed, UNIT_COUNT, scene);
}

void attention_facts(const struct trace *t, struct facts *f, struct pass_progress p)
{
    int64_t n = t->n_prompt, columns = (int64_t)(p.scores * (double)n);
    trace_facts(t, f);
    int prompt = facts_leaf(f, "prompt.tokens", n, UNIT_COUNT,
                            "counted: tokens that the model's tokenizer makes of the prompt");
    int tokens = facts_int(f, "pass.tokens", n, UNIT_COUNT, "all tokens of the prompt", FACTS(prompt));
    int next = facts_int(f, "pass.next_position", n + 1, UNIT_COUNT, "n + 1", FACTS(tokens));
    facts_int(f, "pass.scores", n * (n + 1) / 2, UNIT_COUNT,
              "n (n + 1) / 2: each token scores itself and all before it, in one head", FACTS(tokens, next));
    int kept = facts_int(f, "pass.columns", n, UNIT_COUNT, "one K and one V column for each token", FACTS(tokens));
    facts_int(f, "pass.tokens_now", (int64_t)(p.tokens * (double)n), UNIT_COUNT, "tokens that have gone in so far",
              FACTS(tokens));
    facts_int(f, "pass.scores_now", columns * n - columns * (columns - 1) / 2, UNIT_COUNT,
              "scores made so far: column c has n - c + 1", FACTS(tokens));
    facts_int(f, "pass.columns_now", p.columns >= 1 ? n : 0, UNIT_COUNT, "columns kept so far", FACTS(kept));
    struct gpt_count with = t->passes[0].with_cache;
    facts_leaf(f, "pass.multiply_adds", gpt_count_total(&with), UNIT_COUNT, "counted while the model ran");
}

void attention_next_facts(const struct trace *t, struct facts *f, int pass)
{
    const struct trace_pass *p = &t->passes[pass];
    static const char *const ids[TRACE_CANDIDATES] = { "next.share.1", "next.share.2", "next.share.3", "next.share.4",
                                                       "next.share.5", "next.share.6", "next.share.7", "next.share.8" };
    static const char source[] = "softmax output of the vocabulary at the sampling temperature";
    for (int i = 0; i < p->n_candidates; i++) facts_leaf_real(f, ids[i], p->candidates[i].share, UNIT_SHARE, source);
    facts_leaf_word(f, "next.token", p->candidates[p->sampled].text, "chosen by the run of the model");
    facts_leaf(f, "next.candidates", p->n_candidates, UNIT_COUNT, "counted: candidates shown");
    facts_leaf(f, "next.rank", p->sampled + 1, UNIT_COUNT, "place of the chosen token among the candidates");
    facts_real(f, "next.share", p->candidates[p->sampled].share, UNIT_SHARE, "share of the chosen token",
               FACTS(facts_find(f, ids[p->sampled])));
}

char *attention_provenance(const struct trace *t)
{
    g_autoptr(GString) out = g_string_new(t->provenance);
    g_string_replace(out, "{", "{{", 0);
    g_string_replace(out, "}", "}}", 0);
    g_string_append(out, " · layer {trace.layer}, head {trace.head} · {trace.vector} numbers per vector");
    if (t->shape.head_dim > 16) g_string_append(out, ", means shown");
    return g_strdup(out->str);
}
