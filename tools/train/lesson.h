/* A story as the model meets it: tokens with the end of text after them, and where the marked words ended up. */
#ifndef TRAIN_LESSON_H
#define TRAIN_LESSON_H

#include "bpe.h"
#include "corpus.h"

struct lesson {
	GArray *ids;	  /* int */
	GArray *word_at;  /* int, for each word of the story the index of its token in ids */
	GArray *starts;	  /* int, the byte of the text where each token begins; none for the end */
};

void lesson_init(struct lesson *l);
void lesson_finish(struct lesson *l);

/* Replaces what l held. */
void lesson_encode(struct lesson *l, struct bpe *b, const struct corpus_story *s);

#endif
