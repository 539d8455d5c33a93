/* The roofline.
 *
 * Llama-3.1-8B in BF16 on an H100 (989 TFLOPS, 3,350 GB/s, ridge 295), one sequence at 8,192 tokens: a step reads
 * 7,504,924,672 parameters x 2 B and 8,192 x 131,072 B of cache, 16.1 GB in 4.8 ms, and computes 19.3 x 10^9
 * operations in 0.02 ms. Memory binds, and 208 tokens a second are the most.
 */
#include "sim/cost.h"
#include "sim/count.h"
#include "sim/exact.h"
#include "sim/traffic.h"
#include "sim/work.h"

#include <float.h>
#include <glib.h>
#include <math.h>

static double known(double value) { return value < 0 ? NAN : value; }
static double known_wide(__int128 value) { return value < 0 ? NAN : (double)value; }
static double known_rate(double value) { return value > 0 ? value : NAN; }

/* --- rates --- */

static double half_rate(const struct device *d, enum dtype t, const char **key)
{
    if (t == DTYPE_FP32) return 0;
    *key = t != DTYPE_FP16 && d->bf16_tflops > 0 ? "bf16_tflops" : "fp16_tflops";
    return **key == 'b' ? d->bf16_tflops : d->fp16_tflops > 0 ? d->fp16_tflops : 0;
}

double cost_rate(const struct device *d, enum dtype weights, enum dtype activations, const char **key)
{
    const char *ignored;
    if (!key) key = &ignored;
    *key = "fp16_tflops";
    if (weights == DTYPE_FP32 || activations == DTYPE_FP32) return 0;
    if (weights == DTYPE_FP8 && d->fp8_tflops > 0) return *key = "fp8_tflops", d->fp8_tflops * 1e12;
    if (weights == DTYPE_INT8 && activations == DTYPE_INT8 && d->int8_tops > 0)
        return *key = "int8_tops", d->int8_tops * 1e12;
    return half_rate(d, activations, key) * 1e12;
}

static double attention_rate(const struct setup *setup)
{
    return cost_rate(setup->device, setup->activations, setup->activations, NULL);
}

/* Indexers score in FP8 (arXiv:2512.02556, section 2.1) where the device can. */
static double scoring_rate(const struct setup *setup)
{
    return cost_rate(setup->device, DTYPE_FP8, setup->activations, NULL);
}

/* --- one step --- */

static int64_t micro_batch(const struct setup *setup)
{
    return count_over(setup->batch, count_times(setup->split.data, setup->split.pipeline));
}

static double sent_bytes(const struct setup *setup, int64_t tokens)
{
    struct split_traffic t = split_traffic_of(&setup->split, setup->model, setup->activations, tokens);
    return known((double)count_plus(t.tensor, count_plus(t.pipeline, t.expert)));
}

/* Fills in what follows from operations and bytes. */
static void weigh(const struct setup *setup, struct cost_step *c, int64_t tokens_out)
{
    const struct device *d = setup->device;
    double rate = known_rate(cost_rate(d, setup->weights, setup->activations, NULL)),
        bandwidth = known_rate((double)d->bandwidth);
    c->bytes = c->weights + c->cache_read + c->cache_written + c->activations;
    c->compute_s = c->matrix_ops / rate + c->attention_ops / known_rate(attention_rate(setup)) +
                   c->scoring_ops / known_rate(scoring_rate(setup));
    c->memory_s = c->bytes / bandwidth;
    c->network_s = c->sent == 0 ? 0 : c->sent / (known_rate((double)d->link_bandwidth) / 2);
    c->time_s = c->compute_s > c->memory_s ? c->compute_s : c->memory_s;
    if (isnan(c->compute_s)) c->time_s = NAN; /* which no comparison would tell */
    c->time_s += c->network_s;
    c->intensity = (c->matrix_ops + c->attention_ops + c->scoring_ops) / c->bytes;
    c->ridge = rate / bandwidth;
    if (!isnan(c->compute_s) && !isnan(c->memory_s)) c->bound = c->compute_s > c->memory_s ? COST_COMPUTE : COST_MEMORY;
    c->tokens_per_s = known((double)tokens_out) / c->time_s;
}

