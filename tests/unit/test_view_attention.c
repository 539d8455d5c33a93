/* The attention picture: what stands where, what is true when, and what may never move. */
#include "view/attention.h"

#include <math.h>
#include <string.h>

static struct style style;

/* A style in which every role has a colour of its own, so that marks can be told apart by colour. */
static void make_style(void)
{
    uint8_t n = 1;
#define X(role) style.role = (struct rgba){ n, (uint8_t)(255 - n), (uint8_t)(n * 5), 255 }, n++;
    STYLE_ROLES(X)
#undef X
    for (int r = 0; r < STYLE_RAMP_COUNT; r++) {
        style.ramps[r].n = 2;
        style.ramps[r].stops[0] = (struct rgba){ 10, (uint8_t)(20 * r), 30, 255 };
        style.ramps[r].stops[1] = (struct rgba){ 240, (uint8_t)(20 * r + 100), 200, 255 };
    }
    style.kept_alpha = 0.6;
}

enum { D = 32 };

static double noise(int a, int b) { return fmod(fabs(sin(a * 12.9898 + b * 78.233) * 43758.5453), 1); }

static float *make_vectors(int n, int seed)
{
    float *v = g_new(float, (gsize)n * D * 16);
    for (int i = 0; i < n * D * 16; i++) v[i] = (float)(noise(i % (n * D), seed) * 4 - 2);
    return v;
}

static struct trace *make_trace(int n_prompt, int steps)
{
    static const char *const words[] = { "The", "cat", "a", "picture", ",", "counterrevolutionary", "is", "thousand" };
    struct trace *t = g_new0(struct trace, 1);
    int n = n_prompt + steps;
    t->shape = (struct lm_shape){ 4, 4, 4, 128, D, 512, 601, 1024, LM_GPT2, 900000 };
    t->model_name = g_strdup("fake");
    t->origin = "trained";
    t->layer = 3, t->head = 2, t->n_prompt = n_prompt, t->n_tokens = n, t->n_passes = steps + 1;
    t->tokens = g_new0(struct trace_token, n + 1);
    for (int i = 0; i <= n; i++) t->tokens[i].text = g_strdup(words[(i * 5 + i / 8) % 8]);
    t->q = make_vectors(n, 1), t->k = make_vectors(n, 2), t->v = make_vectors(n, 3), t->out = make_vectors(n, 4);
    size_t square = (size_t)n * (size_t)n;
    t->dots = g_new0(float, 16 * square), t->scores = g_new0(float, 16 * square), t->shares = g_new0(float, 16 * square);
    float *shares = t->shares + (2 * 4 + 1) * square; /* of layer 3, head 2 */
    for (int r = 0; r < n; r++) {
        double sum = 0;
        for (int c = 0; c <= r; c++) {
            size_t at = (2 * 4 + 1) * square + (size_t)r * (size_t)n + (size_t)c;
            t->dots[at] = (float)(40 * noise(r, c + 11) - 15);
            t->scores[at] = t->dots[at] * (float)(1 / sqrt(D));
        }
        for (int c = 0; c <= r; c++) sum += exp(4 * noise(r, c + 7));
        for (int c = 0; c <= r; c++)
            shares[(size_t)r * (size_t)n + (size_t)c] = (float)(exp(4 * noise(r, c + 7)) / sum);
    }
    t->passes = g_new0(struct trace_pass, t->n_passes);
    for (int p = 0; p < t->n_passes; p++) {
        struct trace_pass *pass = &t->passes[p];
        pass->tokens = n_prompt + p;
        pass->n_candidates = TRACE_CANDIDATES;
        pass->sampled = p % 3;
        for (int i = 0; i < TRACE_CANDIDATES; i++) {
            pass->candidates[i].text = g_strdup(i == pass->sampled ? t->tokens[n_prompt + p].text : words[i]);
            pass->candidates[i].share = 0.5 / (1 << i);
        }
        pass->with_cache.scores = 100, pass->without_cache.scores = 1000;
        pass->kept = 3, pass->cut = 0.125;
    }
    t->options.temperature = 0.8, t->options.top_k = 3;
    return t;
}

static void free_trace(struct trace *t)
{
    for (int i = 0; i <= t->n_tokens; i++) g_free(t->tokens[i].text);
    for (int p = 0; p < t->n_passes; p++)
        for (int i = 0; i < TRACE_CANDIDATES; i++) g_free(t->passes[p].candidates[i].text);
    g_free(t->tokens), g_free(t->passes), g_free(t->q), g_free(t->k), g_free(t->v), g_free(t->out), g_free(t->dots);
    g_free(t->scores), g_free(t->shares);
    g_free(t->model_name), g_free(t);
}

/* A view opened on a fake trace, with a list and a book to draw into. */
struct play {
    struct trace *trace;
    const struct view *view;
    void *sim;
    double length;
    struct facts *book;
    struct dl *dl;
    struct canvas c;
};

/* The options of both views: a head's are the first of either, and the rest is decode's. */
struct setup { struct head_options head; int64_t steps, slow_steps; bool scores; const struct heads *heads; };

static void *open_view(const struct view *view, const struct setup *o, const struct view_env *env, double *length)
{
    if (view == &view_prefill) return view->open(&(struct prefill_options){ o->head }, env, length);
    return view->open(&(struct decode_options){ o->steps, o->slow_steps, o->scores, o->head }, env, length);
}

static struct play play_trace(struct trace *t, const struct view *view, struct setup o, bool follows, int width, int height)
{
    struct play p = { .trace = t, .view = view, .book = facts_new(), .dl = dl_new() };
    struct diags *diags = diags_new();
    struct view_env env = { .trace = t, .heads = o.heads, .diags = diags, .before = follows ? &view_prefill : NULL,
                            .follows_on = follows };
    p.sim = open_view(view, &o, &env, &p.length);
    g_assert_nonnull(p.sim);
    diags_free(diags);
    p.c = (struct canvas){ .dl = p.dl, .style = &style, .facts = p.book };
    canvas_set_size(&p.c, width, height);
    return p;
}

static struct play play_paced(const struct view *view, int n_prompt, int steps, bool follows, int width, int height,
                              int slow_steps)
{
    return play_trace(make_trace(n_prompt, steps), view, (struct setup){ .slow_steps = slow_steps }, follows, width, height);
}

static struct play play_new(const struct view *view, int n_prompt, int steps, bool follows, int width, int height)
{
    return play_paced(view, n_prompt, steps, follows, width, height, 2);
}

