/* Formats of weights: published sizes to the byte, bits counted number by number, names, and the split in two parts. */
#include "sim/cache.h"
#include "sim/memory.h"
#include "sim/traffic.h"
#include "split_models.h"

#include <glib.h>

static const struct weights mxfp4_experts = { { .type = DTYPE_BF16 }, { DTYPE_FP4, 32, 8, 0 } };

static struct model published(const struct model *m, const char *rest, const char *experts)
{
    struct model out = *m;
    out.native_dtype = (char *)rest, out.expert_dtype = (char *)experts;
    return out;
}

/* model.safetensors.index.json of openai/gpt-oss-20b and -120b, total_size. */
static void test_gpt_oss(void)
{
    struct model small = published(&gpt_oss, "bf16", "mxfp4"), large = small;
    large.params_total = 116829156672, large.params_active = 5100000000;
    large.layers = 36, large.full_layers = large.windowed_layers = 18, large.experts = 128;
    g_assert_cmpint(weight_bytes(&small, weights_published(&small)), ==, 13761264768);
    g_assert_cmpint(weight_bytes(&large, weights_published(&large)), ==, 65248815744);
    g_assert_cmpint(weight_bytes(&small, weights_all(DTYPE_BF16)), ==, 2 * small.params_total);
    g_assert_cmpint(split_params_of(&small).expert * 32, ==, INT64_C(24) * 32 * 3 * 2880 * 2880);
}

static void assert_published(const char *rest, const char *experts, bool known, const char *name, const char *label)
{
    struct model m = published(&gpt_oss, rest, experts);
    struct weights w = weights_published(&m), again, choice = weights_choice(G_MAXINT, &m);
    char text[64];
    g_assert_cmpint(weights_are_known(&m), ==, known);
    g_assert_cmpstr(weights_name(&w, text, sizeof text), ==, name);
    g_assert_true(weights_parse(text, &again) && weights_equal(&w, &again) && weights_equal(&w, &choice));
    g_assert_cmpstr(weights_label(&w, text, sizeof text), ==, label);
}

static void test_names(void)
{
    struct weights w = weights_all(DTYPE_FP8), fp8 = w;
    assert_published("bf16", "mxfp4", true, "bf16+mxfp4", "BF16, experts MXFP4");
    assert_published("fp8", "mxfp4", true, "fp8+mxfp4", "FP8, experts MXFP4");
    assert_published("bf16", "int4g32", true, "bf16+int4g32", "BF16, experts INT4g32");
    assert_published("fp16", NULL, true, "fp16", "FP16");
    assert_published("fp8", "fp8", true, "fp8", "FP8");
    assert_published("nvfp4", NULL, true, "nvfp4", "NVFP4");
    assert_published(NULL, NULL, false, "bf16", "BF16");
    assert_published("novel", "mxfp4", false, "bf16", "BF16");
    const char *const wrong[] = { "", "+", "bf16+", "+fp8", "bf16+fp8+fp8", "bf16 + fp8", "published", "BF16", "fp4" };
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) g_assert_false(weights_parse(wrong[i], &w));
    g_assert_true(weights_equal(&w, &fp8));
    for (int t = 0; t < DTYPE_COUNT; t++) {
        struct weights one = weights_choice(t, NULL), all = weights_all(t);
        g_assert_cmpstr(weights_choices[t], ==, dtype_names[t]);
        g_assert_true(weights_equal(&one, &all) && !weights_mixed(&one));
    }
}

/* Bits one number after another; a scale with each first of a group. */
static int64_t bits_counted(const struct format *f, int64_t numbers)
{
    int64_t bits = 0;
    for (int64_t i = 0; i < numbers; i++)
        bits += dtype_bits(f->type) + (f->group && i % f->group == 0 ? f->scale_bits + f->zero_bits : 0);
    return bits;
}

static void test_counted(void)
{
    GRand *r = g_rand_new_with_seed(11);
    for (int i = 0; i < 300; i++) {
        struct weights w = any_weights(r);
        int64_t rest = 32 * g_rand_int_range(r, 0, 100), experts = 32 * g_rand_int_range(r, 0, 100);
        if (w.rest.group <= 0) rest += g_rand_int_range(r, 0, 3);
        int64_t bits = bits_counted(&w.rest, rest) + bits_counted(&w.experts, experts);
        g_assert_cmpint(weights_bytes(&w, rest, experts), ==, (bits + 7) / 8);
        g_assert_cmpfloat(weights_number_bytes(&w.experts) * 32 * 8, ==, (double)bits_counted(&w.experts, 32));
    }
    g_rand_free(r);
    g_assert_cmpint(weights_bytes(&mxfp4_experts, -1, 0), ==, -1);
    g_assert_cmpint(weights_bytes(&mxfp4_experts, INT64_MAX / 2, 0), ==, INT64_MAX - 1);
    g_assert_cmpint(weights_bytes(&mxfp4_experts, INT64_MAX / 2, 2), ==, -1);
}

