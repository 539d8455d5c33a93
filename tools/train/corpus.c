/* The grammar of the stories: a small world, acts that change it, and sentences that tell what is now so.
 *
 * A story has two to four people and up to four things. A thing has a colour and is held by somebody or lies in a place.
 * Each sentence is an act: it introduces a thing, moves one, or tells (or asks and answers) something that is already
 * known. An act is a function that looks whether the world allows it, picks a pattern from its list, and changes the world.
 *
 * Patterns are plain text with casts in braces:
 *
 *     {n} {m}   the names of the actor and of the other         {c} {o}   colour and object of the thing
 *     {h} {H}   the actor's his/her and He/She                  {d} {e}   colour and object of the second thing
 *     {p}       the place
 *
 * "{n} likes {h!} {c!} {o!}." says with its marks that pronoun, colour and object follow from the story so far. For this to be
 * true, a verb keeps to one meaning: "has a" introduces, "gave the" moves the one thing that the actor holds, "likes"
 * speaks of the only thing held, and "Now X has the" names the one who just received, newest thing first.
 */
#include "corpus.h"

#include <ctype.h>
#include <stdbool.h>

#include <glib.h>

#include "random.h"

static const char *const NAMES[] = { "Mia", "Ana", "Eva", "Lily", "Zoe", "Nora", "Ruth", "Sara",
				     "Tom", "Leo", "Ben", "Max", "Sam", "Jack", "Paul", "Omar" };
enum { GIRLS = 8 };
static const char *const OBJECTS[] = { "kite", "cup",  "book", "ball", "hat", "box",  "key",   "drum",
				       "lamp", "boat", "bell", "coat", "scarf", "ring", "map", "bag",
				       "doll", "flute", "basket", "ribbon", "pen", "clock", "shell", "mug" };
static const char *const COLOURS[] = { "yellow", "red",   "blue", "green", "white",
				       "black",  "brown", "grey", "pink",  "purple" };
static const char *const PLACES[] = { "garden", "kitchen", "park",    "barn",   "school",
				      "house",  "forest",  "library", "market", "tower" };

enum { PEOPLE = 4, THINGS = 4, NOBODY = -1, NOWHERE = -1, NOTHING = -1 };

struct person {
	int name, place; /* place: where the story last said that the person is, or NOWHERE */
};

struct thing {
	int colour, object;
	int holder, giver; /* giver: who held it before, while that is worth remembering */
	int place;	   /* when nobody holds it */
	int since;	   /* the act that put it where it is */
};

struct tale {
	struct random_state random;
	GString *text;
	GArray *slots; /* struct corpus_slot */
	bool primer;
	struct person people[PEOPLE];
	struct thing things[THINGS];
	int people_count, thing_count, thing_limit;
	int acts;
	bool (*last)(struct tale *t, enum corpus_split split); /* the act before this one */
};

