/* From the story's bytes to the tokens' indices. A marked word begins at a byte; its token begins there, or at the
 * space before. */
#include "lesson.h"

void lesson_init(struct lesson *l)
{
	l->ids = g_array_new(FALSE, FALSE, sizeof(int));
	l->word_at = g_array_new(FALSE, FALSE, sizeof(int));
	l->starts = g_array_new(FALSE, FALSE, sizeof(int));
}

void lesson_finish(struct lesson *l)
{
	g_array_unref(l->ids);
	g_array_unref(l->word_at);
	g_array_unref(l->starts);
}

void lesson_encode(struct lesson *l, struct bpe *b, const struct corpus_story *s)
{
	int end = bpe_end(b), at = 0;

	g_array_set_size(l->ids, 0);
	g_array_set_size(l->word_at, 0);
	g_array_set_size(l->starts, 0);
	bpe_encode(b, s->text, l->ids, l->starts);
	for (int i = 0; i < s->word_count; i++) {
		while (at + 1 < (int)l->starts->len && g_array_index(l->starts, int, at + 1) <= (int)s->words[i].offset)
			at++;
		g_array_append_val(l->word_at, at);
	}
	g_array_append_val(l->ids, end);
}
