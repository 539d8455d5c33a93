/* What a loaded model is made of; for model.c, which fills it, and forward.c, which runs it. */
#pragma once
#include "lm/tokenizer.h"
#include "lm/matmul.h"
#include "lm/lm.h"

struct norm { float *gain, *shift; }; /* [C] each */

struct layer {
    struct norm before_attention, before_mlp;
    struct matrix qkv;  /* [C][3C]: Q of all heads, then K, then V */
    struct matrix out;  /* [C][C] */
    struct matrix up;   /* [C][4C] */
    struct matrix down; /* [4C][C] */
};

struct lm {
    struct lm_shape shape;
    double epsilon;        /* of the norms */
    char *name, *origin;
    struct tokenizer *tokens;
    struct matrix embed;   /* [C][V]: column v embeds token v; also the output layer where tied */
    struct matrix head;    /* [C][V] where lm_head.weight is its own; else empty */
    float *positions;      /* [max_tokens][C] */
    struct layer *layers;
    struct norm last;
};
