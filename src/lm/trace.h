/* A recorded run: a prompt through a model, some decode steps, and everything that the views show of it.
 * The prompt's pass also yields the first new token. Immutable once made; shared by all chapters and threads.
 */
#pragma once
#include "sim/fact.h"
#include "lm/lm.h"

struct trace_options {
    const char *prompt;
    int steps;               /* decode steps after prefill, each feeding one new token */
    int layer, head;         /* counted from 1; 0: chosen by measurement (see trace.c) */
    double temperature;      /* 0: greedy */
    int top_k;               /* 0: all */
    double top_p;            /* the likeliest tokens that hold so much together; 0 or 1: all */
    uint64_t seed;
    /* Told of the work while it is done, in tokens that go through the layers; from several threads, one at a time.
     * NULL: nobody is told. */
    void (*tell)(void *to, int64_t done, int64_t total);
    void *to;
};

/* text as shown: see tokentext.h; never empty. */
struct trace_token { char *text; int id; };
/* share of the whole vocabulary's softmax at the temperature; at temperature 0 of the plain softmax */
struct trace_candidate { char *text; int id; double share; };

enum { TRACE_CANDIDATES = 8 };

struct trace_pass {          /* pass 0 is prefill; pass s is decode step s */
    int tokens;              /* positions known after this pass */
    /* Best first. A sampled token that is not among the best takes the last place, so it can be shown. */
    struct trace_candidate candidates[TRACE_CANDIDATES];
    int n_candidates, sampled;                           /* index into candidates */
    /* What top-k and top-p left to draw from, and the share of the whole vocabulary that they took away. At temperature
     * 0 the best is taken and they do not act: 1 and 0. */
    int kept;
    double cut;
    struct lm_count with_cache, without_cache;          /* see counted in struct trace */
};

/* The same text read one token at a time from the first on: step i has i + 1 tokens, with a cache and without. */
struct trace_growth { struct lm_count with_cache, without_cache; };

enum { TRACE_GROWTH = 24 }; /* steps at most; their cost without a cache rises with the square */

struct trace {
    struct lm_shape shape;
    char *model_name;
    const char *origin;             /* of its weights: "trained", "demo: random weights", or NULL: nobody says */
    char *file;                     /* of which it was read; NULL: the model ran in this program */
    char *program;                  /* in which the model ran, where a file says so; else NULL */
    /* The counts were measured by running the model both ways; FALSE: nobody counted, they are lm_count_formula()'s. */
    gboolean counted;
    int layer, head;                /* shown ones, counted from 1 */
    /* n_tokens: prompt + steps: every position that was computed; one more token was sampled */
    int n_prompt, n_tokens;
    struct trace_token *tokens;     /* n_tokens + 1 of them: the last is sampled, not fed */
    int n_passes;                   /* 1 + steps */
    struct trace_pass *passes;
    struct trace_growth growth[TRACE_GROWTH]; /* the first n_growth are measured: MIN(n_tokens, TRACE_GROWTH) */
    int n_growth;
    /* Of all layers and heads, after all steps; a row is a position. */
    float *q, *out;                 /* [L][H][n_tokens][D] */
    float *k, *v;                   /* [L][KV][n_tokens][D] */
    /* [L][H][n_tokens][n_tokens] each, as lm_look has them, where the trace brings its own; NULL: they follow from q
     * and k. */
    float *dots, *scores, *shares;
    float *logits;                  /* [n_passes][V] */
    char *roles;                    /* what its heads do, as heads_to_json() writes it; NULL: not known */
    GHashTable *pieces;             /* id -> GBytes: the bytes of all tokens and candidates, where known */
    struct trace_options options;   /* its prompt belongs to the trace */
};

/* NULL and error when the prompt is empty, cannot be written in the model's vocabulary or does not fit its context, or
 * when the options ask for a layer or head that it does not have. */
struct trace *trace_run(const struct lm *g, const struct trace_options *options, GError **error);
void trace_free(struct trace *t); /* accepts NULL */
/* The bytes of a token or candidate, as lm_token() has them; NULL: not known. Belong to the trace. */
const char *trace_piece(const struct trace *t, int id, size_t *length);

/* One head of a trace. */
struct trace_head {
    int layer, head, n, width;      /* counted from 1; n tokens, D numbers in a vector */
    const float *q, *k, *v, *out;   /* [n][D], of the trace */
    float *dots, *scores, *shares;  /* [n][n]: q . k, scaled, and after softmax; zero above the diagonal */
    double low, high;               /* 1st and 99th percentile of all q, k, v and out: the colour range of vectors */
};

/* layer and head counted from 1 and within the shape. The trace must outlive it. */
struct trace_head *trace_head_new(const struct trace *t, int layer, int head);
void trace_head_free(struct trace_head *h); /* accepts NULL */
/* How good a head is to look at, larger is better; see trace.c. `shares` [n_tokens][n_tokens] of that head. */
struct trace_score { double reference, focus; int references; };
struct trace_score trace_score_head(const struct trace *t, const float *shares);
/* Column j of a stripe of `cells` cells for a vector of D numbers: means of consecutive groups, scaled to [0, 1] over
 * low..high. */
double trace_tone(const struct trace_head *h, const float *vector, int cell, int cells);
