/* The roofline with its formulas and sources. Every value comes from sim/cost.c; the formulas say the same over the
 * leaves. */
#include "sim/cost_facts.h"
#include "sim/cache_facts.h"
#include "sim/count.h"
#include "sim/leaf.h"
#include "sim/memory.h"
#include "sim/traffic.h"
#include "sim/work.h"

#include <math.h>

struct writer {
    const struct setup *setup;
    struct facts *f;
    const char *phase;              /* "decode", "prefill" */
    enum unit unit;                 /* of bytes */
    int sequences, tokens, logits;  /* facts: in the micro-batch; tokens and logits of one pass of it */
    int64_t n_tokens, n_logits;
    int tensor, pipeline, data, expert, batch, hidden, layers, width, activation_width;
};

static const char *by(const struct writer *w, const char *key)
{
    g_autofree char *text = g_strconcat(w->setup->by ? w->setup->by : "scene file: ", key, NULL);
    return facts_word(w->f, text);
}

/* "decode.time", "energy.decode_token" */
static const char *id_of(const struct writer *w, const char *format)
{
    char **parts = g_strsplit(format, "*", 2);
    g_autofree char *id = g_strjoin(w->phase, parts[0], parts[1], NULL);
    g_strfreev(parts);
    return facts_word(w->f, id);
}

/* Operations and bytes of a pipeline say that they are not of one device. */
static int put(const struct writer *w, const char *id, double value, enum unit unit, const char *formula,
               const int *deps)
{
    bool summed = w->setup->split.pipeline > 1 && (unit == UNIT_OPERATIONS || unit == w->unit);
    g_autofree char *text = g_strconcat(formula, strchr(formula, ';') ? ", " : "; ", "a tensor rank's of all stages",
                                        NULL);
    return facts_real(w->f, id_of(w, id), value, unit, summed ? facts_word(w->f, text) : formula, deps);
}

/* --- leaves --- */

/* A film's chapter has no such option: its model is on one device. */
static int part_leaf(const struct writer *w, const char *id, int64_t value, const char *key)
{
    return facts_leaf(w->f, id, value, UNIT_COUNT,
                      w->setup->by ? by(w, key) : "by definition: one device, nothing is split");
}

static int batch_fact(const struct writer *w)
{
    int chosen = facts_find(w->f, "mem.sequences");
    if (chosen < 0) return facts_leaf(w->f, "engine.batch", w->setup->batch, UNIT_COUNT, by(w, "batch"));
    return facts_int(w->f, "engine.batch", w->setup->batch, UNIT_COUNT, "[sequences]", FACTS(chosen));
}

static struct writer writer_of(const struct setup *setup, const char *phase, struct facts *f)
{
    struct writer w = { .setup = setup, .f = f, .phase = phase, .unit = memory_unit(setup->device) };
    w.tensor = part_leaf(&w, "split.tensor", setup->split.tensor, "tensor");
    w.pipeline = part_leaf(&w, "split.pipeline", setup->split.pipeline, "pipeline");
    w.data = part_leaf(&w, "split.data", setup->split.data, "data");
    w.expert = part_leaf(&w, "split.expert", setup->split.expert, "expert");
    w.batch = batch_fact(&w);
    w.hidden = leaf_model(f, setup->model, "model.hidden", setup->model->hidden, UNIT_COUNT, "hidden");
    w.layers = leaf_model(f, setup->model, "model.layers", setup->model->layers, UNIT_COUNT, "layers");
    w.width = leaf_dtype(f, "mem.weight_value_bytes", setup->weights, w.unit, by(&w, "weights"));
    w.activation_width = leaf_dtype(f, "engine.activation_bytes", setup->activations, w.unit,
                                    "activations, as engines compute");
    return w;
}

static int rate_leaf(const struct writer *w, const char *id, double rate, const char *key)
{
    return leaf_device_real(w->f, w->setup->device, id, rate, UNIT_OPERATIONS_PER_S, key);
}

/* --- parameters --- */

struct params { int body, table, rest, expert; };

static int expert_fact(const struct writer *w, int64_t value, int total, int experts, int chosen)
{
    const struct model *m = w->setup->model;
    if (!split_expert_is_shaped(m)) {
        int active = leaf_model(w->f, m, "model.params_active", m->params_active, UNIT_COUNT, "params_active");
        return fact_whole(w->f, "model.expert", value, UNIT_COUNT,
                          "([parameters] − [active parameters]) ÷ ([experts] − [experts a token]), rounded up; one "
                          "expert, over all layers",
                          FACTS(total, active, experts, chosen));
    }
    int sparse = leaf_model(w->f, m, "model.sparse_layers", m->layers - m->dense_layers, UNIT_COUNT,
                            "layers less dense_layers");
    int width = leaf_model(w->f, m, "model.intermediate", m->intermediate, UNIT_COUNT, "intermediate");
    return fact_whole(w->f, "model.expert", value, UNIT_COUNT, "3 × [hidden width] × [width of an expert] × [sparse "
                                                               "layers]; one expert, over all layers",
                      FACTS(w->hidden, width, sparse));
}

