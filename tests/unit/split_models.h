/* Models and a device that the tests of time and splits share. Shapes: the models' config.json; rates: NVIDIA's data
 * sheets. */
#pragma once
#include "sim/cost.h"

#include <glib.h>

static const struct model llama_8b = { .id = "llama-8b", .attention = ATTENTION_GQA, .params_total = 8030261248,
    .params_active = 8030261248, .layers = 32, .hidden = 4096, .heads = 32, .kv_heads = 8, .head_dim = 128,
    .vocab = 128256, .tied_embeddings = SAID_NO };
static const struct model llama_70b = { .id = "llama-70b", .attention = ATTENTION_GQA, .params_total = 70553706496,
    .params_active = 70553706496, .layers = 80, .hidden = 8192, .heads = 64, .kv_heads = 8, .head_dim = 128,
    .vocab = 128256, .tied_embeddings = SAID_NO };
static const struct model mixtral = { .id = "mixtral", .attention = ATTENTION_GQA, .params_total = 46702792704,
    .params_active = 12879925248, .layers = 32, .hidden = 4096, .heads = 32, .kv_heads = 8, .head_dim = 128,
    .vocab = 32000, .tied_embeddings = SAID_NO, .experts = 8, .experts_per_token = 2 };
static const struct model deepseek_v3 = { .id = "deepseek-v3", .attention = ATTENTION_MLA,
    .params_total = 671026419200, .params_active = 37552297472, .layers = 61, .hidden = 7168, .heads = 128,
    .kv_heads = 128, .head_dim = 128, .v_head_dim = 128, .kv_lora_rank = 512, .qk_nope_head_dim = 128,
    .qk_rope_head_dim = 64, .vocab = 129280, .tied_embeddings = SAID_NO, .experts = 256, .experts_per_token = 8,
    .shared_experts = 1, .dense_layers = 3 };
static const struct model gpt_oss = { .id = "gpt-oss", .attention = ATTENTION_GQA, .params_total = 20914757184,
    .params_active = 3608683008, .layers = 24, .hidden = 2880, .heads = 64, .kv_heads = 8, .head_dim = 64,
    .vocab = 201088, .tied_embeddings = SAID_NO, .intermediate = 2880, .sliding_window = 128, .full_layers = 12,
    .windowed_layers = 12, .experts = 32, .experts_per_token = 4 };
static const struct model qwen3_next = { .id = "qwen3-next", .attention = ATTENTION_GQA, .params_total = 80000000000,
    .params_active = 3000000000, .layers = 48, .hidden = 2048, .heads = 16, .kv_heads = 2, .head_dim = 256,
    .vocab = 151936, .tied_embeddings = SAID_NO, .full_layers = 12, .linear_layers = 36, .experts = 512,
    .experts_per_token = 10 };
/* DeepSeek-V3.2's indexer chooses 2,048 latents; V4-Flash's vectors are key and value, and of one in four tokens a
 * query reads 512. */
static const struct stream chosen_streams[] = {
    { .name = "latent", .layers = 61, .latent = 512, .rope = 64, .reads = 2048 },
    { .name = "indexer", .layers = 61, .kv_heads = 1, .k_width = 128, .stored = 1 + DTYPE_FP8, .group = 128,
      .scale_bits = 32, .index_heads = 64 } };
static const struct model deepseek_v32 = { .id = "deepseek-v3.2", .attention = ATTENTION_MLA,
    .params_total = 671026419200, .params_active = 37552297472, .layers = 61, .hidden = 7168, .heads = 128,
    .head_dim = 128, .v_head_dim = 128, .kv_lora_rank = 512, .qk_nope_head_dim = 128, .qk_rope_head_dim = 64,
    .vocab = 129280, .tied_embeddings = SAID_NO, .experts = 256, .experts_per_token = 8, .shared_experts = 1,
    .dense_layers = 3, .caches = { (void *)chosen_streams, 2 } };
static const struct stream shared_streams[] = {
    { .name = "window", .layers = 43, .keep = KEEP_WINDOW, .span = 128, .kv_heads = 1, .k_width = 512, .shared = true },
    { .name = "by4", .layers = 21, .keep = KEEP_EVERY, .span = 4, .kv_heads = 1, .k_width = 512, .shared = true,
      .reads = 512 },
    { .name = "by128", .layers = 20, .keep = KEEP_EVERY, .span = 128, .kv_heads = 1, .k_width = 512, .shared = true },
    { .name = "indexer", .layers = 21, .keep = KEEP_EVERY, .span = 4, .kv_heads = 1, .k_width = 128 } };
static const struct model deepseek_v4 = { .id = "deepseek-v4-flash", .attention = ATTENTION_MQA,
    .params_total = 284000000000, .params_active = 13000000000, .layers = 43, .hidden = 4096, .heads = 64,
    .kv_heads = 1, .head_dim = 512, .vocab = 129280, .tied_embeddings = SAID_NO, .intermediate = 2048,
    .sliding_window = 128, .windowed_layers = 43, .experts = 256, .experts_per_token = 6, .shared_experts = 1,
    .caches = { (void *)shared_streams, 4 } };
static const struct model *const all_models[] = { &llama_8b, &llama_70b, &mixtral, &deepseek_v3, &gpt_oss,
                                                  &qwen3_next, &deepseek_v32 };

static const struct device h100 = { .id = "h100-sxm", .capacity_bytes = INT64_C(80) << 30, .bandwidth = 3350000000000,
    .fp16_tflops = 989, .bf16_tflops = 989, .fp8_tflops = 1979, .int8_tops = 1979, .tdp_w = 700,
    .link_bandwidth = 900000000000, .usd_per_hour = 2.69, .price_date = "2026-09-05", .price_source = "a list" };

static inline const struct model *any_model(GRand *r)
{
    return all_models[g_rand_int_range(r, 0, G_N_ELEMENTS(all_models))];
}

static inline struct split any_split(GRand *r)
{
    return (struct split){ 1 << g_rand_int_range(r, 0, 5), g_rand_int_range(r, 1, 9), 1 << g_rand_int_range(r, 0, 4),
                          1 };
}

static inline struct setup setup_of(const struct model *m, const struct device *d)
{
    return (struct setup){ m, d, DTYPE_BF16, DTYPE_BF16, { .type = DTYPE_BF16 }, SPLIT_NONE, 1, "test: " };
}
