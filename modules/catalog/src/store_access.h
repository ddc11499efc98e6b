#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "lakehouse/catalog/types.h"
#include "lakehouse/storage/object_store.h"

/// What the catalog does with the store, with the outcome settled.
namespace lakehouse::catalog {

/// How often and how patiently one operation of the store is tried again.
struct RetryOptions {
  int attempts = 5;
  std::int64_t pause_ms = 20;  ///< before the second try; doubles each time
};

/// Waits before try number `attempt` (from 1), unless the context ends.
Status PauseBefore(const Context& context, const RetryOptions& retry, int attempt);

/// Makes the object, or finds that it is there already with the same octets. For keys that hold a digest or a fresh id, so
/// that other octets under the key are damage (kCorruption). kOutcomeUnknown: it may be there or not, which is harmless.
Status PutWriteOnce(const Context& context, storage::ObjectStore& store, const std::string& key, std::string_view octets,
                    const RetryOptions& retry);

/// The octets, when length and digest are those of the reference. kNotFound: gone. kCorruption, reason "corrupt_object".
Result<std::string> GetVerified(const Context& context, storage::ObjectStore& store, const ObjectRef& reference);
Status VerifyOctets(const ObjectRef& reference, std::string_view octets);

/// Get that takes "no such object" for an answer, and tries again while the store is away.
Result<std::optional<std::string>> FindOctets(const Context& context, storage::ObjectStore& store, const std::string& key,
                                              const RetryOptions& retry);

/// All keys that start with `prefix` and sort after `start_after`.
Result<std::vector<storage::ObjectInfo>> ListAll(const Context& context, storage::ObjectStore& store, const std::string& prefix,
                                                 const std::string& start_after = {});

}  // namespace lakehouse::catalog