struct cast {
	int actor, other;  /* into people */
	int thing, second; /* into things */
	int place;
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

/* A random person who holds `count` things and is not `except`, or NOBODY. */
static int some_person(struct tale *t, int count, int except)
{
	int fit[PEOPLE], fits = 0;

	for (int i = 0; i < t->people_count; i++)
		if (i != except && held_count(t, i) == count)
			fit[fits++] = i;
	return fits ? fit[random_below(&t->random, fits)] : NOBODY;
}

static int some_other(struct tale *t, int except)
{
	return (except + 1 + random_below(&t->random, t->people_count - 1)) % t->people_count;
}

/* A random thing that is held (or lies somewhere), or NOTHING. */
static int some_thing(struct tale *t, bool held)
{
	int fit[THINGS], fits = 0;

	for (int i = 0; i < t->thing_count; i++)
		if ((t->things[i].holder != NOBODY) == held)
			fit[fits++] = i;
	return fits ? fit[random_below(&t->random, fits)] : NOTHING;
}

static int some_place(struct tale *t)
{
	return random_below(&t->random, G_N_ELEMENTS(PLACES));
}

static void move_thing(struct tale *t, int thing, int holder, int place)
{
	struct thing *th = &t->things[thing];

	th->giver = holder == NOBODY ? NOBODY : th->holder;
	th->holder = holder;
	th->place = place;
	th->since = t->acts;
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
	t->things[t->thing_count] = (struct thing){ colour, object, holder, NOBODY, place, t->acts };
	return t->thing_count++;
}

/* --- saying it ------------------------------------------------------------------------------------------------- */

static void say(struct tale *t, const char *pattern, struct cast cast)
{
	if (t->text->len)
		g_string_append_c(t->text, ' ');
	for (const char *p = pattern; *p; p++) {
		if (*p != '{') {
			g_string_append_c(t->text, *p);
			continue;
		}

		const char *word = "";
		enum corpus_kind kind = CORPUS_NAME;

		switch (*++p) {
		case 'n': word = NAMES[t->people[cast.actor].name]; break;
		case 'm': word = NAMES[t->people[cast.other].name]; break;
		case 'c': word = COLOURS[t->things[cast.thing].colour], kind = CORPUS_COLOUR; break;
		case 'd': word = COLOURS[t->things[cast.second].colour], kind = CORPUS_COLOUR; break;
		case 'o': word = OBJECTS[t->things[cast.thing].object], kind = CORPUS_OBJECT; break;
		case 'e': word = OBJECTS[t->things[cast.second].object], kind = CORPUS_OBJECT; break;
		case 'p': word = PLACES[cast.place], kind = CORPUS_PLACE; break;
		case 'h': word = t->people[cast.actor].name < GIRLS ? "her" : "his", kind = CORPUS_PRONOUN; break;
		case 'H': word = t->people[cast.actor].name < GIRLS ? "She" : "He", kind = CORPUS_PRONOUN; break;
		default: g_error("unknown cast in the pattern \"%s\"", pattern);
		}
		if (*++p == '!') {
			struct corpus_slot slot = { kind, t->text->len };

			g_array_append_val(t->slots, slot);
			p++;
		}
		g_assert(*p == '}');
		g_string_append(t->text, word);
	}
}

/* A primer story knows only the first `plain` of the patterns. */
#define SAY_PLAIN_FIRST(t, cast, plain, ...)                                                                          \
	do {                                                                                                          \
		static const char *const patterns[] = { __VA_ARGS__ };                                                \
		int known = (t)->primer ? (plain) : (int)G_N_ELEMENTS(patterns);                                      \
                                                                                                                      \
		say(t, patterns[random_below(&(t)->random, known)], cast);                                            \
	} while (0)

#define SAY_ONE_OF(t, cast, ...) SAY_PLAIN_FIRST(t, cast, (int)G_N_ELEMENTS(patterns), __VA_ARGS__)

/* --- acts that introduce --------------------------------------------------------------------------------------- */

static bool meet_owner(struct tale *t, enum corpus_split split)
{
	struct cast c = { .actor = some_person(t, 0, NOBODY), .place = some_place(t) };

	if (c.actor == NOBODY || t->thing_count == t->thing_limit)
		return false;
	c.thing = new_thing(t, split, c.actor, NOWHERE);
	if (t->primer || random_below(&t->random, 5)) {
		SAY_PLAIN_FIRST(t, c, 3, "{n} has a {c} {o}.", "{n} bought a {c} {o}.", "{n} made a {c} {o}.",
				"{n} has a {c} {o}.", "{n} has a {c} {o}.", "{n} has a {o}. The {o} is {c}.",
				"{n} has a {o}. It is a {c} {o!}.");
		return true;
	}
	SAY_ONE_OF(t, c, "{n} found a {c} {o} in the {p}.", "In the {p}, {n} found a {c} {o}.",
		   "{n} is in the {p} with a {c} {o}.", "One day {n} went to the {p} with a {c} {o}.");
	t->people[c.actor].place = c.place;
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
	SAY_ONE_OF(t, c, "{n} has a {c} {o} and {m} has a {d} {e}.", "{n} has a {c} {o}, but {m} has a {d} {e}.",
		   "{n} has a {c} {o}. {m} has a {d} {e}.");
	return true;
}

static bool meet_gift(struct tale *t, enum corpus_split split)
{
	struct cast c = { .actor = some_person(t, 0, NOBODY) };

	c.other = c.actor == NOBODY ? NOBODY : some_person(t, 0, c.actor);
	if (c.other == NOBODY || t->thing_count == t->thing_limit)
		return false;
	c.thing = new_thing(t, split, c.actor, NOWHERE);
	move_thing(t, c.thing, c.other, NOWHERE);
	SAY_ONE_OF(t, c, "{n} gave the {c} {o} to {m}.", "{n} gave the {c} {o} to {m}.", "{n} gave {m} a {c} {o}.",
		   "{n} made a {c} {o} for {m}.");
	if (random_below(&t->random, 2))
		say(t, "Now {m!} has the {c!} {o!}.", c);
	return true;
}

static bool meet_lying(struct tale *t, enum corpus_split split)
{
	struct cast c = { .actor = random_below(&t->random, t->people_count), .place = some_place(t) };

	if (t->thing_count == t->thing_limit)
		return false;
	c.thing = new_thing(t, split, NOBODY, c.place);
	t->people[c.actor].place = NOWHERE;
	if (!t->primer && !t->acts && random_below(&t->random, 2))
		say(t, "The {c} {o} is in the {p}.", c);
	else
		SAY_PLAIN_FIRST(t, c, 1, "There is a {c} {o} in the {p}.", "{n} saw a {c} {o} in the {p}.",
			   "In the {p} is a {c} {o}.");
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
	say(t, c.second == NOTHING ? "Now {m!} has the {c!} {o!}." : "Now {m!} has the {c!} {o!} and the {d!} {e!}.", c);
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
	move_thing(t, c.thing, c.other, NOWHERE);
	SAY_ONE_OF(t, c, "{n} gave the {c!} {o!} to {m}.", "{n} gave the {c!} {o!} to {m}.",
		   "{n} gave {h} {c!} {o!} to {m}.", "{n} took {h} {c!} {o!} and gave it to {m}.",
		   "Then {n} gave the {c!} {o!} to {m}.");
	if (random_below(&t->random, 10) < 7)
		tell_receiver(t, c);
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
	move_thing(t, c.thing, c.other, NOWHERE);
	SAY_ONE_OF(t, c, "Later {n} gave the {c!} {o!} back to {m!}.", "{n} gave the {c!} {o!} back to {m!}.");
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
	move_thing(t, c.thing, c.other, NOWHERE);
	move_thing(t, c.second, c.actor, NOWHERE);
	SAY_ONE_OF(t, c, "{n} and {m} traded. Now {n!} has the {d!} {e!} and {m!} has the {c!} {o!}.",
		   "{n} traded with {m}. Now {n!} has the {d!} {e!} and {m!} has the {c!} {o!}.");
	return true;
}

static bool put_down(struct tale *t, enum corpus_split split)
{
	struct cast c = { .actor = some_person(t, 1, NOBODY), .place = some_place(t) };

	(void)split;
	if (c.actor == NOBODY)
		return false;
	c.thing = only_thing(t, c.actor);
	move_thing(t, c.thing, NOBODY, c.place);
	t->people[c.actor].place = NOWHERE;
	SAY_ONE_OF(t, c, "{n} put the {c!} {o!} in the {p}.", "{n} left {h!} {c!} {o!} in the {p}.",
		   "{n} lost {h!} {c!} {o!} in the {p}.");
	return true;
}

static bool pick_up(struct tale *t, enum corpus_split split)
{
	struct cast c = { .thing = some_thing(t, false), .actor = some_person(t, 0, NOBODY) };

	(void)split;
	if (c.thing == NOTHING || c.actor == NOBODY)
		return false;
	c.place = t->things[c.thing].place;
	move_thing(t, c.thing, c.actor, NOWHERE);
	t->people[c.actor].place = NOWHERE;
	SAY_ONE_OF(t, c, "{n} found the {c} {o!} in the {p!}.", "{n} took the {c} {o!} from the {p!}.");
	return true;
}

static bool go(struct tale *t, enum corpus_split split)
{
	struct cast c = { .actor = random_below(&t->random, t->people_count), .place = some_place(t) };

	(void)split;
	if (t->people[c.actor].place == c.place)
		return false;
	t->people[c.actor].place = c.place;
	c.thing = only_thing(t, c.actor);
	if (c.thing == NOTHING)
		SAY_ONE_OF(t, c, "{n} went to the {p}.", "{n} is in the {p}.");
	else
		SAY_ONE_OF(t, c, "{n} took the {c!} {o!} to the {p}.", "{n} went to the {p} with {h!} {c!} {o!}.",
			   "{n} went to the {p}.");
	return true;
}

/* --- acts that tell what is so --------------------------------------------------------------------------------- */

static bool tell_owner(struct tale *t, enum corpus_split split)
{
	struct cast c = { .actor = some_person(t, 1, NOBODY) };

	(void)split;
	if (c.actor == NOBODY)
		return false;
	c.thing = only_thing(t, c.actor);
	SAY_PLAIN_FIRST(t, c, 3, "{n} likes {h!} {c!} {o!}.", "{n} loves {h!} {c!} {o!}.", "{n} keeps {h!} {c!} {o!}.",
			"{n} likes {h!} {c!} {o!}.", "{n} plays with {h!} {c!} {o!}.", "{n} looks at the {c!} {o!}.",
			"{n} still has the {c!} {o!}.", "{n}'s {o!} is {c!}.", "{n}'s {o!} is {c!}.",
			"What does {n} have? {H!} has the {c!} {o!}.", "What does {n} have? {H!} has the {c!} {o!}.");
	return true;
}

static bool tell_two_owners(struct tale *t, enum corpus_split split)
{
	struct cast c = { .actor = some_person(t, 1, NOBODY) };

	(void)split;
	c.other = c.actor == NOBODY ? NOBODY : some_person(t, 1, c.actor);
	if (c.other == NOBODY)
		return false;
	c.thing = only_thing(t, c.actor);
	c.second = only_thing(t, c.other);
	SAY_ONE_OF(t, c, "{n} has the {c!} {o!} and {m} has the {d!} {e!}.",
		   "{n} still has the {c!} {o!} and {m} still has the {d!} {e!}.",
		   "{n} looks at the {c!} {o!} and {m} looks at the {d!} {e!}.");
	return true;
}

static bool tell_colour(struct tale *t, enum corpus_split split)
{
	struct cast c = { .thing = random_below(&t->random, MAX(t->thing_count, 1)) };

	(void)split;
	if (!t->thing_count)
		return false;
	SAY_PLAIN_FIRST(t, c, 1, "The {o} is {c!}.", "What colour is the {o}? It is {c!}.", "What colour is the {o}? The {o!} is {c!}.");
	return true;
}

static bool tell_holder(struct tale *t, enum corpus_split split)
{
	struct cast c = { .thing = some_thing(t, true) };

	(void)split;
	if (c.thing == NOTHING)
		return false;
	c.actor = t->things[c.thing].holder;
	SAY_PLAIN_FIRST(t, c, 1, "The {c} {o!} belongs to {n!}.", "The {c} {o!} is with {n!}.", "Who has the {c} {o!}? {n!} has it.",
		   "Who has the {o}? {n!} has the {c!} {o!}.", "Who has the {c} {o!}? {n!} has the {c!} {o!}.");
	return true;
}

static bool tell_place(struct tale *t, enum corpus_split split)
{
	struct cast c = { .thing = some_thing(t, false) };

	(void)split;
	if (c.thing == NOTHING)
		return false;
	c.place = t->things[c.thing].place;
	SAY_PLAIN_FIRST(t, c, 1, "The {c} {o!} is in the {p!}.", "Where is the {c} {o!}? It is in the {p!}.",
		   "Where is the {o}? The {c!} {o!} is in the {p!}.");
	return true;
}

static bool tell_whereabouts(struct tale *t, enum corpus_split split)
{
	struct cast c = { .actor = random_below(&t->random, t->people_count) };

	(void)split;
	c.place = t->people[c.actor].place;
	if (c.place == NOWHERE)
		return false;
	SAY_ONE_OF(t, c, "{n} is still in the {p!}.", "Where is {n}? {H!} is in the {p!}.");
	return true;
}

static bool pass_time(struct tale *t, enum corpus_split split)
{
	struct cast c = { .actor = random_below(&t->random, t->people_count) };

	(void)split;
	c.other = some_other(t, c.actor);
	SAY_ONE_OF(t, c, "It was a sunny day.", "The birds sang.", "It began to rain.", "They sat under a big tree.",
		   "The wind was warm.", "{n} smiled at {m}.", "{n} and {m} are good friends.", "They had a lot of fun.",
		   "{n} sang a song.", "Then {n} waved to {m}.");
	return true;
}

/* --- a story --------------------------------------------------------------------------------------------------- */

struct act {
	bool (*try)(struct tale *t, enum corpus_split split); /* false: the world does not allow it now, nothing was said */
	int weight;
};

enum { MOST_ACTS = 20 };

/* A kind of story: how it opens, how a second thing comes in, and how it goes on. As long as there is only one thing, its colour
 * can be told without looking at whose it is; so the second comes early. Lists end with a NULL act. */
struct plot {
	struct act openings[MOST_ACTS], seconds[MOST_ACTS], acts[MOST_ACTS];
};

/* Nothing changes hands: the plainest question is whose is what. */
static const struct plot QUIET = {
	.openings = { { meet_owner, 5 }, { meet_two_owners, 5 } },
	.seconds = { { meet_owner, 1 } },
	.acts = { { meet_owner, 6 },
		  { meet_two_owners, 2 },
		  { tell_owner, 12 },
		  { tell_two_owners, 6 },
		  { tell_colour, 5 },
		  { tell_holder, 6 },
		  { pass_time, 1 } },
};

/* As short as a question of whose is what can be. */
static const struct plot PRIMER = {
	.openings = { { meet_owner, 5 }, { meet_two_owners, 5 }, { meet_lying, 2 } },
	.seconds = { { meet_owner, 2 }, { meet_lying, 1 } },
	.acts = { { tell_owner, 12 },
		  { tell_colour, 7 },
		  { tell_holder, 7 },
		  { tell_place, 9 },
		  { meet_lying, 2 },
		  { pass_time, 1 } },
};

static const struct plot LIVELY = {
	.openings = { { meet_owner, 6 }, { meet_two_owners, 5 }, { meet_gift, 3 }, { meet_lying, 1 }, { pass_time, 1 } },
	.seconds = { { meet_owner, 5 }, { meet_two_owners, 1 }, { meet_gift, 1 }, { meet_lying, 1 } },
	.acts = { { meet_owner, 7 },
		  { meet_two_owners, 2 },
		  { meet_gift, 2 },
		  { meet_lying, 3 },
		  { give, 4 },
		  { give_back, 3 },
		  { swap, 3 },
		  { put_down, 3 },
		  { pick_up, 3 },
		  { go, 4 },
		  { tell_owner, 10 },
		  { tell_two_owners, 6 },
		  { tell_colour, 6 },
		  { tell_holder, 6 },
		  { tell_place, 8 },
		  { tell_whereabouts, 5 },
		  { pass_time, 1 } },
};

/* The same act twice in a row reads like a stutter, except for introductions. */
static void act_once(struct tale *t, enum corpus_split split, const struct act *acts)
{
	int total = 0;

	for (int i = 0; acts[i].try; i++)
		total += acts[i].weight;
	for (;;) {
		int draw = random_below(&t->random, total), i = 0;

		while (draw >= acts[i].weight)
			draw -= acts[i++].weight;
		if (acts[i].try == t->last && t->last != meet_owner)
			continue;
		if (acts[i].try(t, split)) {
			t->last = acts[i].try;
			break;
		}
	}
	t->acts++;
}

/* Words and punctuation marks; "'s" counts as one. */
static int count_pieces(const char *text)
{
	int count = 0;

	for (const char *p = text; *p; p++)
		count += *p != ' ' && (ispunct((unsigned char)*p) || p == text || p[-1] == ' ');
	return count;
}

struct corpus_story *corpus_story_create(enum corpus_split split, uint64_t seed, uint64_t index)
{
	struct tale t = {
		.primer = split == CORPUS_PRIMER,
		.random = random_seeded(seed * CORPUS_SPLITS + split, index),
		.text = g_string_new(NULL),
		.slots = g_array_new(FALSE, FALSE, sizeof(struct corpus_slot)),
	};
	/* Most stories are short, because short ones are filmed; one in eight goes far enough to teach every position. */
	int goal = random_below(&t.random, 8) ? 15 + random_below(&t.random, 40) : 55 + random_below(&t.random, 46);
	const struct plot *plot = random_below(&t.random, 2) ? &QUIET : &LIVELY;

