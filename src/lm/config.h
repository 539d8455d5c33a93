/* What config.json says of a model that can be run: the GPT-2 and the Llama family, in the words of the transformers
 * library. A file that asks for something that would not be computed is refused. (hfconfig.h reads the same files for
 * the catalog, of all families, where nothing needs to run.)
 */
#pragma once
#include "lm/lm.h"
#include "lm/rope.h"

enum { CONFIG_MOST_WIDTH = 1 << 20, CONFIG_MOST_TOKENS = 1 << 20 /* as far as angles are exact: sim/exact.h */ };

/* BY_FILE: config.json does not say, the weights show it. */
enum config_bias { CONFIG_BIAS_BY_FILE, CONFIG_BIAS_NONE, CONFIG_BIAS_ALL };

struct config {
    char *path;             /* of the file, for messages */
    struct lm_shape shape;  /* without params and biases, which the weights decide */
    double epsilon;         /* of the norms */
    gboolean tied;          /* the output layer is the embedding where the weights allow it */
    char *origin;           /* kvreel_origin or NULL */
    struct rope rope;       /* Llama family */
    enum config_bias qkv_bias, out_bias, mlp_bias;
};

/* FALSE and error: which key, and what would be accepted. In either case to be cleared. */
gboolean config_read(struct config *c, const char *folder, GError **error);
void config_clear(struct config *c);
