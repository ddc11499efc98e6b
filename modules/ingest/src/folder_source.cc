#include "folder_source.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <deque>

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

class FolderSource final : public FileSource {
 public:
  FolderSource(WatchedFolder folder, const Clock& clock) : folder_(std::move(folder)), clock_(clock) {}

  Status List() {
    const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(folder_.directory.c_str()), &::closedir);
    if (!directory) return FileError("list", folder_.directory, errno);
    while (const dirent* entry = ::readdir(directory.get()))
      if (!IsPassedOver(entry->d_name)) names_.emplace_back(entry->d_name);
    std::sort(names_.begin(), names_.end());
    return Ok{};
  }

  Result<std::optional<File>> Next(const Context& context, const Marks&) override {
    for (; !names_.empty() && given_ < kMostFiles; names_.pop_front()) {
      LH_TRY(context.Check());
      const std::string path = folder_.directory + "/" + names_.front();
      struct stat facts = {};
      if (::lstat(path.c_str(), &facts) != 0 || !S_ISREG(facts.st_mode)) continue;
      // Moved here counts as changed, too: what was renamed while it was written is seen by its time of change.
      const std::int64_t changed = std::max(MicrosOf(facts.st_mtim), MicrosOf(facts.st_ctim));
      if (clock_.WallMicros() - changed < folder_.settle_ms * 1'000) continue;
      File file{
          .path = path, .owned = false, .name = names_.front(), .origin = folder_.label + "/" + names_.front(), .marks = {}, .fault = {}};
      names_.pop_front();
      ++given_;
      return std::optional(std::move(file));
    }
    return std::optional<File>();
  }

  Status Settle(const Context&, const File& file, bool taken, Marks&) override {
    const std::string directory = folder_.directory + (taken ? "/done/" : "/failed/");
    std::string target = directory + file.name;
    // An older one of that name stays.
    for (int n = 2; ::access(target.c_str(), F_OK) == 0; ++n) target = directory + std::to_string(n) + "-" + file.name;
    if (::rename(file.path.c_str(), target.c_str()) != 0 && errno != ENOENT) return FileError("move", file.path, errno);
    return Ok{};
  }

 private:
  const WatchedFolder folder_;
  const Clock& clock_;
  std::deque<std::string> names_;
  std::size_t given_ = 0;
};

}  // namespace

Result<std::unique_ptr<FileSource>> OpenFolderSource(WatchedFolder folder, const Clock& clock) {
  LH_TRY_WHILE(CreateDirectories(folder.directory + "/done"), "open the watched folder");
  LH_TRY_WHILE(CreateDirectories(folder.directory + "/failed"), "open the watched folder");
  auto source = std::make_unique<FolderSource>(std::move(folder), clock);
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
