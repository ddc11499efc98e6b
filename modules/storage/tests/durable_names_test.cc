#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "lakehouse/base/file.h"
#include "lakehouse/base/guarded.h"
#include "lakehouse/storage/local_object_store.h"
#include "storage_testing/matchers.h"

// What would a power cut leave? The calls that change names, and the syncs that make them last, pass through this program's own
// versions below, which keep account: POSIX promises a name after the sync of its directory, and content after the sync of its file.
namespace lakehouse::storage {
namespace {

using Inode = std::pair<dev_t, ino_t>;

/// Names that exist and are not on disk, and what was published too early. One at a time, by the calls of this whole program.
class Account {
 public:
  Account() { current.store(this); }
  ~Account() { current.store(nullptr); }
  static Account* Current() { return current.load(); }

  /// Directory and name of everything a power cut could take back or bring back now.
  std::vector<std::string> Unsynced() {
    std::vector<std::string> names;
    for (const auto& [directory, changed] : books_.Lock()->unsynced) names.insert(names.end(), changed.begin(), changed.end());
    return names;
  }
  std::vector<std::string> PublishedTooEarly() { return books_.Lock()->too_early; }
  /// How many names were changed and how many directories synced: an account that saw nothing proves nothing.
  int changes() { return books_.Lock()->changes; }

  void Changed(int directory, const char* name) {
    const auto path = PathOf(directory);
    if (path.find("/.tmp") != path.npos) return;  // needs not outlive the process
    auto books = books_.Lock();
    ++books->changes;
    books->unsynced[InodeOf(directory)].insert(path + "/" + name);
  }
  void Published(int directory, const char* name) {
    struct stat found{};
    const auto path = PathOf(directory);
    if (path.find("/.tmp") != path.npos || fstatat(directory, name, &found, AT_SYMLINK_NOFOLLOW) != 0) return;
    auto books = books_.Lock();
    if (books->synced_files.erase({found.st_dev, found.st_ino}) == 0) books->too_early.push_back(path + "/" + name);
  }
  void Synced(int fd) {
    struct stat found{};
    if (fstat(fd, &found) != 0) return;
    auto books = books_.Lock();
    if (S_ISDIR(found.st_mode))
      books->unsynced.erase({found.st_dev, found.st_ino});
    else
      books->synced_files.insert({found.st_dev, found.st_ino});
  }

 private:
  struct Books {
    std::map<Inode, std::set<std::string>> unsynced;
    std::set<Inode> synced_files;
    std::vector<std::string> too_early;
    int changes = 0;
  };
  static Inode InodeOf(int fd) {
    struct stat found{};
    return fstat(fd, &found) == 0 ? Inode{found.st_dev, found.st_ino} : Inode{};
  }
  static std::string PathOf(int directory) { return std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(directory)).string(); }

  static std::atomic<Account*> current;
  Guarded<Books> books_;
};

std::atomic<Account*> Account::current{nullptr};

long AndTell(long result, const std::function<void(Account&)>& tell) {
  const int why = errno;
  if (Account* account = Account::Current(); result == 0 && account != nullptr) tell(*account);
  errno = why;
  return result;
}

}  // namespace

// Seen by every library of this program, because they are linked into it.
extern "C" {
int fsync(int fd) {
  return static_cast<int>(AndTell(syscall(SYS_fsync, fd), [&](Account& account) { account.Synced(fd); }));
}
int mkdirat(int directory, const char* name, mode_t mode) noexcept {
  return static_cast<int>(
      AndTell(syscall(SYS_mkdirat, directory, name, mode), [&](Account& account) { account.Changed(directory, name); }));
}
int linkat(int from_directory, const char* from, int directory, const char* name, int flags) noexcept {
  return static_cast<int>(AndTell(syscall(SYS_linkat, from_directory, from, directory, name, flags), [&](Account& account) {
    account.Changed(directory, name);
    account.Published(directory, name);
  }));
}
int renameat(int from_directory, const char* from, int directory, const char* name) noexcept {
  return static_cast<int>(AndTell(syscall(SYS_renameat2, from_directory, from, directory, name, 0), [&](Account& account) {
    account.Changed(directory, name);
    account.Published(directory, name);
  }));
}
int unlinkat(int directory, const char* name, int flags) noexcept {
  return static_cast<int>(AndTell(syscall(SYS_unlinkat, directory, name, flags), [&](Account& account) {
    if ((flags & AT_REMOVEDIR) == 0) account.Changed(directory, name);  // an empty directory that comes back harms nobody
  }));
}
}

