#include "personal_data.h"

#include <initializer_list>

#include "column_names.h"

namespace lakehouse::ingest {
namespace {

bool LooksLikeEmail(std::string_view value) {
  const auto at = value.find('@');
  if (at == std::string_view::npos || at == 0 || value.find('@', at + 1) != std::string_view::npos) return false;
  if (value.find_first_of(" ,;<>\"") != std::string_view::npos) return false;
  const auto dot = value.rfind('.');
  return dot != std::string_view::npos && dot > at + 1 && dot + 2 <= value.size() - 1;
}

struct DigitCount {
  int count = 0;
  int luhn = 0;
  bool only_phone_marks = true;
};

DigitCount CountDigits(std::string_view value) {
  DigitCount digits;
  for (std::size_t i = value.size(); i-- > 0;) {
    const char c = value[i];
    if (c >= '0' && c <= '9') {
      const int d = c - '0';
      digits.luhn += digits.count % 2 == 0 ? d : (d < 5 ? 2 * d : 2 * d - 9);
      ++digits.count;
    } else if (c != ' ' && c != '-' && c != '(' && c != ')' && c != '.' && c != '/' && !(c == '+' && i == 0)) {
      digits.only_phone_marks = false;
    }
  }
  return digits;
}

bool LooksLikeSsn(std::string_view value) {
  return value.size() == 11 && value[3] == '-' && value[6] == '-' && CountDigits(value).count == 9;
}

bool NameHas(std::string_view name, std::initializer_list<std::string_view> words) {
  const std::string folded = FoldColumnName(name);
  for (const std::string_view word : words)
    if (folded.find(word) != std::string::npos) return true;
  return false;
}

}  // namespace

void PersonalDataDetector::Add(std::string_view value) {
  if (full()) return;
  ++seen_;
  if (value.size() > 120) return;
  if (LooksLikeEmail(value)) ++email_;
  const DigitCount digits = CountDigits(value);
  if (!digits.only_phone_marks) return;
  if (LooksLikeSsn(value))
    ++ssn_;
  else if (digits.count >= 13 && digits.count <= 19 && digits.luhn % 10 == 0)
    ++card_;
  else if (digits.count >= 7 && digits.count <= 15 && value.size() > static_cast<std::size_t>(digits.count))
    ++phone_;
  else if (digits.count >= 10 && digits.count <= 15)
    ++phone_;
}

std::optional<std::string> PersonalDataDetector::TagFor(std::string_view name) const {
  if (seen_ == 0) return {};
  const auto is = [&](std::int64_t hits, bool named, bool by_value_alone) {
    return (named && hits * 3 >= seen_) || (by_value_alone && seen_ >= 5 && hits * 5 >= seen_ * 4);
  };
  if (is(email_, NameHas(name, {"email", "e-mail", "e_mail", "mail"}), true)) return "email";
  if (is(ssn_, NameHas(name, {"ssn", "social", "nationalid", "national_id"}), true)) return "ssn";
  if (is(card_, NameHas(name, {"card", "ccnumber", "pan"}), true)) return "card";
  // Dates and account numbers look like telephone numbers too: the name has to agree.
  if (is(phone_, NameHas(name, {"phone", "mobile", "tel", "fax", "cell"}), false)) return "phone";
  return {};
}

}  // namespace lakehouse::ingest