static struct params params_facts(const struct writer *w)
{
    const struct model *m = w->setup->model;
    struct split_params s = split_params_of(m);
    struct params p = { .expert = -1 };
    int total = leaf_model(w->f, m, "model.params", m->params_total, UNIT_COUNT, "params_total");
    int vocab = leaf_model(w->f, m, "model.vocab", m->vocab, UNIT_COUNT, "vocab");
    p.table = fact_whole(w->f, "model.table", s.table, UNIT_COUNT, "[vocabulary] × [hidden width]",
                         FACTS(vocab, w->hidden));
    int tables = leaf_model(w->f, m, "model.tables", s.tables, UNIT_COUNT, m->tied_embeddings == SAID_NOTHING
        ? "tied_embeddings, which nobody published: taken as no, so that what multiplies is the least it can be"
            : "tied_embeddings");
    if (!s.expert) {
        p.rest = p.body = fact_whole(w->f, "model.rest", s.rest, UNIT_COUNT,
                                     "[parameters] − [tables of embeddings] × [parameters of a table]",
                                     FACTS(total, tables, p.table));
        return p;
    }
    int experts = leaf_model(w->f, m, "model.experts", m->experts, UNIT_COUNT, "experts");
    int chosen = leaf_model(w->f, m, "model.experts_per_token", m->experts_per_token, UNIT_COUNT, "experts_per_token");
    p.expert = expert_fact(w, s.expert, total, experts, chosen);
    p.rest = fact_whole(w->f, "model.rest", s.rest, UNIT_COUNT,
                        "[parameters] − [tables of embeddings] × [parameters of a table] − [experts] × [parameters "
                        "of an expert]",
                        FACTS(total, tables, p.table, experts, p.expert));
    p.body = fact_whole(w->f, "model.body", work_body_params(m), UNIT_COUNT,
                        "[parameters but tables and experts] + [experts a token] × [parameters of an expert]",
                            FACTS(p.rest, chosen, p.expert));
    return p;
}

/* --- operations --- */

static const char *stream_id(const struct writer *w, const struct stream *s, const char *what)
{
    char id[96];
    g_snprintf(id, sizeof id, "%s.%s.%s", w->phase, s->name, what);
    return facts_word(w->f, id);
}

/* A number that only a model's `caches` say. */
static int stream_leaf(const struct writer *w, const struct stream *s, const char *key, int64_t value)
{
    char text[96];
    g_snprintf(text, sizeof text, "caches, %s.%s", s->name, key);
    return leaf_model(w->f, w->setup->model, stream_id(w, s, key), value, UNIT_COUNT, facts_word(w->f, text));
}

static int score_ops_fact(const struct writer *w, const struct stream *s, enum work_form form)
{
    const struct model *m = w->setup->model;
    int64_t ops = work_score_ops(m, s, form);
    if (work_is_scoring(s))
        return fact_whole(w->f, stream_id(w, s, "score_ops"), ops, UNIT_COUNT, "2 × [index heads] × [key width]",
                          FACTS(stream_leaf(w, s, "index_heads", s->index_heads),
                                stream_leaf(w, s, "k_width", s->k_width)));
    int heads = leaf_model(w->f, m, "model.heads", m->heads, UNIT_COUNT, "heads"), key, value;
    const char *formula = "2 × [heads] × ([key width] + [value width])";
    if (s->latent <= 0 && s->shared) {
        key = stream_leaf(w, s, "k_width", s->k_width);
        return fact_whole(w->f, stream_id(w, s, "score_ops"), ops, UNIT_COUNT,
                          "2 × [heads] × ([width] + [width]); the key is the value, too", FACTS(heads, key, key));
    }
    if (s->latent <= 0) {
        key = leaf_model(w->f, m, stream_id(w, s, "key_width"), s->k_width, UNIT_COUNT, "head_dim");
        value = leaf_model(w->f, m, stream_id(w, s, "value_width"), s->v_width, UNIT_COUNT, "head_dim or v_head_dim");
        return fact_whole(w->f, stream_id(w, s, "score_ops"), ops, UNIT_COUNT, formula, FACTS(heads, key, value));
    }
    int rope = leaf_model(w->f, m, stream_id(w, s, "rotary_width"), s->rope, UNIT_COUNT, "qk_rope_head_dim");
    if (form == WORK_ABSORBED) {
        int rank = leaf_model(w->f, m, stream_id(w, s, "latent_rank"), s->latent, UNIT_COUNT, "kv_lora_rank");
        return fact_whole(w->f, stream_id(w, s, "score_ops"), ops, UNIT_COUNT,
                          "2 × [heads] × ([latent rank] + [rotary width] + [latent rank]); absorbed: against the "
                          "latent itself",
                          FACTS(heads, rank, rope, rank));
    }
    key = leaf_model(w->f, m, stream_id(w, s, "key_width"), m->qk_nope_head_dim, UNIT_COUNT, "qk_nope_head_dim");
    value = leaf_model(w->f, m, stream_id(w, s, "value_width"), m->v_head_dim, UNIT_COUNT, "v_head_dim");
    return fact_whole(w->f, stream_id(w, s, "score_ops"), ops, UNIT_COUNT,
                      "2 × [heads] × ([key width] + [rotary width] + [value width]); keys and values made from the "
                      "latent",
                      FACTS(heads, key, rope, value));
}

