/* The facts that chapters 1 and 2 share: the trace, the prompt's pass, and the candidates for the next token. */
#include "view/attention.h"

#include <string.h>

/* What config.json calls a number of the shape; the families have their own words. */
static const char *config_name(struct lm_shape s, enum shape_number number)
{
    static const char *const names[SHAPE_NUMBERS][2] = {
        [SHAPE_LAYERS] = { "n_layer", "num_hidden_layers" },    [SHAPE_HEADS] = { "n_head", "num_attention_heads" },
        [SHAPE_KV_HEADS] = { "n_head", "num_key_value_heads" }, [SHAPE_WIDTH] = { "n_embd", "hidden_size" },
        [SHAPE_VECTOR] = { "n_embd and n_head", "head_dim" },   [SHAPE_VOCABULARY] = { "vocab_size", "vocab_size" },
    };
    return names[number][s.family == LM_LLAMA];
}

/* What gives the number in a trace's file. */
static const char *const file_names[SHAPE_NUMBERS] = {
    [SHAPE_LAYERS] = "shape of q",   [SHAPE_HEADS] = "shape of q",  [SHAPE_KV_HEADS] = "shape of k",
    [SHAPE_WIDTH] = "model.width",   [SHAPE_VECTOR] = "shape of q", [SHAPE_VOCABULARY] = "shape of logits",
};

const char *attention_shape_source(const struct trace *t, struct facts *f, enum shape_number number)
{
    const char *config = config_name(t->shape, number);
    g_autofree char *text = t->file ? g_strdup_printf("trace file: %s", file_names[number])
                                    : g_strdup_printf("%s: config.json %s", t->model_name, config);
    return facts_word(f, text);
}

/* Which head of K and V the shown head reads, and how many heads read it. */
static void kv_facts(const struct trace *t, const struct trace_head *seen, struct facts *f, int heads)
{
    int kv = facts_leaf(f, "trace.kv_heads", t->shape.kv_heads, UNIT_COUNT, attention_shape_source(t, f, SHAPE_KV_HEADS));
    int sharing = facts_int(f, "trace.sharing", t->shape.heads / t->shape.kv_heads, UNIT_COUNT,
                            "[heads] ÷ [K and V heads]; so many read one K and V", FACTS(heads, kv));
    facts_int(f, "trace.kv_head", attention_kv_head(t, seen), UNIT_COUNT, "[head] ÷ [heads of one K and V], rounded up",
              FACTS(facts_find(f, "trace.head"), sharing));
}

static void sampling_facts(const struct trace *t, struct facts *f)
{
    facts_leaf_real(f, "sampling.temperature", t->options.temperature, UNIT_NUMBER,
                    t->file ? "trace file: sampling.temperature" : "scene file: run.temperature");
    facts_leaf(f, "sampling.top_k", t->options.top_k, UNIT_COUNT,
               t->file ? "trace file: sampling.top_k" : "scene file: run.top_k");
    facts_leaf_real(f, "sampling.top_p", t->options.top_p, UNIT_NUMBER,
                    t->file ? "trace file: sampling.top_p" : "scene file: run.top_p");
    facts_leaf(f, "sampling.seed", (int64_t)t->options.seed, UNIT_COUNT,
               t->file ? "trace file: sampling.seed" : "scene file: run.seed");
    facts_leaf(f, "sampling.vocabulary", t->shape.vocab, UNIT_COUNT, attention_shape_source(t, f, SHAPE_VOCABULARY));
}