namespace {

class DurableNames : public testing::Test {
 protected:
  std::string Upload(const std::string& octets) {
    const std::string path = directory_.path() + "/upload-" + std::to_string(++uploads_);
    std::ofstream(path, std::ios::binary) << octets;
    return path;
  }
  std::unique_ptr<ObjectStore> Open() { return OpenLocalObjectStore(directory_.path() + "/lake").Take(); }

  TemporaryDirectory directory_ = TemporaryDirectory::Create(testing::TempDir(), "durable-names").Take();
  int uploads_ = 0;
};

TEST_F(DurableNames, EveryNewNameIsSyncedBeforeAPutIsAnswered) {
  const auto store = Open();
  Account account;
  const auto expect_synced = [&](const char* what) { EXPECT_THAT(account.Unsynced(), testing::IsEmpty()) << what; };
  ASSERT_THAT(store->PutIfAbsent({}, "a/b/c/1.x", "x"), Succeeds());
  expect_synced("a new object in three new directories");
  ASSERT_THAT(store->PutIfAbsent({}, "a/b/c/2.x", "x"), Succeeds());
  expect_synced("a new object in a directory that was there");
  ASSERT_THAT(store->Put({}, "a/other/1.x", "x"), Succeeds());
  ASSERT_THAT(store->Put({}, "a/other/1.x", "replaced"), Succeeds());
  expect_synced("an object that is replaced");
  ASSERT_THAT(store->PutFileIfAbsent({}, "b/c/1.x", Upload("x")), Succeeds());
  ASSERT_THAT(store->PutFile({}, "b/c/1.x", Upload("y")), Succeeds());
  expect_synced("a file that becomes an object");
  EXPECT_GE(account.changes(), 10) << "this test saw too little to mean anything";
}

TEST_F(DurableNames, ADeleteIsSyncedBeforeItIsAnswered) {
  const auto store = Open();
  ASSERT_THAT(store->PutIfAbsent({}, "a/1.x", "x"), Succeeds());
  ASSERT_THAT(store->PutIfAbsent({}, "a/2.x", "x"), Succeeds());
  Account account;
  ASSERT_THAT(store->Delete({}, "a/1.x"), Succeeds());
  EXPECT_EQ(account.changes(), 1);
  EXPECT_THAT(account.Unsynced(), testing::IsEmpty());
}

TEST_F(DurableNames, NothingIsPublishedBeforeItsOctetsAreSynced) {
  const auto store = Open();
  Account account;
  ASSERT_THAT(store->PutIfAbsent({}, "a/1.x", "x"), Succeeds());
  ASSERT_THAT(store->Put({}, "a/2.x", "x"), Succeeds());
  ASSERT_THAT(store->Put({}, "a/2.x", "y"), Succeeds());
  ASSERT_THAT(store->PutFileIfAbsent({}, "a/3.x", Upload("x")), Succeeds());
  ASSERT_THAT(store->PutFile({}, "a/3.x", Upload("y")), Succeeds());
  EXPECT_EQ(account.changes(), 6) << "a directory and five publications";
  EXPECT_THAT(account.PublishedTooEarly(), testing::IsEmpty());
}

TEST_F(DurableNames, ThatAKeyExistsIsOnlySaidWhenItIsOnDisk) {
  const auto store = Open();
  ASSERT_THAT(store->PutIfAbsent({}, "a/1.x", "x"), Succeeds());
  Account account;
  // Another process has linked its object and not synced it: its caller may be ours, asking again.
  const UniqueFd directory(open((directory_.path() + "/lake/a").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  ASSERT_EQ(linkat(directory.get(), "1.x", directory.get(), "2.x", 0), 0);
  ASSERT_EQ(account.Unsynced().size(), 1U);
  ASSERT_THAT(store->PutIfAbsent({}, "a/2.x", "x"), FailsWith(ErrorCode::kAlreadyExists));
  EXPECT_THAT(account.Unsynced(), testing::IsEmpty());
}

}  // namespace
}  // namespace lakehouse::storage
