/* From bytes to positions, and from marks to cases.
 *
 * A tokenizer may write things that are not in the text (a beginning-of-text token, a space before the first word), and
 * may join a space to the word behind it. So tokens are laid along the text by their own bytes, and a word is where its
 * bytes and a token's overlap.
 */
#include "lm/marks.h"

#include "read/fail.h"

#include <string.h>

/* --- tokens along the text --- */

/* How many bytes of what is left of the text the token covers; 0: it stands for nothing there. */
static int covered(const char *rest, bool at_start, struct marks_word w)
{
    size_t left = strnlen(rest, w.length); /* a token may hold a zero byte, which the text ends with */
    if (w.length && left == w.length && !memcmp(rest, w.bytes, w.length))
        return (int)w.length;
    bool spaced = at_start && w.length > 1 && w.bytes[0] == ' ';
    if (spaced && left >= w.length - 1 && !memcmp(rest, w.bytes + 1, w.length - 1))
        return (int)w.length - 1; /* SentencePiece writes a space before the first word */
    return 0;
}

bool marks_align(const char *text, const struct marks_word *words, int n, struct marks_range *bytes)
{
    int at = 0, silent = 0;
    for (int i = 0; i < n; i++) {
        int length = covered(text + at, at == 0, words[i]);
        if (length == 0 && at > 0)
            return false; /* what stands for nothing stands before the text */
        silent += length == 0;
        bytes[i] = (struct marks_range){ at, at + length };
        at += length;
    }
    return silent < n;
}

bool marks_encode(const struct lm *g, const char *text, int max, struct marks_tokens *t, GError **error)
{
    int *ids = g_new(int, max), n = lm_encode(g, text, ids, max, error);
    *t = (struct marks_tokens){ .n = MIN(n, max), .ids = ids };
    if (n < 0) {
        marks_tokens_clear(t);
        return false;
    }
    g_autofree struct marks_word *words = g_new(struct marks_word, t->n + 1);
    t->bytes = g_new0(struct marks_range, t->n + 1);
    for (int i = 0; i < t->n; i++)
        words[i].bytes = lm_token(g, ids[i], &words[i].length);
    if (marks_align(text, words, t->n, t->bytes) && (n > max || t->bytes[n - 1].to == (int)strlen(text)))
        return true;
    marks_tokens_clear(t);
    return fail_with(error, LM_ERROR_MARKS, "The tokens of the model %s do not spell the text \"%.40s\", so its heads "
                     "cannot be measured; a byte-level tokenizer is needed.", lm_name(g), text);
}

void marks_tokens_clear(struct marks_tokens *t)
{
    g_free(t->ids);
    g_free(t->bytes);
    *t = (struct marks_tokens){ 0 };
}

/* The positions whose tokens hold bytes of the word; empty when the tokens end before the word does. */
static struct marks_range positions_of(const struct marks_tokens *t, struct marks_range word)
{
    struct marks_range at = { 0, 0 };
    for (int i = 0; i < t->n; i++) {
        if (t->bytes[i].from >= word.to || t->bytes[i].to <= word.from)
            continue;
        if (at.to == 0)
            at.from = i;
        at.to = i + 1;
    }
    return at.to && t->bytes[at.to - 1].to >= word.to ? at : (struct marks_range){ 0, 0 };
}

/* --- cases --- */

struct making {
    const struct marks_tokens *t;
    const char *text;
    struct marks_cases *out;
    struct marks_case now;
};

static void begin(struct making *m, enum head_role role, int row)
{
    m->now = (struct marks_case){ role, row, (int)m->out->ranges->len, 0 };
}

static void add_range(struct making *m, int from, int to)
{
    struct marks_range range = { from, to };
    g_array_append_val(m->out->ranges, range);
    m->now.n++;
}

/* A position that no other role's place is: neither the first, nor the one before, nor the row's own; each once. */
static void add_place(struct making *m, int position)
{
    if (position < 1 || position > m->now.row - 2)
        return;
    for (int i = 0; i < m->now.n; i++)
        if (g_array_index(m->out->ranges, struct marks_range, m->now.first + i).from == position)
            return;
    add_range(m, position, position + 1);
}

