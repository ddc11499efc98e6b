#include "lakehouse/text/personal_data.h"

#include <gmock/gmock.h>

#include <random>

namespace lakehouse::text {
namespace {

std::string KindsIn(const std::string& text) {
  std::string kinds;
  for (const PersonalFinding& finding : FindPersonalData(text)) {
    kinds += (kinds.empty() ? "" : " ") + std::string(WireName(finding.kind));
    EXPECT_LT(finding.begin, finding.end);
    EXPECT_LE(finding.end, text.size());
  }
  return kinds;
}
bool HasSsn(const std::string& text) {
  for (const PersonalFinding& finding : FindPersonalData(text))
    if (finding.kind == PersonalKind::kSsn) return true;
  return false;
}

struct SsnCase {
  const char* text;
  bool is_one;
};
constexpr SsnCase kSsnCases[] = {{"Call 419-555-0134 now", false},
                                 {"(419) 555-0134", false},
                                 {"419.555.0134", false},
                                 {"+1 419 555 0134", false},
                                 {"1-800-555-0199", false},
                                 {"4195550134", false},
                                 {"419 555 0134 or 419-555-0135", false},
                                 {"SSN 123-45-6789", true},
                                 {"his ssn: 123456789", true},
                                 {"SSN-123-45-6789", true},
                                 {"SSN#123456789", true},
                                 {"order 123456789", false},
                                 {"123 45 6789", true},
                                 {"ref 12-123-45-6789", false},
                                 {"123-45-6789-01", false},
                                 {"900-12-3456", false},
                                 {"666-12-3456", false},
                                 {"000-12-3456", false},
                                 {"078-05-1120", false},
                                 {"zip 43604-1234", false},
                                 {"shift 2026-11-20", false},
                                 {"EIN 12-3456789", false},
                                 {"worker W-123-45-6789", false},
                                 {"x123-45-6789", false},
                                 {"reply STOP. 555-0134", false},
                                 {"419-55-0134", true},
                                 {"123-45-678", false},
                                 {"123-456-7890", false},
                                 {"tel 123-45-6789 0", false},
                                 {"123-45-6789.", true},
                                 {"(123-45-6789)", true},
                                 {"899-12-3456", true},
                                 {"111-11-1111", false},
                                 {"123-00-6789", false},
                                 {"123-45-0000", false},
                                 {"IP 10.123-45-6789", false}};
static_assert(std::size(kSsnCases) == 36);

TEST(PersonalData, Tells36CasesOfSocialSecurityNumbersApart) {
  for (const SsnCase& one : kSsnCases) EXPECT_EQ(HasSsn(one.text), one.is_one) << one.text;
}

struct KindCase {
  const char* text;
  const char* kinds;
};
constexpr KindCase kKindCases[] = {{"123\u201345\u20136789", "US_SSN"},    // dashes of a typesetter
                                   {"123\u00A045\u00A06789", "US_SSN"},    // blanks that do not break
                                   {"１２３-４５-６７８９", "US_SSN"},     // full-width digits
                                   {"12\u200B3-45-67\u200D89", "US_SSN"},  // invisible characters
                                   {"١٢٣-٤٥-٦٧٨٩", "US_SSN"},              // Arabic digits
                                   {"ＳＳＮ 123456789", "US_SSN"},         // full-width letters
                                   {"912-70-1234", "US_ITIN"},
                                   {"912-45-1234", ""},
                                   {"card 4111 1111 1111 1111", "CREDIT_CARD"},
                                   {"4111111111111112", ""},  // check digit
                                   {"3782 822463 10005", "CREDIT_CARD"},
                                   {"5500-0000-0000-0004", "CREDIT_CARD"},
                                   {"9111111111111111", ""},  // nobody issues it
                                   {"routing number 021000021", "US_ROUTING"},
                                   {"routing number 021000022", ""},
                                   {"021000021", ""},
                                   {"bank account 000123456789", "BANK_ACCOUNT"},
                                   {"born 1980-03-21", "BIRTH_DATE"},
                                   {"DOB: 03/21/1980", "BIRTH_DATE"},
                                   {"shift on 1980-03-21", ""},
                                   {"driver's license D1234567", "DRIVER_LICENCE"},
                                   {"passport no. 123456789", "PASSPORT"},
                                   {"write to ada.lovelace+x@example.co.uk, please", "EMAIL"},
                                   {"a@b", ""},
                                   {"call (419) 555-0134 or +49 30 901820", "PHONE PHONE"},
                                   {"order 4195550134", ""},
                                   {"host 192.168.10.20 is down", "IP_ADDRESS"},
                                   {"version 1.2.3.4", ""},
                                   {"lives at 12 North Main Street", "STREET_ADDRESS"},
                                   {"was diagnosed in May", "MEDICAL"}};
static_assert(std::size(kKindCases) == 30);

TEST(PersonalData, Tells30CasesOfOtherKindsAndDisguisesApart) {
  for (const KindCase& one : kKindCases) EXPECT_EQ(KindsIn(one.text), one.kinds) << one.text;
}

TEST(PersonalData, AColumnsNameIsContext) {
  EXPECT_TRUE(FindPersonalData("123456789").empty());
  const auto found = FindPersonalData("123456789", "employee_ssn");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].kind, PersonalKind::kSsn);
}