static void play_free(struct play *p)
{
    p->view->close(p->sim);
    free_trace(p->trace);
    facts_free(p->book);
    dl_free(p->dl);
}

static void play_at(struct play *p, double now)
{
    facts_reset(p->book);
    p->view->facts(p->sim, now, p->book);
    dl_begin(p->dl, p->c.width, p->c.height, style.bg, p->book, &measurer_fake);
    p->view->draw(p->sim, now, &p->c);
}

static double moment_at(struct play *p, const char *name)
{
    int n;
    const struct moment *m = p->view->moments(p->sim, &n);
    for (int i = 0; i < n; i++)
        if (!strcmp(m[i].name, name)) return m[i].at;
    g_error("no moment %s", name);
}

static int64_t fact_int(struct play *p, const char *id)
{
    int i = facts_find(p->book, id);
    g_assert_cmpint(i, >=, 0);
    return facts_at(p->book, i)->i;
}

/* First op of a kind in a scope; NULL when it is not drawn. */
static const struct dl_op *find(const struct dl *dl, const char *scope, enum dl_kind kind)
{
    for (guint i = 0; i < dl->ops->len; i++)
        if (dl_op_at(dl, i)->kind == kind && !strcmp(dl_string(dl, dl_op_at(dl, i)->name), scope))
            return dl_op_at(dl, i);
    return NULL;
}

/* First text that begins so; NULL when it is not drawn. */
static const struct dl_op *find_text(const struct dl *dl, const char *start)
{
    for (guint i = 0; i < dl->ops->len; i++)
        if (dl_op_at(dl, i)->kind == DL_TEXT && g_str_has_prefix(dl_string(dl, dl_op_at(dl, i)->text.text), start))
            return dl_op_at(dl, i);
    return NULL;
}

static int count_ops(const struct dl *dl, const char *scope_start, enum dl_kind kind)
{
    int n = 0;
    for (guint i = 0; i < dl->ops->len; i++)
        n += dl_op_at(dl, i)->kind == kind && g_str_has_prefix(dl_string(dl, dl_op_at(dl, i)->name), scope_start);
    return n;
}

static const int sizes[][2] = { { 1920, 1080 }, { 1280, 720 },  { 3840, 2160 }, { 1080, 1080 },
                                { 1440, 1080 }, { 1080, 1920 }, { 640, 360 } };
static const int prompts[] = { 1, 2, 8, 12, 15, 20, 40, 300 };

/* --- tests --- */

static void everything_stays_in_the_frame(void)
{
    for (size_t s = 0; s < G_N_ELEMENTS(sizes); s++)
        for (size_t n = 0; n < G_N_ELEMENTS(prompts); n++)
            for (int which = 0; which < 3; which++) {
                struct play p = play_trace(make_trace(prompts[n], 3), which ? &view_decode : &view_prefill,
                                           (struct setup){ .slow_steps = 2, .scores = which == 2 }, which, sizes[s][0],
                                           sizes[s][1]);
                double slack = px(&p.c, 12); /* halos reach over the margin */
                for (double now = 0; now <= p.length; now += 0.31) {
                    play_at(&p, now);
                    struct box allowed = box_inset(p.c.safe, -slack);
                    for (guint i = 0; i < p.dl->ops->len; i++) {
                        struct box b = dl_op_at(p.dl, i)->box;
                        if (box_is_empty(b)) continue;
                        if (b.x < allowed.x || b.y < allowed.y || box_right(b) > box_right(allowed) ||
                            box_bottom(b) > box_bottom(allowed))
                            g_error("%dx%d, %d tokens, %.2f s: %s at %.0f %.0f %.0f %.0f leaves the frame", sizes[s][0],
                                    sizes[s][1], prompts[n], now, dl_string(p.dl, dl_op_at(p.dl, i)->name), b.x, b.y,
                                    b.w, b.h);
                    }
                }
                play_free(&p);
            }
}

static void columns_line_up(void)
{
    for (size_t s = 0; s < G_N_ELEMENTS(sizes); s++)
        for (size_t n = 0; n < G_N_ELEMENTS(prompts); n++) {
            struct play p = play_new(&view_decode, prompts[n], 3, true, sizes[s][0], sizes[s][1]);
            play_at(&p, moment_at(&p, "step 2 next"));
            bool turned = p.c.plan == PLAN_TALL;
            int seen = 0;
            for (int i = 0; i <= prompts[n] + 1; i++) {
                g_autofree char *key = g_strdup_printf("key %d", i), *value = g_strdup_printf("value %d", i),
                                *cell = g_strdup_printf("cell %d", i);
                const struct dl_op *k = find(p.dl, key, DL_HEAT), *v = find(p.dl, value, DL_HEAT),
                                   *x = find(p.dl, cell, DL_RECT);
                g_assert_true(!k == !v && !k == !x);
                if (!k) continue;
                seen++;
                g_assert_cmpfloat(turned ? k->heat.y : k->heat.x, ==, turned ? v->heat.y : v->heat.x);
                g_assert_cmpfloat(turned ? k->heat.y : k->heat.x, ==, turned ? x->rect.box.y : x->rect.box.x);
                g_assert_cmpfloat(turned ? k->heat.cell_h : k->heat.cell_w, ==, turned ? x->rect.box.h : x->rect.box.w);
            }
            g_assert_cmpint(seen, >=, MIN(prompts[n] + 2, 12));
            play_free(&p);
        }
}

/* Every mark of prefill's last picture is in decode's first one, as it was. */
static void decode_starts_where_prefill_ends(void)
{
    for (size_t s = 0; s < G_N_ELEMENTS(sizes); s++)
        for (size_t n = 0; n < G_N_ELEMENTS(prompts); n++) {
            struct play a = play_new(&view_prefill, prompts[n], 3, false, sizes[s][0], sizes[s][1]);
            struct play b = play_new(&view_decode, prompts[n], 3, true, sizes[s][0], sizes[s][1]);
            play_at(&a, a.length);
            play_at(&b, 0);
            g_autoptr(GHashTable) there = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
            for (guint i = 0; i < b.dl->ops->len; i++) {
                uint64_t hash = dl_op_hash(b.dl, dl_op_at(b.dl, i), 0);
                g_hash_table_add(there, g_memdup2(&hash, sizeof hash));
            }
            for (guint i = 0; i < a.dl->ops->len; i++) {
                uint64_t hash = dl_op_hash(a.dl, dl_op_at(a.dl, i), 0);
                if (!g_hash_table_contains(there, &hash))
                    g_error("%dx%d, %d tokens: %s is gone or changed", sizes[s][0], sizes[s][1], prompts[n],
                            dl_string(a.dl, dl_op_at(a.dl, i)->name));
            }
            play_free(&a);
            play_free(&b);
        }
}

