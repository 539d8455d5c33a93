/* The trainer: makes the tokenizer and the model that kvreel's films run.
 *
 *     train --out data/models/tale          learn the merges, train, write everything
 *     train --eval data/models/tale         measure what was written; prints the model's page
 *     train --prompt "Mia has a red kite. Mia likes her" --eval data/models/tale
 *     train --gradcheck                     the gradient against finite differences
 *     train --stories 10                    look at the corpus
 *     train --marks 200                     held-out stories with what refers to what
 *
 * One step: a batch of stories, made from (seed, step), is cut into chunks of eight stories. Threads take chunks; each
 * chunk has a gradient of its own, and the chunks are summed in their order when all are done. So the number of threads
 * changes the time and not one bit of the result.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <glib.h>

#include "bpe.h"
#include "corpus.h"
#include "eval.h"
#include "gradcheck.h"
#include "lesson.h"
#include "marks.h"
#include "model.h"
#include "muon.h"
#include "random.h"
#include "store.h"

enum {
	CHUNK_STORIES = 8,
	BPE_STORIES = 20000,
	BPE_MOST = 1024,
	PROGRESS_STEPS = 200,
	PROGRESS_STORIES = 200,
	SAVE_STEPS = 1000,
	MOST_THREADS = 64,
};

#define CLIP_NORM 1.0
#define BETA_1 0.9
#define BETA_2 0.98
#define ADAM_EPSILON 1e-8

struct recipe {
	char *folder;
	int steps, batch, warmup, threads, seed;
	double rate;	 /* AdamW's, for embeddings, norms and biases */
	double pace;	 /* Muon's, for the layers' matrices: the size of a step's elements */
	double decay;
	double emphasis; /* how much a word that follows from the story counts in the loss */
	int plain, cool; /* numbers of last steps: without emphasis; with a falling rate */
	gboolean resume;
};

/* One chunk: stories, their tokens, and room for their gradient. */
struct chunk {
	GArray *input, *target; /* int */
	GArray *weight;		/* real */
	int start[CHUNK_STORIES + 1];
	real *grads;
	double loss;
};

struct training {
	const struct recipe *recipe;
	struct model_config config;
	struct bpe *bpe;
	size_t count; /* parameters */
	real *params, *grads, *mean, *square; /* [count] */
	bool *decays, *hidden; /* [count]; a hidden matrix is Muon's, the rest AdamW's */
	GArray *blocks;	       /* struct muon_block */
	struct chunk *chunks;
	int chunk_count, next_chunk, next_block;
	int step;
	double batch_weight; /* what the batch's targets count together */
	long tokens_seen;
	struct model_work *works[MOST_THREADS];
	struct muon_room *rooms[MOST_THREADS];
};

struct hand {
	struct training *training;
	int index;
};

/* --- one step -------------------------------------------------------------------------------------------------- */

static void fill_chunks(struct training *t, int step)
{
	const real plain = 1, emphasis = step < t->recipe->steps - t->recipe->plain ? (real)t->recipe->emphasis : plain;
	struct lesson l;

	lesson_init(&l);
	t->batch_weight = 0;
	for (int i = 0; i < t->chunk_count; i++) {
		struct chunk *k = &t->chunks[i];

		g_array_set_size(k->input, 0);
		g_array_set_size(k->target, 0);
		g_array_set_size(k->weight, 0);
		for (int s = 0; s < CHUNK_STORIES; s++) {
			uint64_t index = ((uint64_t)step * t->chunk_count + i) * CHUNK_STORIES + s;
			struct corpus_story *story = corpus_story_create(CORPUS_TRAIN, t->recipe->seed, index);

			lesson_encode(&l, t->bpe, story);
			k->start[s] = k->input->len;
			g_array_append_vals(k->input, l.ids->data, l.ids->len - 1);
			g_array_append_vals(k->target, l.ids->data + sizeof(int), l.ids->len - 1);
			for (guint i = 0; i + 1 < l.ids->len; i++)
				g_array_append_val(k->weight, plain);
			/* The target at i is token i + 1. */
			t->batch_weight += (double)(l.ids->len - 1);
			for (int i = 0; i < story->word_count; i++)
				if (story->words[i].follows) {
					int at = k->start[s] + g_array_index(l.word_at, int, i) - 1;

					g_array_index(k->weight, real, at) = emphasis;
					t->batch_weight += (double)(emphasis - plain);
				}
			corpus_story_destroy(story);
		}
		k->start[CHUNK_STORIES] = k->input->len;
		t->tokens_seen += k->input->len;
	}
	lesson_finish(&l);
}

