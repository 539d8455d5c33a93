/* How the readers of config.json ask for a key. Every message names the file and the key. */
#pragma once
#include "lm/config.h"

#include "read/jsonfile.h"

gboolean config_fail(const struct config *c, GError **error, const char *format, ...) G_GNUC_PRINTF(3, 4);
/* True when the key stands and is not null. */
gboolean config_has(JsonObject *object, const char *key);
/* The text under a key, or NULL when it is missing, null or no text. */
const char *config_text(JsonObject *object, const char *key);
gboolean config_flag(JsonObject *object, const char *key, gboolean standard);
/* A whole number from 1 to `most`, which must stand. */
gboolean config_size(const struct config *c, JsonObject *object, const char *key, int most, int *out, GError **error);
/* The same; `standard` where the key is missing or null. */
gboolean config_size_or(const struct config *c, JsonObject *object, const char *key, int most, int standard, int *out,
                        GError **error);
/* A number above `low` and below `high`. NULL standard: it must stand. */
gboolean config_number(const struct config *c, JsonObject *object, const char *key, double low, double high,
                       const double *standard, double *out, GError **error);

/* The families. `kind` is the model_type. */
gboolean config_read_gpt2(struct config *c, JsonObject *object, GError **error);
gboolean config_read_llama(struct config *c, JsonObject *object, const char *kind, GError **error);
