/* lm/marks, lm/measure, lm/heads: marks are bytes and land on the right tokens; cases and shares by hand; a measurement is
 * what a slow reference computes, the same on every run; the scene's words. */
#include "lm/measure.h"
#include "scene/story.h"

#include "gpt_folder.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

/* ---- reading ---- */

#define STORY(references, verbs) \
    "{\"stories\":[{\"text\":\"Ana has a red cup. She likes the red cup.\",\"references\":" references ",\"verbs\":" verbs "}]}"

static void test_read(void)
{
    g_autoptr(GError) error = NULL;
    const char *text = STORY("[[33,36,[[10,13]]]]", "[[4,7,0,3],[23,28,19,22]]");
    struct marks *m = marks_parse(text, strlen(text), "s.json", &error);
    g_assert_no_error(error);
    g_assert_cmpint(m->n, ==, 1);
    const struct marks_story *s = &m->stories[0];
    g_assert_cmpint(s->n_references, ==, 1);
    g_assert_cmpint(s->references[0].word.from, ==, 33);
    g_assert_cmpint(s->references[0].n, ==, 1);
    g_assert_cmpint(s->references[0].earlier[0].to, ==, 13);
    g_assert_cmpint(s->n_verbs, ==, 2);
    g_assert_cmpint(s->verbs[1].subject.from, ==, 19);
    marks_free(m);
}

static void test_refuse(void)
{
    static const struct { const char *text, *says; } cases[] = {
        { "{}", "s.json: \"stories\" must be a list of 1 to 100000 stories." },
        { "{\"stories\":[]}", "s.json: \"stories\" must be a list of 1 to 100000 stories." },
        { "{\"stories\":[7]}", "s.json: story 1: this must be an object { ... }." },
        { "{\"stories\":[{\"text\":\"\"}]}", "s.json: story 1: \"text\" must be the story." },
        { "{\"stories\":[{\"text\":\"a\"}]}", "s.json: story 1: \"references\" must be a list." },
        { "{\"stories\":[{\"text\":\"a\",\"references\":[]}]}", "s.json: story 1: \"verbs\" must be a list." },
        { STORY("[[33,36]]", "[]"), "s.json: story 1: a reference must be [from, to, [[from, to], ...]]." },
        { STORY("[[33,36,7]]", "[]"), "s.json: story 1: a reference must be [from, to, [[from, to], ...]]." },
        { STORY("[[33,36,[]]]", "[]"), "s.json: story 1: a reference needs an earlier mention." },
        { STORY("[[33,36,[[10]]]]", "[]"), "s.json: story 1: an earlier mention must be [from, to]." },
        { STORY("[[10,13,[[33,36]]]]", "[]"),
          "s.json: story 1: an earlier mention must end before the word that refers to it." },
        { STORY("[[32,36,[[10,13]]]]", "[]"),
          "s.json: story 1: a mark must begin and end with a word, not with a space." },
        { STORY("[]", "[[4,7,0]]"), "s.json: story 1: a verb must be [from, to, subject's from, subject's to]." },
        { STORY("[]", "[[4,70,0,3]]"), "s.json: story 1: a mark must be two numbers, a word's first byte and the one after "
                                       "its last, within the text." },
        { STORY("[]", "[[4,4,0,3]]"), "s.json: story 1: a mark must be two numbers, a word's first byte and the one after "
                                      "its last, within the text." },
        { STORY("[]", "[[4,7.5,0,3]]"), "s.json: story 1: a mark must be two numbers, a word's first byte and the one "
                                        "after its last, within the text." },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(marks_parse(cases[i].text, strlen(cases[i].text), "s.json", &error));
        g_assert_error(error, LM_ERROR, LM_ERROR_MARKS);
        g_assert_cmpstr(error->message, ==, cases[i].says);
    }
    g_autoptr(GError) error = NULL;
    g_assert_null(marks_read("no/such/file.json", &error));
    g_assert_error(error, LM_ERROR, LM_ERROR_FILE);
}

/* ---- bytes and tokens ---- */

