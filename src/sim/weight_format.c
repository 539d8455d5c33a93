/* Bytes of weights, exact in integers: a number takes (bits x group + scale bits) / group bits.
 *
 * gpt-oss-20b, 20,914,757,184 parameters, 24 x 32 x 3 x 2,880 x 2,880 = 19,110,297,600 of them the experts' matrices:
 * 19,110,297,600 x (4 x 32 + 8) / 32 bits = 10,152,345,600 B, and 1,804,459,584 x 2 B for the rest, the experts' biases
 * among it: 13,761,264,768 B, which is what model.safetensors.index.json says (total_size).
 */
#include "sim/weight_format.h"

#include <glib.h>
#include <string.h>

static const struct { const char *label; struct format format; } formats[] = {
    { "FP32", { .type = DTYPE_FP32 } },
    { "BF16", { .type = DTYPE_BF16 } },
    { "FP16", { .type = DTYPE_FP16 } },
    { "FP8", { .type = DTYPE_FP8 } },
    { "INT8", { .type = DTYPE_INT8 } },
    { "INT4", { .type = DTYPE_INT4 } },
    { "MXFP4", { DTYPE_FP4, 32, 8, 0 } },
    { "NVFP4", { DTYPE_FP4, 16, 8, 0 } },
    { "INT4g32", { DTYPE_INT4, 32, 16, 0 } },
};
enum { N_FORMATS = G_N_ELEMENTS(formats) };

const char *const weights_choices[] = { "fp32",  "bf16",  "fp16",    "fp8",     "int8", "int4",
                                        "mxfp4", "nvfp4", "int4g32", WEIGHTS_PUBLISHED, NULL };
G_STATIC_ASSERT(G_N_ELEMENTS(weights_choices) == N_FORMATS + 2);

static int find_name(const char *name)
{
    for (int i = 0; name && i < N_FORMATS; i++)
        if (!strcmp(name, weights_choices[i])) return i;
    return -1;
}

static bool same(const struct format *a, const struct format *b)
{
    return a->type == b->type && a->group == b->group && a->scale_bits == b->scale_bits && a->zero_bits == b->zero_bits;
}

static int find_format(const struct format *f)
{
    for (int i = 0; i < N_FORMATS; i++)
        if (same(f, &formats[i].format)) return i;
    return -1;
}

struct weights weights_all(enum dtype type)
{
    struct format f = { .type = type };
    return (struct weights){ f, f };
}

bool weights_are_known(const struct model *m) { return find_name(m->native_dtype) >= 0; }

struct weights weights_published(const struct model *m)
{
    int rest = find_name(m->native_dtype), experts = find_name(m->expert_dtype);
    if (rest < 0) return weights_all(DTYPE_BF16);
    return (struct weights){ formats[rest].format, formats[experts < 0 ? rest : experts].format };
}

bool weights_parse(const char *text, struct weights *out)
{
    g_auto(GStrv) parts = g_strsplit(text, "+", 3);
    guint n = g_strv_length(parts);
    int rest = n ? find_name(parts[0]) : -1, experts = n > 1 ? find_name(parts[1]) : rest;
    if (rest < 0 || experts < 0 || n > 2) return false;
    *out = (struct weights){ formats[rest].format, formats[experts].format };
    return true;
}

struct weights weights_choice(int choice, const struct model *m)
{
    if (choice < 0 || choice >= N_FORMATS) return weights_published(m);
    return (struct weights){ formats[choice].format, formats[choice].format };
}

bool weights_equal(const struct weights *a, const struct weights *b)
{
    return same(&a->rest, &b->rest) && same(&a->experts, &b->experts);
}

bool weights_mixed(const struct weights *w) { return !same(&w->rest, &w->experts); }

static bool lacks_scales(const struct format *f) { return f->group <= 0 && dtype_bits(f->type) < 16; }

bool weights_lack_scales(const struct weights *w) { return lacks_scales(&w->rest) || lacks_scales(&w->experts); }

/* --- words --- */

const char *weights_format_label(const struct format *f)
{
    int i = find_format(f);
    return i < 0 ? dtype_labels[f->type] : formats[i].label;
}

char *weights_label(const struct weights *w, char *buf, size_t size)
{
    const char *rest = weights_format_label(&w->rest), *experts = weights_format_label(&w->experts);
    g_snprintf(buf, (gulong)size, weights_mixed(w) ? "%s, experts %s" : "%s", rest, experts);
    return buf;
}

char *weights_name(const struct weights *w, char *buf, size_t size)
{
    g_autofree char *rest = g_ascii_strdown(weights_format_label(&w->rest), -1);
    g_autofree char *experts = g_ascii_strdown(weights_format_label(&w->experts), -1);
    g_snprintf(buf, (gulong)size, weights_mixed(w) ? "%s+%s" : "%s", rest, experts);
    return buf;
}

/* --- bytes --- */

/* Bits of a number as a fraction. */
struct share { uint64_t bits, numbers; };

static struct share share_of(const struct format *f)
{
    uint64_t bits = (uint64_t)dtype_bits(f->type), group = (uint64_t)f->group;
    if (f->group <= 0) return (struct share){ bits, 1 };
    return (struct share){ bits * group + (uint64_t)(f->scale_bits + f->zero_bits), group };
}

double weights_number_bytes(const struct format *f)
{
    struct share s = share_of(f);
    return (double)s.bits / (double)s.numbers / 8;
}

int64_t weights_bytes(const struct weights *w, int64_t rest, int64_t experts)
{
    struct share a = share_of(&w->rest), b = share_of(&w->experts);
    if (rest < 0 || experts < 0) return -1;
    unsigned __int128 sum = (unsigned __int128)rest * (a.bits * b.numbers);
    sum += (unsigned __int128)experts * (b.bits * a.numbers);
    unsigned __int128 over = 8 * (unsigned __int128)(a.numbers * b.numbers), bytes = (sum + over - 1) / over;
    return bytes > INT64_MAX ? -1 : (int64_t)bytes;
}
