/* A run is the same every time, its counters are those of the closed form, its choices follow the options, and what it
 * cannot do it says. */
#include "gpt_folder.h"
#include "tok/tokentext.h"
#include "lm/trace.h"

#include <fontconfig/fontconfig.h>
#include <math.h>

static struct folder folder;
static struct lm *model;

static struct trace *run(struct trace_options options)
{
    g_autoptr(GError) error = NULL;
    struct trace *t = trace_run(model, &options, &error);
    g_assert_no_error(error);
    return t;
}

static void assert_same_runs(const struct trace *a, const struct trace *b)
{
    size_t vectors = sizeof(float) * (size_t)(a->shape.layers * a->shape.heads * a->n_tokens * a->shape.head_dim);
    g_assert_cmpint(a->n_tokens, ==, b->n_tokens);
    g_assert_cmpint(a->layer * 100 + a->head, ==, b->layer * 100 + b->head);
    for (int i = 0; i <= a->n_tokens; i++)
        g_assert_cmpint(a->tokens[i].id, ==, b->tokens[i].id);
    for (int p = 0; p < a->n_passes; p++)
        for (int c = 0; c < TRACE_CANDIDATES; c++)
            g_assert_cmpfloat(a->passes[p].candidates[c].share, ==, b->passes[p].candidates[c].share);
    g_assert_cmpmem(a->q, vectors, b->q, vectors);
    g_assert_cmpmem(a->k, vectors, b->k, vectors);
    g_assert_cmpmem(a->v, vectors, b->v, vectors);
    g_assert_cmpmem(a->out, vectors, b->out, vectors);
    g_assert_cmpmem(a->logits, sizeof(float) * (size_t)(a->n_passes * a->shape.vocab), b->logits,
                    sizeof(float) * (size_t)(b->n_passes * b->shape.vocab));
}

static void test_same(void)
{
    struct trace_options options = { .prompt = "hello there", .steps = 5, .temperature = 0.8, .seed = 3 };
    struct trace *a = run(options), *b = run(options);
    assert_same_runs(a, b);
    g_assert_cmpint(a->n_prompt, ==, 11);
    g_assert_cmpint(a->n_tokens, ==, 16);
    g_assert_cmpint(a->n_passes, ==, 6);
    gboolean differs = FALSE;
    for (uint64_t seed = 4; seed < 12 && !differs; seed++) {
        options.seed = seed;
        struct trace *c = run(options);
        for (int i = 0; i <= a->n_tokens; i++)
            differs |= a->tokens[i].id != c->tokens[i].id;
        trace_free(c);
    }
    g_assert_true(differs);
    trace_free(a);
    trace_free(b);
}

static void assert_count(const struct lm_count *got, struct lm_count wanted)
{
    g_assert_cmpint(lm_count_total(got), ==, lm_count_total(&wanted));
    g_assert_cmpint(got->scores, ==, wanted.scores);
    g_assert_cmpint(got->token_passes, ==, wanted.token_passes);
}

static void test_counts(void)
{
    struct trace *t = run((struct trace_options){ .prompt = "abcde", .steps = 4 });
    for (int p = 0; p < t->n_passes; p++) {
        const struct trace_pass *pass = &t->passes[p];
        g_assert_cmpint(pass->tokens, ==, 5 + p);
        assert_count(&pass->with_cache, p ? lm_count_formula(t->shape, 4 + p, 1) : lm_count_formula(t->shape, 0, 5));
        assert_count(&pass->without_cache, lm_count_formula(t->shape, 0, 5 + p));
    }
    trace_free(t);
}

/* Token by token from the first: step i costs one token pass with a cache, i + 1 without, and the multiply-adds are those of
 * the closed form. */
