/* Number formats: how many bits a vector of numbers takes, with the scales that a quantised one needs.
 *
 * Numbers of a quantised vector stand in groups, each with a scale and, if it is asymmetric, a zero point. llama.cpp's
 * q8_0 and q4_0 keep one 16-bit scale for 32 numbers (ggml-common.h: 34 and 18 bytes a block); KIVI (arXiv:2402.02750)
 * keeps a scale and a zero point for 32. A type with one scale for a whole tensor, as serving engines keep FP8 and INT8
 * caches, has a group of 0: its scales are a handful of numbers that no token adds to, and are not counted.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

/* Caches have one of the first DTYPE_COUNT; FP4 is a type of weights alone (sim/weight_format.h). */
enum dtype {
    DTYPE_FP32, DTYPE_BF16, DTYPE_FP16, DTYPE_FP8, DTYPE_INT8, DTYPE_INT4,
    DTYPE_COUNT,
    DTYPE_FP4 = DTYPE_COUNT,
};
extern const char *const dtype_names[];  /* "fp32", ... "int4"; NULL-ended, for choices */
extern const char *const dtype_labels[]; /* "FP32", "BF16", ... */
int dtype_bits(enum dtype t);
/* The type of that name ("bf16"), -1 for another. name may be NULL. */
int dtype_find(const char *name);

struct format { enum dtype type; int64_t group, scale_bits, zero_bits; };

/* A type as engines usually keep it: INT4 with a 16-bit scale for each 32 numbers, all others without scales. */
struct format format_usual(enum dtype type);
/* Scales in a vector of so many numbers: one for each group, a part of a group counted whole. */
int64_t format_scales(const struct format *f, int64_t numbers);
/* Bits of such a vector with its scales; -1 when numbers is -1 or the result does not fit. */
int64_t format_vector_bits(const struct format *f, int64_t numbers);
/* "INT4, a 16-bit scale for 32 numbers"; returns buf. */
char *format_label(const struct format *f, char *buf, size_t size);
