#include "lakehouse/storage/storage_service.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "pinned_object.h"
#include "storage_wire.h"
#include "upload_sessions.h"

namespace lakehouse::storage {
namespace {

WireObject OnTheWire(const ObjectInfo& info) { return {info.key, static_cast<std::int64_t>(info.size_bytes), info.modified_micros}; }

std::string_view TextOf(const Bytes& octets) { return {reinterpret_cast<const char*>(octets.data()), octets.size()}; }

}  // namespace

class StorageService::Calls final : public StorageCalls {
 public:
  Calls(ObjectStore& store, Options options, const Clock& clock, Random& random)
      : store_(store),
        buckets_(options.buckets),
        uploads_({.directory = options.spool_directory,
                  .max_uploads = options.max_uploads,
                  .idle_ms = options.upload_idle_ms,
                  .max_bytes = options.max_object_bytes},
                 clock, random) {}

  Result<WireObject> Put(const Context& ctx, const PutRequest& request) override {
    const std::string_view octets = TextOf(request.octets);
    return OnTheWire(LH_TRY(request.replace ? store_.Put(ctx, request.key, octets) : store_.PutIfAbsent(ctx, request.key, octets)));
  }
  Result<Upload> BeginUpload(const Context& ctx, const KeyRequest& request) override {
    LH_TRY(ctx.Check());
    LH_TRY(ValidateKey(request.key));
    return Upload{LH_TRY(uploads_.Begin())};
  }
  Result<Done> SendPart(const Context& ctx, const PartRequest& request) override {
    LH_TRY(ctx.Check());
    if (request.offset < 0) return Error(ErrorCode::kInvalidArgument, "a part has a negative offset");
    LH_TRY(uploads_.Append(request.id, static_cast<std::uint64_t>(request.offset), TextOf(request.octets)));
    return Done{};
  }
  Result<WireObject> FinishUpload(const Context& ctx, const FinishRequest& request) override {
    const UploadSessions::Spooled file = LH_TRY(uploads_.Take(request.id, static_cast<std::uint64_t>(request.size_bytes)));
    return OnTheWire(
        LH_TRY(request.replace ? store_.PutFile(ctx, request.key, file.path()) : store_.PutFileIfAbsent(ctx, request.key, file.path())));
  }
  Result<Done> DropUpload(const Context&, const Upload& request) override {
    uploads_.Drop(request.id);
    return Done{};
  }
  Result<std::unique_ptr<net::ByteSource>> Read(const Context& ctx, const ReadRequest& request) override {
    if (request.offset < 0 || request.length.value_or(0) < 0) return Error(ErrorCode::kInvalidArgument, "a range has a negative number");
    PinnedObject object = LH_TRY(PinnedObject::Pin(ctx, store_, request.key));
    const std::uint64_t size = object.info().size_bytes;
    const std::uint64_t offset = std::min(static_cast<std::uint64_t>(request.offset), size);
    const std::uint64_t length = request.length ? std::min(static_cast<std::uint64_t>(*request.length), size - offset) : size - offset;
    return StreamObject(std::move(object), offset, length);
  }
  Result<WireObject> Head(const Context& ctx, const KeyRequest& request) override {
    return OnTheWire(LH_TRY(store_.Head(ctx, request.key)));
  }
  Result<ListAnswer> List(const Context& ctx, const ListRequest& request) override {
    const auto limit = static_cast<std::size_t>(std::max<std::int64_t>(request.limit, 0));
    const ListPage page = LH_TRY(store_.List(ctx, request.prefix, request.start_after, limit));
    ListAnswer answer{{}, page.next};
    std::transform(page.objects.begin(), page.objects.end(), std::back_inserter(answer.objects), OnTheWire);
    return answer;
  }
  Result<Done> Delete(const Context& ctx, const KeyRequest& request) override {
    LH_TRY(store_.Delete(ctx, request.key));
    return Done{};
  }
  Result<ListBucketsAnswer> ListBuckets(const Context& ctx, const ListBucketsRequest& request) override {
    return ListBucketsAnswer{LH_TRY(LH_TRY(Registry())->ListBuckets(ctx, request.look))};
  }
  Result<BucketInfo> CreateBucket(const Context& ctx, const BucketRecord& request) override {
    return LH_TRY(Registry())->CreateBucket(ctx, request);
  }
  Result<Done> RemoveBucket(const Context& ctx, const BucketRequest& request) override {
    LH_TRY(LH_TRY(Registry())->RemoveBucket(ctx, request.name));
    return Done{};
  }

 private:
  Result<Buckets*> Registry() const {
    if (buckets_ != nullptr) return buckets_;
    return Error(ErrorCode::kUnimplemented, "this store has no buckets");
  }

  ObjectStore& store_;
  Buckets* const buckets_;
  UploadSessions uploads_;
};

StorageService::StorageService(ObjectStore& store, Options options, const Clock& clock, Random& random)
    : calls_(std::make_unique<Calls>(store, std::move(options), clock, random)) {}
StorageService::~StorageService() = default;

net::Service StorageService::service() { return net::Serve<StorageMethods>(*calls_); }

}  // namespace lakehouse::storage
