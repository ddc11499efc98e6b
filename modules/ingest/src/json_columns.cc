#include "json_columns.h"

#include <algorithm>
#include <utility>

#include "column_names.h"
#include "lakehouse/base/json_writer.h"

namespace lakehouse::ingest {
namespace {

constexpr int kFlattenLevels = 4;
constexpr std::size_t kWidestObject = 500;  // a nested object with more members is a map, not a record
constexpr std::size_t kMostTextNotes = 20;

bool Flattens(const JsonView& value, int depth) {
  if (!value.is_object() || depth >= kFlattenLevels) return false;
  const std::size_t size = value.size();
  return size > 0 && size <= kWidestObject;
}

std::string CellJson(const JsonView& value) {
  // The writer would quote integers that JavaScript cannot hold; the engine can.
  if (const auto integer = value.AsInteger()) return std::to_string(*integer);
  if (value.is_array()) {
    std::string list = "[";
    (void)value.ForEachElement([&](JsonView element) -> Status {
      if (list.size() > 1) list += ',';
      list += CellJson(element);
      return Ok{};
    });
    return list += ']';
  }
  return value.ToJson();
}

}  // namespace

Status JsonColumns::AddCell(const std::string& path, const std::string& name, JsonView value) {
  auto found = by_path_.find(path);
  const auto too_many = [] {
    return Error(ErrorCode::kUnprocessable,
                 "the rows have more than " + std::to_string(kMaxColumns) + " different members; they are no table")
        .Named("too_many_columns");
  };
  if (found == by_path_.end()) {
    if (columns_.size() >= kMaxColumns) return too_many();
    std::string clean = CleanText(name, kMaxColumnNameBytes);
    for (char& c : clean)
      if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F) c = '_';
    if (clean.find_first_not_of(' ') == std::string::npos) clean = "column" + std::to_string(columns_.size());
    std::string unique = clean;
    for (int n = 1; by_name_.contains(FoldColumnName(unique)); ++n) unique = clean + "_" + std::to_string(n);
    if (unique != name) notes_.push_back("member \"" + CleanText(name, 100) + "\" became column " + unique);
    by_name_.emplace(FoldColumnName(unique), columns_.size());
    found = by_path_.emplace(path, columns_.size()).first;
    columns_.push_back({std::move(unique), JsonShape(keeps_objects_)});
  }
  Column& column = columns_[found->second];
  parts_ -= column.parts;
  column.shape.Note(value, column.parts);
  if (column.parts > JsonShape::kMostParts) column.shape.KeepAsText("has more than 999 members and elements at all levels", column.parts);
  parts_ += column.parts;
  if (columns_.size() + parts_ > kMaxColumns) return too_many();
  std::string& cell = row_[found->second];
  if (!keeps_objects_) return cell = CellJson(value), Ok{};
  cell.clear();
  AppendJson(value, cell);
  return Ok{};
}

Status JsonColumns::AddMembers(JsonView object, const std::string& path, const std::string& name, int depth) {
  return object.ForEachMember([&](std::string_view key, JsonView value) -> Status {
    const std::string member_path = path + '\x1f' + std::string(key);
    const std::string member_name = name.empty() ? std::string(key) : name + "_" + std::string(key);
    if (!keeps_objects_ && Flattens(value, depth)) return AddMembers(value, member_path, member_name, depth + 1);
    return AddCell(member_path, member_name, value);
  });
}

Status JsonColumns::AddRow(JsonView row, std::string& out) {
  row_.clear();
  if (row.is_object())
    LH_TRY(AddMembers(row, "", "", 1));
  else
    LH_TRY(AddCell("", "value", row));
  JsonWriter writer;
  out += '{';
  bool first = true;
  for (const auto& [index, cell] : row_) {
    if (!std::exchange(first, false)) out += ',';
    JsonWriter key;
    key.String(columns_[index].name);
    out += std::move(key).Take();
    out += ':';
    out += cell;
  }
  out += "}\n";
  return Ok{};
}

std::vector<PreparedColumn> JsonColumns::Columns() const {
  std::vector<PreparedColumn> columns;
  for (const Column& column : columns_) {
    PreparedColumn prepared = PreparedColumnOf(column.name, SpellType(column.shape.Type()), column.shape.personal());
    if (keeps_objects_) column.shape.FindPersonal(column.name, "", prepared.members);
    if (!prepared.members.empty()) {
      prepared.tag = prepared.members[0].tag;
      prepared.tag_hits = prepared.members[0].hits;
      prepared.tag_seen = prepared.members[0].seen;
    }
    columns.push_back(std::move(prepared));
  }
  if (columns.empty()) columns.push_back({"value", "VARCHAR", {}, 0, 0, {}});
  return columns;
}

std::vector<std::string> JsonColumns::Notes() const {
  std::vector<std::string> texts;
  for (const Column& column : columns_) column.shape.DescribeTexts(column.name, texts);
  if (texts.size() > kMostTextNotes) {
    const std::size_t more = texts.size() - kMostTextNotes;
    texts.resize(kMostTextNotes);
    texts.push_back(std::to_string(more) + " more members are kept as JSON text");
  }
  std::vector<std::string> notes = notes_;
  notes.insert(notes.end(), texts.begin(), texts.end());
  return notes;
}

bool JsonColumns::FitsColumn(std::size_t column, const std::string& target, std::string& type) const {
  const auto wanted = ParseType(target);
  if (!keeps_objects_ || !wanted || column >= columns_.size()) return Fits(type, target);
  const TypeTree found = columns_[column].shape.Type(&*wanted);
  type = SpellType(found);
  return FitsNested(found, *wanted);
}

bool JsonColumns::Fits(std::string_view found, std::string_view target) {
  return found == target || target == "VARCHAR" || (found == "BIGINT" && target == "DOUBLE") || (found == "DATE" && target == "TIMESTAMP");
}

}  // namespace lakehouse::ingest
