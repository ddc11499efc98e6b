#include "store_access.h"

#include <condition_variable>
#include <mutex>

#include "lakehouse/base/hash.h"

namespace lakehouse::catalog {

Status PauseBefore(const Context& context, const RetryOptions& retry, int attempt) {
  LH_TRY(context.Check());
  if (attempt <= 1 || retry.pause_ms <= 0) return Ok{};
  std::int64_t pause_ms = retry.pause_ms << std::min(attempt - 2, 10);
  if (const auto left = context.deadline.RemainingMs()) pause_ms = std::min(pause_ms, *left);
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  wake.wait_for(lock, context.cancel, std::chrono::milliseconds(pause_ms), [] { return false; });
  return context.Check();
}

Status PutWriteOnce(const Context& context, storage::ObjectStore& store, const std::string& key, std::string_view octets,
                    const RetryOptions& retry) {
  Error last(ErrorCode::kInternal, "never tried");
  for (int attempt = 1; attempt <= retry.attempts; ++attempt) {
    if (auto wait = PauseBefore(context, retry, attempt); !wait) return attempt == 1 ? std::move(wait).TakeError() : std::move(last);
    auto put = store.PutIfAbsent(context, key, octets);
    if (put) return Ok{};
    last = std::move(put).TakeError();
    if (last.code() == ErrorCode::kAlreadyExists || last.code() == ErrorCode::kOutcomeUnknown) {
      const auto there = store.Get(context, key);
      if (there && *there == octets) return Ok{};
      if (there) return Error(ErrorCode::kCorruption, "object " + key + " exists with other octets").Named("corrupt_object");
    } else if (last.code() != ErrorCode::kUnavailable) {
      break;
    }
  }
  return std::move(last).While("write " + key);
}

Status VerifyOctets(const ObjectRef& reference, std::string_view octets) {
  if (static_cast<std::int64_t>(octets.size()) != reference.size_bytes)
    return Error(ErrorCode::kCorruption, "object " + reference.key + " has " + std::to_string(octets.size()) + " bytes, expected " +
                                             std::to_string(reference.size_bytes))
        .Named("corrupt_object");
  if (Sha256Hex(octets) != reference.sha256)
    return Error(ErrorCode::kCorruption, "object " + reference.key + " does not have the SHA-256 it was committed with")
        .Named("corrupt_object");
  return Ok{};
}

Result<std::string> GetVerified(const Context& context, storage::ObjectStore& store, const ObjectRef& reference) {
  std::string octets = LH_TRY(store.Get(context, reference.key));
  LH_TRY(VerifyOctets(reference, octets));
  return octets;
}

Result<std::optional<std::string>> FindOctets(const Context& context, storage::ObjectStore& store, const std::string& key,
                                              const RetryOptions& retry) {
  for (int attempt = 1;; ++attempt) {
    LH_TRY(PauseBefore(context, retry, attempt));
    auto got = store.Get(context, key);
    if (got) return std::optional<std::string>(std::move(got).Take());
    if (got.error().code() == ErrorCode::kNotFound) return std::optional<std::string>();
    if (got.error().code() != ErrorCode::kUnavailable || attempt >= retry.attempts) return std::move(got).TakeError().While("read " + key);
  }
}

Result<std::vector<storage::ObjectInfo>> ListAll(const Context& context, storage::ObjectStore& store, const std::string& prefix,
                                                 const std::string& start_after) {
  std::vector<storage::ObjectInfo> all;
  std::string after = start_after;
  do {
    storage::ListPage page = LH_TRY_WHILE(store.List(context, prefix, after, storage::kMaxListPage), "list " + prefix);
    all.insert(all.end(), std::make_move_iterator(page.objects.begin()), std::make_move_iterator(page.objects.end()));
    after = std::move(page.next);
  } while (!after.empty());
  return all;
}

}  // namespace lakehouse::catalog
