/* What fills a device: total = weights + sequences x cache of one sequence.
 *
 * Llama-3.1-8B in FP16 with six sequences of 65,536 tokens: 16,060,522,496 + 6 x 65,536 x 131,072 = 67,600,130,048 B.
 * On 80 x 10^9 B that is 84.5 %, and the device is full at (80,000,000,000 - 16,060,522,496) / (6 x 131,072) = 81,303
 * tokens in each sequence.
 */
#include "sim/memory.h"

/* Far beyond any context: a cache that still fits here has stopped growing. */
#define MOST_TOKENS INT64_C(1000000000000)

static int64_t caches_bytes(const struct memory_plan *plan, int64_t context)
{
    int64_t all, one = cache_bytes(plan->model, plan->cache, context);
    return one < 0 || plan->sequences < 0 || __builtin_mul_overflow(one, plan->sequences, &all) ? -1 : all;
}

static int64_t total_bytes(const struct memory_plan *plan, int64_t context)
{
    int64_t total, weights = weight_bytes(plan->model, plan->weights), caches = caches_bytes(plan, context);
    return weights < 0 || caches < 0 || __builtin_add_overflow(weights, caches, &total) ? -1 : total;
}

static int64_t capacity_of(const struct memory_plan *plan)
{
    return plan->device && plan->device->capacity_bytes > 0 ? plan->device->capacity_bytes : -1;
}

static int64_t devices_for(int64_t total, int64_t capacity)
{
    return total < 0 || capacity < 0 ? -1 : total / capacity + (total % capacity != 0);
}

struct memory_state memory_state_at(const struct memory_plan *plan, int64_t context)
{
    struct memory_state s = {
        .weights = weight_bytes(plan->model, plan->weights),
        .per_sequence = cache_bytes(plan->model, plan->cache, context),
        .total = total_bytes(plan, context),
        .capacity = capacity_of(plan),
    };
    s.devices = (int)MIN(devices_for(s.total, s.capacity), INT_MAX);
    return s;
}

int64_t memory_full_at(const struct memory_plan *plan, int devices, double share)
{
    int64_t capacity = capacity_of(plan);
    if (capacity < 0 || devices < 1 || total_bytes(plan, 0) < 0) return -1;
    __int128 all = (__int128)capacity * devices;
    /* A share of 1 stays an integer: the border is exact to the byte. */
    __int128 limit = share == 1 ? all : (__int128)((double)all * share);
    int64_t fits = 0, full = MOST_TOKENS;
    int64_t most = total_bytes(plan, MOST_TOKENS);
    if (total_bytes(plan, 0) > limit) return 0;
    if (most >= 0 && most <= limit) return MEMORY_ENDLESS;
    while (full - fits > 1) { /* fits: it does; full: it does not, or is beyond 64 bits */
        int64_t middle = fits + (full - fits) / 2, total = total_bytes(plan, middle);
        if (total >= 0 && total <= limit) fits = middle;
        else full = middle;
    }
    return fits;
}

/* --- the same as facts --- */

enum unit memory_unit(const struct device *d)
{
    bool decimal = d && d->capacity_bytes % (INT64_C(1) << 30) && d->capacity_bytes % 1000000 == 0;
    return decimal ? UNIT_BYTES_DECIMAL : UNIT_BYTES;
}

struct writer { const struct memory_plan *plan; struct facts *facts; enum unit unit; /* of its bytes */ };

/* A number read from a catalog entry; 0 there means that nobody could verify it. */
static int catalog_fact(const struct writer *w, const char *id, int64_t value, enum unit unit, const char *kind,
                        const char *entry, const char *key, const char *source)
{
    char text[1024];
    g_snprintf(text, sizeof text, "%s%s %s, %s: %s", value > 0 ? "" : "nobody published it for ", kind,
               entry ? entry : "without id", key, source ? source : "no source given");
    const char *word = facts_word(w->facts, text);
    return value > 0 ? facts_leaf(w->facts, id, value, unit, word) : facts_unknown(w->facts, id, unit, word);
}

static int model_fact(const struct writer *w, const char *id, int64_t value, enum unit unit, const char *key)
{
    const struct model *m = w->plan->model;
    return catalog_fact(w, id, value, unit, "model", m->id, key, m->source);
}

