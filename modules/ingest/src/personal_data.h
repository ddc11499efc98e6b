#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lakehouse::ingest {

/// Guesses from a column's name and a sample of its values what kind of personal data it holds: "email", "phone", "ssn", "card".
class PersonalDataDetector {
 public:
  static constexpr std::int64_t kSample = 1'000;
  /// Counts one value; values after the first 1,000 are ignored.
  void Add(std::string_view value);
  bool full() const { return seen_ >= kSample; }
  /// With a name that says so a third of the values must look so; without, four fifths of at least five.
  std::optional<std::string> TagFor(std::string_view column_name) const;

 private:
  std::int64_t seen_ = 0;
  std::int64_t email_ = 0, phone_ = 0, ssn_ = 0, card_ = 0;
};

}  // namespace lakehouse::ingest
