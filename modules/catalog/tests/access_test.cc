#include "lakehouse/catalog/access.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../src/access_state.h"
#include "lakehouse/base/hash.h"

namespace lakehouse::catalog {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Profile Named(std::string name) {
  Profile profile;
  profile.name = std::move(name);
  return profile;
}

LoadAccessResponse WithKey(const std::string& token, std::string profile = "", std::vector<Profile> profiles = {}) {
  LoadAccessResponse loaded;
  ApiKey key;
  key.id = *IdOfToken(token);
  key.profile = std::move(profile);
  key.scopes = {Scope::kRead};
  key.sha256 = Sha256Hex(token);
  loaded.sequence = 7;
  loaded.changed = true;
  for (const Profile& each : profiles) loaded.active.push_back({each.name, each.version});
  loaded.profiles = std::move(profiles);
  loaded.keys.push_back(std::move(key));
  return loaded;
}

TEST(Patterns, StarStandsForAnythingAndCaseDoesNotCount) {
  EXPECT_TRUE(FitsPattern("hr_*", "HR_people"));
  EXPECT_TRUE(FitsPattern("*", ""));
  EXPECT_TRUE(FitsPattern("a*b*c", "aXXbYbZc"));
  EXPECT_FALSE(FitsPattern("hr_*", "finance"));
  EXPECT_FALSE(FitsPattern("hr", "hr_people"));
  EXPECT_FALSE(FitsPattern("a*b", "abc"));
}

TEST(Tokens, AreKnownByTheirChecksumAndTheirDigestAlone) {
  const NewToken made = MakeToken(SystemRandom());
  const std::string token = made.token.Reveal();
  EXPECT_EQ(IdOfToken(token), made.id);
  std::string wrong = token;
  wrong[20] = wrong[20] == '0' ? '1' : '0';
  EXPECT_FALSE(IdOfToken(wrong)) << "a typing error is found by the checksum";
  const Access access(WithKey(token));
  EXPECT_NE(access.FindToken(token, 0), nullptr);
  const NewToken other = MakeToken(SystemRandom(), made.id);
  EXPECT_EQ(access.FindToken(other.token.Reveal(), 0), nullptr) << "the right id with another secret";
  EXPECT_EQ(access.FindToken("", 0), nullptr);
}

TEST(Tokens, OfARotationOverlapForTheTimeGiven) {
  const std::string before = MakeToken(SystemRandom()).token.Reveal();
  const std::string after = MakeToken(SystemRandom(), *IdOfToken(before)).token.Reveal();
  auto loaded = WithKey(after);
  loaded.keys[0].old_sha256 = Sha256Hex(before);
  loaded.keys[0].old_until_micros = 100;
  const Access access(loaded);
  EXPECT_NE(access.FindToken(before, 99), nullptr);
  EXPECT_EQ(access.FindToken(before, 100), nullptr);
  EXPECT_NE(access.FindToken(after, 100), nullptr);
  loaded.keys[0].revoked_micros = 1;
  EXPECT_EQ(Access(loaded).FindToken(after, 0), nullptr);
}

TEST(SightOf, AKeyFollowsItsProfileAndAnUnknownKeySeesNothing) {
  const std::string token = MakeToken(SystemRandom()).token.Reveal();
  Profile profile = Named("analyst");
  profile.version = 2;
  profile.datasets = {"work*"};
  profile.views.push_back({"workers", {}, "city = 'Chicago'", {{"Email", RedactionKind::kMask, 2, 0}}});
  profile.views.push_back({"*", {"name", "email"}, "", {{"email", RedactionKind::kHash, 0, 0}}});
  const Access access(WithKey(token, "analyst", {profile}));
  const auto sight = access.SightOf("key:" + *IdOfToken(token));
  ASSERT_TRUE(sight.ok()) << sight.error().ToString();
  EXPECT_TRUE(sight->restricted());
  EXPECT_FALSE(sight->is_admin());
  EXPECT_TRUE(sight->MaySee("WORKERS"));
  EXPECT_FALSE(sight->MaySee("salaries"));
  EXPECT_FALSE(sight->SeesWhole("workers"));
  EXPECT_EQ(sight->label(), "analyst@2");
  const auto rule = sight->RuleOf("workers");
  ASSERT_TRUE(rule);
  EXPECT_THAT(rule->columns, ElementsAre("name", "email"));
  EXPECT_THAT(rule->row_filters, ElementsAre("city = 'Chicago'"));
  ASSERT_EQ(rule->redactions.size(), 1u);
  EXPECT_EQ(rule->redactions[0].kind, RedactionKind::kHash) << "of two redactions the stronger";
  EXPECT_THAT(rule->must_exist, ElementsAre("email"));

  EXPECT_EQ(access.SightOf("key:0000000000").error().reason(), "key_revoked");
  EXPECT_FALSE(access.SightOf("operator")->restricted());
  EXPECT_TRUE(access.SightOf("operator")->is_admin());
  EXPECT_EQ(Access(WithKey(token, "gone")).SightOf("key:" + *IdOfToken(token)).error().reason(), "profile_missing");
}

TEST(SightOf, ViewsWithoutACommonColumnShowNone) {
  Profile profile = Named("p");
  profile.views = {{"t", {"a"}, "", {}}, {"t", {"b"}, "", {}}};
  const auto rule = Sight::OfKey("key:x", false, std::make_shared<const Profile>(profile)).RuleOf("t");
  ASSERT_TRUE(rule);
  EXPECT_THAT(rule->columns, ElementsAre(""));
}

TEST(AccessState, VersionsRiseAndTheFirstIsInForce) {
  AccessState state;
  ChangeAccessRequest put;
  put.change.profile = Named("p");
  auto planned = PlanAccess(state, put);
  ASSERT_TRUE(planned.ok());
  EXPECT_EQ(planned->profile->version, 1);
  ASSERT_TRUE(planned->activation);
  auto next = ApplyAccess(state, *planned, 5);
  EXPECT_EQ(next->sequence, 5);
  EXPECT_EQ(next->active.at("p"), 1);

  planned = PlanAccess(*next, put);
  EXPECT_EQ(planned->profile->version, 2);
  EXPECT_FALSE(planned->activation) << "a second version waits to be activated";
  next = ApplyAccess(*next, *planned, 6);
  EXPECT_EQ(next->active.at("p"), 1);
  ChangeAccessRequest activate;
  activate.change.activation = ProfileActivation{"p", 2};
  next = ApplyAccess(*next, *PlanAccess(*next, activate), 7);
  EXPECT_EQ(next->active.at("p"), 2);
  activate.change.activation->version = 9;
  EXPECT_EQ(PlanAccess(*next, activate).error().reason(), "profile_not_found");
}

TEST(AccessState, KeepsTheActiveVersionHoweverOld) {
  auto state = std::make_shared<const AccessState>();
  ChangeAccessRequest put;
  put.change.profile = Named("p");
  for (std::int64_t i = 1; i <= 130; ++i) state = ApplyAccess(*state, *PlanAccess(*state, put), i);
  EXPECT_EQ(state->profiles.size(), kKeptProfileVersions);
  EXPECT_TRUE(state->profiles.contains({"p", 1}));
  EXPECT_TRUE(state->profiles.contains({"p", 130}));
}

TEST(AccessState, AnAdminKeyHasNoProfileAndARevokedKeyStaysRevoked) {
  AccessState state;
  ChangeAccessRequest change;
  change.is_new = true;
  ApiKey key;
  key.id = "a";
  key.scopes = {Scope::kAdmin};
  key.profile = "p";
  key.sha256 = std::string(64, 'a');
  change.change.key = key;
  EXPECT_FALSE(PlanAccess(state, change).ok());
  change.change.key->profile = "";
  auto next = ApplyAccess(state, *PlanAccess(state, change), 1);
  EXPECT_EQ(PlanAccess(*next, change).error().code(), ErrorCode::kAlreadyExists);
  change.is_new = false;
  change.change.key->revoked_micros = 5;
  next = ApplyAccess(*next, *PlanAccess(*next, change), 2);
  change.change.key->revoked_micros = std::nullopt;
  EXPECT_FALSE(PlanAccess(*next, change).ok());
}

TEST(AccessState, RefusesAKeyForAProfileThatIsNotThere) {
  ChangeAccessRequest change;
  change.is_new = true;
  ApiKey key;
  key.id = "a";
  key.scopes = {Scope::kRead};
  key.profile = "nobody";
  key.sha256 = std::string(64, 'a');
  change.change.key = key;
  EXPECT_EQ(PlanAccess(AccessState(), change).error().reason(), "profile_not_found");
}

}  // namespace
}  // namespace lakehouse::catalog
