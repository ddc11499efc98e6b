#pragma once
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "lakehouse/base/file.h"
#include "lakehouse/base/log.h"
#include "lakehouse/base/metrics.h"
#include "lakehouse/query/local_query.h"
#include "lakehouse/storage/object_cache.h"
#include "lakehouse/storage/object_store.h"
#include "query_testing/fake_catalog.h"
#include "side_engine.h"

namespace lakehouse::query {

/// A lake in a temporary directory with real Parquet files, a pool of real jailed workers, and a LocalQuery over both.
class TestLake {
 public:
  struct Options {
    LocalQuery::Options query;
    unsigned workers = 2;
    std::uint64_t address_space_bytes = 3ull << 30;
    std::int64_t stop_grace_ms = 500;
  };
  TestLake() : TestLake(Options()) {}
  explicit TestLake(Options options);
  ~TestLake();

  /// Another process over the same directories, as far as queries go; its metrics count on.
  void Restart();

  /// The rows of this SELECT (in the side engine) as the next version of the dataset, in `file_count` files.
  void Put(const std::string& dataset, const std::string& select, int file_count = 1, std::int64_t time_micros = 0);
  /// Files that the side engine writes: data, and position deletes of (file_path, pos).
  catalog::DataFile WriteFile(const std::string& select, catalog::FileContent content = catalog::FileContent::kData);
  catalog::Schema SchemaOf(const std::string& select);

  struct Answer {
    QueryHeader header;
    QuerySummary summary;
    std::string body;
  };
  Result<Answer> Ask(const std::string& sql, ResultFormat format = ResultFormat::kJsonRows, const std::string& principal = "tester");
  /// The rows in JSON, or "ERROR <reason>: <message>".
  std::string Rows(const std::string& sql);

  Context context(const std::string& principal = "tester") const;
  const std::string& path() const { return place_.path(); }

  SideEngine side;
  FakeCatalog catalog;
  Metrics metrics;
  Log log{"test", LogLevel::kError, [](std::string_view) {}};
  catalog::AccessBook access{catalog, log, {.poll_ms = 0}};
  catalog::SystemTables system_tables;
  std::unique_ptr<storage::ObjectStore> store;
  std::unique_ptr<storage::ObjectCache> cache;
  std::unique_ptr<sandbox::WorkerPool> workers;
  std::unique_ptr<LocalQuery> query;

 private:
  TemporaryDirectory place_;
  LocalQuery::Options query_options_;
  int next_file_ = 0;
};

}  // namespace lakehouse::query
