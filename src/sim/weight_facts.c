/* gpt-oss-20b: 1,804,459,584 × 2 + 19,110,297,600 × 0.53125 = 13,761,264,768 B. */
#include "sim/weight_facts.h"
#include "sim/cache.h"
#include "sim/count.h"
#include "sim/leaf.h"
#include "sim/split.h"

static int params_leaf(const struct model *m, struct facts *f)
{
    return leaf_model(f, m, "model.params", m->params_total, UNIT_COUNT, "params_total");
}

static int experts_leaf(const struct model *m, struct facts *f)
{
    return leaf_model(f, m, "model.experts", m->experts, UNIT_COUNT, "experts");
}

int weight_expert_fact(const struct model *m, struct facts *f)
{
    int64_t value = split_params_of(m).expert;
    if (!split_expert_is_shaped(m)) {
        int active = leaf_model(f, m, "model.params_active", m->params_active, UNIT_COUNT, "params_active");
        int chosen = leaf_model(f, m, "model.experts_per_token", m->experts_per_token, UNIT_COUNT, "experts_per_token");
        return fact_whole(f, "model.expert", value, UNIT_COUNT,
                          "([parameters] − [active parameters]) ÷ ([experts] − [experts a token]), rounded up; one "
                          "expert, over all layers",
                          FACTS(params_leaf(m, f), active, experts_leaf(m, f), chosen));
    }
    int sparse = leaf_model(f, m, "model.sparse_layers", m->layers - m->dense_layers, UNIT_COUNT,
                            "layers less dense_layers");
    int hidden = leaf_model(f, m, "model.hidden", m->hidden, UNIT_COUNT, "hidden");
    int width = leaf_model(f, m, "model.intermediate", m->intermediate, UNIT_COUNT, "intermediate");
    return fact_whole(f, "model.expert", value, UNIT_COUNT,
                      "3 × [hidden width] × [width of an expert] × [sparse layers]; one expert, over all layers",
                      FACTS(hidden, width, sparse));
}

static int width_fact(const char *id, const struct format *format, enum unit unit, const char *by, struct facts *f)
{
    char text[160], bits[32];
    double bytes = weights_number_bytes(format);
    g_ascii_formatd(bits, sizeof bits, "%.6g", 8 * bytes);
    g_snprintf(text, sizeof text, "%s = %s, %s bits a number%s", by, weights_format_label(format), bits,
               format->group > 0 ? " with its part of a scale" : "");
    const char *word = facts_word(f, text);
    return bytes == (double)(int64_t)bytes ? facts_leaf(f, id, (int64_t)bytes, unit, word)
                                           : facts_leaf_real(f, id, bytes, unit, word);
}

struct weight_widths weight_width_facts(const struct weights *w, enum unit unit, const char *by, struct facts *f)
{
    int rest = width_fact("mem.weight_value_bytes", &w->rest, unit, by, f), experts = rest;
    g_autofree char *by_experts = g_strconcat(by, ", experts", NULL);
    if (weights_mixed(w)) experts = width_fact("mem.expert_value_bytes", &w->experts, unit, by_experts, f);
    return (struct weight_widths){ rest, experts };
}

/* Whether each number is a whole number of bytes. */
static bool is_even(const struct format *f) { return f->group <= 0 && dtype_bits(f->type) % 8 == 0; }

int weight_bytes_fact(const struct model *m, const struct weights *w, enum unit unit, const char *by, struct facts *f)
{
    int params = params_leaf(m, f);
    struct weight_widths widths = weight_width_facts(w, unit, by, f);
    int64_t bytes = weight_bytes(m, *w);
    bool even = is_even(&w->rest) && is_even(&w->experts);
    const char *end = even ? "" : weights_lack_scales(w) ? ", rounded up; scales are not counted" : ", rounded up";
    if (!weights_mixed(w) || m->experts <= 0) {
        g_autofree char *formula = g_strconcat("[parameters] × [bytes a number]", end, NULL);
        return fact_whole(f, "mem.weights", bytes, unit, facts_word(f, formula), FACTS(params, widths.rest));
    }
    int64_t all = count_times(split_params_of(m).expert, m->experts);
    int64_t others = all >= 0 && all <= m->params_total ? m->params_total - all : -1;
    int one = weight_expert_fact(m, f);
    int experts = fact_whole(f, "model.experts_all", all, UNIT_COUNT, "[experts] × [parameters of an expert]",
                             FACTS(experts_leaf(m, f), one));
    int rest = fact_whole(f, "model.params_but_experts", others, UNIT_COUNT, "[parameters] − [experts' parameters]",
                          FACTS(params, experts));
    g_autofree char *formula = g_strconcat("[parameters but experts] × [bytes a number] + [experts' parameters] × "
                                           "[bytes a number of experts]", end, NULL);
    return fact_whole(f, "mem.weights", bytes, unit, facts_word(f, formula),
                      FACTS(rest, widths.rest, experts, widths.experts));
}