static void the_last_row_becomes_the_strip(void)
{
    struct play p = play_new(&view_decode, 8, 3, true, 1920, 1080);
    uint64_t key = 0;
    double height = 0;
    for (double now = 0; now < 0.9; now += 0.05) {
        play_at(&p, now);
        const struct dl_op *cell = NULL;
        for (guint i = 0; i < p.dl->ops->len; i++) /* the last "cell 7" row by row: row 7 is the only one that has it */
            if (!strcmp(dl_string(p.dl, dl_op_at(p.dl, i)->name), "cell 7")) cell = dl_op_at(p.dl, i);
        g_assert_nonnull(cell);
        g_assert_true(!key || cell->key == key);
        g_assert_cmpfloat(cell->rect.box.h, >=, height);
        g_assert_cmpint(cell->rect.fill.a, ==, 255);
        key = cell->key;
        height = cell->rect.box.h;
    }
    play_at(&p, 0.9);
    const struct dl_op *cell = find(p.dl, "cell 7", DL_RECT);
    g_assert_cmpuint(cell->key, ==, key);
    g_assert_cmpfloat(cell->rect.box.h, ==, 48);
    g_assert_cmpfloat(cell->rect.box.y, ==, 573);
    g_assert_cmpint(count_ops(p.dl, "cell", DL_RECT), ==, 8);
    play_free(&p);
}

/* Cells of the row at position `row` that are wholly there. */
static int whole_cells(const struct dl *dl, int row)
{
    int n = 0;
    for (int i = 0; i <= row; i++) {
        g_autofree char *name = g_strdup_printf("cell %d", i);
        for (guint j = 0; j < dl->ops->len; j++) {
            const struct dl_op *op = dl_op_at(dl, j);
            n += op->kind == DL_RECT && !strcmp(dl_string(dl, op->name), name) && op->rect.fill.a == 255;
        }
    }
    return n;
}

static double longest_beam(const struct dl *dl)
{
    double most = 0;
    for (guint i = 0; i < dl->ops->len; i++)
        if (dl_op_at(dl, i)->kind == DL_BEAM) most = MAX(most, dl_op_at(dl, i)->beam.box.h);
    return most;
}

static const char *next_word(struct play *p) { return facts_at(p->book, facts_find(p->book, "next.token"))->word; }

static double step_moment(struct play *p, int step, const char *suffix)
{
    g_autofree char *name = g_strdup_printf("step %d%s", step, suffix);
    return moment_at(p, name);
}

/* No share before the last score, nothing out before the shares, no new candidates before the vector is out. */
static void watch_step(struct play *p, int step, double full)
{
    int row = 8 + step - 1, beams = 0, outs = 0;
    double mixed = step_moment(p, step, " mix");
    for (double now = step_moment(p, step, ""); now < step_moment(p, step, " next"); now += 0.004) {
        play_at(p, now);
        bool beam = longest_beam(p->dl) > 0, out = find(p->dl, "out", DL_PATH) || find(p->dl, "out", DL_HEAT);
        if (beam) g_assert_cmpint(whole_cells(p->dl, row), ==, row + 1);
        if (out) g_assert_cmpfloat(longest_beam(p->dl), ==, full);
        if (now < mixed) g_assert_cmpstr(next_word(p), ==, p->trace->tokens[row].text);
        beams += beam;
        outs += out;
    }
    g_assert_true(beams > 5 && outs > 5);
}

/* Steps of all three lengths; and the named moments are when each of these is complete. */
static void cause_comes_before_effect(void)
{
    struct play p = play_paced(&view_decode, 8, 5, true, 1920, 1080, 1);
    play_at(&p, moment_at(&p, "step 1 next"));
    double full = longest_beam(p.dl);
    g_assert_cmpfloat(full, >, 60);
    for (int step = 1; step <= 5; step++) {
        int row = 8 + step - 1;
        watch_step(&p, step, full);
        play_at(&p, step_moment(&p, step, " scores"));
        g_assert_cmpint(whole_cells(p.dl, row), ==, row + 1);
        g_assert_cmpfloat(longest_beam(p.dl), ==, full);
        g_assert_null(find_text(p.dl, "out"));
        play_at(&p, step_moment(&p, step, " mix"));
        g_assert_nonnull(find_text(p.dl, "out"));
        g_assert_cmpint(find_text(p.dl, "out")->text.color.a, ==, 255);
        g_assert_cmpstr(next_word(&p), ==, p.trace->tokens[row].text);
        play_at(&p, step_moment(&p, step, " next"));
        g_assert_cmpstr(next_word(&p), ==, p.trace->tokens[row + 1].text);
    }
    play_free(&p);
}

/* The output is the band's, not the new column's: nothing of it lies over the slots. */
static void out_leaves_at_the_edge(void)
{
    for (size_t s = 0; s + 1 < G_N_ELEMENTS(sizes); s++)
        for (size_t n = 0; n < G_N_ELEMENTS(prompts); n++) {
            struct play p = play_new(&view_decode, prompts[n], 3, true, sizes[s][0], sizes[s][1]);
            play_at(&p, moment_at(&p, "step 1 mix"));
            const struct dl_op *band = find(p.dl, "bands", DL_RECT);
            bool turned = p.c.plan == PLAN_TALL;
            double edge = turned ? box_bottom(band->rect.box) : box_right(band->rect.box);
            int paths = 0;
            for (guint i = 0; i < p.dl->ops->len; i++) {
                const struct dl_op *op = dl_op_at(p.dl, i);
                if (op->kind != DL_PATH || strcmp(dl_string(p.dl, op->name), "out")) continue;
                paths++;
                for (uint32_t k = 0; k < op->path.n_points; k++) {
                    struct dl_point q = g_array_index(p.dl->points, struct dl_point, op->path.point + k);
                    g_assert_cmpfloat(turned ? q.y : q.x, >=, edge);
                }
            }
            g_assert_cmpint(paths, >=, 2);
            play_free(&p);
        }
}

