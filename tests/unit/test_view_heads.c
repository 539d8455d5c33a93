/* The heads view: what it says against the measurement and the shares it was given, what it draws against both, the
 * marks that it shares with the attention views, all plans, and mistakes. */
#include "base/diag.h"
#include "dl/hash.h"
#include "lm/trace.h"
#include "view/heads.h"
#include "view/heads_draw.h"
#include "view/attention.h"

#include <math.h>
#include <string.h>

static struct style style;

static void make_style(void)
{
    uint8_t n = 1;
#define X(role) style.role = (struct rgba){ n, (uint8_t)(255 - n), 7, 255 }, n++;
    STYLE_ROLES(X)
#undef X
    for (int r = 0; r < STYLE_RAMP_COUNT; r++)
        style.ramps[r] = (struct ramp){ 2, { { 0, 0, (uint8_t)(20 * r), 255 }, { 255, 255, (uint8_t)(20 * r), 255 } } };
    style.kept_alpha = 0.6;
}

/* --- a run and a measurement, made by hand --- */

/* Where row `row` of a head looks: head 1 at the token before, head 2 at the first, others at a place of their own. */
static int target_of(int layer, int head, int row)
{
    if (head == 1) return MAX(row - 1, 0);
    if (head == 2) return 0;
    return (row * 7 + layer * 3 + head) % (row + 1);
}

static float share_of(int layer, int head, int row, int column)
{
    if (row == 0) return column == 0;
    return column == target_of(layer, head, row) ? 0.75f : column <= row ? 0.25f / (float)row : 0;
}

static struct trace *make_trace(int layers, int heads, int n_prompt, int steps)
{
    enum { D = 4 };
    struct trace *t = g_new0(struct trace, 1);
    int n = n_prompt + steps;
    size_t all = (size_t)(layers * heads * n), square = all * (size_t)n;
    t->shape = (struct lm_shape){ layers, heads, heads, heads * D, D, 4 * heads * D, 601, 1024, LM_GPT2, 900000 };
    t->model_name = "tale", t->layer = layers, t->head = heads;
    t->n_prompt = n_prompt, t->n_tokens = n, t->n_passes = steps + 1;
    t->tokens = g_new0(struct trace_token, n + 1);
    for (int i = 0; i <= n; i++) t->tokens[i].text = i % 5 == 4 ? "counterrevolutionary" : i % 2 ? "the" : "a";
    t->passes = g_new0(struct trace_pass, t->n_passes);
    for (int s = 0; s < t->n_passes; s++) {
        t->passes[s].tokens = n_prompt + s;
        t->passes[s].n_candidates = 1;
        t->passes[s].candidates[0] = (struct trace_candidate){ t->tokens[n_prompt + s].text, 1, 0.9 };
        t->passes[s].kept = 601;
    }
    t->q = g_new0(float, all *D), t->k = g_new0(float, all *D), t->v = g_new0(float, all *D),
    t->out = g_new0(float, all *D);
    t->dots = g_new0(float, square), t->scores = g_new0(float, square), t->shares = g_new0(float, square);
    float *to = t->shares;
    for (int l = 1; l <= layers; l++)
        for (int h = 1; h <= heads; h++)
            for (int row = 0; row < n; row++)
                for (int col = 0; col < n; col++) *to++ = share_of(l, h, row, col);
    return t;
}

static void free_trace(struct trace *t)
{
    float *const arrays[] = { t->q, t->k, t->v, t->out, t->dots, t->scores, t->shares };
    for (size_t i = 0; i < G_N_ELEMENTS(arrays); i++) g_free(arrays[i]);
    g_free(t->tokens);
    g_free(t->passes);
    g_free(t);
}

/* The best head of role r is layer 1 + r mod L, head 1 + r mod H, with 0.3 + r / 20; all others have less. */
static struct heads *make_heads(int layers, int heads)
{
    struct heads *h = g_new0(struct heads, 1);
    h->layers = layers, h->heads = heads, h->stories = 57, h->held = 200;
    h->scores = g_new0(double, layers * heads * HEAD_ROLES);
    for (int r = 0; r < HEAD_ROLES; r++) {
        h->cases[r] = 1000 + r, h->chance[r] = r == ROLE_SAME ? 0 : 0.01 * (r + 1);
        for (int i = 0; i < layers * heads; i++) h->scores[i * HEAD_ROLES + r] = 0.1;
        h->scores[(r % layers * heads + r % heads) * HEAD_ROLES + r] = 0.3 + r / 20.0;
    }
    return h;
}

