/* From options to a run: the model's memory gives the blocks, the roofline the time of each step, the seed the load.
 *
 * Blocks: what the device's share of memory holds beside its part of the weights and the states of linear layers. A
 * block holds the entries of so many tokens in all layers. Where layers forget, it is what so many tokens add once all
 * windows are full, and a sequence has blocks for its windows besides.
 */
#include "base/suggest.h"
#include "base/unit.h"
#include "cmd/serve.h"
#include "sim/cache.h"
#include "sim/cost_facts.h"
#include "sim/count.h"
#include "sim/leaf.h"

#include <math.h>
#include <string.h>

static const char *const arrivals_names[] = { "at-once", "even", "poisson", NULL };
static const char *const batching_names[] = { "continuous", "static", NULL };
static const char *const preemption_names[] = { "recompute", "swap", NULL };

#define ROW_OF(kind, field, ...) ROW_##kind(struct serve_options, field, #field, __VA_ARGS__)

const struct row serve_rows[] = {
    ROW_OF(TEXT, model, .def = "llama-3.1-8b", .help = "Model of the catalog.", .example = "\"llama-3.1-70b\""),
    ROW_OF(TEXT, device, .def = "h100-sxm", .help = "Device of the catalog.", .example = "\"rtx-4090\""),
    ROW_OF(CHOICE, weights, .def = WEIGHTS_PUBLISHED, .choices = weights_choices,
           .help = "Number format of the weights."),
    ROW_OF(CHOICE, cache, .def = "bf16", .choices = dtype_names, .help = "Number format of the cache."),
    ROW_OF(INT, tensor, .def = "1", .min = 1, .max = 1024, .unit = "devices", .help = "Devices that share each layer."),
    ROW_OF(REAL, memory_share, .def = "0.9", .min = 0.01, .max = 1,
           .help = "Share of the device's memory that the server may use."),
    ROW_OF(COUNT, requests, .def = "1000", .min = 1, .max = 1e7, .help = "Requests."),
    ROW_OF(CHOICE, arrivals, .def = "poisson", .choices = arrivals_names, .help = "When they come."),
    ROW_OF(REAL, rate, .def = "4.0", .min = 1e-6, .max = 1e6, .help = "Requests a second."),
    ROW_OF(TEXT, prompt, .def = "500", .example = "\"100..900\"",
           .help = "Tokens of a prompt: 500 each, 100..900 evenly spread, or 500~0.8 log-normal with that mean, 0.8 "
                   "the spread of its logarithm."),
    ROW_OF(TEXT, output, .def = "200", .example = "\"200~0.7\"",
           .help = "Tokens of an answer, written in the same way."),
    ROW_OF(COUNT, shared, .def = "0", .min = 0, .max = 1e9, .unit = "tokens",
           .help = "Tokens that prompts begin with alike, as by a system prompt; a shorter prompt shares all but its last."),
    ROW_OF(COUNT, groups, .def = "1", .min = 1, .max = 1e6, .help = "Such beginnings, each as likely."),
    ROW_OF(BOOL, prefix_cache, .def = "true",
           .help = "Full blocks of such beginnings are computed once and found again."),
    ROW_OF(INT, seed, .def = "7", .min = 0, .max = 9e15, .help = "Seed of arrivals, lengths and acceptance."),
    ROW_OF(COUNT, budget, .def = "2048", .min = 1, .max = 1e7, .unit = "tokens",
           .help = "Most tokens of one step, prefill and decode together."),
    ROW_OF(COUNT, max_sequences, .def = "256", .min = 1, .max = 1e6, .help = "Most sequences in one step."),
    ROW_OF(COUNT, block, .def = "16", .min = 1, .max = 65536, .unit = "tokens",
           .help = "Tokens in a block of the cache."),
    ROW_OF(BOOL, chunked, .def = "true", .help = "A prompt may be read in several steps, beside others' decoding."),
    ROW_OF(CHOICE, batching, .def = "continuous", .choices = batching_names,
           .help = "Continuous: who is done leaves, who waits comes in, at any step. Static: a batch is served to its "
                   "end."),
    ROW_OF(CHOICE, preemption, .def = "recompute", .choices = preemption_names,
           .help = "What becomes of a cache that has to give way."),
    ROW_OF(BYTE_RATE, swap_bandwidth, .def = "25 GB/s", .min = 1, .max = 9e15,
           .help = "Bandwidth to the host's memory, for swapping."),
    ROW_OF(BOOL, disaggregate, .def = "false",
           .help = "Prefill and decode on devices of their own, with the cache sent from one to the other."),
    ROW_OF(BYTE_RATE, link_bandwidth, .def = "50 GB/s", .min = 1, .max = 9e15, .help = "Bandwidth of that link."),
    ROW_TIME(struct serve_options, link_latency_us, "link_latency", .def = "0.00001", .min = 0, .max = 10,
             .help = "Its latency."),
    ROW_OF(INT, draft, .def = "0", .min = 0, .max = 64, .unit = "tokens",
           .help = "Tokens that are drafted ahead of each step and checked in it; 0: no speculation."),
    ROW_OF(REAL, acceptance, .def = "0.7", .min = 0, .max = 1,
           .help = "Chance that a drafted token is accepted when all before it were."),
    ROW_OF(TEXT, draft_model, .optional = true, .example = "\"llama-3.2-1b\"",
           .help = "Model that drafts, on the same device. Left out: drafting takes no time."),
    ROW_TIME(struct serve_options, ttft_limit_us, "ttft_limit", .def = "0", .min = 0, .max = 86400,
             .help = "Time to the first token that a request may take to count as good; 0: any."),
    ROW_TIME(struct serve_options, tpot_limit_us, "tpot_limit", .def = "0", .min = 0, .max = 86400,
             .help = "Time for each further token; 0: any."),
    ROW_END
};

