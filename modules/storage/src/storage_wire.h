#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lakehouse/base/bytes.h"
#include "lakehouse/net/methods.h"
#include "lakehouse/storage/buckets.h"

/// What storaged and the daemons that use it say to each other. Private to both ends: callers see an ObjectStore.
namespace lakehouse::storage {

/// A part of an upload, and the largest object that travels in one call.
inline constexpr std::size_t kPartBytes = std::size_t{4} << 20U;

struct WireObject {
  std::string key;
  std::int64_t size_bytes = 0;
  std::int64_t modified_micros = 0;
};
struct KeyRequest {
  std::string key;
};
struct ReadRequest {
  std::string key;
  std::int64_t offset = 0;
  std::optional<std::int64_t> length;
};
struct ListRequest {
  std::string prefix;
  std::string start_after;
  std::int64_t limit = 0;
};
struct ListAnswer {
  std::vector<WireObject> objects;
  std::string next;
};
struct PutRequest {
  std::string key;
  bool replace = false;
  Bytes octets;
};
struct Upload {
  std::string id;
};
/// A part that is sent again, because its answer was lost, is taken once.
struct PartRequest {
  std::string id;
  std::int64_t offset = 0;
  Bytes octets;
};
struct FinishRequest {
  std::string id;
  std::string key;
  bool replace = false;
  std::int64_t size_bytes = 0;
};
struct Done {};
struct ListBucketsRequest {
  bool look = false;
};
struct ListBucketsAnswer {
  std::vector<BucketInfo> buckets;
};
struct BucketRequest {
  std::string name;
};

BOOST_DESCRIBE_STRUCT(WireObject, (), (key, size_bytes, modified_micros))
BOOST_DESCRIBE_STRUCT(KeyRequest, (), (key))
BOOST_DESCRIBE_STRUCT(ReadRequest, (), (key, offset, length))
BOOST_DESCRIBE_STRUCT(ListRequest, (), (prefix, start_after, limit))
BOOST_DESCRIBE_STRUCT(ListAnswer, (), (objects, next))
BOOST_DESCRIBE_STRUCT(PutRequest, (), (key, replace, octets))
BOOST_DESCRIBE_STRUCT(Upload, (), (id))
BOOST_DESCRIBE_STRUCT(PartRequest, (), (id, offset, octets))
BOOST_DESCRIBE_STRUCT(FinishRequest, (), (id, key, replace, size_bytes))
BOOST_DESCRIBE_STRUCT(Done, (), ())
BOOST_DESCRIBE_STRUCT(BucketRecord, (), (name, url, endpoint, region, style, ca_file, single_writer, secret, created_micros))
BOOST_DESCRIBE_STRUCT(BucketHealth, (), (reachable, checked_micros, latency_ms, last_error, last_error_micros))
BOOST_DESCRIBE_STRUCT(BucketInfo, (), (record, role, health))
BOOST_DESCRIBE_STRUCT(ListBucketsRequest, (), (look))
BOOST_DESCRIBE_STRUCT(ListBucketsAnswer, (), (buckets))
BOOST_DESCRIBE_STRUCT(BucketRequest, (), (name))

class StorageCalls {
 public:
  virtual ~StorageCalls() = default;
  virtual Result<WireObject> Put(const Context&, const PutRequest&) = 0;
  virtual Result<Upload> BeginUpload(const Context&, const KeyRequest&) = 0;
  virtual Result<Done> SendPart(const Context&, const PartRequest&) = 0;
  virtual Result<WireObject> FinishUpload(const Context&, const FinishRequest&) = 0;
  virtual Result<Done> DropUpload(const Context&, const Upload&) = 0;
  virtual Result<std::unique_ptr<net::ByteSource>> Read(const Context&, const ReadRequest&) = 0;
  virtual Result<WireObject> Head(const Context&, const KeyRequest&) = 0;
  virtual Result<ListAnswer> List(const Context&, const ListRequest&) = 0;
  virtual Result<Done> Delete(const Context&, const KeyRequest&) = 0;
  virtual Result<ListBucketsAnswer> ListBuckets(const Context&, const ListBucketsRequest&) = 0;
  virtual Result<BucketInfo> CreateBucket(const Context&, const BucketRecord&) = 0;
  virtual Result<Done> RemoveBucket(const Context&, const BucketRequest&) = 0;
};

using StorageMethods =
    net::Methods<"storage", net::Method<"Put", &StorageCalls::Put>, net::Method<"BeginUpload", &StorageCalls::BeginUpload>,
                 net::Method<"SendPart", &StorageCalls::SendPart>, net::Method<"FinishUpload", &StorageCalls::FinishUpload>,
                 net::Method<"DropUpload", &StorageCalls::DropUpload>, net::Method<"Read", &StorageCalls::Read>,
                 net::Method<"Head", &StorageCalls::Head>, net::Method<"List", &StorageCalls::List>,
                 net::Method<"Delete", &StorageCalls::Delete>, net::Method<"ListBuckets", &StorageCalls::ListBuckets>,
                 net::Method<"CreateBucket", &StorageCalls::CreateBucket>, net::Method<"RemoveBucket", &StorageCalls::RemoveBucket>>;

}  // namespace lakehouse::storage