struct play {
    struct trace *trace;
    struct heads *heads;
    void *sim;
    double length;
    struct facts *book;
    struct dl *dl;
    struct diags *diags;
};

static char *usual_roles[] = { "previous", "first", "induction", "reference" };

static struct heads_options usual(void)
{
    return (struct heads_options){ .roles = { usual_roles, 4 }, .head = { .word = 1 + ROLE_REFERENCE } };
}

static struct play play_open(struct heads_options o, struct trace *trace, bool measured, const struct view *before)
{
    struct play p = { .trace = trace, .book = facts_new(), .dl = dl_new(), .diags = diags_new() };
    if (measured) p.heads = make_heads(trace->shape.layers, trace->shape.heads);
    struct view_env env = { .trace = trace, .heads = p.heads, .diags = p.diags, .file = "heads.cfg", .line = 7,
                            .before = before, .follows_on = before != NULL };
    p.sim = view_heads.open(&o, &env, &p.length);
    return p;
}

static void play_close(struct play *p)
{
    if (p->sim) view_heads.close(p->sim);
    facts_free(p->book);
    dl_free(p->dl);
    diags_free(p->diags);
    heads_free(p->heads);
    free_trace(p->trace);
}

static double moment_at(const struct play *p, const char *name)
{
    int n;
    const struct moment *m = view_heads.moments(p->sim, &n);
    for (int i = 0; i < n; i++)
        if (!strcmp(m[i].name, name)) return m[i].at;
    g_error("no moment \"%s\"", name);
}

static const struct fact *fact_of(struct play *p, const char *id)
{
    facts_reset(p->book);
    view_heads.facts(p->sim, 0, p->book);
    int i = facts_find(p->book, id);
    if (i < 0) g_error("no fact \"%s\"", id);
    return facts_at(p->book, i);
}

static void draw(struct play *p, struct dl *dl, double now, int width, int height, bool reduced)
{
    struct canvas c = { .dl = dl, .style = &style, .facts = p->book, .reduced = reduced };
    canvas_set_size(&c, width, height);
    facts_reset(p->book);
    view_heads.facts(p->sim, now, p->book);
    dl_begin(dl, width, height, style.bg, p->book, &measurer_fake);
    view_heads.draw(p->sim, now, &c);
}

static const int sizes[][2] = { { 1920, 1080 }, { 1280, 720 },  { 3840, 2160 },
                                { 1080, 1080 }, { 1080, 1920 }, { 640, 360 } };

/* --- what is said --- */

static void test_facts(void)
{
    struct play p = play_open(usual(), make_trace(3, 4, 9, 2), true, NULL);
    g_assert_nonnull(p.sim);
    /* reference is role 4: layer 1 + 4 % 3, head 1 + 4 % 4 */
    g_assert_cmpint(fact_of(&p, "head.reference.layer")->i, ==, 2);
    g_assert_cmpint(fact_of(&p, "head.reference.head")->i, ==, 1);
    g_assert_cmpfloat(fact_of(&p, "head.reference.score")->r, ==, 0.3 + 4 / 20.0);
    g_assert_cmpfloat(fact_of(&p, "head.reference.chance")->r, ==, 0.05);
    g_assert_cmpfloat_with_epsilon(fact_of(&p, "head.reference.times")->r, 10, 1e-9);
    g_assert_nonnull(strstr(fact_of(&p, "head.reference.score")->source, "57 held-out stories, at 1004 places"));
    g_assert_cmpint(fact_of(&p, "head.reference.cases")->i, ==, 1004);
    g_assert_cmpint(fact_of(&p, "heads.stories")->i, ==, 57);
    g_assert_cmpint(fact_of(&p, "grid.heads")->i, ==, 12);
    g_assert_cmpint(fact_of(&p, "look.layer")->i, ==, 2);
    /* head 1 looks at the token before: the newest, 8, at 7 */
    g_assert_cmpint(fact_of(&p, "look.top_column")->i, ==, 8);
    g_assert_cmpfloat(fact_of(&p, "look.top_share")->r, ==, 0.75);
    g_assert_cmpstr(fact_of(&p, "look.top_token")->word, ==, p.trace->tokens[7].text);
    g_assert_cmpstr(fact_of(&p, "look.token")->word, ==, p.trace->tokens[8].text);
    g_assert_cmpstr(fact_of(&p, "next.token")->word, ==, p.trace->tokens[9].text);
    play_close(&p);
}