/* The scores of one sequence in one layer. context: what the last token sees; prefix: before the step's tokens. */
static int scores_fact(const struct writer *w, const struct stream *s, int context, int64_t prefix, int64_t tokens)
{
    const char *id = stream_id(w, s, "scores");
    int64_t scores = work_scores(s, prefix, tokens);
    if (s->reads > 0) {
        int seen = context >= 0 ? context : w->tokens, reads = stream_leaf(w, s, "reads", s->reads);
        return fact_whole(w->f, id, scores, UNIT_COUNT,
                          s->keep == KEEP_ALL && context >= 0 ? "[context], at most [entries that a query reads]"
                              : "kept entries that each new one of [tokens] sees, of them [entries that a query reads] "
                                "at most", FACTS(seen, reads));
    }
    if (s->keep == KEEP_ALL && context >= 0)
        return fact_whole(w->f, id, scores, UNIT_COUNT, "[context]; the new token sees all", FACTS(context));
    if (s->keep == KEEP_ALL) {
        int before = facts_leaf(w->f, "prefill.prefix", prefix, UNIT_TOKENS, by(w, "prefix"));
        return fact_whole(w->f, id, scores, UNIT_COUNT, "[tokens] × [cached before] + [tokens] × ([tokens] + 1) ÷ 2; "
                                                        "each sees those before it, and itself",
                          FACTS(w->tokens, before, w->tokens, w->tokens));
    }
    return fact_whole(w->f, id, scores, UNIT_COUNT, "kept tokens that each new one of [tokens] sees",
                      FACTS(context >= 0 ? context : w->tokens));
}

static const char *layers_key(const struct writer *w, const struct stream *s, bool derived)
{
    char key[96];
    if (derived && s->keep == KEEP_WINDOW) return "windowed_layers";
    if (derived) return w->setup->model->full_layers ? "full_layers" : "layers";
    g_snprintf(key, sizeof key, "caches, %s.layers", s->name);
    return facts_word(w->f, key);
}

/* Of attention, or of what an indexer scores to choose; -1 where no known indexer is. */
static int scores_sum_fact(const struct writer *w, const struct cost_step *c, bool scoring, int context, int64_t prefix,
                           int64_t tokens)
{
    struct layout l = layout_of(w->setup->model);
    g_autoptr(GString) formula = g_string_new(NULL);
    int deps[CACHE_MOST_STREAMS + 3], n = 0;
    enum work_form form = context >= 0 ? WORK_ABSORBED : work_prefill_form(w->setup->model);
    if (l.n < 0 && scoring) return -1;
    if (l.n < 0) return facts_unknown(w->f, id_of(w, "*.ops_attention"), UNIT_OPERATIONS,
                                      "the model does not say which of its layers keep what");
    deps[n++] = w->sequences;
    for (int i = 0; i < l.n; i++) {
        const struct stream *s = &l.streams[i];
        int64_t each = work_score_ops(w->setup->model, s, form);
        if (!each || work_is_scoring(s) != scoring) continue;
        int layers = leaf_model(w->f, w->setup->model, stream_id(w, s, "layers"), s->layers, UNIT_COUNT,
                                layers_key(w, s, l.derived));
        int ops = score_ops_fact(w, s, form), scores = scores_fact(w, s, context, prefix, tokens);
        double value = (double)s->layers * (double)each * (double)work_scores(s, prefix, tokens);
        deps[n++] = facts_real(w->f, stream_id(w, s, "ops"), value, UNIT_OPERATIONS,
                               "[layers] × [operations a score] × [scores]", FACTS(layers, ops, scores));
        g_string_append_printf(formula, "%s[%s layers]", formula->len ? " + " : "", s->name);
    }
    if (!formula->len && scoring) return -1;
    if (!formula->len) g_string_append(formula, "0");
    deps[n++] = w->tensor;
    deps[n] = -1;
    g_autofree char *text = g_strdup_printf("[sequences] × (%s) ÷ [tensor ranks]%s", formula->str,
                                            scoring ? "; an indexer chooses what attention reads"
                                            : work_is_partial(w->setup->model) ? "; states and indexers are left out"
                                                                               : "");
    return put(w, scoring ? "*.ops_scoring" : "*.ops_attention", scoring ? c->scoring_ops : c->attention_ops,
               UNIT_OPERATIONS, facts_word(w->f, text), deps);
}

