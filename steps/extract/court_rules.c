/* court_rules.c - the tables of courts.def, and how a name is held against them. */

#include "steps/extract/courts_private.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum where { COUNTY, COUNTY_PART, TOWN, TOWN_PART, NAMED };

struct row {
	const char *id, *name, *words;
};

struct local {
	const char *state, *id, *name, *words;
	enum where where;
};

struct seat {
	const char *state;
	char direction; /* 0: the state is one district */
	const char *cities;
};

struct counties {
	const char *state;
	int district;
	const char *names;
};

#define STATE(code, supreme, appellate, districts, names)
#define COURT(id, name, words)
#define LOCAL(state, id, name, words, where)
#define COUNTIES(state, district, names)
#define SEAT(state, direction, cities)

#undef STATE
#define STATE(code, supreme, appellate, districts, names) {code, supreme, appellate, districts, names},
static const struct court_state states[] = {
#include "steps/extract/courts.def"
};
#undef STATE
#define STATE(code, supreme, appellate, districts, names)

#undef COURT
#define COURT(id, name, words) {id, name, words},
static const struct row rows[] = {
#include "steps/extract/courts.def"
};
#undef COURT
#define COURT(id, name, words)

#undef LOCAL
#define LOCAL(state, id, name, words, where) {state, id, name, words, where},
static const struct local locals[] = {
#include "steps/extract/courts.def"
};
#undef LOCAL
#define LOCAL(state, id, name, words, where)

#undef SEAT
#define SEAT(state, direction, cities) {state, direction, cities},
static const struct seat seats[] = {
#include "steps/extract/courts.def"
};
#undef SEAT
#define SEAT(state, direction, cities)

#undef COUNTIES
#define COUNTIES(state, district, names) {state, district, names},
static const struct counties counties[] = {
#include "steps/extract/courts.def"
};

#define LENGTH(table) (sizeof(table) / sizeof(*(table)))

enum { PLACE_MAX = 47 };

const struct court_state *court_states(size_t *count)
{
	*count = LENGTH(states);
	return states;
}

static bool all_fit(const struct court_words *words, const char *parts, size_t length)
{
	for (size_t at = 0; at < length;) {
		size_t part = 0;
		bool negated = parts[at] == '!', exact = parts[at] == '=';
		const char *phrase = parts + at + (negated || exact);
		size_t size;

		while (at + part < length && parts[at + part] != '+')
			part++;
		size = part - (negated || exact);
		if (court_words_have(words, phrase, size) == negated || (exact && words->length != size + 2))
			return false;
		at += part + 1;
	}
	return true;
}

bool court_row_fits(const struct court_words *words, const char *row)
{
	while (*row) {
		size_t length = 0;

		while (row[length] && row[length] != '|')
			length++;
		if (all_fit(words, row, length))
			return true;
		row += length + (row[length] == '|');
	}
	return false;
}

static bool have(const struct court_said *said, const char *phrase)
{
	return court_words_have(&said->words, phrase, strlen(phrase));
}

/* The number of a circuit as its short name has it: "9", "dc", "f". */
static void circuit_suffix(const struct court_said *said, char *out, size_t size)
{
	if (said->number)
		snprintf(out, size, "%d", said->number);
	else
		snprintf(out, size, "%s",
			 have(said, "district columbia") ? "dc"
			 : have(said, "federal")         ? "fc"
							 : "");
}

void court_by_row(const struct court_said *said, struct court *court)
{
	for (size_t i = 0; i < LENGTH(rows); i++) {
		const char *mark = strchr(rows[i].id, '#');
		char id[COURT_ID_MAX + 1], suffix[8];

		if (!court_row_fits(&said->words, rows[i].words))
			continue;
		circuit_suffix(said, suffix, sizeof(suffix));
		if (mark)
			snprintf(id, sizeof(id), "%.*s%s", (int)(mark - rows[i].id), rows[i].id, suffix);
		else
			snprintf(id, sizeof(id), "%s", rows[i].id);
		court_add(court, id, rows[i].name);
		return;
	}
}

static void state_name(const struct court_state *state, char *out, size_t size)
{
	size_t length = strcspn(state->names, "|");
	bool start = true;

	snprintf(out, size, "%.*s", (int)length, state->names);
	for (char *c = out; *c; c++) {
		if (start)
			*c = (char)toupper((unsigned char)*c);
		start = *c == ' ';
	}
}

static const char *direction_name(char direction)
{
	static const char *const names[] = {"Northern", "Southern", "Eastern",
					    "Western",  "Middle",   "Central"};

	for (size_t i = 0; i < LENGTH(names); i++)
		if (tolower((unsigned char)names[i][0]) == direction)
			return names[i];
	return "";
}

