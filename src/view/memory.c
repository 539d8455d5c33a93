/* The memory view: a ledger, the device's package filling cell by cell, the batch, and a ruler of contexts.
 *
 * Time is travel along the ruler. A leg goes from one stop to the next, at a constant number of doublings a second with
 * a short run-up and run-out, so equal times mean equal factors; then it rests. The context of a moment is a whole
 * number of tokens, and every number and every cell on the screen is that context's. All of it lies on one line of
 * bytes, weights first, then the sequences; what is beyond the capacity continues in a second package.
 */
#include "view/memory.h"
#include "base/suggest.h"
#include "base/unit.h"
#include "sim/cost_facts.h"
#include "view/memory_draw.h"

#include <math.h>
#include <string.h>

enum { RESTS_A_DOUBLING = 8 };
static const double LEAD_IN = 0.8, RUN_UP = 0.4;

/* --- options --- */

#define ROW_OF(kind, field, ...) ROW_##kind(struct memory_options, field, #field, __VA_ARGS__)

static const struct row memory_rows[] = {
    ROW_OF(TEXT, model, .def = "llama-3.1-8b", .help = "Model of the catalog.", .example = "\"llama-3.1-70b\""),
    ROW_OF(TEXT, device, .def = "h100-sxm", .help = "Device of the catalog.", .example = "\"rtx-4090\""),
    ROW_OF(INT, sequences, .def = "6", .min = 1, .max = PACKAGE_RUNS - 1,
           .help = "Sequences in the batch, all equally long."),
    ROW_OF(CHOICE, weights, .def = "fp16", .choices = weights_choices, .help = "Number format of the weights."),
    ROW_OF(CHOICE, cache, .def = "fp16", .choices = dtype_names, .help = "Number format of the cache."),
    ROW_OF(INT, cache_group, .def = "-1", .min = -1, .max = 65536, .unit = "numbers",
           .help = "Numbers of the cache that share a 16-bit scale; 0: no scales, -1: as usual, 32 in int4 and none in "
                   "others."),
    ROW_OF(COUNT, from, .def = "4Ki", .min = 1, .max = MEMORY_MOST_TOKENS, .unit = "tokens",
           .help = "Context at which it begins: the ruler's left end."),
    ROW_OF(COUNT, to, .def = "1Mi", .min = 2, .max = MEMORY_MOST_TOKENS, .unit = "tokens",
           .help = "The ruler's right end, where it stops unless `stops` says otherwise. A larger stop moves it."),
    ROW_OF(TEXTS, stops, .optional = true,
           .help = "Contexts at which it rests, in any order; it ends at the largest. \"full\" is where the device is "
                   "full.",
           .example = "[\"64K\", \"full\", \"128K\"]"),
    ROW_OF(REAL, rest, .def = "1.5", .min = 0, .max = 60, .unit = "seconds", .help = "Rest at each stop."),
    ROW_OF(REAL, seconds_per_doubling, .def = "1.6", .min = 0.05, .max = 60, .unit = "seconds",
           .help = "Time for the context to double."),
    ROW_END
};

/* --- time --- */

/* How far a leg has come, in doublings, t seconds after its start. */
static double leg_distance(const struct memory *m, const struct leg *leg, double t)
{
    double speed = 1 / m->seconds_per_doubling, r = leg->run;
    if (t <= 0) return 0;
    if (t >= leg->move) return leg->doublings;
    if (t < r) return speed * t * t / (2 * r);
    if (t > leg->move - r) return leg->doublings - speed * (leg->move - t) * (leg->move - t) / (2 * r);
    return speed * (t - r / 2);
}

/* When a leg has come that far; the inverse. */
static double leg_time(const struct memory *m, const struct leg *leg, double distance)
{
    double speed = 1 / m->seconds_per_doubling, r = leg->run;
    if (distance < speed * r / 2) return sqrt(2 * r * distance / speed);
    if (distance > leg->doublings - speed * r / 2)
        return leg->move - sqrt(2 * r * MAX(leg->doublings - distance, 0) / speed);
    return distance / speed + r / 2;
}