static void trace_facts(const struct trace *t, const struct trace_head *seen, struct facts *f)
{
    static const char chosen[] = "chosen by measurement: the head that looks back most at what it is about to say";
    facts_leaf_word(f, "run.model", t->model_name, t->file ? "trace file: model.name" : "scene file: run.model");
    facts_leaf(f, "trace.layer", seen->layer, UNIT_COUNT, t->options.layer ? "scene file: run.layer" : chosen);
    facts_leaf(f, "trace.head", seen->head, UNIT_COUNT, t->options.head ? "scene file: run.head" : chosen);
    facts_leaf(f, "trace.layers", t->shape.layers, UNIT_COUNT, attention_shape_source(t, f, SHAPE_LAYERS));
    int heads = facts_leaf(f, "trace.heads", t->shape.heads, UNIT_COUNT, attention_shape_source(t, f, SHAPE_HEADS));
    int width = facts_leaf(f, "trace.width", t->shape.width, UNIT_COUNT, attention_shape_source(t, f, SHAPE_WIDTH));
    if (t->shape.head_dim * t->shape.heads == t->shape.width)
        facts_int(f, "trace.vector", t->shape.head_dim, UNIT_COUNT, "[width] ÷ [heads]", FACTS(width, heads));
    else facts_leaf(f, "trace.vector", t->shape.head_dim, UNIT_COUNT, attention_shape_source(t, f, SHAPE_VECTOR));
    kv_facts(t, seen, f, heads);
    sampling_facts(t, f);
}

/* What the picture counts while it comes to be. */
static void progress_facts(struct facts *f, struct pass_progress p, int64_t n, int tokens, int kept)
{
    int64_t scored = (int64_t)(p.scores * (double)n);
    if (p.tokens >= 1) facts_int(f, "pass.tokens_now", n, UNIT_COUNT, "[tokens]; all of them have gone in", FACTS(tokens));
    else facts_leaf(f, "pass.tokens_now", 0, UNIT_COUNT, "counted: tokens that have gone in at this moment");
    int columns = facts_leaf(f, "pass.scored_columns", scored, UNIT_COUNT,
                             "counted: columns of the attention matrix that are filled at this moment");
    facts_int(f, "pass.scores_now", scored * n - scored * (scored - 1) / 2, UNIT_COUNT,
              "[columns] × [tokens] − [columns] × ([columns] − 1) ÷ 2; nothing above the diagonal",
              FACTS(columns, tokens, columns, columns));
    if (p.columns >= 1) facts_int(f, "pass.columns_now", n, UNIT_COUNT, "[columns]; all of them are kept", FACTS(kept));
    else facts_leaf(f, "pass.columns_now", 0, UNIT_COUNT, "counted: columns that are kept at this moment");
}

void attention_facts(const struct trace *t, const struct trace_head *seen, struct facts *f, struct pass_progress p)
{
    int64_t n = t->n_prompt;
    trace_facts(t, seen, f);
    int prompt = facts_leaf(f, "prompt.tokens", n, UNIT_COUNT,
                            t->file ? "trace file: n_prompt"
                                    : "counted: tokens that the model's tokenizer makes of run.prompt in the scene file");
    int tokens = facts_int(f, "pass.tokens", n, UNIT_COUNT, "[tokens of the prompt]; all in one pass", FACTS(prompt));
    int next = facts_int(f, "pass.next_position", n + 1, UNIT_COUNT, "[tokens] + 1", FACTS(tokens));
    facts_int(f, "pass.scores", n * (n + 1) / 2, UNIT_COUNT,
              "[tokens] × [tokens + 1] ÷ 2; in one head, each token with itself and all before it", FACTS(tokens, next));
    int kept = facts_int(f, "pass.columns", n, UNIT_COUNT, "[tokens]; one K and one V column for each", FACTS(tokens));
    progress_facts(f, p, n, tokens, kept);
    facts_leaf(f, "pass.number", 1, UNIT_COUNT, "counted: passes through the model up to this one");
    struct lm_count with = t->passes[0].with_cache;
    facts_leaf(f, "pass.multiply_adds", lm_count_total(&with), UNIT_COUNT,
               t->counted ? "counted while the model ran" : "closed form of the model's shape");
}