static int matrix_fact(const struct writer *w, const struct cost_step *c, const struct params *p)
{
    return put(w, "*.ops_matrix", c->matrix_ops, UNIT_OPERATIONS,
               "2 × ([tokens] × [parameters a token passes] + [logits] × [last matrix]) ÷ [tensor ranks]; a "
               "multiplication and an addition each",
               FACTS(w->tokens, p->body, w->logits, p->table, w->tensor));
}

/* Facts; scoring -1: none. */
struct ops { int matrix, attention, scoring; };

static struct ops ops_facts(const struct writer *w, const struct cost_step *c, const struct params *p, int context,
                            int64_t prefix, int64_t tokens)
{
    return (struct ops){ matrix_fact(w, c, p), scores_sum_fact(w, c, false, context, prefix, tokens),
                         scores_sum_fact(w, c, true, context, prefix, tokens) };
}

/* --- bytes --- */

static int weights_fact(const struct writer *w, const struct cost_step *c, const struct params *p)
{
    const struct setup *setup = w->setup;
    const struct model *m = setup->model;
    if (p->expert < 0)
        return put(w, "*.bytes_weights", c->weights, w->unit, "([parameters but tables] + [last matrix]) × [bytes a "
                                                              "number] ÷ [tensor ranks]; each once",
                   FACTS(p->rest, p->table, w->width, w->tensor));
    int experts = facts_find(w->f, "model.experts"), chosen = facts_find(w->f, "model.experts_per_token");
    const struct split *s = &setup->split;
    int64_t groups = MAX(s->expert / s->tensor, 1), ranks = MAX(s->expert, s->tensor);
    int spread = facts_int(w->f, id_of(w, "*.expert_ranks"), ranks, UNIT_COUNT,
                           "[expert ranks], at least [tensor ranks]", FACTS(w->expert, w->tensor));
    int meet = facts_int(w->f, id_of(w, "*.tokens_that_meet"), count_times(w->n_tokens, groups), UNIT_COUNT,
                         "[tokens] × ([devices an expert group has] ÷ [tensor ranks])",
                         FACTS(w->tokens, spread, w->tensor));
    double met = traffic_experts(m->experts, m->experts_per_token, count_times(w->n_tokens, groups));
    int distinct = put(w, "*.experts_met", met, UNIT_NUMBER,
                       "[experts] × (1 − (1 − [experts a token] ÷ [experts])^[tokens that choose]); expected under "
                       "uniform routing, all of them at most",
                       FACTS(experts, chosen, experts, meet));
    return put(w, "*.bytes_weights", c->weights, w->unit,
               "(([parameters but tables and experts] + [last matrix]) ÷ [tensor ranks] + [experts met] × "
               "[parameters of an expert] ÷ [expert ranks]) × [bytes a number]",
               FACTS(p->rest, p->table, w->tensor, distinct, p->expert, spread, w->width));
}

static int64_t kv_copies(const struct setup *setup)
{
    struct layout l = layout_of(setup->model);
    if (l.n < 1) return -1;
    return l.streams[0].latent > 0 ? setup->split.tensor : split_kv_copies(&setup->split, l.streams[0].kv_heads);
}

static int copies_fact(const struct writer *w)
{
    const struct model *m = w->setup->model;
    struct layout l = layout_of(m);
    if (l.n < 1) return facts_unknown(w->f, "split.kv_copies", UNIT_COUNT,
                                      "the model does not say which of its layers keep what");
    if (l.streams[0].latent > 0)
        return fact_whole(w->f, "split.kv_copies", w->setup->split.tensor, UNIT_COUNT,
                          "[tensor ranks]; a latent belongs to all heads", FACTS(w->tensor));
    int kv = leaf_model(w->f, m, "model.kv_heads", l.streams[0].kv_heads, UNIT_COUNT, "kv_heads");
    fact_whole(w->f, "split.kv_heads", split_kv_heads(&w->setup->split, l.streams[0].kv_heads), UNIT_COUNT,
               "[KV heads] ÷ [tensor ranks], rounded up; a head is never cut", FACTS(kv, w->tensor));
    return fact_whole(w->f, "split.kv_copies", kv_copies(w->setup), UNIT_COUNT,
                      "[tensor ranks] ÷ [KV heads], rounded down, at least 1",
                      FACTS(w->tensor, kv));
}

