// The files of a worker: its directory, what it is given to read, what is taken from it.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "jail_directory.h"
#include "lakehouse/base/random.h"
#include "lakehouse/sandbox/worker.h"

namespace lakehouse::sandbox {

namespace {

constexpr std::size_t kMaxExtension = 12;

bool IsPlain(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

/// ".parquet", ".csv.gz"; empty for anything unusual.
std::string_view ExtensionOf(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return {};
  if (const std::string_view last = name.substr(dot); last == ".gz" || last == ".zst")
    if (const std::size_t inner = name.rfind('.', dot - 1); inner != std::string_view::npos && inner != 0) dot = inner;
  const std::string_view extension = name.substr(dot);
  const bool plain = std::all_of(extension.begin(), extension.end(), [](char c) { return IsPlain(c) || c == '.'; });
  return plain && extension.size() <= kMaxExtension ? extension : std::string_view();
}

bool IsProducedName(std::string_view name) {
  return !name.empty() && name.size() <= 128 && name.front() != '.' &&
         std::all_of(name.begin(), name.end(), [](char c) { return IsPlain(c) || c == '.' || c == '_' || c == '-'; });
}

/// Copies all of `from` at its offset 0 into the empty file `to`; in the kernel, and without copying where the file system can share.
Status CopyOctets(int from, int to, std::string_view target) {
  constexpr std::size_t kAtOnce = 1u << 30;
  for (;;) {
    const ssize_t copied = copy_file_range(from, nullptr, to, nullptr, kAtOnce, 0);
    if (copied == 0) return Ok{};
    if (copied > 0 || errno == EINTR) continue;
    if (errno != EXDEV && errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP) return FileError("copy to", target, errno);
    break;
  }
  std::string buffer(1u << 20, '\0');
  for (;;) {
    const ssize_t got = read(from, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return FileError("read what is copied to", target, errno);
    if (got == 0) return Ok{};
    LH_TRY(WriteAll(to, std::string_view(buffer).substr(0, static_cast<std::size_t>(got)), target));
  }
}

Result<UniqueFd> CreateFile(const std::string& path, mode_t mode) {
  UniqueFd fd(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  if (!fd) return FileError("create", path, errno);
  return fd;
}

}  // namespace

Status Worker::MakeDirectory() const { return MakeJailDirectory(directory_, uid_); }

Status MakeJailDirectory(const std::string& directory, unsigned uid) {
  // Traversable but not listable for the worker's user; what it makes belongs to it.
  const std::string in = directory + "/in";
  const std::string tmp = directory + "/tmp";
  for (const std::string& path : {directory, in, tmp}) {
    if (mkdir(path.c_str(), 0700) != 0) return FileError("make directory", path, errno);
    if (chmod(path.c_str(), path == tmp ? 0700 : 0711) != 0) return FileError("change mode of", path, errno);
  }
  if (uid != 0 && chown(tmp.c_str(), uid, uid) != 0) return FileError("change owner of", tmp, errno);
  return Ok{};
}

Result<std::string> Worker::Link(const std::string& path) {
  if (const auto known = links_.find(path); known != links_.end()) return known->second;
  struct stat facts;
  if (stat(path.c_str(), &facts) != 0) return FileError("find", path, errno);
  if (!S_ISREG(facts.st_mode)) return Error(ErrorCode::kInvalidArgument, fmt::format("link {}: it is no regular file", path));
  std::string name = "in/" + SystemRandom().Hex(16);
  name += ExtensionOf(path);
  const std::string target = directory_ + "/" + name;
  const bool readable = uid_ == 0 || (facts.st_mode & S_IROTH) != 0;
  if (!readable || link(path.c_str(), target.c_str()) != 0) {
    if (readable && errno != EXDEV && errno != EPERM && errno != EMLINK) return FileError("link", path, errno);
    LH_TRY(CopyIn(path, target));
  }
  links_.emplace(path, name);
  return name;
}

Status Worker::CopyIn(const std::string& path, const std::string& target) const { return CopyForJail(path, target, uid_); }

Status CopyForJail(const std::string& path, const std::string& target, unsigned uid) {
  const UniqueFd from(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!from) return FileError("open", path, errno);
  const UniqueFd to = LH_TRY(CreateFile(target, 0600));
  Status copied = CopyOctets(from.get(), to.get(), target);
  if (copied && fchmod(to.get(), uid == 0 ? 0400 : 0444) != 0) copied = FileError("change mode of", target, errno);
  if (copied) return Ok{};
  unlink(target.c_str());
  return std::move(copied).TakeError().While("copy " + path + ", which is on another file system or not readable for the worker");
}

void Worker::Unlink(const std::string& path) {
  const auto found = links_.find(path);
  if (found == links_.end()) return;
  unlink((directory_ + "/" + found->second).c_str());
  links_.erase(found);
}

void Worker::UnlinkAll() {
  for (const auto& [path, name] : links_) unlink((directory_ + "/" + name).c_str());
  links_.clear();
}

Status Worker::Take(const std::string& name, const std::string& destination) { return TakeProduced(directory_, name, destination); }

Status TakeProduced(const std::string& directory, const std::string& name, const std::string& destination) {
  constexpr std::string_view prefix = "tmp/";
  const std::string_view file =
      std::string_view(name).starts_with(prefix) ? std::string_view(name).substr(prefix.size()) : std::string_view();
  if (!IsProducedName(file))
    return Error(ErrorCode::kInvalidArgument, fmt::format("take \"{}\" from a worker: not a name of a file it made", name));
  const std::string path = directory + "/" + name;
  const UniqueFd from(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat facts;
  if (!from || fstat(from.get(), &facts) != 0)
    return errno == ELOOP ? Error(ErrorCode::kInvalidArgument, fmt::format("take {}: it is a symbolic link", name))
                          : FileError("open", path, errno);
  if (!S_ISREG(facts.st_mode) || facts.st_nlink != 1)
    return Error(ErrorCode::kInvalidArgument, fmt::format("take {}: it is no regular file with one name", name));
  // Copied, not moved: the worker may hold the file open, and what was taken must not change any more.
  const UniqueFd to = LH_TRY(CreateFile(destination, 0644));
  if (Status copied = CopyOctets(from.get(), to.get(), destination); !copied) {
    unlink(destination.c_str());
    return copied;
  }
  unlink(path.c_str());
  return Ok{};
}

}  // namespace lakehouse::sandbox
