#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace lakehouse::matrix {

/// A name that means something only as it stands: "OSHA-10" is not OSHA-30, and not a 10 elsewhere; "IL" is not IA, and "IN" not in.
struct ExactTerm {
  std::string word;    ///< folded; of a pair of capitals, as written
  std::string number;  ///< as written; empty: a pair of capitals
};

/// Those of a question: a word and a number joined by a hyphen, a word in capitals before a number, and two capitals (unless all of the
/// question is in capitals).
std::vector<ExactTerm> ExactTermsOf(std::string_view question);

enum class Mention {
  kAbsent,
  kDenied,  ///< "no OSHA-10", "OSHA-10 (expired)"
  kStated,
};
/// What a text says of it: its last mention counts, for later ones correct earlier ones.
Mention MentionOf(std::string_view text, const ExactTerm& term);

}  // namespace lakehouse::matrix