static int dtype_fact(const struct writer *w, const char *id, enum dtype t, const char *key)
{
    char text[96];
    g_snprintf(text, sizeof text, "scene file: %s = %s, %d bits a number", key, dtype_labels[t], dtype_bits(t));
    const char *word = facts_word(w->facts, text);
    if (dtype_bits(t) % 8) return facts_leaf_real(w->facts, id, dtype_bits(t) / 8.0, w->unit, word);
    return facts_leaf(w->facts, id, dtype_bits(t) / 8, w->unit, word);
}

/* A computed whole number. -1 is unknown; where all inputs are known, it did not fit. */
static int computed(const struct writer *w, const char *id, int64_t value, enum unit unit, const char *formula,
                    const int *deps)
{
    int index = facts_int(w->facts, id, value, unit, formula, deps);
    if (value >= 0 || facts_at(w->facts, index)->kind == FACT_UNKNOWN) return index;
    return facts_unknown(w->facts, id, unit, "the result is beyond 64 bits");
}

/* Numbers that one token adds to one layer. */
static int entry_fact(const struct writer *w, struct memory_facts *f)
{
    const struct model *m = w->plan->model;
    if (m->attention == ATTENTION_MLA) {
        int rank = model_fact(w, "model.kv_lora_rank", m->kv_lora_rank, UNIT_COUNT, "kv_lora_rank");
        int rope = model_fact(w, "model.qk_rope_head_dim", m->qk_rope_head_dim, UNIT_COUNT, "qk_rope_head_dim");
        const char *shared = "latent attention keeps one vector for all heads";
        f->kv_heads = facts_unknown(w->facts, "model.kv_heads", UNIT_COUNT, shared);
        f->head_dim = facts_unknown(w->facts, "model.head_dim", UNIT_COUNT, shared);
        return computed(w, "mem.entry", cache_entry(m), UNIT_COUNT, "[latent rank] + [rotary width]", FACTS(rank, rope));
    }
    f->kv_heads = model_fact(w, "model.kv_heads", m->kv_heads, UNIT_COUNT, "kv_heads");
    f->head_dim = model_fact(w, "model.head_dim", m->head_dim, UNIT_COUNT, "head_dim");
    return computed(w, "mem.entry", cache_entry(m), UNIT_COUNT, "2 × [KV heads] × [head width]; a key and a value",
                    FACTS(f->kv_heads, f->head_dim));
}

/* The layers whose cache grows. */
static int layers_fact(const struct writer *w)
{
    const char *id = "model.cache_layers";
    const struct model *m = w->plan->model;
    struct cache_layers n = cache_layers(m);
    int64_t growing;
    int all = model_fact(w, "model.layers", m->layers, UNIT_COUNT, "layers");
    if (n.full < 0)
        return facts_unknown(w->facts, id, UNIT_COUNT, "the model does not say which of its layers keep what");
    if (__builtin_add_overflow(n.full, n.windowed, &growing)) growing = -1;
    if (n.linear) model_fact(w, "model.linear_layers", n.linear, UNIT_COUNT, "linear_layers");
    if (!m->full_layers && !m->windowed_layers && !m->linear_layers)
        return computed(w, id, growing, UNIT_COUNT, "[layers]; each keeps a full cache", FACTS(all));
    if (!n.windowed) {
        int only = model_fact(w, "model.full_layers", n.full, UNIT_COUNT, "full_layers");
        return computed(w, id, growing, UNIT_COUNT, "[full layers]", FACTS(only));
    }
    int windowed = model_fact(w, "model.windowed_layers", n.windowed, UNIT_COUNT, "windowed_layers");
    model_fact(w, "model.sliding_window", m->sliding_window, UNIT_COUNT, "sliding_window");
    if (!n.full) return computed(w, id, growing, UNIT_COUNT, "[windowed layers]", FACTS(windowed));
    int full = model_fact(w, "model.full_layers", n.full, UNIT_COUNT, "full_layers");
    return computed(w, id, growing, UNIT_COUNT, "[full layers] + [windowed layers]", FACTS(full, windowed));
}

/* Bytes of numbers: a part of a byte counts whole. And what a cache leaves out, said behind its formula. */
static const char *as_bytes(const struct writer *w, const char *formula, enum dtype t, const char *remark)
{
    char text[384];
    bool linear = remark && cache_layers(w->plan->model).linear > 0;
    g_snprintf(text, sizeof text, "%s%s%s%s%s%s", formula, dtype_bits(t) % 8 ? ", rounded up" : "",
               linear || (remark && *remark) ? "; " : "", remark ? remark : "", linear && *remark ? "; " : "",
               linear ? "the fixed state of the linear layers is not counted" : "");
    return facts_word(w->facts, text);
}

