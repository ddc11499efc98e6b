#include "folder_source.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <deque>
#include <map>

#include "byte_reader.h"
#include "column_names.h"
#include "lakehouse/base/file.h"

namespace lakehouse::ingest {
namespace {

constexpr std::size_t kMostFiles = 10'000;  // of one run; the rest comes with the next
constexpr std::array<std::string_view, 5> kHalfWritten = {".part", ".tmp", ".crdownload", ".filepart", "~"};
constexpr std::int64_t kNanosPerMicro = 1'000;

std::int64_t MicrosOf(const timespec& time) { return std::int64_t{time.tv_sec} * 1'000'000 + time.tv_nsec / kNanosPerMicro; }

bool IsPassedOver(std::string_view name) {
  return name.starts_with('.') || !IsUtf8(name) ||
         std::any_of(kHalfWritten.begin(), kHalfWritten.end(), [&](std::string_view end) { return name.ends_with(end); });
}

/// Which file it is, and whether it has been written to.
struct Stamp {
  explicit Stamp(const struct stat& facts)
      : device(facts.st_dev), inode(facts.st_ino), size(facts.st_size), written_micros(MicrosOf(facts.st_mtim)) {}
  bool operator==(const Stamp&) const = default;
  dev_t device;
  ino_t inode;
  off_t size;
  std::int64_t written_micros;
};

Result<UniqueFd> OpenFolder(int below, const std::string& name, const std::string& shown) {
  UniqueFd fd(::openat(below, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (fd) return fd;
  if (errno == ELOOP || errno == ENOTDIR)
    return Error(ErrorCode::kUnprocessable, shown + " is no folder, or a link to one: make it a folder of its own").Named("bad_folder");
  return FileError("open", shown, errno);
}

class FolderSource final : public FileSource {
 public:
  FolderSource(WatchedFolder folder, const Clock& clock, UniqueFd directory, UniqueFd done, UniqueFd failed)
      : folder_(std::move(folder)), clock_(clock), directory_(std::move(directory)), done_(std::move(done)), failed_(std::move(failed)) {}

  Status List() {
    const int again = ::dup(directory_.get());
    const std::unique_ptr<DIR, int (*)(DIR*)> directory(again < 0 ? nullptr : ::fdopendir(again), &::closedir);
    if (!directory) return FileError("list", folder_.directory, errno);
    while (const dirent* entry = ::readdir(directory.get()))
      if (!IsPassedOver(entry->d_name)) names_.emplace_back(entry->d_name);
    std::sort(names_.begin(), names_.end());
    return Ok{};
  }

  Result<std::optional<File>> Next(const Context& context, const Marks&) override {
    while (!names_.empty() && given_ < kMostFiles) {
      LH_TRY(context.Check());
      const std::string name = std::move(names_.front());
      names_.pop_front();
      const UniqueFd fd(::openat(directory_.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
      if (!fd && errno == EACCES) {
        ++given_;
        return std::optional(Given(name, FileError("open", folder_.directory + "/" + name, EACCES)));
      }
      struct stat facts = {};
      if (!fd || ::fstat(fd.get(), &facts) != 0 || !S_ISREG(facts.st_mode)) continue;
      // Moved here counts as changed, too: what was renamed while it was written is seen by its time of change.
      const std::int64_t changed = std::max(MicrosOf(facts.st_mtim), MicrosOf(facts.st_ctim));
      if (clock_.WallMicros() - changed < folder_.settle_ms * 1'000) continue;
      ++given_;
      File file = Given(name, {});
      LH_TRY_WHILE(Copy(fd.get(), file.path), "copy " + file.origin);
      struct stat after = {};
      if (::fstat(fd.get(), &after) != 0 || Stamp(after) != Stamp(facts)) {  // somebody writes to it still
        ::unlink(file.path.c_str());
        continue;
      }
      taken_.insert_or_assign(name, Stamp(facts));
      return std::optional(std::move(file));
    }
    return std::optional<File>();
  }

  Status Settle(const Context&, const File& file, bool taken, Marks&) override {
    struct stat facts = {};
    const auto stamp = taken_.find(file.name);
    if (::fstatat(directory_.get(), file.name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) != 0) return Ok{};
    if (stamp != taken_.end() && Stamp(facts) != stamp->second) return Ok{};
    const int target = taken ? done_.get() : failed_.get();
    std::string name = file.name;
    // An older one of that name stays.
    for (int n = 2; ::faccessat(target, name.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0; ++n) name = std::to_string(n) + "-" + file.name;
    if (::renameat(directory_.get(), file.name.c_str(), target, name.c_str()) != 0 && errno != ENOENT)
      return FileError("move", folder_.directory + "/" + file.name, errno);
    return Ok{};
  }

 private:
  File Given(const std::string& name, std::optional<Error> fault) {
    return {.path = folder_.spool + "/" + folder_.file_id + "-" + std::to_string(given_) + ".inbox",
            .owned = true,
            .name = name,
            .origin = folder_.label + "/" + name,
            .marks = {},
            .fault = std::move(fault)};
  }
  static Status Copy(int from, const std::string& path) {
    const UniqueFd to = LH_TRY(OpenToWrite(path));
    FdReader reader(from);
    const auto copied = CopyAll(reader, to.get(), path);
    if (copied) return Ok{};
    ::unlink(path.c_str());
    return copied.error();
  }

  const WatchedFolder folder_;
  const Clock& clock_;
  const UniqueFd directory_, done_, failed_;
  std::deque<std::string> names_;
  std::map<std::string, Stamp> taken_;
  std::size_t given_ = 0;
};

}  // namespace

Result<std::unique_ptr<FileSource>> OpenFolderSource(WatchedFolder folder, const Clock& clock) {
  LH_TRY_WHILE(CreateDirectories(folder.directory + "/done"), "open the watched folder");
  LH_TRY_WHILE(CreateDirectories(folder.directory + "/failed"), "open the watched folder");
  UniqueFd directory = LH_TRY(OpenFolder(AT_FDCWD, folder.directory, folder.directory));
  UniqueFd done = LH_TRY(OpenFolder(directory.get(), "done", folder.directory + "/done"));
  UniqueFd failed = LH_TRY(OpenFolder(directory.get(), "failed", folder.directory + "/failed"));
  auto source = std::make_unique<FolderSource>(std::move(folder), clock, std::move(directory), std::move(done), std::move(failed));
  LH_TRY(source->List());
  return std::unique_ptr<FileSource>(std::move(source));
}

Status CheckFolderName(const std::string& name) {
  const bool is_plain = std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
  });
  if (is_plain && !name.empty() && name.size() <= 100 && name[0] != '.') return Ok{};
  return Error(ErrorCode::kInvalidArgument, "the folder is one name below the server's inbox, of letters, digits, '.', '_' and '-'")
      .Named("bad_folder");
}

}  // namespace lakehouse::ingest