/* Words "a/b/c" as tokens over the text; "" where they do not spell it, else "from-to from-to ...". Caller frees. */
static char *aligned(const char *text, const char *words)
{
    g_auto(GStrv) parts = g_strsplit(words, "/", -1);
    int n = (int)g_strv_length(parts);
    g_autofree struct marks_word *w = g_new(struct marks_word, n);
    g_autofree struct marks_range *bytes = g_new(struct marks_range, n);
    GString *out = g_string_new(NULL);
    for (int i = 0; i < n; i++)
        w[i] = (struct marks_word){ parts[i], strlen(parts[i]) };
    if (marks_align(text, w, n, bytes))
        for (int i = 0; i < n; i++)
            g_string_append_printf(out, "%s%d-%d", i ? " " : "", bytes[i].from, bytes[i].to);
    return g_string_free(out, FALSE);
}

static void check_aligned(const char *text, const char *words, const char *says)
{
    g_autofree char *out = aligned(text, words);
    g_assert_cmpstr(out, ==, says);
}

static void test_align(void)
{
    check_aligned("Ana has", "Ana/ has", "0-3 3-7");
    check_aligned("Ana has", "A/n/a h/as", "0-1 1-2 2-5 5-7");
    check_aligned("Ana has", "<s>/Ana/ has", "0-0 0-3 3-7");                  /* a beginning of text */
    check_aligned("Ana has", "<s>/<x>/ Ana/ has", "0-0 0-0 0-3 3-7");         /* two, and a space that is not there */
    check_aligned("Ana has", "<|endoftext|>//Ana/ has", "0-0 0-0 0-3 3-7");   /* an id without an entry */
    check_aligned("\xC3\xA9t\xC3\xA9", "\xC3/\xA9t/\xC3\xA9", "0-1 1-3 3-5"); /* tokens cut a letter in two */
    check_aligned(" a", " a", "0-2");
    check_aligned("Ana has", "Ana", "0-3");                                   /* the beginning alone */
    check_aligned("Ana has", "ana/ has", "");                                 /* another case is another text */
    check_aligned("Ana has", "Ana/has", "");
    check_aligned("Ana has", "Ana/<x>/ has", "");
}

/* A zero byte in a token is no end of the text. */
static void test_align_zero_byte(void)
{
    const struct marks_word words[] = { { "Ana", 3 }, { "\0x", 2 } }, whole[] = { { "Ana\0x", 5 } },
                            start[] = { { " Ana\0", 5 } };
    struct marks_range bytes[2];
    g_assert_false(marks_align("Ana", words, 2, bytes));
    g_assert_false(marks_align("Ana", whole, 1, bytes));
    g_assert_false(marks_align("Ana", start, 1, bytes));
}

/* ---- cases ---- */

/* A story of single letters and spaces: each byte its own token, the id is the byte; `silent` tokens stand before it. */
static struct marks_tokens letters(const char *text, int silent)
{
    int n = (int)strlen(text) + silent;
    struct marks_tokens t = { n, g_new(int, n), g_new(struct marks_range, n) };
    for (int i = 0; i < n; i++) {
        t.ids[i] = i < silent ? 1000 + i : (unsigned char)text[i - silent];
        t.bytes[i] = i < silent ? (struct marks_range){ 0, 0 } : (struct marks_range){ i - silent, i - silent + 1 };
    }
    return t;
}

/* The cases of one role: "row:from-to,from-to row:..." Caller frees. */
static char *cases_text(const struct marks_cases *c, enum head_role role)
{
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < c->cases->len; i++) {
        struct marks_case one = g_array_index(c->cases, struct marks_case, i);
        if (one.role != role)
            continue;
        g_string_append_printf(out, "%s%d:", out->len ? " " : "", one.row);
        for (int k = 0; k < one.n; k++) {
            struct marks_range r = g_array_index(c->ranges, struct marks_range, one.first + k);
            g_string_append_printf(out, "%s%d", k ? "," : "", r.from);
            if (r.to > r.from + 1)
                g_string_append_printf(out, "-%d", r.to);
        }
    }
    return g_string_free(out, FALSE);
}

