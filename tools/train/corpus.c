/* The grammar of the stories: a small world, acts that change it, and sentences that tell what is now so.
 *
 * A story has two to four people and up to four things. A thing has a colour and is held by somebody or lies in a
 * place. Each sentence is an act: it introduces a thing, moves one, or tells (or asks and answers) something that is
 * already known. An act is a function that looks whether the world allows it, picks a pattern from its list, and
 * changes the world.
 *
 * Patterns are plain text with casts in braces:
 *
 *     {n} {m}   the names of the actor and of the other         {c} {o}   colour and object of the thing
 *     {h} {k}   the actor's and the other's his/her             {d} {e}   colour and object of the second thing
 *     {i} {j}   the actor's and the other's him/her             {p} {q}   the place and the other's place
 *     {H}       the actor's He/She                              {v} {w}   its use: "drank" " from"
 *
 * A finite verb stands in brackets. Its subject is the word after the last ^ before it; for [>does] it is the word
 * after the next ^: "What [>does] ^{n} have?".
 *
 * "^{n} [likes] {h!} {c!} {o!}." says with its marks that pronoun, colour and object follow from the story so far. For
 * this to be true, a verb keeps to one meaning: "has a" introduces, "gave the" moves the one thing that the actor holds
 * (or opens a story), "likes" speaks of the only thing held, "went to the" leads to a new place and "is still in the"
 * tells an old one, and "Now" is followed by who just received or came.
 */
#include "corpus.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include <glib.h>

#include "random.h"

static const char *const NAMES[] = { "Mia", "Ana", "Eva", "Lily", "Zoe", "Nora", "Ruth", "Sara",
				     "Tom", "Leo", "Ben", "Max", "Sam", "Jack", "Paul", "Omar" };
enum { GIRLS = 8 };
static const char *const OBJECTS[] = { "kite", "cup",  "book", "ball", "hat", "box",  "key",   "drum",
				       "lamp", "boat", "bell", "coat", "scarf", "ring", "map", "bag",
				       "doll", "flute", "basket", "ribbon", "pen", "clock", "shell", "mug" };
/* What a child does with it: {v} and {w}. */
static const struct {
	const char *verb, *rest;
} USES[] = { { "flew", "" },	{ "drank", " from" }, { "read", "" },	     { "threw", "" },	 { "wore", "" },
	     { "opened", "" },	{ "turned", "" },     { "played", "" },	     { "lit", "" },	 { "sailed", "" },
	     { "rang", "" },	{ "wore", "" },	      { "wore", "" },	     { "wore", "" },	 { "read", "" },
	     { "carried", "" }, { "hugged", "" },     { "played", "" },	     { "carried", "" },	 { "tied", "" },
	     { "wrote", " with" }, { "wound", "" },   { "washed", "" },	     { "drank", " from" } };
G_STATIC_ASSERT(G_N_ELEMENTS(USES) == G_N_ELEMENTS(OBJECTS));
static const char *const COLOURS[] = { "yellow", "red",   "blue", "green", "white",
				       "black",  "brown", "grey", "pink",  "purple" };
static const char *const PLACES[] = { "garden", "kitchen", "park",    "barn",   "school",
				      "house",  "forest",  "library", "market", "tower" };

enum { PEOPLE = 4, THINGS = 4, NOBODY = -1, NOWHERE = -1, NOTHING = -1 };

/* What was already told of a thing or a person; moving makes it news again. */
enum told {
	TOLD_LIKING = 1,
	TOLD_HAVING = 2,
	TOLD_COLOUR = 4,
	TOLD_HOLDER = 8,
	TOLD_GIVER = 16,
	TOLD_PLACE = 32,
	TOLD_LOSS = 64,
};

struct person {
	int name, place; /* place: where the story last said that the person is, or NOWHERE */
	unsigned told;
};

struct thing {
	int colour, object;
	int holder;
	int giver;  /* of a held thing: who gave it to the holder, or NOBODY */
	int place;  /* when nobody holds it */
	int former; /* of a lying thing: who left it there, or NOBODY */
	int since;  /* the act that put it where it is */
	unsigned told;
};

struct tale {
	struct random_state random;
	GString *text;
	GArray *words; /* struct corpus_word */
	GArray *verbs; /* struct corpus_verb */
	struct person people[PEOPLE];
	struct thing things[THINGS];
	int people_count, thing_count, thing_limit;
	int acts;
	int recent_person, recent_thing; /* of the last sentence */
	unsigned passed;		 /* which of the sentences about nothing were said */
	bool (*last)(struct tale *t, enum corpus_split split); /* the act before this one */
};

struct cast {
	int actor, other;  /* into people */
	int thing, second; /* into things */
	int place, there;
};

/* --- the world ------------------------------------------------------------------------------------------------- */

static bool pair_is_withheld(int colour, int object)
{
	return (colour + 3 * object) % (int)G_N_ELEMENTS(COLOURS) == 0;
}

static int held_count(const struct tale *t, int person)
{
	int count = 0;

	for (int i = 0; i < t->thing_count; i++)
		count += t->things[i].holder == person;
	return count;
}

/* The one thing that the person holds, or NOTHING when there are none or several. */
static int only_thing(const struct tale *t, int person)
{
	int found = NOTHING;

	for (int i = 0; i < t->thing_count; i++)
		if (t->things[i].holder == person) {
			if (found != NOTHING)
				return NOTHING;
			found = i;
		}
	return found;
}