/* Every formula that can be computed again gives its fact's value, and every leaf has a source. */
static void test_formulas(void)
{
    char *all[HEAD_ROLES];
    for (int r = 0; r < HEAD_ROLES; r++) all[r] = (char *)head_role_names[r];
    struct heads_options o = { .roles = { all, HEAD_ROLES }, .head = { .number = 2 }, .layer = 3, .step = 1 };
    struct play p = play_open(o, make_trace(3, 4, 9, 2), true, NULL);
    int evaluated = 0;
    double value;
    g_assert_cmpint(fact_of(&p, "look.head")->i, ==, 2);
    g_assert_cmpint(fact_of(&p, "look.layer")->i, ==, 3);
    g_assert_cmpint(fact_of(&p, "grid.tokens")->i, ==, 10);
    g_assert_cmpint(fact_of(&p, "head.same.times")->kind, ==, FACT_UNKNOWN); /* its chance is nothing */
    for (int i = 0; i < facts_count(p.book); i++) {
        const struct fact *f = facts_at(p.book, i);
        g_assert_true(f->formula || (f->source && *f->source));
        if (!facts_evaluate(p.book, i, &value)) continue;
        g_assert_true(facts_agree(p.book, i, value));
        evaluated++;
    }
    g_assert_cmpint(evaluated, >=, 2 + HEAD_ROLES - 1);
    play_close(&p);
}

/* Another pass than the prompt's: its newest token, and what comes after it. */
static void test_step(void)
{
    struct heads_options o = usual();
    o.step = 2;
    struct play p = play_open(o, make_trace(3, 4, 9, 2), true, NULL);
    g_assert_cmpstr(fact_of(&p, "look.token")->word, ==, p.trace->tokens[10].text);
    g_assert_cmpstr(fact_of(&p, "next.token")->word, ==, p.trace->tokens[11].text);
    play_close(&p);
}

static void test_moments(void)
{
    static const char *const want[] = { "sentence", "grid", "reference", "previous", "zoom", "look", "next", "end" };
    static char *roles[] = { "reference", "previous" };
    struct heads_options o = { .roles = { roles, 2 }, .head = { .word = 1 + ROLE_PREVIOUS } };
    struct play p = play_open(o, make_trace(2, 2, 6, 1), true, NULL);
    int n;
    const struct moment *m = view_heads.moments(p.sim, &n);
    g_assert_cmpint(n, ==, G_N_ELEMENTS(want));
    for (int i = 0; i < n; i++) {
        g_assert_cmpstr(m[i].name, ==, want[i]);
        g_assert_cmpfloat(m[i].at, >=, i ? m[i - 1].at + RESTS_APART_S : 0);
        g_assert_cmpfloat(m[i].at, <=, p.length);
    }
    play_close(&p);
}

/* The state says the head of the role that is told, and then the near one. */
static void test_state(void)
{
    struct play p = play_open(usual(), make_trace(3, 4, 9, 2), true, NULL);
    static const struct { const char *moment, *state; } want[] = {
        { "grid", "3 layers × 4 heads" }, { "first", "layer 2, head 2" }, { "induction", "layer 1, head 4" },
        { "look", "layer 2, head 1" },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(want); i++) {
        fact_of(&p, "look.layer");
        g_autofree char *state = template_expand(view_heads.state(p.sim, moment_at(&p, want[i].moment)), p.book);
        g_assert_cmpstr(state, ==, want[i].state);
    }
    play_close(&p);
}

/* --- what is drawn --- */

