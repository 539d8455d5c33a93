/* What is known of models and devices. The structs here, the entries in data/models.cfg and data/devices.cfg, the rows
 * in scene/catalog.c. Texts and arrays belong to the catalog; 0 or NULL means "nobody could verify it", never a guess.
 */
#pragma once
#include "base/list.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum attention_kind { ATTENTION_MHA, ATTENTION_GQA, ATTENTION_MQA, ATTENTION_MLA };
enum yes_no { SAID_NOTHING, SAID_NO, SAID_YES };

/* What a layer keeps of the tokens that went through it. */
enum keep {
    KEEP_ALL,     /* an entry for every token */
    KEEP_WINDOW,  /* for the last `span` tokens, and for the first `sinks` for ever */
    KEEP_CHUNK,   /* for the tokens since the last multiple of `span` (Llama 4); room is needed for `span` */
    KEEP_EVERY,   /* one entry for each full group of `span` tokens */
    KEEP_STATE,   /* one entry, whatever the length */
};

/* One kind of memory that `layers` layers of a model keep; a layer may keep several. An entry is kv_heads x (k_width +
 * v_width) numbers, or latent + rope numbers that all heads share, or, of a state, state_heads x state_rows x
 * state_columns numbers. */
struct stream {
    char *name;                    /* a word, unique in its model: "full", "window", "indexer" */
    int64_t layers;
    int keep;                      /* enum keep */
    int64_t span, sinks;
    int64_t kv_heads, k_width, v_width; /* v_width 0: keys alone, or, if shared, one vector that is both */
    bool shared;
    int64_t reads;                 /* entries that a query reads at most, where it chooses them; 0: all that are kept */
    int64_t index_heads;           /* of keys alone: heads whose queries score them to choose; 0: not known */
    int64_t latent, rope;
    int64_t state_heads, state_rows, state_columns;
    int stored;                    /* 0: as the cache is; else 1 + the enum dtype that it always has */
    int64_t group, scale_bits;     /* of that type: so many numbers share a scale of so many bits; 0: no scales */
};

struct model {
    char *id, *name, *family, *released; /* released: "2024-07" */
    int64_t params_total, params_active;
    int64_t layers, hidden, heads, kv_heads, head_dim, intermediate, vocab, max_context;
    int tied_embeddings;                 /* enum yes_no: the last matrix is the table of embeddings */
    int attention;                       /* enum attention_kind, of the full layers */
    int64_t v_head_dim;                  /* where values are not as wide as keys */
    int64_t q_lora_rank, kv_lora_rank, qk_nope_head_dim, qk_rope_head_dim; /* MLA */
    int64_t sliding_window, full_layers, windowed_layers, linear_layers;
    struct list caches;                  /* struct stream: where the fields above cannot say what is kept */
    int64_t experts, experts_per_token, shared_experts, dense_layers, dense_intermediate;
    char *native_dtype, *source, *read, *confidence, *note; /* read: "2026-09", when the source was */
};

enum memory_kind { MEMORY_HBM, MEMORY_GDDR, MEMORY_LPDDR, MEMORY_UNIFIED, MEMORY_SRAM, MEMORY_DRAM };

struct device {
    char *id, *name, *short_name, *vendor;
    int64_t year;
    int64_t capacity_bytes;
    int memory;                 /* enum memory_kind */
    char *memory_type;          /* "HBM3" */
    int64_t bandwidth;          /* bytes per second */
    int64_t cache_bytes;        /* level 2, or memory on the chip that software manages */
    double fp16_tflops, bf16_tflops, int8_tops, fp8_tflops; /* dense, 10^12 operations per second */
    double tdp_w;
    char *interconnect;         /* "NVLink 4" */
    int64_t link_bandwidth;     /* bytes per second, both directions together, per device */
    double usd_per_hour;        /* a cloud's price, on price_date */
    char *price_date, *price_source;
    int64_t stacks, sites;      /* HBM: working stacks and stack positions on the package */
    int64_t channels;           /* GDDR and LPDDR: memory channels */
    int64_t cores; char *core_word; /* 132, "SMs" */
    char *source, *read, *confidence, *note;
};

struct catalog { struct model *models; size_t n_models; struct device *devices; size_t n_devices; };

/* NULL when there is none. */
const struct model *catalog_model(const struct catalog *c, const char *id);
const struct device *catalog_device(const struct catalog *c, const char *id);
/* All ids, NULL-ended, for suggestions; free the array alone. */
const char **catalog_model_ids(const struct catalog *c);
const char **catalog_device_ids(const struct catalog *c);