/* A district of one state: "nysd", "mad", "flsb". */
static void add_district(const struct court_said *said, const char *before, char level, const char *what,
			 struct court *court)
{
	const struct court_state *state = said->state;
	char id[COURT_ID_MAX + 1], name[COURT_NAME_MAX + 1], of[32], direction[2] = "";

	if (said->direction && *state->districts)
		direction[0] = said->direction;
	state_name(state, of, sizeof(of));
	if (*before)
		snprintf(id, sizeof(id), "%s%s%c%s", before, direction, level, state->code);
	else
		snprintf(id, sizeof(id), "%s%s%c", state->code, direction, level);
	snprintf(name, sizeof(name), "United States %s for the %s%sDistrict of %s", what,
		 direction_name(direction[0]), *direction ? " " : "", of);
	court_add(court, id, name);
}

static void add_circuit(const struct court_said *said, struct court *court)
{
	char id[COURT_ID_MAX + 1], suffix[8], name[COURT_NAME_MAX + 1];

	circuit_suffix(said, suffix, sizeof(suffix));
	if (!*suffix || said->number > 11)
		return;
	snprintf(id, sizeof(id), "ca%s", suffix);
	if (said->number)
		snprintf(name, sizeof(name), "United States Court of Appeals for the %d%s Circuit",
			 said->number,
			 said->number == 1   ? "st"
			 : said->number == 2 ? "nd"
			 : said->number == 3 ? "rd"
					     : "th");
	else
		snprintf(name, sizeof(name), "United States Court of Appeals for the %s Circuit",
			 have(said, "district columbia") ? "District of Columbia" : "Federal");
	court_add(court, id, name);
}

/* Where a federal court sits says its district, when its name does not. */
static void find_seat(struct court_said *said)
{
	for (size_t i = 0; i < LENGTH(seats) && !said->direction; i++) {
		if ((said->state && strcmp(said->state->code, seats[i].state) != 0) ||
		    !court_row_fits(&said->words, seats[i].cities))
			continue;
		said->direction = seats[i].direction;
		for (size_t j = 0; j < LENGTH(states) && !said->state; j++)
			if (!strcmp(states[j].code, seats[i].state))
				said->state = &states[j];
		return;
	}
}

void court_of_federation(const struct court_said *name, struct court *court)
{
	struct court_said copy = *name;
	const struct court_said *said = &copy;
	bool appeals = have(said, "appeals") || have(said, "circuit");
	bool columbia = have(said, "district columbia");

	if (said->federal && (have(said, "district court") || have(said, "bankruptcy")) && !said->direction &&
	    (!said->state || *said->state->districts))
		find_seat(&copy);
	if (!said->federal && (have(said, "county") || have(said, "commonwealth")))
		return;
	if (have(said, "supreme") && said->federal && !said->number && !said->direction) {
		court_add(court, "scotus", "Supreme Court of the United States");
	} else if (appeals && (said->number || columbia) &&
		   (said->federal || !said->state || (columbia && !said->number)) &&
		   !have(said, "judicial district")) {
		add_circuit(said, court);
	} else if (have(said, "bankruptcy") && said->state) {
		add_district(said, "", 'b', "Bankruptcy Court", court);
	} else if (have(said, "circuit court") && said->state &&
		   (said->federal || have(said, "circuit court district"))) {
		add_district(said, "circt", 'd', "Circuit Court", court);
	} else if (said->state && !have(said, "supreme") && !have(said, "superior") &&
		   !have(said, "appeals") &&
		   (said->direction || said->federal || have(said, "district court")) &&
		   (have(said, "court") || have(said, "district") || have(said, "division"))) {
		add_district(said, "", 'd', "District Court", court);
	}
}

void court_of_state(const struct court_said *said, struct court *court)
{
	char name[COURT_NAME_MAX + 1], of[32], id[COURT_ID_MAX + 1];

	if (!said->state || said->federal)
		return;
	state_name(said->state, of, sizeof(of));
	if (have(said, "supreme")) {
		snprintf(name, sizeof(name), "Supreme Court of %s", of);
		court_add(court, said->state->supreme, name);
	} else if ((have(said, "appeals") || have(said, "appellate")) && *said->state->appellate) {
		snprintf(name, sizeof(name), "Court of Appeals of %s", of);
		court_add(court, said->state->appellate, name);
	} else if (have(said, "superior court")) {
		snprintf(name, sizeof(name), "Superior Court of %s", of);
		snprintf(id, sizeof(id), "%ssuperct", said->state->supreme);
		court_add(court, id, name);
	} else if (have(said, "circuit court")) {
		snprintf(name, sizeof(name), "Circuit Courts of %s", of);
		snprintf(id, sizeof(id), "%scirct", said->state->supreme);
		court_add(court, id, name);
	}
}

