#include "pinned_object.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

namespace lakehouse::storage {
namespace {

constexpr std::uint64_t kSmallBytes = std::uint64_t{8} << 20U;
constexpr std::uint64_t kReadPieceBytes = std::uint64_t{1} << 20U;

Error ChangedWhileRead(const std::string& key) {
  return {ErrorCode::kUnavailable, "key \"" + key + "\" was replaced or deleted while it was read: read it again"};
}

class ObjectStream final : public net::ByteSource {
 public:
  ObjectStream(PinnedObject object, std::uint64_t offset, std::uint64_t length)
      : object_(std::move(object)), offset_(offset), left_(length) {}

  Result<std::optional<std::string>> Next(const Context& ctx) override {
    LH_TRY(ctx.Check());
    if (left_ == 0) {
      LH_TRY(object_.CheckUnchanged(ctx));
      return std::optional<std::string>();
    }
    const std::uint64_t length = std::min(left_, kReadPieceBytes);
    std::string piece = LH_TRY(object_.Read(ctx, offset_, length));
    offset_ += length;
    left_ -= length;
    return std::optional<std::string>(std::move(piece));
  }

 private:
  PinnedObject object_;
  std::uint64_t offset_;
  std::uint64_t left_;
};

}  // namespace

Result<PinnedObject> PinnedObject::Pin(const Context& ctx, ObjectStore& store, const std::string& key) {
  const std::optional<std::string> path = store.LocalPath(key);
  UniqueFd fd;
  if (path) fd = UniqueFd(open(path->c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  // After the open: Head answers when what is visible is durable, and refuses what is no object.
  PinnedObject object(store, LH_TRY(store.Head(ctx, key)));
  struct stat found{};
  if (fd && fstat(fd.get(), &found) == 0 && S_ISREG(found.st_mode)) {
    object.info_.size_bytes = static_cast<std::uint64_t>(found.st_size);
    object.fd_ = std::move(fd);
  } else if (object.info_.size_bytes <= kSmallBytes) {
    object.octets_ = std::make_shared<const std::string>(LH_TRY(store.Get(ctx, key)));
    object.info_.size_bytes = object.octets_->size();
  }
  return object;
}

Result<std::string> PinnedObject::Read(const Context& ctx, std::uint64_t offset, std::uint64_t length) const {
  if (octets_) return octets_->substr(offset, length);
  if (!fd_) {
    std::string octets = LH_TRY(store_->Get(ctx, info_.key, ByteRange{offset, length}));
    if (octets.size() != length) return ChangedWhileRead(info_.key);
    return octets;
  }
  std::string octets(length, '\0');
  for (std::uint64_t done = 0; done < length;) {
    const ssize_t got = pread(fd_.get(), octets.data() + done, length - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return FileError("read key", info_.key, errno);
    if (got == 0) return Error(ErrorCode::kCorruption, "the file of key \"" + info_.key + "\" became shorter while it was read");
    done += static_cast<std::uint64_t>(got);
  }
  return octets;
}

Status PinnedObject::CheckUnchanged(const Context& ctx) const {
  if (octets_ || fd_) return Ok{};
  const Result<ObjectInfo> now = store_->Head(ctx, info_.key);
  if (!now && now.error().code() != ErrorCode::kNotFound) return now.error();
  if (!now || now->size_bytes != info_.size_bytes || now->modified_micros != info_.modified_micros) return ChangedWhileRead(info_.key);
  return Ok{};
}

std::unique_ptr<net::ByteSource> StreamObject(PinnedObject object, std::uint64_t offset, std::uint64_t length) {
  return std::make_unique<ObjectStream>(std::move(object), offset, length);
}

}  // namespace lakehouse::storage
