/* Measuring on stories that training never saw, and writing down what was measured.
 *
 * A slot counts as recalled when the true word is the most probable of all tokens, given the true text before it. The
 * text before it is what fixes the word: in "Ana gave the green book to Leo. Now Leo has the" only looking back can
 * tell that "green" comes next. Chance would be one in ten for a colour and one in 24 for an object.
 */
#include "eval.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lesson.h"
#include "store.h"

enum { STORIES = 2000, SAMPLE_TOKENS = 24, TOP = 5 };

#define EVAL_SEED 1000003u

static const char *const PROMPTS[] = {
	"Mia has a red kite. Tom has a blue cup. Mia likes her",
	"Ana gave the green book to Leo. Now Leo has the",
	"Tom has a red ball and Mia has a blue hat. Tom likes his",
	"Zoe has a yellow drum. Zoe gave the yellow drum to Max. Now Max",
	"Mia has a red kite. What does Mia have? She has the",
	"Leo has a green bag. Who has the green bag?",
	"Ben put",
	"Sara has a blue lamp. What colour is the lamp? It is",
	"Lily has a pink shell. Lily left her pink shell in the park. Where is the pink shell? It is in the",
	"Mia has a red kite. Tom has a blue cup. Mia and Tom traded. Now Mia has the",
	"Max has a black coat. Max gave the black coat to Eva. Eva gave the black coat back to",
	"In the garden, Nora found a white ring. The white ring belongs to",
	"Ruth has a blue pen. Ruth lost",
	"Omar lost his red key in the barn. Eva found the red key in the",
	"Tom went to the market. Sara ran to Tom. Now Sara is in the",
	"Ana gave Ben a pink doll. Who gave the pink doll to Ben?",
	"Lily left her pink shell in the park. Where is the pink shell? It is in the",
	"Nora has a grey drum, but Jack has a white hat. Zoe came to the tower with a purple boat. Who has the white hat?",
};

/* --- recall ---------------------------------------------------------------------------------------------------- */

static bool tokens_same_word(const struct bpe *b, int x, int y)
{
	int x_length, y_length;
	const char *x_bytes = bpe_bytes(b, x, &x_length), *y_bytes = bpe_bytes(b, y, &y_length);

	if (*x_bytes == ' ')
		x_bytes++, x_length--;
	if (*y_bytes == ' ')
		y_bytes++, y_length--;
	return x_length == y_length && !memcmp(x_bytes, y_bytes, x_length);
}

static int most_probable(const real *logits, int vocab)
{
	int best = 0;

	for (int j = 1; j < vocab; j++)
		if (logits[j] > logits[best])
			best = j;
	return best;
}

/* logits [tokens, vocab] */
static void tally_slots(struct eval_report *r, const struct bpe *b, const struct corpus_story *s, const struct lesson *l,
			const real *logits, int vocab)
{
	const int *ids = (const int *)(void *)l->ids->data;

	for (int i = 0; i < s->word_count; i++) {
		enum corpus_kind kind = s->words[i].kind;
		int at = g_array_index(l->word_at, int, i), back;

		if (!s->words[i].follows)
			continue;
		for (back = at - 1; back >= 0 && !tokens_same_word(b, ids[back], ids[at]); back--)
			;

		int distance = back < 0 ? 0 : at - back, bucket = MIN(distance / EVAL_BUCKET_TOKENS, EVAL_BUCKETS - 1);

		r->asked[kind][bucket]++;
		r->right[kind][bucket] += most_probable(logits + (size_t)(at - 1) * vocab, vocab) == ids[at];
	}
}

/* The first choice's probability, and whether it came: the films show these numbers, so they must mean what they say. */
static void tally_sureness(struct eval_report *r, const struct lesson *l, const real *logits, int vocab)
{
	for (int i = 0; i + 1 < (int)l->ids->len; i++, logits += vocab) {
		int best = most_probable(logits, vocab);
		double sum = 0;

		for (int j = 0; j < vocab; j++)
			sum += exp((double)(logits[j] - logits[best]));

		int bucket = MIN((int)(EVAL_SURENESS / sum), EVAL_SURENESS - 1);

		r->guessed[bucket]++;
		r->came[bucket] += best == g_array_index(l->ids, int, i + 1);
		r->promised[bucket] += 1 / sum;
	}
}