static void test_growth(void)
{
    struct trace *t = run((struct trace_options){ .prompt = "ab cd ef gh", .steps = 3, .seed = 7 });
    g_assert_cmpint(t->n_growth, ==, MIN(t->n_tokens, TRACE_GROWTH));
    for (int i = 0; i < t->n_growth; i++) {
        struct lm_count with = lm_count_formula(t->shape, i, 1), without = lm_count_formula(t->shape, 0, i + 1);
        g_assert_cmpint(t->growth[i].with_cache.token_passes, ==, 1);
        g_assert_cmpint(t->growth[i].without_cache.token_passes, ==, i + 1);
        g_assert_cmpint(lm_count_total(&t->growth[i].with_cache), ==, lm_count_total(&with));
        g_assert_cmpint(lm_count_total(&t->growth[i].without_cache), ==, lm_count_total(&without));
    }
    trace_free(t);
}

/* Candidates of the prompt's pass against logits of the model itself, in double and with libm. */
static void check_shares(const struct trace *t, double temperature)
{
    int ids[32], n = lm_encode(model, t->options.prompt, ids, 32, NULL);
    g_autofree float *logits = g_new(float, t->shape.vocab);
    double sum = 0;
    lm_forward(model, NULL, ids, n, logits, NULL, NULL);
    for (int i = 0; i < t->shape.vocab; i++)
        sum += exp(logits[i] / temperature);
    const struct trace_pass *pass = &t->passes[0];
    g_assert_cmpint(pass->n_candidates, ==, TRACE_CANDIDATES);
    for (int c = 0; c < TRACE_CANDIDATES; c++) {
        g_assert_cmpfloat_with_epsilon(pass->candidates[c].share,
                                       exp(logits[pass->candidates[c].id] / temperature) / sum, 1e-9);
        g_assert_true(c == 0 || pass->candidates[c].share <= pass->candidates[c - 1].share);
    }
    for (int i = 0; i < t->shape.vocab; i++)
        g_assert_cmpfloat(logits[i], <=, logits[pass->candidates[0].id]);
}

static void test_candidates(void)
{
    struct trace_options options = { .prompt = "abc abd", .steps = 2 };
    struct trace *t = run(options);
    check_shares(t, 1); /* temperature 0: plain softmax, best token */
    for (int p = 0; p < t->n_passes; p++)
        g_assert_cmpint(t->passes[p].sampled, ==, 0);
    trace_free(t);
    gboolean outside = FALSE, inside = FALSE;
    for (options.seed = 0; options.seed < 40; options.seed++) {
        options.temperature = 1.5;
        options.top_k = options.seed < 20 ? 0 : 3;
        t = run(options);
        check_shares(t, 1.5);
        for (int p = 0; p < t->n_passes; p++) {
            const struct trace_pass *pass = &t->passes[p];
            g_assert_cmpint(pass->candidates[pass->sampled].id, ==, t->tokens[pass->tokens].id);
            g_assert_true(options.top_k == 0 || pass->sampled < 3);
            outside |= pass->sampled == TRACE_CANDIDATES - 1;
            inside |= pass->sampled == 1;
        }
        trace_free(t);
    }
    g_assert_true(outside && inside);
}

static void test_head(void)
{
    struct trace *t = run((struct trace_options){ .prompt = "abcabcabc", .steps = 3 });
    for (int l = 1; l <= t->shape.layers; l++) {
        struct trace *one = run((struct trace_options){ .prompt = "abcabcabc", .steps = 3, .layer = l, .head = 2 });
        g_assert_cmpint(one->layer, ==, l);
        g_assert_cmpint(one->head, ==, 2);
        struct trace_head *chosen = trace_head_new(t, t->layer, t->head), *given = trace_head_new(one, l, 2);
        struct trace_score best = trace_score_head(t, chosen->shares), other = trace_score_head(one, given->shares);
        g_assert_cmpint(best.references, ==, other.references);
        g_assert_true(best.references ? best.reference >= other.reference : best.focus >= other.focus);
        trace_head_free(chosen);
        trace_head_free(given);
        trace_free(one);
    }
    struct trace_head *head = trace_head_new(t, 1, 1);
    for (int i = 0; i < t->n_tokens; i++) {
        double sum = 0;
        for (int j = 0; j < t->n_tokens; j++) {
            sum += head->shares[i * t->n_tokens + j];
            g_assert_true(j <= i || head->shares[i * t->n_tokens + j] == 0);
        }
        g_assert_cmpfloat_with_epsilon(sum, 1, 1e-6);
    }
    trace_head_free(head);
    trace_free(t);
}

