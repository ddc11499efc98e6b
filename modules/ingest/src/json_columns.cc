#include "json_columns.h"

#include <cmath>

#include "cell_type.h"
#include "column_names.h"
#include "lakehouse/base/json_writer.h"

namespace lakehouse::ingest {
namespace {

constexpr int kFlattenLevels = 4;
constexpr std::size_t kWidestObject = 500;  // a nested object with more members is a map, not a record
constexpr unsigned kTimes = kDate | kTimestamp | kTimestampTz;

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

void JsonColumns::Note(Facts& facts, JsonView value) {
  switch (value.kind()) {
    case JsonView::Kind::kNull: break;
    case JsonView::Kind::kBool: facts.boolean = true; break;
    case JsonView::Kind::kInteger:
      if (const auto integer = value.AsInteger()) {
        facts.integer = true;
        constexpr std::int64_t kExact = std::int64_t{1} << 53;
        if (*integer > kExact || *integer < -kExact) facts.exact_doubles = false;
      } else
        facts.other = true;
      break;
    case JsonView::Kind::kNumber: facts.number = true; break;
    case JsonView::Kind::kString: {
      const std::string_view text = *value.AsString();
      const unsigned times = text.empty() || text.front() == ' ' || text.back() == ' ' ? 0 : CellTypesOf(text) & kTimes;
      facts.times = facts.text ? facts.times & times : times;
      facts.text = true;
      facts.personal.Add(text);
      break;
    }
    case JsonView::Kind::kArray:
      facts.list = true;
      if (facts.element.empty()) facts.element.emplace_back();
      (void)value.ForEachElement([&](JsonView element) -> Status {
        Note(facts.element[0], element);
        return Ok{};
      });
      break;
    case JsonView::Kind::kObject: facts.other = true; break;
  }
}

std::string JsonColumns::TypeOf(const Facts& facts) {
  const int kinds = facts.boolean + (facts.integer || facts.number) + facts.text + facts.list + facts.other;
  if (kinds != 1 || facts.other) return "VARCHAR";
  if (facts.boolean) return "BOOLEAN";
  if (facts.text) return ColumnTypeOf(facts.times);
  if (facts.list) {
    const Facts& element = facts.element[0];
    const std::string type = TypeOf(element);
    const bool plain_text = element.text && !(element.boolean || element.integer || element.number || element.list || element.other);
    const bool nothing = !(element.text || element.boolean || element.integer || element.number || element.list || element.other);
    if (element.list || (type == "VARCHAR" && !plain_text && !nothing)) return "VARCHAR";
    return type + "[]";
  }
  if (!facts.number) return "BIGINT";
  return facts.integer && !facts.exact_doubles ? "VARCHAR" : "DOUBLE";
}

Status JsonColumns::AddCell(const std::string& path, const std::string& name, JsonView value) {
  auto found = by_path_.find(path);
  if (found == by_path_.end()) {
    if (columns_.size() >= kMaxColumns)
      return Error(ErrorCode::kUnprocessable,
                   "the rows have more than " + std::to_string(kMaxColumns) + " different members; they are no table")
          .Named("too_many_columns");
    std::string clean = CleanText(name, kMaxColumnNameBytes);
    for (char& c : clean)
      if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F) c = '_';
    if (clean.find_first_not_of(' ') == std::string::npos) clean = "column" + std::to_string(columns_.size());
    std::string unique = clean;
    for (int n = 1; by_name_.contains(FoldColumnName(unique)); ++n) unique = clean + "_" + std::to_string(n);
    if (unique != name) notes_.push_back("member \"" + CleanText(name, 100) + "\" became column " + unique);
    by_name_.emplace(FoldColumnName(unique), columns_.size());
    found = by_path_.emplace(path, columns_.size()).first;
    columns_.emplace_back().name = std::move(unique);
  }
  Note(columns_[found->second], value);
  row_[found->second] = CellJson(value);
  return Ok{};
}

Status JsonColumns::AddMembers(JsonView object, const std::string& path, const std::string& name, int depth) {
  return object.ForEachMember([&](std::string_view key, JsonView value) -> Status {
    const std::string member_path = path + '\x1f' + std::string(key);
    const std::string member_name = name.empty() ? std::string(key) : name + "_" + std::string(key);
    if (Flattens(value, depth)) return AddMembers(value, member_path, member_name, depth + 1);
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
  for (const Facts& facts : columns_) columns.push_back(PreparedColumnOf(facts.name, TypeOf(facts), facts.personal));
  if (columns.empty()) columns.push_back({"value", "VARCHAR", {}, 0, 0});
  return columns;
}

bool JsonColumns::Fits(std::string_view found, std::string_view target) {
  return found == target || target == "VARCHAR" || (found == "BIGINT" && target == "DOUBLE") || (found == "DATE" && target == "TIMESTAMP");
}

}  // namespace lakehouse::ingest
