/* Held-out stories with what refers to what, as JSON: the ground truth by which kvreel measures what a head looks at.
 *
 *     { "about": "...", "stories": [ { "text": "...",
 *                                      "references": [[w0, w1, [[a0, a1], ...]], ...],
 *                                      "verbs": [[v0, v1, s0, s1], ...] }, ... ] }
 *
 * All numbers are bytes of the text, from the first of a word to the one after its last. A reference is a name, colour,
 * object or place that follows from the story so far, with every earlier mention of the same one in their order. A verb
 * is finite and comes with the head word of its subject. Both are known from the grammar's patterns; nothing is
 * guessed.
 */
#ifndef TRAIN_MARKS_H
#define TRAIN_MARKS_H

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

/* Stories 0 .. stories - 1 of the split that training never sees, on standard output. */
void marks_print(int stories, uint64_t seed);

/* Reads such a file and looks whether its marks hold on the text alone: places are whole words; antecedents are all the
 * earlier mentions of the word, in order, and there is one at least; a verb is no name, and its subject stands in the
 * verb's own sentence. */
bool marks_check(const char *path, GError **error);

#endif
