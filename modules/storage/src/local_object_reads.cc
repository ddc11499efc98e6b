#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <utility>

#include "list_request.h"
#include "local_store.h"
#include "open_beneath.h"

namespace lakehouse::storage {
namespace {

constexpr std::size_t kReadBytes = std::size_t{8} << 20U;  // between two looks at the context

Error NoSuchKey(const std::string& key) { return {ErrorCode::kNotFound, "key \"" + key + "\" does not exist"}; }

/// Exactly this many: an object does not shrink, so a short read is damage.
Status ReadExactly(const Context& ctx, int fd, const std::string& path, std::uint64_t offset, char* out, std::size_t length) {
  while (length > 0) {
    LH_TRY(ctx.Check());
    const ssize_t got = pread(fd, out, std::min(length, kReadBytes), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return StoreFileError("read", path, errno);
    if (got == 0)
      return Error(ErrorCode::kCorruption,
                   path + " ends at " + std::to_string(offset) + ": it was longer when it was opened; somebody cut it");
    out += got;
    offset += static_cast<std::uint64_t>(got);
    length -= static_cast<std::size_t>(got);
  }
  return Ok{};
}

}  // namespace

std::int64_t ModifiedMicros(const struct stat& found) {
  constexpr std::int64_t kFarthestSecond = INT64_MAX / 2'000'000;
  if (found.st_mtim.tv_sec > kFarthestSecond || found.st_mtim.tv_sec < -kFarthestSecond) return 0;
  return static_cast<std::int64_t>(found.st_mtim.tv_sec) * 1'000'000 + found.st_mtim.tv_nsec / 1'000;
}

Result<LocalObjectStore::OpenObject> LocalObjectStore::OpenForReading(const Context& ctx, const std::string& key) {
  LH_TRY(ValidateKey(key));
  LH_TRY(ctx.Check());
  UniqueFd fd = OpenBeneath(root_fd_.get(), PathOfKey(key).ToString(), O_RDONLY | O_NONBLOCK);
  const int why = errno;
  LH_TRY(unsettled_.Await(ctx, key));  // after the look, so that it covers whatever was seen
  if (!fd && why == ENOENT) return NoSuchKey(key);
  if (!fd && (why == ELOOP || why == ENOTDIR)) return UnexpectedFile(PathFor(key), "a regular file");
  if (!fd) return StoreFileError("open", PathFor(key), why);
  ObjectInfo info = LH_TRY(InfoOf(key, fd.get()));
  return OpenObject{std::move(fd), std::move(info)};
}

Result<ObjectInfo> LocalObjectStore::InfoOf(const std::string& key, int fd) const {
  struct stat found{};
  if (fstat(fd, &found) != 0) return StoreFileError("look at", PathFor(key), errno);
  if (!S_ISREG(found.st_mode)) return UnexpectedFile(PathFor(key), "a regular file");
  return ObjectInfo{key, static_cast<std::uint64_t>(found.st_size), ModifiedMicros(found)};
}

Result<std::string> LocalObjectStore::Get(const Context& ctx, const std::string& key, std::optional<ByteRange> range) {
  const OpenObject object = LH_TRY(OpenForReading(ctx, key));
  const std::uint64_t offset = range ? std::min(range->offset, object.info.size_bytes) : 0;
  const std::uint64_t rest = object.info.size_bytes - offset;
  const auto length = static_cast<std::size_t>(range && range->length ? std::min(*range->length, rest) : rest);
  std::string octets;
  Status read = Ok{};
  octets.resize_and_overwrite(length, [&](char* out, std::size_t) {
    read = ReadExactly(ctx, object.fd.get(), PathFor(key), offset, out, length);
    return read ? length : 0;
  });
  LH_TRY(std::move(read));
  return octets;
}

Result<ObjectInfo> LocalObjectStore::GetToFile(const Context& ctx, const std::string& key, const std::string& path) {
  OpenObject object = LH_TRY(OpenForReading(ctx, key));
  const UniqueFd file(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (!file) return FileError("create", path, errno);
  Status copied = CopyFile(ctx, object.fd.get(), PathFor(key), file.get(), path);
  struct stat copy{};
  if (copied && (fstat(file.get(), &copy) != 0 || static_cast<std::uint64_t>(copy.st_size) != object.info.size_bytes)) {
    copied = Error(ErrorCode::kCorruption, PathFor(key) + " changed its length while it was read: somebody else writes to it");
  }
  if (!copied) unlink(path.c_str());
  LH_TRY(std::move(copied));
  return std::move(object.info);
}

Result<ObjectInfo> LocalObjectStore::Head(const Context& ctx, const std::string& key) {
  return std::move(LH_TRY(OpenForReading(ctx, key)).info);
}

Result<ListPage> LocalObjectStore::List(const Context& ctx, const std::string& prefix, const std::string& start_after, std::size_t limit) {
  LH_TRY(ValidateListRequest(prefix, start_after, limit));
  LH_TRY(ctx.Check());
  return ListObjectFiles(ctx, root_fd_.get(), root_, prefix, start_after, limit);
}

}  // namespace lakehouse::storage
