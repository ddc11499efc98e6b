#include "lakehouse/base/secret.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <ostream>
#include <set>
#include <string>

#include "base_testing/directory_test.h"
#include "lakehouse/base/guarded.h"
#include "lakehouse/base/log.h"
#include "lakehouse/base/task_group.h"

namespace lakehouse {
namespace {

template <typename T>
concept Printable = requires(std::ostream& out, const T& value) { out << value; };
static_assert(!Printable<Secret>);
static_assert(!std::is_convertible_v<Secret, std::string>);
static_assert(!std::is_convertible_v<Secret, std::string_view>);
static_assert(!std::is_convertible_v<Secret, LogValue>);
static_assert(!std::is_convertible_v<std::string, Secret>);

std::string Revealed(const Result<std::optional<Secret>>& found) {
  if (!found) return found.error().ToString();
  return *found ? (*found)->Reveal() : "(none)";
}

TEST(SecretTest, IsAValue) {
  Secret first("one");
  Secret copy = first;
  first = Secret("two, which is too long for a small string to hold");
  EXPECT_EQ(copy.Reveal(), "one");
  copy = std::move(first);
  EXPECT_EQ(copy.Reveal(), "two, which is too long for a small string to hold");
  EXPECT_TRUE(Secret().empty());
}

TEST(SecretTest, WipesItsTextWhenItGoes) {
  alignas(Secret) unsigned char place[sizeof(Secret)];
  auto* secret = new (place) Secret("short-secret");  // short: it lies within the object, where the test may still look
  secret->~Secret();
  const std::string_view left(reinterpret_cast<const char*>(place), sizeof place);
  EXPECT_EQ(left.find("secret"), left.npos);
}

TEST(EnvironmentSecretsTest, FindsByAnUpperCaseName) {
  setenv("LAKEHOUSE_SECRET_S3_ACCESS_KEY2", "x y", 1);
  const auto secrets = OpenEnvironmentSecrets();
  EXPECT_EQ(Revealed(secrets->Find("s3.access-key2")), "x y");
  EXPECT_EQ(Revealed(secrets->Find("S3_ACCESS_KEY2")), "x y");
  EXPECT_EQ(Revealed(secrets->Find("s3.other")), "(none)");
  unsetenv("LAKEHOUSE_SECRET_S3_ACCESS_KEY2");
  EXPECT_EQ(Revealed(secrets->Find("s3.access-key2")), "(none)");
}

class FileSecretsTest : public DirectoryTest {
 protected:
  void Write(std::string_view text, unsigned mode = 0600) { ASSERT_THAT(ReplaceFile(PathOf("secrets"), text, mode), IsOk()); }
  std::string Find(std::string_view name) { return Revealed(OpenFileSecrets(PathOf("secrets"))->Find(name)); }
};

TEST_F(FileSecretsTest, FindsTheValueOfAName) {
  Write("# keys\n\n openai = sk-1=2 # not a comment\r\nempty =\nlast=x");
  EXPECT_EQ(Find("openai"), "sk-1=2 # not a comment");
  EXPECT_EQ(Find("empty"), "");
  EXPECT_EQ(Find("last"), "x");
  EXPECT_EQ(Find("# keys"), "(none)");
  EXPECT_EQ(Find("open"), "(none)");
}

TEST_F(FileSecretsTest, SeesARotationWithoutARestart) {
  Write("key = old");
  const auto secrets = OpenFileSecrets(PathOf("secrets"));
  EXPECT_EQ(Revealed(secrets->Find("key")), "old");
  Write("key = new");
  EXPECT_EQ(Revealed(secrets->Find("key")), "new");
}

TEST_F(FileSecretsTest, RefusesAFileThatOthersMayUse) {
  for (const unsigned mode : {0644u, 0640u, 0604u, 0620u, 0700u}) {
    Write("key = value", mode);
    const auto found = OpenFileSecrets(PathOf("secrets"))->Find("key");
    EXPECT_THAT(found, HasCode(ErrorCode::kPermissionDenied)) << std::oct << mode;
    EXPECT_THAT(found, HasMessage(testing::HasSubstr("chmod 600")));
  }
  Write("key = value", 0400);
  EXPECT_EQ(Find("key"), "value");
}

TEST_F(FileSecretsTest, NamesTheLineButNotItsContentWhenItIsMalformed) {
  Write("a = 1\nsk-secret\n");
  const auto found = OpenFileSecrets(PathOf("secrets"))->Find("b");
  EXPECT_THAT(found, HasCode(ErrorCode::kInvalidArgument));
  EXPECT_THAT(found, HasMessage(testing::HasSubstr("secrets:2: expected name = value")));
  EXPECT_THAT(found, HasMessage(testing::Not(testing::HasSubstr("sk-"))));
}

TEST_F(FileSecretsTest, SaysThatTheFileIsGone) { EXPECT_THAT(OpenFileSecrets(PathOf("none"))->Find("key"), HasCode(ErrorCode::kNotFound)); }

using KeyTest = DirectoryTest;

TEST_F(KeyTest, IsMadeOncePrivateAndRandom) {
  const Secret key = Must(LoadOrCreateKey(PathOf("key")));
  EXPECT_EQ(key.Reveal().size(), 64u);
  EXPECT_EQ(Must(LoadOrCreateKey(PathOf("key"))).Reveal(), key.Reveal());
  EXPECT_NE(Must(LoadOrCreateKey(PathOf("other"))).Reveal(), key.Reveal());
  struct stat status{};
  ASSERT_EQ(stat(PathOf("key").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777u, 0600u);
}

TEST_F(KeyTest, IsTheSameForAllWhoRaceForIt) {
  for (int round = 0; round < 20; ++round) {
    Guarded<std::set<std::string>> keys;
    {
      TaskGroup group;
      for (int i = 0; i < 4; ++i)
        group.Start("key", [&](const std::stop_token&) {
          const auto key = LoadOrCreateKey(PathOf("key" + std::to_string(round)));
          keys.Lock()->insert(key ? key->Reveal() : key.error().ToString());
        });
    }
    ASSERT_EQ(keys.Lock()->size(), 1u);
    EXPECT_EQ(keys.Lock()->begin()->size(), 64u);
  }
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(directory())) ++files;
  EXPECT_EQ(files, 20u) << "no temporary file stays";
}

TEST_F(KeyTest, RefusesAKeyThatOthersMayReadOrThatWasCut) {
  ASSERT_THAT(ReplaceFile(PathOf("open"), std::string(64, 'a'), 0644), IsOk());
  EXPECT_THAT(LoadOrCreateKey(PathOf("open")), HasCode(ErrorCode::kPermissionDenied));
  ASSERT_THAT(ReplaceFile(PathOf("cut"), "abc", 0600), IsOk());
  EXPECT_THAT(LoadOrCreateKey(PathOf("cut")), HasCode(ErrorCode::kCorruption));
  EXPECT_THAT(LoadOrCreateKey(PathOf("no/such/directory")), HasCode(ErrorCode::kNotFound));
}

}  // namespace
}  // namespace lakehouse
