/* One run of a model, done twice: with a cache, which is what is shown, and without, which is what it would have cost.
 * The logits of both are compared by checksum at every pass; a difference would be a mistake in this program. The
 * passes without a cache need nothing from each other once the tokens are known, so they are shared among threads.
 *
 * Which head is shown, where the options leave it open: the one that looks back at what it is about to say. For each
 * decode row whose next token is a word that stood in the text before, take the sum of the head's shares on the earlier
 * places of that word (not the first position, where heads rest, nor the row's own), less what an even spread would put
 * there. The mean over these rows is the head's reference score; the highest wins. Where no row has such a word, the
 * mean over the rows of the sum of squared shares on positions other than the first and the own decides: it is high
 * when much of the attention lies on few places. Ties go to the lower layer, then the lower head. With no decode step
 * the prompt's last row is taken.
 */
#include "lm/trace.h"

#include "lm/attend.h"
#include "lm/fail.h"
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
    double *weights; /* [V]: e^((logit - best) / temperature) */
    int *order;      /* [V]: ids, best first */
};

/* ---- how tokens are written ---- */

/* The marks stand in both fonts of the styles, JetBrains Mono and Inter. ⏎, ⇥, ␣ and the control pictures do not; a
 * picture would then depend on what other fonts a machine has. */
static void display_character(GString *out, gunichar c)
{
    if (c == '\n')
        g_string_append(out, "¶");
    else if (c == '\t')
        g_string_append(out, "→");
    else if (c < 32 || c == 127)
        g_string_append_printf(out, "<%02X>", c);
    else if (c == ' ' || (g_unichar_isprint(c) && !g_unichar_isspace(c) && !g_unichar_iszerowidth(c)))
        g_string_append_unichar(out, c);
    else if (g_unichar_ismark(c))
        g_string_append_unichar(out, c);
    else
        g_string_append_printf(out, "<U+%04X>", c);
}

char *trace_display(const char *bytes, size_t length)
{
    GString *out = g_string_new(NULL);
    size_t spaces = 0;

    while (spaces < length && bytes[spaces] == ' ')
        spaces++;
    for (size_t i = 0; spaces == length && i < length; i++)
        g_string_append(out, "·");
    for (size_t i = spaces ? 1 : 0; spaces < length && i < length;) {
        gunichar c = (unsigned char)bytes[i]; /* NUL too, which GLib would refuse */
        if (c >= 128)
            c = g_utf8_get_char_validated(bytes + i, (gssize)(length - i));
        gboolean valid = c != (gunichar)-1 && c != (gunichar)-2;
        if (valid)
            display_character(out, c);
        else
            g_string_append_printf(out, "<%02X>", (unsigned char)bytes[i]);
        i += valid ? (size_t)g_unichar_to_utf8(c, NULL) : 1;
    }
    return g_string_free(out, FALSE);
}

/* A special token in words: "<|endoftext|>" is "end of text", "<|im_start|>" is "im start". NULL: it is none. */
static char *special_words(const char *bytes, size_t length)
{
    const size_t open = strlen("<|"), close = strlen("|>");
    if (length <= open + close || memcmp(bytes, "<|", open) || memcmp(bytes + length - close, "|>", close))
        return NULL;
    char *words = g_strndup(bytes + open, length - open - close);
    for (char *c = words; *c; c++)
        if (!g_ascii_isalnum(*c) && *c != '_') {
            g_free(words);
            return NULL;
        }
    if (strcmp(words, "endoftext"))
        return g_strdelimit(words, "_", ' ');
    g_free(words);
    return g_strdup("end of text");
}

static char *display_token(const struct lm *g, int id)
{
    size_t length;
    const char *bytes = lm_token(g, id, &length);
    char *words = special_words(bytes, length);
    if (words)
        return words;
    return length ? trace_display(bytes, length) : g_strdup_printf("<%d>", id);
}

/* Whether a token says something: it has a letter or a digit. */
static gboolean is_word(const char *text)
{
    for (const char *p = text; *p; p = g_utf8_next_char(p))
        if (g_unichar_isalnum(g_utf8_get_char(p)))
            return TRUE;
    return FALSE;
}

/* ---- choosing tokens ---- */

