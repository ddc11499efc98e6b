#pragma once
#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "catalog_testing/plain_table_codec.h"
#include "lakehouse/base/hash.h"
#include "lakehouse/catalog/local_catalog.h"
#include "lakehouse/storage/memory_object_store.h"

/// What tests around a catalog need: a lake in memory, a clock that a test moves, files to commit.
namespace lakehouse::catalog {

/// Stands at kNowMicros until it is moved.
class TestClock final : public Clock {
 public:
  static constexpr std::int64_t kNowMicros = 1'700'000'000'000'000;
  std::int64_t WallMicros() const override { return wall_micros; }
  std::int64_t SteadyNanos() const override { return SystemClock().SteadyNanos(); }
  std::atomic<std::int64_t> wall_micros{kNowMicros};
};

/// Everything a LocalCatalog stands on. The store may be replaced before it is opened.
struct TestLake {
  std::shared_ptr<storage::ObjectStore> store = std::make_shared<storage::MemoryObjectStore>();
  std::shared_ptr<TableCodec> codec = std::make_shared<PlainTableCodec>();
  TestClock clock;
  Log log{"test", LogLevel::kError, [](std::string_view) {}, clock};
  Metrics metrics;

  /// Nothing runs in the background and no retry waits, unless asked for.
  static LocalCatalog::Options QuietOptions() {
    LocalCatalog::Options options;
    options.maintain_in_background = false;
    options.retry_pause_ms = 0;
    return options;
  }
  Result<std::unique_ptr<LocalCatalog>> Open(LocalCatalog::Options options = QuietOptions()) {
    return LocalCatalog::Open({}, {*store, *codec, log, metrics, clock}, std::move(options));
  }
};

/// Puts an object of these octets and says what a commit needs to know of it.
inline DataFile PutTestFile(storage::ObjectStore& store, const std::string& key, std::int64_t rows,
                            const std::string& octets = "rows of a table") {
  const auto put = store.PutIfAbsent({}, key, octets);
  assert(put || put.error().code() == ErrorCode::kAlreadyExists);
  return {FileContent::kData, key, static_cast<std::int64_t>(octets.size()), Sha256Hex(octets), rows, {}};
}

inline Schema TestSchema(std::vector<std::pair<std::string, std::string>> columns = {{"id", "BIGINT"}, {"name", "VARCHAR"}}) {
  Schema schema;
  for (auto& [name, type] : columns) schema.columns.push_back({std::move(name), std::move(type), 0, {}});
  return schema;
}

inline CommitRequest CreateOf(const std::string& dataset, std::vector<DataFile> files, Schema schema = TestSchema()) {
  SnapshotChange change;
  change.dataset = dataset;
  change.operation = Operation::kCreate;
  change.schema = std::move(schema);
  change.add = std::move(files);
  CommitRequest request;
  request.changes.push_back(std::move(change));
  return request;
}

inline CommitRequest ChangeOf(const std::string& dataset, Operation operation, std::vector<DataFile> files,
                              std::optional<std::int64_t> base = {}) {
  SnapshotChange change;
  change.dataset = dataset;
  change.operation = operation;
  change.base_version = base;
  change.add = std::move(files);
  CommitRequest request;
  request.changes.push_back(std::move(change));
  return request;
}

}  // namespace lakehouse::catalog