static void *work_on_chunks(void *data)
{
	struct hand *hand = data;
	struct training *t = hand->training;
	int i;

	while ((i = g_atomic_int_add(&t->next_chunk, 1)) < t->chunk_count) {
		struct chunk *k = &t->chunks[i];
		struct model_batch batch = { CHUNK_STORIES, k->start, (int *)(void *)k->input->data,
					     (int *)(void *)k->target->data, (real *)(void *)k->weight->data };

		memset(k->grads, 0, t->count * sizeof *k->grads);
		k->loss = model_loss(t->works[hand->index], t->params, k->grads, &batch, (real)(1 / t->batch_weight));
	}
	return NULL;
}

/* Runs work(&hands[i]) on every thread. The hands share what is to be done by counting up in the training. */
static void with_all_hands(struct training *t, void *(*work)(void *hand))
{
	struct hand hands[MOST_THREADS];
	GThread *threads[MOST_THREADS];

	for (int i = 0; i < t->recipe->threads; i++) {
		hands[i] = (struct hand){ t, i };
		if (i)
			threads[i] = g_thread_new("train", work, &hands[i]);
	}
	work(&hands[0]);
	for (int i = 1; i < t->recipe->threads; i++)
		g_thread_join(threads[i]);
}

/* The mean loss; the gradient is in t->grads. */
static double batch_gradient(struct training *t)
{
	double loss = 0;

	t->next_chunk = 0;
	with_all_hands(t, work_on_chunks);
	memset(t->grads, 0, t->count * sizeof *t->grads);
	for (int i = 0; i < t->chunk_count; i++) {
		const real *from = t->chunks[i].grads;

		loss += t->chunks[i].loss;
		for (size_t j = 0; j < t->count; j++)
			t->grads[j] += from[j];
	}
	return loss / t->batch_weight;
}

/* The share of the highest rate: up in a straight line for `warmup` steps, level, down in a straight line for the last
 * `cool`. Until those, nothing depends on how many steps there will be. */
static double share_at(const struct recipe *r, int step)
{
	return MIN(MIN(1, (double)(step + 1) / MAX(r->warmup, 1)), (double)(r->steps - step) / MAX(r->cool, 1));
}

static void *work_on_blocks(void *data)
{
	struct hand *hand = data;
	struct training *t = hand->training;
	double pace = t->recipe->pace * share_at(t->recipe, t->step);
	int i;

	while ((i = g_atomic_int_add(&t->next_block, 1)) < (int)t->blocks->len)
		muon_step(t->rooms[hand->index], &g_array_index(t->blocks, struct muon_block, i), t->params, t->grads, t->mean,
			  (real)pace, (real)(1 - pace * t->recipe->decay));
	return NULL;
}

/* AdamW: the decay shrinks the weight itself and does not pass through the moments. */
static void update_others(struct training *t)
{
	double rate = t->recipe->rate * share_at(t->recipe, t->step);
	double debias = sqrt(1 - pow(BETA_2, t->step + 1));
	real keep = (real)(1 - rate * t->recipe->decay);
	real stride = (real)(rate * debias / (1 - pow(BETA_1, t->step + 1)));
	real floor = (real)(ADAM_EPSILON * debias);

	for (size_t i = 0; i < t->count; i++) {
		if (t->hidden[i])
			continue;

		real g = t->grads[i];

		t->mean[i] = (real)BETA_1 * t->mean[i] + (real)(1 - BETA_1) * g;
		t->square[i] = (real)BETA_2 * t->square[i] + (real)(1 - BETA_2) * g * g;
		t->params[i] = (t->decays[i] ? keep : 1) * t->params[i] -
			       stride * t->mean[i] / ((real)sqrt((double)t->square[i]) + floor);
	}
}

