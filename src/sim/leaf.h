/* Facts that come from a catalog or from a person's choice, and computed ones that may not fit. */
#pragma once
#include "sim/catalog.h"
#include "sim/fact.h"
#include "sim/format.h"

/* A number of a catalog's entry, with the entry's source; 0 there means that nobody could verify it. key: as the
 * catalog writes it. */
int leaf_model(struct facts *f, const struct model *m, const char *id, int64_t value, enum unit unit, const char *key);
int leaf_device(struct facts *f, const struct device *d, const char *id, int64_t value, enum unit unit,
                const char *key);
int leaf_device_real(struct facts *f, const struct device *d, const char *id, double value, enum unit unit,
                     const char *key);
/* What an entry is called. source: the entry's; NULL: it gives none. */
int leaf_name(struct facts *f, const char *id, const char *name, const char *source);
/* Bytes of one number of that type. by: who chose it, "scene file: cache". */
int leaf_dtype(struct facts *f, const char *id, enum dtype t, enum unit unit, const char *by);
/* A computed whole number. -1 is unknown; where all inputs are known, it did not fit. */
int fact_whole(struct facts *f, const char *id, int64_t value, enum unit unit, const char *formula, const int *deps);