static int compare_logits(gconstpointer a, gconstpointer b, gpointer logits)
{
    int x = *(const int *)a, y = *(const int *)b;
    float p = ((const float *)logits)[x], q = ((const float *)logits)[y];
    return p > q ? -1 : p < q ? 1 : x - y;
}

/* The place in r->order of the next token. One number is drawn for every pass, also where none is needed. */
static int sample_place(struct run *r)
{
    const struct trace_options *o = &r->t->options;
    int vocab = r->t->shape.vocab, open = o->top_k ? MIN(o->top_k, vocab) : vocab;
    double left = random_unit(&r->random), sum = 0;

    if (o->temperature == 0)
        return 0;
    for (int i = 0; i < open; i++)
        sum += r->weights[r->order[i]];
    left *= sum;
    for (int i = 0; i < open; i++) {
        left -= r->weights[r->order[i]];
        if (left < 0)
            return i;
    }
    return 0; /* only where rounding left nothing over: the best one */
}

static void add_candidate(struct run *r, struct trace_pass *pass, int id, double sum)
{
    struct trace_candidate *c = &pass->candidates[pass->n_candidates++];
    *c = (struct trace_candidate){ .text = display_token(r->g, id), .id = id, .share = r->weights[id] / sum };
}

/* Fills the pass' candidates and returns the sampled id; -1 and error when the logits are not finite. */
static int choose_token(struct run *r, struct trace_pass *pass, GError **error)
{
    int vocab = r->t->shape.vocab, shown = MIN(vocab, TRACE_CANDIDATES);
    double temperature = r->t->options.temperature > 0 ? r->t->options.temperature : 1, sum = 0;

    for (int i = 0; i < vocab; i++) {
        if (!isfinite(r->logits[i])) {
            fail_with(error, LM_ERROR_RUN,
                      "The model %s computes a logit that is infinite or not a number after %d tokens; its weights are "
                      "damaged.",
                      lm_name(r->g), pass->tokens);
            return -1;
        }
        r->order[i] = i;
    }
    g_qsort_with_data(r->order, vocab, sizeof *r->order, compare_logits, r->logits);
    for (int i = 0; i < vocab; i++) {
        int id = r->order[i];
        r->weights[id] = exact_exp(((double)r->logits[id] - (double)r->logits[r->order[0]]) / temperature);
        sum += r->weights[id];
    }
    int place = sample_place(r);
    pass->sampled = MIN(place, shown - 1);
    for (int i = 0; i < shown; i++)
        add_candidate(r, pass, r->order[i == pass->sampled ? place : i], sum);
    return r->order[place];
}

/* ---- the passes ---- */

static char *sum_logits(const struct run *r, const float *logits)
{
    return g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)logits,
                                       sizeof(float) * (gsize)r->t->shape.vocab);
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
    return TRUE;
}

/* Step `i` of the growth without a cache: all tokens so far, computed again. */
static void grow_again(struct run *r, int i)
{
    g_autofree float *logits = g_new(float, r->t->shape.vocab);
    lm_forward(r->g, NULL, r->ids, i + 1, logits, &r->t->growth[i].without_cache, NULL);
}

/* A pool's work: one pass again, without the cache; behind the passes come the steps of the growth. `number` counts from
 * 1, since a pool takes no NULL. */
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
}

/* Longest passes first, so that no thread is left with one at the end. */
static void run_all_again(struct run *r)
{
    GThreadPool *pool = g_thread_pool_new(run_again, r, (int)g_get_num_processors(), TRUE, NULL);
    r->t->n_growth = MIN(r->t->n_tokens, TRACE_GROWTH);
    for (int i = r->t->n_passes + r->t->n_growth; i > 0; i--)
        g_thread_pool_push(pool, GINT_TO_POINTER(i), NULL);
    struct lm_cache *cache = lm_cache_new(r->g, r->t->n_growth);
    g_autofree float *logits = g_new(float, r->t->shape.vocab);
    for (int i = 0; i < r->t->n_growth; i++)
        lm_forward(r->g, cache, &r->ids[i], 1, logits, &r->t->growth[i].with_cache, NULL);
    lm_cache_free(cache);
    g_thread_pool_free(pool, FALSE, TRUE);
}

/* ---- the head ---- */

