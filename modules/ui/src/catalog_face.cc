#include "catalog_face.h"

#include <algorithm>
#include <charconv>

#include "format.h"
#include "lakehouse/base/clock.h"

namespace lakehouse::ui {
namespace {

constexpr std::int64_t kSwappedMicros = 10ll * 60 * 1'000'000;  // how long a new version is news

std::string SummaryText(const catalog::Snapshot& snapshot, const std::string& key) {
  const auto found = snapshot.summary.find(key);
  return found == snapshot.summary.end() ? "" : found->second;
}

}  // namespace

std::int64_t PersonalColumns(const catalog::Dataset& dataset) {
  return std::count_if(dataset.head.schema.columns.begin(), dataset.head.schema.columns.end(),
                       [](const auto& column) { return column.tag.has_value(); });
}

std::string OwnerOf(const catalog::Dataset& dataset) {
  const auto owner = dataset.attributes.find("owner");
  return owner == dataset.attributes.end() || owner->second.empty() ? dataset.head.principal : owner->second;
}

bool IsJustSwapped(const catalog::Dataset& dataset, std::int64_t now_micros) {
  return dataset.head.version > 1 && now_micros - dataset.head.time_micros < kSwappedMicros;
}

void ShowDataset(View& view, const catalog::Dataset& dataset, std::int64_t now_micros) {
  const catalog::Snapshot& head = dataset.head;
  view.Set("name", dataset.name).Set("id", dataset.id).Show("href", "/explore/" + UrlEncode(dataset.name));
  view.SetInteger("rows", head.rows).Show("rows_text", Grouped(head.rows)).Show("rows_short", Compact(head.rows));
  const auto columns = static_cast<std::int64_t>(head.schema.columns.size());
  view.SetInteger("columns_count", columns).Show("columns_text", Grouped(columns));
  view.SetInteger("size_bytes", head.size_bytes).Show("size_text", Bytes(head.size_bytes));
  view.SetInteger("file_count", head.file_count).Show("files_text", Counted(head.file_count, "file"));
  view.SetInteger("version", head.version).SetInteger("time_micros", head.time_micros);
  view.Show("version_text", "v" + std::to_string(head.version));
  view.Show("older_text", head.version > 1 ? "+ " + Grouped(head.version - 1) + " older" : "the first");
  view.Show("ago", Ago(now_micros, head.time_micros)).Show("time", Minute(head.time_micros)).Show("time_iso", FormatTime(head.time_micros));
  view.SetFlag("just_swapped", IsJustSwapped(dataset, now_micros));
  view.Set("owner", OwnerOf(dataset));
  const std::int64_t personal = PersonalColumns(dataset);
  view.SetInteger("personal_columns", personal).Show("personal_text", Counted(personal, "column"));
}

void ShowSnapshot(View& view, const catalog::Snapshot& snapshot, std::int64_t now_micros) {
  view.SetInteger("version", snapshot.version).SetInteger("sequence", snapshot.sequence).SetInteger("rows", snapshot.rows);
  view.SetInteger("size_bytes", snapshot.size_bytes).SetInteger("time_micros", snapshot.time_micros);
  view.Set("operation", WireName(snapshot.operation)).Set("principal", snapshot.principal);
  view.Set("source", SummaryText(snapshot, "source"));
  view.Show("rows_text", Grouped(snapshot.rows))
      .Show("size_text", Bytes(snapshot.size_bytes))
      .Show("files_text", Grouped(snapshot.file_count));
  view.Show("ago", Ago(now_micros, snapshot.time_micros))
      .Show("time", Minute(snapshot.time_micros))
      .Show("time_iso", FormatTime(snapshot.time_micros));
  for (const auto& [key, value] : snapshot.summary) view.Add("summary").Set("key", key).Set("value", value);
}

Result<catalog::CommitResponse> RestoreVersion(catalog::Catalog& catalog, const Context& context, const std::string& dataset,
                                               const std::string& version) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(version.data(), version.data() + version.size(), number);
  if (error != std::errc() || end != version.data() + version.size() || number < 1)
    return Error(ErrorCode::kInvalidArgument, "restore needs the number of a version, found \"" + version + "\"");
  catalog::SnapshotChange change;
  change.dataset = dataset;
  change.operation = catalog::Operation::kRestore;
  change.restore_version = number;
  catalog::CommitRequest commit;
  commit.events.push_back({"dataset:" + dataset, "catalog.restore", {{"version", version}}});
  commit.changes.push_back(std::move(change));
  return catalog.Commit(context, commit);
}

}  // namespace lakehouse::ui