/* One of the candidates; the one of the last sentence is less likely, so that stories look further back. */
static int choose(struct tale *t, const int *fit, int fits, int recent)
{
	int chosen = fit[random_below(&t->random, fits)];

	if (chosen == recent && random_below(&t->random, 2))
		chosen = fit[random_below(&t->random, fits)];
	return chosen;
}

/* A random person who holds `count` things and is not `except`, or NOBODY. */
static int some_person(struct tale *t, int count, int except)
{
	int fit[PEOPLE], fits = 0;

	for (int i = 0; i < t->people_count; i++)
		if (i != except && held_count(t, i) == count)
			fit[fits++] = i;
	return fits ? choose(t, fit, fits, t->recent_person) : NOBODY;
}

/* A random person who holds one thing, of which this was not yet told, and is not `except`, or NOBODY. */
static int some_owner(struct tale *t, enum told untold, int except)
{
	int fit[PEOPLE], fits = 0;

	for (int i = 0; i < t->people_count; i++)
		if (i != except && only_thing(t, i) != NOTHING && !(t->things[only_thing(t, i)].told & untold))
			fit[fits++] = i;
	return fits ? choose(t, fit, fits, t->recent_person) : NOBODY;
}

static int some_other(struct tale *t, int except)
{
	return (except + 1 + random_below(&t->random, t->people_count - 1)) % t->people_count;
}

/* A random thing that is held (or lies somewhere) and of which this was not yet told, or NOTHING. */
static int some_thing(struct tale *t, bool held, unsigned untold)
{
	int fit[THINGS], fits = 0;

	for (int i = 0; i < t->thing_count; i++)
		if ((t->things[i].holder != NOBODY) == held && !(t->things[i].told & untold))
			fit[fits++] = i;
	return fits ? choose(t, fit, fits, t->recent_thing) : NOTHING;
}

static int some_place(struct tale *t)
{
	return random_below(&t->random, G_N_ELEMENTS(PLACES));
}

/* A place where the person is not, as far as was told. */
static int new_place(struct tale *t, int person)
{
	int place;

	do
		place = some_place(t);
	while (place == t->people[person].place);
	return place;
}

static void give_thing(struct tale *t, int thing, int holder, int giver)
{
	struct thing *th = &t->things[thing];

	*th = (struct thing){ th->colour, th->object, holder, giver, NOWHERE, NOBODY, t->acts, 0 };
}

static void lay_thing(struct tale *t, int thing, int place)
{
	struct thing *th = &t->things[thing];

	*th = (struct thing){ th->colour, th->object, NOBODY, NOBODY, place, th->holder, t->acts, 0 };
}

static void move_person(struct tale *t, int person, int place)
{
	t->people[person].place = place;
	t->people[person].told = 0;
}

/* Colours and objects differ within a story, or "the red" would not tell which. */
static int new_thing(struct tale *t, enum corpus_split split, int holder, int place)
{
	int colour, object;
	bool taken;

	do {
		colour = random_below(&t->random, G_N_ELEMENTS(COLOURS));
		object = random_below(&t->random, G_N_ELEMENTS(OBJECTS));
		taken = pair_is_withheld(colour, object) != (split == CORPUS_NOVEL);
		for (int i = 0; i < t->thing_count; i++)
			taken |= t->things[i].colour == colour || t->things[i].object == object;
	} while (taken);
	t->things[t->thing_count] = (struct thing){ colour, object, holder, NOBODY, place, NOBODY, t->acts, 0 };
	return t->thing_count++;
}

/* --- saying it ------------------------------------------------------------------------------------------------- */

static const char *his(const struct tale *t, int person)
{
	return t->people[person].name < GIRLS ? "her" : "his";
}

static const char *him(const struct tale *t, int person)
{
	return t->people[person].name < GIRLS ? "her" : "him";
}

/* Fills in kind and referent and returns the text of a cast. */
static const char *cast_word(const struct tale *t, char letter, const struct cast *cast, struct corpus_word *word)
{
	switch (letter) {
	case 'n': word->kind = CORPUS_NAME, word->referent = cast->actor; return NAMES[t->people[cast->actor].name];
	case 'm': word->kind = CORPUS_NAME, word->referent = cast->other; return NAMES[t->people[cast->other].name];
	case 'c': word->kind = CORPUS_COLOUR, word->referent = cast->thing; return COLOURS[t->things[cast->thing].colour];
	case 'd': word->kind = CORPUS_COLOUR, word->referent = cast->second; return COLOURS[t->things[cast->second].colour];
	case 'o': word->kind = CORPUS_OBJECT, word->referent = cast->thing; return OBJECTS[t->things[cast->thing].object];
	case 'e': word->kind = CORPUS_OBJECT, word->referent = cast->second; return OBJECTS[t->things[cast->second].object];
	case 'p': word->kind = CORPUS_PLACE, word->referent = cast->place; return PLACES[cast->place];
	case 'q': word->kind = CORPUS_PLACE, word->referent = cast->there; return PLACES[cast->there];
	default: break;
	}

	word->kind = CORPUS_PRONOUN;
	word->referent = letter == 'k' || letter == 'j' ? cast->other : cast->actor;
	switch (letter) {
	case 'h':
	case 'k': return his(t, word->referent);
	case 'i':
	case 'j': return him(t, word->referent);
	case 'H': return t->people[cast->actor].name < GIRLS ? "She" : "He";
	default: g_error("unknown cast {%c}", letter);
	}
}

