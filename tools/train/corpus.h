/* Endless short stories, in which the next word is often one that was said before.
 *
 *     struct corpus_story *s = corpus_story_create(CORPUS_TRAIN, 7, 0);
 *     puts(s->text);    "Mia has a red kite. Tom has a blue cup. Mia likes her red kite."
 *     corpus_story_destroy(s);
 *
 * Names, colours, objects and places are drawn independently, so nothing but the story itself tells that the kite is
 * red. The places where the story does tell are marked as slots, and recall is measured on them.
 */
#ifndef TRAIN_CORPUS_H
#define TRAIN_CORPUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Kinds of story that never meet. One colour of ten of every object is withheld from training: no training story
 * holds such a pair, a "novel" story holds no other, so recall there cannot be memory of the pair. */
enum corpus_split {
	CORPUS_TRAIN,
	CORPUS_HELD, /* the same kind of story, from another seed */
	CORPUS_NOVEL,
	CORPUS_SPLITS
};

enum corpus_kind {
	CORPUS_NAME,
	CORPUS_COLOUR,
	CORPUS_OBJECT,
	CORPUS_PLACE,
	CORPUS_PRONOUN, /* his, her, He, She: not a repetition, but fixed by the name */
	CORPUS_KINDS
};

/* A name, colour, object, place or pronoun of the story. */
struct corpus_word {
	enum corpus_kind kind;
	bool follows;  /* a slot: the word follows from what was said before it */
	int referent;  /* words of one kind with one referent speak of the same person, thing or place */
	size_t offset; /* first letter of the word in the text */
	size_t length;
};

/* A finite verb and the head word of its subject, as places in the text. */
struct corpus_verb {
	size_t offset, length;
	size_t subject, subject_length;
};

enum { CORPUS_LONGEST = 126 }; /* words and punctuation marks; each becomes one token */

struct corpus_story {
	char *text;
	struct corpus_word *words; /* in the order of the text */
	int word_count;
	struct corpus_verb *verbs; /* in the order of the text */
	int verb_count;
	int piece_count; /* words and punctuation marks */
};

/* Story `index` of the split's endless series. Free it with corpus_story_destroy. */
struct corpus_story *corpus_story_create(enum corpus_split split, uint64_t seed, uint64_t index);
void corpus_story_destroy(struct corpus_story *s);

const char *corpus_kind_name(enum corpus_kind kind);

#endif