static const struct leg *leg_at(const struct memory *m, double now)
{
    int i = m->n_legs - 1;
    while (i > 0 && now < m->legs[i].start) i--;
    return &m->legs[i];
}

int64_t memory_context_at(const struct memory *m, double now)
{
    const struct leg *leg = leg_at(m, now);
    double distance = leg_distance(m, leg, now - leg->start);
    if (distance >= leg->doublings) return leg->to;
    return CLAMP((int64_t)floor((double)leg->from * exp2(distance)), leg->from, leg->to);
}

/* When the context first exceeds `mark`: below 0 when it starts beyond, INFINITY when it never does. */
static double when_beyond(const struct memory *m, int64_t mark)
{
    if (mark < 0 || m->from > mark) return mark < 0 ? INFINITY : -1;
    for (int i = 0; i < m->n_legs; i++) {
        const struct leg *leg = &m->legs[i];
        if (leg->to > mark) return leg->start + leg_time(m, leg, log2((double)(mark + 1) / (double)leg->from));
    }
    return INFINITY;
}

/* --- opening --- */

static const struct model *find_model(const struct memory_options *o, const struct view_env *env)
{
    const struct model *m = catalog_model(env->catalog, o->model);
    if (m) return m;
    g_autofree const char **ids = catalog_model_ids(env->catalog);
    const char *near = suggest(o->model, ids);
    diag(env->diags, env->file, env->line, "model \"%s\" is not in the catalog%s%s%s; `kvreel list models` names all.",
         o->model, near ? "; did you mean \"" : "", near ? near : "", near ? "\"" : "");
    return NULL;
}

static const struct device *find_device(const struct memory_options *o, const struct view_env *env)
{
    const struct device *d = catalog_device(env->catalog, o->device);
    if (d) return d;
    g_autofree const char **ids = catalog_device_ids(env->catalog);
    const char *near = suggest(o->device, ids);
    diag(env->diags, env->file, env->line,
         "device \"%s\" is not in the catalog%s%s%s; `kvreel list devices` names all.", o->device,
         near ? "; did you mean \"" : "", near ? near : "", near ? "\"" : "");
    return NULL;
}

/* The context that a stop names, wherever that lies, or -1 after a diagnostic. A device that is never full is full
 * beyond all contexts, one that cannot hold the weights before the first. */
static int64_t read_stop(const struct memory *m, const char *text, const struct view_env *env)
{
    int64_t at;
    if (!strcmp(text, "full")) return m->full_at;
    if (unit_parse_tokens(text, &at)) return CLAMP(at, 1, MEMORY_MOST_TOKENS);
    diag(env->diags, env->file, env->line,
         "stops has \"%s\", which is no number of tokens; write \"64K\", \"65536\" or \"full\".", text);
    return -1;
}

static void add_leg(struct memory *m, int64_t to, double rest)
{
    const struct leg *last = m->n_legs ? &m->legs[m->n_legs - 1] : NULL;
    int64_t from = last ? last->to : m->from;
    double start = last ? last->start + last->move + last->rest : LEAD_IN;
    double doublings = log2((double)to / (double)from), cruise = doublings * m->seconds_per_doubling;
    double run = MIN(RUN_UP, cruise);
    m->legs[m->n_legs++] = (struct leg){ start, run, cruise + run, rest, from, to, doublings };
    m->length = start + cruise + run + rest;
}

