/* `kvreel serve`: a server of one model on given devices under a load. */
#pragma once
#include "cmd/cmd.h"
#include "serve/latency.h"
#include "sim/cost.h"

struct serve_options {
    char *model, *device;
    int weights, cache;      /* weights: 0 as published, else 1 + enum dtype; cache: enum dtype */
    int64_t tensor;
    double memory_share;     /* of the device's memory that the server may use */
    int64_t requests, seed;
    int arrivals;            /* enum arrivals */
    double rate;
    char *prompt, *output;   /* lengths: "500", "100..900", "500~0.8" */
    int64_t shared, groups;  /* tokens that prompts begin with alike, within each group */
    bool prefix_cache;
    int64_t budget, max_sequences, block;
    bool chunked;
    int batching, preemption;
    int64_t swap_bandwidth;
    bool disaggregate;
    int64_t link_bandwidth, link_latency_us;
    int64_t draft;
    double acceptance;
    char *draft_model;       /* NULL: drafting takes no time */
    int64_t ttft_limit_us, tpot_limit_us;
};

extern const struct row serve_rows[];

/* A server that ran. Opened from options; keeps pointers into the catalog and the options. */
struct serve {
    const struct serve_options *o;
    const struct model *model, *draft;
    const struct device *device;
    struct setup setup;
    struct cost_rates rates, draft_rates;
    enum dtype draft_weights;
    int64_t block_bytes;     /* of one device, -1 unknown */
    struct load *load;
    struct schedule *run;
    struct latency latency;
    struct facts *facts;
};

/* False after adding to diags: a wrong name or length, weights that do not fit, a rate that nobody published. */
bool serve_open(struct serve *s, const struct serve_options *o, const struct catalog *catalog,
                enum event_level events, bool keep_steps, struct diags *diags);
void serve_close(struct serve *s); /* also of one that did not open, or is all zeros */

/* "500", "100..900" or "500~0.8", the value of that option. Adds to diags what is none of these. */
struct length serve_length(const char *option, const char *text, struct diags *diags);

void serve_tell_text(const struct serve *s, GString *out);
void serve_tell_json(const struct serve *s, GString *out);
/* The log of events, and one line a step, as CSV. */
void serve_events_csv(const struct serve *s, GString *out);
void serve_steps_csv(const struct serve *s, GString *out);

/* `kvreel why serve ...` */
int serve_why(int argc, char **argv);