/* A score worked out by hand: tokens 7 8 9 8 5, one decode row at position 3, whose next token is 8, seen at
 * position 1. */
static void test_score(void)
{
    char word[] = "word", stop[] = ".";
    struct trace_token tokens[] = { { word, 7 }, { word, 8 }, { word, 9 }, { word, 6 }, { word, 8 } };
    struct trace t = { .tokens = tokens, .n_tokens = 4, .n_prompt = 3, .n_passes = 2 };
    float shares[4][4] = { [3] = { 0.125f, 0.5f, 0.25f, 0.125f } };
    struct trace_score score = trace_score_head(&t, shares[0]);
    g_assert_cmpint(score.references, ==, 1);
    g_assert_cmpfloat(score.reference, ==, 0.5 - 0.25);
    g_assert_cmpfloat(score.focus, ==, 0.25 + 0.0625);
    tokens[4].text = stop; /* a full stop says nothing */
    g_assert_cmpint(trace_score_head(&t, shares[0]).references, ==, 0);
    tokens[4] = (struct trace_token){ word, 7 }; /* only at the first position, where heads rest */
    g_assert_cmpint(trace_score_head(&t, shares[0]).references, ==, 0);
}

static void test_display(void)
{
    static const struct {
        const char *bytes;
        size_t length;
        const char *shown;
    } cases[] = {
        { " kite", 5, "kite" },
        { "kite", 4, "kite" },
        { "\n", 1, "¶" },
        { "\t", 1, "→" },
        { " ", 1, "·" },
        { "  ", 2, "··" },
        { "\0", 1, "<00>" },
        { "\x1b", 1, "<1B>" },
        { "\x7f", 1, "<7F>" },
        { "\xe2", 1, "<E2>" },
        { "\xe2\x82", 2, "<E2><82>" },
        { "\xe2\x82\xac", 3, "€" },
        { "\xc2\x85", 2, "<U+0085>" },
        { "\xe2\x80\xae", 3, "<U+202E>" },
        { "é", 2, "é" },
        { " a b", 4, "a b" },
        { "  a", 3, " a" },
        { "a\xff\n", 3, "a<FF>¶" },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *shown = tokentext_shown(cases[i].bytes, cases[i].length);
        g_assert_cmpstr(shown, ==, cases[i].shown);
    }
}

/* Every mark is in the fonts that the styles name, so that no other font of the machine shows up in a picture. */
static void test_display_fonts(void)
{
    static const char *const families[] = { "JetBrains Mono", "Inter" };
    for (size_t f = 0; f < G_N_ELEMENTS(families); f++) {
        FcPattern *asked = FcPatternBuild(NULL, FC_FAMILY, FcTypeString, families[f], (char *)NULL);
        FcObjectSet *wanted = FcObjectSetBuild(FC_CHARSET, (char *)NULL);
        FcFontSet *fonts = FcFontList(NULL, asked, wanted);
        g_assert_cmpint(fonts->nfont, >, 0);
        for (int i = 0; i < fonts->nfont; i++) {
            FcCharSet *has;
            g_assert_cmpint(FcPatternGetCharSet(fonts->fonts[i], FC_CHARSET, 0, &has), ==, FcResultMatch);
            for (int c = 0; c < 256; c++) {
                g_autofree char *shown = tokentext_shown((const char[]){ (char)c }, 1);
                for (const char *p = shown; *p; p = g_utf8_next_char(p))
                    g_assert_true(FcCharSetHasChar(has, g_utf8_get_char(p)));
            }
        }
        FcFontSetDestroy(fonts);
        FcObjectSetDestroy(wanted);
        FcPatternDestroy(asked);
    }
}

