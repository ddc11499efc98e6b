#include <algorithm>

#include "catalog_face.h"
#include "dataset_look.h"
#include "format.h"

namespace lakehouse::ui {
namespace {

constexpr std::int64_t kLanes = 8, kSlices = 200;
constexpr int kLaneHeight = 52, kBoxOctets = 26;

std::string EntryOf(const catalog::Snapshot& snapshot, const char* key) {
  const auto found = snapshot.summary.find(key);
  return found == snapshot.summary.end() ? std::string() : found->second;
}

/// Where a version came from, in two lines.
std::pair<std::string, std::string> SourceOf(const catalog::Snapshot& snapshot) {
  const std::string source = EntryOf(snapshot, "source");
  if (source.starts_with("query ")) return {"a query", source.substr(6)};
  if (!source.empty()) return {source, EntryOf(snapshot, "format")};
  if (snapshot.operation == catalog::Operation::kRestore) return {"an older version", "of this dataset"};
  if (snapshot.operation == catalog::Operation::kDelete) return {"keys of rows", "that are to go"};
  return {"a program", "through the API"};
}

/// One lane per version, newest first: source, job, version; all lead to the dataset.
Status ShowWay(const Look& look, View& view) {
  catalog::HistoryRequest ask{look.dataset.name, std::nullopt, kLanes + 1};
  const auto history = LH_TRY(look.house.parts.catalog.History(look.context, ask));
  const auto lanes = std::min<std::int64_t>(kLanes, static_cast<std::int64_t>(history.snapshots.size()));
  view.ShowFlag("has_way", lanes > 0).ShowFlag("way_cut", static_cast<std::int64_t>(history.snapshots.size()) > lanes);
  view.ShowInteger("way_height", lanes * kLaneHeight + 8).ShowInteger("goal_y", lanes * kLaneHeight / 2 - 16);
  view.ShowInteger("goal_text_y", lanes * kLaneHeight / 2 - 2).ShowInteger("goal_sub_y", lanes * kLaneHeight / 2 + 13);
  view.Show("goal", Cut(look.dataset.name, kBoxOctets));
  for (std::int64_t i = 0; i < lanes; ++i) {
    const catalog::Snapshot& snapshot = history.snapshots[static_cast<std::size_t>(i)];
    const auto [source, format] = SourceOf(snapshot);
    const std::int64_t top = i * kLaneHeight + 8, middle = top + 20;
    View& lane = view.Add("way");
    lane.SetInteger("version", snapshot.version)
        .Set("source", source)
        .Set("job", EntryOf(snapshot, "job"))
        .Set("actor", snapshot.principal);
    lane.Set("operation", WireName(snapshot.operation)).SetInteger("rows", snapshot.rows);
    lane.Show("source_text", Cut(source, kBoxOctets)).Show("format", Cut(format, kBoxOctets));
    const std::string job = EntryOf(snapshot, "job"), rejected = EntryOf(snapshot, "rows_rejected");
    const std::string loaded = EntryOf(snapshot, "rows_loaded");
    lane.ShowFlag("has_job", !job.empty()).Show("job_text", "job …" + job.substr(job.size() < 8 ? 0 : job.size() - 8));
    lane.Show("job_words", loaded.empty() ? ""
                                          : Compact(std::strtoll(loaded.c_str(), nullptr, 10)) + " loaded, " +
                                                Compact(std::strtoll(rejected.c_str(), nullptr, 10)) + " rejected");
    lane.Show("version_words", "v" + std::to_string(snapshot.version) + " · " + std::string(WireName(snapshot.operation)));
    lane.Show("actor_words", Cut("by " + snapshot.principal + ", " + Ago(look.now, snapshot.time_micros), kBoxOctets + 4));
    lane.Show("href", look.url.WithVersion(snapshot.version).WithTab("sample").ToString());
    lane.ShowFlag("is_mapped", !EntryOf(snapshot, "columns").empty());
    lane.ShowInteger("top", top).ShowInteger("line_1", top + 17).ShowInteger("line_2", top + 32).ShowInteger("middle", middle);
    const std::int64_t goal = lanes * kLaneHeight / 2 + 4;
    lane.Show("way", "M624 " + std::to_string(middle) + "C664 " + std::to_string(middle) + " 664 " + std::to_string(goal) + " 704 " +
                         std::to_string(goal));
  }
  return Ok{};
}

}  // namespace

Status ShowFiles(const Look& look, View& view) {
  catalog::ResolveRequest ask;
  ask.tables.push_back({look.dataset.name, {look.dataset.head.version, std::nullopt, std::nullopt}});
  const auto resolved = LH_TRY(look.house.parts.catalog.Resolve(look.context, ask));
  view.List("files");
  std::int64_t largest = 1, all = 0, live = 0, deleted = 0;
  for (const catalog::DataFile& file : resolved.tables.at(0).files) {
    largest = std::max(largest, file.size_bytes);
    all += file.size_bytes;
    (file.content == catalog::FileContent::kPositionDeletes ? deleted : live) += file.rows;
  }
  view.Show("all_bytes", Bytes(all))
      .Show("live_rows", Grouped(live))
      .ShowFlag("has_deletes", deleted > 0)
      .Show("deleted_rows", Grouped(deleted));
  const auto share = [&](std::int64_t bytes, std::int64_t of) {
    return Fixed(100.0 * static_cast<double>(bytes) / static_cast<double>(std::max<std::int64_t>(1, of)), 2) + "%";
  };
  std::int64_t at = 0, slices = 0;
  for (const catalog::DataFile& file : resolved.tables.at(0).files) {
    View& row = view.Add("files");
    row.Set("key", file.key)
        .Set("content", WireName(file.content))
        .Set("sha256", file.sha256)
        .SetInteger("rows", file.rows)
        .SetInteger("size_bytes", file.size_bytes);
    row.Show("rows_text", Grouped(file.rows)).Show("size_text", Bytes(file.size_bytes)).Show("sha_text", file.sha256.substr(0, 12));
    row.ShowFlag("is_deletes", file.content == catalog::FileContent::kPositionDeletes);
    row.Show("of_largest", share(file.size_bytes, largest));
    if (++slices <= kSlices)
      view.ShowAdd("slice")
          .Show("x", share(at, all))
          .Show("w", share(file.size_bytes, all))
          .ShowFlag("deletes", file.content == catalog::FileContent::kPositionDeletes);
    at += file.size_bytes;
  }
  return Ok{};
}

Status ShowLineage(const Look& look, View& view) {
  LH_TRY(ShowWay(look, view));
  const auto events = LH_TRY(look.house.parts.journal.History(look.context, {"dataset:" + look.dataset.name, 100}));
  view.List("events").ShowFlag("has_events", !events.events.empty());
  for (const auto& event : events.events) {
    View& row = view.Add("events");
    row.Set("action", event.action)
        .Set("actor", event.actor)
        .SetInteger("sequence", event.sequence)
        .SetInteger("time_micros", event.time_micros);
    row.Show("ago", Ago(look.now, event.time_micros))
        .Show("time_iso", FormatTime(event.time_micros))
        .Show("time", Minute(event.time_micros));
    for (const auto& [key, value] : event.fields) row.Add("fields").Set("key", key).Set("value", Cut(value, 500));
  }
  return Ok{};
}

}  // namespace lakehouse::ui