/* A rank's part of something that a sequence keeps: a plain share where that is what it is, else in words. */
static int rank_share(const struct writer *w, const char *id, double value, int whole, int64_t copies)
{
    const struct fact *v = facts_at(w->f, whole);
    if (v->kind == FACT_INT && value * (double)w->setup->split.tensor == v->r)
        return put(w, id, value, w->unit, "[cache of one sequence] ÷ [tensor ranks]", FACTS(whole, w->tensor));
    if (v->kind == FACT_INT && copies > 0 && value * (double)w->setup->split.tensor == v->r * (double)copies)
        return put(w, id, value, w->unit, "[cache of one sequence] × [copies] ÷ [tensor ranks]",
                   FACTS(whole, copies_fact(w), w->tensor));
    return put(w, id, value, w->unit, "what a rank reads of [cache of one sequence], each kind of layer apart",
               FACTS(whole));
}

static int activations_fact(const struct writer *w, const struct cost_step *c)
{
    int vocab = facts_find(w->f, "model.vocab");
    return put(w, "*.bytes_activations", c->activations, w->unit,
               "([tokens] × [hidden width] × (4 × [layers] + 1) × [tensor ranks] + [logits] × [vocabulary]) × [bytes "
               "a number] ÷ [tensor ranks], rounded up;"
               " in and out of both halves of a layer",
               FACTS(w->tokens, w->hidden, w->layers, w->tensor, w->logits, vocab, w->activation_width, w->tensor));
}

static int sent_fact(const struct writer *w, const struct cost_step *c)
{
    const struct setup *setup = w->setup;
    struct split_traffic t = split_traffic_of(&setup->split, setup->model, setup->activations, w->n_tokens);
    int tensor = fact_whole(w->f, id_of(w, "*.sent_tensor"), t.tensor, w->unit,
                            "2 × [layers] × [tokens] × [hidden width] × [bytes a number] × 2 × ([tensor ranks] − 1) "
                            "÷ [tensor ranks], rounded up;"
                            " two all-reduces a layer",
                            FACTS(w->layers, w->tokens, w->hidden, w->activation_width, w->tensor, w->tensor));
    int pipeline = fact_whole(w->f, id_of(w, "*.sent_pipeline"), t.pipeline, w->unit,
                              "([stages] − 1) × [tokens] × [hidden width] × [bytes a number] ÷ [tensor ranks], "
                              "rounded up",
                              FACTS(w->pipeline, w->tokens, w->hidden, w->activation_width, w->tensor));
    int expert = t.expert ? fact_whole(w->f, id_of(w, "*.sent_expert"), t.expert, w->unit,
                                       "hidden vectors of [tokens] to the experts of each and back, as far as they "
                                       "leave the tensor group", FACTS(w->tokens))
                          : facts_leaf(w->f, id_of(w, "*.sent_expert"), 0, w->unit,
                                       "no expert lies outside of its token's tensor group");
    return put(w, "*.bytes_sent", c->sent, w->unit, "[all-reduces] + [between stages] + [to experts and back]; the "
                                                    "cache does not move",
               FACTS(tensor, pipeline, expert));
}

/* --- time --- */

static int price_leaf(const struct writer *w)
{
    const struct device *d = w->setup->device;
    char text[512];
    g_snprintf(text, sizeof text, "device %s, usd_per_hour, %s: %s", d->id ? d->id : "without id",
               d->price_date ? d->price_date : "no date given", d->price_source ? d->price_source : "no source given");
    if (d->usd_per_hour > 0) return facts_leaf_real(w->f, "device.usd_per_hour", d->usd_per_hour, UNIT_USD,
                                                    facts_word(w->f, text));
    return leaf_device_real(w->f, d, "device.usd_per_hour", 0, UNIT_USD, "usd_per_hour");
}

static void money_facts(const struct writer *w, const struct cost_step *c, struct cost_facts *o)
{
    const struct setup *setup = w->setup;
    int devices = fact_whole(w->f, "split.devices", split_devices(&setup->split), UNIT_COUNT,
                             "[tensor] × [pipeline] × [data]",
                             FACTS(w->tensor, w->pipeline, w->data));
    int tdp = leaf_device_real(w->f, setup->device, "device.tdp", setup->device->tdp_w, UNIT_WATTS, "tdp_w"),
        price = price_leaf(w);
    double joules = cost_joules_per_token(setup, c), kwh = joules * 1e6 / 3.6e6;
    o->joules = put(w, "energy.*_token", joules, UNIT_JOULES, "[power limit] × [devices] ÷ [tokens a second]; power "
                                                              "is an upper bound, time a lower one",
                    FACTS(tdp, devices, o->tokens_per_s));
    put(w, "energy.*_kwh", kwh, UNIT_NUMBER, "[energy of a token] × 1000000 ÷ 3600000; kWh for a million tokens",
        FACTS(o->joules));
    o->usd = put(w, "cost.*_usd", cost_usd_per_million(setup, c), UNIT_USD,
                 "[price an hour] × [devices] ÷ 3600 ÷ [tokens a second] × 1000000; a million tokens, a lower bound: "
                 "no device ever idle",
                 FACTS(price, devices, o->tokens_per_s));
}

