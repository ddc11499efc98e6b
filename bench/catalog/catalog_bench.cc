// Commits per second at 1, 8 and 32 clients beside the bare durable writes they are made of, and the start of lakes with
// many datasets and commits: time until ready, and peak memory of the process.
//   catalog_bench DIRECTORY          all of it, in a new folder there
//   catalog_bench --open DIRECTORY   opens one lake and prints; run by the former in a process of its own
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <fstream>
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
      : store(storage::OpenLocalObjectStore(directory + "/lake").Take()),
        tables(engine::ParquetTables::Open({directory}).Take()),
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

void MeasurePuts(const std::string& directory) {
  DiskLake lake(directory);
  constexpr int kPuts = 300;
  const std::string octets(700, 'x');
  const std::int64_t begin = SystemClock().SteadyNanos();
  for (int i = 0; i < kPuts; ++i) Must(lake.store->PutIfAbsent({}, "bench/" + std::to_string(i), octets));
  std::printf("durable put of 700 bytes, 1 client: %.0f/s\n", kPuts / Seconds(begin));
}

void MeasureCommits(const std::string& directory, int clients) {
  DiskLake lake(directory + "/" + std::to_string(clients));
  const auto catalog = lake.Open();
  const std::string octets(1000, 'x');
  Must(lake.store->PutIfAbsent({}, "datasets/x/data/1", octets));
  const DataFile file{FileContent::kData, "datasets/x/data/1", 1000, Sha256Hex(octets), 10, {}};
  std::atomic<int> commits = 0;
  const std::int64_t begin = SystemClock().SteadyNanos();
  std::vector<std::thread> threads;
  for (int i = 0; i < clients; ++i)
    threads.emplace_back([&, name = "d" + std::to_string(i)] {
      for (bool is_first = true; Seconds(begin) < 3; is_first = false) {
        Must(catalog->Commit({}, Append(name, file, is_first)));
        ++commits;
      }
    });
  for (std::thread& thread : threads) thread.join();
  std::printf("commits with a manifest each, %d clients: %.0f/s in %lld records\n", clients, commits / Seconds(begin),
              static_cast<long long>(catalog->LoadStatus({}, {})->sequence));
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

int OpenAndPrint(const std::string& directory) {
  const std::int64_t begin = SystemClock().SteadyNanos();
  DiskLake lake(directory);
  const auto catalog = lake.Open();
  const double seconds = Seconds(begin);
  const auto status = catalog->LoadStatus({}, {}).Take();
  std::string peak;
  std::ifstream proc("/proc/self/status");
  for (std::string line; std::getline(proc, line);)
    if (line.starts_with("VmHWM:")) peak = line.substr(6);
  std::printf("start with %lld datasets, %lld records: %.2f s, peak memory%s\n", static_cast<long long>(status.dataset_count),
              static_cast<long long>(status.sequence), seconds, peak.c_str());
  return 0;
}

void MeasureStart(const std::string& program, const std::string& directory, int datasets, int commits) {
  const std::string place = directory + "/start_" + std::to_string(datasets);
  {
    DiskLake lake(place);
    WriteLake(lake, datasets, commits);
  }
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    execl(program.c_str(), program.c_str(), "--open", place.c_str(), nullptr);
    _exit(127);
  }
  int status = 0;
  waitpid(child, &status, 0);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && std::string(argv[1]) == "--open") return OpenAndPrint(argv[2]);
  if (argc != 2) {
    std::fprintf(stderr, "usage: catalog_bench DIRECTORY\n");
    return 2;
  }
  const auto directory = TemporaryDirectory::Create(argv[1], "catalog_bench").Take();
  MeasurePuts(directory.path());
  for (const int clients : {1, 8, 32}) {
    if (!CreateDirectories(directory.path() + "/" + std::to_string(clients))) return 1;
    MeasureCommits(directory.path(), clients);
  }
  for (const auto& [datasets, commits] : {std::pair{1, 1'000}, std::pair{100, 10'000}, std::pair{10'000, 100'000}}) {
    if (!CreateDirectories(directory.path() + "/start_" + std::to_string(datasets))) return 1;
    MeasureStart("/proc/self/exe", directory.path(), datasets, commits);
  }
  return 0;
}