/* "{c}" or "{c!}" at p; returns its last character. */
static const char *say_cast(struct tale *t, const char *p, const struct cast *cast)
{
	struct corpus_word word = { .offset = t->text->len };
	char letter = p[1];
	const char *text, *end = strchr(p, '}');

	g_assert(end == p + 2 || (end == p + 3 && p[2] == '!'));
	if (letter == 'v' || letter == 'w') {
		int object = t->things[cast->thing].object;

		g_string_append(t->text, letter == 'v' ? USES[object].verb : USES[object].rest);
		return end;
	}
	text = cast_word(t, letter, cast, &word);
	word.length = strlen(text);
	word.follows = p[2] == '!';
	g_string_append(t->text, text);
	g_array_append_val(t->words, word);
	return end;
}

static size_t word_length(const struct tale *t, size_t offset)
{
	size_t length = 0;

	while (g_ascii_isalpha(t->text->str[offset + length]))
		length++;
	return length;
}

static void say(struct tale *t, const char *pattern, struct cast cast)
{
	size_t subject = 0;
	guint first = t->verbs->len;

	if (t->text->len)
		g_string_append_c(t->text, ' ');
	for (const char *p = pattern; *p; p++) {
		struct corpus_verb verb = { t->text->len, 0, subject, 0 };

		switch (*p) {
		case '{': p = say_cast(t, p, &cast); break;
		case '^':
			subject = t->text->len;
			for (guint i = first; i < t->verbs->len; i++)
				if (g_array_index(t->verbs, struct corpus_verb, i).subject == G_MAXSIZE)
					g_array_index(t->verbs, struct corpus_verb, i).subject = subject;
			break;
		case '[':
			if (p[1] == '>') {
				verb.subject = G_MAXSIZE;
				p++;
			}
			g_array_append_val(t->verbs, verb);
			break;
		case ']': break;
		default: g_string_append_c(t->text, *p);
		}
	}
	for (guint i = first; i < t->verbs->len; i++) {
		struct corpus_verb *verb = &g_array_index(t->verbs, struct corpus_verb, i);

		g_assert(verb->subject != G_MAXSIZE);
		verb->length = word_length(t, verb->offset);
		verb->subject_length = word_length(t, verb->subject);
	}
	t->recent_person = cast.actor;
	t->recent_thing = cast.thing;
}

#define SAY_ONE_OF(t, cast, ...)                                                                                      \
	do {                                                                                                          \
		static const char *const patterns[] = { __VA_ARGS__ };                                                \
                                                                                                                      \
		say(t, patterns[random_below(&(t)->random, G_N_ELEMENTS(patterns))], cast);                           \
	} while (0)

/* --- acts that introduce --------------------------------------------------------------------------------------- */

static bool meet_owner(struct tale *t, enum corpus_split split)
{
	struct cast c = { .actor = some_person(t, 0, NOBODY) };

	if (c.actor == NOBODY || t->thing_count == t->thing_limit)
		return false;
	c.place = new_place(t, c.actor);
	c.thing = new_thing(t, split, c.actor, NOWHERE);
	if (random_below(&t->random, 4)) {
		SAY_ONE_OF(t, c, "^{n} [has] a {c} {o}.", "^{n} [has] a {c} {o}.", "^{n} [has] a {c} {o}.",
			   "^{n} [has] a {c} {o}.", "^{n} [bought] a {c} {o}.", "^{n} [made] a {c} {o}.",
			   "One day ^{n} [bought] a {c} {o}.", "^{n} [got] a new {c} {o}.",
			   "^{n} [got] a {c} {o} for {h!} birthday.", "^{n} [has] a {o}. The ^{o} [is] {c}.",
			   "^{n} [has] a {o}. ^It [is] a {c} {o!}.");
		return true;
	}
	SAY_ONE_OF(t, c, "^{n} [found] a {c} {o} in the {p}.", "In the {p}, ^{n} [found] a {c} {o}.",
		   "^{n} [came] to the {p} with a {c} {o}.", "One day ^{n} [went] to the {p} with a {c} {o}.");
	move_person(t, c.actor, c.place);
	return true;
}

static bool meet_two_owners(struct tale *t, enum corpus_split split)
{
	struct cast c = { .actor = some_person(t, 0, NOBODY) };

	c.other = c.actor == NOBODY ? NOBODY : some_person(t, 0, c.actor);
	if (c.other == NOBODY || t->thing_count + 2 > t->thing_limit)
		return false;
	c.thing = new_thing(t, split, c.actor, NOWHERE);
	c.second = new_thing(t, split, c.other, NOWHERE);
	SAY_ONE_OF(t, c, "^{n} [has] a {c} {o} and ^{m} [has] a {d} {e}.",
		   "^{n} [has] a {c} {o}, but ^{m} [has] a {d} {e}.", "^{n} [has] a {c} {o}. ^{m} [has] a {d} {e}.");
	return true;
}

/* Somebody was given it. That a story opens with "gave the" is the plainest way of all to say who has what. */
static bool meet_gift(struct tale *t, enum corpus_split split)
{
	struct cast c = { .actor = some_person(t, 0, NOBODY) };

	c.other = c.actor == NOBODY ? NOBODY : some_person(t, 0, c.actor);
	if (c.other == NOBODY || t->thing_count == t->thing_limit)
		return false;
	c.thing = new_thing(t, split, c.other, NOWHERE);
	t->things[c.thing].giver = c.actor;
	if (!t->acts)
		SAY_ONE_OF(t, c, "^{n} [gave] the {c} {o} to {m}.", "^{n} [gave] the {c} {o} to {m}.",
			   "^{n} [gave] {m} a {c} {o}.");
	else
		SAY_ONE_OF(t, c, "^{n} [gave] {m} a {c} {o}.", "^{n} [made] a {c} {o} for {m}.",
			   "^{n} [bought] a {c} {o} for {m}.");
	switch (random_below(&t->random, 5)) {
	case 0: break;
	case 1: SAY_ONE_OF(t, c, "^{m} [thanked] {n!}.", "^{m} [said] thank you to {n!}."); break;
	default: say(t, "Now ^{m!} [has] the {c!} {o!}.", c);
	}
	return true;
}