static void check_cases(const struct marks_story *s, int silent, const char *const says[HEAD_ROLES])
{
    struct marks_tokens t = letters(s->text, silent);
    struct marks_cases c = marks_cases(s, &t);
    for (int role = 0; role < HEAD_ROLES; role++) {
        g_autofree char *text = cases_text(&c, (enum head_role)role);
        g_assert_cmpstr(text, ==, says[role]);
    }
    marks_cases_clear(&c);
    marks_tokens_clear(&t);
}

static void test_cases(void)
{
    /*          0123456789012 */
    char text[] = "xab .ab . bb.";
    struct marks_range earlier[] = { { 1, 3 }, { 2, 3 } }; /* "ab", and its b again */
    struct marks_reference ref = { { 10, 11 }, 2, earlier };
    struct marks_verb verbs[] = { { { 10, 12 }, { 5, 7 } },   /* two tokens: looks from the last */
                                  { { 5, 6 }, { 2, 3 } },     /* not right behind its subject */
                                  { { 2, 3 }, { 1, 2 } },     /* right behind: no case */
                                  { { 5, 6 }, { 0, 1 } } };   /* the subject is the first token: no case */
    struct marks_story s = { text, 1, 4, &ref, verbs };
    check_cases(&s, 0, (const char *const[HEAD_ROLES]){
        [ROLE_PREVIOUS] = "2:1 3:2 4:3 5:4 6:5 7:6 8:7 9:8 10:9 11:10 12:11",
        [ROLE_FIRST] = "2:0 3:0 4:0 5:0 6:0 7:0 8:0 9:0 10:0 11:0 12:0",
        [ROLE_SAME] = "5:1 6:2 10:2,6 11:2,6",                 /* not the letter's own neighbour, no spaces, no points */
        [ROLE_INDUCTION] = "5:2 6:3 10:3,7 11:3,7",
        [ROLE_REFERENCE] = "9:1,2",                            /* each place once */
        [ROLE_SYNTAX] = "11:5,6 5:2",
        [ROLE_DISTANT] = "11:1 12:1-3",
    });
    /* A token that stands for nothing shifts every position by one, and is the first of all. */
    check_cases(&s, 1, (const char *const[HEAD_ROLES]){
        [ROLE_PREVIOUS] = "2:1 3:2 4:3 5:4 6:5 7:6 8:7 9:8 10:9 11:10 12:11 13:12",
        [ROLE_FIRST] = "2:0 3:0 4:0 5:0 6:0 7:0 8:0 9:0 10:0 11:0 12:0 13:0",
        [ROLE_SAME] = "6:2 7:3 11:3,7 12:3,7",
        [ROLE_INDUCTION] = "6:3 7:4 11:4,8 12:4,8",
        [ROLE_REFERENCE] = "10:2,3",
        [ROLE_SYNTAX] = "12:6,7 6:3 6:1",                      /* x is now the second token */
        [ROLE_DISTANT] = "11:1 12:1-3 13:1-4",
    });
}

/* A word of several tokens, and one that the tokens cut short. */
static void test_tokens_of_words(void)
{
    static const struct marks_range bytes[] = { { 0, 1 }, { 1, 5 }, { 5, 8 }, { 8, 10 }, { 10, 14 }, { 14, 17 } };
    int ids[] = { 0, 1, 2, 3, 4, 5 };
    /*             0         1        */
    /*             01234567890123456789 */
    char text[] = "A green ball, green b";
    struct marks_range earlier = { 2, 7 }; /* "green": bytes 2 to 7 lie in tokens 1 and 2 */
    struct marks_reference refs[] = { { { 14, 17 }, 1, &earlier }, { { 14, 19 }, 1, &earlier } };
    struct marks_story s = { text, 2, 0, refs, NULL };
    struct marks_tokens t = { 6, ids, (struct marks_range *)bytes };
    struct marks_cases c = marks_cases(&s, &t);
    g_autofree char *says = cases_text(&c, ROLE_REFERENCE);
    g_assert_cmpstr(says, ==, "4:1,2"); /* the second word ends behind the last token: it is left out */
    marks_cases_clear(&c);
}

