/* Requests from a seed. The same seed gives the same requests on every machine: logarithm and exponential are exact's,
 * the rest is IEEE arithmetic.
 *
 * Log-normal lengths have the mean M that was asked for, exactly: z is a sum of twelve uniform numbers less 6
 * (random_bell), so E e^(sigma z) = (sinh(sigma/2) / (sigma/2))^12, and mu = ln M - 12 ln(sinh(sigma/2) / (sigma/2)).
 * M = 500, sigma = 1: mu = 6.214608 - 12 x 0.0413249 = 5.718710, so the median is 304.5 tokens.
 */
#include "serve/load.h"

#include "sim/exact.h"
#include "sim/random.h"

#include <glib.h>
#include <stdbool.h>

/* -ln 2^-53: random_unit comes no nearer to 1. */
#define LONGEST_GAP 36.8
#define SECOND_NS 1e9

static bool length_is_right(const struct length *l)
{
    if (l->kind == LENGTH_LOG_NORMAL)
        return l->mean >= 1 && l->mean <= LOAD_MOST_TOKENS && l->sigma >= 0 && l->sigma <= 4 && l->low >= 0 &&
               (l->high == 0 || (l->high >= l->low && l->high >= 1 && l->high < LOAD_MOST_TOKENS));
    if (l->low < 1 || l->low >= LOAD_MOST_TOKENS) return false;
    return l->kind == LENGTH_FIXED || (l->high >= l->low && l->high < LOAD_MOST_TOKENS);
}

const char *load_options_fault(const struct load_options *o)
{
    if (o->count < 1 || o->count > INT32_MAX) return "A load has 1 to 2,147,483,647 requests.";
    if (!length_is_right(&o->prompt)) return "Prompts have 1 to 999,999,999 tokens, and a spread from 0 to 4.";
    if (!length_is_right(&o->output)) return "Outputs have 1 to 999,999,999 tokens, and a spread from 0 to 4.";
    if (o->shared < 0 || o->shared > LOAD_MOST_TOKENS) return "Prompts share 0 to 1,000,000,000 tokens.";
    if (o->groups < 0 || o->groups > LOAD_MOST_GROUPS) return "A load has 1 to 1,000,000 groups.";
    if (o->arrivals == ARRIVALS_AT_ONCE) return NULL;
    if (!(o->rate_per_s > 0 && o->rate_per_s <= SECOND_NS))
        return "The rate is above 0 and at most one request a nanosecond.";
    if ((double)o->count * LONGEST_GAP * SECOND_NS / o->rate_per_s > 0x1p62)
        return "At this rate the last request may come later than the clock can tell (292 years).";
    return NULL;
}

const char *load_fault(const struct load *load)
{
    if (load->count < 1 || load->count > INT32_MAX) return "A load has 1 to 2,147,483,647 requests.";
    int64_t before = 0;
    for (int64_t i = 0; i < load->count; i++) {
        const struct request *r = &load->requests[i];
        if (r->arrival_ns < before) return "Requests come in the order of their arrival, the first at 0 or later.";
        if (r->prompt < 1 || r->output < 1) return "A request has at least one token of prompt and one of output.";
        if (r->prompt > LOAD_MOST_TOKENS || r->output > LOAD_MOST_TOKENS - r->prompt)
            return "A request has at most 1,000,000,000 tokens.";
        if (r->shared < 0 || r->shared >= r->prompt) return "A prompt shares 0 tokens or more, but not its last one.";
        if (r->group < 0 || r->group >= LOAD_MOST_GROUPS) return "Groups are counted from 0 to 999,999.";
        before = r->arrival_ns;
    }
    return NULL;
}

/* The logarithm of a log-normal length's median. */
static double center(const struct length *l)
{
    double half = l->sigma / 2;
    if (half < 1e-6) return exact_log(l->mean); /* sinh(x) / x = 1 + x²/6 */
    return exact_log(l->mean) - 12 * exact_log((exact_exp(half) - exact_exp(-half)) / (2 * half));
}

static int64_t draw_length(const struct length *l, double mu, struct random *r)
{
    if (l->kind == LENGTH_FIXED) return l->low;
    if (l->kind == LENGTH_UNIFORM) return l->low + (int64_t)(random_unit(r) * (double)(l->high - l->low + 1));
    double length = exact_exp(mu + l->sigma * random_bell(r)) + 0.5;
    int64_t most = l->high ? l->high : LOAD_MOST_TOKENS / 2, tokens = length < (double)most ? (int64_t)length : most;
    return MAX(tokens, MAX(l->low, 1));
}

static int64_t next_arrival(const struct load_options *o, int64_t i, int64_t before, struct random *r)
{
    if (o->arrivals == ARRIVALS_AT_ONCE) return 0;
    if (o->arrivals == ARRIVALS_EVEN) return (int64_t)((double)i * SECOND_NS / o->rate_per_s + 0.5);
    return before + (int64_t)(-exact_log(1 - random_unit(r)) * SECOND_NS / o->rate_per_s + 0.5);
}

/* Requests are divided among groups after all else, by a stream that nothing else draws from. */
static void share(const struct load_options *o, const struct load *load, struct random r)
{
    for (int64_t i = 0; i < load->count; i++) {
        load->requests[i].shared = MIN(o->shared, load->requests[i].prompt - 1);
        load->requests[i].group = (int64_t)(random_unit(&r) * (double)MAX(o->groups, 1));
    }
}

struct load *load_make(const struct load_options *o)
{
    if (load_options_fault(o)) return NULL;
    struct random seeds = { o->seed };
    struct random arrivals = { random_next(&seeds) }, prompts = { random_next(&seeds) };
    struct random outputs = { random_next(&seeds) }, groups = { random_next(&seeds) };
    double prompt_mu = o->prompt.kind == LENGTH_LOG_NORMAL ? center(&o->prompt) : 0;
    double output_mu = o->output.kind == LENGTH_LOG_NORMAL ? center(&o->output) : 0;
    struct load *load = g_new(struct load, 1);
    *load = (struct load){ g_new(struct request, o->count), o->count };
    for (int64_t i = 0, at = 0; i < o->count; i++) {
        at = next_arrival(o, i, at, &arrivals);
        load->requests[i].arrival_ns = at;
        load->requests[i].prompt = draw_length(&o->prompt, prompt_mu, &prompts);
        load->requests[i].output = draw_length(&o->output, output_mu, &outputs);
    }
    share(o, load, groups);
    return load;
}

void load_free(struct load *load)
{
    if (!load) return;
    g_free(load->requests);
    g_free(load);
}
