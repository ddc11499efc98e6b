#include "system_parts.h"

#include <sys/statvfs.h>

#include <algorithm>
#include <functional>
#include <ranges>

#include "chart.h"
#include "format.h"

namespace lakehouse::ui {
namespace {

constexpr std::size_t kLargest = 5;

void ShowTile(View& view, const char* words, const std::string& value, const std::string& unit, const std::vector<double>& series,
              bool is_bad = false) {
  View& tile = view.ShowAdd("tile");
  tile.Show("words", words).Show("value", value).Show("unit", unit);
  const std::string line = LinePath(series, 200, 26);
  tile.ShowFlag("drawn", !line.empty()).Show("line", line).Show("area", line + " L200 26 0 26z").ShowFlag("is_bad", is_bad);
}

/// Asks a service something cheap: whether it answers, and how fast.
void ShowService(View& view, House& house, const char* name, const char* does, const std::function<Result<std::string>()>& ask) {
  const std::int64_t started = house.parts.clock.SteadyNanos();
  const auto answer = ask();
  const double ms = static_cast<double>(house.parts.clock.SteadyNanos() - started) / 1e6;
  View& row = view.Add("services");
  row.Set("service", name).Show("does", does).SetFlag("up", answer.ok()).Set("state", answer ? *answer : answer.error().message());
  row.SetNumber("ms", ms).Show("ms_text", Milliseconds(ms));
}

}  // namespace

std::string TextOf(JsonView view, std::string_view key) {
  const auto found = view.Find(key);
  if (!found) return "";
  if (const auto text = found->AsString()) return std::string(*text);
  return found->is_null() ? "" : found->ToJson();
}
double NumberOf(JsonView view, std::string_view key) {
  const auto found = view.Find(key);
  return found ? found->AsNumber().value_or(0) : 0;
}

void ShowMetrics(View& view, MetricsHistory& history) {
  const auto series = history.Load();
  const auto last = [](const std::vector<double>& values) { return values.empty() ? 0 : values.back(); };
  const auto nonzero = [](const std::vector<double>& values) {
    for (const double value : std::views::reverse(values))
      if (value > 0) return value;
    return 0.0;
  };
  ShowTile(view, "Requests", Fixed(last(series.requests_per_second), 1), "/s", series.requests_per_second);
  ShowTile(view, "p95 latency", "≤ " + Shortest(nonzero(series.p95_ms)), "ms", series.p95_ms);
  ShowTile(view, "Errors", Grouped(static_cast<std::int64_t>(series.error_sum)), "in the last hour", series.errors, series.error_sum > 0);
  ShowTile(view, "Queries in flight", Grouped(static_cast<std::int64_t>(last(series.in_flight))), "", series.in_flight);
  ShowTile(view, "Memory", Fixed(last(series.memory_mb), 0), "MB", series.memory_mb);
  ShowTile(view, "Data", Bytes(static_cast<std::int64_t>(last(series.storage_bytes))), "in datasets", series.storage_bytes);
  view.SetNumber("requests_per_second", last(series.requests_per_second))
      .SetNumber("p95_ms", nonzero(series.p95_ms))
      .SetNumber("memory_mb", last(series.memory_mb));
}

void ShowServices(View& view, House& house, const Context& context) {
  const UiParts& parts = house.parts;
  ShowService(view, house, "gateway", "pages and API", [] { return Result<std::string>("this page"); });
  ShowService(view, house, "catalogd", "datasets and commits", [&]() -> Result<std::string> {
    const auto status = LH_TRY(parts.catalog.LoadStatus(context, {}));
    return std::string(catalog::WireName(status.role)) + ", record " + Grouped(status.sequence) + ", " +
           Counted(status.dataset_count, "dataset");
  });
  if (parts.buckets != nullptr)
    ShowService(view, house, "storaged", "files in buckets", [&]() -> Result<std::string> {
      const auto buckets = LH_TRY(parts.buckets->ListBuckets(context, false));
      const auto away = std::ranges::count_if(
          buckets, [](const storage::BucketInfo& bucket) { return !bucket.health.last_error.empty() && !bucket.health.reachable; });
      return Counted(static_cast<std::int64_t>(buckets.size()), "bucket") + (away == 0 ? "" : ", " + Grouped(away) + " away");
    });
  ShowService(view, house, "queryd", "SQL in jailed workers", [&]() -> Result<std::string> {
    const auto recent = LH_TRY(parts.queries.Recent(context, {200}));
    const auto running =
        std::count_if(recent.queries.begin(), recent.queries.end(), [](const auto& query) { return query.outcome == "running"; });
    return Grouped(running) + " running";
  });
  ShowService(view, house, "ingestd", "files to tables", [&]() -> Result<std::string> {
    const auto jobs = LH_TRY(parts.ingest.ListJobs(context, {200}));
    const auto running = std::count_if(jobs.jobs.begin(), jobs.jobs.end(), [](const auto& job) {
      return job.state == ingest::JobState::kRunning || job.state == ingest::JobState::kQueued;
    });
    return Grouped(running) + " running";
  });
  if (parts.vectors != nullptr)
    ShowService(view, house, "vectord", "vector indexes", [&]() -> Result<std::string> {
      const std::size_t count = LH_TRY(parts.vectors->ListIndexes(context, {})).indexes.size();
      return Grouped(static_cast<std::int64_t>(count)) + (count == 1 ? " index" : " indexes");
    });
  if (parts.matrix != nullptr)
    ShowService(view, house, "matrixd", "search and answers", [&]() -> Result<std::string> {
      const auto corpora = LH_TRY(parts.matrix->ListCorpora(context, {})).corpora;
      const auto at_work = std::ranges::count_if(
          corpora, [](const matrix::CorpusInfo& corpus) { return corpus.state == "building" || corpus.state == "refreshing"; });
      return Grouped(static_cast<std::int64_t>(corpora.size())) + (corpora.size() == 1 ? " corpus" : " corpora") +
             (at_work == 0 ? "" : ", " + Grouped(at_work) + " being indexed");
    });
  ShowService(view, house, "journald", "what happened",
              [&]() -> Result<std::string> { return Counted(LH_TRY(parts.journal.LoadStats(context, {})).events, "event"); });
}

void ShowStorage(View& view, House& house, const Context& context) {
  const auto list = house.lake.Load(context);
  std::int64_t bytes = 0, files = 0, rows = 0;
  if (list)
    for (const catalog::Dataset& dataset : (*list)->datasets) {
      bytes += dataset.head.size_bytes;
      files += dataset.head.file_count;
      rows += dataset.head.rows;
    }
  view.SetInteger("data_bytes", bytes)
      .SetInteger("data_files", files)
      .Show("data_text", Bytes(bytes))
      .Show("data_files_text", Counted(files, "file"))
      .Show("data_rows_text", Counted(rows, "row"));
  if (list) {
    std::vector<const catalog::Dataset*> largest;
    for (const catalog::Dataset& dataset : (*list)->datasets) largest.push_back(&dataset);
    const std::size_t shown = std::min(kLargest, largest.size());
    std::partial_sort(largest.begin(), largest.begin() + static_cast<std::ptrdiff_t>(shown), largest.end(),
                      [](const auto* a, const auto* b) { return a->head.size_bytes > b->head.size_bytes; });
    for (std::size_t i = 0; i < shown; ++i)
      view.ShowAdd("large")
          .Show("name", largest[i]->name)
          .Show("href", "/explore/" + largest[i]->name + "?tab=files")
          .Show("size", Bytes(largest[i]->head.size_bytes))
          .Show("share", Fixed(100.0 * static_cast<double>(largest[i]->head.size_bytes) /
                                   static_cast<double>(std::max<std::int64_t>(1, largest[0]->head.size_bytes)),
                               1) +
                             "%");
  }
  struct statvfs space{};
  const bool known = !house.parts.data_path.empty() && statvfs(house.parts.data_path.c_str(), &space) == 0 && space.f_blocks > 0;
  view.ShowFlag("disk_known", known);
  if (!known) return;
  const double total = static_cast<double>(space.f_blocks) * static_cast<double>(space.f_frsize);
  const double left = static_cast<double>(space.f_bavail) * static_cast<double>(space.f_frsize);
  view.SetInteger("disk_bytes", static_cast<std::int64_t>(total)).SetInteger("disk_free_bytes", static_cast<std::int64_t>(left));
  view.Show("disk_text", Bytes(static_cast<std::int64_t>(left)) + " free of " + Bytes(static_cast<std::int64_t>(total)));
  view.Show("used_share", Fixed(100 * (1 - left / total), 1) + "%")
      .Show("lake_share", Fixed(std::max(.3, 100 * static_cast<double>(bytes) / total), 1) + "%");
  view.Show("disk_words", Fixed(100 * (1 - left / total), 0) + " percent of the disk is used").Show("data_path", house.parts.data_path);
}

void ShowCommits(View& view, House& house, const Context& context) {
  const auto recent = house.parts.journal.Recent(context, {12});
  view.List("commits");
  if (!recent) return;
  const std::int64_t now = house.parts.clock.WallMicros();
  for (const auto& event : recent->events) {
    View& row = view.Add("commits");
    row.Set("action", event.action).Set("entity", event.entity).Set("actor", event.actor).SetInteger("sequence", event.sequence);
    const bool is_dataset = event.entity.starts_with("dataset:");
    row.Show("target", is_dataset ? event.entity.substr(8) : event.entity)
        .ShowFlag("is_dataset", is_dataset)
        .Show("href", is_dataset ? "/explore/" + UrlEncode(event.entity.substr(8)) : "");
    row.Show("ago", Ago(now, event.time_micros)).Show("time_iso", FormatTime(event.time_micros));
  }
}

void ShowConfiguration(View& view, House& house) {
  const auto document = JsonDocument::Parse(house.parts.config_json ? house.parts.config_json() : "[]");
  view.List("settings");
  if (!document) return;
  static_cast<void>(document->root().ForEachElement([&](JsonView setting) -> Status {
    View& row = view.Add("settings");
    for (const char* key : {"key", "value", "source", "help"}) row.Set(key, TextOf(setting, key));
    row.ShowFlag("is_set", TextOf(setting, "source") != "default");
    return Ok{};
  }));
}

void ShowDoctor(View& view, House& house, bool asked) {
  view.ShowFlag("doctor_offered", house.parts.doctor_json != nullptr).ShowFlag("doctor_asked", asked);
  if (!asked || !house.parts.doctor_json) return;
  const auto document = JsonDocument::Parse(house.parts.doctor_json());
  view.List("findings");
  if (!document) return;
  std::int64_t all = 0, good = 0;
  static_cast<void>(document->root().ForEachElement([&](JsonView finding) -> Status {
    View& row = view.Add("findings");
    const bool is_good = finding.Find("good").value_or(JsonView()).AsBool().value_or(false);
    ++all;
    good += is_good ? 1 : 0;
    row.Set("what", TextOf(finding, "what"))
        .SetFlag("good", is_good)
        .Set("found", TextOf(finding, "found"))
        .Set("advice", TextOf(finding, "advice"));
    return Ok{};
  }));
  view.Show("doctor_text", Grouped(good) + " of " + Grouped(all) + " as they should be");
}

}  // namespace lakehouse::ui