static void test_shares(void)
{
    char text[] = "xab .ab . bb.";
    struct marks_range earlier = { 1, 3 };
    struct marks_reference ref = { { 10, 11 }, 1, &earlier };
    struct marks_story s = { text, 1, 0, &ref, NULL };
    struct marks_tokens t = letters(text, 0);
    struct marks_cases c = marks_cases(&s, &t);
    enum { MAX = 16 };
    g_autofree float *shares = g_new0(float, MAX * MAX);
    double sums[HEAD_ROLES] = { 0 }, chance[HEAD_ROLES] = { 0 };
    int64_t n[HEAD_ROLES] = { 0 };
    shares[2 * MAX + 1] = 0.5f;   /* previous */
    shares[3 * MAX + 0] = 0.25f;  /* first */
    shares[5 * MAX + 1] = 0.125f; /* same */
    shares[10 * MAX + 3] = 0.5f;  /* induction */
    shares[9 * MAX + 1] = 0.25f;  /* reference */
    shares[9 * MAX + 2] = 0.5f;   /* reference */
    shares[12 * MAX + 2] = 0.75f; /* distant */
    shares[12 * MAX + 3] = 1;     /* nothing */
    shares[1 * MAX + 0] = 1;      /* a row that is not asked */
    marks_add_shares(&c, shares, MAX, sums);
    marks_add_chance(&c, n, chance);
    g_assert_cmpfloat(sums[ROLE_PREVIOUS], ==, 0.5);
    g_assert_cmpfloat(sums[ROLE_FIRST], ==, 0.25);
    g_assert_cmpfloat(sums[ROLE_SAME], ==, 0.125);
    g_assert_cmpfloat(sums[ROLE_INDUCTION], ==, 0.5);
    g_assert_cmpfloat(sums[ROLE_REFERENCE], ==, 0.75);
    g_assert_cmpfloat(sums[ROLE_SYNTAX], ==, 0);
    g_assert_cmpfloat(sums[ROLE_DISTANT], ==, 0.75);
    g_assert_cmpint(n[ROLE_REFERENCE], ==, 1);
    g_assert_cmpint(n[ROLE_SAME], ==, 4);
    g_assert_cmpfloat(chance[ROLE_REFERENCE], ==, 2.0 / 10);
    g_assert_cmpfloat_with_epsilon(chance[ROLE_SAME], 1.0 / 6 + 1.0 / 7 + 2.0 / 11 + 2.0 / 12, 1e-15);
    g_assert_cmpfloat_with_epsilon(chance[ROLE_DISTANT], 1.0 / 12 + 2.0 / 13, 1e-15);
    marks_cases_clear(&c);
    marks_tokens_clear(&t);
}

/* An even spread earns exactly chance in every role. */
static void test_even_spread(void)
{
    char text[] = "xab .ab . bb. xab .ab . bb.";
    struct marks_range earlier = { 1, 3 };
    struct marks_reference ref = { { 10, 11 }, 1, &earlier };
    struct marks_verb verb = { { 10, 12 }, { 5, 7 } };
    struct marks_story s = { text, 1, 1, &ref, &verb };
    struct marks_tokens t = letters(text, 0);
    struct marks_cases c = marks_cases(&s, &t);
    g_autofree float *shares = g_new0(float, t.n * t.n);
    double sums[HEAD_ROLES] = { 0 }, chance[HEAD_ROLES] = { 0 };
    int64_t n[HEAD_ROLES] = { 0 };
    for (int i = 0; i < t.n; i++)
        for (int j = 0; j <= i; j++)
            shares[i * t.n + j] = 1 / (float)(i + 1);
    marks_add_shares(&c, shares, t.n, sums);
    marks_add_chance(&c, n, chance);
    for (int role = 0; role < HEAD_ROLES; role++) {
        g_assert_cmpint(n[role], >, 0);
        g_assert_cmpfloat_with_epsilon(sums[role], chance[role], 1e-5);
    }
    marks_cases_clear(&c);
    marks_tokens_clear(&t);
}

/* ---- the best, and names ---- */

