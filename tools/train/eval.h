/* How well does it recall? Loss and the share of marked words that the model puts first, by kind and by distance. */
#ifndef TRAIN_EVAL_H
#define TRAIN_EVAL_H

#include "bpe.h"
#include "corpus.h"
#include "model.h"

/* The distance of a slot is the number of tokens back to the last time that its word was said. */
enum { EVAL_BUCKETS = 7, EVAL_BUCKET_TOKENS = 10, EVAL_SURENESS = 10 }; /* 0-9, 10-19, ..., 60 and more */

struct eval_report {
	double loss;	 /* nats, summed */
	long tokens;	 /* predicted */
	long asked[CORPUS_KINDS][EVAL_BUCKETS];
	long right[CORPUS_KINDS][EVAL_BUCKETS]; /* the word was the most probable token of the whole vocabulary */
	/* Of all tokens, by the probability of the most probable one: how often it came, and its probabilities summed. */
	long guessed[EVAL_SURENESS], came[EVAL_SURENESS];
	double promised[EVAL_SURENESS];
};

/* Stories 0 .. stories - 1 of the split. */
struct eval_report eval_measure(const struct model_config *c, const real *params, struct bpe *b, enum corpus_split split,
				uint64_t seed, int stories);

/* right / asked over the buckets from `from` on and over name, colour, object and place; 1 if nothing was asked. */
double eval_recall(const struct eval_report *r, int from);
double eval_kind_recall(const struct eval_report *r, enum corpus_kind kind);

/* The page about the model in the folder, as Markdown on standard output: all of it measured on the file as stored. */
bool eval_page(const char *folder, GError **error);

/* The prompt, and for each of `steps` greedy steps the five most probable tokens. */
bool eval_prompt(const char *folder, const char *prompt, int steps, GError **error);

#endif
