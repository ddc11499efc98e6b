#pragma once
#include <optional>

#include "lakehouse/text/personal_data.h"
#include "pattern_scan.h"

namespace lakehouse::text {

/// What begins at this place of the folded text, in its offsets. Each is asked at the first digit of a run of digits ("(" or "+" of a
/// telephone number, first letter of a document's number), and looks at a bounded number of characters.
using PersonalMatch = std::optional<PersonalFinding>;

/// US social security and taxpayer numbers, with and without separators.
PersonalMatch MatchSsn(const PatternScan& scan, std::size_t at);
PersonalMatch MatchCard(const PatternScan& scan, std::size_t at);
/// ABA routing numbers and account numbers; both need a word that says so.
PersonalMatch MatchBank(const PatternScan& scan, std::size_t at);
PersonalMatch MatchBirthDate(const PatternScan& scan, std::size_t at);
PersonalMatch MatchIpAddress(const PatternScan& scan, std::size_t at);
PersonalMatch MatchPhone(const PatternScan& scan, std::size_t at);
PersonalMatch MatchStreet(const PatternScan& scan, std::size_t at);
/// Driver licences and passports: letters and digits after a word that says so.
PersonalMatch MatchLicence(const PatternScan& scan, std::size_t at);
/// At an '@'.
PersonalMatch MatchEmail(const PatternScan& scan, std::size_t at);

}  // namespace lakehouse::text
