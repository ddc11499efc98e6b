#include "lakehouse/storage/local_object_store.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "lakehouse/base/failpoint.h"
#include "storage_testing/matchers.h"

namespace lakehouse::storage {
namespace {

namespace fs = std::filesystem;

class LocalObjectStoreTest : public testing::Test {
 protected:
  LocalObjectStoreTest() {
    std::string pattern = testing::TempDir() + "local_object_store_XXXXXX";
    if (mkdtemp(pattern.data()) == nullptr) std::abort();
    directory_ = pattern;
    root_ = directory_ / "lake";
  }
  ~LocalObjectStoreTest() override {
    (void)ArmFailpoints("");
    store_.reset();
    fs::remove_all(directory_);
  }
  void Open() {
    store_.reset();
    Result<std::unique_ptr<ObjectStore>> store = OpenLocalObjectStore(root_.string());
    ASSERT_THAT(store, Succeeds());
    store_ = std::move(store).Take();
  }
  void WriteFile(const fs::path& path, const std::string& octets) {
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << octets;
  }
  std::vector<std::string> Keys() {
    std::vector<std::string> keys;
    const Result<ListPage> page = store_->List(ctx_, "", "", kMaxListPage);
    EXPECT_THAT(page, Succeeds());
    if (page)
      std::transform(page->objects.begin(), page->objects.end(), std::back_inserter(keys), [](const ObjectInfo& o) { return o.key; });
    return keys;
  }
  /// Files below .tmp, at any depth.
  std::size_t CountTemporaryFiles() {
    std::size_t count = 0;
    for (const auto& entry : fs::recursive_directory_iterator(root_ / ".tmp")) count += entry.is_regular_file();
    return count;
  }
  /// Runs it in a child of this process; its wait status. 0: it returned.
  static int InChild(const std::function<void()>& run) {
    const pid_t child = fork();
    if (child == 0) {
      run();
      _exit(testing::Test::HasFailure() ? 1 : 0);
    }
    int status = -1;
    waitpid(child, &status, 0);
    return status;
  }

