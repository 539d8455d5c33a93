/* The safetensors files of a model folder, seen as one: model.safetensors, or the shards that
 * model.safetensors.index.json lists.
 *
 *     { "metadata": { ... }, "weight_map": { "model.norm.weight": "model-00002-of-00002.safetensors", ... } }
 *
 * Source: transformers, "Sharded checkpoints". No file outside of the folder is opened: the list may name files, not
 * paths.
 */
#pragma once
#include "read/safetensors.h"

struct shards;

/* NULL and error, of LM_ERROR. Every tensor that the index lists is in the file that it names, and in no other. */
struct shards *shards_open(const char *folder, GError **error);
void shards_close(struct shards *s); /* accepts NULL */
const struct tensor *shards_find(const struct shards *s, const char *name); /* NULL when there is none */
/* For messages: the path of the one file, or of the index. */
const char *shards_path(const struct shards *s);
