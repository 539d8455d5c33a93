/* What a server is asked to do: requests in the order of their arrival, given or made from a seed.
 *
 *     struct load_options o = { .count = 1000, .arrivals = ARRIVALS_POISSON, .rate_per_s = 4, .seed = 1,
 *                               .prompt = { LENGTH_LOG_NORMAL, .mean = 500, .sigma = 1 },
 *                               .output = { LENGTH_UNIFORM, .low = 100, .high = 300 } };
 *     struct load *load = load_make(&o);
 */
#pragma once
#include <stdint.h>

/* The output's last token is made, but never read, so a request needs prompt + output - 1 entries of cache at most. */
struct request {
    int64_t arrival_ns, prompt, output;
    int64_t shared, group; /* tokens at the prompt's beginning that its group's have in common; fewer than the prompt */
};

struct load { struct request *requests; int64_t count; };

enum { LOAD_MOST_TOKENS = 1000000000 /* prompt + output of one request */, LOAD_MOST_GROUPS = 1000000 };

enum arrivals {
    ARRIVALS_AT_ONCE, /* all at 0 */
    ARRIVALS_EVEN,    /* the i-th, from 0 on, at i / rate */
    ARRIVALS_POISSON, /* gaps of -ln(1 - u) / rate, u uniform in [0, 1) */
};

enum length_kind {
    LENGTH_FIXED,     /* low */
    LENGTH_UNIFORM,   /* low to high, both included */
    LENGTH_LOG_NORMAL /* e^(mu + sigma z), rounded, then held within low (at least 1) and high (0: as long as may be) */
};

struct length {
    enum length_kind kind;
    int64_t low, high;
    double mean, sigma; /* mean before rounding; sigma: deviation of the logarithm, 0 to 4 */
};

struct load_options {
    int64_t count;
    enum arrivals arrivals;
    double rate_per_s;
    struct length prompt, output;
    uint64_t seed; /* arrivals, prompts, outputs, groups are four streams: a new rate leaves the lengths as they are */
    int64_t shared; /* tokens that a group's prompts begin with alike; a prompt keeps at least one of its own */
    int64_t groups; /* each as likely; 0 is 1 */
};

/* NULL, or a sentence that says what is wrong. */
const char *load_options_fault(const struct load_options *o);
const char *load_fault(const struct load *load);

/* NULL when the options have a fault. */
struct load *load_make(const struct load_options *o);
void load_free(struct load *load); /* accepts NULL */