void attention_look_facts(const struct trace *t, const struct trace_head *seen, struct facts *f, int row)
{
    const float *shares = seen->shares + (size_t)row * (size_t)seen->n;
    char text[112], id[32];
    int top = 0;
    g_snprintf(text, sizeof text, "computed while the model ran: softmax of layer %d, head %d, row of the newest token",
               seen->layer, seen->head);
    const char *source = facts_word(f, text);
    for (int i = 0; i <= row; i++) {
        if (shares[i] > shares[top]) top = i;
        g_snprintf(id, sizeof id, "share.%d", i + 1);
        facts_leaf_real(f, facts_word(f, id), shares[i], UNIT_SHARE, source);
    }
    g_snprintf(id, sizeof id, "share.%d", top + 1);
    int share = facts_find(f, id);
    facts_real(f, "look.top_share", shares[top], UNIT_SHARE, "[largest share of the row]", FACTS(share));
    int column = facts_int(f, "look.top_column", top + 1, UNIT_COUNT, "the place of [largest share] in its row",
                           FACTS(share));
    facts_in_words(f, "look.top_token", t->tokens[top].text, "the token of column [column]", FACTS(column));
    facts_leaf_word(f, "look.token", t->tokens[row].text,
                    row >= t->n_prompt ? "chosen while the model ran"
                    : t->file          ? "trace file: ids and pieces"
                                       : "scene file: run.prompt");
}

/* What was left to draw from, and what was not. The shares stay those of the whole vocabulary. */
static void cut_facts(const struct trace_pass *p, struct facts *f)
{
    int vocabulary = facts_find(f, "sampling.vocabulary");
    int kept = facts_leaf(f, "sampling.kept", p->kept, UNIT_COUNT,
                          "counted while the model ran: tokens that top-k and top-p left to draw from");
    facts_int(f, "sampling.removed", facts_at(f, vocabulary)->i - p->kept, UNIT_COUNT, "[vocabulary] − [kept]",
              FACTS(vocabulary, kept));
    int cut = facts_leaf_real(f, "sampling.cut", p->cut, UNIT_SHARE,
                              "summed while the model ran: shares of the tokens that top-k and top-p took away");
    if (p->cut < 1)
        facts_real(f, "next.chance", p->candidates[p->sampled].share / (1 - p->cut), UNIT_SHARE,
                   "[share of the chosen token] ÷ (1 − [cut off]); with so much it was drawn",
                   FACTS(facts_find(f, "next.share"), cut));
}

void attention_next_facts(const struct trace *t, struct facts *f, int pass)
{
    const struct trace_pass *p = &t->passes[pass];
    static const char *const ids[TRACE_CANDIDATES] = { "next.share.1", "next.share.2", "next.share.3", "next.share.4",
                                                       "next.share.5", "next.share.6", "next.share.7", "next.share.8" };
    static const char source[] = "computed while the model ran: softmax over its vocabulary at the sampling temperature";
    for (int i = 0; i < p->n_candidates; i++) facts_leaf_real(f, ids[i], p->candidates[i].share, UNIT_SHARE, source);
    facts_leaf_word(f, "next.token", p->candidates[p->sampled].text, "chosen while the model ran");
    facts_leaf(f, "next.candidates", p->n_candidates, UNIT_COUNT, "counted: candidates shown");
    facts_leaf(f, "next.rank", p->sampled + 1, UNIT_COUNT, "counted: place of the chosen token among the candidates");
    facts_real(f, "next.share", p->candidates[p->sampled].share, UNIT_SHARE, "[share of the chosen token]",
               FACTS(facts_find(f, ids[p->sampled])));
    cut_facts(p, f);
}

const char *attention_cut_words(const struct attention *a, const struct trace_pass *p, struct font f, double room)
{
    static const char most[] = "kept {sampling.kept} of {sampling.vocabulary} tokens, {sampling.cut:percent1} cut off",
                      less[] = "kept {sampling.kept} of {sampling.vocabulary}, {sampling.cut:percent1} cut off",
                      least[] = "kept {sampling.kept} of {sampling.vocabulary}";
    if (!attention_cuts(a->trace, p)) return NULL;
    if (p->cut < 0.0005) return least;
    return canvas_wording(a->c, f, room, WORDINGS(most, less, least));
}