static void test_tone(void)
{
    struct trace_head t = { .width = 6, .low = -1, .high = 1 };
    const float vector[] = { -1, -1, 0, 1, 1, 9 };
    g_assert_cmpfloat(trace_tone(&t, vector, 0, 3), ==, 0);
    g_assert_cmpfloat(trace_tone(&t, vector, 1, 3), ==, 0.75);
    g_assert_cmpfloat(trace_tone(&t, vector, 2, 3), ==, 1);    /* beyond the range: clamped */
    g_assert_cmpfloat(trace_tone(&t, vector, 4, 12), ==, 0.5); /* more cells than numbers */
    g_assert_cmpfloat(trace_tone(&t, vector, 3, 4), ==, 1);
    t.high = -1;
    g_assert_cmpfloat(trace_tone(&t, vector, 0, 3), ==, 0.5);
}

static void test_range(void)
{
    struct trace *t = run((struct trace_options){ .prompt = "some words to look at", .steps = 3 });
    struct trace_head *head = trace_head_new(t, 2, 1);
    int n = t->n_tokens * t->shape.head_dim, below = 0, above = 0;
    const float *const arrays[] = { head->q, head->k, head->v, head->out };
    for (int a = 0; a < 4; a++)
        for (int i = 0; i < n; i++) {
            below += arrays[a][i] < head->low;
            above += arrays[a][i] > head->high;
        }
    g_assert_cmpint(below, ==, 4 * n / 100);
    g_assert_cmpint(above, ==, 4 * n / 100);
    trace_head_free(head);
    trace_free(t);
}

struct told { int64_t done, total; int calls; };

static void hear(void *to, int64_t done, int64_t total)
{
    struct told *t = to;
    g_assert_cmpint(done, >, t->done);
    g_assert_true(t->total == 0 || t->total == total);
    *t = (struct told){ done, total, t->calls + 1 };
}

/* The work that is told grows to its total: here of 4 + 2 tokens, 4 + 5 + 6 without a cache, 6 and 21 one by one. */
static void test_told(void)
{
    struct told told = { 0 };
    struct trace *t = run((struct trace_options){ .prompt = "abcd", .steps = 2, .tell = hear, .to = &told });
    g_assert_cmpint(told.done, ==, 6 + 15 + 6 + 21);
    g_assert_cmpint(told.total, ==, told.done);
    g_assert_cmpint(told.calls, ==, 3 + 3 + 1 + 6);
    trace_free(t);
}

/* Top-p is what is drawn from, and what it took away is told. */
static void test_top_p(void)
{
    int several = 0;
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct trace *t = run((struct trace_options){ .prompt = "abc", .steps = 3, .temperature = 1, .top_p = 0.4,
                                                      .seed = seed });
        for (int p = 0; p < t->n_passes; p++) {
            const struct trace_pass *pass = &t->passes[p];
            double before = 0;
            if (pass->kept >= TRACE_CANDIDATES) /* not all of the nucleus is among the candidates */
                continue;
            g_assert_cmpint(pass->sampled, <, pass->kept);
            for (int c = 0; c + 1 < pass->kept; c++)
                before += pass->candidates[c].share;
            g_assert_cmpfloat(before, <, 0.4);
            g_assert_cmpfloat(before + pass->candidates[pass->kept - 1].share, >=, 0.4);
            g_assert_cmpfloat_with_epsilon(pass->cut, 1 - before - pass->candidates[pass->kept - 1].share, 1e-12);
            several += pass->kept > 1;
        }
        trace_free(t);
    }
    g_assert_cmpint(several, >, 0);
    struct trace *t = run((struct trace_options){ .prompt = "abc", .top_p = 0.4, .top_k = 3 });
    g_assert_cmpint(t->passes[0].kept, ==, 1);
    g_assert_cmpfloat(t->passes[0].cut, ==, 0);
    trace_free(t);
}

static void assert_refused(struct trace_options options, int code, const char *words)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(trace_run(model, &options, &error));
    g_assert_error(error, LM_ERROR, code);
    if (!strstr(error->message, words))
        g_error("\"%s\" does not say \"%s\"", error->message, words);
}