/* Returns the gradient's norm before clipping. */
static double update(struct training *t)
{
	double norm = 0;

	for (size_t i = 0; i < t->count; i++)
		norm += (double)t->grads[i] * (double)t->grads[i];
	norm = sqrt(norm);
	if (norm > CLIP_NORM)
		for (size_t i = 0; i < t->count; i++)
			t->grads[i] *= (real)(CLIP_NORM / norm);
	t->next_block = 0;
	with_all_hands(t, work_on_blocks);
	update_others(t);
	return norm;
}

/* --- the run --------------------------------------------------------------------------------------------------- */

/* Every word that starts a sentence might start a prompt, where no space comes before it. */
static void add_sentence_starts(GHashTable *pieces, const char *text)
{
	for (const char *p = text; (p = strchr(p, ' ')); p++)
		if (g_ascii_isupper(p[1])) {
			char *word = g_strndup(p + 1, strcspn(p + 1, " ,.?'"));

			bpe_pieces_add(pieces, word);
			g_free(word);
		}
}

static struct bpe *learn_tokens(int seed)
{
	GHashTable *pieces = bpe_pieces_create();

	for (int i = 0; i < BPE_STORIES; i++) {
		struct corpus_story *s = corpus_story_create(CORPUS_TRAIN, seed, i);

		bpe_pieces_add(pieces, s->text);
		add_sentence_starts(pieces, s->text);
		corpus_story_destroy(s);
	}

	struct bpe *b = bpe_learn(pieces, BPE_MOST);
	GHashTableIter iter;
	gpointer piece;
	int split = 0;

	g_hash_table_iter_init(&iter, pieces);
	while (g_hash_table_iter_next(&iter, &piece, NULL)) {
		GArray *ids = g_array_new(FALSE, FALSE, sizeof(int));

		bpe_encode(b, piece, ids, NULL);
		split += ids->len != 1;
		g_array_unref(ids);
	}
	printf("%u different pieces, %d tokens, %d pieces of more than one token\n", g_hash_table_size(pieces), bpe_size(b),
	       split);
	g_hash_table_unref(pieces);
	return b;
}

/* "Mia" at the start of a story and " Mia" inside it are two tokens of one meaning, which the model cannot know: it
 * would have to learn each of the sixteen names twice. The two embeddings therefore start out alike, though not equal.
 * */
static void bring_twins_together(struct training *t)
{
	const real shared = (real)0.9, own = (real)0.436; /* squares add up to 1 */
	int width = t->config.width;

	for (int spaced = 0; spaced < bpe_size(t->bpe); spaced++) {
		int length, plain_length;
		const char *bytes = bpe_bytes(t->bpe, spaced, &length);

		for (int plain = 0; length > 1 && *bytes == ' ' && plain < bpe_size(t->bpe); plain++) {
			const char *plain_bytes = bpe_bytes(t->bpe, plain, &plain_length);

			if (plain_length != length - 1 || memcmp(plain_bytes, bytes + 1, plain_length))
				continue;

			real *to = t->params + (size_t)plain * width, *from = t->params + (size_t)spaced * width;

			for (int i = 0; i < width; i++)
				to[i] = shared * from[i] + own * to[i];
		}
	}
}

/* The layers' matrices are Muon's. Query, key and value lie side by side in one tensor and are three matrices. */
static void find_blocks(struct training *t)
{
	t->blocks = g_array_new(FALSE, FALSE, sizeof(struct muon_block));
	for (int i = 0; i < model_tensor_count(&t->config); i++) {
		struct model_tensor tensor = model_tensor_at(&t->config, i);
		bool hidden = tensor.rows && g_str_has_prefix(tensor.name, "h.");
		int parts = strstr(tensor.name, "c_attn") ? 3 : 1, cols = tensor.cols / parts;

		memset(t->decays + tensor.offset, tensor.decays, tensor.count);
		memset(t->hidden + tensor.offset, hidden, tensor.count);
		for (int part = 0; hidden && part < parts; part++) {
			struct muon_block block = { tensor.offset + (size_t)part * cols, tensor.rows, cols, tensor.cols };

			g_array_append_val(t->blocks, block);
		}
	}
}