/* What two formats make of one model lies between what each makes alone, on one device and on many. */
static void test_between(void)
{
    GRand *r = g_rand_new_with_seed(12);
    for (int i = 0; i < 200; i++) {
        const struct model *m = i % 2 ? &gpt_oss : &deepseek_v3;
        struct split s = { 1 << g_rand_int_range(r, 0, 4), g_rand_int_range(r, 1, 4), 1, 1 };
        struct weights w = any_weights(r), rest = { w.rest, w.rest }, experts = { w.experts, w.experts };
        int64_t all = split_weight_bytes(&s, m, w), a = split_weight_bytes(&s, m, rest),
                b = split_weight_bytes(&s, m, experts);
        g_assert_cmpint(all, >=, MIN(a, b));
        g_assert_cmpint(all, <=, MAX(a, b));
        g_assert_cmpint(all * s.tensor * s.pipeline, >=, weight_bytes(m, w));
        struct traffic_weights moved = traffic_weights(m, &s, w, 3, 1);
        g_assert_cmpfloat(moved.dense, ==, traffic_weights(m, &s, rest, 3, 1).dense);
        g_assert_cmpfloat(moved.experts, ==, traffic_weights(m, &s, experts, 3, 1).experts);
    }
    g_rand_free(r);
}

static void test_unknown(void)
{
    struct model m = gpt_oss, dense = llama_8b;
    m.params_active = 0, m.hidden = 0; /* nobody knows how large an expert is */
    g_assert_cmpint(weight_bytes(&m, mxfp4_experts), ==, -1);
    g_assert_cmpint(weight_bytes(&m, weights_all(DTYPE_FP8)), ==, m.params_total);
    dense.params_active = 0;
    g_assert_cmpint(weight_bytes(&dense, mxfp4_experts), ==, 2 * dense.params_total);
}

/* The formula, computed again from the catalog's fields. */
static void test_facts(void)
{
    static const struct model *const models[] = { &gpt_oss, &deepseek_v3, &mixtral, &llama_8b };
    GRand *r = g_rand_new_with_seed(13);
    for (int i = 0; i < 100; i++) {
        struct facts *f = facts_new();
        const struct model *m = models[i % 4];
        struct memory_plan plan = { m, NULL, any_weights(r), { DTYPE_BF16 }, 1, NULL };
        double again;
        memory_at(&plan, 1000, f);
        int weights = facts_find(f, "mem.weights");
        g_assert_cmpint(facts_at(f, weights)->i, ==, weight_bytes(m, plan.weights));
        g_assert_true(facts_evaluate(f, weights, &again) && facts_agree(f, weights, again));
        int n = facts_at(f, weights)->n_deps;
        g_assert_cmpint(n, ==, weights_mixed(&plan.weights) && m->experts ? 4 : 2);
        facts_free(f);
    }
    g_rand_free(r);
}

/* Four-bit experts are multiplied in the type of the rest, which is FP8 in DeepSeek-V4. */
static void test_rate(void)
{
    struct setup setup = { &gpt_oss, &h100, mxfp4_experts, DTYPE_BF16 };
    g_assert_cmpfloat(cost_matrix_rate(&setup, NULL), ==, 989e12);
    setup.weights.rest.type = DTYPE_FP8;
    g_assert_cmpfloat(cost_matrix_rate(&setup, NULL), ==, 1979e12);
    setup.weights.rest = setup.weights.experts;
    g_assert_cmpfloat(cost_matrix_rate(&setup, NULL), ==, 989e12);
    setup.weights = (struct weights){ { .type = DTYPE_FP8 }, { .type = DTYPE_BF16 } };
    g_assert_cmpfloat(cost_matrix_rate(&setup, NULL), ==, 989e12);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/weight-format/gpt-oss", test_gpt_oss);
    g_test_add_func("/weight-format/names", test_names);
    g_test_add_func("/weight-format/counted", test_counted);
    g_test_add_func("/weight-format/between", test_between);
    g_test_add_func("/weight-format/unknown", test_unknown);
    g_test_add_func("/weight-format/facts", test_facts);
    g_test_add_func("/weight-format/rate", test_rate);
    return g_test_run();
}
