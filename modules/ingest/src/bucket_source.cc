#include "bucket_source.h"

#include <unistd.h>

#include <deque>

#include "lakehouse/storage/bucket_key.h"
#include "lakehouse/storage/object_key.h"

namespace lakehouse::ingest {
namespace {

constexpr std::size_t kMostObjects = 10'000;

class BucketSource final : public FileSource {
 public:
  BucketSource(storage::ObjectStore& store, BucketPrefix prefix) : store_(store), prefix_(std::move(prefix)) {}

  Result<std::optional<File>> Next(const Context& context, const Marks& marks) override {
    if (!listed_) LH_TRY(List(context, marks));
    if (waiting_.empty()) return std::optional<File>();
    LH_TRY(context.Check());
    const storage::ObjectInfo object = waiting_.front();
    waiting_.pop_front();
    const std::string key(storage::SplitBucketKey(object.key).key);
    File file{.path = prefix_.spool + "/" + prefix_.file_id + "-" + std::to_string(++number_) + ".pull",
              .owned = true,
              .name = key.substr(key.rfind('/') + 1),
              .origin = prefix_.bucket + "/" + key,
              .marks = {{key, MarkOf(object)}},
              .fault = {}};
    file.fault = LH_TRY(Bring(context, object, file));
    return std::optional(std::move(file));
  }

  Status Settle(const Context&, const File& file, bool, Marks& marks) override {
    // A refused one is not asked for again until it changes.
    for (const auto& [key, mark] : file.marks) marks[key] = mark;
    return Ok{};
  }

 private:
  /// One that is too large has the limit in its mark: it is asked for again when the operator raises that.
  std::string MarkOf(const storage::ObjectInfo& object) const {
    const std::string mark = std::to_string(object.size_bytes) + ":" + std::to_string(object.modified_micros);
    return IsTooLarge(object) ? mark + ":above " + std::to_string(prefix_.max_bytes) : mark;
  }
  bool IsTooLarge(const storage::ObjectInfo& object) const { return object.size_bytes > static_cast<std::uint64_t>(prefix_.max_bytes); }

  /// What is wrong with this object alone; errors are those of the store or of this machine, which the next object would meet, too.
  Result<std::optional<Error>> Bring(const Context& context, const storage::ObjectInfo& object, const File& file) {
    if (IsTooLarge(object))
      return std::optional(Error(ErrorCode::kTooLarge, "it has " + std::to_string(object.size_bytes) + " octets, and at most " +
                                                           std::to_string(prefix_.max_bytes) + " are pulled (ingest.max_upload)")
                               .Named("source_too_large"));
    ::unlink(file.path.c_str());
    const auto got = store_.GetToFile(context, object.key, file.path);
    if (got) return std::optional<Error>();
    ::unlink(file.path.c_str());
    using enum ErrorCode;
    const bool is_of_object =
        got.error().code() == kNotFound || got.error().code() == kCorruption || got.error().code() == kInvalidArgument;
    if (!is_of_object) return Error(got.error()).While("read " + file.origin);
    return std::optional(got.error());
  }

  Status List(const Context& context, const Marks& marks) {
    std::size_t seen = 0;
    for (std::string after;;) {
      const auto page = LH_TRY(store_.List(context, storage::InBucket(prefix_.bucket, prefix_.prefix), after, storage::kMaxListPage));
      for (const storage::ObjectInfo& object : page.objects) {
        const std::string key(storage::SplitBucketKey(object.key).key);
        if (!storage::ReservedPrefixOf(key).empty() || object.size_bytes == 0) continue;
        if (++seen > kMostObjects)
          return Error(ErrorCode::kUnprocessable, "more than 10,000 objects lie below " + prefix_.bucket + "/" + prefix_.prefix +
                                                      ": give the schedule a narrower prefix")
              .Named("too_many_files");
        const auto mark = marks.find(key);
        if (mark == marks.end() || mark->second != MarkOf(object)) waiting_.push_back(object);
      }
      if (page.next.empty()) break;
      after = page.next;
    }
    listed_ = true;
    return Ok{};
  }

  storage::ObjectStore& store_;
  const BucketPrefix prefix_;
  bool listed_ = false;
  int number_ = 0;
  std::deque<storage::ObjectInfo> waiting_;
};

}  // namespace

Result<BucketPrefix> ParseBucketUrl(const std::string& url) {
  const std::size_t slash = url.find('/');
  BucketPrefix prefix;
  prefix.bucket = url.substr(0, slash);
  if (slash != std::string::npos) prefix.prefix = url.substr(slash + 1);
  LH_TRY(storage::CheckBucketName(prefix.bucket));
  const bool is_own = prefix.bucket == storage::kRescueBucket || !storage::ReservedPrefixOf(prefix.prefix).empty() ||
                      (prefix.bucket == storage::kPrimaryBucket && prefix.prefix.empty());
  if (is_own || !storage::ValidateKeyPrefix(prefix.prefix))
    return Error(ErrorCode::kInvalidArgument, "objects are named as bucket/prefix, and the prefix is not one of the system's own")
        .Named("bad_url");
  return prefix;
}

std::unique_ptr<FileSource> OpenBucketSource(storage::ObjectStore& store, BucketPrefix prefix) {
  return std::make_unique<BucketSource>(store, std::move(prefix));
}

}  // namespace lakehouse::ingest
