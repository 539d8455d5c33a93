/* What is known of models and devices. The structs here, the entries in data/models.cfg and data/devices.cfg, the rows
 * in scene/catalog.c. Texts and arrays belong to the catalog; 0 or NULL means "nobody could verify it", never a guess.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

enum attention_kind { ATTENTION_MHA, ATTENTION_GQA, ATTENTION_MQA, ATTENTION_MLA };

struct model {
    char *id, *name, *family, *released; /* released: "2024-07" */
    int64_t params_total, params_active;
    int64_t layers, hidden, heads, kv_heads, head_dim, intermediate, vocab, max_context;
    int attention;                       /* enum attention_kind */
    int64_t kv_lora_rank, qk_rope_head_dim;  /* MLA: latent and rope part cached per token and layer */
    int64_t sliding_window, full_layers, windowed_layers, linear_layers;
    char *native_dtype, *source, *confidence;
};

enum memory_kind { MEMORY_HBM, MEMORY_GDDR, MEMORY_LPDDR, MEMORY_UNIFIED, MEMORY_SRAM };

struct device {
    char *id, *name, *short_name, *vendor;
    int64_t year;
    int64_t capacity_bytes;
    int memory;                 /* enum memory_kind */
    char *memory_type;          /* "HBM3" */
    int64_t bandwidth;          /* bytes per second */
    double fp16_tflops;
    int64_t stacks, sites;      /* HBM: working stacks and stack positions on the package */
    int64_t channels;           /* GDDR and LPDDR: memory channels */
    int64_t cores; char *core_word; /* 132, "SMs" */
    char *source, *confidence;
};

struct catalog { struct model *models; size_t n_models; struct device *devices; size_t n_devices; };

/* NULL when there is none. */
const struct model *catalog_model(const struct catalog *c, const char *id);
const struct device *catalog_device(const struct catalog *c, const char *id);