static int by_context(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Reads the stops and lays out the legs between them, in the order of their contexts, one to each; without stops a
 * single one to the end. The ruler grows to hold every context that is written as a number. What lies outside it all
 * the same is at its nearer end: another model or device moves "full", and must not make a film impossible. */
static bool read_stops(struct memory *m, const struct memory_options *o, const struct view_env *env)
{
    int64_t at[MEMORY_STOPS];
    if (o->stops.n > MEMORY_STOPS) {
        diag(env->diags, env->file, env->line, "stops has %d items; write at most %d.", (int)o->stops.n, MEMORY_STOPS);
        return false;
    }
    for (size_t i = 0; i < o->stops.n; i++) {
        m->stops[i] = read_stop(m, o->stops.items[i], env);
        if (m->stops[i] < 0) return false;
        if (strcmp(o->stops.items[i], "full")) m->to = MAX(m->to, m->stops[i]);
    }
    for (size_t i = 0; i < o->stops.n; i++) at[i] = m->stops[i] = CLAMP(m->stops[i], m->from, m->to);
    qsort(at, o->stops.n, sizeof *at, by_context);
    for (size_t i = 0; i < o->stops.n; i++)
        if (!i || at[i] > at[i - 1]) add_leg(m, at[i], o->rest);
    if (!o->stops.n) add_leg(m, m->to, o->rest);
    return true;
}

/* Eight steps to a doubling or, where those would come too fast, fewer; then the leg's end. */
static void place_rests(struct memory *m)
{
    GArray *at = g_array_new(FALSE, FALSE, sizeof(double));
    int steps = CLAMP((int)(m->seconds_per_doubling / RESTS_APART_S), 1, RESTS_A_DOUBLING);
    for (int i = 0; i < m->n_legs; i++) {
        const struct leg *leg = &m->legs[i];
        double end = leg->start + leg->move;
        for (int k = 1; k < leg->doublings * steps; k++) {
            double step = leg->start + leg_time(m, leg, (double)k / steps);
            if (end - step >= RESTS_APART_S) g_array_append_val(at, step);
        }
        g_array_append_val(at, end);
    }
    m->n_rests = (int)at->len;
    m->rests = (double *)(void *)g_array_free(at, FALSE);
}

static struct rests memory_rests(const void *sim)
{
    const struct memory *m = sim;
    return (struct rests){ m->rests, m->n_rests, true };
}

static void add_moment(struct memory *m, const char *name, double at, const char *what)
{
    for (int i = 0; i < m->n_moments; i++)
        if (!g_ascii_strcasecmp(m->moments[i].name, name)) return;
    m->moments[m->n_moments++] = (struct moment){ g_strdup(name), CLAMP(at, 0, m->length), what };
}

/* Soon after the context has come to rest at a stop. A rest at the very start is named by its end: the words that open
 * the chapter need time, too. */
static double stop_time(const struct memory *m, int64_t context)
{
    const struct leg *leg = m->legs;
    while (leg->to != context) leg++;
    if (leg->from == leg->to) return leg->start + leg->rest;
    return leg->start + leg->move + MIN(MEMORY_CROSS_FADE + 0.05, leg->rest / 2);
}

/* A moment that never comes is at the end, so that cues which name it survive another model or device. */
static void name_moments(struct memory *m, const struct memory_options *o)
{
    double fade = MEMORY_CROSS_FADE;
    m->moments = g_new0(struct moment, MEMORY_STOPS + 6);
    add_moment(m, "start", 0, "the first context");
    for (size_t i = 0; i < o->stops.n; i++)
        add_moment(m, o->stops.items[i], stop_time(m, m->stops[i]), "the context rests at this stop");
    add_moment(m, "warn", m->passes_warn + fade, "memory is more than 80% full; else the end");
    add_moment(m, "full", m->passes_full, "one device is full; else the end");
    add_moment(m, "limit", m->passes_limit + fade, "the context passes the model's own limit; else the end");
    add_moment(m, "end", m->length, "the last context");
}

/* What people call such a device. */
static const char *device_word(const struct device *d)
{
    const char *vendor = d->vendor ? d->vendor : "";
    bool gpu = !strcmp(vendor, "NVIDIA") || !strcmp(vendor, "AMD") ||
               (!strcmp(vendor, "Intel") && d->id && !strstr(d->id, "gaudi"));
    return gpu && d->memory != MEMORY_UNIFIED && d->memory != MEMORY_SRAM ? "GPU" : "device";
}

static void make_words(struct memory *m)
{
    const struct model *model = m->plan.model;
    const struct device *d = m->plan.device;
    char formula[96], kinds[96], weights[64];
    const char *source = d->source ? d->source : "no source given";
    m->word = device_word(d);
    m->provenance =
        g_strdup_printf("weights %s · cache %s%s · %s%s · K = {tokens.k:plain} tokens",
                        weights_label(&m->plan.weights, weights, sizeof weights),
                        dtype_labels[m->plan.cache.type], m->plan.cache.group > 0 ? " with scales" : "",
                        cache_state_bytes(model, m->plan.cache) < 0 ? "state of linear layers and " : "",
                        "runtime overhead not counted");
    m->state = "one cell = {mem.cell}";
    m->formula = g_strdup(cache_formula(model, m->plan.cache, formula, sizeof formula));
    m->kinds = g_strdup(cache_kinds(model, kinds, sizeof kinds));
    m->note = d->cores > 0
                  ? g_strdup_printf("{device.cores} %s", d->core_word && *d->core_word ? d->core_word : "cores")
                  : NULL;
    if (package_banks(d) > 1 && d->memory != MEMORY_HBM)
        m->channels = g_strdup("{device.banks} channels, {mem.bank} each");
    m->verdict = g_strdup_printf("needs {mem.devices} %ss", m->word);
    m->full_verdict = g_strdup_printf("%s is full", m->word);
    m->more_devices = g_strdup("and {mem.more_devices} more");
    m->spare_title = g_strdup_printf("%s {device.spare}", m->word);
    m->spare_of = g_strdup_printf("%s {device.spare} of {mem.devices}", m->word);
    m->cores_source = g_strdup_printf("%sdevice %s, cores: %s", d->cores > 0 ? "" : "nobody published it for ", d->id,
                                      source);
    m->model_source = g_strdup_printf("model %s, name: data/models.cfg", model->id);
    m->kinds_source = g_strdup_printf("counted: what the layers of model %s keep, %s", model->id, m->kinds);
    m->device_source = g_strdup_printf("device %s, name: data/devices.cfg", d->id);
    m->banks_source =
        g_strdup_printf("device %s, %s: %s", d->id, d->memory == MEMORY_HBM ? "stacks" : "channels", source);
    m->cell_source = g_strdup_printf("unit of the drawing: a round number that gives each %s some dozens of cells",
                                     package_banks(d) > 1 ? "part of the memory" : "memory");
}

static void memory_close(void *sim)
{
    struct memory *m = sim;
    if (!m) return;
    for (int i = 0; i < m->n_moments; i++) g_free((char *)m->moments[i].name);
    char *all[] = { m->provenance, m->formula, m->kinds, m->note, m->more_devices, m->spare_title,
                    m->spare_of, m->verdict, m->full_verdict, m->channels, m->cores_source, m->banks_source,
                    m->cell_source, m->model_source, m->kinds_source, m->device_source };
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++) g_free(all[i]);
    g_free(m->moments);
    g_free(m->rests);
    g_free(m);
}

