// regex_private.hh - a compiled pattern and what is known about it, shared by regexes, sets and pools.
#ifndef LIB_REGEX_REGEX_PRIVATE_H
#define LIB_REGEX_REGEX_PRIVATE_H

extern "C" { // the headers of lib/ are plain C
#include "lib/diag/error.h"
#include "lib/text/text.h"
}
#include "lib/regex/regex.h"

#include <memory>
#include <string>
#include <vector>

#include <re2/filtered_re2.h>
#include <re2/re2.h>

namespace regex_room
{

re2::StringPiece piece(struct slice text);
re2::RE2::Options options_of(unsigned flags);
// The pattern as RE2 is given it.
std::string spell(struct slice pattern, unsigned flags);

// Read-only after make().
class program
{
      public:
	// Empty after an error. A set asks for its literals; a regex needs none.
	static std::shared_ptr<const program> make(const std::string &pattern, unsigned flags,
						   bool with_literals, struct error *err);

	const re2::RE2 &regex() const
	{
		return *regex_;
	}
	// In lower case; a match holds at least one of them, unless always().
	const std::vector<std::string> &literals() const
	{
		return literals_;
	}
	// May match where no literal is.
	bool always() const
	{
		return always_;
	}
	// May match where these literals (indexes, ascending) are and no others.
	bool may_match(const std::vector<int> &present) const;

	// May match where this literal is and no other.
	bool suffices(int literal) const
	{
		return static_cast<size_t>(literal) < suffices_.size() && suffices_[static_cast<size_t>(literal)];
	}

      private:
	std::unique_ptr<re2::RE2> alone_;            // without literals
	std::unique_ptr<re2::FilteredRE2> filtered_; // with literals
	const re2::RE2 *regex_ = nullptr;            // of one of the two
	std::vector<std::string> literals_;
	std::vector<bool> suffices_; // by literal: it alone lets the pattern match
	bool always_ = true;
};

} // namespace regex_room

struct regex {
	std::shared_ptr<const regex_room::program> program;
};

#endif
