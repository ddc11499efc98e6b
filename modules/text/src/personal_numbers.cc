// Numbers with check digits and rules: social security, cards, bank, dates, addresses on the network.
#include "personal_numbers.h"

namespace lakehouse::text {
namespace {

PersonalMatch Found(PersonalKind kind, std::size_t begin, std::size_t end, double score) {
  return PersonalFinding{kind, begin, end, score};
}

/// "ssn", "ss#" right before, with nothing but blanks and marks between.
bool FollowsSsnWord(const PatternScan& scan, std::size_t i) {
  const std::string_view t = scan.text();
  while (i > 0 && std::string_view(" \t\n:#.=-").find(t[i - 1]) != std::string_view::npos) --i;
  return t.substr(0, i).ends_with("ssn") || (t.substr(0, i).ends_with("ss") && scan.At(i) == '#');
}

bool SsnMayBegin(const PatternScan& scan, std::size_t i) {
  if (i == 0) return true;
  const char before = scan.At(i - 1);
  if (PatternScan::IsWord(before)) return false;
  const char further = i >= 2 ? scan.At(i - 2) : '\0';
  if (std::string_view("-.+/#").find(before) != std::string_view::npos && i >= 2 && PatternScan::IsWord(further))
    return FollowsSsnWord(scan, i);
  return before != ' ' || !PatternScan::IsDigit(further);
}

bool SsnMayEnd(const PatternScan& scan, std::size_t end) {
  const char after = scan.At(end);
  if (PatternScan::IsWord(after)) return false;
  return std::string_view("-./ ").find(after) == std::string_view::npos || after == '\0' || !PatternScan::IsDigit(scan.At(end + 1));
}

bool IsItinGroup(unsigned group) {
  return (group >= 50 && group <= 65) || (group >= 70 && group <= 88) || (group >= 90 && group <= 92) || (group >= 94 && group <= 99);
}

/// US_SSN, US_ITIN or nothing, of the three parts of nine digits.
std::optional<PersonalKind> KindOfNine(unsigned area, unsigned group, unsigned serial) {
  if (area >= 900) return IsItinGroup(group) && serial != 0 ? std::optional(PersonalKind::kItin) : std::nullopt;
  if (area == 0 || area == 666 || group == 0 || serial == 0) return std::nullopt;
  const unsigned whole = area * 1'000'000 + group * 10'000 + serial;
  if (whole % 111'111'111 == 0) return std::nullopt;
  // Printed on sample cards.
  if (whole == 78'051'120 || whole == 219'099'999 || whole == 457'555'462) return std::nullopt;
  return PersonalKind::kSsn;
}

bool PassesLuhn(const char* digits, std::size_t n) {
  unsigned sum = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const unsigned d = static_cast<unsigned>(digits[n - 1 - i] - '0');
    sum += i % 2 == 0 ? d : (d < 5 ? 2 * d : 2 * d - 9);
  }
  return sum % 10 == 0;
}

/// Whether an issuer gives numbers that begin so and are so long.
bool IsIssued(unsigned first6, std::size_t n) {
  const unsigned first4 = first6 / 100, first2 = first6 / 10'000;
  if (first6 / 100'000 == 4) return n == 13 || n == 16 || n == 19;
  if ((first2 >= 51 && first2 <= 55) || (first4 >= 2221 && first4 <= 2720)) return n == 16;
  if (first2 == 34 || first2 == 37) return n == 15;
  if (first4 == 6011 || first2 == 65 || (first4 >= 6440 && first4 <= 6499)) return n == 16 || n == 19;
  if (first2 == 36 || first2 == 38 || (first4 >= 3000 && first4 <= 3059)) return n == 14;
  if (first4 >= 3528 && first4 <= 3589) return n >= 16 && n <= 19;
  return first2 == 62 && n >= 16 && n <= 19;
}

bool IsRouting(const PatternScan& scan, std::size_t at) {
  const unsigned first = scan.Number(at, 2);
  if (first > 12 && !(first >= 21 && first <= 32) && !(first >= 61 && first <= 72) && first != 80) return false;
  constexpr unsigned kWeights[] = {3, 7, 1, 3, 7, 1, 3, 7, 1};
  unsigned sum = 0;
  for (std::size_t i = 0; i < 9; ++i) sum += kWeights[i] * static_cast<unsigned>(scan.At(at + i) - '0');
  return sum % 10 == 0 && sum > 0;
}

bool IsDay(unsigned year, unsigned month, unsigned day) {
  return year >= 1900 && year <= 2100 && month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

/// The end of a date that begins here; 0: none does.
std::size_t EndOfDate(const PatternScan& scan, std::size_t at) {
  const std::size_t first = scan.DigitsFrom(at, 5);
  const char mark = scan.At(at + first);
  if (mark != '-' && mark != '/' && mark != '.') return 0;
  const std::size_t second_at = at + first + 1, second = scan.DigitsFrom(second_at, 3);
  if (second < 1 || second > 2 || scan.At(second_at + second) != mark) return 0;
  const std::size_t third_at = second_at + second + 1, third = scan.DigitsFrom(third_at, 5);
  const unsigned a = first <= 4 ? scan.Number(at, first) : 0, b = scan.Number(second_at, second),
                 c = third <= 4 ? scan.Number(third_at, third) : 0;
  const bool year_first = first == 4 && third >= 1 && third <= 2 && IsDay(a, b, c);
  const unsigned year = third == 2 ? 1900 + c : c;
  const bool year_last = first >= 1 && first <= 2 && (third == 4 || third == 2) && (IsDay(year, a, b) || IsDay(year, b, a));
  return year_first || year_last ? third_at + third : 0;
}

}  // namespace

PersonalMatch MatchSsn(const PatternScan& scan, std::size_t at) {
  if (!scan.HasDigits(at, 3)) return {};
  const char mark = scan.At(at + 3);
  const bool is_apart = (mark == '-' || mark == ' ') && scan.HasDigits(at + 4, 2) && scan.At(at + 6) == mark && scan.HasDigits(at + 7, 4);
  if (is_apart) {
    const auto kind = KindOfNine(scan.Number(at, 3), scan.Number(at + 4, 2), scan.Number(at + 7, 4));
    if (!kind || !SsnMayBegin(scan, at) || !SsnMayEnd(scan, at + 11)) return {};
    return Found(*kind, at, at + 11, .9);
  }
  if (scan.DigitsFrom(at, 10) != 9) return {};
  const auto kind = KindOfNine(scan.Number(at, 3), scan.Number(at + 3, 2), scan.Number(at + 5, 4));
  if (!kind || !SsnMayBegin(scan, at) || !SsnMayEnd(scan, at + 9)) return {};
  const bool is_said = scan.HasBefore(at, {"ssn", "ss#", "ssn#", "social security", "social_security", "soc sec", "soc. sec"}) ||
                       (*kind == PersonalKind::kItin && scan.HasBefore(at, {"itin", "taxpayer"}));
  return is_said ? Found(*kind, at, at + 9, .8) : PersonalMatch();
}

PersonalMatch MatchCard(const PatternScan& scan, std::size_t at) {
  if (!scan.BeginsWord(at)) return {};
  char digits[20];
  std::size_t n = 0, end = at;
  for (std::size_t i = at; n < 20; ++i) {
    const char c = scan.At(i);
    if (PatternScan::IsDigit(c)) {
      digits[n++] = c;
      end = i + 1;
    } else if ((c != ' ' && c != '-') || !PatternScan::IsDigit(scan.At(i + 1))) {
      break;
    }
  }
  if (n < 13 || n > 19 || !scan.EndsWord(end)) return {};
  unsigned first6 = 0;
  bool all_equal = true;
  for (std::size_t i = 0; i < n; ++i) {
    if (i < 6) first6 = first6 * 10 + static_cast<unsigned>(digits[i] - '0');
    all_equal = all_equal && digits[i] == digits[0];
  }
  if (all_equal || !IsIssued(first6, n) || !PassesLuhn(digits, n)) return {};
  return Found(PersonalKind::kCard, at, end, .9);
}

PersonalMatch MatchBank(const PatternScan& scan, std::size_t at) {
  if (!scan.BeginsWord(at)) return {};
  const std::size_t n = scan.DigitsFrom(at, 18);
  if (n < 6 || n > 17 || !scan.EndsWord(at + n)) return {};
  if (n == 9 && IsRouting(scan, at) && scan.HasBefore(at, {"routing", "aba", "rtn"})) return Found(PersonalKind::kRouting, at, at + n, .85);
  if (scan.HasBefore(at, {"bank account", "account number", "account no", "account #", "acct", "account_number", "bank_account"}))
    return Found(PersonalKind::kBankAccount, at, at + n, .6);
  return {};
}

PersonalMatch MatchBirthDate(const PatternScan& scan, std::size_t at) {
  if (!scan.BeginsWord(at)) return {};
  const std::size_t end = EndOfDate(scan, at);
  if (end == 0 || PatternScan::IsDigit(scan.At(end))) return {};
  if (!scan.HasBefore(at, {"born", "dob", "d.o.b", "date of birth", "birth date", "birthdate", "birthday", "date_of_birth", "birth_date"}))
    return {};
  return Found(PersonalKind::kBirthDate, at, end, .8);
}

PersonalMatch MatchIpAddress(const PatternScan& scan, std::size_t at) {
  if (!scan.BeginsWord(at) || (at > 0 && scan.At(at - 1) == '.')) return {};
  std::size_t i = at;
  for (int part = 0; part < 4; ++part) {
    const std::size_t n = scan.DigitsFrom(i, 4);
    if (n == 0 || n > 3 || scan.Number(i, n) > 255 || (n > 1 && scan.At(i) == '0')) return {};
    i += n;
    if (part < 3 && scan.At(i++) != '.') return {};
  }
  if (!scan.EndsWord(i) || (scan.At(i) == '.' && PatternScan::IsDigit(scan.At(i + 1)))) return {};
  if (scan.HasBefore(at, {"version", "release", "v"}, 10)) return {};
  return Found(PersonalKind::kIpAddress, at, i, .6);
}

}  // namespace lakehouse::text
