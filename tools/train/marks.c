/* Writing the marks down, and reading them back with other eyes: the check knows the text and no grammar. */
#include "marks.h"

#include <stdio.h>
#include <string.h>

#include <json-glib/json-glib.h>

#include "corpus.h"

/* --- writing --------------------------------------------------------------------------------------------------- */

/* Colours and objects differ within a story, so what has one kind and one referent is one word said again. */
static void print_reference(const struct corpus_story *s, int at)
{
	const struct corpus_word *word = &s->words[at];
	const char *gap = "";

	printf("[%zu,%zu,[", word->offset, word->offset + word->length);
	for (int i = 0; i < at; i++)
		if (s->words[i].kind == word->kind && s->words[i].referent == word->referent) {
			printf("%s[%zu,%zu]", gap, s->words[i].offset, s->words[i].offset + s->words[i].length);
			gap = ",";
		}
	printf("]]");
}

static void print_story(const struct corpus_story *s)
{
	const char *gap = "";

	printf("{\"text\":\"%s\",\n\"references\":[", s->text);
	for (int i = 0; i < s->word_count; i++)
		if (s->words[i].follows && s->words[i].kind != CORPUS_PRONOUN) {
			printf("%s", gap);
			print_reference(s, i);
			gap = ",";
		}
	printf("],\n\"verbs\":[");
	for (int i = 0; i < s->verb_count; i++) {
		const struct corpus_verb *v = &s->verbs[i];

		printf("%s[%zu,%zu,%zu,%zu]", i ? "," : "", v->offset, v->offset + v->length, v->subject,
		       v->subject + v->subject_length);
	}
	printf("]}");
}

void marks_print(int stories, uint64_t seed)
{
	printf("{\"about\":\"Stories that data/models/tale was not trained on, printed by train --marks %d. All numbers are "
	       "bytes of the text, from a word's first to the one after its last. references: a word that follows from the "
	       "story so far, and every earlier mention of the same. verbs: a finite verb, then the head word of its "
	       "subject.\",\n\"stories\":[\n",
	       stories);
	for (int i = 0; i < stories; i++) {
		struct corpus_story *s = corpus_story_create(CORPUS_HELD, seed, i);

		print_story(s);
		printf("%s\n", i + 1 < stories ? "," : "");
		corpus_story_destroy(s);
	}
	printf("]}\n");
}

/* --- checking -------------------------------------------------------------------------------------------------- */

/* Where in the file one is: for messages and for the text's limits. */
struct reader {
	const char *path, *text;
	int story, length;
	GError **error;
};