static bool meet_lying(struct tale *t, enum corpus_split split)
{
	struct cast c = { .actor = random_below(&t->random, t->people_count) };

	if (t->thing_count == t->thing_limit)
		return false;
	c.place = new_place(t, c.actor);
	c.thing = new_thing(t, split, NOBODY, c.place);
	if (!t->acts && random_below(&t->random, 2))
		say(t, "The {c} ^{o} [is] in the {p}.", c);
	else if (random_below(&t->random, 3))
		SAY_ONE_OF(t, c, "There is a {c} {o} in the {p}.", "A {c} ^{o} [lay] in the {p}.");
	else {
		say(t, "^{n} [saw] a {c} {o} in the {p}.", c);
		move_person(t, c.actor, NOWHERE);
	}
	return true;
}

/* Opens a story: what somebody had and left. */
static bool meet_left(struct tale *t, enum corpus_split split)
{
	struct cast c = { .actor = random_below(&t->random, t->people_count), .place = some_place(t) };

	c.thing = new_thing(t, split, c.actor, NOWHERE);
	lay_thing(t, c.thing, c.place);
	SAY_ONE_OF(t, c, "^{n} [left] {h!} {c} {o} in the {p}.", "^{n} [lost] {h!} {c} {o} in the {p}.",
		   "^{n} [put] {h!} {c} {o} in the {p}.", "^{n} [hid] {h!} {c} {o} in the {p}.");
	return true;
}

static bool meet_two_places(struct tale *t, enum corpus_split split)
{
	struct cast c = { .actor = random_below(&t->random, t->people_count), .place = some_place(t) };

	(void)split;
	c.other = some_other(t, c.actor);
	if (t->people[c.actor].place != NOWHERE || t->people[c.other].place != NOWHERE)
		return false;
	move_person(t, c.actor, c.place);
	c.there = new_place(t, c.actor);
	move_person(t, c.other, c.there);
	SAY_ONE_OF(t, c, "^{n} [went] to the {p} and ^{m} [went] to the {q}.",
		   "^{n} [ran] to the {p}, but ^{m} [ran] to the {q}.",
		   "^{n} [went] to the {p}. ^{m} [went] to the {q}.");
	return true;
}

/* --- acts that change the world -------------------------------------------------------------------------------- */

/* After a gift: the receiver's things, newest first. */
static void tell_receiver(struct tale *t, struct cast c)
{
	c.second = NOTHING;
	for (int i = 0; i < t->thing_count; i++)
		if (i != c.thing && t->things[i].holder == c.other)
			if (c.second == NOTHING || t->things[i].since > t->things[c.second].since)
				c.second = i;
	if (c.second == NOTHING)
		say(t, "Now ^{m!} [has] the {c!} {o!}.", c);
	else
		say(t, "Now ^{m!} [has] the {c!} {o!} and the {d!} {e!}.", c);
}

static bool give(struct tale *t, enum corpus_split split)
{
	struct cast c = { .actor = some_person(t, 1, NOBODY) };

	(void)split;
	if (c.actor == NOBODY)
		return false;
	c.other = some_other(t, c.actor);
	if (held_count(t, c.other) > 1)
		return false;
	c.thing = only_thing(t, c.actor);
	give_thing(t, c.thing, c.other, c.actor);
	SAY_ONE_OF(t, c, "^{n} [gave] the {c!} {o!} to {m}.", "^{n} [gave] the {c!} {o!} to {m}.",
		   "^{n} [gave] {h} {c!} {o!} to {m}.", "^{n} [took] the {c!} {o!} and [gave] it to {m}.",
		   "Then ^{n} [gave] the {c!} {o!} to {m}.", "^{n} [gave] {m} the {c!} {o!}.");
	switch (random_below(&t->random, 8)) {
	case 0:
	case 1: break;
	case 2: SAY_ONE_OF(t, c, "^{m} [thanked] {n!}.", "^{m} [said] thank you to {n!}."); break;
	default: tell_receiver(t, c);
	}
	return true;
}

/* The actor wants what another has, and gets it. */
static bool ask_for(struct tale *t, enum corpus_split split)
{
	struct cast c = { .other = some_person(t, 1, NOBODY) };

	(void)split;
	if (c.other == NOBODY)
		return false;
	c.actor = some_other(t, c.other);
	if (held_count(t, c.actor) > 1)
		return false;
	c.thing = only_thing(t, c.other);
	give_thing(t, c.thing, c.actor, c.other);
	SAY_ONE_OF(t, c, "^{n} [asked] {m} for the {c!} {o!}. ^{m} [gave] it to {n!}.",
		   "^{n} [wanted] the {c} {o!}, so ^{m!} [gave] it to {i!}.",
		   "^{n} [wanted] the {c} {o!} and [asked] {m!} for it. ^{m} [gave] it to {n!}.");

	struct cast swapped = { .actor = c.other, .other = c.actor, .thing = c.thing };

	if (random_below(&t->random, 2))
		tell_receiver(t, swapped);
	return true;
}

