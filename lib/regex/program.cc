// program.cc - one pattern compiled, and the literals that its matches cannot do without.

#include "lib/regex/regex_private.hh"

namespace regex_room
{

namespace
{

constexpr int64_t program_bytes = 8 << 20;
// Shorter literals are in nearly every text and would only cost automaton states.
constexpr int min_literal = 3;

// The message shows what the author wrote, not what spell() put before it.
void bad_pattern(struct error *err, std::string reason)
{
	size_t ours = reason.find(": (?m)");

	if (ours != std::string::npos)
		reason.erase(ours + 2, 4);
	error_set(err, ERROR_INPUT, "invalid regular expression: %s", reason.c_str());
	error_hint(err, "patterns are RE2 syntax: no look-around and no back-references");
}

} // namespace

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

std::shared_ptr<const program> program::make(const std::string &pattern, unsigned flags, bool with_literals,
					     struct error *err)
{
	auto made = std::make_shared<program>();
	int index = 0;

	if (with_literals) {
		made->filtered_ = std::make_unique<re2::FilteredRE2>(min_literal);
		if (made->filtered_->Add(pattern, options_of(flags), &index) != re2::RE2::NoError)
			with_literals = false; // which keeps no message
	}
	if (!with_literals) {
		made->alone_ = std::make_unique<re2::RE2>(pattern, options_of(flags));
		made->regex_ = made->alone_.get();
		if (made->regex_->ok())
			return made;
		bad_pattern(err, made->regex_->error());
		return nullptr;
	}
	made->filtered_->Compile(&made->literals_);
	made->regex_ = &made->filtered_->GetRE2(0);
	made->always_ = made->may_match({});
	for (int i = 0; i < static_cast<int>(made->literals_.size()); i++)
		made->suffices_.push_back(made->may_match({i}));
	return made;
}

bool program::may_match(const std::vector<int> &present) const
{
	std::vector<int> result;

	for (int literal : present)
		if (static_cast<size_t>(literal) < suffices_.size() &&
		    suffices_[static_cast<size_t>(literal)])
			return true;
	if (!filtered_)
		return true;
	filtered_->AllPotentials(present, &result);
	return !result.empty();
}

} // namespace regex_room
