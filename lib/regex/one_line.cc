// one_line.cc - can a match of this pattern hold a line break?
//
// Reads the source, not the tree (RE2 does not show it), and says "no" only where it is sure: unknown
// escapes, named classes and the flag s count as "may".

#include "lib/regex/regex_private.hh"

#include <cctype>
#include <cstring>

namespace regex_room
{

namespace
{

// Escapes that match no line break: borders, figures, letters, and anything that quotes a mark.
bool is_tame_escape(char c)
{
	return std::strchr("bBdwSAz", c) != nullptr || std::ispunct(static_cast<unsigned char>(c)) != 0;
}

// From after the bracket to after its end. A class that begins with ^ must name the line break.
bool class_stays(const std::string &text, size_t *at)
{
	bool negated = *at < text.size() && text[*at] == '^', named = false, tame = true, first = true;

	*at += negated;
	for (; *at < text.size() && (first || text[*at] != ']'); (*at)++, first = false) {
		char c = text[*at];

		if (static_cast<unsigned char>(c) < ' ' || (c == '[' && text.compare(*at, 2, "[:") == 0))
			return false;
		if (c != '\\')
			continue;
		c = ++*at < text.size() ? text[*at] : 'C';
		named |= c == 'n' || c == 's';
		tame &= negated ? c == 'n' || c == 's' || is_tame_escape(c) : is_tame_escape(c);
	}
	*at += 1;
	return tame && (!negated || named);
}

// (?flags) and (?flags: may make the dot match everything; (?P< names a group.
bool flags_stay(const std::string &text, size_t at)
{
	if (text.compare(at, 2, "?P") == 0 || text.compare(at, 2, "?<") == 0)
		return true;
	for (at += 1; at < text.size() && text[at] != ')' && text[at] != ':'; at++)
		if (text[at] == 's')
			return false;
	return true;
}

} // namespace

bool stays_in_line(const std::string &text)
{
	for (size_t at = 0; at < text.size();) {
		char c = text[at++];

		if (static_cast<unsigned char>(c) < ' ')
			return false;
		if (c == '\\' && (at == text.size() || !is_tame_escape(text[at++])))
			return false;
		if (c == '[' && !class_stays(text, &at))
			return false;
		if (c == '(' && at < text.size() && text[at] == '?' && !flags_stay(text, at))
			return false;
	}
	return true;
}

} // namespace regex_room