static const struct dl_op *op_named(const struct dl *dl, const char *name, enum dl_kind kind)
{
    for (guint i = 0; i < dl->ops->len; i++)
        if (dl_op_at(dl, i)->kind == kind && !strcmp(dl_string(dl, dl_op_at(dl, i)->name), name))
            return dl_op_at(dl, i);
    return NULL;
}

static struct rgba tone(double share) { return style_ramp(&style, RAMP_ATTENTION, 0.14 + 0.86 * MIN(1, share / 0.7)); }

/* Each triangle's cells are the shares of its head, row by row, in all plans; above its diagonal there is nothing. */
static void test_triangles(void)
{
    enum { L = 3, H = 4, N = 9 };
    struct play p = play_open(usual(), make_trace(L, H, N, 2), true, NULL);
    for (size_t s = 0; s < G_N_ELEMENTS(sizes); s++) {
        draw(&p, p.dl, moment_at(&p, "grid"), sizes[s][0], sizes[s][1], false);
        bool turned = sizes[s][0] < sizes[s][1];
        for (int l = 1; l <= L; l++)
            for (int h = 1; h <= H; h++) {
                g_autofree char *name = g_strdup_printf("head %d", (l - 1) * H + h - 1);
                const struct dl_op *op = op_named(p.dl, name, DL_HEAT);
                g_assert_nonnull(op);
                g_assert_cmpint(op->heat.cols, ==, N);
                for (int row = 0; row < N; row++)
                    for (int col = 0; col < N; col++) {
                        struct rgba c = dl_heat_cell(p.dl, &op->heat, turned ? row : col, turned ? col : row);
                        if (col > row) g_assert_cmpint(c.a, ==, 0);
                        else g_assert_true(color_equal(c, tone(share_of(l, h, row, col))));
                    }
            }
    }
    play_close(&p);
}

/* Before they fill, triangles are there and hold nothing. */
static void test_empty_at_first(void)
{
    struct play p = play_open(usual(), make_trace(2, 2, 6, 1), true, NULL);
    draw(&p, p.dl, 0, 1920, 1080, false);
    const struct dl_op *op = op_named(p.dl, "head 3", DL_HEAT);
    struct rgba empty = color_over(color_fade(style.grid, 0.6), style.bg);
    for (int i = 0; i < 36; i++)
        if (i % 6 <= i / 6) g_assert_true(color_equal(dl_heat_cell(p.dl, &op->heat, i % 6, i / 6), empty));
    play_close(&p);
}

/* At a role's moment the outline stands around its best head, and nothing else is outlined so. */
static void test_outlines(void)
{
    enum { L = 3, H = 4 };
    struct play p = play_open(usual(), make_trace(L, H, 9, 2), true, NULL);
    for (size_t s = 0; s < G_N_ELEMENTS(sizes); s++)
        for (int k = 0; k < 4; k++) {
            int role = (int)head_role_find(usual_roles[k]), bright = 0;
            g_autofree char *told = g_strdup_printf("told %d", k);
            g_autofree char *head = g_strdup_printf("head %d", role % L * H + role % H);
            draw(&p, p.dl, moment_at(&p, usual_roles[k]), sizes[s][0], sizes[s][1], false);
            const struct dl_op *outline = op_named(p.dl, told, DL_RECT), *triangle = op_named(p.dl, head, DL_HEAT);
            g_assert_nonnull(outline);
            g_assert_true(color_equal(outline->rect.stroke, style.text));
            g_assert_cmpfloat(outline->rect.box.x, <, triangle->heat.x);
            g_assert_cmpfloat(box_right(outline->rect.box), >,
                              triangle->heat.x + (triangle->heat.cols - 1) * triangle->heat.pitch_x);
            g_assert_cmpfloat(outline->rect.box.y, <, triangle->heat.y);
            for (guint i = 0; i < p.dl->ops->len; i++) {
                const struct dl_op *op = dl_op_at(p.dl, i);
                bright += g_str_has_prefix(dl_string(p.dl, op->name), "told") && op->kind == DL_RECT &&
                          color_equal(op->rect.stroke, style.text);
            }
            g_assert_cmpint(bright, ==, 1);
        }
    play_close(&p);
}