static int compute_fact(const struct writer *w, const struct cost_step *c, const struct ops *ops, int rate)
{
    const struct setup *setup = w->setup;
    const char *key;
    double fine = cost_rate(setup->device, setup->activations, setup->activations, &key);
    int attention_rate = rate_leaf(w, "device.attention_rate", fine, key);
    if (ops->scoring < 0)
        return put(w, "*.time_compute", c->compute_s, UNIT_SECONDS,
                   "[matrix operations] ÷ [peak rate] + [attention operations] ÷ [peak rate of its numbers]",
                   FACTS(ops->matrix, rate, ops->attention, attention_rate));
    double narrow = cost_rate(setup->device, DTYPE_FP8, setup->activations, &key);
    int scoring_rate = rate_leaf(w, "device.scoring_rate", narrow, key);
    return put(w, "*.time_compute", c->compute_s, UNIT_SECONDS,
               "[matrix operations] ÷ [peak rate] + [attention operations] ÷ [peak rate of its numbers] + [scoring "
               "operations] ÷ [peak rate of FP8]; of 16-bit numbers where the device has none of FP8",
               FACTS(ops->matrix, rate, ops->attention, attention_rate, ops->scoring, scoring_rate));
}

static const char *time_remark(const struct writer *w, const struct cost_step *c)
{
    if (w->setup->split.pipeline > 1 && *w->phase == 'p')
        return "[time of the device] + [time of the links]; one prompt through all stages, one after another: chunks "
               "of it could overlap, so this is no lower bound";
    return c->sent == 0 ? "[time of the device] + [time of the links]; a lower bound: the device's peak rates"
                        : "[time of the device] + [time of the links]; a lower bound where links do not work during "
                          "the rest";
}

static void time_facts(const struct writer *w, const struct cost_step *c, const struct ops *ops, int sent,
                       struct cost_facts *o)
{
    const struct setup *setup = w->setup;
    const char *key;
    double peak = cost_rate(setup->device, setup->weights, setup->activations, &key);
    int rate = rate_leaf(w, "device.rate", peak, key);
    int bandwidth = leaf_device(w->f, setup->device, "device.bandwidth", setup->device->bandwidth, UNIT_BYTES_PER_S,
                                "bandwidth");
    int compute = compute_fact(w, c, ops, rate);
    int memory = put(w, "*.time_memory", c->memory_s, UNIT_SECONDS, "[bytes] ÷ [bandwidth]",
                     FACTS(o->bytes, bandwidth)), network;
    if (c->sent == 0) network = facts_leaf(w->f, id_of(w, "*.time_network"), 0, UNIT_SECONDS,
                                           "one device has nobody to send to");
    else {
        int link = leaf_device(w->f, setup->device, "device.link", setup->device->link_bandwidth, UNIT_BYTES_PER_S,
                               "link_bandwidth, both directions");
        network = put(w, "*.time_network", c->network_s, UNIT_SECONDS, "[bytes sent] ÷ ([link, both directions] ÷ 2)",
                      FACTS(sent, link));
    }
    int device = put(w, "*.time_device", MAX(c->compute_s, c->memory_s), UNIT_SECONDS,
                     "[time to compute], at least [time of memory]", FACTS(compute, memory));
    o->time = put(w, "*.time", c->time_s, UNIT_SECONDS, time_remark(w, c), FACTS(device, network));
    o->ridge = facts_real(w->f, "device.ridge", c->ridge, UNIT_NUMBER, "[peak rate] ÷ [bandwidth]; operations a byte",
                          FACTS(rate, bandwidth));
    const int *sides = FACTS(compute, memory);
    o->bound = c->bound ? facts_in_words(w->f, id_of(w, "*.bound"), c->bound == COST_COMPUTE ? "compute" : "memory",
                                         "the larger of [time to compute] and [time of memory]", sides)
                        : facts_unknown(w->f, id_of(w, "*.bound"), UNIT_COUNT, "a time is unknown");
    put(w, "*.mfu", c->compute_s / c->time_s, UNIT_SHARE, "[time to compute] ÷ [time]; share of the peak rate, at "
                                                          "most", FACTS(compute, o->time));
    put(w, "*.mbu", c->memory_s / c->time_s, UNIT_SHARE, "[time of memory] ÷ [time]; share of the bandwidth, at most",
        FACTS(memory, o->time));
}