/* Nothing is drawn by lot at temperature 0. */
static void greedy_is_not_sampled(void)
{
    static const int panels[][2] = { { 1920, 1080 }, { 1080, 1920 } };
    for (size_t s = 0; s < G_N_ELEMENTS(panels); s++)
        for (int greedy = 0; greedy < 2; greedy++) {
            struct play p = play_new(&view_decode, 8, 3, true, panels[s][0], panels[s][1]);
            p.trace->options.temperature = greedy ? 0 : 0.8;
            play_at(&p, moment_at(&p, "step 1 next"));
            g_assert_true((find_text(p.dl, "sampled") == NULL) == greedy);
            g_assert_true((find_text(p.dl, "chosen") != NULL) == greedy);
            play_free(&p);
        }
}

/* Twelve tokens and four steps have a place each in tall frames too. */
static void tall_rows_stay(void)
{
    struct play p = play_new(&view_decode, 12, 4, true, 1080, 1920);
    double at[16] = { 0 };
    for (double now = 0; now <= p.length; now += 0.05) {
        play_at(&p, now);
        g_assert_null(find(p.dl, "gap", DL_RECT));
        for (int i = 0; i < 12; i++) {
            g_autofree char *key = g_strdup_printf("key %d", i);
            const struct dl_op *k = find(p.dl, key, DL_HEAT);
            g_assert_nonnull(k);
            if (at[i] > 0) g_assert_cmpfloat(k->heat.y, ==, at[i]);
            at[i] = k->heat.y;
        }
    }
    g_assert_cmpint(fact_int(&p, "cache.columns_now"), ==, 16);
    play_free(&p);
}

static void the_cache_never_moves(void)
{
    struct play p = play_new(&view_decode, 8, 5, true, 1920, 1080);
    double at[13];
    for (int i = 0; i < 13; i++) at[i] = -1;
    for (double now = 0; now <= p.length; now += 0.05) {
        play_at(&p, now);
        for (int i = 0; i < 13; i++) {
            g_autofree char *key = g_strdup_printf("key %d", i);
            const struct dl_op *k = find(p.dl, key, DL_HEAT);
            bool settled = k && i < 8 + fact_int(&p, "step") - 1;
            if (!settled) continue;
            if (at[i] < 0) at[i] = k->heat.x;
            g_assert_cmpfloat(k->heat.x, ==, at[i]);
            g_assert_cmpfloat(k->heat.x, ==, 596 + 46 * i);
        }
    }
    play_free(&p);
}

/* Counted by loops, not by the formulas. */
static void facts_are_counts(void)
{
    struct play p = play_new(&view_decode, 12, 3, true, 1920, 1080);
    for (int step = 1; step <= 3; step++) {
        g_autofree char *name = g_strdup_printf("step %d next", step);
        play_at(&p, moment_at(&p, name));
        int n = 0, all = 0;
        for (int row = 0; row < 12 + step; row++)
            for (int col = 0; col <= row; col++) all++, n += row == 12 + step - 1;
        double sum = 0;
        for (int i = 1; i <= n; i++) {
            g_autofree char *id = g_strdup_printf("share.%d", i);
            sum += facts_at(p.book, facts_find(p.book, id))->r;
        }
        g_assert_cmpint(fact_int(&p, "step"), ==, step);
        g_assert_cmpint(fact_int(&p, "step.scores"), ==, n);
        g_assert_cmpint(fact_int(&p, "step.scores_without"), ==, all);
        g_assert_cmpint(fact_int(&p, "cache.kept"), ==, n - 1);
        g_assert_cmpint(fact_int(&p, "cache.columns_now"), ==, n);
        g_assert_cmpint(count_ops(p.dl, "cell", DL_RECT), ==, n);
        g_assert_cmpfloat_with_epsilon(sum, 1, 1e-4);
        const struct fact *token = facts_at(p.book, facts_find(p.book, "step.token"));
        g_assert_cmpstr(token->word, ==, p.trace->tokens[n - 1].text);
    }
    play_free(&p);
}

static void prefill_counts_what_it_shows(void)
{
    struct play p = play_new(&view_prefill, 12, 3, false, 1920, 1080);
    int64_t last = 0;
    for (double now = 0; now <= p.length; now += 0.02) {
        play_at(&p, now);
        int64_t counted = fact_int(&p, "pass.scores_now");
        int whole = 0;
        for (guint i = 0; i < p.dl->ops->len; i++) {
            const struct dl_op *op = dl_op_at(p.dl, i);
            whole += op->kind == DL_RECT && g_str_has_prefix(dl_string(p.dl, op->name), "cell") &&
                     op->rect.fill.a == 255;
        }
        g_assert_cmpint(counted, >=, last);
        g_assert_cmpint(counted, ==, whole);
        last = counted;
    }
    g_assert_cmpint(last, ==, 78);
    g_assert_cmpint(fact_int(&p, "pass.scores"), ==, 78);
    play_free(&p);
}

/* What a sum is of is not said before there is a sum. */
static void a_formula_needs_its_number(void)
{
    int with = 0;
    for (size_t n = 0; n < G_N_ELEMENTS(prompts); n++) {
        struct play p = play_new(&view_prefill, prompts[n], 3, false, 1920, 1080);
        for (double now = 0; now <= p.length; now += 0.01) {
            play_at(&p, now);
            const struct dl_op *formula = find_text(p.dl, "(");
            if (!formula || !formula->text.color.a) continue;
            g_assert_cmpint(fact_int(&p, "pass.scores_now"), >, 0);
            with++;
        }
        /* Of a long prompt the panel names the dots where the formula would stand. */
        if (prompts[n] <= 12) g_assert_true((find_text(p.dl, "(") == NULL) == (prompts[n] == 1));
        play_free(&p);
    }
    g_assert_cmpint(with, >, 1000);
}

/* One token is not many, and has no future to mask; of more, the dots are always explained in wide frames. */
static void words_fit_the_count(void)
{
    for (size_t n = 0; n < G_N_ELEMENTS(prompts); n++) {
        struct play p = play_new(&view_prefill, prompts[n], 3, false, 1920, 1080);
        bool one = prompts[n] == 1;
        play_at(&p, moment_at(&p, "scores"));
        g_assert_true((find_text(p.dl, "tokens in, together") == NULL) == one);
        g_assert_true((find_text(p.dl, "token in") != NULL) == one);
        g_assert_true((find_text(p.dl, "dots:") == NULL) == one);
        g_assert_true((find(p.dl, "future", DL_HEAT) == NULL) == one);
        play_free(&p);
    }
}