/* The right end of the batch's bars: the next power of two beyond what fits. */
static int64_t bars_end(const struct memory *m)
{
    int64_t end = 1;
    if (m->full_at <= 0 || m->full_at >= m->to) return m->to;
    while (end < m->full_at) end *= 2;
    return end;
}

/* What the catalog has to know, and where the plan fills the device; false after a diagnostic. */
static bool read_plan(struct memory *m, const struct view_env *env)
{
    struct memory_state s = memory_state_at(&m->plan, MEMORY_MOST_TOKENS);
    if (s.weights < 0 || s.per_sequence < 0 || s.total < 0 || s.capacity <= 0) {
        diag(env->diags, env->file, env->line,
             "the catalog does not know %s; choose another (`kvreel list models`, `kvreel list devices`).",
             s.capacity <= 0 ? "this device's capacity"
             : s.weights < 0 ? "this model's parameters"
                             : "what this model's cache keeps");
        return false;
    }
    m->full_at = memory_full_at(&m->plan, 1, 1);
    m->warn_at = memory_full_at(&m->plan, 1, MEMORY_WARN_SHARE);
    return true;
}

static bool check_ruler(const struct memory *m, const struct view_env *env)
{
    if (m->from < m->to) return true;
    diag(env->diags, env->file, env->line,
         "from is %" G_GINT64_FORMAT " tokens, which is not below `to`, %" G_GINT64_FORMAT "; write a smaller one.",
         m->from, m->to);
    return false;
}