static void per_token_facts(const struct writer *w, struct memory_facts *f)
{
    const struct model *m = w->plan->model;
    struct cache_layers n = cache_layers(m);
    int64_t bytes = cache_bytes_per_token(m, w->plan->cache);
    int entry = entry_fact(w, f);
    f->layers = layers_fact(w);
    f->value_bytes = dtype_fact(w, "mem.value_bytes", w->plan->cache, "cache");
    int64_t entry_numbers = cache_entry(m), cells = -1;
    if (bytes >= 0) cells = (n.full + n.windowed) * entry_numbers;
    f->cells = computed(w, "mem.cells", cells, UNIT_COUNT, "[layers with a cache] × [numbers of one token in one layer]",
                        FACTS(f->layers, entry));
    bool mla = m->attention == ATTENTION_MLA, windowed = n.windowed > 0;
    const char *formula = mla ? "[layers] × ([latent rank] + [rotary width]) × [bytes a number]"
                              : "2 × [layers] × [KV heads] × [head width] × [bytes a number]";
    int rank = facts_find(w->facts, "model.kv_lora_rank"), rope = facts_find(w->facts, "model.qk_rope_head_dim");
    const int *deps = mla ? FACTS(f->layers, rank, rope, f->value_bytes)
                          : FACTS(f->layers, f->kv_heads, f->head_dim, f->value_bytes);
    formula = as_bytes(w, formula, w->plan->cache, windowed ? "while no window is full" : "");
    f->kv_per_token = computed(w, "mem.kv_per_token", bytes, w->unit, formula, deps);
}

/* Whether every token takes whole bytes, so that its bytes can be multiplied. */
static bool whole_bytes(const struct writer *w, const struct memory_facts *f)
{
    return dtype_bits(w->plan->cache) % 8 == 0 || facts_at(w->facts, f->cells)->i * dtype_bits(w->plan->cache) % 8 == 0;
}

static int sequence_fact(const struct writer *w, const struct memory_facts *f, int64_t context, int64_t bytes)
{
    const struct model *m = w->plan->model;
    const char *id = "mem.kv_sequence";
    if (cache_layers(m).windowed <= 0 && whole_bytes(w, f))
        return computed(w, id, bytes, w->unit, as_bytes(w, "[cache a token] × [context]", DTYPE_INT8, ""),
                        FACTS(f->kv_per_token, f->context));
    if (cache_layers(m).windowed <= 0)
        return computed(w, id, bytes, w->unit,
                        as_bytes(w, "[numbers of one token] × [context] × [bytes a number]", w->plan->cache, ""),
                        FACTS(f->cells, f->context, f->value_bytes));
    int windowed = facts_find(w->facts, "model.windowed_layers"), window = facts_find(w->facts, "model.sliding_window");
    int entry = facts_find(w->facts, "mem.entry");
    int kept = computed(w, "mem.window_kept", MIN(context, m->sliding_window), UNIT_TOKENS, "[context], at most [window]",
                        FACTS(f->context, window));
    static const char each[] = " × [numbers of one token in one layer] × [bytes a number]";
    g_autofree char *formula = g_strconcat(m->full_layers ? "([full layers] × [context] + " : "",
                                           "[windowed layers] × [tokens in the window]", m->full_layers ? ")" : "",
                                           each, NULL);
    const char *all = as_bytes(w, formula, w->plan->cache, "");
    if (!m->full_layers)
        return computed(w, id, bytes, w->unit, all, FACTS(windowed, kept, entry, f->value_bytes));
    int full = facts_find(w->facts, "model.full_layers");
    return computed(w, id, bytes, w->unit, all, FACTS(full, f->context, windowed, kept, entry, f->value_bytes));
}

static void total_facts(const struct writer *w, struct memory_facts *f, int64_t context, struct memory_state s)
{
    const struct memory_plan *plan = w->plan;
    int params = model_fact(w, "model.params", plan->model->params_total, UNIT_COUNT, "params_total");
    int width = dtype_fact(w, "mem.weight_value_bytes", plan->weights, "weights");
    f->weights = computed(w, "mem.weights", s.weights, w->unit,
                          as_bytes(w, "[parameters] × [bytes a number]", plan->weights, NULL), FACTS(params, width));
    f->sequences = facts_leaf(w->facts, "mem.sequences", plan->sequences, UNIT_COUNT, "scene file: sequences");
    f->kv_sequence = sequence_fact(w, f, context, s.per_sequence);
    f->kv_total = computed(w, "mem.kv_total", caches_bytes(plan, context), w->unit,
                           "[sequences] × [cache of one sequence]", FACTS(f->sequences, f->kv_sequence));
    f->total = computed(w, "mem.total", s.total, w->unit, "[weights] + [caches]", FACTS(f->weights, f->kv_total));
}

