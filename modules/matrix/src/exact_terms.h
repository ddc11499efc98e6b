#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace lakehouse::matrix {

/// A name with a number that means something only as a whole: "OSHA-10" is not OSHA-30, and not a 10 elsewhere.
struct ExactTerm {
  std::string word;    ///< folded
  std::string number;  ///< as written
};

/// Those of a question: a word and a number joined by a hyphen, or a word in capitals before a number.
std::vector<ExactTerm> ExactTermsOf(std::string_view question);

enum class Mention {
  kAbsent,
  kDenied,  ///< "no OSHA-10", "OSHA-10 (expired)"
  kStated,
};
/// What a text says of it: its last mention counts, for later ones correct earlier ones.
Mention MentionOf(std::string_view text, const ExactTerm& term);

}  // namespace lakehouse::matrix