  const Context ctx_{.principal = "user:ann", .trace = "trace-1", .deadline = {}, .cancel = {}};
  fs::path directory_;
  fs::path root_;
  std::unique_ptr<ObjectStore> store_;
};

TEST_F(LocalObjectStoreTest, MakesItsRootAndKeepsObjectsWhenItIsOpenedAgain) {
  root_ = directory_ / "not" / "yet" / "there";
  Open();
  ASSERT_THAT(store_->PutIfAbsent(ctx_, "a/b.json", "kept"), Succeeds());
  Open();
  EXPECT_EQ(*store_->Get(ctx_, "a/b.json"), "kept");
  EXPECT_EQ(*store_->LocalPath("a/b.json"), (root_ / "a/b.json").string());
}

TEST_F(LocalObjectStoreTest, ARootThatIsAFileIsRefused) {
  WriteFile(root_, "x");
  EXPECT_FALSE(OpenLocalObjectStore(root_.string()));
}

TEST_F(LocalObjectStoreTest, RemovesWhatADeadWriterLeftAndSparesALivingOne) {
  Open();
  WriteFile(root_ / ".tmp/dead00/17", "half of an obj");
  const fs::path living = fs::directory_iterator(root_ / ".tmp")->path().filename() == "dead00"
                              ? (++fs::directory_iterator(root_ / ".tmp"))->path()
                              : fs::directory_iterator(root_ / ".tmp")->path();
  WriteFile(living / "18", "being written");
  Result<std::unique_ptr<ObjectStore>> second = OpenLocalObjectStore(root_.string());
  ASSERT_THAT(second, Succeeds());
  EXPECT_FALSE(fs::exists(root_ / ".tmp/dead00"));
  EXPECT_TRUE(fs::exists(living / "18"));
  EXPECT_THAT(Keys(), testing::IsEmpty());
}

TEST_F(LocalObjectStoreTest, TwoStoresOnOneRootAgreeOnOneWinner) {
  Open();
  Result<std::unique_ptr<ObjectStore>> second = OpenLocalObjectStore(root_.string());
  ASSERT_THAT(second, Succeeds());
  ASSERT_THAT(store_->PutIfAbsent(ctx_, "k", "first"), Succeeds());
  EXPECT_THAT((*second)->PutIfAbsent(ctx_, "k", "second"), FailsWith(ErrorCode::kAlreadyExists));
  EXPECT_EQ(*(*second)->Get(ctx_, "k"), "first");
}

TEST_F(LocalObjectStoreTest, PrunesDirectoriesThatBecomeEmpty) {
  Open();
  ASSERT_THAT(store_->PutIfAbsent(ctx_, "a/b/c/1.x", ""), Succeeds());
  ASSERT_THAT(store_->PutIfAbsent(ctx_, "a/2.x", ""), Succeeds());
  ASSERT_THAT(store_->Delete(ctx_, "a/b/c/1.x"), Succeeds());
  EXPECT_FALSE(fs::exists(root_ / "a/b"));
  EXPECT_TRUE(fs::exists(root_ / "a/2.x"));
  ASSERT_THAT(store_->Delete(ctx_, "a/2.x"), Succeeds());
  EXPECT_FALSE(fs::exists(root_ / "a"));
  EXPECT_TRUE(fs::exists(root_));
}

TEST_F(LocalObjectStoreTest, APutThatLosesLeavesNoDirectoriesBehind) {
  Open();
  ASSERT_THAT(ArmFailpoints("storage.put.after_file_sync:1:error"), Succeeds());
  EXPECT_THAT(store_->PutIfAbsent(ctx_, "new/deep/1.x", "x"), FailsWith(ErrorCode::kUnavailable));
  EXPECT_FALSE(fs::exists(root_ / "new"));
  EXPECT_EQ(CountTemporaryFiles(), 0U);
  EXPECT_THAT(store_->PutIfAbsent(ctx_, "new/deep/1.x", "x"), Succeeds());
}

TEST_F(LocalObjectStoreTest, FilesOfOthersAreNotObjects) {
  Open();
  ASSERT_THAT(store_->PutIfAbsent(ctx_, "a/1.x", "x"), Succeeds());
  WriteFile(root_ / "_catalog/lock", "");
  WriteFile(root_ / "a/100%.csv", "");
  WriteFile(root_ / "a.b/c.csv", "");
  WriteFile(root_ / "a/\xff.csv", "");
  WriteFile(root_ / "a/has.dot.%", "");
  WriteFile(root_ / ("a/" + std::string(90, 'n') + ".csv"), "");
  fs::create_symlink(root_ / "a/1.x", root_ / "a/link.x");
  ASSERT_EQ(mkfifo((root_ / "a/pipe.x").c_str(), 0600), 0);
  fs::create_directories(root_ / "a/empty");
  EXPECT_THAT(Keys(), testing::ElementsAre("a/1.x"));
}

TEST_F(LocalObjectStoreTest, FollowsNoLinkOutOfTheRoot) {
  Open();
  const fs::path outside = directory_ / "outside";
  WriteFile(outside / "secret.txt", "secret");
  fs::create_directory_symlink(outside, root_ / "way");
  fs::create_directories(root_ / "in");
  fs::create_symlink(outside / "secret.txt", root_ / "in/link.txt");

  EXPECT_THAT(store_->Get(ctx_, "way/secret.txt"), FailsWith(ErrorCode::kCorruption));
  EXPECT_THAT(store_->Get(ctx_, "in/link.txt"), FailsWith(ErrorCode::kCorruption));
  EXPECT_THAT(store_->PutIfAbsent(ctx_, "way/new.txt", "x"), FailsWith(ErrorCode::kCorruption));
  EXPECT_THAT(store_->PutIfAbsent(ctx_, "in/link.txt", "x"), FailsWith(ErrorCode::kAlreadyExists));
  EXPECT_FALSE(store_->Delete(ctx_, "way/secret.txt"));
  EXPECT_THAT(Keys(), testing::IsEmpty());
  ASSERT_THAT(store_->Put(ctx_, "in/link.txt", "replaced"), Succeeds()) << "the link itself is replaced";
  EXPECT_TRUE(fs::exists(outside / "secret.txt"));
  EXPECT_FALSE(fs::exists(outside / "new.txt"));
  EXPECT_EQ(fs::file_size(outside / "secret.txt"), 6U);
}

TEST_F(LocalObjectStoreTest, TakesAFileOfItsFileSystemWithoutCopying) {
  Open();
  const fs::path path = directory_ / "upload";
  WriteFile(path, "content");
  struct stat before{};
  ASSERT_EQ(stat(path.c_str(), &before), 0);
  ASSERT_THAT(store_->PutFileIfAbsent(ctx_, "a/1.x", path.string()), Succeeds());
  struct stat after{};
  ASSERT_EQ(stat((root_ / "a/1.x").c_str(), &after), 0);
  EXPECT_EQ(after.st_ino, before.st_ino);
}

TEST_F(LocalObjectStoreTest, CopiesAFileOfAnotherFileSystem) {
  Open();
  std::string path = "/dev/shm/lakehouse_storage_XXXXXX";
  const int fd = mkstemp(path.data());
  if (fd < 0) GTEST_SKIP() << "no /dev/shm on this machine";
  close(fd);
  WriteFile(path, "content");
  ASSERT_THAT(store_->PutFileIfAbsent(ctx_, "a/1.x", path), Succeeds());
  EXPECT_FALSE(fs::exists(path));
  EXPECT_EQ(*store_->Get(ctx_, "a/1.x"), "content");
}

TEST_F(LocalObjectStoreTest, AFailureBeforeTheLinkChangesNothing) {
  Open();
  for (const std::string point : {"after_temp_write", "after_file_sync"}) {
    ASSERT_THAT(ArmFailpoints("storage.put." + point + ":1:errors"), Succeeds());
    WriteFile(directory_ / "upload", "x");
    EXPECT_THAT(store_->PutIfAbsent(ctx_, "k", "x"), FailsWith(ErrorCode::kUnavailable)) << point;
    EXPECT_THAT(store_->Put(ctx_, "k", "x"), FailsWith(ErrorCode::kUnavailable)) << point;
    EXPECT_THAT(store_->PutFileIfAbsent(ctx_, "k", (directory_ / "upload").string()), FailsWith(ErrorCode::kUnavailable)) << point;
    EXPECT_TRUE(fs::exists(directory_ / "upload")) << point;
    EXPECT_THAT(Keys(), testing::IsEmpty()) << point;
    EXPECT_EQ(CountTemporaryFiles(), 0U) << point;
  }
}

TEST_F(LocalObjectStoreTest, AnAnswerLostAfterTheSyncLeavesADurableObject) {
  Open();
  ASSERT_THAT(ArmFailpoints("storage.put.after_directory_sync:1:error,storage.delete.after_directory_sync:1:error"), Succeeds());
  EXPECT_THAT(store_->PutIfAbsent(ctx_, "k", "x"), FailsWith(ErrorCode::kOutcomeUnknown));
  EXPECT_EQ(*store_->Get(ctx_, "k"), "x") << "reading back decides it";
  EXPECT_THAT(store_->Delete(ctx_, "k"), FailsWith(ErrorCode::kOutcomeUnknown));
  EXPECT_THAT(store_->Get(ctx_, "k"), FailsWith(ErrorCode::kNotFound));
  EXPECT_THAT(store_->PutIfAbsent(ctx_, "k", "y"), Succeeds());
}

TEST_F(LocalObjectStoreTest, AfterAFailedDirectorySyncNothingIsConfirmedAndNothingWrittenUntilReopened) {
  Open();
  ASSERT_THAT(store_->PutIfAbsent(ctx_, "before", "x"), Succeeds());
  ASSERT_THAT(ArmFailpoints("storage.put.after_link:1:error"), Succeeds());
  EXPECT_THAT(store_->PutIfAbsent(ctx_, "k", "x"), FailsWith(ErrorCode::kOutcomeUnknown));
  for (const Status& outcome :
       {Status(store_->Get(ctx_, "k") ? Status(Ok{}) : Status(store_->Get(ctx_, "k").error())), store_->Delete(ctx_, "before")}) {
    ASSERT_THAT(outcome, FailsWith(ErrorCode::kUnavailable));
    EXPECT_EQ(outcome.error().reason(), "store_failed");
  }
  const auto later = store_->PutIfAbsent(ctx_, "later", "x");
  ASSERT_THAT(later, FailsWith(ErrorCode::kUnavailable));
  EXPECT_EQ(later.error().reason(), "store_failed");
  EXPECT_EQ(*store_->Get(ctx_, "before"), "x") << "what was durable stays readable";
  Open();
  EXPECT_THAT(store_->Get(ctx_, "k"), Succeeds()) << "opening syncs, so what is visible now is durable";
  EXPECT_THAT(store_->PutIfAbsent(ctx_, "later", "x"), Succeeds());
}

TEST_F(LocalObjectStoreTest, AReadConfirmsNothingThatIsNotOnDiskYet) {
  Open();
  ASSERT_THAT(ArmFailpoints("storage.put.after_link:1:delay_500"), Succeeds());
  std::thread writer([&] { EXPECT_THAT(store_->PutIfAbsent(ctx_, "k.x", "x"), Succeeds()); });
  while (!fs::exists(root_ / "k.x")) std::this_thread::yield();
  Context impatient = ctx_;
  impatient.deadline = Deadline::After(20);
  EXPECT_THAT(store_->Get(impatient, "k.x"), FailsWith(ErrorCode::kDeadlineExceeded)) << "visible, but its directory is not synced";
  EXPECT_THAT(store_->Head(ctx_, "k.x"), Succeeds()) << "who waits gets it";
  writer.join();
}

TEST_F(LocalObjectStoreTest, OfPutsThatAllSawTheKeyAbsentOneWinsAndStays) {
  Open();
  constexpr std::size_t kWriters = 6;
  // All of them look before any of them links: the link itself has to refuse.
  ASSERT_THAT(ArmFailpoints("storage.put.after_file_sync:1:delay_300"), Succeeds());
  std::vector<std::string> won(kWriters);
  {
    std::vector<std::thread> writers;
    for (std::size_t i = 0; i < kWriters; ++i) {
      writers.emplace_back([&, i] {
        const std::string octets = "by " + std::to_string(i);
        const auto put = store_->PutIfAbsent(ctx_, "k.x", octets);
        if (put)
          won[i] = octets;
        else
          EXPECT_THAT(put, FailsWith(ErrorCode::kAlreadyExists));
      });
    }
    for (std::thread& writer : writers) writer.join();
  }
  std::erase(won, "");
  ASSERT_EQ(won.size(), 1U) << "create-if-absent is the commit: a second winner would replace an acknowledged record";
  EXPECT_EQ(*store_->Get(ctx_, "k.x"), won[0]);
}

TEST_F(LocalObjectStoreTest, KilledAnywhereItKeepsWhatItAcknowledgedAndNoHalfObject) {
  const std::string octets(100'000, 'x');
  std::size_t points = 0;
  for (const std::string& point : AllFailpoints()) {
    if (!point.starts_with("storage.put.") && !point.starts_with("storage.delete.")) continue;
    ++points;
    for (const int nth : {1, 2, 3}) {
      fs::remove_all(root_);
      WriteFile(directory_ / "acknowledged", "");
      const int status = InChild([&] {
        Open();
        (void)ArmFailpoints(point + ":" + std::to_string(nth) + ":kill");
        const int log = open((directory_ / "acknowledged").c_str(), O_WRONLY | O_APPEND);
        for (int i = 0; i < 4; ++i) {
          const std::string key = "a/" + std::to_string(i) + "/k";
          if (store_->PutIfAbsent(ctx_, key, octets)) (void)!write(log, (key + '\n').c_str(), key.size() + 1);
          (void)store_->Delete(ctx_, "a/" + std::to_string(i - 1) + "/gone");
          (void)store_->Put(ctx_, "a/" + std::to_string(i) + "/gone", octets);
        }
      });
      ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << point << " was not hit " << nth << " times";
      Open();
      EXPECT_EQ(CountTemporaryFiles(), 0U) << point;
      std::ifstream acknowledged(directory_ / "acknowledged");
      for (std::string key; std::getline(acknowledged, key);) EXPECT_THAT(store_->Head(ctx_, key), Succeeds()) << point << " lost " << key;
      for (const std::string& key : Keys()) EXPECT_TRUE(*store_->Get(ctx_, key) == octets) << point << " left half of " << key;
      store_.reset();
    }
  }
  EXPECT_EQ(points, 7U) << "the README lists them";
}

TEST_F(LocalObjectStoreTest, AFullDiskIsSaidAndNothingIsLeft) {
  const int status = InChild([&] {
    fs::create_directories(root_);
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        mount("tmpfs", root_.c_str(), "tmpfs", 0, "size=512k") != 0) {
      _exit(77);
    }
    Open();
    const auto too_much = store_->PutIfAbsent(ctx_, "a/b/k", std::string(1'000'000, 'x'));
    EXPECT_THAT(too_much, FailsWith(ErrorCode::kUnavailable));
    EXPECT_EQ(too_much ? "" : too_much.error().reason(), "disk_full");
    EXPECT_EQ(CountTemporaryFiles(), 0U);
    EXPECT_FALSE(fs::exists(root_ / "a"));
    EXPECT_THAT(store_->PutIfAbsent(ctx_, "a/b/k", std::string(100'000, 'x')), Succeeds()) << "what fits still goes in";
    store_.reset();
  });
  if (WIFEXITED(status) && WEXITSTATUS(status) == 77) GTEST_SKIP() << "mounting is not allowed here";
  EXPECT_EQ(status, 0);
}

TEST_F(LocalObjectStoreTest, AFileOverTheLimitOfTheProcessIsTooLarge) {
  const int status = InChild([&] {
    Open();
    signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{64 * 1024, 64 * 1024};
    setrlimit(RLIMIT_FSIZE, &limit);
    const auto too_large = store_->PutIfAbsent(ctx_, "k", std::string(100'000, 'x'));
    EXPECT_THAT(too_large, FailsWith(ErrorCode::kTooLarge));
    EXPECT_EQ(CountTemporaryFiles(), 0U);
    EXPECT_THAT(store_->PutIfAbsent(ctx_, "k", "small"), Succeeds());
    store_.reset();
  });
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace lakehouse::storage
