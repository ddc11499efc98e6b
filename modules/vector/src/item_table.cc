#include "item_table.h"

#include <algorithm>
#include <mutex>
#include <set>

#include "lakehouse/base/json_view.h"
#include "lakehouse/base/json_writer.h"

namespace lakehouse::vector {
namespace {

constexpr std::size_t kMaxKeys = 64;           ///< whose rows are kept by value; beyond it all are forgotten
constexpr std::uint32_t kRowsPerLook = 2'048;  ///< so long writers wait at most

/// One spelling for each scalar; nothing for a list or an object.
std::optional<std::string> ScalarText(const JsonView& value) {
  switch (value.kind()) {
    case JsonView::Kind::kString: return "\"" + std::string(*value.AsString());
    case JsonView::Kind::kInteger:
    case JsonView::Kind::kNumber: {
      JsonWriter writer;
      writer.Number(*value.AsNumber());
      return std::move(writer).Take();
    }
    case JsonView::Kind::kBool: return *value.AsBool() ? "true" : "false";
    case JsonView::Kind::kNull: return "null";
    default: return std::nullopt;
  }
}

Error BadFilter(const std::string& what) {
  return Error(ErrorCode::kInvalidArgument,
               "filter: " + what + R"(; expected {"ids":["…"]} or {"metadata":{"key":value or [values]}} or both)")
      .Named("bad_filter");
}

/// The texts that a filter takes under one key.
Result<std::vector<std::string>> WantedTexts(const std::string& key, const JsonView& value) {
  std::vector<std::string> wanted;
  if (const auto text = ScalarText(value)) return std::vector<std::string>{*text};
  if (!value.is_array()) return BadFilter("metadata." + key + " is an object");
  LH_TRY(value.ForEachElement([&](JsonView element) -> Status {
    const auto text = ScalarText(element);
    if (!text) return BadFilter("metadata." + key + " holds a list or an object");
    wanted.push_back(*text);
    return Ok{};
  }));
  return wanted;
}

}  // namespace

RowId ItemTable::Append(std::string_view id, Metadata metadata) {
  const std::unique_lock lock(mutex_);
  text_bytes_ += id.size() + (metadata ? metadata->size() : 0);
  rows_.push_back({.id = std::string(id), .metadata = std::move(metadata)});
  return static_cast<RowId>(rows_.size() - 1);
}

std::vector<RowId> ItemTable::Assign(RowId first, std::uint32_t count) {
  std::vector<RowId> before;
  const std::unique_lock lock(mutex_);
  for (RowId row = first; row < first + count; ++row) {
    const auto [entry, is_new] = current_.try_emplace(rows_[row].id, row);
    rows_[row].is_current = true;
    if (is_new) continue;
    const RowId replaced = std::exchange(entry->second, row);
    rows_[replaced].is_current = replaced == row;
    before.push_back(replaced);
  }
  return before;
}

std::optional<RowId> ItemTable::Remove(std::string_view id) {
  const std::unique_lock lock(mutex_);
  const auto found = current_.find(id);
  if (found == current_.end()) return std::nullopt;
  const RowId row = found->second;
  current_.erase(found);
  rows_[row].is_current = false;
  return row;
}

std::optional<RowId> ItemTable::Find(std::string_view id) const {
  const std::shared_lock lock(mutex_);
  const auto found = current_.find(id);
  if (found == current_.end()) return std::nullopt;
  return found->second;
}

ItemTable::Metadata ItemTable::MetadataOf(RowId row) const {
  const std::shared_lock lock(mutex_);
  return rows_[row].metadata;
}

std::string ItemTable::IdOf(RowId row) const {
  const std::shared_lock lock(mutex_);
  return rows_[row].id;
}

std::uint64_t ItemTable::length() const {
  const std::shared_lock lock(mutex_);
  return current_.size();
}

std::uint32_t ItemTable::rows() const {
  const std::shared_lock lock(mutex_);
  return static_cast<std::uint32_t>(rows_.size());
}

std::uint64_t ItemTable::memory_bytes() const {
  const std::shared_lock lock(mutex_);
  constexpr std::uint64_t kEntry = sizeof(std::string_view) + sizeof(RowId) + 4 * sizeof(void*);
  return text_bytes_ + rows_.size() * (sizeof(Row) + 2 * sizeof(void*)) + current_.size() * kEntry;
}

std::vector<RowId> ItemTable::CurrentRows() const {
  std::vector<RowId> rows;
  {
    const std::shared_lock lock(mutex_);
    rows.reserve(current_.size());
    for (const auto& [id, row] : current_) rows.push_back(row);
  }
  std::sort(rows.begin(), rows.end());
  return rows;
}

std::optional<std::vector<Hit>> ItemTable::Describe(const std::vector<Neighbor>& neighbors) const {
  std::vector<Hit> hits;
  hits.reserve(neighbors.size());
  const std::shared_lock lock(mutex_);
  for (const Neighbor& neighbor : neighbors) {
    const Row& row = rows_[neighbor.row];
    // A row that went while the search ran, or came: its item may be here with another row, or be gone.
    if (!row.is_current) return std::nullopt;
    Hit& hit = hits.emplace_back();
    hit.id = row.id;
    hit.distance = neighbor.distance;
    if (row.metadata) hit.metadata = RawJson{*row.metadata};
  }
  return hits;
}

Status ItemTable::CatchUp(const Context& context, const std::string& key, KeyRows& rows) {
  while (true) {
    LH_TRY(context.Check());
    std::vector<Metadata> look;
    {
      const std::shared_lock lock(mutex_);
      const std::size_t end = std::min<std::size_t>(rows_.size(), std::size_t{rows.looked_at} + kRowsPerLook);
      for (std::size_t row = rows.looked_at; row < end; ++row) look.push_back(rows_[row].metadata);
    }
    if (look.empty()) return Ok{};
    for (const Metadata& metadata : look) {
      const RowId row = rows.looked_at++;
      if (!metadata) continue;
      const JsonDocument document = LH_TRY(JsonDocument::Parse(*metadata));
      const auto value = document.root().Find(key);
      if (!value) continue;
      if (const auto text = ScalarText(*value)) {
        rows.by_value[*text].push_back(row);
        continue;
      }
      std::set<std::string> texts;
      LH_TRY(value->ForEachElement([&](JsonView element) -> Status {
        if (auto text = ScalarText(element)) texts.insert(std::move(*text));
        return Ok{};
      }));
      for (const std::string& text : texts) rows.by_value[text].push_back(row);
    }
  }
}

Result<std::vector<RowId>> ItemTable::Select(const Context& context, const SearchFilter& filter) {
  std::optional<std::vector<RowId>> selected;
  const auto narrow = [&](std::vector<RowId> rows) {
    std::sort(rows.begin(), rows.end());
    rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
    if (!selected) {
      selected = std::move(rows);
      return;
    }
    std::vector<RowId> both;
    std::set_intersection(selected->begin(), selected->end(), rows.begin(), rows.end(), std::back_inserter(both));
    selected = std::move(both);
  };
  if (filter.ids) {
    std::vector<RowId> rows;
    const std::shared_lock lock(mutex_);
    for (const std::string& id : *filter.ids)
      if (const auto found = current_.find(id); found != current_.end()) rows.push_back(found->second);
    narrow(std::move(rows));
  }
  if (filter.metadata) {
    const auto document = JsonDocument::Parse(filter.metadata->text);
    if (!document || !document->root().is_object()) return BadFilter("metadata is no object");
    const std::scoped_lock lock(keys_mutex_);
    LH_TRY(document->root().ForEachMember([&](std::string_view name, JsonView value) -> Status {
      const std::string key(name);
      const std::vector<std::string> wanted = LH_TRY(WantedTexts(key, value));
      if (keys_.size() >= kMaxKeys && !keys_.contains(key)) keys_.clear();
      KeyRows& of_key = keys_[key];
      LH_TRY(CatchUp(context, key, of_key));
      std::vector<RowId> rows;
      for (const std::string& text : wanted)
        if (const auto found = of_key.by_value.find(text); found != of_key.by_value.end())
          rows.insert(rows.end(), found->second.begin(), found->second.end());
      narrow(std::move(rows));
      return Ok{};
    }));
  }
  // An empty filter holds for all.
  if (!selected) {
    selected.emplace(rows());
    for (RowId row = 0; row < selected->size(); ++row) (*selected)[row] = row;
  }
  return *std::move(selected);
}

}  // namespace lakehouse::vector
