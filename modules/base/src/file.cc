#include "lakehouse/base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "lakehouse/base/random.h"

namespace lakehouse {
namespace {

std::string ParentOf(const std::string& path) {
  const std::string parent = std::filesystem::path(path).parent_path().string();
  return parent.empty() ? "." : parent;
}

Result<UniqueFd> OpenToRead(const std::string& path) {
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return FileError("open", path, errno);
  return fd;
}

/// Appends to `out` until `limit` octets are there or the file ends.
Status ReadInto(int fd, std::string_view path, std::uint64_t limit, std::string& out) {
  constexpr std::uint64_t kPiece = std::uint64_t{1} << 20;
  while (out.size() < limit) {
    const std::size_t before = out.size();
    const auto wanted = static_cast<std::size_t>(std::min(kPiece, limit - before));
    out.resize(before + wanted);
    const ssize_t got = read(fd, out.data() + before, wanted);
    const int error = errno;
    out.resize(before + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got < 0 && error == EINTR) continue;
    if (got < 0) return FileError("read", path, error);
    if (got == 0) break;
  }
  return Ok{};
}

/// Removes the name unless told that it became the real one.
class TemporaryName {
 public:
  explicit TemporaryName(std::string path) : path_(std::move(path)) {}
  ~TemporaryName() {
    if (!path_.empty()) unlink(path_.c_str());
  }
  TemporaryName(const TemporaryName&) = delete;
  TemporaryName& operator=(const TemporaryName&) = delete;
  void Keep() { path_.clear(); }

 private:
  std::string path_;
};

}  // namespace

void UniqueFd::Reset() {
  // The descriptor is gone even when close fails, and what was written is only safe after SyncFile: nothing to report.
  if (fd_ >= 0) close(std::exchange(fd_, -1));
}

Error FileError(std::string_view attempted, std::string_view path, int error_number) {
  std::string message = std::string(attempted) + " " + std::string(path) + ": " + std::generic_category().message(error_number);
  switch (error_number) {
    case ENOENT: return Error(ErrorCode::kNotFound, std::move(message));
    case EEXIST: return Error(ErrorCode::kAlreadyExists, std::move(message));
    case EACCES:
    case EPERM: return Error(ErrorCode::kPermissionDenied, std::move(message));
    case ENOSPC:
    case EDQUOT: return Error(ErrorCode::kUnavailable, std::move(message)).Named("disk_full");
    default: return Error(ErrorCode::kUnavailable, std::move(message));
  }
}

Result<std::string> ReadFile(const std::string& path) {
  const UniqueFd fd = LH_TRY(OpenToRead(path));
  struct stat status{};
  if (fstat(fd.get(), &status) != 0) return FileError("stat", path, errno);
  std::string octets;
  octets.reserve(static_cast<std::size_t>(status.st_size));
  LH_TRY(ReadInto(fd.get(), path, octets.max_size(), octets));  // to its end: files of /proc have no size
  return octets;
}

Result<std::string> ReadFileRange(const std::string& path, std::uint64_t offset, std::uint64_t length) {
  const UniqueFd fd = LH_TRY(OpenToRead(path));
  if (offset > INT64_MAX || lseek(fd.get(), static_cast<off_t>(offset), SEEK_SET) < 0) {
    return FileError("seek to " + std::to_string(offset) + " in", path, offset > INT64_MAX ? EINVAL : errno);
  }
  std::string octets;
  LH_TRY(ReadInto(fd.get(), path, length, octets));
  return octets;
}

Result<std::uint64_t> FileSize(const std::string& path) {
  struct stat status{};
  if (stat(path.c_str(), &status) != 0) return FileError("stat", path, errno);
  return static_cast<std::uint64_t>(status.st_size);
}

Status WriteAll(int fd, std::string_view octets, std::string_view path) {
  while (!octets.empty()) {
    const ssize_t written = write(fd, octets.data(), octets.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return FileError("write", path, errno);
    octets.remove_prefix(static_cast<std::size_t>(written));
  }
  return Ok{};
}

Status SyncFile(int fd, std::string_view path) {
  if (fsync(fd) != 0) return FileError("sync", path, errno);
  return Ok{};
}

Status SyncDirectory(const std::string& path) {
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return FileError("open directory", path, errno);
  return SyncFile(fd.get(), path);
}

Status CreateDirectories(const std::string& path) {
  struct stat status{};
  if (stat(path.c_str(), &status) == 0) {
    if (S_ISDIR(status.st_mode)) return Ok{};
    return Error(ErrorCode::kAlreadyExists, "create directory " + path + ": a file with this name exists");
  }
  if (errno != ENOENT) return FileError("stat", path, errno);
  std::string name = path;
  while (name.size() > 1 && name.ends_with('/')) name.pop_back();
  const std::string parent = ParentOf(name);
  LH_TRY(CreateDirectories(parent));
  if (mkdir(name.c_str(), 0777) != 0 && errno != EEXIST) return FileError("create directory", path, errno);
  return SyncDirectory(parent);  // also when another process was first: its sync may not have happened yet
}

Status ReplaceFile(const std::string& path, std::string_view octets, unsigned mode) {
  const std::string temporary = path + ".tmp-" + SystemRandom().Hex(8);
  const UniqueFd fd(open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd) return FileError("create", temporary, errno);
  TemporaryName name(temporary);
  if (fchmod(fd.get(), mode) != 0) return FileError("set the mode of", temporary, errno);
  LH_TRY(WriteAll(fd.get(), octets, temporary));
  LH_TRY(SyncFile(fd.get(), temporary));
  if (rename(temporary.c_str(), path.c_str()) != 0) return FileError("rename " + temporary + " to", path, errno);
  name.Keep();
  return SyncDirectory(ParentOf(path));
}

Result<TemporaryDirectory> TemporaryDirectory::Create(const std::string& parent, std::string_view prefix) {
  std::string path = parent + "/" + std::string(prefix) + "XXXXXX";
  if (mkdtemp(path.data()) == nullptr) return FileError("create directory", path, errno);
  return TemporaryDirectory(std::move(path));
}

TemporaryDirectory::~TemporaryDirectory() {
  if (path_.empty()) return;
  std::error_code error;
  std::filesystem::remove_all(path_, error);
  if (error) std::fprintf(stderr, "remove %s: %s\n", path_.c_str(), error.message().c_str());
}

TemporaryDirectory::TemporaryDirectory(TemporaryDirectory&& other) noexcept : path_(std::exchange(other.path_, {})) {}

TemporaryDirectory& TemporaryDirectory::operator=(TemporaryDirectory&& other) noexcept {
  std::swap(path_, other.path_);
  return *this;
}

}  // namespace lakehouse