struct eval_report eval_measure(const struct model_config *c, const real *params, struct bpe *b, enum corpus_split split,
				uint64_t seed, int stories)
{
	struct eval_report r = { 0 };
	struct model_work *work = model_work_create(c, c->context);
	struct lesson l;

	lesson_init(&l);
	for (int i = 0; i < stories; i++) {
		struct corpus_story *s = corpus_story_create(split, seed, i);

		lesson_encode(&l, b, s);

		const int *id = (const int *)(void *)l.ids->data;
		int tokens = l.ids->len - 1, start[] = { 0, tokens };
		struct model_batch batch = { 1, start, id, id + 1, NULL };

		const real *logits = model_logits(work, params, &batch);

		tally_slots(&r, b, s, &l, logits, c->vocab);
		tally_sureness(&r, &l, logits, c->vocab);
		r.loss += model_loss(work, params, NULL, &batch, 1);
		r.tokens += tokens;
		corpus_story_destroy(s);
	}
	lesson_finish(&l);
	model_work_destroy(work);
	return r;
}

double eval_recall(const struct eval_report *r, int from)
{
	long asked = 0, right = 0;

	for (int kind = CORPUS_NAME; kind <= CORPUS_PLACE; kind++)
		for (int i = from; i < EVAL_BUCKETS; i++)
			asked += r->asked[kind][i], right += r->right[kind][i];
	return asked ? (double)right / (double)asked : 1;
}

double eval_kind_recall(const struct eval_report *r, enum corpus_kind kind)
{
	long asked = 0, right = 0;

	for (int i = 0; i < EVAL_BUCKETS; i++)
		asked += r->asked[kind][i], right += r->right[kind][i];
	return asked ? (double)right / (double)asked : 1;
}

/* --- a model at work ------------------------------------------------------------------------------------------- */

struct player {
	struct model_config config;
	real *params;
	GHashTable *notes;
	struct bpe *bpe;
	struct model_work *work;
};

static void player_close(struct player *p)
{
	g_free(p->params);
	if (p->notes)
		g_hash_table_unref(p->notes);
	bpe_destroy(p->bpe);
	model_work_destroy(p->work);
}

static bool player_open(struct player *p, const char *folder, GError **error)
{
	memset(p, 0, sizeof *p);
	p->bpe = bpe_load(folder, error);
	if (p->bpe)
		p->params = store_read(folder, &p->config, &p->notes, error);
	if (p->params && p->config.vocab != bpe_size(p->bpe)) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s: the model has %d tokens, the vocabulary %d", folder,
			    p->config.vocab, bpe_size(p->bpe));
		g_clear_pointer(&p->params, g_free);
	}
	if (!p->params) {
		player_close(p);
		return false;
	}
	p->work = model_work_create(&p->config, p->config.context);
	return true;
}

/* The probabilities of the token after ids; owned by the caller (g_free). */
static double *player_next(struct player *p, const GArray *ids)
{
	int start[] = { 0, (int)ids->len };
	struct model_batch batch = { 1, start, (const int *)(void *)ids->data, NULL, NULL };
	int vocab = p->config.vocab;
	const real *logits = model_logits(p->work, p->params, &batch) + (size_t)(ids->len - 1) * vocab;
	double *share = g_new(double, vocab), most = (double)logits[most_probable(logits, vocab)], sum = 0;

	for (int j = 0; j < vocab; j++)
		sum += share[j] = exp((double)logits[j] - most);
	for (int j = 0; j < vocab; j++)
		share[j] /= sum;
	return share;
}

static int largest(const double *share, int count)
{
	int best = 0;

	for (int j = 1; j < count; j++)
		if (share[j] > share[best])
			best = j;
	return best;
}