static struct format cache_format(const struct memory_options *o)
{
    struct format f = format_usual((enum dtype)o->cache);
    if (o->cache_group >= 0) f.group = o->cache_group;
    if (f.group && !f.scale_bits) f.scale_bits = 16;
    return f;
}

static void *memory_open(const void *options, const struct view_env *env, double *length)
{
    const struct memory_options *o = options;
    const struct model *model = find_model(o, env);
    const struct device *device = find_device(o, env);
    if (!model || !device) return NULL;
    struct memory *m = g_new0(struct memory, 1);
    m->plan = (struct memory_plan){ model, device, weights_choice(o->weights, model), cache_format(o),
                                    (int)o->sequences, NULL };
    m->from = o->from;
    m->to = o->to;
    m->seconds_per_doubling = o->seconds_per_doubling;
    m->limit = model->max_context;
    if (!read_plan(m, env) || !read_stops(m, o, env) || !check_ruler(m, env)) {
        memory_close(m);
        return NULL;
    }
    m->bars_to = bars_end(m);
    m->passes_warn = when_beyond(m, m->warn_at);
    m->reaches_full = when_beyond(m, m->full_at - 1);
    m->passes_full = when_beyond(m, m->full_at);
    m->passes_limit = m->limit > 0 ? when_beyond(m, m->limit) : INFINITY;
    make_words(m);
    name_moments(m, o);
    place_rests(m);
    *length = m->length;
    return m;
}

static const struct moment *memory_moments(const void *sim, int *count)
{
    const struct memory *m = sim;
    *count = m->n_moments;
    return m->moments;
}

/* --- facts --- */

/* A count with its noun, as a caption says it: "one chat", "six chats", "32 chats". */
static void put_words(struct facts *facts, const char *id, int count, enum fact_form form, const char *noun,
                      const char *formula)
{
    char number[48], words[96];
    facts_text(facts, count, form, number, sizeof number);
    g_snprintf(words, sizeof words, "%s %s%s", number, noun, facts_at(facts, count)->i == 1 ? "" : "s");
    facts_in_words(facts, id, facts_word(facts, words), formula, FACTS(count));
}

/* The model's name, and the same without what stands in brackets at its end: "DeepSeek-V3.2 (671B, 37B active)". */
static void put_names(const struct memory *m, struct facts *facts)
{
    const char *name = m->plan.model->name, *bracket = g_str_has_suffix(name, ")") ? strrchr(name, '(') : NULL;
    g_autofree char *brief = bracket > name ? g_strchomp(g_strndup(name, (gsize)(bracket - name))) : g_strdup(name);
    int whole = facts_leaf_word(facts, "model.name", name, m->model_source);
    facts_in_words(facts, "model.short_name", facts_word(facts, brief), "[name] without its brackets", FACTS(whole));
}

/* What a caption can say after "One GPU" whatever the model, the device and the batch are. */
static void put_fullness(const struct memory *m, struct facts *facts)
{
    int64_t full = memory_full_at(&m->plan, 1, 1);
    char tokens[64], words[160];
    facts_text(facts, facts_find(facts, "mem.full_at"), FORM_AUTO, tokens, sizeof tokens);
    if (full == 0) g_strlcpy(words, "cannot even hold the weights", sizeof words);
    else if (full == MEMORY_ENDLESS) g_strlcpy(words, "never fills, however long the chats are", sizeof words);
    else g_snprintf(words, sizeof words, "is full at %s tokens in each chat", tokens);
    int at = facts_find(facts, "mem.full_at");
    if (facts_at(facts, at)->kind == FACT_UNKNOWN)
        facts_leaf_word(facts, "mem.fullness", facts_word(facts, words), facts_at(facts, at)->source);
    else facts_in_words(facts, "mem.fullness", facts_word(facts, words), "[full at] in words", FACTS(at));
}

