// literals.cc - Aho and Corasick's automaton: the trie of the words, every missing step filled in by way of the
// longest suffix that is in the trie.

#include "lib/regex/literals.hh"

#include <deque>

namespace regex_room
{

namespace
{

constexpr size_t min_piece = 2;

bool is_ascii(unsigned char byte)
{
	return byte < 0x80;
}

// The longest stretch of ASCII.
std::string ascii_piece(const std::string &word)
{
	size_t best = 0, length = 0, start = 0;

	for (size_t i = 0; i <= word.size(); i++) {
		if (i < word.size() && is_ascii(static_cast<unsigned char>(word[i])))
			continue;
		if (i - start > length) {
			best = start;
			length = i - start;
		}
		start = i + 1;
	}
	return word.substr(best, length);
}

} // namespace

bool literals::add(const std::string &word)
{
	std::string piece = ascii_piece(word);

	if (piece.size() < min_piece)
		return false;
	words_.push_back(piece);
	count_++;
	return true;
}

void literals::compile()
{
	std::deque<uint32_t> queue;
	std::vector<uint32_t> suffix;

	for (const std::string &word : words_) {
		for (char letter : word) {
			auto byte = static_cast<unsigned char>(letter);

			if (!classes_[byte])
				classes_[byte] = static_cast<uint8_t>(width_++);
		}
	}
	for (size_t letter = 'a'; letter <= 'z'; letter++)
		classes_[letter - 'a' + 'A'] = classes_[letter];
	steps_.assign(width_, 0);
	ends_.emplace_back();
	for (size_t number = 0; number < words_.size(); number++) {
		size_t state = 0;

		for (char letter : words_[number]) {
			size_t slot = state * width_ + classes_[static_cast<unsigned char>(letter)];

			if (!steps_[slot]) {
				steps_[slot] = static_cast<uint32_t>(ends_.size());
				ends_.emplace_back();
				steps_.resize(steps_.size() + width_, 0);
			}
			state = steps_[slot];
		}
		ends_[state].push_back(static_cast<int>(number));
	}
	words_.clear();
	tells_.assign(ends_.size(), 0);
	suffix.assign(ends_.size(), 0);
	back_.assign(ends_.size(), 0);
	for (size_t c = 0; c < width_; c++)
		if (steps_[c])
			queue.push_back(steps_[c]);
	for (; !queue.empty(); queue.pop_front()) {
		size_t state = queue.front(), shorter = suffix[state];

		back_[state] = ends_[shorter].empty() ? back_[shorter] : static_cast<uint32_t>(shorter);
		tells_[state] = back_[state] || !ends_[state].empty();
		for (size_t c = 0; c < width_; c++) {
			uint32_t &step = steps_[state * width_ + c];

			if (step) {
				suffix[step] = steps_[shorter * width_ + c];
				queue.push_back(step);
			} else {
				step = steps_[shorter * width_ + c];
			}
		}
	}
}

void literals::report(size_t state, std::vector<int> *found, std::vector<uint32_t> *seen, uint32_t mark) const
{
	for (; state; state = back_[state]) {
		for (int number : ends_[state]) {
			if ((*seen)[static_cast<size_t>(number)] == mark)
				continue;
			(*seen)[static_cast<size_t>(number)] = mark;
			found->push_back(number);
		}
	}
}

void literals::find(std::string_view text, std::vector<int> *found, std::vector<uint32_t> *seen,
		    uint32_t mark) const
{
	size_t state = 0;

	if (steps_.empty())
		return;
	for (size_t i = 0; i < text.size(); i++) {
		unsigned char byte = static_cast<unsigned char>(text[i]);

		// The long s and the Kelvin sign are s and k where case is ignored.
		if (byte == 0xc5 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) == 0xbf) {
			byte = 's';
			i++;
		} else if (byte == 0xe2 && text.substr(i, 3) == "\xe2\x84\xaa") {
			byte = 'k';
			i += 2;
		}
		state = next(state, byte);
		if (tells_[state])
			report(state, found, seen, mark);
	}
}

} // namespace regex_room