/* Adds one decode row: what lies on earlier places of the token that comes next. */
static void score_reference(const struct trace *t, const float *row, int position, struct trace_score *score)
{
    const struct trace_token *next = &t->tokens[position + 1];
    double on = 0;
    int places = 0;

    for (int j = 1; j < position; j++)
        if (t->tokens[j].id == next->id) {
            on += row[j];
            places++;
        }
    if (places && is_word(next->text)) {
        score->reference += on - (double)places / (position + 1);
        score->references++;
    }
}

struct trace_score trace_score_head(const struct trace *t, const float *shares)
{
    struct trace_score score = { 0 };
    int first = t->n_passes > 1 ? t->n_prompt : t->n_prompt - 1;

    for (int i = first; i < t->n_tokens; i++) {
        const float *row = shares + (size_t)i * (size_t)t->n_tokens;
        score_reference(t, row, i, &score);
        for (int j = 1; j < i; j++)
            score.focus += (double)row[j] * row[j];
    }
    score.focus /= t->n_tokens - first;
    score.reference /= MAX(score.references, 1);
    return score;
}

/* Which rows have a reference does not depend on the head, so either all heads are compared by it or none. */
static gboolean is_better(struct trace_score a, struct trace_score b)
{
    return a.references ? a.reference > b.reference : a.focus > b.focus;
}

static void choose_head(struct trace *t)
{
    struct trace_score best = { .reference = -INFINITY, .focus = -INFINITY };

    for (int l = 1; l <= t->shape.layers; l++)
        for (int h = 1; h <= t->shape.heads; h++) {
            if ((t->options.layer && l != t->options.layer) || (t->options.head && h != t->options.head))
                continue;
            struct trace_head *seen = trace_head_new(t, l, h);
            struct trace_score score = trace_score_head(t, seen->shares);
            if (t->layer == 0 || is_better(score, best)) {
                best = score;
                t->layer = l;
                t->head = h;
            }
            trace_head_free(seen);
        }
}

/* ---- what the views see of it ---- */

static int compare_floats(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return x < y ? -1 : x > y;
}

/* Nearest-rank percentiles of the four arrays together. */
static void measure_range(struct trace_head *head)
{
    size_t each = (size_t)head->n * (size_t)head->width, n = 4 * each;
    const float *const arrays[] = { head->q, head->k, head->v, head->out };
    g_autofree float *all = g_new(float, n);

    for (int i = 0; i < 4; i++)
        memcpy(all + (size_t)i * each, arrays[i], each * sizeof *all);
    qsort(all, n, sizeof *all, compare_floats);
    head->low = all[n / 100];
    head->high = all[n - 1 - n / 100];
}

struct trace_head *trace_head_new(const struct trace *t, int layer, int head)
{
    const struct lm_shape *s = &t->shape;
    g_assert(layer > 0 && layer <= s->layers && head > 0 && head <= s->heads);
    size_t n = (size_t)t->n_tokens, each = n * (size_t)s->head_dim, square = n * n;
    size_t number = (size_t)(layer - 1) * (size_t)s->heads + (size_t)(head - 1);
    size_t shared = (size_t)(layer - 1) * (size_t)s->kv_heads + (size_t)((head - 1) / (s->heads / s->kv_heads));
    struct trace_head *h = g_new0(struct trace_head, 1);

    *h = (struct trace_head){ .layer = layer, .head = head, .n = t->n_tokens, .width = s->head_dim,
                              .q = t->q + number * each, .out = t->out + number * each,
                              .k = t->k + shared * each, .v = t->v + shared * each,
                              .dots = g_new0(float, square), .scores = g_new0(float, square),
                              .shares = g_new0(float, square) };
    for (size_t i = 0; i < n && !t->shares; i++)
        attend_row(h->q + i * (size_t)h->width, h->k, (int)i + 1, h->width, h->dots + i * n, h->scores + i * n,
                   h->shares + i * n);
    if (t->shares) {
        memcpy(h->dots, t->dots + number * square, square * sizeof(float));
        memcpy(h->scores, t->scores + number * square, square * sizeof(float));
        memcpy(h->shares, t->shares + number * square, square * sizeof(float));
    }
    measure_range(h);
    return h;
}