/* No row of prefill's matrix is ahead of another, and all keys come in the same frame. */
static void prefill_is_parallel(void)
{
    struct play p = play_new(&view_prefill, 12, 3, false, 1920, 1080);
    for (double now = 0; now <= p.length; now += 0.02) {
        play_at(&p, now);
        int keys = count_ops(p.dl, "key ", DL_HEAT), values = count_ops(p.dl, "value ", DL_HEAT);
        g_assert_true(keys == 0 || keys == 12);
        g_assert_cmpint(values, ==, keys);
        int columns[12] = { 0 };
        for (int c = 0; c < 12; c++) {
            g_autofree char *name = g_strdup_printf("cell %d", c);
            for (guint i = 0; i < p.dl->ops->len; i++)
                columns[c] += !strcmp(dl_string(p.dl, dl_op_at(p.dl, i)->name), name);
            g_assert_true(columns[c] == 0 || columns[c] == 12 - c);
        }
    }
    play_free(&p);
}

static void one_thing_is_new(void)
{
    struct play p = play_new(&view_decode, 8, 6, true, 1920, 1080);
    for (double now = 0; now <= p.length; now += 0.02) {
        play_at(&p, now);
        int outlined = 0;
        for (guint i = 0; i < p.dl->ops->len; i++) {
            const struct dl_op *op = dl_op_at(p.dl, i);
            outlined += op->kind == DL_RECT && g_str_has_prefix(dl_string(p.dl, op->name), "key ") &&
                        op->rect.stroke.a > 0;
        }
        g_assert_cmpint(outlined, <=, 1);
    }
    play_free(&p);
}

static bool texts_meet(const struct dl_op *a, const struct dl_op *b)
{
    /* Boxes have a pixel of slack on each side. Turned labels have wide empty corners; they are kept apart by their
     * pitch. */
    return a->text.turn == 0 && b->text.turn == 0 &&
           !box_is_empty(box_meet(box_inset(a->box, 2), box_inset(b->box, 2)));
}

static void texts_do_not_overlap(void)
{
    static const char *const decode_names[] = { "step 1 next", "step 3 next", "step 1 scaled" },
                      *const prefill_names[] = { "end", "prompt" };
    for (size_t s = 0; s < G_N_ELEMENTS(sizes); s++)
        for (size_t n = 0; n < G_N_ELEMENTS(prompts); n++)
            for (int which = 0; which < 5; which++) {
                struct play p = play_trace(make_trace(prompts[n], 3), which < 3 ? &view_decode : &view_prefill,
                                           (struct setup){ .slow_steps = 2, .scores = which == 2 }, true, sizes[s][0],
                                           sizes[s][1]);
                const char *moment = which < 3 ? decode_names[which] : prefill_names[which - 3];
                play_at(&p, moment_at(&p, moment));
                for (guint i = 0; i < p.dl->ops->len; i++)
                    for (guint j = 0; j < i; j++) {
                        const struct dl_op *a = dl_op_at(p.dl, i), *b = dl_op_at(p.dl, j);
                        if (a->kind == DL_TEXT && b->kind == DL_TEXT && texts_meet(a, b))
                            g_error("%dx%d, %d tokens, %s: \"%s\" (%s) meets \"%s\" (%s)", sizes[s][0], sizes[s][1],
                                    prompts[n], moment, dl_string(p.dl, a->text.text), dl_string(p.dl, a->name),
                                    dl_string(p.dl, b->text.text), dl_string(p.dl, b->name));
                    }
                play_free(&p);
            }
}

static void a_frame_depends_on_its_time_alone(void)
{
    struct play p = play_new(&view_decode, 9, 4, true, 1280, 720), q = play_new(&view_decode, 9, 4, true, 1280, 720);
    double times[40];
    for (int i = 0; i < 40; i++) times[i] = p.length * noise(i, 5);
    for (int i = 0; i < 40; i++) {
        play_at(&q, times[39 - i]);
        play_at(&q, times[i]);
        play_at(&p, times[i]);
        g_assert_true(dl_equal(p.dl, q.dl));
    }
    play_free(&p);
    play_free(&q);
}

/* At its rests nothing is half done: the input is either not there or in its place, and with reduced motion nothing
 * runs along the paths. */
static void at_rest_all_is_in_place(void)
{
    struct play p = play_new(&view_decode, 9, 4, true, 1920, 1080);
    struct rests rests = view_decode.rests(p.sim);
    int inputs = 0;
    p.c.reduced = true;
    for (int i = 0; i < rests.n; i++) {
        play_at(&p, rests.at[i]);
        const struct dl_op *input = find(p.dl, "input", DL_RECT), *matrix = find(p.dl, "cell 8", DL_RECT);
        inputs += input != NULL;
        if (input) g_assert_cmpfloat(input->rect.box.x, ==, 96);
        if (matrix) g_assert_cmpfloat(matrix->rect.box.y, ==, 573);
        g_assert_cmpint(count_ops(p.dl, "path", DL_RECT), ==, 0);
    }
    g_assert_cmpint(inputs, >=, 4);
    play_free(&p);
}

static void moments_are_in_order(void)
{
    for (int which = 0; which < 2; which++) {
        struct play p = play_new(which ? &view_decode : &view_prefill, 8, 6, which, 1920, 1080);
        int n;
        const struct moment *m = p.view->moments(p.sim, &n);
        g_assert_cmpint(n, >, 3);
        for (int i = 0; i < n; i++) {
            g_assert_true(m[i].at >= 0 && m[i].at <= p.length + 1e-9);
            g_assert_true(i == 0 || m[i].at >= m[i - 1].at);
        }
        play_free(&p);
    }
}

static void too_many_steps_are_refused(void)
{
    struct trace *t = make_trace(5, 2);
    struct diags *diags = diags_new();
    struct view_env env = { .trace = t, .diags = diags, .file = "walk.cfg", .line = 12 };
    double length;
    g_assert_null(view_decode.open(&(struct decode_options){ .steps = 3, .slow_steps = 2 }, &env, &length));
    g_assert_cmpuint(diags_count(diags), ==, 1);
    g_assert_nonnull(strstr(diags_item(diags, 0)->text, "write 0 to 2"));
    diags_free(diags);
    free_trace(t);
}

/* Words that a reader may put into a caption exist at every moment. */
static void captions_find_their_facts(void)
{
    struct play p = play_new(&view_decode, 8, 3, true, 1920, 1080);
    for (double now = 0; now <= p.length; now += 0.25) {
        play_at(&p, now);
        g_assert_null(template_mistake(
            "{step.scores} instead of {step.scores_without}; {step.top_share} on '{step.top_token}', then {next.token} "
            "with {next.share:percent1}, {cache.kept} kept, {pass.scores}",
            p.book));
        g_autofree char *provenance = template_mistake(p.view->provenance(p.sim), p.book),
                        *state = template_mistake(p.view->state(p.sim, now), p.book);
        g_assert_null(provenance);
        g_assert_null(state);
    }
    play_free(&p);
}

