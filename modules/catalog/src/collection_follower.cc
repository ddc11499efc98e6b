#include "lakehouse/catalog/collection_follower.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <mutex>

#include "lakehouse/base/file.h"
#include "record.h"

namespace lakehouse::catalog {
namespace {

constexpr std::int64_t kRecordsAtOnce = 200;
constexpr std::int64_t kMostRecords = 10'000;  ///< to be read; it is quicker to fetch what is needed anew than to read more
constexpr std::int64_t kMarkEvery = 1'000;     ///< records
constexpr std::int64_t kLookTimeoutMs = 60'000;

/// 0: there is no such file, or it holds no number.
std::int64_t ReadMark(const std::string& path) {
  const auto text = ReadFile(path);
  std::int64_t mark = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), mark);
  return mark;
}

}  // namespace

CollectionFollower::CollectionFollower(Catalog& catalog, LocalCopies& copies, Log& log, Options options)
    : catalog_(catalog), copies_(copies), log_(log), options_(std::move(options)) {
  seen_ = marked_ = ReadMark(options_.mark_path);
  tasks_.Start("collection", [this](std::stop_token stop) { Follow(std::move(stop)); });
}
CollectionFollower::~CollectionFollower() = default;

void CollectionFollower::Follow(std::stop_token stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  bool failing = false;
  while (!stop.stop_requested()) {
    const Context context{.principal = "system", .trace = "collection", .deadline = Deadline::After(kLookTimeoutMs), .cancel = stop};
    const Status looked = Look(context);
    if (!looked && !failing && !stop.stop_requested())
      log_.Warning("what the lake has deleted stays on this machine for now", {{"error", looked.error().ToString()}});
    failing = !looked;
    std::unique_lock lock(mutex);
    never.wait_for(lock, stop, std::chrono::milliseconds(options_.poll_ms), [] { return false; });
  }
}

Status CollectionFollower::Look(const Context& context) {
  const std::int64_t head = LH_TRY(catalog_.LoadStatus(context, {})).sequence;
  const std::int64_t last = options_.last_collection ? std::min(options_.last_collection(), head) : head;
  bool knows_which = seen_ > 0 && seen_ <= head && last - seen_ <= kMostRecords;  // else: a first start, another lake, a long sleep
  if (last > seen_ || seen_ > head) {
    std::vector<std::string> keys;
    if (knows_which) knows_which = LH_TRY(LoadKeys(context, last, keys));
    if (!knows_which) copies_.ForgetAll();
    if (!keys.empty()) copies_.Forget(keys);
    sweeping_ = sweeping_ || !knows_which || !keys.empty();
  }
  seen_ = head;
  const bool swept = sweeping_ && copies_.Sweep();
  if (swept) sweeping_ = false;
  if (sweeping_ || (!swept && seen_ - marked_ < kMarkEvery)) return Ok{};
  LH_TRY(ReplaceFile(options_.mark_path, std::to_string(seen_)));
  marked_ = seen_;
  return Ok{};
}

/// False: a record cannot be read.
Result<bool> CollectionFollower::LoadKeys(const Context& context, std::int64_t last, std::vector<std::string>& keys) {
  for (std::int64_t next = seen_ + 1; next <= last;) {
    const auto page = catalog_.ReadRecords(context, {next, std::min(kRecordsAtOnce, last - next + 1)});
    if (!page && page.error().code() == ErrorCode::kCorruption) return false;
    if (!page) return page.error();
    if (page->records.empty()) return true;
    next = page->records.back().sequence + 1;
    for (const LogRecord& record : page->records) {
      if (record.json.text.find("\"deleted\"") == std::string::npos && record.json.text.find("\"erased\"") == std::string::npos) continue;
      for (const Transaction& transaction : LH_TRY(DecodeRecord(record.json.text)).txns)
        for (const ChangeRecord& change : transaction.changes)
          for (const auto* gone : {&change.deleted, &change.erased})
            if (*gone) keys.insert(keys.end(), (*gone)->keys.begin(), (*gone)->keys.end());
    }
  }
  return true;
}

}  // namespace lakehouse::catalog
