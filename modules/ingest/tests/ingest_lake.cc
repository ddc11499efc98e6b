#include "ingest_lake.h"

#include <cstdlib>
#include <filesystem>

#include "lakehouse/engine/worker.h"
#include "lakehouse/storage/bucket_store.h"

namespace lakehouse::ingest {
namespace {

template <typename T>
T Must(Result<T> result) {
  if (!result) {
    ADD_FAILURE() << result.error().ToString();
    std::abort();
  }
  return std::move(result).Take();
}

}  // namespace

std::string DataFolder() {
  const char* named = std::getenv("LAKEHOUSE_SHARED_DATA");
  return named != nullptr ? named : LAKEHOUSE_SHARED_DATA_DEFAULT;
}
bool HasSharedData() { return std::filesystem::exists(DataFolder() + "/expected.json"); }

void ForEachExpected(const std::string& list, const std::function<void(const std::string& file, JsonView expected)>& visit) {
  const auto text = ReadFile(DataFolder() + "/" + list);
  ASSERT_TRUE(text.ok());
  const auto document = JsonDocument::Parse(*text);
  ASSERT_TRUE(document.ok()) << document.error().ToString();
  const auto done = document->root().ForEachMember([&](std::string_view file, JsonView expected) -> Status {
    visit(std::string(file), expected);
    return Ok{};
  });
  ASSERT_TRUE(done.ok());
}

IngestLake::IngestLake(const Setup& setup) : directory_(Must(TemporaryDirectory::Create(testing::TempDir(), "ingest-"))) {
  store_ = Must(storage::OpenLocalObjectStore(path() + "/lake"));
  auto faulty = std::make_unique<storage::FaultyObjectStore>(*store_);
  faulty_ = faulty.get();
  lake_ = std::move(faulty);
  if (setup.has_rescue) {
    storage::BucketStore::Options buckets;
    buckets.rescue = storage::BucketRecord{.name = "rescue", .url = "s3://rescue"};
    const auto open = [this](const Context&, const storage::BucketRecord&, bool) -> Result<std::unique_ptr<storage::ObjectStore>> {
      return std::unique_ptr<storage::ObjectStore>(std::make_unique<storage::FaultyObjectStore>(rescue_));
    };
    lake_ = storage::BucketStore::Make({.primary = std::move(lake_), .open = open, .log = log_}, std::move(buckets));
  }
  EXPECT_TRUE(CreateDirectories(path() + "/scratch").ok());
  tables_ = Must(engine::ParquetTables::Open({.scratch = path() + "/scratch"}));
  codec_ = catalog::MakeParquetTableCodec(*tables_);
  catalog_ = Must(catalog::LocalCatalog::Open(NewContext(), {.store = *lake_, .codec = *codec_, .log = log_, .metrics = metrics_},
                                              {.retry_pause_ms = 1}));
  cache_ = Must(storage::ObjectCache::Open(*lake_, {.directory = path() + "/cache"}, metrics_, log_));
  const auto pool = [&](const std::string& name, unsigned count) {
    sandbox::WorkerPool::Options options;
    options.max_workers = count;
    options.worker.executable = LAKEHOUSE_INGEST_TEST_WORKER;
    options.worker.root = path() + "/" + name;
    options.worker = engine::EngineWorkers(options.worker, {});
    return Must(sandbox::WorkerPool::Start(options, metrics_, log_));
  };
  workers_ = pool("workers", setup.runners);
  query_workers_ = pool("query", 1);
  query_ = std::make_unique<query::LocalQuery>(*catalog_, *cache_, *query_workers_, metrics_, log_, query::LocalQuery::Options{});
  Restart(setup);
}

void IngestLake::Restart(const Setup& setup) {
  ingest_.reset();
  IngestOptions options;
  options.spool = spools().front();
  options.accepted = path() + "/accepted";
  options.accepted_bytes = setup.accepted_bytes;
  options.kept_jobs = setup.kept_jobs;
  options.runners = setup.runners;
  options.queue_capacity = setup.queue_capacity;
  options.max_unpacked_bytes = setup.max_unpacked_bytes;
  options.databases = "127.0.0.1";
  options.source_retry_ms = 50;
  options.source_attempts = 200;
  options.source_patience_ms = setup.source_patience_ms;
  options.hosts = setup.hosts;
  options.inbox = path() + "/inbox";
  options.inbox_settle_ms = 50;
  options.schedule_tick_ms = setup.schedule_tick_ms;
  options.max_pull_bytes = setup.max_pull_bytes;
  options.ocr_languages = setup.ocr_languages;
  options.replay_interval_ms = setup.replay_interval_ms;
  ingest_ = Must(OpenLocalIngest({.catalog = *catalog_,
                                  .store = *lake_,
                                  .cache = *cache_,
                                  .workers = *workers_,
                                  .query = *query_,
                                  .metrics = metrics_,
                                  .log = log_,
                                  .secrets = setup.secrets,
                                  .errors = setup.errors,
                                  .error_archive = setup.error_archive},
                                 options));
}

IngestLake::~IngestLake() = default;

}  // namespace lakehouse::ingest
