#include "ingest_lake.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "lakehouse/engine/worker.h"

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

IngestLake::IngestLake(Setup setup) : directory_(Must(TemporaryDirectory::Create(testing::TempDir(), "ingest-"))) {
  store_ = Must(storage::OpenLocalObjectStore(path() + "/lake"));
  faulty_ = std::make_unique<storage::FaultyObjectStore>(*store_);
  EXPECT_TRUE(CreateDirectories(path() + "/scratch").ok());
  EXPECT_TRUE(CreateDirectories(path() + "/files").ok());
  tables_ = Must(engine::ParquetTables::Open({.scratch = path() + "/scratch"}));
  codec_ = catalog::MakeParquetTableCodec(*tables_);
  catalog_ = Must(catalog::LocalCatalog::Open(NewContext(), {.store = *faulty_, .codec = *codec_, .log = log_, .metrics = metrics_},
                                              {.retry_pause_ms = 1}));
  cache_ = Must(storage::ObjectCache::Open(*faulty_, {.directory = path() + "/cache"}, metrics_, log_));
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
  IngestOptions options;
  options.spool = path() + "/spool";
  options.runners = setup.runners;
  options.queue_capacity = setup.queue_capacity;
  options.max_unpacked_bytes = setup.max_unpacked_bytes;
  ingest_ = Must(OpenLocalIngest(
      {.catalog = *catalog_, .store = *faulty_, .cache = *cache_, .workers = *workers_, .query = *query_, .metrics = metrics_, .log = log_},
      options));
}

IngestLake::~IngestLake() = default;

Context IngestLake::NewContext() {
  Context context;
  context.principal = "tester";
  context.deadline = Deadline::After(120'000);
  return context;
}

std::string IngestLake::WriteFile(const std::string& name, const std::string& octets) {
  const std::string directory = path() + "/files/" + std::to_string(++files_);
  EXPECT_TRUE(CreateDirectories(directory).ok());
  std::ofstream(directory + "/" + name, std::ios::binary) << octets;
  return directory + "/" + name;
}

Job IngestLake::Ingest(const IngestRequest& request) {
  const auto started = ingest_->Start(NewContext(), request);
  if (!started) {
    Job job;
    job.state = JobState::kFailed;
    job.error = JobError{std::string(started.error().reason()),        started.error().message(), {}, {}, 0,
                         std::string(WireName(started.error().code()))};
    return job;
  }
  return Must(ingest_->Wait(NewContext(), {started->job.id, 100'000})).job;
}

Job IngestLake::IngestFile(const std::string& dataset, const std::string& file, Mode mode, const std::string& key) {
  IngestRequest request;
  request.name = dataset;
  request.mode = mode;
  request.key = key;
  request.path = file;
  request.file_name = std::filesystem::path(file).filename().string();
  return Ingest(request);
}

Job IngestLake::IngestText(const std::string& dataset, const std::string& file_name, const std::string& octets, Mode mode,
                           const std::string& key) {
  return IngestFile(dataset, WriteFile(file_name, octets), mode, key);
}

std::string IngestLake::Rows(const std::string& sql) {
  query::QueryRequest request;
  request.sql = sql;
  auto result = query_->Run(NewContext(), request);
  if (!result) return "ERROR " + result.error().ToString();
  std::string rows;
  for (;;) {
    const auto chunk = (*result)->Next(NewContext());
    if (!chunk) return "ERROR " + chunk.error().ToString();
    if (!*chunk) return rows;
    rows += **chunk;
  }
}

std::string IngestLake::Columns(const std::string& dataset) {
  const auto described = catalog_->Describe(NewContext(), {dataset, {}});
  if (!described) return "ERROR " + described.error().ToString();
  std::string text;
  for (const catalog::Column& column : described->dataset.head.schema.columns)
    text += (text.empty() ? "" : ", ") + column.name + " " + column.type + (column.tag ? " [" + *column.tag + "]" : "");
  return text;
}

std::int64_t IngestLake::Version(const std::string& dataset) {
  const auto described = catalog_->Describe(NewContext(), {dataset, {}});
  return described ? described->dataset.head.version : 0;
}

std::vector<std::string> IngestLake::Spooled() const {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(path() + "/spool")) names.push_back(entry.path().filename().string());
  return names;
}

}  // namespace lakehouse::ingest