/* --- which head, and what was cut off --- */

static const struct fact *fact_of(struct play *p, const char *id)
{
    int i = facts_find(p->book, id);
    g_assert_cmpint(i, >=, 0);
    return facts_at(p->book, i);
}

static char *provenance(struct play *p) { return template_expand(p->view->provenance(p->sim), p->book); }

static void a_chapter_names_its_head(void)
{
    for (int which = 0; which < 2; which++) {
        struct setup o = { .head = { 1, { .number = 4 } }, .slow_steps = 2 };
        struct play p = play_trace(make_trace(8, 3), which ? &view_decode : &view_prefill, o, which, 1920, 1080);
        play_at(&p, 0);
        g_autofree char *said = provenance(&p);
        g_assert_cmpint(fact_int(&p, "trace.layer"), ==, 1);
        g_assert_cmpint(fact_int(&p, "trace.head"), ==, 4);
        g_assert_cmpstr(fact_of(&p, "trace.head")->source, ==, "scene file: head of this chapter");
        g_assert_cmpstr(said, ==, "fake · 4 layers, 4 heads · trained · layer 1, head 4 · 32 numbers per vector, means shown");
        play_free(&p);
    }
    /* what is left open is the run's */
    struct play p = play_trace(make_trace(8, 3), &view_decode, (struct setup){ .head = { 4, { 0 } } }, false, 1920, 1080);
    play_at(&p, 0);
    g_assert_cmpint(fact_int(&p, "trace.layer"), ==, 4);
    g_assert_cmpint(fact_int(&p, "trace.head"), ==, 2);
    g_assert_cmpstr(fact_of(&p, "trace.layer")->source, ==, "scene file: layer of this chapter");
    play_free(&p);
}

/* Measured by hand: the best reference head is head 3 of layer 4; of layer 2 it is head 1. */
static struct heads make_heads(void)
{
    struct heads h = { .layers = 4, .heads = 4, .stories = 12, .held = 40, .scores = g_new0(double, 16 * HEAD_ROLES) };
    for (int r = 0; r < HEAD_ROLES; r++) h.cases[r] = r == ROLE_SYNTAX ? 0 : 345, h.chance[r] = 0.05;
    h.scores[(3 * 4 + 2) * HEAD_ROLES + ROLE_REFERENCE] = 0.612;
    h.scores[(1 * 4 + 0) * HEAD_ROLES + ROLE_REFERENCE] = 0.2;
    return h;
}

static void a_role_finds_its_head(void)
{
    struct heads heads = make_heads();
    for (int layer = 0; layer <= 2; layer += 2) {
        struct setup o = { .head = { layer, { .word = ROLE_REFERENCE + 1 } }, .slow_steps = 2, .heads = &heads };
        struct play p = play_trace(make_trace(8, 3), &view_decode, o, false, 1920, 1080);
        play_at(&p, 0);
        g_autofree char *said = provenance(&p);
        g_assert_cmpint(fact_int(&p, "trace.layer"), ==, layer ? 2 : 4);
        g_assert_cmpint(fact_int(&p, "trace.head"), ==, layer ? 1 : 3);
        g_assert_cmpint(fact_int(&p, "head.cases"), ==, 345);
        g_assert_cmpint(fact_int(&p, "head.stories"), ==, 12);
        g_assert_cmpstr(fact_of(&p, "head.role")->word, ==, "reference");
        g_assert_cmpfloat(fact_of(&p, "head.score")->r, ==, layer ? 0.2 : 0.612);
        g_assert_cmpfloat(fact_of(&p, "head.chance")->r, ==, 0.05);
        g_assert_cmpstr(said, ==,
                        layer ? "fake · trained · layer 2, head 1 · reference head: 20% on what comes next · 32 numbers "
                                "per vector"
                              : "fake · trained · layer 4, head 3 · reference head: 61% on what comes next · 32 numbers "
                                "per vector");
        play_free(&p);
    }
    g_free(heads.scores);
}

/* The best of a model in which no head has the role is not called by it. */
static void a_head_at_chance_is_not_named(void)
{
    struct heads heads = make_heads();
    heads.chance[ROLE_REFERENCE] = 0.6;
    struct setup o = { .head = { 0, { .word = ROLE_REFERENCE + 1 } }, .slow_steps = 2, .heads = &heads };
    struct play p = play_trace(make_trace(8, 3), &view_decode, o, false, 1920, 1080);
    play_at(&p, 0);
    g_autofree char *said = provenance(&p);
    g_assert_cmpfloat(heads_lift(&heads, 4, 3, ROLE_REFERENCE), <, HEADS_SOME);
    g_assert_cmpstr(said, ==,
                    "fake · trained · layer 4, head 3 · best at reference: 61%, by chance 60% · 32 numbers per vector");
    play_free(&p);
    g_free(heads.scores);
}

static void heads_that_are_not_there_are_refused(void)
{
    struct heads heads = make_heads();
    const struct { struct setup o; const char *said; } cases[] = {
        { { .head = { 9, { 0 } } }, "walk.cfg:12: layer is 9, but fake has 4 layers; write 1 to 4, or 0 for the run's.\n" },
        { { .head = { 0, { .number = 5 } } }, "walk.cfg:12: head is 5, but fake has 4 heads; write 1 to 4, or 0 for the run's.\n" },
        { { .head = { 0, { .word = ROLE_SAME + 1 } } },
          "walk.cfg:12: head is \"same\", but what the heads of fake do was not measured; write a head's number, 1 to 4.\n" },
        { { .head = { 0, { .word = ROLE_SYNTAX + 1 } }, .heads = &heads },
          "walk.cfg:12: head is \"syntax\", but none of the 12 stories that were read by fake has a place to measure that; "
          "name another role or write a head's number, 1 to 4.\n" },
    };
    struct trace *t = make_trace(5, 2);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        for (int which = 0; which < 2; which++) {
            struct diags *diags = diags_new();
            struct view_env env = { .trace = t, .heads = cases[i].o.heads, .diags = diags, .file = "walk.cfg", .line = 12 };
            double length;
            g_assert_null(open_view(which ? &view_decode : &view_prefill, &cases[i].o, &env, &length));
            g_autoptr(GString) said = g_string_new(NULL);
            diags_print(diags, said);
            g_assert_cmpstr(said->str, ==, cases[i].said);
            diags_free(diags);
        }
    free_trace(t);
    g_free(heads.scores);
}

