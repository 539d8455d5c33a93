/* What a leaf says of itself: which entry, which of its keys, and the entry's own source. */
#include "sim/leaf.h"

static const char *source_of(struct facts *f, bool known, const char *kind, const char *entry, const char *key,
                             const char *source)
{
    char text[1024];
    g_snprintf(text, sizeof text, "%s%s %s, %s: %s", known ? "" : "nobody published it for ", kind,
               entry ? entry : "without id", key, source ? source : "no source given");
    return facts_word(f, text);
}

int leaf_model(struct facts *f, const struct model *m, const char *id, int64_t value, enum unit unit, const char *key)
{
    const char *source = source_of(f, value > 0, "model", m->id, key, m->source);
    return value > 0 ? facts_leaf(f, id, value, unit, source) : facts_unknown(f, id, unit, source);
}

int leaf_device(struct facts *f, const struct device *d, const char *id, int64_t value, enum unit unit, const char *key)
{
    const char *source = source_of(f, value > 0, "device", d->id, key, d->source);
    return value > 0 ? facts_leaf(f, id, value, unit, source) : facts_unknown(f, id, unit, source);
}

int leaf_device_real(struct facts *f, const struct device *d, const char *id, double value, enum unit unit,
                     const char *key)
{
    const char *source = source_of(f, value > 0, "device", d->id, key, d->source);
    return value > 0 ? facts_leaf_real(f, id, value, unit, source) : facts_unknown(f, id, unit, source);
}

int leaf_name(struct facts *f, const char *id, const char *name, const char *source)
{
    return facts_leaf_word(f, id, name, source ? source : "no source given");
}

int leaf_dtype(struct facts *f, const char *id, enum dtype t, enum unit unit, const char *by)
{
    char text[128];
    g_snprintf(text, sizeof text, "%s = %s, %d bits a number", by, dtype_labels[t], dtype_bits(t));
    const char *word = facts_word(f, text);
    if (dtype_bits(t) % 8) return facts_leaf_real(f, id, dtype_bits(t) / 8.0, unit, word);
    return facts_leaf(f, id, dtype_bits(t) / 8, unit, word);
}

int fact_whole(struct facts *f, const char *id, int64_t value, enum unit unit, const char *formula, const int *deps)
{
    int index = facts_int(f, id, value, unit, formula, deps);
    if (value >= 0 || facts_at(f, index)->kind == FACT_UNKNOWN) return index;
    return facts_unknown(f, id, unit, "the result is beyond 64 bits");
}