static struct slice word_ending(const struct court_words *words, size_t end)
{
	size_t start = end;

	while (start > 0 && words->text[start - 1] != ' ')
		start--;
	return (struct slice){words->text + start, end - start};
}

static bool is_place_word(struct slice word)
{
	return word.len > 1 && !isdigit((unsigned char)word.ptr[0]) && !court_words_know(word);
}

static bool overlaps(struct slice a, struct slice b)
{
	return a.ptr && b.ptr && a.ptr < b.ptr + b.len && b.ptr < a.ptr + a.len;
}

static void append(char *place, struct slice word)
{
	size_t length = strlen(place);

	if (length + word.len + 2 > PLACE_MAX)
		return;
	if (length)
		place[length++] = ' ';
	memcpy(place + length, word.ptr, word.len);
	place[length + word.len] = '\0';
}

static const struct counties *county_of(const char *state, const char *place)
{
	size_t length = strlen(place);

	for (size_t i = 0; i < LENGTH(counties); i++) {
		if (strcmp(counties[i].state, state) != 0)
			continue;
		for (const char *rest = counties[i].names; rest; rest = strchr(rest, '|')) {
			rest += *rest == '|';
			if (*rest == *place && !strncmp(rest, place, length) &&
			    (rest[length] == '|' || !rest[length]))
				return &counties[i];
		}
	}
	return NULL;
}

/* A place, or a state's or another known word that counties are called by, too. */
static bool names_county(const struct court_said *said, struct slice word)
{
	static const char *const both[] = {"washington", "delaware", "indiana",
					   "wyoming",    "columbia", "york"};

	if (overlaps(word, said->state_words))
		return false;
	for (size_t i = 0; i < LENGTH(both); i++)
		if (slice_is(word, both[i]))
			return true;
	return is_place_word(word);
}

/* The words before " county ", or those after it ("County of Anoka"); "" when there are none. */
static void find_county(const struct court_said *said, char *place)
{
	const struct court_words *words = &said->words;
	const char *from = words->text, *at;

	while ((at = strstr(from, " county ")) != NULL) {
		struct slice parts[3], word;
		size_t end = (size_t)(at - words->text);
		int count = 0;

		while (count < 3 && end > 0) {
			word = word_ending(words, end);
			if (!names_county(said, word) && !(count == 1 && slice_is(word, "new")))
				break;
			parts[count++] = word;
			end = end > word.len ? end - word.len - 1 : 0;
		}
		while (count > 0)
			append(place, parts[--count]);
		if (*place)
			return;
		from = at + 1;
	}
	at = strstr(words->text, " county ");
	if (at) {
		struct slice word;
		size_t start = (size_t)(at - words->text) + 8,
		       end = start + strcspn(words->text + start, " ");

		word = (struct slice){words->text + start, end - start};
		if (is_place_word(word))
			append(place, word);
	}
}

/* Two words that are one county: "van wert", "new york". */
static bool is_county_pair(struct slice first, struct slice second)
{
	char pair[PLACE_MAX + 1] = "";

	append(pair, first);
	append(pair, second);
	for (size_t i = 0; i < LENGTH(counties); i++)
		if (county_of(counties[i].state, pair))
			return true;
	return false;
}

bool court_is_county_word(struct slice word)
{
	char name[PLACE_MAX + 1] = "";

	append(name, word);
	for (size_t i = 0; i < LENGTH(counties); i++)
		if (county_of(counties[i].state, name))
			return true;
	return false;
}

static struct slice word_from(const struct court_words *words, size_t at)
{
	return at < words->length ? (struct slice){words->text + at, strcspn(words->text + at, " ")}
				  : (struct slice){0};
}

/* "North", "New" and the like begin a place's name when another word of it follows. */
static bool begins_place(struct slice word, struct slice next)
{
	return is_place_word(next) && (slice_is(word, "north") || slice_is(word, "south") ||
				       slice_is(word, "east") || slice_is(word, "west"));
}

/* The first words in a row that are neither of courts, nor the state, nor a county. */
static void find_town(const struct court_said *said, char *place)
{
	const struct court_words *words = &said->words;

	for (size_t at = 1; at < words->length;) {
		struct slice word = word_from(words, at), next = word_from(words, at + word.len + 1),
			     third = word_from(words, at + word.len + next.len + 2);
		bool of_county =
			slice_is(next, "county") || (slice_is(third, "county") && is_county_pair(word, next));

		at += word.len + 1;
		if (of_county && !slice_is(next, "county"))
			at += next.len + 1;
		if (!of_county && !overlaps(word, said->state_words) &&
		    (is_place_word(word) || (!*place && begins_place(word, next))))
			append(place, word);
		else if (*place)
			return;
	}
}

