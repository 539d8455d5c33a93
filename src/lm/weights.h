/* What a loaded model is made of; for load*.c, which fill it, and forward.c, which runs it. */
#pragma once
#include "lm/lm.h"
#include "lm/matmul.h"
#include "tok/tokenizer.h"

struct norm { float *gain, *shift; }; /* [C] each; shift NULL: none (RMSNorm) */

struct layer {
    struct norm before_attention, before_mlp;
    struct matrix qkv;  /* [C][(H + 2KV) D]: Q of all heads, then K, then V */
    struct matrix out;  /* [H D][C] */
    struct matrix gate; /* [C][I]; GPT-2: empty */
    struct matrix up;   /* [C][I] */
    struct matrix down; /* [I][C] */
};

struct lm {
    struct lm_shape shape;
    double epsilon;        /* of the norms */
    char *name, *origin;
    struct tokenizer *tokens;
    struct matrix embed;   /* [C][V]: column v embeds token v; also the output layer where tied */
    struct matrix head;    /* [C][V] where lm_head.weight is its own; else empty */
    float *positions;      /* [max_tokens][C]; Llama: NULL */
    double *steps;         /* [D/2]: radians a position, see rope.h; GPT-2: NULL */
    struct layer *layers;
    struct norm last;
};
