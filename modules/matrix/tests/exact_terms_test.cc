#include "exact_terms.h"

#include <gtest/gtest.h>

namespace lakehouse::matrix {
namespace {

TEST(ExactTerms, AreNamesWithANumber) {
  const auto terms = ExactTermsOf("find a welder with OSHA-10 or NFPA 70 and 8 hours, shift 2");
  ASSERT_EQ(terms.size(), 2u);
  EXPECT_EQ(terms[0].word + terms[0].number, "osha10");
  EXPECT_EQ(terms[1].word + terms[1].number, "nfpa70");
  EXPECT_TRUE(ExactTermsOf("worker 7 of 2026-11-22").empty());
}

TEST(ExactTerms, ATextStatesThemDeniesThemOrIsSilent) {
  const ExactTerm osha{"osha", "10"};
  const auto says = [&](std::string_view text) { return MentionOf(text, osha); };
  EXPECT_EQ(says("Holds OSHA-10."), Mention::kStated);
  EXPECT_EQ(says("OSHA 10-Hour card, first aid expired"), Mention::kStated);
  EXPECT_EQ(says("OSHA-10, not expired"), Mention::kStated) << "another clause denies";
  EXPECT_EQ(says("Has OSHA-30 and 10 years of work"), Mention::kAbsent);
  EXPECT_EQ(says("Has no OSHA-10 card"), Mention::kDenied);
  EXPECT_EQ(says("OSHA-10 (expired 2022)"), Mention::kDenied);
  EXPECT_EQ(says("OSHA-10 expired in 2022. OSHA-10 renewed in 2024."), Mention::kStated) << "the last word counts";
  EXPECT_EQ(says("OSHA-10 has not expired"), Mention::kStated) << "two denials are none";
}

}  // namespace
}  // namespace lakehouse::matrix
