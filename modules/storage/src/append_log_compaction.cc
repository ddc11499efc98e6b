#include <algorithm>
#include <map>
#include <utility>

#include "lakehouse/base/failpoint.h"
#include "lakehouse/base/hash.h"
#include "lakehouse/storage/append_log.h"
#include "log_batch.h"

namespace lakehouse::storage {
namespace {

Failpoint after_pack("storage.log.after_pack");
Failpoint between_deletes("storage.log.between_deletes");

constexpr std::size_t kMostPackBatches = 1'000;
constexpr std::size_t kMostPackBytes = std::size_t{4} << 20U;

/// One run over one log.
class LogCompaction {
 public:
  LogCompaction(const Context& context, ObjectStore& store, const std::string& prefix)
      : context_(context), store_(store), prefix_(prefix) {}

  Result<CompactedLog> Run() {
    LH_TRY(Find());
    for (const auto& [writer, numbers] : batches_) {
      LH_TRY(RemovePacked(writer));
      LH_TRY(Pack(writer));
    }
    return done_;
  }

 private:
  Status Find() {
    std::string after;
    do {
      const ListPage page = LH_TRY(store_.List(context_, prefix_, after, kMaxListPage));
      for (const ObjectInfo& object : page.objects) {
        if (const auto batch = ParseLogBatchKey(prefix_, object.key)) batches_[batch->writer].push_back(batch->number);
        if (auto pack = ParseLogPackKey(prefix_, object.key)) packs_[pack->writer].push_back(std::move(*pack));
      }
      after = page.next;
    } while (!after.empty());
    return Ok{};
  }

  /// What a run that was interrupted has packed and not removed.
  Status RemovePacked(const std::string& writer) {
    std::vector<std::int64_t>& numbers = batches_[writer];
    for (const LogPackName& pack : packs_[writer]) {
      const auto is_inside = [&](std::int64_t number) { return number >= pack.first && number <= pack.last; };
      if (std::none_of(numbers.begin(), numbers.end(), is_inside)) continue;
      const std::string octets = LH_TRY(store_.Get(context_, LogPackKey(prefix_, pack)));
      const auto parts = DecodeLogPack(pack, octets);
      for (const std::int64_t number : numbers) {
        if (!parts || !is_inside(number)) continue;
        const std::string key = LogBatchKey(prefix_, {writer, number});
        const auto single = store_.Get(context_, key);
        if (single && *single == (*parts)[static_cast<std::size_t>(number - pack.first)].octets) LH_TRY(Remove(key));
      }
      std::erase_if(numbers, is_inside);  // one that is not the same stays where it is, for readers to tell
    }
    return Ok{};
  }

  Status Pack(const std::string& writer) {
    std::vector<std::string> run;
    std::int64_t first = 0;
    std::size_t bytes = 0;
    for (const std::int64_t number : batches_[writer]) {
      LH_TRY(context_.Check());
      auto octets = store_.Get(context_, LogBatchKey(prefix_, {writer, number}));
      if (!octets && octets.error().code() != ErrorCode::kNotFound) return std::move(octets).TakeError();
      const bool is_sound = octets && IsSound({writer, number}, *octets);
      const bool follows = is_sound && !run.empty() && number == first + static_cast<std::int64_t>(run.size()) &&
                           DecodeLogBatch({writer, number}, *octets).previous_sha256 == Sha256Hex(run.back());
      const bool fits = run.size() < kMostPackBatches && octets && bytes + octets->size() <= kMostPackBytes;
      if (!run.empty() && (!follows || !fits)) {
        LH_TRY(Write(writer, first, run));
        run.clear();
      }
      if (!is_sound) continue;
      if (run.empty()) first = number, bytes = 0;
      bytes += octets->size();
      run.push_back(std::move(octets).Take());
    }
    return Write(writer, first, run);
  }

  static bool IsSound(const LogBatchName& name, std::string_view octets) {
    const DecodedLogBatch batch = DecodeLogBatch(name, octets);
    return batch.previous_sha256 && batch.damages.empty() && !batch.torn_at;
  }

  Status Write(const std::string& writer, std::int64_t first, const std::vector<std::string>& run) {
    if (run.size() < 2) return Ok{};
    const LogPackName name{writer, first, first + static_cast<std::int64_t>(run.size()) - 1};
    const std::string key = LogPackKey(prefix_, name), octets = EncodeLogPack(name, run);
    if (const auto put = store_.PutIfAbsent(context_, key, octets); !put) {
      if (put.error().code() != ErrorCode::kAlreadyExists && put.error().code() != ErrorCode::kOutcomeUnknown) return put.error();
      const auto there = store_.Get(context_, key);
      if (!there || *there != octets) return put.error();
    }
    ++done_.packs;
    done_.batches += static_cast<std::int64_t>(run.size());
    LH_TRY(after_pack.Hit());
    for (std::int64_t number = name.first; number <= name.last; ++number) LH_TRY(Remove(LogBatchKey(prefix_, {writer, number})));
    return Ok{};
  }

  Status Remove(const std::string& key) {
    LH_TRY(store_.Delete(context_, key));
    ++done_.removed;
    return between_deletes.Hit();
  }

  const Context& context_;
  ObjectStore& store_;
  const std::string& prefix_;
  std::map<std::string, std::vector<std::int64_t>> batches_;  ///< numbers by writer, rising
  std::map<std::string, std::vector<LogPackName>> packs_;
  CompactedLog done_;
};

}  // namespace

Result<CompactedLog> CompactAppendLog(const Context& context, ObjectStore& store, const std::string& prefix) {
  return LogCompaction(context, store, prefix).Run();
}

Result<std::int64_t> TrimAppendLog(const Context& context, ObjectStore& store, const std::string& prefix, std::int64_t before_micros) {
  std::int64_t removed = 0;
  std::string after, kept_writer;  // of which something younger was met
  do {
    const ListPage page = LH_TRY(store.List(context, prefix, after, kMaxListPage));
    for (const ObjectInfo& object : page.objects) {
      const auto batch = ParseLogBatchKey(prefix, object.key);
      const auto pack = ParseLogPackKey(prefix, object.key);
      if ((!batch && !pack) || (batch ? batch->writer : pack->writer) == kept_writer) continue;
      if (object.modified_micros >= before_micros) {
        kept_writer = batch ? batch->writer : pack->writer;
        continue;
      }
      LH_TRY(store.Delete(context, object.key));
      ++removed;
    }
    after = page.next;
  } while (!after.empty());
  return removed;
}

}  // namespace lakehouse::storage