static uint64_t key_of_cell(int row, int column)
{
    struct dl *one = dl_new();
    dl_begin(one, 1920, 1080, style.bg, NULL, &measurer_fake);
    dl_enter(one, "row", row);
    dl_enter(one, "cell", column);
    dl_rect(one, ((struct box){ 0, 0, 9, 9 }), .fill = style.new_fill);
    uint64_t key = dl_op_at(one, 0)->key;
    dl_free(one);
    return key;
}

static const struct dl_op *op_of_key(const struct dl *dl, uint64_t key)
{
    for (guint i = 0; i < dl->ops->len; i++)
        if (dl_op_at(dl, i)->key == key) return dl_op_at(dl, i);
    return NULL;
}

/* After prefill the matrix of the run's head flies into its triangle: one mark, a rectangle, for each of its cells, in
 * its tone. Otherwise there are no such marks until a head is seen from near. */
static void test_follows_prefill(void)
{
    enum { N = 9 };
    static const struct view prefill = { .name = "prefill" };
    struct play p = play_open(usual(), make_trace(3, 4, N, 2), true, &prefill);
    for (size_t s = 0; s < 4; s++) {
        draw(&p, p.dl, 0, sizes[s][0], sizes[s][1], false);
        for (int row = 0; row < N; row++)
            for (int col = 0; col <= row; col++) {
                const struct dl_op *op = op_of_key(p.dl, key_of_cell(row, col));
                g_assert_nonnull(op);
                g_assert_cmpint(op->kind, ==, DL_RECT);
                g_assert_true(color_equal(op->rect.fill, tone(share_of(3, 4, row, col))));
            }
        g_assert_null(op_named(p.dl, "head 11", DL_HEAT));
        g_assert_nonnull(op_named(p.dl, "head 10", DL_HEAT));
    }
    play_close(&p);
    p = play_open(usual(), make_trace(3, 4, N, 2), true, NULL);
    draw(&p, p.dl, 0, 1920, 1080, false);
    g_assert_null(op_of_key(p.dl, key_of_cell(N - 1, 0)));
    draw(&p, p.dl, moment_at(&p, "zoom"), 1920, 1080, false);
    g_assert_nonnull(op_of_key(p.dl, key_of_cell(N - 1, 0)));
    play_close(&p);
}

/* From near, the columns stand where the attention views have them; what is looked at most has the widest beam, as wide
 * as its column, and its share in figures. */
static void test_near(void)
{
    enum { N = 9 };
    struct play p = play_open(usual(), make_trace(3, 4, N, 2), true, NULL);
    for (size_t s = 0; s < 4; s++) {
        struct canvas c = { .dl = p.dl, .style = &style, .facts = p.book };
        struct attention a;
        struct trace_head *seen = trace_head_new(p.trace, 2, 1);
        draw(&p, p.dl, moment_at(&p, "look"), sizes[s][0], sizes[s][1], false);
        canvas_set_size(&c, sizes[s][0], sizes[s][1]);
        attention_layout(&a, &c, p.trace, seen);
        int beams = 0, widest = 0;
        double most = 0;
        for (guint i = 0; i < p.dl->ops->len; i++) {
            const struct dl_op *op = dl_op_at(p.dl, i);
            if (strcmp(dl_string(p.dl, op->name), "gaze")) continue;
            if (op->rect.box.w > most) most = op->rect.box.w, widest = beams;
            beams++;
        }
        g_assert_cmpint(beams, ==, N);
        g_assert_cmpint(widest, ==, 7);
        g_assert_cmpfloat(most, ==, a.width);
        const struct dl_op *cell = op_of_key(p.dl, key_of_cell(N - 1, 7));
        g_assert_nonnull(cell);
        g_assert_cmpfloat(cell->rect.box.x, ==, attention_slot(&a, 7, N).at);
        bool figure = false;
        for (guint i = 0; i < p.dl->ops->len; i++) {
            const struct dl_op *op = dl_op_at(p.dl, i);
            figure |= op->kind == DL_TEXT && op->text.fact >= 0 &&
                      !strcmp(facts_at(p.book, op->text.fact)->id, "share.8") &&
                      !strcmp(dl_string(p.dl, op->text.text), "75");
        }
        g_assert_true(figure);
        trace_head_free(seen);
    }
    play_close(&p);
}

