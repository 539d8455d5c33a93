/* A model over several devices, and what moves between them.
 *
 *   tensor      every matrix and every head cut in `tensor` parts (Megatron-LM, arXiv:1909.08053, section 3)
 *   pipeline    layers dealt out to `pipeline` stages
 *   data        `data` whole copies, each with its own sequences
 *   expert      experts dealt out to `expert` of a stage's tensor x data devices; adds no devices of its own
 *
 * Devices: tensor x pipeline x data. A KV head is never cut: beyond as many tensor ranks as KV heads each head is kept
 * several times. A latent (MLA) belongs to all heads, so every tensor rank keeps it whole. The cache never moves: a
 * device keeps what it computed. What moves are hidden vectors.
 */
#pragma once
#include "sim/layout.h"

#include <stdbool.h>

struct split { int64_t tensor, pipeline, data, expert; };
#define SPLIT_NONE ((struct split){ 1, 1, 1, 1 })

/* NULL when the model can be split so, else a sentence that says why not; caller frees. */
char *split_refusal(const struct split *s, const struct model *m);
int64_t split_devices(const struct split *s);
/* Layers of the fullest stage. */
int64_t split_stage_layers(const struct split *s, int64_t layers);
/* KV heads on one tensor rank, and on how many ranks each of them is kept; -1 unknown. */
int64_t split_kv_heads(const struct split *s, int64_t kv_heads);
int64_t split_kv_copies(const struct split *s, int64_t kv_heads);

/* Parameters by how they are split; the sums are over all layers. -1 unknown. */
struct split_params {
    int64_t table;      /* vocab x hidden: the embeddings, and the last matrix where that is another */
    int64_t tables;     /* 1 tied, 2 not; 2 when nobody said, so that what multiplies is the least it can be */
    int64_t expert;     /* one expert; 0 in dense models */
    int64_t rest;       /* everything but experts and tables */
};
/* One expert = (total - active) / (experts - experts a token): what a token does not pass through is whole experts.
 * Published counts of active parameters are rounded, and some leave a table out; so where three matrices of hidden x
 * intermediate in each sparse layer are within a twentieth of that, they are the expert (split_expert_is_shaped). */
struct split_params split_params_of(const struct model *m);
bool split_expert_is_shaped(const struct model *m);
/* Weights on the fullest device: its share of the largest stage, as if all layers were equally large, with one table of
 * embeddings at each end of the pipeline. */
int64_t split_weight_bytes(const struct split *s, const struct model *m, enum dtype t);

/* Bytes that one sequence keeps: on the fullest device; on all devices of its copy of the model. The second is at least
 * the unsplit cache, and more by what is kept several times. States of unknown size are left out, as in sim/cache.h.
 * -1 unknown. */
int64_t split_cache_bytes(const struct split *s, const struct model *m, struct format f, int64_t tokens);
int64_t split_cache_sum(const struct split *s, const struct model *m, struct format f, int64_t tokens);
/* The last by walking over every device, layer and head; for tests. */
int64_t split_cache_sum_counted(const struct split *s, const struct model *m, struct format f, int64_t tokens);

/* Bytes that one tensor rank sends while so many tokens pass through all layers; what it receives is as much. Nothing
 * of the cache is among them. Exact where the quotient is whole, else rounded up. -1 unknown. */
struct split_traffic {
    int64_t tensor;     /* 2 all-reduces a layer; a ring sends 2 (t - 1) / t of the vector */
    int64_t pipeline;   /* one hidden vector at each of the p - 1 boundaries, cut in t parts */
    int64_t expert;     /* all-to-all: to the experts of a token and back, the part that leaves the tensor group */
};
struct split_traffic split_traffic_of(const struct split *s, const struct model *m, enum dtype activations,
                                      int64_t tokens);
/* The ring's chunks one by one; for tests. */
int64_t split_ring_counted(int64_t ranks, int64_t bytes);
/* One stream as one tensor rank keeps it. */
struct stream split_stream(const struct split *s, const struct stream *whole);