static void training_init(struct training *t, const struct recipe *r)
{
	t->recipe = r;
	t->bpe = learn_tokens(r->seed);
	t->config = (struct model_config){
		.layers = 4, .heads = 4, .width = 128, .context = 128, .vocab = bpe_size(t->bpe)
	};
	t->count = model_parameter_count(&t->config);
	t->params = g_new(real, t->count);
	t->grads = g_new(real, t->count);
	t->mean = g_new0(real, t->count);
	t->square = g_new0(real, t->count);
	t->decays = g_new(bool, t->count);
	t->hidden = g_new(bool, t->count);
	model_init(&t->config, t->params, r->seed);
	bring_twins_together(t);
	find_blocks(t);
	t->chunk_count = r->batch / CHUNK_STORIES;
	t->chunks = g_new0(struct chunk, t->chunk_count);
	for (int i = 0; i < t->chunk_count; i++) {
		t->chunks[i].input = g_array_new(FALSE, FALSE, sizeof(int));
		t->chunks[i].target = g_array_new(FALSE, FALSE, sizeof(int));
		t->chunks[i].weight = g_array_new(FALSE, FALSE, sizeof(real));
		t->chunks[i].grads = g_new(real, t->count);
	}
	for (int i = 0; i < r->threads; i++) {
		t->works[i] = model_work_create(&t->config, CHUNK_STORIES * (CORPUS_LONGEST + 1));
		t->rooms[i] = muon_room_create(4 * t->config.width * t->config.width, t->config.width);
	}
}

static void training_finish(struct training *t)
{
	for (int i = 0; i < t->recipe->threads; i++) {
		model_work_destroy(t->works[i]);
		muon_room_destroy(t->rooms[i]);
	}
	for (int i = 0; i < t->chunk_count; i++) {
		g_array_unref(t->chunks[i].input);
		g_array_unref(t->chunks[i].target);
		g_array_unref(t->chunks[i].weight);
		g_free(t->chunks[i].grads);
	}
	g_free(t->chunks);
	g_free(t->params);
	g_free(t->grads);
	g_free(t->mean);
	g_free(t->square);
	g_free(t->decays);
	g_free(t->hidden);
	g_array_unref(t->blocks);
	bpe_destroy(t->bpe);
}

static bool save(const struct training *t, int steps, GError **error)
{
	const struct recipe *r = t->recipe;
	char *values[] = { g_strdup_printf("%d", steps),	   g_strdup_printf("%d", r->batch),
			   g_strdup_printf("%ld", t->tokens_seen), g_strdup_printf("%g", r->rate),
			   g_strdup_printf("%d", r->warmup),	   g_strdup_printf("%g", r->decay),
			   g_strdup_printf("%d", r->seed),	   g_strdup_printf("%g", r->emphasis),
			   g_strdup_printf("%g", r->pace),	   g_strdup_printf("%d", r->plain),
			   g_strdup_printf("%d", r->cool) };
	const char *notes[] = { "steps",   values[0], "batch",	values[1], "tokens", values[2], "rate", values[3],
				"warmup", values[4], "decay", values[5], "seed",	 values[6], "emphasis", values[7],
				"pace", values[8], "plain", values[9], "cool", values[10], NULL };
	bool fine = bpe_write(t->bpe, r->folder, error) && store_write(r->folder, &t->config, t->params, notes, error);

	for (size_t i = 0; i < G_N_ELEMENTS(values); i++)
		g_free(values[i]);
	return fine;
}

/* All that a step leaves to the next: a run that goes on from it writes what one without a break would have written. */
struct state_head {
	gint64 step, tokens_seen, count;
};

static char *state_path(const struct recipe *r)
{
	return g_build_filename(r->folder, "state", NULL);
}

static bool save_state(const struct training *t, int steps, GError **error)
{
	struct state_head head = { steps, t->tokens_seen, (gint64)t->count };
	const real *parts[] = { t->params, t->mean, t->square };
	GByteArray *bytes = g_byte_array_new();
	char *path = state_path(t->recipe);

	g_byte_array_append(bytes, (const guint8 *)&head, sizeof head);
	for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
		g_byte_array_append(bytes, (const guint8 *)parts[i], t->count * sizeof(real));

	bool fine = g_file_set_contents(path, (const char *)bytes->data, bytes->len, error);

	g_byte_array_unref(bytes);
	g_free(path);
	return fine;
}

