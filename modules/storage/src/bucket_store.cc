#include "lakehouse/storage/bucket_store.h"

#include <type_traits>

#include "bucket_registry.h"
#include "list_request.h"

namespace lakehouse::storage {
namespace {

/// Sends every call to the store of the bucket that the key names.
class RoutedStore final : public BucketStore {
 public:
  RoutedStore(Parts parts, Options options) : parts_(std::move(parts)), options_(std::move(options)), registry_(parts_, options_) {}

  Result<ObjectInfo> PutIfAbsent(const Context& ctx, const std::string& key, std::string_view octets) override {
    return Write(ctx, key, [&](ObjectStore& store, const std::string& inner) { return store.PutIfAbsent(ctx, inner, octets); });
  }
  Result<ObjectInfo> Put(const Context& ctx, const std::string& key, std::string_view octets) override {
    return Write(ctx, key, [&](ObjectStore& store, const std::string& inner) { return store.Put(ctx, inner, octets); });
  }
  Result<ObjectInfo> PutFileIfAbsent(const Context& ctx, const std::string& key, const std::string& path) override {
    return Write(ctx, key, [&](ObjectStore& store, const std::string& inner) { return store.PutFileIfAbsent(ctx, inner, path); });
  }
  Result<ObjectInfo> PutFile(const Context& ctx, const std::string& key, const std::string& path) override {
    return Write(ctx, key, [&](ObjectStore& store, const std::string& inner) { return store.PutFile(ctx, inner, path); });
  }
  Result<std::string> Get(const Context& ctx, const std::string& key, std::optional<ByteRange> range) override {
    return Read(ctx, key, [&](ObjectStore& store, const std::string& inner) { return store.Get(ctx, inner, range); });
  }
  Result<ObjectInfo> GetToFile(const Context& ctx, const std::string& key, const std::string& path) override {
    return Named(key, Read(ctx, key, [&](ObjectStore& store, const std::string& inner) { return store.GetToFile(ctx, inner, path); }));
  }
  Result<ObjectInfo> Head(const Context& ctx, const std::string& key) override {
    return Named(key, Read(ctx, key, [&](ObjectStore& store, const std::string& inner) { return store.Head(ctx, inner); }));
  }
  Status Delete(const Context& ctx, const std::string& key) override {
    return Write(ctx, key, [&](ObjectStore& store, const std::string& inner) { return store.Delete(ctx, inner); });
  }

  Result<ListPage> List(const Context& ctx, const std::string& prefix, const std::string& start_after, std::size_t limit) override {
    LH_TRY(ValidateListRequest(prefix, start_after, limit));
    LH_TRY(ctx.Check());
    const auto [bucket, inner_prefix] = SplitBucketKey(prefix);
    if (bucket == kPrimaryBucket)
      return Noted(registry_.primary(), parts_.primary->List(ctx, std::string(inner_prefix), start_after, limit));
    const std::string before = InBucket(bucket, "");
    std::string inner_after;
    if (start_after.starts_with(before))
      inner_after = start_after.substr(before.size());
    else if (start_after > before)
      return ListPage{};
    const auto found = LH_TRY(registry_.Find(ctx, std::string(bucket)));
    const auto store = LH_TRY(found->Open(ctx));
    ListPage page = LH_TRY(Noted(*found, store->List(ctx, std::string(inner_prefix), inner_after, limit)));
    for (ObjectInfo& object : page.objects) object.key.insert(0, before);
    if (!page.next.empty()) page.next.insert(0, before);
    return page;
  }

  std::optional<std::string> LocalPath(const std::string& key) override {
    const auto [bucket, inner] = SplitBucketKey(key);
    if (bucket == kPrimaryBucket) return parts_.primary->LocalPath(std::string(inner));
    const Context context{
        .principal = "system", .trace = "local-path", .deadline = Deadline::After(options_.probe_timeout_ms), .cancel = {}};
    const auto found = registry_.Find(context, std::string(bucket));
    if (!found) return std::nullopt;
    const auto store = (*found)->Open(context);
    return store ? (*store)->LocalPath(std::string(inner)) : std::nullopt;
  }

  Result<std::vector<BucketInfo>> ListBuckets(const Context& context, bool look) override { return registry_.List(context, look); }
  Result<BucketInfo> CreateBucket(const Context& context, const BucketRecord& record) override { return registry_.Create(context, record); }
  Status RemoveBucket(const Context& context, const std::string& name) override { return registry_.Remove(context, name); }

 private:
  template <typename T>
  static Result<T> Noted(Bucket& bucket, Result<T> result) {
    if (result) return result;
    bucket.Note(result.error());
    if (bucket.role() == kPrimaryBucket) return result;
    return std::move(result).TakeError().While("use bucket \"" + bucket.record().name + "\"");
  }
  static Result<ObjectInfo> Named(const std::string& key, Result<ObjectInfo> info) {
    if (info) info->key = key;
    return info;
  }
  static Status Named(const std::string&, Status status) { return status; }

  template <typename Call>
  auto Read(const Context& ctx, const std::string& key, Call call) -> std::invoke_result_t<Call, ObjectStore&, const std::string&> {
    LH_TRY(ValidateKey(key));
    const auto [name, inner] = SplitBucketKey(key);
    if (name == kPrimaryBucket) return Noted(registry_.primary(), call(*parts_.primary, std::string(inner)));
    LH_TRY(ctx.Check());
    const auto bucket = LH_TRY(registry_.Find(ctx, std::string(name)));
    const auto store = LH_TRY(bucket->Open(ctx));
    return Noted(*bucket, call(*store, std::string(inner)));
  }

  template <typename Call>
  auto Write(const Context& ctx, const std::string& key, Call call) -> std::invoke_result_t<Call, ObjectStore&, const std::string&> {
    LH_TRY(ValidateKey(key));
    const auto [name, inner] = SplitBucketKey(key);
    if (name == kPrimaryBucket) return Named(key, Noted(registry_.primary(), call(*parts_.primary, std::string(inner))));
    LH_TRY(ctx.Check());
    const auto bucket = LH_TRY(registry_.Find(ctx, std::string(name)));
    const auto writing = bucket->BeginWrite();
    if (!writing) return Error(ErrorCode::kUnavailable, "bucket \"" + std::string(name) + "\" is being removed").Named("bucket_closing");
    const auto store = LH_TRY(bucket->Open(ctx));
    return Named(key, Noted(*bucket, call(*store, std::string(inner))));
  }

  const Parts parts_;
  const Options options_;
  BucketRegistry registry_;
};

}  // namespace

std::unique_ptr<BucketStore> BucketStore::Make(Parts parts, Options options) {
  return std::make_unique<RoutedStore>(std::move(parts), std::move(options));
}

}  // namespace lakehouse::storage
