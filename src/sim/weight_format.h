/* Number formats of weights: one for the experts of a sparse model, one for all the rest.
 *
 * Models with experts in four bits keep attention, tables, routers and shared experts wider: gpt-oss in BF16 with MXFP4
 * experts, Kimi-K2.5 in BF16 with INT4 ones, DeepSeek-V4 in FP8 with MXFP4 ones. Formats that only weights have:
 *
 *   mxfp4     4 bits, an 8-bit scale for 32: 4.25 bits a number (OCP Microscaling Formats v1.0, table 1)
 *   nvfp4     4 bits, an 8-bit scale for 16: 4.5 bits (its scale of a whole tensor is not counted)
 *   int4g32   4 bits, a 16-bit scale for 32: 4.5 bits (compressed-tensors, group_size 32)
 *
 * int8 and int4 are counted without scales: how many numbers share one differs from file to file.
 */
#pragma once
#include "sim/catalog.h"
#include "sim/format.h"

#include <stdbool.h>

struct weights { struct format rest, experts; };

/* All of them in one type, without scales. */
struct weights weights_all(enum dtype type);
/* As the model is published; BF16 when nobody knows that, which weights_are_known() tells. */
struct weights weights_published(const struct model *m);
bool weights_are_known(const struct model *m);
/* "fp8", or "bf16+mxfp4", the experts' format behind the plus. False: no such format, *out stays. */
bool weights_parse(const char *text, struct weights *out);

/* Names of formats, then "published"; NULL-ended, for choices. The first DTYPE_COUNT are those of enum dtype. */
extern const char *const weights_choices[];
#define WEIGHTS_PUBLISHED "published"
/* What the choice of that index means for the model. */
struct weights weights_choice(int choice, const struct model *m);

bool weights_equal(const struct weights *a, const struct weights *b);
bool weights_mixed(const struct weights *w);
/* Whether some are narrower than 16 bits, and how many of those share a scale is not said. */
bool weights_lack_scales(const struct weights *w);
/* "bf16+mxfp4" as weights_parse() takes it; "BF16, experts MXFP4" for people. Return buf. */
char *weights_name(const struct weights *w, char *buf, size_t size);
char *weights_label(const struct weights *w, char *buf, size_t size);
/* "MXFP4": of one part. */
const char *weights_format_label(const struct format *f);

/* Bytes of one number with its part of a scale: 0.53125 of MXFP4. */
double weights_number_bytes(const struct format *f);
/* Bytes of so many numbers, rounded up once; -1 when one is -1 or the result does not fit. */
int64_t weights_bytes(const struct weights *w, int64_t rest, int64_t experts);
