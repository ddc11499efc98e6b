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
  std::string key;           ///< of the object it stands in
  std::uint64_t offset = 0;  ///< there
  LogBatchName name;
  std::string sha256;
  DecodedLogBatch decoded;
  bool packed = false;  ///< then whole once, so that nothing of it can be an interrupted write
  std::string broken;   ///< why a pack, of which this is the first, could not be taken apart; empty: it was
};

AppendLogReader::AppendLogReader(ObjectStore& store, std::string prefix, std::size_t max_batches)
    : store_(store), prefix_(std::move(prefix)), max_batches_(max_batches) {}
AppendLogReader::~AppendLogReader() = default;

Status AppendLogReader::Refresh(const Context& context) {
  // A batch may move into a pack between the list and the look at it.
  constexpr int kLooks = 3;
  for (int look = 0; look < kLooks; ++look)
    if (LH_TRY(ReadNew(context))) break;
  return Ok{};
}

/// False when something that was in the list was gone.
Result<bool> AppendLogReader::ReadNew(const Context& context) {
  std::vector<std::pair<LogPackName, std::string>> found;  // an own object is a pack of one
  std::string after;
  do {
    ListPage page = LH_TRY(store_.List(context, prefix_, after, kMaxListPage));
    for (const ObjectInfo& object : page.objects) {
      if (const auto batch = ParseLogBatchKey(prefix_, object.key))
        found.push_back({{batch->writer, batch->number, batch->number}, object.key});
      if (auto pack = ParseLogPackKey(prefix_, object.key)) found.emplace_back(std::move(*pack), object.key);
    }
    after = std::move(page.next);
  } while (!after.empty());
  bool all_there = true;
  std::size_t room = max_batches_;
  for (auto at = found.rbegin(); at != found.rend() && room > 0; ++at) {
    const auto& [name, key] = *at;
    room -= std::min(room, static_cast<std::size_t>(name.last - name.first + 1));
    bool is_new = false;
    for (std::int64_t number = name.first; number <= name.last && !is_new; ++number) is_new = !batches_.contains({name.writer, number});
    if (!is_new) continue;
    auto octets = store_.Get(context, key);
    all_there = all_there && (octets || octets.error().code() != ErrorCode::kNotFound);
    if (!octets && octets.error().code() == ErrorCode::kNotFound) continue;
    if (!octets) return std::move(octets).TakeError();
    std::vector<LogPackPart> parts{{0, *octets}};
    std::string broken;
    if (name.first != name.last) {
      auto apart = DecodeLogPack(name, *octets);
      if (!apart) broken = apart.error().message();
      parts = apart ? std::move(apart).Take() : std::vector<LogPackPart>{{0, std::string_view()}};
    }
    for (std::size_t i = 0; i < parts.size(); ++i) {
      auto batch = std::make_unique<Batch>();
      batch->key = key;
      batch->offset = parts[i].offset;
      batch->name = {name.writer, name.first + static_cast<std::int64_t>(i)};
      batch->sha256 = Sha256Hex(parts[i].octets);
      if (broken.empty()) batch->decoded = DecodeLogBatch(batch->name, parts[i].octets);
      batch->broken = broken;
      batch->packed = name.first != name.last;
      batches_.try_emplace({name.writer, batch->name.number}, std::move(batch));
    }
  }
  while (batches_.size() > max_batches_) batches_.erase(batches_.begin());
  return all_there;
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
    const Batch* batch = at->second.get();
    const auto note = [&](std::uint64_t offset, std::string what) {
      damages.push_back({batch->key, batch->offset + offset, std::move(what)});
    };
    if (!batch->broken.empty()) note(0, batch->broken);
    for (const auto& damage : batch->decoded.damages) note(damage.offset, damage.what);
    const auto next = std::next(at);
    const bool is_last = next == batches_.end() || next->second->name.writer != batch->name.writer;
    if (batch->decoded.torn_at && (!is_last || batch->packed)) note(*batch->decoded.torn_at, "does not fit its sum, and the log goes on");
    if (before != nullptr && before->name.writer == batch->name.writer && before->broken.empty() && batch->broken.empty()) {
      if (before->name.number + 1 != batch->name.number)
        note(0, "a batch before it is missing");
      else if (batch->decoded.previous_sha256 && *batch->decoded.previous_sha256 != before->sha256)
        note(0, "the batch before it is not the one that it was written behind");
    }
    before = batch;
  }
  return damages;
}

Result<bool> CheckLogObject(std::string_view key, std::string_view octets) {
  constexpr std::size_t kLastParts = 2;  // writer, and batch or pack
  std::size_t end = key.size();
  for (std::size_t i = 0; i < kLastParts && end != std::string_view::npos && end > 0; ++i) end = key.rfind('/', end - 1);
  if (end == std::string_view::npos || end == 0) return false;
  const std::string prefix(key.substr(0, end + 1));
  const auto sound = [](const LogBatchName& name, const LogPackPart& part) -> Status {
    const DecodedLogBatch batch = DecodeLogBatch(name, part.octets);
    if (batch.damages.empty()) return Ok{};
    return Error(ErrorCode::kCorruption, "octet " + std::to_string(part.offset + batch.damages[0].offset) + ": " + batch.damages[0].what)
        .Named("corrupt_object");
  };
  if (const auto name = ParseLogBatchKey(prefix, key)) {
    LH_TRY(sound(*name, {0, octets}));
    return true;
  }
  const auto pack = ParseLogPackKey(prefix, key);
  if (!pack) return false;
  std::int64_t number = pack->first;
  for (const LogPackPart& part : LH_TRY(DecodeLogPack(*pack, octets))) LH_TRY(sound({pack->writer, number++}, part));
  return true;
}

}  // namespace lakehouse::storage
