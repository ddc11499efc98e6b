// The engine's own cost: a worker's cold start, SELECT 1 through a worker, a million rows as JSON and as Arrow, each beside the DuckDB
// library in this process. Prints a table; `engine_bench [rows]`.
#include <duckdb.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lakehouse/base/file.h"
#include "lakehouse/engine/session.h"
#include "lakehouse/engine/worker.h"

namespace {

using namespace lakehouse;

template <typename T>
T Must(Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "%s\n", result.error().ToString().c_str());
    std::exit(1);
  }
  return std::move(result).Take();
}

/// Milliseconds: the median of `count` runs.
double Median(int count, const std::function<void()>& run) {
  std::vector<double> times;
  for (int i = 0; i < count; ++i) {
    const auto began = std::chrono::steady_clock::now();
    run();
    times.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began).count());
  }
  std::nth_element(times.begin(), times.begin() + count / 2, times.end());
  return times[static_cast<std::size_t>(count) / 2];
}

/// The library in this process: every chunk is fetched and dropped.
class Library {
 public:
  Library() {
    duckdb_open(nullptr, &database_);
    duckdb_connect(database_, &connection_);
    Query("SET threads=2");
  }
  ~Library() {
    duckdb_disconnect(&connection_);
    duckdb_close(&database_);
  }
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;
  void Query(const char* sql) {
    duckdb_result result{};
    duckdb_query(connection_, sql, &result);
    while (duckdb_data_chunk chunk = duckdb_fetch_chunk(result)) duckdb_destroy_data_chunk(&chunk);
    duckdb_destroy_result(&result);
  }

 private:
  duckdb_database database_ = nullptr;
  duckdb_connection connection_ = nullptr;
};

void Print(const char* what, double ours, double theirs, const char* note) {
  std::printf("%-34s %10.3f %10.3f   %s\n", what, ours, theirs, note);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && std::string(argv[1]) == "worker") return lakehouse::engine::WorkerMain(argc, argv);
  const std::string rows = argc > 1 ? argv[1] : "1000000";
  const auto directory = Must(TemporaryDirectory::Create("/tmp", "engine-bench"));
  sandbox::WorkerOptions options;
  options.root = directory.path();
  options = engine::EngineWorkers(options, {});
  unsigned started = 0;
  std::unique_ptr<sandbox::Worker> worker;
  const auto start = [&] {
    worker.reset();
    worker = Must(sandbox::Worker::Start({}, options, "w" + std::to_string(started), started));
    ++started;
  };
  std::printf("%-34s %10s %10s   median, ms\n", "", "worker", "library");
  Print("cold start", Median(15, start), 0, "jailed and open");
  std::printf("%-34s %10.1f MB\n", "memory of an idle worker", static_cast<double>(worker->MemoryBytes()) / 1e6);

  Library library;
  engine::Session session(*worker);
  const auto run = [&](const std::string& sql, engine::Format format) {
    return Must(session.RunToEnd({}, {.statement = sql, .format = format, .max_rows = UINT64_MAX, .max_bytes = UINT64_MAX}));
  };
  Print("SELECT 1, parsed and run",
        Median(1'000,
               [&] {
                 (void)Must(session.Parse({}, "SELECT 1"));
                 (void)run("SELECT 1", engine::Format::kJsonRows);
               }),
        Median(1'000, [&] { library.Query("SELECT 1"); }), "");
  const std::string wide =
      "SELECT i AS id, i % 100 AS g, 'name-' || (i * 7919 % 50021) AS v, (i * 31 % 1000003) / 100.0 AS amount, TIMESTAMP '2024-01-01' + "
      "to_seconds(i) AS ts FROM range(" +
      rows + ") t(i)";
  const std::string as_json = "SELECT to_json([id, g]), to_json(v), to_json(amount), to_json(ts) FROM (" + wide + ")";
  Print((rows + " x 5, JSON rows").c_str(), Median(5, [&] { (void)run(wide, engine::Format::kJsonRows); }),
        Median(5, [&] { library.Query(as_json.c_str()); }), "library: to_json of each column");
  Print((rows + " x 5, Arrow stream").c_str(), Median(5, [&] { (void)run(wide, engine::Format::kArrowStream); }),
        Median(5, [&] { library.Query(wide.c_str()); }), "library: chunks only");
  const auto summary = run(wide, engine::Format::kJsonRows).summary;
  std::printf("JSON: %.1f MB, of which the worker spent %.1f ms on the query and %.1f ms on encoding and sending\n",
              static_cast<double>(summary.bytes) / 1e6, static_cast<double>(summary.run_us) / 1e3,
              static_cast<double>(summary.encode_us) / 1e3);
}
