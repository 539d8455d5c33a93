/* Bits of vectors. A vector of n numbers of b bits takes n b + ceil(n / group) x (scale + zero point) bits.
 *
 * Llama-3.1-8B's key, 128 numbers in INT4 with a 16-bit scale for 32: 128 x 4 + 4 x 16 = 576 bits, 4.5 a number.
 */
#include "sim/format.h"
#include "sim/count.h"

#include <glib.h>

const char *const dtype_names[] = { "fp32", "bf16", "fp16", "fp8", "int8", "int4", NULL };
const char *const dtype_labels[] = { "FP32", "BF16", "FP16", "FP8", "INT8", "INT4", NULL };
static const int bits[] = { 32, 16, 16, 8, 8, 4 };
G_STATIC_ASSERT(G_N_ELEMENTS(dtype_names) == DTYPE_COUNT + 1);
G_STATIC_ASSERT(G_N_ELEMENTS(dtype_labels) == DTYPE_COUNT + 1);
G_STATIC_ASSERT(G_N_ELEMENTS(bits) == DTYPE_COUNT);

int dtype_bits(enum dtype t) { return bits[t]; }

int dtype_find(const char *name)
{
    for (int t = 0; name && t < DTYPE_COUNT; t++)
        if (!g_strcmp0(name, dtype_names[t])) return t;
    return -1;
}

struct format format_usual(enum dtype type)
{
    if (type == DTYPE_INT4) return (struct format){ type, 32, 16, 0 };
    return (struct format){ .type = type };
}

int64_t format_scales(const struct format *f, int64_t numbers)
{
    return f->group > 0 ? count_over(numbers, f->group) : MIN(numbers, 0);
}

int64_t format_vector_bits(const struct format *f, int64_t numbers)
{
    int64_t scales = count_times(format_scales(f, numbers), count_plus(f->scale_bits, f->zero_bits));
    return count_plus(count_times(numbers, dtype_bits(f->type)), scales);
}

char *format_label(const struct format *f, char *buf, size_t size)
{
    if (f->group <= 0) g_snprintf(buf, (gulong)size, "%s", dtype_labels[f->type]);
    else
        g_snprintf(buf, (gulong)size, "%s, a %" G_GINT64_FORMAT "-bit scale%s for %" G_GINT64_FORMAT " numbers",
                   dtype_labels[f->type], f->scale_bits, f->zero_bits ? " and a zero point" : "", f->group);
    return buf;
}