static struct cost_facts step_facts(const struct writer *w, const struct cost_step *c, const struct ops *ops,
                                    const int *bytes)
{
    struct cost_facts o = { 0 };
    o.ops = put(w, "*.ops", c->matrix_ops + c->attention_ops + c->scoring_ops, UNIT_OPERATIONS,
                ops->scoring < 0 ? "[matrices] + [attention]" : "[matrices] + [attention] + [scoring]",
                FACTS(ops->matrix, ops->attention, ops->scoring)); /* which ends where there is none */
    o.bytes = put(w, "*.bytes", c->bytes, w->unit, "[weights] + [cache read] + [cache written] + [activations]; each "
                                                   "once, a lower bound", bytes);
    time_facts(w, c, ops, sent_fact(w, c), &o);
    o.intensity = put(w, "*.intensity", c->intensity, UNIT_NUMBER, "[operations] ÷ [bytes]; operations a byte",
                      FACTS(o.ops, o.bytes));
    return o;
}

/* --- the two phases --- */

static struct cache_facts sequence_facts(const struct writer *w, int context)
{
    struct cache_choice choice = { w->setup->model, w->setup->cache, by(w, "cache"), w->unit };
    return cache_facts_at(&choice, context, w->f);
}

struct cost_facts cost_decode_facts(const struct setup *setup, int context, struct facts *facts)
{
    struct writer w = writer_of(setup, "decode", facts);
    int64_t seen = facts_at(facts, context)->i;
    struct cost_step c = cost_decode(setup, seen);
    w.n_tokens = w.n_logits = c.sequences;
    w.sequences = w.tokens = w.logits = fact_whole(facts, "decode.sequences", c.sequences, UNIT_COUNT,
        "[batch] ÷ ([copies of the model] × [stages]), rounded up; a micro-batch", FACTS(w.batch, w.data, w.pipeline));
    struct params p = params_facts(&w);
    struct cache_facts cache = sequence_facts(&w, context);
    struct ops ops = ops_facts(&w, &c, &p, context, MAX(seen, 1) - 1, 1);
    double n = (double)c.sequences;
    int rank = rank_share(&w, "*.cache_of_rank", c.cache_read / n, cache.sequence, kv_copies(setup));
    int read = put(&w, "*.bytes_cache", c.cache_read, w.unit, "[sequences] × [cache of one on a rank]; all that the "
                                                              "new tokens read", FACTS(w.sequences, rank));
    int each = rank_share(&w, "*.written_of_rank", c.cache_written / n, cache.per_token, kv_copies(setup));
    int written = put(&w, "*.bytes_written", c.cache_written, w.unit, "[sequences] × [new entries of one on a rank]",
                      FACTS(w.sequences, each));
    struct cost_facts o = step_facts(&w, &c, &ops, FACTS(weights_fact(&w, &c, &p), read, written,
                                                         activations_fact(&w, &c)));
    o.tokens_per_s = put(&w, "*.tokens_per_s", c.tokens_per_s, UNIT_NUMBER,
                         "[batch] ÷ [time]; an upper bound, of all devices", FACTS(w.batch, o.time));
    money_facts(&w, &c, &o);
    return o;
}

struct cost_facts cost_prefill_facts(const struct setup *setup, int tokens, int64_t prefix, struct facts *facts)
{
    struct writer w = writer_of(setup, "prefill", facts);
    int64_t n = facts_at(facts, tokens)->i;
    struct cost_step c = cost_prefill(setup, prefix, n);
    w.n_tokens = n, w.n_logits = 1, w.tokens = tokens;
    w.sequences = facts_leaf(facts, "prefill.sequences", 1, UNIT_COUNT, "one prompt at a time in each micro-batch");
    w.logits = facts_leaf(facts, "prefill.logits", 1, UNIT_COUNT, "only a prompt's last token needs its logits");
    struct params p = params_facts(&w);
    struct ops ops = ops_facts(&w, &c, &p, -1, prefix, n);
    int before = facts_leaf(facts, "prefill.prefix", prefix, UNIT_TOKENS, by(&w, "prefix"));
    int read = put(&w, "*.bytes_cache", c.cache_read, w.unit, "what a tensor rank reads of [cached before], once",
                   FACTS(before));
    int written = put(&w, "*.bytes_written", c.cache_written, w.unit, "entries of [tokens] in all layers, as far as "
                                                                      "a tensor rank keeps them", FACTS(tokens));
    struct cost_facts o = step_facts(&w, &c, &ops, FACTS(weights_fact(&w, &c, &p), read, written,
                                                         activations_fact(&w, &c)));
    o.tokens_per_s = put(&w, "*.tokens_per_s", c.tokens_per_s, UNIT_NUMBER,
                         "[tokens] × [copies of the model] × [stages] ÷ [time]; an upper bound, of all devices",
                         FACTS(tokens, w.data, w.pipeline, o.time));
    money_facts(&w, &c, &o);
    return o;
}

/* --- what one device holds --- */