	if (t.primer) {
		goal = 15 + random_below(&t.random, 12);
		plot = &PRIMER;
	}

	t.people_count = 2 + random_below(&t.random, goal > 40 ? 3 : 2);
	t.thing_limit = MIN(t.people_count + random_below(&t.random, 2), THINGS);
	for (int i = 0; i < t.people_count; i++) {
		bool taken;

		t.people[i].place = NOWHERE;
		do {
			t.people[i].name = random_below(&t.random, G_N_ELEMENTS(NAMES));
			taken = false;
			for (int j = 0; j < i; j++)
				taken |= t.people[j].name == t.people[i].name;
		} while (taken);
	}

	act_once(&t, split, plot->openings);
	if (t.thing_count < 2 && random_below(&t.random, 4))
		act_once(&t, split, plot->seconds);
	while (count_pieces(t.text->str) < goal)
		act_once(&t, split, plot->acts);

	struct corpus_story *s = g_new(struct corpus_story, 1);

	s->piece_count = count_pieces(t.text->str);
	g_assert(s->piece_count <= CORPUS_LONGEST);
	s->slot_count = (int)t.slots->len;
	s->slots = (struct corpus_slot *)(void *)g_array_free(t.slots, FALSE);
	s->text = g_string_free(t.text, FALSE);
	return s;
}

void corpus_story_destroy(struct corpus_story *s)
{
	if (!s)
		return;
	g_free(s->text);
	g_free(s->slots);
	g_free(s);
}

const char *corpus_kind_name(enum corpus_kind kind)
{
	static const char *const names[] = { "name", "colour", "object", "place", "pronoun" };

	G_STATIC_ASSERT(G_N_ELEMENTS(names) == CORPUS_KINDS);
	return names[kind];
}
