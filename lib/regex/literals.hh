// literals.hh - many words, which of them occur in a text: a trie with its way back, one step a byte.
//
// Case is ignored as RE2 ignores it. Only ASCII is looked at: of a word with other letters its longest ASCII
// piece stands for it, which finds the word wherever it is and sometimes where it is not. RE2's own set would
// keep a state for each choice of words seen so far, and builds states for nearly every text anew.
#ifndef LIB_REGEX_LITERALS_H
#define LIB_REGEX_LITERALS_H

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace regex_room
{

class literals
{
      public:
	// In lower case; false when nothing of the word can be looked for. Words are numbered 0, 1 ... as added.
	bool add(const std::string &word);
	// Once, after the last word.
	void compile();
	// Appends the numbers of the words that occur, each once, in no order. `seen` has a slot a word; `mark` is
	// a number that no slot holds.
	void find(std::string_view text, std::vector<int> *found, std::vector<uint32_t> *seen,
		  uint32_t mark) const;
	size_t size() const
	{
		return count_;
	}

      private:
	size_t next(size_t state, unsigned char byte) const
	{
		return steps_[state * width_ + classes_[byte]];
	}
	void report(size_t state, std::vector<int> *found, std::vector<uint32_t> *seen, uint32_t mark) const;

	size_t count_ = 0;
	size_t width_ = 1;                   // classes of bytes; 0 is every byte that no word has
	std::array<uint8_t, 256> classes_{}; // capitals share the class of their small letter
	std::vector<std::string> words_;     // until compile()
	std::vector<uint32_t> steps_;        // state * width_ + class
	std::vector<uint32_t> back_;         // the next state with words that end here too; 0: none
	std::vector<std::vector<int>> ends_; // words that end in the state
	std::vector<uint8_t> tells_;         // whether any word ends there
};

} // namespace regex_room

#endif
