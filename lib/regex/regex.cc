// regex.cc - regex.h in C++: regexes, pools and sets over compiled programs (program.cc).
//
// No exception crosses the border: RE2 throws none, and running out of memory ends the process here
// as it does in lib/mem.

#include "lib/regex/literals.hh"
#include "lib/regex/regex_private.hh"

#include <algorithm>
#include <map>
#include <unordered_map>

using regex_room::piece;
using regex_room::program;

using shared_program = std::shared_ptr<const program>;

struct regex_pool {
	std::map<std::pair<unsigned, std::string>, shared_program> programs;
};

struct regex_set {
	unsigned flags;
	struct regex_pool *pool; // borrowed until it is compiled; may be null
	std::vector<struct regex> members;
	std::vector<int> always;                 // members that any text may match
	regex_room::literals literals; // of all members
	// By literal: the members that have it, and its number there.
	std::vector<std::vector<std::pair<int, int>>> users;
};

static shared_program get_program(struct regex_pool *pool, struct slice pattern, unsigned flags,
				  bool with_literals, struct error *err)
{
	std::string text = regex_room::spell(pattern, flags);

	if (!pool)
		return program::make(text, flags, with_literals, err);

	auto &kept = pool->programs[{flags, text}];
	if (!kept)
		kept = program::make(text, flags, true, err);
	return kept;
}

struct regex_pool *regex_pool_new(void)
{
	return new regex_pool;
}

void regex_pool_free(struct regex_pool *pool)
{
	delete pool;
}

struct regex *regex_new(struct slice pattern, unsigned flags, struct error *err)
{
	return regex_new_in(nullptr, pattern, flags, err);
}

struct regex *regex_new_in(struct regex_pool *pool, struct slice pattern, unsigned flags, struct error *err)
{
	shared_program made = get_program(pool, pattern, flags, false, err);

	return made ? new regex{std::move(made)} : nullptr;
}

void regex_free(struct regex *regex)
{
	delete regex;
}

bool regex_find(const struct regex *regex, struct slice text, size_t from, struct regex_match *match)
{
	re2::StringPiece groups[REGEX_MAX_GROUPS];
	int count = std::min(regex->program->regex().NumberOfCapturingGroups() + 1,
			     static_cast<int>(REGEX_MAX_GROUPS));

	match->groups = 0;
	if (from > text.len ||
	    !regex->program->regex().Match(piece(text), from, text.len, re2::RE2::UNANCHORED, groups, count))
		return false;
	match->groups = count;
	for (int i = 0; i < count; i++)
		match->group[i] = {groups[i].data(), groups[i].size()};
	return true;
}

bool regex_matches(const struct regex *regex, struct slice text)
{
	return regex->program->regex().Match(piece(text), 0, text.len, re2::RE2::UNANCHORED, nullptr, 0);
}

int regex_group(const struct regex *regex, const char *name)
{
	const auto &names = regex->program->regex().NamedCapturingGroups();
	auto found = names.find(name);

	return found == names.end() ? -1 : found->second;
}

struct regex_set *regex_set_new(unsigned flags)
{
	return regex_set_new_in(nullptr, flags);
}

struct regex_set *regex_set_new_in(struct regex_pool *pool, unsigned flags)
{
	auto set = std::make_unique<struct regex_set>();

	set->flags = flags;
	set->pool = pool;
	return set.release();
}

void regex_set_free(struct regex_set *set)
{
	delete set;
}

int regex_set_add(struct regex_set *set, struct slice pattern, struct error *err)
{
	shared_program made = get_program(set->pool, pattern, set->flags, true, err);

	if (!made)
		return -1;
	set->members.push_back({std::move(made)});
	return static_cast<int>(set->members.size()) - 1;
}

// Enters the literals of a member; each literal stands once in the set, whoever has it. False when one of them
// cannot be looked for.
static bool add_literals(struct regex_set *set, int member, std::unordered_map<std::string, size_t> *known)
{
	const auto &literals = regex_set_at(set, member)->program->literals();

	for (size_t i = 0; i < literals.size(); i++) {
		auto [entry, is_new] = known->try_emplace(literals[i], set->users.size());

		if (is_new) {
			if (!set->literals.add(literals[i])) {
				known->erase(entry);
				return false;
			}
			set->users.emplace_back();
		}
		set->users[entry->second].push_back({member, static_cast<int>(i)});
	}
	return true;
}

int regex_set_compile(struct regex_set *set, struct error *err)
{
	std::unordered_map<std::string, size_t> known;
	int count = static_cast<int>(set->members.size());

	(void)err;
	set->pool = nullptr;
	for (int i = 0; i < count; i++)
		if (regex_set_at(set, i)->program->always() || !add_literals(set, i, &known))
			set->always.push_back(i);
	set->literals.compile();
	return 0;
}

// The literals of the set that are in the text.
static std::vector<int> literals_in(const struct regex_set *set, struct slice text)
{
	std::vector<uint32_t> seen(set->literals.size(), 0);
	std::vector<int> found;

	set->literals.find({text.ptr ? text.ptr : "", text.len}, &found, &seen, 1);
	return found;
}

static std::vector<int> candidates_of(const struct regex_set *set, struct slice text)
{
	std::vector<int> result = set->always;
	std::map<int, std::vector<int>> present; // by member

	for (int literal : literals_in(set, text))
		for (auto [member, number] : set->users[static_cast<size_t>(literal)])
			present[member].push_back(number);
	for (auto &[member, numbers] : present) {
		std::sort(numbers.begin(), numbers.end());
		if (regex_set_at(set, member)->program->may_match(numbers))
			result.push_back(member);
	}
	std::sort(result.begin(), result.end());
	result.erase(std::unique(result.begin(), result.end()), result.end());
	return result;
}

size_t regex_set_candidates(const struct regex_set *set, struct slice text, int *indexes, size_t capacity)
{
	std::vector<int> found = candidates_of(set, text);

	std::copy_n(found.begin(), std::min(capacity, found.size()), indexes);
	return found.size();
}

// A member that no literal lets match alone needs two of its own in the block.
static void mark_block(const struct regex_set *set, const std::vector<int> &found, size_t block, size_t blocks,
		       bool *may, std::vector<size_t> *seen)
{
	for (int literal : found) {
		for (auto [member, number] : set->users[static_cast<size_t>(literal)]) {
			size_t index = static_cast<size_t>(member);
			bool again = (*seen)[index] == block + 1;

			if (again || set->members[index].program->suffices(number))
				may[index * blocks + block] = true;
			(*seen)[index] = block + 1;
		}
	}
}

void regex_set_blocks(const struct regex_set *set, struct slice text, const size_t *ends, size_t blocks,
		      bool *may)
{
	std::vector<size_t> members(set->members.size(), 0);
	std::vector<uint32_t> seen(set->literals.size(), 0);
	std::vector<int> found;
	size_t start = 0;

	for (int member : set->always)
		std::fill_n(may + static_cast<size_t>(member) * blocks, blocks, true);
	for (size_t block = 0; block < blocks; start = ends[block++]) {
		found.clear();
		set->literals.find({text.ptr + start, ends[block] - start}, &found, &seen,
				   static_cast<uint32_t>(block + 1));
		mark_block(set, found, block, blocks, may, &members);
	}
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
