/* A Hugging Face config.json as an entry of the catalog of models, with everything that could not be understood.
 *
 *     struct hfconfig *c = hfconfig_read(text, length, "config.json", &error);
 *     ... c->model, c->remarks ...
 *     hfconfig_free(c);
 *
 * The layouts are those of the transformers library (configuration_*.py) and of the files that makers publish. id,
 * name, released and source are not in such a file and stay NULL; family is its model_type.
 */
#pragma once
#include "sim/catalog.h"

#include <glib.h>

enum hfremark_kind {
    HFREMARK_ARCHITECTURE, /* a model_type that nobody has described here: common keys only */
    HFREMARK_MISSING,      /* a key that matters is not there; its class's default stands in, or nothing */
    HFREMARK_UNKNOWN,      /* a key that was not understood */
    HFREMARK_WRONG,        /* a value of the wrong type or size, two values that contradict, a key written twice */
    HFREMARK_UNCOUNTED,    /* what follows from no key: parameters */
};

struct hfremark { enum hfremark_kind kind; char *text; /* a sentence */ };

/* The model's texts and lists belong to it. confidence is "high" when there is no remark but of parameters. */
struct hfconfig { struct model model; GArray *remarks; /* struct hfremark */ };

/* NULL and error, in the domain LM_ERROR with LM_ERROR_CONFIG, when the text is no JSON or describes no language
 * model: no number of layers, or no width. where: what messages call the file. */
struct hfconfig *hfconfig_read(const char *text, size_t length, const char *where, GError **error);
void hfconfig_free(struct hfconfig *c); /* accepts NULL */
