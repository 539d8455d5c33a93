/* The cases of `kvreel size`: every combination of what its options say. */
#pragma once
#include "cmd/cmd.h"
#include "sim/sizing.h"

enum size_key { SIZE_MODEL, SIZE_DEVICE, SIZE_WEIGHTS, SIZE_CACHE, SIZE_BATCH, SIZE_CONTEXT, SIZE_KEYS };

struct size_case { struct sizing s; struct facts *facts; };

struct size_cases {
    struct size_case *items;
    int n;
    GPtrArray *imported;     /* struct hfconfig */
    bool varies[SIZE_KEYS];  /* what is not the same in all cases */
};

/* Options that choose cases; for the args of verbs. */
#define ARGS_SIZE \
    { "--model", "MODEL[,...]", "Models of the catalog (`kvreel list models`), or paths of config.json files; several make a comparison." }, \
    { "--device", "DEVICE[,...]", "Devices of the catalog that have to hold it (`kvreel list devices`)." }, \
    { "--context", "TOKENS", "Tokens in each sequence: 8Ki, or a list 4K,32K, or a range 4Ki..1Mi that doubles (default: 8Ki, or the model's limit)." }, \
    { "--batch", "N", "Sequences at a time, as a number, list or range (default: 1)." }, \
    { "--cache", "TYPE[,...]", "Number format of the cache: fp32, bf16, fp16, fp8, int8, int4 (default: bf16)." }, \
    { "--weights", "TYPE[,...]", "Number format of the weights: fp32, bf16, fp16, fp8, int8, int4, mxfp4, nvfp4, " \
      "int4g32, published, or two as bf16+mxfp4, of which the second is that of the experts (default: published; " \
      "where nobody knows that, bf16)." }, \
    { "--group", "N", "Numbers of the cache that share a scale; 0: no scales (default: 32 for int4, else 0)." }, \
    { "--scale-bits", "BITS", "Bits of such a scale (default: 16)." }, \
    { "--zero-bits", "BITS", "Bits of a zero point beside it (default: 0)." }, \
    { "--block", "TOKENS", "Tokens in a block of a paged cache (default: 16)." }, \
    { "--reserve", "TOKENS", "Tokens for which room is set aside in each sequence, as before paging: how much stays idle." }, \
    { "--tensor", "N", "Devices that share each layer (default: 1)." }, \
    { "--pipeline", "N", "Groups of devices that the layers are dealt out to (default: 1)." }, \
    { "--data", "N", "Copies of the model, each with its part of the sequences (default: 1)." }, \
    { "--expert", "N", "Devices that the experts are dealt out to (default: 1)." }

/* Reads the options. NULL after adding to diags. The catalog must outlive the cases. */
struct size_cases *size_cases_read(const struct args *a, const struct catalog *catalog, struct diags *diags);
void size_cases_free(struct size_cases *c); /* accepts NULL */

/* Cases as text for people (one: a sheet; several: a table), JSON and CSV. */
void size_tell_text(const struct size_cases *c, GString *out);
void size_tell_json(const struct size_cases *c, GString *out);
void size_tell_csv(const struct size_cases *c, GString *out);

/* The numbers of the sheet of one case, as struct shown (cmd/why_tell.h) with texts to free. */
GArray *size_shown(const struct size_case *c);

/* `kvreel why size ...`: where the numbers of one case come from, or one number alone. */
int size_why(int argc, char **argv);