static bool give_back(struct tale *t, enum corpus_split split)
{
	struct cast c = { .actor = some_person(t, 1, NOBODY) };

	(void)split;
	if (c.actor == NOBODY)
		return false;
	c.thing = only_thing(t, c.actor);
	c.other = t->things[c.thing].giver;
	if (c.other == NOBODY || held_count(t, c.other) > 1)
		return false;
	give_thing(t, c.thing, c.other, NOBODY);
	SAY_ONE_OF(t, c, "Later ^{n} [gave] the {c!} {o!} back to {m!}.", "^{n} [gave] the {c!} {o!} back to {m!}.");
	if (random_below(&t->random, 2))
		tell_receiver(t, c);
	return true;
}

static bool swap(struct tale *t, enum corpus_split split)
{
	struct cast c = { .actor = some_person(t, 1, NOBODY) };

	(void)split;
	c.other = c.actor == NOBODY ? NOBODY : some_person(t, 1, c.actor);
	if (c.other == NOBODY)
		return false;
	c.thing = only_thing(t, c.actor);
	c.second = only_thing(t, c.other);
	give_thing(t, c.thing, c.other, NOBODY);
	give_thing(t, c.second, c.actor, NOBODY);
	SAY_ONE_OF(t, c, "^{n} and {m} [traded]. Now ^{n!} [has] the {d!} {e!} and ^{m!} [has] the {c!} {o!}.",
		   "^{n} [traded] with {m}. Now ^{n!} [has] the {d!} {e!} and ^{m!} [has] the {c!} {o!}.",
		   "^{n} and {m} [traded]. Now ^{n!} [has] the {d!} {e!}.");
	return true;
}

static bool put_down(struct tale *t, enum corpus_split split)
{
	struct cast c = { .actor = some_person(t, 1, NOBODY), .place = some_place(t) };

	(void)split;
	if (c.actor == NOBODY)
		return false;
	c.thing = only_thing(t, c.actor);
	lay_thing(t, c.thing, c.place);
	move_person(t, c.actor, NOWHERE);
	SAY_ONE_OF(t, c, "^{n} [put] the {c!} {o!} in the {p}.", "^{n} [put] {h} {c!} {o!} in the {p}.",
		   "^{n} [left] {h} {c!} {o!} in the {p}.", "^{n} [left] the {c!} {o!} in the {p}.",
		   "^{n} [lost] {h!} {c!} {o!} in the {p}.", "^{n} [hid] {h!} {c!} {o!} in the {p}.");
	return true;
}

static bool pick_up(struct tale *t, enum corpus_split split)
{
	struct cast c = { .thing = some_thing(t, false, 0), .actor = some_person(t, 0, NOBODY) };

	(void)split;
	if (c.thing == NOTHING || c.actor == NOBODY)
		return false;
	c.place = t->things[c.thing].place;
	c.other = t->things[c.thing].former;
	move_person(t, c.actor, NOWHERE);
	if (c.other == NOBODY || c.other == c.actor || held_count(t, c.other) > 1 || random_below(&t->random, 2)) {
		give_thing(t, c.thing, c.actor, NOBODY);
		SAY_ONE_OF(t, c, "^{n} [found] the {c} {o!} in the {p!}.", "^{n} [got] the {c} {o!} from the {p!}.",
			   "^{n} [went] to get the {c} {o!} from the {p!}.");
	} else {
		give_thing(t, c.thing, c.other, NOBODY);
		SAY_ONE_OF(t, c, "^{n} [found] the {c} {o!} in the {p!} and [gave] it back to {m!}.",
			   "^{n} [found] the {c} {o!} in the {p!}. ^{n} [took] it back to {m!}.");
	}
	return true;
}

static bool go(struct tale *t, enum corpus_split split)
{
	struct cast c = { .actor = random_below(&t->random, t->people_count) };

	(void)split;
	c.place = new_place(t, c.actor);
	move_person(t, c.actor, c.place);
	c.thing = only_thing(t, c.actor);
	if (c.thing == NOTHING)
		SAY_ONE_OF(t, c, "^{n} [went] to the {p}.", "^{n} [ran] to the {p}.", "Then ^{n} [went] to the {p}.");
	else
		SAY_ONE_OF(t, c, "^{n} [took] the {c!} {o!} to the {p}.", "^{n} [went] to the {p} with {h!} {c!} {o!}.",
			   "^{n} [went] to the {p}.", "^{n} [ran] to the {p}.", "Then ^{n} [went] to the {p}.");
	return true;
}

/* To another, whose place was told. */
static bool go_to_person(struct tale *t, enum corpus_split split)
{
	struct cast c = { .actor = random_below(&t->random, t->people_count) };

	(void)split;
	c.other = some_other(t, c.actor);
	c.place = t->people[c.other].place;
	if (c.place == NOWHERE || t->people[c.actor].place == c.place)
		return false;
	move_person(t, c.actor, c.place);
	SAY_ONE_OF(t, c, "^{n} [went] to see {m} in the {p!}.", "^{n} [ran] to {m}. Now ^{n!} [is] in the {p!} too.",
		   "^{n} [went] to see {m}. Now ^{n!} [is] in the {p!} too.");
	return true;
}

/* --- acts that tell what is so --------------------------------------------------------------------------------- */

static bool tell_liking(struct tale *t, enum corpus_split split)
{
	struct cast c = { .actor = some_owner(t, TOLD_LIKING, NOBODY) };

	(void)split;
	if (c.actor == NOBODY)
		return false;
	c.thing = only_thing(t, c.actor);
	t->things[c.thing].told |= TOLD_LIKING;
	SAY_ONE_OF(t, c, "^{n} [likes] {h!} {c!} {o!}.", "^{n} [likes] {h!} {c!} {o!}.", "^{n} [loves] {h!} {c!} {o!}.",
		   "^{n} [keeps] {h!} {c!} {o!}.", "^{n} [plays] with {h!} {c!} {o!}.", "^{n} [looks] at {h!} {c!} {o!}.",
		   "^{n} [is] happy with {h!} {c!} {o!}.", "^{n} [{v}]{w} {h} {c!} {o!}.", "^{n} [{v}]{w} {h} {c!} {o!}.",
		   "^{n} [{v}]{w} the {c!} {o!}.");
	return true;
}