static void put_work(struct cost_step *c, const struct setup *setup, const struct work *w)
{
    double ranks = (double)setup->split.tensor;
    c->matrix_ops = (known_wide(w->body) + known_wide(w->logits)) / ranks;
    c->attention_ops = known_wide(w->attention) / ranks;
    c->scoring_ops = known_wide(w->scoring) / ranks;
}

static void put_weights(struct cost_step *c, const struct setup *setup, int64_t tokens, int64_t logits)
{
    struct traffic_weights w = traffic_weights(setup->model, &setup->split, setup->weights, tokens, logits);
    c->weights = known(w.dense) + known(w.experts);
}

struct cost_step cost_prefill(const struct setup *setup, int64_t prefix, int64_t tokens)
{
    struct cost_step c = { .sequences = 1 };
    struct work w = work_prefill(setup->model, prefix, tokens, 1);
    put_work(&c, setup, &w);
    put_weights(&c, setup, tokens, 1);
    c.cache_read = prefix ? known((double)traffic_cache_read(setup->model, &setup->split, setup->cache, prefix, 0)) : 0;
    c.cache_written = known((double)traffic_cache_written(setup->model, &setup->split, setup->cache, tokens));
    c.activations = known((double)traffic_activations(setup->model, &setup->split, setup->activations, tokens, 1));
    c.sent = sent_bytes(setup, tokens);
    weigh(setup, &c, count_times(tokens, count_times(setup->split.data, setup->split.pipeline)));
    return c;
}

struct cost_step cost_decode(const struct setup *setup, int64_t context)
{
    struct cost_step c = { .sequences = micro_batch(setup) };
    int64_t n = c.sequences, before = MAX(context, 1) - 1;
    struct work w = work_decode(setup->model, n, context);
    put_work(&c, setup, &w);
    put_weights(&c, setup, n, n);
    c.cache_read = (double)n * known((double)traffic_cache_read(setup->model, &setup->split, setup->cache, before, 1));
    c.cache_written = (double)n * known((double)traffic_cache_written(setup->model, &setup->split, setup->cache, 1));
    c.activations = known((double)traffic_activations(setup->model, &setup->split, setup->activations, n, n));
    c.sent = sent_bytes(setup, n);
    weigh(setup, &c, setup->batch);
    return c;
}

/* --- energy and money --- */

double cost_joules_per_token(const struct setup *setup, const struct cost_step *s)
{
    return known_rate(setup->device->tdp_w) * (double)split_devices(&setup->split) / s->tokens_per_s;
}

double cost_usd_per_million(const struct setup *setup, const struct cost_step *s)
{
    double usd_per_s = known_rate(setup->device->usd_per_hour) / 3600 * (double)split_devices(&setup->split);
    return usd_per_s / s->tokens_per_s * 1e6;
}

/* --- coefficients for a scheduler --- */

static struct cost_stream_rates stream_rates(const struct setup *setup, const struct stream *s, double score_ns,
                                             double byte_ns)
{
    double span = (double)s->span, cap = 1e18; /* times no sequences that is still none, which infinity would not be */
    if (s->keep == KEEP_WINDOW) cap = (double)s->sinks + span;
    if (s->keep == KEEP_CHUNK) cap = span;
    if (s->reads > 0) cap = MIN(cap, (double)s->reads * (s->keep == KEEP_EVERY ? span : 1)); /* as tokens */
    const struct model *m = setup->model;
    double layers = (double)s->layers;
    struct stream part = split_stream(&setup->split, s);
    return (struct cost_stream_rates){
        .reach = cap, .every = s->keep == KEEP_EVERY ? (double)s->span : 1,
        .prefill_score = layers * known((double)work_score_ops(m, s, work_prefill_form(m))) * score_ns,
        .decode_score = layers * known((double)work_score_ops(m, s, WORK_ABSORBED)) * score_ns,
        .entry = layers * known((double)stream_entry_bits(&part, &setup->cache)) / 8 * byte_ns,
    };
}

