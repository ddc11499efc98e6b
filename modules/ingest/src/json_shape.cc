#include "json_shape.h"

#include <algorithm>

#include "cell_type.h"
#include "column_names.h"
#include "json_columns.h"
#include "lakehouse/base/json_writer.h"

namespace lakehouse::ingest {
namespace {

constexpr unsigned kTimesOfTexts = kDate | kTimestamp | kTimestampTz;

TypeTree PlainType(std::string name) {
  TypeTree type;
  type.name = std::move(name);
  return type;
}
bool IsText(const TypeTree& type) { return type.kind == TypeTree::Kind::kPlain && type.name == "VARCHAR"; }

bool IsMemberName(std::string_view name) {
  return !name.empty() && name.size() <= kMaxColumnNameBytes && IsUtf8(name) &&
         std::ranges::none_of(name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

std::string Dotted(const std::string& path, const std::string& name) { return path.empty() ? name : path + "." + name; }

}  // namespace

void JsonShape::Note(JsonView value, std::size_t& parts, int level) {
  switch (value.kind()) {
    case JsonView::Kind::kNull: break;
    case JsonView::Kind::kBool: boolean_ = true; break;
    case JsonView::Kind::kInteger:
      if (const auto integer = value.AsInteger()) {
        integer_ = true;
        constexpr std::int64_t kExact = std::int64_t{1} << 53;
        if (*integer > kExact || *integer < -kExact) exact_doubles_ = false;
      } else
        other_ = true;
      break;
    case JsonView::Kind::kNumber: number_ = true; break;
    case JsonView::Kind::kString: {
      const std::string_view text = *value.AsString();
      const unsigned times = text.empty() || text.front() == ' ' || text.back() == ' ' ? 0 : CellTypesOf(text) & kTimesOfTexts;
      times_ = text_ ? times_ & times : times;
      text_ = true;
      personal_.Add(text);
      break;
    }
    case JsonView::Kind::kArray:
      list_ = true;
      if (why_ != nullptr) break;
      if (keeps_objects_ && level > kKeptLevels) return KeepAsText("lies deeper than 16 levels", parts);
      if (element_.empty()) {
        element_.emplace_back(keeps_objects_);
        parts += keeps_objects_ ? 1 : 0;
      }
      (void)value.ForEachElement([&](JsonView element) -> Status {
        element_[0].Note(element, parts, level + 1);
        return Ok{};
      });
      break;
    case JsonView::Kind::kObject:
      if (!keeps_objects_ || why_ != nullptr) {
        other_ = true;
        break;
      }
      if (level > kKeptLevels) return KeepAsText("lies deeper than 16 levels", parts);
      object_ = true;
      (void)value.ForEachMember([&](std::string_view name, JsonView member) -> Status {
        if (why_ == nullptr) NoteMember(name, member, parts, level + 1);
        return Ok{};
      });
      break;
  }
}

void JsonShape::NoteMember(std::string_view name, JsonView value, std::size_t& parts, int level) {
  auto found = by_name_.find(name);
  if (found == by_name_.end()) {
    if (members_.size() >= kMostMembers) return KeepAsText("has more than 500 members", parts);
    if (!IsMemberName(name)) return KeepAsText("has a member whose name no column could have", parts);
    if (!folded_names_.insert(FoldColumnName(name)).second) return KeepAsText("has members whose names differ in case only", parts);
    found = by_name_.emplace(std::string(name), members_.size()).first;
    names_.emplace_back(name);
    members_.emplace_back(true);
    ++parts;
  }
  members_[found->second].Note(value, parts, level);
}

std::size_t JsonShape::CountParts() const {
  std::size_t count = members_.size() + element_.size();
  for (const JsonShape& member : members_) count += member.CountParts();
  for (const JsonShape& element : element_) count += element.CountParts();
  return count;
}

void JsonShape::KeepAsText(const char* why, std::size_t& parts) {
  if (keeps_objects_) parts -= CountParts();
  why_ = why;
  other_ = true;
  element_.clear();
  members_.clear();
  names_.clear();
  by_name_.clear();
  folded_names_.clear();
}

TypeTree JsonShape::Type(const TypeTree* wanted) const {
  if (kinds() == 0 && wanted != nullptr) return *wanted;
  if (kinds() != 1 || other_) return PlainType("VARCHAR");
  if (boolean_) return PlainType("BOOLEAN");
  if (text_) return PlainType(std::string(ColumnTypeOf(times_)));
  if (list_) return ListType(wanted);
  if (object_) return StructType(wanted);
  if (!number_) return PlainType("BIGINT");
  return PlainType(integer_ && !exact_doubles_ ? "VARCHAR" : "DOUBLE");
}

TypeTree JsonShape::ListType(const TypeTree* wanted) const {
  const JsonShape& element = element_[0];
  const bool is_list = wanted != nullptr && wanted->kind == TypeTree::Kind::kList;
  TypeTree type;
  type.kind = TypeTree::Kind::kList;
  type.children.push_back(element.Type(is_list ? &wanted->children[0] : nullptr));
  const bool is_plain_text = element.text_ && element.kinds() == 1;
  if (element.list_ && !keeps_objects_) return PlainType("VARCHAR");
  if (IsText(type.children[0]) && !is_plain_text && element.kinds() > 0) return PlainType("VARCHAR");
  return type;
}

TypeTree JsonShape::StructType(const TypeTree* wanted) const {
  const bool is_struct = wanted != nullptr && wanted->kind == TypeTree::Kind::kStruct;
  if (members_.empty()) return is_struct ? *wanted : PlainType("VARCHAR");
  TypeTree type;
  type.kind = TypeTree::Kind::kStruct;
  for (std::size_t i = 0; is_struct && i < wanted->members.size(); ++i) {
    const auto found = by_name_.find(wanted->members[i]);
    type.members.push_back(wanted->members[i]);
    type.children.push_back(found == by_name_.end() ? wanted->children[i] : members_[found->second].Type(&wanted->children[i]));
  }
  for (std::size_t i = 0; i < members_.size(); ++i) {
    if (is_struct && std::ranges::find(wanted->members, names_[i]) != wanted->members.end()) continue;
    type.members.push_back(names_[i]);
    type.children.push_back(members_[i].Type());
  }
  return type;
}

void JsonShape::FindPersonal(const std::string& name, const std::string& path, std::vector<PreparedMember>& found) const {
  if (const auto evidence = personal_.EvidenceFor(name)) found.push_back({path, evidence->tag, evidence->hits, evidence->seen});
  for (const JsonShape& element : element_) element.FindPersonal(name, path, found);
  for (std::size_t i = 0; i < members_.size(); ++i) members_[i].FindPersonal(names_[i], Dotted(path, names_[i]), found);
}

void JsonShape::DescribeTexts(const std::string& name, std::vector<std::string>& notes) const {
  if (why_ != nullptr) notes.push_back(CleanText(name, 200) + " is kept as JSON text: it " + why_);
  for (const JsonShape& element : element_) element.DescribeTexts(name, notes);
  for (std::size_t i = 0; i < members_.size(); ++i) members_[i].DescribeTexts(Dotted(name, names_[i]), notes);
}

bool FitsNested(const TypeTree& found, const TypeTree& target) {
  if (IsText(target)) return true;
  if (found.kind != target.kind) return false;
  if (found.kind == TypeTree::Kind::kList) return FitsNested(found.children[0], target.children[0]);
  if (found.kind != TypeTree::Kind::kStruct) return JsonColumns::Fits(SpellType(found), SpellType(target));
  for (std::size_t i = 0; i < found.members.size(); ++i) {
    const auto same = std::ranges::find(target.members, found.members[i]);
    if (same == target.members.end()) return false;
    if (!FitsNested(found.children[i], target.children[static_cast<std::size_t>(same - target.members.begin())])) return false;
  }
  return true;
}

void AppendJson(JsonView value, std::string& out) {
  if (value.is_array()) {
    bool first = true;
    out += '[';
    (void)value.ForEachElement([&](JsonView element) -> Status {
      if (!std::exchange(first, false)) out += ',';
      AppendJson(element, out);
      return Ok{};
    });
    out += ']';
  } else if (value.is_object()) {
    std::vector<std::pair<std::string_view, JsonView>> members;
    std::map<std::string_view, std::size_t> places;
    (void)value.ForEachMember([&](std::string_view name, JsonView member) -> Status {
      const auto [place, is_new] = places.emplace(name, members.size());
      if (is_new)
        members.emplace_back(name, member);
      else
        members[place->second].second = member;
      return Ok{};
    });
    bool first = true;
    out += '{';
    for (const auto& [name, member] : members) {
      if (!std::exchange(first, false)) out += ',';
      JsonWriter key;
      key.String(name);
      out += std::move(key).Take();
      out += ':';
      AppendJson(member, out);
    }
    out += '}';
  } else if (const auto integer = value.AsInteger()) {
    // The writer would quote integers that JavaScript cannot hold; the engine can.
    out += std::to_string(*integer);
  } else {
    out += value.ToJson();
  }
}

}  // namespace lakehouse::ingest
