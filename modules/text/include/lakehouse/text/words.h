#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace lakehouse::text {

struct Word {
  std::string folded;     ///< lower case, Latin letters without accents: "Zürich" is "zurich"
  std::size_t begin = 0;  ///< octets of the text it came from
  std::size_t end = 0;
};

/// The words of a text in their order: runs of letters and digits, an apostrophe between two letters included ("worker's"); each
/// ideograph is a word of its own. One longer than 64 octets is cut into words of 64 at most. Linear; damaged octets separate words.
std::vector<Word> WordsOf(std::string_view text);

/// What a text is searched by: the stems of its words without the stop words, in their order.
std::vector<std::string> SearchTerms(std::string_view text);

}  // namespace lakehouse::text