static void put_streams(const struct setup *setup, struct cost_rates *r, double ranks, double byte_ns)
{
    struct layout l = layout_of(setup->model);
    double score_ns = 1e9 / known_rate(attention_rate(setup)) / ranks;
    double index_ns = 1e9 / known_rate(scoring_rate(setup)) / ranks;
    for (int i = 0; i < l.n; i++) {
        const struct stream *s = &l.streams[i];
        if (s->keep != KEEP_STATE) {
            r->streams[r->n] = stream_rates(setup, s, work_is_scoring(s) ? index_ns : score_ns, byte_ns);
            r->token_memory += r->streams[r->n].entry / r->streams[r->n].every;
            r->known &= r->streams[r->n].entry >= 0 && r->streams[r->n].prefill_score >= 0 &&
                r->streams[r->n].decode_score >= 0;
            r->n++;
        } else if (stream_numbers(s) >= 0) r->state_memory += 2 * stream_rates(setup, s, 0, byte_ns).entry;
    }
    r->known &= l.n >= 0 && traffic_cache_read(setup->model, &setup->split, setup->cache, 0, 1) >= 0;
}

struct cost_rates cost_rates_of(const struct setup *setup)
{
    const struct model *m = setup->model;
    const struct split *s = &setup->split;
    struct cost_rates r = { .known = true, .met_by = MAX(s->expert / s->tensor, 1), .missed = 1 };
    double ranks = (double)s->tensor, byte_ns = 1e9 / known_rate((double)setup->device->bandwidth);
    double op_ns = 1e9 / known_rate(cost_rate(setup->device, setup->weights, setup->activations, NULL)) / ranks;
    r.token = 2 * known((double)work_body_params(m)) * op_ns;
    r.logits = 2 * known((double)work_last_params(m)) * op_ns;
    double all = known((double)traffic_activations(m, s, setup->activations, 1, 1)),
        none = known((double)traffic_activations(m, s, setup->activations, 1, 0));
    r.token_memory = none * byte_ns;
    r.logits_memory = (all - none) * byte_ns;
    r.dense = known(traffic_weights(m, s, setup->weights, 0, 0).dense) * byte_ns;
    r.last = known(traffic_weights(m, s, setup->weights, 0, 1).dense) * byte_ns - r.dense;
    if (split_params_of(m).expert) {
        r.missed = 1 - (double)m->experts_per_token / (double)m->experts;
        double bytes = known((double)split_params_of(m).expert) * (double)m->experts * dtype_bits(setup->weights) / 8;
        r.experts_all = bytes / (double)MAX(s->tensor, s->expert) * byte_ns;
    }
    double sent = sent_bytes(setup, 1);
    r.token_network = sent == 0 ? 0 : sent / (known_rate((double)setup->device->link_bandwidth) / 2) * 1e9;
    put_streams(setup, &r, ranks, byte_ns);
    r.known &= isfinite(r.token + r.logits + r.token_memory + r.logits_memory + r.dense + r.last + r.experts_all +
                        r.token_network);
    return r;
}

int64_t cost_load_ns(const struct cost_rates *r, const struct cost_load *load)
{
    double prefill = (double)load->prefill_tokens, decoded = (double)load->decode_tokens;
    double sequences = (double)load->decode_sequences, logits = (double)load->logits, tokens = prefill + decoded;
    if (!r->known) return -1;
    if (tokens <= 0) return 0;
    double compute = tokens * r->token + logits * r->logits;
    double memory = tokens * r->token_memory + logits * r->logits_memory + sequences * r->state_memory + r->dense;
    if (logits > 0) memory += r->last;
    int64_t choosing = (int64_t)MIN(tokens * (double)r->met_by, 9e18);
    if (r->experts_all > 0) memory += r->experts_all * (1 - exact_pow_int(r->missed, choosing));
    for (int i = 0; i < r->n; i++) {
        const struct cost_stream_rates *s = &r->streams[i];
        double context = (double)load->decode_context / s->every;
        compute += MIN((double)load->prefill_pairs, prefill * s->reach) / s->every * s->prefill_score;
        compute += MIN((double)load->decode_pairs, decoded * s->reach) / s->every * s->decode_score;
        memory += MIN(context, (sequences * s->reach + decoded - sequences) / s->every) * s->entry;
    }
    double ns = ceil(MAX(compute, memory) + tokens * r->token_network);
    return ns < 9.2e18 ? (int64_t)ns : -1;
}

int64_t cost_step_ns(const struct cost_rates *r, int64_t prefill_tokens, int64_t score_pairs, int64_t decode_sequences,
                     int64_t context_tokens, int64_t logits)
{
    return cost_load_ns(r, &(struct cost_load){ prefill_tokens, score_pairs, decode_sequences, decode_sequences,
                                                context_tokens, context_tokens, logits });
}