/* How long a step takes at best, while one device holds all of it. */
static void put_times(const struct memory *m, struct facts *facts)
{
    const struct memory_plan *p = &m->plan;
    struct setup setup = { p->model, p->device, p->weights, DTYPE_BF16, p->cache, SPLIT_NONE, p->sequences, NULL };
    int context = facts_find(facts, "mem.context"), over = facts_find(facts, "mem.over");
    static const struct { const char *id; enum unit unit; } times[] = {
        { "decode.time", UNIT_SECONDS }, { "decode.tokens_per_s", UNIT_NUMBER }, { "prefill.time", UNIT_SECONDS },
    };
    if (facts_at(facts, over)->i == 0) {
        cost_decode_facts(&setup, context, facts);
        cost_prefill_facts(&setup, context, 0, facts);
        return;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(times); i++)
        facts_unknown(facts, times[i].id, times[i].unit, "one device does not hold the weights and caches");
}

static void put_facts(const struct memory *m, int64_t context, struct facts *facts)
{
    const struct device *d = m->plan.device;
    struct memory_facts f = memory_at(&m->plan, context, facts);
    facts_put_unseen(facts, true);
    put_times(m, facts);
    facts_put_unseen(facts, false);
    int64_t devices = memory_state_at(&m->plan, context).devices;
    enum fact_form words = devices < 10 ? FORM_WORD : FORM_PLAIN;
    int n = package_banks(d), banks = -1;
    enum unit unit = memory_unit(d);
    const char *name = d->short_name && *d->short_name ? d->short_name : d->name;
    put_names(m, facts);
    facts_leaf(facts, "cache.kinds", layout_of(m->plan.model).n, UNIT_COUNT, m->kinds_source);
    facts_leaf_word(facts, "device.name", name, m->device_source);
    facts_leaf(facts, "mem.cell", package_cell(d), unit, m->cell_source);
    facts_leaf(facts, "tokens.k", 1024, UNIT_COUNT, "by definition: a context is counted in powers of two, K = 2^10");
    put_words(facts, "mem.chats", f.sequences, FORM_WORD, "chat", "[sequences] in words");
    put_words(facts, "mem.Chats", f.sequences, FORM_WORD_CAP, "chat", "[sequences] in words");
    put_fullness(m, facts);
    put_words(facts, "mem.gpus", f.devices, words, m->word, "[devices] in words");
    facts_int(facts, "mem.more_devices", MAX(devices - 2, 0), UNIT_COUNT, "[devices] − 2, at least 0",
              FACTS(f.devices));
    facts_int(facts, "mem.more_sequences", MAX(m->plan.sequences - (MEMORY_ROWS - 1), 0), UNIT_COUNT,
              "[sequences] − 7, at least 0; so many have a line", FACTS(f.sequences));
    G_STATIC_ASSERT(MEMORY_ROWS == 8);
    facts_int(facts, "mem.second", MIN(facts_at(facts, f.over)->i, d->capacity_bytes), unit,
              "[bytes beyond one device], at most [capacity]", FACTS(f.over, f.capacity));
    if (d->cores > 0) facts_leaf(facts, "device.cores", d->cores, UNIT_COUNT, m->cores_source);
    else facts_unknown(facts, "device.cores", UNIT_COUNT, m->cores_source);
    if (n > 1) banks = facts_leaf(facts, "device.banks", n, UNIT_COUNT, m->banks_source);
    if (n > 1)
        facts_int(facts, "mem.bank", d->capacity_bytes / n, unit, "[capacity] ÷ [parts of the memory], rounded down",
                  FACTS(f.capacity, banks));
    else facts_int(facts, "mem.bank", d->capacity_bytes, unit, "[capacity]", FACTS(f.capacity));
}

static void memory_facts(const void *sim, double now, struct facts *facts)
{
    put_facts(sim, memory_context_at(sim, now), facts);
}

static const char *memory_provenance(const void *sim) { return ((const struct memory *)sim)->provenance; }

static const char *memory_state(const void *sim, double now)
{
    (void)now;
    return ((const struct memory *)sim)->state;
}

const struct view view_memory = {
    .name = "memory",
    .summary = "weights and the caches of a batch filling a device as the context grows, to the point where they spill",
    .rail = "Memory",
    .rows = memory_rows,
    .options_size = sizeof(struct memory_options),
    .open = memory_open,
    .close = memory_close,
    .moments = memory_moments,
    .rests = memory_rests,
    .facts = memory_facts,
    .draw = memory_draw,
    .provenance = memory_provenance,
    .state = memory_state,
};