/* Four query heads, two heads of K and V; and Llama's family has names of its own in config.json. */
static void shared_keys_are_told(void)
{
    struct trace *t = make_trace(6, 2);
    t->shape.kv_heads = 2, t->shape.family = LM_LLAMA;
    struct play p = play_trace(t, &view_prefill, (struct setup){ .head = { 1, { .number = 3 } } }, false, 1920, 1080);
    play_at(&p, 0);
    g_autofree char *said = provenance(&p);
    g_assert_cmpint(fact_int(&p, "trace.kv_heads"), ==, 2);
    g_assert_cmpint(fact_int(&p, "trace.kv_head"), ==, 2);
    g_assert_cmpint(fact_int(&p, "trace.sharing"), ==, 2);
    g_assert_nonnull(strstr(said, "layer 1, head 3 · shares K and V head 2 · "));
    g_assert_cmpstr(fact_of(&p, "trace.kv_heads")->source, ==, "fake: config.json num_key_value_heads");
    g_assert_cmpstr(fact_of(&p, "trace.layers")->source, ==, "fake: config.json num_hidden_layers");
    t->file = "run.safetensors"; /* where no config.json was read */
    play_at(&p, 0);
    g_assert_cmpstr(fact_of(&p, "trace.kv_heads")->source, ==, "trace file: shape of k");
    g_assert_cmpstr(fact_of(&p, "trace.layers")->source, ==, "trace file: shape of q");
    g_assert_cmpstr(fact_of(&p, "trace.width")->source, ==, "trace file: model.width");
    t->file = NULL;
    play_free(&p);
}

/* The texts of a line from the first one on that begins so, without spaces; NULL when there is none. */
static char *line_of(const struct dl *dl, const char *start)
{
    const struct dl_op *first = find_text(dl, start);
    GString *line = first ? g_string_new(NULL) : NULL;
    for (guint k = 0; first && k < dl->ops->len; k++) {
        const struct dl_op *op = dl_op_at(dl, k);
        if (op >= first && op->kind == DL_TEXT && op->text.y == first->text.y && op->name == first->name)
            g_string_append(line, dl_string(dl, op->text.text));
    }
    if (line) g_string_replace(line, " ", "", 0);
    return line ? g_string_free(line, FALSE) : NULL;
}

static double cut_line(const struct dl *dl)
{
    const struct dl_op *op = find(dl, "cut", DL_RECT);
    return op ? op->rect.box.y : -1;
}

/* What was cut off stands below a line once the token is drawn, and the words say how much it was. */
static void what_was_cut_off_is_told(void)
{
    static const struct { int w, h; const char *words; } frames[] = {
        { 1920, 1080, "kept3of601,12.5%cutoff" }, { 1080, 1920, "kept3of601" }, { 640, 360, "kept3of601" },
    };
    for (size_t s = 0; s < G_N_ELEMENTS(frames); s++) {
        struct play p = play_new(&view_decode, 8, 3, true, frames[s].w, frames[s].h);
        play_at(&p, moment_at(&p, "step 1 next"));
        g_autofree char *words = line_of(p.dl, "kept");
        g_assert_cmpstr(words, ==, frames[s].words);
        if (p.c.plan != PLAN_SMALL) { /* between the third candidate and the fourth; small frames show three */
            const struct dl_op *third = find(p.dl, "candidate 2", DL_TEXT), *fourth = find(p.dl, "candidate 3", DL_TEXT);
            g_assert_cmpfloat(cut_line(p.dl), >, third->text.y);
            g_assert_cmpfloat(cut_line(p.dl), <, fourth->text.y);
            g_assert_true(!color_equal(third->text.color, fourth->text.color));
        }
        g_assert_cmpint(fact_int(&p, "sampling.kept"), ==, 3);
        g_assert_cmpint(fact_int(&p, "sampling.vocabulary"), ==, 601);
        g_assert_cmpint(fact_int(&p, "sampling.removed"), ==, 598);
        g_assert_cmpfloat(fact_of(&p, "sampling.cut")->r, ==, 0.125);
        /* The share stays that of the whole vocabulary; drawn it was with more. */
        g_assert_cmpfloat(fact_of(&p, "next.chance")->r, ==, fact_of(&p, "next.share")->r / 0.875);
        play_at(&p, (moment_at(&p, "step 1 mix") + moment_at(&p, "step 1 next")) / 2);
        g_assert_cmpfloat(cut_line(p.dl), ==, -1);
        play_free(&p);
    }
}

/* Nothing is cut off where the likeliest is taken, or where all tokens were left to draw from. */
static void nothing_cut_off_is_not_told(void)
{
    for (int which = 0; which < 2; which++) {
        struct trace *t = make_trace(8, 3);
        if (which == 0) t->options.temperature = 0;
        for (int i = 0; i < t->n_passes; i++) t->passes[i].kept = which ? 601 : 1, t->passes[i].cut = 0;
        struct play p = play_trace(t, &view_decode, (struct setup){ .slow_steps = 2 }, true, 1920, 1080);
        play_at(&p, moment_at(&p, "step 1 next"));
        g_assert_cmpfloat(cut_line(p.dl), ==, -1);
        g_assert_null(find_text(p.dl, "kept 3"));
        g_assert_true((find_text(p.dl, "chosen: the likeliest") != NULL) == (which == 0));
        play_free(&p);
    }
}

static void sampling_is_named(void)
{
    static const struct { int k; double p; const char *words; } cases[] = {
        { 0, 0, "temperature0.8" }, { 5, 1, "temperature0.8·top-k5" }, { 0, 0.9, "temperature0.8·top-p0.90" },
        { 5, 0.9, "T0.8·top-k5·top-p0.90" },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct trace *t = make_trace(8, 3);
        t->options.top_k = cases[i].k, t->options.top_p = cases[i].p;
        struct play p = play_trace(t, &view_decode, (struct setup){ .slow_steps = 2 }, true, 1920, 1080);
        play_at(&p, moment_at(&p, "step 1 next"));
        g_autofree char *line = line_of(p.dl, i == 3 ? "T" : "temperature");
        g_assert_cmpstr(line, ==, cases[i].words);
        play_free(&p);
    }
}

/* --- scores before they are shares --- */