static void test_refused(void)
{
    assert_refused((struct trace_options){ .prompt = "" }, LM_ERROR_RUN, "prompt is empty");
    assert_refused((struct trace_options){ .prompt = NULL }, LM_ERROR_RUN, "prompt is empty");
    assert_refused((struct trace_options){ .prompt = "abcd", .steps = 29 }, LM_ERROR_RUN, "33 tokens together");
    assert_refused((struct trace_options){ .prompt = "abcd", .steps = 29 }, LM_ERROR_RUN, "has room for 32");
    assert_refused((struct trace_options){ .prompt = "abcd", .steps = G_MAXINT }, LM_ERROR_RUN,
                   "2147483651 tokens together");
    assert_refused((struct trace_options){ .prompt = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" }, LM_ERROR_RUN,
                   "40 tokens");
    assert_refused((struct trace_options){ .prompt = "a", .steps = -1 }, LM_ERROR_RUN, "-1 decode steps");
    assert_refused((struct trace_options){ .prompt = "a", .layer = 3 }, LM_ERROR_RUN, "no layer 3; 1 to 2");
    assert_refused((struct trace_options){ .prompt = "a", .head = 3 }, LM_ERROR_RUN, "no head 3; 1 to 2");
    assert_refused((struct trace_options){ .prompt = "a", .temperature = -0.5 }, LM_ERROR_RUN, "temperature");
    assert_refused((struct trace_options){ .prompt = "a", .top_k = -2 }, LM_ERROR_RUN, "top-k cannot be -2");
    assert_refused((struct trace_options){ .prompt = "a", .top_p = 1.1 }, LM_ERROR_RUN, "top-p must be between 0 and 1");
    assert_refused((struct trace_options){ .prompt = "a", .top_p = NAN }, LM_ERROR_RUN, "top-p must be");
    assert_refused((struct trace_options){ .prompt = "a\nb" }, LM_ERROR_TEXT, "0x0A");
    /* the context to its last place */
    struct trace *whole = run((struct trace_options){ .prompt = "abcd", .steps = 28 });
    g_assert_cmpint(whole->n_tokens, ==, 32);
    trace_free(whole);
}

/* A tokenizer that drops spaces makes nothing of a prompt of them. */
static void test_no_token(void)
{
    static const char json[] = "{\"pre_tokenizer\":{\"type\":\"Split\",\"pattern\":{\"String\":\" \"},"
                               "\"behavior\":\"Removed\"},\"model\":{\"vocab\":{\"a\":0},\"merges\":[]}}";
    g_autofree char *path = g_build_filename(folder.path, "tokenizer.json", NULL);
    g_autoptr(GError) error = NULL;
    g_assert_true(g_file_set_contents(path, json, -1, NULL));
    struct lm *dropping = lm_load(folder.path, &error);
    g_assert_no_error(error);
    g_assert_null(trace_run(dropping, &(struct trace_options){ .prompt = "  ", .steps = 2 }, &error));
    g_assert_error(error, LM_ERROR, LM_ERROR_RUN);
    g_assert_nonnull(strstr(error->message, "makes no token of the prompt"));
    lm_free(dropping);
    g_assert_cmpint(g_remove(path), ==, 0);
}

/* Of weights without a note nothing is said. */
static void test_origin(void)
{
    struct trace *t = run((struct trace_options){ .prompt = "a" });
    g_assert_null(t->origin);
    trace_free(t);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    folder = folder_new(2, 2, 20, 97, 32, "", "F32");
    model = lm_load(folder.path, NULL);
    g_assert_nonnull(model);
    g_test_add_func("/trace/same", test_same);
    g_test_add_func("/trace/counts", test_counts);
    g_test_add_func("/trace/growth", test_growth);
    g_test_add_func("/trace/candidates", test_candidates);
    g_test_add_func("/trace/head", test_head);
    g_test_add_func("/trace/score", test_score);
    g_test_add_func("/trace/display", test_display);
    g_test_add_func("/trace/display/fonts", test_display_fonts);
    g_test_add_func("/trace/tone", test_tone);
    g_test_add_func("/trace/range", test_range);
    g_test_add_func("/trace/told", test_told);
    g_test_add_func("/trace/top-p", test_top_p);
    g_test_add_func("/trace/refused", test_refused);
    g_test_add_func("/trace/no-token", test_no_token);
    g_test_add_func("/trace/origin", test_origin);
    int result = g_test_run();
    lm_free(model);
    folder_free(&folder);
    return result;
}