void trace_head_free(struct trace_head *h)
{
    if (!h)
        return;
    g_free(h->dots);
    g_free(h->scores);
    g_free(h->shares);
    g_free(h);
}

/* What may be said about the weights. */
static const char *describe_origin(const struct lm *g)
{
    const char *origin = lm_origin(g);
    return !origin ? NULL : strcmp(origin, "seeded") == 0 ? "demo: random weights" : "trained";
}

/* ---- the run ---- */

static gboolean check_options(const struct lm *g, const struct trace_options *o, GError **error)
{
    struct lm_shape s = lm_shape(g);
    if (!o->prompt || !*o->prompt)
        return fail_with(error, LM_ERROR_RUN, "The prompt is empty; a run needs at least one word to start from.");
    if (o->steps < 0)
        return fail_with(error, LM_ERROR_RUN, "%d decode steps cannot be done; 0 or more can.", o->steps);
    if (o->layer < 0 || o->layer > s.layers)
        return fail_with(error, LM_ERROR_RUN, "The model %s has no layer %d; 1 to %d, or 0 for the clearest one.",
                         lm_name(g), o->layer, s.layers);
    if (o->head < 0 || o->head > s.heads)
        return fail_with(error, LM_ERROR_RUN, "The model %s has no head %d; 1 to %d, or 0 for the clearest one.",
                         lm_name(g), o->head, s.heads);
    if (!(o->temperature >= 0 && o->temperature <= 100))
        return fail_with(error, LM_ERROR_RUN, "The temperature must be between 0 (always the best token) and 100.");
    if (o->top_k < 0)
        return fail_with(error, LM_ERROR_RUN, "top-k cannot be %d; 1 or more, or 0 for the whole vocabulary.",
                         o->top_k);
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
    if (t->n_prompt > limit || o->steps > limit - t->n_prompt)
        return fail_with(error, LM_ERROR_RUN,
                         "The prompt has %d tokens and %d decode steps follow, %" G_GINT64_FORMAT " tokens together; "
                         "the model %s has room for %d.",
                         t->n_prompt, o->steps, (gint64)t->n_prompt + o->steps, lm_name(r->g), limit);
    t->n_tokens = t->n_prompt + o->steps;
    t->n_passes = 1 + o->steps;
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
                         t->n_tokens, 4.0 * (2.0 * (double)((heads + shared) * each) + (double)logits) / (1024.0 * 1024 * 1024));
    r->sums = g_new0(char *, t->n_passes + 1);
    r->weights = g_new(double, vocab);
    r->order = g_new(int, vocab);
    r->cache = lm_cache_new(r->g, t->n_tokens);
    t->passes = g_new0(struct trace_pass, t->n_passes);
    return TRUE;
}

static void finish_run(struct run *r)
{
    g_strfreev(r->sums);
    g_free(r->weights);
    g_free(r->order);
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
    t->tokens = g_new0(struct trace_token, t->n_tokens + 1);
    for (int i = 0; i <= t->n_tokens; i++)
        t->tokens[i] = (struct trace_token){ .text = display_token(r->g, r->ids[i]), .id = r->ids[i] };
    choose_head(t);
    return TRUE;
}

struct trace *trace_run(const struct lm *g, const struct trace_options *options, GError **error)
{
    if (!check_options(g, options, error))
        return NULL;
    struct trace *t = g_new0(struct trace, 1);
    t->shape = lm_shape(g);
    t->options = *options;
    t->options.prompt = g_strdup(options->prompt);
    t->model_name = g_strdup(lm_name(g));
    t->origin = describe_origin(g);

    struct run r = { .g = g, .t = t, .random = { options->seed } };
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
    g_free((char *)t->options.prompt);
    g_free(t);
}

double trace_tone(const struct trace_head *h, const float *vector, int cell, int cells)
{
    int width = h->width;
    g_assert(cells > 0 && cell >= 0 && cell < cells);
    int from = (int)((int64_t)cell * width / cells), to = (int)((int64_t)(cell + 1) * width / cells);
    double sum = 0;

    to = MAX(to, from + 1); /* more cells than numbers: a number fills several cells */
    for (int i = from; i < to; i++)
        sum += vector[i];
    if (!(h->high > h->low))
        return 0.5;
    return CLAMP((sum / (to - from) - h->low) / (h->high - h->low), 0, 1);
}
