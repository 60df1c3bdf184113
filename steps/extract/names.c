/* names.c - words, commas and a short list of legal forms; nothing is looked up elsewhere. */

#include "steps/extract/names.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { NAME_MIN = 2, NAME_MAX = 120, WORD_MAX = 40, CORE_MAX = 12, HEADLINE_WORDS = 3 };

/* Words that end a company's name and may stand after a comma; compared without dots. */
static const char *const forms[] = {
	"inc", "incorporated", "llc",  "llp", "lp",   "ltd",  "limited", "plc",   "corp", "corporation",
	"co",  "company",      "na",   "sa",  "sas",  "sarl", "srl",     "spa",   "gmbh", "ag",
	"kg",  "nv",           "bv",   "ab",  "as",   "asa",  "oy",      "se",    "pte",  "pty",
	"psc", "pc",           "pllc", "pa",  "lllp", "saci", "cv",      "de cv", "fsb",  "ulc",
	"aps", "sab",          "jr",   "sr",  "ii",   "iii",  "iv"};

/* Words that only bodies carry in their name. */
static const char *const bodies[] = {
	"bank",        "banque",     "group",         "groupe",          "trust",          "fund",
	"funds",       "capital",    "trading",       "holdings",        "holding",        "partners",
	"association", "university", "council",       "services",        "management",     "financial",
	"securities",  "systems",    "international", "technologies",    "technology",     "solutions",
	"industries",  "energy",     "markets",       "futures",         "investments",    "investment",
	"enterprises", "associates", "insurance",     "credit",          "mortgage",       "lending",
	"exchange",    "brokers",    "commodities",   "media",           "global",         "society",
	"foundation",  "ministry",   "department",    "office",          "hospital",       "police",
	"airlines",    "airways",    "shipping",      "pharmaceuticals", "pharmaceutical", "motors",
	"corporation", "company",    "advisors",      "consulting",      "marketing",      "law",
	"network",     "oil",        "petroleum",     "logistics",       "société",        "fonds",
	"compagnie",   "caisse",     "commune",       "association",     "royal",          "party"};

static const char *const titles[] = {"mr",     "mrs", "ms",        "miss",       "dr",         "sir",
				     "judge",  "the", "defendant", "defendants", "respondent", "respondents",
				     "messrs", "m",   "mme",       "la société", "and",        "relief"};

static bool in_list(const char *const *list, size_t count, struct slice word)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(list[i]) == word.len && !strncasecmp(list[i], word.ptr, word.len))
			return true;
	return false;
}

#define IN_LIST(list, word) in_list(list, sizeof(list) / sizeof(*(list)), word)

/* The word without dots and commas, in `room`. */
static struct slice bare(struct slice word, char room[WORD_MAX])
{
	size_t length = 0;

	for (size_t i = 0; i < word.len && length < WORD_MAX; i++)
		if (word.ptr[i] != '.' && word.ptr[i] != ',' && word.ptr[i] != ' ')
			room[length++] = word.ptr[i];
	return (struct slice){room, length};
}

static struct slice word_at(struct slice text, size_t at)
{
	size_t end = at;

	while (end < text.len && !isspace((unsigned char)text.ptr[end]) && text.ptr[end] != ',' &&
	       text.ptr[end] != ';')
		end++;
	return slice_sub(text, at, end);
}

bool name_is_form(struct slice word)
{
	char room[WORD_MAX];

	return IN_LIST(forms, bare(word, room));
}

/* "KBR's" is about KBR. */
static struct slice trim_possessive(struct slice name)
{
	if (name.len > 2 && name.ptr[name.len - 2] == '\'' && (name.ptr[name.len - 1] | 32) == 's')
		return slice_sub(name, 0, name.len - 2);
	return name;
}

static struct slice trim_edges(struct slice name)
{
	static const char edge[] = " \t\r\n,;:.-_*\"'|/\\~&=<>[]{}";

	while (name.len && strchr(edge, name.ptr[0]))
		name = slice_sub(name, 1, name.len);
	while (name.len && strchr(edge, name.ptr[name.len - 1])) {
		/* The dot of "Inc.", "S.A." or "Jr." is part of the name. */
		if (name.ptr[name.len - 1] == '.' && name.len > 3 &&
		    isalpha((unsigned char)name.ptr[name.len - 2])) {
			size_t start = name.len - 1;

			while (start && !isspace((unsigned char)name.ptr[start - 1]) &&
			       name.ptr[start - 1] != ',')
				start--;
			if (name_is_form(slice_sub(name, start, name.len)))
				break;
		}
		name = slice_sub(name, 0, name.len - 1);
	}
	return trim_possessive(name);
}