static struct heads *two_by_two(void)
{
    struct heads *h = g_new0(struct heads, 1);
    *h = (struct heads){ .layers = 2, .heads = 2, .stories = 3, .held = 5, .scores = g_new0(double, 4 * HEAD_ROLES) };
    for (int role = 0; role < HEAD_ROLES; role++) {
        h->cases[role] = 10 + role;
        h->chance[role] = 0.2;
    }
    h->scores[0 * HEAD_ROLES + ROLE_PREVIOUS] = 0.9;  /* 1.1 */
    h->scores[1 * HEAD_ROLES + ROLE_REFERENCE] = 0.3; /* 1.2: not clear */
    h->scores[2 * HEAD_ROLES + ROLE_REFERENCE] = 0.7; /* 2.1 */
    h->scores[2 * HEAD_ROLES + ROLE_DISTANT] = 0.95;
    h->scores[3 * HEAD_ROLES + ROLE_DISTANT] = 0.6;   /* 2.2 */
    h->scores[3 * HEAD_ROLES + ROLE_REFERENCE] = 0.1 + 0.2;
    return h;
}

static void test_best(void)
{
    struct heads *h = two_by_two();
    int layer = 0, head = 0;
    heads_best(h, ROLE_REFERENCE, &layer, &head);
    g_assert_cmpint(layer * 10 + head, ==, 21);
    layer = 1, head = 0;
    heads_best(h, ROLE_REFERENCE, &layer, &head);
    g_assert_cmpint(layer * 10 + head, ==, 12);
    layer = 0, head = 0;
    heads_best(h, ROLE_SYNTAX, &layer, &head); /* all alike: the first */
    g_assert_cmpint(layer * 10 + head, ==, 11);
    g_assert_cmpfloat_with_epsilon(heads_lift(h, 1, 1, ROLE_PREVIOUS), 0.7 / 0.8, 1e-12);
    g_assert_cmpint(heads_call(h, 1, 1), ==, ROLE_PREVIOUS);
    g_assert_cmpint(heads_call(h, 1, 2), ==, HEAD_ROLES);
    g_assert_cmpint(heads_call(h, 2, 1), ==, ROLE_REFERENCE); /* a nearer name goes before distant */
    g_assert_cmpint(heads_call(h, 2, 2), ==, ROLE_DISTANT);
    g_assert_cmpstr(heads_claim(h, 1, 1, ROLE_PREVIOUS), ==, head_role_lines[ROLE_PREVIOUS]);
    g_assert_cmpstr(heads_claim(h, 1, 2, ROLE_REFERENCE), ==, head_role_lines[ROLE_REFERENCE]);
    h->scores[1 * HEAD_ROLES + ROLE_REFERENCE] = 0.235; /* 0.044 on the way from chance to 1 */
    g_assert_cmpstr(heads_claim(h, 1, 2, ROLE_REFERENCE), ==, "does so hardly more than chance would");
    g_assert_cmpstr(heads_claim(h, 1, 1, ROLE_SYNTAX), ==, "does so hardly more than chance would");
    for (int role = 0; role < HEAD_ROLES; role++)
        g_assert_cmpint(head_role_find(head_role_names[role]), ==, role);
    g_assert_cmpint(head_role_find("refrence"), ==, HEAD_ROLES);
    heads_free(h);
}

static void test_json(void)
{
    g_autoptr(GError) error = NULL;
    struct heads *h = two_by_two();
    h->scores[5] = 1.0 / 3;
    g_autofree char *text = heads_to_json(h);
    struct heads *back = heads_from_json(text, strlen(text), 2, 2, "h.json", &error);
    g_assert_no_error(error);
    g_assert_cmpint(back->stories, ==, 3);
    g_assert_cmpint(back->held, ==, 5);
    g_assert_cmpmem(back->cases, sizeof back->cases, h->cases, sizeof h->cases);
    g_assert_cmpmem(back->chance, sizeof back->chance, h->chance, sizeof h->chance);
    g_assert_cmpmem(back->scores, 4 * HEAD_ROLES * sizeof(double), h->scores, 4 * HEAD_ROLES * sizeof(double));
    heads_free(back);
    heads_free(h);

    static const struct { const char *from, *to, *says; } wrong[] = {
        { "\"layers\":2", "\"layers\":3", "h.json: \"layers\" must be a whole number from 2 to 2." },
        { "\"held\":5", "\"held\":2", "h.json: \"held\" must be a whole number from 3 to 2147483647." },
        { "\"induction\"", "\"inductoin\"", "h.json: role 4 has no name that is known; roles are previous, first, same, "
                                            "induction, reference, syntax, distant." },
        { "0.9,", "1.9,", "h.json: the role \"previous\" needs \"chance\" and \"scores\", numbers from 0 to 1, 4 scores for "
                          "2 layers of 2 heads." },
        { "0.9,", "", "h.json: the role \"previous\" needs \"chance\" and \"scores\", numbers from 0 to 1, 4 scores for 2 "
                      "layers of 2 heads." },
        { "\"roles\"", "\"rules\"", "h.json: \"roles\" must be a list of what was measured." },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(GString) bad = g_string_new(text);
        g_autoptr(GError) why = NULL;
        g_assert_cmpint(g_string_replace(bad, wrong[i].from, wrong[i].to, 1), ==, 1);
        g_assert_null(heads_from_json(bad->str, bad->len, 2, 2, "h.json", &why));
        g_assert_cmpstr(why->message, ==, wrong[i].says);
    }
}