bool eval_prompt(const char *folder, const char *prompt, int steps, GError **error)
{
	struct player p;
	int length;

	if (!player_open(&p, folder, error))
		return false;

	GArray *ids = g_array_new(FALSE, FALSE, sizeof(int));

	bpe_encode(p.bpe, prompt, ids, NULL);
	if (!ids->len) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "a prompt needs at least one token");
		steps = -1;
	}
	printf("%u tokens:", ids->len);
	for (guint i = 0; i < ids->len; i++)
		printf(" [%s]", bpe_bytes(p.bpe, g_array_index(ids, int, i), &length));
	printf("\n");
	for (int step = 0; step < steps && (int)ids->len < p.config.context; step++) {
		double *share = player_next(&p, ids);
		int next = largest(share, p.config.vocab);

		printf("step %d:", step + 1);
		for (int rank = 0; rank < TOP; rank++) {
			int id = largest(share, p.config.vocab);

			printf("  [%s] %.4f", bpe_bytes(p.bpe, id, &length), share[id]);
			share[id] = -1;
		}
		printf("\n");
		g_free(share);
		g_array_append_val(ids, next);
		if (next == bpe_end(p.bpe))
			break;
	}
	g_array_unref(ids);
	player_close(&p);
	return steps >= 0;
}

/* --- the page -------------------------------------------------------------------------------------------------- */

static const char *note(const struct player *p, const char *key)
{
	const char *value = g_hash_table_lookup(p->notes, key);

	return value ? value : "n/a";
}

static void print_cell(long right, long asked)
{
	if (asked)
		printf(" %.1f %% of %ld |", 100.0 * (double)right / (double)asked, asked);
	else
		printf(" n/a |");
}

static void print_recall(const char *title, const struct eval_report *r)
{
	static const enum corpus_kind columns[] = { CORPUS_NAME, CORPUS_COLOUR, CORPUS_OBJECT, CORPUS_PLACE };

	printf("\n### %s\n\n", title);
	printf("Loss %.4f nats a token (perplexity %.2f) over %ld tokens. His, her, He, She: ", r->loss / (double)r->tokens,
	       exp(r->loss / (double)r->tokens), r->tokens);

	long asked = 0, right = 0;

	for (int i = 0; i < EVAL_BUCKETS; i++)
		asked += r->asked[CORPUS_PRONOUN][i], right += r->right[CORPUS_PRONOUN][i];
	printf("%.1f %% of %ld.\n\n| tokens back |", 100.0 * (double)right / (double)MAX(asked, 1), asked);
	for (size_t k = 0; k < G_N_ELEMENTS(columns); k++)
		printf(" %s |", corpus_kind_name(columns[k]));
	printf("\n|---|---|---|---|---|\n");
	for (int i = 0; i <= EVAL_BUCKETS; i++) {
		if (i == EVAL_BUCKETS)
			printf("| all |");
		else if (i == EVAL_BUCKETS - 1)
			printf("| %d and more |", i * EVAL_BUCKET_TOKENS);
		else
			printf("| %d to %d |", MAX(i * EVAL_BUCKET_TOKENS, 1), (i + 1) * EVAL_BUCKET_TOKENS - 1);
		for (size_t k = 0; k < G_N_ELEMENTS(columns); k++) {
			asked = right = 0;
			for (int j = i == EVAL_BUCKETS ? 0 : i; j < (i == EVAL_BUCKETS ? EVAL_BUCKETS : i + 1); j++)
				asked += r->asked[columns[k]][j], right += r->right[columns[k]][j];
			print_cell(right, asked);
		}
		printf("\n");
	}
	printf("\nRecall over these four columns: %.2f %%; from 10 tokens back: %.2f %%.\n", 100 * eval_recall(r, 0),
	       100 * eval_recall(r, 1));
}

static void print_sureness(const struct eval_report *r)
{
	double off = 0;

	printf("\n### Does it come as often as promised?\n\nAll tokens of the held-out stories, by the probability of the model's "
	       "first choice.\n\n| probability | tokens | mean probability | came |\n|---|---|---|---|\n");
	for (int i = 0; i < EVAL_SURENESS; i++) {
		long count = r->guessed[i];

		if (!count)
			continue;
		printf("| %.1f to %.1f | %ld | %.1f %% | %.1f %% |\n", (double)i / EVAL_SURENESS, (double)(i + 1) / EVAL_SURENESS,
		       count, 100 * r->promised[i] / (double)count, 100.0 * (double)r->came[i] / (double)count);
		off += fabs(r->promised[i] - (double)r->came[i]);
	}
	printf("\nThe two differ by %.2f points in the mean (expected calibration error).\n", 100 * off / (double)r->tokens);
}

