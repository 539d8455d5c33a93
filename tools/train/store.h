/* The model on disk: config.json and model.safetensors (half precision), as Hugging Face's GPT-2 has them.
 *
 * Notes are pairs of strings, NULL at the end; they go into the safetensors header's "__metadata__" and so travel with
 * the weights: how many steps, which seed, which rate.
 */
#ifndef TRAIN_STORE_H
#define TRAIN_STORE_H

#include <stdbool.h>

#include <glib.h>

#include "model.h"

bool store_write(const char *folder, const struct model_config *c, const real *params, const char *const *notes,
		 GError **error);

/* The parameters (g_free) and the configuration of what store_write wrote; *notes becomes a table of strings
 * (g_hash_table_unref). NULL with an error if a file is missing, cut short or of another shape. */
real *store_read(const char *folder, struct model_config *c, GHashTable **notes, GError **error);

#endif
