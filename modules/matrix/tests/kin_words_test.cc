#include "kin_words.h"

#include <gmock/gmock.h>

#include "lakehouse/text/words.h"
#include "lexical_index.h"

namespace lakehouse::matrix {
namespace {

using testing::Contains;
using testing::IsEmpty;
using testing::Not;

/// Nurses and sisters beside patients, welders beside torches, cooks beside pots; each in four towns, and each with a name of its own.
LexicalIndex Staff(std::size_t each = 20) {
  const std::vector<std::string> towns{"Gary", "Joliet", "Dayton", "Flint"};
  LexicalIndex::Builder builder;
  for (std::size_t i = 0; i < each; ++i) {
    const std::string in = " in " + towns[i % towns.size()] + " n" + std::to_string(i);
    builder.Add({.text = text::SearchTerms("nurse patients ward dressings" + in)});
    builder.Add({.text = text::SearchTerms("sister patients ward surgery" + in)});
    builder.Add({.text = text::SearchTerms("welder torch seams pipe" + in)});
    builder.Add({.text = text::SearchTerms("cook pots grill menu" + in)});
  }
  return std::move(builder).Finish();
}

std::vector<std::string> KinOf(const LexicalIndex& index, std::string_view query) {
  std::vector<std::string> kin;
  for (const QueryTerm& term : index.WithKin(index.Understand(query)))
    for (const auto& [stem, share] : term.kin) kin.push_back(stem);
  return kin;
}

TEST(KinWords, AreThoseThatKeepTheSameCompany) {
  EXPECT_THAT(KinOf(Staff(), "sister"), testing::IsSupersetOf({"patient", "ward", "surgeri"}));
  EXPECT_THAT(KinOf(Staff(), "sister"), Not(Contains("torch")));
  EXPECT_THAT(KinOf(Staff(), "sister"), Not(Contains("gari")));
}

TEST(KinWords, APassageWithoutTheWordIsFoundByThem) {
  const LexicalIndex index = Staff();
  const auto terms = index.WithKin(index.Understand("sister in Gary"));
  const auto found = index.Search(terms, 100, {});
  ASSERT_GE(found.size(), 15u);
  // Five sisters of Gary, then its five nurses, before the sisters of elsewhere and the welders and cooks of Gary.
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(found[i].passage % 4, 1u) << i;
  for (std::size_t i = 5; i < 10; ++i) EXPECT_EQ(found[i].passage % 4, 0u) << i;
  EXPECT_EQ(index.KinIn(found[5].passage, terms[0]), "patient");
  EXPECT_EQ(index.KinIn(found[0].passage, terms[0]), "");
}

TEST(KinWords, OfAWordAndItsKinOneCounts) {
  const LexicalIndex index = Staff();
  const auto plain = index.Understand("sister");
  const auto alone = index.Search(plain, 1, {}), with_kin = index.Search(index.WithKin(plain), 1, {});
  ASSERT_EQ(alone.size(), 1u);
  EXPECT_EQ(with_kin.front(), alone.front());
}

TEST(KinWords, NumbersWordsOfAFewAndWordsOfMostHaveNone) {
  LexicalIndex::Builder builder;
  for (int i = 0; i < 60; ++i)
    builder.Add({.text = text::SearchTerms(i < 20   ? "osha10 forklift always"
                                           : i < 22 ? "rare pair always"
                                           : i < 42 ? "cook soup always"
                                                    : "porter gate always")});
  const LexicalIndex index = std::move(builder).Finish();
  EXPECT_THAT(KinOf(index, "osha10"), IsEmpty());
  EXPECT_THAT(KinOf(index, "forklift"), IsEmpty());  // beside a number and a word that all have
  EXPECT_THAT(KinOf(index, "rare"), IsEmpty());
  EXPECT_THAT(KinOf(index, "always"), IsEmpty());
  EXPECT_THAT(KinOf(index, "cook"), testing::ElementsAre("soup"));
}

TEST(KinWords, AFewPassagesTeachNothing) { EXPECT_THAT(KinOf(Staff(9), "sister"), IsEmpty()); }

TEST(KinWords, ABeginningHasNone) { EXPECT_THAT(KinOf(Staff(), "sis*"), IsEmpty()); }

TEST(KinWords, OfMorePassagesThanAreLookedAtASampleTeaches) { EXPECT_THAT(KinOf(Staff(8'000), "sister"), Contains("surgeri")); }

}  // namespace
}  // namespace lakehouse::matrix