static void print_samples(struct player *p)
{
	GArray *ids = g_array_new(FALSE, FALSE, sizeof(int));

	printf("\n## Samples\n\nGreedy continuations, up to %d tokens or the end of the story (marked ∎).\n\n| tokens | prompt | "
	       "continuation |\n|---|---|---|\n",
	       SAMPLE_TOKENS);
	for (size_t i = 0; i < G_N_ELEMENTS(PROMPTS); i++) {
		g_array_set_size(ids, 0);
		bpe_encode(p->bpe, PROMPTS[i], ids, NULL);
		printf("| %u | %s |", ids->len, PROMPTS[i]);
		for (int n = 0; n < SAMPLE_TOKENS && (int)ids->len < p->config.context; n++) {
			double *share = player_next(p, ids);
			int next = largest(share, p->config.vocab), length;

			g_free(share);
			g_array_append_val(ids, next);
			if (next == bpe_end(p->bpe)) {
				printf(" ∎");
				break;
			}
			printf("%s", bpe_bytes(p->bpe, next, &length));
		}
		printf(" |\n");
	}
	g_array_unref(ids);
}

bool eval_page(const char *folder, GError **error)
{
	struct player p;

	if (!player_open(&p, folder, error))
		return false;

	const struct model_config *c = &p.config;

	printf("# tale: a very small GPT-2 that recalls\n\n"
	       "A model for films about the KV cache: it tells short stories about who has what, and the right next word mostly\n"
	       "stands earlier in the story, so its attention has something to show. It knows nothing else.\n\n"
	       "This page is printed by the trainer from the half-precision file beside it:\n\n"
	       "    train --eval data/models/tale > data/models/tale/README.md\n\n"
	       "## The model\n\n"
	       "| | |\n|---|---|\n"
	       "| architecture | GPT-2: learned positions, LayerNorm before, GELU (tanh), tied head |\n"
	       "| layers x heads x head width | %d x %d x %d |\n"
	       "| width, context, vocabulary | %d, %d, %d |\n"
	       "| parameters | %zu |\n"
	       "| stored as | F16 safetensors, %.2f MB of weights |\n"
	       "| KV cache | %d values a token: 2 x %d layers x %d wide |\n\n"
	       "## Training\n\n"
	       "| | |\n|---|---|\n",
	       c->layers, c->heads, c->width / c->heads, c->width, c->context, c->vocab, model_parameter_count(c),
	       (double)model_parameter_count(c) * 2e-6, 2 * c->layers * c->width, c->layers, c->width);
	printf("| data | generated stories, a new one for each row (tools/train/corpus.c) |\n"
	       "| steps, stories a step | %s, %s |\n"
	       "| tokens seen | %s |\n"
	       "| loss | cross entropy of the next token; until the last %s steps a word that follows from the story counts %s "
	       "times |\n"
	       "| optimiser | Muon for the layers' matrices, step %s; AdamW for the rest, rate %s, betas 0.9 and 0.98; weight "
	       "decay %s on matrices |\n"
	       "| schedule | %s steps of warm-up, then level; in the last %s steps down to nothing |\n"
	       "| seed | %s |\n",
	       note(&p, "steps"), note(&p, "batch"), note(&p, "tokens"), note(&p, "plain"), note(&p, "emphasis"),
	       note(&p, "pace"), note(&p, "rate"), note(&p, "decay"), note(&p, "warmup"), note(&p, "cool"), note(&p, "seed"));
	printf("\n## Recall\n\n"
	       "A marked word is one that follows from the story before it. It is recalled if it is the most probable of all\n"
	       "tokens. The distance is the number of tokens back to where the word was last said. %d stories for each table.\n",
	       STORIES);

	struct eval_report held = eval_measure(c, p.params, p.bpe, CORPUS_HELD, EVAL_SEED, STORIES);

	print_recall("Held-out stories", &held);
	print_sureness(&held);

	struct eval_report novel = eval_measure(c, p.params, p.bpe, CORPUS_NOVEL, EVAL_SEED, STORIES);

	print_recall("Stories of pairs never seen", &novel);
	printf("\nOne colour of ten of every object (\"purple kite\") was withheld from training; these stories hold no other "
	       "pairs.\nThe loss is higher because such a pair is unlikely where a thing is first met; recall is what counts.\n");
	print_samples(&p);
	player_close(&p);
	return true;
}
