/* Which head a chapter shows: by its numbers, by what it does best, or the run's. A role's name finds the head that does it
 * best; a layer beside it, the best of that layer. */
#include "view/attention.h"

#include <string.h>

/* What lies where the share of a head in its role lies. */
static const char *const role_places[] = {
    [ROLE_PREVIOUS] = "on the token before",   [ROLE_FIRST] = "on the first token",
    [ROLE_SAME] = "on the same word",          [ROLE_INDUCTION] = "on what followed before",
    [ROLE_REFERENCE] = "on what comes next",   [ROLE_SYNTAX] = "on the subject",
    [ROLE_DISTANT] = "far back",
};
G_STATIC_ASSERT(G_N_ELEMENTS(role_places) == HEAD_ROLES);

static bool has_role(const struct head_shown *s) { return s->role < HEAD_ROLES; }

static bool within(const struct view_env *env, const char *key, int64_t number, int most)
{
    if (number <= most) return true;
    diag(env->diags, env->file, env->line,
         "%s is %" G_GINT64_FORMAT ", but %s has %d %s%s; write 1 to %d, or 0 for the run's.", key, number,
         env->trace->model_name, most, key, most == 1 ? "" : "s", most);
    return false;
}

static bool find_role(struct head_shown *s, const struct view_env *env, int *layer, int *head)
{
    const char *name = head_role_names[s->role];
    if (!env->heads) {
        diag(env->diags, env->file, env->line,
             "head is \"%s\", but what the heads of %s do was not measured; write a head's number, 1 to %d.", name,
             env->trace->model_name, env->trace->shape.heads);
        return false;
    }
    if (!env->heads->cases[s->role]) {
        diag(env->diags, env->file, env->line,
             "head is \"%s\", but none of the %d stories that were read by %s has a place to measure that; name another "
             "role or write a head's number, 1 to %d.",
             name, env->heads->stories, env->trace->model_name, env->trace->shape.heads);
        return false;
    }
    heads_best(env->heads, s->role, layer, head);
    return true;
}

bool head_shown_open(struct head_shown *s, const struct head_options *o, const struct view_env *env)
{
    const struct trace *t = env->trace;
    int layer = (int)o->layer, head = o->head.word ? 0 : (int)o->head.number;
    *s = (struct head_shown){ .trace = t, .heads = env->heads, .own_layer = layer > 0, .own_head = head > 0,
                              .role = o->head.word ? (enum head_role)(o->head.word - 1) : HEAD_ROLES };
    if (!within(env, "layer", o->layer, t->shape.layers)) return false;
    if (!o->head.word && !within(env, "head", o->head.number, t->shape.heads)) return false;
    if (has_role(s) && !find_role(s, env, &layer, &head)) return false;
    /* The run's head has its role, where run.head names one and the measurement is at hand. */
    s->by_run = !layer && !head && env->run_role && env->heads && env->heads->cases[env->run_role - 1];
    if (s->by_run) s->role = (enum head_role)(env->run_role - 1);
    s->seen = trace_head_new(t, layer ? layer : t->layer, head ? head : t->head);
    return true;
}

void head_shown_close(struct head_shown *s) { trace_head_free(s->seen); }

/* --- facts and words --- */

static void role_facts(const struct head_shown *s, struct facts *f)
{
    const struct heads *h = s->heads;
    const char *name = head_role_names[s->role];
    char text[192];
    static const char counted[] = "counted while held-out stories were read";
    facts_leaf_word(f, "head.role", name, s->by_run ? "scene file: run.head" : "scene file: head of this chapter");
    int stories = facts_leaf(f, "head.stories", h->stories, UNIT_COUNT, counted);
    int cases = facts_leaf(f, "head.cases", h->cases[s->role], UNIT_COUNT, counted);
    g_snprintf(text, sizeof text, "measured on held-out stories: this head's mean share %s", role_places[s->role]);
    int score = facts_leaf_real(f, "head.score", heads_score(h, s->seen->layer, s->seen->head, s->role), UNIT_SHARE,
                                facts_word(f, text));
    int chance = facts_leaf_real(f, "head.chance", h->chance[s->role], UNIT_SHARE,
                                 "measured on the same stories: what an even spread of attention puts there");
    if (h->chance[s->role] > 0)
        facts_real(f, "head.times_chance", facts_at(f, score)->r / h->chance[s->role], UNIT_RATIO, "[score] ÷ [chance]",
                   FACTS(score, chance));
    facts_in_words(f, "head.measure", head_role_lines[s->role], "a role of heads; over [cases] of [stories]",
                   FACTS(cases, stories));
}

void head_shown_facts(const struct head_shown *s, struct facts *f)
{
    char text[128];
    if (s->own_layer) facts_leaf(f, "trace.layer", s->seen->layer, UNIT_COUNT, "scene file: layer of this chapter");
    if (s->own_head) facts_leaf(f, "trace.head", s->seen->head, UNIT_COUNT, "scene file: head of this chapter");
    if (!has_role(s)) return;
    g_snprintf(text, sizeof text, "measured: the head with the largest %s score%s", head_role_names[s->role],
               s->own_layer ? " of its layer" : "");
    const char *source = facts_word(f, text);
    if (!s->own_layer) facts_leaf(f, "trace.layer", s->seen->layer, UNIT_COUNT, source);
    facts_leaf(f, "trace.head", s->seen->head, UNIT_COUNT, source);
    role_facts(s, f);
}

/* Whether it may be called by its role: it has more of it than chance would give. */
static bool head_stands_out(const struct head_shown *s)
{
    return heads_lift(s->heads, s->seen->layer, s->seen->head, s->role) >= HEADS_SOME;
}

char *head_shown_provenance(const struct head_shown *s)
{
    const struct trace *t = s->trace;
    GString *out = g_string_new("{run.model}");
    if (!has_role(s))
        g_string_append_printf(out, " · {trace.layers} %s, {trace.heads} %s", t->shape.layers == 1 ? "layer" : "layers",
                               t->shape.heads == 1 ? "head" : "heads");
    if (t->origin) g_string_append_printf(out, " · %s", t->origin);
    g_string_append(out, " · layer {trace.layer}, head {trace.head}");
    if (has_role(s) && head_stands_out(s))
        g_string_append_printf(out, " · {head.role} head: {head.score} %s", role_places[s->role]);
    else if (has_role(s)) g_string_append(out, " · best at {head.role}: {head.score}, by chance {head.chance}");
    if (t->shape.kv_heads < t->shape.heads) g_string_append(out, " · shares K and V head {trace.kv_head}");
    g_string_append_printf(out, " · {trace.vector} numbers per vector%s",
                           t->shape.head_dim > 16 && !has_role(s) ? ", means shown" : "");
    return g_string_free(out, FALSE);
}
