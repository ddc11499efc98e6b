#include "personal_data.h"

#include <initializer_list>

#include "column_names.h"
#include "lakehouse/text/personal_data.h"

namespace lakehouse::ingest {
namespace {

/// Longer values are prose, in which a single number says nothing about the column.
constexpr std::size_t kLongestValue = 120;

struct DigitCount {
  int count = 0;
  bool only_phone_marks = true;
};

DigitCount CountDigits(std::string_view value) {
  DigitCount digits;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    if (c >= '0' && c <= '9')
      ++digits.count;
    else if (c != ' ' && c != '-' && c != '(' && c != ')' && c != '.' && c != '/' && !(c == '+' && i == 0))
      digits.only_phone_marks = false;
  }
  return digits;
}

bool NameHas(std::string_view name, std::initializer_list<std::string_view> words) {
  const std::string folded = FoldColumnName(name);
  for (const std::string_view word : words)
    if (folded.find(word) != std::string::npos) return true;
  return false;
}

/// The kind of the value as a whole; nothing when it is only part of it, or none.
std::optional<text::PersonalKind> KindOf(std::string_view value, std::string_view context) {
  const auto found = text::FindPersonalData(value, context);
  if (found.empty() || (found[0].end - found[0].begin) * 5 < value.size() * 4) return std::nullopt;
  return found[0].kind;
}

}  // namespace

void PersonalDataDetector::Add(std::string_view value) {
  if (full()) return;
  ++seen_;
  if (value.size() > kLongestValue) return;
  const DigitCount digits = CountDigits(value);
  if (digits.count == 0 && value.find('@') == std::string_view::npos) return;
  using enum text::PersonalKind;
  const auto kind = KindOf(value, "birth date");
  if (kind == kEmail) ++email_;
  if (kind == kSsn) ++ssn_;
  if (kind == kItin) ++itin_;
  if (kind == kCard) ++card_;
  if (kind == kIpAddress) ++ip_;
  if (kind == kBirthDate) ++date_;
  if (kind == kStreetAddress) ++address_;
  if (!digits.only_phone_marks || kind == kSsn || kind == kItin || kind == kCard) return;
  if (digits.count == 9 && value.size() == 9 && KindOf(value, "ssn") == kSsn) ++bare_ssn_;
  const auto marks = static_cast<int>(value.size()) - digits.count;
  if ((digits.count >= 7 && digits.count <= 15 && marks > 0) || (digits.count >= 10 && digits.count <= 15)) ++phone_;
}

std::optional<PersonalEvidence> PersonalDataDetector::EvidenceFor(std::string_view name) const {
  if (seen_ == 0) return {};
  std::optional<PersonalEvidence> evidence;
  const auto look = [&](const char* tag, std::int64_t hits, std::initializer_list<std::string_view> words, bool by_value_alone) {
    const bool named = NameHas(name, words) && hits * 3 >= seen_;
    const bool alone = by_value_alone && seen_ >= 5 && hits * 5 >= seen_ * 4;
    if (!evidence && hits > 0 && (named || alone)) evidence = PersonalEvidence{tag, hits, seen_};
  };
  look("email", email_, {"mail"}, true);
  look("ssn", ssn_, {"ssn", "social", "nationalid", "national_id"}, true);
  look("ssn", ssn_ + bare_ssn_, {"ssn", "social"}, false);
  look("itin", itin_, {"itin", "taxpayer"}, true);
  look("card", card_, {"card", "ccnumber", "pan"}, true);
  look("ip", ip_, {"ip"}, true);
  // Dates, account numbers and house numbers look so too: the name has to agree.
  look("birth_date", date_, {"birth", "dob", "born"}, false);
  look("phone", phone_, {"phone", "mobile", "tel", "fax", "cell"}, false);
  look("address", address_, {"address", "street"}, false);
  return evidence;
}

std::string_view SuggestedRedaction(std::string_view tag) {
  // What joins and counts need stays comparable; what is looked up by people stays recognisable.
  if (tag == "email" || tag == "ip") return "hash";
  return tag == "phone" || tag == "card" ? "mask" : "null";
}

}  // namespace lakehouse::ingest