static bool tell_having(struct tale *t, enum corpus_split split)
{
	struct cast c = { .actor = some_owner(t, TOLD_HAVING, NOBODY) };

	(void)split;
	if (c.actor == NOBODY)
		return false;
	c.thing = only_thing(t, c.actor);
	t->things[c.thing].told |= TOLD_HAVING;
	SAY_ONE_OF(t, c, "^{n} still [has] the {c!} {o!}.", "^{n} still [has] {h} {c!} {o!}.", "{n}'s ^{o!} [is] {c!}.",
		   "What [>does] ^{n} have? ^{H!} [has] the {c!} {o!}.", "What [>does] ^{n} have? ^{H!} [has] the {c!} {o!}.");
	return true;
}

static bool tell_two_owners(struct tale *t, enum corpus_split split)
{
	enum told what = random_below(&t->random, 2) ? TOLD_HAVING : TOLD_LIKING;
	struct cast c = { .actor = some_owner(t, what, NOBODY) };

	(void)split;
	c.other = c.actor == NOBODY ? NOBODY : some_owner(t, what, c.actor);
	if (c.other == NOBODY)
		return false;
	c.thing = only_thing(t, c.actor);
	c.second = only_thing(t, c.other);
	t->things[c.thing].told |= what;
	t->things[c.second].told |= what;
	if (what == TOLD_HAVING)
		SAY_ONE_OF(t, c, "^{n} [has] the {c!} {o!} and ^{m} [has] the {d!} {e!}.",
			   "^{n} still [has] the {c!} {o!} and ^{m} still [has] the {d!} {e!}.");
	else
		SAY_ONE_OF(t, c, "^{n} [likes] {h!} {c!} {o!} and ^{m} [likes] {k!} {d!} {e!}.",
			   "^{n} [plays] with {h!} {c!} {o!} and ^{m} [plays] with {k!} {d!} {e!}.");
	return true;
}

static bool tell_colour(struct tale *t, enum corpus_split split)
{
	struct cast c = { .thing = some_thing(t, random_below(&t->random, 3), TOLD_COLOUR) };

	(void)split;
	if (c.thing == NOTHING)
		return false;
	t->things[c.thing].told |= TOLD_COLOUR;
	c.actor = t->things[c.thing].holder;
	if (c.actor != NOBODY && only_thing(t, c.actor) == c.thing && !random_below(&t->random, 4))
		say(t, "What colour [>is] {n}'s ^{o!}? ^It [is] {c!}.", c);
	else
		SAY_ONE_OF(t, c, "The ^{o} [is] {c!}.", "What colour [>is] the ^{o}? ^It [is] {c!}.",
			   "What colour [>is] the ^{o}? The ^{o!} [is] {c!}.");
	return true;
}

static bool tell_holder(struct tale *t, enum corpus_split split)
{
	struct cast c = { .thing = some_thing(t, true, TOLD_HOLDER) };

	(void)split;
	if (c.thing == NOTHING)
		return false;
	c.actor = t->things[c.thing].holder;
	t->things[c.thing].told |= TOLD_HOLDER;
	SAY_ONE_OF(t, c, "The {c} ^{o!} [belongs] to {n!}.", "The {c} ^{o!} [is] with {n!}.",
		   "^Who [has] the {c} {o!}? ^{n!} [has] it.", "^Who [has] the {o}? ^{n!} [has] the {c!} {o!}.",
		   "^Who [has] the {c} {o!}? ^{n!} [has] the {c!} {o!}.", "Where [>is] the {c} ^{o!}? ^It [is] with {n!}.",
		   "Whose [>is] the {c} ^{o!}? ^It [is] {n!}'s.");
	return true;
}

static bool tell_giver(struct tale *t, enum corpus_split split)
{
	struct cast c = { .thing = some_thing(t, true, TOLD_GIVER) };

	(void)split;
	if (c.thing == NOTHING || t->things[c.thing].giver == NOBODY)
		return false;
	c.actor = t->things[c.thing].giver;
	c.other = t->things[c.thing].holder;
	t->things[c.thing].told |= TOLD_GIVER;
	SAY_ONE_OF(t, c, "^Who [gave] the {c} {o!} to {m!}? ^{n!} [gave] it to {j!}.",
		   "^Who [gave] the {c} {o!} to {m!}? ^{n!} [did].", "^{m} [got] the {c} {o!} from {n!}.");
	return true;
}

static bool only_thing_there(const struct tale *t, int thing)
{
	for (int i = 0; i < t->thing_count; i++)
		if (i != thing && t->things[i].holder == NOBODY && t->things[i].place == t->things[thing].place)
			return false;
	return true;
}

static bool tell_place(struct tale *t, enum corpus_split split)
{
	struct cast c = { .thing = some_thing(t, false, TOLD_PLACE) };

	(void)split;
	if (c.thing == NOTHING)
		return false;
	c.place = t->things[c.thing].place;
	t->things[c.thing].told |= TOLD_PLACE;
	if (only_thing_there(t, c.thing) && !random_below(&t->random, 5))
		say(t, "^What [is] in the {p}? The {c!} ^{o!} [is] there.", c);
	else
		SAY_ONE_OF(t, c, "The {c} ^{o!} [is] in the {p!}.", "The {c} ^{o!} [is] still in the {p!}.",
			   "Where [>is] the {c} ^{o!}? ^It [is] in the {p!}.",
			   "Where [>is] the {c} ^{o!}? ^It [is] in the {p!}.",
			   "Where [>is] the ^{o}? The {c!} ^{o!} [is] in the {p!}.");
	return true;
}

