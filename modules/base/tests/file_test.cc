#include "lakehouse/base/file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>

#include "base_testing/child_process.h"
#include "base_testing/directory_test.h"

namespace lakehouse {
namespace {

using testing::HasSubstr;

class FileTest : public DirectoryTest {
 protected:
  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(directory())) names.push_back(entry.path().filename().string());
    return names;
  }
  static unsigned ModeOf(const std::string& path) {
    struct stat status{};
    return stat(path.c_str(), &status) == 0 ? status.st_mode & 07777u : 0;
  }
};

TEST_F(FileTest, ReadsBackWhatItReplaced) {
  const std::string octets("a\0b\n\xff", 5);
  ASSERT_THAT(ReplaceFile(PathOf("f"), octets), IsOk());
  EXPECT_THAT(ReadFile(PathOf("f")), IsOkAnd(octets));
  EXPECT_THAT(FileSize(PathOf("f")), IsOkAnd(5u));
  ASSERT_THAT(ReplaceFile(PathOf("f"), ""), IsOk());
  EXPECT_THAT(ReadFile(PathOf("f")), IsOkAnd(""));
}

TEST_F(FileTest, ReadsALargeFileAndOneThatHidesItsSize) {
  const std::string octets(3'000'001, 'x');
  ASSERT_THAT(ReplaceFile(PathOf("large"), octets), IsOk());
  EXPECT_EQ(Must(ReadFile(PathOf("large"))), octets);
  EXPECT_THAT(ReadFile("/proc/self/status"), IsOkAnd(HasSubstr("Pid:")));
}

TEST_F(FileTest, ReadsARangeAndStopsAtTheEnd) {
  ASSERT_THAT(ReplaceFile(PathOf("f"), "0123456789"), IsOk());
  EXPECT_THAT(ReadFileRange(PathOf("f"), 3, 4), IsOkAnd("3456"));
  EXPECT_THAT(ReadFileRange(PathOf("f"), 8, 100), IsOkAnd("89"));
  EXPECT_THAT(ReadFileRange(PathOf("f"), 10, 1), IsOkAnd(""));
  EXPECT_THAT(ReadFileRange(PathOf("f"), 1'000'000, 1), IsOkAnd(""));
  EXPECT_THAT(ReadFileRange(PathOf("f"), 0, 0), IsOkAnd(""));
  EXPECT_THAT(ReadFileRange(PathOf("f"), 2, UINT64_MAX), IsOkAnd("23456789"));
  EXPECT_THAT(ReadFileRange(PathOf("f"), UINT64_MAX, 1), HasCode(ErrorCode::kUnavailable));
}

TEST_F(FileTest, ReplacesWithTheWantedModeWhateverTheUmask) {
  const mode_t before = umask(0077);
  EXPECT_THAT(ReplaceFile(PathOf("open"), "x"), IsOk());
  EXPECT_THAT(ReplaceFile(PathOf("private"), "x", 0600), IsOk());
  umask(before);
  EXPECT_EQ(ModeOf(PathOf("open")), 0644u);
  EXPECT_EQ(ModeOf(PathOf("private")), 0600u);
}

TEST_F(FileTest, LeavesNoTemporaryFileBehindWhenReplacingFails) {
  ASSERT_THAT(CreateDirectories(PathOf("taken")), IsOk());
  ASSERT_THAT(ReplaceFile(PathOf("taken/inside"), "x"), IsOk());
  const auto replaced = ReplaceFile(PathOf("taken"), "x");  // a directory cannot be replaced by a file
  EXPECT_THAT(replaced, HasCode(ErrorCode::kUnavailable));
  EXPECT_THAT(replaced, HasMessage(HasSubstr(PathOf("taken"))));
  EXPECT_THAT(Names(), testing::ElementsAre("taken"));
}

TEST_F(FileTest, KeepsTheOldContentWhenTheNewOneDoesNotFit) {
  ASSERT_THAT(ReplaceFile(PathOf("f"), "old"), IsOk());
  const int status = RunInChild([&] {
    signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{10, 10};
    setrlimit(RLIMIT_FSIZE, &limit);
    return ReplaceFile(PathOf("f"), std::string(100, 'n')).ok() ? 1 : 0;
  });
  EXPECT_EQ(WEXITSTATUS(status), 0) << "the write beyond the limit must fail";
  EXPECT_THAT(ReadFile(PathOf("f")), IsOkAnd("old"));
  EXPECT_THAT(Names(), testing::ElementsAre("f"));
}

