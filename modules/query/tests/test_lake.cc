#include "test_lake.h"

#include "lakehouse/base/hash.h"
#include "lakehouse/engine/session.h"
#include "lakehouse/engine/worker.h"
#include "lakehouse/storage/local_object_store.h"

namespace lakehouse::query {
namespace {

template <typename T>
T Must(Result<T> result) {
  if (!result) ADD_FAILURE() << result.error().ToString();
  return std::move(result).Take();
}

}  // namespace

TestLake::TestLake(Options options) : place_(Must(TemporaryDirectory::Create(testing::TempDir(), "lake-"))) {
  store = Must(storage::OpenLocalObjectStore(path() + "/lake"));
  cache = Must(storage::ObjectCache::Open(*store, {.directory = path() + "/cache"}, metrics, log));
  sandbox::WorkerOptions worker;
  worker.executable = LAKEHOUSE_TEST_WORKER;
  worker.root = path() + "/workers";
  worker.jail.address_space_bytes = options.address_space_bytes;
  worker.stop_grace_ms = options.stop_grace_ms;
  sandbox::WorkerPool::Options pool;
  pool.worker = engine::EngineWorkers(worker, {});
  pool.max_workers = options.workers;
  workers = Must(sandbox::WorkerPool::Start(pool, metrics, log));
  options.query.scratch = path();
  options.query.masked_directory = path() + "/masked";
  options.query.mask_key = Secret("the key of the tests");
  options.query.hot_directory = path() + "/hot";
  options.query.hot_poll_ms = 20;
  options.query.access = &access;
  options.query.system_tables = &system_tables;
  query_options_ = options.query;
  Restart();
}

void TestLake::Restart() {
  query.reset();
  query = std::make_unique<LocalQuery>(catalog, *cache, *workers, metrics, log, query_options_);
}

TestLake::~TestLake() = default;

Context TestLake::context(const std::string& principal) const {
  Context context;
  context.principal = principal;
  context.deadline = Deadline::After(60'000);
  return context;
}

catalog::DataFile TestLake::WriteFile(const std::string& select, catalog::FileContent content) {
  const std::string name = std::to_string(next_file_++) + ".parquet";
  const std::string made = path() + "/" + name;
  const auto copied = side.Rows("COPY (" + select + ") TO " + QuoteText(made) + " (FORMAT parquet, ROW_GROUP_SIZE 2048)");
  EXPECT_EQ(copied.at(0).at(0).find("ERROR"), std::string::npos) << copied.at(0).at(0) << " in " << select;
  catalog::DataFile file;
  file.content = content;
  file.key = (content == catalog::FileContent::kData ? "datasets/d/data/" : "datasets/d/deletes/") + name;
  file.size_bytes = static_cast<std::int64_t>(Must(FileSize(made)));
  file.sha256 = Must(Sha256HexOfFile(made));
  file.rows = copied.at(0).at(0).empty() ? 0 : std::stol(copied.at(0).at(0));
  Must(store->PutFileIfAbsent(context(), file.key, made));
  return file;
}

catalog::Schema TestLake::SchemaOf(const std::string& select) {
  catalog::Schema schema;
  std::int32_t id = 0;
  for (const auto& row : side.Rows("DESCRIBE " + select))
    schema.columns.push_back({.name = row.at(0), .type = row.at(1), .field_id = ++id});
  return schema;
}

void TestLake::Put(const std::string& dataset, const std::string& select, int file_count, std::int64_t time_micros) {
  std::vector<catalog::DataFile> files;
  for (int i = 0; i < file_count; ++i) {
    const std::string part = file_count == 1
                                 ? select
                                 : "SELECT * EXCLUDE (part_) FROM (SELECT *, row_number() OVER () % " + std::to_string(file_count) +
                                       " AS part_ FROM (" + select + ")) WHERE part_ = " + std::to_string(i);
    files.push_back(WriteFile(part));
  }
  catalog.Add(dataset, SchemaOf(select), std::move(files), time_micros);
}

Result<TestLake::Answer> TestLake::Ask(const std::string& sql, ResultFormat format, const std::string& principal) {
  QueryRequest request;
  request.sql = sql;
  request.format = format;
  const auto result = LH_TRY(query->Run(context(principal), request));
  Answer answer;
  answer.header = result->header();
  while (auto octets = LH_TRY(result->Next(context(principal)))) answer.body += *octets;
  answer.summary = result->summary();
  return answer;
}

std::string TestLake::Rows(const std::string& sql) {
  const auto answer = Ask(sql);
  return answer ? answer->body : "ERROR " + std::string(answer.error().reason()) + ": " + answer.error().message();
}

}  // namespace lakehouse::query