static char *words_of(const struct dl *dl)
{
    GString *all = g_string_new(NULL);
    for (guint i = 0; i < dl->ops->len; i++) {
        const struct dl_op *op = dl_op_at(dl, i);
        if (op->kind == DL_TEXT) g_string_append_printf(all, "%s ", dl_string(dl, op->text.text));
    }
    return g_string_free(all, FALSE);
}

/* A role that no head has more than by chance is not said to be one's, in any plan; the others keep their lines. */
static void test_claims(void)
{
    struct play p = play_open(usual(), make_trace(3, 4, 9, 0), true, NULL);
    p.heads->chance[ROLE_FIRST] = 0.34; /* the best has 0.35 */
    for (size_t s = 0; s < 4; s++) {
        draw(&p, p.dl, moment_at(&p, "first"), sizes[s][0], sizes[s][1], false);
        g_autofree char *first = words_of(p.dl);
        g_assert_nonnull(strstr(first, "hardly"));
        g_assert_null(strstr(first, "rests on"));
        draw(&p, p.dl, moment_at(&p, "previous"), sizes[s][0], sizes[s][1], false);
        g_autofree char *previous = words_of(p.dl);
        g_assert_nonnull(strstr(previous, "looks at"));
        g_assert_null(strstr(previous, "hardly"));
    }
    play_close(&p);
}

/* With reduced motion, and at each moment without, the picture stands still. */
static void test_rests(void)
{
    struct play p = play_open(usual(), make_trace(3, 4, 9, 2), true, NULL);
    struct dl *later = dl_new();
    int n;
    const struct moment *m = view_heads.moments(p.sim, &n);
    for (size_t s = 0; s < G_N_ELEMENTS(sizes); s++)
        for (int i = 0; i < n - 1; i++) {
            draw(&p, p.dl, m[i].at, sizes[s][0], sizes[s][1], true);
            draw(&p, later, m[i].at + 0.1, sizes[s][0], sizes[s][1], false);
            g_assert_true(dl_equal(p.dl, later));
        }
    dl_free(later);
    play_close(&p);
}

/* A square of shares in fewer cells: each is the largest of its group, and none is lost. */
static void test_pool(void)
{
    static const float from[] = { 9, 0, 0, 0, 5, 1, 0, 0, 2, 8, 3, 0, 1, 1, 1, 7 };
    float to[4], same[16];
    heads_pool(from, 4, 4, to, 2);
    g_assert_cmpfloat(to[0], ==, 9);
    g_assert_cmpfloat(to[1], ==, 0);
    g_assert_cmpfloat(to[2], ==, 8);
    g_assert_cmpfloat(to[3], ==, 7);
    heads_pool(from, 4, 4, same, 4);
    g_assert_cmpmem(from, sizeof from, same, sizeof same);
    heads_pool(from, 3, 4, to, 2); /* a part of it, in groups of one and two */
    g_assert_cmpfloat(to[0], ==, 9);
    g_assert_cmpfloat(to[3], ==, 8);
}

/* Of more layers and heads than the grid has room for it shows the first, and all that are spoken of, in order. */
static void test_large(void)
{
    struct play p = play_open(usual(), make_trace(30, 20, 5, 1), true, NULL);
    const struct head_grid *g = p.sim;
    g_assert_cmpint(g->layers.n, ==, GRID_SIDE);
    g_assert_cmpint(g->heads.n, ==, GRID_SIDE);
    for (int k = 0; k < g->n_told; k++) {
        bool layer = false, head = false;
        for (int i = 0; i < GRID_SIDE; i++)
            layer |= g->layers.shown[i] == g->told[k].layer, head |= g->heads.shown[i] == g->told[k].head;
        g_assert_true(layer && head);
    }
    for (int i = 1; i < GRID_SIDE; i++) g_assert_cmpint(g->layers.shown[i], >, g->layers.shown[i - 1]);
    draw(&p, p.dl, moment_at(&p, "grid"), 1920, 1080, false);
    g_autoptr(GString) said = g_string_new(NULL);
    for (guint i = 0; i < p.dl->ops->len; i++)
        if (dl_op_at(p.dl, i)->kind == DL_TEXT)
            g_string_append_printf(said, "%s ", dl_string(p.dl, dl_op_at(p.dl, i)->text.text));
    g_assert_nonnull(strstr(said->str, "12  of 30  layers,"));
    play_close(&p);
    struct heads_options o = usual();
    o.head = (struct pick){ .number = 20 }, o.layer = 30;
    p = play_open(o, make_trace(30, 20, 5, 1), true, NULL);
    g = p.sim;
    g_assert_cmpint(g->layers.shown[GRID_SIDE - 1], ==, 30);
    g_assert_cmpint(g->heads.shown[GRID_SIDE - 1], ==, 20);
    play_close(&p);
}