/* --- the options' words --- */

static void report_unknown(struct diags *diags, const char *option, const char *word, const char **ids,
                           const char *list)
{
    const char *near = suggest(word, ids);
    diag(diags, NULL, 0, "%s: \"%s\" is not in the catalog%s%s%s; `kvreel list %s` names all.", option, word,
         near ? "; did you mean \"" : "", near ? near : "", near ? "\"" : "", list);
}

static const struct model *find_model(const struct catalog *c, const char *option, const char *id, struct diags *diags)
{
    const struct model *m = catalog_model(c, id);
    g_autofree const char **ids = catalog_model_ids(c);
    if (!m) report_unknown(diags, option, id, ids, "models");
    return m;
}

/* Tokens as elsewhere, 100K, or any number. */
static bool read_number(const char *text, double *out)
{
    char *end;
    int64_t tokens;
    if (unit_parse_tokens(text, &tokens)) {
        *out = (double)tokens;
        return true;
    }
    *out = g_ascii_strtod(text, &end);
    return end != text && !*end && isfinite(*out) && *out >= 0;
}

static bool is_count(double x) { return x >= 1 && x <= 1e9 && x == floor(x); }

/* "500", "100..900", "500~0.8" */
struct length serve_length(const char *option, const char *text, struct diags *diags)
{
    const char *dots = strstr(text, ".."), *wave = strchr(text, '~'), *mark = dots ? dots : wave;
    g_autofree char *head = mark ? g_strndup(text, (gsize)(mark - text)) : g_strdup(text);
    double first, second = 0;
    bool good = read_number(head, &first) && (!mark || read_number(mark + (dots ? 2 : 1), &second));
    if (good && dots && is_count(first) && is_count(second) && second >= first)
        return (struct length){ LENGTH_UNIFORM, (int64_t)first, (int64_t)second, 0, 0 };
    if (good && wave && first >= 1 && first <= 1e9 && second <= 4)
        return (struct length){ LENGTH_LOG_NORMAL, 1, 0, first, second };
    if (good && !mark && is_count(first)) return (struct length){ LENGTH_FIXED, (int64_t)first, (int64_t)first, 0, 0 };
    diag(diags, NULL, 0, "%s: \"%s\" is no length; write tokens as 500, a range as 100..900, or a mean and a spread up "
                         "to 4 as 500~0.8.", option, text);
    return (struct length){ LENGTH_FIXED, 1, 1, 0, 0 };
}

/* --- time --- */

static int64_t step_ns(const void *server, const struct step_work *w)
{
    const struct serve *s = server;
    struct cost_load load = { w->prefill_tokens, w->prefill_pairs, w->decode_sequences, w->decode_tokens,
                              w->decode_pairs, w->decode_context, w->logits };
    int64_t ns = cost_load_ns(&s->rates, &load);
    if (ns < 0 || !s->draft || !w->draft_passes) return ns;
    int64_t each = count_over(w->draft_tokens, w->draft_passes);
    int64_t pass = cost_step_ns(&s->draft_rates, 0, 0, each, w->decode_context, each);
    return count_plus(ns, count_times(pass, w->draft_passes));
}

/* --- memory --- */

/* What one device keeps of a sequence, of the model that drafts as well. */
static int64_t device_cache(const struct serve *s, int64_t tokens)
{
    int64_t bytes = split_cache_bytes(&s->setup.split, s->model, s->setup.cache, tokens);
    if (s->draft) bytes = count_plus(bytes, split_cache_bytes(&s->setup.split, s->draft, s->setup.cache, tokens));
    return bytes;
}