/* ---- measuring ---- */

static struct marks *test_marks(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = g_test_build_filename(G_TEST_DIST, "tests", "heads", "stories.json", NULL);
    struct marks *m = marks_read(path, &error);
    g_assert_no_error(error);
    return m;
}

/* One head, slowly: every story is run for itself, and the rule of the role is written out again. */
static void check_previous(const struct lm *g, const struct marks *m, const struct heads *h, int layer, int head)
{
    struct lm_shape s = lm_shape(g);
    double sum = 0;
    int64_t n = 0;
    for (int i = 0; i < h->stories; i++) {
        int ids[512], tokens = MIN(lm_encode(g, m->stories[i].text, ids, 512, NULL), s.max_tokens);
        g_autofree float *shares = g_new0(float, s.layers * s.heads * tokens * tokens);
        struct lm_look look = { .shares = shares, .max_rows = tokens };
        lm_forward(g, NULL, ids, tokens, NULL, NULL, &look);
        const float *square = shares + ((layer - 1) * s.heads + head - 1) * tokens * tokens;
        for (int row = 2; row < tokens; row++, n++)
            sum += square[row * tokens + row - 1];
    }
    g_assert_cmpint(h->cases[ROLE_PREVIOUS], ==, n);
    g_assert_cmpfloat_with_epsilon(heads_score(h, layer, head, ROLE_PREVIOUS), sum / (double)n, 1e-12);
}

static void count_progress(int done, int total, void *data)
{
    int *last = data;
    g_assert_cmpint(done, ==, *last + 1);
    g_assert_cmpint(total, ==, 6);
    *last = done;
}

static void test_measure(void)
{
    g_autoptr(GError) error = NULL;
    struct lm *g = lm_load("data/models/seeded", &error);
    g_assert_no_error(error);
    struct marks *m = test_marks();
    int told = 0;
    struct heads *h = heads_measure(g, m, &(struct measure_options){ 0, count_progress, &told }, &error);
    g_assert_no_error(error);
    g_assert_cmpint(told, ==, 6);
    g_assert_cmpint(h->stories, ==, 6);
    g_assert_cmpint(h->held, ==, 6);
    for (int role = 0; role < HEAD_ROLES; role++)
        g_assert_cmpint(h->cases[role], >, 0);
    for (int l = 1; l <= h->layers; l++)
        for (int i = 1; i <= h->heads; i++)
            check_previous(g, m, h, l, i);
    /* The same bits again, whichever thread is first; and with fewer stories, fewer cases. */
    struct heads *again = heads_measure(g, m, &(struct measure_options){ 0 }, &error);
    size_t bytes = (size_t)h->layers * (size_t)h->heads * HEAD_ROLES * sizeof(double);
    g_assert_cmpmem(h->scores, bytes, again->scores, bytes);
    struct heads *few = heads_measure(g, m, &(struct measure_options){ .stories = 2 }, &error);
    g_assert_cmpint(few->stories, ==, 2);
    g_assert_cmpint(few->held, ==, 6);
    g_assert_cmpint(few->cases[ROLE_PREVIOUS], <, h->cases[ROLE_PREVIOUS]);
    heads_free(few);
    heads_free(again);
    heads_free(h);
    marks_free(m);
    lm_free(g);
}