/* Nothing leaves the frame, whatever the shape and the length, and a cold picture is the same. */
static void test_plans(void)
{
    static const int runs[][4] = { { 1, 1, 1, 0 },   { 4, 4, 12, 2 },  { 12, 12, 20, 1 },
                                   { 32, 16, 7, 1 }, { 2, 12, 70, 1 }, { 6, 2, 140, 3 } };
    for (size_t r = 0; r < G_N_ELEMENTS(runs); r++) {
        struct play p = play_open(usual(), make_trace(runs[r][0], runs[r][1], runs[r][2], runs[r][3]), true, NULL);
        struct dl *cold = dl_new();
        g_assert_nonnull(p.sim);
        for (size_t s = 0; s < G_N_ELEMENTS(sizes); s++)
            for (double t = 0; t <= p.length; t += p.length / 9) {
                draw(&p, p.dl, t, sizes[s][0], sizes[s][1], false);
                draw(&p, cold, t, sizes[s][0], sizes[s][1], false);
                g_assert_true(dl_equal(p.dl, cold));
                for (guint i = 0; i < p.dl->ops->len; i++) {
                    const struct dl_op *op = dl_op_at(p.dl, i);
                    if (op->box.x < 0 || box_right(op->box) > sizes[s][0] || box_bottom(op->box) > sizes[s][1])
                        g_error("%dx%d at %.2f, run %d: [%s] leaves the frame", sizes[s][0], sizes[s][1], t, (int)r,
                                dl_string(p.dl, op->name));
                    g_assert_true(op->kind != DL_RECT || (isfinite(op->rect.box.x) && isfinite(op->rect.box.w)));
                }
            }
        dl_free(cold);
        play_close(&p);
    }
}

static bool is_written(const struct dl *dl, const char *part)
{
    for (guint i = 0; i < dl->ops->len; i++)
        if (dl_op_at(dl, i)->kind == DL_TEXT && strstr(dl_string(dl, dl_op_at(dl, i)->text.text), part)) return true;
    return false;
}

/* The best of a role that is hardly above chance is said to be so, in all plans; one that is far above is not. */
static void test_at_chance(void)
{
    for (int weak = 0; weak < 2; weak++) {
        struct play p = play_open(usual(), make_trace(3, 4, 9, 2), true, NULL);
        if (weak) p.heads->chance[ROLE_REFERENCE] = 0.49; /* its best head has 0.5 */
        for (size_t s = 0; s < G_N_ELEMENTS(sizes); s++) {
            draw(&p, p.dl, moment_at(&p, "reference"), sizes[s][0], sizes[s][1], false);
            g_assert_cmpint(is_written(p.dl, "hardly"), ==, weak);
        }
        play_close(&p);
    }
}

/* --- mistakes --- */

static void expect_mistake(struct heads_options o, bool measured, const char *part)
{
    struct play p = play_open(o, make_trace(3, 4, 9, 2), measured, NULL);
    g_assert_null(p.sim);
    const struct diag_item *item = diags_item(p.diags, 0);
    g_assert_cmpstr(item->file, ==, "heads.cfg");
    g_assert_cmpint(item->line, ==, 7);
    if (!strstr(item->text, part)) g_error("\"%s\" lacks \"%s\"", item->text, part);
    play_close(&p);
}