/* The step to go on with, or -1. */
static int load_state(struct training *t, GError **error)
{
	real *parts[] = { t->params, t->mean, t->square };
	size_t part_bytes = t->count * sizeof(real);
	struct state_head head = { 0 };
	char *path = state_path(t->recipe), *bytes = NULL;
	gsize length = 0;
	int step = -1;

	if (!g_file_get_contents(path, &bytes, &length, error))
		goto out;
	if (length >= sizeof head)
		memcpy(&head, bytes, sizeof head);
	if (length != sizeof head + G_N_ELEMENTS(parts) * part_bytes || head.count != (gint64)t->count) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s: must hold the state of a model with %zu parameters",
			    path, t->count);
		goto out;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
		memcpy(parts[i], bytes + sizeof head + i * part_bytes, part_bytes);
	t->tokens_seen = head.tokens_seen;
	step = (int)head.step;
out:
	g_free(path);
	g_free(bytes);
	return step;
}

static void show_progress(const struct training *t, int step, double loss, double norm, double rate_hz)
{
	printf("step %5d  loss %.4f  norm %.2f  share %.3f  %.0f tokens/s", step, loss, norm,
	       share_at(t->recipe, step - 1), rate_hz);
	if (step % SAVE_STEPS == 0) {
		struct eval_report r =
			eval_measure(&t->config, t->params, t->bpe, CORPUS_HELD, t->recipe->seed + 1, PROGRESS_STORIES);

		printf("  measured %.4f", r.loss / (double)r.tokens);
		for (int kind = 0; kind < CORPUS_KINDS; kind++)
			printf("  %s %.3f", corpus_kind_name(kind), eval_kind_recall(&r, kind));
	}
	printf("\n");
	fflush(stdout);
}

static bool train(const struct recipe *r, GError **error)
{
	struct training t = { 0 };
	bool fine = true;
	gint64 since = g_get_monotonic_time();
	int step = 0;
	double loss = 0;

	training_init(&t, r);
	printf("%zu parameters\n", t.count);
	if (r->resume)
		fine = (step = load_state(&t, error)) >= 0;

	long counted = t.tokens_seen;

	for (; step < r->steps && fine; step++) {
		t.step = step;
		fill_chunks(&t, step);
		loss += batch_gradient(&t);

		double norm = update(&t);

		if ((step + 1) % PROGRESS_STEPS == 0) {
			double elapsed_s = (double)(g_get_monotonic_time() - since) * 1e-6;

			show_progress(&t, step + 1, loss / PROGRESS_STEPS, norm, (double)(t.tokens_seen - counted) / elapsed_s);
			loss = 0;
			counted = t.tokens_seen;
			since = g_get_monotonic_time();
		}
		if ((step + 1) % SAVE_STEPS == 0 || step + 1 == r->steps)
			fine = save(&t, step + 1, error) && save_state(&t, step + 1, error);
	}
	training_finish(&t);
	return fine;
}

static void show_stories(int count, int seed)
{
	for (int i = 0; i < count; i++) {
		struct corpus_story *s = corpus_story_create(CORPUS_TRAIN, seed, i);

		printf("%s\n", s->text);
		corpus_story_destroy(s);
	}
}