static int64_t draft_weights(const struct serve *s)
{
    return s->draft ? split_weight_bytes(&s->setup.split, s->draft, s->draft_weights) : 0;
}

/* Whether every block of tokens takes the same. */
static bool is_straight(const struct serve *s)
{
    return !cache_forgets(s->model) && !(s->draft && cache_forgets(s->draft));
}

/* Without its state, which is there from the first token on. */
static int64_t growing(const struct serve *s, int64_t tokens)
{
    int64_t all = device_cache(s, tokens), state = device_cache(s, 0);
    return all < 0 || state < 0 ? -1 : all - state;
}

/* What a block's tokens add: to begin with; where layers forget, once their windows are full. */
static int64_t block_bytes(const struct serve *s)
{
    enum { LONG = 1 << 24, MANY = 128 }; /* beyond all windows; a multiple of what compressed streams share */
    int64_t block = s->o->block, first = growing(s, block);
    if (first < 0 || is_straight(s)) return first;
    int64_t later = (growing(s, LONG + MANY * block) - growing(s, LONG)) / MANY;
    return later > 0 ? later : first;
}

/* Where layers forget, a sequence has more blocks to begin with than it gets later. */
static int64_t blocks_of(const void *server, int64_t tokens)
{
    const struct serve *s = server;
    int64_t whole = count_times(count_over(tokens, s->o->block), s->o->block);
    return count_over(growing(s, whole), s->block_bytes);
}

static int64_t count_blocks(const struct serve *s)
{
    int64_t weights = count_plus(split_weight_bytes(&s->setup.split, s->model, s->setup.weights), draft_weights(s));
    if (weights < 0 || s->block_bytes <= 0 || s->device->capacity_bytes <= 0) return -1;
    double states = (double)s->o->max_sequences * (double)device_cache(s, 0);
    double room = floor((double)s->device->capacity_bytes * s->o->memory_share - (double)weights - states);
    return room > 0 ? (int64_t)(room / (double)s->block_bytes) : 0;
}

static int block_fact(const struct serve *s)
{
    struct facts *f = s->facts;
    const char *id = "serve.block_bytes";
    if (!is_straight(s))
        return facts_leaf(f, id, s->block_bytes, UNIT_BYTES,
                          "counted: what a block's tokens add on one device once every window is full");
    if (s->draft)
        return facts_leaf(f, id, s->block_bytes, UNIT_BYTES, "counted: a block's tokens on one device, in both models");
    return facts_int(f, id, s->block_bytes, UNIT_BYTES, "[cache of a sequence as long as a block] − [its state]",
                     FACTS(facts_find(f, "split.cache"), facts_find(f, "serve.state")));
}

static void memory_facts(const struct serve *s, int64_t blocks)
{
    struct facts *f = s->facts;
    leaf_name(f, "model.name", s->model->name, s->model->source);
    leaf_name(f, "device.name", s->device->name, s->device->source);
    int capacity = leaf_device(f, s->device, "device.capacity", s->device->capacity_bytes, UNIT_BYTES, "capacity");
    int share = facts_leaf_real(f, "serve.memory_share", s->o->memory_share, UNIT_SHARE,
                                "command line: --memory-share");
    int sequences = facts_leaf(f, "serve.max_sequences", s->o->max_sequences, UNIT_COUNT,
                               "command line: --max-sequences");
    int tokens = facts_leaf(f, "serve.block", s->o->block, UNIT_TOKENS, "command line: --block");
    cost_split_facts(&s->setup, tokens, f); /* of a sequence as long as a block */
    int weights = facts_find(f, "split.weights");
    int drafter = facts_leaf(f, "serve.draft_weights", draft_weights(s), UNIT_BYTES,
                             "counted: weights of the model that drafts, on one device");
    int state = facts_leaf(f, "serve.state", device_cache(s, 0), UNIT_BYTES,
                           "counted: what a device keeps of a sequence before its first token");
    int block = block_fact(s);
    int pool = facts_int(f, "serve.pool_blocks", blocks, UNIT_COUNT,
                         "([capacity] × [share] − [weights on a device] − [weights that draft] − [sequences] × [state]) ÷ "
                         "[bytes of a block], rounded down, at least 0",
                         FACTS(capacity, share, weights, drafter, sequences, state, block));
    if (is_straight(s))
        fact_whole(f, "serve.pool_tokens", count_times(blocks, s->o->block), UNIT_TOKENS, "[blocks] × [tokens in a block]",
                   FACTS(pool, tokens));
    else
        facts_unknown(f, "serve.pool_tokens", UNIT_TOKENS, "layers forget: a sequence's first tokens take more blocks");
}

/* --- opening --- */

