#include "metrics_history.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>

namespace lakehouse::ui {
namespace {

constexpr std::string_view kRequests = "lakehouse_net_requests_total";
constexpr std::string_view kSeconds = "lakehouse_net_request_seconds";
constexpr std::string_view kActive = "lakehouse_query_active";

template <typename Visit>
void ForEachSample(const std::string& text, std::string_view name, Visit visit) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line(text.data() + at, end - at);
    at = end + 1;
    if (!line.starts_with(name)) continue;
    const std::string_view rest = line.substr(name.size());
    if (rest.empty() || (rest[0] != '{' && rest[0] != ' ')) continue;
    const std::size_t space = line.rfind(' ');
    visit(rest, std::strtod(std::string(line.substr(space + 1)).c_str(), nullptr));
  }
}

std::map<double, double> BucketsOf(const std::string& text, std::string_view name) {
  std::map<double, double> buckets;
  ForEachSample(text, std::string(name) + "_bucket", [&](std::string_view labels, double count) {
    const std::size_t le = labels.find("le=\"");
    if (le == std::string_view::npos) return;
    const std::string bound(labels.substr(le + 4, labels.find('"', le + 4) - le - 4));
    buckets[bound == "+Inf" ? HUGE_VAL : std::strtod(bound.c_str(), nullptr)] += count;
  });
  return buckets;
}

double QuantileBetween(const std::map<double, double>& old, const std::map<double, double>& now, double quantile) {
  if (now.empty()) return 0;
  const auto grown = [&](double bound) {
    const auto found = old.find(bound);
    return now.at(bound) - (found == old.end() ? 0 : found->second);
  };
  const double all = grown(now.rbegin()->first);
  if (all <= 0) return 0;
  double last = 0;
  for (const auto& [bound, count] : now) {
    if (std::isinf(bound)) return last;
    last = bound;
    if (grown(bound) >= quantile * all) return bound;
  }
  return last;
}

double ResidentMegabytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:")) return std::strtod(line.c_str() + 6, nullptr) / 1024;
  return 0;
}

std::string LinesOf(const std::string& text, std::string_view name) {
  std::string lines;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line(text.data() + at, end - at);
    // Who waits for a job, or listens to what comes, waits on purpose: that is no latency.
    const bool waits = line.find("/jobs/{id}\"") != std::string_view::npos || line.find("/system/live\"") != std::string_view::npos;
    if (line.starts_with(name) && !waits) lines += text.substr(at, end - at) + "\n";
    at = end + 1;
  }
  return lines;
}

}  // namespace

double MetricSum(const std::string& metrics_text, std::string_view name) {
  double sum = 0;
  ForEachSample(metrics_text, name, [&](std::string_view, double value) { sum += value; });
  return sum;
}

double MetricQuantile(const std::string& before, const std::string& after, std::string_view name, double quantile) {
  return QuantileBetween(BucketsOf(before, name), BucketsOf(after, name), quantile);
}

MetricsHistory::MetricsHistory(Sources sources, std::int64_t interval_ms, std::size_t capacity)
    : sources_(std::move(sources)), capacity_(capacity) {
  samples_.Lock()->push_back(Take());
  tasks_.Start("ui-metrics", [this, interval_ms](std::stop_token stop) {
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    while (!stop.stop_requested()) {
      wake.wait_for(lock, stop, std::chrono::milliseconds(interval_ms), [] { return false; });
      if (stop.stop_requested()) return;
      Sample sample = Take();
      auto samples = samples_.Lock();
      samples->push_back(std::move(sample));
      if (samples->size() > capacity_) samples->pop_front();
    }
  });
}
MetricsHistory::~MetricsHistory() = default;

MetricsHistory::Sample MetricsHistory::Take() const {
  const std::string text = sources_.metrics.ToText();
  Sample sample;
  sample.wall_micros = sources_.clock.WallMicros();
  sample.latencies = BucketsOf(LinesOf(text, std::string(kSeconds) + "_bucket"), kSeconds);
  sample.requests = MetricSum(text, kRequests);
  sample.active = MetricSum(text, kActive);
  sample.memory_mb = ResidentMegabytes();
  sample.errors = sources_.errors();
  sample.storage = sources_.storage_bytes();
  return sample;
}

MetricsHistory::Series MetricsHistory::Load() {
  Sample now = Take();
  Series series;
  auto samples = samples_.Lock();
  series.from_micros = samples->front().wall_micros;
  series.error_sum = static_cast<double>(now.errors - samples->front().errors);
  const Sample* before = nullptr;
  const auto add = [&](const Sample& sample) {
    if (before != nullptr) {
      const double seconds = std::max(.5, static_cast<double>(sample.wall_micros - before->wall_micros) / 1e6);
      series.requests_per_second.push_back((sample.requests - before->requests) / seconds);
      series.p95_ms.push_back(1000 * QuantileBetween(before->latencies, sample.latencies, .95));
      series.errors.push_back(static_cast<double>(sample.errors - before->errors));
    }
    series.in_flight.push_back(sample.active);
    series.memory_mb.push_back(sample.memory_mb);
    series.storage_bytes.push_back(static_cast<double>(sample.storage));
    before = &sample;
  };
  for (const Sample& sample : *samples) add(sample);
  add(now);
  return series;
}

}  // namespace lakehouse::ui
