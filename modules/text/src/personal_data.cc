#include "lakehouse/text/personal_data.h"

#include <algorithm>
#include <iterator>

#include "folded_text.h"
#include "personal_numbers.h"

namespace lakehouse::text {
namespace {

/// In order. Words about somebody's health; a list, not a diagnosis.
constexpr std::string_view kMedicalWords[] = {
    "allergies", "allergy",   "asthma",     "cancer",       "chemotherapy", "dementia",     "depression", "diabetes", "diabetic",
    "diagnosed", "diagnosis", "epilepsy",   "hepatitis",    "hiv",          "hypertension", "insulin",    "leukemia", "medication",
    "patient",   "pregnant",  "prescribed", "prescription", "psychiatric",  "surgery",      "symptoms"};

using Matcher = PersonalMatch (*)(const PatternScan&, std::size_t);
/// What may begin with a digit: the surer comes first.
constexpr Matcher kOfDigits[] = {MatchSsn, MatchCard, MatchBirthDate, MatchBank, MatchPhone, MatchIpAddress, MatchLicence, MatchStreet};

PersonalMatch MatchMedical(const PatternScan& scan, std::size_t at) {
  std::size_t end = at;
  while (end - at < 20 && PatternScan::IsLetter(scan.At(end))) ++end;
  const std::string_view word = scan.text().substr(at, end - at);
  if (!scan.EndsWord(end) || !std::binary_search(std::begin(kMedicalWords), std::end(kMedicalWords), word)) return {};
  return PersonalFinding{PersonalKind::kMedical, at, end, .3};
}

PersonalMatch MatchAt(const PatternScan& scan, std::size_t at) {
  const char c = scan.At(at);
  const bool begins = at == 0 || !PatternScan::IsWord(scan.At(at - 1));
  if (PatternScan::IsDigit(c)) {
    if (at > 0 && PatternScan::IsDigit(scan.At(at - 1))) return {};
    for (const Matcher match : kOfDigits)
      if (const PersonalMatch found = match(scan, at)) return found;
    return {};
  }
  if (c == '@') return MatchEmail(scan, at);
  if (c == '+' || c == '(') return MatchPhone(scan, at);
  if (!begins || !PatternScan::IsLetter(c)) return {};
  if (const PersonalMatch found = MatchLicence(scan, at)) return found;
  return MatchMedical(scan, at);
}

}  // namespace

std::vector<PersonalFinding> FindPersonalData(std::string_view text, std::string_view context) {
  const FoldedText folded = FoldForPatterns(text);
  const FoldedText words = FoldForPatterns(context);
  const PatternScan scan(folded.text, words.text);
  std::vector<PersonalFinding> findings;
  for (std::size_t at = 0; at < scan.size();) {
    PersonalMatch found = MatchAt(scan, at);
    if (!found) {
      ++at;
      continue;
    }
    at = std::max(at + 1, found->end);
    found->begin = folded.places[found->begin];
    found->end = folded.places[found->end];
    // A mail's name may hold what was found as something else: the longer one counts.
    while (!findings.empty() && findings.back().end > found->begin) findings.pop_back();
    findings.push_back(*found);
  }
  return findings;
}

std::string RedactPersonalData(std::string_view text, const std::vector<PersonalFinding>& findings) {
  std::string out;
  std::size_t at = 0;
  for (const PersonalFinding& finding : findings) {
    out += text.substr(at, finding.begin - at);
    out += "[" + std::string(WireName(finding.kind)) + "]";
    at = finding.end;
  }
  out += text.substr(std::min(at, text.size()));
  return out;
}

}  // namespace lakehouse::text