static void test_mistakes(void)
{
    static char *unknown[] = { "refrence" }, *twice[] = { "first", "first" };
    struct heads_options o = usual();
    o.roles = (struct texts){ unknown, 1 };
    expect_mistake(o, true,
                   "roles has \"refrence\", which is no role; did you mean \"reference\"; roles are: previous, first,");
    o.roles = (struct texts){ twice, 2 };
    expect_mistake(o, true, "roles has \"first\" twice");
    o = usual();
    o.layer = 4;
    expect_mistake(o, true, "layer is 4, but tale has 3 layers; write 1 to 3,");
    o = usual();
    o.head = (struct pick){ .number = 5 };
    expect_mistake(o, true, "head is 5, but tale has 4 heads; write 1 to 4,");
    o = usual();
    o.step = 3;
    expect_mistake(o, true, "step is 3; this run has 2 decode steps");
    expect_mistake(usual(), false, "what the heads of tale do was not measured");
}

/* What cannot be measured on this model's text is not told. */
static void test_no_case(void)
{
    struct trace *t = make_trace(2, 2, 6, 1);
    struct heads *h = make_heads(2, 2);
    struct diags *diags = diags_new();
    struct heads_options o = usual();
    double length;
    h->cases[ROLE_INDUCTION] = 0;
    struct view_env env = { .trace = t, .heads = h, .diags = diags, .file = "heads.cfg", .line = 7 };
    g_assert_null(view_heads.open(&o, &env, &length));
    g_assert_nonnull(strstr(diags_item(diags, 0)->text, "roles has \"induction\", but none of the 57 stories"));
    diags_free(diags);
    heads_free(h);
    free_trace(t);
}

/* A head of its number needs no measurement. */
static void test_unmeasured(void)
{
    struct play p = play_open((struct heads_options){ 0 }, make_trace(3, 4, 9, 2), false, NULL);
    g_assert_nonnull(p.sim);
    g_assert_cmpint(fact_of(&p, "look.layer")->i, ==, 3);
    g_assert_cmpint(fact_of(&p, "look.head")->i, ==, 4);
    for (size_t s = 0; s < G_N_ELEMENTS(sizes); s++) draw(&p, p.dl, p.length, sizes[s][0], sizes[s][1], false);
    g_autofree char *words = template_expand(view_heads.provenance(p.sim), p.book);
    g_assert_cmpstr(words, ==, "tale · 3 layers, 4 heads");
    play_close(&p);
}

/* Random weights are told as such, measured or not. */
static void test_random_weights(void)
{
    for (int measured = 0; measured < 2; measured++) {
        struct trace *t = make_trace(1, 1, 5, 0);
        t->origin = "demo: random weights";
        struct play p = play_open((struct heads_options){ 0 }, t, measured, NULL);
        g_assert_nonnull(p.sim);
        draw(&p, p.dl, p.length, 1920, 1080, false);
        g_autofree char *words = template_expand(view_heads.provenance(p.sim), p.book);
        g_assert_cmpstr(words, ==,
                        measured ? "tale · demo: random weights · roles measured on 57 held-out stories"
                                 : "tale · demo: random weights · 1 layer, 1 head");
        play_close(&p);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    make_style();
    g_test_add_func("/view/heads/facts", test_facts);
    g_test_add_func("/view/heads/formulas", test_formulas);
    g_test_add_func("/view/heads/step", test_step);
    g_test_add_func("/view/heads/moments", test_moments);
    g_test_add_func("/view/heads/state", test_state);
    g_test_add_func("/view/heads/triangles", test_triangles);
    g_test_add_func("/view/heads/empty-at-first", test_empty_at_first);
    g_test_add_func("/view/heads/outlines", test_outlines);
    g_test_add_func("/view/heads/follows-prefill", test_follows_prefill);
    g_test_add_func("/view/heads/near", test_near);
    g_test_add_func("/view/heads/claims", test_claims);
    g_test_add_func("/view/heads/rests", test_rests);
    g_test_add_func("/view/heads/pool", test_pool);
    g_test_add_func("/view/heads/large", test_large);
    g_test_add_func("/view/heads/plans", test_plans);
    g_test_add_func("/view/heads/at-chance", test_at_chance);
    g_test_add_func("/view/heads/mistakes", test_mistakes);
    g_test_add_func("/view/heads/no-case", test_no_case);
    g_test_add_func("/view/heads/unmeasured", test_unmeasured);
    g_test_add_func("/view/heads/random-weights", test_random_weights);
    return g_test_run();
}