void cost_split_facts(const struct setup *setup, int context, struct facts *facts)
{
    struct writer w = writer_of(setup, "split", facts);
    const struct split *s = &setup->split;
    int64_t tokens = facts_at(facts, context)->i;
    struct cache_facts cache = sequence_facts(&w, context);
    fact_whole(facts, "split.devices", split_devices(s), UNIT_COUNT, "[tensor] × [pipeline] × [data]",
               FACTS(w.tensor, w.pipeline, w.data));
    fact_whole(facts, "split.stage_layers", setup->model->layers > 0 ? split_stage_layers(s, setup->model->layers) : -1,
               UNIT_COUNT,
               "[layers] ÷ [stages], rounded up; the fullest stage", FACTS(w.layers, w.pipeline));
    copies_fact(&w);
    int params = leaf_model(facts, setup->model, "model.params", setup->model->params_total, UNIT_COUNT,
                            "params_total");
    fact_whole(facts, "split.weights", split_weight_bytes(s, setup->model, setup->weights), w.unit,
               "the share of [parameters] on the fullest of [tensor ranks] and [stages], as if all layers were "
               "equally large", FACTS(params, w.tensor, w.pipeline));
    fact_whole(facts, "split.cache", split_cache_bytes(s, setup->model, setup->cache, tokens), w.unit,
               "what the fullest device of [tensor ranks] and [stages] keeps of [cache of one sequence]",
                   FACTS(w.tensor, w.pipeline, cache.sequence));
    int64_t all = split_cache_sum(s, setup->model, setup->cache, tokens);
    int sum = fact_whole(facts, "split.cache_sum", all, w.unit, "what all devices of one copy keep together of "
                                                                "[cache of one sequence]; with what is kept several "
                                                                "times",
                         FACTS(cache.sequence));
    facts_real(facts, "split.overhead", (double)all / facts_at(facts, cache.sequence)->r, UNIT_RATIO,
               "[kept by all devices] ÷ [cache of one sequence]",
               FACTS(sum, cache.sequence));
}

/* --- attention alone --- */

enum { FLASH_ROWS = 128 };

static void scratch_facts(const struct writer *w, int heads, int tokens, int64_t plain)
{
    fact_whole(w->f, "flash.scratch_plain", plain, w->unit, "[heads] × [tokens] × [tokens] × [bytes a number]; the "
                                                            "scores, while the layer works",
               FACTS(heads, tokens, tokens, w->activation_width));
    facts_leaf(w->f, "flash.scratch", 0, w->unit, "FlashAttention keeps no scores in memory (arXiv:2307.08691, "
                                                  "algorithm 1)");
}

void cost_flash_facts(const struct setup *setup, int tokens, struct facts *facts)
{
    struct writer w = writer_of(setup, "flash", facts);
    const struct model *m = setup->model;
    int64_t n = facts_at(facts, tokens)->i, d = m->attention == ATTENTION_MLA ? 0 : m->head_dim,
        bits = dtype_bits(setup->activations);
    int heads = leaf_model(facts, m, "model.heads", m->heads, UNIT_COUNT, "heads"), width = leaf_model(facts, m,
            "model.head_dim", d, UNIT_COUNT, "head_dim");
    int rows = facts_leaf(facts, "flash.rows", FLASH_ROWS, UNIT_COUNT, "queries in a block: FlashAttention-2 "
                                                                       "(arXiv:2307.08691), section 3.3");
    int64_t plain = count_share(count_times(m->heads, traffic_plain(n, d)), bits, 8),
        flash = count_share(count_times(m->heads, traffic_flash2(n, d, FLASH_ROWS)), bits, 8);
    int blocks = fact_whole(facts, "flash.blocks", count_over(n, FLASH_ROWS), UNIT_COUNT,
                            "[tokens] ÷ [queries in a block], rounded up", FACTS(tokens, rows));
    int old = fact_whole(facts, "flash.bytes_plain", plain, w.unit,
                         "[heads] × 4 × [tokens] × ([head width] + [tokens]) × [bytes a number]; the scores go out "
                         "and in twice",
                         FACTS(heads, tokens, width, tokens, w.activation_width));
    int fused = fact_whole(facts, "flash.bytes", flash, w.unit,
                           "[heads] × [tokens] × (2 × [head width] + 1 + [blocks] × 2 × [head width]) × [bytes a "
                           "number]; each block of queries passes over all keys",
                           FACTS(heads, tokens, width, blocks, width, w.activation_width));
    facts_real(facts, "flash.saved", (double)plain / (double)flash, UNIT_RATIO,
               "[plain] ÷ [FlashAttention]; of traffic, not of the cache", FACTS(old, fused));
    facts_real(facts, "flash.ops", 4.0 * (double)m->heads * (double)d * (double)n * (double)n, UNIT_OPERATIONS,
               "4 × [heads] × [head width] × [tokens]²; the same in both", FACTS(heads, width, tokens));
    scratch_facts(&w, heads, tokens, traffic_scratch(m->heads, n, setup->activations, 1));
}
