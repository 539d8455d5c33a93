/* All heads at once: sixteen, or a hundred, read the same tokens, each in its own way.
 *
 * The grid fills at once, for all its triangles are of one pass. Then the heads that do a thing best, by measurement on
 * held-out stories, are told one after another; then one is seen from near: its matrix grows, its rows but the newest
 * fold away as in the decode view, and the newest token's shares point at what it looks at. What the film says of a
 * head is what was measured, with the chance level beside it: a weak model gives a weak film, never a false one.
 *
 * The sentence and the columns stand where the attention views have them, and the marks of one matrix carry their
 * identities (row r, cell c), so that a prefill chapter's matrix flies into its place in the grid.
 */
#include "view/heads.h"
#include "base/ease.h"
#include "base/suggest.h"
#include "view/attention.h"
#include "view/heads_draw.h"

#include <string.h>

static const struct row rows[] = {
    ROW_TEXTS(struct heads_options, roles, "roles", .def = "previous, induction, syntax, reference", .max = HEAD_ROLES,
              .help =
                  "Which roles are told, in this order: previous, first, same, induction, reference, syntax, distant.",
              .example = "[\"previous\", \"reference\"]"),
    ROW_PICK(struct heads_options, head, "head", .def = "reference", .min = 0, .max = 100000,
             .choices = head_role_names,
             .help = "The head that is seen from near, from 1, or the role that it is best at; 0 is the run's.",
             .example = "\"reference\""),
    ROW_INT(struct heads_options, layer, "layer", .def = "0", .min = 0, .max = 100000, .unit = "layers",
            .help = "The layer of that head; 0 leaves it to the role, or to the run.", .example = "2"),
    ROW_INT(struct heads_options, step, "step", .def = "0", .min = 0, .max = 100000, .unit = "steps",
            .help = "The pass whose newest token looks back: 0 is the prompt's, others are decode steps.",
            .example = "1"),
    ROW_END
};

/* Seconds. A role takes TELL_S; the close look's times count from its start. */
static const double fill_s = 0.6, filled_s = 1.3, first_role_s = 2.2, tell_s = 1.8, told_s = 0.8;
static const double grown_s = 1.1, fold_s = 1.8, share_s = 2.7, looked_s = 3.1, next_s = 3.7, chosen_s = 4.1, end_s = 5;

/* --- opening: what is shown --- */

static bool has_place(const struct grid_axis *a, int number)
{
    for (int i = 0; i < a->n; i++)
        if (a->shown[i] == number) return true;
    return false;
}

static void add_place(struct grid_axis *a, int number)
{
    if (a->n == GRID_SIDE || has_place(a, number)) return;
    int at = a->n++;
    for (; at > 0 && a->shown[at - 1] > number; at--) a->shown[at] = a->shown[at - 1];
    a->shown[at] = number;
}

/* The heads that are spoken of have a place, then as many of the first as there is room for. */
static void choose_places(struct head_grid *g)
{
    g->layers.of = g->trace->shape.layers;
    g->heads.of = g->trace->shape.heads;
    add_place(&g->layers, g->near.layer);
    add_place(&g->heads, g->near.head);
    for (int i = 0; i < g->n_told; i++) add_place(&g->layers, g->told[i].layer), add_place(&g->heads, g->told[i].head);
    for (int l = 1; l <= g->layers.of; l++) add_place(&g->layers, l);
    for (int h = 1; h <= g->heads.of; h++) add_place(&g->heads, h);
}

void heads_pool(const float *from, int n, int stride, float *to, int m)
{
    for (int row = 0; row < m; row++)
        for (int col = 0; col < m; col++) {
            float most = 0;
            for (int r = row * n / m; r < (row + 1) * n / m; r++)
                for (int c = col * n / m; c < (col + 1) * n / m; c++) most = MAX(most, from[r * stride + c]);
            to[row * m + col] = most;
        }
}

static void read_shares(struct head_grid *g)
{
    size_t cells = (size_t)(g->cells = MIN(g->n, GRID_CELLS));
    g->shares = g_new(float, (gsize)(g->layers.n * g->heads.n) * cells * cells);
    float *to = g->shares;
    for (int i = 0; i < g->layers.n; i++)
        for (int j = 0; j < g->heads.n; j++, to += cells * cells) {
            struct trace_head *h = trace_head_new(g->trace, g->layers.shown[i], g->heads.shown[j]);
            heads_pool(h->shares, g->n, h->n, to, g->cells);
            trace_head_free(h);
        }
}