/* "ohctcompl%" and "Erie" give "ohctcomplerie"; fifteen letters in all. */
static void local_id(const struct local *local, const char *place, int number, char *id)
{
	const char *mark = strchr(local->id, '%');
	const char *after = mark + 1 + (isdigit((unsigned char)mark[1]) != 0);
	size_t length = 0, most = isdigit((unsigned char)mark[1]) ? (size_t)(mark[1] - '0') : 15,
	       tail = strlen(after);
	bool french = !strcmp(local->state, "fr");

	for (const char *c = local->id; c < mark && length < COURT_ID_MAX - 4; c++) {
		if (*c == '#' && number)
			length += (size_t)snprintf(id + length, 4, "%d", number % 100);
		else if (*c != '#')
			id[length++] = *c;
	}
	if (!strcmp(local->state, "ny") && !strcmp(place, "new york"))
		place = "nyc";
	for (; *place && most && length + tail < (french ? COURT_ID_MAX : 15); place++) {
		if (*place != ' ') {
			id[length++] = *place;
			most--;
		}
	}
	if (!tail && length && id[length - 1] == '-')
		length--;
	memcpy(id + length, after, tail + 1);
}

static void add_local(const struct local *local, const char *place, int number, struct court *court)
{
	char id[COURT_ID_MAX + 1], name[COURT_NAME_MAX + 1], shown[PLACE_MAX + 1];
	bool start = true;

	snprintf(shown, sizeof(shown), "%s", place);
	for (char *c = shown; *c; c++) {
		if (start)
			*c = (char)toupper((unsigned char)*c);
		start = *c == ' ';
	}
	local_id(local, place, number, id);
	snprintf(name, sizeof(name), "%s%s%s%s", local->name, *shown ? ", " : "", shown,
		 *shown && local->where != TOWN && local->where != TOWN_PART ? " County" : "");
	court_add(court, id, name);
	if (local->where == COUNTY_PART || local->where == TOWN_PART) {
		local_id(local, "", 0, id);
		court_add(court, id, local->name);
	}
}

/* A French court's place stands behind its kind: "cour d'appel de Paris"; before it stands what it did. */
static void find_french_place(const struct court_words *words, const char *row, char *place)
{
	*place = '\0';
	while (*row) {
		size_t length = strcspn(row, "|");
		const char *at = court_words_find(words, row, length);

		for (size_t next = at ? (size_t)(at - words->text) + length + 2 : words->length;
		     next < words->length;) {
			struct slice word = word_from(words, next);

			if (!is_place_word(word))
				break;
			append(place, word);
			next += word.len + 1;
		}
		if (at)
			return;
		row += length + (row[length] == '|');
	}
}

static bool french_court_of_place(const struct court_said *said, struct court *court)
{
	char place[PLACE_MAX + 1];

	for (size_t i = 0; i < LENGTH(locals); i++) {
		if (strcmp(locals[i].state, "fr") != 0 || !court_row_fits(&said->words, locals[i].words))
			continue;
		find_french_place(&said->words, locals[i].words, place);
		add_local(&locals[i], place, 0, court);
		return true;
	}
	return false;
}

void court_of_place(const struct court_said *said, struct court *court)
{
	char county[PLACE_MAX + 1] = "", town[PLACE_MAX + 1] = "";

	if (said->federal || french_court_of_place(said, court))
		return;
	find_county(said, county);
	find_town(said, town);
	/* First the states that have such a county, then those where any place may be. */
	for (int pass = 0; pass < 2; pass++) {
		bool listed = court->choices > 0;

		for (size_t i = 0; i < LENGTH(locals); i++) {
			const struct local *local = &locals[i];
			bool any = local->where == TOWN || local->where == TOWN_PART;
			const char *place = any ? (*town ? town : county) : (*county ? county : town);
			const struct counties *known;

			if (!court_row_fits(&said->words, local->words) ||
			    (said->state && strcmp(said->state->code, local->state) != 0) ||
			    (!said->state && local->where == NAMED))
				continue;
			known = county_of(local->state, place);
			if (any ? !*place || pass == 0 || (listed && !*town)
				: (!known && (pass == 0 || listed || !*place)) || (known && pass == 1))
				continue;
			add_local(local, place, known ? known->district : 0, court);
		}
		if (court->choices && said->state)
			return;
	}
	if (!court->choices && said->state && !strcmp(said->state->code, "oh") && said->number &&
	    have(said, "court appeals")) {
		char id[COURT_ID_MAX + 1];

		snprintf(id, sizeof(id), "ohctapp%d", said->number);
		court_add(court, id, "Court of Appeals of Ohio");
	}
}