/* A vocabulary without a letter of the stories, and a context shorter than they are. */
static void test_measure_limits(void)
{
    g_autoptr(GError) error = NULL;
    struct folder f = folder_new(2, 2, 8, 95, 24, "", "F32");
    struct lm *g = lm_load(f.path, &error);
    g_assert_no_error(error);
    struct marks *m = test_marks();
    struct heads *h = heads_measure(g, m, &(struct measure_options){ .stories = 5 }, &error); /* the sixth has an "ë" */
    g_assert_no_error(error);
    g_assert_cmpint(h->stories, ==, 5);
    g_assert_cmpint(h->cases[ROLE_PREVIOUS], ==, 5 * (24 - 2)); /* each is cut after 24 letters */
    heads_free(h);
    lm_free(g);
    folder_free(&f);

    f = folder_new(1, 1, 8, 40, 64, "", "F32"); /* no small letters */
    g_autofree char *vocab = g_strdup("{\"\\u0120\":0,\"A\":1}");
    folder_write(&f, "vocab.json", vocab, -1);
    g = lm_load(f.path, &error);
    g_assert_no_error(error);
    g_assert_null(heads_measure(g, m, &(struct measure_options){ 0 }, &error));
    g_assert_error(error, LM_ERROR, LM_ERROR_TEXT);
    lm_free(g);
    folder_free(&f);
    marks_free(m);
}

/* ---- scenes ---- */

/* A home with the project's models, and the stories of the tests. */
static char *make_home(void)
{
    g_autofree char *stories = g_test_build_filename(G_TEST_DIST, "tests", "heads", "stories.json", NULL);
    char *home = g_dir_make_tmp("home-XXXXXX", NULL), *text = NULL;
    gsize length;
    static const char *const links[] = { "models", "models.cfg", "devices.cfg" };
    g_autofree char *heads = g_build_filename(home, "data", "heads", NULL), *to = g_build_filename(heads, "stories.json", NULL);
    g_assert_cmpint(g_mkdir_with_parents(heads, 0755), ==, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(links); i++) {
        g_autofree char *from = g_test_build_filename(G_TEST_DIST, "data", links[i], NULL);
        g_autofree char *link = g_build_filename(home, "data", links[i], NULL);
        g_assert_cmpint(symlink(from, link), ==, 0);
    }
    g_assert_true(g_file_get_contents(stories, &text, &length, NULL));
    g_assert_true(g_file_set_contents(to, text, (gssize)length, NULL));
    g_free(text);
    return home;
}

static void remove_home(char *home)
{
    static const char *const parts[] = { "data/heads/stories.json", "data/heads", "data/models", "data/models.cfg",
                                         "data/devices.cfg", "data", "" };
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
        g_autofree char *path = g_build_filename(home, parts[i], NULL);
        g_remove(path);
    }
    g_free(home);
}

/* Opens a scene with this `run` and a chapter; what was said where it has mistakes, else none must be said. */
static struct story *open_chapter(const char *home, const char *run, const char *chapter, char **said)
{
    static const char *const none[] = { NULL };
    g_autofree char *text = g_strdup_printf("run = { model = \"seeded\"; prompt = \"Mia has a red kite. Mia has\"; steps = 1;\n"
                                            "%s };\nchapters = ( { %s } );\n", run, chapter);
    struct story_options options = { text, home, NULL, NULL, none };
    struct diags *diags = diags_new();
    struct story *s = story_open("t.cfg", &options, diags);
    g_autoptr(GString) out = g_string_new(NULL);
    diags_print(diags, out);
    diags_free(diags);
    if (said)
        *said = g_strdup(out->str);
    else
        g_assert_cmpstr(out->str, ==, "");
    return s;
}

static struct story *open_run(const char *home, const char *run, char **said)
{
    return open_chapter(home, run, "view = \"prefill\";", said);
}

