#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lakehouse::ingest {

/// What a column seems to hold, and why it is thought so. Never a value.
struct PersonalEvidence {
  std::string tag;        ///< "email", "phone", "ssn", "itin", "card", "birth_date", "address", "ip"
  std::int64_t hits = 0;  ///< values that look so …
  std::int64_t seen = 0;  ///< … of these
};

/// Guesses from a column's name and a sample of its values what kind of personal data it holds.
class PersonalDataDetector {
 public:
  static constexpr std::int64_t kSample = 1'000;
  /// Counts one value; values after the first 1,000 are ignored.
  void Add(std::string_view value);
  bool full() const { return seen_ >= kSample; }
  /// With a name that says so a third of the values must look so; without, four fifths of at least five.
  std::optional<PersonalEvidence> EvidenceFor(std::string_view column_name) const;

 private:
  std::int64_t seen_ = 0;
  std::int64_t email_ = 0, phone_ = 0, ssn_ = 0, itin_ = 0, card_ = 0, date_ = 0, address_ = 0, ip_ = 0;
  std::int64_t bare_ssn_ = 0;  // nine digits that may be one, where the name says so
};

/// How a profile would best hide a column of this tag: "mask", "hash" or "null".
std::string_view SuggestedRedaction(std::string_view tag);

}  // namespace lakehouse::ingest