static bool G_GNUC_PRINTF(3, 4) insist(const struct reader *r, bool holds, const char *format, ...)
{
	va_list list;

	if (holds)
		return true;
	va_start(list, format);

	char *what = g_strdup_vprintf(format, list);

	va_end(list);
	g_set_error(r->error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s: story %d: %s", r->path, r->story, what);
	g_free(what);
	return false;
}

static bool is_whole_word(const struct reader *r, int from, int to)
{
	if (from < 0 || to <= from || to > r->length)
		return false;
	for (int i = from; i < to; i++)
		if (!g_ascii_isalpha(r->text[i]))
			return false;
	return (!from || !g_ascii_isalpha(r->text[from - 1])) && !g_ascii_isalpha(r->text[to]);
}

static bool same_word(const struct reader *r, int a0, int a1, int b0, int b1)
{
	return a1 - a0 == b1 - b0 && !memcmp(r->text + a0, r->text + b0, a1 - a0);
}

/* How often the word at from .. to stands before it. */
static int count_before(const struct reader *r, int from, int to)
{
	int count = 0;

	for (int i = 0; i < from; i++)
		count += is_whole_word(r, i, i + to - from) && same_word(r, i, i + to - from, from, to);
	return count;
}

static int number_at(JsonArray *array, guint index)
{
	return index < json_array_get_length(array) ? (int)json_array_get_int_element(array, index) : -1;
}

static bool reference_holds(const struct reader *r, JsonArray *reference)
{
	int from = number_at(reference, 0), to = number_at(reference, 1), last = -1;

	if (!insist(r, json_array_get_length(reference) == 3 && is_whole_word(r, from, to),
		    "a reference must be [first, after last, antecedents] of a whole word, and not [%d, %d, ...]", from, to))
		return false;

	if (!insist(r, JSON_NODE_HOLDS_ARRAY(json_array_get_element(reference, 2)), "antecedents must be a list"))
		return false;

	JsonArray *antecedents = json_array_get_array_element(reference, 2);
	guint count = json_array_get_length(antecedents);

	if (!insist(r, count > 0 && (int)count == count_before(r, from, to),
		    "the word at [%d, %d] was said %d times before and has %u antecedents; it must have each of them, and one "
		    "at least",
		    from, to, count_before(r, from, to), count))
		return false;
	for (guint i = 0; i < count; i++) {
		JsonArray *pair = json_array_get_array_element(antecedents, i);
		int a0 = number_at(pair, 0), a1 = number_at(pair, 1);

		if (!insist(r, is_whole_word(r, a0, a1) && a1 <= from && a0 > last && same_word(r, a0, a1, from, to),
			    "the antecedent [%d, %d] of [%d, %d] must be an earlier mention of the same word, after the one "
			    "before it",
			    a0, a1, from, to))
			return false;
		last = a0;
	}
	return true;
}

static bool verb_holds(const struct reader *r, JsonArray *verb)
{
	int v0 = number_at(verb, 0), v1 = number_at(verb, 1), s0 = number_at(verb, 2), s1 = number_at(verb, 3);

	if (!insist(r, json_array_get_length(verb) == 4 && is_whole_word(r, v0, v1) && is_whole_word(r, s0, s1) && v0 != s0,
		    "a verb must be [first, after last, subject's first, after last] of two whole words, and not [%d, %d, "
		    "%d, %d]",
		    v0, v1, s0, s1))
		return false;
	if (!insist(r, g_ascii_islower(r->text[v0]), "the verb [%d, %d] must begin with a small letter", v0, v1))
		return false;
	for (int i = MIN(v0, s0); i < MAX(v0, s0); i++)
		if (!insist(r, !strchr(".?", r->text[i]),
			    "the verb [%d, %d] and its subject [%d, %d] must stand in one sentence", v0, v1, s0, s1))
			return false;
	return true;
}

static bool all_hold(const struct reader *r, JsonArray *marks, bool (*holds)(const struct reader *r, JsonArray *mark))
{
	for (guint i = 0; i < json_array_get_length(marks); i++)
		if (!holds(r, json_array_get_array_element(marks, i)))
			return false;
	return true;
}

/* The story's list of that name, of which each element is a list too; or NULL. */
static JsonArray *marks_of(const struct reader *r, JsonNode *story, const char *name)
{
	JsonObject *object = JSON_NODE_HOLDS_OBJECT(story) ? json_node_get_object(story) : NULL;
	JsonNode *list = object ? json_object_get_member(object, name) : NULL;
	bool fine = list && JSON_NODE_HOLDS_ARRAY(list);

	for (guint i = 0; fine && i < json_array_get_length(json_node_get_array(list)); i++)
		fine = JSON_NODE_HOLDS_ARRAY(json_array_get_element(json_node_get_array(list), i));
	return insist(r, fine, "\"%s\" must be a list of lists", name) ? json_node_get_array(list) : NULL;
}

static bool story_holds(struct reader *r, JsonNode *story, int *references, int *verbs)
{
	JsonArray *reference_list = marks_of(r, story, "references");
	JsonArray *verb_list = reference_list ? marks_of(r, story, "verbs") : NULL;

	if (!verb_list)
		return false;
	r->text = json_object_get_string_member_with_default(json_node_get_object(story), "text", NULL);
	if (!insist(r, r->text, "\"text\" must be a string"))
		return false;
	r->length = (int)strlen(r->text);
	*references += (int)json_array_get_length(reference_list);
	*verbs += (int)json_array_get_length(verb_list);
	return all_hold(r, reference_list, reference_holds) && all_hold(r, verb_list, verb_holds);
}

/* Moves one number of a mark by one and wants to be told. */
static bool spoiling_is_noticed(const struct reader *r, JsonArray *mark, JsonArray *part, guint index,
				bool (*holds)(const struct reader *r, JsonArray *mark))
{
	GError *told = NULL;
	struct reader deaf = *r;
	gint64 was = json_array_get_int_element(part, index);
	bool noticed;

	deaf.error = &told;
	json_array_remove_element(part, index);
	json_array_add_int_element(part, was + 1);
	noticed = !holds(&deaf, mark);
	g_clear_error(&told);
	return insist(r, noticed, "a mark that was spoiled on purpose went unnoticed");
}

/* A check that cannot fail proves nothing: of the first story with references, the last number of a verb and of an
 * antecedent. */
static bool check_can_fail(struct reader *r, JsonArray *stories)
{
	for (r->story = 0; r->story < (int)json_array_get_length(stories); r->story++) {
		JsonObject *story = json_array_get_object_element(stories, r->story);
		JsonArray *references = json_object_get_array_member(story, "references");

		if (!json_array_get_length(references) ||
		    !json_array_get_length(json_object_get_array_member(story, "verbs")))
			continue;
		r->text = json_object_get_string_member(story, "text");
		r->length = (int)strlen(r->text);

		JsonArray *verb = json_array_get_array_element(json_object_get_array_member(story, "verbs"), 0);
		JsonArray *reference = json_array_get_array_element(references, 0);
		JsonArray *antecedent = json_array_get_array_element(json_array_get_array_element(reference, 2), 0);

		return spoiling_is_noticed(r, verb, verb, 3, verb_holds) &&
		       spoiling_is_noticed(r, reference, antecedent, 1, reference_holds);
	}
	return insist(r, false, "no story has both references and verbs");
}

static JsonArray *stories_of(const char *path, JsonParser *parser, GError **error)
{
	JsonNode *root = json_parser_get_root(parser);
	JsonObject *object = root && JSON_NODE_HOLDS_OBJECT(root) ? json_node_get_object(root) : NULL;
	JsonNode *stories = object ? json_object_get_member(object, "stories") : NULL;

	if (stories && JSON_NODE_HOLDS_ARRAY(stories))
		return json_node_get_array(stories);
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s: must be an object with a list \"stories\"", path);
	return NULL;
}

bool marks_check(const char *path, GError **error)
{
	struct reader r = { .path = path, .error = error };
	JsonParser *parser = json_parser_new();
	JsonArray *stories = json_parser_load_from_file(parser, path, error) ? stories_of(path, parser, error) : NULL;
	bool fine = stories;
	int references = 0, verbs = 0;

	for (; fine && r.story < (int)json_array_get_length(stories); r.story++)
		fine = story_holds(&r, json_array_get_element(stories, r.story), &references, &verbs);
	fine = fine && check_can_fail(&r, stories);
	if (fine)
		printf("%s: %u stories, %d references, %d verbs: all marks hold\n", path, json_array_get_length(stories),
		       references, verbs);
	g_object_unref(parser);
	return fine;
}
