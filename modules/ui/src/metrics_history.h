#pragma once
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "lakehouse/base/clock.h"
#include "lakehouse/base/guarded.h"
#include "lakehouse/base/metrics.h"
#include "lakehouse/base/task_group.h"

namespace lakehouse::ui {

/// The sums of one metric over all its labels, read from the text that /metrics shows. Buckets are by their upper bound.
double MetricSum(const std::string& metrics_text, std::string_view name);
/// Upper bound of the bucket that holds this quantile of what came between two states of a histogram; 0 when nothing came.
double MetricQuantile(const std::string& before, const std::string& after, std::string_view name, double quantile);

/// What a few metrics were over the last hour, sampled by a thread of its own. Thread-safe.
class MetricsHistory {
 public:
  struct Sources {
    Metrics& metrics;
    std::function<std::int64_t()> errors;         ///< recorded so far
    std::function<std::int64_t()> storage_bytes;  ///< of all datasets
    const Clock& clock;
  };
  struct Series {
    std::vector<double> requests_per_second, p95_ms, errors, in_flight, memory_mb, storage_bytes;
    std::int64_t from_micros = 0;
    double error_sum = 0;
  };
  MetricsHistory(Sources sources, std::int64_t interval_ms, std::size_t capacity = 241);
  ~MetricsHistory();

  /// Oldest first; the newest is of this moment.
  Series Load();

 private:
  struct Sample {
    std::int64_t wall_micros = 0;
    std::map<double, double> latencies;  ///< of all routes together: requests so far by upper bound in seconds
    double requests = 0, active = 0, memory_mb = 0;
    std::int64_t errors = 0, storage = 0;
  };
  Sample Take() const;

  Sources sources_;
  const std::size_t capacity_;
  Guarded<std::deque<Sample>> samples_;
  TaskGroup tasks_;
};

}  // namespace lakehouse::ui