/* Where the name stops and something about its bearer begins; name.len when it does not. */
static size_t tail_start(struct slice name)
{
	static const char *const marks[] = {" a/k/a",
					    " aka ",
					    " d/b/a",
					    " dba ",
					    " f/k/a",
					    " n/k/a",
					    " also known",
					    " doing business",
					    " formerly",
					    " individually",
					    " an individual",
					    " et al",
					    " (",
					    " as ",
					    " in his ",
					    " in her ",
					    " of ",
					    " a ",
					    " an ",
					    " who ",
					    " which ",
					    " on behalf",
					    " acting",
					    " by and",
					    " dit ",
					    " known as",
					    " trading as",
					    " t/a ",
					    " aged ",
					    " collectively",
					    " its ",
					    " his ",
					    " her ",
					    " their ",
					    " both ",
					    " respectively",
					    " defendant",
					    " respondent",
					    " with ",
					    " from ",
					    " for ",
					    " CPA",
					    " Esq"};
	size_t cut = name.len;

	for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++) {
		size_t length = strlen(marks[i]);

		for (size_t at = 2; at + length <= name.len && at < cut; at++) {
			if (strncasecmp(name.ptr + at, marks[i], length))
				continue;
			/* "Bank of America", "Law Offices of", "Church of": an "of" within capitals belongs
			 * to it. */
			if (!strcmp(marks[i], " of ") &&
			    (name_is_entity(slice_sub(name, 0, at)) || name_is_form(word_at(name, at + 4))))
				continue;
			cut = at;
		}
	}
	return cut;
}

struct slice name_trim(struct slice name)
{
	bool again = true;

	name = trim_edges(name);
	name = trim_edges(slice_sub(name, 0, tail_start(name)));
	while (again && name.len) {
		struct slice word = word_at(name, 0);
		char room[WORD_MAX];

		again = word.len < name.len && word.len < WORD_MAX &&
			(IN_LIST(titles, bare(word, room)) || slice_ends(word, SLICE("-based")));
		if (again)
			name = trim_edges(slice_sub(name, word.len, name.len));
	}
	return name;
}

/* True when the separator at `at` ends a name: what follows is no legal form. */
static bool ends_name(struct slice text, size_t after)
{
	while (after < text.len && isspace((unsigned char)text.ptr[after]))
		after++;
	return after >= text.len || !name_is_form(word_at(text, after));
}

static size_t count_words(struct slice text)
{
	size_t count = 0;

	for (size_t i = 0; i < text.len; i++)
		count += !isspace((unsigned char)text.ptr[i]) &&
			 (i == 0 || isspace((unsigned char)text.ptr[i - 1]));
	return count;
}

/* True when one word stands at `at` before the next separator: "Pinto and Muller". */
static bool is_single(struct slice text, size_t at)
{
	size_t end = at + word_at(text, at).len;

	while (end < text.len && isspace((unsigned char)text.ptr[end]))
		end++;
	return end >= text.len || text.ptr[end] == ',' || text.ptr[end] == ';' ||
	       !strncmp(text.ptr + end, "and ", text.len - end < 4 ? text.len - end : 4);
}

/* Bytes of " and " (or its like) at `at` that separates two names, or 0. "Turner and Sons" is one name: a
 * single word that is no body by itself does not stand before "and". */
static size_t conjunction_at(struct slice text, size_t at, size_t start)
{
	static const char *const words[] = {"and", "et", "And", "AND", "ET"};

	if (at == start || !isspace((unsigned char)text.ptr[at - 1]))
		return 0;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		size_t length = strlen(words[i]);
		struct slice left = trim_edges(slice_sub(text, start, at));

		if (at + length >= text.len || strncmp(text.ptr + at, words[i], length) ||
		    !isspace((unsigned char)text.ptr[at + length]))
			continue;
		return !left.len || count_words(left) > 1 || start > 0 || is_single(text, at + length + 1)
			       ? length + 1
			       : 0;
	}
	return 0;
}