static bool only_loss_of(const struct tale *t, int thing)
{
	for (int i = 0; i < t->thing_count; i++)
		if (i != thing && t->things[i].former == t->things[thing].former)
			return false;
	return true;
}

/* Of a thing that somebody left somewhere. */
static bool tell_loss(struct tale *t, enum corpus_split split)
{
	struct cast c = { .thing = some_thing(t, false, TOLD_LOSS) };

	(void)split;
	if (c.thing == NOTHING || t->things[c.thing].former == NOBODY || !only_loss_of(t, c.thing))
		return false;
	c.actor = t->things[c.thing].former;
	c.place = t->things[c.thing].place;
	t->things[c.thing].told |= TOLD_LOSS;
	SAY_ONE_OF(t, c, "^{n} [misses] {h!} {c!} {o!}.", "^{n} [wants] {h!} {c!} {o!} back.",
		   "Whose ^{o} [is] in the {p!}? ^It [is] {n!}'s.", "^Who [left] the {c} {o!} in the {p!}? ^{n!} [did].");
	return true;
}

static int people_there(const struct tale *t, int place)
{
	int count = 0;

	for (int i = 0; i < t->people_count; i++)
		count += t->people[i].place == place;
	return count;
}

static bool tell_whereabouts(struct tale *t, enum corpus_split split)
{
	int fit[PEOPLE], fits = 0;
	struct cast c = { 0 };

	(void)split;
	for (int i = 0; i < t->people_count; i++)
		if (t->people[i].place != NOWHERE && !(t->people[i].told & TOLD_PLACE))
			fit[fits++] = i;
	if (!fits)
		return false;
	c.actor = choose(t, fit, fits, t->recent_person);
	c.place = t->people[c.actor].place;
	t->people[c.actor].told |= TOLD_PLACE;
	if (people_there(t, c.place) == 1 && !random_below(&t->random, 4))
		say(t, "^Who [is] in the {p}? ^{n!} [is] there.", c);
	else
		SAY_ONE_OF(t, c, "^{n} [is] still in the {p!}.", "Where [>is] ^{n}? ^{H!} [is] in the {p!}.",
			   "Where [>is] ^{n}? ^{H!} [is] in the {p!}.", "^{n} [sat] down in the {p!}.");
	return true;
}

static bool pass_time(struct tale *t, enum corpus_split split)
{
	enum { OPENINGS = 7 }; /* so many of them can open a story */
	static const char *const patterns[] = {
		"^It [was] a sunny day.",
		"The ^birds [sang].",
		"The ^sun [was] high in the sky.",
		"The ^wind [was] warm.",
		"^{n} and {m} [are] good friends.",
		"^{n} [smiled] at {m}.",
		"^{n} [told] {m} a story.",
		"^It [began] to rain.",
		"^They [sat] under a big tree.",
		"^They [had] a lot of fun.",
		"^They [ate] bread and jam.",
		"^{n} [sang] a song.",
		"Then ^{n} [waved] to {m}.",
		"^{n} and {m} [laughed].",
	};
	int drawn = random_below(&t->random, t->acts ? (int)G_N_ELEMENTS(patterns) : OPENINGS);
	struct cast c = { .actor = random_below(&t->random, t->people_count) };

	(void)split;
	c.other = some_other(t, c.actor);
	if (t->passed & 1u << drawn)
		return false;
	t->passed |= 1u << drawn;
	say(t, patterns[drawn], c);
	return true;
}

/* The last sentence of a story. */
static void close_story(struct tale *t)
{
	struct cast c = { 0 };

	SAY_ONE_OF(t, c, "At last ^they [went] home.", "^It [was] a good day.", "^They [were] tired and happy.",
		   "Then ^it [was] time to go home.");
}

/* --- a story --------------------------------------------------------------------------------------------------- */

struct act {
	bool (*try)(struct tale *t, enum corpus_split split); /* false: the world does not allow it now, nothing was said */
	int weight;
};

enum { MOST_ACTS = 24, MOST_DRAWS = 200 };

/* A kind of story: how it opens, how a second thing comes in, and how it goes on. As long as there is only one thing,
 * its colour can be told without looking at whose it is; so the second comes early. Lists end with a NULL act. */
struct plot {
	struct act openings[MOST_ACTS], seconds[MOST_ACTS], acts[MOST_ACTS];
};

/* Nothing changes hands: the plainest question is whose is what. */
static const struct plot QUIET = {
	.openings = { { meet_owner, 5 }, { meet_two_owners, 5 } },
	.seconds = { { meet_owner, 1 } },
	.acts = { { meet_owner, 8 },
		  { meet_two_owners, 3 },
		  { tell_liking, 10 },
		  { tell_having, 6 },
		  { tell_two_owners, 5 },
		  { tell_colour, 5 },
		  { tell_holder, 10 },
		  { pass_time, 3 } },
};