int main(int argc, char **argv)
{
	struct recipe r = { .steps = 22000, .plain = 3000, .cool = 15000, .batch = 32, .warmup = 100, .threads = 2,
			    .seed = 7, .rate = 3e-3, .pace = 6e-4, .decay = 0.05, .emphasis = 3 };
	char *eval_folder = NULL, *prompt = NULL;
	gboolean check = FALSE;
	char *marked = NULL;
	int stories = 0, marks = 0, prompt_steps = 6;
	GError *error = NULL;
	const GOptionEntry options[] = {
		{ "out", 0, 0, G_OPTION_ARG_FILENAME, &r.folder, "train, and write the model into this folder", "DIR" },
		{ "steps", 0, 0, G_OPTION_ARG_INT, &r.steps, "optimiser steps", "N" },
		{ "plain", 0, 0, G_OPTION_ARG_INT, &r.plain, "the last steps, without emphasis", "N" },
		{ "cool", 0, 0, G_OPTION_ARG_INT, &r.cool, "the last steps, in which the rates fall to nothing", "N" },
		{ "resume", 0, 0, G_OPTION_ARG_NONE, &r.resume, "go on from the state in the folder", NULL },
		{ "batch", 0, 0, G_OPTION_ARG_INT, &r.batch, "stories a step, a multiple of 8", "N" },
		{ "rate", 0, 0, G_OPTION_ARG_DOUBLE, &r.rate, "the highest learning rate of AdamW", "X" },
		{ "pace", 0, 0, G_OPTION_ARG_DOUBLE, &r.pace, "the highest step of Muon", "X" },
		{ "decay", 0, 0, G_OPTION_ARG_DOUBLE, &r.decay, "weight decay", "X" },
		{ "emphasis", 0, 0, G_OPTION_ARG_DOUBLE, &r.emphasis, "weight in the loss of a word that follows", "X" },
		{ "warmup", 0, 0, G_OPTION_ARG_INT, &r.warmup, "steps until the highest rate", "N" },
		{ "seed", 0, 0, G_OPTION_ARG_INT, &r.seed, "of weights and stories", "N" },
		{ "threads", 0, 0, G_OPTION_ARG_INT, &r.threads, "the result does not depend on it", "N" },
		{ "eval", 0, 0, G_OPTION_ARG_FILENAME, &eval_folder, "measure the model in this folder", "DIR" },
		{ "prompt", 0, 0, G_OPTION_ARG_STRING, &prompt, "with --eval: continue this instead", "TEXT" },
		{ "prompt-steps", 0, 0, G_OPTION_ARG_INT, &prompt_steps, "tokens to add", "N" },
		{ "gradcheck", 0, 0, G_OPTION_ARG_NONE, &check, "compare the gradient with finite differences", NULL },
		{ "stories", 0, 0, G_OPTION_ARG_INT, &stories, "print the first stories of the corpus", "N" },
		{ "marks", 0, 0, G_OPTION_ARG_INT, &marks, "print held-out stories with what refers to what, as JSON", "N" },
		{ "check-marks", 0, 0, G_OPTION_ARG_FILENAME, &marked, "look whether such a file's marks hold", "FILE" },
		{ NULL },
	};
	GOptionContext *context = g_option_context_new("- train the film model and measure it");
	bool fine;

	g_option_context_add_main_entries(context, options, NULL);
	fine = g_option_context_parse(context, &argc, &argv, &error);
	if (fine && (r.batch < CHUNK_STORIES || r.batch % CHUNK_STORIES || r.steps < 1 || r.warmup < 0 || r.threads < 1 ||
		     r.threads > MOST_THREADS)) {
		g_set_error(&error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
			    "--batch must be a multiple of %d, --threads 1 to %d, --steps at least 1", CHUNK_STORIES, MOST_THREADS);
		fine = false;
	}
	if (!fine) {
		fprintf(stderr, "train: %s\n", error->message);
		g_error_free(error);
		g_option_context_free(context);
		return 2;
	}

	if (check)
		fine = gradcheck_run();
	else if (stories)
		show_stories(stories, r.seed);
	else if (marks)
		marks_print(marks, r.seed);
	else if (marked)
		fine = marks_check(marked, &error);
	else if (eval_folder)
		fine = prompt ? eval_prompt(eval_folder, prompt, prompt_steps, &error) : eval_page(eval_folder, &error);
	else if (r.folder)
		fine = train(&r, &error);
	else
		fprintf(stderr, "%s", g_option_context_get_help(context, TRUE, NULL));

	if (error)
		fprintf(stderr, "train: %s\n", error->message);
	g_clear_error(&error);
	g_option_context_free(context);
	g_free(r.folder);
	g_free(eval_folder);
	g_free(prompt);
	g_free(marked);
	return fine ? 0 : 1;
}
