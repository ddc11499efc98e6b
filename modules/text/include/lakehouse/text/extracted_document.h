#pragma once
#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace lakehouse::text {

struct Heading {
  int level = 1;          ///< 1 is the highest; below that as the document counts
  std::string title;      ///< as it stands in the text, without marks
  std::size_t start = 0;  ///< octet of the document's text where its line begins
};

/// What a document says: one UTF-8 text with LF line ends, and what is known about places in it. All offsets are octets of `text` and lie
/// on character boundaries.
struct ExtractedDocument {
  std::string text;
  std::vector<Heading> headings;                ///< in the order of the text
  std::vector<std::size_t> page_starts;         ///< of page 1, 2…; empty where the format has no pages
  std::string title;                            ///< empty: it has none
  std::map<std::string, std::string> metadata;  ///< "author", "created", "subject", "from", "to", "language"…
  std::vector<std::string> notes;               ///< for people: what was left out or assumed
};

}  // namespace lakehouse::text
