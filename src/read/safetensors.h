/* Reads a safetensors file through a memory map.
 *
 *     8 bytes    N, little-endian
 *     N bytes    JSON: { "name": { "dtype": "F16", "shape": [64, 32], "data_offsets": [0, 4096] }, ... }
 *     the rest   the tensors' bytes, without gaps; offsets count from here
 *
 * Source: the format section of the safetensors README, github.com/huggingface/safetensors.
 * Everything is checked when the file is opened, so that later reads cannot leave the map.
 */
#pragma once
#include <glib.h>
#include <stdint.h>

struct safetensors;

enum tensor_type { TENSOR_F32, TENSOR_F16, TENSOR_BF16, TENSOR_OTHER };

enum { TENSOR_DIMS = 8 };

/* Belongs to the open file. `count` numbers lie at `data`, in no particular alignment. */
struct tensor {
    char *name;
    const char *path; /* of the file */
    const char *type_name;
    enum tensor_type type;
    int dims;
    int64_t shape[TENSOR_DIMS], count;
    uint64_t begin, end; /* offsets after the header */
    const char *data;
};

/* Codes of LM_ERROR that tell what is wrong with a file; see lm.h. */
struct safetensors *safetensors_open(const char *path, GError **error);
void safetensors_close(struct safetensors *s); /* accepts NULL */
const struct tensor *safetensors_find(const struct safetensors *s, const char *name); /* NULL when there is none */
int safetensors_count(const struct safetensors *s);
const struct tensor *safetensors_get(const struct safetensors *s, int i); /* in order of their bytes */
/* A text of the header's "__metadata__", which a file may have: texts by name. NULL when there is none. Belongs to s. */
const char *safetensors_note(const struct safetensors *s, const char *key);
/* Writes numbers first .. first + n - 1 as float32 to out. The tensor must be F32, F16 or BF16. */
void tensor_read(const struct tensor *t, int64_t first, int64_t n, float *out);
/* The tensor is not needed for now: its pages leave the memory, and come back from the file when it is read again. */
void tensor_release(const struct tensor *t);
/* "[64, 32]"; free it. */
char *tensor_shape_text(const int64_t *shape, int dims);
