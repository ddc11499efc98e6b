// The catalog by itself; prints one JSON line.
//   catalog_bench puts DIRECTORY                       durable writes of 700 bytes per second, which is what a record is
//   catalog_bench commits DIRECTORY CLIENTS SECONDS    commits with a manifest each: per second, and how long each waits
//   catalog_bench write DIRECTORY DATASETS COMMITS     a lake on disk with that history, without going through its commits
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <thread>

#include "checkpoint.h"
#include "gc_boundary.h"
#include "lake_format.h"
#include "lakehouse/base/file.h"
#include "lakehouse/base/hash.h"
#include "lakehouse/catalog/local_catalog.h"
#include "lakehouse/catalog/schema.h"
#include "lakehouse/engine/parquet_table.h"
#include "lakehouse/storage/local_object_store.h"
#include "segment.h"

namespace {

using namespace lakehouse;
using namespace lakehouse::catalog;

/// The value; a benchmark that cannot go on says why and ends.
template <typename T>
T Must(Result<T> result) {
  if (result) return std::move(result).Take();
  std::fprintf(stderr, "catalog_bench: %s\n", result.error().ToString().c_str());
  std::exit(1);
}

/// A lake on disk, with what it stands on.
struct DiskLake {
  std::unique_ptr<storage::ObjectStore> store;
  std::unique_ptr<engine::ParquetTables> tables;
  std::unique_ptr<TableCodec> codec;
  Log log{"bench", LogLevel::kError, StandardErrorSink()};
  Metrics metrics;

