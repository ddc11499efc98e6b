#include "lakehouse/terminal/line_history.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lakehouse/base/file.h"

namespace lakehouse::terminal {
namespace {

using ::testing::ElementsAre;

class History : public ::testing::Test {
 protected:
  const TemporaryDirectory directory_ = TemporaryDirectory::Create(::testing::TempDir(), "history-").Take();
  const std::string path_ = directory_.path() + "/state/sql_history";
};

TEST_F(History, ComesBackInTheNextSessionWithItsLines) {
  {
    LineHistory history = *LineHistory::Open(path_, {});
    ASSERT_TRUE(history.Add("SELECT 'a\\nb'\nFROM t;").ok());
    ASSERT_TRUE(history.Add("\\d").ok());
  }
  EXPECT_THAT(LineHistory::Open(path_, {})->entries(), ElementsAre("SELECT 'a\\nb'\nFROM t;", "\\d"));
  struct stat facts{};
  ASSERT_EQ(stat(path_.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600U);
}

TEST_F(History, RepetitionsBlanksAndWhatBeginsWithABlankAreNotKept) {
  LineHistory history = *LineHistory::Open(path_, {});
  for (const char* entry : {"a", "a", "", " secret", "b", "a"}) ASSERT_TRUE(history.Add(entry).ok());
  EXPECT_THAT(history.entries(), ElementsAre("a", "b", "a"));
}

TEST_F(History, TheTokenOfTheSessionNeverReachesTheFile) {
  LineHistory history = *LineHistory::Open(path_, {.never = Secret("s3cr3t-token")});
  ASSERT_TRUE(history.Add("SELECT 's3cr3t-token'").ok());
  EXPECT_EQ(*ReadFile(path_), "");
  EXPECT_TRUE(history.entries().empty());
}

TEST_F(History, TheOldestGoAndTheFileIsCutAtTheNextStart) {
  LineHistory history = *LineHistory::Open(path_, {.max_entries = 3});
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(history.Add(std::to_string(i)).ok());
  EXPECT_THAT(history.entries(), ElementsAre("7", "8", "9"));
  EXPECT_THAT(LineHistory::Open(path_, {.max_entries = 3})->entries(), ElementsAre("7", "8", "9"));
  EXPECT_EQ(*ReadFile(path_), "7\n8\n9\n");
}

TEST_F(History, TwoPromptsAppendWithoutLosingEachOthersLines) {
  LineHistory one = *LineHistory::Open(path_, {}), other = *LineHistory::Open(path_, {});
  ASSERT_TRUE(one.Add("a").ok());
  ASSERT_TRUE(other.Add("b").ok());
  ASSERT_TRUE(one.Add("c").ok());
  EXPECT_THAT(LineHistory::Open(path_, {})->entries(), ElementsAre("a", "b", "c"));
}

TEST_F(History, ALinkInItsPlaceIsNotFollowed) {
  ASSERT_TRUE(CreateDirectories(directory_.path() + "/state").ok());
  ASSERT_EQ(symlink((directory_.path() + "/elsewhere").c_str(), path_.c_str()), 0);
  EXPECT_FALSE(LineHistory::Open(path_, {}).ok());
}

}  // namespace
}  // namespace lakehouse::terminal
