// vector_bench FOLDER DIMENSION [filters|updates]...: builds our index over the folder's rows with the defaults that ship and prints one
// line of JSON: what peers.py prints of a peer. See bench/vector/sets.py for the folder.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "lakehouse/base/json_writer.h"
#include "lakehouse/vector/row_source.h"
#include "lakehouse/vector/vector_index.h"

namespace {

using namespace lakehouse;
using namespace lakehouse::vector;
using SteadyClock = std::chrono::steady_clock;

template <typename T>
class Mapped {
 public:
  explicit Mapped(const std::string& path) {
    const int fd = open(path.c_str(), O_RDONLY);
    struct stat status{};
    if (fd < 0 || fstat(fd, &status) != 0) {
      std::cerr << "vector_bench: cannot read " << path << "\n";
      std::exit(1);
    }
    const auto size = static_cast<std::size_t>(status.st_size);
    void* memory = mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    close(fd);
    values_ = {static_cast<const T*>(memory), size / sizeof(T)};
  }
  std::span<const T> values() const { return values_; }

 private:
  std::span<const T> values_;
};

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double Since(SteadyClock::time_point begin) { return std::chrono::duration<double>(SteadyClock::now() - begin).count(); }

template <typename T>
T Must(Result<T> result) {
  if (!result) {
    std::cerr << "vector_bench: " << result.error().ToString() << "\n";
    std::exit(1);
  }
  return std::move(result).Take();
}

struct Set {
  std::uint32_t dimension = 0;
  std::span<const float> base, queries;
  std::span<const std::int32_t> truth;  // 100 of each query
  std::size_t query_count() const { return queries.size() / dimension; }
  std::span<const float> query(std::size_t i) const { return queries.subspan(i * dimension, dimension); }
};

double RecallAgainst(const SearchResult& found, std::span<const std::int32_t> truth) {
  std::size_t hits = 0;
  for (const std::int32_t row : truth)
    hits += static_cast<std::size_t>(
        std::any_of(found.neighbors.begin(), found.neighbors.end(), [&](const Neighbor& n) { return n.row == static_cast<RowId>(row); }));
  return truth.empty() ? 1 : static_cast<double>(hits) / static_cast<double>(truth.size());
}

struct Latency {
  double p50 = 0, p99 = 0;
};

/// The best of some passes for every query, so that other processes of the machine count little.
Latency MeasureLatency(const VectorIndex& index, const Set& set, std::size_t count, const SearchParameters& parameters, int passes) {
  std::vector<double> best(count, std::numeric_limits<double>::infinity());
  for (int pass = 0; pass < passes; ++pass)
    for (std::size_t i = 0; i < count; ++i) {
      const auto begin = SteadyClock::now();
      (void)Must(index.Search({}, set.query(i), parameters));
      best[i] = std::min(best[i], Since(begin) * 1e6);
    }
  std::sort(best.begin(), best.end());
  return {best[count / 2], best[count * 99 / 100]};
}

double QueriesPerSecond(const VectorIndex& index, const Set& set) {
  double most = 0;
  for (int round = 0; round < 3; ++round) {
    const auto begin = SteadyClock::now();
    std::vector<std::thread> threads;
    constexpr std::size_t kRepeats = 4;
    for (std::size_t t = 0; t < 2; ++t)
      threads.emplace_back([&, t] {
        for (std::size_t n = t; n < kRepeats * set.query_count(); n += 2) (void)Must(index.Search({}, set.query(n % set.query_count())));
      });
    for (std::thread& thread : threads) thread.join();
    most = std::max(most, static_cast<double>(kRepeats * set.query_count()) / Since(begin));
  }
  return most;
}

double Recall(const VectorIndex& index, const Set& set, const SearchParameters& parameters = {}) {
  double sum = 0;
  for (std::size_t i = 0; i < set.query_count(); ++i)
    sum += RecallAgainst(Must(index.Search({}, set.query(i), parameters)), set.truth.subspan(i * 100, 10));
  return sum / static_cast<double>(set.query_count());
}

/// Against exact answers of our own, whose exactness the main table shows.
double RecallByExact(const VectorIndex& index, const Set& set, std::size_t count, SearchParameters parameters) {
  double sum = 0;
  for (std::size_t i = 0; i < count; ++i) {
    parameters.exact = true;
    std::vector<std::int32_t> truth;
    for (const Neighbor& n : Must(index.Search({}, set.query(i), parameters)).neighbors) truth.push_back(static_cast<std::int32_t>(n.row));
    parameters.exact = false;
    sum += RecallAgainst(Must(index.Search({}, set.query(i), parameters)), truth);
  }
  return sum / static_cast<double>(count);
}

void MeasureFilters(const VectorIndex& index, const Set& set, const std::string& folder, JsonWriter& out) {
  out.Key("filters");
  out.Open('{');
  std::ifstream titles(folder + "/filters.txt");
  std::string title;
  for (int number = 0; std::getline(titles, title); ++number) {
    const Mapped<std::int32_t> keep(folder + "/filter" + std::to_string(number) + ".i32");
    std::vector<std::uint64_t> bitmap(index.rows() / 64 + 1);
    for (const std::int32_t row : keep.values()) bitmap[static_cast<RowId>(row) / 64] |= std::uint64_t{1} << static_cast<RowId>(row) % 64;
    const SearchParameters parameters{.filter = RowFilter::Bitmap(bitmap)};
    const std::size_t count = std::min<std::size_t>(200, set.query_count());
    const Latency latency = MeasureLatency(index, set, count, parameters, 3);
    out.Key(title);
    out.Open('{');
    out.Key("recall"), out.Number(RecallByExact(index, set, count, parameters));
    out.Key("p50_us"), out.Number(latency.p50);
    out.Key("p99_us"), out.Number(latency.p99);
    out.Key("path"), out.String(WireName(Must(index.Search({}, set.query(0), parameters)).path));
    out.Close('}');
  }
  out.Close('}');
}

/// 30 % more rows from elsewhere; then 30 % deleted.
void MeasureUpdates(const IndexSpec& spec, const Set& set, const std::string& folder, JsonWriter& out) {
  const Mapped<std::int32_t> order(folder + "/order.i32");
  RowStore rows(spec.dimension);
  const std::size_t first = order.values().size() * 10 / 13;
  const auto append = [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i)
      (void)Must(rows.Append(set.base.subspan(static_cast<std::size_t>(order.values()[i]) * spec.dimension, spec.dimension)));
  };
  append(0, first);
  auto index = Must(VectorIndex::Build({}, spec, rows));
  append(first, order.values().size());
  const double cpu = CpuSeconds();
  for (std::size_t i = first; i < order.values().size(); ++i) (void)Must(index->Insert({}, 1));
  const std::size_t count = std::min<std::size_t>(500, set.query_count());
  out.Key("insert_cpu_us"), out.Number((CpuSeconds() - cpu) * 1e6 / static_cast<double>(order.values().size() - first));
  out.Key("recall_after_30_percent_shifted_inserts"), out.Number(RecallByExact(*index, set, count, {}));
  out.Key("p50_us_after_inserts"), out.Number(MeasureLatency(*index, set, count, {}, 3).p50);
  std::vector<RowId> gone;
  for (RowId row = 0; row < index->rows(); ++row)
    if (row * 2654435761U % 10 < 3) gone.push_back(row);
  (void)Must(index->Delete(gone));
  out.Key("recall_with_30_percent_deleted"), out.Number(RecallByExact(*index, set, count, {}));
  out.Key("p50_us_with_deleted"), out.Number(MeasureLatency(*index, set, count, {}, 3).p50);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "usage: vector_bench FOLDER DIMENSION [filters] [updates] [portable|avx2|avx512]\n";
    return 2;
  }
  const std::string folder = argv[1];
  const IndexSpec spec = {static_cast<std::uint32_t>(std::stoul(argv[2])), Metric::kCosine};
  IndexOptions options;
  const auto asked = [&](std::string_view what) { return std::find(argv + 3, argv + argc, what) != argv + argc; };
  if (asked("portable")) options.kernels = KernelChoice::kPortable;
  if (asked("avx2")) options.kernels = KernelChoice::kAvx2;
  const Mapped<float> base(folder + "/base.f32"), queries(folder + "/query.f32");
  const Mapped<std::int32_t> truth(folder + "/truth.i32");
  const Set set = {spec.dimension, base.values(), queries.values(), truth.values()};

  RowStore rows(spec.dimension);
  (void)Must(rows.AddPiece(std::as_bytes(base.values())));
  const double cpu = CpuSeconds();
  const auto begin = SteadyClock::now();
  const auto index = Must(VectorIndex::Build({}, spec, rows, options));
  JsonWriter out;
  out.Open('{');
  out.Key("system"), out.String("ours " + index->Stats().kernels);
  out.Key("build_cpu_s"), out.Number(CpuSeconds() - cpu);
  out.Key("build_s"), out.Number(Since(begin));
  const IndexStats stats = index->Stats();
  out.Key("memory_mb"), out.Number(static_cast<double>(stats.memory_bytes) / 1e6);
  out.Key("memory_ratio"), out.Number(static_cast<double>(stats.memory_bytes) / static_cast<double>(base.values().size_bytes()));
  out.Key("lists"), out.Unsigned(stats.lists);
  out.Key("skew"), out.Number(static_cast<double>(stats.longest_list) / std::max<std::uint32_t>(1, stats.median_list));
  out.Key("effort"), out.String(std::to_string(stats.default_probe) + "/" + std::to_string(stats.default_rescore));
  out.Key("calibrated"), out.Number(stats.default_recall);
  out.Key("recall"), out.Number(Recall(*index, set));
  out.Key("exact_recall"), out.Number(Recall(*index, set, {.exact = true}));
  const Latency latency = MeasureLatency(*index, set, set.query_count(), {}, 3);
  out.Key("p50_us"), out.Number(latency.p50);
  out.Key("p99_us"), out.Number(latency.p99);
  out.Key("exact_p50_us"), out.Number(MeasureLatency(*index, set, std::min<std::size_t>(100, set.query_count()), {.exact = true}, 2).p50);
  out.Key("qps_2threads"), out.Number(QueriesPerSecond(*index, set));
  const std::string path = folder + "/index." + std::to_string(getpid());
  (void)Must(index->Save(path, {}));
  const auto opening = SteadyClock::now();
  const auto opened = Must(VectorIndex::Open(path, {}, spec, rows, options));
  out.Key("load_ms"), out.Number(Since(opening) * 1e3);
  unlink(path.c_str());
  if (asked("filters")) MeasureFilters(*index, set, folder, out);
  if (asked("updates")) MeasureUpdates(spec, set, folder, out);
  out.Close('}');
  std::cout << std::move(out).Take() << "\n";
}
