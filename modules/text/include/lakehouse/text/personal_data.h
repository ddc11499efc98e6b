#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace lakehouse::text {

enum class PersonalKind {
  kSsn,
  kItin,
  kCard,
  kRouting,
  kBankAccount,
  kBirthDate,
  kDriverLicence,
  kPassport,
  kEmail,
  kPhone,
  kIpAddress,
  kStreetAddress,
  kMedical,
};
constexpr std::string_view WireName(PersonalKind kind) {
  switch (kind) {
    case PersonalKind::kSsn: return "US_SSN";
    case PersonalKind::kItin: return "US_ITIN";
    case PersonalKind::kCard: return "CREDIT_CARD";
    case PersonalKind::kRouting: return "US_ROUTING";
    case PersonalKind::kBankAccount: return "BANK_ACCOUNT";
    case PersonalKind::kBirthDate: return "BIRTH_DATE";
    case PersonalKind::kDriverLicence: return "DRIVER_LICENCE";
    case PersonalKind::kPassport: return "PASSPORT";
    case PersonalKind::kEmail: return "EMAIL";
    case PersonalKind::kPhone: return "PHONE";
    case PersonalKind::kIpAddress: return "IP_ADDRESS";
    case PersonalKind::kStreetAddress: return "STREET_ADDRESS";
    case PersonalKind::kMedical: return "MEDICAL";
  }
  return {};
}

/// Where personal data seems to stand. Never the value itself: what was found must not be printed.
struct PersonalFinding {
  PersonalKind kind = PersonalKind::kSsn;
  std::size_t begin = 0;  ///< octets of the text that was given
  std::size_t end = 0;
  double score = 0;  ///< 0 to 1; pattern, check digits and the words before it
};

/// In the order of the text, not overlapping. Digits of other scripts, full-width letters, invisible characters and odd dashes do not
/// hide anything. `context` stands before the text as words that say what it is: a column's name. Linear in the text.
std::vector<PersonalFinding> FindPersonalData(std::string_view text, std::string_view context = {});

/// The text with "[US_SSN]" and the like in place of what was found.
std::string RedactPersonalData(std::string_view text, const std::vector<PersonalFinding>& findings);

}  // namespace lakehouse::text