/* A chapter's own head is measured, too, and the run's stays what it was; so is what a view asks for by itself. */
static void test_scene_chapter(void)
{
    char *home = make_home();
    struct story *plain = open_run(home, "", NULL), *s = open_chapter(home, "", "view = \"prefill\"; head = \"syntax\";", NULL);
    g_assert_null(plain->heads);
    g_assert_nonnull(s->heads);
    g_assert_cmpint(s->trace->layer, ==, plain->trace->layer);
    g_assert_cmpint(s->trace->head, ==, plain->trace->head);
    story_free(s);
    s = open_chapter(home, "", "view = \"heads\";", NULL);
    g_assert_nonnull(s->heads);
    story_free(s);
    s = open_chapter(home, "", "view = \"heads\"; head = \"1\"; layer = 1; roles = [\"same\"];", NULL);
    g_assert_nonnull(s->heads);
    story_free(s);
    story_free(plain);
    remove_home(home);
}

static void test_scene(void)
{
    char *home = make_home();
    struct story *s = open_run(home, "head = \"reference\";", NULL);
    int layer = 0, head = 0;
    heads_best(s->heads, ROLE_REFERENCE, &layer, &head);
    g_assert_cmpint(s->trace->layer, ==, layer);
    g_assert_cmpint(s->trace->head, ==, head);
    story_free(s);

    s = open_run(home, "layer = 2; head = \"previous\";", NULL);
    layer = 2, head = 0;
    heads_best(s->heads, ROLE_PREVIOUS, &layer, &head);
    g_assert_cmpint(s->trace->layer, ==, 2);
    g_assert_cmpint(s->trace->head, ==, head);
    story_free(s);

    s = open_run(home, "layer = 2; head = 1;", NULL); /* a number needs no measurement */
    g_assert_null(s->heads);
    g_assert_cmpint(s->trace->head, ==, 1);
    story_free(s);
    remove_home(home);
}

static void check_said(const char *home, const char *run, const char *says)
{
    g_autofree char *said = NULL;
    struct story *s = open_run(home, run, &said);
    g_assert_nonnull(strstr(said, says));
    story_free(s);
}

static void test_scene_mistakes(void)
{
    char *home = make_home();
    check_said(home, "head = \"refrence\";", "t.cfg:2: run.head is \"refrence\"; did you mean \"reference\"? Accepted: a whole "
               "number from 0 to 1000, or one of previous, first, same, induction, reference, syntax, distant.\n");
    check_said(home, "layer = 99; head = \"reference\";", "The model seeded has no layer 99");
    g_autofree char *stories = g_build_filename(home, "data", "heads", "stories.json", NULL);
    g_assert_true(g_file_set_contents(stories, "{\"stories\":[{\"text\":\"Hello you.\",\"references\":[],\"verbs\":[]}]}", -1,
                                      NULL));
    check_said(home, "head = \"reference\";", "t.cfg:2: run.head is \"reference\", but the stories in data/heads show no case of "
               "this role to this model; name another role or a number.\n");
    g_remove(stories);
    check_said(home, "head = \"reference\";", "t.cfg:2: The roles of heads cannot be measured: The stories by which heads are "
               "measured cannot be read: ");
    g_autofree char *said = NULL;
    story_free(open_chapter(home, "", "view = \"decode\";\nhead = \"same\";", &said));
    g_assert_true(g_str_has_prefix(said, "t.cfg:4: The roles of heads cannot be measured: "));
    remove_home(home);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/heads/read", test_read);
    g_test_add_func("/heads/refuse", test_refuse);
    g_test_add_func("/heads/align", test_align);
    g_test_add_func("/heads/align-zero-byte", test_align_zero_byte);
    g_test_add_func("/heads/cases", test_cases);
    g_test_add_func("/heads/tokens-of-words", test_tokens_of_words);
    g_test_add_func("/heads/shares", test_shares);
    g_test_add_func("/heads/even-spread", test_even_spread);
    g_test_add_func("/heads/best", test_best);
    g_test_add_func("/heads/json", test_json);
    g_test_add_func("/heads/measure", test_measure);
    g_test_add_func("/heads/measure-limits", test_measure_limits);
    g_test_add_func("/heads/scene", test_scene);
    g_test_add_func("/heads/scene-chapter", test_scene_chapter);
    g_test_add_func("/heads/scene-mistakes", test_scene_mistakes);
    return g_test_run();
}
