#pragma once
#include <cstddef>
#include <string_view>
#include <vector>

namespace lakehouse::text {

/// Octets [begin, end) of a text.
struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::size_t size() const { return end - begin; }
  std::string_view In(std::string_view text) const { return text.substr(begin, end - begin); }
  bool operator==(const Span&) const = default;
};

/// The sentences of a text, in order, without the white space around them. One ends at . ? ! when white space and then something that can
/// begin a sentence follow and the word before is no abbreviation ("Dr.", "e.g.", an initial); at 。！？; and at an empty line. A line that
/// begins like an item of a list begins a sentence. Linear.
std::vector<Span> SentencesOf(std::string_view text);

/// The span without white space at its ends.
Span Trimmed(std::string_view text, Span span);

}  // namespace lakehouse::text
