#include "lakehouse/base/metrics.h"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <cmath>
#include <mutex>

namespace lakehouse {
namespace {

// As the text format names them.
constexpr std::string_view kCounterKind = "counter";
constexpr std::string_view kGaugeKind = "gauge";
constexpr std::string_view kHistogramKind = "histogram";

/// [a-z_][a-z0-9_]*: narrower than the format, so that names look alike.
bool IsMetricName(std::string_view name) {
  const auto is_part = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
  return !name.empty() && !(name[0] >= '0' && name[0] <= '9') && std::all_of(name.begin(), name.end(), is_part);
}

std::string EscapedForMetrics(std::string_view text, bool quotes) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\n') {
      escaped += "\\n";
      continue;
    }
    if (c == '\\' || (quotes && c == '"')) escaped += '\\';
    escaped += c;
  }
  return escaped;
}

std::string NumberText(double value) {
  char digits[32];
  return std::string(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

/// "" or "{a=\"1\",le=\"+Inf\"}"
std::string LabelText(const Metrics::Labels& labels, std::string_view bound = {}) {
  std::string text;
  for (const auto& [name, value] : labels) text += (text.empty() ? "" : ",") + name + "=\"" + EscapedForMetrics(value, true) + "\"";
  if (!bound.empty()) text.append(text.empty() ? "" : ",").append("le=\"").append(bound).append("\"");
  return text.empty() ? text : "{" + text + "}";
}

void AddLine(std::string& text, std::string_view name, std::string_view suffix, const std::string& labels, const std::string& value) {
  text.append(name).append(suffix).append(labels).append(" ").append(value).append("\n");
}

}  // namespace

struct Metrics::State {
  struct OneSeries {
    Counter counter;
    Gauge gauge;
    std::unique_ptr<Histogram> histogram;  // the big one: made for histograms only
  };

  struct Family {
    std::string_view kind;
    std::string help;
    std::map<Metrics::Labels, OneSeries> series;  // nodes stay where they are
  };

  std::mutex mutex;
  std::map<std::string, Family, std::less<>> families;

  OneSeries& Series(std::string_view kind, std::string_view name, std::string_view help, const Labels& labels) {
    assert(IsMetricName(name));
    for ([[maybe_unused]] const auto& [label, value] : labels) assert(IsMetricName(label) && label != "le");
    const std::scoped_lock lock(mutex);
    auto family = families.find(name);
    if (family == families.end()) family = families.try_emplace(std::string(name), Family{kind, std::string(help), {}}).first;
    assert(family->second.kind == kind && "one name, two kinds of metric");
    OneSeries& series = family->second.series[labels];
    if (kind == kHistogramKind && series.histogram == nullptr) series.histogram = std::make_unique<Histogram>();
    return series;
  }
};

void Histogram::Observe(double seconds) {
  if (!(seconds >= 0)) seconds = 0;  // a clock that went back, or NaN
  const auto bucket = static_cast<std::size_t>(std::lower_bound(std::begin(kBounds), std::end(kBounds), seconds) - std::begin(kBounds));
  buckets_[bucket].fetch_add(1, std::memory_order_relaxed);
  count_.fetch_add(1, std::memory_order_relaxed);
  constexpr double kYear = 365.0 * 24 * 3600;
  sum_micros_.fetch_add(std::llround(std::min(seconds, kYear) * 1e6), std::memory_order_relaxed);
}

Metrics::Metrics() : state_(std::make_unique<State>()) {}
Metrics::~Metrics() = default;

Counter& Metrics::counter(std::string_view name, std::string_view help, const Labels& labels) {
  return state_->Series(kCounterKind, name, help, labels).counter;
}
Gauge& Metrics::gauge(std::string_view name, std::string_view help, const Labels& labels) {
  return state_->Series(kGaugeKind, name, help, labels).gauge;
}
Histogram& Metrics::histogram(std::string_view name, std::string_view help, const Labels& labels) {
  return *state_->Series(kHistogramKind, name, help, labels).histogram;
}

std::string Metrics::ToText() const {
  const std::scoped_lock lock(state_->mutex);
  std::string text;
  for (const auto& [name, family] : state_->families) {
    text += "# HELP " + name + " " + EscapedForMetrics(family.help, false) + "\n";
    text += "# TYPE " + name + " " + std::string(family.kind) + "\n";
    for (const auto& [labels, series] : family.series) {
      if (family.kind == kCounterKind) AddLine(text, name, "", LabelText(labels), std::to_string(series.counter.value()));
      if (family.kind == kGaugeKind) AddLine(text, name, "", LabelText(labels), std::to_string(series.gauge.value()));
      if (family.kind != kHistogramKind) continue;
      const Histogram& histogram = *series.histogram;
      std::uint64_t below = 0;  // counted from the buckets, so that the last one and the count agree while others observe
      for (std::size_t i = 0; i < std::size(Histogram::kBounds); ++i) {
        below += histogram.buckets_[i].load(std::memory_order_relaxed);
        AddLine(text, name, "_bucket", LabelText(labels, NumberText(Histogram::kBounds[i])), std::to_string(below));
      }
      below += histogram.buckets_[std::size(Histogram::kBounds)].load(std::memory_order_relaxed);
      AddLine(text, name, "_bucket", LabelText(labels, "+Inf"), std::to_string(below));
      const auto micros = static_cast<double>(histogram.sum_micros_.load(std::memory_order_relaxed));
      AddLine(text, name, "_sum", LabelText(labels), NumberText(micros / 1e6));
      AddLine(text, name, "_count", LabelText(labels), std::to_string(below));
    }
  }
  return text;
}

}  // namespace lakehouse