static bool find_entries(struct serve *s, const struct catalog *c, struct diags *diags)
{
    s->model = find_model(c, "--model", s->o->model, diags);
    s->device = catalog_device(c, s->o->device);
    g_autofree const char **ids = catalog_device_ids(c);
    if (!s->device) report_unknown(diags, "--device", s->o->device, ids, "devices");
    if (s->o->draft_model) s->draft = find_model(c, "--draft-model", s->o->draft_model, diags);
    if (s->o->draft_model && !s->o->draft)
        diag(diags, NULL, 0, "--draft-model: nothing is drafted; say how many tokens with --draft.");
    return s->model && s->device && !diags_count(diags);
}

static bool make_setup(struct serve *s, struct diags *diags)
{
    struct weights weights = weights_choice(s->o->weights, s->model);
    s->setup = (struct setup){ s->model, s->device, weights, DTYPE_BF16, format_usual((enum dtype)s->o->cache),
                                 { s->o->tensor, 1, 1, 1 }, 1, "command line: --" };
    g_autofree char *refusal = split_refusal(&s->setup.split, s->model);
    if (refusal) diag(diags, NULL, 0, "--tensor: %s", refusal);
    else s->rates = cost_rates_of(&s->setup);
    if (!refusal && !s->rates.known)
        diag(diags, NULL, 0, "The time of a step is not known: the catalog lacks a rate of %s or a shape of %s "
                             "(`kvreel show` tells which).", s->device->id, s->model->id);
    if (s->draft) {
        struct setup drafter = s->setup;
        drafter.model = s->draft;
        drafter.weights = s->draft_weights = weights_published(s->draft);
        s->draft_rates = cost_rates_of(&drafter);
        if (!s->draft_rates.known)
            diag(diags, NULL, 0, "The time of a draft is not known: the catalog lacks a shape of %s.", s->draft->id);
    }
    return !diags_count(diags);
}

static struct schedule_options schedule_of(const struct serve *s, int64_t blocks, enum event_level events,
                                           bool keep_steps)
{
    const struct serve_options *o = s->o;
    struct pool_options pool = { o->budget, o->max_sequences, blocks, { step_ns, s } };
    return (struct schedule_options){
        .pool = pool, .decode = pool, .block_tokens = o->block, .block_bytes = s->block_bytes * o->tensor,
        .prefix_cache = o->prefix_cache && is_straight(s),
        .cache = { is_straight(s) ? NULL : blocks_of, s }, .whole_prompts = true,
        .chunked = o->chunked, .batching = (enum batching)o->batching, .preemption = (enum preemption)o->preemption,
        .swap_bytes_per_s = o->swap_bandwidth, .disaggregated = o->disaggregate, .link_bytes_per_s = o->link_bandwidth,
        .link_latency_ns = o->link_latency_us * 1000, .draft = { .tokens = o->draft, .acceptance = o->acceptance },
        .seed = (uint64_t)o->seed, .events = events, .keep_steps = keep_steps,
    };
}

bool serve_open(struct serve *s, const struct serve_options *o, const struct catalog *catalog,
                enum event_level events, bool keep_steps, struct diags *diags)
{
    *s = (struct serve){ .o = o };
    struct length prompt = serve_length("--prompt", o->prompt, diags);
    struct length output = serve_length("--output", o->output, diags);
    struct load_options load = { o->requests, (enum arrivals)o->arrivals, o->rate, prompt, output, (uint64_t)o->seed,
                                 o->shared, o->groups };
    if (!find_entries(s, catalog, diags) || !make_setup(s, diags)) return false;
    const char *fault = load_options_fault(&load);
    s->block_bytes = block_bytes(s);
    int64_t blocks = count_blocks(s);
    if (fault) diag(diags, NULL, 0, "%s", fault);
    else if (blocks < 1)
        diag(diags, NULL, 0, blocks < 0 ? "What %s keeps or weighs is not known, so nothing can be said of its server."
                                        : "The weights of %s leave no room for a cache; take a larger device, more of "
                                          "them with --tensor, or a smaller --weights.", s->model->id);
    if (diags_count(diags)) return false;
    struct schedule_options options = schedule_of(s, blocks, events, keep_steps);
    s->load = load_make(&load);
    s->run = schedule_run(s->load, &options);
    if (s->run->fault) {
        diag(diags, NULL, 0, "%s", s->run->fault);
        return false;
    }
    struct service_limits limits = { o->ttft_limit_us * 1000, o->tpot_limit_us * 1000 };
    s->latency = latency_of(s->run, &limits);
    s->facts = facts_new();
    memory_facts(s, blocks);
    latency_facts(s->run, &s->latency, s->facts);
    return true;
}

void serve_close(struct serve *s)
{
    schedule_free(s->run);
    load_free(s->load);
    facts_free(s->facts);
}
