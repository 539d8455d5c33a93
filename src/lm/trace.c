/* One run of a model, done twice: with a cache, which is what is shown, and without, which is what it would have cost.
 * The logits of both are compared by checksum at every pass; a difference would be a mistake in this program. The
 * passes without a cache need nothing from each other once the tokens are known, so they are shared among threads.
 */
#include "read/fail.h"
#include "tok/tokentext.h"
#include "lm/trace_make.h"
#include "sim/exact.h"
#include "sim/random.h"

#include <math.h>
#include <string.h>

struct run {
    const struct lm *g;
    struct trace *t;
    struct lm_cache *cache;
    struct lm_look look; /* into the trace's arrays */
    struct random random;
    int *ids;        /* [n_tokens + 1] */
    float *logits;   /* [V]: of the pass that runs */
    char **sums;     /* [n_passes]: checksum of each pass' logits */
    struct sampler sampler;
    GMutex telling;
    int64_t done, total; /* tokens through the layers, for options.tell */
};

/* ---- making ---- */

struct trace *trace_new(void)
{
    struct trace *t = g_new0(struct trace, 1);
    t->pieces = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)g_bytes_unref);
    return t;
}

void trace_keep_piece(struct trace *t, int id, const char *bytes, size_t length)
{
    if (!g_hash_table_contains(t->pieces, GINT_TO_POINTER(id)))
        g_hash_table_insert(t->pieces, GINT_TO_POINTER(id), g_bytes_new(bytes, length));
}

const char *trace_piece(const struct trace *t, int id, size_t *length)
{
    GBytes *bytes = g_hash_table_lookup(t->pieces, GINT_TO_POINTER(id));
    const char *data = bytes ? g_bytes_get_data(bytes, length) : NULL;
    *length = data ? *length : 0;
    return bytes && !data ? "" : data;
}

/* Caller frees. */
static char *show_piece(const struct trace *t, int id)
{
    size_t length;
    const char *bytes = trace_piece(t, id, &length);
    return tokentext_of(id, bytes ? bytes : "", length);
}

void trace_show_pass(struct trace *t, struct trace_pass *pass, const struct sampler *s, int place)
{
    int shown = trace_shown(s->vocab);
    pass->kept = s->kept;
    pass->cut = s->cut;
    pass->sampled = MIN(place, shown - 1);
    pass->n_candidates = shown;
    for (int i = 0; i < shown; i++) {
        int id = s->order[i == pass->sampled ? place : i];
        pass->candidates[i] = (struct trace_candidate){ show_piece(t, id), id, sampler_share(s, id) };
    }
}

void trace_show_tokens(struct trace *t, const int *ids)
{
    t->tokens = g_new0(struct trace_token, t->n_tokens + 1);
    for (int i = 0; i <= t->n_tokens; i++)
        t->tokens[i] = (struct trace_token){ show_piece(t, ids[i]), ids[i] };
}

/* ---- choosing tokens ---- */

static void keep_token(struct run *r, int id)
{
    size_t length;
    const char *bytes = lm_token(r->g, id, &length);
    trace_keep_piece(r->t, id, bytes, length);
}

/* Fills the pass' candidates and returns the sampled id; -1 and error when the logits are not finite. One number is
 * drawn for every pass, also where none is needed. */
static int choose_token(struct run *r, struct trace_pass *pass, GError **error)
{
    const struct trace_options *o = &r->t->options;
    double unit = random_unit(&r->random);
    struct sampler *s = &r->sampler;
    if (sampler_rank(s, r->logits, (struct sampling){ o->temperature, o->top_p, o->top_k }) >= 0) {
        fail_with(error, LM_ERROR_RUN,
                  "The model %s computes a logit that is infinite or not a number after %d tokens; its weights are "
                  "damaged.",
                  lm_name(r->g), pass->tokens);
        return -1;
    }
    int place = sampler_draw(s, unit);
    for (int i = 0; i < trace_shown(s->vocab); i++)
        keep_token(r, s->order[i]);
    keep_token(r, s->order[place]);
    trace_show_pass(r->t, pass, s, place);
    return s->order[place];
}

/* ---- the passes ---- */

static char *sum_logits(const struct run *r, const float *logits)
{
    return g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)logits,
                                       sizeof(float) * (gsize)r->t->shape.vocab);
}

static void tell(struct run *r, int64_t tokens)
{
    const struct trace_options *o = &r->t->options;
    g_mutex_lock(&r->telling);
    r->done += tokens;
    if (o->tell)
        o->tell(o->to, r->done, r->total);
    g_mutex_unlock(&r->telling);
}

