#pragma once
#include <gmock/gmock.h>

#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "lakehouse/base/file.h"
#include "lakehouse/catalog/local_catalog.h"
#include "lakehouse/engine/parquet_table.h"
#include "lakehouse/ingest/local_ingest.h"
#include "lakehouse/query/local_query.h"
#include "lakehouse/storage/local_object_store.h"
#include "storage_testing/faulty_object_store.h"

namespace lakehouse::ingest {

/// A whole lake in a directory: store, catalog, workers, query, ingest. Everything is real.
class IngestLake {
 public:
  struct Setup {
    unsigned runners = 1;
    unsigned queue_capacity = 256;
    std::int64_t max_unpacked_bytes = std::int64_t{1} << 30;
  };
  IngestLake() : IngestLake(Setup{}) {}
  explicit IngestLake(Setup setup);
  ~IngestLake();

  static Context NewContext();
  /// The file's path.
  std::string WriteFile(const std::string& name, const std::string& octets);
  /// Start and Wait.
  Job Ingest(const IngestRequest& request);
  Job IngestFile(const std::string& dataset, const std::string& path, Mode mode = Mode::kAuto, const std::string& key = {});
  Job IngestText(const std::string& dataset, const std::string& file_name, const std::string& octets, Mode mode = Mode::kAuto,
                 const std::string& key = {});
  /// Rows as JSON arrays with commas between, or the error's text.
  std::string Rows(const std::string& sql);
  /// "name TYPE, …" of a dataset's head, or the error's text.
  std::string Columns(const std::string& dataset);
  std::int64_t Version(const std::string& dataset);

  ingest::Ingest& ingest() { return *ingest_; }
  catalog::Catalog& catalog() { return *catalog_; }
  storage::ObjectStore& store() { return *store_; }
  /// Between the store and all others; does nothing until a fault is injected.
  storage::FaultyObjectStore& faults() { return *faulty_; }
  const std::string& path() const { return directory_->path(); }
  std::vector<std::string> Spooled() const;

 private:
  std::optional<TemporaryDirectory> directory_;
  Metrics metrics_;
  Log log_{"ingest_test", LogLevel::kError, [](std::string_view) {}};
  std::unique_ptr<storage::ObjectStore> store_;
  std::unique_ptr<storage::FaultyObjectStore> faulty_;
  std::unique_ptr<engine::ParquetTables> tables_;
  std::unique_ptr<catalog::TableCodec> codec_;
  std::unique_ptr<catalog::LocalCatalog> catalog_;
  std::unique_ptr<storage::ObjectCache> cache_;
  std::unique_ptr<sandbox::WorkerPool> workers_, query_workers_;
  std::unique_ptr<query::LocalQuery> query_;
  std::unique_ptr<ingest::Ingest> ingest_;
  int files_ = 0;
};

inline void PrintTo(JobState state, std::ostream* out) { *out << WireName(state); }

std::string DataFolder();
bool HasSharedData();

}  // namespace lakehouse::ingest