/* A part that says something about the name before it: "individually", "d/b/a Acme". */
static bool is_remark(struct slice part)
{
	static const char *const starts[] = {
		"individually", "d/b/a",          "dba ",          "a/k/a", "aka ",     "f/k/a",   "n/k/a",
		"also known",   "doing business", "an individual", "et al", "formerly", "jointly", "as "};

	part = slice_trim(part);
	for (size_t i = 0; i < sizeof(starts) / sizeof(*starts); i++)
		if (part.len >= strlen(starts[i]) && !strncasecmp(part.ptr, starts[i], strlen(starts[i])))
			return true;
	return (slice_starts(part, SLICE("a ")) || slice_starts(part, SLICE("an ")) ||
		slice_starts(part, SLICE("A ")) || slice_starts(part, SLICE("AN "))) &&
	       part.len > 3 && part.ptr[2] != '&';
}

static void add_name(struct parts *parts, struct slice name)
{
	if (is_remark(name))
		return;
	name = name_trim(name);
	if (name.len < NAME_MIN || name.len > NAME_MAX || parts->count == PARTS_MAX || name_is_form(name))
		return;
	parts->items[parts->count].at = name;
	parts->items[parts->count++].text[0] = '\0';
}

void names_split(struct slice text, struct parts *parts)
{
	size_t start = 0;

	parts->count = 0;
	for (size_t at = 0; at < text.len; at++) {
		size_t skip = 0;

		if (text.ptr[at] == ';' || (text.ptr[at] == ',' && ends_name(text, at + 1)))
			skip = 1;
		else
			skip = conjunction_at(text, at, start);
		if (!skip)
			continue;
		add_name(parts, slice_sub(text, start, at));
		start = at + skip;
		at = start - 1;
	}
	add_name(parts, slice_sub(text, start, text.len));
}

static bool has_lower(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (islower((unsigned char)text.ptr[i]))
			return true;
	return false;
}

/* "LLC", "BNP", "JPMC" keep their capitals; "SMITH", "GLOBAL" do not. */
static bool keeps_capitals(struct slice word)
{
	static const char *const lower_forms[] = {"inc",         "ltd",     "corp",         "co", "limited",
						  "corporation", "company", "incorporated", "jr", "sr"};
	char room[WORD_MAX];
	struct slice plain = bare(word, room);

	if (name_is_form(word))
		return !IN_LIST(lower_forms, plain);
	for (size_t i = 0; i < plain.len; i++)
		if (strchr("AEIOUYaeiouy", plain.ptr[i]) || (unsigned char)plain.ptr[i] >= 0x80)
			return memchr(word.ptr, '.', word.len) && word.len <= 6 && plain.len <= 3;
	return true;
}

static void add_word(struct buf *out, struct slice word, bool soften)
{
	bool start = true;

	soften = soften && !keeps_capitals(word);
	for (size_t i = 0; i < word.len; i++) {
		char byte = word.ptr[i];

		buf_add_char(out,
			     soften && !start && isupper((unsigned char)byte) ? (char)(byte | 32) : byte);
		start = !isalpha((unsigned char)byte) && (byte != '\'' || i == 1) &&
			(unsigned char)byte < 0x80;
	}
}

/* The "Jack" of Albert "Jack" Stanley. */
static bool is_nickname(struct slice word)
{
	return word.len > 2 && word.ptr[0] == '"' && word.ptr[word.len - 1] == '"';
}

bool name_normalise(struct slice text, struct buf *out)
{
	struct slice name = name_trim(text);
	bool soften = !has_lower(name) && count_words(name) > 1;
	size_t at = 0;

	if (name.len < NAME_MIN || name.len > NAME_MAX)
		return false;
	while (at < name.len) {
		size_t end = at;

		while (end < name.len && !isspace((unsigned char)name.ptr[end]))
			end++;
		if (end > at && (at == 0 || !is_nickname(slice_sub(name, at, end)))) {
			if (out->len && out->data[out->len - 1] != ' ')
				buf_add_char(out, ' ');
			add_word(out, slice_sub(name, at, end), soften);
		}
		at = end + 1;
	}
	return true;
}

bool name_is_entity(struct slice name)
{
	size_t at = 0, words = 0;

	while (at < name.len) {
		struct slice word = word_at(name, at);
		char room[WORD_MAX];
		struct slice plain = bare(word, room);

		if (word.len && at > 0 && name_is_form(word) && !slice_is(plain, "Jr") &&
		    !slice_is(plain, "Sr") && !slice_is(plain, "II") && !slice_is(plain, "III") &&
		    !slice_is(plain, "IV"))
			return true;
		if (plain.len &&
		    (IN_LIST(bodies, plain) || slice_is(plain, "&") || isdigit((unsigned char)plain.ptr[0])))
			return true;
		words += word.len > 0;
		at += word.len + 1;
	}
	return words == 1;
}