static gboolean run_pass(struct run *r, int number, GError **error)
{
    struct trace_pass *pass = &r->t->passes[number];
    int known = lm_cache_tokens(r->cache);

    pass->tokens = r->t->n_prompt + number;
    r->logits = r->t->logits + (size_t)number * (size_t)r->t->shape.vocab;
    lm_forward(r->g, r->cache, r->ids + known, pass->tokens - known, r->logits, &pass->with_cache, &r->look);
    int id = choose_token(r, pass, error);
    if (id < 0)
        return FALSE;
    r->sums[number] = sum_logits(r, r->logits);
    r->ids[pass->tokens] = id;
    tell(r, pass->tokens - known);
    return TRUE;
}

/* Step `i` of the growth without a cache: all tokens so far, computed again. */
static void grow_again(struct run *r, int i)
{
    g_autofree float *logits = g_new(float, r->t->shape.vocab);
    lm_forward(r->g, NULL, r->ids, i + 1, logits, &r->t->growth[i].without_cache, NULL);
    tell(r, i + 1);
}

/* A pool's work: one pass again, without the cache; behind the passes come the steps of the growth. `number` counts
 * from 1, since a pool takes no NULL. */
static void run_again(gpointer number, gpointer data)
{
    struct run *r = data;
    int i = GPOINTER_TO_INT(number) - 1;
    if (i >= r->t->n_passes) {
        grow_again(r, i - r->t->n_passes);
        return;
    }
    struct trace_pass *pass = &r->t->passes[i];
    g_autofree float *logits = g_new(float, r->t->shape.vocab);

    lm_forward(r->g, NULL, r->ids, pass->tokens, logits, &pass->without_cache, NULL);
    g_autofree char *sum = sum_logits(r, logits);
    g_assert_cmpstr(sum, ==, r->sums[i]);
    tell(r, pass->tokens);
}

/* Longest passes first, so that no thread is left with one at the end. */
static void run_all_again(struct run *r)
{
    GThreadPool *pool = g_thread_pool_new(run_again, r, (int)g_get_num_processors(), TRUE, NULL);
    for (int i = r->t->n_passes + r->t->n_growth; i > 0; i--)
        g_thread_pool_push(pool, GINT_TO_POINTER(i), NULL);
    struct lm_cache *cache = lm_cache_new(r->g, r->t->n_growth);
    g_autofree float *logits = g_new(float, r->t->shape.vocab);
    for (int i = 0; i < r->t->n_growth; i++)
        lm_forward(r->g, cache, &r->ids[i], 1, logits, &r->t->growth[i].with_cache, NULL);
    tell(r, r->t->n_growth);
    lm_cache_free(cache);
    g_thread_pool_free(pool, FALSE, TRUE);
}

/* What may be said about the weights. */
static const char *describe_origin(const struct lm *g)
{
    const char *origin = lm_origin(g);
    return !origin ? NULL : strcmp(origin, "seeded") == 0 ? "demo: random weights" : "trained";
}

/* ---- the run ---- */

gboolean trace_check_head(const char *name, struct lm_shape s, const struct trace_options *o, GError **error)
{
    if (o->layer < 0 || o->layer > s.layers)
        return fail_with(error, LM_ERROR_RUN, "The model %s has no layer %d; 1 to %d, or 0 for the clearest one.", name,
                         o->layer, s.layers);
    if (o->head < 0 || o->head > s.heads)
        return fail_with(error, LM_ERROR_RUN, "The model %s has no head %d; 1 to %d, or 0 for the clearest one.", name,
                         o->head, s.heads);
    return TRUE;
}

static gboolean check_options(const struct lm *g, const struct trace_options *o, GError **error)
{
    if (!o->prompt || !*o->prompt)
        return fail_with(error, LM_ERROR_RUN, "The prompt is empty; a run needs at least one word to start from.");
    if (o->steps < 0)
        return fail_with(error, LM_ERROR_RUN, "%d decode steps cannot be done; 0 or more can.", o->steps);
    if (!trace_check_head(lm_name(g), lm_shape(g), o, error))
        return FALSE;
    if (!(o->temperature >= 0 && o->temperature <= 100))
        return fail_with(error, LM_ERROR_RUN, "The temperature must be between 0 (always the best token) and 100.");
    if (o->top_k < 0)
        return fail_with(error, LM_ERROR_RUN, "top-k cannot be %d; 1 or more, or 0 for the whole vocabulary.",
                         o->top_k);
    if (!(o->top_p >= 0 && o->top_p <= 1))
        return fail_with(error, LM_ERROR_RUN, "top-p must be between 0 and 1; 0 and 1 are the whole vocabulary.");
    return TRUE;
}

