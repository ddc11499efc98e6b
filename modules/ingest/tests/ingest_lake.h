#pragma once
#include <gmock/gmock.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "ingest_testing/ingest_under_test.h"
#include "lakehouse/base/file.h"
#include "lakehouse/base/json_view.h"
#include "lakehouse/catalog/local_catalog.h"
#include "lakehouse/engine/parquet_table.h"
#include "lakehouse/ingest/local_ingest.h"
#include "lakehouse/query/local_query.h"
#include "lakehouse/storage/local_object_store.h"
#include "lakehouse/storage/memory_object_store.h"
#include "storage_testing/faulty_object_store.h"

namespace lakehouse::ingest {

/// A whole lake in a directory: store, catalog, workers, query, ingest. Everything is real.
class IngestLake final : public IngestUnderTest {
 public:
  struct Setup {
    unsigned runners = 1;
    unsigned queue_capacity = 256;
    std::int64_t max_unpacked_bytes = std::int64_t{1} << 30;
    SecretsProvider* secrets = nullptr;              ///< outlives the lake
    storage::ErrorSink* errors = nullptr;            ///< outlives the lake
    storage::ErrorArchive* error_archive = nullptr;  ///< the same
    std::int64_t source_patience_ms = 60'000;
    std::string hosts{};  ///< that files may be pulled from
    std::int64_t schedule_tick_ms = 20;
    std::int64_t max_pull_bytes = 1 << 20;
    std::string ocr_languages = "eng";
    bool has_rescue = false;
    std::int64_t replay_interval_ms = 2'000;
    std::int64_t accepted_bytes = std::int64_t{1} << 30;
    unsigned kept_jobs = 1'000;
  };
  IngestLake() : IngestLake(Setup{}) {}
  explicit IngestLake(const Setup& setup);
  ~IngestLake() override;

  ingest::Ingest& ingest() override { return *ingest_; }
  catalog::Catalog& catalog() override { return *catalog_; }
  query::Query& query() override { return *query_; }
  storage::ObjectStore& store() { return *store_; }
  const std::string& path() const override { return directory_->path(); }
  std::vector<std::string> spools() const override { return {path() + "/spool"}; }
  const Metrics& metrics() const { return metrics_; }
  /// Between the store, of the buckets primary, and all others; does nothing until a fault is injected.
  storage::FaultyObjectStore& faults() { return *faulty_; }
  /// Ingest ends and begins anew over the same lake; nothing of its memory is left.
  void Restart(const Setup& setup);

 private:
  std::optional<TemporaryDirectory> directory_;
  Metrics metrics_;
  Log log_{"ingest_test", LogLevel::kError, [](std::string_view) {}};
  std::unique_ptr<storage::ObjectStore> store_;
  storage::FaultyObjectStore* faulty_ = nullptr;  // in lake_
  storage::MemoryObjectStore rescue_;
  std::unique_ptr<storage::ObjectStore> lake_;  // what all others use
  std::unique_ptr<engine::ParquetTables> tables_;
  std::unique_ptr<catalog::TableCodec> codec_;
  std::unique_ptr<catalog::LocalCatalog> catalog_;
  std::unique_ptr<storage::ObjectCache> cache_;
  std::unique_ptr<sandbox::WorkerPool> workers_, query_workers_;
  std::unique_ptr<query::LocalQuery> query_;
  std::unique_ptr<ingest::Ingest> ingest_;
};

std::string DataFolder();
bool HasSharedData();
/// The members of a list of what is expected of the files there: "expected.json".
void ForEachExpected(const std::string& list, const std::function<void(const std::string& file, JsonView expected)>& visit);

}  // namespace lakehouse::ingest
