#include "lakehouse/storage/remote_object_store.h"
#include "storage_wire.h"

namespace lakehouse::storage {
namespace {

class RemoteBuckets final : public Buckets, net::Remote<StorageMethods> {
 public:
  explicit RemoteBuckets(net::Transport& transport) : Remote(transport) {}

  Result<std::vector<BucketInfo>> ListBuckets(const Context& context, bool look) override {
    ListBucketsAnswer answer = LH_TRY(Call<&StorageCalls::ListBuckets>(context, {look}));
    return std::move(answer.buckets);
  }
  Result<BucketInfo> CreateBucket(const Context& context, const BucketRecord& record) override {
    return Call<&StorageCalls::CreateBucket>(context, record);
  }
  Status RemoveBucket(const Context& context, const std::string& name) override {
    LH_TRY(Call<&StorageCalls::RemoveBucket>(context, {name}));
    return Ok{};
  }
};

}  // namespace

std::unique_ptr<Buckets> ConnectBuckets(net::Transport& transport) { return std::make_unique<RemoteBuckets>(transport); }

}  // namespace lakehouse::storage