/* Encodes the prompt into a new run's ids; checks that everything fits. */
static gboolean start_tokens(struct run *r, GError **error)
{
    struct trace *t = r->t;
    const struct trace_options *o = &t->options;
    int limit = t->shape.max_tokens;

    r->ids = g_new0(int, limit + 1);
    t->n_prompt = lm_encode(r->g, o->prompt, r->ids, limit, error);
    if (t->n_prompt < 0)
        return FALSE;
    if (t->n_prompt == 0)
        return fail_with(error, LM_ERROR_RUN,
                         "The tokenizer of the model %s makes no token of the prompt; a run needs at least one word to "
                         "start from.",
                         lm_name(r->g));
    if (t->n_prompt > limit || o->steps > limit - t->n_prompt)
        return fail_with(error, LM_ERROR_RUN,
                         "The prompt has %d tokens and %d decode steps follow, %" G_GINT64_FORMAT " tokens together; "
                         "the model %s has room for %d.",
                         t->n_prompt, o->steps, (gint64)t->n_prompt + o->steps, lm_name(r->g), limit);
    t->n_tokens = t->n_prompt + o->steps;
    t->n_passes = 1 + o->steps;
    t->n_growth = MIN(t->n_tokens, TRACE_GROWTH);
    int64_t n = t->n_tokens, p = t->n_prompt, g = t->n_growth; /* with a cache, without, and both of the growth */
    r->total = n + (n * (n + 1) - p * (p - 1)) / 2 + g + g * (g + 1) / 2;
    return TRUE;
}

static gboolean start_room(struct run *r, GError **error)
{
    struct trace *t = r->t;
    struct lm_shape s = t->shape;
    size_t each = (size_t)s.layers * (size_t)t->n_tokens * (size_t)s.head_dim, vocab = (size_t)s.vocab;
    size_t heads = (size_t)s.heads, shared = (size_t)s.kv_heads, logits = (size_t)t->n_passes * vocab;

    t->q = g_try_new0(float, heads * each);
    t->k = g_try_new0(float, shared * each);
    t->v = g_try_new0(float, shared * each);
    t->out = g_try_new0(float, heads * each);
    t->logits = g_try_new0(float, logits);
    r->look = (struct lm_look){ .q = t->q, .k = t->k, .v = t->v, .out = t->out, .max_rows = t->n_tokens };
    if (!t->q || !t->k || !t->v || !t->out || !t->logits)
        return fail_with(error, LM_ERROR_RUN,
                         "Recording all heads over %d tokens needs %.1f GiB of memory, which cannot be had; take a "
                         "shorter prompt or fewer steps.",
                         t->n_tokens, 4.0 * (double)(2 * (heads + shared) * each + logits) / 0x1p30);
    r->sums = g_new0(char *, t->n_passes + 1);
    sampler_init(&r->sampler, s.vocab);
    r->cache = lm_cache_new(r->g, t->n_tokens);
    t->passes = g_new0(struct trace_pass, t->n_passes);
    return TRUE;
}

static void finish_run(struct run *r)
{
    g_strfreev(r->sums);
    sampler_finish(&r->sampler);
    g_mutex_clear(&r->telling);
    r->t->options.tell = NULL;
    g_free(r->ids);
    lm_cache_free(r->cache);
}

static gboolean run_all(struct run *r, GError **error)
{
    struct trace *t = r->t;
    if (!start_tokens(r, error) || !start_room(r, error))
        return FALSE;
    for (int i = 0; i < t->n_passes; i++)
        if (!run_pass(r, i, error))
            return FALSE;
    run_all_again(r);
    for (int i = 0; i < t->n_prompt; i++)
        keep_token(r, r->ids[i]);
    trace_show_tokens(t, r->ids);
    trace_choose_head(t);
    return TRUE;
}

struct trace *trace_run(const struct lm *g, const struct trace_options *options, GError **error)
{
    if (!check_options(g, options, error))
        return NULL;
    struct trace *t = trace_new();
    t->shape = lm_shape(g);
    t->counted = TRUE;
    t->options = *options;
    t->options.prompt = g_strdup(options->prompt);
    t->model_name = g_strdup(lm_name(g));
    t->origin = describe_origin(g);

    struct run r = { .g = g, .t = t, .random = { options->seed } };
    g_mutex_init(&r.telling);
    gboolean good = run_all(&r, error);
    finish_run(&r);
    if (good)
        return t;
    trace_free(t);
    return NULL;
}

void trace_free(struct trace *t)
{
    if (!t)
        return;
    for (int i = 0; t->tokens && i <= t->n_tokens; i++)
        g_free(t->tokens[i].text);
    for (int i = 0; t->passes && i < t->n_passes; i++)
        for (int c = 0; c < t->passes[i].n_candidates; c++)
            g_free(t->passes[i].candidates[c].text);
    float *const arrays[] = { t->q, t->k, t->v, t->out, t->dots, t->scores, t->shares, t->logits };
    for (size_t i = 0; i < G_N_ELEMENTS(arrays); i++)
        g_free(arrays[i]);
    g_free(t->tokens);
    g_free(t->passes);
    g_free(t->model_name);
    g_free(t->file);
    g_free(t->program);
    g_free(t->roles);
    g_free((char *)t->options.prompt);
    g_hash_table_destroy(t->pieces);
    g_free(t);
}