static void find_top(struct head_grid *g)
{
    const float *shares = g->seen->shares + (size_t)(g->n - 1) * (size_t)g->seen->n;
    for (int i = 1; i < g->n; i++)
        if (shares[i] > shares[g->top]) g->top = i;
}

/* --- opening: options --- */

static void report_role(const struct view_env *env, const char *word)
{
    g_autofree char *all = g_strjoinv(", ", (char **)head_role_names);
    const char *near = suggest(word, head_role_names);
    diag(env->diags, env->file, env->line, "roles has \"%s\", which is no role%s%s%s; roles are: %s.", word,
         near ? "; did you mean \"" : "", near ? near : "", near ? "\"" : "", all);
}

/* The best head in a role, in its layer if that is given; false after a diag. */
static bool find_best(struct told *t, const char *key, const struct view_env *env)
{
    t->name = head_role_names[t->role];
    if (env->heads && env->heads->cases[t->role]) {
        heads_best(env->heads, t->role, &t->layer, &t->head);
        return true;
    }
    if (env->heads)
        diag(env->diags, env->file, env->line, "%s has \"%s\", but none of the %d stories that %s read has a place to "
             "measure that; name other roles.", key, t->name, env->heads->stories, env->trace->model_name);
    else
        diag(env->diags, env->file, env->line,
             "%s has \"%s\", but what the heads of %s do was not measured; write roles = "
             "[] and a head's number, 1 to %d.",
             key, t->name, env->trace->model_name, env->trace->shape.heads);
    return false;
}

static bool read_roles(struct head_grid *g, const struct heads_options *o, const struct view_env *env)
{
    for (size_t i = 0; i < MIN(o->roles.n, HEAD_ROLES); i++) {
        struct told t = { .role = head_role_find(o->roles.items[i]) };
        if (t.role == HEAD_ROLES) {
            report_role(env, o->roles.items[i]);
            return false;
        }
        for (int k = 0; k < g->n_told; k++)
            if (g->told[k].role == t.role) {
                diag(env->diags, env->file, env->line, "roles has \"%s\" twice; name each role once.",
                     o->roles.items[i]);
                return false;
            }
        if (!find_best(&t, "roles", env)) return false;
        g->told[g->n_told++] = t;
    }
    return true;
}

static bool within(const struct view_env *env, const char *key, int64_t number, int most)
{
    if (number <= most) return true;
    diag(env->diags, env->file, env->line, "%s is %lld, but %s has %d %s%s; write 1 to %d, or 0 for the run's.", key,
         (long long)number, env->trace->model_name, most, key, most == 1 ? "" : "s", most);
    return false;
}

static bool read_near(struct head_grid *g, const struct heads_options *o, const struct view_env *env)
{
    const struct trace *t = g->trace;
    int64_t head = o->head.word ? 0 : o->head.number;
    if (!within(env, "layer", o->layer, t->shape.layers) || !within(env, "head", head, t->shape.heads)) return false;
    g->near = (struct told){ .role = HEAD_ROLES, .layer = (int)o->layer, .head = (int)head };
    g->own_layer = o->layer > 0;
    g->own_head = head > 0;
    if (o->head.word) {
        g->near.role = (enum head_role)(o->head.word - 1);
        return find_best(&g->near, "head", env);
    }
    if (!g->near.layer) g->near.layer = t->layer;
    if (!g->near.head) g->near.head = t->head;
    return true;
}

static bool read_step(struct head_grid *g, const struct heads_options *o, const struct view_env *env)
{
    int most = g->trace->n_passes - 1;
    if (o->step > most) {
        diag(env->diags, env->file, env->line,
             "step is %lld; this run has %d decode steps, so it must be from 0 to %d.", (long long)o->step, most, most);
        return false;
    }
    g->step = (int)o->step;
    g->n = g->trace->n_prompt + g->step;
    return true;
}

/* Random weights are told as such; what was measured of trained ones speaks for itself. */
static char *write_provenance(const struct head_grid *g)
{
    const struct trace *t = g->trace;
    bool random = t->origin && strcmp(t->origin, "trained") != 0;
    GString *out = g_string_new("{run.model}");
    if (random) g_string_append_printf(out, " · %s", t->origin);
    if (g->measured) g_string_append(out, " · roles measured on {heads.stories} held-out stories");
    else
        g_string_append_printf(out, " · {trace.layers} layer%s, {trace.heads} head%s", t->shape.layers == 1 ? "" : "s",
                               t->shape.heads == 1 ? "" : "s");
    return g_string_free(out, FALSE);
}

