// Where somebody can be reached, and numbers of papers: telephone, mail, street, licence, passport.
#include <algorithm>
#include <iterator>

#include "personal_numbers.h"

namespace lakehouse::text {
namespace {

PersonalMatch Place(PersonalKind kind, std::size_t begin, std::size_t end, double score) {
  return PersonalFinding{kind, begin, end, score};
}

bool IsPhoneMark(char c) { return c == '-' || c == '.' || c == ' ' || c == '/'; }

/// 3-3-4 digits of North America from `i`, the first three perhaps in brackets; its end, 0: none.
std::size_t EndOfNorthAmerican(const PatternScan& scan, std::size_t i, bool& is_bare) {
  const bool bracket = scan.At(i) == '(';
  if (bracket) ++i;
  if (!scan.HasDigits(i, 3) || scan.At(i) < '2') return 0;
  i += 3;
  if (bracket && scan.At(i++) != ')') return 0;
  const bool first_mark = IsPhoneMark(scan.At(i));
  if (first_mark) ++i;
  if (!scan.HasDigits(i, 3) || scan.At(i) < '2') return 0;
  i += 3;
  const bool second_mark = IsPhoneMark(scan.At(i));
  if (second_mark) ++i;
  if (scan.DigitsFrom(i, 5) != 4) return 0;
  is_bare = !bracket && !first_mark && !second_mark;
  if (!is_bare && !second_mark) return 0;
  return i + 4;
}

constexpr std::string_view kStreetWords[] = {"st",   "street",  "ave",     "avenue", "rd",    "road",    "blvd",   "boulevard", "ln",
                                             "lane", "dr",      "drive",   "ct",     "court", "pl",      "place",  "way",       "pkwy",
                                             "hwy",  "highway", "terrace", "circle", "cir",   "parkway", "strasse"};

bool IsEmailMark(char c) { return c == '.' || c == '_' || c == '-' || c == '+' || c == '%'; }

}  // namespace

PersonalMatch MatchPhone(const PatternScan& scan, std::size_t at) {
  if (!scan.BeginsWord(at)) return {};
  const char before = at > 0 ? scan.At(at - 1) : '\0';
  if ((before == '-' || before == '.' || before == '/') && at > 1 && PatternScan::IsWord(scan.At(at - 2))) return {};
  std::size_t i = at;
  const bool plus = scan.At(i) == '+';
  if (plus) ++i;
  bool bare = false;
  std::size_t end = 0;
  if (scan.At(i) == '1' && (plus || IsPhoneMark(scan.At(i + 1)) || scan.At(i + 1) == '('))
    end = EndOfNorthAmerican(scan, i + (IsPhoneMark(scan.At(i + 1)) ? 2 : 1), bare);
  if (end == 0 && !plus) end = EndOfNorthAmerican(scan, i, bare);
  double score = .7;
  if (end == 0 && plus) {  // anywhere else: a plus, then 8 to 15 digits
    std::size_t n = 0, j = i;
    for (; n <= 15; ++j) {
      if (PatternScan::IsDigit(scan.At(j)))
        ++n;
      else if (!(IsPhoneMark(scan.At(j)) || scan.At(j) == '(' || scan.At(j) == ')') ||
               !(PatternScan::IsDigit(scan.At(j + 1)) || scan.At(j + 1) == '('))
        break;
      if (n > 0 && PatternScan::IsDigit(scan.At(j))) end = j + 1;
    }
    if (n < 8 || n > 15) return {};
    bare = false;
  }
  if (end == 0 || !scan.EndsWord(end) || (IsPhoneMark(scan.At(end)) && scan.At(end) != ' ' && PatternScan::IsDigit(scan.At(end + 1))))
    return {};
  const bool is_said = scan.HasBefore(at, {"phone", "tel", "telephone", "mobile", "cell", "call", "fax", "contact", "text"});
  if (bare && !plus && !is_said) return {};
  if (is_said) score = .85;
  return Place(PersonalKind::kPhone, at, end, score);
}

PersonalMatch MatchEmail(const PatternScan& scan, std::size_t at) {
  constexpr std::size_t kLongest = 64;
  std::size_t begin = at;
  while (begin > 0 && at - begin < kLongest && (PatternScan::IsWord(scan.At(begin - 1)) || IsEmailMark(scan.At(begin - 1)))) --begin;
  while (begin < at && !PatternScan::IsWord(scan.At(begin))) ++begin;
  std::size_t end = at + 1, dot = 0;
  while (end - at < 253 && (PatternScan::IsWord(scan.At(end)) || scan.At(end) == '.' || scan.At(end) == '-')) ++end;
  while (end > at + 1 && !PatternScan::IsWord(scan.At(end - 1))) --end;
  for (std::size_t i = at + 1; i < end; ++i)
    if (scan.At(i) == '.') dot = i;
  if (begin == at || dot <= at + 1 || end - dot < 3) return {};
  for (std::size_t i = dot + 1; i < end; ++i)
    if (!PatternScan::IsLetter(scan.At(i))) return {};
  return Place(PersonalKind::kEmail, begin, end, .9);
}

PersonalMatch MatchStreet(const PatternScan& scan, std::size_t at) {
  if (!scan.BeginsWord(at)) return {};
  std::size_t i = at + scan.DigitsFrom(at, 6);
  if (i - at > 5 || scan.At(i) != ' ') return {};
  for (int word = 0; word < 5; ++word) {
    if (scan.At(i) != ' ') return {};
    const std::size_t begin = ++i;
    while (PatternScan::IsLetter(scan.At(i)) || PatternScan::IsDigit(scan.At(i))) ++i;
    if (i == begin || i - begin > 24) return {};
    const std::string_view text = scan.text().substr(begin, i - begin);
    if (word > 0 && std::find(std::begin(kStreetWords), std::end(kStreetWords), text) != std::end(kStreetWords))
      return Place(PersonalKind::kStreetAddress, at, i, .4);
    if (scan.At(i) == '.') ++i;
  }
  return {};
}

PersonalMatch MatchLicence(const PatternScan& scan, std::size_t at) {
  if (!scan.BeginsWord(at)) return {};
  std::size_t n = 0, digits = 0;
  for (; n < 17; ++n) {
    const char c = scan.At(at + n);
    if (PatternScan::IsDigit(c))
      ++digits;
    else if (!PatternScan::IsLetter(c) && c != '-')
      break;
  }
  if (n < 6 || n > 16 || digits < 5 || !scan.EndsWord(at + n)) return {};
  if (n <= 9 && scan.HasBefore(at, {"passport"})) return Place(PersonalKind::kPassport, at, at + n, .7);
  if (scan.HasBefore(at, {"driver license", "drivers license", "driver's license", "driver licence", "drivers licence", "driving licence",
                          "dl#", "dl no", "driver_license", "drivers_license", "license number"}))
    return Place(PersonalKind::kDriverLicence, at, at + n, .6);
  return {};
}

}  // namespace lakehouse::text
