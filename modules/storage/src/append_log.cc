#include "lakehouse/storage/append_log.h"

#include <algorithm>
#include <utility>

#include "lakehouse/base/hash.h"
#include "lakehouse/base/uuid.h"
#include "log_batch.h"

namespace lakehouse::storage {
namespace {

constexpr std::size_t kMaxBatchRecords = 1'000;
constexpr std::size_t kMaxBatchBytes = std::size_t{1} << 20U;

}  // namespace

AppendLogWriter::AppendLogWriter(ObjectStore& store, std::string prefix, const Clock& clock, Random& random)
    : store_(store), prefix_(std::move(prefix)), writer_(NewUuid(clock, random).ToString()) {}

Result<std::size_t> AppendLogWriter::Append(const Context& context, const std::vector<std::string>& records) {
  const LogBatchName name{writer_, batch_};
  if (octets_.empty()) {
    std::size_t bytes = 0;
    std::vector<std::string> batch;
    for (const std::string& record : records) {
      if (batch.size() == kMaxBatchRecords || (!batch.empty() && bytes + record.size() > kMaxBatchBytes)) break;
      bytes += record.size();
      batch.push_back(record);
    }
    if (batch.empty()) return std::size_t{0};
    octets_ = EncodeLogBatch(name, previous_sha256_, batch);
    count_ = batch.size();
  }
  const std::string key = LogBatchKey(prefix_, name);
  const auto put = store_.PutIfAbsent(context, key, octets_);
  if (!put) {
    const ErrorCode code = put.error().code();
    if (code != ErrorCode::kAlreadyExists && code != ErrorCode::kOutcomeUnknown) return put.error();
    const auto there = store_.Get(context, key);  // nobody else writes this part: it is ours or not there yet
    if (!there) return put.error();
    if (*there != octets_)
      return Error(ErrorCode::kCorruption, "batch " + key + " of a log does not hold what was written").Named("corrupt_object");
  }
  ++batch_;
  previous_sha256_ = Sha256Hex(octets_);
  octets_.clear();
  return std::exchange(count_, 0);
}

struct AppendLogReader::Batch {
  LogBatchName name;
  std::string sha256;
  DecodedLogBatch decoded;
};

AppendLogReader::AppendLogReader(ObjectStore& store, std::string prefix, std::size_t max_batches)
    : store_(store), prefix_(std::move(prefix)), max_batches_(max_batches) {}
AppendLogReader::~AppendLogReader() = default;

Status AppendLogReader::Refresh(const Context& context) {
  std::vector<std::pair<std::string, LogBatchName>> found;
  std::string after;
  do {
    ListPage page = LH_TRY(store_.List(context, prefix_, after, kMaxListPage));
    for (const ObjectInfo& object : page.objects)
      if (auto name = ParseLogBatchKey(prefix_, object.key)) found.emplace_back(object.key, std::move(*name));
    after = std::move(page.next);
  } while (!after.empty());
  const std::size_t first = found.size() - std::min(found.size(), max_batches_);
  for (std::size_t i = first; i < found.size(); ++i) {
    auto& [key, name] = found[i];
    if (batches_.contains(key)) continue;
    auto octets = store_.Get(context, key);
    if (!octets && octets.error().code() == ErrorCode::kNotFound) continue;
    if (!octets) return std::move(octets).TakeError();
    auto batch = std::make_unique<Batch>();
    batch->sha256 = Sha256Hex(*octets);
    batch->decoded = DecodeLogBatch(name, *octets);
    batch->name = std::move(name);
    batches_.emplace(key, std::move(batch));
  }
  while (batches_.size() > max_batches_) batches_.erase(batches_.begin());
  return Ok{};
}

std::vector<LoggedRecord> AppendLogReader::records() const {
  std::vector<LoggedRecord> records;
  for (const auto& [key, batch] : batches_)
    for (const std::string& text : batch->decoded.records) records.push_back({batch->name.writer, batch->name.number, text});
  return records;
}

std::vector<LogDamage> AppendLogReader::damages() const {
  std::vector<LogDamage> damages;
  const Batch* before = nullptr;
  for (auto at = batches_.begin(); at != batches_.end(); ++at) {
    const auto& [key, batch] = *at;
    for (const auto& damage : batch->decoded.damages) damages.push_back({key, damage.offset, damage.what});
    const auto next = std::next(at);
    const bool is_last = next == batches_.end() || next->second->name.writer != batch->name.writer;
    if (batch->decoded.torn_at && !is_last) damages.push_back({key, *batch->decoded.torn_at, "does not fit its sum, and the log goes on"});
    if (before != nullptr && before->name.writer == batch->name.writer) {
      if (before->name.number + 1 != batch->name.number)
        damages.push_back({key, 0, "a batch before it is missing"});
      else if (batch->decoded.previous_sha256 && *batch->decoded.previous_sha256 != before->sha256)
        damages.push_back({key, 0, "the batch before it is not the one that it was written behind"});
    }
    before = batch.get();
  }
  return damages;
}

}  // namespace lakehouse::storage
