#include "lakehouse/storage/remote_object_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <utility>

#include "lakehouse/base/file.h"
#include "list_request.h"
#include "storage_wire.h"

namespace lakehouse::storage {
namespace {

constexpr auto kWireMaximum = static_cast<std::uint64_t>(INT64_MAX);

ObjectInfo FromTheWire(WireObject&& object) {
  return {std::move(object.key), static_cast<std::uint64_t>(object.size_bytes), object.modified_micros};
}

Bytes BytesOf(std::string_view text) {
  const auto* first = reinterpret_cast<const std::byte*>(text.data());
  return {first, first + text.size()};
}

/// The request was sent: whatever kept us from a sound answer, the write may have happened.
template <typename T>
Result<T> AfterWrite(Result<T> outcome) {
  if (outcome) return outcome;
  const ErrorCode code = outcome.error().code();
  const bool no_answer = code == ErrorCode::kDeadlineExceeded || code == ErrorCode::kCancelled ||
                         (code == ErrorCode::kCorruption && outcome.error().reason() != "foreign_file");
  if (!no_answer) return outcome;
  return Error(ErrorCode::kOutcomeUnknown, outcome.error().ToString());
}
/// Nothing can have happened.
template <typename T>
Result<T> AfterRead(Result<T> outcome) {
  if (outcome || outcome.error().code() != ErrorCode::kOutcomeUnknown) return outcome;
  return Error(ErrorCode::kUnavailable, outcome.error().ToString());
}

/// Gives `length` octets from `offset` of what is to be stored.
using Content = std::function<Result<std::string>(std::uint64_t offset, std::size_t length)>;

Result<std::string> ReadPiece(int fd, const std::string& path, std::uint64_t offset, std::size_t length) {
  std::string octets(length, '\0');
  for (std::size_t done = 0; done < length;) {
    const ssize_t got = pread(fd, octets.data() + done, length - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return FileError("read", path, errno);
    if (got == 0) return Error(ErrorCode::kInvalidArgument, path + " became shorter while it was read");
    done += static_cast<std::size_t>(got);
  }
  return octets;
}

class RemoteObjectStore final : public ObjectStore, net::Remote<StorageMethods> {
 public:
  explicit RemoteObjectStore(net::Transport& transport) : Remote(transport) {}

  Result<ObjectInfo> PutIfAbsent(const Context& ctx, const std::string& key, std::string_view octets) override {
    return PutOctets(ctx, key, octets, false);
  }
  Result<ObjectInfo> Put(const Context& ctx, const std::string& key, std::string_view octets) override {
    return PutOctets(ctx, key, octets, true);
  }
  Result<ObjectInfo> PutFileIfAbsent(const Context& ctx, const std::string& key, const std::string& path) override {
    return TakeFile(ctx, key, path, false);
  }
  Result<ObjectInfo> PutFile(const Context& ctx, const std::string& key, const std::string& path) override {
    return TakeFile(ctx, key, path, true);
  }

  Result<std::string> Get(const Context& ctx, const std::string& key, std::optional<ByteRange> range) override {
    std::string octets;
    LH_TRY(ReadAll(ctx, key, range, [&octets](std::string_view piece) -> Status { return octets.append(piece), Ok{}; }));
    return octets;
  }
  Result<ObjectInfo> GetToFile(const Context& ctx, const std::string& key, const std::string& path) override {
    ObjectInfo info = LH_TRY(Head(ctx, key));
    const UniqueFd file(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
    if (!file) return FileError("create", path, errno);
    info.size_bytes = 0;
    Status copied = ReadAll(ctx, key, {}, [&](std::string_view piece) {
      info.size_bytes += piece.size();
      return WriteAll(file.get(), piece, path);
    });
    if (!copied) unlink(path.c_str());
    LH_TRY(std::move(copied));
    return info;
  }
  Result<ObjectInfo> Head(const Context& ctx, const std::string& key) override {
    LH_TRY(ValidateKey(key));
    return FromTheWire(LH_TRY(AfterRead(Call<&StorageCalls::Head>(ctx, {key}))));
  }
  Result<ListPage> List(const Context& ctx, const std::string& prefix, const std::string& start_after, std::size_t limit) override {
    LH_TRY(ValidateListRequest(prefix, start_after, limit));
    ListAnswer answer = LH_TRY(AfterRead(Call<&StorageCalls::List>(ctx, {prefix, start_after, static_cast<std::int64_t>(limit)})));
    ListPage page{{}, std::move(answer.next)};
    for (WireObject& object : answer.objects) page.objects.push_back(FromTheWire(std::move(object)));
    return page;
  }
  Status Delete(const Context& ctx, const std::string& key) override {
    LH_TRY(ValidateKey(key));
    LH_TRY(ctx.Check());
    LH_TRY(AfterWrite(Call<&StorageCalls::Delete>(ctx, {key})));
    return Ok{};
  }
  std::optional<std::string> LocalPath(const std::string&) override { return std::nullopt; }

 private:
  Result<ObjectInfo> PutOctets(const Context& ctx, const std::string& key, std::string_view octets, bool replace) {
    return PutContent(ctx, key, octets.size(), replace, [octets](std::uint64_t offset, std::size_t length) -> Result<std::string> {
      return std::string(octets.substr(offset, length));
    });
  }

  Result<ObjectInfo> TakeFile(const Context& ctx, const std::string& key, const std::string& path, bool replace) {
    LH_TRY(ValidateKey(key));
    LH_TRY(ctx.Check());
    const UniqueFd fd(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!fd) return FileError("open", path, errno);
    struct stat found{};
    if (fstat(fd.get(), &found) != 0) return FileError("look at", path, errno);
    if (!S_ISREG(found.st_mode)) return Error(ErrorCode::kInvalidArgument, "put key \"" + key + "\": " + path + " is not a regular file");
    Result<ObjectInfo> info =
        PutContent(ctx, key, static_cast<std::uint64_t>(found.st_size), replace,
                   [&](std::uint64_t offset, std::size_t length) { return ReadPiece(fd.get(), path, offset, length); });
    if (info) unlink(path.c_str());
    return info;
  }

  Result<ObjectInfo> PutContent(const Context& ctx, const std::string& key, std::uint64_t size_bytes, bool replace,
                                const Content& content) {
    LH_TRY(ValidateKey(key));
    LH_TRY(ctx.Check());
    if (size_bytes > kPartBytes) return PutInParts(ctx, key, size_bytes, replace, content);
    const std::string octets = LH_TRY(content(0, static_cast<std::size_t>(size_bytes)));
    return FromTheWire(LH_TRY(AfterWrite(Call<&StorageCalls::Put>(ctx, {key, replace, BytesOf(octets)}))));
  }

  Result<ObjectInfo> PutInParts(const Context& ctx, const std::string& key, std::uint64_t size_bytes, bool replace,
                                const Content& content) {
    if (!replace) {  // spares the way of what would be refused
      const Result<ObjectInfo> found = Head(ctx, key);
      if (found) return Error(ErrorCode::kAlreadyExists, "key \"" + key + "\" exists");
      if (found.error().code() != ErrorCode::kNotFound) return found;
    }
    const Upload upload = LH_TRY(AfterRead(Call<&StorageCalls::BeginUpload>(ctx, {key})));
    Status sent = SendParts(ctx, upload, size_bytes, content);
    if (!sent) (void)Call<&StorageCalls::DropUpload>(ctx, upload);
    LH_TRY(AfterRead(std::move(sent)));
    return FromTheWire(
        LH_TRY(AfterWrite(Call<&StorageCalls::FinishUpload>(ctx, {upload.id, key, replace, static_cast<std::int64_t>(size_bytes)}))));
  }

  Status SendParts(const Context& ctx, const Upload& upload, std::uint64_t size_bytes, const Content& content) {
    for (std::uint64_t offset = 0; offset < size_bytes;) {
      const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(kPartBytes, size_bytes - offset));
      const std::string part = LH_TRY(content(offset, length));
      LH_TRY(Call<&StorageCalls::SendPart>(ctx, {upload.id, static_cast<std::int64_t>(offset), BytesOf(part)}));
      offset += length;
    }
    return Ok{};
  }

  Status ReadAll(const Context& ctx, const std::string& key, std::optional<ByteRange> range,
                 const std::function<Status(std::string_view)>& take) {
    LH_TRY(ValidateKey(key));
    ReadRequest request{key, 0, std::nullopt};
    if (range) request.offset = static_cast<std::int64_t>(std::min(range->offset, kWireMaximum));
    if (range && range->length) request.length = static_cast<std::int64_t>(std::min(*range->length, kWireMaximum));
    const std::unique_ptr<net::ByteSource> source = LH_TRY(AfterRead(Open<&StorageCalls::Read>(ctx, request)));
    while (true) {
      const std::optional<std::string> piece = LH_TRY(AfterRead(source->Next(ctx)));
      if (!piece) return Ok{};
      LH_TRY(take(*piece));
    }
  }
};

}  // namespace

std::unique_ptr<ObjectStore> ConnectObjectStore(net::Transport& transport) { return std::make_unique<RemoteObjectStore>(transport); }

}  // namespace lakehouse::storage