TEST_F(FileTest, MapsTheSystemsReasonsToReactions) {
  EXPECT_THAT(ReadFile(PathOf("none")), HasCode(ErrorCode::kNotFound));
  EXPECT_THAT(FileSize(PathOf("none")), HasCode(ErrorCode::kNotFound));
  EXPECT_THAT(SyncDirectory(PathOf("none")), HasCode(ErrorCode::kNotFound));
  EXPECT_THAT(ReplaceFile(PathOf("none/f"), "x"), HasCode(ErrorCode::kNotFound));
  EXPECT_THAT(ReadFile(directory()), HasCode(ErrorCode::kUnavailable));
  EXPECT_EQ(FileError("open", "f", EEXIST).code(), ErrorCode::kAlreadyExists);
  EXPECT_EQ(FileError("open", "f", EACCES).code(), ErrorCode::kPermissionDenied);
  EXPECT_EQ(FileError("open", "f", EPERM).code(), ErrorCode::kPermissionDenied);
  EXPECT_EQ(FileError("write", "f", EIO).reason(), "unavailable");
  for (const int full : {ENOSPC, EDQUOT}) {
    EXPECT_EQ(FileError("write", "f", full).code(), ErrorCode::kUnavailable);
    EXPECT_EQ(FileError("write", "f", full).reason(), "disk_full");
  }
  EXPECT_EQ(FileError("open", "the/path", ENOENT).message(), "open the/path: No such file or directory");
}

TEST_F(FileTest, SaysThatADeviceIsFull) {
  const UniqueFd full(open("/dev/full", O_WRONLY | O_CLOEXEC));
  if (!full) GTEST_SKIP() << "there is no /dev/full";
  EXPECT_THAT(WriteAll(full.get(), "x", "/dev/full"), HasReason("disk_full"));
}

TEST_F(FileTest, FailsToSyncWhatCannotBeSynced) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const UniqueFd reading(ends[0]);
  const UniqueFd writing(ends[1]);
  EXPECT_THAT(SyncFile(writing.get(), "a pipe"), HasMessage(HasSubstr("sync a pipe")));
}

TEST_F(FileTest, CreatesEveryMissingDirectory) {
  EXPECT_THAT(CreateDirectories(PathOf("a/b//c/")), IsOk());
  EXPECT_TRUE(std::filesystem::is_directory(PathOf("a/b/c")));
  EXPECT_THAT(CreateDirectories(PathOf("a/b/c")), IsOk());
}

TEST_F(FileTest, DoesNotTakeAFileForADirectory) {
  ASSERT_THAT(ReplaceFile(PathOf("f"), "x"), IsOk());
  EXPECT_THAT(CreateDirectories(PathOf("f")), HasCode(ErrorCode::kAlreadyExists));
  EXPECT_THAT(CreateDirectories(PathOf("f/g")), HasCode(ErrorCode::kUnavailable));
  EXPECT_THAT(SyncDirectory(PathOf("f")), HasCode(ErrorCode::kUnavailable));
}

TEST_F(FileTest, CreatesRelativeDirectoriesToo) {
  const int status = RunInChild([&] {
    if (chdir(directory().c_str()) != 0) return 1;
    return CreateDirectories("x/y").ok() && ReplaceFile("here", "x").ok() ? 0 : 2;
  });
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_TRUE(std::filesystem::is_directory(PathOf("x/y")));
  EXPECT_THAT(ReadFile(PathOf("here")), IsOkAnd("x"));
}

TEST_F(FileTest, TemporaryDirectoriesGoWithTheirOwner) {
  std::string first_path;
  {
    auto first = Must(TemporaryDirectory::Create(directory(), "t-"));
    first_path = first.path();
    EXPECT_THAT(first_path, testing::StartsWith(PathOf("t-")));
    ASSERT_THAT(ReplaceFile(first_path + "/f", "x"), IsOk());
    const auto moved = std::move(first);
    EXPECT_TRUE(std::filesystem::exists(first_path));
    EXPECT_EQ(moved.path(), first_path);
  }
  EXPECT_FALSE(std::filesystem::exists(first_path));
  EXPECT_THAT(TemporaryDirectory::Create(PathOf("none"), "t-"), HasCode(ErrorCode::kNotFound));
}

bool IsOpen(int fd) { return fcntl(fd, F_GETFD) != -1; }

TEST(UniqueFdTest, ClosesWhatItOwnsOnce) {
  int number = -1;
  {
    UniqueFd first(open("/dev/null", O_RDONLY | O_CLOEXEC));
    number = first.get();
    const UniqueFd second = std::move(first);
    EXPECT_TRUE(IsOpen(number));
    EXPECT_EQ(second.get(), number);
  }
  EXPECT_FALSE(IsOpen(number));
  UniqueFd released(open("/dev/null", O_RDONLY | O_CLOEXEC));
  const UniqueFd again(released.Release());
  EXPECT_FALSE(released);
  EXPECT_TRUE(IsOpen(again.get()));
}

}  // namespace
}  // namespace lakehouse
