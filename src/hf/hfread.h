/* What the files behind hf/hfconfig.h share: asking for keys, and what was learnt of a model so far. */
#pragma once
#include "hf/hfconfig.h"

#include "read/jsonfile.h"
#include <stdbool.h>

/* What the token mixer of a layer keeps. */
enum hf_mixer { HF_FULL = 'F', HF_WINDOW = 'W', HF_CHUNK = 'C', HF_STATE = 'S', HF_NONE = '-' };
/* What mixes its channels. */
enum hf_channel { HF_DENSE = 'd', HF_SPARSE = 'e', HF_NO_CHANNEL = '-' };

enum { HF_MOST_LAYERS = 10000 };

/* How an architecture spends parameters: what its family says, before the file's own keys. Widths in numbers. */
struct hf_shape {
    bool countable;               /* the rest describes all of its parameters */
    int norm;                     /* parameters a norm has for each number: 1 a scale, 2 a bias too, 0 none */
    int layer_norms;              /* norms of the residual stream in each layer */
    bool plain_mlp;               /* two matrices; otherwise three, one of them a gate */
    bool qkv_bias, out_bias, mlp_bias, expert_bias, head_bias;
    /* Norms of queries and keys: none, one for all heads, one over all heads together, one for each head. */
    enum { QK_PLAIN, QK_BY_HEAD, QK_WHOLE, QK_EACH } qk_norm;
    bool query_gate;              /* queries are twice as wide: the second half gates the output */
    int router_bias;              /* numbers for each expert beside the router's row */
    int64_t positions;            /* learnt vectors of positions, as wide as the stream */
    int64_t word_width;           /* of an embedding, where it is projected to the stream's */
    int64_t embedding_norms;
    bool no_final_norm;
    int64_t shared_width;         /* of all shared experts together */
    bool shared_gate;
    int64_t mixer_extra;          /* parameters of an indexer */
    bool full_sinks, window_sinks;/* a number for each head of such a layer, which takes attention and caches nothing */
    int64_t state_mixer;          /* all parameters of a layer with a state */
};

struct hf_default { const char *key; int64_t value; };

struct hf;
struct hf_family {
    const char *types;            /* model_types, with a space between */
    bool tied;                    /* when tie_word_embeddings does not stand */
    struct hf_shape shape;
    void (*adapt)(struct hf *f);  /* what tables cannot say; after the common keys, before layers are counted */
    struct hf_default defaults[8];/* of the class, for files that leave them out; ended by a NULL key */
};

struct hf {
    JsonObject *outer, *object;   /* the file; the group in it that describes the language model */
    GHashTable *asked;            /* its keys that somebody looked at */
    GHashTable *said;             /* texts of out's remarks */
    const struct hf_family *family; /* NULL: unknown */
    struct hfconfig *out;
    struct model *m;              /* out's */
    struct hf_shape shape;
    char *mixers, *channels;      /* one letter for each layer: enum hf_mixer, enum hf_channel */
    bool mixers_known;            /* false: what the file says of its layers' kinds contradicts, or is not understood */
    bool mixers_listed;           /* layer by layer, so that no pattern of the family is needed */
    bool dense_beside;            /* each layer has a dense block beside its experts */
    bool streams_needed;          /* plain keys cannot say what is kept */
    struct stream full, window, state, conv, indexer; /* entries; layers are counted at the end */
};

/* --- asking for a key: in the language model's group, then in the file --- */

JsonNode *hf_node(struct hf *f, const char *key);   /* NULL: absent or null */
int64_t hf_int(struct hf *f, const char *key);      /* 0 and above; -1: absent, null, or wrong and told */
int64_t hf_int_or(struct hf *f, const char *key, int64_t otherwise);
bool hf_flag(struct hf *f, const char *key, bool otherwise);
const char *hf_text(struct hf *f, const char *key); /* NULL: absent or no text */
JsonObject *hf_group(struct hf *f, const char *key);
JsonArray *hf_array(struct hf *f, const char *key);
/* A list with an entry for each layer. NULL: absent, or of another length, and told; then mixers_known is false. */
JsonArray *hf_by_layer(struct hf *f, const char *key);
/* The first of several names for one number that stands; those that stand too and differ are told. Ends with NULL. */
int64_t hf_alias(struct hf *f, const char *const *names);
/* A whole number in a group of its own; -1 absent. */
int64_t hf_in_group(struct hf *f, const char *group, const char *key);

/* A text from a file as one line of UTF-8. Caller frees. */
char *hf_line(const char *text);
void hf_say(struct hf *f, enum hfremark_kind kind, const char *format, ...) G_GNUC_PRINTF(3, 4);
/* Tells of keys of the language model's group that nobody asked for and that matter. */
void hf_say_unknown(struct hf *f);
/* Tells of keys written twice, of which the last one holds. */
void hf_say_twins(struct hf *f, const char *text, size_t length);
/* The text with the Infinity and NaN of Python's writer as null. Caller frees. */
char *hf_plain_json(const char *text, size_t length);

/* --- the rest of the reading --- */

const struct hf_family *hf_find_family(const char *type);
/* Parameters in all, and those that one token passes through; -1 when they do not follow from the shape. */
void hf_count_params(const struct hf *f, int64_t *total, int64_t *active);