static void capacity_facts(const struct writer *w, struct memory_facts *f, struct memory_state s)
{
    const struct device *d = w->plan->device;
    if (d)
        f->capacity = catalog_fact(w, "mem.capacity", d->capacity_bytes, w->unit, "device", d->id, "capacity",
                                   d->source);
    else
        f->capacity = facts_unknown(w->facts, "mem.capacity", w->unit, "no device");
    /* Where an input is unknown these values mean nothing, and the book makes them unknown. */
    const int *both = FACTS(f->total, f->capacity);
    double share = (double)s.total / (double)s.capacity;
    f->share = facts_real(w->facts, "mem.share", share, UNIT_SHARE, "[total] ÷ [capacity]", both);
    f->over = facts_int(w->facts, "mem.over", MAX(s.total - s.capacity, 0), w->unit,
                        "[total] − [capacity], at least 0", both);
    f->devices = facts_int(w->facts, "mem.devices", devices_for(s.total, s.capacity), UNIT_COUNT,
                           "[total] ÷ [capacity], rounded up; as if all of it could be split evenly", both);
}

/* The largest context that fits the capacity, or a share of it (a fact, or -1). Where a window or a part of a byte bends
 * the line there is no closed form, only the bisection. */
static int border_fact(const struct writer *w, const struct memory_facts *f, const char *id, int64_t tokens, int share)
{
    bool part = share >= 0, windowed = cache_layers(w->plan->model).windowed > 0;
    int window = facts_find(w->facts, "model.sliding_window");
    if (tokens == MEMORY_ENDLESS)
        return facts_unknown(w->facts, id, UNIT_TOKENS, "no context fills the device: every cached layer has a window");
    if (!windowed && whole_bytes(w, f))
        return computed(w, id, tokens, UNIT_TOKENS,
                        part ? "([share] × [capacity] − [weights]) ÷ ([sequences] × [cache a token]), rounded down, at"
                               " least 0"
                             : "([capacity] − [weights]) ÷ ([sequences] × [cache a token]), rounded down, at least 0",
                        part ? FACTS(share, f->capacity, f->weights, f->sequences, f->kv_per_token)
                             : FACTS(f->capacity, f->weights, f->sequences, f->kv_per_token));
    g_autofree char *formula =
        g_strconcat("the largest context at which the caches of [sequences] fit into ", part ? "[share] of " : "",
                    "[capacity] less [weights]", windowed ? ", windowed layers keeping [window] tokens" : "", NULL);
    const char *words = facts_word(w->facts, formula);
    int last = windowed ? window : -1;
    return computed(w, id, tokens, UNIT_TOKENS, words,
                    part ? FACTS(f->sequences, share, f->capacity, f->weights, last)
                         : FACTS(f->sequences, f->capacity, f->weights, last));
}

struct memory_facts memory_at(const struct memory_plan *plan, int64_t context, struct facts *facts)
{
    struct writer w = { plan, facts, memory_unit(plan->device) };
    struct memory_state s = memory_state_at(plan, context);
    struct memory_facts f = { 0 };
    int64_t full_at = memory_full_at(plan, 1, 1);
    f.context = facts_leaf(facts, "mem.context", context, UNIT_TOKENS,
                           "the ruler at this moment (scene file: from, to, stops)");
    per_token_facts(&w, &f);
    total_facts(&w, &f, context, s);
    capacity_facts(&w, &f, s);
    int warn = facts_leaf_real(facts, "mem.warn_share", MEMORY_WARN_SHARE, UNIT_SHARE, "from here on kvreel's films warn");
    f.full_at = border_fact(&w, &f, "mem.full_at", full_at, -1);
    f.warn_at = border_fact(&w, &f, "mem.warn_at", memory_full_at(plan, 1, MEMORY_WARN_SHARE), warn);
    f.room = facts_int(facts, "mem.room", MAX(full_at - context, 0), UNIT_TOKENS, "[full at] − [context], at least 0",
                       FACTS(f.full_at, f.context));
    f.model_limit = model_fact(&w, "mem.model_limit", plan->model->max_context, UNIT_TOKENS, "max_context");
    return f;
}