/* --- opening: times --- */

static void name_moment(struct head_grid *g, const char *name, double at, const char *what)
{
    g->moments[g->n_moments++] = (struct moment){ name, at, what };
}

static void set_clock(struct head_grid *g)
{
    double t = first_role_s;
    g->moments = g_new0(struct moment, HEAD_ROLES + 7);
    name_moment(g, "sentence", 0.2, "the tokens stand there, and a place for each head");
    name_moment(g, "grid", filled_s, "all heads have read them");
    for (int i = 0; i < g->n_told; i++, t += tell_s) {
        g->told[i].at = t;
        name_moment(g, g->told[i].name, t + told_s, head_role_lines[g->told[i].role]);
    }
    g->clock = (struct grid_clock){ fill_s, t, t + fold_s, t + share_s, t + next_s, t + end_s };
    name_moment(g, "zoom", t + grown_s, "one head is seen from near");
    name_moment(g, "look", t + looked_s, "what its newest token looks at");
    name_moment(g, "next", t + chosen_s, "the token that comes next");
    name_moment(g, "end", g->clock.length, "the end of the action");
}

int heads_told_at(const struct head_grid *g, double now)
{
    if (now >= g->clock.zoom) return g->n_told;
    int i = g->n_told - 1;
    while (i >= 0 && now < g->told[i].at) i--;
    return i;
}

/* --- the view --- */

static void heads_close(void *sim)
{
    struct head_grid *g = sim;
    trace_head_free(g->seen);
    trace_head_free(g->carried);
    for (int i = 0; i < HEAD_ROLES; i++) g_free(g->states[i]);
    g_free(g->provenance);
    g_free(g->moments);
    g_free(g->shares);
    g_free(g);
}

static void *heads_open(const void *options, const struct view_env *env, double *length)
{
    const struct heads_options *o = options;
    struct head_grid *g = g_new0(struct head_grid, 1);
    g->trace = env->trace;
    g->measured = env->heads;
    if (!read_step(g, o, env) || !read_roles(g, o, env) || !read_near(g, o, env)) {
        heads_close(g);
        return NULL;
    }
    choose_places(g);
    read_shares(g);
    set_clock(g);
    g->provenance = write_provenance(g);
    g->seen = trace_head_new(g->trace, g->near.layer, g->near.head);
    find_top(g);
    bool prefill = env->follows_on && env->before && !strcmp(env->before->name, "prefill") && !g->step;
    if (prefill && has_place(&g->layers, g->trace->layer) && has_place(&g->heads, g->trace->head))
        g->carried = trace_head_new(g->trace, g->trace->layer, g->trace->head);
    for (int i = 0; i < g->n_told; i++)
        g->states[i] = g_strdup_printf("layer {head.%s.layer}, head {head.%s.head}", g->told[i].name, g->told[i].name);
    *length = g->clock.length;
    return g;
}

static const struct moment *heads_moments(const void *sim, int *count)
{
    const struct head_grid *g = sim;
    *count = g->n_moments;
    return g->moments;
}

/* --- facts --- */

/* "measured on 200 held-out stories, 1,523 places: ..." */
static const char *measured_words(const struct head_grid *g, struct facts *f, enum head_role role, const char *what)
{
    g_autofree char *text = g_strdup_printf("measured on %d held-out stories, at %lld places: %s", g->measured->stories,
                                            (long long)g->measured->cases[role], what);
    return facts_word(f, text);
}

static const char *role_id(struct facts *f, enum head_role role, const char *what)
{
    g_autofree char *text = g_strdup_printf("head.%s.%s", head_role_names[role], what);
    return facts_word(f, text);
}

static void role_facts(const struct head_grid *g, struct facts *f, const struct told *t)
{
    enum head_role role = t->role;
    const char *best = measured_words(g, f, role, "the head with the highest score of all");
    facts_leaf(f, role_id(f, role, "layer"), t->layer, UNIT_COUNT, best);
    facts_leaf(f, role_id(f, role, "head"), t->head, UNIT_COUNT, best);
    int score = facts_leaf_real(
        f, role_id(f, role, "score"), heads_score(g->measured, t->layer, t->head, role), UNIT_SHARE,
        measured_words(g, f, role, "mean share of this head's attention that lies where the role says"));
    int chance = facts_leaf_real(f, role_id(f, role, "chance"), g->measured->chance[role], UNIT_SHARE,
                                 measured_words(g, f, role, "the same if attention were spread evenly"));
    if (g->measured->chance[role] > 0)
        facts_real(f, role_id(f, role, "times"),
                   heads_score(g->measured, t->layer, t->head, role) / g->measured->chance[role], UNIT_RATIO,
                   "[score] ÷ [chance]", FACTS(score, chance));
    else facts_unknown(f, role_id(f, role, "times"), UNIT_RATIO, "chance is nothing here");
    facts_leaf(f, role_id(f, role, "cases"), g->measured->cases[role], UNIT_COUNT,
               "counted: places in the held-out stories where this role can be judged");
}