/* A name's words, bare, legal forms, articles and conjunctions left out; "Pinto-Franceschi" is two. */
struct core {
	size_t count;
	struct slice words[CORE_MAX];
	char room[CORE_MAX][WORD_MAX];
};

static bool is_core(struct slice plain)
{
	return plain.len && !IN_LIST(forms, plain) && !slice_is(plain, "The") && !slice_is(plain, "the") &&
	       !slice_is(plain, "&") && !slice_is(plain, "and");
}

static void core_of(struct slice name, struct core *core)
{
	size_t at = 0;

	core->count = 0;
	while (at < name.len && core->count < CORE_MAX) {
		struct slice word = word_at(name, at), plain;
		const char *hyphen = memchr(word.ptr, '-', word.len);

		if (hyphen && hyphen > word.ptr)
			word.len = (size_t)(hyphen - word.ptr);
		plain = bare(word, core->room[core->count]);
		if (is_core(plain))
			core->words[core->count++] = plain;
		at += word.len + 1;
	}
}

static bool same_word(struct slice a, struct slice b)
{
	return a.len == b.len && !strncasecmp(a.ptr, b.ptr, a.len);
}

static bool holds_all(const struct core *inner, const struct core *outer)
{
	for (size_t i = 0; i < inner->count; i++) {
		bool found = false;

		for (size_t k = 0; k < outer->count && !found; k++)
			found = same_word(inner->words[i], outer->words[k]);
		if (!found)
			return false;
	}
	return inner->count > 0;
}

/* "Rafael E. Pinto" and "Rafael Enrique Pinto": word for word the same, or one is the other's initial. */
static bool initials_agree(const struct core *a, const struct core *b)
{
	if (a->count != b->count || a->count < 2 ||
	    !same_word(a->words[a->count - 1], b->words[b->count - 1]))
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (!same_word(a->words[i], b->words[i]) &&
		    ((a->words[i].len > 1 && b->words[i].len > 1) ||
		     tolower((unsigned char)a->words[i].ptr[0]) !=
			     tolower((unsigned char)b->words[i].ptr[0])))
			return false;
	return true;
}

/* "Bribery Case Acme Instruments Inc." ends as "Acme Instruments Inc." does. */
static bool ends_alike(const struct core *tail, const struct core *whole)
{
	if (tail->count < 2 || tail->count > whole->count)
		return false;
	for (size_t i = 0; i < tail->count; i++)
		if (!same_word(tail->words[i], whole->words[whole->count - tail->count + i]))
			return false;
	return true;
}

/* "BCLP" stands for Brunswick Capital Limited Partnership: the first letters, legal form included. */
static bool is_acronym_of(struct slice acronym, struct slice name)
{
	size_t at = 0, count = 0;

	if (acronym.len < 2 || acronym.len > 6)
		return false;
	while (at < name.len && count < acronym.len) {
		struct slice word = word_at(name, at);

		if (word.len && word.ptr[0] != acronym.ptr[count])
			return false;
		count += word.len > 0;
		at += word.len + 1;
	}
	return count == acronym.len;
}

static bool has_form(struct slice name)
{
	size_t at = name.len;

	while (at > 0 && name.ptr[at - 1] != ' ')
		at--;
	return at > 0 && name_is_form(slice_sub(name, at, name.len));
}

/* Both with a legal form are two bodies of one family unless the other words are the same, or one has only
 * more before it. */
bool names_alike(struct slice a, struct slice b)
{
	struct core first, second;

	core_of(a, &first);
	core_of(b, &second);
	if (has_form(a) && has_form(b))
		return ends_alike(&first, &second) || ends_alike(&second, &first) ||
		       (holds_all(&first, &second) && holds_all(&second, &first));
	return holds_all(&first, &second) || holds_all(&second, &first) || initials_agree(&first, &second) ||
	       is_acronym_of(a, b) || is_acronym_of(b, a);
}

bool name_is_fuller(struct slice name, struct slice other)
{
	size_t words = count_words(name), old = count_words(other);
	struct core first, second;

	core_of(name, &first);
	core_of(other, &second);
	if (old >= words + HEADLINE_WORDS)
		return has_form(name) && ends_alike(&first, &second);
	if (initials_agree(&first, &second))
		return name.len > other.len;
	if (words <= old || words > old + 3 || slice_find(name, SLICE(" and "), 0) != SIZE_MAX)
		return false;
	if (old == 1)
		return true;
	return holds_all(&second, &first) &&
	       (has_form(name) ? !has_form(other) : words == old + 1 && !name_is_entity(name));
}