TEST(PersonalData, PlacesAreThoseOfTheTextThatWasGiven) {
  const std::string text = "für 123\u201345\u20136789 gut";
  const auto found = FindPersonalData(text);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(RedactPersonalData(text, found), "für [US_SSN] gut");
}

constexpr const char* kPhoneForms[] = {"%03u-%03u-%04u",    "(%03u) %03u-%04u",  "%03u.%03u.%04u",     "%03u %03u %04u",
                                       "+1 %03u %03u %04u", "+1-%03u-%03u-%04u", "1-%03u-%03u-%04u",   "1 (%03u) %03u-%04u",
                                       "%03u%03u%04u",      "+1%03u%03u%04u",    "tel:%03u-%03u-%04u", "%03u/%03u-%04u"};
static_assert(std::size(kPhoneForms) == 12);

TEST(PersonalData, AMillionTelephoneNumbersAreNoSocialSecurityNumbers) {
  std::mt19937 random(20261122);
  int wrong = 0;
  char text[64];
  for (int i = 0; i < 1'000'000; ++i) {
    const unsigned area = 200 + static_cast<unsigned>(random() % 800), exchange = 200 + static_cast<unsigned>(random() % 800);
    std::snprintf(text, sizeof text, kPhoneForms[i % 12], area, exchange, static_cast<unsigned>(random() % 10'000));
    if (HasSsn(text) && ++wrong < 10) ADD_FAILURE() << text;
  }
  EXPECT_EQ(wrong, 0);
}

TEST(PersonalData, AHundredThousandValidNumbersAreAllFound) {
  std::mt19937 random(7);
  int missed = 0;
  for (int i = 0; i < 100'000; ++i) {
    unsigned area = 1 + static_cast<unsigned>(random() % 899);
    if (area == 666) area = 665;
    const unsigned group = 1 + static_cast<unsigned>(random() % 99), serial = 1 + static_cast<unsigned>(random() % 9'999);
    char text[32];
    std::snprintf(text, sizeof text, i % 2 == 0 ? "%03u-%02u-%04u" : "%03u %02u %04u", area, group, serial);
    const std::string digits = text;
    if (area * 1'000'000 + group * 10'000 + serial == 78'051'120) continue;
    if (!HasSsn(digits) && ++missed < 10) ADD_FAILURE() << digits;
  }
  EXPECT_EQ(missed, 0);
}

TEST(PersonalData, TakesLinearTimeOverWhatLooksLikeTheBeginningOfEverything) {
  for (const char* piece : {"1", "1-", "1 ", "(", "+1 ", "a@", "ssn", "1 a ", "\u200B"}) {
    std::string text;
    while (text.size() < (1u << 20)) text += piece;
    for (const PersonalFinding& finding : FindPersonalData(text)) ASSERT_LE(finding.end, text.size());
  }
}

}  // namespace
}  // namespace lakehouse::text