/* After attention_facts(), which says where the run's layer and head come from. */
static void near_facts(const struct head_grid *g, struct facts *f)
{
    const struct told *t = &g->near;
    const char *best = t->name ? measured_words(g, f, t->role, "the head with the highest score") : NULL;
    const char *layer = best ? best : facts_at(f, facts_find(f, "trace.layer"))->source,
               *head = best ? best : facts_at(f, facts_find(f, "trace.head"))->source;
    if (g->own_layer) layer = "scene file: layer of this chapter";
    if (g->own_head) head = "scene file: head of this chapter";
    static const char *const ids[][2] = { { "trace.layer", "trace.head" }, { "look.layer", "look.head" } };
    for (int i = 0; i < 2; i++) {
        facts_leaf(f, ids[i][0], t->layer, UNIT_COUNT, layer);
        facts_leaf(f, ids[i][1], t->head, UNIT_COUNT, head);
    }
    if (!t->name) return;
    facts_leaf_real(f, "look.score", heads_score(g->measured, t->layer, t->head, t->role), UNIT_SHARE,
                    measured_words(g, f, t->role, "mean share of this head's attention that lies where the role says"));
    facts_leaf_real(f, "look.chance", g->measured->chance[t->role], UNIT_SHARE,
                    measured_words(g, f, t->role, "the same if attention were spread evenly"));
}

static void heads_facts(const void *sim, double now, struct facts *f)
{
    const struct head_grid *g = sim;
    (void)now;
    attention_facts(g->trace, g->seen, f, (struct pass_progress){ 1, 1, 1 });
    int layers = facts_find(f, "trace.layers"), heads = facts_find(f, "trace.heads");
    facts_int(f, "grid.heads", (int64_t)g->layers.of * g->heads.of, UNIT_COUNT, "[layers] × [heads of a layer]",
              FACTS(layers, heads));
    int prompt = facts_find(f, "prompt.tokens");
    int step = facts_leaf(f, "grid.step", g->step, UNIT_COUNT, "scene file: step; 0 is the prompt's pass");
    facts_int(f, "grid.tokens", g->n, UNIT_COUNT, "[tokens of the prompt] + [decode steps]", FACTS(prompt, step));
    static const char places[] = "counted: rows and columns that the grid has room for";
    facts_leaf(f, "grid.layers_shown", g->layers.n, UNIT_COUNT, places);
    facts_leaf(f, "grid.heads_shown", g->heads.n, UNIT_COUNT, places);
    if (g->measured)
        facts_leaf(f, "heads.stories", g->measured->stories, UNIT_COUNT,
                   "counted: held-out stories on which the heads were measured");
    for (int i = 0; i < g->n_told; i++) role_facts(g, f, &g->told[i]);
    near_facts(g, f);
    attention_look_facts(g->trace, g->seen, f, g->n - 1);
    attention_next_facts(g->trace, f, g->step);
}

static const char *heads_provenance(const void *sim)
{
    return ((const struct head_grid *)sim)->provenance;
}

static const char *heads_state(const void *sim, double now)
{
    const struct head_grid *g = sim;
    int told = heads_told_at(g, now);
    if (told < 0)
        return g->layers.of == 1 ? "{trace.heads} heads, one layer" : "{trace.layers} layers × {trace.heads} heads";
    return told < g->n_told ? g->states[told] : "layer {look.layer}, head {look.head}";
}

const struct view view_heads = {
    .name = "heads",
    .summary = "all heads over the same text, what some of them do by measurement, and one of them from near",
    .rail = "Heads",
    .needs_trace = true,
    .rows = rows,
    .options_size = sizeof(struct heads_options),
    .open = heads_open,
    .close = heads_close,
    .moments = heads_moments,
    .facts = heads_facts,
    .draw = heads_draw,
    .provenance = heads_provenance,
    .state = heads_state,
};
