// regex.cc - the one page of C++: RE2 and its literal prefilter behind regex.h.
//
// No exception crosses the border: RE2 throws none, and running out of memory ends the process here
// as it does in lib/mem.

extern "C" { // the headers of lib/ are plain C
#include "lib/diag/error.h"
#include "lib/text/text.h"
}
#include "lib/regex/regex.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <re2/filtered_re2.h>
#include <re2/re2.h>
#include <re2/set.h>

namespace
{

constexpr int64_t program_bytes = 8 << 20;
// Shorter literals are in nearly every text and would only cost automaton states.
constexpr int min_literal = 3;

re2::StringPiece piece(struct slice text)
{
	return re2::StringPiece(text.ptr ? text.ptr : "", text.len);
}

re2::RE2::Options options_of(unsigned flags)
{
	re2::RE2::Options options;

	options.set_log_errors(false);
	options.set_max_mem(program_bytes);
	options.set_longest_match((flags & REGEX_LONGEST) != 0);
	options.set_case_sensitive((flags & REGEX_NO_CASE) == 0);
	return options;
}

// RE2 gives line mode only as a flag inside the pattern.
std::string spell(struct slice pattern, unsigned flags)
{
	std::string text((flags & REGEX_LINES) != 0 ? "(?m)" : "");

	return text.append(pattern.ptr ? pattern.ptr : "", pattern.len);
}

// The message shows what the author wrote, not what spell() put before it.
int bad_pattern(struct error *err, std::string reason)
{
	size_t ours = reason.find(": (?m)");

	if (ours != std::string::npos)
		reason.erase(ours + 2, 4);
	error_set(err, ERROR_INPUT, "invalid regular expression: %s", reason.c_str());
	error_hint(err, "patterns are RE2 syntax: no look-around and no back-references");
	return -1;
}

} // namespace

struct regex {
	const re2::RE2 *program;
	std::unique_ptr<re2::RE2> owned; // empty when the program belongs to a set
};

struct regex_set {
	unsigned flags;
	re2::RE2::Options options;
	re2::FilteredRE2 filtered{min_literal};
	std::unique_ptr<re2::RE2::Set> literals; // empty when no pattern needs one
	size_t literal_count = 0;
	std::vector<struct regex> members;
};

struct regex *regex_new(struct slice pattern, unsigned flags, struct error *err)
{
	auto owned = std::make_unique<re2::RE2>(spell(pattern, flags), options_of(flags));

	if (!owned->ok()) {
		bad_pattern(err, owned->error());
		return nullptr;
	}
	auto made = std::make_unique<struct regex>();
	made->program = owned.get();
	made->owned = std::move(owned);
	return made.release();
}

void regex_free(struct regex *regex)
{
	delete regex;
}

bool regex_find(const struct regex *regex, struct slice text, size_t from, struct regex_match *match)
{
	re2::StringPiece groups[REGEX_MAX_GROUPS];
	int count =
		std::min(regex->program->NumberOfCapturingGroups() + 1, static_cast<int>(REGEX_MAX_GROUPS));

	match->groups = 0;
	if (from > text.len ||
	    !regex->program->Match(piece(text), from, text.len, re2::RE2::UNANCHORED, groups, count))
		return false;
	match->groups = count;
	for (int i = 0; i < count; i++)
		match->group[i] = {groups[i].data(), groups[i].size()};
	return true;
}

bool regex_matches(const struct regex *regex, struct slice text)
{
	return regex->program->Match(piece(text), 0, text.len, re2::RE2::UNANCHORED, nullptr, 0);
}

int regex_group(const struct regex *regex, const char *name)
{
	const auto &names = regex->program->NamedCapturingGroups();
	auto found = names.find(name);

	return found == names.end() ? -1 : found->second;
}

struct regex_set *regex_set_new(unsigned flags)
{
	auto set = std::make_unique<struct regex_set>();

	set->flags = flags;
	set->options = options_of(flags);
	return set.release();
}

void regex_set_free(struct regex_set *set)
{
	delete set;
}

int regex_set_add(struct regex_set *set, struct slice pattern, struct error *err)
{
	std::string text = spell(pattern, set->flags);
	int index = -1;

	if (set->filtered.Add(text, set->options, &index) != re2::RE2::NoError) {
		re2::RE2 again(text, set->options); // only for its message
		return bad_pattern(err, again.error());
	}
	return index;
}

int regex_set_compile(struct regex_set *set, struct error *err)
{
	std::vector<std::string> literals;
	int count = set->filtered.NumRegexps();

	if (count == 0)
		return 0;
	set->filtered.Compile(&literals);
	for (int i = 0; i < count; i++)
		set->members.push_back({&set->filtered.GetRE2(i), nullptr});
	set->literal_count = literals.size();
	if (literals.empty())
		return 0;
	// Literals come in lower case whatever the pattern says, so they are looked for without case.
	set->literals = std::make_unique<re2::RE2::Set>(options_of(REGEX_NO_CASE), re2::RE2::UNANCHORED);
	for (const std::string &literal : literals)
		set->literals->Add(re2::RE2::QuoteMeta(literal), nullptr);
	if (!set->literals->Compile())
		return error_set(err, ERROR_LIMIT, "the %zu literals of %d patterns need too much memory",
				 literals.size(), count);
	return 0;
}

static std::vector<int> candidates_of(const struct regex_set *set, struct slice text)
{
	std::vector<int> found, result;
	re2::RE2::Set::ErrorInfo info{};

	if (set->members.empty())
		return result;
	if (set->literals && !set->literals->Match(piece(text), &found, &info) &&
	    info.kind != re2::RE2::Set::kNoError) {
		// The automaton ran out of its memory: any literal may be there.
		found.clear();
		for (size_t i = 0; i < set->literal_count; i++)
			found.push_back(static_cast<int>(i));
	}
	set->filtered.AllPotentials(found, &result);
	std::sort(result.begin(), result.end());
	return result;
}

size_t regex_set_candidates(const struct regex_set *set, struct slice text, int *indexes, size_t capacity)
{
	std::vector<int> found = candidates_of(set, text);

	std::copy_n(found.begin(), std::min(capacity, found.size()), indexes);
	return found.size();
}

size_t regex_set_find(const struct regex_set *set, struct slice text, int *indexes, size_t capacity)
{
	size_t count = 0;

	for (int index : candidates_of(set, text)) {
		if (!regex_matches(regex_set_at(set, index), text))
			continue;
		if (count < capacity)
			indexes[count] = index;
		count++;
	}
	return count;
}

const struct regex *regex_set_at(const struct regex_set *set, int index)
{
	return &set->members[static_cast<size_t>(index)];
}