/* Things change hands. */
static const struct plot LIVELY = {
	.openings = { { meet_owner, 6 }, { meet_two_owners, 5 }, { meet_gift, 5 }, { pass_time, 1 } },
	.seconds = { { meet_owner, 5 }, { meet_two_owners, 1 }, { meet_gift, 2 }, { meet_lying, 1 } },
	.acts = { { meet_owner, 7 },
		  { meet_two_owners, 2 },
		  { meet_gift, 3 },
		  { meet_lying, 1 },
		  { give, 7 },
		  { ask_for, 4 },
		  { give_back, 6 },
		  { swap, 3 },
		  { put_down, 3 },
		  { pick_up, 4 },
		  { go, 1 },
		  { tell_liking, 6 },
		  { tell_having, 4 },
		  { tell_two_owners, 4 },
		  { tell_colour, 4 },
		  { tell_holder, 8 },
		  { tell_giver, 10 },
		  { tell_place, 6 },
		  { tell_loss, 4 },
		  { tell_whereabouts, 3 },
		  { pass_time, 3 } },
};

/* Where is what, and who? */
static const struct plot PLACES_TOLD = {
	.openings = { { meet_owner, 4 }, { meet_left, 5 }, { meet_lying, 4 }, { meet_two_places, 3 }, { pass_time, 1 } },
	.seconds = { { meet_owner, 3 }, { meet_lying, 2 }, { put_down, 1 } },
	.acts = { { meet_owner, 6 },
		  { meet_two_owners, 1 },
		  { meet_lying, 4 },
		  { meet_two_places, 4 },
		  { give, 2 },
		  { put_down, 8 },
		  { pick_up, 6 },
		  { go, 5 },
		  { go_to_person, 5 },
		  { tell_liking, 3 },
		  { tell_having, 2 },
		  { tell_colour, 2 },
		  { tell_holder, 3 },
		  { tell_place, 14 },
		  { tell_loss, 7 },
		  { tell_whereabouts, 12 },
		  { pass_time, 3 } },
};

/* The same act twice in a row reads like a stutter, except for introductions. False when nothing is left to say. */
static bool act_once(struct tale *t, enum corpus_split split, const struct act *acts)
{
	int total = 0;

	for (int i = 0; acts[i].try; i++)
		total += acts[i].weight;
	for (int draws = 0; draws < MOST_DRAWS; draws++) {
		int draw = random_below(&t->random, total), i = 0;

		while (draw >= acts[i].weight)
			draw -= acts[i++].weight;
		if (acts[i].try == t->last && t->last != meet_owner)
			continue;
		if (acts[i].try(t, split)) {
			t->last = acts[i].try;
			t->acts++;
			return true;
		}
	}
	return false;
}

/* Words and punctuation marks; "'s" counts as one. */
static int count_pieces(const char *text)
{
	int count = 0;

	for (const char *p = text; *p; p++)
		count += *p != ' ' && (ispunct((unsigned char)*p) || p == text || p[-1] == ' ');
	return count;
}

static void draw_people(struct tale *t)
{
	for (int i = 0; i < t->people_count; i++) {
		bool taken;

		t->people[i].place = NOWHERE;
		do {
			t->people[i].name = random_below(&t->random, G_N_ELEMENTS(NAMES));
			taken = false;
			for (int j = 0; j < i; j++)
				taken |= t->people[j].name == t->people[i].name;
		} while (taken);
	}
}

struct corpus_story *corpus_story_create(enum corpus_split split, uint64_t seed, uint64_t index)
{
	static const struct plot *const plots[] = { &QUIET, &LIVELY, &PLACES_TOLD };
	struct tale t = {
		.random = random_seeded(seed * CORPUS_SPLITS + split, index),
		.text = g_string_new(NULL),
		.words = g_array_new(FALSE, FALSE, sizeof(struct corpus_word)),
		.verbs = g_array_new(FALSE, FALSE, sizeof(struct corpus_verb)),
		.recent_person = NOBODY,
		.recent_thing = NOTHING,
	};
	/* Most stories are short, because short ones are filmed; one in four goes far enough to teach every position. */
	int goal = random_below(&t.random, 4) ? 15 + random_below(&t.random, 40) : 55 + random_below(&t.random, 34);
	const struct plot *plot = plots[random_below(&t.random, G_N_ELEMENTS(plots))];

	t.people_count = 2 + random_below(&t.random, goal > 40 ? 3 : 2);
	t.thing_limit = MIN(t.people_count + random_below(&t.random, 2), THINGS);
	draw_people(&t);

	bool goes_on = act_once(&t, split, plot->openings);

	if (t.thing_count < 2 && random_below(&t.random, 4))
		goes_on = act_once(&t, split, plot->seconds) || goes_on;
	while (goes_on && count_pieces(t.text->str) < goal)
		goes_on = act_once(&t, split, plot->acts);
	if (random_below(&t.random, 2))
		close_story(&t);

	struct corpus_story *s = g_new(struct corpus_story, 1);

	s->piece_count = count_pieces(t.text->str);
	g_assert(s->piece_count <= CORPUS_LONGEST);
	s->word_count = (int)t.words->len;
	s->words = (struct corpus_word *)(void *)g_array_free(t.words, FALSE);
	s->verb_count = (int)t.verbs->len;
	s->verbs = (struct corpus_verb *)(void *)g_array_free(t.verbs, FALSE);
	s->text = g_string_free(t.text, FALSE);
	return s;
}

void corpus_story_destroy(struct corpus_story *s)
{
	if (!s)
		return;
	g_free(s->text);
	g_free(s->words);
	g_free(s->verbs);
	g_free(s);
}

const char *corpus_kind_name(enum corpus_kind kind)
{
	static const char *const names[] = { "name", "colour", "object", "place", "pronoun" };

	G_STATIC_ASSERT(G_N_ELEMENTS(names) == CORPUS_KINDS);
	return names[kind];
}