static void scores_have_their_formula(void)
{
    struct play p = play_new(&view_decode, 8, 3, true, 1920, 1080);
    play_at(&p, moment_at(&p, "step 2 scores"));
    const float *scores = p.trace->scores + (2 * 4 + 1) * 11 * 11 + 9 * 11; /* layer 3, head 2, row of step 2 */
    for (int i = 0; i < 10; i++) {
        g_autofree char *id = g_strdup_printf("score.%d", i + 1);
        int at = facts_find(p.book, id);
        double again;
        g_assert_true(facts_evaluate(p.book, at, &again) && facts_agree(p.book, at, again));
        g_assert_cmpfloat_with_epsilon(facts_at(p.book, at)->r, scores[i], 1e-6);
    }
    g_assert_cmpint(facts_find(p.book, "score.11"), ==, -1);
    g_autofree char *top = g_strdup_printf("score.%d", (int)fact_int(&p, "step.top_column"));
    g_assert_cmpfloat(fact_of(&p, "step.score")->r, ==, fact_of(&p, top)->r);
    g_assert_cmpfloat(fact_of(&p, "step.dot")->r / sqrt(D), ==, fact_of(&p, "step.score")->r);
    g_assert_cmpfloat(fact_of(&p, "step.share")->r, ==, fact_of(&p, "step.top_share")->r);
    play_free(&p);
}

/* A trace that scaled in another way keeps its scores, and no formula is made up for them. */
static void other_scales_are_taken_as_they_are(void)
{
    struct trace *t = make_trace(8, 3);
    float *scores = t->scores + (2 * 4 + 1) * 11 * 11 + 9 * 11;
    for (int i = 0; i < 10; i++) scores[i] = 0.5f * t->dots[scores - t->scores + i];
    struct play p = play_trace(t, &view_decode, (struct setup){ .slow_steps = 2 }, true, 1920, 1080);
    play_at(&p, moment_at(&p, "step 2 scores"));
    g_assert_cmpfloat(fact_of(&p, "score.3")->r, ==, scores[2]);
    g_assert_null(fact_of(&p, "score.3")->formula);
    play_free(&p);
}

/* Texts in the cells of the strip. */
static int numbers_of(const struct play *p, const char *fact_start)
{
    int n = 0;
    for (guint i = 0; i < p->dl->ops->len; i++) {
        const struct dl_op *op = dl_op_at(p->dl, i);
        n += op->kind == DL_TEXT && op->text.fact >= 0 && g_str_has_prefix(dl_string(p->dl, op->name), "cell ") &&
             g_str_has_prefix(facts_at(p->book, op->text.fact)->id, fact_start);
    }
    return n;
}

static void scores_turn_into_shares(void)
{
    struct setup o = { .slow_steps = 2, .scores = true };
    struct play p = play_trace(make_trace(8, 3), &view_decode, o, true, 1920, 1080),
                plain = play_new(&view_decode, 8, 3, true, 1920, 1080);
    for (int step = 1; step <= 2; step++) {
        double scaled = step_moment(&p, step, " scaled"), shares = step_moment(&p, step, " scores");
        for (double now = scaled; now < scaled + 1.2; now += 0.3) { /* they stand long enough to be read */
            play_at(&p, now);
            g_assert_cmpint(numbers_of(&p, "score."), ==, 8 + step);
            g_assert_cmpint(numbers_of(&p, "share."), ==, 0);
            g_assert_cmpfloat(longest_beam(p.dl), ==, 0);
            g_assert_nonnull(find_text(p.dl, "scores"));
            g_assert_null(find_text(p.dl, "attention"));
        }
        play_at(&p, shares);
        g_assert_cmpint(numbers_of(&p, "score."), ==, 0);
        g_assert_cmpint(numbers_of(&p, "share."), ==, 8 + step);
        g_assert_nonnull(find_text(p.dl, "attention"));
        for (double now = scaled; now < shares; now += 0.01) { /* never both */
            play_at(&p, now);
            g_assert_true(!numbers_of(&p, "score.") || !numbers_of(&p, "share."));
        }
    }
    g_assert_cmpfloat_with_epsilon(p.length, plain.length + 2.4, 1e-9); /* step 3 is quick, and shows none */
    play_at(&p, (step_moment(&p, 3, " keys") + step_moment(&p, 3, " scores")) / 2);
    g_assert_cmpint(numbers_of(&p, "score."), ==, 0);
    play_free(&p);
    play_free(&plain);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    make_style();
    g_test_add_func("/attention/frame", everything_stays_in_the_frame);
    g_test_add_func("/attention/alignment", columns_line_up);
    g_test_add_func("/attention/overlap", texts_do_not_overlap);
    g_test_add_func("/attention/cache", the_cache_never_moves);
    g_test_add_func("/attention/tall", tall_rows_stay);
    g_test_add_func("/attention/pure", a_frame_depends_on_its_time_alone);
    g_test_add_func("/attention/rests", at_rest_all_is_in_place);
    g_test_add_func("/attention/moments", moments_are_in_order);
    g_test_add_func("/attention/captions", captions_find_their_facts);
    g_test_add_func("/prefill/counts", prefill_counts_what_it_shows);
    g_test_add_func("/prefill/parallel", prefill_is_parallel);
    g_test_add_func("/prefill/formula", a_formula_needs_its_number);
    g_test_add_func("/prefill/words", words_fit_the_count);
    g_test_add_func("/decode/order", cause_comes_before_effect);
    g_test_add_func("/decode/out", out_leaves_at_the_edge);
    g_test_add_func("/decode/greedy", greedy_is_not_sampled);
    g_test_add_func("/decode/start", decode_starts_where_prefill_ends);
    g_test_add_func("/decode/fold", the_last_row_becomes_the_strip);
    g_test_add_func("/decode/facts", facts_are_counts);
    g_test_add_func("/decode/new", one_thing_is_new);
    g_test_add_func("/decode/steps", too_many_steps_are_refused);
    g_test_add_func("/head/chapter", a_chapter_names_its_head);
    g_test_add_func("/head/role", a_role_finds_its_head);
    g_test_add_func("/head/chance", a_head_at_chance_is_not_named);
    g_test_add_func("/head/refused", heads_that_are_not_there_are_refused);
    g_test_add_func("/head/shared", shared_keys_are_told);
    g_test_add_func("/sampling/cut", what_was_cut_off_is_told);
    g_test_add_func("/sampling/nothing_cut", nothing_cut_off_is_not_told);
    g_test_add_func("/sampling/words", sampling_is_named);
    g_test_add_func("/scores/formula", scores_have_their_formula);
    g_test_add_func("/scores/other_scale", other_scales_are_taken_as_they_are);
    g_test_add_func("/scores/shares", scores_turn_into_shares);
    return g_test_run();
}