  explicit DiskLake(const std::string& directory)
      : store(storage::OpenLocalObjectStore(directory).Take()),
        tables(engine::ParquetTables::Open({"/tmp"}).Take()),
        codec(MakeParquetTableCodec(*tables)) {}
  std::unique_ptr<LocalCatalog> Open() { return LocalCatalog::Open({}, {*store, *codec, log, metrics}, {}).Take(); }
};

double Seconds(std::int64_t since_ns) { return static_cast<double>(SystemClock().SteadyNanos() - since_ns) * 1e-9; }

CommitRequest Append(const std::string& dataset, const DataFile& file, bool is_first) {
  SnapshotChange change;
  change.dataset = dataset;
  change.operation = is_first ? Operation::kCreate : Operation::kReplace;
  if (is_first) change.schema = Schema{{{"id", "BIGINT", 0, {}}}, ""};
  change.add.push_back(file);
  CommitRequest request;
  request.changes.push_back(std::move(change));
  return request;
}

int MeasurePuts(const std::string& directory) {
  DiskLake lake(directory);
  constexpr int kPuts = 300;
  const std::string octets(700, 'x');
  const std::int64_t begin = SystemClock().SteadyNanos();
  for (int i = 0; i < kPuts; ++i) Must(lake.store->PutIfAbsent({}, "bench/" + std::to_string(i), octets));
  std::printf("{\"per_second\":%.1f}\n", kPuts / Seconds(begin));
  return 0;
}

int MeasureCommits(const std::string& directory, int clients, double seconds) {
  DiskLake lake(directory);
  const auto catalog = lake.Open();
  const std::string octets(1000, 'x');
  Must(lake.store->PutIfAbsent({}, "datasets/x/data/1", octets));
  const DataFile file{FileContent::kData, "datasets/x/data/1", 1000, Sha256Hex(octets), 10, {}};
  std::vector<double> waits;
  std::mutex mutex;  // protects waits
  const std::int64_t begin = SystemClock().SteadyNanos();
  const auto run = [&](const std::string& name) {
    std::vector<double> mine;
    for (bool is_first = true; Seconds(begin) < seconds; is_first = false) {
      const std::int64_t asked = SystemClock().SteadyNanos();
      Must(catalog->Commit({}, Append(name, file, is_first)));
      mine.push_back(Seconds(asked) * 1e3);
    }
    const std::lock_guard lock(mutex);
    waits.insert(waits.end(), mine.begin(), mine.end());
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < clients; ++i) threads.emplace_back(run, "d" + std::to_string(i));
  for (std::thread& thread : threads) thread.join();
  std::sort(waits.begin(), waits.end());
  const auto at = [&](double share) { return waits[static_cast<std::size_t>(share * static_cast<double>(waits.size() - 1))]; };
  std::printf("{\"per_second\":%.1f,\"p50_ms\":%.2f,\"p99_ms\":%.2f,\"records\":%lld}\n",
              static_cast<double>(waits.size()) / Seconds(begin), at(0.5), at(0.99),
              static_cast<long long>(catalog->LoadStatus({}, {})->sequence));
  return 0;
}

/// Writes a lake without going through its commits: records, segments, a checkpoint, and a tail of plain records.
void WriteLake(DiskLake& lake, int datasets, int commits) {
  constexpr int kTail = 900;
  const std::string lake_id = "00000000-0000-4000-8000-000000000000";
  Must(lake.store->Put({}, std::string(kFormatKey), EncodeFormat({lake_id, 1})));
  LakeState state;
  std::vector<std::string> waiting;
  const std::int64_t packed = std::max(0, commits - kTail) / kSegmentRecords * kSegmentRecords;
  for (std::int64_t seq = 1; seq <= commits; ++seq) {
    Transaction transaction{"019a0000-0000-7000-8000-" + std::to_string(100'000'000'000 + seq), "user:bench", {}, {}, {}};
    transaction.idempotency = IdempotencyRecord{"key-" + std::to_string(seq), Sha256Hex(std::to_string(seq)), 200, {}};
    if (seq == 1) transaction.changes.emplace_back().epoch = EpochRecord{lake_id, "bench"};
    const std::string name = "dataset_" + std::to_string(seq % datasets);
    const DatasetRef before = state.Find(name);
    SnapshotRecord snapshot;
    snapshot.dataset = name;
    snapshot.version = before ? before->head().version + 1 : 1;
    snapshot.operation = before ? Operation::kAppend : Operation::kCreate;
    if (!before) snapshot.schema = CompleteSchema({{{"id", "BIGINT", 0, {}}, {"name", "VARCHAR", 0, {}}, {"city", "VARCHAR", 0, {}}}, ""});
    snapshot.rows = seq;
    snapshot.file_count = 1;
    snapshot.manifest =
        ObjectRef{"datasets/" + name + "/manifest/1-" + transaction.commit_id + ".parquet", 2000, Sha256Hex(transaction.commit_id)};
    snapshot.summary = {{"source", "upload.csv"}, {"job", std::to_string(seq)}};
    transaction.changes.emplace_back().snapshot = std::move(snapshot);
    const std::string json = EncodeTransaction(transaction).Take();
    const RecordHeader header{seq, state.head().sha256, 1, 1'700'000'000'000'000 + seq * 1000};
    std::string octets = AssembleRecord(header, std::span(&json, 1));
    Must(state.Apply({header, "", {std::move(transaction)}}, Sha256Hex(octets)));
    if (seq > packed) {
      Must(lake.store->PutIfAbsent({}, RecordKey(seq), octets));
      continue;
    }
    waiting.push_back(std::move(octets));
    if (seq % kSegmentRecords != 0) continue;
    const std::string segment = Must(EncodeSegment({}, *lake.codec, seq - kSegmentRecords + 1, waiting));
    Must(lake.store->PutIfAbsent({}, SegmentName{seq - kSegmentRecords + 1, seq, Sha256Hex(segment)}.Key(), segment));
    waiting.clear();
    if (seq == packed) Must(CheckpointStore(*lake.store, *lake.codec, {}).Write({}, state));
  }
  if (packed > 0) Must(lake.store->Put({}, std::string(kBoundaryKey), EncodeBoundary(packed)));
}

}  // namespace

int main(int argc, char** argv) {
  const std::string verb = argc > 2 ? argv[1] : "";
  if (verb == "puts" && argc == 3) return MeasurePuts(argv[2]);
  if (verb == "commits" && argc == 5) return MeasureCommits(argv[2], std::atoi(argv[3]), std::atof(argv[4]));
  if (verb == "write" && argc == 5) {
    DiskLake lake(argv[2]);
    WriteLake(lake, std::atoi(argv[3]), std::atoi(argv[4]));
    std::printf("{\"written\":%s}\n", argv[4]);
    return 0;
  }
  std::fprintf(stderr, "usage: catalog_bench puts DIRECTORY | commits DIRECTORY CLIENTS SECONDS | write DIRECTORY DATASETS COMMITS\n");
  return 2;
}