/* A case without a place is none. */
static void end(struct making *m)
{
    if (m->now.n)
        g_array_append_val(m->out->cases, m->now);
}

static bool is_word(const struct making *m, int position)
{
    for (int i = m->t->bytes[position].from; i < m->t->bytes[position].to; i++)
        if (g_ascii_isalnum(m->text[i]) || (unsigned char)m->text[i] >= 128)
            return true;
    return false;
}

/* ahead 0: where the row's token was said; 1: what followed. */
static void add_repeated(struct making *m, enum head_role role, int row, int ahead)
{
    begin(m, role, row);
    for (int j = 0; j < row && is_word(m, row); j++)
        if (m->t->ids[j] == m->t->ids[row])
            add_place(m, j + ahead);
    end(m);
}

/* The first row has nothing to choose, and for the second the first token is the one before. */
static void add_row(struct making *m, int row)
{
    begin(m, ROLE_PREVIOUS, row);
    add_range(m, row - 1, row);
    end(m);
    begin(m, ROLE_FIRST, row);
    add_range(m, 0, 1);
    end(m);
    add_repeated(m, ROLE_SAME, row, 0);
    add_repeated(m, ROLE_INDUCTION, row, 1);
    begin(m, ROLE_DISTANT, row);
    if (row > HEADS_DISTANT)
        add_range(m, 1, row - HEADS_DISTANT + 1);
    end(m);
}

static void add_reference(struct making *m, const struct marks_reference *ref)
{
    struct marks_range word = positions_of(m->t, ref->word);
    begin(m, ROLE_REFERENCE, word.from - 1);
    for (int i = 0; i < ref->n && word.to; i++) {
        struct marks_range at = positions_of(m->t, ref->earlier[i]);
        for (int position = at.from; position < at.to; position++)
            add_place(m, position);
    }
    end(m);
}

/* A verb right behind its subject says nothing: looking at the token before does the same. */
static void add_verb(struct making *m, const struct marks_verb *verb)
{
    struct marks_range word = positions_of(m->t, verb->word), subject = positions_of(m->t, verb->subject);
    begin(m, ROLE_SYNTAX, word.to - 1);
    for (int i = subject.from; i < subject.to && subject.to < word.to - 1; i++)
        add_place(m, i);
    end(m);
}

struct marks_cases marks_cases(const struct marks_story *story, const struct marks_tokens *t)
{
    struct marks_cases out = { g_array_new(FALSE, FALSE, sizeof(struct marks_case)),
                               g_array_new(FALSE, FALSE, sizeof(struct marks_range)) };
    struct making m = { t, story->text, &out, { 0 } };
    for (int row = 2; row < t->n; row++)
        add_row(&m, row);
    for (int i = 0; i < story->n_references; i++)
        add_reference(&m, &story->references[i]);
    for (int i = 0; i < story->n_verbs; i++)
        add_verb(&m, &story->verbs[i]);
    return out;
}

void marks_cases_clear(struct marks_cases *c)
{
    g_array_free(c->cases, TRUE);
    g_array_free(c->ranges, TRUE);
    *c = (struct marks_cases){ 0 };
}

void marks_add_shares(const struct marks_cases *c, const float *shares, int max, double *sums)
{
    for (guint i = 0; i < c->cases->len; i++) {
        struct marks_case one = g_array_index(c->cases, struct marks_case, i);
        const float *row = shares + (size_t)one.row * (size_t)max;
        double on = 0;
        for (int k = 0; k < one.n; k++) {
            struct marks_range r = g_array_index(c->ranges, struct marks_range, one.first + k);
            for (int j = r.from; j < r.to; j++)
                on += row[j];
        }
        sums[one.role] += on;
    }
}

void marks_add_chance(const struct marks_cases *c, int64_t *cases, double *sums)
{
    for (guint i = 0; i < c->cases->len; i++) {
        struct marks_case one = g_array_index(c->cases, struct marks_case, i);
        int places = 0;
        for (int k = 0; k < one.n; k++) {
            struct marks_range r = g_array_index(c->ranges, struct marks_range, one.first + k);
            places += r.to - r.from;
        }
        cases[one.role]++;
        sums[one.role] += (double)places / (one.row + 1);
    }
}
